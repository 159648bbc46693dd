"""What balances read of partners who can't be paid any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.expressions.tree import Expression, Type
from rules.meaning import KpiMeaning

ACCOUNTS = "accounts"  # the frame of balances: partners that can be paid, and those that have an opening


@dataclass(frozen=True, slots=True)
class OfLeavers:
    """The inputs that a balance (`name`) reads of those who have left and have an opening, and the KPIs on which they
    rest, in their order; `accounts.NAME.of_leavers.INPUT` holds one, known of these alone, where there are any."""

    name: str
    inputs: Mapping[str, tuple[Expression, Type]] = field(default_factory=dict)
    kpis: tuple[KpiMeaning, ...] = ()

    def column(self, key: str) -> str:
        """The column of accounts that holds an input."""
        return f"{ACCOUNTS}.{self.name}.of_leavers.{key}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all its inputs."""
        return tuple(self.column(key) for key in self.inputs)
