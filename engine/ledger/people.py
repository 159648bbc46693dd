"""People: who is the same person, whatever capitals a name was written with."""

from __future__ import annotations

from collections.abc import Iterable


def same(one: str, other: str) -> bool:
    """Whether two names are of one person: `Eve` is `eve`."""
    return one.casefold() == other.casefold()


def among(name: str, names: Iterable[str]) -> bool:
    """Whether a person is among some."""
    return any(same(name, each) for each in names)
