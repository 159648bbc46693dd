"""What a pool hands on to later periods: what it did not share, and what the layers of a waterfall paid so far.

In: a pool that was shared. Out: balances that roll forward. A history is kept of what members were paid, in whole
minor units: the layers of a member add up to its share, and with the carry to all that was paid.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.sheet.book import Book
from engine.sheet.rolling import on_accounts, roll_forward
from engine.values import ACCOUNTS, PARTNERS, PROGRAM, Share
from engine.values.rolls import CARRIED, PAID, RELEASED, carried_of, carry_of, layer_of
from rules.balances.meaning import OPENING
from rules.quantities.exact import Exact, Integers, integers
from rules.sharing.base import guarded


def carry_over(step: Share, carried_minor: int, book: Book) -> None:
    """What was carried to the pool went into it, as far as it has it, and what it carries is for the next period."""
    name, released = carried_of(step.component), int(book.columns[f"{step.size}.released"].numerator[0])
    moves = {RELEASED: -released, CARRIED: carried_minor}
    roll_forward(name, {move: Exact(integers([change])) for move, change in moves.items()}, book, PROGRAM)


def keep_history(step: Share, shares: Integers, carry_minor: int, book: Book) -> None:
    """What each layer paid the members, and what the carry was paid, come on to what they were paid before; where the
    pool keeps that."""
    if f"{PROGRAM}.{carry_of(step.component)}.{OPENING}" not in book.columns:
        return
    frame, accounts = book.frames[step.frame], book.frames[ACCOUNTS]
    for name, paid in zip(_layers(step, book), _by_layer(step, shares, book), strict=True):
        of_partners = np.zeros(len(book.frames[PARTNERS]), dtype=paid.dtype)
        of_partners[frame.partners] = paid
        roll_forward(name, {PAID: on_accounts(Exact(of_partners), PARTNERS, accounts)}, book)
    roll_forward(carry_of(step.component), {PAID: Exact(integers([carry_minor]))}, book, PROGRAM)


def _layers(step: Share, book: Book) -> Iterator[str]:
    """The balances of a pool's layers, a clawback's last."""
    at = 0
    while f"{ACCOUNTS}.{layer_of(step.component, at)}.{OPENING}" in book.columns:
        yield layer_of(step.component, at)
        at += 1


def _by_layer(step: Share, shares: Integers, book: Book) -> Iterator[Integers]:
    """The whole units of each share that layers paid, (members,) each: every layer up to the whole units of its running
    total, and the last that pays a member anything the rest of its share."""
    names = list(_layers(step, book))
    exact = [book.columns.get(name, Exact.constant(0, len(shares))).or_else(0) for name in names]
    last = np.full(len(shares), len(names) - 1)
    is_found = np.zeros(len(shares), dtype=bool)
    for at in reversed(range(len(names))):
        pays = np.asarray(exact[at].numerator != 0, dtype=bool) & ~is_found
        last[pays] = at
        is_found |= pays
    before: Integers = np.zeros(len(shares), dtype=shares.dtype)
    running = Exact.constant(0, len(shares))
    for at, paid in enumerate(exact):
        running = guarded(running) + guarded(paid)
        whole = np.where(last <= at, shares, np.minimum(running.numerator // running.denominator, shares))
        yield whole - before
        before = whole
