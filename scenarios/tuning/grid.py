"""The grid of one parameter: from a value to another in steps, or a list, as values that the program can hold.

Every value is exact and written as the first is: `4%` to `8%` in steps of `0.5%` are `4%`, `4.5%`, `5%` and so on.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction

from rules.document.reader import Node, Scalar, plain
from rules.quantities.numerals import DECIMAL_PATTERN, Unwritable, decimal_text
from rules.quantities.written import parse_number

VALUES_MAX = 10_000  # of one parameter
_QUANTITY = re.compile(rf"((?:[A-Z]{{3}} )?)({DECIMAL_PATTERN})(%?)", re.ASCII)


class NoGrid(ValueError):
    """Three texts that make no grid: what is wrong, and how to write it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True, slots=True)
class _Written:
    before: str
    number: Fraction
    after: str
    text: str


def stepped(first: str, last: str, step: str) -> tuple[str, ...]:
    """Every value from the first to the last; raises NoGrid.

    >>> stepped("4%", "5%", "0.5%"), stepped("EUR 1_000", "EUR 3_000", "EUR 1_000")
    (('4%', '4.5%', '5%'), ('EUR 1_000', 'EUR 2_000', 'EUR 3_000'))
    """
    start, end, by = (_written(each) for each in (first, last, step))
    if len({(each.before, each.after) for each in (start, end, by)}) > 1:
        hint = f"write each as {first} is"
        raise NoGrid(f"'{first}', '{last}' and '{step}' are not written in the same way", hint)
    if by.number <= 0 or end.number < start.number:
        raise NoGrid(f"from '{first}' to '{last}' in steps of '{step}' leads nowhere", "write the smaller value first")
    count, rest = divmod(end.number - start.number, by.number)
    if count >= VALUES_MAX:
        hint = "take larger steps, and smaller ones around what is found"
        raise NoGrid(f"from '{first}' to '{last}' in steps of '{step}' are more than {VALUES_MAX:,} values", hint)
    if rest:
        reached = _text(start, start.number + count * by.number)
        hint = f"end at {reached}, or at {_text(start, start.number + (count + 1) * by.number)}"
        raise NoGrid(f"steps of '{step}' from '{first}' do not come to '{last}'", hint)
    is_grouped = any("_" in text for text in (first, last, step))
    return tuple(_text(start, start.number + at * by.number, is_grouped) for at in range(int(count) + 1))


def _written(text: str) -> _Written:
    match = _QUANTITY.fullmatch(text) if len(text) <= 64 else None
    if match is None:
        raise NoGrid(f"'{text[:64]}' is no number, amount or percentage", "write such as 4%, 250 or EUR 250")
    try:
        return _Written(match[1], parse_number(match[2]), match[3], text)
    except Unwritable as error:
        raise NoGrid(error.message, error.hint) from None


def _text(like: _Written, number: Fraction, is_grouped: bool = False) -> str:
    """A number as another is written."""
    found = decimal_text(number, len(like.text.rstrip("%").partition(".")[2]))
    if is_grouped and abs(number) >= 1_000:
        whole, point, decimals = found.partition(".")
        found = f"{int(whole):_}{point}{decimals}"
    return f"{like.before}{found}{like.after}"


def meant(node: Node) -> object:
    """What a value says, so that `5%`, `5.0%` and `0.05` are one.

    >>> from rules.problem import Place
    >>> meant(Scalar("5.0%", False, Place())) == meant(Scalar("0.05", False, Place()))
    True
    """
    if not isinstance(node, Scalar):
        return json.dumps(plain(node), ensure_ascii=False)
    match = _QUANTITY.fullmatch(node.text) if len(node.text) <= 64 else None
    if match is None:
        return node.text
    number = Fraction(match[2].replace("_", ""))
    return match[1], number / 100 if match[3] else number


def text_of(node: Node) -> str:
    """A value as it is told: its text, or what it holds on one line."""
    return node.text if isinstance(node, Scalar) else json.dumps(plain(node), ensure_ascii=False)
