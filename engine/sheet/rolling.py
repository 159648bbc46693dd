"""A balance rolls forward: its opening and its movements are its closing.

In: the movements of a balance. Out: a column of each, and of the closing. Whatever is carried from period to period
goes through here, so that no sum of earlier periods is kept anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.sheet.book import Book
from engine.values import ACCOUNTS, PROGRAM, Frame
from rules.balances.meaning import CLOSING, OPENING
from rules.quantities.exact import Exact


def roll_forward(name: str, moves: Mapping[str, Exact], book: Book, frame: str = ACCOUNTS) -> None:
    """Write the movements of a balance of accounts, or of the program, and what it closes with."""
    at = f"{frame}.{name}"
    closing = book.columns[f"{at}.{OPENING}"]
    for move, change in moves.items():
        book.write(f"{at}.{move}", frame, change)
        closing = closing + change
    book.write(f"{at}.{CLOSING}", frame, closing)


def opening_of(name: str, book: Book) -> int:
    """What a balance of the program opens with, in minor units."""
    return int(book.columns[f"{PROGRAM}.{name}.{OPENING}"].numerator[0])


def program_frame(book: Book) -> None:
    """The frame of what is worked out once, for the whole program."""
    if PROGRAM not in book.frames:
        one = np.zeros(1, dtype=np.int64)
        book.frames[PROGRAM] = Frame(PROGRAM, np.array([""], dtype=object), one, one)


def on_accounts(column: Exact, frame: str, accounts: Frame) -> Exact:
    """A column of partners by account; nothing for an account whose partner can't be paid any more."""
    if frame == ACCOUNTS:
        return column
    can = accounts.partners >= 0
    if not len(column):
        return Exact.constant(0, len(accounts))
    return column.take(np.where(can, accounts.partners, 0)).where(can, Exact.constant(0, len(accounts)))
