"""A source becomes a typed table: read as text, every cell told by our grammar, in one pass.

In: a source as the program means it. Out: what is staged (a Parquet file; a table in memory where it is small) holds
every record of the source in its order, typed, with `bad` where a cell or a rule over one row is broken; and the faults
of those rows. Nothing is guessed, and the records staged are as many as our own count of the source.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.facts.columns import Columns, named_sql, row_tests, typed_sql
from engine.facts.csvfile import CsvFile, open_csv
from engine.facts.csvscreen import TOO_LONG, too_many_rejected
from engine.facts.database import open_postgres, open_sqlite
from engine.facts.parquet import open_parquet
from engine.facts.sql import identifier
from engine.facts.texts import REJECTED_MAX, ROWS_MAX, Fault, TextRows, header_problems
from engine.facts.workbook import open_workbook
from rules.meaning import SourceMeaning
from rules.problem import Place, Problem
from rules.quantities.currency import Currency
from rules.tables import Table

ROW_GROUP_ROWS = 100_000
IN_MEMORY_ROWS_MAX = 10_000  # of a source: to write a file and to open it for each question takes longer


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """A source that was read: its records in `view` (with `record` and `bad`), and the faults of single rows."""

    source: SourceMeaning
    table: Table
    columns: Columns
    texts: TextRows
    view: str
    rows: int
    faults: Mapping[int, tuple[Fault, ...]]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the typed records of a source are put: under the name `view`, and in `file` where they are many."""

    view: str
    file: Path

    def put(
        self, connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object], rows: int | None
    ) -> int:
        """Put there what a query over so many rows gives, numbered as `record` from 1 on; gives how many there were."""
        if rows is not None and rows <= IN_MEMORY_ROWS_MAX:
            kept = identifier(self.file.stem)
            made = connection.execute(f"CREATE OR REPLACE TEMP TABLE {kept} AS {query}", parameters).fetchall()
            records = f"SELECT rowid + 1 AS record, * FROM {kept}"
        else:
            where = "'" + str(self.file).replace("'", "''") + "'"
            written = f"(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
            made = connection.execute(f"COPY ({query}) TO {where} {written}", parameters).fetchall()
            numbered = f"read_parquet({where}, file_row_number=true)"
            records = f"SELECT file_row_number + 1 AS record, * EXCLUDE (file_row_number) FROM {numbered}"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {self.view} AS {records}")
        return int(made[0][0])


def table_name(table: str) -> str:
    """The identifier under which a table of facts is kept."""
    return identifier(f"t_{table}")


def read_source(
    connection: duckdb.DuckDBPyConnection,
    source: SourceMeaning,
    table: Table,
    currency: Currency,
    folder: Path,
    scratch: Path,
    rows_max: int = ROWS_MAX,
    is_exchanged: bool = False,
) -> tuple[Staged | None, tuple[Problem, ...]]:
    """Read one source; gives what was staged below `scratch`, or the problems of the program or the header.

    `is_exchanged`: its rows may be in other currencies than the program's.
    """
    path = (folder / source.file).resolve()
    if source.file and not path.is_relative_to(folder.resolve()):
        message = f"'{source.file}' leads out of the program's folder"
        return None, (Problem("P150", message, source.place, "copy the file below the program's folder"),)
    if source.file and path.exists() and not path.is_file():
        message = f"cannot read {source.shown}: it is no regular file"
        return None, (Problem("F101", message, Place(source.shown), "name a file, not a folder or a pipe"),)
    path = _unglobbed(path, scratch / f"{table.name}.source{path.suffix}")
    opened, problems = _open(connection, source, path, scratch / f"{table.name}.csv", rows_max)
    if opened is None:
        return None, problems
    header = opened.header
    columns = Columns.of(source, table, header, currency, is_exchanged)
    problems = header_problems(header, opened.shown, columns.needed(header)) + columns.constant_problems(connection)
    if problems:
        return None, problems
    stage = Stage(identifier(f"stage_{table.name}"), scratch / f"{table.name}.stage.parquet")
    texts, rows = _stage(connection, opened, columns, stage, scratch / f"{table.name}.screened.csv")
    if isinstance(texts, Problem):
        return None, (texts,)
    view = stage.view
    faults = _bad_rows(connection, columns, texts, view)
    if isinstance(faults, Problem):
        return None, (faults,)
    return Staged(source, table, columns, texts, view, rows, faults), ()


def _unglobbed(path: Path, link: Path) -> Path:
    """The file under a name without wildcards: DuckDB would read `d[1].csv` as a pattern, and another file than
    that."""
    if not any(sign in str(path) for sign in "*?[") or not path.is_file():
        return path
    shutil.copyfile(path, link)
    return link


def _open(
    connection: duckdb.DuckDBPyConnection, source: SourceMeaning, path: Path, scratch: Path, rows_max: int
) -> tuple[CsvFile | TextRows | None, tuple[Problem, ...]]:
    if source.format == "parquet":
        return open_parquet(connection, path, source.shown, rows_max)
    if source.format == "excel":
        return open_workbook(path, source.shown, source.sheet, scratch, rows_max)
    if source.format == "sqlite":
        return open_sqlite(path, source.shown, source.query, scratch, rows_max)
    if source.format == "postgres":
        return open_postgres(source.variable, source.shown, source.query, scratch, rows_max)
    return open_csv(path, source.shown, source.encoding, scratch, rows_max, source.separator)


def _stage(
    connection: duckdb.DuckDBPyConnection,
    opened: CsvFile | TextRows,
    columns: Columns,
    stage: Stage,
    screened: Path,
) -> tuple[TextRows | Problem, int]:
    """Write the typed records; a CSV file that does not add up, or that is not read to its end, is cut by ourselves."""
    first = opened if isinstance(opened, TextRows) else opened.rows() if opened.is_regular else None
    if first is not None:
        rows = _copy(connection, first, columns, stage)
        if rows == first.rows:
            return first, rows
    if isinstance(opened, CsvFile):
        texts = opened.screened(screened)
        if isinstance(texts, Problem):
            return texts, 0
        rows = _copy(connection, texts, columns, stage)
        if rows == texts.rows:
            return texts, rows
    hint = "write the source anew as plain CSV UTF-8"
    return Problem("F112", "the source is not read to its end in one way only", Place(opened.shown), hint), 0


def _copy(connection: duckdb.DuckDBPyConnection, texts: TextRows, columns: Columns, stage: Stage) -> int:
    """Type all records in one pass; gives how many there were, -1 where the file cannot be cut into cells."""
    named, parameters = named_sql(columns, texts.relation)
    typed = ", ".join(typed_sql(columns))
    good = " AND ".join(test for test, _ in row_tests(columns)) or "TRUE"
    query = f"SELECT {typed}, NOT ({good}) AS bad FROM ({named})"
    try:
        return stage.put(connection, query, [*parameters, *texts.parameters], texts.rows)
    except duckdb.InvalidInputException:
        return -1


def _bad_rows(
    connection: duckdb.DuckDBPyConnection, columns: Columns, texts: TextRows, view: str
) -> dict[int, tuple[Fault, ...]] | Problem:
    """The faults of the bad rows: those are read again, and held against each test by itself."""
    query = f"SELECT record FROM {view} WHERE bad ORDER BY record LIMIT {REJECTED_MAX + 1}"
    used = {*columns.there.values(), ""}
    found: dict[int, tuple[Fault, ...]] = {
        record: (fault,) for record, fault in texts.faults.items() if fault.column in used
    }
    bad = [int(record) for (record,) in connection.execute(query).fetchall() if record not in found]
    if len(bad) + len(found) > REJECTED_MAX:
        return too_many_rejected(texts.shown)
    if bad:
        cells = {record: row.cells for record, row in texts.cells(bad).items()}
        found |= {record: (TOO_LONG,) for record in bad if not cells[record]}
        whole = {record: row for record, row in cells.items() if row}
        found |= _faults(connection, columns, whole) if whole else {}
    return found


def _faults(
    connection: duckdb.DuckDBPyConnection, columns: Columns, cells: Mapping[int, tuple[str | None, ...]]
) -> dict[int, tuple[Fault, ...]]:
    relation = columns.register(connection, "bad_rows", cells)
    named, parameters = named_sql(columns, relation, "record")
    tests = row_tests(columns)
    asked = ", ".join([*(test for test, _ in tests), *(name for name in columns.texts)])
    query = f"SELECT record, {asked} FROM ({named}) ORDER BY record"
    found: dict[int, tuple[Fault, ...]] = {}
    for record, *answers in connection.execute(query, parameters).fetchall():
        passed, texts = answers[: len(tests)], dict(zip(columns.texts, answers[len(tests) :], strict=True))
        found[record] = tuple(fault(texts) for is_good, (_, fault) in zip(passed, tests, strict=True) if not is_good)
        assert found[record], "a bad row has a reason"
    connection.unregister("bad_rows")
    return found
