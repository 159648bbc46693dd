"""Which rate converts a currency on a day, and what check says of an exchange that does not fit together."""

from __future__ import annotations

import itertools
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from rules.exchange import Converted, ExchangeMeaning, ExchangeSpec, Quote, Rates
from rules.kinds.base import Terms
from rules.load import understand
from rules.problem import Place
from rules.quantities.currency import DECIMALS, currency
from rules.tables import EVENT_DAYS, canonical

EUR = Terms(currency("EUR"))
MARCH = [date(2026, 3, day) for day in range(1, 32)]


def rates(spec: ExchangeSpec, *rows: tuple[str, str, int, str]) -> Rates:
    """Rates of March 2026 by pair, day and rate, numbered from 1."""
    meaning = ExchangeMeaning(spec, {}, EUR, Place())
    return Rates(meaning, [(a, b, MARCH[day - 1], Fraction(rate), at) for at, (a, b, day, rate) in enumerate(rows, 1)])


def test_the_latest_rate_counts_in_any_order_of_rows() -> None:
    rows = [("USD", "EUR", 2, "0.92"), ("USD", "EUR", 5, "0.91"), ("EUR", "USD", 6, "1.1"), ("USD", "GBP", 6, "0.8")]
    for turned in itertools.permutations(rows):
        found = rates(ExchangeSpec(), *turned).of("USD", MARCH[5])
        assert found is not None and (found.rate, found.is_inverse) == (Fraction("0.91"), False)


def test_another_direction_counts_where_the_own_has_none_on_its_day() -> None:
    known = rates(ExchangeSpec(stale_after=3), ("USD", "EUR", 2, "0.92"), ("EUR", "USD", 5, "1.25"))
    assert [known.of("USD", day) and known.of("USD", day).record for day in (MARCH[4], MARCH[5], MARCH[8])] == [
        1,
        2,
        None,
    ]  # type: ignore[union-attr]
    assert known.of("USD", None) is None
    assert known.of("EUR", MARCH[4]) is None


def test_the_nearest_rate_is_told_in_days_and_of_two_the_earlier() -> None:
    known = rates(ExchangeSpec(), ("USD", "EUR", 2, "0.92"), ("EUR", "USD", 12, "1.25"))
    near = [known.nearest("USD", MARCH[day - 1]) for day in (6, 7, 8)]
    assert [each and each.record for each in near] == [1, 1, 2]
    assert known.nearest("USD", None) == known.nearest("USD", MARCH[30])
    assert known.nearest("CHF", MARCH[0]) is None


@pytest.mark.parametrize(
    "code, rate, is_inverse, factor",
    [
        ("USD", "0.92", False, "23/25"),
        ("JPY", "0.0062", False, "31/50"),  # cents for a yen
        ("KWD", "3", False, "3/10"),  # cents for a thousandth of a dinar
        ("CLF", "36.5", False, "73/200"),
        ("JPY", "160", True, "5/8"),
        ("USD", "3", True, "1/3"),
    ],
)
def test_a_rate_is_exact_between_minor_units(code: str, rate: str, is_inverse: bool, factor: str) -> None:
    quote = Quote(MARCH[0], Fraction(rate), is_inverse, 1)
    assert quote.factor(currency(code), EUR.currency) == Fraction(factor)


def test_any_amount_times_any_rate_fits_128_bits() -> None:
    least, most = Fraction(1, 10**9), Fraction(10**9)
    for own, to in itertools.product(("JPY", "USD", "KWD", "CLF"), repeat=2):
        for rate, is_inverse in itertools.product((least, most), (False, True)):
            factor = Quote(MARCH[0], rate, is_inverse, 1).factor(currency(own), currency(to))
            assert 10**15 * factor.numerator < 10**38 and 2 * factor.denominator < 10**38
    assert {each for each in DECIMALS.values() if each is not None} == {0, 2, 3, 4}


def test_a_conversion_in_words() -> None:
    cell = Converted(100_000, currency("USD"), Quote(MARCH[1], Fraction("0.92"), False, 7), Fraction(92_000))
    assert cell.words("spot", "fx.csv", EUR) == "USD 1,000.00 x 0.92 (spot of 2026-03-02, fx.csv record 7) = 920.00"


def test_every_key_of_an_exchange_is_said() -> None:
    said = {
        ExchangeSpec(**keys).in_words(EUR).text  # type: ignore[arg-type]
        for keys in (
            {}, {"rates": "average"}, {"rates": "closing"}, {"on": "period_end"}, {"stale_after": 8},
            {"dates": {"deals": "opened_on"}}, {"dates": {"deals": "period_end"}},
        )
    }  # fmt: skip
    assert len(said) == 7


def test_the_days_of_events_are_columns_of_their_tables() -> None:
    for table, names in EVENT_DAYS.items():
        known = canonical()[table]
        assert all(known.column(name) is not None for name in names), table
        assert any(column.type == "money" for column in known.columns), table


HEAD = """program: Checked
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, fx_rates: fx.csv}
payouts: {commission: {base: deals.amount, rate: 5%, dated: deals.closed_on}}
"""


@pytest.mark.parametrize(
    "exchange, codes",
    [
        ("spot", []),
        ("{rates: average, dates: {deals: opened_on}}", []),
        ("{rates: spot, dates: {deals: period_end}}", []),
        ("{rates: spot, on: period_end, stale_after: 1 day}", []),
        ("{rates: average, stale_after: 7 days}", ["P271"]),
        ("{rates: spot, on: period_end, dates: {deals: opened_on}}", ["P271"]),
        ("{rates: spot, dates: {deals: amount}}", ["P272"]),
        ("{rates: spot, dates: {deals: opend_on}}", ["P272"]),
        ("{rates: spot, dates: {invoices: issued_on}}", ["P272"]),
        ("{rates: mid}", ["P104"]),
        ("{rates: spot, stale_after: 7}", ["C102"]),
    ],
)
def test_what_check_says_of_an_exchange(exchange: str, codes: list[str]) -> None:
    found = understand((HEAD + f"exchange: {exchange}\n").encode(), "program.yaml", Path())
    assert [each.code for each in found.problems] == codes


def test_rates_are_needed_and_read() -> None:
    without = HEAD.replace(", fx_rates: fx.csv", "") + "exchange: spot\n"
    assert [each.code for each in understand(without.encode(), "program.yaml", Path()).problems] == ["P270"]
    unread = understand(HEAD.encode(), "program.yaml", Path())  # nobody reads the rates without an exchange
    assert [each.code for each in unread.problems] == ["P313"]
