"""Roll-up: those who stand above a credited partner earn a rate of its share, level by level (an override).

In: the shares of the partners whom a way credits. Out: the same and those of the levels above, on top of the 100 % or
out of the child's share. All chains climb one step at a time together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from rules.crediting.base import Faults
from rules.crediting.candidates import FAULTS_MAX, UNKNOWN_DAY, Candidates, Codes, RowFault
from rules.crediting.groups import joined
from rules.crediting.hierarchy import NOBODY, Hierarchy
from rules.kinds.base import Kind, percent
from rules.quantities.exact import Exact, Flags, integers
from rules.quantities.written import FlagField, RateField

LEVELS_MAX = 32


class RollUp(Kind):
    """What those above a credited partner earn: `{to: parent, rates: [10%, 5%], on_top: true, compress: inactive}`.

    The first rate is of the child's share for the one above it, the next for the one above that, and so on, as they
    stood on the row's day. `on_top` pays it beside the 100 %; otherwise it is taken out of the child's share. An
    inactive partner earns nothing: its level is lost (nobody earns it, and nothing is taken for it), or with
    `compress: inactive` it is skipped, and the next active one above takes the level.
    """

    to: Literal["parent", "manager"] = Field(description="who stands above a partner")
    rates: Annotated[tuple[RateField, ...], Field(strict=False)] = Field(description="of the child's share, by level")
    on_top: FlagField = Field(description="true: beside the 100 %; false: out of the child's share")
    compress: Literal["inactive", "none"] = Field(default="none", description="whether inactive levels are skipped")

    def faults(self) -> Faults:
        """What is wrong with the rates: (code, message, hint)."""
        if not 1 <= len(self.rates) <= LEVELS_MAX:
            return [("C108", f"{len(self.rates)} levels earn an override", f"write 1 to {LEVELS_MAX} rates")]
        wrong = next((rate for rate in self.rates if rate < 0), None)
        if wrong is not None:
            return [("C108", f"an override of {percent(wrong)}", "write 0% or more")]
        total = sum(self.rates, Fraction(0))
        if not self.on_top and total > 1:
            hint = "write rates of 100% or less together, or on_top: true"
            return [("C108", f"overrides take {percent(total)} out of a share", hint)]
        return []


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Shares in the making, (n,): see `rules.crediting.candidates.Shares`."""

    row: Codes
    partner: Codes
    role: Codes
    level: Codes
    share: Exact
    beside: Flags

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: Codes | Flags) -> Entries:
        """The entries at the given positions, or those that a mask keeps."""
        share = self.share.take(which)
        return Entries(
            self.row[which], self.partner[which], self.role[which], self.level[which], share, self.beside[which]
        )

    def and_(self, other: Entries) -> Entries:
        """These entries and others."""
        return Entries(
            np.concatenate([self.row, other.row]),
            np.concatenate([self.partner, other.partner]),
            np.concatenate([self.role, other.role]),
            np.concatenate([self.level, other.level]),
            joined(self.share, other.share),
            np.concatenate([self.beside, other.beside]),
        )


@dataclass(slots=True)
class _Climb:
    """Chains under way, (k,): the entry each began with, the partners that it came by, and the levels it has filled."""

    entry: Codes
    path: list[Codes]
    level: Codes

    def keep(self, which: Flags) -> None:
        self.entry, self.level = self.entry[which], self.level[which]
        self.path = [partners[which] for partners in self.path]


def rolled_up(
    rule: RollUp, entries: Entries, candidates: Candidates, hierarchy: Hierarchy
) -> tuple[Entries, list[RowFault]]:
    """The entries and those of the levels above them; and the rows whose chains go in a circle or too far up."""
    day_of = candidates.rows.day
    faults = _undated(entries, candidates)
    climb = _Climb(np.arange(len(entries)), [entries.partner], np.zeros(len(entries), np.int64))
    above_all: list[tuple[Codes, Codes, Codes]] = []  # entry, partner, level
    for _ in range(LEVELS_MAX):
        days = day_of[entries.row[climb.entry]]
        parent = hierarchy.above(climb.path[-1], days)
        faults += _uncovered(rule, climb, hierarchy.is_uncovered(climb.path[-1], days), entries, candidates)
        circles = np.logical_or.reduce([partners == parent for partners in climb.path])
        faults += _circles(climb, parent, circles, entries, candidates)
        goes_on = (parent != NOBODY) & ~circles
        climb.keep(goes_on)
        parent = parent[goes_on]
        climb.path.append(parent)
        is_active = hierarchy.is_active(parent, day_of[entries.row[climb.entry]])
        counts = is_active if rule.compress == "inactive" else np.ones_like(is_active)
        climb.level = climb.level + counts
        above_all.append((climb.entry[is_active], parent[is_active], climb.level[is_active]))
        climb.keep(climb.level < len(rule.rates))
        if not len(climb.entry):
            break
    faults += _too_deep(climb, entries, candidates, hierarchy)
    entry, partner, level = (np.concatenate(columns) for columns in zip(*above_all, strict=True))
    return _with_overrides(rule, entries, entry, partner, level), faults


def _with_overrides(rule: RollUp, entries: Entries, entry: Codes, partner: Codes, level: Codes) -> Entries:
    above = integers([rate.numerator for rate in rule.rates])
    below = integers([rate.denominator for rate in rule.rates])
    below_all = int(np.lcm.reduce(below.astype(object)))
    whole = integers([int(a) * (below_all // int(b)) for a, b in zip(above, below, strict=True)])[level - 1]
    children = entries.take(entry)
    overrides = replace(
        children,
        partner=partner,
        level=level,
        share=children.share * Exact(whole, below_all),
        beside=children.beside | rule.on_top,
    )
    if not rule.on_top:
        taken = np.zeros(len(entries), dtype=whole.dtype)
        np.add.at(taken, entry, whole)
        entries = replace(entries, share=entries.share * Exact(below_all - taken, below_all))
    return entries.and_(overrides)


def _undated(entries: Entries, candidates: Candidates) -> list[RowFault]:
    rows = np.unique(entries.row[candidates.rows.day[entries.row] == UNKNOWN_DAY])
    hint = "fill in its date: who stands above a partner changes by day"
    return [
        (row, "C122", f"{candidates.rows.names[row]} is rolled up and has no day of its own", hint)
        for row in rows[:FAULTS_MAX].tolist()
    ]


def _uncovered(
    rule: RollUp, climb: _Climb, uncovered: Flags, entries: Entries, candidates: Candidates
) -> list[RowFault]:
    """Rows on whose day the history of a partner says nothing, though it speaks of other days."""
    faults: list[RowFault] = []
    for at in np.flatnonzero(uncovered)[:FAULTS_MAX].tolist():
        row = int(entries.row[climb.entry[at]])
        who, day = candidates.partners[int(climb.path[-1][at])], date.fromordinal(int(candidates.rows.day[row]))
        message = f"no version says the {rule.to} of {who} on {day}, the day of {candidates.rows.names[row]}"
        hint = "add a row to partner_history that holds on that day; a blank value says that there is none"
        faults.append((row, "C128", message, hint))
    return faults


def _circles(climb: _Climb, parent: Codes, circles: Flags, entries: Entries, candidates: Candidates) -> list[RowFault]:
    faults: list[RowFault] = []
    for at in np.flatnonzero(circles)[:FAULTS_MAX].tolist():
        chain = [int(partners[at]) for partners in climb.path]
        chain = [*chain[chain.index(int(parent[at])) :], int(parent[at])]
        words = " -> ".join(candidates.partners[partner] for partner in chain)
        row = int(entries.row[climb.entry[at]])
        message = f"{candidates.partners[int(parent[at])]} stands above itself on {candidates.rows.names[row]}: {words}"
        faults.append((row, "C123", message, "end one of these relations before that day"))
    return faults


def _too_deep(climb: _Climb, entries: Entries, candidates: Candidates, hierarchy: Hierarchy) -> list[RowFault]:
    top = climb.path[-1]
    goes_on = hierarchy.above(top, candidates.rows.day[entries.row[climb.entry]]) != NOBODY
    faults: list[RowFault] = []
    for at in np.flatnonzero(goes_on)[:FAULTS_MAX].tolist():
        row, partner = int(entries.row[climb.entry[at]]), candidates.partners[int(climb.path[0][at])]
        message = f"more than {LEVELS_MAX} partners stand above {partner} on {candidates.rows.names[row]}"
        faults.append((row, "C124", message, "check parent_id or manager of those above it"))
    return faults
