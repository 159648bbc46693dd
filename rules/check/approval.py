"""The approval of a program: amounts that rise, and people who can be reached.

In: the program as written. Out: who approves what it pays; what can't be met is a problem at its key.
"""

from __future__ import annotations

from itertools import pairwise

from rules.approval import ApprovalMeaning
from rules.check.scope import Path, Scope
from rules.program import Program

_AT: Path = ("approval",)


def approval(scope: Scope, program: Program) -> ApprovalMeaning | None:
    """Who approves what the program pays; None where it does not say."""
    spec = program.approval
    if spec is None:
        return None
    above = []
    for at, each in enumerate(spec.above):
        path: Path = (*_AT, "above", at)
        if each.amount.currency not in (None, scope.terms.currency.code) or each.amount.amount < 0:
            hint = f"write an amount of {scope.terms.currency.code}, zero or more"
            scope.key_problem("P280", path, "this is no amount above which more people approve", hint)
            continue
        above.append((int(scope.terms.minor(each.amount)), each.needs))
    steps = [spec.needs, *(needs for _, needs in above)]
    is_rising = above == sorted(above) and all(one < other for one, other in pairwise(steps))
    if spec.needs < 1 or not is_rising:
        hint = "needs: 1 or more, and more people above each larger amount"
        scope.key_problem("P281", _AT, "the number of people who approve does not rise with the amount", hint)
    if spec.by and (len(set(spec.by)) < max(steps) or any(not name.strip() for name in spec.by)):
        message = f"{max(steps)} people have to approve, and by: names {len(set(spec.by))}"
        scope.key_problem("P282", (*_AT, "by"), message, "name as many as have to approve, or more, each once")
    return ApprovalMeaning(
        needs=spec.needs,
        by=spec.by,
        above=tuple(above),
        may_also=spec.may_also,
        terms=scope.terms,
        place=scope.key_place(_AT),
    )
