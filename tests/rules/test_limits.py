"""Caps, floors and the bank: what they pay never passes the cap, adds up, and is what the plain twins say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rules.quantities import limits
from rules.quantities.limits import (
    NO_CAP,
    Last,
    Limited,
    bank,
    cap_in_order,
    cap_pro_rata,
    explain_bank,
    explain_floor,
    explain_in_order,
    explain_pro_rata,
    floor_top_up,
)
from rules.quantities.rounding import QuantityOverflow

Lines = tuple[list[int], list[int], list[int]]  # amounts, groups, order or keys
GROUPS = 3

amounts_any = st.integers(-20, 40) | st.sampled_from([0, 10**15, -(10**15), 2**62, -(2**62), 2**63 - 1, -(2**63)])
caps_any = st.integers(0, 60) | st.sampled_from([0, NO_CAP, NO_CAP - 1, 10**15, 2**62])
three_caps = st.lists(caps_any, min_size=GROUPS, max_size=GROUPS)
lasts = st.sampled_from(["partial", "none"])


@st.composite
def payouts(draw: st.DrawFn) -> Lines:
    """Lines of up to three groups in any order, with a total order."""
    rows = draw(st.lists(amounts_any, max_size=14))
    groups = draw(st.lists(st.integers(0, GROUPS - 1), min_size=len(rows), max_size=len(rows)))
    return rows, groups, draw(st.permutations(range(-3, len(rows) - 3)))


def whole(numbers: list[int]) -> np.ndarray[Any, Any]:
    return np.array(numbers, dtype=np.int64)


def ordered_pay(lines: Lines, caps: list[int], last: Last) -> list[int]:
    return cap_in_order(whole(lines[0]), whole(lines[1]), whole(caps), whole(lines[2]), last).tolist()


def shared_pay(lines: Lines, caps: list[int]) -> list[int]:
    return cap_pro_rata(whole(lines[0]), whole(lines[1]), whole(caps), whole(lines[2])).tolist()


def check(lines: Lines, caps: list[int], paid: list[int], is_shared: bool) -> None:
    """What any cap promises: the net sum keeps it, returns are whole, no line grows, and where nothing is over, nothing
    is cut."""
    for group in range(GROUPS):
        own = [(lines[0][i], paid[i]) for i in range(len(paid)) if lines[1][i] == group]
        entitled, applied = sum(a for a, _ in own), sum(b for _, b in own)
        assert all(b == a if a <= 0 else 0 <= b <= a for a, b in own)
        if caps[group] == NO_CAP or (is_shared and entitled <= caps[group]):
            assert applied == entitled
        else:
            assert applied == caps[group] if is_shared else applied <= caps[group]


# --- in order ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "cap", "partial", "none"),
    [
        ([600, 500, 100], 1_000, [600, 400, 0], [600, 0, 0]),  # the 100 would fit; the budget is closed all the same
        ([600, 400, 100], 1_000, [600, 400, 0], [600, 400, 0]),  # used up exactly
        ([600, -300, 700, 1], 1_000, [600, -300, 700, 0], [600, -300, 700, 0]),  # a return makes room before the end
        ([900, 200, -500, 50], 1_000, [900, 100, -500, 50], [900, 0, -500, 0]),  # after it too, unless that was the end
        ([10, 20], 0, [0, 0], [0, 0]),
        ([-5, 3, 4], 0, [-5, 3, 2], [-5, 3, 0]),
        ([10, 20], NO_CAP, [10, 20], [10, 20]),
    ],
)
def test_a_budget_is_used_up_in_order(amounts: list[int], cap: int, partial: list[int], none: list[int]) -> None:
    for last, wanted in (("partial", partial), ("none", none)):
        assert ordered_pay((amounts, [0] * len(amounts), list(range(len(amounts)))), [cap], last) == wanted  # type: ignore[arg-type]
        assert [each.applied for each in explain_in_order(amounts, cap, last)] == wanted  # type: ignore[arg-type]


@given(payouts(), three_caps, lasts)
def test_a_cap_in_order_is_kept_and_told(lines: Lines, caps: list[int], last: Last) -> None:
    paid = ordered_pay(lines, caps, last)
    check(lines, caps, paid, is_shared=False)
    for group in range(GROUPS):
        own = sorted((i for i in range(len(paid)) if lines[1][i] == group), key=lambda i: lines[2][i])
        told = explain_in_order([lines[0][i] for i in own], caps[group], last)
        assert [(each.entitled, each.applied) for each in told] == [(lines[0][i], paid[i]) for i in own]
        room = caps[group]
        for each in told:
            room -= each.applied
            assert each.remaining == (None if caps[group] == NO_CAP else room)


@given(payouts(), three_caps, lasts, st.integers(0, 50))
def test_a_larger_cap_never_pays_a_line_less(lines: Lines, caps: list[int], last: Last, more: int) -> None:
    larger = [min(cap + more, NO_CAP) for cap in caps]
    pairs = zip(ordered_pay(lines, caps, last), ordered_pay(lines, larger, last), strict=True)
    assert all(a <= b for a, b in pairs)


# --- pro rata ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "cap", "wanted"),
    [
        ([100, 100, 100], 100, [34, 33, 33]),
        ([100, 100, 100, -50], 100, [50, 50, 50, -50]),  # 150 to share, for the return took 50 back
        ([300, 100], 399, [299, 100]),  # 299.25 and 99.75
        ([300, 100], 400, [300, 100]),
        ([300, 100], 0, [0, 0]),
        ([-7, -5], 3, [-7, -5]),
    ],
)
def test_a_cap_is_shared_in_proportion(amounts: list[int], cap: int, wanted: list[int]) -> None:
    keys = list(range(len(amounts)))
    assert shared_pay((amounts, [0] * len(amounts), keys), [cap]) == wanted
    assert [each.applied for each in explain_pro_rata(amounts, keys, cap)] == wanted


@given(payouts(), three_caps)
def test_a_shared_cap_is_met_exactly_and_told(lines: Lines, caps: list[int]) -> None:
    paid = shared_pay(lines, caps)
    check(lines, caps, paid, is_shared=True)
    for group in range(GROUPS):
        own = [i for i in range(len(paid)) if lines[1][i] == group]
        told = explain_pro_rata([lines[0][i] for i in own], [lines[2][i] for i in own], caps[group])
        assert [each.applied for each in told] == [paid[i] for i in own]
    again = (paid, lines[1], lines[2])
    assert shared_pay(again, caps) == paid, "what keeps the cap is not cut again"


def test_many_lines_share_a_cap() -> None:
    random = np.random.default_rng(4)
    amounts, groups, keys = random.integers(-50, 10**9, 3_000), random.integers(0, 3, 3_000), random.permutation(3_000)
    caps = np.array([10**9, 77, 10**10 + 1])
    paid = cap_pro_rata(amounts, groups, caps, keys)
    for group in range(3):
        own = groups == group
        told = explain_pro_rata(amounts[own].tolist(), keys[own].tolist(), int(caps[group]))
        assert [each.applied for each in told] == paid[own].tolist()


@given(payouts(), three_caps, st.data())
def test_the_order_of_the_source_and_other_groups_do_not_matter(
    lines: Lines, caps: list[int], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(lines[0]))))
    alone = [i for i in order if lines[1][i] == 1]
    for rows in (order, alone):
        part: Any = tuple([column[i] for i in rows] for column in lines)
        assert ordered_pay(part, caps, "partial") == [ordered_pay(lines, caps, "partial")[i] for i in rows]
        assert shared_pay(part, caps) == [shared_pay(lines, caps)[i] for i in rows]


# --- floors and the bank ----------------------------------------------------------------------------------------------


def test_a_floor_is_topped_up() -> None:
    sums, floors = whole([0, 499, 500, 501, -20, -(2**63)]), whole([500, 500, 500, 500, 0, -(2**63)])
    found = floor_top_up(sums, floors)
    assert found.tolist() == [500, 1, 0, 0, 20, 0]
    told = [explain_floor(a, b) for a, b in zip(sums.tolist(), floors.tolist(), strict=True)]
    assert (sums + found).tolist() == [each.applied for each in told]
    with pytest.raises(QuantityOverflow) as refused:
        floor_top_up(whole([0, -(2**63)]), whole([1, 1]))
    assert refused.value.row == 1


@given(st.lists(st.tuples(st.integers(-90, 90) | st.just(10**15), caps_any), max_size=6), st.integers(0, 99))
def test_what_is_above_the_cap_is_banked_and_released_where_there_is_room(
    periods: list[tuple[int, int]], opening: int
) -> None:
    dues, caps = [due for due, _ in periods], [cap for _, cap in periods]
    table = whole([*dues, *dues]).reshape(2, len(dues))
    paid, banked = bank(table, whole([*caps, *caps]).reshape(2, len(caps)), whole([opening, opening]))
    told = explain_bank(dues, caps, opening)
    before = [opening, *[each.remaining for each in told]]
    assert told == [
        Limited(due + int(kept or 0), a, b)
        for due, kept, a, b in zip(dues, before, paid[1].tolist(), banked[1].tolist(), strict=False)
    ]
    assert paid[0].tolist() == paid[1].tolist()
    assert all(a <= cap and b >= 0 and (b == 0 or a == cap) for a, cap, b in zip(paid[0], caps, banked[0], strict=True))
    if dues:
        assert int(paid[0].sum()) + int(banked[0, -1]) == sum(dues) + opening


def test_a_period_at_a_time_is_the_same_as_all_at_once() -> None:
    dues, cap = whole([900, 200, -150, 700]).reshape(1, 4), whole([500])
    paid, banked = bank(dues, cap)
    assert (paid.tolist(), banked.tolist()) == ([[500, 500, -50, 500]], [[400, 100, 0, 200]])
    balance = whole([0])
    for period in range(4):
        part, kept = bank(dues[:, period : period + 1], cap, balance)
        assert part[0, 0] == paid[0, period]
        balance = kept[:, 0]
    with pytest.raises(QuantityOverflow) as refused:
        bank(whole([1, 0, 2**63 - 1, 2**63 - 1]).reshape(2, 2), whole([0, 0]))
    assert refused.value.row == 1


# --- faults that are found --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [1, -1])
@pytest.mark.parametrize("row", range(4))
@pytest.mark.parametrize("is_shared", [True, False])
def test_a_fault_of_one_unit_is_found(row: int, off: int, is_shared: bool) -> None:
    lines: Lines = ([100, 100, 100, -50], [0, 0, 0, 0], [2, 0, 1, 3])
    own = sorted(range(4), key=lambda i: lines[2][i])
    paid = shared_pay(lines, [101]) if is_shared else ordered_pay(lines, [151], "partial")
    told = explain_pro_rata(lines[0], lines[2], 101) if is_shared else explain_in_order([lines[0][i] for i in own], 151)
    wanted = [each.applied for each in told] if is_shared else [told[own.index(i)].applied for i in range(4)]
    assert paid == wanted
    paid[row] += off
    assert paid != wanted


@pytest.mark.parametrize(("name", "off"), [("running_sums", 1), ("running_sums", -1), ("group_total", 1)])
def test_a_kernel_that_is_off_by_one_is_found(name: str, off: int, monkeypatch: pytest.MonkeyPatch) -> None:
    original = getattr(limits, name)
    monkeypatch.setattr(limits, name, lambda *args: original(*args) + off)
    lines: Lines = ([100, 100, 101, -50], [0, 0, 0, 0], [0, 1, 2, 3])
    rising: Lines = ([100, 100, 101, 50], *lines[1:])  # in order, lines that only rise are summed at once
    if name == "group_total":
        assert shared_pay(lines, [101]) != [each.applied for each in explain_pro_rata(lines[0], lines[2], 101)]
    else:
        assert ordered_pay(rising, [151], "partial") != [each.applied for each in explain_in_order(rising[0], 151)]


def test_a_cap_below_zero_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="cap"):
        shared_pay(([1], [0], [0]), [-1])
