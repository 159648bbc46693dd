"""Funds from files to payment: what accrues, what a run reimburses and why, and the commands that tell of it."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from textwrap import dedent

from fund_stories import on
from spine_stories import partage, refused, told, write

from engine.acts.mdf import funds
from engine.facts.funds import months_later
from engine.mdf.movements import Balance
from engine.plan import compile_plan
from engine.trueup.partition import is_local
from rules.load import load

HEAD = """program: Funds
currency: EUR
rounding: down
calendar: month
effective: 2026-01-01 to 2026-12-31
"""
PROGRAM = f"""{HEAD}
sources: {{partners: partners.csv, mdf_budgets: budgets.csv, mdf: requests.csv, mdf_claims: claims.csv}}
mdf:
  activities: {{fair: 50%, webinar: {{at_most: EUR 400}}}}
  claim_within: 60 days
kpis:
  back: {{sum: mdf_claims.reimbursable, dated: mdf_claims.decided_on}}
payouts:
  reimbursement: {{base: mdf_claims.reimbursable, dated: mdf_claims.decided_on, rate: 100%}}
"""
TABLES = {
    "partners.csv": "partner_id,name,region\nacme,Acme,DE\nbolt,Bolt,DE\n",
    "budgets.csv": "budget_id,region,valid_from,expires_on,amount\nB-DE,DE,2026-01-01,2026-12-31,1000.00\n",
    "requests.csv": """
        request_id,partner_id,budget_id,activity,decided_on,approved
        Q-1,acme,B-DE,fair,2026-01-10,700.00
        Q-2,bolt,B-DE,webinar,2026-01-11,500.00
        """,
    "claims.csv": """
        claim_id,request_id,submitted_on,claimed,decided_on,approved
        C-1,Q-1,2026-02-01,900.33,2026-02-05,901.00
        C-2,Q-2,2026-02-02,500.00,2026-02-06,480.00
        C-3,Q-2,2026-04-20,10.00,2026-04-21,10.00
        C-4,Q-1,2026-02-09,90.00,,
        """,
}


def test_a_run_pays_what_the_fund_reimburses_and_says_why(tmp_path: Path) -> None:
    """Acme is paid half of the 900.33 that it claimed, and bolt what acme's request left of the budget of both."""
    with told(write(tmp_path, PROGRAM, TABLES), "2026-02") as story:
        assert story.lines() == ["acme reimbursement C-1 45016", "bolt reimbursement C-2 30000"]
        (line,) = story.why("bolt").parts
        (cell,) = line.parts
        assert cell.words == (
            "claim on Q-2; 100 % of the validated 480.00 for webinar is 480.00 @ program.yaml:9:27; M123 EUR 300.00 "
            "was left of Q-2 @ program.yaml:8:1"
        )
        _, cut = story.why("acme").parts[0].parts[0].words.split("; M125 ")
        assert cut.startswith("EUR 900.33 was claimed, and EUR 901.00 validated @ program.yaml:")


def test_what_is_refused_pays_nothing_and_what_is_undecided_is_unknown(tmp_path: Path) -> None:
    with told(write(tmp_path, PROGRAM, TABLES), "2026-04") as story:
        assert story.lines() == ["bolt reimbursement C-3 0"]  # it is late
    undecided = TABLES["claims.csv"].replace("90.00,,", "90.00,2026-04-30,")
    assert refused(write(tmp_path, PROGRAM, {**TABLES, "claims.csv": undecided}), "2026-04") == ["F301 mdf_claims:C-4"]


def test_the_order_of_rows_changes_no_cent(tmp_path: Path) -> None:
    mixed = {}
    for name, text in TABLES.items():
        head, *rows = [line.strip() for line in text.strip().splitlines()]
        Random(7).shuffle(rows)
        mixed[name] = "\n".join([head, *reversed(rows)]) + "\n"
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    paths = write(tmp_path / "one", PROGRAM, TABLES), write(tmp_path / "other", PROGRAM, mixed)
    with told(paths[0], "2026-02") as one, told(paths[1], "2026-02") as other:
        assert one.run.run_id == other.run.run_id and one.lines() == other.lines()


def test_partners_who_share_a_fund_are_worked_out_together(tmp_path: Path) -> None:
    path = write(tmp_path, PROGRAM, TABLES)
    assert not is_local(compile_plan(load(path).understood()))
    alone = write(tmp_path, PROGRAM.replace("mdf_claims.reimbursable", "mdf_claims.approved"), TABLES)
    assert is_local(compile_plan(load(alone).understood()))


ACCRUED = f"""{HEAD}
sources:
  {{partners: partners.csv, mdf: requests.csv, mdf_claims: claims.csv, revenue: revenue.csv}}
mdf:
  accrued: {{rate: 2%, of: revenue.amount, dated: revenue.month, where: revenue.stream = 'services', expires: 2 months}}
"""


def test_a_fund_accrues_from_what_a_partner_sells_each_month_and_expires(tmp_path: Path) -> None:
    """2 % of 1,234.56 + 0.99 in January are 24.711, rounded once; a month that took back more than it sold is nothing,
    and is told; a blank amount makes its month unknown."""
    tables = {
        "partners.csv": "partner_id\nacme\nbolt\n",
        "requests.csv": """
            request_id,partner_id,decided_on,approved
            Q-1,acme,2026-03-05,20.00
            Q-2,bolt,2026-04-05,1.00
            """,
        "claims.csv": "claim_id,request_id,submitted_on,claimed,decided_on,approved\n",
        "revenue.csv": """
            partner_id,month,stream,amount
            acme,2026-01-01,services,1234.56
            acme,2026-01-01,services,0.99
            acme,2026-01-01,subscription,5000.00
            acme,2026-02-01,services,-10.00
            bolt,2026-02-01,services,
            bolt,2026-02-01,services,100.00
            """,
    }
    path = write(tmp_path, ACCRUED, tables)
    found = funds(path, on("12-31")).ledger
    assert found.balances() == {
        "accrued/acme/2026-01": Balance(24_71, 0, 0, 0, 0, 24_71, 0),
        "accrued/acme/2026-02": Balance(0, 0, 0, 0, 0, 0, 0),
        "accrued/bolt/2026-02": Balance(0, 0, 0, 0, 0, 0, 0),
    }
    days = {each.kind: str(each.day) for each in found.movements}
    assert days == {
        "allocated": "2026-02-01",
        "reserved": "2026-03-05",
        "released": "2026-04-01",
        "expired": "2026-04-01",
    }
    assert [(each.code, each.key, each.words) for each in found.refusals] == [
        ("M130", "accrued/bolt/2026-02", "an amount of its month is not known"),
        ("M130", "accrued/acme/2026-02", "the part of its month is EUR -0.20, and nothing accrues"),
        ("M113", "Q-2", "it names no budget, and nothing that accrued to bolt is open on 2026-04-05"),
    ]
    assert str(months_later(on("11-01"), 14)) == "2028-01-01"


def test_what_accrued_stays_whatever_a_partner_becomes_later(tmp_path: Path) -> None:
    """Gold in January, silver from March: January accrues, March does not, on whichever day it is looked at. Only what
    small customers bought counts, whose table the rows of revenue refer to."""
    program = """
        sources:
          {partners: partners.csv, partner_history: history.csv, customers: customers.csv, revenue: revenue.csv,
            mdf: requests.csv, mdf_claims: claims.csv}
        mdf:
          accrued: {rate: 2%, of: revenue.amount, dated: revenue.month,
            where: partners.tier = 'gold' and customers.segment = 'small'}
        """
    tables = {
        "partners.csv": "partner_id\nacme\n",
        "history.csv": "partner_id,attribute,value,valid_from,valid_to\n"
        "acme,tier,gold,2026-01-01,2026-02-28\nacme,tier,silver,2026-03-01,\n",
        "customers.csv": "customer_id,segment\nC1,small\nC2,large\n",
        "revenue.csv": "partner_id,customer_id,month,amount\n"
        "acme,C1,2026-01,1000.00\nacme,C2,2026-01,9000.00\nacme,C1,2026-03,500.00\n",
        "requests.csv": "request_id,partner_id,decided_on,approved\nQ-1,acme,2026-02-05,15.00\n",
        "claims.csv": "claim_id,request_id,submitted_on,claimed,decided_on,approved\n",
    }
    path = write(tmp_path, HEAD + dedent(program), tables)
    for day in ("02-28", "12-31"):
        found = funds(path, on(day))
        assert found.ledger.balances() == {"accrued/acme/2026-01": Balance(20_00, 15_00, 0, 0, 0, 0, 5_00)}


def test_the_region_of_a_partner_is_that_of_the_day_of_the_decision(tmp_path: Path) -> None:
    history = """
        partner_id,attribute,valid_from,valid_to,value
        bolt,region,2026-01-01,2026-01-10,DE
        bolt,region,2026-01-11,,FR
        """
    program = PROGRAM.replace("sources: {", "sources: {partner_history: history.csv, ")
    found = funds(write(tmp_path, program, {**TABLES, "history.csv": history}), on("12-31")).ledger
    first = found.refusals[0]
    assert (first.code, first.words) == ("M113", "B-DE is for region DE, which is FR for bolt")


def test_the_stage_of_an_open_deal_is_that_of_the_day(tmp_path: Path) -> None:
    program = PROGRAM.replace("sources: {", "sources: {deals: deals.csv, stages: stages.csv, ").replace(
        "mdf:\n", "mdf:\n  stages: {proposal: 40%}\n"
    )
    tables = {
        **TABLES,
        "requests.csv": "request_id,partner_id,budget_id,campaign_id,activity,decided_on,approved\n"
        "Q-1,acme,B-DE,M-1,fair,2026-01-10,700.00\n",
        "claims.csv": TABLES["claims.csv"].split("C-2")[0],
        "deals.csv": "deal_id,partner_id,campaign_id,stage,status,opened_on,closed_on,amount\n"
        "D-1,acme,M-1,won,won,2026-02-01,2026-05-01,1000.00\n"
        "D-2,acme,M-1,proposal,open,2026-02-25,,10.00\n",
        "stages.csv": "deal_id,stage,entered_on,left_on\nD-1,demo,2026-02-01,2026-02-20\nD-1,proposal,2026-02-20,\n",
    }
    path = write(tmp_path, program, tables)

    def weighted(day: str) -> object:
        (group,) = partage("mdf", "status", path, "--as-of", day, "--json").json()["groups"]
        return group["returns"]["weighted_pipeline"], group["returns"]["unknown_stages"], group["returns"]["won"]

    assert weighted("2026-02-19") == (None, ["demo"], 0)
    assert weighted("2026-02-20") == ("40000", [], 0)
    assert weighted("2026-02-25") == ("40400", [], 0)  # the table says nothing of D-2, which is in its own stage
    assert weighted("2026-05-01") == ("400", [], 1000_00)


def test_status_and_ledger_tell_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, PROGRAM, TABLES)
    (group,) = partage("mdf", "status", path, "--as-of", "2026-03-01", "--json").json()["groups"]
    entries = partage("mdf", "ledger", path, "--as-of", "2026-03-01", "--json").json()
    (balance,) = entries["balances"]
    assert balance == {"name": "B-DE", "budget": 1000_00, "paid": 0, "expired": 0, "free": 0} | {
        "reserved": 204_84,  # of 700: half of 900.33, rounded down, is validated, and half of 90 is submitted
        "claimed": 795_16,
    }
    assert group["reserved"] + group["submitted"] + group["validated"] == 1000_00
    assert (group["requests"], group["claims"]) == (2, 3)
    assert {each["code"] for each in entries["refusals"]} == {"M111", "M112", "M123", "M125"}
    only = partage("mdf", "ledger", path, "--as-of", "2026-03-01", "--partner", "bolt", "--json").json()
    assert {each["request"] for each in only["entries"]} == {"Q-2"}
    ended = partage("mdf", "ledger", path, "--as-of", "2026-03-01", "--request", "Q-9", "--budget", "B")
    assert ended.exit_code == 2 and {"no request Q-9", "no budget B"} <= set(re.findall(r"no \w+ [\w-]+", str(ended)))
    last = partage("mdf", "status", path, "--as-of", "9999-12-31")
    assert last.exit_code == 2 and "no day comes after 9999-12-31" in last.err


def test_the_funnel_is_drawn_into_a_file(tmp_path: Path) -> None:
    path, out = write(tmp_path, PROGRAM, TABLES), tmp_path / "funnel.svg"
    for force in ([], ["--force", "--by", "partner"]):
        ended = partage("mdf", "status", path, "--as-of", "2026-03-01", "--out", out, *force)
        assert ended.exit_code == 0, ended
    assert "The whole program at the end of 2026-03-01." in out.read_text("utf-8")
    assert {"approved", "1,000.00"} <= set(re.findall(r">([^<>]+)</text>", out.read_text("utf-8")))


def test_a_plan_on_paper_tells_the_rules_of_the_funds(tmp_path: Path) -> None:
    path = write(tmp_path, PROGRAM, TABLES)
    assert "50 % of the cost of fair is reimbursed" in partage("plan", path).out
