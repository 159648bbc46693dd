"""Rounding: columns agree with the law of one amount, at every size, mode and step, or refuse; they never wrap."""

import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import rules.quantities.rounding
from rules.codes import QUANTITIES
from rules.problem import Refused
from rules.quantities.rounding import (
    QuantityOverflow,
    Rounding,
    multiply_divide,
    multiply_divide_exact,
    multiply_floor,
    round_fraction,
)

MODES = list(Rounding)
MIRRORING = [mode for mode in Rounding if mode not in (Rounding.FLOOR, Rounding.CEILING)]
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
TWINS = [multiply_divide, multiply_divide_exact]

# cents, and what each mode makes of them:  half_up half_even half_down  up down floor ceiling
BY_HAND = [
    ("1250", (1250, 1250, 1250, 1250, 1250, 1250, 1250)),
    ("1250.49", (1250, 1250, 1250, 1251, 1250, 1250, 1251)),
    ("1250.5", (1251, 1250, 1250, 1251, 1250, 1250, 1251)),
    ("1251.5", (1252, 1252, 1251, 1252, 1251, 1251, 1252)),
    ("1250.51", (1251, 1251, 1251, 1251, 1250, 1250, 1251)),
    ("-1250.5", (-1251, -1250, -1250, -1251, -1250, -1251, -1250)),
    ("-1251.5", (-1252, -1252, -1251, -1252, -1251, -1252, -1251)),
    ("-1250.49", (-1250, -1250, -1250, -1251, -1250, -1251, -1250)),
    ("0.5", (1, 0, 0, 1, 0, 0, 1)),
    ("-0.5", (-1, 0, 0, -1, 0, -1, 0)),
    ("0.000000001", (0, 0, 0, 1, 0, 0, 1)),
    ("-0.000000001", (0, 0, 0, -1, 0, -1, 0)),
    ("0", (0, 0, 0, 0, 0, 0, 0)),
]


@pytest.mark.parametrize(("cents", "expected"), BY_HAND)
def test_each_mode_by_hand(cents: str, expected: tuple[int, ...]) -> None:
    assert tuple(round_fraction(Fraction(cents), mode) for mode in MODES) == expected
    amounts = np.array([int(Fraction(cents) * 10**9)])
    for twin in TWINS:
        assert tuple(int(twin(amounts, 1, 10**9, mode)[0]) for mode in MODES) == expected


@pytest.mark.parametrize(
    ("minor", "step", "half_up", "half_even"),
    [
        (1_252, 5, 1_250, 1_250),  # CHF 12.52 to 0.05
        (1_253, 5, 1_255, 1_255),
        (50, 100, 100, 0),  # half a euro to whole euros
        (-150, 100, -200, -200),
        (12_500, 25_000, 25_000, 0),  # 125.00 to 250
        (12_499, 25_000, 0, 0),
        (1, 10**30, 0, 0),
    ],
)
def test_rounding_to_a_step(minor: int, step: int, half_up: int, half_even: int) -> None:
    for mode, expected in ((Rounding.HALF_UP, half_up), (Rounding.HALF_EVEN, half_even)):
        assert round_fraction(Fraction(minor), mode, step) == expected
        assert [int(twin(np.array([minor]), 1, 1, mode, step)[0]) for twin in TWINS] == [expected, expected]


def test_a_commission_is_rounded_once_not_twice() -> None:
    # 14.9 % of 0.03 is 0.447 cents: rounding to tenths first would make it 0.4, and to half cents first 0.5, hence 1.
    assert multiply_divide(np.array([3]), 149, 1_000).tolist() == [0]
    # Binary floats make 1.005 x 100 less than 100.5, and so pay 1.00 for 1.005.
    assert multiply_divide(np.array([1_005]), 1, 10).tolist() == [101]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("amount", [INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX])
def test_the_ends_of_int64_are_exact(twin: Callable[..., Any], amount: int) -> None:
    column = np.array([amount], dtype=np.int64)
    assert twin(column, 1, 1).tolist() == [amount]
    assert twin(column, INT64_MAX, INT64_MAX).tolist() == [amount]
    assert twin(column, np.array([10**40], dtype=object), 10**40).tolist() == [amount]
    assert twin(column, -1, 2**63).tolist() == [round_fraction(Fraction(-amount, 2**63))]
    for mode in MODES:
        assert twin(column, 999_999_999, 10**9, mode).tolist() == [
            round_fraction(Fraction(amount * 999_999_999, 10**9), mode)
        ]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "step"),
    [
        (INT64_MIN, -1, 1, 1),
        (INT64_MAX, 2, 1, 1),
        (INT64_MAX, 10**9 + 1, 10**9, 1),
        (INT64_MAX, 1, 1, 10),  # the next ten lies beyond
        (2**62, 4, 1, 1),  # wraps to 0
        (2**63, 1, 1, 1),
        (1, 10**30, 1, 1),
        (1, 1, 1, 2**64),
    ],
)
def test_a_result_beyond_int64_is_refused_and_its_row_named(
    twin: Callable[..., Any], amount: int, numerator: int, denominator: int, step: int
) -> None:
    amounts = np.array([0] * 70_000 + [amount, amount], dtype=object)
    with pytest.raises(QuantityOverflow, match="K104 the amount of row 70000 ") as refusal:
        twin(amounts, numerator, denominator, Rounding.UP, step)
    assert refusal.value.row == 70_000
    assert isinstance(refusal.value, Refused)
    assert pickle.loads(pickle.dumps(refusal.value)).row == 70_000


@pytest.mark.parametrize("twin", [*TWINS, multiply_floor])
@pytest.mark.parametrize("denominators", [0, -1, np.array([1, 0, 1]), np.array([1, -(10**30), 0], dtype=object)])
def test_a_denominator_is_positive(twin: Callable[..., Any], denominators: Any) -> None:
    with pytest.raises(Refused, match=r"K105 the denominator of row [01] is not positive"):
        twin(np.array([1, 2, 3]), 1, denominators)


@pytest.mark.parametrize("step", [0, -5])
def test_a_step_is_positive(step: int) -> None:
    for twin in TWINS:
        with pytest.raises(Refused, match="K106"):
            twin(np.array([1]), 1, 1, Rounding.HALF_UP, step)
    with pytest.raises(Refused, match="K106"):
        round_fraction(Fraction(1), step=step)


@pytest.mark.parametrize("column", [np.array([1.5]), np.array([1, 2.5], dtype=object), np.array(["1"], dtype=object)])
def test_no_float_or_text_enters(column: Any) -> None:
    for twin in TWINS:
        with pytest.raises(TypeError):
            twin(column, 1, 1)


def test_no_rows_give_no_rows() -> None:
    for twin in TWINS:
        assert twin(np.array([], dtype=np.int64), 1, 3).dtype == np.int64
    assert [len(part) for part in multiply_floor(np.array([], dtype=object), 1, 3)] == [0, 0]


def test_ordinary_money_never_needs_the_slower_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        rules.quantities.rounding, "_floor_exact", lambda *_: pytest.fail("not within the bounds of int64")
    )
    amounts = np.array([10**15, -(10**15), 1, 0])  # the largest amount that a document may hold
    rates_fp = np.array([999_999_999, 75_000_000, 10**9, 1])
    assert multiply_divide(amounts, rates_fp, 10**9).tolist() == [999_999_999_000_000, -75_000_000_000_000, 1, 0]
    assert multiply_divide(amounts * 1_000, 10**9, rates_fp * 2, step=5)[0] == 500_000_000_500_000_000


@pytest.mark.parametrize("numerator_bits", [1, 30, 31, 40, 50, 62])
@pytest.mark.parametrize("divisor_bits", [1, 10, 30, 49, 50, 52, 60, 61, 62])
def test_the_guess_is_always_put_right(numerator_bits: int, divisor_bits: int) -> None:
    """Near whole quotients, near ties, at sizes around each bound of the fast path."""
    chance = np.random.default_rng([numerator_bits, divisor_bits])
    for quotient_bits in (1, 31, 49, 51, 59, 60, 61, 62):
        numerators = chance.integers(2 ** (numerator_bits - 1), 2**numerator_bits, 64)
        divisors = chance.integers(2 ** (divisor_bits - 1), 2**divisor_bits, 64)
        quotients = chance.integers(-(2**quotient_bits), 2**quotient_bits, 64)
        halves = quotients.astype(object) * 2 * divisors + chance.integers(-1, 2, 64) * divisors
        amounts = np.clip(halves // (2 * numerators.astype(object)) + chance.integers(-1, 2, 64), INT64_MIN, INT64_MAX)
        for mode in (Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.FLOOR):
            arguments = (amounts.astype(np.int64), numerators, divisors, mode)
            assert outcome(multiply_divide, *arguments) == outcome(multiply_divide_exact, *arguments)


edges = st.sampled_from([s * (2**b + d) for s in (-1, 1) for b in (0, 31, 53, 61, 62, 63) for d in (-1, 0, 1)])
int64s = st.integers(INT64_MIN, INT64_MAX) | st.integers(-(10**15), 10**15) | st.integers(-9, 9)
wholes = int64s | edges | st.integers(-(10**40), 10**40)
positives = st.sampled_from([1, 2, 3, 10**9, 2**61, 2**62, 2**63]) | st.integers(1, 10**12) | st.integers(1, 10**40)
steps = st.sampled_from([1, 5, 100, 25_000]) | st.integers(1, 10**20)


def column(values: list[int]) -> Any:
    fits = all(INT64_MIN <= value <= INT64_MAX for value in values)
    return np.array(values, dtype=np.int64 if fits else object)


def outcome(twin: Callable[..., Any], *arguments: Any) -> list[int] | str:
    try:
        return [int(value) for value in twin(*arguments)]
    except QuantityOverflow as refusal:
        return str(refusal)


def law(rows: list[tuple[int, int, int]], mode: Rounding, step: int) -> list[int] | str:
    results = [round_fraction(Fraction(a * n, d), mode, step) for a, n, d in rows]
    beyond = [row for row, value in enumerate(results) if not INT64_MIN <= value <= INT64_MAX]
    return str(QuantityOverflow(beyond[0])) if beyond else results


@given(st.lists(st.tuples(wholes, wholes, positives), max_size=6), st.sampled_from(MODES), steps)
def test_columns_keep_the_law(rows: list[tuple[int, int, int]], mode: Rounding, step: int) -> None:
    amounts, numerators, denominators = (column([row[i] for row in rows]) for i in range(3))
    expected = law(rows, mode, step)
    for twin in TWINS:
        assert outcome(twin, amounts, numerators, denominators, mode, step) == expected


@given(st.lists(int64s, max_size=6), int64s, positives, st.sampled_from(MODES), steps)
def test_one_rate_for_all_rows_keeps_the_law(
    amounts: list[int], numerator: int, denominator: int, mode: Rounding, step: int
) -> None:
    expected = law([(amount, numerator, denominator) for amount in amounts], mode, step)
    for twin in TWINS:
        assert outcome(twin, np.array(amounts, dtype=np.int64), numerator, denominator, mode, step) == expected


@given(st.lists(st.tuples(wholes, wholes, positives), max_size=6))
def test_floor_and_remainder_make_the_product(rows: list[tuple[int, int, int]]) -> None:
    amounts, numerators, denominators = (column([row[i] for row in rows]) for i in range(3))
    quotients, remainders = multiply_floor(amounts, numerators, denominators)
    expected = [divmod(a * n, d) for a, n, d in rows]
    assert list(zip(quotients.tolist(), remainders.tolist(), strict=True)) == expected


@given(st.fractions(), st.sampled_from(MIRRORING), steps)
def test_a_clawback_mirrors_its_payout(value: Fraction, mode: Rounding, step: int) -> None:
    assert round_fraction(-value, mode, step) == -round_fraction(value, mode, step)


@given(st.fractions(), steps)
def test_floor_and_ceiling_mirror_each_other(value: Fraction, step: int) -> None:
    assert round_fraction(-value, Rounding.FLOOR, step) == -round_fraction(value, Rounding.CEILING, step)


@given(st.fractions(), st.sampled_from(MODES), steps)
def test_a_rounded_amount_is_a_near_multiple_of_the_step(value: Fraction, mode: Rounding, step: int) -> None:
    rounded = round_fraction(value, mode, step)
    assert rounded % step == 0
    assert abs(rounded - value) < step if "half" not in mode else 2 * abs(rounded - value) <= step


def test_every_code_of_this_section_is_in_the_catalogue() -> None:
    assert {"K104", "K105", "K106"} <= QUANTITIES.keys()
