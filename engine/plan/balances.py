"""The steps of balances: what they open with, first of all; what each keeps or gives back, after all that is earned."""

from __future__ import annotations

from collections.abc import Iterator

from engine.values import ACCOUNTS, EARNED, PARTNERS, PAYOUT, KeepBalance, OpenAccounts, ReadRows, Step, Sum
from rules.meaning import Meaning
from rules.problem import Place


def opening_steps(meaning: Meaning) -> Iterator[Step]:
    """What balances open with: rules can name it."""
    if meaning.balances:
        lasts = {each.name: each.kind.looks_back for each in meaning.balances}
        yield OpenAccounts(ACCOUNTS, "opening balances", meaning.balances[0].place, lasts)


def balance_steps(meaning: Meaning, earned: tuple[str, ...]) -> Iterator[Step]:
    """What components have earned, the balances in their order, and what is paid in the end."""
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
