"""Who earns on which rows: a crediting rule on the candidates that the facts know.

The shares of a rule that names nothing of a period are those of every period, and worked out once for all sheets.
"""

from __future__ import annotations

from engine.sheet.book import Book
from engine.values import Credit, Credits, Facts
from rules.crediting.credited import credited
from rules.crediting.meaning import DAY_OF, CreditMeaning
from rules.expressions.tree import Column, columns
from rules.problem import Place, Problem, Refused
from rules.tables import ATTRIBUTES, DERIVED, REFERRED


def credit(step: Credit, book: Book, facts: Facts) -> None:
    """The shares of every credited row; raises Refused with the rows on which the rule cannot say them."""
    found = book.earlier.credits.get(step.name)
    if found is None:
        found = _credits(step, facts)
        if not _is_of_period(step.credit):
            book.earlier.credits[step.name] = found
    book.credits[step.name] = found


def _credits(step: Credit, facts: Facts) -> Credits:
    meaning = step.credit
    known = facts.creditable(meaning)
    found = credited(meaning.spec, known.candidates, meaning.terms, known.hierarchy)
    if found.faults:
        names = known.candidates.rows.names
        raise Refused(
            *(
                Problem(code, message, Place(meaning.of, field=names[row]) if row >= 0 else step.place, hint)
                for row, code, message, hint in found.faults
            )
        )
    return Credits(meaning, known, found.shares)


def _is_of_period(meaning: CreditMeaning) -> bool:
    """Whether a rule names the period, or what is true of a row at its start or end."""
    trees = [tree for tree in (*meaning.fits, meaning.where, meaning.amount) if tree is not None]
    named = [column for tree in trees for column in columns(tree)]
    if meaning.of not in DAY_OF and any(each.table == "partners" and each.name in ATTRIBUTES for each in named):
        return True  # without a day of its own, a row sees its partner as of the period
    return any(_is_dated(column) for column in named)


def _is_dated(column: Column) -> bool:
    return column.table == "period" or (column.table, column.name) in {**DERIVED, **REFERRED}
