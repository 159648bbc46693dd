"""Exact columns against plain fractions: every operation, row by row, at any size, with unknowns."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rules.quantities.exact import LIMIT, Exact, group_total, integers, total

Row = Fraction | None

edges = st.sampled_from([0, 1, -1, 2**31, 2**32 - 1, 2**62, LIMIT - 1, -(LIMIT - 1), LIMIT, -LIMIT, 10**30, -(10**30)])
wholes = edges | st.integers(-(10**18), 10**18) | st.integers(-9, 9)
small = st.fractions(-99, 99, max_denominator=12)
values = wholes.map(Fraction) | small | st.builds(Fraction, wholes, st.integers(1, 10**12))
rows = values | st.none()


@st.composite
def two_columns(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    count = draw(st.integers(0, 6))
    a, b = (draw(st.sampled_from([wholes.map(Fraction), rows, rows])) for _ in range(2))
    return tuple(draw(st.lists(each, min_size=count, max_size=count)) for each in (a, b))  # type: ignore[return-value]


def is_well_formed(column: Exact) -> bool:
    """One denominator above zero for all rows or for each; int64 or Python integers; unknown rows hold 0."""
    below = column.denominator
    lowest = below if isinstance(below, int) else min(below.tolist(), default=1)
    plain = column.numerator.dtype in (np.dtype(np.int64), np.dtype(object))
    return lowest > 0 and plain and not column.numerator[~column.is_known()].any()


OPERATIONS: dict[str, tuple[Callable[[Exact, Exact], Exact], Callable[[Fraction, Fraction], Row]]] = {
    "+": (lambda a, b: a + b, lambda a, b: a + b),
    "-": (lambda a, b: a - b, lambda a, b: a - b),
    "*": (lambda a, b: a * b, lambda a, b: a * b),
    "/": (lambda a, b: a / b, lambda a, b: a / b if b else None),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_columns_compute_as_fractions_do(name: str) -> None:
    columns, fractions = OPERATIONS[name]

    @given(two_columns())
    def agree(pair: tuple[list[Row], list[Row]]) -> None:
        found = columns(*map(Exact.of, pair))
        expected = [None if a is None or b is None else fractions(a, b) for a, b in zip(*pair, strict=True)]
        assert found.fractions() == expected and is_well_formed(found)

    agree()


@given(two_columns(), st.data())
def test_columns_chain_without_losing_a_unit(pair: tuple[list[Row], list[Row]], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(OPERATIONS)), min_size=2, max_size=4))
    column, other = map(Exact.of, pair)
    expected = list(pair[0])
    for name in names:
        by_column, by_fraction = OPERATIONS[name]
        column = by_column(column, other)
        expected = [
            None if a is None or b is None else by_fraction(a, b) for a, b in zip(expected, pair[1], strict=True)
        ]
    assert column.fractions() == expected and is_well_formed(column)


@given(two_columns(), st.data())
def test_columns_choose_and_compare_as_fractions_do(pair: tuple[list[Row], list[Row]], data: st.DataObject) -> None:
    a, b = map(Exact.of, pair)
    flags = np.array(data.draw(st.lists(st.booleans(), min_size=len(a), max_size=len(a))), dtype=bool)
    chosen = a.where(flags, b)
    assert chosen.fractions() == [x if flag else y for flag, x, y in zip(flags, *pair, strict=True)]
    assert is_well_formed(chosen)
    signs = a.compare(b)
    for sign, x, y in zip(signs.tolist(), *pair, strict=True):
        assert x is None or y is None or sign == (x > y) - (x < y)


@given(st.lists(rows, max_size=8), st.data())
def test_a_column_holds_what_was_put_in(written: list[Row], data: st.DataObject) -> None:
    column = Exact.of(written)
    assert column.fractions() == written and is_well_formed(column) and len(column) == len(written)
    assert column.is_known().tolist() == [row is not None for row in written]
    assert (-column).fractions() == [None if row is None else -row for row in written]
    assert column.or_else(7).fractions() == [Fraction(7) if row is None else row for row in written]
    assert column.sum() == sum((row for row in written if row is not None), Fraction(0))
    numerators, below = column.scaled()
    assert [Fraction(int(each), below) for each in numerators] == [row or 0 for row in written]
    keep = data.draw(st.lists(st.integers(0, max(len(written) - 1, 0)), max_size=4)) if written else []
    assert column.take(np.array(keep, dtype=np.int64)).fractions() == [written[row] for row in keep]


@given(values, st.integers(0, 3))
def test_a_constant_is_the_same_in_every_row(value: Fraction, count: int) -> None:
    assert Exact.constant(value, count).fractions() == [value] * count


@given(st.lists(wholes, max_size=20))
def test_a_total_is_exact_at_any_size(numbers: list[int]) -> None:
    assert total(integers(numbers)) == sum(numbers)


@given(st.lists(st.tuples(wholes, st.integers(0, 3)), max_size=20))
def test_group_totals_are_exact_at_any_size(pairs: list[tuple[int, int]]) -> None:
    numbers, groups = [each for each, _ in pairs], np.array([group for _, group in pairs], dtype=np.int64)
    expected = [sum(each for each, group in pairs if group == wanted) for wanted in range(4)]
    assert group_total(integers(numbers), groups, 4).tolist() == expected


def test_int64_is_kept_where_it_holds_and_left_where_it_would_wrap() -> None:
    large = Exact.of([LIMIT - 1, 1])
    assert large.numerator.dtype == np.int64
    assert (large + large).fractions() == [2 * LIMIT - 2, 2]
    assert (large * large).numerator.dtype == object
    assert (large * Exact.constant(1, 2)).numerator.dtype == np.int64
    assert (large * large / large).numerator.dtype == np.int64  # and back again


def test_a_quotient_by_zero_is_unknown_and_stays_so() -> None:
    quotient = Exact.of([6, 6, None]) / Exact.of([0, 4, 2])
    assert quotient.fractions() == [None, Fraction(3, 2), None]
    assert (quotient + Exact.constant(1, 3)).fractions() == [None, Fraction(5, 2), None]
