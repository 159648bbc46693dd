"""Starting a program: what `partage init` writes checks and runs as it is, and it never writes over anything."""

import json
import os
import re
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import group
from engine.acts.start import TEMPLATES, start
from rules.problem import Refused, Unavailable


def partage(*words: str) -> str:
    """What a command prints that ends well."""
    done = CliRunner().invoke(group, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_init_writes_checks_runs_and_is_explained(template: str) -> None:
    partage("init", "mine", "--template", template)
    readme = Path("mine/README.md").read_text("utf-8")
    (period,) = re.findall(r"Run period \*\*(.+)\*\*", readme)
    assert partage("check", "mine/program.yaml") == "program.yaml: nothing is wrong\n"
    run = json.loads(partage("run", "mine/program.yaml", "--period", period, "--json"))
    assert run["total_minor"] > 0
    files = {path.name for path in Path("mine").iterdir()} - {"README.md"}
    assert all(f"`{name}`" in readme for name in files), "the README says what each file holds"
    assert "adds up to the posted cent" in partage("explain", "1", "P-01")


@pytest.mark.parametrize(
    ("template", "period", "payouts"),
    [
        # a third of 20,000.00 each; 80,000.00 by won amounts 79,250.00 : 67,400.00 : 12,800.50 of 159,450.50
        ("pool", "2026-Q1", {"P-01": 4_642_822, "P-02": 4_048_281, "P-03": 1_308_897}),
        # 8 % of 48,000.00 and of 0.6 x 31,250.55 (2,500.04 in all with the next, whose remainder is larger); 8 % of
        # 0.4 x 31,250.55 and a referral; 2.5 % of it and a referral.
        # The bonus of 3,000.00 by score x revenue, 107.94 x 66,750.33 : 78.39 x 12,500.22: scores are 80 % x 111.25
        # (66,750.33 of 60,000.00) + 20 % x 100 without a lead, and 60 % x 80.65 + 25 % x 60 + 15 % x 100
        (
            "channel",
            "2026-Q1",
            {"P-01": 384_000 + 150_002 + 264_084, "P-02": 100_002 + 25_000 + 35_916, "P-03": 78_126 + 25_000},
        ),
        # 40.00 for each qualified, 250.00 for each customer within 90 days; conversions 1/3 : 2/2 share 600.00 as 2 : 3
        # of those with two referrals, and P-04 left in January
        (
            "referral",
            "2026-02",
            {"P-01": 8_000 + 25_000 + 24_000, "P-02": 8_000 + 50_000 + 36_000, "P-03": 4_000},
        ),
        # 0.0035 a click of each campaign that ended in the month, each line rounded; 75.00 a review, 0.02 a click
        # beyond 5,000; 1.50 a sign-up; 30.00 a customer; 500.00 as scores 100 : 48 : 10
        (
            "affiliate",
            "2026-02",
            {
                "P-01": 14_457 + 2_247 + 7_500 + 2_840 + 4 * 150 + 2 * 3_000 + 31_646,
                "P-02": 65_888 + 5 * 150 + 3_000 + 15_190,
                "P-03": 740 + 7_500 + 3_000 + 3_164,
            },
        ),
        # half of 6,412.37, of which 3,000.00 was granted; half of 1,180.55, rounded down; half of 2,500.00; 5,000.00 as
        # scores 63.84 : 54.06, since the third has 5 points
        ("mdf", "2026-Q1", {"P-01": 300_000 + 59_027 + 270_738, "P-02": 125_000 + 229_262}),
        # 10 % of each deal sourced, 2 % of each part of one influenced, half of the funds; 6,000.00 as scores of 50 or
        # more, 84.9 : 85.43 : 65.8 : 58.07 : 51.13 (345.33 in all)
        (
            "contribution",
            "2026-Q2",
            {
                "P-01": 480_000 + 312_506 + 224_000 + 15_000 + 200_000 + 147_511,
                "P-02": 880_000 + 125_000,
                "P-03": 180_000 + 12_000 + 125_000 + 100_895,
                "P-04": 275_000 + 98_002 + 75_000,
                "P-05": 399_000,
                "P-06": 165_000 + 142_000 + 36_000 + 24_500 + 125_000 + 148_432,
                "P-07": 88_000 + 36_000 + 15_000 + 100_000 + 114_325,
                "P-08": 210_000 + 54_000 + 24_500 + 150_000 + 88_837,
                "P-09": 12_000 + 25_000,
            },
        ),
        # 900,000.00 by points 100 : 100 : 62.5; 250,000.00 as scores 97.49 : 97.48, the third has 59.85; 50,000.00 by
        # places 1, 2 and 2 of three: 3 : 1.5 : 1.5
        (
            "firm",
            "2026",
            {
                "P-01": 34_285_714 + 12_500_641 + 2_500_000,
                "P-02": 34_285_714 + 1_250_000,
                "P-03": 21_428_572 + 12_499_359 + 1_250_000,
            },
        ),
    ],
)
def test_the_templates_pay_what_their_rules_say(template: str, period: str, payouts: dict[str, int]) -> None:
    partage("init", "mine", "--template", template)
    run = json.loads(partage("run", "mine/program.yaml", "--period", period, "--json"))
    assert {each["partner_id"]: each["payout_minor"] for each in run["partners"]} == payouts


def test_every_template_is_offered_and_every_offer_is_there() -> None:
    folders = {each.name for each in files("rules").joinpath("templates").iterdir() if each.is_dir()}
    assert folders - {"__pycache__"} == set(TEMPLATES)


def test_scripts_learn_what_was_written() -> None:
    told = json.loads(partage("init", "mine", "--json"))
    assert told == {
        "folder": "mine",
        "template": "pool",
        "files": ["README.md", "deals.csv", "partners.csv", "program.yaml"],
    }
    assert sorted(each.name for each in Path("mine").iterdir()) == told["files"]


def test_an_empty_folder_is_as_good_as_a_new_one() -> None:
    Path("mine").mkdir()
    partage("init", "mine")
    assert Path("mine/program.yaml").exists()


def test_a_folder_that_holds_anything_is_left_as_it_is() -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("years of work")
    with pytest.raises(Refused, match=r"error S102 the folder is not empty: it holds notes\.txt @ mine - name a new"):
        start(Path("mine"), "pool")
    assert [each.name for each in Path("mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_a_name_that_is_taken_is_left_as_it_is(kind: str) -> None:
    taken = Path("mine")
    taken.write_text("mine") if kind == "file" else taken.symlink_to("elsewhere")
    with pytest.raises(Refused, match="error S102 there is a file of this name already @ mine"):
        start(taken, "pool")
    assert not Path("elsewhere").exists()


def test_a_folder_below_a_file_cannot_be_made() -> None:
    Path("mine").write_text("a file")
    with pytest.raises(Unavailable, match=f"error S103 cannot write the program: .+ @ mine{os.sep}new"):
        start(Path("mine/new"), "pool")


def test_an_unknown_template_is_refused_with_the_known_ones() -> None:
    done = CliRunner().invoke(group, ["init", "mine", "--template", "lottery"])
    assert done.exit_code == 2
    assert f"'lottery' is not one of {', '.join(map(repr, TEMPLATES))}" in done.output
    assert not Path("mine").exists()
