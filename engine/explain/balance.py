"""Why a balance changes what a partner is paid: what it opened with, each movement, and what it closes with.

In: the step of a balance and its sheet. Out: reasons whose values are worked out again, for one account alone.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from engine.explain.agree import agree
from engine.values import ACCOUNTS, PROGRAM, Facts, KeepBalance, Plan, Reasoned, Sheet
from engine.values.openings import OpeningRow, last_rows
from rules.balances.base import Row
from rules.balances.meaning import CLOSING, DUE_LATER, DUE_NOW, OPENING

Line = Callable[[str, int], Reasoned]


def balance_reason(step: KeepBalance, account: int, sheet: Sheet, plan: Plan, facts: Facts, line: Line) -> Reasoned:
    """What a balance adds to what is paid; its parts are the opening, what it rests on, the movements, the closing."""
    terms, at = step.balance.terms, f"{ACCOUNTS}.{step.name}"
    key = str(sheet.payees.keys[account])
    rows = last_rows(facts.openings(), sheet.period.start)
    opened = opening_reason(step.name, key, sheet, plan, facts)
    opening = opened.value or Fraction(0)
    inputs = {name: _value(sheet, column, account) for name, column in step.inputs.items()}
    for name in step.of_leavers.inputs:
        if (column := step.of_leavers.column(name)) in sheet.columns:
            inputs[name] += _value(sheet, column, account)  # nothing but of those who can't be paid
    due = _value(sheet, step.due, account)
    earned = [_value(sheet, part, account) for part in step.balance.of]
    row = Row(
        sheet.period,
        due,
        sum(earned, Fraction(0)),
        opening,
        bool(sheet.payees.partners[account] >= 0),
        inputs,
        lambda name, periods: _earlier(sheet, plan, rows, f"{at}.{name}", key, periods),
        _value(sheet, f"{at}.{DUE_NOW}", account),
        _value(sheet, f"{at}.{DUE_LATER}", account),
        plan.calendar.fiscal_year(sheet.period.start).end == sheet.period.end,
        sum((-each for each in earned if each < 0), Fraction(0)),
    )
    parts = [opened, *_inputs(step, account, sheet, line)]
    paid, closing = Fraction(0), opening
    for each in step.balance.kind.explain(row, terms):
        agree(f"{at}.{each.name}, {key}", _value(sheet, f"{at}.{each.name}", account), each.change)
        paid, closing = paid + each.paid, closing + each.change
        parts.append(Reasoned(_spaced(each.name), each.change, terms.money(each.change), each.words, is_money=True))
    agree(f"{at}.{CLOSING}, {key}", _value(sheet, f"{at}.{CLOSING}", account), closing)
    told = "the opening and its movements add up to it"
    parts.append(Reasoned(CLOSING, closing, terms.money(closing), told, is_money=True))
    words = f"{terms.money(due)} was due before it"
    return Reasoned(step.title, paid, "", words, step.place, "", True, tuple(parts))


def opening_reason(name: str, key: str, sheet: Sheet, plan: Plan, facts: Facts) -> Reasoned:
    """What a balance of a partner, or of the program where `key` is blank, opens with: what the period before closed
    with, or what the table of balances says in its place."""
    rows, at = last_rows(facts.openings(), sheet.period.start), f"{ACCOUNTS if key else PROGRAM}.{name}"
    before = plan.calendar.before(sheet.period)
    was_in_force = before is not None and before.end > plan.effective.first
    if before is not None and was_in_force and not (rows and rows[0].as_of >= before.last):
        value = _held(sheet.earlier[before.name], f"{at}.{CLOSING}", key)
        words = f"what {before} closed with"
    else:
        mine = [row for row in rows if row.partner == key and row.balance == name]
        value = Fraction(sum(row.amount_minor or 0 for row in mine))
        words = f"the table of balances, {mine[0].as_of}" if mine else "nothing was on it before the first period"
        words = f"the table of balances says nothing of it on {rows[0].as_of}" if rows and not mine else words
    agree(f"{at}.{OPENING}, {key or PROGRAM}", _held(sheet, f"{at}.{OPENING}", key), value)
    return Reasoned(OPENING, value, plan.terms.money(value), words, is_money=True)


def _inputs(step: KeepBalance, account: int, sheet: Sheet, line: Line) -> list[Reasoned]:
    """What it reads of the partner, where that can still be paid."""
    partner = int(sheet.payees.partners[account])
    found = []
    for column in step.inputs.values():
        rows = np.flatnonzero(sheet.frames[sheet.frame_of[column]].partners == partner)
        found += [line(column, int(row)) for row in rows]
    return found


def _held(sheet: Sheet, column: str, key: str) -> Fraction:
    """What a partner, or the program, has in a sheet; nothing where it has no account there."""
    at = np.flatnonzero(sheet.frames[sheet.frame_of[column]].keys == key)
    return sheet.columns[column].fraction(int(at[0])) or Fraction(0) if len(at) else Fraction(0)


def _value(sheet: Sheet, column: str, account: int) -> Fraction:
    """What a column holds for an account; nothing where its partner can't be paid any more."""
    row = account if sheet.frame_of[column] == ACCOUNTS else int(sheet.payees.partners[account])
    return Fraction(0) if row < 0 else sheet.columns[column].fraction(row) or Fraction(0)


def _earlier(sheet: Sheet, plan: Plan, rows: list[OpeningRow], column: str, key: str, periods: int) -> Fraction:
    """A movement of so many periods before, from the sheet of that period; nothing where the opening was loaded
    since."""
    at = sheet.period
    for _ in range(periods):
        before = plan.calendar.before(at)
        if before is None:
            return Fraction(0)
        at = before
    earlier = sheet.earlier.get(at.name)
    if earlier is None or (rows and rows[0].as_of >= at.start):
        return Fraction(0)
    found = np.flatnonzero(earlier.payees.keys == key)
    return _value(earlier, column, int(found[0])) if len(found) else Fraction(0)


def _spaced(name: str) -> str:
    return name.replace("_", " ")
