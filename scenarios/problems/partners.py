"""The partners of a program as units: who they are, their values of levels, and what they got.

In: what a problem file wants of its program. Out: the condition as the program's rows of partners see it; the partners
themselves come from the program's facts, which an act reads.
"""

from __future__ import annotations

from collections.abc import Mapping as Named
from dataclasses import dataclass, field

from rules.check.scope import Scope
from rules.document.reader import Document, Scalar
from rules.expressions.expression import BadExpression, Written, parse_expression
from rules.expressions.tree import Expression
from rules.meaning import Meaning
from rules.problem import Place, Refused
from scenarios.problems.asked import Pay

PARTNERS = "partners"
_WHERE = "units", PARTNERS  # the path of the condition


@dataclass(frozen=True, slots=True)
class Now:
    """How the plan in force is known: what was paid of funds (`mdf`), or a KPI of each partner, in a period."""

    of: str
    period: str
    place: Place


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a problem wants of its program: partners in the period that it pays (where it pays none, in the last year
    that it is in force) with their values of levels, those for whom `where` holds as units, and what they got."""

    document: Document
    pay: Pay | None
    levels: tuple[str, ...]
    where: Scalar | None
    now: Now | None


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners of a program in order, with their values of levels; the `units` among them; what each got, in minor
    units (None where that is unknown); and in words, who is left out because they are no partners then."""

    levels: Named[str, Named[str, str]]
    units: tuple[str, ...]
    now_minor: Named[str, int | None] = field(default_factory=dict)
    left_out: str = ""


def condition_of(wanted: Wanted, meaning: Meaning) -> Expression | None:
    """The condition of units as a row of partners sees it; raises Refused with all that is wrong with it."""
    if wanted.where is None:
        return None
    scope = Scope(wanted.document, meaning.terms, tables=dict(meaning.tables))
    found = None
    try:
        written = Written(wanted.where.text, parse_expression(wanted.where.text))
        found = scope.condition(written, _WHERE, PARTNERS)
    except BadExpression as error:
        for fault in error.faults:
            scope.problem(fault.code, _WHERE, fault.message, fault.hint, offset=fault.at)
    if scope.problems:
        raise Refused(*scope.problems)
    return found
