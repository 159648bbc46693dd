"""Versions of a program in a cycle: what a locked period paid rests on the version that it was locked with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cycle_stories import Office, office
from spine_stories import MONTH, write

DEALS = "deal_id,partner_id,amount,closed_on\nD-1,acme,8000.00,2026-01-10\n"
RETURNED = "event_id,deal_id,event,occurred_on,amount\nE-1,D-1,returned,2026-02-20,8000.00\n"
NONE = RETURNED.splitlines()[0] + "\n"
RETURNS = """
    returns:
      back: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on, tiers: as_paid}"""
CAP = "\n    limits: [{at_most: EUR 1_000, over: fiscal_year, cut: in_order, order: [deals.closed_on]}]"


def program(rate: str = "10%", rest: str = RETURNS, kind: str = "") -> str:
    return f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv, deal_events: {{file: deal_events.csv, expect: {{rows: ROWS}}}}}}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    {kind or "rate: " + rate}{rest}
"""


def written(team: Office, text: str, deals: str = DEALS, returned: str = NONE) -> None:
    rows = len(returned.splitlines()) - 1
    expected = text.replace(", expect: {rows: ROWS}", "" if rows else ", expect: {rows: 0}")
    write(team.folder, expected, {"deals.csv": deals, "deal_events.csv": returned})


def story(folder: Path, first: str, then: str, deals: str, returned: str = RETURNED) -> Office:
    """A team that locked January by one version, and has another one in force for February."""
    team = office(folder / "office", tables={"partners.csv": "partner_id,name\nacme,Acme\nbolt,Bolt\n"})
    written(team, first, DEALS)
    team.in_force()
    team.locked("2026-01")
    written(team, then, deals, returned)
    team.in_force("2026-02-01")
    return team


def paid(team: Office, period: str) -> int:
    return int(team.status(period)["totals_minor"]["EUR"])


def explained(team: Office, component: str = "commission") -> str:
    runs = json.loads(team.look("show", "runs", "--json").out)["runs"]
    return team.look("explain", str(max(each["run"] for each in runs)), "acme", component).out


def test_a_return_takes_back_what_the_version_of_its_period_paid(tmp_path: Path) -> None:
    team = story(tmp_path, program("10%"), program("20%"), DEALS)
    assert paid(team, "2026-01") == 80000
    team.locked("2026-02")
    assert paid(team, "2026-02") == -80000


@pytest.mark.parametrize(("rate", "due"), [("5%", 20000), ("20%", 20000), ("1%", 5000)])
def test_a_cap_of_the_year_has_left_what_was_not_paid(tmp_path: Path, rate: str, due: int) -> None:
    deals = DEALS + "D-2,acme,5000.00,2026-02-10\n"
    team = story(tmp_path, program("10%", CAP), program(rate, CAP), deals, NONE)
    team.locked("2026-02")
    assert paid(team, "2026-02") == due


def test_a_new_cap_of_the_year_counts_what_was_paid_without_one(tmp_path: Path) -> None:
    deals = DEALS + "D-2,acme,5000.00,2026-02-10\n"
    team = story(tmp_path, program("10%", ""), program("10%", CAP), deals, NONE)
    team.locked("2026-02")
    assert paid(team, "2026-02") == 20000


def test_the_run_keeps_the_versions_and_comes_out_the_same(tmp_path: Path) -> None:
    team = story(tmp_path, program("10%"), program("20%"), DEALS)
    team.locked("2026-02")
    for command in ("replay", "show"):
        ended = team.look(command, "2", "--json")
        assert ended.exit_code == 0, ended.out + ended.err
    found = team.look("explain", "2", "acme", "commission")
    assert found.exit_code == 0, found.out + found.err
    assert "that 2026-01 was locked with" in found.out
    assert "100 % of 800.00 paid is taken back" in found.out


def test_explain_says_by_which_version_a_cap_was_used(tmp_path: Path) -> None:
    deals = DEALS + "D-2,acme,5000.00,2026-02-10\n"
    team = story(tmp_path, program("10%", CAP), program("20%", CAP), deals, NONE)
    team.locked("2026-02")
    found = team.look("explain", "2", "acme", "commission")
    assert found.exit_code == 0, found.out + found.err
    assert "of which 800.00 went to earlier periods (2026-01 by version " in found.out


def test_a_third_period_looks_back_at_both_versions(tmp_path: Path) -> None:
    """January by 10 %, February by 20 %, March by 10 % again: the very program of January."""
    deals = DEALS + "D-2,acme,500.00,2026-02-10\n"
    team = story(tmp_path, program("10%", CAP), program("20%", CAP), deals, NONE)
    team.locked("2026-02")
    assert paid(team, "2026-02") == 10000
    deals += "D-3,acme,9000.00,2026-03-10\n"
    written(team, program("10%", CAP), deals, NONE)
    team.in_force("2026-03-01")
    team.locked("2026-03")
    assert paid(team, "2026-03") == 10000
    assert team.look("replay", "3").exit_code == 0


def test_late_data_of_a_later_period_is_held_against_the_same_versions(tmp_path: Path) -> None:
    deals = DEALS + "D-2,acme,500.00,2026-02-10\n"
    team = story(tmp_path, program("10%", CAP), program("20%", CAP), deals, NONE)
    team.locked("2026-02")
    deals += "D-3,acme,300.00,2026-02-11\n"
    written(team, program("20%", CAP), deals, NONE)
    team.locked("2026-03")
    assert paid(team, "2026-03") == 6000  # room for 100 more, and 60 due


def test_what_a_late_record_changes_of_the_first_period_is_of_its_version(tmp_path: Path) -> None:
    deals = DEALS + "D-2,acme,500.00,2026-02-10\n"
    team = story(tmp_path, program("10%", CAP), program("20%", CAP), deals, NONE)
    team.locked("2026-02")
    written(team, program("20%", CAP), deals + "D-0,acme,1500.00,2026-01-05\n", NONE)
    team.locked("2026-03")
    assert paid(team, "2026-03") == 15000 - 5000  # of the year's 1,000, January takes 950


def test_a_floor_of_the_year_counts_what_was_paid(tmp_path: Path) -> None:
    least = "\n    limits: [{at_least: EUR 1_000, over: fiscal_year}]"
    ending = "effective: 2026-01-01 to 2026-02-28"
    first, then = (program(rate, least) for rate in ("10%", "1%"))
    first, then = (text.replace(_effective(text), ending) for text in (first, then))
    team = story(tmp_path, first, then, DEALS, NONE)
    team.locked("2026-02")
    assert paid(team, "2026-02") == 20000
    assert team.look("replay", "2").exit_code == 0


def _effective(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("effective"))


@pytest.mark.parametrize(("first", "then", "due"), [
    (CAP, "", -80000), ("", CAP, -100000), (CAP.replace("1_000", "300"), CAP, -30000),
    (CAP.replace("1_000", "300"), "", -30000), (CAP.replace("1_000, over: fiscal_year", "300"), CAP, -30000),
])  # fmt: skip
def test_a_return_takes_back_what_the_limits_of_then_left(tmp_path: Path, first: str, then: str, due: int) -> None:
    rate = "10%" if first else "12.5%"
    team = story(tmp_path, program(rate, first + RETURNS), program("20%", then + RETURNS), DEALS)
    team.locked("2026-02")
    assert paid(team, "2026-02") == due
    assert team.look("replay", "2").exit_code == 0
    assert team.look("explain", "2", "acme", "commission").exit_code == 0


def test_a_payout_that_was_not_there_paid_nothing(tmp_path: Path) -> None:
    bonus = """
  bonus: {base: deals.amount, dated: deals.closed_on, rate: 5%, limits: [{at_most: 1_000, over: fiscal_year,
    cut: pro_rata}], returns: {gone: {for_each: deal_events, dated: deal_events.occurred_on, tiers: as_paid}}}"""
    team = story(tmp_path, program("10%"), program("20%") + bonus, DEALS)
    team.locked("2026-02")
    assert paid(team, "2026-02") == -80000


def test_days_before_the_new_version_are_in_force_by_the_old_one(tmp_path: Path) -> None:
    then = program("20%")
    then = then.replace(_effective(then), "effective: 2026-02-01 to 2026-12-31")
    team = story(tmp_path, program("10%"), then, DEALS)
    team.locked("2026-02")
    assert paid(team, "2026-02") == -80000
    assert team.look("replay", "2").exit_code == 0


TIERS = """tiers:
      method: {}
      accumulate: fiscal_year
      order: [deals.closed_on]
      at_edge: lower_tier
      steps: [{{to: 10_000, rate: {}}}, {{rate: 20%}}]"""


def refused(team: Office, period: str = "2026-02") -> str:
    team.done("eve", "cycle", "open", period, "--program", team.program, "--period", period)
    ended = team.ask("eve", "run", team.program, "--period", period, "--json")
    assert ended.exit_code == 2, ended.out + ended.err
    return str(json.loads(ended.out)["problems"][0]["code"])


def test_tiers_that_lift_earlier_rows_do_not_change_within_their_stretch(tmp_path: Path) -> None:
    deals = DEALS + "D-2,acme,5000.00,2026-02-10\n"
    tiers = [program(rest="", kind=TIERS.format("whole", rate)) for rate in ("5%", "10%")]
    assert refused(story(tmp_path / "one", tiers[0], tiers[1], deals, NONE)) == "F333"
    same = story(tmp_path / "two", tiers[0], tiers[0].replace("Story", "Story") + "# later\n", deals, NONE)
    same.locked("2026-02")
    assert paid(same, "2026-02") == 20 * 13000 - 5 * 8000
    slices = [program(rest="", kind=TIERS.format("marginal", rate).replace("      at_edge: lower_tier\n", ""))
              for rate in ("5%", "10%")]  # fmt: skip
    team = story(tmp_path / "three", slices[0], slices[1], deals, NONE)
    team.locked("2026-02")
    assert paid(team, "2026-02") == 10 * 2000 + 20 * 3000


def test_returns_that_empty_tiers_of_another_version_are_refused(tmp_path: Path) -> None:
    rest = RETURNS.replace("as_paid", "highest_first")
    tiers = [program(rest=rest, kind=TIERS.format("marginal", rate).replace("      at_edge: lower_tier\n", ""))
             for rate in ("5%", "10%")]  # fmt: skip
    assert refused(story(tmp_path / "one", tiers[0], tiers[1], DEALS)) == "F333"
    same = story(tmp_path / "two", tiers[0], tiers[0] + "# later\n", DEALS)
    same.locked("2026-02")
    assert paid(same, "2026-02") == -40000


@pytest.mark.parametrize(("then", "now", "due"), [("400", "", -40000), ("", "400", -80000), ("400", "900", -40000)])
def test_a_return_takes_back_what_a_limit_over_several_payouts_left(
    tmp_path: Path, then: str, now: str, due: int
) -> None:
    def both(rate: str, most: str) -> str:
        fees = "\n  fees: {for_each: deals, dated: deals.closed_on, amount: EUR 0}"
        limits = f", limits: [{{at_most: {most}, cut: pro_rata}}]" if most else ""
        return program(rate, RETURNS) + fees + f"\ntotals: {{all: {{sum: [commission, fees]{limits}}}}}\n"

    team = story(tmp_path, both("10%", then), both("20%", now), DEALS)
    team.locked("2026-02")
    assert paid(team, "2026-02") == due
    assert team.look("replay", "2").exit_code == 0


def test_a_limit_that_ends_with_its_first_cut_line_is_not_changed_within_its_stretch(tmp_path: Path) -> None:
    deals = DEALS + "D-2,acme,5000.00,2026-02-10\n"
    whole = CAP.replace("order:", "last: none, order:")
    more = whole.replace("1_000", "2_000")
    assert refused(story(tmp_path / "one", program("10%", whole), program("10%", more), deals, NONE)) == "F333"
    team = story(tmp_path / "two", program("10%", whole), program("4%", whole), deals, NONE)
    team.locked("2026-02")
    assert paid(team, "2026-02") == 20000


def test_a_bank_goes_on_with_what_was_cut_by_the_version_of_then(tmp_path: Path) -> None:
    bank = "\n    limits: [{at_most: EUR 500, cut: in_order, order: [deals.closed_on], excess: banked}]"
    deals = DEALS + "D-2,acme,100.00,2026-02-10\n"
    team = story(tmp_path, program("10%", bank), program("20%", bank), deals, NONE)
    team.locked("2026-02")
    assert (paid(team, "2026-01"), paid(team, "2026-02")) == (50000, 2000 + 30000)
    assert team.look("replay", "2").exit_code == 0


def test_what_another_version_paid_and_nothing_counts_now_is_refused(tmp_path: Path) -> None:
    bank = "\n    limits: [{at_least: EUR 1_000}]"
    deals = DEALS + "D-2,acme,5000.00,2026-02-10\n"
    assert refused(story(tmp_path, program("10%", bank), program("20%", CAP), deals, NONE)) == "F333"


def test_another_fiscal_year_is_not_looked_back_over(tmp_path: Path) -> None:
    calendar = "calendar: {period: month, fiscal_year_starts: 02-01, fiscal_year_named_after: its_start}"
    then = program("20%").replace("calendar: month", calendar)
    assert refused(story(tmp_path, program("10%"), then, DEALS)) == "F333"
