"""Units and groups that get at most a part of all that is spent.

In: a problem, and shares. Of a budget that is spent in full a share is a cap. Where the total is free within the budget
it is searched. The prices at one total bound what every other total brings by a line (Lagrange, with a price on each
share of the total), and the total at which the lines allow most is tried next (Kelley 1960). What the lines leave open
is searched by intervals: over one, the shares of its largest total are caps that no split of any of them exceeds. Caps
are whole minor units, rounded down.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from scenarios.curves.floats import Floats, Rows
from scenarios.optimise.core.answer import Answer, relative_gap
from scenarios.optimise.core.feasible import Conflict, Infeasible, totals_of
from scenarios.optimise.core.problem import Budget, Group, Problem, whole
from scenarios.optimise.core.roofs import Roofs, roofs_of
from scenarios.optimise.core.solve import GAP, solve
from scenarios.optimise.core.tree import ROOT

INTERVALS_MAX, LINES_MAX = 60, 60
_EDGE = 8  # a split of an interval is no nearer to its ends than one part in so many

Split = Callable[[Problem, float], Answer | Infeasible]


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """Units, by their places, that together get at most this part of all that is spent."""

    name: str
    members: Rows
    most: Fraction

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", whole(self.members))
        assert 0 <= self.most <= 1, "a share is a part of the whole"

    def cap_minor(self, total: int) -> int:
        """The most that they get of a total, rounded down."""
        return total * self.most.numerator // self.most.denominator


def with_shares(
    problem: Problem, shares: tuple[Share, ...], gap: float = GAP, split: Split = solve
) -> Answer | Infeasible:
    """The best split of the budget in which no share is exceeded; `split` answers for a total (units' returns may have
    a say in it).

    >>> from scenarios.curves.floats import floats
    >>> from scenarios.curves.mixed import Mixed
    >>> from scenarios.curves.smooth import LinearCap
    >>> lines = Mixed([(np.arange(2), LinearCap(floats([3, 1]), floats([1_000, 10])))])
    >>> asked = Problem(("a", "b"), lines, [0, 0], [100_000] * 2, Budget.at_most(100_000))
    >>> found = with_shares(asked, (Share("a", [0], Fraction(60, 100)),))
    >>> found.spend_minor.tolist(), round(found.value, 6)  # b takes more than it can use, so that a may get more
    ([60000, 40000], 1810.0)
    """
    totals = totals_of(problem)
    if isinstance(totals, Infeasible):
        return totals
    least, most = totals
    if problem.budget.least_minor == problem.budget.most_minor:
        return _priced(problem, shares, split(_capped(problem, shares, problem.budget), gap))
    search = _Search(problem, shares, gap, split)
    search.follow(least, most)
    if not search.is_close(search.by_lines(least, most)[0]):
        search.visit(least, most, np.inf)
    else:
        search.closed = search.by_lines(least, most)[0]
    for _ in range(INTERVALS_MAX):
        if not search.heap or search.is_close(-search.heap[0][0]):
            break
        search.split_first()
    if search.best is None:
        search.ask(least)  # to spend nothing keeps every share
    if search.best is not None and not search.best.spend_minor.any() and _are_short(len(problem.units), shares):
        said = "the shares of what is spent add up to less than all of it, so that only nothing keeps them"
        none = _told(problem, shares, search.best, search.best.value)
        return replace(none, bound=search.best.value, reasons=(said,))
    if search.best is None:
        is_open = bool(search.heap) or search.closed > -np.inf
        if is_open or search.why is None:
            names = tuple(share.name for share in shares)
            return Infeasible((Conflict("search" if is_open else "choices", "the budget", 0, 0, names),))
        return search.why
    return _told(problem, shares, search.best, max(search.best.value, search.closed, search.top()))


def _are_short(units: int, shares: tuple[Share, ...]) -> bool:
    """Whether shares that cover all units, each once, add up to less than the whole: only nothing keeps them."""
    covered, parts = np.zeros(units, dtype=bool), Fraction()
    for share in sorted(shares, key=lambda each: each.most / len(each.members)):
        if not covered[share.members].any():
            covered[share.members] = True
            parts += share.most
    return bool(covered.all()) and parts < 1


class _Search:
    """The best split so far, and intervals of totals by their bounds; `closed` is the largest bound given up."""

    def __init__(self, problem: Problem, shares: tuple[Share, ...], gap: float, split: Split) -> None:
        self.problem, self.shares, self.gap, self.split = problem, shares, gap, split
        self.best: Answer | None = None
        self.closed = -np.inf
        self.heap: list[tuple[float, int, int, int]] = []
        self.why: Infeasible | None = None
        self.lines: list[tuple[float, float]] = []  # what a total brings at most: so much at none, and so much for each
        per, limit = problem.minor_per_spend, np.minimum(problem.upper_minor, problem.budget.most_minor)
        self.roofs = roofs_of(problem.curves, problem.lower_minor / per, limit / per, problem.minimums / per)

    def follow(self, least: int, most: int) -> None:
        """Try the total at which the lines allow most, again and again."""
        total, tried = most, set[int]()
        while total not in tried and len(tried) < LINES_MAX and self.ask(total):
            tried.add(total)
            bound, total = self.by_lines(least, most)
            if self.is_close(bound):
                break

    def by_lines(self, least: int, most: int) -> tuple[float, int]:
        """What the lines allow the totals of an interval at most, and the total at which they do."""
        if not self.lines:
            return np.inf, most
        height, rise = np.array(self.lines).T
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = (height[:, None] - height) / (rise - rise[:, None])
        inside = meets[(meets > least) & (meets < most)]
        at = np.append([float(least), float(most)], inside)
        bounds = (height + rise * at[:, None]).min(axis=1)
        return float(bounds.max()), int(at[int(np.argmax(bounds))])

    def top(self) -> float:
        """The largest bound that is open."""
        return -self.heap[0][0] if self.heap else -np.inf

    def is_close(self, bound: float) -> bool:
        return self.best is not None and relative_gap(self.best.value, bound) <= self.gap

    def visit(self, least: int, most: int, above: float) -> None:
        """Bound the totals of an interval, and try one of them."""
        answer = self.split(_capped(self.problem, self.shares, Budget(least, most)), self.gap / 4)
        if isinstance(answer, Infeasible):
            self.why = self.why or answer
            if any(each.kind == "search" for each in answer.conflicts):
                self.closed = max(self.closed, above)
            return
        bound = min(above, answer.bound, self.by_lines(least, most)[0])
        total = int(answer.spend_minor.sum())
        if self.keeps(answer):
            # It is the best of the totals up to its own under wider caps than theirs, and of all others, too.
            self.offer(answer)
            self.closed = max(self.closed, bound)
        elif self.is_close(bound):
            self.closed = max(self.closed, bound)
        else:
            self.ask(total)
            edge = (most - least) // _EDGE
            heapq.heappush(self.heap, (-bound, least, most, min(max(total, least + edge), max(most - 1 - edge, least))))

    def split_first(self) -> None:
        """Visit both parts of the interval with the largest bound."""
        negative, least, most, middle = heapq.heappop(self.heap)
        self.visit(least, middle, -negative)
        if middle < most:
            self.visit(middle + 1, most, -negative)

    def ask(self, total: int) -> bool:
        """Try one total, and say whether a split spends it."""
        answer = self.split(_capped(self.problem, self.shares, Budget.equal(total)), self.gap / 4)
        if isinstance(answer, Infeasible):
            self.why = self.why or answer
            return False
        self.offer(answer)
        self.lines.append(_line(self.problem, self.shares, self.roofs, answer))
        return True

    def keeps(self, answer: Answer) -> bool:
        """Whether a split keeps the shares of its own total."""
        minor = answer.spend_minor
        total = int(minor.sum())
        return all(int(minor[share.members].sum()) <= share.cap_minor(total) for share in self.shares)

    def offer(self, answer: Answer) -> None:
        """Take a split where it is better."""
        if self.best is None or answer.value > self.best.value:
            self.best = answer


def _capped(problem: Problem, shares: tuple[Share, ...], budget: Budget) -> Problem:
    """The problem under the shares of the largest total as caps."""
    upper, groups = problem.upper_minor.copy(), list(problem.groups)
    for share in shares:
        cap = share.cap_minor(budget.most_minor)
        if len(share.members) == 1:
            upper[share.members] = np.minimum(upper[share.members], cap)
            continue
        same = [place for place, group in enumerate(groups) if set(group.members) == set(share.members)]
        if same:
            group = groups[same[0]]
            groups[same[0]] = replace(group, cap_minor=cap if group.cap_minor is None else min(cap, group.cap_minor))
        else:
            groups.append(Group(share.name, share.members, 0, cap))
    return replace(problem, upper_minor=upper, groups=tuple(groups), budget=budget)


def _told(problem: Problem, shares: tuple[Share, ...], best: Answer, bound: float) -> Answer:
    """The best split as the answer to the budget as it was asked: what is unspent, and the price of more."""
    unspent = int(problem.budget.most_minor - best.spend_minor.sum())
    if not unspent:
        return _as_priced(problem, shares, replace(best, bound=bound, unspent_minor=0))
    said = f"{unspent} of the budget stays unspent: with the shares of what is spent, no more of it pays"
    bindings = tuple(each for each in best.bindings if each.name != "budget")
    reasons = (said, *best.reasons[1:])
    priced = replace(best, shadow_price=0.0, price_of_less=0.0, reasons=reasons, bindings=bindings)
    return replace(priced, bound=bound, unspent_minor=unspent)


def _priced(problem: Problem, shares: tuple[Share, ...], answer: Answer | Infeasible) -> Answer | Infeasible:
    return answer if isinstance(answer, Infeasible) else _as_priced(problem, shares, answer)


@dataclass(frozen=True, slots=True, eq=False)
class _Prices:
    """The price that each unit is asked, (units,), that of the total, of each share, and what groups' limits cost."""

    unit: Floats
    total: float
    share: Floats
    limits: float


def _prices(problem: Problem, shares: tuple[Share, ...], answer: Answer) -> _Prices:
    """The prices at an answer for a total; where a share and a group's own cap are one, the share has the price."""
    at = {group.name: group.members for group in problem.groups}
    unit = np.full(len(problem.units), problem.hurdle)
    of_share, of_total, limits = np.zeros(len(shares)), 0.0, 0.0
    total = int(answer.spend_minor.sum())
    for each in answer.proof:
        signed = each.price if each.side == "cap" else -each.price
        if each.name == ROOT:
            unit += signed
            of_total = signed
            continue
        for place, share in enumerate(shares):
            is_same = each.name == share.name or set(at.get(each.name, ())) == set(share.members.tolist())
            if is_same and signed > 0 and each.limit_minor == share.cap_minor(total):
                of_share[place] = signed
                unit[share.members] += signed
                break
        else:
            unit[at[each.name]] += signed
            limits += signed * each.limit_minor / problem.minor_per_spend
    for place, share in enumerate(shares):
        cap, row = share.cap_minor(total), int(share.members[0])
        if len(share.members) == 1 and answer.spend_minor[row] == cap < problem.upper_minor[row]:
            of_share[place] = max(float(answer.marginal[row] - unit[row]), 0.0)
            unit[row] += of_share[place]
    return _Prices(unit, of_total, of_share, limits)


def _line(problem: Problem, shares: tuple[Share, ...], roofs: Roofs, answer: Answer) -> tuple[float, float]:
    """What any total brings at most at the prices of one: at none, and for each minor unit of it."""
    prices = _prices(problem, shares, answer)
    best = roofs.at_price(prices.unit)[0]
    height = roofs.curves.value(best)
    asked = prices.unit * best
    rounding = 8 * float(np.finfo(np.float64).eps) * float((np.abs(height) + np.abs(asked)).sum() + abs(prices.limits))
    rise = prices.total + sum(float(share.most) * each for share, each in zip(shares, prices.share, strict=True))
    return float((height - asked).sum()) + prices.limits + rounding, rise / problem.minor_per_spend


def _as_priced(problem: Problem, shares: tuple[Share, ...], answer: Answer) -> Answer:
    """One more unit of budget is also that much more for those that their share holds back."""
    prices = _prices(problem, shares, answer)
    more = sum(float(share.most) * each for share, each in zip(shares, prices.share.tolist(), strict=True))
    if not more:
        return answer
    shadow = answer.shadow_price + more
    said = f"one more unit of budget would bring {shadow:.6g}, with the shares that grow by it"
    return replace(answer, shadow_price=shadow, price_of_less=None, reasons=(said, *answer.reasons[1:]))
