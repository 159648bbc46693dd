"""Net lift: what is left of a lift after what it took from elsewhere, and from the time that followed.

In: a panel, the outcome that was not funded (other goods of the same partners, or partners beside them), and how many
periods a campaign lasts. Out: lift, cannibalised, pulled forward and what is left, all as totals in the outcome's unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.effect.answer import WHOLE, Effect, Method, NotMeasurable, Window
from scenarios.effect.choose import NEIGHBOURS, measure
from scenarios.effect.panel import Floats, Panel

EXACT_SUM = (Method.DID, Method.GROUP_TIME)  # whose effects on two outcomes add up to that on their sum


@dataclass(frozen=True, slots=True, eq=False)
class NetLift:
    """net = lift - cannibalised - pulled forward, each a total; None where it can't be measured, never zero.

    A negative `cannibalised` says that the other outcome rose as well; a negative `pulled_forward`, that the effect
    went on after the campaign.
    """

    lift: Effect
    cannibalised: float | None
    pulled_forward: float | None
    net: float | None
    interval: tuple[float, float] | None  # of net
    p_value: float | None  # that net is zero
    reasons: tuple[NotMeasurable, ...]  # why a part is None


def net_lift(
    panel: Panel,
    other: Floats | None = None,
    periods: int | None = None,
    method: Method | None = None,
    neighbours: int = NEIGHBOURS,
    seed: int = 0,
) -> NetLift | NotMeasurable:
    """The lift in the first `periods` after each start, less the drop of `other` and the dip after them.

    `other` (units, times) is measured against its own counterfactual, by the method that the lift takes. Without
    `other` nothing is cannibalised, and without `periods` nothing pulled forward: the whole time is the campaign's. The
    uncertainty of net is that of the sum of both outcomes over the whole time, where the method adds up exactly.
    """
    if other is not None:
        panel = panel.with_outcome(np.where(np.isnan(other), np.nan, panel.outcome))
    lift = measure(panel, method, Window(0, periods), neighbours, seed)
    if isinstance(lift, NotMeasurable):
        return lift
    by = lift.method

    def total(outcome: Floats, window: Window) -> float | NotMeasurable:
        found = measure(panel.with_outcome(outcome), by, window, neighbours, seed)
        return found if isinstance(found, NotMeasurable) else found.total

    beside = 0.0 if other is None else total(np.where(np.isnan(panel.outcome), np.nan, other), WHOLE)
    dip = 0.0 if periods is None else total(panel.outcome, Window(periods))
    reasons = tuple(part for part in (beside, dip) if isinstance(part, NotMeasurable))
    if isinstance(beside, NotMeasurable) or isinstance(dip, NotMeasurable):
        taken = None if isinstance(beside, NotMeasurable) else -beside
        early = None if isinstance(dip, NotMeasurable) else -dip
        return NetLift(lift, taken, early, None, None, None, reasons)
    both = panel.outcome if other is None else panel.outcome + other
    joint = measure(panel.with_outcome(both), by, WHOLE, neighbours, seed) if by in EXACT_SUM else None
    sure = joint if isinstance(joint, Effect) else None
    return NetLift(
        lift,
        -beside,
        -dip,
        lift.total + beside + dip,
        sure.total_interval if sure else None,
        sure.p_value if sure else None,
        reasons,
    )
