"""What the channel example's plan owes on the rows of its tables, in plain Python that shares no code with the engine.

In: the CSV files, and the words of the program. Out: exact amounts in minor units. Nothing here is asked of a run.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from math import floor
from pathlib import Path
from typing import NamedTuple

from plain_sharing import held, whole_cents

TIERS = [(Fraction(40_000_00), Fraction(5, 100)), (Fraction(120_000_00), Fraction(7, 100)), (None, Fraction(9, 100))]
STEPS = [(edge * 100, Fraction(rate, 100)) for edge, rate in ((150_000, 4), (75_000, 3), (25_000, 2), (0, 0))]
BACK = ("return", "cancellation", "chargeback")

Row = dict[str, str]
Shares = dict[str, dict[str, Fraction]]  # by deal: each partner's share of it
Pays = Callable[[Fraction], Fraction]  # what a running total pays in all


class Quarter(NamedTuple):
    """A quarter by its name, such as 2026-Q2, with its first and last day as they are written."""

    name: str
    first: str
    last: str

    def days_since(self, day: str) -> int:
        """How many of its days come on or after a day."""
        return (date.fromisoformat(self.last) - date.fromisoformat(max(self.first, day))).days + 1


def quarter(name: str) -> Quarter:
    year, at = int(name[:4]), int(name[-1])
    last = date(year + at // 4, at % 4 * 3 + 1, 1) - timedelta(1)
    return Quarter(name, f"{year}-{at * 3 - 2:02}-01", last.isoformat())


def quarter_of(day: str) -> Quarter:
    return quarter(f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}")


@cache
def read_table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@dataclass(frozen=True)
class Tables:
    """The tables of a folder, each read once."""

    folder: Path

    def rows(self, table: str) -> list[Row]:
        return read_table(self.folder / f"data/{table}.csv")

    def by_key(self, table: str) -> dict[str, Row]:
        return {next(iter(row.values())): row for row in self.rows(table)}

    def able(self, last: str, *kinds: str) -> set[str]:
        """The partners of some kinds that can be paid: recruited, and not terminated before a quarter is over."""
        return {
            row["partner_id"]
            for row in self.rows("partners")
            if row["recruited_on"] <= last and not ("" < row["terminated_on"] <= last)
            if not kinds or row["kind"] in kinds
        }


def minor(text: str) -> int:
    return int(text.replace(".", ""))


def rounded(amount: Fraction) -> int:
    """Half up, as the program says: a half goes away from zero."""
    return floor(amount + Fraction(1, 2)) if amount >= 0 else -floor(-amount + Fraction(1, 2))


def later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def filled(shares: dict[str, str]) -> dict[str, Fraction]:
    """The shares of a role on a deal by partner: those left blank share equally what the others leave."""
    left = 1 - sum((Fraction(share) for share in shares.values() if share), Fraction(0))
    blanks = sum(not share for share in shares.values())
    return {who: Fraction(share) if share else left / blanks for who, share in shares.items()}


def by_role(tables: Tables) -> dict[str, dict[str, dict[str, str]]]:
    """By deal and role: each partner's share as it is written."""
    roles: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in tables.rows("credits"):
        if row["deal_id"]:
            roles[row["deal_id"]][row["role"]][row["partner_id"]] = row["share"]
    return roles


def credited(tables: Tables) -> Shares:
    """Who earns which share of each new deal, by the words of `credit: new_business`."""
    registered: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))  # by day
    deals, roles = tables.by_key("deals"), by_role(tables)
    for row in tables.rows("registrations"):
        day = deals[row["deal_id"]]["closed_on"]
        if row["status"] == "approved" and row["registered_on"] <= day <= (row["expires_on"] or "9999"):
            registered[row["deal_id"]][row["registered_on"]].add(row["partner_id"])
    found: Shares = {}
    for key, deal in deals.items():
        if deal["status"] != "won" or deal["kind"] != "new":
            continue
        shares = filled(roles[key]["sourced"] or ({} if registered[key] else roles[key]["influenced"]))
        if registered[key]:
            first = registered[key][min(registered[key])]
            shares = dict.fromkeys(first, (sum(shares.values()) or Fraction(1)) / len(first))
        worth = minor(deal["annual_value"]) * sum(shares.values())
        factor = min(Fraction(40_000_00) / worth, Fraction(1)) if worth else Fraction(1)
        found[key] = {who: share * factor for who, share in shares.items()}
    return found


def by_tiers(total: Fraction) -> Fraction:
    """What a year's new business pays: 5 % up to 40,000.00, 7 % up to 120,000.00, and 9 % beyond."""
    due, low = Fraction(0), Fraction(0)
    for high, rate in TIERS:
        top = total if high is None else min(total, high)
        if top > low:
            due += (top - low) * rate
        low = high if high is not None else low
    return due


def back_to_the_first(total: Fraction) -> Fraction:
    """What a quarter's volume pays: nothing below 25,000.00, then on all of it 2 %, 3 % from 75,000.00, and 4 % from
    150,000.00."""
    return total * next(rate for edge, rate in STEPS if total >= edge)


class Move(NamedTuple):
    """What raises a partner's running total, or lowers it: in the order in which it does so."""

    day: str
    is_back: bool
    key: str
    value: Fraction


Moves = Mapping[tuple[str, str], list[Move]]


def moves_of(tables: Tables, shares: Shares, stretch: Callable[[str], str]) -> Moves:
    """By partner and stretch of time, the deals that were closed in it, and all that ever came back of those."""
    deals = tables.by_key("deals")
    moves: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for key, of in shares.items():
        day, worth = deals[key]["closed_on"], minor(deals[key]["annual_value"])
        for who, share in of.items():
            moves[who, stretch(day)].append(Move(day, False, key, worth * share))
    for row in tables.rows("deal_events"):
        deal = deals[row["deal_id"]]
        if row["kind"] in BACK:
            back = Fraction(minor(deal["annual_value"]) * minor(row["amount"]), minor(deal["amount"]))  # below zero
            for who, share in shares.get(row["deal_id"], {}).items():
                own = Move(row["occurred_on"], True, row["event_id"], back * share)
                moves[who, stretch(deal["closed_on"])].append(own)
    return moves


class Slice(NamedTuple):
    """A line in a running total: where it begins and ended, what it was rounded to, and up to where it still stands."""

    low: Fraction
    high: Fraction
    line: int
    top: Fraction


def in_order(own: list[Move], until: str) -> Iterator[tuple[Move, Fraction, Fraction]]:
    """The moves of a running total up to a day, each with the total before it and after it."""
    total = Fraction(0)
    for move in sorted(own):
        if "2025-01-01" <= move.day <= until:
            before, total = total, total + move.value
            assert total >= 0, (move.key, "more came back than there was")
            yield move, before, total


def together(exact: Mapping[str, Fraction]) -> dict[str, int]:
    """The lines of one row by partner: their sum rounded, and what their whole cents lack of it one by one to the
    largest remainders, of equals to the first ids."""
    found = {who: floor(due) for who, due in exact.items()}
    lacking = rounded(sum(exact.values(), Fraction(0))) - sum(found.values())
    first = sorted(exact, key=lambda who: (found[who] - exact[who], who))[:lacking]
    return {who: cents + (who in first) for who, cents in found.items()}


def left(piece: Slice, pays: Pays) -> int:
    """What is left of a line that fell to its top: what it was rounded to, less the rounded part that fell of it."""
    due = pays(piece.high) - pays(piece.low)
    fallen = (pays(piece.high) - pays(piece.top)) / due if due else Fraction(0)
    return piece.line - rounded(piece.line * fallen)


def taken(slices: list[Slice], down_to: Fraction, pays: Pays) -> int:
    """What a return takes off the lines that stand above a total, the last first: nothing is left of those above it."""
    found = 0
    while slices and slices[-1].top > down_to:
        piece = slices.pop()
        fallen = piece._replace(top=max(piece.low, down_to))
        found += left(piece, pays) - left(fallen, pays)
        if fallen.top > fallen.low:
            slices.append(fallen)
    return found


def running(moves: Moves, able: Callable[[str], set[str]], pays: Pays, now: Quarter) -> dict[str, int]:
    """What a quarter pays by deal, and by event what it takes back, of the partners that can be paid by its last day.

    Each partner has a running total for each stretch. A deal raises that of the stretch in which it was closed; what
    comes back lowers the same one, whenever it comes back, so that it falls from the highest tier that was reached.
    """
    exact: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for (who, _), own in moves.items():
        for move, before, after in in_order(own, now.last):
            if not move.is_back and who in able(quarter_of(move.day).last):
                exact[move.key][who] = pays(after) - pays(before)
    lines = {key: together(of) for key, of in exact.items()}
    found: dict[str, int] = defaultdict(int)
    for (who, _), own in moves.items():
        slices: list[Slice] = []
        for move, before, after in in_order(own, now.last):
            line = lines.get(move.key, {}).get(who, 0)
            if not move.is_back and after > before:
                slices.append(Slice(before, after, line, after))
            amount = -taken(slices, after, pays) if move.is_back else line
            if move.day >= now.first and who in able(now.last):
                found[move.key] += amount
    return found


def commission(tables: Tables, now: Quarter) -> dict[str, int]:
    """What resellers earn on new business, by tiers of the fiscal year."""
    moves = moves_of(tables, credited(tables), lambda day: day[:4])
    return running(moves, cache(lambda last: tables.able(last, "reseller")), by_tiers, now)


def volume_rebate(tables: Tables, now: Quarter) -> dict[str, int]:
    """What distributors get back on their deals, by the volume of the quarter."""
    won = {key: row["partner_id"] for key, row in tables.by_key("deals").items() if row["status"] == "won"}
    shares = {key: {who: Fraction(1)} for key, who in won.items() if who}
    moves = moves_of(tables, shares, lambda day: quarter_of(day).name)
    return running(moves, cache(lambda last: tables.able(last, "distributor")), back_to_the_first, now)


def withheld(tables: Tables, now: Quarter) -> dict[str, Fraction]:
    """The part of a payout that is withheld as tax, by the payees that are valid on the last day."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for row in tables.rows("payees"):
        if row["valid_from"] <= now.last <= (row["valid_to"] or "9999"):
            found[row["partner_id"]] += Fraction(row["withholding"])
    return found


def sourced(tables: Tables, now: Quarter) -> dict[str, Fraction]:
    """What each partner sourced of the deals that were won in a quarter: by the shares of that role, and of a deal of
    which nobody holds it, all by the partner whose deal it is."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    roles = by_role(tables)
    for key, deal in tables.by_key("deals").items():
        if deal["status"] == "won" and now.first <= deal["closed_on"] <= now.last:
            for who, share in filled(roles[key]["sourced"] or {deal["partner_id"]: "1"}).items():
                found[who] += minor(deal["amount"]) * share
    return found


def margin(tables: Tables, now: Quarter) -> int:
    """The margin of all deals that were won in a quarter, the company's own among them."""
    return sum(
        minor(row["margin"])
        for row in tables.rows("deals")
        if row["status"] == "won" and now.first <= row["closed_on"] <= now.last
    )


def profit_share(tables: Tables, now: Quarter, score: Mapping[str, Fraction]) -> dict[str, int]:
    """4 % of the margin above 5,000,000.00, at most 250,000.00, among resellers and distributors of 50 points by score
    times sourced revenue and the days since they came: at least 500.00 and at most 8 % of the pool each."""
    exact = max(margin(tables, now) - Fraction(5_000_000_00), Fraction(0)) * Fraction(4, 100)
    pool = rounded(min(exact, Fraction(250_000_00)))
    brought, partners = sourced(tables, now), tables.by_key("partners")
    weights = {
        who: score[who] * brought[who] * Fraction(now.days_since(partners[who]["recruited_on"]), now.days_since(""))
        for who in tables.able(now.last, "reseller", "distributor")
        if score.get(who, 0) >= 50
    }
    return whole_cents(held(pool, weights, 500_00, pool * 8 // 100))


def months_on(day: str, months: int) -> tuple[int, int, int]:
    """The year, month and day that come so many months later; the last day of a month that is too short."""
    year, month, of_month = map(int, day.split("-"))
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).day
    return year, month, min(of_month, last)
