"""Expressions as frozen trees: what a condition, a measure or a formula says, without the text that it was written in.

In: nodes made by `rules.expressions.expression` (from text) or by `rules.expressions.tree_types` (rewritten to
types). Out: the columns that a tree reads, and its canonical words. Every node knows the character offset `at` where
it was written; the offset is no part of its identity, so that two ways of laying out one expression are equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Literal as OneOf, NamedTuple, TypeAlias

Unit: TypeAlias = OneOf["day", "month", "year"]


class Type(StrEnum):
    """What a column or an expression holds; `money` is in minor units, a `month` is the date of its first day."""

    ID = "id"
    TEXT = "text"
    DATE = "date"
    MONTH = "month"
    MONEY = "money"
    NUMBER = "number"
    COUNT = "count"
    FLAG = "flag"


class Fault(NamedTuple):
    """One thing wrong with an expression: its code, what and how to mend it, and the character offset where it is."""

    code: str
    message: str
    hint: str
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A written value: an exact number, a text (NFC), true or false, or a date. Unknown is never written.

    `shown` is what people wrote for a value that stands for it: the name of a tier, an amount in major units.
    """

    value: Fraction | str | bool | date
    at: int = 0
    shown: str | Fraction | None = None

    # Python says that 1 == True; an expression does not.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Column:
    """A value by name: `table.column` or `scorecard.part`; without a table, a KPI, score, payout or other step.

    `on` is the day whose version is meant, of what a table says by versions: a column of the row that asks, or a date.
    """

    table: str | None
    name: str
    at: int = field(default=0, compare=False)
    on: Column | date | None = None

    @property
    def words(self) -> str:
        """As people write it, who leave the day to the rule."""
        return self.name if self.table is None else f"{self.table}.{self.name}"

    def __str__(self) -> str:
        return self.words if self.on is None else f"{self.words} on {self.on}"


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time to add to a date or to take from it; months and years clip to the end of the month."""

    count: int
    unit: Unit
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left op right`, exact; a division by zero is unknown."""

    op: OneOf["+", "-", "*", "/"]
    left: Expression
    right: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Negate:
    """A value with its sign turned."""

    operand: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right`; unknown where either side is."""

    op: OneOf["=", "!=", "<", "<=", ">", ">="]
    left: Expression
    right: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """True where all parts are, false where one part is false, else unknown. Two parts or more."""

    parts: tuple[Expression, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """True where one part is, false where all parts are false, else unknown. Two parts or more."""

    parts: tuple[Expression, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    part: Expression
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class InList:
    """Whether `item` equals one of `options`; unknown where none equals it and something is unknown."""

    item: Expression
    options: tuple[Expression, ...]
    negated: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """Whether `low <= item and item <= high`."""

    item: Expression
    low: Expression
    high: Expression
    negated: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether `item` is unknown; itself never unknown."""

    item: Expression
    negated: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first branch (condition, value) whose condition is true, else `otherwise`, else unknown."""

    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS`. `least`, `greatest` and `abs` are unknown where an argument is: a limit that nobody
    knows is no limit to pay by. `coalesce` is the first known argument; `nullif(a, b)` is unknown where a = b, else a.
    `months(a, b)` counts the whole months from one day to another: the most that can be added to a and not pass b.
    `days_within(a, b)` counts the days of the period from a to b, both included; a blank a is its beginning, a blank b
    its end, and without b it is from a on. `days360_within` counts months of 30 days. Once typed, both hold the
    period's first day and the day after its last as well, which nobody writes.
    """

    name: str
    arguments: tuple[Expression, ...]
    at: int = field(default=0, compare=False)


Expression: TypeAlias = (
    Literal
    | Column
    | Interval
    | Arithmetic
    | Negate
    | Comparison
    | And
    | Or
    | Not
    | InList
    | Between
    | IsNull
    | Case
    | Call
)

# The least and the most arguments of each function.
FUNCTIONS: dict[str, tuple[int, int]] = {
    "least": (2, 100),
    "greatest": (2, 100),
    "coalesce": (2, 100),
    "abs": (1, 1),
    "nullif": (2, 2),
    "months": (2, 2),
    "days_within": (1, 2),
    "days360_within": (1, 2),
}
WITHIN = frozenset(["days_within", "days360_within"])  # these count days of the period


def columns(tree: Expression) -> tuple[Column, ...]:
    """The columns that `tree` reads, each once, in the order of their first use."""
    found: dict[Column, None] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Column):
            found.setdefault(node)
        waiting.extend(reversed(children(node)))
    return tuple(found)


def rebuild(tree: Expression, column: Callable[[Column], Expression]) -> Expression:
    """The same tree with each column replaced by what `column` gives for it. Recursive, as `words` is."""

    return column(tree) if isinstance(tree, Column) else with_children(tree, lambda node: rebuild(node, column))


def with_children(node: Expression, below: Callable[[Expression], Expression]) -> Expression:
    """The same node with each node right below it replaced by what `below` gives for it."""
    match node:
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            return replace(node, left=below(left), right=below(right))
        case Negate(operand):
            return replace(node, operand=below(operand))
        case Not(part):
            return replace(node, part=below(part))
        case And(parts) | Or(parts):
            return replace(node, parts=tuple(map(below, parts)))
        case InList(item, options):
            return replace(node, item=below(item), options=tuple(map(below, options)))
        case Between(item, low, high):
            return replace(node, item=below(item), low=below(low), high=below(high))
        case IsNull(item):
            return replace(node, item=below(item))
        case Case(branches, otherwise):
            changed = tuple((below(condition), below(value)) for condition, value in branches)
            return replace(node, branches=changed, otherwise=None if otherwise is None else below(otherwise))
        case Call(_, arguments):
            return replace(node, arguments=tuple(map(below, arguments)))
    return node


def children(node: Expression) -> tuple[Expression, ...]:
    """The nodes right below `node`, in the order in which they are written."""
    match node:
        case Literal() | Column() | Interval():
            return ()
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            return (left, right)
        case Negate(below) | Not(below) | IsNull(below):
            return (below,)
        case And(parts) | Or(parts) | Call(_, parts):
            return parts
        case InList(item, options):
            return (item, *options)
        case Between(item, low, high):
            return (item, low, high)
        case Case(branches, otherwise):
            inside = tuple(part for branch in branches for part in branch)
            return inside if otherwise is None else (*inside, otherwise)


def as_written(tree: Expression) -> str:
    """The words of a typed tree as people wrote them: amounts in major units."""
    return words(_in_major(tree))


def _in_major(tree: Expression) -> Expression:
    if isinstance(tree, Literal) and isinstance(tree.shown, Fraction):
        return Literal(tree.shown, tree.at)
    return with_children(tree, _in_major)


# How tightly a node holds its parts together; a part that holds less tightly than its place asks gets brackets.
_ANY, _LOGIC, _NOT, _TEST, _SUM, _PRODUCT, _SIGN, _ATOM = range(8)


def words(tree: Expression) -> str:
    """The canonical text of `tree`: one layout for each meaning, plain to read, which parses back to an equal tree.

    Recursive: for trees within the depth that `rules.expressions.expression` accepts.

    >>> words(Comparison(">", Column("deals", "amount"), Negate(Literal(Fraction("2.50")))))
    'deals.amount > -2.5'
    """
    match tree:
        case Literal(value):
            return _literal(tree.shown if isinstance(tree.shown, str) else value)
        case Column():
            return tree.words
        case Interval(count, unit):
            return f"interval '{count}' {unit}"
        case Arithmetic(op, left, right):
            own = _binding(tree)
            # A sign after an operator is legal, and hard to read.
            right_text = f"({words(right)})" if isinstance(right, Negate) else _within(right, own + 1)
            return f"{_within(left, own)} {op} {right_text}"
        case Negate(operand):
            return f"-{_within(operand, _ATOM)}"
        case Comparison(op, left, right):
            return f"{_within(left, _SUM)} {op} {_within(right, _SUM)}"
        case And(parts):
            return " and ".join(_within(part, _NOT) for part in parts)
        case Or(parts):
            return " or ".join(_within(part, _NOT) for part in parts)
        case Not(part):
            return f"not {_within(part, _ATOM)}"
        case InList(item, options, negated):
            return f"{_within(item, _SUM)} {_not(negated)}in ({', '.join(map(words, options))})"
        case Between(item, low, high, negated):
            return f"{_within(item, _SUM)} {_not(negated)}between {_within(low, _SUM)} and {_within(high, _SUM)}"
        case IsNull(item, negated):
            return f"{_within(item, _SUM)} is {_not(negated)}null"
        case Case(branches, otherwise):
            whens = "".join(f" when {words(condition)} then {words(value)}" for condition, value in branches)
            return f"case{whens}{'' if otherwise is None else f' else {words(otherwise)}'} end"
        case Call(name):
            return f"{name}({', '.join(map(words, written(tree)))})"


def written(call: Call) -> tuple[Expression, ...]:
    """The arguments of a function that people write."""
    return call.arguments[:2] if call.name in WITHIN else call.arguments


def _within(node: Expression, least: int) -> str:
    text = words(node)
    return text if _binding(node) >= least else f"({text})"


def _binding(node: Expression) -> int:
    match node:
        case Literal(value):
            return _SIGN if isinstance(value, Fraction) and value < 0 else _ATOM
        case Column() | Interval() | Case() | Call():
            return _ATOM
        case Negate():
            return _SIGN
        case Arithmetic(op):
            return _SUM if op in ("+", "-") else _PRODUCT
        case Comparison() | InList() | Between() | IsNull():
            return _TEST
        case Not():
            return _NOT
        case And() | Or():
            return _LOGIC


def _not(negated: bool) -> str:
    return "not " if negated else ""


def _literal(value: Fraction | str | bool | date) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return _decimal(value)


def _decimal(value: Fraction) -> str:
    """The shortest decimal of a number; a written number is always a finite one."""
    below, decimals = value.denominator, 0
    while below % 10 == 0 or below % 5 == 0 or below % 2 == 0:
        below = below // 10 if below % 10 == 0 else below // 5 if below % 5 == 0 else below // 2
        decimals += 1
    assert below == 1, f"{value} has no finite decimal"
    digits = str(abs(value) * 10**decimals).rjust(decimals + 1, "0")
    whole, rest = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return ("-" if value < 0 else "") + whole + (f".{rest}" if rest else "")
