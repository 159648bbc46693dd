"""A simulation for elsewhere: JSON for scripts, and CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from engine.reports.compared import signed
from engine.reports.exported import as_text
from rules.quantities.currency import format_minor
from scenarios.outcomes.fairness import gini, impacts
from scenarios.outcomes.gate import Judged
from scenarios.outcomes.values import Compared, Outcome, Simulated, paid_by


def as_json(found: Simulated, judged: Sequence[tuple[Judged, ...]], alone: tuple[Judged, ...] = ()) -> dict[str, Any]:
    """The simulation with the keys that scripts rely on; money in minor units, parts as a fraction's text. `judged` is
    what the gate came to for each scenario, `alone` for the program as it is where there is none."""
    clauses = [clause for of in (*judged, alone) for clause in of]
    return {
        "program": found.program,
        "currency": found.currency.code,
        "by": found.by,
        "per": found.per or None,
        "budget_minor": found.budget_minor,
        "rejected": found.rejected,
        "as_it_is": {**_outcome(found.base, found), "gate": _gate(alone)},
        "scenarios": [_scenario(each, found, of) for each, of in zip(found.scenarios, judged, strict=True)],
        "holds": all(clause.holds for clause in clauses) if clauses else None,
    }


def _outcome(outcome: Outcome, found: Simulated) -> dict[str, Any]:
    over = None if found.budget_minor is None else outcome.cost_minor - found.budget_minor
    paid = outcome.by_partner
    groups = impacts(paid, outcome.groups) if outcome.groups else ()
    return {
        "program_sha256": outcome.program_sha256,
        "cost_minor": outcome.cost_minor,
        "over_budget_minor": over,
        "over_budget_part": _text(
            Fraction(over, found.budget_minor) if over is not None and found.budget_minor else None
        ),
        "effective_rate": _text(outcome.effective_rate),
        "gini": _text(gini(paid.values())),
        "periods": [
            {"period": each.period, "total_minor": each.total_minor, "lines_sha256": each.lines_sha256}
            for each in outcome.periods
        ],
        "groups": [
            {
                "group": each.group,
                "cost_minor": outcome.by_group.get(each.group, 0),
                "partners": each.partners,
                "paid": each.paid,
                "impact": _text(each.ratio),
                "is_adverse": each.is_adverse,
                "effective_rate": _text(outcome.held[each.group].rate if each.group in outcome.held else None),
            }
            for each in groups
        ],
        "cliffs": None
        if outcome.cliffs is None
        else [
            {
                "rule": each.rule,
                "measure": each.measure,
                "at": str(each.at),
                "jump_minor": str(each.jump_minor),
                "with": list(each.fixed),
                "near": each.near,
            }
            for each in outcome.cliffs.jumps
        ],
        "not_followed": None
        if outcome.cliffs is None
        else [{"rule": rule, "why": why} for rule, why in outcome.cliffs.not_followed],
        "tiers": [
            {
                "scorecard": card,
                "tier": tier,
                "partners": of.count(tier),
                "cost_minor": held[tier].paid_minor if tier in held else 0,
            }
            for card, each in outcome.tiers.items()
            for of, held in ((list(each.of.values()), outcome.of_tiers.get(card, {})),)
            for tier in (*each.names, "")
        ],
    }


def _scenario(each: Compared, found: Simulated, judged: tuple[Judged, ...]) -> dict[str, Any]:
    before, now = each.base.by_component, each.outcome.by_component
    won, lost = len(each.winners), len(each.losers)
    return {
        "scenario": each.outcome.name,
        "file": each.outcome.file,
        **_outcome(each.outcome, found),
        "facts": {
            "changes": list(each.outcome.facts),
            "tables": [
                {
                    "table": told.table,
                    "changed": told.changed,
                    "gone": told.gone,
                    "new": told.new,
                    "left_out": told.left_out,
                }
                for told in each.outcome.changed
            ],
        },
        "change_minor": each.change_minor,
        "winners": won,
        "losers": lost,
        "unchanged": len(each.moved) - won - lost,
        "components": [
            {
                "component": name,
                "before_minor": before.get(name, 0),
                "now_minor": now.get(name, 0),
                "before_rate": _text(each.base.rate_of_component(name)),
                "now_rate": _text(each.outcome.rate_of_component(name)),
            }
            for name in dict.fromkeys((*now, *before))
        ],
        "tier_moves": [
            {"scorecard": card, "period": period, "partner_id": partner, "before": one, "now": other}
            for card in each.outcome.tiers
            for period, partner, one, other in each.tier_moves(card)
        ],
        "partners": [
            {
                "partner_id": row.partner,
                "before_minor": row.before_minor,
                "now_minor": row.now_minor,
                "difference_minor": row.difference_minor,
                "moved_by": [
                    {"component": name, "difference_minor": minor} for name, minor in sorted(row.by_component.items())
                ],
                "causes": [{"cause": name, "difference_minor": minor} for name, minor in row.by_cause.items()],
            }
            for row in each.moved
        ],
        "causes": [{"cause": name, "difference_minor": sum(of.values())} for name, of in each.outcome.causes.items()],
        "gate": _gate(judged),
    }


def _gate(judged: tuple[Judged, ...]) -> list[dict[str, Any]]:
    return [{"clause": one.clause.written, "value": _text(one.value), "holds": one.holds} for one in judged]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def as_csv(found: Simulated) -> str:
    """Every partner and component in each scenario as a table of a spreadsheet: by period where periods were kept, with
    the group of the partner where amounts are told by one, and with what each change moves where that was asked for."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    has_groups = any(outcome.groups for outcome in found.outcomes)
    has_causes = any(outcome.moved_by for outcome in found.outcomes)
    titles = ["scenario", "file", "period", "partner_id", "name", "component", "before", "now", "difference"]
    rows.writerow([*titles, *([found.by] if has_groups else []), *(["causes"] if has_causes else [])])
    first, last = found.base.periods[0].period, found.base.periods[-1].period
    span = first if first == last else f"{first}..{last}"
    for each in found.scenarios:
        before, now = (paid_by(of.periods, of.amounts) for of in (each.base, each.outcome))
        components = list(dict.fromkeys((*each.outcome.components, *each.base.components)))
        periods = list(dict.fromkeys(period for period, _, _ in (*before, *now)))
        in_order = [name for name in (each.period for each in found.base.periods) if name in periods] or [""]
        keys = ((period, row.partner, name) for row in each.moved for period in in_order for name in components)
        for key in keys:
            one, other = before.get(key, 0), now.get(key, 0)
            if not one and not other:
                continue
            period, partner, component = key
            named = (each.outcome.name, each.outcome.file, period or span, partner, found.names.get(partner, ""))
            cells = [*named, component, *(_plain(minor, found) for minor in (one, other, other - one))]
            cells += [_group(partner, period, each, found)] if has_groups else []
            cells += [_moved(key, each.outcome, found)] if has_causes else []
            rows.writerow([cell if 6 <= at <= 8 else as_text(cell) for at, cell in enumerate(cells)])
    return file.getvalue()


def _group(partner: str, period: str, each: Compared, found: Simulated) -> str:
    """The group of a partner, with the scenario or else as it is: of tiers that of the period, else the last one."""
    for outcome in (each.outcome, each.base):
        tiers = next((of.tiers for of in outcome.periods if of.period == period), outcome.tiers)
        groups = next(iter(tiers.values())).of if found.by == "tier" and tiers else outcome.groups
        if partner in groups:
            return groups[partner]
    return ""


def _moved(key: tuple[str, str, str], outcome: Outcome, found: Simulated) -> str:
    """What each change moves of a row, in words."""
    moves = ((cause, of.get(key, 0)) for cause, of in outcome.moved_by.items())
    return "; ".join(f"{cause} {signed(minor, found.currency)}" for cause, minor in moves if minor)


def _plain(minor: int, found: Simulated) -> str:
    return format_minor(minor, found.currency, grouping=False)
