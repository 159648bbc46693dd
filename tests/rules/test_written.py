"""Written quantities: what people write in a program is read exactly, or refused with the reason and the cure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import jsonschema
import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from rules.codes import WRITTEN
from rules.quantities.written import (
    CountField,
    DateField,
    DateRange,
    FlagField,
    Money,
    MoneyField,
    NumberField,
    RangeField,
    RateField,
    Unwritable,
    money_text,
    number_text,
    parse_count,
    parse_date,
    parse_flag,
    parse_money,
    parse_month,
    parse_number,
    parse_range,
    parse_rate,
    range_text,
    rate_text,
)

PARSERS: tuple[Callable[[str], object], ...] = (
    parse_money,
    parse_rate,
    parse_count,
    parse_number,
    parse_date,
    parse_month,
    parse_range,
    parse_flag,
)


@pytest.mark.parametrize(
    ("text", "amount", "currency", "canonical"),
    [
        ("EUR 1_250.00", Fraction(1250), "EUR", "EUR 1250.00"),
        ("500", Fraction(500), None, "500.00"),
        ("EUR 0.0035", Fraction(7, 2000), "EUR", "EUR 0.0035"),
        ("-5", Fraction(-5), None, "-5.00"),
        ("EUR -5", Fraction(-5), "EUR", "EUR -5.00"),
        ("-0.5", Fraction(-1, 2), None, "-0.50"),
        ("0", Fraction(0), None, "0.00"),
        ("-0", Fraction(0), None, "0.00"),
        ("JPY 1_000_000_000_000_000", Fraction(10**15), "JPY", "JPY 1000000000000000.00"),
        ("0.000000000001", Fraction(1, 10**12), None, "0.000000000001"),
    ],
)
def test_money(text: str, amount: Fraction, currency: str | None, canonical: str) -> None:
    money = parse_money(text)
    assert money == Money(amount, currency)
    assert money_text(money) == canonical
    assert parse_money(canonical) == money


@pytest.mark.parametrize(
    ("text", "rate", "canonical"),
    [
        ("7.5%", Fraction(3, 40), "0.075"),
        ("0.075", Fraction(3, 40), "0.075"),
        ("1/3", Fraction(1, 3), "1/3"),
        ("0", Fraction(0), "0"),
        ("1", Fraction(1), "1"),
        ("150%", Fraction(3, 2), "150%"),
        ("3/2", Fraction(3, 2), "150%"),
        ("4/3", Fraction(4, 3), "4/3"),
        ("-5%", Fraction(-1, 20), "-0.05"),
        ("0.000000000001%", Fraction(1, 10**14), "0.000000000001%"),
    ],
)
def test_rates(text: str, rate: Fraction, canonical: str) -> None:
    assert parse_rate(text) == rate
    assert rate_text(rate) == canonical
    assert parse_rate(canonical) == rate


def test_numbers_and_counts() -> None:
    assert parse_number("-3.25") == Fraction(-13, 4)
    assert parse_number("1_000/3") == Fraction(1000, 3)
    assert parse_number("5") == 5
    assert (number_text(Fraction(-13, 4)), number_text(Fraction(1, 3))) == ("-3.25", "1/3")
    assert parse_count("1_000") == 1000
    assert parse_count("-1000000000000000") == -(10**15)


def test_dates_months_and_ranges_include_their_last_day() -> None:
    assert parse_date("2026-01-31") == date(2026, 1, 31)
    assert parse_date("2028-02-29") == date(2028, 2, 29)
    assert parse_month("2026-02") == DateRange(date(2026, 2, 1), date(2026, 2, 28))
    year = parse_range("2026-01-01 to 2026-12-31")
    assert (year.first, year.last, year.end) == (date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert parse_range(range_text(year)) == year
    assert parse_range("2026-01-01 to 2026-01-01").end == date(2026, 1, 2)
    assert parse_range("1900-01-01 to 2999-12-31").end == date(3000, 1, 1)


def test_flags() -> None:
    assert parse_flag("true") is True
    assert parse_flag("false") is False


# parser, text, code, a part of the hint
REFUSED: list[tuple[Callable[[str], object], str, str, str]] = [
    (parse_money, "", "W101", "write the value"),
    (parse_date, "  ", "W101", "write the value"),
    (parse_count, "1" * 65, "W102", "64"),
    (parse_number, "1" * 1_000_000, "W102", "64"),
    (parse_money, "٥٠٠", "W103", "0-9"),
    (parse_money, "−5", "W103", "'-'"),
    (parse_date, "２０２６-01-01", "W103", "0-9"),
    (parse_month, "2026\u201104", "W103", "0-9"),
    (parse_money, "1\xa0000", "W103", "0-9"),
    (parse_money, "1,250.00", "W104", "'_'"),
    (parse_money, "EUR 1,5", "W104", "1_250.00"),
    (parse_money, "1_25.00", "W105", "three"),
    (parse_count, "1__000", "W105", "three"),
    (parse_count, "_1", "W105", "three"),
    (parse_number, "1.000_000", "W105", "three"),
    (parse_count, "1000_000", "W105", "three"),
    (parse_count, "010", "W106", "identifier"),
    (parse_money, "EUR -05", "W106", "leading zeros"),
    (parse_number, "00", "W106", "leading zeros"),
    (parse_number, "01/3", "W106", "leading zeros"),
    (parse_money, "1e5", "W107", "all its digits"),
    (parse_number, "1e1000000", "W107", "all its digits"),
    (parse_money, "0x10", "W107", "all its digits"),
    (parse_money, "NaN", "W107", "all its digits"),
    (parse_rate, "inf", "W107", "all its digits"),
    (parse_rate, "-.inf", "W107", "all its digits"),
    (parse_money, "+5", "W108", "'5'"),
    (parse_money, "1 000", "W109", "'_'"),
    (parse_number, " 5", "W109", "space"),
    (parse_rate, "5 %", "W109", "space"),
    (parse_count, "5\n", "W109", "space"),
    (parse_money, "EUR", "W115", "EUR 500"),
    (parse_number, "abc", "W110", "1_250.00"),
    (parse_number, ".5", "W110", "0.5"),
    (parse_number, "5.", "W110", "0.5"),
    (parse_rate, "%", "W110", "1_250.00"),
    (parse_number, "1.5/2", "W110", "1/3"),
    (parse_number, "--1", "W110", "0.5"),
    (parse_money, "0.0000000000001", "W111", "round it"),
    (parse_rate, "0.0000000000001%", "W111", "round it"),
    (parse_money, "1000000000000001", "W112", "digits"),
    (parse_rate, "1/1000000000000001", "W112", "digits"),
    (parse_rate, "5", "W113", "write 5% or 500%"),
    (parse_rate, "1.5", "W113", "write 1.5% or 150%"),
    (parse_rate, "-2", "W113", "-2%"),
    (parse_rate, "1/0", "W114", "at least 1"),
    (parse_money, "eur 5", "W115", "EUR 500"),
    (parse_money, "5 EUR", "W115", "EUR 500"),
    (parse_money, "EUR500", "W115", "EUR 500"),
    (parse_money, "€5", "W115", "EUR 500"),
    (parse_money, "EUR  5", "W115", "EUR 500"),
    (parse_date, "31.01.2026", "W116", "2026-01-31"),
    (parse_date, "2026-1-31", "W116", "2026-01-31"),
    (parse_date, "2026-01-31T00:00", "W116", "2026-01-31"),
    (parse_date, "2026-01-31\n", "W116", "2026-01-31"),
    (parse_month, "2026-4", "W116", "2026-04"),
    (parse_date, "2026-02-29", "W117", "February 2026 has 28 days"),
    (parse_date, "2026-04-31", "W117", "April 2026 has 30 days"),
    (parse_date, "2026-01-00", "W117", "31 days"),
    (parse_date, "2026-31-01", "W117", "01 to 12"),
    (parse_month, "2026-13", "W117", "01 to 12"),
    (parse_date, "1899-12-31", "W118", "1900"),
    (parse_date, "0000-01-01", "W118", "1900"),
    (parse_month, "3000-01", "W118", "2999"),
    (parse_range, "2026-01-01", "W119", "2026-12-31"),
    (parse_range, "2026-01-01 - 2026-12-31", "W119", "2026-12-31"),
    (parse_range, "2026-12-31 to 2026-01-01", "W120", "write 2026-01-01 to 2026-12-31"),
    (parse_flag, "yes", "W121", "write true"),
    (parse_flag, "NO", "W121", "write false"),
    (parse_flag, "on", "W121", "write true"),
    (parse_flag, "True", "W121", "write true"),
    (parse_flag, "maybe", "W121", "true or false"),
    (parse_count, "1.5", "W122", "decimals"),
    (parse_count, "1/3", "W122", "decimals"),
    (parse_money, "5%", "W124", "plain number"),
    (parse_count, "5%", "W124", "plain number"),
]


@pytest.mark.parametrize(("parse", "text", "code", "hint"), REFUSED)
def test_what_is_refused_says_why_and_how_to_write_it(
    parse: Callable[[str], object], text: str, code: str, hint: str
) -> None:
    with pytest.raises(Unwritable) as caught:
        parse(text)
    assert caught.value.code == code
    assert hint in caught.value.hint
    assert caught.value.message


def test_every_code_of_written_quantities_is_met_here_and_no_other() -> None:
    # W123 is met by the fields alone: a parser is given a text.
    assert {code for _, _, code, _ in REFUSED} | {"W123"} == set(WRITTEN)


class Tier(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    cap: MoneyField
    rate: RateField
    seats: CountField
    weight: NumberField
    start: DateField
    days: RangeField
    active: FlagField
    floor: MoneyField | None = None


TIER = {
    "cap": "EUR 1_250.00",
    "rate": "7.5%",
    "seats": "1_000",
    "weight": "1/3",
    "start": "2026-01-31",
    "days": "2026-01-01 to 2026-12-31",
    "active": "true",
}


def test_a_model_takes_texts_holds_exact_values_and_writes_exact_text() -> None:
    tier = Tier.model_validate(TIER)
    assert tier.cap == Money(Fraction(1250), "EUR")
    assert (tier.rate, tier.seats, tier.weight) == (Fraction(3, 40), 1000, Fraction(1, 3))
    assert (tier.start, tier.days.end, tier.active) == (date(2026, 1, 31), date(2027, 1, 1), True)
    written = tier.model_dump(mode="json")
    assert written == {
        "cap": "EUR 1250.00",
        "rate": "0.075",
        "seats": "1000",
        "weight": "1/3",
        "start": "2026-01-31",
        "days": "2026-01-01 to 2026-12-31",
        "active": "true",
        "floor": None,
    }
    assert Tier.model_validate({key: text for key, text in written.items() if text}) == tier


def test_a_refusal_brings_its_code_and_hint_through_the_model() -> None:
    wrong: dict[str, Any] = TIER | {"cap": "1,5", "rate": 0.05, "seats": None, "days": ["2026-01-01"], "active": "no"}
    with pytest.raises(ValidationError) as caught:
        Tier.model_validate(wrong)
    found = {error["loc"][0]: (error["type"], error["ctx"]["hint"]) for error in caught.value.errors()}
    assert {key: code for key, (code, _) in found.items()} == {
        "cap": "W104",
        "rate": "W123",
        "seats": "W101",
        "days": "W123",
        "active": "W121",
    }
    assert found["active"][1] == "write false"


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_schema_helps_an_editor_and_accepts_what_the_grammar_accepts(mode: Any) -> None:
    schema = Tier.model_json_schema(mode=mode)
    check = jsonschema.Draft202012Validator(schema)
    assert check.is_valid(TIER)
    assert check.is_valid(TIER | {"cap": 500, "rate": 0.075, "seats": 12, "active": True})  # as an editor types them
    bad = {"cap": "1,5", "rate": 5, "seats": "010", "weight": "1e5", "start": "31.1.26", "days": "2026", "active": "no"}
    assert {error.path[0] for error in check.iter_errors(TIER | bad)} == set(bad)
    for field in TIER:
        shape = schema["properties"][field]
        assert shape["description"]
        assert all(re.search(shape["pattern"], example) for example in shape["examples"])


TEXTS = st.text(alphabet="0123456789._-+,/%eExXEURto nai/∞٣ \n", max_size=30) | st.text(max_size=70)


@given(TEXTS)
def test_any_text_is_read_or_refused_with_a_known_code(text: str) -> None:
    for parse in PARSERS:
        try:
            parse(text)
        except Unwritable as refusal:
            assert refusal.code in WRITTEN and refusal.message and refusal.hint


@given(st.integers(-(10**15), 10**15), st.integers(0, 12), st.sampled_from([None, "EUR", "JPY"]))
def test_money_is_read_back_from_its_canonical_text(digits: int, decimals: int, currency: str | None) -> None:
    money = Money(Fraction(digits, 10**decimals), currency)
    assert parse_money(money_text(money)) == money


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**15))
def test_rates_and_numbers_are_read_back_from_their_canonical_text(over: int, under: int) -> None:
    ratio = Fraction(over, under)
    assert parse_rate(rate_text(ratio)) == ratio
    assert parse_number(number_text(ratio)) == ratio


@given(st.integers(-(10**15), 10**15))
def test_a_count_may_be_grouped_in_threes(count: int) -> None:
    assert parse_count(f"{count:_}") == parse_count(str(count)) == count
