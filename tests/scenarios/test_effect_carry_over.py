"""What works on after it was paid, and what a lift took from elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from effect_panels import drawn

from scenarios.effect.adstock import CarryOver, adstock, carry_over, half_life_periods, long_run_multiplier
from scenarios.effect.answer import Method, NotMeasurable
from scenarios.effect.panel import Panel
from scenarios.effect.spill import NetLift, net_lift


def test_adstock_by_hand() -> None:
    assert adstock(np.array([[100.0, 0, 50], [0, 10, 0]]), 0.5).tolist() == [[100, 50, 75], [0, 10, 5]]
    assert adstock(np.array([0.0, 0]), 0.5, carried_in=40).tolist() == [20, 10]
    assert adstock(np.array([1.0, 2, 3]), 0).tolist() == [1, 2, 3]
    assert long_run_multiplier(0.75) == 4
    assert half_life_periods(0.5) == 1 and half_life_periods(0) == 0
    spent = adstock(np.eye(1, 400)[0], 0.9)
    assert spent.sum() == pytest.approx(long_run_multiplier(0.9))
    assert spent[round(half_life_periods(0.9) * 10)] == pytest.approx(0.5**10, rel=0.1)


def spending(seed: int, theta: float, per_spend: float, noise: float) -> Panel:
    """Thirty partners, of whom each spends in a fifth of forty months."""
    random = np.random.default_rng(seed)
    panel = drawn(seed, 15, 15, times=40)
    spend = np.where(random.random((30, 40)) < 0.2, random.uniform(5, 20, (30, 40)), 0.0)
    level = 100 * random.random((30, 1)) + random.random(40) + noise * random.normal(size=(30, 40))
    return replace(panel, outcome=level + per_spend * adstock(spend, theta), spend=spend)


@pytest.mark.parametrize("theta", [0.0, 0.35, 0.8, 0.95])
def test_carry_over_is_recovered_from_data_without_noise(theta: float) -> None:
    found = carry_over(spending(1, theta, 3.0, 0.0))
    assert isinstance(found, CarryOver)
    assert found.theta == pytest.approx(theta, abs=1e-6) and found.per_spend == pytest.approx(3, abs=1e-5)
    assert found.explained == pytest.approx(1)


def test_carry_over_lies_in_its_interval() -> None:
    inside = 0
    for seed in range(40):
        found = carry_over(spending(seed, 0.6, 1.0, 4.0))
        assert isinstance(found, CarryOver)
        inside += found.interval[0] <= 0.6 <= found.interval[1]
    assert inside >= 35


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (spending(2, 0.5, 0.0, 4.0), "no clear effect"),
        (replace(spending(2, 0.5, 1.0, 1.0), spend=np.ones((30, 40))), "does not differ"),
        (replace(spending(2, 0.5, 1.0, 1.0), spend=None), "no spend is known"),
    ],
)
def test_where_carry_over_can_not_be_told(panel: Panel, words: str) -> None:
    found = carry_over(panel)
    assert isinstance(found, NotMeasurable) and found.code == "M208" and words in found.words


def with_campaign(seed: int, starts: tuple[int, ...]) -> tuple[Panel, np.ndarray]:
    """A campaign of 3 periods lifts by 10 and takes 4 from other goods; the 2 periods after it lose 3 each."""
    panel, beside = drawn(seed, 20, 25, starts=starts), drawn([seed, 1], 20, 25).outcome
    since = np.where(panel.treated[:, None], np.arange(20) - panel.start[:, None], -99)
    during, after = (since >= 0) & (since < 3), (since >= 3) & (since < 5)
    return panel.with_outcome(panel.outcome + 10.0 * during - 3.0 * after), beside - 4.0 * during


@pytest.mark.parametrize("starts", [(12,), (9, 13)])
def test_net_lift_is_what_is_left(starts: tuple[int, ...]) -> None:
    found = net_lift(*with_campaign(3, starts), periods=3)
    assert isinstance(found, NetLift)
    assert found.lift.total == pytest.approx(20 * 3 * 10, abs=60)
    assert found.cannibalised == pytest.approx(20 * 3 * 4, abs=150)
    assert found.pulled_forward == pytest.approx(20 * 2 * 3, abs=120)
    assert found.net == pytest.approx(found.lift.total - found.cannibalised - found.pulled_forward)
    assert found.interval is not None and sum(found.interval) / 2 == pytest.approx(
        found.net
    )  # the sum, measured at once
    assert found.interval[0] < 20 * (30 - 12 - 6) < found.interval[1]


def test_a_part_that_is_not_asked_for_is_nothing() -> None:
    panel, _ = with_campaign(4, (12,))
    found = net_lift(panel)
    assert isinstance(found, NetLift)
    assert (found.cannibalised, found.pulled_forward, found.net) == (0, 0, found.lift.total)


def test_a_part_that_can_not_be_measured_is_unknown() -> None:
    panel, beside = with_campaign(5, (12,))
    found = net_lift(panel, beside, periods=8)
    assert isinstance(found, NetLift) and found.cannibalised is not None
    assert (found.pulled_forward, found.net, found.interval) == (None, None, None)
    assert [reason.code for reason in found.reasons] == ["M205"]
    blank = np.where(panel.treated[:, None], np.nan, beside)
    refused = net_lift(panel, blank)
    assert isinstance(refused, NotMeasurable) and refused.code == "M206"


def test_methods_whose_parts_do_not_add_up_have_no_interval_of_the_net() -> None:
    panel, beside = with_campaign(6, (12,))
    found = net_lift(panel, beside, periods=3, method=Method.SDID)
    assert isinstance(found, NetLift) and found.lift.method is Method.SDID
    assert found.net is not None and found.interval is None
