"""Why a partner earns its share of a row: the twin of `rules.crediting.credited`, for one share, in words.

It works the row out anew from its candidates, calls nothing of the other twin, and reads of the shares only which one
is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from rules.crediting.base import portion
from rules.crediting.candidates import REMAINDER, SOURCED, UNKNOWN_DAY, Candidates, Shares
from rules.crediting.credit import CreditSpec
from rules.crediting.hierarchy import Hierarchy
from rules.crediting.roll_up import LEVELS_MAX, RollUp
from rules.kinds.base import Reason, Terms
from rules.quantities.exact import Exact


@dataclass(frozen=True, slots=True)
class _Part:
    """What a partner earns in a role of the row, so far, and why."""

    share: Fraction
    words: str

    def times(self, factor: Fraction, words: str) -> _Part:
        return _Part(self.share * factor, self.words + words)


_Parts = dict[tuple[int, str], _Part]  # by partner and role


def explain_share(
    rule: CreditSpec, candidates: Candidates, shares: Shares, i: int, terms: Terms, hierarchy: Hierarchy | None = None
) -> Reason:
    """The share at position `i`, worked out alone."""
    row, partner, level = int(shares.row[i]), int(shares.partner[i]), int(shares.level[i])
    role = shares.roles[shares.role[i]]
    members = candidates.take(np.flatnonzero(candidates.row == row))
    parts, overlays = _parts(rule, members)
    if rule.remainder == "equally":
        parts = _with_remainder(parts, overlays)
    cap = rule.cap_minor(terms)
    if cap is not None:
        parts = _capped(parts, overlays, members, row, cap, terms)
    if rule.roll_up is None:
        found = parts[partner, role]
        return Reason(found.share, found.words)
    assert hierarchy is not None
    above = {owner: list(_levels(rule.roll_up, hierarchy, owner, int(candidates.rows.day[row]))) for owner, _ in parts}
    if level == 0:
        found = parts[partner, role]
        given = sum((rule.roll_up.rates[at - 1] for _, at in above[partner]), Fraction(0))
        if given and not rule.roll_up.on_top:
            found = found.times(1 - given, f", less {portion(given)} of it for those above")
        return Reason(found.share, found.words)
    rate, share, words = rule.roll_up.rates[level - 1], Fraction(0), []
    for (owner, earned_as), part in sorted(parts.items()):
        if earned_as == role and (partner, level) in above[owner]:
            share += rate * part.share
            words.append(f"{portion(rate)} of the {portion(part.share)} of {candidates.partners[owner]}")
    return Reason(share, f"{' + '.join(words)}, level {level} above it")


def _parts(rule: CreditSpec, members: Candidates) -> tuple[_Parts, frozenset[str]]:
    """What each partner earns in each role by the row's way, and which roles are pots of their own."""
    if not len(members):
        return {}, frozenset()
    way = rule.ways[int(members.way[0])]
    kept = [i for i in range(len(members)) if members.roles[members.role[i]] in way.credited_roles()]
    notes: dict[str, str] = {}
    if rule.protected_by is not None:
        protected = [i for i in kept if members.is_protected[i] and members.roles[members.role[i]] == SOURCED]
        if protected:
            kept, members = protect(rule, members, kept, protected)
            notes[SOURCED] = ", protected by a registration"
    kept = _preferred(rule, members, kept)
    counted = members.take(np.array(kept, dtype=np.int64))
    parts: _Parts = {}
    for i in sorted(range(len(counted)), key=lambda i: int(counted.key[i])):
        role = counted.roles[counted.role[i]]
        reason = way.explain(counted, i)
        if not reason.value:
            continue
        at = (int(counted.partner[i]), role)
        words = reason.words + notes.get(role, "")
        before = parts.get(at)
        parts[at] = (
            _Part(reason.value, words)
            if before is None
            else _Part(before.share + reason.value, f"{before.words} + {words}")
        )
    return parts, way.overlay_roles()


def protect(
    rule: CreditSpec, members: Candidates, counted: Sequence[int], protected: Sequence[int]
) -> tuple[list[int], Candidates]:
    """Who of a row's members counts beside those who are protected, each partner of these once, in what was sourced;
    and the members, these with equal parts of what the sourced credits had, or of what the other roles leave."""
    way = rule.ways[int(members.way[0])]
    role_of = [members.roles[role] for role in members.role.tolist()]
    firsts: dict[int, int] = {}
    for i in sorted(protected, key=lambda i: int(members.key[i])):
        firsts.setdefault(int(members.partner[i]), i)
    kept = [i for i in counted if role_of[i] != SOURCED or i in firsts.values()]
    had = _said(members, [i for i in counted if role_of[i] == SOURCED])
    if had <= 0:
        others = way.whole_roles() - {SOURCED} if SOURCED in way.whole_roles() else frozenset()
        beside = [i for i in _preferred(rule, members, kept) if role_of[i] in others]
        taken = (_said(members, [i for i in beside if role_of[i] == role]) for role in others)
        had = max(1 - sum(taken, Fraction(0)), Fraction(0))
    part = min(had, Fraction(1)) / len(firsts)
    shares = [part if i in firsts.values() else members.share.fraction(i) for i in range(len(members))]
    return kept, replace(members, share=Exact.of(shares))


def _said(members: Candidates, which: Sequence[int]) -> Fraction:
    """What the credits of one role have together: what is filled in, and the rest of 100 % where one is blank."""
    shares = [members.share.fraction(i) for i in which]
    filled = sum((share for share in shares if share is not None), Fraction(0))
    return max(filled, Fraction(1)) if None in shares else filled


def _preferred(rule: CreditSpec, members: Candidates, counted: Sequence[int]) -> list[int]:
    """Those who count without those of a later role where one of an earlier does."""
    order = rule.prefer or ()
    roles = [members.roles[role] for role in members.role.tolist()]
    first = next((each for each in order if any(roles[i] == each for i in counted)), None)
    later = () if first is None else order[order.index(first) + 1 :]
    return [i for i in counted if roles[i] not in later]


def _with_remainder(parts: _Parts, overlays: frozenset[str]) -> _Parts:
    main = {at: part for at, part in parts.items() if at[1] not in overlays}
    left = 1 - sum((part.share for part in main.values()), Fraction(0))
    who = sorted({partner for partner, _ in main})
    if not left or not who:
        return parts
    words = f"1/{len(who)} of the {portion(left)} that is left, equally among {len(who)}"
    return parts | {(partner, REMAINDER): _Part(left / len(who), words) for partner in who}


def _capped(
    parts: _Parts, overlays: frozenset[str], members: Candidates, row: int, cap: Fraction, terms: Terms
) -> _Parts:
    amount = None if members.rows.amount is None else members.rows.amount.fraction(row)
    pots: dict[str, Fraction] = {}
    for (_, role), part in parts.items():
        pot = role if role in overlays else ""
        pots[pot] = pots.get(pot, Fraction(0)) + part.share
    capped: _Parts = {}
    for (partner, role), part in parts.items():
        worth = pots[role if role in overlays else ""] * abs(amount or Fraction(0))
        if worth > cap:
            factor = cap / worth
            words = f", x {portion(factor)} so that {terms.money(worth)} credited become {terms.money(cap)}"
            part = part.times(factor, words)
        capped[partner, role] = part
    return capped


def _levels(rule: RollUp, hierarchy: Hierarchy, partner: int, day: int) -> Iterator[tuple[int, int]]:
    """Who earns which level above a partner: (partner, level), from the nearest on."""
    level = 0
    seen = {partner}
    for _ in range(LEVELS_MAX):
        edges = np.flatnonzero(hierarchy.child == partner).tolist() if day != UNKNOWN_DAY else []
        parents = [int(hierarchy.parent[edge]) for edge in edges if hierarchy.start[edge] <= day < hierarchy.end[edge]]
        if not parents or parents[0] in seen or level == len(rule.rates):
            return
        partner = parents[0]
        seen.add(partner)
        is_active = bool(hierarchy.active_from[partner] <= day < hierarchy.active_until[partner])
        if is_active or rule.compress == "none":
            level += 1
        if is_active:
            yield partner, level
