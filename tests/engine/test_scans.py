"""A table is read once for all KPIs on it, whichever way each is worked out, and the ways come to the same values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, strategies as st
from spine_stories import write

import engine.facts.gather
from engine.acts.metrics import metrics
from engine.facts import scan
from engine.facts.connection import connect
from engine.facts.kernel import Batch, by_kernel
from engine.facts.read import table_name
from engine.values import Measured
from rules.expressions.tree import Column, Type
from rules.kpi import Window
from rules.meaning import MeasureMeaning, RowsMeaning
from rules.quantities.exact import Exact

PROGRAM = """
program: Scans
currency: EUR
calendar: month
effective: 2024-01-01 to 2027-12-31
sources: {{partners: partners.csv, deals: deals.csv, credits: credits.csv}}
kpis:
{kpis}
payouts:
  fee: {{amount: 1}}
"""
DAYS = ["2026-03-30", "2026-04-01", "2026-04-09", "2026-04-09", "2026-04-30", "2026-05-01"]
DEALS = [
    f"d{at:02},c{at % 4},{['acme', 'bolt', 'crux', ''][at % 4]},{['won', 'lost', 'won'][at % 3]},{DAYS[at * 7 % 6]},"
    f"{[100, 25.5, -3, '', 7.01][at % 5]},{[12, 24, 36, '', 7][at * 3 % 5]}"
    for at in range(40)
]
TABLES = {
    "partners.csv": "partner_id,name,region\nacme,Acme,DE\nbolt,Bolt,FR\ncrux,Crux,DE\n",
    "deals.csv": "deal_id,customer_id,partner_id,status,closed_on,amount,term_months\n" + "\n".join(DEALS) + "\n",
    "credits.csv": "credit_id,deal_id,partner_id,role,share\nk1,d01,acme,sourced,0.333333333\nk2,d01,bolt,sourced,\n",
}
NO_CREDITS = TABLES["credits.csv"].split("\n")[0] + "\n"
DATED = "dated: deals.closed_on"
# One KPI for each way in which the deals of partners are read: in SQL, by the kernel, in an order.
WAYS = {
    "count": f"{{count: deals, {DATED}}}",
    "sum": f"{{sum: deals.amount, where: deals.status = 'won', {DATED}, blank: leave_out}}",
    "year": f"{{sum: deals.amount, {DATED}, window: trailing_12_months, blank: leave_out}}",
    "median": f"{{median: deals.amount, {DATED}, blank: leave_out}}",
    "distinct": f"{{count_distinct: deals.customer_id, {DATED}}}",
    "product": f"{{sum: deals.amount * deals.term_months, {DATED}, blank: leave_out}}",
    "rate": f"{{mean: deals.amount * 0.075, where: deals.amount * 2 > 100.5, {DATED}, blank: leave_out}}",
    "quotient": f"{{sum: deals.amount / deals.term_months, {DATED}, blank: leave_out}}",
    "quotients": f"{{median: deals.amount / deals.term_months, {DATED}, blank: leave_out}}",
    "where_quotient": f"{{count: deals, where: deals.amount / deals.term_months > 1, {DATED}}}",
    "distinct_quotient": f"{{count_distinct: deals.customer_id, where: deals.amount / deals.term_months < 5, {DATED}}}",
    "latest": f"{{sum: deals.amount, {DATED}, latest_of: deals.customer_id, blank: leave_out}}",
    "latest_won": f"{{count: deals, where: deals.status = 'won', {DATED}, latest_of: deals.customer_id}}",
    "latest_quotient": f"{{sum: deals.amount, where: deals.amount / deals.term_months < 5, {DATED}, "
    "latest_of: deals.customer_id, blank: leave_out}",
}


def program(folder: Path, kpis: Mapping[str, str], **tables: str) -> Path:
    """A program with these KPIs, in a folder of its own."""
    lines = "".join(f"  {name}: {kpi}\n" for name, kpi in kpis.items())
    return write(folder, PROGRAM.format(kpis=lines), TABLES | {f"{name}.csv": text for name, text in tables.items()})


def values(path: Path, level: str = "partner") -> dict[str, list[Fraction | None]]:
    """Every KPI by group."""
    return {name: column.fractions() for name, column in metrics(path, "2026-04", level).values.items()}


class Counted:
    """A connection that counts by their plans how often its queries read each table for measures."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scans: dict[str, int]) -> None:
        self._connection, self._scans = connection, scans

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def sql(self, query: str, params: object = None) -> duckdb.DuckDBPyRelation:
        """The answer to a query, whose scans were counted."""
        self._count(query, params)
        return self._connection.sql(query, params=params)

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        """The same of a statement."""
        self._count(query, parameters)
        return self._connection.execute(query, parameters)

    def _count(self, query: str, parameters: object) -> None:
        if "partner_groups" in query:
            waiting = json.loads(
                self._connection.execute(f"EXPLAIN (FORMAT json) {query}", parameters).fetchall()[0][1]
            )
            while waiting:
                node = waiting.pop()
                waiting += node["children"]
                table = node["extra_info"].get("Table", "").split(".")[-1]
                self._scans[table] = self._scans.get(table, 0) + 1


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], int]:
    """How often the KPIs of a program read the deals."""
    scans: dict[str, int] = {}
    monkeypatch.setattr(engine.facts.gather, "connect", lambda *given: Counted(connect(*given), scans))

    def count(path: Path, level: str = "partner") -> int:
        scans.clear()
        metrics(path, "2026-04", level)
        return scans[table_name("deals").strip('"')]

    return count


def test_all_kpis_on_a_table_are_one_scan(counted: Callable[..., int], tmp_path: Path) -> None:
    assert counted(program(tmp_path, WAYS)) == 1


@pytest.mark.parametrize("added", WAYS)
def test_a_kpi_more_adds_no_scan(added: str, counted: Callable[..., int], tmp_path: Path) -> None:
    before = {name: kpi for name, kpi in WAYS.items() if name != added}
    assert counted(program(tmp_path / "others", before)) == 1
    assert counted(program(tmp_path / "sum", {"first": WAYS["sum"]})) == 1
    assert counted(program(tmp_path / "both", {"first": WAYS["sum"], "added": WAYS[added]})) == 1


def test_for_the_program_too_with_and_without_the_deals_of_nobody(counted: Callable[..., int], tmp_path: Path) -> None:
    assert counted(program(tmp_path / "own", WAYS), "program") == 1
    both = WAYS | {"influenced": f"{{sum: deals.amount, {DATED}, credited: sourced, blank: leave_out}}"}
    assert counted(program(tmp_path / "credited", both)) == 2, "credits are joined to the rows of a scan of their own"


def test_the_count_tells_when_a_table_is_read_for_each_kpi(
    counted: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scan.Scan.run

    def one_by_one(self: scan.Scan) -> dict[str, Measured]:
        found: dict[str, Measured] = {}
        for each in self._members:
            self._members = [each]
            found |= run(self)
        return found

    monkeypatch.setattr(scan.Scan, "run", one_by_one)
    assert counted(program(tmp_path, WAYS)) == len(WAYS)


FORMULAS = {
    f"{aggregate}_{at}": f'{{{aggregate}: "{value}", {DATED}{where}, blank: leave_out}}'
    for aggregate in ("sum", "mean", "median", "count_distinct")
    for at, (value, where) in enumerate(
        [
            ("deals.amount * 0.075 - deals.amount / 3", ""),
            ("-(deals.amount * 2) + 1.5", ", where: deals.amount * 2 between 50 and 60.5 or not deals.amount * 3 > 0"),
            ("case when deals.amount * 2 > 50 then deals.amount * 0.1 when deals.status = 'won' then 1 end", ""),
            ("coalesce(deals.amount * 0.5, deals.amount * deals.term_months, 0.125)", ""),
            ("greatest(deals.amount * 0.5, 10)", ""),
            ("greatest(deals.amount, 10) * 0.05", ", where: deals.amount * 0.1 <> 2.55"),
            ("(deals.closed_on - date '2026-01-01') * 0.5", ""),
            ("deals.amount / abs(deals.term_months * 0)", ""),
        ]
    )
} | {"shared": f"{{sum: deals.amount * 0.1, {DATED}, credited: sourced, blank: leave_out}}"}


@pytest.mark.parametrize("level", ["partner", "region", "program"])
def test_sql_and_kernel_come_to_the_same(level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, FORMULAS | WAYS)
    found = values(path, level)
    for rows in (1, 3, 1000):
        monkeypatch.setattr(scan, "_BATCH_ROWS", rows)
        assert values(path, level) == found
        with monkeypatch.context() as inside:
            inside.setattr(scan.Scan, "_in_sql", lambda self, each: None)
            assert values(path, level) == found


def test_only_quotients_of_columns_are_the_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: set[str] = set()
    asked = scan.Scan._asked

    def noted(self: scan.Scan, each: MeasureMeaning, rows: Any) -> Any:
        given.add(each.name.removesuffix(".numerator"))
        return asked(self, each, rows)

    monkeypatch.setattr(scan.Scan, "_asked", noted)
    kpis = FORMULAS | WAYS
    values(program(tmp_path, kpis))
    of_kernel = ("/ deals.", "/ abs", "greatest(deals.amount *")
    assert given == {name for name, kpi in kpis.items() if any(part in kpi for part in of_kernel)}


def test_without_any_row_there_is_nothing_to_add(tmp_path: Path) -> None:
    found = values(program(tmp_path, WAYS, deals=TABLES["deals.csv"].split("\n")[0] + "\n", credits=NO_CREDITS))
    assert found == {name: [None if name in ("median", "rate", "quotients") else 0] * 3 for name in WAYS}


def test_what_does_not_fit_into_128_bits_goes_to_the_kernel(tmp_path: Path) -> None:
    amount, term = 9 * 10**14, 10**14
    deals = f"""
        deal_id,partner_id,closed_on,amount,term_months
        d1,acme,2026-04-01,9000000000000.00,{term}
        d2,acme,2026-04-02,9000000000000.00,{term}
        d3,bolt,2026-04-02,-9000000000000.00,{term}
        """
    kpis = {
        "row": f"{{sum: deals.amount * deals.term_months * deals.term_months, {DATED}}}",
        "total": f"{{sum: deals.amount * deals.term_months * 1500000000, {DATED}}}",
        "count": f"{{count: deals, {DATED}}}",
    }
    assert amount * term * 1_500_000_000 < 2**127 < 2 * amount * term * 1_500_000_000, "each fits, and both do not"
    assert values(program(tmp_path, kpis, deals=deals)) == {
        "row": [2 * amount * term**2, -amount * term**2, 0],
        "total": [2 * amount * term * 1_500_000_000, -amount * term * 1_500_000_000, 0],
        "count": [2, 1, 0],
    }


def test_rows_that_do_not_fit_into_memory_are_kept_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, {name: WAYS[name] for name in ("sum", "quotient", "quotients", "where_quotient")})
    found = values(path)
    raised: list[str] = []

    def full(self: scan.Scan, asked: Any) -> Any:
        raised.append(asked.measure.name)
        raise duckdb.OutOfMemoryException("no room for lists")

    monkeypatch.setattr(scan.Scan, "_listed", full)
    assert values(path) == found and len(raised) == 1


NUMBERS = st.none() | st.fractions(-5, 5, max_denominator=7) | st.integers(-(2**70), 2**70).map(Fraction)
ROWS = st.lists(st.tuples(st.integers(0, 2), NUMBERS, st.booleans()), max_size=12)


@given(ROWS, st.integers(1, 5), st.sampled_from(["sum", "mean", "median", "count_distinct"]), st.booleans())
def test_the_kernel_is_the_same_for_any_batches(
    rows: list[tuple[int, Fraction | None, bool]], size: int, aggregate: str, leaves_blanks_out: bool
) -> None:
    owner = Column("deals", "partner_id")
    each = MeasureMeaning(
        "m", aggregate, RowsMeaning("deals", None, None), owner, Type.NUMBER, Window.PERIOD, None, owner, None,
        leaves_blanks_out, False,
    )  # fmt: skip

    def batches() -> Iterator[Batch]:
        for first in range(0, len(rows), size):
            groups, numbers, meant = zip(*rows[first : first + size], strict=True)
            yield Batch(np.array(groups, dtype=np.int64), Exact.of(numbers), np.array(meant, dtype=bool))

    found = by_kernel(each, batches(), 3)
    for group in range(3):
        meant = [number for at, number, is_meant in rows if at == group and is_meant]
        known = [number for number in meant if number is not None]
        expected: Fraction | int | None = sum(known)
        if aggregate == "median":
            expected = median(known) if known else None
        elif aggregate == "count_distinct":
            expected = len(set(known))
        is_known = leaves_blanks_out or len(known) == len(meant)
        assert found.numerator.fraction(group) == (expected if is_known else None)
        assert found.denominator.fraction(group) == (len(known) if aggregate == "mean" else 1)
