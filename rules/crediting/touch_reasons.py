"""Why a touch earns its share: the twin of `rules.crediting.touches`, for one touch, in fractions and words."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rules.crediting.base import portion
from rules.crediting.candidates import UNKNOWN_DAY, Candidates
from rules.kinds.base import Reason, number

_BILLION = 10**9


def explain_touch(candidates: Candidates, i: int, shape: str, half_life: int, within: int | None) -> Reason:
    """One touch: its place among those that count, and what its shape gives that place."""
    row = int(candidates.row[i])
    anchor = int(candidates.rows.day[row])
    journey: list[tuple[int, int, int]] = []
    for j in np.flatnonzero(candidates.row == row).tolist():
        day = int(candidates.day[j])
        if day != UNKNOWN_DAY and day <= anchor and (within is None or anchor - day <= within):
            journey.append((day, int(candidates.key[j]), j))
    journey.sort()
    place = next((place for place, (_, _, j) in enumerate(journey) if j == i), None)
    if place is None:
        limit = "" if within is None else f" and no more than {within} days before"
        return Reason(Fraction(0), f"the touch is not on or before the row's day{limit}", ("day",))
    days = [day for day, _, _ in journey]
    share, words = _share(candidates, row, days, place, shape, half_life)
    return Reason(share, f"touch {place + 1} of {len(days)}: {words}", ("day",))


def _share(
    candidates: Candidates, row: int, days: list[int], place: int, shape: str, half_life: int
) -> tuple[Fraction, str]:
    count, is_first, is_last = len(days), place == 0, place == len(days) - 1
    if shape == "first":
        return Fraction(is_first), "the first earns 100 %"
    if shape == "last":
        return Fraction(is_last), "the last earns 100 %"
    if shape == "linear" or (shape == "u" and count <= 2):
        return Fraction(1, count), "all of it" if count == 1 else f"each earns 1/{count}"
    if shape == "u":
        if is_first or is_last:
            return Fraction(2, 5), f"the {'first' if is_first else 'last'} earns 40 %"
        return Fraction(1, 5) / (count - 2), f"1/{count - 2} of the 20 % for those between first and last"
    if shape == "w":
        return _milestones(candidates, row, days, place)
    weights = [_half_life_weight(days[-1] - day, half_life) for day in days]
    share = weights[place] / sum(weights)
    ago = days[-1] - days[place]
    words = f"2^(-{ago}/{half_life}) = {number(weights[place])}, half even at 9 decimals"
    return share, f"{words}, of {number(sum(weights, Fraction(0)))} for all"


def _milestones(candidates: Candidates, row: int, days: list[int], place: int) -> tuple[Fraction, str]:
    made = {"first": 0}
    for name, column in (("lead", candidates.rows.lead_day), ("opportunity", candidates.rows.opportunity_day)):
        day = int(column[row])
        before = [at for at, touched in enumerate(days) if day != UNKNOWN_DAY and touched <= day]
        if before:
            made[name] = before[-1]
    others = [at for at in range(len(days)) if at not in made.values()]
    points = {at: Fraction(10, len(others)) for at in others}
    for at in made.values():
        points[at] = points.get(at, Fraction(0)) + 30
    total = sum(points.values(), Fraction(0))
    mine = [name for name, at in made.items() if at == place]
    words = " and ".join(mine) + f": {portion(points[place] / 100)}"
    if not mine:
        words = f"1/{len(others)} of the 10 % for all others"
    if total != 100:
        words += f", of the {portion(total / 100)} that touches earned"
    return points[place] / total, words


def _half_life_weight(days: int, half_life: int) -> Fraction:
    """2^(-days / half_life) at 9 decimals, half even: the whole number of billionths nearest to it.

    w billionths are at most that power if w^h x 2^days <= billion^h, which whole numbers decide.
    """
    low, high, bound = 0, _BILLION + 1, _BILLION**half_life
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**half_life << days <= bound else (low, middle)
    half, twice = (2 * low + 1) ** half_life << days, 2**half_life * bound
    up = half < twice or (half == twice and low % 2 == 1)
    return Fraction(low + up, _BILLION)
