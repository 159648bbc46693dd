"""The plain law of expressions: one row in, one exact value out, under SQL's logic of true, false and unknown.

What SQL or a vectorised engine computes must agree with this; explanations use it as it is.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import TypeAlias, cast

from rules.expressions.tree import (
    WITHIN,
    And,
    Arithmetic,
    Between,
    Call,
    Case,
    Column,
    Comparison,
    Expression,
    InList,
    Interval,
    IsNull,
    Literal,
    Negate,
    Not,
    Or,
)

Value: TypeAlias = Fraction | int | str | bool | date | None
Row: TypeAlias = Callable[[Column], Value]


def evaluate(tree: Expression, row: Row) -> Value:
    """The value of `tree` on the row whose columns `row` gives; None is unknown.

    `tree` comes from `rules.expressions.tree_types.typed` without faults, so that its types fit; money is in minor
    units, numbers are exact and nothing is rounded. An operation on an unknown is unknown, except that `and`, `or`,
    `case`, `coalesce`, `nullif` and `is null` decide where they can. A division by zero is unknown, and so is a date
    beyond the calendar.

    >>> from rules.expressions.expression import parse_expression
    >>> evaluate(parse_expression("annual_value_minor * 0.075"), lambda column: 100_000)
    Fraction(7500, 1)
    """
    match tree:
        case Literal(written):
            return written
        case Column():
            found = row(tree)
            assert not isinstance(found, float), f"{tree} is a float: values are exact"
            return found
        case Arithmetic(op, left, right):
            if isinstance(right, Interval):
                return _shifted(evaluate(left, row), right, 1 if op == "+" else -1)
            return _computed(op, evaluate(left, row), evaluate(right, row))
        case Negate(operand):
            number = _number(evaluate(operand, row))
            return None if number is None else -number
        case Comparison(op, left, right):
            return compare(op, evaluate(left, row), evaluate(right, row))
        case And(parts):
            return _all(_flag(evaluate(part, row)) for part in parts)
        case Or(parts):
            return _not(_all(_not(_flag(evaluate(part, row))) for part in parts))
        case Not(part):
            return _not(_flag(evaluate(part, row)))
        case InList(item, options, negated):
            return _within(evaluate(item, row), [evaluate(option, row) for option in options], negated)
        case Between(item, low, high, negated):
            value = evaluate(item, row)
            inside = _all([compare("<=", evaluate(low, row), value), compare("<=", value, evaluate(high, row))])
            return _not(inside) if negated else inside
        case IsNull(item, negated):
            return (evaluate(item, row) is None) is not negated
        case Case(branches, otherwise):
            for condition, result in branches:
                if evaluate(condition, row) is True:
                    return evaluate(result, row)
            return None if otherwise is None else evaluate(otherwise, row)
        case Call(name, arguments):
            return _called(name, [evaluate(argument, row) for argument in arguments])
        case Interval():
            raise AssertionError("an interval stands only after a date and a sign")


def compare(op: str, left: Value, right: Value) -> bool | None:
    """`left op right`, unknown where either is; both are of one type."""
    if left is None or right is None:
        return None
    if op in ("=", "!="):
        return (left == right) is (op == "=")
    first, second = cast(Fraction, left), cast(Fraction, right)
    if op in ("<", ">="):
        return (first < second) is (op == "<")
    return (first <= second) is (op == "<=")


def _all(values: Iterable[bool | None]) -> bool | None:
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _within(item: Value, options: list[Value], negated: bool) -> bool | None:
    found = _not(_all(compare("!=", item, option) for option in options))
    return _not(found) if negated else found


def _computed(op: str, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    if isinstance(left, date) and isinstance(right, date):
        return (left - right).days
    first, second = _number(left), _number(right)
    assert first is not None and second is not None
    match op:
        case "+":
            return first + second
        case "-":
            return first - second
        case "*":
            return first * second
        case _:
            return None if second == 0 else Fraction(first) / second


def _shifted(value: Value, interval: Interval, sign: int) -> date | None:
    """A date moved by an interval; a day that the new month lacks becomes that month's last."""
    if value is None:
        return None
    assert isinstance(value, date)
    try:
        if interval.unit == "day":
            return value + timedelta(days=sign * interval.count)
        months = interval.count * (12 if interval.unit == "year" else 1)
        year, month = divmod(value.year * 12 + value.month - 1 + sign * months, 12)
        return date(year, month + 1, min(value.day, monthrange(year, month + 1)[1]))
    except (OverflowError, ValueError):
        return None


def _called(name: str, values: list[Value]) -> Value:
    known = [value for value in values if value is not None]
    if name == "coalesce":
        return known[0] if known else None
    if name == "nullif":
        return None if compare("=", *values) else values[0]
    if name in WITHIN:
        first, last, start, end = (cast(date | None, value) for value in values)
        assert start is not None and end is not None, "the period has its days"
        return days_within(first, last, start, end, name == "days360_within")
    if len(known) < len(values):
        return None
    if name == "abs":
        return abs(cast(Fraction, known[0]))
    if name == "months":
        return months_between(cast(date, known[0]), cast(date, known[1]))
    return (min if name == "least" else max)(cast(list[Fraction], known))


def months_between(first: date, last: date) -> int:
    """The whole months from one day to another; a month is over on the day that `+ interval '1' month` names.

    >>> months_between(date(2026, 1, 31), date(2026, 2, 28)), months_between(date(2026, 3, 1), date(2026, 2, 28))
    (1, 0)
    """
    if last < first:
        return -months_between(last, first)
    ends_on = min(first.day, monthrange(last.year, last.month)[1])
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < ends_on)


def days_within(first: date | None, last: date | None, start: date, end: date, in_360: bool = False) -> int:
    """How many days from `first` to `last`, both included, lie from `start` to before `end`; blank is open.

    In months of 30 days (30E/360), the 31st counts nothing and the last day of February what is left of the month: what
    is cut into stretches adds up to the whole, and a month to 30. (ISDA Definitions 2006, 4.16(g).)

    >>> year = date(2026, 1, 1), date(2027, 1, 1)
    >>> days_within(date(2026, 4, 1), None, *year), days_within(date(2026, 4, 1), None, *year, in_360=True)
    (275, 270)
    """
    begins = start if first is None else max(first, start)
    ends = end if last is None or last >= end else last + timedelta(days=1)
    if begins >= ends:
        return 0
    if in_360:
        years, months = ends.year - begins.year, ends.month - begins.month
        return 360 * years + 30 * months + min(ends.day, 30) - min(begins.day, 30)
    return (ends - begins).days


def _number(value: Value) -> Fraction | int | None:
    if value is None:
        return None
    assert isinstance(value, Fraction | int) and not isinstance(value, bool), f"{value!r} is no number"
    return value


def _flag(value: Value) -> bool | None:
    assert value is None or isinstance(value, bool), f"{value!r} is no flag"
    return value
