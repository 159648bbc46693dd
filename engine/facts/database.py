"""The answer of a query on SQLite or PostgreSQL as records of text, kept as CSV of our own while the run lasts.

The query is one SELECT, wrapped as a subquery, in a read-only transaction, with a limit on time. Connections come from
a file below the program's folder or from an environment variable; nothing here ever shows a URL.
"""

from __future__ import annotations

import csv
import os
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from engine.facts.csvfile import csv_relation
from engine.facts.csvscan import scan
from engine.facts.texts import ROWS_MAX, Fault, RawRow, TextRows, plain, too_many_rows
from engine.facts.workbook import cell_text, own_rows
from rules.problem import Place, Problem

if TYPE_CHECKING:
    import psycopg
    from psycopg.abc import AdaptContext, Buffer, Loader

SECONDS_MAX = 600
_BATCH_ROWS = 10_000
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
Answer = tuple[tuple[str, ...], Iterator[Sequence[object]]]


def open_sqlite(
    path: Path, shown: str, query: str, scratch: Path, rows_max: int = ROWS_MAX
) -> tuple[TextRows | None, tuple[Problem, ...]]:
    """Ask a SQLite file, which is opened read-only and may do nothing but select."""
    if not path.is_file():
        return None, (_unreachable(shown, "there is no such database file"),)
    deadline = time.monotonic() + SECONDS_MAX

    def is_late() -> bool:
        return time.monotonic() > deadline

    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    try:
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(is_late, 100_000)
        cursor = connection.execute(f"SELECT * FROM ({query}) AS asked")
        header = tuple(str(each[0]) for each in cursor.description)
        return _texts(shown, (header, iter(cursor)), scratch, rows_max)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return None, (_failed(shown, str(error)),)
    finally:
        connection.close()


def open_postgres(
    variable: str, shown: str, query: str, scratch: Path, rows_max: int = ROWS_MAX
) -> tuple[TextRows | None, tuple[Problem, ...]]:
    """Ask a PostgreSQL server, in a read-only transaction; rows come in batches."""
    import psycopg  # takes a while, and few programs ask a server

    url = os.environ.get(variable, "")
    if not url:
        return None, (_unreachable(shown, f"the environment variable {variable} is not set"),)
    try:
        connection = psycopg.connect(url, connect_timeout=10, options=f"-c statement_timeout={SECONDS_MAX * 1000}")
    except (psycopg.Error, ValueError):  # its message may show the URL
        return None, (_unreachable(shown, f"the database that {variable} names does not answer"),)
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        _let_odd_days_in(connection)
        asked = f"SELECT * FROM ({query}) AS asked"
        with connection.cursor(name="partage") as cursor:
            cursor.itersize = _BATCH_ROWS
            cursor.execute(asked.encode("utf-8"))
            header = tuple(each.name for each in cursor.description or ())
            return _texts(shown, (header, iter(cursor)), scratch, rows_max)
    except psycopg.Error as error:
        return None, (_failed(shown, str(error.diag.message_primary or type(error).__name__)),)
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class _OddDay:
    """The text of a date or time of PostgreSQL that Python has no value for, such as `infinity`."""

    text: str


def _let_odd_days_in(connection: psycopg.Connection[Any]) -> None:
    """Read dates and times that Python has no value for as `_OddDay`, so that they reject their rows and no others."""
    from psycopg.pq import Format

    for name in ("date", "timestamp", "timestamptz", "time", "timetz", "interval"):
        usual = connection.adapters.get_loader(connection.adapters.types[name].oid, Format.TEXT)
        assert usual is not None, "psycopg reads dates and times"
        connection.adapters.register_loader(name, _lenient(usual))


def _lenient(usual: type[Loader]) -> type[Loader]:
    """A loader of a type of PostgreSQL that gives what the usual one does, or an `_OddDay`."""
    from psycopg import DataError, adapt

    class Lenient(adapt.Loader):
        def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
            super().__init__(oid, context)
            self._usual = usual(oid, context)

        def load(self, data: Buffer) -> object:
            try:
                return self._usual.load(data)
            except DataError:
                return _OddDay(bytes(data).decode("ascii", "replace"))

    return Lenient


def _texts(shown: str, answer: Answer, scratch: Path, rows_max: int) -> tuple[TextRows | None, tuple[Problem, ...]]:
    header, rows = answer
    faults: dict[int, Fault] = {}
    count = 0
    with scratch.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        for count, row in enumerate(rows, start=1):
            cells = [_text(value) for value in row]
            bad = next((at for at, cell in enumerate(cells) if isinstance(cell, Fault)), None)
            if bad is not None:
                fault = cells[bad]
                assert isinstance(fault, Fault)
                faults[count] = Fault(fault.code, header[bad], fault.message, fault.hint)
            if count > rows_max:
                return None, (too_many_rows(shown, count, rows_max),)
            writer.writerow(["" if isinstance(cell, Fault) else cell for cell in cells])
    relation, parameters = csv_relation(scratch, len(header))

    def found(records: Collection[int]) -> Mapping[int, RawRow]:
        return dict(own_rows(scratch, records, _no_line))

    return TextRows(shown, header, relation, parameters, scan(scratch).sha256, count, found, faults), ()


def _no_line(_record: int) -> int:
    """The line of a record: an answer of a database has none."""
    return 0


def _text(value: object) -> str | Fault:
    """The text of a value of a database: decimals without the zeros at their end, nothing rounded."""
    match value:
        case None:
            return ""
        case bool() | float() | datetime() | date():
            return cell_text(value)
        case int():
            return str(value) if value.bit_length() < 128 else Fault("F207", "", "a number without end", "check it")
        case Decimal():
            if not value.is_finite() or value.adjusted() > 38:
                return Fault("F206", "", f"{value} is no finite number", "check the value in the database")
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case _OddDay():
            message = f"{value.text} is no day of the calendar between the years 1 and 9999"
            return Fault("F204", "", message, "leave the day blank in the query where there is none")
        case str() if "\x00" not in value:
            return value
        case _:
            told = plain(repr(value)[:40])
            message = f"{told}, a value of the type {type(value).__name__}, is no cell of a table"
            return Fault("F212", "", message, "cast it to a text, a number or a date in the query")


def _authorize(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _unreachable(shown: str, reason: str) -> Problem:
    return Problem("F117", f"{shown}: {reason}", Place(shown), "check the file or the variable that the program names")


def _failed(shown: str, reason: str) -> Problem:
    first = reason.splitlines()[0][:200] if reason else "it failed"
    return Problem("F118", f"{shown} failed: {first}", Place(shown), "try the query in the database's own client")
