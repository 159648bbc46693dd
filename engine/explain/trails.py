"""The source rows that an explanation goes through, read once for all measures that read the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.values import Facts, TrailRow
from rules.meaning import MeasureMeaning


class Trails:
    """The rows of partners as measures read them; a table of millions is gone through once for each way of reading."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._expected: dict[MeasureMeaning, None] = {}
        self._found: list[tuple[str, frozenset[MeasureMeaning], Sequence[TrailRow]]] = []

    def expect(self, measures: Iterable[MeasureMeaning]) -> None:
        """Note measures that will be asked for."""
        self._expected |= dict.fromkeys(measures)

    def rows(self, measures: Sequence[MeasureMeaning], partner: str) -> Sequence[TrailRow]:
        """Every row of a partner that measures read alike, with the cells of all that are expected beside them."""
        for who, covered, rows in self._found:
            if who == partner and covered.issuperset(measures):
                return rows
        alike = [each for each in self._expected if each.reads_as(measures[0])]
        asked = list(dict.fromkeys((*measures, *alike)))
        rows = self._facts.trail(asked, partner)
        self._found.append((partner, frozenset(asked), rows))
        return rows
