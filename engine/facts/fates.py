"""The fate of every source row: paid, measured, not payable (and by which rule), or outside the period.

In: the readings of a plan (which rows each rule reads, on which conditions), and the sheet. Out: how many rows of each
table ended in which way; together with the rejected rows they add up to the rows read. A row that a counted row rests
on counts with it: one that it refers to, its partner, and what shares it or was agreed for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.credit import credited_shares
from engine.facts.keys import key_sql
from engine.facts.read import table_name
from engine.facts.reading_sql import Writer, quoted
from engine.facts.resting import TERMS, Resting, about, attributes, seen_rows, tables_of
from engine.facts.ways import OUTSIDE, Way, refusals
from engine.values import ACCOUNTS, PARTNERS, Fate, Reading, Sheet
from rules.balances.meaning import CLOSING
from rules.calendar import Period
from rules.crediting.meaning import CREDIT
from rules.expressions.tree import Expression, columns
from rules.expressions.vector import has_product
from rules.joins import route
from rules.tables import ATTRIBUTES, HISTORY, Table

_UNREAD = "no rule reads this table"
_UNREFERRED = "no row that counts refers to it"


class Fates:
    """The fates of the rows of a snapshot, and what a trace asks of the way to them.

    `there` are the tables that have a source: a reading of another, such as of scores that none has told yet, comes to
    no row. `kept` gives the records of a table's rows for which a condition holds, `used` the records that a reading of
    a scorecard or a quota has used, by partner.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        period: Period,
        there: Collection[str],
        readings: Sequence[Reading],
        sheet: Sheet,
        kept: Callable[[str, Expression], Sequence[int]],
        used: Callable[[Reading], Sequence[NDArray[np.int64]]],
        eligible: Expression | None = None,
    ) -> None:
        self._connection, self._tables, self._period = connection, tables, period
        readings = [each for each in readings if each.table in there]
        self._asked = sorted(_asked(eligible, readings)) if HISTORY in there else []
        self._there, self._readings, self._sheet = tuple(there), readings, sheet
        self._resting = Resting(connection, tables, period, there, sheet)
        self._roles: set[str] = set()
        self._writer = Writer(tables, period, {}, self._shares)
        self._keep(kept, used)

    def _keep(
        self,
        kept: Callable[[str, Expression], Sequence[int]],
        used: Callable[[Reading], Sequence[NDArray[np.int64]]],
    ) -> None:
        """Register what is known of readings: the rows that became lines with their partners, and those for which a
        condition holds that the kernel works out."""
        names, others = dict[str, str](), dict[str, str]()
        partners = self._sheet.partners.records
        for index, reading in enumerate(self._readings):
            if left := self._sheet.leavers(reading.leaving):
                others[reading.name] = f"left_{index}"
                self._connection.register(f"left_{index}", pa.table({"partner_id": pa.array(left, pa.string())}))
            if reading.is_paid:
                names[reading.name] = f"kept_{index}"
                frame = self._sheet.frames[self._sheet.frame_of[reading.lines]]
                is_line = self._sheet.columns[reading.lines].is_known()
                self._connection.register(f"kept_{index}", pa.table({"record": frame.records[is_line]}))
                theirs = [partners[frame.partners[is_line]]]
                for column in reading.also:
                    of = self._sheet.frames[self._sheet.frame_of[column]]
                    theirs.append(partners[of.partners[self._sheet.columns[column].is_known()]])
                self._connection.register(f"paid_{index}", pa.table({"record": np.concatenate(theirs)}))
            elif reading.scored or reading.looked_up or reading.is_opening:
                names[reading.name] = f"kept_{index}"
                found = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *used(reading)]))
                self._connection.register(f"kept_{index}", pa.table({"record": found[found > 0]}))
            elif reading.where is not None and has_product(reading.where):
                names[reading.name] = f"kept_{index}"
                records = kept(reading.table, reading.where)
                self._connection.register(f"kept_{index}", pa.table({"record": pa.array(records, pa.int64())}))
        for name, credits in self._sheet.credits.items():
            shares = pa.table({"shared": credits.records, "partner_id": pa.array(credits.partners, pa.string())})
            self._connection.register(f"shares_{name}", shares)
        self._writer = Writer(self._tables, self._period, names, self._shares, others)

    def _shares(self, role: str) -> str:
        """The relation of the shares of a role, which many readings ask for: worked out once, when the first does."""
        name = f"role_{role}"
        if role not in self._roles:
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {credited_shares(role)}")
            self._roles.add(role)
        return name

    def register(self) -> tuple[Fate, ...]:
        """How many rows of each table met which fate, in the order of tables, fates and rules."""
        return tuple(fate for table in self._there for fate in self._of_table(table))

    def _of_table(self, table: str) -> Iterator[Fate]:
        """One test after the other on the rows that are left: most are counted soon, and few queries see many rows."""
        ways: list[Way] = []
        needs: list[Sequence[object]] = []
        for reading in self._readings:
            self._writer.parameters.clear()
            for way in self._ways(table, reading):
                ways.append(way)
                needs.append(tuple(self._writer.parameters))
                self._writer.parameters.clear()
        tests: list[tuple[str, str, str, Sequence[object]]] = []
        if table == PARTNERS and len(paid := _paid_by_balances(self._sheet)):
            self._connection.register("paid_by_balances", pa.table({"partner_id": pa.array(paid, pa.string())}))
            tests.append(("paid", "", "t.partner_id IN (SELECT partner_id FROM paid_by_balances)", ()))
        for is_paid in (True, False):
            fate = "paid" if is_paid else "measured"
            tests += [
                (fate, "", way.counted, need)
                for way, need in zip(ways, needs, strict=True)
                if way.counted and way.is_paid is is_paid
            ]
        if table == HISTORY and self._asked:
            tests.append(("measured", "", seen_rows(self._period, self._asked), ()))
        tests += [("not_payable", rule, test, ()) for rule, test in refusals(ways)]
        query = f"SELECT record FROM {table_name(table)}"
        left = np.asarray(self._connection.sql(query).to_arrow_table()["record"].to_numpy())
        counts: dict[tuple[str, str], int] = {}
        tried: set[tuple[str, Sequence[object]]] = set()
        for fate, rule, test, need in tests:
            if not len(left):
                break
            if (test, need) in tried:  # what it is true of has met its fate
                continue
            tried.add((test, need))
            self._connection.register("left_over", pa.table({"record": left}))
            query = f"SELECT t.record FROM {table_name(table)} AS t SEMI JOIN left_over USING (record) WHERE {test}"
            found = self._connection.sql(query, params=list(need)).to_arrow_table()["record"].to_numpy()
            if len(found):
                key = ("outside", "") if rule == OUTSIDE else (fate, rule)
                counts[key] = counts.get(key, 0) + len(found)
                left = np.setdiff1d(left, found, assume_unique=True)
        if len(left):
            counts["not_payable", _UNREFERRED if ways else _UNREAD] = len(left)
        for (fate, rule), rows in sorted(counts.items()):
            yield Fate(table, fate, rule, rows)

    # --- how readings come to rows ------------------------------------------------------------------------------------

    def reaches(self, reading: Reading, table: str) -> bool:
        """Whether rows of a reading refer to rows of a table, by names that its rule reads."""
        return reading.table in self._there and table in self._hops(reading)

    def _hops(self, reading: Reading) -> frozenset[str]:
        named = {column.table for tree in reading.trees for column in columns(tree)}
        if reading.credit is not None:
            named.add(self._sheet.credits[reading.credit].meaning.of)
        named -= {None, "period", CREDIT, reading.table, *([PARTNERS] if _is_owned(reading) else [])}
        hops = {hop.table for each in named if each for hop in route(self._tables, reading.table, each)}
        return frozenset(each for each in hops if self._tables[each].key) - (
            {PARTNERS} if _is_owned(reading) else set()
        )

    def _ways(self, table: str, reading: Reading) -> Iterator[Way]:
        """Every way by which a reading comes to rows of a table."""
        write, name = self._writer, reading.name
        is_dated, paid = reading.is_dated, reading.is_paid
        if reading.table == table:
            counted = f"t.record IN ({write.counted(reading, write.RECORD)})" if reading.days is not None else ""
            inside = f"t.record IN ({write.inside(reading, write.RECORD)})" if is_dated else write.always(reading)
            yield Way(counted, ((name, inside),), "TRUE", True, is_dated, paid)
        elif table in self._hops(reading):
            through = write.key_of(table)
            counted = f"t.record IN ({write.counted(reading, through)})" if reading.days is not None else ""
            refused = ((name, f"t.record IN ({write.inside(reading, through)})"),)
            yield Way(counted, refused, f"t.record IN ({write.every(reading, through)})", False, is_dated, paid)
        if table == PARTNERS and reading.table != table and _is_owned(reading):
            yield self._of_partners(reading)
        if table == "credits" and reading.credited is not None:
            deals = f"t.role = {quoted(reading.credited)} AND t.deal_id IN"
            counted = f"({deals} ({write.counted(reading, write.DEAL)}))" if reading.days is not None else ""
            refused = ((name, f"({deals} ({write.inside(reading, write.DEAL)}))"),)
            yield Way(counted, refused, f"({deals} ({write.every(reading, write.DEAL)}))", False, is_dated, paid)
        if reading.credit is not None:
            yield from self._of_credit(table, reading)
        if table == TERMS and reading.agreed:
            names = ", ".join(map(quoted, reading.agreed))
            held = f"t.term IN ({names})"
            refused = ((name, f"({held} AND {write.overlaps(reading)})"),)
            yield Way(self._rests(reading, table), refused, held, False, is_dated, paid)
        if table == HISTORY and reading.days is not None and attributes(reading):
            yield self._of_history(reading)
        if table in self._hops(reading) and (other := self._of_another_period(table)):
            yield Way("", (), other, False, True, paid)

    def _of_another_period(self, table: str) -> str:
        """Whether a row that partners see for the period that is run is of another one; empty where they see one row at
        all times."""
        way = route(self._tables, PARTNERS, table)
        return f"t.period != {quoted(self._period.name)}" if way and way[-1].is_of_period else ""

    def _of_partners(self, reading: Reading) -> Way:
        """The partners whose rows a reading reads."""
        write = self._writer
        index = self._readings.index(reading)
        if reading.credit is not None:
            shared = f"SELECT s.partner_id FROM shares_{reading.credit} AS s WHERE s.shared IN"
            of = write.key_of(self._of(reading), reading.table)
            inside, every = (f"{shared} ({query})" for query in (write.inside(reading, of), write.every(reading, of)))
        elif reading.credited is not None:
            shared = f"SELECT s.partner_id FROM {self._shares(reading.credited)} AS s WHERE s.num > 0 AND s.deal_id IN"
            inside = f"{shared} ({write.inside(reading, write.DEAL)})"
            every = f"{shared} ({write.every(reading, write.DEAL)})"
        else:
            assert reading.owner is not None, "its rows belong to partners"
            inside, every = write.inside(reading, reading.owner), write.every(reading, reading.owner)
        counted = f"t.record IN (SELECT record FROM paid_{index})"
        if not reading.is_paid:
            theirs = f"t.partner_id IN ({write.measured_of(reading)})"
            if reading.days is None:
                counted = ""
            elif reading.credited is not None:
                deals = write.counted(reading, write.DEAL)
                counted = f"({theirs} AND t.partner_id IN ({shared} ({deals})))"
            elif reading.owner is not None:
                counted = f"({theirs} AND t.partner_id IN ({write.counted(reading, reading.owner)}))"
        tests = tuple(f"t.partner_id IN ({query})" for query in (inside, every))
        return Way(counted, ((reading.name, tests[0]),), tests[1], False, reading.is_dated, reading.is_paid)

    def _of_credit(self, table: str, reading: Reading) -> Iterator[Way]:
        """The rows that say who earns on the rows of a reading, or who stands above whom."""
        assert reading.credit is not None
        meaning, write = self._sheet.credits[reading.credit].meaning, self._writer
        name, is_dated = reading.credit, reading.is_dated
        if table == HISTORY and meaning.spec.roll_up is not None:
            held = f"t.attribute = {quoted(meaning.spec.roll_up.to)}"
            refused = ((name, f"({held} AND {write.overlaps(reading)})"),)
            yield Way(self._rests(reading, table), refused, held, False, is_dated, reading.is_paid)
        if table not in tables_of(meaning, self._there):
            return
        view = f"earning_{name}_{table}"
        self._connection.register("resting_rows", self._resting.candidates(name, table))
        self._connection.register("resting_earning", self._resting.earning(name))
        query = "SELECT r.told, r.shared FROM resting_rows AS r SEMI JOIN resting_earning USING (candidate)"
        earning = self._connection.sql(query)
        self._connection.register(view, earning.to_arrow_table())
        of, told = write.key_of(self._of(reading), reading.table), about(meaning, table, self._there)
        inside, every = write.inside(reading, of), write.every(reading, of)
        said = f"t.record IN (SELECT told FROM ({told}) WHERE shared IN ({{}}))"
        earns = f"t.record IN (SELECT told FROM {view} WHERE shared IN ({inside}))"
        by_either = [(reading.name, earns), (name, said.format(inside))]
        yield Way(self._rests(reading, table), by_either, said.format(every), False, is_dated, reading.is_paid)

    def _of_history(self, reading: Reading) -> Way:
        """The rows that say what the partners of a reading's rows were on the days of these."""
        names = dict.fromkeys(quoted(ATTRIBUTES[column.name]) for column in attributes(reading))
        held = f"t.attribute IN ({', '.join(names)})"
        counted = self._rests(reading, HISTORY) if reading.is_paid else f"t.record IN ({self._versions(reading)})"
        refused = ((reading.name, f"({held} AND {self._writer.overlaps(reading)})"),)
        return Way(counted, refused, held, False, reading.is_dated, reading.is_paid)

    def _versions(self, reading: Reading) -> str:
        """The versions on which the rows of a reading that count rest, once for each row."""
        write = self._writer
        found = [write.counted(reading, write.version_of(column)) for column in attributes(reading)]
        return " UNION ALL ".join(found)

    def _of(self, reading: Reading) -> str:
        assert reading.credit is not None
        return self._sheet.credits[reading.credit].meaning.of

    def _rests(self, reading: Reading, table: str) -> str:
        view = f"rests_{self._readings.index(reading)}_{table}"
        self._connection.register(view, self._resting.lines(reading, table))
        return f"t.record IN (SELECT told FROM {view})"

    # --- what a trace asks --------------------------------------------------------------------------------------------

    def unreached(self, table: str, record: int) -> tuple[str, str]:
        """The fate of a row that no reading comes to, and why."""
        if table == HISTORY and self._asked:
            test = seen_rows(self._period, self._asked)
            query = f"SELECT 1 FROM {table_name(table)} AS t WHERE t.record = ? AND {test}"
            if self._connection.execute(query, [record]).fetchall():
                return "measured", "says what a partner is in the period, by which it takes part or has its target"
        if not any(True for reading in self._readings for _ in self._ways(table, reading)):
            return "not_payable", _UNREAD
        if any(table in self._hops(reading) for reading in self._readings) and (test := self._of_another_period(table)):
            query = f"SELECT t.period FROM {table_name(table)} AS t WHERE t.record = ? AND {test}"
            for (period,) in self._connection.execute(query, [record]).fetchall():
                return "outside", f"{table}.period is {period}, and the rules look at {self._period.name}"
        return "not_payable", _UNREFERRED

    def lines_on(self, reading: Reading, table: str, record: int) -> Sequence[int]:
        """The lines of a reading that rest on one row of another table, by their places in its frame."""
        found = self._resting.lines(reading, table)
        lines, rows = found["line"].to_numpy(), found["told"].to_numpy()
        return [int(line) for line in np.sort(lines[rows == record])]

    def rows_on(self, reading: Reading, record: int) -> int:
        """How many rows of a reading count that rest on one version of what a partner was; each attribute counts."""
        if reading.days is None or not attributes(reading):
            return 0
        self._writer.parameters.clear()
        query = f"SELECT count(*) FROM ({self._versions(reading)}) AS v(record) WHERE record = ?"
        ((count,),) = self._connection.execute(query, [*self._writer.parameters, record]).fetchall()
        self._writer.parameters.clear()
        return int(count)

    def credited_by(self, credit: str, table: str, record: int) -> Mapping[int, Sequence[int]]:
        """The credited rows that one row of another table says something of, by record; and the candidates of the rule
        that it makes there."""
        meaning = self._sheet.credits[credit].meaning
        if table not in tables_of(meaning, self._there):
            return {}
        query = f"SELECT DISTINCT shared FROM ({about(meaning, table, self._there)}) WHERE told = ? ORDER BY 1"
        found: dict[int, list[int]] = {int(of): [] for (of,) in self._connection.execute(query, [record]).fetchall()}
        made = self._resting.candidates(credit, table)
        mine = made["told"].to_numpy() == record
        for of, at in sorted(
            zip(made["shared"].to_numpy()[mine].tolist(), made["candidate"].to_numpy()[mine].tolist(), strict=True)
        ):
            found[int(of)].append(int(at))
        return found

    def key(self, table: str, record: int) -> str:
        """The key of a row, as people know it."""
        shown = key_sql(self._tables[table], "t.")
        query = f"SELECT {shown} FROM {table_name(table)} AS t WHERE t.record = ?"
        ((key,),) = self._connection.execute(query, [record]).fetchall()
        return str(key)

    def of_partner(self, reading: Reading, partner: str) -> tuple[int, int, int] | None:
        """How many rows of a reading count for a partner, are in its days, and are there at all; None where partners
        are not whom its rows belong to. Of rows that pay, the first number is left at 0: the sheet has them."""
        if reading.table == PARTNERS or reading.table not in self._there or not _is_owned(reading):
            return None
        write = Writer(self._tables, self._period, self._writer.kept, self._shares, self._writer.others)
        if reading.credit is not None:
            of = write.key_of(self._of(reading), reading.table)
            shared = (
                f"SELECT s.partner_id AS x FROM shares_{reading.credit} AS s JOIN ({{}}) AS r(shared) USING (shared)"
            )
        elif reading.credited is not None:
            of = write.DEAL
            shared = f"""SELECT s.partner_id AS x FROM {self._shares(reading.credited)} AS s
                JOIN ({{}}) AS r(deal_id) USING (deal_id) WHERE s.num > 0"""
        else:
            assert reading.owner is not None
            of, shared = reading.owner, "SELECT x FROM ({}) AS r(x)"
        counts = []
        for query in (
            None if reading.is_paid or reading.days is None else write.counted(reading, of),
            None if reading.days is None else write.inside(reading, of),
            write.every(reading, of),
        ):
            if query is None:
                counts.append(0)
                continue
            asked = f"SELECT count(*) FROM ({shared.format(query)}) WHERE x = ?"
            ((count,),) = self._connection.execute(asked, [*write.parameters, partner]).fetchall()
            counts.append(int(count))
            write.parameters.clear()
        return counts[0], counts[1], counts[2]


def _paid_by_balances(sheet: Sheet) -> list[str]:
    """The partners whom a balance pays something, such as what was held back of one that has left."""
    paid: set[str] = set()
    for name, frame in sheet.frame_of.items():
        if frame == ACCOUNTS and f"{ACCOUNTS}.{name}.{CLOSING}" in sheet.columns:
            paid.update(sheet.payees.keys[np.asarray(sheet.columns[name].numerator > 0, dtype=bool)].tolist())
    return sorted(paid)


def _asked(eligible: Expression | None, readings: Sequence[Reading]) -> set[str]:
    """The attributes by which partners are eligible, or find their target and benchmark: no reading reads them."""
    named = () if eligible is None else columns(eligible)
    found = {ATTRIBUTES[each.name] for each in named if each.table == PARTNERS and each.name in ATTRIBUTES}
    looked_up = {figure.partition(".")[0] for reading in readings for figure, _ in reading.looked_up}
    return found | {{"target": "region", "benchmark": "segment"}[each] for each in looked_up}


def _is_owned(reading: Reading) -> bool:
    """Whether a reading's rows belong to partners."""
    return reading.owner is not None or reading.credit is not None
