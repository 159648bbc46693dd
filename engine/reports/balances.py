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
from engine.values import PROGRAM, Plan, Roll, Sheet, rolls, sheets_before
from engine.values.openings import OpeningRow, after, last_rows
from rules.balances.meaning import CLOSING, OPENING
from rules.calendar import Calendar, Period
from rules.problem import Problem, Refused
from rules.quantities.currency import Currency, currency, format_minor

HEADER = ("partner_id", "balance", "as_of", "released_on", "amount")


def balance_steps(plan: Plan) -> tuple[Roll, ...]:
    """The balances of a plan, in their order."""
    return rolls(plan.steps)


def balance_grid(roll: Roll, sheet: Sheet, names: Mapping[str, str], money: Currency) -> Grid:
    """One balance as it rolls forward: a row for each partner that has or moves anything on it, and the sums."""
    columns = _amounts(roll, sheet)
    rows = []
    for key, *amounts in zip(_holders(roll, sheet), *columns, strict=True):
        if any(amounts):
            who = key if names.get(key, "") in ("", key) else f"{key} {names[key]}"
            rows.append((who or f"the {PROGRAM}", *(format_minor(each, money) for each in amounts)))
    footer = ("total", *(format_minor(sum(column), money) for column in columns))
    heads = (OPENING, *roll.moves, CLOSING)
    titles = (roll.title, *(head.replace("_", " ") for head in heads))
    return Grid(titles, tuple(rows), (False, *[True] * len(heads)), footer)


def balance_json(roll: Roll, sheet: Sheet) -> list[dict[str, object]]:
    """One balance with the keys that scripts rely on; money is in minor units, as whole numbers. What the program has
    itself is of no partner."""
    return [
        {
            "partner_id": key or None,
            "opening_minor": opening,
            "movements_minor": dict(zip(roll.moves, moves, strict=True)),
            "closing_minor": closing,
        }
        for key, opening, *moves, closing in zip(_holders(roll, sheet), *_amounts(roll, sheet), strict=True)
        if opening or closing or any(moves)
    ]


def _holders(roll: Roll, sheet: Sheet) -> list[str]:
    """Who has a balance, by their ids; the program has none."""
    return [str(key) for key in sheet.frames[roll.frame].keys]


def _amounts(roll: Roll, sheet: Sheet) -> list[list[int]]:
    """The opening, the movements and the closing of each holder."""
    return [sheet.columns[name].numerator.tolist() for name in roll.columns]


def balance_totals(manifest: Mapping[str, Any], titles: Mapping[str, str], code: str) -> Iterator[str]:
    """One line for each balance of a run: what all partners have on it."""
    money = currency(code)
    for name, each in manifest.get("balances", {}).items():
        moves = each["movements"].items()
        told = [f"{move.replace('_', ' ')} {format_minor(int(minor), money)}" for move, minor in moves]
        opening, closing = (format_minor(int(each[f"{what}_minor"]), money) for what in (OPENING, CLOSING))
        told += [f"closing {closing} {money.code}"]
        if "overdrawn" in each:
            count, minor = int(each["overdrawn"]["partners"]), int(each["overdrawn"]["minor"])
            by = "1 partner is" if count == 1 else f"{count:,} partners are"
            told += [f"{by} below zero by {format_minor(minor, money)}"]
        yield ", ".join([f"{_title(name, titles)}: opening {opening}", *told])


def _title(name: str, titles: Mapping[str, str]) -> str:
    """What people call a balance; one of a payout or a pool by what they call that."""
    head, _, rest = name.partition(".")
    title = titles.get(head, head.replace("_", " "))
    return f"{title}, {rest.replace('.', ' ')}" if rest else title


def closing_csv(plan: Plan, sheet: Sheet, openings: Sequence[OpeningRow]) -> str:
    """What is on balances at the end of a period as the table `balances`, from which the next period opens.

    What is to be released, or expires, after some periods has a row for each day on which it is. Raises Refused where
    the calendar has no period for that.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(row for roll in balance_steps(plan) for row in _rows(roll, plan, sheet, openings))
    return text.getvalue()


def _rows(
    roll: Roll, plan: Plan, sheet: Sheet, openings: Sequence[OpeningRow]
) -> Iterator[tuple[str, str, str, str, str]]:
    money = plan.terms.currency
    parts = list(_paid(roll, sheet, openings) if roll.is_dated else _parts(roll, plan, sheet, openings))
    for key, left in zip(_holders(roll, sheet), _amounts(roll, sheet)[-1], strict=True):
        found: list[tuple[date | None, int]] = []
        for day, amounts in parts:  # what falls due last is what was used last
            amount = amounts.get(key, 0)
            amount = amount if roll.is_dated else max(min(amount, left), 0)
            found += [(day, amount)] if amount else []
            left -= amount
        found += [(None, left)] if left else []
        for released_on, amount in reversed(found):
            told = "" if released_on is None else str(released_on)
            yield key, roll.name, str(sheet.period.last), told, format_minor(amount, money, grouping=False)


def _paid(roll: Roll, sheet: Sheet, openings: Sequence[OpeningRow]) -> Iterator[tuple[date, Mapping[str, int]]]:
    """What was paid by a history by its day, the last first; by holder."""
    rows = last_rows(openings, sheet.period.start)
    since = [each for each in sheets_before(sheet) if each.period.start >= after(rows)]
    for each in (sheet, *reversed(since)):
        yield each.period.last, dict(zip(_holders(roll, each), _amounts(roll, each)[1], strict=True))
    found: dict[date, dict[str, int]] = {}
    for row in (row for row in rows if row.balance == roll.name):
        theirs = found.setdefault(row.released_on or row.as_of, {})
        theirs[row.partner] = theirs.get(row.partner, 0) + (row.amount_minor or 0)
    for day in sorted(found, reverse=True):
        yield day, found[day]


def _parts(
    roll: Roll, plan: Plan, sheet: Sheet, openings: Sequence[OpeningRow]
) -> Iterator[tuple[date, Mapping[str, int]]]:
    """What came on to a balance by the day on which it falls due, the last first; by partner."""
    found: dict[date, dict[str, int]] = {}
    if not roll.looks_back:
        return
    rows = last_rows(openings, sheet.period.start)
    at: Period | None = sheet.period
    for ago in range(roll.looks_back):
        of = sheet if ago == 0 else None if at is None else sheet.earlier.get(at.name)
        if at is None or of is None or (rows and at.start <= rows[0].as_of):
            break
        column = of.columns[roll.column(roll.comes_by)].numerator.tolist()
        mine = {key: amount for key, amount in zip(_holders(roll, of), column, strict=True) if amount}
        if mine:
            found[_last_of(at, roll.looks_back, plan.calendar, roll)] = mine
        at = plan.calendar.before(at)
    for row in (row for row in rows if row.balance == roll.name):
        day = row.released_on
        if day is None:
            day = _last_of(_opened(row, sheet.period, plan.calendar), roll.looks_back - 1, plan.calendar, roll)
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


def _last_of(period: Period, later: int, calendar: Calendar, roll: Roll) -> date:
    """The last day of the period that is so many periods later."""
    at = period
    for _ in range(later):
        following = calendar.after(at)
        if following is None:
            message = f"what is on {roll.title} is due after {at}, the last period of the calendar"
            raise Refused(Problem("F322", message, roll.place, "add the next periods to the calendar"))
        at = following
    return at.last
