"""Simulate: a program with scenarios, evaluated over periods by the engine, beside the program as it is.

Each scenario is the program with its changes written in, understood anew and worked out as a run is. Nothing is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from engine.acts.metrics import kpi_values
from engine.facts.changed import Change, Told
from engine.facts.gather import Gathered
from engine.plan import compile_plan
from engine.values import Run
from rules.calendar import Period
from rules.expressions.tree import Column
from rules.load import Loaded, load
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_money
from scenarios.acts.cliffs import jumps_of
from scenarios.acts.evaluate import facts_by, periods_of, run_and_sheet_of, told_by
from scenarios.acts.standing import kpi_by_partner, tiers_by
from scenarios.outcomes.gate import Clause, clauses_of
from scenarios.outcomes.values import Jump, OfPeriod, Outcome, Simulated, Tiered, compared, in_order
from scenarios.overlays.facts import changes_of_facts
from scenarios.overlays.overlay import Overlaid, laid_over, start_of
from scenarios.overlays.scenario import Scenario, read_scenario

ALONE = ("partner", "component")  # what amounts are told by without a column of partners


@dataclass(frozen=True, slots=True)
class Asked:
    """What a simulation is asked for: the periods, what amounts are told by (partner, component or a column of
    partners), a budget to hold the cost against and a KPI to hold pay against ("" for none), and whether each change is
    told apart, and the cliffs of the rules are."""

    period: str
    by: str = "partner"
    budget: str = ""
    per: str = ""
    tells_causes: bool = False
    tells_cliffs: bool = False


@dataclass(slots=True)
class Summed:
    """An outcome as it adds up over periods."""

    laid: Overlaid
    periods: list[OfPeriod] = field(default_factory=list)
    components: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    amounts: Counter[tuple[str, str]] = field(default_factory=Counter)
    groups: dict[str, str] = field(default_factory=dict)
    of_kpi_minor: Fraction | None = Fraction(0)
    changed: tuple[Told, ...] = ()
    tiers: Mapping[str, Tiered] = field(default_factory=dict)
    kpi_by_partner: dict[str, Fraction | None] = field(default_factory=dict)
    cliffs: tuple[Jump, ...] | None = None

    def add(self, run: Run) -> None:
        """Add what a period pays."""
        digest = str(run.manifest["lines_sha256"])
        self.periods.append(OfPeriod(run.period.name, digest, run.total_minor))
        self.components = in_order((self.components, run.components))
        self.partners = in_order((self.partners, run.partners))
        for at, component in enumerate(run.components):
            for partner, minor in zip(run.partners, run.payouts_minor[:, at].tolist(), strict=True):
                if minor:
                    self.amounts[partner, component] += int(minor)


def simulate(program: Path, files: Sequence[Path], asked: Asked) -> Simulated:
    """A program and its scenarios over the same periods; raises Refused with all that is wrong with any of them."""
    base = load(program)
    meaning = base.understood()
    scenarios, laid = _scenarios(base, files)
    steps = [
        _steps(base, scenario, of.facts) if asked.tells_causes else []
        for scenario, of in zip(scenarios, laid, strict=True)
    ]
    currency = meaning.terms.currency
    budget = amount_of(asked.budget, meaning, "--budget") if asked.budget else None
    sums = [Summed(Overlaid(base.data, base, (), ())), *map(Summed, laid)]
    parts = [[Summed(each) for each in of] for of in steps]
    names: dict[str, str] = {}
    rejected = 0
    periods = periods_of(meaning, asked.period)
    for period in periods:
        with facts_by(base, period) as facts_of:
            for each in [*sums, *(each for of in parts for each in of)]:
                facts, own = facts_of(each.laid)
                with told_by(each.laid):
                    run, sheet = run_and_sheet_of(each.laid.loaded, facts, own, program)
                    each.add(run)
                    each.tiers = tiers_by(each.laid.loaded.understood(), sheet)
                    look_at(each, facts, own, asked)
                    if asked.tells_cliffs and each in sums and period == periods[-1]:
                        each.cliffs = jumps_of(each.laid.loaded, facts, own, program)
                if facts.changed is not None:
                    each.changed = tuple(facts.changed.told.values())
                names |= facts.snapshot.partner_names()
                rejected += len(facts.rejected) if each is sums[0] else 0
    outcomes = [outcome_of(sums[0], None, {})]
    for scenario, of, part in zip(scenarios, sums[1:], parts, strict=True):
        outcomes.append(outcome_of(of, scenario, _causes(sums[0], part, of) if asked.tells_causes else {}, base))
    titles = {
        each.name: each.title for of in sums[::-1] for each in compile_plan(of.laid.loaded.understood()).components
    }
    return Simulated(
        program=meaning.title,
        currency=currency,
        by=asked.by,
        per=asked.per,
        budget_minor=budget,
        base=outcomes[0],
        scenarios=tuple(compared(outcomes[0], each) for each in outcomes[1:]),
        names=names,
        titles=titles,
        rejected=rejected,
    )


def _scenarios(base: Loaded, files: Sequence[Path]) -> tuple[list[Scenario], list[Overlaid]]:
    """Every scenario, and the program with its changes; all problems of all of them are raised together."""
    scenarios: list[Scenario] = []
    laid: list[Overlaid] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scenario = read_scenario(file)
            found = laid_over(start_of(base, scenario), scenario.edits)
            found = replace(found, facts=changes_of_facts(scenario.document, found.loaded.understood()))
            _refuse_another_currency(base, found, scenario)
        except Refused as refusal:
            problems += refusal.problems
            continue
        scenarios.append(scenario)
        laid.append(found)
    if problems:
        raise Refused(*problems)
    return scenarios, laid


def _refuse_another_currency(base: Loaded, found: Overlaid, scenario: Scenario) -> None:
    one, other = (each.understood().terms.currency.code for each in (base, found.loaded))
    if one != other:
        message = f"the program pays {one}, and {scenario.name} pays {other}"
        hint = "compare what is in one currency: what moved between two would be exchange alone"
        raise Refused(Problem("S150", message, scenario.place, hint))


def _steps(base: Loaded, scenario: Scenario, facts: tuple[Change, ...]) -> list[Overlaid]:
    """The program with the first change, with the first two, and so on, up to all but the last, those of facts first:
    where a part of them makes no program, it is told with the change that comes next."""
    start = start_of(base, scenario)
    plain = Overlaid(start.data, start, (), ())
    found = [plain] if scenario.program and (scenario.edits or facts) else []
    found += [replace(plain, facts=facts[:count]) for count in range(1, len(facts) + bool(scenario.edits))]
    for count in range(1, len(scenario.edits)):
        try:
            found.append(replace(laid_over(start, scenario.edits[:count], warns=False), facts=facts))
        except Refused:
            continue
    return found


def _causes(base: Summed, parts: Sequence[Summed], last: Summed) -> Mapping[str, Mapping[str, int]]:
    """What each change moves, partner by partner, in the order of the file: from one part of them to the next."""
    found: dict[str, Counter[str]] = {}
    before, told, seen = base, 0, 0
    for each in (*parts, last):
        changes = [*each.laid.facts[seen:], *each.laid.edits[told:]]
        label = " and ".join(change.said for change in changes) or "the other version"
        moved = found.setdefault(label, Counter())
        for (partner, _), minor in each.amounts.items():
            moved[partner] += minor
        for (partner, _), minor in before.amounts.items():
            moved[partner] -= minor
        before, told, seen = each, len(each.laid.edits), len(each.laid.facts)
    return found


def outcome_of(
    of: Summed, scenario: Scenario | None, causes: Mapping[str, Mapping[str, int]], base: Loaded | None = None
) -> Outcome:
    known = set() if base is None else {(each.code, each.message) for each in base.problems}
    found = of.laid.loaded.problems if base is not None else ()
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
        causes=causes,
        of_kpi_minor=of.of_kpi_minor,
        warnings=tuple(dict.fromkeys(warnings)),
        facts=tuple(each.said.removeprefix("facts: ") for each in of.laid.facts),
        changed=of.changed,
        tiers=of.tiers,
        kpi_by_partner=of.kpi_by_partner,
        cliffs=of.cliffs,
    )


def look_at(of: Summed, facts: Gathered, period: Period, asked: Asked) -> None:
    """Add which group each partner is in, and what the KPI that pay is held against comes to."""
    if asked.by == "tier" and of.tiers:
        of.groups |= next(iter(of.tiers.values())).of
    elif asked.by not in ALONE:
        if not facts.snapshot.has(Column("partners", "parent_id" if asked.by == "parent" else asked.by)):
            hint = "name a column of the table partners, such as --by region"
            place = Place(facts.snapshot.file("partners"))
            raise Refused(Problem("M504", f"partners have no column {asked.by[:64]}", place, hint))
        labels, groups = facts.snapshot.groups(asked.by)
        of.groups |= {
            str(key): labels[at] for key, at in zip(groups.partners.tolist(), groups.groups.tolist(), strict=True)
        }
    if not asked.per:
        of.of_kpi_minor = None
        return
    meaning = of.laid.loaded.understood()
    if asked.per not in {kpi.name for kpi in meaning.kpis if kpi.unit == "money"}:
        known = ", ".join(kpi.name for kpi in meaning.kpis if kpi.unit == "money") or "none"
        message = f"the program has no KPI {asked.per[:64]} that is an amount"
        raise Refused(Problem("M503", message, Place(), f"its amounts: {known}"))
    (value,) = kpi_values(facts.snapshot, meaning, facts.snapshot.groups("program")[1], period)[asked.per].fractions()
    of.of_kpi_minor = None if value is None or of.of_kpi_minor is None else of.of_kpi_minor + value
    for partner, own in kpi_by_partner(facts, meaning, asked.per, period).items():
        before = of.kpi_by_partner.get(partner, Fraction(0))
        of.kpi_by_partner[partner] = None if own is None or before is None else before + own


def amount_of(text: str, meaning: Meaning, argument: str) -> int:
    """An amount of an argument in minor units; raises Refused where it is none of the program's currency."""
    currency = meaning.terms.currency
    try:
        money = parse_money(text)
    except Unwritable as error:
        raise Refused(Problem(error.code, error.message, Place(argument), error.hint)) from None
    minor = money.amount * meaning.terms.minor_per_major
    if money.currency not in (None, currency.code) or minor.denominator != 1:
        message = f"'{text[:64]}' is no amount of {currency.code} with at most {currency.decimals} decimals"
        raise Refused(Problem("W208", message, Place(argument), f"write it as 1_200_000 or {currency.code} 1_200_000"))
    return int(minor)


def gate_of(program: Path, text: str, has_budget: bool) -> tuple[Clause, ...]:
    """The clauses of a gate, in the currency of a program."""
    terms = load(program).understood().terms
    return clauses_of(text, terms.currency.code, terms.minor_per_major, has_budget)
