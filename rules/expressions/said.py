"""An expression as people say it: the plan that partners sign has no operators that a lawyer would have to learn.

In: a typed tree. Out: words that say the same, each meaning in one way; names of columns stay as they are, for they are
what the sources call them. `rules.expressions.tree.words` is the text that is read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from rules.expressions.tree import (
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
    children,
    words,
    written,
)

_TESTS = {"=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
_DAYS = _TESTS | {"<": "is before", "<=": "is on or before", ">": "is after", ">=": "is on or after"}
_SIGNS = {"+": "+", "-": "-", "*": "x", "/": "/"}
_CALLS = {
    "least": "the smallest of {}",
    "greatest": "the largest of {}",
    "coalesce": "the first known of {}",
    "abs": "the size of {}",
    "nullif": "the first of {}, unknown where they are equal",
    "months": "the whole months between {}",
    "days_within": "the days of the period between {}, both included",
    "days360_within": "the days of the period between {}, both included, in months of 30 days",
}


def said(tree: Expression) -> str:
    """The words of a typed tree, amounts in major units. Recursive: for trees within the depth that is accepted.

    >>> from rules.expressions.expression import parse_expression
    >>> said(parse_expression("deals.kind in ('new', 'upsell') and deals.amount >= 5_000"))
    "deals.kind is 'new' or 'upsell', and deals.amount is at least 5,000"
    >>> said(parse_expression("leads.converted_on < customers.acquired_on + interval '12' month"))
    'leads.converted_on is before the day 12 months after customers.acquired_on'
    """
    match tree:
        case And(parts):
            return _joined([f"({_test(part)})" if isinstance(part, Or) else _test(part) for part in parts], "and")
        case Or(parts):
            return _joined([f"({_test(part)})" if isinstance(part, And) else _test(part) for part in parts], "or")
        case Not(part):
            return f"it does not hold that ({_test(part)})"
        case Comparison(op, left, right):
            tests = _DAYS if _is_day(left) or _is_day(right) else _TESTS
            return f"{said(left)} {tests[op]} {said(right)}"
        case InList(item, options, negated):
            listed = _listed([said(option) for option in options], "and" if negated else "or")
            return f"{said(item)} is {'none of ' if negated else ''}{listed}"
        case Between(item, low, high, negated):
            return f"{said(item)} is {'not ' if negated else ''}from {said(low)} to {said(high)}"
        case IsNull(item, negated):
            return f"{said(item)} is {'not ' if negated else ''}blank"
        case Case(branches, otherwise):
            told = [f"{said(value)} where {_test(condition)}" for condition, value in branches]
            return f"({'; '.join(told)}; otherwise {'unknown' if otherwise is None else said(otherwise)})"
        case Call(name):
            return f"({_CALLS[name].format(_listed([said(each) for each in written(tree)], 'and'))})"
    return _value(tree)


def _value(tree: Expression) -> str:
    match tree:
        case Literal(value, _, shown):
            return _literal(value if shown is None else shown)
        case Arithmetic(op, left, Interval() as right):
            return f"the day {_value(right)} {'after' if op == '+' else 'before'} {said(left)}"
        case Arithmetic(op, left, right):
            return f"{_held(left, op, False)} {_SIGNS[op]} {_held(right, op, True)}"
        case Negate(operand):
            return f"-{said(operand) if isinstance(operand, Column | Literal | Call | Case) else f'({said(operand)})'}"
        case Interval(count, unit):
            return f"{count} {unit}{'' if count == 1 else 's'}"
        case Column():
            return str(tree)
    return said(tree)


def _held(tree: Expression, op: str, is_right: bool) -> str:
    """A side of an operator, in brackets where it would be read otherwise."""
    if isinstance(tree, Negate) or (isinstance(tree, Literal) and isinstance(tree.value, Fraction) and tree.value < 0):
        return f"({said(tree)})" if is_right else said(tree)
    if not isinstance(tree, Arithmetic):
        return said(tree)
    is_loose = op in "*/" and (tree.op in "+-" or is_right)
    return f"({said(tree)})" if is_loose or (is_right and op == "-") else said(tree)


def _test(tree: Expression) -> str:
    """A condition; a column that is a flag holds, or does not."""
    if isinstance(tree, Not) and isinstance(tree.part, Column):
        return f"{said(tree.part)} does not hold"
    return f"{said(tree)} holds" if isinstance(tree, Column) else said(tree)


def condition_said(tree: Expression) -> str:
    """The words of a whole condition."""
    return _test(tree)


def _is_day(tree: Expression) -> bool:
    if isinstance(tree, Literal):
        return isinstance(tree.value, date)
    if isinstance(tree, Column):
        return tree.name.endswith("_on") or tree.name in ("month", "valid_from", "valid_to") or tree.table == "period"
    return any(isinstance(each, Interval) or _is_day(each) for each in children(tree)) and isinstance(tree, Arithmetic)


def _literal(value: Fraction | str | bool | date) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        whole, dot, rest = words(Literal(value)).partition(".")
        return f"{int(whole):,}{dot}{rest}" if abs(value) >= 1 else whole + dot + rest
    return f"'{value}'" if isinstance(value, str) else value.isoformat()


def _joined(parts: Sequence[str], word: str) -> str:
    """Conditions in a row; with a comma, so that the lists within them are not read on."""
    has_lists = any(" or " in part or " and " in part for part in parts)
    return (f", {word} " if has_lists else f" {word} ").join(parts)


def _listed(parts: Sequence[str], word: str) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"
