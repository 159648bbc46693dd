"""Effect: what funds or an incentive really brought, against what would have been without them. Nothing is kept.

In: a program, an outcome and a span of periods. Out: an effect with its uncertainty and its worth, or why it can't be
measured. The facts are read once; exact numbers become floats in `scenarios.panels.measured`, and no payout is made
of what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from engine.facts.gather import gather_facts
from engine.facts.rejected import unused_problems
from engine.facts.snapshot import Snapshot
from engine.store import Address
from rules.calendar import Period
from rules.load import load
from rules.meaning import KpiMeaning, Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_rate
from scenarios.effect.adstock import carry_over
from scenarios.effect.answer import Effect, NotMeasurable, Window
from scenarios.effect.choose import measure, prepare
from scenarios.effect.event_study import event_study
from scenarios.effect.panel import Flags, Floats, Panel
from scenarios.effect.spill import net_lift
from scenarios.funds.findings import Asked, Findings, Group, Outcome
from scenarios.funds.returns import Margin, returns_of, worth_of
from scenarios.panels.build import Built, build
from scenarios.panels.earned import of_incentive
from scenarios.panels.funded import of_funds
from scenarios.panels.measured import measured, partner_kpi, partners_throughout
from scenarios.panels.span import span_of
from scenarios.panels.treatment import Since, Treatment

ACTIVITY = "activity"
SPLITS = (ACTIVITY, "region", "tier", "kind", "segment")


def effect(program: Path, asked: Asked, store: Address) -> Findings:
    """Measure; raises Refused where the question or the program is at fault. What can't be measured is an answer."""
    unfit = tuple(_unfit(asked))
    faults = list(unfit)
    loaded = load(program)
    meaning = replace(loaded.understood(), eligible=None)
    if asked.by:
        meaning = replace(meaning, calendar=replace(meaning.calendar, length=asked.by))
    kpis = _kpis(meaning, asked, faults)
    every = _tried(faults, lambda: span_of(meaning.calendar, asked.periods))
    if every is None or unfit:
        raise Refused(*faults)
    with gather_facts(meaning, loaded.folder, every[-1]) as facts:
        treatment = _tried(faults, lambda: _treatment(facts.snapshot, meaning, asked, store))
        faults += [] if treatment is None else _unknown_activity(asked, treatment)
        if faults or treatment is None:
            raise Refused(*faults)
        data = _read(facts.snapshot, meaning, kpis, every, treatment, asked)
        warnings = unused_problems(facts.rejected, facts.unused, "warning")
        rejected = len(facts.rejected)
    return replace(_found(asked, meaning, kpis, data), rejected=rejected, warnings=warnings)


# --- what was asked ---------------------------------------------------------------------------------------------------


Told = TypeVar("Told")


def _tried(faults: list[Problem], ask: Callable[[], Told]) -> Told | None:
    """What is asked; or None, with why it is refused beside the other faults."""
    try:
        return ask()
    except Refused as refused:
        faults += refused.problems
        return None


def _unfit(asked: Asked) -> Iterator[Problem]:
    """Options that say nothing to each other, or contradict."""
    faults = {
        "an incentive has no activities": asked.incentive and (asked.activity is not None or asked.split == ACTIVITY),
        "--treated-from is of funds; an incentive treats from its first payment": asked.incentive
        and asked.since is not Since.CAMPAIGN,
        "one activity is not split by activity": asked.activity is not None and asked.split == ACTIVITY,
        "--also takes another KPI than --outcome": asked.also == asked.outcome,
    }
    for message in (each for each, is_so in faults.items() if is_so):
        yield Problem("M214", message, Place(), "leave one of the two out")


def _kpis(meaning: Meaning, asked: Asked, faults: list[Problem]) -> Mapping[str, KpiMeaning]:
    """The KPIs that are asked for, by what they are for."""
    names = {"outcome": asked.outcome, "also": asked.also, "margin": "" if _is_rate(asked.margin) else asked.margin}
    tried = {
        role: _tried(faults, partial(partner_kpi, meaning, name))
        for role, name in names.items()
        if name or role == "outcome"
    }
    found = {role: kpi for role, kpi in tried.items() if kpi is not None}
    if "margin" in found and found["margin"].unit != "money":
        hint = "name a KPI of money, or a rate such as 30%"
        faults.append(Problem("M214", f"{asked.margin} is no amount, so it is no margin", Place(), hint))
    rate = _tried(faults, lambda: _rate(asked))
    if rate is not None and "outcome" in found and found["outcome"].unit != "money":
        message = f"{asked.outcome} is no amount, so a rate of it is no margin"
        faults.append(Problem("M214", message, Place(), "name a KPI that is a margin"))
    return found


def _is_rate(text: str) -> bool:
    return bool(text) and not text[0].isalpha()


def _rate(asked: Asked) -> float | None:
    """The rate of margin that is asked for; None where it is a KPI, or not asked for."""
    if not _is_rate(asked.margin):
        return None
    try:
        found = parse_rate(asked.margin)
    except Unwritable as error:
        raise Refused(Problem("M214", f"--margin: {error.message}", Place(), error.hint)) from None
    if not 0 < found <= 1:
        raise Refused(Problem("M214", f"--margin {asked.margin} is no part of what was sold", Place(), "write 30%"))
    return float(found)


def _unknown_activity(asked: Asked, treatment: Treatment) -> Iterator[Problem]:
    if asked.activity is not None and asked.activity not in treatment.kinds():
        hint = f"funded were {', '.join(treatment.kinds())}" if treatment.kinds() else "nothing was funded"
        yield Problem("M215", f"nothing was funded for {asked.activity[:64]}", Place(), hint)


# --- what was there ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """What was read: each KPI (partners, periods) by what it is for, who was a partner throughout, who was treated, and
    the group of each partner where the treated are told apart."""

    partners: tuple[str, ...]
    every: tuple[Period, ...]
    values: Mapping[str, Floats]
    throughout: Flags
    treatment: Treatment
    groups: tuple[str, ...]


def _treatment(snapshot: Snapshot, meaning: Meaning, asked: Asked, store: Address) -> Treatment:
    return of_incentive(store, meaning, asked.incentive) if asked.incentive else of_funds(snapshot, asked.since)


def _read(
    snapshot: Snapshot,
    meaning: Meaning,
    kpis: Mapping[str, KpiMeaning],
    every: tuple[Period, ...],
    treatment: Treatment,
    asked: Asked,
) -> _Data:
    found = measured(snapshot, meaning, tuple(kpis.values()), every)
    partners = tuple(str(each) for each in snapshot.partners().keys)
    groups: tuple[str, ...] = ()
    if asked.split and asked.split != ACTIVITY:
        labels, own = snapshot.at(every[0]).groups(asked.split)  # as it was before: an effect may move a tier
        groups = tuple(labels[at] for at in own.groups.tolist())
    values = {role: found[kpi.name] for role, kpi in kpis.items()}
    return _Data(partners, every, values, partners_throughout(snapshot, every), treatment, groups)


# --- what it tells ----------------------------------------------------------------------------------------------------


def _found(asked: Asked, meaning: Meaning, kpis: Mapping[str, KpiMeaning], data: _Data) -> Findings:
    minor = meaning.terms.minor_per_major
    built = _built(data, asked.activity, minor)
    window = Window(0, asked.lasts)
    answer = _measured(built, asked, window)
    outcome = _outcome(kpis["outcome"])
    found = Findings(
        asked=asked,
        program=meaning.title,
        currency=meaning.terms.currency,
        period_word=meaning.calendar.length.replace("_", "-") if meaning.calendar.length != "custom" else "period",
        periods=tuple(each.name for each in data.every),
        outcome=outcome,
        partners=len(data.partners),
        left_out=built.left_out,
        answer=answer,
        paid_minor=_paid(built, answer),
        granted_minor=sum(built.granted_minor[unit] for unit in _mine(built.panel, answer)),
        study=None,
        returns=None,
        also=None,
        net=None,
        carry_over=None,
        groups=tuple(_groups(asked, data, minor, outcome, window)),
        notes=tuple(_notes(asked, data)),
        unknown=data.treatment.unknown,
        rejected=0,
        warnings=(),
    )
    ready = prepare(built.panel, window)
    if isinstance(answer, NotMeasurable) or isinstance(ready, NotMeasurable):
        return found
    panel = ready[0]
    also = kpis.get("also")
    if also is not None:
        its_effect = measure(_with(panel, built, data.values["also"]), answer.method, seed=asked.seed)
        found = replace(found, also=(_outcome(also), its_effect))
    other = None if also is None or also.unit != outcome.unit else _of(panel, built, data.values["also"])
    if asked.lasts is not None or other is not None:
        found = replace(found, net=net_lift(panel, other, asked.lasts, answer.method, seed=asked.seed))
    margin = _margin(asked, panel, built, data)
    return replace(
        found,
        study=event_study(panel),
        returns=returns_of(panel, answer, found.net, _whole(found.paid_minor, minor), outcome.is_money, margin, asked),
        carry_over=None if asked.incentive else carry_over(panel),
    )


def _outcome(kpi: KpiMeaning) -> Outcome:
    return Outcome(kpi.name, kpi.title, kpi.unit)


def _built(data: _Data, kind: str | None, minor: int, among: Flags | None = None) -> Built:
    """The panel of the outcome; of partners `among` some alone."""
    rows = np.arange(len(data.partners)) if among is None else np.flatnonzero(among)
    partners = [data.partners[at] for at in rows.tolist()]
    outcome, throughout = data.values["outcome"][rows], data.throughout[rows]
    return build(partners, data.every, outcome, throughout, data.treatment, kind, minor)


def _measured(built: Built, asked: Asked, window: Window) -> Effect | NotMeasurable:
    """The effect; where no treated partner is left in the panel, what became of those that there were."""
    if built.funded and not built.panel.treated.any():
        words = f"none of the {built.funded} that were treated in this time can be compared"
        left = [f"{count} partner{'' if count == 1 else 's'}: {reason}" for reason, count in built.left_out.items()]
        return NotMeasurable("M203", f"{words}; left out are {'; '.join(left)}")
    return measure(built.panel, asked.method, window, seed=asked.seed)


def _mine(panel: Panel, answer: Effect | NotMeasurable) -> list[str]:
    """The units of a panel whose effect was counted; all treated ones where none could be."""
    is_mine = panel.treated
    if isinstance(answer, Effect):
        is_mine = np.asarray(answer.counted(panel).any(axis=1), dtype=np.bool_)
    return [unit for unit, is_in in zip(panel.units, is_mine.tolist(), strict=True) if is_in]


def _paid(built: Built, answer: Effect | NotMeasurable) -> int | None:
    """What was paid to them; None where a payment lacks its amount."""
    known = [built.paid_minor[unit] for unit in _mine(built.panel, answer)]
    return None if None in known else sum(each for each in known if each is not None)


def _whole(minor: int | None, minor_per_major: int) -> float | None:
    return None if minor is None else minor / minor_per_major


def _of(panel: Panel, built: Built, values: Floats) -> Floats:
    """Another KPI of the units of a panel, (units, times)."""
    at = dict(zip(built.panel.units, built.rows.tolist(), strict=True))
    return values[[at[unit] for unit in panel.units]]


def _with(panel: Panel, built: Built, values: Floats) -> Panel:
    return panel.with_outcome(_of(panel, built, values))


def _margin(asked: Asked, panel: Panel, built: Built, data: _Data) -> Margin | None:
    """How margins come of the effect: a rate of it, or an effect on a KPI of its own."""
    if not asked.margin:
        return None
    if "margin" in data.values:
        return Margin(asked.margin, None, _with(panel, built, data.values["margin"]))
    return Margin(asked.margin, _rate(asked), None)


def _groups(asked: Asked, data: _Data, minor: int, outcome: Outcome, window: Window) -> Iterator[Group]:
    """The same of each activity against all who were never treated, or of each group of partners within itself."""
    if not asked.split:
        return
    by_activity = asked.split == ACTIVITY
    for name in data.treatment.kinds() if by_activity else sorted(set(data.groups)):
        if by_activity:
            built = _built(data, name, minor)
        else:
            among = np.array([each == name for each in data.groups], dtype=np.bool_)
            built = _built(data, asked.activity, minor, among)
        answer = _measured(built, asked, window)
        paid = _paid(built, answer)
        worth = None
        if isinstance(answer, Effect):
            worth = worth_of(answer, _whole(paid, minor), outcome.is_money, _rate(asked))
        yield Group(name, answer, paid, worth)


def _notes(asked: Asked, data: _Data) -> Iterator[str]:
    if asked.incentive:
        yield (
            f"who earned {asked.incentive} did well, with or without it: held against those who did not earn it, the "
            "effect comes out too large"
        )
    if asked.split == ACTIVITY:
        yield "who was funded for several activities is in none of the groups"
    if asked.split:
        yield "each group is a test of its own: by chance alone, one in 20 has a p-value below 5 %"
