"""Re-use: steps that a change does not touch are not worked out again, for the period and for those before it.

In: evaluations of programs on the same facts. Out: the same sheets as without. While a step is worked out, all that it
reads of the book and of earlier sheets is written down, in order, with what it found there. A step of another program
that says the same, and finds the very same columns there, writes what this one wrote. Nothing rests on a list of what a
step might read: what it does not ask for can't change what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias, cast

from engine.sheet.alike import alike
from engine.sheet.book import Book
from engine.sheet.earlier import Earlier
from engine.sheet.remembered import Remembered
from engine.values import Facts, Plan, Sheet, Step
from engine.values.texts import Texts
from rules.calendar import Period
from rules.meaning import Meaning

TRACES_MAX = 8  # of one step and period; those that were used last are held
COMPARED_MAX = 3  # what a step wrote before, with which what it writes now is compared
_At: TypeAlias = tuple[Any, ...]  # what was read: of which mapping which name, or what was asked of earlier periods
_BOOK = ("columns", "frame_of", "frames", "credits", "measured")
_SHEET = ("columns", "frame_of", "frames", "credits")
_Work: TypeAlias = Callable[[Step, Book], None]


class Reuse:
    """What evaluations on the same facts share: the facts as each period sees them, and steps with all that they read.
    `facts` have to be those that each of the programs reads."""

    def __init__(self, facts: Facts, period: Period) -> None:
        self._facts, self._period = facts, period
        self._at: dict[str, Facts] = {}
        self._traces: dict[tuple[str, str], list[_Trace]] = {}
        self._known: dict[str, list[tuple[Any, Any]]] = {}  # what steps of a name say: the first, and the last alike
        self._of_steps: dict[int, tuple[Step, Step]] = {}  # a step is held, so that no other one gets its id
        self._frame: object = None
        self._answers: dict[_At, Any] = {}
        self.texts = Texts()
        self.worked_out = self.reused = 0  # steps, of all evaluations

    def fits(self, facts: Facts, period: Period) -> bool:
        """Whether it is of these facts and this period."""
        return facts is self._facts and period == self._period

    def begin(self, plan: Plan) -> Facts:
        """Another program is evaluated now, on the facts that are given."""
        self._of_steps.clear()
        self._answers.clear()
        self._frame = self._once("", (plan.calendar, plan.terms))
        return self.at(self._period)

    def at(self, period: Period, by: Meaning | None = None) -> Facts:
        """The facts as a period sees them."""
        assert by is None, "what other versions of a program paid is worked out anew"
        if period.name not in self._at:
            facts = self._facts if period == self._period else self._facts.at(period)
            self._at[period.name] = cast(Facts, Remembered(facts))
        return self._at[period.name]

    def work(self, step: Step, book: Book, work: _Work) -> None:
        """Write what a step says into a book: as it was worked out before, where it finds the same, or anew."""
        if id(step) not in self._of_steps:
            self._of_steps[id(step)] = step, self._once(step.name, step)
        own = self._of_steps[id(step)][1]
        traces = self._traces.setdefault((book.period.name, step.name), [])
        for at in range(len(traces) - 1, -1, -1):
            trace = traces[at]
            if trace.says is own and trace.frame is self._frame and trace.is_met(book, self._answers):
                trace.write(book)
                traces.append(traces.pop(at))
                self.reused += 1
                return
        self.worked_out += 1
        log = _Log()
        work(step, _watched(book, log))
        _as_before(log, traces, book)
        traces.append(_Trace(own, self._frame, log))
        del traces[:-TRACES_MAX]

    def _once(self, name: str, value: Any) -> Any:
        """The first that said the same of those that are held: equal values are one and the same object then."""
        held = self._known.setdefault(name, [])
        for at in range(len(held) - 1, -1, -1):
            first, last = held[at]
            if alike(last, value):  # of the last one the most parts are the very same, and need no look
                del held[at]
                held.append((first, value))
                return first
        held.append((value, value))
        del held[: -2 * TRACES_MAX]
        return value


class _Trace:
    """What a step says, what it read with what it found, and what it wrote in order.

    What it read of the book is looked up at once; what it asked of earlier periods is asked in the same order, after
    that: up to where they differ, no period is worked out that the step itself would not look at.
    """

    __slots__ = ("_asked", "_listed", "_read", "_writes", "frame", "says")

    def __init__(self, says: Step, frame: object, log: _Log) -> None:
        self.says, self.frame = says, frame
        self._asked = [each for each in log.reads.items() if each[0][0] not in _BOOK]
        own = [(at, found) for at, found in log.reads.items() if at[0] in _BOOK]
        self._listed = [(of, found) for (of, name), found in own if name is None]
        self._read = []
        for of in _BOOK:
            names = [name for (each, name), _ in own if each == of and name is not None]
            if names:
                self._read.append((of, names, [log.reads[of, name] for name in names]))
        self._writes: dict[str, dict[str, Any]] = {}
        for (of, name), value in log.writes.items():
            self._writes.setdefault(of, {})[name] = value

    def is_met(self, book: Book, answers: dict[_At, Any]) -> bool:
        """Whether a book holds all that the step found; `answers` are those of earlier periods so far."""
        for of, names, found in self._read:
            if [*map(getattr(book, of).get, names)] != found:
                return False
        for of, listed in self._listed:
            if tuple(getattr(book, of)) != listed:
                return False
        return all(_found(at, book, answers) == found for at, found in self._asked)

    def write(self, book: Book) -> None:
        """Write what the step wrote."""
        for of, values in self._writes.items():
            _written_to(book, of).update(values)

    def wrote(self, at: _At) -> Any:
        """What it wrote there; None where it wrote nothing."""
        return self._writes.get(at[0], {}).get(at[1])


def _as_before(log: _Log, traces: list[_Trace], book: Book) -> None:
    """Where a step says the same as it did before, have the very same columns again: what rests on them is met."""
    for at, value in log.writes.items():
        seen: list[Any] = []
        for trace in reversed(traces):
            before = trace.wrote(at)
            if before is None or any(before is each for each in seen):
                continue
            if alike(before, value):
                log.writes[at] = _written_to(book, at[0])[at[1]] = before
                break
            seen.append(before)
            if len(seen) == COMPARED_MAX:
                break


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
        found = self._of.get(name)
        self._log.read((*self._at, name), found)
        if found is None:
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


def _found(at: _At, book: Book, answers: dict[_At, Any]) -> Any:
    """What a book holds of earlier periods, where a step read something."""
    if at[0] == "earlier":
        if at not in answers:
            answers[at] = _answer(book.earlier, at[1:])
        return answers[at]
    mapping = book.earlier.credits if at[0] == "before" else getattr(book.earlier.sheets[at[1]], at[2])
    return tuple(mapping) if at[-1] is None else mapping.get(at[-1])


def _written_to(book: Book, of: str) -> MutableMapping[str, Any]:
    found: MutableMapping[str, Any] = book.earlier.credits if of == "before" else getattr(book, of)
    return found
