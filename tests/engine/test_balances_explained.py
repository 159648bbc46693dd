"""Every name that `show --balances` lists can be explained from the books: in the first period, in a later one, and in
one that opens with a file; what the program has itself by whoever is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from balance_stories import program as every_kind, write
from spine_stories import partage
from test_balances_of_all import PROGRAM as ALL
from test_balances_of_rules import BANK, CARRIED, DEALS, FUND, PAID_IN, PEOPLE, tables

from engine.acts.reopen import reopen
from engine.acts.reopen_sheet import is_kept
from engine.explain import explain
from engine.store import Store

MONTHS, YEARS = ("2026-01", "2026-02"), ("2025", "2026")
HEAD = "program: Carries\ncurrency: EUR\ncalendar: month\neffective: 2026-01-01 to 2026-12-31\n"
SOURCES = "sources: {partners: partners.csv, deals: deals.csv, balances: balances.csv}\n"
CLAIMS = "kpis:\n  claim: {sum: deals.margin, dated: deals.closed_on}\npools:\n  pot: {size: EUR 100, %s}\n"
CLAIMED = ["D-1,A,2026-01-10,800.00,50.00", "D-2,B,2026-01-10,90.00,30.55", "D-3,A,2026-02-10,800.00,31.01"]
MDF = ["M-1,A,2026-01-05,12.00,20.00", "M-2,B,2026-01-05,60.00,50.00", "M-3,A,2026-02-05,1.00,2.00"]
RESULTS = ["fund,proceeds,2026-01,900.00", "fund,proceeds,2026-02,900.01", "fund,profit,2026-01,100.00"]
INVESTED = ["K-1,A,2025-12-31,contribution,1000.00", "K-2,B,2025-12-31,contribution,500.00"]
PEOPLE_OF_FUND = ["G,manager,2025-01-01,", "A,investor,2025-01-01,", "B,investor,2025-01-01,2026-02-10"]
PROCEEDS = ["fund,proceeds,2025-12,1050.00", "fund,proceeds,2026-12,155.00"]
TWO, THREE = ["A,,,", "B,,,"], ["A,,,", "B,,,", "C,,,"]
HELD = "payouts:\n  fee: {base: deals.amount, dated: deals.closed_on, rate: 10%}\n"
HELD += "balances:\n  day: {holdback: {share: 10%, released: {on: 2026-02-20}}}\n  own: {account: {credited: [fee]}}\n"

STORIES: dict[str, tuple[str, Mapping[str, Sequence[str]], tuple[str, str]]] = {
    "every kind": (every_kind(), {"partners": PEOPLE, "deals": DEALS, "mdf": MDF}, MONTHS),
    "all that rolls": (
        ALL,
        {"partners": PEOPLE_OF_FUND, "deals": CLAIMED, "mdf": MDF, "capital": INVESTED, "results": RESULTS},
        MONTHS,
    ),
    "bank": (BANK, {"partners": PEOPLE, "deals": DEALS}, MONTHS),
    "residue": (CARRIED, {"partners": THREE}, MONTHS),
    "fund": (FUND, {"partners": ["A,,,"], "capital": PAID_IN, "results": PROCEEDS}, YEARS),
    "held until a day": (HEAD + SOURCES + HELD, {"partners": TWO, "deals": CLAIMED}, MONTHS),
    "unclaimed": (
        HEAD + SOURCES + CLAIMS % "shared: {proportional: claim}, unclaimed: carry",
        {"partners": TWO, "deals": CLAIMED},
        MONTHS,
    ),
    "unclaimed, and a residue": (
        HEAD + SOURCES + CLAIMS % "shared: {talmud: claim}, unclaimed: carry, residue: carry",
        {"partners": TWO, "deals": CLAIMED},
        MONTHS,
    ),
    "cut": (
        HEAD + SOURCES + CLAIMS % "shared: equally, bounds: {at_most: EUR 12.5, excess: carry}",
        {"partners": THREE, "deals": CLAIMED},
        MONTHS,
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_each_balance_that_is_shown_is_explained(tmp_path: Path, story: str) -> None:
    text, rows, (first, later) = STORIES[story]
    path, store = write(tmp_path, with_balances(text), tables(**rows)), tmp_path / "store.db"
    assert run(store, path, first) == 1
    assert all_explained(store, 1)
    table = partage("--store", store, "show", "1", "--balances", "--csv", "-").out
    assert run(store, path, later) == 2
    assert all_explained(store, 2)
    (tmp_path / "balances.csv").write_text(table, "utf-8")
    assert run(store, path, later) == 3
    assert all_explained(store, 3) == all_explained(store, 2)


def with_balances(text: str) -> str:
    """The program with a table of balances, where it names none."""
    return text if "balances.csv" in text else text.replace("partners.csv", "partners.csv, balances: balances.csv", 1)


def run(store: Path, path: Path, period: str) -> int:
    ended = partage("--store", store, "run", path, "--period", period)
    assert ended.exit_code == 0, ended.err
    return int(ended.out.split("partage show ")[-1])


def all_explained(store: Path, number: int) -> dict[tuple[str, str], int]:
    """What each balance of a run closes with by its explanation, by name and partner; as it is shown, or it fails."""
    shown = partage("--store", store, "show", str(number), "--balances", "--json").json()["balances"]
    assert shown
    found = {}
    with Store.open(store, create=False) as books, reopen(books, number) as again:
        for name, each in ((name, each) for name, holders in shown.items() for each in holders):
            for asked in (name, f"{name}.opening"):
                assert not is_kept(books.run(number), again.plan, asked), "it is in no kept sheet"
                reason = explain(again.plan, again.sheet, again.facts, each["partner_id"] or "A", asked)
                opening = reason if asked != name else next(part for part in reason.parts if part.title == "opening")
                assert opening.value == each["opening_minor"]
            found[name, str(each["partner_id"])] = each["closing_minor"]
    return found


@pytest.mark.parametrize(
    ("story", "name"), [("bank", "commission.bank"), ("fund", "fund.layer.1"), ("fund", "fund.carry")]
)
def test_a_balance_is_explained_from_the_books(tmp_path: Path, story: str, name: str) -> None:
    text, rows, periods = STORIES[story]
    path, store = write(tmp_path, text, tables(**rows)), tmp_path / "store.db"
    for number, period in enumerate(periods, 1):
        run(store, path, period)
        for asked in (name, f"{name}.opening"):
            ended = partage("--store", store, "explain", str(number), "A", asked)
            assert (ended.exit_code, ended.err) == (0, "")
            assert ended.out.endswith("adds up to the posted cent\n")


def test_a_name_that_there_is_not_is_answered_with_names_that_can_be_asked(tmp_path: Path) -> None:
    text, rows, (first, _) = STORIES["fund"]
    store = tmp_path / "store.db"
    run(store, write(tmp_path, text, tables(**rows)), first)
    told = partage("--store", store, "explain", "1", "A", "fund.carried").err
    assert "S111" in told
    names = told.partition("fund has ")[2].strip().split(", ")
    assert {"fund.carry", "fund.carry.opening", "fund.layer.1"} <= {*names}
    for name in names:
        assert partage("--store", store, "explain", "1", "A", name).exit_code == 0, name


def test_what_the_program_has_itself_is_told_alike_to_whoever_asks(tmp_path: Path) -> None:
    path, store = write(tmp_path, CARRIED, tables(partners=THREE)), tmp_path / "store.db"
    run(store, path, "2026-01")
    (one, other) = (partage("--store", store, "explain", "1", who, "bonus.carried").out for who in "AB")
    assert one.splitlines()[1:] == other.splitlines()[1:]
    assert "= of the program, not of a partner: the opening and its movements add up to it" in one
    assert "= 0.01 is left of 100.00" in one
