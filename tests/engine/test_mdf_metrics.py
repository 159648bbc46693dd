"""What funds came to: rates, breakage by cause, the age of claims, what each euro brought, and what is unknown."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from fund_stories import budget, claim, ledger, on, request

from engine.mdf.facts import Deal, Lead, Outcomes
from engine.mdf.metrics import FundMetrics, fund_metrics
from engine.mdf.returns import payback
from engine.reports.mdf import returns_notes

NOTHING = Outcomes((), ())


def whole(rows: list[object], as_of: str = "12-31", outcomes: Outcomes = NOTHING, **stages: Fraction) -> FundMetrics:
    found = ledger(rows).as_of(on(as_of))
    (program,) = fund_metrics(found, outcomes, stages, on(as_of), "program")
    return program


def story() -> list[object]:
    """1,000 to spend: 600 granted, 500 of it claimed, 400 validated, 300 paid."""
    return [
        budget(amount=1000),
        request("Q-1", 600, "01-10", campaign="M-1", claim_by=on("04-30")),
        claim("C-1", "Q-1", "02-01", 500, ("02-10", 400), ("03-01", 300)),
    ]


def test_rates_are_exact() -> None:
    found = whole(story())
    assert (found.allocated, found.approved, found.claimed, found.paid) == (1000_00, 600_00, 500_00, 300_00)
    assert (found.approval_rate, found.claim_rate) == (Fraction(3, 5), Fraction(5, 6))
    assert (found.payout_rate, found.utilisation) == (Fraction(3, 5), Fraction(3, 10))


def test_breakage_by_cause_is_all_that_was_neither_paid_nor_is_open() -> None:
    """400 nobody asked for, 100 was granted and not claimed, 100 claimed in vain; 100 is validated and owed."""
    found = whole(story())
    assert found.breakage is not None and found.breakage_rate == Fraction(6, 10)
    causes = found.breakage.expired, found.breakage.unclaimed, found.breakage.rejected
    assert causes == (400_00, 100_00, 100_00)
    assert (found.validated, found.free, found.reserved, found.submitted) == (100_00, 0, 0, 0)
    assert found.allocated is not None and found.breakage.total == found.allocated - found.paid - found.validated


def test_open_claims_are_told_by_their_age() -> None:
    rows = [
        budget(),
        request("Q-1", 900),
        claim("C-1", "Q-1", "01-30", 10),
        claim("C-2", "Q-1", "02-01", 20),
        claim("C-3", "Q-1", "03-02", 30, ("03-05", 30)),
        claim("C-4", "Q-1", "04-01", 40),
        claim("C-5", "Q-1", "04-01", 50, ("04-05", 50), ("04-06", 50)),
    ]
    assert whole(rows, "05-01").ages == (40_00, 30_00, 20_00, 10_00)  # 30, 60, 89 and 91 days old


@pytest.mark.parametrize(
    ("spend", "margins", "months"),
    [
        (1000, [0, 100, 300, 400, 400], Fraction(9, 2)),  # 800 after four months, half of the next 400
        (1000, [1000], Fraction(1)),
        (1000, [999], None),
        (1000, [], None),
        (0, [5], None),
        (1000, [2000, -500], Fraction(1, 2)),
    ],
    ids=str,
)
def test_payback_is_the_first_month_with_the_margin_of_the_spend(
    spend: int, margins: list[int], months: Fraction | None
) -> None:
    assert payback(spend, margins) == months


def lead(key: str, *steps: str | None, campaign: str = "M-1") -> Lead:
    days = [None if each is None else on(each) for each in steps]
    return Lead(key, campaign, *days, *[None] * (4 - len(days)))


def deal(key: str, closed: str | None, stage: str | None, amount: int | None, margin: int | None = 0) -> Deal:
    """A deal that was opened on 10 February, of euros."""
    status, day = ("won" if stage == "won" else "open"), (None if closed is None else on(closed))
    amount_minor, margin_minor = (None if each is None else each * 100 for each in (amount, margin))
    return Deal(key, "M-1", status, stage, on("02-10"), day, amount_minor, margin_minor)


def test_what_each_euro_brought() -> None:
    outcomes = Outcomes(
        (
            lead("L-1", "02-01", "02-02", "02-10", "03-05"),
            lead("L-2", "02-01", "02-20"),
            lead("L-3", "02-01"),
            lead("L-4", "12-31"),
            lead("L-5", "02-01", campaign="another"),
        ),
        (
            deal("D-1", "03-05", "won", 5000, 200),
            deal("D-2", "05-01", "won", 2000, 400),
            deal("D-3", None, "proposal", 1000),
            deal("D-4", "12-31", "proposal", 500),
        ),
    )
    found = whole(story(), "06-15", outcomes, proposal=Fraction(2, 5)).returns
    assert (found.leads, found.qualified, found.opportunities, found.customers) == (3, 2, 1, 1)
    assert (found.cost_per(found.leads), found.cost_per(found.qualified)) == (Fraction(100_00), Fraction(150_00))
    assert (found.pipeline, found.weighted) == (1500_00, Fraction(600_00))
    assert (found.won, found.margin) == (7000_00, 600_00)
    assert found.margin_return == 1  # 600 of margin for 300 paid
    assert found.payback == Fraction(17, 4)  # January to April bring 200, May 400: a quarter of May


def test_leads_and_deals_of_several_groups_count_for_each_and_that_is_said() -> None:
    rows = [
        budget(amount=1000),
        request("Q-1", 100, campaign="M-1"),
        request("Q-2", 100, campaign="M-1", partner="bolt"),
        request("Q-3", 100, campaign="M-2", partner="crux"),
    ]
    outcomes = Outcomes((lead("L-1", "02-01"),), (deal("D-1", "03-05", "won", 50), deal("D-2", None, "demo", 10)))
    found = ledger(rows).as_of(on("06-15"))

    def notes(by: str, brought: Outcomes) -> list[str]:
        groups = fund_metrics(found, brought, {}, on("06-15"), by)
        return [note for note in returns_notes([each.returns for each in groups]) if "several groups" in note]

    assert len(notes("partner", outcomes)) == 1
    assert len(notes("partner", Outcomes((), (deal("D-9", "12-31", "won", 50),)))) == 1  # it is open, for two
    assert notes("program", outcomes) == notes("partner", Outcomes((lead("L-1", "12-01"),), ())) == []
    assert notes("partner", Outcomes((lead("L-1", "02-01", campaign="M-2"),), ())) == []


def test_what_is_not_known_is_unknown_and_not_zero() -> None:
    no_tables = whole(story(), outcomes=Outcomes(None, None)).returns
    assert (no_tables.leads, no_tables.cost_per(no_tables.leads), no_tables.pipeline, no_tables.won) == (None,) * 4
    nothing = whole([budget(amount=0), request("Q-1", 10)], "06-15")
    assert (nothing.approval_rate, nothing.claim_rate, nothing.payout_rate, nothing.utilisation) == (None,) * 4
    assert nothing.returns.margin_return is None and nothing.returns.payback is None
    blank = Outcomes((), (deal("D-1", "03-05", "won", None, None), deal("D-2", None, "proposal", None)))
    found = whole(story(), "06-15", blank, proposal=Fraction(1)).returns
    assert (found.pipeline, found.weighted, found.won, found.margin, found.margin_return) == (None,) * 5


def test_a_budget_of_which_the_amount_is_unknown_makes_what_was_allocated_unknown() -> None:
    found = whole([budget(), budget("B2", None), request("Q-1", 10)], "06-15")
    assert (found.allocated, found.free, found.breakage, found.approved) == (None, None, None, 10_00)


def test_a_stage_that_nobody_gave_a_chance_makes_the_weighted_pipeline_unknown() -> None:
    opened = Outcomes((), (deal("D-1", None, "demo", 10), deal("D-2", None, None, 10)))
    found = whole(story(), "06-15", opened, proposal=Fraction(1)).returns
    assert (found.pipeline, found.weighted, found.unknown_stages) == (20_00, None, ("(blank)", "demo"))


def test_a_budget_that_partners_share_is_nobodys_own() -> None:
    rows = [
        budget("own", 100, partner="acme", region="DE"),
        budget("DE", 100, region="DE"),
        request("Q-1", 50, budget="own", region="DE"),
        request("Q-2", 50, budget="DE", region="DE", partner="bolt"),
        request("Q-3", 50, budget="DE", region="DE", partner="crux"),
    ]
    found = ledger(rows).as_of(on("03-01"))

    def by(group: str) -> dict[str, tuple[int | None, int]]:
        every = fund_metrics(found, NOTHING, {}, date(2026, 3, 1), group)
        return {each.group: (each.allocated, each.approved) for each in every}

    assert by("partner") == {"acme": (100_00, 50_00), "bolt": (None, 50_00), "crux": (None, 50_00)}
    assert by("region") == {"DE": (200_00, 150_00)}
    assert by("budget") == {"DE": (100_00, 100_00), "own": (100_00, 50_00)}
    assert by("activity") == {"webinar": (None, 150_00)}
