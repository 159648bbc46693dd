"""Calculate: a program and a period become a run in the books."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.acts.closing import closing_of
from engine.acts.leavers import leaver_warnings
from engine.acts.period import period_of
from engine.acts.sheet_of import sheet_of
from engine.acts.versions import LockedProgram, blobs_of, versions_of
from engine.digest import canonical
from engine.facts.gather import Gathered, gather_facts
from engine.facts.opened import FORMAT, opens_with, with_openings, write_opening
from engine.facts.rejected import Rejected, official_problems, to_bytes, unused_problems
from engine.plan import compile_plan
from engine.readings import readings
from engine.scoring import tier_warnings
from engine.settle import settle
from engine.store import Address, RunRecord, Store
from engine.store.lines import lines_to_parquet
from engine.store.sheets import sheet_to_parquet
from engine.values import Fate, Input, Kpi, Plan, Run, Score, Sheet
from engine.values.closing import Closing
from engine.version import VERSION
from rules.calendar import Period
from rules.check.versions import paid_twice
from rules.load import load
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused


@dataclass(frozen=True, slots=True, eq=False)
class Calculated:
    """A run that was calculated and kept: its record, what it pays, what it read and rejected, what is suspicious about
    that, and who is called what."""

    record: RunRecord
    run: Run
    inputs: tuple[Input, ...]
    names: Mapping[str, str]
    rejected: tuple[Rejected, ...]
    warnings: tuple[Problem, ...]
    fates: tuple[Fate, ...]
    plan: Plan
    sheet: Sheet

    @property
    def titles(self) -> Mapping[str, str]:
        """What the run's payouts and pools are called."""
        return {step.name: step.title for step in self.plan.components}

    @property
    def scorecards(self) -> tuple[Score, ...]:
        """The scorecards of the run's plan."""
        return tuple(step for step in self.plan.steps if isinstance(step, Score))


Keeper = Callable[[Store, RunRecord, Mapping[str, bytes | Path]], RunRecord]
Opener = Callable[[Mapping[str, Path]], Closing]  # what a period opens with, as the tables that were read let it


def calculate(
    program: Path,
    period_name: str,
    store: Address,
    actor: str,
    at: datetime,
    is_official: bool = False,
    keep: Keeper = Store.keep,
    opener: Opener | None = None,
    locked: Sequence[LockedProgram] = (),
) -> Calculated:
    """Read the facts, work out the sheet, settle and keep the run; raises Refused with nothing written.

    A preview leaves rejected rows out and lists them; an official run is refused until each is mended or excused.
    `keep` puts the run and its blobs into the store; the act of a cycle does so with the event that says it. `opener`
    gives what the period before ended with, as it is in the books: the period then opens with that, and what came
    before is not worked out again. `locked` are the programs that earlier periods were locked with: what rules
    look back at is worked out by those.
    """
    loaded = load(program)
    meaning = loaded.understood()
    period = period_of(meaning, period_name)
    plan = compile_plan(meaning)
    versions = versions_of(loaded.data, locked, period.start)
    opened: list[Closing] = []

    def opens(tables: Mapping[str, Path], folder: Path) -> Mapping[str, Path]:
        assert opener is not None, "it is asked for where there is one"
        opened.append(opener(tables))
        return write_opening(opened[0], plan, period, folder)

    if opener is not None:
        meaning = with_openings(meaning, opens_with(plan))
    asked = None if opener is None else opens
    with gather_facts(meaning, loaded.folder, period, opened=asked) as facts, tempfile.TemporaryDirectory() as folder:
        if is_official:
            refuse_empty(meaning, facts)
            refuse_rejected(facts)
        sheet = sheet_of(plan, facts, period, program, keep="lines", versions=versions)
        run = settle(plan, sheet, loaded.sha256, facts.inputs, versions=versions)
        fates = all_fates(plan, sheet, facts, period)
        blobs: dict[str, bytes | Path] = {"program": loaded.data, "lines": lines_to_parquet(run.lines)}
        blobs |= blobs_of(versions, locked)
        blobs["fates"] = canonical([[each.table, each.fate, each.rule, each.rows] for each in fates])
        blobs["sheet"] = sheet_to_parquet(sheet)
        if opened:
            blobs["opening"] = opened[0].content
        with suppress(Refused):  # the calendar ends with the period: nothing opens with it
            blobs["closing"] = closing_of(plan, sheet, facts.snapshot.openings()).content
        if facts.rejected:
            blobs["rejected"] = to_bytes(facts.rejected)
        for table in facts.inputs:
            path = Path(folder) / f"{table.table}.parquet"
            facts.snapshot.write(table.table, path)
            blobs[f"table:{table.table}"] = path
        measures = [each for step in plan.steps if isinstance(step, Kpi) for each in step.kpi.measures]
        blobs |= facts.snapshot.keep_trails(measures)
        names = facts.snapshot.partner_names()
        told = [each for card in meaning.scorecards for each in tier_warnings(card, sheet, facts.snapshot)]
        told += paid_twice(meaning, (period.start, period.end))
        told += leaver_warnings(plan, sheet, facts.snapshot)
        with Store.open(store) as books:
            kind = "official" if is_official else "preview"
            record = keep(books, _record(run, kind, program.name, actor, at), blobs)
    warnings = (*unused_problems(facts.rejected, facts.unused, "warning"), *told)
    return Calculated(record, run, facts.inputs, names, facts.rejected, warnings, fates, plan, sheet)


def all_fates(plan: Plan, sheet: Sheet, facts: Gathered, period: Period) -> tuple[Fate, ...]:
    """What became of every row that was read; the rejected ones included, they add up to the rows of each table."""
    told = list(facts.snapshot.fates(readings(plan, period, facts.snapshot.window), sheet).register())
    rejected = Counter(each.table for each in facts.rejected)
    told += [Fate(table, "rejected", "", rows) for table, rows in sorted(rejected.items())]
    for each in facts.inputs:
        added = sum(fate.rows for fate in told if fate.table == each.table)
        assert added == each.rows + rejected[each.table], f"the fates of {each.table} add up to the rows read"
    return tuple(told)


def refuse_empty(meaning: Meaning, facts: Gathered) -> None:
    """Raise Refused where a source has no rows at all and the program does not expect that."""
    expected = {source.table for source in meaning.sources if source.expected_rows == 0 or source.format == FORMAT}
    empty = [each for each in facts.inputs if not each.rows + each.rejected and each.table not in expected]
    if empty:
        hint = "get the whole source, or say that there are none: expect: {rows: 0}"
        raise Refused(
            *(Problem("F128", "the source has a header and no rows", Place(each.file), hint) for each in empty)
        )


def refuse_rejected(facts: Gathered) -> None:
    """Raise Refused where a rejected row is not excused, or where an excuse fits no rejected row."""
    problems = official_problems(facts.rejected, facts.unused)
    if problems:
        count = len([each for each in facts.rejected if not each.excused])
        rows = f"{count:,} {'row is' if count == 1 else 'rows are'} neither accepted nor excused"
        message = f"an official run needs every row: {rows}" if count else "an official run has no excuse left over"
        hint = "mend each, or excuse it with a reason (excused: in its source); run without --official to preview"
        raise Refused(Problem("F140", message, Place(), hint), *problems)


def _record(run: Run, kind: str, file: str, actor: str, at: datetime) -> RunRecord:
    return RunRecord(
        number=0,
        run_id=run.run_id,
        kind=kind,
        program=run.title,
        file=file,
        period=run.period.name,
        currency=run.currency,
        total_minor=run.total_minor,
        partners=len(run.partners),
        lines=len(run.lines),
        created_at=at,
        actor=actor,
        engine=VERSION,
        manifest=canonical(run.manifest),
        blobs={},
    )
