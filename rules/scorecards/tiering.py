"""From scores to tiers and ranks: columns of scores go in, codes of tiers and places come out, with their twins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PlainSerializer, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from rules.expressions.expression import ExpressionField
from rules.kinds.base import Kind, Reason, number
from rules.kinds.scales.peers import Standings, at_rows, circle_of, standings
from rules.names import Name
from rules.quantities.exact import Exact
from rules.quantities.numerals import Unwritable
from rules.quantities.written import NumberField, number_text, parse_number
from rules.reads import Reads

Ties = Literal["competition", "dense", "ordinal", "mean"]


def _read_points(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    try:
        if not isinstance(value, str):
            raise Unwritable("W123", f"a written text belongs here, not a {type(value).__name__}", "write 5 points")
        return parse_number(value.removesuffix(" points").removesuffix(" point"))
    except Unwritable as error:
        raise PydanticCustomError(error.code, "{message}", {"message": error.message, "hint": error.hint}) from None


PointsField = Annotated[
    Fraction,
    Reads(_read_points),
    PlainSerializer(number_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": ["string", "number"], "description": "A number of points.", "examples": ["5 points", "5"]}),
]


class Hysteresis(Kind):
    """Who holds a tier keeps it while the score is at most `keep_within` points below its line."""

    short: ClassVar[str | None] = "keep_within"

    keep_within: PointsField


class TiersSpec(Kind):
    """The lowest score of each tier, the lowest tier first: `tiers: {bronze: 0, silver: 60, gold: 80}`.

    With `{levels: {...}, hysteresis: {keep_within: 5 points}}`, who held gold at the start keeps it down to 75, and
    below that falls to the best tier that its score reaches with the same allowance. The tier that a partner holds at
    the start is that of the period before in the table `scores`, in a row without a KPI; else that of the column `tier`
    of the table `partners`; else the one that the scorecard gave in the period before, as it is worked out now.
    """

    also: ClassVar[tuple[dict[str, object], ...]] = (
        {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    )

    levels: Mapping[Name, NumberField]
    hysteresis: Hysteresis | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_levels(cls, written: object) -> object:
        return {"levels": written} if isinstance(written, Mapping) and "levels" not in written else written

    @model_validator(mode="after")
    def _ascending(self) -> TiersSpec:
        lines = list(self.levels.values())
        if not lines or any(low >= high for low, high in pairwise(lines)):
            context = {"hint": "write the tiers from the lowest to the highest, such as {bronze: 0, silver: 60}"}
            raise PydanticCustomError("P222", "the lines of the tiers do not ascend", context)
        if self.hysteresis is not None and self.hysteresis.keep_within < 0:
            context = {"hint": "write 0 or more points"}
            raise PydanticCustomError("P222", "a tier cannot be kept within less than 0 points", context)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The tiers from the lowest up: a tier's code is its index; -1 is below all of them."""
        return tuple(self.levels)


class RankSpec(Kind):
    """The place by score, the highest first: `rank: {ties: competition, among: partners.region}`.

    Equal scores of 2nd to 3rd place are ranked by `competition` 1 2 2 4, `dense` 1 2 2 3, `ordinal` 1 2 3 4 (the lower
    key first) or `mean` 1 2.5 2.5 4.
    """

    short: ClassVar[str | None] = "ties"

    ties: Ties
    among: ExpressionField | None = Field(default=None, description="ranked apart where this differs")


def tier_codes(tiers: TiersSpec, scores: Exact, opening: Exact | None = None) -> Exact:
    """The code of each row's tier, (rows,); unknown where the score is, for who is not scored has no tier.

    `opening` (rows,) holds the code of the tier at the start, unknown or -1 for who had none; without it, or without
    hysteresis, only the score counts.

    >>> tiers = TiersSpec.model_validate({"levels": {"silver": "60", "gold": "80"}, "hysteresis": "5 points"})
    >>> tier_codes(tiers, Exact.of([76, 76, 59]), Exact.of([1, 0, None])).numerator.tolist()
    [1, 0, -1]
    """
    lines = list(tiers.levels.values())
    reached = _reached(scores, lines)
    if opening is not None and tiers.hysteresis is not None:
        held = np.where(opening.is_known(), opening.numerator, -1)
        kept = _reached(scores, [line - tiers.hysteresis.keep_within for line in lines])
        reached = np.maximum(reached, np.minimum(held, kept))
    known = scores.is_known()
    return Exact(np.where(known, reached, 0).astype(np.int64), 1, None if known.all() else known)


def _reached(scores: Exact, lines: Sequence[Fraction]) -> NDArray[np.int64]:
    count = np.full(len(scores), -1, np.int64)
    for line in lines:
        count += scores.compare(Exact.constant(line, len(scores))) >= 0
    return count


def explain_tier(tiers: TiersSpec, scores: Exact, row: int, opening: Exact | None = None) -> Reason | None:
    """The same code of one row, worked out alone; None where the score is unknown."""
    score = scores.fraction(row)
    if score is None:
        return None
    names, lines = tiers.names, list(tiers.levels.values())
    earned = bisect_right(lines, score) - 1
    words = f"{number(score)} is below {names[0]} at {number(lines[0])}"
    if earned >= 0:
        words = f"{number(score)} reaches {names[earned]} at {number(lines[earned])}"
    held = None if opening is None else opening.fraction(row)
    if tiers.hysteresis is None or held is None or held <= earned:
        return Reason(Fraction(earned), words, ("score",))
    within = tiers.hysteresis.keep_within
    for code in range(int(held), earned, -1):
        if lines[code] - score <= within:
            words += f"; {names[int(held)]} before, and within {number(within)} points of {names[code]}"
            return Reason(Fraction(code), f"{words} at {number(lines[code])}", ("score", "opening"))
    return Reason(Fraction(earned), f"{words}; {names[int(held)]} before is further than {number(within)} points away")


def ranks(scores: Exact, ties: Ties, keys: NDArray[Any], groups: Exact | None = None) -> Exact:
    """The place of each row by score, the highest first, (rows,); unknown where score or group is.

    `keys` (rows,) are unique and order equal scores under `ordinal`; `groups` (rows,) codes of who is ranked together.

    >>> ranks(Exact.of([90, 80, 80, 70]), "mean", np.array(["a", "b", "c", "d"])).fractions()[1]
    Fraction(5, 2)
    """
    peers = standings(scores, groups, "highest")
    one = Exact.constant(1, len(peers.rows))
    places = {
        "competition": Exact(peers.ahead) + one,
        "dense": Exact(peers.levels_ahead) + one,
        "mean": Exact(2 * peers.ahead + peers.equal + 1, 2),
        "ordinal": Exact(peers.ahead) + one,
    }[ties]
    if ties == "ordinal":
        places = places + Exact(_place_by_key(peers, keys))
    return at_rows(peers.rows, len(scores), places)


def _place_by_key(peers: Standings, keys: NDArray[Any]) -> NDArray[np.int64]:
    """How many of a row's equals have a lower key, (m,)."""
    first = peers.starts + peers.ahead  # the index of the first of the equals
    tied = np.flatnonzero(peers.equal > 1)
    by_key = tied[np.argsort(keys[peers.rows[tied]], kind="stable")]
    queue = by_key[np.argsort(first[by_key], kind="stable")]
    before = np.zeros(len(peers.rows), dtype=np.int64)
    before[queue] = tied - first[tied]  # the queue holds the same ties in the same order
    return before


def explain_rank(scores: Exact, ties: Ties, keys: NDArray[Any], row: int, groups: Exact | None = None) -> Reason | None:
    """The same place of one row, worked out alone; None where it is unknown."""
    numbers, below = circle_of(scores, groups, row)
    score = scores.fraction(row)
    if score is None or not numbers:
        return None
    better = [each for each in numbers if each > score * below]
    level = sum(each == score * below for each in numbers) - 1
    place = Fraction(len(better) + 1)
    if ties == "dense":
        place = Fraction(len(set(better)) + 1)
    elif ties == "mean":
        place += Fraction(level, 2)
    elif ties == "ordinal":
        place += sum(
            scores.fraction(other) == score and bool(keys[other] < keys[row]) and _ranked_with(groups, row, other)
            for other in range(len(scores))
        )
    words = f"{number(score)}: {len(better)} of {len(numbers)} have more"
    if level:
        words += f", {level} as much ({'by key' if ties == 'ordinal' else ties})"
    return Reason(place, words, ("score",))


def _ranked_with(groups: Exact | None, row: int, other: int) -> bool:
    return groups is None or groups.fraction(row) == groups.fraction(other)
