"""The rate, factor or amount at which a program breaks even, as people read it and as scripts do."""

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
    """What was found, what it costs, and how that was proved."""
    cost = f"{format_minor(found.cost_minor, found.currency)} {found.currency.code}"
    where = f" with {found.scenario}" if found.scenario else ""
    what = found.kind
    yield f"{found.path} {_told(found.value, found)} costs {cost}{where}"
    if found.is_exact:
        yield f"every {what} from {_told(found.from_value, found)} to {_told(found.to_value, found)} does"
    else:
        wanted = f"{format_minor(found.wanted_minor, found.currency)} {found.currency.code}"
        side = "from there on" if found.falls else "up to there"
        yield f"no {what} costs exactly {wanted}: this is the most that any {side} costs"
    if found.next_minor is not None:
        more = format_minor(found.next_minor, found.currency)
        edge = found.from_value if found.falls else found.to_value
        step = f"{'a minor unit' if found.is_amount else 'a billionth'} {'below' if found.falls else 'above'}"
        yield f"the next {what}, {step} {_told(edge, found)}, costs {more}"
    yield f"worked out {found.evaluations} times by the engine"


def _told(value: Fraction, found: BreakEven) -> str:
    if found.is_amount:
        return format_minor(int(value), found.currency)
    return percent(value) if found.kind == "rate" else decimal_text(value, 0)


def as_json(found: BreakEven) -> dict[str, Any]:
    """What was found, with the keys that scripts rely on."""
    ends = (found.value, found.from_value, found.to_value)
    value, first, last = (str(each) if found.kind == "rate" else None for each in ends)
    is_number = found.kind in ("factor", "number", "price")
    number, lowest, highest = (str(each) if is_number else None for each in ends)
    amount, least, most = (int(each) if found.is_amount else None for each in ends)
    return {
        "path": found.path,
        "scenario": found.scenario or None,
        "wanted_minor": found.wanted_minor,
        "kind": found.kind,
        "rate": value,
        "amount_minor": amount,
        "number": number,
        "cost_minor": found.cost_minor,
        "is_exact": found.is_exact,
        "from_rate": first,
        "to_rate": last,
        "from_amount_minor": least,
        "to_amount_minor": most,
        "from_number": lowest,
        "to_number": highest,
        "next_minor": found.next_minor,
        "evaluations": found.evaluations,
    }
