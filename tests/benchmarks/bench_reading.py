"""How fast facts are read: a CSV file of deals against DuckDB's own typed read of the same file.

    python tests/benchmarks/bench_reading.py [--rows 10000000] [--threads 2]

Each part runs in a process of its own, so that its peak of memory is its own. Read: text to staged, typed rows with
every cell tested (what is held against DuckDB). Gather: all of it, with duplicates, references, the key-sorted Parquet
and the digest over it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from engine.facts.connection import connect
from engine.facts.gather import gather_facts
from engine.facts.read import read_source
from rules.calendar import Period
from rules.load import understand

RATIO_MAX = 2.0
MIB_MAX = 1536
PARTNERS = 100_000
PROGRAM = """
program: A large program
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts: {fee: {for_each: partners, amount: EUR 1}}
"""
_TYPES = {
    "deal_id": "VARCHAR", "customer_id": "VARCHAR", "partner_id": "VARCHAR", "product": "VARCHAR", "kind": "VARCHAR",
    "status": "VARCHAR", "opened_on": "DATE", "closed_on": "DATE", "amount": "DECIMAL(18,2)", "term_months": "BIGINT",
}  # fmt: skip


def write_sources(folder: Path, rows: int) -> None:
    """Deals in no order of their keys, and the partners that they name."""
    deals = f"""SELECT 'D' || lpad(((i * 7919) % {rows} + 1)::VARCHAR, 9, '0') AS deal_id,
        'C' || lpad((i * 31 % 2000000)::VARCHAR, 8, '0') AS customer_id,
        'P' || lpad((i * 17 % {PARTNERS})::VARCHAR, 6, '0') AS partner_id, 'product-' || (i % 40) AS product,
        ['new', 'renewal', 'upsell', 'cross_sell'][1 + i % 4] AS kind,
        ['open', 'won', 'lost'][1 + i % 3] AS status, DATE '2025-01-01' + (i % 365)::INT AS opened_on,
        CASE WHEN i % 3 > 0 THEN DATE '2026-01-01' + (i % 365)::INT END AS closed_on,
        ((i * 104729 % 100000000) / 100.0)::DECIMAL(18, 2) AS amount, 12 * (1 + i % 3) AS term_months
        FROM range({rows}) AS t(i)"""
    partners = (
        f"SELECT 'P' || lpad(i::VARCHAR, 6, '0') AS partner_id, 'Partner ' || i AS name FROM range({PARTNERS}) AS t(i)"
    )
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar=false")
    for name, query in (("deals", deals), ("partners", partners)):
        connection.execute(f"COPY ({query}) TO '{folder / name}.csv' (FORMAT csv, HEADER)")


def duckdb_read(folder: Path, threads: int) -> None:
    """DuckDB's own typed read into a table."""
    columns = ", ".join(f"'{name}': '{type_}'" for name, type_ in _TYPES.items())
    connection = duckdb.connect(config={"threads": threads})
    connection.execute("SET enable_progress_bar=false")
    connection.execute(
        f"""CREATE TABLE deals AS SELECT * FROM read_csv('{folder / "deals.csv"}', columns={{{columns}}},
        auto_detect=false, header=true, delim=',', quote='"', escape='"', nullstr='', strict_mode=true)"""
    )


def partage_read(folder: Path, threads: int) -> None:
    """Our read into staged rows, every cell told by the grammar."""
    meaning = understand(PROGRAM.encode(), "program.yaml", folder).understood()
    source = next(each for each in meaning.sources if each.table == "deals")
    with tempfile.TemporaryDirectory() as name:
        connection = connect([folder, Path(name)], threads, Path(name))
        currency = meaning.terms.currency
        staged, problems = read_source(connection, source, meaning.tables["deals"], currency, folder, Path(name))
        assert staged is not None and not problems and not staged.faults
        connection.close()


def partage_gather(folder: Path, threads: int) -> None:
    """Everything up to the snapshot."""
    meaning = understand(PROGRAM.encode(), "program.yaml", folder).understood()
    period = Period("2026-01", date(2026, 1, 1), date(2026, 2, 1))
    with gather_facts(meaning, folder, period, threads=threads) as facts:
        assert not facts.rejected


def measured(part: Callable[[Path, int], None], folder: Path, threads: int) -> tuple[float, int]:
    """Seconds and peak memory in MiB of a part, in a new process."""
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    process = context.Process(target=_measure, args=(part, folder, threads, answers))
    process.start()
    process.join()
    assert process.exitcode == 0, f"{part.__name__} failed"
    seconds, mib = answers.get()
    print(f"{part.__name__:16} {seconds:8.2f} s  {mib:6,} MiB", flush=True)
    return seconds, mib


def _measure(part: Callable[[Path, int], None], folder: Path, threads: int, answers: object) -> None:
    began = time.perf_counter()
    part(folder, threads)
    seconds = time.perf_counter() - began
    answers.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10))  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sources(folder, asked.rows)
        size = (folder / "deals.csv").stat().st_size
        print(f"{asked.rows:,} deals, {size >> 20:,} MiB, {asked.threads} threads")
        theirs, _ = measured(duckdb_read, folder, asked.threads)
        ours, mib = measured(partage_read, folder, asked.threads)
        _, whole_mib = measured(partage_gather, folder, asked.threads)
        print(
            f"ratio {ours / theirs:.2f} (at most {RATIO_MAX})   peak {max(mib, whole_mib):,} MiB (at most {MIB_MAX:,})"
        )
        assert ours <= RATIO_MAX * theirs and max(mib, whole_mib) <= MIB_MAX


if __name__ == "__main__":
    main()
