"""The steps of a cycle that need no amounts: open, submit, approve, reject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.acts.books.asking import Asker, record
from engine.acts.books.owed import policy_for, totals_of
from engine.acts.period import period_of
from engine.ledger import moves
from engine.ledger.books import Books
from engine.store import Address, Store
from engine.values.draft import Draft, Recorded
from rules.load import load
from rules.problem import Place, Problem, Refused


def open_cycle(store: Address, name: str, programs: Sequence[Path], period_name: str, asker: Asker) -> Recorded:
    """Open a cycle that pays programs for a period; they have the same days in all of them."""
    titles, periods, before = [], [], []
    for path in programs:
        meaning = load(path).understood()
        titles.append(meaning.title)
        periods.append(period_of(meaning, period_name))
        before.append(meaning.calendar.before(periods[-1]))
    if len(set(titles)) < len(titles) or len({(each.start, each.end) for each in periods}) > 1:
        message = f"the programs of a cycle are different ones, with the same days in {period_name}"
        hint = "name each program once; open a cycle for each calendar"
        raise Refused(Problem("B106", message, Place(), hint))
    earlier = before[0].name if before[0] is not None else None
    command = asker.command("open", name, {"programs": sorted(titles), "period": period_name})
    with Store.open(store) as kept:
        return record(kept, command, lambda books: moves.open_cycle(books, command, periods[0], titles, earlier))


def submit(store: Address, name: str, asker: Asker) -> Recorded:
    """Submit all that a cycle would pay for approval."""
    with Store.open(store, create=False) as kept:
        command = asker.command("submit", name, {})

        def decide(books: Books) -> Draft:
            cycle = books.cycle(name)
            totals = totals_of(kept, books, cycle)
            said = {currency: str(amount) for currency, amount in totals.items()}
            policy: Mapping[str, Any] = {"by": [], "needs": 1, "may_also": []}
            if cycle.calculations:
                policy = moves.policy_of([policy_for(kept, each, totals) for each in cycle.calculations.values()])
            return moves.submit(books, command, policy, said)

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
