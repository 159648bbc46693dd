"""Amounts below zero of advances and allowances: what was advanced, accrued or used is taken back, never dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from balance_stories import moved, rolled
from spine_stories import partage, refused, told, write

PROGRAM = """
program: Label
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
tables: {moves: {key: [id], columns: {id: id, partner_id: id, on: date, what: text, amount: money}}}
sources: {partners: partners.csv, deals: deals.csv, moves: moves.csv, balances: balances.csv}
kpis:
  advances: {sum: moves.amount, dated: moves.on, where: "moves.what = 'advance'"}
  accrual: {sum: moves.amount, dated: moves.on, where: "moves.what = 'accrual'"}
  claims: {sum: moves.amount, dated: moves.on, where: "moves.what = 'claim'"}
payouts: {royalty: {base: deals.amount, dated: deals.closed_on, rate: 10%%}}
balances:
  adv: {advance: {of: advances, recouped_from: [royalty]%s}}
  mdf: {allowance: {accrued: accrual, used: claims%s}}
"""


def label(folder: Path, moves: str, advance: str = "", allowance: str = "", royalty: str = "5000.00") -> Path:
    files = {
        "partners.csv": "partner_id\nb\n",
        "deals.csv": f"deal_id,partner_id,closed_on,amount\n1,b,2026-03-05,{royalty}\n",
        "moves.csv": "id,partner_id,on,what,amount\n" + moves,
        "balances.csv": "partner_id,balance,as_of,released_on,amount\n",
    }
    return write(folder, PROGRAM % (advance, allowance), files)


def row(at: int, month: str, what: str, amount: str) -> str:
    return f"{at},b,2026-{month}-10,{what},{amount}\n"


def test_an_advance_that_was_repaid_is_recouped_no_more(tmp_path: Path) -> None:
    """January advances 100, February has them repaid: March's royalty of 500 is paid whole."""
    path = label(tmp_path, row(1, "01", "advance", "100.00") + row(2, "02", "advance", "-100.00"))
    assert moved(path, "2026-02", "adv") == {"b": [10_000, -10_000, 0, 0]}
    with told(path, "2026-03") as of:
        assert of.payouts() == {"b": 50_000}
        assert of.why("b").value == 50_000
    with told(path, "2026-02") as of:
        words = [part.words for part in of.why("b", "adv").parts]
        assert "advances is -100.00, given back" in words


def test_a_claim_that_is_reversed_can_be_used_again(tmp_path: Path) -> None:
    """100 accrue and 60 of them are claimed; the claim is reversed in February: 100 are there again."""
    moves = row(1, "01", "accrual", "100.00") + row(2, "01", "claim", "60.00") + row(3, "02", "claim", "-60.00")
    path = label(tmp_path, moves)
    assert moved(path, "2026-02", "mdf") == {"b": [4_000, 0, 6_000, 0, 10_000]}
    with told(path, "2026-02") as of:
        words = [part.words for part in of.why("b", "mdf").parts]
        assert "claims is -60.00, which comes back" in words


def test_what_comes_back_of_an_accrual_that_expired_expires_too(tmp_path: Path) -> None:
    """January accrues 100 and 60 are claimed; by the end of February the other 40 have expired, so that the claim that
    is reversed in March brings back 60 that expire there and then."""
    moves = row(1, "01", "accrual", "100.00") + row(2, "01", "claim", "60.00") + row(3, "03", "claim", "-60.00")
    path = label(tmp_path, moves, allowance=", expires_after: 1")
    assert moved(path, "2026-02", "mdf") == {"b": [4_000, 0, 0, -4_000, 0]}
    assert moved(path, "2026-03", "mdf") == {"b": [0, 0, 6_000, -6_000, 0]}


def test_an_accrual_that_is_taken_back_is_gone_and_does_not_expire(tmp_path: Path) -> None:
    """January accrues 100, February takes them back: nothing is left that could expire at its end."""
    path = label(
        tmp_path,
        row(1, "01", "accrual", "100.00") + row(2, "02", "accrual", "-100.00"),
        allowance=", expires_after: 1",
    )
    assert moved(path, "2026-02", "mdf") == {"b": [10_000, -10_000, 0, 0, 0]}
    with told(path, "2026-02") as of:
        words = [part.words for part in of.why("b", "mdf").parts]
        assert "accrual is -100.00, taken back" in words


def test_what_is_taken_back_comes_off_the_oldest(tmp_path: Path) -> None:
    """January accrues 100, February 50, March takes 50 back: it is January's, of which 50 expire at the end of March;
    February's 50 expire in April. A run that opens with March's table comes to the same."""
    moves = row(1, "01", "accrual", "100.00") + row(2, "02", "accrual", "50.00") + row(3, "03", "accrual", "-50.00")
    path = label(tmp_path, moves, allowance=", expires_after: 2")
    assert moved(path, "2026-03", "mdf") == {"b": [15_000, -5_000, 0, -5_000, 5_000]}
    assert moved(path, "2026-04", "mdf") == {"b": [5_000, 0, 0, -5_000, 0]}
    (tmp_path / "balances.csv").write_text(rolled(path, "2026-03").table)
    assert moved(path, "2026-04", "mdf") == {"b": [5_000, 0, 0, -5_000, 0]}


def test_more_given_back_than_was_open_is_below_zero_and_the_run_says_so(tmp_path: Path) -> None:
    """100 advanced, 60 recouped by a royalty of 60, then all 100 repaid: 60 too much, which the next advance of 80 is
    set against: 20 are left to recoup."""
    moves = row(1, "01", "advance", "100.00") + row(2, "04", "advance", "-100.00") + row(3, "05", "advance", "80.00")
    path, store = label(tmp_path, moves, royalty="600.00"), tmp_path / "store.db"
    assert moved(path, "2026-04", "adv") == {"b": [4_000, -10_000, 0, -6_000]}
    assert moved(path, "2026-05", "adv") == {"b": [-6_000, 8_000, 0, 2_000]}
    out = partage("--store", store, "run", path, "--period", "2026-04").out
    line = "adv: opening 40.00, advanced -100.00, recouped 0.00, closing -60.00 EUR, 1 partner is below zero by 60.00"
    assert line in out.splitlines()
    with told(path, "2026-04") as of:
        words = [part.words for part in of.why("b", "adv").parts]
        assert "60.00 more was given back than was open, and later advances make up for it" in words
    (tmp_path / "balances.csv").write_text(rolled(path, "2026-04").table)
    assert moved(path, "2026-05", "adv") == {"b": [-6_000, 8_000, 0, 2_000]}


def test_an_advance_that_the_run_paid_is_taken_back_by_the_run(tmp_path: Path) -> None:
    """The run paid 100 in January; 30 of it are cancelled in March, where a royalty of 500 is earned: 30 come off it,
    and the 70 that are left to recoup as well."""
    moves = row(1, "01", "advance", "100.00") + row(2, "03", "advance", "-30.00")
    path = label(tmp_path, moves, advance=", is_paid: true")
    assert moved(path, "2026-03", "adv") == {"b": [10_000, -3_000, -7_000, 0]}
    with told(path, "2026-03") as of:
        assert of.payouts() == {"b": 40_000}


def test_no_more_is_recouped_than_is_due_after_what_is_taken_back(tmp_path: Path) -> None:
    """50 are earned, 30 of an advance are cancelled: 20 are left, and 20 are recouped."""
    moves = row(1, "01", "advance", "100.00") + row(2, "03", "advance", "-30.00")
    path = label(tmp_path, moves, advance=", is_paid: true", royalty="500.00")
    assert moved(path, "2026-03", "adv") == {"b": [10_000, -3_000, -2_000, 5_000]}
    with told(path, "2026-03") as of:
        assert of.payouts() == {"b": 0}


@pytest.mark.parametrize(("over", "found"), [("carry", []), ("refuse", ["F324"])])
def test_an_accrual_taken_back_after_it_was_used_is_overdrawn(tmp_path: Path, over: str, found: list[str]) -> None:
    moves = row(1, "01", "accrual", "100.00") + row(2, "01", "claim", "60.00") + row(3, "02", "accrual", "-100.00")
    path = label(tmp_path, moves, allowance=f", over: {over}")
    assert [each.split()[0] for each in refused(path, "2026-02")] == found
    if not found:
        assert moved(path, "2026-02", "mdf") == {"b": [4_000, -10_000, 0, 0, -6_000]}
