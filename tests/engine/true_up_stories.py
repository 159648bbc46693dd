"""What the stories of true-ups share: a program, its tables as the months go by, periods that are locked, and what a
later snapshot changes of them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from spine_stories import write

from engine.acts.closing import closing_of
from engine.acts.true_up import true_up
from engine.facts.gather import gather_facts, reopen_facts
from engine.facts.opened import opens_with, with_openings, write_opening
from engine.facts.posted import posted_lines
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.store.lines import lines_to_parquet
from engine.values import Lines
from engine.values.closing import Closing
from engine.values.true_up import Batch, Stated
from rules.load import load, understand

Line = tuple[str, str, str, str]
Kept = Mapping[str, Path]


@dataclass
class Books:
    """A small ledger: the periods that are locked, each as it was last stated."""

    folder: Path
    program: str
    stated: dict[str, Stated] = field(default_factory=dict)
    imports: int = 0

    def imported(self, tables: Mapping[str, str]) -> Kept:
        """A snapshot of all tables, as it is kept."""
        self.imports += 1
        loaded = load(write(self.folder / f"import{self.imports}", self.program, tables))
        meaning = loaded.understood()
        kept = {}
        with gather_facts(meaning, loaded.folder, meaning.calendar.period(self.month), threads=1) as facts:
            for each in facts.inputs:
                kept[each.table] = self.folder / f"{each.table}.{self.imports}.parquet"
                facts.snapshot.write(each.table, kept[each.table])
        return kept

    @property
    def month(self) -> str:
        """A period of the program."""
        return "2026-04"

    def lock(self, kept: Kept, period: str, opening: Closing | None = None) -> None:
        """Work a period out and lock it."""
        lines, closing = self.worked_out(kept, period, opening)
        file = self.folder / f"{period}.lines.parquet"
        file.write_bytes(lines_to_parquet(lines))
        program = textwrap.dedent(self.program).lstrip().encode()
        self.stated[period] = Stated(program, "program.yaml", period, kept, file, opening, closing)

    def true_up(self, kept: Kept, period: str, opening: Closing | None = None, is_whole: bool = False) -> Batch | None:
        """What an import changes of a locked period, which is stated anew."""
        stated = self.stated[period]
        batch = true_up(stated, kept, opening, is_whole=is_whole)
        if batch is not None:
            closing = (stated.closing or Closing()).with_changes(batch.closings)
            batches = (*stated.batches, batch)
            self.stated[period] = replace(stated, tables=kept, opening=opening, closing=closing, batches=batches)
        return batch

    def posted(self, period: str) -> dict[Line, int]:
        """The state of a period: its locked lines and all its batches."""
        stated = self.stated[period]
        found = amounts(posted_lines(stated.lines, None))
        for line in (line for batch in stated.batches for line in batch.lines):
            key = (line.partner, line.component, line.table, line.key)
            found[key] = found.get(key, 0) + line.amount_minor
        return {key: amount for key, amount in found.items() if amount}

    def worked_out(self, kept: Kept, period: str, opening: Closing | None = None) -> tuple[Lines, Closing]:
        """A period worked out in one go: its lines, and what it ends with."""
        program = textwrap.dedent(self.program).lstrip().encode()
        meaning = understand(program, "program.yaml", self.folder).understood()
        days, plan = meaning.calendar.period(period), compile_plan(meaning)
        if opening is not None:
            meaning = with_openings(meaning, opens_with(plan))
            kept = {**kept, **write_opening(opening, plan, days, self.folder)}
        with reopen_facts(meaning, kept, days) as facts:
            sheet = evaluate(plan, facts.snapshot, days)
            run = settle(plan, sheet, "", facts.inputs)
            assert isinstance(run.lines, Lines), "a story is small"
            return run.lines, closing_of(plan, sheet, facts.snapshot.openings())

    def known(self, kept: Kept, period: str) -> dict[Line, int]:
        """What a period comes to in one go."""
        return amounts(self.worked_out(kept, period)[0])


def amounts(lines: Lines) -> dict[Line, int]:
    """What each line comes to; those that pay nothing are left out."""
    found = (lines.line(row) for row in range(len(lines)))
    paid = (each for each in found if each.amount_minor)
    return {(each.partner, each.component, each.table, each.key): each.amount_minor for each in paid}
