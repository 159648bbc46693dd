"""Conditions and sums are said so that a lawyer reads them as the engine does."""

from __future__ import annotations

import pytest

from rules.expressions.expression import parse_expression
from rules.expressions.said import condition_said

SAID = [
    ("deals.status = 'won'", "deals.status is 'won'"),
    ("deals.status != 'won'", "deals.status is not 'won'"),
    ("partners.active", "partners.active holds"),
    ("not partners.active", "partners.active does not hold"),
    ("deals.kind in ('new', 'upsell', 'renewal')", "deals.kind is 'new', 'upsell' or 'renewal'"),
    ("deals.kind not in ('new', 'upsell')", "deals.kind is none of 'new' and 'upsell'"),
    ("deals.amount between 10 and 20", "deals.amount is from 10 to 20"),
    ("deals.amount not between 10 and 20", "deals.amount is not from 10 to 20"),
    ("payees.valid_to is null", "payees.valid_to is blank"),
    ("payees.valid_to is not null", "payees.valid_to is not blank"),
    ("deals.amount >= 1000000.5", "deals.amount is at least 1,000,000.5"),
    ("deals.margin < -0.25", "deals.margin is below -0.25"),
    ("deals.closed_on <= date '2026-03-31'", "deals.closed_on is on or before 2026-03-31"),
    ("a = 1 and b = 2", "a is 1 and b is 2"),
    ("a = 1 and (b = 2 or c = 3)", "a is 1, and (b is 2 or c is 3)"),
    ("(a = 1 and b = 2) or c = 3", "(a is 1 and b is 2), or c is 3"),
    ("not (a = 1 or b = 2)", "it does not hold that (a is 1 or b is 2)"),
    ("a * (b + c)", "a x (b + c)"),
    ("a - (b - c)", "a - (b - c)"),
    ("a / (b * c)", "a / (b x c)"),
    ("-(a + b)", "-(a + b)"),
    ("a * (-b / c)", "a x (-b / c)"),
    ("least(a, 5)", "(the smallest of a and 5)"),
    ("coalesce(a, 0)", "(the first known of a and 0)"),
    ("case when a > 1 then 2 else 3 end", "(2 where a is above 1; otherwise 3)"),
    ("case when a > 1 then 2 end", "(2 where a is above 1; otherwise unknown)"),
]


@pytest.mark.parametrize(("text", "words"), SAID)
def test_an_expression_in_words(text: str, words: str) -> None:
    found = condition_said(parse_expression(text))
    assert found.removesuffix(" holds") == words.removesuffix(" holds")


def test_no_two_of_them_say_the_same() -> None:
    assert len({words for _, words in SAID}) == len(SAID)
