"""Metrics: a program's KPIs for a period, by partner or by any grouping of partners. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.acts.calculate import period_of
from engine.facts.gather import gather_facts
from engine.facts.measures import Groups
from engine.facts.snapshot import Snapshot
from rules.calendar import Period
from rules.exact import Exact, group_total
from rules.load import load
from rules.meaning import KpiMeaning, Meaning
from rules.problem import Place, Problem, Refused
from rules.ratio import formula, ratio

LEVELS = ("partner", "kind", "tier", "region", "segment", "manager", "parent", "program")


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """KPIs by group: the groups' labels in order, who they are called, and each KPI's values (groups,)."""

    meaning: Meaning
    period: Period
    by: str
    labels: tuple[str, ...]
    names: Mapping[str, str]
    kpis: tuple[KpiMeaning, ...]
    values: Mapping[str, Exact]


def metrics(program: Path, period_name: str, by: str = "partner", only: str | None = None) -> Metrics:
    """The KPIs of a program at a level; of all its partners, whether they can be paid or not."""
    loaded = load(program)
    meaning = loaded.understood()
    period = period_of(meaning, period_name)
    kpis = _chosen(meaning, by, only)
    with gather_facts(replace(meaning, eligible=None), loaded.folder, period) as facts:
        labels, groups = facts.snapshot.groups(by)
        values = _values(facts.snapshot, meaning.kpis, groups, period)
        return Metrics(meaning, period, by, labels, facts.snapshot.partner_names(), kpis, values)


def _chosen(meaning: Meaning, by: str, only: str | None) -> tuple[KpiMeaning, ...]:
    fitting = tuple(kpi for kpi in meaning.kpis if by != "partner" or kpi.level == "partner")
    if only is None:
        return fitting
    chosen = tuple(kpi for kpi in fitting if kpi.name == only or kpi.name.startswith(f"{only}."))
    if not chosen:
        hint = "it has " + ", ".join(kpi.name for kpi in fitting) if fitting else "it has none at this level"
        raise Refused(Problem("S113", f"the program has no KPI {only} by {by}", Place(), hint))
    return chosen


def _values(snapshot: Snapshot, kpis: tuple[KpiMeaning, ...], groups: Groups, period: Period) -> Mapping[str, Exact]:
    """Every KPI by group; a formula that is averaged is worked out for partners first."""
    by_group = _worked_out(snapshot, kpis, groups, period)
    if not any(kpi.is_averaged for kpi in kpis):
        return by_group
    rows = len(groups.partners)
    by_partner = _worked_out(snapshot, kpis, Groups(groups.partners, np.arange(rows), rows), period)
    for kpi in kpis:
        if kpi.is_averaged:
            by_group[kpi.name] = _averaged(by_partner[kpi.name], groups)
    return by_group


def _worked_out(snapshot: Snapshot, kpis: tuple[KpiMeaning, ...], groups: Groups, period: Period) -> dict[str, Exact]:
    measured = snapshot.measure_groups([measure for kpi in kpis for measure in kpi.measures], groups)
    values: dict[str, Exact] = {}
    for kpi in kpis:
        if kpi.formula is not None:
            values[kpi.name] = formula(kpi, values, period.days, groups.count)
            continue
        assert kpi.numerator is not None
        top = measured[kpi.numerator.name]
        below = top.denominator
        if kpi.denominator is not None:
            under = measured[kpi.denominator.name]
            below = below * under.numerator / under.denominator
        values[kpi.name] = ratio(kpi, top.numerator, below)
    return values


def _averaged(values: Exact, groups: Groups) -> Exact:
    """The mean over the partners of each group whose value is known."""
    known = values.is_known()
    above, below = values.take(known).scaled()
    members = groups.groups[known]
    total = Exact(group_total(above, members, groups.count), below)
    return total / Exact(np.bincount(members, minlength=groups.count).astype(np.int64))
