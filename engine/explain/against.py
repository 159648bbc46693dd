"""What a value was held against, looked up once more: a target or a benchmark in its row, and the peers one by one.

In: the meaning of a reference, the facts. Out: its value with the row that it stands in; a node that tells peers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from numpy.typing import NDArray

from engine.values import Facts, Reasoned, TrailRow
from rules.expressions.evaluate import Value
from rules.expressions.tree import Column
from rules.kinds.base import Peers, number

_TARGET = ("target", "version", "set_on", "target_id")


@dataclass(frozen=True, slots=True)
class Looked:
    """A figure of a table: its value in currency units (None where the table says nothing), its row and whose it is."""

    value: Fraction | None
    source: str = ""
    words: str = ""


def looked_up(facts: Facts, table: str, ids: Sequence[str], period: str, partner: str, near: str | None) -> Looked:
    """The `target`, or `benchmark.p25`, .p50, .p75, of a KPI known by `ids` for one partner, from the rows; `near` is
    the partner's region for a target, its segment for a benchmark."""
    if table == "target":
        return _target(facts, ids, period, partner, near)
    return _benchmark(facts, ids, period, near, table.split(".")[1])


def _target(facts: Facts, ids: Sequence[str], period: str, partner: str, region: str | None) -> Looked:
    """Its own target before its region's, and that before the program's, under the KPI's own name before the
    catalogue's, the latest version."""
    owners: list[tuple[str, tuple[dict[str, str | None], ...]]] = [(f"of {partner}", ({"partner_id": partner},))]
    owners += [(f"of the region {region}", ({"scope": "region", "region": region},))] if region else []
    of_all: tuple[dict[str, str | None], ...] = ({"scope": "program"}, {"scope": None, "partner_id": None})
    for whose, held in (*owners, ("of the program", of_all)):
        for name in ids:
            known = {"kpi": name, "period": period}
            rows = [row for each in held for row in facts.matching("targets", {**known, **each}, _TARGET)]
            meant = [row for row in rows if _cell(row, "targets", "target") is not None]
            if meant:
                row = max(meant, key=_version)
                return _looked(facts, "targets", row, "target", f"{whose} for {name}, {period}")
    return Looked(None, "", f"the table has none for {period}")


def _version(row: TrailRow) -> tuple[int, date, bytes]:
    version, set_on = _cell(row, "targets", "version"), _cell(row, "targets", "set_on")
    assert version is None or isinstance(version, int)
    assert set_on is None or isinstance(set_on, date)
    return version or 0, set_on or date.min, str(_cell(row, "targets", "target_id")).encode()


def _benchmark(facts: Facts, ids: Sequence[str], period: str, segment: str | None, figure: str) -> Looked:
    """The figure of the partner's segment before that of all, under the KPI's own name before the catalogue's."""
    for meant in dict.fromkeys((segment or "all", "all")):
        for name in ids:
            rows = facts.matching("benchmarks", {"kpi": name, "period": period, "segment": meant}, (figure,))
            for row in rows:
                if _cell(row, "benchmarks", figure) is not None:
                    return _looked(facts, "benchmarks", row, figure, f"of segment {meant} for {name}, {period}")
    return Looked(None, "", f"the table has none for {period}")


def _looked(facts: Facts, table: str, row: TrailRow, column: str, words: str) -> Looked:
    value = _cell(row, table, column)
    assert isinstance(value, Fraction | int), "a figure is a number"
    return Looked(Fraction(value), f"{facts.file(table)} record {row.record}", words)


def _cell(row: TrailRow, table: str, name: str) -> Value:
    return row.cells[Column(table, name)]


def peers_reason(
    peers: Peers, keys: NDArray[Any], who: str, rows_shown: int | None, shown: Callable[[Fraction], str]
) -> Reasoned:
    """The peers of a partner, the highest first: all of them, or at most `rows_shown` around what the reason rests on.

    `keys` are the partners' ids by position, `who` says in words whose peers they are.
    """
    count = len(peers.rows)
    told = _told(peers, count if rows_shown is None else rows_shown)
    words = f"from {shown(peers.value(0))} to {shown(peers.value(count - 1))}, the highest first"
    if len(told) < count:
        words += f"; {len(told)} of {count} are told"
    parts = []
    for index in sorted(told, reverse=True):
        value = peers.value(index)
        mine = "this partner" if index == peers.at else ""
        is_money = peers.unit == "money"
        parts.append(Reasoned(f"partner {keys[peers.rows[index]]}", value, shown(value), mine, is_money=is_money))
    return Reasoned(f"peers{who}", Fraction(count), number(Fraction(count)), words, parts=tuple(parts))


def _told(peers: Peers, most: int) -> set[int]:
    """The indices to tell: the partner's own, those that the reason rests on, and their neighbours, nearest first."""
    count = len(peers.rows)
    if count <= most:
        return set(range(count))
    around = peers.at if peers.at is not None else peers.near[0] if peers.near else 0
    told, distance = {around, *peers.near}, 1
    while len(told) < most:
        for index in (around + distance, around - distance):
            if 0 <= index < count and len(told) < most:
                told.add(index)
        distance += 1
    return told
