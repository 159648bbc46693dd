"""What a program comes to, with a scenario or without, and the two set side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from engine.facts.changed import Told
from engine.frames import PandasFrame, frame
from rules.problem import Problem
from rules.quantities.currency import Currency

Amounts = Mapping[tuple[str, str], int]  # minor units by partner and component


@dataclass(frozen=True, slots=True)
class Tiered:
    """The tiers of a scorecard, the lowest first, and the one of each partner in a period ("" for none)."""

    names: tuple[str, ...]
    of: Mapping[str, str]

    def place(self, partner: str) -> int:
        """How high a partner stands: 0 for the lowest tier, -1 for none."""
        tier = self.of.get(partner, "")
        return self.names.index(tier) if tier else -1


@dataclass(frozen=True, slots=True)
class OfPeriod:
    """What one period comes to: what it pays in minor units, and the digest of its lines, which is that of a run; the
    tiers that scorecards gave in it; where periods are kept, what it pays each partner by component; and what the KPI
    that pay is held against comes to, in minor units."""

    period: str
    lines_sha256: str
    total_minor: int
    tiers: Mapping[str, Tiered] = field(default_factory=dict)
    amounts: Amounts = field(default_factory=dict)
    of_kpi_minor: Fraction | None = None


@dataclass(slots=True)
class Held:
    """What a group of partners was paid while they were in it, and what they had then of the KPI that pay is held
    against, in minor units; None where that is unknown."""

    paid_minor: int = 0
    kpi_minor: Fraction | None = Fraction(0)

    @property
    def rate(self) -> Fraction | None:
        """What is paid for one unit of the KPI; unknown where it is, or where it is zero."""
        return self.paid_minor / self.kpi_minor if self.kpi_minor else None


@dataclass(frozen=True, slots=True)
class Jump:
    """A cliff of a payout rule: at which value of its measure (exact, and as people read it) what is due jumps, by how
    many minor units, with what stands still, and how many partners stand up to 5 % below at the end of the last period;
    None where nobody can tell."""

    rule: str
    measure: str
    at: Fraction
    shown: str
    jump_minor: Fraction
    fixed: tuple[str, ...]
    near: int | None


@dataclass(frozen=True, slots=True)
class Cliffs:
    """Where the rules of a program jump, in the last period; and of which rules that can't be told along which measure,
    with the reason."""

    jumps: tuple[Jump, ...]
    not_followed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a program comes to over some periods.

    `name` and `file` are the scenario's ("" for the program as it is), `program_sha256` is of the very program that was
    evaluated. `amounts` are by partner and component, over all periods; `partners` are all who can be paid in any.
    `groups` tells of each partner its value of the column that was asked for, in the last period, and `held` what each
    of these was paid, each period's pay by the value of that period. `moved_by` are the changes one by one, with what
    each moves by period (blank where periods are not kept), partner and component, where that was asked for;
    `of_kpi_minor` is what the KPI that pay is held against comes to. `warnings` are what is suspicious about it, and
    not about the program as it is. `facts` are the changes of facts in words, and `changed` what became of each table.
    `tiers` are those that each scorecard gave in the last period, `of_tiers` what each of them was paid, each period's
    pay by the tier of that period; `kpi_by_partner` is what each partner has of the KPI that pay is held against, in
    minor units; empty where it is of the program alone. `cliffs` are where its rules jump; None where that was not
    asked for.
    """

    name: str
    file: str
    program_sha256: str
    periods: tuple[OfPeriod, ...]
    components: tuple[str, ...]
    partners: tuple[str, ...]
    amounts: Amounts
    groups: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, Held] = field(default_factory=dict)
    moved_by: Mapping[str, Mapping[tuple[str, str, str], int]] = field(default_factory=dict)
    of_kpi_minor: Fraction | None = None
    warnings: tuple[Problem, ...] = ()
    facts: tuple[str, ...] = ()
    changed: tuple[Told, ...] = ()
    tiers: Mapping[str, Tiered] = field(default_factory=dict)
    of_tiers: Mapping[str, Mapping[str, Held]] = field(default_factory=dict)
    kpi_by_partner: Mapping[str, Fraction | None] = field(default_factory=dict)
    cliffs: Cliffs | None = None

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
        return {group: of.paid_minor for group, of in self.held.items()}

    @property
    def causes(self) -> Mapping[str, Mapping[str, int]]:
        """What each change moves, partner by partner."""
        found: dict[str, Counter[str]] = {}
        for cause, moved in self.moved_by.items():
            of = found.setdefault(cause, Counter())
            for (_, partner, _), minor in moved.items():
                of[partner] += minor
        return found

    @property
    def effective_rate(self) -> Fraction | None:
        """What is paid for one unit of the KPI that it is held against; unknown where there is none, or it is zero."""
        return None if not self.of_kpi_minor else self.cost_minor / self.of_kpi_minor

    def rate_of_component(self, component: str) -> Fraction | None:
        """What a component pays for one unit of the KPI."""
        return None if not self.of_kpi_minor else self.by_component.get(component, 0) / self.of_kpi_minor

    def rates(self) -> Mapping[str, Fraction | None]:
        """What each partner is paid for one unit of the KPI that it has; unknown where that is, or is zero."""
        paid = self.by_partner
        return {partner: paid.get(partner, 0) / own if own else None for partner, own in self.kpi_by_partner.items()}


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

    def tier_moves(self, card: str) -> tuple[tuple[str, str, str, str], ...]:
        """Who has another tier of a scorecard in which period, as (period, partner, tier before, tier now), by period
        and id; of partners that both sides have in it."""
        found = []
        for before, now in zip(self.base.periods, self.outcome.periods, strict=True):
            one, other = before.tiers.get(card), now.tiers.get(card)
            if one is None or other is None:
                continue
            both = sorted(one.of.keys() & other.of.keys())
            found += [
                (now.period, each, one.of[each], other.of[each]) for each in both if one.of[each] != other.of[each]
            ]
        return tuple(found)

    def ups_and_downs(self, card: str) -> tuple[int, int]:
        """How many partners moved up in any period, and how many down, by where the tiers stand now; tiers that one
        side lacks do not count."""
        names = ("", *self.outcome.tiers[card].names)
        moves = [(who, names.index(b), names.index(n)) for _, who, b, n in self.tier_moves(card) if b in names]
        return len({who for who, b, n in moves if n > b}), len({who for who, b, n in moves if n < b})

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

    `by` is what amounts are told by: partner, component, period, or a column of partners; `per` the KPI that pay is
    held against, "" where none is; `names` and `titles` are what partners and components are called; so many `rejected`
    rows were left out of what was read for the program as it is, each counted once.
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

    def frame(self) -> PandasFrame:
        """What each scenario pays each partner, as a row of a pandas frame: before, now and the difference, in minor
        units."""
        titles = ("scenario", "partner", "name", "before_minor", "now_minor", "difference_minor")
        return frame(
            titles,
            (
                (of.outcome.name, row.partner, self.names.get(row.partner, ""), row.before_minor, row.now_minor,
                 row.difference_minor)
                for of in self.scenarios
                for row in of.moved
            ),
        )  # fmt: skip

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
    rows, causes = [], outcome.causes
    for partner, moved in parts.items():
        by_cause = {cause: of[partner] for cause, of in causes.items() if of.get(partner)}
        by_component = {component: minor for component, minor in moved.items() if minor}
        row = Moved(partner, before.get(partner, 0), now.get(partner, 0), by_component, by_cause)
        assert sum(by_component.values()) == row.difference_minor, "components add up to what moved"
        assert not causes or sum(by_cause.values()) == row.difference_minor, "causes add up to what moved"
        rows.append(row)
    return Compared(base, outcome, tuple(sorted(rows, key=lambda each: (-abs(each.difference_minor), each.partner))))


def paid_by(periods: Sequence[OfPeriod], amounts: Amounts) -> dict[tuple[str, str, str], int]:
    """What is paid by period, partner and component; with a blank period where periods were not kept."""
    if not any(each.amounts for each in periods):
        return {("", *key): minor for key, minor in amounts.items()}
    return {(each.period, *key): minor for each in periods for key, minor in each.amounts.items()}


def in_order(lists: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Every name of some lists once, in the order in which they come."""
    return tuple(dict.fromkeys(name for names in lists for name in names))


@dataclass(frozen=True, slots=True)
class BreakEven:
    """What was found: the path, the scenario that it was looked for in ("" for the program as it is), what was asked
    for, and the `value` with what it costs: a rate, a factor, a number or a price, or of an amount so many minor units.
    `from_value` to `to_value` cost the same. Where nothing costs exactly what was asked for, it costs the most below
    that, and `next_minor` is what the next value costs: a billionth or a minor unit above `to_value`, or below
    `from_value` where the cost `falls` as the value grows. So many `evaluations` were worked out."""

    path: str
    scenario: str
    currency: Currency
    wanted_minor: int
    kind: Literal["rate", "factor", "number", "amount", "price"]
    value: Fraction
    cost_minor: int
    from_value: Fraction
    to_value: Fraction
    falls: bool
    next_minor: int | None
    evaluations: int

    @property
    def is_amount(self) -> bool:
        """Whether it is an amount in minor units."""
        return self.kind == "amount"

    @property
    def is_exact(self) -> bool:
        """Whether it costs exactly what was asked for."""
        return self.cost_minor == self.wanted_minor
