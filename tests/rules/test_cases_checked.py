"""What the check says of a program's cases, and what it fills in where a case says little."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from rules.cases.meaning import CaseMeaning
from rules.load import understand
from rules.problem import errors

HEAD = """program: Story
currency: EUR
calendar: month
effective: 2026-01-15 to 2026-12-31
sources: {partners: p.csv, deals: d.csv, customers: c.csv, credits: cr.csv, targets: t.csv, leads: l.csv}
kpis:
  sourced: {sum: deals.amount, dated: deals.closed_on}
  closing: {sum: deals.amount, over: {sum: deals.annual_value}}
scorecards:
  performance:
    kpis: {sourced: {weight: 100%, linear: {from: 0, to: 100}}}
    tiers: {bronze: 0, gold: 80}
payouts:
  commission: {base: deals.amount * credits.share, rate: 10%, dated: deals.closed_on}
  bonus: {amount: 100, where: performance > 50 and performance.tier = 'gold'}
  referral: {for_each: leads, amount: 250, dated: leads.converted_on, lock: 30 days}
totals: {all_of_it: {sum: [commission, bonus]}}
tests:
"""


def checked(case: str) -> tuple[CaseMeaning | None, list[str]]:
    text = HEAD + "  the case:\n" + indent(dedent(case).strip(), "    ") + "\n"
    found = understand(text.encode(), "program.yaml", Path())
    told = [f"{each.code} {each.message} - {each.hint}" for each in errors(found.problems)]
    return None if found.meaning is None else found.meaning.cases[0], told


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("given: {deals: {amount: 5}}", "P233 the case expects nothing - add expect: with payouts, or with a code"),
        (
            "given: {deal: {amount: 5}}\nexpect: {bonus: 0}",
            "P234 the program has no table, KPI, quota or score called deal - did you mean 'deals'?",
        ),
        ("given: {deals: {amuont: 5}}\nexpect: {bonus: 0}", "P234 deals has no column amuont - did you mean 'amount'?"),
        (
            "expect: {comission: 5}",
            "P235 the program pays and measures nothing called comission - did you mean 'commission'?",
        ),
        (
            "given: {deals: [{partner_id: P-1}, {partner_id: P-2}]}\nexpect: {commission: 5}",
            "P235 the case has partners P-1, P-2, and it is not said whose this is - "
            "write it by partner: {P-1: ..., P-2: ...}",
        ),
        (
            "given: {partners: {partner_id: acme}}\nexpect: {commission: {acmee: 5}}",
            "P235 the case has no partner acmee - did you mean 'acme'?",
        ),
        ("expect: too little", "P235 'too little' is no code of a problem"),
        ("lines: {all_of_it: {D-1: 5}}", "P235 the program pays no lines called all_of_it"),
        ("period: 2026-Q1\nexpect: {bonus: 0}", "P236 there is no period 2026-Q1"),
        (
            "period: 2026-01\nexpect: {bonus: 0}",
            "P236 period 2026-01 (2026-01-01 to 2026-01-31) is not within 2026-01-15 to 2026-12-31 - "
            "the program is in force for those days only",
        ),
        ("given: {deals: 5}\nexpect: {bonus: 0}", "P237 a row of deals is columns with values"),
        ("given: {deals: {amount: [5]}}\nexpect: {bonus: 0}", "P237 a cell of amount is one value"),
        (
            "given: {performance: 90}\nexpect: {bonus: 100}",
            "P237 the rules read performance.tier too, and a stated scorecard is not worked out",
        ),
        ("given: {closing: 1/3}\nexpect: {bonus: 0}", "P237 1/3 has no end within 9 decimals"),
        ("given: {deals: {amount: 5.001}}\nexpect: {bonus: 0}", "P132 EUR has 2 decimals, and this amount has more"),
        (
            "given: {performance: 90, performance.tier: golden}\nexpect: {bonus: 0}",
            "P228 performance.tier is never 'golden' - did you mean 'gold'?",
        ),
    ],
)
def test_what_a_case_cannot_mean_is_told_with_a_cure(case: str, told: str) -> None:
    (found,) = checked(case)[1]
    assert found.startswith(told)


def test_every_fault_of_a_case_is_told_at_once() -> None:
    _, told = checked("given: {deal: {}, deals: {amuont: 5, closed_on: soon}}\nperiod: Q9\nexpect: {bonus: 0}")
    assert [each.split()[0] for each in told] == ["P234", "P234", "W116", "P236"]


def test_a_case_that_says_little_is_filled_in() -> None:
    case, told = checked(
        """
        given: {deals: {amount: EUR 1_000.50, customer_id: C-9}, credits: {role: sourced, share: 100%}, leads: {}}
        expect: {commission: 100.05}
        """
    )
    assert told == [] and case is not None
    assert str(case.period) == "2026-02 (2026-02-01 to 2026-02-28)"  # the first one that lies within effective
    assert case.tables["partners"] == ({"partner_id": "P-1", "recruited_on": "2026-01-15"},)
    (deal,) = case.tables["deals"]
    assert deal == {
        "amount": "1000.5",
        "customer_id": "C-9",
        "deal_id": "deals-1",
        "partner_id": "P-1",
        "closed_on": "2026-02-01",
    }
    assert case.tables["customers"] == ({"customer_id": "C-9", "partner_id": "P-1"},)  # named, so it is there
    (credit,) = case.tables["credits"]
    assert credit["deal_id"] == "deals-1" and credit["share"] == "1" and "customer_id" not in credit
    (lead,) = case.tables["leads"]
    assert lead["converted_on"] == "2026-01-02"  # its lock of 30 days ends with the first day of the period


def test_a_cell_that_is_written_blank_stays_blank() -> None:
    case, _ = checked("given: {deals: {amount: 5, closed_on: }}\nexpect: {commission: 0}")
    assert case is not None and case.tables["deals"][0]["closed_on"] == ""


def test_targets_are_rows_and_a_score_is_a_value() -> None:
    case, told = checked(
        """
        given:
          targets: {kpi: sourced, target: 100}
          performance: {P-1: 82.5, P-2: 10}
          performance.tier: {P-1: gold, P-2: bronze}
        expect: {bonus: {P-1: 100, P-2: 0}}
        """
    )
    assert told == [] and case is not None
    assert case.tables["targets"] == (
        {"kpi": "sourced", "target": "100", "target_id": "targets-1", "period": "2026-02"},
    )
    assert case.stated == {"performance": {"P-1": "82.5", "P-2": "10"}, "performance.tier": {"P-1": "1", "P-2": "0"}}
    assert [each["partner_id"] for each in case.tables["partners"]] == ["P-1", "P-2"]


CELLS = st.sampled_from(["5", "-1", "80%", "EUR 5", "true", "2026-02-30", "gold", "F301", "", "x" * 70, "\u202e"])
NAMES = st.sampled_from(
    ["deals", "amount", "partner_id", "deal_id", "customer_id", "commission", "performance", "P-1", "of"]
)
NESTED = st.recursive(
    CELLS | st.none(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(given_=NESTED, expect=NESTED, lines=NESTED, period=CELLS)
def test_whatever_stands_in_a_case_it_is_understood_or_told(given_: Any, expect: Any, lines: Any, period: str) -> None:
    case = {"given": given_, "expect": expect, "lines": lines, "period": period}
    text = (HEAD + "  the case: " + json.dumps(case)).encode()
    found = understand(text, "program.yaml", Path())
    assert (found.meaning is None) == bool(errors(found.problems))
