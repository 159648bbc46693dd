"""Why a share of a pool is what it is: the size, the weight or award, and the cents that came on top.

In: the steps of a pool and their sheet. Out: reasons whose values are worked out again, for one member alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from engine.explain.agree import agree
from engine.values import (
    NOT_SCORED,
    PARTNERS,
    Award,
    Facts,
    Gather,
    Plan,
    ReadRows,
    Reasoned,
    Share,
    Sheet,
    Size,
    Solve,
    Step,
    Weigh,
    Whole,
    pot_of,
    sheets_before,
)
from engine.values.openings import last_rows
from rules.active import explain_active_days
from rules.expressions.columnar import EPOCH
from rules.expressions.evaluate import evaluate
from rules.expressions.tree import words
from rules.kinds.base import Terms, number
from rules.kinds.share import Members, explain_award_share, explain_share
from rules.quantities.exact import Exact
from rules.quota import QuotaMeaning
from rules.sharing.base import Pot, Step as Layer
from rules.sharing.bounded import explain_bounded

Line = Callable[[str, int], Reasoned]


def size_reason(step: Size, named: Mapping[str, Reasoned], opening: Reasoned | None) -> Reasoned:
    """How large a pool is, from what the whole program has of what its size names, and what was carried to it."""
    own = _own_size(step, named)
    if opening is None or own.value is None:
        return own
    carried = int(opening.value or 0)
    released = carried if step.losses == "shared" else max(carried, -int(own.value))
    whole = own.value + released
    own = replace(own, title="of the period", shown=step.terms.money(own.value))
    told = "what was carried, and what the period adds"
    if released != carried:
        rest = step.terms.money(Fraction(carried - released))
        told = f"all that the period adds makes up for what was carried; {rest} stays carried: no member bears a loss"
    return Reasoned(step.title, whole, "", told, step.place, "", True, (opening, own))


def _own_size(step: Size, named: Mapping[str, Reasoned]) -> Reasoned:
    size, terms = step.size, step.terms
    if size.of is None:
        assert size.amount_minor is not None
        return Reasoned(step.title, Fraction(size.amount_minor), "", "", step.place, "", True)
    value = evaluate(size.of, lambda column: named[str(column)].value)
    assert isinstance(value, Fraction | int), "a size is known"
    exact, told = Fraction(value), f"{words(size.of)} is {terms.money(value)}"
    if size.exceeding_minor is not None:
        exact = max(exact - size.exceeding_minor, Fraction(0))
        told += f", {terms.money(exact)} above {terms.money(size.exceeding_minor)}"
    exact *= size.rate
    for limit, is_beyond in ((size.at_least_minor, exact.__lt__), (size.at_most_minor, exact.__gt__)):
        if limit is not None and is_beyond(limit):
            exact = limit
    found = Fraction(size.minor(Fraction(value), terms))
    limits = size.exceeding_minor, size.at_least_minor, size.at_most_minor
    is_bare = size.rate == 1 and all(limit is None for limit in limits)
    told = size.text if is_bare else f"{size.text}; {told}"
    if exact != found:
        told += f": {number(exact / terms.minor_per_major)}, rounded {terms.rounding_words}"
    return Reasoned(step.title, found, "", told, step.place, "", True, tuple(named.values()))


def paid_reason(name: str, step: Step | None, sheet: Sheet, terms: Terms) -> Reasoned:
    """What a payout or pool that came before pays in all, or what a pool did not share."""
    column = sheet.columns[name]
    title = step.title if step is not None else name.replace(".", ", ")
    told = f"the sum of {len(column)} partners" if sheet.frame_of[name] == PARTNERS else "what it did not share"
    return Reasoned(title, column.sum(), terms.money(column.sum()), told, is_money=True)


def of_partners_reason(step: Whole, sheet: Sheet) -> Reasoned:
    """What the whole program has of a quota, the sum, or of an averaged KPI, the mean of its partners."""
    known = [each for each in sheet.columns[step.of.name].fractions() if each is not None]
    whole = sum(known, Fraction(0))
    if isinstance(step.of, QuotaMeaning):
        return Reasoned(step.title, whole, "", f"the sum of {len(known)} partners", step.place)
    mean = whole / len(known) if known else None
    return Reasoned(step.title, mean, "", f"the mean of {len(known)} partners", step.place)


def weight_reason(
    step: Weigh, row: int, sheet: Sheet, plan: Plan, line: Line, is_money: Callable[[str], bool]
) -> Reasoned:
    """What a member weighs, and for how many days."""
    inputs = {key: sheet.columns[column] for key, column in step.inputs.items()}
    held = None if step.days is None else _days_held(step.days, row, sheet)
    if held == 0:
        told = f"0 of {sheet.period.days} days a partner"
        return Reasoned(step.title, Fraction(0), "", told, step.place)
    reason = step.kind.explain(inputs, row, step.terms)
    in_major = {key: _major(each, plan) if is_money(step.inputs[key]) else each for key, each in inputs.items()}
    told = step.kind.explain(in_major, row, step.terms).words  # money is never in minor units there
    value, parts = reason.value, tuple(line(step.inputs[key], row) for key in reason.uses)
    if held is not None:
        value = value * held / sheet.period.days
        told += f", x {held} of {sheet.period.days} days a partner"
    return Reasoned(step.title, value, "", told, step.place, "", False, parts)


def award_reason(
    step: Award,
    row: int,
    sheet: Sheet,
    facts: Facts,
    rows_shown: int | None,
    line: Line,
    is_money: Callable[[str], bool],
) -> Reasoned:
    """What a member is awarded: every layer or round with what it was due, what that paid and what was left; of the
    rows that were read beside the members, its own are told, the largest first."""
    pot, terms = sheet.columns[step.size].fraction(0), step.terms
    assert pot is not None, "a pool has a size"
    inputs = {key: sheet.columns[name] for key, name in step.inputs.items()}
    if step.kind is not None:
        of_kind, whole = _of_pot(step, sheet, facts)
        for key, name in step.inputs.items():  # what is no amount to the kind is told in major units
            if key not in step.kind.money and is_money(name):
                of_kind[key] = of_kind[key] * Exact.constant(Fraction(1, terms.minor_per_major), len(of_kind[key]))
        told = step.kind.tell(of_kind, row, whole)
        rests = tuple(line(name, row) for name in step.inputs.values())
        rests += _own_rows(step, row, sheet, rows_shown, line)
    else:
        assert step.weight is not None
        weights = _in_one_unit(sheet.columns[step.weight])
        rests = (line(step.weight, row), *(line(step.inputs[key], row) for key in inputs if key.startswith("bounds.")))
        if step.unknown == "house":
            mean, held = _mean_weight(step, sheet), _parts_held(step, sheet)
            own = [mean * part if each is None else each for each, part in zip(weights.fractions(), held, strict=True)]
            weights = Exact.of(own)
        if step.bounds is None:
            value = pot * (weights.fraction(row) or 0) / weights.sum()
            words = f"{terms.money(pot)} x {number(weights.fraction(row) or Fraction(0))} / {number(weights.sum())}"
            words += ", those whose weight is unknown counted at the mean of the others"
            return Reasoned(step.title, value, "", words, step.place, "", True, rests)
        limits, of_days = _limits(step, inputs, pot, row, sheet)
        told = explain_bounded(weights, pot, limits, step.bounds, row, terms)
        told = replace(told, words=told.words + of_days)
    rounds = tuple(_layer(each, terms) for each in told.steps)
    if told.steps and told.steps[0].is_loss:
        claim = told.steps[0].entitled
        rounds = (Reasoned("claim", claim, terms.money(claim), "", is_money=True), *rounds)
    return Reasoned(step.title, told.value, "", told.words, step.place, "", True, (*rounds, *rests))


def unshared_reason(
    step: Share, whole: Gather, partner: int, sheet: Sheet, plan: Plan, line: Line, pool: Callable[[str], Reasoned]
) -> Reasoned:
    """Why a partner has no share of a pool: it is no member, or it was not scored, and where its share went."""
    agree(f"{whole.name}, row {partner}", sheet.columns[whole.name].fraction(partner), Fraction(0))
    steps, title = {each.name: each for each in plan.steps}, whole.title
    found = np.flatnonzero(sheet.frames[step.frame].partners == partner)
    if not len(found):
        among = steps[step.frame]
        assert isinstance(among, ReadRows)
        told = "no member of the pool"
        told += "" if among.where is None else f", which is shared among those for whom {words(among.where)}"
        return Reasoned(title, Fraction(0), step.terms.money(0), told, step.place, "", True)
    row, weighing = int(found[0]), steps[step.weight]
    award = weighing if isinstance(weighing, Award) else None
    if award is not None and award.weight is not None:
        weighing = steps[award.weight]
    assert isinstance(weighing, Weigh | Award)
    parts = tuple(line(name, row) for name in weighing.inputs.values())
    blank = tuple(each for each in parts if each.value is None) or parts
    names = " and ".join(each.title for each in blank)
    told = f"not scored, since {names} {'is' if len(blank) == 1 else 'are'} unknown"
    if award is None or award.unknown != "house":
        told += ": left out, and the pool is shared among the others"
        return Reasoned(title, Fraction(0), NOT_SCORED, told, step.place, "", True, (pool(step.size), *blank))
    assert award.weight is not None, "the mean of the others is one of weights"
    mean, held = _mean_weight(award, sheet), _parts_held(award, sheet)[row]
    entitled, counted = (sheet.columns[f"{award.name}.{key}"] for key in ("entitled", "counted"))
    reason = explain_award_share(entitled, sheet.frames[step.frame].keys, row, step.residue, step.terms)
    own = min(reason.value, counted.fraction(row) or Fraction(0)) if counted.compare(entitled)[row] else reason.value
    told += f": counted at the mean of the others, {number(mean)}"
    if award.days is not None:
        days = sheet.period.days
        told += f" for the whole period, x {number(held * days)} of {days} days a partner"
    told += f", and the house keeps its share of {step.terms.money(own)}"
    return Reasoned(title, Fraction(0), NOT_SCORED, told, step.place, "", True, (pool(step.size), *blank))


def _mean_weight(step: Award, sheet: Sheet) -> Fraction:
    """What members that were scored weigh for a whole period on average; who was one on no day is none of them."""
    assert step.weight is not None, "the mean of the others is one of weights"
    pairs = zip(sheet.columns[step.weight].fractions(), _parts_held(step, sheet), strict=True)
    scored = [weight / part for weight, part in pairs if weight is not None and part]
    return sum(scored, Fraction(0)) / len(scored)


def _parts_held(step: Award, sheet: Sheet) -> list[Fraction]:
    """The part of the period's days on which each member was a partner; all of them where a pool does not ask."""
    rows, days = len(sheet.frames[step.frame]), sheet.period.days
    if step.days is None:
        return [Fraction(1)] * rows
    return [Fraction(_days_held(step.days, row, sheet), days) for row in range(rows)]


def _limits(
    step: Award, inputs: Mapping[str, Exact], pot: Fraction, row: int, sheet: Sheet
) -> tuple[tuple[Exact | None, Exact | None], str]:
    """The floors and the caps of all members in whole steps, and what days make of those of one, in words."""
    assert step.bounds is not None
    rows, terms = len(sheet.frames[step.frame]), step.terms
    if step.days is None:
        return step.bounds.in_steps(inputs, rows, pot, terms), ""
    held = [_days_held(step.days, each, sheet) for each in range(rows)]
    parts = Exact.of([Fraction(each, sheet.period.days) for each in held])
    limits = step.bounds.in_steps(inputs, rows, pot, terms, parts)
    if held[row] == sheet.period.days or (held[row] and not step.bounds.prorate):
        return limits, ""
    if not held[row]:
        return limits, f"; 0 of {sheet.period.days} days a partner, so no floor"
    whole = step.bounds.columns({key.removeprefix("bounds."): each for key, each in inputs.items()}, rows, pot, terms)
    told = [
        f"the {name} of {terms.money(full)} x {held[row]} of {sheet.period.days} days is {terms.money(own)}"
        for name, before, after in zip(("floor", "cap"), whole, limits, strict=True)
        if before is not None and after is not None
        for full, own in ((before.fraction(row), after.fraction(row)),)
        if full is not None and own is not None
    ]
    return limits, "".join(f"; {each}" for each in told)


def _days_held(days: tuple[str, str], row: int, sheet: Sheet) -> int:
    first, last = (_day(sheet.columns[name].fraction(row)) for name in days)
    return explain_active_days(first, last, sheet.period)


def _own_rows(step: Award, row: int, sheet: Sheet, rows_shown: int | None, line: Line) -> tuple[Reasoned, ...]:
    """The amounts of a member's own rows of the table that its kind reads."""
    wanted = None if step.kind is None else step.kind.reads()
    if wanted is None or step.reads is None or wanted.dated is None:
        return ()
    frame, amounts = sheet.frames[step.reads], step.columns["amount"]
    days = sheet.columns[step.columns[wanted.dated]]
    own = np.flatnonzero(frame.partners == sheet.frames[step.frame].partners[row]).tolist()
    own.sort(key=lambda at: (-abs(sheet.columns[amounts].fraction(at) or 0), at))
    titles = {at: f"{frame.table} {frame.keys[at]} of {_day(days.fraction(at))}" for at in own[:rows_shown]}
    return tuple(replace(line(amounts, at), title=title) for at, title in titles.items())


def carry_reason(step: Award, name: str, sheet: Sheet, facts: Facts) -> Reasoned:
    """What the carry of a waterfall is paid in each layer."""
    assert step.kind is not None and step.has_carry
    inputs, pot = _of_pot(step, sheet, facts)
    told, terms = step.kind.tell_carry(inputs, pot), step.terms
    agree(f"{step.name}.carry", sheet.columns[f"{step.name}.carry"].fraction(0), told.value)
    value = sheet.columns[name].fraction(0)
    assert value is not None, "what the carry is paid is known"
    words = told.words if value == told.value else f"{told.words}, in whole units {terms.money(value)}"
    layers = tuple(_layer(each, terms) for each in told.steps)
    return Reasoned(f"{step.pool}, carry", value, terms.money(value), words, step.place, "", True, layers)


def _of_pot(step: Award, sheet: Sheet, facts: Facts) -> tuple[dict[str, Exact], Pot]:
    """The columns and the pool of a step that awards by a kind."""
    inputs = {key: sheet.columns[name] for key, name in step.inputs.items()}
    inputs |= {key: sheet.columns[f"{step.name}.{key}"] for key in step.texts}
    told = last_rows(facts.openings(), sheet.period.start) if step.keeps_history else ()
    return inputs, pot_of(step, sheet.period, sheet.frames, sheet.columns, sheets_before(sheet), told)


def amount_reason(step: Solve, named: Mapping[str, Reasoned]) -> Reasoned:
    """An amount that is defined by others, and every definition with the answer put back into it."""
    columns, rests = {name: Exact.of([each.value]) for name, each in named.items()}, tuple(named.values())
    if any(each.value is None for each in rests):
        return Reasoned(step.title, None, "", "it rests on what is unknown", step.place, "", True, rests)
    told = step.amounts.explain(columns, 0, step.amount, step.terms)
    back = tuple(
        Reasoned(each.name, each.entitled, step.terms.money(each.entitled), each.words, is_money=True)
        for each in told.steps
    )
    return Reasoned(step.title, told.value, "", told.words, step.place, "", True, (*back, *rests))


def _layer(each: Layer, terms: Terms) -> Reasoned:
    """One layer or round: what was due, paid and left; they add up to the award, so what is given up is below zero."""
    due, paid, left = terms.money(each.entitled), terms.money(each.paid), terms.money(each.remaining)
    does = "gives up" if each.is_loss else "paid"
    words = f"{each.words} (entitled {due}, {does} {paid}, remaining {left})"
    value = -each.paid if each.is_loss else each.paid
    return Reasoned(each.name, value, terms.money(value), words, is_money=True)


def _in_one_unit(weights: Exact) -> Exact:
    """Weights as their sum counts them."""
    wholes, below = weights.scaled()
    return Exact(wholes, below, weights.known)


def share_reason(
    step: Share, row: int, sheet: Sheet, line: Line, pool: Callable[[str], Reasoned], is_money: bool
) -> Reasoned:
    """The share of a member in whole steps, and who got those that were left over."""
    frame, weights = sheet.frames[step.frame], sheet.columns[step.weight]
    rests = line(step.weight, row)
    size = pool(step.size)
    assert size.value is not None
    _agree_books(step, sheet, size.value)
    if step.is_awarded:
        entitled = sheet.columns.get(f"{step.weight}.entitled", weights)
        reason = explain_award_share(entitled, frame.keys, row, step.residue, step.terms)
        cap = weights.fraction(row)
        if cap is not None and cap < (entitled.fraction(row) or 0):
            words = f"the award of {number(cap / step.terms.minor_per_major)}, its cap"
            return Reasoned(step.title, cap, "", words, step.place, "", True, (size, rests))
        return Reasoned(step.title, reason.value, "", reason.words, step.place, "", True, (size, rests))
    remainders = sheet.columns[f"{step.component}.remainder"].numerator
    if is_money:
        scaled, below = weights.scaled()  # kept as they are: remainders of shares are counted in them
        weights = Exact(scaled, below * step.terms.minor_per_major, weights.known)
    members = Members(frame.keys, weights, remainders)
    reason = explain_share(int(size.value), members, row, step.residue, step.terms)
    return Reasoned(step.title, reason.value, "", reason.words, step.place, "", True, (size, rests))


def _agree_books(step: Share, sheet: Sheet, size: Fraction) -> None:
    """Raise where shares and what is left are not the size and what the house adds; only floors make it add."""
    left, adds = (sheet.columns[f"{step.component}.{key}"].fraction(0) or 0 for key in ("left", "house_adds"))
    shared = sum((each for each in sheet.columns[step.name].fractions() if each is not None), Fraction(0))
    agree(f"{step.component}: shares and what is left", shared + left, size + adds)
    agree(f"{step.component}: what the house adds", Fraction(adds), Fraction(adds if step.is_awarded else 0))


def _major(minor: Exact, plan: Plan) -> Exact:
    numerators, below = minor.scaled()
    return Exact(numerators, below * 10**plan.terms.currency.decimals, minor.known)


def _day(value: Fraction | None) -> date | None:
    return None if value is None else EPOCH + timedelta(days=int(value))
