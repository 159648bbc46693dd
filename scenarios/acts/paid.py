"""Paid: what each partner is paid for a period, worked out now or read from the books. Nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.acts.books.owed import Part, adjustment_minor, in_effect, parts_of
from engine.acts.period import period_of
from engine.acts.sheet_of import sheet_of
from engine.facts.gather import Gathered, gather_facts
from engine.ledger import books_of
from engine.ledger.adjustments import approved
from engine.ledger.cycles import Cycle
from engine.ledger.requests import Request
from engine.plan import compile_plan
from engine.settle import settle
from engine.store import Address, Store
from engine.values import Input, Plan, Sheet
from rules.calendar import Period
from rules.load import load
from rules.problem import Conflict, Place, Problem, Refused
from rules.quantities.currency import Currency

Paid = Mapping[str, int]  # minor units by partner
LeftOut = frozenset[tuple[Path, int]]  # rows by file and record, so that one that two programs read counts once


@dataclass(frozen=True, slots=True)
class PaidTerms:
    """What pay has to be of, so that it can be set against something: the period, and the currency."""

    period: Period
    currency: Currency


def paid_in(plan: Plan, sheet: Sheet, program_sha256: str, inputs: Sequence[Input]) -> Paid:
    """What a sheet pays each partner."""
    run = settle(plan, sheet, program_sha256, inputs)
    return dict(zip(run.partners, run.payouts_minor[:, -1].tolist(), strict=True))


def paid_now(program: Path, terms: PaidTerms) -> tuple[Paid, LeftOut]:
    """What a program pays each partner by its tables as they are, and the rows of these that can't be used; raises
    Refused (M507) where it is of other terms."""
    loaded = load(program)
    meaning = loaded.understood()
    period, code = period_of(meaning, terms.period.name), meaning.terms.currency.code
    faults = {
        f"it pays in {code}, and what that is set against is in {terms.currency.code}": code != terms.currency.code,
        f"it means other days by {period.name}": (period.start, period.end) != (terms.period.start, terms.period.end),
    }
    for message in (each for each, is_so in faults.items() if is_so):
        raise Refused(Problem("M507", message, Place(program.name), "name the program that pays by --pays"))
    plan = compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, period) as facts:
        sheet = sheet_of(plan, facts, period, program, keep="lines")
        return paid_in(plan, sheet, loaded.sha256, facts.inputs), left_out(loaded.folder, facts)


def left_out(folder: Path, facts: Gathered) -> LeftOut:
    """The rows of a program's tables that can't be used."""
    return frozenset((folder.resolve() / each.file, each.record) for each in facts.rejected)


def paid_by_cycle(store: Address, name: str, program: str, terms: PaidTerms) -> Paid:
    """What a locked cycle pays each partner of a program: its run, its true-ups and its adjustments; raises Conflict
    (M505) where it is none that paid this."""
    with Store.open(store, create=False) as kept:
        books = books_of(kept.events())
        cycle = books.cycle(name)
        _refuse_other(cycle, program, terms)
        (part,) = (each for each in parts_of(kept, cycle) if each.program == program)
        return _paid(part, [each for each in in_effect(approved(books, name)) if each.content["program"] == program])


def _refuse_other(cycle: Cycle, program: str, terms: PaidTerms) -> None:
    calculated = cycle.calculations.get(program)
    code = terms.currency.code
    faults = {
        f"cycle {cycle.name} is {cycle.status}, and what it pays can still change": not cycle.is_locked,
        f"cycle {cycle.name} pays {cycle.period}, not {terms.period.name}": cycle.period != terms.period.name,
        f"cycle {cycle.name} pays other programs, not {program}": calculated is None,
        f"cycle {cycle.name} pays in another currency than {code}": calculated and calculated.currency != code,
    }
    for message in (each for each, is_so in faults.items() if is_so):
        hint = "name the locked cycle that paid the period; without --cycle, what is paid is worked out now"
        raise Conflict(Problem("M505", message, Place(), hint))


def _paid(part: Part, adjustments: Sequence[Request]) -> Paid:
    paid: Counter[str] = Counter()
    for (partner, _), minor in part.sums.items():
        paid[partner] += minor
    for _, sums in part.trued_up:
        paid.update(sums)
    for each in adjustments:
        paid[each.content["payee"]] += adjustment_minor(each, part)
    return paid
