"""What a scorecard starts from: tiers and points of the tables, else of the period before as it is worked out now."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import partage, write

HEAD = """
program: Story
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, vals: vals.csv}
tables:
  vals: {key: [partner_id, day], columns: {partner_id: id, day: date, won: number, asked: number}}
kpis:
  won: {sum: vals.won, dated: vals.day}
  asked: {sum: vals.asked, dated: vals.day}
scorecards:
  card:
"""
VALUES = """partner_id,day,won,asked
acme,2026-02-01,82,40
bolt,2026-02-01,60,10
acme,2026-05-01,77,
bolt,2026-05-01,78,20
acme,2026-08-01,76,
bolt,2026-08-01,40,30
"""
LINEAR = "linear: {from: 0, to: 100}"


def story(folder: Path, card: str, partners: str) -> Path:
    indented = "".join(f"    {line}\n" for line in card.strip().splitlines())
    return write(folder, HEAD + indented, {"partners.csv": partners, "vals.csv": VALUES})


def scores(path: Path, period: str) -> dict[str, dict[str, object]]:
    told = partage("score", path, "--period", period, "--json").json()["scorecards"]["card"]
    return {each["partner_id"]: each for each in told}


TIERS = f"""
kpis: {{won: {{weight: 100%, {LINEAR}}}}}
tiers: {{levels: {{bronze: 0, silver: 50, gold: 80}}, hysteresis: {{keep_within: 5 points}}}}
"""


def test_who_earned_gold_in_the_period_before_keeps_it_where_no_table_says_the_tier(tmp_path: Path) -> None:
    path = story(tmp_path, TIERS, "partner_id,tier\nacme,\nbolt,\n")
    tiers = [[scores(path, f"2026-Q{at}")[who]["tier"] for at in (1, 2, 3)] for who in ("acme", "bolt")]
    assert tiers == [["gold", "gold", "gold"], ["silver", "silver", "bronze"]]


def test_the_tier_that_the_table_says_outranks_the_one_that_was_earned_before(tmp_path: Path) -> None:
    path = story(tmp_path, TIERS, "partner_id,tier\nacme,silver\nbolt,gold\n")
    assert [scores(path, "2026-Q2")[who]["tier"] for who in ("acme", "bolt")] == ["silver", "gold"]


ASKED = ("asked: {sum: vals.asked,", "asked: {mean: vals.asked, blank: leave_out,")
CARRY = f"""
kpis:
  won: {{weight: 50%, {LINEAR}}}
  asked: {{weight: 50%, {LINEAR}, missing: carry_last}}
"""


@pytest.mark.parametrize(("period", "score"), [("2026-Q1", "61"), ("2026-Q2", "117/2"), ("2026-Q3", "58")])
def test_points_of_the_last_period_that_had_any_are_carried(tmp_path: Path, period: str, score: str) -> None:
    """acme was asked 40 in the first quarter and never after: (82 + 40) / 2, (77 + 40) / 2, (76 + 40) / 2."""
    path = story(tmp_path, CARRY, "partner_id,tier\nacme,\nbolt,\n")
    path.write_text(path.read_text("utf-8").replace(*ASKED), "utf-8")
    assert str(scores(path, period)["acme"]["score"]) == score


def test_an_explanation_says_that_the_points_are_those_of_the_period_before(tmp_path: Path) -> None:
    path = story(tmp_path, CARRY, "partner_id,tier\nacme,\nbolt,\n")
    path.write_text(path.read_text("utf-8").replace(*ASKED), "utf-8")
    store = tmp_path / "books.db"
    assert partage("--store", store, "run", path, "--period", "2026-Q3").exit_code == 0
    told = partage("--store", store, "explain", "1", "acme", "card").out
    assert "carried over" in told and "points of the period before, as it is worked out now" in told
