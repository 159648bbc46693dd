"""How readings come to the rows of a table, and which rule says best why a row does not count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

OUTSIDE = "outside the period"  # no rule has this for a name


@dataclass(frozen=True, slots=True)
class Way:
    """How a reading comes to the rows `t` of a table, in SQL: which of them count, which are of the days that it looks
    at by the rule that does not count them, and which it comes to at all."""

    counted: str
    refused: Sequence[tuple[str, str]]
    reached: str
    is_own: bool
    is_dated: bool
    is_paid: bool


def refusals(ways: Sequence[Way]) -> Iterator[tuple[str, str]]:
    """Which rule did not count a row, in the order of who says it best: a rule for rows with this table's dates, one
    for its rows at all times, one for rows that rest on it. What is of other days altogether is outside."""
    own = [way for way in ways if way.is_own]
    dated = [way for way in own if way.is_dated]
    further = [way for way in ways if not way.is_own]
    for way in (*(dated or own), *(each for each in further if each.is_dated)):
        yield from way.refused
    for way in (*dated, *(each for each in further if each.is_dated)):
        yield OUTSIDE, way.reached
    for way in (each for each in further if not each.is_dated):
        yield from way.refused
    for way in ways:
        yield OUTSIDE, way.reached
