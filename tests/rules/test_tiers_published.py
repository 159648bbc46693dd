"""Published schedules of tiers come out exactly as published; where publishers differ, the contract has to say it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tier_rows import RUNNING, due, paid, steps

ORACLE = steps(("1_000", "1%"), ("3_000", "2%"), ("8_000", "3%"), ("20_000", "5%"))
OPENFISCA = steps(("1", "0%"), ("2", "10%"), ("3", "20%"), (None, "0%"))
LOOKUP = steps(("400", "0%"), ("15_000", "10%"), ("200_000", "40%"), (None, "60%"))
SINGLE = steps(("EUR 6", "0"), ("EUR 9", "0.23"), (None, "0.29"), pays="amount")
NETSUITE = steps(("2", "10"), ("4", "20"), ("8", "30"), pays="per_unit")

# What is published: its source, the schedule, the bases (money or units), what each is due.
PUBLISHED: dict[str, tuple[dict[str, Any], int, list[Any], list[Any]]] = {
    # Oracle Fusion Incentive Compensation, "Examples of Calculating Earnings Using Step Rates": process individually.
    "Oracle, each transaction alone": (
        {"method": "marginal", "steps": ORACLE},
        100,
        [200, 300, 1500, 1200, 2000, 4500],
        [2, 3, 20, 14, 30, 95],
    ),
    # The same six over one quarter make 9,700: 10 + 40 + 150 + 85 = 285, worked by hand.
    "Oracle, accumulated": (
        {"method": "marginal", "steps": ORACLE, **RUNNING},
        100,
        [200, 300, 1500, 1200, 2000, 4500],
        [2, 3, 5 + 20, 20 + 6, 60, 84 + 85],
    ),
    # Oracle 24B readiness, "split-rate trace": a step input of 2,500 is blended at 1.6 %.
    "Oracle 24B, steps": (
        {"method": "marginal", "steps": steps(("1_000", "1%"), ("5_000", "2%"), ("10_000", "3%"))},
        100,
        [2500],
        ["40"],
    ),
    # The same page, "proportional": full tier rates and a part of the last one, 1.5 % at 2,000: straight lines.
    "Oracle 24B, proportional": (
        {"method": "interpolated", "steps": steps(("0", "0%"), ("1_000", "1%"), ("5_000", "3%"), at="at")},
        100,
        [2000],
        [30],
    ),
    # referello.com, tiered commission calculator.
    "referello": ({"method": "marginal", "steps": steps(("10_000", "10%"), (None, "20%"))}, 100, [15_000], [2_000]),
    # NetSuite help, volume rebates, example 2: 1-100 5 %, 101-350 10 %, 351-500 15 %.
    "NetSuite, volume rebate": (
        {"method": "marginal", "steps": steps(("100", "5%"), ("350", "10%"), ("500", "15%"))},
        100,
        [60, 200],
        [3, 15],
    ),
    # NetSuite help, returns of rebated sales: three sales of 2 units, then 3 units come back, highest tier first.
    "NetSuite, returns": (
        {"method": "marginal", "steps": NETSUITE, **RUNNING},
        1,
        [2, 2, 2, -3],
        [20, 40, 60, -80],
    ),
    # openfisca-core, tests/core/tax_scales/test_marginal_rate_tax_scale.py
    "openfisca, marginal rates": (
        {"method": "marginal", "steps": OPENFISCA},
        100,
        ["1", "1.5", "2", "2.5", "3", "4"],
        [0, "0.05", "0.1", "0.2", "0.3", "0.3"],
    ),
    # the same file: the rate in force for a base; here with the base that it is paid on
    "openfisca, rate in force": (
        {"method": "whole", "at_edge": "lower_tier", "steps": LOOKUP},
        100,
        [0, 3_000, 15_500, 500_000],
        [0, 300, 6_200, 300_000],
    ),
    # openfisca-core, test_single_amount_tax_scale.py and test_marginal_amount_tax_scale.py
    "openfisca, single amount": (
        {"method": "whole", "at_edge": "higher_tier", "steps": SINGLE},
        100,
        [1, 8, 10],
        [0, "0.23", "0.29"],
    ),
    "openfisca, amounts add up": (
        {"method": "marginal", "at_edge": "higher_tier", "steps": SINGLE},
        100,
        [1, 8, 10],
        [0, "0.23", "0.52"],
    ),
    # HIT-Alibaba/Commission, test_commission.py
    "HIT": (
        {"method": "marginal", "steps": steps(("1_000", "10%"), ("1_800", "15%"), (None, "20%"))},
        100,
        [1000],
        [100],
    ),
    # openfisca country-template, social_security_contribution.yaml as of 2013, 2015 and 2017
    "country template 2013": (
        {"method": "marginal", "steps": steps(("12_000", "3%"), (None, "10%"))},
        100,
        [2000],
        [60],
    ),
    "country template 2015": (
        {"method": "marginal", "steps": steps(("12_200", "4%"), (None, "12%"))},
        100,
        [2000],
        [80],
    ),
    "country template 2017": (
        {"method": "marginal", "steps": steps(("6_000", "2%"), ("12_400", "6%"), (None, "12%"))},
        100,
        [2000],
        [40],
    ),
    # OCA/commission 17.0, sections: 20 % of all within 15,000 to 16,000. There both ends belong to the section, so that
    # of two sections that touch the first in the list wins; here an edge has one tier, and what lies beyond is written.
    "OCA, sections": (
        {"method": "whole", "at_edge": "lower_tier", "steps": steps(("15_000", "0%"), ("16_000", "20%"), (None, "0%"))},
        100,
        ["15100", "14999.99", "16000", "16000.01"],
        [3020, 0, 3200, 0],
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_schedule_pays_what_is_published(name: str) -> None:
    config, scale, bases, expected = PUBLISHED[name]
    assert paid(config, bases, scale) == [Fraction(str(each)) for each in expected]


@pytest.mark.parametrize(
    ("method", "at_edge", "expected"),
    [
        # openfisca 46.0.1, run: at an edge a single amount is the upper one, marginal amounts are not entered yet. One
        # library has both, so here the contract has to say it.
        ("whole", "higher_tier", [10, 20]),
        ("marginal", "lower_tier", [0, 10]),
        ("whole", "lower_tier", [0, 10]),
        ("marginal", "higher_tier", [10, 30]),
    ],
)
def test_who_holds_an_edge_is_written(method: str, at_edge: str, expected: list[int]) -> None:
    config = {
        "method": method,
        "at_edge": at_edge,
        "steps": steps(("EUR 2", "0"), ("EUR 4", "10"), (None, "20"), pays="amount"),
    }
    assert paid(config, [2, 4]) == expected


def test_a_base_at_a_threshold_stays_in_the_lower_bracket_as_in_openfisca() -> None:
    """test_linear_average_rate_tax_scale.py: thresholds 0, 2, 4 put bases 0 to 5 into brackets 0, 0, 0, 1, 1, 2."""
    config = {
        "method": "whole",
        "at_edge": "lower_tier",
        "by": "units",
        "steps": steps(("2", "0"), ("4", "1"), (None, "2"), pays="amount"),
    }
    assert due(config, by=[0, 1, 2, 3, 4, 5]) == [0, 0, 0, 1, 1, 2]


@given(st.integers(0, 10**7))
def test_two_scales_add_up_to_one_of_summed_rates_as_in_openfisca(base: int) -> None:
    """test_tax_scales_commons.py: 5 %, 10 % from 2,000 and 2 %, 4 % from 3,000 are 7 %, 12 % and 14 % from 3,000."""
    one, other = steps(("2_000", "5%"), (None, "10%")), steps(("3_000", "2%"), (None, "4%"))
    both = steps(("2_000", "7%"), ("3_000", "12%"), (None, "14%"))
    (a,), (b,), (sum_,) = (due({"method": "marginal", "steps": each}, base=[base]) for each in (one, other, both))
    assert a + b == sum_
