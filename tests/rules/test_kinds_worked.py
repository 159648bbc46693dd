"""Kinds worked by hand, in words; and configs that do not fit the currency."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from kinds_data import Inputs

from rules.kinds import PAYOUTS
from rules.kinds.base import Terms
from rules.pools import SHARES
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.quantities.rounding import QuantityOverflow, Rounding, multiply_divide

EUR = Terms(currency("EUR"))

GOLDEN: list[tuple[str, Any, Terms, int | Fraction, int | Fraction, str]] = [
    ("amount", "EUR 250", EUR, 0, 25_000, "250.00 flat"),
    ("rate", "7.5%", EUR, 16_674, Fraction("1250.55"), "7.5 % of 166.74"),
    ("rate", "7.5%", EUR, -16_674, Fraction("-1250.55"), "7.5 % of -166.74"),
    ("rate", "5%", EUR, 120_000, 6_000, "5 % of 1,200.00"),
    ("rate", "1/3", EUR, 100, Fraction(100, 3), "33.333333333.. % of 1.00"),
    ("rate", "10%", Terms(currency("JPY"), Rounding.DOWN), 1_999, Fraction("199.9"), "10 % of 1,999"),
    ("rate", "10%", Terms(currency("CHF"), Rounding.HALF_UP, 5), 12_520, 1_252, "10 % of 125.20"),
    ("per_unit", "EUR 0.0035", EUR, 1_000_001, Fraction("350000.35"), "1,000,001 x 0.0035"),
    ("per_unit", "EUR 12", EUR, 3, 3_600, "3 x 12.00"),
    (
        "per_unit",
        {"amount": "GBP 747_922", "guaranteed": {"amount": "GBP 8_782_088", "covers": "10"}},
        Terms(currency("GBP")),
        15,
        1_252_169_800,
        "8,782,088.00 guaranteed for the first 10 of 15 + 5 more x 747,922.00",
    ),
    (
        "per_unit",
        {"amount": "2", "guaranteed": {"amount": "50", "covers": "10"}},
        EUR,
        4,
        5_000,
        "50.00 guaranteed for the first 10 of 4 + 0 more x 2.00",
    ),
]


@pytest.mark.parametrize(("name", "config", "terms", "base", "due_minor", "words"), GOLDEN)
def test_a_payout_worked_by_hand(
    name: str, config: Any, terms: Terms, base: int | Fraction, due_minor: int | Fraction, words: str
) -> None:
    kind = PAYOUTS[name].model_validate(config)
    assert kind.faults(terms) == []
    columns = Inputs(base=Exact.of([base]))
    assert kind.compute(columns, 1, terms).fractions() == [due_minor], "exact, and not rounded"
    assert kind.explain(columns, 0, terms).words == words


@pytest.mark.parametrize(
    ("config", "values", "weights"),
    [
        ({"best": "lowest"}, [1, 2, 3], [3, 2, 1]),
        ({"best": "highest"}, [1, 2, 3], [1, 2, 3]),
        ({"best": "lowest"}, [7, 7, 9], [Fraction(5, 2), Fraction(5, 2), 1]),
        ({"best": "lowest", "ties": "best"}, [7, 7, 9], [3, 3, 1]),
        ({"best": "highest", "weights": ["50", "30"]}, [10, 30, 20, None], [0, 50, 30, None]),
        ({"best": "highest", "weights": ["50", "30"]}, [5, 5, 5], [Fraction(80, 3)] * 3),
    ],
)
def test_weights_by_rank_worked_by_hand(config: Any, values: list[Any], weights: list[Any]) -> None:
    kind = SHARES["by_rank"].model_validate({"of": "seasons.position", **config})
    assert kind.compute(Inputs(of=Exact.of(values)), len(values)).fractions() == weights


def test_what_is_due_never_wraps_and_beyond_the_books_it_is_refused_when_it_is_rounded() -> None:
    base = Inputs(base=Exact.of([100, 10**15]))
    steps = {"method": "marginal", "steps": [{"to": "1", "rate": "1_000_000%"}, {"rate": "1_000_000%"}]}
    for name, config, due in (
        ("rate", "1_000_000%", 10**19),
        ("per_unit", "EUR 1_000_000", 10**23),
        ("tiers", steps, 10**19),
    ):
        found = PAYOUTS[name].model_validate(config).compute(base, 2, EUR)
        assert found.fraction(1) == due
        with pytest.raises(QuantityOverflow) as refusal:
            multiply_divide(found.numerator, 1, found.denominator)
        assert refusal.value.row == 1


@pytest.mark.parametrize(
    ("name", "config", "codes"),
    [
        ("amount", "USD 5", ["P130"]),
        ("amount", "EUR 0.005", ["P132"]),
        ("amount", "10_000_000_000_001", ["W112"]),
        ("per_unit", "EUR 0.0035", []),
        ("per_unit", {"amount": "USD 1", "guaranteed": {"amount": "0.001", "covers": "-1"}}, ["P130", "P132", "P131"]),
    ],
)
def test_a_config_that_does_not_fit_the_currency_is_told(name: str, config: Any, codes: list[str]) -> None:
    kind = PAYOUTS[name].model_validate(config)
    assert [code for code, _, _ in kind.faults(EUR)] == codes
