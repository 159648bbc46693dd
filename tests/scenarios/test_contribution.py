"""What partners contribute, set against what they are paid: shares, percentiles and standings, worked out twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings, strategies as st

from cli import group
from rules.load import load
from scenarios.contribution.compare import PEERS_MIN, compared
from scenarios.contribution.values import Comparison, Contributor, Standing

Json = dict[str, Any]
HALF_MORE = Fraction(3, 2)


def partner(name: str, score: Fraction | int, paid_minor: int, kind: str | None = "reseller") -> Contributor:
    """A scored partner, before it is compared."""
    return Contributor(name, "", kind, Fraction(score), {}, Fraction(0), {}, paid_minor, None)


def beside(found: Sequence[Contributor], name: str) -> Comparison:
    (each,) = (each for each in found if each.partner == name)
    assert each.comparison is not None
    return each.comparison


FOUR = [partner("a", 80, 80_00), partner("b", 40, 60_00), partner("c", 40, 40_00), partner("d", 40, 20_00)]


def test_shares_are_of_all_that_are_scored() -> None:
    """200 points and 200.00: a has 80 of the one and 80.00 of the other."""
    found = compared(FOUR, HALF_MORE)
    assert [each.partner for each in found] == ["a", "b", "c", "d"]
    assert [(beside(found, name).share_of_contribution, beside(found, name).share_of_pay) for name in "abd"] == [
        (Fraction(2, 5), Fraction(2, 5)),
        (Fraction(1, 5), Fraction(3, 10)),
        (Fraction(1, 5), Fraction(1, 10)),
    ]


def test_who_is_paid_well_above_and_well_below_is_told_by_the_median_of_pay_for_a_point() -> None:
    """1.00, 1.50, 1.00 and 0.50 for a point: the median is 1.00, and 1.50 is no more than 1.5 times it."""
    found = compared(FOUR, HALF_MORE)
    assert {each.partner: beside(found, each.partner).standing.value for each in found} == {
        "a": "near", "b": "near", "c": "near", "d": "well below",
    }  # fmt: skip
    stricter = compared(FOUR, Fraction(149, 100))
    assert beside(stricter, "b").standing is Standing.ABOVE
    assert beside(stricter, "b").median_minor == 100


def test_percentiles_are_mid_ranks_among_peers() -> None:
    """Of four, one is ahead of three; three are equal, and have the middle of their places: (0 + 3/2) / 4."""
    found = compared([*FOUR, partner("e", 99, 0, "service")], HALF_MORE)
    assert [beside(found, name).percentile for name in "abe"] == [Fraction(7, 8), Fraction(3, 8), Fraction(1, 2)]
    assert [beside(found, name).peers for name in "ae"] == [4, 1]


def test_nobody_is_held_against_too_few_peers_or_unknown_ones_or_by_no_points() -> None:
    lonely = [partner(name, 10, 100, "service") for name in "xyz"]
    found = compared([*FOUR, *lonely, partner("u", 10, 100, None), partner("n", 0, 500_00)], HALF_MORE)
    assert beside(found, "x").standing is Standing.FEW_PEERS
    assert beside(found, "u").standing is Standing.FEW_PEERS
    assert (beside(found, "u").percentile, beside(found, "u").peers) == (None, 0)
    assert (beside(found, "n").standing, beside(found, "n").paid_per_point_minor) == (Standing.NO_POINTS, None)
    assert beside(found, "a").median_minor == 100, "who has no points moves no median"


def test_a_clawback_is_no_share_that_is_cut_off() -> None:
    """Who owes something back has a share below zero, and the others' go beyond the whole."""
    found = compared([partner("a", 50, 150_00), partner("b", 50, -50_00)], HALF_MORE)
    assert [beside(found, name).share_of_pay for name in "ab"] == [Fraction(3, 2), Fraction(-1, 2)]


def test_shares_of_nothing_are_unknown_and_not_zero() -> None:
    found = compared([partner("a", 0, -100), partner("b", 0, 0)], HALF_MORE)
    assert {(beside(found, name).share_of_contribution, beside(found, name).share_of_pay) for name in "ab"} == {
        (None, None)
    }
    below = compared([partner(name, 1, -100) for name in "abcd"], HALF_MORE)
    assert {beside(below, name).standing for name in "abcd"} == {Standing.NO_MEDIAN}
    assert compared([], HALF_MORE) == ()


SCORES = st.fractions(min_value=-5, max_value=120, max_denominator=100)
SCORED = st.builds(
    partner,
    st.text("abcdefgh", min_size=1, max_size=3),
    SCORES,
    st.integers(-100, 10_000),
    st.sampled_from(["r", "s", None]),
)


@settings(max_examples=settings().max_examples // 2)
@given(st.lists(SCORED, max_size=12, unique_by=lambda each: each.partner), st.randoms(use_true_random=False))
def test_any_comparison_adds_up_and_is_the_one_worked_out_partner_by_partner(
    partners: list[Contributor], random: Random
) -> None:
    found = compared(partners, HALF_MORE)
    shuffled = random.sample(partners, len(partners))
    assert compared(shuffled, HALF_MORE) == found
    score_sum = sum(each.score for each in partners)
    paid_sum = sum(each.paid_minor for each in partners)
    for each in found:
        told = each.comparison
        peers = [other for other in partners if other.group == each.group] if each.group is not None else []
        worse = sum(other.score < each.score for other in peers)
        equal = sum(other.score == each.score for other in peers)
        assert told.percentile == (Fraction(2 * worse + equal, 2 * len(peers)) if peers else None)
        paid = [other.paid_minor / other.score for other in peers if other.score > 0]
        assert told.median_minor == (median(paid) if paid else None)
        own = each.paid_minor / each.score if each.score > 0 else None
        assert told.paid_per_point_minor == own
        is_held = own is not None and len(paid) >= PEERS_MIN and median(paid) >= 0
        assert (told.standing in (Standing.ABOVE, Standing.NEAR, Standing.BELOW)) is is_held
        if is_held:
            assert (told.standing is Standing.ABOVE) is (own > median(paid) * HALF_MORE)
    if found and score_sum > 0:
        assert sum(each.comparison.share_of_contribution for each in found) == 1
    if found and paid_sum > 0:
        assert sum(each.comparison.share_of_pay for each in found) == 1


# The whole act, on the program that `partage init --template contribution` writes.


def partage(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(group, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template's folder."""
    found = tmp_path_factory.mktemp("contribution") / "mine"
    partage("init", str(found), "--template", "contribution")
    return found


@pytest.fixture(scope="module")
def report(folder: Path) -> Json:
    return json.loads(partage("contribution", str(folder / "program.yaml"), "--period", "2026-Q2", "--json"))


def test_a_score_is_the_sum_of_its_six_parts(report: Json) -> None:
    """P-01 by hand, of five resellers. Sourced 35 x (70 % x 90, the first, + 30 % x 70, the second by margin);
    influenced 15 x 90; marketing 15 x (60 % x 6 of 10 leads + 40 % x the way of 4,000.00 / 6 from 1,500.00 to 250.00);
    enablement 10 x (40 % x 100 + 60 % x 60); retention 15 x 100; strategic value 10 x 100."""
    (first,) = (each for each in report["scored"] if each["partner_id"] == "P-01")
    adds = {name: Fraction(part["adds"]) for name, part in first["parts"].items()}
    cost = (1500 - Fraction(4000, 6)) / 1250
    assert adds == {
        "sourced": 35 * (Fraction(9, 10) * Fraction(7, 10) + Fraction(7, 10) * Fraction(3, 10)),
        "influenced": Fraction(27, 2),
        "marketing": 15 * (Fraction(6, 10) * Fraction(6, 10) + Fraction(4, 10) * cost),
        "enablement": Fraction(76, 10),
        "retention": Fraction(15),
        "strategic": Fraction(10),
    }
    assert Fraction(first["score"]) == sum(adds.values()) + Fraction(first["rest"])
    assert abs(Fraction(first["rest"])) <= Fraction(1, 200), "the score is rounded, to two decimals"


def test_every_score_and_every_cent_is_told_once(report: Json, folder: Path) -> None:
    for each in report["scored"]:
        parts = [Fraction(part["adds"]) for part in each["parts"].values() if part["adds"] is not None]
        assert Fraction(each["score"]) == sum(parts) + Fraction(each["rest"]), each["partner_id"]
        assert sum(Fraction(part["weight"]) for part in each["parts"].values()) == 1
    assert sum(Fraction(each["share_of_contribution"]) for each in report["scored"]) == 1
    assert sum(Fraction(each["share_of_pay"]) for each in report["scored"]) == 1
    store = str(folder / "kept.db")
    run = json.loads(partage("--store", store, "run", str(folder / "program.yaml"), "--period", "2026-Q2", "--json"))
    paid = {each["partner_id"]: each["payout_minor"] for each in run["partners"]}
    told = [*report["scored"], *report["not_scored"]]
    assert {each["partner_id"]: each["paid_minor"] for each in told} == paid
    assert report["paid_minor"] == run["total_minor"]


def test_who_is_not_scored_is_told_with_the_reason_and_is_no_zero(report: Json) -> None:
    (left,) = report["not_scored"]
    assert (left["partner_id"], left["why"], left["paid_minor"]) == ("P-09", "few kpis", 37_000)
    assert "score" not in left and all(each["partner_id"] != "P-09" for each in report["scored"])
    (fifth,) = (each for each in report["scored"] if each["partner_id"] == "P-05")
    assert fifth["parts"]["strategic"] == {"weight": "0", "adds": None}, "nobody answered for it"


def test_who_is_paid_well_above_its_peers_is_named(report: Json) -> None:
    standings = {each["partner_id"]: each["standing"] for each in report["scored"]}
    assert (standings["P-02"], standings["P-03"], standings["P-01"]) == ("well_above", "well_below", "near")
    assert {standings[key] for key in ("P-06", "P-07", "P-08")} == {"few_peers"}


def test_the_scorecard_of_the_channel_example_is_sound() -> None:
    found = load(Path(__file__).parents[2] / "docs/examples/channel/contribution.yaml")
    assert found.problems == ()
    assert [each.name for each in found.understood().scorecards] == ["contribution"]


def test_the_order_of_rows_changes_nothing(report: Json, folder: Path) -> None:
    turned = folder.parent / "turned"
    turned.mkdir()
    for path in folder.iterdir():
        if path.suffix in (".csv", ".yaml"):
            head, *rows = path.read_text("utf-8").splitlines(keepends=True)
            turned_rows = reversed(rows) if path.suffix == ".csv" else rows
            (turned / path.name).write_text("".join([head, *turned_rows]), "utf-8")
    assert json.loads(partage("contribution", str(turned / "program.yaml"), "--period", "2026-Q2", "--json")) == report
