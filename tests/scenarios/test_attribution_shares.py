"""Who is credited with which deal: rules of touches, who sourced and influenced it, money and whole weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.values.journeys import NOBODY, UNKNOWN_DAY, Journeys
from engine.values.weights import is_unchanged
from rules.problem import Refused
from rules.quantities.exact import Exact
from scenarios.attribution.by_rule import by_shape, influenced, sourced
from scenarios.attribution.credit import Shares
from scenarios.attribution.methods import METHODS, SHAPES, Asked, attributed, brought_to_all
from scenarios.attribution.money import credited, won_minor
from scenarios.attribution.paths import counted, paths
from scenarios.attribution.table import BILLION, weighed, whole_weights

CLOSED = date(2026, 3, 31).toordinal()
few = settings(max_examples=settings().max_examples // 2)
WHO = ("ann", "bob", "cid", "dee")

Touch = tuple[int, int, int]  # deal, partner, days before the close


def journeys(
    touches: Sequence[Touch],
    deals: int = 1,
    lost: Sequence[int] = (),
    lead: int | None = None,
    opportunity: int | None = None,
    registrant: int = NOBODY,
    amounts: Sequence[int | None] | None = None,
) -> Journeys:
    """Deals closed on one day; `lead` and `opportunity` so many days before, the same for all."""

    def day(before: int | None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.full(deals, UNKNOWN_DAY if before is None else CLOSED - before, dtype=np.int64)

    deal, partner, before = np.array(touches, dtype=np.int64).reshape(-1, 3).T
    return Journeys(
        partners=WHO,
        deals=[f"D-{at}" for at in range(deals)],
        is_won=np.array([at not in lost for at in range(deals)]),
        closed_day=day(0),
        lead_day=day(lead),
        opportunity_day=day(opportunity),
        amount_minor=Exact.of([10_000] * deals if amounts is None else amounts),
        registrant=np.full(deals, registrant, dtype=np.int64),
        touch_deal=deal,
        touch_partner=partner,
        touch_day=CLOSED - before,
        touch_key=np.arange(len(deal), dtype=np.int64),
    )


# --- rules of touches -------------------------------------------------------------------------------------------------

# Four touches 21, 14, 7 and 0 days before the close, the third with the lead, the fourth with the opportunity; by the
# definitions of the rules (first, last, linear, 40/20/40, 30/30/30/10, 2^(-days/7)).
FOUR = {
    "first": ("1", "0", "0", "0"),
    "last": ("0", "0", "0", "1"),
    "linear": ("1/4", "1/4", "1/4", "1/4"),
    "u": ("2/5", "1/10", "1/10", "2/5"),
    "w": ("3/10", "1/10", "3/10", "3/10"),
    "time_decay": ("1/15", "2/15", "4/15", "8/15"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_four_touches_are_shared_by_each_shape(shape: str) -> None:
    asked = Asked(journeys([(0, 0, 21), (0, 1, 14), (0, 2, 7), (0, 3, 0)], lead=7, opportunity=0))
    found = attributed(shape, asked).shares[0]
    assert tuple(str(found.get(who, Fraction(0))) for who in range(4)) == FOUR[shape]


def test_touches_of_one_partner_add_up_and_those_of_lost_deals_earn_nothing() -> None:
    given_ = counted(journeys([(0, 0, 9), (0, 1, 5), (0, 0, 1), (1, 1, 2)], deals=2, lost=[1]), None)
    assert by_shape(given_, "linear").shares == {0: {0: Fraction(2, 3), 1: Fraction(1, 3)}}


def test_a_touch_counts_up_to_the_close_and_within_the_window() -> None:
    given_ = journeys([(0, 0, 91), (0, 1, 90), (0, 2, 0), (0, 3, -1)])
    assert paths(counted(given_, 90)) == ((1, 2),)
    assert paths(counted(given_, None)) == ((0, 1, 2),)


def test_a_touch_without_a_day_is_refused() -> None:
    given_ = journeys([(0, 0, 3)])
    undated = replace(given_, touch_day=np.array([UNKNOWN_DAY]))
    with pytest.raises(Refused, match="C122 a touch of ann on D-0 has no day"):
        counted(undated, None)


# --- sourced and influenced -------------------------------------------------------------------------------------------


def test_the_first_touch_before_the_opportunity_sources_a_deal() -> None:
    given_ = journeys([(0, 2, 40), (0, 1, 30), (0, 0, 10)], opportunity=20)
    assert sourced(given_).shares == {0: {2: 1}}
    assert sourced(given_, within_days=15).shares == {0: {1: 1}}, "within 15 days of the opportunity"
    assert sourced(given_, within_days=5).shares == {}


def test_a_registration_sources_a_deal_whoever_touched_it_first() -> None:
    found = sourced(journeys([(0, 2, 40)], opportunity=20, registrant=3))
    assert (found.shares, found.notes) == ({0: {3: 1}}, ("sourced: 1 by registration, 0 by the first touch",))


def test_of_two_first_touches_on_one_day_the_one_with_the_first_id_sources() -> None:
    given_ = journeys([(0, 3, 40), (0, 1, 40)], opportunity=20)
    assert sourced(given_).shares == {0: {3: 1}}
    swapped = replace(given_, touch_key=given_.touch_key[::-1])
    assert sourced(swapped).shares == {0: {1: 1}}


def test_an_unknown_day_of_the_opportunity_sources_nothing_and_is_told() -> None:
    found = sourced(journeys([(0, 2, 40)]))
    assert found.shares == {}
    assert "sourced: of 1 deal nobody knows the day of the opportunity" in found.notes


def test_whoever_touched_an_open_deal_influenced_all_of_it() -> None:
    given_ = counted(journeys([(0, 0, 40), (0, 1, 20), (0, 2, 3), (0, 2, 1)], opportunity=20), None)
    found = influenced(given_)
    assert found.shares == {0: {1: 1, 2: 1}}
    assert found.may_exceed
    money = credited(given_, found)
    assert (money.total_minor, won_minor(given_)) == (20_000, 10_000)
    again = brought_to_all(found)
    assert again.shares == {0: {1: Fraction(1, 2), 2: Fraction(1, 2)}}
    assert not again.may_exceed


def test_a_deal_that_nobody_touched_is_no_set_of_partners() -> None:
    """It counts in the rate of nobody, and is neither a path nor a set."""
    found = attributed("shapley_rate", Asked(journeys([(0, 1, 5)], deals=3, lost=[2])))
    assert (found.figures["sets"], found.figures["paths"], found.figures["without_touch"]) == (1, 1, 2)
    assert "shapley_rate: 1 set of partners, 1 path (1 won, 0 lost); over all coalitions" in found.notes


# --- all methods, money and weights -----------------------------------------------------------------------------------

touches_any = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(-2, 60)), max_size=14)
amounts_any = st.lists(st.none() | st.integers(-(10**6), 10**9), min_size=5, max_size=5)


def shuffled(given_: Journeys, order: Sequence[int]) -> Journeys:
    rows = np.array(order, dtype=np.int64)
    return replace(
        given_,
        touch_deal=given_.touch_deal[rows],
        touch_partner=given_.touch_partner[rows],
        touch_day=given_.touch_day[rows],
        touch_key=given_.touch_key[rows],
    )


@few
@given(touches_any, amounts_any, st.sets(st.integers(0, 4), max_size=3), st.sampled_from(list(METHODS)), st.data())
def test_every_method_shares_deals_whole_and_in_no_order_of_rows(
    touches: list[Touch], amounts: list[int | None], lost: set[int], method: str, data: st.DataObject
) -> None:
    given_ = journeys(touches, 5, sorted(lost), lead=30, opportunity=20, amounts=amounts)
    order = data.draw(st.permutations(range(len(touches))))
    try:
        found = attributed(method, Asked(given_))
    except Refused as refused:
        assert refused.problems[0].code == "M402"
        return
    assert attributed(method, Asked(shuffled(given_, order))).shares == found.shares
    whole = brought_to_all(found)
    assert all(sum(mine.values()) == 1 for mine in whole.shares.values())
    assert all(given_.is_won[deal] for deal in whole.shares)
    money = credited(given_, whole)
    assert money.total_minor + money.nobody_minor == won_minor(given_), "nothing is lost, nothing is made"
    assert sum(money.amounts_minor.values()) == money.total_minor


@few
@given(st.lists(st.fractions(-3, 5, max_denominator=10**10), min_size=1, max_size=6).filter(lambda each: sum(each) > 0))
def test_whole_weights_add_up_and_are_less_than_a_billionth_from_their_shares(values: list[Fraction]) -> None:
    shares = {at: value / sum(values) for at, value in enumerate(values)}
    found = whole_weights(shares)
    total = sum(found.values())
    assert 0 < total <= BILLION
    for at, share in shares.items():
        error = abs(Fraction(found[at], total) - share)
        assert error < Fraction(1, BILLION)
        assert error == 0 or total == BILLION


def test_a_table_is_another_version_if_anything_of_it_is_another() -> None:
    shares: Shares = {0: {0: Fraction(1, 2), 1: Fraction(1, 2)}, 1: {2: Fraction(1)}}
    one = weighed(shares, ["D-2", "D-1"], WHO, "linear", {"window_days": None})
    assert one.rows == (("D-1", "cid", 1), ("D-2", "ann", 1), ("D-2", "bob", 1))
    assert one.csv_text().splitlines()[1] == f"D-1,cid,1,linear,{one.version}"
    others = [
        weighed(shares, ["D-2", "D-1"], WHO, "linear", {"window_days": 90}),
        weighed(shares, ["D-2", "D-1"], WHO, "u", {"window_days": None}),
        weighed({1: {2: Fraction(1)}}, ["D-2", "D-1"], WHO, "linear", {"window_days": None}),
    ]
    assert len({one.version, *(each.version for each in others)}) == 4
    assert is_unchanged(one.version, "linear", reversed(one.rows))
    assert not is_unchanged(one.version, "linear", one.rows[1:])
    assert not is_unchanged(one.version, "u", one.rows)
    assert not is_unchanged(one.version, "linear", [("D-1", "cid", 2), *one.rows[1:]])
    assert is_unchanged("by hand", "linear", []), "a version that is no digest of ours says nothing of its rows"


def test_a_week_is_a_half_life_unless_another_is_said() -> None:
    given_ = journeys([(0, 0, 14), (0, 1, 0)])
    week, month = (attributed("time_decay", Asked(given_, half_life_days=days)) for days in (None, 14))
    assert (week.shares[0][0], month.shares[0][0]) == (Fraction(1, 5), Fraction(1, 3))
    assert week.figures == {"shape": "time_decay", "half_life_days": 7}
