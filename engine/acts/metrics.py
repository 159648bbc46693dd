"""Metrics: a program's KPIs for a period, by partner or by any grouping of partners. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.acts.period import period_of
from engine.facts.gather import gather_facts
from engine.facts.measures import Groups
from engine.facts.rejected import unused_problems
from engine.facts.snapshot import Snapshot
from engine.kpis import kpi_columns, quota_column
from rules.calendar import Period
from rules.load import load
from rules.meaning import KpiMeaning, Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, group_total


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """KPIs by group: the groups' labels in order, who they are called, and each KPI's values (groups,); how many rows
    were left out, and what is suspicious about that."""

    meaning: Meaning
    period: Period
    by: str
    labels: tuple[str, ...]
    names: Mapping[str, str]
    kpis: tuple[KpiMeaning, ...]
    values: Mapping[str, Exact]
    rejected: int
    warnings: tuple[Problem, ...]


def metrics(program: Path, period_name: str, by: str = "partner", only: str | None = None) -> Metrics:
    """The KPIs of a program at a level; of all its partners, whether they can be paid or not."""
    loaded = load(program)
    meaning = loaded.understood()
    period = period_of(meaning, period_name)
    kpis = _chosen(meaning, by, only)
    with gather_facts(replace(meaning, eligible=None), loaded.folder, period) as facts:
        labels, groups = facts.snapshot.groups(by)
        values = kpi_values(facts.snapshot, meaning, groups, period)
        names = facts.snapshot.partner_names()
        warnings = unused_problems(facts.rejected, facts.unused, "warning")
        return Metrics(meaning, period, by, labels, names, kpis, values, len(facts.rejected), warnings)


def _chosen(meaning: Meaning, by: str, only: str | None) -> tuple[KpiMeaning, ...]:
    fitting = tuple(kpi for kpi in meaning.kpis if by != "partner" or kpi.level == "partner")
    if only is None:
        return fitting
    chosen = tuple(kpi for kpi in fitting if kpi.name == only or kpi.name.startswith(f"{only}."))
    if not chosen:
        hint = "it has " + ", ".join(kpi.name for kpi in fitting) if fitting else "it has none at this level"
        raise Refused(Problem("S113", f"the program has no KPI {only} by {by}", Place(), hint))
    return chosen


def kpi_values(snapshot: Snapshot, meaning: Meaning, groups: Groups, period: Period) -> Mapping[str, Exact]:
    """Every KPI by group; a formula that is averaged is worked out for partners first."""
    kpis, minor = meaning.kpis, meaning.terms.minor_per_major
    quotas = {each.name: quota_column(each, minor, snapshot, period, meaning.calendar) for each in meaning.quotas}
    averaged: dict[str, Exact] = {}
    if any(kpi.is_averaged for kpi in kpis):
        rows = len(groups.partners)
        by_partner = _worked_out(snapshot, kpis, Groups(groups.partners, np.arange(rows), rows), period, quotas)
        averaged = {kpi.name: _averaged(by_partner[kpi.name], groups) for kpi in kpis if kpi.is_averaged}
    summed = {name: _summed(column, groups) for name, column in quotas.items()}
    return _worked_out(snapshot, kpis, groups, period, {**summed, **averaged})


def _worked_out(
    snapshot: Snapshot, kpis: tuple[KpiMeaning, ...], groups: Groups, period: Period, given: Mapping[str, Exact]
) -> dict[str, Exact]:
    """Every KPI in its order, so that a formula finds those that it names; what is `given` is taken as it is."""
    measured = snapshot.measure_groups([measure for kpi in kpis for measure in kpi.measures], groups)
    values = dict(given)
    for kpi in kpis:
        if kpi.name not in given:
            values[kpi.name] = kpi_columns(kpi, measured, values, period, groups.count).value
    return values


def _summed(values: Exact, groups: Groups) -> Exact:
    """The sum over the partners of each group whose value is known; unknown where none is."""
    known = values.is_known()
    above, below = values.take(known).scaled()
    members = groups.groups[known]
    has_any = np.bincount(members, minlength=groups.count) > 0
    return Exact(group_total(above, members, groups.count), below, None if has_any.all() else has_any)


def _averaged(values: Exact, groups: Groups) -> Exact:
    """The mean over the partners of each group whose value is known."""
    known = values.is_known()
    above, below = values.take(known).scaled()
    members = groups.groups[known]
    total = Exact(group_total(above, members, groups.count), below)
    return total / Exact(np.bincount(members, minlength=groups.count).astype(np.int64))
