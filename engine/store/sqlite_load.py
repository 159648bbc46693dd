"""Rows that come by the million into a file of SQLite.

In: a connection inside a transaction that is alone among writers, and chunks of columns. Out: all of the rows, or an
error that ends the transaction. SQLite looks at a trigger row by row, which costs as much as the row. So the guard on
new lines is away while they are loaded, and back before anybody else can write: what it says of each row is then asked
of all that came, once, as PostgreSQL does after a statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.store.bulk import Columns

_PARAMETERS_MAX = 900  # of one statement; SQLite takes 999 and more

# By table: what its guard says, and whether that is so of the rows of one run.
_ASKED_TOGETHER: Mapping[str, tuple[str, str]] = {
    "line": (
        "lines are numbered without gaps, as many as their run has",
        "SELECT min(number) = 1 AND max(number) = count(*)"
        " AND count(*) <= coalesce((SELECT lines FROM run WHERE number = ?1), 0) FROM line WHERE run_number = ?1",
    )
}


def load(connection: sqlite3.Connection, table: str, columns: Sequence[str], chunks: Iterable[Columns]) -> None:
    """Add rows, many by one statement; raises sqlite3.IntegrityError where a guard of the table refuses them."""
    if table not in _ASKED_TOGETHER:
        _insert(connection, table, columns, chunks)
        return
    message, question = _ASKED_TOGETHER[table]
    wholes: set[int] = set()  # what the rows belong to, by their first column
    with _unguarded(connection, f"{table}_in_order"):
        _insert(connection, table, columns, _noted(chunks, wholes))
    for each in sorted(wholes):
        if connection.execute(question, [each]).fetchone() != (1,):
            raise sqlite3.IntegrityError(message)


@contextmanager
def _unguarded(connection: sqlite3.Connection, trigger: str) -> Iterator[None]:
    """The same without a trigger, which comes back word by word: after an error, with all that the transaction undoes.

    One that somebody took off by hand stays off.
    """
    assert connection.in_transaction, "what fails is undone, and nobody else writes meanwhile"
    guards = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", [trigger]
    ).fetchall()
    for _ in guards:
        connection.execute(f"DROP TRIGGER {trigger}")
    yield
    for (guard,) in guards:
        connection.execute(guard)


def _noted(chunks: Iterable[Columns], wholes: set[int]) -> Iterator[Columns]:
    for chunk in chunks:
        wholes.update(chunk[0].tolist())
        yield chunk


def _insert(connection: sqlite3.Connection, table: str, columns: Sequence[str], chunks: Iterable[Columns]) -> None:
    width = len(columns)
    head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
    one = f"({', '.join('?' * width)})"
    step = _PARAMETERS_MAX // width * width
    many = head + ", ".join([one] * (step // width))
    for chunk in chunks:
        cells: list[object] = [None] * (width * len(chunk[0]))
        for at, column in enumerate(chunk):
            cells[at::width] = column.tolist()
        whole = len(cells) // step * step
        connection.executemany(many, (cells[at : at + step] for at in range(0, whole, step)))
        connection.executemany(head + one, (cells[at : at + width] for at in range(whole, len(cells), width)))
