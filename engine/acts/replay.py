"""Replay: a kept run worked out again from its snapshot, and everything that is kept of it held against that.

The lines that are kept are no part of the recomputation; they are held against its lines afterwards. Nothing stops at
the first difference: all that can be read is checked, and all that does not agree is told.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from engine.acts.calculate import all_fates
from engine.acts.closing import closing_of
from engine.acts.engine_digest import engine_sha256
from engine.acts.period import period_of
from engine.acts.versions import ROLE, kept_versions
from engine.acts.work_out import TABLE, WorkedOut, worked_out
from engine.digest import canonical, digest, sha256
from engine.facts.compare import told_reads
from engine.facts.rejected import from_bytes
from engine.ledger import books_of
from engine.settle import sheet_digest
from engine.store import Store
from engine.store.lines import lines_from_parquet, lines_to_parquet
from engine.store.sheets import sheet_from_parquet, sheet_to_parquet
from engine.values import PARTNERS, LateLines, Line, Lines, Sheet, frozen
from engine.values.record import RunRecord
from engine.values.replayed import Check, Replayed
from engine.version import VERSION
from rules.load import Loaded, understand
from rules.problem import CheckFailed, Place, Problem, Refused
from rules.quantities.currency import currency, format_minor

LINES_SHOWN = 5
_RESTORE = "restore the store and its blobs from a backup"
# What a part of the manifest is called; the others have their own names.
_PARTS = {
    "program_sha256": "the program",
    "definitions": "the definitions of KPIs and currencies",
    "inputs": "the facts",
    "lines_sha256": "the lines",
    "sheet_sha256": "what partners were found to have",
    "accounts_sha256": "what is on balances",
    "versions": "the programs of earlier periods",
}
_ROWS = "the rows of the table `line` are the lines that were worked out"
Keyed = Mapping[tuple[str, str, str, str], int]


def replay(store: Path | str, number: int) -> Replayed:
    """The run of that number, worked out again by this engine; whatever differs is among the checks."""
    with Store.open(store, create=False) as books:
        record = books.run(number)
        manifest = json.loads(record.manifest)
        checks = [_blobs(books, record, manifest), _figures(record, manifest)]
        whole = _readable(books, record)
        program = _program(books, record, manifest, whole)
        if program is not None:
            checks.append(program[1])
            checks += _worked_out(books, record, manifest, whole, program[0])
        inputs = [[each["table"], each["rows_sha256"], each["rejected_sha256"]] for each in manifest["inputs"]]
        facts = digest({"t": "partage/facts/1", "tables": sorted(inputs)})
        return Replayed(record, manifest["program_sha256"], facts, engine_sha256(), VERSION, tuple(checks))


# --- what is kept -----------------------------------------------------------------------------------------------------


def _blobs(books: Store, record: RunRecord, manifest: Mapping[str, Any]) -> Check:
    """Every blob still is what its name says, and none that a run needs is missing."""
    problems = []
    for role in sorted(_needed(manifest) - record.blobs.keys()):
        message = f"run {record.number} names no blob for {role}"
        problems.append(Problem("S162", message, Place(), _RESTORE))
    for role, sha in sorted(record.blobs.items()):
        try:
            books.blob(sha)
        except CheckFailed as fault:
            problems += [replace(each, message=f"{role}: {each.message}") for each in fault.problems]
    return Check("blobs", f"{len(record.blobs)} blobs have the bytes that their names are the digests of", (*problems,))


def _needed(manifest: Mapping[str, Any]) -> set[str]:
    needed = {"program", "lines", *(f"{TABLE}{each['table']}" for each in manifest["inputs"])}
    needed |= {f"{ROLE}{period}" for period in manifest.get("versions", {})}
    return needed | ({"rejected"} if any(each["rejected"] for each in manifest["inputs"]) else set())


def _figures(record: RunRecord, manifest: Mapping[str, Any]) -> Check:
    """What the database says of the run in short is what its manifest says."""
    told = {
        "program": (record.program, manifest["program"]),
        "period": (record.period, manifest["period"]["name"]),
        "currency": (record.currency, manifest["total"]["currency"]),
        "total": (str(record.total_minor), manifest["total"]["minor"]),
        "partners": (record.partners, manifest["partners"]),
        "lines": (record.lines, manifest["lines"]),
    }
    problems = [
        Problem("S162", f"the database says {name} {kept}, the manifest {meant}", Place(), _RESTORE)
        for name, (kept, meant) in told.items()
        if kept != meant
    ]
    return Check("figures", "the database says of the run what its manifest says", (*problems,))


def _readable(books: Store, record: RunRecord) -> Mapping[str, Path]:
    """The blobs by role whose bytes are what their names say."""
    found = {}
    for role, sha in record.blobs.items():
        try:
            found[role] = books.blob(sha)
        except CheckFailed:
            continue  # told among the blobs
    return found


def _program(
    books: Store, record: RunRecord, manifest: Mapping[str, Any], whole: Mapping[str, Path]
) -> tuple[Loaded, Check] | None:
    if "program" not in whole:
        return None
    data = books.blob_bytes(record.blobs["program"])
    problems = []
    if sha256(data) != manifest["program_sha256"]:
        message = f"the kept program of run {record.number} is not the one that its manifest names"
        problems.append(Problem("S212", message, Place(), _RESTORE))
    loaded = understand(data, record.file, Path(), warns=False)
    return loaded, Check("program", "the program is the one that the manifest names", (*problems,))


# --- what comes out ---------------------------------------------------------------------------------------------------


def _worked_out(
    books: Store, record: RunRecord, manifest: Mapping[str, Any], whole: Mapping[str, Path], program: Loaded
) -> Iterator[Check]:
    """The checks of what the program makes of the facts, where all of these can be read."""
    tables = {role.removeprefix(TABLE): path for role, path in whole.items() if role.startswith(TABLE)}
    if _needed(manifest) - {"lines"} - whole.keys():
        return
    try:
        meaning = program.understood()
        period = period_of(meaning, record.period)
        with told_reads("a kept table"):
            rejected = from_bytes(books.blob_bytes(record.blobs["rejected"])) if "rejected" in whole else ()
            is_opened = "opening" in record.blobs
            of = meaning, program.sha256, tables, period, tuple(rejected), record.engine, is_opened
            with worked_out(*of, kept_versions(books, record)) as found:
                yield _facts(found, manifest)
                yield _run(found, record, manifest)
                yield from _beside(books, record, whole, found)
    except CheckFailed as fault:
        yield Check("run", "the run is worked out again", fault.problems)
    except Refused as refusal:
        message = f"run {record.number} cannot be worked out by engine {VERSION}: {refusal.problems[0].message}"
        hint = f"it was worked out by engine {record.engine}; recompute it with that version"
        yield Check("run", "the run is worked out again", (Problem("S130", message, Place(), hint),))


def _facts(found: WorkedOut, manifest: Mapping[str, Any]) -> Check:
    """Each table has the rows that the manifest names, cell by cell, and the rejected ones."""
    meant = {each["table"]: each for each in manifest["inputs"]}
    problems = []
    for each in found.facts.inputs:
        kept = meant.get(each.table, {})
        if (each.rows, each.rows_sha256) != (kept.get("rows"), kept.get("rows_sha256")):
            rows = "" if each.rows == kept.get("rows") else f": it has {each.rows:,} rows, not {kept.get('rows', 0):,}"
            message = f"the kept table {each.table} is not the one that the manifest names{rows}"
            problems.append(Problem("S160", message, Place(), _RESTORE))
        if (each.rejected, each.rejected_sha256) != (kept.get("rejected"), kept.get("rejected_sha256")):
            message = f"the kept rejected rows of {each.table} are not those that the manifest names"
            problems.append(Problem("S160", message, Place(), _RESTORE))
    count = sum(each.rows for each in found.facts.inputs)
    return Check("facts", f"{count:,} rows of {len(found.facts.inputs)} tables are those of the manifest", (*problems,))


def _run(found: WorkedOut, record: RunRecord, manifest: Mapping[str, Any]) -> Check:
    """The whole comes out with the same id, which is the digest of its manifest."""
    money = currency(record.currency)
    total = format_minor(found.run.total_minor, money)
    words = f"worked out again: {len(found.run.lines):,} lines, total {total} {money.code}, the same run id"
    if found.run.run_id == record.run_id:
        return Check("run", words)
    differing = [key for key in {**manifest, **found.run.manifest} if manifest.get(key) != found.run.manifest.get(key)]
    told = ", ".join(_PARTS.get(key, key) for key in differing)
    number = record.number
    message = f"run {number} comes out as {found.run.run_id[:12]}, and was kept as {record.run_id[:12]}: {told} differ"
    hint = f"it was worked out by engine {record.engine}, and this is {VERSION}; where the facts differ, mend those"
    return Check("run", "the run is worked out again", (Problem("S130", message, Place(), hint),))


def _beside(books: Store, record: RunRecord, whole: Mapping[str, Path], found: WorkedOut) -> Iterator[Check]:
    """What is kept of the run beside its facts: its lines, what partners were found to have, what became of rows."""
    if "lines" in whole:
        yield Check("lines", "the kept lines are those that were worked out", tuple(_lines(books, record, found)))
    yield from _rows(books, record, found)
    if "sheet" in whole:
        yield Check("sheet", "what partners were found to have is as it is kept", tuple(_sheet(books, record, found)))
    if "fates" in whole:
        fates = all_fates(found.plan, found.sheet, found.facts, found.sheet.period)
        told = canonical([[each.table, each.fate, each.rule, each.rows] for each in fates])
        yield _bytes(books, record, "fates", told, "what became of each row")
    if "closing" in whole:
        closing = closing_of(found.plan, found.sheet, found.facts.snapshot.openings())
        yield _bytes(books, record, "closing", closing.content, "what the next period opens with")


def _bytes(books: Store, record: RunRecord, role: str, made: bytes, what: str) -> Check:
    """A blob that is kept, and the bytes that were worked out for it."""
    message = f"the kept {role} of run {record.number} is not what was worked out: {what}"
    problem = Problem("S162", message, Place(), _RESTORE)
    is_same = made == books.blob_bytes(record.blobs[role])
    return Check(role, f"{what} is as it is kept", () if is_same else (problem,))


def _lines(books: Store, record: RunRecord, found: WorkedOut) -> Iterator[Problem]:
    if sha256(lines_to_parquet(found.run.lines)) == record.blobs["lines"]:
        return
    try:
        kept = _keyed(lines_from_parquet(books.blob_bytes(record.blobs["lines"])))
    except (ValueError, KeyError, OSError):  # Arrow's own faults are among these
        yield Problem("S161", f"the kept lines of run {record.number} cannot be read", Place(), _RESTORE)
        return
    made = _keyed(found.run.lines)
    differing = [each for each in sorted({*kept, *made}) if kept.get(each) != made.get(each)]
    money = currency(record.currency)

    def shown(amounts: Keyed, line: tuple[str, str, str, str]) -> str:
        return format_minor(amounts[line], money) if line in amounts else "no line"

    for line in differing[:LINES_SHOWN]:
        partner, component, table, key = line
        message = f"line {partner} {component} {table} {key}: kept {shown(kept, line)}, worked out {shown(made, line)}"
        yield Problem("S161", message, Place(), _RESTORE)
    if len(differing) > LINES_SHOWN:
        message = f"{len(differing) - LINES_SHOWN:,} kept lines more are not what was worked out"
        yield Problem("S161", message, Place(), _RESTORE)


def _rows(books: Store, record: RunRecord, found: WorkedOut) -> Iterator[Check]:
    """The rows that a locked cycle keeps of the run's lines for who asks by SQL; of any other run there are none."""
    try:
        cycles = books_of(books.events()).cycles.values()
    except CheckFailed as fault:
        yield Check("rows", "the log tells whether the run is locked", fault.problems)
        return
    paid = {each.run_id for cycle in cycles if cycle.is_locked for each in cycle.calculations.values()}
    is_locked = record.kind == "official" and record.run_id in paid
    made = _each(found.run.lines) if is_locked else iter(())
    for at, (row, line) in enumerate(zip_longest(books.line_rows(record.number), made), start=1):
        if row != (at, line):
            kept = "no row" if row is None else f"row {row[0]}, {_shown(row[1], record)}"
            meant = "no line" if line is None else _shown(line, record)
            message = f"line {at} of run {record.number} in the table `line`: kept {kept}; worked out {meant}"
            yield Check("rows", _ROWS, (Problem("S161", message, Place(), _RESTORE),))
            return
    if is_locked:
        yield Check("rows", _ROWS)


def _each(lines: Lines | LateLines) -> Iterator[Line]:
    for some in lines.chunks():
        columns = (some.partner, some.component, some.table, some.key, some.amount_minor)
        for partner, component, table, key, amount in zip(*(each.tolist() for each in columns), strict=True):
            yield Line(partner, component, table, key, amount)


def _shown(line: Line, record: RunRecord) -> str:
    amount = format_minor(line.amount_minor, currency(record.currency))
    return f"{line.partner} {line.component} {line.table} {line.key} {amount}"


def _keyed(lines: Lines | LateLines) -> Keyed:
    """What lines come to by all that names one."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for some in lines.chunks():
        names = (some.partner, some.component, some.table, some.key, some.amount_minor)
        for *line, amount in zip(*(column.tolist() for column in names), strict=True):
            partner, component, table, key = line
            found[partner, component, table, key] += amount
    return found


def _sheet(books: Store, record: RunRecord, found: WorkedOut) -> Iterator[Problem]:
    if sha256(sheet_to_parquet(found.sheet)) == record.blobs["sheet"]:
        return
    try:
        columns = sheet_from_parquet(books.blob_bytes(record.blobs["sheet"]))
        frames = {PARTNERS: found.sheet.partners}
        kept = Sheet(found.sheet.period, frozen(frames), frozen(columns), frozen(dict.fromkeys(columns, PARTNERS)))
        is_same = sheet_digest(kept) == sheet_digest(found.sheet)
    except (ValueError, KeyError, OSError):
        is_same = False
    if not is_same:
        message = f"the kept sheet of run {record.number} is not what was worked out"
        yield Problem("S212", message, Place(), _RESTORE)
