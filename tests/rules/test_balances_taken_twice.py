"""No component is taken off a payout twice: the check refuses balances that name it so."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.load import understand

HEAD = """
program: Twice
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sales: {sum: deals.amount, dated: deals.closed_on}
payouts:
  com: {base: deals.amount, dated: deals.closed_on, rate: 5%}
  fee: {for_each: partners, amount: 20}
balances:
"""
HELD = "{holdback: {share: 10%%, of: %s, released: {after: 1}}}"


@pytest.mark.parametrize(
    ("one", "other", "faults"),
    [
        ("{account: {credited: [com]}}", "{account: {credited: [com]}}", 1),
        ("{account: {credited: [com, fee]}}", "{account: {credited: [fee, com]}}", 2),
        ("{account: {credited: [com]}}", "{account: {credited: [fee]}}", 0),
        ("{account: {credited: [com, com]}}", "{account: {credited: [fee]}}", 1),
        (HELD % "[com, com]", HELD % "[fee]", 1),
        (HELD % "[com]", HELD % "[com]", 0),  # each takes its share, and both no more than is due
        (HELD % "[com]", "{account: {credited: [com]}}", 1),
        ("{account: {credited: [com]}}", HELD % "[com, fee]", 1),
        ("{account: {credited: [com]}}", "{advance: {of: sales, recouped_from: [com]}}", 1),
        ("{negative: {what: net, of: [com, fee]}}", "{negative: {what: net, of: [fee]}}", 1),
        ("{negative: {what: net, of: [com, fee]}}", HELD % "[fee]", 0),
        ("{account: {credited: [com]}}", "{negative: {what: net, of: [com, fee]}}", 1),
    ],
)
def test_a_component_is_taken_once(one: str, other: str, faults: int) -> None:
    found = understand(f"{HEAD}  b1: {one}\n  b2: {other}\n".encode(), "program.yaml", Path()).problems
    assert [each.code for each in found if each.severity == "error"] == ["P263"] * faults
    for each in found:
        if each.code == "P263":
            assert each.place.line and "b1" in each.message
