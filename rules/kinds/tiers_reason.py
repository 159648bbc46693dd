"""Why a schedule of tiers pays a row what it pays: worked out alone in fractions, slice by slice, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from rules.expressions.tree import Type
from rules.kinds.base import Terms, number, percent
from rules.kinds.edges import AtEdge, measure_words, tier_of, tier_words
from rules.kinds.scales.reference import Quantity

Answer = tuple[Fraction, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A schedule as it is written, for one row: edges and values as they stand there, amounts in major units."""

    method: Literal["marginal", "whole", "interpolated"]
    pays: str  # rate, per_unit or amount
    written: Sequence[Quantity]
    values: tuple[Fraction, ...]
    measured: Type
    at_edge: AtEdge
    by: str | None
    terms: Terms
    edges: tuple[Fraction, ...] = ()

    def shown(self, measure: Fraction) -> str:
        """A value of what decides the tier, in words."""
        return measure_words(measure, self.measured, self.terms, self.written)

    def paid(self, value: Fraction) -> str:
        """The value of a step in words."""
        return percent(value) if self.pays == "rate" else self.terms.money(value)

    def times(self, value: Fraction, base: Fraction) -> str:
        """A value of a step times a base, in words."""
        if self.pays == "rate":
            return f"{percent(value)} of {self.terms.money(base)}"
        return f"{number(base)} x {self.terms.money(value)}"


def explained(told: Told, given: Mapping[str, Fraction]) -> Answer:
    """What is due in minor units, and why; `given` holds the row's base, before, by and quota where it has them."""
    one = told.terms.minor_per_major
    quota = given.get("quota")
    if quota is not None:
        edges = tuple(edge.amount * quota for edge in told.written)
    else:
        edges = tuple(edge.amount * (one if told.measured is Type.MONEY else 1) for edge in told.written)
    values = told.values if told.pays == "rate" else tuple(value * one for value in told.values)
    told = replace(told, edges=edges, values=values, written=() if quota is not None else told.written)
    by, base, before = given.get("by"), given.get("base", Fraction(0)), given.get("before", Fraction(0))
    if by is not None and told.method == "marginal":
        due, words = _spread(told, before, by, base)
    elif by is not None:
        value, where = _level(told, by)
        words = f"{told.by} = {where}"
        due = value if told.pays == "amount" else base * value
        words += f": {told.terms.money(value) if told.pays == 'amount' else told.times(value, base)}"
    elif told.method == "marginal" and told.pays != "amount":
        due, words = _slices(told, before, base)
    else:
        due, words = _difference(told, before, base)
    return due, words if quota is None else f"quota {told.shown(quota)}, {words}"


def _level(told: Told, measure: Fraction) -> Answer:
    """The value that a measure reaches, and where it stands."""
    shown = told.shown(measure)
    if told.method == "interpolated":
        return _on_line(told, measure)
    tier = tier_of(measure, told.edges, told.at_edge)
    words = f"{shown} is {tier_words(tier, [told.shown(edge) for edge in told.edges], told.at_edge)}"
    if tier < len(told.edges):
        words += f" ({told.shown(told.edges[tier] - measure)} left)"
    return told.values[tier], words


def _on_line(told: Told, measure: Fraction) -> Answer:
    shown, points = told.shown(measure), list(zip(told.edges, told.values, strict=True))
    if measure <= points[0][0]:
        return points[0][1], f"{shown} is not above the first point {told.shown(points[0][0])}"
    for (low, start), (high, end) in pairwise(points):
        if measure <= high:
            value = (start * (high - measure) + end * (measure - low)) / (high - low)
            ends = f"{told.shown(low)} ({told.paid(start)}) and {told.shown(high)} ({told.paid(end)})"
            return value, f"{shown} is on the line between {ends}"
    return points[-1][1], f"{shown} is beyond the last point {told.shown(points[-1][0])}"


def _difference(told: Told, before: Fraction, base: Fraction) -> Answer:
    """What the total pays back to the first unit, less what was due before the row."""
    due, words = _whole(told, before + base)
    earlier, _ = _whole(told, before)
    if before == 0:
        return due, words
    money = told.terms.money
    result = "" if words.endswith(f": {money(due)}") else f" = {money(due)}"
    return due - earlier, f"{words}{result}, less {money(earlier)} due before"


def _whole(told: Told, total: Fraction) -> Answer:
    money = told.terms.money
    if told.pays == "amount" and total <= 0:
        return Fraction(0), f"a total of {told.shown(total)} earns no amount: {money(0)}"
    if told.method == "marginal":
        tier = tier_of(total, told.edges, told.at_edge)
        entered = told.values[: tier + 1]
        due = sum(entered, Fraction(0))
        return (
            due,
            f"{told.shown(total)} enters {len(entered)} of {len(told.values)}: {' + '.join(map(money, entered))}",
        )
    value, where = _level(told, total)
    if told.pays == "amount":
        return value, f"{where}: {money(value)}"
    return total * value, f"{where}, back to the first unit: {told.times(value, total)}"


def _slices(told: Told, before: Fraction, base: Fraction) -> Answer:
    """Each slice of the row: what it takes of a tier, at which value, and what is left of the tier."""
    low, high = min(before, before + base), max(before, before + base)
    sign = -1 if base < 0 else 1
    due, parts = Fraction(0), []
    below = min(high, Fraction(0)) - min(low, Fraction(0))
    if below:
        due += sign * below * told.values[0]
        parts.append(f"{told.shown(sign * below)} below zero x {told.paid(told.values[0])}")
    for tier, start in enumerate((Fraction(0), *told.edges)):
        end = told.edges[tier] if tier < len(told.edges) else None
        top = high if end is None else min(high, end)
        inside = max(top, start) - max(low, start)
        if inside <= 0:
            continue
        taken = told.shown(sign * inside)
        if tier == len(told.values):
            parts.append(f"{taken} beyond {told.shown(start)} x nothing")
            continue
        due += sign * inside * told.values[tier]
        parts.append(f"{taken} {_of_tier(told, tier, start, end)}{_rest(told, start, end, before, before + base)}")
    if base < 0:
        parts.reverse()
    return due, " + ".join(parts) or f"{told.shown(base)} on top of {told.shown(before)}"


def _spread(told: Told, before: Fraction, by: Fraction, base: Fraction) -> Answer:
    """What slices of another measure pay of a base: their mean rate."""
    if by == 0:
        tier = tier_of(before, told.edges, "higher_tier")
        rate = told.values[tier] if tier < len(told.values) else Fraction(0)
        return base * rate, f"{told.by} = {told.shown(by)} moves nothing: {told.times(rate, base)}"
    climbed, words = _slices(told, before, by)
    rate = climbed / by
    return base * rate, f"{told.by} = {told.shown(by)}: {words}; on average {told.times(rate, base)}"


def _of_tier(told: Told, tier: int, start: Fraction, end: Fraction | None) -> str:
    value = f"x {told.paid(told.values[tier])}"
    if end is None:
        return f"of all above {told.shown(start)} {value}" if tier else value
    return f"of the {'next' if tier else 'first'} {told.shown(end - start)} {value}"


def _rest(told: Told, start: Fraction, end: Fraction | None, before: Fraction, after: Fraction) -> str:
    """What was taken of a tier before the row, and what is left of it afterwards."""
    used = max(min(before, end if end is not None else before) - start, Fraction(0))
    left = Fraction(0) if end is None else end - max(min(after, end), start)
    parts = [f"{told.shown(used)} of this tier before"] if used else []
    if end is not None and (used or left):
        parts.append(f"{told.shown(left)} left")
    return f" ({', '.join(parts)})" if parts else ""
