"""What every explanation is held to: it comes to the value that the run has, or it raises."""

from __future__ import annotations

from fractions import Fraction


class DoesNotReAdd(AssertionError):
    """An explanation came to another value than the sheet: a fault of the engine, never of the user."""


def agree(what: str, posted: Fraction | bool | None, explained: Fraction | bool | None) -> None:
    """Raise DoesNotReAdd where what was worked out again is not what the run worked out."""
    if posted != explained:
        raise DoesNotReAdd(f"{what}: the sheet has {posted}, the explanation {explained}")
