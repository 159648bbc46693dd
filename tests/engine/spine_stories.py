"""What the stories of the spine share: a program and its tables as text in a folder, run in this process or by the
command line, and its lines to compare with."""

from __future__ import annotations

import io
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cli
from engine.explain import explain
from engine.facts.gather import gather_facts
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.values import Plan, Reasoned, Run, Sheet
from rules.load import load
from rules.problem import Refused

MONTH = """
program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
"""


@dataclass(frozen=True)
class Told:
    """A story's run in this process, with all that an explanation walks through."""

    plan: Plan
    sheet: Sheet
    facts: Snapshot
    run: Run

    def lines(self) -> list[str]:
        """Each line as `partner component key minor`."""
        lines = [self.run.lines.line(row) for row in range(len(self.run.lines))]
        return [f"{line.partner} {line.component} {line.key} {line.amount_minor}" for line in lines]

    def payouts(self) -> dict[str, int]:
        """What each partner gets in all, in minor units."""
        return dict(zip(self.run.partners, self.run.payouts_minor[:, -1].tolist(), strict=True))

    def why(self, partner: str, name: str | None = None, is_whole: bool = True) -> Reasoned:
        return explain(self.plan, self.sheet, self.facts, partner, name, is_whole)


def write(folder: Path, program: str, tables: Mapping[str, str | bytes]) -> Path:
    """The program and its tables (file name: content, indented as in the test) as files of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "program.yaml"
    path.write_text(textwrap.dedent(program).lstrip(), "utf-8")
    for name, content in tables.items():
        data = content if isinstance(content, bytes) else textwrap.dedent(content).lstrip().encode()
        (folder / name).write_bytes(data)
    return path


@contextmanager
def told(path: Path, period: str = "2026-04") -> Iterator[Told]:
    """The run of a program for a period, with nothing kept."""
    loaded = load(path)
    meaning = loaded.understood()
    days = meaning.calendar.period(period)
    plan = compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, days) as facts:
        assert not facts.rejected, "every row of the story is read"
        sheet = evaluate(plan, facts.snapshot, days)
        yield Told(plan, sheet, facts.snapshot, settle(plan, sheet, loaded.sha256, facts.inputs))


def refused(path: Path, period: str = "2026-04") -> list[str]:
    """Why a program is refused: each problem's code and place."""
    try:
        with told(path, period):
            return []
    except Refused as refusal:
        return [f"{problem.code} {problem.place}" for problem in refusal.problems]


def leaves(reason: Reasoned) -> Iterator[Reasoned]:
    """The nodes of an explanation that rest on nothing further."""
    if not reason.parts:
        yield reason
    for part in reason.parts:
        yield from leaves(part)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, its output and its error stream."""

    exit_code: int
    out: str
    err: str

    def json(self) -> Any:
        """The JSON that it printed, and nothing beside it."""
        return json.loads(self.out)


def partage(*arguments: str | Path) -> Ended:
    """The command line as a user calls it, in this process."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["partage", *map(str, arguments)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.argv = before
    return Ended(code, out.getvalue(), err.getvalue())
