"""How large a pool is: an amount, a part of what the whole program made, what a pool before it left; in order."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from pool_stories import FIRM, YEAR, firm, re_added, shares
from spine_stories import partage, refused, told, write

PROFIT = "kpis:\n  profit: {sum: results.amount, dated: results.month, level: program}\n"  # 650,000.10 in 2026


def of(size: str) -> str:
    """A pool of that size, in equal parts."""
    return f"{PROFIT}pools:\n  bonus: {{size: {size}, shared: equally}}\n"


@pytest.mark.parametrize(
    ("size", "minor"),
    [
        ("EUR 1_000", 100_000),
        ("{amount: EUR 0.02}", 2),
        ("{of: profit}", 65_000_010),
        ("{of: profit, rate: 8%}", 5_200_001),  # 52,000.008
        ("{of: profit, exceeding: EUR 500_000, rate: 8%}", 1_200_001),  # of 150,000.10
        ("{of: profit, exceeding: EUR 650_000.10, rate: 8%}", 0),
        ("{of: profit, exceeding: EUR 900_000, rate: 8%}", 0),  # what is below the hurdle takes nothing back
        ("{of: profit, exceeding: EUR 900_000, rate: 8%, at_least: EUR 500}", 50_000),
        ("{of: profit, rate: 8%, at_most: EUR 30_000}", 3_000_000),
        ("{of: profit, rate: 8%, at_least: EUR 1, at_most: EUR 60_000}", 5_200_001),
        ("{of: profit / 2 - 100}", 32_490_005),
        ("{of: 'greatest(profit - 700_000, 0)'}", 0),
    ],
)
def test_a_size_is_an_amount_or_a_part_of_the_whole_program_s(tmp_path: Path, size: str, minor: int) -> None:
    """The hurdle comes off first, then the rate, then the limits, and the size is rounded once."""
    with firm(tmp_path, of(size)) as story:
        assert story.run.pools["bonus"].size_minor == minor
        assert sum(shares(story, "bonus").values()) == minor
        re_added(story.why("ann"))


def test_a_size_in_steps_is_shared_in_steps(tmp_path: Path) -> None:
    """52,000.008 is 52,000.00 to the next 0.05, and each share a multiple of it."""
    rules = of("{of: profit, rate: 8%}")
    with firm(tmp_path, rules, rounding="{mode: half_up, to: 0.05}") as story:
        assert story.run.pools["bonus"] == (5_200_000, 0, 0)
        assert shares(story, "bonus") == {"ann": 1_733_335, "bob": 1_733_335, "eve": 1_733_330}


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 52_000), ("EUR", 5_200_001), ("KWD", 52_000_008)])
def test_a_size_is_whole_in_the_units_of_its_currency(tmp_path: Path, currency: str, minor: int) -> None:
    results = {"results.csv": "entity,month,account,amount\nfirm,2026-03-01,fees,650000.10\n"}
    if currency == "JPY":
        results = {"results.csv": "entity,month,account,amount\nfirm,2026-03-01,fees,650000\n"}
    members = {"members.csv": "partner_id,units\nann,1\nbob,1\neve,1\n"}
    members["awards.csv"] = "award_id,partner_id,decided_on,amount,reason,proposed_by,approved_by\n"
    with firm(tmp_path, of("{of: profit, rate: 8%}"), results | members, currency) as story:
        assert story.run.pools["bonus"].size_minor == minor


def test_a_size_of_what_the_payouts_pay(tmp_path: Path) -> None:
    """A pool of a tenth of all fees, and one of what both have come to; a payout stands for what it pays everybody."""
    rules = """
payouts:
  fee: {base: members.hours, per_unit: 0.10}
pools:
  tenth: {size: {of: fee, rate: 10%}, shared: equally}
  twice: {size: {of: fee + tenth}, shared: {by: members.units}, among: members.units > 1}
"""
    with firm(tmp_path, rules) as story:
        assert shares(story, "fee") == {"ann": 16_000, "bob": 8_005, "eve": 0}
        assert story.run.pools["tenth"] == (2_401, 0, 0)  # 240.05 / 10, half up
        assert story.run.pools["twice"] == (26_406, 0, 0)
        assert shares(story, "twice") == {"ann": 17_604, "bob": 8_802}
        re_added(story.why("ann"))
        size = story.why("ann", "twice").parts[0]
        assert [(part.title, part.value) for part in size.parts] == [("fee", 24_005), ("tenth", 2_401)]


def test_pools_in_order_take_what_the_one_before_them_left(tmp_path: Path) -> None:
    """First pay, as far as there is anything, then half of the rest by hours, then all of it in equal parts."""
    rules = f"""{PROFIT}
pools:
  pay: {{size: {{of: profit, rate: 50%}}, shared: {{proportional: members.pay}}}}
  hours: {{size: {{of: pay.left, rate: 50%}}, shared: {{by: members.hours}}, residue: house}}
  rest: {{size: {{of: pay.left - hours}}, shared: equally}}
  all_left: {{size: {{of: pay.left + hours.left + rest.left}}, shared: equally}}
"""
    with firm(tmp_path, rules) as story:
        assert story.run.pools["pay"] == (32_500_005, 8_500_005, 0)  # all claims of 240,000.00, and 85,000.05 left
        assert shares(story, "pay") == {"ann": 4_000_000, "bob": 7_500_000, "eve": 12_500_000}
        assert story.run.pools["hours"] == (4_250_003, 1, 0)
        assert story.run.pools["rest"].size_minor == 8_500_005 - 4_250_002
        assert story.run.pools["all_left"].size_minor == 8_500_005 + 1
        for who in ("ann", "bob", "eve"):
            re_added(story.why(who))
        left = story.why("ann", "hours").parts[0].parts[0]
        assert (left.title, left.value, left.words) == ("pay, left", 8_500_005, "what it did not share")


def test_a_size_of_a_quota_is_the_sum_of_all(tmp_path: Path) -> None:
    rules = f"""{PROFIT}
quotas:
  goal: {{target: revenue}}
pools:
  bonus: {{size: {{of: goal, rate: 1%}}, shared: equally}}
"""
    head = "targets: targets.csv, results: results.csv"
    targets = """
        target_id,kpi,scope,partner_id,region,period,target
        t1,revenue,partner,ann,,2026,1000
        t2,revenue,partner,bob,,2026,2000
        t3,revenue,partner,eve,,2026,3000.50
        """
    program = YEAR.format(currency="EUR", rounding="half_up").replace("results: results.csv", head) + rules
    with told(write(tmp_path, program, {**FIRM, "targets.csv": targets}), "2026") as story:
        assert story.run.pools["bonus"].size_minor == 6_001  # 1 % of 6,000.50, half up
        re_added(story.why("ann"))


def test_a_kpi_of_the_whole_program_is_what_metrics_tell_by_program(tmp_path: Path) -> None:
    """One number, however it is asked for: measured once for the program, and not the sum of rounded parts."""
    rules = f"""{PROFIT}
  units: {{sum: members.units}}
  pay_per_unit: {{sum: members.pay, over: {{sum: members.units}}}}
  margin: {{formula: profit / 4}}
pools:
  one: {{size: {{of: profit, rate: 1%}}, shared: equally}}
  two: {{size: {{of: pay_per_unit}}, shared: equally}}
  three: {{size: {{of: margin}}, shared: equally}}
"""
    rules = rules.replace("margin: {formula: profit / 4}", "margin: {formula: profit / 4, level: program}")
    with firm(tmp_path, rules) as story:
        told_by = partage("metrics", tmp_path / "program.yaml", "--period", "2026", "--by", "program", "--json").json()
        (group,) = told_by["groups"]
        for name in ("profit", "pay_per_unit", "margin"):
            assert story.sheet.columns[f"program.{name}"].fraction(0) == Fraction(group["kpis"][name]), name
        assert story.run.pools["two"].size_minor == 2_400_000  # 240,000.00 / 10


def test_a_size_that_is_unknown_is_refused(tmp_path: Path) -> None:
    rules = f"""{PROFIT}
  ratio: {{formula: 'profit / (profit - profit)', level: program}}
pools:
  bonus: {{size: {{of: profit * ratio}}, shared: equally}}
"""
    path = write_firm(tmp_path, rules)
    assert refused(path, "2026") == ["F319 program.yaml:18:11"]


@pytest.mark.parametrize(
    ("size", "fault"),
    [
        ("{of: members.units}", "P137 program.yaml:16:22"),
        ("{of: later}", "X131 program.yaml:16:22"),
        ("{of: bonus}", "X131 program.yaml:16:22"),
        ("{of: bonus.left}", "X131 program.yaml:16:22"),
        ("{of: profit > 5}", "P137 program.yaml:16:22"),
        ("{amount: EUR 5, of: profit}", "P138 program.yaml:16:17"),
        ("{rate: 5%}", "P138 program.yaml:16:17"),
        ("{amount: EUR 5, rate: 5%}", "P138 program.yaml:16:17"),
        ("{of: profit, at_most: USD 5}", "P130 program.yaml:16:39"),
        ("EUR -5", "P134 program.yaml:16:17"),
        ("{of: profit, at_least: EUR 20, at_most: EUR 10}", "K205 program.yaml:16:40"),
    ],
)
def test_a_size_that_is_no_amount_of_the_program_is_refused(tmp_path: Path, size: str, fault: str) -> None:
    rules = of(size) + "  later: {size: 5, shared: equally}\n"
    assert refused(write_firm(tmp_path, rules), "2026") == [fault]


def test_a_size_below_zero_is_refused_unless_losses_are_shared(tmp_path: Path) -> None:
    rules = of("{of: profit - 700_000}")
    assert refused(write_firm(tmp_path, rules), "2026") == ["K202 program.yaml:16:11"]
    with firm(tmp_path, rules.replace("equally}", "{by: members.units}, losses: shared}")) as story:
        assert story.run.pools["bonus"] == (-4_999_990, 0, 0)
        assert shares(story, "bonus") == {"ann": -2_999_994, "bob": -1_499_997, "eve": -499_999}
        re_added(story.why("eve"))
    with firm(tmp_path, of("{of: profit - 700_000, at_least: EUR 0}")) as story:
        assert set(shares(story, "bonus").values()) == {0}


def write_firm(folder: Path, rules: str) -> Path:
    """The firm's program and tables as files."""
    return write(folder, YEAR.format(currency="EUR", rounding="half_up") + rules, FIRM)
