"""Explaining from kept trails: the partner's rows are found at once, are the same rows, and were not changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from score_stories import HEAD, TABLES
from spine_stories import partage, told, write
from store_stories import by_sql

from engine.digest import canonical
from engine.facts import kept_trails
from engine.facts.kept_trails import INDEX, KeptTrails
from engine.settle import sheet_digest
from engine.store import RunRecord, Store
from engine.values import PARTNERS, Frame, Kpi, Sheet, Step
from rules.calendar import Period
from rules.load import load
from rules.meaning import MeasureMeaning
from rules.quantities.exact import Exact

# Every way of reading: own rows, an owner by reference, credits of each role, a key of two parts, flags of others.
PROGRAM = f"""{HEAD}  partners: partners.csv
  deals: deals.csv
  credits: credits.csv
  activities: activities.csv
  calls: calls.csv
tables:
  calls: {{key: [partner_id, called_on], columns: {{partner_id: id, minutes: number, called_on: date}}}}
kpis:
  won: {{sum: deals.amount, where: deals.status = 'won', dated: deals.closed_on}}
  partner_sourced_revenue: partner_sourced_revenue
  partner_influenced_revenue: partner_influenced_revenue
  co_sell_revenue: co_sell_revenue
  reply_conversion_rate: reply_conversion_rate
  talked: {{unit: minutes, sum: calls.minutes, dated: calls.called_on}}
scorecards:
  performance: {{missing: zero, kpis: {{won: {{weight: 50%, linear: {{from: 0, to: 500}}}}, talked: {{weight: 50%,
    linear: {{from: 0, to: 9}}}}}}, rank: competition}}
"""
FILES = {
    "partners.csv": TABLES["partners.csv"],
    "deals.csv": """
        deal_id,partner_id,status,opened_on,closed_on,amount,annual_value
        d1,acme,won,2026-04-01,2026-04-01,100.00,10
        d2,acme,won,2026-03-01,2026-04-30,300.00,10
        d3,bolt,won,2026-04-15,2026-04-15,100.00,10
        d4,bolt,lost,2026-04-16,2026-04-16,900.00,10
        d5,,won,2026-04-17,2026-04-17,250.00,10
        """,
    "credits.csv": """
        credit_id,deal_id,partner_id,role,share
        k1,d1,bolt,sourced,0.25
        k2,d1,acme,sourced,
        k3,d5,acme,influenced,
        k4,d3,crux,co_sold,0.333333333
        """,
    "activities.csv": """
        activity_id,partner_id,kind,direction,occurred_on,in_reply_to
        a1,acme,message,out,2026-04-02,
        a2,acme,message,out,2026-04-03,
        a3,acme,message,in,2026-04-04,a1
        """,
    "calls.csv": "partner_id,minutes,called_on\nacme,2.5,2026-04-02\nbolt,1.125,2026-04-02\nacme,2.5,2026-04-01\n",
}
NAMES = (
    "won", "partner_sourced_revenue", "partner_influenced_revenue", "co_sell_revenue", "reply_conversion_rate",
    "talked", "performance", "performance.rank", "performance.talked",
)  # fmt: skip
APRIL = Period("2026-04", date(2026, 4, 1), date(2026, 5, 1))
WHO = ("acme", "bolt", "crux", "dune")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table counts as a large one."""
    monkeypatch.setattr(kept_trails, "ROWS_MIN", 0)


def explained(store: Path) -> dict[tuple[str, str], str]:
    found = {}
    for who in WHO:
        for name in NAMES:
            ended = partage("--store", store, "explain", "1", who, name, "--json", "--all")
            assert ended.exit_code == 0, ended.err
            found[who, name] = str(ended.json()["explanation"])
    return found


def kept(folder: Path) -> tuple[Path, RunRecord]:
    store = folder / "books.db"
    ended = partage("--store", store, "run", write(folder, PROGRAM, FILES), "--period", "2026-04")
    assert ended.exit_code == 0, ended.err
    with Store.open(store) as books:
        return store, books.run(1)


def test_trails_explain_what_the_tables_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, record = kept(tmp_path / "plain")
    assert INDEX not in record.blobs, "small tables are gone through soon enough"
    monkeypatch.setattr(kept_trails, "ROWS_MIN", 0)
    trailed, with_trails = kept(tmp_path / "trailed")
    assert with_trails.run_id == record.run_id, "what is kept beside a run is no part of it"
    before = explained(plain)
    monkeypatch.setattr("engine.facts.snapshot.trail", None)  # no table is gone through
    assert explained(trailed) == before


def alike(steps: Sequence[Step]) -> Iterator[list[MeasureMeaning]]:
    """The measures of a plan, those that read alike together."""
    measures = [each for step in steps if isinstance(step, Kpi) for each in step.kpi.measures]
    while measures:
        yield [each for each in measures if each.reads_as(measures[0])]
        measures = [each for each in measures if not each.reads_as(measures[0])]


@pytest.mark.usefixtures("large")
def test_trails_can_be_worked_out_from_the_tables_again(tmp_path: Path) -> None:
    """The same rows by every partner and reading, and the same bytes each time."""
    with told(write(tmp_path, PROGRAM, FILES)) as of:
        groups = list(alike(of.plan.steps))
        blobs = of.facts.keep_trails(each for group in groups for each in group)
        first = {role: _bytes(blob) for role, blob in blobs.items()}
        again = of.facts.keep_trails(each for group in groups for each in group)
        second = {role: _bytes(blob) for role, blob in again.items()}
        assert first == second and len(first) == 1 + len(groups)
        trails = KeptTrails(first[INDEX], lambda role: Path(str(blobs[role])))
        tables = load(tmp_path / "program.yaml").understood().tables
        for group in groups:
            for place, partner in enumerate(of.run.partners):
                found = trails.rows(tables, APRIL, group, place)
                assert found == of.facts.trail(group, partner), (partner, group[0].name)


def _bytes(blob: bytes | Path) -> bytes:
    return blob if isinstance(blob, bytes) else blob.read_bytes()


@pytest.mark.usefixtures("large")
def test_a_trail_that_was_changed_is_refused(tmp_path: Path) -> None:
    """Wherever it was: a stretch of rows is hashed before it is read, and so are the index and the footer."""
    store, record = kept(tmp_path)
    for role, at in ((INDEX, 10), (f"{INDEX}:0", 40), (f"{INDEX}:0", -30)):
        path = tmp_path / "books.db.blobs" / record.blobs[role][:2] / record.blobs[role]
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.chmod(0o644)
        before = path.read_bytes()
        path.write_bytes(data)
        ended = partage("--store", store, "explain", "1", "acme", "won")
        assert (ended.exit_code, "S209" in ended.err) == (1, True), (role, at, ended.err)
        path.write_bytes(before)
    assert partage("--store", store, "explain", "1", "acme", "won").exit_code == 0


@pytest.mark.parametrize("role", ["sheet", "program"])
def test_a_sheet_or_program_that_the_manifest_does_not_name_is_refused(role: str, tmp_path: Path) -> None:
    """Another run's blob in its place is what its name says, and still not this run's."""
    store, record = kept(tmp_path)
    write(tmp_path, PROGRAM.replace("to: 500", "to: 400"), {})
    assert partage("--store", store, "run", tmp_path / "program.yaml", "--period", "2026-04").exit_code == 0
    with Store.open(store) as books:
        other = books.run(2).blobs[role]
    assert other != record.blobs[role]
    change = f"UPDATE run_blob SET sha256 = '{other}' WHERE run_number = 1 AND role = '{role}'"
    by_sql(store, "DROP TRIGGER IF EXISTS run_blob_no_update", change)
    ended = partage("--store", store, "explain", "1", "acme", "won")
    assert (ended.exit_code, "S212" in ended.err) == (1, True), ended.err


values = st.none() | st.fractions() | st.integers(-(2**70), 2**70).map(Fraction)


@given(st.lists(st.tuples(values, values), max_size=6))
def test_a_sheet_is_digested_as_canonical_json(rows: list[tuple[Fraction | None, Fraction | None]]) -> None:
    keys = [f'P"{at}é' for at in range(len(rows))]
    columns = {name: [row[at] for row in rows] for at, name in enumerate(("a", "b"))}
    told_as = {name: [None if each is None else str(each) for each in column] for name, column in columns.items()}
    lines = [{"t": "partage/sheet/1", "partners": keys}, ["a", *told_as["a"]], ["b", *told_as["b"]]]
    expected = hashlib.sha256(b"".join(canonical(line) + b"\n" for line in lines)).hexdigest()
    held = {name: Exact.of(column) for name, column in columns.items()}
    places = np.arange(len(keys), dtype=np.int64)
    frame = Frame(PARTNERS, np.array([*keys, None], dtype=object)[:-1], places, places)
    sheet = Sheet(APRIL, {PARTNERS: frame}, held, dict.fromkeys(held, PARTNERS))
    assert sheet_digest(sheet) == expected
