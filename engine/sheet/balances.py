"""Balances: what each opens with, its movements, and what it changes of what is paid.

A balance opens with what it closed with in the period before, which is worked out again from the same facts; and where
the table of balances says what was on it at the end of a day, with that in the first period after it: what came before
that day is not looked at. Before the first period it opens with nothing. Partners that can no longer be paid keep their
accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from engine.sheet.book import Book
from engine.sheet.lines import unknown_rows
from engine.values import ACCOUNTS, BALANCE, PARTNERS, Facts, Frame, KeepBalance, OpenAccounts, OpeningRow, Sheet
from engine.values.openings import falls_due, last_rows
from rules.balances.base import State
from rules.balances.meaning import CLOSING, DUE_LATER, DUE_NOW, OPENING
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, integers

Amounts = Mapping[str, int]
_PROBLEMS_MAX = 10


def open_accounts(step: OpenAccounts, book: Book, facts: Facts) -> None:
    """The accounts, and what they open with."""
    rows = _rows(step, book, facts)
    before = _before(rows, book)
    found = {}
    for name, lasts in step.balances.items():
        opening = _sums(row for row in rows if row.balance == name) if before is None else _kept(before, name, CLOSING)
        due = {
            row: falls_due(row, book.period, lasts, book.calendar, before is None)
            for row in rows
            if row.balance == name
        }
        found[name] = {
            OPENING: opening,
            DUE_NOW: _sums(row for row, is_due in due.items() if is_due),
            DUE_LATER: _sums(row for row, is_due in due.items() if is_due is None),
        }
    partners = book.frames[PARTNERS]
    kept = {key for each in found.values() for key, amount in each[OPENING].items() if amount}
    keys = np.array(sorted({*partners.keys.tolist(), *kept}), dtype=object)
    place = {key: at for at, key in enumerate(partners.keys.tolist())}
    of_partners = np.array([place.get(key, -1) for key in keys.tolist()], dtype=np.int64)
    book.frames[ACCOUNTS] = Frame(ACCOUNTS, keys, np.arange(1, len(keys) + 1, dtype=np.int64), of_partners)
    for name, amounts in found.items():
        for what, each in amounts.items():
            book.write(f"{ACCOUNTS}.{name}.{what}", ACCOUNTS, _column(each, keys.tolist()))
        book.write(f"{name}.{OPENING}", PARTNERS, _column(amounts[OPENING], partners.keys.tolist()))


def _column(amounts: Amounts, keys: list[str]) -> Exact:
    return Exact(integers([amounts.get(key, 0) for key in keys]))


def _sums(rows: Iterator[OpeningRow]) -> Amounts:
    found: dict[str, int] = {}
    for row in rows:
        found[row.partner] = found.get(row.partner, 0) + (row.amount_minor or 0)
    return found


def _rows(step: OpenAccounts, book: Book, facts: Facts) -> list[OpeningRow]:
    """What the table of balances says last before the period; raises Refused where any of its rows says nothing."""
    rows = facts.openings()
    problems = [problem for row in rows for problem in _faults(row, step, book)]
    if problems:
        left = len(problems) - _PROBLEMS_MAX
        more = [Problem(problems[-1].code, f"and {left} rows more", Place("balances"))] if left > 0 else []
        raise Refused(*problems[:_PROBLEMS_MAX], *more)
    return last_rows(rows, book.period.start)


def _faults(row: OpeningRow, step: OpenAccounts, book: Book) -> Iterator[Problem]:
    place = Place("balances", field=row.key)
    if row.balance not in step.balances:
        hint = "the program's balances are " + ", ".join(step.balances)
        yield Problem("F320", f"the program has no balance {row.balance}", place, hint)
    if not book.calendar.is_last(row.as_of):
        hint = "write what was on it at the end of a period: as_of is the period's last day"
        yield Problem("F321", f"no period of the calendar ends on {row.as_of}", place, hint)
    if row.amount_minor is None:
        yield Problem("F301", f"the amount of {row.partner} on {row.balance} is unknown", place, "fill in the cell")


def _before(rows: Sequence[OpeningRow], book: Book) -> Sheet | None:
    """The sheet of the period before, if the program was in force then, and its end is not told by the table."""
    first = rows[0].as_of + timedelta(days=1) if rows else date.min
    sheets = book.earlier.since(first, book.period)
    return sheets[-1] if sheets else None


def keep(step: KeepBalance, book: Book, facts: Facts) -> None:
    """The movements of a balance: opening + movements = closing, and what is paid changes by what they say."""
    frame, name, balance = book.frames[ACCOUNTS], step.name, step.balance
    at = f"{ACCOUNTS}.{name}"
    due = on_accounts(book.columns[step.due], book.frame_of[step.due], frame)
    base = Exact.constant(0, len(frame))
    for part in balance.of:
        base = base + on_accounts(book.columns[part], book.frame_of[part], frame)
    inputs = {}
    for key, column in step.inputs.items():
        found = book.columns[column]
        if not (known := found.is_known()).all():
            problems = unknown_rows(step, book.frames[book.frame_of[column]], known, "F301", f"its {key} is unknown")
            raise Refused(*(replace(each, hint="fill in the cell, or write coalesce(x, 0)") for each in problems))
        inputs[key] = on_accounts(found, PARTNERS, frame)

    def back(movement: str, periods: int) -> Exact:
        sheet = _back(periods, book, facts)
        return _column({} if sheet is None else _kept(sheet, name, movement), frame.keys.tolist())

    opening, year = book.columns[f"{at}.{OPENING}"], book.calendar.fiscal_year(book.period.start)
    state = State(
        book.period,
        due,
        base,
        opening,
        frame.partners >= 0,
        inputs,
        back,
        book.columns[f"{at}.{DUE_NOW}"],
        book.columns[f"{at}.{DUE_LATER}"],
        year.end == book.period.end,
    )
    closing, paid = opening, Exact.constant(0, len(frame))
    for movement in balance.kind.compute(state, balance.terms):
        book.write(f"{at}.{movement.name}", ACCOUNTS, movement.change)
        closing, paid = closing + movement.change, paid + movement.paid
        lines, keys = f"{at}.{movement.name}.paid", np.full(len(frame), movement.name, dtype=object)
        records = frame.records.copy()  # of its own: rows of one source with the same records have the same keys
        book.frames[f"{lines}.rows"] = Frame(BALANCE, keys, records, np.arange(len(frame), dtype=np.int64))
        known = np.asarray(movement.paid.numerator != 0, dtype=bool)
        book.write(lines, f"{lines}.rows", Exact(movement.paid.numerator, movement.paid.denominator, known))
    book.write(f"{at}.{CLOSING}", ACCOUNTS, closing)
    book.write(f"{at}.due", ACCOUNTS, due + paid)
    book.write(name, ACCOUNTS, paid)


def _back(periods: int, book: Book, facts: Facts) -> Sheet | None:
    """The sheet of so many periods before; none where the table of balances tells what came of that period."""
    at = book.period
    for _ in range(periods):
        earlier = book.calendar.before(at)
        if earlier is None:
            return None
        at = earlier
    rows = last_rows(facts.openings(), book.period.start)
    return None if rows and at.start <= rows[0].as_of else book.earlier.back(book.period, periods)


def _kept(sheet: Sheet, name: str, what: str) -> Amounts:
    """What accounts have in a sheet."""
    column = sheet.columns[f"{ACCOUNTS}.{name}.{what}"]
    return dict(zip(sheet.frames[ACCOUNTS].keys.tolist(), column.numerator.tolist(), strict=True))


def on_accounts(column: Exact, frame: str, accounts: Frame) -> Exact:
    """A column of partners by account; nothing for an account whose partner can't be paid any more."""
    if frame == ACCOUNTS:
        return column
    can = accounts.partners >= 0
    if not len(column):
        return Exact.constant(0, len(accounts))
    return column.take(np.where(can, accounts.partners, 0)).where(can, Exact.constant(0, len(accounts)))
