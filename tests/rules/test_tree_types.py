"""The types of expressions: what fits, what is rewritten, and what is said where something does not fit."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

from rules.codes import EXPRESSIONS
from rules.expressions.expression import parse_expression
from rules.expressions.tree import (
    Column,
    Comparison,
    Literal,
    Type,
    words,
)
from rules.expressions.tree_types import typed

COLUMNS = {
    "deals.amount": Type.MONEY,
    "deals.margin": Type.MONEY,
    "deals.closed_on": Type.DATE,
    "deals.status": Type.TEXT,
    "deals.deal_id": Type.ID,
    "deals.term_months": Type.COUNT,
    "revenue.month": Type.MONTH,
    "partners.active": Type.FLAG,
    "partners.region": Type.TEXT,
    "credits.share": Type.NUMBER,
    "sourced": Type.MONEY,
    "certified": Type.COUNT,
}


def read(text: str, wanted: Type | None = None) -> tuple[str, Type | None, list[tuple[str, str]]]:
    tree, found, faults = typed(
        parse_expression(text), lambda column: COLUMNS.get(str(column)), lambda: COLUMNS, 2, wanted
    )
    return words(tree), found, [(fault.code, f"{fault.message} - {fault.hint}") for fault in faults]


# Written, its type, and its words after typing (none where nothing changes); money has two decimals.
TYPED = [
    ("deals.amount > 500", Type.FLAG, "deals.amount > 50000"),
    ("deals.amount > -0.5", Type.FLAG, "deals.amount > -50"),
    ("500 < deals.amount", Type.FLAG, "50000 < deals.amount"),
    ("deals.amount * 2 > 500", Type.FLAG, "deals.amount * 2 > 50000"),
    ("2 * deals.amount", Type.MONEY, None),
    ("deals.amount / 4", Type.MONEY, None),
    ("deals.amount * credits.share", Type.MONEY, None),
    ("deals.amount / deals.margin", Type.NUMBER, None),
    ("deals.amount / deals.margin > 0.5", Type.FLAG, None),
    ("deals.amount + 10", Type.MONEY, "deals.amount + 1000"),
    ("(deals.amount - 10) * 2 + 1", Type.MONEY, "(deals.amount - 1000) * 2 + 100"),
    ("deals.amount > 2 * 500 + 1", Type.FLAG, "deals.amount > 200 * 500 + 100"),
    ("deals.amount > 1000 / 4", Type.FLAG, "deals.amount > 100000 / 4"),
    ("deals.amount in (1, 2)", Type.FLAG, "deals.amount in (100, 200)"),
    ("deals.amount between 1 and 2", Type.FLAG, "deals.amount between 100 and 200"),
    ("least(deals.amount, 1_000)", Type.MONEY, "least(deals.amount, 100000)"),
    ("coalesce(deals.amount, 0)", Type.MONEY, None),
    ("nullif(deals.amount, 1)", Type.MONEY, "nullif(deals.amount, 100)"),
    ("abs(deals.amount - 1)", Type.MONEY, "abs(deals.amount - 100)"),
    ("-deals.amount", Type.MONEY, None),
    (
        "case when deals.term_months > 12 then 5 else deals.amount end",
        Type.MONEY,
        "case when deals.term_months > 12 then 500 else deals.amount end",
    ),
    (
        "deals.amount > case when partners.active then 5 else abs(-6) end",
        Type.FLAG,
        "deals.amount > case when partners.active then 500 else abs(-600) end",
    ),
    ("deals.closed_on >= '2026-01-31'", Type.FLAG, "deals.closed_on >= date '2026-01-31'"),
    ("'2026-01-31' <= deals.closed_on", Type.FLAG, "date '2026-01-31' <= deals.closed_on"),
    (
        "deals.closed_on between '2026-01-01' and '2026-12-31'",
        Type.FLAG,
        "deals.closed_on between date '2026-01-01' and date '2026-12-31'",
    ),
    ("deals.closed_on - '2026-01-01'", Type.NUMBER, "deals.closed_on - date '2026-01-01'"),
    ("revenue.month = '2026-01'", Type.FLAG, "revenue.month = date '2026-01-01'"),
    ("revenue.month in ('2026-01')", Type.FLAG, "revenue.month in (date '2026-01-01')"),
    ("coalesce(revenue.month, date '2026-01-01')", Type.MONTH, None),
    ("revenue.month < deals.closed_on + interval '12' month", Type.FLAG, None),
    ("revenue.month + interval '1' month", Type.MONTH, None),
    ("revenue.month + interval '1' day", Type.DATE, None),
    ("revenue.month - revenue.month", Type.NUMBER, None),
    ("deals.status = 'won' and deals.deal_id != deals.status", Type.FLAG, None),
    ("deals.status not in ('won', partners.region)", Type.FLAG, None),
    ("coalesce(deals.status, 'open')", Type.TEXT, None),
    ("coalesce(deals.deal_id, deals.deal_id)", Type.ID, None),
    ("coalesce(partners.active, false) or not partners.active", Type.FLAG, None),
    ("certified + certified", Type.COUNT, None),
    ("certified * certified", Type.COUNT, None),
    ("certified / certified", Type.NUMBER, None),
    ("certified * 0.5 + credits.share", Type.NUMBER, None),
    ("sourced is null", Type.FLAG, None),
    ("sourced / certified", Type.MONEY, None),
]


@pytest.mark.parametrize(("written", "found", "rewritten"), TYPED, ids=[row[0] for row in TYPED])
def test_types_and_literals_in_minor_units(written: str, found: Type, rewritten: str | None) -> None:
    assert read(written) == (rewritten or written, found, [])


# Written, the codes of its faults, and a word that is said.
MISTYPED = [
    ("deals.ammount > 1", ["X131"], "unknown column 'ammount' in deals - did you mean 'amount'?"),
    ("deal.amount > 1", ["X131"], "unknown table 'deal' - did you mean 'deals'?"),
    ("DEALS.amount > 1", ["X131"], "did you mean 'deals'?"),
    ("sourcd > 1", ["X131"], "unknown name 'sourcd' - did you mean 'sourced'?"),
    ("status = 'won'", ["X131"], "did you mean 'deals.status'?"),
    ("zzz", ["X131"], "known: certified, sourced"),
    ("x + y > z and deals.status = 5", ["X131", "X131", "X131", "X132"], "unknown name 'x'"),
    ("deals.status = 5", ["X132"], "quote"),
    ("deals.deal_id = 5", ["X132"], "quote"),
    ("certified = '5'", ["X132"], "quote"),
    ("deals.amount > credits.share", ["X132"], "only money"),
    ("deals.amount > 5 * credits.share", ["X132"], "only money"),
    ("deals.amount + credits.share", ["X132"], "only money"),
    ("deals.amount = 'much'", ["X132"], "money"),
    ("deals.closed_on = deals.status", ["X132"], "date"),
    ("deals.closed_on > 2026", ["X132"], "date"),
    ("deals.closed_on + 90", ["X132"], "days"),
    ("case when partners.active then 1 else 'x' end = 1", ["X132"], "quote"),
    ("deals.amount in (1, 'x')", ["X132"], "money"),
    ("deals.amount * deals.margin", ["X133"], "money by money is a number"),
    ("5 / deals.amount", ["X133"], "money by money is a number"),
    ("deals.status + deals.status", ["X133"], "add up"),
    ("deals.closed_on + deals.closed_on", ["X133"], "a - b"),
    ("deals.closed_on * 2", ["X133"], "'*'"),
    ("deals.status < 'z'", ["X133"], "order"),
    ("deals.status between 'a' and 'z'", ["X133"], "order"),
    ("-deals.status = 'x'", ["X133"], "sign"),
    ("abs(deals.closed_on) = 1", ["X133"], "abs"),
    ("least(deals.status, 'x') = 'x'", ["X133"], "least"),
    ("partners.active = true", ["X134"], "alone"),
    ("partners.active in (true)", ["X134"], "alone"),
    ("deals.amount and partners.active", ["X134"], "compare"),
    ("not deals.status", ["X134"], "compare"),
    ("case when certified then 1 end", ["X134"], "compare"),
    ("interval '1' day", ["X136"], "before it"),
    ("interval '1' day + deals.closed_on", ["X136"], "before it"),
    ("deals.closed_on * interval '1' day", ["X136"], "'*'"),
    ("deals.amount + interval '1' day", ["X136"], "money"),
    ("deals.closed_on > '2026-02-30'", ["X137"], "not a date"),
    ("deals.closed_on > 'yesterday'", ["X137"], "not a date"),
    ("deals.closed_on > '2026-01'", ["X137"], "not a date"),
    ("revenue.month = '2026-13'", ["X137"], "'2026-01'"),
    ("revenue.month = '2026-01-02'", ["X137"], "first day"),
    ("revenue.month = date '2026-01-02'", ["X137"], "first day"),
]


@pytest.mark.parametrize(("written", "codes", "said"), MISTYPED, ids=[row[0] for row in MISTYPED])
def test_types_that_do_not_fit(written: str, codes: list[str], said: str) -> None:
    _, _, faults = read(written)
    assert [code for code, _ in faults] == codes
    assert said in faults[0][1]


@pytest.mark.parametrize(
    ("written", "wanted", "answer"),
    [
        ("500", Type.MONEY, ("50000", Type.MONEY, [])),
        ("deals.amount", Type.MONEY, ("deals.amount", Type.MONEY, [])),
        ("'2026-01-31'", Type.DATE, ("date '2026-01-31'", Type.DATE, [])),
        ("certified", Type.NUMBER, ("certified", Type.COUNT, [])),
        ("deals.deal_id", Type.TEXT, ("deals.deal_id", Type.ID, [])),
    ],
)
def test_what_a_place_asks_for(written: str, wanted: Type, answer: tuple[str, Type, list[tuple[str, str]]]) -> None:
    assert read(written, wanted) == answer


@pytest.mark.parametrize(
    ("written", "wanted"),
    [("credits.share", Type.MONEY), ("deals.amount", Type.FLAG), ("deals.amount", Type.NUMBER), ("1", Type.TEXT)],
)
def test_what_a_place_does_not_take(written: str, wanted: Type) -> None:
    _, found, faults = read(written, wanted)
    assert found is None
    assert [code for code, _ in faults] == ["X135"]


def test_typing_is_quick_on_the_deepest_tree() -> None:
    deep = "coalesce(" * 49 + "deals.closed_on" + ", '2026-01-01')" * 49
    started = time.perf_counter()
    assert read(deep)[1] is Type.DATE
    assert time.perf_counter() - started < 1


def test_currencies_have_their_own_decimals() -> None:
    for decimals, scaled in ((0, 5), (2, 500), (3, 5_000)):
        tree, _, _ = typed(parse_expression("sourced > 5"), lambda column: Type.MONEY, list, decimals)
        assert tree == Comparison(">", Column(None, "sourced"), Literal(Fraction(scaled)))


def test_every_code_is_tried_here() -> None:
    of_the_place = {"X135", "X138", "X139"}  # X135 is tried above; the others are the check's, and tried with KPIs
    tried = {code for _, codes, _ in MISTYPED for code in codes} | of_the_place
    assert tried == {code for code in EXPRESSIONS if code > "X130"}
