"""What a row sees: the rows that it refers to by their whole key, whatever the order of the sources."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from rules.joins import route, sees
from rules.tables import Table, canonical, declared

CANONICAL = canonical()


def way(start: str, target: str) -> list[str]:
    return [hop.table for hop in route(CANONICAL, start, target)]


@pytest.mark.parametrize(
    ("start", "target", "hops"),
    [
        ("deals", "partners", ["partners"]),
        ("deals", "customers", ["customers"]),
        ("credits", "deals", ["deals"]),
        ("credits", "partners", ["partners"]),
        ("deal_items", "deals", ["deals"]),
        ("deal_items", "partners", ["deals", "partners"]),  # an item names no partner, its deal does
        ("receipts", "deals", ["invoices", "deals"]),
        ("receipts", "partners", ["invoices", "deals", "partners"]),
        ("mdf_claims", "partners", ["mdf", "partners"]),
        ("deal_events", "deal_items", ["deal_items"]),  # a key of two columns, and both are there
        ("deals", "deal_items", []),  # a deal has many items and sees none of them
        ("partners", "deals", []),
        ("deals", "revenue", []),  # rows without a key of their own are seen by nobody
        ("deals", "fx_rates", []),
    ],
)
def test_what_a_row_sees_and_by_which_way(start: str, target: str, hops: list[str]) -> None:
    assert way(start, target) == hops
    assert sees(CANONICAL, start, target) is bool(hops)


def test_a_row_sees_itself_without_a_hop() -> None:
    assert sees(CANONICAL, "deals", "deals") and route(CANONICAL, "deals", "deals") == ()


def test_each_hop_names_the_table_that_holds_the_key() -> None:
    hops = route(CANONICAL, "receipts", "partners")
    assert [(hop.origin, hop.table, hop.key) for hop in hops] == [
        (None, "invoices", ("invoice_id",)),
        ("invoices", "deals", ("deal_id",)),
        ("deals", "partners", ("partner_id",)),
    ]


def test_of_two_ways_the_one_of_the_earlier_column_is_taken() -> None:
    # A touch names its lead before its deal, and both name a customer.
    assert way("touches", "customers") == ["leads", "customers"]


@settings(max_examples=20)
@given(st.permutations(sorted(CANONICAL)), st.sampled_from(sorted(CANONICAL)))
def test_the_way_does_not_depend_on_the_order_of_the_sources(order: list[str], start: str) -> None:
    tables = {name: CANONICAL[name] for name in order}
    for target in ("customers", "partners", "deals", "leads", "projects", "campaigns"):
        assert route(tables, start, target) == route(CANONICAL, start, target)


def test_a_table_of_the_program_is_seen_like_any_other() -> None:
    own = declared("seasons", "a club's season", "partner_id* id, position count")
    tables: dict[str, Table] = {"partners": CANONICAL["partners"], "seasons": own}
    assert [hop.table for hop in route(tables, "partners", "seasons")] == ["seasons"]
    assert [hop.table for hop in route(tables, "seasons", "partners")] == ["partners"]


def test_tables_that_refer_to_each_other_end_the_walk() -> None:
    left = declared("left", "", "left_id* id, right_id id")
    right = declared("right", "", "right_id* id, left_id id")
    assert route({"left": left, "right": right}, "left", "nowhere") == ()
    assert [hop.table for hop in route({"left": left, "right": right}, "left", "right")] == ["right"]
