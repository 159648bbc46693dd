"""Simulate: a program with scenarios, evaluated over periods by the engine, beside the program as it is.

Each scenario is the program with its changes written in, understood anew and worked out as a run is. Nothing is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.facts.changed import Change
from engine.plan import compile_plan
from rules.load import Loaded, load
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.numerals import Unwritable
from rules.quantities.written import parse_money
from scenarios.acts.cliffs import cliffs_of
from scenarios.acts.evaluate import facts_by, periods_of, run_and_sheet_of, told_by
from scenarios.acts.summed import Asked, Summed, outcome_of
from scenarios.outcomes.gate import Clause, clauses_of
from scenarios.outcomes.values import Simulated, compared, paid_by
from scenarios.overlays.facts import changes_of_facts
from scenarios.overlays.overlay import Overlaid, laid_over, start_of
from scenarios.overlays.scenario import Scenario, read_scenario

Progress = Callable[[str, int, int], None]  # what is worked out, how much of it is done, and of how much


def simulate(
    program: Path, files: Sequence[Path], asked: Asked, progress: Progress = lambda what, done, of: None
) -> Simulated:
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
    rejected: set[tuple[str, int]] = set()
    periods = periods_of(meaning, asked.period)
    done, every = 0, [*sums, *(each for of in parts for each in of)]
    for period in periods:
        with facts_by(base, period) as facts_of:
            for each in every:
                progress("programs", done, len(every) * len(periods))
                facts, own = facts_of(each.laid)
                with told_by(each.laid):
                    run, sheet = run_and_sheet_of(each.laid.loaded, facts, own, program)
                    each.add(run, sheet, facts, own, asked)
                    if asked.tells_cliffs and each in sums and period == periods[-1]:
                        each.cliffs = cliffs_of(each.laid.loaded, facts, own, program)
                if facts.changed is not None:
                    each.changed = tuple(facts.changed.told.values())
                names |= facts.snapshot.partner_names()
                if each is sums[0]:
                    rejected |= {(row.table, row.record) for row in facts.rejected}
                done += 1
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
        rejected=len(rejected),
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
    return _told_apart(scenarios, files), laid


def _told_apart(scenarios: Sequence[Scenario], files: Sequence[Path]) -> list[Scenario]:
    """Scenarios of one name told apart by their files, and these by their places among the arguments."""
    by_file = [each.file for each in scenarios]
    by_path = [str(file) for file in files]
    by_place = [f"{file}, {at}" for at, file in enumerate(files, start=1)]
    names = Counter(each.name for each in scenarios)
    found: list[str] = []
    for marks in (by_file, by_path, by_place):
        found = [
            f"{each.name} ({mark})" if names[each.name] > 1 else each.name
            for each, mark in zip(scenarios, marks, strict=True)
        ]
        if len(set(found)) == len(found):
            break
    return [replace(each, name=name) for each, name in zip(scenarios, found, strict=True)]


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


def _causes(base: Summed, parts: Sequence[Summed], last: Summed) -> Mapping[str, Mapping[tuple[str, str, str], int]]:
    """What each change moves, by period, partner and component, in the order of the file: from one part of them to the
    next."""
    found: dict[str, Counter[tuple[str, str, str]]] = {}
    before, told, seen = base, 0, 0
    for each in (*parts, last):
        changes = [*each.laid.facts[seen:], *each.laid.edits[told:]]
        label = " and ".join(change.said for change in changes) or "the other version"
        moved = found.setdefault(label, Counter())
        moved.update(paid_by(each.periods, each.amounts))
        moved.subtract(paid_by(before.periods, before.amounts))
        before, told, seen = each, len(each.laid.edits), len(each.laid.facts)
    return {label: {key: minor for key, minor in moved.items() if minor} for label, moved in found.items()}


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
