"""The rows that were not accepted: which, why, and who excused them.

In: the faults of records. Out: one `Rejected` for each row, with every fault, its place and its text; kept with the run
as canonical JSON lines, and named in its manifest by count and digest. The digest speaks of keys and codes, not of
lines, so that the order of a source does not change it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.digest import canonical, sha256
from engine.facts.keys import key_sql
from engine.facts.read import Staged
from engine.facts.sql import identifier
from engine.facts.texts import Fault, RawRow, plain
from rules.problem import Place, Problem, Severity

TEXT_SHOWN = 200
ROWS_TOLD = 10
EXCUSE_COLUMNS = ("table", "row", "reason", "by")


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why a row may be left out of an official run, who says so, and where that is written."""

    table: str
    row: str
    reason: str
    by: str
    place: Place


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not accepted, with every fault of it; `line` is 0 where the source has no lines."""

    table: str
    file: str
    record: int
    line: int
    key: str
    faults: tuple[Problem, ...]
    text: str
    excused: str = ""

    @property
    def row(self) -> str:
        """What names the row in a list of excuses: its key, or else its line."""
        return self.key or (f"line {self.line}" if self.line else f"record {self.record}")


def list_rejected(staged: Staged, faults: Mapping[int, Sequence[Fault]], keys: Mapping[int, str]) -> list[Rejected]:
    """The rejected rows of a source in the order of their records, each with its place and its text."""
    wanted = {*faults, *(other for each in faults.values() for fault in each for other in fault.others)}
    raw = staged.texts.cells(wanted)
    shown = staged.texts.shown
    return [
        Rejected(
            staged.table.name,
            shown,
            record,
            raw[record].line,
            plain(keys.get(record, "")),
            tuple(_problem(shown, fault, raw, record) for fault in faults[record]),
            plain(raw[record].text[:TEXT_SHOWN]),
        )
        for record in sorted(faults)
    ]


def _problem(shown: str, fault: Fault, raw: Mapping[int, RawRow], record: int) -> Problem:
    others = ", ".join(_named(raw, other) for other in fault.others[:5])
    message = fault.message + (f" (see {others})" if others else "")
    message += "" if raw[record].line else f" (record {record})"
    return Problem(fault.code, message, Place(shown, raw[record].line, field=fault.column), fault.hint)


def _named(raw: Mapping[int, RawRow], record: int) -> str:
    return f"line {raw[record].line}" if raw[record].line else f"record {record}"


def keys_sql(staged: Staged) -> str:
    """SQL of a staged row's key as people name it; empty where all of it is blank."""
    filled = " OR ".join(f"{identifier(name)} IS NOT NULL" for name in staged.table.key)
    return f"CASE WHEN {filled or 'FALSE'} THEN {key_sql(staged.table)} ELSE '' END"


def digest_of(rejected: Iterable[Rejected]) -> str:
    """The digest of rejected rows: table, key, and the codes by column; sorted."""
    rows = sorted(
        [each.table, each.key, sorted([fault.code, fault.place.field] for fault in each.faults)] for each in rejected
    )
    return sha256(canonical({"t": "partage/rejected/1", "rows": rows}))


def to_bytes(rejected: Sequence[Rejected]) -> bytes:
    """Rejected rows as they are kept: one canonical JSON object on each line."""
    return b"".join(canonical(_as_json(each)) + b"\n" for each in rejected)


def from_bytes(data: bytes) -> tuple[Rejected, ...]:
    """Rejected rows as they were kept."""
    return tuple(_from_json(json.loads(line)) for line in data.decode("utf-8").splitlines())


def _as_json(each: Rejected) -> dict[str, object]:
    faults = [
        {"code": fault.code, "column": fault.place.field, "message": fault.message, "hint": fault.hint}
        for fault in each.faults
    ]
    return {
        "t": "partage/rejected/1",
        "table": each.table,
        "file": each.file,
        "record": each.record,
        "line": each.line,
        "key": each.key,
        "faults": faults,
        "text": each.text,
        "excused": each.excused,
    }


def _from_json(value: Mapping[str, object]) -> Rejected:
    faults = value["faults"]
    assert isinstance(faults, list)
    file, line = str(value["file"]), int(str(value["line"]))
    return Rejected(
        str(value["table"]),
        file,
        int(str(value["record"])),
        line,
        str(value["key"]),
        tuple(
            Problem(each["code"], each["message"], Place(file, line, field=each["column"]), each["hint"])
            for each in faults
        ),
        str(value["text"]),
        str(value["excused"]),
    )


def read_excuses(path: Path, shown: str) -> tuple[list[Excuse], tuple[Problem, ...]]:
    """A list of excuses: a CSV file with the columns table, row (a key, or `line 17`), reason and by, none blank."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = tuple(next(reader, []))
            rows = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error):
        hint = "write a CSV UTF-8 file with the columns " + ",".join(EXCUSE_COLUMNS)
        return [], (Problem("F142", f"cannot read the list of excused rows {shown}", Place(shown), hint),)
    hint = "give each row a table, the row's key or line, a reason and a name"
    if header != EXCUSE_COLUMNS:
        message = "its columns are not " + ",".join(EXCUSE_COLUMNS)
        return [], (Problem("F142", message, Place(shown, 1), hint),)
    bad = [line for line, row in rows if len(row) != 4 or not all(cell.strip() for cell in row)]
    if bad:
        return [], tuple(Problem("F142", "the excuse is not complete", Place(shown, line), hint) for line in bad)
    return [Excuse(row[0], row[1], row[2], row[3], Place(shown, line)) for line, row in rows], ()


def excused(rejected: Sequence[Rejected], excuses: Sequence[Excuse]) -> tuple[tuple[Rejected, ...], tuple[Excuse, ...]]:
    """Rejected rows with their excuses, the first for each; and the excuses that are left over."""
    by_row: dict[tuple[str, str], Excuse] = {}
    for one in excuses:
        by_row.setdefault((one.table, one.row), one)
    used: set[Excuse] = set()
    found = []
    for each in rejected:
        excuse = next((by_row[name] for name in _names(each) if name in by_row), None)
        if excuse is not None:
            used.add(excuse)
            each = replace(each, excused=f"{excuse.reason} ({excuse.by})")
        found.append(each)
    return tuple(found), tuple(each for each in excuses if each not in used)


def _names(row: Rejected) -> list[tuple[str, str]]:
    """What a list of excuses may call a rejected row."""
    return [(row.table, row.row), (row.table, f"line {row.line}"), (row.table, f"record {row.record}")]


def official_problems(rejected: Sequence[Rejected], unused: Sequence[Excuse]) -> tuple[Problem, ...]:
    """Why an official run is refused: every fault of a row that nobody excused, and excuses that are left over."""
    faults = (fault for each in rejected if not each.excused for fault in each.faults)
    return (*faults, *unused_problems(rejected, unused))


def unused_problems(
    rejected: Sequence[Rejected], unused: Sequence[Excuse], severity: Severity = "error"
) -> tuple[Problem, ...]:
    """Excuses that are left over: errors of an official run, warnings of a preview."""
    bad = {name for each in rejected for name in _names(each)} if unused else set()
    problems = []
    for each in unused:
        is_second = (each.table, each.row) in bad
        told = f"{each.table} {each.row} is excused" + (" twice" if is_second else ", and was not rejected")
        hint = "keep one of the two" if is_second else "take it off the list, so that it excuses no later row"
        problems.append(Problem("F141", told, each.place, hint, severity))
    return tuple(problems)


def first_problems(rejected: Sequence[Rejected], command: str) -> tuple[Problem, ...]:
    """What may have brought a preview down: a fault of each of the first rejected rows, how many rows are not told,
    and the command that lists all."""
    told = tuple(fault for each in rejected[:ROWS_TOLD] for fault in each.faults[:1])
    more = len(rejected) - ROWS_TOLD
    if more <= 0:
        return told
    message = f"{more:,} more {'row was' if more == 1 else 'rows were'} rejected, {len(rejected):,} in all"
    return (*told, Problem("F143", message, Place(), f"{command} lists every one that nobody excused", "warning"))
