"""The reference for rounding and apportionment: slow, row by row, exact Fractions, written from the definitions alone.

In: a number, or a total and one weight (int or Fraction) a row. Out: Python integers. It shares no code with the rules
and imports none of them, so that a misreading on one side shows as a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

Key = int | str
POLICIES = ("largest_remainder", "to_first", "to_last", "to_biggest", "house", "carry", "round_each")
ROUNDINGS = ("half_up", "half_even", "half_down", "up", "down", "floor", "ceiling")


def round_to_step(value: Fraction, rounding: str, step: int = 1) -> int:
    """The multiple of `step` that `rounding` names for `value`; all but floor and ceiling are symmetric about zero."""
    below = floor(value / step) * step
    if below == value:
        return below
    above = below + step
    toward_zero, away_from_zero = (below, above) if value > 0 else (above, below)
    if rounding in ("floor", "ceiling"):
        return below if rounding == "floor" else above
    if rounding in ("down", "up"):
        return toward_zero if rounding == "down" else away_from_zero
    if value - below != above - value:
        return below if value - below < above - value else above
    if rounding == "half_even":
        return below if below // step % 2 == 0 else above
    return {"half_up": away_from_zero, "half_down": toward_zero}[rounding]


def apportion_rows(
    total_minor: int,
    weights: Sequence[int | Fraction],
    keys: Sequence[Key] | None = None,
    residue: str = "largest_remainder",
    step: int = 1,
    rounding: str = "half_up",
) -> tuple[list[int], int]:
    """Each row's share of the total, in the order of the rows, and what no row received.

    Every row gets the multiple of `step` at or below its exact share; the whole steps left over go one each to the rows
    that the policy names, and the rest of the total (always less than a step, or all of it under house and carry) is
    returned. A negative total mirrors the positive one. Under round_each every exact share is rounded by itself, with
    its sign, so that floor and ceiling mean there what they mean everywhere.
    """
    exact = [Fraction(abs(total_minor)) * weight / sum(weights) for weight in weights]
    sign = -1 if total_minor < 0 else 1
    if residue == "round_each":
        shares = [round_to_step(sign * share, rounding, step) for share in exact]
        return shares, total_minor - sum(shares)
    shares = [floor(share / step) * step for share in exact]
    leftover_steps = (abs(total_minor) - sum(shares)) // step
    if residue not in ("house", "carry"):
        queue = _queue(residue, exact, shares, weights, keys or range(len(weights)))
        for row in queue[:leftover_steps]:
            shares[row] += step
    shares = [sign * share for share in shares]
    return shares, total_minor - sum(shares)


def _queue(
    residue: str,
    exact: Sequence[Fraction],
    shares: Sequence[int],
    weights: Sequence[int | Fraction],
    keys: Sequence[Key],
) -> list[int]:
    """The rows with a positive weight, in the order in which the policy hands out leftover steps."""
    rows = sorted((row for row in range(len(weights)) if weights[row] > 0), key=lambda row: _sortable(keys[row]))
    if residue == "to_last":
        rows.reverse()
    if residue == "to_biggest":
        rows.sort(key=lambda row: -weights[row])
    if residue == "largest_remainder":
        rows.sort(key=lambda row: shares[row] - exact[row])
    return rows


def _sortable(key: Key) -> int | bytes:
    """Text is ordered by its UTF-8 bytes: no locale, no case folding."""
    return key.encode("utf-8") if isinstance(key, str) else key
