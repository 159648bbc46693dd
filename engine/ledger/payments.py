"""Payments: what payees are owed is paid, in full or some of them, and what a bank sends back is owed again.

What a payee is owed is one sum over all programs and cycles, by currency: earned + adjusted - paid + returned. It is
paid only where it is above zero and the payee is not on hold, so that nothing is ever paid twice.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from engine.digest import canonical, sha256
from engine.ledger.books import Books
from engine.ledger.cycles import Cycle, Payment
from engine.ledger.refusals import conflict, refused
from engine.values.draft import Draft
from engine.values.event import Command
from engine.values.posting import Posting

Owed = Mapping[tuple[str, str], int]  # by payee and currency, in minor units
AHEAD = timedelta(days=366)  # a payment may be for a day to come, as banks take it; years ahead is a slip
_WORDS, _DIGEST = 14, 20  # characters of a payment's id: 35 with the hyphen, and 100 bits of the digest


@dataclass(frozen=True, slots=True)
class Paid:
    """One payee's part of a payment; `id` is the same however often the list is written."""

    id: str
    payee: str
    currency: str
    amount_minor: int


def payable(cycle: Cycle, owed: Owed, only: Collection[str], held: Collection[str]) -> tuple[Paid, ...]:
    """Who would be paid now, by payee and currency; `only` these where it names any, and nobody who is `held`."""
    number = len(cycle.payments) + 1
    wanted = sorted(owed.items())
    return tuple(
        Paid(_id(cycle.name, number, payee, currency), payee, currency, amount)
        for (payee, currency), amount in wanted
        if amount > 0 and payee not in held and (not only or payee in only)
    )


def _id(cycle: str, number: int, payee: str, currency: str) -> str:
    """The id of one payee's part of a payment, as a bank takes it (EndToEndId of ISO 20022: at most 35 characters, here
    letters, digits and hyphens alone): what people tell it by, then a digest that no other part has.

    >>> _id("2026-01", 1, "acme", "EUR")
    '2026-01-1-acme-jq2ttsunxtqc574nnncp'
    """
    words = re.sub("[^A-Za-z0-9]+", "-", f"{cycle}-{number}-{payee}").strip("-")
    digest = hashlib.sha256(canonical([cycle, number, payee, currency])).digest()
    return f"{words[:_WORDS].rstrip('-')}-{base64.b32encode(digest).decode().lower()[:_DIGEST]}"


def list_of(cycle: Cycle, number: int, paid: Collection[Paid], paid_on: date) -> bytes:
    """The list of a payment as it is kept: canonical JSON, its count and totals with it."""
    rows = [[each.id, each.payee, each.currency, str(each.amount_minor)] for each in paid]
    said = {"t": "partage/payment/1", "cycle": cycle.name, "payment": number, "paid_on": str(paid_on)}
    return canonical({**said, "count": len(rows), "totals_minor": _totals(paid), "rows": rows})


def pay(
    books: Books, command: Command, owed: Owed, only: Collection[str], paid_on: date, held: Collection[str]
) -> tuple[Draft, bytes]:
    """Pay what is owed: the draft, and the list as it is to be kept; `held` are all payees who wait."""
    cycle = books.cycle(command.cycle)
    if not cycle.is_locked:
        message = f"cycle {cycle.name} is {cycle.status}, and only a locked one is paid"
        raise conflict("B135", message, "approve and lock it first")
    if paid_on < cycle.end - timedelta(days=1):
        message = f"{paid_on} is before the last day of cycle {cycle.name}"
        raise refused("B147", message, "name the day of the payment: --on YYYY-MM-DD")
    if paid_on > command.at.date() + AHEAD:
        message = f"{paid_on} is more than {AHEAD.days} days after {command.at.date()}, which is today in UTC"
        raise refused("B147", message, "a bank is told to pay on a day that is near: --on YYYY-MM-DD")
    _refuse_unpayable(owed, only, held)
    paid = payable(cycle, owed, only, held)
    if not paid:
        message = f"nobody is to be paid now in cycle {cycle.name}"
        waiting = f"{len(held)} on hold; " if held else ""
        raise conflict("B136", message, f"{waiting}all others were paid, or are owed nothing")
    number = len(cycle.payments) + 1
    content = list_of(cycle, number, paid, paid_on)
    payload = {
        "payment": number,
        "paid_on": str(paid_on),
        "payees": len({each.payee for each in paid}),
        "totals_minor": _totals(paid),
        "list_sha256": sha256(content),
    }
    postings = [
        Posting(each.payee, "", cycle.period, "paid", str(paid_on), each.currency, -each.amount_minor) for each in paid
    ]
    return Draft("cycle.paid", cycle.name, payload, postings=postings), content


def take_back(
    books: Books,
    command: Command,
    number: int,
    returned: Mapping[tuple[str, str], str],
    paid: Collection[Paid],
    on: date | None,
) -> Draft:
    """Note what a bank sent back of a payment, by payee and currency with the bank's reason: it is owed again.

    `paid` is who got what by that payment and was not sent back before. What a bank sends back before the day of a
    payment that is yet to come comes back on that day.
    """
    cycle = books.cycle(command.cycle)
    payment = payment_of(cycle, number)
    returned_on = max(command.at.date(), payment.paid_on) if on is None else on
    if returned_on < payment.paid_on:
        message = f"{returned_on} is before payment {number} of cycle {cycle.name}, which was made on {payment.paid_on}"
        raise refused("B147", message, "name the day on which it came back: --on YYYY-MM-DD")
    if returned_on > max(command.at.date(), payment.paid_on):
        message = f"{returned_on} is after {command.at.date()}, which is today in UTC"
        raise refused("B147", message, "name the day on which it came back: --on YYYY-MM-DD")
    by_payee = {(each.payee, each.currency): each for each in paid}
    unknown = sorted({payee for payee, currency in returned if (payee, currency) not in by_payee})
    if unknown:
        message = f"payment {number} of cycle {cycle.name} has nothing of {', '.join(unknown)} that could come back"
        raise conflict("B137", message, "each payment comes back once: see partage cycle status")
    back = sorted(returned)
    amounts = {key: by_payee[key].amount_minor for key in back}
    payload = {
        "payment": number,
        "returned_on": str(returned_on),
        "items": [
            [payee, currency, str(amounts[payee, currency]), returned[payee, currency]] for payee, currency in back
        ],
    }
    postings = [
        Posting(payee, "", cycle.period, "returned", str(returned_on), currency, amounts[payee, currency])
        for payee, currency in back
    ]
    return Draft("cycle.returned", cycle.name, payload, postings=postings)


def payment_of(cycle: Cycle, number: int) -> Payment:
    """The payment of that number; raises Conflict where the cycle has none."""
    found = next((each for each in cycle.payments if each.number == number), None)
    if found is None:
        known = ", ".join(str(each.number) for each in cycle.payments) or "none was made yet"
        raise conflict("B138", f"cycle {cycle.name} has no payment {number}", f"payments: {known}")
    return found


def _refuse_unpayable(owed: Owed, only: Collection[str], held: Collection[str]) -> None:
    payees = {payee for payee, _ in owed}
    unknown = sorted(set(only) - payees)
    if unknown:
        message = f"nothing was ever owed to {', '.join(unknown)}"
        raise refused("B139", message, "name payees as `partage cycle status` lists them")
    waiting = sorted(set(only) & set(held))
    if waiting:
        message = f"{', '.join(waiting)} {'is' if len(waiting) == 1 else 'are'} on hold"
        hint = "release them first: partage release PAYEE --reason TEXT; or clear on_hold in the source of payees"
        raise conflict("B142", message, hint)


def _totals(paid: Collection[Paid]) -> dict[str, str]:
    currencies = sorted({each.currency for each in paid})
    return {each: str(sum(one.amount_minor for one in paid if one.currency == each)) for each in currencies}
