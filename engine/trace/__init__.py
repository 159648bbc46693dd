"""Trace: what became of one source row; every rule that reads it, and what that rule made of it.

In: a run's plan, sheet, readings and facts. Out: verdicts in words, each with the condition that decided, worked out
again on the row's own cells by the law of `rules.expressions.evaluate`.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.trace.balances import of_balances
from engine.trace.further import Further
from engine.trace.own import Own
from engine.trace.verdict import Verdict as Verdict, fate_of as fate_of
from engine.values import PARTNERS, Facts, Plan, Reading, Sheet, Standing
from rules.problem import Place, Problem, Refused


def trace(
    plan: Plan,
    sheet: Sheet,
    facts: Facts,
    standing: Standing,
    readings: Sequence[Reading],
    table: str,
    key: str,
    partner: str = "",
) -> tuple[Verdict, ...]:
    """Every verdict on the row of `table` with that key, and on the rows that rest on it; where `partner` is named, why
    it has no share of a row as well. Raises Refused for no row."""
    record = facts.record(table, key)
    if record is None:
        hint = r"name the key as the source has it (parts joined by /; a / inside of one is written \/); "
        hint += "a row that was rejected before its key was read is listed by show RUN --rejected"
        raise Refused(Problem("S114", f"{table} has no row {key}", Place(), hint))
    own = Own(plan, sheet, facts, partner)
    further = Further(plan, sheet, facts, standing, own)
    found: list[Verdict] = [*of_balances(plan, sheet, key)] if table == PARTNERS else []
    for reading in readings:
        if reading.table == table:
            found += own.verdicts(reading, key, record)
        found += further.verdicts(reading, table, key, record)
    if not found:
        fate, why = standing.unreached(table, record)
        found.append(Verdict(table, key, "", fate, why, Place()))
    return tuple(found)
