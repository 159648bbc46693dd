"""Calculate: a program and a period become a run in the books."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.digest import canonical
from engine.facts.gather import gather_facts
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.store import RunRecord, Store
from engine.store.lines import lines_to_parquet
from engine.values import Input, Run
from engine.version import VERSION
from rules.calendar import NoSuchPeriod, Period
from rules.load import load
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused


@dataclass(frozen=True, slots=True, eq=False)
class Calculated:
    """A run that was calculated and kept: its record, what it pays, what it read and who is called what."""

    record: RunRecord
    run: Run
    inputs: tuple[Input, ...]
    names: Mapping[str, str]


def calculate(program: Path, period_name: str, store: Path, actor: str, at: datetime) -> Calculated:
    """Read the facts, work out the sheet, settle and keep the run; raises Refused with nothing written."""
    loaded = load(program)
    meaning = loaded.understood()
    period = period_of(meaning, period_name)
    plan = compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, period) as facts, tempfile.TemporaryDirectory() as folder:
        sheet = evaluate(plan, facts.snapshot, period)
        run = settle(plan, sheet, loaded.sha256, facts.inputs)
        blobs: dict[str, bytes | Path] = {"program": loaded.data, "lines": lines_to_parquet(run.lines)}
        for table in facts.inputs:
            path = Path(folder) / f"{table.table}.parquet"
            facts.snapshot.write(table.table, path)
            blobs[f"table:{table.table}"] = path
        names = facts.snapshot.partner_names()
        with Store.open(store) as books:
            record = books.keep(_record(run, program.name, actor, at), blobs)
    return Calculated(record, run, facts.inputs, names)


def period_of(meaning: Meaning, name: str) -> Period:
    """The period of that name, which lies within the days for which the program is in force."""
    try:
        period = meaning.calendar.period(name)
    except NoSuchPeriod as error:
        raise Refused(Problem("S120", f"there is no period {name}", Place(), str(error))) from None
    if period.start < meaning.effective.first or period.end > meaning.effective.end:
        message = f"period {period} is not within {meaning.effective.first} to {meaning.effective.last}"
        hint = "the program is in force for those days only; change the period, or effective:"
        raise Refused(Problem("S121", message, Place(), hint))
    return period


def _record(run: Run, file: str, actor: str, at: datetime) -> RunRecord:
    return RunRecord(
        number=0,
        run_id=run.run_id,
        kind="preview",
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
