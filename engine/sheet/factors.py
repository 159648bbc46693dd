"""Made-up rows along what multipliers read: a row that pays in full, and one in each band.

In: made-up rows of a rule. Out: rows whose measures lie in bands that pay, and the columns that show them, so that an
example tells by what its factor was decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

from engine.sheet.made import SCORE, MadeUp, around, columns_of, factor_of
from rules.expressions.tree import Column, Expression, Type, as_written, columns
from rules.payouts.meaning import MultiplierMeaning

_SCORE_MAX = Fraction(100)
_BANDS_MAX = 12
_NUMBERS = (Type.MONEY, Type.NUMBER, Type.COUNT)


def as_one_that_pays(row: MadeUp) -> MadeUp:
    """The same with every multiplier in a band that leaves the line as it is, else in the one that pays most."""
    for each in row.payout.multipliers:
        found = _in_bands(row, each)
        factors = factor_of(found, each).fractions() if found else []
        known = [(factor, at) for at, factor in enumerate(factors) if factor is not None]
        if known:
            row = found[max(known, key=lambda one: (one[0] == 1, one[0], -one[1]))[1]]
    return row


def in_each_band(rows: Sequence[MadeUp]) -> list[MadeUp]:
    """The rows, the first that pays anything once in each band of each multiplier."""
    if not rows or not rows[0].payout.multipliers:
        return list(rows)
    paid = next((at for at, due in enumerate(dues(rows)) if due), 0)
    bands: list[MadeUp] = []
    for each in rows[paid].payout.multipliers:
        bands += [row for row in islice(_in_bands(rows[paid], each), _BANDS_MAX) if row not in bands]
    bands = bands if rows[paid] in bands else [rows[paid], *bands]
    return [*rows[:paid], *bands, *rows[paid + 1 :]]


def dues(rows: Sequence[MadeUp]) -> list[Fraction | None]:
    """What is due for each row by the kind and the multipliers, in minor units, before bounds and rounding."""
    payout = rows[0].payout
    found = payout.kind.compute(columns_of([row.row() for row in rows]), len(rows), payout.terms)
    for each in payout.multipliers:
        found *= factor_of(rows, each)
    return found.fractions()


def measures_of(row: MadeUp) -> Iterator[tuple[Expression, Type, MultiplierMeaning]]:
    """What decides the factors of a row and is a column of an example: bands by a measure, conditions, numbers."""
    for each in row.payout.multipliers:
        for name, (tree, type_) in each.inputs.items():
            if name == "by" or (name == "where" and as_written(tree) in row.measures):
                yield tree, type_, each
            elif name == "times":
                read = dict.fromkeys(column for column in columns(tree) if row.types.get(str(column)) in _NUMBERS)
                yield from ((column, row.types[str(column)], each) for column in read)


def _in_bands(row: MadeUp, each: MultiplierMeaning) -> list[MadeUp]:
    """The row with the measure of a multiplier in each of its bands in turn; without bands, where it applies and not.

    Empty where there is nothing to turn, or what the measure is worked out from is told by other values of the row.
    """
    condition, _ = each.inputs.get("where", (None, None))
    if condition is not None and _is_free(row, condition):
        if "by" not in each.inputs:
            return [row.with_measure(condition, Fraction(holds)) for holds in (0, 1)]
        row = row.with_measure(condition, Fraction(1))
    if "by" not in each.inputs:
        return []
    found = [_at(row, *each.inputs["by"], value) for value in _values(row, each)]
    return [one for one in found if one is not None]


def _values(row: MadeUp, each: MultiplierMeaning) -> list[Fraction]:
    """A value of the measure in each band, in its units."""
    tree, type_ = each.inputs["by"]
    unit = row.payout.terms.minor_per_major if type_ is Type.MONEY else 1
    edges = [band.below * unit for band in each.spec.bands if band.below is not None]
    if not edges:
        return []
    found = around(edges, False, type_)
    if isinstance(tree, Column) and row.cells.get(str(tree)) == SCORE and edges[-1] < _SCORE_MAX:
        found[-1] = (edges[-1] + _SCORE_MAX) / 2
    return found


def _at(row: MadeUp, tree: Expression, type_: Type, value: Fraction) -> MadeUp | None:
    """The row with a value of a measure: of the input that it is, of the column, or of what it is worked out to be."""
    if not isinstance(tree, Column):
        return row.with_measure(tree, value) if _is_free(row, tree) else None
    name = next((name for name, other in row.trees().items() if as_written(other) == as_written(tree)), None)
    return row.with_cells({str(tree): value}) if name is None else row.with_inputs({name: value})


def _is_free(row: MadeUp, tree: Expression) -> bool:
    """Whether a value of an expression contradicts nothing: one of its columns at least is read by nothing else."""
    others = list(row.trees().values())
    others += [other for each in row.payout.multipliers for other, _ in each.inputs.values()]
    read = {str(column) for other in others if as_written(other) != as_written(tree) for column in columns(other)}
    return any(str(column) not in read for column in columns(tree))
