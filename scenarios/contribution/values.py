"""A contribution report as values: what each partner contributed, what it brought, and what it was paid, all exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from rules.quantities.currency import Currency


class Standing(Enum):
    """How what a partner is paid for a point stands to the median of its peers; its value is the word of it."""

    ABOVE = "well above"
    NEAR = "near"
    BELOW = "well below"
    NO_POINTS = "no points"  # a score of zero or less: nothing to divide by
    FEW_PEERS = "few peers"  # too few to have a median worth the name, or nobody knows whose peer it is
    NO_MEDIAN = "no median"  # the peers are owed less than nothing


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a score: its effective weight, and the points that it adds; None where nothing of it was measured."""

    weight: Fraction
    adds: Fraction | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A scored partner beside the others.

    `percentile` is its mid-rank among `peers`, the scored partners of its group (itself included), from 0 to 1; None
    where its group is unknown. The shares are of the sums over all scored partners, None where such a sum is not above
    zero. `paid_per_point_minor` is exact, None where the score is not above zero; `median_minor` is that of its peers.
    """

    percentile: Fraction | None
    peers: int
    share_of_contribution: Fraction | None
    share_of_pay: Fraction | None
    paid_per_point_minor: Fraction | None
    median_minor: Fraction | None
    standing: Standing

    @property
    def gap(self) -> Fraction | None:
        """By how much its share of the pay exceeds its share of the contribution."""
        if self.share_of_pay is None or self.share_of_contribution is None:
            return None
        return self.share_of_pay - self.share_of_contribution


@dataclass(frozen=True, slots=True)
class Contributor:
    """One partner: its score and the parts of it, what it brought by KPI, and what it is paid in minor units.

    The points of all `parts` and `rest` (bonuses, multipliers, limits, rounding) add up to `score`. Who is not scored
    says why in `not_scored`, and has neither parts nor a comparison. `group` is whose peer it is, None where that is
    blank. What it brought is in minor units, unknown where the KPI is.
    """

    partner: str
    name: str
    group: str | None
    score: Fraction | None
    parts: Mapping[str, Part]
    rest: Fraction
    brought: Mapping[str, Fraction | None]
    paid_minor: int
    comparison: Comparison | None
    not_scored: str = ""


@dataclass(frozen=True, slots=True)
class Contribution:
    """The report of a period: `scored` partners, the best first, and the `others`, each with its reason.

    `parts` and `brought` say what the parts of the score and the KPIs are called; `among` is the column that says who
    are peers, "" where all are. `payer` is the program that pays, and `cycle` the cycle whose pay is told, "" where
    that was worked out now. What is paid to `scored` and `others` adds up to `paid_minor`.
    """

    program: str
    period: str
    scorecard: str
    title: str
    currency: Currency
    parts: Mapping[str, str]
    brought: Mapping[str, str]
    among: str
    times: Fraction
    payer: str
    cycle: str
    scored: tuple[Contributor, ...]
    others: tuple[Contributor, ...]
    paid_minor: int

    @property
    def all(self) -> tuple[Contributor, ...]:
        """Every partner, the scored ones first."""
        return self.scored + self.others
