"""Go live: what balances, the year so far and payees stood at is read, held against the program, and approved.

In: a file in the form of the table `balances` (and one of `scores`). Out: events; and of the one that was approved, the
rows that the first period opens with. What payees were owed is a row of the balance `owed`, which is posted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine.acts.books.asking import Asker, record
from engine.acts.books.go_live import OWED, minor_of, read_opening
from engine.acts.period import period_of
from engine.ledger import Books, books_of, openings
from engine.ledger.requests import Request
from engine.plan import compile_plan
from engine.store import Address, Store
from engine.values.closing import Closing, closing, closing_from
from engine.values.draft import Draft, Recorded
from engine.values.posting import Posting
from rules.load import load
from rules.quantities.currency import Currency, currency

PAYEES_SHOWN = 20  # of those who are owed, that a request lists


def submit_opening(
    store: Address, path: Path, program: Path, period_name: str, reason: str, asker: Asker, scores: Path | None = None
) -> Recorded:
    """Ask for an opening of a program's first period; another person approves it.

    Raises Refused with every fault of the files: what can't be read, balances, partners and scorecards that the program
    has not, and days that are not those on which the period opens.
    """
    loaded = load(program)
    meaning = loaded.understood()
    period, plan = period_of(meaning, period_name), compile_plan(meaning)
    opened = read_opening(meaning, plan, period, loaded.folder, path, scores)
    money = meaning.terms.currency
    totals = _totals(opened, money)
    content = {
        "program": meaning.title,
        "program_sha256": loaded.sha256,
        "period": period.name,
        "as_of": str(period.start - timedelta(days=1)),
        "currency": money.code,
        "file": path.name,
        "rows": len(opened.balances) + len(opened.scores),
        "rows_sha256": opened.sha256,
        "balances_minor": totals,
        "totals_minor": {money.code: totals.get(OWED, "0")},  # what comes to be owed
        **_owed(opened, money),
        "reason": reason,
    }
    request = {name: content[name] for name in ("program", "period", "rows_sha256", "reason")}
    command = asker.command("opening submit", "", request)
    with Store.open(store) as kept:
        kept.put(opened.content)
        return record(kept, command, lambda books: openings.submit_opening(books, command, content))


def approve_opening(store: Address, number: int, asker: Asker) -> Recorded:
    """Approve an opening as another person; what payees were owed is owed from now on."""
    command = asker.command("opening approve", "", {"request": number})
    with Store.open(store, create=False) as kept:

        def decide(books: Books) -> Draft:
            found = books.requests.get(number)
            is_opening = found is not None and found.kind == openings.KIND
            owed = _postings(kept, found) if found is not None and is_opening else []
            return openings.approve_opening(books, command, number, owed)

        return record(kept, command, decide)


def reject_opening(store: Address, number: int, reason: str, asker: Asker) -> Recorded:
    """Turn an opening down."""
    command = asker.command("opening reject", "", {"request": number, "reason": reason})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: openings.reject_opening(books, command, number, reason))


def all_openings(store: Address) -> tuple[Request, ...]:
    """All openings that were asked for."""
    with Store.open(store, create=False) as kept:
        found = books_of(kept.events()).requests.values()
    return tuple(each for each in found if each.kind == openings.KIND)


def opening_rows(store: Store, books: Books, program: str) -> Closing | None:
    """The rows that a program's first period opens with, hashed again just now; None where none was approved."""
    found = openings.opening_of(books, program)
    if found is None:
        return None
    kept = _kept(store, found)
    return closing([row for row in kept.balances if row[1] != OWED], kept.scores)


def _kept(store: Store, request: Request) -> Closing:
    return closing_from(store.blob_bytes(request.content["rows_sha256"]))


def _postings(store: Store, request: Request) -> list[Posting]:
    """What payees were owed on the day of an opening."""
    content = request.content
    money = currency(content["currency"])
    return [
        Posting(payee, content["program"], "", "opening", as_of, money.code, minor_of(amount, money))
        for payee, balance, as_of, _, amount in _kept(store, request).balances
        if balance == OWED
    ]


def _owed(opened: Closing, money: Currency) -> Mapping[str, Any]:
    """Who would be owed what, for who approves it: how many payees, and those with the largest amounts."""
    sums: Counter[str] = Counter()
    for payee, balance, _, _, amount in opened.balances:
        if balance == OWED:
            sums[payee] += minor_of(amount, money)
    most = sorted(sums.items(), key=lambda each: (-abs(each[1]), each[0]))
    return {"owed_payees": len(sums), "owed": [[payee, str(minor)] for payee, minor in most[:PAYEES_SHOWN]]}


def _totals(opened: Closing, money: Currency) -> Mapping[str, str]:
    """What the rows of each balance come to, in minor units."""
    found: Counter[str] = Counter()
    for _, balance, _, _, amount in opened.balances:
        found[balance] += minor_of(amount, money)
    return {balance: str(minor) for balance, minor in sorted(found.items())}
