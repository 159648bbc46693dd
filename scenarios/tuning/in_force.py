"""What is in force of each parameter: its text in the program, where it stands in the grid, and the plan of the grid
that is most like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.document.reader import Mapping, Node
from scenarios.overlays.paths import values_at
from scenarios.overlays.scenario import Edit
from scenarios.tuning.grid import meant, text_of
from scenarios.tuning.values import Parameter, Picks


@dataclass(frozen=True, slots=True)
class InForce:
    """The texts in force (several where a path comes to values that differ), the place of each in the grid (None where
    it is not in it), and the plan of the grid to start from."""

    texts: tuple[str, ...]
    places: tuple[int | None, ...]
    start: Picks

    @property
    def is_in_grid(self) -> bool:
        """Whether the plan in force is a plan of the grid."""
        return None not in self.places

    def steps_to(self, picks: Picks) -> int:
        """How many steps of the grid a plan is away, in all parameters; none where that is no plan of the grid."""
        return sum(abs(pick - at) for pick, at in zip(picks, self.start, strict=True)) if picks else 0


def in_force(root: Mapping, parameters: Sequence[Parameter]) -> InForce:
    """What is in force in a program; every path is known to be there."""
    texts, places, start = [], [], []
    for each in parameters:
        nodes = [node for _, node in values_at(root, each.steps)]
        values = [meant(value) for value in each.values]
        said = dict.fromkeys(map(meant, nodes))
        texts.append(", ".join(dict.fromkeys(map(text_of, nodes))))
        places.append(values.index(next(iter(said))) if len(said) == 1 and next(iter(said)) in values else None)
        start.append(_nearest(values, nodes[0]))
    return InForce(tuple(texts), tuple(places), tuple(start))


def _nearest(values: Sequence[object], node: Node) -> int:
    """The place of the value that is nearest to what is in force; the first where that is no number."""
    here = meant(node)
    away = [
        abs(value[1] - here[1]) if isinstance(value, tuple) and isinstance(here, tuple) else None for value in values
    ]
    known = [each for each in away if each is not None]
    return away.index(min(known)) if known else values.index(here) if here in values else 0


def edits_of(parameters: Sequence[Parameter], picks: Picks, places: Sequence[int | None]) -> tuple[Edit, ...]:
    """The changes that make a plan of the grid: what is in force already is no change."""
    return tuple(
        Edit("set", each.path, each.steps, each.values[pick], each.place)
        for each, pick, place in zip(parameters, picks, places, strict=True)
        if pick != place
    )
