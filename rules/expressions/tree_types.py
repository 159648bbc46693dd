"""The types of an expression: a tree and its columns' types in; the rewritten tree, its type and all faults out.

Rewritten: a text that meets a date is a date, and a plain number that meets money (compared, added, chosen between) is
that many units of the currency, so it becomes minor units; a number that multiplies or divides stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from fractions import Fraction

from rules.expressions.tokens import iso_date
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
    Fault,
    InList,
    Interval,
    IsNull,
    Literal,
    Negate,
    Not,
    Or,
    Type,
)

NAMES_SHOWN_MAX = 8

_NUMBERS = frozenset([Type.NUMBER, Type.COUNT])
_DAYS = frozenset([Type.DATE, Type.MONTH])
_TEXTS = frozenset([Type.TEXT, Type.ID])
_ORDERED = _NUMBERS | _DAYS | {Type.MONEY}
_FAMILIES = (_NUMBERS, _DAYS, _TEXTS, frozenset([Type.MONEY]), frozenset([Type.FLAG]))
_FLAG_HINT = "write a flag alone or after not: `partners.active`, `not partners.active`"

# What a part of the tree became, and its type: None where a fault has been said already.
_Typed = tuple[Expression, Type | None]


def typed(
    tree: Expression,
    lookup: Callable[[Column], Type | None],
    names: Callable[[], Iterable[str]],
    money_decimals: int,
    wanted: Type | None = None,
) -> tuple[Expression, Type | None, tuple[Fault, ...]]:
    """The rewritten tree, its type and all its faults; the type is None only where there are faults.

    `lookup` knows a column's type, None if there is no such column; `names` lists what there is, for suggestions;
    `money_decimals` are the decimals of the currency; `wanted` is what the place asks for, so that a bare `500` is
    money where money is due. Not to be applied to its own answer: money would be scaled twice.

    >>> from rules.expressions.expression import parse_expression
    >>> from rules.expressions.tree import words
    >>> tree, type, faults = typed(parse_expression("amount * 0.1 > 50"), lambda column: Type.MONEY, list, 2)
    >>> words(tree), str(type), faults
    ('amount * 0.1 > 5000', 'flag', ())
    """
    reader = _Reader(lookup, names, 10**money_decimals)
    result, found = reader.read(tree)
    if wanted is not None and found is not None:
        result, found = reader.wanted(result, found, wanted)
    return result, found, tuple(reader.faults)


@dataclass(slots=True)
class _Reader:
    """One reading of one tree; gathers its faults."""

    lookup: Callable[[Column], Type | None]
    names: Callable[[], Iterable[str]]
    money_scale: int
    faults: list[Fault] = field(default_factory=list)

    def read(self, node: Expression) -> _Typed:
        """The rewritten node and its type."""
        match node:
            case Literal(value):
                return node, _literal_type(value)
            case Column():
                found = self.lookup(node)
                if found is None:
                    self.faults.append(_unknown(node, sorted(set(self.names()))))
                return node, found
            case Interval():
                hint = "write a date before it: deals.closed_on + interval '90' day"
                return self._fault(node, "X136", "an interval is only added to a date, or taken from one", hint)
            case Arithmetic():
                return self._arithmetic(node)
            case Negate(operand):
                below, found = self.read(operand)
                if found is not None and found not in _NUMBERS | {Type.MONEY}:
                    return self._fault(node, "X133", f"'-' before a {found}", "only numbers and money have a sign")
                return replace(node, operand=below), found
            case Comparison(op, left, right):
                (first, second), found = self._alike([left, right], node)
                self._check_test(node, op not in ("=", "!="), found)
                return replace(node, left=first, right=second), Type.FLAG
            case And(parts) | Or(parts):
                return replace(node, parts=tuple(self._condition(part) for part in parts)), Type.FLAG
            case Not(part):
                return replace(node, part=self._condition(part)), Type.FLAG
            case InList(item, options):
                (item, *rest), found = self._alike([item, *options], node)
                self._check_test(node, False, found)
                return replace(node, item=item, options=tuple(rest)), Type.FLAG
            case Between(item, low, high):
                (item, low, high), found = self._alike([item, low, high], node)
                self._check_test(node, True, found)
                return replace(node, item=item, low=low, high=high), Type.FLAG
            case IsNull(item):
                return replace(node, item=self.read(item)[0]), Type.FLAG
            case Case():
                return self._case(node)
            case Call():
                return self._call(node)

    def wanted(self, tree: Expression, found: Type, wanted: Type) -> _Typed:
        """`tree` where `wanted` is due."""
        if found == wanted or (found in _NUMBERS and wanted is Type.NUMBER) or (found in _TEXTS and wanted in _TEXTS):
            return tree, found
        if found in _NUMBERS and wanted is Type.MONEY and (scaled := _in_minor(tree, self.money_scale)) is not None:
            return scaled, wanted
        if wanted in _DAYS and isinstance(tree, Literal) and isinstance(tree.value, str):
            return self._day(tree, found, wanted), wanted
        if wanted is Type.FLAG:
            hint = "compare it with something, such as partners.tier = 'gold'"
            return self._fault(tree, "X135", f"this is {_a(found)}, and a condition is due here", hint)
        message = f"this is {_a(found)}, and {_a(wanted)} is due here"
        return self._fault(tree, "X135", message, _hint_towards(found, wanted))

    def _fault(self, node: Expression, code: str, message: str, hint: str) -> _Typed:
        self.faults.append(Fault(code, message, hint, node.at))
        return node, None

    def _condition(self, part: Expression) -> Expression:
        below, found = self.read(part)
        if found is not None and found is not Type.FLAG:
            hint = "compare it: write x = 'won' or x > 0"
            self._fault(part, "X134", f"a condition is true or false; this is a {found}", hint)
        return below

    def _check_test(self, node: Expression, ordering: bool, found: Type | None) -> None:
        if found is Type.FLAG:
            self._fault(node, "X134", "flags are not compared", _FLAG_HINT)
        elif ordering and found is not None and found not in _ORDERED:
            self._fault(node, "X133", f"a {found} has no order here", "use =, != or in (...)")

    def _alike(self, parts: Sequence[Expression], node: Expression) -> tuple[list[Expression], Type | None]:
        """The parts made one type, and that type."""
        read = [self.read(part) for part in parts]
        trees, types = [tree for tree, _ in read], [found for _, found in read]
        known = [found for found in types if found is not None]
        if len(known) < len(types):
            return trees, None
        if Type.MONEY in known and set(known) <= _NUMBERS | {Type.MONEY}:
            return self._all_money(trees, known)
        if _DAYS & set(known) and set(known) <= _DAYS | {Type.TEXT}:
            return self._all_days(trees, known)
        family = next(family for family in _FAMILIES if known[0] in family)
        if not set(known) <= family:
            other = next(found for found in known if found not in family)
            self._fault(node, "X132", f"a {known[0]} meets a {other}", _hint_towards(other, known[0]))
            return trees, None
        return trees, known[0] if len(set(known)) == 1 else Type.TEXT if family is _TEXTS else Type.NUMBER

    def _all_money(self, trees: list[Expression], types: list[Type]) -> tuple[list[Expression], Type | None]:
        made: list[Expression] = []
        for tree, found in zip(trees, types, strict=True):
            scaled = tree if found is Type.MONEY else _in_minor(tree, self.money_scale)
            if scaled is None:
                self._fault(tree, "X132", f"money meets a {found}", _hint_towards(found, Type.MONEY))
                return trees, None
            made.append(scaled)
        return made, Type.MONEY

    def _all_days(self, trees: list[Expression], types: list[Type]) -> tuple[list[Expression], Type | None]:
        # A written day takes after the columns that it meets; a month beside a date counts as its first day.
        of_columns = {found for tree, found in zip(trees, types, strict=True) if not isinstance(tree, Literal)}
        asked = Type.MONTH if of_columns & _DAYS == {Type.MONTH} else Type.DATE
        faults_before = len(self.faults)
        made = [self._day(tree, found, asked) for tree, found in zip(trees, types, strict=True)]
        return made, asked if len(self.faults) == faults_before else None

    def _day(self, tree: Expression, found: Type, wanted: Type) -> Expression:
        """A text that stands for a day; a month's text is YYYY-MM, or its first day."""
        if not isinstance(tree, Literal):
            if found is Type.TEXT:
                self._fault(tree, "X132", f"a {wanted} meets a text", _hint_towards(found, wanted))
            return tree
        if isinstance(tree.value, str):
            written = tree.value
            month = wanted is Type.MONTH and re.fullmatch(r"[0-9]{4}-[0-9]{2}", written)
            day = iso_date(f"{written}-01" if month else written)
            if day is None:
                example = "'2026-01'" if wanted is Type.MONTH else "'2026-01-31'"
                self._fault(tree, "X137", f"'{written[:40]}' is not a {wanted}", f"write an existing one, as {example}")
                return tree
            tree = replace(tree, value=day)
        if wanted is Type.MONTH and isinstance(tree.value, date) and tree.value.day != 1:
            hint = "a month is named by its first day, or as '2026-01'"
            self._fault(tree, "X137", f"{tree.value.isoformat()} is not a month", hint)
        return tree

    def _arithmetic(self, node: Arithmetic) -> _Typed:
        if isinstance(node.right, Interval):
            return self._shift(node, node.right)
        if node.op in ("+", "-"):
            return self._sum(node)
        left, first = self.read(node.left)
        right, second = self.read(node.right)
        made = replace(node, left=left, right=right)
        if first is None or second is None:
            return made, None
        if first in _NUMBERS and second in _NUMBERS:
            return made, Type.COUNT if node.op == "*" and first == second == Type.COUNT else Type.NUMBER
        if first is Type.MONEY and second in _NUMBERS:
            return made, Type.MONEY
        if node.op == "*" and first in _NUMBERS and second is Type.MONEY:
            return made, Type.MONEY
        if node.op == "/" and first is Type.MONEY and second is Type.MONEY:
            return made, Type.NUMBER
        hint = "money times or by a number is money, money by money is a number"
        return self._fault(node, "X133", f"'{node.op}' between {_a(first)} and {_a(second)}", hint)

    def _sum(self, node: Arithmetic) -> _Typed:
        (left, right), found = self._alike([node.left, node.right], node)
        made = replace(node, left=left, right=right)
        if found is None or found in _NUMBERS or found is Type.MONEY:
            return made, found
        if node.op == "-" and found in _DAYS:
            return made, Type.NUMBER
        hint = "only numbers and money add up; days between two dates are a - b"
        return self._fault(node, "X133", f"'{node.op}' between {_a(found)} and {_a(found)}", hint)

    def _shift(self, node: Arithmetic, interval: Interval) -> _Typed:
        left, found = self.read(node.left)
        if found is None:
            return node, None
        if found not in _DAYS or node.op not in ("+", "-"):
            hint = "write a date before it: deals.closed_on + interval '90' day"
            return self._fault(node, "X136", f"'{node.op}' between a {found} and an interval", hint)
        return replace(node, left=left), Type.DATE if interval.unit == "day" else found

    def _case(self, node: Case) -> _Typed:
        conditions = [self._condition(condition) for condition, _ in node.branches]
        values = [value for _, value in node.branches]
        trees, found = self._alike(values if node.otherwise is None else [*values, node.otherwise], node)
        otherwise = None if node.otherwise is None else trees.pop()
        return replace(node, branches=tuple(zip(conditions, trees, strict=True)), otherwise=otherwise), found

    def _days_within(self, node: Call) -> _Typed:
        """The two days and those of the period, which nobody writes; a month counts as its first day."""
        read = [self.read(part) for part in node.arguments]
        if any(found is None for _, found in read):
            return node, None
        for tree, found in read:
            if found not in _DAYS and not (isinstance(tree, Literal) and found is Type.TEXT):
                return self._fault(node, "X133", f"{node.name} of {_a(found or Type.TEXT)}", "give it two dates")
        faults_before = len(self.faults)
        made = [self._day(tree, found, Type.DATE) for tree, found in read if found is not None]
        period = [Column("period", "start", node.at), Column("period", "end", node.at)]
        last = made[1] if len(made) == 2 else period[1]
        return replace(node, arguments=(made[0], last, *period)), (
            Type.COUNT if len(self.faults) == faults_before else None
        )

    def _call(self, node: Call) -> _Typed:
        if node.name in WITHIN:
            return self._days_within(node)
        trees, found = self._alike(node.arguments, node)
        made = replace(node, arguments=tuple(trees))
        if node.name == "months" and found is not None:
            if found not in _DAYS and found is not Type.DATE:
                return self._fault(node, "X133", f"months from a {found} to another", "give it two dates")
            return made, Type.COUNT
        if found is None or node.name == "coalesce" or (node.name == "nullif" and found is not Type.FLAG):
            return made, found
        fine = _NUMBERS | {Type.MONEY} if node.name == "abs" else _ORDERED
        if found not in fine:
            return self._fault(node, "X133", f"{node.name} of a {found}", "give it numbers or money")
        return made, found


def _literal_type(value: Fraction | str | bool | date) -> Type:
    if isinstance(value, bool):
        return Type.FLAG
    if isinstance(value, str):
        return Type.TEXT
    return Type.DATE if isinstance(value, date) else Type.NUMBER


def _in_minor(tree: Expression, scale: int) -> Expression | None:
    """A tree of plain numbers, which are units of the currency, in minor units; None where a column is among them."""

    def below(node: Expression) -> Expression | None:
        return _in_minor(node, scale)

    match tree:
        case Literal(value):
            return replace(tree, value=value * scale, shown=value) if isinstance(value, Fraction) else None
        case Negate(operand):
            return None if (made := below(operand)) is None else replace(tree, operand=made)
        case Arithmetic(op, left, right):
            # Of a product or a quotient one side is money, the other says how often.
            first = below(left)
            second = below(right)
            if first is None or second is None:
                return None
            return replace(tree, left=first, right=second if op in ("+", "-") else right)
        case Call(_, arguments):
            parts = [below(argument) for argument in arguments]
            made_parts = tuple(part for part in parts if part is not None)
            return replace(tree, arguments=made_parts) if len(made_parts) == len(parts) else None
        case Case(branches, otherwise):
            last = None if otherwise is None else below(otherwise)
            values = [(condition, below(value)) for condition, value in branches]
            made_branches = tuple((condition, value) for condition, value in values if value is not None)
            if len(made_branches) < len(values) or (last is None) is not (otherwise is None):
                return None
            return replace(tree, branches=made_branches, otherwise=last)
    return None


def _a(type_: Type) -> str:
    """A type in words: `an id`, `a date`; money has no article."""
    return {Type.ID: "an id", Type.MONEY: "money"}.get(type_, f"a {type_}")


def _hint_towards(found: Type, wanted: Type) -> str:
    if Type.FLAG in (found, wanted):
        return _FLAG_HINT
    if Type.MONEY in (found, wanted):
        return "only money and plain written amounts mix: deals.amount > 500; divide money by money for a number"
    if (found in _NUMBERS and wanted in _TEXTS) or (found in _TEXTS and wanted in _NUMBERS):
        return "quote a text, and leave a number without quotes"
    if found in _DAYS or wanted in _DAYS:
        return "write a date as date '2026-01-31', a month as '2026-01'; days between dates are a - b"
    return "compare and combine values of one type"


def _unknown(column: Column, names: Sequence[str]) -> Fault:
    """The fault of a name that is not there, with the nearest that is."""
    if column.table is None:
        alone = [name for name in names if "." not in name]
        homes = [name for name in names if name.partition(".")[2].lower() == column.name.lower()]
        near = homes[:1] or _nearest(column.name, alone)
        return Fault("X131", f"unknown name '{column.name}'", _suggestion(near, alone or names), column.at)
    tables = sorted({name.partition(".")[0] for name in names if "." in name})
    if column.table not in tables:
        near = _nearest(column.table, tables)
        return Fault("X131", f"unknown table '{column.table}'", _suggestion(near, tables), column.at)
    inside = [name.partition(".")[2] for name in names if name.partition(".")[0] == column.table and "." in name]
    hint = _suggestion(_nearest(column.name, inside), inside)
    return Fault("X131", f"unknown column '{column.name}' in {column.table}", hint, column.at)


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    lowered = {each.lower(): each for each in known}
    return [lowered[each] for each in get_close_matches(name.lower(), list(lowered), 1)]


def _suggestion(near: Sequence[str], known: Sequence[str]) -> str:
    if near:
        return f"did you mean '{near[0]}'?"
    shown = ", ".join(known[:NAMES_SHOWN_MAX])
    return f"known: {shown}{', ...' if len(known) > NAMES_SHOWN_MAX else ''}" if shown else "nothing is known here"
