"""Shares by saved weights: whole numbers out of those of their row, whatever order they come in."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from crediting_rows import EUR, By, Row, by_name, candidates, check_whole, codes, earned, part, rule, words
from hypothesis import given, strategies as st

from rules.crediting.credited import credited
from rules.crediting.reason import explain_share

MARKOV: dict[str, Any] = {"attributions": "markov"}


def weight(partner: str, share: str | None, row: str = "D-1") -> By:
    return By(partner, "markov", share, None, row)


def test_each_earns_its_weight_out_of_those_of_its_deal() -> None:
    told = candidates([weight("ann", "40"), weight("bob", "44"), weight("cid", "55"), weight("ann", "7", "D-2")])
    result = credited(rule(MARKOV), told, EUR)
    assert by_name(told, result) == {
        ("D-1", "ann", "markov", 0): part("40/139"),
        ("D-1", "bob", "markov", 0): part("44/139"),
        ("D-1", "cid", "markov", 0): part("55/139"),
        ("D-2", "ann", "markov", 0): 1,
    }
    assert words(rule(MARKOV), told, "bob") == "weight 44 of 139, by markov"


def test_a_rule_that_names_a_version_says_it() -> None:
    spec = rule({"attributions": {"method": "markov", "version": "8c75914b2c0a.22640f70f053"}})
    told = candidates([weight("ann", "1"), weight("bob", "3")])
    assert words(spec, told, "bob") == "weight 3 of 4, by markov in version 8c75914b2c0a.22640f70f053"


def test_a_deal_without_weights_is_the_house_s_or_its_own_partner_s() -> None:
    rows = {"D-1": Row(), "D-2": Row()}
    assert credited(rule(MARKOV), candidates([weight("ann", "1")], rows), EUR).shares.house.fractions() == [0, 1]
    spec = rule({"attributions": {"method": "markov", "otherwise": "owner"}})
    told = candidates([weight("ann", "1"), By("bob", "owner", "1", None, "D-2")], rows)
    assert by_name(told, credited(spec, told, EUR)) == {
        ("D-1", "ann", "markov", 0): 1,
        ("D-2", "bob", "owner", 0): 1,
    }


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (("1", None), "the weight of bob on D-1 is blank"),
        (("3", "-1"), "the weight of bob on D-1 is -1"),
        (("0", "0"), "the weights on D-1 add up to 0"),
    ],
)
def test_weights_that_nobody_can_share_by_are_told(weights: tuple[str | None, str | None], expected: str) -> None:
    told = candidates([weight("ann", weights[0]), weight("bob", weights[1])])
    assert codes(rule(MARKOV), told) == [("C130", expected)]


def test_weights_below_zero_take_from_others_only_where_that_is_meant() -> None:
    kept = rule({"attributions": {"method": "markov", "negative": "keep"}})
    told = candidates([weight("ann", "5"), weight("bob", "-1")])
    assert earned(kept, told) == {"ann": part("5/4"), "bob": part("-1/4")}
    assert codes(kept, candidates([weight("ann", "1"), weight("bob", "-1")])) == [
        ("C130", "the weights on D-1 add up to 0")
    ]


lines_any = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", "cid"]), st.integers(0, 10**9), st.sampled_from(["D-1", "D-2"])),
    min_size=1,
    unique_by=lambda line: (line[0], line[2]),
)


@given(lines_any, st.randoms(use_true_random=False))
def test_the_twins_agree_and_the_order_of_rows_changes_nothing(lines: list[tuple[str, int, str]], chance: Any) -> None:
    spec, told = rule(MARKOV), candidates([weight(who, str(number), row) for who, number, row in lines])
    result = credited(spec, told, EUR)
    totals = {row: sum(number for _, number, of in lines if of == row) for _, _, row in lines}
    if not all(totals.values()):
        assert {code for code, _ in codes(spec, told)} == {"C130"}
        return
    check_whole(told, result)
    for i in range(len(result.shares)):
        reason = explain_share(spec, told, result.shares, i, EUR)
        assert reason.value == result.shares.share.fraction(i)
    expected = {(row, who): Fraction(number, totals[row]) for who, number, row in lines if number}
    assert {(row, who): share for (row, who, *_), share in by_name(told, result).items()} == expected
    order = list(range(len(lines)))
    chance.shuffle(order)
    again = told.take(np.array(order))
    assert by_name(again, credited(spec, again, EUR)) == by_name(told, result)
