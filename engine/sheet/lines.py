"""The lines of a payout: what came before each row, what is due, multiplied, and rounded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.sheet.book import Book
from engine.sheet.positions import standing
from engine.values import Accumulate, Due, Facts, Frame, Multiply, Pay, Step
from rules.kinds.base import RowFault
from rules.kinds.schedule import in_blocks
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, Flags
from rules.quantities.rounding import QuantityOverflow, multiply_divide
from rules.quantities.running import round_cumulative, running_before
from rules.quantities.together import round_together

PROBLEMS_MAX = 20
_CURES: Mapping[str, str] = {
    "F301": "fill in the cell, narrow the rule by where:, or say unknown: leave_out",
    "F302": "fill in the cell, narrow the pool by among:, or say unknown: leave_out",
    "F303": "narrow the pool by among:, or write greatest(x, 0) as its weight",
    "F317": "where events are below zero, turn the sign: base: -deal_events.amount; else narrow the returns by where:",
    "F314": "fill in what is missing, narrow the rule by where:, or write coalesce(x, 0)",
}


def accumulate(step: Accumulate, book: Book, facts: Facts) -> None:
    """The running total before each row, over all frames in one order; a row without a value adds nothing. It begins
    where the position of the year so far stood, if there is one."""
    frames = [book.frames[frame] for frame, *_ in step.over]
    values = Exact.joined([book.columns[column].or_else(0) for _, column, _, _ in step.over])
    keys = [Exact.joined([book.columns[each[3][place]] for each in step.over]) for place in range(len(step.over[0][3]))]
    groups = groups_of(step, book)
    before = running_before(values, groups, order_of(keys, len(values)))
    stood = standing(step, book)
    start = 0
    for (name, _, column, _), frame in zip(step.over, frames, strict=True):
        rows = np.arange(start, start + len(frame))
        found = before.take(rows)
        book.write(column, name, found if stood is None else found + stood.take(frame.partners))
        start += len(frame)


def groups_of(step: Accumulate, book: Book) -> NDArray[np.int64]:
    """Whose running total each row of all frames belongs to: a partner's, one contract of it, or the program's."""
    partners = np.concatenate([book.frames[frame].partners for frame, *_ in step.over])
    groups = np.zeros_like(partners) if step.per == "program" else partners
    if not step.contracts:
        return groups
    contracts = np.concatenate([book.columns[name].numerator for name in step.contracts])
    found: NDArray[np.int64] = np.unique(np.stack([groups, contracts]), axis=1, return_inverse=True)[1].reshape(-1)
    return found


def order_of(columns: list[Exact], rows: int) -> NDArray[np.int64]:
    """The place of each row in the order of some columns, blanks last, and then of its key: frames are in key order."""
    keys: list[NDArray[np.int64]] = [np.arange(rows, dtype=np.int64)]
    for column in reversed(columns):
        ranks, _ = column.dense_ranks()
        keys.append(np.where(column.is_known(), ranks, rows))
    places = np.empty(rows, dtype=np.int64)
    places[np.lexsort(keys)] = np.arange(rows, dtype=np.int64)
    return places


def due(step: Due, book: Book, facts: Facts) -> None:
    """What is due for each row by its kind; unknown where the rule leaves a row out."""
    frame = book.frames[step.frame]
    if step.kind.lifts_earlier_rows and frame.earlier is not None and frame.earlier.any():
        book.earlier.refuse_other_rule(step.name, book.period)
    inputs = {key: book.columns[name] for key, name in step.inputs.items()}
    needed = {key: column for key, column in inputs.items() if key not in step.kind.optional_inputs}
    known = known_rows(needed, len(frame))
    if not known.all() and step.unknown == "refuse":
        raise Refused(*unknown_rows(step, frame, known, "F301", lambda row: _unknown_inputs(step, needed, row)))
    if faults := [fault for fault in step.kind.faulty(inputs, len(frame), step.terms) if known[fault.row]]:
        raise Refused(*row_problems(step, frame, faults))
    found = due_of(step, inputs, len(frame))
    book.write(step.name, step.frame, _only(found, known))


def due_of(step: Due, inputs: Mapping[str, Exact], rows: int) -> Exact:
    """What is due by a kind, block after block where no row decides what another is due."""
    if step.kind.rounds_together is not None:
        return step.kind.compute(inputs, rows, step.terms)
    return in_blocks(lambda part, count: step.kind.compute(part, count, step.terms), inputs, rows)


def multiply(step: Multiply, book: Book, facts: Facts) -> None:
    """What is due times a factor."""
    frame, before = book.frames[step.frame], book.columns[step.due]
    inputs = {key: book.columns[name] for key, name in step.inputs.items()}
    after = in_blocks(
        lambda part, count: part[step.due] * step.multiplier.compute(part, count, step.minor_per_major),
        {**inputs, step.due: before},
        len(frame),
    )
    lost = before.is_known() & ~after.is_known()
    if lost.any() and step.unknown == "refuse":
        raise Refused(*unknown_rows(step, frame, ~lost, "F301", f"its multiplier {step.title} is unknown"))
    book.write(step.name, step.frame, after)


def pay(step: Pay, book: Book, facts: Facts) -> None:
    """The lines of a component: what is due within bounds, rounded once; rows before the period pay nothing now."""
    frame, found = book.frames[step.frame], book.columns[step.due]
    if step.at_least_minor is not None or step.at_most_minor is not None:
        found = in_blocks(lambda part, _: bounded(part["due"], step), {"due": found}, len(frame))
    try:
        amounts = _rounded(step, book, frame, found)
    except QuantityOverflow as overflow:
        raise Refused(_beyond(step, frame, overflow)) from None
    known = found.is_known() if frame.earlier is None else found.is_known() & ~frame.earlier
    book.write(step.name, step.frame, _only(Exact(amounts), known))


def bounded(found: Exact, step: Pay) -> Exact:
    """What is due, no less than the least and no more than the most that a line pays."""
    for bound, side in ((step.at_least_minor, -1), (step.at_most_minor, 1)):
        if bound is not None:
            limit = Exact.constant(bound, len(found))
            beyond = (np.sign(found.compare(limit)) == side) & found.is_known()
            found = limit.where(beyond, found)
    return found


def _rounded(step: Pay, book: Book, frame: Frame, found: Exact) -> NDArray[np.int64]:
    mode, size = step.terms.rounding, step.terms.step_minor
    if step.is_cumulative:
        return round_cumulative(found, frame.partners, np.arange(len(frame), dtype=np.int64), mode, size)
    if step.together is not None:
        groups = together_of(step, book)
        keys = np.arange(len(frame), dtype=np.int64)  # of one row by partner: frames are in the order of their keys
        return round_together(found, groups, int(groups.max(initial=-1)) + 1, keys, mode, size)
    return multiply_divide(found.or_else(0).numerator, 1, found.or_else(0).denominator, mode, size)


def together_of(step: Pay, book: Book) -> NDArray[np.int64]:
    """Which lines are rounded together: those of one source row, or those that the kind says."""
    frame = book.frames[step.frame]
    if step.together == "row":
        groups: NDArray[np.int64] = np.cumsum(np.diff(frame.records, prepend=frame.records[:1]) != 0, dtype=np.int64)
        return groups  # the rows of one record stand together, as all rows are in the order of their keys
    return step.kind.together({key: book.columns[name] for key, name in step.inputs.items()}, len(frame), step.terms)


def known_rows(inputs: Mapping[str, Exact], rows: int) -> Flags:
    """The rows of which every input is known."""
    known = np.ones(rows, dtype=bool)
    for column in inputs.values():
        known &= column.is_known()
    return known


def _unknown_inputs(step: Due, needed: Mapping[str, Exact], row: int) -> str:
    """What of a row is unknown that its kind needs: the base, or another value as the rule names it."""
    written = {key: wanted.written.text for key, wanted in step.kind.inputs().items()}
    lacking = [key for key, column in needed.items() if not column.is_known()[row]]
    said = [f"{written[key][:80]} ({key})" if key in written else f"its {key}" for key in sorted(lacking)]
    return " and ".join(said) + (" is unknown" if len(said) == 1 else " are unknown")


def unknown_rows(step: Step, frame: Frame, known: Flags, code: str, why: str | Callable[[int], str]) -> list[Problem]:
    """The rows that a rule may not guess, the first of them by name; `why` may tell them apart."""
    rows = np.flatnonzero(~known)
    problems = []
    for row in rows[:PROBLEMS_MAX]:
        place = Place(frame.table, field=str(frame.keys[row]))
        told = why if isinstance(why, str) else why(int(row))
        message = f"{step.title} cannot take {frame.table} {frame.keys[row]}: {told}"
        problems.append(Problem(code, message, place, _CURES[code]))
    if len(rows) > PROBLEMS_MAX:
        problems.append(Problem(code, f"and {len(rows) - PROBLEMS_MAX} rows more", step.place, ""))
    return problems


def _only(column: Exact, known: Flags) -> Exact:
    """A column that is unknown where a row is not paid."""
    if known.all():
        return column
    return Exact(np.where(known, column.numerator, 0), column.denominator, known & column.is_known())


def row_problems(step: Step, frame: Frame, faults: Sequence[RowFault]) -> list[Problem]:
    """The rows that a kind cannot pay or award."""
    return [_row_problem(step, frame, fault.row, *fault[1:4], fault.beside) for fault in faults]


def _row_problem(
    step: Step, frame: Frame, row: int, code: str, message: str, hint: str, beside: tuple[int, ...]
) -> Problem:
    also = f" (see {', '.join(str(frame.keys[other]) for other in beside[:5])})" if beside else ""
    key = str(frame.keys[row])
    return Problem(code, f"{step.title}, {frame.table} {key}: {message}{also}", Place(frame.table, field=key), hint)


def _beyond(step: Pay, frame: Frame, overflow: QuantityOverflow) -> Problem:
    """An amount that 64 bits do not hold, with the row that it is paid for."""
    problem, key = overflow.problems[0], frame.keys[overflow.row]
    message = f"{step.title} pays more for {frame.table} {key} than the books can hold"
    return Problem(problem.code, message, Place(frame.table, field=str(key)), problem.hint)
