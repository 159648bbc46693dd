"""The step of returns that empty tiers: what they take off the lines that stand highest."""

from __future__ import annotations

from dataclasses import dataclass

from engine.values.back import Emptied
from engine.values.plan import Step
from rules.kinds.base import Terms


@dataclass(frozen=True, slots=True)
class Deduct(Step):
    """Take back what each return of a frame empties: a line below zero, of what the lines that stand highest in the
    running total were rounded to, so that of rows that come back in full nothing is left.

    `due` is the column of what its rows fall by, exact; `dues` are those of the rows and of all returns that let the
    same total fall, in the order of `emptied`.
    """

    frame: str
    due: str
    dues: tuple[str, ...]
    emptied: Emptied
    terms: Terms
