"""How a row is shared by a crediting rule, and why somebody has no share of it; in words."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from engine.values import Credits
from rules.crediting.base import CreditWay, portion
from rules.crediting.candidates import SOURCED, Candidates
from rules.crediting.reason import protect

_TOLD_MAX = 5
_NOUNS = {"credits": "credit", "touches": "touch", "attributions": "weight", "owner": "part"}


def shared(credits: Credits, record: int) -> str:
    """Who has which share of a credited row."""
    meaning, shares = credits.meaning, credits.shares
    of = np.flatnonzero(credits.records == record)
    row = int(shares.row[of[0]])
    roles = {(int(role), int(level)) for role, level in zip(shares.role[of], shares.level[of], strict=True)}
    parts = []
    for at in of[:_TOLD_MAX].tolist():
        part = f"{credits.partners[at]} {portion(shares.share.fraction(at) or Fraction(0))}"
        if len(roles) > 1:
            level = f", level {int(shares.level[at])}" if shares.level[at] else ""
            part += f" ({shares.roles[shares.role[at]]}{level})"
        parts.append(part)
    if len(of) > _TOLD_MAX:
        parts.append(f"{len(of) - _TOLD_MAX} more")
    house = shares.house.fraction(row)
    if house:
        parts.append(f"the house keeps {portion(house)}")
    name = credits.known.candidates.rows.names[row]
    return f"{meaning.of} {name} is shared by the rule {meaning.name}: {', '.join(parts)}"


def nobody(credits: Credits, record: int) -> str:
    """Why nobody has a share of a credited row."""
    known = credits.known
    rows = np.flatnonzero(known.records == record)
    if not len(rows):
        return ""
    name = known.candidates.rows.names[int(rows[0])]
    told = f"nobody has a share of {credits.meaning.of} {name} by the rule {credits.meaning.name}"
    members = np.flatnonzero(known.candidates.row == rows[0])
    if not len(members):
        return told
    who = known.candidates.partners[known.candidates.partner[members[0]]]
    return f"{told}: {who} - {earns(credits, int(members[0]))[1]}"


def not_shared(credits: Credits, record: int, partner: str) -> str:
    """Why a partner has no share of a credited row that others share."""
    known = credits.known.candidates
    row = np.flatnonzero(credits.known.records == record)[0]
    mine = [at for at in np.flatnonzero(known.row == row) if known.partners[known.partner[at]] == partner]
    told = f"{partner} has no share of {credits.meaning.of} {known.rows.names[row]} by the rule {credits.meaning.name}"
    if mine:
        return f"{told}: {earns(credits, int(mine[0]))[1]}"
    reads = " or ".join(dict.fromkeys(_NOUNS[way.reads] for way in credits.meaning.spec.ways))
    return f"{told}: there is no {reads} of {partner}"


def earns(credits: Credits, at: int) -> tuple[bool, str]:
    """Whether a candidate earns a share of its row, worked out alone, and why or why not."""
    rule, known = credits.meaning.spec, credits.known.candidates
    beside = np.flatnonzero(known.row == known.row[at])
    members, mine = known.take(beside), int(np.flatnonzero(beside == at)[0])
    way = rule.ways[int(members.way[mine])]
    role = members.roles[members.role[mine]]
    if role not in way.credited_roles():
        return False, f"the role {role} is none that the rule counts ({', '.join(way.credited_roles())})"
    counted = [j for j in range(len(members)) if _role(members, j) in way.credited_roles()]
    protected = [j for j in counted if members.is_protected[j] and _role(members, j) == SOURCED]
    if rule.protected_by is not None and protected:
        if role == SOURCED and mine not in protected:
            return False, f"a registration of {_who(members, protected[0])} protects it"
        counted, members = protect(rule, members, counted, protected)
        if mine not in counted:
            return False, f"another credit of {_who(members, mine)} is the one that the registration protects"
    order = rule.prefer or ()
    first = next((each for each in order if any(_role(members, j) == each for j in counted)), None)
    if first is not None:
        later = order[order.index(first) + 1 :]
        if role in later:
            return False, f"somebody has the role {first}, which the rule prefers over {role}"
        counted = [j for j in counted if _role(members, j) not in later]
    return _alone(way, members, counted, mine)


def _alone(way: CreditWay, members: Candidates, counted: Sequence[int], mine: int) -> tuple[bool, str]:
    reason = way.explain(members.take(np.array(counted, dtype=np.int64)), list(counted).index(mine))
    return bool(reason.value), reason.words


def _role(members: Candidates, at: int) -> str:
    return members.roles[int(members.role[at])]


def _who(members: Candidates, at: int) -> str:
    return members.partners[int(members.partner[at])]
