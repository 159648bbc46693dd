"""Contests: who gets which prize, by published rules and worked by hand; what is said, conserved and refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, strategies as st
from pydantic import ValidationError

from rules.expressions.tree import Type
from rules.kinds.base import Terms
from rules.kinds.prizes import Prizes
from rules.quantities.apportion import Residue, apportion
from rules.quantities.currency import currency
from rules.quantities.exact import Exact

EUR = Terms(currency("EUR"), types={"base": Type.MONEY})
POINTS = replace(EUR, types={"base": Type.NUMBER})
Values = Sequence[int | Fraction | None]


def contest(prizes: Sequence[str], ties: str = "share", best: str = "highest", **more: Any) -> Prizes:
    return Prizes.model_validate({"best": best, "ties": ties, "prizes": list(prizes), **more})


def paid(kind: Prizes, values: Values, terms: Terms = POINTS) -> list[Fraction | None]:
    """What every row is paid in major units; both twins say the same, and a row without a base gets no answer."""
    columns = {"base": Exact.of(values)}
    assert kind.faults(terms) == [] and kind.faulty(columns, len(values), terms) == []
    due = kind.compute(columns, len(values), terms).fractions()
    for row, value in enumerate(values):
        assert due[row] == (None if value is None else kind.explain(columns, row, terms).value)
    return [None if amount is None else amount / 100 for amount in due]


# --- cases ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prizes", "values", "due"),
    [
        # GSN, "What if there is a tie?": three are first, and the prizes of 25, 15 and 8 make 16 for each; whoever
        # comes next has the fourth prize.
        (["25", "15", "8", "5"], [9, 9, 9, 7], [16, 16, 16, 5]),
        # DraftKings, "What Happens If Two Users Tie In A Contest?": 20 and 10 make 15 for each.
        (["20", "10"], [80, 80, 1], [15, 15, 0]),
        # FanDuel, "What happens if I tie?": two are second, and 500 and 200 make 350 for each.
        (["1_000", "500", "200"], [5, 5, 9], [350, 350, 1_000]),
        # The same: two are fifth of five tickets of 25, and the one that is left makes 12.50 for each.
        (["25"] * 5, [9, 8, 7, 6, 5, 5], [25, 25, 25, 25, Fraction("12.5"), Fraction("12.5")]),
        # Clever Pick, "a tie between winners of a multiple winner contest": two are first, the next one is third.
        (["500", "300", "100"], [9, 9, 7], [400, 400, 100]),
    ],
)
def test_those_who_are_level_share_the_prizes_of_their_places(
    prizes: list[str], values: list[int], due: list[int]
) -> None:
    assert paid(contest(prizes), values) == due


@pytest.mark.parametrize(
    ("config", "values", "due"),
    [
        ({}, [30, 10, 20], [500, 100, 300]),
        ({"best": "lowest"}, [30, 10, 20], [100, 500, 300]),
        ({}, [30], [500]),
        ({}, [5, 4, 3, 2], [500, 300, 100, 0]),
        ({}, [None, 1, None], [None, 500, None]),
        ({}, [], []),
        ({}, [None], [None]),
        ({"ties": "each"}, [9, 7, 7, 5], [500, 300, 300, 0]),
        ({"ties": "each"}, [9, 9, 9, 7], [500, 500, 500, 0]),
        ({"ties": "refuse"}, [9, 7, 5, 3, 3], [500, 300, 100, 0, 0]),
        ({"at_least": "10"}, [30, 10, 9], [500, 300, 0]),
        ({"at_most": "10", "best": "lowest"}, [30, 10, 9], [0, 300, 500]),
        ({"at_least": "10", "at_most": "20"}, [30, 15, 9, 15, None], [0, 400, 0, 400, None]),
        ({"at_least": "100"}, [30, 10, 9], [0, 0, 0]),
        ({}, [Fraction(1, 3), Fraction(2, 6), Fraction(1, 4)], [400, 400, 100]),
        ({}, [10**30, 10**30 + 1, -(10**30)], [300, 500, 100]),
    ],
)
def test_prizes_worked_by_hand(config: dict[str, Any], values: Values, due: Values) -> None:
    assert paid(contest(["500", "300", "100"], **config), values) == due


def test_a_bare_bound_is_an_amount_beside_money_and_a_number_beside_a_number() -> None:
    kind = contest(["500"], at_least="100_000")
    assert paid(kind, [9_999_999, None], EUR) == [0, None]
    assert paid(kind, [10_000_000], EUR) == [500]
    assert paid(kind, [100_000], POINTS) == [500]


@pytest.mark.parametrize(
    ("config", "row", "words"),
    [
        ({}, 0, "place 1 of 5, 0 ahead: 500.00"),
        ({}, 1, "place 2 of 5, 1 ahead, level with 2 more: (300.00 + 100.00) / 3 = 133.333333333.."),
        ({}, 4, "place 5 of 5, 4 ahead: no prize"),
        ({"ties": "each"}, 1, "place 2 of 5, 1 ahead, level with 2 more: 300.00 each"),
        ({"at_least": "21"}, 0, "place 1 of 1, 0 ahead: 500.00"),
        ({"at_least": "21"}, 1, "takes no part: 20.00 is below 21.00"),
        ({"best": "lowest", "at_most": "21"}, 0, "takes no part: 30.00 is above 21.00"),
        ({"best": "lowest", "at_most": "21"}, 4, "place 1 of 4, 0 ahead: 500.00"),
    ],
)
def test_the_explanation_says_the_place_and_who_is_ahead(config: dict[str, Any], row: int, words: str) -> None:
    columns = {"base": Exact.of([3_000, 2_000, 2_000, 2_000, 1_000])}
    reason = contest(["500", "300", "100"], **config).explain(columns, row, EUR)
    assert reason.words == words and reason.uses == ("base",)


def test_the_explanation_shows_who_took_part_and_who_is_level() -> None:
    columns = {"base": Exact.of([2_000, None, 3_000, 2_000, 500])}
    peers = contest(["500"], at_least="10").explain(columns, 3, EUR).peers
    assert peers is not None and peers.unit == "money"
    assert peers.rows == (0, 3, 2) and [int(peers.value(at)) for at in range(3)] == [2_000, 2_000, 3_000]
    assert peers.at == 1 and [peers.rows[at] for at in peers.near] == [0]


# --- contests that can't be paid, or say what they can't mean ---------------------------------------------------------


def test_a_refused_tie_names_all_who_are_level_for_a_prize() -> None:
    kind = contest(["500", "300", "100"], ties="refuse")
    faults = kind.faulty({"base": Exact.of([7, 9, None, 7, 5, 5, 9])}, 7, POINTS)
    assert [(fault.row, fault.beside, fault.code) for fault in faults] == [(1, (6,), "F312"), (0, (3,), "F312")]
    assert [fault.message for fault in faults] == [
        "place 1 has a prize, and 2 rows are level there",
        "place 3 has a prize, and 2 rows are level there",
    ]
    assert contest(["500"], ties="refuse", at_least="10").faulty({"base": Exact.of([9, 9])}, 2, POINTS) == []


@pytest.mark.parametrize(
    ("config", "terms", "codes"),
    [
        ({"prizes": ["500", "-1"]}, EUR, ["P187"]),
        ({"prizes": []}, EUR, ["P187"]),
        ({"prizes": ["USD 500", "0.001"]}, EUR, ["P130", "P132"]),
        ({"prizes": ["5"], "at_least": "EUR 5"}, EUR, []),
        ({"prizes": ["5"], "at_least": "EUR 5"}, POINTS, ["P188"]),
        ({"prizes": ["5"], "at_most": "USD 5"}, EUR, ["P130"]),
        ({"prizes": ["5"], "at_least": "6", "at_most": "5"}, EUR, ["P185"]),
    ],
)
def test_a_contest_that_says_nothing_clear_is_told(config: dict[str, Any], terms: Terms, codes: list[str]) -> None:
    assert [code for code, _, _ in contest(**config).faults(terms)] == codes


def test_what_happens_to_ties_is_never_assumed() -> None:
    with pytest.raises(ValidationError) as refusal:
        Prizes.model_validate({"best": "highest", "prizes": ["500"]})
    assert [(error["type"], error["loc"]) for error in refusal.value.errors()] == [("missing", ("ties",))]


# --- properties -------------------------------------------------------------------------------------------------------

money = st.integers(0, 10**6).map(lambda minor: f"{minor // 100}.{minor % 100:02}")
bases = st.lists(st.integers(-3, 3) | st.fractions(-3, 3, max_denominator=3) | st.none(), max_size=12)
ways = st.fixed_dictionaries(
    {"best": st.sampled_from(["highest", "lowest"])},
    optional={"at_least": st.sampled_from(["-2", "0", "0.5"]), "at_most": st.sampled_from(["0.5", "2"])},
)


@given(st.lists(money, min_size=1, max_size=6), ways, bases)
@example(["100", "50", "0"], {"best": "highest"}, [9, 9, 9, 8, 8, 8])
def test_shared_prizes_conserve_the_prize_money(prizes: list[str], way: dict[str, str], values: Values) -> None:
    """The exact dues add up to the first prizes, one for each who takes part; and so do the cents of each tie."""
    kind = contest(prizes, **way)
    columns, rows = {"base": Exact.of(values)}, len(values)
    due = kind.compute(columns, rows, POINTS)
    low, high = Fraction(way.get("at_least", "-99")), Fraction(way.get("at_most", "99"))
    count = sum(value is not None and low <= value <= high for value in values)
    money_minor = sum(Fraction(prize) * 100 for prize in prizes[:count])
    assert due.sum() == money_minor
    codes = kind.together(columns, rows, POINTS)
    cents = 0
    for code in np.unique(codes[due.is_known()]).tolist():
        level = np.flatnonzero((codes == code) & due.is_known())
        whole = due.take(level).sum()
        assert whole.denominator == 1, "those who are level hold whole prizes together"
        if whole:
            scaled, _ = due.take(level).scaled()
            cents += int(apportion(int(whole), scaled, level, Residue.LARGEST_REMAINDER).shares.sum())
    assert cents == money_minor


@given(st.lists(money, min_size=1, max_size=6), ways, st.sampled_from(["share", "each"]), bases, st.data())
def test_the_order_of_the_rows_decides_nothing(
    prizes: list[str], way: dict[str, str], ties: str, values: Values, data: st.DataObject
) -> None:
    kind = contest(prizes, ties, **way)
    order = data.draw(st.permutations(range(len(values))))
    turned = paid(kind, [values[row] for row in order])
    assert [paid(kind, values)[row] for row in order] == turned


@given(st.lists(money, min_size=1, max_size=6).map(lambda each: sorted(each, key=Fraction, reverse=True)), bases)
def test_whoever_is_ahead_gets_no_less(prizes: list[str], values: Values) -> None:
    due = paid(contest(prizes), values)
    both = zip(values, due, strict=True)
    known = sorted((value, amount) for value, amount in both if value is not None and amount is not None)
    assert [amount for _, amount in known] == sorted(amount for _, amount in known)
