"""Trace: what became of a source row in a kept run, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.acts.reopen import Reopened, reopen
from engine.readings import readings
from engine.store import RunRecord, Store
from engine.store.address import shown
from engine.trace import Verdict, trace
from rules.expressions.tree import Column
from rules.problem import Place, Problem, Refused


@dataclass(frozen=True, slots=True)
class Traced:
    """A row of a run, and every verdict on it; of a partner's question, `others` are the tables in which the row with
    that key is of another partner, or of none (empty), and whose."""

    record: RunRecord
    table: str
    key: str
    verdicts: tuple[Verdict, ...]
    others: tuple[tuple[str, str], ...] = ()


def trace_row(store: Path | str, number: int | None, table: str, key: str) -> Traced:
    """The verdicts on one row, in the run of that number or in the latest."""
    with Store.open(store, create=False) as books:
        record = _record(books, number, store)
        with reopen(books, record.number) as run:
            return Traced(record, table, key, _verdicts(run, table, key))


def why_not(store: Path | str, number: int, partner: str, key: str) -> Traced:
    """Why the row with that key paid a partner nothing, or what it did: its verdicts in every table that has the
    key."""
    with Store.open(store, create=False) as books, reopen(books, number) as run:
        tables = [table for table in run.facts.tables() if _is_there(run, table, key)]
        if not tables:
            hint = "name the key as the source has it; partage show RUN --rejected lists rows without a key"
            raise Refused(Problem("S114", f"no table of run {number} has a row {key}", Place(), hint))
        found = [each for table in tables for each in _verdicts(run, table, key, partner)]
        mine = tuple(each for each in found if each.partner in ("", partner))
        others = tuple(each for each in found if each.partner not in ("", partner))
        owners = [(table, owner) for table in tables for owner in _owner(run, table, key)]
        of_others = tuple((table, owner) for table, owner in owners if owner != partner)
        return Traced(run.record, tables[0], key, mine or others, of_others)


def _owner(run: Reopened, table: str, key: str) -> tuple[str, ...]:
    """The partner that an accepted row names, empty where it names none; nothing where such rows name no partner."""
    record, owner = run.facts.record(table, key), Column(table, "partner_id")
    if record is None or not run.facts.has(owner):
        return ()
    return (str(run.facts.cells(table, record, [owner])[0][owner] or ""),)


def _is_there(run: Reopened, table: str, key: str) -> bool:
    return run.facts.record(table, key) is not None or bool(_rejected(run, table, key))


def _rejected(run: Reopened, table: str, key: str) -> tuple[Verdict, ...]:
    """A row that was not accepted: a verdict for each of its faults, in the words in which it was told."""
    return tuple(
        Verdict(table, key, "", "rejected", f"{fault.code} {fault.message}, {fault.place}", fault.place)
        for row in run.rejected
        if row.table == table and row.key == key
        for fault in row.faults
    )


def _verdicts(run: Reopened, table: str, key: str, partner: str = "") -> tuple[Verdict, ...]:
    if table not in run.facts.tables():
        hint = "its tables are " + ", ".join(run.facts.tables())
        raise Refused(Problem("S114", f"the run has no table {table}", Place(), hint))
    if run.facts.record(table, key) is None and (told := _rejected(run, table, key)):
        return told
    read = readings(run.plan, run.run.period, run.facts.window)
    standing = run.facts.fates(read, run.sheet)
    return trace(run.plan, run.sheet, run.facts, standing, read, table, key, partner)


def _record(books: Store, number: int | None, store: Path | str) -> RunRecord:
    record = books.latest() if number is None else books.run(number)
    if record is None:
        raise Refused(Problem("S112", "no run is kept here yet", Place(shown(store)), "calculate one with partage run"))
    return record
