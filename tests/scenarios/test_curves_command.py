"""partage curves: from a program's funds, or a table of one's own, to a file of curves and a picture."""

from __future__ import annotations

import json
import math
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from spine_stories import partage, write

from rules.problem import Refused
from scenarios.acts.observe_file import observe_file
from scenarios.acts.observe_program import observe_program
from scenarios.curves.saved import load

PROGRAM = """
program: Funds that work
currency: EUR
calendar: month
effective: 2025-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, mdf: mdf.csv, mdf_claims: claims.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on, where: deals.status = 'won'}
  funds: {sum: mdf_claims.paid, dated: mdf_claims.paid_on}
  deal_size: {mean: deals.amount, dated: deals.closed_on}
"""
SMALL = {
    "partners.csv": """
        partner_id,name,region,recruited_on,terminated_on
        P-1,Acme,DE,,
        P-2,Bolt,FR,2025-02-01,
        P-3,Crux,DE,2025-01-15,2025-03-30
        """,
    "deals.csv": """
        deal_id,partner_id,status,closed_on,amount
        D-1,P-1,won,2025-01-10,1000.50
        D-2,P-1,won,2025-03-31,2000
        D-3,P-2,won,2025-03-02,300
        D-4,P-2,lost,2025-03-03,999
        """,
    "mdf.csv": """
        request_id,partner_id,activity,approved,decided_on
        R-1,P-1,webinar,900,2025-01-02
        R-2,P-1,fair,900,2025-01-02
        R-3,P-2,webinar,900,2025-02-02
        R-4,P-3,,900,2025-02-02
        """,
    "claims.csv": """
        claim_id,request_id,paid_on,paid
        C-1,R-1,2025-01-31,100.25
        C-2,R-1,2025-01-02,50
        C-3,R-2,2025-02-15,70
        C-4,R-3,2025-02-28,80
        C-5,R-3,2025-03-01,
        C-6,R-4,2025-02-01,9
        """,
}


def big() -> dict[str, str]:
    """Twelve partners in two regions over eighteen months: a month's sales are their level and 30,000 (1 - e^(-x /
    4000)) of what was paid on webinars."""
    partners, deals, requests, claims = ["partner_id,name,region"], [], [], []
    for number in range(12):
        partners.append(f"P-{number:02},Partner {number},{'north' if number < 6 else 'south'}")
        requests.append(f"R-{number:02},P-{number:02},webinar,99999,2025-01-01")
        for month in range(18):
            day = f"{2025 + month // 12}-{month % 12 + 1:02}"
            paid = (number * 37 + month * 53) * 97 % 9_001 if (number + month) % 3 else 0
            noise = ((number * 31 + month * 17) * 131 % 2_001) - 1_000
            sold = 10_000 + 500 * number + 30_000 * (1 - math.exp(-paid / 4_000)) + noise
            deals.append(f"D-{number:02}-{month:02},P-{number:02},won,{day}-20,{sold:.2f}")
            if paid:
                claims.append(f"C-{number:02}-{month:02},R-{number:02},{day}-12,{paid}")
    return {
        "partners.csv": "\n".join(partners) + "\n",
        "deals.csv": "\n".join(["deal_id,partner_id,status,closed_on,amount", *deals]) + "\n",
        "mdf.csv": "\n".join(["request_id,partner_id,activity,approved,decided_on", *requests]) + "\n",
        "claims.csv": "\n".join(["claim_id,request_id,paid_on,paid", *claims]) + "\n",
    }


@pytest.fixture(scope="module")
def funds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program and a table of the same observations, to be copied."""
    folder = tmp_path_factory.mktemp("funds")
    write(folder, PROGRAM, big())
    seen = observe_program(folder / "program.yaml", "sold", "mdf", "region", "2025-01..2026-06")
    rows = [
        f"{row.unit},{row.period},{float(row.spend)!r},{float(row.outcome)!r},{group}"
        for group, found in seen.groups.items()
        for row in found
    ]
    (folder / "seen.csv").write_text("\n".join(["unit,period,spend,outcome,group", *reversed(rows)]) + "\n")
    return folder


@pytest.fixture
def folder(funds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(funds, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ok(*ask: str) -> str:
    """What a command prints that does what it was asked."""
    done = partage(*ask)
    assert done.exit_code == 0, done.err
    return done.out


def refused(*ask: str) -> str:
    """What a command says that refuses."""
    done = partage(*ask)
    assert done.exit_code == 2
    return done.err


FIT = ["curves", "fit", "program.yaml", "--outcome", "sold", "--spend", "mdf", "--period", "2025-01..2026-06"]
QUICK = ["--bootstrap", "40"]


def test_each_partner_is_observed_in_the_months_of_which_it_was_one(tmp_path: Path) -> None:
    """P-2 comes in February and P-3 is there for the whole of February alone; an amount that is blank is unknown."""
    seen = observe_program(write(tmp_path, PROGRAM, SMALL), "sold", "mdf", "region", "2025-01..2025-03")
    told = {
        group: [(row.unit, row.period, row.spend, row.outcome) for row in rows] for group, rows in seen.groups.items()
    }
    assert told == {
        "DE": [
            ("P-1", "2025-01", Fraction("150.25"), Fraction("1000.5")),
            ("P-1", "2025-02", 70, 0),
            ("P-1", "2025-03", 0, 2000),
            ("P-3", "2025-02", 9, 0),
        ],
        "FR": [("P-2", "2025-02", 80, 0)],
    }
    assert seen.left_out == 1
    assert (seen.outcome, seen.spend) == (("sold", "EUR"), ("mdf", "EUR"))


def test_of_an_activity_those_count_who_were_paid_for_no_other(tmp_path: Path) -> None:
    """In January P-1 was paid for webinars and in February for a fair: each is left out of the other's curve."""
    seen = observe_program(write(tmp_path, PROGRAM, SMALL), "sold", "mdf", "activity", "2025-01..2025-03")
    told = {group: [(row.unit, row.period[-2:], int(row.spend)) for row in rows] for group, rows in seen.groups.items()}
    assert told == {
        "(none)": [("P-1", "03", 0), ("P-3", "02", 9)],
        "fair": [("P-1", "02", 70), ("P-1", "03", 0)],
        "webinar": [("P-1", "01", 150), ("P-1", "03", 0), ("P-2", "02", 80)],
    }


def test_a_kpi_may_be_what_is_spent(tmp_path: Path) -> None:
    """The KPI over the same claims says the same, but for a blank amount, which makes its whole month unknown."""
    path = write(tmp_path, PROGRAM, SMALL)
    by_kpi = observe_program(path, "sold", "funds", "program", "2025-01..2025-03")
    by_claims = observe_program(path, "sold", "mdf", "program", "2025-01..2025-03")
    assert by_kpi.groups == by_claims.groups and by_kpi.left_out == by_claims.left_out == 1


def test_an_unknown_outcome_is_left_out(tmp_path: Path) -> None:
    seen = observe_program(write(tmp_path, PROGRAM, SMALL), "deal_size", "mdf", "program", "2025-01..2025-03")
    assert [(row.unit, row.period) for row in seen.groups["program"]] == [("P-1", "2025-01"), ("P-1", "2025-03")]
    assert seen.left_out == 4


def test_the_curve_of_the_funds_comes_back(folder: Path) -> None:
    out = ok(*FIT, "--by", "program", *QUICK, "--out", "curves.json", "--picture", "curves.svg")
    assert "Funds that work, 2025-01 to 2026-06: sold (EUR) on mdf (EUR), by program" in out
    saved = load(folder / "curves.json")
    (curve,) = saved.document["curves"]
    assert curve["family"] == "exponential"
    assert float(curve["parameters"]["k"]) == pytest.approx(4_000, rel=0.05)
    low, high = (float(each) for each in curve["intervals"]["k"])
    assert low < float(curve["parameters"]["k"]) < high < low + 1_000
    assert (folder / "curves.svg").read_text().startswith("<svg")
    assert ok("curves", "show", "curves.json").splitlines() == out.splitlines()[:-1]


def test_a_table_says_the_same_as_the_program(folder: Path) -> None:
    """The same numbers in another order, as a table: the same curves, number by number."""
    one = json.loads(ok(*FIT, "--by", "region", *QUICK, "--json"))
    other = json.loads(ok("curves", "fit", "--from", "seen.csv", "--by", "group", *QUICK, "--json"))
    assert [each["unit"] for each in one["curves"]] == ["north", "south"]
    for mine, theirs in zip(one["curves"], other["curves"], strict=True):
        assert mine["parameters"] == theirs["parameters"] and mine["intervals"] == theirs["intervals"]


def test_partners_of_whom_nothing_can_be_said_are_told(folder: Path) -> None:
    """One unit without any response beside another one with it: a curve, and a reason."""
    rows = ["unit,period,spend,outcome"]
    for month in range(14):
        spend = month * 700 % 5_000
        rows.append(f"A,{month:02},{spend},{5_000 + 9_000 * spend / (1_500 + spend):.2f}")
        rows.append(f"B,{month:02},{spend},{5_000 + month * 7_919 % 101}")
    (folder / "two.csv").write_text("\n".join(rows) + "\n")
    out = ok("curves", "fit", "--from", "two.csv", *QUICK, "--out", "two.json")
    assert "M304 B: no curve explains the outcome better" in out
    assert load(folder / "two.json").units == ("A",)


def test_what_is_there_is_not_written_over(folder: Path) -> None:
    (folder / "curves.json").write_text("mine")
    ask = ["curves", "fit", "--from", "seen.csv", "--by", "program", *QUICK, "--out", "curves.json"]
    assert "S102" in refused(*ask)
    assert (folder / "curves.json").read_text() == "mine"
    assert "wrote curves.json" in ok(*ask, "--force")


@pytest.mark.parametrize("picture", ["curves.png", "curves.html"])
def test_a_picture_is_what_its_suffix_says(folder: Path, picture: str) -> None:
    ok("curves", "fit", "--from", "seen.csv", "--by", "group", "--bootstrap", "20", "--picture", picture)
    data = (folder / picture).read_bytes()
    assert data.startswith(b"\x89PNG") if picture.endswith(".png") else data.startswith(b"<!doctype html>")
    assert b"http://" not in data.replace(b"http://www.w3.org", b"") or picture.endswith(".png")


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ("program.yaml --outcome sold --spend mdf --by group --period 2025-01..2025-06", "M316"),
        ("program.yaml --outcome sold --spend funds --by activity --period 2025-01..2025-06", "M316"),
        ("program.yaml --outcome sold --spend mdf --period 2025-01", "M211"),
        ("program.yaml --outcome sold --spend mdf --period 2025-06..2025-01", "M211"),
        ("program.yaml --outcome margin --spend mdf --period 2025-01..2025-06", "S113"),
        ("program.yaml --outcome sold --spend mdf", "Missing --period"),
        ("program.yaml --from seen.csv", "M316"),
        ("--from seen.csv --by region", "M316"),
        ("--from seen.csv --adstock 1", "M316"),
        ("--from seen.csv --adstock half", "M316"),
        ("--from seen.csv --bootstrap 5", "M316"),
        ("--from seen.csv --adstock=", "M316"),
        ("--from seen.csv --out both.svg --picture both.svg", "M316"),
        ("program.yaml --outcome sold --spend mdf --by tier --period 2025-01..2025-06", "no partner has a tier"),
        ("--from seen.csv --seed -1", "M316"),
        ("--from seen.csv --picture curves.gif", "M501"),
        ("--from none.csv", "M310"),
    ],
)
def test_what_can_not_be_asked(folder: Path, ask: str, said: str) -> None:
    before = sorted(folder.iterdir())
    assert said in refused("curves", "fit", *ask.split())
    assert sorted(folder.iterdir()) == before


def table(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (b"", {"M310"}),
        (b"\xff\xfe\x00", {"M310"}),
        ("unit,period,spend\nA,1,2\n", {"M310"}),
        ("unit,period,spend,spend,outcome\nA,1,2,3,5\n", {"M310"}),
        ("unit,period,spend,outcome, Outcome\nA,1,2,3,5\n", {"M310"}),
        ("unit,period,spend,outcome\n", {"M313"}),
        ("unit,period,spend,outcome\nA,1,,5\n", {"M313"}),
        ("unit,period,spend,outcome\nA,1,-2,5\nB,1,x,5\nC,1,1e9,5\nD,1,nan,4\nE,1\n,1,2,3\n", {"M311"}),
        ("unit,period,spend,outcome\nA,1,2,5\nA,1,3,5\nB,1,x,5\n", {"M311", "M312"}),
        ('unit,period,spend,outcome\n"A\x1b[2J",1,2,5\n', {"M311"}),
        ("unit,period,spend,outcome,weight\nA,1,2,5,0\n", {"M311"}),
        ('unit,period,spend,outcome\n"A,1,2,5\n', {"M310"}),
        (b"unit,period,spend,outcome\n\x00,1,2,5\n", {"M310", "M311"}),
    ],
)
def test_a_table_with_faults_is_refused_with_all_of_them(tmp_path: Path, text: str | bytes, codes: set[str]) -> None:
    with pytest.raises(Refused) as caught:
        observe_file(table(tmp_path, text), "partner")
    found = {problem.code for problem in caught.value.problems}
    assert found and found <= codes


def test_a_table_that_is_too_large_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.acts.observe_file.ROWS_MAX", 3)
    with pytest.raises(Refused, match="M314"):
        observe_file(table(tmp_path, "unit,period,spend,outcome\n" + "A,1,2,5\n" * 4), "partner")


def test_a_table_that_is_too_large_is_told_so_wherever_it_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.acts.observe_file.BYTES_MAX", 26)
    with pytest.raises(Refused, match="M314"):
        observe_file(table(tmp_path, "unit,period,spend,outcome\n\u00e9,1,2,5\n"), "partner")


def test_rows_that_were_rejected_are_told(folder: Path) -> None:
    with (folder / "deals.csv").open("a") as rows:
        rows.write("D-99,P-01,won,2025-13-45,100\n")
    assert "rejected: 1 row of the sources" in ok(*FIT, "--by", "program", *QUICK)
