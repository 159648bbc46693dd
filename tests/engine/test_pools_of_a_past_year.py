"""A correction of a past year goes to the partners of that year, by their points of then, also if they left since."""

from __future__ import annotations

from pathlib import Path

import pytest
from pool_stories import re_added, shares
from spine_stories import told, write

PROGRAM = """
program: Firm
currency: EUR
calendar: year
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, members: members.csv, past: past.csv, results: results.csv}
tables:
  members: {key: [partner_id], columns: {partner_id: id, points: number}}
  past: {key: [partner_id, year], columns: {partner_id: id, year: month, points: number}}
kpis:
  profit: {sum: results.amount, dated: results.month, where: "results.account = 'profit'", level: program}
  correction: {sum: results.amount, dated: results.month, where: "results.account = 'prior_year'", level: program}
  points_then: {sum: past.points, where: "past.year = date '2025-12-01'"}
pools:
  share: {size: {of: profit}, shared: {by: members.points}, by_days: true}
  prior_year: {size: {of: correction}, shared: {by: points_then}, losses: shared}
"""
PARTNERS = """
    partner_id,recruited_on,terminated_on
    ann,2020-01-01,
    bob,2020-01-01,2025-12-31
    cem,2026-01-01,
    """
MEMBERS = "partner_id,points\nann,10\nbob,20\ncem,30\n"
PAST = "partner_id,year,points\nann,2024-12,70\nann,2025-12,10\nbob,2025-12,20\n"


@pytest.mark.parametrize(
    ("correction", "theirs"),
    [
        ("-300.00", {"ann": -100_00, "bob": -200_00, "cem": 0}),
        ("100.00", {"ann": 33_33, "bob": 66_67, "cem": 0}),
    ],
)
def test_who_left_bears_and_gets_what_belongs_to_the_year(
    correction: str, theirs: dict[str, int], tmp_path: Path
) -> None:
    results = f"entity,account,month,amount\nfirm,profit,2026-12,4000.00\nfirm,prior_year,2026-05,{correction}\n"
    files = {"partners.csv": PARTNERS, "members.csv": MEMBERS, "past.csv": PAST, "results.csv": results}
    with told(write(tmp_path, PROGRAM, files), "2026") as story:
        assert shares(story, "share") == {"ann": 1000_00, "bob": 0, "cem": 3000_00}
        assert {who: shares(story, "prior_year").get(who, 0) for who in theirs} == theirs
        for partner in theirs:
            re_added(story.why(partner))
