"""What 95 % means, by programs whose effect is known: intervals hold it, and tests refuse nothing too often.

A few programs stand in the gate, with wide bounds; `make soak` draws a thousand of each, and asks for 93 to 97 %.
"""

from __future__ import annotations

import numpy as np
import pytest
from effect_panels import drawn, truth

from scenarios.effect.answer import Effect, Method, NotMeasurable
from scenarios.effect.choose import measure
from scenarios.effect.event_study import event_study
from scenarios.effect.panel import Panel
from scenarios.effect.power import minimum_detectable

FEW, MANY = 40, 1_000
EFFECT, GROWING = 1.0, 0.05
TWENTY = {"treated": 20, "controls": 20}
ONE_IN_FIVE = {"treated": 15, "controls": 60}
FOUR_STARTS = {"times": 24, "starts": (10, 12, 14, 16)}
EACH_ITS_OWN = {"times": 24, "starts": tuple(range(8, 23))}

COVERED = {
    "did": (TWENTY, Method.DID),
    "did, few treated": (ONE_IN_FIVE, Method.DID),
    "did, much carried on": (TWENTY | {"carried": 0.9}, Method.DID),
    "group-time": (TWENTY | FOUR_STARTS, Method.GROUP_TIME),
    "group-time, few treated": (ONE_IN_FIVE | FOUR_STARTS, Method.GROUP_TIME),
    "group-time, each its own start": (ONE_IN_FIVE | EACH_ITS_OWN, Method.GROUP_TIME),
    "group-time, all treated at last": ({"treated": 60, "controls": 0} | FOUR_STARTS, Method.GROUP_TIME),
}
SIZED = {
    "did": (TWENTY, Method.DID),
    "matched": ({"treated": 20, "controls": 40}, Method.MATCHED),
    "group-time": (TWENTY | FOUR_STARTS, Method.GROUP_TIME),
    "permutation": ({"treated": 6, "controls": 8}, Method.DID),
    "permutation of starts": ({"treated": 6, "controls": 8} | FOUR_STARTS, Method.GROUP_TIME),
    "synthetic": ({"treated": 1, "controls": 24}, Method.SYNTHETIC),
    "synthetic, few controls": ({"treated": 1, "controls": 12}, Method.SYNTHETIC),
    "synthetic differences": ({"treated": 1, "controls": 24}, Method.SDID),
    "synthetic differences, jackknife": ({"treated": 12, "controls": 28}, Method.SDID),
    "no method named": (TWENTY, None),
}

POWERED = {
    name: (COVERED | SIZED)[name]
    for name in ("did", "did, few treated", "group-time", "group-time, few treated", "permutation", "synthetic")
}


def measured(
    programs: int, shape: dict[str, object], method: Method | None, effect: float
) -> list[tuple[Panel, Effect]]:
    found = []
    for seed in range(programs):
        panel = drawn([seed, 7], effect=effect, growing=GROWING, **shape)  # type: ignore[arg-type]
        answer = measure(panel, method)
        assert not isinstance(answer, NotMeasurable)
        found.append((panel, answer))
    return found


def coverage(programs: int, shape: dict[str, object], method: Method) -> float:
    """How often the interval holds the mean effect over what was counted."""
    held = []
    for panel, found in measured(programs, shape, method, EFFECT):
        effects = truth(panel, EFFECT, GROWING)
        last = max(panel.starts()) if panel.treated.all() else len(panel.times)  # later nobody is left to compare
        counted = (effects > 0) & (np.arange(len(panel.times)) < last)
        assert found.interval is not None and found.unit_periods == counted.sum()
        held.append(found.interval[0] <= effects[counted].mean() <= found.interval[1])
    return float(np.mean(held))


def refused(programs: int, shape: dict[str, object], method: Method | None) -> float:
    """How often a test at 5 % finds an effect that is not there."""
    return float(np.mean([found.p_value <= 0.05 for _, found in measured(programs, shape, method, 0.0)]))


def power_at_what_is_told(programs: int, shape: dict[str, object], method: Method) -> float:
    """How often the effect is found that such programs, where there is none, tell as found 4 times of 5."""

    def interval(seed: int, effect: float) -> Effect:
        answer = measure(drawn([seed, 9], effect=effect, **shape), method)  # type: ignore[arg-type]
        assert isinstance(answer, Effect) and answer.interval is not None
        return answer

    told = [minimum_detectable(interval(seed, 0.0)) or 0.0 for seed in range(programs)]
    found = [interval(programs + seed, float(np.mean(told))).interval for seed in range(programs)]
    return float(np.mean([each is not None and not each[0] <= 0 <= each[1] for each in found]))


def trends_found(programs: int, shape: dict[str, object]) -> float:
    panels = [drawn([seed, 8], **shape) for seed in range(programs)]  # type: ignore[arg-type]
    return float(np.mean([(event_study(panel).pre_trend_p or 1.0) <= 0.05 for panel in panels]))


def bounds(rate: float, programs: int) -> tuple[float, float]:
    """Four binomial errors around a rate: what a right test keeps to in so few programs."""
    error = 4 * np.sqrt(rate * (1 - rate) / programs)
    return rate - error, rate + error


@pytest.mark.parametrize("name", ["did", "group-time"])
def test_intervals_hold_the_effect(name: str) -> None:
    low, _ = bounds(0.95, FEW)
    assert coverage(FEW, *COVERED[name]) >= low


@pytest.mark.parametrize("name", ["did", "permutation", "synthetic", "synthetic, few controls"])
def test_no_test_refuses_too_often(name: str) -> None:
    _, high = bounds(0.05, FEW)
    assert refused(FEW, *SIZED[name]) <= high


@pytest.mark.parametrize("name", ["did", "group-time"])
def test_what_is_told_to_be_found_is_found(name: str) -> None:
    """An error from the time before, whatever was estimated, found it in 55 of 100 programs with different starts."""
    low, high = bounds(0.8, 100)
    assert low <= power_at_what_is_told(100, *POWERED[name]) <= high


@pytest.mark.soak
@pytest.mark.parametrize("name", POWERED)
def test_a_thousand_programs_find_what_is_told(name: str) -> None:
    """An interval by placebos is as wide as its unit's own fit, and so less alike from one program to the next."""
    programs = MANY // 5 if name.startswith("permutation") else MANY
    assert 0.75 <= power_at_what_is_told(programs, *POWERED[name]) <= 0.85


@pytest.mark.soak
@pytest.mark.parametrize("name", COVERED)
def test_a_thousand_intervals_hold_the_effect(name: str) -> None:
    assert 0.93 <= coverage(MANY, *COVERED[name]) <= 0.97


@pytest.mark.soak
@pytest.mark.parametrize("name", SIZED)
def test_a_thousand_tests_hold_their_size(name: str) -> None:
    """A rank test can't reach 5 % exactly, so there is no lower bound: 1 of 25 is 4 %, and 1 of 13 is nothing."""
    programs = MANY // 5 if name == "permutation of starts" else MANY  # each is measured a thousand times
    assert refused(programs, *SIZED[name]) <= 0.07


@pytest.mark.soak
@pytest.mark.parametrize("shape", [TWENTY, ONE_IN_FIVE, TWENTY | FOUR_STARTS, ONE_IN_FIVE | EACH_ITS_OWN])
def test_a_thousand_tests_of_trends_hold_their_size(shape: dict[str, object]) -> None:
    assert trends_found(MANY, shape) <= 0.07
