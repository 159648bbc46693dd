"""A small program with funds, as its files: what tests of their effect change a row of."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scenarios.acts.effect import effect
from scenarios.effect.answer import Effect
from scenarios.funds.findings import Asked, Findings

NO_STORE = Path("none.db")
PROGRAM = """program: Small funds
currency: EUR
calendar: month
effective: 2025-01-01 to 2025-12-31
tables:
  sales:
    row: what a partner sold in a month
    key: [partner_id, month]
    columns: {partner_id: id, month: month, amount: money, margin: money, customers: count}
sources: {partners: partners.csv, sales: sales.csv, campaigns: campaigns.csv, mdf: mdf.csv, mdf_claims: claims.csv}
kpis:
  sold: {sum: sales.amount, dated: sales.month, blank: unknown}
  margin: {sum: sales.margin, dated: sales.month}
  customers: {title: customer, sum: sales.customers, dated: sales.month}
"""
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
Files = dict[str, list[str]]


def told(program: Path, outcome: str = "sold", periods: str = "2025-01..2025-12", **asked: Any) -> Findings:
    return effect(program, Asked(outcome, periods, **asked), NO_STORE)


def measured(found: Findings) -> Effect:
    assert isinstance(found.answer, Effect), found.answer
    return found.answer


def small_files(more: int = 50, start: int = 8) -> Files:
    """14 partners over a year; A01 to A04 have a campaign from September on, and sell so much more from then on. What
    they sold before wanders, so that there is something to be uncertain about."""
    draw = random.Random(3)
    names = [f"A{number:02}" for number in range(1, 15)]
    sales = ["partner_id,month,amount,margin,customers"]
    for name in names:
        level = 1_000 + draw.randrange(500)
        for at, month in enumerate(MONTHS):
            brought = more if at >= start and name <= "A04" else 0
            sold = level + 10 * at + draw.randrange(20) + brought
            sales.append(f"{name},{month},{sold},{sold // 4},{sold // 100}")
    return {
        "partners.csv": [
            "partner_id,region,recruited_on",
            *(f"{name},{'NS'[at % 2]},2024-01-01" for at, name in enumerate(names)),
        ],
        "sales.csv": sales,
        "campaigns.csv": [
            "campaign_id,starts_on",
            "C-1,2025-09-05",
            "C-2,2025-09-05",
            "C-3,2025-09-05",
            "C-4,2025-09-05",
        ],
        "mdf.csv": [
            "request_id,partner_id,campaign_id,activity,decided_on,approved",
            *(
                f"Q-{number},A{number:02},C-{number},{'event' if number < 4 else 'advert'},2025-08-01,100"
                for number in range(1, 5)
            ),
        ],
        "claims.csv": [
            "claim_id,request_id,submitted_on,claimed,decided_on,approved,paid_on,paid",
            *(f"M-{number},Q-{number},2025-10-01,90,2025-10-05,90,2025-11-20,90" for number in range(1, 5)),
        ],
    }


def written(folder: Path, files: Mapping[str, list[str]], **extra: str) -> Path:
    """The files and their program in a folder; `extra` replaces texts of the program."""
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    program = PROGRAM
    for old, new in extra.items():
        program = program.replace(old, new)
    (folder / "program.yaml").write_text(program, "utf-8")
    return folder / "program.yaml"
