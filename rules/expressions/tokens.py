"""The words of an expression: text in, tokens out, under limits of length, number and nesting that are kept first.

Nothing here can recurse or backtrack: one pass over at most 2,000 characters. Everything that is not on the list of
what may be written is refused, with its place and how to write it instead. Names and values leave as finished leaves
of the tree, so that what comes after never sees a text from outside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal as OneOf, NamedTuple, TypeAlias, get_args

from rules.expressions.tree import FUNCTIONS, Column, Expression, Fault, Interval, Literal, Unit

LENGTH_MAX = 2_000
TOKENS_MAX = 500
DEPTH_MAX = 50
NAME_LENGTH_MAX = 64
DIGITS_MAX = 18
FAULTS_MAX = 20
INTERVAL_MAX = {"day": 36_600, "month": 1_200, "year": 100}

Kind: TypeAlias = OneOf["leaf", "options", "word", "operator", "open", "call", "in", "case", "close", "end", "comma"]

_KEYWORDS = frozenset(
    ["and", "or", "not", "between", "is", "null", "case", "when", "then", "else", "end", "in", "true", "false"]
)
_REFUSED = {
    "an expression looks at one row; it can't query": "select from where with union exists any",
    "an expression only reads": "insert update delete drop create alter attach copy pragma",
    "use = or in (...) with whole texts": "like ilike similar regexp rlike glob escape",
    "columns have types already; leave it out": "cast try_cast collate",
    "ranks and running totals are kinds of rule": "over partition window",
    "this word has no meaning in an expression": "as distinct lambda div mod xor",
    "numbers are exact and finite": "nan inf infinity",
    "a result may not depend on the day; name a date": "current_date current_timestamp",
    "write is null or is not null": "isnull notnull",
}
_REFUSED_WORDS = {word: hint for hint, listed in _REFUSED.items() for word in listed.split()}
_SYMBOL_HINTS = {
    "==": "did you mean =",
    "===": "did you mean =",
    "&&": "did you mean and",
    "||": "did you mean or; texts can't be joined",
    "!": "did you mean not",
    "=<": "did you mean <=",
    "=>": "did you mean >=",
    "<=>": "did you mean =",
    "**": "write a product: x * x",
    "^": "write a product: x * x",
    "//": "did you mean /",
    "%": "there is no remainder; for a percentage write a number such as 0.075",
    "~": "use = or in (...) with whole texts",
    "::": "columns have types already; leave it out",
    ".": "write a name as table.column and a number as 0.5",
    "×": "did you mean *",
    "÷": "did you mean /",
    "−": "did you mean -",
    "–": "did you mean -",
    "≤": "did you mean <=",
    "≥": "did you mean >=",
    "≠": "did you mean !=",
    "‘": "write texts in plain single quotes: 'won'",
    "’": "write texts in plain single quotes: 'won'",
    "“": "write texts in plain single quotes: 'won'",
    "”": "write texts in plain single quotes: 'won'",
    "\u00a0": "this is a no-break space; write a plain one",
}
_ALLOWED_HINT = "use names, numbers, 'texts', and or not in between is null case, = != < <= > >= + - * / ( ) ,"

_RAW = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>'(?:[^']|'')*')
    |(?P<number>[0-9][0-9A-Za-z_.]*%?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?:\.\*)?)
    |(?P<open>'.*)
    |(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z)|\#|;)
    |(?P<quoted>"[^"]*"?|`[^`]*`?)
    |(?P<refused><=>|===?|=<|=>|->>?|<<|>>|<@|@>|\*\*|//|::|:=|&&|\|\||!~|~~)
    |(?P<mark><>|!=|<=|>=|[=<>+\-*/(),])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"(?:[0-9]{1,3}(?:_[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadExpression(ValueError):
    """An expression that can't be accepted, with all its faults."""

    def __init__(self, *faults: Fault) -> None:
        assert faults, "an error says at least one thing"
        super().__init__("\n".join(f"{fault.code} {fault.message} - {fault.hint}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Token:
    """A mark, a keyword, or a finished part of the tree (`leaf`; the list of an `in`: `options`)."""

    kind: Kind
    text: str
    at: int
    value: Expression | None = None
    values: tuple[Expression, ...] = ()


class _Raw(NamedTuple):
    kind: str
    text: str
    at: int


def scan(text: str) -> tuple[Token, ...]:
    """The tokens of `text`. Raises `BadExpression` with every fault of its words, and for text that is too big."""
    if len(text) > LENGTH_MAX:
        hint = "split it into steps, each with a name"
        raise BadExpression(Fault("X102", f"expression of {len(text)} characters; {LENGTH_MAX} is the most", hint, 0))
    raws = [_Raw(match.lastgroup or "", match[0], match.start()) for match in _RAW.finditer(text)]
    raws = [raw for raw in raws if raw.kind != "space"]
    if not raws:
        raise BadExpression(Fault("X101", "empty expression", "write a condition or a formula", 0))
    if len(raws) > TOKENS_MAX:
        hint = "split it into steps, each with a name"
        raise BadExpression(
            Fault("X103", f"expression of {len(raws)} words and signs; {TOKENS_MAX} is the most", hint, 0)
        )
    tokens: list[Token] = []
    faults: list[Fault] = []
    for found in _combined(raws):
        if isinstance(found, Token):
            tokens.append(found)
        elif len(faults) < FAULTS_MAX:
            faults.append(found)
    if faults:
        raise BadExpression(*faults)
    _check_depth(tokens)
    return tuple(tokens)


def too_deep(at: int) -> BadExpression:
    """The refusal of what is nested too deep."""
    return BadExpression(
        Fault("X104", f"nested more than {DEPTH_MAX} deep", "split it into steps, each with a name", at)
    )


def _check_depth(tokens: list[Token]) -> None:
    depth = signs = 0
    for token in tokens:
        if token.kind in ("open", "call", "in", "case"):
            depth += 1
        elif token.kind in ("close", "end"):
            depth -= 1
        signs = signs + 1 if token.text in ("not", "-") else 0
        if depth > DEPTH_MAX or signs > DEPTH_MAX:
            raise too_deep(token.at)


def _combined(raws: list[_Raw]) -> Iterator[Token | Fault]:
    """Tokens, where two or three raw words can make one: `date '...'`, `interval '90' day`, `least (`, `in (`."""
    index = 0
    none = _Raw("", "", 0)
    while index < len(raws):
        raw = raws[index]
        after = raws[index + 1] if index + 1 < len(raws) else none
        word = raw.text.lower()
        if raw.kind == "name" and word == "date" and after.kind == "text":
            yield _date(after, raw.at)
            index += 2
        elif raw.kind == "name" and word == "interval" and after.kind in ("text", "number"):
            unit = raws[index + 2] if index + 2 < len(raws) else none
            yield _interval(raw, after, unit)
            index += 3 if unit.kind == "name" else 2
        elif raw.kind == "name" and after.text == "(" and (word == "in" or word not in _KEYWORDS):
            yield _opener(raw, word)
            index += 2
        else:
            yield _single(raw, word)
            index += 1


def _opener(raw: _Raw, word: str) -> Token | Fault:
    if word == "in":
        return Token("in", "in", raw.at)
    if word in FUNCTIONS:
        return Token("call", word, raw.at)
    hint = _REFUSED_WORDS.get(word) or f"the functions are {', '.join(FUNCTIONS)}"
    return Fault("X113", f"function '{_short(raw.text)}' is not allowed", hint, raw.at)


def _single(raw: _Raw, word: str) -> Token | Fault:
    match raw.kind:
        case "text":
            return _text(raw)
        case "number":
            return _number(raw)
        case "name":
            return _name(raw, word)
        case "comment":
            what = "';' has no place here" if raw.text == ";" else f"comment {_short(raw.text)!r}"
            hint = "write one expression, with comments in the file around it; minus a negative is a - (-b)"
            return Fault("X107", what, hint, raw.at)
        case "quoted":
            message = f"{_short(raw.text)} is a quoted name in SQL, not a text"
            return Fault("X108", message, "write texts in single quotes: 'won'", raw.at)
        case "open":
            hint = "close it; a quote inside is written twice: ''"
            return Fault("X109", f"text {_short(raw.text)!r} without its closing quote", hint, raw.at)
        case "mark":
            return _mark(raw)
        case _:
            return _refused(raw)


def _mark(raw: _Raw) -> Token:
    kinds: dict[str, Kind] = {"(": "open", ")": "close", ",": "comma"}
    return Token(kinds.get(raw.text, "operator"), "!=" if raw.text == "<>" else raw.text, raw.at)


def _refused(raw: _Raw) -> Fault:
    if raw.text in _SYMBOL_HINTS or (raw.text.isascii() and raw.text.isprintable()):
        hint = _SYMBOL_HINTS.get(raw.text, _ALLOWED_HINT)
        return Fault("X106", f"{raw.text!r} is not allowed", hint, raw.at)
    name = unicodedata.name(raw.text, "")
    shown = f"U+{ord(raw.text):04X}" + (f" {name}" if name else "")
    return Fault("X105", f"character {shown} is not allowed", "outside of texts write plain ASCII", raw.at)


def _name(raw: _Raw, word: str) -> Token | Fault:
    if word in ("true", "false"):
        return Token("leaf", word, raw.at, Literal(word == "true", raw.at))
    if word == "case":
        return Token("case", word, raw.at)
    if word == "end":
        return Token("end", word, raw.at)
    if word == "in":
        return Fault("X116", "'in' without a list", "write it as kind in ('new', 'renewal')", raw.at)
    if word in _KEYWORDS:
        return Token("word", word, raw.at)
    if word in _REFUSED_WORDS:
        return Fault("X112", f"'{raw.text}' is not allowed", _REFUSED_WORDS[word], raw.at)
    table, dot, name = raw.text.rpartition(".")
    if name == "*":
        return Fault("X114", f"'{_short(raw.text)}' is every column", "name one column: table.column", raw.at)
    if "." in table:
        return Fault("X114", f"'{_short(raw.text)}' has too many parts", "write a name as table.column", raw.at)
    if max(len(table), len(name)) > NAME_LENGTH_MAX:
        hint = f"a name has at most {NAME_LENGTH_MAX} characters"
        return Fault("X114", f"name '{_short(raw.text)}' is too long", hint, raw.at)
    return Token("leaf", raw.text, raw.at, Column(table if dot else None, name, raw.at))


def _number(raw: _Raw) -> Token | Fault:
    text = raw.text
    if _NUMBER.fullmatch(text):
        whole, _, rest = text.replace("_", "").partition(".")
        if len(whole) > DIGITS_MAX or len(rest) > DIGITS_MAX:
            hint = f"at most {DIGITS_MAX} digits before the point and {DIGITS_MAX} after"
            return Fault("X110", f"number {_short(text)} is too long", hint, raw.at)
        return Token("leaf", text, raw.at, Literal(Fraction(f"{whole}.{rest or 0}"), raw.at))
    if text.endswith("%") and _NUMBER.fullmatch(text[:-1]):
        plain = format(Decimal(text[:-1].replace("_", "")).scaleb(-2).normalize(), "f")
        return Fault("X110", f"'{_short(text)}': % is no part of SQL", f"write {_short(plain)}", raw.at)
    hint = "write digits, with a point for decimals: 1250.00 or 1_250.00"
    return Fault("X110", f"'{_short(text)}' is not a plain number", hint, raw.at)


def _text(raw: _Raw) -> Token | Fault:
    value = _unquoted(raw)
    for offset, character in enumerate(raw.text):
        # Control and bidirectional characters change what a reader sees; two joiners belong to ordinary spelling.
        odd = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        if odd and character not in "\u200c\u200d":
            message = f"text with the invisible character U+{ord(character):04X}"
            return Fault("X105", message, "take it out", raw.at + offset)
    return Token("leaf", raw.text, raw.at, Literal(value, raw.at))


def _unquoted(raw: _Raw) -> str:
    return unicodedata.normalize("NFC", raw.text[1:-1].replace("''", "'"))


def _date(raw: _Raw, at: int) -> Token | Fault:
    day = iso_date(_unquoted(raw))
    if day is None:
        return Fault("X111", f"{_short(raw.text)} is not a date", "write an existing day as date '2026-01-31'", at)
    return Token("leaf", raw.text, at, Literal(day, at))


def iso_date(text: str) -> date | None:
    """The day written as YYYY-MM-DD, if there is such a day.

    >>> iso_date("2026-02-29") is None
    True
    """
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _interval(raw: _Raw, count: _Raw, unit: _Raw) -> Token | Fault:
    written = _unquoted(count) if count.kind == "text" else count.text
    word = unit.text.lower().removesuffix("s")
    most = INTERVAL_MAX.get(word, 0)
    if not re.fullmatch(r"[0-9]{1,5}", written) or unit.kind != "name" or int(written) > most:
        message = f"interval {_short(count.text)} {_short(unit.text)}".rstrip() + " is not a length of time"
        limits = ", ".join(f"{most} {each}s" for each, most in INTERVAL_MAX.items())
        hint = f"write interval '90' day, month or year, up to {limits}; two weeks are 14 days"
        return Fault("X111", message, hint, raw.at)
    length = next(each for each in get_args(Unit) if each == word)
    return Token("leaf", raw.text, raw.at, Interval(int(written), length, raw.at))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
