"""Small random problems of every kind of curve and constraint, and all their whole splits: the optimiser's oracle.

`whole_splits` tries every split in whole units; it knows nothing of roofs, prices or trees.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from scenarios.curves.floats import Floats, Rows, floats
from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.pieces import Points, Steps
from scenarios.curves.smooth import Exponential, Hill, LinearCap, MichaelisMenten
from scenarios.optimise.core.problem import Budget, Group, Problem

SPEND_MAX = 16


def of_one(family: Family) -> Mixed:
    """Curves of one family."""
    return Mixed([(np.arange(len(family)), family)])


def names(count: int) -> tuple[str, ...]:
    return tuple(f"p{place:07d}" for place in range(count))


def asked(curves: Mixed, budget: Budget, upper: object = None, **more: object) -> Problem:
    """A problem with no floors, and caps as high as the budget."""
    count = len(curves)
    given = {"lower_minor": np.zeros(count), "upper_minor": np.full(count, budget.most_minor)} | more
    if upper is not None:
        given["upper_minor"] = upper
    return Problem(names(count), curves, budget=budget, **given)  # type: ignore[arg-type]


def drawn(seed: int) -> Problem:
    """A problem of 2 to 4 units in whole units of spend, as odd as they come."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 5))
    parts: list[tuple[Rows, Family]] = [(np.array([unit]), _curve(rng)) for unit in range(count)]
    upper = rng.integers(3, SPEND_MAX + 1, count)
    is_choice = rng.random(count) < 0.3
    lower = np.where(is_choice | (rng.random(count) < 0.6), 0, rng.integers(0, 3, count))
    minimum = np.where(is_choice, rng.integers(1, upper + 1), 0)
    budget = int(rng.integers(2, SPEND_MAX + 1))
    least = [budget, 0, budget // 2][int(rng.integers(3))]
    groups = []
    if count > 2 and rng.random() < 0.7:
        outer = rng.permutation(count)[: count - 1]
        for place, members in enumerate((outer, outer[:2])[: int(rng.integers(1, 3))]):
            floor = int(rng.integers(0, budget // 2 + 1))
            groups.append(Group(f"g{place}", members, floor, int(rng.integers(floor, budget + 1))))
    return Problem(
        names(count),
        Mixed(parts),
        lower,
        upper,
        Budget(least, budget),
        minimum,
        tuple(groups),
        minor_per_spend=1,
        hurdle=float(rng.choice([0.0, 0.0, 0.2])),
    )


def drawn_alike(seed: int) -> Problem:
    """A problem of 3 or 4 units that are alike, or two pairs of them, each in a group."""
    rng = np.random.default_rng(seed)
    count, pairs = int(rng.integers(3, 5)), bool(rng.random() < 0.4)
    if pairs:
        count = 4
    one, other = _curve(rng), _curve(rng)
    ends = (np.arange(2), np.arange(2, 4)) if pairs else (np.arange(count),)
    parts = [(rows, each.take(np.zeros_like(rows))) for rows, each in zip(ends, (one, other), strict=False)]
    most = np.full(count, rng.integers(3, 11))
    minimum = np.full(count, rng.integers(1, int(most[0]) + 1) if rng.random() < 0.5 else 0)
    budget = int(rng.integers(2, SPEND_MAX + 1))
    groups = (Group("g", np.array([0, 1]), 0, max(budget // 2, 1)),) if pairs else ()
    least = [budget, 0][int(rng.integers(2))]
    return Problem(
        names(count), Mixed(parts), np.zeros(count), most, Budget(least, budget), minimum, groups, minor_per_spend=1
    )


def _curve(rng: np.random.Generator) -> Family:
    a, k = floats([rng.uniform(1, 10)]), floats([rng.uniform(1, 12)])
    knots = np.sort(rng.choice(np.arange(1, SPEND_MAX), 3, replace=False)).tolist()
    rises = np.cumsum(rng.uniform(0.2, 4, 3)).tolist()
    match int(rng.integers(6)):
        case 0:
            return MichaelisMenten(a, k)
        case 1:
            return Exponential(a, k)
        case 2:
            return LinearCap(a / 8, floats([round(float(k[0]))]))
        case 3:
            return Steps.of([list(zip(knots, rises, strict=True))])
        case 4:
            return Points.of([[(0, 0), *zip(knots, rises, strict=True)]])
        case _:
            return Hill(a, k, floats([rng.uniform(1.2, 5)]))


def keeps(problem: Problem, spend: Floats, slack: float = 0.0) -> np.ndarray:  # type: ignore[type-arg]
    """Whether splits (..., units) in units of spend keep every constraint."""
    per = problem.minor_per_spend
    lower, upper, minimum = (each / per for each in (problem.lower_minor, problem.upper_minor, problem.minimums))
    is_off = (minimum > 0) & (spend == 0)
    kept = (is_off | ((spend >= np.maximum(lower, minimum) - slack) & (spend <= upper + slack))).all(axis=-1)
    rows = [(slice(None), problem.budget.least_minor, problem.budget.most_minor)]
    rows += [(group.members, group.floor_minor, group.cap_minor) for group in problem.groups]  # type: ignore[misc]
    for members, floor, cap in rows:
        total = spend[..., members].sum(axis=-1)
        kept &= (total >= floor / per - slack) & (total <= (np.inf if cap is None else cap / per) + slack)
    return np.asarray(kept)


def worth(problem: Problem, spend: Floats) -> Floats:
    """The objective of splits (..., units)."""
    return np.asarray((problem.curves.value(spend) - problem.hurdle * spend).sum(axis=-1))


def whole_splits(problem: Problem) -> Floats:
    """Every split in whole units of spend that keeps all constraints, (splits, units)."""
    ends = [range(int(most) + 1) for most in problem.upper_minor]
    spends = np.array(list(product(*ends)), dtype=np.float64)
    return spends[keeps(problem, spends)]
