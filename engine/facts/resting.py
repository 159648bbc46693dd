"""What lines rest on beside their own rows: the credits, touches, leads and registrations by which a row is shared, the
history by which it is rolled up, and the terms that were agreed.

In: the shares of a crediting rule. Out: which rows of those tables earn something by it, and which of them each line
of a payout rests on, as relations of record numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.agreed import subject
from engine.facts.read import table_name
from engine.facts.registered import protecting
from engine.facts.seen import Seen, seen_on
from engine.facts.sql import Sql
from engine.facts.touches import BEFORE, touches
from engine.facts.versions import STRETCHES
from engine.values import Credits, Reading, Sheet
from rules.calendar import Period
from rules.crediting.candidates import REMAINDER, SOURCED, UNKNOWN_DAY, Candidates
from rules.crediting.credited import credited, protected_once
from rules.crediting.hierarchy import NOBODY
from rules.crediting.meaning import SUBJECT, CreditMeaning
from rules.crediting.roll_up import LEVELS_MAX
from rules.expressions.tree import Column, columns
from rules.tables import ATTRIBUTES, HISTORY, Table

TERMS = "terms"
_ORDINAL = 719_163  # of 1970-01-01


def tables_of(meaning: CreditMeaning, there: Collection[str]) -> tuple[str, ...]:
    """The tables that say who earns on a row, but for the row itself and who stands above whom."""
    reads = {way.reads for way in meaning.spec.ways}
    found = ["credits"] if "credits" in reads else []
    found += ["touches", "leads"] if "touches" in reads else []
    found += ["attributions"] if "attributions" in reads else []
    found += ["registrations"] if meaning.spec.protected_by is not None else []
    return tuple(table for table in found if table in there)


def about(meaning: CreditMeaning, table: str, there: Collection[str]) -> str:
    """The query of which rows `told` of `table` say something of which credited rows `shared`, by their records."""
    key, of = SUBJECT[meaning.of], table_name(meaning.of)
    if table != "touches":
        joined = f"{table_name(table)} AS c JOIN {of} AS t ON c.{key} = t.{key}"
        return f"SELECT c.record AS told, t.record AS shared FROM {joined}"
    return f"SELECT c.record AS told, t.record AS shared FROM {_touches(meaning, there)}"


def _touches(meaning: CreditMeaning, there: Collection[str]) -> str:
    """Touches `c` joined to the rows `t` that they come before, themselves or by their lead."""
    key, of = SUBJECT[meaning.of], table_name(meaning.of)
    return f"({touches(meaning.of, there)}) AS c JOIN {of} AS t ON c.{BEFORE} = t.{key}"


def attributes(reading: Reading) -> tuple[Column, ...]:
    """The attributes of partners that a reading asks a history for, each once."""
    read = (column for tree in reading.trees for column in columns(tree))
    return tuple(dict.fromkeys(each for each in read if each.table == "partners" and each.name in ATTRIBUTES))


def seen_rows(period: Period, names: Collection[str]) -> str:
    """Whether a row `t` of history says what its partner is in a period, of one of some attributes."""
    listed = ", ".join(f"'{name}'" for name in names)
    return f"""t.record IN (SELECT h.record FROM t_partners AS w JOIN {STRETCHES} AS h ON h.partner_id = w.partner_id
        AND h.attribute IN ({listed}) AND {seen_on(period, "w")} BETWEEN h.first AND h.last)"""


class Resting:
    """What the lines of a sheet rest on; everything is worked out once, when it is first asked for."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        period: Period,
        there: Collection[str],
        sheet: Sheet,
    ) -> None:
        self._connection, self._tables, self._period = connection, tables, period
        self._there, self._sheet = frozenset(there), sheet
        self._earning: dict[str, pa.Table] = {}
        self._candidates: dict[tuple[str, str], pa.Table] = {}
        self._lines: dict[tuple[str, str], pa.Table] = {}

    def candidates(self, name: str, table: str) -> pa.Table:
        """Which candidates of a rule the rows of `table` make or protect: columns `candidate`, `told`, `shared`."""
        if (name, table) not in self._candidates:
            self._candidates[name, table] = self._made(name, table)
        return self._candidates[name, table]

    def _made(self, name: str, table: str) -> pa.Table:
        credits = self._sheet.credits[name]
        if table not in tables_of(credits.meaning, self._there):
            return pa.table({each: pa.array([], pa.int64()) for each in ("candidate", "told", "shared")})
        self._connection.register("resting_candidates", _numbered(credits))
        ordered = "PARTITION BY t.record, c.partner_id{} ORDER BY CAST(c.{} AS VARCHAR)"
        nth = f"row_number() OVER ({ordered})"
        key = SUBJECT[credits.meaning.of]
        match table:
            case "credits":
                mine = f"""SELECT c.record AS told, t.record AS shared, c.partner_id, c.role,
                        {nth.format(", c.role", "credit_id")} AS nth
                    FROM t_credits AS c JOIN {table_name(credits.meaning.of)} AS t ON c.{key} = t.{key}"""
                query = f"""SELECT n.candidate, m.told, m.shared FROM ({mine}) AS m JOIN resting_candidates AS n
                    USING (shared, partner_id, role, nth) WHERE n.reads = 'credits'"""
            case "touches":
                mine = f"""SELECT c.record AS told, t.record AS shared, c.partner_id,
                        {nth.format("", "touch_id")} AS nth
                    FROM {_touches(credits.meaning, self._there)}"""
                query = f"""SELECT n.candidate, m.told, m.shared FROM ({mine}) AS m JOIN resting_candidates AS n
                    USING (shared, partner_id, nth) WHERE n.reads = 'touches'"""
            case "attributions":
                query = f"""SELECT n.candidate, c.record AS told, t.record AS shared
                    FROM t_attributions AS c JOIN {table_name(credits.meaning.of)} AS t ON c.{key} = t.{key}
                    JOIN resting_candidates AS n ON n.shared = t.record AND n.partner_id = c.partner_id
                        AND n.role = c.method WHERE n.reads = 'attributions'"""
            case "leads":
                return self._by_leads(credits)
            case _:
                query = f"""SELECT n.candidate, g.record AS told, t.record AS shared
                    FROM {protecting()} AS g JOIN t_deals AS t ON g.deal_id = t.deal_id JOIN resting_candidates AS n
                        ON n.shared = t.record AND n.partner_id = g.partner_id AND n.held AND n.role = '{SOURCED}'"""
        return self._connection.sql(query).to_arrow_table()

    def _by_leads(self, credits: Credits) -> pa.Table:
        """A lead makes the touches that name it, and in a `w` the first of a row is a milestone for all of them."""
        meaning, key = credits.meaning, SUBJECT[credits.meaning.of]
        self._connection.register("resting_touches", self.candidates(meaning.name, "touches"))
        shaped = [at for at, way in enumerate(meaning.spec.ways) if getattr(way, "shape", "") == "w"]
        ways = ", ".join(map(str, [-1, *shaped]))
        t = table_name(meaning.of)
        query = f"""SELECT m.candidate, l.record AS told, m.shared FROM resting_touches AS m
                JOIN t_touches AS c ON c.record = m.told JOIN t_leads AS l ON l.lead_id = c.lead_id
                JOIN {t} AS t ON t.record = m.shared AND t.{key} = l.{key}
            UNION SELECT n.candidate, l.record AS told, n.shared FROM resting_candidates AS n
                JOIN {t} AS t ON t.record = n.shared JOIN t_leads AS l ON l.{key} = t.{key}
            WHERE n.way IN ({ways}) AND l.created_on = (SELECT min(f.created_on) FROM t_leads AS f
                WHERE f.{key} = t.{key})"""
        return self._connection.sql(query).to_arrow_table()

    def earning(self, name: str) -> pa.Table:
        """The candidates of a crediting rule that earn something, each alone: columns `candidate`, `shared`,
        `partner`, `role`, `beside`; codes as the candidates have them."""
        if name not in self._earning:
            credits = self._sheet.credits[name]
            known, spec = credits.known.candidates, credits.meaning.spec
            alone = replace(known, partner=np.arange(len(known), dtype=np.int64), partners=[""] * len(known))
            if spec.protected_by is not None:
                alone = replace(alone, is_protected=protected_once(known))
            plain = spec.model_copy(
                update={"roll_up": None, "at_most": None, "amount": None, "remainder": "house"},
            )
            shares = credited(plain, alone, credits.meaning.terms).shares
            at = shares.partner[shares.share.numerator != 0]
            beside = shares.beside[shares.share.numerator != 0]
            self._earning[name] = pa.table(
                {
                    "candidate": at,
                    "shared": credits.known.records[known.row[at]],
                    "partner": known.partner[at],
                    "role": known.role[at],
                    "beside": beside,
                }
            )
        return self._earning[name]

    def lines(self, reading: Reading, table: str) -> pa.Table:
        """Which lines of a reading rest on which rows of a table: columns `line`, its place in the frame, and
        `told`."""
        if (reading.name, table) not in self._lines:
            self._lines[reading.name, table] = self._rest_on(reading, table)
        return self._lines[reading.name, table]

    def _rest_on(self, reading: Reading, table: str) -> pa.Table:
        if table == TERMS:
            return self._agreed(reading)
        if table == HISTORY:
            return self._by_history(reading)
        assert reading.credit is not None
        self._feeds(reading)
        self._connection.register("resting_rows", self.candidates(reading.credit, table))
        query = "SELECT DISTINCT f.line, r.told FROM resting_feeds AS f JOIN resting_rows AS r USING (candidate)"
        return self._connection.sql(query).to_arrow_table()

    def _feeds(self, reading: Reading) -> None:
        """Register which line `line` of a reading rests on which earning `candidate`, by which `step` above it."""
        assert reading.credit is not None
        name, connection = reading.credit, self._connection
        frame = self._sheet.frames[self._sheet.frame_of[reading.lines]]
        shares = self._sheet.credits[name].shares
        rows = np.flatnonzero(self._sheet.columns[reading.lines].is_known())
        assert frame.shares is not None, "each credited row has its share"
        at = frame.shares[rows]
        paid = {
            "line": rows,
            "shared": self._sheet.credits[name].records[at],
            "partner": shares.partner[at],
            "role": shares.role[at],
            "level": shares.level[at],
        }
        connection.register("resting_lines", pa.table(paid))
        connection.register("resting_earning", self.earning(name))
        connection.register("resting_above", self._above(name))
        rest = len(shares.roles) - 1
        assert shares.roles[rest] == REMAINDER
        as_role = f"(p.role = e.role OR p.role = {rest} AND NOT e.beside)"
        own = f"""SELECT p.line, e.candidate, -1 AS step FROM resting_lines AS p JOIN resting_earning AS e
            ON p.shared = e.shared AND p.partner = e.partner AND p.level = 0 AND {as_role}"""
        above = f"""SELECT p.line, e.candidate, u.step FROM resting_lines AS p JOIN resting_earning AS e
            ON p.shared = e.shared AND {as_role} JOIN resting_above AS u
            ON u.candidate = e.candidate AND u.partner = p.partner AND u.level = p.level"""
        connection.register("resting_feeds", connection.sql(f"{own} UNION ALL {above}").to_arrow_table())

    def _above(self, name: str) -> pa.Table:
        """Who stands above whom for each earning candidate: the partner of each step and the level that it earns."""
        credits, earning = self._sheet.credits[name], self.earning(name)
        rule, hierarchy = credits.meaning.spec.roll_up, credits.known.hierarchy
        parts: list[tuple[NDArray[np.int64], ...]] = []
        at = earning["candidate"].to_numpy().astype(np.int64)
        partner = earning["partner"].to_numpy().astype(np.int64)
        if rule is not None and hierarchy is not None:
            known = credits.known.candidates
            day, level = known.rows.day[known.row[at]], np.zeros(len(at), dtype=np.int64)
            for step in range(LEVELS_MAX):
                above = hierarchy.above(partner, day)
                goes_on = (above != NOBODY) & (level < len(rule.rates))
                at, child, day, level = at[goes_on], partner[goes_on], day[goes_on], level[goes_on]
                partner = above[goes_on]
                is_active = hierarchy.is_active(partner, day)
                level = level + (is_active if rule.compress == "inactive" else 1)
                steps = np.full(len(at), step, dtype=np.int64)
                parts.append((at, steps, partner, np.where(is_active, level, -1), child, day))
        columns = zip(*parts, strict=True) if parts else [[] for _ in range(6)]
        names = ("candidate", "step", "partner", "level", "child", "day")
        empty = np.zeros(0, dtype=np.int64)
        return pa.table({key: np.concatenate([empty, *each]) for key, each in zip(names, columns, strict=True)})

    def _by_history(self, reading: Reading) -> pa.Table:
        """The rows of history by which a line is rolled up, and those that say what its partner was on its day."""
        parts = []
        if reading.credit is not None:
            self._feeds(reading)
            parts.append(self._rolled_up(reading.credit))
        frame = self._sheet.frames[self._sheet.frame_of[reading.lines]]
        rows = np.flatnonzero(self._sheet.columns[reading.lines].is_known())
        partners = pa.array(self._sheet.partners.keys[frame.partners[rows]], pa.string())
        lines = pa.table({"line": rows, "record": frame.records[rows], "partner_id": partners})
        for column in attributes(reading):
            self._connection.register("resting_lines", lines)
            seen = Seen(self._tables, reading.table, self._period)
            day = seen_on(self._period, "w") if not isinstance(column.on, Column) else seen.named(column.on)
            query = f"""SELECT DISTINCT p.line, h.record AS told FROM resting_lines AS p
                JOIN {table_name(reading.table)} AS t ON t.record = p.record {seen.joins()}
                JOIN t_partners AS w ON w.partner_id = p.partner_id
                JOIN {STRETCHES} AS h ON h.partner_id = p.partner_id AND h.attribute = ?
                    AND {day} BETWEEN h.first AND h.last WHERE h.record IS NOT NULL"""
            parts.append(self._connection.sql(query, params=[ATTRIBUTES[column.name]]).to_arrow_table())
        empty = pa.table({each: pa.array([], pa.int64()) for each in ("line", "told")})
        whole = [part.select(["line", "told"]).cast(empty.schema) for part in (empty, *parts)]
        return pa.concat_tables(whole).group_by(["line", "told"]).aggregate([])

    def _rolled_up(self, name: str) -> pa.Table:
        """The rows of history that say who stands above whom, up to whom a line pays."""
        meaning = self._sheet.credits[name].meaning
        if meaning.spec.roll_up is None or HISTORY not in self._there:
            return pa.table({each: pa.array([], pa.int64()) for each in ("line", "told")})
        positions = "SELECT partner_id, row_number() OVER (ORDER BY partner_id) - 1 AS place FROM t_partners"
        query = f"""SELECT DISTINCT f.line, h.record AS told FROM resting_feeds AS f
            JOIN resting_above AS u ON u.candidate = f.candidate AND u.step <= f.step
            JOIN ({positions}) AS child ON child.place = u.child
            JOIN ({positions}) AS parent ON parent.place = u.partner
            JOIN t_partner_history AS h ON h.partner_id = child.partner_id AND h.value = parent.partner_id
            WHERE h.attribute = ? AND u.day != {UNKNOWN_DAY}
                AND coalesce(datediff('day', DATE '1970-01-01', h.valid_from) + {_ORDINAL} <= u.day, TRUE)
                AND coalesce(datediff('day', DATE '1970-01-01', h.valid_to) + {_ORDINAL} >= u.day, TRUE)"""
        return self._connection.sql(query, params=[meaning.spec.roll_up.to]).to_arrow_table()

    def _agreed(self, reading: Reading) -> pa.Table:
        """The terms that were looked up for the lines of a reading."""
        assert reading.dated is not None, "what is agreed was checked to hold on a day"
        frame = self._sheet.frames[self._sheet.frame_of[reading.lines]]
        rows = np.flatnonzero(self._sheet.columns[reading.lines].is_known())
        partners = self._sheet.partners.keys[frame.partners[rows]]
        lines = {"line": rows, "record": frame.records[rows], "partner_id": pa.array(partners, pa.string())}
        self._connection.register("resting_lines", pa.table(lines))
        seen = Seen(self._tables, reading.table, self._period)
        sql = Sql(seen.named)
        wanted = [subject(self._tables, reading.table, each) for each in ("product", "deal_id")]
        product, deal = ("NULL" if each is None else sql.of(each) for each in wanted)
        day = sql.of(reading.dated)
        names = ", ".join("?" for _ in reading.agreed)
        query = f"""SELECT p.line, x.record AS told FROM resting_lines AS p
            JOIN {table_name(reading.table)} AS t ON t.record = p.record {seen.joins()}
            JOIN t_terms AS x ON x.partner_id = p.partner_id
            WHERE x.term IN ({names}) AND x.value IS NOT NULL AND x.valid_from <= {day}
                AND (x.valid_to IS NULL OR {day} <= x.valid_to)
                AND (x.product IS NULL OR x.product = {product}) AND (x.deal_id IS NULL OR x.deal_id = {deal})
            QUALIFY rank() OVER (PARTITION BY p.line, x.term
                ORDER BY (x.deal_id IS NOT NULL) DESC, (x.product IS NOT NULL) DESC) = 1"""
        return self._connection.sql(query, params=list(reading.agreed)).to_arrow_table()


def _numbered(credits: Credits) -> pa.Table:
    """The candidates of a rule, each with its number among those of its row, partner and role in the order of keys."""
    known: Candidates = credits.known.candidates
    order = np.lexsort((known.key, known.role, known.partner, known.row))
    sorted_ = np.stack([known.row, known.partner, known.role])[:, order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (sorted_[:, 1:] != sorted_[:, :-1]).any(axis=0)
    starts = np.flatnonzero(is_first)
    nth = np.empty(len(order), dtype=np.int64)
    nth[order] = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order)))) + 1
    reads = np.array([way.reads for way in credits.meaning.spec.ways], dtype=object)[known.way]
    roles = np.array([*known.roles, ""], dtype=object)[known.role]
    partners = np.array([*known.partners, ""], dtype=object)[known.partner]
    return pa.table(
        {
            "candidate": np.arange(len(known), dtype=np.int64),
            "shared": credits.known.records[known.row],
            "partner_id": pa.array(partners, pa.string()),
            "role": pa.array(roles, pa.string()),
            "nth": nth,
            "way": known.way,
            "reads": pa.array(reads, pa.string()),
            "held": known.is_protected,
        }
    )
