"""Lock: what a cycle pays is owed from now on, and never changes."""

from __future__ import annotations

from engine.acts.books.asking import Asker, record
from engine.acts.books.owed import lines_of, postings_of, run_of, totals_of
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
            totals = {currency: str(amount) for currency, amount in totals_of(kept, books, cycle).items()}
            runs = [found for each in cycle.calculations.values() if (found := run_of(kept, each)) is not None]
            lines = [(run.run_id, lines_of(kept, run)) for run in runs]
            postings = list(postings_of(kept, books, cycle))
            for currency, total in totals.items():
                posted = sum(each.amount_minor for each in postings if each.currency == currency)
                assert posted == int(total), "what is posted is what was approved"
            return moves.lock(books, command, totals, lines, postings)

        return record(kept, command, decide)
