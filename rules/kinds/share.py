"""Why a participant's share of a pool is what it is: the twin of `rules.quantities.apportion`, for one row, in
fractions and words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.kinds.base import Reason, Terms, number
from rules.quantities.apportion import Residue
from rules.quantities.exact import Exact, Flags, Integers
from rules.quantities.rounding import round_fraction


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The members of a pool as its explanation needs them, (n,): keys, weights, and the remainder that each was left
    with when its share was rounded down (over the sum of the scaled weights)."""

    keys: NDArray[Any]
    weights: Exact
    remainders: Integers


def explain_share(size_minor: int, members: Members, row: int, residue: Residue, terms: Terms) -> Reason:
    """One share: the exact part of the pool, rounded, and whether a left over step came on top.

    Who is ahead for the steps that are left is counted over the remainders that were kept beside the shares; its own
    remainder is worked out afresh and must be the one that was kept.
    """
    known = members.weights.is_known()
    scaled, _ = members.weights.scaled()
    weight, weight_total = int(scaled[row]), _whole(scaled[known])
    exact = Fraction(size_minor) * weight / weight_total
    words = f"{terms.money(size_minor)} x {number(members.weights.fraction(row) or Fraction(0))}"
    words += f" / {number(members.weights.sum())}"
    if residue is Residue.ROUND_EACH:
        rounded = round_fraction(exact, terms.rounding, terms.step_minor)
        tail = "" if exact == rounded else f", rounded {terms.rounding_words}"
        return Reason(Fraction(rounded), f"{words} = {_exact(exact, terms)}{tail}", ("size", "weight"), exact)
    step = terms.step_minor
    sign = 1 if size_minor >= 0 else -1
    whole_steps = abs(exact) // step
    remainder = abs(size_minor) * weight - whole_steps * step * weight_total
    assert int(members.remainders[row]) == remainder, "the remainder that was kept is the one that is left"
    steps_minor, tail = whole_steps * step, ""
    if residue not in (Residue.HOUSE, Residue.CARRY):
        left = _left_steps(size_minor, members, known, weight_total, step)
        place = _place(members, known, scaled, row, residue)
        if place is not None and place < left:
            steps_minor += step
            over = f"{_steps(left, terms)} left over"
            tail = f", and {over if left == 1 else f'1 of {over}'} ({_WHY[residue]}, place {place + 1})"
        elif left and remainder:
            tail = f", rounded down ({_WHY[residue]} for {_steps(left, terms)} left over: no)"
    elif remainder:
        tail = ", rounded down (what is left stays with the house)"
        if residue is Residue.CARRY:
            tail = ", rounded down (what is left is carried to the next period)"
    return Reason(Fraction(sign * steps_minor), f"{words} = {_exact(exact, terms)}{tail}", ("size", "weight"), exact)


def explain_award_share(awards: Exact, keys: NDArray[Any], row: int, residue: Residue, terms: Terms) -> Reason:
    """One share of awards in whole steps: the award, rounded, and whether a left over step came on top."""
    known = awards.is_known()
    wholes, below = awards.scaled()
    exact, step = Fraction(int(wholes[row]), below), terms.step_minor
    words, uses = f"the award of {_exact(exact, terms)}", ("award",)
    if residue is Residue.ROUND_EACH:
        rounded = round_fraction(exact, terms.rounding, step)
        tail = "" if exact == rounded else f", rounded {terms.rounding_words}"
        return Reason(Fraction(rounded), words + tail, uses, exact)
    cut = wholes.astype(object) % (below * step)
    share = int(exact // step) * step
    if not cut[row]:
        return Reason(Fraction(share), words, uses, exact)
    if residue in (Residue.HOUSE, Residue.CARRY):
        to = "stays with the house" if residue is Residue.HOUSE else "is carried to the next period"
        return Reason(Fraction(share), f"{words}, rounded down (what is left {to})", uses, exact)
    left = _whole(cut[known]) // (below * step)
    ahead = keys > keys[row] if residue is Residue.TO_LAST else keys < keys[row]
    if residue in (Residue.LARGEST_REMAINDER, Residue.TO_BIGGEST):
        claims = cut if residue is Residue.LARGEST_REMAINDER else wholes
        ahead = (claims > claims[row]) | ((claims == claims[row]) & ahead)
    place = int(np.count_nonzero(np.asarray(known & (cut > 0) & ahead, dtype=bool)))
    if place >= left:
        over = f" ({_WHY[residue]} for {_steps(left, terms)} left over: no)" if left else ""
        return Reason(Fraction(share), f"{words}, rounded down{over}", uses, exact)
    over = f"{_steps(left, terms)} left over"
    tail = f", and {over if left == 1 else f'1 of {over}'} ({_WHY[residue]}, place {place + 1})"
    return Reason(Fraction(share + step), f"{words}{tail}", uses, exact)


_WHY = {
    Residue.LARGEST_REMAINDER: "by the largest remainder",
    Residue.TO_FIRST: "first ids first",
    Residue.TO_LAST: "last ids first",
    Residue.TO_BIGGEST: "biggest weights first",
}


def _steps(left: int, terms: Terms) -> str:
    return f"the {'step' if left == 1 else f'{left} steps'} of {terms.money(terms.step_minor)}"


def _left_steps(size_minor: int, members: Members, known: Flags, weight_total: int, step: int) -> int:
    """How many steps were left over: the remainders add up to them exactly."""
    left, rest = divmod(_whole(members.remainders[known]), weight_total * step)
    assert rest == 0, f"the remainders of {size_minor} add up to whole steps"
    return left


def _place(members: Members, known: Flags, scaled: Integers, row: int, residue: Residue) -> int | None:
    """The place in the queue for left over steps, 0 first; None for those who can get none."""
    queued = known & (scaled > 0)
    if residue is Residue.LARGEST_REMAINDER:
        queued &= members.remainders > 0
    if not queued[row]:
        return None
    before = members.keys < members.keys[row]
    if residue is Residue.TO_FIRST:
        ahead = before
    elif residue is Residue.TO_LAST:
        ahead = members.keys > members.keys[row]
    else:
        claims = members.remainders if residue is Residue.LARGEST_REMAINDER else scaled
        ahead = (claims > claims[row]) | ((claims == claims[row]) & before)
    return int(np.count_nonzero(queued & ahead))


def _whole(values: Integers) -> int:
    return int(sum(values.tolist()))


def _exact(minor: Fraction, terms: Terms) -> str:
    return number(minor / 10**terms.currency.decimals)
