"""Versions of a payout rule: they follow each other by their days, and no row falls between them unpaid in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, partage, write

SOURCES = "sources: {partners: partners.csv, deals: deals.csv}\n"
RULES = """
payouts:
  old: {base: deals.amount, dated: deals.closed_on, during: 2026-01-01 to UNTIL, rate: 5%, KEYS}
  new: {base: deals.amount, dated: deals.closed_on, during: SINCE to 2026-12-31, rate: 6%, replaces: old, KEYS}
"""
DEALS = "deal_id,partner_id,closed_on,amount,status\nd1,p,2026-04-10,100.00,won\nd2,p,2026-04-20,100.00,lost\n"


def of(folder: Path, until: str, since: str, keys: str = "title: commission", rules: str = RULES) -> Path:
    written = rules.replace("UNTIL", until).replace("SINCE", since).replace("KEYS", keys)
    return write(folder, MONTH + SOURCES + written, {"partners.csv": "partner_id\np\n", "deals.csv": DEALS})


def run(path: Path, period: str = "2026-04") -> list[str]:
    """The errors of a run, each with the row that it names; or what it pays in all."""
    ended = partage("run", path, "--period", period)
    if ended.exit_code:
        return [" ".join(line.split()[1:4:2]) for line in ended.err.splitlines() if line.startswith("error ")]
    return [line.split()[1] for line in ended.out.splitlines() if line.startswith("total ") and "EUR" in line]


STORIES = [
    ("meet", ("2026-04-10", "2026-04-11"), "title: x", ["11.00"]),
    ("leave out days of no row", ("2026-04-10", "2026-04-20"), "title: x", ["11.00"]),
    ("leave out a row", ("2026-04-10", "2026-04-21"), "title: x", ["F334 d2"]),
    ("leave out both rows", ("2026-04-09", "2026-04-21"), "title: x", ["F334 d1", "F334 d2"]),
    ("leave out a row that is not paid", ("2026-04-10", "2026-04-21"), "where: deals.status = 'won'", ["5.00"]),
    ("share a day", ("2026-04-10", "2026-04-10"), "title: x", ["P248 begins"]),
    ("stand in the wrong order", ("2026-04-10", "2026-01-01"), "title: x", ["P248 begins"]),
]


@pytest.mark.parametrize(("days", "keys", "said"), [each[1:] for each in STORIES], ids=[each[0] for each in STORIES])
def test_two_versions_of_a_rule(tmp_path: Path, days: tuple[str, str], keys: str, said: list[str]) -> None:
    assert run(of(tmp_path, *days, keys)) == said


def test_a_gap_refuses_only_the_period_that_a_row_of_it_counts_in(tmp_path: Path) -> None:
    path = of(tmp_path, "2026-04-09", "2026-04-21")
    assert run(path, "2026-05") == ["0.00"]
    locked = of(tmp_path, "2026-04-09", "2026-04-21", "lock: 15 days")  # the 10th counts in April, the 20th in May
    assert run(locked) == ["F334 d1"] and run(locked, "2026-05") == ["F334 d2"]


def test_the_error_names_the_row_and_the_versions_on_both_sides(tmp_path: Path) -> None:
    ended = partage("run", of(tmp_path, "2026-04-10", "2026-04-21"), "--period", "2026-04")
    assert ended.err.splitlines()[0] == (
        "error F334 deals d2 is of 2026-04-20: old ended on 2026-04-10, and new, which replaces it, begins on "
        "2026-04-21   program.yaml:9:3"
    )


UNFIT = [
    ("replaces: old", "replaces: older", "is no other payout rule"),
    ("replaces: old", "replaces: new", "is no other payout rule"),
    ("during: 2026-05-01 to 2026-12-31, ", "", "new has none"),
    ("during: 2026-01-01 to 2026-04-30, ", "", "old has none"),
    ("new: {base: deals.amount, dated: deals.closed_on", "new: {base: deals.amount, dated: deals.opened_on", "by "),
    (
        "replaces: old, ",
        "replaces: old}\n  third: {base: deals.amount, dated: deals.closed_on, during: 2026-05-01 to 2026-12-31, "
        "rate: 6%, replaces: old, ",
        "new and third both replace old",
    ),
]


@pytest.mark.parametrize(("written", "instead", "said"), UNFIT)
def test_a_version_that_cannot_follow_is_refused(tmp_path: Path, written: str, instead: str, said: str) -> None:
    path = of(tmp_path, "2026-04-30", "2026-05-01")
    assert written in path.read_text()
    path.write_text(path.read_text().replace(written, instead))
    found = partage("check", path)
    assert "error P247 " in found.out + found.err and said in found.out + found.err


def test_two_rules_that_pay_the_same_rows_are_told_in_the_run_whose_days_they_share(tmp_path: Path) -> None:
    path = of(tmp_path, "2026-04-30", "2026-04-15", rules=RULES.replace(", replaces: old", ""))
    april, may = (partage("run", path, "--period", period) for period in ("2026-04", "2026-05"))
    assert "warning P320 2026-04-15 to 2026-04-30 are days of old too" in april.out + april.err
    assert "P320" not in may.out + may.err
    assert april.exit_code == may.exit_code == 0


def test_a_plan_on_paper_says_which_rule_is_replaced(tmp_path: Path) -> None:
    assert "old; a row on a day between the two stops the calculation" in (
        partage("plan", of(tmp_path, "2026-04-30", "2026-05-01")).out
    )
