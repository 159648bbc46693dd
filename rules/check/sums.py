"""Sums of a program, each after what it adds."""

from __future__ import annotations

from collections.abc import Sequence

from rules.check.scope import Scope, suggest
from rules.check.totals import total_limits
from rules.meaning import TotalMeaning
from rules.payouts.meaning import PayoutMeaning
from rules.program import Program


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
