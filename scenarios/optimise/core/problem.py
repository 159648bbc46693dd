"""What is asked of the optimiser: units with response curves, bounds, groups and a budget.

Money is whole minor units; a curve is asked for spends in its own unit, which is `minor_per_spend` minor units.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scenarios.curves.floats import Rows
from scenarios.curves.mixed import Mixed


def whole(values: object) -> Rows:
    """Whole numbers as an array of int64 that nobody writes to."""
    found = np.array(values, dtype=np.int64)
    assert bool((found == np.asarray(values)).all()), "minor units and places are whole numbers"
    found.setflags(write=False)
    return found


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is spent in all: at least, and at most."""

    least_minor: int
    most_minor: int

    @classmethod
    def equal(cls, minor: int) -> Budget:
        """All of it is spent, whether it brings anything or not."""
        return cls(minor, minor)

    @classmethod
    def at_most(cls, minor: int) -> Budget:
        """What brings nothing stays unspent."""
        return cls(0, minor)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Units, by their places, that together get at least a floor and at most a cap (None: no cap of its own).

    Two groups of a problem share no unit, or one lies within the other.
    """

    name: str
    members: Rows
    floor_minor: int = 0
    cap_minor: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", whole(self.members))


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A budget to be split: `units` by name, each with a curve and with bounds in minor units, all (units,).

    A unit with `lower` equal to `upper` is fixed. A unit with a `minimum` above zero gets nothing or at least that much
    (its `lower` is zero). `hurdle` is what a unit of spend must bring, in units of response: the objective is the
    response less the hurdle times the spend. `start` is the plan in force, which the answer is never worse than.
    """

    units: tuple[str, ...]
    curves: Mixed
    lower_minor: Rows
    upper_minor: Rows
    budget: Budget
    minimum_minor: Rows | None = None
    groups: tuple[Group, ...] = ()
    minor_per_spend: float = 100
    hurdle: float = 0.0
    start_minor: Rows | None = None
    minimums: Rows = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.units)
        assert len(set(self.units)) == count == len(self.curves) > 0, "units have a curve each, and names of their own"
        for name in ("lower_minor", "upper_minor", "minimum_minor", "start_minor"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, whole(value))
                assert getattr(self, name).shape == (count,), f"{name} is (units,)"
        minimums = whole(np.zeros(count)) if self.minimum_minor is None else self.minimum_minor
        object.__setattr__(self, "minimums", minimums)
        assert bool((self.lower_minor >= 0).all()), "no spend is below zero"
        assert not bool(((minimums > 0) & (self.lower_minor > 0)).any()), "all or nothing starts from nothing"
        inside = (((group.members >= 0) & (group.members < count)).all() for group in self.groups)
        assert all(inside), "members of groups are places of units"
        assert self.minor_per_spend > 0 and np.isfinite(self.hurdle), "scale and hurdle are numbers"


def in_order(problem: Problem) -> tuple[Problem, Rows]:
    """The same problem with units and groups by name, and the place of each sorted unit in the problem as given.

    Sums of floats depend on their order, so an answer that no order may change is worked out in this one.
    """
    names = problem.units
    order = whole(sorted(range(len(names)), key=names.__getitem__))
    if bool((np.diff(order) > 0).all()) and len(problem.groups) < 2:
        return problem, order
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    groups = tuple(
        Group(group.name, np.sort(rank[group.members]), group.floor_minor, group.cap_minor)
        for group in sorted(problem.groups, key=lambda group: group.name)
    )
    return (
        Problem(
            tuple(names[place] for place in order.tolist()),
            _ordered(problem.curves, rank),
            problem.lower_minor[order],
            problem.upper_minor[order],
            problem.budget,
            problem.minimums[order],
            groups,
            problem.minor_per_spend,
            problem.hurdle,
            None if problem.start_minor is None else problem.start_minor[order],
        ),
        order,
    )


def _ordered(curves: Mixed, rank: Rows) -> Mixed:
    parts = []
    for rows, family in curves.parts:
        within = np.argsort(rank[rows])
        parts.append((rank[rows][within], family.take(within)))
    return Mixed(sorted(parts, key=lambda part: int(part[0][0]) if len(part[0]) else -1))
