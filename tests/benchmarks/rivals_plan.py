"""What the plan of `bench_plan` pays, written by hand in NumPy: its arithmetic and nothing else.

It reads the columns that it needs from the same Parquet files, holds whole numbers as ours does, and knows its data:
which shares are filled in, how many partners a deal has, that nothing is blank and that nothing comes near the end of
64 bits. It names no row, checks nothing, keeps no line, and can explain none.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

Column = NDArray[np.int64]
BILLION = 10**9
LINES_MAX = 3  # partners of one deal
EDGES_MINOR, RATES = (5_000_000, 20_000_000, 50_000_000), (6, 9, 12, 16)  # of 200


def by_hand(folder: Path) -> NDArray[np.int64]:
    """What each partner gets by each component, (partners, components), in minor units."""
    partners = pq.read_table(folder / "partners.parquet", columns=["partner_id", "region"])
    names = ["deal_id", "partner_id", "product", "kind", "status", "closed_on"]
    names += ["amount", "annual_value", "margin", "term_months"]
    deals = pq.read_table(folder / "deals.parquet", columns=names)
    credits = pq.read_table(folder / "credits.parquet", columns=["deal_id", "partner_id", "role", "share"])
    known = partners["partner_id"]
    is_won, owner = _flags(deals["status"], "won"), _positions(deals["partner_id"], known)
    halves = np.minimum(np.bincount(owner[is_won], minlength=len(known)), 200)  # the score, in halves
    deal, partner, share = _positions(credits["deal_id"], deals["deal_id"]), *_who(credits, known)
    influenced = _flags(credits["role"], "influenced")
    cells = {name: np.asarray(deals[name]) for name in ("amount", "annual_value", "margin", "term_months")}
    cells["closed_on"] = np.asarray(deals["closed_on"].cast(pa.int32())).astype(np.int64)
    kinds = {kind: _flags(deals["kind"], kind) for kind in ("new", "renewal")}
    is_first = _flags(deals["product"], "product-1")
    is_north = _flags(partners["region"], "north")
    del deals, credits

    direct = _referrals(is_won, deal, partner, share, influenced, cells["amount"], halves)
    keep = is_won[deal]
    deal, partner, share = deal[keep], partner[keep], share[keep]
    queue = np.argsort(deal * len(known) + partner, kind="stable")
    deal, partner, share = deal[queue], partner[queue], share[queue]
    del keep, queue
    amount, annual = cells["amount"][deal], cells["annual_value"][deal]
    months, is_new = cells["term_months"][deal], kinds["new"][deal]
    is_renewal = kinds["renewal"][deal]

    def paid(due: Column, below: int, rows: NDArray[np.bool_] | None = None, step: int = 1) -> Column:
        own, of = (deal, partner) if rows is None else (deal[rows], partner[rows])
        return _sums(_together(due, below * step, own) * step, of, len(known))

    found = [paid(annual * share * 5, BILLION * 100)]
    rows = np.flatnonzero(is_new)
    found.append(_accelerated(annual[rows] * share[rows], deal[rows], partner[rows], cells["closed_on"], len(known)))
    rate = np.where(amount * share > 1_000_000 * BILLION, np.where(amount * share > 4_000_000 * BILLION, 6, 4), 2)
    found.append(paid(amount * share * rate, BILLION * 100))
    rate = np.where(is_first[deal], np.where(is_north[partner], 8, 6), np.where(is_north[partner], 5, 3))
    found.append(paid(amount * share * rate, BILLION * 100))
    found.append(paid(months * share * 35, BILLION))
    down, across = np.searchsorted([1_000_000, 5_000_000], amount), np.searchsorted([12, 24], months)
    rate = np.array([[10, 20, 30], [20, 35, 50], [40, 60, 80]])[down, across]
    found.append(paid(annual * share * rate, BILLION * 1000))
    found.append(paid(amount * share * np.clip(halves, 100, 180)[partner], BILLION * 50 * 200))
    rows = np.flatnonzero(is_renewal)
    due = np.clip(annual[rows] * share[rows] * 3, 500 * BILLION * 100, 50_000 * BILLION * 100)
    found.append(paid(due, BILLION * 100, rows))
    rows = np.flatnonzero(~is_new & ~is_renewal)
    lines = _together(amount[rows] * share[rows] * 4, BILLION * 100, deal[rows])
    found.append(_capped(lines, partner[rows], len(known), 12_000_000))
    found.append(paid(cells["margin"][deal] * share * 10, BILLION * 100, step=5))
    return np.column_stack([*found, *direct])


def _who(credits: pa.Table, known: pa.ChunkedArray) -> tuple[Column, Column]:
    """The position of each credit's partner, and its share in billionths."""
    shares = credits["share"].combine_chunks()
    shares = shares.chunk(0) if isinstance(shares, pa.ChunkedArray) else shares
    return _positions(credits["partner_id"], known), np.frombuffer(shares.buffers()[1], np.int64)[::2][: len(shares)]


def _positions(texts: pa.ChunkedArray, among: pa.ChunkedArray) -> Column:
    return np.asarray(pc.index_in(texts, value_set=among)).astype(np.int64)


def _flags(texts: pa.ChunkedArray, text: str) -> NDArray[np.bool_]:
    return np.asarray(pc.equal(texts, text))


def _sums(lines: Column, partner: Column, count: int) -> Column:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, partner, lines)
    return sums


def _half_up(due: Column, below: int) -> Column:
    return (2 * due + below) // (2 * below)


def _together(due: Column, below: int, deal: Column) -> Column:
    """The lines of each deal, which stand together by partner, rounded so that they add up: largest remainders."""
    down, rest = np.divmod(due, below)
    starts = np.flatnonzero(np.diff(deal, prepend=-1))
    lengths = np.diff(starts, append=len(deal))
    lacks = np.repeat(_half_up(np.add.reduceat(rest, starts), below), lengths)
    ahead = np.zeros(len(deal), dtype=np.int64)
    for distance in range(1, LINES_MAX):
        is_pair = deal[distance:] == deal[:-distance]
        is_larger = rest[distance:] > rest[:-distance]
        ahead[:-distance] += is_pair & is_larger
        ahead[distance:] += is_pair & ~is_larger
    return down + (ahead < lacks)


def _accelerated(base: Column, deal: Column, partner: Column, closed_on: Column, count: int) -> Column:
    """Marginal tiers over the running total of each partner, by day and deal; in billionths of minor units."""
    queue = np.lexsort((deal, closed_on[deal], partner))
    own, sums = partner[queue], np.cumsum(base[queue])
    starts = np.flatnonzero(np.diff(own, prepend=-1))
    before = sums - base[queue]
    before -= np.repeat(before[starts], np.diff(starts, append=len(own)))

    def earned(total: Column) -> Column:
        """What a total pays, times 200: each rate is a whole number of half percents."""
        paid = total * RATES[-1]
        for edge, rate, after in zip(EDGES_MINOR, RATES, RATES[1:], strict=False):
            paid += np.minimum(total, edge * BILLION) * (rate - after)
        return paid

    due = np.empty_like(base)
    due[queue] = earned(before + base[queue]) - earned(before)
    return _sums(_together(due, BILLION * 200, deal), partner, count)


def _capped(lines: Column, partner: Column, count: int, cap: int) -> Column:
    """The sums of partners cut to a cap: how their lines share it changes none of them, but it has to be worked out."""
    sums = _sums(lines, partner, count)
    rows = np.flatnonzero(sums[partner] > cap)
    down, rest = np.divmod(lines[rows] * cap, sums[partner[rows]])
    queue = np.lexsort((rows, -rest, partner[rows]))
    own = partner[rows][queue]
    starts = np.flatnonzero(np.diff(own, prepend=-1))
    place = np.arange(len(own)) - np.repeat(starts, np.diff(starts, append=len(own)))
    left = cap - _sums(down, partner[rows], count)
    down[queue] += place < left[own]
    lines[rows] = down
    return _sums(lines, partner, count)


def _referrals(
    is_won: NDArray[np.bool_],
    deal: Column,
    partner: Column,
    share: Column,
    influenced: NDArray[np.bool_],
    amount: Column,
    halves: Column,
) -> list[Column]:
    """The two components that pay credits as they stand: an amount for some, a rate in bands of the score for all."""
    count = len(halves)
    flat = np.bincount(partner[influenced & is_won[deal]], minlength=count) * 2_500
    band = np.where(halves < 80, 5, np.where(halves < 120, 10, 15))[partner]
    lines = np.where(is_won[deal], _half_up(amount[deal] * share * band, BILLION * 1000), 0)
    return [flat, _sums(lines, partner, count)]
