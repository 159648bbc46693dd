"""The rows that rules ask of a snapshot, read once for all that ask for the same ones.

In: a table, days, whose rows are asked for, and expressions. Out: frames in the order of the rows' keys with exact
measures. What a later rule reads of the same rows is read along with the first and held until it is asked for; which
rows a rule's condition keeps is told rule by rule. Columns come batch by batch, and large tables come without the texts
of their keys, which are fetched where somebody asks for one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeAlias, TypeGuard

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.batches import BATCH_ROWS, columns
from engine.facts.read import table_name
from engine.facts.seen import Seen, texts
from engine.facts.sql import Sql
from engine.facts.versions import PROBLEMS_MAX, Version, asked_by, gap_problem, refuse_gaps
from engine.values import RECORD, Credits, Frame, LateKeys, Rows
from rules.calendar import Period
from rules.crediting.groups import settled
from rules.crediting.meaning import CREDIT, SHARE
from rules.expressions.columnar import EPOCH
from rules.expressions.tree import Column, Expression, Type, columns as columns_of
from rules.expressions.vector import Truth, leaves, number, truth
from rules.problem import Refused
from rules.quantities.exact import Exact, Flags
from rules.quantities.groups import BLOCK_ROWS, ordered
from rules.tables import ATTRIBUTES, Table

EAGER_ROWS_MAX = 100_000  # of a table: the keys of more are fetched where they are asked for
_Among: TypeAlias = tuple[str, str | None]  # partner ids: from the first on, and before the second
_OF_GAP = "whose", "day", "clash"
_NO_CLASH = -1  # records are numbered from 1
_LATER_MAX = 4096  # expressions that are asked afterwards, whose leaves are held
_Asked: TypeAlias = tuple[str, Column | None, tuple[date, date], Column | None, str | None, _Among | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """The rows that were read, and the answers to the leaves of expressions that somebody will ask for."""

    frame: Frame
    places: NDArray[np.int64]
    found: Mapping[Expression, Exact | Truth]
    gaps: Sequence[Column] = ()  # attributes that some row may ask for on a day on which no version holds
    asked: Mapping[str, NDArray[Any]] = field(default_factory=dict)  # of whom each row of a gap asks, and for which day


class RowReader:
    """The rows of a snapshot's tables whose partners can be paid; `shown_key` is the SQL of a table's key in words."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        period: Period,
        shown_key: Callable[[str], str],
        exact: Callable[[Expression], Expression],
    ) -> None:
        self._connection, self._tables, self._period = connection, tables, period
        self._shown_key, self._exact = shown_key, exact
        self._kept: dict[_Asked, _Read] = {}
        self._later: dict[int, tuple[Expression, Sequence[Expression]]] = {}  # by the id of what is held there
        self._counts: dict[str, int] = {}
        self._keys: dict[str, tuple[NDArray[np.int64], pa.Array]] = {}

    def rows(
        self,
        table: str,
        where: Expression | None,
        dated: Column | None,
        days: tuple[date, date],
        measures: Mapping[str, tuple[Expression, Type]],
        named: Mapping[str, Exact],
        owner: Column | None,
        credits: Credits | None,
        later: Sequence[Expression] | None,
        among: _Among | None,
    ) -> Rows:
        """The rows of `Facts.rows`; `later` are the expressions that are asked of the same rows afterwards, None where
        nobody asks for them again."""
        seen = Seen(self._tables, table, self._period, credits is not None)
        asked = table, dated, days, owner, None if credits is None else credits.meaning.name, among
        measures = {name: (self._exact(tree), type_) for name, (tree, type_) in measures.items()}
        trees = [tree for tree, _ in measures.values()] + ([] if where is None else [where])
        wanted = _leaves(trees, seen)
        from_tables = [tree for tree in wanted if not _is_given(tree)]
        held = list(dict.fromkeys(leaf for tree in later or () for leaf in self._held_for(tree, seen)))
        read = self._kept.pop(asked, None)
        if read is None or any(tree not in read.found for tree in from_tables):
            read = self._read(
                seen, table, dated, days, list(dict.fromkeys([*from_tables, *held])), owner, credits, among
            )
        if later is not None:
            self._kept[asked] = _Read(
                read.frame, read.places, {tree: read.found[tree] for tree in held if tree in read.found}, read.gaps
            )
        for gap in read.gaps:
            if not any(seen.asks_for(tree, gap) for tree in trees):
                continue
            rest = seen.rest_of(where, gap)
            wanted_of_rest = _leaves(rest, seen)
            own = [tree for tree in wanted_of_rest if not _is_given(tree)]
            of_gap = self._read(seen, table, dated, days, own, owner, credits, among, gap)
            met = _answers(wanted_of_rest, of_gap, named, credits)
            asks = np.ones(len(of_gap.frame), dtype=bool)
            for part in rest:
                asks &= truth(part, met.__getitem__, seen.type_of, len(asks)).yes
            self._refuse_askers(gap, of_gap, asks)
        frame, places = read.frame, read.places
        found = _answers(wanted, read, named, credits)
        if where is not None:
            keep = truth(where, found.__getitem__, seen.type_of, len(frame)).yes
            if not keep.all():
                needed = _leaves([tree for tree, _ in measures.values()], seen)
                frame, places, found = (
                    frame.take(keep),
                    places[keep] if len(places) else places,
                    {tree: found[tree].take(keep) for tree in needed},
                )
        return Rows(
            frame,
            {name: _measured(tree, type_, found, seen, len(frame)) for name, (tree, type_) in measures.items()},
            None if among is None else places,
        )

    def _held_for(self, tree: Expression, seen: Seen) -> Sequence[Expression]:
        """The cells that an expression will be answered by, which is asked of many rows; types are those of the tables,
        whichever rows see them."""
        if id(tree) not in self._later:
            if len(self._later) >= _LATER_MAX:
                self._later.clear()
            self._later[id(tree)] = tree, [leaf for leaf in _leaves([self._exact(tree)], seen) if not _is_given(leaf)]
        return self._later[id(tree)][1]

    def _refuse_askers(self, gap: Column, read: _Read, asks: Flags) -> None:
        """Raise Refused where rows that were `read` for an attribute that nobody can tell do ask for it."""
        askers: dict[tuple[str, int, int], list[int]] = {}
        for row in np.flatnonzero(asks).tolist():
            whose, day, clash = (read.asked[name][row] for name in _OF_GAP)
            askers.setdefault((str(whose), int(day), int(clash)), []).append(row)
        problems = []
        for (whose, day, clash), rows in sorted(askers.items())[:PROBLEMS_MAX]:
            count = len(set(read.frame.records[rows].tolist()))
            asked = asked_by(read.frame.table, str(read.frame.keys[rows[0]]), count)
            what = ATTRIBUTES[gap.name], whose, EPOCH + timedelta(day), None if clash == _NO_CLASH else clash
            problems.append(gap_problem(self._connection, *what, asked))
        if problems:
            raise Refused(*problems)

    def _read(
        self,
        seen: Seen,
        table: str,
        dated: Column | None,
        days: tuple[date, date],
        wanted: Sequence[Expression],
        owner: Column | None,
        credits: Credits | None,
        among: _Among | None,
        gap: Column | None = None,
    ) -> _Read:
        """All rows that are dated in `days`, in the order of their keys, with the leaves that are `wanted`; with `gap`,
        only those that ask for that attribute on a day on which no version of it holds."""
        sql = Sql(seen.named)
        selected = [f"{seen.leaf(tree, sql)} AS leaf{index}" for index, tree in enumerate(wanted)]
        window: str = "TRUE"
        bounds: list[object] = []
        if dated is not None:
            name, bounds = seen.named(dated), list(days)
            window = f"{name} >= CAST(? AS DATE) AND {name} < CAST(? AS DATE)"
        whose, shared = "t.partner_id" if owner is None else seen.named(owner), ""
        if credits is not None:
            whose, shared = "c.partner_id", self._credited(seen, credits, among)
            selected = ["c.at AS at", *selected]
        for sign, bound in zip((">=", "<"), among or (), strict=False):
            if bound is not None:
                window, bounds = f"{window} AND {whose} {sign} ?", [*bounds, bound]
        is_small = self.count(table) <= EAGER_ROWS_MAX
        if gap is not None:
            version = _version(seen, gap)
            day = f"date_diff('day', DATE '{EPOCH.isoformat()}', {version.day})"
            clash = f"coalesce({version.alias}.clash, {_NO_CLASH})"
            asked = zip((version.partner, day, clash), _OF_GAP, strict=True)
            selected = [*selected, *(f"{text} AS {name}" for text, name in asked)]
        if is_small:
            selected = [f"{self._shown_key(table)} AS key", *selected]
        selection = ", ".join(['t."@place" AS place', "t.record AS record", "e.place AS partner", *selected])
        source = f"""{table_name(table)} AS t {seen.joins(shared)}
            JOIN eligible_partners AS e ON e.partner_id = {whose}"""
        if gap is None:
            gaps = self._gaps(seen, wanted, source, window, bounds, table, dated is not None)
        else:
            gaps, window = (), f"{window} AND {_version(seen, gap).is_gap}"
        query = f"SELECT {selection} FROM {source} WHERE {window}"
        answer = self._connection.sql(query, params=[*sql.parameters, *bounds]).to_arrow_reader(BATCH_ROWS)
        named = [f"leaf{index}" for index in range(len(wanted))]
        trees = dict(zip(named, wanted, strict=True))
        found = columns(
            answer, {"key": texts, "whose": texts} | {name: partial(seen.answer, tree) for name, tree in trees.items()}
        )
        if credits is not None:
            self._connection.unregister(_view(credits))
        at = found.pop("at", None)
        places = found.pop("place")
        queue = ordered(places, np.zeros(len(places), dtype=np.int64) if at is None else at)
        if queue is not None:
            at, places = None if at is None else at[queue], places[queue]
            for name in list(found):
                each = found[name]
                found[name] = each[queue] if isinstance(each, np.ndarray) else each.take(queue)
        keys = found["key"] if is_small else LateKeys(partial(self._keys_of, table), found["record"])
        frame = Frame(table, keys, found["record"], found["partner"], None, at)
        places = (
            places.astype(np.int32 if self.count(table) < 1 << 31 else np.int64) if among is not None else places[:0]
        )
        asked_of = {name: found[name] for name in _OF_GAP if name in found}
        return _Read(frame, places, {trees[name]: found[name] for name in named}, gaps, asked_of)

    def _gaps(
        self,
        seen: Seen,
        wanted: Sequence[Expression],
        source: str,
        window: str,
        bounds: Sequence[object],
        table: str,
        is_dated: bool,
    ) -> Sequence[Column]:
        """The attributes among what is `wanted` that some row has no version of; whether it needs one is for a rule to
        say. A version that whose the rows are rests on is needed by each row."""
        asked = [each for each in seen.versions if is_dated or not each.is_of_row]  # else rows of any day
        by_rule: dict[Version, Column] = {}
        for column in (column for tree in wanted for column in columns_of(tree)):
            if (version := seen.version_of(column)) is not None:
                by_rule.setdefault(version, column)
        own = [each for each in asked if each not in by_rule]
        refuse_gaps(self._connection, own, source, window, (table, self._shown_key(table)), bounds)
        query = f"SELECT 1 FROM {source} WHERE ({window}) AND "
        return [
            by_rule[each]
            for each in asked
            if each in by_rule and self._connection.execute(f"{query}{each.is_gap} LIMIT 1", bounds).fetchall()
        ]

    def count(self, table: str) -> int:
        """How many rows a table has."""
        if table not in self._counts:
            query = f"SELECT count(*) FROM {table_name(table)}"
            self._counts[table] = int(self._connection.execute(query).fetchall()[0][0])
        return self._counts[table]

    def _keys_of(self, table: str, records: NDArray[np.int64]) -> NDArray[Any]:
        """The keys of records of a table in words; those of the whole table are held as Arrow texts, which take a fifth
        of what Python strings do."""
        if table not in self._keys:
            query = f"SELECT t.record AS record, {self._shown_key(table)} AS key FROM {table_name(table)} AS t"
            answer = self._connection.sql(query).to_arrow_table()
            known, keys = (
                answer["record"].to_numpy(),
                pa.concat_arrays([*answer["key"].chunks, pa.array([], pa.string())]),
            )
            queue = ordered(np.zeros(len(known), dtype=np.int64), known)
            self._keys[table] = (known, keys) if queue is None else (known[queue], keys.take(pa.array(queue)))
        known, keys = self._keys[table]
        return texts(pa.chunked_array([keys.take(pa.array(np.searchsorted(known, records)))]))

    def _credited(self, seen: Seen, credits: Credits, among: _Among | None) -> str:
        """The join of rows to their shares, one for each; named columns of the row are asked for before it."""
        known, shares = credits.known, credits.shares
        at = np.arange(len(shares), dtype=np.int64)
        if among is not None:
            partners = known.candidates.partners
            first, end = (0 if each is None else bisect_left(partners, each) for each in among)
            is_theirs = shares.partner >= first
            at = at[is_theirs if among[1] is None else is_theirs & (shares.partner < end)]
        told = {
            "record": known.records[shares.row[at]],
            "partner_id": _dictionary(shares.partner[at], known.candidates.partners),
            "role": _dictionary(shares.role[at], shares.roles),
            "level": shares.level[at],
            "at": at,
        }
        self._connection.register(_view(credits), pa.table(told))
        record = seen.named(Column(credits.meaning.of, RECORD))
        return f"JOIN {_view(credits)} AS c ON c.record = {record}"


def _version(seen: Seen, attribute: Column) -> Version:
    found = seen.version_of(attribute)
    assert found is not None, "a gap is one between versions"
    return found


def _answers(
    wanted: Sequence[Expression], read: _Read, named: Mapping[str, Exact], credits: Credits | None
) -> dict[Expression, Exact | Truth]:
    """The answers to leaves of the rows that were read: cells, and what is given beside them."""
    found = {tree: read.found[tree] for tree in wanted if not _is_given(tree)}
    for tree in wanted:
        if _is_given(tree) and tree.table is None:
            found[tree] = settled(named[tree.name]).take(read.frame.partners)
        elif _is_given(tree) and credits is not None:
            assert read.frame.shares is not None, "each credited row has its share"
            found[tree] = credits.shares.share.take(read.frame.shares)
    return found


def _leaves(trees: Sequence[Expression], seen: Seen) -> list[Expression]:
    return list(dict.fromkeys(leaf for tree in trees for leaf in leaves(tree, seen.type_of)))


def _is_given(tree: Expression) -> TypeGuard[Column]:
    """Whether a value is no cell of a table: what partners have by name, or the share of a credit."""
    return isinstance(tree, Column) and (tree.table is None or (tree.table, tree.name) == (CREDIT, SHARE))


def _measured(tree: Expression, type_: Type, found: Mapping[Expression, Exact | Truth], seen: Seen, rows: int) -> Exact:
    """A measure of every row, block after block."""

    def part(start: int) -> Exact:
        end = min(start + BLOCK_ROWS, rows)

        def leaf(each: Expression) -> Exact | Truth:
            return found[each].part(start, end)

        if type_ != Type.FLAG:
            return number(tree, leaf, seen.type_of, end - start)
        holds = truth(tree, leaf, seen.type_of, end - start)
        return Exact(holds.yes.astype(np.int64), 1, None if holds.known.all() else holds.known)

    whole = found.get(tree)
    if isinstance(whole, Exact):
        return whole
    return Exact.joined([part(start) for start in range(0, rows, BLOCK_ROWS)] or [part(0)])


def _view(credits: Credits) -> str:
    return f"credit_{credits.meaning.name}"


def _dictionary(codes: NDArray[np.int64], values: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(values, pa.string()))
