"""What a measured effect is worth, worked by hand: returns, payback, what was paid for nothing, what is unknown."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from hypothesis import given, strategies as st

from scenarios.effect.answer import Effect, Kind, Method
from scenarios.funds.worth import Range, break_even, deadweight, lift, payback_periods, total_of, worth

NOTHING = np.zeros(1)
# 50 units and periods that each have 20 more, from 5 to 35: 1,000 in all, from 250 to 1,750.
FOUND = Effect(
    method=Method.DID,
    per_unit_period=20.0,
    total=1_000.0,
    std_error=7.5,
    interval=(5.0, 35.0),
    degrees=30.0,
    p_value=0.01,
    p_kind=Kind.T,
    pre_fit=0.0,
    units=10,
    controls=30,
    pre_periods=12,
    unit_periods=50,
    spans={},
    times=("2026-01",),
    observed=NOTHING,
    counterfactual=NOTHING,
    band=None,
)


def test_returns_move_with_the_effect_alone() -> None:
    """400 were paid; 60 % of what was brought is margin."""
    brought = total_of(FOUND)
    found = worth(brought, 400.0, True, brought.times(0.6))
    assert found.iroas == Range(2.5, 0.625, 4.375)
    assert found.margin == Range(600.0, 150.0, 1_050.0)
    assert found.profit_return == Range(0.5, -0.625, 1.625)
    assert found.cost_per is None


def test_what_one_more_cost_has_no_most_where_there_may_be_none_more() -> None:
    assert worth(Range(20.0, 10.0, 40.0), 400.0, False, None).cost_per == Range(20.0, 10.0, 40.0)
    assert worth(Range(20.0, -5.0, 45.0), 450.0, False, None).cost_per == Range(22.5, 10.0, None)
    assert worth(Range(-1.0, -5.0, 3.0), 450.0, False, None).cost_per is None


@pytest.mark.parametrize("paid", [0.0, -10.0, None])
def test_there_is_no_return_on_nothing(paid: float | None) -> None:
    found = worth(Range(20.0, 10.0, 40.0), paid, True, Range(5.0))
    assert (found.iroas, found.profit_return, found.cost_per) == (None, None, None)


def test_payback_with_lag() -> None:
    """Cumulative 800 after four months, and half of the next 400; the same case in exact numbers is the funds' own."""
    assert payback_periods(1_000, [0, 100, 300, 400, 400]) == 4.5
    assert payback_periods(1_000, [0, 100, -300, 400]) == inf
    assert payback_periods(0, [1.0]) is None


def test_deadweight_is_the_part_that_there_would_have_been_anyway() -> None:
    """300 were paid for an outcome of 4,000, of which 1,000 is the effect: three quarters of it would have been."""
    assert deadweight(300.0, FOUND, 4_000.0) == Range(225.0, 300 * (1 - 1_750 / 4_000), 300 * (1 - 250 / 4_000))


def test_deadweight_is_never_more_than_was_paid_nor_less_than_nothing() -> None:
    harmful = replace(FOUND, per_unit_period=-20.0, total=-1_000.0, interval=(-35.0, -5.0))
    assert deadweight(300.0, harmful, 4_000.0) == Range(300.0, 300.0, 300.0)
    assert deadweight(300.0, FOUND, 1_000.0) == Range(0.0, 0.0, 225.0)
    assert deadweight(300.0, FOUND, 0.0) is None
    unsure = replace(FOUND, interval=None, p_value=None, p_kind=None)
    assert deadweight(300.0, unsure, 4_000.0) == Range(225.0)


@given(st.floats(1, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(1, 1e7))
def test_deadweight_lies_between_its_ends(paid: float, each: float, half: float, outcome: float) -> None:
    found = replace(FOUND, per_unit_period=each, total=50 * each, interval=(each - half, each + half))
    told = deadweight(paid, found, outcome)
    assert told is not None and told.low is not None and told.high is not None
    assert 0 <= told.low <= told.value <= told.high <= paid


def test_a_lift_is_a_part_of_what_would_have_been() -> None:
    assert lift(FOUND, 5_000.0) == Range(0.25, 250 / 4_750, 1_750 / 3_250)
    assert lift(FOUND, 1_500.0) == Range(2.0, 0.2, None)  # at the upper end nothing would have been
    assert lift(FOUND, 900.0) is None


def test_what_just_pays() -> None:
    """An effect of 40 on each of 50 makes 2,000, of which 20 % is the 400 that were paid."""
    assert break_even(400.0, 0.2, 50) == 40.0
    assert break_even(400.0, 0.0, 50) is None and break_even(0.0, 0.2, 50) is None
