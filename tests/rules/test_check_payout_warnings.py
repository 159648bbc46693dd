"""Warnings about payout rules: each on its smallest program, and none on the one beside it that is meant so."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.load import understand

FRAME = """\
program: Story
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
"""
EVENTS = FRAME.replace("deals.csv}", "deals.csv, deal_events: events.csv}")
SCORED = """\
kpis:
  won: {count: deals, where: deals.status = 'won', dated: deals.closed_on}
scorecards:
  performance: {kpis: {won: {weight: 100%, attainment: {of: 10}}}}
"""
GROWTH = "kpis: {growth: partner_growth_rate}\n"
RETURNS = "returns: {refund: {for_each: deal_events, dated: deal_events.occurred_on}}"


def told(text: str) -> list[str]:
    """The warnings of a program as `code: message`; none of its problems is an error."""
    loaded = understand(text.encode(), "program.yaml", Path())
    assert loaded.meaning is not None, loaded.problems
    assert all(each.severity == "warning" and each.place.line and each.hint for each in loaded.problems)
    return [f"{each.code}: {each.message}" for each in loaded.problems]


def deals(rest: str, name: str = "commission") -> str:
    """A payout rule on deals, dated."""
    return f"  {name}: {{dated: deals.closed_on, {rest}}}\n"


def rules(*written: str, frame: str = FRAME, kpis: str = "") -> str:
    return frame + kpis + "payouts:\n" + "".join(written)


def refused(text: str) -> list[tuple[str, str]]:
    """The code and the hint of each error."""
    problems = understand(text.encode(), "program.yaml", Path()).problems
    return [(each.code, each.hint) for each in problems if each.severity == "error"]


def tiers(method: str, low: str, high: str, more: str = "") -> str:
    edge = "" if method == "marginal" else "at_edge: higher_tier, "
    steps = f"[{{to: 100_000, {low}}}, {{{high}}}]"
    return rules(deals(f"base: deals.amount, tiers: {{method: {method}, {edge}{more}steps: {steps}}}"))


def card(first: str, second: str) -> str:
    entries = f"[{{for: {{{first}}}, rate: 5%}}, {{for: {{{second}}}, rate: 8%}}]"
    return rules(deals(f"base: deals.amount, card: {{entries: {entries}, otherwise: {{rate: 5%}}}}"))


def banded(low: str, high: str) -> str:
    bands = f"[{{below: 100_000, times: {low}}}, {{times: {high}}}]"
    return rules(deals(f"base: deals.amount, rate: 5%, multipliers: {{volume: {{by: deals.amount, bands: {bands}}}}}"))


SPIFF = "for_each: deals, amount: EUR 250"
FEES = deals("base: deals.amount, rate: 5%") + deals("for_each: partners, base: commission, rate: -2%", "fee").replace(
    "dated: deals.closed_on, ", ""
)

# What is suspicious, with the code that tells it; and the program beside it that tells nothing.
STORIES: dict[str, tuple[str, str, str]] = {
    "a higher rate back to the first unit": ("P310", tiers("whole", "rate: 5%", "rate: 7.5%"),
                                             tiers("marginal", "rate: 5%", "rate: 7.5%")),
    "a rate that falls by a quarter": ("P310", tiers("whole", "rate: 8%", "rate: 6%"),
                                       tiers("whole", "rate: 8%", "rate: 6.1%")),
    "a first tier of nothing, back to the first unit": ("P310", tiers("whole", "rate: 0%", "rate: 10%"),
                                                        tiers("marginal", "rate: 0%", "rate: 10%")),
    "an amount by tier is a bonus": ("P310", tiers("whole", "rate: 5%", "rate: 10%"),
                                     tiers("whole", "amount: EUR 100", "amount: EUR 500")),
    "a card with an edge": ("P310", card("deals.term_months: {below: 24}", "deals.term_months: {from: 24}"),
                            card("deals.term_months: {below: 24}", "deals.term_months: {from: 36}")),
    "a card by texts has no edge": ("P310", card("deals.product: x, deals.term_months: {to: 23}",
                                                 "deals.product: x, deals.term_months: {above: 23}"),
                                    card("deals.product: x", "deals.product: y")),
    "bands of a multiplier": ("P310", banded("1", "1.5"), banded("1", "1.3")),
    "bands that decide whether": ("P310", banded("0.5", "1"), banded("0", "1")),
    "a rate times a score without a cap": (
        "P311",
        rules(deals("base: deals.amount, rate: {rate: 5%, times: performance / 100}"), kpis=SCORED),
        rules(deals("base: deals.amount, rate: {rate: 5%, times: performance / 100, at_most: 8%}"), kpis=SCORED),
    ),
    "a multiplier by a score without a cap": (
        "P311",
        rules(deals("base: deals.amount, rate: 5%, multipliers: {quality: performance / 100}"), kpis=SCORED),
        rules(deals("base: deals.amount, rate: 5%, multipliers: {quality: {times: performance / 100, at_most: 1.5}}"),
              kpis=SCORED),
    ),
    "a fee for growth, with a cap per partner": (
        "P311",
        rules("  fee: {base: growth * 100, per_unit: EUR 10}\n", kpis=GROWTH),
        rules("  fee: {base: growth * 100, per_unit: EUR 10, limits: [{at_most: EUR 500, cut: pro_rata}]}\n",
              kpis=GROWTH),
    ),
    "a fee for growth, with a cap per line": (
        "P311",
        rules("  fee: {base: growth * 100, per_unit: EUR 10, limits: [{at_least: EUR 50}]}\n", kpis=GROWTH),
        rules("  fee: {base: growth * 100, per_unit: EUR 10, at_most: EUR 500}\n", kpis=GROWTH),
    ),
    "a contest by growth has prizes": (
        "P311",
        rules("  fee: {base: growth, per_unit: EUR 10}\n", kpis=GROWTH),
        rules("  contest: {base: growth, prizes: {best: highest, ties: share, prizes: [EUR 500]}}\n", kpis=GROWTH),
    ),
    "a fee of what another rule pays": ("P318", rules(deals("base: deals.amount, rate: -2%")), rules(FEES)),
    "a slipped point in a matrix": (
        "P318",
        rules(deals("base: deals.amount, matrix: {at_edge: lower_tier, rows: {by: deals.amount, edges: [1_000]}, "
                    "columns: {by: deals.margin, edges: [100]}, rates: [[5%, 6%], [7%, 800%]]}")),
        rules(deals("base: deals.amount, matrix: {at_edge: lower_tier, rows: {by: deals.amount, edges: [1_000]}, "
                    "columns: {by: deals.margin, edges: [100]}, rates: [[5%, 6%], [7%, 8%]]}")),
    ),
    "a bonus for deals that the commission takes back": (
        "P319",
        rules(deals(f"base: deals.amount, rate: 5%, {RETURNS}"), deals(SPIFF, "spiff"), frame=EVENTS),
        rules(deals(f"base: deals.amount, rate: 5%, {RETURNS}"), deals(f"{SPIFF}, {RETURNS}", "spiff"), frame=EVENTS),
    ),
    "returns that only a KPI reads": (
        "P319",
        rules(deals(f"{SPIFF}, where: losses < 3"), kpis="kpis: {losses: {count: deal_events}}\n",
              frame=EVENTS.replace("events.csv", "{file: events.csv, extra: {partner_id: id}}")),
        rules(deals(f"{SPIFF}, {RETURNS}"), frame=EVENTS),
    ),
    "campaigns that overlap": (
        "P320",
        rules(deals(f"{SPIFF}, during: 2026-01-01 to 2026-03-31", "winter"),
              deals(f"{SPIFF}, during: 2026-03-31 to 2026-05-31", "spring")),
        rules(deals(f"{SPIFF}, during: 2026-01-01 to 2026-03-31", "winter"),
              deals(f"{SPIFF}, during: 2026-04-01 to 2026-05-31", "spring")),
    ),
    "campaigns for the same deals": (
        "P320",
        rules(deals(f"{SPIFF}, during: 2026-01-01 to 2026-03-31, where: deals.kind = 'new'", "winter"),
              deals(f"{SPIFF}, during: 2026-02-01 to 2026-02-28, where: deals.kind = 'new'", "spring")),
        rules(deals(f"{SPIFF}, during: 2026-01-01 to 2026-03-31, where: deals.kind = 'new'", "winter"),
              deals(f"{SPIFF}, during: 2026-02-01 to 2026-02-28, where: deals.kind = 'renewal'", "spring")),
    ),
    "a campaign of last year": (
        "P321",
        rules(deals(f"{SPIFF}, during: 2025-02-01 to 2025-03-31")),
        rules(deals(f"{SPIFF}, during: 2025-02-01 to 2026-01-01")),
    ),
    "targets that only a quota reads": (
        "P313",
        rules(deals("base: deals.amount, rate: 5%"), frame=FRAME.replace("deals.csv", "deals.csv, targets: t.csv")),
        rules(deals("base: deals.amount, rate: 5%, where: quota > 0"), kpis="quotas: {quota: {target: sales}}\n",
              frame=FRAME.replace("deals.csv", "deals.csv, targets: t.csv")),
    ),
    "a source that only crediting reads": (
        "P313",
        rules(deals("base: deals.amount, rate: 5%"), frame=FRAME.replace("deals.csv", "deals.csv, credits: c.csv")),
        rules(deals("credit: sales, base: deals.amount, rate: 5%"),
              frame=FRAME.replace("deals.csv", "deals.csv, credits: c.csv, partner_history: h.csv"),
              kpis="credit: {sales: {of: deals, from: {table: {roles: [sourced]}}, "
                   "roll_up: {to: parent, rates: [10%], on_top: true}}}\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_what_is_suspicious_is_told_and_what_is_meant_so_is_not(name: str) -> None:
    code, suspicious, meant = STORIES[name]
    found = [each[:4] for each in told(suspicious)]
    if code in ("P310", "P311", "P318"):
        found = list(dict.fromkeys(found))
    assert found == [code]
    assert told(meant) == []


def test_the_words_hold_the_numbers() -> None:
    assert told(tiers("whole", "rate: 5%", "rate: 7.5%")) == [
        "P310: cliff: at 100,000.00 of deals.amount commission jumps from EUR 5,000.00 to EUR 7,500.00"
    ]
    three = tiers("whole", "rate: 0%", "rate: 2%").replace("{rate: 2%}", "{to: 200_000, rate: 2%}, {rate: 3%}")
    assert told(three) == [
        "P310: cliff: at 100,000.00 of deals.amount commission jumps from EUR 0.00 to EUR 2,000.00, "
        "at 200,000.00 from EUR 4,000.00 to EUR 6,000.00"
    ]
    by_another = tiers("whole", "rate: 5%", "rate: 7.5%", "by: growth, ").replace("100_000", "80%")
    assert told(by_another.replace("payouts:", f"{GROWTH}payouts:")) == [
        "P310: cliff: at 80% of growth commission jumps from 5 % to 7.5 %"
    ]
    assert told(card("deals.term_months: {below: 24}", "deals.term_months: {from: 24}")) == [
        "P310: cliff: at 24 of deals.term_months commission jumps from 5 % to 8 %"
    ]
    assert told(banded("1", "1.5")) == [
        "P310: cliff: at 100,000 of deals.amount commission jumps from 1 times to 1.5 times what is due"
    ]
    accelerator = banded("0", "1").replace("{times: 1}", "{below: 200_000, times: 1}, {times: 1.5}")
    assert told(accelerator) == [
        "P310: cliff: at 100,000 of deals.amount commission jumps from 0 times to 1 times what is due, "
        "at 200,000 from 1 times to 1.5 times what is due"
    ]
    in_percent = accelerator.replace("by: deals.amount", "by: growth").replace("100_000", "80%").replace("200_000", "1")
    assert told(in_percent.replace("payouts:", f"{GROWTH}payouts:"))[0].startswith(
        "P310: cliff: at 80 % of growth commission jumps from 0 times to 1 times what is due, at 100 % from 1 times"
    )
    assert told(STORIES["campaigns that overlap"][1]) == [
        "P320: 2026-03-31 is a day of winter too, and both pay the same rows of deals"
    ]


# --- contests ---------------------------------------------------------------------------------------------------------

PRIZES = "prizes: {best: highest, ties: share, prizes: [EUR 300, EUR 200]}"


def test_a_contest_over_days_of_several_periods_would_be_decided_in_each_and_is_refused() -> None:
    contest = "base: deals.amount, " + PRIZES + ", during: "
    within = deals(contest + "2026-01-15 to 2026-03-31", "contest")
    assert refused(rules(within)) == []
    across = deals(contest + "2026-02-15 to 2026-07-15", "contest")
    ((code, hint),) = refused(rules(across))
    assert code == "P245" and "period.start = date '2026-07-01'" in hint and "window: until_end" in hint


def test_a_contest_of_partners_has_no_days_and_says_what_has() -> None:
    kpis = "kpis: {sales: {sum: deals.amount, dated: deals.closed_on}}\n"
    contest = "  contest: {base: sales, " + PRIZES + ", during: 2026-02-15 to 2026-07-15}\n"
    ((code, hint),) = refused(rules(contest, kpis=kpis))
    assert code == "P195"
    assert "let a KPI measure the days 2026-02-15 to 2026-07-15 (where:, window: until_end)" in hint
