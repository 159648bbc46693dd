"""How fast a true-up is: 1,000 late rows in a locked period of 1,000,000 lines, beside working the period out again.

    python tests/benchmarks/bench_true_up.py [--rows-scale 1.0]

All start from the kept tables of two snapshots. The true-up finds the changes, tells which of them matter, works the
partners out again whom they touch, and gives each line its reason. Beside it stands a run of the period on the new
tables, which says nothing of what changed: every line, the digests, the fates of all rows and the file of the lines;
and the same batch, got by working the whole period out. The batches are the same to the byte, and what was posted and
the batch are the period worked out again. Each time is the best of three (the last of one), by the clock and as the
processor's, of all threads together, which other work on the machine changes less; timings never fail it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench_quantities import print_table

from engine.acts.calculate import all_fates
from engine.acts.true_up import true_up
from engine.facts.gather import reopen_facts
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.store.lines import lines_to_parquet
from engine.trueup.differences import amounts_of, posted_amounts
from engine.values import Lines
from engine.values.true_up import Batch, Stated
from rules.load import understand

LINES, LATE, PARTNERS = 1_000_000, 1_000, 20_000
TIMES_FASTER = 5
Time = tuple[float, float]  # seconds by the clock, and of the processor
PROGRAM = b"""
program: Commission
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{to: 5_000, rate: 5%}, {to: 20_000, rate: 6%}, {rate: 7.5%}]
  bonus: {for_each: partners, base: sold, rate: 0.5%}
"""
_DEAL = """'D-' || lpad(CAST(i AS VARCHAR), 8, '0') AS deal_id,
    'P-' || lpad(CAST(i * 40503 // 1000 % {partners} AS VARCHAR), 6, '0') AS partner_id,
    DATE '2026-04-01' + CAST(i % 30 AS INTEGER) AS closed_on, CAST({amount} AS BIGINT) AS amount"""


def tables(folder: Path, lines: int, late: int, partners: int) -> tuple[dict[str, Path], dict[str, Path]]:
    """The kept tables of two snapshots: in the later one late deals are changed, and a tenth as many are new."""
    people = folder / "partners.parquet"
    before, now = folder / "before.parquet", folder / "now.parquet"
    connection = duckdb.connect()
    key = "'P-' || lpad(CAST(i AS VARCHAR), 6, '0')"
    connection.execute(
        f"COPY (SELECT i + 1 AS record, {key} AS partner_id FROM range({partners}) AS t(i) ORDER BY 2) TO '{people}'"
    )
    own = "i * 37 % 100000 + 1"
    every = lines // late
    changed = f"CASE WHEN i % {every} = 7 THEN {own} + 500 ELSE {own} END"
    for path, amount, rows in ((before, own, lines), (now, changed, lines + late // 10)):
        deal = _DEAL.format(partners=partners, amount=amount)
        query = f"SELECT i + 1 AS record, {deal} FROM range({rows}) AS t(i) ORDER BY deal_id"
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)")
    connection.close()
    return {"partners": people, "deals": before}, {"partners": people, "deals": now}


def worked_out(kept: dict[str, Path]) -> Lines:
    """The lines of the whole period, and the digests of all that they rest on."""
    meaning = understand(PROGRAM, "program.yaml", Path()).understood()
    plan, period = compile_plan(meaning), meaning.calendar.period("2026-04")
    with reopen_facts(meaning, kept, period) as facts:
        run = settle(plan, evaluate(plan, facts.snapshot, period, keep="lines"), "", facts.inputs)
        return run.lines if isinstance(run.lines, Lines) else run.lines.whole()


def run_again(kept: dict[str, Path]) -> bytes:
    """What a run does with its tables: lines, digests, what became of each row, and the bytes that are kept."""
    meaning = understand(PROGRAM, "program.yaml", Path()).understood()
    plan, period = compile_plan(meaning), meaning.calendar.period("2026-04")
    with reopen_facts(meaning, kept, period) as facts:
        sheet = evaluate(plan, facts.snapshot, period, keep="lines")
        run = settle(plan, sheet, "", facts.inputs)
        assert all_fates(plan, sheet, facts, period), "every row has a fate"
        return lines_to_parquet(run.lines)


def measured(lines: int, late: int, partners: int) -> tuple[Batch, tuple[Time, ...]]:
    """A true-up, and how long it takes, a run of the period, of it the lines alone, and the same batch by
    working the whole period out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, now = tables(folder, lines, late, partners)
        file = folder / "lines.parquet"
        file.write_bytes(lines_to_parquet(worked_out(before)))
        stated = Stated(PROGRAM, "program.yaml", "2026-04", before, file)
        batch, seconds = best(lambda: true_up(stated, now))
        same, same_seconds = best(lambda: true_up(stated, now, is_whole=True), times=1)
        whole, alone_seconds = best(lambda: worked_out(now))
        _, again_seconds = best(lambda: run_again(now))
        assert batch is not None and same is not None, "late rows are a batch"
        assert batch.content == same.content, "whom late rows do not touch has no line"
        posted = posted_amounts(worked_out(before), [batch], None, ())
        again = amounts_of([whole], ())
        assert {key: each for key, each in posted.items() if each} == {key: each for key, each in again.items() if each}
    return batch, (seconds, again_seconds, alone_seconds, same_seconds)


def best(work: Callable[[], Any], times: int = 3) -> tuple[Any, Time]:
    """The result, and the least time of some calls."""
    clocks, processors = [], []
    for _ in range(times):
        start, start_processor = perf_counter(), process_time()
        result = work()
        clocks.append(perf_counter() - start)
        processors.append(process_time() - start_processor)
    return result, (min(clocks), min(processors))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-scale", type=float, default=1.0)
    asked = parser.parse_args()
    sizes = [max(int(size * asked.rows_scale), 20) for size in (LINES, LATE, PARTNERS)]
    batch, times = measured(*sizes)
    print(f"\n{sizes[1]:,} late rows in {sizes[0]:,} lines of {sizes[2]:,} partners (aim: {TIMES_FASTER} x faster)")
    print(f"{len(batch.lines):,} delta lines")
    names = ("true-up", "a run of the period", "  of it, lines and digests", "the same batch, of the whole period")
    rows = []
    for name, each in zip(names, times, strict=True):
        ratios = (each[at] / times[0][at] for at in range(2))
        rows.append((name, *(text for pair in zip(each, ratios, strict=True) for text in map("{:.2f}".format, pair))))
    print_table(("", "seconds", "x true-up", "seconds of processor", "x true-up"), rows)


if __name__ == "__main__":
    main()
