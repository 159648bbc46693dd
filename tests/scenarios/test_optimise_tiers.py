"""One tier for each partner: against every choice, a published knapsack, and a solver that fails."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core import tied
from scenarios.optimise.core.feasible import Infeasible
from scenarios.optimise.core.program import integer_program, silence
from scenarios.optimise.core.tiers import Chosen, Tiers, choose


def names(count: int) -> tuple[str, ...]:
    return tuple(f"p{place:05d}" for place in range(count))


def drawn(seed: int, partners: int, tiers: int) -> Tiers:
    rng = np.random.default_rng(seed)
    cost = np.cumsum(rng.integers(0, 5_000, (partners, tiers)), axis=1)
    value = np.where(rng.random((partners, tiers)) < 0.1, -np.inf, np.cumsum(rng.lognormal(size=(partners, tiers)), 1))
    value[:, 0] = 0.0
    low, high = int(cost.min(axis=1).sum()), int(cost.max(axis=1).sum())
    return Tiers(names(partners), cost, value, int(rng.integers(low, high + 1)))


def nothing(value: Floats, cost: Rows, budget: int, gap: float) -> tuple[Rows | None, float | None]:
    """A program that ends without a choice and without a bound."""
    return None, None


def chosen(tiers: Tiers, gap: float = 1e-6) -> Chosen:
    found = choose(tiers, gap)
    assert isinstance(found, Chosen)
    at = np.arange(len(found.tier))
    assert found.cost_minor == int(tiers.cost_minor[at, found.tier].sum()) <= tiers.budget_minor
    assert found.value == pytest.approx(float(tiers.value[at, found.tier].sum())) and found.bound >= found.value
    return found


@pytest.mark.parametrize("seed", range(25))
def test_no_choice_is_better(seed: int) -> None:
    tiers = drawn(seed, 4, 4)
    at = np.arange(4)
    every = np.array(list(product(range(4), repeat=4)))
    worth = np.where(tiers.cost_minor[at, every].sum(axis=1) <= tiers.budget_minor, tiers.value[at, every].sum(1), -1)
    assert chosen(tiers).value == pytest.approx(float(worth.max()), rel=1e-6)


def test_a_published_knapsack() -> None:
    """Burkardt, KNAPSACK_01 data set P07: capacity 750, best profit 1458."""
    weights = [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120]
    profits = [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240]
    found = chosen(Tiers(names(15), [[0, each] for each in weights], [[0, each] for each in profits], 750), 1e-8)
    assert found.value == 1458 and found.gap <= 1e-8 and found.unspent_minor == 1


def test_many_partners_need_no_program() -> None:
    for count in (300, 1_000, 3_000):
        found = choose(drawn(1, count, 8), 1e-6, nothing)
        assert isinstance(found, Chosen) and found.gap <= 1e-6 and found.shadow_price is not None


@pytest.mark.parametrize("seed", range(8))
def test_the_core_alone_proves_the_best_choice(seed: int) -> None:
    """Where no state is dropped, the choice is the best but by rounding, as the integer program finds it too."""
    tiers = drawn(seed, 12, 4)
    found = choose(tiers, 0.0, nothing)
    assert isinstance(found, Chosen) and found.gap < 1e-13
    best, _ = integer_program(tiers.value, tiers.cost_minor, tiers.budget_minor, 1e-12)
    assert best is not None and found.value == pytest.approx(float(tiers.value[np.arange(12), best].sum()), rel=1e-9)


def test_a_core_of_too_many_states_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Costs that are their values: all choices are tied, and states are dropped; the bound of the price stands."""
    monkeypatch.setattr(tied, "STATES_MAX", 50)
    cost = np.cumsum(np.random.default_rng(3).integers(1, 10**6, (12, 5)), axis=1) * 2
    found = choose(Tiers(names(12), cost, cost * 1.0, int(cost.mean(axis=1).sum()) | 1), 0.0, nothing)
    assert isinstance(found, Chosen) and found.value <= found.bound and found.gap > 1e-9


def test_all_that_is_worth_having_fits() -> None:
    found = chosen(Tiers(names(2), [[0, 5], [0, 7]], [[0, 1], [2, 1]], 100))
    assert found.tier.tolist() == [1, 0] and found.shadow_price == 0 and found.gap < 1e-12


def test_the_order_of_partners_changes_nothing() -> None:
    tiers = drawn(2, 60, 5)
    order = np.random.default_rng(0).permutation(60)
    other = Tiers(
        tuple(tiers.partners[place] for place in order), tiers.cost_minor[order], tiers.value[order], tiers.budget_minor
    )
    one, two = choose(tiers, 1e-2), choose(other, 1e-2)
    assert isinstance(one, Chosen) and isinstance(two, Chosen)
    assert one.tier[order].tolist() == two.tier.tolist() and one.bound == two.bound


def test_the_tiers_in_force_are_kept_where_nothing_better_is_found() -> None:
    tiers = drawn(3, 5, 4)
    best = chosen(tiers)
    again = choose(Tiers(tiers.partners, tiers.cost_minor, tiers.value, tiers.budget_minor, best.tier), 10.0)
    assert isinstance(again, Chosen) and again.value == best.value


def test_the_least_tiers_cost_too_much() -> None:
    found = choose(Tiers(("a", "b"), [[40, 50], [30, 90]], [[1, 2], [1, 2]], 60))
    assert isinstance(found, Infeasible)
    assert str(found) == "the floors of a, b add up to 70, 10 more than the most that the budget allows, 60"


def test_a_program_that_finds_nothing_leaves_what_was_found() -> None:
    """HiGHS may end without a choice and without a bound: the choice by prices and its bound stand."""

    found = choose(drawn(5, 6, 4), 0.0, nothing)
    assert isinstance(found, Chosen) and found.solver.startswith("price") and found.bound >= found.value


def test_what_a_solver_writes_goes_nowhere(tmp_path: Path) -> None:
    kept = os.dup(1)
    with (tmp_path / "out").open("w") as out:
        os.dup2(out.fileno(), 1)
        with silence():
            os.write(1, b"HighsMipSolverData::transformNewIntegerFeasibleSolution")
        os.write(1, b"{}")
        os.dup2(kept, 1)
    os.close(kept)
    assert (tmp_path / "out").read_text() == "{}"
