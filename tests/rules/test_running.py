"""Running totals within groups: what came before a row, in a given order, and lines rounded so that totals are."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

from rules.quantities import groups as in_groups, running
from rules.quantities.exact import Exact
from rules.quantities.rounding import QuantityOverflow, Rounding, round_fraction
from rules.quantities.running import (
    explain_cumulative,
    explain_running,
    round_cumulative,
    running_before,
    running_sums,
)

Rows = tuple[list[Fraction | None], list[int], list[int]]  # values, groups, order
MODES = list(Rounding)

sizes = st.integers(-40, 40) | st.sampled_from([10**15, 2**62, -(2**62), 2**63 - 1, 1 - 2**63, -(2**63), 2**70])
values = st.builds(Fraction, sizes, st.sampled_from([1, 1, 2, 3, 10**9, 7**20]))


@st.composite
def sales(draw: st.DrawFn, of: st.SearchStrategy[Any] = values) -> Rows:
    """Rows of a few partners in any order of the source, with a total order of their own; some values unknown."""
    rows = draw(st.lists(of | of | of | st.none(), max_size=12))
    groups = draw(st.lists(st.sampled_from([0, 1, 4]), min_size=len(rows), max_size=len(rows)))
    order = draw(st.permutations(range(-4, len(rows) - 4)))
    return rows, groups, order


def whole(numbers: list[int]) -> np.ndarray[Any, Any]:
    return np.array(numbers, dtype=np.int64)


def totals(rows: Rows) -> list[Fraction | None]:
    return running_before(Exact.of(rows[0]), whole(rows[1]), whole(rows[2])).fractions()


def rounded(rows: Rows, mode: Rounding = Rounding.HALF_UP, step: int = 1) -> list[int]:
    return round_cumulative(Exact.of(rows[0]), whole(rows[1]), whole(rows[2]), mode, step).tolist()


def in_group(rows: Rows, row: int) -> tuple[list[Fraction | None], list[int], int]:
    """The values and the order of a row's group, and where the row is among them."""
    own = [i for i in range(len(rows[0])) if rows[1][i] == rows[1][row]]
    return [rows[0][i] for i in own], [rows[2][i] for i in own], own.index(row)


def test_many_rows_are_cut_into_blocks_that_no_group_straddles(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    groups, order = random.integers(0, 300, 2_000), random.permutation(2_000)
    numbers = random.integers(-(10**6), 10**6, 2_000).astype(object)
    numbers[::500] = 2**63  # what some blocks hold, and others do not
    sales = Exact(numbers, 7, random.integers(0, 50, 2_000) > 0)
    found = running_before(sales, groups, order)
    monkeypatch.setattr(in_groups, "BLOCK_ROWS", 3)
    assert running_before(sales, groups, order).fractions() == found.fractions()
    queue = np.lexsort((order, groups))
    in_order = running_before(sales.take(queue), groups[queue], order[queue])
    assert in_order.fractions() == found.take(queue).fractions()


@given(sales())
def test_totals_are_those_added_up_by_hand(rows: Rows) -> None:
    assert totals(rows) == [explain_running(*in_group(rows, row)) for row in range(len(rows[0]))]


@given(sales(), st.data())
def test_the_order_of_the_source_and_other_groups_do_not_matter(rows: Rows, data: st.DataObject) -> None:
    found, amounts = totals(rows), None
    small = [None if each is None else each % 1000 for each in rows[0]]
    amounts = rounded((small, *rows[1:]))
    order = data.draw(st.permutations(range(len(rows[0]))))
    shuffled = [[column[i] for i in order] for column in (rows[0], rows[1], rows[2], small)]
    assert totals(tuple(shuffled[:3])) == [found[i] for i in order]  # type: ignore[arg-type]
    assert rounded((shuffled[3], *shuffled[1:3])) == [amounts[i] for i in order]  # type: ignore[arg-type]
    alone = [i for i in range(len(rows[0])) if rows[1][i] == 1]
    assert totals(tuple([column[i] for i in alone] for column in rows)) == [found[i] for i in alone]  # type: ignore[arg-type]


def test_behind_an_unknown_value_totals_are_unknown_until_it_is_said_to_be_zero() -> None:
    rows: Rows = ([Fraction(5), None, Fraction(7), Fraction(1)], [0, 0, 0, 1], [0, 1, 2, 0])
    assert totals(rows) == [0, 5, None, 0]
    assert running_before(Exact.of(rows[0]).or_else(0), whole(rows[1]), whole(rows[2])).fractions() == [0, 5, 5, 0]


@pytest.mark.parametrize("peak", [2**62, 2**63 - 1, -(2**63)])
def test_a_total_that_int64_can_not_hold_is_exact_and_one_that_it_can_stays_fast(peak: int) -> None:
    apart = Exact(whole([peak, peak, peak]))  # each in a group of its own: only their sum over groups would wrap
    found = running_before(apart, whole([0, 1, 2]), whole([0, 0, 0]))
    assert found.fractions() == [0, 0, 0] and found.numerator.dtype == np.int64
    within = running_before(apart, whole([0, 0, 0]), whole([0, 1, 2]))
    assert within.fractions() == [0, peak, 2 * peak]
    assert running_sums(whole([peak, 1, peak]), whole([2, 1])).tolist() == [peak, peak + 1, peak]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), min_size=1, max_size=9), st.data())
def test_both_types_of_column_add_up_alike(numbers: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(numbers)))
    lengths = [cut] if cut == len(numbers) else [cut, len(numbers) - cut]
    wide = np.empty(len(numbers), dtype=object)
    wide[:] = numbers
    assert running_sums(whole(numbers), whole(lengths)).tolist() == running_sums(wide, whole(lengths)).tolist()


@given(sales(st.fractions(-60, 60, max_denominator=9)), st.sampled_from(MODES), st.sampled_from([1, 5]))
@example(([Fraction(1, 2), Fraction(-2, 3)], [0, 0], [0, 1]), Rounding.UP, 1)  # from 1 to -1: nearly two steps off
def test_rounded_totals_are_what_the_lines_add_up_to(rows: Rows, mode: Rounding, step: int) -> None:
    amounts = rounded(rows, mode, step)
    for row, due in enumerate(rows[0]):
        own = [i for i in range(len(amounts)) if rows[1][i] == rows[1][row] and rows[2][i] <= rows[2][row]]
        exact = sum((rows[0][i] or Fraction(0) for i in own), Fraction(0))
        assert sum(amounts[i] for i in own) == round_fraction(exact, mode, step)
        if due is None:
            assert amounts[row] == 0
        else:
            reason = explain_cumulative(*in_group(rows, row), mode, step)
            is_nearest = mode in (Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.HALF_DOWN)
            assert amounts[row] == reason.amount and abs(amounts[row] - due) <= (1 if is_nearest else 2) * step


def test_a_running_total_beyond_int64_is_refused() -> None:
    with pytest.raises(QuantityOverflow):
        rounded(([Fraction(2**63 - 1), Fraction(1)], [0, 0], [0, 1]))
    with pytest.raises(QuantityOverflow) as refused:
        rounded(([Fraction(2**62), Fraction(-(2**63) - 5)], [0, 0], [0, 1]))  # fits so far, the row itself does not
    assert refused.value.row == 1
    assert rounded(([Fraction(2**63 - 1), Fraction(1 - 2**63)], [0, 0], [0, 1])) == [2**63 - 1, 1 - 2**63]


def test_an_order_with_ties_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="order"):
        totals(([Fraction(1), Fraction(2)], [0, 0], [3, 3]))


@pytest.mark.parametrize("off", [1, -1])
def test_a_fault_of_one_unit_is_found(off: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: Rows = ([Fraction(5, 2), Fraction(1, 2), Fraction(7)], [0, 0, 4], [1, 0, 0])
    by_hand = [explain_running(*in_group(rows, row)) for row in range(3)]
    assert totals(rows) == by_hand
    monkeypatch.setattr(running, "running_sums", lambda *args: running_sums(*args) + off)
    assert totals(rows) != by_hand
