"""Scales worked by hand and from published examples, beside the battery of test_scales.py."""

from __future__ import annotations

import statistics
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.kinds.scales import SCALES
from rules.kinds.scales.quantile import Quantile, percentile_of_peers
from rules.kinds.scales.z_score import _half_even_root, _nearest_root
from rules.quantities.currency import currency
from rules.quantities.exact import Exact

EUR = Terms(currency("EUR"))


def points(name: str, config: Any, values: list[Any], better: Any = "higher", **references: list[Any]) -> list[Any]:
    """The points of values; literals of the config are looked up, other columns are given by key (`0_of` is `0.of`)."""
    kind = SCALES[name].model_validate(config)
    columns = {"value": exact(values)}
    for key, reference in kind.references().items():
        literal = reference.literal(EUR, Type.NUMBER)
        if literal is not None:
            columns[key] = Exact.constant(literal, len(values))
    columns |= {key.replace("__", "."): exact(column) for key, column in references.items()}
    return kind.compute(columns, len(values), better).fractions()


def exact(values: list[Any]) -> Exact:
    return Exact.of([None if each is None else Fraction(each) for each in values])


def fractions(*texts: str) -> list[Fraction]:
    return [Fraction(text) for text in texts]


# Attainment, linear, bands, tables, gates: by hand


def test_attainment_of_a_quota_with_threshold_and_cap() -> None:
    """Quota 200: 90 is 45 %, below the threshold; 100 is 50 %, on it; 150 is 75 %; 500 is capped at 120 %."""
    config = {"of": "200", "threshold": "50%", "cap": "120%"}
    assert points("attainment", config, [90, 100, 150, 500, None]) == [0, 50, 75, 120, None]


def test_attainment_where_lower_is_better_divides_the_target_by_the_actual() -> None:
    """At most 4 complaints: 5 complaints attain 80 %, 3 attain 133.3 %, capped at 125 %, and so do none at all."""
    assert points("attainment", {"of": "4", "cap": "125%"}, [5, 3, 0], "lower") == [80, 125, 125]
    assert points("attainment", {"of": "4"}, [5, 3, 0], "lower") == [80, Fraction(400, 3), None]


def test_there_is_no_attainment_of_a_target_of_zero_or_less() -> None:
    assert points("attainment", {"of": "target"}, [5, 5, 5], of=[0, -4, None]) == [None, None, None]


def test_a_floor_lifts_attainment_and_a_threshold_forfeits_it() -> None:
    assert points("attainment", {"of": "10", "floor": "50%"}, [1, 6]) == [50, 60]
    assert points("attainment", {"of": "10", "threshold": "50%"}, [1, 6]) == [0, 60]


def test_linear_runs_in_either_direction() -> None:
    assert points("linear", {"from": "10%", "to": "40%"}, ["1/20", "1/10", "1/4", "2/5", 1]) == [0, 0, 50, 100, 100]
    assert points("linear", {"from": "30", "to": "10"}, [40, 25, 10, 5], "lower") == [0, 25, 100, 100]


def test_bands_treat_a_value_on_the_edge_as_their_word_says() -> None:
    below = [{"below": "0", "points": "0"}, {"below": "40", "points": "60"}, {"points": "100"}]
    assert points("bands", below, [-1, 0, 39, 40]) == [0, 60, 60, 100]
    up_to = [{"up_to": "0", "points": "0"}, {"up_to": "40", "points": "60"}, {"points": "100"}]
    assert points("bands", up_to, [-1, 0, 40, "81/2"]) == [0, 0, 60, 100]


def test_a_points_table_steps_interpolates_or_lists() -> None:
    steps = [{"at": "80%", "points": "50"}, {"at": "100%", "points": "100"}, {"at": "120%", "points": "150"}]
    values = ["7/10", "4/5", "9/10", 1, "13/10"]
    assert points("points_table", {"between": "step", "steps": steps}, values) == [0, 50, 50, 100, 150]
    assert points("points_table", {"between": "interpolate", "steps": steps}, values) == [50, 50, 75, 100, 150]
    assert points("points_table", {"between": "nothing", "steps": steps}, values) == [0, 50, 0, 100, 0]


def test_a_gate_holds_the_value_that_it_names() -> None:
    assert points("gate", {"at_least": "3"}, [2, 3, None]) == [0, 100, None]
    assert points("gate", {"at_most": "5%", "points": {"met": "1", "missed": "-1"}}, ["1/20", "3/50"]) == [1, -1]


# Among peers: published examples


@pytest.mark.parametrize(
    ("method", "values", "value", "share"),
    [
        # SciPy reference, stats.percentileofscore: strict 40, weak 80, mean 60 for a score of 3 in [1, 2, 3, 3, 4].
        ("below", [1, 2, 3, 3, 4], 3, Fraction(2, 5)),
        ("at_or_below", [1, 2, 3, 3, 4], 3, Fraction(4, 5)),
        ("mid", [1, 2, 3, 3, 4], 3, Fraction(3, 5)),
        # Microsoft Excel reference, PERCENTRANK.INC: 0.333, 0.555 and 0.666 (cut, not rounded) for 2, 4 and 8.
        ("inclusive", [13, 12, 11, 8, 4, 3, 2, 1, 1, 1], 2, Fraction(3, 9)),
        ("inclusive", [13, 12, 11, 8, 4, 3, 2, 1, 1, 1], 4, Fraction(5, 9)),
        ("inclusive", [13, 12, 11, 8, 4, 3, 2, 1, 1, 1], 8, Fraction(6, 9)),
        # Microsoft Excel reference, PERCENTRANK.EXC: 0.7 for 7.
        ("exclusive", [1, 2, 3, 6, 6, 6, 7, 8, 9], 7, Fraction(7, 10)),
    ],
)
def test_percentile_ranks_of_the_reference_manuals(method: str, values: list[int], value: int, share: Fraction) -> None:
    config = {"method": method, "points": {"from": "0", "to": "1"}}
    assert points("percentile", config, values)[values.index(value)] == share


@pytest.mark.parametrize(
    ("method", "at", "expected"),
    [
        # Wikipedia, "Percentile", worked examples on the ordered list 15, 20, 35, 40, 50.
        ("nearest_rank", "1/20", 15),
        ("nearest_rank", "3/10", 20),
        ("nearest_rank", "2/5", 20),
        ("nearest_rank", "1/2", 35),
        ("nearest_rank", "1", 50),
        ("interpolated", "2/5", 29),
        ("interpolated", "0", 15),
        ("interpolated", "1", 50),
    ],
)
def test_percentiles_of_the_encyclopedia(method: Quantile, at: str, expected: int) -> None:
    assert percentile_of_peers(Exact.of([35, 20, 15, 50, 40]), None, Fraction(at), method).fraction(2) == expected


@given(values=st.lists(st.fractions(-99, 99, max_denominator=9), min_size=2, max_size=9), parts=st.integers(2, 10))
def test_interpolated_percentiles_are_the_inclusive_quantiles_of_the_standard_library(
    values: list[Fraction], parts: int
) -> None:
    expected = statistics.quantiles(values, n=parts, method="inclusive")
    mine = [percentile_of_peers(Exact.of(values), None, Fraction(at, parts)).fraction(0) for at in range(1, parts)]
    assert mine == expected


def test_peers_are_those_of_the_same_group_and_who_has_none_is_unknown() -> None:
    group = [1, 1, 2, 2, None]
    config = {"among": "partners.kind", "method": "at_or_below"}
    assert points("percentile", config, [10, 20, 3, 4, 5], group=group) == [50, 100, 50, 100, None]
    assert percentile_of_peers(exact([10, 20, 3, None, 5]), exact(group), Fraction(1, 2)).fractions() == [
        15,
        15,
        3,
        3,
        None,
    ]


def test_a_place_is_worth_what_the_list_says_and_ties_share_as_named() -> None:
    """Grand prix points of first to third; the second and third are level."""
    values, places = [90, 80, 80, 70], ["25", "18", "15"]
    assert points("rank", {"ties": "best", "places": places}, values) == [25, 18, 18, 0]
    assert points("rank", {"ties": "worst", "places": places}, values) == [25, 15, 15, 0]
    assert points("rank", {"ties": "mean", "places": places}, values) == [25, Fraction(33, 2), Fraction(33, 2), 0]
    assert points("rank", {"ties": "dense", "places": places}, values) == [25, 18, 18, 15]


def test_places_without_a_list_are_equally_far_apart() -> None:
    assert points("rank", {"ties": "best"}, [1, 2, 3], "lower") == [100, 50, 0]
    assert points("rank", {"ties": "best"}, [7]) == [100]


def test_z_scores_of_the_textbook_sample() -> None:
    """2, 4, 4, 4, 5, 5, 7, 9 have mean 5 and population standard deviation 2 (Wikipedia, "Standard deviation").
    Their sample standard deviation is the root of 32/7, so 9 lies the root of 3.5 = 1.870828693(3869..) above."""
    values = [2, 4, 4, 4, 5, 5, 7, 9]
    unit = {"mean_points": "0", "points_per_sd": "1"}
    expected = fractions("-3/2", "-1/2", "-1/2", "-1/2", "0", "0", "1", "2")
    assert points("z_score", {"deviation": "population", **unit}, values) == expected
    assert points("z_score", {"deviation": "sample", **unit}, values)[-1] == Fraction("1.870828693")
    assert points("z_score", {"deviation": "population"}, values, "lower")[0] == 65


def test_equal_peers_have_no_z_score_and_no_range_unless_the_program_says_what() -> None:
    assert points("z_score", {"deviation": "sample"}, [4, 4]) == [None, None]
    assert points("z_score", {"deviation": "sample", "when_equal": "50"}, [4, 4]) == [50, 50]
    assert points("min_max", {}, [4, 4]) == [None, None]
    assert points("min_max", {"when_equal": "100"}, [4]) == [100]


@pytest.mark.parametrize(("odd", "nano"), [(1, 0), (3, 2), (5, 2), (7, 4), (2_000_000_001, 1_000_000_000)])
def test_a_root_that_ends_on_half_a_billionth_goes_to_the_even_one(odd: int, nano: int) -> None:
    """The root of (odd / 2)^2 billionths is exactly odd halves of a billionth."""
    assert _half_even_root(odd**2, 4) == nano
    assert _nearest_root(Fraction(odd, 2 * 10**9) ** 2) == Fraction(nano, 10**9)


@given(square=st.fractions(0, 50, max_denominator=10**12))
def test_both_roots_are_the_nearest(square: Fraction) -> None:
    root = _half_even_root(square.numerator * 10**18, square.denominator)
    assert _nearest_root(square) == Fraction(root, 10**9)
    assert abs(2 * root - 1) ** 2 * square.denominator <= 4 * 10**18 * square.numerator or root == 0
    assert 4 * 10**18 * square.numerator <= (2 * root + 1) ** 2 * square.denominator


# The better of achievement and improvement, as hospitals are scored

HOSPITALS = [
    {
        "linear": {
            "from": "47%", "to": "87%", "points": {"from": "1/2", "to": "19/2"}, "missed": "0", "round": "half_up",
        }
    },
    {
        "linear": {
            "from": {"expression": "baseline"}, "to": "87%", "points": {"from": "-1/2", "to": "19/2"},
            "round": "half_up", "floor_points": "0",
        }
    },
]  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "baseline", "achieved", "improved", "counted"),
    [
        ("70%", "21%", 6, 7, 7),  # 9 x 23/40 + 0.5 = 5.675; 10 x 49/66 - 0.5 = 6.92
        ("91%", "85%", 10, 10, 10),  # past the benchmark
        ("46%", "50%", 0, 0, 0),  # short of the threshold, and worse than before
        ("47%", None, 1, None, 1),  # on the threshold, without a baseline
    ],
)
def test_the_better_of_achievement_and_improvement(
    rate: str, baseline: str | None, achieved: int, improved: int | None, counted: int
) -> None:
    """Scored as 42 CFR 412.165(a) says: 1 to 9 points between achievement threshold and benchmark, 0 to 9 between
    baseline and benchmark, 10 from the benchmark on, and the better of both; rounded half up to whole points."""
    value, before = Fraction(rate.strip("%")) / 100, None if baseline is None else Fraction(baseline.strip("%")) / 100
    assert points("linear", HOSPITALS[0]["linear"], [value]) == [achieved]
    assert points("linear", HOSPITALS[1]["linear"], [value], **{"from": [before]}) == [improved]
    assert points("better_of", HOSPITALS, [value], **{"1__from": [before]}) == [counted]


def test_a_half_is_a_half_and_not_the_decimal_before_it() -> None:
    """Threshold 50, benchmark 86, reached 54 and 58: 9 x 4/36 + 0.5 is 1.5 and 9 x 8/36 + 0.5 is 2.5, exactly. With
    the share cut to 0.1111111 first, 1.4999999 would become 1."""
    scale = {"from": "50", "to": "86", "points": {"from": "1/2", "to": "19/2"}}
    assert points("linear", {**scale, "round": "half_up"}, [54, 58]) == [2, 3]
    assert points("linear", {**scale, "round": "half_even"}, [54, 58]) == [2, 2]
    assert points("linear", {**scale, "round": "half_down"}, [54, 58]) == [1, 2]
    assert points("linear", {**scale, "round": {"mode": "up", "to": "1/4"}}, [55]) == [Fraction(7, 4)]


def test_improvement_counts_in_the_good_direction() -> None:
    by = {"linear": {"from": "0", "to": "10"}}
    difference = {"over": {"expression": "last_year"}, "measured": "difference", "scale": by}
    assert points("improvement", difference, [12, 8, 12], over=[10, 10, None]) == [20, 0, None]
    assert points("improvement", difference, [12, 8, 12], "lower", over=[10, 10, 10]) == [0, 20, 0]
    growth = {"over": "last_year", "measured": "growth", "scale": {"linear": {"from": "0%", "to": "50%"}}}
    growth["over"] = {"expression": "last_year"}
    assert points("improvement", growth, [12, 5, 5], over=[10, 0, -10]) == [40, None, 100]


def test_the_worst_of_several_is_unknown_where_one_of_them_is() -> None:
    scales = [{"attainment": {"of": "target"}}, {"gate": {"at_least": "3"}}]
    assert points("worst_of", scales, [4, 4], **{"0__of": [5, None]}) == [80, None]
    lenient = {"of": scales, "unknown": "leave_out"}
    assert points("worst_of", lenient, [4, 4], **{"0__of": [5, None]}) == [80, 100]


def test_an_explanation_reads_as_a_sentence() -> None:
    kind = SCALES["attainment"].model_validate({"of": "target", "cap": "120%"})
    columns = {"value": Exact.of([9_000_000]), "of": Exact.of([12_000_000])}
    reason = kind.explain(columns, 0, EUR, measured=Type.MONEY)
    assert reason is not None
    assert reason.words == "90,000.00 of target 120,000.00 = 75 % x 100 points"
    better = SCALES["better_of"].model_validate([{"gate": {"at_least": "3"}}, {"rank": {"ties": "best"}}])
    reason = better.explain({"value": Exact.of([2, 5]), "0.line": Exact.of([3, 3])}, 1, EUR)
    assert reason is not None
    assert reason.words == "gate 100, rank 100; gate counts: 5 is at least 3: 100 points"
    assert reason.uses == ("value", "0.line")
