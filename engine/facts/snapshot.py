"""The snapshot of a program's source tables, and the rows that rules ask of it.

In: the typed tables of `engine.facts.read`, or the Parquet blobs of an earlier run. Out: digests over key-sorted
rows, and frames: the rows that a rule pays, in the order of their keys, with exact measures. SQL filters, joins and
reads; every sum, product and quotient of measures is the exact kernel's.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from engine.facts.agreed import agreed, agreed_versions
from engine.facts.cells import cells_of
from engine.facts.connection import ROWS_IN_MEMORY_MAX, again, open_table
from engine.facts.credit import credited_shares
from engine.facts.crediting import Crediting
from engine.facts.exchange import Exchanged, exact, raw_name, see_again, see_exchanged
from engine.facts.exchanged import FatesOfRates, converted, gains
from engine.facts.fates import Fates
from engine.facts.funds import read_funds
from engine.facts.journeys import read_journeys
from engine.facts.keep import digest_rows
from engine.facts.kept_trails import KeptTrails, keep_trails
from engine.facts.keys import key_sql
from engine.facts.lookups import read_openings
from engine.facts.measures import Groups, measure, whole_program
from engine.facts.outcomes import of_campaigns, of_rows
from engine.facts.partner_facts import PartnerFacts
from engine.facts.read import table_name
from engine.facts.reimbursed import Reimbursed, see_reimbursed
from engine.facts.rows import RowReader
from engine.facts.seen import Seen, order_of
from engine.facts.trail import matching, trail, whole_trail
from engine.facts.versions import prepare
from engine.facts.windows import window_days
from engine.mdf.facts import FundFacts, Outcomes
from engine.scoring import used_rows
from engine.values import (
    ALWAYS,
    Creditable,
    Credits,
    Frame,
    Measured,
    OpeningRow,
    Reading,
    Rows,
    Sheet,
    TrailGroup,
    TrailRow,
)
from engine.values.agreed import AgreedTerm, AgreedVersion
from engine.values.journeys import Journeys
from rules.calendar import Calendar, Period
from rules.crediting.meaning import CreditMeaning
from rules.exchange import ExchangeMeaning, Gain
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, Expression, Type
from rules.mdf.meaning import MdfMeaning
from rules.meaning import Meaning, MeasureMeaning
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact
from rules.tables import REIMBURSABLE, Table


class Snapshot(PartnerFacts):
    """The facts of one period: typed tables in a connection, asked for rows by the sheet.

    `files` names each table's source for people; `eligible` is the condition on which a partner, of `only` these, is
    paid; `kept` are the tables as Parquet files, in key order; those of at most `rows_in_memory_max` rows are read into
    memory. `trails` are the partners' rows as this period's measures read them, where they were kept.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        files: Mapping[str, str],
        period: Period,
        calendar: Calendar,
        eligible: Expression | None,
        kept: Mapping[str, Path],
        rows_in_memory_max: int = ROWS_IN_MEMORY_MAX,
        trails: KeptTrails | None = None,
        exchange: ExchangeMeaning | None = None,
        only: frozenset[str] | None = None,
        funds: MdfMeaning | None = None,
    ) -> None:
        for table, path in kept.items():
            open_table(connection, tables[table], path, rows_in_memory_max)
        self._exchange = exchange
        self._exchanged: Exchanged | None = None
        if exchange is not None and "fx_rates" in kept:
            self._exchanged = see_exchanged(connection, [tables[table] for table in kept], exchange, period)
        prepare(connection, tables)
        super().__init__(connection, tables, files, period, calendar, eligible, only)
        self._kept, self._trails = kept, trails
        self._openings: Sequence[OpeningRow] | None = None
        self.lines_of: Callable[[str, Collection[int]], Mapping[int, int]] = lambda table, records: {}
        self._funds = funds
        self._reimbursed: Reimbursed | None = None
        if funds is not None and kept:
            self._reimbursed = see_reimbursed(connection, self.funds(funds), funds)
        self._rows = RowReader(connection, tables, period, self._shown_key, self.exact)

    def former(self, keys: Collection[str]) -> Snapshot:
        """The same facts, with these partners alone as those who can be paid, whoever can."""
        return self.at(self._period, is_open=True, among=frozenset(keys))

    def at(
        self, period: Period, by: Meaning | None = None, is_open: bool = False, among: frozenset[str] | None = None
    ) -> Snapshot:
        """The same facts as another period sees them, on a connection of its own to the same tables; where it
        `is_open`, with every partner as one who can be paid, or only those `among` whom it is asked. `by` the program
        that an earlier period was locked with, its own partners can be paid, and it knows no opening of later days."""
        connection = again(self._connection)
        exchanged = None if self._exchanged is None else see_again(connection, self._exchanged, period)
        eligible = self._eligible if by is None else by.eligible
        of = self._tables, self._files, period, self._calendar, None if is_open else eligible
        only = self._only if among is None else among if self._only is None else among & self._only
        found = Snapshot(connection, *of, {}, exchange=self._exchange, only=only)
        found._openings, found._exchanged, found.lines_of = self._openings, exchanged, self.lines_of
        found._funds, found._reimbursed = self._funds, self._reimbursed
        if self._funds is not None and exchanged is not self._exchanged:
            found._reimbursed = see_reimbursed(connection, found.funds(self._funds), self._funds, is_own=True)
        if by is not None:
            _refuse_other_rates(self._exchange, by.exchange, period)
            found._openings = [each for each in self.openings() if each.as_of < period.start]
        return found

    def exact(self, tree: Expression) -> Expression:
        """A measure with the exact amounts of rows that were converted, as a payout is worked out of them."""
        return exact(tree, self._exchanged)

    def converted(
        self, table: str, record: int, wanted: Sequence[Column], is_rounded: bool = True
    ) -> Mapping[Column, str]:
        """How amounts of one row, and of the rows that it refers to, came to the program's currency, in words, and how
        funds came to what they reimburse; those that were in it are not told."""
        told = self._reimbursed_words(table, record, wanted)
        if self._exchanged is None:
            return told
        seen, file = Seen(self._tables, table, self._period), self._files["fx_rates"]
        of = self._connection, seen, self._exchanged, table, record, wanted, file, is_rounded
        return {**converted(*of), **told}

    def _reimbursed_words(self, table: str, record: int, wanted: Sequence[Column]) -> Mapping[Column, str]:
        if self._reimbursed is None or table != REIMBURSABLE[0]:
            return {}
        mine = [each for each in wanted if (each.table, each.name) == REIMBURSABLE]
        return dict.fromkeys(mine, self._reimbursed.words(record))

    def has(self, column: Column) -> bool:
        """Whether the rows of a table have a column."""
        table = None if column.table is None else self._tables.get(column.table)
        return table is not None and table.column(column.name) is not None

    def rows(
        self,
        table: str,
        where: Expression | None,
        dated: Column | None,
        days: tuple[date, date],
        measures: Mapping[str, tuple[Expression, Type]],
        named: Mapping[str, Exact],
        owner: Column | None = None,
        credits: Credits | None = None,
        later: Sequence[Expression] | None = None,
        among: tuple[str, str | None] | None = None,
    ) -> Rows:
        """The rows of `table` dated in the half-open `days` for which `where` holds, whose partner can be paid.

        A row belongs to the partner that it names, or to `owner`. Rows come in the order of their keys, with their
        measures: a date counts days since 1970-01-01, a condition is 1 or 0. A measure is unknown where one of the
        cells that it rests on is blank. `named` holds values of partners, which a row takes from its own.
        With `credits`, a row comes once for each of its shares, with the partner whose that is. `later` are expressions
        that are asked of the same rows next, which are then read once for all; None where nobody asks for them again.
        Of partners `among` two ids, the second not included, or from the first on.
        """
        return self._rows.rows(table, where, dated, days, measures, named, owner, credits, later, among)

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return self._rows.count(table)

    def creditable(self, meaning: CreditMeaning) -> Creditable:
        """The rows that a crediting rule credits, and everyone who may earn on them."""
        return Crediting(self._connection, self._tables, self._period, list(self._files), meaning).creditable()

    def journeys(self, days: tuple[date, date], amount: str, kinds: Sequence[str] = ()) -> Journeys:
        """The deals that were won or lost in the half-open `days`, and the touches before them."""
        return read_journeys(self._connection, self._tables, self._files, days, amount, kinds)

    def funds(self, rules: MdfMeaning) -> FundFacts:
        """The budgets, requests and claims of market development funds."""
        return read_funds(self._connection, self._tables, self._files, self._period, rules)

    def outcomes(self, day: date) -> Outcomes:
        """What came of campaigns; open deals are in the stage of a day."""
        return of_campaigns(self._connection, self._files, day)

    def outcomes_of(self, rows: Mapping[str, Collection[str]], day: date) -> Outcomes:
        """What came of rows, which are told by table and key."""
        return of_rows(self._connection, self._tables, self._files, self._period, rows, day)

    def agreed(self, frame: Frame, term: AgreedTerm, dated: Column) -> Exact:
        """The value agreed with the partner of each row under a term, for its day; unknown where none was."""
        return agreed(self.agreed_versions(frame, term, dated))

    def agreed_versions(self, frame: Frame, term: AgreedTerm, dated: Column) -> Sequence[AgreedVersion | None]:
        """The version of a term that holds for each row of a frame on its day; None where nothing is agreed."""
        seen = Seen(self._tables, frame.table, self._period)
        return agreed_versions(self._connection, self._tables, seen, frame, self._partners.keys, term, dated)

    def openings(self) -> Sequence[OpeningRow]:
        """The rows of the table of balances, in the order of their keys."""
        if self._openings is None:
            self._openings = read_openings(self._connection) if "balances" in self._files else []
        return self._openings

    def opening_place(self, row: OpeningRow, column: str) -> Place:
        """Where a cell of the table of balances stands: file and line, or the row's key where that is not known."""
        return self.cell_places("balances", {row.record: row.key}, column)[0]

    def cell_places(self, table: str, rows: Mapping[int, str], column: str) -> Sequence[Place]:
        """Where cells of some rows (record: key) stand: file, line and column, or a row's key without a line."""
        lines, file = self.lines_of(table, rows.keys()), self._files[table]
        found = ((lines.get(record, 0), key) for record, key in rows.items())
        return [Place(file, line, field=column) if line else Place(table, field=key) for line, key in found]

    def measure(self, measures: Iterable[MeasureMeaning]) -> Mapping[str, Measured]:
        """Measures by partner, in the order of the partners' frame."""
        keys = self._partners.keys
        return self.measure_groups(measures, Groups(keys, np.arange(len(keys), dtype=np.int64), len(keys)))

    def measure_whole(self, measures: Iterable[MeasureMeaning]) -> Mapping[str, Measured]:
        """Measures once for the whole program: of all its partners, whether they can be paid or not."""
        return self.measure_groups(measures, whole_program(self._connection))

    def measure_groups(self, measures: Iterable[MeasureMeaning], groups: Groups) -> Mapping[str, Measured]:
        """Measures by any grouping of partners."""
        return measure(self._connection, self._tables, self._period, self._calendar, groups, measures)

    def groups(self, by: str) -> tuple[tuple[str, ...], Groups]:
        """The partners grouped: by themselves, by an attribute (a blank one is a group of its own), or all in one."""
        keys = self._partners.keys
        if by == "partner":
            return tuple(keys.tolist()), Groups(keys, np.arange(len(keys), dtype=np.int64), len(keys))
        if by == "program":
            return ("program",), Groups(keys, np.zeros(len(keys), dtype=np.int64), 1, is_program=True)
        labels = [each or "" for each in self._words("parent_id" if by == "parent" else by)]
        found, groups = np.unique(np.array(labels, dtype=object), return_inverse=True)
        return tuple(found.tolist()), Groups(keys, groups.astype(np.int64), len(found))

    def fates(self, readings: Sequence[Reading], sheet: Sheet) -> Fates:
        """The fates of all rows, and how the readings come to them; what a sheet has read is not worked out again."""

        def kept(table: str, where: Expression) -> Sequence[int]:
            found: list[int] = self.rows(table, where, None, ALWAYS, {}, {}).frame.records.tolist()
            return found

        def used(reading: Reading) -> Sequence[NDArray[np.int64]]:
            return used_rows(reading, sheet, self)

        exchange = self._exchange
        of = (self._connection, self._tables, self._period, self.tables(), readings, sheet, kept, used, self._eligible)
        return Fates(*of) if exchange is None else FatesOfRates(*of).converting(exchange, self._exchanged)

    def gains(self, paid: Mapping[tuple[str, str], Sequence[int]]) -> Sequence[Gain]:
        """What the amounts of paid rows (records by table and column) are at their days and at the period's last."""
        return [] if self._exchanged is None else list(gains(self._connection, self._exchanged, paid))

    def trail(self, measures: Sequence[MeasureMeaning], partner: str) -> Sequence[TrailRow]:
        """Every row of a partner in the table of measures that read alike, unfiltered, in the order of their keys."""
        at = np.flatnonzero(self._partners.keys == partner)
        if self._trails is not None and len(at):
            rows = self._trails.rows(self._tables, self._period, measures, int(at[0]))
            if rows is not None:
                return rows
        return list(trail(self._connection, self._tables, self._period, measures, partner))

    def whole_trail(self, measure: MeasureMeaning, most: int | None) -> Iterator[TrailGroup]:
        """The rows that a measure has for the whole program, those with the same cells at once; None: one by one."""
        return whole_trail(self._connection, self._tables, self._period, measure, most)

    def keep_trails(self, measures: Iterable[MeasureMeaning]) -> Mapping[str, bytes | Path]:
        """The trails of measures over large tables, as blobs by role, so that they are read at once later; files are
        made beside those of the tables."""
        folder = self._kept["partners"].parent
        return keep_trails(self._connection, self._tables, self._period, measures, folder)

    def matching(self, table: str, equal: Mapping[str, str | None], wanted: Sequence[str]) -> Sequence[TrailRow]:
        """The rows of a table whose columns hold these texts (None: nothing), with the cells of `wanted`."""
        return list(matching(self._connection, self._tables, self._period, table, equal, wanted))

    def window(self, measure: MeasureMeaning) -> tuple[date | None, date | None] | None:
        """The half-open days that a measure looks at; None where there are none."""
        return window_days(measure.window, self._period, self._calendar)

    def tables(self) -> tuple[str, ...]:
        """The tables that there are facts of."""
        return tuple(self._files)

    def record(self, table: str, key: str) -> int | None:
        """The record of the row with that key, if there is one."""
        if table not in self._tables:
            return None
        query = f"SELECT record FROM {table_name(table)} AS t WHERE {self._shown_key(table)} = ?"
        found = self._connection.execute(query, [key]).fetchall()
        return int(found[0][0]) if found else None

    def referring(self, table: str, to: str, record: int) -> Sequence[tuple[str, int]]:
        """The rows of a table that refer to one row of another: their keys and records."""
        seen = Seen(self._tables, table, self._period)
        seen.named(Column(to, self._tables[to].columns[0].name))
        query = f"""SELECT {self._shown_key(table)}, t.record FROM {table_name(table)} AS t {seen.joins()}
            WHERE j_{to}.record = ? ORDER BY 2"""
        return [(str(key), int(each)) for key, each in self._connection.execute(query, [record]).fetchall()]

    def credited(self, table: str, role: str, record: int) -> Sequence[str]:
        """The partners with a share of a row's deal in a role, in the order of their ids."""
        query = f"""SELECT DISTINCT s.partner_id FROM {table_name(table)} AS t
            JOIN ({credited_shares(role)}) AS s ON s.deal_id = t.deal_id
            WHERE t.record = ? AND s.num > 0 ORDER BY 1"""
        return [str(partner) for (partner,) in self._connection.execute(query, [record]).fetchall()]

    def _shown_key(self, table: str) -> str:
        known = self._tables[table]
        return key_sql(known, "t.") if known.key else f"CAST({order_of(known)[0]} AS VARCHAR)"

    def file(self, table: str) -> str:
        """The file that a table came from, as people know it."""
        return self._files[table]

    def cells(
        self, table: str, record: int, wanted: Sequence[Column]
    ) -> tuple[Mapping[Column, Value], tuple[str, ...]]:
        """What one source row and the rows that it refers to hold, exact: money in minor units, None where blank; and
        which records of which files these are."""
        return self.cells_of(table, [record], wanted)[0]

    def cells_of(
        self, table: str, records: Sequence[int], wanted: Sequence[Column]
    ) -> Sequence[tuple[Mapping[Column, Value], tuple[str, ...]]]:
        """The cells of many source rows, looked up in one go; in the order of `records`."""
        seen = Seen(self._tables, table, self._period)
        return cells_of(self._connection, seen, self._files, table, records, wanted)

    def digest(self, table: str) -> tuple[str, int]:
        """The digest of a table over its key-sorted rows, and their number."""
        is_seen_so = self._exchanged is None or table not in self._exchanged.tables
        return digest_rows(self._connection, self._tables[table], table_name(table) if is_seen_so else raw_name(table))

    def is_money(self, column: Column) -> bool:
        """Whether a column of the tables holds money."""
        return Seen(self._tables, column.table or "partners", self._period).type_of(column) == Type.MONEY

    def partner_names(self) -> Mapping[str, str]:
        """The names of partners by id, where they have one."""
        query = f"SELECT partner_id, name FROM {table_name('partners')} WHERE name IS NOT NULL"
        return dict(self._connection.execute(query).fetchall())

    def write(self, table: str, path: Path) -> None:
        """Keep a table as Parquet, in the order of its keys, with the record numbers of the source."""
        shutil.copyfile(self._kept[table], path)


def _refuse_other_rates(mine: ExchangeMeaning | None, theirs: ExchangeMeaning | None, period: Period) -> None:
    """Raise Refused where an earlier period was locked with a version that converts amounts otherwise."""
    one, other = (None if each is None else (each.spec, dict(each.days)) for each in (mine, theirs))
    if one != other:
        message = f"{period.name} was locked with another version of the program, which converts amounts otherwise"
        hint = "keep the exchange as it was until no rule looks back at that period"
        raise Refused(Problem("F333", message, Place() if mine is None else mine.place, hint))
