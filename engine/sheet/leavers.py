"""What a balance reads of partners who can't be paid any more: such as the cash that releases what was held back of
them.

In: the step of a balance, whose openings are written. Out: its inputs by account, known of these partners alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.kpis import kpi_columns
from engine.sheet.book import Book
from engine.sheet.lines import unknown_rows
from engine.values import ACCOUNTS, ALWAYS, PARTNERS, Facts, KeepBalance
from rules.balances.meaning import OPENING
from rules.problem import Refused
from rules.quantities.exact import Exact


def read_of_leavers(step: KeepBalance, book: Book, facts: Facts) -> Mapping[str, Exact]:
    """The inputs that are read of those who have left and have an opening, by input, (accounts,); none where nobody
    has. Raises Refused where one of them is unknown."""
    frame = book.frames[ACCOUNTS]
    opening = book.columns[f"{ACCOUNTS}.{step.name}.{OPENING}"]
    accounts = np.flatnonzero((frame.partners < 0) & np.asarray(opening.numerator != 0, dtype=bool))
    if not step.of_leavers.inputs or not len(accounts):
        return {}
    former = facts.former(frame.keys[accounts].tolist())
    partners = former.partners()  # one of whom the table of partners says nothing any more has no rows either
    if not len(partners):
        return {}
    measured = former.measure([measure for kpi in step.of_leavers.kpis for measure in kpi.measures])
    named: dict[str, Exact] = {}
    for kpi in step.of_leavers.kpis:
        named[kpi.name] = kpi_columns(kpi, measured, named, book.period, len(partners)).value
    found = former.rows(PARTNERS, None, None, ALWAYS, step.of_leavers.inputs, named).measures
    places = {key: place for place, key in enumerate(partners.keys.tolist())}
    at = np.array([places.get(key, -1) for key in frame.keys.tolist()], dtype=np.int64)
    read = {}
    for key, column in found.items():
        if not (known := column.is_known()).all():
            raise Refused(*unknown_rows(step, partners, known, "F301", f"its {key} is unknown"))
        values = column.take(np.maximum(at, 0))
        read[key] = Exact(values.numerator, values.denominator, at >= 0)
    return read
