"""A simulation as people read it: tables of texts, and sentences.

In: the simulation as values. Out: money with the decimals of its currency; rates and parts are rounded half up to two
decimals, for the eye alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from engine.facts.changed import Told
from engine.reports.compared import signed
from engine.reports.counted import counted
from engine.reports.register import Grid
from rules.quantities.currency import format_minor
from rules.quantities.rounding import round_fraction
from scenarios.outcomes.fairness import gini, impacts
from scenarios.outcomes.gate import COUNTS, MONEY, Judged
from scenarios.outcomes.values import Compared, Moved, Outcome, Simulated

AS_IT_IS = "as it is"
_NAMED = 5  # of those who gain and who lose most, in each scenario
_PARTS = 3  # of what a partner gains or loses, that are told one by one
_DECIMALS_MAX = 12


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
    titles += ["over budget", "of it"] if found.budget_minor is not None else []
    titles += [f"per {found.per}"] if found.per else []
    rows = []
    for each in (None, *found.scenarios):
        outcome = found.base if each is None else each.outcome
        row = [AS_IT_IS if each is None else outcome.name, format_minor(outcome.cost_minor, found.currency)]
        row += ["", "", "", "", ""] if each is None else _moves(each, found)
        row.append(_two(gini(outcome.by_partner.values())))
        row += [] if found.budget_minor is None else _over(outcome.cost_minor, found.budget_minor, found)
        row += [percent(outcome.effective_rate)] if found.per else []
        rows.append(tuple(row))
    return Grid(tuple(titles), tuple(rows), (False, *[True] * (len(titles) - 1)))


def _over(cost: int, budget: int, found: Simulated) -> list[str]:
    return [signed(cost - budget, found.currency), percent(Fraction(cost - budget, budget)) if budget else "-"]


def _moves(each: Compared, found: Simulated) -> list[str]:
    base, won, lost = each.base.cost_minor, len(each.winners), len(each.losers)
    part = percent(Fraction(each.change_minor, base)) if base else "-"
    counts = [f"{number:,}" for number in (won, lost, len(each.moved) - won - lost)]
    return [signed(each.change_minor, found.currency), part, *counts]


def by_grids(found: Simulated, limit: int | None) -> Iterator[Grid]:
    """What is paid by partner, component or group, in every scenario; by tier, once for each scorecard that gives
    tiers."""
    cards = dict.fromkeys(card for outcome in found.outcomes for card in outcome.tiers) if found.by == "tier" else {}
    for card in cards:
        yield _by_grid(found, limit, card)
    if not cards:
        yield _by_grid(found, limit, "")


def _by_grid(found: Simulated, limit: int | None, card: str) -> Grid:
    """What is paid by partner, component or group, or by the tiers of a card; the rows that move most first."""
    sums = [_by(outcome, found.by, card) for outcome in found.outcomes]
    every = dict.fromkeys(name for of in sums for name in of)
    if card:
        names = [name for of in found.outcomes if card in of.tiers for name in of.tiers[card].names[::-1]]
        every = {name: None for name in dict.fromkeys((*names, "")) if name in every}
    elif found.by not in ("component", "period"):
        every = dict.fromkeys(sorted(every, key=lambda name: (-max(_differences(name, sums)), name)))
    rates = [_rates(outcome, found, card) for outcome in found.outcomes]
    per = [f"per {found.per}"] if found.per else []
    members = [_members(found)] if card else []
    titles = [card or found.by, AS_IT_IS, *members, *per]
    for each in found.scenarios:
        titles += [each.outcome.name, "change", *members, *per]
    rows = []
    for name in list(every)[:limit]:
        cells: list[str] = []
        for at, (of, outcome) in enumerate(zip(sums, found.outcomes, strict=True)):
            cells.append(format_minor(of.get(name, 0), found.currency))
            cells += [signed(of.get(name, 0) - sums[0].get(name, 0), found.currency)] if at else []
            cells += [f"{sum(tier == name for tier in _tiers(outcome, card).values()):,}"] if card else []
            cells += [percent(rates[at].get(name))] if found.per else []
        rows.append((_named(name, found) if name or not card else "(none)", *cells))
    footer = ["total"]
    for outcome in found.outcomes:
        change = outcome.cost_minor - found.base.cost_minor
        footer.append(format_minor(outcome.cost_minor, found.currency))
        footer += [] if outcome is found.base else [signed(change, found.currency)]
        footer += [f"{len(_tiers(outcome, card)):,}"] if card else []
        footer += [percent(outcome.effective_rate)] if found.per else []
    return Grid(tuple(titles), tuple(rows), (False, *[True] * (len(titles) - 1)), tuple(footer))


def breaks(grid: Grid, found: Simulated) -> tuple[int, ...]:
    """The columns before which a table by scenario may be cut, so that what is of one scenario stays together."""
    each = len(grid.titles) // (len(found.scenarios) + 1)
    return (1, *(each * (at + 1) for at in range(len(found.scenarios))))


def _members(found: Simulated) -> str:
    """The head of how many partners have each tier: of several periods, in the last."""
    return "partners" if len(found.base.periods) == 1 else f"in {found.base.periods[-1].period}"


def _tiers(outcome: Outcome, card: str) -> Mapping[str, str]:
    return outcome.tiers[card].of if card in outcome.tiers else {}


def _by(outcome: Outcome, by: str, card: str) -> Mapping[str, int]:
    if card:
        return {tier: of.paid_minor for tier, of in outcome.of_tiers.get(card, {}).items()}
    if by == "period":
        return {each.period: each.total_minor for each in outcome.periods}
    return {"partner": outcome.by_partner, "component": outcome.by_component}.get(by, outcome.by_group)


def _rates(outcome: Outcome, found: Simulated, card: str) -> Mapping[str, Fraction | None]:
    """The effective rate of every row of a table."""
    if not found.per:
        return {}
    if card:
        return {tier: of.rate for tier, of in outcome.of_tiers.get(card, {}).items()}
    if found.by == "component":
        return {name: outcome.rate_of_component(name) for name in outcome.components}
    if found.by == "period":
        sums = {each.period: each.of_kpi_minor for each in outcome.periods}
        return {each.period: each.total_minor / own if (own := sums[each.period]) else None for each in outcome.periods}
    return outcome.rates() if found.by == "partner" else {group: of.rate for group, of in outcome.held.items()}


def tier_lines(found: Simulated) -> Iterator[str]:
    """Who moved up and down by each scorecard, in each scenario, and in which periods."""
    several = len(found.base.periods) > 1
    for each in found.scenarios if found.by == "tier" else ():
        for card in each.outcome.tiers:
            moves: dict[tuple[str, str, str], list[str]] = {}
            for period, *move in each.tier_moves(card):
                moves.setdefault((move[0], move[1], move[2]), []).append(period)
            for (partner, one, other), periods in list(moves.items())[:_NAMED]:
                way = f"from {one or 'no tier'} to {other or 'no tier'}"
                when = f" in {', '.join(periods)}" if several else ""
                yield f"{each.outcome.name}: {card}: {_who(partner, found)} {way}{when}"
            if len(moves) > _NAMED:
                yield f"{each.outcome.name}: {card}: {len(moves) - _NAMED:,} more"
            if moves:
                up, down = each.ups_and_downs(card)
                yield f"{each.outcome.name}: {card}: {up:,} up, {down:,} down{' in any period' if several else ''}"


def _differences(name: str, sums: list[Mapping[str, int]]) -> list[int]:
    return [abs(of.get(name, 0) - sums[0].get(name, 0)) for of in sums]


def _named(name: str, found: Simulated) -> str:
    if found.by == "component":
        return found.titles.get(name, name)
    return _who(name, found) if found.by == "partner" else name or "(blank)"


def _who(partner: str, found: Simulated) -> str:
    return f"{partner} {found.names.get(partner, '')}".rstrip()


def cliff_grid(found: Simulated) -> Grid | None:
    """Where the rules jump, as it is and in every scenario, by how much, and how many partners stand up to 5 % below;
    None where that was not asked for, or nothing does."""
    titles = ("cliffs", "at", "of", "jump", "near", "with")
    rows = []
    for outcome in found.outcomes:
        for each in outcome.cliffs.jumps if outcome.cliffs is not None else ():
            near = "?" if each.near is None else f"{each.near:,}"
            jump = signed(round_fraction(each.jump_minor), found.currency)
            what = f"{outcome.name or AS_IT_IS}: {found.titles.get(each.rule, each.rule)}"
            rows.append((what, each.shown, each.measure, jump, near, ", ".join(each.fixed)))
    return Grid(titles, tuple(rows), (False, True, False, True, True, False)) if rows else None


def cliff_lines(found: Simulated) -> Iterator[str]:
    """Which program has no cliffs, and which rules may jump where nothing follows them; what is so in all is told
    once."""
    looked = [outcome for outcome in found.outcomes if outcome.cliffs is not None]
    for outcome in looked:
        if outcome.cliffs is not None and not outcome.cliffs.jumps:
            yield f"{outcome.name or AS_IT_IS}: no cliffs"
    told: dict[tuple[str, str], list[str]] = {}
    for outcome in looked:
        for each in outcome.cliffs.not_followed if outcome.cliffs is not None else ():
            told.setdefault(each, []).append(outcome.name or AS_IT_IS)
    for (rule, why), names in told.items():
        of = "" if len(names) == len(looked) else f"{', '.join(names)}: "
        yield f"{of}not followed: {found.titles.get(rule, rule)}: {why}"


def facts_lines(found: Simulated) -> Iterator[str]:
    """What each scenario changes in the facts, and what became of their tables; and which one changes nothing."""
    for each in found.scenarios:
        if not each.outcome.facts and each.outcome.program_sha256 == found.base.program_sha256:
            yield f"{each.outcome.name}: changes nothing"
        if each.outcome.facts:
            yield f"{each.outcome.name}: facts changed: {', '.join(each.outcome.facts)}"
            tables = "; ".join(f"{told.table} {_counts(told)}" for told in each.outcome.changed)
            yield f"{each.outcome.name}: {tables or 'no row is another'}"
        for told in each.outcome.changed:
            if told.left_out:
                yield (
                    f"{each.outcome.name}: {counted(told.left_out, 'row')} of {told.table} "
                    f"{'was not copied: it is' if told.left_out == 1 else 'were not copied: they are'} "
                    "of what others have, or of what is not copied"
                )


def _counts(told: Told) -> str:
    """How many rows of a table are changed, gone and new."""
    counts = (("changed", told.changed), ("gone", told.gone), ("new", told.new))
    return ", ".join(f"{number:,} {word}" for word, number in counts if number)


def moved_lines(found: Simulated) -> Iterator[str]:
    """Who gains and who loses most by each scenario, and why."""
    for each in found.scenarios:
        for word, rows in (("gains", each.winners), ("loses", each.losers)):
            for row in rows[:_NAMED]:
                who = _who(row.partner, found)
                yield f"{each.outcome.name}: {who} {word} {_amount(row, found)}: {_why(row, found)}"
            if len(rows) > _NAMED:
                yield f"{each.outcome.name}: {len(rows) - _NAMED:,} more {'gain' if word == 'gains' else 'lose'}"
        for cause, of in each.outcome.moved_by.items():
            yield f"{each.outcome.name}: {signed(sum(of.values()), found.currency)} by {cause}"


def _amount(row: Moved, found: Simulated) -> str:
    return format_minor(abs(row.difference_minor), found.currency)


def _why(row: Moved, found: Simulated) -> str:
    parts = row.by_cause or {found.titles.get(name, name): minor for name, minor in row.by_component.items()}
    ordered = sorted(parts.items(), key=lambda each: -abs(each[1]))
    shown = [f"{name} {signed(minor, found.currency)}" for name, minor in ordered[:_PARTS]]
    if len(ordered) > _PARTS:
        rest = sum(minor for _, minor in ordered[_PARTS:])
        shown.append(f"and {len(ordered) - _PARTS} other {signed(rest, found.currency)}")
    return ", ".join(shown)


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
        yield f"{sign}  {each.outcome.name or AS_IT_IS}: {clause.clause.written} (it is {_value(clause, found)})"


def _value(judged: Judged, found: Simulated) -> str:
    """What a clause came to, with as many decimals as tell it from what it was held to."""
    clause, value = judged.clause, judged.value
    if value is None:
        return "unknown"
    if not clause.is_part and clause.name in MONEY:
        return format_minor(int(value), found.currency)
    if not clause.is_part and clause.name in COUNTS:
        return f"{int(value):,}"
    times, sign = (100, "%") if clause.is_part else (1, "")
    for decimals in range(2, _DECIMALS_MAX + 1):
        told = _rounded(value * times, decimals)
        if value == clause.number or told != _rounded(clause.number * times, decimals):
            return told + sign
    return f"{value * times}{sign}"


def percent(part: Fraction | None) -> str:
    """A part in percent with two decimals; a dash where it is unknown."""
    return "-" if part is None else f"{_two(part * 100)}%"


def _two(value: Fraction | None) -> str:
    return "-" if value is None else _rounded(value, 2)


def _rounded(value: Fraction, decimals: int) -> str:
    """A number with so many decimals."""
    parts, one = round_fraction(value * 10**decimals), 10**decimals
    sign = "-" if parts < 0 else ""
    return f"{sign}{abs(parts) // one:,}.{abs(parts) % one:0{decimals}}"
