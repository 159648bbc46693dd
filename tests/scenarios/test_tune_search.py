"""The search of a grid by itself, over plans whose worth is a formula: what it finds, how often it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import prod

import pytest
from hypothesis import example, given, settings, strategies as st

from scenarios.tuning.merit import Rank, energy
from scenarios.tuning.search import Grid, search
from scenarios.tuning.values import Picks

ONE = Fraction(1)


def worth(goal: Fraction | int, picks: Picks, missed: Fraction | int = 0) -> Rank:
    return Rank(1 if missed else 0, Fraction(missed), Fraction(goal), sum(map(bool, picks)), 0, picks)


class Seen:
    """What was looked at, and the best of it."""

    def __init__(self, rank: Callable[[Picks], Rank | None]) -> None:
        self.rank, self.often, self.best = rank, Counter[Picks](), None

    best: Rank | None

    def __call__(self, picks: Picks) -> Rank | None:
        self.often[picks] += 1
        found = self.rank(picks)
        if found is not None and (self.best is None or found < self.best):
            self.best = found
        return found


def looked(sizes: tuple[int, ...], rank: Callable[[Picks], Rank | None], most: int, start: Picks = ()) -> Seen:
    seen = Seen(rank)
    start = start or (0,) * len(sizes)
    found = search(Grid(sizes, start), start, seen, most, ONE, lambda: False)
    assert found.is_whole == (len(seen.often) == prod(sizes))
    assert len(seen.often) <= most and set(seen.often.values()) == {1}
    return seen


def test_few_plans_are_all_looked_at_in_the_order_of_the_grid() -> None:
    seen = looked((2, 3), lambda picks: worth(0, picks), 6)
    assert list(seen.often) == list(product(range(2), range(3)))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(0, 10**6), st.integers(2, 60))
@example([5, 5, 5], 7, 2)
@settings(max_examples=40, deadline=None)
def test_each_plan_is_looked_at_once_and_no_more_than_may_be(sizes: list[int], seed: int, most: int) -> None:
    """Any worth at all, plans that are none included: what is best of those looked at is never worse than the start."""

    def rank(picks: Picks) -> Rank | None:
        drawn = hash((seed, *picks)) % 11
        return None if drawn == 0 and any(picks) else worth(drawn, picks, drawn // 6)

    seen = looked(tuple(sizes), rank, most)
    first = rank((0,) * len(sizes))
    assert seen.best is not None and first is not None and seen.best <= first
    if prod(sizes) <= most:
        every = [found for picks in product(*map(range, sizes)) if (found := rank(picks)) is not None]
        assert seen.best == min(every)


LANDSCAPES: dict[str, tuple[tuple[int, ...], Callable[[Picks], Rank], Picks]] = {
    "a bowl": ((101, 101), lambda picks: worth((picks[0] - 73) ** 2 + (picks[1] - 12) ** 2, picks), (73, 12)),
    "a bowl of four": (
        (21, 21, 21, 21),
        lambda picks: worth(sum((pick - at) ** 2 for pick, at in zip(picks, (3, 17, 11, 5), strict=True)), picks),
        (3, 17, 11, 5),
    ),
    "a bowl with a wall": (
        (101, 101),
        lambda picks: worth((picks[0] - 70) ** 2 + (picks[1] - 70) ** 2, picks, max(sum(picks) - 100, 0)),
        (50, 50),
    ),
    "two bowls, the deeper one far away": (
        (201,),
        lambda picks: worth(min((picks[0] - 20) ** 2, (picks[0] - 170) ** 2 - 50), picks),
        (170,),
    ),
    "all fail but a corner": (
        (41, 41),
        lambda picks: worth(-picks[0], picks, max(60 - picks[0] - picks[1], 0)),
        (40, 20),
    ),
}


@pytest.mark.parametrize("name", LANDSCAPES)
def test_a_known_best_is_found_with_a_part_of_the_plans(name: str) -> None:
    sizes, rank, best = LANDSCAPES[name]
    seen = looked(sizes, rank, min(prod(sizes) // 2, 600))
    assert seen.best is not None and seen.best.picks == best
    assert looked(sizes, rank, min(prod(sizes) // 2, 600)).often == seen.often, "the same search each time"


def test_a_flat_goal_ends_at_once() -> None:
    seen = looked((1000, 1000), lambda picks: worth(0, picks), 100_000)
    assert seen.best is not None and seen.best.picks == (0, 0)
    assert len(seen.often) < 5_000


def test_what_is_no_plan_anywhere_ends_all_the_same() -> None:
    assert looked((1000, 1000), lambda picks: None, 500).best is None


def test_where_no_plan_can_be_better_only_fewer_changes_are_looked_for() -> None:
    seen = Seen(lambda picks: worth(0, picks))
    grid = Grid((100, 100, 100), (50, None, 50))
    search(grid, (50, 3, 70), seen, 1_000, ONE, lambda: True)
    assert list(seen.often) == [(50, 3, 70), (50, 3, 50)]


def test_one_value_of_a_parameter_is_kept() -> None:
    seen = looked((1, 50, 1, 50), lambda picks: worth((picks[1] - 20) ** 2 + picks[3], picks), 300)
    assert seen.best is not None and seen.best.picks == (0, 20, 0, 0)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10**12), st.integers(-(10**12), 10**12)), min_size=2))
def test_what_guides_the_search_never_turns_an_order_round(drawn: list[tuple[int, int, int]]) -> None:
    ranks = [
        Rank(state, Fraction(missed if state == 1 else 0, 10**6), Fraction(goal), 0, 0, ())
        for state, missed, goal in drawn
    ]
    told = [energy(each, Fraction(1000)) for each in sorted(ranks, key=lambda each: each[:2] if each[0] else each[:3])]
    assert told == sorted(told) and all(-1 <= each <= 4 for each in told)
    assert energy(None, ONE) >= max(told)
