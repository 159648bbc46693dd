"""What holds of every answer: order and units of money change nothing, cents add up, and the bound is one indeed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from optimise_problems import asked, drawn, keeps, names, of_one, worth

from scenarios.curves.floats import Floats, floats
from scenarios.curves.mixed import Mixed
from scenarios.curves.smooth import Hill, MichaelisMenten
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.problem import Budget, Group, Problem, in_order
from scenarios.optimise.core.solve import solve
from scenarios.optimise.core.whole import apportioned


def many(seed: int, count: int, groups: int = 0) -> Problem:
    """S-shaped and concave curves, half of the money that their half-way points add up to; groups within groups."""
    rng = np.random.default_rng(seed)
    a, k = rng.lognormal(size=(2, count))
    half = count // 2
    curves = Mixed(
        [
            (np.arange(half), Hill(a[:half], k[:half], rng.uniform(1.5, 3.5, half))),
            (np.arange(half, count), MichaelisMenten(a[half:], k[half:])),
        ]
    )
    budget = int(50 * k.sum())
    found = []
    for place in range(groups):
        rows = np.arange(place * count // groups, (place + 1) * count // groups)
        cap = int(budget / groups * rng.uniform(1.0, 1.4))
        found += [
            Group(f"g{place}", rows, int(cap * 0.7), cap),
            Group(f"h{place}", rows[::2], 0, int(cap * rng.uniform(0.3, 0.6))),
        ]
    return asked(curves, Budget.equal(budget), groups=tuple(found))


def lagrange(problem: Problem, answer: Answer) -> float:
    """The bound once more, from the prices alone: the most that each curve makes at its price, looked for on finer and
    finer grids, and what floors and caps make of their prices."""
    at = {"budget": np.arange(len(problem.units))} | {group.name: group.members for group in problem.groups}
    price = np.full(len(problem.units), problem.hurdle)
    bound = 0.0
    for each in answer.proof:
        signed = each.price if each.side == "cap" else -each.price
        price[at[each.name]] += signed
        bound += signed * each.limit_minor / problem.minor_per_spend
    low, high = problem.lower_minor / problem.minor_per_spend, problem.upper_minor / problem.minor_per_spend
    best: Floats = np.full(len(price), -np.inf)
    for _ in range(12):
        grid = low + (high - low) * np.linspace(0, 1, 1001)[:, None]
        heights = problem.curves.value(grid) - price * grid
        best = np.maximum(best, heights.max(axis=0))
        top, step = grid[heights.argmax(axis=0), np.arange(len(price))], (high - low) / 1000
        low, high = np.maximum(low, top - 2 * step), np.minimum(high, top + 2 * step)
    return bound + float(best.sum())


@pytest.mark.parametrize(("seed", "count", "groups"), [(1, 40, 0), (2, 200, 4), (3, 300, 8), (4, 60, 3)])
def test_the_bound_is_that_of_its_prices(seed: int, count: int, groups: int) -> None:
    problem = many(seed, count, groups)
    answer = solve(problem, 1.0)
    assert isinstance(answer, Answer) and answer.solver == "dual", "the root's bound"
    assert answer.bound == pytest.approx(lagrange(problem, answer), rel=1e-9)
    assert bool(keeps(problem, answer.spend, slack=1e-9)) and bool(keeps(problem, answer.spend_minor / 100, slack=1e-9))


@pytest.mark.parametrize(("seed", "groups"), [(5, 0), (6, 2)])
def test_no_split_that_is_allowed_exceeds_the_bound(seed: int, groups: int) -> None:
    problem = many(seed, 30, groups)
    answer = solve(problem, 1e-6)
    assert isinstance(answer, Answer) and answer.gap_before_rounding <= 1e-6
    rng = np.random.default_rng(seed)
    for part in (0.001, 0.01, 0.1, 1.0):
        tries = answer.spend * rng.uniform(1 - part, 1 + part, (2_000, 30))
        tries *= problem.budget.most_minor / 100 / tries.sum(axis=1, keepdims=True)
        allowed = tries[keeps(problem, tries, slack=1e-9)]
        assert worth(problem, allowed).max(initial=-np.inf) <= answer.bound * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(100, 112))
def test_the_order_of_units_and_groups_changes_nothing(seed: int) -> None:
    problem = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(problem.units))
    rank = np.argsort(order)
    shuffled = Problem(
        tuple(problem.units[place] for place in order.tolist()),
        Mixed([(rank[rows], family) for rows, family in reversed(problem.curves.parts)]),
        problem.lower_minor[order],
        problem.upper_minor[order],
        problem.budget,
        problem.minimums[order],
        tuple(replace(group, members=rank[group.members]) for group in reversed(problem.groups)),
        problem.minor_per_spend,
        problem.hurdle,
    )
    one, other = solve(problem), solve(shuffled)
    if not isinstance(one, Answer):
        assert str(one) == str(other)
        return
    assert isinstance(other, Answer) and one.digest() == other.digest()
    assert one.spend[order].tolist() == other.spend.tolist() and (one.value, one.bound) == (other.value, other.bound)


@pytest.mark.parametrize("factor", [10, 1_000, 10**9])
def test_the_unit_of_money_changes_nothing(factor: int) -> None:
    """Cents or thousandths of a cent; and spends in euros or in thousands of them."""
    problem = many(7, 20, 2)
    finer = replace_money(problem, factor, problem.minor_per_spend * factor, 1.0)
    larger = replace_money(problem, factor, problem.minor_per_spend, float(factor))
    one, two, three = (solve(each) for each in (problem, finer, larger))
    assert isinstance(one, Answer) and isinstance(two, Answer) and isinstance(three, Answer)
    assert two.spend == pytest.approx(one.spend, rel=1e-9, abs=1e-9) and two.value == pytest.approx(one.value)
    assert three.spend / factor == pytest.approx(one.spend, rel=1e-9, abs=1e-9) and three.gap_before_rounding <= 1e-6
    assert three.shadow_price * factor == pytest.approx(one.shadow_price, rel=1e-9)


def replace_money(problem: Problem, factor: int, minor_per_spend: float, stretch: float) -> Problem:
    parts = []
    for rows, family in problem.curves.parts:
        assert isinstance(family, Hill | MichaelisMenten)
        parts.append((rows, replace(family, k=family.k * stretch)))
    return Problem(
        problem.units,
        Mixed(parts),
        problem.lower_minor * factor,
        problem.upper_minor * factor,
        Budget(problem.budget.least_minor * factor, problem.budget.most_minor * factor),
        problem.minimums * factor,
        tuple(
            replace(group, floor_minor=group.floor_minor * factor, cap_minor=(group.cap_minor or 0) * factor)
            for group in problem.groups
        ),
        minor_per_spend,
    )


def test_the_same_question_has_the_same_answer() -> None:
    one, other = solve(many(8, 25)), solve(many(8, 25))
    assert isinstance(one, Answer) and isinstance(other, Answer)
    assert one.spend.tolist() == other.spend.tolist() and one.digest() == other.digest()


def test_identical_units_are_told_apart_by_name_alone() -> None:
    curves = of_one(Hill(floats([5] * 40), floats([10] * 40), floats([3] * 40)))
    answer = solve(asked(curves, Budget.equal(21_234)))
    assert isinstance(answer, Answer) and answer.gap_before_rounding <= 1e-6 and answer.spend_minor.sum() == 21_234
    even = max(float(curves.value(np.full(40, 212.34 / on))[0]) * on for on in range(1, 41))
    assert answer.value >= even * (1 - 1e-6), "as many as are worth it get the same"
    assert in_order(asked(curves, Budget.equal(1)))[1].tolist() == list(range(40)) and names(1) == ("p0000000",)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30), st.data())
def test_whole_numbers_add_up_within_bounds(rows: list[tuple[float, int, int]], data: st.DataObject) -> None:
    wanted = np.array([row[0] for row in rows])
    least = np.maximum(np.floor(wanted).astype(np.int64) - [row[1] for row in rows], 0)
    most = np.ceil(wanted).astype(np.int64) + [row[2] for row in rows]
    total = data.draw(st.integers(int(least.sum()), int(most.sum())))
    given = apportioned(total, wanted, np.zeros(len(rows), dtype=bool), least, most)
    assert given.sum() == total and bool(((given >= least) & (given <= most)).all())
    if int(np.floor(wanted).sum()) <= total <= int(np.ceil(wanted).sum()):
        assert bool((np.abs(given - wanted) < 1).all())
