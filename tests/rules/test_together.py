"""Lines of one deal that are rounded together: they add up to its rounded sum, and each is its due up or down."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rules.quantities import groups as in_groups, together
from rules.quantities.exact import Exact
from rules.quantities.groups import Runs, gathered, largest_first, ordered
from rules.quantities.rounding import QuantityOverflow, Rounding, multiply_divide, round_fraction
from rules.quantities.together import explain_together, round_together, share_steps

MODES = list(Rounding)
MIRROR = {Rounding.FLOOR: Rounding.CEILING, Rounding.CEILING: Rounding.FLOOR}
Lines = tuple[list[Fraction | None], list[int], list[int]]  # dues, groups, keys
GROUPS = 5

sizes = st.integers(-40, 40) | st.sampled_from([0, 10**15 + 1, -(10**15), 2**62 - 1, 1 - 2**62])
below = st.sampled_from([1, 1, 2, 3, 3, 4, 10**9, 7**20, 2**61, 2**70, 3**400, 5**300])
dues = st.builds(Fraction, sizes, below)


@st.composite
def deals(draw: st.DrawFn, values: st.SearchStrategy[Any] = dues) -> Lines:
    """Lines of up to five deals in any order, some unknown, each with a partner of its own within the deal."""
    rows = draw(st.lists(values | values | values | st.none(), max_size=14))
    groups = draw(st.lists(st.integers(0, GROUPS - 1), min_size=len(rows), max_size=len(rows)))
    keys = draw(st.permutations(range(-3, len(rows) - 3)))
    return rows, groups, keys


def paid(lines: Lines, mode: Rounding = Rounding.HALF_UP, step: int = 1) -> list[int]:
    rows, groups, keys = lines
    return round_together(Exact.of(rows), whole(groups), GROUPS, whole(keys), mode, step).tolist()


def whole(values: list[int]) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.int64)


def check(lines: Lines, mode: Rounding, step: int, amounts: list[int]) -> None:
    """Every promise of the rounding, from fractions alone."""
    rows, groups, _ = lines
    for group in range(GROUPS):
        own = [(row, amount) for row, of, amount in zip(rows, groups, amounts, strict=True) if of == group]
        total = sum((row for row, _ in own if row is not None), Fraction(0))
        assert sum(amount for _, amount in own) == round_fraction(total, mode, step), "lines add up"
        for row, amount in own:
            assert amount % step == 0 and (abs(amount - row) < step if row is not None else amount == 0)


# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "step", "amounts"),
    [
        (["100/3", "100/3", "100/3"], 1, [34, 33, 33]),
        (["-100/3", "-100/3", "-100/3"], 1, [-34, -33, -33]),  # the clawback undoes it
        (["10.3", "20.6"], 1, [10, 21]),
        (["-10.3", "-20.6"], 1, [-10, -21]),
        (["0.5", "0.5", "0.5"], 1, [1, 1, 0]),  # 1.5 is 2 half up
        (["0.25", "0.25"], 1, [1, 0]),  # alone each would be nothing, together they are half a cent
        (["10.5", "-3.2"], 1, [10, -3]),  # 7.3: mixed signs, nearest the floor
        (["10.5", "-10.5"], 1, [11, -11]),
        (["-10.5", "10.5"], 1, [-11, 11]),
        (["12.4", "None", "12.4"], 5, [15, 10]),  # 24.8 is 25
        (["7", "8"], 5, [5, 10]),
        (["7", "8", "9"], 1, [7, 8, 9]),
    ],
)
def test_one_deal_by_hand(exact: list[str], step: int, amounts: list[int]) -> None:
    rows = [Fraction(each) for each in exact if each != "None"]
    keys = list(range(len(rows)))
    assert paid((rows, [0] * len(rows), keys), Rounding.HALF_UP, step) == amounts
    assert share_steps(rows, keys, Rounding.HALF_UP, step).amounts == amounts


def test_a_line_is_explained_by_its_place_among_the_remainders() -> None:
    rows = [Fraction(100, 3), Fraction(100, 3), None, Fraction(100, 3)]
    reason = explain_together(rows, [2, 0, 9, 1], 0)
    assert (reason.amount, reason.down, reason.units_left, reason.place, reason.lines) == (33, 33, 1, 3, 3)
    assert reason.words == (
        "exact 100/3, rounded with the 3 lines of this row, 100 together: "
        "0 of 1 steps left over by the largest remainder (place 3)"
    )
    assert explain_together([Fraction(7, 2)], [4], 0).words == "exact 7/2, rounded half up to 4"
    assert explain_together([Fraction(7), Fraction(1, 2)], [4, 5], 0).words.endswith("8 together: it is whole")


# --- properties -------------------------------------------------------------------------------------------------------


@given(deals(), st.sampled_from(MODES), st.sampled_from([1, 1, 5, 250]))
def test_columns_are_the_law_and_keep_its_promises(lines: Lines, mode: Rounding, step: int) -> None:
    rows, groups, keys = lines
    amounts = paid(lines, mode, step)
    check(lines, mode, step, amounts)
    for row in range(len(rows)):
        if rows[row] is not None:
            own = [i for i in range(len(rows)) if groups[i] == groups[row]]
            reason = explain_together([rows[i] for i in own], [keys[i] for i in own], own.index(row), mode, step)
            up = (1 if reason.down <= rows[row] else -1) * step * (0 < reason.place <= reason.units_left)
            assert amounts[row] == reason.amount == reason.down + up
            assert reason.group_amount == round_fraction(reason.group_sum, mode, step)


@given(deals(), st.sampled_from(MODES), st.data())
def test_neither_order_nor_what_else_is_paid_matters(lines: Lines, mode: Rounding, data: st.DataObject) -> None:
    rows, groups, keys = lines
    amounts = paid(lines, mode)
    order = data.draw(st.permutations(range(len(rows))))
    shuffled = [[column[i] for i in order] for column in (rows, groups, keys)]
    assert paid(tuple(shuffled), mode) == [amounts[i] for i in order]  # type: ignore[arg-type]
    alone = [i for i in range(len(rows)) if groups[i] == 0]
    batch = ([rows[i] for i in alone], [0] * len(alone), [keys[i] for i in alone])
    assert paid(batch, mode) == [amounts[i] for i in alone]


@given(deals(), st.sampled_from(MODES))
def test_a_clawback_undoes_its_payout(lines: Lines, mode: Rounding) -> None:
    rows, groups, keys = lines
    back = [None if row is None else -row for row in rows]
    assert paid((back, groups, keys), MIRROR.get(mode, mode)) == [-amount for amount in paid(lines, mode)]


@given(st.lists(dues, max_size=9), st.sampled_from(MODES), st.sampled_from([1, 5]))
def test_a_line_alone_is_rounded_plainly(rows: list[Fraction], mode: Rounding, step: int) -> None:
    keys = whole([0] * len(rows))
    amounts = round_together(Exact.of(rows), np.arange(len(rows)), len(rows), keys, mode, step).tolist()
    assert amounts == [round_fraction(row, mode, step) for row in rows]


@given(deals(st.fractions(-50, 50, max_denominator=6)), st.sampled_from(MODES))
def test_whole_numbers_of_any_type_give_the_same(lines: Lines, mode: Rounding) -> None:
    rows, groups, keys = lines
    due = Exact.of(rows)
    wide = Exact(due.numerator.astype(object), due.denominator, due.known)
    assert round_together(wide, whole(groups), GROUPS, whole(keys), mode).tolist() == paid(lines, mode)


def test_many_deals_are_cut_into_blocks_that_no_deal_straddles(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    groups = np.sort(random.integers(0, 400, 2_000))  # some deals of more than eight lines
    due, keys = Exact(random.integers(-(10**6), 10**6, 2_000), 7), random.permutation(2_000)
    amounts = round_together(due, groups, 400, keys)
    monkeypatch.setattr(in_groups, "BLOCK_ROWS", 3)
    assert round_together(due, groups, 400, keys).tolist() == amounts.tolist()
    expected = {}
    for group in range(400):
        own = np.flatnonzero(groups == group).tolist()
        steps = share_steps([due.fraction(i) or Fraction(0) for i in own], [int(keys[i]) for i in own])
        expected |= dict(zip(own, steps.amounts, strict=True))
    assert amounts.tolist() == [expected[i] for i in range(2_000)]


# --- what is refused, and faults that are found -----------------------------------------------------------------------


def test_an_amount_beyond_int64_is_refused_and_its_row_named() -> None:
    rows = [Fraction(1, 2), None, Fraction(2**64), Fraction(1, 2)]
    with pytest.raises(QuantityOverflow) as refused:
        paid((rows, [1, 0, 0, 1], [0, 1, 2, 3]))
    assert refused.value.row == 2
    fits = [Fraction(2**63 - 1), Fraction(2**63 - 1), Fraction(1, 2)]  # their sum does not fit, but no line needs it
    assert paid((fits, [0, 0, 0], [0, 1, 2])) == [2**63 - 1, 2**63 - 1, 1]
    assert paid(([Fraction(-(2**63))], [0], [0])) == [-(2**63)]


@pytest.mark.parametrize("lines", [2, 12])
def test_two_lines_of_one_key_are_our_mistake(lines: int) -> None:
    with pytest.raises(AssertionError, match="keys"):
        round_together(Exact(whole([1] * lines), 3), whole([0] * lines), 1, whole([1] * lines))


MUTANTS: list[tuple[str, Callable[..., Any]]] = [
    ("the last key first", lambda r, runs, places, keys: largest_first(r, runs, places, -keys)),
    ("the smallest remainder first", lambda r, runs, places, keys: largest_first(-r, runs, places, keys)),
    ("one step too few", lambda r, runs, places, keys: largest_first(r, runs, np.maximum(places - 1, 0), keys)),
    ("one step too many", lambda r, runs, places, keys: largest_first(r, runs, places + 1, keys)),
]


@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_a_fault_of_one_step_is_found(name: str, mutant: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    exact = [Fraction(each) for each in ("10/3", "10/3", "10/3", "5/6", "1/2", "1/3", "4/3")]
    monkeypatch.setattr(together, "largest_first", mutant)
    groups, keys = [0, 0, 0, 1, 1, 1, 1], [2, 0, 1, 0, 1, 2, 3]
    wanted = [share_steps(exact[a:b], keys[a:b]).amounts for a, b in ((0, 3), (3, 7))]
    assert paid((exact, groups, keys)) != wanted[0] + wanted[1], name


# --- groups -----------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=12), st.sampled_from([1, 2**40, 2**56, 2**60])
)
def test_rows_come_together_and_in_order_at_any_width(rows: list[tuple[int, int]], wide: int) -> None:
    rows = list(dict.fromkeys(rows))
    groups, order = whole([group for group, _ in rows]), whole([(at - 5) * wide for _, at in rows])
    found = ordered(groups, order)
    positions = range(len(rows)) if found is None else found.tolist()
    assert [rows[i] for i in positions] == sorted(rows)
    together_at = gathered(groups, 4)
    of = groups.tolist() if together_at is None else groups[together_at].tolist()
    assert sorted(of) == sorted(groups.tolist())
    assert sum(a != b for a, b in pairwise(of)) == max(len(set(of)) - 1, 0)


def test_an_order_that_does_not_tell_rows_apart_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="order"):
        ordered(whole([0, 0]), whole([1, 1]))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.data(), st.booleans())
def test_the_largest_are_those_that_sorting_finds(lengths: list[int], data: st.DataObject, is_object: bool) -> None:
    rows = sum(lengths)
    rest = data.draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows))
    keys = data.draw(st.permutations(range(rows)))
    places = [data.draw(st.integers(0, length)) for length in lengths]
    column = np.array(rest, dtype=object if is_object else np.int64)
    chosen = largest_first(column, Runs.of(whole(lengths)), whole(places), whole(keys))
    start = 0
    for length, place in zip(lengths, places, strict=True):
        queue = sorted(range(start, start + length), key=lambda i: (-rest[i], keys[i]))
        assert set(np.flatnonzero(chosen[start : start + length]) + start) == set(queue[:place])
        start += length


def test_one_line_in_each_group_agrees_with_rounding_a_column() -> None:
    numbers = np.random.default_rng(5).integers(-(10**15), 10**15, 50_000)
    ones = np.arange(50_000)
    for mode in MODES:
        assert (
            round_together(Exact(numbers, 10**6), ones, 50_000, ones, mode) == multiply_divide(numbers, 1, 10**6, mode)
        ).all()
