"""What all readers of a problem file share: the document, its currency, the faults found so far, and single values.

Every fault is added, and nothing is raised until all is read; what can't be read is None from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping as Named, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path

from rules.document.reader import Mapping, Node, Scalar
from rules.problem import Place, Problem
from rules.quantities.currency import Currency
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_count, parse_money, parse_number, parse_rate

ENTRY = Named[str, tuple[Place, Node]]


_TOLD_EACH = 3  # the same mistake is told so often, each with its place; of more, once with their number


def told_once(problems: Sequence[Problem]) -> list[Problem]:
    """Every fault, but of one that many rows of a table, or many units of one line, have the first with how many.

    >>> many = [Problem("W304", f"{name} has no curve", Place("units.csv", at), "-") for at, name in enumerate("abcde")]
    >>> [(each.message, each.place.line) for each in told_once(many)]
    [('a has no curve, and 4 more like it', 0)]
    """
    alike: dict[tuple[object, ...], list[Problem]] = {}
    for each in dict.fromkeys(problems):
        where = each.place.field if each.place.file.endswith(".csv") else (each.place.line, each.place.column)
        alike.setdefault((each.code, each.hint, each.place.file, where), []).append(each)
    found: list[Problem] = []
    for same in alike.values():
        if len(same) <= _TOLD_EACH:
            found += same
        else:
            found.append(replace(same[0], message=f"{same[0].message}, and {len(same) - 1:,} more like it"))
    return found


def is_name(text: str) -> bool:
    """Whether a text can name something: short, not blank, and without what can't be printed."""
    return bool(text.strip()) and text.isprintable() and len(text) <= 200


@dataclass(slots=True)
class Reading:
    """A problem file on its way to values: the folder it stands in, the currency of its amounts, and its faults."""

    folder: Path
    currency: Currency
    problems: list[Problem] = field(default_factory=list)

    def fault(self, code: str, message: str, place: Place, hint: str) -> None:
        """Add a fault."""
        self.problems.append(Problem(code, message, place, hint))

    def entries(self, node: Node, known: Collection[str], what: str) -> dict[str, Node]:
        """The values of keys by name; every unknown key is a fault."""
        if not isinstance(node, Mapping):
            self.fault("W301", f"{what} takes keys", node.place, "its keys are " + ", ".join(known))
            return {}
        found = {}
        for key, value in node.entries:
            if key.text in known:
                found[key.text] = value
            else:
                self.unknown(key.text, key.place, known, what)
        return found

    def one(self, node: Node, known: Collection[str], what: str) -> tuple[str, Node] | None:
        """The one key that is written, and its value: of several kinds a problem takes a single one."""
        entries = self.entries(node, known, what)
        if isinstance(node, Mapping) and len(node.entries) != 1:
            self.fault("W301", f"{what} takes one key", node.place, "write one of " + ", ".join(known))
            return None
        return next(iter(entries.items()), None)

    def unknown(self, key: str, place: Place, known: Collection[str], what: str) -> None:
        """Add that there is no such key."""
        near = get_close_matches(key, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "the keys are " + ", ".join(known)
        self.fault("W301", f"{what} has no key '{key[:64]}'", place, hint)

    def text(self, node: Node, what: str) -> str | None:
        """A text that is not blank."""
        if isinstance(node, Scalar) and is_name(node.text):
            return node.text.strip()
        self.fault("W301", f"{what} takes a short text", node.place, f"write {what.split()[-1]}: and a text")
        return None

    def money(self, node: Node, what: str) -> int | None:
        """An amount of the problem's currency in minor units, zero or more."""
        if not isinstance(node, Scalar):
            self._single(node, what)
            return None
        return self.money_of(node.text, node.place, what)

    def money_of(self, text: str, place: Place, what: str) -> int | None:
        """The same of a text, as a table holds it."""
        try:
            money = parse_money(text)
        except Unwritable as error:
            self.fault(error.code, error.message, place, error.hint)
            return None
        minor = money.amount * self.currency.minor_per_major
        code = self.currency.code
        if money.currency not in (None, code) or minor.denominator != 1 or minor < 0:
            message = f"{what} is no amount of {code} from zero on, with at most {self.currency.decimals} decimals"
            self.fault("W302", message, place, f"write it as 1_200_000 or {code} 1_200_000")
            return None
        return int(minor)

    def rate(self, node: Node, what: str, most: int | None = 1) -> Fraction | None:
        """A part such as 35 %, from zero to `most`."""
        if not isinstance(node, Scalar):
            self._single(node, what)
            return None
        return self.rate_of(node.text, node.place, what, most)

    def rate_of(self, text: str, place: Place, what: str, most: int | None = 1) -> Fraction | None:
        """The same of a text."""
        try:
            rate = parse_rate(text)
        except Unwritable as error:
            self.fault(error.code, error.message, place, error.hint)
            return None
        if rate < 0 or (most is not None and rate > most):
            self.fault("W302", f"{what} is a part from 0 %" + ("" if most is None else f" to {most * 100} %"), place,
                       "write it as 20%")  # fmt: skip
            return None
        return rate

    def number(self, node: Node, what: str) -> Fraction | None:
        """A number, zero or more."""
        if not isinstance(node, Scalar):
            self._single(node, what)
            return None
        return self.number_of(node.text, node.place, what)

    def number_of(self, text: str, place: Place, what: str) -> Fraction | None:
        """The same of a text."""
        try:
            number = parse_number(text)
        except Unwritable as error:
            self.fault(error.code, error.message, place, error.hint)
            return None
        if number < 0:
            self.fault("W302", f"{what} is a number from zero on", place, "write it without a sign")
            return None
        return number

    def count(self, node: Node, what: str, least: int, most: int) -> int | None:
        """A whole number between two."""
        if not isinstance(node, Scalar):
            self._single(node, what)
            return None
        try:
            count = parse_count(node.text)
        except Unwritable as error:
            self.fault(error.code, error.message, node.place, error.hint)
            return None
        if not least <= count <= most:
            self.fault("W302", f"{what} is a whole number from {least} to {most}", node.place, f"write it as {least}")
            return None
        return count

    def _single(self, node: Node, what: str) -> None:
        self.fault("W301", f"{what} takes a single value", node.place, f"write {what.split()[-1]}: and a value")
