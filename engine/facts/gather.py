"""Gather the facts of a program: its sources from its folder, or the kept tables of an earlier run.

The connection is private to one snapshot, may read below the program's folder and a scratch folder of its own, and is
closed with it. A fault of the program or of a header raises at once, with all that were found; rows that are not
accepted are listed, and what becomes of them is the act's decision. Accepted and rejected rows are all rows read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path

import duckdb

from engine.facts.altered import alter
from engine.facts.attributed import ATTRIBUTIONS, changed_weights
from engine.facts.carried import unknown_kpis
from engine.facts.changed import Change, Changed
from engine.facts.clashes import clashes, register_records
from engine.facts.columns import CURRENCY
from engine.facts.connection import connect
from engine.facts.contested import set_aside
from engine.facts.exchange import unconverted
from engine.facts.grammar import as_written
from engine.facts.keep import keep_sorted
from engine.facts.opened import FORMAT, OPENED
from engine.facts.read import Staged, read_source, table_name
from engine.facts.references import dangling
from engine.facts.rejected import (
    Excuse,
    Rejected,
    digest_of,
    excused,
    keys_sql,
    list_rejected,
    read_excuses,
)
from engine.facts.snapshot import Snapshot
from engine.facts.sql import identifier
from engine.facts.texts import ROWS_MAX, Fault, separator_hint
from engine.values import Input
from rules.calendar import Period
from rules.check.uses import columns_read, needs_tiers, needs_way_to_deals, reimbursing
from rules.expressions.tree import Type
from rules.kinds.base import number
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import format_minor

Faults = dict[int, tuple[Fault, ...]]
CHANGED = ", changed by the scenario"  # behind the name of a source whose rows are other ones


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The facts of one period, what each table was read from, the rejected rows, excuses that fit none of them, and
    what a scenario made of the facts."""

    snapshot: Snapshot
    inputs: tuple[Input, ...]
    rejected: tuple[Rejected, ...] = ()
    unused: tuple[Excuse, ...] = ()
    changed: Changed | None = None


@contextmanager
def gather_facts(
    meaning: Meaning,
    folder: Path,
    period: Period,
    rows_max: int = ROWS_MAX,
    threads: int | None = None,
    opened: Callable[[Mapping[str, Path], Path], Mapping[str, Path]] | None = None,
    changes: Sequence[Change] = (),
) -> Iterator[Gathered]:
    """The facts read from a program's folder; raises Refused with every problem of the program or a header.

    `opened` is shown the tables that were read, and writes those that the period opens with, which are not read from a
    source, into a folder. With `changes`, the accepted rows are those that a scenario makes of them.
    """
    with tempfile.TemporaryDirectory(prefix="partage-") as name:
        scratch = Path(name)
        connection = connect([folder, scratch], threads, scratch)
        try:
            staged = _read(connection, meaning, folder, period, scratch, rows_max)
            faults = _faults(connection, meaning, staged, period)
            every, unused = _listed(connection, meaning, folder, staged, faults)
            kept: dict[str, Path] = {}
            inputs: list[Input] = []
            for table, each in staged.items():
                path = scratch / f"{table}.parquet"
                keep_sorted(connection, each, faults[table], path)
                kept[table] = path
            changed = None
            if changes:
                held = {table: {column.name for column in each.columns.read} for table, each in staged.items()}
                after, changed = alter(meaning, kept, held, changes, period, scratch)
                kept = dict(after)
            opening = {} if opened is None else dict(opened(kept, scratch))
            kept |= opening
            snapshot = Snapshot(
                connection,
                meaning.tables,
                _files(meaning),
                period,
                meaning.calendar,
                meaning.eligible,
                kept,
                exchange=meaning.exchange,
                funds=reimbursing(meaning),
            )
            told = {table: each.texts for table, each in staged.items() if table not in opening}
            read = {table: each.rows for table, each in staged.items()}
            snapshot.lines_of = lambda table, records: (
                {record: row.line for record, row in told[table].cells(_read_ones(records, read[table])).items()}
                if table in told
                else {}
            )
            for table, each in staged.items():
                mine = [row for row in every if row.table == table]
                rows_sha256, rows = snapshot.digest(table)
                is_changed = changed is not None and table in changed.told
                is_whole = is_changed or rows + len(faults[table]) == each.rows
                assert is_whole, f"every row of {table} was accepted or rejected"
                raw, shown = each.texts.raw_sha256, each.texts.shown + (CHANGED if is_changed else "")
                inputs.append(Input(table, shown, raw, rows_sha256, rows, len(faults[table]), digest_of(mine)))
            inputs += [Input(table, OPENED, "", *snapshot.digest(table), 0, digest_of([])) for table in opening]
            yield Gathered(snapshot, tuple(inputs), every, unused, changed)
        finally:
            connection.close()


@contextmanager
def reopen_facts(
    meaning: Meaning, kept: Mapping[str, Path], period: Period, rejected: Sequence[Rejected] = ()
) -> Iterator[Gathered]:
    """The facts of an earlier run from its kept tables (table: Parquet file) and its rejected rows."""
    with tempfile.TemporaryDirectory(prefix="partage-") as name:
        connection = connect([path.parent for path in kept.values()], None, Path(name))
        try:
            snapshot = Snapshot(
                connection,
                meaning.tables,
                _files(meaning),
                period,
                meaning.calendar,
                meaning.eligible,
                kept,
                exchange=meaning.exchange,
                funds=reimbursing(meaning),
            )
            inputs = []
            for table in kept:
                mine = [each for each in rejected if each.table == table]
                rows_sha256, rows = snapshot.digest(table)
                inputs.append(Input(table, "", "", rows_sha256, rows, len(mine), digest_of(mine)))
            yield Gathered(snapshot, tuple(inputs), tuple(rejected))
        finally:
            connection.close()


def _read_ones(records: Collection[int], rows: int) -> Collection[int]:
    """The records that a source has: rows that a scenario adds stand in no line of a file."""
    return [record for record in records if record <= rows]


def _read(
    connection: duckdb.DuckDBPyConnection,
    meaning: Meaning,
    folder: Path,
    period: Period,
    scratch: Path,
    rows_max: int,
) -> dict[str, Staged]:
    """Every source, staged; all problems of all sources are raised together."""
    staged: dict[str, Staged] = {}
    problems: list[Problem] = []
    used = columns_read(meaning)
    for source in meaning.sources:
        if source.format == FORMAT:
            continue
        table = meaning.tables[source.table]
        is_exchanged, own = meaning.exchange is not None, meaning.terms.currency
        each, found = read_source(connection, source, table, own, folder, scratch, rows_max, is_exchanged)
        problems += found
        if each is not None:
            staged[table.name] = each
            problems += _unexpected(connection, each)
            problems += _missing_columns(each, used.get(table.name, {}))
            problems += changed_weights(connection, each) if table.name == ATTRIBUTIONS else ()
    if needs_way_to_deals(meaning):
        problems += _no_way_to_deals(staged)
    if needs_tiers(meaning, period) and not any(source.format == FORMAT for source in meaning.sources):
        problems += _no_tiers(staged)
    if problems:
        raise Refused(*problems)
    return staged


def _no_way_to_deals(staged: Mapping[str, Staged]) -> Iterator[Problem]:
    """The fault of touches that lead to no deal, neither themselves nor by a lead."""
    if not {"touches", "leads"} <= staged.keys():
        return
    touches, leads = ({column.name for column in staged[name].columns.read} for name in ("touches", "leads"))
    if "deal_id" in touches or ("lead_id" in touches and "deal_id" in leads):
        return
    lacks = "deal_id nor lead_id" if "lead_id" not in touches else "deal_id, nor do its leads"
    hint = "add or map deal_id; or lead_id, with the deal_id of each lead in the source of leads"
    message = f"touches lead to deals by deal_id or by their lead, and the source has neither {lacks}"
    yield Problem("F105", message, Place(staged["touches"].texts.shown, 1, field="deal_id"), hint)


def _no_tiers(staged: Mapping[str, Staged]) -> Iterator[Problem]:
    """The fault of a first period of which nothing says the tiers that partners hold: all would begin without one, and
    nobody would hear that nothing is kept."""
    there = [table for table in ("scores", "partners") if table in staged]
    is_told = any(column.name == "tier" for table in there for column in staged[table].columns.read)
    if "partners" in there and not is_told:
        yield from _missing_columns(staged["partners"], ["tier"])


def _missing_columns(staged: Staged, used: Collection[str]) -> list[Problem]:
    """The columns that the program reads and the source lacks: blank for every row, they would be zero in silence."""
    there = {column.name for column in staged.columns.read}
    shown, header = staged.texts.shown, staged.texts.header
    problems = []
    for name in used:
        if name in there or staged.table.column(name) is None:
            continue
        near = get_close_matches(name, header, n=1, cutoff=0.6)
        hint = f"did you mean '{near[0]}'? map it: columns: {{{name}: {near[0]}}}" if near else "add it, or map it"
        hint = separator_hint(header) or hint
        if (staged.table.name, name) == ("touches", "deal_id") and "lead_id" in header:
            hint = "add it, or add the source leads, which says the deal of each lead_id"
        message = f"the source has no column {name}, which the program reads"
        problems.append(Problem("F105", message, Place(shown, 1, field=name), hint))
    return problems


def _faults(
    connection: duckdb.DuckDBPyConnection, meaning: Meaning, staged: Mapping[str, Staged], period: Period
) -> dict[str, Faults]:
    """Why rows are not accepted, by table and record: their own faults, then clashes, then references."""
    faults: dict[str, Faults] = {}
    for table, each in staged.items():
        found = clashes(connection, each)
        if isinstance(found, Problem):
            raise Refused(found)
        faults[table] = _joined(each.faults, found)
        set_aside(connection, each, found)
        if table == "scores":
            before = meaning.calendar.before(period)
            found = unknown_kpis(connection, each, meaning.scorecards, before)
            faults[table] = _joined(faults[table], found)
    if meaning.exchange is not None:
        found_by_table = unconverted(connection, staged, meaning.exchange, period, faults)
        if isinstance(found_by_table, Problem):
            raise Refused(found_by_table)
        faults |= {table: _joined(faults[table], found) for table, found in found_by_table.items()}
    lost = dangling(connection, staged, {table: set(found) for table, found in faults.items()})
    if isinstance(lost, Problem):
        raise Refused(lost)
    return {table: _joined(found, lost[table]) for table, found in faults.items()}


def _joined(one: Mapping[int, tuple[Fault, ...]], other: Mapping[int, tuple[Fault, ...]]) -> Faults:
    return {record: (*one.get(record, ()), *other.get(record, ())) for record in {*one, *other}}


def _listed(
    connection: duckdb.DuckDBPyConnection,
    meaning: Meaning,
    folder: Path,
    staged: Mapping[str, Staged],
    faults: Mapping[str, Faults],
) -> tuple[tuple[Rejected, ...], tuple[Excuse, ...]]:
    """The rejected rows by source and record, with the program's excuses."""
    rejected: list[Rejected] = []
    for table, found in faults.items():
        if found:
            register_records(connection, "gone", found)
            query = f"SELECT record, {keys_sql(staged[table])} FROM {staged[table].view} SEMI JOIN gone USING (record)"
            keys = {int(record): str(key) for record, key in connection.execute(query).fetchall()}
            rejected += list_rejected(staged[table], found, keys)
    excuses: list[Excuse] = []
    for file in dict.fromkeys(source.excused for source in meaning.sources if source.excused):
        path = (folder / file).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise Refused(Problem("P150", f"'{file}' leads out of the program's folder", Place(file), "copy it there"))
        read, problems = read_excuses(path, file)
        if problems:
            raise Refused(*problems)
        excuses += read
    return excused(rejected, excuses)


def _unexpected(connection: duckdb.DuckDBPyConnection, staged: Staged) -> list[Problem]:
    """Counts and totals of all rows read that are not what the program says they are."""
    source, shown, hint = staged.source, staged.texts.shown, "get the whole source anew, or correct expect:"
    problems = []
    if source.expected_rows not in (None, staged.rows):
        message = f"{shown} has {staged.rows:,} rows, and {source.expected_rows:,} are expected"
        problems.append(Problem("F130", message, source.place, hint))
    for name, expected in source.expected_totals.items():
        column = staged.table.column(name)
        assert column is not None, "the program was checked"
        unit = 10**9 if column.type == Type.NUMBER else 1
        scaled = f"CAST({identifier(name)} * {unit} AS DECIMAL(38,0))" if unit > 1 else identifier(name)
        if column.type == Type.MONEY and staged.columns.has_currencies:  # what is written, whatever its currency
            unit, scaled = as_written(identifier(name), identifier(CURRENCY), staged.columns.currency)
        total = connection.execute(f"SELECT sum({scaled}) FROM {staged.view}").fetchall()[0][0]
        found = Fraction(int(total or 0), unit)
        bad = sum(1 for each in staged.faults.values() if any(fault.column in (name, "") for fault in each))
        told = [_told(each, column.type, staged) for each in (found, expected)]
        if found == expected and bad:
            message = f"{name} of {shown} adds up to {told[0]} without {bad} of its cells, which cannot be read"
            hint = "mend those cells (run without expect: lists them); what they hold is not in the total"
            problems.append(Problem("F131", message, source.place, hint))
        if found != expected:
            message = f"{name} of {shown} adds up to {told[0]}, and {told[1]} is expected"
            message += f" ({bad} of its cells cannot be read)" if bad else ""
            problems.append(Problem("F131", message, source.place, hint))
    return problems


def _told(value: Fraction, type_: Type, staged: Staged) -> str:
    if type_ == Type.MONEY and value.denominator == 1:
        return format_minor(value.numerator, staged.columns.currency)
    return number(value)


def _files(meaning: Meaning) -> Mapping[str, str]:
    return {source.table: source.shown for source in meaning.sources}


__all__ = ["Gathered", "gather_facts", "reopen_facts", "table_name"]
