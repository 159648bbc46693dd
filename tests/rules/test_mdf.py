"""What a program says of market development funds: what it means, and which faults `partage check` finds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from rules.load import understand
from rules.mdf.meaning import MdfMeaning

HEAD = """program: Funds
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: p.csv, mdf_budgets: b.csv, mdf: r.csv, mdf_claims: c.csv, revenue: v.csv}
"""


def problems(mdf: str, rest: str = "") -> list[str]:
    found = understand((HEAD + rest + mdf).encode(), "program.yaml", Path())
    return [f"{each.code} {each.message}" for each in found.problems if each.severity == "error"]


def meant(mdf: str) -> MdfMeaning:
    found = understand((HEAD + mdf).encode(), "program.yaml", Path()).understood().mdf
    assert found is not None
    return found


def test_activities_with_their_rates_and_caps() -> None:
    found = meant("mdf:\n  activities: {webinar: 75%, trade fair: {reimburse: 50%, at_most: EUR 3_000}, listed: {}}\n")
    rules = {name: (each.rate, each.most_minor) for name, each in found.activities.items()}
    assert rules == {
        "webinar": (Fraction(3, 4), None),
        "trade fair": (Fraction(1, 2), 3000_00),
        "listed": (Fraction(1), None),
    }
    assert found.activity("cruise") is None and found.activity(None) is None
    assert str(found.activities["trade fair"].place) == "program.yaml:7:30"


def test_without_activities_everything_is_funded_in_full() -> None:
    activity = meant("mdf: {proof: required}\n").activity("cruise")
    assert activity is not None and (activity.rate, activity.most_minor) == (Fraction(1), None)


def test_the_rules_in_words_are_all_that_is_written() -> None:
    found = meant(
        "mdf:\n"
        "  activities: {trade fair: {reimburse: 50%, at_most: EUR 3_000}}\n"
        "  claim_within: 60 days\n"
        "  proof: required\n"
        "  duplicates: [same_proof]\n"
        "  accrued: {rate: 2%, of: revenue.amount, dated: revenue.month, where: revenue.stream = 'services',"
        " expires: 6 months}\n"
        "  stages: {proposal: 40%}\n"
    )
    assert found.in_words().text.split("; ") == [
        "50 % of the cost of trade fair is reimbursed, up to EUR 3,000.00 for one request",
        "an activity that is not listed is not reimbursed",
        "a claim is made by the request's own day to claim, else within 60 days of its approval, else by the budget's "
        "last day",
        "a claim needs a proof",
        "a claim with the same proof as an earlier one is refused",
        "a fund accrues at 2 % of revenue.amount where revenue.stream = 'services' of each month by revenue.month, and "
        "lasts 6 months",
        "of open deals in stage proposal, 40 % count as won",
    ]


@pytest.mark.parametrize(
    ("mdf", "expected"),
    [
        ("mdf:\n  activities: {webinar: -5%}\n", ["M103 -5 % of webinar is reimbursed"]),
        ("mdf:\n  activities: {webinar: {at_most: -5}}\n", ["M103 no request can be granted less than nothing"]),
        ("mdf:\n  activities: {webinar: {at_most: USD 5}}\n", ["P130 an amount in USD in a program that pays EUR"]),
        ("mdf:\n  activities: {webinar: {at_most: 0.001}}\n", ["P132 EUR has 2 decimals, and this amount has more"]),
        ("mdf:\n  stages: {won: -1%}\n", ["M103 -1 % of stage won is won"]),
        (
            "mdf:\n  accrued: {rate: 2%, of: revenue.customer_id, dated: revenue.month}\n",
            ["M104 what accrues is a part of one column of money"],
        ),
        (
            "mdf:\n  accrued: {rate: 2%, of: revenue.amount, dated: revenue.stream}\n",
            ["M104 a month is told by one date of the row itself"],
        ),
        (
            "mdf:\n  accrued: {rate: 2%, of: mdf_claims.paid, dated: mdf_claims.paid_on}\n",
            ["M104 a row of mdf_claims names no partner, whose fund could grow by it"],
        ),
        *(
            (
                f"mdf:\n  accrued: {{rate: 2%, of: revenue.amount, dated: revenue.month, where: {where}}}\n",
                [f"M104 what accrued in a month stays, and {column} is another one in each period"],
            )
            for where, column in (
                ("partners.active", "partners.active"),
                ("period.days > 30", "period.days"),
                ("revenue.amount > 5 and sold > 9", "sold"),
            )
        ),
        ("mdf:\n  duplicates: [same_face]\n", ["P104 'same_face' is not one of same_proof, same_amount"]),
        ("mdf:\n  claim_within: soon\n", ["C102 'soon' is no number of days from 1 to 1,000"]),
    ],
    ids=str,
)
def test_faults_are_found_where_they_stand(mdf: str, expected: list[str]) -> None:
    assert problems(mdf, "kpis: {sold: {sum: revenue.amount, dated: revenue.month}}\n") == expected


def test_what_else_is_wrong_is_told_beside_what_cannot_be_read() -> None:
    found = problems(
        "mdf:\n"
        "  activities: {webinar: 150%, fair: {at_most: USD 5}, cruise: {reimbures: 1%}}\n"
        "  claim_within: soon\n"
        "  accrued: {rate: 2%, of: revenue.amnt, dated: revenue.month}\n",
        "payouts:\n  back: {base: mdf_claims.reimbursable, dated: mdf.decided, rate: 100%}\n",
    )
    assert [each.split()[0] for each in found] == ["X131", "M103", "P130", "P102", "C102", "X131"]
    assert problems("mdf: {accrued: {rate: lots, of: revenue.amount, dated: revenue.month}}\n")[0].startswith("W110")


def test_only_a_program_with_funds_knows_what_they_reimburse() -> None:
    payout = "payouts:\n  back: {base: mdf_claims.reimbursable, dated: mdf_claims.decided_on, rate: 100%}\n"
    assert problems("mdf: {proof: optional}\n", payout) == []
    (unknown,) = problems("", payout)
    assert unknown.startswith("X131")


def test_what_the_ledger_reads_is_not_taken_for_a_source_that_nothing_reads() -> None:
    """Regions and tiers of requests are those of their day; what came of funds is told by leads, deals and stages."""
    sources = "partner_history: h.csv, leads: l.csv, deals: d.csv, stages: s.csv, customers: k.csv, revenue"
    accrued = "accrued: {rate: 2%, of: revenue.amount, dated: revenue.month, where: customers.segment = 'small'}"
    text = HEAD.replace("revenue", sources) + f"mdf:\n  {accrued}\n"
    found = understand(text.encode(), "program.yaml", Path()).problems
    assert [each.message for each in found if each.code == "P313"] == []


def test_tables_that_the_ledger_needs_have_a_source() -> None:
    head = HEAD.replace("mdf: r.csv, mdf_claims: c.csv, ", "").replace("mdf_budgets: b.csv, ", "")
    found = understand((head + "mdf: {proof: optional}\n").encode(), "program.yaml", Path()).problems
    assert [each.code for each in found if each.severity == "error"] == ["M102", "P148", "P148"]
