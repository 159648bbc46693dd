"""Which method measures a panel, what is refused and why, and what an answer does not depend on."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from effect_panels import drawn, table
from hypothesis import given, settings, strategies as st

from rules.codes import CODES
from scenarios.effect.answer import Effect, Method, NotMeasurable, Window
from scenarios.effect.choose import measure
from scenarios.effect.panel import Panel
from scenarios.effect.power import minimum_detectable, power_of


def effect(panel: Panel, **how: object) -> Effect:
    found = measure(panel, **how)  # type: ignore[arg-type]
    assert isinstance(found, Effect), found
    return found


@pytest.mark.parametrize(
    ("treated", "controls", "starts", "method"),
    [
        (1, 25, (12,), Method.SYNTHETIC),
        (3, 25, (9, 13), Method.SYNTHETIC),
        (20, 30, (12,), Method.DID),
        (5, 8, (12,), Method.DID),
        (20, 30, (9, 13), Method.GROUP_TIME),
        (30, 0, (9, 13), Method.GROUP_TIME),
        (1, 2, (12,), Method.DID),
    ],
)
def test_the_method_follows_the_panel(treated: int, controls: int, starts: tuple[int, ...], method: Method) -> None:
    assert effect(drawn(1, treated, controls, starts=starts)).method is method


def test_one_big_partner_whom_no_mix_reaches() -> None:
    panel = drawn(2, 1, 25, effect=3)
    found = effect(panel.with_outcome(panel.outcome + 500 * panel.treated[:, None]))
    assert found.method is Method.SDID and found.per_unit_period == pytest.approx(3, abs=2)
    assert "no mix of controls reaches the level of the treated before the start" in found.notes


def test_a_fit_that_is_exact_proves_nothing() -> None:
    panel = drawn(2, 1, 40, times=12, starts=(8,), effect=3)
    outcome = panel.outcome.copy()
    outcome[0, :8] = (outcome[5, :8] + outcome[6, :8]) / 2
    copied = panel.with_outcome(outcome)
    by_level = effect(copied, method=Method.SYNTHETIC)
    assert by_level.pre_fit < 1e-9 and by_level.notes[-1].startswith("the fit before the start is exact")
    found = effect(copied)
    assert found.method is Method.SDID
    assert found.notes[-1] == "a mix of controls fits the time before exactly, which proves nothing"


def test_partners_who_grew_faster_already() -> None:
    panel = drawn(3, 20, 40)
    drifting = panel.with_outcome(panel.outcome + panel.treated[:, None] * 0.5 * np.arange(20))
    found = effect(drifting)
    assert found.method is Method.SDID and found.pre_trend_p is not None and found.pre_trend_p < 0.001
    assert found.notes[-1].startswith("before the start the treated moved unlike their controls (p = ")
    assert effect(drifting, method=Method.DID).notes[-1] == found.notes[-1]


SEVEN = drawn(4, 6, 9, times=12, starts=(7,))


@pytest.mark.parametrize(
    ("panel", "how", "code", "words"),
    [
        (SEVEN, {}, "M201", "7 periods before the start are known, and 8 are needed"),
        (drawn(4, 9, 0), {}, "M202", "every unit is treated from the same time on"),
        (drawn(4, 9, 0, starts=(9, 13)), {"method": Method.SDID}, "M202", "no unit is never treated"),
        (drawn(4, 9, 0, starts=(9, 13)), {"window": Window(4), "method": Method.GROUP_TIME}, "M202", "in no counted"),
        (drawn(4, 0, 9), {}, "M203", "nobody was funded"),
        (drawn(4, 6, 9).with_outcome(np.full((15, 20), 5.0)), {}, "M204", "the outcome is 5 for everyone"),
        (drawn(4, 6, 9), {"window": Window(8)}, "M205", "no period after a start"),
        (drawn(4, 6, 9, starts=(9, 13)), {"method": Method.DID}, "M207", "2 different starts"),
        (drawn(4, 6, 9, starts=(9, 13)), {"method": Method.MATCHED}, "M207", "use group-time effects"),
    ],
)
def test_not_measurable_with_the_reason(panel: Panel, how: dict[str, object], code: str, words: str) -> None:
    found = measure(panel, **how)  # type: ignore[arg-type]
    assert isinstance(found, NotMeasurable) and found.code == code and words in found.words
    assert code in CODES


def test_an_unknown_outcome_is_not_zero() -> None:
    panel = drawn(5, 6, 9)
    blank = panel.outcome.copy()
    blank[0, 3] = blank[8, 15] = np.nan
    found = effect(panel.with_outcome(blank))
    kept = effect(panel.of(np.array([row for row in range(15) if row not in (0, 8)])))
    assert found.per_unit_period == kept.per_unit_period and found.units == 5
    assert found.notes[0] == "2 units are left out: their outcome is unknown at some time"
    blank[:6, 0] = np.nan
    refused = measure(panel.with_outcome(blank))
    assert isinstance(refused, NotMeasurable) and refused.code == "M206"


def test_early_starters_are_left_out_and_are_no_controls() -> None:
    panel = drawn(6, 12, 20, starts=(3, 12), effect=5)
    found = effect(panel)
    assert (found.method, found.units, found.controls) == (Method.DID, 6, 20)
    assert found.notes[0] == "6 units are left out: fewer than 8 periods before their start are known"


def same(first: Effect, second: Effect) -> bool:
    return all(
        np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True)
        if isinstance(getattr(first, name), np.ndarray)
        else getattr(first, name) == getattr(second, name)
        for name in Effect.__dataclass_fields__
    )


SHAPES = [(1, 21, (12,), None), (5, 9, (12,), None), (12, 20, (12,), None), (12, 20, (9, 13), None)]
SHAPES += [(12, 20, (12,), Method.MATCHED), (12, 20, (12,), Method.SDID)]  # type: ignore[list-item]


@pytest.mark.parametrize(("treated", "controls", "starts", "method"), SHAPES)
def test_the_order_of_partners_changes_no_bit(
    treated: int, controls: int, starts: tuple[int, ...], method: Method | None
) -> None:
    panel = drawn(7, treated, controls, starts=starts, effect=1)
    shuffled = panel.of(np.random.default_rng(0).permutation(treated + controls))
    assert same(effect(panel, method=method), effect(shuffled, method=method))


@settings(max_examples=12)
@given(st.sampled_from(SHAPES), st.sampled_from([0.01, 100.0, 1e9]), st.sampled_from([0.0, -70.0, 1e4]))
def test_in_cents_the_answer_is_a_hundredfold(
    shape: tuple[int, int, tuple[int, ...], Method | None], scale: float, shift: float
) -> None:
    """Money in another unit scales every amount and no p-value; what all partners have more changes nothing."""
    treated, controls, starts, method = shape
    panel = drawn(8, treated, controls, starts=starts, effect=1)
    plain, other = (
        effect(each, method=method) for each in (panel, panel.with_outcome(scale * (panel.outcome + shift)))
    )
    assert other.per_unit_period == pytest.approx(scale * plain.per_unit_period, rel=1e-6)
    assert other.p_value == pytest.approx(plain.p_value, rel=1e-6)
    assert (other.interval is None) is (plain.interval is None)
    if plain.interval is not None:
        assert other.interval == pytest.approx(tuple(scale * end for end in plain.interval), rel=1e-6)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from(SHAPES), st.floats(-50, 50))
def test_a_total_is_observed_less_counterfactual(
    seed: int, shape: tuple[int, int, tuple[int, ...], Method | None], size: float
) -> None:
    treated, controls, starts, method = shape
    found = effect(drawn(seed, treated, controls, starts=starts, effect=size), method=method)
    if len(starts) == 1:
        gaps = (found.observed - found.counterfactual)[starts[0] :]
        assert found.total == pytest.approx(treated * gaps.sum(), abs=1e-6)
    assert found.total == pytest.approx(found.per_unit_period * found.unit_periods)
    assert found.interval is None or found.interval[0] <= found.per_unit_period <= found.interval[1]
    assert found.p_value is not None and 0 <= found.p_value <= 1


def test_hostile_numbers_have_an_answer() -> None:
    """Ten to the fifteenth, most partners at zero all the time, and one outlier."""
    outcome = np.zeros((30, 20))
    outcome[3], outcome[20, 15] = 1e15, -1e15
    start = np.where(np.arange(30) < 12, 12, -1).astype(np.int64)
    panel = replace(drawn(0, 12, 18), outcome=outcome, start=start)
    for method in (None, *Method):
        found = measure(panel, method)
        assert isinstance(found, Effect) and np.isfinite(found.per_unit_period)


def test_a_tiny_panel() -> None:
    panel = table([[1.0] * 8 + [5.0], [1.0] * 8 + [2.0]], [8, -1])
    found = effect(panel)
    assert (found.method, found.per_unit_period, found.p_value, found.interval) == (Method.DID, 3.0, 1.0, None)


def test_what_could_be_found() -> None:
    """(t of 97.5 % + t of 80 %) x the error of the estimate itself: 1.96 + 0.84 where units are many."""
    found = effect(drawn(9, 300, 300, carried=0.0), method=Method.DID)
    assert found.std_error == pytest.approx(np.sqrt((1 / 12 + 1 / 8) * (1 / 300 + 1 / 300)), rel=0.1)
    smallest = minimum_detectable(found)
    assert smallest == pytest.approx(2.8 * found.std_error, rel=0.01)
    assert power_of(found, smallest) == power_of(found, -smallest) == pytest.approx(0.8, abs=0.002)
    assert power_of(found, 0.0) == pytest.approx(0.05)
    assert power_of(replace(found, degrees=inf), 0.0) == pytest.approx(0.05)
    unsure = replace(found, interval=None)
    assert minimum_detectable(unsure) is None and power_of(unsure, 1.0) is None


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize(("treated", "controls"), [(1, 25), (5, 9), (12, 30)])
def test_no_effect_within_the_interval_s_reach_is_promised(method: Method, treated: int, controls: int) -> None:
    """An effect as large as half the interval is found every second time; four times of five takes more."""
    found = effect(drawn(9, treated, controls, times=24), method=method)
    smallest = minimum_detectable(found)
    assert (smallest is None) is (found.interval is None)
    if smallest is not None and found.interval is not None:
        assert 1.3 < smallest / ((found.interval[1] - found.interval[0]) / 2) < 1.6
