"""Chance, days and written quantities: whole numbers only, so that a seed gives the same bytes on any machine.

Floats print and round alike on most machines, not on all; here there is none. Money is composed from minor units.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from functools import cache
from itertools import accumulate, pairwise
from typing import Generic, TypeVar

T = TypeVar("T")

FIRST = date(2025, 1, 1).toordinal()
LAST = date(2026, 12, 31).toordinal()
EXTRACTED = date(2027, 3, 31).toordinal()  # nothing is recorded, paid or received later


class Chance:
    """A stream of draws of its own, so that one topic's draws never shift another's.

    >>> Chance(2026, "doc").below(6) == Chance(2026, "doc").below(6)
    True
    """

    def __init__(self, seed: int, stream: str) -> None:
        digest = hashlib.sha256(f"{seed}/{stream}".encode()).digest()
        self._bits = random.Random(int.from_bytes(digest[:8], "big")).getrandbits

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1. With 60 bits the modulo leans to no side that anyone could measure."""
        return self._bits(60) % limit

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self._bits(60) % (high - low + 1)

    def happens(self, per_cent: int) -> bool:
        """True in so many of a hundred cases."""
        return self._bits(60) % 100 < per_cent

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely."""
        return choices[self._bits(60) % len(choices)]

    def some(self, choices: Sequence[T], number: int) -> list[T]:
        """So many different ones of the choices (all, if there are fewer), in drawn order."""
        rest = list(choices)
        return [rest.pop(self.below(len(rest))) for _ in range(min(number, len(rest)))]

    def weighted(self, choices: Weighted[T]) -> T:
        """One of the choices, as likely as its weight says."""
        return choices.values[bisect_right(choices.sums, self._bits(60) % choices.sums[-1])]


class Weighted(Generic[T]):
    """Choices with whole weights, summed up once."""

    def __init__(self, values: Sequence[T], weights: Sequence[int]) -> None:
        self.values = list(values)
        self.sums = list(accumulate(weights))


@cache
def day(ordinal: int | None) -> str:
    """A day as text, blank if there is none."""
    return "" if ordinal is None else date.fromordinal(ordinal).isoformat()


@cache
def months() -> tuple[tuple[str, int, int], ...]:
    """Every month of the two years: its text, its first day and the first day of the next."""
    starts = [date(2025 + at // 12, at % 12 + 1, 1) for at in range(25)]
    return tuple((start.isoformat(), start.toordinal(), end.toordinal()) for start, end in pairwise(starts))


def quarters() -> list[tuple[str, int, int]]:
    """Every quarter of the two years: its name such as 2026-Q2, its first day and the first day of the next."""
    found = months()
    return [(f"{2025 + at // 4}-Q{at % 4 + 1}", found[3 * at][1], found[3 * at + 2][2]) for at in range(8)]


def money(minor: int) -> str:
    """Minor units as an amount with two decimals.

    >>> money(-123405)
    '-1234.05'
    """
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def number(value: int, decimals: int) -> str:
    """A scaled whole number as a plain decimal without trailing zeros.

    >>> number(600, 3), number(20, 1)
    ('0.6', '2')
    """
    sign, digits = "-" if value < 0 else "", f"{abs(value):0{decimals + 1}d}"
    whole, rest = (digits[:-decimals], digits[-decimals:].rstrip("0")) if decimals else (digits, "")
    return sign + whole + ("." + rest if rest else "")


def flag(value: bool) -> str:
    """true or false."""
    return "true" if value else "false"
