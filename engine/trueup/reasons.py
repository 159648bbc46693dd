"""Why a line comes to something else: in words, from the records that came late and from what explains the line before
and now.

In: the plan, its sheets before and now, the delta lines, the late records and the partners that each of them names.
Out: a sentence for each line. The largest lines are told in detail: which tier, rate or share they had and have. The
others are told by their cause alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.trueup.differences import Key
from engine.values import Due, Limit, Multiply, Pay, Plan, Share, Sheet, Step
from engine.values.late import ADDED, CHANGED, Change
from rules.expressions.tree import Type
from rules.kinds.base import percent
from rules.kinds.edges import AtEdge, tier_of
from rules.quantities.currency import currency, format_minor
from rules.quantities.exact import Exact
from rules.tables import Table

DETAILED_MAX = 1_000  # lines
_NAMED_MAX = 3  # records that a reason names
_PERCENT = re.compile(r"\d[\d,]*(?:\.\d+)?(?:\.\.)? %")


@dataclass(frozen=True, slots=True)
class Late:
    """The late records of a true-up: all of them, and by partner those that name it."""

    records: Sequence[Change]
    by_partner: Mapping[str, Sequence[Change]]
    tables: Mapping[str, Table]
    code: str

    def of(self, partner: str) -> Sequence[Change]:
        """The records that a partner's lines changed for."""
        return self.by_partner.get(partner) or self.records


def reasons_of(
    plan: Plan,
    late: Late,
    keys: Collection[Key],
    amounts: Callable[[Key], int],
    now: Sheet,
    before: Callable[[frozenset[str]], AbstractContextManager[Sheet]],
    is_opened_anew: bool,
) -> Mapping[Key, str]:
    """The reason of each line; `amounts` tells how much it changes; `before` works the sheet of the last statement out
    for some partners, which is done only for those with a line that has no record of its own."""
    own = {(each.table, each.key): each for each in late.records}
    told: dict[Key, str] = {}
    largest = sorted(keys, key=lambda key: (-abs(amounts(key)), key))[:DETAILED_MAX]
    moved: dict[Key, str] = {}
    undirect = [key for key in largest if (key[2], key[3]) not in own]
    if undirect:
        with before(frozenset(key[0] for key in undirect)) as old:
            moved = _moved(plan, old, now, undirect)
    for key in keys:
        change = own.get((key[2], key[3]))
        if change is not None:
            told[key] = record_words(change, late)
            continue
        cause = _cause(late.of(key[0]), late, is_opened_anew)
        of = "" if key[2] in ("pool", "balance") or not key[3] else f"{_row(key[2])} {key[3]} "
        told[key] = f"{of}{moved[key]} {cause}".strip() if key in moved else f"{of}{cause}".strip()
    return told


def record_words(change: Change, late: Late) -> str:
    """What became of a late record, in words."""
    row = f"{_row(change.table)} {change.key}"
    if change.kind == ADDED:
        return f"{row}: added after the period was locked"
    if change.kind != CHANGED:
        return f"{row}: removed after the period was locked"
    cells = [f"{each.column} {_cell(each.before, change, each.column, late)} -> "
             f"{_cell(each.after, change, each.column, late)}" for each in change.cells]  # fmt: skip
    return f"{row}: {', '.join(cells)}"


def _cell(value: str | None, change: Change, name: str, late: Late) -> str:
    if value is None:
        return "blank"
    column = late.tables[change.table].column(name)
    if column is not None and column.type == Type.MONEY:
        return format_minor(int(value), currency(change.currency or late.code))
    return value


def _row(table: str) -> str:
    """What one row of a table is called: its name without the plural."""
    return table[:-1] if table.endswith("s") else table


def _cause(records: Sequence[Change], late: Late, is_opened_anew: bool) -> str:
    if not records:
        return "because the period opens with something else now" if is_opened_anew else "as it is worked out now"
    first = sorted(records, key=lambda each: (each.table, each.key))
    told = [f"{_row(each.table)} {each.key} was {each.kind}" for each in first[:_NAMED_MAX]]
    more = len(records) - len(told)
    return "because " + " and ".join([*told, *([f"{more:,} more records changed"] if more > 0 else [])])


# --- what a line moved from and to ------------------------------------------------------------------------------------


def _moved(plan: Plan, before: Sheet, now: Sheet, keys: Sequence[Key]) -> dict[Key, str]:
    """What explains lines otherwise than before, in words; nothing where their explanations are alike."""
    found = {}
    old, new = (_told(plan, sheet, keys) for sheet in (before, now))
    for key in keys:
        if words := _difference(old.get(key, {}), new.get(key, {})):
            found[key] = words
    return found


def _difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    parts = []
    for name in dict.fromkeys([*old, *new]):
        one, other = old.get(name, ""), new.get(name, "")
        if one == other or not one or not other:
            continue
        rates = _PERCENT.findall(one), _PERCENT.findall(other)
        if name == "due" and old.get("tier") != new.get("tier"):
            continue  # told with the tier
        if name == "tier":
            of = [", ".join(dict.fromkeys(_PERCENT.findall(each.get("due", "")))) for each in (old, new)]
            rate = f" ({of[0]} -> {of[1]})" if all(of) and of[0] != of[1] else ""
            parts.append(f"moved from {one} to {other}{rate}")
        elif len(rates[0]) == len(rates[1]) == 1 and rates[0] != rates[1]:
            parts.append(f"{'' if name == 'due' else f'{name} '}moved from {rates[0][0]} to {rates[1][0]}")
        else:
            parts.append(f"{name} {one} -> {other}" if name != "due" else f"was {one} and is {other}")
    return ", ".join(parts)


def _told(plan: Plan, sheet: Sheet, keys: Sequence[Key]) -> dict[Key, dict[str, str]]:
    """What explains lines, part by part, from the columns of a sheet alone."""
    steps = _written(plan)
    wanted = set(keys)
    found: dict[Key, dict[str, str]] = {}
    for component in plan.components:
        if not any(key[1] == component.name for key in wanted):
            continue
        for column, frame_name in component.lines:
            step = steps.get(column)
            frame = sheet.of_lines(frame_name)
            partners = sheet.payees.keys
            mine = {key[0] for key in wanted if key[1] == component.name}
            rows = np.flatnonzero(np.isin(frame.partners, np.flatnonzero(np.isin(partners, list(mine)))))
            table = "pool" if isinstance(step, Share) else frame.table
            texts = frame.keys[rows].tolist() if len(rows) else []
            for row, text in zip(rows.tolist(), texts, strict=True):
                key = (str(partners[frame.partners[row]]), component.name, table, str(text))
                if key in wanted and bool(sheet.columns[column].is_known()[row]):
                    found[key] = dict(_parts(column, row, steps, sheet, plan))
    return found


def _written(plan: Plan) -> Mapping[str, Step]:
    """Which step writes which column."""
    found: dict[str, Step] = {step.name: step for step in plan.steps}
    for step in plan.steps:
        if isinstance(step, Limit):
            found |= dict.fromkeys(step.written, step)
    return found


def _parts(column: str, row: int, steps: Mapping[str, Step], sheet: Sheet, plan: Plan) -> list[tuple[str, str]]:
    """Each thing that a line rests on, from the last step to the first: its name and words."""
    step, found = steps.get(column), []
    while step is not None:
        if isinstance(step, Limit):
            source = next((lines for _, lines, written, _ in step.tracks if written == column), None)
            value = None if source is None else sheet.columns[source].fraction(row)
            if source is not None and value is not None and value != sheet.columns[column].fraction(row):
                found.append((f"{step.title} leaves of", plan.terms.money(value)))
            column = source or ""
        elif isinstance(step, Pay):
            column = step.due
        elif isinstance(step, Multiply):
            inputs = {key: sheet.columns[name] for key, name in step.inputs.items()}
            found.append((step.title, step.multiplier.explain(inputs, row, step.minor_per_major).words))
            column = step.due
        elif isinstance(step, Due):
            inputs = {key: sheet.columns[name] for key, name in step.inputs.items()}
            if tier := _tier(step, inputs, row):
                found.append(("tier", tier))
            found.append(("due", step.kind.explain(inputs, row, step.terms).words))
            column = ""
        elif isinstance(step, Share):
            size, weight = sheet.columns[step.size].fraction(0), sheet.columns[step.weight]
            found.append(("the pool", plan.terms.money(size or 0)))
            if (mine := weight.fraction(row)) is not None and not step.is_awarded and weight.sum():
                found.append(("its part", percent(mine / weight.sum())))
            column = ""
        else:
            column = ""
        step = steps.get(column) if column else None
    return found


def _tier(step: Due, inputs: Mapping[str, Exact], row: int) -> str:
    """The tier that a row ends in, or the tiers that it goes through: by the places where what is due turns."""
    found, running = [], step.kind.running
    for name, edges in step.kind.turns(step.terms).items():
        value = None if name not in inputs else inputs[name].fraction(row)
        if not edges or value is None:
            continue
        start = Fraction(0)
        if running is not None and running.of == name:
            start = inputs["before"].fraction(row) or start
        quota = inputs["quota"].fraction(row) if "quota" in inputs else None
        by = quota or Fraction(1)
        at_edge: AtEdge = getattr(step.kind, "at_edge", None) or "lower_tier"
        first, last = (tier_of(each / by, edges, at_edge) + 1 for each in (start, start + value))
        is_spread = running is not None and getattr(step.kind, "method", "") == "marginal" and first != last
        found.append((name, f"tiers {first} to {last}" if is_spread else f"tier {last}"))
    if len(found) == 1:
        return found[0][1]
    return ", ".join(f"{tier} of the {name}" for name, tier in found)
