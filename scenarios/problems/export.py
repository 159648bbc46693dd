"""A proposal for elsewhere: JSON for scripts, with numbers as decimal texts, and CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from engine.reports.exported import as_text
from rules.quantities.currency import format_minor
from scenarios.curves.kept import text
from scenarios.problems.proposal import Proposal, Reviewed, TierProposal

_COLUMNS = "unit", "now", "proposed", "change", "response", "marginal", "return_now", "return", "held"


def as_json(found: Proposal, files: list[str]) -> dict[str, Any]:
    """The proposal with the keys that scripts rely on; money in minor units."""
    asked = found.asked
    return {
        "problem": asked.name,
        "currency": asked.currency.code,
        "goal": asked.goal.said,
        "outcome": {"name": found.outcome[0] or None, "unit": found.outcome[1] or None},
        "risk": asked.risk.kind,
        "value": number(found.value),
        "value_now": number(found.value_now),
        "bound": number(found.bound),
        "bound_side": found.side,
        "gap": number(found.gap),
        "rounding": number(found.one_minor),
        "is_certified": found.is_certified,
        "response": number(found.response),
        "response_now": number(found.response_now),
        "response_interval": _interval(None if found.likely is None else found.likely.proposed),
        "response_now_interval": _interval(None if found.likely is None else found.likely.now),
        "return": number(per_1(found, found.response, found.spent_minor)),
        "return_now": number(per_1(found, found.response_now, found.spent_now_minor)),
        "spent_minor": found.spent_minor,
        "unspent_minor": found.unspent_minor,
        "shadow_price": number(found.shadow_price),
        "price_of_less": number(found.price_of_less),
        "bindings": [
            {"name": each.name, "side": each.side, "limit_minor": each.limit_minor, "price": number(each.price)}
            for each in found.bindings
        ],
        "after_the_end": number(found.after),
        "reasons": list(found.reasons),
        "notes": list(found.notes),
        "solver": found.solver,
        "proposal_sha256": found.sha256,
        "engine": _reviewed(found.reviewed),
        "units": [
            {
                "unit": row.unit,
                "now_minor": row.now_minor,
                "proposed_minor": row.proposed_minor,
                "response_now": number(row.response_now),
                "response": number(row.response),
                "return": number(per_1(found, row.response, row.proposed_minor)),
                "return_now": number(per_1(found, row.response_now, row.now_minor)),
                "marginal": number(row.marginal),
                "held": row.held or None,
                "by_period_minor": list(spends),
            }
            for row, spends in zip(found.rows, found.schedule_minor, strict=True)
        ],
        "frontier": [
            {
                "budget_minor": each.budget_minor,
                "spent_minor": each.spent_minor,
                "value": number(each.value),
                "bound": number(each.bound),
                "gap": number(each.gap),
                "shadow_price": number(each.shadow_price),
                "response": number(each.response),
                "return": number(per_1(found, each.response, each.spent_minor)),
                "why": each.why or None,
            }
            for each in found.frontier
        ],
        "files": files,
    }


def tiers_json(found: TierProposal, files: list[str]) -> dict[str, Any]:
    """The choice of tiers with the keys that scripts rely on."""
    return {
        "problem": found.asked.name,
        "currency": found.asked.currency.code,
        "budget_minor": found.asked.budget_minor,
        "value": number(found.value),
        "value_now": number(found.value_now),
        "bound": number(found.bound),
        "gap": number(found.gap),
        "is_certified": found.is_certified,
        "cost_minor": found.cost_minor,
        "unspent_minor": found.unspent_minor,
        "shadow_price": number(found.shadow_price),
        "solver": found.solver,
        "choices": [
            {
                "partner_id": row.partner,
                "now": row.now or None,
                "tier": row.tier,
                "cost_minor": row.cost_minor,
                "value": number(row.value),
            }
            for row in found.rows
        ],
        "files": files,
    }


def as_csv(found: Proposal) -> str:
    """Every unit as a table of a spreadsheet."""
    money = found.asked.currency
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for row in found.rows:
        now = row.now_minor
        amounts = (now, row.proposed_minor, None if now is None else row.proposed_minor - now)
        told = ("" if minor is None else format_minor(minor, money, grouping=False) for minor in amounts)
        returns = per_1(found, row.response_now, now), per_1(found, row.response, row.proposed_minor)
        numbers = (number(each) or "" for each in (row.response, row.marginal, *returns))
        rows.append((as_text(row.unit), *told, *numbers, row.held))
    return _written(rows)


def tiers_csv(found: TierProposal) -> str:
    """Every partner's tier as a table of a spreadsheet."""
    money = found.asked.currency
    rows: list[tuple[str, ...]] = [("partner", "now", "tier", "cost", "value")]
    for row in found.rows:
        cost = format_minor(row.cost_minor, money, grouping=False)
        rows.append((*map(as_text, (row.partner, row.now, row.tier)), cost, number(row.value) or ""))
    return _written(rows)


def per_1(found: Proposal, response: float | None, spent_minor: int | None) -> float | None:
    """What each 1 of a spend brings; None where nothing is spent, or not known."""
    if response is None or not spent_minor:
        return None
    return response / spent_minor * found.asked.currency.minor_per_major


def _interval(ends: tuple[float, float] | None) -> dict[str, str | None] | None:
    return None if ends is None else {"low": number(ends[0]), "high": number(ends[1])}


def number(value: float | None) -> str | None:
    """A number as a decimal text; None where there is none, or no end of it.

    >>> number(0.1 + 0.2), number(float("inf"))
    ('0.3', None)
    """
    return None if value is None or not math.isfinite(value) else text(value)


def _reviewed(found: Reviewed | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "periods": list(found.periods),
        "response": number(found.response),
        "promised": number(found.promised),
        "paid_minor": found.paid_in_all_minor,
        "total_minor": found.total_minor,
        "lines_sha256": list(found.lines_sha256),
        "units": [{"unit": unit, "paid_minor": minor} for unit, minor in found.paid_minor],
    }


def _written(rows: list[tuple[str, ...]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()
