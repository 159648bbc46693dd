"""What people write in a case, as a source would hold it: `600_000` and `EUR 600_000` as `600000`, `80%` as `0.8`.

Each value is read by the grammar of programs for its column's type; `Unwritable` says why it cannot be.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.quantities.numerals import Unwritable, decimal_text
from rules.quantities.written import (
    parse_count,
    parse_date,
    parse_flag,
    parse_money,
    parse_month,
    parse_number,
    parse_rate,
)

_DECIMALS = 9  # of a number in a table


def cell_text(value: Any, type_: Type, terms: Terms) -> str:
    """The text of a cell; "" for a blank one.

    >>> from rules.quantities.currency import currency
    >>> [cell_text(each, Type.NUMBER, Terms(currency("EUR"))) for each in ("80%", "1_000", None)]
    ['0.8', '1000', '']
    """
    if value is None or value == "":
        return ""
    text = str(value)
    if type_ is Type.MONEY:
        return _decimal(_money(text, terms), terms.currency.decimals, text)
    if type_ is Type.NUMBER:
        return _decimal(_number(text), _DECIMALS, text)
    if type_ is Type.COUNT:
        return str(parse_count(text))
    if type_ is Type.DATE:
        return str(parse_date(text))
    if type_ is Type.MONTH:
        return str(parse_month(text).first)[:7]
    if type_ is Type.FLAG:
        return "true" if parse_flag(text) else "false"
    return text


def value_of(value: Any, is_money: bool, terms: Terms) -> Fraction:
    """The value that is expected: minor units where it is money, else a number (`80%` is 0.8)."""
    if value is None or isinstance(value, dict | list):
        raise Unwritable("W101", "the value is blank" if value is None else "one value belongs here", "write the value")
    return _money(str(value), terms) * terms.minor_per_major if is_money else _number(str(value))


def _number(text: str) -> Fraction:
    return parse_rate(text) if text.endswith("%") else parse_number(text)


def _money(text: str, terms: Terms) -> Fraction:
    money = parse_money(text)
    for code, message, hint in terms.whole_faults(money):
        raise Unwritable(code, message, hint)
    return money.amount


def _decimal(value: Fraction, decimals: int, text: str) -> str:
    if (value * 10**decimals).denominator != 1:
        raise Unwritable("P237", f"{text} has no end within {decimals} decimals", f"write at most {decimals} decimals")
    return decimal_text(value, 0)
