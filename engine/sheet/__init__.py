"""Evaluate: a plan on facts becomes a sheet of columns, each written once.

In: a plan, facts, a period. Out: the sheet. One function for each kind of step, none of which knows a kind of rule;
what is known of no row (a base that is blank, a weight that is unknown) is refused with its place, or left out where
the rule says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.kpis import kpi_columns
from engine.scoring import scored_columns
from engine.sheet.book import Book
from engine.values import (
    PARTNERS,
    Facts,
    Frame,
    Gather,
    Kpi,
    Pay,
    Plan,
    ReadRows,
    Score,
    Share,
    Sheet,
    Size,
    Step,
    Sum,
    Weigh,
    frozen,
)
from rules.calendar import Period
from rules.problem import Place, Problem, Refused
from rules.quantities.apportion import CONSERVING, apportion
from rules.quantities.exact import Exact, Flags, group_total, integers, total
from rules.quantities.rounding import QuantityOverflow

PROBLEMS_MAX = 20


def evaluate(plan: Plan, facts: Facts, period: Period) -> Sheet:
    """Work out every step of a plan; raises Refused where a rule meets a value that it may not guess."""
    measures = [measure for step in plan.steps if isinstance(step, Kpi) for measure in step.kpi.measures]
    book = Book(period, {PARTNERS: facts.partners()}, facts.measure(measures))
    for step in plan.steps:
        _EVALUATORS[type(step)](step, book, facts)
    return Sheet(period, frozen(book.frames), frozen(book.columns), frozen(book.frame_of))


def _read_rows(step: ReadRows, book: Book, facts: Facts) -> None:
    rows = facts.rows(step.table, step.where, step.dated, step.measures, book.partner_columns())
    book.frames[step.name] = rows.frame
    for name, column in rows.measures.items():
        book.write(name, step.name, column)


def _kpi(step: Kpi, book: Book, facts: Facts) -> None:
    rows = len(book.frames[PARTNERS])
    found = kpi_columns(step.kpi, book.measured, book.partner_columns(), book.period, rows)
    for name, column in (("numerator", found.numerator), ("denominator", found.denominator)):
        if column is not None:
            book.write(f"{step.name}.{name}", PARTNERS, column)
    book.write(step.name, PARTNERS, found.value)


def _score(step: Score, book: Book, facts: Facts) -> None:
    try:
        columns = scored_columns(step.scorecard, book.partner_columns(), facts)
    except QuantityOverflow as overflow:
        who = facts.partners().keys[overflow.row]
        hint = "check the multipliers and the points of its scales"
        message = f"the score of {who} is beyond what can be held"
        raise Refused(Problem("K104", message, step.place, hint)) from None
    for name, column in columns.items():
        book.write(name, PARTNERS, column)


def _pay(step: Pay, book: Book, facts: Facts) -> None:
    frame = book.frames[step.frame]
    inputs = {key: book.columns[name] for key, name in step.inputs.items()}
    known = _known(inputs, len(frame))
    if not known.all() and step.unknown == "refuse":
        raise Refused(*_unknown_rows(step, frame, known, "F301", "its base is unknown"))
    filled = {key: column.or_else(0) for key, column in inputs.items()}
    try:
        amounts = step.kind.compute(filled, len(frame), step.terms)
    except QuantityOverflow as overflow:
        raise Refused(_beyond(step, frame, overflow)) from None
    book.write(step.name, step.frame, Exact(np.where(known, amounts, 0), 1, None if known.all() else known))


def _gather(step: Gather, book: Book, facts: Facts) -> None:
    frame = book.frames[step.frame]
    partners = len(book.frames[PARTNERS])
    if step.column is None:
        sums = Exact(np.bincount(frame.partners, minlength=partners).astype(np.int64))
    else:
        lines = book.columns[step.column]
        numerators, below = lines.scaled()
        sums = Exact(group_total(numerators, frame.partners, partners), below)
        assert sums.sum() == lines.sum(), f"{step.name} loses nothing on the way to partners"
    book.write(step.name, PARTNERS, sums)


def _size(step: Size, book: Book, facts: Facts) -> None:
    one = np.zeros(1, dtype=np.int64)
    book.frames[step.name] = Frame("program", np.array([""], dtype=object), one, one)
    book.write(step.name, step.name, Exact(integers([step.size_minor])))


def _weigh(step: Weigh, book: Book, facts: Facts) -> None:
    frame = book.frames[step.frame]
    inputs = {key: book.columns[name] for key, name in step.inputs.items()}
    weights = step.kind.compute(inputs, len(frame))
    known = weights.is_known()
    if not known.all() and step.unknown == "refuse":
        raise Refused(*_unknown_rows(step, frame, known, "F302", "its weight is unknown"))
    below_zero = known & (weights.numerator < 0)
    if below_zero.any():
        raise Refused(*_unknown_rows(step, frame, ~below_zero, "F303", "its weight is less than zero"))
    book.write(step.name, step.frame, weights)


def _share(step: Share, book: Book, facts: Facts) -> None:
    frame, weights = book.frames[step.frame], book.columns[step.weight]
    size_minor = int(book.columns[step.size].numerator[0])
    known = weights.is_known()
    members = weights.take(known)
    scaled, _ = members.scaled()
    if not len(members) or not (scaled > 0).any():
        hint = "let someone take part, or leave the pool out"
        raise Refused(Problem("F304", f"nobody has a weight in {step.title}", step.place, hint))
    keys = frame.keys[known]
    result = apportion(size_minor, scaled, keys, step.residue, step=step.terms.step_minor, mode=step.terms.rounding)
    assert total(result.shares) + result.residue_minor == size_minor, "a pool is conserved"
    assert step.residue not in CONSERVING or not result.residue_minor, "a conserving policy leaves nothing"
    shares = np.zeros(len(frame), dtype=result.shares.dtype)
    shares[known] = result.shares
    remainders = np.zeros(len(frame), dtype=object)
    remainders[known] = result.remainders
    book.write(step.name, step.frame, Exact(shares, 1, None if known.all() else known))
    book.write(f"{step.component}.remainder", step.frame, Exact(remainders, 1, None if known.all() else known))
    book.write(f"{step.component}.left", step.size, Exact(integers([result.residue_minor])))


def _sum(step: Sum, book: Book, facts: Facts) -> None:
    total = Exact.constant(0, len(book.frames[PARTNERS]))
    for part in step.parts:
        total = total + book.columns[part]
    book.write(step.name, PARTNERS, total)


_EVALUATORS: Mapping[type[Step], Callable[[Any, Book, Facts], None]] = {
    Kpi: _kpi,
    Score: _score,
    ReadRows: _read_rows,
    Pay: _pay,
    Gather: _gather,
    Size: _size,
    Weigh: _weigh,
    Share: _share,
    Sum: _sum,
}


_CURES: Mapping[str, str] = {
    "F301": "fill in the cell, narrow the rule by where:, or say unknown: leave_out",
    "F302": "fill in the cell, narrow the pool by among:, or say unknown: leave_out",
    "F303": "narrow the pool by among:, or write greatest(x, 0) as its weight",
}


def _known(inputs: Mapping[str, Exact], rows: int) -> Flags:
    known = np.ones(rows, dtype=bool)
    for column in inputs.values():
        known &= column.is_known()
    return known


def _beyond(step: Pay, frame: Frame, overflow: QuantityOverflow) -> Problem:
    """An amount that 64 bits do not hold, with the row that it is paid for."""
    problem, key = overflow.problems[0], frame.keys[overflow.row]
    message = f"{step.title} pays more for {frame.table} {key} than the books can hold"
    return Problem(problem.code, message, Place(frame.table, field=str(key)), problem.hint)


def _unknown_rows(step: Step, frame: Frame, known: Flags, code: str, why: str) -> list[Problem]:
    """The rows that a rule may not guess, the first of them by name."""
    rows = np.flatnonzero(~known)
    problems = []
    for row in rows[:PROBLEMS_MAX]:
        place = Place(frame.table, field=str(frame.keys[row]))
        hint = _CURES[code]
        problems.append(Problem(code, f"{step.title} cannot take {frame.table} {frame.keys[row]}: {why}", place, hint))
    if len(rows) > PROBLEMS_MAX:
        problems.append(Problem(code, f"and {len(rows) - PROBLEMS_MAX} rows more", step.place, ""))
    return problems
