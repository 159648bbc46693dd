"""What an estimator answers: an effect with its uncertainty, or why nothing can be measured.

Amounts are in the outcome's unit. An effect is an average over the treated unit-periods that were counted; the total is
that average times their number. Uncertainty that a method can't give is None, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from scenarios.effect.panel import Flags, Floats, Panel

PRE_PERIODS_MIN = 8
CONFIDENCE = 0.95


class Method(StrEnum):
    """How an effect is estimated."""

    DID = "did"  # difference-in-differences against all controls
    MATCHED = "matched"  # the same, against the controls whose earlier paths are nearest
    SYNTHETIC = "synthetic"  # a weighted average of controls that follows the treated before
    SDID = "sdid"  # synthetic difference-in-differences: weights over units and over times
    GROUP_TIME = "group-time"  # each cohort against those not treated yet, averaged


class Kind(StrEnum):
    """What a p-value is drawn from."""

    T = "t"  # the estimate over its error clustered by unit, by Student's t
    PERMUTATION = "permutation"  # the same estimate when chance says who was treated
    JACKKNIFE = "jackknife"  # the estimate over its error from leaving each unit out once, by Student's t
    PLACEBO = "placebo"  # the same estimate for controls, as if they had been treated


@dataclass(frozen=True, slots=True)
class Window:
    """Which periods after a unit's start count: `periods` of them (None: to the end) after `skip_periods`."""

    skip_periods: int = 0
    periods: int | None = None

    def __post_init__(self) -> None:
        assert self.skip_periods >= 0 and (self.periods is None or self.periods >= 1), "a window is after the start"

    def bounds(self, start: int, times: int) -> tuple[int, int]:
        """The times that count for a unit treated from `start` on: from the first, to before the second."""
        first = min(start + self.skip_periods, times)
        return first, times if self.periods is None else min(first + self.periods, times)


WHOLE = Window()


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What was measured: an effect per treated unit and period, and in total, with its 95 % interval and p-value.

    `observed` and `counterfactual` are means over the treated units, by time; `band` holds the lower and the upper end
    of the counterfactual. `pre_fit` is the root mean square of observed less counterfactual before treatment. `degrees`
    of freedom are those of Student's t that the interval is of, or is closest to; infinite for the normal one.
    """

    method: Method
    per_unit_period: float
    total: float
    std_error: float | None  # of per_unit_period
    interval: tuple[float, float] | None  # of per_unit_period
    degrees: float
    p_value: float | None
    p_kind: Kind | None
    pre_fit: float
    units: int  # treated
    controls: int
    pre_periods: int  # of the first cohort that was counted
    unit_periods: int  # treated and counted
    spans: Mapping[
        int, tuple[int, int]
    ]  # of each start, the times that were counted: from the first, to before the second
    times: tuple[str, ...]
    observed: Floats  # (times,)
    counterfactual: Floats  # (times,)
    band: Floats | None  # (2, times)
    notes: tuple[str, ...] = ()
    pre_trend_p: float | None = None  # that treated and controls moved alike before the start

    def counted(self, panel: Panel) -> Flags:
        """(units, times) which treated unit-periods of a panel were counted."""
        times = np.arange(len(panel.times))
        found = np.zeros((len(panel.units), len(times)), dtype=np.bool_)
        for start, (first, end) in self.spans.items():
            found |= (panel.start == start)[:, None] & (times >= first) & (times < end)
        return found

    @property
    def total_interval(self) -> tuple[float, float] | None:
        """The interval of the total."""
        if self.interval is None:
            return None
        return self.interval[0] * self.unit_periods, self.interval[1] * self.unit_periods


@dataclass(frozen=True, slots=True)
class NotMeasurable:
    """Why nothing can be measured: a code of the catalogue (M2xx), and the reason in words."""

    code: str
    words: str
