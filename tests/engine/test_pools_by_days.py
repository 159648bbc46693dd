"""Floors and caps of a pool that goes by days: they are for the days of a member, and nobody of no day has any."""

from __future__ import annotations

from pathlib import Path

import pytest
from pool_stories import FIRM, YEAR, firm, re_added, shares
from spine_stories import partage, refused, write

# Of 365 days ann was there for all, bob from 1 April for 275, eve to the end of September for 273, zoe for none.
PARTNERS = """
    partner_id,recruited_on,terminated_on
    ann,2019-05-01,
    bob,2026-04-01,
    eve,2020-01-01,2026-09-30
    zoe,2020-01-01,2025-12-31
    """
MEMBERS = """
    partner_id,units,least,most
    ann,97,,5000
    bob,1,1000,5000
    eve,1,1000,5000
    zoe,900,1000,5000
    """
TABLES = {"partners.csv": PARTNERS, "members.csv": MEMBERS}
FLOOR = "bounds: {at_least: {of: members.least}"
BOB, EVE = 75_343, 74_795  # 1,000 x 275 / 365 = 753.424.. and x 273 / 365 = 747.945.., up to the next cent


def rules(size: str, bounds: str, how: str = "by_days: true") -> str:
    return f"pools:\n  bonus: {{size: {size}, shared: {{by: members.units}}, {how}, {bounds}}}\n"


def test_a_floor_is_for_the_days_of_a_member(tmp_path: Path) -> None:
    """1,000.00 for the year: zoe, who left before, takes none of it from the others, though she has most units."""
    with firm(tmp_path, rules("10_000", f"{FLOOR}}}"), TABLES) as story:
        assert shares(story, "bonus") == {"ann": 1_000_000 - BOB - EVE, "bob": BOB, "eve": EVE, "zoe": 0}
        told = {who: story.why(who, "bonus") for who in ("ann", "bob", "zoe")}
        for reason in told.values():
            re_added(reason)
        assert "the floor of 1,000.00 x 275 of 365 days is 753.43" in told["bob"].parts[1].words
        assert "0 of 365 days a partner, so no floor" in told["zoe"].parts[1].words
        assert "days" not in told["ann"].parts[1].words


def test_the_house_lifts_nobody_of_no_day(tmp_path: Path) -> None:
    bounds = f"{FLOOR}, floors_from: house}}"
    with firm(tmp_path, rules("100", bounds), TABLES) as story:
        assert {who: each for who, each in shares(story, "bonus").items() if who != "ann"} == {
            "bob": BOB, "eve": EVE, "zoe": 0
        }  # fmt: skip


def test_floors_that_hold_whole_are_for_whoever_was_there_on_one_day(tmp_path: Path) -> None:
    with firm(tmp_path, rules("10_000", f"{FLOOR}, prorate: false}}"), TABLES) as story:
        assert shares(story, "bonus") == {"ann": 800_000, "bob": 100_000, "eve": 100_000, "zoe": 0}
        re_added(story.why("bob", "bonus"))
        re_added(story.why("zoe", "bonus"))


def test_a_cap_is_for_the_days_of_a_member(tmp_path: Path) -> None:
    """5,000.00 for the year; bob had 97 units too, and is paid for his days; the house has the rest."""
    tables = TABLES | {"members.csv": MEMBERS.replace("bob,1,", "bob,97,")}
    bounds = "bounds: {at_most: {of: members.most}, excess: house}"
    with firm(tmp_path, rules("20_000", bounds), tables) as story:
        found = shares(story, "bonus")
        assert (found["ann"], found["bob"], found["zoe"]) == (500_000, 376_712, 0)  # 5,000 x 275 / 365 = 3,767.123..
        assert "the cap of 5,000.00 x 275 of 365 days is 3,767.12" in story.why("bob", "bonus").parts[1].words
    with firm(tmp_path / "whole", rules("20_000", bounds.replace("excess", "prorate: false, excess")), tables) as story:
        assert shares(story, "bonus")["bob"] == 500_000


@pytest.mark.parametrize("unknown", ["refuse", "house", "leave_out"])
def test_of_a_member_of_no_day_nothing_needs_to_be_known(tmp_path: Path, unknown: str) -> None:
    """She weighs nothing, whatever her units are: nobody counts her at the mean of the others."""
    tables = TABLES | {"members.csv": MEMBERS.replace("zoe,900,", "zoe,,")}
    with firm(tmp_path, rules("10_000", f"{FLOOR}}}", f"by_days: true, unknown: {unknown}"), tables) as story:
        assert shares(story, "bonus") == {"ann": 1_000_000 - BOB - EVE, "bob": BOB, "eve": EVE, "zoe": 0}
        re_added(story.why("zoe", "bonus"))


def test_prorate_without_days_is_refused(tmp_path: Path) -> None:
    text = YEAR.format(currency="EUR", rounding="half_up") + rules("10", f"{FLOOR}, prorate: false}}", "residue: house")
    (fault,) = refused(write(tmp_path, text, FIRM), "2026")
    assert fault == "P139 program.yaml:14:115"


def test_the_plan_on_paper_says_what_days_make_of_limits(tmp_path: Path) -> None:
    text = YEAR.format(currency="EUR", rounding="half_up") + rules("10", f"{FLOOR}}}")
    assert "its floor and cap are for that part" in partage("plan", write(tmp_path, text, FIRM)).out
    whole = text.replace("members.least}", "members.least}, prorate: false")
    assert "its floor and cap hold whole" in partage("plan", write(tmp_path / "whole", whole, FIRM)).out
