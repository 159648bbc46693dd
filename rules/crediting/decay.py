"""Half-lives: how much a touch of some days ago still weighs, 2^(-days / half_life), in billionths.

The power is irrational wherever the half-life does not divide the days. It is rounded once, half even at 9 decimals, by
integer arithmetic; what is made of the weights afterwards is exact.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from rules.crediting.candidates import Codes

BILLION = 10**9
_BITS = 160  # of the powers below 1; their error is less than 2^-148, and no weight lies so close to a half


def decayed_billionths(days: Codes, half_life: int) -> Codes:
    """The weight of every touch, (n,), `days` ago (0 or more).

    >>> decayed_billionths(np.array([0, 7, 10, 21]), 7).tolist()
    [1000000000, 500000000, 371498572, 125000000]
    """
    distinct, which = np.unique(days, return_inverse=True)
    weights = [_weight(each, half_life) for each in distinct.tolist()]
    return np.array(weights, dtype=np.int64)[which]


def _weight(days: int, half_life: int) -> int:
    whole, rest = divmod(days, half_life)
    if whole > 40:  # less than a thousandth of a billionth
        return 0
    shift = _BITS + whole
    wide = BILLION * _power(half_life, rest)
    low, tail = wide >> shift, wide & ((1 << shift) - 1)
    half = 1 << (shift - 1)
    assert rest == 0 or abs(tail - half) > BILLION << 12, "160 bits tell on which side of a half an irrational lies"
    return low + (tail > half or (tail == half and low % 2 == 1))


@cache
def _power(half_life: int, days: int) -> int:
    """2^(-days / half_life) in units of 2^-160, for days below the half-life: powers of one root, each cut off."""
    if days == 0:
        return 1 << _BITS
    if days == 1:
        return _root(1 << (_BITS * half_life - 1), half_life)
    half = _power(half_life, days // 2)
    square = half * half >> _BITS
    return square if days % 2 == 0 else square * _power(half_life, 1) >> _BITS


def _root(number: int, degree: int) -> int:
    """The whole root of a number below 2^(160 x degree), rounded down: found bit by bit."""
    low, high = 0, 1 << _BITS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= number else (low, middle)
    return low
