"""What is wrong with the facts that a scenario changes: each fault with its code, its place and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from rules.problem import Refused
from scenarios.acts.simulate import simulate
from scenarios.acts.summed import Asked

PLAN = """program: Plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 5%}
"""
PARTNERS = "partner_id,region,recruited_on\nacme,north,2025-01-01\nbolt,south,2025-06-01\ncrux,south,2026-02-01\n"
DEALS = "deal_id,partner_id,closed_on,amount\nD-1,acme,2026-02-10,80000.01\nD-2,bolt,2026-02-12,30000\n"


FAULTS: Mapping[str, tuple[str, str]] = {
    "a list": ("facts: [1]", "W213 scenario.yaml:1:8"),
    "an unknown key": ("facts: {scael: {deals.amount: 1}}", "W213 scenario.yaml:1:9"),
    "an unknown table": ("facts: {scale: {deal.amount: 1}}", "W214 scenario.yaml:1:17"),
    "an unknown column": ("facts: {scale: {deals.amout: 1}}", "W214 scenario.yaml:1:17"),
    "a column that the source lacks": ("facts: {scale: {deals.margin: 2}}", "W214 scenario.yaml:1:17"),
    "a text": ("facts: {scale: {deals.product: 2}}", "W204 scenario.yaml:1:17"),
    "a factor below zero": ("facts: {scale: {deals.amount: -1}}", "W213 scenario.yaml:1:31"),
    "no factor": ("facts: {scale: {deals.amount: x}}", "W110 scenario.yaml:1:31"),
    "too much": ("facts: {scale: {deals.amount: 9_999_999_999}}", "W215 scenario.yaml:1:17"),
    "the same cells twice": (
        "facts: {scale: [{column: deals.amount, by: 2}, {column: deals.amount, by: 3, where: deals.amount > 0}]}",
        "W205 scenario.yaml:1:48",
    ),
    "no condition": (
        "facts: {scale: [{column: deals.amount, by: 2, where: deals.amuont > 0}]}",
        "X131 scenario.yaml:1:54",
    ),
    "a condition on a period": (
        "facts: {scale: [{column: deals.amount, by: 2, where: deals.closed_on > period.start}]}",
        "W213 scenario.yaml:1:72",
    ),
    "no day": ("facts: {leave: {acme: may}}", "W116 scenario.yaml:1:23"),
    "nobody leaves": ("facts: {leave: {nobody: 2026-02-01}}", "W214 scenario.yaml:1:17"),
    "leaves before it came": ("facts: {leave: {crux: 2026-01-01}}", "W215 scenario.yaml:1:17"),
    "leaves twice": (
        "facts: {leave: [{where: partners.region = 'south', on: 2026-03-01}, "
        "{where: partners.partner_id = 'bolt', on: 2026-04-01}]}",
        "W205 scenario.yaml:1:69",
    ),
    "joins as one who is there": ("facts: {join: {bolt: {like: acme, on: 2026-02-01}}}", "W215 scenario.yaml:1:16"),
    "joins like nobody": ("facts: {join: {nova: {like: nobody, on: 2026-02-01}}}", "W214 scenario.yaml:1:16"),
    "no id": ("facts: {join: {no va: {like: acme, on: 2026-02-01}}}", "W213 scenario.yaml:1:16"),
    "more than all": ("facts: {drop: {deals: {part: 110%}}}", "W213 scenario.yaml:1:30"),
    "no part": ("facts: {drop: {deals: {where: deals.amount > 0}}}", "W213 scenario.yaml:1:23"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_with_facts_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    text, told = FAULTS[name]
    files = {"program.yaml": PLAN, "partners.csv": PARTNERS, "deals.csv": DEALS, "scenario.yaml": text}
    for file, content in files.items():
        (tmp_path / file).write_text(content, "utf-8")
    with pytest.raises(Refused) as caught:
        simulate(tmp_path / "program.yaml", [tmp_path / "scenario.yaml"], Asked("2026-02"))
    assert [f"{each.code} {each.place}" for each in caught.value.problems] == [told]
    assert all(each.hint for each in caught.value.problems)
