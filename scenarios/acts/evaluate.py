"""Evaluate a program with changes for a period, as a run is worked out; nothing is kept.

Facts are read once for all programs that read them in the same way, and read anew for one that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from engine.acts.period import period_of
from engine.acts.sheet_of import sheet_of
from engine.facts.gather import Gathered, gather_facts
from engine.plan import compile_plan
from engine.settle import settle
from engine.values import Run
from rules.calendar import Period
from rules.check.uses import columns_read, needs_tiers, needs_way_to_deals, reimbursing
from rules.load import Loaded
from rules.meaning import Meaning
from rules.problem import Place, Refused
from scenarios.overlays.overlay import Overlaid
from scenarios.panels.span import span_of


def periods_of(meaning: Meaning, text: str) -> tuple[Period, ...]:
    """One period, or each from a first to a last; the program is in force for all of them."""
    if ".." not in text:
        return (period_of(meaning, text),)
    return tuple(period_of(meaning, each.name) for each in span_of(meaning.calendar, text))


@contextmanager
def facts_by(base: Loaded, named: Period) -> Iterator[Callable[[Overlaid], tuple[Gathered, Period]]]:
    """The facts of a period, as a program with changes reads them: read once for all that read the same."""
    gathered: list[tuple[Meaning, Period, Gathered]] = []
    with ExitStack() as stack:

        def facts_of(laid: Overlaid) -> tuple[Gathered, Period]:
            meaning = laid.loaded.understood()
            with told_by(laid):
                period = period_of(meaning, named.name)
                for read, of, facts in gathered:
                    if _reads_the_same(read, meaning, of, period):
                        return facts, period
                facts = stack.enter_context(gather_facts(meaning, base.folder, period))
            gathered.append((meaning, period, facts))
            return facts, period

        yield facts_of


def run_of(loaded: Loaded, facts: Gathered, period: Period, program: Path) -> Run:
    """What a program pays for the facts of a period."""
    plan = compile_plan(loaded.understood())
    sheet = sheet_of(plan, facts, period, program, keep="lines")
    return settle(plan, sheet, loaded.sha256, facts.inputs)


@contextmanager
def told_by(laid: Overlaid) -> Iterator[None]:
    """Tell what is refused at the change that makes it."""
    try:
        yield
    except Refused as refusal:
        raise Refused(*map(laid.told, refusal.problems)) from None


def _reads_the_same(one: Meaning, other: Meaning, of: Period, period: Period) -> bool:
    """Whether facts that were read for one program are those that another reads, with all that it asks of them."""
    if one is other:
        return True
    asked, known = columns_read(other), columns_read(one)
    return (
        of == period
        and [replace(each, place=Place()) for each in one.sources]
        == [replace(each, place=Place()) for each in other.sources]
        and (one.tables, one.terms, one.calendar, one.eligible)
        == (other.tables, other.terms, other.calendar, other.eligible)
        and (one.exchange, reimbursing(one)) == (other.exchange, reimbursing(other))
        and one.scorecards == other.scorecards
        and all(name in known.get(table, ()) for table, names in asked.items() for name in names)
        and (needs_way_to_deals(one), needs_tiers(one, of)) == (needs_way_to_deals(other), needs_tiers(other, period))
    )
