"""The methods of attribution by name: what was asked goes in, the shares of won deals come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import cast, get_args

from engine.reports.counted import counted as in_words
from engine.values.journeys import Journeys
from rules.crediting.touches import Shape
from scenarios.attribution.by_rule import by_shape, influenced, sourced
from scenarios.attribution.credit import Attribution, by_value, deals_below_zero, normalised
from scenarios.attribution.markov import DECIMALS, Counts, removal_effects
from scenarios.attribution.paths import Path, counted, paths
from scenarios.attribution.shapley import equal_split, rate_values, sampled_rates, touch_sets

SHAPES: tuple[str, ...] = get_args(Shape)
METHODS: Mapping[str, str] = {
    "first": "the first touch earns all",
    "last": "the last touch earns all",
    "linear": "all touches earn the same",
    "u": "first and last 40 % each, those between 20 %",
    "w": "first, lead and opportunity 30 % each, all others 10 %",
    "time_decay": "a touch earns half of one that is a half-life later",
    "sourced": "who registered the deal, else the first touch before its opportunity; one for a deal",
    "influenced": "every partner with a touch between opportunity and close; each has all of the deal",
    "markov": "by how much less would be won without the partner",
    "shapley": "by what a partner adds to deals, whoever came first: an equal part of each",
    "shapley_rate": "by what a partner adds to the rate at which deals are won",
}
SEED = 1


@dataclass(frozen=True)
class Asked:
    """What methods are asked: of journeys, with windows and half-lives in days; `union_of` names the union of each
    partner by position, `orders` how many random orders are sampled (None: none). `is_zeroed`: values below zero
    count as zero."""

    journeys: Journeys
    within_days: int | None = None
    half_life_days: int | None = None
    order: int = 1
    union_of: Sequence[str] | None = None
    orders: int | None = None
    seed: int = SEED
    is_zeroed: bool = False

    @cached_property
    def counted(self) -> Journeys:
        """The journeys with the touches that count."""
        return counted(self.journeys, self.within_days)

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The path of every deal."""
        return paths(self.counted)

    @property
    def won(self) -> Mapping[int, Path]:
        """The paths of won deals, those without a touch left out."""
        won = self.journeys.is_won.tolist()
        return {deal: path for deal, path in enumerate(self.paths) if path and won[deal]}

    @cached_property
    def counts(self) -> Mapping[Path, Counts]:
        """How often each path was won and lost, the empty one included; in the order of the partners."""
        outcomes = Counter(zip(self.paths, self.journeys.is_won.tolist(), strict=True))
        every = sorted({path for path, _ in outcomes})
        return {path: Counts(outcomes[path, True], outcomes[path, False]) for path in every}


def attributed(method: str, asked: Asked) -> Attribution:
    """The shares of won deals by one of METHODS; raises Refused where it can't say them."""
    if method in SHAPES:
        return by_shape(asked.counted, cast(Shape, method), asked.half_life_days)
    match method:
        case "sourced":
            return sourced(asked.journeys, asked.within_days)
        case "influenced":
            return influenced(asked.counted)
        case "markov":
            return _markov(asked)
        case "shapley":
            figures: dict[str, int | str | bool] = {"deals": len(asked.won), "by_unions": asked.union_of is not None}
            return Attribution(method, equal_split(asked.won, asked.union_of), figures=figures)
    assert method == "shapley_rate", "a method is one of METHODS"
    return _shapley_rate(asked)


def brought_to_all(found: Attribution) -> Attribution:
    """The shares of each deal in their proportion, so that they add up to 100 %."""
    if not found.may_exceed:
        return found
    notes = (*found.notes, f"{found.method}: the parts of each deal brought to 100 %")
    return replace(found, shares=normalised(found.shares), notes=notes)


def _markov(asked: Asked) -> Attribution:
    removal = removal_effects(asked.counts, asked.order)
    told = _told(asked)
    figures: dict[str, int | str | bool] = {
        "order": asked.order,
        "states": removal.states,
        "is_exact": removal.is_exact,
        "chance": str(removal.chance),
        **told,
    }
    solved = "solved exactly" if removal.is_exact else f"solved in floating point, rounded at {DECIMALS} decimals"
    note = f"markov: order {asked.order}, {in_words(removal.states, 'state')}, {_paths(told)}; {solved}"
    return _learned("markov", asked, removal.effects, {}, figures, note)


def _shapley_rate(asked: Asked) -> Attribution:
    sets, told = touch_sets(asked.counts), _told(asked)
    touched = sum(1 for members in sets if members)
    errors: Mapping[int, float] = {}
    figures: dict[str, int | str | bool] = {"sets": touched, "by_unions": asked.union_of is not None, **told}
    how = "over all coalitions" if asked.union_of is None else "union by union"
    if asked.orders is None:
        values = rate_values(sets, asked.union_of)
    else:
        sampled = sampled_rates(sets, asked.orders, asked.seed)
        values = {who: Fraction(round(value * 10**DECIMALS), 10**DECIMALS) for who, value in sampled.values.items()}
        errors = sampled.errors
        figures |= {"orders": asked.orders, "seed": asked.seed}
        how = f"sampled from {asked.orders:,} orders, seed {asked.seed}"
    note = f"shapley_rate: {in_words(touched, 'set')} of partners, {_paths(told)}; {how}"
    return _learned("shapley_rate", asked, values, errors, figures, note)


def _learned(
    method: str,
    asked: Asked,
    values: Mapping[int, Fraction],
    errors: Mapping[int, float],
    figures: Mapping[str, int | str | bool],
    note: str,
) -> Attribution:
    """The won deals by values that a method made of all journeys."""
    shares, notes = by_value(values, asked.won, asked.is_zeroed), [note]
    unshared = len(asked.won) - len(shares)
    if unshared:
        notes.append(
            f"{method}: {in_words(unshared, 'deal')} whose partners are worth nothing together, or less, have no shares"
        )
    below = deals_below_zero(values, asked.won)
    return Attribution(method, shares, values, errors, below, asked.is_zeroed, figures, tuple(notes))


def _told(asked: Asked) -> dict[str, int]:
    """On how many paths and deals a method rests that learns from won and lost ones."""
    every = [counts for path, counts in asked.counts.items() if path]
    empty = asked.counts.get((), Counts(0, 0))
    return {
        "paths": len(every),
        "won": sum(each.won for each in every),
        "lost": sum(each.lost for each in every),
        "without_touch": empty.won + empty.lost,
    }


def _paths(told: Mapping[str, int]) -> str:
    return f"{in_words(told['paths'], 'path')} ({told['won']:,} won, {told['lost']:,} lost)"
