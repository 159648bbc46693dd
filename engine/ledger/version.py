"""A version of a program under control, and which one is in force for a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a program in force for periods that begin on `effective` or later, until a later one is."""

    program: str
    file: str
    sha256: str
    effective: date
    author: str
    activated: int  # the event that did


def version_of(request: Mapping[str, Any], author: str, number: int) -> Version:
    """The version that a request asked for, as it is activated by the event of that number."""
    effective = date.fromisoformat(request["effective"])
    return Version(request["program"], request["file"], request["program_sha256"], effective, author, number)


def in_force(versions: tuple[Version, ...], start: date) -> Version | None:
    """The version for a period that begins on a day: of those that are effective by then, the one that is so last, and
    of several from one day on the one that was activated last."""
    fitting = [each for each in versions if each.effective <= start]
    return max(fitting, key=lambda each: (each.effective, each.activated), default=None)
