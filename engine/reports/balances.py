"""Balances as people read them and as scripts do: opening, movements and closing; and as a table to open with.

In: a plan and its sheet. Out: a grid of texts, plain values, or the rows of the table `balances`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from engine.reports.register import Grid
from engine.values import ACCOUNTS, KeepBalance, Plan, Sheet
from engine.values.openings import OpeningRow, last_rows
from rules.balances.meaning import CLOSING, OPENING
from rules.calendar import Calendar, Period
from rules.problem import Problem, Refused
from rules.quantities.currency import Currency, currency, format_minor

HEADER = ("partner_id", "balance", "as_of", "released_on", "amount")


def balance_steps(plan: Plan) -> tuple[KeepBalance, ...]:
    """The balances of a plan, in their order."""
    return tuple(step for step in plan.steps if isinstance(step, KeepBalance))


def balance_grid(step: KeepBalance, sheet: Sheet, names: Mapping[str, str]) -> Grid:
    """One balance as it rolls forward: a row for each partner that has or moves anything on it, and the sums."""
    money, heads = step.balance.terms.currency, _columns(step)
    columns = [sheet.columns[f"{ACCOUNTS}.{step.name}.{head}"].numerator.tolist() for head in heads]
    rows = []
    for at, key in enumerate(map(str, sheet.payees.keys)):
        amounts = [column[at] for column in columns]
        if any(amounts):
            who = key if names.get(key, "") in ("", key) else f"{key} {names[key]}"
            rows.append((who, *(format_minor(each, money) for each in amounts)))
    footer = ("total", *(format_minor(sum(column), money) for column in columns))
    titles = (step.title, *(head.replace("_", " ") for head in heads))
    return Grid(titles, tuple(rows), (False, *[True] * len(heads)), footer)


def balance_json(step: KeepBalance, sheet: Sheet) -> list[dict[str, object]]:
    """One balance with the keys that scripts rely on; money is in minor units, as whole numbers."""
    at = f"{ACCOUNTS}.{step.name}"
    moves = {name: sheet.columns[f"{at}.{name}"].numerator.tolist() for name in step.balance.kind.names()}
    opening, closing = (sheet.columns[f"{at}.{what}"].numerator.tolist() for what in (OPENING, CLOSING))
    return [
        {
            "partner_id": str(key),
            "opening_minor": opening[row],
            "movements_minor": {name: amounts[row] for name, amounts in moves.items()},
            "closing_minor": closing[row],
        }
        for row, key in enumerate(sheet.payees.keys)
        if opening[row] or closing[row] or any(amounts[row] for amounts in moves.values())
    ]


def balance_totals(manifest: Mapping[str, Any], titles: Mapping[str, str], code: str) -> Iterator[str]:
    """One line for each balance of a run: what all partners have on it."""
    money = currency(code)
    for name, each in manifest.get("balances", {}).items():
        moves = each["movements"].items()
        told = [f"{move.replace('_', ' ')} {format_minor(int(minor), money)}" for move, minor in moves]
        opening, closing = (format_minor(int(each[f"{what}_minor"]), money) for what in (OPENING, CLOSING))
        title = titles.get(name, name.replace("_", " "))
        yield ", ".join([f"{title}: opening {opening}", *told, f"closing {closing} {money.code}"])


def closing_csv(plan: Plan, sheet: Sheet, openings: Sequence[OpeningRow]) -> str:
    """What is on balances at the end of a period as the table `balances`, from which the next period opens.

    What is to be released, or expires, after some periods has a row for each day on which it is. Raises Refused where
    the calendar has no period for that.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(row for step in balance_steps(plan) for row in _rows(step, plan, sheet, openings))
    return text.getvalue()


def _columns(step: KeepBalance) -> tuple[str, ...]:
    return OPENING, *step.balance.kind.names(), CLOSING


def _rows(
    step: KeepBalance, plan: Plan, sheet: Sheet, openings: Sequence[OpeningRow]
) -> Iterator[tuple[str, str, str, str, str]]:
    money: Currency = step.balance.terms.currency
    parts = list(_parts(step, plan, sheet, openings))
    closing = sheet.columns[f"{ACCOUNTS}.{step.name}.{CLOSING}"].numerator.tolist()
    for at, key in enumerate(map(str, sheet.payees.keys)):
        left = closing[at]
        found: list[tuple[date | None, int]] = []
        for day, amounts in parts:  # what falls due last is what was used last
            amount = max(min(amounts.get(key, 0), left), 0)
            found += [(day, amount)] if amount else []
            left -= amount
        found += [(None, left)] if left else []
        for released_on, amount in reversed(found):
            told = "" if released_on is None else str(released_on)
            yield key, step.name, str(sheet.period.last), told, format_minor(amount, money, grouping=False)


def _parts(
    step: KeepBalance, plan: Plan, sheet: Sheet, openings: Sequence[OpeningRow]
) -> Iterator[tuple[date, Mapping[str, int]]]:
    """What came on to a balance by the day on which it falls due, the last first; by partner."""
    kind, found = step.balance.kind, dict[date, dict[str, int]]()
    if not kind.looks_back:
        return
    rows = last_rows(openings, sheet.period.start)
    at: Period | None = sheet.period
    for ago in range(kind.looks_back):
        of = sheet if ago == 0 else None if at is None else sheet.earlier.get(at.name)
        if at is None or of is None or (rows and at.start <= rows[0].as_of):
            break
        column = of.columns[f"{ACCOUNTS}.{step.name}.{kind.comes_by}"].numerator.tolist()
        mine = {str(key): amount for key, amount in zip(of.payees.keys, column, strict=True) if amount}
        if mine:
            found[_last_of(at, kind.looks_back, plan.calendar, step)] = mine
        at = plan.calendar.before(at)
    for row in (row for row in rows if row.balance == step.name):
        day = row.released_on
        if day is None:
            day = _last_of(_opened(row, sheet.period, plan.calendar), kind.looks_back - 1, plan.calendar, step)
        if day > sheet.period.last:
            theirs = found.setdefault(day, {})
            theirs[row.partner] = theirs.get(row.partner, 0) + (row.amount_minor or 0)
    for day in sorted(found, reverse=True):
        yield day, found[day]


def _opened(row: OpeningRow, period: Period, calendar: Calendar) -> Period:
    """The first period after the day of a row."""
    while (before := calendar.before(period)) is not None and before.start > row.as_of:
        period = before
    return period


def _last_of(period: Period, later: int, calendar: Calendar, step: KeepBalance) -> date:
    """The last day of the period that is so many periods later."""
    at = period
    for _ in range(later):
        following = calendar.after(at)
        if following is None:
            message = f"what is on {step.title} is due after {at}, the last period of the calendar"
            raise Refused(Problem("F322", message, step.place, "add the next periods to the calendar"))
        at = following
    return at.last
