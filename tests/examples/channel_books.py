"""The books of the channel example: its cycles with their acts, in this process, and what they come to."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from channel_cut import Tables

from engine.acts.books import calculate, cycle, lock, program
from engine.acts.books.asking import Asker
from engine.acts.books.calculate import InCycle
from engine.acts.calculate import calculate as calculate_alone
from engine.ledger import books_of
from engine.store import Address, Store
from engine.store.lines import lines_from_parquet
from engine.values import Lines
from engine.values.closing import Closing, closing_from
from engine.values.true_up import Batch, batch_from

Line = tuple[str, str, str, str, str]  # period, partner, component, table, key


@dataclass
class Stated:
    """What is locked: every period with its true-ups so far, and what it was `locked` with."""

    lines: Counter[Line] = field(default_factory=Counter)
    locked: Counter[Line] = field(default_factory=Counter)
    closings: dict[str, Closing] = field(default_factory=dict)
    batches: dict[str, list[Batch]] = field(default_factory=dict)  # by cycle
    postings: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # period, payee, kind

    @property
    def amounts(self) -> dict[Line, int]:
        """What every line comes to, but for those that come to nothing."""
        return {line: amount for line, amount in self.lines.items() if amount}

    @property
    def owed(self) -> dict[tuple[str, str], int]:
        """What every payee is owed of a period, earned and adjusted."""
        found: Counter[tuple[str, str]] = Counter()
        for (period, payee, _), amount in self.postings.items():
            found[period, payee] += amount
        return {at: amount for at, amount in found.items() if amount}

    def total(self, period: str) -> int:
        """What all lines of a period come to."""
        return sum(amount for line, amount in self.lines.items() if line[0] == period)

    def add(self, period: str, lines: Lines, closing: bytes) -> None:
        """Add the lines of a run, and what it closes with; lines of a table without a key are told together."""
        columns = (lines.partner, lines.component, lines.table, lines.key, lines.amount_minor)
        for partner, component, table, key, amount in zip(*(each.tolist() for each in columns), strict=True):
            self.lines[period, partner, component, table, "" if table == "revenue" else key] += amount
        self.closings[period] = closing_from(closing)


@dataclass
class Team:
    """Those who pay the partners: their program in its folder, and their store."""

    folder: Path
    store: Address
    asked: int = field(default=0)

    @property
    def program(self) -> Path:
        return self.folder / "program.yaml"

    def by(self, actor: str) -> Asker:
        """Somebody asks for the next thing, a minute after the last."""
        self.asked += 1
        at = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=self.asked)
        return Asker(actor, "os-declared", at, f"k{self.asked}")

    def in_force(self, text: str, first: date) -> None:
        """Put a program into force."""
        (self.folder / "data").mkdir(parents=True)
        self.program.write_text(text, "utf-8")
        number = program.submit_program(self.store, self.program, first, "the plan", self.by("ana")).event.number
        program.approve_program(self.store, number, self.by("bob"))
        program.activate_program(self.store, number, self.by("ana"))

    def imported(self, tables: Tables) -> None:
        """What the sources say from now on."""
        for name, rows in tables.items():
            with (self.folder / "data" / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

    def locked(self, name: str, period: str) -> InCycle:
        """A cycle of a period from its opening to its lock."""
        cycle.open_cycle(self.store, name, [self.program], period, self.by("eve"))
        found = calculate.calculate_in_cycle(self.program, period, self.store, self.by("eve"), True, False)
        cycle.submit(self.store, name, self.by("eve"))
        cycle.approve(self.store, name, "", self.by("bob"))
        lock.lock(self.store, name, self.by("eve"))
        return found

    def alone(self, period: str) -> Stated:
        """A period worked out without what the books say."""
        found = Stated()
        by = self.by("eve")
        run = calculate_alone(self.program, period, self.store, by.actor, by.at).record
        with Store.open(self.store) as kept:
            lines, closing = (kept.blob_bytes(run.blobs[role]) for role in ("lines", "closing"))
        found.add(period, lines_from_parquet(lines), closing)
        return found

    def stated(self, title: str) -> Stated:
        """All that is locked, as the books have it; the chain of events is verified, and every byte hashed again."""
        found = Stated()
        with Store.open(self.store) as kept:
            for each in books_of(kept.events()).locked(title):
                calculation = each.calculations[title]
                if calculation.run_id:
                    run = kept.run_by_id(calculation.run_id, "official")
                    assert run is not None
                    lines, closing = (kept.blob_bytes(run.blobs[role]) for role in ("lines", "closing"))
                    found.add(run.period, lines_from_parquet(lines), closing)
                found.batches[each.name] = [batch_from(kept.blob_bytes(sha256)) for sha256 in calculation.batches]
            for posted in kept.postings():
                own = posted.posting
                found.postings[own.period, own.payee, own.kind] += own.amount_minor
        found.locked = Counter(found.lines)
        for batch in (batch for batches in found.batches.values() for batch in batches):
            for delta in batch.lines:
                line = (batch.period, delta.partner, delta.component, delta.table, delta.key)
                assert found.lines[line] == delta.before_minor, f"{line} is what the true-up found"
                found.lines[line] += delta.amount_minor
            found.closings[batch.period] = found.closings[batch.period].with_changes(batch.closings)
        return found
