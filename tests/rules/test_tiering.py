"""Tiers with their hysteresis, and ranks under each rule for ties, by hand and against their explanations."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rules.quantities.exact import Exact
from rules.scorecards.tiering import TiersSpec, Ties, explain_rank, explain_tier, ranks, tier_codes

LEVELS = {"bronze": "0", "silver": "60", "gold": "80"}
PLAIN = TiersSpec.model_validate(LEVELS)
STICKY = TiersSpec.model_validate({"levels": LEVELS, "hysteresis": {"keep_within": "5 points"}})
KEYS = np.array(["ahorn", "birke", "cedar", "douglas", "eiche", "fichte", "ginkgo", "hasel"])
SCORES = st.lists(st.none() | st.builds(Fraction, st.integers(-30, 400), st.sampled_from([1, 3, 4])), max_size=8)
TIES: list[Ties] = ["competition", "dense", "ordinal", "mean"]


def names(tiers: TiersSpec, codes: Exact) -> list[str | None]:
    return [None if code is None else tiers.names[int(code)] if code >= 0 else "none" for code in codes.fractions()]


def test_a_score_on_the_line_has_the_tier() -> None:
    scores = Exact.of([80, Fraction("79.99"), 60, 0, Fraction("-0.01"), None])
    assert names(PLAIN, tier_codes(PLAIN, scores)) == ["gold", "silver", "silver", "bronze", "none", None]


@pytest.mark.parametrize(
    ("score", "before", "after"),
    [
        (76, "gold", "gold"),  # within 5 points of 80
        (75, "gold", "gold"),  # at most 5: the edge is kept
        (Fraction("74.99"), "gold", "silver"),
        (56, "gold", "silver"),  # falls past gold, and is within 5 points of silver
        (54, "gold", "bronze"),
        (76, "silver", "silver"),  # who did not hold gold does not get it
        (80, "silver", "gold"),
        (-3, "gold", "bronze"),
        (-6, "gold", "none"),
        (76, None, "silver"),
        (58, "none", "bronze"),
    ],
)
def test_who_holds_a_tier_keeps_it_within_five_points(score: Any, before: str | None, after: str) -> None:
    opening = Exact.of([None if before is None else -1 if before == "none" else STICKY.names.index(before)])
    assert names(STICKY, tier_codes(STICKY, Exact.of([score]), opening)) == [after]


@given(scores=SCORES, data=st.data(), tiers=st.sampled_from([PLAIN, STICKY]))
def test_tiers_agree_with_their_explanation(
    scores: list[Fraction | None], data: st.DataObject, tiers: TiersSpec
) -> None:
    before = Exact.of([data.draw(st.sampled_from([None, -1, 0, 1, 2])) for _ in scores])
    opening = data.draw(st.sampled_from([None, before]))
    column = Exact.of(scores)
    codes = tier_codes(tiers, column, opening)
    assert disagreements(tiers, column, opening, codes) == []
    plain = tier_codes(PLAIN, column)
    known = np.flatnonzero(column.is_known())
    assert (codes.numerator[known] >= plain.numerator[known]).all(), "hysteresis never takes a tier away"


def disagreements(tiers: TiersSpec, scores: Exact, opening: Exact | None, codes: Exact) -> list[int]:
    reasons = [explain_tier(tiers, scores, row, opening) for row in range(len(scores))]
    return [row for row, reason in enumerate(reasons) if (reason and reason.value) != codes.fraction(row)]


def test_a_mutant_one_tier_off_is_caught() -> None:
    scores, opening = Exact.of([76, 10, 90]), Exact.of([2, 2, 0])
    codes = tier_codes(STICKY, scores, opening)
    assert disagreements(STICKY, scores, opening, codes - Exact.of([1, 0, 0])) == [0]


def test_the_words_of_a_kept_tier() -> None:
    reason = explain_tier(STICKY, Exact.of([76]), 0, Exact.of([2]))
    assert reason is not None
    assert reason.words == "76 reaches silver at 60; gold before, and within 5 points of gold at 80"


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        # The names and figures of Wikipedia, "Ranking", strategies for handling ties.
        ("competition", ["1", "2", "2", "4"]),
        ("dense", ["1", "2", "2", "3"]),
        ("ordinal", ["1", "2", "3", "4"]),
        ("mean", ["1", "5/2", "5/2", "4"]),
    ],
)
def test_ties_are_ranked_as_named(ties: Ties, expected: list[str]) -> None:
    column = ranks(Exact.of([90, 80, 80, 70]), ties, KEYS[:4])
    assert column.fractions() == [Fraction(each) for each in expected]


def test_ranks_are_counted_within_a_group_and_who_has_no_score_has_none() -> None:
    places = ranks(Exact.of([90, 95, 80, None, 70]), "competition", KEYS[:5], Exact.of([0, 1, 0, 0, None]))
    assert places.fractions() == [1, 1, 2, None, None]


def wrong_ranks(scores: Exact, ties: Ties, groups: Exact | None, places: Exact) -> list[int]:
    keys = KEYS[: len(scores)]
    reasons = [explain_rank(scores, ties, keys, row, groups) for row in range(len(scores))]
    return [row for row, reason in enumerate(reasons) if (reason and reason.value) != places.fraction(row)]


@given(scores=SCORES, ties=st.sampled_from(TIES), data=st.data())
def test_ranks_agree_with_their_explanation(scores: list[Fraction | None], ties: Ties, data: st.DataObject) -> None:
    few = [data.draw(st.sampled_from([None, 7, 8])) if data.draw(st.booleans()) else score for score in scores]
    codes = Exact.of([data.draw(st.sampled_from([0, 0, 1, None])) for _ in few])
    groups = data.draw(st.sampled_from([None, codes]))
    column = Exact.of(few)
    assert wrong_ranks(column, ties, groups, ranks(column, ties, KEYS[: len(few)], groups)) == []


@pytest.mark.parametrize("ties", TIES)
def test_a_mutant_one_place_off_is_caught(ties: Ties) -> None:
    scores = Exact.of([5, 9, 9])
    places = ranks(scores, ties, KEYS[:3])
    assert wrong_ranks(scores, ties, None, places + Exact.of([0, 0, 1])) == [2]


@given(scores=st.lists(st.integers(0, 5), min_size=1, max_size=8), order=st.randoms(use_true_random=False))
def test_mean_ranks_add_up_and_no_rank_depends_on_the_order_of_rows(scores: list[int], order: Any) -> None:
    count = len(scores)
    mean = ranks(Exact.of(scores), "mean", KEYS[:count])
    assert mean.sum() == Fraction(count * (count + 1), 2)
    shuffled = np.array(order.sample(range(count), count))
    for ties in TIES:
        places = ranks(Exact.of(scores), ties, KEYS[:count]).take(shuffled)
        assert ranks(Exact.of(scores).take(shuffled), ties, KEYS[:count][shuffled]).fractions() == places.fractions()
