"""Apply: write the changes of a scenario into a program, whose comments and layout stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from engine.reports.new_file import write_new
from rules.load import load
from rules.problem import Problem, Refused
from scenarios.overlays.facts import has_facts
from scenarios.overlays.overlay import laid_over
from scenarios.overlays.scenario import Scenario, read_scenario


@dataclass(frozen=True, slots=True)
class Applied:
    """A scenario that was applied: which, to which file, the lines in which the program differs now (none where it was
    so already), its digest, what is suspicious about it, and whether it was written."""

    scenario: str
    file: str
    lines: tuple[str, ...]
    sha256: str
    warnings: tuple[Problem, ...]
    is_written: bool


def apply(
    scenario_file: Path, program: Path, out: Path | None = None, force: bool = False, dry: bool = False
) -> Applied:
    """Write a program with the changes of a scenario, over itself or into a new file (`out`); raises Refused with all
    that is wrong with the changes, or with the program that they make, and then nothing is written."""
    scenario = read_scenario(scenario_file)
    _refuse_version(scenario)
    _refuse_facts(scenario)
    base = load(program)
    laid = laid_over(base, scenario.edits)
    known = {(each.code, each.message) for each in base.problems}
    warnings = tuple(laid.told(each) for each in laid.loaded.problems if (each.code, each.message) not in known)
    into = program if out is None else out
    is_written = not dry and (out is not None or laid.data != base.data)
    if is_written:
        write_new(into, laid.data, force or out is None, "the program")
    lines = tuple(_diff(base.data, laid.data))
    return Applied(scenario.name, str(into), lines, laid.loaded.sha256, warnings, is_written)


def _refuse_version(scenario: Scenario) -> None:
    if scenario.program:
        message = f"the scenario starts from another version, {scenario.program[:100]}"
        hint = "copy that file, or leave program: out to apply the changes alone"
        raise Refused(Problem("W210", message, scenario.place, hint))


def _refuse_facts(scenario: Scenario) -> None:
    place = has_facts(scenario.document)
    if place is not None:
        message = "the scenario changes facts, and these are no part of a program"
        hint = "take facts: out to apply the other changes; what happened is changed where it is recorded"
        raise Refused(Problem("W216", message, place, hint))


def _diff(before: bytes, now: bytes) -> Sequence[str]:
    """The lines that differ, with their heads that say where."""
    one, other = (data.decode("utf-8-sig").splitlines() for data in (before, now))
    return list(unified_diff(one, other, lineterm="", n=0))[2:]
