"""Make the data of the channel example: a made-up partner program of 300 partners over the years 2025 and 2026.

    python generate.py OUT_FOLDER [--seed 2026] [--rows-scale 1] [--clean]

Out: OUT_FOLDER/TABLE.csv for every canonical table but `payouts`, OUT_FOLDER/own/ with what a program calls a table of
its own, OUT_FOLDER/faults.json with every bad line, and OUT_FOLDER/unreadable/ with files that cannot be read at all.
The same seed and scale give the same bytes on any machine. Standard library only. Nothing in the data is real.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

from synthetic import books, crediting, deals, delivery, engagement, market, people, response
from synthetic.columns import COLUMNS, KEYS
from synthetic.faults import Fault, Tables, mess_up
from synthetic.unreadable import UNREADABLE
from synthetic.world import World

SCALE_MAX = 20  # ids have room for no more


def make_tables(seed: int, scale: Fraction) -> World:
    """Every good row, in the order in which one topic needs another."""
    world = World(seed, scale)
    people.make_partners(world)
    people.make_history(world)
    people.make_payees(world)
    people.make_equity(world)
    people.make_contacts(world)
    market.make_integrations(world)
    market.make_campaigns(world)
    market.make_customers(world)
    market.make_recurring(world)
    deals.make_deals(world)
    deals.make_deal_details(world)
    crediting.make_leads(world)
    crediting.make_registrations(world)
    crediting.make_touches(world)
    crediting.make_credits(world)
    delivery.make_mdf(world)
    delivery.make_projects(world)
    delivery.make_usage(world)
    engagement.make_training(world)
    engagement.make_activities(world)
    engagement.make_surveys(world)
    books.make_costs(world)
    books.make_results(world)
    books.make_adjustments(world)
    books.make_terms(world)
    books.make_targets(world)
    books.make_yardsticks(world)
    books.make_calendars(world)
    return world


def assert_keys(tables: Tables) -> None:
    """Each key on one good row only: a slip of this generator is found here, not by its users."""
    for table, key in KEYS.items():
        places = [COLUMNS[table].index(column) for column in key]
        keys = {tuple(row[place] for place in places) for row in tables[table]}
        assert not places or len(keys) == len(tables[table]), f"{table} has a key twice"


def write(folder: Path, tables: Tables, faults: list[Fault]) -> None:
    """Write a CSV file for each table (UTF-8, LF), and the list of faults."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS[table])
            writer.writerows(rows)
    listed = ",\n".join(json.dumps(asdict(fault)) for fault in faults)
    (folder / "faults.json").write_text(f"[\n{listed}\n]\n" if faults else "[]\n", "utf-8", newline="")


def write_own(folder: Path, world: World) -> None:
    """Write the tables that are no canonical ones: a program says what is in them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "campaign_revenue.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(response.HEADER)
        writer.writerows(response.campaign_revenue(world))


def write_unreadable(folder: Path) -> None:
    """Write the files that cannot be read at all, and what is wrong with each."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for name, (content, line, fault) in UNREADABLE.items():
        (folder / name).write_bytes(content)
        listed.append(json.dumps({"file": name, "line": line, "fault": fault}))
    (folder / "faults.json").write_text("[\n" + ",\n".join(listed) + "\n]\n", "utf-8", newline="")


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description="Make the data of the channel example. Nothing in it is real.")
    parser.add_argument("folder", type=Path, metavar="OUT_FOLDER")
    parser.add_argument("--seed", type=int, default=2026, help="another seed gives another program (default: 2026)")
    help_scale = f"times as many customers, deals and activities, from 0.02 to {SCALE_MAX} (default: 1)"
    parser.add_argument("--rows-scale", type=scale, default=Fraction(1), help=help_scale)
    parser.add_argument("--clean", action="store_true", help="without the faults")
    return parser.parse_args()


def scale(text: str) -> Fraction:
    """A written scale, such as 0.1 or 10."""
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError):
        number = Fraction(0)
    if not Fraction(1, 50) <= number <= SCALE_MAX:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0.02 to {SCALE_MAX}")
    return number


def main() -> None:
    """Make and write the data that was asked for."""
    asked = arguments()
    world = make_tables(asked.seed, asked.rows_scale)
    assert_keys(world.tables)
    write_own(asked.folder / "own", world)
    if asked.clean:
        write(asked.folder, world.tables, [])
        return
    tables, faults = mess_up(world.tables, world.chance("faults"))
    write(asked.folder, tables, faults)
    write_unreadable(asked.folder / "unreadable")


if __name__ == "__main__":
    main()
