"""The returns of a measured effect: gross, and net of what was taken from elsewhere and from later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.effect.answer import Effect, Method, NotMeasurable, Window
from scenarios.effect.choose import measure
from scenarios.effect.event_study import event_study
from scenarios.effect.panel import Floats, Panel
from scenarios.effect.power import power_of
from scenarios.effect.spill import NetLift
from scenarios.funds.findings import Asked, Returns
from scenarios.funds.worth import Range, Worth, break_even, deadweight, lift, payback_periods, total_of, worth


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """How margin comes of an effect: as a `rate` of it, or as an effect on a `panel` of margins."""

    words: str
    rate: float | None
    panel: Panel | None


def returns_of(
    panel: Panel,
    effect: Effect,
    net: NetLift | NotMeasurable | None,
    paid: float | None,
    is_money: bool,
    margin: Margin | None,
    asked: Asked,
) -> Returns:
    """What an effect on a panel is worth beside what was paid to its treated units, in whole units of the currency."""
    window = Window(0, asked.lasts)
    earned, by_period = _margins(margin, panel, effect, window, asked.seed)
    rate = None if margin is None else margin.rate
    left = None
    if isinstance(net, NetLift) and net.net is not None:
        brought = Range(net.net, *(net.interval or (None, None)))
        left = worth(brought, paid, is_money, None if rate is None else brought.times(rate))
    pays = None if rate is None or paid is None else break_even(paid, rate, effect.unit_periods)
    is_counted = effect.counted(panel)
    observed = float(panel.outcome[is_counted].sum())
    spent = 0.0 if panel.spend is None else float(panel.spend[is_counted].sum())
    return Returns(
        worth=worth(total_of(effect), paid, is_money, earned),
        net=left,
        margin="" if margin is None else margin.words,
        break_even=pays,
        power=None if pays is None else power_of(effect, pays),
        payback_periods=None
        if by_period is None or paid is None
        else payback_periods(paid / effect.units, by_period.tolist()),
        lift=lift(effect, observed),
        deadweight=deadweight(spent, effect, observed) if asked.incentive else None,
    )


def _margins(
    margin: Margin | None, panel: Panel, effect: Effect, window: Window, seed: int
) -> tuple[Range | None, Floats | None]:
    """What is earned on an effect in all, and on a treated unit in each period since its start; None where unknown, as
    where the margin of some of the treated is."""
    if margin is None:
        return None, None
    if margin.rate is not None:
        by_period = by_period_since(panel, effect)
        return total_of(effect).times(margin.rate), None if by_period is None else by_period * margin.rate
    assert margin.panel is not None, "a margin is a rate or a panel"
    found = measure(margin.panel, effect.method, window, seed=seed)
    if isinstance(found, NotMeasurable) or found.units != effect.units:
        return None, None
    return total_of(found), by_period_since(margin.panel, found)


def worth_of(effect: Effect, paid: float | None, is_money: bool, rate: float | None) -> Worth:
    """The worth of an effect whose margin is a rate of it."""
    brought = total_of(effect)
    return worth(brought, paid, is_money, None if rate is None else brought.times(rate))


def by_period_since(panel: Panel, effect: Effect) -> Floats | None:
    """The mean effect on a treated unit in each period since its start; None where a method tells none by cohort."""
    starts = panel.starts()
    if len(starts) == 1:
        return np.asarray((effect.observed - effect.counterfactual)[starts[0] :], dtype=np.float64)
    if effect.method is not Method.GROUP_TIME:
        return None
    study = event_study(panel)
    return study.effects[study.event_times >= 0]
