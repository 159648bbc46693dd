"""Rate cards: which entry a row is paid by, worked by hand and by published rules; and what a card can't say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from rules.expressions.evaluate import Value, evaluate
from rules.expressions.tree import Type, columns as columns_of
from rules.expressions.tree_types import typed
from rules.kinds.base import Terms
from rules.kinds.card import Card
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.specific import Span, condition, most_specific, specificity

EUR = Terms(currency("EUR"))
Row = Mapping[str, Value]
TYPES = {
    "deals.product": Type.TEXT,
    "deals.term_months": Type.COUNT,
    "deals.amount": Type.MONEY,
    "deals.closed_on": Type.DATE,
    "partners.region": Type.TEXT,
    "partners.tier": Type.TEXT,
    "items.category": Type.TEXT,
    "items.variant": Type.TEXT,
    "items.discount": Type.NUMBER,
}


def card(*entries: Mapping[str, Any], **more: Any) -> Card:
    return Card.model_validate({"entries": list(entries), **more})


def columns(kind: Card, rows: Sequence[Row], base: Sequence[int | Fraction | None] | None = None) -> dict[str, Exact]:
    """What the engine feeds: each condition as 1 or 0, unknown where it is unknown; and the base."""
    found = {} if base is None else {"base": Exact.of(base)}
    for name, wanted in kind.inputs().items():
        tree, type_, faults = typed(wanted.written.tree, lambda column: TYPES.get(str(column)), lambda: TYPES, 2)
        assert (faults, type_) == ((), Type.FLAG) and wanted.types == {Type.FLAG}
        values = [evaluate(tree, lambda column, row=row: row.get(str(column))) for row in rows]  # type: ignore[misc]
        found[name] = Exact.of([None if value is None else int(bool(value)) for value in values])
    return found


def paid(kind: Card, row: Row, base: int | Fraction | None = None) -> Fraction | None:
    """What one row is paid; both twins say the same."""
    assert kind.faults(EUR) == []
    inputs = columns(kind, [row], None if base is None else [base])
    assert kind.faulty(inputs, 1, EUR) == []
    value = kind.compute(inputs, 1, EUR).fraction(0)
    assert kind.explain(inputs, 0, EUR).value == value
    return value


ATLAS = {"for": {"deals.product": "Atlas"}, "rate": "8%"}
ATLAS_NEAR: dict[str, Any] = {"for": {"deals.product": "Atlas", "partners.region": ["DE", "AT"]}, "rate": "10%"}
GOLD = {"for": {"partners.tier": "gold"}, "rate": "9%"}


# --- cases ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "due", "words"),
    [
        (
            {"deals.product": "Atlas", "partners.region": "FR"},
            9_600,
            "8 % of 1,200.00 by entry 1 (deals.product = 'Atlas')",
        ),
        (
            {"deals.product": "Atlas", "partners.region": "AT"},
            12_000,
            "10 % of 1,200.00 by entry 2 (deals.product = 'Atlas' and partners.region in ('AT', 'DE')), "
            "more specific than entry 1 (deals.product = 'Atlas')",
        ),
        ({"deals.product": "Borea", "partners.region": "AT"}, 6_000, "no entry fits, otherwise 5 % of 1,200.00"),
        # An unknown attribute does not fit; what is known decides.
        (
            {"deals.product": "Atlas", "partners.region": None},
            9_600,
            "8 % of 1,200.00 by entry 1 (deals.product = 'Atlas')",
        ),
        ({"deals.product": None, "partners.region": "AT"}, 6_000, "no entry fits, otherwise 5 % of 1,200.00"),
    ],
)
def test_the_entry_that_names_more_of_the_row_pays_it(row: Row, due: int, words: str) -> None:
    kind = card(ATLAS, ATLAS_NEAR, otherwise={"rate": "5%"})
    assert paid(kind, row, 120_000) == due
    assert kind.explain(columns(kind, [row], [120_000]), 0, EUR).words == words


@pytest.mark.parametrize(
    ("facts", "due"),
    [
        # OCA/commission 16.0, sale_commission_product_criteria, tests: a line of 1,000 under rules for all products
        # (10 fixed), a category (20 fixed), a product (5 %) and a variant (15 %); the narrower outranks the wider.
        ({}, 1_000),
        ({"items.category": "desks"}, 2_000),
        ({"items.category": "desks", "deals.product": "E-COM11"}, 5_000),
        ({"items.category": "desks", "deals.product": "E-COM11", "items.variant": "white"}, 15_000),
    ],
)
def test_a_variant_outranks_its_product_its_category_and_all_others(facts: Row, due: int) -> None:
    wide = {"items.category": "desks"}
    kind = card(
        {"amount": "10"},
        {"for": wide, "amount": "20"},
        {"for": {**wide, "deals.product": "E-COM11"}, "rate": "5%"},
        {"for": {**wide, "deals.product": "E-COM11", "items.variant": "white"}, "rate": "15%"},
    )
    assert paid(kind, facts, 100_000) == due


@pytest.mark.parametrize(
    ("discount", "due"),
    [
        # OCA/commission 16.0, sale_commission_product_criteria_discount, tests: 15 for a discount of 0 to 10 %, 7.50
        # beyond. The published bands leave a gap from 10 to 10.01, which a range that begins above 10 does not have.
        (0, 1_500),
        (11, 750),
        (10, 1_500),
        (Fraction("10.005"), 750),
        (100, 750),
    ],
)
def test_an_amount_by_the_band_of_a_discount(discount: int | Fraction, due: int) -> None:
    kind = card(
        {"for": {"items.discount": {"from": "0", "to": "10"}}, "amount": "15"},
        {"for": {"items.discount": {"above": "10", "to": "100"}}, "amount": "7.50"},
    )
    assert kind.takes == frozenset()
    assert paid(kind, {"items.discount": Fraction(discount)}) == due


def test_an_amount_for_each_unit_multiplies_and_a_flat_amount_does_not() -> None:
    """dubinc/dub, calculate-sale-earnings.test.ts: a flat reward of 500 times a quantity of 2 is 1,000, of 0 is 0."""
    kind = card({"for": {"deals.product": "Atlas"}, "per_unit": "5"}, otherwise={"amount": "5"})
    assert kind.takes == {Type.COUNT, Type.NUMBER}
    assert paid(kind, {"deals.product": "Atlas"}, 2) == 1_000
    assert paid(kind, {"deals.product": "Atlas"}, 0) == 0
    assert paid(kind, {"deals.product": "Borea"}, 2) == 500
    inputs = columns(kind, [{"deals.product": "Atlas"}, {}], [2, 2])
    assert kind.explain(inputs, 0, EUR).words == "2 x 5.00 by entry 1 (deals.product = 'Atlas')"
    assert kind.explain(inputs, 1, EUR).words == "no entry fits, otherwise 5.00 flat"


def test_ranges_hold_from_and_to_and_leave_out_above_and_below() -> None:
    kind = card(
        {"for": {"deals.term_months": {"below": "12"}}, "rate": "1%"},
        {"for": {"deals.term_months": {"from": "12", "below": "24"}}, "rate": "2%"},
        {"for": {"deals.term_months": {"from": "24", "to": "36"}}, "rate": "3%"},
        {"for": {"deals.term_months": {"above": "36"}}, "rate": "4%"},
    )
    found = [paid(kind, {"deals.term_months": Fraction(months)}, 10_000) for months in (1, 12, 23, 24, 36, 37)]
    assert found == [100, 200, 200, 300, 300, 400]


def test_a_range_of_money_is_written_in_the_currency_and_one_of_days_in_dates() -> None:
    kind = card(
        {"for": {"deals.amount": {"from": "1_000"}}, "rate": "2%"},
        {"for": {"deals.amount": {"from": "1_000"}, "deals.closed_on": {"from": "2026-02-01"}}, "rate": "3%"},
        otherwise={"rate": "1%"},
    )
    early, late = date(2026, 1, 31), date(2026, 2, 1)
    assert paid(kind, {"deals.amount": Fraction(99_999), "deals.closed_on": late}, 10_000) == 100
    assert paid(kind, {"deals.amount": Fraction(100_000), "deals.closed_on": early}, 10_000) == 200
    assert paid(kind, {"deals.amount": Fraction(100_000), "deals.closed_on": late}, 10_000) == 300


# --- rows that a card can't pay ---------------------------------------------------------------------------------------


def test_two_entries_that_fit_a_row_equally_well_are_both_named() -> None:
    kind = card(ATLAS, GOLD)
    assert kind.faults(EUR) == [], "most rows may be told apart by both"
    rows: list[Row] = [
        {"deals.product": "Atlas"},
        {"deals.product": "Atlas", "partners.tier": "gold"},
        {"partners.tier": "silver"},
    ]
    faults = kind.faulty(columns(kind, rows, [1, 1, 1]), 3, EUR)
    assert [(fault.row, fault.code) for fault in faults] == [(1, "F311"), (2, "F310")]
    assert (
        faults[0].message == "entry 1 (deals.product = 'Atlas') and entry 2 (partners.tier = 'gold') fit equally well"
    )
    assert kind.faulty(columns(kind, rows, [1, None, None]), 3, EUR) == [], "without a base nothing is paid anyway"


def test_a_third_entry_settles_what_two_leave_open() -> None:
    both = {"for": {"deals.product": "Atlas", "partners.tier": "gold"}, "rate": "12%"}
    assert paid(card(ATLAS, GOLD, both), {"deals.product": "Atlas", "partners.tier": "gold"}, 10_000) == 1_200


def test_entries_that_exclude_each_other_never_meet() -> None:
    kind = card(
        {"for": {"partners.region": ["DE", "AT"]}, "rate": "1%"}, {"for": {"partners.region": "FR"}, "rate": "2%"}
    )
    rows: list[Row] = [{"partners.region": region} for region in ("DE", "AT", "FR")]
    assert kind.faulty(columns(kind, rows, [1, 1, 1]), 3, EUR) == []


def test_a_long_list_of_others_that_fit_is_cut_short() -> None:
    attributes = ["deals.product", "partners.region", "partners.tier", "items.category", "items.variant"]
    kind = card(*({"for": dict.fromkeys(attributes[:count], "x"), "rate": "1%"} for count in range(6)))
    words = kind.explain(columns(kind, [dict.fromkeys(attributes, "x")], [100]), 0, EUR).words
    assert words.startswith("1 % of 1.00 by entry 6 (") and words.endswith(" and 2 more")
    assert "..." in words and len(words) < 700


# --- cards that say what they can't mean ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"entries": [{"for": {"product": "Atlas"}, "rate": "8%"}]}, "P180"),
        ({"entries": [{"for": {"deals.product.name": "Atlas"}, "rate": "8%"}]}, "P180"),
        ({"entries": [{"for": {"deals.product": []}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.product": ""}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.product": None}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.product": ["A", "A"]}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.product": ["A", {"from": "1"}]}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.product": ["x"] * 1_001}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.term_months": {}}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.term_months": {"from": "1", "above": "1"}}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.term_months": {"until": "1"}}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.term_months": {"from": "9", "to": "8"}}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.term_months": {"from": "9", "below": "9"}}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.term_months": {"from": "2026-01-01", "to": "9"}}, "rate": "8%"}]}, "P181"),
        ({"entries": [{"for": {"deals.term_months": {"from": "EUR 9"}}, "rate": "8%"}]}, "W109"),
        ({"entries": [{"for": {"deals.term_months": {"from": ["9"]}}, "rate": "8%"}]}, "W123"),
        ({"entries": [{"for": {"deals.closed_on": {"from": "2026-02-30"}}, "rate": "8%"}]}, "W117"),
        ({"entries": [{"for": {"deals.product": "Atlas"}}]}, "P182"),
        ({"entries": [{"for": {"deals.product": "Atlas"}, "rate": "8%", "amount": "5"}]}, "P182"),
        ({"entries": []}, "P182"),
        ({"entries": [{"rate": "8%"}], "otherwise": {}}, "P182"),
        ({"entries": [ATLAS, {"for": {"deals.product": "Borea"}, "per_unit": "5"}]}, "P184"),
        ({"entries": [{"rate": "8%"}], "otherwise": {"rate": "5%"}}, "P186"),
    ],
)
def test_a_card_that_says_nothing_clear_is_refused(config: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Card.model_validate(config)
    assert [error["type"] for error in refusal.value.errors()] == [code]


def test_two_entries_for_the_same_rows_are_told_before_any_row_is_seen() -> None:
    again = {"for": {"partners.region": ["AT", "DE"], "deals.product": ["Atlas"]}, "rate": "11%"}
    (fault,) = card(ATLAS, ATLAS_NEAR, again).faults(EUR)
    what = "deals.product = 'Atlas' and partners.region in ('AT', 'DE')"
    assert fault[:2] == ("P183", f"entries 2 and 3 are for the same rows: {what}")
    assert [fault[0] for fault in card({"rate": "1%"}, {"rate": "2%"}).faults(EUR)] == ["P183"]


def test_an_amount_that_does_not_fit_the_currency_is_told_with_its_entry() -> None:
    kind = card(
        {"amount": "USD 5"},
        {"for": {"deals.product": "Atlas"}, "amount": "0.001"},
        {**GOLD, "rate": None, "amount": "1"},
    )
    assert [(code, message.partition(":")[0]) for code, message, _ in kind.faults(EUR)] == [
        ("P130", "entry 1"),
        ("P132", "entry 2"),
    ]
    assert card({"per_unit": "0.0035", "for": {"deals.product": "A"}}, otherwise={"per_unit": "USD 1"}).faults(EUR)


def test_what_was_written_is_written_again_as_the_same() -> None:
    kind = card(
        ATLAS_NEAR,
        {"for": {"deals.term_months": {"from": "12", "below": "24"}}, "amount": "1"},
        {
            "for": {"items.discount": {"above": "0.000000000001%"}, "deals.closed_on": {"to": "2026-03-31"}},
            "rate": "1%",
        },
    )
    assert Card.model_validate(kind.model_dump(mode="json", by_alias=True, exclude_none=True)) == kind
    assert (
        kind.entries[0].for_
        == card({**ATLAS_NEAR, "for": {**ATLAS_NEAR["for"], "partners.region": ["AT", "DE"]}}).entries[0].for_
    )


def test_a_text_from_the_document_stays_a_text() -> None:
    written = condition(card({"for": {"deals.product": "x' or 1 = 1 --"}, "rate": "1%"}).entries[0].for_)
    assert written is not None and written.text == "deals.product = 'x'' or 1 = 1 --'"
    assert [str(column) for column in columns_of(written.tree)] == ["deals.product"]


# --- properties -------------------------------------------------------------------------------------------------------

NAMES = ["deals.product", "partners.region", "partners.tier", "items.category"]
matches = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(["a", "b"]) | st.just(["a", "b"]) | st.just(["b", "c"]), max_size=4
)


@given(
    st.lists(matches, min_size=1, max_size=6),
    st.lists(st.tuples(*[st.sampled_from("abcd")] * 4), max_size=8),
    st.data(),
)
def test_the_order_of_the_entries_decides_nothing(found: list[Any], facts: list[Any], data: st.DataObject) -> None:
    rows: list[Row] = [dict(zip(NAMES, each, strict=True)) for each in facts]
    entries = [{"for": match, "amount": str(index)} for index, match in enumerate(found)]
    order = data.draw(st.permutations(range(len(entries))))
    kind, turned = card(*entries), card(*[entries[index] for index in order])
    inputs, turned_inputs = columns(kind, rows), columns(turned, rows)
    faulty = {(fault.row, fault.code) for fault in kind.faulty(inputs, len(rows), EUR)}
    assert faulty == {(fault.row, fault.code) for fault in turned.faulty(turned_inputs, len(rows), EUR)}
    ways, turned_ways = kind.compute(inputs, len(rows), EUR), turned.compute(turned_inputs, len(rows), EUR)
    for row in set(range(len(rows))) - {row for row, _ in faulty}:
        assert ways.fraction(row) == turned_ways.fraction(row) == kind.explain(inputs, row, EUR).value


@given(st.lists(matches, min_size=1, max_size=6), st.tuples(*[st.sampled_from("abcd")] * 4))
def test_the_choice_is_the_plain_law(found: list[Any], facts: tuple[str, ...]) -> None:
    """Among the entries that fit, those of the highest count; one of them: paid, none or two: a fault."""
    row = dict(zip(NAMES, facts, strict=True))
    fitting = [at for at, match in enumerate(found) if all(row[name] in match[name] for name in match)]
    highest = max((len(found[at]) for at in fitting), default=None)
    best = [at for at in fitting if len(found[at]) == highest]
    kind = card(*[{"for": match, "amount": str(at)} for at, match in enumerate(found)])
    inputs = columns(kind, [row])
    faults = [fault.code for fault in kind.faulty(inputs, 1, EUR)]
    assert faults == {0: ["F310"], 1: []}.get(len(best), ["F311"])
    if len(best) == 1:
        assert kind.compute(inputs, 1, EUR).fraction(0) == best[0] * 100


def test_more_attributes_are_more_specific_and_a_list_is_one() -> None:
    narrow, wide = card(ATLAS_NEAR, ATLAS).entries
    assert (specificity(narrow.for_), specificity(wide.for_), specificity({})) == (2, 1, 0)
    assert set(wide.for_) < set(narrow.for_)
    chosen = most_specific([wide.for_, narrow.for_], [np.array([True, True]), np.array([False, True])], 2)
    assert (chosen.entry.tolist(), chosen.rival.tolist()) == ([0, 1], [-1, -1])
    assert isinstance(card({"for": {"deals.amount": {"to": "5"}}, "amount": "1"}).entries[0].for_["deals.amount"], Span)
