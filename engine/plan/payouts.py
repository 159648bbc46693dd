"""The steps of a payout: rows to what is due, multiplied, rounded once, taken back, limited, and summed to partners.

In: what a payout rule means. Out: its steps in order. The rows and each kind of return go their own way (a track), and
count together where the rule adds up, limits and sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.values import (
    PARTNERS,
    RECORD,
    Accumulate,
    Back,
    Deduct,
    Due,
    Emptied,
    Fall,
    Gather,
    Limit,
    Multiply,
    Pay,
    ReadRows,
    Reverse,
    Step,
    Taken,
    TopUp,
)
from engine.values.agreed import AgreedTerm
from rules.crediting.meaning import CREDIT, SHARE
from rules.expressions.expression import Written
from rules.expressions.tree import And, Arithmetic, Column, Expression, Type, words
from rules.kinds.base import TERM
from rules.payouts.meaning import LimitMeaning, PayoutMeaning, ReturnMeaning, Typed
from rules.payouts.multiplier import Multiplier

_SHARE = Column(CREDIT, SHARE)


def payout_steps(payout: PayoutMeaning, final: str = "") -> Iterator[Step]:
    """Every step of a payout, the last of which sums its lines to partners; `final` is the column of what is left of
    those of its rows, where a limit over several payouts says that.

    Returns that empty the highest tiers first go the same way as the rows that they take back, below zero; the others
    take back what was paid.
    """
    name, running = payout.name, payout.running
    tracks = _tracks(payout)
    added = [track for track in tracks if track.back is None or track.is_added]
    for track in (*tracks[1:], tracks[0]) if tracks[0].is_apart else tracks:  # returns tell which rows are read
        yield track.read()
    if running is not None:
        names = [(track, f"{track.name}.{running.of}", f"{track.name}.before") for track in added]
        over = tuple((track.frame, of, before, track.order) for track, of, before in names)
        what = "" if running.of == "base" else f"{words(payout.inputs[running.of][0])} "
        how = running.over, running.per, tracks[0].is_apart
        yield Accumulate(f"{name}.before", f"{what}added up before", payout.place, over, *how)
    for track in added:
        yield from track.lines()
    for track in tracks:
        if track not in added:
            yield track.reverse(_paid_in_the_end(payout, final))
        elif track.back is not None:
            yield track.deduct([each.due for each in added], undone(payout, final, is_first=True)[1][0])
    yield from _limited(payout, tracks, final)


def _tracks(payout: PayoutMeaning) -> list[Track]:
    return [Track(payout, None), *(Track(payout, each) for each in payout.returns)]


def _limited(payout: PayoutMeaning, tracks: list[Track], final: str) -> Iterator[Step]:
    """The limits of a payout and the sum of what is left: first what cuts its lines, in order, and then what tops up,
    as far as the others leave room."""
    lines = [(f"{track.name}.lines", track.frame) for track in tracks]
    floors = [at for at, limit in enumerate(payout.limits) if limit.spec.at_least is not None]
    columns = tuple(f"{payout.name}.limit.{at}" for at in floors)
    caps: list[Limit] = []
    for at, limit in enumerate(payout.limits):
        if at in floors:
            continue
        taken, emptied = undone(payout, final, is_first=not caps)
        step = replace(_limit(payout, limit, at, tracks, lines), taken=taken, emptied=emptied, floors=columns)
        caps.append(step)
        yield from limited_by(step)
        yield step
        lines[: len(tracks)] = [(column, frame) for frame, _, column, _ in step.tracks]
        if limit.spec.excess == "banked":
            lines.append((f"{step.name}.released", f"{step.name}.released.rows"))
    backs = tuple(track.taken for track in tracks[1:])
    for at, column in zip(floors, columns, strict=True):
        limit, title = payout.limits[at], f"{payout.title}: the least"
        how = limit, payout.rows.lock_days, backs, tuple(caps)
        yield TopUp(column, title, limit.place, tuple(lines), *how)
        lines.append((column, f"{column}.rows"))
    yield Gather(payout.name, payout.title, payout.place, tuple(lines))


def undone(payout: PayoutMeaning, final: str, is_first: bool) -> tuple[tuple[Taken, ...], tuple[Emptied, ...]]:
    """What a limit has to know of the returns among the lines of a payout: whose they are, and how they take back."""
    rows, *returns = _tracks(payout)
    paid = [track for track in returns if not track.is_added]
    added = [track for track in returns if track.is_added]
    earlier = _paid_in_the_end(payout, final)
    falls = tuple(track.fall for track in added)
    taken = tuple(Taken(track.frame, rows.frame, track.taken, payout.terms) for track in paid)
    emptied = (Emptied(rows.fall, falls, earlier, payout.rows.lock_days, is_first),) if added else ()
    return taken, emptied


def _paid_in_the_end(payout: PayoutMeaning, final: str) -> str:
    """The column of what rows are paid in the end, what is banked included; `final` where limits of a sum say that."""
    last = _last_limit(payout)
    return final or (f"{payout.name}.lines" if last is None else f"{payout.name}.limit.{last}")


def _last_limit(payout: PayoutMeaning) -> int | None:
    """The last limit that loses what it cuts; what is banked comes, so that it is taken back too. None without one."""
    lossy = [
        at for at, each in enumerate(payout.limits) if each.spec.at_most is not None and each.spec.excess == "lost"
    ]
    return lossy[-1] if lossy else None


def _limit(
    payout: PayoutMeaning, limit: LimitMeaning, at: int, tracks: list[Track], lines: list[tuple[str, str]]
) -> Limit:
    column = f"limit.{at}"
    name = f"{payout.name}.{column}"
    order = [tuple(f"{track.name}.order.{at}.{place}" for place in range(len(limit.order))) for track in tracks]
    counted = zip(lines, tracks, order, strict=False)  # what a bank has released is never cut
    each = tuple((frame, before, f"{track.name}.{column}", by) for (before, frame), track, by in counted)
    return Limit(name, payout.title, limit.place, each, limit, None if limit.of is None else f"{name}.of")


def limited_by(step: Limit) -> Iterator[ReadRows]:
    """What is read of each partner for a limit that is a rate of it."""
    if step.of is not None and step.limit.of is not None:
        measures = {step.of: (step.limit.of, Type.MONEY)}
        title = f"{step.title}: what its limit is of"
        yield ReadRows(f"{step.of}.rows", title, step.place, PARTNERS, None, None, measures)


@dataclass(frozen=True, slots=True)
class Track:
    """The way of a payout's rows, or of its returns (`back`), from their source to their lines."""

    payout: PayoutMeaning
    back: ReturnMeaning | None

    @property
    def name(self) -> str:
        """How its columns begin."""
        return self.payout.name if self.back is None else f"{self.payout.name}.returns.{self.back.name}"

    @property
    def frame(self) -> str:
        """The frame of its rows."""
        return f"{self.name}.rows"

    @property
    def is_added(self) -> bool:
        """Whether its rows are returns that the running total falls by."""
        return self.back is not None and self.back.tiers == "highest_first"

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by whose order the rows are added up."""
        running = self.payout.running
        own = tuple(f"{self.name}.order.{at}" for at in range(len(running.order))) if running is not None else ()
        return (f"{self.name}.after", *own) if self.is_apart else own

    @property
    def fallen(self) -> tuple[str, ...]:
        """The returns that let the running total fall, of rows that have a day."""
        tracks = (Track(self.payout, each) for each in self.payout.returns)
        return tuple(track.name for track in tracks if track.is_added and track.taken.day is not None)

    @property
    def is_apart(self) -> bool:
        """Whether the running total ends with a stretch, and returns let it fall in that of their row all the same."""
        return bool(self.fallen) and self._since() != "ever"

    @property
    def fall(self) -> Fall:
        """What it puts onto the running total, or takes off its top."""
        over = None if self.payout.running is None else self.payout.running.over
        split = "stretch" if self.is_apart else "contract" if over == "contract" else None
        day = f"{self.name}.counts" if self.back is not None else f"{self.frame}.day" if self.fallen else None
        return Fall(self.frame, f"{self.name}.lines", self.order, split and f"{self.name}.{split}", day)

    @property
    def taken(self) -> Back:
        """What its rows, if they are returns, take back."""
        assert self.back is not None, "returns take back"
        return self._taken(self.back)

    def read(self) -> ReadRows:
        """The rows with all that the rule reads of each."""
        rows, back, since = self.payout.rows, self.back, self._since()
        measures = dict(self._measures())
        agreed, kind = {}, self.payout.kind
        if kind.agreed is not None and (back is None or self.is_added):
            agreed[f"{self.name}.{TERM}"] = AgreedTerm(kind.agreed, kind.may_lapse)
        if back is None:
            when = rows.during, rows.lock_days, since
            title, place = f"rows of {rows.table}", self.payout.place
            whose = None if rows.owner.table == rows.table else rows.owner, agreed, rows.credit
            of = None, self.fallen
            return ReadRows(self.frame, title, place, rows.table, rows.where, rows.dated, measures, *when, *whose, *of)
        title, where = f"rows of {back.table}", _both(rows.where, back.where)
        whose_row = rows.owner, agreed, rows.credit
        ever = None, 0, "ever"
        taken = self._taken(back)
        return ReadRows(
            self.frame, title, back.place, back.table, where, back.dated, measures, *ever, *whose_row, taken
        )

    @property
    def due(self) -> str:
        """The column of what is due in the end, not yet rounded."""
        last = ["due", *(["credited"] if self._is_split() else [])]
        return f"{self.name}.{[*last, *(f'times.{each.name}' for each in self.payout.multipliers)][-1]}"

    def lines(self) -> Iterator[Step]:
        """What is due, multiplied, and of rows rounded; what returns take back rests on what those were rounded to."""
        payout, name = self.payout, self.name
        inputs = {key: f"{name}.{key}" for key in payout.inputs}
        inputs |= {"base": f"{name}.base"} if payout.base is not None else {}
        inputs |= {"before": f"{name}.before"} if payout.running is not None else {}
        inputs |= {TERM: f"{name}.{TERM}"} if payout.kind.agreed is not None else {}
        kind, place, due = payout.kind, payout.place, f"{name}.due"
        yield Due(due, payout.title, place, self.frame, kind, inputs, payout.terms, payout.unknown)
        if self._is_split():
            at = f"{name}.credited"
            spec = Multiplier.model_construct(times=Written(words(_SHARE), _SHARE))
            read = {"times": f"{at}.times"}
            yield Multiply(at, "its share", place, self.frame, due, spec, read, {}, payout.unknown)
            due = at
        for each in payout.multipliers:
            at, title = f"{name}.times.{each.name}", each.name.replace("_", " ")
            money = [key for key, (_, type_) in each.inputs.items() if type_ == Type.MONEY]
            minor = dict.fromkeys(money, payout.terms.minor_per_major)
            read = {key: f"{at}.{key}" for key in each.inputs}
            yield Multiply(at, title, each.place, self.frame, due, each.spec, read, minor, payout.unknown)
            due = at
        if self.back is not None:
            return
        bounds = payout.at_least_minor, payout.at_most_minor
        together = kind.rounds_together or ("row" if payout.rows.credit is not None else None)
        how = *bounds, payout.is_cumulative, together, kind, inputs
        yield Pay(f"{name}.lines", payout.title, place, self.frame, due, payout.terms, *how, payout.name)

    def deduct(self, dues: Sequence[str], emptied: Emptied) -> Deduct:
        """What its rows take off the lines that stand highest."""
        assert self.back is not None, "returns take back"
        title = f"{self.payout.title}: {self.back.name.replace('_', ' ')}"
        place = self.payout.place
        lines = f"{self.name}.lines"
        return Deduct(lines, title, place, self.frame, self.due, tuple(dues), emptied, self.payout.terms)

    def reverse(self, earlier: str) -> Reverse:
        """What its rows take back of what was paid."""
        payout, back = self.payout, self.back
        assert back is not None, "returns take back"
        title = f"{payout.title}: {back.name.replace('_', ' ')}"
        lines = f"{self.name}.lines"
        now = f"{payout.name}.lines"
        return Reverse(lines, title, back.place, self.frame, self._taken(back), now, earlier, payout.terms)

    def _since(self) -> str:
        over = self.payout.running.over if self.payout.running is not None else "period"
        return "ever" if over == "contract" else over

    def _is_split(self) -> bool:
        """Whether what is due without a base is each partner's share of it."""
        return self.payout.rows.credit is not None and self.payout.base is None

    def _taken(self, back: ReturnMeaning) -> Back:
        rows, name = self.payout.rows, self.name
        has_part = back.base is not None and self.payout.base is not None
        needs_whole = has_part or self.is_added
        return Back(
            name,
            f"{name}.row",
            f"{name}.dated",
            f"{name}.day" if rows.dated is not None else None,
            rows.lock_days,
            rows.during,
            f"{name}.returned" if has_part else None,
            f"{name}.whole" if needs_whole else None,
            back.share if isinstance(back.share, Fraction) else f"{name}.share",
            self.is_added,
            self._since(),
            {f"{name}.{key}": f"{name}.whole" if key == "base" else f"{name}.whole.{key}" for key in self._falling()},
        )

    def _falling(self) -> Iterator[str]:
        """The inputs that a return brings below zero: its base, and what adds up in the place of it."""
        running = self.payout.running
        if self.is_added and running is not None:
            yield from dict.fromkeys(("base", running.of))

    def _measures(self) -> Iterator[tuple[str, Typed]]:
        """Everything that the rule reads of each row, by the name of its column."""
        payout, name = self.payout, self.name
        if self.back is not None:
            yield from self._taken_measures(self.back)
        elif payout.base is not None and payout.base_type is not None:
            yield f"{name}.base", (self._credited(payout.base), payout.base_type)
        if self.back is None or self.is_added:
            yield from self._due_measures()
        for at, limit in enumerate(payout.limits):
            for place, typed in enumerate(limit.order):
                yield f"{name}.order.{at}.{place}", self._dated(typed)

    def _due_measures(self) -> Iterator[tuple[str, Typed]]:
        """What is read of a row to work out what is due."""
        payout, name = self.payout, self.name
        for key, typed in payout.inputs.items():
            if payout.running is None or key != payout.running.of:
                yield f"{name}.{key}", typed
            elif self.back is None:
                yield f"{name}.{key}", (self._credited(typed[0]), typed[1])
        if payout.running is not None:
            if payout.running.over == "contract":
                yield f"{name}.contract", (Column("deals", RECORD), Type.COUNT)
            for at, typed in enumerate(payout.running.order):
                yield f"{name}.order.{at}", self._dated(typed)
        if self._is_split():
            yield f"{name}.credited.times", (_SHARE, Type.NUMBER)
        for each in payout.multipliers:
            for key, typed in each.inputs.items():
                yield f"{name}.times.{each.name}.{key}", typed

    def _taken_measures(self, back: ReturnMeaning) -> Iterator[tuple[str, Typed]]:
        """What is read of a return to know what it takes back of which row."""
        payout, taken = self.payout, self._taken(back)
        yield taken.row, (Column(payout.rows.table, RECORD), Type.COUNT)
        yield taken.dated, (back.dated, Type.DATE)
        if taken.day is not None and payout.rows.dated is not None:
            yield taken.day, (payout.rows.dated, Type.DATE)
        if taken.returned is not None and back.base is not None:
            yield taken.returned, (self._credited(back.base[0]), back.base[1])
        if taken.whole is not None and payout.base is not None and payout.base_type is not None:
            yield taken.whole, (self._credited(payout.base), payout.base_type)
        for key in self._falling():
            if key in payout.inputs:
                tree, type_ = payout.inputs[key]
                yield taken.falls[f"{self.name}.{key}"], (self._credited(tree), type_)
        if isinstance(taken.share, str) and not isinstance(back.share, Fraction):
            yield taken.share, back.share

    def _credited(self, base: Expression) -> Expression:
        """A base, or a credited partner's share of it."""
        return base if self.payout.rows.credit is None else Arithmetic("*", base, _SHARE)

    def _dated(self, typed: Typed) -> Typed:
        """What a row is put in order by: a return by its own day, where that is its row's."""
        if self.back is None or typed[0] != self.payout.rows.dated:
            return typed
        return self.back.dated, typed[1]


def _both(one: Expression | None, other: Expression | None) -> Expression | None:
    parts = tuple(part for part in (one, other) if part is not None)
    return And(parts) if len(parts) == 2 else next(iter(parts), None)
