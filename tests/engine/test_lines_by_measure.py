"""Lines by another measure than the one that is paid: tiers that revenue moves and margin is paid by, full increments,
caps that are a rate of what a partner has, and returns whose share the row itself decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, Told, leaves, refused, told, write

from rules.problem import Refused

SOURCES = "sources: {partners: partners.csv, deals: {file: deals.csv, extra: {margin: money, copies: count}}, MORE}\n"
PARTNERS = "partner_id\np\nq\n"
HEAD = "deal_id,partner_id,closed_on,amount,margin,copies,customer_id\n"


def story(
    folder: Path, rules: str, deals: str, period: str = "2026-04", more: dict[str, str] | None = None
) -> tuple[list[str], Told]:
    """The lines of a period as `key minor`, each of which re-adds; and what they were told with."""
    tables = {"partners.csv": PARTNERS, "deals.csv": HEAD + deals} | (more or {})
    listed = ", ".join(f"{name.removesuffix('.csv')}: {name}" for name in (more or {}))
    program = MONTH + SOURCES.replace(", MORE}", f", {listed}}}" if listed else "}") + rules
    with told(write(folder, program, tables), period) as found:
        for partner in found.run.partners:
            found.why(partner)
        return sorted(line.replace("p commission ", "") for line in found.lines()), found


def words_of(folder: Path, rules: str, deals: str, partner: str = "p", more: dict[str, str] | None = None) -> list[str]:
    """Everything that the explanation of a partner's payout says, in April."""
    tables = {"partners.csv": PARTNERS, "deals.csv": HEAD + deals} | (more or {})
    listed = ", ".join(f"{name.removesuffix('.csv')}: {name}" for name in (more or {}))
    program = MONTH + SOURCES.replace(", MORE}", f", {listed}}}" if listed else "}") + rules
    with told(write(folder, program, tables)) as found:
        waiting, said = [found.why(partner)], []
        while waiting:
            node = waiting.pop()
            said.append(node.words)
            waiting += node.parts
        return said


# --- margin is paid, revenue moves the tiers --------------------------------------------------------------------------

BY_REVENUE = """
payouts:
  commission:
    base: deals.margin
    dated: deals.closed_on
    tiers:
      method: marginal
      by: deals.amount
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{to: 1_000, rate: 5%}, {to: 2_000, rate: 10%}, {rate: 20%}]
"""
SALES = """\
d1,p,2026-03-01,600.00,120.00,,
d2,p,2026-04-02,800.00,200.00,,
d3,p,2026-04-03,1200.00,60.00,,
d4,p,2026-04-04,0.00,10.00,,
"""


def test_margin_is_paid_at_rates_that_revenue_to_date_moves(tmp_path: Path) -> None:
    """d2 lies by 400 of 800 in each of the first two tiers: 7.5 % of 200. d3 by half at 10 % and half at 20 %: 15 % of
    60. d4 brings no revenue, and is paid at the rate of the next: 20 % of 10."""
    assert story(tmp_path / "march", BY_REVENUE, SALES, "2026-03")[0] == ["d1 600"]
    assert story(tmp_path, BY_REVENUE, SALES)[0] == ["d2 1500", "d3 900", "d4 200"]
    said = words_of(tmp_path / "why", BY_REVENUE, SALES)
    assert any("on average 7.5 % of 200.00" in each for each in said)
    assert "1 row before it, over the fiscal year" in said


def test_a_return_takes_revenue_off_the_top_and_its_part_of_the_margin(tmp_path: Path) -> None:
    """Half of d1 comes back after all of them: of a revenue of 2,600 the last 300 lie above 2,000, and half of its
    margin of 120 is taken back at 20 %."""
    back = """
    returns:
      refund:
        for_each: deal_events
        base: deal_events.amount * deals.margin / deals.amount
        dated: deal_events.occurred_on
        tiers: highest_first
"""
    events = {"deal_events.csv": "event_id,deal_id,occurred_on,amount\ne1,d1,2026-04-20,300.00\n"}
    lines, _ = story(tmp_path, BY_REVENUE + back, SALES, more=events)
    assert lines == ["d2 1500", "d3 900", "d4 200", "e1 -1200"]
    again = SALES + "d5,p,2026-04-25,300.00,60.00,,\n"  # sold again, for the same margin, it is paid the same
    assert "d5 1200" in story(tmp_path / "again", BY_REVENUE + back, again, more=events)[0]


def test_royalty_is_paid_by_copies_of_all_partners(tmp_path: Path) -> None:
    rules = BY_REVENUE.replace("deals.amount", "deals.copies").replace("fiscal_year", "ever\n      per: program")
    deals = "d1,p,2026-04-01,1,100.00,900,\nd2,q,2026-04-02,1,100.00,200,\n"
    assert story(tmp_path, rules, deals)[0] == ["d1 500", "q commission d2 750"]


def test_of_a_credited_row_its_share_moves_the_tiers(tmp_path: Path) -> None:
    """Half of 2,000 each: p and q are both at the end of the first tier."""
    rules = BY_REVENUE.replace("    base:", "    credit: sales\n    base:")
    rules += "credit: {sales: {of: deals, from: {table: {roles: [sourced]}}}}\n"
    credits = {"credits.csv": "credit_id,deal_id,partner_id,role,share\nk1,d1,p,sourced,0.5\nk2,d1,q,sourced,0.5\n"}
    lines, _ = story(tmp_path, rules, "d1,p,2026-04-01,2000.00,400.00,,\n", more=credits)
    assert lines == ["d1 1000", "q commission d1 1000"]


def test_what_adds_up_over_the_year_is_no_value_of_this_period(tmp_path: Path) -> None:
    rules = "kpis: {sold: {sum: deals.amount, dated: deals.closed_on}}\n" + BY_REVENUE.replace("by: deals.amount", "by: sold")
    tables = {"partners.csv": PARTNERS, "deals.csv": HEAD + SALES}
    program = MONTH + SOURCES.replace(", MORE}", "}") + rules
    assert [each.split()[0] for each in refused(write(tmp_path, program, tables))] == ["P198"]


# --- every full so many -----------------------------------------------------------------------------------------------

EVERY = "payouts: {commission: {base: deals.amount, dated: deals.closed_on, per_unit: {amount: 500, every: EUR 10_000}}}\n"


def test_every_full_ten_thousand_is_paid_and_nothing_is_carried(tmp_path: Path) -> None:
    deals = "d1,p,2026-04-01,29999.99,,,\nd2,p,2026-04-01,10000.00,,,\nd3,p,2026-04-01,-29999.99,,,\nd4,p,2026-04-01,9999,,,\n"
    assert story(tmp_path, EVERY, deals)[0] == ["d1 100000", "d2 50000", "d3 -100000", "d4 0"]
    said = words_of(tmp_path / "why", EVERY, deals)
    assert "2 full 10,000.00 in 29,999.99 x 500.00 (9,999.99 left)" in said


@pytest.mark.parametrize(
    ("base", "every", "code"),
    [("deals.amount", "0", "P242"), ("deals.copies", "EUR 10", "P188"), ("deals.amount", "USD 10", "P130")],
)
def test_an_increment_that_cannot_be_full_is_refused(tmp_path: Path, base: str, every: str, code: str) -> None:
    rules = EVERY.replace("deals.amount", base).replace("EUR 10_000", every)
    program = MONTH + SOURCES.replace(", MORE}", "}") + rules
    found = refused(write(tmp_path, program, {"partners.csv": PARTNERS, "deals.csv": HEAD}))
    assert [each.split()[0] for each in found] == [code]


# --- caps that are a rate of what a partner has -----------------------------------------------------------------------

CAPPED = """
kpis: {sold: {sum: deals.margin, dated: deals.closed_on}}
payouts:
  fee: {for_each: partners, amount: 10}
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 100%
    limits: [{at_most: {rate: 200%, of: OF}, cut: in_order, order: [deals.closed_on]MORE}]
"""
TWO = "d1,p,2026-04-01,80.00,33.33,,\nd2,p,2026-04-02,80.00,33.34,,\nd3,q,2026-04-02,80.00,-5.00,,\n"


@pytest.mark.parametrize(
    ("of", "rate", "left"),
    [("sold", "200%", "5334"), ("sold / 7", "1/3", "0"), ("fee * 5", "200%", "2000"), ("partners.salary", "200%", "-")],
)
def test_a_cap_is_a_rate_of_a_kpi_or_of_an_earlier_payout(tmp_path: Path, of: str, rate: str, left: str) -> None:
    """200 % of a margin of 66.67 are 133.34: 80.00 and the 53.34 that are left; of -5.00 they are nothing."""
    rules = CAPPED.replace("200%", rate).replace("OF", of).replace("MORE", "")
    if left == "-":
        program = MONTH + SOURCES.replace(", MORE}", "}").replace("partners.csv", "{file: partners.csv, extra: {salary: money}}")
        tables = {"partners.csv": "partner_id,salary\np,60.00\nq,\n", "deals.csv": HEAD + TWO}
        with pytest.raises(Refused) as caught, told(write(tmp_path, program + rules, tables)):
            pass
        assert [(each.code, each.place.field) for each in caught.value.problems] == [("F314", "q")]
        return
    lines, _ = story(tmp_path, rules, TWO)
    of_p = {line.split()[0]: line.split()[1] for line in lines if line.startswith("d")}
    third = "317" if rate == "1/3" else "8000"  # a third of 66.67 / 7 = 9.52.. is 3.17.., rounded down
    assert (of_p["d1"], of_p["d2"]) == (third, left)


def test_the_explanation_names_the_rate_and_what_it_is_of(tmp_path: Path) -> None:
    rules = CAPPED.replace("OF", "sold").replace("MORE", "")
    said = words_of(tmp_path, rules, TWO)
    assert any("at most 200 % of sold = 133.34 of the period for p: entitled 80.00, applied 53.34" in each for each in said)
    assert "q commission d3 0" in story(tmp_path / "q", rules, TWO)[0]


def test_what_a_cap_of_a_kpi_banked_is_paid_when_the_kpi_leaves_room(tmp_path: Path) -> None:
    rules = CAPPED.replace("OF", "sold").replace("MORE", ", excess: banked")
    deals = "d1,p,2026-03-01,80.00,20.00,,\nd2,p,2026-04-02,10.00,100.00,,\n"
    assert story(tmp_path, rules, deals)[0] == ["d2 1000", "p 4000", "p fee p 1000", "q fee q 1000"]


def test_a_cap_of_the_year_is_a_rate_of_what_is_the_same_in_every_period(tmp_path: Path) -> None:
    rules = CAPPED.replace("OF", "partners.salary").replace("MORE", ", over: fiscal_year")
    program = MONTH + SOURCES.replace(", MORE}", "}").replace("partners.csv", "{file: partners.csv, extra: {salary: money}}")
    deals = TWO.replace("2026-04-01", "2026-03-01")
    tables = {"partners.csv": "partner_id,salary\np,60.00\nq,60.00\n", "deals.csv": HEAD + deals}
    with told(write(tmp_path, program + rules, tables)) as found:
        assert "p commission d2 4000" in found.lines()  # 120.00 less the 80.00 of March
        assert found.why("p").value == 5000


@pytest.mark.parametrize(
    ("of", "more", "code"),
    [
        ("sold", ", over: fiscal_year", "P198"),
        ("sold", ", per: program", "P193"),
        ("count_of", "", "P196"),
        ("commission", "", "X122"),
        ("deals.amount", "", "P160"),
    ],
)
def test_a_cap_that_says_nothing_for_a_partner_is_refused(tmp_path: Path, of: str, more: str, code: str) -> None:
    rules = CAPPED.replace("OF", of).replace("MORE", more)
    rules = rules.replace("kpis: {", "kpis: {count_of: {count: deals, dated: deals.closed_on}, ")
    program = MONTH + SOURCES.replace(", MORE}", "}") + rules
    found = refused(write(tmp_path, program, {"partners.csv": PARTNERS, "deals.csv": HEAD}))
    assert [each.split()[0] for each in found] == [code]


# --- returns whose share the row decides ------------------------------------------------------------------------------

CHURN = """
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 10%
    returns:
      churn: {where: customers.churned_on is not null, dated: customers.churned_on, share: SHARE}
"""
NINTHS = "(9 - months(deals.closed_on, customers.churned_on)) / 9"
CUSTOMERS = {"customers.csv": "customer_id,churned_on\nc1,2026-04-20\nc2,2026-04-20\nc3,2026-04-20\n"}
CUSTOMER_DEALS = "d1,p,2026-01-10,900.00,,,c1\nd2,p,2026-04-20,900.00,,,c2\n"


def test_a_return_takes_back_the_months_that_are_left(tmp_path: Path) -> None:
    """d1 churned after 3 of 9 months: 6/9 of 90.00. d2 on its own day: all of it."""
    rules = CHURN.replace("SHARE", NINTHS)
    assert story(tmp_path, rules, CUSTOMER_DEALS, more=CUSTOMERS)[0] == ["d1 -6000", "d2 -9000", "d2 9000"]
    said = words_of(tmp_path / "why", rules, CUSTOMER_DEALS, more=CUSTOMERS)
    assert any("with deals.closed_on 2026-01-10, customers.churned_on 2026-04-20" in each for each in said)


@pytest.mark.parametrize(("share", "back"), [("3 - 1", "-9000"), ("1 - 3", "0"), ("1/3", "-3000"), ("50%", "-4500")])
def test_a_share_is_held_to_nothing_and_all(tmp_path: Path, share: str, back: str) -> None:
    share = f"({share})" if " " in share else share
    lines, _ = story(tmp_path, CHURN.replace("SHARE", share), CUSTOMER_DEALS, more=CUSTOMERS)
    assert f"d1 {back}" in lines


@pytest.mark.parametrize(
    ("share", "code"),
    [("deals.amount", "P196"), ("other / 100", "P198"), ("-5%", "P241"), ("(9 -", "X116"), ("150%", "P241"), ("2", "W113")],
)
def test_a_share_that_is_none_is_refused(tmp_path: Path, share: str, code: str) -> None:
    kpis = "kpis: {other: {count: deals, dated: deals.closed_on}}\n"
    program = MONTH + SOURCES.replace("MORE", "customers: customers.csv") + kpis + CHURN.replace("SHARE", share)
    tables = {"partners.csv": PARTNERS, "deals.csv": HEAD, **CUSTOMERS}
    assert [each.split()[0] for each in refused(write(tmp_path, program, tables))] == [code]
