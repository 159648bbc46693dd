"""Every registered scale: the column and the explanation agree, a planted mutant is caught, and the stated properties
hold. The hand-worked tables are in test_scales_worked.py."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings, strategies as st
from pydantic import ValidationError

from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.kinds.scales import SCALES
from rules.kinds.scales.base import Better, ScaleKind
from rules.kinds.scales.quantile import Quantile, explain_percentile_of_peers, percentile_of_peers
from rules.kinds.scales.reference import Reference
from rules.quantities.currency import currency
from rules.quantities.exact import Exact

EUR = Terms(currency("EUR"))
IMPROVED = {"over": {"expression": "last_year"}, "measured": "difference", "scale": {"min_max": {}}}
GROWTH = {"over": "target", "measured": "growth", "scale": {"linear": {"from": "0", "to": "20%"}}}

SAMPLES: dict[str, list[Any]] = {
    "attainment": [
        {"of": "target"},
        {"of": "target", "threshold": "50%", "floor": "70%", "cap": "120%", "points": "50"},
        {"of": "7", "cap": "100%", "better": "lower", "round": "half_even"},
    ],
    "linear": [
        {"from": "-3", "to": "4"},
        {"from": "benchmark.p25", "to": "target", "points": {"from": "-1/2", "to": "19/2"}, "round": "half_up"},
        {"from": "5", "to": "target", "missed": "-7", "better": "lower", "floor_points": "-5", "cap_points": "90"},
    ],
    "bands": [
        [{"below": "0", "points": "0"}, {"up_to": "3", "points": "60"}, {"points": "100"}],
        {"steps": [{"up_to": "target", "points": "100"}, {"below": "benchmark.p75", "points": "1/3"}, {"points": "0"}]},
    ],
    "points_table": [
        {
            "between": "step",
            "steps": [{"at": "-1", "points": "1/3"}, {"at": "target", "points": "10"}],
            "otherwise": "-1",
        },
        {
            "between": "interpolate",
            "steps": [{"at": "-2", "points": "0"}, {"at": "1", "points": "7"}, {"at": "target", "points": "9"}],
        },
        {"between": "nothing", "steps": [{"at": "1", "points": "25"}, {"at": "2", "points": "18"}]},
    ],
    "percentile": [
        {"among": "partners.kind", "method": method, "points": {"from": "10", "to": "90"}}
        for method in ("mid", "below", "at_or_below", "inclusive", "exclusive")
    ],
    "rank": [
        *({"ties": ties, "places": ["25", "18", "15", "12"]} for ties in ("best", "worst", "mean", "dense")),
        *({"ties": ties, "among": "partners.kind"} for ties in ("best", "worst", "mean", "dense")),
        {"ties": "mean", "better": "lower", "points": {"first": "10", "last": "1"}},
    ],
    "z_score": [
        {"deviation": "population", "among": "partners.kind"},
        {"deviation": "sample", "points_per_sd": "1/3", "when_equal": "50", "round": {"mode": "floor", "to": "1/2"}},
    ],
    "min_max": [{"among": "partners.kind"}, {"points": {"from": "1", "to": "5"}, "when_equal": "3"}],
    "gate": [{"at_least": "1"}, {"at_most": "target", "points": {"met": "5", "missed": "-1/2"}}, {"equals": "2"}],
    "improvement": [IMPROVED, GROWTH],
    "better_of": [
        [{"linear": {"from": "target", "to": "5"}}, {"improvement": GROWTH}],
        {"of": [{"rank": {"ties": "mean"}}, {"improvement": IMPROVED}], "unknown": "unknown", "round": "up"},
    ],
    "worst_of": [
        [{"attainment": {"of": "target"}}, {"percentile": {"among": "partners.kind"}}],
        {"of": [{"gate": {"at_least": "target"}}, {"z_score": {"deviation": "sample"}}], "unknown": "leave_out"},
    ],
}
CASES = [
    pytest.param(name, config, id=f"{name}-{n}") for name, all_ in SAMPLES.items() for n, config in enumerate(all_)
]

FINE = st.builds(Fraction, st.integers(-12, 12), st.sampled_from([1, 2, 3, 7]))
VALUES = st.one_of(FINE, FINE, st.integers(-(10**20), 10**20).map(Fraction))


def scale(name: str, config: Any) -> ScaleKind:
    return SCALES[name].model_validate(config)


def filled(
    kind: ScaleKind, value: Exact, drawn: Callable[[], Fraction | None], codes: list[int | None]
) -> dict[str, Exact]:
    """The columns that the engine would look up: literals are what they say, all else is drawn."""
    rows, columns = len(value), {"value": value}
    for key, reference in kind.references().items():
        literal = reference.literal(EUR, kind.unit_of(key, Type.NUMBER))
        columns[key] = Exact.of([drawn() for _ in range(rows)]) if literal is None else Exact.constant(literal, rows)
    return columns | {key: Exact.of(codes) for key in kind.inputs()}


@st.composite
def any_columns(draw: st.DrawFn, kind: ScaleKind) -> dict[str, Exact]:
    rows = draw(st.integers(0, 7))
    value = Exact.of([draw(st.none() | VALUES) for _ in range(rows)])
    codes = [draw(st.sampled_from([0, 0, 1, 2, None])) for _ in range(rows)]
    return filled(kind, value, lambda: draw(st.none() | VALUES | VALUES), codes)


def disagreements(kind: ScaleKind, points: Exact, columns: Mapping[str, Exact], better: Better) -> list[int]:
    """The rows whose points the explanation does not come to."""
    found = []
    for row in range(len(points)):
        reason = kind.explain(columns, row, EUR, better)
        if (None if reason is None else reason.value) != points.fraction(row):
            found.append(row)
    return found


def test_every_scale_is_in_the_battery() -> None:
    assert set(SAMPLES) == set(SCALES)


@pytest.mark.parametrize(("name", "config"), CASES)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), better=st.sampled_from(["higher", "lower"]))
def test_the_explanation_comes_to_the_same_points(name: str, config: Any, data: st.DataObject, better: Better) -> None:
    kind = scale(name, config)
    columns = data.draw(any_columns(kind))
    points = kind.compute(columns, len(columns["value"]), better)
    assert disagreements(kind, points, columns, better) == []


def known_columns(kind: ScaleKind, seed: int) -> dict[str, Exact]:
    dice = random.Random(seed)
    value = Exact.of([Fraction(dice.randint(1, 9)) for _ in range(6)])
    return filled(kind, value, lambda: Fraction(dice.randint(1, 9)), [0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize(("name", "config"), CASES)
def test_a_mutant_off_by_one_unit_is_caught(name: str, config: Any) -> None:
    kind = scale(name, config)
    columns = known_columns(kind, seed=7)
    points = kind.compute(columns, 6)
    row = next(row for row in range(6) if points.fraction(row) is not None)
    mutant = [value if at != row else (value or 0) + Fraction(1, 10**9) for at, value in enumerate(points.fractions())]
    assert disagreements(kind, Exact.of(mutant), columns, "higher") == [row]
    forgets = Exact.of([None if at == row else value for at, value in enumerate(points.fractions())])
    assert disagreements(kind, forgets, columns, "higher") == [row]


@pytest.mark.parametrize(("name", "config"), CASES)
def test_an_unknown_value_has_unknown_points(name: str, config: Any) -> None:
    kind = scale(name, config)
    columns = known_columns(kind, seed=3)
    columns["value"] = Exact.of([None, *columns["value"].fractions()[1:]])
    assert kind.compute(columns, 6).fraction(0) is None


@pytest.mark.parametrize(("name", "config"), CASES)
def test_the_config_survives_its_own_writing(name: str, config: Any) -> None:
    kind = scale(name, config)
    assert SCALES[name].model_validate(kind.model_dump(mode="json", by_alias=True)) == kind


# Monotone in the direction of the KPI: nobody loses points by doing better

MONOTONE: list[tuple[str, Any]] = [
    ("attainment", {"of": "7", "threshold": "50%", "cap": "120%"}),
    ("points_table", {"between": "interpolate", "steps": [{"at": "-2", "points": "0"}, {"at": "3", "points": "9"}]}),
    ("percentile", {"among": "partners.kind"}),
    ("percentile", {"method": "inclusive"}),
    ("rank", {"ties": "mean"}),
    ("rank", {"ties": "dense", "places": ["9", "5", "2"]}),
    ("z_score", {"deviation": "sample", "when_equal": "50"}),
    ("min_max", {"when_equal": "50"}),
    ("improvement", {"over": "3", "measured": "growth", "scale": {"linear": {"from": "0", "to": "1"}}}),
    ("better_of", [{"rank": {"ties": "best"}}, {"attainment": {"of": "5", "cap": "200%"}}]),
    ("worst_of", [{"percentile": {}}, {"attainment": {"of": "5", "cap": "100%"}}]),
]


@pytest.mark.parametrize(("name", "config"), MONOTONE)
@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(FINE, min_size=1, max_size=6), more=st.integers(1, 30), better=st.sampled_from(["higher", "lower"])
)
def test_doing_better_never_costs_points(
    name: str, config: Any, values: list[Fraction], more: int, better: Better
) -> None:
    assume(name != "points_table" or better == "higher")  # a table says its own direction
    kind = scale(name, config)
    raised = [values[0] + Fraction(more, 6) * (1 if better == "higher" else -1), *values[1:]]
    before, after = (
        kind.compute(filled(kind, Exact.of(each), lambda: None, [0] * len(each)), len(each), better).fraction(0)
        for each in (values, raised)
    )
    assert before is None or after is None or before <= after


@pytest.mark.parametrize(
    ("written", "rising"),
    [
        ({"from": "-3", "to": "4"}, True),
        ({"from": "4", "to": "-3"}, False),
        ({"from": "0", "to": "2", "missed": "-1"}, True),
    ],
)
@given(low=FINE, high=FINE)
def test_linear_is_monotone_toward_its_end(written: Any, rising: bool, low: Fraction, high: Fraction) -> None:
    assume(low <= high)
    kind = scale("linear", written)
    points = kind.compute(filled(kind, Exact.of([low, high]), lambda: None, [0, 0]), 2)
    assert (points.fraction(0) <= points.fraction(1)) if rising else (points.fraction(0) >= points.fraction(1))  # type: ignore[operator]


# Scale-free where stated: cents or euros, degrees or kelvin, the points are the same


@pytest.mark.parametrize(
    ("name", "config", "may_shift"),
    [
        ("attainment", {"of": "target", "threshold": "80%", "cap": "120%"}, False),
        ("linear", {"from": "benchmark.p25", "to": "target"}, True),
        ("percentile", {}, True),
        ("rank", {"ties": "mean"}, True),
        ("z_score", {"deviation": "population"}, True),
        ("z_score", {"deviation": "sample"}, True),
        ("min_max", {}, True),
        ("improvement", {"over": "target", "measured": "growth", "scale": {"rank": {"ties": "best"}}}, False),
    ],
)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), factor=st.integers(1, 10**6), shift=FINE, better=st.sampled_from(["higher", "lower"]))
def test_the_unit_of_the_kpi_changes_no_points(
    name: str, config: Any, may_shift: bool, data: st.DataObject, factor: int, shift: Fraction, better: Better
) -> None:
    kind = scale(name, config)
    columns = data.draw(any_columns(kind))
    rows = len(columns["value"])
    moved = {
        key: column * Exact.constant(factor, rows) + Exact.constant(shift if may_shift else 0, rows)
        for key, column in columns.items()
    }
    assert kind.compute(moved, rows, better).fractions() == kind.compute(columns, rows, better).fractions()


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.none() | FINE, max_size=7),
    at=st.integers(0, 12),
    method=st.sampled_from(["interpolated", "nearest_rank"]),
    data=st.data(),
)
def test_percentiles_of_peers_agree_with_their_explanation(
    values: list[Fraction | None], at: int, method: Quantile, data: st.DataObject
) -> None:
    codes = Exact.of([data.draw(st.sampled_from([0, 0, 1, None])) for _ in values])
    groups = data.draw(st.sampled_from([None, codes]))
    column = percentile_of_peers(Exact.of(values), groups, Fraction(at, 12), method)
    for row in range(len(values)):
        reason = explain_percentile_of_peers(Exact.of(values), groups, row, Fraction(at, 12), method)
        assert column.fraction(row) == (None if reason is None else reason.value)


# What cannot be meant is refused

REFUSED = [
    ("bands", [{"below": "0", "points": "0"}, {"up_to": "5", "points": "9"}], "P215"),
    ("bands", [{"points": "0"}, {"points": "1"}], "P215"),
    ("bands", [{"below": "0", "up_to": "1", "points": "0"}, {"points": "1"}], "P215"),
    ("gate", {"at_least": "1", "at_most": "2"}, "P218"),
    ("gate", {}, "P218"),
    ("rank", {"ties": "mean", "places": ["1"], "points": {"first": "9"}}, "P217"),
    ("better_of", [{"gate": {"equals": "1"}, "rank": {"ties": "mean"}}, {"min_max": {}}], "P207"),
    ("linear", {"from": {"value": "1", "table": "target"}, "to": "2"}, "P208"),
    ("linear", {"from": {"percentile": "101%"}, "to": "2"}, "P208"),
    ("linear", {"from": {"expression": "nps", "among": "partners.kind"}, "to": "2"}, "P208"),
]


@pytest.mark.parametrize(("name", "config", "code"), REFUSED)
def test_what_cannot_be_meant_is_refused(name: str, config: Any, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        scale(name, config)
    assert code in {each["type"] for each in caught.value.errors()}


FAULTY = [
    ("linear", {"from": "3", "to": "3"}, Type.NUMBER, "P213"),
    ("linear", {"from": "EUR 1", "to": "3"}, Type.NUMBER, "P209"),
    ("linear", {"from": "10%", "to": "30"}, Type.MONEY, "P209"),
    ("linear", {"from": "USD 1", "to": "30"}, Type.MONEY, "P130"),
    ("linear", {"from": "1", "to": "3", "floor_points": "3", "cap_points": "2"}, Type.NUMBER, "P211"),
    ("linear", {"from": "1", "to": "3", "round": {"to": "0"}}, Type.NUMBER, "P212"),
    ("bands", [{"below": "2", "points": "0"}, {"below": "2", "points": "1"}, {"points": "2"}], Type.NUMBER, "P210"),
    (
        "points_table",
        {"between": "step", "steps": [{"at": "2", "points": "0"}, {"at": "1", "points": "1"}]},
        Type.NUMBER,
        "P210",
    ),
    (
        "points_table",
        {"between": "interpolate", "steps": [{"at": "2", "points": "0"}], "otherwise": "3"},
        Type.NUMBER,
        "P216",
    ),
    ("attainment", {"of": "0"}, Type.NUMBER, "P214"),
    ("attainment", {"of": "9", "threshold": "130%", "cap": "120%"}, Type.NUMBER, "P211"),
    (
        "improvement",
        {"over": "EUR 5", "measured": "growth", "scale": {"linear": {"from": "0", "to": "EUR 5"}}},
        Type.MONEY,
        "P209",
    ),
    ("better_of", [{"linear": {"from": "3", "to": "3"}}, {"min_max": {}}], Type.NUMBER, "P213"),
]


@pytest.mark.parametrize(("name", "config", "measured", "code"), FAULTY)
def test_faults_are_named(name: str, config: Any, measured: Type, code: str) -> None:
    assert [fault[0] for fault in scale(name, config).faults(EUR, measured)] == [code]


@pytest.mark.parametrize(("name", "config"), CASES)
def test_sound_scales_have_no_fault(name: str, config: Any) -> None:
    assert scale(name, config).faults(EUR) == []


def test_a_reference_knows_its_source_and_its_value_in_minor_units() -> None:
    written: list[Any] = ["40", "target", "benchmark.p50", {"percentile": "75%"}, {"expression": "nps"}]
    references = [Reference.model_validate(each) for each in written]
    assert [each.source for each in references] == ["literal", "table", "table", "percentile", "expression"]
    assert [each.words for each in references] == ["40", "target", "benchmark.p50", "the 75 % percentile", "nps"]
    assert references[0].literal(EUR, Type.MONEY) == 4000
    assert references[0].literal(EUR, Type.COUNT) == 40
    assert Reference.model_validate("7.5%").literal(EUR, Type.NUMBER) == Fraction(3, 40)
