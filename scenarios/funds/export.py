"""The effect of funds for elsewhere: JSON for scripts, a picture, and a page that stands alone.

Estimates are texts of numbers, in whole units of the currency where they are amounts, to ten significant digits:
what lies beyond differs between machines.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.reports.counted import counted
from engine.reports.register import Grid
from scenarios.effect.adstock import CarryOver, half_life_periods, long_run_multiplier
from scenarios.effect.answer import Effect, NotMeasurable
from scenarios.effect.event_study import EventStudy
from scenarios.effect.power import minimum_detectable
from scenarios.effect.spill import NetLift
from scenarios.funds.findings import Findings, Group, Outcome, Returns
from scenarios.funds.report import (
    Line,
    amount,
    closing_lines,
    effect_grid,
    groups_grid,
    lines,
    named,
    p_words,
    question,
    span,
    title,
    worth_grid,
)
from scenarios.funds.worth import Range, Worth

if TYPE_CHECKING:
    from engine.reports.charts.page import Part
    from engine.reports.charts.picture import Picture

DIGITS = 10


def as_json(found: Findings) -> dict[str, Any]:
    """All that was found, with the keys that scripts rely on."""
    asked, answer = found.asked, found.answer
    effect = answer if isinstance(answer, Effect) else None
    return {
        "program": found.program,
        "currency": found.currency.code,
        "outcome": _outcome(found.outcome),
        "periods": {"first": found.periods[0], "last": found.periods[-1], "count": len(found.periods)},
        "treated_from": None if asked.incentive else asked.since.value,
        "activity": asked.activity,
        "incentive": asked.incentive or None,
        "lasts": asked.lasts,
        "seed": asked.seed,
        "partners": found.partners,
        "not_compared": [{"why": why, "partners": count} for why, count in found.left_out.items()],
        "funds": {
            "paid_minor": found.paid_minor,
            "granted_minor": found.granted_minor,
            "unknown_rows": found.unknown,
        },
        "effect": None if effect is None else _effect(effect),
        "not_measurable": _why(answer),
        "over_time": [] if effect is None else _over_time(effect),
        "since_start": [] if found.study is None else _since_start(found.study),
        "returns": None if found.returns is None else _returns(found.returns),
        "also": None if found.also is None else {**_outcome(found.also[0]), **_answer(found.also[1])},
        "net_lift": _net(found.net),
        "carry_over": _carried(found),
        "split": asked.split or None,
        "groups": [_group(each) for each in found.groups],
        "notes": [*(() if effect is None else effect.notes), *found.notes],
        "rejected": found.rejected,
    }


def rounded(value: float | None) -> str | None:
    """A number as text, to ten significant digits; null where it is unknown.

    >>> rounded(1234.56789012345), rounded(-0.0), rounded(float("nan"))
    ('1234.56789', '0', None)
    """
    return None if value is None or not isfinite(value) else f"{value + 0.0:.{DIGITS}g}"


def _outcome(told: Outcome) -> dict[str, Any]:
    return {"kpi": told.name, "title": told.title, "unit": told.unit}


def _why(answer: Effect | NotMeasurable) -> dict[str, str] | None:
    return {"code": answer.code, "why": answer.words} if isinstance(answer, NotMeasurable) else None


def _answer(answer: Effect | NotMeasurable) -> dict[str, Any]:
    return {"effect": _effect(answer) if isinstance(answer, Effect) else None, "not_measurable": _why(answer)}


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "method": effect.method.value,
        "per_unit_period": _range(Range(effect.per_unit_period, *(effect.interval or (None, None)))),
        "total": _range(Range(effect.total, *(effect.total_interval or (None, None)))),
        "std_error": rounded(effect.std_error),
        "p_value": rounded(effect.p_value),
        "p_kind": None if effect.p_kind is None else effect.p_kind.value,
        "pre_trend_p": rounded(effect.pre_trend_p),
        "pre_fit": rounded(effect.pre_fit),
        "pre_periods": effect.pre_periods,
        "treated": effect.units,
        "controls": effect.controls,
        "unit_periods": effect.unit_periods,
        "mde": rounded(minimum_detectable(effect)),
    }


def _range(told: Range | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {"value": rounded(told.value), "low": rounded(told.low), "high": rounded(told.high)}


def _over_time(effect: Effect) -> list[dict[str, Any]]:
    band = effect.band if effect.band is not None else np.full((2, len(effect.times)), np.nan)
    columns = (effect.observed.tolist(), effect.counterfactual.tolist(), *band.tolist())
    return [
        {
            "period": period,
            "observed": rounded(observed),
            "counterfactual": rounded(without),
            "low": rounded(low),
            "high": rounded(high),
        }
        for period, observed, without, low, high in zip(effect.times, *columns, strict=True)
    ]


def _since_start(study: EventStudy) -> list[dict[str, Any]]:
    nothing = np.full((2, len(study.effects)), np.nan)
    low, high = (study.intervals if study.intervals is not None else nothing).tolist()
    rows = zip(study.event_times.tolist(), study.effects.tolist(), low, high, study.units.tolist(), strict=True)
    return [
        {"since": since, "effect": rounded(value), "low": rounded(low), "high": rounded(high), "partners": units}
        for since, value, low, high, units in rows
    ]


def _worth(told: Worth | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {
        "brought": _range(told.brought),
        "margin": _range(told.margin),
        "iroas": _range(told.iroas),
        "profit_return": _range(told.profit_return),
        "cost_per": _range(told.cost_per),
    }


def _returns(told: Returns) -> dict[str, Any]:
    return {
        "gross": _worth(told.worth),
        "net": _worth(told.net),
        "margin_by": told.margin or None,
        "break_even": rounded(told.break_even),
        "power": rounded(told.power),
        "payback_periods": rounded(told.payback_periods),
        "lift": _range(told.lift),
        "deadweight": _range(told.deadweight),
    }


def _net(net: NetLift | NotMeasurable | None) -> dict[str, Any] | None:
    if not isinstance(net, NetLift):
        return None
    return {
        "lift": rounded(net.lift.total),
        "cannibalised": rounded(net.cannibalised),
        "pulled_forward": rounded(net.pulled_forward),
        "net": None if net.net is None else _range(Range(net.net, *(net.interval or (None, None)))),
        "p_value": rounded(net.p_value),
    }


def _carried(found: Findings) -> dict[str, Any] | None:
    told = found.carry_over
    if not isinstance(told, CarryOver):
        return None
    return {
        "theta": _range(Range(told.theta, *told.interval)),
        "half_life_periods": rounded(half_life_periods(told.theta)),
        "long_run_multiplier": rounded(long_run_multiplier(told.theta)),
    }


def _group(each: Group) -> dict[str, Any]:
    return {
        "group": each.name or None,
        **_answer(each.answer),
        "paid_minor": each.paid_minor,
        "worth": _worth(each.worth),
    }


# --- pictures ---------------------------------------------------------------------------------------------------------


def drawn(found: Findings) -> Picture:
    """What was there beside what would have been, and the effect by the time since the start."""
    from engine.reports.charts.effect import Event, Point, effect_picture

    effect = found.answer
    assert isinstance(effect, Effect), "only what was measured can be drawn"
    over_time = _over_time(effect)
    points = [Point(each["period"], *_floats(each, "observed", "counterfactual", "low", "high")) for each in over_time]
    study = [] if found.study is None else _since_start(found.study)
    events = [Event(each["since"], *_floats(each, "effect", "low", "high")) for each in study]
    return effect_picture(
        f"W{question(found)[1:]}",
        f"{span(found)}. {finding(found, effect)}{_drawn_intervals(found, effect)}",
        named(found.outcome, found),
        found.period_word,
        points,
        found.periods[effect.pre_periods],
        events,
    )


def _drawn_intervals(found: Findings, effect: Effect) -> str:
    """What the drawn intervals are: there is no band without a clustered error, and no bar without a spread."""
    names = [
        *(["bands"] if effect.band is not None else []),
        *(["bars"] if found.study is not None and found.study.intervals is not None else []),
    ]
    return f" {' and '.join(names).capitalize()} are intervals of 95 %." if names else ""


def finding(found: Findings, effect: Effect) -> str:
    """The finding in a sentence."""
    sure = ""
    if effect.interval is not None:
        sure = f" (95 % from {amount(effect.interval[0], found)} to {amount(effect.interval[1], found)})"
    p = "" if effect.p_value is None else f", {p_words(effect.p_value)}"
    who = counted(effect.units, "treated partner")
    return f"Effect: {amount(effect.per_unit_period, found)} per partner and {found.period_word}{sure}{p}; {who}."


def _floats(row: dict[str, Any], *names: str) -> list[float]:
    return [float("nan") if row[name] is None else float(row[name]) for name in names]


def as_page(found: Findings) -> str:
    """The report as one HTML file: the finding, the pictures and every table."""
    from engine.reports.charts.page import Heading, page

    parts: list[Part] = []
    if isinstance(found.answer, Effect):
        parts += [drawn(found), Heading("The effect"), effect_grid(found)]
        if found.returns is not None:
            parts += [Heading("What it is worth"), worth_grid(found)]
    parts += _facts("What else", closing_lines(found))
    if found.groups:
        parts += [Heading(f"By {found.asked.split}"), groups_grid(found)]
    parts += _facts("Who was compared, and how", lines(found))
    answer = found.answer
    intro = finding(found, answer) if isinstance(answer, Effect) else f"Not measurable: {answer.code} {answer.words}."
    return page(title(found), intro, parts)


def _facts(heading: str, told: Iterable[Line]) -> list[Part]:
    from engine.reports.charts.page import Heading

    rows = tuple(told)
    return [Heading(heading), Grid(("", ""), rows, (False, False))] if rows else []
