"""Contribution: score a program's partners for a period, and set that against what they are paid. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from engine.acts.period import period_of
from engine.acts.sheet_of import sheet_of
from engine.facts.gather import Gathered, gather_facts
from engine.facts.rejected import unused_problems
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.scoring import tier_warnings
from engine.store import Address
from engine.values import Kpi, Quota, Score, Sheet
from rules.expressions.tree import Column
from rules.load import load
from rules.meaning import KpiMeaning, Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_number
from scenarios.acts.paid import LeftOut, PaidTerms, left_out, paid_by_cycle, paid_in, paid_now
from scenarios.contribution.compare import Beside, contributors, part_titles
from scenarios.contribution.values import Contribution

USUAL_NAME, USUAL_PEERS = "contribution", "kind"
TIMES = Fraction(3, 2)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for, "" for the usual: the scorecard, the column of partners that says who are peers, KPIs
    that tell what was brought beside those of the scorecard, the cycle that paid, and the program that pays where it is
    another; who is paid more than `times` the median of its peers for a point, or that many times less, is named."""

    scorecard: str = ""
    among: str = ""
    brought: tuple[str, ...] = ()
    cycle: str = ""
    pays: Path | None = None
    times: Fraction = TIMES


@dataclass(frozen=True, slots=True)
class Reported:
    """A report, how many rows of the programs that score and pay were left out of it, and what is suspicious about
    that."""

    contribution: Contribution
    rejected: int
    warnings: tuple[Problem, ...]


def contribution(program: Path, period_name: str, asked: Asked, store: Address) -> Reported:
    """The contribution report of a period: what is paid is worked out now, or read from a locked cycle of the store.

    Raises Refused where the program has no such scorecard or KPI, and Conflict where the cycle can't tell.
    """
    loaded = load(program)
    meaning = loaded.understood()
    name = _scorecard(meaning, asked.scorecard, program.name)
    kpis = tuple(_brought(meaning, name, asked.brought))
    period = period_of(meaning, period_name)
    plan = compile_plan(meaning)
    terms = PaidTerms(period, meaning.terms.currency)
    payer = meaning.title if asked.pays is None else load(asked.pays).understood().title
    paid, not_used = None, LeftOut()
    if asked.cycle:
        paid = paid_by_cycle(store, asked.cycle, payer, terms)
    elif asked.pays is not None:
        paid, not_used = paid_now(asked.pays, terms)
    if paid is not None:  # then nothing needs to be paid here
        plan = replace(plan, steps=tuple(step for step in plan.steps if isinstance(step, Quota | Kpi | Score)), gaps=())
    with gather_facts(meaning, loaded.folder, period) as facts:
        sheet = sheet_of(plan, facts, period, program, keep="lines")
        paid = paid_in(plan, sheet, loaded.sha256, facts.inputs) if paid is None else paid
        among, groups = _groups(facts.snapshot, asked.among)
        brought = {kpi.name: sheet.columns[kpi.name] for kpi in kpis}
        beside = Beside(brought, groups, facts.snapshot.partner_names(), paid)
        warnings = tuple(_warnings(meaning, facts, sheet))
    step = next(step for step in plan.steps if isinstance(step, Score) and step.name == name)
    found = contributors(step, sheet, beside, asked.times)
    report = Contribution(
        program=meaning.title,
        period=period.name,
        scorecard=name,
        title=step.title,
        currency=meaning.terms.currency,
        parts=part_titles(step.scorecard.card),
        brought={kpi.name: kpi.title for kpi in kpis},
        among=among,
        times=asked.times,
        payer=payer,
        cycle=asked.cycle,
        scored=tuple(each for each in found if each.score is not None),
        others=tuple(each for each in found if each.score is None),
        paid_minor=sum(paid.values()),
    )
    return Reported(report, len(not_used | left_out(loaded.folder, facts)), warnings)


def times_of(text: str) -> Fraction:
    """How many times a median is well above it; raises Refused where a text is no number above 1."""
    try:
        found = parse_number(text)
    except Unwritable:
        found = Fraction(0)
    if found <= 1:
        raise Refused(
            Problem("M506", f"--times takes a number above 1, and this is '{text[:64]}'", Place(), "write --times 1.5")
        )
    return found


def _scorecard(meaning: Meaning, name: str, file: str) -> str:
    """The scorecard that is asked for; else the one called contribution, or the only one."""
    known = [each.name for each in meaning.scorecards]
    if not known:
        hint = "write one under scorecards:, or start with partage init FOLDER --template contribution"
        raise Refused(Problem("S115", "the program has no scorecard", Place(file), hint))
    if name in known:
        return name
    if not name and (USUAL_NAME in known or len(known) == 1):
        return USUAL_NAME if USUAL_NAME in known else known[0]
    message = f"the program has no scorecard {name}" if name else f"the program has {len(known)} scorecards"
    raise Refused(Problem("M502", message, Place(file), f"name one with --scorecard: {', '.join(known)}"))


def _brought(meaning: Meaning, scorecard: str, also: Sequence[str]) -> Iterator[KpiMeaning]:
    """The amounts of money that a scorecard weighs, and the KPIs that are asked for beside them."""
    amounts = {kpi.name: kpi for kpi in meaning.kpis if kpi.unit == "money" and kpi.level == "partner"}
    (card,) = (each for each in meaning.scorecards if each.name == scorecard)
    weighed = [each.kpi for each in card.entries.values() if each.better == "higher" and each.kpi in amounts]
    for name in also:
        if name not in amounts:
            hint = f"its amounts by partner: {', '.join(amounts) or 'none'}"
            raise Refused(Problem("M503", f"the program has no KPI {name} that is an amount by partner", Place(), hint))
    yield from (amounts[name] for name in dict.fromkeys((*weighed, *also)) if name is not None)


def _groups(facts: Snapshot, among: str) -> tuple[str, Sequence[str | None]]:
    """The column that says who are peers, and each partner's value of it; all are peers where no column is named and
    none has a kind."""
    name = among.removeprefix("partners.") or USUAL_PEERS
    if not facts.has(Column("partners", name)):
        hint = "name a column of the table partners, such as --among region"
        raise Refused(Problem("M504", f"partners have no column {name}", Place(facts.file("partners")), hint))
    found = [None if each is None else str(each) for each in facts.texts(Column("partners", name))]
    if not among and all(each is None for each in found):
        return "", [""] * len(found)
    return name, found


def _warnings(meaning: Meaning, facts: Gathered, sheet: Sheet) -> Iterator[Problem]:
    yield from unused_problems(facts.rejected, facts.unused, "warning")
    for card in meaning.scorecards:
        yield from tier_warnings(card, sheet, facts.snapshot)
