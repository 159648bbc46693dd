"""Why a pool has its size, and what the whole program has of the KPIs, quotas and amounts that it rests on.

In: a plan and its sheet. Out: reasons, each worked out again and held against the sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from engine.explain.kpi import Shown, formula_reason, whole_reason
from engine.explain.pool import amount_reason, carry_reason, of_partners_reason, paid_reason, size_reason
from engine.explain.rolled import Rolled
from engine.values import PROGRAM, Award, Facts, Plan, Reasoned, Sheet, Size, Solve, Step, Whole
from engine.values.rolls import carried_of
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column, columns
from rules.meaning import KpiMeaning
from rules.pools.meaning import CARRY

Agreed = Callable[[str, int, Reasoned], Reasoned]


class OfProgram:
    """What is explained once for the whole program. `agreed` holds the reason of a column's row against the sheet,
    `shown` writes a value; of source rows at most `rows_shown` are told one by one."""

    def __init__(
        self,
        plan: Plan,
        sheet: Sheet,
        facts: Facts,
        rolled: Rolled,
        rows_shown: int | None,
        agreed: Agreed,
        shown: Shown,
    ) -> None:
        self._steps: Mapping[str, Step] = {step.name: step for step in plan.steps}
        self._plan, self._sheet, self._facts, self._rolled = plan, sheet, facts, rolled
        self._rows_shown, self._agreed, self._shown = rows_shown, agreed, shown

    def pool(self, name: str) -> Reasoned:
        """The size of a pool, and what of the whole program it rests on."""
        step = self._steps[name]
        assert isinstance(step, Size)
        named = {each: self._of(column) for each, column in step.inputs.items()}
        carried = self._rolled.opening(carried_of(name.removesuffix(".size"))) if step.carries else None
        node = size_reason(step, named, carried)
        return self._agreed(name, 0, node)

    def _of(self, name: str) -> Reasoned:
        """What the whole program has of what the size of a pool, or one of the amounts, names."""
        step, pool = self._steps.get(name), name.split(".")[0]
        if isinstance(step, Whole):
            return self._whole(step)
        if isinstance(step, Solve):
            known = {each: self._of(column) for each, column in step.inputs.items()}
            return self._agreed(name, 0, amount_reason(step, known))
        award = self._steps.get(f"{pool}.award")
        if isinstance(award, Award) and name == f"{pool}.{CARRY}":
            return self._agreed(name, 0, carry_reason(award, name, self._sheet, self._facts))
        return paid_reason(name, step, self._sheet, self._plan.terms)

    def _whole(self, step: Whole) -> Reasoned:
        """What the whole program has of a KPI or a quota."""
        if isinstance(step.of, KpiMeaning) and step.of.formula is not None and not step.of.is_averaged:
            named = [column.name for column in columns(step.of.formula) if column.table is None]
            steps = [self._steps[f"{PROGRAM}.{name}"] for name in named]
            parts = tuple(self._whole(each) for each in steps if isinstance(each, Whole))
            values: dict[Column, Value] = {Column(None, n): part.value for n, part in zip(named, parts, strict=True)}
            values[Column("period", "days")] = Fraction(self._sheet.period.days)
            return self._agreed(step.name, 0, formula_reason(step.of, values, parts))
        if isinstance(step.of, KpiMeaning) and not step.of.is_averaged:
            return self._agreed(step.name, 0, whole_reason(step.of, self._facts, self._shown, self._rows_shown))
        return self._agreed(step.name, 0, of_partners_reason(step, self._sheet))
