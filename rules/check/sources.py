"""The sources of a program: where each table comes from, and how its columns and values are written there.

In: the program as written. Out: one meaning for each source; what does not fit together is a problem at its key.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from rules.check.scope import Path, Scope, suggest
from rules.expressions.tree import Type
from rules.meaning import SourceMeaning
from rules.program import ExpectSpec, Program, SourceSpec
from rules.quantities.written import Money
from rules.tables import Table, TableColumn, canonical

ENCODINGS = ("utf-8", "latin-1", "iso-8859-15", "cp1250", "cp1252", "utf-16")
FORMATS = {".csv": "csv", ".txt": "csv", ".parquet": "parquet", ".xlsx": "excel"}
QUERY_CHARACTERS_MAX = 20_000
_SUMMED = (Type.MONEY, Type.NUMBER, Type.COUNT)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)


def extended(scope: Scope, table: Table, program: Program) -> Table:
    """A table with the extra columns of its source; `row_id` becomes the key of a table that has none."""
    spec = program.sources.get(table.name)
    if spec is None or not spec.extra:
        return table
    path: Path = ("sources", table.name, "extra")
    added = []
    for name, type_ in spec.extra.items():
        if table.column(name) is not None:
            scope.key_problem("P152", (*path, name), f"{table.name} has a column {name} already", "leave it out")
            continue
        added.append(TableColumn(name, Type(type_), in_key=name == "row_id" and not table.key))
    return replace(table, columns=(*table.columns, *added))


def sources(scope: Scope, program: Program) -> tuple[SourceMeaning, ...]:
    """Where the tables come from."""
    found = []
    for name, spec in program.sources.items():
        path: Path = ("sources", name)
        table = scope.tables.get(name)
        if table is None:
            hint = suggest(name, [*canonical(), *program.tables]) or "declare it under tables:"
            scope.key_problem("P148", path, f"there is no table {name}", hint)
            continue
        if name == "payouts":
            message = "payouts are what locked runs have paid"
            scope.key_problem("P149", path, message, "leave it out; the engine fills it")
        if not table.key:
            message = f"a row of {name} has no key, so a row that stands twice can't be told"
            hint = "if the source numbers its rows, add extra: {row_id: id} and columns: {row_id: ITS NAME}"
            scope.key_problem("P166", path, message, hint, severity="warning")
        _check_columns(scope, path, spec, table)
        found.append(_meaning(scope, path, spec, table))
    for name in program.tables:
        if name not in program.sources:
            scope.key_problem("P151", ("tables", name), f"{name} has no source", f"add sources: {{{name}: FILE}}")
    return tuple(found)


def _meaning(scope: Scope, path: Path, spec: SourceSpec, table: Table) -> SourceMeaning:
    format_, file, variable = _origin(scope, path, spec)
    if spec.encoding.lower() not in ENCODINGS:
        hint = suggest(spec.encoding, list(ENCODINGS)) or "write one of " + ", ".join(ENCODINGS)
        scope.problem("P156", (*path, "encoding"), f"the encoding '{spec.encoding}' is not read", hint)
    elif spec.encoding.lower() != "utf-8" and format_ != "csv":
        message = "only a CSV file has an encoding"
        scope.problem("P153", (*path, "encoding"), message, "leave encoding: out")
    if spec.separator is not None and format_ != "csv":
        scope.problem("P153", (*path, "separator"), "only a CSV file has a separator", "leave separator: out")
    if spec.excused is not None and not is_inside(spec.excused):
        _outside(scope, (*path, "excused"), spec.excused)
    return SourceMeaning(
        table=table.name,
        file=file,
        columns=spec.columns,
        values=spec.values,
        place=scope.key_place(path),
        format=format_,
        sheet=spec.sheet or "",
        query=(spec.query or "").strip(),
        variable=variable,
        constants=spec.constants,
        encoding=spec.encoding.lower(),
        dates=_dates(scope, path, spec, table),
        decimal=spec.decimal,
        expected_rows=None if spec.expect.rows is None else int(spec.expect.rows),
        expected_totals=_totals(scope, path, spec.expect, table),
        excused=spec.excused or "",
        trim=spec.trim,
        separator=spec.separator or ",",
    )


def _origin(scope: Scope, path: Path, spec: SourceSpec) -> tuple[str, str, str]:
    """The format, the file and the environment variable of a source."""
    if (spec.file is None) == (spec.query is None):
        message = "a source is a file or a query, and one of the two"
        scope.key_problem("P153", path, message, "write file: FILE, or query: SELECT ... with database:")
        return "csv", "", ""
    if spec.query is not None:
        return _database(scope, path, spec)
    file = spec.file or ""
    if not is_inside(file):
        _outside(scope, path, file)
    ending = "." + file.rpartition(".")[2].lower()
    format_ = spec.format or FORMATS.get(ending, "")
    if not format_:
        message = f"'{file}' does not say by its ending how it is written"
        scope.problem("P154", path, message, "add format: csv, parquet or excel")
    if spec.database is not None:
        scope.problem("P153", (*path, "database"), "a file is in no database", "leave database: out")
    if spec.sheet is not None and format_ != "excel":
        scope.problem("P153", (*path, "sheet"), "only a workbook has sheets", "leave sheet: out")
    return format_, file, ""


def _database(scope: Scope, path: Path, spec: SourceSpec) -> tuple[str, str, str]:
    for key in ("format", "sheet"):
        if getattr(spec, key) is not None:
            scope.problem("P153", (*path, key), f"a query has no {key}", f"leave {key}: out")
    fault = query_fault(spec.query or "")
    if fault:
        scope.problem("P155", (*path, "query"), fault, "write one SELECT, without comments and semicolons")
    database = spec.database
    if database is None or (database.sqlite is None) == (database.postgres is None):
        message = "a query is asked on one database"
        scope.problem("P153", path, message, "write database: {sqlite: FILE} or database: {postgres: VARIABLE}")
        return "sqlite", "", ""
    if database.sqlite is not None:
        if not is_inside(database.sqlite):
            _outside(scope, (*path, "database", "sqlite"), database.sqlite)
        return "sqlite", database.sqlite, ""
    if _VARIABLE.fullmatch(database.postgres or "") is None:
        message = "postgres: names the environment variable that holds the URL, never the URL"
        scope.problem("P157", (*path, "database", "postgres"), message, "write a name such as CRM_DATABASE_URL")
        return "postgres", "", ""
    return "postgres", "", database.postgres or ""


def query_fault(query: str) -> str:
    """Why a text is not a single SELECT, as far as its words tell; the read-only transaction sees to the rest."""
    text = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "''", query)
    if len(query) > QUERY_CHARACTERS_MAX:
        return f"a query has at most {QUERY_CHARACTERS_MAX:,} characters"
    if re.match(r"\s*(select|with)\b", text, re.IGNORECASE) is None:
        return "the query does not begin with SELECT or WITH"
    if any(sign in text for sign in (";", "--", "/*", "$$", "'" * 3)) or text.replace("''", "").count("'"):
        return "the query holds a semicolon, a comment or an open quote"
    depth = 0
    for sign in text:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth < 0:
            break
    return "the brackets of the query do not match" if depth else ""


def _check_columns(scope: Scope, path: Path, spec: SourceSpec, table: Table) -> None:
    """Every column that the source speaks of is one of the table, and said in one way only."""
    known = [each.name for each in table.columns]
    if any(each.type == Type.MONEY for each in table.columns):
        known.append("currency")
    dated = spec.dates if not isinstance(spec.dates, str) else {}
    parts = (
        ("columns", spec.columns), ("values", spec.values), ("constants", spec.constants), ("dates", dated)
    )  # fmt: skip
    for part, mapped in parts:
        for column in mapped:
            if column not in known:
                hint = suggest(column, known) or "see the table's columns"
                message = f"unknown column {column} in {table.name}"
                scope.key_problem("X131", (*path, part, column), message, hint)
    for column in spec.constants:
        if column in spec.columns or column in spec.values:
            message = f"{column} is a constant, and is read from the source as well"
            scope.key_problem("P158", (*path, "constants", column), message, "keep one of the two")


def _dates(scope: Scope, path: Path, spec: SourceSpec, table: Table) -> dict[str, str]:
    """The format of each date column that is not written year-month-day."""
    written = spec.dates
    if isinstance(written, str):
        named = {column.name: written for column in table.columns if column.type == Type.DATE}
        places: dict[str, Path] = dict.fromkeys(named, (*path, "dates"))
    else:
        named, places = dict(written), {name: (*path, "dates", name) for name in written}
    found: dict[str, str] = {}
    for name, format_ in named.items():
        column = table.column(name)
        if column is None:
            continue
        signs = re.sub(r"%[dmY]", "", format_)
        needed = ("%d", "%m", "%Y") if column.type == Type.DATE else ("%m", "%Y")
        once = all(format_.count(each) == 1 for each in needed) and format_.count("%d") <= 1
        if column.type not in (Type.DATE, Type.MONTH) or not once or re.fullmatch(r"[-./ ]{0,6}", signs) is None:
            message = f"'{format_}' is no way to write {name}"
            hint = "write %d, %m and %Y once each, with . - / or a space between, such as %d.%m.%Y; for dates only"
            scope.problem("P159", places[name], message, hint)
            continue
        found[name] = format_
    return found


def _totals(scope: Scope, path: Path, expect: ExpectSpec, table: Table) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for name, total in expect.totals.items():
        place: Path = (*path, "expect", "totals", name)
        column = table.column(name)
        if column is None or column.type not in _SUMMED:
            summed = [each.name for each in table.columns if each.type in _SUMMED]
            hint = suggest(name, summed) or "total a column of money, numbers or counts"
            scope.key_problem("X131", place, f"{name} is no column of {table.name} that adds up", hint)
            continue
        found[name] = _total(scope, place, column.type, total)
    return found


def _total(scope: Scope, place: Path, type_: Type, total: Money) -> Fraction:
    if type_ != Type.MONEY:
        if total.currency is not None:
            scope.problem("P130", place, "this column is no money", "write the plain number")
        return total.amount
    for code, message, hint in scope.terms.whole_faults(total):
        scope.problem(code, place, message, hint)
    return scope.terms.minor(total)


def _outside(scope: Scope, path: Path, file: str) -> None:
    message = f"'{file}' is not a file below the program's folder"
    scope.problem("P150", path, message, "write a relative path without .. or ~")


def is_inside(file: str) -> bool:
    """Whether a written path stays below the folder it is relative to, by its text alone."""
    parts = file.replace("\\", "/").split("/")
    plain = all(part.isprintable() for part in parts) and bool(file)
    return plain and ":" not in file and not file.startswith(("/", "~", "\\")) and ".." not in parts
