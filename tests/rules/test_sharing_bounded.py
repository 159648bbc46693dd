"""Floors and caps of a share: who is held, who pays for it, and that nothing gets lost; for every policy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from pydantic import ValidationError

from rules.kinds.base import Terms
from rules.problem import Refused
from rules.quantities.apportion import apportion
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.sharing.bounded import Bounded, bounded, explain_bounded
from rules.sharing.bounds import Bounds, bound_faults

EUR = Terms(currency("EUR"))
ZERO = Fraction(0)

policies = st.fixed_dictionaries(
    {
        "floors_from": st.sampled_from(["others", "house"]),
        "if_short": st.sampled_from(["scale", "house"]),
        "excess": st.sampled_from(["redistribute", "house", "carry"]),
    }
).map(Bounds.model_validate)
weight = st.integers(0, 12) | st.fractions(0, 5, max_denominator=6) | st.integers(0, 10**25) | st.none()
limit = st.integers(0, 50) | st.fractions(0, 50, max_denominator=4)
Members = list[tuple[Any, Any, Any]]


@st.composite
def members_any(draw: st.DrawFn) -> Members:
    """Weight, floor and cap of some members; the floor and the cap may be missing, and are in order."""
    members = []
    for _ in range(draw(st.integers(1, 8))):
        low, high = sorted((draw(limit), draw(limit)))
        members.append((draw(weight), draw(st.sampled_from([low, 0, None])), draw(st.sampled_from([high, None]))))
    return members


def columns(members: Members) -> tuple[Exact, Exact, Exact]:
    weights, floors, caps = zip(*members, strict=True)
    return Exact.of(weights), Exact.of(floors), Exact.of(caps)


def share(members: Members, size: Fraction | int, rule: Bounds) -> Bounded:
    """The awards, which the twin tells too."""
    weights, floors, caps = columns(members)
    assert bound_faults(weights, Fraction(size), floors, caps, rule, EUR) == []
    found = bounded(weights, Fraction(size), floors, caps, rule, EUR)
    for row, (each, _, _) in enumerate(members):
        if each is not None:
            told = explain_bounded(weights, Fraction(size), (floors, caps), rule, row, EUR)
            assert told.value == found.awards.fraction(row), (row, told)
            assert sum(step.paid for step in told.steps) == told.value
    return found


def known(found: Bounded) -> list[Fraction]:
    return [each for each in found.awards.fractions() if each is not None]


def test_a_cap_gives_its_excess_to_the_others_in_proportion() -> None:
    """100.00 by 6 : 3 : 1, nobody above 50.00: the 10.00 too much goes 3 : 1, so 37.50 and 12.50."""
    members: Members = [(6, None, 5_000), (3, None, None), (1, None, None)]
    found = share(members, 10_000, Bounds())
    assert known(found) == [5_000, 3_750, 1_250]
    assert found.is_cap.tolist() == [True, False, False]
    assert found.left == 0


def test_the_excess_may_stay_with_the_house_or_be_carried() -> None:
    members: Members = [(6, None, 5_000), (3, None, None), (1, None, None)]
    for excess in ("house", "carry"):
        found = share(members, 10_000, Bounds.model_validate({"excess": excess}))
        assert known(found) == [5_000, 3_000, 1_000]
        assert (found.left, found.left_name) == (1_000, excess)


def test_a_floor_takes_from_the_others_in_proportion_or_from_the_house() -> None:
    members: Members = [(6, None, None), (3, None, None), (1, 2_800, None)]
    found = share(members, 10_000, Bounds())
    assert known(found) == [4_800, 2_400, 2_800]
    assert found.is_floor.tolist() == [False, False, True]
    found = share(members, 10_000, Bounds.model_validate({"floors_from": "house"}))
    assert known(found) == [6_000, 3_000, 2_800]
    assert (found.from_house, found.left) == (1_800, 0)


def test_what_a_cap_frees_may_lift_somebody_over_the_floor() -> None:
    """A person would first lift the third to 12.00; what the cap frees then gives her 15.00 without the floor."""
    members: Members = [(8, None, 4_000), (1, None, None), (1, 1_200, None)]
    assert known(share(members, 7_000, Bounds())) == [4_000, 1_500, 1_500]


def test_floors_beyond_the_pool_are_scaled_paid_by_the_house_or_refused() -> None:
    members: Members = [(1, 600, None), (3, 900, None)]
    assert known(share(members, 1_000, Bounds.model_validate({"if_short": "scale"}))) == [400, 600]
    found = share(members, 1_000, Bounds.model_validate({"if_short": "house"}))
    assert (known(found), found.from_house) == ([600, 900], 500)
    with pytest.raises(Refused, match="K206"):
        share(members, 1_000, Bounds())


def test_where_all_are_capped_the_rest_is_unshared() -> None:
    found = share([(1, None, 100), (1, None, 300)], 1_000, Bounds())
    assert (known(found), found.left, found.left_name) == ([100, 300], 600, "unshared")


def test_each_round_is_told() -> None:
    weights, floors, caps = columns([(6, None, 5_000), (3, None, 3_500), (1, None, None)])
    told = explain_bounded(weights, Fraction(10_000), (floors, caps), Bounds(), 1, EUR)
    assert [(step.entitled, step.paid, step.remaining) for step in told.steps] == [
        (3_000, 0, 5_000),
        (3_750, 3_500, 1_500),
    ]
    assert told.steps[0].words == (
        "30.00 of 100.00 in proportion among 3; floors take 0.00, caps leave 10.00; shared again"
    )
    assert told.steps[1].words.endswith("caps leave 2.50; held at the cap of 35.00")


@pytest.mark.parametrize(("excess", "where"), [("carry", "the next period"), ("house", "the house")])
def test_what_a_cap_keeps_back_is_told_beside_what_was_due_and_paid(excess: str, where: str) -> None:
    """13.00 by 6 : 5 : 2 and a cap of 4.00: 6.00 are due to the first and 2.00 kept back; of the second 1.00 is."""
    weights, _, caps = columns([(6, None, 400), (5, None, 400), (2, None, 400)])
    rule = Bounds.model_validate({"excess": excess})
    told = [explain_bounded(weights, Fraction(1_300), (None, caps), rule, row, EUR) for row in range(3)]
    assert [[(step.entitled, step.paid, step.remaining) for step in each.steps] for each in told] == [
        [(600, 400, 300)],
        [(500, 400, 300)],
        [(200, 200, 300)],
    ]
    assert told[0].steps[0].words == (
        "6.00 of 13.00 in proportion among 3; floors take 0.00, caps leave 3.00; "
        f"held at the cap of 4.00, 2.00 goes to {where}"
    )
    assert told[2].steps[0].words.endswith("caps leave 3.00; held at the share of 2.00")
    assert bounded(weights, Fraction(1_300), None, caps, rule, EUR).left == 300


def test_what_the_house_adds_up_to_a_floor_is_told() -> None:
    """10.00 by 3 : 1 and a floor of 4.00 from the house: 2.50 of the pool, and 1.50 more."""
    weights, floors, _ = columns([(3, 400, None), (1, 400, None)])
    rule = Bounds.model_validate({"floors_from": "house"})
    told = explain_bounded(weights, Fraction(1_000), (floors, None), rule, 1, EUR)
    assert [(step.entitled, step.paid, step.remaining) for step in told.steps] == [(250, 250, 0), (150, 150, 0)]
    assert told.steps[1].words == "the house lifts it by 1.50 to the floor of 4.00"


@given(members_any(), st.integers(0, 200) | st.fractions(0, 90, max_denominator=7), policies)
def test_nothing_gets_lost_and_nobody_is_out_of_bounds(members: Members, size: Fraction, rule: Bounds) -> None:
    found = share(members, size, rule)
    assert sum(known(found), ZERO) + found.left == size + found.from_house
    assert found.left >= 0
    assert found.from_house >= 0
    whole = sum((low or ZERO for each, low, _ in members if each is not None), ZERO)
    is_scaled = rule.floors_from == "others" and rule.if_short == "scale" and whole > size
    for award, (_, low, high) in zip(found.awards.fractions(), members, strict=True):
        if award is not None:
            assert is_scaled or award >= (low or 0)
            assert high is None or award <= high


@given(members_any(), st.integers(0, 200), st.integers(0, 60))
def test_nobody_loses_when_the_pool_grows(members: Members, size: int, more: int) -> None:
    rule = Bounds.model_validate({"if_short": "scale"})
    pairs = zip(known(share(members, size, rule)), known(share(members, size + more, rule)), strict=True)
    assert all(a <= b for a, b in pairs)


@given(members_any(), st.integers(0, 200), policies, st.randoms())
def test_the_order_of_members_does_not_matter(members: Members, size: int, rule: Bounds, random: Any) -> None:
    order = list(range(len(members)))
    random.shuffle(order)
    before, after = share(members, size, rule), share([members[i] for i in order], size, rule)
    assert after.awards.fractions() == [before.awards.fractions()[i] for i in order]


@given(members_any(), st.integers(0, 200))
def test_those_who_are_not_held_share_in_proportion(members: Members, size: int) -> None:
    found = share(members, size, Bounds.model_validate({"if_short": "scale"}))
    held = found.is_floor | found.is_cap
    free = [
        (award, each[0])
        for award, each, is_held in zip(found.awards.fractions(), members, held.tolist(), strict=True)
        if award is not None and each[0] and not is_held
    ]
    assume(sum((low or ZERO for each, low, _ in members if each is not None), ZERO) <= size)
    assert len({award / Fraction(each) for award, each in free}) <= 1


@pytest.mark.parametrize("is_wide", [False, True])
@pytest.mark.parametrize("is_common", [False, True])
def test_a_large_pool_ends_at_one_level(is_wide: bool, is_common: bool) -> None:
    """Beyond 4,096 bends: awards are weight x level, the floor or the cap, and add up to the pool to the cent."""
    count = 20_000
    rows = np.arange(count, dtype=np.int64)
    weights = (rows * 7_919 % 1_009 + 1).astype(object) * (10**21 if is_wide else 1)
    if is_common:
        weights = weights * 0 + 3
    floors, caps = Exact(rows % 3), Exact(np.full(count, 400) if is_common else rows % 977 + 100)
    found = bounded(Exact(weights), Fraction(2_500_000), floors, caps, Bounds(), EUR)
    assert found.awards.sum() == 2_500_000
    free = np.flatnonzero(~(found.is_floor | found.is_cap))
    level = Fraction(found.awards.fraction(int(free[0])) or 0) / int(weights[free[0]])
    for row in range(0, count, 97):
        low, high = floors.fraction(row), caps.fraction(row)
        assert low is not None and high is not None
        assert found.awards.fraction(row) == min(max(low, int(weights[row]) * level), high)
    shares = apportion(2_500_000, found.awards.scaled()[0]).shares
    assert shares.sum() == 2_500_000
    assert (shares <= caps.numerator).all()


def test_limits_are_amounts_shares_of_the_pool_or_multiples() -> None:
    rule = Bounds.model_validate({"at_least": {"share": "2%"}, "at_most": {"of": "partners.salary", "times": "1/2"}})
    assert list(rule.inputs()) == ["at_most"]
    floors, caps = rule.columns({"at_most": Exact.of([90_000, None])}, 2, Fraction(10_000), EUR)
    assert floors is not None and caps is not None
    assert (floors.fractions(), caps.fractions()) == ([200, 200], [45_000, None])
    assert "1/2" not in rule.in_words(EUR).text
    assert rule.in_words(EUR).text.startswith("at least 2 % of the pool (lifted by the others in proportion;")
    assert Bounds.model_validate({"at_most": "EUR 50"}).columns({}, 1, ZERO, EUR)[1].fractions() == [5_000]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "code"), [({"amount": "5", "share": "2%"}, "K203"), ({}, "K203"), ({"share": "-2%"}, "K204")]
)
def test_a_limit_that_means_nothing_is_refused(written: dict[str, str], code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Bounds.model_validate({"at_least": written})
    assert raised.value.errors()[0]["type"] == code


def test_members_who_cannot_be_bounded_are_named() -> None:
    faults = bound_faults(Exact.of([1, -1, 1]), Fraction(9), Exact.of([5, 0, -2]), Exact.of([4, 1, 3]), Bounds(), EUR)
    assert [(fault.row, fault.code) for fault in faults] == [(0, "K205"), (1, "K108"), (2, "K204")]
    with pytest.raises(Refused, match="K202"):
        bounded(Exact.of([1]), Fraction(-1), None, None, Bounds(), EUR)
