"""partage attribute: whose touches brought the deals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from engine.commands.console import (
    force_option,
    json_option,
    new_file,
    print_blocks,
    print_json,
    screen_width,
    tell_rejected,
)

_METHODS = (  # those of `scenarios.attribution.methods`, which --help does not wait for
    "first",
    "last",
    "linear",
    "u",
    "w",
    "time_decay",
    "sourced",
    "influenced",
    "markov",
    "shapley",
    "shapley_rate",
)


class _Days(click.ParamType[int]):
    """A number of days as programs write it, `90 days`, or `90d`."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The days."""
        from rules.crediting.days import DAYS_MAX

        found = re.fullmatch(r"([1-9][0-9]{0,3}) ?(?:d|days?)", str(value), re.ASCII)
        if found is None or int(found[1]) > DAYS_MAX:
            self.fail(f"'{str(value)[:40]}' is no number of days from 1 to {DAYS_MAX:,}; write 90d.", param, ctx)
        return int(found[1])


_DAYS = _Days()


@click.command(name="attribute")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--period", required=True, metavar="PERIOD[..PERIOD]", help="The periods in which deals were closed.")
@click.option(
    "--method", type=click.Choice(_METHODS), default="linear", show_default=True, help="How deals are shared."
)
@click.option("--window", type=_DAYS, metavar="90d", help="How long before the close (for sourced: the opportunity).")
@click.option("--kinds", metavar="KIND,...", help="The kinds of touches that qualify; all, unless said.")
@click.option(
    "--amount",
    type=click.Choice(("amount", "annual_value", "margin")),
    default="amount",
    show_default=True,
    help="What of a deal is credited.",
)
@click.option("--half-life", type=_DAYS, metavar="7d", help="For time_decay; 7 days unless said.")
@click.option("--order", type=click.IntRange(1, 4), help="For markov: touches that a state remembers; 1 unless said.")
@click.option(
    "--unions",
    type=click.Choice(("parent", "region", "tier", "segment", "kind", "manager")),
    help="For shapley: partners come union by union (the Owen value).",
)
@click.option("--sample", type=click.IntRange(2, 1_000_000), metavar="ORDERS", help="For shapley_rate: sample orders.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Of what is sampled.")
@click.option("--compare", is_flag=True, help="All methods side by side, and who gains and loses.")
@click.option(
    "--negative",
    type=click.Choice(("refuse", "keep", "zero_and_tell")),
    default="refuse",
    show_default=True,
    help="What becomes of shares below zero in a table that is paid.",
)
@click.option("--normalise", is_flag=True, help="Bring the parts of each deal to 100 %.")
@click.option("--pay-sampled", is_flag=True, help="Let a table be paid that was sampled.")
@new_file("--out", help="Write the table of weights, a CSV file.")
@force_option
@json_option
def command(program: Path, period: str, out: Path | None, force: bool, is_json: bool, **asked: Any) -> None:
    """Share the deals of PROGRAM that were won in a period among the partners who touched them.

    Data-driven methods learn from the lost deals too. With --out the shares are written as whole weights, with a
    manifest that says how they came about: a program takes that file as its source `attributions`, and pays by it
    (credit way `attributions`). A run reads the table as a fact, and never solves it again.
    """
    from engine.reports.blocks import turned_or_in_blocks
    from scenarios.acts.attribute import Options, attribute, files_of, save
    from scenarios.attribution.methods import METHODS
    from scenarios.attribution.report import as_json, gains, grid, notes

    if out is not None:
        files_of(out, force)
    options = Options(
        method=asked["method"],
        window_days=asked["window"],
        half_life_days=asked["half_life"],
        kinds=tuple(each.strip() for each in (asked["kinds"] or "").split(",") if each.strip()),
        amount=asked["amount"],
        order=asked["order"],
        unions=asked["unions"],
        orders=asked["sample"],
        seed=asked["seed"],
        negative=asked["negative"],
        is_normalised=asked["normalise"],
        may_be_sampled=asked["pay_sampled"],
        compares=asked["compare"],
    )
    found = attribute(program, period, options)
    files = [] if out is None else [str(each) for each in save(found, options, out, force)]
    if is_json:
        print_json(as_json(found, files))
        return
    click.echo(f"{found.title}, {found.period} ({found.days}): attributed by {options.method}")
    click.echo(
        f"deals     {found.deals_won:,} won, {found.deals_lost:,} lost   "
        f"touches {found.touches:,}, of which {found.touches_counted:,} count"
    )
    click.echo(f"method    {METHODS[options.method]}")
    tell_rejected(found.rejected)
    print_blocks(turned_or_in_blocks(grid(found), "method", screen_width()))
    if options.compares:
        click.echo(f"against {options.method}:")
        for line in gains(found):
            click.echo(f"  {line}")
    for line in notes(found):
        click.echo(line)
    if files and found.weights is not None:
        click.echo(f"wrote {' and '.join(files)}   version {found.weights.version}")
