"""Late records that are easily missed, or that cost a partner who has nothing to do with them: what a partner sees by
what its own row names, whom the program pays at all, days that lie after the period, partners who stand between."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from true_up_stories import Books

from engine.facts import touched
from engine.values.true_up import Batch

Tables = Mapping[str, str]

MONTHS = "program: Late\ncurrency: EUR\ncalendar: month\neffective: 2026-01-01 to 2026-12-31\n"
PARTNERS = "partner_id,name,reg_id\nacme,Acme,r1\nbolt,Bolt,r2\n"
DEALS = "deal_id,partner_id,amount,closed_on\nd1,acme,1000.00,2026-04-01\nd2,bolt,200.00,2026-04-30\n"
PLAIN = "payouts: {c: {base: deals.amount, dated: deals.closed_on, rate: 10%}}\n"
REGISTERED = """
tables:
  regs: {key: [reg_id], columns: {reg_id: id, open: text, zone_id: id}}
  zones: {key: [zone_id], columns: {zone_id: id, w: number}}
sources:
  partners: {file: partners.csv, extra: {reg_id: id}}
  deals: {file: deals.csv, extra: {reg_id: id}}
  regs: regs.csv
  zones: zones.csv
"""
BY_PARTNER = """
kpis: {sold: {sum: deals.amount, dated: deals.closed_on}}
payouts: {b: {for_each: partners, base: sold, rate: 10%, where: WHERE}}
"""
CONVERTED = "sources: {partners: partners.csv, deals: deals.csv, fx_rates: fx.csv}\n"
REGS, ZONES = "reg_id,open,zone_id\nr1,y,z1\nr2,y,z2\n", "zone_id,w\nz1,2\nz2,2\n"


def settled(folder: Path, program: str, one: Tables, other: Tables, period: str = "2026-04") -> Batch | None:
    """The batch of a period that was locked on one snapshot and trued up to another: with it the period comes to what
    it is with all data known, and the batch is that of the whole period worked out again."""
    books = Books(folder, program)
    books.lock(books.imported(one), period)
    kept, stated = books.imported(other), books.stated[period]
    every = books.true_up(kept, period, is_whole=True)
    books.stated[period] = stated
    batch = books.true_up(kept, period)
    assert books.posted(period) == books.known(kept, period)
    assert (batch and batch.content) == (every and every.content)
    return batch


def lines(batch: Batch | None) -> list[tuple[str, int]]:
    assert batch is not None, "there is a batch"
    return [(line.partner, line.amount_minor) for line in batch.lines]


@pytest.mark.parametrize(
    ("where", "table", "old", "new"),
    [
        ("\"regs.open = 'y'\"", "regs.csv", "r1,y", "r1,n"),
        ("zones.w > 1", "zones.csv", "z1,2", "z1,0"),  # which the registration names
    ],
)
def test_a_row_that_a_partner_names_is_late_for_the_partner(
    tmp_path: Path, where: str, table: str, old: str, new: str
) -> None:
    one = {"partners.csv": PARTNERS, "deals.csv": DEALS, "regs.csv": REGS, "zones.csv": ZONES}
    program = MONTHS + REGISTERED + BY_PARTNER.replace("WHERE", where)
    assert lines(settled(tmp_path, program, one, one | {table: one[table].replace(old, new)})) == [("acme", -10000)]


def test_a_row_that_deals_and_partners_name_is_late_for_the_partners_who_name_it(tmp_path: Path) -> None:
    deals = "deal_id,partner_id,reg_id,amount,closed_on\nd1,acme,r3,1000.00,2026-04-01\nd2,bolt,r3,200.00,2026-04-30\n"
    one = {"partners.csv": PARTNERS, "deals.csv": deals, "regs.csv": REGS + "r3,y,z2\n", "zones.csv": ZONES}
    program = MONTHS + REGISTERED + BY_PARTNER.replace("WHERE", "\"regs.open = 'y'\"")
    other = one | {"regs.csv": one["regs.csv"].replace("r1,y", "r1,n")}
    assert lines(settled(tmp_path, program, one, other)) == [("acme", -10000)]


def test_what_partners_name_is_there_when_a_few_of_them_are_worked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touched, "WHOLE_ROWS", 0)  # every table is a large one
    deals = "deal_id,partner_id,reg_id,amount,closed_on\nd1,acme,r3,1000.00,2026-04-01\nd2,bolt,r3,200.00,2026-04-30\n"
    one = {"partners.csv": PARTNERS, "deals.csv": deals, "regs.csv": REGS + "r3,y,z2\n", "zones.csv": ZONES}
    other = one | {"deals.csv": deals.replace("1000.00", "1200.00")}
    program = MONTHS + REGISTERED + BY_PARTNER.replace("WHERE", "zones.w > 1")
    assert lines(settled(tmp_path, program, one, other)) == [("acme", 2000)]


def test_whom_the_program_pays_at_all_is_a_rule_too(tmp_path: Path) -> None:
    one = {"partners.csv": PARTNERS, "deals.csv": DEALS, "regs.csv": REGS, "zones.csv": ZONES}
    program = MONTHS + REGISTERED + "eligible: regs.open = 'y'\n" + PLAIN
    other = one | {"regs.csv": REGS.replace("r1,y", "r1,n")}
    assert lines(settled(tmp_path, program, one, other)) == [("acme", -10000)]


@pytest.mark.parametrize(
    ("exchange", "rate"),
    [
        ("{rates: spot, dates: {deals: closed_on}}", "USD,EUR,spot,2026-05-02,"),
        ("{rates: average, dates: {deals: closed_on}}", "USD,EUR,average,2026-05-31,"),
    ],
)
def test_a_row_of_the_period_may_be_converted_on_a_later_day(tmp_path: Path, exchange: str, rate: str) -> None:
    program = f"{MONTHS}exchange: {exchange}\n{CONVERTED}" + PLAIN.replace("closed_on", "opened_on")
    deals = "deal_id,partner_id,amount,currency,opened_on,closed_on\nd1,acme,1000.00,USD,2026-04-30,2026-05-03\n"
    head = "from_currency,to_currency,kind,valid_on,rate\n"
    one = {"partners.csv": "partner_id\nacme\n", "deals.csv": deals, "fx.csv": f"{head}{rate}0.9\n"}
    assert lines(settled(tmp_path, program, one, one | {"fx.csv": f"{head}{rate}0.5\n"})) == [("acme", -4000)]


def test_a_rate_of_a_day_on_which_no_row_of_the_period_is_converted_is_not_late(tmp_path: Path) -> None:
    program = MONTHS + "exchange: {rates: spot}\n" + CONVERTED
    deals = "deal_id,partner_id,amount,currency,closed_on\nd1,acme,100.00,USD,2026-04-30\nd2,acme,1.00,USD,2026-05-30\n"
    rates = "from_currency,to_currency,kind,valid_on,rate\nUSD,EUR,spot,2026-04-30,0.9\nUSD,EUR,spot,2026-05-30,0.9\n"
    one = {"partners.csv": "partner_id\nacme\n", "deals.csv": deals, "fx.csv": rates}
    assert settled(tmp_path, program + PLAIN, one, one | {"fx.csv": rates.replace("05-30,0.9", "05-30,0.5")}) is None


def test_an_average_is_late_for_a_week_in_the_middle_of_its_month(tmp_path: Path) -> None:
    week = "calendar: {period: custom, periods: {2026-04: 2026-04-06 to 2026-04-12}}"
    program = MONTHS.replace("calendar: month", week) + "exchange: {rates: average}\n" + CONVERTED
    deals = "deal_id,partner_id,amount,currency,closed_on\nd1,acme,1000.00,USD,2026-04-08\n"
    rates = "from_currency,to_currency,kind,valid_on,rate\nUSD,EUR,average,2026-04-30,0.9\n"
    one = {"partners.csv": "partner_id\nacme\n", "deals.csv": deals, "fx.csv": rates}
    other = one | {"fx.csv": rates.replace("0.9", "0.5")}
    assert lines(settled(tmp_path, program + PLAIN, one, other)) == [("acme", -4000)]


LATER = "partner_id,name,region,recruited_on\nacme,A,N,2026-01-01\nbolt,B,N,2026-09-01\n"


def test_a_pool_may_be_sized_by_partners_who_came_later(tmp_path: Path) -> None:
    program = f"""{MONTHS}
sources: {{partners: partners.csv, deals: deals.csv}}
eligible: partners.name = 'A'
kpis: {{north: {{sum: deals.amount, dated: deals.closed_on, where: partners.region = 'N'}}}}
pools: {{p: {{size: {{of: north, rate: 10%}}, shared: equally, late: reshare}}}}
"""
    one = {"partners.csv": LATER, "deals.csv": DEALS}
    other = one | {"partners.csv": LATER.replace("bolt,B,N", "bolt,B,S")}
    assert lines(settled(tmp_path, program, one, other)) == [("acme", -2000)]


def test_who_came_later_and_is_not_paid_may_stand_between_two_who_are(tmp_path: Path) -> None:
    program = f"""{MONTHS}
sources: {{partners: partners.csv, deals: deals.csv}}
eligible: partners.name <> 'X'
credit:
  sales:
    of: deals
    from: {{owner: 100%}}
    roll_up: {{to: parent, rates: [10%, 5%], on_top: true}}
payouts: {{c: {{credit: sales, base: deals.amount, dated: deals.closed_on, rate: 10%}}}}
"""
    partners = "partner_id,name,parent_id,recruited_on\nacme,A,mid,2026-01-01\nmid,X,bolt,2026-09-01\n"
    partners += "bolt,B,,2026-01-01\ntop,T,,2026-01-01\n"
    one = {"partners.csv": partners, "deals.csv": DEALS}
    other = one | {"partners.csv": partners.replace("mid,X,bolt", "mid,X,top")}
    assert lines(settled(tmp_path, program, one, other)) == [("bolt", -500), ("top", 500)]


FOUR = "partner_id,region,parent_id\nacme,N,\nbolt,N,acme\ncorn,S,\ndash,S,\n"


def test_who_is_named_by_a_partner_has_something_of_its_late_rows(tmp_path: Path) -> None:
    program = f"""{MONTHS}
sources: {{partners: partners.csv, deals: deals.csv}}
kpis: {{sold: {{sum: deals.amount, dated: deals.closed_on, partner: partners.parent_id}}}}
payouts: {{b: {{for_each: partners, base: sold, rate: 10%}}}}
"""
    one = {"partners.csv": FOUR, "deals.csv": DEALS}
    assert lines(settled(tmp_path, program, one, one | {"deals.csv": DEALS.replace("200", "300")})) == [("acme", 1000)]


def test_a_partner_that_changes_is_late_for_whom_its_rows_are_counted(tmp_path: Path) -> None:
    program = f"""{MONTHS}
sources: {{partners: partners.csv, customers: customers.csv, deals: deals.csv}}
kpis:
  sold: {{sum: deals.amount, dated: deals.closed_on, partner: customers.partner_id, where: partners.region = 'N'}}
payouts: {{b: {{for_each: partners, base: sold, rate: 10%}}}}
"""
    deals = "deal_id,customer_id,partner_id,amount,closed_on\nd1,c1,bolt,1000.00,2026-04-01\n"
    one = {"partners.csv": FOUR, "customers.csv": "customer_id,partner_id\nc1,corn\n", "deals.csv": deals}
    other = one | {"partners.csv": FOUR.replace("bolt,N", "bolt,S")}
    assert lines(settled(tmp_path, program, one, other)) == [("corn", -10000)]


def test_a_row_that_says_a_later_period_may_be_named_all_the_same(tmp_path: Path) -> None:
    program = f"""{MONTHS}
tables:
  regs: {{key: [reg_id], columns: {{reg_id: id, open: text, period: text}}}}
sources:
  partners: {{file: partners.csv, extra: {{reg_id: id}}}}
  deals: deals.csv
  regs: regs.csv
{BY_PARTNER.replace("WHERE", chr(34) + "regs.open = 'y'" + chr(34))}"""
    regs = "reg_id,open,period\nr1,y,2026-05\nr2,y,2026-04\n"
    one = {"partners.csv": PARTNERS, "deals.csv": DEALS, "regs.csv": regs}
    other = one | {"regs.csv": regs.replace("r1,y", "r1,n")}
    assert lines(settled(tmp_path, program, one, other)) == [("acme", -10000)]


def test_a_version_may_be_asked_for_on_a_day_after_the_period(tmp_path: Path) -> None:
    program = f"""{MONTHS}
sources: {{partners: partners.csv, partner_history: history.csv, deals: deals.csv}}
credit: {{sales: {{of: deals, where: partners.region = 'N', from: {{owner: 100%}}}}}}
payouts: {{c: {{credit: sales, base: deals.amount, dated: deals.opened_on, rate: 10%}}}}
"""
    deals = "deal_id,partner_id,amount,opened_on,closed_on\nd1,acme,1000.00,2026-04-30,2026-05-03\n"
    history = "partner_id,attribute,valid_from,valid_to,value\nacme,region,2025-01-01,2026-05-01,N\n"
    one = {"partners.csv": "partner_id,region\nacme,N\nbolt,N\n", "deals.csv": deals}
    before, after = (one | {"history.csv": f"{history}acme,region,2026-05-02,,{region}\n"} for region in "NS")
    assert lines(settled(tmp_path, program, before, after)) == [("acme", -10000)]
