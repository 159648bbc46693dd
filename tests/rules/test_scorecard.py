"""Scorecards as they are written: what reads, what is refused, and what the check of the whole finds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.quantities.currency import currency
from rules.scorecards.score_faults import scale_faults, weight_faults
from rules.scorecards.scorecard import ScorecardSpec

EUR = Terms(currency("EUR"))
GATE = {"at_least": "1"}

SKETCH: dict[str, Any] = {
    "for": "partners.kind = 'reseller'",
    "groups": {
        "growth": {
            "weight": "60%",
            "kpis": {
                "sourced": {"weight": "70%", "attainment": {"of": "target", "threshold": "50%", "cap": "100%"}},
                "new_share": {"weight": "30%", "linear": {"from": "10%", "to": "40%"}},
            },
        },
        "quality": {
            "weight": "40%",
            "kpis": {
                "nps": {
                    "weight": "50%",
                    "bands": [{"below": "0", "points": "0"}, {"below": "40", "points": "60"}, {"points": "100"}],
                    "missing": "zero",
                },
                "committee": {
                    "weight": "50%",
                    "assessed": {"value": "reviews.rating", "author": "reviews.author", "grounds": "reviews.grounds"},
                    "percentile": {"among": "partners.kind"},
                },
            },
        },
    },
    "missing": "reweight",
    "at_least": "3 KPIs",
    "bonus": {"early": {"when": "partners.active", "points": "0"}, "loved": {"kpi": "nps", "gate": {"at_least": "70"}}},
    "multipliers": {"focus": {"when": "partners.region = 'DE'", "by": "1.2"}},
    "gates": {"certified": {"kpi": "certified", "gate": {"at_least": "3"}, "otherwise": "zero"}},
    "cap": "100",
    "tiers": {"bronze": "0", "silver": "60", "gold": "80"},
    "rank": {"ties": "competition", "among": "partners.region"},
}


def kpi(weight: str, **more: Any) -> dict[str, Any]:
    return {"weight": weight, "gate": GATE, **more}


def test_a_whole_card_reads_and_survives_its_own_writing() -> None:
    card = ScorecardSpec.model_validate(SKETCH)
    assert [path for path, _ in card.entries()] == [
        "growth.sourced", "growth.new_share", "quality.nps", "quality.committee",
    ]  # fmt: skip
    assert [entry.scale_name for _, entry in card.entries()] == ["attainment", "linear", "bands", "percentile"]
    assert [card.missing_of(entry) for _, entry in card.entries()] == ["reweight", "reweight", "zero", "reweight"]
    assert ScorecardSpec.model_validate(card.model_dump(mode="json", by_alias=True)) == card
    assert weight_faults(card) == [] and scale_faults(card, EUR, {}) == []


def test_the_schema_of_a_card_can_be_made() -> None:
    assert "ScorecardSpec" in ScorecardSpec.model_json_schema()["title"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"kpis": {"a": {"weight": "100%"}}}, "P207"),
        ({"kpis": {"a": kpi("100%", min_max={})}}, "P207"),
        ({"kpis": {"a": kpi("100%")}, "at_least": "some KPIs"}, "P219"),
        ({"kpis": {"a": kpi("100%")}, "bonus": {"b": {"when": "partners.active"}}}, "P220"),
        ({"kpis": {"a": kpi("100%")}, "bonus": {"b": {"points": "1", "kpi": "nps", "gate": GATE}}}, "P220"),
        ({"kpis": {"a": kpi("100%")}, "multipliers": {"b": {"kpi": "nps"}}}, "P220"),
        ({"kpis": {"a": kpi("100%")}, "gates": {"g": {"kpi": "nps", "otherwise": "zero"}}}, "P221"),
        (
            {"kpis": {"a": kpi("100%")}, "gates": {"g": {"when": "partners.active", "kpi": "a", "otherwise": "zero"}}},
            "P221",
        ),
        (
            {
                "kpis": {"a": kpi("100%")},
                "gates": {"g": {"kpi": "nps", "gate": {**GATE, "points": {"met": "5"}}, "otherwise": "zero"}},
            },
            "P221",
        ),
        ({"kpis": {"a": kpi("100%")}, "tiers": {"gold": "80", "silver": "60"}}, "P222"),
        ({"kpis": {"a": kpi("100%")}, "tiers": {"levels": {"gold": "80"}, "hysteresis": "-5 points"}}, "P222"),
        ({"kpis": {"A b": kpi("100%")}}, "P101"),
    ],
)
def test_what_cannot_be_meant_is_refused(written: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ScorecardSpec.model_validate(written)
    assert code in {each["type"] for each in caught.value.errors()}


def nested(depth: int) -> dict[str, Any]:
    inner = {"kpis": {"a": kpi("100%")}}
    for _ in range(depth):
        inner = {"groups": {"g": {"weight": "100%", **inner}}}
    return inner


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"kpis": {"a": kpi("60%"), "b": kpi("35%")}}, ("P201", (), "weights add to 95 %, not 100 %")),
        (
            {"groups": {"g": {"weight": "100%", "kpis": {"a": kpi("1/3"), "b": kpi("1/3")}}}},
            ("P201", ("groups", "g"), "weights add to 66.666666666.. %, not 100 %"),
        ),
        ({"kpis": {"a": kpi("0%")}, "normalise": "true"}, ("P201", (), "weights add to 0 %, not 100 %")),
        (
            {"kpis": {"a": kpi("120%"), "b": kpi("-20%")}},
            ("P202", ("kpis", "b", "weight"), "a weight of -20 % would turn good into bad"),
        ),
        (nested(6), ("P203", ("groups", "g") * 6, "a group 6 groups deep; 5 is the most")),
        (
            {"kpis": {"a": kpi("50%")}, "groups": {"a": {"weight": "50%", "kpis": {"b": kpi("100%")}}}},
            ("P204", ("groups", "a"), "a is a KPI and a group of the same scorecard"),
        ),
        ({"groups": {"g": {"weight": "100%"}}}, ("P205", ("groups", "g"), "the group has neither KPIs nor groups")),
        (
            {"kpis": {"a": kpi("100%")}, "at_least": "2 KPIs"},
            ("P206", ("at_least",), "2 KPIs are needed, and the scorecard has 1"),
        ),
        (
            {"groups": {"g": {"weight": "100%", "at_least": "3", "kpis": {"a": kpi("100%")}}}},
            ("P206", ("groups", "g", "at_least"), "3 KPIs are needed, and the group has 1"),
        ),
        (
            {"kpis": {"a": kpi("100%")}, "floor": "9", "cap": "8"},
            ("P211", ("floor",), "the floor of the score is above its cap"),
        ),
        ({"kpis": {"a": kpi("100%")}, "decimals": "10"}, ("P223", ("decimals",), "a score cannot have 10 decimals")),
    ],
)
def test_faults_of_the_whole_are_found_with_their_place(written: dict[str, Any], expected: tuple[Any, ...]) -> None:
    faults = weight_faults(ScorecardSpec.model_validate(written))
    assert [fault[:3] for fault in faults] == [expected]
    assert all(hint for *_, hint in faults)


def test_thirds_add_to_one_and_normalise_takes_any_sum() -> None:
    thirds = {"a": kpi("1/3"), "b": kpi("1/3"), "c": kpi("1/3")}
    assert weight_faults(ScorecardSpec.model_validate({"kpis": thirds})) == []
    assert weight_faults(ScorecardSpec.model_validate({"kpis": {"a": kpi("5%")}, "normalise": "true"})) == []
    assert weight_faults(ScorecardSpec.model_validate(nested(5))) == []


def test_faults_of_scales_are_placed_at_their_scale() -> None:
    same = {"linear": {"from": "EUR 3", "to": "EUR 3"}}
    written = {
        "groups": {"g": {"weight": "100%", "kpis": {"a": {"weight": "100%", "kpi": "sales", **same}}}},
        "bonus": {"b": {"kpi": "nps", **same}},
        "gates": {"q": {"kpi": "nps", "gate": {"at_least": "EUR 3"}, "otherwise": "zero"}},
    }
    faults = scale_faults(ScorecardSpec.model_validate(written), EUR, {"sales": Type.MONEY, "nps": Type.NUMBER})
    assert [(code, path) for code, path, _, _ in faults] == [
        ("P213", ("groups", "g", "kpis", "a", "linear")),
        ("P209", ("bonus", "b", "linear")),
        ("P209", ("bonus", "b", "linear")),
        ("P213", ("bonus", "b", "linear")),
        ("P209", ("gates", "q", "gate")),
    ]
