"""Re-use: steps that a change does not touch are not worked out again, for the period and for those before it.

In: evaluations of programs on the same facts. Out: the same sheets as without. While a step is worked out, all that it
reads of the book and of earlier sheets is written down, in order, with what it found there. A step of another program
that says the same, and finds the very same columns there, writes what this one wrote. Nothing rests on a list of what a
step might read: what it does not ask for can't change what it says.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import BaseModel

from engine.sheet.book import Book
from engine.sheet.by_partner import named
from engine.sheet.earlier import Earlier
from engine.values import Facts, Measured, Plan, Sheet, Step
from rules.calendar import Period
from rules.meaning import Meaning, MeasureMeaning
from rules.problem import Place

TRACES_MAX = 8  # of one step and period; those that were used last are held
_At: TypeAlias = tuple[Any, ...]  # what was read: of which mapping which name, or what was asked of earlier periods
_BOOK = ("columns", "frame_of", "frames", "credits", "measured")
_SHEET = ("columns", "frame_of", "frames", "credits")
_NONE = object()  # what is found under a name that is not there


@dataclass(frozen=True, slots=True, eq=False)
class _Trace:
    """What a step says, what it read in order with what it found, and what it wrote in order."""

    key: bytes
    reads: tuple[tuple[_At, Any], ...]
    writes: tuple[tuple[_At, Any], ...]


class Reuse:
    """What evaluations on the same facts share: the facts as each period sees them, measures, and steps with all that
    they read. `facts` have to be those that each of the programs reads."""

    def __init__(self, facts: Facts, period: Period) -> None:
        self._facts, self._period = facts, period
        self._at: dict[str, Facts] = {}
        self._measured: dict[tuple[str, bytes], Measured] = {}
        self._traces: dict[tuple[str, str], dict[int, _Trace]] = {}
        self._of_steps: dict[int, tuple[object, bytes | None]] = {}  # held, so that no other one gets its id
        self._named: dict[bytes, frozenset[str]] = {}
        self._counts: dict[str, int] = {}
        self._clock = 0
        self.worked_out = self.reused = 0  # steps, of all evaluations

    def fits(self, facts: Facts, period: Period) -> bool:
        """Whether it is of these facts and this period."""
        return facts is self._facts and period == self._period

    def begin(self) -> None:
        """Another program is evaluated now."""
        self._of_steps.clear()

    def count(self, table: str) -> int:
        """How many rows a table has."""
        if table not in self._counts:
            self._counts[table] = self._facts.count(table)
        return self._counts[table]

    def at(self, period: Period, by: Meaning | None = None) -> Facts:
        """The facts as another period sees them."""
        assert by is None, "what other versions of a program paid is worked out anew"
        if period.name not in self._at:
            self._at[period.name] = self._facts.at(period)
        return self._at[period.name]

    def measure(self, measures: Iterable[MeasureMeaning], facts: Facts, period: Period) -> Mapping[str, Measured]:
        """Measures by partner; those that were asked for before are not read again."""
        wanted = {each.name: (each, self._said(each)) for each in measures}
        missing = [each for each, key in wanted.values() if key is None or (period.name, key) not in self._measured]
        found = facts.measure(missing) if missing else {}
        for each in missing:
            if (key := wanted[each.name][1]) is not None:
                self._measured[period.name, key] = found[each.name]
        return {
            name: found[name] if name in found or key is None else self._measured[period.name, key]
            for name, (_, key) in wanted.items()
        }

    def of_plan(self, plan: Plan) -> Mapping[int, bytes | None]:
        """What each step of a plan says, by the step's id: equal for steps that say the same, wherever they stand; None
        where that can't be told."""
        shared = said((plan.calendar, plan.terms))
        keys = ((step, self._said(step)) for step in plan.steps)
        return {id(step): None if key is None or shared is None else shared + key for step, key in keys}

    def named(self, step: Step) -> frozenset[str]:
        """Every text in a step."""
        key = self._said(step)
        if key is None:
            return named((step,))
        if key not in self._named:
            self._named[key] = named((step,))
        return self._named[key]

    def _said(self, value: object) -> bytes | None:
        if id(value) not in self._of_steps:
            self._of_steps[id(value)] = value, said(value)
        return self._of_steps[id(value)][1]

    def work(self, step: Step, key: bytes | None, book: Book, work: Callable[[Step, Book], None]) -> None:
        """Write what a step says into a book: as it was worked out before, where it finds the same, or anew."""
        traces = self._traces.setdefault((book.period.name, step.name), {})
        self._clock += 1
        for at, trace in reversed(traces.items()):
            if trace.key == key and _is_met(trace, book):
                _write(trace, book)
                traces[self._clock] = traces.pop(at)
                self.reused += 1
                return
        self.worked_out += 1
        log = _Log()
        work(step, _watched(book, log))
        if key is not None:
            traces[self._clock] = _Trace(key, tuple(log.reads.items()), tuple(log.writes.items()))
            if len(traces) > TRACES_MAX:
                del traces[min(traces)]


def said(value: object) -> bytes | None:
    """What a value of a program says, all of it but where it is written; None where it holds what has no such form.

    >>> said(Place("a.yaml", 1)) == said(Place("a.yaml", 2)), said(1) == said("1")
    (True, False)
    """
    text = io.BytesIO()
    pickler = _Said(text, protocol=5)
    pickler.fast = (
        True  # each part is written out: equal values give equal bytes, whichever of them are the same object
    )
    try:
        pickler.dump(value)
    except (pickle.PicklingError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    return text.getvalue()


class _Said(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Place):
            return Place, ()
        if isinstance(value, Fraction):
            return Fraction, (value.numerator, value.denominator)
        if isinstance(value, MappingProxyType):
            return dict, (tuple(value.items()),)
        if isinstance(value, BaseModel):
            private = value.__pydantic_private__, value.__pydantic_extra__
            return type(value), (tuple(value.__dict__.items()), sorted(value.model_fields_set), private)
        if is_dataclass(value) and not isinstance(value, type):
            return type(value), tuple([getattr(value, name) for name in _names(type(value))])
        return NotImplemented


@cache
def _names(of: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(of))


class _Log:
    """What a step reads and writes, in order; what it wrote itself is not read."""

    __slots__ = ("reads", "writes")

    def __init__(self) -> None:
        self.reads: dict[_At, Any] = {}
        self.writes: dict[_At, Any] = {}

    def read(self, at: _At, found: Any) -> None:
        if at not in self.writes:
            self.reads.setdefault(at, found)


class _Watched(MutableMapping[str, Any]):
    """A mapping of a book or a sheet, of which each name that is asked for is written down, and whether it is there."""

    __slots__ = ("_at", "_log", "_of")

    def __init__(self, at: _At, of: Any, log: _Log) -> None:
        self._at, self._of, self._log = at, of, log

    def __getitem__(self, name: str) -> Any:
        found = self._of.get(name, _NONE)
        self._log.read((*self._at, name), found)
        if found is _NONE:
            raise KeyError(name)
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        self._log.writes[*self._at, name] = value
        self._of[name] = value

    def __delitem__(self, name: str) -> None:
        raise TypeError("a step takes nothing away")

    def __iter__(self) -> Iterator[str]:
        before = tuple(name for name in self._of if (*self._at, name) not in self._log.writes)
        self._log.read((*self._at, None), before)
        return iter(tuple(self._of))

    def __len__(self) -> int:
        return len(tuple(iter(self)))


class _WatchedEarlier(Earlier):
    """The earlier periods of a book, of whose sheets each column that is asked for is written down."""

    def __init__(self, of: Earlier, log: _Log) -> None:
        self._of, self._log = of, log
        self.sheets, self.credits = of.sheets, _Watched(("before",), of.credits, log)
        self._seen: dict[str, Sheet] = {}

    @property
    def first(self) -> date:
        found: date = self._asked("first")
        return found

    @property
    def last(self) -> date:
        found: date = self._asked("last")
        return found

    def since(self, first: date, period: Period) -> list[Sheet]:
        return [self._watched(self._of.sheet(each)) for each in self._asked("since", first, period)]

    def holding(self, day: date, period: Period) -> Sheet | None:
        return self._one(self._asked("holding", day, period))

    def back(self, period: Period, periods: int) -> Sheet | None:
        return self._one(self._asked("back", period, periods))

    def sheet(self, period: Period) -> Sheet:
        return self._watched(self._of.sheet(period))

    def refuse_other_rule(self, name: str, period: Period, sheet: Sheet | None = None) -> None:
        self._of.refuse_other_rule(name, period, sheet)

    def _asked(self, *asked: Any) -> Any:
        found = _answer(self._of, asked)
        self._log.read(("earlier", *asked), found)
        return found

    def _one(self, period: Period | None) -> Sheet | None:
        return None if period is None else self._watched(self._of.sheet(period))

    def _watched(self, sheet: Sheet) -> Sheet:
        name = sheet.period.name
        if name not in self._seen:
            self._log.read(("earlier", "sheet", sheet.period), sheet.period)
            parts: dict[str, Any] = {of: _Watched(("sheet", name, of), getattr(sheet, of), self._log) for of in _SHEET}
            # What an earlier sheet itself looked back at is no part of what it says: a step asks the book for it.
            self._seen[name] = replace(sheet, **parts, earlier=_Hidden())
        return self._seen[name]


class _Hidden(Mapping[str, Sheet]):
    """Sheets that nobody may ask for by this way."""

    def __getitem__(self, name: str) -> Sheet:
        raise TypeError("a step asks the book for earlier sheets")

    def __iter__(self) -> Iterator[str]:
        raise TypeError("a step asks the book for earlier sheets")

    def __len__(self) -> int:
        raise TypeError("a step asks the book for earlier sheets")


def _answer(earlier: Earlier, asked: tuple[Any, ...]) -> Any:
    """What is asked of earlier periods, with the periods of sheets in place of sheets."""
    what, *about = asked
    if what in ("first", "last"):
        return getattr(earlier, what)
    found = getattr(earlier, what)(*about)
    if isinstance(found, list):
        return tuple(each.period for each in found)
    return None if found is None else found.period


def _watched(book: Book, log: _Log) -> Book:
    parts: dict[str, Any] = {of: _Watched((of,), getattr(book, of), log) for of in _BOOK}
    return replace(book, **parts, earlier=_WatchedEarlier(book.earlier, log))


def _is_met(trace: _Trace, book: Book) -> bool:
    """Whether a book holds all that a step found, in the order in which it asked: up to where they differ, nothing is
    looked at that the step would not look at itself."""
    return all(_found(at, book) == found for at, found in trace.reads)


def _found(at: _At, book: Book) -> Any:
    if at[0] == "earlier":
        return _answer(book.earlier, at[1:])
    if at[0] == "sheet":
        mapping = getattr(book.earlier.sheets[at[1]], at[2])
    else:
        mapping = book.earlier.credits if at[0] == "before" else getattr(book, at[0])
    return tuple(mapping) if at[-1] is None else mapping.get(at[-1], _NONE)


def _write(trace: _Trace, book: Book) -> None:
    for at, value in trace.writes:
        mapping = book.earlier.credits if at[0] == "before" else getattr(book, at[0])
        mapping[at[-1]] = value
