"""Effects of cohorts that start at different times: by hand on four partners, and derived a second time.

What plain two-way fixed effects make of the same table stands beside it, as the reason not to use them.
"""

from __future__ import annotations

import numpy as np
import pytest
from effect_panels import drawn, table, truth, with_dummies
from scipy import stats

from scenarios.effect.answer import Kind, Window
from scenarios.effect.event_study import event_study
from scenarios.effect.group_time import GroupTime, combine, group_time
from scenarios.effect.panel import Panel
from scenarios.effect.staggered import counted, staggered

FOUR = table(
    [
        [10, 12, 20, 24],  # A is funded from the second period on
        [20, 21, 22, 30],  # B from the fourth
        [30, 31, 32, 34],  # C and D never
        [40, 43, 44, 46],
    ],
    [1, 3, -1, -1],
)


def test_four_partners_by_hand() -> None:
    """At the time before its start a cohort is level with its controls; each cell is a change less a mean change."""
    found = group_time(FOUR)
    a = [-0.0, 2 - (1 + 1 + 3) / 3, 10 - (2 + 2 + 4) / 3, 14 - (4 + 6) / 2]  # B is a control until the third period
    b = [-2 - (-2 - 4) / 2, -1 - (-1 - 1) / 2, 0, 8 - (2 + 2) / 2]  # before the start: the leads
    assert found.att == pytest.approx(np.array([a, b]))


def test_with_controls_never_treated_only() -> None:
    found = group_time(FOUR, "never")
    assert found.att[0] == pytest.approx(np.array([0, 2 - (1 + 3) / 2, 10 - (2 + 4) / 2, 14 - (4 + 6) / 2]))


def test_the_mean_over_treated_unit_periods() -> None:
    found = staggered(FOUR)
    cells = [2 - 5 / 3, 10 - 8 / 3, 14 - 5, 8 - 2]
    assert found.unit_periods == 4
    assert found.total == pytest.approx(sum(cells))
    assert found.per_unit_period == pytest.approx(sum(cells) / 4)
    assert found.observed - found.counterfactual == pytest.approx((group_time(FOUR).att.sum(axis=0)) / 2)
    assert staggered(FOUR, Window(1, 1)).total == pytest.approx(10 - 8 / 3)  # B's second period lies outside


def test_a_growing_effect_that_two_way_fixed_effects_turn_round() -> None:
    """Early starters whose effect grows are bad controls: the regression finds a loss where every effect is a gain."""
    steps = np.arange(10.0)
    rows = [np.where(steps >= start, 1.0 + 2 * (steps - start), 0.0) for start in (2, 2, 6, 6)]
    panel = table([row.tolist() for row in rows], [2, 2, 6, 6])
    assert with_dummies(panel) < 0
    assert staggered(panel).per_unit_period == pytest.approx(1 + 3)  # periods 3 to 6: 1, 3, 5, 7
    assert "16 treated unit-periods are left out" in staggered(panel).notes[0]  # when all four are funded


def test_one_start_is_a_difference_since_the_period_before() -> None:
    panel = drawn(1, 15, 25, effect=2)
    moved = panel.outcome[:, 12:].mean(axis=1) - panel.outcome[:, 11]
    found = staggered(panel)
    assert found.per_unit_period == pytest.approx(moved[:15].mean() - moved[15:].mean())
    error = np.sqrt(moved[:15].var(ddof=1) / 15 + moved[15:].var(ddof=1) / 25)
    assert found.std_error == pytest.approx(error)
    degrees = (1 / 15 + 1 / 25) ** 2 / (1 / 15**2 / 14 + 1 / 25**2 / 24)
    assert found.interval[1] - found.per_unit_period == pytest.approx(stats.t(degrees).ppf(0.975) * error)


def naive(panel: Panel, cohort: int, time: int) -> float:
    """One cell straight from its definition."""
    first = np.where(panel.treated, panel.start, 10**9)
    mine, others = panel.start == cohort, (first > max(time, cohort - 1)) & (panel.start != cohort)
    moved = panel.outcome[:, time] - panel.outcome[:, cohort - 1]
    return float(moved[mine].mean() - moved[others].mean())


def test_every_cell_by_its_definition() -> None:
    panel = drawn(2, 14, 9, times=14, starts=(4, 6, 9), effect=1, growing=0.2)
    found = group_time(panel)
    expected = [[naive(panel, int(start), time) for time in range(14)] for start in found.starts]
    assert found.att == pytest.approx(np.array(expected), abs=1e-9)


def test_the_error_is_nearly_that_of_the_jackknife() -> None:
    """Leaving each unit out once, with the weights as they were: a second way to the same influence."""
    panel = drawn(3, 40, 60, times=14, starts=(5, 7, 10), effect=1)
    weights = counted(group_time(panel), Window())
    weights /= weights.sum()
    whole = combine(group_time(panel), weights)
    without = [combine(group_time(panel.of(np.arange(100) != unit)), weights).estimate for unit in range(100)]
    jackknife = np.sqrt(99 / 100 * ((np.array(without) - np.mean(without)) ** 2).sum())
    assert whole.std_error == pytest.approx(jackknife, rel=0.03)


def test_starts_of_one_unit_are_compared_with_one_another() -> None:
    panel = drawn(4, 12, 30, starts=tuple(range(8, 20)), effect=1)
    found = staggered(panel)
    assert set(group_time(panel).sizes.tolist()) == {1}
    pooled = staggered(drawn(4, 12, 30, starts=(12,), effect=1))
    assert 0.4 < found.std_error / pooled.std_error < 2.5
    assert "12 of 12 starts have one unit, so these are compared with one another" in found.notes


def test_when_all_are_treated_at_last_the_late_periods_are_left_out() -> None:
    panel = drawn(5, 40, 0, starts=(9, 13), effect=2)
    found = staggered(panel)
    assert found.unit_periods == 20 * 4  # the early ones, until the late ones start
    assert (found.units, found.controls) == (20, 20)
    assert np.isnan(found.counterfactual[13:]).all() and not np.isnan(found.counterfactual[:13]).any()
    assert found.notes[0].startswith(f"{20 * (20 - 13) * 2} treated unit-periods are left out")


def test_few_clusters_shuffle_the_starts() -> None:
    sizes = [staggered(drawn([6, seed], 6, 8, starts=(9, 13), effect=3)) for seed in range(2)]
    assert all(each.p_kind is Kind.PERMUTATION and each.p_value < 0.05 for each in sizes)
    assert all(each.interval[0] < each.per_unit_period < each.interval[1] for each in sizes)


def test_an_event_study_shows_leads_and_lags() -> None:
    panel = drawn(7, 30, 40, starts=(9, 13), effect=2, growing=0.5)
    found = event_study(panel)
    assert found.event_times.tolist() == [*range(-13, -1), *range(11)]
    assert found.units[found.event_times == -2] == 30 and found.units[found.event_times == 10] == 15
    lags = found.event_times >= 0
    inside = (found.intervals[0] <= 2 * (1 + 0.5 * found.event_times)) & (
        2 * (1 + 0.5 * found.event_times) <= found.intervals[1]
    )
    assert inside[lags].mean() > 0.8 and found.pre_trend_p > 0.05


def test_the_joint_test_is_hotellings() -> None:
    """One cohort: the classical test that two groups have the same means of all leads (Hotelling 1931)."""
    panel = drawn(8, 30, 30)
    leads = panel.outcome[:, 4:11] - panel.outcome[:, [11]]  # seven, or fifty-eight degrees of freedom by four at most
    leads = np.column_stack([panel.outcome[:, 3] - panel.outcome[:, 11], leads])
    gap = leads[:30].mean(axis=0) - leads[30:].mean(axis=0)
    pooled = (np.cov(leads[:30].T) + np.cov(leads[30:].T)) / 2
    square = float(gap @ np.linalg.solve(pooled * (2 / 30), gap))
    p_value = stats.f(8, 60 - 8 - 1).sf(square * (60 - 8 - 1) / (8 * 58))
    assert event_study(panel).pre_trend_p == pytest.approx(p_value, rel=1e-9)


def test_a_trend_before_the_start_is_found() -> None:
    panel = drawn(9, 30, 40)
    drifting = panel.with_outcome(panel.outcome + panel.treated[:, None] * 0.3 * np.arange(20))
    assert event_study(drifting).pre_trend_p < 0.001


def test_the_weights_of_a_sum_are_taken_as_given() -> None:
    panel = drawn(10, 20, 20, starts=(9, 13))
    found: GroupTime = group_time(panel)
    weights = np.zeros_like(found.att)
    weights[0, 9] = 2.0
    assert combine(found, weights).estimate == pytest.approx(2 * found.att[0, 9])
    assert truth(panel, 0.0).sum() == 0
