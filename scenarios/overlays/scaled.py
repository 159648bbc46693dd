"""Scale a written quantity: its text and a factor in, the text of the product out, written in the same way."""

from __future__ import annotations

import re
from fractions import Fraction

from rules.quantities.numerals import DECIMAL_PATTERN, FRACTION_PATTERN, decimal_text, has_decimals
from rules.quantities.written import parse_number, parse_rate

_QUANTITY = re.compile(rf"((?:[A-Z]{{3}} )?)({DECIMAL_PATTERN})(%?)|({FRACTION_PATTERN})", re.ASCII)


class NoQuantity(ValueError):
    """A text that is no number, amount or rate."""


class NoDecimals(ValueError):
    """A product that no 12 decimals hold, where a fraction can't be written."""


def factor_of(text: str) -> Fraction:
    """A factor as people write it; raises Unwritable.

    >>> factor_of("110%"), factor_of("1.1"), factor_of("2/3")
    (Fraction(11, 10), Fraction(11, 10), Fraction(2, 3))
    """
    return parse_rate(text) if text.endswith("%") else parse_number(text)


def scaled(text: str, factor: Fraction) -> str:
    """A quantity times a factor, exact.

    >>> scaled("EUR 1_250.00", Fraction(11, 10)), scaled("7.5%", Fraction(2)), scaled("10", Fraction(1, 3))
    ('EUR 1_375.00', '15%', '10/3')
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise NoQuantity(text)
    if match[4]:
        product = parse_number(text) * factor
        return f"{product.numerator}/{product.denominator}"
    product = Fraction(match[2].replace("_", "")) * factor
    if has_decimals(product):
        decimals = 0 if match[3] else len(match[2].partition(".")[2])
        number = decimal_text(product, decimals)
        return match[1] + (_grouped(number) if "_" in match[2] else number) + match[3]
    if match[1]:
        raise NoDecimals(text)
    product = product / 100 if match[3] else product
    return f"{product.numerator}/{product.denominator}"


def _grouped(number: str) -> str:
    whole, point, decimals = number.partition(".")
    return f"{int(whole):_}" + point + decimals if whole != "-0" else number
