"""Expressions as people write them: SQL text in, a frozen tree out, and nothing of the text in between.

The text is cut into tokens under limits (`rules.expressions.tokens`). Names and values become leaves at once; sqlglot
is asked only how the operators between them group, on a text of keywords, operators and leaf numbers that is made
here. Brackets are taken from the inside out, so that its stack never grows with the input. Its answer is rebuilt
against a list of allowed nodes into our own. This is the only module that imports sqlglot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from pydantic import PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.expressions.tokens import DEPTH_MAX, LENGTH_MAX, BadExpression, Token, scan, too_deep
from rules.expressions.tree import (
    FUNCTIONS,
    And,
    Arithmetic,
    Between,
    Call,
    Case,
    Comparison,
    Expression,
    Fault,
    InList,
    IsNull,
    Negate,
    Not,
    Or,
    children,
    words,
)
from rules.reads import Reads

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Node

__all__ = ["BadExpression", "ExpressionField", "Written", "height", "parse_expression"]

# What may stand in sqlglot's tree, and which of its arguments may be filled.
_PAIR = frozenset(["this", "expression"])
_ALLOWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(["And", "Or", "EQ", "NEQ", "LT", "LTE", "GT", "GTE", "Add", "Sub", "Mul", "Div", "Is"], _PAIR),
    **dict.fromkeys(["Not", "Neg", "Paren", "Column"], frozenset(["this"])),
    "In": frozenset(["this", "expressions"]),
    "Between": frozenset(["this", "low", "high"]),
    "Case": frozenset(["ifs", "default"]),
    "If": frozenset(["this", "true"]),
    "Null": frozenset(),
    "Identifier": frozenset(["this", "quoted"]),
}
_ARITHMETIC: dict[str, Any] = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}
_COMPARISONS: dict[str, Any] = {"EQ": "=", "NEQ": "!=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_TESTS = frozenset([*_COMPARISONS, "In", "Between", "Is", "Not", "Paren"])


def parse_expression(text: str) -> Expression:
    """The tree of a condition or formula; numbers are exact, texts are NFC, names are not yet looked up.

    Raises `BadExpression` with codes X1xx. What is accepted also fits the limits in its canonical words, so that
    words can always be read back.

    >>> words(parse_expression("NOT (deals.amount <= 1_000.00) AND kind IN ('new')"))
    "not (deals.amount <= 1000) and kind in ('new')"
    """
    tokens = scan(text)
    tree = _folded(tokens)
    if height(tree) > DEPTH_MAX:
        raise too_deep(tokens[0].at)
    canonical = words(tree)
    if canonical != text:
        _check_canonical(canonical)
    return tree


def height(tree: Expression) -> int:
    """The number of nodes on the longest way from the root to a leaf."""
    highest, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        highest = max(highest, level)
        waiting.extend((child, level + 1) for child in children(node))
    return highest


def _check_canonical(canonical: str) -> None:
    if len(canonical) > LENGTH_MAX:
        message = f"expression of {len(canonical)} characters with its brackets written out; {LENGTH_MAX} is the most"
        raise BadExpression(Fault("X102", message, "split it into steps, each with a name", 0))
    scan(canonical)


def _folded(tokens: Sequence[Token]) -> Expression:
    """The tree of balanced tokens: each group of brackets becomes a leaf of the group around it."""
    levels: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind in ("open", "call", "in", "case"):
            levels.append([token])
        elif token.kind in ("close", "end"):
            group = levels.pop()
            if not group or group[0].kind not in _OPENERS[token.kind]:
                _refuse("X115", f"'{token.text}' closes nothing", "open it first, or take it out", token.at)
            levels[-1].append(_group(group, token))
        else:
            levels[-1].append(token)
    if len(levels) > 1:
        opener = levels[-1][0]
        shown, missing = ("case", "end") if opener.kind == "case" else ("(", ")")
        _refuse("X115", f"'{shown}' is never closed", f"add {missing}", opener.at)
    return _parsed(levels[0], 0)


_OPTIONS = "in (...)"
_OPENERS = {"close": ("open", "call", "in"), "end": ("case",)}


def _group(group: list[Token], closer: Token) -> Token:
    opener = group[0]
    if opener.kind == "case":
        return Token("leaf", "case ... end", opener.at, _parsed([*group, closer], opener.at))
    parts = [_parsed(part, opener.at) for part in _split(group[1:])]
    if opener.kind == "in":
        return Token("options", _OPTIONS, opener.at, values=tuple(parts))
    if opener.kind == "call":
        least, most = FUNCTIONS[opener.text]
        if not least <= len(parts) <= most:
            wanted = str(least) if least == most else f"{least} or more" if most >= 100 else f"{least} to {most}"
            message = f"{opener.text} takes {wanted} values, not {len(parts)}"
            _refuse("X113", message, f"write {opener.text}({', '.join('xyz'[: max(least, 1)])})", opener.at)
        return Token("leaf", f"{opener.text}(...)", opener.at, Call(opener.text, tuple(parts), opener.at))
    if len(parts) > 1:
        _refuse("X116", "a list stands only after in", "write kind in ('new', 'renewal')", opener.at)
    return Token("leaf", "(...)", opener.at, parts[0])


def _split(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "comma":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _parsed(tokens: Sequence[Token], at: int) -> Expression:
    """The tree of tokens without brackets."""
    if not tokens:
        _refuse("X116", "a value is missing", "write something inside of the brackets and between the commas", at)
    _check_order(tokens)
    if len(tokens) == 1 and tokens[0].value is not None:
        return tokens[0].value
    return _build(_grouped(tokens), tokens, 0)


def _check_order(tokens: Sequence[Token]) -> None:
    """Refuse what SQL readers forgive or misread: values side by side, a lone +, `is true`, a not inside of a sum."""
    # `have`: a value stands before; `begins`: a condition begins here, so that a not may open it.
    index, have, begins = 0, False, True
    while index < len(tokens):
        token = tokens[index]
        if have:
            index, have, begins = _after_value(tokens, index)
            continue
        if token.kind == "leaf":
            have = True
        elif token.kind == "case" and _text(tokens, index + 1) == "when":
            index, begins = index + 1, True
        elif token.text == "-":
            begins = False
        elif token.text != "not" or not begins:
            _refuse_start(token)
        index += 1
    if not have:
        _refuse("X116", f"a value is missing after '{tokens[-1].text}'", "write one, or take it out", tokens[-1].at)


def _after_value(tokens: Sequence[Token], index: int) -> tuple[int, bool, bool]:
    """What follows a value at `index`: the next index, and `have` and `begins` there."""
    token, after = tokens[index], _text(tokens, index + 1)
    if token.kind == "options" or token.kind == "end":
        return index + 1, True, False
    if token.kind == "operator" or token.text == "between":
        return index + 1, False, False
    if token.text in ("and", "or", "when", "then", "else"):
        return index + 1, False, True
    if token.text == "not":
        if after == "between":
            return index + 2, False, False
        if after != _OPTIONS:
            _refuse("X116", "'not' in the wrong place", "write not before the condition, or x not in (...)", token.at)
        return index + 2, True, False
    if token.text == "is":
        nulls = 1 if after == "null" else 2
        if after not in ("null", "not") or _text(tokens, index + nulls) != "null":
            _refuse("X116", "'is' tests only for null", "write x is null, or x = ..., or a flag alone", token.at)
        return index + nulls + 1, True, False
    if token.kind == "comma":
        _refuse("X116", "',' stands only in a list", "write a point for decimals", token.at)
    return _refuse("X116", f"an operator is missing before '{token.text[:40]}'", "put and, or, = ... there", token.at)


def _refuse_start(token: Token) -> NoReturn:
    if token.text == "null":
        hint = "write x is null to test, and leave out else to give an unknown"
        _refuse("X117", "null is not a value", hint, token.at)
    if token.text == "not":
        _refuse("X116", "'not' inside of a comparison or a sum", "put brackets around not ...", token.at)
    if token.kind == "case":
        _refuse("X116", "'case' without 'when'", "write case when x = 1 then ... else ... end", token.at)
    _refuse("X116", f"a value is missing before '{token.text}'", "write one, or take it out", token.at)


def _text(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].text if index < len(tokens) else ""


def _grouped(tokens: Sequence[Token]) -> Node:
    """How the operators group: sqlglot's tree over a text in which every leaf is a quoted number."""
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError

    pieces = [_piece(token, number) for number, token in enumerate(tokens)]
    try:
        return parse_one(" ".join(pieces))
    except SqlglotError as error:
        token = tokens[_failing(pieces, error)]
        hint = "a case is case when ... then ... else ... end; a between is x between low and high"
        _refuse("X116", f"can't be read at '{token.text[:40]}'", hint, token.at)


def _piece(token: Token, number: int) -> str:
    if token.kind == "leaf":
        return f'"{number}"'
    return f'in ("{number}")' if token.kind == "options" else token.text


def _failing(pieces: list[str], error: Exception) -> int:
    details = getattr(error, "errors", None) or [{}]
    column, end = details[0].get("col") or 0, 0
    for number, piece in enumerate(pieces):
        end += len(piece) + 1
        if column < end:
            return number
    return len(pieces) - 1


def _build(node: Node, tokens: Sequence[Token], level: int) -> Expression:
    name = type(node).__name__
    if name not in _ALLOWED or any(value and key not in _ALLOWED[name] for key, value in node.args.items()):
        _refuse("X116", "this is not an expression", "write a condition such as deals.amount > 0", tokens[0].at)
    if level > DEPTH_MAX:
        raise too_deep(tokens[0].at)

    def below(key: str) -> Expression:
        part = node.args[key]
        if name in _TESTS - {"Not", "Paren"} and type(part).__name__ in _TESTS:
            hint = "write a < b and b < c, or put brackets around one of them"
            _refuse("X118", "comparisons in a chain", hint, tokens[0].at)
        return _build(part, tokens, level + 1)

    match name:
        case "Column":
            value = tokens[int(node.name)].value
            assert value is not None, "only leaves are written as quoted numbers"
            return value
        case "Paren":
            return below("this")
        case "And" | "Or":
            parts = tuple(_build(part, tokens, level + 1) for part in node.flatten(unnest=False))
            return And(parts, parts[0].at) if name == "And" else Or(parts, parts[0].at)
        case "Neg":
            operand = below("this")
            return Negate(operand, operand.at)
        case "Not":
            return _negated(below("this"), type(node.this).__name__)
        case "In":
            item = below("this")
            return InList(item, tokens[int(node.expressions[0].name)].values, False, item.at)
        case "Between":
            item = below("this")
            return Between(item, below("low"), below("high"), False, item.at)
        case "Is":
            item = below("this")
            return IsNull(item, False, item.at)
        case "Case":
            return _case(node, tokens, level)
    left, right = below("this"), below("expression")
    if name in _ARITHMETIC:
        return Arithmetic(_ARITHMETIC[name], left, right, left.at)
    return Comparison(_COMPARISONS[name], left, right, left.at)


def _negated(part: Expression, name: str) -> Expression:
    """`not x in (...)` is `x not in (...)`; a bracketed test keeps its own not."""
    match part:
        case InList(item, options) if name == "In":
            return InList(item, options, True, part.at)
        case Between(item, low, high) if name == "Between":
            return Between(item, low, high, True, part.at)
        case IsNull(item) if name == "Is":
            return IsNull(item, True, part.at)
    return Not(part, part.at)


def _case(node: Node, tokens: Sequence[Token], level: int) -> Expression:
    def below(part: Node) -> Expression:
        return _build(part, tokens, level + 1)

    branches = tuple((below(branch.this), below(branch.args["true"])) for branch in node.args["ifs"])
    default = node.args.get("default")
    return Case(branches, None if default is None else below(default), tokens[0].at)


def _refuse(code: str, message: str, hint: str, at: int) -> NoReturn:
    raise BadExpression(Fault(code, message, hint, at))


@dataclass(frozen=True, slots=True)
class Written:
    """An expression of a document: its tree, and the text that it was written in (no part of its identity)."""

    text: str = field(compare=False)
    tree: Expression


_parsed_once = lru_cache(maxsize=2048)(parse_expression)


def _read(value: object) -> Written:
    if isinstance(value, Written):
        return value
    if not isinstance(value, str):
        context = {"hint": "write it as text, such as deals.amount > 0", "offset": 0}
        raise PydanticCustomError("X119", "an expression is a text", context)
    try:
        return Written(str(value), _parsed_once(str(value)))
    except BadExpression as error:
        first = error.faults[0]
        faults = [fault._asdict() for fault in error.faults]
        context = {"hint": first.hint, "offset": first.at, "faults": faults, "message": first.message}
        # The message goes in by name: its own braces, copied from the document, are no template.
        raise PydanticCustomError(first.code, "{message}", context) from None


ExpressionField = Annotated[
    Written,
    Reads(_read),
    PlainSerializer(lambda written: words(written.tree), return_type=str),
    WithJsonSchema(
        {
            "type": ["string", "number"],  # an editor reads 1.2 as a number; here it is a text like any other
            "maxLength": LENGTH_MAX,
            "description": "A condition or formula over one row, in SQL: names as table.column, numbers, 'texts', "
            "date '2026-01-31', and, or, not, in, between, is null, case, = != < <= > >=, + - * /, "
            f"and the functions {', '.join(FUNCTIONS)}.",
            "examples": [
                "deals.status = 'won' and partners.region in ('DE', 'AT')",
                "deals.annual_value * credits.share",
                "customers.churned_on < deals.closed_on + interval '90' day",
            ],
        }
    ),
]
