"""The ledger: what the events of a store add up to, and which event may come next.

In: events, and a command. Out: the books that the events make, and the draft of the next event, or a refusal. Nothing
here reads or writes: the store appends a draft in the transaction in which it was decided, so that nobody decides on
books that somebody else is changing.
"""

from engine.ledger.books import Books as Books, books_of as books_of
