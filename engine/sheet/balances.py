"""Balances: what each opens with, its movements, and what it changes of what is paid.

A balance opens with what it closed with in the period before, which is worked out again from the same facts; and where
the table of balances says what was on it at the end of a day, with that in the first period after it: what came before
that day is not looked at. Before the first period it opens with nothing. Partners that can no longer be paid keep their
accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.sheet.book import Book
from engine.sheet.leavers import read_of_leavers
from engine.sheet.lines import unknown_rows
from engine.sheet.positions import OpeningFault, placed
from engine.sheet.rolling import on_accounts, program_frame, roll_forward
from engine.values import (
    ACCOUNTS,
    BALANCE,
    PARTNERS,
    Facts,
    Frame,
    KeepBalance,
    OpenAccounts,
    OpeningRow,
    Roll,
    Sheet,
)
from engine.values.openings import after, falls_due, last_rows
from engine.values.rolls import contradictions
from rules.balances.base import State, above_zero
from rules.balances.meaning import CLOSING, DUE_LATER, DUE_NOW, OPENING
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import LIMIT, Exact, integers

Amounts = Mapping[str, int]
_PROBLEMS_MAX = 10


def open_accounts(step: OpenAccounts, book: Book, facts: Facts) -> None:
    """The accounts, and what they open with."""
    rows = _rows(step, book, facts)
    before = _before(rows, book)
    found = {roll: _opened(roll, rows, before, book) for roll in step.rolls}
    _frames(found, book)
    partners = book.frames[PARTNERS].keys.tolist()
    for roll, amounts in found.items():
        for what, each in amounts.items():
            book.write(roll.column(what), roll.frame, _column(each, book.frames[roll.frame].keys.tolist()))
        if not roll.is_whole:
            book.write(f"{roll.name}.{OPENING}", PARTNERS, _column(amounts[OPENING], partners))


def _opened(roll: Roll, rows: Sequence[OpeningRow], before: Sheet | None, book: Book) -> Mapping[str, Amounts]:
    """What one balance opens with, and what of the table's rows falls due in the period and later."""
    own = [row for row in rows if row.balance == roll.name]
    opening = _sums(own) if before is None else _kept(before, roll.frame, roll.column(CLOSING))
    if roll.is_dated:
        return {OPENING: opening}
    due = {row: falls_due(row, book.period, roll.looks_back, book.calendar, before is None) for row in own}
    now = _sums(row for row, is_due in due.items() if is_due)
    return {OPENING: opening, DUE_NOW: now, DUE_LATER: _sums(row for row, is_due in due.items() if is_due is None)}


def _frames(found: Mapping[Roll, Mapping[str, Amounts]], book: Book) -> None:
    """The frames of balances: accounts of partners that can be paid and of those that have an opening; the program."""
    if any(roll.is_whole for roll in found):
        program_frame(book)
    own = {roll: each[OPENING] for roll, each in found.items() if not roll.is_whole}
    if not own:
        return
    partners = book.frames[PARTNERS].keys.tolist()
    kept = {key for opening in own.values() for key, amount in opening.items() if amount}
    keys = np.array(sorted({*partners, *kept}), dtype=object)
    place = {key: at for at, key in enumerate(partners)}
    of_partners = np.array([place.get(key, -1) for key in keys.tolist()], dtype=np.int64)
    book.frames[ACCOUNTS] = Frame(ACCOUNTS, keys, np.arange(1, len(keys) + 1, dtype=np.int64), of_partners)


def _column(amounts: Amounts, keys: list[str]) -> Exact:
    return Exact(integers([amounts.get(key, 0) for key in keys]))


def _sums(rows: Iterable[OpeningRow]) -> Amounts:
    found: dict[str, int] = {}
    for row in rows:
        found[row.partner] = found.get(row.partner, 0) + (row.amount_minor or 0)
    return found


def _rows(step: OpenAccounts, book: Book, facts: Facts) -> list[OpeningRow]:
    """What the table of balances says last before the period; raises Refused where any of its rows says nothing."""
    rows = facts.openings()
    faults = [(row, fault) for row in rows for fault in _faults(row, step, book)]
    if faults:
        left = len(faults) - _PROBLEMS_MAX
        more = [Problem(faults[-1][1][0], f"and {left} rows more", Place("balances"))] if left > 0 else []
        raise Refused(*(placed(row, fault, facts) for row, fault in faults[:_PROBLEMS_MAX]), *more)
    return last_rows(rows, book.period.start)


def _faults(row: OpeningRow, step: OpenAccounts, book: Book) -> Iterator[OpeningFault]:
    if row.balance in step.others:
        return

    roll = next((each for each in step.rolls if each.name == row.balance), None)
    if roll is None:
        hint = "the program's balances are " + ", ".join(each.name for each in step.rolls)
        yield "F320", f"the program has no balance {row.balance}", "balance", hint
    elif roll.is_whole and row.partner:
        hint = "leave partner_id blank: it is kept once, for the whole program"
        yield "F320", f"{row.partner} has no balance {row.balance} of its own", "partner_id", hint
    elif not roll.is_whole and not row.partner:
        message = f"{row.balance} is a balance of partners, and the row names none"
        yield "F320", message, "partner_id", "name one"
    elif roll.is_dated and row.released_on is not None and row.released_on > row.as_of:
        message = f"{row.balance} tells on {row.as_of} what was paid on {row.released_on}, which is later"
        hint = "write the last day of the period that paid it as released_on"
        yield "F321", message, "released_on", hint
    if not book.calendar.is_last(row.as_of):
        hint = "write what was on it at the end of a period: as_of is the period's last day"
        yield "F321", f"no period of the calendar ends on {row.as_of}", "as_of", hint
    for column, message, hint in contradictions(roll, row.as_of, row.released_on, row.amount_minor) if roll else ():
        yield "F325", message, column, hint
    if row.amount_minor is None:
        message = f"the amount of {row.partner or 'the program'} on {row.balance} is unknown"
        yield "F301", message, "amount", "fill in the cell"


def _before(rows: Sequence[OpeningRow], book: Book) -> Sheet | None:
    """The sheet of the period before, if the program was in force then, and its end is not told by the table."""
    sheets = book.earlier.since(after(rows), book.period)
    return sheets[-1] if sheets else None


def keep(step: KeepBalance, book: Book, facts: Facts) -> None:
    """The movements of a balance: opening + movements = closing, and what is paid changes by what they say."""
    frame, name, balance = book.frames[ACCOUNTS], step.name, step.balance
    at = f"{ACCOUNTS}.{name}"
    due = on_accounts(book.columns[step.due], book.frame_of[step.due], frame)
    base, below = _earned(balance.of, book)
    inputs = {}
    for key, column in step.inputs.items():
        found = book.columns[column]
        if not (known := found.is_known()).all():
            problems = unknown_rows(step, book.frames[book.frame_of[column]], known, "F301", f"its {key} is unknown")
            raise Refused(*(replace(each, hint="fill in the cell, or write coalesce(x, 0)") for each in problems))
        inputs[key] = on_accounts(found, PARTNERS, frame)
    for key, found in read_of_leavers(step, book, facts).items():
        book.write(step.of_leavers.column(key), ACCOUNTS, found)
        inputs[key] = found.where(found.is_known(), inputs[key])

    def back(movement: str, periods: int) -> Exact:
        sheet = _back(periods, book, facts)
        found = {} if sheet is None else _kept(sheet, ACCOUNTS, f"{at}.{movement}")
        return _column(found, frame.keys.tolist())

    year = book.calendar.fiscal_year(book.period.start)
    state = State(
        book.period,
        due,
        base,
        book.columns[f"{at}.{OPENING}"],
        frame.partners >= 0,
        inputs,
        back,
        book.columns[f"{at}.{DUE_NOW}"],
        book.columns[f"{at}.{DUE_LATER}"],
        year.end == book.period.end,
        below,
    )
    movements, paid = balance.kind.compute(state, balance.terms), Exact.constant(0, len(frame))
    roll_forward(name, {movement.name: movement.change for movement in movements}, book)
    if balance.kind.refuses_overdrawn:
        _refuse_overdrawn(step, book.columns[f"{at}.{CLOSING}"], frame)
    for movement in movements:
        paid = paid + movement.paid
        lines, keys = f"{at}.{movement.name}.paid", np.full(len(frame), movement.name, dtype=object)
        records = frame.records.copy()  # of its own: rows of one source with the same records have the same keys
        book.frames[f"{lines}.rows"] = Frame(BALANCE, keys, records, np.arange(len(frame), dtype=np.int64))
        known = np.asarray(movement.paid.numerator != 0, dtype=bool)
        book.write(lines, f"{lines}.rows", Exact(movement.paid.numerator, movement.paid.denominator, known))
    book.write(f"{at}.due", ACCOUNTS, due + paid)
    book.write(name, ACCOUNTS, paid)


def _earned(parts: Sequence[str], book: Book) -> tuple[Exact, Exact]:
    """What accounts earned by some components together, and what those below zero among them come to."""
    frame = book.frames[ACCOUNTS]
    base = below = Exact.constant(0, len(frame))
    of: dict[str, list[Exact]] = {}
    for part in parts:
        of.setdefault(book.frame_of[part], []).append(book.columns[part])
    for name, columns in of.items():
        whole = [each.numerator for each in columns if _is_whole(each)]
        peak = max((abs(int(bound)) for each in whole if len(each) for bound in (each.max(), each.min())), default=0)
        if len(whole) < len(columns) or peak * len(whole) >= LIMIT:
            summed = [(each, above_zero(-each)) for each in columns]
        else:  # whole amounts that 64 bits hold together are added up at once
            table = np.stack(whole)
            summed = [(Exact(table.sum(axis=0)), Exact(-np.minimum(table, 0).sum(axis=0)))]
        for earned, short in summed:
            base, below = base + on_accounts(earned, name, frame), below + on_accounts(short, name, frame)
    return base, below


def _is_whole(column: Exact) -> bool:
    is_by_one = isinstance(column.denominator, int) and column.denominator == 1
    return is_by_one and column.known is None and column.numerator.dtype == np.int64


def _refuse_overdrawn(step: KeepBalance, closing: Exact, frame: Frame) -> None:
    """Raise where somebody used more than there is on a balance."""
    below = np.flatnonzero(closing.numerator < 0).tolist()
    if below:
        money, who = step.balance.terms.money, str(frame.keys[below[0]])
        more = f", and {len(below) - 1} more are overdrawn" if len(below) > 1 else ""
        message = f"{who} used {money(-int(closing.numerator[below[0]]))} more than there is on {step.title}{more}"
        hint = "correct what was used, accrue more first, or write over: carry"
        raise Refused(Problem("F324", message, step.place, hint))


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


def _kept(sheet: Sheet, frame: str, column: str) -> Amounts:
    """What accounts, or the program, have in a sheet; nothing where its version of the program had no such balance."""
    if sheet.version and column not in sheet.columns:
        return {}
    return dict(zip(sheet.frames[frame].keys.tolist(), sheet.columns[column].numerator.tolist(), strict=True))
