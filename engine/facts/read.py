"""A source file becomes a typed table: read as text, every cell told by our grammar, every bad row listed.

In: a CSV file, the table it fills, and how its columns and values are called there. Out: a DuckDB table `t_NAME` with
the good rows (their 1-based record number in `record`), and the problems of the others. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.facts.csvfile import CsvFile, header_problems, lines_of, open_csv
from engine.facts.grammar import SQL_TYPES, cell
from engine.facts.sql import identifier
from rules.problem import Place, Problem
from rules.tables import Table, TableColumn

PROBLEMS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table comes from: the file, its name for people, and our names and values for its own."""

    table: Table
    path: Path
    shown: str
    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    decimals: int


@dataclass(frozen=True, slots=True)
class ReadTable:
    """What was read: the table's columns that the file has, the digest of its bytes, and how many rows were good."""

    source: Source
    columns: tuple[TableColumn, ...]
    raw_sha256: str
    rows_read: int
    problems: tuple[Problem, ...]


def table_name(table: str) -> str:
    """The identifier under which a table of facts is kept."""
    return identifier(f"t_{table}")


def read_source(connection: duckdb.DuckDBPyConnection, source: Source) -> ReadTable:
    """Read one source into the connection; its problems come back as values, in the order of its lines."""
    file, problems = open_csv(source.path, source.shown)
    if file is None:
        return ReadTable(source, (), "", 0, problems)
    expected = {column.name: source.columns.get(column.name, column.name) for column in source.table.columns}
    needed = {name: there for name, there in expected.items() if name in source.columns or name in source.table.key}
    problems = header_problems(file, needed)
    if problems:
        return ReadTable(source, (), file.sha256, 0, problems)
    columns = tuple(column for column in source.table.columns if expected[column.name] in file.header)
    text = _read_text(connection, file)
    if isinstance(text, Problem):
        return ReadTable(source, (), file.sha256, 0, (text,))
    _name_columns(connection, source, file, columns, expected)
    problems = _bad_cells(connection, source, file, columns) + _bad_keys(connection, source, file, columns)
    _type_columns(connection, source, columns)
    return ReadTable(source, columns, file.sha256, text, problems)


def _read_text(connection: duckdb.DuckDBPyConnection, file: CsvFile) -> int | Problem:
    """The file's records as text, into table `text_rows`; gives how many, or the problem of its structure."""
    columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(file.header)))
    options = f"""auto_detect=false, header=true, delim=',', quote='"', escape='"', strict_mode=true, nullstr='',
        null_padding=false, max_line_size=2000000, encoding='utf-8', new_line='{file.newline}'"""
    query = f"""CREATE OR REPLACE TEMP TABLE text_rows AS
        SELECT row_number() OVER () AS record, * FROM read_csv(?, columns={{{columns}}}, {options})"""  # noqa: S608
    try:
        return int(connection.execute(query, [str(file.path)]).fetchall()[0][0])
    except duckdb.Error as error:
        return _structure_problem(file, str(error))


def _structure_problem(file: CsvFile, message: str) -> Problem:
    lines = message.splitlines()
    line = next((each.rsplit(":", 1)[1] for each in lines if "CSV Error on Line:" in each), "0")
    place = Place(file.shown, int(line) if line.strip().isdigit() else 0)
    if "unterminated quote" in message or "quote" in message.lower().split("possible")[0]:
        return Problem(
            "F110", "a quoted cell does not end as it should", place, 'double each quote inside of a cell: ""'
        )
    if "Expected Number of Columns" in message:
        counts = next(each for each in lines if each.startswith("Expected Number of Columns"))
        words = counts.replace("Expected Number of Columns:", "the header has").replace("Found:", "columns, this row")
        return Problem("F111", words, place, "give each row as many cells as the header; quote cells that hold a comma")
    if "unicode" in message.lower() or "utf-8" in message.lower():
        return Problem("F102", "this is not UTF-8 text", place, "save it as CSV UTF-8")
    return Problem("F112", "the file is not well-formed CSV", place, "write comma-separated UTF-8 with one header line")


def _name_columns(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    file: CsvFile,
    columns: Sequence[TableColumn],
    expected: Mapping[str, str],
) -> None:
    """The text columns under our names, with the program's value maps applied, in table `named_rows`."""
    parameters: list[object] = []
    selected = ["record"]
    for column in columns:
        text = f"c{file.header.index(expected[column.name])}"
        mapped = source.values.get(column.name, {})
        if mapped:
            parameters += [each for pair in mapped.items() for each in pair]
            text = f"CASE {text} {'WHEN ? THEN ? ' * len(mapped)}ELSE {text} END"
        selected.append(f"{text} AS {identifier(column.name)}")
    query = f"CREATE OR REPLACE TEMP TABLE named_rows AS SELECT {', '.join(selected)} FROM text_rows"  # noqa: S608
    connection.execute(query, parameters)
    connection.execute("DROP TABLE text_rows")


def _bad_cells(
    connection: duckdb.DuckDBPyConnection, source: Source, file: CsvFile, columns: Sequence[TableColumn]
) -> tuple[Problem, ...]:
    found: list[tuple[int, str, Problem]] = []
    for column in columns:
        name, grammar = identifier(column.name), cell(column.type, source.decimals)
        test = f"{name} IS NOT NULL AND NOT coalesce({grammar.test.format(name)}, FALSE)"
        query = f"SELECT record, {name} FROM named_rows WHERE {test} ORDER BY record LIMIT {PROBLEMS_MAX}"  # noqa: S608
        for record, text in connection.execute(query).fetchall():
            message = f"{_short(text)} is no {column.type.value}"
            found.append((record, column.name, Problem(grammar.code, message, Place(file.shown), grammar.cure)))
    return _placed(file, found)


def _bad_keys(
    connection: duckdb.DuckDBPyConnection, source: Source, file: CsvFile, columns: Sequence[TableColumn]
) -> tuple[Problem, ...]:
    """Blank cells of the key, and keys that stand on more than one row."""
    key = [column for column in columns if column.in_key]
    found: list[tuple[int, str, Problem]] = []
    for column in key:
        if column.blank_key:
            continue
        query = f"SELECT record FROM named_rows WHERE {identifier(column.name)} IS NULL LIMIT {PROBLEMS_MAX}"  # noqa: S608
        for (record,) in connection.execute(query).fetchall():
            problem = Problem(
                "F120", f"{column.name} is blank, and it is part of the key", Place(file.shown), "fill it in"
            )
            found.append((record, column.name, problem))
    if key:
        names = ", ".join(identifier(column.name) for column in key)
        shown = " || '/' || ".join(f"coalesce({identifier(column.name)}, '')" for column in key)
        rest = ", ".join(identifier(column.name) for column in columns) or "1"
        query = f"""SELECT {shown}, min(record), list(record ORDER BY record)[2],
            count(DISTINCT hash({rest})) FROM named_rows GROUP BY {names} HAVING count(*) > 1
            ORDER BY 2 LIMIT {PROBLEMS_MAX}"""  # noqa: S608
        for shown_key, first, second, contents in connection.execute(query).fetchall():
            what = "with other content" if contents > 1 else "with the same content"
            message = f"row {_short(shown_key)} stands twice, {what} (first as record {first})"
            code = "F122" if contents > 1 else "F121"
            found.append((second, key[0].name, Problem(code, message, Place(file.shown), "keep one of the rows")))
    return _placed(file, found)


def _placed(file: CsvFile, found: Sequence[tuple[int, str, Problem]]) -> tuple[Problem, ...]:
    lines = lines_of(file, (record for record, _, _ in found))
    placed = []
    for record, column, problem in sorted(found, key=lambda each: each[:2]):
        place = Place(file.shown, lines.get(record, record + 1), field=column)
        placed.append(Problem(problem.code, problem.message, place, problem.hint))
    return tuple(placed)


def _type_columns(connection: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[TableColumn]) -> None:
    """The typed table: each cell cast once, only where its text has passed; rows with a bad cell are left out."""
    values, tests = [], []
    for column in columns:
        name, grammar = identifier(column.name), cell(column.type, source.decimals)
        values.append(f"{grammar.value.format(name)} AS {name}")
        tests.append(f"({name} IS NULL OR {grammar.test.format(name)})")
    for column in source.table.columns:
        if column not in columns:
            values.append(f"CAST(NULL AS {SQL_TYPES[column.type]}) AS {identifier(column.name)}")
    listed, condition = ", ".join(["record", *values]), " AND ".join(tests) or "TRUE"
    connection.execute(f"""CREATE OR REPLACE TABLE {table_name(source.table.name)} AS
        SELECT {listed} FROM (SELECT * FROM named_rows WHERE {condition})""")  # noqa: S608
    connection.execute("DROP TABLE named_rows")


def _short(text: str) -> str:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return "'" + "".join(each if each.isprintable() else "·" for each in shown) + "'"
