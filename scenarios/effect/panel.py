"""A panel: one outcome of many partners over many periods, and when each was first funded.

In: plain arrays, made elsewhere from exact numbers (floats begin here). Out: the one value that every estimator takes.
An unknown outcome is NaN, never zero; `complete` leaves out the units that have one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

NEVER = -1


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One outcome of `units` over `times`; a unit is treated from its `start` on, and never before.

    Both `units` and `times` are distinct; `times` are in their order. `spend`, where given, is what was spent on a
    unit in a period, in the outcome's unit of money or its own.
    """

    units: tuple[str, ...]
    times: tuple[str, ...]
    outcome: Floats  # (units, times); NaN is unknown
    start: Whole  # (units,) index of the first treated time, -1 where never treated
    spend: Floats | None = None  # (units, times)

    def __post_init__(self) -> None:
        shape = (len(self.units), len(self.times))
        assert self.outcome.shape == shape, f"outcome is {self.outcome.shape}, of {shape}"
        assert self.outcome.dtype == np.float64, "an outcome is float64"
        assert not np.isinf(self.outcome).any(), "an outcome is finite or unknown"
        assert self.start.shape == shape[:1] and self.start.dtype == np.int64, "one start for each unit"
        assert bool(((self.start >= NEVER) & (self.start < shape[1])).all()), "a start is a time of the panel, or -1"
        assert self.spend is None or self.spend.shape == shape, "spend has the shape of the outcome"
        assert len(set(self.units)) == shape[0] and len(set(self.times)) == shape[1], "units and times are distinct"

    @property
    def treated(self) -> Flags:
        """(units,) true where a unit is treated at some time."""
        return np.asarray(self.start != NEVER, dtype=np.bool_)

    def starts(self) -> tuple[int, ...]:
        """The distinct starts, in their order: one for each cohort."""
        return tuple(int(start) for start in np.unique(self.start[self.treated]))

    def of(self, rows: Flags | Whole) -> Panel:
        """The panel of some of its units, in the order of `rows`."""
        units = tuple(str(unit) for unit in np.array(self.units, dtype=object)[rows])
        spend = None if self.spend is None else self.spend[rows]
        return Panel(units, self.times, self.outcome[rows], self.start[rows], spend)

    def in_order(self) -> Panel:
        """The same panel with its units sorted by name, so that no answer depends on the order of rows."""
        return self.of(np.array(sorted(range(len(self.units)), key=self.units.__getitem__), dtype=np.int64))

    def complete(self) -> Panel:
        """The units whose outcome is known at every time."""
        return self.of(np.asarray(~np.isnan(self.outcome).any(axis=1), dtype=np.bool_))

    def with_outcome(self, outcome: Floats) -> Panel:
        """The same units, times and starts with another outcome."""
        return replace(self, outcome=outcome)
