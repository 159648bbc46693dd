"""A matrix: what is paid by two measures at once, such as attainment and margin."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from rules.expressions.expression import ExpressionField
from rules.expressions.tree import Type
from rules.kinds.agreed import AgreedKind
from rules.kinds.base import Columns, Kind, Reason, Terms, Wanted, Words, percent
from rules.kinds.edges import (
    AtEdge,
    EdgeField,
    Faults,
    edge_faults,
    in_units,
    looked_up,
    measure_words,
    not_ascending,
    refuse,
    tier_of,
    tier_reached,
    tier_words,
)
from rules.kinds.schedule import in_blocks
from rules.quantities.exact import Exact
from rules.quantities.written import MoneyField, RateField

_NUMBERS = frozenset({Type.MONEY, Type.NUMBER, Type.COUNT})
_Rates = Annotated[tuple[RateField, ...], Field(strict=False)]
_Amounts = Annotated[tuple[MoneyField, ...], Field(strict=False)]


class Axis(Kind):
    """One measure of a matrix, and the edges between its tiers: one tier more than edges."""

    by: ExpressionField
    edges: Annotated[tuple[EdgeField, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _ascends(self) -> Axis:
        if not self.edges:
            raise refuse("P177", "a measure without an edge decides nothing", "write at least one edge")
        if fall := not_ascending(self.edges):
            raise refuse("P170", fall, "write the edges from the lowest to the highest, each once")
        if len({edge.unit for edge in self.edges} & {"money", "percent"}) == 2:
            raise refuse("P178", "some edges are money, some are percentages", "write all in the same unit")
        return self

    def measured(self, name: str, terms: Terms) -> Type:
        """What is measured: as the checked program says, else as the edges are written."""
        is_money = any(edge.unit == "money" for edge in self.edges)
        return terms.types.get(name, Type.MONEY if is_money else Type.NUMBER)


class Matrix(AgreedKind):
    """Pays by two measures: `matrix: {rows: {by: attainment, edges: [80%, 100%]}, columns: {by: deals.margin, edges:
    [30%]}, at_edge: higher_tier, rates: [[0%, 2%], [4%, 6%], [6%, 9%]]}`.

    The first row of the grid is for values before the first edge of `rows`, the last for those after its last edge;
    `columns` likewise. `at_edge` says which tier holds what equals an edge. `rates` are paid of the rule's base;
    `amounts` are paid as they stand, and there is no base. With `term`, a rate or an amount that was agreed with the
    row's partner under that name (table `terms`) stands in the place of the grid's.
    """

    measures: ClassVar[frozenset[Type]] = frozenset({Type.MONEY})

    rows: Axis
    columns: Axis
    at_edge: AtEdge
    rates: Annotated[tuple[_Rates, ...], Field(strict=False)] | None = None
    amounts: Annotated[tuple[_Amounts, ...], Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Matrix:
        grid = self.rates if self.rates is not None else self.amounts
        if grid is None or (self.rates is not None and self.amounts is not None):
            raise refuse("P172", "a matrix pays rates or amounts", "write one of rates and amounts")
        high, wide = len(self.rows.edges) + 1, len(self.columns.edges) + 1
        if len(grid) != high:
            raise refuse(
                "P179", f"{len(grid)} rows for {high} tiers", f"write {high} rows, one more than rows has edges"
            )
        for index, line in enumerate(grid):
            if len(line) != wide:
                message = f"row {index + 1} holds {len(line)} values for {wide} tiers"
                raise refuse("P179", message, f"write {wide} values in each row, one more than columns has edges")
        return self

    @property
    def agrees_on(self) -> Literal["rate", "amount"]:
        return "rate" if self.rates is not None else "amount"

    @property
    def takes(self) -> frozenset[Type]:
        """Money for rates; amounts take no base."""
        return self.measures if self.rates is not None else frozenset()

    def inputs(self) -> Mapping[str, Wanted]:
        """The two measures, as inputs `rows` and `columns`."""
        return {"rows": Wanted(self.rows.by, _NUMBERS), "columns": Wanted(self.columns.by, _NUMBERS)}

    def faults(self, terms: Terms) -> Faults:
        found = edge_faults(self.rows.edges, terms.types.get("rows"), terms)
        found += edge_faults(self.columns.edges, terms.types.get("columns"), terms)
        for amount in (each for line in self.amounts or () for each in line):
            found += terms.whole_faults(amount)
        return list(dict.fromkeys(found))

    def in_words(self, terms: Terms) -> Words:
        down, across = self._tier_names(self.rows, "rows", terms), self._tier_names(self.columns, "columns", terms)
        if self.rates is not None:
            text, grid = "a rate of the base by two measures", [[percent(each) for each in line] for line in self.rates]
        else:
            text = "an amount by two measures"
            grid = [[terms.amount(terms.minor(each)) for each in line] for line in self.amounts or ()]
        text += f": {self.rows.by.text} decides the row, {self.columns.by.text} the column"
        text = self.or_agreed(text)
        head = (f"{self.rows.by.text} \\ {self.columns.by.text}", *across)
        return Words(text, head, tuple((name, *line) for name, line in zip(down, grid, strict=True)))

    def _tier_names(self, axis: Axis, name: str, terms: Terms) -> list[str]:
        measured = axis.measured(name, terms)
        edges = [measure_words(in_units(edge, measured, terms), measured, terms, axis.edges) for edge in axis.edges]
        return [tier_words(tier, edges, self.at_edge) for tier in range(len(edges) + 1)]

    def turns(self, terms: Terms) -> Mapping[str, tuple[Fraction, ...]]:
        sides = (("rows", self.rows), ("columns", self.columns))
        return {
            name: tuple(in_units(edge, axis.measured(name, terms), terms) for edge in axis.edges)
            for name, axis in sides
        }

    def compute(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        return self.outranked(columns, rows, terms, lambda: self._by_grid(columns, rows, terms))

    def _by_grid(self, columns: Columns, rows: int, terms: Terms) -> Exact:
        if self.rates is not None:
            values = [rate for line in self.rates for rate in line]
        else:
            values = [terms.minor(amount) for line in self.amounts or () for amount in line]
        down = [in_units(edge, self.rows.measured("rows", terms), terms) for edge in self.rows.edges]
        across = [in_units(edge, self.columns.measured("columns", terms), terms) for edge in self.columns.edges]

        def paid(part: Columns, count: int) -> Exact:
            row = tier_reached(part["rows"], [Exact.constant(edge, count) for edge in down], self.at_edge)
            column = tier_reached(part["columns"], [Exact.constant(edge, count) for edge in across], self.at_edge)
            known = part["rows"].is_known() & part["columns"].is_known()
            value = looked_up(values, row * (len(across) + 1) + column, None if known.all() else known)
            return value if self.rates is None else part["base"] * value

        names = ("rows", "columns") if self.rates is None else ("base", "rows", "columns")
        return in_blocks(paid, {name: columns[name] for name in names}, rows)

    def explain(self, columns: Columns, row: int, terms: Terms) -> Reason:
        found = self.outranking(columns, row, terms)
        return self.no_term(self._from_grid(columns, row, terms)) if found is None else found

    def _from_grid(self, columns: Columns, row: int, terms: Terms) -> Reason:
        down, why_down = _place(self.rows, "rows", columns["rows"].fraction(row), self.at_edge, terms)
        across, why_across = _place(self.columns, "columns", columns["columns"].fraction(row), self.at_edge, terms)
        where = f"{why_down}, {why_across}"
        if self.rates is None:
            assert self.amounts is not None, "a matrix has a grid"
            amount = self.amounts[down][across].amount * terms.minor_per_major
            return Reason(amount, f"{where}: {terms.money(amount)}", ("rows", "columns"))
        base, rate = columns["base"].fraction(row), self.rates[down][across]
        assert base is not None, "a row with an unknown base is never paid"
        return Reason(base * rate, f"{where}: {percent(rate)} of {terms.money(base)}", ("base", "rows", "columns"))


def _place(axis: Axis, name: str, value: Fraction | None, at_edge: AtEdge, terms: Terms) -> tuple[int, str]:
    """The tier of one value on an axis, and why."""
    assert value is not None, f"a row with an unknown measure of the {name} is never paid"
    is_money = any(edge.unit == "money" for edge in axis.edges)
    measured = terms.types.get(name, Type.MONEY if is_money else Type.NUMBER)
    scale = terms.minor_per_major if measured is Type.MONEY else 1
    edges = [edge.amount * scale for edge in axis.edges]
    tier = tier_of(value, edges, at_edge)
    words = [measure_words(edge, measured, terms, axis.edges) for edge in edges]
    shown = measure_words(value, measured, terms, axis.edges)
    return tier, f"{axis.by.text} = {shown} is {tier_words(tier, words, at_edge)}"
