"""A Parquet file as records of text: each typed cell is written as people write it, and told by the same grammar.

Decimals lose the zeros at their end, floats are taken by their shortest decimal text, timestamps at midnight are dates
(so that dates from data frames are read), and an empty text is blank. A record is a row of the file, in its order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from engine.facts.csvscan import scan
from engine.facts.sql import identifier
from engine.facts.texts import ROWS_MAX, RawRow, TextRows, joined, too_many_rows
from rules.problem import Place, Problem


def open_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, shown: str, rows_max: int = ROWS_MAX
) -> tuple[TextRows | None, tuple[Problem, ...]]:
    """Open a Parquet file."""
    try:
        sha256 = scan(path).sha256
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        return None, (Problem("F101", f"cannot read {shown}: {reason}", Place(shown), "check the path and its rights"),)
    try:
        query = "SELECT * FROM read_parquet(?, hive_partitioning=false)"
        described = connection.execute(f"DESCRIBE {query}", [str(path)]).fetchall()
        rows = int(connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()[0][0])
    except duckdb.Error:
        return None, (Problem("F107", f"{shown} cannot be read as Parquet", Place(shown), "write the file anew"),)
    if rows > rows_max:
        return None, (too_many_rows(shown, rows, rows_max),)
    header = tuple(str(name) for name, *_ in described)
    selected = ", ".join(
        f"{_text(identifier(name), str(type_))} AS c{at}" for at, (name, type_, *_) in enumerate(described)
    )
    relation = f"SELECT {selected} FROM read_parquet(?, hive_partitioning=false)"

    def cells(records: Collection[int]) -> Mapping[int, RawRow]:
        listed = ", ".join(str(int(record) - 1) for record in sorted(records)) or "-1"
        texts = f"""SELECT file_row_number + 1, {selected} FROM
            read_parquet(?, hive_partitioning=false, file_row_number=true) WHERE file_row_number IN ({listed})"""
        found = connection.execute(texts, [str(path)]).fetchall()
        return {int(row[0]): RawRow(0, row[1:], joined(row[1:])) for row in found}

    return TextRows(shown, header, relation, (str(path),), sha256, rows, cells), ()


def _text(name: str, type_: str) -> str:
    """The SQL of a typed column's text."""
    text = f"CAST({name} AS VARCHAR)"
    if type_.startswith("DECIMAL"):
        text = f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
    elif type_ in ("DOUBLE", "FLOAT"):
        text = rf"regexp_replace({text}, '\.0$', '')"
    elif type_.startswith("TIMESTAMP"):
        text = rf"regexp_replace({text}, ' 00:00:00(\+00)?$', '')"
    return f"nullif({text}, '')"
