"""How fast and how good the optimiser is, beside SLSQP and HiGHS on the same problems in the same run.

    python tests/benchmarks/bench_optimise.py [--rows-scale 1.0]

SLSQP is called as pymc-marketing 0.19 does: raw money, the exact gradient, ftol 1e-9, 1,000 iterations, an even start.
HiGHS chooses tiers as a mixed integer program, with a time limit. Both are asked at sizes at which they answer. What is
compared is the value: "below" says by which part of the bound an answer misses it. Each time is the best of three (a
rival's of one), by the clock; timings never fail it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench_quantities import print_table

from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.smooth import Hill, MichaelisMenten
from scenarios.optimise.core.answer import Answer
from scenarios.optimise.core.problem import Budget, Group, Problem
from scenarios.optimise.core.program import integer_program
from scenarios.optimise.core.solve import solve
from scenarios.optimise.core.tiers import Chosen, Tiers, choose
from scenarios.optimise.goals.frontier import frontier
from scenarios.optimise.goals.reached import Reached, least_spend, most_at_average
from scenarios.optimise.goals.shares import Share, with_shares

Result = TypeVar("Result")
Row = tuple[str, ...]
NODES = 50  # groups
LEVELS = 8  # tiers
SECONDS_ASKED = 0.1
SEED = 3  # of S-shaped problems: one where a unit ends where its roof is not reached


def curves(count: int, is_s_shaped: bool, seed: int = 0) -> Problem:
    """Responses of 1 or more at lognormal half-way points; half the money that those add up to; at most five each."""
    rng = np.random.default_rng(seed)
    a, k = rng.lognormal(size=(2, count))
    family: Family = Hill(a, k, rng.uniform(1.5, 3.5, count)) if is_s_shaped else MichaelisMenten(a, k)
    budget = int(50 * k.sum())
    upper = np.minimum(budget, 500 * k).astype(np.int64)
    names = tuple(f"partner-{place:08d}" for place in range(count))
    return Problem(names, Mixed([(np.arange(count), family)]), np.zeros(count), upper, Budget.equal(budget))


def grouped(count: int) -> Problem:
    """Regions within bounds that bind, and tiers within regions."""
    problem = curves(count, is_s_shaped=False)
    nodes = min(NODES, max(count // 20, 2))
    edges = np.linspace(0, count, nodes + 1).astype(int)
    share = problem.budget.most_minor // nodes
    groups = []
    for place, (start, end) in enumerate(pairwise(edges.tolist())):
        rows = np.arange(start, end)
        groups.append(Group(f"region-{place:02d}", rows, int(share * 0.85), int(share * 1.05)))
        groups.append(Group(f"gold-{place:02d}", rows[: len(rows) // 2], 0, int(share * 0.48)))
    return Problem(
        problem.units, problem.curves, problem.lower_minor, problem.upper_minor, problem.budget, groups=tuple(groups)
    )


def tiers(count: int) -> Tiers:
    rng = np.random.default_rng(0)
    cost = np.cumsum(rng.integers(0, 100_000, (count, LEVELS)), axis=1)
    value = np.cumsum(rng.lognormal(size=(count, LEVELS)), axis=1)
    return Tiers(tuple(f"partner-{place:08d}" for place in range(count)), cost, value, int(cost.mean(axis=1).sum()))


def best(work: Callable[[], Result], times: int = 3) -> tuple[Result, float]:
    """The result, and the least time of some calls, in seconds; short ones are called more often."""
    clocks: list[float] = []
    while len(clocks) < times or (times > 1 and sum(clocks) < SECONDS_ASKED):
        start = perf_counter()
        result = work()
        clocks.append(perf_counter() - start)
    return result, min(clocks)


def ours(problem: Problem, gap: float, times: int = 3) -> tuple[Answer, float]:
    answer, seconds = best(lambda: solve(problem, gap), times)
    assert isinstance(answer, Answer)
    return answer, seconds


def slsqp(problem: Problem) -> tuple[float, float]:
    """The value and the seconds of SLSQP, called as pymc-marketing does."""
    family, budget = problem.curves, problem.budget.most_minor / problem.minor_per_spend
    count = len(problem.units)
    began = perf_counter()
    found = minimize(
        lambda spend: -float(family.value(spend).sum()),
        np.full(count, budget / count),
        jac=lambda spend: -family.slope(spend),
        method="SLSQP",
        bounds=list(zip(np.zeros(count), problem.upper_minor / problem.minor_per_spend, strict=True)),
        constraints={"type": "eq", "fun": lambda spend: spend.sum() - budget, "jac": lambda spend: np.ones(count)},
        options={"ftol": 1e-9, "maxiter": 1_000},
    )
    return -float(found.fun), perf_counter() - began


def splits(scale: float) -> Iterator[Row]:
    """Each kind of split with its size, aim, time, gap, and SLSQP's time and value where it answers."""
    cases: list[tuple[str, int, float, str, Callable[[int], Problem], bool]] = [
        ("concave", 100, 1e-9, "", lambda count: curves(count, False), True),
        ("concave", 1_000, 1e-9, "< 0.010", lambda count: curves(count, False), False),
        ("concave", 1_000_000, 1e-9, "< 5", lambda count: curves(count, False), False),
        ("S-shaped", 10, 1e-6, "", lambda count: curves(count, True, SEED), True),
        ("S-shaped", 100, 1e-6, "< 2", lambda count: curves(count, True, SEED), True),
        ("S-shaped", 100_000, 1e-8, "< 5", lambda count: curves(count, True, SEED), False),
        ("nested groups", 100_000, 1e-9, "< 1", grouped, False),
    ]
    for name, count, gap, aim, make, is_asked in cases:
        problem = make(max(int(count * scale), 8))
        answer, seconds = ours(problem, gap)
        row = (name, f"{len(problem.units):,}", f"{seconds:.4f}", aim, f"{answer.gap_before_rounding:.1e}")
        if is_asked:
            value, rival = slsqp(problem)
            yield (*row, f"{rival:.3f}", f"{1 - value / answer.bound:.1e}")
        else:
            yield (*row, "", "")


def chosen_tiers(scale: float) -> Iterator[Row]:
    for count, aim, is_asked in ((100, "", True), (1_000, "", False), (10_000, "< 1", False)):
        asked = tiers(max(int(count * scale), 8))
        found, seconds = best(lambda asked=asked: choose(asked, 1e-6, _no_program))  # type: ignore[misc]
        assert isinstance(found, Chosen)
        row = (f"tiers x {LEVELS}", f"{len(asked.partners):,}", f"{seconds:.4f}", aim, f"{found.gap:.1e}")
        if is_asked:
            (tier, _), rival = best(
                lambda asked=asked: integer_program(asked.value, asked.cost_minor, asked.budget_minor, 1e-9),  # type: ignore[misc]
                times=1,
            )
            value = 0.0 if tier is None else float(asked.value[np.arange(len(tier)), tier].sum())
            yield (*row, f"{rival:.3f}", f"{1 - value / found.bound:.1e}")
        else:
            yield (*row, "", "")


def swept(scale: float) -> Iterator[Row]:
    """Twenty-one budgets from half to one and a half, beside each of them asked alone."""
    for name, count, gap, is_s_shaped in (
        ("frontier", 100_000, 1e-9, False),
        ("frontier, S-shaped", 1_000, 1e-6, True),
    ):
        problem = curves(max(int(count * scale), 8), is_s_shaped, SEED)
        budgets = [int(problem.budget.most_minor * part) for part in np.linspace(0.5, 1.5, 21)]
        found, seconds = best(lambda problem=problem, budgets=budgets, gap=gap: frontier(problem, budgets, gap), 1)  # type: ignore[misc]
        alone = 0.0
        for budget in budgets:
            alone += ours(replace(problem, budget=Budget.equal(budget)), gap, 1)[1]
        gaps = [each.gap_before_rounding for each in found if isinstance(each, Answer)]
        yield (name, f"{len(problem.units):,}", f"{seconds:.4f}", "", f"{max(gaps):.1e}", f"{alone:.3f} alone", "")


def turned(scale: float) -> Iterator[Row]:
    """The least spend of a response, the largest with an average return, and shares of a total that is searched."""
    problem = curves(max(int(1_000 * scale), 8), True, SEED)
    free = replace(problem, budget=Budget.at_most(int(problem.upper_minor.sum())), hurdle=0.0)
    value = ours(problem, 1e-6)[0].value
    least, seconds = best(lambda: least_spend(free, 0.9 * value), 1)
    assert isinstance(least, Reached)
    yield ("least spend", f"{len(free.units):,}", f"{seconds:.4f}", "", f"{least.spend_gap:.1e} of it", "", "")
    ratio = value / (problem.budget.most_minor / problem.minor_per_spend)
    most, seconds = best(lambda: most_at_average(free, ratio), 1)
    assert isinstance(most, Reached)
    yield ("average return", f"{len(free.units):,}", f"{seconds:.4f}", "", f"{most.spend_gap:.1e} of it", "", "")
    concave = curves(max(int(1_000 * scale), 8), False)
    money = 10**5  # minor units of so much less each, so that caps in whole ones are as good as their parts
    finer = replace(
        concave,
        upper_minor=concave.upper_minor * money,
        budget=Budget.at_most(int(concave.upper_minor.sum()) * money),
        minor_per_spend=concave.minor_per_spend * money,
        hurdle=0.3,
    )
    share = Share("half", np.arange(len(finer.units) // 2), Fraction(3, 10))
    answer, seconds = best(lambda: with_shares(finer, (share,)), 1)
    assert isinstance(answer, Answer)
    apart = f"{answer.gap_before_rounding:.1e}"
    yield ("share of a total", f"{len(finer.units):,}", f"{seconds:.4f}", "", apart, "", "")


def _no_program(*_: object) -> tuple[None, None]:
    return None, None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-scale", type=float, default=1.0)
    scale = parser.parse_args().rows_scale
    heads = ("", "units", "seconds", "aim", "gap at most", "rival seconds", "rival below")
    print("\nA budget split by response curves, beside SLSQP; one tier each, beside HiGHS")
    print_table(heads, [*splits(scale), *chosen_tiers(scale), *swept(scale), *turned(scale)])


if __name__ == "__main__":
    main()
