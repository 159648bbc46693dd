"""The firm's scorecard, worked out once more from the rows in plain Python, and every cell of the run explained."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from engine.acts.calculate import calculate
from engine.acts.reopen import reopen
from engine.acts.score import ScoreSheet, score_partners
from engine.acts.why import why
from engine.explain import explain
from engine.reports.scorecards import score_steps, tier_of
from engine.store import Store
from engine.values import Kpi, Score

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/firm"
PROGRAM = EXAMPLE / "program.yaml"
YEAR = "2026"
NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)


def rows(table: str) -> list[dict[str, str]]:
    with (EXAMPLE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def scored() -> ScoreSheet:
    return score_partners(PROGRAM, YEAR)


def mean(values: list[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def between(value: Fraction | None, low: Fraction, high: Fraction) -> Fraction | None:
    """Points from 0 at `low` to 100 at `high`."""
    return None if value is None else min(max((value - low) / (high - low), Fraction(0)), Fraction(1)) * 100


def points_by_hand() -> dict[str, dict[str, Fraction | None]]:
    """The points of each partner by KPI, from the rows and the words of the program."""
    billed: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows("hours"):
        if row["worked_on"].startswith(YEAR) and row["billed"]:
            billed[row["partner_id"]] += Fraction(row["billed"])
    due: dict[str, list[Fraction]] = defaultdict(list)
    for row in rows("projects"):
        if row["due_on"].startswith(YEAR):
            on_time = bool(row["completed_on"]) and row["completed_on"] <= row["due_on"]
            due[row["partner_id"]].append(Fraction(on_time))
    rated: dict[tuple[str, str], list[Fraction]] = defaultdict(list)
    for row in rows("surveys"):
        if row["answered_on"].startswith(YEAR) and (row["question"] != "satisfaction" or row["customer_id"]):
            rated[row["partner_id"], row["question"]].append(Fraction(row["score"]))
    brought = [row["partner_id"] for row in rows("customers") if row["acquired_on"].startswith(YEAR)]
    goals = {row["partner_id"]: Fraction(row["target"]) for row in rows("targets") if row["kpi"] == "billed_time"}
    found: dict[str, dict[str, Fraction | None]] = {}
    for partner in sorted(row["partner_id"] for row in rows("partners")):
        reached = billed[partner] / goals[partner]
        found[partner] = {
            "business.billed_time": Fraction(0) if reached < Fraction(1, 2) else min(reached, Fraction(6, 5)) * 100,
            "business.on_time": between(mean(due[partner]), Fraction(1, 2), Fraction(1)),
            "business.new_clients": Fraction(100 if partner in brought else 40),
            "clients_and_firm.clients": between(mean(rated[partner, "satisfaction"]), Fraction(3), Fraction(5)),
            "clients_and_firm.alignment": between(mean(rated[partner, "alignment"]), Fraction(1), Fraction(5)),
            "clients_and_firm.communication": between(mean(rated[partner, "communication"]), Fraction(1), Fraction(5)),
        }
    return found


WEIGHTS = {"billed_time": 60, "on_time": 20, "new_clients": 20, "clients": 40, "alignment": 30, "communication": 30}


def weighed(points: dict[str, Fraction | None], group: str) -> Fraction:
    """The mean of a group, where the weight of what is missing goes to the rest."""
    known = {path.split(".")[1]: each for path, each in points.items() if path.startswith(group) and each is not None}
    weight = sum(WEIGHTS[name] for name in known)
    return sum((WEIGHTS[name] * each for name, each in known.items()), Fraction(0)) / weight


def scores_by_hand() -> dict[str, Fraction]:
    """The score of each partner: both groups weighed, rounded once to two decimals."""
    exact = {
        partner: Fraction(60, 100) * weighed(points, "business") + Fraction(40, 100) * weighed(points, "clients")
        for partner, points in points_by_hand().items()
    }
    # Half up; all of them are positive.
    return {partner: Fraction(int(value * 100 + Fraction(1, 2)), 100) for partner, value in exact.items()}


def test_every_point_is_the_one_by_hand(scored: ScoreSheet) -> None:
    for row, (partner, points) in enumerate(points_by_hand().items()):
        assert scored.sheet.partners.keys[row] == partner
        for path, value in points.items():
            assert scored.sheet.columns[f"performance.points.{path}"].fraction(row) == value, f"{path} of {partner}"


def test_every_score_is_the_one_by_hand(scored: ScoreSheet) -> None:
    rounded = list(scores_by_hand().values())
    assert scored.sheet.columns["performance"].fractions() == rounded
    # The best of eight first; E-1 stays below half of the billing goal, and E-8 joined too late for a project.
    assert rounded[0] == Fraction("39.3") and rounded[7] == Fraction("95.6")
    (step,) = score_steps(scored.plan)
    lines = {"strong": 75, "solid": 60, "developing": 0}
    for row, value in enumerate(rounded):
        assert tier_of(step, scored.sheet, row) == next(name for name, line in lines.items() if value >= line)
        place = 1 + sum(other > value for other in rounded)
        assert scored.sheet.columns["performance.rank"].fraction(row) == place


def test_every_cell_is_explained_back_from_the_kept_run(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    done = calculate(PROGRAM, YEAR, books, "someone", NOON)
    assert not done.rejected
    for read in done.inputs:
        counted = sum(fate.rows for fate in done.fates if fate.table == read.table)
        assert counted == len(rows(read.table)), read.table
    with Store.open(books, create=False) as store, reopen(store, 1) as run:
        names = [step.name for step in run.plan.steps if isinstance(step, Kpi | Score)]
        names += ["performance.tier", "performance.rank", *run.run.components, "payout"]
        for name in names:
            for row, partner in enumerate(run.run.partners):
                reason = explain(run.plan, run.sheet, run.facts, partner, name, True)
                assert reason.value == run.sheet.columns[name].fraction(row), f"{name} of {partner}"
    reason = why(books, 1, "E-8", "performance").reason
    business = next(part for part in reason.parts if part.title.startswith("business"))
    on_time = next(part for part in business.parts if part.title.startswith("business.on_time"))
    assert on_time.words == "missing, its weight goes to the others"
