"""The rate at which a program breaks even, as people read it and as scripts do."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from rules.quantities.currency import format_minor
from rules.quantities.numerals import decimal_text
from scenarios.outcomes.values import BreakEven


def percent(rate: Fraction) -> str:
    """A rate in percent, all its decimals told.

    >>> percent(Fraction(1, 16))
    '6.25%'
    """
    return decimal_text(rate * 100, 0) + "%"


def lines(found: BreakEven) -> Iterator[str]:
    """The rate, what it costs, and how that was proved."""
    cost = f"{format_minor(found.cost_minor, found.currency)} {found.currency.code}"
    where = f" with {found.scenario}" if found.scenario else ""
    yield f"{found.path} {percent(found.rate)} costs {cost}{where}"
    if found.is_exact:
        yield f"every rate from {percent(found.from_rate)} to {percent(found.to_rate)} does"
    else:
        wanted = f"{format_minor(found.wanted_minor, found.currency)} {found.currency.code}"
        yield f"no rate costs exactly {wanted}: this is the most that any up to there costs"
    if found.next_minor is not None:
        more = format_minor(found.next_minor, found.currency)
        yield f"the next rate, a billionth above {percent(found.to_rate)}, costs {more}"
    yield f"worked out {found.evaluations} times by the engine"


def as_json(found: BreakEven) -> dict[str, Any]:
    """What was found, with the keys that scripts rely on."""
    return {
        "path": found.path,
        "scenario": found.scenario or None,
        "wanted_minor": found.wanted_minor,
        "rate": str(found.rate),
        "cost_minor": found.cost_minor,
        "is_exact": found.is_exact,
        "from_rate": str(found.from_rate),
        "to_rate": str(found.to_rate),
        "next_minor": found.next_minor,
        "evaluations": found.evaluations,
    }
