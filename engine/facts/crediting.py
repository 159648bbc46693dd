"""Who may earn on which rows: the candidates of a crediting rule, from credits, touches, saved weights, owners and
registrations.

In: a rule, and the tables. Out: columns of codes; who earns which share of them is worked out by `rules.crediting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.facts.batches import BATCH_ROWS, Read, Texts, columns, copied, joined
from engine.facts.keys import key_sql
from engine.facts.read import table_name
from engine.facts.registered import protecting
from engine.facts.seen import FP, Seen, texts, unscaled
from engine.facts.sql import Sql, identifier
from engine.facts.touches import BEFORE, touches
from engine.facts.versions import STRETCHES, refuse_gaps
from engine.facts.whole import Piece, both, told_in_sql
from engine.values import Creditable
from rules.calendar import Period
from rules.crediting.attributions import Attributions
from rules.crediting.candidates import OWNER, SOURCED, TOUCH, UNKNOWN_DAY, Candidates, CreditedRows
from rules.crediting.hierarchy import NOBODY, Hierarchy
from rules.crediting.meaning import DAY_OF, SUBJECT, CreditMeaning
from rules.expressions.tree import Expression, columns as columns_of
from rules.expressions.vector import leaves, number, truth
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact, Flags
from rules.quantities.groups import sorted_by
from rules.specific import most_specific
from rules.tables import Table

_FOR_EVER = date.max.toordinal()
_CODE, _SMALL = np.int32, np.int16  # of rows, partners and keys; of roles and ways, of which there are few


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The SQL of who may earn: its partner, role, share and day; and the table of the row `by` that says so, with its
    key, in whose order it is kept."""

    partner: str
    role: str
    share: str = "NULL"
    day: str = "NULL"
    by: str | None = None
    key: str = "''"


class Crediting:
    """The candidates of one rule, as the tables of a snapshot have them."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Mapping[str, Table],
        period: Period,
        there: Sequence[str],
        meaning: CreditMeaning,
    ) -> None:
        self._connection, self._tables, self._period = connection, tables, period
        self._there, self._meaning = frozenset(there), meaning
        self._partners = [str(each) for (each,) in self._ask("SELECT partner_id FROM t_partners ORDER BY partner_id")]
        self._roles: dict[str, int] = {}

    def creditable(self) -> Creditable:
        """The credited rows and everyone who may earn on them."""
        records, names, days, answers = self._rows()
        way = self._ways(names, answers, len(records))
        day, lead_day, opportunity_day = days
        amount = answers.get("amount")
        capped = amount if isinstance(amount, Exact) else None
        rows = CreditedRows(names, day, lead_day, opportunity_day, capped)
        positions = pa.table({"record": records, "row": np.arange(len(records)), "way": way})
        self._connection.register("credited_rows", positions)
        parts = [part for at, _ in enumerate(self._meaning.spec.ways) for part in self._of_way(at)]
        found = {name: joined([part.pop(name) for part in parts]) for name in list(parts[0])}
        self._connection.unregister("credited_rows")
        hierarchy = self._hierarchy() if self._meaning.spec.roll_up is not None else None
        return Creditable(records, self._candidates(rows, found), hierarchy)

    # --- the credited rows --------------------------------------------------------------------------------------------

    def _rows(self) -> tuple[NDArray[np.int64], Texts, list[NDArray[np.int64]], dict[str, Exact | Flags]]:
        """The rows for which the rule holds, in the order of their keys, their days, and what is asked of each."""
        meaning = self._meaning
        seen = Seen(self._tables, meaning.of, self._period)
        trees: dict[str, Expression] = {f"fits.{at}": tree for at, tree in enumerate(meaning.fits) if tree is not None}
        if meaning.where is not None:
            trees["where"] = meaning.where
        if meaning.amount is not None:
            trees["amount"] = meaning.amount
        wanted = list(dict.fromkeys(leaf for tree in trees.values() for leaf in leaves(tree, seen.type_of)))
        sql = Sql(seen.named)
        answered_by = "".join(f", {seen.leaf(tree, sql)} AS leaf{at}" for at, tree in enumerate(wanted))
        table = self._tables[meaning.of]
        days = "".join(f", {_day(each)} AS day{at}" for at, each in enumerate(self._days()))
        source = f"{table_name(table.name)} AS t {seen.joins()}"
        for each in seen.versions:  # a row of another period is asked for in a run of that one
            inside = f"{each.day} >= DATE '{self._period.start}' AND {each.day} < DATE '{self._period.end}'"
            asked = next(
                (column for tree in wanted for column in columns_of(tree) if seen.version_of(column) == each), None
            )
            rest = [] if asked is None else told_in_sql(seen.rest_of(meaning.where, asked), seen)
            met = both([Piece(inside if each.is_of_row else "TRUE"), *rest])
            refuse_gaps(self._connection, [each], source, met.text, (table.name, key_sql(table, "t.")), met.parameters)
        query = f"""SELECT {key_sql(table, "t.")} AS key, t.record AS record, t."@place" AS place{days}{answered_by}
            FROM {source}"""
        answer = self._connection.sql(query, params=sql.parameters).to_arrow_reader(BATCH_ROWS)
        read: dict[str, Read] = {f"leaf{at}": partial(seen.answer, tree) for at, tree in enumerate(wanted)}
        answered = columns(answer, {**read, "key": copied})
        found = {tree: answered.pop(f"leaf{at}") for at, tree in enumerate(wanted)}
        count = len(answered["place"])
        answers: dict[str, Exact | Flags] = {}
        for name, tree in trees.items():
            if name == "amount":
                answers[name] = number(tree, found.__getitem__, seen.type_of, count)
            else:
                answers[name] = truth(tree, found.__getitem__, seen.type_of, count).yes
        keep = answers.pop("where", np.ones(count, dtype=bool))
        assert not isinstance(keep, Exact), "a condition is true or not"
        rows = np.flatnonzero(keep)
        rows = rows[sorted_by((answered["place"][rows],))]
        kept = {name: each.take(rows) if isinstance(each, Exact) else each[rows] for name, each in answers.items()}
        days_of = [answered.pop(f"day{at}")[rows].astype(_CODE) for at in range(3)]
        return answered["record"][rows], Texts(answered["key"], rows), days_of, kept

    def _ways(self, names: Sequence[str], answers: Mapping[str, Exact | Flags], rows: int) -> NDArray[np.int64]:
        """The way of each row: the most specific one that fits; -1 where none does. Two of a kind are refused."""
        always = np.ones(rows, dtype=bool)
        fits = [answers.get(f"fits.{at}", always) for at in range(len(self._meaning.fits))]
        matches = [each.match for each in self._meaning.spec.from_]
        chosen = most_specific(matches, [each for each in fits if not isinstance(each, Exact)], rows)
        torn = np.flatnonzero(chosen.rival >= 0)
        problems = []
        for at in torn[:20].tolist():
            said = [self._way_said(each) for each in sorted((int(chosen.entry[at]), int(chosen.rival[at])))]
            of, name = self._meaning.of, self._meaning.name
            message = f"{of} {names[at]}: two ways of {name} fit equally well, {said[0]} and {said[1]}"
            hint = "name one more attribute in the way that should win"
            problems.append(Problem("C127", message, Place(of, field=names[at]), hint))
        if problems:
            raise Refused(*problems)
        return chosen.entry

    def _way_said(self, at: int) -> str:
        """A way as a person finds it in the program: the attributes that it names, and where it was written."""
        attributes = ", ".join(self._meaning.spec.from_[at].match)
        place = self._meaning.way_places[at]
        return f"the one for {attributes} ({place.file}:{place.line})"

    def _days(self) -> tuple[str, str, str]:
        """The SQL of the day of each row, of its first lead and of its opportunity."""
        of, key = self._meaning.of, SUBJECT.get(self._meaning.of)
        own = self._column(of, DAY_OF.get(of, ""))
        opened = self._column(of, "opened_on") if of == "deals" else "NULL"
        if key is not None and "leads" in self._there and of != "projects":
            opened = f"coalesce((SELECT min(l.opportunity_on) FROM t_leads AS l WHERE l.{key} = t.{key}), {opened})"
        lead = "NULL"
        if key is not None and "leads" in self._there and of != "projects":
            lead = f"(SELECT min(l.created_on) FROM t_leads AS l WHERE l.{key} = t.{key})"
        return own, lead, opened

    def _column(self, table: str, name: str) -> str:
        return f"t.{identifier(name)}" if name and self._tables[table].column(name) is not None else "NULL"

    # --- the candidates -----------------------------------------------------------------------------------------------

    def _of_way(self, at: int) -> list[dict[str, Any]]:
        """The candidates of the rows of one way."""
        way, of = self._meaning.spec.ways[at], self._meaning.of
        rows = f"credited_rows AS r JOIN {table_name(of)} AS t ON t.record = r.record AND r.way = {at}"
        if way.reads == "owner":
            own = [self._selected(rows, _Candidate("t.partner_id", f"'{SOURCED}'"))]
            return [*own, *self._holders(rows, "g.partner_id IS DISTINCT FROM t.partner_id")]
        key = SUBJECT[of]
        if way.reads == "touches":
            touch = _Candidate("c.partner_id", f"'{TOUCH}'", day="c.touched_on", by="c", key="c.touch_id")
            return [self._selected(f"{rows} JOIN ({touches(of, self._there)}) AS c ON c.{BEFORE} = t.{key}", touch)]
        if isinstance(way, Attributions):
            return self._attributed(rows, way)
        share = f"CAST(c.share * {FP} AS DECIMAL(38,0))"
        credit = _Candidate("c.partner_id", "c.role", share, "c.touched_on", "c", "c.credit_id")
        found = [self._selected(f"{rows} JOIN t_credits AS c ON c.{key} = t.{key}", credit)]
        lone = f"""NOT EXISTS (SELECT 1 FROM t_credits AS c
            WHERE c.{key} = t.{key} AND c.partner_id = g.partner_id AND c.role = '{SOURCED}')"""
        return [*found, *self._holders(rows, lone)]

    def _attributed(self, rows: str, way: Attributions) -> list[dict[str, Any]]:
        """The weights of the rows, and where a row has none and the way says so, the row's own partner."""
        self._refuse_other_attributions(rows, way)
        weight = _Candidate(
            "c.partner_id", "c.method", f"CAST(c.weight * {FP}::HUGEINT AS DECIMAL(38,0))", by="c", key="c.partner_id"
        )
        found = [self._selected(f"{rows} JOIN t_attributions AS c ON c.deal_id = t.deal_id", weight)]
        if way.otherwise == "owner":
            none = "NOT EXISTS (SELECT 1 FROM t_attributions AS c WHERE c.deal_id = t.deal_id)"
            found.append(self._selected(rows, _Candidate("t.partner_id", f"'{OWNER}'", str(FP)), none))
        return found

    def _refuse_other_attributions(self, rows: str, way: Attributions) -> None:
        """Raise Refused where a row was attributed by another method, or in another version, than the way says."""
        query = f"""SELECT t.deal_id, c.method, c.version FROM {rows} JOIN t_attributions AS c ON c.deal_id = t.deal_id
            WHERE c.method IS DISTINCT FROM ? OR (? IS NOT NULL AND c.version IS DISTINCT FROM ?) ORDER BY 1, 2, 3"""
        wrong = self._connection.execute(query, [way.method, way.version, way.version]).fetchmany(20)
        wanted = f"{way.method}" + ("" if way.version is None else f" in version {way.version}")
        problems = [
            Problem(
                "C129",
                f"deals {deal} was attributed by {method or 'no method'} in version {version or '(blank)'}, and "
                f"{self._meaning.name} pays by {wanted}",
                Place("attributions", field=deal),
                "attribute anew by the method that the program names, or name that of the table",
            )
            for deal, method, version in dict.fromkeys(wrong)
        ]
        if problems:
            raise Refused(*problems)

    def _holders(self, rows: str, where: str) -> list[dict[str, Any]]:
        """Who has registered a deal is sourced on it, whoever else is; nobody where nothing protects.

        Its share is 0, as no credit gives it any: what it earns is what the role has.
        """
        if self._meaning.spec.protected_by is None:
            return []
        source = f"{rows} JOIN {protecting()} AS g ON g.deal_id = t.deal_id"
        holder = _Candidate("g.partner_id", f"'{SOURCED}'", "0", by="g", key="g.registration_id")
        return [self._selected(source, holder, where)]

    def _selected(self, source: str, who: _Candidate, where: str = "TRUE") -> dict[str, Any]:
        held = "FALSE"
        if self._meaning.spec.protected_by is not None:
            held = f"""EXISTS (SELECT 1 FROM {protecting()} AS h
                WHERE h.deal_id = t.deal_id AND h.partner_id = {who.partner})"""
        positions = "(SELECT partner_id, row_number() OVER (ORDER BY partner_id) - 1 AS at FROM t_partners)"
        key = f"CAST({who.key} AS VARCHAR)"
        if self._is_of_one_table:
            key = "0" if who.by is None else f'{who.by}."@place"'
        query = f"""SELECT r.row AS row, r.way AS way, p.at AS partner, {who.role} AS role, {_day(who.day)} AS day,
                CAST({who.share} AS DECIMAL(38,0)) AS share, {key} AS key, {held} AS held
            FROM {source} JOIN {positions} AS p ON p.partner_id = {who.partner}
            WHERE {who.role} IS NOT NULL AND {where}"""
        read: dict[str, Read] = {"role": self._role_codes, "share": _shares, "held": np.asarray}
        if not self._is_of_one_table:
            read["key"] = lambda column: texts(column).astype(str)
        return columns(self._connection.sql(query).to_arrow_reader(BATCH_ROWS), read)

    @property
    def _is_of_one_table(self) -> bool:
        """Whether the keys of all candidates are those of one table, whose order is known, and need not be compared."""
        reads = {way.reads for way in self._meaning.spec.ways} - {"owner"}
        return len(reads) < 2 and self._meaning.spec.protected_by is None

    def _role_codes(self, column: pa.ChunkedArray) -> NDArray[np.int64]:
        """The places of roles among those met so far."""
        found = column.combine_chunks().dictionary_encode()
        known = [self._roles.setdefault(role, len(self._roles)) for role in found.dictionary.to_pylist()]
        codes: NDArray[np.int64] = np.array(known, dtype=np.int64)[np.asarray(found.indices)]
        return codes

    def _candidates(self, rows: CreditedRows, found: dict[str, Any]) -> Candidates:
        roles = sorted({*self._roles, *self._credited_roles()})
        code = np.array([roles.index(role) for role in self._roles], dtype=_SMALL)
        key = found["key"] if self._is_of_one_table else np.unique(found["key"], return_inverse=True)[1]
        return Candidates(
            rows=rows,
            partners=self._partners,
            roles=tuple(roles),
            row=found.pop("row").astype(_CODE),
            partner=found.pop("partner").astype(_CODE),
            role=code[found["role"]],
            key=key.astype(_CODE),
            share=found["share"],
            day=found["day"].astype(_CODE),
            way=found["way"].astype(_SMALL),
            is_protected=found["held"],
        )

    def _credited_roles(self) -> set[str]:
        return {role for way in self._meaning.spec.ways for role in way.credited_roles()}

    # --- who stands above whom ----------------------------------------------------------------------------------------

    def _hierarchy(self) -> Hierarchy:
        """The dated edges of `partner_history`; of whom it says nothing, what the table of partners says."""
        assert self._meaning.spec.roll_up is not None
        to = self._meaning.spec.roll_up.to
        code = {partner: at for at, partner in enumerate(self._partners)}
        edges: list[tuple[int, int, int, int]] = []
        dated: set[str] = set()
        if "partner_history" in self._there:
            query = f"SELECT partner_id, value, first, last, record FROM {STRETCHES} WHERE attribute = ?"
            for child, parent, first, last, record in self._connection.execute(query, [to]).fetchall():
                dated.add(child)
                if child in code and record is not None:
                    until = _FOR_EVER if last == date.max else last.toordinal() + 1
                    edges.append((code[child], code.get(parent, NOBODY), first.toordinal(), until))
        column = "parent_id" if to == "parent" else "manager"
        if self._tables["partners"].column(column) is not None:
            for child, parent in self._ask(f"SELECT partner_id, {column} FROM t_partners"):
                if child not in dated and parent in code:
                    edges.append((code[child], code[parent], 0, _FOR_EVER))
        spans = self._ask("SELECT recruited_on, terminated_on FROM t_partners ORDER BY partner_id")
        child, parent, start, end = np.array(sorted(edges), dtype=np.int64).reshape(-1, 4).T
        return Hierarchy(
            child,
            parent,
            start,
            end,
            np.array([0 if first is None else first.toordinal() for first, _ in spans], dtype=np.int64),
            np.array([_FOR_EVER if last is None else last.toordinal() + 1 for _, last in spans], dtype=np.int64),
            np.array([partner in dated for partner in self._partners], dtype=bool),
        )

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()


def _shares(column: pa.ChunkedArray) -> Exact:
    """Shares in billionths, unknown where they are blank."""
    known = np.asarray(column.is_valid())
    return Exact(unscaled(column), FP, None if known.all() else known)


def _day(sql: str) -> str:
    """A date as its ordinal, -1 where it is blank."""
    epoch = date(1970, 1, 1).toordinal()
    return f"coalesce(datediff('day', DATE '1970-01-01', CAST({sql} AS DATE)) + {epoch}, {UNKNOWN_DAY})"
