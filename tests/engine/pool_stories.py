"""What the stories of pools share: a firm of a few partners, what is known of each, its results, and its pools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from spine_stories import Told, told, write

from engine.values import PoolBooks, Reasoned

YEAR = """
program: Firm
currency: {currency}
calendar: year
effective: 2026-01-01 to 2026-12-31
rounding: {rounding}
tables:
  members:
    key: [partner_id]
    columns:
      {{partner_id: id, units: count, hours: number, claim: money, pay: money, limit: money, years: count,
        entered: money, least: money, most: money}}
sources: {{partners: partners.csv, members: members.csv, results: results.csv, awards: awards.csv}}
"""
PARTNERS = """
    partner_id,recruited_on,terminated_on
    ann,,
    bob,,
    eve,,
    """
MEMBERS = """
    partner_id,units,hours,claim,pay,limit,years,entered,least,most
    ann,6,1600,100,40000,30000,0,10,,50
    bob,3,800.5,200,75000,,2,0,10,60
    eve,1,0,300,125000,90000,9,25.5,40,
    """
RESULTS = """
    entity,month,account,amount
    firm,2026-03-01,fees,900000.00
    firm,2026-09-01,costs,-250000.00
    firm,2026-12-01,extra,0.10
    firm,2027-01-01,later,1000000.00
    """
AWARDS = """
    award_id,partner_id,decided_on,amount,reason,proposed_by,approved_by
    1,ann,2026-06-30,10,the merger,Ida,Ole
    2,eve,2026-06-30,20,the fair,Ida,Ole
    3,eve,2026-12-30,5.50,the move,Ida,Ole
    """
FIRM = {"partners.csv": PARTNERS, "members.csv": MEMBERS, "results.csv": RESULTS, "awards.csv": AWARDS}
ENTERED = "kpis: {entered: {sum: awards.amount, dated: awards.decided_on}}\n"


@contextmanager
def firm(
    folder: Path,
    rules: str,
    tables: Mapping[str, str] | None = None,
    currency: str = "EUR",
    rounding: str = "half_up",
) -> Iterator[Told]:
    """The year 2026 of the firm under some rules, with other tables where they are given."""
    head = YEAR.format(currency=currency, rounding=rounding)
    with told(write(folder, head + rules, {**FIRM, **(tables or {})}), "2026") as story:
        for books in story.run.pools.values():
            assert_books(books)
        yield story


def assert_books(books: PoolBooks) -> None:
    """Nothing is left that the pool did not have, but for the cents of shares that are rounded each for itself."""
    assert books.house_adds_minor >= 0
    assert min(books.size_minor, 0) - 2 <= books.left_minor <= max(books.size_minor, 0) + books.house_adds_minor


def shares(story: Told, pool: str) -> dict[str, int]:
    """What each partner gets of a pool, in minor units; a partner of whom nothing is known gets no line."""
    lines = (story.run.lines.line(row) for row in range(len(story.run.lines)))
    return {line.partner: line.amount_minor for line in lines if line.component == pool}


def re_added(reason: Reasoned) -> None:
    """Walk through a reason: where it lists layers, what they paid adds up to it, and each says what was due."""
    layers = [part for part in reason.parts if "(entitled " in part.words]
    if layers:
        claims = [part for part in reason.parts if part.title == "claim" and part not in layers]
        assert sum(part.value or Fraction(0) for part in (*claims, *layers)) == reason.value, reason.words
        for layer in layers:
            assert "remaining " in layer.words and (", paid " in layer.words or ", gives up " in layer.words)
    for part in reason.parts:
        re_added(part)
