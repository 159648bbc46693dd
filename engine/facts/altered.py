"""Changed facts: kept tables go in with the changes of a scenario, kept tables come out.

The rows that refer to a row that is gone go with it; who was referred, led or answered by one that is gone
(`parent_id`, `referred_by`, `in_reply_to`) is so by nobody. An amount is scaled exactly and rounded once, half up, to
the minor unit of its row's currency; a number to 9 decimals; a count to a whole one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.changed import Change, Changed, Dropped, Joined, Left, Scaled, Told
from engine.facts.connection import connect
from engine.facts.copied import join
from engine.facts.grammar import AMOUNT_MAX_MINOR, NUMBER_DECIMALS
from engine.facts.keys import key_sql
from engine.facts.snapshot import Snapshot
from engine.facts.sql import identifier
from engine.facts.working import Working, day_sql, of_partners, row_text
from rules.calendar import Period
from rules.check.uses import reimbursing
from rules.expressions.tree import Type, columns
from rules.meaning import Meaning
from rules.problem import Problem, Refused
from rules.tables import ATTRIBUTES, FLAGS, HISTORY

_FP = 10**NUMBER_DECIMALS
_MOST = {Type.MONEY: AMOUNT_MAX_MINOR, Type.NUMBER: 10**18 * _FP, Type.COUNT: 10**15 - 1}
_DIGEST = 64  # bits of a key's digest that decide whether a row is dropped


def alter(
    meaning: Meaning,
    kept: Mapping[str, Path],
    read: Mapping[str, Collection[str]],
    changes: Sequence[Change],
    period: Period,
    scratch: Path,
) -> tuple[Mapping[str, Path], Changed]:
    """The kept tables after some changes, below `scratch`, and what became of them; `read` are the columns that each
    source has. Raises Refused with every fault."""
    missing = [problem for each in changes for problem in _missing(each, read)]
    if missing:
        raise Refused(*missing)
    folder = scratch / "changed"
    folder.mkdir()
    with closing(connect([scratch], None, folder)) as connection:
        files = {source.table: source.shown for source in meaning.sources}
        exchange, funds = meaning.exchange, reimbursing(meaning)
        Snapshot(
            connection, meaning.tables, files, period, meaning.calendar, None, kept, exchange=exchange, funds=funds
        )
        working = Working(connection, meaning.tables, kept, period)
        tally = _Tally()
        problems: list[Problem] = []
        scaled = [each for each in changes if isinstance(each, Scaled)]
        dropped = [each for each in changes if isinstance(each, Dropped)]
        joined = {each.partner: each for each in changes if isinstance(each, Joined)}
        left = [each for each in changes if isinstance(each, Left) and each.partner not in joined]
        later = [each for each in changes if isinstance(each, Left) and each.partner in joined]
        problems += _scale(working, scaled, tally)
        gone = _dropped(working, dropped)
        problems += _leave(working, left, gone, tally)
        _remove(working, gone, tally)
        for each in joined.values():
            found = join(working, each)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                tally.new.update(found.new)
                tally.left_out.update(found.left_out)
        if later and not problems:  # who joins may leave again: what it does not live to see is not new
            since = _Tally()
            gone = {}
            problems += _leave(working, later, gone, since)
            _remove(working, gone, since)
            tally.new.subtract(since.gone)
        if problems:
            raise Refused(*problems)
        told = tally.told(kept)
        for table in told:
            working.write(table, folder / f"{table}.parquet")
        return {**kept, **{table: folder / f"{table}.parquet" for table in told}}, Changed(told)


def _missing(each: Change, read: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """The columns that a change names and no source has: blank for every row, they would change nothing in silence."""
    where = None if isinstance(each, Joined) else each.where
    named = [(column.table or "", column.name) for column in columns(where)] if where is not None else []
    named += [(each.table, each.column)] if isinstance(each, Scaled) else []
    for table, name in dict.fromkeys(named):
        is_of_history = table == "partners" and name in ATTRIBUTES and HISTORY in read
        if table in read and name not in read[table] and not is_of_history and (table, name) not in FLAGS:
            message = f"the source of {table} has no column {name}, which {each.said.removeprefix('facts: ')} names"
            yield Problem("W214", message, each.place, "name a column that the source has")


class _Tally:
    """What became of the rows of each table, as it adds up."""

    def __init__(self) -> None:
        self.changed: dict[str, set[int]] = {}
        self.gone: Counter[str] = Counter()
        self.new: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    def change(self, table: str, records: NDArray[np.int64]) -> None:
        """Note rows that have another cell."""
        self.changed.setdefault(table, set()).update(records.tolist())

    def told(self, order: Mapping[str, Path]) -> dict[str, Told]:
        """The tables of which anything is another, in the order of the sources."""
        found = {
            table: Told(
                table, len(self.changed.get(table, ())), self.gone[table], self.new[table], self.left_out[table]
            )
            for table in order
        }
        return {table: of for table, of in found.items() if of.changed or of.gone or of.new or of.left_out}


def _scale(working: Working, scaled: Sequence[Scaled], tally: _Tally) -> list[Problem]:
    """Scale columns in place; what meets in one cell, or is too large then, is a fault."""
    problems = []
    met: dict[tuple[str, str], list[tuple[Scaled, NDArray[np.int64]]]] = {}
    for each in scaled:
        records = working.chosen(each.table, each.where)
        others = met.setdefault((each.table, each.column), [])
        other = next((one for one, theirs in others if len(np.intersect1d(theirs, records))), None)
        if other is not None:
            message = f"{each.said} meets '{other.said}' ({other.place}) in the same rows"
            problems.append(Problem("W205", message, each.place, "keep one of the two, or let where: tell them apart"))
            continue
        others.append((each, records))
        column = working.tables[each.table].column(each.column)
        assert column is not None, "it was looked up"
        name, copy = identifier(each.column), working.copy(each.table)
        magnitude = _magnitude(name, column.type, each.factor)
        working.register("scaling", records)
        rows = f"record IN (SELECT record FROM scaling) AND {name} IS NOT NULL"
        ((most,),) = working.asked(f"SELECT max({magnitude}) FROM {copy} WHERE {rows}")
        if most is not None and int(str(most)) > _MOST[column.type]:
            message = f"{each.said} makes a value that is larger than any that can be read"
            problems.append(Problem("W215", message, each.place, "scale by less"))
            continue
        ((changed,),) = working.asked(f"SELECT count(*) FROM {copy} WHERE {rows}")
        value = _signed(name, column.type, magnitude)
        working.connection.execute(f"UPDATE {copy} SET {name} = {value} WHERE {rows}")
        if changed:
            tally.change(each.table, records)
    return problems


def _magnitude(name: str, type_: Type, factor: Fraction) -> str:
    """The SQL of a scaled value without its sign, in units of its last place: exact, then rounded half up."""
    above, below = abs(factor.numerator), factor.denominator
    unit = f"CAST({name} * {_FP} AS DECIMAL(38,0))" if type_ == Type.NUMBER else name
    whole = f"CAST(abs({unit}) AS HUGEINT)"
    return f"((2 * {whole} * CAST({above} AS HUGEINT) + {below}) // CAST({2 * below} AS HUGEINT))"


def _signed(name: str, type_: Type, magnitude: str) -> str:
    """The SQL of a scaled value with its sign, as its column holds it."""
    if type_ != Type.NUMBER:
        return f"CAST(CASE WHEN {name} < 0 THEN -{magnitude} ELSE {magnitude} END AS BIGINT)"
    digits = f"CAST({magnitude} // {_FP} AS VARCHAR) || '.' || lpad(CAST({magnitude} % {_FP} AS VARCHAR), 9, '0')"
    return f"CAST((CASE WHEN {name} < 0 THEN '-' ELSE '' END) || {digits} AS DECIMAL(28,9))"


def _dropped(working: Working, dropped: Sequence[Dropped]) -> dict[str, set[int]]:
    """The records that are dropped, by table: those whose key has a digest below the part of all digests."""
    gone: dict[str, set[int]] = {}
    for each in dropped:
        records = working.chosen(each.table, each.where)
        table = working.tables[each.table]
        line = -(-each.part * (1 << _DIGEST) // 1)
        key = key_sql(table) if table.key else row_text(table)
        test = "TRUE"
        if line < 1 << _DIGEST:
            digest = f"substr(sha256('{table.name}' || chr(10) || {key}), 1, {_DIGEST // 4})"
            test = f"{digest} < '{int(line):0{_DIGEST // 4}x}'"
        working.register("dropping", records)
        query = f"SELECT record FROM {working.copy(each.table)} SEMI JOIN dropping USING (record) WHERE {test}"
        gone.setdefault(each.table, set()).update(int(str(record)) for (record,) in working.asked(query))
    return gone


def _leave(working: Working, left: Sequence[Left], gone: dict[str, set[int]], tally: _Tally) -> list[Problem]:
    """End partners on the day before the one that they leave on, and add the rows that they would have had since to
    those that are gone."""
    problems: list[Problem] = []
    who: dict[str, Left] = {}
    for each in left:
        for partner in _leavers(working, each):
            if partner in who:
                message = f"{partner} leaves by '{who[partner].said}' ({who[partner].place}) as well"
                problems.append(Problem("W205", message, each.place, "let each partner leave once"))
            who[partner] = each
    if not who:
        return problems
    known = {str(partner) for (partner,) in working.asked(f"SELECT partner_id FROM {working.copy('partners')}")}
    for partner in sorted(who.keys() - known):
        message = f"there is no partner {partner}"
        problems.append(Problem("W214", message, who[partner].place, "write the id of a row of partners"))
    last = [each.on - timedelta(1) for each in who.values()]
    told = pa.table({"partner_id": pa.array(list(who), pa.string()), "last": pa.array(last, pa.date32())})
    working.connection.register("leavers", told)
    early = f"""SELECT p.partner_id, p.recruited_on FROM {working.copy("partners")} AS p
        JOIN leavers AS l USING (partner_id) WHERE p.recruited_on > l.last ORDER BY 1"""
    for key, since in working.asked(early):
        each = who[str(key)]
        message = f"{key} is a partner since {since}, and can't have left by {each.on}"
        problems.append(Problem("W215", message, each.place, "let it leave on a later day"))
    if problems:
        return problems
    ended = f"""UPDATE {working.copy("partners")} AS p SET terminated_on = l.last FROM leavers AS l
        WHERE p.partner_id = l.partner_id AND (p.terminated_on IS NULL OR p.terminated_on > l.last)
        RETURNING p.record"""
    records = [int(str(record)) for (record,) in working.asked(ended)]
    tally.change("partners", np.array(records, dtype=np.int64))
    for table in of_partners(working.tables):
        day = day_sql(working.tables[table])
        if day is not None:
            query = f"""SELECT record FROM {working.copy(table)} AS t JOIN leavers AS l USING (partner_id)
                WHERE {day} > l.last"""
            gone.setdefault(table, set()).update(int(str(record)) for (record,) in working.asked(query))
    return problems


def _leavers(working: Working, each: Left) -> list[str]:
    if each.partner is not None:
        return [each.partner]
    working.register("leaving", working.chosen("partners", each.where))
    query = f"SELECT partner_id FROM {working.copy('partners')} SEMI JOIN leaving USING (record) ORDER BY 1"
    return [str(partner) for (partner,) in working.asked(query)]


def _remove(working: Working, gone: Mapping[str, set[int]], tally: _Tally) -> None:
    """Take rows out, and with them all that refer to one that is gone, until every reference is met again."""
    waiting = {table: records for table, records in gone.items() if records}
    while waiting:
        for table, records in waiting.items():
            tally.gone[table] += len(records)
            tally.changed.get(table, set()).difference_update(records)
            working.remove(table, records)
        before, waiting = waiting, {}
        for link in working.links:
            if link.target not in before:
                continue
            column, key = identifier(link.column), identifier(link.key)
            test = f"""{column} IS NOT NULL AND {link.where}
                AND {column} NOT IN (SELECT {key} FROM {working.copy(link.target)})"""
            query = f"SELECT record FROM {working.copy(link.table)} WHERE {test}"
            records = {int(str(record)) for (record,) in working.asked(query)}
            if not records:
                continue
            if link.column == link.key or link.only is not None:
                waiting.setdefault(link.table, set()).update(records)
            else:
                working.connection.execute(f"UPDATE {working.copy(link.table)} SET {column} = NULL WHERE {test}")
                tally.change(link.table, np.array(sorted(records), dtype=np.int64))


def without_places(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Changes as they compare: two that are written differently and do the same are the same."""
    return tuple(replace(each, said="") for each in changes)
