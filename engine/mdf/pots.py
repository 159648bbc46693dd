"""Money that waits, told apart by what became last of it, so that what expires in the end is known by its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.mdf.movements import Cause

_ORDER = (Cause.EXPIRED, Cause.UNCLAIMED, Cause.REJECTED)  # what nobody had yet is taken first


@dataclass(slots=True)
class Pot:
    """An amount by cause; what is taken was in it."""

    held: dict[Cause, int] = field(default_factory=lambda: dict.fromkeys(_ORDER, 0))

    @property
    def total(self) -> int:
        """All that is in it."""
        return sum(self.held.values())

    def put(self, cause: Cause, minor: int) -> None:
        """Add an amount."""
        self.held[cause] += minor

    def take(self, minor: int) -> Mapping[Cause, int]:
        """Take an amount; gives how much of it was of which cause, those alone that were touched."""
        assert 0 <= minor <= self.total, "what is taken is there"
        taken = {}
        for cause in _ORDER:
            part = min(minor, self.held[cause])
            if part:
                taken[cause] = part
                self.held[cause] -= part
                minor -= part
        return taken
