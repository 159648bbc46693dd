"""Why an old system's row and ours differ, in words: what a run says of a row, and the rates that both imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from engine.acts.parallel_exact import ExactLine, Way
from engine.acts.reopen import Reopened
from engine.readings import readings
from engine.trace import Verdict, trace
from engine.values import Reading, Standing
from engine.values.matched import DATA, MISSING, RULE, UNEXPLAINED
from rules.kinds.base import number
from rules.quantities.rounding import round_fraction

_GRAINS = {"line": "each line", "component": "the sum of a component", "total": "the total"}
_DECIMALS = 10**4  # four of them


@dataclass(frozen=True)
class Told:
    """A run that is asked why, and the way to round that the old system seems to take."""

    run: Reopened
    way: Way | None

    def money(self, minor: Fraction | int) -> str:
        """An amount of the run's currency."""
        return self.run.plan.terms.money(minor)

    def rounding(self, way: Way) -> str:
        """A way to round, as the old system seems to take it."""
        to = "" if way.step_minor == 1 else f" to {self.money(way.step_minor)}"
        return f"they round {_GRAINS[way.grain]} {way.mode.value.replace('_', ' ')}{to}"

    @cached_property
    def _readings(self) -> Sequence[Reading]:
        return readings(self.run.plan, self.run.run.period, self.run.facts.window)

    @cached_property
    def _standing(self) -> Standing:
        return self.run.facts.fates(self._readings, self.run.sheet)

    def verdicts(self, table: str, key: str, partner: str) -> tuple[Verdict, ...]:
        """What became of a row in the run."""
        run = self.run
        return trace(run.plan, run.sheet, run.facts, self._standing, self._readings, table, key, partner)

    @cached_property
    def rejected(self) -> dict[str, str]:
        """Why rows were rejected, by their keys."""
        return {row.key: f"{row.faults[0].code} {row.faults[0].message}" for row in self.run.rejected if row.key}

    def own_tables(self, component: str) -> tuple[str, ...]:
        """The tables whose rows a component pays; of any component, where none is named."""
        steps = [step for step in self.run.plan.components if component in ("", step.name)]
        found = dict.fromkeys(self.run.sheet.frames[of].table for step in steps for _, of in step.lines)
        return tuple(each for each in found if each in self.run.facts.tables())


def told_missing(told: Told, partner: str, component: str, key: str) -> tuple[str, str]:
    """What became, in our run, of a row that only they pay."""
    if not key:
        return _told_partner(told, partner, component)
    own = told.own_tables(component)
    others = tuple(each for each in told.run.facts.tables() if each not in own)
    for tables in (own, others):
        for table in tables:
            if told.run.facts.record(table, key) is not None:
                return MISSING, _words(told, told.verdicts(table, key, partner), table, key, component, partner)
        if key in told.rejected:  # of its own tables before a row of the same key of another
            return DATA, f"our input row was rejected: {told.rejected[key]}"
    return UNEXPLAINED, f"no table of the run has a row {key}"


def _told_partner(told: Told, partner: str, component: str) -> tuple[str, str]:
    of = f" by {component.replace('_', ' ')}" if component else ""
    if told.run.facts.record("partners", partner) is None:
        if partner in told.rejected:
            return DATA, f"our input row was rejected: {told.rejected[partner]}"
        return UNEXPLAINED, f"no table of the run has a partner {partner}"
    if partner not in told.run.run.partners:
        verdicts = told.verdicts("partners", partner, partner)
        return MISSING, _words(told, verdicts, "partners", partner, component, partner)
    return UNEXPLAINED, f"our run has no line for {partner}{of}"


def told_ours(told: Told, partner: str, component: str, lines: Sequence[ExactLine], keys: Sequence[str]) -> str:
    """How our run comes to a row that they do not have."""
    largest = max(range(len(lines)), key=lambda at: (abs(lines[at].amount_minor), keys[at]))
    line, key = lines[largest], keys[largest]
    if len(lines) > 1:
        return f"only ours: {len(lines):,} lines, the largest {line.table} {key} {told.money(line.amount_minor)}"
    if line.table in told.own_tables(line.component) and told.run.facts.record(line.table, key) is not None:
        verdicts = told.verdicts(line.table, key, partner)
        return f"only ours: {_words(told, verdicts, line.table, key, line.component, partner)}"
    return f"only ours: {line.component.replace('_', ' ')} {line.table} {key}"


def _words(told: Told, verdicts: Sequence[Verdict], table: str, key: str, component: str, partner: str) -> str:
    """The verdict that a person who asks about a component wants to hear first, and to whom it was paid otherwise."""
    mine = [each for each in verdicts if each.rule == component and each.partner in ("", partner)]
    by_rule = [each for each in verdicts if each.rule == component]
    paid = [each for each in verdicts if each.fate == "paid"]
    chosen = (mine or by_rule or paid or list(verdicts))[0]
    to = f" to {chosen.partner}" if chosen.amount_minor is not None and chosen.partner != partner else ""
    amount = "" if chosen.amount_minor is None else f" {told.money(chosen.amount_minor)}"
    rule = f" by {chosen.rule.replace('_', ' ')}" if chosen.rule and chosen.rule != component else ""
    return f"{table} {key} is {chosen.fate.replace('_', ' ')} in our run{amount}{to}{rule}: {chosen.words}"


def told_other(
    told: Told,
    lines: Sequence[ExactLine],
    keys: Sequence[str],
    theirs_minor: int,
    theirs_base: Fraction | None,
    is_row: bool,
) -> tuple[str, str]:
    """Why the same row, or the same sum, is another amount: its base differs, or the rate that both imply."""
    ours_minor = sum(line.amount_minor for line in lines)
    base = base_of(lines)
    if theirs_base is not None and base is not None and lines[0].unit == "money" and theirs_base != base:
        words = f"the base is {told.money(theirs_base)} there, {told.money(base)} here"
        exact = sum((line.exact for line in lines), Fraction(0))
        terms = told.run.plan.terms
        again = round_fraction(theirs_base * exact / base, terms.rounding, terms.step_minor) if base else None
        if again == theirs_minor:
            return DATA, f"{words}; at our rate theirs comes out"
        if theirs_base == -base:
            rates = _rates(told, theirs_minor, base, ours_minor, base, lines[0])
            also = "" if theirs_minor == ours_minor else f", and the rate {rates}"
            return DATA, f"{words}: it has the other sign{also}"
        return DATA, f"{words}, and the rate {_rates(told, theirs_minor, theirs_base, ours_minor, base, lines[0])}"
    if is_row or theirs_base is not None:
        if base and (words := _other_sign(told, lines, theirs_minor, ours_minor)):
            return DATA, words
        if base:
            return RULE, f"the rate {_rates(told, theirs_minor, theirs_base or base, ours_minor, base, lines[0])}"
        if all(line.unit == "fixed" for line in lines):
            return RULE, f"the row pays {told.money(theirs_minor)} there, {told.money(ours_minor)} here, at no rate"
        return UNEXPLAINED, "the same row at another amount, which is no rate of a base: partage explain tells ours"
    return UNEXPLAINED, _hint(told, lines, keys, theirs_minor - ours_minor)


def _other_sign(told: Told, lines: Sequence[ExactLine], theirs_minor: int, ours_minor: int) -> str:
    """That theirs is ours with the other sign, as far as rounding lets anybody tell; "" where it is not. Nobody would
    agree such a rate: a base, or the amount itself, has the wrong sign on one side."""
    terms = told.run.plan.terms
    exact = sum((line.exact for line in lines), Fraction(0))
    if not theirs_minor or theirs_minor not in (-ours_minor, round_fraction(-exact, terms.rounding, terms.step_minor)):
        return ""
    return (
        f"the sign: {told.money(theirs_minor)} there, {told.money(ours_minor)} here, of the same base at the same rate"
    )


def base_of(lines: Sequence[ExactLine]) -> Fraction | None:
    """What all lines are a rate of, where they are of one kind."""
    known = [line.base for line in lines if line.base is not None]
    if len(known) != len(lines) or len({line.unit for line in lines}) != 1:
        return None
    return known[0] if lines[0].unit == "pool" else sum(known, Fraction(0))


def _rates(
    told: Told, theirs_minor: int, theirs_base: Fraction, ours_minor: int, base: Fraction, line: ExactLine
) -> str:
    of = {"money": told.money(base), "pool": f"the pool of {told.money(base)}"}.get(line.unit)
    if of is None:
        minor = told.run.plan.terms.minor_per_major
        each_of = theirs_minor / (theirs_base or base), ours_minor / base
        amounts = [_decimals(each / minor) for each in each_of]
        return f"is {amounts[0]} each there, {amounts[1]} here"
    if not theirs_base or not base:
        return "can't be told of a base of nothing"
    return f"is {_percent(theirs_minor / theirs_base)} there, {_percent(ours_minor / base)} here, of {of}"


def _percent(rate: Fraction) -> str:
    """A rate that amounts imply, in percent with four decimals at most: they were rounded themselves."""
    return f"{_decimals(rate * 100)} %"


def _decimals(value: Fraction) -> str:
    """A number with four decimals at most.

    >>> _decimals(Fraction(1, 3)), _decimals(Fraction(12))
    ('0.3333', '12')
    """
    return number(Fraction(round_fraction(value * _DECIMALS), _DECIMALS))


def _hint(told: Told, lines: Sequence[ExactLine], keys: Sequence[str], missing_minor: int) -> str:
    """What may be behind a difference of sums: one of our lines that they may lack, and rejected rows."""
    same = [at for at, line in enumerate(lines) if line.amount_minor == -missing_minor]
    if len(same) == 1:
        line, key = lines[same[0]], keys[same[0]]
        return f"it is just our line {line.table} {key} of {told.money(line.amount_minor)}: they may lack that row"
    rejected = len(told.run.rejected)
    further = f"; of the run, {rejected:,} {'row was' if rejected == 1 else 'rows were'} rejected" if rejected else ""
    return f"sums of {len(lines):,} lines differ; a file with a column key tells which{further}"
