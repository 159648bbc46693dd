"""The sheet of gathered facts; where it is refused, the rejected rows that may be the cause are told as well."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from engine.acts.between import refuse_between
from engine.facts.gather import Gathered
from engine.facts.rejected import first_problems
from engine.sheet import evaluate
from engine.sheet.keeping import Keep
from engine.sheet.reuse import Reuse
from engine.values import Plan, Sheet
from engine.values.versions import LockedBy
from rules.calendar import Period
from rules.problem import Refused


def sheet_of(
    plan: Plan,
    facts: Gathered,
    period: Period,
    program: Path,
    keep: Keep = "all",
    versions: Sequence[LockedBy] = (),
    reuse: Reuse | None = None,
) -> Sheet:
    """The sheet of a plan and a period; raises Refused with the faults of the program, then with the first rejected
    rows and the command that lists all of them. `reuse` is what other programs worked out on the same facts."""
    try:
        refuse_between(plan, facts.snapshot, period)
        return evaluate(plan, facts.snapshot, period, keep=keep, versions=versions, reuse=reuse)
    except Refused as refusal:
        command = f"partage run {shlex.quote(str(program))} --period {period.name} --official"
        raise Refused(*refusal.problems, *first_problems(facts.rejected, command)) from None
