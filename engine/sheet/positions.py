"""What the table of balances tells of the fiscal year so far: where a program that goes live within the year goes on
from.

In: a book. Out: a column of partners for each position that is told, and the day up to which it tells; from these a
running total begins, and no row or period up to that day is added up again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from engine.sheet.book import Book
from engine.values import PARTNERS, Facts, OpeningRow, Step
from engine.values.positions import OpenPositions, position_of, told_until
from rules.expressions.columnar import EPOCH
from rules.problem import Problem, Refused
from rules.quantities.exact import Exact, Integers, integers

OpeningFault = tuple[str, str, str, str]  # of a row of the table of balances: code, message, column and hint


def open_positions(step: OpenPositions, book: Book, facts: Facts) -> None:
    """The positions of the fiscal year of the period, by the last day before it of which each is told."""
    rows = facts.openings()
    if faults := [(row, fault) for row in rows for fault in _faults(row, step, book)]:
        raise Refused(*(placed(row, fault, facts) for row, fault in faults[:20]))
    year = book.calendar.fiscal_year(book.period.start)
    keys = book.frames[PARTNERS].keys.tolist()
    for each in step.positions:
        told = [row for row in rows if row.balance == each.name and year.start <= row.as_of < book.period.start]
        if told:
            day = max(row.as_of for row in told)
            sums: dict[str, int] = {}
            for row in told:
                if row.as_of == day:
                    sums[row.partner] = sums.get(row.partner, 0) + (row.amount_minor or 0)
            amounts = integers([sums.get("" if each.is_whole else key, 0) for key in keys])
            book.write(each.name, PARTNERS, Exact(amounts, 1 if each.is_money else step.minor_per_major))
            book.write(f"{each.name}.as_of", PARTNERS, Exact(np.full(len(keys), (day - EPOCH).days, dtype=np.int64)))


def placed(row: OpeningRow, fault: OpeningFault, facts: Facts) -> Problem:
    """The problem of a row of the table of balances."""
    code, message, column, hint = fault
    return Problem(code, message, facts.opening_place(row, column), hint)


def _faults(row: OpeningRow, step: OpenPositions, book: Book) -> Iterator[OpeningFault]:
    position = next((each for each in step.positions if each.name == row.balance), None)
    if position is None:
        if step.is_alone:
            hint = "the program's balances are " + ", ".join(each.name for each in step.positions)
            yield "F320", f"the program has no balance {row.balance}", "balance", hint
        return
    if position.is_whole and row.partner:
        hint = "leave partner_id blank: it is kept once, for the whole program"
        yield "F320", f"{row.partner} has no balance {row.balance} of its own", "partner_id", hint
    if not position.is_whole and not row.partner:
        message = f"{row.balance} is a balance of partners, and the row names none"
        yield "F320", message, "partner_id", "name one"
    if not book.calendar.is_last(row.as_of):
        hint = "write what was added up at the end of a period: as_of is the period's last day"
        yield "F321", f"no period of the calendar ends on {row.as_of}", "as_of", hint
    if row.released_on is not None:
        message = f"nothing of {row.balance} falls due on a day"
        yield "F325", message, "released_on", "leave released_on blank"
    if row.amount_minor is None:
        message = f"the amount of {row.partner or 'the program'} on {row.balance} is unknown"
        yield "F301", message, "amount", "fill in the cell"


def since_told(step: Step, first: date, book: Book) -> date:
    """The first day that a step has to add up from: `first`, or the one after the day that its position tells."""
    told = told_until(position_of(step), book.columns)
    return first if told is None else max(first, told + timedelta(days=1))


def standing(step: Step, book: Book) -> Exact | None:
    """The position of each partner, (partners,), where one is told: of one of the program all have the same."""
    return book.columns.get(position_of(step))


def standing_minor(step: Step, book: Book, count: int) -> Integers:
    """What was paid in the year so far by the position of a limit, (count,): of each partner, or once."""
    found = standing(step, book)
    if found is None or not len(found):
        return np.zeros(count, dtype=np.int64)
    return found.numerator[:count]
