"""What holds of every true-up: a period's locked lines and its batches are what it comes to with all data known,
however the data came in; and to work out only the partners whom late records touch gives the same batch to the byte."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st
from true_up_stories import Books, amounts

from engine.facts import touched
from engine.values.closing import Closing

HEAD = """
program: Late
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources:
  partners: partners.csv
  customers: customers.csv
  deals: deals.csv
  credits: credits.csv
  deal_events: deal_events.csv
"""
# Each looks at partners alone, in another way.
LOCAL = {
    "running tiers, a limit of the year and returns": """
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{to: 300, rate: 10%}, {rate: 20%}]
    limits: [{at_most: EUR 90, over: fiscal_year, cut: in_order, order: [deals.closed_on]}]
    returns:
      back: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on, tiers: as_paid}
""",
    "a KPI of a customer's region and a balance": """
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on, where: customers.region = 'N'}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
  bonus: {for_each: partners, base: "greatest(sold - 500, 0)", rate: 5%}
balances:
  reserve: {holdback: {share: 10%, of: [commission], released: {after: 1}}}
  small: {minimum: {amount: EUR 30}}
""",
    "shares of a deal that are rounded together": """
credit:
  sales: {of: deals, from: {roles: {sourced: 70%, influenced: {share: 30%, among: equally}}}}
payouts:
  commission: {credit: sales, base: deals.amount, dated: deals.closed_on, rate: 3.33%}
""",
    "those above earn on it": """
credit:
  sales:
    of: deals
    where: deals.closed_on is not null
    from: {owner: 100%}
    roll_up: {to: parent, rates: [10%, 5%], on_top: true}
payouts:
  commission: {credit: sales, base: deals.amount, dated: deals.closed_on, rate: 7.77%}
""",
    "a measure of what a partner influenced": """
kpis:
  helped: {sum: deals.amount, dated: deals.closed_on, credited: influenced}
payouts:
  help: {for_each: partners, base: helped, rate: 10%, unknown: leave_out}
""",
}
CROSSING = {
    "a pool by what each sold": """
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
pools:
  shared: {size: EUR 1_000, shared: {by: sold + 1}, late: reshare}
balances:
  reserve: {holdback: {share: 10%, of: [shared], released: {after: 2}}}
""",
    "a limit of the program": """
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 10%
    limits: [{at_most: EUR 100, per: program, cut: in_order, order: [deals.closed_on]}]
""",
}
PERIODS = ("2026-01", "2026-02", "2026-03")
PARTNERS = tuple(f"P-{at}" for at in range(1, 7))


@st.composite
def data(draw: st.DrawFn) -> Mapping[str, str]:
    """All tables as one import has them: rows come, change and go from one to the next."""
    parents = {key: draw(st.sampled_from(("", *PARTNERS[:at]))) for at, key in enumerate(PARTNERS)}
    partners = "".join(f"{key},{parents[key]}\n" for key in PARTNERS)
    owner = st.sampled_from(PARTNERS)
    customers = "".join(f"C-{at},{draw(st.sampled_from('NS'))}\n" for at in range(3))
    deals, credits, events = "", "", ""
    for at in range(6):
        if not draw(st.booleans()):
            continue
        amount, month, day = draw(st.integers(1, 60_000)), draw(st.integers(1, 4)), draw(st.integers(1, 28))
        closed = f"2026-{month:02}-{day:02}" if draw(st.integers(0, 9)) else ""
        deals += f"D-{at},C-{draw(st.integers(0, 2))},{draw(owner)},{closed},{amount / 100:.2f}\n"
        for number in range(draw(st.integers(0, 3))):
            role = draw(st.sampled_from(("sourced", "influenced")))
            credits += f"K-{at}{number},D-{at},{draw(owner)},{role}\n"
        if closed and draw(st.booleans()):
            events += f"E-{at},D-{at},2026-04-{draw(st.integers(1, 28)):02},{draw(st.integers(1, amount)) / 100:.2f}\n"
            events = events.replace("2026-04", f"2026-{draw(st.integers(month, 4)):02}") if month < 4 else events
    return {
        "partners.csv": "partner_id,parent_id\n" + partners,
        "customers.csv": "customer_id,region\n" + customers,
        "deals.csv": "deal_id,customer_id,partner_id,closed_on,amount\n" + deals,
        "credits.csv": "credit_id,deal_id,partner_id,role\n" + credits,
        "deal_events.csv": "event_id,deal_id,occurred_on,amount\n" + events,
    }


@pytest.mark.soak
@settings(max_examples=settings.default.max_examples // 13)
@given(name=st.sampled_from(sorted(LOCAL)), one=data(), other=data())
def test_to_work_out_whom_late_records_touch_is_to_work_out_all(
    name: str, one: Mapping[str, str], other: Mapping[str, str]
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(touched, "WHOLE_ROWS", 0)
        books = Books(Path(folder), HEAD + LOCAL[name])
        books.lock(books.imported(one), "2026-02")
        stated, kept = books.stated["2026-02"], books.imported(other)
        few = books.true_up(kept, "2026-02")
        books.stated["2026-02"] = stated
        every = books.true_up(kept, "2026-02", is_whole=True)
        assert (few is None) == (every is None)
        if few is not None and every is not None:
            assert few.content == every.content
        assert books.posted("2026-02") == amounts(books.worked_out(kept, "2026-02")[0])


@pytest.mark.soak
@settings(max_examples=settings.default.max_examples // 25)
@given(name=st.sampled_from(sorted({**LOCAL, **CROSSING})), imports=st.lists(data(), min_size=3, max_size=4))
def test_what_was_locked_and_its_batches_are_what_is_known_in_the_end(
    name: str, imports: list[Mapping[str, str]]
) -> None:
    with TemporaryDirectory() as folder:
        books = Books(Path(folder), HEAD + {**LOCAL, **CROSSING}[name])
        for at, tables in enumerate(imports):
            kept = books.imported(tables)
            opening: Closing | None = None
            for period in PERIODS[:at]:  # late records come first, those of the earliest period before the next
                books.true_up(kept, period, opening)
                opening = books.stated[period].closing
            if at < len(PERIODS):
                books.lock(kept, PERIODS[at], opening)
        for period in books.stated:
            assert books.posted(period) == amounts(books.worked_out(kept, period)[0])
