"""PostgreSQL: the database of a store that a team shares, in the schema that its address leads to.

In: an address. Out: a database, whose connections have the settings below, read back. Writers come one at a time: each
waits for a lock of the whole database before it reads anything, so what it decides on is what it adds to. A lock that
is taken first, and a transaction that sees what was committed when a statement starts, belong together: with one view
for the whole transaction, that view would be older than the wait.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg.conninfo import conninfo_to_dict
from pyarrow.csv import WriteOptions, write_csv

from engine.store import pg_blobs
from engine.store.database import LostAtCommit, Reader
from engine.store.faults import os_fault
from engine.store.pg_faults import fault_of, is_lost, unreachable
from engine.store.server import Server
from rules.problem import Place, Problem, Refused, Unavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, RootTransaction

    from engine.store.bulk import Columns

MARK = "Partage store"  # how the tables of a store are told from any others
_LOCK = 0x50544745  # "PTGE": the lock of who writes
_SETTINGS = {
    "TimeZone": "UTC",
    "default_transaction_isolation": "read committed",
    "statement_timeout": "0",  # a large run may take its time
    "idle_in_transaction_session_timeout": "0",
}

# How soon the server notices that who holds the lock of writers is gone; a socket of this machine needs none of it.
_NOTICING = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}


class PgReader:
    """A connection as what queries are asked of, their parameters written as `?`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """Ask a query, which is ours and holds nothing that a user wrote."""
        written = sql.replace("%", "%%").replace("?", "%s").encode()
        return self._connection.execute(written, parameters, binary=True)


class PostgresDatabase:
    """A schema of a database of PostgreSQL, blobs included: see `engine.store.database`."""

    def __init__(self, server: Server, create: bool, busy_ms: int) -> None:
        self.shown = server.shown
        self._server, self._busy_ms = server, busy_ms
        self._kept = connect(server, busy_ms)
        try:
            with self.reading() as reader:
                _refuse_what_is_not_ours(reader, server.shown, create)
        except BaseException:
            self._kept.close()
            raise

    @property
    def login(self) -> str:
        """Who logged in, as the server says, which may map the user that was asked for to another one."""
        with self.reading() as reader:
            ((user,),) = reader.execute("SELECT session_user").fetchall()
        return str(user)

    @property
    def _connection(self) -> psycopg.Connection[Any]:
        """The connection to read by; made anew where it broke."""
        if self._kept.closed:
            self._kept = connect(self._server, self._busy_ms)
        return self._kept

    def _begun(self) -> psycopg.Connection[Any]:
        """A connection in a transaction that reads; where the server ended an idle one, another one."""
        begin = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        try:
            self._connection.execute(begin)
        except psycopg.Error as error:
            if not is_lost(error):
                raise
            self._kept.close()
            self._connection.execute(begin)
        return self._kept

    @cached_property
    def _engine(self) -> Engine:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import QueuePool

        def connected() -> psycopg.Connection[Any]:
            connection = connect(self._server, self._busy_ms)
            connection.autocommit = False
            return connection

        return create_engine("postgresql+psycopg://", creator=connected, poolclass=QueuePool, pool_pre_ping=True)

    @cached_property
    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="partage-")

    @contextmanager
    def reading(self) -> Iterator[PgReader]:
        """One view of the database, whatever others write meanwhile."""
        with self._clean_faults():
            connection = self._begun()
            try:
                yield PgReader(connection)
            finally:
                if not connection.closed:
                    connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, alone among writers from its start: all of it is kept, or nothing."""
        with self._clean_faults(), self._engine.connect() as connection:
            transaction = connection.begin()
            try:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                yield connection
            except BaseException:
                if transaction.is_active:  # a session of SQLModel that failed has ended it
                    transaction.rollback()
                raise
            _commit(transaction)

    def reader_of(self, connection: Connection) -> PgReader:
        """What queries are asked of inside a transaction that writes."""
        return PgReader(_below(connection))

    def load(self, connection: Connection, table: str, columns: Sequence[str], chunks: Iterable[Columns]) -> None:
        """Add rows, which come in chunks of columns: by COPY, in the CSV that Arrow writes of them."""
        copying = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
        with _below(connection).cursor() as cursor, cursor.copy(copying.encode()) as copy:
            for chunk in chunks:
                copy.write(csv(columns, chunk))

    def has_table(self, reader: Reader, name: str) -> bool:
        """Whether there is a table of this name."""
        query = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?"
        return bool(reader.execute(query, [name]).fetchall())

    def mark(self, connection: Connection) -> None:
        """Note on a table that the tables beside it are those of a store."""
        connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{MARK}'")

    def put(self, content: bytes | Path) -> str:
        """Keep bytes, or those of a file, and give their digest."""
        with self._clean_faults():
            return pg_blobs.put(self._connection, content, self.shown)

    def holds(self, sha256: str) -> bool:
        """Whether a blob of this name is there, whatever its bytes are."""
        with self._clean_faults():
            return pg_blobs.holds(self._connection, sha256)

    def verified(self, sha256: str) -> Path:
        """The path of a copy of a blob, whose bytes were read and hashed just now."""
        with self._clean_faults():
            return pg_blobs.copied(self._connection, sha256, Path(self._scratch.name), self.shown)

    def verified_bytes(self, sha256: str) -> bytes:
        """The bytes of a blob, hashed again just now."""
        with self._clean_faults():
            return b"".join(pg_blobs.chunks(self._connection, sha256, self.shown))

    def present(self, sha256: str) -> Path:
        """The path of a copy of a blob: the one that was made before, or a new one."""
        copy = Path(self._scratch.name) / sha256
        return copy if copy.exists() else self.verified(sha256)

    def blob_names(self, reader: Reader) -> list[str]:
        """The names of all blobs, sorted; a store of the first schemas has none."""
        if not self.has_table(reader, "blob"):
            return []
        return sorted(name for (name,) in reader.execute("SELECT sha256 FROM blob"))

    @contextmanager
    def borrowed(self, sha256: str) -> Iterator[Path]:
        """The path of a copy of a blob, whose bytes were hashed just now; it is gone when it was used."""
        path = self.verified(sha256)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def put_with(self, connection: Connection, path: Path) -> str:
        """Keep the bytes of a file, if the transaction ends well."""
        return pg_blobs.put(_below(connection), path, self.shown)

    def check(self, reader: Reader) -> None:
        """PostgreSQL tells of damage as it meets it: every row is read."""

    def close(self) -> None:
        """Give the connections back, and remove the copies of blobs."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
        if "_scratch" in self.__dict__:
            self._scratch.cleanup()
        self._kept.close()

    @contextmanager
    def _clean_faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise os_fault(error, self.shown, Path(tempfile.gettempdir())) from None
        except Exception as error:
            cause = getattr(error, "orig", error)  # SQLAlchemy brings what the driver raised along
            if not isinstance(cause, psycopg.Error):
                raise
            raise fault_of(cause, self.shown) or error from None


def connect(server: Server, busy_ms: int) -> psycopg.Connection[Any]:
    """A connection that commits by itself, with the settings; raises Unavailable where there is none to be had."""
    options = _options(server)
    try:
        connection = psycopg.connect(server.url, autocommit=True, prepare_threshold=None, **options)
    except psycopg.Error as error:
        raise unreachable(error, server.shown) from None
    try:
        _set(connection, busy_ms, server.shown)
    except BaseException as error:
        connection.close()
        if isinstance(error, psycopg.Error):
            raise fault_of(error, server.shown) or error from None
        raise
    return connection


def _options(server: Server) -> dict[str, Any]:
    """What the address leaves open. An environment variable must not lead a host that it names elsewhere."""
    try:
        named = conninfo_to_dict(server.url)
    except psycopg.Error:  # its message may show the password
        hint = "see the manual of PostgreSQL on connection URIs; special characters are written as %40"
        message = "the address has an option that PostgreSQL does not know, or a part that is not readable"
        raise Refused(Problem("S217", message, Place(server.shown), hint)) from None
    usual: dict[str, Any] = {"connect_timeout": 10, "tcp_user_timeout": 60_000, "application_name": "partage"}
    if named.get("host"):
        usual["hostaddr"] = ""
    return {name: value for name, value in usual.items() if name not in named} | {"client_encoding": "utf8"}


def _set(connection: psycopg.Connection[Any], busy_ms: int, shown: str) -> None:
    for name, value in _NOTICING.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    wanted = _SETTINGS | {"lock_timeout": str(busy_ms)}
    for name, value in wanted.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    connection.execute(
        "SELECT set_config(name, 'on', false) FROM pg_settings WHERE name = 'synchronous_commit' AND setting = 'off'"
    )
    asked = [*wanted, "server_encoding", "synchronous_commit"]
    rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [asked]).fetchall()
    found = dict(rows)
    if found.pop("synchronous_commit") == "off":
        raise _not_taken("synchronous_commit = on", "off", shown)
    for name, value in (wanted | {"server_encoding": "UTF8"}).items():
        if found[name] != value:
            raise _not_taken(f"{name} = {value}", found[name], shown)


def _not_taken(setting: str, found: str, shown: str) -> Unavailable:
    message = f"the database does not take the setting {setting}: it stays {found}"
    hint = "name a database that was made with ENCODING 'UTF8', on a server that lets its users set the others"
    return Unavailable(Problem("S207", message, Place(shown), hint))


def _refuse_what_is_not_ours(reader: Reader, shown: str, create: bool) -> None:
    """Nobody else's tables are touched, nor mixed with those of a store."""
    ((schema, mark),) = reader.execute(
        "SELECT current_schema(), obj_description(to_regclass(quote_ident(current_schema()) || '.alembic_version'))"
    ).fetchall()
    if schema is None:
        hint = "make the schema first, or name another one: ?options=-csearch_path%3DNAME"
        raise Refused(Problem("S201", "the address leads to no schema of the database", Place(shown), hint))
    ((tables,),) = reader.execute(
        "SELECT count(*) FROM pg_class AS t WHERE relnamespace = quote_ident(current_schema())::regnamespace"
        " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = t.oid AND deptype = 'e')"
    ).fetchall()
    if tables and mark != MARK:
        hint = f"name an empty database, or an empty schema ({schema} is not): ?options=-csearch_path%3DNAME"
        raise Refused(Problem("S202", "this schema belongs to other software", Place(shown), hint))
    if not tables and not create:
        hint = "check the address; `partage run` makes a store with its first run"
        raise Refused(Problem("S201", "there is no store here", Place(shown), hint))


def _commit(transaction: RootTransaction) -> None:
    try:
        transaction.commit()
    except Exception as error:
        cause = getattr(error, "orig", error)
        if isinstance(cause, psycopg.Error) and is_lost(cause):
            raise LostAtCommit from None
        raise


def _below(connection: Connection) -> psycopg.Connection[Any]:
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection), "the engine connects to PostgreSQL"
    return found


def csv(columns: Sequence[str], chunk: Columns) -> memoryview:
    """Rows as COPY reads them; a text is quoted, so that an empty one is not taken for none."""
    arrays = [pa.array(each, pa.int64() if each.dtype == np.int64 else pa.string()) for each in chunk]
    out = pa.BufferOutputStream()
    write_csv(pa.table(arrays, names=list(columns)), out, WriteOptions(include_header=False, quoting_style="all_valid"))
    return memoryview(out.getvalue())
