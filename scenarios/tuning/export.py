"""A choice of plan parameters for scripts: stable keys, money in minor units, parts as a fraction's text."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from scenarios.outcomes.export import as_json as simulated_json
from scenarios.tuning.grid import text_of
from scenarios.tuning.values import Candidate, Tuned


def as_json(found: Tuned) -> dict[str, Any]:
    """What was found, with the keys that scripts rely on."""
    tuning, best = found.tuning, found.best
    changed = {} if best is None else {each.path: text_of(each.value) for each in best.edits if each.value}
    return {
        "problem": tuning.name.text,
        "currency": found.simulated.currency.code,
        "goal": tuning.goal.said,
        "goal_of": {
            "aim": tuning.goal.aim,
            "quantity": tuning.goal.name,
            "number": _text(_number(found)),
            "weights": [{"quantity": each.quantity, "weight": str(each.number)} for each in tuning.goal.weights],
        },
        "hold": tuning.hold or None,
        "points": str(tuning.points),
        "evaluations": found.evaluations,
        "proof": found.proof,
        "is_local": found.is_local,
        "is_met": best is not None,
        "parameters": [
            {
                "path": each.path,
                "in_force": text,
                "proposed": None if best is None else changed.get(each.path, text),
                "is_changed": each.path in changed,
                "values": len(each.values),
            }
            for each, text in zip(tuning.parameters, found.in_force, strict=True)
        ],
        "quantities": [
            {"quantity": name, "as_it_is": _text(before), "proposed": _text(after)}
            for name, (before, after) in found.quantities.items()
        ],
        "in_force": _candidate(found.now),
        "proposal": None if best is None else _candidate(best),
        "nearest": [_candidate(each) for each in found.nearest],
        "trail": [{"evaluations": step.evaluations, **_candidate(step.candidate)} for step in found.trail],
        "left_out": [
            {
                "code": each.problem.code,
                "message": each.problem.message,
                "plans": each.count,
                "changes": _changes(Candidate(each.edits, None, (), None)),
            }
            for each in found.skipped
        ],
        "simulated": simulated_json(
            found.simulated, [() if best is None else best.held for _ in found.simulated.scenarios]
        ),
    }


def _number(found: Tuned) -> Fraction | None:
    return found.goal.number if found.tuning.goal.aim == "nearest" else None


def _candidate(each: Candidate) -> dict[str, Any]:
    return {
        "changes": _changes(each),
        "goal": _text(each.goal),
        "missed": _text(each.missed),
        "gate": [{"clause": of.clause.written, "value": _text(of.value), "holds": of.holds} for of in each.held],
    }


def _changes(each: Candidate) -> list[dict[str, str]]:
    return [{"path": edit.path, "value": text_of(edit.value)} for edit in each.edits if edit.value]


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
