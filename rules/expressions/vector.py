"""Measures and conditions over whole columns: the vectorised twin of `rules.expressions.evaluate`, exact, unknown
where it is unknown.

The columns come from a caller by leaf: a number for each column that is one, and true, false or unknown for each part
of a condition over tables that has no product and no quotient (facts answer those by SQL).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

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
    IsNull,
    Literal,
    Negate,
    Not,
    Or,
    Type,
    children,
    columns,
)
from rules.quantities.exact import Exact, Flags

TypeOf = Callable[[Column], Type]
_LOGIC = (And, Or, Not, Comparison, InList, Between, IsNull)


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """True, false or unknown by row: `yes` where it is true, `known` where it is not unknown."""

    yes: Flags
    known: Flags


Leaf = Callable[[Expression], "Exact | Truth"]


def leaves(tree: Expression, type_of: TypeOf) -> Iterator[Expression]:
    """The parts of a tree that the caller has to answer, some perhaps more than once."""
    if _is_leaf(tree, type_of):
        yield tree
        return
    for child in children(tree):
        yield from leaves(child, type_of)


def has_product(tree: Expression) -> bool:
    """Whether anything is multiplied or divided in a tree."""
    return any(isinstance(node, Arithmetic) and node.op in ("*", "/") for node in _nodes(tree))


def has_decimals(tree: Expression) -> bool:
    """Whether a number with decimals is written in a tree."""
    numbers = (node.value for node in _nodes(tree) if isinstance(node, Literal))
    return any(isinstance(value, Fraction) and value.denominator != 1 for value in numbers)


def _nodes(tree: Expression) -> Iterator[Expression]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children(node))


def number(tree: Expression, leaf: Leaf, type_of: TypeOf, rows: int) -> Exact:
    """The value of a numeric tree for each row; money is in minor units.

    >>> from rules.expressions.expression import parse_expression
    >>> amount = Exact.of([100_000, None])
    >>> half = parse_expression("deals.amount * 0.5")
    >>> number(half, lambda tree: amount, lambda column: Type.MONEY, 2).fractions()
    [Fraction(50000, 1), None]
    """

    def value(node: Expression) -> Exact:
        return number(node, leaf, type_of, rows)

    if _is_leaf(tree, type_of):
        found = leaf(tree)
        assert isinstance(found, Exact)
        return found
    match tree:
        case Literal(Fraction() as written):
            return Exact.constant(written, rows)
        case Arithmetic(op, left, right):
            first, second = value(left), value(right)
            if op == "+":
                return first + second
            if op == "-":
                return first - second
            return first * second if op == "*" else first / second
        case Negate(operand):
            return -value(operand)
        case Case(branches, otherwise):
            result = _unknown(rows) if otherwise is None else value(otherwise)
            for condition, then in reversed(branches):
                result = value(then).where(truth(condition, leaf, type_of, rows).yes, result)
            return result
        case Call(name, arguments):
            return _called(name, [value(argument) for argument in arguments])
    raise AssertionError(f"{type(tree).__name__} is no number")


def truth(tree: Expression, leaf: Leaf, type_of: TypeOf, rows: int) -> Truth:
    """Whether a condition is true, false or unknown for each row."""

    def value(node: Expression) -> Exact:
        return number(node, leaf, type_of, rows)

    def part(node: Expression) -> Truth:
        return truth(node, leaf, type_of, rows)

    if _is_leaf(tree, type_of):
        found = leaf(tree)
        assert isinstance(found, Truth)
        return found
    match tree:
        case Literal(bool() as written):
            return Truth(np.full(rows, written), np.ones(rows, dtype=bool))
        case Comparison(op, left, right):
            return _compared(op, value(left), value(right))
        case And(parts):
            return _all([part(each) for each in parts])
        case Or(parts):
            return _not(_all([_not(part(each)) for each in parts]))
        case Not(below):
            return _not(part(below))
        case InList(item, options, negated):
            found_in = _not(_all([_compared("!=", value(item), value(option)) for option in options]))
            return _not(found_in) if negated else found_in
        case Between(item, low, high, negated):
            inside = _all([_compared("<=", value(low), value(item)), _compared("<=", value(item), value(high))])
            return _not(inside) if negated else inside
        case IsNull(item, negated):
            known = part(item).known if _is_condition(item, type_of) else value(item).is_known()
            return Truth(known if negated else ~known, np.ones(rows, dtype=bool))
        case Case(branches, otherwise):
            nobody = np.zeros(rows, dtype=bool)
            chosen = Truth(nobody, nobody) if otherwise is None else part(otherwise)
            for condition, then in reversed(branches):
                chosen = _chosen(part(condition).yes, part(then), chosen)
            return chosen
        case Call("coalesce", arguments):
            first, *others = (part(argument) for argument in arguments)
            for other in others:
                first = _chosen(first.known, first, other)
            return first
    raise AssertionError(f"{type(tree).__name__} is no condition")


def _is_leaf(tree: Expression, type_of: TypeOf) -> bool:
    if isinstance(tree, Column):
        return True
    if isinstance(tree, _LOGIC):
        return not has_product(tree) and all(column.table is not None for column in columns(tree))
    if isinstance(tree, Arithmetic) and tree.op == "-":
        return _is_date(tree.left, type_of)
    return False


def _is_date(tree: Expression, type_of: TypeOf) -> bool:
    if isinstance(tree, Column):
        return type_of(tree) in (Type.DATE, Type.MONTH)
    if isinstance(tree, Literal):
        return not isinstance(tree.value, Fraction | str | bool)
    if isinstance(tree, Arithmetic):  # date +- interval is a date, date - date is not
        return _is_date(tree.left, type_of) and not _is_date(tree.right, type_of)
    if isinstance(tree, Case):
        return any(_is_date(value, type_of) for _, value in tree.branches)
    return isinstance(tree, Call) and any(_is_date(argument, type_of) for argument in tree.arguments)


def _called(name: str, values: list[Exact]) -> Exact:
    result = values[0]
    if name == "abs":
        return result.where(result.numerator >= 0, -result)
    for other in values[1:]:
        if name == "coalesce":
            result = result.where(result.is_known(), other)
        elif name == "nullif":
            same = _compared("=", result, other)
            result = _unknown(len(result)).where(same.yes, result)
        else:
            sign = result.compare(other)
            chosen = result.where(sign <= 0 if name == "least" else sign >= 0, other)
            result = _unknown(len(result)).where(~(result.is_known() & other.is_known()), chosen)
    return result


def _compared(op: str, left: Exact, right: Exact) -> Truth:
    sign = left.compare(right)
    known = left.is_known() & right.is_known()
    match op:
        case "=":
            yes = sign == 0
        case "!=":
            yes = sign != 0
        case "<":
            yes = sign < 0
        case "<=":
            yes = sign <= 0
        case ">":
            yes = sign > 0
        case _:
            yes = sign >= 0
    return Truth(yes & known, known)


def _all(parts: list[Truth]) -> Truth:
    yes = np.logical_and.reduce([part.yes for part in parts])
    no = np.logical_or.reduce([part.known & ~part.yes for part in parts])
    return Truth(yes, yes | no)


def _chosen(flags: Flags, first: Truth, second: Truth) -> Truth:
    return Truth(np.where(flags, first.yes, second.yes), np.where(flags, first.known, second.known))


def _is_condition(tree: Expression, type_of: TypeOf) -> bool:
    match tree:
        case Column():
            return type_of(tree) == Type.FLAG
        case Literal(value):
            return isinstance(value, bool)
        case Case(branches):
            return _is_condition(branches[0][1], type_of)
        case Call("coalesce", arguments):
            return _is_condition(arguments[0], type_of)
    return isinstance(tree, _LOGIC)


def _not(part: Truth) -> Truth:
    return Truth(part.known & ~part.yes, part.known)


def _unknown(rows: int) -> Exact:
    return Exact(np.zeros(rows, dtype=np.int64), 1, np.zeros(rows, dtype=bool))
