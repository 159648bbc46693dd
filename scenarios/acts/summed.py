"""What a program comes to as it adds up period by period: pay, tiers, groups, and the KPI that pay is held against.

In: each period's run, its sheet and its facts. Out: an outcome. A group or a tier has the pay that its partners had
while they were in it: each period's by the group and the tier of that period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from engine.acts.metrics import kpi_values
from engine.facts.changed import Told
from engine.facts.gather import Gathered
from engine.values import Run, Sheet
from rules.calendar import Period
from rules.expressions.tree import Column
from rules.load import Loaded
from rules.problem import Place, Problem, Refused
from scenarios.acts.standing import kpi_by_partner, tiers_by
from scenarios.outcomes.values import Cliffs, Held, OfPeriod, Outcome, Tiered, in_order
from scenarios.overlays.overlay import Overlaid
from scenarios.overlays.scenario import Scenario

ALONE = ("partner", "component", "period")  # what amounts are told by without a column of partners


@dataclass(frozen=True, slots=True)
class Asked:
    """What a simulation is asked for: the periods, what amounts are told by (partner, component, period or a column of
    partners), a budget to hold the cost against and a KPI to hold pay against ("" for none); whether each change is
    told apart, and the cliffs of the rules are, and whether what each period pays each partner is kept."""

    period: str
    by: str = "partner"
    budget: str = ""
    per: str = ""
    tells_causes: bool = False
    tells_cliffs: bool = False
    keeps_periods: bool = False


@dataclass(slots=True)
class Summed:
    """An outcome as it adds up over periods."""

    laid: Overlaid
    periods: list[OfPeriod] = field(default_factory=list)
    components: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    amounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    groups: dict[str, str] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    of_kpi_minor: Fraction | None = Fraction(0)
    changed: tuple[Told, ...] = ()
    tiers: Mapping[str, Tiered] = field(default_factory=dict)
    of_tiers: dict[str, dict[str, Held]] = field(default_factory=dict)
    kpi_by_partner: dict[str, Fraction | None] = field(default_factory=dict)
    cliffs: Cliffs | None = None

    def add(self, run: Run, sheet: Sheet, facts: Gathered, period: Period, asked: Asked) -> None:
        """Add what a period pays, and who is in which group and tier in it."""
        self.components = in_order((self.components, run.components))
        self.partners = in_order((self.partners, run.partners))
        amounts: Counter[tuple[str, str]] = Counter()
        for at, component in enumerate(run.components):
            for partner, minor in zip(run.partners, run.payouts_minor[:, at].tolist(), strict=True):
                if minor:
                    amounts[partner, component] += int(minor)
        self.amounts.update(amounts)
        self.tiers = tiers_by(self.laid.loaded.understood(), sheet)
        whole, own = self._kpi(facts, period, asked)
        digest, kept = str(run.manifest["lines_sha256"]), dict(amounts) if asked.keeps_periods else {}
        self.periods.append(OfPeriod(run.period.name, digest, run.total_minor, self.tiers, kept, whole))
        paid = Counter(dict.fromkeys(run.partners, 0))
        for (partner, _), minor in amounts.items():
            paid[partner] += minor
        for card, each in self.tiers.items():
            _hold(self.of_tiers.setdefault(card, {}), each.of, paid, own)
        if asked.by == "tier" and self.tiers:
            groups = next(iter(self.tiers.values())).of
        else:
            groups = {} if asked.by in ALONE else _column(facts, asked.by)
        self.groups |= groups
        if groups:
            _hold(self.held, groups, paid, own)

    def _kpi(
        self, facts: Gathered, period: Period, asked: Asked
    ) -> tuple[Fraction | None, Mapping[str, Fraction | None]]:
        """What the KPI that pay is held against comes to in a period, and for each partner, added to what it is."""
        if not asked.per:
            self.of_kpi_minor = None
            return None, {}
        meaning = self.laid.loaded.understood()
        if asked.per not in {kpi.name for kpi in meaning.kpis if kpi.unit == "money"}:
            known = ", ".join(kpi.name for kpi in meaning.kpis if kpi.unit == "money") or "none"
            message = f"the program has no KPI {asked.per[:64]} that is an amount"
            raise Refused(Problem("M503", message, Place(), f"its amounts: {known}"))
        groups = facts.snapshot.groups("program")[1]
        (value,) = kpi_values(facts.snapshot, meaning, groups, period)[asked.per].fractions()
        self.of_kpi_minor = None if value is None or self.of_kpi_minor is None else self.of_kpi_minor + value
        found = kpi_by_partner(facts, meaning, asked.per, period)
        for partner, own in found.items():
            before = self.kpi_by_partner.get(partner, Fraction(0))
            self.kpi_by_partner[partner] = None if own is None or before is None else before + own
        return value, found


def _hold(
    held: dict[str, Held], groups: Mapping[str, str], paid: Mapping[str, int], own: Mapping[str, Fraction | None]
) -> None:
    """Add what each group is paid in a period, and what it has of the KPI."""
    for group in groups.values():
        held.setdefault(group, Held())
    for partner, minor in paid.items():
        held.setdefault(groups.get(partner, ""), Held()).paid_minor += minor
    for partner, value in own.items():
        of = held.setdefault(groups.get(partner, ""), Held())
        of.kpi_minor = None if value is None or of.kpi_minor is None else of.kpi_minor + value


def _column(facts: Gathered, by: str) -> dict[str, str]:
    """What a column of partners says of each in a period."""
    if not facts.snapshot.has(Column("partners", "parent_id" if by == "parent" else by)):
        hint = "name a column of the table partners, such as --by region"
        place = Place(facts.snapshot.file("partners"))
        raise Refused(Problem("M504", f"partners have no column {by[:64]}", place, hint))
    labels, groups = facts.snapshot.groups(by)
    return {str(key): labels[at] for key, at in zip(groups.partners.tolist(), groups.groups.tolist(), strict=True)}


def outcome_of(
    of: Summed,
    scenario: Scenario | None,
    moved_by: Mapping[str, Mapping[tuple[str, str, str], int]],
    base: Loaded | None = None,
) -> Outcome:
    """An outcome that added up; `moved_by` is what each change moves, where that was asked for."""
    known = set() if base is None else {(each.code, each.message) for each in base.problems}
    found: Sequence[Problem] = of.laid.loaded.problems if base is not None else ()
    warnings = (of.laid.told(each) for each in found if (each.code, each.message) not in known)
    return Outcome(
        name="" if scenario is None else scenario.name,
        file="" if scenario is None else scenario.file,
        program_sha256=of.laid.loaded.sha256,
        periods=tuple(of.periods),
        components=of.components,
        partners=tuple(sorted(of.partners)),
        amounts={key: minor for key, minor in of.amounts.items() if minor},
        groups=of.groups,
        held=of.held,
        moved_by=moved_by,
        of_kpi_minor=of.of_kpi_minor,
        warnings=tuple(dict.fromkeys(warnings)),
        facts=tuple(each.said.removeprefix("facts: ") for each in of.laid.facts),
        changed=of.changed,
        tiers=of.tiers,
        of_tiers=of.of_tiers,
        kpi_by_partner=of.kpi_by_partner,
        cliffs=of.cliffs,
    )
