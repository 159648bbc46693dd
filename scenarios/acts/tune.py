"""Tune: parameters of a plan chosen on the engine itself, for a goal, within what has to hold.

Every candidate is the program with its changes written in, worked out as a run is over all periods: what is told of it
is what it would pay. Nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from engine.facts.gather import Gathered
from engine.plan import compile_plan
from rules.calendar import Period
from rules.load import Loaded, load
from rules.meaning import Meaning
from rules.problem import Problem, Refused
from scenarios.acts.evaluate import facts_by, periods_of, run_and_sheet_of, told_by
from scenarios.acts.simulate import amount_of
from scenarios.acts.summed import Asked, Summed, outcome_of
from scenarios.outcomes.gate import MONEY, NAMES, Clause, clauses_of, judged
from scenarios.outcomes.values import Compared, Simulated, compared
from scenarios.overlays.overlay import Overlaid, changes_of, laid_over
from scenarios.overlays.scenario import Edit
from scenarios.problems.placed import placed
from scenarios.tuning.idle import refuse_idle
from scenarios.tuning.in_force import InForce, edits_of, in_force
from scenarios.tuning.merit import Rank, is_at_limit, missed, rank_of
from scenarios.tuning.search import Grid, search
from scenarios.tuning.tally import Tally
from scenarios.tuning.values import WEIGHTED, Candidate, Picks, Told, Tuned, Tuning

_OPEN_MAX = 8  # readings of the facts of a period that are kept at a time


def tune(tuning: Tuning, told: Told = lambda what, done, of: None) -> Tuned:
    """The best plan of a problem's grid; all of them are worked out where they are few enough.

    Raises Refused where the program, a path, the goal or the hold is wrong, or where the program as it is can't be
    worked out. A plan of the grid that can't is left out, and counted with the reason.
    """
    base = load(_program(tuning))
    quantities, hold = _clauses(tuning, base.understood())
    now = _in_force(base, tuning)
    with ExitStack() as stack:
        bench = _Bench(base, tuning, stack)
        frame = _frame(tuning, base, bench)
        trial = _Trial(tuning, bench, quantities, hold, now, frame, compared(frame.base, frame.base), told)
        as_it_is = trial.taken((), (), trial.as_it_is)
        scale = max(abs(as_it_is.goal or Fraction(0)) / 50, Fraction(1, 1000))
        grid = Grid(tuple(len(each.values) for each in tuning.parameters), now.places)
        most = tuning.evaluations - (tuning.points > tuning.evaluations and not now.is_in_grid)
        searched = search(grid, now.start, trial.rank, most, scale, trial.is_done)
    tally = trial.tally
    best = tally.best
    return Tuned(
        tuning=tuning,
        simulated=_beside(frame, base, tally, bench),
        goal=trial.goal,
        now=as_it_is,
        best=None if best is None else best[1],
        in_force=now.texts,
        quantities=_quantities(frame, trial.as_it_is, None if best is None else best[2]),
        nearest=tuple(each for _, each in tally.nearest) if best is None else (),
        trail=tuple(tally.trail),
        skipped=tuple(tally.skipped.values()),
        evaluations=tally.evaluations,
        proof="all" if searched.is_whole else "limit" if trial.is_done() else "none",
        is_local=searched.is_local and (now.is_in_grid or best is None or bool(best[1].edits)),
    )


def _program(tuning: Tuning) -> Path:
    path = tuning.folder / tuning.program
    if not path.resolve().is_relative_to(tuning.folder.resolve()):
        message = f"'{tuning.program[:100]}' leads out of the problem's folder"
        raise Refused(Problem("P150", message, tuning.place, "put the problem beside the program, or above it"))
    return path


def _in_force(base: Loaded, tuning: Tuning) -> InForce:
    """What is in force; raises Refused where a path is of nothing in the program, or two of them meet."""
    assert base.document is not None, "it was understood"
    edits = edits_of(tuning.parameters, (0,) * len(tuning.parameters), (None,) * len(tuning.parameters))
    _, _, problems = changes_of(base.document.root, edits)
    if problems:
        raise Refused(*problems)
    refuse_idle(tuning, base.understood())
    return in_force(base.document.root, tuning.parameters)


def _clauses(tuning: Tuning, meaning: Meaning) -> tuple[tuple[Clause, ...], tuple[Clause, ...]]:
    """The goal's quantities as clauses, with the number that it is to be near (0 where there is none), and what has to
    hold."""
    terms = meaning.terms
    found: list[tuple[Clause, ...]] = []
    problems: list[Problem] = []
    goal = [(f"{each.quantity} = {tuning.goal.number or 0}", tuning.goal.place) for each in tuning.goal.weights]
    for text, place in (*goal, *tuning.holds):
        try:
            with placed(place):
                found.append(clauses_of(text, terms.currency.code, terms.minor_per_major, bool(tuning.budget)))
        except Refused as refusal:
            problems += refusal.problems
    if problems:
        raise Refused(*problems)
    clauses = [clause for each in found for clause in each]
    return tuple(clauses[: len(goal)]), tuple(clauses[len(goal) :])


# --- one plan ---------------------------------------------------------------------------------------------------------


class _Bench:
    """What works a plan out. The facts of every period stay read, until too many readings of them are open."""

    def __init__(self, base: Loaded, tuning: Tuning, stack: ExitStack) -> None:
        self.base = base
        self.program = tuning.folder / tuning.program
        self.asked = Asked(tuning.period, by=tuning.by, per=tuning.per)
        self.periods = periods_of(base.understood(), tuning.period)
        self.names: dict[str, str] = {}
        self.rejected: set[tuple[str, int]] = set()
        self._open = stack.enter_context(ExitStack())
        self._sessions: list[Callable[[Overlaid], tuple[Gathered, Period]]] = []
        self._seen: dict[int, Gathered] = {}

    def worked_out(self, edits: Sequence[Edit]) -> Summed:
        """What the program with these changes comes to; raises Refused where they make no sound program."""
        laid = laid_over(self.base, edits, warns=False)
        own, other = (each.understood().terms.currency.code for each in (self.base, laid.loaded))
        if own != other:
            hint = "compare what is in one currency: what moved between two would be exchange alone"
            raise Refused(Problem("S150", f"the program pays {own}, and the plan {other}", edits[0].place, hint))
        found = Summed(laid)
        for facts, period in self._facts(laid):
            with told_by(laid):
                run, sheet = run_and_sheet_of(laid.loaded, facts, period, self.program)
                found.add(run, sheet, facts, period, self.asked)
        return found

    def _facts(self, laid: Overlaid) -> Iterator[tuple[Gathered, Period]]:
        if len(self._seen) > _OPEN_MAX * len(self.periods):
            self._open.close()
            self._sessions, self._seen = [], {}
        if not self._sessions:
            self._sessions = [self._open.enter_context(facts_by(self.base, each)) for each in self.periods]
        for session in self._sessions:
            facts, own = session(laid)
            if id(facts) not in self._seen:
                self._seen[id(facts)] = facts
                self.names |= facts.snapshot.partner_names()
                self.rejected |= set() if laid.edits else {(row.table, row.record) for row in facts.rejected}
            yield facts, own


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """All that is asked of a plan, and the tally of those that were worked out."""

    tuning: Tuning
    bench: _Bench
    quantities: tuple[Clause, ...]
    hold: tuple[Clause, ...]
    now: InForce
    frame: Simulated
    as_it_is: Compared
    told: Told
    tally: Tally = field(default_factory=Tally)

    def rank(self, picks: Picks) -> Rank | None:
        """How good a plan of the grid is; None where it makes no sound program."""
        tuning = self.tuning
        edits = edits_of(tuning.parameters, picks, self.now.places)
        if not edits:
            return self._ranked(self._candidate((), self.as_it_is), picks)
        self.told("plans", self.tally.evaluations, min(tuning.points, tuning.evaluations))
        try:
            outcome = outcome_of(self.bench.worked_out(edits), None, {})
        except Refused as refusal:
            self.tally.leave_out(refusal.problems[0], edits)
            return None
        each = compared(self.frame.base, replace(outcome, name=tuning.name.text, file=tuning.file))
        return self._ranked(self.taken(edits, picks, each), picks)

    def taken(self, edits: tuple[Edit, ...], picks: Picks, each: Compared) -> Candidate:
        """A plan that was worked out, taken down."""
        found = self._candidate(edits, each)
        rank = self._ranked(found, picks)
        self.tally.take(rank, found, each)
        if rank.state == 2:
            name = next((of.clause.name for of in found.held if of.value is None), self.goal.name)
            hint = "ask for what every plan has, or for values that leave it known"
            self.tally.without(Problem("W373", f"{name} is unknown", self.tuning.goal.place, hint), edits)
        return found

    def is_done(self) -> bool:
        """Whether no plan at all can be better for the goal than the best so far."""
        best, partners = self.tally.best, len(self.as_it_is.moved)
        return best is not None and is_at_limit(
            best[1], self.tuning.goal, self.goal.number, partners, self.goal.is_part
        )

    @property
    def goal(self) -> Clause:
        """The goal as one clause."""
        several = len(self.quantities) > 1
        return Clause(WEIGHTED, "=", Fraction(0), False, WEIGHTED) if several else self.quantities[0]

    def _ranked(self, each: Candidate, picks: Picks) -> Rank:
        return rank_of(each, self.tuning.goal, self.goal.number, picks, self.now.steps_to(picks))

    def _candidate(self, edits: tuple[Edit, ...], each: Compared) -> Candidate:
        held = judged(self.hold, each, self.frame)
        return Candidate(edits, self._reached(each), held, missed(held, each.base.cost_minor, len(each.moved)))

    def _reached(self, each: Compared) -> Fraction | None:
        """What the goal comes to: a quantity, or the sum of several by their weights, money in whole units."""
        values = [of.value for of in judged(self.quantities, each, self.frame)]
        if len(values) == 1:
            return values[0]
        total, per = Fraction(0), self.frame.currency.minor_per_major
        for value, weight in zip(values, self.tuning.goal.weights, strict=True):
            if value is None:
                return None
            total += weight.number * (value / per if weight.quantity in MONEY else value)
        return total


# --- what was found ---------------------------------------------------------------------------------------------------


def _frame(tuning: Tuning, base: Loaded, bench: _Bench) -> Simulated:
    """The program as it is, worked out, as a simulation without a scenario."""
    meaning = base.understood()
    budget = None
    if tuning.budget:
        with placed(tuning.place):
            budget = amount_of(tuning.budget, meaning, "budget")
    return Simulated(
        program=meaning.title,
        currency=meaning.terms.currency,
        by=tuning.by,
        per=tuning.per,
        budget_minor=budget,
        base=outcome_of(bench.worked_out(()), None, {}),
        scenarios=(),
        names=bench.names,
        titles={each.name: each.title for each in compile_plan(meaning).components},
        rejected=len(bench.rejected),
    )


def _beside(frame: Simulated, base: Loaded, found: Tally, bench: _Bench) -> Simulated:
    """The proposal beside the program as it is, with what is suspicious about it and not about that."""
    frame = replace(frame, names=bench.names, rejected=len(bench.rejected))
    if found.best is None or not found.best[1].edits:
        return frame
    _, candidate, each = found.best
    laid = laid_over(base, candidate.edits)
    known = {(problem.code, problem.message) for problem in base.problems}
    news = (laid.told(problem) for problem in laid.loaded.problems if (problem.code, problem.message) not in known)
    outcome = replace(each.outcome, warnings=tuple(dict.fromkeys(news)))
    titles = {of.name: of.title for of in compile_plan(laid.loaded.understood()).components}
    return replace(frame, scenarios=(replace(each, outcome=outcome),), titles={**titles, **frame.titles})


def _quantities(
    frame: Simulated, now: Compared, best: Compared | None
) -> dict[str, tuple[Fraction | None, Fraction | None]]:
    """Every quantity of a gate that is known, as it is and as it is proposed."""
    found = {}
    for name in NAMES:
        clause = (Clause(name, "=", Fraction(0), False, name),)
        (before,), after = judged(clause, now, frame), judged(clause, best, frame) if best is not None else ()
        values = before.value, after[0].value if after else None
        if values != (None, None):
            found[name] = values
    return found
