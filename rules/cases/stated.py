"""A program as one case sees it: its tables hold the case's rows, and what the case states is read, not worked out.

In: what a program means, and a case. Out: the same program with files of the case as its sources, and their bytes. What
is stated of KPIs and scores goes into a table of its own, `stated`, with a row for each partner, so that everything
takes the way that it takes in a run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from rules.balances.meaning import OPENING
from rules.cases.meaning import CaseMeaning
from rules.expressions.tree import Column, Type
from rules.kpi import Window
from rules.meaning import KpiMeaning, Meaning, MeasureMeaning, RowsMeaning, SourceMeaning
from rules.problem import Place
from rules.tables import Table, TableColumn, canonical

STATED, BALANCES = "stated", "balances"
_FOLDER = "given"


def as_case(meaning: Meaning, case: CaseMeaning) -> tuple[Meaning, Mapping[str, bytes]]:
    """The program of a case, and the files of its sources by their path below the case's folder."""
    case = _opened(meaning, case)
    if BALANCES in case.tables and BALANCES not in meaning.tables:
        meaning = replace(meaning, tables={**meaning.tables, BALANCES: canonical()[BALANCES]})
    files: dict[str, bytes] = {}
    for name, rows in case.tables.items():
        header = [column.name for column in meaning.tables[name].columns]
        files[_path(name)] = _csv(header, ([row.get(column, "") for column in header] for row in rows))
    sources = [_source(name, case.place) for name in case.tables]
    tables = dict(meaning.tables)
    types = {kpi.name: kpi.type for kpi in meaning.kpis} | {quota.name: quota.type for quota in meaning.quotas}
    if case.stated:
        columns = _columns(case.stated)
        partners = dict.fromkeys(partner for values in case.stated.values() for partner in values)
        cells = ([partner, *(case.stated[name].get(partner, "") for name in columns)] for partner in partners)
        files[_path(STATED)] = _csv(["partner_id", *columns.values()], cells)
        sources.append(_source(STATED, case.place))
        held = [TableColumn(each, _type(types.get(name))) for name, each in columns.items()]
        tables[STATED] = Table(STATED, "what is stated of a partner", (TableColumn("partner_id", Type.ID, True), *held))
    known = {kpi.name for kpi in meaning.kpis}
    # What is no KPI comes first: a formula may name it.
    kpis = [_stated(_value(name, types.get(name), case.place), case) for name in case.stated if name not in known]
    kpis += [_stated(kpi, case) if kpi.name in case.stated else kpi for kpi in meaning.kpis]
    cards = {name.partition(".")[0] for name in case.stated if name not in known}
    scorecards = tuple(card for card in meaning.scorecards if card.name not in cards)
    quotas = tuple(each for each in meaning.quotas if each.name not in case.stated)
    told = replace(meaning, tables=tables, sources=tuple(sources), kpis=tuple(kpis), scorecards=scorecards)
    return replace(told, quotas=quotas), files


def _opened(meaning: Meaning, case: CaseMeaning) -> CaseMeaning:
    """The case with what it states of openings as rows of the table of balances, on the day before its period."""
    openings = {f"{each.name}.{OPENING}": each.name for each in meaning.balances}
    as_of = str(case.period.start - timedelta(days=1))
    rows: list[Mapping[str, str]] = [
        {"partner_id": partner, "balance": openings[name], "as_of": as_of, "amount": text}
        for name, values in case.stated.items()
        if name in openings
        for partner, text in values.items()
    ]
    if not rows:
        return case
    stated = {name: values for name, values in case.stated.items() if name not in openings}
    return replace(case, stated=stated, tables={**case.tables, BALANCES: (*case.tables.get(BALANCES, ()), *rows)})


def _path(table: str) -> str:
    return f"{_FOLDER}/{table}.csv"


def _columns(names: Iterable[str]) -> Mapping[str, str]:
    """A column of its own for each KPI and each part of a scorecard: `performance.tier` as `performance_tier`."""
    found: dict[str, str] = {}
    for name in names:
        column = name.replace(".", "_")
        while column in found.values():
            column += "_"
        found[name] = column
    return found


def _type(type_: Type | None) -> Type:
    return Type.MONEY if type_ is Type.MONEY else Type.NUMBER


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _source(table: str, place: Place) -> SourceMeaning:
    return SourceMeaning(table, _path(table), {}, {}, place)


def _value(name: str, type_: Type | None, place: Place) -> KpiMeaning:
    """A quota or a part of a scorecard as a KPI."""
    title = name.replace("_", " ").replace(".", ", ")
    return KpiMeaning(
        name=name,
        title=title,
        type=type_ or Type.NUMBER,
        unit="money" if type_ is Type.MONEY else "number",
        better="higher",
        level="partner",
        numerator=None,
        denominator=None,
        formula=None,
        is_averaged=False,
        times=Fraction(1),
        when_zero="unknown",
        at_least=0,
        place=place,
    )


def _stated(kpi: KpiMeaning, case: CaseMeaning) -> KpiMeaning:
    """The KPI as what is stated of it: the mean of one value; unknown for a partner of whom nothing is stated."""
    value = MeasureMeaning(
        name=kpi.name,
        aggregate="mean",
        rows=RowsMeaning(STATED, None, None),
        value=Column(STATED, _columns(case.stated)[kpi.name]),
        type=_type(kpi.type),
        window=Window.PERIOD,
        credited=None,
        owner=Column(STATED, "partner_id"),
        latest_of=None,
        leaves_blanks_out=True,
        counts_direct=False,
    )
    return replace(
        kpi,
        numerator=value,
        denominator=None,
        formula=None,
        is_averaged=False,
        times=Fraction(1),
        at_least=0,
        place=case.place,
    )
