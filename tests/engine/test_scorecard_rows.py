"""The rows that a scorecard rests on: ratings, earlier scores, targets of partners, regions and periods; each with what
became of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import partage, write

HEAD = """
program: Story
currency: EUR
calendar: quarter
effective: 2025-01-01 to 2026-12-31
"""
PARTNERS = "partner_id,kind,region\nacme,reseller,north\nbolt,reseller,north\ncrux,reseller,south\ndune,other,south\n"
VALUES = (
    "partner_id,day,won,asked\nacme,2026-02-01,50,5\nbolt,2026-02-01,50,\ncrux,2026-02-01,50,\ndune,2026-02-01,50,1\n"
)
TABLES = "  vals: {key: [partner_id], columns: {partner_id: id, day: date, won: number, asked: number}}\n"
KPIS = """
kpis:
  won: {sum: vals.won, dated: vals.day, better: higher}
  asked: {sum: vals.asked, dated: vals.day, better: higher}
"""
PAY = "pools: {club: {size: EUR 100, shared: {by: card}, among: card > 0}}\n"


def story(folder: Path, card: str, declared: str = "", **files: str) -> Path:
    """A program with the scorecard `card`, and the tables beside partners and values."""
    sources = "".join(f", {name}: {name}.csv" for name in files)
    text = f"{HEAD}sources: {{partners: partners.csv, vals: vals.csv{sources}}}\ntables:\n{TABLES}{declared}{KPIS}"
    held = {"partners.csv": PARTNERS, "vals.csv": VALUES, **{f"{name}.csv": rows for name, rows in files.items()}}
    return write(folder, f"{text}scorecards:\n  card: {card}\n{PAY}", held)


class Ran:
    """A program that was run for the first quarter of 2026."""

    def __init__(self, path: Path) -> None:
        self.path, self.store = path, path.parent / "books.db"
        assert partage("--store", self.store, "run", path, "--period", "2026-Q1").exit_code == 0

    def fates(self, table: str) -> dict[tuple[str, str | None], int]:
        told = partage("--store", self.store, "show", "1", "--fates", "--json").json()["fates"]
        return {(each["fate"], each["rule"]): each["rows"] for each in told if each["table"] == table}

    def trace(self, table: str, key: str) -> list[tuple[str, str | None, str]]:
        told = partage("--store", self.store, "trace", table, key, "--json").json()["verdicts"]
        return [(each["fate"], each["rule"], each["words"]) for each in told]

    def scores(self) -> dict[str, dict[str, object]]:
        told = partage("score", self.path, "--period", "2026-Q1", "--json").json()["scorecards"]["card"]
        return {each["partner_id"]: each for each in told}

    def explained(self, partner: str, name: str) -> str:
        return partage("--store", self.store, "explain", "1", partner, name).out

    def rejected(self) -> str:
        return partage("--store", self.store, "show", "1", "--rejected").out


# --- ratings ----------------------------------------------------------------------------------------------------------

RATED = """{for: "partners.kind = 'reseller'", missing: reweight, kpis: {won: {weight: 50%, linear: {from: 0, to: 100}},
    board: {weight: 50%, assessed: {value: reviews.rating, author: reviews.author}, linear: {from: 1, to: 5}}}}"""
REVIEWS = "  reviews: {key: [partner_id], columns: {partner_id: id, rating: number, author: text}}\n"


def test_a_rating_is_measured_by_the_scorecard_that_reads_it(tmp_path: Path) -> None:
    rows = "partner_id,rating,author\nacme,4,Ann\nbolt,3,\ncrux,,Ann\ndune,5,Ann\n"
    ran = Ran(story(tmp_path, RATED, REVIEWS, reviews=rows))
    assert ran.fates("reviews") == {("measured", None): 1, ("not_payable", "card.board"): 3}
    assert ran.trace("reviews", "acme") == [("measured", "card.board", "counts in card, board")]
    assert ran.trace("reviews", "bolt")[0][2] == "reviews.author is blank, and such a rating counts as missing"
    assert ran.trace("reviews", "crux")[0][2] == "reviews.rating is blank, and such a rating counts as missing"
    assert ran.trace("reviews", "dune") == [
        ("not_payable", "card.board", "partners.kind = 'reseller' does not hold: partners.kind is 'other'")
    ]


def test_a_rating_without_an_author_counts_as_missing(tmp_path: Path) -> None:
    ran = Ran(story(tmp_path, RATED, REVIEWS, reviews="partner_id,rating,author\nacme,4,Ann\nbolt,5,\n"))
    scores = ran.scores()
    assert scores["acme"]["score"] == "125/2"  # 50 and 75, half each
    assert scores["bolt"]["score"] == "50" and scores["bolt"]["points"] == {"won": "50", "board": None}
    assert "it names no author, and so counts as missing" in ran.explained("bolt", "card.board")
    assert "rated by" not in ran.explained("bolt", "card.board")


def test_who_gave_no_rating_stands_for_no_points_that_are_carried_over(tmp_path: Path) -> None:
    card = RATED.replace("missing: reweight", "missing: carry_last")
    rows = {
        "reviews": "partner_id,rating,author\nacme,4,Ann\nbolt,,Bob\n",
        "scores": f"{SCORES}bolt,card,board,2025-Q4,30\n",
    }
    ran = Ran(story(tmp_path, card, REVIEWS, **rows))
    assert "(rated by Ann)" in ran.explained("acme", "card.board")
    told = ran.explained("bolt", "card.board")
    assert "keeps the 30 points" in told and "rated by" not in told


# --- points carried over ----------------------------------------------------------------------------------------------

CARRIED = """{missing: carry_last, groups: {
    size: {weight: 50%, kpis: {won: {weight: 100%, linear: {from: 0, to: 100}}}},
    care: {weight: 50%, kpis: {asked: {weight: 100%, linear: {from: 0, to: 10}}}}}}"""
SCORES = "partner_id,scorecard,kpi,period,points\n"


@pytest.mark.parametrize("name", ["care.asked", "asked"])
def test_points_are_carried_by_the_path_or_by_the_name_of_a_kpi(name: str, tmp_path: Path) -> None:
    ran = Ran(story(tmp_path, CARRIED, scores=f"{SCORES}bolt,card,{name},2025-Q4,30\n"))
    bolt = ran.scores()["bolt"]
    assert (bolt["score"], bolt["points"], bolt["carried"]) == (
        "40",
        {"size.won": "50", "care.asked": None},
        {"care.asked": "30"},
    )
    assert "30 carried" in partage("score", ran.path, "--period", "2026-Q1").out
    told = ran.explained("bolt", "card.care.asked")
    assert "carried over" in told and f"points of {name} in 2025-Q4" in told and "scores.csv record 1" in told


def test_each_earlier_score_has_its_fate(tmp_path: Path) -> None:
    rows = (
        "bolt,card,asked,2025-Q4,30\nacme,card,asked,2025-Q4,1\ncrux,card,asked,2025-Q3,2\ncrux,other,asked,2025-Q4,3\n"
    )
    ran = Ran(story(tmp_path, CARRIED, scores=SCORES + rows))
    assert ran.fates("scores") == {
        ("measured", None): 1,
        ("not_payable", "card.carried"): 2,
        ("outside", None): 1,
    }
    (kept,) = ran.trace("scores", "bolt/card/asked/2025-Q4")
    assert kept[0] == "measured" and "bolt has no points of care.asked in this period" in kept[2]
    assert ran.trace("scores", "acme/card/asked/2025-Q4")[0][2] == "acme has points of care.asked in this period"
    assert ran.trace("scores", "crux/card/asked/2025-Q3")[0][0] == "outside"


def test_of_two_earlier_scores_the_one_by_path_is_kept_and_the_other_says_so(tmp_path: Path) -> None:
    rows = f"{SCORES}bolt,card,asked,2025-Q4,30\nbolt,card,care.asked,2025-Q4,40\n"
    ran = Ran(story(tmp_path, CARRIED, scores=rows))
    ((fate, _, words),) = ran.trace("scores", "bolt/card/asked/2025-Q4")
    assert (fate, words) == ("not_payable", "the row of care.asked is kept in its place")


def test_points_of_a_kpi_that_the_scorecard_does_not_have_are_rejected(tmp_path: Path) -> None:
    rows = "bolt,card,aksed,2025-Q4,30\nbolt,card,gone,2025-Q3,30\nbolt,other,aksed,2025-Q4,30\n"
    ran = Ran(story(tmp_path, CARRIED, scores=SCORES + rows))
    told = ran.rejected()
    assert "F216 card has no KPI 'aksed'   scores.csv:2:kpi" in told and "did you mean 'asked'?" in told
    assert "1 row rejected" in told


def test_a_name_of_two_kpis_is_told_with_both_paths(tmp_path: Path) -> None:
    card = CARRIED.replace("care: {weight: 50%, kpis: {asked", "care: {weight: 50%, kpis: {won")
    ran = Ran(story(tmp_path, card, scores=f"{SCORES}bolt,card,won,2025-Q4,30\n"))
    assert "write size.won or care.won" in ran.rejected()


# --- targets ----------------------------------------------------------------------------------------------------------

AGAINST = "{missing: zero, kpis: {won: {weight: 100%, attainment: {of: target}}}}"
TARGETS = """target_id,partner_id,scope,region,kpi,period,target
t1,,region,north,won,2026-Q1,100
t2,,program,,won,2026-Q1,200
t3,bolt,,,won,2026-Q1,50
t4,,region,west,won,2026-Q1,1
t5,,region,north,won,2025-Q4,1
t6,,,,other,2026-Q1,1
"""


def test_the_nearest_target_counts_and_every_target_has_its_fate(tmp_path: Path) -> None:
    ran = Ran(story(tmp_path, AGAINST, targets=TARGETS))
    points = {partner: each["score"] for partner, each in ran.scores().items()}
    assert points == {"acme": "50", "bolt": "100", "crux": "25", "dune": "25"}  # of its region, its own, the program's
    assert ran.fates("targets") == {("measured", None): 3, ("not_payable", "card.target"): 2, ("outside", None): 1}
    assert ran.trace("targets", "t2") == [("measured", "card.target", "counts in card, for crux, dune")]
    assert "no partner whom it scores is held against it" in ran.trace("targets", "t4")[0][2]
    assert ran.trace("targets", "t5") == [
        ("outside", "card.target", "targets.period is 2025-Q4, and the rule looks at 2026-Q1")
    ]
    assert "of the region north for won, 2026-Q1" in ran.explained("acme", "card.won")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("t1,acme,territory,,won,2026-Q1,1", "F129 'territory' is no scope that is known"),
        ("t1,,region,,won,2026-Q1,1", "F215 scope is 'region', and region is blank"),
        ("t1,,partner,,won,2026-Q1,1", "F215 scope is 'partner', and partner_id is blank"),
        ("t1,acme,region,north,won,2026-Q1,1", "F215 partner_id is 'acme', and scope is 'region'"),
        ("t1,acme,program,,won,2026-Q1,1", "F215 partner_id is 'acme', and scope is 'program'"),
        ("t1,,,north,won,2026-Q1,1", "F215 region is 'north', and scope is blank"),
    ],
)
def test_a_target_that_contradicts_its_scope_is_rejected(row: str, words: str, tmp_path: Path) -> None:
    ran = Ran(story(tmp_path, AGAINST, targets=f"{TARGETS.splitlines()[0]}\n{row}\nt9,,,,won,2026-Q1,100\n"))
    assert words in ran.rejected()


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("region", "north,2026-Q1,100\nsouth,2026-Q1,200\nnorth,2025-Q4,1\n"),
        ("partner_id", "acme,2026-Q1,100\nbolt,2026-Q1,100\ncrux,2026-Q1,200\ndune,2026-Q1,200\ndune,2025-Q4,1\n"),
    ],
)
def test_goals_by_period_are_those_of_the_period_that_is_run(key: str, rows: str, tmp_path: Path) -> None:
    card = "{kpis: {won: {weight: 100%, attainment: {of: {expression: goals.goal}}}}}"
    type_ = "text" if key == "region" else "id"
    declared = f"  goals: {{key: [{key}, period], columns: {{{key}: {type_}, period: text, goal: number}}}}\n"
    ran = Ran(story(tmp_path, card, declared, goals=f"{key},period,goal\n{rows}"))
    assert [each["score"] for each in ran.scores().values()] == ["50", "50", "25", "25"]
    measured = len(rows.splitlines()) - 1
    assert ran.fates("goals") == {("measured", None): measured, ("outside", None): 1}
    earlier = rows.splitlines()[-1].split(",")[0]
    assert ran.trace("goals", f"{earlier}/2025-Q4")[0][0] == "outside"


def test_the_name_of_the_period_is_a_value(tmp_path: Path) -> None:
    path = story(
        tmp_path,
        "{missing: zero, kpis: {goal: {weight: 100%, linear: {from: 0, to: 100}}}}",
        "  goals: {key: [goal_id], columns: {goal_id: id, partner_id: id, period: text, goal: number}}\n",
        goals="goal_id,partner_id,period,goal\ng1,acme,2026-Q1,40\ng2,acme,2025-Q4,60\n",
    )
    kpi = "  goal: {sum: goals.goal, where: goals.period = period.name}\n"
    path.write_text(path.read_text("utf-8").replace("kpis:\n", f"kpis:\n{kpi}", 1), "utf-8")
    assert Ran(path).scores()["acme"]["score"] == "40"


# --- tiers held at the start ------------------------------------------------------------------------------------------


def test_a_tier_that_the_scorecard_does_not_have_is_told(tmp_path: Path) -> None:
    card = "{kpis: {won: {weight: 100%, linear: {from: 0, to: 100}}}, "
    card += "tiers: {levels: {silver: 0, gold: 60}, hysteresis: {keep_within: 15}}}"
    path = story(tmp_path, card)
    rows = "partner_id,kind,tier\nacme,reseller,Gold\nbolt,reseller,golden\ncrux,reseller,\ndune,reseller,golden\n"
    (tmp_path / "partners.csv").write_text(rows, "utf-8")
    told = partage("score", path, "--period", "2026-Q1")
    assert "warning F318 card has no tier 'golden', the tier of bolt and 1 more at the start" in told.err
    assert {partner: each["tier"] for partner, each in Ran(path).scores().items()}["acme"] == "gold"
