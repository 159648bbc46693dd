"""Fixed shares by role: 70 % for who sourced a deal, 30 % for those who influenced it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from rules.crediting.base import CreditWay, Faults, portion
from rules.crediting.candidates import Candidates, RowFault
from rules.crediting.groups import grouped, pick, ratio, sum_by_group
from rules.crediting.table import negative_faults, shares_of_role, told_share
from rules.crediting.told import told
from rules.kinds.base import Kind, Reason, Terms, Words, percent
from rules.names import Name
from rules.quantities.exact import Exact, integers
from rules.quantities.written import FlagField, RateField

_NAME: TypeAdapter[str] = TypeAdapter(Name)


class RoleShare(Kind):
    """What a role earns of the row, and how those who hold it share that: equally, or by credits.share (`by_share`).

    `overlay: true` makes the role a pot of its own, beside the 100 % of the others.
    """

    short: ClassVar[str | None] = "share"

    share: RateField
    among: Literal["equally", "by_share"] = "equally"
    overlay: FlagField = False


class Roles(CreditWay):
    """Credits each role with a fixed share: `roles: {sourced: 70%, influenced: {share: 30%, among: equally}}`.

    Who holds a role with others shares it equally, one part for each credit, or `by_share`: then filled shares are
    parts of what the role earns, and blank ones equal parts of what these leave. The share of a role that nobody holds
    is nobody's: it stays with the house, unless the remainder is handed out.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")
    __pydantic_extra__: dict[str, RoleShare] = Field(init=False)
    reads: ClassVar[Literal["credits"]] = "credits"

    @model_validator(mode="after")
    def _named(self) -> Roles:
        for name in self.by_role:
            _NAME.validate_python(name)
        return self

    @property
    def by_role(self) -> Mapping[str, RoleShare]:
        """What each role earns, by name."""
        return self.__pydantic_extra__

    def in_words(self, terms: Terms) -> Words:
        told = []
        for name, role in self.by_role.items():
            how = "in equal parts" if role.among == "equally" else "by the shares of the credits"
            beside = ", beside the 100 % of the others" if role.overlay else ""
            told.append(f"{name} {percent(role.share)}, {how} among those who hold the role{beside}")
        return Words("by role: " + "; ".join(told))

    def credited_roles(self) -> tuple[str, ...]:
        return tuple(self.by_role)

    def overlay_roles(self) -> frozenset[str]:
        return frozenset(name for name, role in self.by_role.items() if role.overlay)

    def compute(self, candidates: Candidates) -> Exact:
        none = RoleShare.model_validate({"share": "0"})
        wanted = [self.by_role.get(name, none) for name in candidates.roles]
        above = integers([role.share.numerator for role in wanted])[candidates.role]
        below = integers([role.share.denominator for role in wanted])[candidates.role]
        equally = np.array([role.among == "equally" for role in wanted], dtype=bool)[candidates.role]
        groups = grouped((candidates.row, candidates.role))
        part = ratio(np.ones(len(candidates), np.int64), groups.sizes[groups.group])
        if not equally.all():
            part = pick(equally, part, shares_of_role(candidates))
        return Exact(above, below) * part

    def explain(self, candidates: Candidates, i: int) -> Reason:
        name = candidates.roles[candidates.role[i]]
        role = self.by_role[name]
        head = f"{portion(role.share)} for {name}"
        if role.among == "by_share":
            share, words = told_share(candidates, i)
            return Reason(role.share * share, f"{words}, of the {head}", ("share",))
        level = (candidates.row == candidates.row[i]) & (candidates.role == candidates.role[i])
        among = int(np.count_nonzero(level))
        return Reason(role.share / among, head if among == 1 else f"1/{among} of the {head}, equally among {among}")

    def row_faults(self, candidates: Candidates) -> list[RowFault]:
        by_share = [name in self.by_role and self.by_role[name].among == "by_share" for name in candidates.roles]
        shared = candidates.take(np.array(by_share, dtype=bool)[candidates.role])
        groups = grouped((shared.row, shared.role))
        filled = sum_by_group(shared.share, groups)
        over = filled.compare(Exact.constant(1, len(groups))) > 0

        def fault(i: int) -> RowFault:
            row, total = int(shared.row[i]), filled.fraction(int(groups.group[i])) or Fraction(0)
            message = f"{shared.rows.names[row]}: shares of {shared.roles[shared.role[i]]} add to {portion(total)}"
            return row, "C120", message, "mend the shares of its credits: they are parts of what the role earns"

        return negative_faults(shared) + told(groups.firsts[over], shared, fault)

    def faults(self, prefer: Sequence[str] = ()) -> Faults:
        found: Faults = []
        if not self.by_role:
            found.append(("C104", "no role earns anything", "write roles: {sourced: 100%}, or another way to credit"))
        for name, role in self.by_role.items():
            if not 0 <= role.share <= 1:
                message = f"{name} earns {percent(role.share)} of a row"
                found.append(("C104", message, "write 0% to 100%"))
        pot = {name: role.share for name, role in self.by_role.items() if not role.overlay}
        one_of = [share for name, share in pot.items() if name in prefer]
        total = sum((share for name, share in pot.items() if name not in prefer), max(one_of, default=Fraction(0)))
        if total > 1:
            over = percent(total - 1)
            hint = f"take {over} off, or declare a role as overlay: true, beside the 100 %"
            found.append(("C105", f"the roles earn {percent(total)} of a row", hint))
        return found
