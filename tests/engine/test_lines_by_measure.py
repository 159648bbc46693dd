"""Lines by another measure than the one that is paid: tiers that revenue moves and margin is paid by, full increments,
caps that are a rate of what a partner has, and returns whose share the row itself decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, refused, told, write

from rules.load import load
from rules.payouts.words import Clause, payout_words
from rules.problem import Refused

SOURCES = """
sources:
  partners: {file: partners.csv, extra: {salary: money}}
  deals: {file: deals.csv, extra: {copies: count}}
  customers: customers.csv
  deal_events: deal_events.csv
  credits: credits.csv
"""
TABLES = {
    "partners.csv": "partner_id,salary\np,60.00\nq,\n",
    "deals.csv": "deal_id,partner_id,closed_on,amount,margin,copies,customer_id\n",
    "customers.csv": "customer_id,churned_on\nc1,2026-04-20\nc2,2026-04-20\n",
    "deal_events.csv": "event_id,deal_id,occurred_on,amount\n",
    "credits.csv": "credit_id,deal_id,partner_id,role,share\n",
}


def program(folder: Path, rules: str, deals: str = "", events: str = "", credits: str = "") -> Path:
    """A program with these rules, and its tables with these rows."""
    rows = {"deals.csv": deals, "deal_events.csv": events, "credits.csv": credits}
    return write(folder, MONTH + SOURCES + rules, {name: text + rows.get(name, "") for name, text in TABLES.items()})


def paid(path: Path, period: str = "2026-04") -> list[str]:
    """The lines of a period in order, without what they all begin with; each of them re-adds."""
    with told(path, period) as found:
        for partner in found.run.partners:
            found.why(partner)
        return sorted(line.replace("p commission ", "") for line in found.lines())


def said(path: Path, partner: str = "p") -> list[str]:
    """Everything that the explanation of what a partner gets in April says."""
    with told(path) as found:
        waiting, words = [found.why(partner)], []
        while waiting:
            node = waiting.pop()
            words.append(node.words)
            waiting += node.parts
        return words


def words_of(path: Path) -> list[Clause]:
    """What the one rule of a program says on paper."""
    (rule,) = load(path).understood().payouts
    return list(payout_words(rule))


def codes(path: Path) -> list[str]:
    """Why a program is refused."""
    return [each.split()[0] for each in refused(path)]


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
    """d2 lies by 400 of 800 in each of the first two tiers: 7.5 % of 200. d3 by 600 of 1,200 in each of the last two:
    15 % of 60. d4 brings no revenue, and is paid at the rate of the next unit: 20 % of 10."""
    path = program(tmp_path, BY_REVENUE, SALES)
    assert paid(path, "2026-03") == ["d1 600"]
    assert paid(path) == ["d2 1500", "d3 900", "d4 200"]
    assert any("on average 7.5 % of 200.00" in each for each in said(path))
    assert "1 row before it, over the fiscal year" in said(path)


def test_a_return_takes_revenue_off_the_top_and_its_part_of_the_margin(tmp_path: Path) -> None:
    """Half of d1 comes back after all of them: of a revenue of 2,600 the last 300 lie above 2,000, and half of its
    margin of 120 is taken back at 20 %. The same sold again is paid the same."""
    back = """
    returns:
      refund:
        for_each: deal_events
        base: deals.margin * (deal_events.amount / deals.amount)
        dated: deal_events.occurred_on
        tiers: highest_first
"""
    again = "d5,p,2026-04-25,300.00,60.00,,\n"
    path = program(tmp_path, BY_REVENUE + back, SALES + again, events="e1,d1,2026-04-20,300.00\n")
    assert paid(path) == ["d2 1500", "d3 900", "d4 200", "d5 1200", "e1 -1200"]
    assert any("50 % of 600.00 is returned" in each for each in said(path))
    (back,) = (each.text for name, each in words_of(path) if name == "Taken back")
    assert back.endswith(", and the same part of deals.amount off the running total, highest tiers first")
    assert any("50 % of 120.00 is returned" in each for each in said(path))


def test_royalty_is_paid_by_the_copies_that_all_partners_sold(tmp_path: Path) -> None:
    rules = BY_REVENUE.replace("deals.amount", "deals.copies").replace("fiscal_year", "ever\n      per: program")
    deals = "d1,p,2026-04-01,1,100.00,900,\nd2,q,2026-04-02,1,100.00,200,\n"
    assert paid(program(tmp_path, rules, deals)) == ["d1 500", "q commission d2 750"]


def test_of_a_credited_row_its_share_moves_the_tiers(tmp_path: Path) -> None:
    """Half of 2,000 each: p and q are both at the end of the first tier."""
    rules = BY_REVENUE.replace("    base:", "    credit: sales\n    base:")
    rules += "credit: {sales: {of: deals, from: {table: {roles: [sourced]}}}}\n"
    credits = "k1,d1,p,sourced,0.5\nk2,d1,q,sourced,0.5\n"
    path = program(tmp_path, rules, "d1,p,2026-04-01,2000.00,400.00,,\n", credits=credits)
    assert paid(path) == ["d1 1000", "q commission d1 1000"]


def test_each_row_may_begin_at_the_first_tier(tmp_path: Path) -> None:
    """Without accumulate, d3 lies by 1,000 of 1,200 in the first tier and by 200 in the second: 5.83.. % of 60."""
    rules = BY_REVENUE.replace("      accumulate: fiscal_year\n      order: [deals.closed_on]\n", "")
    assert paid(program(tmp_path, rules, SALES)) == ["d2 1000", "d3 350", "d4 50"]


def test_what_adds_up_over_the_year_is_no_value_of_this_period(tmp_path: Path) -> None:
    kpis = "kpis: {sold: {sum: deals.amount, dated: deals.closed_on}}\n"
    assert codes(program(tmp_path, kpis + BY_REVENUE.replace("by: deals.amount", "by: sold"))) == ["P198"]


# --- every full so many -----------------------------------------------------------------------------------------------

EVERY = """
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, per_unit: {amount: 500, every: EUR 10_000}}
"""


def test_every_full_ten_thousand_is_paid_and_nothing_is_carried(tmp_path: Path) -> None:
    amounts = ["29999.99", "10000.00", "-29999.99", "9999.00"]
    deals = "".join(f"d{at},p,2026-04-01,{amount},,,\n" for at, amount in enumerate(amounts, 1))
    path = program(tmp_path, EVERY, deals)
    assert paid(path) == ["d1 100000", "d2 50000", "d3 -100000", "d4 0"]
    assert "2 full 10,000.00 in 29,999.99 x 500.00 (9,999.99 left)" in said(path)


@pytest.mark.parametrize(
    ("base", "every", "codes_of"),
    [
        ("deals.amount", "every: 0", ["P242"]),
        ("deals.amount", "every: USD 10", ["P130"]),
        ("deals.copies", "every: EUR 10", ["P188"]),
        ("deals.copies", "every: 10, guaranteed: {amount: 5, covers: 2}", ["P242"]),
    ],
)
def test_an_increment_that_cannot_be_full_is_refused(
    tmp_path: Path, base: str, every: str, codes_of: list[str]
) -> None:
    rules = EVERY.replace("deals.amount", base).replace("every: EUR 10_000", every)
    assert codes(program(tmp_path, rules)) == codes_of


# --- caps that are a rate of what a partner has -----------------------------------------------------------------------

CAPPED = """
kpis: {margin: {sum: deals.margin, dated: deals.closed_on}, won: {count: deals, dated: deals.closed_on}}
payouts:
  fee: {for_each: partners, amount: 10}
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 100%
    limits: [{at_most: {rate: RATE, of: OF}, cut: in_order, order: [deals.closed_on]}]
"""
TWO = "d1,p,2026-04-01,80.00,33.33,,\nd2,p,2026-04-02,80.00,33.34,,\n"


def capped(rate: str, of: str, more: str = "") -> str:
    return CAPPED.replace("RATE", rate).replace("OF", of).replace("on]}]", f"on]{more}}}]")


@pytest.mark.parametrize(
    ("rate", "of", "lines"),
    [
        ("200%", "margin", ["d1 8000", "d2 5334"]),  # 133.34 less 80.00
        ("1/3", "margin / 7", ["d1 317", "d2 0"]),  # a third of 9.524.. is 3.174.., rounded down
        ("200%", "fee * 5", ["d1 8000", "d2 2000"]),  # what an earlier rule pays
        ("200%", "partners.salary", ["d1 8000", "d2 4000"]),
        ("200%", "0 - margin", ["d1 0", "d2 0"]),  # nothing, and not less
    ],
)
def test_a_cap_is_a_rate_of_what_the_partner_has(tmp_path: Path, rate: str, of: str, lines: list[str]) -> None:
    assert paid(program(tmp_path, capped(rate, of), TWO)) == [*lines, "p fee p 1000", "q fee q 1000"]


def test_the_explanation_names_the_rate_and_what_it_is_of(tmp_path: Path) -> None:
    found = said(program(tmp_path, capped("200%", "margin"), TWO))
    told_so = "at most 200 % of margin = 133.34 of the period for p: entitled 80.00, applied 53.34, remaining 0.00"
    assert any(each.endswith(told_so) for each in found)
    assert any("33.34" in each for each in found)  # and where the margin comes from


def test_a_cap_that_is_unknown_is_refused_for_who_is_paid(tmp_path: Path) -> None:
    """q has no salary in the table: that matters only where a line of q is to be limited."""
    assert paid(program(tmp_path / "p", capped("200%", "partners.salary"), TWO))
    deals = TWO + "d3,q,2026-04-02,80.00,,,\n"
    with pytest.raises(Refused) as caught:
        paid(program(tmp_path / "q", capped("200%", "partners.salary"), deals))
    assert [(each.code, each.place.field) for each in caught.value.problems] == [("F314", "q")]


def test_what_a_cap_cut_is_banked_until_there_is_room(tmp_path: Path) -> None:
    deals = "d1,p,2026-03-01,80.00,20.00,,\nd2,p,2026-04-02,10.00,22.00,,\n"
    path = program(tmp_path, capped("200%", "margin", ", excess: banked"), deals)
    assert "d1 4000" in paid(path, "2026-03")
    assert paid(path) == ["d2 1000", "p 3400", "p fee p 1000", "q fee q 1000"]  # of 40.00 banked, 44.00 less 10.00
    assert any("the bank holds 40.00 of what was cut, and 44.00 less 10.00 leave room" in each for each in said(path))


def test_a_cap_of_the_year_is_a_rate_of_what_every_period_has_the_same(tmp_path: Path) -> None:
    path = program(
        tmp_path, capped("200%", "partners.salary", ", over: fiscal_year"), TWO.replace("2026-04-01", "2026-03-01")
    )
    assert "d2 4000" in paid(path)  # 120.00 less the 80.00 of March


@pytest.mark.parametrize(
    ("rate", "of", "more", "code"),
    [
        ("200%", "margin", ", over: fiscal_year", "P198"),
        ("200%", "margin", ", per: program", "P193"),
        ("-5%", "margin", "", "P193"),
        ("200%", "won", "", "P196"),
        ("200%", "commission", "", "X131"),
        ("200%", "deals.amount", "", "P160"),
    ],
)
def test_a_cap_that_says_nothing_of_a_partner_is_refused(
    tmp_path: Path, rate: str, of: str, more: str, code: str
) -> None:
    assert codes(program(tmp_path, capped(rate, of, more))) == [code]


@pytest.mark.parametrize("most", ["{rate: 5%}", "{of: margin}", "{amount: 5, rate: 5%, of: margin}", "{}"])
def test_the_most_is_an_amount_or_a_rate_of_something(tmp_path: Path, most: str) -> None:
    assert codes(program(tmp_path, CAPPED.replace("{rate: RATE, of: OF}", most))) == ["P193"]


# --- returns whose share the row decides ------------------------------------------------------------------------------

CHURN = """
kpis: {won: {count: deals, dated: deals.closed_on}}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 10%
    returns:
      churn: {where: customers.churned_on is not null, dated: customers.churned_on, share: SHARE}
"""
NINTHS = "(9 - months(deals.closed_on, customers.churned_on)) / 9"
CHURNED = "d1,p,2026-01-10,900.00,,,c1\nd2,p,2026-04-20,900.00,,,c2\n"


def test_a_return_takes_back_the_months_that_are_left(tmp_path: Path) -> None:
    """d1 churned after 3 of 9 months: 6/9 of 90.00. d2 on its own day: all of it."""
    path = program(tmp_path, CHURN.replace("SHARE", f'"{NINTHS}"'), CHURNED)
    assert paid(path) == ["d1 -6000", "d2 -9000", "d2 9000"]
    assert any("deals.closed_on 2026-01-10, customers.churned_on 2026-04-20" in each for each in said(path))


@pytest.mark.parametrize(
    ("share", "back"), [("(3 - 1)", -9000), ("(1 - 3)", None), ("1/3", -3000), ("50%", -4500), ("0.1", -900)]
)
def test_a_share_is_held_to_nothing_and_all(tmp_path: Path, share: str, back: int | None) -> None:
    lines = paid(program(tmp_path, CHURN.replace("SHARE", share), CHURNED))
    assert f"d1 {back or 0}" in lines


def test_an_unknown_share_is_never_guessed(tmp_path: Path) -> None:
    rules = CHURN.replace("SHARE", "deals.copies / 10").replace("customers.churned_on is not null", "deals.amount > 0")
    with pytest.raises(Refused) as caught:
        paid(program(tmp_path, rules, CHURNED))
    assert [(each.code, each.place.field) for each in caught.value.problems] == [("F301", "d1"), ("F301", "d2")]


@pytest.mark.parametrize(
    ("share", "code"),
    [
        ("deals.amount", "P196"),
        ("won / 100", "P198"),
        ("-5%", "P241"),
        ("150%", "P241"),
        ("2", "W113"),
        ("(9 -", "X115"),
    ],
)
def test_a_share_that_is_none_is_refused(tmp_path: Path, share: str, code: str) -> None:
    assert codes(program(tmp_path, CHURN.replace("SHARE", share))) == [code]
