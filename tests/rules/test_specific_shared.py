"""Entries by the same attributes that fit the same rows are found before any row is read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from rules.kinds.base import Terms
from rules.kinds.card import Card
from rules.quantities.currency import currency
from rules.specific import Wish, WishField, _plain, same_rows

WISH: TypeAdapter[Wish] = TypeAdapter(WishField)
ALIKE: list[tuple[Any, Any, Any]] = [
    ("Atlas", "Atlas", "Atlas"),
    ("Atlas", ["Atlas", "Borea"], "Atlas"),
    (["Atlas", "Borea"], ["Borea", "Cirro"], "Borea"),
    ("Atlas", "Borea", None),
    ({"from": "1", "to": "9"}, {"from": "9"}, {"from": "9", "to": "9"}),
    ({"from": "1", "below": "9"}, {"from": "9"}, None),
    ({"above": "1", "below": "3"}, {"above": "2"}, None),  # of whole numbers 2, and from 3 on
    ({"above": "1", "below": "3"}, {"above": "1.5"}, {"above": "1.5", "below": "3"}),
    ({"to": "2026-03-31"}, {"from": "2026-04-01"}, None),
    ({"to": "2026-04-01"}, {"from": "2026-04-01"}, {"from": "2026-04-01", "to": "2026-04-01"}),
    ({"to": "2026-04-01"}, {"from": "12"}, None),
    ("Atlas", {"from": "12"}, None),
]


@pytest.mark.parametrize(("one", "other", "both"), ALIKE)
@pytest.mark.parametrize("is_swapped", [False, True])
def test_wishes_of_one_attribute_share_values(one: Any, other: Any, both: Any, is_swapped: bool) -> None:
    matches = [{"deals.x": WISH.validate_python(each)} for each in ((other, one) if is_swapped else (one, other))]
    found = [(first, second, _plain(rows["deals.x"])) for first, second, rows in same_rows(matches)]
    assert found == ([] if both is None else [(0, 1, both)])


def faults(*matches: dict[str, Any]) -> list[str]:
    entries = [{"for": match, "rate": "5%"} for match in matches]
    card = Card.model_validate({"entries": entries, "otherwise": {"rate": "1%"}})
    return [f"{code} {message}" for code, message, _ in card.faults(Terms(currency("EUR")))]


def test_a_card_tells_which_rows_two_entries_both_fit() -> None:
    europe, south = ["AT", "DE", "FR"], ["FR", "IT"]
    north = {"deals.product": "Atlas", "partners.region": europe}
    assert faults(north, {"deals.product": "Atlas", "partners.region": south}) == [
        "P183 entries 1 and 2 both fit rows where deals.product = 'Atlas' and partners.region = 'FR', "
        "and neither is more specific"
    ]
    assert faults({"partners.region": europe}, {"deals.product": "Atlas", "partners.region": south}) == []
    assert faults({"partners.region": europe}, {"deals.product": "Atlas"}) == []  # only rows tell whether both fit


def test_large_cards_are_checked_in_a_moment() -> None:
    """Entries of two attributes by the thousand, the last of which repeats a pair of an early one."""
    matches = [{"deals.kind": "new", "deals.product": f"P{at}"} for at in range(5_000)]
    matches.append({"deals.kind": "new", "deals.product": "P7"})
    found = same_rows([{name: WISH.validate_python(text) for name, text in match.items()} for match in matches])
    assert [(first, second) for first, second, _ in found] == [(7, 5_000)]
