"""The firm example's data: small, consistent, and with the profit that its page states."""

import re
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

import pytest
from plain_check import faults_of, read

from rules.tables import canonical

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/firm"
PAGE = (EXAMPLE / "README.md").read_text("utf-8")
PRACTICES = {"AUD": "audit", "ADV": "advisory"}


def minor(text):
    return int(text.replace(",", "").replace(".", ""))


@pytest.fixture(scope="module")
def tables():
    return read(EXAMPLE)


def rows(tables, table):
    return list(tables[table].values())


def test_the_data_has_no_fault(tables):
    assert faults_of(tables) == set()


def test_the_page_says_that_the_figures_are_made_up_and_what_each_file_holds(tables):
    assert "made up" in PAGE and "invented" in PAGE
    stated = {name: int(count) for name, count in re.findall(r"^\| (\w+)\.csv \| (\d+) \|", PAGE, re.MULTILINE)}
    assert stated == {table: len(found) for table, found in tables.items()}
    assert set(stated) <= set(canonical())


def test_the_profit_of_the_year_is_the_one_that_the_page_states(tables):
    (stated,) = re.findall(r"profit of 2026 is EUR ([\d,.]+\d)\*\*", PAGE)
    assert sum(minor(row["amount"]) for row in rows(tables, "results")) == minor(stated) == 198_719_000


def test_the_profit_by_entity_and_account_is_the_one_that_the_page_states(tables):
    accounts = ("fees", "staff", "office", "insurance", "travel")
    booked = defaultdict(int)
    for row in rows(tables, "results"):
        for entity in (row["entity"], "firm"):
            booked[entity, row["account"]] += minor(row["amount"])
    for entity in ("audit", "advisory", "firm"):
        (line,) = re.findall(rf"^\| {entity} \| (.*) \|$", PAGE, re.MULTILINE)
        expected = [booked[entity, account] for account in accounts]
        assert [minor(each) for each in line.split(" | ")] == [*expected, sum(expected)]


def test_every_month_is_booked_for_each_entity_and_account(tables):
    months = Counter((row["entity"], row["account"]) for row in rows(tables, "results"))
    assert len(months) == 10 and set(months.values()) == {12}


def test_fees_are_the_billed_hours_of_the_month(tables):
    billed, fees = defaultdict(int), defaultdict(int)
    for row in rows(tables, "hours"):
        if row["billable"] == "true":
            billed[PRACTICES[row["project_id"][:3]], row["worked_on"][:7]] += minor(row["billed"])
        else:
            assert row["billed"] == "0.00" and not row["project_id"]
    for row in rows(tables, "results"):
        if row["account"] == "fees":
            fees[row["entity"], row["month"][:7]] += minor(row["amount"])
    assert fees == billed


def test_eight_equity_partners_with_a_joiner_and_a_leaver(tables):
    partners = {row["partner_id"]: row for row in rows(tables, "partners")}
    assert len(partners) == 8 and {row["kind"] for row in partners.values()} == {"equity"}
    assert {id_: row["recruited_on"] for id_, row in partners.items() if row["recruited_on"] >= "2026"} == {
        "E-8": "2026-04-01"
    }
    assert {id_: row["terminated_on"] for id_, row in partners.items() if row["terminated_on"]} == {"E-3": "2026-09-30"}


@pytest.mark.parametrize("table", ["units", "salaries"])
def test_versions_cover_exactly_the_days_of_a_partner(tables, table):
    partners = {row["partner_id"]: row for row in rows(tables, "partners")}
    held = defaultdict(list)
    for row in rows(tables, table):
        held[row["partner_id"]].append((row["valid_from"], row["valid_to"]))
    for id_, partner in partners.items():
        versions = sorted(held[id_])
        assert versions[0][0] == max("2026-01-01", partner["recruited_on"])
        assert versions[-1][1] == partner["terminated_on"]
    assert sorted(held["E-4"]) == [("2026-01-01", "2026-06-30"), ("2026-07-01", "")]


def test_capital_begins_with_an_opening_or_a_contribution_and_stays_above_zero(tables):
    balances: dict[str, int] = {}
    for row in rows(tables, "capital"):
        positive = row["kind"] in ("opening", "contribution")
        assert (minor(row["amount"]) > 0) == positive
        assert row["partner_id"] in balances or positive
        balances[row["partner_id"]] = balances.get(row["partner_id"], 0) + minor(row["amount"])
        assert balances[row["partner_id"]] >= 0
    assert len(balances) == 8


def test_each_award_has_a_reason_and_two_members_of_the_committee(tables):
    committee = {row["respondent_id"] for row in rows(tables, "surveys") if not row["customer_id"]}
    for row in rows(tables, "awards"):
        assert row["pool"] == "discretionary" and row["reason"] and minor(row["amount"]) > 0
        assert row["proposed_by"] != row["approved_by"] and {row["proposed_by"], row["approved_by"]} <= committee
        assert row["decided_on"].startswith("2026")


def test_credits_share_each_project_wholly_among_those_who_originated_and_those_who_worked(tables):
    shares = defaultdict(Fraction)
    for row in rows(tables, "credits"):
        shares[row["project_id"], row["role"]] += Fraction(row["share"])
    projects = [row["project_id"] for row in rows(tables, "projects")]
    assert shares == {(project, role): 1 for project in projects for role in ("originated", "worked")}


def test_partners_work_on_projects_of_theirs_while_both_last(tables):
    partners = {row["partner_id"]: row for row in rows(tables, "partners")}
    projects = {row["project_id"]: row for row in rows(tables, "projects")}
    worked = {(row["project_id"], row["partner_id"]) for row in rows(tables, "credits") if row["role"] == "worked"}
    seen = set()
    for row in rows(tables, "hours"):
        if row["partner_id"]:
            partner = partners[row["partner_id"]]
            assert partner["recruited_on"] <= row["worked_on"] <= (partner["terminated_on"] or "9999")
        if row["project_id"]:
            project = projects[row["project_id"]]
            assert project["started_on"] <= row["worked_on"] <= (project["completed_on"] or "9999")
        if row["partner_id"] and row["project_id"]:
            seen.add((row["project_id"], row["partner_id"]))
    assert seen == worked


def test_the_committee_rates_every_partner_and_clients_rate_completed_projects(tables):
    surveys = rows(tables, "surveys")
    committee = [row for row in surveys if not row["customer_id"]]
    rated = defaultdict(set)
    for row in committee:
        rated[row["partner_id"], row["answered_on"]].add((row["respondent_id"], row["question"]))
    # 8 partners in June, 7 in December; three members, three questions each.
    assert len(rated) == 15 and {len(each) for each in rated.values()} == {9}
    assert {row["respondent_id"] for row in committee} == {"COM-1", "COM-2", "COM-3"}
    clients = {row["customer_id"] for row in surveys if row["customer_id"]}
    completed = {row["customer_id"] for row in rows(tables, "projects") if row["completed_on"]}
    assert clients <= completed and len(clients) >= 7
    for row in surveys:
        assert 0 <= int(row["score"]) <= (10 if row["question"] == "nps" else 5)
