"""What a partner was on the day of a row: tiers, regions and plans by the history of partners."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from reading_stories import read
from spine_stories import Told, leaves, refused, told, write
from test_fates import fates

from engine.acts.metrics import metrics
from engine.acts.trace import trace_row
from rules.problem import Refused

PROGRAM = """
program: Story
currency: EUR
calendar: {calendar}
effective: 2026-01-01 to 2026-12-31
sources: {{partners: partners.csv, deals: deals.csv, partner_history: history.csv}}
{rules}
"""
RATES = """
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate: 10%
    multipliers:
      gold: case when partners.tier = 'gold' then 2 else 1 end
"""
TABLES = {
    "partners.csv": "partner_id,tier,region,recruited_on,terminated_on\n"
    "a,bronze,DE,2020-01-01,\nb,gold,FR,2020-01-01,\nc,gold,FR,2026-04-10,\n",
    "deals.csv": "deal_id,partner_id,closed_on,amount\n"
    "d1,a,2026-04-10,100.00\nd2,a,2026-04-11,100.00\nd3,b,2026-04-10,100.00\n",
    "history.csv": "partner_id,attribute,valid_from,valid_to,value\n"
    "a,tier,2025-01-01,2026-04-10,silver\na,tier,2026-04-11,,gold\na,region,2025-01-01,,DE\n",
}
UNREAD = "no row that counts refers to it"
HEAD = "partner_id,attribute,valid_from,valid_to,value\n"


def story(folder: Path, rules: str = RATES, calendar: str = "month", **tables: str) -> Path:
    program = PROGRAM.format(calendar=calendar, rules=rules)
    return write(folder, program, TABLES | {f"{name}.csv": text for name, text in tables.items()})


def lines(of: Told) -> dict[str, str]:
    return {line.split()[2]: line.split()[3] for line in of.lines()}


def test_a_deal_is_paid_by_the_tier_of_its_day(tmp_path: Path) -> None:
    with told(story(tmp_path)) as of:
        assert lines(of) == {"d1": "1000", "d2": "2000", "d3": "2000"}, "b has no history, and is what partners say"


def test_an_explanation_names_the_version(tmp_path: Path) -> None:
    with told(story(tmp_path)) as of:
        sources = [leaf.source for leaf in leaves(of.why("a", "commission"))]
    assert any("history.csv record 2" in source for source in sources), sources


def test_versions_that_decided_are_paid_and_others_are_not(tmp_path: Path) -> None:
    assert fates(story(tmp_path))["partner_history"] == {("paid", ""): 2, ("not_payable", UNREAD): 1}
    found = trace_row(tmp_path / "books.db", None, "partner_history", "a/tier/2026-04-11")
    assert [verdict.words for verdict in found.verdicts] == ["says the tier for deals d2: 20.00 in all"]


@pytest.mark.parametrize(
    ("history", "day"),
    [
        ("a,tier,2025-01-01,2026-04-10,silver\na,tier,2026-04-12,,gold\n", "2026-04-11"),
        ("a,tier,2026-04-11,,gold\n", "2026-04-10"),
        ("a,tier,2025-01-01,2026-04-10,silver\n", "2026-04-11"),
    ],
)
def test_a_day_that_no_version_holds_on_is_refused_with_partner_attribute_and_day(
    tmp_path: Path, history: str, day: str
) -> None:
    with pytest.raises(Refused, match=f"F330 no version of the tier of a holds on {day}"):
        told(story(tmp_path, history=HEAD + history)).__enter__()


def test_a_gap_in_which_no_row_falls_is_no_fault(tmp_path: Path) -> None:
    history = "a,tier,2025-01-01,2026-03-01,x\na,tier,2026-04-01,2026-04-11,gold\na,tier,2026-06-01,,gold\n"
    with told(story(tmp_path, history=HEAD + history)) as of:
        assert lines(of)["d1"] == "2000"


def test_a_blank_version_is_unknown_and_not_what_partners_say(tmp_path: Path) -> None:
    with told(story(tmp_path, history=HEAD + "b,tier,2020-01-01,,\n")) as of:
        assert lines(of)["d3"] == "1000"


KPIS = """
kpis:
  gold: {sum: deals.amount, where: partners.tier = 'gold', dated: deals.closed_on, window: until_end}
  all: {sum: deals.amount, dated: deals.closed_on}
  by_plan: {count: deals, where: partners.plan = 'new', dated: deals.closed_on}
"""


def test_a_kpi_counts_rows_by_the_tier_of_their_day(tmp_path: Path) -> None:
    found = metrics(story(tmp_path, KPIS), "2026-04", "partner").values
    assert found["gold"].fractions() == [10_000, 10_000, 0]
    assert found["by_plan"].fractions() == [0, 0, 0]


def test_versions_that_a_measure_rests_on_are_measured(tmp_path: Path) -> None:
    path = story(tmp_path, KPIS.replace(", window: until_end", ""))
    assert fates(path)["partner_history"] == {
        ("measured", ""): 1,
        ("not_payable", "gold.numerator"): 1,
        ("not_payable", UNREAD): 1,
    }
    for begins, told_ in (
        ("2026-04-11", "measured: says the tier for 1 row of deals that count in gold"),
        ("2025-01-01", "not_payable: holds from 2025-01-01 to 2026-04-10; no row that counts in gold rests on it"),
    ):
        (verdict,) = trace_row(tmp_path / "books.db", None, "partner_history", f"a/tier/{begins}").verdicts
        assert f"{verdict.fate}: {verdict.words}" == told_


def test_a_plan_is_what_the_history_alone_says(tmp_path: Path) -> None:
    path = story(tmp_path, KPIS, history=HEAD + "a,plan,2025-01-01,2026-04-10,old\na,plan,2026-04-11,,new\n")
    assert metrics(path, "2026-04", "partner").values["by_plan"].fractions() == [1, 0, 0]


def test_only_a_measure_that_asks_is_refused(tmp_path: Path) -> None:
    history = HEAD + "a,tier,2026-04-11,,gold\n"
    rules = KPIS.replace("dated: deals.closed_on, window: until_end", "dated: deals.closed_on")
    with_gap = story(tmp_path, rules, history=history)
    assert refused(with_gap) == ["F330 partner_history:a"]
    rules = KPIS.replace("where: partners.tier = 'gold', ", "")
    assert refused(story(tmp_path, rules, history=history)) == []


POOL = """
eligible: partners.tier = 'gold' or partners.region = 'FR'
payouts:
  bonus: {for_each: partners, where: partners.tier = 'gold', amount: EUR 10}
"""


@pytest.mark.parametrize(("period", "paid"), [("2026-03", {"b": 1000, "c": 1000}), ("2026-04", {"a": 1000, "b": 1000})])
def test_a_partner_is_what_it_is_on_the_last_day(tmp_path: Path, period: str, paid: dict[str, int]) -> None:
    """c joins on 10 April, and has history from there on; before, it is seen as it will be when it joins."""
    history = TABLES["history.csv"] + "c,tier,2026-04-10,2026-04-11,gold\nc,tier,2026-04-12,,silver\n"
    with told(story(tmp_path, POOL, history=history), period) as of:
        assert {name: amount for name, amount in of.payouts().items() if amount} == paid


def test_who_has_left_is_what_it_was_on_its_last_day(tmp_path: Path) -> None:
    tables = {
        "partners": "partner_id,tier,region,recruited_on,terminated_on\na,bronze,FR,2020-01-01,2026-02-28\n",
        "history": HEAD + "a,tier,2020-01-01,2026-02-28,gold\n",
        "deals": "deal_id,partner_id,closed_on,amount\n",
    }
    with told(story(tmp_path, POOL, **tables)) as of:
        assert of.payouts() == {"a": 1000}


CREDITED = """
credit:
  sales: {of: deals, from: [{for: {partners.tier: gold}, owner: 100%}, {owner: 50%}]}
payouts:
  commission:
    credit: sales
    base: deals.amount
    dated: deals.closed_on
    rate: 10%
    multipliers:
      gold: case when partners.tier = 'gold' then 3 else 1 end
"""


def test_credit_and_credited_partners_are_seen_on_the_day_of_the_deal(tmp_path: Path) -> None:
    with told(story(tmp_path, CREDITED)) as of:
        assert lines(of) == {"d1": "500", "d2": "3000", "d3": "3000"}
        sources = [leaf.source for leaf in leaves(of.why("a", "commission"))]
        assert any("history.csv record 2" in source for source in sources), sources
    assert fates(story(tmp_path, CREDITED))["partner_history"]["paid", ""] == 2


def test_a_deal_of_a_day_without_a_version_is_credited_in_no_run_of_its_period(tmp_path: Path) -> None:
    deals = TABLES["deals.csv"] + "old,a,2019-01-01,100.00\n"
    with told(story(tmp_path, CREDITED, deals=deals)) as of:
        assert set(lines(of)) == {"d1", "d2", "d3"}, "what was closed before the history begins is of another period"
    gap = HEAD + "a,tier,2025-01-01,2026-04-09,silver\na,tier,2026-04-11,,gold\n"
    assert refused(story(tmp_path, CREDITED, history=gap)) == ["F330 partner_history:a"]


def test_a_row_of_another_period_in_a_gap_has_its_fate(tmp_path: Path) -> None:
    rules = RATES.replace("rate: 10%", "rate: 10%\n    where: deals.amount * 2 > 1 and partners.tier != 'x'")
    kpis = "kpis:\n  n: {count: deals, where: deals.amount * 2 > 1 and partners.tier = 'gold', dated: deals.closed_on}"
    path = story(tmp_path, rules + kpis, deals=TABLES["deals.csv"] + "old,a,2019-01-01,100.00\n")
    assert fates(path)["deals"]["outside", ""] == 1


def test_a_late_row_of_an_earlier_period_is_paid_by_that_periods_versions(tmp_path: Path) -> None:
    """Recomputed as known now: a late deal of March is of March's tier, whatever holds today; who left earned it."""
    tables = {
        "partners": TABLES["partners.csv"] + "z,bronze,DE,2020-01-01,2026-03-31\n",
        "deals": TABLES["deals.csv"] + "late,a,2026-03-02,100.00\ngone,z,2026-03-02,100.00\n",
        "history": TABLES["history.csv"] + "z,tier,2020-01-01,2026-03-31,gold\n",
    }
    eligible = "eligible: partners.active_at_start\n" + RATES
    with told(story(tmp_path, eligible, **tables), "2026-03") as of:
        assert lines(of) == {"late": "1000", "gone": "2000"}
    with told(story(tmp_path, eligible, **tables), "2026-04") as of:
        assert set(lines(of)) == {"d1", "d2", "d3"}


def test_a_card_is_read_by_the_tier_of_the_day(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    card:
      entries:
        - {for: {partners.tier: gold}, rate: 8%}
        - {for: {partners.tier: silver}, rate: 5%}
"""
    with told(story(tmp_path, rules)) as of:
        assert lines(of) == {"d1": "500", "d2": "800", "d3": "800"}
        assert of.why("a").value == 1_300


def test_groups_are_by_the_attribute_of_the_last_day(tmp_path: Path) -> None:
    history = HEAD + "a,region,2020-01-01,2026-04-29,DE\na,region,2026-04-30,,AT\n"
    found = metrics(story(tmp_path, KPIS, history=history), "2026-04", "region")
    assert found.labels == ("AT", "FR")


DAYS = [date(2026, 4, 1) + timedelta(days=at) for at in range(30)]


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(DAYS), st.sampled_from(["gold", "silver", ""]), max_size=4),
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_each_row_takes_the_version_of_its_day(
    tmp_path: Path, changes: dict[date, str], closed: list[date], random: Random
) -> None:
    """The same in any order of the rows, for payouts and KPIs, looked up here one by one."""
    starts = sorted({date(2020, 1, 1): "silver", **changes}.items())
    ends = [str(start - timedelta(days=1)) for start, _ in starts[1:]] + [""]
    history = [f"a,tier,{start},{end},{tier}\n" for (start, tier), end in zip(starts, ends, strict=True)]
    deals = [f"d{at},a,{day},100.00\n" for at, day in enumerate(closed)]
    random.shuffle(history)
    tables = {"history": HEAD + "".join(history), "deals": "deal_id,partner_id,closed_on,amount\n" + "".join(deals)}
    gold = [[tier for start, tier in starts if start <= day][-1] == "gold" for day in closed]
    path = story(tmp_path, RATES + KPIS, **tables)
    with told(path) as of:
        assert lines(of) == {f"d{at}": "2000" if is_gold else "1000" for at, is_gold in enumerate(gold)}
        assert of.sheet.columns["gold"].fraction(0) == 10_000 * sum(gold)
        assert of.why("a").value == sum(2_000 if each else 1_000 for each in gold)


SOURCES = {
    "partner_history": ("partner_id,attribute,valid_from,valid_to,value", "P1,tier,{},{},gold"),
    "terms": ("partner_id,term,product,deal_id,valid_from,valid_to,value", "P1,rate,,,{},{},0.05"),
    "units": ("partner_id,class,valid_from,valid_to,units", "P1,equity,{},{},10"),
    "salaries": ("partner_id,valid_from,valid_to,annual", "P1,{},{},10.00"),
}


@pytest.mark.parametrize("table", SOURCES)
def test_versions_that_share_a_day_are_rejected_with_both_places(tmp_path: Path, table: str) -> None:
    head, row = SOURCES[table]
    shared = [row.format("2026-01-01", "2026-03-31"), row.format("2026-03-31", ""), ""]
    apart = [row.format("2026-01-01", "2026-03-31"), row.format("2026-04-01", ""), ""]
    found = read(tmp_path, f"{table}: t.csv", {"t.csv": "\n".join([head, *shared])})
    assert found.faults(table) == [(2, ["F124"]), (3, ["F124"])]
    assert read(tmp_path, f"{table}: t.csv", {"t.csv": "\n".join([head, *apart])}).faults(table) == []


def test_two_versions_of_a_rule_pay_each_its_own_days(tmp_path: Path) -> None:
    rule = "base: deals.amount, dated: deals.closed_on"
    rules = f"""
payouts:
  until: {{{rule}, during: 2026-01-01 to 2026-04-10, rate: 5%}}
  since: {{{rule}, during: 2026-04-11 to 2026-12-31, rate: 6%}}
"""
    with told(story(tmp_path, rules)) as of:
        assert sorted(of.lines()) == ["a since d2 600", "a until d1 500", "b until d3 500"]


def test_one_rule_changes_its_rate_on_a_day(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    rate:
      rate: 5%
      plus: case when deals.closed_on >= date '2026-04-11' then 0.01 else 0 end
"""
    with told(story(tmp_path, rules)) as of:
        assert lines(of) == {"d1": "500", "d2": "600", "d3": "500"}
        assert of.why("a").value == 1_100


def test_versions_by_which_partners_are_eligible_are_measured(tmp_path: Path) -> None:
    path = story(tmp_path, "eligible: partners.tier = 'gold'\npayouts: {bonus: {for_each: partners, amount: EUR 10}}\n")
    assert fates(path)["partner_history"] == {("measured", ""): 1, ("not_payable", "no rule reads this table"): 2}
    (verdict,) = trace_row(tmp_path / "books.db", None, "partner_history", "a/tier/2026-04-11").verdicts
    assert verdict.fate == "measured"
