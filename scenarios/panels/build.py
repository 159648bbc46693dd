"""A panel out of what was measured and who was treated: which partners can be compared, and why the others can't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from rules.calendar import Period
from scenarios.effect.panel import NEVER, Flags, Floats, Panel, Whole
from scenarios.panels.treatment import Grant, Treatment

NOT_THROUGHOUT = "not a partner in all of the periods"
UNKNOWN = "an outcome is unknown"
BEFORE = "treated before the first period"
OTHER = "treated for something else"
UNSURE = "not known whether it was treated by then"


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A panel, in the order of its units' ids; of each unit, exact, what was paid to it by the end of the periods (None
    where a payment lacks its amount) and what was granted; how many partners were left out for which reason; and how
    many partners were treated within the periods, with those that were left out. Spend lies in the period in which what
    it paid for began."""

    panel: Panel
    rows: Whole  # (units,) of the partners that were measured
    paid_minor: Mapping[str, int | None]
    granted_minor: Mapping[str, int]
    left_out: Mapping[str, int]
    funded: int


def build(
    partners: Sequence[str],
    every: Sequence[Period],
    outcomes: Floats,
    throughout: Flags,
    treatment: Treatment,
    kind: str | None,
    minor_per_major: int,
) -> Built:
    """The panel of the partners of whom every outcome is known; `outcomes` (partners, periods) are one KPI.

    A partner is treated from the period on that holds the day of its first grant; who may have been treated before,
    by an amount that is not known, is left out. With a `kind`, only grants of that activity count, and who has another
    one within the periods is left out: it is neither treated by it nor untouched.
    """
    mine = treatment if kind is None else treatment.of(kind)
    start = first_periods(partners, every, mine.grants)
    reasons = {
        NOT_THROUGHOUT: ~throughout,
        UNKNOWN: np.isnan(outcomes).any(axis=1),
        BEFORE: start < NEVER,
        OTHER: np.zeros_like(throughout) if kind is None else _has_other(partners, every, treatment, kind),
        UNSURE: _may_be_earlier(start, first_periods(partners, every, mine.unsure)),
    }
    kept, left_out = np.ones_like(throughout), {}
    for reason, is_so in reasons.items():
        if count := int((kept & is_so).sum()):
            left_out[reason] = count
        kept &= ~is_so
    rows = np.array(sorted(np.flatnonzero(kept).tolist(), key=lambda at: partners[at]), dtype=np.int64)
    units = tuple(str(partners[at]) for at in rows)
    spent = _spent(units, every, mine)
    unknown = {each.partner for each in mine.unpaid if each.day < every[-1].end}
    spend = np.array([[cell / minor_per_major for cell in row] for row in spent], dtype=np.float64)
    times = tuple(each.name for each in every)
    spend = spend.reshape(len(units), len(every))
    spend[[unit in unknown for unit in units]] = np.nan
    panel = Panel(units, times, outcomes[rows], start[rows], spend)
    granted: Counter[str] = Counter()
    for each in mine.approved:
        granted[each.partner] += each.amount_minor if each.day < every[-1].end else 0
    paid = {unit: None if unit in unknown else sum(row) for unit, row in zip(units, spent, strict=True)}
    funded = int((start > NEVER).sum())
    return Built(panel, rows, paid, {unit: granted[unit] for unit in units}, left_out, funded)


def first_periods(partners: Sequence[str], every: Sequence[Period], grants: Iterable[Grant]) -> Whole:
    """(partners,) in which period each was first treated: -1 never, or after the last one; -2 before the first."""
    first: dict[str, date] = {}
    for each in grants:
        first[each.partner] = min(each.day, first.get(each.partner, each.day))
    return np.array([_place(every, first.get(str(each))) for each in partners], dtype=np.int64)


def _place(every: Sequence[Period], day: date | None) -> int:
    if day is None or day >= every[-1].end:
        return NEVER
    if day < every[0].start:
        return NEVER - 1
    return next(at for at, each in enumerate(every) if day < each.end)


def _may_be_earlier(start: Whole, unsure: Whole) -> Flags:
    """(partners,) who may have been treated before it is known to be."""
    return np.asarray((unsure != NEVER) & ((start == NEVER) | (unsure < start)), dtype=np.bool_)


def _has_other(partners: Sequence[str], every: Sequence[Period], treatment: Treatment, kind: str) -> Flags:
    """(partners,) who has a grant of another kind by the end of the periods."""
    end = every[-1].end
    other = {each.partner for each in treatment.grants if each.kind != kind and each.day < end}
    return np.array([str(each) in other for each in partners], dtype=np.bool_)


def _spent(units: Sequence[str], every: Sequence[Period], treatment: Treatment) -> list[list[int]]:
    """(units, periods) what was paid by the end, in minor units, where what it paid for began within the periods."""
    at = {unit: row for row, unit in enumerate(units)}
    found = [[0] * len(every) for _ in units]
    for each in treatment.payments:
        place = _place(every, each.begins)
        if each.partner in at and each.day < every[-1].end and place > NEVER:
            found[at[each.partner]][place] += each.amount_minor
    return found
