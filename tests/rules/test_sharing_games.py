"""Shapley and Owen values of coalition tables, and units that can't be divided: published answers, axioms, twins."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from rules.problem import Refused
from rules.sharing.divisors import Method, Ties, divide_units, explain_units
from rules.sharing.owen import explain_owen, owen
from rules.sharing.shapley import Coalitions, additive, explain_shapley, shapley

FACTS = json.loads((Path(__file__).parent.parent / "cases/sharing.json").read_text("utf-8"))
worth = st.integers(-50, 50) | st.fractions(-20, 20, max_denominator=6) | st.integers(-(10**25), 10**25)


def players(count: int) -> tuple[str, ...]:
    return tuple(f"p{i:02d}" for i in range(count))


def table_of(count: int, worths: Any) -> Coalitions:
    """A table from a function of the set of players."""
    every = players(count)
    rows = [(each, worths(set(each))) for size in range(1, count + 1) for each in combinations(every, size)]
    return Coalitions.of(rows)


@st.composite
def tables(draw: st.DrawFn, count_max: int = 5) -> Coalitions:
    count = draw(st.integers(1, count_max))
    values = iter(draw(st.lists(worth, min_size=2**count, max_size=2**count)))
    return table_of(count, lambda _: next(values))


# --- Shapley ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FACTS["games"], ids=lambda case: case["id"])
def test_a_published_game_has_its_published_value(case: dict[str, Any]) -> None:
    table = Coalitions.of([(members, worth) for members, worth in case["worths"]])
    assert shapley(table) == {player: Fraction(value) for player, value in case["values"].items()}, case["source"]


def test_the_power_of_the_security_council() -> None:
    facts = FACTS["security_council"]
    decides = np.array([m & 31 == 31 and m.bit_count() >= 9 for m in range(2**15)], dtype=np.int64)
    table = Coalitions(players(15), decides, 1)
    values = list(shapley(table).values())
    assert values == [Fraction(facts["permanent"])] * 5 + [Fraction(facts["other"])] * 10, facts["source"]
    assert explain_shapley(table, "p14").value == Fraction(facts["other"])


@given(tables())
def test_all_that_all_are_worth_is_shared_and_told(table: Coalitions) -> None:
    values = shapley(table)
    assert sum(values.values()) == Fraction(int(table.worths[-1]), table.unit)
    for player, value in values.items():
        told = explain_shapley(table, player)
        assert told.value == value == sum(step.paid for step in told.steps)
        assert told.steps[-1].remaining == 0


@given(tables(4))
def test_the_value_is_the_mean_over_all_orders_of_arrival(table: Coalitions) -> None:
    """Shapley's own definition, worked through order by order."""
    added = dict.fromkeys(table.players, Fraction(0))
    orders = list(permutations(range(len(table.players))))
    for order in orders:
        coalition = 0
        for i in order:
            joined = coalition | 1 << i
            added[table.players[i]] += Fraction(int(table.worths[joined]) - int(table.worths[coalition]), table.unit)
            coalition = joined
    assert shapley(table) == {player: each / len(orders) for player, each in added.items()}


@given(tables(4), st.data())
def test_two_games_at_once_are_worth_both(table: Coalitions, data: st.DataObject) -> None:
    other = np.array([0, *(data.draw(st.integers(-99, 99)) for _ in range(len(table.worths) - 1))], dtype=object)
    summed = Coalitions(table.players, table.worths.astype(object) + other * table.unit, table.unit)
    one, two = shapley(table), shapley(Coalitions(table.players, other, 1))
    assert shapley(summed) == {player: one[player] + two[player] for player in table.players}


@given(st.dictionaries(st.sampled_from(players(6)), st.integers(0, 99).map(Fraction), min_size=1))
def test_who_adds_the_same_anywhere_gets_that(own: dict[str, Fraction]) -> None:
    """Additive games have their closed form; so do a null player, who gets nothing, and two alike, who get the same."""
    every = sorted(own)
    rows = [(each, sum(own[p] for p in each)) for n in range(1, len(own) + 1) for each in combinations(every, n)]
    assert shapley(Coalitions.of(rows)) == additive(own)


def test_a_null_player_gets_nothing_and_two_alike_the_same() -> None:
    values = shapley(table_of(4, lambda each: 12 if {"p00", "p01"} <= each else 3 * ("p00" in each or "p01" in each)))
    assert (values["p02"], values["p03"]) == (0, 0)
    assert values["p00"] == values["p01"] == 6


def test_sixteen_players_take_no_time() -> None:
    worths = np.arange(2**16, dtype=np.int64) * 999_983 % (10**13)
    started = time.process_time()
    values = shapley(Coalitions(players(16), worths, 1))
    assert time.process_time() - started < 0.2
    assert sum(values.values()) == int(worths[-1])
    wide = shapley(Coalitions(players(16), worths.astype(object) * 10**20, 1))
    assert wide == {player: value * 10**20 for player, value in values.items()}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([(["a"], 1), (["b"], 1)], "K211 no worth is given for {a, b}"),
        ([(["a"], 1), (["a"], 2)], "K212"),
        ([(["a", "a"], 1)], "K212"),
        ([([], 5), (["a"], 1)], "K213"),
        ([(list(players(21)), 5)], "K210"),
        ([(list(players(3)), 5)], "K211 no worth is given for {p00}; {p01}; {p00, p01} and 3 more"),
    ],
)
def test_a_table_that_is_incomplete_or_contradicts_itself_is_refused(rows: Any, code: str) -> None:
    with pytest.raises(Refused) as raised:
        Coalitions.of(rows)
    assert code in str(raised.value)


# --- Owen -------------------------------------------------------------------------------------------------------------


@given(tables(), st.data())
def test_unions_share_what_they_get_in_the_game_between_them(table: Coalitions, data: st.DataObject) -> None:
    unions = {player: data.draw(st.sampled_from(["x", "y", "z"])) for player in table.players}
    values = owen(table, unions)
    names = sorted(set(unions.values()))
    rows = []
    for size in range(1, len(names) + 1):
        for each in combinations(names, size):
            mask = sum(1 << i for i, player in enumerate(table.players) if unions[player] in each)
            rows.append((each, Fraction(int(table.worths[mask]), table.unit)))
    between = shapley(Coalitions.of(rows))
    for name in names:
        assert sum(values[player] for player in table.players if unions[player] == name) == between[name]
    for player in table.players:
        told = explain_owen(table, unions, player)
        assert told.value == values[player] == sum(step.paid for step in told.steps)


@given(tables(4))
def test_without_real_unions_it_is_the_shapley_value(table: Coalitions) -> None:
    assert owen(table, {player: player for player in table.players}) == shapley(table)
    assert owen(table, dict.fromkeys(table.players, "all")) == shapley(table)


def test_a_player_without_a_union_is_refused() -> None:
    with pytest.raises(Refused, match="K214"):
        owen(table_of(2, len), {"p00": "x"})


# --- divisor methods --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FACTS["divisors"], ids=lambda case: case["id"])
def test_a_published_apportionment_comes_out(case: dict[str, Any]) -> None:
    for method, expected in case["expected"].items():
        assert list(divide_units(case["units"], case["weights"], Method(method)).given.values()) == expected, case[
            "source"
        ]


@settings(max_examples=80)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30) | st.integers(10**20, 10**21), min_size=1),
    st.integers(0, 25) | st.integers(60, 90),
    st.sampled_from(list(Method)),
    st.sampled_from([Ties.FIRST, Ties.LAST, Ties.BIGGEST]),
)
def test_all_units_are_given_and_the_twin_counts_the_same(
    weights: dict[str, int], units: int, method: Method, ties: Ties
) -> None:
    if units and not any(weights.values()):
        with pytest.raises(Refused, match="K109"):
            divide_units(units, weights, method, ties)
        return
    found = divide_units(units, weights, method, ties)
    assert sum(found.given.values()) == units
    assert all(found.given[key] == 0 for key, weight in weights.items() if weight == 0)
    for key in weights:
        told = explain_units(units, weights, method, key, ties)
        assert told.value == found.given[key] == sum(step.paid for step in told.steps)
    # No Alabama paradox: divisor methods are house monotone.
    more = divide_units(units + 1, weights, method, ties) if any(weights.values()) else found
    assert all(more.given[key] >= found.given[key] for key in weights), (
        "no Alabama paradox: divisors are house monotone"
    )


def test_a_tie_for_the_last_unit_goes_by_the_named_rule() -> None:
    weights = {"b": 10, "a": 10, "c": 24}
    assert divide_units(3, weights, Method.JEFFERSON, Ties.FIRST).given == {"b": 0, "a": 1, "c": 2}
    assert divide_units(3, weights, Method.JEFFERSON, Ties.LAST).given == {"b": 1, "a": 0, "c": 2}
    assert divide_units(1, {"a": 10, "c": 20}, Method.WEBSTER, Ties.REFUSE).tied == ()
    assert divide_units(2, {"a": 10, "c": 30}, Method.WEBSTER, Ties.BIGGEST).given == {"a": 0, "c": 2}
    assert divide_units(2, {"a": 10, "c": 30}, Method.WEBSTER, Ties.FIRST).tied == ("a", "c")
    with pytest.raises(Refused, match="K221 the last unit is due to a and b alike"):
        divide_units(3, weights, Method.JEFFERSON)


@pytest.mark.parametrize("method", list(Method))
def test_a_million_units_are_near_the_exact_shares(method: Method) -> None:
    weights = {f"k{i}": 10**6 + i * i * 977 for i in range(50)}
    given = divide_units(1_000_000, weights, method, Ties.FIRST).given
    whole = sum(weights.values())
    assert sum(given.values()) == 1_000_000
    assert all(abs(given[key] - Fraction(weight * 1_000_000, whole)) < 2 for key, weight in weights.items())


def test_too_many_units_are_refused() -> None:
    with pytest.raises(Refused, match="K220"):
        divide_units(10_000_001, {"a": 1}, Method.HILL)
