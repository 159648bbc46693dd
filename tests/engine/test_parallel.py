"""An old system's payouts beside ours: the proof of a migration, difference by difference."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from kept_stories import COMMISSION, DEALS, HEAD, keep
from spine_stories import Ended, partage

from engine.acts.parallel import Reading, parallel
from engine.acts.parallel_exact import ExactLine, Way
from engine.values.matched import CAUSES
from rules.quantities.currency import currency, format_minor
from rules.quantities.rounding import Rounding

# 12.345, 0.625 and 7.50 are what is due: half up, 12.35, 0.63 and 7.50
CENTS = DEALS + "d1,acme,2026-04-01,123.45\nd2,acme,2026-04-02,6.25\nd3,bolt,2026-04-03,75.00\n"
PROGRAM = COMMISSION.replace("dated: deals.closed_on, rate: 10%", "dated: deals.closed_on, rate: 10%, title: New deals")
EUR = currency("EUR")
KEYED = "partner,component,key,amount\n"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The books with one run of April: three deals that are paid, one that is lost, one that could not be read."""
    path = tmp_path_factory.mktemp("books") / "books.db"
    where = PROGRAM.replace("rate: 10%", "rate: 10%, where: deals.status = 'won'")
    rows = [row + ("status" if row.startswith("deal_id") else "won") for row in (f"{e}," for e in CENTS.splitlines())]
    rows += ["d4,bolt,2026-04-04,10.00,lost", "d5,bolt,2026-04-31,10.00,won"]
    keep(path, where, {"deals.csv": "\n".join(rows) + "\n"})
    return path


def beside(books: Path, legacy: str, *options: str) -> Ended:
    """An old system's file held against run 1."""
    path = books.parent / "old.csv"
    path.write_text(legacy, "utf-8")
    return partage("--store", books, "parallel", "1", path, *options)


def told(books: Path, legacy: str, *options: str) -> Any:
    return beside(books, legacy, *options, "--json").json()


def causes(found: Any) -> dict[str, tuple[str, int]]:
    """Each difference by its key, or its partner: cause and amount."""
    rows = found["differences"]
    return {each["key"] or each["partner_id"]: (each["cause"], each["difference_minor"]) for each in rows}


def test_everything_matches(books: Path) -> None:
    legacy = KEYED + "acme,New deals,d1,12.35\nacme,commission,d2,0.63\nbolt,NEW DEALS,d3,7.50\n"
    ended = beside(books, legacy)
    assert ended.exit_code == 0, ended.out + ended.err
    assert "old.csv   3 rows, compared by partner, component, key" in ended.out
    assert "total 20.48 there, 20.48 here: 0.00 EUR" in ended.out
    assert "  matched exactly   3   20.48" in ended.out
    found = told(books, legacy)
    assert (found["explained"], found["differences"], found["matched"]) == (True, [], {"rows": 3, "ours_minor": 2048})


def test_by_partner_alone_with_columns_of_other_names(books: Path) -> None:
    legacy = "Partner Id;Payout, net\nacme;12,98\nbolt;7,50\n"
    options = ("--columns", "partner=Partner Id,amount=Payout, net", "--separator", "semicolon", "--decimal", "comma")
    found = told(books, legacy, *options)
    assert (found["grain"], found["explained"], found["differences"]) == (["partner"], True, [])


def test_they_round_half_even(books: Path) -> None:
    found = told(books, KEYED + "acme,commission,d1,12.34\nacme,commission,d2,0.62\nbolt,commission,d3,7.50\n")
    assert causes(found) == {"d1": ("rounding", 1), "d2": ("rounding", 1)}
    assert found["differences"][0]["words"] == "they round each line half even"
    assert found["rounding"] == {"words": "they round each line half even", "fits": 3, "tried": 3}
    assert found["explained"]


def test_they_round_the_total(books: Path) -> None:
    """12.345 + 0.625 is 12.97, and we pay 12.35 + 0.63."""
    found = told(books, "partner,amount\nacme,12.97\nbolt,7.50\n")
    assert causes(found) == {"acme": ("rounding", 1)}
    assert found["explained"]
    words = found["differences"][0]["words"]
    assert words.startswith("they round")


def test_they_round_to_whole_units(books: Path) -> None:
    """Where every amount is round so; a single one may be round by chance."""
    whole = told(books, "partner,amount\nacme,13.00\nbolt,8.00\n")
    assert causes(whole) == {"acme": ("rounding", -2), "bolt": ("rounding", -50)}
    assert whole["differences"][0]["words"].endswith("to 1.00")
    assert causes(told(books, "partner,amount\nacme,12.99\nbolt,8.00\n"))["bolt"] == ("unexplained", -50)


def test_they_pay_another_rate(books: Path) -> None:
    ended = beside(books, KEYED + "acme,commission,d1,12.35\nacme,commission,d2,0.63\nbolt,commission,d3,9.00\n")
    assert ended.exit_code == 0
    assert "the rate is 12 % there, 10 % here, of 75.00" in ended.out
    assert "  rule              1   -1.50" in ended.out


def test_their_base_is_another(books: Path) -> None:
    legacy = "partner,component,key,amount,base\n"
    legacy += "acme,commission,d1,12.35,123.45\nacme,commission,d2,0.63,6.25\nbolt,commission,d3,8.00,80.00\n"
    found = told(books, legacy)
    assert causes(found) == {"d3": ("data", -50)}
    assert found["differences"][0]["words"] == "the base is 80.00 there, 75.00 here; at our rate theirs comes out"
    both = told(books, legacy.replace("8.00,80.00", "9.60,80.00"))
    told_so = "the base is 80.00 there, 75.00 here, and the rate is 12 % there, 10 % here, of 75.00"
    assert both["differences"][0]["words"] == told_so


def test_rows_that_one_of_both_lacks(books: Path) -> None:
    legacy = KEYED + "acme,commission,d1,12.35\nacme,commission,d2,0.63\nbolt,commission,d4,1.00\n"
    legacy += "bolt,commission,d5,1.00\nbolt,commission,d9,2.00\n"
    ended = beside(books, legacy, "--json")
    found = ended.json()
    assert causes(found) == {
        "d3": ("missing row", 750),
        "d4": ("missing row", -100),
        "d5": ("data", -100),
        "d9": ("unexplained", -200),
    }
    words = {each["key"]: each["words"] for each in found["differences"]}
    assert words["d4"].startswith("deals d4 is not payable in our run: deals.status = 'won' does not hold")
    assert words["d5"].startswith("our input row was rejected: F204 '2026-04-31' is no date")
    assert words["d3"] == "only ours: deals d3 is paid in our run 7.50: a row of commission: 10 % of 75.00"
    assert words["d9"] == "no table of the run has a row d9"
    assert (ended.exit_code, found["explained"], found["unexplained"]) == (1, False, 1)
    assert found["ours_minor"] - found["theirs_minor"] == sum(each["difference_minor"] for each in found["differences"])


def test_sums_that_differ_without_a_reason(books: Path) -> None:
    ended = beside(books, "partner,amount\nacme,30.00\nbolt,0.00\n", "--json")
    assert ended.exit_code == 1
    found = ended.json()
    assert causes(found) == {"acme": ("unexplained", -1702), "bolt": ("unexplained", 750)}
    words = {each["partner_id"]: each["words"] for each in found["differences"]}
    assert words["bolt"] == "it is just our line deals d3 of 7.50: they may lack that row"
    assert (
        words["acme"] == "sums of 2 lines differ; a file with a column key tells which; of the run, 1 row was rejected"
    )


def test_partners_that_one_of_both_lacks(books: Path) -> None:
    found = told(books, "partner,amount\nacme,12.98\ncrux,5.00\n")
    assert causes(found) == {"bolt": ("missing row", 750), "crux": ("unexplained", -500)}
    words = {each["partner_id"]: each["words"] for each in found["differences"]}
    assert words["crux"] == "no table of the run has a partner crux"


def test_every_fault_of_the_file_is_told_at_once(books: Path) -> None:
    legacy = 'Who,What,amount\nacme,New deals,"1,250.00"\n,New deals,3\nbolt,Old deals,1\n'
    legacy += "bo lt,New deals,\nbolt,New deals,1.005\n"
    ended = beside(books, legacy, "--columns", "partner=Who", "--columns", "component=What")
    assert ended.exit_code == 2
    faults = [line for line in ended.err.splitlines() if line.startswith("error")]
    assert [line.split()[1] + " " + line.rsplit("   ", 1)[1] for line in faults] == [
        "F203 old.csv:2:amount",
        "S170 old.csv:3:Who",
        "F201 old.csv:5:Who",
        "S170 old.csv:5:amount",
        "F203 old.csv:6:amount",
    ]


def test_a_component_of_another_name(books: Path) -> None:
    legacy = "partner,component,amount\nacme,New deals,12.98\nbolt,Base comm,7.50\n"
    ended = beside(books, legacy)
    assert ended.exit_code == 2
    assert "error S171 'Base comm' is no component of the run   old.csv:3:component" in ended.err
    assert told(books, legacy, "--components", "Base comm=commission")["explained"]
    bad = beside(books, legacy, "--components", "Base comm=bonus")
    assert bad.exit_code == 2 and "S171 --components names 'bonus', which is none of the run" in bad.err


@pytest.mark.parametrize(
    ("legacy", "told"),
    [
        ("who,amount\nacme,1\n", "F105 the source has no column 'partner' for partner"),
        ("partner,amount\n", "F128 the file has a header and no rows"),
        ("partner,amount,amount\nacme,1,1\n", "F104"),
        ("partner,amount,currency\nacme,1,USD\n", "F2"),
    ],
)
def test_a_file_that_cannot_be_read(books: Path, legacy: str, told: str) -> None:
    ended = beside(books, legacy)
    assert ended.exit_code == 2 and told in ended.err, ended.err


@pytest.mark.parametrize("option", ["partner", "who=Partner", "partner=", "=x"])
def test_options_that_say_no_pair(books: Path, option: str) -> None:
    ended = beside(books, "partner,amount\nacme,1\n", "--columns", option)
    assert ended.exit_code == 2 and "--columns" in ended.err


def test_all_rows_as_a_spreadsheet(books: Path, tmp_path: Path) -> None:
    legacy = KEYED + "acme,commission,d1,12.35\nacme,commission,d2,0.63\nbolt,commission,=9,1.00\n"
    assert beside(books, legacy, "--csv", str(tmp_path / "proof.csv")).exit_code == 1
    rows = list(csv.reader(io.StringIO((tmp_path / "proof.csv").read_text("utf-8"))))
    assert [row[3:8] for row in rows[1:]] == [
        ["d3", "", "7.50", "7.50", "missing row"],
        ["'=9", "1.00", "", "-1.00", "unexplained"],
        ["d1", "12.35", "12.35", "0.00", "matched"],
        ["d2", "0.63", "0.63", "0.00", "matched"],
    ]


def test_a_pool_that_they_round_share_by_share(tmp_path: Path) -> None:
    """100.00 among three: ours conserves the cents, theirs rounds each share down."""
    path = tmp_path / "books.db"
    program = HEAD.replace("{partners: partners.csv, deals: deals.csv}", "{partners: partners.csv}")
    keep(path, program + "pools:\n  club: {size: 100, shared: equally}\n", {"partners.csv": "partner_id\na\nb\nc\n"})
    found = told(path, "partner,component,amount\na,club,33.33\nb,club,33.33\nc,club,33.33\n")
    assert causes(found) == {"a": ("rounding", 1)}
    other = told(path, "partner,component,amount\na,club,50.00\nb,club,33.33\nc,club,16.67\n")
    assert {row["cause"] for row in other["differences"]} == {"unexplained"}


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["d1", "d2", "d3", "d4", "d9"]), st.integers(-2000, 2000), min_size=1))
def test_every_cent_of_the_difference_is_in_one_row(books: Path, amounts: dict[str, int]) -> None:
    rows = "".join(f"acme,commission,{key},{format_minor(minor, EUR, False)}\n" for key, minor in amounts.items())
    path = books.parent / "drawn.csv"
    path.write_text(KEYED + rows, "utf-8")
    found = parallel(books, 1, path, Reading({}, {}))
    assert (found.theirs_minor, found.ours_minor) == (sum(amounts.values()), 2048)
    assert sum(row.difference_minor for row in found.differing) == found.ours_minor - found.theirs_minor
    assert len(found.of("")) + len(found.differing) == len(found.rows)
    assert all(row.words and row.cause in CAUSES for row in found.differing)
    assert found.is_explained == ("d9" not in amounts or amounts["d9"] == 0)


def test_ways_to_round_by_hand() -> None:
    lines = [ExactLine("one", "deals", 1235, Fraction("1234.5")), ExactLine("two", "deals", 63, Fraction("62.5"))]
    assert Way(1, "line", Rounding.HALF_UP)(lines) == 1298
    assert Way(1, "line", Rounding.HALF_EVEN)(lines) == 1234 + 62
    assert Way(1, "component", Rounding.DOWN)(lines) == 1234 + 62
    assert Way(1, "total", Rounding.HALF_UP)(lines) == 1297
    assert Way(100, "total", Rounding.UP)(lines) == 1300


NAMED = "partner,component,key,amount\nAcme GmbH & Co,commission,d1,12.35\nAcme GmbH & Co,commission,d2,0.63\n"
NAMED += "0815/7,commission,d3,7.50\n"


def test_partners_that_the_old_system_calls_otherwise(books: Path) -> None:
    """Names there are matched with ids here on the command line, from a file, or from both."""
    pairs = ("--partners", "Acme GmbH & Co=acme", "--partners", "0815/7=bolt")
    assert told(books, NAMED, *pairs)["matched"] == {"rows": 3, "ours_minor": 2048}
    listed = books.parent / "map.csv"
    listed.write_text("old,new\nAcme GmbH & Co,acme\n0815/7,acme\n", "utf-8")
    found = told(books, NAMED, "--partner-map", str(listed), "--partners", "0815/7=bolt")
    assert found["matched"] == {"rows": 3, "ours_minor": 2048}


def test_a_partner_that_nobody_matches_is_refused_once_with_the_cure(books: Path) -> None:
    ended = beside(books, NAMED, "--partners", "0815/7=bolt")
    assert ended.exit_code == 2
    assert ended.err.count("error F201 'Acme GmbH & Co' is no id   old.csv:2:partner") == 1
    assert "--partners 'NAME=ID'" in ended.err and "--partner-map FILE" in ended.err


@pytest.mark.parametrize(
    ("text", "told_so"),
    [
        ("old,new\nx,acme\nx,bolt\n", "F122"),
        ("old,new\nx,a b\n", "F201"),
        ("old,new\nx,\n", "S170 new is blank"),
        ("old\nx\n", "F105"),
    ],
)
def test_a_file_of_partners_with_faults(books: Path, text: str, told_so: str) -> None:
    listed = books.parent / "bad.csv"
    listed.write_text(text, "utf-8")
    ended = beside(books, NAMED, "--partner-map", str(listed))
    assert (ended.exit_code, f"error {told_so}" in ended.err) == (2, True), ended.err


def test_a_base_or_an_amount_with_the_other_sign_is_no_rate_below_zero(books: Path) -> None:
    head, first = (
        "partner,component,key,amount,base\n",
        "acme,commission,d1,12.35,123.45\nacme,commission,d2,0.63,6.25\n",
    )
    for row, words in {
        "7.50,-75.00": "",  # both pay the same: their column alone is wrong
        "-7.50,-75.00": "the base is -75.00 there, 75.00 here; at our rate theirs comes out",
        "9.00,-75.00": "the base is -75.00 there, 75.00 here: it has the other sign, and the rate is 12 % there, "
        "10 % here, of 75.00",
        "-7.50,75.00": "the sign: -7.50 there, 7.50 here, of the same base at the same rate",
        "-7.50,": "the sign: -7.50 there, 7.50 here, of the same base at the same rate",
    }.items():
        found = told(books, f"{head}{first}bolt,commission,d3,{row}\n")["differences"]
        assert [(each["cause"], each["words"]) for each in found] == ([("data", words)] if words else []), row
        assert "-10 %" not in str(found)
