"""KPIs of partners, period by period, as arrays: the border where exact numbers become floats.

In: a snapshot of the facts, read once. Out: what each partner's KPI was in each period, and whether it was a partner
throughout. Unknown stays unknown (NaN). Money is in whole units of its currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from engine.acts.metrics import kpi_values
from engine.facts.snapshot import Snapshot
from engine.values import ALWAYS, PARTNERS
from rules.active import ACTIVE, explain_active_days
from rules.calendar import Period
from rules.expressions.tree import Column, Type, columns
from rules.meaning import KpiMeaning, Meaning
from rules.problem import Place, Problem, Refused
from scenarios.effect.panel import Flags, Floats

_EPOCH = date(1970, 1, 1)


def partner_kpi(meaning: Meaning, name: str) -> KpiMeaning:
    """A KPI of a program by its name; raises Refused where it has none by partner."""
    known = [kpi for kpi in meaning.kpis if kpi.level == "partner"]
    for kpi in known:
        if kpi.name == name:
            return kpi
    hint = "it has " + ", ".join(kpi.name for kpi in known) if known else "it has none by partner"
    raise Refused(Problem("S113", f"the program has no KPI {name[:64]} by partner", Place(), hint))


def measured(
    snapshot: Snapshot, meaning: Meaning, wanted: Sequence[KpiMeaning], every: Sequence[Period]
) -> Mapping[str, Floats]:
    """Each KPI that is wanted by its name, (partners, periods), in the order of the snapshot's partners."""
    needed = only_needed(meaning, wanted)
    _, own = snapshot.groups("partner")
    found: dict[str, list[list[float]]] = {kpi.name: [] for kpi in wanted}
    for period in every:
        values = kpi_values(snapshot.at(period), needed, own, period)
        for kpi in wanted:
            scale = meaning.terms.minor_per_major if kpi.unit == "money" else 1
            told = values[kpi.name].fractions()
            found[kpi.name].append([np.nan if each is None else float(each / scale) for each in told])
    return {name: np.array(columns_, dtype=np.float64).T for name, columns_ in found.items()}


def only_needed(meaning: Meaning, wanted: Sequence[KpiMeaning]) -> Meaning:
    """The program with the KPIs that are wanted and those that their formulas read, and no others to be measured."""
    names = {kpi.name for kpi in wanted}
    for kpi in reversed(meaning.kpis):
        if kpi.name in names and kpi.formula is not None:
            names |= {str(column) for column in columns(kpi.formula)}
    return replace(meaning, kpis=tuple(kpi for kpi in meaning.kpis if kpi.name in names))


def partners_throughout(snapshot: Snapshot, every: Sequence[Period]) -> Flags:
    """(partners,) who was a partner on each day of all periods: before and after there is nothing to compare."""
    whole = Period("all", every[0].start, every[-1].end)
    return np.array(
        [explain_active_days(*each, whole) == whole.days for each in partner_days(snapshot)], dtype=np.bool_
    )


def partner_days(snapshot: Snapshot) -> list[tuple[date | None, date | None]]:
    """The first and the last day of each partner, in the order of the snapshot's."""
    wanted = {name: (Column(PARTNERS, column), Type.DATE) for name, column in ACTIVE.items()}
    rows = snapshot.rows(PARTNERS, None, None, ALWAYS, wanted, {})
    ends = (rows.measures[name].fractions() for name in ("from", "to"))
    days = {
        partner: (_day(first), _day(last))
        for partner, first, last in zip(rows.frame.partners.tolist(), *ends, strict=True)
    }
    return [days[place] for place in range(len(days))]


def _day(ordinal: Fraction | None) -> date | None:
    return None if ordinal is None else day_of(int(ordinal))


def day_of(ordinal: int) -> date:
    """A date from its days since 1970-01-01, as measures count them."""
    return _EPOCH + timedelta(days=ordinal)
