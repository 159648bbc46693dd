"""The least that a partner gets over several periods: topped up once, at the end of the stretch."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import refused, told, write

from rules.load import load
from rules.payouts.words import payout_words

PROGRAM = """
program: Guaranteed
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 10%
    limits: [{at_least: EUR 100, over: fiscal_year}]
    returns:
      refund: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on}
"""
DEALS = """
deal_id,partner_id,closed_on,amount
d1,p,2026-02-01,300.00
d2,p,2026-11-01,200.00
d3,q,2026-05-01,100.00
d4,r,2026-08-01,5000.00
d5,r,2025-11-01,900.00
"""


def of(folder: Path, program: str = PROGRAM, events: str = "") -> Path:
    tables = {
        "partners.csv": "partner_id\np\nq\nr\ns\n",
        "deals.csv": DEALS,
        "deal_events.csv": f"event_id,deal_id,occurred_on,amount\n{events}",
    }
    return write(folder, program, tables)


def paid(program: Path, period: str) -> list[str]:
    """The lines of a period; every partner's payout re-adds."""
    with told(program, period) as story:
        for partner in story.run.partners:
            story.why(partner)
        return sorted(line.replace(" commission ", " ") for line in story.lines())


def test_the_least_of_a_year_is_topped_up_in_its_last_period(tmp_path: Path) -> None:
    """p earns 30 + 20, q 10 in May and nothing after it, r 500; s has no line and gets none."""
    program = of(tmp_path)
    assert paid(program, "2026-Q1") == ["p d1 3000"]
    assert paid(program, "2026-Q2") == ["q d3 1000"]
    assert paid(program, "2026-Q4") == ["p d2 2000", "p p 5000", "q q 9000"]


def test_a_return_within_the_year_is_topped_up_too(tmp_path: Path) -> None:
    """-30 in October: 20 stay, and 80 are missing."""
    assert paid(of(tmp_path, events="e1,d1,2026-10-01,300.00\n"), "2026-Q4") == [
        "p d2 2000",
        "p e1 -3000",
        "p p 8000",
        "q q 9000",
    ]


def test_a_year_ends_with_the_program(tmp_path: Path) -> None:
    """In force until September, so that the third quarter is its last."""
    program = of(tmp_path, PROGRAM.replace("2026-12-31", "2026-09-30"))
    assert paid(program, "2026-Q3") == ["p p 7000", "q q 9000", "r d4 50000"]


def test_a_year_of_the_program_begins_with_its_fiscal_year(tmp_path: Path) -> None:
    """From July on: d1, d3 and d5 are of the year that ends in June, the others of one that ends after the program."""
    calendar = "calendar: {period: quarter, fiscal_year_starts: 07-01, fiscal_year_named_after: its_start}"
    text = PROGRAM.replace("calendar: quarter", calendar).replace("2026-01-01 to", "2025-07-01 to")
    program = of(tmp_path, text)
    assert paid(program, "2025-Q4") == ["p p 7000", "q d3 1000", "q q 9000", "r r 1000"]


def test_the_least_of_a_rules_days_is_topped_up_at_their_end(tmp_path: Path) -> None:
    """Deals of January to May, of which the last count in June, 31 days later; then p has 30 and q 10."""
    days = "during: 2026-01-01 to 2026-05-31\n    lock: 31 days\n    rate: 10%"
    program = of(tmp_path, PROGRAM.replace("rate: 10%", days).replace("over: fiscal_year", "over: during"))
    assert paid(program, "2026-Q1") == ["p d1 3000"]
    assert paid(program, "2026-Q2") == ["q d3 1000"]
    assert paid(program, "2026-Q3") == ["p p 7000", "q q 9000"]


def test_what_is_told_of_it(tmp_path: Path) -> None:
    program = of(tmp_path)
    with told(program, "2026-Q4") as story:
        said = [part.words for part in story.why("p", "commission").parts]
        least = "at least 100.00 over the fiscal year"
        assert f"{least}, and the lines come to 50.00, of which 30.00 in earlier periods" in said
    (rule,) = load(program).understood().payouts
    limits = [words.text for name, words in payout_words(rule) if name == "Limit"]
    least = "the lines of each partner come to at least EUR 100.00 in each fiscal year"
    assert limits == [f"{least}; a line of its own tops up at its end"]


@pytest.mark.parametrize("more", ["over: ever", "over: fiscal_year, per: program"])
def test_a_least_has_an_end_and_a_partner(tmp_path: Path, more: str) -> None:
    program = of(tmp_path, PROGRAM.replace("over: fiscal_year", more))
    assert [each.split()[0] for each in refused(program, "2026-Q1")] == ["P193"]
