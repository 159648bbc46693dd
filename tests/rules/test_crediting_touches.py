"""Touches before a deal: each shape with its one, two and more touches, its days and its published examples."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from crediting_rows import CLOSED, EUR, By, Row, by_name, candidates, codes, earned, part, rule, words

from rules.crediting.credited import credited
from rules.crediting.decay import decayed_billionths
from rules.crediting.touch_reasons import _half_life_weight


def before(days: int) -> date:
    return CLOSED - timedelta(days=days)


def touch(partner: str, days: int, row: str = "D-1") -> By:
    """A touch so many days before the deal was closed."""
    return By(partner, "touch", None, before(days), row)


def journey(count: int, step: int = 7) -> list[By]:
    """Touches of ann, bob, cid, ... in this order, the last on the day of the deal."""
    return [touch("abcdefgh"[n] * 3, step * (count - 1 - n)) for n in range(count)]


def shares(shape: Any, lines: list[By], row: Row | None = None) -> list[Fraction]:
    """What aaa, bbb, ccc, ... earn."""
    found = earned(rule({"touches": shape}), candidates(lines, {"D-1": row or Row()}))
    return [found.get(partner, Fraction(0)) for partner in sorted({line.partner for line in lines})]


def parts(*texts: str) -> list[Fraction]:
    return [part(text) for text in texts]


# Position rules by their definitions, worked out for four touches 21, 14, 7 and 0 days before the close, of which the
# third made the lead and the fourth the opportunity; time decay 2^(-days/7): 1/15, 2/15, 4/15 and 8/15.
FOUR = {
    "first": parts("100%", "0", "0", "0"),
    "last": parts("0", "0", "0", "100%"),
    "linear": parts("25%", "25%", "25%", "25%"),
    "u": parts("40%", "10%", "10%", "40%"),
    "w": parts("30%", "10%", "30%", "30%"),
    "time_decay": parts("1/15", "2/15", "4/15", "8/15"),
}


@pytest.mark.parametrize("shape", FOUR)
def test_four_touches(shape: str) -> None:
    assert shares(shape, journey(4), Row(lead=before(7), opportunity=before(0))) == FOUR[shape]


@pytest.mark.parametrize("shape", FOUR)
def test_a_single_touch_earns_it_all(shape: str) -> None:
    assert shares(shape, journey(1)) == [1]
    assert shares(shape, journey(1), Row(lead=before(0), opportunity=before(0))) == [1]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("first", parts("1", "0")),
        ("last", parts("0", "1")),
        ("linear", parts("1/2", "1/2")),
        ("u", parts("1/2", "1/2")),
        ("time_decay", parts("1/3", "2/3")),
    ],
)
def test_two_touches(shape: str, expected: list[Fraction]) -> None:
    assert shares(shape, journey(2)) == expected


@pytest.mark.parametrize(
    ("row", "count", "expected"),
    [
        (Row(lead=before(0), opportunity=before(0)), 2, parts("1/3", "2/3")),  # 30 and 60, nobody else
        (Row(lead=before(7), opportunity=before(0)), 2, parts("2/3", "1/3")),
        (Row(lead=before(7), opportunity=before(0)), 3, parts("1/3", "1/3", "1/3")),  # no others for the 10 %
        (Row(), 2, parts("75%", "25%")),  # neither a lead nor an opportunity: 30 to 10
        (Row(lead=before(90)), 3, parts("75%", "12.5%", "12.5%")),  # the lead was there before any touch
        (Row(lead=before(8), opportunity=before(1)), 3, parts("60%", "30%", "10%")),  # the last one on or before
        (Row(lead=before(14), opportunity=before(14)), 3, parts("90%", "5%", "5%")),  # one touch made all three
    ],
)
def test_a_w_with_fewer_milestones_keeps_its_proportions(row: Row, count: int, expected: list[Fraction]) -> None:
    assert shares("w", journey(count), row) == expected


def test_the_touches_of_one_partner_add_up() -> None:
    lines = [touch("ann", 30), touch("bob", 20), touch("ann", 10), touch("bob", 5), touch("ann", 0)]
    given = candidates(lines)
    assert earned(rule({"touches": "u"}), given) == {"ann": part("80%") + part("1/15"), "bob": part("2/15")}
    expected = "touch 2 of 5: 1/3 of the 20 % for those between first and last"
    assert words(rule({"touches": "u"}), given, "bob").startswith(expected)


def test_touches_of_one_day_go_by_their_keys_and_never_by_the_order_of_the_table() -> None:
    given = candidates([touch("zoe", 3), touch("ann", 3), touch("bob", 3)])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        shuffled = given.take(np.array(order))
        assert earned(rule({"touches": "first"}), shuffled) == {"zoe": 1}
        assert earned(rule({"touches": "last"}), shuffled) == {"bob": 1}


def test_touches_count_up_to_the_day_of_the_row_and_within_a_window() -> None:
    lines = [touch("ann", 91), touch("bob", 90), touch("cid", 0), touch("dee", -1)]
    assert earned(rule({"touches": "linear"}), candidates(lines)) == {
        "ann": part("1/3"),
        "bob": part("1/3"),
        "cid": part("1/3"),
    }
    windowed = rule({"touches": {"shape": "linear", "within": "90 days"}})
    assert earned(windowed, candidates(lines)) == {"bob": part("1/2"), "cid": part("1/2")}
    late = candidates([touch("ann", -1)])
    assert credited(windowed, late, EUR).shares.house.fractions() == [1]


def test_a_touch_or_a_row_without_a_day_is_told() -> None:
    spec = rule({"touches": "linear"})
    assert codes(spec, candidates([By("ann", "touch")])) == [("C122", "a touch of ann on D-1 has no day")]
    undated = candidates([touch("ann", 0)], {"D-1": Row(closed=None)})
    assert codes(spec, undated) == [("C122", "D-1 has touches and no day of its own")]


def test_time_decay_is_rounded_once_and_counts_from_the_last_touch() -> None:
    spec = rule({"touches": {"shape": "time_decay", "half_life": "30 days"}})
    given = candidates([touch("ann", 50), touch("bob", 40)])
    weight = Fraction(793_700_526, 10**9)  # 2^(-1/3) = 0.7937005259840998
    assert earned(spec, given) == {"ann": weight / (1 + weight), "bob": 1 / (1 + weight)}
    expected = "touch 1 of 2: 2^(-10/30) = 0.793700526, half even at 9 decimals, of 1.793700526 for all"
    assert words(spec, given, "ann") == expected
    old = candidates([touch("ann", 900), touch("bob", 20)])  # so long ago that nothing is left at 9 decimals
    assert earned(rule({"touches": "time_decay"}), old) == {"bob": 1}


@pytest.mark.parametrize("half_life", [1, 2, 3, 7, 14, 30, 45, 90, 1000])
def test_a_decayed_weight_is_the_nearest_billionth(half_life: int) -> None:
    days = np.unique(np.linspace(0, 33 * half_life, 97).astype(np.int64))
    exact = [_half_life_weight(each, half_life) * 10**9 for each in days.tolist()]
    assert decayed_billionths(days, half_life).tolist() == exact


def test_rows_do_not_meet() -> None:
    lines = [touch("ann", 3, "D-1"), touch("bob", 9, "D-2"), touch("cid", 2, "D-2")]
    given = candidates(lines)
    found = by_name(given, credited(rule({"touches": "linear"}), given, EUR))
    assert {(row, who): share for (row, who, _, _), share in found.items()} == {
        ("D-1", "ann"): 1,
        ("D-2", "bob"): Fraction(1, 2),
        ("D-2", "cid"): Fraction(1, 2),
    }
