"""What a program says about a waterfall: its layers in order, each with who is served and how much."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from rules.consistent import Inconsistent, consistent
from rules.kinds.base import Kind, Terms, Words, percent
from rules.quantities.written import FlagField, RateField
from rules.sharing.accrual import Accrual
from rules.sharing.recovery import LastClawback


class Preferred(Accrual):
    """The preferred return: what the capital of every account has earned at a rate, less what was paid of it."""


class Mark(Kind):
    """Up to the high-water mark: accounts get everything until they hold the highest value they ever had, raised by a
    `hurdle`."""

    hurdle: RateField = Fraction(0)

    @consistent
    def _rises(self) -> Iterator[Inconsistent]:
        yield from _below_zero("hurdle", self.hurdle)


class CatchUp(Kind):
    """The catch-up: the carry gets `share` of what comes until it has the part `to` of all profit that was paid out."""

    share: RateField
    to: RateField

    @consistent
    def _reaches(self) -> Iterator[Inconsistent]:
        yield from _no_part("share", self.share)
        yield from _no_part("to", self.to)
        if self.share <= self.to:
            message = f"with {percent(self.share)} of what comes, the carry never reaches {percent(self.to)} of all"
            yield Inconsistent("K250", message, "let the carry have more of what comes than it is to have of all")


class Split(Kind):
    """A split: the carry gets a part of what comes, accounts the rest; for all of it, or until the accounts have earned
    at a higher rate (`until`)."""

    carry: RateField
    until: Accrual | None = None

    @consistent
    def _leaves(self) -> Iterator[Inconsistent]:
        yield from _no_part("carry", self.carry)
        if self.until is not None and self.carry == 1:
            hint = "leave `until` out, or give accounts a part"
            yield Inconsistent("K250", "with all of what comes to the carry, accounts never earn a rate", hint)


class Layer(Kind):
    """One layer: `capital: true`, `preferred`, `mark`, `catch_up` or `split`."""

    capital: FlagField = False
    preferred: Preferred | None = None
    mark: Mark | None = None
    catch_up: CatchUp | None = None
    split: Split | None = None

    @consistent
    def _one(self) -> Iterator[Inconsistent]:
        others = (self.preferred, self.mark, self.catch_up, self.split)
        if self.capital + sum(each is not None for each in others) != 1:
            message = "a layer is one of capital, preferred, mark, catch_up and split"
            yield Inconsistent("K251", message, "write one of them; one after the other are two layers")

    @property
    def name(self) -> Literal["capital", "preferred", "mark", "catch_up", "split"]:
        """Which of the five it is."""
        if self.capital:
            return "capital"
        if self.preferred is not None:
            return "preferred"
        if self.mark is not None:
            return "mark"
        return "catch_up" if self.catch_up is not None else "split"


class Waterfall(Kind):
    """Layers through which proceeds run in order; each is served in full before the next gets anything.

    Within a layer, accounts get the same part of what they are due there. What reaches beyond the last layer is left
    over. With a `clawback`, the carry gives back after them what it had too much, once.
    """

    layers: Annotated[tuple[Layer, ...], Field(strict=False)]
    clawback: LastClawback | None = Field(default=None, description="what the carry gives back, and in which period")

    @consistent
    def _some(self) -> Iterator[Inconsistent]:
        if not self.layers:
            hint = "write what is served first, such as `capital: true`"
            yield Inconsistent("K251", "a waterfall without layers", hint, ("layers",))
        for at, layer in enumerate(self.layers[:-1], 1):
            if layer.split is not None and layer.split.until is None:
                message = f"layer {at} splits all that reaches it, so that nothing reaches layer {at + 1}"
                hint = "let the split end by `until`, or let it be the last layer"
                yield Inconsistent("K250", message, hint, ("layers", at - 1))

    def in_words(self, terms: Terms) -> Words:
        rows = tuple((str(at), layer.name.replace("_", "-"), _words(layer)) for at, layer in enumerate(self.layers, 1))
        if self.clawback is not None:
            rows += ((str(len(rows) + 1), "clawback", _clawback(self.clawback)),)
        return Words("proceeds run through these layers in order", ("layer", "what", "terms"), rows)


def _below_zero(key: str, rate: Fraction) -> Iterator[Inconsistent]:
    if rate < 0:
        yield Inconsistent("K252", f"a part of {percent(rate)}", "use nothing less than zero", (key,))


def _no_part(key: str, rate: Fraction) -> Iterator[Inconsistent]:
    yield from _below_zero(key, rate)
    if rate > 1:
        message = f"a part of {percent(rate)}"
        yield Inconsistent("K252", message, "use at most 100%: there is no more to give", (key,))


def _words(layer: Layer) -> str:
    if layer.preferred is not None:
        return _accrual(layer.preferred)
    if layer.mark is not None:
        return f"until the highest value, raised by {percent(layer.mark.hurdle)}, is reached"
    if layer.catch_up is not None:
        return f"{percent(layer.catch_up.share)} to the carry until it has {percent(layer.catch_up.to)} of all profit"
    if layer.split is not None:
        until = "" if layer.split.until is None else f", until accounts have earned {_accrual(layer.split.until)}"
        return f"{percent(layer.split.carry)} to the carry{until}"
    return "until all capital is returned"


def _clawback(rule: LastClawback) -> str:
    return (
        f"at the end of the period of {rule.on} the carry gives back what it has above {percent(rule.to)} of all "
        "profit, or what accounts lack of capital and preferred return, whichever is more; no more than it was paid"
    )


def _accrual(rule: Accrual) -> str:
    how = "simple" if rule.compounding == "simple" else f"compounded {rule.compounding.replace('_', ' ')}"
    return f"{percent(rule.rate)} a year, {how} ({rule.days})"
