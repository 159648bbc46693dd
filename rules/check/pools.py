"""Pools and sums of a program: each with its typed expressions."""

from __future__ import annotations

from collections.abc import Sequence

from rules.check.scope import NUMBERS, Path, Scope, suggest
from rules.check.totals import total_limits
from rules.expressions.tree import Expression, Type
from rules.meaning import PoolMeaning, TotalMeaning
from rules.payouts.meaning import PayoutMeaning
from rules.program import Pool, Program
from rules.quantities.apportion import CONSERVING, Residue


def pool_share(scope: Scope, name: str, pool: Pool) -> PoolMeaning | None:
    """A pool and its shares."""
    path: Path = ("pools", name)
    faults = scope.terms.whole_faults(pool.size)
    for code, message, hint in faults:
        scope.problem(code, (*path, "size"), message, hint)
    if pool.size.amount < 0:
        hint = "a loss is shared only where the program says so; write a size of 0 or more"
        scope.problem("P134", (*path, "size"), "a pool is not less than zero", hint)
    steps = scope.terms.step_minor
    if not faults and pool.residue in CONSERVING and int(scope.terms.minor(pool.size)) % steps:
        message = f"the pool is no multiple of {scope.terms.money(steps)}, the step to which shares are rounded"
        hint = "change the size or the rounding, or let the residue be house or round_each"
        scope.problem("K111", (*path, "size"), message, hint)
    if pool.residue is Residue.CARRY:
        hint = "say house, and add what is left to the size of the next period"
        scope.problem("P135", (*path, "residue"), "nothing carries what is left of a pool to the next period yet", hint)
    inputs: dict[str, tuple[Expression, Type]] = {}
    for key, written in pool.shared.kind.inputs().items():
        found = scope.typed(written, (*path, "shared", pool.shared.kind_name, key), "partners", None)
        if found is not None and found[1] not in NUMBERS:
            message = f"a {found[1].value} weighs nothing"
            scope.problem("P125", (*path, "shared"), message, "share by money, a number or a count")
        elif found is not None:
            inputs[key] = found
    among = scope.condition(pool.among, (*path, "among"), "partners")
    title = pool.title or name.replace("_", " ")
    return PoolMeaning(
        name,
        title,
        0 if faults else int(scope.terms.minor(pool.size)),
        scope.key_place((*path, "size")),
        among,
        pool.shared.kind,
        inputs,
        pool.residue,
        scope.terms,
        pool.unknown,
        scope.key_place(path),
    )


def totals(scope: Scope, program: Program, payouts: Sequence[PayoutMeaning]) -> tuple[TotalMeaning, ...]:
    """The sums in an order in which each comes after what it adds; a circle is shown."""
    known = {*program.payouts, *program.pools}
    waiting = dict(program.totals)
    ordered: list[TotalMeaning] = []
    for name, total in program.totals.items():
        for index, part in enumerate(total.sum):
            if part not in known and part not in program.totals:
                hint = suggest(part, [*known, *program.totals]) or "name payouts, pools or sums"
                scope.problem("P126", ("totals", name, "sum", index), f"there is nothing called {part} to add", hint)
    while waiting:
        ready = [name for name, total in waiting.items() if not set(total.sum) & set(waiting)]
        if not ready:
            names = " -> ".join([*waiting, next(iter(waiting))])
            scope.problem("P127", ("totals", next(iter(waiting))), f"a circle of sums: {names}", "break the circle")
            return tuple(ordered)
        for name in ready:
            total = waiting.pop(name)
            title = total.title or name.replace("_", " ")
            limits = total_limits(scope, program, name, payouts)
            ordered.append(TotalMeaning(name, title, total.sum, scope.key_place(("totals", name)), limits))
    return tuple(ordered)
