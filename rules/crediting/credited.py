"""Who earns which share of which row: the rule and the candidates go in, shares and what the house keeps come out.

Everything is exact, in columns, and depends on neither the order of candidates nor on which rows come together. The
shares of a row and its house are 100 %; a row with a fault has shares that are of no use, and is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from rules.crediting.base import CreditWay, portion
from rules.crediting.candidates import (
    FAULTS_MAX,
    REMAINDER,
    SOURCED,
    Candidates,
    RowFault,
    Shares,
)
from rules.crediting.credit import CreditSpec
from rules.crediting.groups import Groups, grouped, pick, ratio, spread, sum_by_group
from rules.crediting.hierarchy import Hierarchy
from rules.crediting.roll_up import Entries, rolled_up
from rules.crediting.table import negative_faults, shares_of_role
from rules.kinds.base import Terms
from rules.quantities.exact import Exact, Flags


@dataclass(frozen=True, slots=True, eq=False)
class Credited:
    """The shares, and the faults of rows: (row, code, message, hint), row -1 for what concerns no single row."""

    shares: Shares
    faults: tuple[RowFault, ...]


def credited(rule: CreditSpec, candidates: Candidates, terms: Terms, hierarchy: Hierarchy | None = None) -> Credited:
    """The shares of every row. `hierarchy` is needed where the rule rolls up, and amounts where it caps.

    Five million candidates take some seconds; shares whose denominators 64 bits cannot hold are added up one by one.
    """
    counts = _counts(rule, candidates)
    counted = candidates.take(counts)
    if rule.protected_by is not None:
        counted = replace(counted, share=_protected(rule, candidates, counts))
    entries, faults = _entries(rule, counted)
    if rule.protected_by is not None:  # what those had who are shut out counts too
        faults += negative_faults(candidates.take(_by_way(rule, candidates, lambda way: way.whole_roles())))
    faults += _over_100(rule, entries, counted)
    house = _house(entries, len(candidates.rows))
    if rule.remainder == "equally":
        entries, house = _with_remainder(entries, house, len(candidates.roles))
    cap = rule.cap_minor(terms)
    if cap is not None:
        faults += _unknown_amounts(entries, counted)
        entries, house = _capped(entries, house, counted, cap)
    if rule.roll_up is not None:
        assert hierarchy is not None, "a rule that rolls up knows who stands above whom"
        faults += [(-1, *fault) for fault in hierarchy.faults(candidates.partners)]
        entries, wrong = rolled_up(rule.roll_up, entries, counted, hierarchy)
        faults += wrong
    entries = _merged(entries)
    shares = Shares(
        (*candidates.roles, REMAINDER),
        entries.row,
        entries.partner,
        entries.role,
        entries.level,
        entries.share,
        entries.beside,
        house,
    )
    return Credited(shares, tuple(sorted(set(faults))))


# --- who counts -------------------------------------------------------------------------------------------------------


def _counts(rule: CreditSpec, candidates: Candidates) -> Flags:
    """Which candidates count: those of the roles of the row's way, that no other one shuts out."""
    counts = _by_way(rule, candidates, lambda way: way.credited_roles())
    rows = len(candidates.rows)
    if rule.protected_by is not None:
        sourced = counts & _of_role(candidates, SOURCED)
        holds = sourced & protected_once(candidates)
        has = np.zeros(rows, dtype=bool)
        has[candidates.row[holds]] = True
        counts &= holds | ~(sourced & has[candidates.row])
    if rule.prefer is not None:
        rank_of = {role: rank for rank, role in enumerate(rule.prefer)}
        last = len(rule.prefer)
        rank = np.array([rank_of.get(role, last) for role in candidates.roles], dtype=np.int64)[candidates.role]
        best = np.full(rows, last, dtype=np.int64)
        np.minimum.at(best, candidates.row[counts], rank[counts])
        counts &= (rank == last) | (rank == best[candidates.row])
    return counts


def protected_once(candidates: Candidates) -> Flags:
    """Which of those who are protected in what is sourced stand for their partner: of its credits the first by key."""
    held = np.flatnonzero(candidates.is_protected & _of_role(candidates, SOURCED))
    mine = candidates.take(held)
    flags = np.zeros(len(candidates), dtype=bool)
    flags[held[grouped((mine.row, mine.partner), within=(mine.key,)).firsts]] = True
    return flags


def _by_way(rule: CreditSpec, candidates: Candidates, roles_of: Callable[[CreditWay], object]) -> Flags:
    """Whether each candidate's role is among those that `roles_of` names for its way, (n,)."""
    table = np.zeros((len(rule.ways), len(candidates.roles)), dtype=bool)
    for at, way in enumerate(rule.ways):
        named = roles_of(way)
        assert isinstance(named, tuple | frozenset)
        table[at] = [role in named for role in candidates.roles]
    flags: Flags = table[candidates.way, candidates.role]
    return flags


def _of_role(candidates: Candidates, role: str) -> Flags:
    flags: Flags = np.array([name == role for name in candidates.roles], dtype=bool)[candidates.role]
    return flags


def _protected(rule: CreditSpec, candidates: Candidates, counts: Flags) -> Exact:
    """The shares that the credits which count say; who is protected takes what the sourced credits of the row had, all
    of them, and where these had nothing, what the other roles leave of 100 %. Several take equal parts."""
    rows, counted = len(candidates.rows), candidates.take(counts)
    is_credited = _by_way(rule, candidates, lambda way: way.credited_roles())
    sourced = candidates.take(is_credited & _of_role(candidates, SOURCED))
    left = Exact.constant(1, rows) - _by_row(counted.take(_by_way(rule, counted, _beside_sourced)), rows)
    had = _by_row(sourced, rows)
    had = _at_most_all(pick(had.numerator > 0, had, pick(left.numerator > 0, left, Exact.constant(0, rows))))
    held = counted.is_protected & _of_role(counted, SOURCED)
    holders = np.maximum(np.bincount(counted.row[held], minlength=rows), 1)
    part = (had * ratio(np.ones(rows, np.int64), holders)).take(counted.row)
    found = pick(held, part, counted.share)
    return Exact(found.numerator, found.denominator, held | counted.share.is_known())


def _beside_sourced(way: CreditWay) -> frozenset[str]:
    """The roles that share one 100 % with what is sourced."""
    return way.whole_roles() - {SOURCED} if SOURCED in way.whole_roles() else frozenset()


def _by_row(members: Candidates, rows: int) -> Exact:
    """What some candidates have of each row by their credits, (rows,)."""
    groups = grouped((members.row,))
    return spread(members.row[groups.firsts], sum_by_group(shares_of_role(members), groups), rows)


def _at_most_all(shares: Exact) -> Exact:
    all_of_it = Exact.constant(1, len(shares))
    return pick(shares.compare(all_of_it) > 0, all_of_it, shares)


# --- the shares of 100 % ----------------------------------------------------------------------------------------------


def _entries(rule: CreditSpec, counted: Candidates) -> tuple[Entries, list[RowFault]]:
    """What each partner earns in each role, by the way of each row; those who earn nothing are left out."""
    share, faults = Exact.constant(0, len(counted)), []
    for at, way in enumerate(rule.ways):
        here = counted.way == at
        if here.all():
            share, faults = way.compute(counted), way.row_faults(counted)
            break
        if here.any():
            mine = counted.take(here)
            share = pick(here, spread(here, way.compute(mine), len(counted)), share)
            faults += way.row_faults(mine)
    beside = _by_way(rule, counted, lambda way: way.overlay_roles())
    level = np.zeros(len(counted), dtype=np.int16)
    entries = Entries(counted.row, counted.partner, counted.role, level, share, beside)
    return _merged(entries.take(share.numerator != 0)), faults


def _merged(entries: Entries) -> Entries:
    """One entry for each row, partner, role and level, in that order."""
    groups = grouped((entries.row, entries.partner, entries.role, entries.level))
    if len(groups) == len(entries):
        return entries.take(groups.order)
    return replace(entries.take(groups.firsts), share=sum_by_group(entries.share, groups))


def _house(entries: Entries, rows: int) -> Exact:
    """What is left of 100 % of each row, (rows,)."""
    main = entries.take(~entries.beside)
    groups = grouped((main.row,))
    return Exact.constant(1, rows) - spread(main.row[groups.firsts], sum_by_group(main.share, groups), rows)


def _with_remainder(entries: Entries, house: Exact, role: int) -> tuple[Entries, Exact]:
    """What is left in equal parts for the partners who earn within the 100 %; for the house where there is none."""
    main = entries.take(~entries.beside)
    firsts = np.sort(grouped((main.row, main.partner)).firsts)
    who = main.take(firsts)
    groups = grouped((who.row,))
    part = house.take(who.row) * ratio(np.ones(len(who), np.int64), groups.sizes[groups.group])
    remainder = replace(who, role=np.full(len(who), role, dtype=np.int64), share=part)
    is_shared = np.zeros(len(house), dtype=bool)
    is_shared[who.row] = True
    return (
        entries.and_(remainder.take(part.numerator != 0)),
        pick(is_shared, Exact.constant(0, len(house)), house),
    )


# --- the limits -------------------------------------------------------------------------------------------------------


def _pots(entries: Entries) -> Groups:
    """The pots: in each row the 100 %, and every overlay role."""
    return grouped((entries.row, np.where(entries.beside, entries.role + 1, 0)))


def _over_100(rule: CreditSpec, entries: Entries, counted: Candidates) -> list[RowFault]:
    pots = _pots(entries)
    total = sum_by_group(entries.share, pots)
    wrong = np.flatnonzero(total.compare(Exact.constant(1, len(pots))) > 0)[:FAULTS_MAX]
    ends = np.append(pots.starts[1:], len(entries))
    faults: list[RowFault] = []
    for pot in wrong.tolist():
        members = pots.order[pots.starts[pot] : ends[pot]]
        row, role = int(entries.row[members[0]]), counted.roles[entries.role[members[0]]]
        parts = sorted(
            (counted.partners[entries.partner[i]], entries.share.fraction(i) or Fraction(0)) for i in members
        )
        shown = ", ".join(f"{who} {portion(share)}" for who, share in parts[:5]) + (", ..." if len(parts) > 5 else "")
        what = f"{role} earns" if entries.beside[members[0]] else "shares add to"
        message = f"{counted.rows.names[row]}: {what} {portion(total.fraction(pot) or Fraction(0))} ({shown})"
        hint = "mend the shares of its credits"
        if rule.over_100 == "refuse":
            hint += ", or declare a role as overlay with over_100: overlay"
        faults.append((row, "C120", message, hint))
    return faults


def _unknown_amounts(entries: Entries, counted: Candidates) -> list[RowFault]:
    amount = counted.rows.amount
    assert amount is not None, "a rule with a cap knows the amounts of its rows"
    rows = np.unique(entries.row[~amount.is_known()[entries.row]])[:FAULTS_MAX]
    hint = "fill it in, or leave the row out with where:"
    return [
        (row, "C126", f"what is credited of {counted.rows.names[row]} is capped, and its amount is unknown", hint)
        for row in rows.tolist()
    ]


def _capped(entries: Entries, house: Exact, counted: Candidates, cap: Fraction) -> tuple[Entries, Exact]:
    """The shares of each pot that credits more than the cap, in proportion so that it credits just that."""
    amount = counted.rows.amount
    assert amount is not None
    pots = _pots(entries)
    total = sum_by_group(entries.share, pots)
    size = amount.take(entries.row[pots.firsts]).or_else(0)
    worth = total * Exact(np.abs(size.numerator), size.denominator)
    limit = Exact.constant(cap, len(pots))
    is_over = worth.compare(limit) > 0
    if not is_over.any():
        return entries, house
    one = Exact.constant(1, len(pots))
    factor = pick(is_over, limit / pick(is_over, worth, one), one)
    shrunk = pick(is_over[pots.group], entries.share * factor.take(pots.group), entries.share)
    entries = replace(entries, share=shrunk)
    return entries, _house(entries, len(house))
