"""Fits: known parameters come back, two derivations agree, order and scale change nothing, and refusals are honest."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import curve_fit

from rules.problem import Problem
from scenarios.curves.fit import LINE, fit, flat, refit
from scenarios.curves.floats import floats
from scenarios.curves.judge import Asked, Judged, judged
from scenarios.curves.observed import Observation, Observed, observed
from scenarios.curves.resample import interval, redraw, resampled, weights
from scenarios.curves.shapes import SHAPES, Smooth
from scenarios.curves.smooth import Exponential, Hill, LinearCap, Log, MichaelisMenten, Power


def curve(made: type[Smooth], *values: float) -> Smooth:
    return made(*[floats([value]) for value in values])


TRUE = {
    "michaelis_menten": curve(MichaelisMenten, 50_000, 3_000),
    "exponential": curve(Exponential, 50_000, 4_000),
    "log": curve(Log, 30_000, 2_500),
    "power": curve(Power, 300, 0.45),
    "hill": curve(Hill, 50_000, 4_000, 2.5),
    "s_shaped": curve(Hill, 50_000, 5_000, 3.5),
    LINE: curve(LinearCap, 4.5, 10_000),
}


def rows(
    true: Smooth | None,
    units: int = 6,
    periods: int = 12,
    noise: float = 0,
    seed: int = 0,
    carry_over: float = 0,
    season: float = 0,
    most: float = 10_000,
) -> list[Observation]:
    """Observations of a known curve: units with levels of their own, every third spend zero."""
    random = np.random.default_rng(seed)
    found = []
    seasons = season * random.normal(size=periods)
    for unit in range(units):
        level, carried = 20_000 + 5_000 * unit, 0.0
        for period in range(periods):
            spend = 0.0 if random.random() < 0.3 else round(float(random.uniform(0, most)), 2)
            spend = most if (unit, period) == (0, 0) else spend
            carried = spend + carry_over * carried
            brought = 0.0 if true is None else float(true.value(floats([carried]))[0])
            outcome = level + seasons[period] + brought + noise * float(random.normal())
            found.append(Observation(f"P-{unit:03}", f"{period:03}", Fraction(spend), Fraction(outcome)))
    return found


def parameters(found: Smooth) -> list[float]:
    return [float(value[0]) for value in found.parameters().values()]


@pytest.mark.parametrize("family", TRUE)
@pytest.mark.parametrize("units", [1, 6])
def test_a_known_curve_comes_back(family: str, units: int) -> None:
    found = fit(observed(rows(TRUE[family], units, 24 // units + 6)), family)
    assert parameters(found.curve) == pytest.approx(parameters(TRUE[family]), rel=1e-6)
    assert found.goodness.r2 == pytest.approx(1)


@pytest.mark.parametrize("family", ["exponential", "hill", LINE])
def test_it_comes_back_with_what_is_carried_over_and_the_season(family: str) -> None:
    true = TRUE[family] if family != LINE else curve(LinearCap, 4.5, 1e9)
    seen = observed(rows(true, 8, 18, carry_over=0.4, season=9_000))
    found = fit(seen, family, carry_over=None, by_period=True)
    assert found.carry_over == pytest.approx(0.4, rel=1e-6)
    assert parameters(found.curve)[0] == pytest.approx(parameters(true)[0], rel=1e-6)
    without = fit(seen, family, carry_over=None)
    assert without.goodness.r2 < found.goodness.r2


def test_the_same_minimum_as_all_parameters_at_once() -> None:
    """A second derivation: SciPy's curve_fit with the height and a dummy for every unit, from other starts."""
    seen = observed(rows(TRUE["hill"], noise=3_000))
    dummies = np.eye(len(seen.units))[seen.unit]

    def outcome(spend: np.ndarray, *values: float) -> np.ndarray:
        a, k, alpha = np.exp(values[:3])
        return np.asarray(curve(Hill, a, k, alpha).value(spend) + dummies @ np.array(values[3:]))

    start = [np.log(30_000), np.log(6_000), np.log(1.5), *[30_000.0] * len(seen.units)]
    other, _ = curve_fit(outcome, seen.spend, seen.outcome, p0=start, maxfev=20_000, xtol=1e-14, ftol=1e-14)
    found = fit(seen, "hill")
    assert parameters(found.curve) == pytest.approx(np.exp(other[:3]).tolist(), rel=1e-4)
    left = float(((outcome(seen.spend, *other) - seen.outcome) ** 2).sum())
    assert found.goodness.rmse == pytest.approx(np.sqrt(left / len(seen)), rel=1e-7)
    estimated, n = 3 + len(seen.units) + 1, len(seen)
    aicc = found.goodness.aicc - flat(seen).aicc
    total = float(((seen.outcome - (dummies @ np.linalg.lstsq(dummies, seen.outcome)[0])) ** 2).sum())
    by_hand = [n * np.log(ss) + 2 * p + 2 * p * (p + 1) / (n - p - 1) for ss, p in ((left, estimated), (total, 7))]
    assert aicc == pytest.approx(by_hand[0] - by_hand[1], rel=1e-6)


def test_levels_of_periods_are_those_of_explicit_dummies() -> None:
    """A straight line with levels of units and periods, against ordinary least squares with every dummy."""
    seen = observed(rows(TRUE["log"], noise=2_000, season=5_000)[:-3])
    dummies = [np.eye(len(seen.units))[seen.unit], np.eye(len(seen.periods))[seen.period][:, 1:]]
    solved = np.linalg.lstsq(np.column_stack([seen.spend, *dummies]), seen.outcome)[0]
    assert parameters(fit(seen, LINE, by_period=True).curve)[0] == pytest.approx(float(solved[0]), rel=1e-9)


@pytest.mark.parametrize("family", ["michaelis_menten", "hill", "power"])
def test_a_draw_is_the_fit_of_its_rows(family: str) -> None:
    """Units drawn twice count twice: the descent of all draws at once finds what a fit of the repeated rows finds."""
    every = rows(TRUE[family], units=9, noise=2_000)
    seen = observed(every)
    found, weight = fit(seen, family), weights(seen, "all", 4, seed=3)
    draws, _ = refit(seen, found, weight, False, False)
    for draw in range(4):
        counts = {seen.units[unit]: int(weight[row, draw]) for row, unit in enumerate(seen.unit)}
        repeated = [row._replace(unit=f"{row.unit}/{copy}") for row in every for copy in range(counts[row.unit])]
        alone = parameters(fit(observed(repeated), family).curve)
        assert [float(each[draw]) for each in draws.parameters().values()] == pytest.approx(alone, rel=1e-4)


def test_whole_units_are_drawn_and_of_few_units_blocks_of_periods() -> None:
    many, few = observed(rows(None, units=8)), observed(rows(None, units=2, periods=27))
    assert (resampled(many), resampled(few)) == ("units", "periods")
    drawn = weights(many, "x", 50, 1)
    assert (drawn == drawn[many.starts()][many.unit]).all() and (drawn[many.starts()].sum(axis=0) == 8).all()
    blocks = weights(few, "x", 50, 1)
    assert (np.add.reduceat(blocks, few.starts()) == 27).all()
    assert not np.array_equal(drawn, weights(many, "y", 50, 1)), "each curve has draws of its own"


def test_weights_count_rows() -> None:
    """A row of weight 2 is two rows."""
    once = rows(TRUE["exponential"], 4, noise=2_000)
    heavy = [row._replace(weight=Fraction(2)) if row.unit == "P-001" else row for row in once]
    seen = observed(once)
    twice = np.where(seen.unit == 1, 2.0, 1.0)[:, None]
    by_weight = refit(seen, fit(seen, "exponential"), twice, False, False)[0]
    assert parameters(fit(observed(heavy), "exponential").curve) == pytest.approx(parameters(by_weight), rel=1e-5)


def test_what_is_carried_over_by_hand() -> None:
    """100, 0, 50 with half carried over: 100, 50, 75; and the next unit starts anew."""
    told = [("A", "1", 100), ("A", "2", 0), ("A", "3", 50), ("B", "1", 8), ("B", "2", 0)]
    seen = observed([Observation(unit, period, Fraction(spend), Fraction(0)) for unit, period, spend in told])
    assert seen.carried(floats([0.5, 0.0])).T.tolist() == [[100, 50, 75, 8, 4], [100, 0, 50, 8, 0]]


def accepted(found: Judged | Problem) -> Judged:
    assert isinstance(found, Judged), found
    return found


def test_the_order_of_rows_changes_nothing() -> None:
    every = rows(TRUE["exponential"], noise=2_000)
    one, other = (accepted(judged("all", observed(each), Asked(draws=20))) for each in (every, every[::-1]))
    assert parameters(one.fit.curve) == parameters(other.fit.curve)
    assert one.draws.parameters()["a"].tolist() == other.draws.parameters()["a"].tolist()
    assert one.seen.sha256 == other.seen.sha256


def test_another_currency_scales_the_answer() -> None:
    """All money times 100: the same family, and a curve that is as many times larger."""
    every = rows(TRUE["michaelis_menten"], noise=2_000)
    cents = [row._replace(spend=row.spend * 100, outcome=row.outcome * 100) for row in every]
    one, other = (accepted(judged("all", observed(each), Asked(draws=20))) for each in (every, cents))
    assert one.fit.family == other.fit.family
    assert other.fit.goodness.aicc - other.flat.aicc == pytest.approx(one.fit.goodness.aicc - one.flat.aicc, abs=1e-6)
    at = floats([4_000])
    assert float(other.fit.curve.value(at * 100)[0]) == pytest.approx(100 * float(one.fit.curve.value(at)[0]), rel=1e-6)
    assert float(other.fit.curve.slope(at * 100)[0]) == pytest.approx(float(one.fit.curve.slope(at)[0]), rel=1e-6)


def code(every: Sequence[Observation], asked: Asked | None = None) -> str:
    found = judged("all", observed(every), asked or Asked(draws=50))
    return found.code if isinstance(found, Problem) else "".join(note.code for note in found.notes) or found.fit.family


def with_spend(every: Sequence[Observation], spends: Sequence[float]) -> list[Observation]:
    return [row._replace(spend=Fraction(spends[at % len(spends)])) for at, row in enumerate(every)]


@pytest.mark.parametrize(
    ("said", "every"),
    [
        ("M301", rows(TRUE["log"], units=1, periods=7)),
        ("M301", rows(TRUE["log"], units=30, periods=1)),
        ("M302", with_spend(rows(TRUE["log"]), [0, 100, 200, 300])),
        ("M303", with_spend(rows(TRUE["log"]), [1000, 1001, 1002, 1003, 1004, 1005, 1006])),
        ("M304", rows(None, noise=2_000)),
        ("M304", with_spend(rows(None, noise=0), [0, 10, 20, 40, 80])),
        ("M305", rows(curve(LinearCap, 4, 1e9), noise=2_000)),
        ("M305", rows(curve(MichaelisMenten, 9e6, 2e6), noise=2_000)),
        ("M306", rows(curve(Hill, 500_000, 20_000, 3), noise=500)),
        ("M306", rows(curve(Hill, 500_000, 20_000, 3))),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_the_data_do_not_tell_is_not_said(said: str, every: list[Observation]) -> None:
    assert code(every) == said


def test_a_response_that_falls_is_no_response() -> None:
    falling = [row._replace(outcome=-row.outcome) for row in rows(TRUE["log"], noise=500)]
    assert code(falling) == "M304"


def test_a_response_of_one_unit_alone_reaches_zero() -> None:
    """One of nine units makes the whole response: without it there is none, and its draws show that."""
    still = [row for row in rows(None, 9, noise=3_000) if row.unit != "P-000"]
    strong = rows(curve(LinearCap, 5, 1e9), 1, 12, noise=3_000)
    told = judged("all", observed([*still, *strong]), Asked(draws=400, families=("power",)))
    assert isinstance(told, Problem) and told.code == "M307"


def test_a_gap_is_refused_where_something_is_carried_over() -> None:
    every = rows(TRUE["log"])
    del every[4]
    assert code(every, Asked(carry_over=0.5, draws=20)) == "M308"
    assert code(every) == "log"


@pytest.mark.parametrize("family", ["exponential", "hill", "power"])
def test_the_family_is_told_from_the_data(family: str) -> None:
    found = accepted(judged("all", observed(rows(TRUE[family], 10, 24, noise=300)), Asked(draws=20)))
    assert found.fit.family == family
    assert found.runner_up is not None and found.runner_up[1] > 0
    assert found.fit.goodness.aicc < found.line.aicc < found.flat.aicc


def test_the_saturation_is_the_slope_that_is_left() -> None:
    found = accepted(judged("all", observed(rows(TRUE["exponential"])), Asked(draws=20, families=("exponential",))))
    assert found.saturation(4_000) == pytest.approx(np.exp(-1), rel=1e-6)
    power = accepted(judged("all", observed(rows(TRUE["power"])), Asked(draws=20, families=("power",))))
    assert power.saturation(4_000) is None, "its slope at zero has no bound"


def covered(programs: int, draws: int) -> float:
    """How often the 95 % interval of the response at 5,000 holds the true one, of 24 units with common shocks each."""
    true, at, hits = TRUE["exponential"], floats([5_000]), 0
    for seed in range(programs):
        seen = observed(rows(true, 24, 10, noise=6_000, seed=seed))
        found = fit(seen, "exponential")
        curves, _ = redraw(seen, found, weights(seen, str(seed), draws, 1), False, False)
        low, high = interval(curves.value(np.repeat(at, draws)))
        hits += bool(low <= true.value(at)[0] <= high)
    return hits / programs


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    assert 0.8 <= covered(30, 60) <= 1


def given_a_curve(programs: int) -> float:
    """How often data without any response get a curve all the same."""
    flats = (observed(rows(None, 12, 12, noise=3_000, seed=seed)) for seed in range(programs))
    return sum(isinstance(judged("all", each, Asked(draws=40)), Judged) for each in flats) / programs


def test_data_without_a_response_hardly_get_a_curve() -> None:
    assert given_a_curve(12) <= 1 / 12


@pytest.mark.soak
def test_data_without_a_response_rarely_get_a_curve() -> None:
    assert given_a_curve(1_000) <= 0.05


@pytest.mark.soak
def test_intervals_hold_the_truth_in_many_programs() -> None:
    """A percentile interval over 24 clusters is a little too narrow; it has to come near 95 %."""
    assert 0.90 <= covered(400, 300) <= 0.98


def test_a_seed_gives_the_same_draws() -> None:
    seen: Observed = observed(rows(TRUE["log"], 9, noise=2_000))
    assert np.array_equal(weights(seen, "x", 30, 5), weights(seen, "x", 30, 5))
    assert not np.array_equal(weights(seen, "x", 30, 5), weights(seen, "x", 30, 6))


def test_every_family_that_is_offered_is_fitted_here() -> None:
    assert set(SHAPES) | {LINE} == set(TRUE)
