"""Percentiles of the peers, exactly: a column of values and groups goes in, each row's reference comes out."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Literal

import numpy as np

from rules.kinds.base import Reason, number
from rules.kinds.scales.peers import at_rows, circle_of, group_codes, peers_of, standings
from rules.quantities.exact import Exact
from rules.quantities.rounding import multiply_floor

Quantile = Literal["interpolated", "nearest_rank"]


def percentile_of_peers(values: Exact, groups: Exact | None, at: Fraction, method: Quantile = "interpolated") -> Exact:
    """The percentile `at` (0 to 1) of the known values in each row's group, itself included; never rounded.

    `values` (n,); `groups` (n,) codes, None for one group of all. `interpolated` (default) is type 7 of Hyndman and
    Fan, "Sample Quantiles in Statistical Packages" (The American Statistician 50, 1996): linear between the closest
    ranks at 1 + (n - 1) p, as NumPy, R and PERCENTILE.INC of spreadsheets do. `nearest_rank` is their type 1: the
    smallest value that a share of at least p does not exceed. Unknown where the group is, or has no known value.

    >>> percentile_of_peers(Exact.of([15, 20, 35, 40, 50]), None, Fraction(2, 5)).fraction(0)
    Fraction(29, 1)
    """
    assert 0 <= at <= 1, "a percentile lies between 0 and 1"
    rows = len(values)
    peers = standings(values, groups, "lowest")
    firsts = np.flatnonzero(peers.starts == np.arange(len(peers.rows)))  # one for each group
    counts = peers.count[firsts]
    if method == "nearest_rank":
        before, rest = multiply_floor(counts, at.numerator, at.denominator)
        nearest = np.maximum(before + (rest > 0), 1) - 1
        found = values.take(peers.rows[firsts + nearest])
    else:
        before, rest = multiply_floor(counts - 1, at.numerator, at.denominator)
        low = values.take(peers.rows[firsts + before])
        high = values.take(peers.rows[firsts + np.minimum(before + 1, counts - 1)])
        found = low + (high - low) * Exact(rest, at.denominator)
    codes, count = group_codes(groups, rows)
    group_of = np.full(count, -1, dtype=np.int64)
    group_of[codes[peers.rows[firsts]]] = np.arange(len(firsts))
    placed = np.flatnonzero((codes >= 0) & (group_of[codes] >= 0)) if count else firsts
    return at_rows(placed, rows, found.take(group_of[codes[placed]]))


def explain_percentile_of_peers(
    values: Exact, groups: Exact | None, row: int, at: Fraction, method: Quantile = "interpolated"
) -> Reason | None:
    """The same percentile for one row, worked out alone; None where it is unknown."""
    numbers, below = circle_of(values, groups, row)
    if not numbers:
        return None
    numbers = sorted(numbers)
    count = len(numbers)
    share = f"the {number(at * 100)} % percentile of {count} peers"
    if method == "nearest_rank":
        place = next(place for place in range(1, count + 1) if Fraction(place, count) >= at)
        found = Fraction(numbers[place - 1], below)
        peers = peers_of(values, groups, row, near=(place - 1,))
        return Reason(found, f"{share}, value {place} from below = {number(found)}", ("value",), peers=peers)
    rank = 1 + (count - 1) * at
    low, high = numbers[math.floor(rank) - 1], numbers[math.ceil(rank) - 1]
    toward = rank - math.floor(rank)
    found = (low * (1 - toward) + high * toward) / Fraction(below)
    peers = peers_of(values, groups, row, near=(math.floor(rank) - 1, math.ceil(rank) - 1))
    return Reason(found, f"{share}, at rank {number(rank)} from below = {number(found)}", ("value",), peers=peers)
