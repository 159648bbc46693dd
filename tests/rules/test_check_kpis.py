"""What the check says of a program's own KPIs: each fault with its code, its place and a cure that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.expressions.tree import Type, words
from rules.kpi import Window
from rules.load import understand
from rules.meaning import Meaning
from rules.problem import Problem, errors

HEAD = """program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: p.csv, deals: d.csv, credits: c.csv, customers: u.csv, surveys: s.csv}
payouts: {fee: {amount: 1}}
kpis:
"""


def checked(kpis: str) -> tuple[Meaning | None, tuple[Problem, ...]]:
    lines = "".join(f"  {line.strip()}\n" for line in kpis.strip().splitlines())
    found = understand((HEAD + lines).encode(), "program.yaml", Path())
    return found.meaning, errors(found.problems)


@pytest.mark.parametrize(
    ("kpis", "code", "message", "hint"),
    [
        (
            "one: {formula: two + 1}\ntwo: {formula: three * 2}\nthree: {formula: one}",
            "P127",
            "a circle of KPIs: one -> two -> three -> one",
            "break the circle",
        ),
        ("one: {formula: one + 1}", "P127", "a circle of KPIs: one -> one", "break the circle"),
        ("volume: sales_volum", "P128", "the catalogue has no KPI sales_volum", "did you mean 'sales_volume'?"),
        ("volume: nonsense", "P128", "the catalogue has no KPI nonsense", "partage kpis lists the catalogue"),
        (
            "happy: {use: partner_satisfaction, options: {satisfied: 3}}",
            "P129",
            "partner_satisfaction has no option satisfied",
            "its options are satisfied_at",
        ),
        ("volume: {use: sales_volume, options: {x: 3}}", "P129", "sales_volume has no option x", "it has none"),
        ("won: {sum: deals.amount, count: deals}", "P120", "this one is sum and count", "write one of"),
        ("won: {where: deals.status = 'won'}", "P120", "this one is none", "write one of"),
        (
            "won: {sum: deals.amount, over: {where: deals.open}}",
            "P120",
            "a measure is one thing, and this one is none",
            "write one of sum",
        ),
        (
            "won: {count: deals, unit: money}",
            "P119",
            "the unit is money, and what is measured is of type count",
            "leave",
        ),
        (
            "won: {sum: deals.amount, unit: count}",
            "P119",
            "the unit is count, and what is measured is of type money",
            "",
        ),
        (
            "rate: {count: deals, over: {count: deals}, times: 100, unit: percent}",
            "P119",
            "with times: 100 it would be 8,000 %",
            "leave times: 100 out",
        ),
        (
            "kinds: {count_distinct: case when deals.amount * 2 > 100 then deals.kind end}",
            "X138",
            "a text that is chosen by a product or a quotient is compared",
            "move the condition to where:",
        ),
        ("days: {sum: deals.closed_on}", "P121", "a date has no sum", "take money, a number or a count"),
        ("won: {count: deal}", "P148", "there is no table deal among the sources", "did you mean 'deals'?"),
        ("won: {sum: deals.amont}", "X131", "unknown column 'amont' in deals", "did you mean 'amount'?"),
        ("win: {count: deals}\nwon: {formula: wun * 2}", "X131", "unknown name 'wun'", "did you mean 'win'?"),
        (
            "won: {sum: deals.amount, where: deals.amount}",
            "X135",
            "this is money, and a condition is due here",
            "compare",
        ),
        ("won: {count: partners, where: deals.open}", "P160", "a row of partners sees no row of deals", "name a table"),
        ("won: {count: deals, window: until_end}", "P161", "no dated says which day a row has", "deals.DAY"),
        ("won: {count: deals, dated: deals.amount}", "P161", "dated names one date column", "deals.closed_on"),
        ("won: {mean: invoices.amount}", "P163", "won needs the table invoices", "add its source"),
        ("liked: {mean: surveys.score, latest_of: surveys.respondent_id}", "P164", "and needs dated", "with dated:"),
        (
            "liked: {mean: surveys.score, latest_of: surveys.score + 1, dated: surveys.answered_on}",
            "P164",
            "this names one column",
            "write it as",
        ),
        ("liked: {mean: surveys.score, credited: sourced}", "P165", "has no deal to be credited for", "measure deals"),
        ("size: {median: deals.amount, credited: co_sold}", "P169", "parts of a deal have no median", "over: {count"),
        ("use: {formula: period.end - period.start}", "P167", "and period.end is none", "measure it as a KPI"),
        (
            "won: {sum: deals.amount}\nbig: {count: deals, where: deals.amount > won}",
            "P168",
            "and won is a KPI",
            "formula:",
        ),
        ("won: {count: deals, window: last_year}", "P104", "", ""),
        ("won: {count: deals, shown: true}", "P102", "", ""),
    ],
)
def test_a_fault_is_told_with_a_cure(kpis: str, code: str, message: str, hint: str) -> None:
    meaning, problems = checked(kpis)
    assert meaning is None
    (problem,) = [each for each in problems if each.code == code]
    assert message in problem.message and hint in problem.hint
    assert problem.place.line >= 8


def test_every_fault_is_told_at_once_and_one_is_not_told_twice() -> None:
    _, problems = checked("a: {sum: deals.amont}\nb: nonsense\nc: {formula: a + b}\nd: {formula: d}\ne: {count: deals}")
    assert [(each.code, each.place.line) for each in problems] == [("X131", 8), ("P128", 9), ("P127", 11)]


def test_what_is_measured_is_understood() -> None:
    meaning, problems = checked(
        """
        growth: {formula: won / before - 1}
        won: {sum: deals.amount, where: deals.status = 'won', dated: deals.closed_on}
        before: {sum: deals.amount, window: period_before, dated: deals.closed_on}
        wins: {count: deals, credited: sourced, better: lower}
        size: {sum: deals.amount, over: {count: deals}, at_least: 3}
        rate: {sum: deals.amount, over: {sum: deals.annual_value}, times: 100}
        longest: {median: deals.closed_on - deals.opened_on}
        """
    )
    assert not problems and meaning is not None
    by_name = {kpi.name: kpi for kpi in meaning.kpis}
    assert list(by_name).index("growth") > list(by_name).index("before")
    assert {name: kpi.type for name, kpi in by_name.items()} == {
        "won": Type.MONEY,
        "before": Type.MONEY,
        "wins": Type.COUNT,
        "size": Type.MONEY,
        "rate": Type.NUMBER,
        "longest": Type.NUMBER,
        "growth": Type.NUMBER,
    }
    before, wins, size = by_name["before"].numerator, by_name["wins"], by_name["size"]
    assert before is not None and before.window is Window.PERIOD_BEFORE
    assert wins.better == "lower" and wins.numerator is not None and wins.numerator.credited == "sourced"
    assert size.at_least == 3 and [measure.name for measure in size.measures] == ["size.numerator", "size.denominator"]


def test_a_kpi_of_the_catalogue_speaks_of_its_own_name_and_option() -> None:
    meaning, problems = checked(
        "happy: {use: partner_satisfaction, title: Happy partners, options: {satisfied_at: 3.5}}"
    )
    assert not problems and meaning is not None
    part, whole = meaning.kpis
    assert (part.name, whole.name, whole.title) == ("happy.mean", "happy", "Happy partners")
    assert whole.formula is not None
    assert words(whole.formula).startswith("case when happy.mean >= 3.5 then 1")
