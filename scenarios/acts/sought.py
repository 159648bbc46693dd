"""What a break-even looks for: the value at a path, and in which steps it goes.

In: a program and a path. Out: whether a rate, a factor, a number, an amount or a price stands there, and how many of
its parts. A rate, a factor, a number and a price (of one unit) have 9 decimals; an amount has those of its currency.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rules.document.reader import Node, Scalar
from rules.expressions.tree import Type
from rules.load import Loaded
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import Currency
from rules.quantities.numerals import Unwritable, decimal_text
from rules.quantities.written import parse_money, parse_number, parse_rate
from scenarios.overlays.paths import Found, NoSuchPath, steps_of, values_at
from scenarios.overlays.scenario import Edit

ONE = 10**9  # billionths: a rate of 100 %, a factor or a number of 1
ARGUMENT = "--break-even"
Kind = Literal["rate", "factor", "number", "amount", "price"]
_MONEY = re.compile(r"(?:[A-Z]{3} )?-?[0-9][0-9_]*(?:\.[0-9]+)?", re.ASCII)
_EDGES = frozenset({"to", "at", "below", "up_to", "above", "from"})  # keys of the edge of a step or a band
_AMOUNTS = frozenset({"amount", "at_least", "at_most", "size", "exceeding"})  # whose plain number is money
_TABLES = frozenset({"amounts", "prizes"})  # of plain numbers that are money
_PAYING = frozenset({"payouts", "pools", "balances", "credit", "mdf"})  # sections in which it is
_HINT = "name a rate, a factor, a number or an amount, such as payouts.commission.rate or payouts.bonus.amount"
_FIRST_SPAN = {"rate": 1, "factor": 10, "number": 100, "amount": 1_000, "price": 1_000}


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: the change that sets it, what kind of value it is, what is written before it, and what is
    written now, in its parts: minor units of an amount, else billionths."""

    edit: Edit
    kind: Kind
    prefix: str
    stands: int
    currency: Currency

    def text(self, at: int) -> str:
        """A whole number of its parts as people write it."""
        if self.kind == "rate":
            return rate_text(at)
        decimals = self.currency.decimals if self.kind == "amount" else 0
        return self.prefix + decimal_text(Fraction(at, self.parts), decimals)

    @property
    def parts(self) -> int:
        """How many parts make one."""
        return 10**self.currency.decimals if self.kind == "amount" else ONE

    @property
    def first_high(self) -> int:
        """Up to where it is looked for at first."""
        is_usual = self.kind == "rate" and self.stands <= ONE
        return ONE if is_usual else max(2 * self.stands, _FIRST_SPAN[self.kind] * self.parts)

    @property
    def most(self) -> int:
        """Up to where it is looked for at last: a rate up to 100 %, unless it is above that as it stands."""
        return ONE if self.kind == "rate" and self.stands <= ONE else 10**13 * self.parts


def rate_text(rate: int) -> str:
    """A rate in billionths, as people write it.

    >>> rate_text(62_500_000)
    '6.25%'
    """
    return decimal_text(Fraction(rate * 100, ONE), 0) + "%"


def sought_at(start: Loaded, path: str, currency: Currency) -> Sought:
    """What stands at a path; raises Refused where it is none of these."""
    document = start.document
    assert document is not None, "it was understood"
    place = Place(ARGUMENT)
    try:
        steps = steps_of(path)
        values = values_at(document.root, steps)
        found = [_written(node, at, start.understood(), currency) for at, node in values]
    except (NoSuchPath, Unwritable) as error:
        hint = error.hint if isinstance(error, NoSuchPath) else _HINT
        raise Refused(Problem("W211", f"{path[:100]} is no rate or amount: {error.message}", place, hint)) from None
    except ValueError as error:
        raise Refused(Problem("W211", f"'{path[:100]}' is no path: {error}", place, _HINT)) from None
    kinds = list(dict.fromkeys(f"{kind}s" for kind, _, _ in found))
    if len(kinds) > 1:
        message = f"{path[:100]} is of {' and of '.join(kinds)}"
        raise Refused(Problem("W211", message, place, "name those of one kind"))
    kind, prefix, stands = found[0]
    return Sought(Edit("set", path, steps, None, place), kind, prefix, stands, currency)


def _written(node: Node, path: Found, meaning: Meaning, currency: Currency) -> tuple[Kind, str, int]:
    """What kind of value it is, what stands before its number, and how many of its parts it is; raises Unwritable."""
    text = node.text if isinstance(node, Scalar) else ""
    kind = _kind(text, path, meaning)
    if kind == "rate":
        return kind, "", int(parse_rate(text) * ONE)
    if kind in ("factor", "number"):
        return kind, "", _whole(text, parse_number(text) * ONE)
    money = parse_money(text)
    if money.currency not in (None, currency.code):
        raise Unwritable("W211", f"'{text[:64]}' is no amount of {currency.code}", _HINT)
    prefix = "" if money.currency is None else f"{money.currency} "
    minor = money.amount * 10**currency.decimals
    if kind == "price" or minor.denominator != 1:
        return "price", prefix, _whole(text, money.amount * ONE)
    return kind, prefix, _whole(text, minor)


def _whole(text: str, parts: Fraction) -> int:
    if parts < 0:
        raise Unwritable("W211", f"'{text[:64]}' is below zero", _HINT)
    return int(parts)


def _kind(text: str, path: Found, meaning: Meaning) -> Kind:
    """What kind of value a text is at its place in a program."""
    names = [step for step in path if isinstance(step, str)]
    name = names[-1] if names else ""
    if text.endswith("%") or _MONEY.fullmatch(text) is None:
        return "rate"
    if text[:1].isupper():
        return "price" if name == "per_unit" else "amount"
    in_multiplier = "multipliers" in names
    if name == "times" or (in_multiplier and name in _AMOUNTS):
        return "factor"
    if name == "per_unit":
        return "price"
    if name in _EDGES and names[0] == "payouts":
        return "amount" if _measure(names, meaning) is Type.MONEY else "number"
    is_money = name in _AMOUNTS or bool(_TABLES & {*names})
    if is_money and names[0] in _PAYING and "rate" not in names[:-1]:
        return "amount"
    return "number" if names[0] == "scorecards" or _is_beyond(text) else "rate"


def _measure(names: list[str], meaning: Meaning) -> Type | None:
    """The type of what the edges of a payout's steps, or of the bands of its multiplier, are of."""
    payout = next((each for each in meaning.payouts if each.name in names[1:2]), None)
    if payout is None:
        return Type.MONEY
    if "multipliers" in names:
        multiplier = next((each for each in payout.multipliers if each.name in names), None)
        return multiplier.inputs["by"][1] if multiplier is not None and "by" in multiplier.inputs else Type.NUMBER
    measure = next(iter(payout.kind.turns(payout.terms)), "base")
    return payout.inputs[measure][1] if measure in payout.inputs else payout.base_type


def _is_beyond(text: str) -> bool:
    """Whether a plain number is too large for a rate."""
    try:
        parse_rate(text)
    except Unwritable:
        return True
    return False
