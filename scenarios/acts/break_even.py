"""Break even: the rate, factor, amount or edge with which a program costs exactly an amount, found on the engine.

Rates, factors and numbers are whole billionths (9 decimals), amounts whole minor units. Every cost is worked out as a
run is, and so is that of the next one: the answer is proved on the engine and not extrapolated. The cost has to grow
all the way, or to fall all the way, as it does with a threshold; where it is seen to turn, that is told.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from rules.document.reader import Scalar
from rules.load import load
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import format_minor
from scenarios.acts.evaluate import facts_by, periods_of, run_of, told_by
from scenarios.acts.simulate import amount_of
from scenarios.acts.sought import ARGUMENT, ONE, Sought, sought_at
from scenarios.outcomes.values import BreakEven
from scenarios.overlays.facts import changes_of_facts
from scenarios.overlays.overlay import Overlaid, laid_over, start_of
from scenarios.overlays.scenario import Scenario, read_scenario

_STEP = 64  # billionths: about what a cent is of a cost of hundreds of thousands


def break_even(program: Path, file: Path | None, period: str, path: str, cost: str) -> BreakEven:
    """The rate, factor, amount or edge at a path with which a program, with a scenario or as it is, costs an amount
    over some periods; the path may be of what the scenario adds.

    Raises Refused where the path is of none, or where nothing that it can be costs that.
    """
    base = load(program)
    currency = base.understood().terms.currency
    wanted = amount_of(cost, base.understood(), "--cost")
    none = Scenario("", program.name, program.parent, "", (), Place(program.name))
    scenario = none if file is None else read_scenario(file)
    start = start_of(base, scenario)
    changed = laid_over(start, scenario.edits, warns=False).loaded
    sought = sought_at(changed, path, currency)
    facts = changes_of_facts(scenario.document, changed.understood())
    with ExitStack() as stack:
        periods = periods_of(base.understood(), period)
        facts_of = [stack.enter_context(facts_by(base, each)) for each in periods]
        known: dict[int, int] = {}

        def laid_at(at: int) -> Overlaid:
            value = Scalar(sought.text(at), False, sought.edit.place)
            laid = laid_over(changed, (replace(sought.edit, value=value),), warns=False)
            return replace(laid, facts=facts)

        def cost_at(at: int) -> int:
            if at not in known:
                laid, total = laid_at(at), 0
                for facts_by_program in facts_of:
                    read, own = facts_by_program(laid)
                    with told_by(laid):
                        total += run_of(laid.loaded, read, own, program).total_minor
                known[at] = total
            return known[at]

        low, high = _span(sought, laid_at, cost_at, wanted)
        _refuse_out_of_reach(cost_at, wanted, sought, low, high)
        falls = cost_at(low) > cost_at(high)

        def cost_by(step: int) -> int:
            return cost_at(high - step if falls else low + step)

        last = _last(cost_by, wanted, high - low)
        reached = cost_by(last)
        first = _last(cost_by, reached - 1, high - low) + 1 if cost_by(0) < reached else 0
        _refuse_turning(known, path, falls)
        after = cost_by(last + 1) if last < high - low else None
    ends = sorted(high - step if falls else low + step for step in (first, last))
    parts = 1 if sought.kind == "amount" else ONE
    shown = _shortest(ends[0], ends[1], ONE if sought.kind == "rate" else 10**18)
    return BreakEven(
        path=path,
        scenario=scenario.name,
        currency=currency,
        wanted_minor=wanted,
        kind=sought.kind,
        value=Fraction(shown, parts),
        cost_minor=reached,
        from_value=Fraction(ends[0], parts),
        to_value=Fraction(ends[1], parts),
        falls=falls,
        next_minor=after,
        evaluations=len(known),
    )


def _span(
    sought: Sought, laid_at: Callable[[int], Overlaid], cost_at: Callable[[int], int], wanted: int
) -> tuple[int, int]:
    """Between which values it is looked for: a rate from 0 to 100 %; others from the least to the highest with which
    the program is sound, as far out as the cost is not met before."""
    if sought.most == ONE:
        return 0, ONE

    def is_sound(at: int) -> bool:
        try:
            laid_at(at)
        except Refused:
            return False
        return True

    if not is_sound(sought.stands):
        laid_at(sought.stands)  # tells what is wrong with it
    low = 0 if is_sound(0) else _edge(is_sound, sought.stands, 0)
    high = sought.first_high
    while True:
        if not is_sound(high):
            return low, _edge(is_sound, sought.stands, high)
        met = min(cost_at(low), cost_at(high)) <= wanted <= max(cost_at(low), cost_at(high))
        if met or high >= sought.most:
            return low, high
        high = min(10 * high, sought.most)


def _edge(is_sound: Callable[[int], bool], good: int, bad: int) -> int:
    """The last sound value on the way from one that is to one that is not."""
    while abs(bad - good) > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if is_sound(middle) else (good, middle)
    return good


def _refuse_out_of_reach(cost_at: Callable[[int], int], wanted: int, sought: Sought, low: int, high: int) -> None:
    ends = cost_at(low), cost_at(high)
    if not min(ends) <= wanted <= max(ends):
        currency, path = sought.currency, sought.edit.path
        told = [f"{format_minor(each, currency)} {currency.code}" for each in (*ends, wanted)]
        span = "0 % to 100 %" if sought.most == ONE else f"{sought.text(low)} to {sought.text(high)}"
        message = f"with {path} from {span}, the cost goes from {told[0]} to {told[1]}, never to {told[2]}"
        hint = "ask for a cost between the two, or look for something else"
        raise Refused(Problem("W212", message, Place(ARGUMENT), hint))


def _refuse_turning(known: dict[int, int], path: str, falls: bool) -> None:
    """Raise Refused where the cost was seen to turn: what is found would depend on where one looks."""
    ordered = [known[at] for at in sorted(known, reverse=falls)]
    if ordered != sorted(ordered):
        message = f"the cost does not grow with {path} all the way, so that several values may cost the same"
        message = message.replace("grow", "fall") if falls else message
        hint = "simulate the values that you think of, side by side"
        raise Refused(Problem("W212", message, Place(ARGUMENT), hint))


def _last(cost_by: Callable[[int], int], most: int, end: int) -> int:
    """The highest step that costs at most so much, where that of 0 does: from where the line between two costs comes to
    it outwards in doubled steps, and then by halves."""
    low, high = 0, end
    if cost_by(high) <= most:
        return high
    below, above = cost_by(low), cost_by(high)
    at, step = max(low + (high - low) * (most - below) // (above - below), low + 1), _STEP
    while low < at < high and high - low > 1:
        if cost_by(at) <= most:
            low, at = at, at + step
        else:
            high, at = at, at - step
        step *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost_by(middle) <= most else (low, middle)
    return low


def _shortest(first: int, last: int, most: int = ONE) -> int:
    """The value with the fewest digits from the first to the last.

    >>> _shortest(59_999_750, 60_000_249)
    60000000
    """
    step = most
    while step > 1 and -(-first // step) * step > last:
        step //= 10
    return -(-first // step) * step
