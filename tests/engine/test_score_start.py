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


SOURCES = ("vals: vals.csv}", "vals: vals.csv, scores: scores.csv}")
NAMELESS = "partner_id\nacme\nbolt\n"
BOTH = TIERS.replace(
    f"won: {{weight: 100%, {LINEAR}}}",
    f"won: {{weight: 50%, {LINEAR}}}, asked: {{weight: 50%, {LINEAR}, missing: carry_last}}",
)
EXACT = VALUES.replace("82,40", "82,78").replace("77,", "77,").replace("76,", "70,")


def kept(folder: Path, *args: str | Path) -> str:
    ended = partage("--store", folder / "books.db", *args)
    assert ended.exit_code == 0, ended.err
    return ended.out


def test_a_file_says_the_tiers_that_a_first_period_opens_with(tmp_path: Path) -> None:
    """acme has 77 and 76 points, bolt 78 and 40: all but the 40 are within 5 points of gold."""
    path = story(tmp_path, TIERS, NAMELESS)
    path.write_text(path.read_text("utf-8").replace(*SOURCES).replace("2026-01-01 to", "2026-04-01 to"), "utf-8")
    opening = "partner_id,scorecard,kpi,period,tier\nacme,card,,2026-Q1,gold\nbolt,card,,2026-Q1,Gold\n"
    (tmp_path / "scores.csv").write_text(opening, "utf-8")
    tiers = [[scores(path, f"2026-Q{at}")[who]["tier"] for at in (2, 3)] for who in ("acme", "bolt")]
    assert tiers == [["gold", "gold"], ["gold", "bronze"]]
    kept(tmp_path, "run", path, "--period", "2026-Q2")
    told = kept(tmp_path, "explain", "1", "acme", "card.tier")
    assert "gold  held before" in told and "the tier of 2026-Q1" in told and "scores.csv record 1" in told
    traced = kept(tmp_path, "trace", "scores", "acme/card//2026-Q1")
    assert "acme begins with the tier gold" in traced


def test_the_tier_of_the_opening_file_outranks_that_of_the_partner(tmp_path: Path) -> None:
    path = story(tmp_path, TIERS, "partner_id,tier\nacme,silver\nbolt,gold\n")
    path.write_text(path.read_text("utf-8").replace(*SOURCES), "utf-8")
    (tmp_path / "scores.csv").write_text("partner_id,scorecard,kpi,period,tier\nacme,card,,2026-Q1,gold\n", "utf-8")
    assert [scores(path, "2026-Q2")[who]["tier"] for who in ("acme", "bolt")] == ["gold", "gold"]
    kept(tmp_path, "run", path, "--period", "2026-Q2")
    told = kept(tmp_path, "explain", "1", "bolt", "card.tier")
    assert "the tier of the partner on 2026-04-01" in told and "partners.csv record 2" in told


def test_a_first_period_of_which_nothing_says_the_tiers_is_refused_and_a_later_one_is_not(tmp_path: Path) -> None:
    path = story(tmp_path, TIERS, NAMELESS)
    refused = partage("score", path, "--period", "2026-Q1")
    assert refused.exit_code == 2 and "F105 the source has no column tier" in refused.err
    assert [scores(path, "2026-Q2")[who]["tier"] for who in ("acme", "bolt")] == ["gold", "silver"]
    kept(tmp_path, "run", path, "--period", "2026-Q2")
    assert "as the period before is worked out now" in kept(tmp_path, "explain", "1", "acme", "card.tier")


def test_an_opening_tier_that_the_scorecard_does_not_have_is_told_by_a_warning(tmp_path: Path) -> None:
    path = story(tmp_path, TIERS, NAMELESS)
    path.write_text(path.read_text("utf-8").replace(*SOURCES), "utf-8")
    (tmp_path / "scores.csv").write_text("partner_id,scorecard,kpi,period,tier\nbolt,card,,2026-Q1,golden\n", "utf-8")
    ended = partage("score", path, "--period", "2026-Q2")
    assert (
        "F318 card has no tier 'golden', the tier of bolt at the start" in ended.err and "scores.csv:tier" in ended.err
    )
    kept(tmp_path, "run", path, "--period", "2026-Q2")
    assert "card has no tier golden" in kept(tmp_path, "trace", "scores", "bolt/card//2026-Q1")


def test_what_a_run_closes_with_is_a_table_that_the_next_period_opens_with(tmp_path: Path) -> None:
    """By that table, or by the quarters before worked out again: the same scores and tiers."""
    path = story(tmp_path, BOTH, "partner_id,tier\nacme,\nbolt,\n")
    path.write_text(path.read_text("utf-8").replace(*ASKED), "utf-8")
    (tmp_path / "vals.csv").write_text(EXACT, "utf-8")
    worked_out = scores(path, "2026-Q3")
    kept(tmp_path, "run", path, "--period", "2026-Q2")
    kept(tmp_path, "show", "1", "--scorecards", "--csv", tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_text("utf-8").splitlines() == [
        "partner_id,scorecard,kpi,period,points,tier",
        "acme,card,,2026-Q2,77.5,gold",
        "acme,card,asked,2026-Q2,78,",
        "bolt,card,,2026-Q2,49,bronze",
        "bolt,card,asked,2026-Q2,20,",
    ]
    path.write_text(path.read_text("utf-8").replace(*SOURCES).replace("2026-01-01 to", "2026-07-01 to"), "utf-8")
    (tmp_path / "partners.csv").write_text(NAMELESS, "utf-8")
    assert scores(path, "2026-Q3") == worked_out


def test_one_table_is_written_at_a_time(tmp_path: Path) -> None:
    path = story(tmp_path, TIERS, "partner_id,tier\nacme,\nbolt,\n")
    kept(tmp_path, "run", path, "--period", "2026-Q2")
    ended = partage("--store", tmp_path / "books.db", "show", "1", "--balances", "--scorecards", "--csv", "-")
    assert ended.exit_code == 2 and "one of the two" in ended.err


def test_rows_are_followed_where_no_table_of_scores_says_what_was_held(tmp_path: Path) -> None:
    path = story(tmp_path, TIERS, "partner_id,tier\nacme,gold\nbolt,\n")
    paid = "payouts:\n  bonus: {for_each: partners, where: card.tier = 'gold', amount: EUR 10}\n"
    path.write_text(path.read_text("utf-8") + paid, "utf-8")
    books = ("--store", tmp_path / "b.db")
    for command, said in (
        (("run", path, "--period", "2026-Q2"), "accepted"),
        (("trace", "partners", "acme"), "bonus"),
        (("explain", "1", "acme", "card.tier"), "the tier of the partner on 2026-04-01"),
    ):
        ended = partage(*books, *command)
        assert ended.exit_code == 0 and said in ended.out, ended.out + ended.err
