"""Where limits, returns, locks and credit meet: each line of a story below is worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, refused, told, write

SOURCES = "sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv, credits: credits.csv}\n"
DEALS = "d1,p,2026-04-01,80.00\nd2,p,2026-04-02,80.00\n"
RUNNING = (
    "tiers: {method: marginal, accumulate: fiscal_year, order: [deals.closed_on], steps: [{to: 100_000, rate: RATE}]}"
)
BACK = "{for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on, tiers: METHOD}"


def rule(kind: str, more: str = "", method: str = "") -> str:
    """A commission on deals: its kind, what else it says, and how returns are taken back, if they are."""
    lines = ["payouts:", "  commission:", "    for_each: deals", "    base: deals.amount", "    dated: deals.closed_on"]
    back = f"returns: {{back: {BACK.replace('METHOD', method)}}}" if method else ""
    lines += [f"    {line}" for line in (kind, *more.splitlines(), back)]
    return "\n".join(lines) + "\n"


def of(
    folder: Path, rules: str, events: str = "", deals: str = DEALS, period: str = "2026-04", credits: str = ""
) -> list[str]:
    """The lines of a period as `key minor`, in order; each of them re-adds."""
    tables = {
        "partners.csv": "partner_id\np\nq\n",
        "deals.csv": f"deal_id,partner_id,closed_on,amount\n{deals}",
        "deal_events.csv": f"event_id,deal_id,occurred_on,amount\n{events}",
        "credits.csv": f"credit_id,deal_id,partner_id,role,share\n{credits}",
    }
    with told(write(folder, MONTH + SOURCES + rules, tables), period) as story:
        for partner in story.run.partners:
            story.why(partner)
        return sorted(line.replace("p commission ", "") for line in story.lines())


METHODS = pytest.mark.parametrize("method", ["as_paid", "highest_first"])
CAP = "limits: [{at_most: 100, over: OVER, cut: in_order, order: [deals.closed_on]}]"


@METHODS
def test_a_return_counts_against_a_cap_of_the_period(tmp_path: Path, method: str) -> None:
    """80 + 80 - 80 stays within 100, so nothing is cut."""
    rules = rule(RUNNING.replace("RATE", "100%"), CAP.replace("OVER", "period"), method)
    assert of(tmp_path, rules, "e1,d1,2026-04-01,80.00\n") == ["d1 8000", "d2 8000", "e1 -8000"]


@METHODS
def test_a_return_makes_room_in_a_cap_of_the_year(tmp_path: Path, method: str) -> None:
    rules = rule(RUNNING.replace("RATE", "100%"), CAP.replace("OVER", "fiscal_year"), method)
    deals, events = DEALS.replace("2026-04-02", "2026-05-02"), "e1,d1,2026-05-01,80.00\n"
    assert of(tmp_path, rules, events, deals, "2026-05") == ["d2 8000", "e1 -8000"]


def test_a_floor_of_a_line_is_taken_back_with_it(tmp_path: Path) -> None:
    """1 % of 80 is 0.80, at least 5: a full return takes the 5 back."""
    rules = rule(RUNNING.replace("RATE", "1%"), "at_least: 5", "as_paid")
    assert of(tmp_path, rules, "e1,d1,2026-04-05,80.00\n") == ["d1 500", "d2 500", "e1 -500"]


def test_a_return_takes_back_no_more_than_a_capped_line_was_paid(tmp_path: Path) -> None:
    rules = rule(RUNNING.replace("RATE", "1%"), "at_most: 0.50", "as_paid")
    assert of(tmp_path, rules, "e1,d1,2026-04-05,80.00\n") == ["d1 50", "d2 50", "e1 -50"]


@METHODS
def test_what_was_never_paid_is_not_taken_back(tmp_path: Path, method: str) -> None:
    """d2 is outside of the rule's days; and a row that is locked until May is not returned in April."""
    during = rule(RUNNING.replace("RATE", "10%"), "during: 2026-04-01 to 2026-04-01", method)
    assert of(tmp_path / "during", during, "e1,d2,2026-04-05,80.00\n") == ["d1 800"]
    locked = rule(RUNNING.replace("RATE", "10%"), "lock: 30 days", method)
    assert of(tmp_path / "april", locked, "e1,d2,2026-04-05,80.00\n") == []
    assert of(tmp_path / "may", locked, "e1,d2,2026-04-05,80.00\n", period="2026-05") == ["d1 800", "d2 800", "e1 -800"]


@METHODS
def test_more_returned_than_was_sold_takes_back_what_was_paid(tmp_path: Path, method: str) -> None:
    rules = rule(RUNNING.replace("RATE", "10%"), "", method)
    assert of(tmp_path, rules, "e1,d2,2026-04-05,800.00\n") == ["d1 800", "d2 800", "e1 -800"]


@METHODS
def test_what_a_bank_held_for_a_returned_row_is_not_released(tmp_path: Path, method: str) -> None:
    """80 due, 50 paid, 30 banked; all returned in May: in the end nothing is left."""
    rules = rule(RUNNING.replace("RATE", "100%"), "limits: [{at_most: 50, cut: pro_rata, excess: banked}]", method)
    deals, event = "d1,p,2026-04-01,80.00\n", "e1,d1,2026-05-01,80.00\n"
    paid = [of(tmp_path / each, rules, event, deals, each) for each in ("2026-04", "2026-05", "2026-06")]
    assert sum(int(line.split()[1]) for month in paid for line in month) == 0


@pytest.mark.parametrize(
    "kind",
    ["amount: 250", "prizes: {best: highest, ties: share, prizes: [10, 5]}", RUNNING.replace("RATE", "1%")],
)
def test_only_tiers_that_add_up_are_emptied_from_the_highest(tmp_path: Path, kind: str) -> None:
    """Without a running total there is no highest tier; and within bounds a line does not follow it."""
    rules = rule(kind, "at_most: 5" if kind.startswith("tiers") else "", "highest_first")
    if kind.startswith("amount"):
        rules = rules.replace("    base: deals.amount\n", "").replace("base: deal_events.amount, ", "")
    tables = {
        "partners.csv": "partner_id\np\n",
        "deals.csv": f"deal_id,partner_id,closed_on,amount\n{DEALS}",
        "deal_events.csv": "event_id,deal_id,occurred_on,amount\ne1,d2,2026-04-05,80.00\n",
        "credits.csv": "credit_id,deal_id,partner_id,role,share\n",
    }
    assert [each.split()[0] for each in refused(write(tmp_path, MONTH + SOURCES + rules, tables))] == ["P240"]


@METHODS
def test_a_floor_of_a_partner_holds_after_returns(tmp_path: Path, method: str) -> None:
    """8 + 8 - 8 is topped up to 12 whichever way the return is taken."""
    rules = rule(RUNNING.replace("RATE", "10%"), "limits: [{at_least: 12}]", method)
    assert sum(int(line.split()[1]) for line in of(tmp_path, rules, "e1,d2,2026-04-05,80.00\n")) == 1200


def test_a_partner_may_be_level_with_itself(tmp_path: Path) -> None:
    """Two deals of one partner share the prize with a third."""
    deals = "d1,p,2026-04-01,80.00\nd2,p,2026-04-02,80.00\nd3,q,2026-04-02,80.00\n"
    found = of(tmp_path, rule("prizes: {best: highest, ties: share, prizes: [10]}"), deals=deals)
    assert sum(int(line.rsplit(" ", 1)[1]) for line in found) == 1000


ROLES = "credit:\n  sales: {of: deals, from: {roles: {sourced: 1/3, influenced: 2/3}}}\n"


@pytest.mark.parametrize("rate", ["1/7", "10%"])
def test_a_partner_may_earn_in_two_roles_of_a_deal(tmp_path: Path, rate: str) -> None:
    rules = ROLES + rule(f"credit: sales\n    rate: {rate}")
    credits = "k1,d1,p,sourced,\nk2,d1,p,influenced,\n"
    found = of(tmp_path, rules, deals="d1,p,2026-04-01,100.00\n", credits=credits)
    assert sum(int(line.split()[1]) for line in found) == (1429 if rate == "1/7" else 1000)


@pytest.mark.parametrize("name", ["base", "due", "lines", "before"])
def test_a_multiplier_may_have_any_name(tmp_path: Path, name: str) -> None:
    rules = rule(RUNNING.replace("RATE", "10%"), f"multipliers: {{{name}: 2}}")
    assert of(tmp_path, rules) == ["d1 1600", "d2 1600"]


def test_a_matrix_is_explained(tmp_path: Path) -> None:
    grid = "at_edge: lower_tier, rows: {by: deals.amount, edges: [50]}, columns: {by: deals.amount, edges: [90]}"
    assert of(tmp_path, rule(f"matrix: {{{grid}, rates: [[1%, 2%], [3%, 4%]]}}")) == ["d1 240", "d2 240"]


def test_a_budget_that_ended_stays_ended_in_the_next_period(tmp_path: Path) -> None:
    """At most 1.00 in the year, and the line that would cross is not paid at all: d1 (23.00) ends it, so d2 (0.01) is
    not paid, in the same month or in the next."""
    more = "limits: [{at_most: 1, over: fiscal_year, cut: in_order, order: [deals.closed_on], last: none}]"
    deals = "d1,p,2026-04-01,2300.00\nd2,p,2026-04-01,1.00\n"
    assert of(tmp_path / "one", rule("rate: 1%", more), deals=deals) == ["d1 0", "d2 0"]
    apart = deals.replace("d2,p,2026-04", "d2,p,2026-05")
    assert of(tmp_path / "two", rule("rate: 1%", more), deals=apart, period="2026-05") == ["d2 0"]


def test_who_stands_above_a_partner_may_be_credited_beside_it(tmp_path: Path) -> None:
    """q is credited with half of the deal and with a fifth of p's half: 5.00 and 1.00."""
    credit = "{of: deals, from: {table: {roles: [sourced]}}, roll_up: {to: parent, rates: [20%], on_top: true}}"
    rules = f"credit:\n  sales: {credit}\n" + rule("credit: sales\n    rate: 10%")
    tables = {
        "partners.csv": "partner_id,parent_id,recruited_on,terminated_on\np,q,,\nq,,,\n",
        "deals.csv": "deal_id,partner_id,closed_on,amount\nd1,p,2026-04-01,100.00\n",
        "deal_events.csv": "event_id,deal_id,occurred_on,amount\n",
        "credits.csv": "credit_id,deal_id,partner_id,role,share\nk1,d1,p,sourced,\nk2,d1,q,sourced,\n",
    }
    with told(write(tmp_path, MONTH + SOURCES + rules, tables)) as story:
        assert story.payouts() == {"p": 500, "q": 600}
        assert [story.why(partner).value for partner in "pq"] == [500, 600]


def test_a_return_of_half_a_row_is_rounded_to_the_rules_step_and_a_full_one_is_exact(tmp_path: Path) -> None:
    rules = rule("rate: 1%", "rounding: {mode: half_up, to: 0.05}", "as_paid")
    deals = "d1,p,2026-04-01,77.00\n"  # 0.77, rounded to 0.75
    half, rest = "e1,d1,2026-04-02,38.50\n", "e2,d1,2026-04-03,38.50\n"
    assert of(tmp_path, rules, half + rest, deals) == ["d1 75", "e1 -40", "e2 -35"]


def test_a_flat_amount_of_a_credited_row_is_shared(tmp_path: Path) -> None:
    rules = "credit:\n  sales: {of: deals, from: {table: {roles: [sourced]}}}\n"
    rules += rule("credit: sales\n    amount: 250").replace("    base: deals.amount\n", "")
    credits = "k1,d1,p,sourced,0.25\nk2,d1,q,sourced,\n"
    found = of(tmp_path, rules, deals="d1,p,2026-04-01,100.00\n", credits=credits)
    assert found == ["d1 6250", "q commission d1 18750"]


def test_a_bank_is_the_last_of_the_limits(tmp_path: Path) -> None:
    """Released before a cap of the year, it would pass by the cap; so the order is refused, and the other one holds."""
    bank = "{at_most: 100, cut: pro_rata, excess: banked}"
    year = "{at_most: 150, over: fiscal_year, cut: pro_rata}"
    tables = {
        "partners.csv": "partner_id\np\n",
        "deals.csv": "deal_id,partner_id,closed_on,amount\nd1,p,2026-04-05,250.00\n",
        "deal_events.csv": "event_id,deal_id,occurred_on,amount\n",
        "credits.csv": "credit_id,deal_id,partner_id,role,share\n",
    }
    wrong = MONTH + SOURCES + rule("rate: 100%", f"limits: [{bank}, {year}]")
    assert [each.split()[0] for each in refused(write(tmp_path, wrong, tables))] == ["P193"]
    right = rule("rate: 100%", f"limits: [{year}, {bank}]")
    paid = [
        of(tmp_path / each, right, deals="d1,p,2026-04-05,250.00\n", period=each) for each in ("2026-04", "2026-05")
    ]
    assert paid == [["d1 10000"], ["p 5000"]]
    assert of(tmp_path / "june", right, deals="d1,p,2026-04-05,250.00\n", period="2026-06") == []
