"""What a cycle would make its payees owed: its runs, its true-ups and its adjustments, by payee.

In: the store and the books. Out: what each program pays, read once, and from that postings, totals, and what the
programs ask of an approval. All amounts come from kept runs and batches, whose bytes are hashed again as they are read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
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
from rules.load import understand

_NOBODY_NAMED: Mapping[str, Any] = {"by": [], "needs": 1, "may_also": []}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one program pays in a cycle: its run and lines (None where the cycle only trues up), the sums of them by
    partner and component, those of its true-ups by period and partner, and who is paid for whom."""

    program: str
    calculation: Calculation
    run: RunRecord | None
    lines: Lines | None
    sums: Mapping[tuple[str, str], int]
    trued_up: tuple[tuple[str, Mapping[str, int]], ...]
    payees: Mapping[str, str]

    def payee(self, partner: str) -> str:
        """Who is paid for a partner."""
        return self.payees.get(partner, partner)


def parts_of(store: Store, cycle: Cycle) -> tuple[Part, ...]:
    """What each program pays in a cycle, in the order of their names."""
    return tuple(_part(store, cycle, program, each) for program, each in sorted(cycle.calculations.items()))


def lines_of(store: Store, record: RunRecord) -> Lines:
    """The lines of a kept run, hashed again just now."""
    return lines_from_parquet(store.blob_bytes(record.blobs["lines"]))


def postings_of(books: Books, cycle: Cycle, parts: Sequence[Part]) -> Iterator[Posting]:
    """What locking a cycle posts: by payee, program and period, in the order of their names."""
    day = str(cycle.end - timedelta(days=1))
    for part in parts:
        code = part.calculation.currency
        earned: Counter[str] = Counter()
        for (partner, _), amount in part.sums.items():
            earned[part.payee(partner)] += amount
        yield from _posted(earned, part.program, cycle.period, "earned", day, code)
        for period, sums in part.trued_up:
            moved: Counter[str] = Counter()
            for partner, amount in sums.items():
                moved[part.payee(partner)] += amount
            yield from _posted(moved, part.program, period, "adjusted", day, code)
    for request in in_effect(approved(books, cycle.name)):
        part = next(each for each in parts if each.program == request.content["program"])
        amount, payee = adjustment_minor(request, part), part.payee(request.content["payee"])
        yield Posting(payee, part.program, cycle.period, "adjusted", day, request.content["currency"], amount)


def in_effect(requests: Sequence[Request]) -> Iterator[Request]:
    """The adjustments that count: of several overrides of one component of a payee, the one approved last."""
    last = {_overridden(each): each.number for each in requests if "to_minor" in each.content}
    for each in requests:
        if "to_minor" not in each.content or last[_overridden(each)] == each.number:
            yield each


def adjustment_minor(request: Request, part: Part) -> int:
    """What an adjustment comes to: its amount, or what an override lacks to what was calculated."""
    content = request.content
    if "amount_minor" in content:
        return int(content["amount_minor"])
    return int(content["to_minor"]) - part.sums.get((content["payee"], content["component"]), 0)


def totals_of(parts: Sequence[Part], postings: Sequence[Posting]) -> Mapping[str, int]:
    """What postings come to in all, by currency; those of runs and true-ups are what was calculated."""
    totals = Counter(dict.fromkeys((each.calculation.currency for each in parts), 0))
    for each in postings:
        totals[each.currency] += each.amount_minor
    return dict(sorted(totals.items()))


def paid_out(postings: Sequence[Posting]) -> Mapping[str, int]:
    """What postings let payees be paid, by currency: what one owes makes nobody else's payment smaller."""
    sums: Counter[tuple[str, str]] = Counter()
    for each in postings:
        sums[each.payee, each.currency] += each.amount_minor
    found: Counter[str] = Counter()
    for (_, code), amount in sums.items():
        found[code] += max(amount, 0)
    return dict(sorted(found.items()))


def policy_for(store: Store, calculation: Calculation, paid_minor: Mapping[str, int]) -> Mapping[str, Any]:
    """What a program asks of the approval of a cycle that pays out so much."""
    data = store.blob_bytes(calculation.program_sha256)
    meaning = understand(data, "program", Path(), warns=False).understood()
    found = meaning.approval
    if found is None:
        return _NOBODY_NAMED
    needs = found.people(paid_minor.get(meaning.terms.currency.code, 0))
    return {"by": sorted(found.by), "needs": needs, "may_also": sorted(found.may_also)}


def _part(store: Store, cycle: Cycle, program: str, calculation: Calculation) -> Part:
    run = store.run_by_id(calculation.run_id, "official") if calculation.run_id else None
    lines = None if run is None else lines_of(store, run)
    day = cycle.end - timedelta(days=1)
    payees = calculation.tables.get("payees")
    sums = {} if lines is None else _sums(lines)
    trued_up = tuple(_trued_up(json.loads(store.blob_bytes(each))) for each in calculation.batches)
    in_all = sum(sums.values()) + sum(sum(each.values()) for _, each in trued_up)
    assert in_all == calculation.total_minor, "lines and true-ups are what was calculated"
    return Part(
        program=program,
        calculation=calculation,
        run=run,
        lines=lines,
        sums=sums,
        trued_up=trued_up,
        payees={} if payees is None else payees_on(store.blob(payees), day),
    )


def _trued_up(batch: Mapping[str, Any]) -> tuple[str, Mapping[str, int]]:
    """The period of a kept batch, and what it posts by partner."""
    sums: Counter[str] = Counter()
    for partner, _, _, _, before, after, _ in batch["lines"]:
        sums[partner] += int(after) - int(before)
    return batch["period"], sums


def _sums(lines: Lines) -> Mapping[tuple[str, str], int]:
    """The sums of lines by partner and component; lines stand together by both."""
    if not len(lines):
        return {}
    is_first = np.ones(len(lines), dtype=bool)
    is_first[1:] = (lines.partner[1:] != lines.partner[:-1]) | (lines.component[1:] != lines.component[:-1])
    starts = np.flatnonzero(is_first)
    found: Counter[tuple[str, str]] = Counter()
    for start, amount in zip(starts.tolist(), np.add.reduceat(lines.amount_minor, starts).tolist(), strict=True):
        found[str(lines.partner[start]), str(lines.component[start])] += amount
    return found


def _posted(sums: Mapping[str, int], program: str, period: str, kind: str, day: str, code: str) -> Iterator[Posting]:
    for payee, amount in sorted(sums.items()):
        if amount:
            yield Posting(payee, program, period, kind, day, code, amount)


def _overridden(request: Request) -> tuple[str, str, str]:
    return request.content["program"], request.content["payee"], request.content["component"]
