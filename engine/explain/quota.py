"""Why a partner has its quota: the target in its row, its part of the year, and the days of being active."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from engine.explain.against import looked_up
from engine.values import PARTNERS, Facts, Plan, Quota, Reasoned, Sheet
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, Type
from rules.kinds.base import number
from rules.quota import explain_quota


def quota_reason(step: Quota, partner: int, sheet: Sheet, plan: Plan, facts: Facts) -> Reasoned:
    """The quota of one partner, from the rows themselves."""
    meaning, who = step.quota, str(sheet.partners.keys[partner])
    days = meaning.stretch(sheet.period, plan.calendar)
    is_money = meaning.type == Type.MONEY
    columns = [Column(PARTNERS, name) for name in ("recruited_on", "terminated_on", "region")]
    cells, source = facts.cells(PARTNERS, int(sheet.partners.records[partner]), columns)
    region = None if cells[columns[2]] is None else str(cells[columns[2]])
    found = looked_up(facts, "target", (meaning.spec.target,), days.name, who, region)
    scale = step.minor_per_major if is_money else 1
    target = None if found.value is None else found.value * scale
    active = (_day(cells[columns[0]]), _day(cells[columns[1]]))
    told = plan.terms.money(target or 0) if is_money else number(target or Fraction(0))
    named = f"{told} {found.words}"  # 400,000.00 of the program for sales, 2026
    prorated = meaning.prorated_over(sheet.period, plan.calendar)
    value, words = explain_quota(meaning, target, active, sheet.period, prorated, named)
    places = [found.source, *(source if meaning.spec.prorate == "active_days" else ())]
    return Reasoned(step.title, value, "", words, step.place, ", ".join(filter(None, places)), is_money)


def _day(cell: Value) -> date | None:
    assert cell is None or isinstance(cell, date), "a date column holds dates"
    return cell
