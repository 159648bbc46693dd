"""Apportionment: shares add up to the cent, by weight and key alone, and anyone can be told why a cent is theirs."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

import rules.quantities.rounding
from rules.codes import QUANTITIES
from rules.problem import Refused
from rules.quantities.apportion import CONSERVING, Apportionment, Residue, apportion
from rules.quantities.rounding import QuantityOverflow, Rounding, round_fraction

IN_QUEUE = sorted(CONSERVING)
KEPT = [Residue.HOUSE, Residue.CARRY]


# EUR 100.05 over ann, bob, zoe and dan by 1 : 1 : 1 : 4; exact shares in cents are 1429 2/7 (three times) and 5717 1/7
@pytest.mark.parametrize(
    ("residue", "ann", "bob", "zoe", "dan", "kept"),
    [
        (Residue.LARGEST_REMAINDER, 1_430, 1_429, 1_429, 5_717, 0),
        (Residue.TO_FIRST, 1_430, 1_429, 1_429, 5_717, 0),
        (Residue.TO_LAST, 1_429, 1_429, 1_430, 5_717, 0),
        (Residue.TO_BIGGEST, 1_429, 1_429, 1_429, 5_718, 0),
        (Residue.HOUSE, 1_429, 1_429, 1_429, 5_717, 1),
        (Residue.CARRY, 1_429, 1_429, 1_429, 5_717, 1),
        (Residue.ROUND_EACH, 1_429, 1_429, 1_429, 5_717, 1),
    ],
)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_who_gets_the_odd_cent(
    residue: Residue, ann: int, bob: int, zoe: int, dan: int, kept: int, order: tuple[int, ...]
) -> None:
    rows = [("ann", 1), ("bob", 1), ("zoe", 1), ("dan", 4)]
    names, weights = [rows[i][0] for i in order], [rows[i][1] for i in order]
    pool = apportion(10_005, weights, names, residue)
    assert dict(zip(names, pool.shares.tolist(), strict=True)) == {"ann": ann, "bob": bob, "zoe": zoe, "dan": dan}
    assert (pool.residue_minor, pool.units_left, pool.weight_total) == (kept, 1, 7)
    assert sorted(pool.remainders.tolist()) == [1, 2, 2, 2]


def test_round_each_shows_what_it_gave_too_much() -> None:
    pool = apportion(200, [1, 1, 1], residue=Residue.ROUND_EACH)
    assert (pool.shares.tolist(), pool.residue_minor) == ([67, 67, 67], -1)
    down = apportion(200, [1, 1, 1], residue=Residue.ROUND_EACH, mode=Rounding.DOWN)
    assert (down.shares.tolist(), down.residue_minor) == ([66, 66, 66], 2)


def test_shares_in_whole_euros_and_the_reason_for_each() -> None:
    pool = apportion(100_000, [50, 30, 20, 7], ["a", "b", "c", "d"], step=100)
    assert pool.shares.tolist() == [46_700, 28_000, 18_700, 6_600]
    # exact: 467 31/107, 280 40/107, 186 98/107 and 65 45/107 euros, so 2 euros are left; c is first in line, then d
    assert [Fraction(int(r), pool.weight_total * 100) for r in pool.remainders] == [
        Fraction(n, 107) for n in (31, 40, 98, 45)
    ]
    assert pool.units_left == 2
    assert [pool.rank_of(i) for i in range(4)] == [3, 2, 0, 1] == pool.ranks().tolist()


def test_a_total_that_is_no_multiple_of_the_step_can_only_be_kept() -> None:
    with pytest.raises(Refused, match=r"K111 103 minor units can't be shared in whole steps of 5"):
        apportion(103, [1, 1], step=5)
    assert apportion(103, [1, 1], residue=Residue.HOUSE, step=5).residue_minor == 3
    assert apportion(-103, [1, 1], residue=Residue.CARRY, step=5).shares.tolist() == [-50, -50]
    assert apportion(103, [1, 1], residue=Residue.ROUND_EACH, step=5).residue_minor == 3
    assert apportion(103, [1, 1], residue=Residue.HOUSE, step=10**30).residue_minor == 103


@pytest.mark.parametrize("total", [0, 100])
@pytest.mark.parametrize("residue", Residue)
@pytest.mark.parametrize(
    ("weights", "keys", "code"),
    [
        ([], None, "K107"),
        ([3, -1], None, "K108"),
        ([10**30, -(10**30)], None, "K108"),
        ([0, 0, 0], None, "K109"),
        ([1, 2, 3], ["p1", "p2", "p1"], "K110"),
        ([1, 2, 3], np.array([7, 7, 7]), "K110"),
    ],
)
def test_what_has_no_answer_is_refused(
    total: int, residue: Residue, weights: list[int], keys: list[Any] | None, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        apportion(total, weights, keys, residue)
    assert [problem.code for problem in refusal.value.problems] == [code]
    assert {code, "K111"} <= QUANTITIES.keys()


def test_a_refusal_names_the_row_or_the_key() -> None:
    with pytest.raises(Refused, match="the weight of row 1 is negative: -1"):
        apportion(100, [3, -1])
    with pytest.raises(Refused, match="the key 'p1' names 2 participants"):
        apportion(100, [1, 2, 3], ["p1", "p2", "p1"])
    with pytest.raises(Refused, match="K106"):
        apportion(100, [1], step=0)


@pytest.mark.parametrize("residue", IN_QUEUE)
@pytest.mark.parametrize("total", [2**63 - 1, -(2**63), 10**40, -1, 0, 1])
def test_one_participant_gets_it_all(residue: Residue, total: int) -> None:
    for weight in (1, 2**63 - 1, 10**30):
        pool = apportion(total, [weight], residue=residue)
        assert (pool.shares.tolist(), pool.remainders.tolist(), pool.units_left) == ([total], [0], 0)


def test_shares_are_int64_wherever_they_fit() -> None:
    assert apportion(-(2**63), [1]).shares.dtype == np.int64
    assert apportion(-(2**63), [10**30, 1]).shares.tolist() == [-(2**63), 0]  # rounded down, one less, then one more
    assert apportion(2**63 - 1, [10**30, 1]).shares.dtype == np.int64
    assert apportion(2**63, [1]).shares.dtype == object
    with pytest.raises(QuantityOverflow):
        apportion(2**63, [1], residue=Residue.ROUND_EACH)


def test_what_comes_out_is_read_only_and_what_went_in_is_untouched() -> None:
    weights, keys = np.array([1, 1, 1]), np.array(["c", "a", "b"])
    pool = apportion(100, weights, keys, Residue.TO_BIGGEST)
    assert not pool.shares.flags.writeable
    assert not pool.remainders.flags.writeable
    assert (weights.tolist(), keys.tolist()) == ([1, 1, 1], ["c", "a", "b"])
    weights[0] = 9


def test_keys_are_ordered_as_their_utf8_bytes_and_numbers_as_numbers() -> None:
    names = ["z", "é", "Z", "\U0001f600", "a", "\uffff"]
    by_bytes = sorted(range(6), key=lambda i: names[i].encode())
    pool = apportion(5, [1] * 6, names)
    assert [pool.rank_of(i) for i in by_bytes] == list(range(6))
    assert apportion(1, [1, 1], np.array([10, 9])).shares.tolist() == [0, 1]
    assert apportion(1, [1, 1], [("de", 2), ("de", 1)]).shares.tolist() == [0, 1]


def test_a_million_partners_conserve_and_one_rank_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        rules.quantities.rounding, "_floor_exact", lambda *_: pytest.fail("not within the bounds of int64")
    )
    weights = np.random.default_rng(7).integers(0, 10**9, 1_000_000)
    pool = apportion(10**15 - 1, weights)
    assert int(pool.shares.sum()) == 10**15 - 1
    ranks = pool.ranks()
    assert [pool.rank_of(i) for i in (0, 1, 999_999)] == ranks[[0, 1, 999_999]].tolist()
    assert int(np.count_nonzero((ranks >= 0) & (ranks < pool.units_left))) == pool.units_left > 0


weights_of_a_pool = st.lists(
    st.integers(0, 3) | st.integers(0, 10**9) | st.integers(2**62, 2**63) | st.integers(0, 10**30),
    min_size=1,
    max_size=8,
).filter(any)
totals = st.integers(-20, 20) | st.integers(-(10**15), 10**15) | st.sampled_from([-(2**63), 2**63 - 1])
step_sizes = st.sampled_from([1, 1, 5, 25_000, 10**12])


def expected(total: int, weights: list[int], keys: list[Any], residue: Residue, step: int) -> list[int]:
    """The shares by fractions, one at a time, straight from the words of the policy."""
    sign = -1 if total < 0 else 1
    exact = [Fraction(abs(total) * weight, sum(weights) * step) for weight in weights]
    steps = [share.numerator // share.denominator for share in exact]
    queue = sorted((i for i, weight in enumerate(weights) if weight), key=lambda i: keys[i])
    if residue is Residue.LARGEST_REMAINDER:
        queue.sort(key=lambda i: exact[i] - steps[i], reverse=True)
    elif residue is Residue.TO_BIGGEST:
        queue.sort(key=lambda i: weights[i], reverse=True)
    elif residue is Residue.TO_LAST:
        queue.reverse()
    if residue in CONSERVING:
        for i in queue[: abs(total) // step - sum(steps)]:
            steps[i] += 1
    return [sign * step * n for n in steps]


@given(totals, weights_of_a_pool, st.sampled_from([*IN_QUEUE, *KEPT]), step_sizes, st.data())
def test_shares_keep_the_law(total: int, weights: list[int], residue: Residue, step: int, data: st.DataObject) -> None:
    keys = data.draw(st.permutations([f"p{i}" for i in range(len(weights))]))
    total -= total % step if residue in CONSERVING else 0
    pool = apportion(total, weights, keys, residue, step)
    assert pool.shares.tolist() == expected(total, weights, keys, residue, step)
    assert int(sum(pool.shares.tolist())) + pool.residue_minor == total
    if residue in CONSERVING:
        assert pool.residue_minor == 0
    assert all(share == 0 for share, weight in zip(pool.shares.tolist(), weights, strict=True) if weight == 0)
    assert apportion(-total, weights, keys, residue, step).shares.tolist() == [-share for share in pool.shares.tolist()]
    check_reasons(pool, total, weights, step, residue)


def check_reasons(pool: Apportionment, total: int, weights: list[int], step: int, residue: Residue) -> None:
    """The side columns alone give every share again: whole steps, remainder, and place in the queue."""
    ranks = pool.ranks().tolist()
    for i, weight in enumerate(weights):
        exact = Fraction(abs(total) * weight, pool.weight_total)
        below = exact - Fraction(int(pool.remainders[i]), pool.weight_total)
        assert below % step == 0 <= exact - below < step
        assert pool.rank_of(i) == pool.rank_of(i - len(weights)) == ranks[i]
        share = below + step * (0 <= ranks[i] < pool.units_left)
        assert abs(int(pool.shares[i])) == share
        assert (ranks[i] >= 0) <= (weight > 0)
        assert abs(share - exact) < step or residue is not Residue.LARGEST_REMAINDER
    assert sorted(rank for rank in ranks if rank >= 0) == list(range(sum(rank >= 0 for rank in ranks)))


@given(totals, weights_of_a_pool, st.sampled_from(Rounding), step_sizes)
def test_round_each_is_the_law_of_one_amount(total: int, weights: list[int], mode: Rounding, step: int) -> None:
    each = [round_fraction(Fraction(total * weight, sum(weights)), mode, step) for weight in weights]
    assume(all(-(2**63) <= share < 2**63 for share in each))
    pool = apportion(total, weights, residue=Residue.ROUND_EACH, step=step, mode=mode)
    assert pool.shares.tolist() == each
    assert pool.residue_minor == total - sum(each)
    assert pool.ranks().tolist() == [-1] * len(weights)


@given(totals, weights_of_a_pool, st.sampled_from(IN_QUEUE), st.randoms())
def test_the_order_of_rows_changes_nothing(total: int, weights: list[int], residue: Residue, chance: Any) -> None:
    rows = [(f"partner {i}", weight) for i, weight in enumerate(weights)]
    paid = dict(zip([r[0] for r in rows], apportion(total, weights, residue=residue).shares.tolist(), strict=True))
    chance.shuffle(rows)
    names = [row[0] for row in rows]
    again = apportion(total, [row[1] for row in rows], names, residue)
    assert dict(zip(names, again.shares.tolist(), strict=True)) == paid


@given(totals, weights_of_a_pool, st.sampled_from(Residue), st.integers(1, 10**30))
def test_only_proportions_count(total: int, weights: list[int], residue: Residue, factor: int) -> None:
    """Weights a factor larger take the path of Python integers, and give the same shares."""
    larger = apportion(total, [weight * factor for weight in weights], residue=residue)
    assert larger.shares.tolist() == apportion(total, weights, residue=residue).shares.tolist()


@given(st.integers(0, 10**15), weights_of_a_pool)
def test_more_weight_never_gets_less(total: int, weights: list[int]) -> None:
    for residue in (Residue.LARGEST_REMAINDER, Residue.TO_BIGGEST, *KEPT, Residue.ROUND_EACH):
        shares = apportion(total, weights, residue=residue).shares.tolist()
        by_weight = sorted(zip(weights, shares, strict=True))
        assert all(low[1] <= high[1] for low, high in pairwise(by_weight) if low[0] < high[0])


@pytest.mark.parametrize("residue", IN_QUEUE)
def test_ties_at_the_edge_of_the_queue_by_near_equal_claims(residue: Residue) -> None:
    """Remainders that differ only below their leading 62 bits are still told apart."""
    weights = [10**30 + i for i in (5, 3, 4, 1, 2, 0)]
    for total in range(-13, 14):
        assert apportion(total, weights, residue=residue).shares.tolist() == expected(
            total, weights, list(range(6)), residue, 1
        )
