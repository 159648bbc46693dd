"""Make the data of the funds example: 80 made-up partners over 30 months, 36 of them funded, with a known effect.

    python generate.py OUT_FOLDER [--seed 7]

Out: a CSV file for each table. What a campaign brings is written in `EFFECTS` and planted into the sales, so that
whoever measures it can be held against the truth. The same seed gives the same bytes on any machine. Standard library
only. Nothing in the data is real.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

PARTNERS, FUNDED = 80, 36
MONTHS = [date(2024 + at // 12, at % 12 + 1, 1) for at in range(30)]
STARTS = [12, 14, 16, 18, 19, 21]  # the months in which campaigns begin, six partners in each

# What a campaign adds to a partner's month, by months since its start: first it sells more, then less, as some would
# have bought later; and it draws people away from services for as long as it lasts.
EFFECTS = {"event": [7_000] * 6 + [-2_000] * 3, "webinar": [3_000] * 6 + [-1_000] * 3}
DRAWN_AWAY = [-800] * 6
GRANTED = {"event": 9_000, "webinar": 4_000}

SEASON = [0, -1_500, 500, 800, 0, 1_200, -2_000, -2_500, 1_500, 1_000, 1_800, 3_500]  # of all partners alike
GROWTH = 150  # in a month, of all partners alike


def tables(seed: int) -> Iterator[tuple[str, Sequence[str], list[list[object]]]]:
    """Each table with its columns and rows."""
    random = Random(seed)
    partners = [f"P-{number:03}" for number in range(1, PARTNERS + 1)]
    levels = [25_000 + int(random.random() * 40_000) for _ in partners]
    # The larger a partner, the likelier it is funded: to compare the funded with the others is not enough.
    ranked = sorted(range(PARTNERS), key=lambda at: -levels[at] * (0.5 + random.random()))
    funded = sorted(ranked[:FUNDED], key=lambda at: (random.random(), at))
    start = {partner: STARTS[place % len(STARTS)] for place, partner in enumerate(funded)}
    activity = {partner: ("event", "webinar")[place // len(STARTS) % 2] for place, partner in enumerate(funded)}

    regions = [random.choice(["north", "south"]) for _ in partners]
    columns = ("partner_id", "name", "region", "recruited_on")
    rows = zip(partners, regions, strict=True)
    yield "partners", columns, [[each, f"Partner {each[2:]}", region, "2023-06-01"] for each, region in rows]

    sales: list[list[object]] = []
    for at, partner in enumerate(partners):
        lift = EFFECTS[activity[at]] if at in start else []
        drawn = DRAWN_AWAY if at in start else []
        for stream, level, spread, effect in (
            ("subscription", levels[at], 2_500, lift),
            ("services", levels[at] // 4, 700, drawn),
        ):
            for month, added in enumerate(noise(random, spread)):
                since = month - start[at] if at in start else -1
                planted = effect[since] if 0 <= since < len(effect) else 0
                shared = SEASON[month % 12] + GROWTH * month if stream == "subscription" else 0
                sales.append([partner, f"{MONTHS[month]:%Y-%m}", stream, level + shared + added + planted])
    yield "sales", ("partner_id", "month", "stream", "amount"), sales
    yield from funds(random, partners, {at: (start[at], activity[at]) for at in sorted(start)})


def noise(random: Random, spread: int) -> Iterator[int]:
    """What is by chance, month by month: 40 % of it stays into the next. Sums of uniform numbers, which are the same on
    every machine, in place of a logarithm and a cosine, which need not be."""
    carried = 0.0
    for _ in MONTHS:
        carried = 0.4 * carried + spread * (sum(random.random() for _ in range(12)) - 6)
        yield round(carried)


def funds(
    random: Random, partners: Sequence[str], funded: dict[int, tuple[int, str]]
) -> Iterator[tuple[str, Sequence[str], list[list[object]]]]:
    """Campaigns, and the requests and claims that paid for them."""
    campaigns: list[list[object]] = []
    requests: list[list[object]] = []
    claims: list[list[object]] = []
    for number, (at, (month, activity)) in enumerate(funded.items(), start=1):
        begins = MONTHS[month] + timedelta(days=random.randrange(10))
        decided = begins - timedelta(days=20 + random.randrange(20))
        submitted = begins + timedelta(days=40 + random.randrange(20))
        granted = GRANTED[activity]
        cost = 2 * granted - 100 * random.randrange(12)
        key = f"{number:03}"
        campaigns.append([f"C-{key}", partners[at], activity, begins, begins + timedelta(days=150)])
        requests.append(
            [
                f"Q-{key}",
                partners[at],
                "B-1",
                f"C-{key}",
                activity,
                decided - timedelta(days=9),
                granted,
                decided,
                granted,
            ]
        )
        paid = [submitted + timedelta(days=7), submitted + timedelta(days=14)]
        claims.append([f"M-{key}", f"Q-{key}", submitted, paid[0], paid[1], cost, cost, cost // 2, f"{number:064x}"])
    yield "campaigns", ("campaign_id", "partner_id", "kind", "starts_on", "ends_on"), campaigns
    yield (
        "mdf_budgets",
        ("budget_id", "valid_from", "expires_on", "amount"),
        [["B-1", "2024-10-01", "2026-06-30", 250_000]],
    )
    asked = ("request_id", "partner_id", "budget_id", "campaign_id", "activity", "requested_on")
    yield "mdf", (*asked, "requested", "decided_on", "approved"), requests
    claimed = ("claim_id", "request_id", "submitted_on", "decided_on", "paid_on", "claimed", "approved", "paid")
    yield "mdf_claims", (*claimed, "proof_sha256"), claims


def write(folder: Path, seed: int) -> None:
    """A CSV file for each table (UTF-8, LF)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns, rows in tables(seed):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    write(asked.folder, asked.seed)
