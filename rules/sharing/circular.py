"""Amounts that are defined by each other, such as a bonus on the profit after the bonus: solved exactly, all at once.

Each amount is a sum of rates of other amounts and of known ones. In goes that system; out comes how much of each known
amount is in each unknown one, as fractions, which hold for every row; the explanation puts the answer back into the
definitions, so that a reader can add it up.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import Field

from rules.kinds.base import Columns, Kind, Terms, Words, percent
from rules.names import Name
from rules.quantities.exact import Exact
from rules.quantities.written import NumberField
from rules.sharing.base import Step, Told, guarded, refusal, zeros

Matrix = list[list[Fraction]]
NAMES_MAX = 12


class Circular(Kind):
    """Defines amounts by rates of each other and of known ones: `amounts: {bonus: {profit: 10%, bonus: -10%}}` is a
    bonus of 10 % of the profit after the bonus.

    A rate is any number; 1 is the whole of an amount. What is named but not defined is a known input. At most 12.
    """

    amounts: Annotated[dict[Name, dict[Name, NumberField]], Field(min_length=1, max_length=NAMES_MAX)]

    @property
    def known(self) -> tuple[str, ...]:
        """The names that are not defined here, in their order."""
        named = {name for parts in self.amounts.values() for name in parts}
        return tuple(sorted(named - set(self.amounts)))

    def in_words(self, terms: Terms) -> Words:
        rows = tuple((name, self._definition(name)) for name in self.amounts)
        return Words("amounts that are defined by each other, solved together", ("amount", "is"), rows)

    def _definition(self, name: str) -> str:
        return " + ".join(f"{percent(rate)} of {part}" for part, rate in self.amounts[name].items()) or "0"

    def solved(self) -> dict[str, dict[str, Fraction]]:
        """How much of each known amount is in each defined one.

        Refused: a system without one answer (K240), and one that is unstable (K241): where some of the amounts, while
        the others are held fast, come back to themselves as more than themselves, such as an amount that is 150 % of
        itself and something more; its answer would have the wrong sign. So every principal minor of I - A has to be
        above 0 (Berman and Plemmons, Nonnegative Matrices in the Mathematical Sciences, 1994, chapter 6).

        >>> Circular.model_validate({"amounts": {"bonus": {"profit": "1/10", "bonus": "-1/10"}}}).solved()
        {'bonus': {'profit': Fraction(1, 11)}}
        """
        names = list(self.amounts)
        left = [[Fraction(row == column) - self._rate(row, column) for column in names] for row in names]
        right = [[self._rate(row, column) for column in self.known] for row in names]
        answer = _eliminated([[*a, *b] for a, b in zip(left, right, strict=True)])
        if answer is None:
            message = f"the amounts {', '.join(names)} follow from themselves, so any number would do or none"
            raise refusal("K240", message, "define one of them by something that is known")
        if not _keeps_signs(left):
            message = f"one of {', '.join(names)} comes back to itself as more than itself"
            raise refusal("K241", message, "check the signs and the sizes of the rates")
        return {name: dict(zip(self.known, row, strict=True)) for name, row in zip(names, answer, strict=True)}

    def _rate(self, name: str, part: str) -> Fraction:
        return self.amounts[name].get(part, Fraction(0))

    def compute(self, columns: Columns, rows: int) -> dict[str, Exact]:
        """Every defined amount, (rows,) exact, from the columns of the known ones."""
        found = {}
        for name, parts in self.solved().items():
            amount = zeros(rows)
            for known, rate in parts.items():
                amount = guarded(amount) + guarded(columns[known] * Exact.constant(rate, rows))
            found[name] = amount
        return found

    def explain(self, columns: Columns, row: int, name: str, terms: Terms) -> Told:
        """One amount of one row, solved by Cramer's rule, and every definition with the answer put back into it."""
        names = list(self.amounts)
        values: dict[str, Fraction] = {}
        for known in self.known:
            value = columns[known].fraction(row)
            assert value is not None, "an amount of unknown parts is unknown"
            values[known] = value
        system = [[Fraction(a == b) - self._rate(a, b) for b in names] for a in names]
        given = [sum((self._rate(a, known) * values[known] for known in self.known), Fraction(0)) for a in names]
        whole = _determinant(system)
        for at, each in enumerate(names):
            replaced = [[*line[:at], given[i], *line[at + 1 :]] for i, line in enumerate(system)]
            values[each] = _determinant(replaced) / whole
        steps = []
        for each in names:
            parts = {part: rate * values[part] for part, rate in self.amounts[each].items()}
            back = sum(parts.values(), Fraction(0))
            assert back == values[each], "the answer satisfies every definition"
            put = " + ".join(
                f"{percent(rate)} of {part} {terms.money(values[part])}" for part, rate in self.amounts[each].items()
            )
            words = f"{each} = {put or '0'} = {terms.money(back)}"
            steps.append(Step(each, values[each], back, values[each] - back, words))
        others = ", ".join(each for each in names if each != name)
        beside = f"solved together with {others}" if others else "solved for itself"
        return Told(values[name], f"{beside}, and put back into the definition", tuple(steps))


def _eliminated(rows: Matrix) -> Matrix | None:
    """The right sides once the left ones are the identity, by Gauss and Jordan; None where that can't be."""
    size = len(rows)
    for at in range(size):
        pivot = next((i for i in range(at, size) if rows[i][at]), None)
        if pivot is None:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for i in range(size):
            if i != at and rows[i][at]:
                factor = rows[i][at]
                rows[i] = [value - factor * other for value, other in zip(rows[i], rows[at], strict=True)]
    return [row[size:] for row in rows]


def _keeps_signs(matrix: Matrix) -> bool:
    """Whether every principal minor is above 0: the first entry, what is left without it, and its Schur complement."""
    if not matrix:
        return True
    (first, *top), *rest = matrix
    if first <= 0:
        return False
    without = [row[1:] for row in rest]
    if not any(top):
        return _keeps_signs(without)
    complement = [[a - row[0] * b / first for a, b in zip(row[1:], top, strict=True)] for row in rest]
    return _keeps_signs(without) and (complement == without or _keeps_signs(complement))


def _determinant(matrix: Matrix) -> Fraction:
    """By rows downwards; Bareiss' steps, which divide without a rest where the entries are whole."""
    rows, sign, before = [list(row) for row in matrix], 1, Fraction(1)
    for at in range(len(rows) - 1):
        pivot = next((i for i in range(at, len(rows)) if rows[i][at]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != at:
            rows[at], rows[pivot], sign = rows[pivot], rows[at], -sign
        for i in range(at + 1, len(rows)):
            for j in range(at + 1, len(rows)):
                rows[i][j] = (rows[i][j] * rows[at][at] - rows[i][at] * rows[at][j]) / before
        before = rows[at][at]
    return sign * rows[-1][-1]
