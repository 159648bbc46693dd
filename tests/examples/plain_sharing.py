"""A pool shared in proportion between a floor and a cap, in plain Python that shares no code with the engine.

The engine takes and gives in rounds. Here the one rate is looked up at which all shares add up to the pool: a share is
the rate times its weight, no less than its floor and no more than its cap, so the sum of all rises with the rate, on a
straight line between the rates at which one of them leaves its floor or reaches its cap.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction
from math import floor, lcm


def held(pool: int, weights: Mapping[str, Fraction], low: int, high: int) -> dict[str, Fraction]:
    """The exact share of each, between the same floor and cap; where the floors are too much, the same part of each."""
    if low * len(weights) >= pool:
        return {who: Fraction(pool, len(weights)) for who in weights}
    whole = lcm(*(weight.denominator for weight in weights.values()))
    parts = {who: int(weight * whole) for who, weight in weights.items()}

    def at(rate: Fraction) -> dict[str, Fraction]:
        return {who: min(max(rate * part, Fraction(low)), Fraction(high)) for who, part in parts.items()}

    edges = sorted({Fraction(0), *(Fraction(bound, part) for part in parts.values() if part for bound in (low, high))})
    enough = bisect_left(edges, Fraction(pool), key=lambda edge: sum(at(edge).values(), Fraction(0)))
    if enough == len(edges):
        return at(edges[-1])  # all are at their caps, and something is left
    before, after = edges[enough - 1], edges[enough]
    under, over = (sum(at(edge).values(), Fraction(0)) for edge in (before, after))
    return at(before + (after - before) * (pool - under) / (over - under))


def whole_cents(exact: Mapping[str, Fraction]) -> dict[str, int]:
    """Exact shares in minor units as whole ones: what is left over goes one by one to the largest remainders, those of
    the first ids where they are equal. Their sum has to be whole."""
    found = {who: floor(share) for who, share in exact.items()}
    over = sum(exact.values(), Fraction(0)) - sum(found.values())
    assert over.denominator == 1
    order = sorted(exact, key=lambda who: (found[who] - exact[who], who))
    return {who: share + (who in order[: int(over)]) for who, share in found.items()}
