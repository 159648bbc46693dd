"""What a trace asks of the facts about the way from rows to rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.values.facts import Reading


class Standing(Protocol):
    """How the readings of a plan come to rows beside their own."""

    def reaches(self, reading: Reading, table: str) -> bool:
        """Whether rows of a reading refer to rows of a table, by names that its rule reads."""
        ...

    def unreached(self, table: str, record: int) -> tuple[str, str]:
        """The fate of a row that no reading comes to, and why."""
        ...

    def lines_on(self, reading: Reading, table: str, record: int) -> Sequence[int]:
        """The lines of a reading that rest on one row of another table, by their places in its frame."""
        ...

    def rows_on(self, reading: Reading, record: int) -> int:
        """How many rows of a reading that measures count and rest on one version of what their partner was."""
        ...

    def credited_by(self, credit: str, table: str, record: int) -> Mapping[int, Sequence[int]]:
        """The credited rows that one row of another table says something of, by record; and the candidates of the rule
        that it makes there."""
        ...

    def key(self, table: str, record: int) -> str:
        """The key of a row, as people know it."""
        ...

    def of_partner(self, reading: Reading, partner: str) -> tuple[int, int, int] | None:
        """How many rows of a reading count for a partner (0 of those that pay), are in its days, and are there at all;
        None where partners are not whom its rows belong to."""
        ...
