"""How fast what-if evaluations are: 1,000 scenarios of the channel plan on two processes, beside as many separate runs.

    python tests/benchmarks/bench_simulate.py [--scenarios 1000] [--processes 2] [--data FOLDER]

The program is docs/examples/channel (22 payouts, a pool, two scorecards, three balances; the second quarter of 2026,
which looks back at five) on the data that its generator makes. No two scenarios are alike: rates, amounts, thresholds,
caps, shares, levels of tiers, bounds of a pool and a KPI's sample change in rotation, every eighth takes a component
out as well. Each is laid over the text of the program, understood and checked anew, and settled with its manifest.

The processes take the next scenario from one list, each when it is done with the one before, so that neither waits for
the other. The time is by the clock, from the start of the first process to the last total: it includes reading the
facts once in each process, and the evaluation that all others start from. A separate run reads the facts and works out
everything; so many would take too long, so a few are timed, one after the other, and their mean is multiplied. The runs
of these scenarios have to be the same to the digest of their manifests, whichever way they were worked out. Timings
never fail it.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from shutil import copyfile
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench_quantities import print_table

from engine.facts.gather import gather_facts
from rules.load import load
from scenarios.acts.evaluate import facts_by, periods_of, run_of
from scenarios.overlays.overlay import Overlaid, laid_over
from scenarios.overlays.scenario import read_scenario

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "channel"
PERIOD, SCENARIOS, PROCESSES, SEPARATE = "2026-Q2", 1_000, 2, 4
SECONDS_MOST, TIMES_FASTER = 60, 20
CHANGED = (  # a path, and what it becomes, with a figure that is another one each time
    ("payouts.override.rate", "{}%"),
    ("payouts.team_bonus.rate", "{}%"),
    ("payouts.renewals.card.otherwise.rate", "{}%"),
    ("payouts.expansion.rate.rate", "{}%"),
    ("payouts.accelerator.rate", "{}%"),
    ("payouts.referral_fee.rate", "{}%"),
    ("payouts.referral_fee.at_most", "EUR 15{}"),
    ("payouts.affiliate_share.rate", "{}%"),
    ("payouts.touch_bonus.rate", "{}%"),
    ("payouts.paid_commission.rate", "{}%"),
    ("payouts.platform_fee.rate", "{}%"),
    ("payouts.platform_fee.at_least", "EUR -2{}"),
    ("payouts.marketplace_share.rate.rate", "1{}%"),
    ("payouts.api_fee.per_unit", "EUR 0.00{digits}"),
    ("payouts.service_fee.per_unit", "EUR {}"),
    ("payouts.launch_spif.amount", "EUR 1{}"),
    ("payouts.delivery_bonus.amount", "EUR 4{}"),
    ("payouts.certification.amount", "EUR 1{}"),
    ("payouts.team_bonus.at_most", "EUR 12{}"),
    ("credit.new_business.at_most", "EUR 400{}"),
    ("pools.profit_share.size.rate", "{}%"),
    ("pools.profit_share.size.at_most", "EUR 2500{}"),
    ("pools.profit_share.bounds.at_least", "EUR 4{}"),
    ("scorecards.performance.tiers.levels.gold", "7{}"),
    ("scorecards.performance.groups.growth.kpis.new_share.linear.to", "5{}%"),
    ("kpis.nps.at_least", "{count}"),
    ("balances.holdback.holdback.share", "1{}%"),
    ("balances.minimum.minimum.amount", "EUR 4{}"),
)
REMOVED = ("contest", "touch_bonus", "delivery_bonus", "api_fee", "long_terms", "launch_spif")


def scenarios(count: int) -> Iterator[str]:
    """So many scenarios, no two of them alike."""
    for at in range(count):
        path, words = CHANGED[at % len(CHANGED)]
        turn = at // len(CHANGED)
        figure = f"{2 + turn // 10}.{turn % 10}{at % 7 + 1}"
        value = words.format(figure, digits=f"{30 + turn}{at % 7}", count=2 + turn)
        text = f"scenario: s{at}\nset:\n  {path}: {value}\n"
        gone = REMOVED[at // 8 % len(REMOVED)]
        yield text + (f"remove: [payouts.{gone}]\n" if at % 8 == 7 and gone not in path else "")


taken: Any = None  # how many scenarios the processes took so far, by all of them


def share(count: Any) -> None:
    """A process begins, and shares the count with the others."""
    global taken
    taken = count


def untaken(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The scenarios that no other process takes, each with its place."""
    while True:
        with taken.get_lock():
            at = taken.value
            taken.value += 1
        if at >= len(texts):
            return
        yield at, texts[at]


def evaluated(program: Path, texts: Sequence[str]) -> tuple[dict[int, tuple[str, int]], float, float, float]:
    """The id and the total of the run of each scenario that this process took, by its place; seconds of the processor
    until the first one and for all of them, and the most memory held, in MiB."""
    base, found = load(program), dict[int, tuple[str, int]]()
    [period] = periods_of(base.understood(), PERIOD)
    with facts_by(base, period, threads=1) as facts_of, tempfile.TemporaryDirectory() as folder:
        start = Overlaid(base.data, base, (), ())
        run_of(base, *facts_of(start), program)
        gc.collect()
        gc.set_threshold(50_000)
        gc.freeze()  # what all evaluations share is not looked through for rubbish, over and over
        begun = process_time()
        file = Path(folder) / "scenario.yaml"
        for at, text in untaken(texts):
            file.write_text(text, "utf-8")
            laid = laid_over(base, read_scenario(file).edits)
            run = run_of(laid.loaded, *facts_of(laid), program)
            found[at] = run.run_id, run.total_minor
    return found, begun, process_time(), getrusage(RUSAGE_SELF).ru_maxrss / 1024


def at_once(program: Path, texts: Sequence[str], processes: int) -> tuple[list[tuple[str, int]], float, float]:
    """The runs of all scenarios, in their order; seconds by the clock, and the most memory of a process in MiB."""
    started = perf_counter()
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, context, share, (context.Value("q", 0),)) as pool:
        answers = list(pool.map(evaluated, [program] * processes, [texts] * processes))
    seconds = perf_counter() - started
    runs = [run for _, run in sorted((at, run) for found, *_ in answers for at, run in found.items())]
    for at, (found, begun, ended, memory) in enumerate(answers):
        each = (ended - begun) / max(1, len(found)) * 1000
        told = f"{each:.1f} ms for each of {len(found):,} evaluations, {memory:,.0f} MiB"
        print(f"process {at + 1}: {begun:.1f} s of CPU to begin, {told}")
    return runs, seconds, max(memory for *_, memory in answers)


def separate(program: Path, text: str) -> tuple[tuple[str, int], float]:
    """The run of one scenario by itself, with facts of its own: nothing is shared. Seconds by the clock."""
    started = perf_counter()
    base = load(program)
    [period] = periods_of(base.understood(), PERIOD)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.yaml"
        file.write_text(text, "utf-8")
        laid = laid_over(base, read_scenario(file).edits)
        with gather_facts(laid.loaded.understood(), base.folder, period) as facts:
            run = run_of(laid.loaded, facts, period, program)
    return (run.run_id, run.total_minor), perf_counter() - started


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenarios", type=int, default=SCENARIOS)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--data", type=Path, help="the data of the example, where they were made before")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        program = Path(name) / "program.yaml"
        copyfile(EXAMPLE / "program.yaml", program)
        if asked.data is None:
            subprocess.run([sys.executable, EXAMPLE / "generate.py", Path(name) / "data"], check=True)
        else:
            for file in asked.data.glob("*.csv"):
                (Path(name) / "data").mkdir(exist_ok=True)
                copyfile(file, Path(name) / "data" / file.name)
        texts = list(scenarios(asked.scenarios))
        assert len(set(texts)) == len(texts), "no two scenarios are alike"
        runs, seconds, _ = at_once(program, texts, asked.processes)
        sample = range(0, len(texts), max(1, len(texts) // SEPARATE))[:SEPARATE]
        alone = [separate(program, texts[at]) for at in sample]
    assert [found for found, _ in alone] == [runs[at] for at in sample], "the same run, however it is worked out"
    one = sum(each for _, each in alone) / len(alone)
    times = one * len(texts) / seconds
    rows: list[tuple[str, ...]] = [
        (f"{len(texts):,} evaluations on {asked.processes} processes", f"{seconds:.1f} s", f"< {SECONDS_MOST} s"),
        ("a separate run (mean of a few)", f"{one:.2f} s", ""),
        (f"{len(texts):,} separate runs (multiplied)", f"{one * len(texts):,.0f} s", ""),
        ("times faster", f"{times:.0f}", f">= {TIMES_FASTER}"),
    ]
    print_table(("what", "measured", "goal"), rows)
    print(f"totals differ in {len({total for _, total in runs}):,} of {len(runs):,}")


if __name__ == "__main__":
    main()
