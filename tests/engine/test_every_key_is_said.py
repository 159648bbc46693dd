"""A plan on paper says every key that changes money: each is changed in turn, and the words have to change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel
from spine_stories import write

from engine.reports.paper import html, markdown
from engine.reports.plan import plan_blocks
from engine.values.paper import Foot
from rules.crediting import WAYS
from rules.crediting.credit import CreditSpec, Way
from rules.crediting.roles import RoleShare
from rules.crediting.roll_up import RollUp
from rules.crediting.table import TableRole
from rules.load import load
from rules.payouts.multiplier import FactorBand, Multiplier
from rules.payouts.spec import LimitAmount, LimitSpec, ReturnSpec, RoundingSpec, RuleSpec, TotalLimit
from rules.quota import QuotaSpec

PROGRAM = """
program: Every key
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources:
  partners: partners.csv
  deals: deals.csv
  customers: customers.csv
  deal_events: deal_events.csv
  invoices: invoices.csv
  credits: credits.csv
  touches: touches.csv
  attributions: attributions.csv
  registrations: registrations.csv
  targets: targets.csv
eligible: partners.active
quotas:
  goal:
    {target: revenue, set_for: fiscal_year, seasonality: {Q1: 10%, Q2: 20%, Q3: 30%, Q4: 40%}, prorate: none}
  count_goal: {target: calls, unit: number}
kpis:
  sourced: {sum: deals.amount, dated: deals.closed_on}
credit:
  by_table:
    of: deals
    where: deals.status = 'won'
    from: {table: {roles: {sourced: {}, influenced: {overlay: true}}}}
    prefer: sourced over influenced
    protected_by: registrations
    over_100: overlay
    remainder: house
    amount: deals.amount
    at_most: EUR 9_000
    roll_up: {to: parent, rates: [10%, 5%], on_top: true, compress: inactive}
  by_role:
    of: deals
    from:
      - roles: {sourced: {share: 60%, among: equally}, serviced: 40%}
      - {for: {deals.product: Atlas}, owner: 90%}
  by_touch: {of: deals, from: {touches: {shape: time_decay, half_life: 14 days, within: 90 days}}}
  by_owner: {of: deals, from: {owner: 100%}}
  by_weight: {of: deals, from: {attributions: {method: markov, version: v1, otherwise: house, negative: refuse}}}
payouts:
  commission:
    title: Commission
    for_each: deals
    credit: by_table
    base: deals.annual_value
    where: deals.kind = 'new'
    dated: deals.closed_on
    during: 2026-02-01 to 2026-10-31
    lock: 30 days
    rate: 5%
    multipliers:
      gold: {times: deals.term_months / 12, where: deals.margin > 10, at_least: 0.5, at_most: 1.5}
      size: {by: deals.amount, bands: [{below: 4_000, times: 0.9}, {times: 1.1}]}
    at_least: EUR 10
    at_most: EUR 7_000
    rounding: {mode: half_up, to: 0.05}
    limits:
      - {at_most: EUR 20_000, per: partner, over: during, cut: in_order, order: [deals.closed_on], last: partial}
      - {at_most: {rate: 200%, of: goal}, cut: pro_rata}
      - {at_least: EUR 30}
    returns:
      refund:
        for_each: deal_events
        where: deal_events.kind = 'return'
        dated: deal_events.occurred_on
        base: deal_events.amount
        share: 80%
        tiers: as_paid
    unknown: refuse
  plain: {base: deals.amount, dated: deals.closed_on, rate: 1%, rounding: {mode: half_up, cumulative: false}}
  spring: {base: deals.amount, dated: deals.closed_on, during: 2026-01-01 to 2026-03-31, rate: 1%}
  summer: {base: deals.amount, dated: deals.closed_on, during: 2026-04-01 to 2026-06-30, rate: 2%, replaces: spring}
  spiff: {for_each: deals, amount: 10}
  helpers: {for_each: deals, credit: by_role, amount: 10}
  touched: {for_each: deals, credit: by_touch, amount: 10}
  owners: {for_each: deals, credit: by_owner, amount: 10}
  weighed: {for_each: deals, credit: by_weight, amount: 10}
  bank: {base: deals.amount, dated: deals.closed_on, rate: 1%, limits: [{at_most: 500, cut: pro_rata, excess: lost}]}
  running:
    base: deals.amount
    dated: deals.closed_on
    tiers: {method: marginal, accumulate: period, order: [deals.closed_on], steps: [{to: 1_000, rate: 1%}, {rate: 2%}]}
    returns: {undo: {for_each: deal_events, dated: deal_events.occurred_on, share: 70%}}
totals:
  all:
    sum: [commission, plain]
    limits: [{at_most: EUR 60_000, cut: pro_rata}]
"""

# A key, what is written of it, and what is written instead.
CHANGES: list[tuple[str, str, str]] = [
    ("QuotaSpec.target", "target: revenue", "target: bookings"),
    ("QuotaSpec.unit", "unit: number", "unit: count"),
    ("QuotaSpec.set_for", "set_for: fiscal_year, seasonality: {Q1: 10%, Q2: 20%, Q3: 30%, Q4: 40%}", "set_for: period"),
    ("QuotaSpec.seasonality", "Q1: 10%, Q2: 20%", "Q1: 20%, Q2: 10%"),
    ("QuotaSpec.prorate", "prorate: none", "prorate: active_days"),
    ("CreditSpec.of", "by_owner: {of: deals", "by_owner: {of: customers"),
    ("CreditSpec.where", "where: deals.status = 'won'", "where: deals.status = 'signed'"),
    ("CreditSpec.from_", "      - {for: {deals.product: Atlas}, owner: 90%}\n", ""),
    ("CreditSpec.prefer", "prefer: sourced over influenced", "prefer: influenced over sourced"),
    ("CreditSpec.protected_by", "    protected_by: registrations\n", ""),
    ("CreditSpec.over_100", "influenced: {overlay: true}}}}\n", "influenced: {}}}}\n"),
    ("CreditSpec.remainder", "remainder: house", "remainder: equally"),
    ("CreditSpec.amount", "amount: deals.amount\n", "amount: deals.annual_value\n"),
    ("CreditSpec.at_most", "EUR 9_000", "EUR 9_001"),
    ("CreditSpec.roll_up", "    roll_up: {to: parent, rates: [10%, 5%], on_top: true, compress: inactive}\n", ""),
    ("RollUp.to", "to: parent", "to: manager"),
    ("RollUp.rates", "rates: [10%, 5%]", "rates: [10%, 6%]"),
    ("RollUp.on_top", "on_top: true", "on_top: false"),
    ("RollUp.compress", "compress: inactive", "compress: none"),
    ("Way.for_", "for: {deals.product: Atlas}", "for: {deals.product: Zeus}"),
    ("Way.table", "sourced: {}, influenced", "sourced: {}, co_sold: {}, influenced"),
    ("Way.roles", "serviced: 40%", "fulfilled: 40%"),
    ("Way.touches", "shape: time_decay, half_life: 14 days", "shape: w"),
    ("Way.attributions", "method: markov, version: v1", "method: shapley"),
    ("Attributions.method", "method: markov", "method: linear"),
    ("Attributions.version", "version: v1", "version: v2"),
    ("Attributions.otherwise", "otherwise: house", "otherwise: owner"),
    ("Attributions.negative", "negative: refuse", "negative: keep"),
    ("Way.owner", "owner: 90%", "owner: 80%"),
    ("TableRole.overlay", "sourced: {}, influenced", "sourced: {overlay: true}, influenced"),
    ("RoleShare.share", "share: 60%, among", "share: 50%, among"),
    ("RoleShare.among", "among: equally", "among: by_share"),
    ("RoleShare.overlay", "by_role:\n    of: deals\n", "by_role:\n    over_100: overlay\n    of: deals\n"),
    ("Touches.shape", "shape: time_decay, half_life: 14 days", "shape: u"),
    ("Touches.half_life", "half_life: 14 days", "half_life: 15 days"),
    ("Touches.within", "within: 90 days", "within: 91 days"),
    ("Owner.share", "owner: 90%", "owner: 91%"),
    ("Table.roles", "sourced: {}, influenced", "sourced: {}, serviced: {}, influenced"),
    ("RuleSpec.replaces", ", replaces: spring", ""),
    ("RuleSpec.title", "title: Commission", "title: Fee"),
    ("RuleSpec.for_each", "spiff: {for_each: deals", "spiff: {for_each: customers"),
    ("RuleSpec.credit", "credit: by_table", "credit: by_touch"),
    ("RuleSpec.base", "base: deals.annual_value", "base: deals.margin"),
    ("RuleSpec.where", "where: deals.kind = 'new'", "where: deals.kind != 'new'"),
    ("RuleSpec.dated", "dated: deals.closed_on, rate: 1%, rounding", "dated: deals.opened_on, rate: 1%, rounding"),
    ("RuleSpec.during", "2026-10-31", "2026-10-30"),
    ("RuleSpec.lock", "lock: 30 days", "lock: 31 days"),
    ("RuleSpec.multipliers", "      size: {by: deals.amount, bands: [{below: 4_000, times: 0.9}, {times: 1.1}]}\n", ""),
    ("RuleSpec.at_least", "    at_least: EUR 10\n", "    at_least: 0\n"),
    ("RuleSpec.at_most", "at_most: EUR 7_000", "at_most: EUR 7_001"),
    ("RuleSpec.rounding", "    rounding: {mode: half_up, to: 0.05}\n", ""),
    ("RuleSpec.limits", "      - {at_least: EUR 30}\n", ""),
    (
        "RuleSpec.returns",
        "    returns: {undo: {for_each: deal_events, dated: deal_events.occurred_on, share: 70%}}",
        "",
    ),
    ("RuleSpec.unknown", "unknown: refuse", "unknown: leave_out"),
    ("Multiplier.times", "deals.term_months / 12", "deals.term_months / 24"),
    ("Multiplier.by", "by: deals.amount, bands", "by: deals.margin, bands"),
    ("Multiplier.bands", "{below: 4_000, times: 0.9}, {", "{below: 4_000, times: 0.9}, {below: 5_000, times: 1}, {"),
    ("Multiplier.where", "deals.margin > 10", "deals.margin > 11"),
    ("Multiplier.at_least", "at_least: 0.5", "at_least: 0.6"),
    ("Multiplier.at_most", "at_most: 1.5", "at_most: 1.6"),
    ("FactorBand.below", "below: 4_000", "below: 4_001"),
    ("FactorBand.times", "{times: 1.1}", "{times: 1.2}"),
    ("RoundingSpec.mode", "{mode: half_up, to", "{mode: half_even, to"),
    ("RoundingSpec.to", "to: 0.05", "to: 0.10"),
    ("RoundingSpec.cumulative", "cumulative: false", "cumulative: true"),
    ("LimitSpec.at_most", "at_most: EUR 20_000", "at_most: EUR 20_001"),
    ("LimitSpec.at_least", "at_least: EUR 30", "at_least: EUR 31"),
    ("LimitSpec.per", "per: partner", "per: program"),
    ("LimitSpec.over", "over: during", "over: fiscal_year"),
    ("LimitSpec.cut", "of: goal}, cut: pro_rata}", "of: goal}, cut: in_order, order: [deals.closed_on]}"),
    ("LimitSpec.order", "cut: in_order, order: [deals.closed_on]", "cut: in_order, order: [deals.opened_on]"),
    ("LimitSpec.last", "last: partial", "last: none"),
    ("LimitSpec.excess", "cut: pro_rata, excess: lost", "cut: pro_rata, excess: banked"),
    ("LimitAmount.amount", "at_most: EUR 20_000", "at_most: EUR 20_002"),
    ("LimitAmount.rate", "rate: 200%", "rate: 210%"),
    ("LimitAmount.of", "of: goal", "of: sourced"),
    (
        "ReturnSpec.for_each",
        "undo: {for_each: deal_events, dated: deal_events.occurred_on",
        "undo: {dated: deals.opened_on",
    ),
    ("ReturnSpec.where", "where: deal_events.kind = 'return'", "where: deal_events.kind = 'chargeback'"),
    ("ReturnSpec.dated", "dated: deal_events.occurred_on\n", "dated: deals.opened_on\n"),
    ("ReturnSpec.base", "        base: deal_events.amount\n", ""),
    ("ReturnSpec.share", "share: 80%", "share: 75%"),
    ("ReturnSpec.tiers", "occurred_on, share: 70%", "occurred_on, share: 70%, tiers: highest_first"),
    ("TotalLimit.at_most", "EUR 60_000", "EUR 60_001"),
    ("TotalLimit.cut", "EUR 60_000, cut: pro_rata", "EUR 60_000, cut: in_order"),
]  # fmt: skip
ALSO: Mapping[str, tuple[str, str]] = {  # what has to be changed with it, so that the program still holds together
    "CreditSpec.of": ("owners: {for_each: deals", "owners: {for_each: customers"),
    "CreditSpec.over_100": ("    over_100: overlay\n", ""),
    "RoleShare.overlay": ("serviced: 40%", "serviced: {share: 40%, overlay: true}"),
}
MODELS: tuple[type[BaseModel], ...] = (
    QuotaSpec, CreditSpec, Way, RollUp, RoleShare, TableRole, *WAYS.values(), RuleSpec, Multiplier, FactorBand,
    RoundingSpec, LimitSpec, LimitAmount, ReturnSpec, TotalLimit,
)  # fmt: skip


def said(folder: Path, program: str) -> str:
    """The words of a plan without its examples and its digest."""
    meaning = load(write(folder, program, {})).understood()
    blocks = plan_blocks(meaning, {}, None, Foot("", "", ""))
    assert html(blocks, "") and "None" not in markdown(blocks)
    return markdown(blocks)


@pytest.mark.parametrize(("key", "old", "new"), CHANGES, ids=[each[0] for each in CHANGES])
def test_a_changed_key_changes_the_words(tmp_path: Path, key: str, old: str, new: str) -> None:
    assert PROGRAM.count(old) >= 1, "the key is written"
    other = PROGRAM.replace(old, new, 1)
    if key in ALSO:
        other = other.replace(*ALSO[key], 1)
    assert said(tmp_path / "one", PROGRAM) != said(tmp_path / "other", other)


def test_every_key_is_changed_above() -> None:
    known = {f"{model.__name__}.{name}" for model in MODELS for name in model.model_fields}
    assert known == {key for key, *_ in CHANGES}, "a new key is said in words, and changed above"
