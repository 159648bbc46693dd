"""Versions of a payout rule, which follow each other by their days: faults of those that do not, the gaps between them,
and rules that pay the same rows on the same days without saying that one replaces the other.

In: what a program means. Out: problems of the program, and the gaps, in which no row may fall when it is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

from rules.meaning import Meaning
from rules.payouts.meaning import PayoutMeaning, VersionGap
from rules.problem import Problem
from rules.quantities.written import DateRange


def version_faults(meaning: Meaning) -> Iterator[Problem]:
    """Rules that cannot follow the one that they replace, and versions that share a day or stand in the wrong order."""
    rules = {payout.name: payout for payout in meaning.payouts}
    followed: dict[str, str] = {}
    for payout in meaning.payouts:
        if payout.replaces is None:
            continue
        message, hint = _unfit(payout, rules.get(payout.replaces), followed.get(payout.replaces))
        followed[payout.replaces] = payout.name
        if message:
            yield Problem("P247", message, payout.place, hint)
            continue
        one, other = rules[payout.replaces].rows.during, payout.rows.during
        assert one is not None and other is not None, "versions without days are not fit"
        if other.first <= one.last:
            message = f"{payout.name} begins on {other.first}, and {payout.replaces}, which it replaces, is for "
            message += f"{one.first} to {one.last}"
            hint = f"let {payout.replaces} end on the day before {payout.name} begins"
            yield Problem("P248", message, payout.place, hint)


def _unfit(payout: PayoutMeaning, other: PayoutMeaning | None, follower: str | None) -> tuple[str, str]:
    """Why a rule cannot be the next version of another, and the cure; empty where it can."""
    name = payout.replaces
    if other is None or other is payout:
        return f"{payout.name} replaces {name}, which is no other payout rule", "name the rule whose next version it is"
    if follower is not None:
        return f"{follower} and {payout.name} both replace {name}", f"let {payout.name} replace {follower}"
    if payout.rows.during is None or other.rows.during is None:
        without = payout.name if payout.rows.during is None else other.name
        return f"versions of a rule have days, and {without} has none", f"add during: to {without}"
    if (payout.rows.table, payout.rows.dated) != (other.rows.table, other.rows.dated):
        message = f"{payout.name} pays {payout.rows.table} by {payout.rows.dated}, and {name}, which it replaces, "
        return message + f"{other.rows.table} by {other.rows.dated}", "let both pay rows of one table by one date"
    return "", ""


def version_gaps(meaning: Meaning) -> tuple[VersionGap, ...]:
    """The days between the versions of rules, in the order of the rules that begin after them."""
    rules = {payout.name: payout for payout in meaning.payouts}
    found = []
    for payout in meaning.payouts:
        before = None if payout.replaces is None else rules[payout.replaces]
        if before is None or before.rows.during is None or payout.rows.during is None:
            continue
        first, last = before.rows.during.end, payout.rows.during.first - timedelta(days=1)
        if first <= last:
            found.append(VersionGap((before, payout), DateRange(first, last)))
    return tuple(found)


def paid_twice(meaning: Meaning, days: tuple[date, date] = (date.min, date.max)) -> Iterator[Problem]:
    """Rules whose days overlap, on some of the half-open `days`, and that pay the same rows on the same condition and
    measure: as warnings, for both may be meant."""
    dated = [payout for payout in meaning.payouts if payout.rows.during is not None]
    for one, other in combinations(dated, 2):
        both = in_both(one.rows.during, other.rows.during)
        if both is None or _what(one) != _what(other):
            continue
        lock = timedelta(days=one.rows.lock_days)
        if days != (date.min, date.max) and (both.end <= days[0] - lock or days[1] - lock <= both.first):
            continue
        told = f"{both.first} is a day" if both.first == both.last else f"{both.first} to {both.last} are days"
        message = f"{told} of {one.name} too, and both pay the same rows of {other.rows.table}"
        hint = "let one end on the day before the other begins, or give each a where: of its own"
        yield Problem("P320", message, other.place, hint, "warning")


def _what(payout: PayoutMeaning) -> tuple[object, ...]:
    """Which rows a rule pays on what, whatever its days."""
    rows = payout.rows
    return rows.table, rows.where, rows.dated, rows.lock_days, rows.credit, payout.base


def in_both(one: DateRange | None, other: DateRange | None) -> DateRange | None:
    """The days of both; None where there are none."""
    if one is None or other is None:
        return None
    first, last = max(one.first, other.first), min(one.last, other.last)
    return DateRange(first, last) if first <= last else None
