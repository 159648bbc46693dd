"""Break even: the rate with which a program costs exactly an amount, found on the engine itself.

Rates are whole billionths (9 decimals). Every cost is worked out as a run is, and so is that of the next billionth: the
answer is proved on the engine and not extrapolated. The cost has to grow with the rate; where it is seen to fall, that
is told.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from rules.document.reader import Scalar
from rules.load import Loaded, load
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import format_minor
from rules.quantities.numerals import Unwritable, decimal_text
from rules.quantities.written import parse_rate
from scenarios.acts.evaluate import facts_by, periods_of, run_of, told_by
from scenarios.acts.simulate import amount_of
from scenarios.outcomes.values import BreakEven
from scenarios.overlays.overlay import laid_over, start_of
from scenarios.overlays.paths import NoSuchPath, steps_of, values_at
from scenarios.overlays.scenario import Edit, Scenario, read_scenario

ONE = 10**9  # billionths: a rate of 100 %
ARGUMENT = "--break-even"
_STEP = 64  # billionths: about what a cent is of a cost of hundreds of thousands


def break_even(program: Path, file: Path | None, period: str, path: str, cost: str) -> BreakEven:
    """The rate at a path with which a program, with a scenario or as it is, costs an amount over some periods.

    Raises Refused where the path is of no rate, or where the amount is not between what 0 % and 100 % cost.
    """
    base = load(program)
    wanted = amount_of(cost, base.understood(), "--cost")
    none = Scenario("", program.name, program.parent, "", (), Place(program.name))
    scenario = none if file is None else read_scenario(file)
    start = start_of(base, scenario)
    edit = _edit(start, path)
    with ExitStack() as stack:
        periods = periods_of(base.understood(), period)
        facts_of = [stack.enter_context(facts_by(base, each)) for each in periods]
        known: dict[int, int] = {}

        def cost_at(rate: int) -> int:
            if rate not in known:
                value = Scalar(rate_text(rate), False, edit.place)
                laid = laid_over(start, (*scenario.edits, replace(edit, value=value)), warns=False)
                known[rate] = 0
                for facts_by_program in facts_of:
                    facts, own = facts_by_program(laid)
                    with told_by(laid):
                        known[rate] += run_of(laid.loaded, facts, own, program).total_minor
            return known[rate]

        _refuse_out_of_reach(cost_at, wanted, base, path)
        last = _last(cost_at, wanted)
        reached = cost_at(last)
        first = _last(cost_at, reached - 1) + 1 if cost_at(0) < reached else 0
        _refuse_falling(known, path)
        after = cost_at(last + 1) if last < ONE else None
    rate = _shortest(first, last)
    return BreakEven(
        path=path,
        scenario=scenario.name,
        currency=base.understood().terms.currency,
        wanted_minor=wanted,
        rate=Fraction(rate, ONE),
        cost_minor=reached,
        from_rate=Fraction(first, ONE),
        to_rate=Fraction(last, ONE),
        next_minor=after,
        evaluations=len(known),
    )


def rate_text(rate: int) -> str:
    """A rate in billionths, as people write it.

    >>> rate_text(62_500_000)
    '6.25%'
    """
    return decimal_text(Fraction(rate * 100, ONE), 0) + "%"


def _edit(start: Loaded, path: str) -> Edit:
    """The change of a path; raises Refused where it is of no rate."""
    document = start.document
    assert document is not None, "it was understood"
    place = Place(ARGUMENT)
    try:
        steps = steps_of(path)
        for _, node in values_at(document.root, steps):
            parse_rate(node.text if isinstance(node, Scalar) else "")
    except (NoSuchPath, Unwritable) as error:
        hint = error.hint if isinstance(error, NoSuchPath) else "name a rate, such as payouts.commission.rate"
        raise Refused(Problem("W211", f"{path[:100]} is no rate: {error.message}", place, hint)) from None
    except ValueError as error:
        message = f"'{path[:100]}' is no path: {error}"
        raise Refused(Problem("W211", message, place, "name a rate, such as payouts.commission.rate")) from None
    return Edit("set", path, steps, None, place)


def _refuse_out_of_reach(cost_at: Callable[[int], int], wanted: int, base: Loaded, path: str) -> None:
    none, whole = cost_at(0), cost_at(ONE)
    if not none <= wanted <= whole:
        currency = base.understood().terms.currency
        told = [f"{format_minor(each, currency)} {currency.code}" for each in (none, whole, wanted)]
        message = f"with {path} from 0 % to 100 %, the cost goes from {told[0]} to {told[1]}, never to {told[2]}"
        raise Refused(Problem("W212", message, Place(ARGUMENT), "ask for a cost between the two, or for another rate"))


def _refuse_falling(known: dict[int, int], path: str) -> None:
    """Raise Refused where a higher rate was seen to cost less: what is found would depend on where one looks."""
    ordered = [known[rate] for rate in sorted(known)]
    if ordered != sorted(ordered):
        message = f"the cost does not grow with {path} all the way, so that several rates may cost the same"
        raise Refused(Problem("W212", message, Place(ARGUMENT), "simulate the rates that you think of, side by side"))


def _last(cost_at: Callable[[int], int], most: int) -> int:
    """The highest rate that costs at most so much, where that of 0 does: from where the line between two costs comes to
    it outwards in doubled steps, and then by halves."""
    low, high = 0, ONE
    if cost_at(high) <= most:
        return high
    below, above = cost_at(low), cost_at(high)
    at, step = max(low + (high - low) * (most - below) // (above - below), low + 1), _STEP
    while low < at < high and high - low > 1:
        if cost_at(at) <= most:
            low, at = at, at + step
        else:
            high, at = at, at - step
        step *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost_at(middle) <= most else (low, middle)
    return low


def _shortest(first: int, last: int) -> int:
    """The rate with the fewest digits from the first to the last.

    >>> _shortest(59_999_750, 60_000_249)
    60000000
    """
    step = ONE
    while step > 1 and -(-first // step) * step > last:
        step //= 10
    return -(-first // step) * step
