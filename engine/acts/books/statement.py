"""A statement: all that one payee's account in a cycle consists of, line by line, and nothing of anybody else.

In: the accounts of the cycle, its runs, true-ups and adjustments, and the postings. Out: the payee's own, which add up
to what is owed after the cycle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import numpy as np

from engine.acts.books.adjust import payees_known
from engine.acts.books.owed import Part, adjustment_minor
from engine.acts.books.payees import PAID, RETURNED, Accounts, accounts, is_later
from engine.ledger.refusals import refused
from engine.ledger.requests import REJECTED
from engine.store import Address, Store
from engine.store.tables import ids
from engine.trueup.own_words import own_lines
from engine.values import PARTNERS
from engine.values.lines import Line, Lines
from engine.values.payees import Adjusted, Earned, OwedBefore, Settled, Statement, TruedUpPart
from engine.values.posting import Posted
from engine.values.true_up import batch_from


def statement(store: Address, name: str, payee: str, day: date) -> Statement:
    """The statement of a payee in a cycle as it stands on a day; raises Refused where there is no such payee."""
    with Store.open(store, create=False) as kept:
        of = accounts(kept, name, day)
        rows = tuple(row for row in of.found.rows if row.payee == payee)
        if not rows:
            _refuse_unknown(kept, of, payee)
        posted = [each for each in kept.postings() if each.posting.payee == payee and each.event <= of.books.last]
        found = Statement(
            cycle=of.found.cycle,
            payee=payee,
            rows=rows,
            before=tuple(_before(of, posted)),
            earned=tuple(each for part in of.parts for each in _earned(part, payee)),
            trued_up=tuple(each for part in of.parts for each in _trued_up(kept, part, payee)),
            adjusted=tuple(_adjusted(of, payee)),
            settled=tuple(_settled(kept, of, payee, posted)),
        )
    for row in rows:
        assert found.sum_minor(row.currency) == row.owed_after_minor, "a statement adds up to the account"
    return found


def _refuse_unknown(store: Store, of: Accounts, payee: str) -> None:
    """Raise Refused where an id is nobody's, or that of a partner who is paid to somebody else."""
    paid_to = sorted({part.payees[payee] for part in of.parts if payee in part.payees})
    if paid_to:
        hint = f"partage cycle payees {of.cycle.name} --payee {paid_to[0]}"
        raise refused("B139", f"{payee} is paid to {' and '.join(paid_to)}", hint)
    if payee not in payees_known(store, of.books):
        hint = f"partage cycle payees {of.cycle.name} lists all"
        raise refused("B139", f"there is no payee {payee}", hint)


def _before(of: Accounts, posted: list[Posted]) -> Iterator[OwedBefore]:
    """What is left of each earlier cycle, and what was owed to begin with; nothing of cycles that were settled."""
    left: Counter[tuple[int, str, str, str]] = Counter()
    for each in posted:
        if each.cycle == of.cycle.name or is_later(of.books, of.cycle, each.event, each.cycle):
            continue
        locked = of.books.cycles[each.cycle].locked if each.cycle else 0
        program = "" if each.cycle else each.posting.program
        left[locked, each.cycle, program, each.posting.currency] += each.posting.amount_minor
    for (_, cycle, program, code), amount in sorted(left.items()):
        if amount:
            yield OwedBefore(cycle, program, code, amount)


def _mine(part: Part, payee: str) -> frozenset[str]:
    """The partners for whom a payee is paid."""
    mine = {partner for partner, to in part.payees.items() if to == payee}
    return frozenset(mine | ({payee} if part.payee(payee) == payee else set()))


def _earned(part: Part, payee: str) -> Iterator[Earned]:
    if part.run is None or part.lines is None:
        return
    found: dict[tuple[str, str], list[Line]] = {}
    for line in _lines_of(part.lines, _mine(part, payee)):
        found.setdefault((line.partner, line.component), []).append(line)
    for (partner, component), lines in sorted(found.items()):
        yield Earned(part.program, part.run.number, part.calculation.currency, partner, component, tuple(lines))


def _lines_of(lines: Lines, partners: frozenset[str]) -> Iterator[Line]:
    is_mine = np.zeros(len(lines), dtype=bool)
    for partner in partners:
        is_mine |= lines.partner == partner
    return (lines.line(row) for row in np.flatnonzero(is_mine).tolist())


def _trued_up(store: Store, part: Part, payee: str) -> Iterator[TruedUpPart]:
    if not part.calculation.batches:
        return
    table = part.calculation.tables.get(PARTNERS)
    partners = frozenset(each.payee for each in store.owed()) | part.payees.keys() | set(part.payees.values())
    partners |= frozenset() if table is None else ids(store.blob(table), "partner_id")
    for sha256 in part.calculation.batches:
        batch = batch_from(store.blob_bytes(sha256))
        lines = tuple(own_lines(batch, _mine(part, payee), partners | set(batch.lines.partner.tolist())))
        if lines:
            yield TruedUpPart(part.program, batch.period, batch.currency, lines)


def _adjusted(of: Accounts, payee: str) -> Iterator[Adjusted]:
    """The payee's adjustments, those that wait or were replaced as well, which do not count."""
    parts = {part.program: part for part in of.parts}
    for each in of.requests:
        said, part = each.content, parts.get(each.content["program"])
        if part is None or each.status == REJECTED or part.payee(said["payee"]) != payee:
            continue
        yield Adjusted(
            request=each.number,
            program=part.program,
            partner=said["payee"],
            component=said["component"],
            currency=said["currency"],
            amount_minor=adjustment_minor(each, part),
            status=each.status,
            is_counted=each.number in of.counted,
            reason=said["reason"],
            evidence=said["evidence"],
        )


def _settled(store: Store, of: Accounts, payee: str, posted: list[Posted]) -> Iterator[Settled]:
    """The payments of the cycle to the payee, and what came back of them."""
    numbers = {each.event: each.number for each in of.cycle.payments}
    returned = {}
    for event in store.events():
        if event.type == "cycle.returned" and event.cycle == of.cycle.name:
            for who, code, _, reason in event.payload["items"]:
                if who == payee:
                    returned[event.number, code] = event.payload["payment"], reason
    for each in posted:
        said = each.posting
        if each.cycle == of.cycle.name and said.kind in (PAID, RETURNED):
            payment, reason = returned.get((each.event, said.currency), (numbers.get(each.event, 0), ""))
            yield Settled(payment, said.kind, said.effective, said.currency, said.amount_minor, reason)
