"""A run does not depend on how it is worked out: what is held, what is read together, and in which pieces.

Programs are generated from rules that read the same rows in different ways; each is evaluated as a run and as an
explanation does it, and in pieces of a few rows.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from spine_stories import write

from engine.facts import batches, crediting, rows
from engine.facts.gather import gather_facts
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate, keeping
from engine.store.lines import lines_to_parquet
from engine.values import LateKeys, Plan, Run, Sheet
from rules.kinds import schedule
from rules.load import load
from rules.problem import Refused
from rules.quantities import groups

HEAD = """program: Generated
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, credits: credits.csv, deal_events: deal_events.csv}
kpis: {wins: {unit: count, count: deals, where: deals.amount > 0, dated: deals.closed_on}}
credit:
  sales: {of: deals, from: {table: {roles: [sourced, co_sold]}}, remainder: house}
payouts:
"""
DATED = "dated: deals.closed_on"
PARTNERS = "pqrs"
RULES = [
    "base: deals.amount, rate: 5%",
    "base: deals.amount, rate: 7%, where: deals.kind = 'new'",
    "base: deals.amount, rate: 7%, credit: sales",
    "base: deals.amount, credit: sales, where: deals.kind != 'new', rate: 2.5%, at_least: EUR 1, at_most: EUR 40",
    "base: deals.margin, credit: sales, rate: 3%, rounding: {to: 0.05}, unknown: leave_out",
    "base: deals.margin, rate: 10%, unknown: leave_out",
    "base: deals.amount, rate: 1%, multipliers: {m: {times: wins / 3, at_most: 1.2}}",
    "base: deals.amount, tiers: {method: marginal, accumulate: fiscal_year, order: [deals.closed_on], "
    "steps: [{to: 300, rate: 3%}, {to: 900, rate: 5%}, {rate: 8%}]}",
    "base: deals.amount, credit: sales, tiers: {method: marginal, accumulate: period, per: program, "
    "order: [deals.closed_on], steps: [{to: 300, rate: 3%}, {rate: 8%}]}",
    "base: deals.amount, card: {entries: [{for: {deals.kind: new}, rate: 4%}], otherwise: {rate: 1%}}",
    "base: deals.amount, rate: 9%, limits: [{at_most: EUR 50, per: partner, over: period, cut: pro_rata, "
    "excess: banked}]",
    "base: deals.amount, rate: 9%, limits: [{at_most: EUR 90, per: program, over: fiscal_year, cut: in_order, "
    "order: [deals.closed_on], last: partial, excess: lost}]",
    "base: deals.amount, rate: 6%, limits: [{at_least: EUR 30, per: partner, over: period}]",
    "base: deals.amount, rate: 6%, returns: {back: {for_each: deal_events, base: deal_events.amount, "
    "dated: deal_events.occurred_on, tiers: as_paid}}",
    "for_each: deals, amount: EUR 5",
    "base: deals.amount, credit: sales, rate: 4%, returns: {back: {for_each: deal_events, base: deal_events.amount, "
    "dated: deal_events.occurred_on, tiers: as_paid}}",
    "base: deals.amount, rate: 4%, rounding: {cumulative: true}",
]


def tables(seed: int, deals: int) -> Mapping[str, str | bytes]:
    """Deals of March and April, each credited to up to three partners, some given back; in any order."""
    chance = random.Random(seed)
    rows, credits, events = [], [], []
    for at in range(deals):
        day = f"2026-0{chance.choice('34')}-{chance.randint(1, 30):02}"
        amount, margin = chance.randint(0, 60_000), chance.choice(["", "1.25", "80"])
        kind, who = chance.choice(["new", "renewal"]), chance.choice(PARTNERS)
        rows.append(f"d{at},{who},{kind},{day},{amount / 100:.2f},{margin}")
        owners = chance.sample(PARTNERS, chance.randint(0, 3))
        credits += [f"c{at}{who},d{at},{who},{chance.choice(['sourced', 'co_sold'])},0.333333333" for who in owners]
        if not chance.randint(0, 4):
            events.append(f"e{at},d{at},2026-04-30,{amount / 300:.2f}")
    for each in (rows, credits, events):
        chance.shuffle(each)
    heads = {
        "deals": "deal_id,partner_id,kind,closed_on,amount,margin",
        "deal_events": "event_id,deal_id,occurred_on,amount",
        "credits": "credit_id,deal_id,partner_id,role,share",
        "partners": "partner_id",
    }
    held = {"deals": rows, "credits": credits, "deal_events": events, "partners": [*PARTNERS]}
    return {f"{name}.csv": "\n".join([heads[name], *held[name], ""]).encode() for name in heads}


def worked_out(path: Path, keep: keeping.Keep, at_once: int | None = None) -> tuple[Plan, Sheet, Run]:
    loaded = load(path)
    meaning = loaded.understood()
    period, plan = meaning.calendar.period("2026-04"), compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, period) as facts:
        sheet = evaluate(plan, facts.snapshot, period, keep, at_once)
        return plan, sheet, settle(plan, sheet, loaded.sha256, facts.inputs)


# A case is worked out four times or five: a tenth of the usual number.
few = settings(
    max_examples=settings().max_examples // 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
programs = st.lists(st.sampled_from(RULES), min_size=1, max_size=6)


@few
@given(programs, st.integers(0, 10**6), st.integers(1, 25))
def test_a_run_is_the_same_whatever_is_held_and_in_which_pieces(
    tmp_path: Path, rules: list[str], seed: int, deals: int
) -> None:
    payouts = "".join(f"  rule_{at}: {{{DATED}, {rule}}}\n" for at, rule in enumerate(rules))
    path = write(tmp_path, HEAD + payouts, tables(seed, deals))
    _, whole, run = worked_out(path, "all")
    _, lean, again = worked_out(path, "lines")
    assert again.run_id == run.run_id
    assert lean.columns.keys() <= whole.columns.keys()
    for name, column in lean.columns.items():
        assert column.fractions() == whole.columns[name].fractions(), name
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.sheet.asked_later", lambda steps, days_of: {})  # each rule reads for itself
        assert worked_out(path, "all")[2].run_id == run.run_id
    with pytest.MonkeyPatch.context() as patch:
        for module in (groups, schedule, rows):
            patch.setattr(module, "BLOCK_ROWS", 2)
        for module in (batches, crediting, rows):
            patch.setattr(module, "BATCH_ROWS", 3)
        patch.setattr(rows, "EAGER_ROWS_MAX", 0)
        plan, sheet, pieces = worked_out(path, "lines")
        assert pieces.run_id == run.run_id
        read = next(step.lines[0][1] for step in plan.components)
        assert isinstance(sheet.frames[read].keys, LateKeys)
        if not len(pieces.lines):
            return  # nobody asked for a key while the facts were open
        assert sheet.frames[read].keys[:].tolist() == whole.frames[read].keys.tolist()


@few
@given(programs, st.integers(0, 10**6), st.integers(1, 25))
def test_a_run_is_the_same_for_any_number_of_partners_at_once(
    tmp_path: Path, rules: list[str], seed: int, deals: int
) -> None:
    payouts = "".join(f"  rule_{at}: {{{DATED}, {rule}}}\n" for at, rule in enumerate(rules))
    payouts += "  on_top: {for_each: partners, base: rule_0, rate: 3%}\n"  # rests on what is summed up before
    path = write(tmp_path, HEAD + payouts, tables(seed, deals))
    _, whole, run = worked_out(path, "lines", len(PARTNERS))
    for at_once in (1, 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("engine.settle.CHUNK_LINES", at_once)
            patch.setattr(rows, "EAGER_ROWS_MAX", 0)
            _, parted, again = worked_out(path, "lines", at_once)
            assert again.run_id == run.run_id
            assert [again.lines.line(at) for at in range(len(run.lines))] == [
                run.lines.line(at) for at in range(len(run.lines))
            ]
            assert lines_to_parquet(again.lines)
        for name, column in whole.columns.items():
            assert column.fractions() == parted.columns[name].fractions(), name
        for name, frame in whole.frames.items():
            assert frame.records.tolist() == parted.frames[name].records.tolist(), name


def test_what_is_refused_is_told_of_all_partners_at_once(tmp_path: Path) -> None:
    rule = "base: deals.margin, credit: sales, rate: 10%"
    path = write(tmp_path, f"{HEAD}  rule: {{{DATED}, {rule}}}\n", tables(5, 40))
    told = []
    for at_once in (None, 1):
        with pytest.raises(Refused) as refusal:
            worked_out(path, "lines", at_once)
        told.append(str(refusal.value))
    assert told[0] == told[1] and told[0].count("F301") > 1


def test_a_run_lets_go_of_what_only_its_components_name(tmp_path: Path) -> None:
    path = write(tmp_path, f"{HEAD}  rule: {{{DATED}, {RULES[7]}}}\n", tables(1, 9))
    whole, lean = (worked_out(path, keep)[1] for keep in ("all", "lines"))
    assert whole.columns.keys() - lean.columns.keys() == {"rule.base", "rule.order.0", "rule.before", "rule.due"}


def test_rows_that_several_rules_read_are_one_frame(tmp_path: Path) -> None:
    rules = "".join(f"  rule_{at}: {{{DATED}, {RULES[at]}}}\n" for at in (0, 5, 6))
    sheet = worked_out(write(tmp_path, HEAD + rules, tables(2, 9)), "all")[1]
    first, *others = (sheet.frames[f"rule_{at}.rows"].records for at in (0, 5, 6))
    assert all(np.shares_memory(first, each) for each in others)
