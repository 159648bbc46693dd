"""The cells of a scorecard that can be explained, and what each rests on.

In: the meaning of a scorecard. Out: its cells by name; the values of partners below one; the scorecard with nothing
else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from rules.expressions.tree import columns
from rules.scorecards.scored import Conditional, ScorecardMeaning


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing of a scorecard that can be explained: `side` is score, tier, rank, kpi, group or extra; `path` of the
    last three (`growth.sourced`, `bonus.first`)."""

    side: str
    path: str = ""


def cells(meaning: ScorecardMeaning) -> Mapping[str, Cell]:
    """Every cell of a scorecard by its name: `performance`, `performance.tier`, `performance.growth.sourced`."""
    found = {"": Cell("score")}
    found |= {"tier": Cell("tier")} if meaning.card.tiers is not None else {}
    found |= {"rank": Cell("rank")} if meaning.card.rank is not None else {}
    for path in meaning.entries:
        groups = path.split(".")[:-1]
        for depth in range(1, len(groups) + 1):
            found[".".join(groups[:depth])] = Cell("group", ".".join(groups[:depth]))
        found[path] = Cell("kpi", path)
    found |= {path: Cell("extra", path) for path in meaning.extras()}
    return {f"{meaning.name}.{path}" if path else meaning.name: cell for path, cell in found.items()}


def kpis_below(meaning: ScorecardMeaning, cell: Cell) -> Iterator[str]:
    """The values of partners that a cell rests on, by name."""
    below = narrowed(meaning, Cell("score") if cell.side in ("tier", "rank") else cell)
    for each in (*below.entries.values(), *below.extras().values()):
        if isinstance(each, Conditional):
            yield from (column.name for column in columns(each.when) if column.table is None)
        elif each.kpi is not None:
            yield each.kpi


def narrowed(meaning: ScorecardMeaning, cell: Cell) -> ScorecardMeaning:
    """The scorecard with nothing beside what a cell rests on."""
    is_score = cell.side == "score"

    def meant(path: str) -> bool:
        return is_score or path == cell.path or (cell.side == "group" and path.startswith(cell.path + "."))

    def extras(side: str) -> Callable[[str], bool]:
        return lambda name: is_score or (cell.side == "extra" and f"{side}.{name}" == cell.path)

    return replace(
        meaning,
        entries={path: each for path, each in meaning.entries.items() if cell.side != "extra" and meant(path)},
        bonus={name: each for name, each in meaning.bonus.items() if extras("bonus")(name)},
        multipliers={name: each for name, each in meaning.multipliers.items() if extras("multipliers")(name)},
        gates={name: each for name, each in meaning.gates.items() if extras("gates")(name)},
        card=meaning.card if cell.side == "tier" else meaning.card.model_copy(update={"tiers": None}),
        rank_among=meaning.rank_among if cell.side == "rank" else None,
    )
