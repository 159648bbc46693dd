"""Who joins like another: own customers are copied, parts in what others have are not, and both is told."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from cli import group
from rules.load import load
from rules.problem import Place, Problem
from scenarios.acts.simulate import simulate
from scenarios.acts.summed import Asked
from scenarios.overlays.facts import changes_of_facts
from scenarios.overlays.overlay import Overlaid
from scenarios.overlays.scenario import read_scenario

SHARED = """program: Plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, customers: customers.csv, deals: deals.csv, credits: credits.csv,
  subscriptions: subscriptions.csv}
credit:
  team: {of: deals, from: {roles: {sold: 100%}}}
payouts:
  sold: {credit: team, base: deals.amount, dated: deals.closed_on, rate: 10%}
  mrr: {base: subscriptions.mrr, dated: subscriptions.month, rate: 1%}
"""
SHARED_TABLES = {
    "partners": "partner_id,name\nacme,Acme\nbolt,Bolt\n",
    "customers": "customer_id,partner_id,acquired_on\nC-1,acme,2025-01-01\nC-2,bolt,2025-01-01\n",
    "deals": "deal_id,partner_id,closed_on,amount\nD-1,acme,2026-02-10,1000\nD-2,bolt,2026-02-10,2000\n",
    "credits": "credit_id,deal_id,partner_id,role,touched_on,share\nK-1,D-1,acme,sold,2026-02-05,0.6\n"
    "K-2,D-1,bolt,sold,2026-02-05,0.4\nK-3,D-2,acme,sold,2026-02-05,0.6\nK-4,D-2,bolt,sold,2026-02-05,0.4\n",
    "subscriptions": "customer_id,month,partner_id,mrr\nC-1,2026-02,acme,100\nC-2,2026-02,acme,100\n",
}


def test_who_joins_gets_own_customers_and_no_part_of_what_others_have(tmp_path: Path) -> None:
    """nova is like acme: a copy of D-1, in which bolt has no part, and 1 % of a month of a copy of C-1; nothing of D-2
    and C-2."""
    (tmp_path / "program.yaml").write_text(SHARED, "utf-8")
    for name, text in SHARED_TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    text = "scenario: nova\nfacts: {join: {nova: {like: acme, on: 2026-02-01}, nina: {like: acme, on: 2026-02-01, "
    text += "name: Nina}}, leave: {nina: 2026-02-08}}\n"
    (tmp_path / "scenario.yaml").write_text(text, "utf-8")
    (found,) = simulate(tmp_path / "program.yaml", [tmp_path / "scenario.yaml"], Asked("2026-02")).scenarios
    moved = {row.partner: row.difference_minor for row in found.moved}
    assert moved == {"nova": 10_000 + 100, "nina": 100, "acme": 0, "bolt": 0}
    assert {each.table: (each.new, each.left_out) for each in found.outcome.changed} == {
        "partners": (2, 0), "customers": (2, 0), "deals": (1, 0), "credits": (1, 2), "subscriptions": (2, 2),
    }  # fmt: skip
    done = CliRunner().invoke(
        group, ["simulate", str(tmp_path / "program.yaml"), str(tmp_path / "scenario.yaml"), "--period", "2026-02"]
    )
    assert "nova like acme" in done.output and "nina Nina" in done.output
    assert "nova: 2 rows of credits were not copied: they are of what others have" in done.output


def test_a_fault_that_changed_facts_bring_about_is_told_at_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "program.yaml").write_text(SHARED, "utf-8")
    (tmp_path / "scenario.yaml").write_text("facts: {join: {nova: {like: acme, on: 2026-02-01}}}\n", "utf-8")
    loaded, document = load(tmp_path / "program.yaml"), read_scenario(tmp_path / "scenario.yaml").document
    laid = Overlaid(loaded.data, loaded, (), (), changes_of_facts(document, loaded.understood()))
    told = laid.told(Problem("C120", "more than all", Place("program.yaml", 4, 2)))
    assert str(told.place) == "scenario.yaml:1:16"
    assert told.message == "more than all (program.yaml:4:2, with the facts changed)"
    own = Problem("W215", "no", Place("scenario.yaml", 1, 16))
    assert laid.told(own) == own
