"""Limits over several rules: what they pay together, how each is cut, and what may rest on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from spine_stories import MONTH, partage, refused, told, write

SOURCES = """
sources:
  partners: {file: partners.csv, extra: {salary: money}}
  deals: deals.csv
  deal_events: deal_events.csv
"""
RULES = """
kpis: {margin: {sum: deals.margin, dated: deals.closed_on}}
payouts:
  before: {for_each: partners, amount: 7}
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
  aside: {for_each: partners, amount: 3}
  spiff: {for_each: deals, dated: deals.closed_on, amount: 5}
  fee: {for_each: partners, base: commission + spiff, rate: -10%}
totals:
  paid: {title: Sales pay, sum: [spiff, commission], limits: [{at_most: 25, cut: in_order}]}
"""
DEALS = "d1,p,2026-04-01,80.00,10.00\nd2,p,2026-04-02,120.00,15.00\nd3,q,2026-04-02,50.00,1.00\n"


def program(folder: Path, rules: str = RULES, deals: str = DEALS, events: str = "") -> Path:
    tables = {
        "partners.csv": "partner_id,salary\np,10.00\nq,10.00\n",
        "deals.csv": f"deal_id,partner_id,closed_on,amount,margin\n{deals}",
        "deal_events.csv": f"event_id,deal_id,occurred_on,amount\n{events}",
    }
    return write(folder, MONTH + SOURCES + rules, tables)


def paid(path: Path, period: str = "2026-04") -> list[str]:
    """The lines of p in order; each of them re-adds."""
    with told(path, period) as found:
        for partner in found.run.partners:
            found.why(partner)
        return sorted(line.removeprefix("p ") for line in found.lines() if line.startswith("p "))


def test_rules_are_paid_as_the_sum_names_them_until_it_is_spent(tmp_path: Path) -> None:
    """Two spiffs of 5 leave 15 of 25: 8 for d1, and 7 of the 12 for d2. The fee is a tenth of what is left."""
    of_others = ["aside p 300", "before p 700", "fee p -250"]
    lines = ["commission d1 800", "commission d2 700", "spiff d1 500", "spiff d2 500"]
    assert paid(program(tmp_path)) == sorted([*of_others, *lines])
    with told(program(tmp_path / "why")) as found:
        why = found.why("p", "commission")
        assert why.value == 1500
        assert any("at most 25.00 of the period for p in Sales pay" in part.words for part in why.parts)
        assert found.why("p", "paid").value == 2500


def test_rules_are_cut_in_proportion(tmp_path: Path) -> None:
    """15 and 15 of p share 20 and q has 10, within it: each line of p keeps two thirds of what it was."""
    rules = RULES.replace("at_most: 25, cut: in_order", "at_most: 20, cut: pro_rata")
    deals = DEALS.replace("80.00", "60.00").replace("120.00", "90.00")
    rules = rules.replace("amount: 5}", "amount: 7.50}")
    found = [line for line in paid(program(tmp_path, rules, deals)) if line.split()[1] in ("d1", "d2")]
    assert found == ["commission d1 400", "commission d2 600", "spiff d1 500", "spiff d2 500"]


def test_the_most_may_be_a_rate_of_what_the_partner_has(tmp_path: Path) -> None:
    rules = RULES.replace("at_most: 25", "at_most: {rate: 50%, of: margin + before}")  # half of 25 + 7
    assert "commission d1 600" in paid(program(tmp_path, rules))
    assert "commission d2 0" in paid(program(tmp_path, rules))
    of_partners = RULES.replace("at_most: 25", "at_most: {rate: 200%, of: partners.salary}")
    assert "commission d2 200" in paid(program(tmp_path, of_partners))


def test_what_the_sum_cut_is_not_taken_back(tmp_path: Path) -> None:
    """d2 was paid 12 in March and was cut to 7: that is what a return in April takes back."""
    back = "returns: {back: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on}}"
    rules = RULES.replace("rate: 10%}", f"rate: 10%, {back}}}")
    deals = DEALS.replace("2026-04", "2026-03")
    path = program(tmp_path, rules, deals, "e1,d2,2026-04-20,120.00\n")
    assert "commission d2 700" in paid(path, "2026-03")
    assert "commission e1 -700" in paid(path)


def test_the_limits_of_a_rule_come_first(tmp_path: Path) -> None:
    """At most 15 of the commission in the year, of which March used 8: 7 of 12 are left, and 5 beside them."""
    own = "limits: [{at_most: 15, over: fiscal_year, cut: in_order, order: [deals.closed_on]}]"
    rules = RULES.replace("rate: 10%}", f"rate: 10%, {own}}}")
    rules = rules.replace("at_most: 25", "at_most: 10")
    path = program(tmp_path, rules, DEALS.replace("2026-04-01", "2026-03-01"))
    assert "commission d1 500" in paid(path, "2026-03")
    assert "commission d2 500" in paid(path)


def test_a_limited_sum_runs_is_traced_and_is_on_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = RULES.replace("at_most: 25", "at_most: {rate: 100%, of: margin}")
    program(tmp_path, rules)
    monkeypatch.chdir(tmp_path)
    assert partage("run", "program.yaml", "--period", "2026-04").exit_code == 0
    traced = partage("trace", "deals", "d2")
    assert "the limit of 100 % of margin for the partner leaves 7.00 of 12.00" in traced.out
    assert partage("trace", "partners", "p").exit_code == 0
    plan = partage("plan", "program.yaml")
    assert "by spiff, commission together come to at most 100 % of margin of that partner" in plan.out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sum: [spiff, commission]", "sum: [spiff, spiff]"),
        ("sum: [spiff, commission]", "sum: [spiff, pool]"),
        ("sum: [spiff, commission]", "sum: [spiff, commission, fee]"),  # the fee is of what the others pay
        ("at_most: 25", "at_most: {rate: 50%, of: fee}"),
        ("at_most: 25", "at_most: {rate: 50%, of: commission}"),
        ("totals:\n", "totals:\n  also: {sum: [spiff], limits: [{at_most: 5, cut: pro_rata}]}\n"),
        ("rate: 10%}", "rate: 10%, limits: [{at_most: 5, cut: pro_rata, excess: banked}]}"),
    ],
)
def test_a_sum_that_is_not_known_together_is_refused(tmp_path: Path, old: str, new: str) -> None:
    rules = RULES.replace("totals:\n", "pools: {pool: {size: 5, shared: {equally: {}}}}\ntotals:\n").replace(old, new)
    assert {each.split()[0] for each in refused(program(tmp_path, rules))} == {"P243"}


few = settings(max_examples=settings().max_examples // 12, suppress_health_check=list(HealthCheck))


@few
@given(
    st.lists(st.tuples(st.sampled_from("pq"), st.integers(-20, 300)), min_size=1, max_size=6),
    st.sampled_from(["in_order", "pro_rata"]),
    st.integers(0, 40),
)
def test_no_partner_is_paid_more_than_the_most_and_nobody_more_than_without(
    tmp_path: Path, rows: list[tuple[str, int]], cut: str, most: int
) -> None:
    deals = "".join(f"d{at},{who},2026-04-01,{amount}.33,1.00\n" for at, (who, amount) in enumerate(rows))
    free = RULES.replace(", limits: [{at_most: 25, cut: in_order}]", "")
    limited = RULES.replace("at_most: 25, cut: in_order", f"at_most: {most}, cut: {cut}")
    found = []
    for rules in (free, limited):
        with told(program(tmp_path, rules, deals)) as story:
            found.append({who: [story.why(who, name).value or 0 for name in ("spiff", "commission")] for who in "pq"})
    for who in "pq":
        before, after = found[0][who], found[1][who]
        assert sum(after) <= 100 * most
        assert all(left <= whole for left, whole in zip(after, before, strict=True))
        if all(amount >= 0 for _, amount in rows):
            assert sum(after) == min(sum(before), 100 * most)
