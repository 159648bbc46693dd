"""Payouts and KPIs over rows in other currencies, against a law that is worked out by search and in fractions."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from exchange_stories import DECIMALS, Deal, Law, Rate, files, ran, story
from hypothesis import HealthCheck, given, settings, strategies as st

FIRST = date(2026, 1, 1)
CODES = sorted(DECIMALS)
OWN = ["EUR", "JPY", "KWD"]
MODES = ["half_up", "half_even", "half_down", "up", "down", "floor", "ceiling"]
DAYS = st.integers(0, 89).map(lambda days: FIRST + timedelta(days=days))
REST = """
kpis:
  sourced: {{sum: deals.amount, dated: deals.closed_on}}
  large: {{count: deals, where: deals.amount > {edge}, dated: deals.closed_on}}
payouts:
  flat: {{base: deals.amount, dated: deals.closed_on, rate: 7.5%}}
  sevenfold: {{base: deals.amount * 7, dated: deals.closed_on, rate: 100%}}
  above: {{base: deals.amount * 0.3, dated: deals.closed_on, where: deals.amount > {edge}, rate: 33%}}
  stepped:
    base: greatest(deals.amount, 0)
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{{to: 1000, rate: 5%}}, {{rate: 10%}}]
"""
EDGE = 50


@st.composite
def deals_of(draw: st.DrawFn) -> list[Deal]:
    found = []
    for at in range(draw(st.integers(1, 12))):
        code = draw(st.sampled_from(CODES))
        amount = Fraction(draw(st.integers(-(10**6), 10**7)), 10 ** DECIMALS[code])
        closed = draw(DAYS)
        found.append(Deal(f"D-{at:02}", draw(st.sampled_from(["P-1", "P-2"])), None, closed, amount, code))
    return found


@st.composite
def rates_of(draw: st.DrawFn) -> list[Rate]:
    found = {}
    for _ in range(draw(st.integers(10, 30))):
        own = draw(st.sampled_from(OWN))
        pair = draw(st.permutations([own, draw(st.sampled_from([code for code in CODES if code != own]))]))
        kind, day = draw(st.sampled_from(["spot", "average", "closing"])), draw(DAYS)
        rate = Fraction(draw(st.integers(1, 3 * 10**11)), 10**9)
        of = (day.year, day.month) if kind == "average" else day  # two averages of a month would clash
        found[(*pair, kind, of)] = Rate(pair[0], pair[1], kind, day, rate)
    return list(found.values())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    deals_of(), rates_of(), st.sampled_from(OWN), st.sampled_from(["spot", "average", "closing"]),
    st.sampled_from(MODES), st.integers(1, 60), st.booleans(),
)  # fmt: skip
def test_a_run_is_what_the_law_says(
    deals: list[Deal], rates: list[Rate], own: str, kind: str, mode: str, stale: int, at_end: bool
) -> None:
    law = Law(own, kind, mode, stale, date(2026, 3, 31) if at_end else None)
    exact = {each.key: law.value(each, rates) for each in deals}
    keys = f"rates: {kind}" + ("" if kind == "average" else f", stale_after: {stale} days")
    keys += ", on: period_end" if at_end else ""
    with tempfile.TemporaryDirectory() as folder:
        path = story(Path(folder), f"{{{keys}}}", *files(deals, rates), REST.format(edge=EDGE), own, mode)
        with ran(path, threads=1) as found:
            missing = sorted(key for key, value in exact.items() if value is None)
            assert sorted(each.key for each in found.rejected) == missing
            assert sorted(found.told.lines()) == _lines(law, deals, exact)
            assert found.kpi("sourced") == _sums(law, deals, exact)
            large = found.kpi("large")
            for who in ("P-1", "P-2"):
                assert large[who] == sum(_is_large(law, exact[each.key]) for each in deals if each.partner == who)
            found.told.why("P-1")


def _is_large(law: Law, value: Fraction | None) -> bool:
    return value is not None and law.rounded(value) > EDGE * 10 ** DECIMALS[law.own]


def _lines(law: Law, deals: list[Deal], exact: dict[str, Fraction | None]) -> list[str]:
    found, edge = [], 1000 * 10 ** DECIMALS[law.own]
    for each in deals:
        value = exact[each.key]
        if value is None:
            continue
        named = f"{each.partner} {{}} {each.key} {{}}"
        found.append(named.format("flat", law.rounded(value * Fraction(75, 1000))))
        found.append(named.format("sevenfold", law.rounded(value * 7)))
        if _is_large(law, value):
            found.append(named.format("above", law.rounded(value * Fraction(3, 10) * Fraction(33, 100))))
        earlier = [other for other in deals if other.partner == each.partner]
        earlier = [other for other in earlier if (other.closed, other.key) < (each.closed, each.key)]
        before = sum((max(exact[other.key] or Fraction(0), Fraction(0)) for other in earlier), Fraction(0))
        ends = [_stepped(before, edge), _stepped(before + max(value, Fraction(0)), edge)]
        found.append(named.format("stepped", law.rounded(ends[1] - ends[0])))
    return sorted(found)


def _stepped(total: Fraction, edge: int) -> Fraction:
    return min(total, Fraction(edge)) * Fraction(5, 100) + max(total - edge, Fraction(0)) * Fraction(10, 100)


def _sums(law: Law, deals: list[Deal], exact: dict[str, Fraction | None]) -> dict[str, int]:
    found = {"P-1": 0, "P-2": 0}
    for each in deals:
        value = exact[each.key]
        found[each.partner] += 0 if value is None else law.rounded(value)
    return found
