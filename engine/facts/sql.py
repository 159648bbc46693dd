"""A tree as SQL: filters and leaves for DuckDB, composed from the tree alone.

Names become identifiers only after they were found in the tables; every value becomes a parameter. What SQL computes
is comparison, logic and date arithmetic; sums and products of measures are the exact kernel's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

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

Names = Callable[[Column], str]


class Sql:
    """SQL text being composed, and its parameters in their order."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.parameters: list[object] = []

    def of(self, tree: Expression) -> str:
        """The SQL of a tree; its values are appended to `parameters`."""
        match tree:
            case Literal(value):
                return self._literal(value)
            case Column():
                return self._names(tree)
            case Interval(count, unit):
                return f"to_{unit}s({int(count)})"
            case Arithmetic(op, left, Interval() as interval):  # a day and a length of time make a timestamp
                moved = f"CAST({self.of(left)} {op} {self.of(interval)} AS DATE)"
                return moved if _is_cell(left) else _once(moved, _CALENDAR)
            case Arithmetic(op, left, right):
                assert op in ("+", "-"), "products and quotients are the kernel's"
                return f"({self.of(left)} {op} {self.of(right)})"
            case Negate(operand):
                return f"(-{self.of(operand)})"
            case Comparison(op, left, right):
                return f"({self.of(left)} {op} {self.of(right)})"
            case And(parts):
                return "(" + " AND ".join(self.of(part) for part in parts) + ")"
            case Or(parts):
                return "(" + " OR ".join(self.of(part) for part in parts) + ")"
            case Not(part):
                return f"(NOT {self.of(part)})"
            case InList(item, options, negated):
                listed = ", ".join(self.of(option) for option in options)
                return f"({self.of(item)} {'NOT ' if negated else ''}IN ({listed}))"
            case Between(item, low, high, negated):
                bounds = (self.of(item), self.of(low), self.of(high))
                return "({} {}BETWEEN {} AND {})".format(bounds[0], "NOT " if negated else "", *bounds[1:])
            case IsNull(item, negated):
                return f"({self.of(item)} IS {'NOT ' if negated else ''}NULL)"
            case Case(branches, otherwise):
                whens = " ".join(f"WHEN {self.of(condition)} THEN {self.of(value)}" for condition, value in branches)
                return f"(CASE {whens} ELSE {'NULL' if otherwise is None else self.of(otherwise)} END)"
            case Call(name, arguments):
                return self._call(name, [self.of(argument) for argument in arguments])

    def _literal(self, value: Fraction | str | bool | date) -> str:
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, Fraction):
            return _decimal(value)
        self.parameters.append(value)
        return "CAST(? AS DATE)" if isinstance(value, date) else "CAST(? AS VARCHAR)"

    def _call(self, name: str, arguments: list[str]) -> str:
        listed = ", ".join(arguments)
        if name in ("least", "greatest"):  # DuckDB's pass over NULL; here one unknown makes the whole unknown
            chosen = "list_min(v)" if name == "least" else "list_max(v)"
            return _once(f"[{listed}]", f"CASE WHEN list_count(v) = {len(arguments)} THEN {chosen} END")
        if name == "months":
            return f"list_transform([[{listed}]], lambda d: {_MONTHS})[1]"
        if name in WITHIN:
            return _within(name, *arguments)
        return f"{name}({listed})"


def _within(name: str, first: str, last: str, start: str, end: str) -> str:
    """The days between two within a period; DuckDB passes over NULL, and so does what is open. In their order, so that
    their parameters are."""
    begins, ends = f"greatest({first}, {start})", f"least({last} + 1, {end})"
    if name == "days360_within":
        counted = "360 * year(v) + 30 * month(v) + least(day(v), 30)"
        begins, ends = _once(begins, counted), _once(ends, counted)
    return f"greatest(-({begins} - {ends}), 0)"


# The whole months between two dates d[1] and d[2], by the last day of a month where it is shorter; negative backwards.
_FROM, _TO = "list_min(d)", "list_max(d)"
_WHOLE = f"""(year({_TO}) - year({_FROM})) * 12 + month({_TO}) - month({_FROM})
    - CAST(day({_TO}) < least(day({_FROM}), day(last_day({_TO}))) AS INTEGER)"""
_MONTHS = f"CASE WHEN list_count(d) = 2 THEN ({_WHOLE}) * CASE WHEN d[1] <= d[2] THEN 1 ELSE -1 END END"

# DuckDB goes on beyond the years that a date is known in; here such a date is unknown.
_CALENDAR = "CASE WHEN v BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN v END"


def _once(value: str, of_v: str) -> str:
    """What `of_v` makes of a value `v`, which is written once, however deep such values nest."""
    return f"list_transform([{value}], lambda v: {of_v})[1]"


def _is_cell(tree: Expression) -> bool:
    """Whether a date is one of a table: those lie from 1900 to 2999, and no interval leads far from there."""
    return isinstance(tree, Column) and tree.table != "period"


def _decimal(value: Fraction) -> str:
    """A finite decimal as an SQL literal; numbers come from the tree, never as text from the document."""
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
    assert decimals <= 18, "a written number has few decimals"
    scaled = (value * 10**decimals).numerator
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    text = digits[: len(digits) - decimals] + ("." + digits[len(digits) - decimals :] if decimals else "")
    return f"(-{text})" if scaled < 0 else text


def identifier(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'
