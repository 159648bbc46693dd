"""Schedules that cannot mean what they say are refused, each with its code."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.kinds.tiers import Tiers
from rules.quantities.currency import currency

EUR = currency("EUR")
RATES = [{"to": "100", "rate": "5%"}, {"rate": "7%"}]
AMOUNTS = [{"to": "100", "amount": "5"}, {"amount": "7"}]
UNITS = [{"to": "100", "per_unit": "5"}, {"per_unit": "7"}]
POINTS = [{"at": "1", "rate": "5%"}, {"at": "2", "rate": "7%"}]
PARTS = [{"to": "80%", "rate": "5%"}, {"rate": "7%"}]
ORDER = {"order": ["deals.closed_on"]}


@pytest.mark.parametrize(
    ("code", "config"),
    [
        ("P170", {"method": "marginal", "steps": [{"to": "5", "rate": "1%"}, {"to": "5", "rate": "2%"}]}),
        ("P170", {"method": "marginal", "steps": [{"to": "0", "rate": "1%"}, {"rate": "2%"}]}),
        ("P170", {"method": "interpolated", "steps": [{"at": "-5", "rate": "1%"}, {"at": "5", "rate": "2%"}]}),
        ("P171", {"method": "marginal", "steps": [{"rate": "5%"}, {"to": "7", "rate": "7%"}]}),
        ("P171", {"method": "marginal", "steps": [{"at": "5", "rate": "5%"}, {"rate": "7%"}]}),
        ("P171", {"method": "interpolated", "steps": RATES}),
        ("P171", {"method": "interpolated", "steps": [{"at": "5", "rate": "5%"}, {"rate": "7%"}]}),
        ("P171", {"method": "whole", "at_edge": "lower_tier", "steps": [{"to": "5", "rate": "5%"}]}),
        ("P172", {"method": "marginal", "steps": [{"to": "5", "rate": "5%"}, {"per_unit": "7"}]}),
        ("P172", {"method": "marginal", "steps": [{"to": "5", "rate": "5%"}, {}]}),
        ("P172", {"method": "marginal", "steps": [{"to": "5"}, {}]}),
        ("P172", {"method": "marginal", "steps": [{"to": "5", "rate": "5%", "amount": "7"}, {"rate": "5%"}]}),
        ("P173", {"method": "whole", "steps": RATES}),
        ("P173", {"method": "marginal", "steps": AMOUNTS}),
        ("P173", {"method": "whole", "by": "attainment", "steps": RATES}),
        ("P174", {"method": "marginal", "at_edge": "lower_tier", "steps": RATES}),
        ("P174", {"method": "marginal", "steps": RATES, **ORDER}),
        ("P174", {"method": "marginal", "per": "program", "steps": RATES}),
        ("P174", {"method": "marginal", "accumulate": "contract", "per": "program", "steps": RATES, **ORDER}),
        ("P175", {"method": "marginal", "accumulate": "ever", "steps": RATES}),
        ("P176", {"method": "marginal", "by": "copies", "at_edge": "lower_tier", "steps": AMOUNTS}),
        ("P170", {"method": "marginal", "by": "copies", "steps": [{"to": "-5", "rate": "5%"}, {"rate": "7%"}]}),
        ("P176", {"method": "interpolated", "by": "x", "accumulate": "ever", **ORDER, "steps": POINTS}),
        (
            "P176",
            {"method": "whole", "by": "x", "at_edge": "lower_tier", "accumulate": "ever", "steps": RATES, **ORDER},
        ),
        ("P177", {"method": "marginal", "steps": []}),
        ("P177", {"method": "interpolated", "steps": [{"at": "5", "rate": "5%"}]}),
        ("P177", {"method": "whole", "at_edge": "lower_tier", "steps": [{"rate": "5%"}]}),
        ("P178", {"method": "marginal", "steps": PARTS}),
        ("P178", {"method": "marginal", "steps": [{"to": "EUR 5", "per_unit": "5"}, {"per_unit": "7"}]}),
        ("P178", {"method": "marginal", "quota": "partners.quota", "steps": RATES}),
        ("P178", {"method": "marginal", "quota": "q", "steps": [{"to": "EUR 1", "rate": "5%"}, {"rate": "7%"}]}),
        (
            "P178",
            {
                "method": "whole",
                "by": "x",
                "at_edge": "lower_tier",
                "steps": [{"to": "80%", "rate": "5%"}, {"to": "EUR 5", "rate": "6%"}, {"rate": "7%"}],
            },
        ),
        ("W123", {"method": "marginal", "steps": [{"to": {}, "rate": "5%"}]}),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(code: str, config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        Tiers.model_validate(config)
    assert [each["type"] for each in refusal.value.errors()] == [code]


@pytest.mark.parametrize(
    ("config", "types", "codes"),
    [
        ({"method": "marginal", "steps": RATES}, {"base": Type.MONEY}, []),
        ({"method": "marginal", "steps": UNITS}, {"base": Type.COUNT}, []),
        ({"method": "marginal", "steps": [{"to": "USD 5", "rate": "5%"}]}, {}, ["P130"]),
        ({"method": "marginal", "steps": [{"to": "5", "per_unit": "USD 5"}]}, {}, ["P130"]),
        ({"method": "marginal", "at_edge": "lower_tier", "steps": [{"to": "5", "amount": "0.001"}]}, {}, ["P132"]),
        (
            {"method": "whole", "by": "x", "at_edge": "lower_tier", "steps": PARTS},
            {"base": Type.MONEY, "by": Type.NUMBER},
            [],
        ),
        (
            {"method": "whole", "by": "x", "at_edge": "lower_tier", "steps": PARTS},
            {"base": Type.MONEY, "by": Type.COUNT},
            ["P178"],
        ),
        (
            {"method": "whole", "by": "x", "at_edge": "lower_tier", "steps": PARTS},
            {"base": Type.MONEY, "by": Type.MONEY},
            ["P178"],
        ),
        (
            {
                "method": "whole",
                "by": "x",
                "at_edge": "lower_tier",
                "steps": [{"to": "EUR 5", "rate": "5%"}, {"rate": "7%"}],
            },
            {"base": Type.MONEY, "by": Type.NUMBER},
            ["P178"],
        ),
        (
            {"method": "marginal", "quota": "partners.quota", "steps": PARTS},
            {"base": Type.MONEY, "quota": Type.MONEY},
            [],
        ),
        (
            {"method": "marginal", "quota": "partners.quota", "steps": PARTS},
            {"base": Type.MONEY, "quota": Type.NUMBER},
            ["P178"],
        ),
    ],
)
def test_a_schedule_that_does_not_fit_its_units_is_told(
    config: dict[str, Any], types: dict[str, Type], codes: list[str]
) -> None:
    found = Tiers.model_validate(config).faults(Terms(EUR, types=types))
    assert [code for code, _, _ in found] == codes
