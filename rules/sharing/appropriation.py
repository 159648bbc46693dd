"""The appropriation of a profit among partners: allowances in order, such as salaries and interest on capital, then the
rest by a ratio; and who bears what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rules.kinds.base import Kind, Terms, number, percent
from rules.quantities.exact import Exact
from rules.sharing.base import Step, Told, common, refusal


class Appropriation(Kind):
    """What happens where the profit does not reach for all allowances, and to a loss.

    `in_order` pays them one after the other, the last one that is reached in proportion, and nothing to the rest;
    `shared` allows all of them in full and shares the deficiency by the ratio of the rest, as partnership law does;
    `refuse` shares nothing. A loss is shared by the ratio where `losses: shared` says so, and is refused otherwise.
    """

    if_short: Literal["in_order", "shared", "refuse"] = "refuse"
    losses: Literal["shared", "refuse"] = "refuse"

    def compute(self, profit: Fraction, allowances: Sequence[tuple[str, Exact]], ratio: Exact) -> tuple[Portion, ...]:
        """The portions of `profit` minor units: every allowance by its name, (n,) exact, and the `rest` by `ratio`.

        They add up to the profit. Refused: allowances that are more than the profit (K260), a loss (K261), and a rest
        without anybody in the ratio (K109).

        >>> rule = Appropriation.model_validate({"if_short": "shared"})
        >>> parts = rule.compute(Fraction(450), [("salary", Exact.of([350, 250]))], Exact.of([2, 1]))
        >>> [part.paid.fractions() for part in parts]
        [[Fraction(350, 1), Fraction(250, 1)], [Fraction(-100, 1), Fraction(-50, 1)]]
        """
        if profit < 0 and self.losses == "refuse":
            hint = "say losses: shared where partners bear them"
            raise refusal("K261", f"a loss of {number(-profit)} minor units", hint)
        left, portions, ratio = profit, [], common(ratio)
        allowances = [(name, common(due)) for name, due in allowances]
        all_due = sum((due.sum() for _, due in allowances), Fraction(0))
        if self.if_short == "refuse" and all_due > max(profit, Fraction(0)):
            message = f"allowances of {number(all_due)} minor units from a profit of {number(profit)}"
            raise refusal("K260", message, "say if_short: in_order or shared")
        for name, due in allowances:
            whole = due.sum()
            part = Fraction(1)
            if self.if_short == "in_order" and whole > 0:
                part = min(part, max(left, Fraction(0)) / whole)
            left -= whole * part
            portions.append(Portion(name, due, due * Exact.constant(part, len(due)), left))
        if left and not ratio.sum():
            raise refusal("K109", "every weight is 0, so nobody has a share", "name who shares the rest")
        rest = ratio * Exact.constant(left / ratio.sum() if left else Fraction(0), len(ratio))
        return (*portions, Portion("rest", rest, rest, Fraction(0)))

    def explain(
        self, profit: Fraction, allowances: Sequence[tuple[str, Exact]], ratio: Exact, row: int, terms: Terms
    ) -> Told:
        """One partner's portions, one after the other, in fractions."""
        left, value, steps, ratio = profit, Fraction(0), [], common(ratio)
        for name, due in allowances:
            every = [each or Fraction(0) for each in common(due).fractions()]
            need = sum(every)
            served = need
            if self.if_short == "in_order" and need > left:
                served = left if left > 0 else Fraction(0)
            mine = every[row] * served / need if need else Fraction(0)
            left -= served
            value += mine
            words = f"{name}: due {terms.money(every[row])}, paid {terms.money(mine)}; {terms.money(left)} is left"
            steps.append(Step(name, every[row], mine, left, words))
        weights = [each or Fraction(0) for each in ratio.fractions()]
        mine = left * weights[row] / sum(weights) if left else Fraction(0)
        value += mine
        words = f"{percent(weights[row] / sum(weights)) if left else 'nothing'} of the rest of {terms.money(left)}: "
        words += terms.money(mine)
        steps.append(Step("rest", mine, mine, Fraction(0), words))
        return Told(value, f"{terms.money(value)} of a profit of {terms.money(profit)}", tuple(steps))


@dataclass(frozen=True, slots=True, eq=False)
class Portion:
    """One allowance or the rest: what each partner was due and is paid, (n,) exact minor units, and what was left."""

    name: str
    entitled: Exact
    paid: Exact
    remaining: Fraction
