"""What balances still read of partners who have left: cash that comes in releases what was held back of them."""

from __future__ import annotations

from pathlib import Path

from balance_stories import moved
from spine_stories import partage, refused, told, write

PROGRAM = """
program: License
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
tables: {cash: {key: [id], columns: {id: id, partner_id: id, on: date, amount: money}}}
sources: {partners: partners.csv, deals: deals.csv, cash: cash.csv}
eligible: partners.active
kpis:
  paid: {sum: cash.amount, dated: cash.on}
  received: {formula: paid}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
balances:
  reserve: {holdback: {share: 50%, of: [commission], released: {of: received}}}
"""
PARTNERS = "partner_id,recruited_on,terminated_on\na,2025-01-01,\nb,2025-01-01,2026-02-10\n"
DEALS = "deal_id,partner_id,closed_on,amount\n1,b,2026-01-05,1000.00\n2,a,2026-01-05,400.00\n"


def license(folder: Path, *cash: str, text: str = PROGRAM) -> Path:
    rows = "".join(f"{row}\n" for row in cash)
    files = {"partners.csv": PARTNERS, "deals.csv": DEALS, "cash.csv": "id,partner_id,on,amount\n" + rows}
    return write(folder, text, files)


def test_cash_that_comes_after_the_partner_left_releases_what_was_held_back(tmp_path: Path) -> None:
    """January earns 100, of which 50 are held back; b leaves in February; 1,000 of cash come in March: b gets its 50,
    and a, of whom nothing came, keeps its 20 held."""
    path = license(tmp_path, "1,b,2026-03-10,1000.00")
    assert moved(path, "2026-02", "reserve") == {"a": [2_000, 0, 0, 2_000], "b": [5_000, 0, 0, 5_000]}
    assert moved(path, "2026-03", "reserve") == {"a": [2_000, 0, 0, 2_000], "b": [5_000, 0, -5_000, 0]}
    assert moved(path, "2026-04", "reserve") == {"a": [2_000, 0, 0, 2_000]}
    with told(path, "2026-03") as of:
        assert of.payouts() == {"a": 0, "b": 5_000}
        why = of.why("b", "reserve")
        assert why.value == 5_000
        assert "received is 1,000.00, of 50.00 held" in [part.words for part in why.parts]


def test_no_more_is_released_than_the_cash_that_came(tmp_path: Path) -> None:
    path = license(tmp_path, "1,b,2026-03-10,12.00", "2,b,2026-04-10,-5.00", "3,a,2026-03-11,7.00")
    assert moved(path, "2026-03", "reserve") == {"a": [2_000, 0, -700, 1_300], "b": [5_000, 0, -1_200, 3_800]}
    assert moved(path, "2026-04", "reserve")["b"] == [3_800, 0, 0, 3_800]


def test_a_release_in_the_measure_of_what_rules_pay_is_nothing_to_who_has_left(tmp_path: Path) -> None:
    """A bonus of 12 a month releases 12 of the 50 in January; from February on b has left and earns none."""
    text = PROGRAM.replace("released: {of: received}", "released: {of: bonus}")
    path = license(tmp_path, text=text.replace("balances:", "  bonus: {for_each: partners, amount: 12}\nbalances:"))
    assert moved(path, "2026-03", "reserve") == {"b": [3_800, 0, 0, 3_800]}


def test_cash_of_a_leaver_of_whom_nothing_is_held_releases_nothing(tmp_path: Path) -> None:
    path = license(tmp_path, "1,b,2026-03-10,1000.00")
    (tmp_path / "deals.csv").write_text("deal_id,partner_id,closed_on,amount\n2,a,2026-01-05,400.00\n")
    assert moved(path, "2026-03", "reserve") == {"a": [2_000, 0, 0, 2_000]}


def test_unknown_cash_of_a_leaver_is_refused_and_never_nothing(tmp_path: Path) -> None:
    assert refused(license(tmp_path, "1,b,2026-03-10,"), "2026-03") == ["F301 partners:b"]


def test_the_row_counts_as_measured_and_its_trace_says_so(tmp_path: Path) -> None:
    path, store = license(tmp_path, "1,b,2026-03-10,1000.00"), tmp_path / "store.db"
    assert partage("--store", store, "run", path, "--period", "2026-03").exit_code == 0
    (verdict,) = partage("--store", store, "trace", "cash", "1", "--json").json()["verdicts"]
    assert (verdict["fate"], verdict["words"]) == ("measured", "counts in paid")
    told = partage("--store", store, "show", "--fates", "--json").json()["fates"]
    fates = [each for each in told if each["table"] == "cash"]
    assert [(each["fate"], each["rows"]) for each in fates] == [("measured", 1)]
