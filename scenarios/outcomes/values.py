"""What a program comes to, with a scenario or without, and the two set side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from engine.facts.changed import Told
from rules.problem import Problem
from rules.quantities.currency import Currency

Amounts = Mapping[tuple[str, str], int]  # minor units by partner and component


@dataclass(frozen=True, slots=True)
class OfPeriod:
    """What one period comes to: what it pays in minor units, and the digest of its lines, which is that of a run."""

    period: str
    lines_sha256: str
    total_minor: int


@dataclass(frozen=True, slots=True)
class Tiered:
    """The tiers of a scorecard, the lowest first, and the one of each partner in the last period ("" for none)."""

    names: tuple[str, ...]
    of: Mapping[str, str]

    def place(self, partner: str) -> int:
        """How high a partner stands: 0 for the lowest tier, -1 for none."""
        tier = self.of.get(partner, "")
        return self.names.index(tier) if tier else -1


@dataclass(frozen=True, slots=True)
class Jump:
    """A cliff of a payout rule: at which value of its measure (exact, and as people read it) what is due jumps, by how
    many minor units, with what stands still, and how many partners are up to 5 % below; None where nobody can tell."""

    rule: str
    measure: str
    at: Fraction
    shown: str
    jump_minor: Fraction
    fixed: tuple[str, ...]
    near: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a program comes to over some periods.

    `name` and `file` are the scenario's ("" for the program as it is), `program_sha256` is of the very program that was
    evaluated. `amounts` are by partner and component, over all periods; `partners` are all who can be paid in any.
    `groups` tells of each partner its value of the column that was asked for. `causes` are the changes one by one, with
    what each moves, partner by partner, where that was asked for; `of_kpi` is what the KPI that pay is held against
    comes to, in minor units, by group. `warnings` are what is suspicious about it, and not about the program as it is.
    `facts` are the changes of facts in words, and `changed` what became of each table.
    `tiers` are those that each scorecard gave, and `kpi_by_partner` is what each partner has of the KPI that pay is
    held against, in minor units; empty where it is of the program alone. `cliffs` are where its rules jump, in the last
    period; None where that was not asked for.
    """

    name: str
    file: str
    program_sha256: str
    periods: tuple[OfPeriod, ...]
    components: tuple[str, ...]
    partners: tuple[str, ...]
    amounts: Amounts
    groups: Mapping[str, str] = field(default_factory=dict)
    causes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    of_kpi_minor: Fraction | None = None
    warnings: tuple[Problem, ...] = ()
    facts: tuple[str, ...] = ()
    changed: tuple[Told, ...] = ()
    tiers: Mapping[str, Tiered] = field(default_factory=dict)
    kpi_by_partner: Mapping[str, Fraction | None] = field(default_factory=dict)
    cliffs: tuple[Jump, ...] | None = None

    @property
    def cost_minor(self) -> int:
        """What it pays, over all periods and partners."""
        return sum(each.total_minor for each in self.periods)

    @property
    def by_partner(self) -> Mapping[str, int]:
        """What each partner is paid; those who are paid nothing included."""
        found = Counter(dict.fromkeys(self.partners, 0))
        for (partner, _), minor in self.amounts.items():
            found[partner] += minor
        return found

    @property
    def by_component(self) -> Mapping[str, int]:
        """What each component pays."""
        found = Counter(dict.fromkeys(self.components, 0))
        for (_, component), minor in self.amounts.items():
            found[component] += minor
        return found

    @property
    def by_group(self) -> Mapping[str, int]:
        """What each group is paid."""
        found = Counter(dict.fromkeys(self.groups.values(), 0))
        for partner, minor in self.by_partner.items():
            found[self.groups.get(partner, "")] += minor
        return found

    @property
    def effective_rate(self) -> Fraction | None:
        """What is paid for one unit of the KPI that it is held against; unknown where there is none, or it is zero."""
        return None if not self.of_kpi_minor else self.cost_minor / self.of_kpi_minor

    def rate_of_component(self, component: str) -> Fraction | None:
        """What a component pays for one unit of the KPI."""
        return None if not self.of_kpi_minor else self.by_component.get(component, 0) / self.of_kpi_minor

    def rates(self, groups: Mapping[str, str] | None = None) -> Mapping[str, Fraction | None]:
        """What each group of partners, or each partner, is paid for one unit of the KPI that its partners have; unknown
        where one of these is, or where they add up to zero."""
        found: dict[str, Fraction | None] = {}
        paid: Counter[str] = Counter()
        for partner, own in self.kpi_by_partner.items():
            group = partner if groups is None else groups.get(partner, "")
            before = found.get(group, Fraction(0))
            found[group] = None if own is None or before is None else before + own
        for partner, minor in self.by_partner.items():
            paid[partner if groups is None else groups.get(partner, "")] += minor
        return {group: paid[group] / own if own else None for group, own in found.items()}


@dataclass(frozen=True, slots=True)
class Moved:
    """What one partner gets without and with a scenario, in minor units, and what moves it: by component, and by change
    where that was asked for."""

    partner: str
    before_minor: int
    now_minor: int
    by_component: Mapping[str, int]
    by_cause: Mapping[str, int]

    @property
    def difference_minor(self) -> int:
        """What is gained, below zero where it is lost."""
        return self.now_minor - self.before_minor


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A scenario's outcome beside that of the program as it is: every partner of either, the biggest difference first,
    ties by id."""

    base: Outcome
    outcome: Outcome
    moved: tuple[Moved, ...]

    @property
    def change_minor(self) -> int:
        """What it costs more than the program as it is."""
        return self.outcome.cost_minor - self.base.cost_minor

    def tier_moves(self, card: str) -> tuple[tuple[str, str, str], ...]:
        """Who moved by a scorecard, as (partner, tier before, tier now), by id; of partners that both sides have."""
        one, other = self.base.tiers.get(card), self.outcome.tiers.get(card)
        if one is None or other is None:
            return ()
        both = sorted(one.of.keys() & other.of.keys())
        return tuple((each, one.of[each], other.of[each]) for each in both if one.of[each] != other.of[each])

    def ups_and_downs(self, card: str) -> tuple[int, int]:
        """How many moved up and how many down, by where the tiers stand now; tiers that one side lacks do not count."""
        names = ("", *self.outcome.tiers[card].names)
        moves = [(names.index(b), names.index(n)) for _, b, n in self.tier_moves(card) if b in names]
        return sum(n > b for b, n in moves), sum(n < b for b, n in moves)

    @property
    def winners(self) -> tuple[Moved, ...]:
        """Those who get more."""
        return tuple(each for each in self.moved if each.difference_minor > 0)

    @property
    def losers(self) -> tuple[Moved, ...]:
        """Those who get less."""
        return tuple(each for each in self.moved if each.difference_minor < 0)


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A program and its scenarios, side by side: what was asked, and what came out.

    `by` is what amounts are told by: partner, component, or a column of partners; `per` the KPI that pay is held
    against, "" where none is; `names` and `titles` are what partners and components are called; `rejected` rows were
    left out of what was read for the program as it is.
    """

    program: str
    currency: Currency
    by: str
    per: str
    budget_minor: int | None
    base: Outcome
    scenarios: tuple[Compared, ...]
    names: Mapping[str, str]
    titles: Mapping[str, str]
    rejected: int

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The program as it is, and every scenario."""
        return self.base, *(each.outcome for each in self.scenarios)


def compared(base: Outcome, outcome: Outcome) -> Compared:
    """An outcome set beside that of the program as it is."""
    before, now = base.by_partner, outcome.by_partner
    parts: dict[str, Counter[str]] = {partner: Counter() for partner in {**before, **now}}
    for amounts, sign in ((base.amounts, -1), (outcome.amounts, 1)):
        for (partner, component), minor in amounts.items():
            parts[partner][component] += sign * minor
    rows = []
    for partner, moved in parts.items():
        by_cause = {cause: of[partner] for cause, of in outcome.causes.items() if of.get(partner)}
        by_component = {component: minor for component, minor in moved.items() if minor}
        row = Moved(partner, before.get(partner, 0), now.get(partner, 0), by_component, by_cause)
        assert sum(by_component.values()) == row.difference_minor, "components add up to what moved"
        assert not outcome.causes or sum(by_cause.values()) == row.difference_minor, "causes add up to what moved"
        rows.append(row)
    return Compared(base, outcome, tuple(sorted(rows, key=lambda each: (-abs(each.difference_minor), each.partner))))


def in_order(lists: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Every name of some lists once, in the order in which they come."""
    return tuple(dict.fromkeys(name for names in lists for name in names))


@dataclass(frozen=True, slots=True)
class BreakEven:
    """What was found: the path, the scenario that it was looked for in ("" for the program as it is), what was asked
    for, and the `value` with what it costs: a rate, or where it `is_amount` so many minor units. `from_value` to
    `to_value` cost the same. Where nothing costs exactly what was asked for, it costs the most below that, and
    `next_minor` is what the next value costs: a billionth or a minor unit above `to_value`, or below `from_value` where
    the cost `falls` as the value grows. So many `evaluations` were worked out."""

    path: str
    scenario: str
    currency: Currency
    wanted_minor: int
    is_amount: bool
    value: Fraction
    cost_minor: int
    from_value: Fraction
    to_value: Fraction
    falls: bool
    next_minor: int | None
    evaluations: int

    @property
    def is_exact(self) -> bool:
        """Whether it costs exactly what was asked for."""
        return self.cost_minor == self.wanted_minor
