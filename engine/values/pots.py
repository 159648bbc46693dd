"""A pool as its kind shares it, put together from the columns of a sheet that is written or was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from engine.values.plan import PARTNERS, Award
from engine.values.sheet import Frame, Sheet
from rules.calendar import Period
from rules.expressions.columnar import EPOCH
from rules.quantities.exact import Exact
from rules.sharing.base import Given, Pot, TableRows, zeros


def pot_of(
    step: Award, period: Period, frames: Mapping[str, Frame], columns: Mapping[str, Exact], before: Sequence[Sheet]
) -> Pot:
    """The pool of a step: its size, members and days, what is read beside them, and what the sheets of earlier
    periods, in order, hold of the same pool."""
    frame, size = frames[step.frame], columns[step.size].fraction(0)
    assert size is not None, "a pool has a size"
    rows = None
    if step.reads is not None:
        place = np.full(len(frames[PARTNERS]), -1, dtype=np.int64)
        place[frame.partners] = np.arange(len(frame))
        members = place[frames[step.reads].partners]
        rows = TableRows(members, {name: columns[column] for name, column in step.columns.items()})
    given = tuple(_given(step, frame, sheet) for sheet in before) if step.has_carry else ()
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
    then, now = np.asarray(sheet.frames[step.frame].keys), np.asarray(frame.keys)
    place = {str(key): at for at, key in enumerate(then.tolist())}
    at = np.array([place.get(str(key), -1) for key in now.tolist()], dtype=np.int64)
    layers, totals = [], []
    for layer in range(sum(name.startswith(f"{step.pool}.layer.") for name in sheet.columns)):
        paid = sheet.columns[layer_column(step, layer)]
        totals.append(paid.sum())
        found = zeros(len(now))
        if len(then):
            found = paid.take(np.maximum(at, 0)).where(at >= 0, found)
        layers.append(found)
    carry = sheet.columns[f"{step.name}.carry"].fraction(0) or Fraction(0)
    return Given(_last(sheet.period), tuple(layers), tuple(totals), carry)
