"""Interest and preferred return: an amount and two days go in, what it has earned comes out, simple or compounded.

Days are counted by a named convention. Simple interest, and interest compounded over whole periods, is exact. A power
with a fraction of a period is irrational: the factor by which an amount has grown is then rounded once, half even at 30
decimals, from integer arithmetic, and the explanation says so. So is a factor whose denominator has more than 1,024
bits, so that sums of many stay within the 4,096 of decision 0007. Of the largest amount, 10^15 minor units, that is
less than 10^-15 of one.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from rules.kinds.base import Kind, Terms, number, percent
from rules.quantities.exact import Exact
from rules.quantities.written import RateField
from rules.sharing.base import Step, Told, fault, refusal

Days = NDArray[np.int64]  # since 1970-01-01
DayCount = Literal["act/365", "act/360", "30/360", "30e/360"]
YEARS_MAX = 100
EPOCH = date(1970, 1, 1)
_DECIMALS = 30
_ONE = 10**_DECIMALS
_BITS = 256
_FACTOR_BITS_MAX = 1_024
_GROWTH_MAX = 10**18  # of one minor unit, what the books just hold
_PER_YEAR = {"yearly": 1, "half_yearly": 2, "quarterly": 4, "monthly": 12}


class Accrual(Kind):
    """A rate per year and how it runs: `{rate: 8%, compounding: yearly, days: act/365}`.

    A broken period is compounded by the fraction of it that has passed, or earns simple interest (`broken: simple`),
    which is exact. `daily` compounds by the days of the convention. `30/360` is the bond basis, `30e/360` its European
    form. (ISDA Definitions 2006, 4.16.)

    Simple interest and whole periods are exact. By a fraction of a period an amount grows by an irrational factor, and
    over very many periods by one with too many digits; such a factor is rounded once, half even at 30 decimals.
    """

    rate: RateField
    compounding: Literal["simple", "yearly", "half_yearly", "quarterly", "monthly", "daily"] = "simple"
    days: DayCount = "act/365"
    broken: Literal["compound", "simple"] = "compound"

    @model_validator(mode="after")
    def _grows(self) -> Accrual:
        if self.rate < 0:
            raise fault("K252", f"a rate of {percent(self.rate)} a year", "use nothing less than zero")
        return self

    @property
    def basis(self) -> int:
        """How many days a year of the convention has."""
        return 365 if self.days == "act/365" else 360

    def interest(self, amounts: Exact, since: Days, until: int) -> Exact:
        """What amounts have earned, each from the day `since` until the day `until`, (n,) exact; nothing before that.

        >>> rule = Accrual.model_validate({"rate": "8%", "days": "30/360"})
        >>> start, end = day(date(2025, 1, 31)), day(date(2025, 7, 31))
        >>> rule.interest(Exact.of([10_000]), np.array([start]), end).fractions()
        [Fraction(400, 1)]
        """
        counted, which = np.unique(np.maximum(day_counts(since, until, self.days), 0), return_inverse=True)
        return amounts * Exact.of([self.growth(days)[0] - 1 for days in counted.tolist()]).take(which)

    def growth(self, days: int) -> tuple[Fraction, bool]:
        """The factor after so many days of the convention, and whether it was rounded at 30 decimals."""
        if days > YEARS_MAX * self.basis:
            message = f"interest over {days:,} days, more than {YEARS_MAX} years"
            raise refusal("K230", message, "check the dates of the movements")
        if self.compounding == "simple":
            return 1 + self.rate * days / self.basis, False
        per_year = _PER_YEAR.get(self.compounding, self.basis)
        periods = Fraction(days * per_year, self.basis)
        whole = int(periods)
        per_period = 1 + self.rate / per_year
        grown = per_period**whole
        if grown >= _GROWTH_MAX:
            how = f"{percent(self.rate)} a year, compounded {self.compounding.replace('_', ' ')} for {days:,} days"
            message = f"{how}, multiplies an amount by more than 10^18"
            raise refusal("K104", message, "check the rate, and the dates of the movements")
        if periods != whole and self.broken == "compound":
            return _rounded_power(per_period, periods.numerator, periods.denominator), True
        factor = grown * (1 + (per_period - 1) * (periods - whole))
        if factor.denominator.bit_length() > _FACTOR_BITS_MAX:
            return Fraction(round(factor * _ONE), _ONE), True
        return factor, False

    def explain(self, amount: Fraction, since: date, until: date, terms: Terms) -> Told:
        """What one amount has earned, worked out alone."""
        days = max(counted_days(since, until, self.days), 0)
        years = Fraction(days, 360 if "360" in self.days else 365)
        words = f"{terms.money(amount)} at {percent(self.rate)} for {days} days ({self.days})"
        if self.compounding == "simple":
            value = amount * self.rate * years
            return Told(value, words, (Step("interest", value, value, Fraction(0), words),))
        count = _PER_YEAR.get(self.compounding) or (360 if "360" in self.days else 365)
        periods, one = years * count, 1 + self.rate / count
        words += f", compounded {self.compounding.replace('_', ' ')}: {number(periods)} periods"
        full, part = divmod(periods, 1)
        factor = Fraction(1)
        for _ in range(full):
            factor *= one
        if part and self.broken == "simple":
            factor += factor * (one - 1) * part
        if (part and self.broken == "compound") or factor.denominator.bit_length() > _FACTOR_BITS_MAX:
            is_rational = not part or self.broken == "simple"
            factor = Fraction(round(factor * _ONE), _ONE) if is_rational else _by_square_roots(one, periods)
            words += f", growth {number(factor)} (rounded once, half even at {_DECIMALS} decimals)"
        value = amount * factor - amount
        return Told(value, words, (Step("interest", value, value, Fraction(0), words),))


def day(when: date) -> int:
    """A day as the columns hold it."""
    return (when - EPOCH).days


def day_counts(since: Days, until: int, convention: DayCount) -> Days:
    """The days from `since` (n,) to `until` by a convention, (n,)."""
    if convention in ("act/365", "act/360"):
        return until - since
    year, month, start = _parts(since)
    (end_year,), (end_month,), (end,) = _parts(np.array([until], dtype=np.int64))
    start = np.minimum(start, 30)
    last = np.where(start == 30, min(end, 30), end) if convention == "30/360" else np.full(len(since), min(end, 30))
    counted: Days = 360 * (end_year - year) + 30 * (end_month - month) + (last - start)
    return counted


def _parts(days: Days) -> tuple[Days, Days, Days]:
    at = days.astype("datetime64[D]")
    months = at.astype("datetime64[M]")
    number_of_month = months.astype(np.int64)
    return number_of_month // 12, number_of_month % 12, (at - months.astype("datetime64[D]")).astype(np.int64) + 1


def counted_days(since: date, until: date, convention: DayCount) -> int:
    """The days between two dates, as the conventions are written."""
    if convention.startswith("act"):
        return (until - since).days
    first, last = since.day, until.day
    if convention == "30e/360":
        first, last = min(first, 30), min(last, 30)
    else:
        first = 30 if first == 31 else first
        last = 30 if last == 31 and first == 30 else last
    return 360 * (until.year - since.year) + 30 * (until.month - since.month) + last - first


@lru_cache(maxsize=65_536)
def _rounded_power(base: Fraction, above: int, below: int) -> Fraction:
    """base ** (above / below), half even at 30 decimals: an exact power times powers of one root, each cut off."""
    whole, rest = divmod(above, below)
    scaled = base**whole * _power_of_root(base, below, rest) * _ONE / (1 << _BITS)
    low = scaled.numerator // scaled.denominator
    middle = low + Fraction(1, 2)
    if abs(scaled - middle) > scaled / (1 << _BITS - 32):  # the cut off powers are far more exact than that
        return Fraction(low + (scaled > middle), _ONE)
    exact, target = (middle / _ONE) ** below, base**above  # a root that is rational, or next to a half
    goes_up = target > exact or (target == exact and low % 2 == 1)
    return Fraction(low + goes_up, _ONE)


@lru_cache(maxsize=4_096)
def _power_of_root(base: Fraction, degree: int, power: int) -> int:
    """base ** (power / degree) in units of 2**-256, for power < degree."""
    if power == 0:
        return 1 << _BITS
    if power == 1:
        return _root((base.numerator << _BITS * degree) // base.denominator, degree)
    half = _power_of_root(base, degree, power // 2)
    square = half * half >> _BITS
    return square if power % 2 == 0 else square * _power_of_root(base, degree, 1) >> _BITS


def _root(value: int, degree: int) -> int:
    """The whole root, rounded down, by Newton's steps from above."""
    guess = 1 << -(-value.bit_length() // degree)
    while True:
        closer = ((degree - 1) * guess + value // guess ** (degree - 1)) // degree
        if closer >= guess:
            return guess
        guess = closer


@lru_cache(maxsize=4_096)
def _by_square_roots(base: Fraction, periods: Fraction) -> Fraction:
    """The twin of `_rounded_power`: of the fraction of a period every binary digit is a square root of the one before.

    What 240 digits do not tell from a half, whole powers do.
    """
    whole, part = divmod(periods, 1)
    root, power = (base.numerator << 300) // base.denominator, 1 << 300
    for _ in range(240):
        root, part = isqrt(root << 300), part * 2
        if part >= 1:
            power, part = power * root >> 300, part - 1
    found = base**whole * Fraction(power, 1 << 300) * _ONE
    low, rest = divmod(found, 1)
    half = Fraction(1, 2)
    if abs(rest - half) < found / (1 << 220):
        cut, target = ((low + half) / _ONE) ** periods.denominator, base**periods.numerator
        return Fraction(int(low) + (target > cut or (target == cut and low % 2 == 1)), _ONE)
    return Fraction(int(low) + (rest > half), _ONE)


def date_of(days: int) -> date:
    """The date of a day as the columns hold it."""
    return EPOCH + timedelta(days=days)
