"""The engine's arithmetic equals a slow reference, to the last unit, on generated data and at the edges of int64."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apportion_oracle import POLICIES, ROUNDINGS, Key, apportion_rows, round_to_step
from hypothesis import example, given, settings, strategies as st

from rules.problem import PartageError
from rules.quantities.apportion import Residue, apportion
from rules.quantities.rounding import Rounding, multiply_divide, round_fraction

INT64_MAX = 2**63 - 1
SMALLEST_INT64 = -(2**63)
GIANT = 10**30
CONSERVING = POLICIES[:4]
thorough = settings(max_examples=100, deadline=None)

totals = st.one_of(
    st.integers(-60, 60),
    st.integers(-(10**15), 10**15),
    st.integers(-INT64_MAX, INT64_MAX),
    st.sampled_from([0, 10**15, -(10**15), INT64_MAX, -INT64_MAX, 2**53 + 1, -(2**53) - 1]),
)
steps = st.sampled_from([1, 1, 1, 2, 5, 25, 250, 10**6, 2**62])
weight_families = st.sampled_from(
    [st.integers(0, 3), st.integers(0, 10**4), st.integers(0, INT64_MAX), st.integers(0, GIANT),
     st.sampled_from([0, 1, GIANT, GIANT - 1, INT64_MAX])]
)  # fmt: skip
weight_lists = weight_families.flatmap(lambda weight: st.lists(weight, min_size=1, max_size=12)).filter(any)
policies = st.sampled_from(POLICIES)
roundings = st.sampled_from(ROUNDINGS)
int64 = st.one_of(
    st.integers(SMALLEST_INT64, INT64_MAX),
    st.integers(-100, 100),
    st.sampled_from([0, 1, -1, SMALLEST_INT64, SMALLEST_INT64 + 1, INT64_MAX, 10**15, -(10**15)]),
)
positive_int64 = st.one_of(st.integers(1, 100), st.integers(1, INT64_MAX), st.sampled_from([10**9, INT64_MAX]))


def weight_array(weights: Sequence[int]) -> np.ndarray[Any, Any]:
    """int64 where every weight and their sum fit, Python integers otherwise."""
    return np.array(weights, dtype=np.int64 if sum(weights) <= INT64_MAX else object)


def as_integers(values: np.ndarray[Any, Any]) -> list[int]:
    return [int(value) for value in values]


def check(total: int, weights: Sequence[int], keys: Sequence[Key] | None, residue: str, step: int, mode: str) -> None:
    """Exactly the reference's shares and residue; refused only where a policy or int64 can't hold them."""
    shares, left = apportion_rows(total, weights, keys, residue, step, mode)
    keeps_the_whole = residue in CONSERVING
    if keeps_the_whole:
        assert (left == 0) == (total % step == 0), "the reference leaves only what is no whole step"
    try:
        got = apportion(
            total,
            weight_array(weights),
            keys=None if keys is None else list(keys),
            residue=Residue(residue),
            step=step,
            mode=Rounding(mode),
        )
    except PartageError:
        too_wide = any(abs(share) > INT64_MAX for share in shares)
        assert too_wide or (keeps_the_whole and left), "refused although every share fits"
        return
    assert not (keeps_the_whole and left), "a part of the total went missing without a word"
    assert as_integers(got.shares) == shares
    assert got.residue_minor == left


# --- the reference itself -------------------------------------------------------------------------------------------

PEER_MODES = {
    "floor_to_first": "to_first",
    "largest_remainder": "largest_remainder",
    "largest_ratio": "to_biggest",
    "floor_separate": "house",
}
PEER_FILE = Path(__file__).parent.parent / "cases" / "peer-cases.json"
PEER_CASES = json.loads(PEER_FILE.read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize(
    "case",
    [case for case in PEER_CASES if case["kind"] == "allocate" and case["id"] != "ns-p1"],
    ids=lambda case: f"{case['id']} {case['repo']}",
)
def test_the_reference_itself_reproduces_the_published_cases(case: dict[str, Any]) -> None:
    """ns-p1 is left to the published cases' own tests: there a weight of zero gets money."""
    given_ = case["input"]
    weights = [Fraction(weight) for weight in given_["weights"]]
    policy = PEER_MODES[given_["mode"]]
    shares, left = apportion_rows(given_["amount"], weights, None, policy, given_.get("step", 1))
    assert shares + ([left] if policy == "house" else []) == case["expected"]


@pytest.mark.parametrize(
    ("value", "expected"),
    # The worked table of java.math.RoundingMode: one column a mode, here in the order of ROUNDINGS.
    [
        ("5.5", (6, 6, 5, 6, 5, 5, 6)),
        ("2.5", (3, 2, 2, 3, 2, 2, 3)),
        ("1.6", (2, 2, 2, 2, 1, 1, 2)),
        ("1.1", (1, 1, 1, 2, 1, 1, 2)),
        ("1.0", (1, 1, 1, 1, 1, 1, 1)),
        ("-1.0", (-1, -1, -1, -1, -1, -1, -1)),
        ("-1.1", (-1, -1, -1, -2, -1, -2, -1)),
        ("-1.6", (-2, -2, -2, -2, -1, -2, -1)),
        ("-2.5", (-3, -2, -2, -3, -2, -3, -2)),
        ("-5.5", (-6, -6, -5, -6, -5, -6, -5)),
    ],
)
def test_every_rounding_mode_gives_the_published_table(value: str, expected: tuple[int, ...]) -> None:
    """Source: the table in the documentation of Java's `java.math.RoundingMode`; its half up is away from zero too."""
    assert tuple(round_to_step(Fraction(value), mode) for mode in ROUNDINGS) == expected
    assert tuple(round_fraction(Fraction(value), Rounding(mode)) for mode in ROUNDINGS) == expected
    in_steps = tuple(round_fraction(Fraction(value) * 250, Rounding(mode), step=250) for mode in ROUNDINGS)
    assert in_steps == tuple(250 * number for number in expected)


def test_the_reference_knows_every_policy_and_every_mode() -> None:
    assert {residue.value for residue in Residue} == set(POLICIES)
    assert {mode.value for mode in Rounding} == set(ROUNDINGS)


# --- rounding -------------------------------------------------------------------------------------------------------


@thorough
@given(st.integers(-GIANT, GIANT), st.integers(1, 10**20), roundings, steps)
def test_round_fraction_equals_the_reference(numerator: int, denominator: int, mode: str, step: int) -> None:
    value = Fraction(numerator, denominator)
    assert round_fraction(value, Rounding(mode), step) == round_to_step(value, mode, step)


@thorough
@given(st.integers(-(10**6), 10**6), st.sampled_from([1, 5, 250, 10**9]), roundings)
def test_exact_halves_round_as_the_mode_says(halves: int, step: int, mode: str) -> None:
    value = Fraction(halves * step, 2)
    assert round_fraction(value, Rounding(mode), step) == round_to_step(value, mode, step)


def check_products(amounts: list[int], numerators: Any, denominators: Any, mode: str, step: int) -> None:
    """Each amount x numerator / denominator, rounded once; refused when one of them does not fit int64."""
    above = numerators.tolist() if isinstance(numerators, np.ndarray) else [numerators] * len(amounts)
    below = denominators.tolist() if isinstance(denominators, np.ndarray) else [denominators] * len(amounts)
    rows = zip(amounts, above, below, strict=True)
    expected = [round_to_step(Fraction(amount * n, d), mode, step) for amount, n, d in rows]
    array = np.array(amounts, dtype=np.int64)
    if all(SMALLEST_INT64 <= value <= INT64_MAX for value in expected):
        got = multiply_divide(array, numerators, denominators, Rounding(mode), step)
        assert got.dtype == np.int64
        assert got.tolist() == expected
    else:
        with pytest.raises(PartageError):
            multiply_divide(array, numerators, denominators, Rounding(mode), step)
    assert array.tolist() == amounts, "the caller's amounts stay as they were"


@thorough
@given(st.lists(st.tuples(int64, int64, positive_int64), min_size=1, max_size=8), roundings, steps)
@example([(INT64_MAX, INT64_MAX, INT64_MAX)], "half_up", 1)
@example([(SMALLEST_INT64, INT64_MAX, INT64_MAX)], "half_even", 1)
@example([(SMALLEST_INT64, -1, 1)], "half_up", 1)
@example([(INT64_MAX, 1, 2), (-INT64_MAX, 1, 2)], "half_even", 1)
@example([(INT64_MAX, 1, 1)], "up", 250)
def test_products_of_columns_equal_the_reference(rows: list[tuple[int, int, int]], mode: str, step: int) -> None:
    amounts, numerators, denominators = (list(column) for column in zip(*rows, strict=True))
    check_products(amounts, np.array(numerators, dtype=np.int64), np.array(denominators, dtype=np.int64), mode, step)


@thorough
@given(st.lists(int64, min_size=1, max_size=8), int64, positive_int64, roundings, steps)
@example([INT64_MAX, SMALLEST_INT64], 1, 1, "half_up", 1)
@example([10**15, -(10**15)], 75 * 10**7, 10**10, "half_up", 1)
@example([1, 3, 5, -1, -3, -5], 1, 2, "half_even", 1)
def test_products_by_one_rate_equal_the_reference(
    amounts: list[int], numerator: int, denominator: int, mode: str, step: int
) -> None:
    check_products(amounts, numerator, denominator, mode, step)


@thorough
@given(st.lists(int64, min_size=1, max_size=8), st.integers(0, GIANT), st.integers(1, GIANT), roundings)
@example([INT64_MAX, SMALLEST_INT64, 7], GIANT - 1, GIANT, "half_up")
def test_a_rate_may_be_a_fraction_wider_than_int64(
    amounts: list[int], numerator: int, denominator: int, mode: str
) -> None:
    check_products(amounts, numerator, denominator, mode, 1)


def test_no_amounts_give_no_products() -> None:
    assert multiply_divide(np.array([], dtype=np.int64), 1, 3, Rounding.HALF_UP).tolist() == []


# --- apportionment --------------------------------------------------------------------------------------------------


@thorough
@given(totals, weight_lists, policies, steps, roundings)
@example(INT64_MAX, [GIANT, 1, GIANT - 1, 0], "largest_remainder", 1, "half_up")
@example(-INT64_MAX, [1, 1, 1], "largest_remainder", 1, "half_up")
@example(INT64_MAX, [1, 1], "round_each", 1, "half_up")
@example(INT64_MAX, [1], "round_each", 250, "up")
@example(7, [1, 1], "largest_remainder", 5, "half_up")
@example(-1, [0, 1, 1], "to_first", 1, "half_up")
def test_shares_by_position_equal_the_reference(
    total: int, weights: list[int], residue: str, step: int, mode: str
) -> None:
    check(total, weights, None, residue, step, mode)


@thorough
@given(totals, weight_lists, policies, steps, st.randoms(use_true_random=False))
def test_shares_by_number_keys_equal_the_reference(
    total: int, weights: list[int], residue: str, step: int, chance: random.Random
) -> None:
    keys = chance.sample(range(-50, 50), len(weights))
    check(total, weights, keys, residue, step, "half_up")


@thorough
@given(
    totals,
    st.lists(st.tuples(st.integers(0, 3), st.text(max_size=4)), min_size=1, max_size=10, unique_by=lambda row: row[1])
    .filter(lambda rows: any(weight for weight, _ in rows)),
    policies,
)  # fmt: skip
@example(1, [(1, "é"), (1, "z"), (1, "Z"), (1, "")], "largest_remainder")
@example(1, [(1, "10"), (1, "9"), (1, "09")], "to_first")
@example(1, [(1, "\U00010000"), (1, "\uffff")], "largest_remainder")
@example(1, [(1, "\uffff"), (1, "\U00010000")], "to_last")
def test_text_keys_are_ordered_by_their_utf8_bytes(total: int, rows: list[tuple[int, str]], residue: str) -> None:
    """The last two examples tell UTF-8 order, where U+10000 follows U+FFFF, from UTF-16 order, where it precedes it."""
    check(total, [weight for weight, _ in rows], [key for _, key in rows], residue, 1, "half_up")


@pytest.mark.parametrize("residue", POLICIES)
@pytest.mark.parametrize("total", [10**15, -(10**15) - 1, 777])
def test_a_thousand_partners_with_many_ties_equal_the_reference(residue: str, total: int) -> None:
    chance = random.Random(20240229)
    weights = [chance.choice([0, 1, 1, 2, 7, 10**6]) for _ in range(1000)]
    keys = [f"partner-{number}" for number in chance.sample(range(10**6), len(weights))]
    check(total, weights, keys, residue, 1, "half_up")


@thorough
@given(st.integers(-(10**9), 10**9), weight_lists, policies, st.sampled_from([1, 5, 250]))
def test_a_clawback_mirrors_its_payout(steps_shared: int, weights: list[int], residue: str, step: int) -> None:
    total = steps_shared * step
    paid = apportion(total, weight_array(weights), residue=Residue(residue), step=step, mode=Rounding.HALF_UP)
    back = apportion(-total, weight_array(weights), residue=Residue(residue), step=step, mode=Rounding.HALF_UP)
    assert as_integers(back.shares) == [-share for share in as_integers(paid.shares)]
    assert back.residue_minor == -paid.residue_minor
