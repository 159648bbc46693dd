"""Published profit shares as whole programs: pools in order appropriate a profit, and pay it to the cent."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pool_stories import re_added, shares
from spine_stories import told, write

FOLDER = Path(__file__).parent.parent / "cases"
WORKED = {case["id"]: case for case in json.loads((FOLDER / "worked-examples.json").read_text("utf-8"))}
CLAIMS = json.loads((FOLDER / "sharing.json").read_text("utf-8"))["claims"]
HEAD = """
program: Published
currency: USD
calendar: year
effective: 2025-01-01 to 2026-12-31
tables:
  members:
    key: [partner_id]
    columns: {partner_id: id, weight: number, pay: money, salary: money, capital: money, days: count, interest: money}
sources: {partners: partners.csv, members: members.csv, results: results.csv}
kpis:
  profit: {sum: results.amount, level: program}
"""


def run(folder: Path, rules: str, members: dict[str, dict[str, str]], profit: str = "0") -> Any:
    """The story of a program over members (by name, cells by column) and a profit."""
    names = sorted({column for cells in members.values() for column in cells})
    rows = [",".join([who, *(cells.get(name, "") for name in names)]) for who, cells in members.items()]
    tables = {
        "partners.csv": "\n".join(["partner_id", *members]) + "\n",
        "members.csv": "\n".join([",".join(["partner_id", *names]), *rows]) + "\n",
        "results.csv": f"entity,month,account,amount\nfirm,2025-12-01,profit,{profit}\n",
    }
    return told(write(folder, HEAD + rules, tables), "2025")


def cents(written: str) -> int:
    """The amount that a published answer begins with, in cents."""
    return int(Fraction(written.split()[0]) * 100)


def test_a_salary_then_interest_on_capital_then_a_ratio(tmp_path: Path) -> None:
    """H1-08. The third partner's capital was there for 9 of 12 months: 450,000 x 9/12 is what it had on average."""
    case = WORKED["H1-08"]
    rules = """
pools:
  salary: {size: {of: profit}, shared: {proportional: members.salary}, unknown: leave_out}
  interest: {size: {of: salary.left}, shared: {proportional: 0.05 * members.capital * members.days / 12}}
  rest: {size: {of: interest.left}, shared: {by: members.weight}}
"""
    members = {
        "A": {"capital": "750000", "days": "12", "weight": "40"},
        "B": {"capital": "750000", "days": "12", "weight": "40"},
        "C": {"salary": "75000", "capital": "450000", "days": "9", "weight": "20"},
    }
    with run(tmp_path, rules, members, case["inputs"]["net_income"]) as story:
        assert story.run.pools["rest"].size_minor == cents(case["expected"]["residual"])
        assert story.payouts() == {who: cents(case["expected"][who]) for who in members}, case["source"]
        assert sum(story.payouts().values()) == 60_000_000
        for who in members:
            re_added(story.why(who))


def test_a_deficiency_is_borne_by_the_ratio(tmp_path: Path) -> None:
    """H1-10: 45,000 for salaries of 60,000 and interest of 15,000; 3 : 3 : 4 bear the 30,000 that are missing.

    Salaries and interest are allowed in full, so their pools are as large as they are, and the rest is below zero.
    """
    case = WORKED["H1-10"]
    rules = """
  salaries: {sum: members.salary}
  interests: {sum: members.interest}
pools:
  salary: {size: {of: salaries}, shared: {proportional: members.salary}}
  interest: {size: {of: interests}, shared: {proportional: members.interest}}
  rest: {size: {of: profit - salary - interest}, shared: {by: members.weight}, losses: shared}
"""
    given = case["inputs"]
    members = {
        who: {"salary": given["salary"][who], "interest": given["interest"][who], "weight": weight}
        for who, weight in zip("SRT", given["residual"].split(":"), strict=True)
    }
    with run(tmp_path, rules, members, given["net_income"]) as story:
        assert story.run.pools["rest"].size_minor == -3_000_000
        assert story.payouts() == {who: cents(case["expected"][who]) for who in members}, case["source"]
        for who in members:
            re_added(story.why(who))


def test_where_nothing_is_agreed_of_a_deficiency_allowances_are_paid_in_order(tmp_path: Path) -> None:
    """The same profit, salaries first as far as it reaches: 45,000 by 20 : 25 : 15, and nothing after that."""
    rules = """
pools:
  salary: {size: {of: profit}, shared: {proportional: members.salary}}
  interest: {size: {of: salary.left}, shared: {proportional: members.interest}}
  rest: {size: {of: interest.left}, shared: {by: members.weight}}
"""
    given = WORKED["H1-10"]["inputs"]
    members = {
        who: {"salary": given["salary"][who], "interest": given["interest"][who], "weight": "1"} for who in "SRT"
    }
    with run(tmp_path, rules, members, given["net_income"]) as story:
        assert shares(story, "salary") == {"S": 1_500_000, "R": 1_875_000, "T": 1_125_000}
        assert story.run.pools["interest"] == story.run.pools["rest"] == (0, 0, 0)


def test_a_profit_share_by_pay(tmp_path: Path) -> None:
    """H1-01."""
    case = WORKED["H1-01"]
    members = {who: {"pay": pay} for who, pay in case["inputs"]["compensation"].items()}
    rules = f"pools:\n  share: {{size: {case['inputs']['pool']}, shared: {{salary: members.pay}}}}\n"
    with run(tmp_path, rules, members) as story:
        assert story.payouts() == {who: cents(case["expected"][who]) for who in members}, case["source"]


def test_permitted_disparity(tmp_path: Path) -> None:
    """H1-03 prints whole dollars, and a total of those; so a pool of the total comes out to within half of one."""
    case = WORKED["H1-03"]
    members = {who: {"pay": pay} for who, pay in case["inputs"]["compensation"].items()}
    rule = "{integrated: {of: members.pay, level: 102_000, disparity: 5.7%}}"
    rules = f"pools:\n  share: {{size: {case['expected']['Total']}, shared: {rule}}}\n"
    with run(tmp_path, rules, members) as story:
        for who, minor in story.payouts().items():
            assert abs(minor - cents(case["expected"][who])) <= 50, case["source"]
            re_added(story.why(who))


@pytest.mark.parametrize("name", ["H1-51", "H1-53"])
def test_a_penny_goes_to_the_largest_remainder(tmp_path: Path, name: str) -> None:
    case = WORKED[name]
    amount, weights = case["inputs"]["total_cents"], case["inputs"]["weights"]
    members = {f"p{at}": {"weight": str(weight)} for at, weight in enumerate(weights)}
    size = f"{amount // 100}.{amount % 100:02}"
    with run(tmp_path, f"pools:\n  share: {{size: {size}, shared: {{by: members.weight}}}}\n", members) as story:
        wanted = [each if isinstance(each, int) else cents(each) for each in case["expected"]["wanted"]]
        assert list(story.payouts().values()) == wanted, case["source"]


@pytest.mark.parametrize(
    "case",
    [each for each in CLAIMS if each["rule"] in ("talmud", "equal_awards", "equal_losses", "proportional")],
    ids=lambda case: case["id"],
)
def test_claims_upon_what_is_too_little(tmp_path: Path, case: dict[str, Any]) -> None:
    """The estates of the Talmud and their like, in thousands of dollars: nobody is a cent from the published answer."""
    members = {f"p{at}": {"pay": str(Fraction(claim) * 1_000)} for at, claim in enumerate(case["claims"])}
    size = Fraction(case["size"]) * 1_000
    rules = f"pools:\n  share: {{size: {size}, shared: {{{case['rule']}: members.pay}}}}\n"
    with run(tmp_path, rules, members) as story:
        for minor, award in zip(story.payouts().values(), case["awards"], strict=True):
            assert abs(minor - Fraction(award) * 100_000) < 1, case["source"]
        for who in members:
            re_added(story.why(who))
