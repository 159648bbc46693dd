"""The steps of a pool: its size, its members, what each weighs or is awarded, and the shares, to the last unit.

In: what a pool means. Out: its steps in order. KPIs that a size names are worked out once for the whole program.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.values import PARTNERS, PROGRAM, Award, Gather, ReadRows, Share, Size, Solve, Step, Weigh, Whole
from rules.active import ACTIVE
from rules.expressions.tree import Column, Type, columns
from rules.kinds.base import ShareKind
from rules.meaning import Meaning
from rules.pools.meaning import PoolMeaning
from rules.sharing.base import PoolKind


def whole_steps(meaning: Meaning) -> Iterator[Whole]:
    """The KPIs of the whole program, and those of partners and the quotas that the sizes of pools rest on, worked out
    once; in the order of the program."""
    sizes = [pool.size.of for pool in meaning.pools if pool.size.of is not None]
    wanted = {kpi.name for kpi in meaning.kpis if kpi.level == "program"}
    wanted |= set(() if meaning.amounts is None else meaning.amounts.rule.known)
    wanted |= {str(column) for size in sizes for column in columns(size)}
    for kpi in reversed(meaning.kpis):
        if kpi.name in wanted and kpi.formula is not None and not kpi.is_averaged:
            wanted |= {column.name for column in columns(kpi.formula) if column.table is None}
    for quota in meaning.quotas:
        if quota.name in wanted:
            yield Whole(whole(quota.name), quota.name.replace("_", " "), quota.place, quota)
    for kpi in meaning.kpis:
        if kpi.name in wanted:
            yield Whole(whole(kpi.name), kpi.title, kpi.place, kpi)


def amount_steps(meaning: Meaning) -> Iterator[Solve]:
    """The amounts that are defined by each other, each solved from what the whole program has of the known ones."""
    if meaning.amounts is None:
        return
    rule, measured = meaning.amounts.rule, _measured(meaning)
    known = {name: whole(name) if name in measured else name for name in rule.known}
    for name in rule.amounts:
        yield Solve(whole(name), name.replace("_", " "), meaning.amounts.place, name, rule, known, meaning.terms)


def _measured(meaning: Meaning) -> set[str]:
    """What the whole program has a column of its own of."""
    return {kpi.name for kpi in meaning.kpis} | {quota.name for quota in meaning.quotas}


def whole(name: str) -> str:
    """The column of what the whole program has of a KPI."""
    return f"{PROGRAM}.{name}"


def pool_steps(pool: PoolMeaning, meaning: Meaning) -> Iterator[Step]:
    """Every step of a pool, the last of which sums its shares to partners."""
    name, frame, spec = pool.name, f"{pool.name}.members", pool.spec
    measures = {f"{name}.{key}": typed for key, typed in pool.inputs.items()}
    days = None
    if spec.by_days:
        days = f"{name}.active.from", f"{name}.active.to"
        measures |= {f"{name}.active.{key}": (Column(PARTNERS, day), Type.DATE) for key, day in ACTIVE.items()}
    yield ReadRows(frame, "members of the pool", pool.place, PARTNERS, pool.among, None, measures)
    size, weight, award = f"{name}.size", f"{name}.weight", f"{name}.award"
    yield Size(
        size,
        f"{pool.title}: the pool",
        pool.size_place,
        pool.size,
        dict(_named(pool, _measured(meaning) | set(meaning.amounts.rule.amounts if meaning.amounts else ()))),
        pool.terms,
        spec.losses,
        spec.carries,
    )
    inputs = {key: f"{name}.{key}" for key in pool.inputs}
    kind = None
    if isinstance(pool.kind, ShareKind):
        title, read = f"{pool.title}: weight", {key: inputs[key] for key in pool.kind.inputs()}
        yield Weigh(weight, title, pool.place, frame, pool.kind, read, pool.terms, spec.unknown, days)
    else:
        kind = pool.kind
    reads = None if pool.reads is None else f"{name}.{pool.reads.table}"
    if pool.reads is not None and reads is not None:
        beside = {f"{reads}.{key}": typed for key, typed in pool.reads.columns.items()}
        rows = pool.reads.table, pool.reads.where, pool.reads.dated, beside
        since = "period" if pool.reads.dated is None else "ever"
        yield ReadRows(reads, f"{pool.title}: {pool.reads.table}", pool.place, *rows, since=since)
    is_awarded = kind is not None or spec.bounds is not None or spec.unknown == "house"
    if is_awarded:
        yield _award(pool, frame, kind, inputs, reads, days)
    shared_by = award if is_awarded else weight
    lines = f"{name}.lines"
    how = spec.residue, pool.terms, name, is_awarded, spec.carries
    yield Share(lines, pool.title, pool.place, frame, size, shared_by, *how)
    yield Gather(name, pool.title, pool.place, ((lines, frame),))


def _award(
    pool: PoolMeaning,
    frame: str,
    kind: PoolKind | None,
    inputs: dict[str, str],
    reads: str | None,
    days: tuple[str, str] | None,
) -> Award:
    name = pool.name
    weight = f"{name}.weight" if kind is None else None
    what = f"{name}.award", f"{pool.title}: award", pool.place
    how = pool.terms, pool.spec.unknown, pool.spec.unclaimed
    columns = {} if pool.reads is None else {key: f"{reads}.{key}" for key in pool.reads.columns}
    beside = reads, columns, pool.texts
    return Award(*what, frame, f"{name}.size", kind, pool.spec.bounds, weight, inputs, *how, *beside, days=days)


def _named(pool: PoolMeaning, measured: Collection[str]) -> Iterator[tuple[str, str]]:
    """What the size of a pool names, with the column that holds it: a KPI's of the whole program, or a payout's."""
    for column in columns(pool.size.of) if pool.size.of is not None else ():
        yield str(column), whole(str(column)) if str(column) in measured else str(column)
