"""Explanations work everything out again: a fault planted in the engine's computation is caught, whatever it is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from score_stories import KPIS, entries, explain_all, story
from spine_stories import MONTH, Told, leaves, told, write
from test_fates import fates

import engine.scoring
from engine.acts.trace import trace_row
from engine.explain import DoesNotReAdd
from engine.facts.snapshot import Snapshot
from rules.kinds.scales.base import ScaleKind, only_where
from rules.kinds.scales.gate import Gate
from rules.kinds.scales.linear import Linear
from rules.kinds.scales.quantile import percentile_of_peers
from rules.quantities.exact import Exact

ONE = entries("won: {weight: 100%, linear: {from: 0, to: 400}}")  # acme 100, bolt 25, crux 0, dune 62.5


def explained(path: Path) -> None:
    with told(path) as of:
        explain_all(of)


def said(of: Told, partner: str, name: str = "performance") -> list[str]:
    """The words of every node of an explanation."""

    def walk(node: Any) -> list[str]:
        return [f"{node.title}: {node.words}", *(words for part in node.parts for words in walk(part))]

    return walk(of.why(partner, name))


def times(function: Callable[..., Exact], by: int) -> Callable[..., Exact]:
    def mutant(*arguments: Any) -> Exact:
        found = function(*arguments)
        return found * Exact.constant(by, len(found))

    return mutant


# --- points -----------------------------------------------------------------------------------------------------------


def test_points_without_a_reason_do_not_re_add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = story(tmp_path, ONE)
    explained(path)
    monkeypatch.setattr(Linear, "explain", lambda *arguments: None)
    with pytest.raises(DoesNotReAdd, match="won, row 0: the sheet has 100, the explanation None"):
        explained(path)


def test_a_reason_without_points_does_not_re_add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = story(tmp_path, ONE + "missing: reweight")
    whole = ScaleKind.compute

    def forgotten(*arguments: Any) -> Exact:
        found = whole(*arguments)
        return only_where(found, np.zeros(len(found), dtype=bool))

    monkeypatch.setattr(Linear, "compute", forgotten)
    with pytest.raises(DoesNotReAdd, match="won, row 0: the sheet has None, the explanation 100"):
        explained(path)


# --- bonuses, multipliers and gates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "extra",
    [
        "bonus: {busy: {kpi: wins, gate: {at_least: 2, points: {met: 3, missed: 1}}}}",
        "multipliers: {busy: {kpi: wins, gate: {at_least: 2, points: {met: 2, missed: 1}}}}",
        "gates: {busy: {kpi: wins, gate: {at_least: 2}, otherwise: zero}}",
    ],
)
def test_the_points_of_an_extra_are_worked_out_again(
    extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = story(tmp_path, ONE + extra)
    explained(path)
    monkeypatch.setattr(Gate, "points_of", times(Gate.points_of, 3))
    with pytest.raises(DoesNotReAdd, match=r"performance, .*busy, row 0"):
        explained(path)


@pytest.mark.parametrize(
    "extra",
    [
        "bonus: {local: {when: partners.region = 'DE', points: 5}}",
        "multipliers: {local: {when: won > 200, by: 2}}",
        "gates: {local: {when: partners.region = 'DE' and wins > 0, otherwise: zero}}",
    ],
)
def test_a_condition_is_worked_out_again(extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = story(tmp_path, ONE + extra)
    explained(path)
    turned_conditions(monkeypatch)
    with pytest.raises(DoesNotReAdd, match=r"performance, .*local, row 0"):
        explained(path)


def turned_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine in which a condition holds where it does not."""
    whole = Snapshot.truth

    def mutant(*arguments: Any) -> Any:
        found = whole(*arguments)
        return replace(found, yes=found.known & ~found.yes)

    monkeypatch.setattr(Snapshot, "truth", mutant)


def test_an_extra_says_why_and_rests_on_its_kpi(tmp_path: Path) -> None:
    more = """
bonus: {local: {when: partners.region = 'DE', points: 5}}
gates: {active: {kpi: wins, gate: {at_least: 1}, otherwise: zero}}
"""
    with told(story(tmp_path, ONE + more)) as of:
        words = said(of, "acme")
        assert "bonus.local: bonus local: 5 points (partners.region = 'DE')" in words
        assert "gates.active: gate active is met (2 is at least 1)" in words
        assert "wins: 2" in words
        assert "bonus.local: bonus local: 0 points (not partners.region = 'DE')" in said(of, "bolt")
        assert "gates.active: gate active is missed: zero (0 is not at least 1)" in said(of, "crux")


# --- whom, values and what they are held against ----------------------------------------------------------------------


def test_whom_a_scorecard_scores_is_worked_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = story(tmp_path, "for: partners.kind = 'reseller'\n" + ONE)
    explained(path)
    turned_conditions(monkeypatch)
    with pytest.raises(DoesNotReAdd, match="whom performance scores, row 0"):
        explained(path)


PERCENTILE = "won: {weight: 100%, gate: {at_least: {percentile: 50%, among: partners.kind}}}"


def test_a_percentile_among_ones_kind_is_explained(tmp_path: Path) -> None:
    with told(story(tmp_path, entries(PERCENTILE))) as of:
        words = "the 50 % percentile of 3 peers, at rank 2 from below = 100"
        assert f"50 % percentile of the peers: {words}" in said(of, "acme")


def test_a_percentile_is_worked_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = story(tmp_path, entries(PERCENTILE))
    monkeypatch.setattr(engine.scoring, "percentile_of_peers", times(percentile_of_peers, 2))
    with pytest.raises(DoesNotReAdd, match="50 % percentile"):
        explained(path)


def test_an_expression_is_worked_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = entries("won: {weight: 100%, attainment: {of: {expression: won / 2}, cap: 150%}}")
    path = story(tmp_path, card + "missing: reweight")
    explained(path)
    monkeypatch.setattr(engine.scoring, "_valued", times(engine.scoring._valued, 2))
    with pytest.raises(DoesNotReAdd, match="won / 2, row 0"):
        explained(path)


# --- rows -------------------------------------------------------------------------------------------------------------


def test_a_credited_count_is_no_money(tmp_path: Path) -> None:
    credits = "credit_id,deal_id,partner_id,role,share\nk1,d1,acme,sourced,0.5\nk2,d1,bolt,sourced,0.5\n"
    kpis = "\n  sourced: {count: deals, dated: deals.closed_on, credited: sourced}\n"
    card = entries("sourced: {weight: 100%, linear: {from: 0, to: 4}}")
    with told(story(tmp_path, card, kpis=KPIS.rstrip() + kpis, credits=credits)) as of:
        assert "deals d1: 0.5 of 1" in said(of, "acme", "sourced")


# Without a key, rows are in the order of their cells: of two rows of one month the 9.00 is the later, in any file.
KEYLESS = f"""{MONTH}
sources: {{partners: partners.csv, revenue: revenue.csv}}
kpis:
  latest: {{mean: revenue.amount, dated: revenue.month, latest_of: revenue.customer_id}}
payouts:
  thanks: {{for_each: revenue, amount: 5, where: revenue.amount > 5}}
"""
REVENUE = "partner_id,customer_id,month,amount\nacme,k1,2026-04,9.00\nacme,k1,2026-04,3.00\n"


def test_of_rows_without_a_key_all_agree_which_is_the_latest(tmp_path: Path) -> None:
    path = write(tmp_path, KEYLESS, {"partners.csv": "partner_id\nacme\n", "revenue.csv": REVENUE})
    with told(path) as of:
        assert of.why("acme", "latest").value == 9_00
        assert of.payouts() == {"acme": 5_00}
    # the 9.00 is paid and is the latest; the 3.00 is neither
    found = fates(path)["revenue"]
    assert found["paid", ""] == 1 and ("measured", "") not in found


PRODUCT = f"""{MONTH}
tables: {{sales: {{key: [sale_id], columns: {{sale_id: id, partner_id: id, amount: money, fx: number}}}}}}
sources: {{partners: partners.csv, sales: sales.csv}}
payouts:
  commission: {{base: sales.amount * sales.fx, rate: 10%, unknown: leave_out}}
"""


def test_a_row_that_became_no_line_is_not_paid(tmp_path: Path) -> None:
    sales = "sale_id,partner_id,amount,fx\ns1,acme,100.00,1.5\ns2,acme,100.00,\n"
    path = write(tmp_path, PRODUCT, {"partners.csv": "partner_id\nacme\n", "sales.csv": sales})
    assert fates(path)["sales"] == {("paid", ""): 1, ("not_payable", "commission"): 1}
    (paid,) = trace_row(tmp_path / "books.db", 1, "sales", "s1").verdicts
    (left_out,) = trace_row(tmp_path / "books.db", 1, "sales", "s2").verdicts
    assert (paid.fate, paid.amount_minor) == ("paid", 15_00)
    assert (left_out.fate, left_out.words) == (
        "not_payable",
        "sales.fx is blank, and the rule leaves such rows out",
    )


def test_many_rows_are_looked_up_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deals = "deal_id,partner_id,amount\n" + "".join(f"d{at},acme,{at}.00\n" for at in range(1, 41))
    sources = "sources: {partners: partners.csv, deals: deals.csv}\n"
    program = f"{MONTH}{sources}payouts: {{c: {{base: deals.amount, rate: 5%}}}}\n"
    asked: list[str] = []

    def counted(name: str) -> None:
        whole = getattr(Snapshot, name)

        def counting(*arguments: Any) -> Any:
            asked.append(name)
            return whole(*arguments)

        monkeypatch.setattr(Snapshot, name, counting)

    counted("cells")
    counted("cells_of")
    with told(write(tmp_path, program, {"partners.csv": "partner_id\nacme\n", "deals.csv": deals})) as of:
        why = of.why("acme", "c", is_whole=False)
        assert [leaf.source for leaf in leaves(why)][:2] == ["deals.csv record 40", "deals.csv record 39"]
        assert why.value == 41_00 and asked == ["cells_of"]


def test_a_weight_that_is_money_is_told_in_major_units(tmp_path: Path) -> None:
    pool = "pools:\n  club: {size: 100, shared: {by: won}, among: won > 0}\n"
    with told(story(tmp_path, ONE, pool)) as of:
        # won: acme 400.00, bolt 100.00, dune 250.00
        share = of.why("acme", "club")
        assert share.words.startswith("100.00 x 400 / 750 = 53.333333333..")
        weight = share.parts[1]
        assert (weight.value, weight.shown, weight.words) == (Fraction(400_00), "400.00", "won = 400")
        explain_all(of)
