"""Balances of a program: what each reads of a partner, and the components that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from rules.balances.base import BalanceKind
from rules.balances.mark import Mark
from rules.balances.meaning import OPENING, OWN_NAMES, BalanceMeaning
from rules.balances.minimum import Minimum
from rules.balances.negative import Negative
from rules.balances.spec import Balance
from rules.calendar import Calendar
from rules.check.scope import Path, Scope, suggest
from rules.expressions.tree import Expression, Type, columns
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
    _check_taken_twice(scope, program)
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
    _rests_on_itself(scope, name, kind, inputs, (*path, key))
    if isinstance(kind, Negative) and not kind.of:
        first = next(each for each, other in program.balances.items() if _takes_all_below_zero(other))
        if first != name:
            message = f"{first} takes all that is due below zero, so that {name} after it finds nothing"
            hint = f"keep one of them, or let {name} net components of its own: {{what: net, of: [...]}}"
            scope.key_problem("P265", path, message, hint, severity="warning")
    title = written.title or name.replace("_", " ")
    return BalanceMeaning(
        name, title, kind, inputs, kind.components or tuple(known), scope.terms, scope.key_place(path)
    )


def _check_taken_twice(scope: Scope, program: Program) -> None:
    """What is taken off a payout twice: a component that a list names twice, or that two balances take the same of."""
    before: list[tuple[str, BalanceKind]] = []
    for name, each in program.balances.items():
        kind, path = each.kind, ("balances", name, each.kind_name)
        for part in dict.fromkeys(kind.components):
            if kind.components.count(part) > 1:
                scope.problem("P263", path, f"{name} names {part} twice, and would take it twice", "name it once")
            for other, its in before:
                takes = {kind.takes, its.takes}
                if part in its.components and ("all" in takes or takes == {"net"}):
                    message = f"{name} takes of {part} what {other} takes of it already"
                    hint = f"name {part} in one of the two balances"
                    scope.problem("P263", path, message, hint)
        before.append((name, kind))


def _takes_all_below_zero(balance: Balance) -> bool:
    return isinstance(balance.kind, Negative) and not balance.kind.of


def _rests_on_itself(
    scope: Scope, name: str, kind: BalanceKind, inputs: dict[str, tuple[Expression, Type]], path: Path
) -> None:
    """Note a mark of nothing but its own opening."""
    read = {str(column) for tree, _ in inputs.values() for column in columns(tree)} if isinstance(kind, Mark) else set()
    if read == {f"{name}.{OPENING}"}:
        message = f"the mark {name} is the highest value of its own opening, so it never rises"
        scope.problem("P264", (*path, "of"), message, "name the value whose highest is kept, such as a KPI")


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
