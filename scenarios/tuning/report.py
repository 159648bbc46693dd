"""A choice of plan parameters as people read it: tables of texts, and sentences.

Money has the decimals of its currency; rates and parts are rounded half up to two decimals, for the eye alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from engine.reports.compared import signed
from engine.reports.counted import counted
from engine.reports.register import Grid
from rules.quantities.currency import Currency, format_minor
from rules.quantities.rounding import round_fraction
from scenarios.outcomes.gate import COUNTS, MONEY, Clause, Judged
from scenarios.outcomes.report import AS_IT_IS
from scenarios.tuning.grid import text_of
from scenarios.tuning.values import Candidate, Skipped, Tuned

_TRAIL = 12  # steps that are shown, the last of them
_POINTS_TOLD = 10**12


def head(found: Tuned) -> Iterator[str]:
    """Which problem, of which program and periods; the goal, and what has to hold."""
    tuning = found.tuning
    first, *others = (each.period for each in found.simulated.base.periods)
    span = f"{first} to {others[-1]}" if others else first
    parameters = counted(len(tuning.parameters), "parameter")
    yield f"{tuning.name.text}: {parameters} of {found.simulated.program}, {span}, {points_text(tuning.points)}"
    yield f"goal: {tuning.goal.said}" + (f"; to hold: {tuning.hold}" if tuning.hold else "")


def points_text(points: int) -> str:
    """How many plans a grid has.

    >>> points_text(81), points_text(10**30)
    ('81 plans', 'more than 1,000,000,000,000 plans')
    """
    if points > _POINTS_TOLD:
        return f"more than {_POINTS_TOLD:,} plans"
    return counted(points, "plan")


def plan_grid(found: Tuned) -> Grid:
    """Every parameter and every quantity, in force and as it is proposed."""
    changed = {} if found.best is None else {each.path: text_of(each.value) for each in found.best.edits if each.value}
    has_best = found.best is not None
    rows = []
    for each, text in zip(found.tuning.parameters, found.in_force, strict=True):
        rows.append((each.path, text, changed.get(each.path, text)))
    currency = found.simulated.currency
    for name, (before, after) in found.quantities.items():
        title = f"{name.replace('_', ' ')} {currency.code}" if name in MONEY else name.replace("_", " ")
        rows.append((title, _plain(name, before, currency), _plain(name, after, currency)))
    titles = ("", AS_IT_IS, "proposal") if has_best else ("", AS_IT_IS)
    return Grid(titles, tuple(row[: len(titles)] for row in rows), (False, *[True] * (len(titles) - 1)))


def _plain(name: str, value: Fraction | None, currency: Currency) -> str:
    if value is None:
        return "-"
    if name == "change" or name == "over_budget":
        return signed(int(value), currency)
    return amount_text(Clause(name, "=", Fraction(0), name == "effective_rate", name), value, currency)


def amount_text(clause: Clause, value: Fraction | None, currency: Currency) -> str:
    """What a clause came to, in its own unit."""
    if value is None:
        return "unknown"
    if clause.is_part:
        return f"{_two(value * 100)}%"
    if clause.name in MONEY:
        return format_minor(round_fraction(value), currency)
    return f"{int(value):,}" if clause.name in COUNTS and value.denominator == 1 else _two(value)


def _two(value: Fraction) -> str:
    hundredths = round_fraction(value * 100)
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100:,}.{abs(hundredths) % 100:02}"


def verdict_lines(found: Tuned) -> Iterator[str]:
    """What was found, what it is worth as a proof, and which plans were left out."""
    if found.best is not None:
        for each in found.best.held:
            yield f"holds   {each.clause.written} (it is {amount_text(each.clause, each.value, _currency(found))})"
        if not found.best.edits:
            yield "the plan in force stays: none that was worked out is better"
    else:
        told = "no plan of the grid holds" if found.proof == "all" else "no plan that was worked out holds"
        yield f"FAILED  {told}: {found.tuning.hold}" if found.tuning.hold else f"FAILED  {told} a known goal"
        for number, near in enumerate(found.nearest, start=1):
            yield f"nearest {number}: {changes_text(near)}"
            yield from (f"  {line}" for line in _missed_lines(near, found))
    yield from proof_lines(found)
    for left in found.skipped:
        yield _skipped_text(left)


def _missed_lines(near: Candidate, found: Tuned) -> Iterator[str]:
    for each in near.held:
        value = amount_text(each.clause, each.value, _currency(found))
        if each.holds:
            yield f"holds   {each.clause.written} (it is {value})"
        else:
            yield f"misses  {each.clause.written} by {miss_text(each, _currency(found))} (it is {value})"


def miss_text(each: Judged, currency: Currency) -> str:
    """By how much a clause is missed; an equality with a sign of no smaller step is missed by nothing at all."""
    return "unknown" if each.value is None else amount_text(each.clause, abs(each.value - each.clause.number), currency)


def proof_lines(found: Tuned) -> Iterator[str]:
    """How far the answer is proved."""
    points = points_text(found.tuning.points)
    if found.proof == "all":
        each = "the one plan was worked out" if found.tuning.points == 1 else f"each of the {points} was worked out"
        yield f"{each}: {'the best is proved' if found.best else 'that none holds is proved'}"
        return
    of = f"{found.evaluations:,} of {points} were worked out"
    if found.proof == "limit":
        yield f"{of}: no plan at all can be better for the goal, which is at its limit"
        return
    yield f"{of}, by differential evolution and steps on the grid"
    if not found.best:
        yield "no bound is known: a plan that was not worked out may hold"
        return
    yield "no bound is known: a plan that was not worked out may be better"
    if found.is_local:
        yield "no plan that is one step away, in one parameter or in two, is better"


def _skipped_text(left: Skipped) -> str:
    first = changes_text(Candidate(left.edits, None, (), None))
    return f"left out: {counted(left.count, 'plan')}, {left.problem.code} {left.problem.message} (such as {first})"


def changes_text(candidate: Candidate) -> str:
    """The changes of a plan in one line."""
    told = [f"{each.path} {text_of(each.value)}" for each in candidate.edits if each.value]
    return ", ".join(told) or "the plan in force"


def trail_grid(found: Tuned) -> Grid:
    """The best so far, step by step; of a long way the last steps."""
    rows = [
        (
            f"{step.evaluations:,}",
            amount_text(found.goal, step.candidate.goal, _currency(found)),
            changes_text(step.candidate),
        )
        for step in found.trail[-_TRAIL:]
    ]
    return Grid(("plan", found.goal.name.replace("_", " "), "the best so far"), tuple(rows), (True, True, False))


def _currency(found: Tuned) -> Currency:
    return found.simulated.currency
