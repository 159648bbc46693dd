"""Limits over several rules: the sums of payouts that are held to a most, and what can be told of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.check.payouts import limit_of
from rules.check.scope import Path, Scope
from rules.expressions.tree import columns
from rules.payouts.meaning import LimitMeaning, PayoutMeaning
from rules.payouts.spec import LimitSpec, TotalLimit
from rules.program import Program


def total_limits(
    scope: Scope, program: Program, name: str, payouts: Sequence[PayoutMeaning]
) -> tuple[LimitMeaning, ...]:
    """The limits of one sum, after noting what stands against them."""
    total, path = program.totals[name], ("totals", name)
    if not total.limits:
        return ()
    known = {payout.name: payout for payout in payouts}
    for at, part in enumerate(total.sum):
        if part in program.payouts and part not in known:
            continue  # its own faults are told
        for message, hint in _faults(program, name, part, known):
            scope.problem("P243", (*path, "sum", at), message, hint)
    last = max((at for at, payout in enumerate(payouts) if payout.name in total.sum), default=-1)
    for payout in payouts[: last + 1]:
        for part in dict.fromkeys(_named(payout)):
            if part in total.sum:
                message = f"{payout.name} rests on {part}, which {name} cuts only after {payouts[last].name}"
                hint = "write the rule after all that the sum holds, or leave it out of the sum"
                scope.key_problem("P243", ("payouts", payout.name), message, hint)
    before = {payout.name for payout in payouts[: last + 1]} - set(total.sum)
    return tuple(
        _limit(scope, limit, (*path, "limits", at), {*known} - before) for at, limit in enumerate(total.limits)
    )


def _faults(program: Program, name: str, part: str, known: dict[str, PayoutMeaning]) -> Iterator[tuple[str, str]]:
    if part not in known:
        yield f"{part} is no payout, and has no lines that a limit cuts", "name payouts alone where a sum has limits"
        return
    for other, total in program.totals.items():
        if other < name and total.limits and part in total.sum:
            yield f"{part} is held to the limits of {other} too", "name it in one sum with limits"
    if program.totals[name].sum.count(part) > 1:
        yield f"{part} is named twice", "name each payout once"
    if any(limit.spec.excess == "banked" for limit in known[part].limits):
        message = f"{part} banks what its own limit cuts, and pays it where this one may cut it again"
        yield message, "write excess: lost in its limits, or leave it out of the sum"


def _named(payout: PayoutMeaning) -> Iterator[str]:
    """What a rule reads by name."""
    for _, tree in payout.reads():
        yield from (str(column) for column in columns(tree) if column.table is None)


def _limit(scope: Scope, written: TotalLimit, path: Path, unknown: set[str]) -> LimitMeaning:
    """A limit of the lines in the order of their rules; `unknown` are payouts that are not known yet where it cuts."""
    spec = LimitSpec.model_construct(at_most=written.at_most, cut=written.cut)
    money = written.at_most.amount
    faults = [] if money is None else scope.terms.whole_faults(money)
    for code, message, hint in faults:
        scope.problem(code, (*path, "at_most"), message, hint)
    of = limit_of(scope, spec, path)
    for column in columns(of) if of is not None else ():
        if str(column) in unknown:
            message = f"what {column} pays is not known before the limit cuts"
            scope.problem("P243", (*path, "at_most", "of"), message, "name a rule before all that the sum holds")
    amount = 0 if faults or money is None else int(scope.terms.minor(money))
    return LimitMeaning(spec, amount, (), None, scope.key_place(path), of)
