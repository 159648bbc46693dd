"""A pool as its kind shares it, put together from the columns of a sheet that is written or was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from engine.values.openings import OpeningRow, after
from engine.values.plan import ACCOUNTS, PARTNERS, PROGRAM
from engine.values.plan_pools import Award
from engine.values.rolls import PAID, carry_of, layer_of
from engine.values.sheet import Frame, Sheet
from rules.calendar import Period
from rules.expressions.columnar import EPOCH
from rules.quantities.exact import Exact, integers
from rules.sharing.base import Given, Pot, TableRows


def pot_of(
    step: Award,
    period: Period,
    frames: Mapping[str, Frame],
    columns: Mapping[str, Exact],
    before: Sequence[Sheet],
    told: Sequence[OpeningRow] = (),
) -> Pot:
    """The pool of a step: its size, members and days, what is read beside them, and what it paid before: what the last
    rows of the table of balances tell of it, and what the sheets of the periods since, in order, hold."""
    frame, size = frames[step.frame], columns[step.size].fraction(0)
    assert size is not None, "a pool has a size"
    rows = None
    if step.reads is not None:
        place = np.full(len(frames[PARTNERS]), -1, dtype=np.int64)
        place[frame.partners] = np.arange(len(frame))
        members = place[frames[step.reads].partners]
        rows = TableRows(members, {name: columns[column] for name, column in step.columns.items()})
    given: tuple[Given, ...] = ()
    if step.keeps_history:
        since = (sheet for sheet in before if sheet.period.start >= after(told))
        given = (*_told(step, frame, told), *(_given(step, frame, sheet) for sheet in since))
    first = (period.start - EPOCH).days
    return Pot(size, step.terms, np.asarray(frame.keys), _last(period), rows, given, first)


def sheets_before(sheet: Sheet) -> list[Sheet]:
    """The sheets of all periods before that of a sheet which it looked back at, in order."""
    earlier = (each for each in sheet.earlier.values() if each.period.end <= sheet.period.start)
    return sorted(earlier, key=lambda each: each.period.start)


def layer_column(step: Award, at: int) -> str:
    """The column of what the layer at an index paid the members."""
    return f"{step.pool}.layer.{at + 1}"


def _last(period: Period) -> int:
    return (period.end - EPOCH).days - 1


def _given(step: Award, frame: Frame, sheet: Sheet) -> Given:
    """What an earlier period gave the members of now, and everybody in all."""
    keys, count = sheet.frames[ACCOUNTS].keys.tolist(), len(_names(step))
    paid = [sheet.columns[f"{ACCOUNTS}.{layer_of(step.pool, at)}.{PAID}"].numerator.tolist() for at in range(count)]
    carry = int(sheet.columns[f"{PROGRAM}.{carry_of(step.pool)}.{PAID}"].numerator[0])
    return _given_on(_last(sheet.period), [dict(zip(keys, each, strict=True)) for each in paid], carry, frame)


def _told(step: Award, frame: Frame, told: Sequence[OpeningRow]) -> Iterator[Given]:
    """What the table of balances tells that was paid before, by its day."""
    names, carry = _names(step), carry_of(step.pool)
    days: dict[int, tuple[list[dict[str, int]], list[int]]] = {}
    for row in told:
        if row.balance in (*names, carry):
            day = ((row.released_on or row.as_of) - EPOCH).days
            layers, carries = days.setdefault(day, ([{} for _ in names], []))
            if row.balance == carry:
                carries.append(row.amount_minor or 0)
            else:
                of = layers[names.index(row.balance)]
                of[row.partner] = of.get(row.partner, 0) + (row.amount_minor or 0)
    for day, (layers, carries) in sorted(days.items()):
        yield _given_on(day, layers, sum(carries), frame)


def _names(step: Award) -> tuple[str, ...]:
    """The balances of its layers."""
    assert step.kind is not None, "a kind has layers"
    return tuple(layer_of(step.pool, at) for at in range(len(step.kind.layer_names)))


def _given_on(day: int, layers: Sequence[Mapping[str, int]], carry: int, frame: Frame) -> Given:
    """What was given on a day, by layer and partner."""
    mine = tuple(Exact(integers([paid.get(key, 0) for key in frame.keys.tolist()])) for paid in layers)
    return Given(day, mine, tuple(Fraction(sum(paid.values())) for paid in layers), Fraction(carry))
