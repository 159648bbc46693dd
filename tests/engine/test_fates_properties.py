"""Whatever the program and the rows: the fates of a table add up to its rows, and the trace of every row says the fate
under which it was counted, by the same rule."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings, strategies as st
from spine_stories import MONTH, Told, told, write

from engine.readings import readings
from engine.trace import fate_of, trace
from rules.problem import Refused

few = settings(max_examples=settings().max_examples // 10, suppress_health_check=list(HealthCheck))

PARTNERS = ("acme", "bolt", "crux", "dorn")
DEALS = ("d1", "d2", "d3", "d4", "d5")
NAMED = st.sampled_from((*PARTNERS, ""))
ROLES = st.sampled_from(("sourced", "influenced", "sold", ""))
DAYS = st.integers(-45, 75).map(lambda days: (date(2026, 3, 1) + timedelta(days=days)).isoformat())
BLANKS = st.one_of(DAYS, DAYS, DAYS, st.just(""))
SOURCES = """
sources:
  partners: partners.csv
  customers: customers.csv
  deals: deals.csv
  deal_events: deal_events.csv
  credits: credits.csv
  touches: touches.csv
  leads: leads.csv
  registrations: registrations.csv
  partner_history: partner_history.csv
  terms: terms.csv
  targets: targets.csv
eligible: partners.kind = 'reseller'
"""
WAYS = (
    "{table: {roles: [sourced]}}",
    "{table: {roles: {sourced: {}, influenced: {overlay: true}}}}",
    "{roles: {sourced: 60%, influenced: {share: 40%, among: equally}}}",
    "{touches: {shape: first}}",
    "{touches: {shape: w, within: 60 days}}",
    "{touches: {shape: linear}}",
    "{owner: 80%}",
    "[{table: {roles: [sourced]}}, {for: {deals.product: Atlas}, touches: {shape: last}}]",
)
KINDS = (
    "base: deals.amount\n    rate: 10%",
    "base: deals.amount\n    rate: {rate: 10%, term: commission_rate}",
    "amount: EUR 100",
    "base: deals.amount\n    prizes: {best: highest, ties: share, at_least: 200, prizes: [EUR 50, EUR 20]}",
    "base: deals.amount\n    tiers: {method: marginal, accumulate: fiscal_year, order: [deals.closed_on],"
    " steps: [{to: 600, rate: 5%}, {rate: 10%}]}",
    "base: deals.amount\n    card: {entries: [{for: {deals.product: Atlas}, rate: 20%}], otherwise: {rate: 1%}}",
)
WHERES = (
    "",
    "deals.status = 'won'",
    "partners.region = 'DE'",
    "deals.status = 'won' and customers.region = 'DE'",
    "won >= 300",
)
LIMITS = (
    "",
    "limits: [{at_most: EUR 30, per: partner, cut: pro_rata, excess: banked}, {at_least: EUR 12}]",
    "limits: [{at_most: EUR 25, per: program, over: fiscal_year, cut: in_order, order: [deals.closed_on]}]",
)
RETURNS = (
    "",
    "returns: {refund: {for_each: deal_events, where: \"deal_events.kind = 'return'\","
    " dated: deal_events.occurred_on}}",
    "returns: {churn: {where: customers.churned_on < deals.closed_on + interval '40' day,"
    " dated: customers.churned_on, share: 50%}}",
    "returns: {refund: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on,"
    " tiers: highest_first}}",
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A program with one or two payouts, with a crediting rule, a KPI, a quota and a scorecard beside them."""
    way = draw(st.sampled_from(WAYS))
    credit = [f"from: {way}", draw(st.sampled_from(("", "where: deals.status = 'won'")))]
    if "overlay" in way:
        credit.append("over_100: overlay")
    if "sourced" in way and not way.startswith("["):
        credit.append(draw(st.sampled_from(("", "protected_by: registrations"))))
    if "influenced" in way:
        credit.append(draw(st.sampled_from(("", "prefer: sourced over influenced"))))
    credit.append(draw(st.sampled_from(("", "remainder: equally"))))
    roll_up = "roll_up: {{to: parent, rates: [10%, 5%], on_top: {}, compress: {}}}"
    on_top, compress = draw(st.sampled_from(("true", "false"))), draw(st.sampled_from(("inactive", "none")))
    credit.append(draw(st.sampled_from(("", roll_up.format(on_top, compress)))))
    shared = ", ".join(part for part in credit if part)
    payouts = [_payout(draw, name) for name in draw(st.sampled_from((("one",), ("one", "two"))))]
    kpis = """
kpis:
  won: {sum: deals.amount, where: deals.status = 'won', dated: deals.closed_on, blank: leave_out}
  sourced: {count: deals, dated: deals.closed_on, credited: sourced}
quotas: {quota: {target: won, set_for: period}}
scorecards: {score: {kpis: {won: {weight: 100%, attainment: {of: target, cap: 100%}}}, missing: zero}}
"""
    return "\n".join([MONTH, SOURCES, kpis, "credit:", f"  sales: {{of: deals, {shared}}}", "payouts:", *payouts])


def _payout(draw: st.DrawFn, name: str) -> str:
    kind, where = draw(st.sampled_from(KINDS)), draw(st.sampled_from(WHERES))
    returns, limits = draw(st.sampled_from(RETURNS)), draw(st.sampled_from(LIMITS))
    lines = [f"  {name}:", "    for_each: deals", f"    {kind}", "    unknown: leave_out"]
    if draw(st.booleans()):
        lines.append("    credit: sales")
    if draw(st.sampled_from((True, True, False))) or limits or returns or "accumulate" in kind or "term" in kind:
        lines.append("    dated: deals.closed_on")
        lines += draw(st.sampled_from(([], ["    lock: 20 days"], ["    during: 2026-02-10 to 2026-03-20"])))
    if where and not ("won >=" in where and "accumulate" in kind):
        lines.append(f"    where: {where}")
    if returns and ("highest_first" not in returns or "accumulate" in kind) and "prizes" not in kind:
        lines.append(f"    {returns}")
    if limits and "prizes" not in kind:
        lines.append(f"    {limits}")
    return "\n".join(lines)


def _rows(header: str, rows: list[tuple[str, ...]]) -> str:
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


@st.composite
def tables(draw: st.DrawFn) -> Mapping[str, str]:
    """Rows of every table: of all days around the period, some of nobody, some with blanks."""

    def some(prefix: str, most: int, *cells: st.SearchStrategy[str]) -> list[tuple[str, ...]]:
        count = draw(st.integers(1, most))
        return [(f"{prefix}{at}", *(draw(cell) for cell in cells)) for at in range(count)]

    kinds, regions = st.sampled_from(("reseller", "reseller", "former")), st.sampled_from(("DE", "FR", ""))
    above = {"acme": "", "bolt": "acme", "crux": "bolt", "dorn": "acme"}
    ends = st.sampled_from(("", "", "2026-02-20"))
    money = st.sampled_from(("100.00", "250.50", "333.33", ""))
    deals, customers = st.sampled_from((*DEALS, "")), st.sampled_from(("c0", ""))
    status, products = st.sampled_from(("won", "won", "lost", "")), st.sampled_from(("Atlas", "Borea", ""))
    people = [(each, draw(kinds), draw(regions), above[each], "2020-01-01", draw(ends)) for each in PARTNERS]
    sold = [
        (each, draw(NAMED), draw(customers), draw(status), draw(products), draw(DAYS), draw(money)) for each in DEALS
    ]
    history = [("crux", "parent", "acme", draw(DAYS), ""), ("dorn", "tier", "gold", "2026-01-01", "")]
    terms = [(each, "commission_rate", draw(products), "", draw(DAYS), "", "0.2") for each in ("acme", "bolt")]
    leads = some("l", 2, deals, st.sampled_from(("2026-01-05", "2026-02-20")))
    lead = st.sampled_from((*(each[0] for each in leads), ""))
    return {
        "partners.csv": _rows("partner_id,kind,region,parent_id,recruited_on,terminated_on", people),
        "customers.csv": _rows("customer_id,region,churned_on", [("c0", draw(regions), draw(BLANKS))]),
        "deals.csv": _rows("deal_id,partner_id,customer_id,status,product,closed_on,amount,opened_on", [
            (*each, "2026-01-10") for each in sold
        ]),
        "deal_events.csv": _rows("event_id,deal_id,kind,occurred_on,amount", some(
            "e", 3, deals, st.sampled_from(("return", "amendment")), DAYS, st.just("50.00")
        )),
        "credits.csv": _rows("credit_id,deal_id,partner_id,role,share", some(
            "k", 7, st.sampled_from(DEALS), NAMED, ROLES, st.sampled_from(("", "", "0.1", "0"))
        )),
        "touches.csv": _rows("touch_id,deal_id,lead_id,partner_id,touched_on", some("t", 5, deals, lead, NAMED, DAYS)),
        "leads.csv": _rows("lead_id,deal_id,created_on", leads),
        "registrations.csv": _rows("registration_id,deal_id,partner_id,registered_on,expires_on,status", some(
            "g", 3, deals, NAMED, st.just("2026-01-02"), st.sampled_from(("", "2026-02-15")),
            st.sampled_from(("approved", "approved", "open")),
        )),
        "partner_history.csv": _rows("partner_id,attribute,value,valid_from,valid_to", history),
        "terms.csv": _rows("partner_id,term,product,deal_id,valid_from,valid_to,value", terms),
        "targets.csv": _rows("target_id,partner_id,kpi,period,target", [
            ("t1", "", "won", "2026-02", "300"), ("t2", "acme", "won", "2026-03", "9"), ("t3", "", "x", "2026-02", "1")
        ]),
    }  # fmt: skip


@few
@given(programs(), tables())
def test_every_row_has_the_fate_that_its_trace_says(program: str, data: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), program, data)
        try:
            with told(path, "2026-02") as story:
                _agree(story, data)
        except Refused as refusal:
            codes = {problem.code for problem in refusal.problems}
            assert not any(code.startswith(("P", "X", "D")) for code in codes), refusal.problems
            assume(False)


def _agree(story: Told, data: Mapping[str, str]) -> None:
    plan, sheet, facts = story.plan, story.sheet, story.facts
    read = readings(plan, sheet.period, facts.window)
    fates = facts.fates(read, sheet)
    counted: dict[str, Counter[tuple[str, str]]] = {}
    for each in fates.register():
        rule = "" if each.rule.startswith("no r") else each.rule
        counted.setdefault(each.table, Counter())[each.fate, rule] += each.rows
    for table, told_ in counted.items():
        rows = len(data[f"{table}.csv"].splitlines()) - 1
        assert sum(told_.values()) == rows, table
        keys = [fates.key(table, record) for record in range(1, rows + 1)]
        traced = {key: fate_of(trace(plan, sheet, facts, fates, read, table, key)) for key in keys}
        assert Counter(traced.values()) == told_, (table, traced)
