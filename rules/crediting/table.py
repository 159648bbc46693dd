"""Shares as table credits has them: what is filled in counts, what is blank is an equal part of what is left."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from rules.crediting.base import CreditWay, portion
from rules.crediting.candidates import SOURCED, Candidates, RowFault
from rules.crediting.groups import grouped, pick, ratio, sum_by_group
from rules.crediting.told import told
from rules.kinds.base import Kind, Reason, Terms, Words
from rules.names import Name
from rules.quantities.exact import Exact
from rules.quantities.written import FlagField


class TableRole(Kind):
    """A role of table credits; `overlay: true` makes it a pot of its own, beside the 100 % of the others."""

    overlay: FlagField = False


class Table(CreditWay):
    """Credits partners with the shares of table credits: `table: {roles: [sourced, co_sold]}`.

    Each role has 100 % to give. A filled share is what it says; blank ones are equal parts of what the filled shares of
    the same role leave of 100 %, and nothing where these leave nothing. All roles together stay within 100 % of the
    row, but for those declared as overlay: `roles: {sourced: {}, co_sold: {overlay: true}}`.
    """

    reads: ClassVar[Literal["credits"]] = "credits"

    roles: Mapping[Name, TableRole] = Field(
        min_length=1, description="the roles that are credited, as a list or by name"
    )
    also: ClassVar[tuple[dict[str, object], ...]] = (
        {
            "type": "object",
            "properties": {"roles": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
            "required": ["roles"],
            "additionalProperties": False,
        },
    )

    @model_validator(mode="before")
    @classmethod
    def _roles_by_name(cls, written: object) -> object:
        roles = written.get("roles") if isinstance(written, Mapping) else None
        if not isinstance(roles, list | tuple) or not all(isinstance(role, str) for role in roles):
            return written
        if len(set(roles)) < len(roles):
            twice = next(role for role in roles if roles.count(role) > 1)
            context = {"twice": twice[:80], "hint": "list each role once"}
            raise PydanticCustomError("C111", "'{twice}' is listed twice", context)
        return {"roles": {role: {} for role in roles}}

    def in_words(self, terms: Terms) -> Words:
        roles = [
            name + (" (beside the 100 % of the others)" if role.overlay else "") for name, role in self.roles.items()
        ]
        text = f"by the shares of table credits in the roles {', '.join(roles)}"
        return Words(f"{text}; blank shares are equal parts of what the filled ones leave")

    def credited_roles(self) -> tuple[str, ...]:
        return tuple(self.roles)

    def overlay_roles(self) -> frozenset[str]:
        return frozenset(name for name, role in self.roles.items() if role.overlay)

    def whole_roles(self) -> frozenset[str]:
        return frozenset(self.roles) - self.overlay_roles()

    def compute(self, candidates: Candidates) -> Exact:
        return shares_of_role(candidates)

    def explain(self, candidates: Candidates, i: int) -> Reason:
        share, words = told_share(candidates, i)
        return Reason(share, f"{words} ({candidates.roles[candidates.role[i]]})", ("share",))

    def row_faults(self, candidates: Candidates) -> list[RowFault]:
        return negative_faults(candidates)


def shares_of_role(candidates: Candidates) -> Exact:
    """Each candidate's share of what its role has to give in its row, (n,)."""
    groups = grouped((candidates.row, candidates.role))
    known = candidates.share.is_known()
    blanks = np.maximum(groups.count(~known), 1)
    one = Exact.constant(1, len(groups))
    rest = one - sum_by_group(candidates.share, groups)
    left = pick(rest.numerator > 0, rest, Exact.constant(0, len(groups)))
    part = left * ratio(np.ones(len(groups), np.int64), blanks)
    return pick(known, candidates.share, part.take(groups.group))


def told_share(candidates: Candidates, i: int) -> tuple[Fraction, str]:
    """The same of one candidate in fractions and words."""
    mine = candidates.share.fraction(i)
    is_sourced = candidates.roles[candidates.role[i]] == SOURCED
    if mine is not None and is_sourced and candidates.is_protected[i]:
        level = (candidates.row == candidates.row[i]) & (candidates.role == candidates.role[i])
        among = int(np.count_nonzero(level))
        whole = "all that is sourced" if among == 1 else f"1/{among} of all that is sourced"
        return mine, f"{portion(mine)}, {whole}"
    if mine is not None:
        return mine, f"{portion(mine)} as the credit says"
    beside = np.flatnonzero((candidates.row == candidates.row[i]) & (candidates.role == candidates.role[i])).tolist()
    filled = [share for j in beside if (share := candidates.share.fraction(j)) is not None]
    left, among = max(1 - sum(filled, Fraction(0)), Fraction(0)), len(beside) - len(filled)
    if not filled and among == 1:
        return left, "all of it"
    if not filled:
        return left / among, f"an equal part of 100 % among {among}"
    share = left / among
    return share, f"1/{among} of what the filled shares leave of 100 %: {portion(left)} among {among}"


def negative_faults(candidates: Candidates) -> list[RowFault]:
    """The rows with a share below zero."""
    wrong = np.flatnonzero(candidates.share.is_known() & (candidates.share.numerator < 0))

    def fault(i: int) -> RowFault:
        row, share = int(candidates.row[i]), candidates.share.fraction(i)
        who = candidates.partners[candidates.partner[i]]
        message = f"a credit of {who} on {candidates.rows.names[row]} has a share of {portion(share or Fraction(0))}"
        return row, "C121", message, "write 0 or more; a return takes credit back by itself"

    return told(wrong, candidates, fault)
