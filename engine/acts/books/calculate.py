"""Calculate in a cycle: what a program would pay, with the event that says so; a preview where no cycle is open.

In a cycle, what was imported is held against what earlier periods were locked on: what it changes of them is trued up
in this cycle, and the cycle's own period opens with what the last one closes with by then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.acts.books.asking import Asker, record, recorded_before
from engine.acts.books.history import TruedUp, is_opened_by_books, locked_programs, trued_up
from engine.acts.calculate import Calculated, calculate, refuse_empty, refuse_rejected
from engine.acts.period import period_of
from engine.facts.gather import gather_facts
from engine.ledger import Books, books_of, moves
from engine.ledger.cycles import Cycle
from engine.ledger.openings import opening_of
from engine.ledger.refusals import conflict
from engine.ledger.twice import paid_twice
from engine.store import Address, RunRecord, Store, is_there
from engine.values.closing import Closing
from engine.values.draft import Draft, Recorded
from engine.values.event import Command
from engine.values.true_up import Batch
from rules.load import Loaded, load
from rules.problem import Problem

_OPENED = ("balances", "scores")  # are no import where a period opens with what the books say


@dataclass(frozen=True, slots=True, eq=False)
class InCycle:
    """What was calculated, and the cycle that it is for ("" for a preview), with its true-ups; `calculated` is None
    where the cycle has no period of its own, and where the command was sent before (`recorded.is_replayed`).

    `programs` are all that the cycle pays; `warnings` are rows that may be paid twice.
    """

    calculated: Calculated | None
    program: str
    cycle: str
    programs: tuple[str, ...]
    batches: tuple[Batch, ...]
    recorded: Recorded | None
    warnings: tuple[Problem, ...] = ()


def calculate_in_cycle(
    program: Path, period: str, store: Address, asker: Asker, is_official: bool, is_preview: bool
) -> InCycle:
    """Calculate a period of a program: in the cycle that is open for both, else (or where asked) as a preview.

    In a cycle every row has to be accepted or excused, as in every official run; what was calculated before is
    replaced, and what was approved is void unless the very same comes out.
    """
    loaded = load(program)
    title = loaded.understood().title
    command = asker.command("calculate", "", {"program": title, "program_sha256": loaded.sha256, "period": period})
    if is_preview or not is_there(store):  # a program that is refused leaves no store behind
        return InCycle(calculate(program, period, store, asker.actor, asker.at, is_official), title, "", (), (), None)
    with Store.open(store) as kept:
        before = recorded_before(kept, command)
        if before is not None:
            return InCycle(None, title, before.event.cycle, (), (), before)
        books = books_of(kept.events())
        cycle = books.unlocked(title, period)
        if cycle is not None:
            work = _Work(kept, books, title, cycle, command)
            return work.with_run(program, period, store) if cycle.has_run else work.trued_up_only(loaded, period)
    return InCycle(calculate(program, period, store, asker.actor, asker.at, is_official), title, "", (), (), None)


class _Work:
    """One calculation in a cycle: what was trued up on the way is kept until the event names it."""

    def __init__(self, store: Store, books: Books, program: str, cycle: Cycle, command: Command) -> None:
        self._store, self._books, self._program = store, books, program
        self._cycle, self._command = cycle, command
        self._trued = TruedUp((), None)
        self._recorded: Recorded | None = None

    def with_run(self, program: Path, period: str, address: Address) -> InCycle:
        """The run of the cycle's own period, and the true-ups of the earlier ones."""
        opener = self._open if is_opened_by_books(self._store, self._books, self._program) else None
        locked = locked_programs(self._store, self._books, self._program)
        by = self._command.actor, self._command.at
        done = calculate(program, period, address, *by, True, self._keep, opener, locked)
        return self._found(done)

    def trued_up_only(self, loaded: Loaded, period: str) -> InCycle:
        """The true-ups alone, of all periods that are locked, the cycle's own among them."""
        meaning = loaded.understood()
        days = period_of(meaning, period)
        with gather_facts(meaning, loaded.folder, days) as facts, tempfile.TemporaryDirectory() as folder:
            refuse_empty(meaning, facts)
            refuse_rejected(facts)
            tables = {each.table: Path(folder) / f"{each.table}.parquet" for each in facts.inputs}
            for name, path in tables.items():
                facts.snapshot.write(name, path)
            opens = is_opened_by_books(self._store, self._books, self._program)
            imported = {name: path for name, path in tables.items() if not (opens and name in _OPENED)}
            self._trued = trued_up(self._store, self._books, self._program, imported)
            kept = {name: self._store.put(path) for name, path in imported.items()}
            self._store.put(loaded.data)
            self._record(self._said(loaded.sha256, meaning.terms.currency.code, kept), ())
        return self._found(None)

    def _found(self, calculated: Calculated | None) -> InCycle:
        cycle, batches = self._cycle, self._trued.batches
        warnings = paid_twice(self._books, [(self._program, each) for each in batches])
        return InCycle(calculated, self._program, cycle.name, cycle.programs, batches, self._recorded, warnings)

    def _open(self, tables: Mapping[str, Path]) -> Closing:
        imported = {name: path for name, path in tables.items() if name not in _OPENED}
        self._trued = trued_up(self._store, self._books, self._program, imported)
        return self._trued.opening or Closing()

    def _keep(self, store: Store, run: RunRecord, blobs: Mapping[str, bytes | Path]) -> RunRecord:
        named = replace(run, blobs={role: store.put(content) for role, content in blobs.items()})
        own = {role.removeprefix("table:"): sha for role, sha in named.blobs.items() if role.startswith("table:")}
        tables = {name: sha for name, sha in own.items() if not ("opening" in named.blobs and name in _OPENED)}
        said = self._said(named.blobs["program"], run.currency, tables)
        total = run.total_minor + sum(each.lines.total_minor for each in self._trued.batches)
        counts = {"run_id": run.run_id, "partners": run.partners, "lines": run.lines, "total_minor": str(total)}
        self._record(said | counts, (named,))
        found = store.run_by_id(run.run_id, run.kind)
        assert found is not None, "the run was kept with its event"
        return found

    def _said(self, program_sha256: str, currency: str, tables: Mapping[str, str]) -> dict[str, object]:
        batches = [
            {
                "sha256": self._store.put(each.content),
                "period": each.period,
                "records": len(each.records),
                "lines": len(each.lines),
                "total_minor": str(each.lines.total_minor),
            }
            for each in self._trued.batches
        ]
        return {
            "program": self._program,
            "program_sha256": program_sha256,
            "run_id": "",
            "currency": currency,
            "total_minor": str(sum(each.lines.total_minor for each in self._trued.batches)),
            "batches": batches,
            "tables": dict(sorted(tables.items())),
        }

    def _record(self, said: Mapping[str, object], runs: Sequence[RunRecord]) -> None:
        def decide(books: Books) -> Draft:
            if _rests_on(books, self._program) != _rests_on(self._books, self._program):
                message = f"what {self._program} opens with changed while it was calculated"
                raise conflict("B128", message, "calculate it again")
            return replace(moves.calculated(books, self._cycle.name, said), runs=tuple(runs))

        self._recorded = record(self._store, self._command, decide)


def _rests_on(books: Books, program: str) -> tuple[list[str], int]:
    """What a calculation of a program takes from the books: its locked cycles, and its opening."""
    opening = opening_of(books, program)
    return [each.name for each in books.locked(program)], 0 if opening is None else opening.number
