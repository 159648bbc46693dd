"""Currencies: an ISO 4217 code goes in, its number of decimals comes out, and with it amounts to and from minor units.

The table is ISO 4217 list one as published on 2026-01-01 (SIX, the maintenance agency): 178 codes. Thirteen of them,
such as gold and the code for testing, have no minor unit and can't be paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from hashlib import sha256

from rules.problem import Place, Problem, Refused

LIST_ONE_PUBLISHED = "2026-01-01"
_CODES_BY_DECIMALS: dict[int | None, str] = {
    0: """
        BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
    """,
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
        COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
        INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
        MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
        STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: """
        BHD IQD JOD KWD LYD OMR TND
    """,
    4: """
        CLF UYW
    """,
    None: """
        XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX
    """,
}
# By code; None is not payable.
DECIMALS: dict[str, int | None] = {
    code: decimals
    for code in sorted(" ".join(_CODES_BY_DECIMALS.values()).split())
    for decimals, codes in _CODES_BY_DECIMALS.items()
    if code in codes
}
# Codes of list three (historic denominations) that rate files of earlier years still name.
_WITHDRAWN = """
    ANG ATS AZM BEF BGN BYR CUC CYP DEM EEK ESP FIM FRF GHC GRD HRK IEP ITL LTL LUF LVL MRO MTL MZM NLG PTE ROL SDD SIT
    SKK SLL SRG STD TMM TRL VEB VEF XEU ZMK ZWD ZWL
"""
WITHDRAWN = frozenset(_WITHDRAWN.split())


@dataclass(frozen=True, slots=True)
class Currency:
    """A payable currency; one major unit is 10**decimals minor units, and money is a whole number of these."""

    code: str
    decimals: int

    @property
    def minor_per_major(self) -> int:
        """100 for EUR, 1 for JPY, 1000 for KWD."""
        return int(10**self.decimals)


def currency(code: str) -> Currency:
    """The payable currency with this ISO 4217 code, in capitals; an unknown or unpayable one is `Refused`.

    >>> currency("KWD")
    Currency(code='KWD', decimals=3)
    """
    if code not in DECIMALS:
        near = _nearest(code.upper())
        message = f"{code!r} is not a currency of ISO 4217 as of {LIST_ONE_PUBLISHED}"
        hint = f"did you mean {near}?" if near else "use a code such as EUR"
        raise Refused(Problem("K101", message, Place(), hint))
    decimals = DECIMALS[code]
    if decimals is None:
        message = f"{code} has no minor unit, so nothing can be paid in it"
        raise Refused(Problem("K102", message, Place(), "name the currency that is paid out, such as EUR"))
    return Currency(code, decimals)


def minor_units(amount: Fraction, currency: Currency) -> int:
    """`amount` major units as minor units, exactly; one that needs more decimals is `Refused`, never rounded.

    >>> minor_units(Fraction("1250.00"), Currency("EUR", 2))
    125000
    """
    exact = amount * currency.minor_per_major
    if exact.denominator != 1:
        message = f"{_written(amount)} {currency.code} is not a whole number of minor units"
        hint = f"{currency.code} has {currency.decimals} decimals; write the amount that is meant"
        raise Refused(Problem("K103", message, Place(), hint))
    return exact.numerator


def format_minor(minor: int, currency: Currency, grouping: bool = True) -> str:
    """Minor units as people write the amount, with all decimals of the currency and without its code.

    >>> format_minor(125_000, Currency("EUR", 2)), format_minor(-5, Currency("JPY", 0))
    ('1,250.00', '-5')
    """
    major, rest = divmod(abs(minor), currency.minor_per_major)
    sign = "-" if minor < 0 else ""
    point = f".{rest:0{currency.decimals}d}" if currency.decimals else ""
    return sign + (f"{major:,}" if grouping else str(major)) + point


def table_digest() -> str:
    """The SHA-256 of the table, one `CODE decimals` a line by code: recorded with a run, so that a replay can tell."""
    lines = (f"{code} {'N.A.' if decimals is None else decimals}\n" for code, decimals in DECIMALS.items())
    return sha256("".join(lines).encode()).hexdigest()


def _nearest(code: str) -> str:
    """The payable code most like this one; the same letters in another order come first. Empty if none is like it."""
    payable = [code for code, decimals in DECIMALS.items() if decimals is not None]
    near = get_close_matches(code, payable, n=len(payable), cutoff=0.6)
    return next((other for other in near if sorted(other) == sorted(code)), near[0] if near else "")


def _written(amount: Fraction) -> str:
    """A decimal fraction as a decimal, any other as a ratio."""
    for decimals in range(19):
        scaled = amount * 10**decimals
        if scaled.denominator == 1:
            return format_minor(scaled.numerator, Currency("", decimals), grouping=False)
    return str(amount)
