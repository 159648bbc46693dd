"""What may be written as a condition or formula, how it is read, and that nothing else gets in."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from fractions import Fraction

import pytest
from pydantic import BaseModel, ValidationError

from rules.codes import EXPRESSIONS
from rules.expressions.expression import BadExpression, ExpressionField, Written, height, parse_expression
from rules.expressions.tree import (
    And,
    Call,
    Column,
    Comparison,
    Expression,
    InList,
    IsNull,
    Literal,
    Or,
    words,
)

A, B, C = Column(None, "a"), Column(None, "b"), Column(None, "c")

# Written, and its canonical words (the same where there is only one).
GOOD = [
    (
        "deals.status = 'won' and partners.region in ('DE','AT')",
        "deals.status = 'won' and partners.region in ('DE', 'AT')",
    ),
    ("deals.annual_value * credits.share", None),
    ("customers.churned_on < deals.closed_on + interval '90' day", None),
    ("sourced / certified", None),
    ("partners.active and kind in ('reseller','referral')", "partners.active and kind in ('reseller', 'referral')"),
    ("performance.tier = 'gold'", None),
    ("NOT a", "not a"),
    ("not not a", "not (not a)"),
    ("not a = b", "not (a = b)"),
    ("a <> b", "a != b"),
    ("a or b and c", "a or (b and c)"),
    ("(a or b) and c", None),
    ("a and (b and c)", None),
    ("a and b and c", None),
    ("a + b * c - 4", None),
    ("(a + b) * c", None),
    ("a - (b - c)", None),
    ("a - b - c", None),
    ("a / b / c", None),
    ("a * (b / c)", None),
    ("- a * b", "-a * b"),
    ("-(a * b)", None),
    ("a - -5", "a - (-5)"),
    ("a * - b", "a * (-b)"),
    ("- -a", "-(-a)"),
    ("((((a))))", "a"),
    ("1_250.00", "1250"),
    ("0.075", None),
    ("007.50", "7.5"),
    ("1234567890.123456789", None),
    ("'it''s'", None),
    ("'Müller & Söhne'", None),
    ("'Mu\u0308ller'", "'Müller'"),
    ("'-- no comment; no end /* really */'", None),
    ("''", None),
    ("'a\\'", None),
    ("TRUE", "true"),
    ("false or a", None),
    ("date'2026-01-31'", "date '2026-01-31'"),
    ("a >= DATE '2026-02-28'", "a >= date '2026-02-28'"),
    ("a + interval 3 months", "a + interval '3' month"),
    ("a - INTERVAL '1' Year", "a - interval '1' year"),
    ("a is null", None),
    ("a is not null", None),
    ("not a is null", "a is not null"),
    ("not (a is null)", None),
    ("a not in (1, 2)", None),
    ("not a in (1, 2)", "a not in (1, 2)"),
    ("not (a in (1))", None),
    ("a between 1 and b + 1", None),
    ("a not between 1 and 2 and b", "a not between 1 and 2 and b"),
    ("a between 1 and 2 and b between 3 and 4", None),
    ("(a between 1 and 2) = b", None),
    ("a = (b = c)", None),
    ("case when a then 1 when b = 2 or c then -2 else 3 end", None),
    ("case when a then case when b then 1 end else 2 end + 1", None),
    ("(case when a then 1 end) * 2", "case when a then 1 end * 2"),
    ("least(a, b, 3) + greatest ( a , coalesce(b, 0) )", "least(a, b, 3) + greatest(a, coalesce(b, 0))"),
    ("nullif(abs(a - b), 0)", None),
    ("a in (b + 1, (c), least(1, 2))", "a in (b + 1, c, least(1, 2))"),
    ("a in (b in (1), c)", None),
    ("a\n  and\tb\r\n", "a and b"),
    # Words of SQL are ordinary names after a dot, and most of them alone.
    ("deals.case = deals.end", None),
    ("deals.select + x.from + date.year + interval.date", None),
    ("date = interval + month", None),
    ("count + rank + level + index", None),
    ("results.month >= date '2026-01-01'", None),
    ("least = 1", None),
]


@pytest.mark.parametrize(("written", "canonical"), GOOD, ids=[written for written, _ in GOOD])
def test_good_expressions_have_one_canonical_text(written: str, canonical: str | None) -> None:
    tree = parse_expression(written)
    assert words(tree) == (canonical or written)
    assert parse_expression(words(tree)) == tree


def test_the_tree_is_our_own() -> None:
    text = "deals.amount >= 2.50 and not partners.kind in ('x', 'y') or a is not null"
    deal, kind = Column("deals", "amount"), Column("partners", "kind")
    assert parse_expression(text) == Or(
        (
            And(
                (
                    Comparison(">=", deal, Literal(Fraction(5, 2))),
                    InList(kind, (Literal("x"), Literal("y")), negated=True),
                )
            ),
            IsNull(A, negated=True),
        )
    )


def test_every_leaf_knows_where_it_was_written() -> None:
    text = "a = 'x'  and\n least(b, 2) > date '2026-01-01'"
    tree = parse_expression(text)
    assert isinstance(tree, And)
    right = tree.parts[1]
    assert isinstance(right, Comparison)
    assert isinstance(right.left, Call)
    at = (right.left.at, right.left.arguments[0].at, right.left.arguments[1].at, right.right.at)
    assert at == (text.index("least"), text.index("b,"), text.index("2)"), text.index("date"))
    assert tree == parse_expression(words(tree)), "places are no part of a tree's identity"


# Refused: what is written, the code of the first fault, and a word of its message or hint.
BAD = [
    ("", "X101", "empty"),
    (" \n\t ", "X101", "empty"),
    ("a" * 2_001, "X102", "2001"),
    ("a or b and c or " * 110 + "a", "X103", "steps"),
    ("+".join("a" * 251), "X103", "501"),
    ("(" * 51 + "a" + ")" * 51, "X104", "50"),
    ("not " * 51 + "a", "X104", "50"),
    ("- " * 51 + "a", "X104", "50"),
    ("+".join("a" * 52), "X104", "steps"),
    ("a = 1\u00a0", "X106", "no-break"),
    ("a = \u200b1", "X105", "U+200B"),
    ("dеals.status = 'won'", "X105", "CYRILLIC"),
    ("größe > 1", "X105", "ASCII"),
    ("a = 'x\u202ey'", "X105", "U+202E"),
    ("a = 'x\ny'", "X105", "U+000A"),
    ("a = 'x\x00'", "X105", "U+0000"),
    ("a == 1", "X106", "did you mean ="),
    ("a && b", "X106", "and"),
    ("a || b", "X106", "or"),
    ("!a", "X106", "not"),
    ("a =< 1", "X106", "<="),
    ("a ≥ 1", "X106", ">="),
    ("a ** 2", "X106", "x * x"),
    ("a % 2", "X106", "0.075"),
    ("a & 1", "X106", "names"),
    ("a = “won”", "X106", "single quotes"),
    ("a[1]", "X106", "names"),
    ("{a}", "X106", "names"),
    ("a = ?", "X106", "names"),
    ("a = $1", "X106", "names"),
    ("a::int", "X106", "types"),
    (".5", "X106", "0.5"),
    ("a -- b", "X107", "comment"),
    ("a /* b */", "X107", "comment"),
    ("a; b", "X107", "';'"),
    ("a # b", "X107", "comment"),
    ('a = "won"', "X108", "single quotes"),
    ("`a` = 1", "X108", "single quotes"),
    ("a = 'won", "X109", "twice"),
    ("7.5%", "X110", "write 0.075"),
    ("100%", "X110", "write 1"),
    ("1e5", "X110", "digits"),
    ("0x10", "X110", "digits"),
    ("1.", "X110", "digits"),
    ("1.2.3", "X110", "digits"),
    ("1_0", "X110", "digits"),
    ("1" * 19, "X110", "18"),
    ("date '2026-02-29'", "X111", "existing"),
    ("date '20260131'", "X111", "existing"),
    ("a + interval '2' week", "X111", "14 days"),
    ("a + interval '-2' day", "X111", "interval"),
    ("a + interval '99999' day", "X111", "36600"),
    ("a + interval 1.5 day", "X111", "interval"),
    ("a + interval '1'", "X111", "interval"),
    ("select a", "X112", "query"),
    ("a like 'x%'", "X112", "whole texts"),
    ("a collate b", "X112", "types"),
    ("current_date > a", "X112", "day"),
    ("a = nan", "X112", "exact"),
    ("read_csv('/etc/passwd')", "X113", "least"),
    ("cast(a as int)", "X113", "types"),
    ("sum(a)", "X113", "least"),
    ("deals.least(a, b)", "X113", "least"),
    ("abs(a, b)", "X113", "takes 1"),
    ("least(a)", "X113", "2 or more"),
    ("a.b.c = 1", "X114", "table.column"),
    ("deals.*", "X114", "one column"),
    ("a" * 65 + " = 1", "X114", "64"),
    ("(a", "X115", "add )"),
    ("a)", "X115", "nothing"),
    ("case when a then 1", "X115", "add end"),
    ("end", "X115", "nothing"),
    ("(case when a then 1)", "X115", "nothing"),
    ("a b", "X116", "operator is missing"),
    ("a 'b'", "X116", "operator is missing"),
    ("a +", "X116", "after '+'"),
    ("+ a", "X116", "before '+'"),
    ("a + + b", "X116", "before '+'"),
    ("and a", "X116", "before 'and'"),
    ("*", "X116", "before '*'"),
    ("()", "X116", "missing"),
    ("least()", "X116", "missing"),
    ("a in ()", "X116", "missing"),
    ("a in b", "X116", "list"),
    ("(a, b)", "X116", "after in"),
    ("a, b", "X116", "list"),
    ("1,5", "X116", "point"),
    ("a is true", "X116", "null"),
    ("a is not b", "X116", "null"),
    ("a not b", "X116", "not"),
    ("a = not b", "X116", "brackets"),
    ("a between 1", "X116", "between"),
    ("case a when 1 then 2 end", "X116", "case when"),
    ("case when a end", "X116", "case"),
    ("a when", "X116", "after 'when'"),
    ("case when a then 1 else 2 else 3 end", "X116", "case"),
    ("a = null", "X117", "is null"),
    ("null", "X117", "is null"),
    ("case when a then 1 else null end", "X117", "leave out else"),
    ("a < b < c", "X118", "and"),
    ("a = b = c", "X118", "brackets"),
    ("a in (1) in (2)", "X118", "brackets"),
    ("a is not null = b", "X118", "brackets"),
]


@pytest.mark.parametrize(("written", "code", "said"), BAD, ids=[f"{code} {written[:40]!r}" for written, code, _ in BAD])
def test_refused_with_code_and_cure(written: str, code: str, said: str) -> None:
    with pytest.raises(BadExpression) as caught:
        parse_expression(written)
    first = caught.value.faults[0]
    assert first.code == code
    assert said in first.message + " " + first.hint
    assert first.message
    assert first.hint
    assert 0 <= first.at <= len(written)


def test_all_faults_of_words_are_said_at_once() -> None:
    with pytest.raises(BadExpression) as caught:
        parse_expression('a == 1 && b = "x" and c = 5% and a.b.c')
    assert [(fault.code, fault.at) for fault in caught.value.faults] == [
        ("X106", 2),
        ("X106", 7),
        ("X108", 14),
        ("X110", 26),
        ("X114", 33),
    ]


def test_fifty_deep_is_read_even_on_a_nearly_full_stack() -> None:
    deep = "coalesce(" * 49 + "a" + ", 1)" * 49

    def below(frames: int) -> Expression:
        return parse_expression(deep) if frames == 0 else below(frames - 1)

    room = sys.getrecursionlimit() - 500
    assert height(below(room)) == 50
    assert words(parse_expression("(" * 50 + "a" + ")" * 50)) == "a"


def test_depth_is_counted_through_brackets_and_chains_together() -> None:
    text = "a"
    for _ in range(10):
        text = f"({text}{' + b' * 10})"
    with pytest.raises(BadExpression) as caught:
        parse_expression(text)
    assert caught.value.faults[0].code == "X104"


def test_a_chain_of_conditions_is_not_deep() -> None:
    tree = parse_expression(" or ".join("a" * 250))
    assert isinstance(tree, Or)
    assert len(tree.parts) == 250
    assert height(tree) == 2


def test_what_is_accepted_can_be_read_back_from_its_words() -> None:
    # Fits as it is written; its brackets would not.
    with pytest.raises(BadExpression) as caught:
        parse_expression(" or ".join(["a and b"] * 110))
    assert caught.value.faults[0].code == "X103"


def test_sqlglot_is_loaded_only_when_an_expression_is_read() -> None:
    modules = "rules.expressions.expression, rules.expressions.tree_types, rules.expressions.evaluate"
    script = f"import sys, {modules}; sys.exit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


class Rule(BaseModel):
    when: ExpressionField


def test_a_field_of_a_config_holds_text_and_tree() -> None:
    rule = Rule.model_validate({"when": "deals.amount>5"})
    assert rule.when == Written("", Comparison(">", Column("deals", "amount"), Literal(Fraction(5))))
    assert rule.when.text == "deals.amount>5"
    assert rule.model_dump_json() == '{"when":"deals.amount > 5"}'
    assert Rule.model_validate_json(rule.model_dump_json()) == rule
    assert Rule.model_validate(rule.model_dump()) == rule
    assert Rule(when=rule.when) == rule
    schema = Rule.model_json_schema()["properties"]["when"]
    assert schema["type"] == ["string", "number"]  # an editor reads a bare 0.5 as a number
    assert schema["description"].startswith("A condition or formula")
    for example in schema["examples"]:
        parse_expression(example)


def test_a_field_says_code_cure_and_place() -> None:
    with pytest.raises(ValidationError) as caught:
        Rule.model_validate({"when": "a == '{hint}' and b.c.{message}"})
    (error,) = caught.value.errors()
    assert error["type"] == "X106"
    assert error["msg"] == "'==' is not allowed"
    assert error["ctx"]["hint"] == "did you mean ="
    assert error["ctx"]["offset"] == 2
    assert len(error["ctx"]["faults"]) == 4
    with pytest.raises(ValidationError) as caught:
        Rule.model_validate({"when": 'a = "{hint}"'})
    assert "{hint}" in caught.value.errors()[0]["msg"]


def test_a_field_takes_no_other_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Rule.model_validate({"when": ["a"]})
    assert caught.value.errors()[0]["type"] == "X119"


def test_every_code_is_tried_here() -> None:
    tried = {code for _, code, _ in BAD} | {"X119"}
    assert tried == {code for code in EXPRESSIONS if code < "X130"}


def test_dates_are_dates() -> None:
    assert parse_expression("date '2026-01-31'") == Literal(date(2026, 1, 31))
