"""Families of response curves: known values, slopes against differences, the inverse of the slope, roofs, extremes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from scenarios.curves.envelope import Envelope
from scenarios.curves.floats import Floats, floats
from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import Exponential, Hill, LinearCap, Log, MichaelisMenten, Power, Smooth

few = settings(max_examples=settings().max_examples // 2)

sizes = st.floats(1e-3, 1e6)
MAKERS: dict[str, Callable[[float, float, float], Smooth]] = {
    "concave Hill": lambda a, k, part: Hill(floats([a]), floats([k]), floats([0.3 + 0.7 * part])),
    "Hill with alpha 1": lambda a, k, part: Hill(floats([a]), floats([k]), floats([1])),
    "Michaelis-Menten": lambda a, k, part: MichaelisMenten(floats([a]), floats([k])),
    "S-shaped Hill": lambda a, k, part: Hill(floats([a]), floats([k]), floats([1.05 + 7 * part])),
    "exponential": lambda a, k, part: Exponential(floats([a]), floats([k])),
    "log": lambda a, k, part: Log(floats([a]), floats([k])),
    "power": lambda a, k, part: Power(floats([a]), floats([0.05 + 0.9 * part])),
}
made = st.builds(
    lambda name, a, k, part: (MAKERS[name](a, k, part), k),
    st.sampled_from(sorted(MAKERS)),
    sizes,
    sizes,
    st.floats(0, 1),
)


def one(value: Floats) -> float:
    return float(value[0])


# The optimum of a shared budget has the same slope everywhere: x = f'^-1(shadow price).
# Sources: closed forms of the Karush-Kuhn-Tucker conditions (Boyd and Vandenberghe, Convex Optimization, chapter 5).
@pytest.mark.parametrize(
    ("curve", "shadow_price", "spend"),
    [
        (MichaelisMenten(floats([400]), floats([100])), 0.36, 700 / 3),
        (Hill(floats([100]), floats([100]), floats([1])), 0.36, 200 / 3),
        (Exponential(floats([100]), floats([50])), 0.7161520397443822, 51.350498455597645),
        (Exponential(floats([60]), floats([20])), 0.7161520397443822, 28.64950154440235),
        (Power(floats([3]), floats([0.5])), 0.15811388300841897, 90),
        (Power(floats([1]), floats([0.5])), 0.15811388300841897, 10),
        (LinearCap(floats([2.5]), floats([30])), 1.2, 30),
        (LinearCap(floats([0.8]), floats([100])), 1.2, 0),
    ],
)
def test_a_shadow_price_tells_the_spend(curve: Smooth, shadow_price: float, spend: float) -> None:
    assert one(curve.spend_at_slope(floats([shadow_price]))) == pytest.approx(spend, rel=1e-9)


def test_a_target_return_of_a_michaelis_menten_curve() -> None:
    """The largest spend with an average return of 4 for a = 1000 and k = 100 is a / 4 - k: 150, which brings 600."""
    curve = Hill(floats([1000]), floats([100]), floats([1]))
    assert one(curve.value(floats([150]))) == pytest.approx(600, rel=1e-12)
    assert one(curve.slope(floats([150]))) == pytest.approx(1.6, rel=1e-12)


@few
@given(made, st.floats(0.01, 20))
def test_the_slope_is_what_the_next_bit_brings(made: tuple[Smooth, float], place: float) -> None:
    curve, k = made
    x, step = place * k, place * k * 1e-5
    risen = one(curve.value(floats([x + step]))) - one(curve.value(floats([x - step])))
    scale = one(curve.value(floats([x]))) / x
    assert risen / (2 * step) == pytest.approx(one(curve.slope(floats([x]))), rel=1e-4, abs=scale * 1e-8)


@few
@given(made, st.floats(0.01, 0.999))
def test_the_spend_at_a_slope_has_that_slope(made: tuple[Smooth, float], part: float) -> None:
    curve, k = made
    steepest = one(curve.steepest())
    wanted = part * (steepest if np.isfinite(steepest) else one(curve.slope(floats([k * 1e-3]))))
    spend = curve.spend_at_slope(floats([wanted]))
    assert one(spend) >= one(curve.inflection())
    assert one(curve.slope(spend)) == pytest.approx(wanted, rel=1e-7)


@few
@given(made)
def test_beyond_the_steepest_slope_nothing_is_spent(made: tuple[Smooth, float]) -> None:
    curve, _ = made
    steepest = one(curve.steepest())
    assert one(curve.spend_at_slope(floats([0]))) == np.inf
    if np.isfinite(steepest):
        assert one(curve.spend_at_slope(floats([steepest * 1.001]))) == 0


@few
@given(made, st.floats(0, 3), st.floats(0, 5))
def test_a_roof_lies_above_the_curve_and_touches_it(made: tuple[Smooth, float], low: float, width: float) -> None:
    curve, k = made
    lower, upper = floats([low * k]), floats([(low + width) * k])
    roof = curve.envelope(lower, upper)
    at = np.linspace(lower, upper, 201)
    heights, values = roof.value(at)[:, 0], curve.value(at)[:, 0]
    scale = max(float(values.max()), 1e-300)
    assert (heights >= values - 1e-9 * scale).all()
    assert heights[0] == pytest.approx(values[0], rel=1e-12, abs=1e-12 * scale)
    assert one(roof.value(roof.touch)) == pytest.approx(one(curve.value(roof.touch)), rel=1e-12)
    assert (np.diff(heights, 2) <= 1e-7 * scale).all(), "a roof is concave"


@few
@given(made, st.floats(0, 2), st.floats(0.1, 5), st.floats(1e-3, 3))
def test_no_spend_under_the_roof_is_better_at_a_price(
    made: tuple[Smooth, float], low: float, width: float, price: float
) -> None:
    curve, k = made
    lower, upper = floats([low * k]), floats([(low + width) * k])
    at = np.linspace(lower, upper, 801)
    slope = floats([price * (one(curve.value(upper)) - one(curve.value(lower))) / float(upper[0] - lower[0])])
    best_is_best(curve.envelope(lower, upper), at, slope)


def best_is_best(roof: Envelope, at: Floats, slope: Floats) -> None:
    gains = np.array([roof.value(each) - slope * each for each in at])
    scale = max(float(np.abs(gains).max()), 1e-300)
    for spend in (roof.spend_at_slope(slope), roof.least_at_slope(slope)):
        assert (roof.lower <= spend).all() and (spend <= roof.upper).all()
        assert (roof.value(spend) - slope * spend >= gains.max(axis=0) - 1e-8 * scale).all()


def test_the_line_from_zero_touches_an_s_shape_where_the_closed_form_says() -> None:
    """f(t) / t = f'(t) at t = k (alpha - 1)^(1 / alpha): with k 100 and alpha 3, at 100 x 2^(1/3) = 125.99."""
    curve = Hill(floats([100]), floats([100]), floats([3]))
    roof = curve.envelope(floats([0]), floats([1000]))
    assert one(roof.touch) == pytest.approx(100 * 2 ** (1 / 3), rel=1e-12)
    assert one(roof.chord) == pytest.approx(one(curve.slope(roof.touch)), rel=1e-12)
    bisected = curve.envelope(floats([1e-9]), floats([1000]))
    assert one(bisected.touch) == pytest.approx(one(roof.touch), rel=1e-8)


def test_an_upper_end_before_the_touching_point_ends_the_chord() -> None:
    curve = Hill(floats([100]), floats([100]), floats([3]))
    roof = curve.envelope(floats([0]), floats([80]))
    assert one(roof.touch) == 80
    assert one(roof.spend_at_slope(roof.chord)) == 80
    assert one(roof.least_at_slope(roof.chord)) == 0


EXTREMES = (0.0, 5e-324, 1e-300, 1e-10, 1.0, 1e10, 1e300, 1.7e308)


@pytest.mark.parametrize("k", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize("alpha", [0.05, 0.999999, 1.0, 1.000001, 3.0, 200.0])
def test_extremes_are_numbers(k: float, alpha: float) -> None:
    a = floats([1e5])
    ks = floats([k])
    for curve in (Hill(a, ks, floats([alpha])), MichaelisMenten(a, ks), Exponential(a, ks), Log(a, ks)):
        values = np.array([one(curve.value(floats([x]))) for x in EXTREMES])
        assert np.isfinite(values).all() and (np.diff(values) >= 0).all() and values[0] == 0
        for x in EXTREMES:
            assert one(curve.slope(floats([x]))) >= 0, "no NaN"
            assert one(curve.spend_at_slope(floats([max(x, 1e-300)]))) >= 0, "no NaN"


def test_a_power_at_the_ends_of_its_range() -> None:
    line, flat = Power(floats([2]), floats([1])), Power(floats([2]), floats([1e-9]))
    assert one(line.slope(floats([0]))) == 2
    assert one(line.spend_at_slope(floats([2]))) == np.inf and one(line.spend_at_slope(floats([2.1]))) == 0
    assert one(flat.value(floats([0]))) == 0 and one(flat.value(floats([1e300]))) == pytest.approx(2, rel=1e-5)
    assert one(Power(floats([0]), floats([0.5])).slope(floats([0]))) == 0


@pytest.mark.parametrize("curve", [Hill(*[floats([x]) for x in (0, 1, 3)]), Log(floats([0]), floats([1]))])
def test_a_curve_without_height_brings_nothing(curve: Smooth) -> None:
    assert one(curve.value(floats([5]))) == 0 and one(curve.slope(floats([0]))) == 0
    assert one(curve.spend_at_slope(floats([0.1]))) == 0


knots = st.lists(st.tuples(st.integers(0, 50), st.integers(-20, 80)), min_size=1, max_size=7)


@few
@given(
    st.lists(knots, min_size=1, max_size=3), st.integers(0, 40), st.integers(0, 40), st.integers(0, 30), st.booleans()
)
def test_pieces_and_steps_have_their_hull(
    tables: list[list[tuple[int, int]]], low: int, width: int, tenths: int, is_steps: bool
) -> None:
    ordered = [sorted(dict(each).items()) for each in tables]
    rising = [list(zip((x for x, _ in each), sorted(abs(y) for _, y in each), strict=True)) for each in ordered]
    family: Family = Steps.of(rising) if is_steps else Points.of(ordered)
    units = len(tables)
    lower, upper = floats([low] * units), floats([low + width] * units)
    roof = family.envelope(lower, upper)
    at = np.unique([*np.linspace(low, low + width, 41), *[x for each in ordered for x, _ in each]])
    at = at[(at >= low) & (at <= low + width)][:, None].repeat(units, axis=1)
    heights = np.array([roof.value(each) for each in at])
    assert (heights >= family.value(at) - 1e-9).all()
    slopes = np.diff(heights, axis=0) / np.diff(at, axis=0)
    assert (np.diff(slopes, axis=0) <= 1e-7).all() or not width
    best_is_best(roof, at, floats([tenths / 10] * units))


def test_a_table_is_straight_between_its_points_and_level_beyond() -> None:
    table = Points.of([[(100, 300), (200, 400)], [(0, 0), (10, 50), (20, 50)]])
    assert table.value(floats([50, 5])).tolist() == [300, 25]
    assert table.value(floats([[150, 10], [900, 99]])).tolist() == [[350, 50], [400, 50]]
    assert table.slope(floats([150, 10])).tolist() == [1, 0]


def test_mixed_families_answer_unit_by_unit() -> None:
    """Three units in two families, in whichever order the families come."""
    hill = Hill(floats([100, 50]), floats([10, 20]), floats([2, 1]))
    tiers = Steps.of([[(5, 30), (9, 70)]])
    mixed = Mixed([(np.array([1]), tiers), (np.array([2, 0]), hill)])
    spend = floats([20, 6, 10])
    assert mixed.value(spend).tolist() == pytest.approx([25, 30, 50])
    roof = mixed.envelope(floats([0, 0, 0]), floats([50, 9, 50]))
    assert (roof.value(spend) >= mixed.value(spend) - 1e-9).all()
    best_is_best(roof, np.linspace(floats([0, 0, 0]), floats([50, 9, 50]), 301), floats([2.0, 7.0, 1.0]))
