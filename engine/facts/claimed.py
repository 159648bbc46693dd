"""A kept table as somebody claims that it should be: one of its rows with other cells, or one row more.

In: the kept tables of a run, and the claim. Out: a Parquet file of the table with the claimed row, and what its cells
held. The claimed row is read by the grammar of every source, and passes the same tests: of its cells, of the row, of
its key and versions, of what it refers to, and of the exchange rates that it needs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import duckdb

from engine.facts.clashes import clashes
from engine.facts.columns import CURRENCY, Columns
from engine.facts.connection import connect
from engine.facts.exchange import RATES, unconverted
from engine.facts.grammar import SQL_TYPES
from engine.facts.keep import keep_sorted
from engine.facts.keys import key_sql, key_text
from engine.facts.read import Staged, read_source
from engine.facts.references import dangling, references
from engine.facts.sql import identifier
from engine.facts.texts import Fault, TextRows
from engine.values.claimed import Claim
from rules.calendar import Period
from rules.expressions.tree import Type
from rules.meaning import Meaning, SourceMeaning
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import DECIMALS, Currency, format_minor
from rules.tables import Table

OPTION = "--set"  # where the cells of a claim were written
_FILE = "claimed.csv"
_VIEW = "claimed"


def write_claimed(
    meaning: Meaning, tables: Mapping[str, Path], period: Period, claim: Claim, folder: Path
) -> tuple[Path, Mapping[str, str]]:
    """Write the claim's table with the claimed row below `folder`; gives the file, and what the cells held before.

    Raises Refused with every fault of the claim: there is no such table, row or column, a cell is none of its type, or
    the row would not have been accepted.
    """
    table = _table(meaning, tables, claim)
    scratch = folder / "claim"
    scratch.mkdir()
    connection = connect([*{path.parent for path in tables.values()}, folder], None, scratch)
    try:
        staged = {name: _kept(connection, meaning, name, tables[name]) for name in _needed(meaning, tables, table)}
        record, before = _row(connection, staged[table.name], claim, meaning.terms.currency)
        if not claim.is_added and not any(before.get(name, "") != text for name, text in claim.cells.items()):
            raise _refused("B155", f"{claim.table} {claim.key} holds all that is claimed", "claim other cells")
        texts = before | dict(claim.cells)
        claimed = _staged(connection, meaning, table, {name: text for name, text in texts.items() if text}, scratch)
        place = record or _records(connection, staged[table.name])
        staged[table.name] = _with_row(connection, staged[table.name], claimed, place)
        _refuse_faults(connection, meaning, staged, table.name, period)
        path = folder / f"{table.name}.parquet"
        keep_sorted(connection, staged[table.name], (), path)
    finally:
        connection.close()
    return path, {name: before.get(name, "") for name in claim.cells}


def _table(meaning: Meaning, tables: Mapping[str, Path], claim: Claim) -> Table:
    """The table of a claim, whose columns are those that it has."""
    table = meaning.tables.get(claim.table)
    if table is None or claim.table not in tables:
        hint = "its tables: " + ", ".join(tables)
        raise _refused("B153", f"run {claim.run} read no table {claim.table}", hint)
    if not table.key:
        message = f"rows of {table.name} have no key by which one could be named"
        raise _refused("B153", message, "correct the source: late data is trued up in the open cycle")
    if not claim.cells and not claim.is_added:
        raise _refused("B154", "no cell is claimed", "name one: --set column=value")
    problems = [*_column_problems(table, claim)]
    if problems:
        raise Refused(*problems)
    return table


def _column_problems(table: Table, claim: Claim) -> Iterator[Problem]:
    names = [column.name for column in table.columns]
    for name in claim.cells:
        place = Place(OPTION, field=name)
        if name not in names:
            near = get_close_matches(name, names, n=1, cutoff=0.6)
            hint = f"did you mean '{near[0]}'?" if near else "its columns: " + ", ".join(names)
            yield Problem("B154", f"{table.name} has no column {name}", place, hint)
        elif name in table.key and not claim.is_added:
            message = f"{name} names the row, so no other row has another one"
            yield Problem("B154", message, place, "claim the row that it should be, with --add")


def _needed(meaning: Meaning, tables: Mapping[str, Path], table: Table) -> list[str]:
    """The tables that tell whether a row of a table is accepted: its own, those that it refers to, and the rates."""
    read = [meaning.tables[source.table] for source in meaning.sources if source.table in tables]
    found = [table.name, *(each.target for each in references(read) if each.table == table.name)]
    if meaning.exchange is not None and RATES in tables:
        found.append(RATES)
    return list(dict.fromkeys(found))


def _kept(connection: duckdb.DuckDBPyConnection, meaning: Meaning, name: str, path: Path) -> Staged:
    """A kept table as if it had just been read, without a fault; columns that it lacks are blank."""
    table, view = meaning.tables[name], identifier(f"kept_{name}")
    file = "read_parquet('" + str(path).replace("'", "''") + "')"
    there = [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()]
    cells = (
        identifier(column.name)
        if column.name in there
        else f"CAST(NULL AS {SQL_TYPES[column.type]}) AS {identifier(column.name)}"
        for column in table.columns
    )
    connection.execute(f"CREATE VIEW {view} AS SELECT record, {', '.join(cells)} FROM {file}")
    source = SourceMeaning(name, name, {}, {}, Place())
    columns = Columns.of(source, table, tuple(there), meaning.terms.currency, meaning.exchange is not None)
    texts = TextRows(name, tuple(there), "", (), "", None, lambda records: {})
    return Staged(source, table, columns, texts, view, 0, {})


def _row(
    connection: duckdb.DuckDBPyConnection, kept: Staged, claim: Claim, own: Currency
) -> tuple[int, dict[str, str]]:
    """The record of the claimed row, 0 of one that is added, and what its cells hold as people write them."""
    names = [column.name for column in kept.table.columns]
    cells = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in names)
    query = f"SELECT record, {cells} FROM {kept.view} WHERE {key_sql(kept.table)} = ?"
    found = connection.execute(query, [claim.key]).fetchall()
    if claim.is_added:
        if found:
            message = f"run {claim.run} has a row {claim.key} of {claim.table}"
            raise _refused("B154", message, "claim its cells without --add")
        return 0, _key_cells(kept.table, claim)
    if not found:
        hint = "name it as `partage show --lines` and `partage trace` do; a row that is missing is claimed with --add"
        raise _refused("B153", f"run {claim.run} read no row {claim.key} of {claim.table}", hint)
    record, *texts = found[0]
    row = {name: text for name, text in zip(names, texts, strict=True) if text is not None}
    return int(record), {name: _written(text, name, kept.table, row, own) for name, text in row.items()}


def _key_cells(table: Table, claim: Claim) -> dict[str, str]:
    """The key of a row that is added: of one column it is the claim's own, of several each is claimed."""
    if len(table.key) == 1:
        return {table.key[0]: claim.key}
    told = key_text([claim.cells.get(name, "") for name in table.key])
    if told != claim.key:
        message = f"the key {claim.key} is not that of the claimed cells, which is {told}"
        raise _refused("B154", message, f"claim each cell of the key: {', '.join(table.key)}")
    return {}


def _written(text: str, name: str, table: Table, row: Mapping[str, str], own: Currency) -> str:
    """A cell as people write it; amounts in the currency of their row."""
    column = table.column(name)
    assert column is not None, "the table has the column"
    if column.type == Type.MONEY:
        code = row.get(CURRENCY)
        decimals = DECIMALS.get(code) if code is not None else None
        money = own if code is None or decimals is None else Currency(code, decimals)
        return format_minor(int(text), money, grouping=False)
    if column.type == Type.NUMBER and "." in text:
        return text.rstrip("0").rstrip(".")
    return text


def _staged(
    connection: duckdb.DuckDBPyConnection, meaning: Meaning, table: Table, texts: Mapping[str, str], scratch: Path
) -> Staged:
    """The claimed row, read as a source of its own; raises Refused with the faults of its cells."""
    header = list(dict.fromkeys([*table.key, *texts]))
    with (scratch / _FILE).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, [texts.get(name, "") for name in header]])
    source = SourceMeaning(table.name, _FILE, {}, {}, Place())
    is_exchanged = meaning.exchange is not None
    staged, problems = read_source(
        connection, source, table, meaning.terms.currency, scratch, scratch, is_exchanged=is_exchanged
    )
    if staged is None:
        raise Refused(*(replace(each, place=Place(OPTION, field=each.place.field)) for each in problems))
    if staged.faults:
        raise Refused(*_problems(staged.faults))
    return staged


def _problems(faults: Mapping[int, tuple[Fault, ...]]) -> Iterator[Problem]:
    for each in dict.fromkeys(fault for record in sorted(faults) for fault in faults[record]):
        yield Problem(each.code, each.message, Place(OPTION, field=each.column), each.hint)


def _records(connection: duckdb.DuckDBPyConnection, kept: Staged) -> int:
    """The record after the last one."""
    ((last,),) = connection.execute(f"SELECT coalesce(max(record), 0) FROM {kept.view}").fetchall()
    return int(last) + 1


def _with_row(connection: duckdb.DuckDBPyConnection, kept: Staged, claimed: Staged, record: int) -> Staged:
    """A kept table with the claimed row in the place of the one of its record, or beside all others."""
    names = ", ".join(identifier(column.name) for column in kept.table.columns)
    connection.execute(f"""CREATE VIEW {_VIEW} AS SELECT record, {names} FROM {kept.view} WHERE record <> {record}
        UNION ALL SELECT CAST({record} AS BIGINT), {names} FROM {claimed.view}""")
    texts = replace(kept.texts, header=tuple(dict.fromkeys([*kept.texts.header, *claimed.texts.header])))
    columns = Columns.of(kept.source, kept.table, texts.header, kept.columns.currency, kept.columns.is_exchanged)
    return replace(kept, view=_VIEW, columns=columns, texts=texts)


def _refuse_faults(
    connection: duckdb.DuckDBPyConnection,
    meaning: Meaning,
    staged: Mapping[str, Staged],
    name: str,
    period: Period,
) -> None:
    """Raise Refused where the table would not have been accepted with the claimed row: without it, all of it was."""
    found = clashes(connection, staged[name])
    none: dict[str, dict[int, tuple[Fault, ...]]] = {each: {} for each in staged}
    if not found and meaning.exchange is not None:
        asked = {each: staged[each] for each in (name, RATES) if each in staged}
        by_table = unconverted(connection, asked, meaning.exchange, period, none)
        found = by_table if isinstance(by_table, Problem) else by_table.get(name, {})
    if not found:
        by_table = dangling(connection, staged, {each: set() for each in staged})
        found = by_table if isinstance(by_table, Problem) else by_table[name]
    if isinstance(found, Problem):
        raise Refused(replace(found, place=Place(OPTION, field=found.place.field)))
    if found:
        raise Refused(*_problems(found))


def _refused(code: str, message: str, hint: str) -> Refused:
    return Refused(Problem(code, message, Place(), hint))
