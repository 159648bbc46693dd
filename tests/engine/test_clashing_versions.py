"""Versions that clash are rejected, and who needs one of them is refused: no default is paid in its place."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from spine_stories import MONTH, partage, write

from engine.acts.metrics import metrics
from engine.facts.versions import Held, stretches
from rules.problem import Refused

PARTNERS = "partner_id,tier,parent_id\np,bronze,\nq,bronze,\n"
DEALS = "deal_id,partner_id,product,closed_on,amount\nd1,p,Atlas,2026-04-10,1000.00\nd2,q,Atlas,2026-04-10,1000.00\n"
RATES_HEAD = "from_currency,to_currency,kind,valid_on,rate\n"
TERMS_HEAD = "partner_id,term,product,deal_id,valid_from,valid_to,value\n"
HISTORY_HEAD = "partner_id,attribute,valid_from,valid_to,value\n"
UNITS_HEAD = "partner_id,class,valid_from,valid_to,units\n"
PAID = "payouts:\n  pay: {base: deals.amount, dated: deals.closed_on, KIND}\n"
BY_TERM = PAID.replace("KIND", "rate: {rate: 5%, term: special}")
BY_TIER = PAID.replace("KIND", "where: partners.tier = 'gold', rate: 5%")
KPI = """
kpis:
  points:
    sum: units.units * days_within(units.valid_from, units.valid_to)
    where: units.class = 'a'
"""
TWO = "p,special,,,2026-01-01,2026-04-30,0.2\np,special,,,2026-04-01,,0.3\n"


def of(folder: Path, rules: str, table: str, text: str, deals: str = DEALS) -> Path:
    sources = f"sources: {{partners: partners.csv, deals: deals.csv, {table}: t.csv}}\n"
    return write(folder, MONTH + sources + rules, {"partners.csv": PARTNERS, "deals.csv": deals, "t.csv": text})


def run(path: Path, period: str = "2026-04") -> str:
    """What a preview says: its payouts by partner, or the first line of what it is refused with."""
    ended = partage("run", path, "--period", period)
    if ended.exit_code:
        return ended.err.splitlines()[0]
    return " ".join(line.split()[-1] for line in ended.out.splitlines() if line.split()[0] in ("p", "q"))


TERMS = [
    ("overlap on the day", TWO, "F331"),
    ("only one of them holds on the day", TWO.replace("2026-04-01", "2026-04-20"), "F331"),
    ("one key twice", "p,special,,,2026-01-01,,0.2\np,special,,,2026-01-01,,0.3\n", "F331"),
    ("none of them on the day", TWO.replace("2026-01-01", "2026-05-01").replace("2026-04", "2026-06"), "50.00 50.00"),
    ("for another product", TWO.replace("special,", "special,Borea"), "50.00 50.00"),
    ("of another term", TWO.replace("special", "other"), "50.00 50.00"),
    ("a closer one holds", TWO + "p,special,Atlas,,2026-01-01,,0.1\n", "100.00 50.00"),
    ("a wider one holds", TWO.replace("special,", "special,Atlas") + "p,special,,,2026-01-01,,0.1\n", "F331"),
    ("the same row twice", "p,special,,,2026-01-01,,0.2\np,special,,,2026-01-01,,0.2\n", "200.00 50.00"),
]


@pytest.mark.parametrize(("rows", "said"), [each[1:] for each in TERMS], ids=[each[0] for each in TERMS])
def test_a_deal_that_needs_a_clashing_term_refuses_the_run(tmp_path: Path, rows: str, said: str) -> None:
    found = run(of(tmp_path, BY_TERM, "terms", TERMS_HEAD + rows))
    assert found.startswith(f"error {said} ") if said.startswith("F") else found == said


def test_the_error_names_the_deal_the_day_and_both_rows(tmp_path: Path) -> None:
    assert run(of(tmp_path, BY_TERM, "terms", TERMS_HEAD + TWO)) == (
        "error F331 the term special agreed with p on 2026-04-10 is not known: terms:2 and terms:3 clash, and deals d1 "
        "is paid by it   t.csv:2"
    )


HISTORY = [
    ("overlap on the day", "p,tier,2026-01-01,2026-04-30,gold\np,tier,2026-04-01,,silver\n", "F331"),
    ("one key twice", "p,tier,2026-01-01,,gold\np,tier,2026-01-01,,silver\n", "F331"),
    (
        "one key twice, within another",
        "p,tier,2026-01-01,2026-06-30,gold\np,tier,2026-04-01,2026-05-31,silver\np,tier,2026-04-01,2026-05-31,x\n",
        "F331",
    ),
    (
        "on other days",
        "p,tier,2026-05-01,2026-06-30,silver\np,tier,2026-06-01,,x\np,tier,2026-01-01,2026-04-30,gold\n",
        "50.00",
    ),
    ("before all of them", "p,tier,2026-05-01,2026-06-30,silver\np,tier,2026-06-01,,x\n", "F330"),
    ("of another attribute", "p,region,2026-01-01,2026-06-30,DE\np,region,2026-04-01,,FR\n", ""),
]


@pytest.mark.parametrize(("rows", "said"), [each[1:] for each in HISTORY], ids=[each[0] for each in HISTORY])
def test_a_deal_that_needs_a_clashing_attribute_refuses_the_run(tmp_path: Path, rows: str, said: str) -> None:
    found = run(of(tmp_path, BY_TIER, "partner_history", HISTORY_HEAD + rows))
    assert found.startswith(f"error {said} ") if said.startswith("F") else found == said


def test_only_who_asks_for_the_attribute_is_refused(tmp_path: Path) -> None:
    rows = "q,tier,2026-01-01,2026-04-30,gold\nq,tier,2026-04-01,,silver\n"
    without = DEALS.replace("d2,q", "d2,p")
    assert run(of(tmp_path, BY_TIER, "partner_history", HISTORY_HEAD + rows, without)) == ""


OF_KIND = """
payouts:
  plain: {base: deals.amount, dated: deals.closed_on, where: deals.product = 'Atlas', rate: 5%}
  by_tier:
    base: deals.amount
    dated: deals.closed_on
    where: deals.product = 'Borea'
    rate: 10%
    multipliers: {gold: case when partners.tier = 'gold' then 2 else 1 end}
"""
KPI_OF_KIND = """
kpis:
  gold: {sum: deals.amount, dated: deals.closed_on, where: deals.product = 'Borea' and partners.tier = 'gold'}
"""
CREDIT_OF_KIND = """
credit:
  own: {of: deals, where: deals.product = 'Borea' and partners.tier = 'gold', from: {owner: 100%}}
payouts:
  pay: {credit: own, base: deals.amount, dated: deals.closed_on, rate: 5%}
"""
CLASH = "p,tier,2026-01-01,2026-04-30,gold\np,tier,2026-04-01,,silver\n"
GAP = "p,tier,2026-01-01,2026-04-09,gold\n"


@pytest.mark.parametrize("history", [CLASH, GAP], ids=["clash", "gap"])
@pytest.mark.parametrize(
    ("rules", "paid"),
    [
        (OF_KIND, "50.00 50.00"),
        (OF_KIND.replace("where: deals.product = 'Borea'", "where: deals.product = 'Borea' and partners.tier != 'x'"),
         "50.00 50.00"),
        (OF_KIND.replace("where: deals.product = 'Borea'", "where: partners.tier != 'x' and 2 * deals.amount < 200"),
         "50.00 50.00"),
        (CREDIT_OF_KIND, ""),
    ],
)  # fmt: skip
def test_only_rows_that_the_rule_pays_ask_for_an_attribute(tmp_path: Path, rules: str, paid: str, history: str) -> None:
    path = of(tmp_path, rules, "partner_history", HISTORY_HEAD + history)
    assert run(path) == paid
    asking = "d3,p,Borea,2026-04-10,10.00\nd4,p,Borea,2026-04-10,10.00\n"
    (tmp_path / "deals.csv").write_text(DEALS + asking)
    assert ", and deals d3 and 1 more ask for it" in run(path)


@pytest.mark.parametrize("history", [CLASH, GAP], ids=["clash", "gap"])
def test_only_rows_that_a_measure_counts_ask_for_an_attribute(tmp_path: Path, history: str) -> None:
    path = of(tmp_path, KPI_OF_KIND, "partner_history", HISTORY_HEAD + history)
    assert metrics(path, "2026-04").values["gold"].fractions() == [0, 0]
    (tmp_path / "deals.csv").write_text(DEALS + "d3,p,Borea,2026-04-10,10.00\n")
    with pytest.raises(Refused, match=r"tier of p on 2026-04-10.*, and deals d3 asks for it|deals d3 asks for it"):
        metrics(path, "2026-04")


def test_a_parent_of_clashing_versions_is_no_parent_of_today(tmp_path: Path) -> None:
    rules = """
credit:
  own: {of: deals, from: {owner: 100%}, roll_up: {to: parent, rates: [10%], on_top: false}}
payouts:
  pay: {credit: own, base: deals.amount, dated: deals.closed_on, rate: 5%}
"""
    rows = "p,parent,2026-01-01,2026-04-30,q\np,parent,2026-04-01,,\n"
    assert run(of(tmp_path, rules, "partner_history", HISTORY_HEAD + rows)).startswith("error C128 ")


UNITS = [
    ("overlap in the period", "p,a,2026-01-01,2026-04-30,10\np,a,2026-04-01,,20\n", "F331"),
    ("overlap in another period", "p,a,2026-01-01,2026-02-28,10\np,a,2026-02-01,2026-03-31,20\n", "0 0"),
    ("of another class", "p,b,2026-01-01,2026-04-30,10\np,b,2026-04-01,,20\np,a,2026-01-01,,1\n", "30 0"),
]


@pytest.mark.parametrize(("rows", "said"), [each[1:] for each in UNITS], ids=[each[0] for each in UNITS])
def test_points_of_clashing_units_are_not_zero(tmp_path: Path, rows: str, said: str) -> None:
    path = of(tmp_path, KPI, "units", "")
    (tmp_path / "t.csv").write_text(UNITS_HEAD + rows)
    if said == "F331":
        with pytest.raises(Refused, match=r"F331 what points.* measures in units is not known: units:2 and units:3"):
            metrics(path, "2026-04")
    else:
        assert " ".join(map(str, metrics(path, "2026-04").values["points"].fractions())) == said


RATES = [
    ("twice on the day", "USD,EUR,spot,2026-04-10,0.9\nUSD,EUR,spot,2026-04-10,0.8\n", "F234"),
    (
        "an older one is there",
        "USD,EUR,spot,2026-04-09,0.5\nUSD,EUR,spot,2026-04-10,0.9\nUSD,EUR,spot,2026-04-10,0.8\n",
        "F234",
    ),
    (
        "the inverse is there",
        "EUR,USD,spot,2026-04-10,2\nUSD,EUR,spot,2026-04-10,0.9\nUSD,EUR,spot,2026-04-10,0.8\n",
        "F234",
    ),
    (
        "the inverse is there twice",
        "USD,EUR,spot,2026-04-10,0.5\nEUR,USD,spot,2026-04-10,0.9\nEUR,USD,spot,2026-04-10,0.8\n",
        "50.00 25.00",
    ),
    (
        "on an earlier day",
        "USD,EUR,spot,2026-04-10,0.5\nUSD,EUR,spot,2026-04-09,0.9\nUSD,EUR,spot,2026-04-09,0.8\n",
        "50.00 25.00",
    ),
]


@pytest.mark.parametrize(("rows", "said"), [each[1:] for each in RATES], ids=[each[0] for each in RATES])
def test_a_deal_between_two_rates_of_its_day_refuses_the_run(tmp_path: Path, rows: str, said: str) -> None:
    deals = DEALS.replace("amount\n", "amount,currency\n").replace(".00\nd2", ".00,USD\nd2").rstrip() + ",EUR\n"
    rules = "exchange: {rates: spot}\n" + PAID.replace("KIND", "rate: 5%")
    found = run(of(tmp_path, rules, "fx_rates", RATES_HEAD + rows, deals))
    assert found.startswith(f"error {said} ") if said.startswith("F") else found == said
    if said == "F234":
        assert "clash" in found and "fx_rates:" in found
        assert run(tmp_path / "program.yaml", "2026-05") == ""


AVERAGES = [
    ("differ", "USD,EUR,average,2026-04-15,0.84\nUSD,EUR,average,2026-04-30,0.85\n", "F234"),
    (
        "the other direction",
        "EUR,USD,average,2026-04-15,2\nUSD,EUR,average,2026-04-15,0.84\nUSD,EUR,average,2026-04-30,0.85\n",
        "F234",
    ),
    (
        "one day twice, and a later one",
        "USD,EUR,average,2026-04-15,0.84\nUSD,EUR,average,2026-04-15,0.8\nUSD,EUR,average,2026-04-30,0.85\n",
        "F234",
    ),
    ("are equal", "USD,EUR,average,2026-04-15,0.5\nUSD,EUR,average,2026-04-30,0.5\n", "50.00 25.00"),
    ("of two months", "USD,EUR,average,2026-04-15,0.5\nUSD,EUR,average,2026-05-31,0.8\n", "50.00 25.00"),
]


@pytest.mark.parametrize(("rows", "said"), [each[1:] for each in AVERAGES], ids=[each[0] for each in AVERAGES])
def test_a_month_with_two_averages_has_none(tmp_path: Path, rows: str, said: str) -> None:
    deals = DEALS.replace("amount\n", "amount,currency\n").replace(".00\nd2", ".00,USD\nd2").rstrip() + ",EUR\n"
    rules = "exchange: average\n" + PAID.replace("KIND", "rate: 5%")
    found = run(of(tmp_path, rules, "fx_rates", RATES_HEAD + rows, deals))
    assert found.startswith(f"error {said} ") if said.startswith("F") else found == said
    if said == "F234":
        assert "clash" in found and "fx_rates" in found
        assert run(tmp_path / "program.yaml", "2026-05") == ""


HELD = """
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
scorecards:
  standing:
    kpis: {sold: {weight: 100%, linear: {from: 0, to: 1_000}}}
    tiers: {levels: {bronze: 0, gold: 50}, hysteresis: {keep_within: 5 points}}
"""


def test_a_tier_that_is_kept_from_clashing_versions_is_not_that_of_today(tmp_path: Path) -> None:
    rows = "p,tier,2026-01-01,2026-04-05,gold\np,tier,2026-04-01,2026-04-03,bronze\np,tier,2026-04-06,,gold\n"
    path = of(tmp_path, HELD, "partner_history", HISTORY_HEAD + rows)
    ended = partage("score", path, "--period", "2026-04")
    assert ended.err.startswith("error F331 the tier of p on 2026-04-01 is not known"), ended.err + ended.out


DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 20))
VERSIONS = st.lists(st.tuples(DAYS, st.integers(0, 9) | st.none(), st.booleans()), max_size=5)


@given(VERSIONS)
def test_stretches_are_all_days_once_and_a_clash_outranks_what_was_accepted(
    told: list[tuple[date, int | None, bool]],
) -> None:
    held = [
        Held(first, date.max if days is None else first + timedelta(days=days), str(record), record, is_clash)
        for record, (first, days, is_clash) in enumerate(told)
    ]
    found = list(stretches(held))
    assert found[0][0] == date.min and found[-1][1] == date.max
    assert all(after[0] - before[1] == timedelta(days=1) for before, after in pairwise(found))
    for first, last, value, record, clash in found:
        on = [each for each in held if each.first <= first and last <= each.last]
        assert on == [each for each in held if each.first <= last and first <= each.last], (
            "cut where one begins or ends"
        )
        assert (clash is not None) == any(each.is_clash for each in on)
        assert (record is None) == (clash is not None or not on) and (value is None) == (record is None)
