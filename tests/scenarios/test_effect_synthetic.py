"""Synthetic control and synthetic difference-in-differences, derived a second time by a general solver and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from effect_panels import drawn, table
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.optimize import minimize

from scenarios.effect.answer import Kind, Window
from scenarios.effect.donors import Cohort, gaps_of, placebos
from scenarios.effect.panel import Panel
from scenarios.effect.sdid import follow as follow_shape, jackknife, sdid, weigh
from scenarios.effect.simplex import simplex_weights
from scenarios.effect.synthetic import follow, synthetic


def by_solver(columns: np.ndarray, target: np.ndarray, ridge: float = 0.0) -> np.ndarray:
    """The same weights by SLSQP, which knows nothing of this problem."""
    count = columns.shape[1]
    answer = minimize(
        lambda w: ((columns @ w - target) ** 2).sum() + ridge * (w @ w),
        np.full(count, 1 / count),
        jac=lambda w: 2 * columns.T @ (columns @ w - target) + 2 * ridge * w,
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(count)},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return np.asarray(answer.x)


@pytest.mark.parametrize("ridge", [0.0, 3.0])
@pytest.mark.parametrize("shape", [(12, 5), (30, 8), (6, 6)])
def test_weights_are_those_of_a_general_solver(shape: tuple[int, int], ridge: float) -> None:
    random = np.random.default_rng(shape)
    columns, target = random.normal(size=shape), random.normal(size=shape[0])
    assert simplex_weights(columns, target, ridge) == pytest.approx(by_solver(columns, target, ridge), abs=1e-5)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 15), st.integers(1, 20), st.sampled_from([1e-6, 1.0, 1e9]))
def test_no_other_weights_are_better(seed: int, rows: int, count: int, scale: float) -> None:
    """The conditions of an optimum: more of no donor would lower the sum of squares."""
    random = np.random.default_rng(seed)
    columns = scale * random.normal(size=(rows, count))
    target = scale * random.normal(size=rows)
    weights = simplex_weights(columns, target)
    assert weights.min() >= 0 and weights.sum() == pytest.approx(1, abs=1e-12)
    slope = columns.T @ (columns @ weights - target) / scale**2
    assert (slope - slope @ weights).min() > -1e-8


def test_a_mix_of_donors_is_found_exactly() -> None:
    random = np.random.default_rng(1)
    columns = random.normal(size=(30, 40))
    mix = np.zeros(40)
    mix[[3, 17, 31]] = [0.5, 0.3, 0.2]
    assert columns @ simplex_weights(columns, columns @ mix) == pytest.approx(columns @ mix, abs=1e-9)
    assert simplex_weights(np.ones((3, 4)), np.ones(3)).tolist() == [0.25] * 4


def test_three_controls_by_hand() -> None:
    """A is halfway between B and C before; afterwards these are at 6 and 10 and A at 11, so 3 were brought."""
    panel = table([[4, 6, 5, 11], [2, 4, 3, 6], [6, 8, 7, 10], [90, 10, 40, 0]], [3, -1, -1, -1])
    found = synthetic(panel)
    assert found.per_unit_period == pytest.approx(3) and found.pre_fit == pytest.approx(0, abs=1e-9)
    assert found.counterfactual == pytest.approx(np.array([4, 6, 5, 8]))


def with_placebos(treated: int, controls: int, effect: float, seed: int = 0, **how: object) -> Panel:
    return drawn([controls, seed], treated, controls, effect=effect, **how)  # type: ignore[arg-type]


def test_the_placebo_test_ranks_ratios_of_fit() -> None:
    panel = with_placebos(1, 25, 6)
    found = synthetic(panel)
    ratios = []
    for unit in range(1, 26):
        others = [each for each in range(1, 26) if each != unit]
        before = panel.outcome[:, :12]
        gap = panel.outcome[unit] - simplex_weights(before[others].T, before[unit]) @ panel.outcome[others]
        ratios.append(np.sqrt((gap[12:] ** 2).mean() / (gap[:12] ** 2).mean()))
    mine = panel.outcome[0] - simplex_weights(panel.outcome[1:, :12].T, panel.outcome[0, :12]) @ panel.outcome[1:]
    really = np.sqrt((mine[12:] ** 2).mean() / (mine[:12] ** 2).mean())
    assert (found.p_kind, found.p_value) == (Kind.PLACEBO, (1 + sum(each >= really for each in ratios)) / 26)
    assert found.p_value == 1 / 26


@pytest.mark.parametrize(("controls", "has_interval"), [(10, False), (18, False), (19, True), (30, True)])
def test_fewer_than_nineteen_controls_give_no_interval(controls: int, has_interval: bool) -> None:
    for estimator in (synthetic, sdid):
        found = estimator(with_placebos(1, controls, 3))
        assert (found.interval is not None) is has_interval
        assert found.p_value is not None and found.p_value >= 1 / (1 + controls)
        assert any("there is no interval" in note for note in found.notes) is not has_interval


def test_the_interval_holds_what_the_placebo_test_does_not_refuse() -> None:
    panel = with_placebos(1, 19, 4)
    low, high = synthetic(panel).interval
    others = placebos(panel, Window(), follow, 0)
    for end, inside in ((low, 1e-6), (high, -1e-6)):
        for effect, kept in ((end + inside, True), (end - inside, False)):
            mine = gaps_of(panel, Window(), follow)
            ratio = abs(mine.effect - effect) / mine.before
            p_value = (1 + sum(abs(each.effect) / each.before >= ratio for each in others)) / 20
            assert (p_value > 0.05) is kept


def test_groups_are_placebos_of_groups() -> None:
    panel = with_placebos(3, 12, 0, starts=(9, 13))
    found = placebos(panel, Window(), follow, seed=5)
    assert len(found) == 199 and all(sorted(each.sizes.tolist()) == [1, 2] for each in found)
    again = placebos(panel, Window(), follow, seed=5)
    assert [each.effect for each in found] == [each.effect for each in again]
    assert len(placebos(with_placebos(2, 12, 0), Window(), follow, seed=0)) == 66  # each pair once
    assert placebos(with_placebos(3, 3, 0), Window(), follow, seed=0) == []


def test_weights_of_units_and_times_are_those_of_the_paper() -> None:
    """Algorithm 1, with its two penalised regressions written out with an intercept and given to a general solver."""
    panel = drawn(3, 2, 9, effect=2)
    cohort = Cohort(panel.outcome[:2].mean(axis=0), panel.outcome[2:], 2, 12, (12, 20))
    found = weigh(cohort)
    before, after = panel.outcome[2:, :12], panel.outcome[2:, 12:].mean(axis=1)
    zeta = (2 * 8) ** 0.25 * np.diff(before, axis=1).std(ddof=1)

    def centred(values: np.ndarray) -> np.ndarray:
        return values - values.mean(axis=0)

    units = by_solver(centred(before.T), centred(cohort.path[:12]), zeta**2 * 12)
    assert found.units == pytest.approx(units, abs=1e-5)
    assert found.times == pytest.approx(by_solver(centred(before), centred(after)), abs=1e-3)
    double = (cohort.path[12:].mean() - found.times @ cohort.path[:12]) - found.units @ (after - before @ found.times)
    assert sdid(panel).per_unit_period == pytest.approx(double)


def test_a_level_out_of_reach_does_not_matter_to_synthetic_differences() -> None:
    panel = with_placebos(1, 25, 4)
    high = panel.with_outcome(panel.outcome + 1000 * panel.treated[:, None])
    assert sdid(high).per_unit_period == pytest.approx(sdid(panel).per_unit_period, abs=1e-6)
    assert synthetic(high).per_unit_period > 900


def test_many_treated_have_the_error_of_the_jackknife() -> None:
    """Algorithm 3: leave each unit out, keep the weights, scale those of the controls to one again."""
    panel = drawn(4, 12, 14, effect=2)
    cohort = Cohort(panel.outcome[:12].mean(axis=0), panel.outcome[12:], 12, 12, (12, 20))
    found = weigh(cohort)
    moved = panel.outcome[:, 12:].mean(axis=1) - panel.outcome[:, :12] @ found.times
    effects = []
    for unit in range(26):
        mine = np.delete(moved[:12], unit) if unit < 12 else moved[:12]
        weights = found.units.copy()
        if unit >= 12:
            weights[unit - 12] = 0
        effects.append(mine.mean() - (weights / weights.sum()) @ moved[12:])
    expected = np.sqrt(25 / 26 * ((np.array(effects) - np.mean(effects)) ** 2).sum())
    assert jackknife(panel, Window()) == pytest.approx(expected)
    answer = sdid(panel)
    assert (answer.p_kind, answer.std_error) == (Kind.JACKKNIFE, pytest.approx(expected))
    half = stats.t(11).ppf(0.975) * expected
    assert answer.interval == pytest.approx((answer.per_unit_period - half, answer.per_unit_period + half))


def test_cohorts_are_fitted_each_by_itself() -> None:
    panel = drawn(5, 2, 20, starts=(9, 13), effect=2)
    whole = sdid(panel)
    alone = [gaps_of(panel.of(np.r_[row, 2:22]), Window(), follow_shape) for row in (0, 1)]
    cells = [20 - int(each.starts[0]) for each in alone]
    expected = sum(each.effect * count for each, count in zip(alone, cells, strict=True)) / sum(cells)
    assert whole.per_unit_period == pytest.approx(expected) and whole.unit_periods == sum(cells)
    late = synthetic(panel, Window(8))  # the later one has no eighth period after its start
    assert (late.units, late.unit_periods) == (1, 3)


def test_a_note_says_where_p_value_and_interval_disagree() -> None:
    """The one ranks gaps of either sign, the other is of their mean: over zero they may part, both ways."""
    told = set()
    for seed in range(40):
        found = synthetic(with_placebos(1, 24, 1, seed))
        assert found.p_value is not None and found.interval is not None
        sure = found.p_value <= 0.05, not found.interval[0] <= 0 <= found.interval[1]
        assert any("disagree over zero" in note for note in found.notes) is (sure[0] is not sure[1])
        told.add(sure)
    assert len(told) > 2


def test_without_placebos_a_note_says_why_there_is_no_p_value() -> None:
    found = synthetic(with_placebos(12, 12, 1))
    assert (found.p_value, found.interval) == (None, None)
    assert any("neither a p-value nor an interval" in note for note in found.notes)
