"""What returns take off the lines that stand highest: the exact due of a return says how far which lines fall, and what
those were rounded to is taken back.

In: what rows and returns are due, and the lines of the rows, of this period and of earlier ones. Out: the lines of the
returns, below zero. Rounding them like rows would leave a unit here and there of what came back in full.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from engine.sheet.book import Book
from engine.sheet.taking import Dues, now, stacks
from engine.values import Deduct, Facts
from rules.quantities.exact import Exact, Integers
from rules.quantities.taken import fallen


def deduct(step: Deduct, book: Book, facts: Facts) -> None:
    """A line below zero for each return that counts in the period; unknown where the rule leaves it out."""
    falls, frame, terms = (step.emptied.rows, *step.emptied.returns), book.frames[step.frame], step.terms
    rows = now(frame)
    is_now = np.isin(np.arange(len(frame)), rows)
    known = is_now & book.columns[step.due].is_known()
    amounts: Integers = np.zeros(len(frame), dtype=np.int64)
    mine = [fall.frame for fall in falls].index(step.frame)
    lines = Dues(step.emptied, book)
    columns = [book.columns[name] for name in step.dues]
    for stack in stacks(falls, book) if known.any() else ():
        dues = [columns[track].fraction(row) or Fraction(0) for track, row in stack]
        found = fallen(dues, [track > 0 for track, _ in stack], terms.rounding, terms.step_minor)
        for at, each in found.items():
            track, row = stack[at]
            if track == mine and known[row]:
                paid = {part.row: lines.of(*stack[part.row])[0] for part in each.parts}
                amounts[row] = each.taken(paid, terms.rounding, terms.step_minor)
    book.write(step.name, step.frame, Exact(amounts, 1, None if known.all() else known))
