"""Side constraints, linear in the spends and in the response, and whether a split in whole minor units keeps every
constraint: exactly, in whole numbers and fractions.

Groups may cross here: each is a floor and a cap of its own, and so is the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_array, vstack

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.problem import Problem

_CLOSE = 1e-9  # of a row's size: what a response may miss, which is a float and no money


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A sum of `spend` times spends, plus `response` times (mean) responses, is at most `at_most`; all in units of
    spend and of response, (units,). Spend's numbers are kept exactly: a share of 60 % is Fraction(3, 5).

    At most 60 % of all that is spent on the first of two units: (1 - 3/5) x - 3/5 y <= 0.
    """

    name: str
    spend: Sequence[Fraction | int | float]
    at_most: Fraction | int | float = 0
    response: Floats | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "spend", tuple(Fraction(each) for each in self.spend))
        object.__setattr__(self, "at_most", Fraction(self.at_most))
        if self.response is not None:
            object.__setattr__(self, "response", np.asarray(self.response, dtype=np.float64))

    def broken_by(self, minor: Rows, response: Floats, minor_per_spend: Fraction) -> bool:
        """Whether spends in minor units, with these mean responses, break it."""
        spent = sum(
            (each * amount for each, amount in zip(self.spend, minor.tolist(), strict=True) if each), Fraction()
        )
        left = (Fraction(self.at_most) * minor_per_spend - spent) / minor_per_spend
        if self.response is None:
            return left < 0
        brought = self.response * response
        return float(brought.sum()) - float(left) > _CLOSE * float(np.abs(brought).sum())

    def ordered(self, order: Rows) -> Side:
        """The same, of units in another order."""
        spend = [self.spend[place] for place in order.tolist()]
        return Side(self.name, spend, self.at_most, None if self.response is None else self.response[order])


def group_return(name: str, units: int, members: Rows, least: Fraction | float) -> Side:
    """A group must bring at least so much for each unit of its spend."""
    spend, response = [Fraction()] * units, np.zeros(units)
    for place in np.asarray(members).tolist():
        spend[place], response[place] = Fraction(least), -1.0
    return Side(name, spend, 0, response)


def share_of_all(name: str, units: int, members: Rows, most: Fraction | float) -> Side:
    """A group (or a unit) gets at most this part of all that is spent.

    >>> share_of_all("a", 2, np.array([0]), Fraction(3, 5)).spend
    (Fraction(2, 5), Fraction(-3, 5))
    """
    inside = set(np.asarray(members).tolist())
    return Side(name, [(1 if place in inside else 0) - Fraction(most) for place in range(units)])


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """All constraints beyond the units' own as rows in units of spend: `spend` (rows, units) and `response`, between
    `least` and `most`, (rows,)."""

    names: tuple[str, ...]
    spend: csr_array
    response: csr_array
    least: Floats
    most: Floats

    def without(self, rows: Rows) -> Limits:
        """The same without some rows."""
        kept = np.setdiff1d(np.arange(len(self.names)), rows)
        names = tuple(self.names[row] for row in kept.tolist())
        response = csr_array(self.response[kept])
        return Limits(names, csr_array(self.spend[kept]), response, self.least[kept], self.most[kept])


def joined(one: Limits, other: Limits) -> Limits:
    """Rows below one another."""
    return Limits(
        one.names + other.names,
        csr_array(vstack([one.spend, other.spend])),
        csr_array(vstack([one.response, other.response])),
        np.append(one.least, other.least),
        np.append(one.most, other.most),
    )


def limits_of_sides(sides: Sequence[Side], units: int) -> Limits:
    """The rows of sides."""
    spend = np.array([[float(each) for each in side.spend] for side in sides]).reshape(len(sides), units)
    response = np.array([np.zeros(units) if side.response is None else side.response for side in sides])
    most = np.array([float(side.at_most) for side in sides])
    return Limits(
        tuple(side.name for side in sides),
        csr_array(spend),
        csr_array(response.reshape(len(sides), units)),
        np.full(len(sides), -np.inf),
        most,
    )


def limits_of(problem: Problem, sides: Sequence[Side]) -> Limits:
    """The rows of the budget, of groups and of sides."""
    count, per = len(problem.units), problem.minor_per_spend
    rows = [np.ones(count)]
    for group in problem.groups:
        rows.append(np.bincount(group.members, minlength=count).astype(np.float64))
    least = np.array([problem.budget.least_minor, *(group.floor_minor for group in problem.groups)]) / per
    caps = [np.inf if group.cap_minor is None else group.cap_minor for group in problem.groups]
    own = Limits(
        ("budget", *(group.name for group in problem.groups)),
        csr_array(np.array(rows)),
        csr_array((len(rows), count)),
        np.where(least > 0, least, -np.inf),
        np.array([problem.budget.most_minor, *caps]) / per,
    )
    return joined(own, limits_of_sides(sides, count)) if sides else own


def broken(problem: Problem, sides: Sequence[Side], minor: Rows, response: Floats) -> tuple[str, ...]:
    """The names of all constraints that a split in minor units breaks: units, the budget, groups and sides."""
    is_off = (problem.minimums > 0) & (minor == 0)
    inside = (minor >= np.maximum(problem.lower_minor, problem.minimums)) & (minor <= problem.upper_minor)
    found = [problem.units[place] for place in np.flatnonzero(~(is_off | inside)).tolist()]
    if not problem.budget.least_minor <= int(minor.sum()) <= problem.budget.most_minor:
        found.append("budget")
    for group in problem.groups:
        total = int(minor[np.unique(group.members)].sum())
        if total < group.floor_minor or (group.cap_minor is not None and total > group.cap_minor):
            found.append(group.name)
    per = Fraction(problem.minor_per_spend)
    return (*found, *(side.name for side in sides if side.broken_by(minor, response, per)))
