"""Plan on paper: a program becomes the document that partners read and sign. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.acts.cases import differences, played
from engine.digest import sha256
from engine.explain import explain
from engine.facts.gather import gather_facts
from engine.facts.snapshot import Snapshot
from engine.plan import compile_plan
from engine.reports.examples import made_up_payout, made_up_pool
from engine.reports.paper import html, markdown
from engine.reports.plan import plan_blocks
from engine.sheet.alone import pay_alone
from engine.sheet.samples import columns_of, sample_rows
from engine.values.paper import Agreed, Example, Foot
from engine.version import VERSION
from rules.cases.fill import first_period
from rules.expressions.tree import Column
from rules.kinds.base import number
from rules.load import Loaded, load
from rules.meaning import Meaning, PoolMeaning
from rules.problem import Place, Problem, Refused
from rules.quantities.apportion import apportion
from rules.quantities.exact import Exact

_TERMS = ("term", "product", "deal_id", "valid_from", "valid_to", "value")
_WEIGHTS = 3  # partners of a pool's made-up example


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
    loaded = load(program)
    meaning = loaded.understood()
    examples = dict(_examples(meaning, loaded))
    whose = None if partner is None else _agreed(meaning, loaded.folder, partner)
    foot = Foot(program.name, loaded.sha256, VERSION)
    blocks = plan_blocks(meaning, examples, whose, foot)
    return PlanDocument(
        meaning.title, program.name, loaded.sha256, partner or "", markdown(blocks), html(blocks, meaning.title)
    )


def _examples(meaning: Meaning, loaded: Loaded) -> Iterator[tuple[str, Example]]:
    """An example of each payout and pool: of the first case that comes out as it says and pays by it, else made up."""
    found: dict[str, Example] = {}
    wanted = [*(each.name for each in meaning.payouts), *(each.name for each in meaning.pools)]
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
            rows = sample_rows(payout)
            try:
                paid_alone = pay_alone(plan, payout.name, columns_of(rows), len(rows))
            except Refused:
                continue
            reasons = [paid_alone.reason(row) for row in range(len(rows))]
            found[payout.name] = made_up_payout(payout, rows, reasons, paid_alone.lines.fractions())
    for pool in meaning.pools:
        if pool.name not in found:
            found[pool.name] = _made_up_shares(pool)
    yield from found.items()


def _made_up_shares(pool: PoolMeaning) -> Example:
    """A pool among three partners, the first of whom has most of what is measured."""
    values = [Fraction(value) for value in range(_WEIGHTS, 0, -1)]
    weights = pool.kind.compute({name: Exact.of(values) for name in pool.inputs}, _WEIGHTS)
    scaled, _ = weights.scaled()
    keys = np.array(["A", "B", "C"], dtype=object)
    shared = apportion(
        pool.size_minor, scaled, keys, pool.residue, step=pool.terms.step_minor, mode=pool.terms.rounding
    )
    return made_up_pool(pool, keys.tolist(), values, weights.fractions(), shared.shares.tolist())


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
        if facts.rejected:
            raise Refused(*(fault for each in facts.rejected for fault in each.faults))
        if partner not in facts.snapshot.partners().keys:
            hint = "name one of the ids in the source of partners"
            raise Refused(Problem("S140", f"there is no partner {partner[:64]}", Place(), hint))
        name = facts.snapshot.partner_names().get(partner, "")
        has_terms = any(source.table == "terms" for source in sources)
        return Agreed(partner, name, _TERMS, tuple(_terms(facts.snapshot, partner)) if has_terms else ())


def _terms(snapshot: Snapshot, partner: str) -> Iterator[tuple[str, ...]]:
    for row in snapshot.matching("terms", {"partner_id": partner}, _TERMS):
        yield tuple(_cell(row.cells[Column("terms", name)]) for name in _TERMS)


def _cell(value: object) -> str:
    if isinstance(value, Fraction):
        return number(value)
    return "" if value is None else str(value)
