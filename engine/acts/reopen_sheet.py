"""Reopen what partners were found to have in a kept run: its sheet as it was kept, and its facts to work it out from.

Nothing of the run is worked out again here and no table is read through, so that one number of millions of rows is
explained at once; `engine.acts.reopen` does the whole run. The sheet is held against the manifest, which the run's id
is the digest of: its bytes alone prove nothing, as which blob is the sheet stands in the database.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.acts.period import period_of
from engine.acts.reopen import opened_as_kept
from engine.digest import sha256
from engine.explain.cells import cells
from engine.facts.connection import connected
from engine.facts.kept_trails import INDEX, KeptTrails
from engine.facts.side import Side
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.settle import sheet_digest
from engine.store import RunRecord, Store
from engine.store.sheets import sheet_from_parquet
from engine.values import PARTNERS, Kpi, Plan, Score, Sheet, frozen
from engine.version import VERSION
from rules.check.uses import reimbursing
from rules.load import understand
from rules.meaning import Meaning
from rules.problem import CheckFailed, Place, Problem

_NO_ROWS = 0  # in memory: one number rests on few tables, and on a part of each


def kept_plan(store: Store, record: RunRecord) -> tuple[Meaning, Plan]:
    """What a run's kept program means, and its plan; raises CheckFailed where it is not the one of the manifest."""
    data = store.blob_bytes(record.blobs["program"])
    _refuse_other(record, "program", sha256(data))
    meaning = understand(data, record.file, Path(), warns=False).understood()
    plan = compile_plan(meaning)
    return opened_as_kept(record, meaning, plan), plan


def is_kept(record: RunRecord, plan: Plan, name: str) -> bool:
    """Whether `name` rests on columns of partners and source rows alone, as a KPI and a number of a scorecard do, and
    the run kept those columns by this engine."""
    if "sheet" not in record.blobs or record.engine != VERSION:
        return False
    if isinstance(plan.step(name), Kpi | Score):
        return True
    return any(isinstance(step, Score) and name in cells(step.scorecard) for step in plan.steps)


@contextmanager
def reopen_sheet(
    store: Store, record: RunRecord, meaning: Meaning, beside: Side | None = None
) -> Iterator[tuple[Sheet, Snapshot]]:
    """The columns of partners that a run kept, and its facts; raises CheckFailed where the columns are not those that
    the run's manifest names.

    The tables are not hashed again: what is read of them is held against the columns. Trails are, as far as they are
    read. `beside` a side of the same tables, no database is opened for it.
    """
    period = period_of(meaning, record.period)
    roles = {role: digest for role, digest in record.blobs.items() if role.startswith("table:")}
    kept = {role.removeprefix("table:"): store.blob_path(digest) for role, digest in roles.items()}
    trails = None
    if INDEX in record.blobs:
        trails = KeptTrails(store.blob_bytes(record.blobs[INDEX]), lambda role: store.blob_path(record.blobs[role]))
    files = {source.table: source.shown for source in meaning.sources}
    own = None if beside is None else beside.connection
    with (
        tempfile.TemporaryDirectory(prefix="partage-") as name,
        connected([path.parent for path in kept.values()], Path(name), own) as connection,
    ):
        facts = Snapshot(
            connection,
            meaning.tables,
            files,
            period,
            meaning.calendar,
            meaning.eligible,
            kept,
            _NO_ROWS,
            trails,
            meaning.exchange,
            funds=reimbursing(meaning),
        )
        columns = sheet_from_parquet(store.blob_bytes(record.blobs["sheet"]))
        frames = {PARTNERS: facts.partners()}
        sheet = Sheet(period, frozen(frames), frozen(columns), frozen(dict.fromkeys(columns, PARTNERS)))
        _refuse_other(record, "sheet", sheet_digest(sheet))
        yield sheet, facts


def _refuse_other(record: RunRecord, what: str, digest: str) -> None:
    """Raise where what is kept has not the digest by which the manifest names it."""
    if digest != json.loads(record.manifest)[f"{what}_sha256"]:
        message = f"the kept {what} of run {record.number} is not the one that its manifest names"
        raise CheckFailed(Problem("S212", message, Place(), "restore the store from a backup"))
