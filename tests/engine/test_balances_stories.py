"""Balances in programs: published cases, what rules read of them, what commands tell, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from balance_stories import moved, program, tables
from spine_stories import MONTH, partage, refused, told, write

from engine.explain import DoesNotReAdd
from engine.settle import settle
from engine.sheet import evaluate
from rules.balances.negative import Negative
from rules.load import load

PARTNERS = "partner_id,recruited_on,terminated_on\nA,2025-01-01,\nB,2025-01-01,2026-02-10\n"
DEALS = "deal_id,partner_id,closed_on,amount\nD-1,A,2026-01-10,1000\nD-2,B,2026-01-11,500\nD-3,A,2026-02-01,-300\n"
HOLDBACK = (
    MONTH
    + """
sources: {partners: partners.csv, deals: deals.csv, balances: balances.csv}
eligible: partners.active
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
balances:
  shortfall: {negative: carry}
  reserve: {title: Safety reserve, holdback: {share: 10%, of: [commission], released: {after: 1}}}
"""
)
HEADER = "partner_id,balance,as_of,released_on,amount\n"


def holdback(folder: Path, balances: str = "", extra: str = "") -> Path:
    files = {"partners.csv": PARTNERS, "deals.csv": DEALS, "balances.csv": HEADER + balances}
    return write(folder, HOLDBACK + extra, files)


# --- published cases --------------------------------------------------------------------------------------------------

FUND = """
program: Fund
currency: USD
calendar: year
effective: 2010-01-01 to 2011-12-31
sources: {partners: partners.csv, balances: balances.csv}
tables:
  values:
    {row: a fund at the end of a year, key: [partner_id, year], columns: {partner_id: id, year: month, gross: money}}
kpis:
  gross: {sum: values.gross, dated: values.year}
payouts:
  incentive: {for_each: partners, base: "greatest(gross - mark.opening * 1.04, 0)", rate: 20%}
balances:
  mark: {mark: gross}
"""


def test_an_incentive_is_earned_above_a_high_water_mark_and_a_hurdle(tmp_path: Path) -> None:
    """A fund of 642m gross, a mark of 610m and a hurdle of 4 %: the incentive is 20 % of 7.6m, 1.52m (H1-43,
    analystforum.com/t/returns-on-alternative-investments/147399)."""
    text = FUND.replace("balances: balances.csv}", "balances: balances.csv, values: values.csv}")
    files = {
        "partners.csv": "partner_id\nfund\n",
        "values.csv": "partner_id,year,gross\nfund,2010-12,642000000\nfund,2011-12,640000000\n",
        "balances.csv": HEADER + "fund,mark,2009-12-31,,610000000\n",
    }
    path = write(tmp_path, text, files)
    with told(path, "2010") as of:
        assert of.payouts() == {"fund": 152_000_000}
    assert moved(path, "2010", "mark") == {"fund": [61_000_000_000, 3_200_000_000, 64_200_000_000]}
    with told(path, "2011") as of:  # below the new mark
        assert of.payouts() == {"fund": 0}
    assert moved(path, "2011", "mark") == {"fund": [64_200_000_000, 0, 64_200_000_000]}


ROYALTY = """
program: Royalty
currency: USD
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, costs: costs.csv, sales: sales.csv}
tables:
  sales:
    row: what a title sold
    key: [sale_id]
    columns: {sale_id: id, partner_id: id, sold_on: date, copies: count, price: money}
kpis:
  advanced: {sum: costs.amount, dated: costs.incurred_on}
payouts:
  royalty: {base: sales.copies * sales.price, dated: sales.sold_on, rate: 10%}
balances:
  advance: {advance: {of: advanced, recouped_from: [royalty]}}
"""


@pytest.mark.parametrize(
    ("source", "copies", "price", "advanced", "paid"),
    [
        (
            "arcaedia.livejournal.com/2008/02/27: 5,000 copies at 23.95 over 10,000 (H1-45)",
            5000,
            "23.95",
            10_000,
            197_500,
        ),
        ("docs.reprtoir.com/docs/about-royalty-recoupments: 15,000 over 10,000 (H1-48)", 10_000, "15", 10_000, 500_000),
        ("less than was advanced pays nothing", 1000, "23.95", 10_000, 0),
    ],
)
def test_a_royalty_is_paid_after_the_advance(
    tmp_path: Path, source: str, copies: int, price: str, advanced: int, paid: int
) -> None:
    files = {
        "partners.csv": "partner_id\nauthor\n",
        "costs.csv": f"cost_id,partner_id,incurred_on,amount\nC-1,author,2026-01-15,{advanced}\n",
        "sales.csv": f"sale_id,partner_id,sold_on,copies,price\nS-1,author,2026-05-01,{copies},{price}\n",
    }
    with told(write(tmp_path, ROYALTY, files), "2026-Q2") as of:
        assert of.payouts() == {"author": paid}, source
        of.why("author")


# --- what rules read of them ------------------------------------------------------------------------------------------


def test_a_case_says_what_a_balance_opens_with(tmp_path: Path) -> None:
    cases = """
    tests:
      a mark is stated:
        period: 2011
        given: {mark.opening: 100, gross: 204}
        expect: {incentive: 20, payout: 20, mark.opening: 100}
      nothing is on it before the first period:
        given: {gross: 50}
        expect: {incentive: 10}
    """
    text = FUND.replace("balances: balances.csv}", "values: values.csv}")
    path = write(tmp_path, text + "\n".join(line[4:] for line in cases.splitlines()), {})
    ended = partage("test", path)
    assert ended.exit_code == 0, ended.out + ended.err


def test_a_case_expects_what_a_balance_does(tmp_path: Path) -> None:
    cases = """
tests:
  a tenth is held back:
    period: 2026-02
    given:
      partners: {partner_id: A, recruited_on: 2025-01-01}
      deals: {partner_id: A, closed_on: 2026-02-03, amount: 1_000}
      balances: {partner_id: A, balance: reserve, as_of: 2026-01-31, released_on: 2026-02-10, amount: 3}
    expect: {commission: 100, reserve: -7, payout: 93}
    lines:
      reserve: {withheld: -10, released: 3}
"""
    ended = partage("test", holdback(tmp_path, extra=cases))
    assert ended.exit_code == 0, ended.out + ended.err


def test_a_movement_named_as_what_the_engine_keeps_is_refused(tmp_path: Path) -> None:
    extra = "  capital: {account: {movements: {opening: reserve.opening}}}\n"
    assert [each.code for each in load(holdback(tmp_path, extra=extra)).problems] == ["P111"]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ("  other: {holdback: {share: 10%, of: [comission], released: {after: 1}}}\n", "P126"),
        ("  other: {minimum: USD 50}\n", "P130"),
        ("  other: {draw: 0.001}\n", "P132"),
        ("  other: {mark: partners.name}\n", "P125"),
        ("  accounts: {negative: carry}\n", "P111"),
        ("  other: {negative: carry, minimum: 5}\n", "P110"),
    ],
)
def test_faults_of_a_balance_have_their_place(tmp_path: Path, extra: str, code: str) -> None:
    (problem,) = [each for each in load(holdback(tmp_path, extra=extra)).problems if each.severity == "error"]
    assert problem.code == code and problem.place.line


CUSTOM = """
program: Seasons
currency: EUR
calendar:
  period: custom
  periods: {spring: 2026-01-01 to 2026-06-10, summer: 2026-06-11 to 2026-08-31, autumn: 2026-09-01 to 2026-12-31}
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, balances: balances.csv}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
balances:
  reserve: {holdback: {share: 10%, released: {after: 1}}}
"""


def test_balances_roll_over_the_periods_of_a_custom_calendar(tmp_path: Path) -> None:
    row = "A,reserve,2025-12-31,,5.00\n"  # of before the first period: released in it
    files = {"partners.csv": "partner_id\nA\n", "deals.csv": DEALS.replace(",B,", ",A,"), "balances.csv": HEADER + row}
    path = write(tmp_path, CUSTOM, files)
    assert moved(path, "spring", "reserve") == {"A": [500, 1200, -500, 1200]}
    assert moved(path, "summer", "reserve") == {"A": [1200, 0, -1200, 0]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-06-10", "2026-06-09"),
        ("reserve: {holdback: {share: 10%, released: {after: 1}}}", "m: {minimum: {amount: 5, at_year_end: true}}"),
    ],
)
def test_a_balance_that_a_custom_calendar_cannot_carry_is_refused(tmp_path: Path, old: str, new: str) -> None:
    problems = load(write(tmp_path, CUSTOM.replace(old, new), {})).problems
    assert [each.code for each in problems if each.severity == "error"] == ["P262"]


# --- the books --------------------------------------------------------------------------------------------------------


def test_lines_are_told_by_movement_and_the_manifest_adds_up(tmp_path: Path) -> None:
    path = holdback(tmp_path)
    with told(path, "2026-02") as of:
        assert of.lines() == [
            "A commission D-3 -3000",
            "A reserve released 1000",
            "A shortfall carried 3000",
            "B reserve released 500",
        ]
        assert of.run.manifest["balances"] == {
            "shortfall": {
                "opening_minor": "0",
                "movements": {"carried": "3000", "applied": "0"},
                "closing_minor": "3000",
            },
            "reserve": {
                "opening_minor": "1500",
                "movements": {"withheld": "0", "released": "-1500"},
                "closing_minor": "0",
            },
        }


def test_a_program_without_balances_has_none_in_its_manifest(tmp_path: Path) -> None:
    files = {"partners.csv": PARTNERS, "deals.csv": DEALS}
    text = HOLDBACK.partition("balances:\n")[0].replace(", balances: balances.csv", "")
    with told(write(tmp_path, text, files), "2026-01") as of:
        assert "balances" not in of.run.manifest


def test_partners_a_few_at_a_time_come_to_the_same(tmp_path: Path) -> None:
    partners = [f"{each},2025-01-01," for each in "ABCD"]
    mdf = [f"M-{each},{each},2026-0{1 + at % 3}-03,{70 + at},{30 - at}" for at, each in enumerate("ABCD")]
    deals = [f"D-{each},{each},2026-03-03,{900 * at}" for at, each in enumerate("ABCD")]
    path = write(tmp_path, program(), tables(partners=partners, mdf=mdf, deals=deals))
    with told(path, "2026-03") as of:
        some = evaluate(of.plan, of.facts, of.sheet.period, "lines", partners_at_once=1)
        assert settle(of.plan, some, "", []).run_id == settle(of.plan, of.sheet, "", []).run_id


def test_an_opening_that_was_changed_changes_the_run(tmp_path: Path) -> None:
    ids = []
    for folder, amount in (("one", "3.00"), ("two", "3.01")):
        with told(holdback(tmp_path / folder, f"A,reserve,2026-01-31,2027-01-01,{amount}\n"), "2026-02") as of:
            ids.append(of.run.manifest["sheet_sha256"])
    assert ids[0] != ids[1]


def test_a_fault_in_what_a_balance_keeps_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = holdback(tmp_path)
    whole = Negative.compute
    monkeypatch.setattr(Negative, "compute", lambda *arguments: whole(*arguments)[:1] * 2)
    with pytest.raises((DoesNotReAdd, AssertionError)), told(path, "2026-02") as of:
        of.why("A")


def test_what_a_balance_rests_on_is_explained(tmp_path: Path) -> None:
    path = write(tmp_path, program(), tables(partners=["A,2025-01-01,"], mdf=["M-1,A,2026-01-03,70,30"]))
    with told(path, "2026-02") as of:
        above = of.why("A", "above")
        assert [part.title for part in above.parts[0].parts]
        assert "mark.opening" in json.dumps(_titles(above))
        assert "mark.opening 30.00" in json.dumps(_words(above))
        opened = of.why("A", "mark").parts[0]
        assert of.why("A", "mark.opening").value == opened.value == 3000
    assert (opened.title, opened.shown) == ("opening", "30.00")
    assert opened.words == "what 2026-01 (2026-01-01 to 2026-01-31) closed with"


def _titles(node: object) -> list[object]:
    return [node.title, *(_titles(part) for part in node.parts)]  # type: ignore[attr-defined]


def test_balances_rest_on_pools_too(tmp_path: Path) -> None:
    """A pool is shared anew in each period before: half of what it pays is held back for a month."""
    text = HOLDBACK.replace(", balances: balances.csv", "").partition("balances:\n")[0]
    text += "pools:\n  bonus: {size: EUR 10, shared: {by: commission}}\n"
    text += "balances:\n  half: {holdback: {share: 50%, of: [bonus], released: {after: 1}}}\n"
    deals = DEALS + "D-4,A,2026-02-02,900\n"
    path = write(tmp_path, text, {"partners.csv": PARTNERS, "deals.csv": deals})
    assert moved(path, "2026-01", "half") == {"A": [0, 334, 0, 334], "B": [0, 167, 0, 167]}
    assert moved(path, "2026-02", "half") == {"A": [334, 500, -334, 500], "B": [167, 0, -167, 0]}
    with told(path, "2026-02") as of:
        assert of.payouts() == {"A": 6000 + 1000 - 500 + 334, "B": 167}
        of.why("A"), of.why("B")


def _words(node: object) -> list[object]:
    return [node.words, *(_words(part) for part in node.parts)]  # type: ignore[attr-defined]


# --- what commands tell -----------------------------------------------------------------------------------------------


def test_show_tells_how_balances_roll_forward(tmp_path: Path) -> None:
    path, store = holdback(tmp_path), tmp_path / "store.db"
    run = partage("--store", store, "run", path, "--period", "2026-02")
    assert "Safety reserve: opening 15.00, withheld 0.00, released -15.00, closing 0.00 EUR" in run.out
    shown = partage("--store", store, "show", "--balances")
    assert shown.out.splitlines()[-6:] == [
        "total         0.00    30.00     0.00    30.00",
        "",
        "Safety reserve  opening  withheld  released  closing",
        "A                 10.00      0.00    -10.00     0.00",
        "B                  5.00      0.00     -5.00     0.00",
        "total             15.00      0.00    -15.00     0.00",
    ]
    found = partage("--store", store, "show", "--balances", "--json").json()
    assert found["balances"]["reserve"][1] == {
        "partner_id": "B",
        "opening_minor": 500,
        "movements_minor": {"withheld": 0, "released": -500},
        "closing_minor": 0,
    }


def test_show_writes_the_table_that_the_next_period_opens_with(tmp_path: Path) -> None:
    path, store = holdback(tmp_path), tmp_path / "store.db"
    partage("--store", store, "run", path, "--period", "2026-01")
    table = HEADER + "A,reserve,2026-01-31,2026-02-28,10.00\nB,reserve,2026-01-31,2026-02-28,5.00\n"
    assert partage("--store", store, "show", "--balances", "--csv", "-").out == table
    to = tmp_path / "closing.csv"
    assert partage("--store", store, "show", "--balances", "--csv", to).exit_code == 0
    assert to.read_text("utf-8") == table
    again = partage("--store", store, "show", "--balances", "--csv", to)
    assert again.exit_code == 2 and "S102" in again.err
    assert partage("--store", store, "show", "--balances", "--csv", to, "--force").exit_code == 0
    assert partage("--store", store, "show", "--csv", to).exit_code == 2


# --- the rows of the table --------------------------------------------------------------------------------------------

ROWS = (
    "A,reserve,2025-12-31,,1\nA,reserve,2026-01-31,,3\nA,reserve,2026-01-31,2026-02-03,4\nB,shortfall,2026-01-31,,2\n"
    "A,reserve,2026-02-28,,9\n"
)


def test_every_row_of_the_table_has_a_fate(tmp_path: Path) -> None:
    path, store = holdback(tmp_path, ROWS), tmp_path / "store.db"
    run = partage("--store", store, "run", path, "--period", "2026-02", "--json").json()
    fates = [(each["fate"], each["rule"], each["rows"]) for each in run["fates"] if each["table"] == "balances"]
    assert fates == [("measured", None, 3), ("not_payable", "opening balances", 1), ("outside", None, 1)]
    words = {
        key: partage("--store", store, "trace", "balances", f"A/reserve/{key}", "--json").json()["verdicts"][0]
        for key in ("2026-01-31/", "2025-12-31/", "2026-02-28/")
    }
    assert [each["fate"] for each in words.values()] == ["measured", "not_payable", "outside"]
    assert words["2026-01-31/"]["words"] == "reserve of A opened with it after 2026-01-31"
    assert words["2025-12-31/"]["words"] == "another row says what was on reserve on a later day"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("A,savings,2026-01-31,,1", "F320 balances.csv:2:balance"),
        ("A,reserve,2026-01-30,,1", "F321 balances.csv:2:as_of"),
        ("A,reserve,2026-01-31,,", "F301 balances.csv:2:amount"),
    ],
)
def test_a_row_that_says_nothing_is_refused(tmp_path: Path, row: str, expected: str) -> None:
    assert refused(holdback(tmp_path, row + "\n"), "2026-02") == [expected]


def test_the_table_is_known_to_be_read(tmp_path: Path) -> None:
    assert not [str(each) for each in load(holdback(tmp_path)).problems]
    without = HOLDBACK.replace("balances:\n  shortfall", "totals: {}\nx:\n  shortfall").partition("totals:")[0]
    files = {"partners.csv": PARTNERS, "deals.csv": DEALS, "balances.csv": HEADER}
    (problem,) = load(write(tmp_path / "none", without, files)).problems
    assert "balances" in problem.message and problem.severity == "warning"
