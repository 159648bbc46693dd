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
    OpenAccounts,
    ReadRows,
    Step,
    Sum,
    rolls,
)
from engine.values.positions import YEAR_TO_DATE, OpenPositions, positions
from rules.meaning import Meaning
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
        yield KeepBalance(each.name, each.title, each.place, each, inputs, due)
        due = f"{ACCOUNTS}.{each.name}.due"
    names = (each.name for each in meaning.balances)
    yield Sum(PAYOUT, "payout", Place(), (*earned, *names), is_paid=True, frame=ACCOUNTS)
