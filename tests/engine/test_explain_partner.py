"""Explaining one partner of a kept run: it alone is worked out again where the program looks at each partner alone, and
the explanation is the one that the whole run gives, to the letter; where the two differ, the whole run tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings, strategies as st
from kept_stories import COMMISSION, blob, keep, repoint, with_cell, with_line
from spine_stories import partage, write
from test_true_up_properties import CROSSING, HEAD, LOCAL, data

from engine.acts.reopen import reopen
from engine.acts.reopen_partner import reopen_partner
from engine.acts.reopen_sheet import kept_plan
from engine.explain import explain
from engine.facts import touched
from engine.reports.tree import tree_lines
from engine.store import Store
from engine.store.lines import lines_from_parquet, lines_to_parquet
from rules.problem import CheckFailed

TABLES = {
    "partners.csv": "partner_id,parent_id\nP-1,\nP-2,P-1\nP-3,P-2\nP-4,P-1\nP-5,\nP-6,\nP-7,\nP-8,P-7\n",
    "customers.csv": "customer_id,region\nC-0,N\nC-1,S\n",
    "deals.csv": """
        deal_id,customer_id,partner_id,closed_on,amount
        D-0,C-0,P-1,2026-01-20,400.00
        D-1,C-0,P-1,2026-02-01,333.33
        D-2,C-1,P-2,2026-02-02,999.99
        D-3,C-0,P-3,2026-02-03,1234.56
        D-4,C-0,P-1,2026-02-28,700.01
        D-5,C-0,P-8,2026-02-28,100.01
        """,
    "credits.csv": """
        credit_id,deal_id,partner_id,role
        K-1,D-1,P-1,sourced
        K-2,D-1,P-2,influenced
        K-3,D-1,P-3,influenced
        K-4,D-3,P-3,sourced
        K-5,D-3,P-1,influenced
        """,
    "deal_events.csv": "event_id,deal_id,occurred_on,amount\nE-1,D-0,2026-02-10,100.00\nE-2,D-1,2026-02-20,33.33\n",
}
ALONE = {
    "its own rows": "payouts: {commission: {base: deals.amount, dated: deals.closed_on, rate: 7.77%}}\n",
    **LOCAL,
}


# The shares of others are told as well: of these the whole run is worked out.
SHARING = ("shares of a deal that are rounded together", "those above earn on it")
EVERYBODY = TABLES["partners.csv"].count("P-") - 4  # four are named as parents


def compared(books: Path, number: int = 1) -> int:
    """How many partners of a run were worked out alone; of each, the explanation is that of the whole run."""
    done = 0
    with Store.open(books, create=False) as store:
        record = store.run(number)
        meaning, plan = kept_plan(store, record)
        with reopen(store, number) as run:
            for partner in map(str, run.sheet.payees.keys):
                with reopen_partner(store, record, meaning, plan, partner) as found:
                    if found is None:
                        continue
                    for is_whole in (False, True):
                        alone = explain(plan, *found, partner, None, is_whole)
                        whole = explain(run.plan, run.sheet, run.facts, partner, None, is_whole)
                        assert alone == whole
                        assert list(tree_lines(alone)) == list(tree_lines(whole))
                done += 1
    return done


def kept_run(folder: Path, program: str, files: Mapping[str, str], period: str) -> Path | None:
    """The books with a run of a program; None where it is refused."""
    path = write(folder, program, files)
    ended = partage("--store", folder / "books.db", "run", path, "--period", period)
    return folder / "books.db" if ended.exit_code == 0 else None


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("cut", [0, touched.WHOLE_ROWS], ids=["tables cut", "tables whole"])
def test_a_partner_worked_out_alone_is_explained_as_the_whole_run_explains_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, cut: int
) -> None:
    monkeypatch.setattr(touched, "WHOLE_ROWS", cut)
    books = kept_run(tmp_path, HEAD + ALONE[name], TABLES, "2026-02")
    assert books is not None
    assert compared(books) == (0 if name in SHARING else EVERYBODY)


@pytest.mark.parametrize("name", CROSSING)
def test_where_partners_are_looked_at_together_the_whole_run_is_worked_out(tmp_path: Path, name: str) -> None:
    books = kept_run(tmp_path, HEAD + CROSSING[name], TABLES, "2026-02")
    assert books is not None
    assert compared(books) == 0


def changed_lines(books: Path) -> bytes:
    return lines_to_parquet(with_line(lines_from_parquet(blob(books, "lines").read_bytes()), 0, 999))


def changed_sheet(books: Path) -> bytes:
    return with_cell(blob(books, "sheet"), "payout/top", 0, 999)


@pytest.mark.parametrize(
    ("role", "other"),
    [
        ("lines", changed_lines),
        ("lines", lambda _: b"no lines"),
        ("sheet", changed_sheet),
        ("sheet", lambda _: b"none"),
    ],
    ids=["a cent of a line", "no lines", "a cent of the sheet", "no sheet"],
)
def test_a_partner_that_is_not_what_was_kept_is_told_by_the_whole_run(
    tmp_path: Path, role: str, other: Callable[[Path], bytes]
) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    before = partage("--store", books, "explain", "1", "acme")
    assert compared(books) == 2
    repoint(books, role, other(books))
    with suppress(CheckFailed):  # the sheet of another run
        assert compared(books) == (1 if role == "lines" and other is changed_lines else 0)
    assert partage("--store", books, "explain", "1", "acme") == before


def test_a_row_that_was_changed_with_the_books_is_still_told(tmp_path: Path) -> None:
    books = tmp_path / "books.db"
    keep(books, COMMISSION)
    repoint(books, "table:deals", with_cell(blob(books, "table:deals"), "amount", 0, 999))
    ended = partage("--store", books, "explain", "1", "acme")
    assert ended.exit_code == 1
    assert "S130" in ended.err


@pytest.mark.soak
@settings(max_examples=settings.default.max_examples // 25)
@given(name=st.sampled_from(sorted(LOCAL)), files=data())
def test_whatever_partners_sold_one_alone_is_explained_as_in_the_whole_run(name: str, files: Mapping[str, str]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(touched, "WHOLE_ROWS", 0)
        books = kept_run(Path(folder), HEAD + LOCAL[name], files, "2026-02")
        if books is not None:
            compared(books)
