"""What a store holds, in short: every table's rows counted and hashed, the head of its log, and its blobs.

In: a reader. Out: counts and digests that are the same for the same rows, whichever database they are in. Rows are read
page by page in the order of their keys, so that a table of any size passes through little memory. A value of a type
that its column does not have is told: a damaged page can hold one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from engine.digest import canonical, digest, sha256
from engine.store.database import Database, Reader
from engine.store.migrate import revision_of
from engine.store.runs import in_utc
from engine.values.event import FIRST
from rules.problem import CheckFailed, Place, Problem

_PAGE_ROWS = 20_000

Row = tuple[Any, ...]
Told = Callable[[str, int, int], None]  # what is done, how much of it so far, and of how much


def silent(what: str, done: int, of: int) -> None:
    """Tell nobody how far the work is."""


class Table(NamedTuple):
    """A table: since which revision it is there, by how many of its first columns it is ordered, and its columns."""

    name: str
    since: str
    keys: int
    columns: Mapping[str, str]


class Counted(NamedTuple):
    """A table's rows in short."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store holds: `schema` is its revision, `events` the number of the last event and `head_sha256` its digest;
    `blobs_sha256` is over the sorted names of the blobs, which are digests themselves."""

    schema: str
    events: int
    head_sha256: str
    tables: tuple[Counted, ...]
    blobs: int
    blobs_sha256: str

    @property
    def rows(self) -> Mapping[str, int]:
        """How many rows each table has."""
        return {each.name: each.rows for each in self.tables}


_RUN = {"number": "int", "run_id": "text", "kind": "text", "program": "text", "file": "text", "period": "text"}
_RUN |= {"currency": "text", "total_minor": "int", "partners": "int", "lines": "int", "created_at": "time"}
_RUN |= {"actor": "text", "engine": "text", "manifest": "bytes"}
_ACCEPTANCE = {"number": "int", "program": "text", "file": "text", "program_sha256": "text", "document_sha256": "text"}
_ACCEPTANCE |= {"partner": "text", "accepted_by": "text", "accepted_on": "date", "note": "text", "recorded_at": "time"}
_ACCEPTANCE |= {"actor": "text", "engine": "text"}
_EVENT = {"number": "int", "before_sha256": "text", "sha256": "text", "type": "text", "cycle": "text", "key": "text?"}
_EVENT |= {"content": "bytes"}
_LINE = {"run_number": "int", "number": "int", "partner": "text", "component": "text", "table_name": "text"}
_LINE |= {"key": "text", "amount_minor": "int"}
_POSTING = {"event": "int", "number": "int", "cycle": "text", "payee": "text", "program": "text", "period": "text"}
_POSTING |= {"kind": "text", "effective": "text", "currency": "text", "amount_minor": "int"}

TABLES = (
    Table("run", "0001", 1, _RUN),
    Table("run_blob", "0001", 2, {"run_number": "int", "role": "text", "sha256": "text"}),
    Table("acceptance", "0002", 1, _ACCEPTANCE),
    Table("event", "0004", 1, _EVENT),
    Table("line", "0004", 2, _LINE),
    Table("posting", "0004", 2, _POSTING),
)


def tables_of(revision: str) -> tuple[Table, ...]:
    """The tables of a schema, but for those of blobs."""
    return tuple(each for each in TABLES if each.since <= revision)


def contents_of(
    database: Database,
    reader: Reader,
    names: Sequence[str],
    counted: Sequence[Counted] | None = None,
    told: Told = silent,
) -> Contents:
    """What the view of a reader holds, and of the blobs those of `names`: a folder may get new ones meanwhile.

    `counted` are its tables where they were read already.
    """
    revision = revision_of(database, reader)
    if counted is None:
        counted = [Rows(reader, each, database.shown, told).counted() for each in tables_of(revision)]
    return Contents(revision, *_head(reader, revision), tuple(counted), len(names), digest(names))


class Rows:
    """The rows of a table, counted and hashed as they are read, once."""

    def __init__(self, reader: Reader, table: Table, shown: str, told: Told = silent) -> None:
        self.table = table
        self._reader, self._shown, self._told = reader, shown, told
        self._rows = 0
        self._state = hashlib.sha256(_head_of(table))

    def __iter__(self) -> Iterator[Row]:
        ((total,),) = self._reader.execute(f"SELECT count(*) FROM {self.table.name}").fetchall()
        for page in self._pages():
            values, texts = zip(*map(self._column, self.table.columns.items(), zip(*page, strict=True)), strict=True)
            rows = _ENCODE(
                list(zip(*texts, strict=True))
            )  # all of a page at once: a row alone takes five times as long
            self._state.update(rows[1:-1].encode() + b",")
            self._rows += len(page)
            self._told(f"rows of {self.table.name}", self._rows, total)
            yield from zip(*values, strict=True)
        if self._rows != total:  # what counts and what reads may go by different indexes
            raise self._fault(f"has {total:,} rows, of which {self._rows:,} are found in their order")

    def counted(self) -> Counted:
        """The table in short; what was not read yet is read now."""
        if not self._rows:
            for _ in self:
                pass
        return Counted(self.table.name, self._rows, self._state.hexdigest())

    def _pages(self) -> Iterator[list[Row]]:
        name, columns, keys = (
            self.table.name,
            ", ".join(self.table.columns),
            list(self.table.columns)[: self.table.keys],
        )
        select = f"SELECT {columns} FROM {name}"
        if any(self.table.columns[key] != "int" for key in keys):  # databases do not sort texts alike
            rows = self._reader.execute(select).fetchall()
            if rows:
                yield sorted(rows, key=lambda row: [(type(each).__name__, each) for each in row[: len(keys)]])
            return
        place, marks, after = ", ".join(keys), ", ".join("?" * len(keys)), None
        while True:
            where = "" if after is None else f" WHERE ({place}) > ({marks})"
            page = self._reader.execute(f"{select}{where} ORDER BY {place} LIMIT {_PAGE_ROWS}", after or ()).fetchall()
            if page:
                last = page[-1][: len(keys)]
                if any(type(each) is not int for each in last) or (after is not None and last <= after):
                    raise self._fault("has rows that are not in the order of their numbers")
                after = last
                yield page
            if len(page) < _PAGE_ROWS:
                return

    def _column(self, named: tuple[str, str], found: Row) -> tuple[Sequence[Any], Sequence[str | None]]:
        """The values of a column, and each as the text that is hashed."""
        name, kind = named
        allowed, value, text = _KINDS[kind]
        if not {type(each) for each in found} <= allowed:
            raise self._fault(f"has a value in {name} of a type that the column does not have")
        try:
            values = found if value is None else [value(each) for each in found]
        except ValueError:
            raise self._fault(f"has a value in {name} that is no {kind}") from None
        return values, values if text is None else [text(each) for each in values]

    def _fault(self, what: str) -> CheckFailed:
        return broken(self._shown, f"the table {self.table.name} {what}")


def broken(shown: str, message: str) -> CheckFailed:
    """Rows that no store has which is as it was left."""
    hint = "the database was changed by hand or damaged: restore it from a backup"
    return CheckFailed(Problem("S220", message, Place(shown), hint))


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _time_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


_Kind = tuple[set[type], Callable[[Any], Any] | None, Callable[[Any], str] | None]
_KINDS: Mapping[str, _Kind] = {  # which types a database gives, the value that they stand for, and how it is hashed
    "int": ({int}, None, str),
    "text": ({str}, None, None),
    "text?": ({str, type(None)}, None, None),
    "bytes": ({bytes}, None, sha256),
    "time": ({str, datetime}, in_utc, _time_text),
    "date": ({str, date}, _day, date.isoformat),
}
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _head_of(table: Table) -> bytes:
    columns = [[name, kind] for name, kind in table.columns.items()]
    return canonical({"t": "partage/table/1", "table": table.name, "columns": columns}) + b"\n"


def _head(reader: Reader, revision: str) -> tuple[int, str]:
    """The number and the digest of the last event; a store of the first schemas has none."""
    if revision < "0004":
        return 0, FIRST
    rows = reader.execute("SELECT number, sha256 FROM event ORDER BY number DESC LIMIT 1").fetchall()
    return (int(rows[0][0]), str(rows[0][1])) if rows else (0, FIRST)
