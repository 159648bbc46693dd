"""Who has no share of a pool is told: who it is, why, and what became of the share, in the run and when asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pool_stories import FIRM, YEAR
from spine_stories import Ended, partage, write

UNKNOWN = {"members.csv": "partner_id,units,claim\nann,6,100\nbob,,\neve,2,200\n"}


def ran(folder: Path, how: str, tables: Mapping[str, str] | None = None) -> Ended:
    """A kept run of a pool of 100.00."""
    text = YEAR.format(currency="EUR", rounding="half_up") + f"pools:\n  bonus: {{size: 100, {how}}}\n"
    path = write(folder, text, {**FIRM, **UNKNOWN, **(tables or {})})
    return partage("--store", folder / "kept.db", "run", path, "--period", "2026")


def kept(folder: Path, *words: str) -> Ended:
    return partage("--store", folder / "kept.db", *words)


HOUSE = "bonus: 1 not scored (bob): its share 33.33 to the house"
LEFT_OUT = "bonus: 1 not scored (bob): left out, the pool is shared among the others"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("shared: {by: members.units}, unknown: house", HOUSE),  # 8 + the mean of 4
        ("shared: {by: members.units}, unknown: house, bounds: {at_most: EUR 20, excess: carry}",
         "bonus: 1 not scored (bob): its share 20.00 to the house"),  # the 13.33 above the cap are carried
        ("shared: {by: members.units}, unknown: leave_out", LEFT_OUT),
        ("shared: {talmud: members.claim}, unknown: leave_out", LEFT_OUT),
    ],
)  # fmt: skip
def test_a_run_says_who_is_not_scored(tmp_path: Path, how: str, told: str) -> None:
    assert told in ran(tmp_path, how).out.splitlines()
    assert told in kept(tmp_path, "show", "1").out.splitlines()


def test_of_many_the_first_are_named(tmp_path: Path) -> None:
    ids = [f"p{at:02}" for at in range(17)]
    tables = {"partners.csv": "partner_id\nann\n" + "\n".join(ids), "members.csv": "partner_id,units\nann,3\n"}
    out = ran(tmp_path, "shared: {by: members.units}, unknown: house", tables).out
    told = f"bonus: 17 not scored ({', '.join(ids[:10])} and 7 more): their share 94.44 to the house"
    assert told in out.splitlines()


def test_scripts_are_told_too(tmp_path: Path) -> None:
    ran(tmp_path, "shared: {by: members.units}, unknown: house")
    found = partage("--store", tmp_path / "kept.db", "run", tmp_path / "program.yaml", "--period", "2026", "--json")
    unscored = {"members": 1, "first": ["bob"], "house_minor": 3333}
    assert found.json()["pools"]["bonus"]["unscored"] == unscored


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("shared: {by: members.units}, unknown: house",
         "not scored, since members.units is unknown: counted at the mean of the others, 4, and the house keeps its "
         "share of 33.33"),
        ("shared: {by: members.units}, unknown: house, bounds: {at_most: EUR 20, excess: house}", "its share of 20.00"),
        ("shared: {by: members.units}, unknown: leave_out",
         "not scored, since members.units is unknown: left out, and the pool is shared among the others"),
        ("shared: {talmud: members.claim}, unknown: leave_out", "not scored, since members.claim is unknown: left out"),
        ("among: members.units > 2, shared: equally",
         "no member of the pool, which is shared among those for whom members.units > 2"),
    ],
)  # fmt: skip
def test_who_has_no_share_is_told_why(tmp_path: Path, how: str, told: str) -> None:
    ran(tmp_path, how)
    found = kept(tmp_path, "explain", "1", "bob", "bonus").out
    assert told in found and "no row of" not in found
    is_member = "among" not in how
    assert ("adds up to the posted cent" in found) is not is_member
    assert ("there is no value to add up" in found) is is_member
    whole = kept(tmp_path, "explain", "1", "bob").out  # the whole payout is 0, and does add up
    assert whole.splitlines()[1].startswith("0.00") and whole.splitlines()[-1] == "adds up to the posted cent"


def test_the_cents_of_others_do_not_rest_on_who_is_not_scored(tmp_path: Path) -> None:
    """100.00 by 6 : 4 : 2 is 50.00, 33.33 and 16.67, whether the 4 are bob's own or the mean of the others."""
    for at, units in enumerate(("", "4")):
        folder = tmp_path / str(at)
        tables = {"members.csv": f"partner_id,units\nann,6\nbob,{units}\neve,2\n"}
        out = ran(folder, "shared: {by: members.units}, unknown: house", tables).out
        assert [line.split()[1] for line in out.splitlines() if line[:3] in ("ann", "eve")] == ["50.00", "16.67"]


DAYS = "shared: {by: members.units}, by_days: true, unknown: house"
STAFF = "partner_id,recruited_on,terminated_on\nann,,\nbob,,\neve,2026-12-31,\nold,2011-01-01,2025-12-31\n"


@pytest.mark.parametrize(
    ("units", "left", "told"),
    [
        ("ann,80\nbob,80\neve,\nold,80", "0.14", "80 for the whole period, x 1 of 365 days a partner"),  # 100 / 731
        ("ann,60\nbob,40\neve,\nold,", "0.14", "50 for the whole period, x 1 of 365 days a partner"),
        ("ann,\nbob,40\neve,73\nold,1", "58.43", "56.5 for the whole period, x 365 of 365 days a partner"),
    ],
)
def test_who_is_not_scored_weighs_the_mean_for_its_own_days(tmp_path: Path, units: str, left: str, told: str) -> None:
    """A joiner of the last day costs the others a day; who left before the period has no part in the mean."""
    tables = {"partners.csv": STAFF, "members.csv": f"partner_id,units\n{units}\n"}
    out = ran(tmp_path, DAYS, tables).out
    assert f"its share {left} to the house" in out, out
    who = "eve" if "eve,\n" in units else "ann"
    found = kept(tmp_path, "explain", "1", who, "bonus").out
    assert f"counted at the mean of the others, {told}, and the house keeps its share of {left}" in found
    assert kept(tmp_path, "explain", "1", "bob", "bonus").out.endswith("adds up to the posted cent\n")
