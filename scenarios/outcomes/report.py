"""A simulation as people read it: tables of texts, and sentences.

In: the simulation as values. Out: money with the decimals of its currency; rates and parts are rounded half up to two
decimals, for the eye alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from engine.reports.compared import signed
from engine.reports.register import Grid
from rules.quantities.currency import format_minor
from rules.quantities.rounding import round_fraction
from scenarios.outcomes.fairness import gini, impacts
from scenarios.outcomes.gate import Judged
from scenarios.outcomes.values import Compared, Moved, Outcome, Simulated

AS_IT_IS = "as it is"
_NAMED = 5  # of those who gain and who lose most, in each scenario


def head(found: Simulated) -> str:
    """Which program, which periods, how many scenarios."""
    first, *others = (each.period for each in found.base.periods)
    span = f"{first} to {others[-1]}" if others else first
    count = len(found.scenarios)
    beside = f", and with {count} scenario{'' if count == 1 else 's'}" if count else ""
    return f"{found.program}, {span}: the program as it is{beside}"


def total_grid(found: Simulated) -> Grid:
    """The program as it is and every scenario: what it costs, whom it moves, how unequal its pay is."""
    titles = ["", f"cost {found.currency.code}", "change", "%", "winners", "losers", "same", "gini"]
    titles += ["over budget"] if found.budget_minor is not None else []
    titles += [f"per {found.per}"] if found.per else []
    rows = []
    for each in (None, *found.scenarios):
        outcome = found.base if each is None else each.outcome
        row = [AS_IT_IS if each is None else outcome.name, format_minor(outcome.cost_minor, found.currency)]
        row += ["", "", "", "", ""] if each is None else _moves(each, found)
        row.append(_two(gini(outcome.by_partner.values())))
        row += (
            [signed(outcome.cost_minor - found.budget_minor, found.currency)] if found.budget_minor is not None else []
        )
        row += [percent(outcome.effective_rate)] if found.per else []
        rows.append(tuple(row))
    return Grid(tuple(titles), tuple(rows), (False, *[True] * (len(titles) - 1)))


def _moves(each: Compared, found: Simulated) -> list[str]:
    base, won, lost = each.base.cost_minor, len(each.winners), len(each.losers)
    part = percent(Fraction(each.change_minor, base)) if base else "-"
    counts = [f"{number:,}" for number in (won, lost, len(each.moved) - won - lost)]
    return [signed(each.change_minor, found.currency), part, *counts]


def by_grid(found: Simulated, limit: int | None) -> Grid:
    """What is paid by partner, component or group, in every scenario; the rows that move most first."""
    sums = [_by(outcome, found.by) for outcome in found.outcomes]
    every = dict.fromkeys(name for of in sums for name in of)
    if found.by != "component":
        every = dict.fromkeys(sorted(every, key=lambda name: (-max(_differences(name, sums)), name)))
    titles = (found.by, AS_IT_IS, *(title for each in found.scenarios for title in (each.outcome.name, "change")))
    rows = []
    for name in list(every)[:limit]:
        before = sums[0].get(name, 0)
        cells = [format_minor(before, found.currency)]
        for of in sums[1:]:
            cells += [format_minor(of.get(name, 0), found.currency), signed(of.get(name, 0) - before, found.currency)]
        rows.append((_named(name, found), *cells))
    footer = ["total", format_minor(found.base.cost_minor, found.currency)]
    for each in found.scenarios:
        footer += [format_minor(each.outcome.cost_minor, found.currency), signed(each.change_minor, found.currency)]
    return Grid(titles, tuple(rows), (False, *[True] * (len(titles) - 1)), tuple(footer))


def _by(outcome: Outcome, by: str) -> Mapping[str, int]:
    return {"partner": outcome.by_partner, "component": outcome.by_component}.get(by, outcome.by_group)


def _differences(name: str, sums: list[Mapping[str, int]]) -> list[int]:
    return [abs(of.get(name, 0) - sums[0].get(name, 0)) for of in sums]


def _named(name: str, found: Simulated) -> str:
    if found.by == "component":
        return found.titles.get(name, name)
    return _who(name, found) if found.by == "partner" else name or "(blank)"


def _who(partner: str, found: Simulated) -> str:
    return f"{partner} {found.names.get(partner, '')}".rstrip()


def moved_lines(found: Simulated) -> Iterator[str]:
    """Who gains and who loses most by each scenario, and why."""
    for each in found.scenarios:
        for word, rows in (("gains", each.winners), ("loses", each.losers)):
            for row in rows[:_NAMED]:
                who = _who(row.partner, found)
                yield f"{each.outcome.name}: {who} {word} {_amount(row, found)}: {_why(row, found)}"
            if len(rows) > _NAMED:
                yield f"{each.outcome.name}: {len(rows) - _NAMED:,} more {'gain' if word == 'gains' else 'lose'}"
        for cause in each.outcome.causes:
            moved = sum(each.outcome.causes[cause].values())
            yield f"{each.outcome.name}: {signed(moved, found.currency)} by {cause}"


def _amount(row: Moved, found: Simulated) -> str:
    return format_minor(abs(row.difference_minor), found.currency)


def _why(row: Moved, found: Simulated) -> str:
    parts = row.by_cause or {found.titles.get(name, name): minor for name, minor in row.by_component.items()}
    ordered = sorted(parts.items(), key=lambda each: -abs(each[1]))
    return ", ".join(f"{name} {signed(minor, found.currency)}" for name, minor in ordered[:3])


def impact_lines(found: Simulated) -> Iterator[str]:
    """The groups that are paid less often than four fifths of the best one, in each scenario."""
    for outcome in found.outcomes if found.base.groups else ():
        for each in impacts(outcome.by_partner, outcome.groups):
            if each.is_adverse:
                yield (
                    f"adverse impact, {outcome.name or AS_IT_IS}: {each.paid:,} of {each.partners:,} of "
                    f"{each.group or '(blank)'} are paid, {percent(each.ratio)} of the best group's part"
                )


def gate_lines(each: Compared, judged: tuple[Judged, ...], found: Simulated) -> Iterator[str]:
    """What every clause of the gate came to for a scenario."""
    for clause in judged:
        sign = "holds " if clause.holds else "FAILED"
        yield f"{sign}  {each.outcome.name}: {clause.clause.written} (it is {_value(clause, found)})"


def _value(judged: Judged, found: Simulated) -> str:
    name, value = judged.clause.name, judged.value
    if value is None:
        return "unknown"
    if judged.clause.is_part:
        return percent(value)
    if name in ("cost", "change", "over_budget"):
        return format_minor(int(value), found.currency)
    return f"{int(value):,}" if name in ("winners", "losers", "unchanged") else _two(value)


def percent(part: Fraction | None) -> str:
    """A part in percent with two decimals; a dash where it is unknown."""
    return "-" if part is None else f"{_two(part * 100)}%"


def _two(value: Fraction | None) -> str:
    if value is None:
        return "-"
    hundredths = round_fraction(value * 100)
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100:,}.{abs(hundredths) % 100:02}"
