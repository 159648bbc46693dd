"""Difference-in-differences, derived a second time: by least squares with every dummy, and by counting assignments."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from effect_panels import drawn, table, with_dummies
from scipy import stats

from scenarios.effect.answer import Effect, Kind, Method, Window
from scenarios.effect.did import did
from scenarios.effect.inference import reassigned
from scenarios.effect.matching import matched_weights, nearest
from scenarios.effect.panel import Panel
from scenarios.effect.sdid import sdid
from scenarios.effect.staggered import staggered


def test_four_partners_by_hand() -> None:
    """Funded partners went from 10 to 16 and from 20 to 24, the others from 10 to 11 and from 30 to 33: 5 less 2."""
    panel = table([[10, 10, 16], [20, 20, 24], [10, 10, 11], [30, 30, 33]], [2, 2, -1, -1])
    found = did(panel)
    assert (found.per_unit_period, found.total, found.unit_periods) == (3.0, 6.0, 2)
    assert found.observed.tolist() == [15, 15, 20] and found.counterfactual.tolist() == [15, 15, 17]
    assert found.std_error == pytest.approx(np.sqrt(2 / 2 + 2 / 2))  # both sides have a variance of 2
    assert (found.p_kind, found.p_value, found.interval) == (Kind.PERMUTATION, 2 / 6, None)  # six ways to fund two


@pytest.mark.parametrize("starts", [8, 12, 19])
def test_the_estimate_is_that_of_two_way_fixed_effects(starts: int) -> None:
    panel = drawn(starts, 7, 16, starts=(starts,), effect=3)
    assert did(panel).per_unit_period == pytest.approx(with_dummies(panel), abs=1e-9)


def test_the_error_is_that_of_the_collapsed_regression() -> None:
    """Each unit collapsed to its change, as Bertrand, Duflo & Mullainathan (2004) advise; HC2 of that regression."""
    panel = drawn(1, 12, 40)
    changes = panel.outcome[:, 12:].mean(axis=1) - panel.outcome[:, :12].mean(axis=1)
    design = np.column_stack([np.ones(52), panel.treated])
    bread = np.linalg.inv(design.T @ design)
    left = changes - design @ bread @ design.T @ changes
    leverage = np.einsum("ij,jk,ik->i", design, bread, design)
    variance = bread @ (design.T * (left**2 / (1 - leverage))) @ design @ bread
    found = did(panel)
    assert found.std_error == pytest.approx(np.sqrt(variance[1, 1]), rel=1e-12)
    degrees = (1 / 12 + 1 / 40) ** 2 / (1 / 12**2 / 11 + 1 / 40**2 / 39)  # Bell & McCaffrey
    assert found.p_value == pytest.approx(2 * stats.t(degrees).sf(abs(found.per_unit_period / found.std_error)))
    assert found.interval[1] - found.per_unit_period == pytest.approx(stats.t(degrees).ppf(0.975) * found.std_error)


def test_with_many_clusters_the_error_is_the_usual_one() -> None:
    """V = (X'X)^-1 (sum X'uu'X) (X'X)^-1 x G/(G-1) x (N-1)/(N-K) on what is left of treatment, times and units."""
    panel = drawn(2, 300, 300)
    switched = (panel.treated[:, None] & (np.arange(20) >= 12)).astype(float)
    left_y, left_d = (
        each - each.mean(axis=1, keepdims=True) - each.mean(axis=0) + each.mean() for each in (panel.outcome, switched)
    )
    slope = (left_d * left_y).sum() / (left_d**2).sum()
    scores = (left_d * (left_y - slope * left_d)).sum(axis=1)
    factor = 600 / 599 * (12_000 - 1) / (12_000 - 21)
    found = did(panel)
    assert found.std_error == pytest.approx(np.sqrt(factor * (scores**2).sum()) / (left_d**2).sum(), rel=2e-3)


def test_a_window_leaves_periods_out() -> None:
    panel = drawn(3, 20, 20, effect=1)
    columns = np.r_[0:12, 15:18]
    cut = replace(panel, times=tuple(panel.times[each] for each in columns), outcome=panel.outcome[:, columns])
    found = did(panel, Window(3, 3))
    assert found.per_unit_period == pytest.approx(with_dummies(cut), abs=1e-9)
    assert found.unit_periods == 20 * 3
    parts = [did(panel, window).total for window in (Window(0, 3), Window(3))]
    assert sum(parts) == pytest.approx(did(panel).total)


def by_counting(panel: Panel, effect: float) -> float:
    """The p-value of an effect: the share of all assignments whose difference is at least as large."""
    start = int(panel.starts()[0])
    changes = panel.outcome[:, start:].mean(axis=1) - panel.outcome[:, :start].mean(axis=1) - effect * panel.treated
    everyone = set(range(len(changes)))

    def difference(group: tuple[int, ...]) -> float:
        return float(abs(changes[list(group)].mean() - changes[list(everyone - set(group))].mean()))

    really = difference(tuple(np.flatnonzero(panel.treated)))
    every = [difference(group) for group in combinations(everyone, int(panel.treated.sum()))]
    return float(np.mean([each >= really - 1e-9 for each in every]))


@pytest.mark.parametrize("seed", range(5))
def test_few_clusters_are_counted_out(seed: int) -> None:
    """3 of 9 partners: 84 ways to choose them. The ends of the interval are where p crosses 5 %."""
    panel = drawn(seed, 3, 6, effect=2)
    found = did(panel)
    assert found.p_value == by_counting(panel, 0.0)
    low, high = found.interval
    assert by_counting(panel, low - 1e-6) <= 0.05 < by_counting(panel, low + 1e-6)
    assert by_counting(panel, high + 1e-6) <= 0.05 < by_counting(panel, high - 1e-6)


def test_too_many_assignments_are_drawn_and_repeat_with_the_seed() -> None:
    panel = drawn(4, 9, 15, effect=0.2)
    answers = [did(panel, seed=seed) for seed in (1, 1, 2)]
    assert answers[0].p_value == answers[1].p_value and answers[0].interval == answers[1].interval
    assert answers[0].p_value != answers[2].p_value
    assert answers[0].p_value * 1000 == pytest.approx(round(answers[0].p_value * 1000))  # (1 + b) / (1 + 999)
    assert abs(answers[0].p_value - answers[2].p_value) < 0.1


def test_every_assignment_comes_once_and_the_real_one_first() -> None:
    start = np.array([2, -1, 3, -1], dtype=np.int64)
    found = [tuple(each) for each in reassigned(start, seed=0, draws=999)]
    assert found[0] == (2, -1, 3, -1) and len(found) == len(set(found)) == 12  # 4! / 2!


def test_nineteen_assignments_give_no_interval() -> None:
    found = did(drawn(5, 1, 18, effect=50))
    assert (found.p_value, found.interval) == (1 / 19, None)


def test_matched_controls_are_the_nearest_and_weigh_as_often_as_they_match() -> None:
    panel = table([[1, 1, 9], [2, 2, 9], [1, 1, 4], [2.1, 2, 5], [50, 60, 70]], [2, 2, -1, -1, -1])
    found = did(panel, neighbours=1)
    assert (found.method, found.controls) == (Method.MATCHED, 2)
    assert found.per_unit_period == pytest.approx(7.5 - (3 + 2.95) / 2)
    assert "2 distinct controls are among the 1 nearest of 2 treated" in found.notes


def test_of_equally_near_controls_the_first_is_taken() -> None:
    same = np.ones((3, 4))
    assert matched_weights(np.ones((2, 4)), same, 1).tolist() == [1, 0, 0]
    assert matched_weights(np.ones((2, 4)), same, 2).tolist() == [0.5, 0.5, 0]
    assert nearest(np.zeros(2), np.array([[9.0, 9], [0, 1], [5, 5]]), by_shape=True).tolist() == [0, 1, 2]


def test_a_matched_estimate_is_a_weighted_regression() -> None:
    panel = drawn(6, 11, 30, effect=2)
    found = did(panel, neighbours=2)
    weights = np.ones(41)
    weights[~panel.treated] = 11 * matched_weights(panel.outcome[:11, :12], panel.outcome[11:, :12], 2)
    used = weights > 0
    assert found.per_unit_period == pytest.approx(with_dummies(panel.of(used), weights[used]), abs=1e-9)


def test_paths_without_noise_have_no_error() -> None:
    """A rounding of floats is no evidence: p is unknown, not zero."""
    level = np.arange(40.0)[:, None] * 1e6
    outcome = level + np.arange(20.0) * 0.1 + 3.3
    start = np.where(np.arange(40) < 20, 12, -1).astype(np.int64)
    panel = Panel(drawn(0, 20, 20).units, drawn(0, 20, 20).times, outcome, start)
    for estimator in (did, staggered, sdid):
        found = estimator(panel)
        assert (found.std_error, found.interval, found.p_value, found.band) == (None, None, None, None)
        assert "the paths do not vary around each other, so no error can be estimated" in found.notes


def test_the_band_is_the_interval_of_each_time_by_itself() -> None:
    panel = drawn(7, 20, 25, effect=1)
    found = did(panel)
    assert isinstance(found, Effect) and found.band is not None
    moved = panel.outcome[:, 15] - panel.outcome[:, :12].mean(axis=1)
    alone = stats.ttest_ind(moved[:20], moved[20:])
    assert found.observed[15] - found.counterfactual[15] == pytest.approx(moved[:20].mean() - moved[20:].mean())
    wide = (found.band[1, 15] - found.band[0, 15]) / 2
    assert wide == pytest.approx(alone.confidence_interval().high - (moved[:20].mean() - moved[20:].mean()), rel=0.1)
