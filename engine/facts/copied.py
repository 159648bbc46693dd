"""A partner who joins: a copy of the rows of another from a day on, with keys of their own.

Rows that name the partner are copied where they are dated from that day on, have no date, or hold on it (these from
that day on); and so are rows that name no partner and refer to a copied one (the lines of a copied deal). An id that is
a key becomes `ID.PARTNER`, and what refers to a copied row refers to the copy. A row that is known by what it refers to
(a month of a customer's subscription) needs a copy of that: of a customer of the partner, whenever it was won. Where it
is of others', the row is left out, since it would be the same row again; and so is a part in a deal that is not copied,
since parts add up. What was decided about one partner alone (manual lines, balances, awards, scores, payees) is not
copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from engine.facts.changed import Joined
from engine.facts.read import table_name
from engine.facts.references import Reference
from engine.facts.sql import identifier
from engine.facts.working import Working, day_sql, end_sql, of_partners
from rules.expressions.tree import Type
from rules.problem import Problem
from rules.tables import Table

ALONE = frozenset({"payouts", "adjustments", "balances", "awards", "scores", "payees", "attributions", "coalitions"})
PARTS = frozenset({"credits", "touches", "registrations"})  # in something that others may have a part in
_WHOLES = ("deal_id", "customer_id", "project_id", "lead_id")  # in which: the first that is not blank
_ID_MAX = 64
_BEGINS = ("onboarded_on", "activated_on")


@dataclass(frozen=True, slots=True)
class Copied:
    """How many new rows each table has, and how many of each were left out."""

    new: Mapping[str, int]
    left_out: Mapping[str, int]


def join(working: Working, each: Joined) -> Copied | Problem:
    """Add a partner and its rows, and tell how many; or why it can't be."""
    there, known = (
        {str(one) for (one,) in working.asked(f"SELECT partner_id FROM {of}")}
        for of in (working.copy("partners"), table_name("partners"))
    )
    if each.partner in there:
        return Problem("W215", f"there is a partner {each.partner} already", each.place, "write an id that is new")
    if each.like not in there & known:
        message = f"there is no partner {each.like[:64]} to be like, once all others have left"
        return Problem("W214", message, each.place, "write the id of a row of partners")
    query = f"SELECT terminated_on FROM {working.copy('partners')} WHERE partner_id = ?"
    ((ended,),) = working.asked(query, [each.like])
    if isinstance(ended, date) and ended < each.on:
        message = f"{each.like} is no partner any more on {each.on}: its last day is {ended}"
        return Problem("W215", message, each.place, "let it join earlier, or be like another")
    rows, left_out = _rows(working, each)
    new = {"partners": 1, **{table: len(records) for table, records in rows.items()}}
    _add(working, "partners", {each.like}, _partner(working.tables["partners"], each), "partner_id", each)
    ids = {table for table in rows if _own_id(working.tables[table]) is not None}
    for table in ids:
        working.register("copying", rows[table])
        own = identifier(str(_own_id(working.tables[table])))
        working.connection.execute(f"""CREATE OR REPLACE TABLE {identifier(f"copied_{table}")} AS
            SELECT {own} AS id FROM {working.copy(table)} SEMI JOIN copying USING (record)""")
    for table, records in rows.items():
        of = _Copy(working, table, ids, each)
        fault = of.too_long(records)
        if fault is not None:
            return fault
        _add(working, table, records, of.values(), "record", each)
    for table in rows:
        fault = _same_keys(working, table, each)
        if fault is not None:
            return fault
    return Copied(new, left_out)


def _own_id(table: Table) -> str | None:
    """The column of an id that alone is the key of a table."""
    column = table.column(table.key[0]) if len(table.key) == 1 else None
    return column.name if column is not None and column.type == Type.ID else None


def _rows(working: Working, each: Joined) -> tuple[dict[str, set[int]], dict[str, int]]:
    """The records that are copied, by table, in the order of the tables; and how many are left out."""
    found: dict[str, set[int]] = {}
    named = of_partners(working.tables)
    for table in (name for name in named if name not in ALONE):
        known = working.tables[table]
        day, end = day_sql(known), end_sql(known)
        test, parameters = "TRUE", [each.like]
        if day is not None:
            test = f"{day} >= CAST(? AS DATE)"
            parameters.append(each.on.isoformat())
            if end is not None:
                test += f" OR {end} IS NULL OR {end} >= CAST(? AS DATE)"
                parameters.append(each.on.isoformat())
        query = f"SELECT record FROM {working.copy(table)} WHERE partner_id = ? AND ({test})"
        found[table] = {int(str(record)) for (record,) in working.asked(query, parameters)}
    parents = _parents(working, found, each)
    left_out = _left_out(working, found, parents)
    waiting = [table for table, records in found.items() if records]
    while waiting:
        target = waiting.pop()
        for link in working.links:
            if link.target != target or link.table in (*named, "partners", *ALONE) or link.column != link.key:
                continue
            working.register("copying", found[target])
            query = f"""SELECT record FROM {working.copy(link.table)} WHERE {identifier(link.column)} IN
                (SELECT {identifier(link.key)} FROM {working.copy(target)} SEMI JOIN copying USING (record))"""
            records = {int(str(record)) for (record,) in working.asked(query)}
            if records - found.get(link.table, set()):
                found.setdefault(link.table, set()).update(records)
                waiting.append(link.table)
    for table, records in parents.items():
        found.setdefault(table, set()).update(records)
    return {table: found[table] for table in working.tables if found.get(table)}, left_out


def _parents(working: Working, found: Mapping[str, set[int]], each: Joined) -> dict[str, set[int]]:
    """The rows of the partner that are not copied for themselves, and that copied rows are known by."""
    parents: dict[str, set[int]] = {}
    for link in working.links:
        records, target = found.get(link.table), working.tables[link.target]
        if not records or not _is_of_key(working, link) or target.column("partner_id") is None:
            continue
        working.register("copying", records)
        query = f"""SELECT record FROM {working.copy(link.target)} WHERE partner_id = ? AND {identifier(link.key)} IN
            (SELECT {identifier(link.column)} FROM {working.copy(link.table)} SEMI JOIN copying USING (record))"""
        new = {int(str(record)) for (record,) in working.asked(query, [each.like])} - found.get(link.target, set())
        if new and link.target != "partners":
            parents.setdefault(link.target, set()).update(new)
    return parents


def _is_of_key(working: Working, link: Reference) -> bool:
    """Whether a reference is a part of the key of rows that have neither an id of their own nor one of the partner."""
    table = working.tables[link.table]
    return link.only is None and _own_id(table) is None and "partner_id" not in table.key and link.column in table.key


def _left_out(working: Working, found: dict[str, set[int]], parents: Mapping[str, set[int]]) -> dict[str, int]:
    """Take out of the rows found those that would be another's again, or a part too many; how many, by table."""
    left: dict[str, int] = {}
    copied = {table: found.get(table, set()) | parents.get(table, set()) for table in {*found, *parents}}
    for table in [*(each for each in found if each not in PARTS), *(each for each in found if each in PARTS)]:
        links = [link for link in working.links if link.table == table and link.only is None]
        if table in PARTS:
            links = [link for name in _WHOLES for link in links if link.column == name]
        else:
            links = [link for link in links if _is_of_key(working, link)]
        if not found[table] or not links:
            continue
        tests = []
        for link in links:
            working.register(f"copying_{link.target}", copied.get(link.target, set()))
            there = f"""{identifier(link.column)} IN (SELECT {identifier(link.key)} FROM {working.copy(link.target)}
                SEMI JOIN {identifier(f"copying_{link.target}")} USING (record))"""
            tests.append((identifier(link.column), there))
        if table in PARTS:
            cases = " ".join(f"WHEN {name} IS NOT NULL THEN {there}" for name, there in tests)
            test = f"CASE {cases} ELSE TRUE END"
        else:
            test = " OR ".join(f"coalesce({there}, FALSE)" for _, there in tests)
        working.register("copying", found[table])
        query = f"SELECT record FROM {working.copy(table)} SEMI JOIN copying USING (record) WHERE {test}"
        kept = {int(str(record)) for (record,) in working.asked(query)}
        if len(kept) < len(found[table]):
            left[table] = len(found[table]) - len(kept)
            found[table] = copied[table] = kept
    return left


def _partner(table: Table, each: Joined) -> dict[str, tuple[str, list[object]]]:
    """What the new row of partners has of its own: its id, and no date before the day that it joins on."""
    day = each.on.isoformat()
    values: dict[str, tuple[str, list[object]]] = {"partner_id": ("CAST(? AS VARCHAR)", [each.partner])}
    if table.column("name") is not None:
        values["name"] = ("CAST(? AS VARCHAR)", [each.name or f"like {each.like}"])
    if table.column("recruited_on") is not None:
        values["recruited_on"] = ("CAST(? AS DATE)", [day])
    for name in _BEGINS:
        if table.column(name) is not None:
            own = identifier(name)
            values[name] = (f"CASE WHEN {own} < CAST(? AS DATE) THEN CAST(? AS DATE) ELSE {own} END", [day, day])
    return values


class _Copy:
    """How the copied rows of a table differ from those that they are copies of."""

    def __init__(self, working: Working, table: str, ids: set[str], each: Joined) -> None:
        self._working, self._table, self._each = working, table, each
        self._known = working.tables[table]
        self._ids = ids

    def values(self) -> dict[str, tuple[str, list[object]]]:
        """The cells that differ, as SQL with its parameters."""
        each, found = self._each, dict[str, tuple[str, list[object]]]()
        own = _own_id(self._known)
        for link in self._working.links:
            if link.table == self._table and link.target in self._ids and link.only is None:
                name = identifier(link.column)
                is_copied = f"{name} IN (SELECT id FROM {identifier(f'copied_{link.target}')})"
                found[link.column] = (f"CASE WHEN {is_copied} THEN {name} || '.' || ? ELSE {name} END", [each.partner])
        if own is not None:
            found[own] = (f"{identifier(own)} || '.' || ?", [each.partner])
        if self._known.column("partner_id") is not None:
            found["partner_id"] = ("CAST(? AS VARCHAR)", [each.partner])
        if end_sql(self._known) is not None:
            day = each.on.isoformat()
            found["valid_from"] = ("greatest(valid_from, CAST(? AS DATE))", [day])
        return found

    def too_long(self, records: set[int]) -> Problem | None:
        """The fault of an id that would be longer than an id can be."""
        own = _own_id(self._known)
        if own is None:
            return None
        self._working.register("copying", records)
        query = f"""SELECT {identifier(own)} FROM {self._working.copy(self._table)} SEMI JOIN copying USING (record)
            WHERE length({identifier(own)}) + 1 + ? > {_ID_MAX} ORDER BY 1 LIMIT 1"""
        for (first,) in self._working.asked(query, [len(self._each.partner)]):
            message = f"the copy of {first} of {self._table} would have an id of more than {_ID_MAX} signs"
            return Problem("W215", message, self._each.place, "give the partner a shorter id")
        return None


def _add(
    working: Working,
    table: str,
    of: set[int] | set[str],
    values: Mapping[str, tuple[str, list[object]]],
    by: str,
    each: Joined,
) -> None:
    """Add the copies of rows, numbered behind all that are there."""
    copy, known = working.copy(table), working.tables[table]
    parameters: list[object] = []
    selected = []
    for column in known.columns:
        text, own = values.get(column.name, (identifier(column.name), []))
        selected.append(f"{text} AS {identifier(column.name)}")
        parameters += own
    names = ", ".join(identifier(column.name) for column in known.columns)
    if by == "record":
        working.register("copying", {int(record) for record in of})
        rows = "record IN (SELECT record FROM copying)"
    else:
        rows = "partner_id = ?"
        parameters.append(each.like)
    record = f"(SELECT max(record) FROM {copy}) + row_number() OVER (ORDER BY record)"
    query = f"INSERT INTO {copy} (record, {names}) SELECT {record}, {', '.join(selected)} FROM {copy} WHERE {rows}"
    working.connection.execute(query, parameters)


def _same_keys(working: Working, table: str, each: Joined) -> Problem | None:
    """The fault of a copy whose key is that of another row."""
    known = working.tables[table]
    if not known.key:
        return None
    key = ", ".join(identifier(name) for name in known.key)
    query = f"SELECT {key} FROM {working.copy(table)} GROUP BY {key} HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    for first in working.asked(query):
        told = "/".join("" if cell is None else str(cell) for cell in first)
        message = f"the copy of a row of {table} for {each.partner} would have the key {told}, which is another row's"
        hint = "let it join before the rows that this one refers to, so that they are copied too, or take another id"
        return Problem("W215", message, each.place, hint)
    return None
