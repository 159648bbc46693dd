"""What partners add: removal effects and Shapley values, each against a published case and a second derivation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rules.problem import Refused
from rules.sharing.owen import owen
from rules.sharing.shapley import Coalitions, shapley
from scenarios.attribution.credit import by_value, deals_below_zero
from scenarios.attribution.markov import Counts, removal_effects
from scenarios.attribution.paths import Path
from scenarios.attribution.shapley import BILLION, equal_split, rate_values, sampled_rates, touch_sets

few = settings(max_examples=settings().max_examples // 2)
walks = st.dictionaries(
    st.lists(st.integers(0, 3), max_size=5).map(tuple),
    st.builds(Counts, st.integers(0, 3), st.integers(0, 3)),
    min_size=1,
    max_size=8,
)


def has_won(paths: Mapping[Path, Counts]) -> bool:
    return any(counts.won for path, counts in paths.items() if path)


# --- Markov -----------------------------------------------------------------------------------------------------------

# Bryl', Marketing Multi-Channel Attribution model with R, part 1: Markov chains concept (analyzecore.com, 2016): C1, C2
# and C3 and then a purchase; C1, and nothing; C2, C3, and nothing. A third converts; without C1 half of that, without
# C2 or C3 none; so that 0.2, 0.4 and 0.4 of the purchase are theirs.
PUBLISHED = {(1, 2, 3): Counts(1, 0), (1,): Counts(0, 1), (2, 3): Counts(0, 1)}


def test_the_published_example_of_removal_effects() -> None:
    found = removal_effects(PUBLISHED)
    assert (found.chance, found.states, found.is_exact) == (Fraction(1, 3), 3, True)
    assert found.effects == {1: Fraction(1, 2), 2: 1, 3: 1}
    assert by_value(found.effects, {0: (1, 2, 3)})[0] == {1: Fraction(1, 5), 2: Fraction(2, 5), 3: Fraction(2, 5)}


def walked(paths: Mapping[Path, Counts], order: int, without: int | None, steps: int = 400) -> float:
    """The chance of a won journey by walking the chain step by step: no inverse, no linear system."""
    counted: dict[Path | None, dict[Path | str, int]] = {}
    for path, counts in paths.items():
        states: list[Path | None] = [None, *(path[max(0, at - order) : at] for at in range(1, len(path) + 1))]
        for state, then in zip(states, [*states[1:], "end"], strict=True):
            goes = counted.setdefault(state, {})
            if then == "end" and path:
                goes["won"] = goes.get("won", 0) + counts.won
                goes["lost"] = goes.get("lost", 0) + counts.lost
            elif isinstance(then, tuple):
                goes[then] = goes.get(then, 0) + counts.won + counts.lost
    here: dict[Path | str | None, float] = {None: 1.0}
    won = 0.0
    for _ in range(steps):
        after: dict[Path | str | None, float] = {}
        for state, chance in here.items():
            assert not isinstance(state, str)
            total = sum(counted[state].values())
            for then, times in counted[state].items():
                if then == "won":
                    won += chance * times / total
                elif isinstance(then, tuple) and times and without not in then:
                    after[then] = after.get(then, 0.0) + chance * times / total
        here = after
    return won


@few
@given(walks.filter(has_won), st.sampled_from([1, 2]))
def test_removal_effects_are_those_of_walking_the_chain(paths: dict[Path, Counts], order: int) -> None:
    found = removal_effects(paths, order)
    told = [counts for path, counts in paths.items() if path]
    won, every = sum(each.won for each in told), sum(each.won + each.lost for each in told)
    assert found.chance == Fraction(won, every), "a chain made of journeys is won as often as they were"
    whole = walked(paths, order, None)
    assert float(found.chance) == pytest.approx(whole, abs=1e-6)
    for partner, effect in found.effects.items():
        assert 0 <= effect <= 1
        assert float(effect) == pytest.approx(1 - walked(paths, order, partner) / whole, abs=1e-6)


@few
@given(walks.filter(has_won), st.sampled_from([1, 2, 3]))
def test_floats_say_what_fractions_say(paths: dict[Path, Counts], order: int) -> None:
    exact, floats = removal_effects(paths, order), removal_effects(paths, order, exact_states_max=0)
    assert (exact.is_exact, floats.is_exact) == (True, False)
    for partner, effect in exact.effects.items():
        assert abs(effect - floats.effects[partner]) <= Fraction(1, 10**8)


@few
@given(walks.filter(has_won))
def test_order_of_the_paths_and_touches_in_a_row_change_nothing(paths: dict[Path, Counts]) -> None:
    again = {path: paths[path] for path in reversed(list(paths))}
    assert removal_effects(again) == removal_effects(paths)
    twice = {tuple(each for each in path for _ in range(2)): counts for path, counts in paths.items()}
    assert removal_effects(twice).effects == removal_effects(paths).effects


def test_who_touched_no_won_deal_has_no_effect_and_who_touched_all_has_all() -> None:
    paths = {(0, 1): Counts(3, 1), (0, 2): Counts(0, 2), (0,): Counts(1, 1)}
    assert removal_effects(paths).effects == {0: 1, 1: Fraction(3, 4), 2: 0}


def test_an_order_of_two_tells_apart_who_came_before() -> None:
    paths = {(0, 1): Counts(4, 0), (2, 1): Counts(0, 4)}
    assert removal_effects(paths, order=1).effects == {0: Fraction(1, 2), 1: 1, 2: Fraction(1, 2)}
    assert removal_effects(paths, order=2).effects == {0: 1, 1: 1, 2: 0}


def test_what_no_chain_can_say_is_refused() -> None:
    with pytest.raises(Refused, match="M402"):
        removal_effects({(0,): Counts(0, 3), (): Counts(2, 0)})
    with pytest.raises(Refused, match=r"M403 the paths have 2,501 states of 1 touches, of 2,500 at most"):
        removal_effects({(partner,): Counts(1, 0) for partner in range(2_501)})


# --- Shapley ----------------------------------------------------------------------------------------------------------


def rate(sets: Mapping[Path, Counts], coalition: Sequence[int]) -> Fraction:
    """The rate at which deals were won that nobody outside a coalition touched, half even in billionths."""
    told = [counts for members, counts in sets.items() if set(members) <= set(coalition)]
    won, every = sum(each.won for each in told), sum(each.won + each.lost for each in told)
    return Fraction(round(Fraction(won * BILLION, every)) if every else 0, BILLION)


def over_all_orders(sets: Mapping[Path, Counts], players: Sequence[int]) -> dict[int, Fraction]:
    """Shapley's own definition: what each adds to those before it, over every order there is."""
    found = dict.fromkeys(players, Fraction(0))
    for order in permutations(players):
        for at, player in enumerate(order):
            found[player] += rate(sets, order[: at + 1]) - rate(sets, order[:at])
    return {player: value / math.factorial(len(players)) for player, value in found.items()}


def players_of(sets: Mapping[Path, Counts]) -> list[int]:
    return sorted({each for members in sets for each in members})


@few
@given(walks)
def test_rates_are_shared_as_over_all_orders_and_add_up(paths: dict[Path, Counts]) -> None:
    sets = touch_sets(paths)
    found, players = rate_values(sets), players_of(sets)
    assert found == over_all_orders(sets, players)
    assert sum(found.values(), Fraction(0)) == rate(sets, players) - rate(sets, []), "efficiency"


def test_equal_partners_have_equal_values_and_one_who_changes_nothing_has_none() -> None:
    paths = {(0,): Counts(2, 1), (1,): Counts(2, 1), (0, 1): Counts(5, 1), (): Counts(1, 5)}
    found = rate_values(touch_sets(paths))
    assert found[0] == found[1], "symmetry"
    alike = {(): Counts(1, 1), (7,): Counts(2, 2), (0,): Counts(3, 1), (0, 7): Counts(6, 2)}
    assert rate(touch_sets(alike), [0, 7]) == rate(touch_sets(alike), [0])
    assert rate_values(touch_sets(alike))[7] == 0, "a null player"


def test_a_partner_whose_deals_are_lost_is_below_zero() -> None:
    paths = {(): Counts(1, 1), (0,): Counts(3, 0), (1,): Counts(0, 3), (0, 1): Counts(1, 1)}
    found = rate_values(touch_sets(paths))
    assert found[0] > 0 > found[1]
    won = {0: (0,), 1: (0, 1), 2: (1,)}
    assert deals_below_zero(found, won) == {1: 2}
    kept = by_value(found, won)
    assert 2 not in kept, "of less than nothing there is no proportion"
    assert by_value(found, won, is_zeroed=True) == {0: {0: 1}, 1: {0: 1, 1: 0}}


@few
@given(walks, st.lists(st.sampled_from("xyz"), min_size=4, max_size=4))
def test_owen_values_are_those_of_the_whole_table(paths: dict[Path, Counts], unions: list[str]) -> None:
    sets = touch_sets(paths)
    players = players_of(sets)
    every = [each for size in range(1, len(players) + 1) for each in combinations(players, size)]
    table = Coalitions.of([([str(p) for p in each], rate(sets, each) - rate(sets, [])) for each in every])
    expected = owen(table, {str(player): unions[player] for player in players}) if players else {}
    assert rate_values(sets, unions) == {player: expected[str(player)] for player in players}


def test_more_partners_than_coalitions_can_be_worked_out_for() -> None:
    sets = {(at, at + 1): Counts(at % 3 + 1, at % 2) for at in range(29)} | {(): Counts(1, 3)}
    with pytest.raises(Refused, match=r"M404 30 partners have 2\^30 coalitions; those of 20 can be"):
        rate_values(sets)
    unions = [f"U{at // 5}" for at in range(30)]
    found = rate_values(sets, unions)
    assert sum(found.values(), Fraction(0)) == rate(sets, range(30)) - rate(sets, [])
    with pytest.raises(Refused, match="M405 the union U has 30 partners"):
        rate_values(sets, ["U"] * 30)


def test_sampling_comes_within_its_standard_error_and_is_the_same_for_a_seed() -> None:
    sets = touch_sets(
        {(0,): Counts(3, 1), (0, 1): Counts(4, 4), (1, 2): Counts(2, 6), (3,): Counts(1, 1), (): Counts(1, 4)}
    )
    exact, found = rate_values(sets), sampled_rates(sets, 1_500, seed=7)
    assert found == sampled_rates(sets, 1_500, seed=7) != sampled_rates(sets, 1_500, seed=8)
    for player, value in exact.items():
        assert abs(found.values[player] - float(value)) <= 4 * found.errors[player] + 1e-9
    assert sum(found.values.values()) == pytest.approx(float(sum(exact.values())), abs=1e-9)


# --- the game of revenue ----------------------------------------------------------------------------------------------


def of_revenue(deals: Mapping[int, Path], amounts: Sequence[int], players: Sequence[int]) -> dict[str, Fraction]:
    """The Shapley value of the game in which a coalition is worth the deals that it includes all partners of."""
    every = [each for size in range(1, len(players) + 1) for each in combinations(players, size)]
    rows = [
        ([str(p) for p in each], sum(amounts[deal] for deal, path in deals.items() if path and set(path) <= set(each)))
        for each in every
    ]
    return shapley(Coalitions.of(rows))


deals_any = st.dictionaries(st.integers(0, 5), st.lists(st.integers(0, 4), max_size=4).map(tuple), max_size=6)
amounts_any = st.lists(st.integers(0, 10_000), min_size=6, max_size=6)


def summed(
    deals: Mapping[int, Path], amounts: Sequence[int], unions: Sequence[str] | None = None
) -> dict[int, Fraction]:
    found: dict[int, Fraction] = {}
    for deal, mine in equal_split(deals, unions).items():
        for player, share in mine.items():
            found[player] = found.get(player, Fraction(0)) + share * amounts[deal]
    return found


@few
@given(deals_any, amounts_any)
def test_equal_parts_are_the_shapley_value_of_revenue(deals: dict[int, Path], amounts: list[int]) -> None:
    players = sorted({each for path in deals.values() for each in path})
    expected = of_revenue(deals, amounts, players)
    assert {str(player): value for player, value in summed(deals, amounts).items()} == expected


@few
@given(deals_any, amounts_any, st.lists(st.sampled_from("xy"), min_size=5, max_size=5))
def test_by_unions_they_are_its_owen_value(deals: dict[int, Path], amounts: list[int], unions: list[str]) -> None:
    players = sorted({each for path in deals.values() for each in path})
    every = [each for size in range(1, len(players) + 1) for each in combinations(players, size)]
    rows = [
        ([str(p) for p in each], sum(amounts[deal] for deal, path in deals.items() if path and set(path) <= set(each)))
        for each in every
    ]
    expected = owen(Coalitions.of(rows), {str(player): unions[player] for player in players}) if players else {}
    assert {str(player): value for player, value in summed(deals, amounts, unions).items()} == expected


@given(deals_any, amounts_any, amounts_any)
def test_the_values_of_two_years_are_those_of_each_added(
    deals: dict[int, Path], one: list[int], two: list[int]
) -> None:
    both = summed(deals, [a + b for a, b in zip(one, two, strict=True)])
    first, second = summed(deals, one), summed(deals, two)
    assert both == {player: first[player] + second[player] for player in both}, "additivity"
    assert all(sum(mine.values()) == 1 for mine in equal_split(deals).values()), "efficiency"


def test_sixteen_partners_are_worked_out_in_full() -> None:
    chance = np.random.default_rng(3)
    sets = {}
    for _ in range(300):
        size = int(chance.integers(1, 5))
        members = tuple(sorted(chance.choice(16, size=size, replace=False).tolist()))
        sets[members] = Counts(int(chance.integers(0, 4)), int(chance.integers(0, 4)))
    found = rate_values(sets)
    assert sum(found.values(), Fraction(0)) == rate(sets, range(16)) - rate(sets, [])
    assert found == rate_values({members: sets[members] for members in reversed(list(sets))})
