"""Values and conditions as SQL in whole numbers: what a scan can work out by itself, exactly.

A number is a whole number of 128 bits over one denominator that all rows share, so that sums, differences and products
are exact; where one does not fit, DuckDB raises OutOfRangeException and never wraps. What has no such denominator, a
quotient of two columns, is None here and the kernel's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from engine.facts.seen import FP, Seen
from engine.facts.sql import Sql
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
    Interval,
    Literal,
    Negate,
    Not,
    Or,
    Type,
)
from rules.expressions.vector import has_decimals, has_product, leaves

_FACTOR_BITS_MAX = 126
_NUMBERS = (Type.MONEY, Type.NUMBER, Type.COUNT)
_DAYS = (Type.DATE, Type.MONTH)


@dataclass(frozen=True, slots=True)
class Piece:
    """SQL with its parameters in their order; a number's value is that of the SQL over `below`."""

    text: str
    parameters: tuple[object, ...] = ()
    below: int = 1


def plain(tree: Expression, seen: Seen) -> Piece:
    """A tree without product and quotient as it is; the sum of numbers with decimals is told in billionths."""
    sql = Sql(seen.named)
    text = sql.of(tree)
    return Piece(text, tuple(sql.parameters), FP if is_decimal(tree, seen) else 1)


def is_decimal(tree: Expression, seen: Seen) -> bool:
    """Whether a value is a number with decimals, and not whole as money, counts and days are."""
    found = leaves(tree, seen.type_of)
    return any(isinstance(leaf, Column) and seen.type_of(leaf) == Type.NUMBER for leaf in found)


def whole(tree: Expression, seen: Seen) -> Piece | None:
    """A number as a whole number of 128 bits over one denominator; None where it has none that all rows share."""
    if not has_product(tree) and not has_decimals(tree):
        return _leaf(tree, seen) if _is_number(tree, seen) else None
    match tree:
        case Literal(Fraction() as value) if value.numerator.bit_length() <= _FACTOR_BITS_MAX:
            return Piece(f"CAST({value.numerator} AS HUGEINT)", (), value.denominator)
        case Arithmetic("/", left, Literal(Fraction() as value)) if value != 0:
            inverse = Literal(1 / value)
            return whole(Arithmetic("*", left, inverse), seen)
        case Arithmetic("/", left, Column("period", "days")):
            return whole(Arithmetic("*", left, Literal(Fraction(1, seen.period_days))), seen)
        case Arithmetic("*", left, right):
            return _joined("({} * {})", [whole(left, seen), whole(right, seen)], math.prod)
        case Arithmetic("+" | "-" as op, left, right):
            return _joined(f"({{}} {op} {{}})", _alike([whole(left, seen), whole(right, seen)]), max)
        case Negate(operand):
            return _joined("(-{})", [whole(operand, seen)], max)
        case Call("coalesce", arguments):
            values = _alike([whole(argument, seen) for argument in arguments])
            return _joined(f"coalesce({', '.join(['{}'] * len(values))})", values, max)
        case Case(branches, otherwise):
            values = _alike([whole(value, seen) for _, value in branches] + _otherwise(otherwise, seen))
            conditions = [condition(each, seen) for each, _ in branches]
            paired = [each for pair in zip(conditions, values, strict=False) for each in pair] + values[len(branches) :]
            whens = "WHEN {} THEN {} " * len(branches) + ("ELSE {} " if otherwise is not None else "")
            return _joined(f"(CASE {whens}END)", paired, max)
    return None


def condition(tree: Expression, seen: Seen) -> Piece | None:
    """A condition that is true, false or unknown by row; None where a quotient of columns decides it."""
    if not has_product(tree):
        return replace(plain(tree, seen), below=1)
    match tree:
        case Comparison(op, left, right):
            sides = _alike([whole(left, seen), whole(right, seen)])
            return _told(_joined(f"({{}} {op} {{}})", sides, max))
        case Between(item, low, high, negated):
            sides = _alike([whole(each, seen) for each in (item, low, high)])
            return _told(_joined(f"({{}} {'NOT ' if negated else ''}BETWEEN {{}} AND {{}})", sides, max))
        case And(parts) | Or(parts):
            word = " AND " if isinstance(tree, And) else " OR "
            return _joined(f"({word.join(['{}'] * len(parts))})", [condition(part, seen) for part in parts], max)
        case Not(part):
            return _joined("(NOT {})", [condition(part, seen)], max)
    return None


def both(pieces: Iterable[Piece]) -> Piece:
    """The conditions that are all true; of none, true."""
    found = list(pieces)
    parameters = tuple(each for piece in found for each in piece.parameters)
    return Piece(" AND ".join(piece.text for piece in found) or "TRUE", parameters)


def told_in_sql(parts: Iterable[Expression], seen: Seen) -> list[Piece]:
    """Those of some conditions that SQL can tell."""
    return [piece for part in parts if (piece := condition(part, seen)) is not None]


def _leaf(tree: Expression, seen: Seen) -> Piece:
    found = plain(tree, seen)
    text = f"CAST({found.text} * {FP} AS DECIMAL(38,0))" if found.below == FP else found.text
    return replace(found, text=f"CAST({text} AS HUGEINT)")


def _is_number(tree: Expression, seen: Seen) -> bool:
    match tree:
        case Literal(value):
            return isinstance(value, Fraction)
        case Column():
            return seen.type_of(tree) in _NUMBERS
        case Arithmetic(op, left, right):
            is_days = op == "-" and _is_day(left, seen) and _is_day(right, seen)
            return is_days or (_is_number(left, seen) and _is_number(right, seen))
        case Negate(operand):
            return _is_number(operand, seen)
        case Case(branches):
            return _is_number(branches[0][1], seen)
        case Call(name, arguments):
            return name == "months" or name in WITHIN or _is_number(arguments[0], seen)
    return False


def _is_day(tree: Expression, seen: Seen) -> bool:
    match tree:
        case Literal(value):
            return isinstance(value, date)
        case Column():
            return seen.type_of(tree) in _DAYS
        case Arithmetic(_, left, Interval()):
            return _is_day(left, seen)
    return False


def _otherwise(tree: Expression | None, seen: Seen) -> list[Piece | None]:
    return [] if tree is None else [whole(tree, seen)]


def _alike(pieces: Sequence[Piece | None]) -> list[Piece | None]:
    """The same numbers over one denominator; nothing where one of them is no whole number."""
    below = math.lcm(*(piece.below for piece in pieces if piece is not None))
    if below.bit_length() > _FACTOR_BITS_MAX:
        return [None] * len(pieces)
    return [None if piece is None else _over(piece, below) for piece in pieces]


def _over(piece: Piece, below: int) -> Piece:
    factor = below // piece.below
    return piece if factor == 1 else Piece(f"({piece.text} * {factor})", piece.parameters, below)


def _joined(form: str, pieces: Sequence[Piece | None], below: Callable[[list[int]], int]) -> Piece | None:
    known = [piece for piece in pieces if piece is not None]
    if len(known) < len(pieces):
        return None
    parameters = tuple(each for piece in known for each in piece.parameters)
    return Piece(form.format(*(piece.text for piece in known)), parameters, below([piece.below for piece in known]))


def _told(piece: Piece | None) -> Piece | None:
    return None if piece is None else replace(piece, below=1)
