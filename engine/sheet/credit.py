"""Who earns on which rows: a crediting rule on the candidates that the facts know."""

from __future__ import annotations

from engine.sheet.book import Book
from engine.values import Credit, Credits, Facts
from rules.crediting.credited import credited
from rules.problem import Place, Problem, Refused


def credit(step: Credit, book: Book, facts: Facts) -> None:
    """The shares of every credited row; raises Refused with the rows on which the rule cannot say them."""
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
    book.credits[step.name] = Credits(meaning, known, found.shares)
