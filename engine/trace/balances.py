"""What balances pay a partner: also one that can't be paid any more, of whom something was held back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.trace.verdict import Verdict
from engine.values import ACCOUNTS, PARTNERS, KeepBalance, Plan, Sheet


def of_balances(plan: Plan, sheet: Sheet, partner: str) -> Iterator[Verdict]:
    """A verdict of each balance that pays the partner something in the period."""
    at = np.flatnonzero(sheet.payees.keys == partner)
    if ACCOUNTS not in sheet.frames or not len(at):
        return
    account = int(at[0])
    for step in (each for each in plan.steps if isinstance(each, KeepBalance)):
        amount = int(sheet.columns[step.name].fraction(account) or 0)
        if amount <= 0:
            continue
        moves = ", ".join(
            f"{name.replace('_', ' ')} {plan.terms.money(minor)}"
            for name in step.balance.kind.names()
            if (minor := sheet.columns[f"{ACCOUNTS}.{step.name}.{name}"].fraction(account) or 0)
        )
        has_left = "" if sheet.payees.partners[account] >= 0 else f"{partner} cannot be paid anything new, and "
        told = f"{has_left}what is on {step.name} is paid out: {moves}"
        yield Verdict(PARTNERS, partner, step.name, "paid", told, step.place, partner, amount)
