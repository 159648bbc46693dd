"""A simulation for elsewhere: JSON for scripts, and CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from engine.reports.exported import as_text
from rules.quantities.currency import format_minor
from scenarios.outcomes.fairness import gini, impacts
from scenarios.outcomes.gate import Judged
from scenarios.outcomes.values import Compared, Outcome, Simulated


def as_json(found: Simulated, judged: Sequence[tuple[Judged, ...]]) -> dict[str, Any]:
    """The simulation with the keys that scripts rely on; money in minor units, parts as a fraction's text."""
    return {
        "program": found.program,
        "currency": found.currency.code,
        "by": found.by,
        "per": found.per or None,
        "budget_minor": found.budget_minor,
        "rejected": found.rejected,
        "as_it_is": _outcome(found.base, found),
        "scenarios": [_scenario(each, found, of) for each, of in zip(found.scenarios, judged, strict=True)],
        "holds": all(clause.holds for of in judged for clause in of) if any(judged) else None,
    }


def _outcome(outcome: Outcome, found: Simulated) -> dict[str, Any]:
    over = None if found.budget_minor is None else outcome.cost_minor - found.budget_minor
    paid = outcome.by_partner
    groups = impacts(paid, outcome.groups) if outcome.groups else ()
    rates = outcome.rates(outcome.groups) if outcome.groups else {}
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
                "cost_minor": outcome.by_group[each.group],
                "partners": each.partners,
                "paid": each.paid,
                "impact": _text(each.ratio),
                "is_adverse": each.is_adverse,
                "effective_rate": _text(rates.get(each.group)),
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
            for each in outcome.cliffs
        ],
        "tiers": [
            {"scorecard": card, "tier": tier, "partners": of.count(tier)}
            for card, each in outcome.tiers.items()
            for of in (list(each.of.values()),)
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
                {"table": told.table, "changed": told.changed, "gone": told.gone, "new": told.new}
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
            {"scorecard": card, "partner_id": partner, "before": one, "now": other}
            for card in each.outcome.tiers
            for partner, one, other in each.tier_moves(card)
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
        "gate": [{"clause": one.clause.written, "value": _text(one.value), "holds": one.holds} for one in judged],
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def as_csv(found: Simulated) -> str:
    """Every partner and component in each scenario, as a table of a spreadsheet."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["scenario", "partner_id", "name", "component", "before", "now", "difference"])
    for each in found.scenarios:
        for row in each.moved:
            for component in dict.fromkeys((*each.outcome.components, *each.base.components)):
                key = row.partner, component
                before, now = each.base.amounts.get(key, 0), each.outcome.amounts.get(key, 0)
                if not before and not now:
                    continue
                named = (each.outcome.name, row.partner, found.names.get(row.partner, ""), component)
                amounts = (format_minor(minor, found.currency, grouping=False) for minor in (before, now, now - before))
                rows.writerow([*map(as_text, named), *amounts])
    return file.getvalue()
