"""The most specific entry that fits a row: the notion that rate cards and credit rules share.

In: what each entry is for, as people write it (`for: {deals.product: Atlas, partners.region: [DE, AT]}`). Out: a
condition for each, as an expression of the row, and which entry a row gets. An entry fits a row if all its attributes
do; one that is unknown does not. Of the entries that fit, the one that names the most attributes is the most specific:
one whose attributes are those of another and more always comes before it. A list counts as one attribute, and so does a
range. An entry for nothing (`for: {}`) fits every row, and every other one that fits comes before it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Annotated, NoReturn

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.expressions.expression import Written
from rules.expressions.tree import And, Between, Column, Comparison, Expression, InList, Literal, words
from rules.names import NAME
from rules.quantities.exact import Flags
from rules.quantities.numerals import Unwritable, decimal_text, has_decimals, measure, parse_decimal
from rules.quantities.written import DATE_PATTERN, parse_date, parse_rate, rate_text
from rules.reads import Reads

VALUES_MAX = 1_000  # of one attribute: a longer list is a table
_POINTS_MAX = 256  # of an entry: more combinations of texts are not listed one by one


@dataclass(frozen=True, slots=True)
class Texts:
    """An attribute has one of these texts; they are in order, so that one set of them is written in one way."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """An end of a range, and whether the range holds it."""

    value: Fraction | date
    is_held: bool


@dataclass(frozen=True, slots=True)
class Span:
    """An attribute is a number, an amount or a date between two edges; None: open on that side."""

    low: Edge | None
    high: Edge | None


def specificity(match: Match) -> int:
    """How many attributes a match names: the more, the more specific."""
    return len(match)


def condition(match: Match) -> Written | None:
    """The condition that holds where a row fits; None where every row does.

    >>> print(condition({"deals.product": Texts(("Atlas",)), "partners.region": Texts(("AT", "DE"))}).text)
    deals.product = 'Atlas' and partners.region in ('AT', 'DE')
    """
    parts = [part for name, wish in match.items() for part in _parts(_column(name), wish)]
    if not parts:
        return None
    tree = parts[0] if len(parts) == 1 else And(tuple(parts))
    return Written(words(tree), tree)


def same_rows(matches: Sequence[Match]) -> list[tuple[int, int, Match]]:
    """The pairs of entries by the same attributes that fit the same rows, whatever is in the tables: of each entry, the
    first that shares values of every attribute with it; and for which rows both are.

    >>> atlas, both = Texts(("Atlas",)), Texts(("Atlas", "Borea"))
    >>> same_rows([{"deals.product": atlas}, {"deals.kind": atlas}, {"deals.product": both}])
    [(0, 2, {'deals.product': Texts(values=('Atlas',))})]
    """
    alike: dict[frozenset[str], list[int]] = {}
    for index, match in enumerate(matches):
        alike.setdefault(frozenset(match), []).append(index)
    firsts = (found for group in alike.values() for found in _firsts(matches, group))
    return sorted(firsts, key=lambda found: found[1])


def _firsts(matches: Sequence[Match], group: Sequence[int]) -> Iterator[tuple[int, int, Match]]:
    """The same among entries by the same attributes. Entries of few combinations of texts, as cards have them by the
    thousand, are found by those; others are held against every one before them."""
    by_point: dict[tuple[str, ...], int] = {}
    wide: list[int] = []
    for place, index in enumerate(group):
        points = _points(matches[index])
        near = group[:place] if points is None else sorted({by_point[point] for point in points if point in by_point})
        for before in sorted({*near, *wide}):
            match = matches[before]
            shared = {name: _shared(match[name], wish) for name, wish in matches[index].items()}
            if all(wish is not None for wish in shared.values()):
                yield before, index, {name: wish for name, wish in shared.items() if wish is not None}
                break
        if points is None:
            wide.append(index)
        for point in points or ():
            by_point.setdefault(point, index)


def _points(match: Match) -> list[tuple[str, ...]] | None:
    """Every combination of texts that an entry fits; None where there are too many, or ranges."""
    lists = [wish.values for _, wish in sorted(match.items()) if isinstance(wish, Texts)]
    if len(lists) < len(match) or math.prod(map(len, lists)) > _POINTS_MAX:
        return None
    return list(product(*lists))


def _shared(one: Wish, other: Wish) -> Wish | None:
    """The values of an attribute that both wish for; None where it is not certain that there are any."""
    if isinstance(one, Texts) and isinstance(other, Texts):
        values = tuple(value for value in one.values if value in other.values)
        return Texts(values) if values else None
    if isinstance(one, Texts) or isinstance(other, Texts):
        return None
    edges = [edge for edge in (one.low, one.high, other.low, other.high) if edge is not None]
    if len({isinstance(edge.value, date) for edge in edges}) > 1:
        return None
    low = max(
        filter(None, (one.low, other.low)), key=lambda edge: (_number(edge.value), not edge.is_held), default=None
    )
    high = min(filter(None, (one.high, other.high)), key=lambda edge: (_number(edge.value), edge.is_held), default=None)
    return Span(low, high) if _holds_some(low, high, edges) else None


def _holds_some(low: Edge | None, high: Edge | None, edges: Sequence[Edge]) -> bool:
    """Whether values lie between two edges, in days or whole numbers where all edges are such."""
    if low is None or high is None:
        return True
    begins, ends = _number(low.value), _number(high.value)
    if any(_number(edge.value).denominator != 1 for edge in edges):
        return begins < ends or (begins == ends and low.is_held and high.is_held)
    return begins + (not low.is_held) <= ends - (not high.is_held)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Which entry each row gets, (n,), -1 for none; and another one that fits and is as specific, -1 for none."""

    entry: NDArray[np.int64]
    rival: NDArray[np.int64]


def most_specific(matches: Sequence[Match], fits: Sequence[Flags], rows: int) -> Choice:
    """The choice for each row: `fits` says for each entry which rows it fits, (rows,) each.

    >>> chosen = most_specific([{}, {"deals.product": Texts(("Atlas",))}], [np.array([1, 1]), np.array([0, 1])], 2)
    >>> chosen.entry.tolist(), chosen.rival.tolist()
    ([0, 1], [-1, -1])
    """
    entry, rival = np.full(rows, -1, dtype=np.int64), np.full(rows, -1, dtype=np.int64)
    levels = np.array([specificity(match) for match in matches], dtype=np.int64)
    for index in np.argsort(-levels, kind="stable").tolist():
        here = np.asarray(fits[index], dtype=bool)
        taken = entry >= 0
        rival[here & taken & (rival < 0) & (levels[entry] == levels[index])] = index
        entry[here & ~taken] = index
    return Choice(entry, rival)


def _column(name: str) -> Column:
    table, _, column = name.partition(".")
    return Column(table, column)


def _parts(column: Column, wish: Wish) -> list[Expression]:
    if isinstance(wish, Texts):
        options = tuple(Literal(text) for text in wish.values)
        return [Comparison("=", column, options[0]) if len(options) == 1 else InList(column, options)]
    low, high = wish.low, wish.high
    if low is not None and high is not None and low.is_held and high.is_held:
        return [Between(column, Literal(low.value), Literal(high.value))]
    parts: list[Expression] = []
    if low is not None:
        parts.append(Comparison(">=" if low.is_held else ">", column, Literal(low.value)))
    if high is not None:
        parts.append(Comparison("<=" if high.is_held else "<", column, Literal(high.value)))
    return parts


def _attribute(name: str) -> str:
    if re.fullmatch(rf"{NAME}\.{NAME}", name, re.ASCII) is None:
        _refuse("P180", f"'{name[:80]}' is not a column of a table", "write table.column, such as deals.product")
    return name


def _wish(written: object) -> Wish:
    """What a document says of one attribute: a text, a list of texts, or a range."""
    if isinstance(written, Texts | Span):
        return written
    if isinstance(written, str):
        return Texts((_text(written),))
    if isinstance(written, list | tuple):
        return _texts(written)
    if isinstance(written, Mapping):
        return _span(written)
    return _refuse("P181", "an attribute without a value", "write a text, a list of texts or a range {from: 1, to: 9}")


def _texts(written: Sequence[object]) -> Texts:
    if not written or len(written) > VALUES_MAX:
        hint = f"list 1 to {VALUES_MAX:,} texts, or leave the attribute out where every value fits"
        _refuse("P181", f"a list of {len(written):,} values", hint)
    values = [_text(each) for each in written]
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        _refuse("P181", f"'{twice[:80]}' is listed twice", "list each value once")
    return Texts(tuple(sorted(values)))


def _text(written: object) -> str:
    if not isinstance(written, str) or not written.strip():
        _refuse("P181", "a blank value", "write a text; an entry never fits a row whose value is blank")
    return unicodedata.normalize("NFC", written)


_ENDS = {"from": ("low", True), "above": ("low", False), "to": ("high", True), "below": ("high", False)}


def _span(written: Mapping[object, object]) -> Span:
    edges: dict[str, Edge] = {}
    for key, value in written.items():
        side, is_held = _ENDS.get(str(key), ("", False))
        if not side or side in edges:
            hint = "write from: or above: for its lower end, to: or below: for its upper end, each at most once"
            _refuse("P181", f"a range with the key '{str(key)[:40]}'", hint)
        edges[side] = Edge(_edge(value), is_held)
    low, high = edges.get("low"), edges.get("high")
    if not edges:
        _refuse("P181", "a range without an end", "give it one of from, above, to and below")
    if low is not None and high is not None:
        _check_order(low, high)
    return Span(low, high)


def _check_order(low: Edge, high: Edge) -> None:
    if isinstance(low.value, date) is not isinstance(high.value, date):
        _refuse("P181", "a range from a date to a number", "write both ends as dates, or both as numbers")
    begins, ends = (_number(edge.value) for edge in (low, high))
    if begins > ends or (begins == ends and not (low.is_held and high.is_held)):
        _refuse("P181", "a range that holds nothing", "write its lower end first; from and to hold their ends")


def _number(value: Fraction | date) -> Fraction:
    return Fraction(value.toordinal()) if isinstance(value, date) else value


def _edge(written: object) -> Fraction | date:
    """A date, a percentage or a decimal; beside money it is an amount in the program's currency."""
    try:
        if not isinstance(written, str):
            raise Unwritable("W123", "a written text belongs here", "write one value, such as 12 or 2026-01-31")
        if re.fullmatch(DATE_PATTERN, written):
            return parse_date(written)
        if written.endswith("%"):
            return parse_rate(written)
        measure(written)
        return parse_decimal(written, written)
    except Unwritable as error:
        _refuse(error.code, error.message, error.hint)


def _refuse(code: str, message: str, hint: str) -> NoReturn:
    raise PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def _plain(wish: Wish) -> object:
    """What `_wish` reads back as the same."""
    if isinstance(wish, Texts):
        return wish.values[0] if len(wish.values) == 1 else list(wish.values)
    ends = ((wish.low, "from", "above"), (wish.high, "to", "below"))
    return {(held if edge.is_held else bare): _edge_text(edge.value) for edge, held, bare in ends if edge is not None}


def _edge_text(value: Fraction | date) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return decimal_text(value, 0) if has_decimals(value) else rate_text(value)  # a percentage has two decimals more


_END = {"type": ["string", "number"]}
Wish = Texts | Span
Attribute = Annotated[str, AfterValidator(_attribute)]
WishField = Annotated[
    Wish,
    Reads(_wish),
    PlainSerializer(_plain, when_used="json"),
    WithJsonSchema(
        {
            "description": "A text, one of several texts, or a range: from and to hold their end, above and below not.",
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
                {"type": "object", "properties": dict.fromkeys(_ENDS, _END), "additionalProperties": False},
            ],
            "examples": ["Atlas", ["DE", "AT"], {"from": 12, "below": 24}],
        }
    ),
]
Match = Mapping[Attribute, WishField]
