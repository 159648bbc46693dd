"""Parameters that no rule reads: every plan pays the same whatever their value, and there is nothing to search for."""

from __future__ import annotations

from rules.check.uses import names_used
from rules.meaning import Meaning
from rules.problem import Problem, Refused
from scenarios.tuning.values import Parameter, Tuning


def refuse_idle(tuning: Tuning, meaning: Meaning) -> None:
    """Raise Refused (W374) with each parameter that can move nothing: a title, or what only a KPI or a scorecard is of
    that nothing reads, and that pay is not held against."""
    used = names_used(meaning) | {tuning.per}
    found = [
        Problem("W374", f"{each.path[:64]} is {what}", each.place, "choose among values that something is paid by")
        for each in tuning.parameters
        if (what := _idle(each, used))
    ]
    if found:
        raise Refused(*found)


def _idle(each: Parameter, used: set[str]) -> str:
    """Why nothing is paid by a parameter; blank where something may be."""
    first, *others = each.steps
    if each.steps == ("program",) or (others and each.steps[-1] == "title"):
        return "what people read, and no rule does"
    if first in ("kpis", "scorecards") and others and others[0] != "*":
        name = str(others[0])
        if not any(of == name or of.startswith(f"{name}.") for of in used):
            return f"of {name}, which no rule reads"
    return ""
