"""What was seen: spends and outcomes of units over periods, in one order whatever the order of the rows.

In: rows with exact numbers. Out: arrays of floats (floats begin here), sorted by unit and period, and the digest of the
exact rows. A row whose spend or outcome is unknown is left out before, never read as zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from engine.digest import digest
from scenarios.curves.floats import Floats, Rows, floats


class Observation(NamedTuple):
    """One unit in one period: what was spent on it, and what came of it."""

    unit: str
    period: str
    spend: Fraction
    outcome: Fraction
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Table:
    """What was observed, by the unit or group that a curve is fitted to; how outcome and spend are called and
    counted; all periods in their order; how many observations were unknown, and left out; and how many rows of the
    sources were rejected."""

    title: str
    outcome: tuple[str, str]
    spend: tuple[str, str]
    by: str
    periods: tuple[str, ...]
    groups: Mapping[str, Sequence[Observation]]
    left_out: int
    rejected: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """The observations that one curve is fitted to, sorted by unit and period; every array is (rows,).

    `unit` and `period` are places in `units` and `periods`; `spend_max` is the largest spend, above zero where any is.
    """

    units: tuple[str, ...]
    periods: tuple[str, ...]
    unit: Rows
    period: Rows
    spend: Floats
    outcome: Floats
    weight: Floats
    sha256: str

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def spend_max(self) -> float:
        """The largest spend of a row."""
        return float(self.spend.max(initial=0.0))

    def periods_seen(self) -> Rows:
        """The places of the periods that have a row."""
        return np.unique(self.period)

    def starts(self) -> Rows:
        """The first row of each unit."""
        return np.asarray(np.flatnonzero(np.diff(self.unit, prepend=-1)), dtype=np.int64)

    def is_without_gaps(self) -> bool:
        """Whether each unit has a row for every period between its first and its last."""
        same_unit = np.diff(self.unit) == 0
        return bool((np.diff(self.period)[same_unit] == 1).all())

    def carried(self, carry_over: Floats) -> Floats:
        """The spend of each row with what is left of earlier ones, a_t = x_t + carry_over a_(t-1), (rows, draws).

        `carry_over` is (draws,). Nothing is carried into a unit's first row.
        """
        carry = np.asarray(carry_over, dtype=np.float64)
        found = np.repeat(self.spend[:, None], len(carry), axis=1)
        if not carry.any():
            return found
        assert self.is_without_gaps(), "what is carried over needs every period"
        step = np.arange(len(self)) - np.repeat(self.starts(), np.bincount(self.unit, minlength=len(self.units)))
        for place in range(1, int(step.max(initial=0)) + 1):
            rows = np.flatnonzero(step == place)
            found[rows] += carry * found[rows - 1]
        return found


def observed(rows: Sequence[Observation], every: Sequence[str] | None = None) -> Observed:
    """The observations in their order. Each unit has at most one row for a period.

    `every` are all periods in their order, those without a row included; else periods are in the order of their names.
    """
    assert rows, "a curve has observations"
    periods = tuple(every or sorted({row.period for row in rows}))
    at_period = {name: place for place, name in enumerate(periods)}
    ordered = sorted(rows, key=lambda row: (row.unit, at_period[row.period]))
    units = tuple(dict.fromkeys(row.unit for row in ordered))
    at_unit = {name: place for place, name in enumerate(units)}
    unit = np.array([at_unit[row.unit] for row in ordered], dtype=np.int64)
    period = np.array([at_period[row.period] for row in ordered], dtype=np.int64)
    assert len(set(zip(unit.tolist(), period.tolist(), strict=True))) == len(rows), "a unit has one row for a period"
    return Observed(
        units,
        periods,
        unit,
        period,
        floats([float(row.spend) for row in ordered]),
        floats([float(row.outcome) for row in ordered]),
        floats([float(row.weight) for row in ordered]),
        digest([[row.unit, row.period, str(row.spend), str(row.outcome), str(row.weight)] for row in ordered]),
    )
