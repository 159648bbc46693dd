"""A waterfall: proceeds run through ordered layers, and each pays accounts of capital and the carry what they are due.

In go the proceeds, exact, and the accounts as columns; out come the layers, each with what every account was entitled
to, what it was paid, what the carry was paid and what remained. `run_waterfall` takes whole columns,
`explain_waterfall` follows one account, with totals of its own. Nothing is rounded: apportioning does that later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from rules.kinds.base import Terms, percent
from rules.quantities.exact import Exact
from rules.sharing.accrual import Accrual, date_of
from rules.sharing.base import Step, Told, check_size, common, guarded, zeros
from rules.sharing.layers import Layer, Waterfall
from rules.sharing.recovery import Clawback
from rules.sharing.time_weighted import Movements, sum_by


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """The accounts of a waterfall as they stand before it, (n,) each, exact minor units.

    `movements` are contributions and, negative, what was paid back of them. `shares` is in which proportion accounts
    share what no entitlement of their own says, such as capital contributed. `preferred_paid` is what was paid on the
    preferred return before, `mark` each account's high-water mark, and `profit` what was paid beyond capital;
    `carry` is what the carry was paid before, and `profit_of_others` what was paid beyond capital to accounts that are
    here no more. `preferred_dated` and `profit_dated` are `preferred_paid` and `profit` by the days on which they were
    paid: where a return is compounded, what was paid of it bears interest no longer.
    """

    movements: Movements
    shares: Exact
    preferred_paid: Exact | None = None
    mark: Exact | None = None
    profit: Exact | None = None
    carry: Fraction = Fraction(0)
    profit_of_others: Fraction = Fraction(0)
    preferred_dated: Movements | None = None
    profit_dated: Movements | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LayerPaid:
    """One layer: what each account was entitled to and paid, (n,) exact, the same of the carry, and what remained of
    the proceeds. A split without an end is entitled to all that reached it; in a clawback the carry has both below
    zero."""

    name: str
    entitled: Exact
    paid: Exact
    carry_entitled: Fraction
    carry_paid: Fraction
    remaining: Fraction


def _in_common(accounts: Accounts) -> Accounts:
    """The same accounts, every column of them over one denominator."""
    return replace(
        accounts,
        shares=common(accounts.shares),
        preferred_paid=None if accounts.preferred_paid is None else common(accounts.preferred_paid),
        mark=None if accounts.mark is None else common(accounts.mark),
        profit=None if accounts.profit is None else common(accounts.profit),
    )


@dataclass(slots=True)
class _State:
    """What is left, the capital of each account that is not yet returned, what each was paid on its preferred return
    and beyond capital, the latter in all, and what the carry was paid; and what a preferred layer still owes."""

    left: Fraction
    unreturned: Exact
    preferred: Exact
    profit: Exact
    profit_total: Fraction
    carry: Fraction
    owed: Fraction = Fraction(0)
    layers: list[LayerPaid] = field(default_factory=list)


def run_waterfall(
    rule: Waterfall, proceeds: Fraction, accounts: Accounts, on: int, clawback: Clawback | None = None
) -> tuple[LayerPaid, ...]:
    """The layers of a distribution of `proceeds` minor units on a day, and last the `clawback` where it is due; less
    than nothing is refused (K202).

    A hundred thousand accounts take well under a second. What accounts and carry are paid in all layers and what
    remains after the last adds up to the proceeds.
    """
    check_size(proceeds)
    accounts = _in_common(accounts)
    rows = accounts.movements.count
    movements = accounts.movements.until(on)
    capital = _positive(movements.balances())
    before = zeros(rows) if accounts.profit is None else accounts.profit
    preferred = zeros(rows) if accounts.preferred_paid is None else accounts.preferred_paid
    profit_total = before.sum() + accounts.profit_of_others
    state = _State(proceeds, capital, preferred, before, profit_total, accounts.carry)
    for layer in rule.layers:
        due, carry_due = _due(layer, state, accounts, movements, capital, on)
        due_total = due.sum()
        whole = due_total + carry_due
        part = Fraction(0) if whole == 0 else min(Fraction(1), state.left / whole)
        paid = due * Exact.constant(part, rows)
        state.left -= whole * part
        state.carry += carry_due * part
        if layer.capital:
            state.unreturned = guarded(state.unreturned) - guarded(paid)
        else:
            state.profit = guarded(state.profit) + guarded(paid)
            state.profit_total += due_total * part
        if layer.preferred is not None:
            state.preferred = guarded(state.preferred) + guarded(paid)
            state.owed = max(state.owed, due_total * (1 - part))
        state.layers.append(LayerPaid(layer.name, due, paid, carry_due, carry_due * part, state.left))
    if clawback is not None:
        state.layers.append(_given_back(clawback, state, accounts.shares))
    return tuple(state.layers)


def _given_back(rule: Clawback, state: _State, shares: Exact) -> LayerPaid:
    """What the carry gives back after all layers. It bore on accounts by their shares, and goes to them by these; where
    nobody has one, nobody is given anything.

    Accounts lack their capital and their preferred return, less what they were paid beyond capital; an account that is
    here no more lacks nothing.
    """
    unreturned = state.unreturned.sum()
    profit = state.profit_total + state.carry - unreturned
    lacking = unreturned + state.owed + state.preferred.sum() - state.profit.sum()
    due = rule.due(state.carry, profit, lacking)
    entitled = _by_shares(shares, due)
    paid = _by_shares(shares, rule.compute(state.carry, profit, lacking))
    return LayerPaid("clawback", entitled, paid, -entitled.sum(), -paid.sum(), state.left)


def _due(
    layer: Layer, state: _State, accounts: Accounts, movements: Movements, capital: Exact, on: int
) -> tuple[Exact, Fraction]:
    """What a layer owes each account, (n,), and the carry."""
    rows = movements.count
    if layer.capital:
        return state.unreturned, Fraction(0)
    if layer.preferred is not None:
        earned = _earned(layer.preferred, movements, on, accounts.preferred_dated)
        return _positive(guarded(earned) - guarded(state.preferred)), Fraction(0)
    if layer.mark is not None:
        assert accounts.mark is not None, "a layer up to the mark needs the marks"
        mark = accounts.mark * Exact.constant(1 + layer.mark.hurdle, rows)
        return _positive(guarded(mark) - guarded(capital) - guarded(state.profit)), Fraction(0)
    if layer.catch_up is not None:
        share, to = layer.catch_up.share, layer.catch_up.to
        whole = max(Fraction(0), (to * (state.profit_total + state.carry) - state.carry) / (share - to))
        return _by_shares(accounts.shares, whole * (1 - share)), whole * share
    assert layer.split is not None
    if layer.split.until is None:
        return _by_shares(accounts.shares, state.left * (1 - layer.split.carry)), state.left * layer.split.carry
    earned = _earned(layer.split.until, movements, on, accounts.profit_dated)
    due = _positive(guarded(earned) - guarded(state.profit))
    return due, due.sum() * layer.split.carry / (1 - layer.split.carry)


def _earned(rule: Accrual, movements: Movements, on: int, paid: Movements | None) -> Exact:
    """What each account has earned, less the interest on interest of what it was paid of it before."""
    earned = sum_by(rule.interest(movements.amount, movements.day, on), movements.account, movements.count)
    if paid is None or rule.compounding == "simple" or not len(paid.day):
        return earned
    return guarded(earned) - guarded(sum_by(rule.interest(paid.amount, paid.day, on), paid.account, paid.count))


def _positive(values: Exact) -> Exact:
    zero = zeros(len(values))
    return values.where(values.compare(zero) > 0, zero)


def _by_shares(shares: Exact, whole: Fraction) -> Exact:
    total = shares.sum()
    return shares * Exact.constant(whole / total if total else Fraction(0), len(shares))


def explain_waterfall(
    rule: Waterfall,
    proceeds: Fraction,
    accounts: Accounts,
    on: int,
    account: int | None,
    terms: Terms,
    clawback: Clawback | None = None,
) -> Told:
    """One account's way through the layers, or the carry's (`account` None), worked out in fractions.

    Every step says what it was entitled to, what it was paid and what the layer left of the proceeds.
    """
    accounts = _in_common(accounts)
    told = _Told(
        [max(Fraction(0), each) for each in _sums(accounts.movements, on, None, terms)],
        [Fraction(0)] * accounts.movements.count,
        _known(accounts.preferred_paid, accounts.movements.count),
        _known(accounts.profit, accounts.movements.count),
        accounts.carry,
        proceeds,
        accounts.profit_of_others,
    )
    steps, value = [], Fraction(0)
    for at, layer in enumerate(rule.layers, 1):
        dues, carry_due, words = _told_due(layer, told, accounts, on, terms)
        whole = sum(dues) + carry_due
        served = whole if whole <= told.left else told.left
        told.left -= served
        paid = [due * served / whole if whole else Fraction(0) for due in dues]
        carry_paid = carry_due * served / whole if whole else Fraction(0)
        told.carry += carry_paid
        if layer.capital:
            told.returned = _added(told.returned, paid)
        else:
            told.profit = _added(told.profit, paid)
        if layer.preferred is not None:
            told.preferred = _added(told.preferred, paid)
            told.owed = max(told.owed, sum(dues, Fraction(0)) - sum(paid))
        mine = (carry_due, carry_paid) if account is None else (dues[account], paid[account])
        value += mine[1]
        steps.append(Step(f"{at} {layer.name}", *mine, told.left, words))
    if clawback is not None:
        step = _told_given_back(clawback, told, _known(accounts.shares, accounts.movements.count), account, terms)
        steps.append(replace(step, name=f"{len(steps) + 1} clawback"))
        value += step.paid
    who = "the carry" if account is None else "the account"
    words = f"{who} is paid {terms.money(value)} of {terms.money(proceeds)}"
    if clawback is not None:
        words += " and of what the carry gives back" if account is not None else ", less what it gives back"
    return Told(value, words, tuple(steps))


@dataclass(slots=True)
class _Told:
    """Where the explanation stands: the capital of each account, what it was returned of it here, paid on its preferred
    return and beyond capital; the carry; what is left; and what others were paid beyond capital before."""

    capital: list[Fraction]
    returned: list[Fraction]
    preferred: list[Fraction]
    profit: list[Fraction]
    carry: Fraction
    left: Fraction
    others: Fraction
    owed: Fraction = Fraction(0)


def _told_given_back(
    rule: Clawback, told: _Told, shares: Sequence[Fraction], account: int | None, terms: Terms
) -> Step:
    """What an account is given back, or below zero what the carry gives."""
    missing = sum(told.capital, Fraction(0)) - sum(told.returned)
    profit = sum(told.profit) + told.others - missing + told.carry
    lacking = max(Fraction(0), missing + sum(told.preferred) + told.owed - sum(told.profit))
    found = rule.explain(told.carry, profit, terms, lacking)
    last = found.steps[-1]
    words = f"accounts lack {terms.money(lacking)}; {found.words}" if lacking else found.words
    due, paid = _cut(last.entitled, shares), _cut(last.paid, shares)
    if account is None:
        return Step("clawback", -sum(due, Fraction(0)), -sum(paid, Fraction(0)), told.left, words)
    return Step("clawback", due[account], paid[account], told.left, words)


def _told_due(
    layer: Layer, told: _Told, accounts: Accounts, on: int, terms: Terms
) -> tuple[list[Fraction], Fraction, str]:
    """What one layer owes each account and the carry, and what it is, in words."""
    people = range(accounts.movements.count)
    nothing = Fraction(0)
    if layer.capital:
        return [told.capital[i] - told.returned[i] for i in people], nothing, "capital not yet returned"
    if layer.preferred is not None:
        earned = _told_earned(layer.preferred, accounts.movements, accounts.preferred_dated, on, terms)
        words = f"{percent(layer.preferred.rate)} on capital, less what was paid of it"
        return [max(nothing, earned[i] - told.preferred[i]) for i in people], nothing, words
    if layer.mark is not None:
        marks = [mark + mark * layer.mark.hurdle for mark in _known(accounts.mark, len(people))]
        words = f"what is missing to the mark, raised by {percent(layer.mark.hurdle)}"
        return [max(nothing, marks[i] - told.capital[i] - told.profit[i]) for i in people], nothing, words
    shares = _known(accounts.shares, len(people))
    if layer.catch_up is not None:
        share, to = layer.catch_up.share, layer.catch_up.to
        missing = to * (sum(told.profit) + told.others + told.carry) - told.carry
        whole = max(missing, nothing) / (share - to)
        return _cut(whole - whole * share, shares), whole * share, f"until the carry has {percent(to)} of all profit"
    assert layer.split is not None
    carry, words = layer.split.carry, f"split, {percent(layer.split.carry)} to the carry"
    if layer.split.until is None:
        return _cut(told.left - told.left * carry, shares), told.left * carry, words
    goals = _told_earned(layer.split.until, accounts.movements, accounts.profit_dated, on, terms)
    dues = [max(nothing, goals[i] - told.profit[i]) for i in people]
    return dues, sum(dues) / (1 - carry) - sum(dues), f"{words} until accounts have earned the higher rate"


def _known(column: Exact | None, rows: int) -> list[Fraction]:
    return [Fraction(0)] * rows if column is None else [each or Fraction(0) for each in column.fractions()]


def _told_earned(rule: Accrual, moves: Movements, paid: Movements | None, on: int, terms: Terms) -> list[Fraction]:
    """What accounts have earned by a rule, less what earlier payments of it, once paid, no longer earn."""
    earned = _sums(moves, on, rule, terms)
    if paid is None or rule.compounding == "simple":
        return earned
    return [each - less for each, less in zip(earned, _sums(paid, on, rule, terms), strict=True)]


def _sums(moves: Movements, on: int, rule: Accrual | None, terms: Terms) -> list[Fraction]:
    """Movements of each account added up, or what they have earned by a rule."""
    sums = [Fraction(0)] * moves.count
    for at, who in enumerate(moves.account.tolist()):
        amount, when = moves.amount.fraction(at), int(moves.day[at])
        if amount is not None and when <= on:
            sums[who] += amount if rule is None else rule.explain(amount, date_of(when), date_of(on), terms).value
    return sums


def _added(before: Sequence[Fraction], more: Sequence[Fraction]) -> list[Fraction]:
    return [had + each for had, each in zip(before, more, strict=True)]


def _cut(whole: Fraction, shares: Sequence[Fraction]) -> list[Fraction]:
    every = sum(shares)
    return [whole * share / every if every else Fraction(0) for share in shares]
