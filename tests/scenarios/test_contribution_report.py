"""The contribution report as it is read: tables, picture, page and CSV; and programs off the usual way."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from cli import group
from engine.reports.charts.contribution import NAMED_MAX, Shares, contribution_picture
from rules.problem import Refused
from rules.quantities.currency import currency
from scenarios.contribution.compare import compared
from scenarios.contribution.export import as_csv, as_page, drawn
from scenarios.contribution.report import compared_grid, parts_grid
from scenarios.contribution.values import Contribution, Contributor, Part

HOSTILE = '<script>alert(1)</script>=HYPERLINK("http://evil")'


def partage(*words: str | Path) -> Result:
    done = CliRunner().invoke(group, [str(word) for word in words], standalone_mode=False)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def told(*people: tuple[str, str, int, int]) -> Contribution:
    """A report on partners by id, name, score and pay."""
    part = {"all": Part(Fraction(1), Fraction(0))}
    scored = compared(
        [
            Contributor(key, name, "r", Fraction(score), part, Fraction(score), {"sold": None}, paid, None)
            for key, name, score, paid in people
        ],
        Fraction(3, 2),
    )
    return Contribution(
        program="Demo",
        period="2026",
        scorecard="card",
        title="card",
        currency=currency("EUR"),
        parts={"all": "all of it"},
        brought={"sold": "sold"},
        among="kind",
        times=Fraction(3, 2),
        payer="Demo",
        cycle="",
        scored=scored,
        others=(),
        paid_minor=sum(paid for *_, paid in people),
    )


def boxes(svg: bytes) -> dict[str, tuple[float, float, float]]:
    """Each name in a picture: about where it begins and ends, and how far down it stands."""
    found = {}
    for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if each.text and each.text.startswith("P-"):
            right, down = (float(at) for at in str(each.get("transform"))[len("translate(") : -1].split(","))
            width = 6 * len(each.text)
            left = right - {"start": 0, "middle": width / 2, "end": width}[str(each.get("text-anchor"))]
            found[each.text] = left, left + width, down
    return found


def texts(svg: bytes) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_the_table_adds_up_and_what_is_unknown_is_a_dash() -> None:
    grid = compared_grid(told(("P-1", "Acme", 30, 1000), ("P-2", "", 60, 3000)))
    assert grid.rows == (
        ("P-2", "r", "60", "75", "66.67 %", "75 %", "30.00", "0.50", "few peers"),
        ("P-1 Acme", "r", "30", "25", "33.33 %", "25 %", "10.00", "0.33", "few peers"),
    )
    assert grid.footer == ("total", "", "90", "", "100 %", "100 %", "40.00", "", "")
    nothing = told(("P-1", "", 0, 0))
    assert compared_grid(nothing).rows[0][4:] == ("-", "-", "0.00", "-", "no points")
    assert compared_grid(told()).rows == () and compared_grid(told()).footer == ()


def test_what_a_partner_is_called_stays_text_everywhere() -> None:
    found = told(("=P-1", HOSTILE, 10, 100), ("P-2", "=1+1", 20, 50))
    rows = list(csv.reader(io.StringIO(as_csv(found))))
    assert {row[0] for row in rows} == {"partner_id", "'=P-1", "P-2"}
    assert {row[1] for row in rows} == {"name", HOSTILE, "'=1+1"}
    assert "<script" not in as_page(found) and "&lt;script&gt;" in as_page(found)
    svg = drawn(found).svg()
    assert b"<script" not in svg and any(text.startswith("=P-1 <script>") for text in texts(svg))


def test_the_csv_has_numbers_that_a_spreadsheet_reads() -> None:
    """A share below zero is no text, and amounts have the decimals of their currency."""
    (head, first, second) = csv.reader(io.StringIO(as_csv(told(("P-1", "", 30, 150_000), ("P-2", "", 30, -50_000)))))
    by = {title: (first[at], second[at]) for at, title in enumerate(head)}
    assert by["share of pay"] == ("1.5", "-0.5")
    assert by["paid"] == ("1500.00", "-500.00")
    assert by["sold"] == ("", ""), "unknown, and no zero"


def test_the_picture_names_the_largest_gaps_and_is_the_same_in_any_order() -> None:
    shares = [
        Shares(f"P-{at:02d}", Fraction(at, 1000), Fraction(1000 - 3 * at, 10_000), at % 3 - 1) for at in range(60)
    ]
    found = contribution_picture("Title", "Subtitle.", shares)
    assert found == contribution_picture("Title", "Subtitle.", shares[::-1])
    said = texts(found.svg())
    named = {text for text in said if text.startswith("P-")}
    assert "P-00" in named and len(named) <= NAMED_MAX
    assert "equal shares" in said


def test_no_name_in_a_picture_of_few_lies_over_another_one_or_over_a_point() -> None:
    """Nearly all is paid to one partner, so that the points of the others lie side by side on the axis."""
    pay = [Fraction(999, 1000), *[Fraction(1, 7000)] * 7]
    shares = [Shares(f"P-{at} Partner {at}", Fraction(7 + 2 * at, 112), each, None) for at, each in enumerate(pay)]
    names = boxes(contribution_picture("Title", "Subtitle.", shares).svg())
    assert len(names) >= 4
    for one, other in combinations(names.values(), 2):
        assert not (one[0] < other[1] and other[0] < one[1] and abs(one[2] - other[2]) < 10)


def test_a_picture_of_many_draws_the_largest_gaps_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.reports.charts.contribution.DRAWN_MAX", 20)
    shares = [Shares(f"P-{at}", Fraction(1, 3000), Fraction(at, 3000), 0) for at in range(25)]
    found = contribution_picture("Title", "Subtitle.", shares).specification
    assert "The 20 with the largest gaps are drawn, of 25 partners." in found
    assert '"P-24"' in found and '"P-5"' in found and '"P-4"' not in found


@pytest.mark.parametrize(
    "shares",
    [(), (Shares("one", Fraction(0), Fraction(0), None),), (Shares("owes", Fraction(1), Fraction(-1, 2), -1),)],
    ids=["nobody", "nothing", "below zero"],
)
def test_a_picture_of_little_is_drawn_all_the_same(shares: tuple[Shares, ...]) -> None:
    found = contribution_picture("Title", "Subtitle", shares)
    assert 400 < float(ElementTree.fromstring(found.svg()).attrib["width"]) < 1000
    assert found.png(1).startswith(b"\x89PNG")


def test_a_page_shows_as_much_as_a_page_can_and_totals_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.contribution.export.ROWS_OF_PAGE", 10)
    many = told(*((f"P-{at:04d}", "", 1 + at, 100) for at in range(11)))
    page = as_page(many)
    assert "The first 10 rows are shown" in page and ">11.00<" in page
    assert "rows are shown" not in as_page(replace(many, scored=many.scored[:5]))


HEAD = """program: Reach
currency: EUR
calendar: year
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
  won: {count: deals, dated: deals.closed_on}
scorecards:
"""
CARD = "  reach: {kpis: {sold: {weight: 100%, linear: {from: EUR 0, to: EUR 100}}}}\n"
PAYOUTS = "payouts:\n  fee: {base: deals.amount, dated: deals.closed_on, rate: 10%}\n"
PARTNERS = "partner_id,name,region\nP-1,Acme,north\nP-2,Bolt,south\nP-3,Cato,\n"
DEALS = "deal_id,partner_id,closed_on,amount\nD-1,P-1,2026-02-01,50\nD-2,P-2,2026-03-01,100\nD-3,P-3,2026-03-01,20\n"


def program(folder: Path, cards: str = CARD, tables: Mapping[str, str] | None = None, payouts: str = PAYOUTS) -> Path:
    for name, text in {"partners.csv": PARTNERS, "deals.csv": DEALS, **(tables or {})}.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "program.yaml").write_text(HEAD + cards + payouts, "utf-8")
    return folder / "program.yaml"


def report(path: Path, *words: str) -> dict[str, object]:
    found = json.loads(partage("contribution", path, "--period", "2026", "--json", *words).output)
    assert isinstance(found, dict)
    return found


def scored(found: Mapping[str, object]) -> dict[str, dict[str, object]]:
    rows = found["scored"]
    assert isinstance(rows, list)
    return {each["partner_id"]: each for each in rows}


def test_where_partners_have_no_kind_all_are_peers(tmp_path: Path) -> None:
    found = report(program(tmp_path))
    assert found["among"] is None
    assert {key: (each["percentile"], each["peers"]) for key, each in scored(found).items()} == {
        "P-2": ("5/6", 3), "P-1": ("1/2", 3), "P-3": ("1/6", 3),
    }  # fmt: skip
    assert found["brought"] == {"sold": "sold"}


def test_whose_group_is_blank_is_nobodys_peer(tmp_path: Path) -> None:
    found = scored(report(program(tmp_path), "--among", "region"))
    assert {key: (each["group"], each["percentile"], each["peers"]) for key, each in found.items()} == {
        "P-2": ("south", "1/2", 1), "P-1": ("north", "1/2", 1), "P-3": (None, None, 0),
    }  # fmt: skip


def test_bonus_and_multipliers_are_told_as_the_rest_of_a_score(tmp_path: Path) -> None:
    """50 points; times 1.2 is 60, and 5 on top: the part adds 50, and the rest is 15."""
    card = CARD[:-2] + ", multipliers: {good: {when: won >= 1, by: 1.2}}, bonus: {any: {when: won >= 1, points: 5}}}\n"
    first = scored(report(program(tmp_path, card)))["P-1"]
    assert (first["score"], first["parts"], first["rest"]) == ("65", {"sold": {"weight": "1", "adds": "50"}}, "15")


def test_points_that_were_carried_over_add_to_a_score(tmp_path: Path) -> None:
    card = CARD.replace(
        "sold:", "growth: {weight: 40%, kpi: gone, missing: carry_last, linear: {from: 0, to: 1}}, sold:"
    )
    card = card.replace("weight: 100%", "weight: 60%")
    kpi = "  gone: {mean: deals.margin, dated: deals.closed_on}\nscorecards:"
    kept = {"scores.csv": "partner_id,scorecard,kpi,period,points,tier\n" + "".join(
        f"P-{at},reach,growth,2025,{at}0,\n" for at in (1, 2, 3)
    ), "deals.csv": DEALS.replace("amount\n", "amount,margin\n").replace("0\n", "0,\n")}  # fmt: skip
    path = program(tmp_path, card, kept)
    path.write_text(
        path.read_text("utf-8")
        .replace("scorecards:", kpi)
        .replace("deals: deals.csv", "deals: deals.csv, scores: scores.csv")
    )
    first = scored(report(path))["P-1"]
    assert first["parts"] == {"growth": {"weight": "2/5", "adds": "4"}, "sold": {"weight": "3/5", "adds": "30"}}
    assert (first["score"], first["rest"]) == ("34", "0")


def test_whom_the_scorecard_is_not_for_is_told_where_it_is_paid(tmp_path: Path) -> None:
    path = program(tmp_path, CARD.replace("{kpis", "{for: partners.region = 'north', kpis"))
    found = report(path)
    assert list(scored(found)) == ["P-1"]
    rows = found["not_scored"]
    assert isinstance(rows, list)
    assert [(each["partner_id"], each["why"], each["paid_minor"]) for each in rows] == [
        ("P-2", "the scorecard is not for it", 1000), ("P-3", "the scorecard is not for it", 200),
    ]  # fmt: skip
    assert found["paid_minor"] == 1700


def test_a_scorecard_of_another_name_is_named(tmp_path: Path) -> None:
    path = program(tmp_path, CARD + CARD.replace("reach", "contribution").replace("EUR 100", "EUR 200"))
    assert report(path)["scorecard"] == "contribution"
    assert scored(report(path, "--scorecard", "reach"))["P-1"]["score"] == "50"


def test_one_program_scores_and_another_pays(tmp_path: Path) -> None:
    """What a plan pays, 10 % of each deal, beside a score that it knows nothing of."""
    path = program(tmp_path, payouts="")
    (tmp_path / "plan.yaml").write_text(HEAD.partition("scorecards:")[0].replace("Reach", "Plan") + PAYOUTS, "utf-8")
    alone, beside = report(path), report(path, "--pays", str(tmp_path / "plan.yaml"))
    assert (alone["paid_by_program"], beside["paid_by_program"]) == ("Reach", "Plan")
    assert {key: (each["paid_minor"], each["share_of_pay"]) for key, each in scored(alone).items()} == {
        "P-1": (0, None), "P-2": (0, None), "P-3": (0, None),
    }  # fmt: skip
    assert {key: (each["paid_minor"], each["share_of_pay"]) for key, each in scored(beside).items()} == {
        "P-1": (500, "5/17"), "P-2": (1000, "10/17"), "P-3": (200, "2/17"),
    }  # fmt: skip


def test_rows_left_out_of_either_program_are_told_and_those_of_both_once(tmp_path: Path) -> None:
    path = program(tmp_path, tables={"deals.csv": DEALS + "D-4,P-9,2026-03-01,20\n"}, payouts="")
    (tmp_path / "more.csv").write_text(DEALS + "D-5,P-8,2026-03-01,20\nD-6,P-1,2026-33-01,20\n", "utf-8")
    plan = HEAD.partition("scorecards:")[0] + PAYOUTS
    (tmp_path / "same.yaml").write_text(plan, "utf-8")
    (tmp_path / "other.yaml").write_text(plan.replace("deals.csv", "more.csv"), "utf-8")
    assert report(path)["rejected"] == 1
    assert report(path, "--pays", str(tmp_path / "same.yaml"))["rejected"] == 1
    assert report(path, "--pays", str(tmp_path / "other.yaml"))["rejected"] == 1 + 2


def test_a_program_that_means_other_days_by_the_period_is_refused(tmp_path: Path) -> None:
    path = program(tmp_path)
    text = path.read_text("utf-8").replace(
        "calendar: year", "calendar: {period: year, fiscal_year_starts: 04-01, fiscal_year_named_after: its_start}"
    )
    (tmp_path / "plan.yaml").write_text(text.replace("2026-12-31", "2027-12-31"), "utf-8")
    with pytest.raises(Refused, match="M507 it means other days by "):
        partage("contribution", path, "--period", "2026", "--pays", tmp_path / "plan.yaml")


@pytest.mark.parametrize("suffix", ["html", "png", "csv"])
def test_the_report_is_written_once_and_again_only_when_told_to(suffix: str, tmp_path: Path) -> None:
    path, out = program(tmp_path), tmp_path / f"report.{suffix}"
    said = partage("contribution", path, "--period", "2026", "--out", out).output
    assert said.endswith(f"wrote {out}\n")
    if suffix != "csv":
        return
    first = out.read_bytes()
    with pytest.raises(Exception, match="S102"):
        partage("contribution", path, "--period", "2026", "--out", out)
    partage("contribution", path, "--period", "2026", "--out", out, "--force")
    assert out.read_bytes() == first


def test_the_tables_are_cut_and_say_so(tmp_path: Path) -> None:
    keys = [f"P-{at:02d}" for at in range(50)]
    partners = "partner_id,name\n" + "".join(f"{key},\n" for key in keys)
    deals = "deal_id,partner_id,closed_on,amount\n" + "".join(f"D{key},{key},2026-02-01,5\n" for key in keys)
    path = program(tmp_path, tables={"partners.csv": partners, "deals.csv": deals})
    said = partage("contribution", path, "--period", "2026").output
    assert "the first 40 of 50 are shown (--out FILE.csv writes all)" in said


def test_parts_of_a_score_are_told_beside_it() -> None:
    grid = parts_grid(told(("P-1", "", 30, 1000)))
    assert (grid.titles, grid.rows) == (("partner", "all of it", "rest", "= score"), (("P-1", "0", "30", "30"),))
