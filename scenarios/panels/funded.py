"""The partners that market development funds went to: approved requests, and what was paid on their claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from engine.facts.snapshot import Snapshot
from engine.values import ALWAYS
from rules.expressions.tree import Column, Expression, Type
from rules.problem import Place, Problem, Refused
from scenarios.panels.measured import day_of
from scenarios.panels.treatment import Grant, Payment, Since, Treatment, first_payments

REQUESTS, CLAIMS, CAMPAIGNS = "mdf", "mdf_claims", "campaigns"
BLANK = "(none)"  # what a blank activity is called
_PARTNER, _ACTIVITY = Column(REQUESTS, "partner_id"), Column(REQUESTS, "activity")


def of_funds(snapshot: Snapshot, since: Since) -> Treatment:
    """Every request of which something was approved, and every payment; raises Refused (M212) without both tables."""
    for table in (REQUESTS, CLAIMS):
        if table not in snapshot.tables():
            message = f"the program has no source {table}, so nobody knows who was funded"
            raise Refused(Problem("M212", message, Place(), f"add {table} to its sources, or ask for --incentive"))
    approved, unsure = _grants(snapshot, since)
    payments, unpaid = _payments(snapshot, since)
    unknown = len(unsure) + len(unpaid)
    if since is Since.PAID:
        grants = tuple(sorted(first_payments(payments)))
        return Treatment(grants, payments, approved, unpaid, unpaid, unknown)
    return Treatment(approved, payments, approved, unsure, unpaid, unknown)


def _grants(snapshot: Snapshot, since: Since) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """What was approved, and the same of rows that lack the amount of it; a request without a decision, or of nothing,
    grants nothing."""
    wanted: dict[str, tuple[Expression, Type]] = {"approved": (Column(REQUESTS, "approved"), Type.MONEY)}
    partners, activities, begins, told = _rows(snapshot, REQUESTS, wanted, since)
    found, unsure = [], []
    for partner, activity, day, approved in zip(partners, activities, begins, told["approved"], strict=True):
        if day is not None and approved is None:
            unsure.append(Grant(partner, day, activity, 0))
        elif day is not None and approved is not None and approved > 0:
            found.append(Grant(partner, day, activity, int(approved)))
    return tuple(sorted(found)), tuple(sorted(unsure))


def _payments(snapshot: Snapshot, since: Since) -> tuple[tuple[Payment, ...], tuple[Grant, ...]]:
    """What was paid, and the days of payments that lack the amount; a claim without both is not paid yet, and a row
    with an amount alone is none of the facts."""
    wanted: dict[str, tuple[Expression, Type]] = {
        "paid": (Column(CLAIMS, "paid"), Type.MONEY),
        "day": (Column(CLAIMS, "paid_on"), Type.DATE),
    }
    partners, activities, begins, told = _rows(snapshot, CLAIMS, wanted, since)
    found, unsure = [], []
    rows = zip(partners, activities, begins, told["paid"], told["day"], strict=True)
    for partner, activity, began, paid, ordinal in rows:
        if ordinal is None:
            continue
        day = day_of(int(ordinal))
        if paid is None:
            unsure.append(Grant(partner, day, activity, 0))
        elif paid:
            begins_on = began if began and since is not Since.PAID else day
            found.append(Payment(partner, day, activity, int(paid), begins_on))
    return tuple(sorted(found)), tuple(sorted(unsure))


def _rows(
    snapshot: Snapshot, table: str, wanted: Mapping[str, tuple[Expression, Type]], since: Since
) -> tuple[list[str], list[str], list[date | None], Mapping[str, Sequence[Fraction | None]]]:
    """The partner, the activity and the beginning of each row of a table, and what is wanted of it.

    A request begins with its campaign, else on its approval; one that was not decided on does not.
    """
    days: dict[str, tuple[Expression, Type]] = {"decided": (Column(REQUESTS, "decided_on"), Type.DATE)}
    if since is Since.CAMPAIGN and CAMPAIGNS in snapshot.tables():
        days["starts"] = (Column(CAMPAIGNS, "starts_on"), Type.DATE)
    rows = snapshot.rows(table, None, None, ALWAYS, {**wanted, **days}, {}, _PARTNER)
    keys, records = snapshot.partners().keys, rows.frame.records.tolist()
    cells = snapshot.cells_of(table, records, [_ACTIVITY]) if records else []
    told = {name: rows.measures[name].fractions() for name in (*wanted, *days)}
    starts = told.get("starts", [None] * len(records))
    begins = [
        None if decided is None else day_of(int(decided if start is None else start))
        for decided, start in zip(told["decided"], starts, strict=True)
    ]
    partners = [str(keys[at]) for at in rows.frame.partners.tolist()]
    return partners, [str(each[_ACTIVITY] or BLANK) for each, _ in cells], begins, told
