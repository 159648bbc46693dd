"""What was paid is read from the books: a locked cycle's run, its true-ups and its adjustments, partner by partner."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import group
from rules.problem import Conflict

PLAN = """program: Reseller plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis: {sold: {sum: deals.amount, dated: deals.closed_on}}
scorecards:
  reach: {kpis: {sold: {weight: 100%, linear: {from: EUR 0, to: EUR 10_000}}}}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
approval: {needs: 1, by: [bob], may_also: [write]}
"""
DEALS = (
    "deal_id,partner_id,closed_on,amount\nD-1,P-1,2026-01-10,2000\nD-2,P-2,2026-02-11,5000\nD-3,P-1,2026-02-12,1000\n"
)

Partage = Callable[..., Any]


@pytest.fixture(scope="module")
def partage(tmp_path_factory: pytest.TempPathFactory) -> Partage:
    """The command line on the books of a reseller plan whose January and February are locked: a deal of January came
    late, and P-2 was granted 7.00 by hand. March is open."""
    folder = tmp_path_factory.mktemp("books")
    (folder / "plan.yaml").write_text(PLAN, "utf-8")
    (folder / "partners.csv").write_text("partner_id,name\nP-1,Acme\nP-2,Bolt\n", "utf-8")
    (folder / "deals.csv").write_text(DEALS, "utf-8")

    def partage(said: str, *words: str) -> Any:
        named = [str(folder / word) if word == "plan.yaml" else word for word in (*said.split(), *words)]
        asked = ["--store", str(folder / "partage.db"), *named, "--json"]
        done = CliRunner().invoke(group, asked, standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        return json.loads(done.output)

    for said in (
        "program submit plan.yaml --effective 2026-01-01 --reason new --as ana",
        "program approve 1 --as bob",
        "program activate 1 --as ana",
    ):
        partage(said)
    for period in ("2026-01", "2026-02"):
        partage(f"cycle open {period} --program plan.yaml --as eve")
        partage(f"run plan.yaml --period {period} --as eve")
        if period == "2026-02":
            asked = partage("adjust submit 2026-02 P-2 --amount 7 --reason agreed --evidence letter --as dan")
            partage(f"adjust approve {asked['event']} --as bob")
        partage(f"cycle submit {period} --as eve")
        partage(f"cycle approve {period} --as bob")
        partage(f"cycle lock {period} --as eve")
        if period == "2026-01":
            with (folder / "deals.csv").open("a", encoding="utf-8") as rows:
                rows.write("D-4,P-1,2026-01-20,300\n")
    partage("cycle open 2026-03 --program plan.yaml --as eve")
    return partage


def test_what_a_locked_cycle_pays_is_its_run_its_true_ups_and_its_adjustments(partage: Partage) -> None:
    """P-1 has 10 % of 1,000.00, and 30.00 for January; P-2 10 % of 5,000.00, and 7.00 by hand."""
    found = partage("contribution plan.yaml --period 2026-02 --cycle 2026-02")
    assert {each["partner_id"]: (each["score"], each["paid_minor"]) for each in found["scored"]} == {
        "P-2": ("50", 50_700), "P-1": ("10", 13_000),
    }  # fmt: skip
    assert (found["paid_by_cycle"], found["paid_minor"]) == ("2026-02", 63_700)
    assert [each["paid_per_point_minor"] for each in found["scored"]] == ["1014", "1300"]
    accounts = {each["payee"]: each for each in partage("cycle payees 2026-02")["accounts"]}
    for each in found["scored"]:
        told = accounts[each["partner_id"]]
        assert each["paid_minor"] == told["earned_minor"] + told["trued_up_minor"] + told["adjusted_minor"]


def test_without_a_cycle_what_would_be_paid_is_worked_out_now(partage: Partage) -> None:
    found = partage("contribution plan.yaml --period 2026-02")
    assert {each["partner_id"]: each["paid_minor"] for each in found["scored"]} == {"P-2": 50_000, "P-1": 10_000}
    assert found["paid_by_cycle"] is None


@pytest.mark.parametrize(
    ("period", "cycle", "words"),
    [
        ("2026-03", "2026-03", "error M505 cycle 2026-03 is open, and what it pays can still change"),
        ("2026-02", "2026-01", "error M505 cycle 2026-01 pays 2026-01, not 2026-02"),
        ("2026-02", "2027-01", "error B120 there is no cycle 2027-01"),
    ],
)
def test_a_cycle_that_cannot_tell_is_refused(partage: Partage, period: str, cycle: str, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        partage(f"contribution plan.yaml --period {period} --cycle {cycle}")


def test_a_cycle_of_another_program_or_currency_is_refused(partage: Partage, tmp_path: Path) -> None:
    for name, text in {"deals.csv": DEALS, "partners.csv": "partner_id,name\nP-1,Acme\nP-2,Bolt\n"}.items():
        (tmp_path / name).write_text(text, "utf-8")
    for old, new, words in (
        ("Reseller plan", "Another plan", "M505 cycle 2026-02 pays other programs, not Another plan"),
        ("EUR", "USD", "M505 cycle 2026-02 pays in another currency than USD"),
    ):
        (tmp_path / "other.yaml").write_text(PLAN.replace(old, new), "utf-8")
        with pytest.raises(Conflict, match=words):
            partage("contribution --period 2026-02 --cycle 2026-02", str(tmp_path / "other.yaml"))
