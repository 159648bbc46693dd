"""What stories of kept runs share: a program over deals, kept run by run, and books that somebody changed by hand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from spine_stories import partage, write

from engine.digest import canonical, sha256
from engine.settle import lines_digest
from engine.store import Store
from engine.store.lines import lines_from_parquet, lines_to_parquet
from engine.values import Lines

HEAD = """
program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
"""
COMMISSION = HEAD + "payouts:\n  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}\n"
PARTNERS = "partner_id,name\nacme,Acme\nbolt,Bolt\n"
DEALS = "deal_id,partner_id,closed_on,amount\n"
TWO = DEALS + "d1,acme,2026-04-01,100.00\nd2,bolt,2026-04-02,50.00\n"


def keep(books: Path, program: str, tables: Mapping[str, str] | None = None, period: str = "2026-04") -> int:
    """The number of the run that is kept of a program and its tables, by default of two partners with a deal each."""
    path = write(books.parent, program, {"partners.csv": PARTNERS, "deals.csv": TWO} | dict(tables or {}))
    ended = partage("--store", books, "run", path, "--period", period, "--json")
    assert ended.exit_code == 0, ended.err + ended.out
    return int(ended.json()["run"])


def asked(books: Path, *words: str) -> Any:
    """The JSON of a command over the books."""
    return partage("--store", books, *words, "--json").json()


def by_hand(books: Path, *statements: str) -> None:
    """Change the database as nobody may: the triggers that refuse it are dropped first."""
    with sqlite3.connect(books) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
    connection.close()


def blob(books: Path, role: str, run: int = 1) -> Path:
    """The file of a blob of a run."""
    with Store.open(books, create=False) as store:
        sha = store.run(run).blobs[role]
    return books.with_name(books.name + ".blobs") / sha[:2] / sha


def overwrite(path: Path, data: bytes) -> None:
    """Other bytes under the name of a blob, which may not be written."""
    path.chmod(0o644)
    path.write_bytes(data)


def repoint(books: Path, role: str, data: bytes, run: int = 1) -> None:
    """Other bytes for a blob of a run, under their own name, to which the database is made to point."""
    sha = sha256(data)
    path = books.with_name(books.name + ".blobs") / sha[:2] / sha
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    by_hand(books, f"UPDATE run_blob SET sha256 = '{sha}' WHERE run_number = {run} AND role = '{role}'")


def with_cell(path: Path, column: str, row: int, value: object) -> bytes:
    """A Parquet file with another value in one cell."""
    table = pq.ParquetFile(path).read()
    cells = table[column].to_pylist()
    cells[row] = value
    at = table.schema.get_field_index(column)
    changed = table.set_column(at, table.schema.field(at), pa.array(cells, table.schema.field(at).type))
    sink = pa.BufferOutputStream()
    pq.write_table(changed, sink)
    return bytes(sink.getvalue().to_pybytes())


def with_line(lines: Lines, row: int, minor: int) -> Lines:
    """Lines with another amount in one of them."""
    amounts = lines.amount_minor.copy()
    amounts[row] = minor
    return Lines(lines.partner, lines.component, lines.table, lines.key, amounts)


def kept_by_another_engine(books: Path, minor: int, run: int = 1) -> int:
    """The number of the same run as an engine of before would have kept it, with another amount in its first line."""
    with Store.open(books, create=False) as store:
        record = store.run(run)
        lines = with_line(lines_from_parquet(store.blob_bytes(record.blobs["lines"])), 0, minor)
        total = {"currency": record.currency, "minor": str(lines.total_minor)}
        manifest = json.loads(record.manifest) | {"total": total, "engine": {"name": "partage", "version": "0.0.9"}}
        data = canonical(manifest | {"lines_sha256": lines_digest(lines, record.currency)})
        blobs = {role: sha for role, sha in record.blobs.items() if role != "lines"}
        changed = replace(
            record,
            number=0,
            run_id=sha256(data),
            manifest=data,
            engine="0.0.9",
            total_minor=lines.total_minor,
            blobs=blobs,
        )
        return store.keep(changed, {"lines": lines_to_parquet(lines)}).number
