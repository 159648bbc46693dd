"""Kinds that read rows beside the members: twins agree, pools are conserved, and the order of rows decides nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from pydantic import ValidationError

from rules.kinds.base import Terms
from rules.problem import Refused
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.sharing.accounts import accounts_of
from rules.sharing.base import Awards, Given, PoolKind, Pot, TableRows
from rules.sharing.coalitions import Shapley
from rules.sharing.distribution import Distribution
from rules.sharing.whole_units import WholeUnits

EUR = Terms(currency("EUR"))
LAST = 20_453
KEYS = np.array(["ann", "bob", "eve"], dtype=object)
LAYERS = [
    {"capital": "true"},
    {"preferred": {"rate": "8%", "compounding": "yearly"}},
    {"catch_up": {"share": "60%", "to": "20%"}},
    {"split": {"carry": "20%", "until": {"rate": "12%"}}},
    {"split": {"carry": "30%"}},
]
minor = st.integers(0, 10**9)


def agreed(kind: PoolKind, columns: dict[str, Exact], pot: Pot) -> Awards:
    """The awards, which the twin tells for every member, and which conserve the pool."""
    found = kind.award(columns, pot)
    assert found.exact.sum() + found.left + (found.carry or 0) == pot.size
    for row in range(pot.count):
        assert kind.tell(columns, row, pot).value == found.exact.fraction(row)
    if kind.has_carry:
        assert kind.tell_carry(columns, pot).value == found.carry
        layers = (sum((paid.fraction(row) or Fraction(0) for paid in found.layers), Fraction(0)) for row in range(3))
        assert list(layers) == found.exact.fractions()
    return found


@st.composite
def funds(draw: st.DrawFn) -> tuple[Distribution, Pot]:
    count = len(LAYERS)
    moves = draw(
        st.lists(st.tuples(st.integers(-1, 2), minor, st.integers(LAST - 1_500, LAST)), min_size=1, max_size=6)
    )
    who, amounts, days = zip(*moves, strict=True)
    rows = TableRows(np.array(who), {"amount": Exact.of(amounts), "occurred_on": Exact.of(days)})
    before = []
    for last in draw(st.lists(st.sampled_from([LAST - 730, LAST - 365]), unique=True)):
        layers = [draw(st.lists(minor, min_size=3, max_size=3)) for _ in range(count)]
        others = draw(minor)
        given_ = Given(
            last, tuple(map(Exact.of, layers)), tuple(Fraction(sum(each) + others) for each in layers), Fraction(others)
        )
        before.append(given_)
    chosen = [*draw(st.permutations(LAYERS[:-1])), LAYERS[-1]]  # what splits without end comes last
    config: dict[str, Any] = {"layers": chosen}
    if draw(st.booleans()):
        config["clawback"] = {"to": draw(st.sampled_from(["0%", "20%", "1/3"])), "on": "2025-12-30"}
    return Distribution.model_validate(config), Pot(
        Fraction(draw(minor)), EUR, KEYS, LAST, rows, tuple(sorted(before, key=lambda each: each.last)), LAST - 30
    )


@given(funds())
def test_a_distribution_pays_what_it_tells_and_no_more_than_it_has(fund: tuple[Distribution, Pot]) -> None:
    agreed(fund[0], {}, fund[1])


@given(funds())
def test_a_clawback_leaves_the_carry_no_less_than_nothing_and_no_more_than_its_part(
    fund: tuple[Distribution, Pot],
) -> None:
    """In all periods: what the carry keeps is within nothing and its part of all profit, unless nobody has a share."""
    kind, pot = fund
    assume(kind.clawback is not None)
    assert kind.clawback is not None
    found, without = kind.award({}, pot), kind.model_copy(update={"clawback": None}).award({}, pot)
    earlier = sum((each.carry for each in pot.before), Fraction(0))
    kept, had = earlier + (found.carry or 0), earlier + (without.carry or 0)
    assert 0 <= kept <= had
    assert found.left == without.left
    assert found.exact.sum() - without.exact.sum() == had - kept
    assert found.layers[:-1] == () or [each.fractions() for each in found.layers[:-1]] == [
        each.fractions() for each in without.layers
    ]
    accounts = accounts_of(kind, True, {}, pot)
    assume(accounts.shares.sum() > 0)
    held = [max(each, Fraction(0)) for each in accounts.movements.until(pot.last).balances().fractions() if each]
    returned = [paid.sum() for layer, paid in zip(kind.layers, without.layers, strict=True) if layer.capital]
    beyond = accounts.profit.sum() + accounts.profit_of_others + without.exact.sum() - sum(returned)  # type: ignore[union-attr]
    profit = beyond - (sum(held) - sum(returned)) + had
    assert kept <= kind.clawback.to * max(profit, Fraction(0))


@given(funds(), st.randoms())
def test_the_order_of_movements_decides_nothing(fund: tuple[Distribution, Pot], chance: Any) -> None:
    kind, pot = fund
    assert pot.rows is not None
    order = list(range(len(pot.rows.members)))
    chance.shuffle(order)
    turned = TableRows(
        pot.rows.members[order], {name: each.take(np.array(order)) for name, each in pot.rows.columns.items()}
    )
    other = replace(pot, rows=turned)
    assert kind.award({}, other).exact.fractions() == kind.award({}, pot).exact.fractions()


@given(st.lists(minor, min_size=7, max_size=7), minor, st.sampled_from([None, (0, 0, 1), (0, 1, 2), (0, 0, 0)]))
def test_a_game_is_shared_by_what_is_told(worths: list[int], size: int, unions: tuple[int, ...] | None) -> None:
    coalitions = [members for many in (1, 2, 3) for members in combinations(range(3), many)]
    rows = [
        (at, member, worth) for at, (who, worth) in enumerate(zip(coalitions, worths, strict=True)) for member in who
    ]
    labels, members, worth_of = zip(*rows, strict=True)
    read = TableRows(np.array(members), {"coalition": Exact.of(labels), "worth": Exact.of(worth_of)})
    kind = Shapley.model_validate({} if unions is None else {"unions": "partners.parent_id"})
    columns = {} if unions is None else {"unions": Exact.of(unions)}
    pot = Pot(Fraction(size), EUR, KEYS, LAST, read)
    try:
        kind.award(columns, pot)
    except Refused as refusal:
        assert {problem.code for problem in refusal.problems} <= {"K215", "F304"}
        assume(False)
    agreed(kind, columns, pot)


@given(
    st.lists(st.integers(0, 50) | st.fractions(0, 9, max_denominator=9), min_size=3, max_size=3),
    st.integers(1, 40),
    minor,
    st.sampled_from(["jefferson", "webster", "hill", "dean", "adams"]),
    st.sampled_from(["first", "last", "biggest"]),
)
def test_units_are_given_as_they_are_told(
    weights: list[Fraction | int], count: int, size: int, method: str, ties: str
) -> None:
    assume(any(weights))
    kind = WholeUnits.model_validate({"count": str(count), "of": "a", "method": method, "ties": ties})
    agreed(kind, {"of": Exact.of(weights)}, Pot(Fraction(size), EUR, KEYS))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"layers": []}, "a waterfall without layers"),
        ({"layers": [{"mark": {}}]}, "a layer up to the mark, and no marks"),
        ({"layers": [{"capital": "true"}], "marks": "a.opening"}, "marks that no layer reads"),
        ({"layers": [{"capital": "true"}], "clawback": {"to": "100%", "on": "2026-12-31"}}, "above 100 % of all"),
        ({"layers": [{"capital": "true"}], "clawback": {"to": "-1%", "on": "2026-12-31"}}, "a part of -1 %"),
        ({"layers": [{"capital": "true"}], "clawback": {"to": "20%", "on": "soon"}}, "soon"),
        ({"layers": [{"capital": "true"}], "clawback": {"to": "20%"}}, "on"),
    ],
)
def test_what_a_distribution_must_not_say(config: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Distribution.model_validate(config)
