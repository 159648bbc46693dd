"""The steps of balances: what they open with, first of all; what each keeps or gives back, after all that is earned.

Beside the balances that a program names, banks of limits, carry-overs of pools and what waterfalls paid roll forward.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.values import (
    ACCOUNTS,
    EARNED,
    PARTNERS,
    PAYOUT,
    KeepBalance,
    Kpi,
    OpenAccounts,
    ReadRows,
    Step,
    Sum,
    rolls,
)
from engine.values.leaving import OfLeavers
from engine.values.positions import YEAR_TO_DATE, OpenPositions, positions
from rules.balances.meaning import BalanceMeaning
from rules.expressions.tree import Expression, columns
from rules.meaning import KpiMeaning, Meaning
from rules.problem import Place


def opening_steps(steps: Sequence[Step], minor_per_major: int) -> Iterator[Step]:
    """What the balances of all other steps open with: rules can name it; and where their running totals go on from."""
    rolled = rolls(steps)
    if told := positions(steps):
        title = "the year so far"
        yield OpenPositions(YEAR_TO_DATE, title, told[-1].place, told, minor_per_major, is_alone=not rolled)
    if rolled:
        others = tuple(each.name for each in told)
        yield OpenAccounts(ACCOUNTS, "opening balances", rolled[-1].place, rolled, others)


def _of_leavers(balance: BalanceMeaning, before: Sequence[Step]) -> OfLeavers:
    """What a balance reads of those who have left: what rests on anything but KPIs is nothing to them."""
    inputs = {key: typed for key, typed in balance.inputs.items() if key in balance.kind.of_leavers}
    kpis = _kpis([tree for tree, _ in inputs.values()], before)
    return OfLeavers(balance.name) if kpis is None else OfLeavers(balance.name, inputs, kpis)


def _kpis(trees: Sequence[Expression], before: Sequence[Step]) -> tuple[KpiMeaning, ...] | None:
    """The KPIs that expressions rest on, in their order; None where they name anything else that partners come to."""
    known = {step.name: step.kpi for step in before if isinstance(step, Kpi)}
    left, found = list(trees), set[str]()
    while left:
        for column in columns(left.pop()):
            if column.table is not None or column.name in found:
                continue
            if column.name not in known:
                return None
            found.add(column.name)
            formula = known[column.name].formula
            left += [] if formula is None else [formula]
    return tuple(kpi for name, kpi in known.items() if name in found)


def paid_steps(meaning: Meaning, earned: tuple[str, ...], before: Sequence[Step]) -> Iterator[Step]:
    """What components have earned, the balances in their order, and what is paid in the end."""
    if not meaning.balances:
        has_accounts = any(not roll.is_whole for roll in rolls(before))
        frame = ACCOUNTS if has_accounts else PARTNERS
        yield Sum(PAYOUT, "payout", Place(), earned, is_paid=True, frame=frame)
        return
    yield Sum(EARNED, EARNED, Place(), earned)
    due = EARNED
    for each in meaning.balances:
        inputs = {key: f"{each.name}.{key}" for key in each.inputs}
        measures = {inputs[key]: typed for key, typed in each.inputs.items()}
        if measures:
            title = f"{each.title}: what it rests on"
            yield ReadRows(f"{each.name}.rows", title, each.place, PARTNERS, None, None, measures)
        yield KeepBalance(each.name, each.title, each.place, each, inputs, due, _of_leavers(each, before))
        due = f"{ACCOUNTS}.{each.name}.due"
    names = (each.name for each in meaning.balances)
    yield Sum(PAYOUT, "payout", Place(), (*earned, *names), is_paid=True, frame=ACCOUNTS)
