"""What a period paid by another version of the program, under the names by which the version at hand looks back at it.

In: the sheet of an earlier period as its own version wrote it. Out: the same sheet, in which a limit finds what its
payouts paid in the end, and a return what its row was paid in the end. A payout is the same by its name: one that the
other version did not have paid nothing. What has no counterpart is refused (F333); nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from engine.values import Deduct, Emptied, Facts, Frame, Gather, Limit, Pay, Plan, Reverse, Sheet, Step, TopUp
from engine.values.closing import BALANCES, SCORES
from engine.values.plan import Accumulate, Due, Multiply, ReadRows
from engine.values.versions import Version
from rules.calendar import Period
from rules.check.uses import columns_read
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact

THIS = "this"  # the digest of the version at hand, for one that looks back at it
_HINT = "keep this rule as it was until its stretch is over, or give the new one another name"


def seen_by(plan: Plan, sheet: Sheet, other: Plan, digest: str) -> Sheet:
    """A sheet that another version wrote, as a plan names what it looks back at; raises Refused where it can't."""
    seen = _Seen(sheet, other)
    for step in plan.steps:
        if isinstance(step, Limit):
            seen.limit(step, plan)
            seen.emptied(step.emptied)
        elif isinstance(step, TopUp):
            seen.top_up(step, plan)
        elif isinstance(step, Reverse):
            seen.paid_in_the_end(_frame_of(plan, step.lines), step.earlier)
        elif isinstance(step, Deduct):
            seen.emptied((step.emptied,))
    return seen.sheet(digest)


def refuse_other_facts(plan: Plan, other: Plan, by: Version | None, period: Period, facts: Facts) -> None:
    """Raise Refused where an earlier period's version counts other periods or money, or reads what is not there."""
    if other.calendar != plan.calendar or other.terms.currency != plan.terms.currency:
        raise _refused(period.name, "has another calendar or currency", plan.steps[-1].place)
    read = () if by is None else columns_read(by.meaning).keys() - {BALANCES, SCORES}  # which the books tell
    for table in sorted(read):
        if table not in facts.tables():
            raise _refused(period.name, f"reads {table}, of which there is no source any more", plan.steps[-1].place)


def refuse_other_rule(plan: Plan, other: Plan, period: str, name: str) -> None:
    """Raise Refused where two versions of a payout, the one with a column `name`, do not work out alike what is due."""
    payout = name.split(".")[0]
    mine, theirs = _rule(plan, payout), _rule(other, payout)
    if theirs and mine != theirs:
        what = f"works out {payout} otherwise, and what its tiers pay now rests on what they paid then"
        raise _refused(period, what, next(step.place for step in plan.steps if step.name.startswith(payout)))


def _rule(plan: Plan, payout: str) -> list[Step]:
    """The steps of a payout to what is due for its rows, wherever they are written."""
    kinds = ReadRows | Accumulate | Due | Multiply | Pay
    own = (step for step in plan.steps if isinstance(step, kinds) and step.name.split(".")[0] == payout)
    return [replace(step, place=Place()) for step in own if ".returns." not in step.name and ".limit." not in step.name]


class _Named(dict[str, Any]):
    """What a sheet holds, by name; to ask for anything else is refused."""

    def __init__(self, values: Mapping[str, Any], period: str) -> None:
        super().__init__(values)
        self.period = period

    def __missing__(self, name: str) -> Any:
        raise _refused(self.period, f"has no {name}, which is looked back at", Place())


class _Seen:
    """A sheet while names are put into it that its own version does not have, or means otherwise."""

    def __init__(self, sheet: Sheet, other: Plan) -> None:
        self._sheet, self._other, self._period = sheet, other, sheet.period.name
        self._frames, self._columns, self._frame_of = (
            _Named(each, self._period) for each in (sheet.frames, sheet.columns, sheet.frame_of)
        )
        gathers = [step for step in other.steps if isinstance(step, Gather)]
        self._left = {frame: column for step in gathers for column, frame in step.lines}
        self._paid = {step.frame: step.name for step in other.steps if isinstance(step, Pay)}
        for cap in _caps(other):
            if cap.limit.spec.excess == "lost":
                self._paid |= {frame: column for frame, _, column, _ in cap.tracks if frame in self._paid}
        self._put: dict[str, str] = {}

    def sheet(self, digest: str) -> Sheet:
        """The sheet with all names that were put."""
        named = (MappingProxyType(each) for each in (self._frames, self._columns, self._frame_of))
        frames, columns, frame_of = named
        return replace(self._sheet, frames=frames, columns=columns, frame_of=frame_of, version=digest)

    def limit(self, step: Limit, plan: Plan) -> None:
        """What the payouts of a limit paid, where it counts that."""
        if step.limit.spec.over == "period":
            return
        counterpart, is_last_whole = self._other.step(step.name), step.limit.spec.last == "none"
        is_alike = isinstance(counterpart, Limit) and self._is_alike(step, counterpart, plan)
        if isinstance(counterpart, Limit) and is_alike and not (is_last_whole and _most(step) != _most(counterpart)):
            return
        if is_last_whole and any(frame in self._left for frame, *_ in step.tracks):
            what = f"has another limit of {step.title}, and whether that came to its end says nothing of this one"
            raise _refused(self._period, what, step.place)
        lines = [(column, frame) for frame, _, column, _ in step.tracks]
        lines += [(f"{step.name}.released", f"{step.name}.released.rows")] if len(step.written) > len(lines) else []
        lines += [(column, f"{column}.rows") for column in step.floors]
        self._lines(lines, step)

    def top_up(self, step: TopUp, plan: Plan) -> None:
        """What the lines of a least came to, where it counts earlier periods."""
        if step.limit.spec.over == "period":
            return
        counterpart = self._other.step(step.name)
        is_same = isinstance(counterpart, TopUp) and counterpart.lines == step.lines
        if not (is_same and counterpart is not None and self._is_alike(step, counterpart, plan)):
            self._lines(step.lines, step)
        for back in step.returns:
            frame = f"{back.name}.rows"
            days = () if back.day is None else (back.day,)
            if frame not in self._sheet.frames:
                self._nothing(frame, (f"{back.name}.part_before", f"{back.name}.part_with", *days))

    def emptied(self, found: Iterable[Emptied]) -> None:
        """What rows and returns were due and paid that stand below each other in tiers."""
        for each in found:
            self.paid_in_the_end(each.rows.frame, each.earlier)
            for fall in (each.rows, *each.returns):
                if fall.frame not in self._sheet.frames:
                    self._nothing(fall.frame, (fall.lines,))

    def paid_in_the_end(self, frame: str, name: str) -> None:
        """What rows were paid in the end under a name."""
        if frame in self._paid:
            self._name(name, frame, self._paid[frame])
        else:
            self._nothing(frame, (name,))

    def _is_alike(self, step: Limit | TopUp, other: Step, plan: Plan) -> bool:
        """Whether a limit is the same but for its amount, and so are those beside it."""
        assert isinstance(other, Limit | TopUp), "limits are compared with limits"
        beside = [
            [(each.name, _spec(each)) for each in of.steps if isinstance(each, Limit | TopUp) and _beside(each, step)]
            for of in (self._other, plan)
        ]
        if beside[0] != beside[1] or type(step) is not type(other):
            return False
        return not (isinstance(step, Limit) and isinstance(other, Limit)) or (
            (step.written, step.floors, [track[0] for track in step.tracks])
            == (other.written, other.floors, [track[0] for track in other.tracks])
        )

    def _lines(self, lines: Iterable[tuple[str, str]], step: Step) -> None:
        """What is left of the lines of frames under other names; raises Refused where there are more than these."""
        wanted = {frame: column for column, frame in lines}
        for frame, column in wanted.items():
            if frame in self._left:
                self._name(column, frame, self._left[frame])
            else:
                self._nothing(frame, (column,))
        payouts = {frame.split(".")[0] for frame in wanted}
        for frame, column in self._left.items():
            is_uncounted = frame.split(".")[0] in payouts and frame not in wanted
            if is_uncounted and (self._sheet.columns[column].or_else(0).numerator != 0).any():
                what = f"paid {column}, which {step.title} does not count now"
                raise _refused(self._period, what, step.place)

    def _name(self, name: str, frame: str, source: str) -> None:
        if self._put.get(name, source) != source:
            what = f"has other limits, so that what {name.split('.')[0]} paid in the end can't be told"
            raise _refused(self._period, what, Place())
        self._put[name] = source
        self._columns[name], self._frame_of[name] = self._sheet.columns[source], frame

    def _nothing(self, frame: str, names: Iterable[str]) -> None:
        if frame not in self._sheet.frames:
            none = np.zeros(0, dtype=np.int64)
            self._frames[frame] = Frame("", np.array([], dtype=object), none, none)
        for name in names:
            length = len(self._frames[frame])
            known = np.zeros(length, dtype=bool)
            self._columns[name], self._frame_of[name] = Exact(np.zeros(length, dtype=np.int64), 1, known), frame


def _caps(plan: Plan) -> Iterator[Limit]:
    return (step for step in plan.steps if isinstance(step, Limit))


def _spec(step: Limit | TopUp) -> Mapping[str, Any]:
    return step.limit.spec.model_dump(exclude={"at_most", "at_least"})


def _most(step: Limit) -> tuple[object, ...]:
    """How much a limit lets through."""
    return step.limit.amount_minor, step.limit.spec.at_most, step.limit.of


def _beside(step: Limit | TopUp, other: Limit | TopUp) -> bool:
    return step.name.split(".")[0] == other.name.split(".")[0]


def _frame_of(plan: Plan, lines: str) -> str:
    return next(step.frame for step in plan.steps if isinstance(step, Pay) and step.name == lines)


def _refused(period: str, what: str, place: Place) -> Refused:
    message = f"{period} was locked with another version of the program, which {what}"
    return Refused(Problem("F333", message, place, _HINT))
