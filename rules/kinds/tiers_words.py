"""What a schedule of tiers says in words: how it pays, over what it adds up, and a table of its steps."""

from __future__ import annotations

from dataclasses import dataclass

from rules.expressions.tree import Type
from rules.kinds.base import Terms, Words, percent
from rules.kinds.edges import in_units, measure_words
from rules.kinds.scales.reference import Quantity

_STRETCH = {
    "period": "over the period",
    "fiscal_year": "over the fiscal year",
    "contract": "over the contract",
    "ever": "from the first row on",
}


@dataclass(frozen=True, slots=True)
class Says:
    """A schedule as far as its words need it: `edges` as written, `values` what each step pays, in words.

    `by`, `quota` and `order` are expressions as texts; `has_end` tells that the last step ends, `is_amount` that the
    steps pay amounts.
    """

    method: str
    by: str | None
    quota: str | None
    accumulate: str
    per: str
    order: tuple[str, ...]
    at_edge: str | None
    edges: tuple[Quantity, ...]
    values: tuple[str, ...]
    is_amount: bool
    measured: Type
    terms: Terms


def tiers_words(says: Says) -> Words:
    """Every key of a schedule."""
    is_spread = says.by is not None and says.method == "marginal"
    told = [_method(says)]
    if says.by is not None:
        at_rest = f"where {says.by} is zero, the base is paid at the rate of the next unit"
        told.append(at_rest if is_spread else f"{says.by} decides the tier")
    if says.quota is not None:
        told.append(f"the steps are parts of the quota, {says.quota}")
    if says.accumulate == "transaction":
        told.append("each row is paid on its own" if not says.by or is_spread else "each row has its own tier")
    else:
        whose = "all partners together" if says.per == "program" else "each partner"
        order = f"in the order of {', '.join(says.order)} and then of their keys"
        what = f"{says.by} adds up" if says.by is not None else "rows add up"
        told.append(f"{what} {_STRETCH[says.accumulate]} for {whose}, {order}")
        told += ["a row is paid the difference that it makes"] if says.by is None else []
    if says.at_edge is not None:
        told.append(f"what equals an edge is in the {says.at_edge.replace('_', ' ')}")
    edges = [_edge(says, edge) for edge in says.edges]
    if says.method == "interpolated":
        return Words("; ".join(told), ("at", "pays"), tuple(zip(edges, says.values, strict=True)))
    lows = ["0" if says.by is None or is_spread else "-", *edges]
    highs = [*edges, "no end"]
    values = [*says.values, *["nothing more"] * (len(highs) - len(says.values))]
    return Words("; ".join(told), ("from", "to", "pays"), tuple(zip(lows, highs, values, strict=True)))


def _method(says: Says) -> str:
    what = "the base" if says.accumulate == "transaction" else "the running total"
    what = "the measure" if says.by is not None else what
    if says.method == "interpolated":
        value = "amount" if says.is_amount else "rate"
        return f"the {value} lies on straight lines between the points, and is that of the nearest point outside them"
    if says.method == "marginal" and says.is_amount:
        return f"the amounts of all tiers that {what} enters add up"
    if says.method == "marginal" and says.by is not None:
        return f"each slice of {says.by} pays its part of the base at the rate of its own tier"
    if says.method == "marginal":
        return "each slice of the base is paid at the rate of its own tier"
    if says.is_amount:
        return f"the amount of the tier that {what} reaches"
    return f"the tier that {what} reaches pays the whole base, back to the first unit"


def _edge(says: Says, edge: Quantity) -> str:
    if says.quota is not None:
        return f"{percent(edge.amount)} of the quota"
    shown = measure_words(in_units(edge, says.measured, says.terms), says.measured, says.terms, says.edges)
    return f"{says.terms.currency.code} {shown}" if says.measured is Type.MONEY else shown
