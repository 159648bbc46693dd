"""Which changes can matter to a period: a row that every rule dates after its end cannot, nor one that no rule sees.

In: changes, the readings of a plan, what the program means, and the two snapshots. Out: the changes that can matter.
Whom the program pays at all is a rule like the others, and so is how it converts amounts. A row that holds from a day
on matters up to the greatest day on which a rule looks it up, which may lie after the period. Where it cannot be told
from the rows alone, a change matters: to work a period out again for nothing gives no line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from engine.facts.instants import Instants, mentioned
from engine.facts.read import table_name
from engine.facts.seen import Seen
from engine.facts.side import Side
from engine.facts.sql import identifier
from engine.values import PARTNERS, RECORD, Reading
from engine.values.late import CHANGED, Change, Changes, changes_of
from rules.calendar import NoSuchPeriod
from rules.crediting.meaning import CREDIT, SUBJECT, CreditMeaning
from rules.expressions.tree import Column, Type, columns
from rules.joins import PERIOD, route
from rules.meaning import Meaning
from rules.tables import REFERRED, REIMBURSABLE

# Say who earns on a deal, a customer or a project.
SHARING = ("credits", "touches", "leads", "registrations", "attributions")
_FROM = ("valid_from", "valid_on", "day")  # of tables whose rows hold from a day on, for whatever is dated after it


@dataclass(frozen=True, slots=True, eq=False)
class _Rules:
    """What a program reads rows by: its readings, the rules by which rows are shared, and what it means."""

    readings: Sequence[Reading]
    credits: Mapping[str, CreditMeaning]
    meaning: Meaning

    def asked(self, tables: Collection[str]) -> frozenset[str]:
        """The tables that partners see on the way to what the program asks of whom it pays."""
        named = {column.table or "" for column in mentioned((self.meaning.eligible,))} & set(tables)
        there = {name: self.meaning.tables[name] for name in tables}
        return frozenset(named | {hop.table for name in named for hop in route(there, PARTNERS, name)})


def matters(
    changes: Changes,
    readings: Sequence[Reading],
    credits: Mapping[str, CreditMeaning],
    meaning: Meaning,
    before: Side,
    now: Side,
) -> Changes:
    """The changes that can matter to the period that both sides are seen from; `credits` are the rules by which rows
    are shared."""
    found: list[Change] = []
    rules = _Rules(readings, credits, meaning)
    for table, every in changes.by_table.items():
        rows = changes.rows.get(table, (None, None))
        old = _of_table(table, {each.record_before for each in every} - {0}, rules, before, rows[0])
        new = _of_table(table, {each.record_now for each in every} - {0}, rules, now, rows[1])
        if table == PARTNERS:  # others may see one who is not paid: it stands between them, or has rows that count
            old |= {each.record_before for each in every if each.kind == CHANGED}
        found += [each for each in every if each.record_before in old or each.record_now in new]
    return changes_of(iter(found))


def _of_table(table: str, records: Collection[int], rules: _Rules, side: Side, rows: Any) -> frozenset[int]:
    """Those of the records of a table that can matter."""
    if not records or table not in side.tables:
        return frozenset()
    side.look_up(table, records, rows)
    if table == PARTNERS:
        return _partners(rules, side)
    if table in rules.asked(side.tables) or _is_counted_by_others(table, rules):
        return frozenset(records)
    found: set[int] = set()
    if _is_of_periods(table, side):
        found |= _of_periods(table, side)
        if not _is_seen_of_any_period(table, rules, side):
            return frozenset(found)
    tests = [query for reading in rules.readings for query in _ways(table, reading, rules.credits, side)]
    tests += _since(table, rules, side)
    for query in tests:
        if len(found) == len(records):
            break
        found |= side.records(query)
    return frozenset(found)


def _since(table: str, rules: _Rules, side: Side) -> Iterator[str]:
    """Queries for the rows of a table that hold from a day on which, or before which, a rule looks at them."""
    types = {column.name: column.type for column in side.tables[table].columns}
    since = next((name for name in _FROM if types.get(name) == Type.DATE), None)
    if since is None:
        return
    instants = Instants(rules.meaning, rules.readings, rules.credits, side)
    last = instants.last_of(table)
    day = "TRUE" if last is None else f"coalesce(t.{identifier(since)} <= {_day(last)}, TRUE)"
    yield f"SELECT t.record FROM {identifier(f'late_{table}')} AS t WHERE {day}{instants.unless_later(table)}"


def _is_counted_by_others(table: str, rules: _Rules) -> bool:
    """Whether rows of a table say something of others, which they refer to or share a fund with, and a rule asks."""
    flags = {(of, name) for of, name in REFERRED if of == table}
    if rules.meaning.mdf is not None and table in rules.meaning.mdf.ledger_tables:
        flags.add(REIMBURSABLE)
    if not flags:
        return False
    credits = ((rule.where, rule.amount, *rule.fits) for rule in rules.credits.values())
    trees = chain(*((*each.trees, *each.needs, each.where) for each in rules.readings), *credits)
    return any((column.table, column.name) in flags for column in mentioned(trees))


def _is_of_periods(table: str, side: Side) -> bool:
    """Whether the rows of a table say which period they are of."""
    column = side.tables[table].column(PERIOD)
    return column is not None and column.type == Type.TEXT


def _is_seen_of_any_period(table: str, rules: _Rules, side: Side) -> bool:
    """Whether rules see rows of a table whatever period they say that they are of: they read them all, or others refer
    to them by their whole key."""
    if any(each.table == table and each.of_period is None for each in rules.readings):
        return True
    key = set(side.tables[table].key)
    others = ({column.name for column in each.columns} for name, each in side.tables.items() if name != table)
    return bool(key) and any(key <= held for held in others)


def _partners(rules: _Rules, side: Side) -> frozenset[int]:
    """Of partners that came or went: those that can be paid, those that were there before the period was over, and all
    where a rule reads partners who are nobody's own. A row that names a partner comes or goes with it, and is late
    itself."""
    table = side.tables[PARTNERS]
    own = Column(PARTNERS, "partner_id")
    if any(each.table == PARTNERS and each.owner != own for each in rules.readings):
        return side.records("SELECT t.record FROM late_partners AS t")
    began = "recruited_on" if table.column("recruited_on") is not None else None
    test = "TRUE" if began is None else f"coalesce({began} < {_day(side.period.end)}, TRUE)"
    query = f"SELECT t.record, t.partner_id, {test} FROM late_partners AS t"
    rows = side.connection.execute(query).fetchall()
    return frozenset(int(record) for record, key, is_there in rows if is_there or key in side.payable())


def _of_periods(table: str, side: Side) -> frozenset[int]:
    """Rows of a table that says something by periods: those of this one and of earlier ones."""
    query = f"SELECT t.record, t.{identifier(PERIOD)} FROM {identifier(f'late_{table}')} AS t"
    rows = side.connection.execute(query).fetchall()
    return frozenset(int(record) for record, name in rows if not _is_later(name, side))


def _is_later(name: str | None, side: Side) -> bool:
    """Whether a text names a period that begins after this one."""
    try:
        return name is not None and side.calendar.period(name).start >= side.period.end
    except NoSuchPeriod:
        return False


def _ways(table: str, reading: Reading, credits: Mapping[str, CreditMeaning], side: Side) -> Iterator[str]:
    """Queries for the records of a table by which a reading comes to them before the end of the period."""
    if reading.table not in side.tables:
        return
    if reading.table == table:
        yield _in_time(reading, side, "t.record")
        return
    if table in SHARING and (reading.credit is not None or reading.credited is not None):
        yield from _sharing(table, reading, side)
    for reached, is_owned in _reached(reading, credits, side):
        if reached == table:
            if is_owned:  # it is the partner's whom a row is paid to, whoever the row itself names
                yield f"SELECT t.record FROM {identifier(f'late_{table}')} AS t"
            else:
                yield _in_time(reading, side, Column(table, RECORD))


def _in_time(reading: Reading, side: Side, selected: str | Column) -> str:
    """The records, among those that changed, of rows that a reading dates before the end of the period, or of rows that
    these see."""
    seen = Seen(side.tables, reading.table, side.period)
    record = seen.named(selected) if isinstance(selected, Column) else selected
    test = "TRUE"
    if reading.dated is not None:
        test = f"{seen.named(reading.dated)} < {_day(side.period.end)}"
    own = table_name(reading.table) if isinstance(selected, Column) else identifier(f"late_{reading.table}")
    source = f"{own} AS t {seen.joins()}"
    return f"SELECT DISTINCT {record} FROM {source} WHERE {test} AND {record} IN (SELECT record FROM late_records)"


def _reached(reading: Reading, credits: Mapping[str, CreditMeaning], side: Side) -> Iterator[tuple[str, bool]]:
    """The tables that rows of a reading see on the way to what its rule names, and whether by their partner."""
    trees = chain(reading.trees, reading.needs, (reading.where, reading.dated, reading.owner, reading.after))
    named = {column.table for tree in trees if tree is not None for column in columns(tree)}
    named |= {column.on.table for tree in reading.trees for column in columns(tree) if isinstance(column.on, Column)}
    named |= {"deals"} if reading.credited is not None else set()
    if reading.credit is not None:
        meaning = credits[reading.credit]
        named.add(meaning.of)
        asked = [tree for tree in (meaning.where, meaning.amount, *meaning.fits) if tree is not None]
        for other in sorted({column.table or "" for tree in asked for column in columns(tree)} & side.tables.keys()):
            yield from ((hop.table, True) for hop in route(side.tables, meaning.of, other))
    for each in sorted(name for name in named if name not in (None, PERIOD, CREDIT, reading.table)):
        if each not in side.tables:
            continue
        is_owned = False
        for hop in route(side.tables, reading.table, each):
            is_owned = is_owned or hop.table == PARTNERS
            yield hop.table, is_owned
        for hop in route(side.tables, PARTNERS, each) if each != PARTNERS else ():
            yield hop.table, True


def _sharing(table: str, reading: Reading, side: Side) -> Iterator[str]:
    """Rows that say who earns: of the deals, customers and projects of rows that are dated in time."""
    held = {column.name for column in side.tables[table].columns}
    for of, key in SUBJECT.items():
        if of not in side.tables or not (reading.table == of or route(side.tables, reading.table, of)):
            continue
        seen = Seen(side.tables, reading.table, side.period)
        name = seen.named(Column(of, key))
        test = "TRUE" if reading.dated is None else f"{seen.named(reading.dated)} < {_day(side.period.end)}"
        subjects = f"SELECT {name} FROM {table_name(reading.table)} AS t {seen.joins()} WHERE {test}"
        ways = [(f"{table_name(table)} AS s", "s")] if key in held else []
        if table == "touches" and "leads" in side.tables:
            ways.append(("t_touches AS s JOIN t_leads AS l USING (lead_id)", "l"))
        for source, alias in ways:
            if alias == "l" and side.tables["leads"].column(key) is None:
                continue
            yield f"""SELECT DISTINCT s.record FROM {source} SEMI JOIN late_records AS r ON r.record = s.record
                WHERE {alias}.{identifier(key)} IN ({subjects})"""


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
