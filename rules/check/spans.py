"""Which values a KPI or an expression can take at all: what holds for every row that a source could ever send.

In: the meaning of KPIs and expressions. Out: a `Span` for each; an end that is not certain is open. Money, numbers and
counts of a table may be below zero (credit notes, corrections), so only what is counted has a certain end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from rules.expressions.tree import (
    WITHIN,
    And,
    Arithmetic,
    Call,
    Case,
    Column,
    Comparison,
    Expression,
    InList,
    Literal,
    Negate,
)
from rules.meaning import KpiMeaning, MeasureMeaning

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Span:
    """The values from `low` to `high`, both included; None is an open end. `is_whole`: whole numbers only."""

    low: Fraction | None = None
    high: Fraction | None = None
    is_whole: bool = False

    def with_(self, other: Span) -> Span:
        """The least span that holds both."""
        low = None if self.low is None or other.low is None else min(self.low, other.low)
        high = None if self.high is None or other.high is None else max(self.high, other.high)
        return Span(low, high)

    def held(self, floor: Fraction | None, cap: Fraction | None) -> Span:
        """The span of values that are raised to `floor` and lowered to `cap`."""
        low, high = self.low, self.high
        if floor is not None:
            low, high = floor if low is None else max(low, floor), high if high is None else max(high, floor)
        if cap is not None:
            low, high = low if low is None else min(low, cap), cap if high is None else min(high, cap)
        return Span(low, high)

    def plus(self, other: Span) -> Span:
        """The span of the sums."""
        low = None if self.low is None or other.low is None else self.low + other.low
        high = None if self.high is None or other.high is None else self.high + other.high
        return Span(low, high)

    def turned(self) -> Span:
        """The span of the values with their signs turned."""
        return Span(None if self.high is None else -self.high, None if self.low is None else -self.low)

    def times(self, other: Span) -> Span:
        """The span of the products."""
        lows, highs = self._ends(), other._ends()
        corners = [_product(one, two) for one in lows for two in highs]
        numbers = [each for each in corners if isinstance(each, Fraction)]
        low = None if -1 in [each for each in corners if isinstance(each, int)] else min(numbers, default=None)
        high = None if 1 in [each for each in corners if isinstance(each, int)] else max(numbers, default=None)
        return Span(low, high)

    def over(self, other: Span) -> Span:
        """The span of the quotients, as far as the signs or a fixed divisor tell."""
        if other.low is not None and other.low == other.high != 0:
            return self.times(point(1 / other.low))
        same = self.low is not None and self.low >= 0 and other.low is not None and other.low >= 0
        return POSITIVE if same else OPEN

    def summed(self) -> Span:
        """The span of the sums of any number of values, none among them."""
        low = _ZERO if self.low is not None and self.low >= 0 else None
        return Span(low, _ZERO if self.high is not None and self.high <= 0 else None)

    def _ends(self) -> tuple[Fraction | int, Fraction | int]:
        """Both ends; an open one is the whole number -1 or 1, which no fraction is."""
        return -1 if self.low is None else self.low, 1 if self.high is None else self.high


OPEN = Span()
POSITIVE = Span(_ZERO)


def point(value: Fraction) -> Span:
    """The span of one value."""
    return Span(value, value)


def _product(one: Fraction | int, two: Fraction | int) -> Fraction | int:
    """A product of ends: of an open one with zero zero, else open to the side that the signs give."""
    if isinstance(one, Fraction) and isinstance(two, Fraction):
        return one * two
    if one == 0 or two == 0:
        return _ZERO
    return 1 if (one > 0) == (two > 0) else -1


def expression_span(tree: Expression, named: Mapping[str, Span], cells: Span = OPEN) -> Span:
    """The values that an expression can take: `named` are the spans of KPIs and scores, `cells` that of a table's."""

    def below(node: Expression) -> Span:
        return expression_span(node, named, cells)

    match tree:
        case Literal(Fraction() as value):
            return point(value)
        case Column("period", "days"):
            return POSITIVE
        case Column(None):
            return named.get(str(tree), OPEN)
        case Column():
            return cells
        case Negate(operand):
            return below(operand).turned()
        case Arithmetic("+", left, right):
            return below(left).plus(below(right))
        case Arithmetic("-", left, right):
            return below(left).plus(below(right).turned())
        case Arithmetic("*", left, right):
            return below(left).times(below(right))
        case Arithmetic("/", left, right):
            return below(left).over(below(right))
        case Case(branches, otherwise):
            values = [value for _, value in branches] + ([] if otherwise is None else [otherwise])
            return _hull([below(value) for value in values])
        case Call(name, arguments):
            return _called(name, [below(each) for each in arguments])
    return OPEN


def _called(name: str, spans: list[Span]) -> Span:
    lows = [span.low for span in spans if span.low is not None]
    highs = [span.high for span in spans if span.high is not None]
    if name == "least":
        return Span(min(lows) if len(lows) == len(spans) else None, min(highs, default=None))
    if name == "greatest":
        return Span(max(lows, default=None), max(highs) if len(highs) == len(spans) else None)
    if name == "coalesce":
        return _hull(spans)
    if name in WITHIN:
        return POSITIVE
    if name == "months":
        return OPEN
    if name == "abs":
        return spans[0] if spans[0].low is not None and spans[0].low >= 0 else POSITIVE
    return spans[0]  # nullif gives its first argument, or nothing


def _hull(spans: list[Span]) -> Span:
    whole = spans[0]
    for span in spans[1:]:
        whole = whole.with_(span)
    return whole


def kpi_spans(kpis: tuple[KpiMeaning, ...], cells: Span = OPEN) -> dict[str, Span]:
    """The values that each KPI can take, by name."""
    found: dict[str, Span] = {}
    for kpi in kpis:
        if kpi.formula is not None:
            found[kpi.name] = expression_span(kpi.formula, found, cells)
            continue
        assert kpi.numerator is not None, "a KPI without a formula measures something"
        span = _measured(kpi.numerator, cells)
        if kpi.denominator is not None:
            span = _ratio(kpi.numerator, kpi.denominator, cells)
            span = span.with_(point(_ZERO)) if kpi.when_zero == "zero" else span
        found[kpi.name] = span.times(point(kpi.times))
    return found


def _measured(measure: MeasureMeaning, cells: Span) -> Span:
    if measure.credited is not None and cells == OPEN:
        return OPEN  # what is counted is weighed by shares, which a table holds
    if measure.value is None or measure.aggregate == "count_distinct":
        return POSITIVE
    span = expression_span(measure.value, {}, cells)
    return span.summed() if measure.aggregate == "sum" else span


def _ratio(top: MeasureMeaning, bottom: MeasureMeaning, cells: Span) -> Span:
    if not is_part(top, bottom) or top.credited is not None:
        return _measured(top, cells).over(_measured(bottom, cells))
    counted = top.aggregate in ("count", "count_distinct")
    if counted and (bottom.aggregate == "count" or (top.aggregate, top.value) == (bottom.aggregate, bottom.value)):
        return Span(_ZERO, Fraction(1))
    if top.aggregate == "sum" and bottom.aggregate == "count":
        assert top.value is not None, "a sum sums something"
        return expression_span(top.value, {}, cells).with_(point(_ZERO))
    return _measured(top, cells).over(_measured(bottom, cells))


def is_part(top: MeasureMeaning, bottom: MeasureMeaning) -> bool:
    """Whether each row of one measure is, for certain, a row of the other."""
    if top.rows.table != bottom.rows.table or (top.owner, top.credited) != (bottom.owner, bottom.credited):
        return False
    if top.counts_direct != bottom.counts_direct or top.latest_of != bottom.latest_of:
        return False
    dated = (top.rows.dated, top.window) == (bottom.rows.dated, bottom.window) or bottom.rows.dated is None
    held = list(conjuncts(top.rows.where))
    return dated and all(any(_implies(one, needed) for one in held) for needed in conjuncts(bottom.rows.where))


def conjuncts(tree: Expression | None) -> Iterator[Expression]:
    """The conditions that all have to hold."""
    if isinstance(tree, And):
        for part in tree.parts:
            yield from conjuncts(part)
    elif tree is not None:
        yield tree


def _implies(held: Expression, needed: Expression) -> bool:
    if held == needed:
        return True
    if not isinstance(needed, InList) or needed.negated:
        return False
    if isinstance(held, InList):
        return not held.negated and held.item == needed.item and set(held.options) <= set(needed.options)
    return isinstance(held, Comparison) and held.op == "=" and held.left == needed.item and held.right in needed.options
