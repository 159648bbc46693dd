"""Edges: where one tier ends and the next begins, as people write them, over columns and in words.

`EdgeField` reads them, `edge_faults` checks them against what they measure. `tier_reached` and `looked_up` serve whole
columns; `tier_of` and `tier_words` serve one row of an explanation and share no code with those.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.expressions.tree import Type
from rules.kinds.base import Terms, number, percent
from rules.kinds.scales.reference import Quantity, parse_quantity, quantity_text
from rules.quantities.exact import LIMIT, Exact, integers
from rules.quantities.numerals import NUMBER_PATTERN
from rules.quantities.written import MONEY_PATTERN, RATE_PATTERN, Money, Unwritable
from rules.reads import Reads

AtEdge = Literal["lower_tier", "higher_tier"]
Faults = list[tuple[str, str, str]]


def _read(value: object) -> Quantity:
    try:
        if not isinstance(value, str):
            message = "the value is blank" if value is None else f"an edge belongs here, not a {type(value).__name__}"
            raise Unwritable("W123", message, "write one value, such as EUR 100_000 or 80%")
        return parse_quantity(value)
    except Unwritable as error:
        raise PydanticCustomError(error.code, "{message}", {"message": error.message, "hint": error.hint}) from None


EdgeField = Annotated[
    Quantity,
    Reads(_read),
    PlainSerializer(quantity_text, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "pattern": f"^(?:{NUMBER_PATTERN}|{RATE_PATTERN}|{MONEY_PATTERN})$",
            "description": "A number, a percentage or an amount of money, as what it measures.",
            "examples": ["100_000", "EUR 100_000", "80%"],
        }
    ),
]


def refuse(code: str, message: str, hint: str) -> PydanticCustomError:
    """The refusal of a config by its model, for a validator to raise."""
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def not_ascending(edges: Sequence[Quantity]) -> str:
    """Which of the written edges does not rise above the one before it, in words; none: an empty text."""
    for low, high in pairwise(edges):
        if low.amount >= high.amount:
            return f"{quantity_text(high)} stands after {quantity_text(low)}, and tiers ascend"
    return ""


def in_units(edge: Quantity, measured: Type, terms: Terms) -> Fraction:
    """An edge in the units of what it measures: minor units where that is money.

    >>> from rules.quantities.currency import currency
    >>> in_units(parse_quantity("12.50"), Type.MONEY, Terms(currency("EUR")))
    Fraction(1250, 1)
    """
    return terms.minor(Money(edge.amount, edge.currency)) if measured is Type.MONEY else edge.amount


def edge_faults(edges: Sequence[Quantity], measured: Type | None, terms: Terms) -> Faults:
    """What is wrong with edges of what is `measured` (None: not known): another currency, or another unit (P178)."""
    found: Faults = []
    for edge in edges:
        shown = quantity_text(edge)
        if edge.unit == "money":
            found += terms.currency_faults(Money(edge.amount, edge.currency))
        if measured is None:
            continue
        if edge.unit == "money" and measured is not Type.MONEY:
            found.append(("P178", f"{shown} is money, and a {measured.value} is measured", "write a number"))
        if edge.unit == "percent" and measured is not Type.NUMBER:
            what = "money" if measured is Type.MONEY else f"a {measured.value}"
            found.append(("P178", f"{shown} is a share, and {what} is measured", "write it in the same unit"))
    return found


def tier_reached(measure: Exact, edges: Sequence[Exact], at_edge: AtEdge) -> NDArray[np.int64]:
    """How many of the ascending edges each row has passed, (rows,): 0 in the first tier."""
    tier = np.zeros(len(measure), dtype=np.int64)
    for edge in edges:
        side = measure.compare(edge)
        tier += side > 0 if at_edge == "lower_tier" else side >= 0
    return tier


def looked_up(values: Sequence[Fraction], index: NDArray[np.int64], known: NDArray[np.bool_] | None) -> Exact:
    """The value at each row's index, unknown where `known` says so.

    All over one denominator where that is handy, so that the column stays in machine integers.
    """
    below = math.lcm(*(value.denominator for value in values))
    if below >= LIMIT:
        table = Exact.of(values)
    else:
        table = Exact(integers([int(value * below) for value in values]), below)
    found = table.take(index)
    return found if known is None else Exact(np.where(known, found.numerator, 0), found.denominator, known)


def tier_of(value: Fraction, edges: Sequence[Fraction], at_edge: AtEdge) -> int:
    """The tier of one value, 0 for the first."""
    tier = 0
    while tier < len(edges) and (value > edges[tier] or (value == edges[tier] and at_edge == "higher_tier")):
        tier += 1
    return tier


def tier_words(tier: int, edges: Sequence[str], at_edge: AtEdge) -> str:
    """A tier by its edges, which are given in words.

    >>> tier_words(1, ["80 %", "100 %"], "lower_tier"), tier_words(1, ["80 %", "100 %"], "higher_tier")
    ('above 80 % up to 100 %', 'from 80 % below 100 %')
    """
    after, until = ("above", "up to") if at_edge == "lower_tier" else ("from", "below")
    parts = [f"{after} {edges[tier - 1]}"] if tier else []
    if tier < len(edges):
        parts.append(f"{until} {edges[tier]}")
    return " ".join(parts)


def measure_words(value: Fraction, measured: Type, terms: Terms, edges: Sequence[Quantity]) -> str:
    """A value in words, in the manner in which its edges are written: money, percent or a number."""
    if measured is Type.MONEY:
        return terms.money(value)
    return percent(value) if any(edge.unit == "percent" for edge in edges) else number(value)
