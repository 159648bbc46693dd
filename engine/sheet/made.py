"""A made-up row of a payout rule: what its kind and its multipliers read of it.

In: a rule, the values of its columns, and those that stand in the place of what would be worked out. Out: the inputs
of the kind, those of each multiplier, and the factors that they make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

from rules.expressions.evaluate import Value, evaluate
from rules.expressions.tree import Column, Expression, Type, as_written, columns
from rules.kinds.base import TERM
from rules.payouts.meaning import MultiplierMeaning, PayoutMeaning
from rules.quantities.exact import Exact

Values = Mapping[str, Fraction | None]
MINOR = 100_000  # a plain amount of money in minor units: EUR 1,000.00, JPY 100,000
UNITS, SCORE = Fraction(10), Fraction(75)
_QUOTA_MINOR = 100 * MINOR
_NEUTRAL = {"times": Fraction(1), "plus": Fraction(1, 100), "before": Fraction(0)}


@dataclass(frozen=True, slots=True)
class MadeUp:
    """What a rule reads of a row that is made up.

    `types` are those of the columns that its inputs are worked out from, `cells` their values (None: nothing is known
    of it), in minor units where money; `inputs` are values that stand in the place of what would be worked out. `given`
    are the columns whose values somebody chose: a base that reads one of them is worked out, and not a plain amount.
    `measures` are what a multiplier reads, as it is written, in the place of what would be worked out.
    """

    payout: PayoutMeaning
    types: Mapping[str, Type]
    cells: Mapping[str, Value]
    inputs: Values = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    measures: Values = field(default_factory=dict)

    def row(self) -> dict[str, Fraction | None]:
        """The inputs of the kind."""
        found = {name: self._input(name, *typed) for name, typed in self.payout.inputs.items()}
        if self.payout.base is not None and self.payout.base_type is not None:
            found["base"] = self._base(self.payout.base, self.payout.base_type)
        if self.payout.running is not None:
            found["before"] = Fraction(0)
        if self.payout.kind.agreed is not None:
            found[TERM] = None
        return {**found, **{name: value for name, value in self.inputs.items() if name in found}}

    def factors(self) -> dict[str, dict[str, Fraction | None]]:
        """What each multiplier reads, by its name."""
        return {
            each.name: {name: self.measured(tree) for name, (tree, _) in each.inputs.items()}
            for each in self.payout.multipliers
        }

    def measured(self, tree: Expression) -> Fraction | None:
        """What a multiplier reads: of a column that is an input too, the value of that input."""
        written = as_written(tree)
        return self.measures[written] if written in self.measures else _number(evaluate(tree, self._read))

    def trees(self) -> dict[str, Expression]:
        """The base and the inputs of the kind, as the rule writes them, by input."""
        found = {name: tree for name, (tree, _) in self.payout.inputs.items()}
        return found if self.payout.base is None else {**found, "base": self.payout.base}

    def with_cells(self, cells: Mapping[str, Value]) -> MadeUp:
        """The same with other values of columns."""
        return replace(self, cells={**self.cells, **cells}, given=self.given | frozenset(cells))

    def with_inputs(self, inputs: Values) -> MadeUp:
        """The same with other inputs."""
        return replace(self, inputs={**self.inputs, **inputs})

    def with_measure(self, tree: Expression, value: Fraction) -> MadeUp:
        """The same with another value of what a multiplier reads."""
        return replace(self, measures={**self.measures, as_written(tree): value})

    def _read(self, column: Column) -> Value:
        named = (name for name, tree in self.trees().items() if isinstance(tree, Column) and str(tree) == str(column))
        given = next((name for name in named if name in self.inputs), None)
        return self._cell(column) if given is None else self.inputs[given]

    def _cell(self, column: Column) -> Value:
        return self.cells.get(str(column))

    def _input(self, name: str, tree: Expression, type_: Type) -> Fraction | None:
        value = evaluate(tree, self._cell)
        if type_ is Type.FLAG:
            return Fraction(int(value is True))
        if name == "quota" and type_ is Type.MONEY:
            return Fraction(_QUOTA_MINOR)
        if isinstance(tree, Column) and type_ is Type.NUMBER and self.cells.get(str(tree)) == UNITS:
            return _NEUTRAL.get(name, Fraction(1))  # a plain number of a table, of which nothing more is known
        found = _number(value)
        is_plain = not found and not self._is_given(tree)  # a difference of two plain values is nothing
        return _NEUTRAL.get(name, Fraction(1)) if found is None or is_plain else whole(found, type_)

    def _is_given(self, tree: Expression) -> bool:
        return any(str(each) in self.given for each in columns(tree))

    def _base(self, tree: Expression, type_: Type) -> Fraction | None:
        worked_out = _number(evaluate(tree, self._cell))
        if self._is_given(tree):
            return worked_out
        plain = Fraction(MINOR) if type_ is Type.MONEY else UNITS
        return -plain if worked_out is not None and worked_out < 0 else plain


def columns_of(rows: Sequence[Values]) -> dict[str, Exact]:
    """Rows of inputs as columns."""
    return {name: Exact.of([row[name] for row in rows]) for name in rows[0]}


def factor_of(rows: Sequence[MadeUp], each: MultiplierMeaning) -> Exact:
    """What a multiplier makes of each row, (rows,): 1 where it does not apply, unknown where its measure is."""
    payout = rows[0].payout
    minor = {key: payout.terms.minor_per_major for key, (_, type_) in each.inputs.items() if type_ is Type.MONEY}
    return each.spec.compute(columns_of([row.factors()[each.name] for row in rows]), len(rows), minor)


def around(edges: Sequence[Fraction], with_edges: bool, type_: Type) -> list[Fraction]:
    """A value in each tier, and each edge itself where it is wanted."""
    first, last = edges[0], edges[-1]
    inside = [_plain(first / 2, type_) if first > 0 else first - 1]
    inside += [_plain((low + high) / 2, type_) for low, high in pairwise(edges)]
    inside.append(_plain(last * Fraction(3, 2), type_) if last > 0 else last + 1)
    if type_ is Type.COUNT and inside[-1] <= last:
        inside[-1] = last + 1
    return sorted({*inside, *(edges if with_edges else ())})


def whole(value: Fraction, type_: Type) -> Fraction:
    """The value, whole where there are no parts of it."""
    return Fraction(round(value)) if type_ in (Type.MONEY, Type.COUNT) else value


def _plain(value: Fraction, type_: Type) -> Fraction:
    """Whole where there are no parts of it, or where it is large enough not to matter."""
    is_whole = type_ in (Type.MONEY, Type.COUNT) or abs(value) >= 10
    return Fraction(value.numerator // value.denominator) if is_whole else value


def _number(value: Value) -> Fraction | None:
    if isinstance(value, bool):
        return Fraction(int(value))
    return Fraction(value) if isinstance(value, Fraction | int) else None
