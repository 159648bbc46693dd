"""The commitment ledger of funds: what is promised, claimed, paid and lost, and which rule refuses what."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from fund_stories import budget, claim, facts, ledger, on, refused, request, rules, told

from engine.mdf.ledger import commitment_ledger
from engine.mdf.movements import Balance
from engine.mdf.reason import cuts, reimbursable, why_reimbursable

HALF, WHOLE = Fraction(1, 2), Fraction(1)


def test_a_request_is_reserved_claimed_validated_in_part_and_paid() -> None:
    found = ledger(
        [
            budget(amount=1000),
            request("Q-1", 400, "01-10", claim_by=on("04-30")),
            claim("C-1", "Q-1", "02-16", 300, ("02-20", 250), ("03-01", 250)),
        ]
    )
    assert told(found) == [
        ("01-01", "allocated", "B", 1000_00),
        ("01-10", "reserved", "Q-1", 400_00),
        ("02-16", "claimed", "C-1", 300_00),
        ("02-20", "validated", "C-1", 250_00),
        ("02-20", "rejected", "C-1", 50_00),
        ("03-01", "paid", "C-1", 250_00),
        ("05-01", "released", "Q-1", 150_00),
        ("07-01", "expired", "B", 600_00),
        ("07-01", "expired", "B", 100_00),
        ("07-01", "expired", "B", 50_00),
    ]
    assert found.as_of(on("02-28")).balances() == {"B": Balance(1000_00, 150_00, 0, 250_00, 0, 0, 600_00)}
    assert found.as_of(on("12-31")).balances() == {"B": Balance(1000_00, 0, 0, 0, 250_00, 750_00, 0)}
    assert refused(found) == []


def test_a_claim_is_reimbursed_its_part_of_the_cost_rounded_once() -> None:
    """A third of 100.01 is 33.3366...; rounded down it is 33.33, and not a third of anything rounded before."""
    found = ledger(
        [budget(), request("Q-1", 90), claim("C-1", "Q-1", "02-01", "200.05", ("02-02", "100.01"))],
        rules({"webinar": (Fraction(1, 3), None)}),
    )
    assert reimbursable(found) == {"C-1": 33_33}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([request("Q-1", 50, activity="cruise")], [("M110", "Q-1", 50_00, 0)]),
        ([request("Q-1", 50, activity=None)], [("M110", "Q-1", 50_00, 0)]),
        ([request("Q-1", 700), request("Q-2", 500, "01-11")], [("M111", "Q-2", 500_00, 300_00)]),
        ([request("Q-1", 400, activity="fair")], [("M112", "Q-1", 400_00, 300_00)]),
        ([request("Q-1", 50, "07-01")], [("M113", "Q-1", 50_00, 0)]),
        ([request("Q-1", 50, budget="other")], [("M113", "Q-1", 50_00, 0)]),
        ([request("Q-1", 50, budget=None)], [("M113", "Q-1", 50_00, 0)]),
        (
            [
                request("Q-1", 90),
                claim("C-1", "Q-1", "02-01", 40, proof="p"),
                claim("C-2", "Q-1", "02-02", 30, proof="p"),
            ],
            [("M120", "C-2", 30_00, 0)],
        ),
        (
            [request("Q-1", 90), claim("C-1", "Q-1", "02-01", 40), claim("C-2", "Q-1", "02-01", 40)],
            [("M120", "C-2", 40_00, 0)],
        ),
        ([request("Q-1", 90), claim("C-1", "Q-1", "02-10", 40)], [("M121", "C-1", 40_00, 0)]),
        ([request("Q-1", 90), claim("C-1", "Q-1", "02-01", 140)], [("M123", "C-1", 140_00, 90_00)]),
        ([request("Q-1", None), claim("C-1", "Q-1", "02-01", 40)], [("M124", "C-1", 40_00, 0)]),
        ([request("Q-1", 90), claim("C-1", "Q-1", "01-09", 40)], [("M124", "C-1", 40_00, 0)]),
        ([request("Q-1", 90), claim("C-1", "Q-1", "02-01", 40, ("02-02", 50))], [("M125", "C-1", 50_00, 40_00)]),
        (
            [request("Q-1", 90), claim("C-1", "Q-1", "02-01", 40, ("02-02", 30), ("02-03", 35))],
            [("M126", "C-1", 35_00, 30_00)],
        ),
        (
            [request("Q-1", 90), claim("C-1", "Q-1", "02-10", 40, ("02-11", 40), ("02-12", 40))],
            [
                ("M121", "C-1", 40_00, 0),
                ("M126", "C-1", 40_00, 0),
            ],
        ),
        ([request("Q-1", 90), claim("C-1", "Q-1", None, 40)], [("M130", "C-1", None, 0)]),
        ([request("Q-1", 90), claim("C-1", None, "02-01", 40)], [("M130", "C-1", None, 0)]),
        (
            [request("Q-1", 90), claim("C-1", "Q-1", "02-01", 40, ("02-02", 40), ("02-03", None))],
            [("M130", "C-1", None, 0)],
        ),
        ([request("Q-1", -90)], [("M130", "Q-1", None, 0)]),
        ([budget("B2", None)], [("M130", "B2", None, 0)]),
        ([budget("B2", -5)], [("M130", "B2", None, 0)]),
    ],
    ids=lambda value: "-".join(each[0] for each in value) if isinstance(value[0], tuple) else "",
)
def test_what_is_refused_says_by_which_rule_and_what_it_would_have_been(rows: list, expected: list) -> None:  # type: ignore[type-arg]
    by = rules({"webinar": (WHOLE, None), "fair": (HALF, 300_00)}, claim_days=30)
    assert refused(ledger([budget(), *rows], by)) == expected


def test_a_claim_needs_a_proof_where_the_program_says_so() -> None:
    rows = [budget(), request("Q-1", 90), claim("C-1", "Q-1", "02-01", 40), claim("C-2", "Q-1", "02-01", 41, proof="p")]
    assert refused(ledger(rows, rules(needs_proof=True))) == [("M122", "C-1", 40_00, 0)]
    assert refused(ledger(rows)) == []


def test_a_claim_that_was_rejected_can_be_made_again_with_the_same_proof() -> None:
    rows = [
        budget(),
        request("Q-1", 90),
        claim("C-1", "Q-1", "02-01", 40, ("02-05", 0), proof="p"),
        claim("C-2", "Q-1", "02-06", 40, ("02-08", 40), proof="p"),
    ]
    found = ledger(rows)
    assert refused(found) == []
    assert reimbursable(found) == {"C-1": 0, "C-2": 40_00}
    assert [each.cause.value for each in found.movements if each.kind == "claimed"] == ["unclaimed", "unclaimed"]


def test_duplicates_are_what_the_program_says() -> None:
    rows = [
        budget(),
        request("Q-1", 90),
        claim("C-1", "Q-1", "02-01", 40, proof="p"),
        claim("C-2", "Q-1", "02-01", 40, proof="p"),
    ]
    assert refused(ledger(rows, rules(duplicates=()))) == []


def test_whose_a_budget_is_decides_who_draws_on_it() -> None:
    of_region, of_partner = budget("DE", region="DE"), budget("own", partner="acme", region="FR")
    rows = [
        of_region,
        of_partner,
        request("Q-1", 10, budget="DE", region="DE"),
        request("Q-2", 10, budget="DE", region="FR"),
        request("Q-3", 10, budget="DE"),
        request("Q-4", 10, budget="own", region="DE"),
        request("Q-5", 10, budget="own", partner="bolt"),
    ]
    found = ledger(rows)
    assert [each.request for each in found.movements if each.kind == "reserved"] == ["Q-1", "Q-4"]
    assert [(each.key, each.words) for each in found.refusals] == [
        ("Q-2", "DE is for region DE, which is FR for acme"),
        ("Q-3", "DE is for region DE, which is not known for acme"),
        ("Q-5", "own is the budget of acme"),
    ]


def test_a_request_that_names_no_budget_draws_on_what_accrued_to_its_partner_the_first_to_expire_first() -> None:
    january = budget("accrued/acme/2026-01", 30, "02-01", "07-31", partner="acme", month=on("01-01"))
    february = budget("accrued/acme/2026-02", 50, "03-01", "08-31", partner="acme", month=on("02-01"))
    later = budget("accrued/acme/2026-03", 70, "04-01", "09-30", partner="acme", month=on("03-01"))
    asks = request("Q-1", 60, "03-15", budget=None)
    spent = claim("C-1", "Q-1", "03-20", 45, ("03-21", 45), ("03-22", 45))
    found = ledger([later, february, january, asks, spent]).as_of(on("03-31"))
    assert told(found)[2:] == [
        ("03-15", "reserved", "Q-1", 30_00),
        ("03-15", "reserved", "Q-1", 30_00),
        ("03-20", "claimed", "C-1", 30_00),
        ("03-20", "claimed", "C-1", 15_00),
        ("03-21", "validated", "C-1", 30_00),
        ("03-21", "validated", "C-1", 15_00),
        ("03-22", "paid", "C-1", 30_00),
        ("03-22", "paid", "C-1", 15_00),
    ]
    assert {name: each.free for name, each in found.balances().items()} == {january.id: 0, february.id: 20_00}
    assert refused(ledger([january, request("Q-1", 10, "08-15", budget=None)])) == [("M113", "Q-1", 10_00, 0)]


def test_the_last_day_to_claim_is_the_requests_own_else_counted_from_its_approval_else_the_budgets() -> None:
    def released(by_days: int | None, own: date | None, last: str | None = "06-30") -> list[date]:
        found = ledger([budget(last=last), request("Q-1", 90, "01-10", claim_by=own)], rules(claim_days=by_days))
        return [each.day for each in found.movements if each.kind == "released"]

    assert released(30, on("03-31")) == [on("04-01")]
    assert released(30, None) == [on("02-10")]
    assert released(None, None) == [on("07-01")]
    assert released(None, None, last=None) == []


def test_money_that_comes_back_to_a_budget_that_is_over_expires_with_it() -> None:
    rows = [
        budget(amount=100, last="01-31"),
        request("Q-1", 60, "01-10", claim_by=on("02-28")),
        claim("C-1", "Q-1", "02-20", 60, ("03-05", 45)),
    ]
    found = ledger(rows)
    assert told(found)[2:] == [
        ("02-01", "expired", "B", 40_00),
        ("02-20", "claimed", "C-1", 60_00),
        ("03-05", "validated", "C-1", 45_00),
        ("03-05", "rejected", "C-1", 15_00),
        ("03-05", "released", "Q-1", 15_00),
        ("03-05", "expired", "Q-1", 15_00),
    ]
    assert found.balances()["B"] == Balance(100_00, 0, 0, 45_00, 0, 55_00, 0)


def test_what_is_not_known_yet_is_pending_and_never_zero() -> None:
    undecided = [request("Q-1", None, None), request("Q-2", None, "01-10")]
    waits = claim("C-1", "Q-3", "02-01", 40)
    costs_later = claim("C-2", "Q-3", "02-02", None, ("02-10", 20))
    found = ledger([budget(), *undecided, request("Q-3", 90), waits, costs_later])
    assert refused(found.as_of(on("02-10"))) == []
    assert reimbursable(found) == {"C-1": None, "C-2": 20_00}
    unplaced = ledger([budget(), request("Q-3", 90), claim("C-1", "Q-3", None, 40, ("02-10", 20))])
    assert reimbursable(unplaced) == {"C-1": None}
    unpaid = ledger([budget(), request("Q-3", 90), claim("C-1", "Q-3", "02-01", 40, ("02-02", 40), ("02-03", None))])
    assert (reimbursable(unpaid), cuts(unpaid)) == ({"C-1": 40_00}, {})
    assert [each.request for each in (*unplaced.refusals, *unpaid.refusals)] == ["Q-3", "Q-3"]
    assert found.as_of(on("02-28")).balances()["B"] == Balance(1000_00, 30_00, 40_00, 20_00, 0, 0, 910_00)


def test_a_claim_of_an_unknown_amount_is_told_until_it_is_decided() -> None:
    rows = [budget(), request("Q-1", 90), claim("C-1", "Q-1", "02-01", None), claim("C-9", "Q-1", "02-02", None)]
    undecided = ledger(rows).as_of(on("12-31"))
    assert [(each.key, each.words, each.request) for each in undecided.refusals] == [
        ("C-1", "it is not known what it claims", "Q-1"),
        ("C-9", "it is not known what it claims", "Q-1"),
    ]
    decided = ledger([*rows[:3], claim("C-9", "Q-1", "02-02", None, ("02-10", 20))])
    told_on = {day: [each.key for each in decided.as_of(on(day)).refusals] for day in ("01-31", "02-09", "02-10")}
    assert told_on == {"01-31": [], "02-09": ["C-1", "C-9"], "02-10": ["C-1"]}
    assert cuts(decided) == {}


def test_a_digest_is_the_same_in_capitals_and_another_proof_is_not() -> None:
    def claims_with(*proofs: str) -> list[tuple[str, str, int | None, int]]:
        made = [claim(f"C-{at}", "Q-1", f"02-0{at}", 10 * at, proof=proof) for at, proof in enumerate(proofs, 1)]
        return refused(ledger([budget(), request("Q-1", 90), *made]))

    assert claims_with("aa11", "AA11", "Aa12") == [("M120", "C-2", 20_00, 0)]
    assert claims_with("invoice 1/x", "invoice 1/X") == []


def test_what_is_rejected_without_a_reason_says_so() -> None:
    found = ledger([budget(), request("Q-1", 90), claim("C-1", "Q-1", "02-01", 40, ("02-02", 30))])
    assert [each.words for each in found.movements if each.kind == "rejected"] == ["no reason given"]


def test_a_claim_on_nothing_would_have_been_the_funds_part_of_it() -> None:
    rows = [request("Q-1", None, activity="fair"), claim("C-1", "Q-1", "02-01", 40), claim("C-2", "Q-9", "02-01", 40)]
    by = rules({"fair": (Fraction(1, 3), None)})
    assert refused(ledger([budget(), *rows], by)) == [("M124", "C-1", 13_33, 0), ("M124", "C-2", None, 0)]


def test_what_is_paid_in_part_stays_owed_for_the_rest() -> None:
    found = ledger([budget(), request("Q-1", 90), claim("C-1", "Q-1", "02-01", 40, ("02-02", 40), ("02-03", 25))])
    assert found.as_of(on("03-01")).balances()["B"] == Balance(1000_00, 50_00, 0, 15_00, 25_00, 0, 910_00)


def test_why_a_claim_is_reimbursed_names_its_request_its_rate_and_what_cut_it() -> None:
    by = rules({"webinar": (HALF, None)})
    rows = [budget(), request("Q-1", 30), claim("C-1", "Q-1", "02-01", 100, ("02-02", 80))]
    found = ledger(rows, by)
    assert why_reimbursable(found, by, found.claims["C-1"], 30_00, cuts(found)["C-1"]) == (
        "claim on Q-1; 50 % of the validated 80.00 for webinar is 40.00 @ program.yaml:7:1; "
        "M123 EUR 30.00 was left of Q-1 @ program.yaml:7:1"
    )


def test_the_order_of_a_day_is_approval_submission_decision_payment() -> None:
    """All on one day: the budget begins, the request is approved, claimed, validated and paid."""
    rows = [
        budget(first="03-01"),
        request("Q-1", 90, "03-01"),
        claim("C-1", "Q-1", "03-01", 40, ("03-01", 40), ("03-01", 40)),
    ]
    kinds = [each.kind for each in ledger(rows).as_of(on("03-01")).movements]
    assert kinds == ["allocated", "reserved", "claimed", "validated", "paid"]


def test_who_asked_first_is_served_first_on_a_day() -> None:
    one, other = request("Q-1", 80, requested_on=on("01-05")), request("Q-2", 80, requested_on=on("01-04"))
    found = ledger([budget(amount=100), one, other])
    assert refused(found) == [("M111", "Q-1", 80_00, 20_00)]
    assert found == commitment_ledger(facts([other, one, budget(amount=100)]), rules())
