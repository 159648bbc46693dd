"""What a run pays before it is rounded: of each line the exact amount, and what it is a rate of.

In: a run's plan and sheet, worked out whole. Out: by partner, component and key the exact amount and the base, in
fractions. A line that a limit cut, or that is no product, is exact as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.values import Gather, KeepBalance, Pay, Plan, Share, Sheet
from rules.expressions.tree import Type
from rules.quantities.rounding import Rounding, round_fraction

Named = tuple[str, str, str]  # partner, component, key


@dataclass(frozen=True, slots=True)
class ExactLine:
    """A line before it is rounded, in minor units; `base` is what it is a rate of, None where it is none.

    `unit` says of what: money, a number, a pool; it is `fixed` for an amount of a rule that has no base, and empty for
    what no rule pays for a row, such as a movement of a balance.
    """

    component: str
    table: str
    amount_minor: int
    exact: Fraction
    base: Fraction | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """A way to round: to a multiple of `step_minor`, each line, each component of a partner, or the total."""

    step_minor: int
    grain: str
    mode: Rounding

    def __call__(self, lines: list[ExactLine]) -> int:
        """What lines come to if they are rounded so."""
        if self.grain == "line":
            return sum(round_fraction(line.exact, self.mode, self.step_minor) for line in lines)
        if self.grain == "component":
            sums: dict[str, Fraction] = {}
            for line in lines:
                sums[line.component] = sums.get(line.component, Fraction(0)) + line.exact
            return sum(round_fraction(each, self.mode, self.step_minor) for each in sums.values())
        return round_fraction(sum((line.exact for line in lines), Fraction(0)), self.mode, self.step_minor)


def fine_ways(plan: Plan) -> tuple[Way, ...]:
    """The ways to round to what a run rounds to, or to the minor unit: by these, little can be told of chance."""
    return tuple(_ways(dict.fromkeys((1, plan.terms.step_minor))))


def coarse_ways(plan: Plan) -> tuple[Way, ...]:
    """The ways to round to 0.05, or to whole units: one amount may well be round without that."""
    steps = dict.fromkeys((5 * plan.terms.minor_per_major // 100, plan.terms.minor_per_major))
    return tuple(_ways(step for step in steps if step > plan.terms.step_minor))


def _ways(steps: Iterable[int]) -> Iterator[Way]:
    for step in steps:
        yield from (Way(step, grain, mode) for grain in ("line", "component", "total") for mode in Rounding)


def exact_lines(plan: Plan, sheet: Sheet) -> Mapping[Named, list[ExactLine]]:
    """Every line of a run by who gets it for what."""
    found: dict[Named, list[ExactLine]] = {}
    for step in plan.components:
        for named, line in _of_component(plan, sheet, step):
            found.setdefault(named, []).append(line)
    return found


def _of_component(plan: Plan, sheet: Sheet, step: Gather | KeepBalance) -> Iterator[tuple[Named, ExactLine]]:
    own = plan.step(f"{step.name}.lines")
    for name, of in step.lines:
        frame, paid = sheet.of_lines(of), sheet.columns[name]
        table = "pool" if isinstance(own, Share) else frame.table
        rows = [row for row, is_known in enumerate(paid.is_known().tolist()) if is_known]
        keys, partners = frame.keys[:], frame.partners.tolist()
        weights = [_fraction(sheet, own.weight, row) for row in rows] if isinstance(own, Share) else []
        total = sum(weights, Fraction(0))
        for row in rows:
            amount = paid.fraction(row) or Fraction(0)
            line = ExactLine(step.name, table, int(amount), amount)
            if isinstance(own, Pay) and own.frame == of:
                line = _paid(own, sheet, row, line)
            elif isinstance(own, Share) and own.name == name:
                line = _shared(own, sheet, row, total, line)
            yield (str(sheet.payees.keys[partners[row]]), step.name, str(keys[row])), line


def _paid(step: Pay, sheet: Sheet, row: int, line: ExactLine) -> ExactLine:
    """A line of a rule: what is due within its bounds; what a limit cut of it, or added, is exact as it is."""
    exact = _fraction(sheet, step.due, row)
    for bound, side in ((step.at_least_minor, -1), (step.at_most_minor, 1)):
        if bound is not None and (exact - bound) * side > 0:
            exact = bound
    if sheet.columns[step.name].fraction(row) != line.amount_minor:
        exact = Fraction(line.amount_minor)
    if "base" not in step.inputs:
        return replace(line, exact=exact, unit="fixed")
    unit = "money" if step.terms.types.get("base") == Type.MONEY else "number"
    return replace(line, exact=exact, base=sheet.columns[step.inputs["base"]].fraction(row), unit=unit)


def _shared(step: Share, sheet: Sheet, row: int, total: Fraction, line: ExactLine) -> ExactLine:
    size, weight = _fraction(sheet, step.size, 0), _fraction(sheet, step.weight, row)
    exact = weight if step.is_awarded else size * weight / total if total else Fraction(line.amount_minor)
    return replace(line, exact=exact, base=size, unit="pool")


def _fraction(sheet: Sheet, name: str, row: int) -> Fraction:
    return sheet.columns[name].fraction(row) or Fraction(0)
