"""Amounts of the whole program that are defined by each other: what they name, and whether they have an answer."""

from __future__ import annotations

from collections.abc import Mapping

from rules.check.scope import Path, Scope, suggest
from rules.expressions.tree import Type
from rules.meaning import AmountsMeaning, Meaning
from rules.problem import Refused
from rules.program import Program
from rules.sharing.circular import Circular


def amounts(scope: Scope, program: Program, found: Meaning) -> AmountsMeaning | None:
    """The amounts of a program, None where it has none or they name what is not there."""
    if not program.amounts:
        return None
    named = {kpi.name: kpi.type for kpi in found.kpis} | {quota.name: quota.type for quota in found.quotas}
    named |= dict.fromkeys([payout.name for payout in found.payouts], Type.MONEY)
    rule = Circular.model_construct(amounts={name: dict(parts) for name, parts in program.amounts.items()})
    is_sound = True
    for name, parts in program.amounts.items():
        for part in parts:
            is_sound &= part in program.amounts or _is_amount(scope, ("amounts", name, part), part, named, program)
    if not is_sound:
        return None
    try:
        rule.solved()
    except Refused as refusal:
        for each in refusal.problems:
            scope.problem(each.code, ("amounts",), each.message, each.hint)
        return None
    return AmountsMeaning(rule, scope.key_place(("amounts",)))


def _is_amount(scope: Scope, path: Path, part: str, named: Mapping[str, Type], program: Program) -> bool:
    """Whether a name is an amount of the whole program that is known before amounts are solved."""
    if part not in named:
        known = [*named, *program.amounts]
        hint = suggest(part, known) or "name a KPI, a payout or another of the amounts"
        message = f"there is nothing called {part} of the whole program"
        if part in program.pools:
            message, hint = f"the pool {part} is shared after amounts are known", "name the amount that its size is"
        scope.key_problem("P126", path, message, hint)
        return False
    if named[part] != Type.MONEY:
        scope.key_problem("P137", path, f"{part} is a {named[part].value}, and no amount", "name an amount of money")
        return False
    return True
