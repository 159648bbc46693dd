"""Currencies: the decimals of ISO 4217, and amounts that become minor units exactly or not at all."""

from collections import Counter
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given, strategies as st

from rules.codes import QUANTITIES
from rules.problem import Refused
from rules.quantities.currency import DECIMALS, Currency, currency, format_minor, minor_units, table_digest

EUR, JPY, KWD, CLF = currency("EUR"), currency("JPY"), currency("KWD"), currency("CLF")
PAYABLE = [currency(code) for code, decimals in DECIMALS.items() if decimals is not None]


# ISO 4217 list one, SIX, published 2026-01-01: every code that has not two decimals.
def test_the_table_is_list_one_of_2026() -> None:
    assert Counter(DECIMALS.values()) == {2: 139, 0: 17, None: 13, 3: 7, 4: 2}
    assert list(DECIMALS) == sorted(DECIMALS)
    odd = {d: " ".join(code for code, decimals in DECIMALS.items() if decimals == d) for d in (0, 3, 4, None)}
    assert odd == {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
        None: "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX",
    }


def test_the_digest_is_of_the_table_as_text() -> None:
    text = "".join(f"{code} {'N.A.' if decimals is None else decimals}\n" for code, decimals in DECIMALS.items())
    assert text.startswith("AED 2\nAFN 2\n")
    assert "XAU N.A.\n" in text
    assert table_digest() == sha256(text.encode()).hexdigest()
    assert table_digest() == "c0877ec8016f132ee0eb5ef4f46e84c761f5c21c2fbb5f26d1ca3fcfa019015e"


@pytest.mark.parametrize(
    ("written", "code", "says"),
    [
        ("EURO", "K101", "did you mean EUR?"),
        ("eur", "K101", "did you mean EUR?"),
        ("GPB", "K101", "did you mean GBP?"),
        ("BGN", "K101", "as of 2026-01-01"),  # Bulgaria pays in euro since that day
        ("", "K101", "use a code such as EUR"),
        ("€", "K101", "use a code such as EUR"),
        ("XAU", "K102", "XAU has no minor unit"),
        ("XXX", "K102", "name the currency that is paid out"),
    ],
)
def test_what_is_no_payable_currency_is_refused(written: str, code: str, says: str) -> None:
    with pytest.raises(Refused) as refusal:
        currency(written)
    assert refusal.value.problems[0].code == code in QUANTITIES
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("amount", "unit", "minor"),
    [
        ("1250.00", EUR, 125_000),
        ("-0.05", EUR, -5),
        ("1250", JPY, 1_250),
        ("0.001", KWD, 1),
        ("0.0001", CLF, 1),
        ("92233720368547758.07", EUR, 2**63 - 1),
        ("1e30", EUR, 10**32),
    ],
)
def test_an_amount_becomes_minor_units(amount: str, unit: Currency, minor: int) -> None:
    assert minor_units(Fraction(amount), unit) == minor


@pytest.mark.parametrize(
    ("amount", "unit", "says"),
    [
        ("1.5", JPY, "1.5 JPY is not a whole number of minor units"),
        ("0.005", EUR, "0.005 EUR is not"),
        ("-1.0001", KWD, "-1.0001 KWD is not"),
        ("1/3", EUR, "1/3 EUR is not"),
    ],
)
def test_an_amount_finer_than_the_minor_unit_is_refused_never_rounded(amount: str, unit: Currency, says: str) -> None:
    with pytest.raises(Refused, match="K103") as refusal:
        minor_units(Fraction(amount), unit)
    assert says in str(refusal.value)
    assert f"{unit.code} has {unit.decimals} decimals" in str(refusal.value)


@pytest.mark.parametrize(
    ("minor", "unit", "grouped", "plain"),
    [
        (125_000, EUR, "1,250.00", "1250.00"),
        (-5, EUR, "-0.05", "-0.05"),
        (0, EUR, "0.00", "0.00"),
        (-5, JPY, "-5", "-5"),
        (1_234_567, JPY, "1,234,567", "1234567"),
        (-1_234_567, KWD, "-1,234.567", "-1234.567"),
        (-(2**63), CLF, "-922,337,203,685,477.5808", "-922337203685477.5808"),
    ],
)
def test_minor_units_are_written_as_people_write_money(minor: int, unit: Currency, grouped: str, plain: str) -> None:
    assert format_minor(minor, unit) == grouped
    assert format_minor(minor, unit, grouping=False) == plain


@given(st.integers(), st.sampled_from(PAYABLE))
def test_what_is_written_is_read_back(minor: int, unit: Currency) -> None:
    assert minor_units(Fraction(format_minor(minor, unit, grouping=False)), unit) == minor
    assert minor_units(Fraction(minor, unit.minor_per_major), unit) == minor
