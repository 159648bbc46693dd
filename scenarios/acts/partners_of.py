"""The partners of a program as units of a problem: who they are, their values of levels, and what they got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from engine.acts.metrics import kpi_values
from engine.acts.period import period_of
from engine.facts.gather import gather_facts
from engine.facts.snapshot import Snapshot
from engine.reports.counted import counted
from engine.values import ALWAYS
from rules.calendar import NoSuchPeriod, Period
from rules.expressions.tree import Column, Expression
from rules.load import load
from rules.meaning import Meaning
from rules.problem import Problem, Refused
from rules.quantities.rounding import round_fraction
from scenarios.acts.observe_program import FUNDS, funds_paid
from scenarios.panels.measured import only_needed, partner_days, partner_kpi, partners_throughout
from scenarios.problems.partners import PARTNERS, Now, Partners, Wanted, condition_of
from scenarios.problems.placed import placed


def partners_of(program: Path, wanted: Wanted) -> Partners:
    """The partners who can be paid, with what a problem wants of them; raises Refused with all that is wrong with it.

    What a partner got is in minor units, rounded half up where a KPI comes to a part of one; it is unknown where an
    amount is blank, and zero only of funds that nobody claimed.
    """
    loaded = load(program)
    meaning = loaded.understood()
    named = meaning.calendar.fiscal_year(meaning.effective.last)
    if wanted.pay is not None:
        with placed(wanted.pay.place):
            named = period_of(meaning, wanted.pay.period)
    where = condition_of(wanted, meaning)
    with gather_facts(meaning, loaded.folder, named) as facts:
        snapshot = facts.snapshot
        names, _ = snapshot.groups("partner")
        levels: dict[str, dict[str, str]] = {name: {} for name in names}
        for level in wanted.levels:
            if level in ("partner", "program") or not snapshot.has(_column_of(level)):
                continue
            labels, groups = snapshot.groups(level)
            for key, at in zip(groups.partners.tolist(), groups.groups.tolist(), strict=True):
                if labels[at]:
                    levels[str(key)][level] = labels[at]
        got = {} if wanted.now is None else _got(snapshot, meaning, names, wanted.now)
        units = _units(snapshot, names, where)
        staying, when = _staying(snapshot, meaning, names, named, wanted)
        gone = [name for name in units if name not in staying]
        out = f"{counted(len(gone), 'partner')} left out: {when}" if gone else ""
        return Partners(levels, tuple(name for name in units if name in staying), got, out)


def _column_of(level: str) -> Column:
    return Column(PARTNERS, "parent_id" if level == "parent" else level)


def _units(snapshot: Snapshot, names: tuple[str, ...], where: Expression | None) -> tuple[str, ...]:
    """The partners for whom a condition holds, in order."""
    if where is None:
        return names
    places = snapshot.rows(PARTNERS, where, None, ALWAYS, {}, {}).frame.partners.tolist()
    return tuple(names[at] for at in sorted(places))


def _staying(
    snapshot: Snapshot, meaning: Meaning, names: tuple[str, ...], paid: Period, wanted: Wanted
) -> tuple[set[str], str]:
    """Who can be given something, and what the others are not: partners throughout the period that is paid; where none
    is named, those who had not left by the end of the period of the plan in force."""
    if wanted.pay is not None:
        kept = partners_throughout(snapshot, (paid,)).tolist()
        return {name for name, is_kept in zip(names, kept, strict=True) if is_kept}, f"not throughout {paid.name}"
    if wanted.now is None:
        return set(names), ""
    try:
        last = meaning.calendar.period(wanted.now.period).last
    except NoSuchPeriod:
        return set(names), ""  # what they got says so
    ends = partner_days(snapshot)
    kept_names = {name for name, (_, end) in zip(names, ends, strict=True) if end is None or end > last}
    return kept_names, f"no partners any more after {wanted.now.period}"


def _got(snapshot: Snapshot, meaning: Meaning, names: tuple[str, ...], now: Now) -> Mapping[str, int | None]:
    """What each partner got by a KPI, or of funds."""
    try:
        period = meaning.calendar.period(now.period)  # it may lie before the program is in force
    except NoSuchPeriod as error:
        raise Refused(Problem("S120", f"there is no period {now.period[:64]}", now.place, str(error))) from None
    with placed(now.place):
        found = _paid(snapshot, meaning, period) if now.of == FUNDS else _kpi(snapshot, meaning, period, now.of)
        below = next((name for name, each in zip(names, found, strict=True) if each is not None and each < 0), None)
        if below is not None:
            message = f"{now.of[:64]} of {below[:64]} in {period.name} is below zero, which is no plan in force"
            raise Refused(Problem("W302", message, now.place, "name what they got, or write now: for that unit"))
    return {
        name: None if each is None else round_fraction(each) for name, each in zip(names, found, strict=True)
    }  # fmt: skip


def _paid(snapshot: Snapshot, meaning: Meaning, period: Period) -> list[Fraction | None]:
    """The funds that were paid, in minor units; unknown where an amount is blank."""
    (kinds,) = funds_paid(meaning, snapshot, (period,))
    amounts = ([*each.values()] for each in kinds)
    minor = meaning.terms.minor_per_major
    return [
        None if None in of else minor * sum((each for each in of if each is not None), Fraction()) for of in amounts
    ]


def _kpi(snapshot: Snapshot, meaning: Meaning, period: Period, name: str) -> list[Fraction | None]:
    """A KPI that is an amount, in minor units."""
    kpi = partner_kpi(meaning, name)
    if kpi.unit != "money":
        message = f"{name[:64]} is no amount ({kpi.unit}), and what a unit gets is one"
        raise Refused(Problem("W302", message, kpi.place, "name a KPI that is money, or mdf"))
    _, own = snapshot.groups("partner")
    of_all = replace(only_needed(meaning, [kpi]), eligible=None)
    return list(kpi_values(snapshot.at(period), of_all, own, period)[kpi.name].fractions())
