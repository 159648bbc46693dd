"""How a pool is shared: by every kind of weight and award, within floors and caps, by days, and what is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pool_stories import ENTERED, FIRM, YEAR, firm, re_added, shares
from spine_stories import refused, write

from rules.load import load

Amounts = dict[str, int]


def pool(how: str) -> str:
    """A pool that is written so."""
    return f"{ENTERED}pools:\n  bonus: {{{how}}}\n"


def alike(ann: int, bob: int, eve: int) -> Amounts:
    return {"ann": ann, "bob": bob, "eve": eve}


def write_firm(folder: Path, rules: str) -> Path:
    """The firm's program and tables as files."""
    return write(folder, YEAR.format(currency="EUR", rounding="half_up") + rules, FIRM)


@pytest.mark.parametrize(
    ("how", "minor", "left"),
    [
        ("size: 100, shared: equally", alike(3334, 3333, 3333), 0),
        ("size: 100, shared: {by: members.units}", alike(6000, 3000, 1000), 0),
        ("size: 100, shared: {by: members.units * members.hours}", alike(7999, 2001, 0), 0),  # 9,600 : 2,401.5 : 0
        ("size: 100, shared: {by_rank: {of: members.hours, best: highest}}", alike(5000, 3333, 1667), 0),
        (
            "size: 820, shared: {points: {classes: {shares: {units: members.units, points: 3}, years: members.years}}}",
            alike(36_000, 22_000, 24_000),  # 18, 11 and 12 points of 41
            0,
        ),
        ("size: 90, shared: {lockstep: {of: members.years, points: [1, 2, 4]}}", alike(1000, 4000, 4000), 0),
        ("size: 24, shared: {salary: members.pay}", alike(400, 750, 1250), 0),
        # 30,000, 75,000 (no limit is known) and 90,000 of pay count
        ("size: 19.50, shared: {salary: {of: members.pay, at_most: members.limit}}", alike(300, 750, 900), 0),
        # 5 % of all pay and 5 % of the 100,000 above the level are 17,000; 7,000 more are 2.916.. % of all pay
        (
            "size: 24_000, shared: {integrated: {of: members.pay, level: 50_000, disparity: 5%}}",
            alike(316_667, 718_750, 1_364_583),
            0,
        ),
        ("size: 300, shared: {proportional: members.claim}", alike(5000, 10_000, 15_000), 0),
        ("size: 300, shared: {equal_awards: members.claim}", alike(10_000, 10_000, 10_000), 0),
        ("size: 300, shared: {equal_losses: members.claim}", alike(0, 10_000, 20_000), 0),
        ("size: 300, shared: {talmud: members.claim}", alike(5000, 10_000, 15_000), 0),
        ("size: 100, shared: {talmud: members.claim}", alike(3334, 3333, 3333), 0),
        ("size: 1_000, shared: {talmud: members.claim}", alike(10_000, 20_000, 30_000), 40_000),  # all claims, and more
        ("size: 40, shared: {discretion: entered}", alike(1000, 0, 2550), 450),
        ("size: 35.50, shared: {discretion: entered}", alike(1000, 0, 2550), 0),
        ("size: 0, shared: {proportional: members.claim}", alike(0, 0, 0), 0),
    ],
)
def test_a_pool_is_shared_as_it_says_and_what_is_left_is_told(
    tmp_path: Path, how: str, minor: Amounts, left: int
) -> None:
    with firm(tmp_path, pool(how)) as story:
        assert shares(story, "bonus") == minor
        assert story.run.pools["bonus"].left_minor == left
        for who in minor:
            re_added(story.why(who))


@pytest.mark.parametrize(
    ("size", "bounds", "minor", "left", "adds"),
    [  # 6 : 3 : 1
        (100, "{at_least: EUR 20}", alike(5333, 2667, 2000), 0, 0),
        (100, "{at_least: EUR 20, floors_from: house}", alike(6000, 3000, 2000), 0, 1000),
        (100, "{at_most: EUR 50}", alike(5000, 3750, 1250), 0, 0),
        (100, "{at_most: EUR 50, excess: house}", alike(5000, 3000, 1000), 1000, 0),
        (100, "{at_most: {share: 50%}}", alike(5000, 3750, 1250), 0, 0),
        (100, "{at_most: EUR 25}", alike(2500, 2500, 2500), 2500, 0),  # everybody is at the cap
        (100, "{at_least: {share: 20%}, at_most: {share: 45%}}", alike(4500, 3500, 2000), 0, 0),
        (100, "{at_least: {of: members.least}, at_most: {of: members.most}}", alike(4000, 2000, 4000), 0, 0),
        (100, "{at_most: {of: members.pay, times: 0.0005}}", alike(2000, 3750, 4250), 0, 0),
        (9, "{at_least: EUR 4, if_short: scale}", alike(300, 300, 300), 0, 0),
        (9, "{at_least: EUR 4, if_short: house}", alike(400, 400, 400), 0, 300),
        # the floors are above the caps, and only a part of them is paid
        (0, "{at_least: EUR 5, at_most: {share: 60%}, if_short: scale}", alike(0, 0, 0), 0, 0),
        (6, "{at_least: EUR 5, at_most: {share: 60%}, if_short: scale}", alike(200, 200, 200), 0, 0),
    ],
)
def test_a_floor_and_a_cap_hold_and_say_who_pays(
    tmp_path: Path, size: float, bounds: str, minor: Amounts, left: int, adds: int
) -> None:
    with firm(tmp_path, pool(f"size: {size}, shared: {{by: members.units}}, bounds: {bounds}")) as story:
        assert shares(story, "bonus") == minor
        assert story.run.pools["bonus"] == (size * 100, left, adds)
        for who in minor:
            re_added(story.why(who))


@pytest.mark.parametrize(
    ("residue", "bob", "eve"),
    [
        ("largest_remainder", 3335, 1111),
        ("to_first", 3335, 1111),
        ("to_biggest", 3335, 1111),
        ("to_last", 3334, 1112),
        ("house", 3334, 1111),
        ("round_each", 3335, 1112),
    ],
)
def test_no_share_is_rounded_past_a_cap(tmp_path: Path, residue: str, bob: int, eve: int) -> None:
    """A cap of 55.555.. is one of 55.55; the cent of 33.345 and 11.115 goes as the residue says, never to ann."""
    how = "size: 100.01, shared: {by: members.units}, bounds: {at_most: {share: 55.55%}}"
    with firm(tmp_path, pool(f"{how}, residue: {residue}")) as story:
        assert shares(story, "bonus") == alike(5555, bob, eve)
        assert story.run.pools["bonus"].left_minor == 10_001 - 5555 - bob - eve
        for who in ("ann", "bob", "eve"):
            re_added(story.why(who))


@pytest.mark.parametrize("residue", ["largest_remainder", "to_first", "to_last", "to_biggest", "house", "round_each"])
def test_no_share_is_rounded_past_a_floor(tmp_path: Path, residue: str) -> None:
    """A floor of 11.20112 is one of 11.21."""
    how = "size: 100.01, shared: {by: members.units}, bounds: {at_least: {share: 11.2%}}"
    with firm(tmp_path, pool(f"{how}, residue: {residue}")) as story:
        assert shares(story, "bonus")["eve"] == 1121


def test_the_house_lifts_in_whole_cents_and_takes_nothing_back(tmp_path: Path) -> None:
    """100.00 in three is 33.33 and a third of a cent; eve is lifted to 40.00 by 6.66.., so 0.66.. cents are not due."""
    how = "size: 100, shared: equally, bounds: {at_least: {of: members.least}, floors_from: house}"
    with firm(tmp_path, pool(how)) as story:
        assert shares(story, "bonus") == alike(3333, 3333, 4000)
        assert story.run.pools["bonus"] == (10_000, 0, 666)


def test_whoever_was_a_partner_for_a_part_of_the_year_weighs_its_days(tmp_path: Path) -> None:
    """ann all 365 days, bob from 1 April on 275, eve to the end of September 273, zoe not at all."""
    partners = """
        partner_id,recruited_on,terminated_on
        ann,2019-05-01,
        bob,2026-04-01,
        eve,2020-01-01,2026-09-30
        zoe,2020-01-01,2025-12-31
        """
    with firm(tmp_path, pool("size: 913, shared: equally, by_days: true"), {"partners.csv": partners}) as story:
        assert shares(story, "bonus") == {"ann": 36_500, "bob": 27_500, "eve": 27_300, "zoe": 0}
        weight = story.why("bob", "bonus").parts[-1]
        assert weight.value is not None
        assert (weight.value * 365, weight.words) == (275, "one equal part, x 275 of 365 days a partner")
    tables = {"partners.csv": partners}
    with firm(tmp_path, pool("size: 100, shared: {by: members.units}, by_days: true, unknown: leave_out"), tables) as s:
        whole = 6 * 365 + 3 * 275 + 1 * 273
        assert shares(s, "bonus")["bob"] == round(10_000 * 3 * 275 / whole)
        assert sum(shares(s, "bonus").values()) == 10_000


UNKNOWN = {
    "members.csv": "partner_id,units,claim\nann,6,100\nbob,,\neve,2,200\n",
    "awards.csv": "award_id,partner_id,decided_on,amount,reason,proposed_by,approved_by\n"
    "1,ann,2026-06-30,100,the merger,Ida,Ole\n2,bob,2026-06-30,,the fair,Ida,Ole\n"
    "3,eve,2026-06-30,200,the move,Ida,Ole\n",
}


@pytest.mark.parametrize(
    ("how", "minor", "left"),
    [
        ("shared: {by: members.units}, unknown: leave_out", {"ann": 7500, "eve": 2500}, 0),
        ("shared: {by: members.units}, unknown: house", {"ann": 5000, "eve": 1667}, 3333),  # bob counts as 4 of 12
        (
            "shared: {by: members.units}, unknown: house, bounds: {at_most: EUR 40}",
            {"ann": 4000, "eve": 2000},  # 60.00 by 4 : 2 are 40.00 for bob, and 20.00
            4000,
        ),
        ("shared: {proportional: members.claim}, unknown: leave_out", {"ann": 3333, "eve": 6667}, 0),
        ("shared: {talmud: members.claim}, unknown: leave_out", {"ann": 5000, "eve": 5000}, 0),
        ("shared: {discretion: entered}, unknown: leave_out", {"ann": 10_000, "eve": 20_000}, 0),
    ],
)
def test_what_becomes_of_the_share_of_who_has_no_weight(tmp_path: Path, how: str, minor: Amounts, left: int) -> None:
    size = 300 if "discretion" in how else 100
    with firm(tmp_path, pool(f"size: {size}, {how}"), UNKNOWN) as story:
        assert shares(story, "bonus") == minor
        assert story.run.pools["bonus"].left_minor == left
        for who in minor:
            re_added(story.why(who))
        assert story.why("bob").value == 0


@pytest.mark.parametrize("how", ["{by: members.hours}", "{proportional: members.least}", "{discretion: entered}"])
def test_an_unknown_weight_or_claim_is_refused_if_nothing_is_said(tmp_path: Path, how: str) -> None:
    members = {**UNKNOWN, "members.csv": "partner_id,hours,least,most\nann,6,100,1\nbob,,,\neve,2,200,1\n"}
    head = YEAR.format(currency="EUR", rounding="half_up")
    path = write(tmp_path, head + pool(f"size: 100, shared: {how}"), {**FIRM, **members})
    assert refused(path, "2026") == ["F302 partners:bob"]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("size: 30, shared: {discretion: entered}", "K207"),
        ("size: 30, shared: {discretion: members.entered}", "K208"),
        ("size: 30, shared: {discretion: entered * 2}", "K208"),
        ("size: 30, shared: {talmud: members.claim - 150}", "K201"),
        ("size: 30, shared: {integrated: {of: members.pay - 50_000, level: 5, disparity: 1%}}", "K201"),
        ("size: 30, shared: {by: members.units - 2}", "F303"),
        ("size: 30, shared: {by: members.units}, bounds: {at_least: EUR 11}", "K206"),
        ("size: 30, shared: {by: members.units}, bounds: {at_least: EUR 5, at_most: {share: 10%}}", "K205"),
        ("size: 30, shared: {by: members.units}, bounds: {at_least: 20, at_most: 5, if_short: scale}", "K205"),
        ("size: 30, shared: {by: members.units}, bounds: {at_least: {of: members.least - 20}}", "K204"),
        ("size: 30, shared: {by: members.units}, bounds: {at_least: EUR -5}", "K204"),
        ("size: 30, shared: {by: members.units}, bounds: {at_least: {amount: 5, share: 5%}}", "K203"),
        ("size: 30, shared: {by: members.units}, bounds: {at_most: {amount: JPY 5}}", "P130"),
        ("size: 30, shared: {by: members.units}, bounds: {at_least: USD 40, at_most: EUR 5}", "P130"),
        ("size: 30, shared: {by: members.units}, bounds: {at_least: EUR 1.005}", "P132"),
        ("size: 30, shared: {integrated: {of: members.pay, level: EUR 0.005, disparity: 1%}}", "P132"),
        ("size: 30, shared: {talmud: members.claim}, bounds: {at_most: 5}", "P139"),
        ("size: 30, shared: {talmud: members.claim}, by_days: true", "P139"),
        ("size: 30, shared: {talmud: members.claim}, unknown: house", "P139"),
        ("size: 30, shared: {talmud: members.claim}, losses: shared", "P139"),
        ("size: 30, shared: {by: members.units}, bounds: {at_most: 5}, losses: shared", "P139"),
        ("size: 30, shared: {talmud: members.units}", "P125"),
        ("size: 30, shared: {lockstep: {of: members.pay, points: [1]}}", "P125"),
        ("size: 30, shared: {salary: {of: members.pay, at_most: members.units}}", "P125"),
        ("size: 30, shared: {points: {classes: {a: members.pay, b: members.units}}}", "P125"),
    ],
)
def test_what_cannot_be_shared_is_refused(tmp_path: Path, how: str, code: str) -> None:
    assert {fault.split()[0] for fault in refused(write_firm(tmp_path, pool(how)), "2026")} == {code}


def test_no_amount_of_a_pool_is_taken_for_another_currency_s(tmp_path: Path) -> None:
    """A floor of USD 300 is no floor of EUR 300, and a level of pay in USD is none in EUR: all are told at once."""
    rules = """pools:
  pay: {size: 1000, shared: {integrated: {of: members.pay, level: USD 50_000, disparity: 1%}}}
  bonus: {size: EUR 1000, shared: equally, bounds: {at_least: USD 300, at_most: {amount: USD 900}}}
"""
    found = load(write_firm(tmp_path, rules)).problems
    assert [f"{each.code} {each.place}" for each in found] == [
        "P130 program.yaml:14:67",
        "P130 program.yaml:15:63",
        "P130 program.yaml:15:90",
    ]
    assert {each.message for each in found} == {"an amount in USD in a program that pays EUR"}


def test_the_weights_of_other_pools_are_refused_beside_the_floors_of_one(tmp_path: Path) -> None:
    """Floors of EUR 30 for three are more than the pool of 60; and units less 2 are below zero for one, in a pool that
    comes after it. Both are told by one run."""
    rules = """pools:
  bonus: {size: 60, shared: {by: members.units}, bounds: {at_least: EUR 30}}
  other: {size: 50, shared: {by: members.units - 2}}
  third: {size: {of: bonus.left}, shared: {by: members.units - 1}}
"""
    assert [each.split()[0] for each in refused(write_firm(tmp_path, rules), "2026")] == ["K206", "F303"]


def test_what_is_given_at_discretion_is_entered_by_two_people_and_for_a_reason(tmp_path: Path) -> None:
    """A column of money, a formula, a mean, and a sum of another table say nothing of who gave it to whom and why."""
    kpis = {
        "given": "sum: awards.amount, dated: awards.decided_on",
        "bonus": "sum: awards.amount, dated: awards.decided_on, where: awards.pool = 'bonus'",
        "twice": "formula: given * 2",
        "usual": "mean: awards.amount, dated: awards.decided_on",
        "claims": "sum: members.claim",
    }
    rules = "kpis:\n" + "".join(f"  {name}: {{{each}}}\n" for name, each in kpis.items()) + "pools:\n"
    rules += "".join(f"  p{at}: {{size: 100, shared: {{discretion: {name}}}}}\n" for at, name in enumerate(kpis))
    found = load(write_firm(tmp_path, rules)).problems
    assert [(each.code, each.message) for each in found if each.severity == "error"] == [
        ("K208", f"{name} is no KPI that sums awards.amount") for name in ("twice", "usual", "claims")
    ]


def test_a_fault_that_all_have_in_common_is_told_once_in_money(tmp_path: Path) -> None:
    from spine_stories import partage

    how = "size: 30, shared: {by: members.units}, bounds: {at_least: EUR 5, at_most: {share: 10%}}"
    told = partage("run", write_firm(tmp_path, pool(how)), "--period", "2026")
    assert told.err.count("error") + told.out.count("error ") == 1
    assert "award of ann and of 2 more: the floor of EUR 5.00 is above the cap of EUR 3.00" in told.err + told.out
