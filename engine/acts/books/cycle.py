"""The steps of a cycle that need no amounts: open, submit, approve, reject, drop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.acts.books.asking import Asker, record
from engine.acts.books.owed import paid_out, parts_of, policy_for, postings_of, totals_of
from engine.acts.period import period_of
from engine.ledger import moves
from engine.ledger.books import Books
from engine.ledger.refusals import conflict
from engine.store import Address, Store
from engine.values.draft import Draft, Recorded
from rules.calendar import Period
from rules.load import load, understand
from rules.problem import Place, Problem, Refused


def open_cycle(store: Address, name: str, programs: Sequence[Path], period_name: str, asker: Asker) -> Recorded:
    """Open a cycle that pays programs for a period; it has the same days in all of them, as their versions in force
    have it."""
    meanings = [load(path).understood() for path in programs]
    periods = [period_of(each, period_name) for each in meanings]
    titles = [each.title for each in meanings]
    if len(set(titles)) < len(titles) or len({(each.start, each.end) for each in periods}) > 1:
        message = f"the programs of a cycle are different ones, with the same days in {period_name}"
        hint = "name each program once; open a cycle for each calendar"
        raise Refused(Problem("B106", message, Place(), hint))
    command = asker.command("open", name, {"programs": sorted(titles), "period": period_name})
    with Store.open(store) as kept:

        def decide(books: Books) -> Draft:
            before = {title: _before(kept, books, title, periods[0]) for title in titles}
            return moves.open_cycle(books, command, periods[0], before)

        return record(kept, command, decide)


def _before(store: Store, books: Books, program: str, period: Period) -> str | None:
    """The name of the period before, by the version of a program in force; raises Conflict where the period has other
    days there than in the file that was named."""
    version = books.version(program, period.start)
    if version is None:
        return None  # the ledger tells
    meaning = understand(store.blob_bytes(version.sha256), version.file, Path(), warns=False).understood()
    own = period_of(meaning, period.name)
    if (own.start, own.end) != (period.start, period.end):
        message = f"{period.name} of the version of {program} in force is {own.start} to {own.last}"
        raise conflict("B123", message, f"the file that was named has {period.start} to {period.last}")
    before = meaning.calendar.before(own)
    return None if before is None else before.name


def submit(store: Address, name: str, asker: Asker) -> Recorded:
    """Submit all that a cycle would pay for approval."""
    with Store.open(store, create=False) as kept:
        command = asker.command("submit", name, {})

        def decide(books: Books) -> Draft:
            cycle = books.cycle(name)
            parts = parts_of(kept, cycle)
            postings = list(postings_of(books, cycle, parts))
            said = {currency: str(amount) for currency, amount in totals_of(parts, postings).items()}
            policy: Mapping[str, Any] = {"by": [], "needs": 1, "may_also": []}
            out = paid_out(postings)
            if parts:
                policy = moves.policy_of([policy_for(kept, each.calculation, out) for each in parts])
            return moves.submit(books, command, policy, said, {code: str(each) for code, each in out.items()})

        return record(kept, command, decide)


def approve(store: Address, name: str, digest: str, asker: Asker) -> Recorded:
    """Approve what was submitted; `digest` is what was looked at, "" for whatever is submitted."""
    command = asker.command("approve", name, {"digest": digest})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: moves.approve(books, command, digest))


def reject(store: Address, name: str, reason: str, asker: Asker) -> Recorded:
    """Send back what was submitted."""
    command = asker.command("reject", name, {"reason": reason})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: moves.reject(books, command, reason))


def drop(store: Address, name: str, reason: str, asker: Asker) -> Recorded:
    """End a cycle that was opened by mistake."""
    command = asker.command("drop", name, {"reason": reason})
    with Store.open(store, create=False) as kept:
        return record(kept, command, lambda books: moves.drop(books, command, reason))
