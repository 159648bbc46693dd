"""A plan on paper says every key of every rule: whatever is changed in a config changes its words."""

from __future__ import annotations

from typing import Any

import pytest

from rules.expressions.tree import Type
from rules.kinds import PAYOUTS
from rules.kinds.base import Kind, Terms, Words
from rules.pools import SHARES
from rules.quantities.currency import currency

TERMS = Terms(
    currency("EUR"), types={"base": Type.MONEY, "by": Type.NUMBER, "rows": Type.NUMBER, "columns": Type.MONEY}
)
STEPS = [{"to": "100_000", "rate": "5%"}, {"rate": "10%"}]
PARTS = [{"to": "80%", "rate": "5%"}, {"rate": "10%"}]
GRID: dict[str, Any] = {
    "rows": {"by": "attainment", "edges": ["80%"]},
    "columns": {"by": "deals.margin", "edges": ["EUR 30"]},
    "at_edge": "lower_tier",
    "rates": [["1%", "2%"], ["3%", "4%"]],
}
CONTEST = {"best": "highest", "ties": "share", "prizes": ["500", "300"]}
CARD: dict[str, Any] = {"entries": [{"for": {"deals.product": "Atlas"}, "rate": "8%"}], "otherwise": {"rate": "5%"}}

SEATS = {"count": "40", "of": "a", "method": "webster"}
FUND: dict[str, Any] = {"layers": [{"capital": "true"}, {"preferred": {"rate": "8%"}}]}
MARKED: dict[str, Any] = {"layers": [{"mark": {"hurdle": "4%"}}], "marks": "a.opening"}

# A kind, a config, and the same with one key changed.
CHANGES: list[tuple[str, Any, Any]] = [
    ("amount", "250", "251"),
    ("rate", "5%", "6%"),
    ("rate", {"rate": "5%", "times": "a"}, {"rate": "5%", "times": "b"}),
    ("rate", {"rate": "5%", "times": "a"}, {"rate": "5%", "times": "a", "plus": "b"}),
    ("rate", {"rate": "5%", "times": "a"}, {"rate": "5%", "times": "a", "term": "agreed"}),
    ("rate", {"rate": "5%", "times": "a", "at_least": "1%"}, {"rate": "5%", "times": "a", "at_least": "2%"}),
    ("rate", {"rate": "5%", "times": "a", "at_most": "8%"}, {"rate": "5%", "times": "a", "at_most": "9%"}),
    ("per_unit", "0.0035", "0.0036"),
    (
        "per_unit",
        {"amount": "5", "guaranteed": {"amount": "100", "covers": "10"}},
        {"amount": "5", "guaranteed": {"amount": "100", "covers": "11"}},
    ),
    (
        "per_unit",
        {"amount": "5", "guaranteed": {"amount": "100", "covers": "10"}},
        {"amount": "5", "guaranteed": {"amount": "101", "covers": "10"}},
    ),
    ("per_unit", {"amount": "5", "every": "10"}, {"amount": "5", "every": "11"}),
    ("per_unit", {"amount": "5", "every": "10"}, {"amount": "6", "every": "10"}),
    ("tiers", {"method": "marginal", "steps": STEPS}, {"method": "whole", "at_edge": "lower_tier", "steps": STEPS}),
    ("tiers", {"method": "marginal", "steps": STEPS}, {"method": "marginal", "by": "a", "steps": STEPS}),
    ("tiers", {"method": "marginal", "by": "a", "steps": STEPS}, {"method": "marginal", "by": "b", "steps": STEPS}),
    (
        "tiers",
        {"method": "marginal", "by": "a", "steps": STEPS},
        {"method": "marginal", "by": "a", "steps": STEPS, "accumulate": "fiscal_year", "order": ["deals.closed_on"]},
    ),
    (
        "tiers",
        {"method": "whole", "at_edge": "lower_tier", "steps": STEPS},
        {"method": "whole", "at_edge": "higher_tier", "steps": STEPS},
    ),
    (
        "tiers",
        {"method": "whole", "at_edge": "lower_tier", "by": "attainment", "steps": PARTS},
        {"method": "whole", "at_edge": "lower_tier", "by": "progress", "steps": PARTS},
    ),
    (
        "tiers",
        {"method": "marginal", "quota": "goal", "steps": PARTS},
        {"method": "marginal", "quota": "other", "steps": PARTS},
    ),
    (
        "tiers",
        {"method": "marginal", "steps": STEPS},
        {"method": "marginal", "steps": STEPS, "accumulate": "fiscal_year", "order": ["deals.closed_on"]},
    ),
    (
        "tiers",
        {"method": "marginal", "steps": STEPS, "accumulate": "period", "order": ["deals.closed_on"]},
        {"method": "marginal", "steps": STEPS, "accumulate": "period", "order": ["deals.opened_on"]},
    ),
    (
        "tiers",
        {"method": "marginal", "steps": STEPS, "accumulate": "period", "order": ["deals.closed_on"]},
        {"method": "marginal", "steps": STEPS, "accumulate": "period", "order": ["deals.closed_on"], "per": "program"},
    ),
    (
        "tiers",
        {"method": "marginal", "steps": STEPS},
        {"method": "marginal", "steps": [{"to": "100_001", "rate": "5%"}, {"rate": "10%"}]},
    ),
    (
        "tiers",
        {"method": "marginal", "steps": STEPS},
        {"method": "marginal", "steps": [{"to": "100_000", "rate": "5%"}, {"to": "200_000", "rate": "10%"}]},
    ),
    (
        "tiers",
        {"method": "interpolated", "steps": [{"at": "0", "rate": "5%"}, {"at": "100", "rate": "10%"}]},
        {"method": "interpolated", "steps": [{"at": "0", "rate": "5%"}, {"at": "100", "rate": "11%"}]},
    ),
    ("matrix", GRID, GRID | {"at_edge": "higher_tier"}),
    ("matrix", GRID, GRID | {"rates": [["1%", "2%"], ["3%", "5%"]]}),
    ("matrix", GRID, GRID | {"rows": {"by": "progress", "edges": ["80%"]}}),
    ("matrix", GRID, GRID | {"columns": {"by": "deals.margin", "edges": ["EUR 31"]}}),
    ("card", CARD, {"entries": CARD["entries"]}),
    ("card", CARD, CARD | {"otherwise": {"rate": "6%"}}),
    ("card", CARD, CARD | {"entries": [{"for": {"deals.product": "Zeus"}, "rate": "8%"}]}),
    ("card", CARD, CARD | {"entries": [{"for": {"deals.product": "Atlas"}, "amount": "8"}]}),
    ("prizes", CONTEST, CONTEST | {"best": "lowest"}),
    ("prizes", CONTEST, CONTEST | {"ties": "each"}),
    ("prizes", CONTEST, CONTEST | {"at_least": "10_000"}),
    ("prizes", CONTEST, CONTEST | {"at_most": "10_000"}),
    ("prizes", CONTEST, CONTEST | {"prizes": ["500", "200"]}),
    ("by", "standings.points", "standings.goals"),
    ("by_rank", {"of": "a", "best": "lowest"}, {"of": "a", "best": "highest"}),
    ("by_rank", {"of": "a", "best": "lowest"}, {"of": "a", "best": "lowest", "ties": "best"}),
    ("by_rank", {"of": "a", "best": "lowest"}, {"of": "a", "best": "lowest", "weights": ["3", "1"]}),
    ("by_rank", {"of": "a", "best": "lowest"}, {"of": "b", "best": "lowest"}),
    ("units", SEATS, SEATS | {"count": "41"}),
    ("units", SEATS, SEATS | {"of": "b"}),
    ("units", SEATS, SEATS | {"method": "hill"}),
    ("units", SEATS, SEATS | {"ties": "first"}),
    ("units", SEATS | {"ties": "last"}, SEATS | {"ties": "biggest"}),
    ("shapley", {}, {"unions": "partners.parent_id"}),
    ("shapley", {"unions": "partners.manager"}, {"unions": "partners.parent_id"}),
    ("waterfall", FUND, FUND | {"layers": [*FUND["layers"], {"split": {"carry": "20%"}}]}),
    ("waterfall", FUND, FUND | {"layers": [{"capital": "true"}, {"preferred": {"rate": "9%"}}]}),
    ("waterfall", FUND, FUND | {"shares": "partners.capacity"}),
    ("waterfall", FUND, FUND | {"where": "capital.kind = 'opening'"}),
    ("waterfall", MARKED, MARKED | {"marks": "b.opening"}),
    ("waterfall", MARKED, MARKED | {"layers": [{"mark": {"hurdle": "5%"}}]}),
]
REGISTER: dict[str, type[Kind]] = {**PAYOUTS, **SHARES}


def said(kind: str, config: Any) -> Words:
    return REGISTER[kind].model_validate(config).in_words(TERMS)


@pytest.mark.parametrize(("kind", "one", "other"), CHANGES, ids=lambda value: str(value)[:40])
def test_a_changed_key_changes_the_words(kind: str, one: Any, other: Any) -> None:
    assert said(kind, one) != said(kind, other)
    assert all(len(row) == len(said(kind, one).head) for row in said(kind, one).rows)


def test_a_kind_without_words_of_its_own_says_its_keys_as_they_are_written() -> None:
    class Plain(Kind):
        edge: str
        levels: dict[str, int]

    found = Plain(edge="lower", levels={"gold": 80}).in_words(TERMS)
    assert found == Words("edge: lower; levels: {gold: 80}")


def test_tiers_are_a_table() -> None:
    found = said(
        "tiers", {"method": "marginal", "steps": [{"to": "100_000", "rate": "5%"}, {"to": "500_000", "rate": "10%"}]}
    )
    assert found.head == ("from", "to", "pays")
    assert found.rows == (
        ("0", "EUR 100,000.00", "5 %"),
        ("EUR 100,000.00", "EUR 500,000.00", "10 %"),
        ("EUR 500,000.00", "no end", "nothing more"),
    )
    assert found.text == "each slice of the base is paid at the rate of its own tier; each row is paid on its own"
