"""Plan on paper: a program becomes the document that partners read and sign. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.acts.cases import differences, played
from engine.acts.pool_example import pool_example
from engine.digest import sha256
from engine.explain import explain
from engine.facts.gather import gather_facts
from engine.facts.rejected import Rejected
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.reports.examples import Shown, cell_words, made_up_payout, measure_words
from engine.reports.paper import html, markdown
from engine.reports.plan import plan_blocks
from engine.sheet.alone import pay_alone
from engine.sheet.factors import measures_of
from engine.sheet.made import MadeUp
from engine.sheet.samples import attributes, sample_rows
from engine.values.paper import Agreed, Example, Foot
from engine.version import VERSION
from rules.cases.fill import first_period
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, as_written
from rules.kinds.base import number
from rules.load import Loaded, load
from rules.meaning import Meaning
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Place, Problem, Refused

_TERMS = ("term", "product", "deal_id", "valid_from", "valid_to", "value")
_HEAD = ("term", "product", "deal", "from", "to", "agreed")


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A plan as a document, in both forms; `sha256` is the digest of the Markdown's bytes."""

    title: str
    file: str
    program_sha256: str
    partner: str
    markdown: str
    html: str

    @property
    def sha256(self) -> str:
        """The digest of what is read and signed."""
        return sha256(self.markdown.encode("utf-8"))


def plan_document(program: Path, partner: str | None = None) -> PlanDocument:
    """The document of a program, for one partner where it is named; the same inputs give the same bytes."""
    return Plans(load(program), program.name).of(partner)


class Plans:
    """The documents of one program for several partners, what is alike in them worked out once."""

    def __init__(self, loaded: Loaded, file: str) -> None:
        self._loaded, self._file, self._meaning = loaded, file, loaded.understood()
        self._alike: dict[str, Example] | None = None

    def of(self, partner: str | None, engine_version: str = VERSION) -> PlanDocument:
        """The document for one partner, or for nobody in particular; `engine_version` is the one that wrote it first.
        Raises Refused for a partner that the sources do not hold."""
        loaded, meaning = self._loaded, self._meaning
        whose = None if partner is None else _agreed(meaning, loaded.folder, partner)
        foot = Foot(self._file, loaded.sha256, engine_version)
        blocks = plan_blocks(meaning, self._examples(whose), whose, foot)
        return PlanDocument(
            meaning.title, self._file, loaded.sha256, partner or "", markdown(blocks), html(blocks, meaning.title)
        )

    def _examples(self, whose: Agreed | None) -> Mapping[str, Example]:
        if any(_rates(each, whose) for each in self._meaning.payouts):
            return dict(_examples(self._meaning, self._loaded, whose))
        if self._alike is None:
            self._alike = dict(_examples(self._meaning, self._loaded, None))
        return self._alike


def _examples(meaning: Meaning, loaded: Loaded, whose: Agreed | None) -> Iterator[tuple[str, Example]]:
    """An example of each payout and pool: of the first case that comes out as it says and pays by it, else made up.

    A rule by which a partner has a rate of its own is shown with that rate, on made-up rows.
    """
    found: dict[str, Example] = {}
    rates = {each.name: _rates(each, whose) for each in meaning.payouts}
    own = {name for name, agreed in rates.items() if agreed}
    wanted = [*(each.name for each in meaning.payouts), *(each.name for each in meaning.pools)]
    wanted = [name for name in wanted if name not in own]
    for case in meaning.cases:
        if case.problem is not None or all(name in found for name in wanted):
            continue
        try:
            with played(meaning, case, loaded.sha256) as run:
                if any(differences(case, run)):
                    continue
                for name in (name for name in wanted if name not in found):
                    paid = np.flatnonzero(run.sheet.columns[name].numerator)
                    if len(paid):
                        who = str(run.sheet.partners.keys[paid[0]])
                        why = explain(run.plan, run.sheet, run.facts.snapshot, who, name, is_whole=True)
                        found[name] = Example(f"Example: {case.name}", why)
        except Refused:
            continue
    plan = compile_plan(meaning)
    for payout in meaning.payouts:
        if payout.name not in found:
            rows = sample_rows(meaning, payout, rates[payout.name])
            try:
                paid_alone = pay_alone(plan, payout.name, rows)
            except Refused:
                continue
            told = [paid_alone.told(row) for row in range(len(rows))]
            shown = [Shown(each.row(), _attributes(payout, each), _measures(meaning, each)) for each in rows]
            found[payout.name] = made_up_payout(payout, shown, told, paid_alone.lines.fractions())
    for pool in meaning.pools:
        if pool.name not in found and (made := pool_example(pool)) is not None:
            found[pool.name] = made
    yield from found.items()


def _rates(payout: PayoutMeaning, whose: Agreed | None) -> tuple[Fraction, ...]:
    """The rates that were agreed with the partner for a rule, each once."""
    term = payout.kind.agreed
    if whose is None or term is None:
        return ()
    return tuple(dict.fromkeys(value for name, value in whose.values if name == term))


def _attributes(payout: PayoutMeaning, row: MadeUp) -> dict[str, str]:
    """By what a card tells the row from others, in words."""
    return {name: cell_words(row.cells[name], row.types[name], payout.terms) for name in attributes(payout)}


def _measures(meaning: Meaning, row: MadeUp) -> dict[str, str]:
    """What decides the factors of a row, in words by what it is called."""
    percents = {kpi.name for kpi in meaning.kpis if kpi.unit == "percent"}
    found: dict[str, str] = {}
    for tree, type_, each in measures_of(row):
        name = as_written(tree)
        in_percent = name in percents or each.in_percent(percents)
        found[name] = measure_words(row.measured(tree), type_, row.payout.terms, in_percent)
    return found


def _agreed(meaning: Meaning, folder: Path, partner: str) -> Agreed:
    """What the sources say of a partner: its name, and the terms that were agreed with it."""
    period = first_period(meaning.calendar, meaning.effective)
    if period is None:
        message = f"no period lies within {meaning.effective.first} to {meaning.effective.last}"
        raise Refused(Problem("S121", message, Place(), "the plan of a partner is that of a period; change effective:"))
    sources = tuple(source for source in meaning.sources if source.table in ("partners", "terms"))
    read = replace(
        meaning, sources=sources, eligible=None, kpis=(), scorecards=(), credits=(), payouts=(), pools=(), totals=()
    )
    read = replace(read, quotas=())
    with gather_facts(read, folder, period) as facts:
        if mine := [each for each in facts.rejected if _may_concern(each, partner)]:
            raise Refused(*(fault for each in mine for fault in each.faults))
        if partner not in facts.snapshot.partners().keys:
            hint = "name one of the ids in the source of partners"
            raise Refused(Problem("S140", f"there is no partner {partner[:64]}", Place(), hint))
        name = facts.snapshot.partner_names().get(partner, "")
        has_terms = any(source.table == "terms" for source in sources)
        found = list(_terms(facts.snapshot, partner)) if has_terms else []
        used = {each.kind.agreed: each for each in meaning.payouts if each.kind.agreed is not None}
        rows = tuple(_term_words(each, used.get(str(each["term"]))) for each in found)
        values = ((str(each["term"]), each["value"]) for each in found)
        known = tuple((term, value) for term, value in values if isinstance(value, Fraction))
        return Agreed(partner, name, _HEAD, rows, known)


def _may_concern(rejected: Rejected, partner: str) -> bool:
    """Whether a rejected row names a partner, or is a term of nobody knows whom: faults of others' rows are theirs."""
    is_nobodys = any(fault.place.field == "partner_id" and fault.code == "F120" for fault in rejected.faults)
    return partner in rejected.text or (rejected.table == "terms" and is_nobodys)


def _terms(snapshot: Snapshot, partner: str) -> Iterator[dict[str, Value]]:
    for row in snapshot.matching("terms", {"partner_id": partner}, _TERMS):
        yield {name: row.cells[Column("terms", name)] for name in _TERMS}


def _term_words(term: Mapping[str, Value], of: PayoutMeaning | None) -> tuple[str, ...]:
    """A row of the table of terms as people read it; what a rule reads as the rate or the amount that it is there."""
    value = term["value"]
    told = "" if not isinstance(value, Fraction) else number(value)
    told = of.kind.agreed_words(value, of.terms) if of is not None and isinstance(value, Fraction) else told
    blank = {"product": "any", "deal_id": "any", "valid_from": "the beginning", "valid_to": "no end"}
    return (*(blank.get(name, "") if term[name] is None else str(term[name]) for name in _TERMS[:-1]), told)
