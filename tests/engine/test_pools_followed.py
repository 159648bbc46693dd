"""What becomes of the rows that a pool rests on, and how it is run, kept and told."""

from __future__ import annotations

from pathlib import Path

from pool_stories import FIRM, YEAR, firm
from spine_stories import partage, write

from engine.facts.gather import gather_facts
from engine.plan import compile_plan
from engine.readings import readings
from engine.settle import settle
from engine.sheet import evaluate
from rules.load import load

RULES = """
kpis:
  profit: {sum: results.amount, dated: results.month, level: program}
  margin: {formula: profit / 2, level: program}
  units: {sum: members.units}
payouts:
  fee: {base: members.hours, per_unit: 0.10}
pools:
  pay: {size: {of: margin, rate: 80%}, shared: {proportional: members.pay}}
  rest: {size: {of: pay.left - fee}, shared: {by: units}, bounds: {at_most: {share: 55%}}}
  each: {size: {of: profit / units}, shared: equally, residue: house}
"""


def program(folder: Path) -> Path:
    return write(
        folder, YEAR.format(currency="EUR", rounding="half_up").replace(", awards: awards.csv", "") + RULES, FIRM
    )


def test_rows_of_a_result_are_measured_though_they_are_of_no_partner(tmp_path: Path) -> None:
    """Three rows of the year count for the size, the fourth is of the next year; every row has its fate."""
    loaded = load(program(tmp_path))
    meaning = loaded.understood()
    days, plan = meaning.calendar.period("2026"), compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, days) as facts:
        sheet = evaluate(plan, facts.snapshot, days)
        read = readings(plan, days, facts.snapshot.window)
        fates = facts.snapshot.fates(read, sheet).register()
        found = {(fate.table, fate.fate): fate.rows for fate in fates}
        assert found["results", "measured"] == 3
        assert found["results", "outside"] == 1
        assert found["partners", "paid"] == 3


def test_a_run_for_a_few_partners_at_once_is_the_same_run(tmp_path: Path) -> None:
    loaded = load(program(tmp_path))
    meaning = loaded.understood()
    days, plan = meaning.calendar.period("2026"), compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, days) as facts:
        sheets = [evaluate(plan, facts.snapshot, days, "lines", at_once) for at_once in (None, 1, 2)]
        sheets.append(evaluate(plan, facts.snapshot, days))
        runs = {settle(plan, sheet, loaded.sha256, facts.inputs).run_id for sheet in sheets}
    assert len(runs) == 1


def test_a_kpi_that_only_a_size_names_is_no_forgotten_one(tmp_path: Path) -> None:
    told = partage("check", program(tmp_path))
    assert told.exit_code == 0
    assert "P301" not in told.out and "P313" not in told.out, told.out


def test_a_size_is_explained_down_to_the_rows_that_made_it(tmp_path: Path) -> None:
    with firm(tmp_path, RULES) as story:
        size = story.why("ann", "pay").parts[0]
        (margin,) = size.parts
        (profit,) = margin.parts
        rows = [part for measure in profit.parts for part in measure.parts]
        assert [row.source for row in rows] == [f"results.csv record {at}" for at in (1, 2, 3)]
        assert sum(row.value or 0 for row in rows) == profit.value == 65_000_010


def test_what_a_pool_had_and_left_is_kept_and_shown(tmp_path: Path) -> None:
    path = program(tmp_path)
    store = tmp_path / "kept.db"
    ran = partage("--store", store, "run", path, "--period", "2026")
    assert ran.exit_code == 0, ran.err
    shown = partage("--store", store, "show", "1")
    line = next(line for line in ran.out.splitlines() if line.startswith("total ") and "shared" in line)
    assert line in shown.out
    told = partage("--store", store, "explain", "1", "eve")
    assert "adds up to the posted cent" in told.out
