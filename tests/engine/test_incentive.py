"""What an incentive came to: what locked cycles paid for it, for which rows, and what came of these."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spine_stories import Ended, partage, write

PLAN = """
program: Spring push
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, leads: leads.csv, invoices: invoices.csv}
payouts:
  spiff: {base: deals.amount, where: deals.product = 'new', dated: deals.closed_on, rate: 10%}
  referral: {for_each: leads, dated: leads.qualified_on, amount: EUR 50}
  rebate: {for_each: partners, amount: EUR 5}
approval: {needs: 1, by: [bob], may_also: [write]}
"""
TABLES = {
    "partners.csv": "partner_id,name,region\nacme,Acme,DE\nbolt,Bolt,FR\n",
    "deals.csv": """
        deal_id,partner_id,product,status,stage,opened_on,closed_on,amount,margin
        D-1,acme,new,won,won,2025-11-01,2026-01-10,1000.00,300.00
        D-2,bolt,new,won,won,2025-12-01,2026-01-11,3000.00,100.00
        D-3,bolt,old,won,won,2025-12-01,2026-01-12,9000.00,900.00
        D-4,acme,new,won,won,2026-01-05,2026-02-10,500.00,50.00
        """,
    "leads.csv": """
        lead_id,partner_id,created_on,qualified_on,opportunity_on,converted_on,deal_id
        L-1,acme,2025-10-01,2025-10-20,2025-11-01,2026-01-10,D-1
        L-2,acme,2026-01-02,2026-01-20,,,D-4
        """,
    "invoices.csv": "invoice_id,deal_id,issued_on,amount\nI-1,D-1,2026-01-15,1000.00\n",
}
Tell = Callable[..., Ended]


@pytest.fixture(scope="module")
def tell(tmp_path_factory: pytest.TempPathFactory) -> Tell:
    """`partage mdf status` on the books of a plan whose January is locked, and February is not."""
    folder = tmp_path_factory.mktemp("push")
    path = write(folder, PLAN, TABLES)
    books: list[str | Path] = ["--store", folder / "partage.db"]

    def do(*words: str | Path) -> None:
        ended = partage(*books, *words)
        assert ended.exit_code == 0, ended

    do("program", "submit", path, "--effective", "2026-01-01", "--reason", "new", "--as", "ana")
    do("program", "approve", "1", "--as", "bob")
    do("program", "activate", "1", "--as", "ana")
    do("cycle", "open", "2026-01", "--program", path, "--as", "eve")
    do("run", path, "--period", "2026-01", "--as", "eve")
    for step, who in (("submit", "eve"), ("approve", "bob"), ("lock", "eve")):
        do("cycle", step, "2026-01", "--as", who)

    def status(*words: str, day: str = "2026-02-28") -> Ended:
        return partage(*books, "mdf", "status", path, "--as-of", day, *words)

    return status


def groups(ended: Ended) -> dict[str, Any]:
    return {each["group"]: each for each in ended.json()["groups"]}


def test_a_spiff_is_told_by_the_deals_that_it_was_paid_for(tell: Tell) -> None:
    """100 of D-1 and 300 of D-2 of January; D-3 earns none, and February is not locked."""
    (found,) = groups(tell("--of", "spiff", "--json")).values()
    assert (found["paid"], found["partners"], found["rows"]) == (400_00, 2, 2)
    returns = found["returns"]
    assert (returns["won"], returns["margin"], returns["margin_return"]) == (4000_00, 400_00, "0")
    assert (returns["leads"], returns["customers"], returns["cost_per"]["customers"]) == (1, 1, "40000")
    assert (returns["pipeline"], returns["payback_months"]) == (0, "1")


def test_it_is_told_by_partner_or_by_region(tell: Tell) -> None:
    by = groups(tell("--of", "spiff", "--by", "region", "--json"))
    assert {name: (each["paid"], each["returns"]["margin_return"]) for name, each in by.items()} == {
        "DE": (100_00, "2"),
        "FR": (300_00, "-2/3"),
    }
    assert "acme Acme" in tell("--of", "spiff", "--by", "partner").out


def test_what_is_paid_for_a_lead_is_told_by_the_lead_and_its_deal(tell: Tell) -> None:
    """L-2 qualified in January, and its deal D-4 is open at the end of it."""
    (found,) = groups(tell("--of", "referral", "--json", day="2026-01-31")).values()
    assert (found["paid"], found["returns"]["leads"], found["returns"]["qualified"]) == (50_00, 1, 1)
    assert (found["returns"]["pipeline"], found["returns"]["won"]) == (500_00, 0)


def test_of_a_payment_for_being_a_partner_nothing_is_known_to_come(tell: Tell) -> None:
    (found,) = groups(tell("--of", "rebate", "--json")).values()
    assert (found["paid"], found["returns"]["won"], found["returns"]["leads"]) == (10_00, None, None)


@pytest.mark.parametrize(
    ("words", "day", "expected"),
    [
        (("--of", "bonus"), "2026-02-28", "M106 no locked cycle of Spring push paid anything for bonus by 2026-02-28"),
        (("--of", "spiff"), "2026-01-30", "M106 no locked cycle of Spring push paid anything for spiff by 2026-01-30"),
        (("--of", "spiff", "--by", "budget"), "2026-02-28", "M106 an incentive has no budget"),
    ],
)
def test_what_was_not_paid_is_refused(tell: Tell, words: tuple[str, ...], day: str, expected: str) -> None:
    ended = tell(*words, day=day)
    assert (ended.exit_code, expected in ended.err) == (2, True), ended
