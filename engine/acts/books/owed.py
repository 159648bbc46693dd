"""What a cycle would make its payees owed: its runs, its true-ups and its adjustments, by payee.

In: the store and the books. Out: postings, totals, and what the programs ask of an approval. All amounts come from
kept runs and batches, whose bytes are hashed again as they are read.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from engine.ledger import Books
from engine.ledger.adjustments import approved
from engine.ledger.cycles import Calculation, Cycle
from engine.ledger.requests import Request
from engine.store import RunRecord, Store
from engine.store.lines import lines_from_parquet
from engine.store.tables import payees_on
from engine.values import Lines
from engine.values.posting import Posting
from rules.approval import ApprovalMeaning
from rules.load import understand

_NOBODY_NAMED: Mapping[str, Any] = {"by": [], "needs": 1, "may_also": []}


def run_of(store: Store, calculation: Calculation) -> RunRecord | None:
    """The official run of a calculation; None where a cycle only trues up."""
    return store.run_by_id(calculation.run_id, "official") if calculation.run_id else None


def lines_of(store: Store, record: RunRecord) -> Lines:
    """The lines of a kept run, hashed again just now."""
    return lines_from_parquet(store.blob_bytes(record.blobs["lines"]))


def batch_of(store: Store, sha256: str) -> Mapping[str, Any]:
    """A kept batch of true-ups, hashed again just now."""
    found = json.loads(store.blob_bytes(sha256))
    assert isinstance(found, dict), "a batch is an object"
    return found


def postings_of(store: Store, books: Books, cycle: Cycle) -> Iterator[Posting]:
    """What locking a cycle posts: by payee, program and period, in the order of their names."""
    for program, each in sorted(cycle.calculations.items()):
        record = run_of(store, each)
        payees = _payees(store, record, cycle.end)
        day = str(max(cycle.start, date.fromordinal(cycle.end.toordinal() - 1)))
        if record is not None:
            lines = lines_of(store, record)
            for payee, amount in _by_payee(_sums(lines), payees):
                yield Posting(payee, program, cycle.period, "earned", day, each.currency, amount)
        for sha256 in each.batches:
            batch = batch_of(store, sha256)
            sums: dict[str, int] = defaultdict(int)
            for partner, _, _, _, before, after, _ in batch["lines"]:
                sums[partner] += int(after) - int(before)
            for payee, amount in _by_payee(sums, payees):
                yield Posting(payee, program, batch["period"], "adjusted", day, each.currency, amount)
    for payee, program, currency, amount in adjusted(store, books, cycle):
        day = str(date.fromordinal(cycle.end.toordinal() - 1))
        yield Posting(payee, program, cycle.period, "adjusted", day, currency, amount)


def adjusted(store: Store, books: Books, cycle: Cycle) -> Iterator[tuple[str, str, str, int]]:
    """The approved adjustments of a cycle: payee, program, currency, and what each comes to in minor units."""
    for request in in_effect(approved(books, cycle.name)):
        calculation = cycle.calculations.get(request.content["program"])
        record = run_of(store, calculation) if calculation is not None else None
        amount = adjustment_minor(store, request, record)
        partner = str(request.content["payee"])
        payees = _payees(store, record, cycle.end)
        yield payees.get(partner, partner), request.content["program"], request.content["currency"], amount


def in_effect(requests: Sequence[Request]) -> Iterator[Request]:
    """The adjustments that count: of several overrides of one component of a payee, the one approved last."""
    last = {_overridden(each): each.number for each in requests if "to_minor" in each.content}
    for each in requests:
        if "to_minor" not in each.content or last[_overridden(each)] == each.number:
            yield each


def _overridden(request: Request) -> tuple[str, str, str]:
    return request.content["program"], request.content["payee"], request.content["component"]


def adjustment_minor(store: Store, request: Request, record: RunRecord | None) -> int:
    """What an adjustment comes to: its amount, or what an override lacks to what was calculated."""
    content = request.content
    if "amount_minor" in content:
        return int(content["amount_minor"])
    calculated = 0
    if record is not None:
        lines = lines_of(store, record)
        mine = (lines.partner == content["payee"]) & (lines.component == content["component"])
        calculated = int(lines.amount_minor[mine].sum())
    return int(content["to_minor"]) - calculated


def totals_of(store: Store, books: Books, cycle: Cycle) -> Mapping[str, int]:
    """What a cycle would pay in all, by currency."""
    totals: dict[str, int] = defaultdict(int)
    for each in cycle.calculations.values():
        totals[each.currency] += each.total_minor
    for _, _, currency, amount in adjusted(store, books, cycle):
        totals[currency] += amount
    return dict(sorted(totals.items()))


def policy_for(store: Store, calculation: Calculation, totals_minor: Mapping[str, int]) -> Mapping[str, Any]:
    """What a program asks of the approval of a cycle that pays these totals."""
    data = store.blob_bytes(calculation.program_sha256)
    meaning = understand(data, "program", Path(), warns=False).understood()
    found: ApprovalMeaning | None = meaning.approval
    if found is None:
        return _NOBODY_NAMED
    needs = found.people(totals_minor.get(meaning.terms.currency.code, 0))
    return {"by": sorted(found.by), "needs": needs, "may_also": sorted(found.may_also)}


def _payees(store: Store, record: RunRecord | None, end: date) -> Mapping[str, str]:
    """Who is paid for a partner, on the last day of a period, where the run's payees say that it is somebody else."""
    if record is None or "table:payees" not in record.blobs:
        return {}
    return payees_on(store.blob(record.blobs["table:payees"]), date.fromordinal(end.toordinal() - 1))


def _sums(lines: Lines) -> Mapping[str, int]:
    """The sum of each partner's lines."""
    partners, places = np.unique(lines.partner.astype(object), return_inverse=True)
    sums = np.zeros(len(partners), dtype=np.int64)
    np.add.at(sums, places, lines.amount_minor)
    return dict(zip((str(each) for each in partners), sums.tolist(), strict=True))


def _by_payee(sums: Mapping[str, int], payees: Mapping[str, str]) -> list[tuple[str, int]]:
    found: dict[str, int] = defaultdict(int)
    for partner, amount in sums.items():
        found[payees.get(partner, partner)] += amount
    return sorted((payee, amount) for payee, amount in found.items() if amount)
