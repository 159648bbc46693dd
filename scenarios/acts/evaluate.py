"""Evaluate a program with changes for a period, as a run is worked out; nothing is kept.

Facts are read once for all programs that read them in the same way, and read anew for one that does not. Of programs on
the same facts, a step that says the same and reads the same is worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from engine.acts.period import period_of
from engine.acts.sheet_of import sheet_of
from engine.facts.altered import without_places
from engine.facts.changed import Change
from engine.facts.gather import Gathered, gather_facts
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet.alike import alike
from engine.sheet.reuse import Reuse
from engine.values import Run, Sheet
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


@dataclass(frozen=True, slots=True, eq=False)
class Kept(Gathered):
    """The facts of a period, and the steps that programs worked out on them."""

    reuse: Reuse | None = None


@contextmanager
def facts_by(
    base: Loaded, named: Period, threads: int | None = None
) -> Iterator[Callable[[Overlaid], tuple[Gathered, Period]]]:
    """The facts of a period, as a program with changes reads them: read once for all that read the same; with so many
    `threads`, which change how long that takes and nothing else."""
    gathered: list[tuple[Meaning, Period, Gathered, tuple[Change, ...]]] = []
    with ExitStack() as stack:

        def facts_of(laid: Overlaid) -> tuple[Gathered, Period]:
            meaning = laid.loaded.understood()
            with told_by(laid):
                period = period_of(meaning, named.name)
                changes = without_places(laid.facts)
                for read, of, facts, altered in gathered:
                    if altered == changes and _reads_the_same(read, meaning, of, period):
                        return facts, period
                read_facts = stack.enter_context(
                    gather_facts(meaning, base.folder, period, threads=threads, changes=laid.facts)
                )
                facts = _kept(read_facts, period)
            gathered.append((meaning, period, facts, changes))
            return facts, period

        yield facts_of


def run_of(loaded: Loaded, facts: Gathered, period: Period, program: Path) -> Run:
    """What a program pays for the facts of a period; of facts that `facts_by` gave, only what is new is worked out."""
    return run_and_sheet_of(loaded, facts, period, program)[0]


def run_and_sheet_of(loaded: Loaded, facts: Gathered, period: Period, program: Path) -> tuple[Run, Sheet]:
    """The same with the sheet, on which all that partners were found to have stands."""
    plan = compile_plan(loaded.understood())
    reuse = facts.reuse if isinstance(facts, Kept) else None
    sheet = sheet_of(plan, facts, period, program, keep="lines", reuse=reuse)
    texts = None if reuse is None else reuse.texts
    return settle(plan, sheet, loaded.sha256, facts.inputs, texts=texts), sheet


def _kept(facts: Gathered, period: Period) -> Kept:
    own: dict[str, Any] = {each.name: getattr(facts, each.name) for each in fields(Gathered)}
    return Kept(**own, reuse=Reuse(facts.snapshot, period))


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
        and _scores_the_same(one, other)
        and all(name in known.get(table, ()) for table, names in asked.items() for name in names)
        and (needs_way_to_deals(one) or not needs_way_to_deals(other))
        and (needs_tiers(one, of) or not needs_tiers(other, period))
    )


def _scores_the_same(one: Meaning, other: Meaning) -> bool:
    """Whether scores of earlier periods, where a table tells them, are of the same scorecards."""
    if not any(source.table == "scores" for source in one.sources):
        return True
    return alike(one.scorecards, other.scorecards)
