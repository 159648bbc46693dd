"""What people write for each kind, and what the rows of its inputs hold: generated, at the edges above all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from payout_configs import CARD_INPUTS, RATE_INPUTS, cards, contests, scaled_rates

from rules.kinds.base import Terms
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.quantities.numerals import decimal_text
from rules.quantities.rounding import Rounding

terms_any = st.builds(
    Terms,
    st.sampled_from(["JPY", "EUR", "KWD", "CLF"]).map(currency),
    st.sampled_from(list(Rounding)),
    st.sampled_from([1, 1, 5, 7, 250, 25_000]),
)
extremes = st.sampled_from([0, 1, -1, 2**31, 10**15, -(10**15), 10**15 - 1])
whole = extremes | st.integers(-(10**15), 10**15) | st.integers(-400, 400)
ratios = st.fractions(-(10**6), 10**6, max_denominator=10**4)
numbers = whole | ratios


def column(values: st.SearchStrategy[Any], at_least: int = 0, at_most: int = 12) -> st.SearchStrategy[Exact]:
    """A column of some rows, one in four unknown; whole numbers, or fractions with a denominator for each row."""
    return st.lists(values | values | values | st.none(), min_size=at_least, max_size=at_most).map(Exact.of)


def written(amount: Fraction | int) -> str:
    return decimal_text(Fraction(amount), 0)


def money(terms: Terms) -> st.SearchStrategy[str]:
    """Whole minor units, as people write them."""
    one = 10**terms.currency.decimals
    minor = st.sampled_from([0, 1, -1, 10**15]) | st.integers(-(10**9), 10**9)
    return minor.map(lambda amount: written(Fraction(amount, one)))


fine_money = st.integers(-(10**10), 10**10).map(lambda amount: written(Fraction(amount, 10**8)))  # EUR 0.0035 a call
rates = st.sampled_from(["0", "5%", "7.5%", "1/3", "-12.5%", "0.000000001", "250%"]) | st.fractions(
    -1, 1, max_denominator=999
).map(lambda rate: f"{rate.numerator}/{rate.denominator}")
covered = st.sampled_from(["0", "10", "2.5", "1/3"])


def per_unit(terms: Terms) -> st.SearchStrategy[dict[str, Any]]:
    guaranteed = st.fixed_dictionaries({"amount": money(terms), "covers": covered})
    plain = st.fixed_dictionaries({"amount": fine_money | money(terms).filter(lambda text: len(text) < 12)})
    sure = st.fixed_dictionaries({"amount": fine_money, "guaranteed": guaranteed})
    every = st.sampled_from(["1", "10", "0.25", "10_000", "0.00000001"])
    return plain | sure | st.fixed_dictionaries({"amount": fine_money, "every": every})


@st.composite
def tiers(draw: st.DrawFn, terms: Terms) -> dict[str, Any]:
    """A schedule of any shape, with edges near the small values of the inputs."""
    method = draw(st.sampled_from(["marginal", "whole", "interpolated"]))
    pays = draw(st.sampled_from(["rate", "per_unit", "amount"]))
    is_sliced = method == "marginal" and pays != "amount"
    has_by = (method != "marginal" or is_sliced) and draw(st.booleans())
    has_quota, is_running = draw(st.booleans()), (is_sliced or not has_by) and draw(st.booleans())
    least = -20 if has_by and not is_sliced else 1
    edges = sorted(draw(st.sets(st.integers(least, 40), min_size=2, max_size=4)))
    unit = "%" if has_quota else ""
    paid = {"rate": rates, "per_unit": fine_money, "amount": money(terms)}[pays]
    is_open = method != "marginal" or draw(st.booleans())
    key = "at" if method == "interpolated" else "to"
    steps = [{key: f"{edge}{unit}", pays: draw(paid)} for edge in edges]
    if method != "interpolated" and is_open:
        steps.append({pays: draw(paid)})
    config: dict[str, Any] = {"method": method, "steps": steps}
    if method == "whole" or (method == "marginal" and pays == "amount"):
        config["at_edge"] = draw(st.sampled_from(["lower_tier", "higher_tier"]))
    if has_by:
        config["by"] = "attainment"
    if has_quota:
        config["quota"] = "partners.quota"
    if is_running:
        config |= {"accumulate": "fiscal_year", "order": ["deals.closed_on"]}
    return config


near = st.sampled_from([0, 1, 2, 100, 200, 4_000]) | st.integers(-6_000, 6_000) | st.integers(-45, 45) | numbers
TIER_INPUTS = {
    "base": near,
    "before": near,
    "by": near,
    "quota": st.integers(1, 10**6) | st.fractions(Fraction(1, 9), 9, max_denominator=9),
}


@st.composite
def matrices(draw: st.DrawFn, terms: Terms) -> dict[str, Any]:
    def axis(name: str) -> dict[str, Any]:
        edges = sorted(draw(st.sets(st.integers(-20, 40), min_size=1, max_size=3)))
        return {"by": name, "edges": [f"{edge}%" for edge in edges]}

    down, across = axis("attainment"), axis("margin")
    high, wide = len(down["edges"]) + 1, len(across["edges"]) + 1
    name, value = draw(st.sampled_from([("rates", rates), ("amounts", money(terms))]))
    grid = [[draw(value) for _ in range(wide)] for _ in range(high)]
    at_edge = draw(st.sampled_from(["lower_tier", "higher_tier"]))
    return {"rows": down, "columns": across, "at_edge": at_edge, name: grid}


parts = st.integers(-25, 45).map(lambda value: Fraction(value, 100)) | ratios

ranks = st.fixed_dictionaries(
    {"of": st.just("seasons.position"), "best": st.sampled_from(["lowest", "highest"])},
    optional={
        "ties": st.sampled_from(["share", "best"]),
        "weights": st.lists(st.sampled_from(["0", "1", "2.5", "1/3", "40"]), min_size=1, max_size=6),
    },
)

AGREED = {"term": st.fractions(-1, 1) | st.integers(-(10**4), 10**4)}


def with_term(configs: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The same configs, some of them with a term that outranks what they say."""
    return configs | configs.map(lambda config: {**config, "term": "special"})


def tiers_with_term(terms: Terms) -> st.SearchStrategy[Any]:
    """Schedules, those with a term paying slices by a rate or for each unit."""
    sliced = tiers(terms).filter(lambda found: found["method"] == "marginal" and "amount" not in found["steps"][0])
    return tiers(terms) | with_term(sliced)


def cards_with_term(terms: Terms) -> st.SearchStrategy[Any]:
    """Cards, those with a term paying rates alone."""
    of_rates = cards(rates, money(terms)).filter(lambda found: all("rate" in entry for entry in found["entries"]))
    return cards(rates, money(terms)) | with_term(of_rates)


# For each kind: its config by terms, and the values of its inputs by name.
Data = tuple[Callable[[Terms], st.SearchStrategy[Any]], Mapping[str, st.SearchStrategy[Any]]]
PAYOUT_DATA: Mapping[str, Data] = {
    "amount": (lambda terms: money(terms) | with_term(st.fixed_dictionaries({"amount": money(terms)})), AGREED),
    "rate": (lambda terms: rates | scaled_rates(rates), {"base": numbers, **RATE_INPUTS}),
    "card": (cards_with_term, {"base": numbers, **CARD_INPUTS, **AGREED}),
    "prizes": (lambda terms: contests(money(terms)), {"base": st.integers(-3, 3) | numbers}),
    "tiers": (tiers_with_term, {**TIER_INPUTS, **AGREED}),
    "matrix": (lambda terms: with_term(matrices(terms)), {"base": numbers, "rows": parts, "columns": parts, **AGREED}),
    "per_unit": (
        lambda terms: with_term(per_unit(terms)),
        {"base": st.integers(-(10**7), 10**7) | st.integers(-20, 20) | ratios, **AGREED},
    ),
}
point_classes = st.fixed_dictionaries(
    {
        "classes": st.fixed_dictionaries(
            {"equity": st.fixed_dictionaries({"units": st.just("seasons.points"), "points": covered})},
            optional={"service": st.just("seasons.position")},
        )
    }
)
steps = st.fixed_dictionaries({"of": st.just("seasons.points"), "points": st.lists(covered, min_size=1, max_size=4)})
salaries = st.fixed_dictionaries({"of": st.just("seasons.points")}, optional={"at_most": st.just("seasons.position")})
SHARE_DATA: Mapping[str, Data] = {
    "equally": (lambda terms: st.just({}), {}),
    "by": (lambda terms: st.just("seasons.points"), {"of": numbers}),
    "by_rank": (lambda terms: ranks, {"of": st.integers(-3, 3) | numbers}),
    "points": (lambda terms: point_classes, {"equity": numbers, "service": numbers}),
    "lockstep": (lambda terms: steps, {"of": st.integers(-2, 6) | numbers}),
    "salary": (lambda terms: salaries, {"of": numbers, "at_most": numbers}),
}


class Inputs(dict[str, Exact]):
    """The columns of a kind: it may read the inputs that it declares, and nothing else, above all not its own."""

    def __missing__(self, name: str) -> Exact:
        raise AssertionError(f"the kind reads {name}, which is none of its inputs")
