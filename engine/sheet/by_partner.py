"""Rules worked out for some partners after others, so that what they read is never held of all rows at once.

In: the steps that are left of a plan. Out: the columns that outlive their rule (what is due, where lines are rounded
together; else the lines), in frames of all rows. What crosses partners (rounding the lines of a row together, limits of
the program, pools) comes after, on those columns. Which partners are in a chunk decides neither an amount nor an order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

import numpy as np

from engine.sheet.book import Book
from engine.values import PARTNERS, Accumulate, Due, Facts, Frame, Multiply, Pay, Plan, ReadRows, Step
from rules.expressions.tree import columns
from rules.kinds.base import PayoutKind, ShareKind
from rules.quantities.exact import Exact
from rules.quantities.groups import sorted_by

CHUNK_ROWS = 1 << 21  # of the largest table that is read, so many are held at once
Work = Callable[[Step, Book], None]


def partners_held(plan: Plan, facts: Facts, count: Callable[[str], int]) -> int:
    """How many partners have about as many rows as are held at once; all of them where there are no more rows. `count`
    tells how many rows a table has."""
    tables = {step.table for step in plan.steps if isinstance(step, ReadRows)}
    rows, partners = max(map(count, tables), default=0), len(facts.partners())
    return max(1, -(-partners // max(1, -(-rows // CHUNK_ROWS))))


def separable(steps: Sequence[Step], book: Book) -> tuple[Step, ...]:
    """The steps whose columns need the rows of one partner alone, and nothing that is not in the book yet."""
    frames = {step.frame for step in steps if isinstance(step, Due) and step.kind.rounds_together is None}
    found: list[Step] = []
    known: set[str] = set()
    for step in steps:
        if not _is_separable(step, known, frames, book):
            continue
        found.append(step)
        known |= {step.name, *_written(step)}
    return tuple(found)


def by_partner(
    steps: Sequence[Step], rest: Sequence[Step], passing: Collection[str], book: Book, at_once: int, work: Work
) -> None:
    """Work out separable steps chunk after chunk, and write what the `rest` names, or what is not only `passing`."""
    outlives = named(rest)
    kept = [name for step in steps for name in _written(step) if name in outlives or name not in passing]
    needed = [{*kept} | named(steps[at + 1 :]) for at in range(len(steps))]
    parts: list[Book] = []
    keys = book.frames[PARTNERS].keys
    for start in range(0, len(keys), at_once):
        end = start + at_once
        part = book.of_partners((str(keys[start]), str(keys[end]) if end < len(keys) else None))
        for step, after in zip(steps, needed, strict=True):
            work(step, part)
            part.drop(part.columns.keys() - book.columns.keys() - after)
        parts.append(part)
    _join(parts, [step.name for step in steps if isinstance(step, ReadRows)], kept, book)


def _join(parts: Sequence[Book], names: Sequence[str], kept: Sequence[str], book: Book) -> None:
    """Write the frames and columns of all chunks in the order of the rows' keys; rows that several rules read at once,
    so that the chunks of one frame after the other can be let go."""
    alike: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        alike.setdefault(tuple(id(part.frames[name]) for part in parts), []).append(name)
    for members in alike.values():
        frames = [part.frames[members[0]] for part in parts]
        places = np.concatenate([part.places[members[0]] for part in parts])
        for part in parts:
            for name in members:
                del part.frames[name], part.places[name]
        shares = [np.zeros(len(each), dtype=np.int64) if each.shares is None else each.shares for each in frames]
        queue = sorted_by((places, np.concatenate(shares)))
        del places, shares
        book.frames.update(dict.fromkeys(members, Frame.joined(frames, queue)))
        del frames
        for column in kept:
            if parts[0].frame_of[column] in members:
                found = Exact.joined([part.columns.pop(column) for part in parts])
                book.write(column, parts[0].frame_of[column], found.take(queue))
                del found


def _is_separable(step: Step, known: Collection[str], frames: Collection[str], book: Book) -> bool:
    if isinstance(step, ReadRows):
        trees = [tree for tree, _ in step.measures.values()] + ([] if step.where is None else [step.where])
        values = {column.name for tree in trees for column in columns(tree) if column.table is None}
        has_credit = step.credit is None or step.credit in book.credits
        is_read = step.back is None and not step.fallen
        return step.name in frames and is_read and has_credit and values <= book.partner_columns().keys()
    if isinstance(step, Accumulate):
        return step.per == "partner" and all(frame in known for frame, *_ in step.over)
    if isinstance(step, Due):
        return step.frame in known and step.frame in frames and {*step.inputs.values()} <= {*known}
    if isinstance(step, Multiply):
        return step.due in known and {*step.inputs.values()} <= {*known}
    return isinstance(step, Pay) and step.due in known and step.together is None


def _written(step: Step) -> tuple[str, ...]:
    """The columns that a separable step writes."""
    if isinstance(step, ReadRows):
        return (*step.measures, *step.agreed)
    return step.columns if isinstance(step, Accumulate) else (step.name,)


class Ahead:
    """Which columns the steps that are left may still read, of those that are only `passing` on to their component."""

    def __init__(self, steps: Sequence[Step], passing: frozenset[str]) -> None:
        self.passing = passing
        self._named = {id(step): passing & named((step,)) for step in steps} if passing else {}
        self._left = Counter(name for each in self._named.values() for name in each)

    def pass_by(self, steps: Sequence[Step]) -> None:
        """These steps are worked out, or will be next."""
        for step in steps:
            self._left.subtract(self._named.get(id(step), ()))

    def done(self) -> frozenset[str]:
        """Those that no step names any more."""
        return frozenset(name for name in self.passing if not self._left[name])


def named(steps: Sequence[Step]) -> frozenset[str]:
    """What steps may read: every text in them that could be the name of a column."""
    return frozenset(name for step in steps for name in _named(step))


def _named(step: Step) -> Iterator[str]:
    """Every text in a step, its columns among them; one that rounds by row reads what is due alone."""
    if isinstance(step, Accumulate):
        yield from step.contracts
    if isinstance(step, Pay) and step.together != "frame":
        step = replace(step, inputs={})
    for each in fields(step):
        if each.name not in ("title", "place"):
            yield from _texts(getattr(step, each.name))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for key, each in value.items() for part in (key, each) for text in _texts(part))
    elif isinstance(value, tuple | list | frozenset):
        yield from (text for each in value for text in _texts(each))
    elif is_dataclass(value) and not isinstance(value, PayoutKind | ShareKind):
        yield from (text for each in fields(value) for text in _texts(getattr(value, each.name)))
