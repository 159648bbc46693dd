"""Databases beside each other: each has tables of its own, and may read what the first one may, and no more."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from engine.facts.connection import again, connect, connected


def tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[int]]:
    """What stands in the table of a connection."""
    return [(int(value),) for (value,) in connection.execute("SELECT a FROM t_rows").fetchall()]


def test_databases_beside_each_other_do_not_see_each_others_tables(tmp_path: Path) -> None:
    with connected([tmp_path]) as first, connected([], None, first) as one, connected([], None, first) as other:
        for at, each in enumerate((first, one, other)):
            each.execute(f"CREATE TABLE t_rows AS SELECT {at} AS a")
        assert [tables(each) for each in (first, one, other)] == [[(0,)], [(1,)], [(2,)]]
        assert tables(again(one)) == [(1,)]
        with connected([], None, one) as third, pytest.raises(duckdb.CatalogException):
            tables(third)


def test_a_database_beside_another_ends_with_its_block(tmp_path: Path) -> None:
    with connected([tmp_path]) as first:
        names = "SELECT database_name FROM duckdb_databases() WHERE NOT internal"
        with connected([], None, first) as one:
            one.execute("CREATE TABLE t_rows AS SELECT 1 AS a")
            later, rows = again(one), first.execute("SELECT unnest(range(5000))")
            assert len(first.cursor().execute(names).fetchall()) == 2
        assert len(rows.fetchall()) == 5000, "what is being read is not lost"
        assert first.execute(names).fetchall() == [("memory",)]
        with pytest.raises(duckdb.Error):
            tables(later)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '/etc/out.csv'",
        "ATTACH '/etc/other.db' AS other",
        "SET threads = 1",
        "SET enable_external_access = true",
        "SET GLOBAL lock_configuration = false",
        "SET GLOBAL allowed_directories = ['/']",
        "INSTALL httpfs",
        "LOAD httpfs",
    ],
)
def test_a_database_beside_another_has_its_limits(statement: str, tmp_path: Path) -> None:
    with connected([tmp_path]) as first, connected([], None, first) as one:
        for each in (one, again(one)):
            with pytest.raises(duckdb.Error):
                each.execute(statement)


def test_it_reads_what_the_first_one_may(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a\n7\n", "utf-8")
    with connected([tmp_path]) as first, connected([], None, first) as one:
        assert one.execute(f"SELECT a FROM read_csv('{tmp_path}/rows.csv')").fetchall() == [(7,)]
        settings = "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('TimeZone')"
        alone = connect([tmp_path])
        assert one.execute(settings).fetchall() == alone.execute(settings).fetchall()
        alone.close()
