"""Scorecards from source rows to score, tier and rank: stories worked out by hand, each explained back to the point."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from score_stories import KPIS, PAY, TABLES, entries, explain_all, points, scores, story, tiers
from spine_stories import Told, partage, told

from engine.explain import DoesNotReAdd
from engine.facts.gather import gather_facts
from engine.plan import compile_plan
from engine.sheet import evaluate
from engine.values import Sheet
from rules.load import load
from rules.quantities.exact import Exact

# of won: 400 is 100 points, 100 is 25, 0 is 0, 250 is 62.5; of support: 9 is 80, 5 is 0, else missing
WON = "won: {weight: 60%, linear: {from: 0, to: 400}}"
SUPPORT = "support: {weight: 40%, linear: {from: 5, to: 10}}"

# --- what a missing KPI does ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        # acme 0.6 x 100 + 0.4 x 80, bolt 0.6 x 25 + 0.4 x 0; crux and dune have no answers: won alone counts
        ("reweight", {"acme": 92, "bolt": 15, "crux": 0, "dune": Fraction(125, 2)}),
        ("zero", {"acme": 92, "bolt": 15, "crux": 0, "dune": Fraction(75, 2)}),  # 0.6 x 62.5
    ],
)
def test_a_missing_kpi_leaves_its_weight_or_counts_as_zero(
    missing: str, expected: dict[str, Fraction], tmp_path: Path
) -> None:
    assert scores(story(tmp_path, entries(WON, SUPPORT) + f"missing: {missing}")) == expected


def test_a_missing_kpi_is_an_error_that_names_partner_and_kpi(tmp_path: Path) -> None:
    path = story(tmp_path, entries(WON, SUPPORT))
    for command in ("score", "run"):
        ended = partage("--store", tmp_path / "books.db", command, path, "--period", "2026-04")
        assert ended.exit_code == 2
        assert "error F306 performance cannot score crux: no points of support" in ended.err
        assert "error F306 performance cannot score dune: no points of support" in ended.err
        assert "acme" not in ended.err
    assert not (tmp_path / "books.db").exists() or "S112" in partage("--store", tmp_path / "books.db", "show").err


def test_only_what_must_be_there_is_named(tmp_path: Path) -> None:
    lost = "lost: {weight: 40%, missing: reweight, linear: {from: 1, to: 0}}"
    kpis = KPIS.replace("lost: {count: deals,", "lost: {mean: deals.amount,")  # of whoever lost nothing it is unknown
    path = story(tmp_path, entries("support: {weight: 60%, linear: {from: 5, to: 10}}", lost), kpis=kpis)
    ended = partage("score", path, "--period", "2026-04")
    assert "cannot score crux: no points of support " in ended.err


def test_points_of_the_period_before_are_carried(tmp_path: Path) -> None:
    old = """
        partner_id,scorecard,kpi,period,points
        crux,performance,support,2026-03,50
        crux,performance,support,2026-02,99
        dune,quality,support,2026-03,70
        acme,performance,support,2026-03,1
        """
    path = story(tmp_path, entries(WON, SUPPORT) + "missing: carry_last", scores=old)
    # crux keeps 50 of March: 0.6 x 0 + 0.4 x 50; dune had none on this scorecard; acme has an answer of April
    assert scores(path) == {"acme": 92, "bolt": 15, "crux": 20, "dune": None}
    with told(path) as of:
        assert "no points of the last period" in of.why("dune", "performance").words
        carried = next(part for part in of.why("crux", "performance").parts if part.title.startswith("support"))
        assert "keeps the 50 points of the last period" in carried.words


def test_too_few_kpis_are_no_score(tmp_path: Path) -> None:
    path = story(tmp_path, entries(WON, SUPPORT) + "missing: reweight\nat_least: 2 KPIs")
    assert scores(path) == {"acme": 92, "bolt": 15, "crux": None, "dune": None}
    ended = partage("score", path, "--period", "2026-04")
    assert "2 of 4 scored (not: 2 few kpis)" in ended.out and "not scored" in ended.out
    answer = partage("score", path, "--period", "2026-04", "--json").json()["scorecards"]["performance"]
    assert answer[0] == {
        "partner_id": "acme",
        "score": "92",
        "tier": None,
        "rank": None,
        "not_scored": None,
        "points": {"won": "100", "support": "80"},
        "carried": {},
    }
    assert answer[-1]["not_scored"] == "few_kpis" and answer[-1]["score"] is None


# --- whom it scores, and groups ---------------------------------------------------------------------------------------


def test_who_is_not_scored_is_nobodys_peer(tmp_path: Path) -> None:
    card = "for: partners.kind = 'reseller'\n" + entries("won: {weight: 100%, percentile: {method: below}}")
    # of acme 400, bolt 100, crux 0: better than 2, 1 and 0 of 3; dune's 250 is not among them
    expected = {"acme": Fraction("66.67"), "bolt": Fraction("33.33"), "crux": 0, "dune": None}
    path = story(tmp_path, card)
    assert scores(path) == expected
    with told(path) as of:
        assert "the scorecard is for partners.kind = 'reseller'" in of.why("dune", "performance").words


def test_groups_in_groups(tmp_path: Path) -> None:
    card = """
groups:
  results:
    weight: 75%
    groups:
      sales: {weight: 2/3, kpis: {won: {weight: 100%, linear: {from: 0, to: 400}}}}
      losses: {weight: 1/3, kpis: {lost: {weight: 100%, linear: {from: 1, to: 0}}}}
  service: {weight: 25%, kpis: {support: {weight: 100%, linear: {from: 5, to: 10}}}}
missing: reweight
"""
    # acme: results 2/3 x 100 + 1/3 x 100 = 100, service 80: 0.75 x 100 + 0.25 x 80
    # bolt: results 2/3 x 25 + 1/3 x 0 = 50/3, service 0: 12.5; crux: results 1/3 x 100 alone; dune (125 + 100) / 3 = 75
    path = story(tmp_path, card)
    assert scores(path) == {"acme": 95, "bolt": Fraction(25, 2), "crux": Fraction("33.33"), "dune": 75}
    weights = scores(path, "performance.weights.results.sales.won")
    assert weights == {"acme": Fraction(1, 2), "bolt": Fraction(1, 2), "crux": Fraction(2, 3), "dune": Fraction(2, 3)}


# --- what a KPI is held against ---------------------------------------------------------------------------------------


def test_targets_are_a_partners_own_or_everybodys_and_the_latest_counts(tmp_path: Path) -> None:
    targets = """
        target_id,partner_id,scope,kpi,period,target,version,set_on
        t1,acme,partner,won,2026-04,800,1,2026-01-01
        t2,acme,partner,won,2026-04,500,2,2026-02-01
        t3,,program,won,2026-04,200,1,2026-01-01
        t4,acme,partner,won,2026-05,1,3,2026-03-01
        t5,crux,partner,wins,2026-04,1,1,2026-01-01
        """
    card = entries("won: {weight: 100%, attainment: {of: target, threshold: 60%, cap: 120%}}")
    # acme 400 of 500; bolt 100 of 200 is below 60 %; crux 0 of 200; dune 250 of 200 is capped
    path = story(tmp_path, card, targets=targets)
    assert scores(path) == {"acme": 80, "bolt": 0, "crux": 0, "dune": 120}
    with told(path) as of:
        assert any(
            part.title == "target" and part.shown == "500.00" for part in of.why("acme", "performance").parts[0].parts
        )


def test_fewer_is_better_in_attainment(tmp_path: Path) -> None:
    targets = "target_id,partner_id,scope,kpi,period,target\nt1,,program,lost,2026-04,2\n"
    card = entries("lost: {weight: 100%, attainment: {of: target, cap: 150%}}")
    # 2 lost deals are the target: bolt lost 1, which is 200 % and capped; who lost none has reached the cap
    assert scores(story(tmp_path, card, targets=targets)) == dict.fromkeys(("acme", "bolt", "crux", "dune"), 150)


def test_benchmarks_are_of_the_segment_or_of_all(tmp_path: Path) -> None:
    benchmarks = """
        kpi,segment,period,p25,p50,p75
        won,smb,2026-04,50,200,400
        won,all,2026-04,100,250,500
        won,smb,2026-03,1,2,3
        """
    card = entries("won: {weight: 100%, linear: {from: benchmark.p25, to: benchmark.p75}}")
    # smb: acme 400 is the p75; bolt (100 - 50) / 350; large and blank have all's: crux 0, dune (250 - 100) / 400
    expected = {"acme": 100, "bolt": Fraction("14.29"), "crux": 0, "dune": Fraction("37.5")}
    assert scores(story(tmp_path, card, benchmarks=benchmarks)) == expected


def test_a_percentile_of_ones_kind(tmp_path: Path) -> None:
    line = "{percentile: 50%, among: partners.kind}"
    card = entries(f"won: {{weight: 100%, gate: {{at_least: {line}}}}}")
    # the middle of the resellers' 400, 100 and 0 is 100; dune is its own middle
    assert scores(story(tmp_path, card)) == {"acme": 100, "bolt": 100, "crux": 0, "dune": 100}


def test_another_kpi_is_a_baseline(tmp_path: Path) -> None:
    before = KPIS + "  before: {sum: deals.amount, dated: deals.closed_on, window: period_before}\n"
    improvement = "{over: {expression: before}, measured: growth, scale: {linear: {from: -100%, to: 0%}}}"
    path = story(tmp_path, entries(f"won: {{weight: 100%, improvement: {improvement}}}") + "missing: zero", kpis=before)
    # acme: 400 after 800 is -50 %, half of the way; the others had nothing to grow from
    assert points(path, "won") == [50, None, None, None]


@pytest.mark.parametrize(
    ("mode", "to", "expected"),
    [
        # won in points: 100, 25, 0 and 62.5
        ("half_up", "1", [100, 25, 0, 63]),
        ("half_even", "1", [100, 25, 0, 62]),
        ("half_down", "1", [100, 25, 0, 62]),
        ("half_up", "10", [100, 30, 0, 60]),
        ("half_even", "10", [100, 20, 0, 60]),
        ("up", "50", [100, 50, 0, 100]),
        ("down", "50", [100, 0, 0, 50]),
    ],
)
def test_points_that_land_on_a_half_are_rounded_as_the_rule_says(
    mode: str, to: str, expected: list[int], tmp_path: Path
) -> None:
    card = entries(f"won: {{weight: 100%, linear: {{from: 0, to: 400, round: {{mode: {mode}, to: {to}}}}}}}")
    assert points(story(tmp_path, card), "won") == expected


# --- on top of a score ------------------------------------------------------------------------------------------------

ONE = entries("won: {weight: 100%, linear: {from: 0, to: 400}}")  # acme 100, bolt 25, crux 0, dune 62.5


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("bonus: {local: {when: partners.region = 'DE', points: 5}}", [105, 25, 5, Fraction("67.5")]),
        ("bonus: {local: {when: partners.region = 'DE', points: 5}}\ncap: 100", [100, 25, 5, Fraction("67.5")]),
        # an unknown bonus adds nothing: only acme and bolt were asked
        (
            "bonus: {loved: {kpi: support, gate: {at_least: 8, points: {met: 3, missed: -1}}}}",
            [103, 24, 0, Fraction("62.5")],
        ),
        (
            "bonus: {a: {when: true, points: 5}, b: {when: true, points: 9}}\nbonus_cap: 10",
            [110, 35, 10, Fraction("72.5")],
        ),
        ("multipliers: {local: {when: partners.region = 'DE', by: 1.2}}", [120, 25, 0, 75]),
        (
            "multipliers: {local: {when: partners.region = 'DE', by: 2}}\nbonus: {all: {when: true, points: 10}}",
            [210, 35, 10, 135],
        ),
        (
            "multipliers: {local: {when: partners.region = 'DE', by: 2}}\nbonus: {all: {when: true, points: 10}}\n"
            "multiply: with_bonus",
            [220, 35, 20, 145],
        ),
        # an unknown multiplier leaves no score
        (
            "multipliers: {served: {kpi: support, linear: {from: 5, to: 9, points: {from: 1, to: 2}}}}",
            [200, 25, None, None],
        ),
        ("gates: {active: {kpi: wins, gate: {at_least: 2}, otherwise: zero}}", [100, 0, 0, 0]),
        ("gates: {active: {kpi: wins, gate: {at_least: 1}, otherwise: not_scored}}", [100, 25, None, Fraction(125, 2)]),
        ("gates: {local: {when: partners.region = 'DE', otherwise: zero}}\nfloor: 30", [100, 0, 30, Fraction(125, 2)]),
        ("gates: {asked: {kpi: support, gate: {at_least: 5}, otherwise: zero}}", [100, 25, None, None]),
    ],
)
def test_bonus_multipliers_and_gates(more: str, expected: list[Any], tmp_path: Path) -> None:
    assert list(scores(story(tmp_path, ONE + more)).values()) == expected


# --- tiers and ranks --------------------------------------------------------------------------------------------------


def test_who_held_a_tier_keeps_it_within_some_points(tmp_path: Path) -> None:
    partners = """
        partner_id,tier
        acme,silver
        bolt,silver
        crux,gold
        dune,gold
        """
    levels = "levels: {bronze: 20, silver: 40, gold: 70}"
    card = ONE + f"tiers: {{{levels}, hysteresis: {{keep_within: 15 points}}}}"
    # acme rises with 100; bolt's 25 is within 15 of silver; crux's 0 is below all; dune's 62.5 is within 15 of gold
    path = story(tmp_path, card, partners=partners)
    assert tiers(path) == {"acme": "gold", "bolt": "silver", "crux": None, "dune": "gold"}
    scores(path)
    without = story(tmp_path / "without", ONE + f"tiers: {{{levels}}}", partners=partners)
    assert tiers(without) == {"acme": "gold", "bolt": "bronze", "crux": None, "dune": "silver"}


@pytest.mark.parametrize(
    ("rank", "expected"),
    [
        ("competition", [1, 2, 4, 2]),
        ("dense", [1, 2, 3, 2]),
        ("ordinal", [1, 2, 4, 3]),
        ("mean", [1, Fraction(5, 2), 4, Fraction(5, 2)]),
        ("{ties: competition, among: partners.region}", [1, 1, 3, 2]),
    ],
)
def test_ranks_with_ties(rank: str, expected: list[Any], tmp_path: Path) -> None:
    card = entries("wins: {weight: 100%, linear: {from: 0, to: 2}}") + f"rank: {rank}"  # 2, 1, 0 and 1 won deals
    assert list(scores(story(tmp_path, card), "performance.rank").values()) == expected


TIERED = ONE + "tiers: {silver: 20, gold: 60}\nrank: competition"  # gold acme and dune, silver bolt, none crux


@pytest.mark.parametrize(
    ("condition", "paid"),
    [
        ("performance.tier = 'gold'", ["acme", "dune"]),
        ("'gold' = performance.tier", ["acme", "dune"]),
        ("performance.tier != 'gold'", ["bolt", "crux"]),
        ("performance.tier in ('silver', 'gold')", ["acme", "bolt", "dune"]),
        ("not performance.tier in ('silver', 'gold') or wins > 1", ["acme", "crux"]),
        ("case when performance.tier = 'gold' then partners.region = 'DE' else wins = 1 end", ["acme", "bolt", "dune"]),
        ("performance >= 25 and performance.rank <= 2", ["acme", "dune"]),
    ],
)
def test_a_pool_is_for_a_tier(condition: str, paid: list[str], tmp_path: Path) -> None:
    pool = f'pools:\n  bonus: {{size: 100, shared: equally, residue: house, among: "{condition}"}}\n'
    path = story(tmp_path, TIERED, pool)
    with told(path) as of:
        explain_all(of)
        assert [partner for partner, minor in of.payouts().items() if minor] == paid


def test_a_payout_rests_on_a_score_and_says_so(tmp_path: Path) -> None:
    pay = """payouts:
  commission: {base: deals.amount * performance / 100, rate: 10%, dated: deals.closed_on, unknown: leave_out}
"""
    with told(story(tmp_path, ONE, pay)) as of:
        # acme 100 points: 10 % of 400.00; bolt 25 points: 10 % of 25.00 and of 225.00; dune 62.5 points of 250.00
        assert of.payouts() == {"acme": 40_00, "bolt": 25_00, "crux": 0, "dune": 15_63}
        words = [part.title for part in of.why("dune", "commission").parts]
        assert words == ["deals.amount * performance / 100"]
        assert explain_all(of)


def test_a_scorecard_is_for_those_of_a_tier_of_another(tmp_path: Path) -> None:
    more = f"""  elite:
    for: performance.tier = 'gold'
    kpis: {{wins: {{weight: 100%, rank: {{ties: mean}}}}}}
    bonus: {{first: {{when: performance.rank = 1, points: 1}}}}
{PAY}"""
    path = story(tmp_path, TIERED, more)
    # among acme with 2 won deals and dune with 1: first 100, last 0; acme is first on the other scorecard
    assert scores(path, "elite") == {"acme": 101, "bolt": None, "crux": None, "dune": 0}
    with told(path) as of:
        assert "the scorecard is for performance.tier = 'gold'" in of.why("bolt", "elite").words


# --- what may never change a score ------------------------------------------------------------------------------------

WHOLE = f"""
for: partners.kind in ('reseller', 'referral')
{entries(WON, SUPPORT)}
missing: reweight
bonus: {{local: {{when: partners.region = 'DE', points: 5}}}}
tiers: {{levels: {{bronze: 0, silver: 20, gold: 60}}, hysteresis: 5 points}}
rank: {{ties: mean, among: partners.kind}}
"""


def sheet_of(path: Path, threads: int | None = None) -> Sheet:
    loaded = load(path)
    meaning = loaded.understood()
    period = meaning.calendar.period("2026-04")
    with gather_facts(meaning, loaded.folder, period, threads=threads) as facts:
        return evaluate(compile_plan(meaning), facts.snapshot, period)


def same(one: Sheet, other: Sheet) -> bool:
    return one.columns.keys() == other.columns.keys() and all(
        column.fractions() == other.columns[name].fractions() for name, column in one.columns.items()
    )


def test_neither_row_order_nor_threads_nor_the_format_change_anything(tmp_path: Path) -> None:
    path = story(tmp_path / "plain", WHOLE)
    plain = sheet_of(path, 1)
    assert same(plain, sheet_of(path, 4))

    turned = {}
    for name, text in TABLES.items():
        header, *rows = [line.strip() for line in text.strip().splitlines()]
        turned[name.removesuffix(".csv")] = "\n".join([header, *reversed(rows)]) + "\n"
    assert same(plain, sheet_of(story(tmp_path / "turned", WHOLE, **turned)))

    there = tmp_path / "parquet"
    parquet = story(there, WHOLE)
    for name in TABLES:
        csv, kept = there / name, there / name.replace(".csv", ".parquet")
        duckdb.read_csv(str(csv), all_varchar=True).write_parquet(str(kept))
        csv.unlink()
    parquet.write_text(parquet.read_text().replace(".csv", ".parquet"))
    assert same(plain, sheet_of(parquet))


def test_an_explanation_of_a_tampered_sheet_raises(tmp_path: Path) -> None:
    with told(story(tmp_path, WHOLE)) as of:
        explain_all(of)
        for column in ("won", "performance", "performance.tier", "performance.rank", "performance.points.won"):
            changed = of.sheet.columns[column] + Exact(np.array([0, 1, 0, 0]), 10**9)
            columns = {**of.sheet.columns, column: changed}
            sheet = Sheet(of.sheet.period, of.sheet.frames, columns, of.sheet.frame_of)
            tampered = Told(of.plan, sheet, of.facts, of.run)
            with pytest.raises(DoesNotReAdd):
                explain_all(tampered)
