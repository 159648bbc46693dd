"""The same facts from CSV, Parquet, Excel, SQLite and PostgreSQL are the same facts, and faults are told in each."""

import sqlite3
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading_stories import Error, read, refused, workbook, zipped

from engine.facts.workbook import cell_text

HEAD = ("deal_id", "partner_id", "product", "closed_on", "amount", "term_months", "note")
ROWS = [
    ("D3", "P1", "Atlas, größer", date(2026, 1, 31), Decimal("1250.50"), 12, "x"),
    ("D1", "P2", None, None, Decimal("-0.05"), None, "y"),
    ("D2", None, "Ägir", date(2025, 12, 1), Decimal("1000000.00"), 0, None),
]
AS_SQL = """SELECT 'D3' AS deal_id, 'P1' AS partner_id, 'Atlas, größer' AS product, '2026-01-31' AS closed_on,
    1250.50 AS amount, 12 AS term_months UNION ALL SELECT 'D1', 'P2', NULL, NULL, -0.05, NULL
    UNION ALL SELECT 'D2', NULL, 'Ägir', '2025-12-01', 1000000.00, 0"""


@pytest.fixture
def csv_digest(tmp_path: Path) -> str:
    (tmp_path / "csv").mkdir()
    lines = [HEAD, *(["" if each is None else str(each) for each in row] for row in ROWS)]
    text = "".join(",".join(f'"{each}"' for each in line) + "\n" for line in lines)
    return read(tmp_path / "csv", "deals: d.csv", {"d.csv": text}).inputs["deals"].rows_sha256


def parquet(path: Path, **columns: pa.Array) -> None:
    pq.write_table(pa.table(columns), path)


def as_parquet(path: Path, rows: list[tuple[object, ...]] = ROWS) -> None:
    types = [pa.string(), pa.string(), pa.string(), pa.date32(), pa.decimal128(18, 4), pa.int32(), pa.string()]
    parquet(path, **{name: pa.array([row[at] for row in rows], types[at]) for at, name in enumerate(HEAD)})


def test_parquet_gives_the_digest_of_csv(tmp_path: Path, csv_digest: str) -> None:
    as_parquet(tmp_path / "d.parquet", ROWS[::-1])
    assert read(tmp_path, "deals: d.parquet").inputs["deals"].rows_sha256 == csv_digest


def test_parquet_of_a_data_frame(tmp_path: Path, csv_digest: str) -> None:
    """A data frame keeps dates as timestamps, and counts with blanks as floats."""
    days = [datetime.combine(row[3], datetime.min.time()) if row[3] else None for row in ROWS]
    columns = {name: pa.array([row[at] for row in ROWS], pa.large_string()) for at, name in enumerate(HEAD[:3])}
    columns |= {
        "closed_on": pa.array(days, pa.timestamp("ns")),
        "amount": pa.array([float(row[4]) for row in ROWS]),
        "term_months": pa.array([None if row[5] is None else float(row[5]) for row in ROWS]),
    }
    parquet(tmp_path / "d.parquet", **columns)
    assert read(tmp_path, "deals: d.parquet").inputs["deals"].rows_sha256 == csv_digest


def test_parquet_cells_pass_the_same_grammar(tmp_path: Path) -> None:
    parquet(
        tmp_path / "d.parquet",
        deal_id=pa.array(["D1", "D2", "D3", "D 4"]),
        amount=pa.array([float("nan"), 0.1 + 0.2, 1e300, 1.5]),
        closed_on=pa.array([datetime(2026, 1, 1, 12)] + [None] * 3),
    )
    found = read(tmp_path, "deals: d.parquet")
    codes = [(each.record, [fault.code for fault in each.faults]) for each in found.rejected]
    assert codes == [(1, ["F204", "F203"]), (2, ["F203"]), (3, ["F203"]), (4, ["F201"])]
    assert "record 4" in found.rejected[3].faults[0].message


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    with refused("F107"):
        read(tmp_path, "deals: d.parquet", {"d.parquet": "deal_id\nD1\n"})
    with refused("F101"):
        read(tmp_path, "deals: none.parquet")
    as_parquet(tmp_path / "d.parquet")
    with refused("F109"):
        read(tmp_path, "deals: d.parquet", rows_max=2)


def test_a_workbook_gives_the_digest_of_csv(tmp_path: Path, csv_digest: str) -> None:
    """Numbers, dates and texts as typed cells; empty rows above, between and below do not count."""
    rows = [[float(each) if isinstance(each, Decimal) else each for each in row] for row in ROWS]
    zipped(tmp_path / "b.xlsx", workbook({"Deals": [[], HEAD, rows[2], [None], rows[0], rows[1], []], "Other": []}))
    assert read(tmp_path, "deals: {file: b.xlsx, sheet: Deals}").inputs["deals"].rows_sha256 == csv_digest


def test_a_sheet_names_rows_and_cells(tmp_path: Path) -> None:
    rows = [
        HEAD,
        ["D1", "P1", None, None, 0.1, 12],
        ["D2", "P1", None, None, Error("#DIV/0!"), 12],
        ["D3", "P1", None, None, 12.345, 12],
        ["D4", "P1", None, 45321, 1, 12],
        [12345, "P1", True, None, 1, 1.5],
        ["D6", "P1", None, None, 1, 12, Error("#N/A")],
        ["D7", "P1", None, None, 0.1 + 0.2, 1],
        [1234567890123456, "P1"],
    ]
    zipped(tmp_path / "b.xlsx", workbook({"Deals": rows}))
    found = read(tmp_path, "deals: b.xlsx")
    assert found.faults() == [(3, ["F210"]), (4, ["F203"]), (5, ["F204"]), (6, ["F207"]), (8, ["F211"]), (9, ["F211"])]
    assert found.rejected[0].faults[0].message.startswith("the formula of this cell gives #DIV/0!")
    assert found.rejected[0].file == "b.xlsx" and found.rejected[0].faults[0].place.field == "amount"
    assert [row["deal_id"] for row in found.tables["deals"]] == ["D1", "D6"], "#N/A stands in a column that is not read"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1250.0, "1250"),
        (-0.0, "0"),
        (1e14, "100000000000000"),
        (0.123456789, "0.123456789"),
        (True, "true"),
        (datetime(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 9), "2026-01-31 09:00:00"),
    ],
)
def test_what_a_cell_of_a_workbook_says(value: object, text: str) -> None:
    assert cell_text(value) == text


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e15, float("nan"), float("inf"), 0.0000000001])
def test_a_number_that_a_workbook_does_not_keep_has_no_text(value: float) -> None:
    assert getattr(cell_text(value), "code", None) == "F211"


def test_a_sheet_is_named_where_there_is_more_than_one(tmp_path: Path) -> None:
    zipped(tmp_path / "b.xlsx", workbook({"A": [HEAD], "B": [HEAD]}))
    with refused("F108") as problems:
        read(tmp_path, "deals: b.xlsx")
    assert "A, B" in problems[0].hint
    with refused("F108"):
        read(tmp_path, "deals: {file: b.xlsx, sheet: C}")
    zipped(tmp_path / "e.xlsx", workbook({"A": []}))
    with refused("F103"):
        read(tmp_path, "deals: e.xlsx")


def test_a_workbook_that_would_unpack_to_too_much_is_never_unpacked(tmp_path: Path) -> None:
    parts = workbook({"A": [HEAD]})
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        archive.writestr("xl/media/zeros", b"0" * 50_000_000)
    with refused("F116"):
        read(tmp_path, "deals: b.xlsx")
    with refused("F107"):
        read(tmp_path, "deals: b.xlsx", {"b.xlsx": "deal_id\nD1\n"})


def test_a_query_on_sqlite_gives_the_digest_of_csv(tmp_path: Path, csv_digest: str) -> None:
    connection = sqlite3.connect(tmp_path / "crm.db")
    connection.execute(f"CREATE TABLE won AS {AS_SQL}")
    connection.commit()
    connection.close()
    sources = "deals: {query: select * from won order by amount, database: {sqlite: crm.db}}"
    assert read(tmp_path, sources).inputs["deals"].rows_sha256 == csv_digest


SQLITE = [
    ("select * from nowhere", "F118"),
    ("with x as (select 1 as deal_id) delete from won", "F118"),
    ("select load_extension('x') as deal_id", "F118"),
    ("select * from won where", "F118"),
    ("select 1 as partner_id", "F105"),
]


@pytest.mark.parametrize(("query", "code"), SQLITE, ids=[each[0] for each in SQLITE])
def test_a_query_on_sqlite_may_only_read(tmp_path: Path, query: str, code: str) -> None:
    connection = sqlite3.connect(tmp_path / "crm.db")
    connection.execute("CREATE TABLE won (deal_id TEXT)")
    connection.close()
    before = (tmp_path / "crm.db").read_bytes()
    with refused(code):
        read(tmp_path, f'deals: {{query: "{query}", database: {{sqlite: crm.db}}}}')
    assert (tmp_path / "crm.db").read_bytes() == before and not list(tmp_path.glob("crm.db-*"))


def test_values_of_a_database_pass_the_same_grammar(tmp_path: Path) -> None:
    query = "select 'D1' as deal_id, x'00ff' as product, 1e300 as amount union all select 'D2', 'ok', 0.5"
    found = read(tmp_path, f'deals: {{query: "{query}", database: {{sqlite: crm.db}}}}', {"crm.db": b""})
    assert [(each.record, each.faults[0].code) for each in found.rejected] == [(1, "F212")]
    assert "b'\\x00\\xff'" in found.rejected[0].faults[0].message
    with refused("F117"):
        read(tmp_path, "deals: {query: select 1, database: {sqlite: none.db}}")


def test_a_query_on_postgresql_gives_the_digest_of_csv(
    tmp_path: Path, csv_digest: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_URL", postgres)
    with psycopg.connect(postgres) as connection:
        connection.execute("DROP TABLE IF EXISTS won")
        connection.execute(f"CREATE TABLE won AS SELECT a.*, a.closed_on::date AS closed FROM ({AS_SQL}) AS a")
    sources = """deals:
  query: select deal_id, partner_id, product, closed as closed_on, amount, term_months from won
  database: {postgres: CRM_URL}"""
    assert read(tmp_path, sources).inputs["deals"].rows_sha256 == csv_digest


POSTGRES = [
    "select * from nowhere",
    "with x as (delete from kept returning 1) select 1 as deal_id",
    "select nextval('numbers')::text as deal_id",
    "select 'D1' as deal_id where",
]


@pytest.mark.parametrize("query", POSTGRES)
def test_a_query_on_postgresql_may_only_read(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setenv("CRM_URL", postgres)
    with psycopg.connect(postgres) as connection:
        connection.execute("DROP TABLE IF EXISTS kept; DROP SEQUENCE IF EXISTS numbers")
        connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1); CREATE SEQUENCE numbers")
    with refused("F118"):
        read(tmp_path, f'deals: {{query: "{query}", database: {{postgres: CRM_URL}}}}')
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_odd_values_of_postgresql(tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", postgres)
    query = (
        "select 'D1' as deal_id, 'NaN'::numeric as amount, null::int as term_months union all select 'D2', 1.500, 12"
    )
    found = read(tmp_path, f'deals: {{query: "{query}", database: {{postgres: CRM_URL}}}}')
    assert [(each.record, each.faults[0].code) for each in found.rejected] == [(1, "F206")]
    assert found.tables["deals"][0]["amount"] == 150


@pytest.mark.parametrize(
    "day", ["'infinity'::date", "'-infinity'::timestamp", "'0044-03-15 BC'::date", "'10000-01-01'::timestamptz"]
)
def test_a_day_of_postgresql_that_no_calendar_has_rejects_its_row(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    monkeypatch.setenv("CRM_URL", postgres)
    query = f"select 'D1' as deal_id, {day} as closed_on union all select 'D2', '2026-01-31'"
    found = read(tmp_path, f'deals: {{query: "{query}", database: {{postgres: CRM_URL}}}}')
    ((record, faults),) = [(each.record, each.faults) for each in found.rejected]
    assert (record, [(each.code, each.place.field) for each in faults]) == (1, [("F204", "closed_on")])
    assert day.split("'")[1].split(" ")[0] in faults[0].message
    assert [row["deal_id"] for row in found.tables["deals"]] == ["D2"]


def test_a_server_that_does_not_answer_shows_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = "deals: {query: select 1 as deal_id, database: {postgres: CRM_URL}}"
    monkeypatch.delenv("CRM_URL", raising=False)
    with refused("F117"):
        read(tmp_path, sources)
    monkeypatch.setenv("CRM_URL", f"postgresql://ada:SECRET@/crm?host={tmp_path}")
    with refused("F117") as problems:
        read(tmp_path, sources)
    assert "SECRET" not in f"{problems}"
