"""Incentive: what locked cycles paid for one component of a program, and what came of the rows that it was paid for.

A SPIFF, a bonus, an accelerator or a rebate is told by the figures of funds as far as it has them: nothing of it was
allocated or claimed. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from engine.acts.books.owed import parts_of
from engine.facts.gather import gather_facts
from engine.facts.rejected import unused_problems
from engine.ledger import books_of
from engine.ledger.cycles import Cycle
from engine.mdf.incentives import IncentiveLine, IncentiveMetrics, incentive_metrics
from engine.store import Address, Store
from rules.calendar import Period
from rules.load import load
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused

LEVELS = ("program", "partner", "region", "tier")


@dataclass(frozen=True, slots=True, eq=False)
class Incentive:
    """What a component of a program came to by the end of a day, by group; who is called what; how many rows were left
    out, and what is suspicious about that."""

    meaning: Meaning
    component: str
    as_of: date
    groups: tuple[IncentiveMetrics, ...]
    names: Mapping[str, str]
    rejected: int
    warnings: tuple[Problem, ...]


def incentive(program: Path, store: Address, component: str, as_of: date, by: str) -> Incentive:
    """What the locked cycles whose periods ended by `as_of` paid for a payout or pool; raises Refused (M106) where they
    paid nothing for it, or `by` is of funds alone."""
    loaded = load(program)
    meaning = loaded.understood()
    if by not in LEVELS:
        hint = f"an incentive is told by {', '.join(LEVELS)}"
        raise Refused(Problem("M106", f"an incentive has no {by}", Place(), hint))
    with Store.open(store, create=False) as kept:
        cycles = [each for each in books_of(kept.events()).cycles.values() if each.is_locked]
        ended = [each for each in cycles if each.end - timedelta(days=1) <= as_of]
        lines = tuple(line for cycle in ended for line in _paid(kept, cycle, meaning, component))
    if not lines:
        names = [*(each.name for each in meaning.payouts), *(each.name for each in meaning.pools)]
        message = f"no locked cycle of {meaning.title} paid anything for {component[:64]} by {as_of}"
        hint = f"its components are {', '.join(names)}" if component not in names else "lock the cycles that paid it"
        raise Refused(Problem("M106", message, Place(), hint))
    rows: dict[str, set[str]] = {}
    for line in lines:
        rows.setdefault(line.table, set()).add(line.key)
    day = Period(as_of.isoformat(), as_of, as_of + timedelta(days=1))
    with gather_facts(_without_rules(meaning), loaded.folder, day) as facts:
        outcomes = facts.snapshot.outcomes_of(rows, as_of)
        labels, groups = facts.snapshot.groups(by)
        whose = {str(each): labels[at] for each, at in zip(groups.partners, groups.groups.tolist(), strict=True)}
        stages = {} if meaning.mdf is None else meaning.mdf.stages
        found = incentive_metrics(lines, whose, outcomes, stages, as_of)
        warnings = unused_problems(facts.rejected, facts.unused, "warning")
        names_of = facts.snapshot.partner_names()
        return Incentive(meaning, component, as_of, found, names_of, len(facts.rejected), warnings)


def _paid(kept: Store, cycle: Cycle, meaning: Meaning, component: str) -> Iterator[IncentiveLine]:
    for part in parts_of(kept, cycle):
        if part.program != meaning.title or part.lines is None:
            continue
        paid, own = part.calculation.currency, meaning.terms.currency.code
        if paid != own:
            message = f"cycle {cycle.name} paid in {paid}, and the program is in {own}"
            raise Refused(Problem("M106", message, Place(), "name the program as it was when the cycle paid"))
        lines = part.lines
        for row in (lines.component == component).nonzero()[0].tolist():
            line = lines.line(row)
            yield IncentiveLine(line.partner, line.table, line.key, line.amount_minor, cycle.start)


def _without_rules(meaning: Meaning) -> Meaning:
    found = replace(meaning, eligible=None, quotas=(), kpis=(), scorecards=(), credits=(), payouts=(), pools=())
    return replace(found, totals=(), balances=(), amounts=None, mdf=None)
