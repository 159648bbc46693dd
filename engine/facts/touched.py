"""Whom changes touch, and the rows that are needed to work these partners out again.

In: the changed rows of a snapshot, or some partners. Out: the partners whose lines can change, where a rule looks at
each partner alone; and kept tables with the rows that those partners' lines rest on. Rows are followed along the ids by
which they name each other: down to whatever names them, up to whatever they name. They are not followed through
partners, whom everything names: so what partners see themselves (a registration, the zone of that) is never cut, and
where such a row is late, everybody is worked out again. More than is needed costs time; less would be wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import pyarrow as pa

from engine.facts.read import table_name
from engine.facts.references import references
from engine.facts.relevant import SHARING
from engine.facts.side import Side
from engine.facts.sql import identifier
from engine.values import PARTNERS
from rules.crediting.meaning import SUBJECT
from rules.expressions.tree import Type
from rules.joins import route
from rules.tables import HISTORY, REFERRED, Table, canonical

_ABOVE = ("parent", "manager")  # what a partner is rolled up to, as a history says it
_COLUMNS_ABOVE = ("parent_id", "manager")  # and as the table of partners does
_BY_PARTNER = frozenset({"terms", "payees", "units", "salaries", "targets", "balances", "scores", HISTORY})
_TELLING = frozenset(table for table, _ in REFERRED)  # a row is flagged by those that refer to it
WHOLE_ROWS = 2_000  # of a table: smaller ones are kept whole
_GROUP_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of `table` that name rows of `target`: by which of their columns, and which of its."""

    table: str
    target: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def on(self) -> str:
        """The SQL of rows `a` that name rows `b`."""
        return " AND ".join(f"a.{identifier(one)} = b.{identifier(other)}" for one, other in self.pairs)


@dataclass(slots=True, eq=False)
class Marks:
    """Rows of a snapshot that were come to, by table; `links` say who names whom."""

    side: Side
    links: tuple[Link, ...]
    found: dict[str, set[int]] = field(default_factory=dict)

    @property
    def linked(self) -> frozenset[str]:
        """The tables whose rows name others, or are named."""
        return frozenset(name for link in self.links for name in (link.table, link.target))

    def add(self, table: str, records: Collection[int]) -> None:
        """Mark rows."""
        if records:
            self.found.setdefault(table, set()).update(records)

    def naming(self, partners: Collection[str]) -> None:
        """Mark every row that names one of some partners, of tables whose rows name each other."""
        _whose(self.side, partners)
        for name, table in self.side.tables.items():
            if name in self.linked and ids_of(table):
                self.add(name, self.side.records(f"SELECT record FROM {table_name(name)} WHERE {_names(table)}"))

    def follow(
        self, is_down: bool, start: Mapping[str, Collection[int]] | None = None, is_within: bool = False
    ) -> None:
        """Mark all rows that name marked ones (down), or that these name (up), and so on until there are no more;
        from `start` alone where that is given, and `is_within` tables alone whose rows tell something of each other."""
        links = [each for each in self.links if not is_within or (each.table == each.target and each.table in _TELLING)]
        fresh = {table: set(records) for table, records in (start or self.found).items() if records}
        while fresh:
            further: dict[str, set[int]] = {}
            for link in links:
                here, there = (link.table, link.target) if is_down else (link.target, link.table)
                if there not in fresh:
                    continue
                self.side.register("fresh", fresh[there])
                one, other = ("a", "b") if is_down else ("b", "a")
                rows = f"{table_name(link.table)} AS a JOIN {table_name(link.target)} AS b ON {link.on}"
                query = f"SELECT DISTINCT {one}.record FROM {rows} SEMI JOIN fresh AS f ON f.record = {other}.record"
                new = self.side.records(query) - self.found.get(here, set())
                if new:
                    further.setdefault(here, set()).update(new)
            for table, records in further.items():
                self.add(table, records)
            fresh = further

    def named(self, tables: Collection[str] | None = None) -> set[str]:
        """The partners that marked rows name; those of some tables alone, where that is said."""
        found: set[str] = set()
        for name, records in self.found.items():
            if not records or (tables is not None and name not in tables):
                continue
            self.side.register("marked", records)
            for each in ids_of(self.side.tables[name]):
                query = f"""SELECT DISTINCT t.{identifier(each)} FROM {self.side.rows_of(name, records)} AS t
                    SEMI JOIN marked AS m ON m.record = t.record
                    SEMI JOIN t_partners AS p ON p.partner_id = t.{identifier(each)}"""
                found |= {str(key) for (key,) in self.side.connection.execute(query).fetchall()}
        return found


def _whose(side: Side, partners: Collection[str]) -> None:
    side.connection.register("whose", pa.table({"key": pa.array(sorted(partners), pa.string())}))


def _names(table: Table) -> str:
    """Whether a row names one of the partners that are asked for."""
    return " OR ".join(f"{identifier(each)} IN (SELECT key FROM whose)" for each in ids_of(table))


def ids_of(table: Table) -> tuple[str, ...]:
    """The columns of a table that can name a partner: its ids, but for those of canonical tables and of its rows."""
    others = {*(known.key[0] for known in canonical().values() if len(known.key) == 1), *table.key[:1]} - {"partner_id"}
    return tuple(column.name for column in table.columns if column.type == Type.ID and column.name not in others)


def links_of(tables: Mapping[str, Table]) -> tuple[Link, ...]:
    """Who names whom among tables, but for partners, whom everything names."""
    found = {
        Link(each.table, each.target, ((each.column, each.key),))
        for each in references(list(tables.values()))
        if PARTNERS not in (each.table, each.target)
    }
    for name, table in tables.items():
        held = {column.name for column in table.columns}
        for other in tables.values():
            if PARTNERS in (name, other.name) or other.name == name or not other.key or _is_of_partners(other):
                continue
            if held.issuperset(other.key):
                found.add(Link(name, other.name, tuple((key, key) for key in other.key)))
    return tuple(sorted(found, key=lambda link: (link.table, link.target, link.pairs)))


def seen_by_partners(tables: Mapping[str, Table]) -> frozenset[str]:
    """The tables whose rows a partner sees, by whatever its row names."""
    return frozenset(name for name in tables if name != PARTNERS and route(tables, PARTNERS, name))


def _is_of_partners(table: Table) -> bool:
    """Whether a table says something of a partner, and of nothing else that rows could name."""
    return table.name in _BY_PARTNER or {"partner_id", "period"}.issuperset(table.key)


def touched(
    side: Side, late: Mapping[str, Collection[int]], has_credits: bool, rolls_up: bool
) -> frozenset[str] | None:
    """The partners whose lines can change with the rows that are `late`, by the ids of one snapshot; None where these
    rows can concern everybody."""
    marks, of_partners = Marks(side, links_of(side.tables)), seen_by_partners(side.tables)
    direct: set[str] = set()
    shown: set[str] = set()  # partners whom rows of others can be seen to name another way than before
    for table, records in late.items():
        if not records:
            continue
        known = side.tables[table]
        if table == PARTNERS or _is_of_partners(known):
            is_seen = table in (PARTNERS, HISTORY) or table in of_partners
            if (has_credits and is_seen) or known.column("partner_id") is None:
                return None
            side.register("late_records", records)
            query = f"""SELECT DISTINCT partner_id FROM {side.rows_of(table, records)}
                SEMI JOIN late_records USING (record)"""
            owners = [key for (key,) in side.connection.execute(query).fetchall()]
            if None in owners:
                return None
            direct |= set(map(str, owners))
            shown |= set(map(str, owners)) if is_seen else set()
        elif table in of_partners or (not ids_of(known) and table not in marks.linked):
            return None
        else:
            marks.add(table, records)
    subjects = Marks(side, marks.links)
    subjects.found = {table: set(records) for table, records in marks.found.items() if table in SHARING}
    subjects.follow(is_down=False)
    for table, records in subjects.found.items():
        marks.add(table, records)
    if shown:
        marks.naming(shown)
    marks.follow(is_down=False, is_within=True)
    marks.follow(is_down=True)
    marks.follow(is_down=False)
    if has_credits:  # who has a part in what the rows are of
        marks.follow(True, {table: records for table, records in marks.found.items() if table in SUBJECT})
    found = marks.named() | direct
    return frozenset(above(side, found) if rolls_up else found)


def together(side: Side, partners: frozenset[str], most: int) -> frozenset[str] | None:
    """Those who share rows with partners, with whom these share rows, and so on: their lines are rounded as one. None
    where they are more than `most`."""
    links, at = links_of(side.tables), partners
    while True:
        marks = Marks(side, links)
        marks.naming(at)
        _shared(marks)
        further = at | marks.named({*SHARING, *SUBJECT})
        if len(further) > most:
            return None
        if further == at:
            return at
        at = frozenset(further)


def _shared(marks: Marks) -> None:
    """Mark what is shared by whatever names marked partners, and all that names that."""
    up = Marks(marks.side, marks.links)
    up.found = {table: set(records) for table, records in marks.found.items() if table in SHARING}
    up.follow(is_down=False)
    for table, records in up.found.items():
        marks.add(table, records)
    marks.follow(is_down=True)


def restricted(side: Side, partners: Collection[str], rolls_up: bool, kept: Mapping[str, Path]) -> Mapping[str, Path]:
    """The kept tables with the rows that some partners' lines rest on; the large ones alone are cut, beside the
    others."""
    marks = Marks(side, links_of(side.tables))
    linked = marks.linked
    large = [name for name in kept if name in linked or ids_of(side.tables[name])]
    whole = seen_by_partners(side.tables) | {PARTNERS}
    large = [name for name in large if name not in whole and not _is_of_partners(side.tables[name])]
    large = [name for name in large if count_of(side, name) > WHOLE_ROWS]
    if not large:
        return kept
    marks.naming(below(side, partners) if rolls_up else partners)
    _shared(marks)
    marks.follow(is_down=False)
    marks.follow(is_down=True, is_within=True)
    found = dict(kept)
    folder = Path(mkdtemp(dir=side.scratch))  # a file is not written over: what was read of it may be kept in memory
    for name in large:
        path = folder / f"{name}.parquet"
        which = _names(side.tables[name])
        if name in linked:
            side.register("marked", marks.found.get(name, set()))
            which = "record IN (SELECT record FROM marked)"
        target = str(path).replace("'", "''")
        side.connection.execute(
            f"""COPY (SELECT t.* EXCLUDE ("@place") FROM {table_name(name)} AS t WHERE {which} ORDER BY t."@place")
            TO '{target}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {_GROUP_ROWS})"""
        )
        found[name] = path
    return found


def count_of(side: Side, table: str) -> int:
    """How many rows a table has."""
    return int(side.connection.execute(f"SELECT count(*) FROM {table_name(table)}").fetchall()[0][0])


def above(side: Side, partners: Collection[str]) -> set[str]:
    """Partners, and all who stand above them on any day."""
    return _climbed(side, partners, is_up=True)


def below(side: Side, partners: Collection[str]) -> set[str]:
    """Partners, and all who stand below them on any day."""
    return _climbed(side, partners, is_up=False)


def _climbed(side: Side, partners: Collection[str], is_up: bool) -> set[str]:
    steps: dict[str, set[str]] = {}
    for child, parent in _edges(side):
        one, other = (child, parent) if is_up else (parent, child)
        steps.setdefault(one, set()).add(other)
    found, fresh = set(partners), set(partners)
    while fresh:
        fresh = {other for one in fresh for other in steps.get(one, ())} - found
        found |= fresh
    return found


def _edges(side: Side) -> list[tuple[str, str]]:
    """Who is said to stand below whom, whenever."""
    names = dict.fromkeys((*ids_of(side.tables[PARTNERS]), *_COLUMNS_ABOVE))
    own = [name for name in names if name != "partner_id" and side.tables[PARTNERS].column(name) is not None]
    queries = [f"SELECT partner_id, {name} FROM t_partners WHERE {name} IS NOT NULL" for name in own]
    if HISTORY in side.tables:
        listed = ", ".join(f"'{each}'" for each in _ABOVE)
        queries.append(
            f"SELECT partner_id, value FROM t_partner_history WHERE attribute IN ({listed}) AND value IS NOT NULL"
        )
    return [(str(a), str(b)) for query in queries for a, b in side.connection.execute(query).fetchall()]


def names_of(side: Side, table: str, records: Collection[int]) -> list[tuple[int, str]]:
    """Which partners rows of a table name themselves: pairs of a record and a partner."""
    if not records or table not in side.tables:
        return []
    side.register("marked", records)
    found = []
    for each in ids_of(side.tables[table]):
        query = f"""SELECT t.record, t.{identifier(each)} FROM {side.rows_of(table, records)} AS t
            SEMI JOIN marked AS m ON m.record = t.record
            SEMI JOIN t_partners AS p ON p.partner_id = t.{identifier(each)} ORDER BY 1, 2"""
        found += [(int(record), str(key)) for record, key in side.connection.execute(query).fetchall()]
    return found
