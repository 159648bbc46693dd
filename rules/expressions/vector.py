"""Measures and conditions over whole columns: the vectorised twin of `rules.expressions.evaluate`, exact, unknown
where it is unknown.

The columns come from a caller by leaf: a number for each column that is one and for the days between two dates, and
true, false or unknown for each part of a condition over tables that has no product and no quotient (facts answer those
by SQL). All else is worked out here in numbers: a date is its days since 1970-01-01, and a text is a code, by which
the texts of one row are equal or not (those of two rows can't be compared by it); SQL says which code a cell has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from rules.expressions.columnar import (
    EPOCH,
    Truth,
    all_of,
    called,
    certain,
    compared,
    either,
    opposite,
    shifted,
    unknown,
)
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
    Type,
    children,
    columns,
)
from rules.quantities.exact import Exact, Flags

__all__ = ["Truth", "has_decimals", "has_product", "leaves", "number", "truth"]

TypeOf = Callable[[Column], Type]
Leaf = Callable[[Expression], Exact | Truth]
_LOGIC = (And, Or, Not, Comparison, InList, Between, IsNull)
_KINDS = {Type.MONTH: Type.DATE, Type.ID: Type.TEXT, Type.MONEY: Type.NUMBER, Type.COUNT: Type.NUMBER}


def leaves(tree: Expression, type_of: TypeOf) -> Iterator[Expression]:
    """The parts that the caller has to answer for a tree, each once."""
    asked: dict[Expression, None] = {}

    def leaf(part: Expression) -> Exact | Truth:
        asked.setdefault(part)
        nobody = np.zeros(0, dtype=bool)
        return Truth(nobody, nobody) if _kind(part, type_of) is Type.FLAG else unknown(0)

    rows = _Rows(leaf, type_of, 0, _codes(tree, type_of))
    if _kind(tree, type_of) is Type.FLAG:
        rows.truth(tree)
    else:
        rows.number(tree)
    yield from asked


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
    """The value of a numeric tree for each row; money is in minor units, a date in days since 1970-01-01.

    >>> from rules.expressions.expression import parse_expression
    >>> amount = Exact.of([100_000, None])
    >>> half = parse_expression("deals.amount * 0.5")
    >>> number(half, lambda tree: amount, lambda column: Type.MONEY, 2).fractions()
    [Fraction(50000, 1), None]
    """
    return _Rows(leaf, type_of, rows, _codes(tree, type_of)).number(tree)


def truth(tree: Expression, leaf: Leaf, type_of: TypeOf, rows: int) -> Truth:
    """Whether a condition is true, false or unknown for each row."""
    return _Rows(leaf, type_of, rows, _codes(tree, type_of)).truth(tree)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows that expressions are worked out over."""

    leaf: Leaf
    type_of: TypeOf
    count: int
    codes: Mapping[Expression, int]

    def number(self, tree: Expression) -> Exact:
        """A number for each row: a date as its days, a text as its code."""
        if _is_leaf(tree, self.type_of):
            return self._asked_number(tree)
        match tree:
            case Column():
                is_date = _kind(tree, self.type_of) is Type.DATE
                return self._asked_number(Arithmetic("-", tree, Literal(EPOCH)) if is_date else self._coded(tree))
            case Literal(Fraction() as written):
                return Exact.constant(written, self.count)
            case Literal(date() as written):
                return Exact.constant((written - EPOCH).days, self.count)
            case Literal(str()):
                return Exact.constant(self.codes[tree], self.count)
            case Arithmetic(op, left, Interval() as interval):
                return shifted(self.number(left), interval, 1 if op == "+" else -1)
            case Arithmetic(op, left, right):
                first, second = self.number(left), self.number(right)
                if op == "+":
                    return first + second
                if op == "-":
                    return first - second
                return first * second if op == "*" else first / second
            case Negate(operand):
                return -self.number(operand)
            case Case(branches, otherwise):
                result = unknown(self.count) if otherwise is None else self.number(otherwise)
                for condition, then in reversed(branches):
                    result = self.number(then).where(self.truth(condition).yes, result)
                return result
            case Call(name, arguments):
                return called(name, [self.number(argument) for argument in arguments])
        raise AssertionError(f"{type(tree).__name__} is no number")

    def truth(self, tree: Expression) -> Truth:
        """True, false or unknown for each row."""
        if _is_leaf(tree, self.type_of):
            return self._asked_truth(tree)
        match tree:
            case Literal(bool() as written):
                return certain(np.full(self.count, written))
            case Comparison(op, left, right):
                return compared(op, self.number(left), self.number(right))
            case And(parts):
                return all_of([self.truth(part) for part in parts])
            case Or(parts):
                return opposite(all_of([opposite(self.truth(part)) for part in parts]))
            case Not(below):
                return opposite(self.truth(below))
            case InList(item, options, negated):
                found = self.number(item)
                outside = all_of([compared("!=", found, self.number(option)) for option in options])
                return outside if negated else opposite(outside)
            case Between(item, low, high, negated):
                found = self.number(item)
                bounds = [compared(">=", found, self.number(low)), compared("<=", found, self.number(high))]
                return opposite(all_of(bounds)) if negated else all_of(bounds)
            case IsNull(item, negated):
                known = self._known(item)
                return certain(known if negated else ~known)
            case Case(branches, otherwise):
                nobody = np.zeros(self.count, dtype=bool)
                chosen = Truth(nobody, nobody) if otherwise is None else self.truth(otherwise)
                for condition, then in reversed(branches):
                    chosen = either(self.truth(condition).yes, self.truth(then), chosen)
                return chosen
            case Call("coalesce", arguments):
                first, *others = (self.truth(argument) for argument in arguments)
                for other in others:
                    first = either(first.known, first, other)
                return first
        raise AssertionError(f"{type(tree).__name__} is no condition")

    def _asked_number(self, tree: Expression) -> Exact:
        found = self.leaf(tree)
        assert isinstance(found, Exact)
        return found

    def _asked_truth(self, tree: Expression) -> Truth:
        found = self.leaf(tree)
        assert isinstance(found, Truth)
        return found

    def _known(self, tree: Expression) -> Flags:
        is_flag = _kind(tree, self.type_of) is Type.FLAG
        return self.truth(tree).known if is_flag else self.number(tree).is_known()

    def _coded(self, column: Column) -> Expression:
        """The code of a text column: of the first text of the tree that it is equal to, if no other, of its own."""
        branches: list[tuple[Expression, Expression]] = []
        for text, code in self.codes.items():
            if text == column:
                break
            branches.append((Comparison("=", column, text), Literal(Fraction(code))))
        own = (IsNull(column, negated=True), Literal(Fraction(self.codes[column])))
        return Case((*branches, own))


def _codes(tree: Expression, type_of: TypeOf) -> Mapping[Expression, int]:
    """A number for each text of a tree, the written ones first: these are never equal to one another."""
    texts = [node for node in _nodes(tree) if isinstance(node, Literal | Column) and _kind(node, type_of) is Type.TEXT]
    ordered = sorted(texts, key=_is_column)
    return {text: code for code, text in enumerate(dict.fromkeys(ordered))}


def _is_column(tree: Expression) -> bool:
    return isinstance(tree, Column)


def _is_leaf(tree: Expression, type_of: TypeOf) -> bool:
    """Whether the caller answers a tree: a number or a flag of a row, or what SQL can tell from the row's cells."""
    if isinstance(tree, Column):
        return _kind(tree, type_of) in (Type.NUMBER, Type.FLAG)
    if not isinstance(tree, _LOGIC) and not _is_days(tree, type_of):
        return False
    tables = {column.table for column in columns(tree)}
    return bool(tables - {"period"}) and None not in tables and not has_product(tree)


def _is_days(tree: Expression, type_of: TypeOf) -> bool:
    """Whether a tree is the number of days between two dates."""
    is_number = _kind(tree, type_of) is Type.NUMBER
    return is_number and isinstance(tree, Arithmetic) and _kind(tree.left, type_of) is Type.DATE


def _kind(tree: Expression, type_of: TypeOf) -> Type:
    """What a tree is worked out as: a flag, a date, a text or a number."""
    match tree:
        case Column():
            found = type_of(tree)
            return _KINDS.get(found, found)
        case Literal(bool()):
            return Type.FLAG
        case Literal(str()):
            return Type.TEXT
        case Literal(date()) | Arithmetic(_, _, Interval()):
            return Type.DATE
        case Case(branches):
            return _kind(branches[0][1], type_of)
        case Call(name) if name == "months" or name in WITHIN:
            return Type.NUMBER
        case Call(_, arguments):
            return _kind(arguments[0], type_of)
    return Type.FLAG if isinstance(tree, _LOGIC) else Type.NUMBER
