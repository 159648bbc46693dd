"""Compile: what a program means becomes the ordered list of steps that work it out.

In: a meaning. Out: a plan; every step comes after what it reads. The names of the columns are those of the rules, with
a part after a dot for what a rule needs on the way: `commission.rows`, `commission.base`, `commission`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.values import (
    PAYOUT,
    RECORD,
    Accumulate,
    Credit,
    Due,
    Gather,
    Kpi,
    Limit,
    Multiply,
    Pay,
    Plan,
    Quota,
    ReadRows,
    Reverse,
    Score,
    Share,
    Size,
    Step,
    Sum,
    TopUp,
    Weigh,
)
from rules.crediting.meaning import CREDIT, SHARE
from rules.expressions.tree import And, Arithmetic, Column, Expression, Literal, Negate, Type
from rules.kinds.base import TERM
from rules.meaning import Meaning, PoolMeaning
from rules.payouts.meaning import PayoutMeaning, ReturnMeaning, Typed
from rules.problem import Place


def compile_plan(meaning: Meaning) -> Plan:
    """The plan of a program: KPIs, payouts, pools, sums, and last what each partner gets in all."""
    steps: list[Step] = []
    minor = meaning.terms.minor_per_major
    steps += [Quota(each.name, each.name.replace("_", " "), each.place, each, minor) for each in meaning.quotas]
    steps += [Kpi(kpi.name, kpi.title, kpi.place, kpi) for kpi in meaning.kpis]
    steps += [Score(card.name, card.title, card.place, card) for card in meaning.scorecards]
    steps += [Credit(credit.name, credit.name, credit.place, credit) for credit in meaning.credits]
    for payout in meaning.payouts:
        steps += _payout_steps(payout)
    for pool in meaning.pools:
        steps += _pool_steps(pool)
    for total in meaning.totals:
        steps.append(Sum(total.name, total.title, total.place, total.parts))
    paid = (*(payout.name for payout in meaning.payouts), *(pool.name for pool in meaning.pools))
    steps.append(Sum(PAYOUT, "payout", Place(), paid, is_paid=True))
    return Plan(meaning.title, meaning.terms, meaning.calendar, meaning.effective, tuple(steps))


def _payout_steps(payout: PayoutMeaning) -> Iterator[Step]:
    """Read the rows, add up what came before each, work out what is due, multiply, round once, limit, sum to partners.

    Returns that empty the highest tiers first go the same way as the rows that they take back, below zero; the others
    take back what was paid.
    """
    name, running = payout.name, payout.running
    tracks = [_Track(payout, f"{name}.rows", name, None)]
    for each in payout.returns:
        if each.tiers == "highest_first":
            tracks.append(_Track(payout, f"{name}.{each.name}.rows", f"{name}.{each.name}", each))
    for track in tracks:
        yield track.read()
    if running is not None:
        over = tuple((track.frame, f"{track.name}.base", f"{track.name}.before", track.order) for track in tracks)
        yield Accumulate(f"{name}.before", "added up before", payout.place, over, running.over, running.per)
    lines = []
    for track in tracks:
        yield from track.lines()
        lines.append((f"{track.name}.lines", track.frame))
    last = f"{name}.lines"
    for at, limit in enumerate(payout.limits):
        column = f"{name}.limit.{at}"
        if limit.spec.at_least is not None:
            yield TopUp(column, f"{payout.title}: the least", limit.place, tuple(lines), limit)
            lines.append((column, f"{column}.rows"))
            continue
        order = tuple(f"{name}.order.{at}.{place}" for place in range(len(limit.order)))
        yield Limit(column, payout.title, limit.place, f"{name}.rows", last, limit, order)
        lines[0], last = (column, f"{name}.rows"), column
        if limit.spec.excess == "banked":
            lines.append((f"{column}.released", f"{column}.released.rows"))
    for each in payout.returns:
        if each.tiers == "as_paid":
            yield from _reverse_steps(payout, each, last)
            lines.append((f"{name}.{each.name}.lines", f"{name}.{each.name}.rows"))
    yield Gather(name, payout.title, payout.place, tuple(lines))


@dataclass(frozen=True, slots=True)
class _Track:
    """The way of a payout's rows, or of its returns, from their source to their lines."""

    payout: PayoutMeaning
    frame: str
    name: str
    back: ReturnMeaning | None

    def read(self) -> ReadRows:
        """The rows with all that the rule reads of each."""
        rows, back = self.payout.rows, self.back
        table, dated = (rows.table, rows.dated) if back is None else (back.table, back.dated)
        title, place = (f"rows of {table}", self.payout.place if back is None else back.place)
        where = rows.where if back is None else _both(rows.where, back.where)
        since = self.payout.running.over if self.payout.running is not None else "period"
        since = "ever" if since == "contract" else since
        during, lock = (rows.during, rows.lock_days) if back is None else (None, 0)
        owner = Column(rows.table, "partner_id") if back is not None else None
        measures = dict(self._measures())
        agreed = {f"{self.name}.{TERM}": self.payout.kind.agreed} if self.payout.kind.agreed is not None else {}
        return ReadRows(
            self.frame, title, place, table, where, dated, measures, during, lock, since, owner, agreed, rows.credit
        )

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by whose order the rows are added up."""
        running = self.payout.running
        return tuple(f"{self.name}.order.{at}" for at in range(len(running.order))) if running is not None else ()

    def lines(self) -> Iterator[Step]:
        """What is due, multiplied, and rounded."""
        payout, name = self.payout, self.name
        inputs = {key: f"{name}.{key}" for key in payout.inputs}
        inputs |= {"base": f"{name}.base"} if payout.base is not None else {}
        inputs |= {"before": f"{name}.before"} if payout.running is not None else {}
        inputs |= {TERM: f"{name}.{TERM}"} if payout.kind.agreed is not None else {}
        kind, place, due = payout.kind, payout.place, f"{name}.due"
        yield Due(due, payout.title, place, self.frame, kind, inputs, payout.terms, payout.unknown)
        for each in payout.multipliers:
            at, title = f"{name}.{each.name}", each.name.replace("_", " ")
            minor = {
                key: payout.terms.minor_per_major for key, (_, type_) in each.inputs.items() if type_ == Type.MONEY
            }
            read = {key: f"{at}.{key}" for key in each.inputs}
            yield Multiply(at, title, each.place, self.frame, due, each.spec, read, minor, payout.unknown)
            due = at
        yield Pay(
            f"{name}.lines",
            payout.title,
            place,
            self.frame,
            due,
            payout.terms,
            payout.at_least_minor,
            payout.at_most_minor,
            payout.is_cumulative,
            kind.rounds_together or ("row" if payout.rows.credit is not None else None),
            kind,
            inputs,
            payout.name,
        )

    def _measures(self) -> Iterator[tuple[str, Typed]]:
        """Everything that the rule reads of each row, by the name of its column."""
        payout, back = self.payout, self.back
        if payout.base is not None and payout.base_type is not None:
            base = payout.base if back is None else _taken_back(payout.base, back)
            if payout.rows.credit is not None:
                base = Arithmetic("*", base, Column(CREDIT, SHARE))
            yield f"{self.name}.base", (base, payout.base_type)
        for key, typed in payout.inputs.items():
            yield f"{self.name}.{key}", typed
        if payout.running is not None:
            if payout.running.over == "contract":
                yield f"{self.name}.contract", (Column("deals", RECORD), Type.COUNT)
            for at, typed in enumerate(payout.running.order):
                own = typed if back is None or typed[0] != payout.rows.dated else (back.dated, typed[1])
                yield f"{self.name}.order.{at}", own
        for each in payout.multipliers:
            for key, typed in each.inputs.items():
                yield f"{self.name}.{each.name}.{key}", typed
        if back is None:
            for at, limit in enumerate(payout.limits):
                for place, typed in enumerate(limit.order):
                    yield f"{self.name}.order.{at}.{place}", typed


def _taken_back(base: Expression, back: ReturnMeaning) -> Expression:
    """What a return adds to the running total: what it returns of the base, below zero."""
    taken = base if back.base is None else back.base[0]
    return Negate(taken if back.share == 1 else Arithmetic("*", taken, Literal(back.share)))


def _both(one: Expression | None, other: Expression | None) -> Expression | None:
    parts = tuple(part for part in (one, other) if part is not None)
    return And(parts) if len(parts) == 2 else next(iter(parts), None)


def _reverse_steps(payout: PayoutMeaning, back: ReturnMeaning, lines: str) -> Iterator[Step]:
    """Read the returns and take back what their rows were paid."""
    name, rows = f"{payout.name}.{back.name}", payout.rows
    frame = f"{name}.rows"
    measures: dict[str, Typed] = {f"{name}.row": (Column(rows.table, RECORD), Type.COUNT)}
    measures[f"{name}.dated"] = (back.dated, Type.DATE)
    if rows.dated is not None:
        measures[f"{name}.day"] = (rows.dated, Type.DATE)
    if back.base is not None and payout.base is not None and payout.base_type is not None:
        measures |= {f"{name}.returned": back.base, f"{name}.whole": (payout.base, payout.base_type)}
    has_part = f"{name}.returned" in measures
    where = _both(rows.where, back.where)
    title, owner = f"rows of {back.table}", Column(rows.table, "partner_id")
    yield ReadRows(
        frame, title, back.place, back.table, where, back.dated, measures, None, 0, "ever", owner, {}, rows.credit
    )
    yield Reverse(
        f"{name}.lines",
        f"{payout.title}: {back.name.replace('_', ' ')}",
        back.place,
        frame,
        (lines,),
        f"{name}.row",
        f"{name}.dated",
        f"{name}.day" if rows.dated is not None else None,
        rows.lock_days,
        f"{name}.returned" if has_part else None,
        f"{name}.whole" if has_part else None,
        back.share,
        payout.terms,
    )


def _pool_steps(pool: PoolMeaning) -> Iterator[Step]:
    name, frame = pool.name, f"{pool.name}.members"
    measures = {f"{name}.{key}": typed for key, typed in pool.inputs.items()}
    inputs = {key: f"{name}.{key}" for key in pool.inputs}
    yield ReadRows(frame, "members of the pool", pool.place, "partners", pool.among, None, measures)
    yield Size(f"{name}.size", f"{pool.title}: the pool", pool.size_place, pool.size_minor)
    yield Weigh(
        f"{name}.weight", f"{pool.title}: weight", pool.place, frame, pool.kind, inputs, pool.terms, pool.unknown
    )
    yield Share(
        f"{name}.lines", pool.title, pool.place, frame, f"{name}.size", f"{name}.weight", pool.residue, pool.terms, name
    )
    yield Gather(name, pool.title, pool.place, ((f"{name}.lines", frame),))
