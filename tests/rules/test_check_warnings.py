"""Warnings about suspicious plans: each on its smallest program, and none on the one beside it that is meant so."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from rules.check.spans import POSITIVE, Span, kpi_spans
from rules.load import load, understand

ROOT = Path(__file__).resolve().parents[2]
FRAME = """\
program: Story
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
"""
SOURCES = "sources: {partners: partners.csv, deals: deals.csv}\n"
BONUS = "payouts:\n  bonus: {amount: EUR 100}\n"
COMMISSION = "payouts:\n  commission: {base: deals.amount, dated: deals.closed_on, rate: 5%}\n"
POOL = "pools:\n  shared: {size: EUR 1_000, shared: {by: performance}}\n"
KPIS = """\
kpis:
  won: {count: deals, where: deals.status = 'won', dated: deals.closed_on}
  value: {sum: deals.amount, where: deals.status = 'won', dated: deals.closed_on}
  rate: deal_close_rate
  nps: partner_nps
  growth: partner_growth_rate
"""
SURVEYED = "sources: {partners: partners.csv, deals: deals.csv, surveys: surveys.csv}\n"


def told(text: str) -> list[str]:
    """The warnings of a program as `code: message`; none of its problems is an error."""
    loaded = understand(text.encode(), "program.yaml", Path())
    assert all(each.severity == "warning" for each in loaded.problems), loaded.problems
    assert loaded.meaning is not None, "a warning stops nothing"
    assert all(each.place.line and each.hint for each in loaded.problems)
    return [f"{each.code}: {each.message}" for each in loaded.problems]


def codes(text: str) -> list[str]:
    return [each[:4] for each in told(text)]


def card(kpis: str, more: str = "", rest: str = POOL) -> str:
    """A program with one scorecard; every KPI of its own is used, whatever is scored."""
    used = "  used: {title: used, formula: value / won}\n"
    return f"{FRAME}{SURVEYED}{KPIS}{used}scorecards:\n  performance:\n    kpis: {{{kpis}}}\n{more}{rest}"


def scored(scale: str, more: str = "", rest: str = POOL) -> str:
    """A scorecard of one KPI."""
    name, _, scale = scale.partition(" ")
    return card(f"{name}: {{weight: 100%, {scale}}}", more, rest)


def whole_amount(base: str) -> str:
    """A payout on what a partner has won."""
    kpis = "kpis: {value: total_contract_value}\n"
    return FRAME + SOURCES + kpis + f"payouts:\n  commission: {{base: '{base}', rate: 100%}}\n"


def custom(periods: str) -> str:
    """A calendar of these periods."""
    return f"{{period: custom, periods: {{{periods}}}}}"


# A tier that is kept is read from `partners.tier`; only `carry_last` reads the points of the table `scores`.
HELD = "    tiers: {levels: {low: 0, high: 60}, hysteresis: 5 points}\n"
UNHELD = "    tiers: {levels: {low: 0, high: 60}}\n"
SCORED_BEFORE = "sources: {partners: p.csv, deals: d.csv, surveys: s.csv, scores: scores.csv}\n"
LINEAR = "rate linear: {from: 0%, to: 100%}"

# What is suspicious, with the code that tells it; and the program beside it that tells nothing.
STORIES: dict[str, tuple[str, str, str]] = {
    "a KPI that nothing reads": (
        "P301",
        FRAME + SOURCES + "kpis:\n  won: {count: deals, dated: deals.closed_on}\n" + BONUS,
        FRAME
        + SOURCES
        + "kpis:\n  won: {count: deals, dated: deals.closed_on}\n"
        + "payouts:\n  bonus: {where: won >= 3, amount: EUR 100}\n",
    ),
    "a scorecard that pays nobody": ("P302", scored(LINEAR, rest=BONUS), scored(LINEAR)),
    "a share written as a number": (
        "P303",
        scored("rate linear: {from: 0, to: 60}"),
        scored("rate linear: {from: 0, to: 60%}"),
    ),
    "a band above 100 %": (
        "P303",
        scored("rate bands: [{below: 50%, points: 70}, {up_to: 100%, points: 85}, {points: 100}]"),
        scored("rate bands: [{below: 50%, points: 70}, {below: 100%, points: 85}, {points: 90}]"),
    ),
    "a band below nothing": (
        "P303",
        scored("won bands: [{below: 0, points: 80}, {points: 100}]"),
        scored("won bands: [{up_to: 0, points: 80}, {points: 100}]"),
    ),
    "a step beyond the best survey": (
        "P303",
        scored("nps points_table: {between: interpolate, steps: [{at: 0, points: 0}, {at: 100, points: 90}, "
               "{at: 120, points: 100}]}"),
        scored("nps points_table: {between: interpolate, steps: [{at: 0, points: 0}, {at: 120, points: 100}]}"),
    ),
    "a gate that everybody meets": (
        "P303",
        scored("won gate: {at_least: 0, points: {met: 100, missed: 90}}"),
        scored("won gate: {at_least: 1, points: {met: 100, missed: 90}}"),
    ),
    "a scale in a scale out of reach": (
        "P303",
        scored("rate better_of: [{linear: {from: 0%, to: 150%}}, {linear: {from: 0%, to: 100%}}]"),
        scored("rate better_of: [{linear: {from: 0%, to: 90%}}, {linear: {from: 0%, to: 100%}}]"),
    ),
    "a tier kept below the one under it": (
        "P304",
        scored(LINEAR, "    tiers: {levels: {bronze: 0, silver: 60, gold: 80}, hysteresis: {keep_within: 20.5}}\n"),
        scored(LINEAR, "    tiers: {levels: {bronze: 0, silver: 60, gold: 80}, hysteresis: {keep_within: 20}}\n"),
    ),
    "a tier above the cap": (
        "P305",
        scored(LINEAR, "    cap: 79\n    tiers: {bronze: 0, gold: 80}\n"),
        scored(LINEAR, "    cap: 80\n    tiers: {bronze: 0, gold: 80}\n"),
    ),
    "a tier above the best that the KPIs give": (
        "P305",
        card("rate: {weight: 50%, linear: {from: 0%, to: 100%}}, nps: {weight: 50%, linear: {from: 0, to: 200}}",
             "    missing: zero\n    tiers: {bronze: 0, gold: 80}\n").replace("to: 200", "to: 100, points: {to: 50}"),
        card("rate: {weight: 50%, linear: {from: 0%, to: 100%}}, nps: {weight: 50%, linear: {from: 0, to: 100, "
             "points: {to: 50}}}", "    missing: reweight\n    tiers: {bronze: 0, gold: 80}\n"),
    ),
    "a tier that all go past": (
        "P305",
        scored(LINEAR, "    floor: 60\n    tiers: {bronze: 0, silver: 60}\n"),
        scored(LINEAR, "    floor: 59\n    tiers: {bronze: 0, silver: 60}\n"),
    ),
    "scores without a tier": (
        "P306",
        scored(LINEAR, "    tiers: {silver: 60}\n"),
        scored(LINEAR, "    tiers: {bronze: 0, silver: 60}\n"),
    ),
    "a band that moves the score by a quarter": (
        "P310",
        scored("rate bands: [{below: 50%, points: 0}, {below: 75%, points: 75}, {points: 100}]"),
        scored("rate bands: [{below: 50%, points: 0}, {below: 60%, points: 24}, {below: 70%, points: 47}, "
               "{below: 80%, points: 70}, {below: 90%, points: 85}, {points: 100}]"),
    ),
    "a gate of much weight": (
        "P310",
        card("rate: {weight: 75%, linear: {from: 0%, to: 100%}}, won: {weight: 25%, gate: {at_least: 3}}"),
        card("rate: {weight: 76%, linear: {from: 0%, to: 100%}}, won: {weight: 24%, gate: {at_least: 3}}"),
    ),
    "an attainment that begins with half of the points": (
        "P310",
        scored("won attainment: {of: 10, threshold: 50%, cap: 120%}"),
        scored("won attainment: {of: 10, threshold: 20%, cap: 120%}"),
    ),
    "a table of steps": (
        "P310",
        scored("won points_table: {between: step, steps: [{at: 0, points: 40}, {at: 3, points: 100}]}"),
        scored("won points_table: {between: interpolate, steps: [{at: 0, points: 40}, {at: 3, points: 100}]}"),
    ),
    "a higher rate on the whole amount": (
        "P310",
        whole_amount("case when value >= 500000 then value * 0.1 else value * 0.075 end"),
        whole_amount("case when value >= 500000 then 37500 + (value - 500000) * 0.1 else value * 0.075 end"),
    ),
    "a rate by a case": (
        "P310",
        whole_amount("value * case when value < 500000 then 0.075 else 0.1 end"),
        whole_amount("value * case when value < 500000 then 0.076 else 0.1 end"),
    ),
    "a fee for each point of an attainment without a cap": (
        "P311",
        scored("won attainment: {of: 10}", rest="payouts:\n  fee: {base: performance, per_unit: EUR 10}\n"),
        scored("won attainment: {of: 10, cap: 150%}", rest="payouts:\n  fee: {base: performance, per_unit: EUR 10}\n"),
    ),
    "a fee for each point of growth": (
        "P311",
        f"{FRAME}{SOURCES}kpis: {{growth: partner_growth_rate}}\n"
        "payouts:\n  fee: {base: growth * 100, per_unit: EUR 10}\n",
        f"{FRAME}{SOURCES}kpis: {{growth: partner_growth_rate}}\n"
        "payouts:\n  fee: {base: 'least(growth, 2) * 100', per_unit: EUR 10}\n",
    ),
    "a pool shared by growth": (
        "P312",
        f"{FRAME}{SOURCES}kpis: {{growth: partner_growth_rate}}\n"
        "pools:\n  shared: {size: EUR 10, shared: {by: growth}}\n",
        f"{FRAME}{SOURCES}kpis: {{growth: partner_growth_rate}}\n"
        "pools:\n  shared: {size: EUR 10, shared: {by: growth}, among: growth > 0 and partners.active}\n",
    ),
    "a claim on a pool that may be below zero": (
        "P312",
        f"{FRAME}{SOURCES}kpis: {{growth: {{sum: deals.amount - 500}}}}\n"
        "pools:\n  shared: {size: EUR 10, shared: {talmud: growth}}\n",
        f"{FRAME}{SOURCES}kpis: {{growth: {{sum: deals.amount}}}}\n"
        "pools:\n  shared: {size: EUR 10, shared: {talmud: growth}}\n",
    ),
    "points that may be below zero": (
        "P312",
        f"{FRAME}{SOURCES}kpis: {{growth: partner_growth_rate}}\n"
        "pools:\n  shared: {size: EUR 10, shared: {points: {classes: {a: growth}}}}\n",
        f"{FRAME}{SOURCES}kpis: {{growth: partner_growth_rate}}\n"
        "pools:\n  shared: {size: EUR 10, shared: {points: {classes: {a: growth}}}, among: growth >= 0}\n",
    ),
    "a KPI that nothing reads beside one that a size does": (
        "P301",
        f"{FRAME}{SOURCES}kpis: {{sold: {{sum: deals.amount}}, deals_of_all: {{count: deals}}}}\n"
        "pools:\n  shared: {size: {of: sold, rate: 1%}, shared: equally}\n",
        f"{FRAME}{SOURCES}kpis: {{sold: {{sum: deals.amount}}}}\n"
        "pools:\n  shared: {size: {of: sold, rate: 1%}, shared: equally}\n",
    ),
    "a source that nothing reads": (
        "P313",
        FRAME + "sources: {partners: p.csv, deals: d.csv, costs: c.csv}\n" + COMMISSION,
        FRAME + "sources: {partners: p.csv, deals: d.csv, customers: c.csv}\n" + COMMISSION,
    ),
    "costs that nothing reads beside payees, by whom every cycle pays": (
        "P313",
        FRAME + "sources: {partners: p.csv, deals: d.csv, costs: c.csv}\n" + COMMISSION,
        FRAME + "sources: {partners: p.csv, deals: d.csv, payees: y.csv}\n" + COMMISSION,
    ),
    "a commission on the deals of all time": (
        "P314",
        FRAME + SOURCES + "payouts:\n  commission: {base: deals.amount, rate: 5%}\n",
        FRAME + SOURCES + "payouts:\n  fee: {base: deals.amount, rate: 5%, where: deals.closed_on < period.end}\n",
    ),
    "a year that is in force from February on": (
        "P316",
        FRAME.replace("quarter", "year").replace("2026-01-01", "2026-02-01") + SOURCES + BONUS,
        FRAME.replace("quarter", "year").replace("2026-12-31", "2027-01-31") + SOURCES + BONUS,
    ),
    "a custom calendar for other days": (
        "P316",
        FRAME.replace("quarter", "{period: custom, periods: {spring: 2027-03-01 to 2027-05-31}}") + SOURCES + BONUS,
        FRAME.replace("quarter", "{period: custom, periods: {spring: 2026-03-01 to 2026-05-31}}") + SOURCES + BONUS,
    ),
    "days between two periods": (
        "P317",
        FRAME.replace("quarter", custom("spring: 2026-03-01 to 2026-05-31, summer: 2026-06-02 to 2026-08-31"))
        + SOURCES + BONUS,
        FRAME.replace("quarter", custom("summer: 2026-06-01 to 2026-08-31, spring: 2026-03-01 to 2026-05-31"))
        + SOURCES + BONUS,
    ),
    "days between two periods, not all of them in force": (
        "P317",
        FRAME.replace("quarter", custom("before: 2025-01-01 to 2025-06-30, after: 2026-01-02 to 2026-12-31"))
        + SOURCES + BONUS,
        FRAME.replace("quarter", custom("before: 2025-01-01 to 2025-06-30, after: 2026-01-01 to 2026-12-31"))
        + SOURCES + BONUS,
    ),
    "a rate that takes": (
        "P318",
        FRAME + SOURCES + COMMISSION.replace("5%", "-5%"),
        FRAME + SOURCES + COMMISSION.replace("5%", "0%"),
    ),
    "a rate with a slipped point": (
        "P318",
        FRAME + SOURCES + COMMISSION.replace("5%", "500%"),
        FRAME + SOURCES + COMMISSION.replace("5%", "100%"),
    ),
    "points of the period before that nothing carries on": (
        "P313",
        scored(LINEAR, UNHELD).replace(SURVEYED, SCORED_BEFORE),
        scored(LINEAR, UNHELD + "    missing: carry_last\n").replace(SURVEYED, SCORED_BEFORE),
    ),
    "tiers of the period before that nothing keeps": (
        "P313",
        scored(LINEAR, UNHELD).replace(SURVEYED, SCORED_BEFORE),
        scored(LINEAR, HELD).replace(SURVEYED, SCORED_BEFORE),
    ),
}  # fmt: skip


def test_a_crediting_rule_that_no_payout_names_is_told() -> None:
    own = "credit:\n  own: {of: deals, from: {owner: 100%}}\n"
    paid = COMMISSION.replace("{base", "{credit: own, base")
    assert told(FRAME + SOURCES + own + COMMISSION) == [
        "P323: nothing reads the crediting rule own: no payout pays by it"
    ]
    assert told(FRAME + SOURCES + own + paid) == []
    kpis = "kpis: {won: {count: deals, dated: deals.closed_on}}\n"
    assert told(FRAME + SOURCES + kpis + own) == []  # the program has only been begun


@pytest.mark.parametrize("name", STORIES)
def test_what_is_suspicious_is_told_and_what_is_meant_so_is_not(name: str) -> None:
    code, suspicious, meant = STORIES[name]
    assert codes(suspicious) == [code]
    assert codes(meant) == []


def test_the_words_hold_the_numbers() -> None:
    gate = card("rate: {weight: 70%, linear: {from: 0%, to: 100%}}, won: {weight: 30%, gate: {at_least: 3}}")
    assert told(gate) == ["P310: cliff: at 3 won jumps from 0 to 100 points, and the score by 30 of at most 100"]
    assert told(whole_amount("value * case when value < 500000 then 0.075 else 0.1 end")) == [
        "P310: cliff: at 500,000.00 of value the base of commission jumps from 37,500.00 to 50,000.00"
    ]
    band = scored("value linear: {from: 0, to: EUR 100}, points: {to: 50}", "    tiers: {low: 0, high: 60}\n")
    assert told(band.replace("}, points: {to: 50}", ", points: {to: 50}}")) == [
        "P305: tier high begins at 60, and no score is above 50"
    ]


def test_what_is_not_certain_is_not_told() -> None:
    """Money may be below zero (a credit note), a target is looked up, and a z-score has no ends."""
    bands = "value bands: [{below: EUR 0, points: 80}, {points: 100}]"
    assert codes(scored(bands)) == []
    looked_up = "sources: {partners: p.csv, deals: d.csv, surveys: s.csv, targets: t.csv}\n"
    table = scored("rate bands: [{below: target, points: 80}, {points: 100}]").replace(SURVEYED, looked_up)
    assert codes(table) == []
    peers = scored("value z_score: {deviation: population}", "    tiers: {low: 0, high: 600}\n    floor: 0\n")
    assert codes(peers) == []


def test_a_program_with_an_error_is_told_its_errors_alone() -> None:
    broken = scored("rate linear: {from: 0, to: 60}").replace("weight: 100%", "weight: 90%")
    loaded = understand(broken.encode(), "program.yaml", Path())
    assert [each.code for each in loaded.problems] == ["P201"]


def test_figures_for_the_report_are_no_fault() -> None:
    """KPIs from the catalogue, formulas over others, parts and KPIs of the program."""
    kpis = """\
kpis:
  nps: partner_nps
  won: {count: deals, dated: deals.closed_on}
  twice: {formula: won * 2}
  all_won: {count: deals, dated: deals.closed_on, level: program}
"""
    assert codes(FRAME + SURVEYED + kpis + BONUS) == []


NPS_SCORED = "scorecards:\n  work: {kpis: {nps: {weight: 100%, linear: {from: 0, to: 100}}}}\n"


@pytest.mark.parametrize("rest", ["", NPS_SCORED])
def test_a_program_that_only_measures_or_scores_is_complete(rest: str) -> None:
    kpis = "kpis:\n  nps: partner_nps\n  won: {count: deals, dated: deals.closed_on}\n"
    assert codes(FRAME + SURVEYED + kpis + rest) == []
    assert codes(FRAME + SURVEYED + kpis + rest + BONUS) == (["P301", "P302"] if rest else ["P301"])
    assert codes(FRAME + "sources: {partners: p.csv}\n") == ["P140"]


# Every warning of the programs that we give away, each of which its owner should read.
GIVEN = {
    "docs/examples/channel": ["P166", "P310", "P319", "P319", "P319"],  # a rebate back to the first unit; final bonuses
    "docs/examples/firm": [],
    "docs/examples/premier-league-2015-16": [],
    "rules/templates/channel": [],
    "rules/templates/pool": [],
}


@pytest.mark.parametrize("folder", GIVEN)
def test_the_warnings_of_the_examples_are_these(folder: str) -> None:
    problems = load(ROOT / folder / "program.yaml").problems
    assert sorted(each.code for each in problems) == GIVEN[folder]
    assert all(each.severity == "warning" for each in problems)


SPANS = {
    "count: deals": (0, None),
    "sum: deals.amount": (None, None),
    "sum: case when deals.status = 'won' then 2 else 1 end": (0, None),
    "mean: case when deals.status = 'won' then 2 else 1 end": (1, 2),
    "count: deals, over: {count: deals}": (0, 1),
    "count: deals, where: deals.status = 'won', over: {count: deals}, times: 100": (0, 100),
    "count: deals, where: deals.kind = 'new', over: {count: deals, where: \"deals.kind in ('new', 'old')\"}": (0, 1),
    "count: deals, where: deals.status = 'won', over: {count: deals, where: deals.status = 'lost'}": (0, None),
    "count: deals, over: {count: deals, dated: deals.closed_on}": (0, None),
    "count: deals, dated: deals.closed_on, over: {count: deals}": (0, 1),
    "count_distinct: deals.customer_id, over: {count: deals}": (0, 1),
    "sum: deals.amount, over: {count: deals}": (None, None),
    "formula: 'greatest(0, least(1, -3 * 2))'": (0, 0),
    "formula: 'abs(2 - 5) / 2'": (0, None),
}  # fmt: skip


@pytest.mark.parametrize("kpi", SPANS)
def test_what_a_kpi_can_be(kpi: str) -> None:
    loaded = understand(f"{FRAME}{SOURCES}kpis:\n  one: {{{kpi}}}\n".encode(), "program.yaml", Path())
    low, high = SPANS[kpi]
    expected = Span(None if low is None else Fraction(low), None if high is None else Fraction(high))
    assert kpi_spans(loaded.understood().kpis)["one"] == expected


def test_spans_are_multiplied_by_their_signs() -> None:
    below, across = Span(None, Fraction(-1)), Span(Fraction(-2), Fraction(3))
    assert below.times(POSITIVE) == Span(None, Fraction(0))
    assert below.times(below) == Span(Fraction(1), None)
    assert below.times(across) == Span()
    assert across.times(across) == Span(Fraction(-6), Fraction(9))
    assert below.held(Fraction(0), Fraction(5)) == Span(Fraction(0), Fraction(0))
