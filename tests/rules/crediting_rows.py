"""Credited rows as stories tell them: lines of who did what on which deal go in, candidates and shares come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from rules.crediting.candidates import UNKNOWN_DAY, Candidates, CreditedRows
from rules.crediting.credit import CreditSpec
from rules.crediting.credited import Credited, credited
from rules.crediting.hierarchy import Hierarchy
from rules.crediting.reason import explain_share
from rules.kinds.base import Terms
from rules.quantities.currency import currency
from rules.quantities.exact import Exact

EUR = Terms(currency("EUR"))
FOR_EVER = 2**22
CLOSED = date(2026, 3, 31)


@dataclass(frozen=True)
class By:
    """One candidate: who, in which role of which row, with which share, on which day."""

    partner: str
    role: str = "sourced"
    share: str | None = None
    on: date | None = None
    row: str = "D-1"
    way: int = 0
    protected: bool = False


@dataclass(frozen=True)
class Row:
    """A credited row: its day, its milestones and its amount in minor units."""

    closed: date | None = CLOSED
    lead: date | None = None
    opportunity: date | None = None
    amount: int | None = 0


def ordinal(day: date | None) -> int:
    return UNKNOWN_DAY if day is None else day.toordinal()


def numbers(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.int64)


def candidates(lines: Sequence[By], rows: Mapping[str, Row] | None = None, partners: Sequence[str] = ()) -> Candidates:
    """The candidates in the order of the lines, whose order is also that of their keys."""
    rows = rows or {name: Row() for name in sorted({line.row for line in lines})}
    names, who = sorted(rows), sorted({line.partner for line in lines} | set(partners))
    roles = tuple(sorted({line.role for line in lines}))
    told = [rows[name] for name in names]
    return Candidates(
        CreditedRows(
            names,
            numbers([ordinal(row.closed) for row in told]),
            numbers([ordinal(row.lead) for row in told]),
            numbers([ordinal(row.opportunity) for row in told]),
            Exact.of([row.amount for row in told]),
        ),
        who,
        roles,
        numbers([names.index(line.row) for line in lines]),
        numbers([who.index(line.partner) for line in lines]),
        numbers([roles.index(line.role) for line in lines]),
        np.arange(len(lines)),
        Exact.of([None if line.share is None else part(line.share) for line in lines]),
        numbers([ordinal(line.on) for line in lines]),
        numbers([line.way for line in lines]),
        np.array([line.protected for line in lines], dtype=bool),
    )


def hierarchy(who: Sequence[str], above: Mapping[str, str], inactive: Sequence[str] = ()) -> Hierarchy:
    """Who stands above whom, for ever: child -> parent."""
    edges = [(who.index(child), who.index(parent)) for child, parent in above.items()]
    return Hierarchy(
        numbers([child for child, _ in edges]),
        numbers([parent for _, parent in edges]),
        numbers([0] * len(edges)),
        numbers([FOR_EVER] * len(edges)),
        numbers([0] * len(who)),
        numbers([0 if partner in inactive else FOR_EVER for partner in who]),
    )


def part(text: str) -> Fraction:
    return Fraction(text.removesuffix("%")) / (100 if text.endswith("%") else 1)


def rule(ways: Any, **more: Any) -> CreditSpec:
    return CreditSpec.model_validate({"of": "deals", "from": ways, **more})


def by_name(given: Candidates, result: Credited) -> dict[tuple[str, str, str, int], Fraction]:
    """Every share by row, partner, role and level."""
    shares = result.shares
    return {
        (
            given.rows.names[shares.row[i]],
            given.partners[shares.partner[i]],
            shares.roles[shares.role[i]],
            int(shares.level[i]),
        ): shares.share.fraction(i) or Fraction(0)
        for i in range(len(shares))
    }


def earned(
    spec: CreditSpec, given: Candidates, tree: Hierarchy | None = None, explained: bool = True
) -> dict[str, Fraction]:
    """What each partner earns, all rows and roles together; both twins agree, and every row is shared to 100 %."""
    result = credited(spec, given, EUR, tree)
    assert result.faults == (), result.faults
    check_whole(given, result)
    if explained:
        for i in range(len(result.shares)):
            reason = explain_share(spec, given, result.shares, i, EUR, tree)
            assert reason.value == result.shares.share.fraction(i), reason.words
    total: dict[str, Fraction] = {}
    for (_, partner, _, _), share in by_name(given, result).items():
        total[partner] = total.get(partner, Fraction(0)) + share
    return total


def check_whole(given: Candidates, result: Credited) -> None:
    """Shares and house are 100 % of every row, to the last digit."""
    whole = [house or Fraction(0) for house in result.shares.house.fractions()]
    for i in np.flatnonzero(~result.shares.beside).tolist():
        whole[int(result.shares.row[i])] += result.shares.share.fraction(i) or Fraction(0)
    assert whole == [Fraction(1)] * len(given.rows)


def words(spec: CreditSpec, given: Candidates, partner: str, tree: Hierarchy | None = None) -> str:
    """Why a partner earns its first share."""
    shares = credited(spec, given, EUR, tree).shares
    i = np.flatnonzero(shares.partner == list(given.partners).index(partner)).tolist()[0]
    return explain_share(spec, given, shares, i, EUR, tree).words


def codes(spec: CreditSpec, given: Candidates, tree: Hierarchy | None = None) -> list[tuple[str, str]]:
    """The faults of the rows: code and message."""
    return [(code, message) for _, code, message, _ in credited(spec, given, EUR, tree).faults]
