"""A plan on paper says every key of a pool that changes money: each is changed in turn, and the words must change."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel
from spine_stories import partage, write

from engine.reports.paper import html, markdown
from engine.reports.plan import plan_blocks
from engine.values.paper import Foot
from rules.kinds.by import By
from rules.kinds.by_rank import ByRank
from rules.load import load
from rules.pools.spec import Pool, SizeSpec
from rules.sharing import CLAIMS
from rules.sharing.bounds import Bound, Bounds
from rules.sharing.discretion import Discretion
from rules.sharing.integrated import Integrated
from rules.sharing.weights import Lockstep, PointClass, Points, Salary

PROGRAM = """
program: Every key of pools
currency: EUR
calendar: year
effective: 2026-01-01 to 2026-12-31
tables:
  members:
    key: [partner_id]
    columns: {partner_id: id, units: count, years: count, hours: number, pay: money, limit: money, claim: money}
sources: {partners: partners.csv, members: members.csv, results: results.csv, awards: awards.csv}
kpis:
  given: {sum: awards.amount, dated: awards.decided_on}
  later: {sum: awards.amount, dated: awards.decided_on, where: awards.pool = 'entered'}
  profit: {sum: results.amount, level: program}
pools:
  bonus:
    title: Bonus
    size: {of: profit, exceeding: EUR 1_000_000, rate: 8%, at_least: EUR 10, at_most: EUR 90_000}
    among: partners.active
    shared: {points: {classes: {equity: {units: members.units, points: 3}, tenure: members.years}}}
    bounds:
      at_least: {share: 1%}
      at_most: {of: members.pay, times: 0.5}
      floors_from: house
      if_short: scale
      excess: house
    by_days: true
    residue: to_first
    unknown: leave_out
  fixed: {size: EUR 500, shared: {by: members.hours}, losses: shared, late: reshare}
  firsts: {size: EUR 400, shared: {by_rank: {of: members.hours, best: highest, ties: best, weights: [3, 2, 1]}}}
  partners_pay: {size: EUR 300, shared: {salary: {of: members.pay, at_most: members.limit}}, bounds: {at_least: EUR 5}}
  seniority: {size: EUR 200, shared: {lockstep: {of: members.years, points: [10, 12]}}}
  integrated: {size: EUR 100, shared: {integrated: {of: members.pay, level: 50_000, disparity: 5%}}, unclaimed: house}
  claimed: {size: EUR 90, shared: {proportional: members.claim}}
  alike: {size: EUR 80, shared: {equal_awards: members.claim}}
  lost: {size: EUR 70, shared: {equal_losses: members.claim}}
  halves: {size: EUR 60, shared: {talmud: members.claim}}
  entered: {size: EUR 50, shared: {discretion: given}}
"""

# A key, what is written of it, and what is written instead.
CHANGES: list[tuple[str, str, str]] = [
    ("Pool.title", "title: Bonus", "title: Share"),
    ("Pool.size", "size: EUR 500", "size: EUR 501"),
    ("Pool.among", "    among: partners.active\n", ""),
    ("Pool.shared", "shared: {by: members.hours}", "shared: equally"),
    ("Pool.bounds", ", bounds: {at_least: EUR 5}", ""),
    ("Pool.by_days", "by_days: true", "by_days: false"),
    ("Pool.losses", "losses: shared", "losses: refuse"),
    ("Pool.residue", "residue: to_first", "residue: to_last"),
    ("Pool.unclaimed", "unclaimed: house", "unclaimed: carry"),
    ("Pool.unknown", "unknown: leave_out", "unknown: house"),
    ("Pool.late", "late: reshare", "late: house"),
    ("SizeSpec.amount", "size: EUR 500", "size: EUR 502"),
    ("SizeSpec.of", "of: profit", "of: profit / 2"),
    ("SizeSpec.exceeding", "exceeding: EUR 1_000_000", "exceeding: EUR 1_000_001"),
    ("SizeSpec.rate", "rate: 8%", "rate: 9%"),
    ("SizeSpec.at_least", "at_least: EUR 10,", "at_least: EUR 11,"),
    ("SizeSpec.at_most", "at_most: EUR 90_000", "at_most: EUR 90_001"),
    ("Bounds.at_least", "      at_least: {share: 1%}\n", ""),
    ("Bounds.at_most", "      at_most: {of: members.pay, times: 0.5}\n", ""),
    ("Bounds.floors_from", "floors_from: house", "floors_from: others"),
    ("Bounds.if_short", "if_short: scale", "if_short: house"),
    ("Bounds.excess", "excess: house", "excess: redistribute"),
    ("Bounds.prorate", "excess: house\n", "excess: house\n      prorate: false\n"),
    ("Bound.amount", "at_least: EUR 5}", "at_least: EUR 6}"),
    ("Bound.share", "share: 1%", "share: 2%"),
    ("Bound.of", "of: members.pay, times", "of: members.limit, times"),
    ("Bound.times", "times: 0.5", "times: 0.6"),
    ("By.of", "by: members.hours", "by: members.units"),
    ("ByRank.of", "of: members.hours, best", "of: members.units, best"),
    ("ByRank.best", "best: highest", "best: lowest"),
    ("ByRank.ties", "ties: best", "ties: share"),
    ("ByRank.weights", "weights: [3, 2, 1]", "weights: [3, 2]"),
    ("Points.classes", ", tenure: members.years", ""),
    ("PointClass.units", "units: members.units", "units: members.hours"),
    ("PointClass.points", "points: 3}", "points: 4}"),
    ("Lockstep.of", "of: members.years, points", "of: members.units, points"),
    ("Lockstep.points", "points: [10, 12]", "points: [10, 13]"),
    ("Salary.of", "salary: {of: members.pay", "salary: {of: members.claim"),
    ("Salary.at_most", ", at_most: members.limit", ""),
    ("Integrated.of", "integrated: {of: members.pay", "integrated: {of: members.claim"),
    ("Integrated.level", "level: 50_000", "level: 50_001"),
    ("Integrated.disparity", "disparity: 5%", "disparity: 6%"),
    ("Proportional.of", "proportional: members.claim", "proportional: members.pay"),
    ("EqualAwards.of", "equal_awards: members.claim", "equal_awards: members.pay"),
    ("EqualLosses.of", "equal_losses: members.claim", "equal_losses: members.pay"),
    ("Talmud.of", "talmud: members.claim", "talmud: members.pay"),
    ("Discretion.of", "discretion: given", "discretion: later"),
]
MODELS: tuple[type[BaseModel], ...] = (
    Pool, SizeSpec, Bounds, Bound, By, ByRank, Points, PointClass, Lockstep, Salary, Integrated, *CLAIMS.values(),
    Discretion,
)  # fmt: skip


def said(folder: Path, program: str) -> str:
    """The words of a plan without its examples and its digest."""
    meaning = load(write(folder, program, {})).understood()
    blocks = plan_blocks(meaning, {}, None, Foot("", "", ""))
    assert html(blocks, "") and "None" not in markdown(blocks)
    return markdown(blocks)


@pytest.mark.parametrize(("key", "old", "new"), CHANGES, ids=[each[0] for each in CHANGES])
def test_a_changed_key_of_a_pool_changes_the_words(tmp_path: Path, key: str, old: str, new: str) -> None:
    assert PROGRAM.count(old) >= 1, "the key is written"
    other = PROGRAM.replace(old, new, 1)
    assert said(tmp_path / "one", PROGRAM) != said(tmp_path / "other", other), key


def test_every_key_of_a_pool_is_changed_above() -> None:
    known = {f"{model.__name__}.{name}" for model in MODELS for name in model.model_fields}
    assert known == {key for key, *_ in CHANGES}, "a new key is said in words, and changed above"


def test_every_pool_shows_an_example(tmp_path: Path) -> None:
    """Three partners that are made up, with what is read of them, what they weigh or are awarded, and their shares."""
    tables = {"partners.csv": "partner_id\n", "members.csv": "partner_id\n", "results.csv": ""}
    path = write(tmp_path, PROGRAM.replace("unclaimed: house", "residue: house"), tables)
    told = partage("plan", path).out
    assert told.count("| A |") == 11, told
    example = told[told.index("members.hours, best") if "members.hours, best" in told else 0 :]
    assert "EUR 500.00" in example
