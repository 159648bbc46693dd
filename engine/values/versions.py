"""The versions that earlier periods were locked with, where these are not all the one at hand.

What a locked period paid rests on its own version: a run that looks back at it works it out by that one. Which versions
those are is kept with the run and named in its manifest, so that it comes out the same later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from engine.values.plan import Plan
from rules.meaning import Meaning


@dataclass(frozen=True, slots=True, eq=False)
class Version:
    """A program that a period was locked with: its digest, what it means, and its plan."""

    sha256: str
    meaning: Meaning
    plan: Plan


@dataclass(frozen=True, slots=True, eq=False)
class LockedBy:
    """A locked period: its name and first day, the digest of its program, and that `version` itself, None where it is
    the one at hand."""

    period: str
    start: date
    sha256: str
    version: Version | None


def version_on(locked: Sequence[LockedBy], start: date) -> Version | None:
    """The version of the period that begins on a day: that of the first locked one from then on, whose own look back it
    was worked out for; None: the one at hand. `locked` are in the order of their periods."""
    return next((each.version for each in locked if each.start >= start), None)
