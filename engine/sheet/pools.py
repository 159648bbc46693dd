"""Pools: how large one is, what its members weigh or are awarded, and what each gets, to the last unit.

What crosses partners works on the frame of the members, and is worked out in one go. The pool is conserved: shares and
what is left add up to its size and what the house adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import zip_longest

import numpy as np

from engine.kpis import kpi_columns
from engine.sheet.awarded import COUNTED, ENTITLED, awarded_shares, carried_minor, keeps_back, with_stand_ins
from engine.sheet.book import Book
from engine.sheet.history import carry_over, keep_history
from engine.sheet.lines import PROBLEMS_MAX, unknown_rows
from engine.sheet.rolling import opening_of, program_frame
from engine.values import PROGRAM, Award, Facts, Frame, Share, Size, Solve, Weigh, Whole, layer_column, pot_of
from engine.values.locked import LockedPool
from engine.values.openings import after, last_rows
from engine.values.rolls import carried_of
from rules.active import active_days
from rules.expressions.evaluate import evaluate
from rules.kinds.base import RowFault
from rules.meaning import KpiMeaning
from rules.pools.meaning import CARRY
from rules.problem import Place, Problem, Refused
from rules.quantities.apportion import CONSERVING, Residue, apportion
from rules.quantities.exact import Exact, Flags, Integers, integers, total
from rules.sharing.base import Awards, common
from rules.sharing.bounded import bounded
from rules.sharing.bounds import bound_faults


def whole(step: Whole, book: Book, facts: Facts) -> None:
    """A KPI once for the whole program: from its own measures, from the KPIs of its formula, or averaged; or a sum of
    quotas."""
    program_frame(book)
    book.write(step.name, PROGRAM, _whole(step, book, facts))


def _whole(step: Whole, book: Book, facts: Facts) -> Exact:
    of = step.of
    if not isinstance(of, KpiMeaning):
        return Exact.of([book.columns[of.name].sum()])
    if of.is_averaged:
        column = book.columns[of.name]
        known = int(np.count_nonzero(column.is_known()))
        return Exact.of([column.sum() / known if known else None])
    measured = facts.measure_whole(of.measures)
    prefix = f"{PROGRAM}."
    named = {name.removeprefix(prefix): book.columns[name] for name in book.columns if name.startswith(prefix)}
    return kpi_columns(of, measured, named, book.period, 1).value


def size(step: Size, book: Book, facts: Facts) -> None:
    """The size of a pool in whole minor units."""
    one = np.zeros(1, dtype=np.int64)
    book.frames[step.name] = Frame(PROGRAM, np.array([""], dtype=object), one, one)
    found = step.size.amount_minor
    if found is None:
        assert step.size.of is not None, "a size is an amount or a part of one"
        value = evaluate(step.size.of, lambda column: _named(book, step.inputs[str(column)]))
        if value is None:
            hint = "see that each KPI that it names is known for the program, or write coalesce(x, 0)"
            raise Refused(Problem("F319", f"{step.title} has no size: {step.size.text} is unknown", step.place, hint))
        assert isinstance(value, Fraction | int), "a size was checked to be an amount"
        found = step.size.minor(Fraction(value), step.terms)
    if found < 0 and step.losses == "refuse":
        message = f"{step.title} is less than zero: {step.terms.amount(found)}"
        hint = "say losses: shared where members bear a loss, or write at_least: 0"
        raise Refused(Problem("K202", message, step.place, hint))
    released = 0
    if step.carries:
        released = step.released(opening_of(carried_of(step.name.removesuffix(".size")), book), found)
        book.write(f"{step.name}.released", step.name, Exact(integers([released])))
    book.write(step.name, step.name, Exact(integers([found + released])))


def _named(book: Book, name: str) -> Fraction | None:
    """What the whole program has of a column: the sum of what partners get, or a value of its own."""
    found = book.columns[name]
    return found.fraction(0) if name.startswith(f"{PROGRAM}.") else found.sum()


def solve(step: Solve, book: Book, facts: Facts) -> None:
    """One of the amounts that are defined by each other, exact; unknown where what it rests on is."""
    program_frame(book)
    known = {name: Exact.of([_named(book, column)]) for name, column in step.inputs.items()}
    book.write(step.name, PROGRAM, step.amounts.compute(known, 1)[step.amount])


def weigh(step: Weigh, book: Book, facts: Facts) -> None:
    """The weight of each member, for the days on which it was one where the pool says so."""
    frame = book.frames[step.frame]
    inputs = {key: book.columns[name] for key, name in step.inputs.items()}
    weights = step.kind.compute(inputs, len(frame))
    if step.days is not None:
        held, nobody = _held(step.days, book), Exact.constant(0, len(frame))
        weights = (weights * held).where(held.compare(nobody) > 0, nobody)  # of no day nothing needs to be known
    known = weights.is_known()
    if not known.all() and step.unknown == "refuse":
        raise Refused(*unknown_rows(step, frame, known, "F302", "its weight is unknown"))
    below_zero = known & (weights.numerator < 0)
    if below_zero.any():
        raise Refused(*unknown_rows(step, frame, ~below_zero, "F303", "its weight is less than zero"))
    book.write(step.name, step.frame, weights)


def _held(days: tuple[str, str], book: Book) -> Exact:
    """The part of the period's days on which each member was a partner, (members,)."""
    first, last = (book.columns[name] for name in days)
    return active_days(first, last, book.period) * Exact.constant(Fraction(1, book.period.days), len(first))


def award(step: Award, book: Book, facts: Facts) -> None:
    """What each member is awarded, exact, what is carried to the next period, and what the house adds."""
    frame = book.frames[step.frame]
    pot = Fraction(int(book.columns[step.size].numerator[0]))
    if step.may_be_empty and not len(frame):
        for key in ("house_adds", "carried", *(("carry",) if step.has_carry else ())):
            book.write(f"{step.name}.{key}", step.size, Exact.constant(0, 1))
        book.write(step.name, step.frame, Exact.constant(0, 0))
        return
    with _placed(step.place):
        found, added = _bounded(step, book, frame, pot) if step.kind is None else _awarded(step, book, frame, facts)
    to = {"unclaimed": step.unclaimed, "unshared": step.unclaimed}.get(found.left_name, found.left_name)
    for key, value in (("house_adds", added), ("carried", found.left if to == "carry" else Fraction(0))):
        book.write(f"{step.name}.{key}", step.size, Exact.of([value]))
    book.write(step.name, step.frame, found.exact)
    if found.carry is not None:
        book.write(f"{step.name}.carry", step.size, Exact.of([found.carry]))
    if step.keeps_history:
        for at, paid in enumerate(found.layers):
            book.write(layer_column(step, at), step.frame, paid)


def _awarded(step: Award, book: Book, frame: Frame, facts: Facts) -> tuple[Awards, Fraction]:
    """The awards of a kind; of members of whom nothing is unknown."""
    assert step.kind is not None, "a kind awards"
    inputs = {key: book.columns[name] for key, name in step.inputs.items()}
    for key, name in step.columns.items():
        of_row = book.columns[name].is_known()
        if step.reads is not None and not of_row.all():
            raise Refused(*_blank_cells(step, book.frames[step.reads], of_row, key, facts))
    known = np.ones(len(frame), dtype=bool)
    for column in inputs.values():
        known &= column.is_known()
    if not known.all() and step.unknown == "refuse":
        raise Refused(*unknown_rows(step, frame, known, "F302", "its claim is unknown"))
    if faults := step.kind.faulty(inputs, len(frame), step.terms):
        raise Refused(*_member_problems(step, frame, faults))
    for key, text in step.texts.items():
        inputs[key] = facts.codes(text).take(frame.partners)
        book.write(f"{step.name}.{key}", step.frame, inputs[key])
    told = last_rows(facts.openings(), book.period.start) if step.keeps_history else []
    before = book.earlier.since(after(told), book.period) if step.keeps_history else []
    return step.kind.award(inputs, pot_of(step, book.period, book.frames, book.columns, before, told)), Fraction(0)


def _blank_cells(step: Award, beside: Frame, known: Flags, key: str, facts: Facts) -> Iterator[Problem]:
    """The rows that a kind reads beside the members with a blank cell, each where that stands."""
    problems = unknown_rows(step, beside, known, "F301", f"its {key} is blank")
    blank = np.flatnonzero(~known)[:PROBLEMS_MAX]
    rows = dict(zip(beside.records[blank].tolist(), map(str, beside.keys[blank].tolist()), strict=True))
    for problem, place in zip_longest(problems, facts.cell_places(beside.table, rows, key)):
        yield replace(problem, place=place or problem.place, hint="fill in the cell")


def _bounded(step: Award, book: Book, frame: Frame, pot: Fraction) -> tuple[Awards, Fraction]:
    """The awards by weight within bounds: floors and caps in whole steps, so that no share is rounded past one."""
    assert step.weight is not None, "a pool without a kind of awards has weights"
    weights = common(book.columns[step.weight])
    is_known = weights.is_known()
    _refuse_nobody(step.title, step.place, weights)
    held = None if step.days is None else _held(step.days, book)
    if step.unknown == "house":
        weights = with_stand_ins(weights, held)
    if step.bounds is None:
        exact, left, added = weights * Exact.constant(pot / weights.sum(), len(frame)), Fraction(0), Fraction(0)
        left_name, entitled = "house", exact
    else:
        inputs = {key: book.columns[name] for key, name in step.inputs.items()}
        floors, caps = step.bounds.in_steps(inputs, len(frame), pot, step.terms, held)
        if faults := bound_faults(weights, pot, floors, caps, step.bounds, step.terms):
            raise Refused(*_member_problems(step, frame, faults))
        found = bounded(weights, pot, floors, caps, step.bounds, step.terms)
        exact, left, added, left_name = found.awards, found.left, found.from_house, found.left_name
        entitled = found.entitled
    if keeps_back(step):
        for key, column in ((ENTITLED, entitled), (COUNTED, exact)):
            book.write(f"{step.name}.{key}", step.frame, column)
    if not is_known.all():
        exact = Exact(exact.numerator, exact.denominator, exact.is_known() & is_known)
        exact = exact.where(is_known, Exact(np.zeros(len(frame), dtype=np.int64), 1, np.zeros(len(frame), dtype=bool)))
    return Awards(exact, left, left_name), added


def _member_problems(step: Award, frame: Frame, faults: Sequence[RowFault]) -> list[Problem]:
    """The members that cannot be awarded: what several have in common is told once, of the first and how many more."""
    alike: dict[tuple[str, str, str], list[int]] = {}
    for fault in faults:
        alike.setdefault(fault[1:4], []).append(fault.row)
    problems = []
    for (code, message, hint), rows in [*alike.items()][:PROBLEMS_MAX]:
        who = str(frame.keys[rows[0]])
        more = "" if len(rows) == 1 else f" and of {len(rows) - 1} more"
        problems.append(Problem(code, f"{step.title} of {who}{more}: {message}", step.place, hint))
    if len(alike) > PROBLEMS_MAX:
        code, rest = faults[0].code, [*alike.values()][PROBLEMS_MAX:]
        problems.append(Problem(code, f"and {sum(map(len, rest))} members more", step.place, ""))
    return problems


def _refuse_nobody(title: str, place: Place, weights: Exact) -> None:
    if not (weights.is_known() & (np.asarray(weights.numerator > 0, dtype=bool))).any():
        hint = "let someone take part, or leave the pool out"
        raise Refused(Problem("F304", f"nobody has a weight in {title}", place, hint))


def share(step: Share, book: Book, facts: Facts) -> None:
    """The shares of a pool in whole minor units, and what is left of it."""
    size_minor, adds = int(book.columns[step.size].numerator[0]), 0
    if step.component in book.locked:
        _share_as_posted(step, book.locked[step.component], size_minor, book)
        return
    if step.may_be_empty and not len(book.frames[step.frame]):
        _share_nothing(step, book, size_minor)
        return
    known, found = book.columns[step.weight].is_known(), None
    if step.is_awarded:
        found = awarded_shares(step, book)
        shares, adds = found.shares, found.adds
    else:
        shares = _in_proportion(step, book, size_minor)
        assert step.residue not in CONSERVING or total(shares) == size_minor, "a conserving policy leaves nothing"
    book.write(step.name, step.frame, Exact(shares, 1, None if known.all() else known))
    if (carry := book.columns.get(f"{step.weight}.carry")) is not None:
        paid = _carry_minor(step, carry.fraction(0) or Fraction(0), book.columns[step.weight].sum() - total(shares))
        book.write(f"{step.component}.{CARRY}", step.size, Exact(integers([paid])))
        keep_history(step, shares, paid, book)
    else:
        paid = 0
    left = size_minor + adds - total(shares)
    book.write(f"{step.component}.left", step.size, Exact(integers([left])))
    book.write(f"{step.component}.house_adds", step.size, Exact(integers([adds])))
    if found is not None and found.unscored is not None:
        book.write(f"{step.component}.unscored", step.size, Exact(integers([found.unscored])))
    if step.carries:
        kept = left if step.residue is Residue.CARRY else 0
        carry_over(step, kept if found is None else carried_minor(step, book, found, left - paid), book)


def _share_as_posted(step: Share, locked: LockedPool, size_minor: int, book: Book) -> None:
    """A pool whose shares were posted: they stay, and the rest of it is another."""
    keys = [str(key) for key in book.frames[step.frame].keys.tolist()]
    shares, known = (
        integers([locked.shares.get(key, 0) for key in keys]),
        np.array([key in locked.shares for key in keys]),
    )
    book.write(step.name, step.frame, Exact(shares, 1, known))
    book.write(f"{step.component}.left", step.size, Exact(integers([size_minor - total(shares)])))
    book.write(f"{step.component}.house_adds", step.size, Exact.constant(0, 1))
    if step.carries:
        more = 0 if locked.size_minor is None else size_minor - locked.size_minor
        carry_over(step, locked.carried_minor + more, book)


def _share_nothing(step: Share, book: Book, size_minor: int) -> None:
    """A pool of nobody: all of it is left."""
    book.write(step.name, step.frame, Exact.constant(0, 0))
    book.write(f"{step.component}.left", step.size, Exact(integers([size_minor])))
    book.write(f"{step.component}.house_adds", step.size, Exact.constant(0, 1))
    if step.carries:
        carry_over(step, 0, book)
    if f"{step.weight}.carry" in book.columns:
        book.write(f"{step.component}.{CARRY}", step.size, Exact.constant(0, 1))
        keep_history(step, integers([]), 0, book)


def _in_proportion(step: Share, book: Book, pot: int) -> Integers:
    """The shares of a pool by weight, 0 for who takes no part; writes the remainder of each share."""
    frame, weights = book.frames[step.frame], book.columns[step.weight]
    _refuse_nobody(step.title, step.place, weights)
    known = weights.is_known()
    scaled, _ = weights.take(known).scaled()
    how = step.residue, step.terms.step_minor, step.terms.rounding
    found = apportion(pot, scaled, frame.keys[known], *how)
    assert total(found.shares) + found.residue_minor == pot, "a pool is conserved"
    shares = np.zeros(len(frame), dtype=found.shares.dtype)
    remainders = np.zeros(len(frame), dtype=found.remainders.dtype)
    shares[known], remainders[known] = found.shares, found.remainders
    book.write(f"{step.component}.remainder", step.frame, Exact(remainders, 1, None if known.all() else known))
    return shares


def _carry_minor(step: Share, carry: Fraction, rest: Fraction) -> int:
    """What the carry is paid, or gives back, in whole minor units, rounded towards zero: with the rest that rounding
    leaves of what members are awarded, unless the pool says that this stays with the house or is carried to the next
    period."""
    if step.residue in (Residue.HOUSE, Residue.CARRY):
        return int(carry)  # towards zero
    paid = int((carry + rest) // 1)
    return paid if carry < 0 else max(paid, 0)  # below zero where a clawback takes it back


@contextmanager
def _placed(place: Place) -> Iterator[None]:
    """What a kind refuses is refused at the pool."""
    try:
        yield
    except Refused as refusal:
        found = (each if each.place != Place() else replace(each, place=place) for each in refusal.problems)
        raise Refused(*found) from None
