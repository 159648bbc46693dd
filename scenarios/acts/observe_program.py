"""Observe a program: spends and outcomes of its partners in each period, from its facts.

Numbers are exact up to here; what is unknown is left out and counted, never zero. A partner is observed in the periods
for the whole of which it was one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from engine.acts.metrics import kpi_values
from engine.facts.gather import gather_facts
from engine.facts.measures import Groups
from engine.facts.snapshot import Snapshot
from rules.active import explain_active_days
from rules.calendar import Period
from rules.expressions.tree import Column, Type
from rules.load import load
from rules.meaning import KpiMeaning, Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact
from scenarios.curves.observed import Observation, Table
from scenarios.panels.measured import day_of, only_needed, partner_days, partner_kpi
from scenarios.panels.span import span_of

FUNDS = "mdf"
_CLAIMS = "mdf_claims"


def observe_program(program: Path, outcome: str, spend: str, by: str, periods: str) -> Table:
    """The KPI `outcome` and the KPI `spend` (or the funds that were paid, `mdf`) of each partner in each period."""
    loaded = load(program)
    meaning = replace(loaded.understood(), eligible=None)
    every = span_of(meaning.calendar, periods)
    told = partner_kpi(meaning, outcome)
    paid_by = None if spend == FUNDS else partner_kpi(meaning, spend)
    if by == "group" or (by == "activity" and paid_by is not None):
        hint = "activities are those of funds: --spend mdf" if by == "activity" else "groups are those of --from"
        raise Refused(Problem("M316", f"--by {by} does not fit what is asked", Place(), hint))
    minor = meaning.terms.minor_per_major
    with gather_facts(meaning, loaded.folder, every[-1]) as facts:
        snapshot = facts.snapshot
        names, own = snapshot.groups("partner")
        needed = only_needed(meaning, [told] if paid_by is None else [told, paid_by])
        values = [kpi_values(snapshot.at(each), needed, own, each) for each in every]
        outcomes = [_numbers(found, told, minor) for found in values]
        if paid_by is None:
            paid = funds_paid(meaning, snapshot, every)
        else:
            column = [_numbers(found, paid_by, minor) for found in values]
            paid = [[{"": each} for each in found] for found in column]
        labels, groups = snapshot.groups(by) if by != "activity" else ((), own)
        if labels == ("",):
            message = f"no partner has a {by}, so there is nothing to fit by it"
            raise Refused(Problem("M316", message, Place("--by"), f"fill in partners.{by}, or fit --by program"))
        days, rejected = partner_days(snapshot), len(facts.rejected)
    found, unknown = _grouped(names, every, outcomes, paid, days, (labels, groups) if by != "activity" else None)
    code = meaning.terms.currency.code
    unit = "money" if paid_by is None else paid_by.unit
    return Table(
        meaning.title,
        (outcome, code if told.unit == "money" else told.unit),
        (spend, code if unit == "money" else unit),
        by,
        tuple(each.name for each in every),
        found,
        unknown,
        rejected,
    )


def _numbers(values: Mapping[str, Exact], kpi: KpiMeaning, minor: int) -> list[Fraction | None]:
    """A KPI of each partner; money in whole units of its currency."""
    found = values[kpi.name].fractions()
    scale = minor if kpi.unit == "money" else 1
    return [None if each is None else Fraction(each) / scale for each in found]


def funds_paid(meaning: Meaning, snapshot: Snapshot, every: Sequence[Period]) -> list[list[dict[str, Fraction | None]]]:
    """What was paid on claims in each period to each partner, by activity, in whole units of the currency.

    An amount that is blank is unknown. Raises Refused (M316) where the program has no claims.
    """
    if not {_CLAIMS, FUNDS} <= {source.table for source in meaning.sources}:
        hint = f"add the sources {FUNDS} and {_CLAIMS}, or name a KPI"
        raise Refused(Problem("M316", "the program does not say what funds were paid", Place(), hint))
    minor = meaning.terms.minor_per_major
    columns = {"paid": (Column(_CLAIMS, "paid"), Type.MONEY), "day": (Column(_CLAIMS, "paid_on"), Type.DATE)}
    days = (every[0].start, every[-1].end)
    owner = Column(FUNDS, "partner_id")
    rows = snapshot.rows(_CLAIMS, None, Column(_CLAIMS, "paid_on"), days, columns, {}, owner)
    records, activity = rows.frame.records.tolist(), Column(FUNDS, "activity")
    kinds = [cells[activity] for cells, _ in snapshot.cells_of(_CLAIMS, records, [activity])] if records else []
    found: list[list[dict[str, Fraction | None]]] = [[{} for _ in snapshot.partners().keys] for _ in every]
    paid, dated = rows.measures["paid"].fractions(), rows.measures["day"].fractions()
    for partner, amount, ordinal, kind in zip(rows.frame.partners.tolist(), paid, dated, kinds, strict=True):
        assert ordinal is not None, "a row in some days has its day"
        day = day_of(int(ordinal))
        place = next(at for at, each in enumerate(every) if each.start <= day < each.end)
        mine, name = found[place][partner], str(kind or "(none)")
        before = mine.get(name, Fraction(0))
        mine[name] = None if amount is None or before is None else before + Fraction(amount) / minor
    return found


def _grouped(
    names: Sequence[str],
    every: Sequence[Period],
    outcomes: Sequence[Sequence[Fraction | None]],
    paid: Sequence[Sequence[Mapping[str, Fraction | None]]],
    days: Sequence[tuple[date | None, date | None]],
    groups: tuple[Sequence[str], Groups] | None,
) -> tuple[dict[str, list[Observation]], int]:
    """Observations by group, and how many are unknown. Without `groups` by activity, of each the partners and periods
    with no money for another one, which would be mistaken for its effect."""
    found: dict[str, list[Observation]] = defaultdict(list)
    activities = sorted({kind for each in paid for mine in each for kind in mine}) if groups is None else []
    unknown = 0
    for partner, name in enumerate(names):
        for place, period in enumerate(every):
            if explain_active_days(*days[partner], period) < period.days:
                continue
            outcome, mine = outcomes[place][partner], paid[place][partner]
            if outcome is None or any(each is None for each in mine.values()):
                unknown += 1
                continue
            if groups is None:
                told = [kind for kind in activities if not set(mine) - {kind}]
            else:
                told = [groups[0][int(groups[1].groups[partner])] or "(none)"]
            total = sum((each for each in mine.values() if each is not None), Fraction(0))
            if total < 0:
                message = f"the spend on {name} in {period.name} is below zero"
                raise Refused(Problem("M311", message, Place(), "a curve tells what comes of spends from zero on"))
            for kind in told:
                found[kind].append(Observation(name, period.name, total, outcome))
    if not found:
        raise Refused(Problem("M313", "nothing was observed in these periods", Place(), "name other periods"))
    return dict(sorted(found.items())), unknown
