"""How fast a number is explained: from a store with a kept run to the reasons, every KPI and cell of a scorecard.

    python tests/benchmarks/bench_explain.py [--rows-scale 1.0]

The tables are those of `bench_kpis`: at scale 1, 10,000,000 deals, 20,000,000 activities, 5,000,000 rows of recurring
revenue, 10,000 partners; and a target of each for one KPI. Each explanation opens the store anew, as the command does;
the whole payout is not asked for, which recomputes its run. Every value is held against the run's, or it raises.
Then a payout of a run of 1,000,000 lines and 100,000 partners, at scale 1, with the partner alone worked out again and,
beside it, the whole run; both explanations are the same, or it raises.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import bench_kpis as bench
import bench_true_up
import duckdb

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.acts.period import period_of
from engine.acts.reopen import reopen_run
from engine.acts.why import why
from engine.digest import canonical, sha256
from engine.explain import explain
from engine.explain.score import cells
from engine.facts.connection import connect
from engine.facts.gather import reopen_facts
from engine.facts.grammar import SQL_TYPES
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.store import RunRecord, Store
from engine.store.lines import lines_to_parquet
from engine.store.sheets import sheet_to_parquet
from engine.values import Input, Kpi, Plan, Run, Score
from engine.version import VERSION
from rules.load import understand
from rules.tables import canonical as canonical_tables

SECONDS_MAX = 1.0
TABLES = (*bench.TABLES, "targets")
PROGRAM = (
    bench.PROGRAM.replace("subscriptions.csv}", "subscriptions.csv, targets: targets.csv}")
    + """
scorecards:
  performance:
    missing: zero
    groups:
      growth:
        weight: 50%
        kpis:
          partner_sourced_revenue: {weight: 40%, attainment: {of: target, cap: 150%}}
          partner_growth_rate: {weight: 30%, z_score: {deviation: population}}
          mrr_growth: {weight: 30%, percentile: {}}
      reach:
        weight: 50%
        kpis:
          reply_conversion_rate: {weight: 25%, min_max: {}}
          margin_rate: {weight: 25%, rank: {ties: mean}}
          response_time: {weight: 25%, linear: {from: {percentile: 90%}, to: {percentile: 10%}}}
          contacts_met: {weight: 25%, linear: {from: 0, to: 40}}
    bonus: {influence: {when: partner_influenced_revenue > 0, points: 2}}
    tiers: {bronze: 0, silver: 40, gold: 60}
    rank: competition
"""
)


def write_targets(folder: Path) -> None:
    """A target of the sourced revenue for each partner."""
    cells = {
        "target_id": "'T' || i",
        "partner_id": "'P' || lpad(i::VARCHAR, 6, '0')",
        "scope": "'partner'",
        "kpi": "'partner_sourced_revenue'",
        "period": "'2026-03'",
        "target": "100000 + i",
    }
    columns = ", ".join(
        f"CAST({cells.get(each.name, 'NULL')} AS {SQL_TYPES[each.type]}) AS {each.name}"
        for each in canonical_tables()["targets"].columns
    )
    query = f"SELECT row_number() OVER () AS record, {columns} FROM range({bench.PARTNERS}) AS t(i)"
    duckdb.connect().execute(f"COPY ({query}) TO '{folder / 'targets.parquet'}' (FORMAT parquet)")


def keep(folder: Path, store: Path) -> Plan:
    """Work the run out and keep it as `partage run` does; the rows are not digested, which nothing here looks at."""
    data = PROGRAM.encode()
    meaning = understand(data, "program.yaml", folder).understood()
    period = period_of(meaning, "2026-03")
    plan = compile_plan(meaning)
    kept = {table: folder / f"{table}.parquet" for table in TABLES}
    with tempfile.TemporaryDirectory() as scratch:
        connection = connect([folder], None, Path(scratch))
        files = {table: f"{table}.csv" for table in TABLES}
        facts = Snapshot(connection, meaning.tables, files, period, meaning.calendar, meaning.eligible, kept)
        sheet = evaluate(plan, facts, period)
        trails = facts.keep_trails(each for step in plan.steps if isinstance(step, Kpi) for each in step.kpi.measures)
        connection.close()
    run = settle(plan, sheet, sha256(data), [Input(table, "", "", "", 0) for table in TABLES])
    record = record_of(run)
    tables: dict[str, bytes | Path] = {f"table:{table}": path for table, path in kept.items()}
    with Store.open(store) as books:
        books.keep(record, {"program": data, "sheet": sheet_to_parquet(sheet), **tables, **trails})
    return plan


def record_of(run: Run) -> RunRecord:
    """The run as it is kept."""
    return RunRecord(
        number=0,
        run_id=run.run_id,
        kind="preview",
        program=run.title,
        file="program.yaml",
        period=run.period.name,
        currency=run.currency,
        total_minor=run.total_minor,
        partners=len(run.partners),
        lines=len(run.lines),
        created_at=datetime(2026, 4, 1, tzinfo=UTC),
        actor="benchmark",
        engine=VERSION,
        manifest=canonical(run.manifest),
        blobs={},
    )


def keep_lines(folder: Path, store: Path, lines: int) -> None:
    """Keep a run of many lines, ten to a partner."""
    data = bench_true_up.PROGRAM
    kept, _ = bench_true_up.tables(folder, lines, min(1_000, lines), max(lines // 10, 20))
    named = folder / "named.parquet"  # as a run keeps them, with every column that the table may have
    query = f"SELECT *, CAST(NULL AS VARCHAR) AS name FROM '{kept['partners']}'"
    duckdb.connect().execute(f"COPY ({query}) TO '{named}' (FORMAT parquet)")
    kept["partners"] = named
    meaning = understand(data, "program.yaml", folder).understood()
    plan, period = compile_plan(meaning), meaning.calendar.period("2026-04")
    with reopen_facts(meaning, kept, period) as facts:
        sheet = evaluate(plan, facts.snapshot, period)
        run = settle(plan, sheet, sha256(data), facts.inputs)
    blobs: dict[str, bytes | Path] = {f"table:{table}": path for table, path in kept.items()}
    blobs |= {"program": data, "lines": lines_to_parquet(run.lines), "sheet": sheet_to_parquet(sheet)}
    with Store.open(store) as books:
        books.keep(record_of(run), blobs)


def a_payout(lines: int) -> None:
    """Print how long the payout of one partner takes to explain, beside working the whole run out again."""
    with tempfile.TemporaryDirectory() as name:
        folder, store, partner = Path(name), Path(name) / "books.db", "P-000007"
        keep_lines(folder, store, lines)
        alone, seconds = bench_true_up.best(lambda: why(store, 1, partner, None).reason)

        def of_whole() -> object:
            with reopen_run(store, 1) as run:
                return explain(run.plan, run.sheet, run.facts, partner, None)

        whole, whole_seconds = bench_true_up.best(of_whole, times=1)
        assert alone == whole, "the whole run explains it so too"
    for what, (wall, used) in (("the partner alone", seconds), ("the whole run", whole_seconds)):
        print(f"{wall:6.2f} s  {used:6.2f} s of processors  a payout of {lines:,} lines, {what} worked out again")


def names(plan: Plan) -> Iterator[str]:
    """Every KPI, and every cell of every scorecard."""
    for step in plan.steps:
        if isinstance(step, Kpi):
            yield step.name
        elif isinstance(step, Score):
            yield from cells(step.scorecard)


def wholes(plan: Plan) -> Iterator[str]:
    """The cells that go through the rows of many KPIs: the score, its tier and rank, and groups."""
    for step in plan.steps:
        if isinstance(step, Score):
            yield from (name for name, cell in cells(step.scorecard).items() if cell.side not in ("kpi", "extra"))


def seconds_of(store: Path, name: str) -> tuple[float, float]:
    """How long one explanation takes, from the path of the store, and how much of the processors; the better of two."""
    found = []
    for _ in range(2):
        began, used = time.perf_counter(), time.process_time()
        why(store, 1, bench.EXPLAINED, name)
        found.append((time.perf_counter() - began, time.process_time() - used))
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-scale", type=float, default=1.0)
    asked = parser.parse_args()
    a_payout(max(int(1_000_000 * asked.rows_scale), 200))
    with tempfile.TemporaryDirectory() as name:
        folder, store = Path(name), Path(name) / "books.db"
        bench.write_tables(folder, asked.rows_scale)
        write_targets(folder)
        began = time.perf_counter()
        plan = keep(folder, store)
        print(f"{time.perf_counter() - began:6.2f} s  to measure, score and keep, the trails included", flush=True)
        seconds = {name: seconds_of(store, name) for name in names(plan)}
    for name in sorted(seconds, key=seconds.__getitem__, reverse=True):
        wall, used = seconds[name]
        print(f"{wall:6.2f} s  {used:6.2f} s of processors  {name}")
    single = {name: each for name, each in seconds.items() if name not in set(wholes(plan))}
    for kind, each in (("one number", single), ("a whole", {name: seconds[name] for name in wholes(plan)})):
        slowest = max(each, key=lambda name: each[name])
        print(f"explain {kind}: {each[slowest][0]:.2f} s for {slowest}, the slowest of {len(each)}")
    assert asked.rows_scale < 1 or max(seconds.values())[0] <= SECONDS_MAX, "a number is explained within a second"


if __name__ == "__main__":
    main()
