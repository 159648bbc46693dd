"""Fill in what a case does not say: partners, keys, references and the dates that put rows into the period.

In: the rows as they are given (only the cells that are written), what the rules mean, the case's period. Out: rows that
stand on their own. Every default is one that a reader would suppose; a cell that is written blank stays blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from rules.calendar import Calendar, Period
from rules.cases.meaning import Row
from rules.expressions.tree import Column, Type
from rules.meaning import Meaning
from rules.quantities.written import DateRange
from rules.tables import Table, canonical

_SUBJECTS = ("deal_id", "customer_id", "project_id")  # a credit is of one of them
_ROWS_MAX = 1_000
Rows = dict[str, list[dict[str, str]]]


def first_period(calendar: Calendar, effective: DateRange) -> Period | None:
    """The first period that lies within the days on which a program is in force; None where there is none."""
    near = periods_near(calendar, effective)
    inside = [each for each in near if effective.first <= each.start and each.end <= effective.end]
    return min(inside, key=lambda each: each.start, default=None)


def periods_near(calendar: Calendar, effective: DateRange) -> Iterable[Period]:
    """The periods of a calendar about some days: all that hold one of them, and others of the years around."""
    if calendar.length == "custom":
        return calendar.custom
    forms = {
        "month": [f"-{number:02d}" for number in range(1, 13)],
        "quarter": [f"-Q{number}" for number in range(1, 5)],
        "half_year": ["-H1", "-H2"],
        "year": [""],
    }[calendar.length]
    years = range(max(effective.first.year - 1, 1900), min(effective.last.year + 2, 3000))
    return (calendar.period(f"{year}{form}") for year in years for form in forms)


def filled(given: Mapping[str, Sequence[Row]], partners: Iterable[str], meaning: Meaning, period: Period) -> Rows:
    """The rows of a case, filled in; `partners` are ids that the case names outside of its tables."""
    tables = {source.table: meaning.tables[source.table] for source in meaning.sources}
    rows: Rows = {name: [dict(row) for row in given.get(name, ())] for name in tables}
    _add_partners(rows, partners)
    _fill_keys(tables, rows)
    _refer(tables, rows)
    _add_mentioned(tables, rows)
    dates = _dates(meaning, period)
    for name, table in tables.items():
        for row in rows[name]:
            _fill_days(table, row, dates, meaning, period)
    return rows


def _add_partners(rows: Rows, named: Iterable[str]) -> None:
    """The partners that are given, each with an id, and those that anything names; P-1 where there is none."""
    partners = rows.setdefault("partners", [])
    for number, row in enumerate(partners, 1):
        row.setdefault("partner_id", f"P-{number}")
    said = [row["partner_id"] for each in rows.values() for row in each if row.get("partner_id")]
    said += [row["parent_id"] for row in partners if row.get("parent_id")]
    known = {row["partner_id"] for row in partners}
    for partner in dict.fromkeys([*said, *named]):
        if partner not in known:
            partners.append({"partner_id": partner})
    if not partners:
        partners.append({"partner_id": "P-1"})


def _fill_keys(tables: Mapping[str, Table], rows: Rows) -> None:
    """A made-up id for each row whose own id is not said: `deals-1` for the first."""
    owners = _owners(tables)
    for table in tables.values():
        own = [column.name for column in table.columns if column.in_key and column.type is Type.ID]
        own = [name for name in own if name != "partner_id" and owners.get(name, table.name) == table.name]
        blank = {column.name for column in table.columns if column.blank_key}
        for number, row in enumerate(rows[table.name], 1):
            for name in own:
                if name not in blank:
                    row.setdefault(name, f"{table.name}-{number}" if name == own[-1] else _only(name))


def _only(column: str) -> str:
    """The id of the only row that a column can mean: `deals-1`."""
    return f"{column.removesuffix('_id')}s-1"


def _owners(tables: Mapping[str, Table]) -> Mapping[str, str]:
    """The table whose rows an id names, by the column that is its whole key; a canonical table's before others."""
    found: dict[str, str] = {}
    for table in sorted(tables.values(), key=lambda each: each.name not in canonical()):
        if len(table.key) == 1:
            found.setdefault(table.key[0], table.name)
    return found


def _refer(tables: Mapping[str, Table], rows: Rows) -> None:
    """Let rows refer to the only row of another table, be the only partner's, and have whole keys."""
    for name, table in tables.items():
        links = [(column, target) for column, target in _links(tables, table) if len(rows[target]) == 1]
        for row in rows[name]:
            subjects = [column for column, _ in links if column in _SUBJECTS]
            for column, target in links:
                is_other_subject = name == "credits" and column in _SUBJECTS and column != subjects[0]
                if is_other_subject or (name == "credits" and column in _SUBJECTS and _has_subject(row)):
                    continue
                row.setdefault(column, rows[target][0][column])
            for column, target in _links(tables, table):
                if column in table.key and not rows[target]:
                    row.setdefault(column, _only(column))


def _has_subject(row: Row) -> bool:
    return any(row.get(name) for name in _SUBJECTS)


def _links(tables: Mapping[str, Table], table: Table) -> list[tuple[str, str]]:
    """The columns that name a row of another table, with that table."""
    owners = _owners(tables)
    typed = [column.name for column in table.columns if column.type is Type.ID and not column.blank_key]
    return [(name, owners[name]) for name in typed if owners.get(name, table.name) != table.name]


def _add_mentioned(tables: Mapping[str, Table], rows: Rows) -> None:
    """A row for each id that another row names and no row has, until nothing is missing."""
    for _ in range(_ROWS_MAX):
        missing: list[tuple[str, str, str]] = []
        for name, table in tables.items():
            for column, target in _links(tables, table):
                known = {row.get(column) for row in rows[target]}
                missing += [
                    (target, column, row[column]) for row in rows[name] if row.get(column, "") not in known | {""}
                ]
        if not missing:
            return
        for target, column, key in dict.fromkeys(missing):
            rows[target].append({column: key})
        _refer(tables, rows)


def _fill_days(
    table: Table, row: dict[str, str], dates: Mapping[Column, date], meaning: Meaning, period: Period
) -> None:
    """The date that puts a row into the period, the days of its key, and the name of the period."""
    for column in table.columns:
        name, day = column.name, dates.get(Column(table.name, column.name))
        if table.name == "partners" and name == "recruited_on":
            day = meaning.effective.first
        elif column.in_key and not column.blank_key and column.type in (Type.DATE, Type.MONTH):
            day = day or (meaning.effective.first if name == "valid_from" else period.start)
        if day is not None and column.type in (Type.DATE, Type.MONTH):
            row.setdefault(name, str(day) if column.type is Type.DATE else str(day)[:7])
        if name == "period" and column.type is Type.TEXT:
            before = meaning.calendar.before(period) if table.name == "scores" else None
            row.setdefault(name, period.name if before is None else before.name)


def _dates(meaning: Meaning, period: Period) -> Mapping[Column, date]:
    """The columns that put rows into the period, each with a day that does: of payouts, of the rows that take theirs
    back, and of KPIs where no payout reads the table and they agree on one."""
    found: dict[Column, date] = {}
    for payout in meaning.payouts:
        rows = payout.rows
        if rows.dated is not None:
            first = period.start if rows.during is None else max(period.start, rows.during.first)
            day = first if first < period.end else period.start
            found.setdefault(rows.dated, day - timedelta(days=rows.lock_days))
        for back in payout.returns:
            if back.table != rows.table:
                found.setdefault(back.dated, period.start)
    taken = {column.table for column in found}
    measured: dict[str | None, set[Column]] = {}
    for kpi in meaning.kpis:
        for measure in kpi.measures:
            if measure.rows.dated is not None and measure.rows.dated.table not in taken:
                measured.setdefault(measure.rows.dated.table, set()).add(measure.rows.dated)
    for columns in measured.values():
        if len(columns) == 1:
            found[next(iter(columns))] = period.start
    return found
