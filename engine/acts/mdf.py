"""Market development funds: the commitment ledger of a program as of a day, and what came of it. Nothing is kept.

In: a program with `mdf:`, and a day. Out: every entry up to the end of that day, what was refused or cut, and what came
of the campaigns that were funded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from engine.facts.gather import gather_facts
from engine.facts.rejected import unused_problems
from engine.mdf.facts import Outcomes
from engine.mdf.ledger import commitment_ledger
from engine.mdf.movements import Ledger, Movement, Refusal
from rules.calendar import Period
from rules.check.uses import tables_read
from rules.load import load
from rules.mdf.meaning import MdfMeaning
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused


@dataclass(frozen=True, slots=True, eq=False)
class Funds:
    """The funds of a program at the end of a day: their rules, their ledger, what came of them, and who is called
    what; how many rows were left out, and what is suspicious about that."""

    meaning: Meaning
    rules: MdfMeaning
    as_of: date
    ledger: Ledger
    outcomes: Outcomes
    names: Mapping[str, str]
    rejected: int
    warnings: tuple[Problem, ...]


def funds(program: Path, as_of: date) -> Funds:
    """The funds of a program at the end of a day; raises Refused with every problem of the program or of a header."""
    loaded = load(program)
    meaning = loaded.understood()
    rules = meaning.mdf
    if rules is None:
        hint = "add mdf: to it; see the how-to on spending market funds"
        raise Refused(Problem("M100", "the program says nothing of market development funds", Place(), hint))
    day = Period(as_of.isoformat(), as_of, as_of + timedelta(days=1))
    with gather_facts(_of_funds_alone(meaning), loaded.folder, day) as facts:
        ledger = commitment_ledger(facts.snapshot.funds(rules), rules).as_of(as_of)
        warnings = unused_problems(facts.rejected, facts.unused, "warning")
        outcomes, names = facts.snapshot.outcomes(as_of), facts.snapshot.partner_names()
        return Funds(meaning, rules, as_of, ledger, outcomes, names, len(facts.rejected), warnings)


def _of_funds_alone(meaning: Meaning) -> Meaning:
    """The program without its other rules, and without the sources that the funds do not read."""
    found = replace(meaning, eligible=None, quotas=(), kpis=(), scorecards=(), credits=())
    found = replace(found, payouts=(), pools=(), totals=(), balances=(), amounts=None)
    read = tables_read(found)
    return replace(found, sources=tuple(each for each in meaning.sources if each.table in read))


def entries_of(
    ledger: Ledger, budget: str | None, request: str | None, partner: str | None
) -> tuple[tuple[Movement, ...], tuple[Refusal, ...]]:
    """The entries and refusals of one budget, request or partner, where one is named; Refused where there is none."""
    owners = {each.id: each.partner for each in ledger.budgets}
    partners = {*owners.values(), *(each.partner for each in ledger.requests.values())}
    named = (("budget", budget, owners), ("request", request, ledger.requests), ("partner", partner, partners))
    unknown = [(what, name) for what, name, known in named if name is not None and name not in known]
    if unknown:
        messages = [f"the ledger has no {what} {name[:64]}" for what, name in unknown]
        raise Refused(*(Problem("M105", each, Place(), "partage mdf ledger lists all") for each in messages))

    def is_wanted(of_budget: str, of_request: str) -> bool:
        asked = ledger.requests.get(of_request)
        whose = owners.get(of_budget) if asked is None else asked.partner
        return budget in (None, of_budget) and request in (None, of_request) and partner in (None, whose)

    movements = tuple(each for each in ledger.movements if is_wanted(each.budget, each.request))
    refused = []
    for each in ledger.refusals:
        asked = ledger.requests.get(each.request)
        of = each.key if each.table == "mdf_budgets" else (asked.budget or "") if asked is not None else ""
        if is_wanted(of, each.request):
            refused.append(each)
    return movements, tuple(refused)
