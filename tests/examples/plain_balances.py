"""The three balances of the channel example, in plain Python that shares no code with the engine.

In: what each partner earned in each quarter, taken as given. Out: every balance by quarter, and what is paid. Money is
in minor units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

MINIMUM = 50_00


@dataclass(frozen=True)
class Earned:
    """A quarter as it was earned: by partner in all, and of that commission and accelerator; who can still be paid."""

    quarter: str
    total: dict[str, int]
    held_of: dict[str, int]
    able: set[str]


@dataclass
class Rolled:
    """A quarter as it rolled forward: by balance and partner the opening, the movements by name and the closing, and
    what is paid in the end by partner."""

    opening: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    moves: dict[str, dict[str, dict[str, int]]] = field(default_factory=lambda: defaultdict(dict))
    closing: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    paid: dict[str, int] = field(default_factory=dict)

    def note(self, balance: str, who: str, opening: int, **moves: int) -> None:
        """Keep what is not nothing."""
        if opening or any(moves.values()):
            self.opening[balance][who] = opening
            self.moves[balance][who] = moves
            self.closing[balance][who] = opening + sum(moves.values())


def roll(quarters: Sequence[Earned]) -> list[Rolled]:
    """Every quarter after the other; before the first, nothing is on any balance."""
    found: list[Rolled] = []
    for at, each in enumerate(quarters):
        closed = found[-1].closing if found else {}
        before = {name: {who: left for who, left in of.items() if left} for name, of in closed.items()}
        held = found[at - 2].moves["holdback"] if at >= 2 else {}
        everybody = set(each.total).union(*before.values())
        rolled = Rolled()
        for who in sorted(everybody):
            opening = {name: before.get(name, {}).get(who, 0) for name in ("shortfall", "holdback", "minimum")}
            due = each.total.get(who, 0)

            carried, applied = max(-due, 0), min(max(due, 0), opening["shortfall"])
            rolled.note("shortfall", who, opening["shortfall"], carried=carried, applied=-applied)
            due += carried - applied

            tenth = (max(each.held_of.get(who, 0), 0) + 5) // 10  # rounded half up
            withheld = min(tenth, due)  # so nothing is below zero from here on
            released = held.get(who, {}).get("withheld", 0)
            rolled.note("holdback", who, opening["holdback"], withheld=withheld, released=-released)
            due += released - withheld

            ends = each.quarter.endswith("Q4") or who not in each.able
            pays = ends or due + opening["minimum"] >= MINIMUM
            carried, released = (0, opening["minimum"]) if pays else (due, 0)
            rolled.note("minimum", who, opening["minimum"], carried=carried, released=-released)
            rolled.paid[who] = due + released - carried
        found.append(rolled)
    return found
