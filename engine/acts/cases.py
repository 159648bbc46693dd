"""Cases: what a program says of itself, held against what the engine makes of it. Nothing is kept.

A case takes the way of a run: its rows become files in a folder of their own, which are read by the same grammar,
worked out by the same steps and settled; what differs is explained as a run would be.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.acts.between import refuse_between
from engine.explain import explain
from engine.facts.gather import Gathered, gather_facts
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from engine.values import Award, Plan, Reasoned, Run, Share, Sheet, Step
from engine.values.cases import Difference, Tried
from rules.cases.meaning import CaseMeaning, Expected
from rules.cases.stated import as_case
from rules.load import Loaded, load
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused

_NOBODY = "F304"  # what a pool without members is refused for


@dataclass(frozen=True, slots=True)
class Tested:
    """All cases of a program, in its order."""

    loaded: Loaded
    meaning: Meaning
    cases: tuple[Tried, ...]

    @property
    def failed(self) -> int:
        """How many cases came out differently."""
        return sum(not each.is_as_expected for each in self.cases)


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A case as a run: everything that an explanation walks through."""

    meaning: Meaning
    plan: Plan
    sheet: Sheet
    facts: Gathered
    run: Run


def try_cases(program: Path, only: str | None = None) -> Tested:
    """Work out the cases of a program (`only` the one of that name); raises Refused where there is none."""
    loaded = load(program)
    meaning = loaded.understood()
    chosen = [case for case in meaning.cases if only is None or case.name == only]
    if not meaning.cases:
        hint = "write one under tests: with given: and expect:"
        raise Refused(Problem("S132", "the program has no case", Place(program.name), hint))
    if not chosen:
        hint = "its cases are: " + "; ".join(case.name for case in meaning.cases)
        raise Refused(Problem("S133", f"the program has no case '{only}'", Place(program.name), hint))
    return Tested(loaded, meaning, tuple(_tried(meaning, case, loaded.sha256) for case in chosen))


def _of_case(step: Step) -> Step:
    """A step of a case, which gives rows to what it is about: a pool that it is not about has no members."""
    return replace(step, may_be_empty=True) if isinstance(step, Award | Share) else step


@contextmanager
def played(meaning: Meaning, case: CaseMeaning, program_sha256: str) -> Iterator[Played]:
    """A case, worked out; raises Refused as a run does, and where a row of the case is not accepted."""
    told, files = as_case(meaning, case)
    with tempfile.TemporaryDirectory(prefix="partage-case-") as name:
        folder = Path(name)
        for path, data in files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(data)
        plan = compile_plan(told)
        if case.problem != _NOBODY:
            plan = replace(plan, steps=tuple(_of_case(step) for step in plan.steps))
        with gather_facts(told, folder, case.period, threads=1) as facts:
            if facts.rejected:
                raise Refused(*(fault for each in facts.rejected for fault in each.faults))
            refuse_between(plan, facts.snapshot, case.period)
            sheet = evaluate(plan, facts.snapshot, case.period)
            yield Played(told, plan, sheet, facts, settle(plan, sheet, program_sha256, facts.inputs))


def _tried(meaning: Meaning, case: CaseMeaning, program_sha256: str) -> Tried:
    try:
        with played(meaning, case, program_sha256) as run:
            if case.problem is not None:
                return Tried(case, (), (), False)
            found = tuple(differences(case, run))
            return Tried(case, found, (), not found)
    except Refused as refusal:
        return Tried(case, (), refusal.problems, case.problem in {each.code for each in refusal.problems})


def differences(case: CaseMeaning, run: Played) -> Iterator[Difference]:
    """Everything that came out differently from what a case expects."""
    for each in case.expected:
        found = _line(each, run) if each.row else _value(each, run)
        if found != each.value:
            reason = _why(run, each.partner, each.name)
            yield Difference(each.name, each.partner, each.row, each.is_money, each.value, found, each.place, reason)
    yield from _unexpected(case, run)


def _value(expected: Expected, run: Played) -> Fraction | None:
    """What a partner has of a column; nothing, where it cannot be paid."""
    whose = run.sheet.frames.get(run.sheet.frame_of.get(expected.name, ""), run.sheet.partners)
    at = np.flatnonzero(whose.keys == expected.partner)
    if not len(at):
        return Fraction(0) if expected.name in _paid(run) else None
    return run.sheet.columns[expected.name].fraction(int(at[0]))


def _paid(run: Played) -> Sequence[str]:
    totals = [each.name for each in run.meaning.totals]
    return [*(step.name for step in run.plan.components), *totals, "payout"]


def _line(expected: Expected, run: Played) -> Fraction | None:
    """The sum of a payout's lines for one row and partner; None where there is no such line."""
    return _lines(run).get((expected.name, expected.partner, expected.row))


def _lines(run: Played) -> Mapping[tuple[str, str, str], Fraction]:
    found: dict[tuple[str, str, str], Fraction] = {}
    for row in range(len(run.run.lines)):
        line = run.run.lines.line(row)
        key = (line.component, line.partner, line.key)
        found[key] = found.get(key, Fraction(0)) + line.amount_minor
    return found


def _unexpected(case: CaseMeaning, run: Played) -> Iterator[Difference]:
    """The lines of payouts whose lines are all named that nothing expects."""
    named = {(each.name, each.partner, each.row) for each in case.expected if each.row}
    for (name, partner, row), amount in _lines(run).items():
        if name in case.whole and (name, partner, row) not in named:
            yield Difference(name, partner, row, True, None, amount, case.place, _why(run, partner, name))


def _why(run: Played, partner: str, name: str) -> Reasoned | None:
    """Why a partner has what it has; nothing, where it cannot be paid or the value is no one's to explain."""
    try:
        return explain(run.plan, run.sheet, run.facts.snapshot, partner, name, is_whole=True)
    except Refused:
        return None
