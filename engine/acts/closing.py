"""What a run closes with: what is on balances, and the scores and tiers that the next period looks back at."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from engine.reports.balances import closing_csv
from engine.reports.scorecards import scores_csv
from engine.values import OpeningRow, Plan, Score, Sheet, rolls
from engine.values.closing import Closing, Row, closing
from engine.values.positions import positions, told_until
from rules.quantities.currency import format_minor


def closing_of(plan: Plan, sheet: Sheet, openings: Sequence[OpeningRow]) -> Closing:
    """The rows that the next period opens with; `openings` are those of this one. Where the year so far was told, the
    next period of that year goes on from the same rows."""
    balances = _rows(closing_csv(plan, sheet, openings)) if rolls(plan.steps) else []
    balances += _year_so_far(plan, sheet, openings)
    looking = {step.name for step in plan.steps if isinstance(step, Score) and step.looks_back}
    scores = _rows(scores_csv(plan, sheet)) if looking else []
    return closing(balances, [row for row in scores if row[1] in looking])


def _year_so_far(plan: Plan, sheet: Sheet, openings: Sequence[OpeningRow]) -> Iterator[Row]:
    """The rows of positions that hold in the next period as well, as they were told."""
    following = plan.calendar.after(sheet.period)
    if following is None or plan.calendar.fiscal_year(following.start).start > sheet.period.start:
        return
    told = {each.name: told_until(each.name, sheet.columns) for each in positions(plan.steps)}
    for row in openings:
        if row.balance in told and row.as_of == told[row.balance] and row.amount_minor is not None:
            amount = format_minor(row.amount_minor, plan.terms.currency, grouping=False)
            yield row.partner, row.balance, str(row.as_of), "", amount


def _rows(text: str) -> list[Row]:
    """The rows of a table below its header."""
    return [tuple(row) for row in csv.reader(io.StringIO(text))][1:]
