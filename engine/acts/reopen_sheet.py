"""Reopen what partners were found to have in a kept run: its sheet as it was kept, and its facts to work it out from.

Nothing of the run is worked out again here and no table is read through, so that one number of millions of rows is
explained at once; `engine.acts.reopen` does the whole run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.acts.calculate import period_of
from engine.facts.connection import connect
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.store import RunRecord, Store
from engine.store.sheets import sheet_from_parquet
from engine.values import PARTNERS, Kpi, Plan, Score, Sheet, frozen
from engine.version import VERSION
from rules.load import understand
from rules.meaning import Meaning


def kept_plan(store: Store, record: RunRecord) -> tuple[Meaning, Plan]:
    """What a run's kept program means, and its plan."""
    meaning = understand(store.blob_bytes(record.blobs["program"]), record.file, Path()).understood()
    return meaning, compile_plan(meaning)


def is_kept(record: RunRecord, plan: Plan, name: str) -> bool:
    """Whether `name` rests on columns of partners and source rows alone, as a KPI and a number of a scorecard do, and
    the run kept those columns by this engine."""
    step = plan.step(name)  # a cell of a scorecard has none of its own
    return "sheet" in record.blobs and record.engine == VERSION and (step is None or isinstance(step, Kpi | Score))


@contextmanager
def reopen_sheet(store: Store, record: RunRecord, meaning: Meaning) -> Iterator[tuple[Sheet, Snapshot]]:
    """The columns of partners that a run kept, and its facts; raises CheckFailed where the columns were changed since.

    The tables are not hashed again: what is read of them is held against the columns.
    """
    period = period_of(meaning, record.period)
    roles = {role: sha256 for role, sha256 in record.blobs.items() if role.startswith("table:")}
    kept = {role.removeprefix("table:"): store.blob_path(sha256) for role, sha256 in roles.items()}
    files = {source.table: source.shown for source in meaning.sources}
    with tempfile.TemporaryDirectory(prefix="partage-") as name:
        connection = connect([path.parent for path in kept.values()], None, Path(name))
        try:
            facts = Snapshot(connection, meaning.tables, files, period, meaning.calendar, meaning.eligible, kept)
            columns = sheet_from_parquet(store.blob_bytes(record.blobs["sheet"]))
            frames = {PARTNERS: facts.partners()}
            sheet = Sheet(period, frozen(frames), frozen(columns), frozen(dict.fromkeys(columns, PARTNERS)))
            yield sheet, facts
        finally:
            connection.close()
