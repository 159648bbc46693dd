"""Interest by day counts, simple and compounded: conventions, powers worked out elsewhere, roundings, twins."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from accrual_configs import accruals
from hypothesis import given, settings, strategies as st

from rules.kinds.base import Terms
from rules.problem import Refused
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.sharing.accrual import Accrual, day, day_counts

USD = Terms(currency("USD"))
START = day(date(2025, 1, 1))
money = st.integers(0, 10_000) | st.integers(0, 10**21) | st.fractions(0, 50, max_denominator=7)


@pytest.mark.parametrize(
    ("since", "until", "convention", "days"),
    [
        # The bond basis and its European form part at the end of February and at a 31st (ISDA 2006, 4.16 (f), (g)).
        ("2007-01-15", "2007-01-30", "30/360", 15),
        ("2007-01-30", "2007-03-31", "30/360", 60),
        ("2007-01-15", "2007-03-31", "30/360", 76),
        ("2007-01-15", "2007-03-31", "30e/360", 75),
        ("2008-02-29", "2008-03-31", "30/360", 32),
        ("2008-02-29", "2008-03-31", "30e/360", 31),
        ("2008-02-28", "2008-03-01", "act/365", 2),
    ],
)
def test_days_are_counted_by_convention(since: str, until: str, convention: Any, days: int) -> None:
    first, last = day(date.fromisoformat(since)), day(date.fromisoformat(until))
    assert day_counts(np.array([first]), last, convention).tolist() == [days]


@settings(max_examples=150)
@given(accruals, st.integers(0, 3_000), st.integers(0, 4_000), money)
def test_interest_is_told_as_it_is_paid(rule: dict[str, str], before: int, days: int, amount: Fraction) -> None:
    accrual = Accrual.model_validate(rule)
    since, until = START - before, START - before + days
    (paid,) = accrual.interest(Exact.of([amount]), np.array([since]), until).fractions()
    epoch = date(1970, 1, 1).toordinal()
    dates = [date.fromordinal(each + epoch) for each in (since, until)]
    told = accrual.explain(Fraction(amount), dates[0], dates[1], USD)
    assert told.value == paid
    counted = max(0, int(day_counts(np.array([since]), until, accrual.days)[0]))
    assert ("rounded once" in told.words) == accrual.growth(counted)[1]


@pytest.mark.parametrize(
    ("compounding", "days"),
    [
        *(("yearly", days) for days in (1, 90, 200, 364, 366, 1_000, 36_499)),
        *(("half_yearly", 100), ("quarterly", 100), ("monthly", 100), ("monthly", 36_499)),
        *(("daily", days) for days in (100, 715, 9_000)),
    ],
)
def test_what_has_no_short_fraction_is_rounded_once_at_thirty_decimals(compounding: str, days: int) -> None:
    """Against powers in decimals of 90 digits, which share no code with ours."""
    accrual = Accrual.model_validate({"rate": "8%", "compounding": compounding})
    per_year = {"yearly": 1, "half_yearly": 2, "quarterly": 4, "monthly": 12, "daily": 365}[compounding]
    with localcontext() as context:
        context.prec = 90
        power = (1 + Decimal("0.08") / per_year) ** (Decimal(days * per_year) / 365)
        expected = Fraction(power.quantize(Decimal("1e-30")))
    assert accrual.growth(days) == (expected, True)
    since = date(1930, 1, 1)
    told = accrual.explain(Fraction(1), since, since + timedelta(days), USD)
    assert told.value == expected - 1
    assert "(rounded once, half even at 30 decimals)" in told.words


def test_the_largest_capital_is_right_below_a_hundredth_of_a_cent() -> None:
    """10^15 minor units for 100 days at 8 %, compounded yearly: off by less than 10^-4 of one, told with `..`."""
    accrual = Accrual.model_validate({"rate": "8%", "compounding": "yearly"})
    (paid,) = accrual.interest(Exact.of([10**15]), np.array([START]), START + 100).fractions()
    with localcontext() as context:
        context.prec = 60
        true = Fraction(10**15 * (Decimal("1.08") ** (Decimal(100) / 365) - 1))
    assert paid is not None and abs(paid - true) < Fraction(1, 10**4)
    told = accrual.explain(Fraction(10**15), date(2025, 1, 1), date(2025, 4, 11), USD)
    assert (told.value, USD.money(told.value)) == (paid, "213,090,805,695.224462763..")


def test_whole_periods_are_exact_and_a_rational_root_too() -> None:
    yearly = Accrual.model_validate({"rate": "21%", "compounding": "yearly", "days": "30/360"})
    assert yearly.growth(720) == (Fraction(121, 100) ** 2, False)
    assert yearly.growth(180) == (Fraction(11, 10), True)
    doubled = Accrual.model_validate({"rate": "1", "compounding": "yearly", "days": "30/360"})
    root_of_two = Fraction("1.414213562373095048801688724210")  # it goes on as ..209698
    assert doubled.growth(180) == (root_of_two, True)


@pytest.mark.parametrize(("root", "rounded"), [(f"1.{'0' * 30}5", "1"), (f"1.{'0' * 29}15", f"1.{'0' * 29}2")])
def test_a_root_that_is_exactly_a_half_goes_to_the_even_digit(root: str, rounded: str) -> None:
    accrual = Accrual.model_construct(rate=Fraction(root) ** 2 - 1, compounding="yearly", days="30/360")
    assert accrual.growth(180)[0] == Fraction(rounded)
    told = accrual.explain(Fraction(10**30), date(2025, 1, 1), date(2025, 7, 1), USD)
    assert told.value == (Fraction(rounded) - 1) * 10**30


@pytest.mark.parametrize("compounding", ["yearly", "monthly", "daily"])
def test_interest_beyond_what_the_books_hold_is_refused(compounding: str) -> None:
    """1,000 % a year for 50 years, where 10 % was meant, would multiply an amount by more than 10^50."""
    accrual = Accrual.model_validate({"rate": "1000%", "compounding": compounding})
    with pytest.raises(Refused, match=r"K104 1,000 % a year, compounded .* by more than 10\^18"):
        accrual.growth(50 * 365 + 1)


def test_interest_over_more_than_a_century_is_refused() -> None:
    with pytest.raises(Refused, match="K230"):
        Accrual.model_validate({"rate": "8%"}).interest(Exact.of([1]), np.array([0]), 365 * 101)
