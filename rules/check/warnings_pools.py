"""Warnings about pools: the same money carried and shared, and days on which nothing is given back or released.

In: rules that were understood. Out: problems of severity `warning`. Only what is certain from the document is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rules.balances.holdback import Holdback
from rules.expressions.tree import Arithmetic, Column, Expression, Negate, columns
from rules.meaning import Meaning
from rules.pools.meaning import LEFT, PoolMeaning
from rules.problem import Place, Problem
from rules.quantities.written import DateRange
from rules.sharing.layers import Waterfall

KeyPlace = Callable[[tuple[str | int, ...]], Place]


def pool_warnings(meaning: Meaning, key_place: KeyPlace) -> Iterator[Problem]:
    """What is suspicious about pools, and about what is held back of them; `key_place` tells where a key stands."""
    for at, pool in enumerate(meaning.pools):
        yield from _never_given_back(pool, meaning.effective, key_place)
        yield from _carried_and_shared(pool, meaning.pools[:at])
    for balance in meaning.balances:
        day = balance.kind.released.on if isinstance(balance.kind, Holdback) else None
        if day is not None and not meaning.effective.first <= day <= meaning.effective.last:
            message = f"what {balance.name} holds back is released on {day}, and the program is not in force then"
            place = key_place(("balances", balance.name, "holdback", "released", "on"))
            yield _not_in_force(message, place, meaning.effective)


def _carried_and_shared(pool: PoolMeaning, earlier: tuple[PoolMeaning, ...]) -> Iterator[Problem]:
    """A pool that has what an earlier one did not pay of the same money, which that one carries to the next period."""
    if pool.size.of is None:
        return
    terms = list(_terms(pool.size.of, 1))
    for other in earlier:
        bounds = other.spec.bounds
        is_cut = bounds is not None and bounds.at_most is not None and bounds.excess == "carry"
        carries = other.spec.unclaimed == "carry" or is_cut
        left = any(str(column) == f"{other.name}.{LEFT}" for column, _ in terms)
        if not carries or left or (other.name, -1) not in [(str(column), sign) for column, sign in terms]:
            continue
        of_both = set() if other.size.of is None else {str(each) for each in columns(other.size.of)}
        shared = [str(column) for column, sign in terms if sign > 0 and str(column) in of_both]
        if shared:
            message = (
                f"{pool.name} has what {other.name} does not pay of {shared[0]}, and {other.name} carries that to the "
                "next period: the same money is carried and shared"
            )
            hint = f"give {pool.name} a rate of its own of {shared[0]}, or let {other.name} carry nothing"
            yield Problem("P324", message, pool.size_place, hint, "warning")


def _terms(tree: Expression, sign: int) -> Iterator[tuple[Column, int]]:
    """The columns that a sum adds (1) and takes off (-1)."""
    match tree:
        case Column():
            yield tree, sign
        case Negate(operand):
            yield from _terms(operand, -sign)
        case Arithmetic("+" | "-" as op, left, right):
            yield from _terms(left, sign)
            yield from _terms(right, sign if op == "+" else -sign)


def _never_given_back(pool: PoolMeaning, effective: DateRange, key_place: KeyPlace) -> Iterator[Problem]:
    """A day of a clawback on which the program is not in force."""
    rule = pool.kind.clawback if isinstance(pool.kind, Waterfall) else None
    if rule is not None and not effective.first <= rule.on <= effective.last:
        message = f"the carry of {pool.name} gives back on {rule.on}, and the program is not in force on this day"
        place = key_place(("pools", pool.name, "shared", "waterfall", "clawback", "on"))
        yield _not_in_force(message, place, effective)


def _not_in_force(message: str, place: Place, effective: DateRange) -> Problem:
    return Problem("P321", message, place, f"write a day within {effective.first} to {effective.last}", "warning")
