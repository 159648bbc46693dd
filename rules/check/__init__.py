"""Check a program: from what is written to what it means, with every problem found on the way.

Runs after the document was read and its keys and values were typed. Each part has one function that gives its meaning
or notes its problems; nothing is raised for what a person wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from rules.check.amounts import amounts
from rules.check.approval import approval
from rules.check.balances import balances, name_openings
from rules.check.cases import cases
from rules.check.contests import contest_faults
from rules.check.credit import credit
from rules.check.exchange import exchange
from rules.check.frame import calendar, check_names, declare_tables
from rules.check.held import Held
from rules.check.kpis import kpis
from rules.check.mdf import mdf
from rules.check.payouts import payout
from rules.check.pools import pools
from rules.check.quotas import quota
from rules.check.scope import Scope
from rules.check.scorecards import scorecards
from rules.check.sources import sources
from rules.check.sums import totals
from rules.check.versions import version_faults
from rules.check.warnings import plan_warnings
from rules.crediting.meaning import CreditMeaning
from rules.document.reader import Document, locate
from rules.kinds.base import Terms
from rules.meaning import Meaning
from rules.payouts.meaning import PayoutMeaning
from rules.problem import Problem, Refused, errors
from rules.program import Program
from rules.quantities.currency import currency
from rules.tables import REIMBURSABLE

_Part: TypeAlias = Callable[..., Any]


def check_program(
    program: Program, document: Document, warns: bool = True, held: Held | None = None
) -> tuple[Meaning | None, tuple[Problem, ...]]:
    """What a program means, or None where a problem is an error; and all problems, in the order of their places; those
    of plans that are valid and suspicious only where it `warns`. Of a program that is the whole of its document, what
    was `held` of parts that did not change is not worked out again."""
    try:
        scope = Scope(document, Terms(currency(program.currency)))
    except Refused as refusal:
        place = locate(document.root, ("currency",))
        return None, tuple(Problem(each.code, each.message, place, each.hint) for each in refusal.problems)
    scope.terms = scope.rounded(program.rounding, ("rounding",))
    meaning = _meaning(scope, program, _anew if held is None else held.part)
    meaning = replace(meaning, cases=cases(scope, program.tests, meaning))
    scope.problems += contest_faults(meaning)
    scope.problems += version_faults(meaning)
    if warns and not errors(scope.problems):
        scope.problems += plan_warnings(program, meaning, scope.key_place)
    problems = tuple(sorted(scope.problems, key=lambda problem: (problem.place, problem.code)))
    return (None if errors(problems) else meaning), problems


def _anew(scope: Scope, paths: tuple[tuple[str, ...], ...], check: Callable[[], Any]) -> Any:
    return check()


def _meaning(scope: Scope, program: Program, part: _Part) -> Meaning:
    scorecards_of = partial(scorecards, scope, program.scorecards, program.kpis)
    declare_tables(scope, program)
    scope.has_funds = program.mdf is not None and REIMBURSABLE[0] in scope.tables
    check_names(scope, program)
    if not (program.payouts or program.pools or program.kpis or program.scorecards or program.mdf):
        hint = "give it payouts or pools, or kpis to measure"
        scope.key_problem("P140", (), "the program pays and measures nothing", hint, severity="warning")
    days = calendar(scope, program.calendar)
    found = Meaning(
        title=program.program,
        terms=scope.terms,
        calendar=days,
        effective=program.effective,
        tables=scope.tables,
        sources=sources(scope, program),
        eligible=scope.condition(program.eligible, ("eligible",), "partners"),
        quotas=tuple(filter(None, [quota(scope, name, spec, days) for name, spec in program.quotas.items()])),
        kpis=part(scope, (("kpis",),), partial(kpis, scope, program.kpis)),
        scorecards=part(scope, (("scorecards",), ("kpis",)), scorecards_of),
        credits=tuple(_credits(scope, program, part)),
        payouts=(),
        pools=(),
        totals=(),
        exchange=exchange(scope, program),
        approval=approval(scope, program),
        mdf=mdf(scope, program),
    )
    name_openings(scope, program)
    found = replace(found, payouts=tuple(_payouts(scope, program, part)))
    found = replace(found, amounts=amounts(scope, program, found))
    found = replace(found, pools=pools(scope, program, found.kpis, found.payouts))
    found = replace(found, balances=balances(scope, program, days))
    return replace(found, totals=totals(scope, program, found.payouts))


def _credits(scope: Scope, program: Program, part: _Part) -> Iterator[CreditMeaning]:
    for name, spec in program.credit.items():
        found = part(scope, (("credit", name),), partial(credit, scope, name, spec))
        if found is not None:
            yield found


def _payouts(scope: Scope, program: Program, part: _Part) -> Iterator[PayoutMeaning]:
    """The payout rules, each of which sees what those above it pay."""
    names = tuple(program.payouts)
    for at, (name, rule) in enumerate(program.payouts.items()):
        scope.below = names[at:]
        found = part(scope, (("payouts", name),), partial(payout, scope, name, rule))
        if found is not None:
            yield found
    scope.below = ()
