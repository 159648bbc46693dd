"""Lock: what a cycle pays is owed from now on, and never changes."""

from __future__ import annotations

from engine.acts.books.asking import Asker, record
from engine.acts.books.owed import parts_of, postings_of, totals_of
from engine.ledger import moves
from engine.ledger.books import Books
from engine.store import Address, Store
from engine.values.draft import Draft, Recorded


def lock(store: Address, name: str, asker: Asker) -> Recorded:
    """Lock an approved cycle: one event, with the lines of its runs and what they make payees owed.

    Every kept byte that this rests on is hashed again first; the postings add up to the totals that were approved.
    """
    command = asker.command("lock", name, {})
    with Store.open(store, create=False) as kept:

        def decide(books: Books) -> Draft:
            cycle = moves.lockable(books, command)
            parts = parts_of(kept, cycle)
            postings = list(postings_of(books, cycle, parts))
            totals = {currency: str(amount) for currency, amount in totals_of(parts, postings).items()}
            lines = [(each.run.run_id, each.lines) for each in parts if each.run is not None and each.lines is not None]
            return moves.lock(books, command, totals, lines, postings)

        return record(kept, command, decide)
