"""Balances of a program: what each reads of a partner, and the components that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rules.balances.base import BalanceKind
from rules.balances.meaning import OPENING, OWN_NAMES, BalanceMeaning
from rules.balances.minimum import Minimum
from rules.balances.spec import Balance
from rules.calendar import Calendar
from rules.check.scope import Path, Scope, suggest
from rules.expressions.tree import Expression, Type
from rules.program import Program
from rules.quantities.written import Money


def name_openings(scope: Scope, program: Program) -> None:
    """What balances open with is an amount of each partner, which payouts and pools can name."""
    for name in program.balances:
        scope.named[f"{name}.{OPENING}"] = Type.MONEY


def balances(scope: Scope, program: Program, calendar: Calendar) -> tuple[BalanceMeaning, ...]:
    """The balances in their order, after all that they rest on is known."""
    if program.balances and calendar.length == "custom":
        _check_custom(scope, program, calendar)
    return tuple(_balance(scope, program, name, each) for name, each in program.balances.items())


def _balance(scope: Scope, program: Program, name: str, written: Balance) -> BalanceMeaning:
    path: Path = ("balances", name)
    kind, key = written.kind, written.kind_name
    known = [*program.payouts, *program.pools]
    for part in kind.components:
        if part not in known:
            hint = suggest(part, known) or "name payouts and pools"
            scope.problem("P126", (*path, key), f"there is nothing called {part} to add", hint)
    for movement in sorted(OWN_NAMES & set(kind.names())):
        scope.problem("P111", (*path, key), f"{movement} is the engine's own name", "give the movement another name")
    for each in type(kind).model_fields:
        amount = getattr(kind, each)
        for code, message, hint in scope.terms.whole_faults(amount) if isinstance(amount, Money) else ():
            scope.problem(code, (*path, key, each), message, hint)
    inputs = dict(_inputs(scope, kind, (*path, key)))
    title = written.title or name.replace("_", " ")
    return BalanceMeaning(
        name, title, kind, inputs, kind.components or tuple(known), scope.terms, scope.key_place(path)
    )


def _check_custom(scope: Scope, program: Program, calendar: Calendar) -> None:
    """What a custom calendar cannot carry over: periods with days between them, and years."""
    for one, following in pairwise(sorted(calendar.custom, key=lambda period: period.start)):
        if one.end != following.start:
            message = f"between {one.name} and {following.name} are days of no period, over which no balance is carried"
            scope.key_problem("P262", ("balances",), message, "let each period begin where the one before ends")
    for name, each in program.balances.items():
        if isinstance(each.kind, Minimum) and each.kind.at_year_end:
            message = "a custom calendar has no fiscal years"
            path = ("balances", name, each.kind_name, "at_year_end")
            scope.problem("P262", path, message, "leave at_year_end out")


def _inputs(scope: Scope, kind: BalanceKind, path: Path) -> Iterator[tuple[str, tuple[Expression, Type]]]:
    for key, wanted in kind.inputs().items():
        at = (*path, *(wanted.path or (key,)))
        found = scope.typed(wanted.written, at, "partners")
        if found is not None and found[1] not in wanted.types:
            scope.problem("P125", at, f"a {found[1].value} is no amount", "name an amount of money")
        elif found is not None:
            yield key, found
