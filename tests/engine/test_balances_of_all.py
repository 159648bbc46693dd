"""Whatever is carried rolls forward: from period to period by a table of closings, all balances come to what one long
run comes to."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from balance_stories import MONTHS, rolled, write
from hypothesis import given, settings, strategies as st
from spine_stories import told
from test_balances_of_rules import tables

from engine.values import rolls

PROGRAM = """
program: All that rolls forward
currency: EUR
calendar: month
effective: 2026-01-01 to 2027-12-31
sources:
  partners: partners.csv
  deals: deals.csv
  mdf: mdf.csv
  capital: capital.csv
  results: results.csv
  balances: balances.csv
eligible: partners.active
kpis:
  proceeds: {sum: results.amount, dated: results.month, where: results.account = 'proceeds', level: program}
  profit: {sum: results.amount, dated: results.month, where: results.account = 'profit', level: program}
  accrued: {sum: mdf.approved, dated: mdf.requested_on}
  spent: {sum: mdf.requested, dated: mdf.requested_on}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 1/9
    limits: [{at_most: 30, over: period, cut: pro_rata, excess: banked}]
  penalty: {base: -deals.margin, dated: deals.closed_on, rate: 1}
pools:
  bonus: {size: {of: profit}, shared: equally, residue: carry}
  fund:
    size: {of: proceeds}
    among: partners.kind = 'investor'
    shared:
      waterfall:
        layers:
          - capital: true
          - preferred: {rate: 8%, compounding: monthly}
          - catch_up: {share: 100%, to: 20%}
          - split: {carry: 20%}
        clawback: {to: 20%, on: 2026-03-31}
  carry: {size: {of: fund.carry}, among: partners.kind = 'manager', shared: equally, losses: shared}
balances:
  clawed: {negative: {what: net, of: [commission, penalty]}}
  guarantee: {draw: {amount: EUR 5, recoverable: false}}
  reserve: {holdback: {share: 10%, of: [commission], released: {after: 3}}}
  fund_mdf: {allowance: {accrued: accrued, used: spent, expires_after: 2}}
  lost: {negative: write_off}
"""
cents = st.sampled_from([0, 1, 100, 10_000]) | st.integers(0, 99_999)
days = st.tuples(st.sampled_from(MONTHS[:4]), st.sampled_from(["01", "28"])).map("-".join)


def money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


@st.composite
def facts(draw: st.DrawFn) -> dict[str, list[str]]:
    """Four months of a manager and three investors, one of whom leaves in the second or third."""
    leaves = draw(st.sampled_from(["2026-02-10", "2026-03-20"]))
    partners = ["G,manager,2025-01-01,", "A,investor,2025-01-01,", f"B,investor,2025-01-01,{leaves}"]
    who = st.sampled_from("AB")
    deals = draw(st.lists(st.tuples(who, days, cents, cents), max_size=6))
    mdf = draw(st.lists(st.tuples(who, days, cents, cents), max_size=4))
    paid_in = draw(st.lists(cents, min_size=2, max_size=2))
    return {
        "partners": [*partners, "C,investor,2025-01-01,"],
        "deals": [f"D-{at},{a},{day},{money(x * 10)},{money(y)}" for at, (a, day, x, y) in enumerate(deals)],
        "mdf": [f"M-{at},{a},{day},{money(x)},{money(y)}" for at, (a, day, x, y) in enumerate(mdf)],
        "capital": [
            f"K-{who},{who},2025-12-20,contribution,{money(minor + 1)}"
            for who, minor in zip("AB", paid_in, strict=True)
        ],
        "results": [
            f"fund,{account},{month},{money(draw(cents))}" for month in MONTHS[:4] for account in ("proceeds", "profit")
        ],
    }


@given(facts(), st.randoms(use_true_random=False))
@settings(max_examples=3, deadline=None)
def test_period_by_period_from_tables_equals_one_long_run(rows: dict[str, list[str]], order: random.Random) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        whole = write(Path(scratch) / "whole", PROGRAM, tables(**rows))
        said: list[str] = []
        for period in MONTHS[:4]:
            shuffled = {name: order.sample(each, len(each)) for name, each in rows.items()}
            balances = order.sample(said, len(said))
            step = write(Path(scratch) / period, PROGRAM, tables(**shuffled, balances=balances))
            is_last = period == MONTHS[3]
            long, short = rolled(whole, period, is_last), rolled(step, period, is_last)
            assert long == short, f"{period} opens with what the table says"
            said = short.table.splitlines()[1:]
        with told(whole, MONTHS[3]) as of:
            for roll in (each for each in rolls(of.plan.steps) if not each.is_whole):
                for who in of.sheet.payees.keys.tolist():
                    of.why(who, roll.name)
