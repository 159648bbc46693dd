"""Reopen one partner of a kept run: it alone is worked out again, and held against what the run kept of it.

In: a kept run and a partner. Out: a sheet and facts of that partner, or None where the whole run is needed, which
`engine.acts.reopen` works out.

The sheet that the run kept is proven by the manifest, so every KPI, score and payout of the partner is. Its kept lines
are proven as a blob by their name alone: the manifest binds them by `lines_sha256`, a digest over the lines of all
partners, which to take would cost as much as the run; and so it is with what accounts closed with. Tables are hashed
against their names as well, and not against the manifest's digests of their rows. `partage replay` proves all of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from engine.acts.closing import closing_of
from engine.acts.period import period_of
from engine.acts.reopen_sheet import reopen_sheet
from engine.acts.versions import kept_versions
from engine.facts.posted import posted_lines
from engine.facts.side import Side, opened, sides_of
from engine.facts.snapshot import Snapshot
from engine.facts.touched import restricted
from engine.settle import lines_of
from engine.sheet import evaluate
from engine.store import RunRecord, Store
from engine.trueup.partition import has_credits, is_local, rolls_up, rounds_rows
from engine.values import PARTNERS, LateLines, Lines, Plan, Sheet
from engine.values.closing import closing_from
from engine.version import VERSION
from rules.meaning import Meaning

Line = tuple[str, str, str, str, int]
_NEEDED = frozenset({"lines", "sheet"})  # what is held against
_UNREADABLE = (ValueError, KeyError, TypeError, OSError)  # Arrow's own faults of a file that is none are among these


@contextmanager
def reopen_partner(
    store: Store, record: RunRecord, meaning: Meaning, plan: Plan, partner: str
) -> Iterator[tuple[Sheet, Snapshot] | None]:
    """What one partner comes to in a kept run, and its facts; None where partners are looked at together
    or share rows, where another engine worked the run out, or where what comes out is not what was kept.

    Raises CheckFailed where a blob is not what it is named, Refused where the partner can't be worked out alone.
    """
    if not _is_alone(plan) or record.engine != VERSION or not record.blobs.keys() >= _NEEDED:
        yield None
        return
    if kept_versions(store, record):  # those may look at partners together
        yield None
        return
    period, kept = period_of(meaning, record.period), _tables(store, record, meaning)
    with sides_of(meaning, [kept], period) as (side,):
        partners = frozenset({partner})
        rows = restricted(side, partners, False, kept)
        with opened(meaning, rows, period, only=partners, beside=side) as facts:
            sheet = evaluate(plan, facts, period)
            is_same = (
                _has_kept_lines(store, record, plan, sheet, partners)
                and _has_kept_closing(store, record, plan, sheet, facts, partners)
                and _has_kept_columns(store, record, meaning, sheet, partners, side)
            )
            yield (sheet, facts) if is_same else None


def _is_alone(plan: Plan) -> bool:
    """Whether a partner's own rows tell all of its explanation: that of a share tells of others who have one."""
    return is_local(plan) and not (has_credits(plan) or rolls_up(plan) or rounds_rows(plan))


def _tables(store: Store, record: RunRecord, meaning: Meaning) -> Mapping[str, Path]:
    """The kept tables of a run, hashed again."""
    roles = {role.removeprefix("table:"): sha for role, sha in record.blobs.items() if role.startswith("table:")}
    return {table: store.blob(sha) for table, sha in roles.items() if table in meaning.tables}


def _has_kept_lines(store: Store, record: RunRecord, plan: Plan, sheet: Sheet, partners: frozenset[str]) -> bool:
    """Whether the lines of partners are those that were kept, in their order."""
    path = store.blob(record.blobs["lines"])
    try:
        kept = _listed(posted_lines(path, partners), partners)
    except _UNREADABLE:
        return False
    return _listed(lines_of(plan, sheet), partners) == kept


def _listed(lines: Lines | LateLines, partners: frozenset[str]) -> list[Line]:
    """The lines of some partners: others may be there, who still have something on a balance."""
    found: list[Line] = []
    for some in lines.chunks():
        columns = (some.partner, some.component, some.table, some.key, some.amount_minor)
        found += [line for line in zip(*(each.tolist() for each in columns), strict=True) if line[0] in partners]
    return found


def _has_kept_closing(
    store: Store, record: RunRecord, plan: Plan, sheet: Sheet, facts: Snapshot, partners: frozenset[str]
) -> bool:
    """Whether accounts of partners close as they did, where the run kept what it closed with."""
    if "closing" not in record.blobs:
        return True
    content = store.blob_bytes(record.blobs["closing"])
    try:
        kept = closing_from(content)
    except _UNREADABLE:
        return False
    return closing_of(plan, sheet, facts.openings()).of(partners) == kept.of(partners)


def _has_kept_columns(
    store: Store, record: RunRecord, meaning: Meaning, sheet: Sheet, partners: frozenset[str], side: Side
) -> bool:
    """Whether partners have what the sheet of the manifest says of them, in every column."""
    columns = {name for name, frame in sheet.frame_of.items() if frame == PARTNERS}
    try:
        with reopen_sheet(store, record, meaning, side) as (kept, _):
            mine, theirs = _places(sheet, partners), _places(kept, partners)
            return (
                columns == kept.columns.keys()
                and mine.keys() == theirs.keys()
                and all(
                    sheet.columns[name].fraction(mine[each]) == kept.columns[name].fraction(theirs[each])
                    for name in columns
                    for each in mine
                )
            )
    except _UNREADABLE:
        return False


def _places(sheet: Sheet, partners: frozenset[str]) -> Mapping[str, int]:
    """Where partners stand in a sheet."""
    keys = sheet.partners.keys
    rows = np.flatnonzero(np.isin(keys, sorted(partners)))
    return {str(keys[row]): int(row) for row in rows}
