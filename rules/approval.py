"""Approval: who approves what a program pays, and how many of them above which amount.

Who submits a cycle never approves it; beyond that, nobody who had a hand in it does, unless the program allows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from rules.kinds.base import Kind, Terms, Words
from rules.problem import Place
from rules.quantities.currency import format_minor
from rules.quantities.written import CountField, MoneyField

Part = Literal["calculate", "adjust", "write"]
PARTS: Mapping[str, str] = {
    "calculate": "calculated it",
    "adjust": "adjusted it",
    "write": "wrote the version of the program",
}


class AboveSpec(Kind):
    """How many people approve a cycle that pays more than an amount."""

    short = "amount"

    amount: MoneyField
    needs: CountField


class ApprovalSpec(Kind):
    """Who approves a payout cycle: anybody who had no hand in it, unless `by` names people.

    `needs` people approve, and more of them `above` an amount. `may_also` lists what an approver may have done
    themselves: `calculate` the run, `adjust` an amount, `write` the version of the program. Who submits a cycle never
    approves it.
    """

    short = "needs"

    needs: CountField = 1
    by: Annotated[tuple[str, ...], Field(strict=False)] = Field(default=(), description="the names of who approves")
    above: Annotated[tuple[AboveSpec, ...], Field(strict=False)] = ()
    may_also: Annotated[tuple[Part, ...], Field(strict=False)] = ()


@dataclass(frozen=True, slots=True)
class ApprovalMeaning:
    """Who approves: `above` are amounts in minor units with how many people a cycle that pays more needs, rising."""

    needs: int
    by: tuple[str, ...]
    above: tuple[tuple[int, int], ...]
    may_also: tuple[str, ...]
    terms: Terms
    place: Place

    def people(self, amount_minor: int) -> int:
        """How many people approve a cycle that pays an amount."""
        return max([self.needs, *(needs for above, needs in self.above if abs(amount_minor) > above)])

    def in_words(self) -> Words:
        """The rule as a plan on paper says it."""
        text = f"{_people(self.needs)} who had no hand in it approve{'s' * (self.needs == 1)} what is paid"
        for amount, needs in self.above:
            text += f"; {needs} of them above {format_minor(amount, self.terms.currency)}"
        text += f"; approved by {_or(self.by)}" if self.by else ""
        text += f"; an approver may have {_or([PARTS[each] for each in self.may_also])}" if self.may_also else ""
        return Words(text)


def _people(number: int) -> str:
    return "one person" if number == 1 else f"{number} people"


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
