"""Who earns on a row: deals shared among partners, rolled up, capped and protected, adding up to the cent."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, refused, told, write

SOURCES = """
sources:
  partners: partners.csv
  deals: deals.csv
  credits: credits.csv
"""
DATA = {
    "partners.csv": """
        partner_id,region,parent_id,recruited_on,terminated_on
        acme,DE,,2020-01-01,
        bolt,FR,acme,2020-01-01,
        crux,DE,bolt,2020-01-01,
        """,
    "deals.csv": """
        deal_id,partner_id,status,product,closed_on,amount
        d1,acme,won,Atlas,2026-04-10,100.00
        d2,bolt,won,Borea,2026-04-11,50.05
        """,
    "credits.csv": """
        credit_id,deal_id,partner_id,role,share
        k1,d1,acme,sourced,
        k2,d1,bolt,sourced,
        k3,d1,crux,sourced,
        k4,d2,bolt,sourced,0.5
        k5,d2,crux,influenced,
        """,
}


def of(folder: Path, rules: str, data: dict[str, str] | None = None, sources: str = SOURCES) -> list[str]:
    with told(write(folder, MONTH + sources + rules, DATA | (data or {}))) as story:
        for partner in story.run.partners:
            story.why(partner)  # every cent of it re-adds
        return story.lines()


SALES = """
credit:
  sales: {of: deals, from: {table: {roles: [sourced]}}}
"""
COMMISSION = """
payouts:
  commission: {credit: sales, base: deals.amount, rate: 10%, dated: deals.closed_on}
"""


def test_a_deal_is_split_among_its_partners_and_adds_up_to_the_cent(tmp_path: Path) -> None:
    assert of(tmp_path, SALES + COMMISSION) == [
        "acme commission d1 334",  # 3.33 1/3 each; the cent that is left goes to the first id of equals
        "bolt commission d1 333",
        "bolt commission d2 250",  # half of 5.005: what nobody earns stays with the house
        "crux commission d1 333",
    ]


def test_fixed_shares_by_role_and_what_a_row_sees_of_its_credit(tmp_path: Path) -> None:
    rules = """
credit:
  sales: {of: deals, from: {roles: {sourced: 70%, influenced: {share: 30%, among: equally}}}}
payouts:
  sourcing:
    credit: sales
    base: deals.amount
    rate: 10%
    where: credit.role = 'sourced' and partners.region = 'FR'
  helping: {credit: sales, base: deals.amount, rate: 10%, where: credit.role = 'influenced'}
"""
    assert of(tmp_path, rules) == ["bolt sourcing d1 233", "bolt sourcing d2 350", "crux helping d2 150"]


def test_those_above_earn_an_override_and_an_inactive_level_is_skipped(tmp_path: Path) -> None:
    rules = """
credit:
  sales:
    of: deals
    from: {owner: 100%}
    roll_up: {to: parent, rates: [10%, 5%], on_top: true, compress: inactive}
payouts:
  commission: {credit: sales, base: deals.amount, rate: 10%}
"""
    data = {"deals.csv": DATA["deals.csv"].replace("d1,acme", "d1,crux")}
    assert of(tmp_path, rules, data) == [
        "acme commission d1 50",
        "acme commission d2 50",
        "bolt commission d1 100",
        "bolt commission d2 501",
        "crux commission d1 1000",
    ]
    partners = DATA["partners.csv"].replace("bolt,FR,acme,2020-01-01,", "bolt,FR,acme,2020-01-01,2026-01-01")
    data["partners.csv"] = partners
    assert of(tmp_path / "skipped", rules, data) == [
        "acme commission d1 100",
        "acme commission d2 50",
        "bolt commission d2 501",
        "crux commission d1 1000",
    ]


def test_the_most_specific_way_is_a_rows_way_and_two_of_a_kind_are_refused(tmp_path: Path) -> None:
    rules = """
credit:
  sales:
    of: deals
    from:
      - {owner: 100%}
      - {for: {deals.product: Atlas}, table: {roles: [sourced]}}
      - {for: {deals.status: won}, owner: 100%}
payouts:
  commission: {credit: sales, base: deals.amount, rate: 10%}
"""
    program = write(tmp_path, MONTH + SOURCES + rules, DATA)
    assert refused(program) == ["C127 deals:d1"]
    assert of(tmp_path / "mended", rules.replace("deals.status: won", "deals.status: lost"))[:3] == [
        "acme commission d1 334",
        "bolt commission d1 333",
        "bolt commission d2 501",
    ]


def test_receipts_pay_those_who_are_credited_with_their_deal(tmp_path: Path) -> None:
    """Pay when paid: each receipt is shared as the deal of its invoice is."""
    rules = """
payouts:
  commission: {for_each: receipts, credit: sales, base: receipts.amount, rate: 10%, dated: receipts.received_on}
"""
    sources = SOURCES + "  invoices: invoices.csv\n  receipts: receipts.csv\n"
    data = {
        "invoices.csv": "invoice_id,deal_id\ni1,d1\n",
        "receipts.csv": "receipt_id,invoice_id,received_on,amount\nr1,i1,2026-04-30,40.00\nr2,i1,2026-05-02,60.00\n",
    }
    found = of(tmp_path, SALES + rules, data, sources)
    assert found == ["acme commission r1 134", "bolt commission r1 133", "crux commission r1 133"]


def test_a_registration_protects_its_partner(tmp_path: Path) -> None:
    rules = """
credit:
  sales: {of: deals, from: {table: {roles: [sourced]}}, protected_by: registrations}
"""
    sources = SOURCES + "  registrations: registrations.csv\n"
    data = {
        "registrations.csv": """
            registration_id,deal_id,partner_id,registered_on,expires_on,status
            g1,d1,crux,2026-03-01,2026-05-01,approved
            g2,d2,acme,2026-01-01,2026-04-01,approved
            """
    }
    assert of(tmp_path, rules + COMMISSION, data, sources) == ["bolt commission d2 250", "crux commission d1 1000"]


REGISTERED = [
    ("g1,d1,crux,2026-03-01,2026-04-10,approved", ["crux 1000"]),  # its last day counts
    ("g1,d1,crux,2026-03-01,2026-04-09,approved", ["acme 334", "bolt 333", "crux 333"]),
    ("g1,d1,crux,2026-03-02,,approved\ng2,d1,bolt,2026-03-01,,approved", ["bolt 1000"]),  # who was first
    ("g1,d1,crux,2026-03-01,,approved\ng2,d1,bolt,2026-03-01,,approved", ["bolt 500", "crux 500"]),
    ("g1,d1,crux,2026-03-01,2026-03-31,approved\ng2,d1,bolt,2026-03-02,,approved", ["bolt 1000"]),  # ran out
    ("g1,d1,crux,2026-03-01,,Approved", ["acme 334", "bolt 333", "crux 333"]),  # the word is approved
    ("g1,d1,crux,2026-03-01,,approved\ng2,d1,crux,2026-03-01,,approved\ng3,d1,acme,2026-03-01,,approved",
     ["acme 500", "crux 500"]),  # one part for each partner
]  # fmt: skip


@pytest.mark.parametrize(("rows", "paid"), REGISTERED)
def test_the_first_of_the_registrations_that_hold_protects(tmp_path: Path, rows: str, paid: list[str]) -> None:
    rules = "\ncredit:\n  sales: {of: deals, from: {table: {roles: [sourced]}}, protected_by: registrations}\n"
    data = {"registrations.csv": f"registration_id,deal_id,partner_id,registered_on,expires_on,status\n{rows}\n"}
    found = of(tmp_path, rules + COMMISSION, data, SOURCES + "  registrations: registrations.csv\n")
    assert [line.replace("commission d1 ", "") for line in found if " d1 " in line] == paid


def test_first_touch_and_last_touch_earn_halves(tmp_path: Path) -> None:
    rules = """
credit:
  sales: {of: deals, from: {touches: {shape: u}}}
"""
    sources = SOURCES + "  touches: touches.csv\n"
    data = {
        "touches.csv": """
            touch_id,deal_id,partner_id,touched_on
            t1,d1,acme,2026-04-01
            t2,d1,crux,2026-04-02
            t3,d1,bolt,2026-04-03
            """
    }
    assert of(tmp_path, rules + COMMISSION, data, sources) == [
        "acme commission d1 400",
        "bolt commission d1 400",
        "crux commission d1 200",
    ]


def test_a_refund_takes_back_from_each_partner_what_it_was_paid(tmp_path: Path) -> None:
    returned = "returns: {refund: {for_each: deal_events, dated: deal_events.occurred_on}}"
    rules = COMMISSION.replace("}", f", {returned}}}")
    sources = SOURCES + "  deal_events: deal_events.csv\n"
    data = {"deal_events.csv": "event_id,deal_id,occurred_on\ne1,d1,2026-04-20\n"}
    found = of(tmp_path, SALES + rules, data, sources)
    assert [line for line in found if " e1 " in line] == [
        "acme commission e1 -334",
        "bolt commission e1 -333",
        "crux commission e1 -333",
    ]


def test_a_cap_on_what_is_credited_of_a_deal_shrinks_all_shares_alike(tmp_path: Path) -> None:
    rules = """
credit:
  sales: {of: deals, from: {table: {roles: [sourced]}}, amount: deals.amount, at_most: EUR 60}
"""
    assert of(tmp_path, rules + COMMISSION) == [
        "acme commission d1 200",
        "bolt commission d1 200",
        "bolt commission d2 250",
        "crux commission d1 200",
    ]


def test_an_agreed_rate_outranks_the_programs_for_its_deal_product_and_days(tmp_path: Path) -> None:
    rules = COMMISSION.replace("rate: 10%", "rate: {rate: 10%, term: commission_rate, lapsed: default}")
    sources = SOURCES + "  terms: terms.csv\n"
    data = {
        "terms.csv": """
            partner_id,term,product,deal_id,valid_from,valid_to,value
            acme,commission_rate,,,2026-01-01,2026-04-10,0.2
            acme,commission_rate,,,2026-04-11,,0.3
            bolt,commission_rate,,,2026-01-01,,0.2
            bolt,commission_rate,Borea,,2026-01-01,,0.4
            crux,commission_rate,,d1,2026-01-01,2026-04-09,0.5
            """
    }
    found = of(tmp_path, SALES + rules, data, sources)
    assert found == [
        "acme commission d1 667",  # 33.33 1/3 at 20 %: its last day
        "bolt commission d1 667",
        "bolt commission d2 1001",  # 25.025 at 40 %: the product is more specific
        "crux commission d1 333",  # its own rate had ended
    ]


def test_who_changes_its_parent_rolls_up_to_the_new_one_from_that_day_on(tmp_path: Path) -> None:
    rules = """
credit:
  sales: {of: deals, from: {owner: 100%}, roll_up: {to: parent, rates: [10%], on_top: true}}
payouts:
  commission: {credit: sales, base: deals.amount, rate: 10%}
"""
    sources = SOURCES + "  partner_history: history.csv\n"
    data = {
        "history.csv": """
            partner_id,attribute,valid_from,valid_to,value
            bolt,parent,2026-01-01,2026-04-10,acme
            bolt,parent,2026-04-11,,crux
            """,
        "deals.csv": DATA["deals.csv"].replace("d1,acme", "d1,bolt"),
    }
    assert of(tmp_path, rules, data, sources) == [
        "acme commission d1 100",
        "bolt commission d1 1000",
        "bolt commission d2 501",
        "crux commission d2 50",
    ]


def test_a_registration_outranks_the_owner_of_a_row(tmp_path: Path) -> None:
    rules = """
credit:
  own: {of: deals, from: {owner: 100%}, protected_by: registrations}
payouts:
  commission: {credit: own, base: deals.amount, rate: 10%, dated: deals.closed_on}
"""
    sources = SOURCES + "  registrations: registrations.csv\n"
    data = {
        "registrations.csv": """
            registration_id,deal_id,partner_id,registered_on,expires_on,status
            g1,d1,crux,2026-03-01,2026-05-01,approved
            g2,d2,crux,2026-03-01,2026-05-01,declined
            """
    }
    assert of(tmp_path, rules, data, sources) == ["bolt commission d2 501", "crux commission d1 1000"]


WAYS = [
    ("touch_id,partner_id,touched_on", "lead_id,deal_id"),
    ("touch_id,partner_id,touched_on,lead_id", "lead_id"),
]


@pytest.mark.parametrize(("touches", "leads"), WAYS)
def test_touches_that_lead_to_no_deal_are_refused(tmp_path: Path, touches: str, leads: str) -> None:
    """Neither name they a deal, nor a lead of one: nobody would earn, in silence."""
    rules = """
credit: {sales: {of: deals, from: {touches: linear}}}
payouts: {commission: {credit: sales, base: deals.amount, rate: 10%}}
"""
    data = {**DATA, "touches.csv": f"{touches}\n", "leads.csv": f"{leads}\n"}
    sources = SOURCES + "  touches: touches.csv\n  leads: leads.csv\n"
    assert refused(write(tmp_path, MONTH + sources + rules, data)) == ["F105 touches.csv:1:deal_id"]


def test_a_crediting_rule_that_no_payout_names_is_not_worked_out(tmp_path: Path) -> None:
    """Its credits are more than 100 %, and its registrations lack a column; neither concerns anybody."""
    rules = """
credit:
  sales: {of: deals, from: {owner: 100%}}
  other: {of: deals, from: {table: {roles: [sourced, influenced]}}, protected_by: registrations}
"""
    data = {
        "credits.csv": "credit_id,deal_id,partner_id,role,share\nk1,d1,acme,sourced,0.9\nk2,d1,bolt,influenced,0.9\n",
        "registrations.csv": "registration_id\ng1\n",
    }
    sources = SOURCES + "  registrations: registrations.csv\n"
    assert of(tmp_path, rules + COMMISSION, data, sources) == ["acme commission d1 1000", "bolt commission d2 501"]
