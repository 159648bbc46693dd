"""Pools of a program: the size, the members, and what decides their shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from rules.check.scope import NUMBERS, Path, Scope
from rules.expressions.expression import Written
from rules.expressions.tree import Column, Expression, Type, columns
from rules.kinds.base import Kind, ShareKind, Terms
from rules.meaning import KpiMeaning
from rules.payouts.meaning import PayoutMeaning
from rules.pools.meaning import CARRY, LEFT, PoolMeaning, SizeMeaning, TableMeaning
from rules.pools.spec import Pool, SizeSpec
from rules.program import Program
from rules.quantities.apportion import CONSERVING
from rules.quantities.written import Money
from rules.sharing.base import PoolKind, TableWanted
from rules.sharing.bounds import Bound

PARTNERS = "partners"


def pools(
    scope: Scope, program: Program, kpis: Sequence[KpiMeaning], payouts: Sequence[PayoutMeaning]
) -> tuple[PoolMeaning, ...]:
    """The pools in their order; the size of each may rest on those before it."""
    known = {each.name: each.type for each in kpis} | dict.fromkeys([each.name for each in payouts], Type.MONEY)
    known |= {name: scope.named[name] for name in program.quotas if name in scope.named}
    known |= dict.fromkeys(program.amounts, Type.MONEY)
    found, names = [], tuple(program.pools)
    for at, (name, pool) in enumerate(program.pools.items()):
        found.append(_pool(scope, names[at:], pool, known))
        known |= {name: Type.MONEY, f"{name}.{LEFT}": Type.MONEY}
        kind = pool.shared.kind
        if isinstance(kind, PoolKind) and kind.has_carry:
            known[f"{name}.{CARRY}"] = Type.MONEY
        if isinstance(kind, PoolKind):
            _are_sums(scope, kind, found[-1], kpis, ("pools", name, "shared", pool.shared.kind_name))
    return tuple(found)


def _pool(scope: Scope, names: tuple[str, ...], pool: Pool, known: dict[str, Type]) -> PoolMeaning:
    """The first of the pools of these names; its size rests on none of them."""
    name = names[0]
    path: Path = ("pools", name)
    scope.below, scope.is_size = names, True
    size = _size(scope, pool.size, (*path, "size"), known)
    scope.below, scope.is_size = (), False
    steps = scope.terms.step_minor
    if size.amount_minor is not None and pool.residue in CONSERVING and size.amount_minor % steps:
        message = f"the pool is no multiple of {scope.terms.money(steps)}, the step to which shares are rounded"
        hint = "change the size or the rounding, or let the residue be house or round_each"
        scope.problem("K111", (*path, "size"), message, hint)
    kind = pool.shared.kind
    _fits(scope, pool, path, size)
    _are_own_amounts(scope, kind, (*path, "shared", pool.shared.kind_name))
    if pool.bounds is not None and _are_own_amounts(scope, pool.bounds, (*path, "bounds")):
        _bounds(scope, pool, path, size)
    read: dict[str, tuple[Expression, Type]] = {}
    for key, written, below, is_money in _inputs(pool):
        found = scope.typed(written, (*path, *below), PARTNERS)
        wanted = frozenset({Type.MONEY}) if is_money else NUMBERS
        if found is not None and found[1] not in wanted:
            message = f"a {found[1].value} weighs nothing" if not is_money else f"a {found[1].value} is no amount"
            hint = "name an amount of money" if is_money else "share by money, a number or a count"
            scope.problem("P125", (*path, *below[:1]), message, hint)
        elif found is not None:
            read[key] = found
    _units(scope, pool, path, read)
    return PoolMeaning(
        name,
        pool.title or name.replace("_", " "),
        pool,
        size,
        scope.key_place((*path, "size")),
        scope.condition(pool.among, (*path, "among"), PARTNERS),
        kind,
        read,
        scope.terms,
        scope.key_place(path),
        dict(_texts(scope, pool, path)) if isinstance(kind, PoolKind) else {},
        _reads(scope, kind, (*path, "shared", pool.shared.kind_name)) if isinstance(kind, PoolKind) else None,
    )


def _texts(scope: Scope, pool: Pool, path: Path) -> Iterator[tuple[str, Expression]]:
    """What a kind asks of members only for who has the same."""
    kind = pool.shared.kind
    for key, written in kind.texts().items() if isinstance(kind, PoolKind) else ():
        at = (*path, "shared", pool.shared.kind_name, key)
        found = scope.typed(written, at, PARTNERS)
        if found is not None and found[1] not in (Type.TEXT, Type.ID):
            scope.problem("P125", at, f"a {found[1].value} names nothing", "name a text or an id of partners")
        elif found is not None:
            yield key, found[0]


def _reads(scope: Scope, kind: PoolKind, path: Path) -> TableMeaning | None:
    """The rows of a table that a kind reads beside the members."""
    wanted: TableWanted | None = kind.reads()
    if wanted is None:
        return None
    if wanted.table not in scope.tables:
        message = f"it reads the rows of {wanted.table}, and the sources have none"
        scope.problem("P148", path, message, f"add {wanted.table}: FILE to the sources")
        return None
    read: dict[str, tuple[Expression, Type]] = {
        name: (Column(wanted.table, name), type_) for name, type_ in wanted.columns.items()
    }
    dated = None if wanted.dated is None else Column(wanted.table, wanted.dated)
    where = scope.condition(wanted.where, (*path, "where"), wanted.table)
    return TableMeaning(wanted.table, where, dated, read)


def _inputs(pool: Pool) -> Iterator[tuple[str, Written, Path, bool]]:
    """What is read of each member: the input's name, the expression, where it stands, and whether it is money."""
    kind, name = pool.shared.kind, pool.shared.kind_name
    money: frozenset[str] = frozenset() if isinstance(kind, ShareKind) else kind.money
    for key, written in kind.inputs().items():
        yield key, written, ("shared", name, key), key in money
    for key, written in pool.bounds.inputs().items() if pool.bounds is not None else ():
        yield f"bounds.{key}", written, ("bounds", key, "of"), True


def _are_sums(scope: Scope, kind: PoolKind, pool: PoolMeaning, kpis: Sequence[KpiMeaning], path: Path) -> None:
    """Note an input that has to be a KPI which sums a column, such as what a committee entered, and is not."""
    for key, wanted in kind.sums.items():
        if key not in pool.inputs:
            continue
        tree = pool.inputs[key][0]
        kpi = next((each for each in kpis if isinstance(tree, Column) and str(tree) == each.name), None)
        measure = None if kpi is None or kpi.denominator is not None or kpi.times != 1 else kpi.numerator
        if measure is None or (measure.aggregate, measure.value, measure.credited) != ("sum", wanted, None):
            message = f"{kind.inputs()[key].text} is no KPI that sums {wanted}"
            hint = f"enter each amount as a row of {wanted.table}, and name a KPI {{sum: {wanted}}}"
            scope.problem("K208", (*path, key), message, hint)


def _units(scope: Scope, pool: Pool, path: Path, read: Mapping[str, tuple[Expression, Type]]) -> None:
    """Note a weight that counts cents beside units, or steps of money."""
    kind = pool.shared.kind
    if not isinstance(kind, ShareKind):
        return
    is_money = {key: read[key][1] is Type.MONEY for key in kind.inputs() if key in read}
    if any(is_money.values()) and kind.counts:
        message, hint = f"{pool.shared.kind_name} goes by a number, not by an amount", "name a number or a count"
    elif kind.is_measure and len({*is_money.values()}) > 1:
        message = f"{pool.shared.kind_name} weighs money beside numbers, which have no unit in common"
        hint = "let all of them be money, or none"
    else:
        return
    scope.problem("P125", (*path, "shared"), message, hint)


def _fits(scope: Scope, pool: Pool, path: Path, size: SizeMeaning) -> None:
    """Note what does not go together."""
    is_weighed = isinstance(pool.shared.kind, ShareKind)
    if not is_weighed:
        for key, is_said in (("bounds", pool.bounds is not None), ("by_days", pool.by_days)):
            if is_said:
                message = f"{pool.shared.kind_name} says itself what each member gets, so {key} decides nothing"
                scope.problem("P139", (*path, key), message, "share by a weight, or take the claims less or more")
        if pool.unknown == "house":
            message = f"{pool.shared.kind_name} shares by no weight, so there is no mean of the others"
            scope.problem("P139", (*path, "unknown"), message, "say refuse or leave_out")
    if pool.bounds is not None and not pool.bounds.prorate and not pool.by_days:
        message = "prorate: false has nothing to do, since the floors and caps of this pool are for no days"
        scope.problem("P139", (*path, "bounds", "prorate"), message, "leave it out, or share by_days")
    kind = pool.shared.kind
    if isinstance(kind, PoolKind) and not kind.leaves_out and pool.unknown == "leave_out":
        message = f"every member takes part in a {pool.shared.kind_name}, whatever is unknown of it"
        scope.problem("P139", (*path, "unknown"), message, "narrow the pool by among:")
    if isinstance(kind, PoolKind) and kind.has_carry and pool.late in ("next_period", "house"):
        message = "what layers paid is a history that later periods rest on, so it cannot stay while the pool changes"
        scope.problem("P139", (*path, "late"), message, "say late: reshare")
    if pool.losses == "shared" and (pool.bounds is not None or not is_weighed):
        message = "a loss is shared in proportion to weights, without floor and cap"
        scope.problem("P139", (*path, "losses"), message, "share it by a weight, in a pool of its own")
    if size.amount_minor is not None and size.amount_minor < 0 and pool.losses == "refuse":
        hint = "a loss is shared only where the program says so: losses: shared"
        scope.problem("P134", (*path, "size"), "a pool is not less than zero", hint)


def _bounds(scope: Scope, pool: Pool, path: Path, size: SizeMeaning) -> None:
    """Note floors and caps that contradict each other, or the size of the pool, whoever its members are."""
    bounds = pool.bounds
    floor, cap = (None, None) if bounds is None else (bounds.at_least, bounds.at_most)
    if bounds is None or floor is None:
        return
    terms, at = scope.terms, (*path, "bounds", "at_least")
    low, high = (None if each is None else _minor_or_share(each, terms) for each in (floor, cap))
    is_refused = bounds.floors_from == "others" and bounds.if_short == "refuse"
    is_scaled = bounds.floors_from == "others" and bounds.if_short == "scale"
    if cap is not None and low is not None and high is not None and low[0] == high[0] and low[1] > high[1]:
        if not is_scaled:
            message = f"the floor of {floor.words(terms)} is above the cap of {cap.words(terms)}"
            scope.problem("K205", at, message, "raise the cap, or lower the floor")
        return
    whole = Fraction(1) if floor.share is not None else size.amount_minor
    is_of_days = pool.by_days and bounds.prorate
    if low is not None and whole is not None and low[1] > whole and is_refused and not (is_of_days or pool.carries):
        told = "the pool" if size.amount_minor is None else terms.amount(size.amount_minor)
        message = f"the floor of one member, {floor.words(terms)}, is more than {told}"
        scope.problem("K206", at, message, "lower the floor, or say if_short: scale or house")


def _minor_or_share(limit: Bound, terms: Terms) -> tuple[str, Fraction] | None:
    """What a limit is a number of, and the number; None where it is of each member."""
    if limit.amount is not None:
        return "minor", terms.minor(limit.amount)
    return None if limit.share is None else ("share", limit.share)


def _size(scope: Scope, spec: SizeSpec, path: Path, known: dict[str, Type]) -> SizeMeaning:
    text = spec.text(scope.terms)
    if spec.amount is not None:
        return SizeMeaning(text, int(_minor(scope, spec.amount, (*path, "amount")) or 0))
    assert spec.of is not None, "a size without an amount is a part of something"
    limits = [
        None if limit is None else _minor(scope, limit, (*path, key))
        for key, limit in (("exceeding", spec.exceeding), ("at_least", spec.at_least), ("at_most", spec.at_most))
    ]
    low, high = limits[1:]
    if low is not None and high is not None and low > high:
        message = f"no pool is at least {scope.terms.amount(low)} and at most {scope.terms.amount(high)}"
        scope.problem("K205", (*path, "at_least"), message, "raise the most, or lower the least")
    outer, scope.named = scope.named, {**scope.named, **known}
    found = scope.typed(spec.of, (*path, "of"), PARTNERS, is_program=True)
    scope.named = outer
    if found is None:
        return SizeMeaning(text)
    beside = [column for column in columns(found[0]) if str(column) not in known]
    for column in beside:
        message = f"{column} is of one partner or row, and the size of a pool is of the whole program"
        hint = "name a KPI, or a payout or pool that comes before it; sum a column by a KPI"
        scope.problem("P137", (*path, "of"), message, hint, offset=column.at)
    if not beside and found[1] != Type.MONEY:
        scope.problem("P137", (*path, "of"), f"a {found[1].value} is no amount", "name an amount of money")
    return SizeMeaning(text, None, found[0], limits[0], spec.rate, limits[1], limits[2])


def _are_own_amounts(scope: Scope, written: Kind, path: Path) -> bool:
    """Whether all amounts of what is written, however deep, are whole ones of the program's currency; notes others."""
    found = True
    for key in type(written).model_fields:
        value = getattr(written, key)
        if isinstance(value, Money):
            found &= _minor(scope, value, (*path, key)) is not None
        elif isinstance(value, Kind):
            found &= _are_own_amounts(scope, value, (*path, key))
    return found


def _minor(scope: Scope, money: Money, path: Path) -> Fraction | None:
    """An amount in whole minor units; None after noting that it is none."""
    faults = scope.terms.whole_faults(money)
    for code, message, hint in faults:
        scope.problem(code, path, message, hint)
    return None if faults else scope.terms.minor(money)
