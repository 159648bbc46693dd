"""How a command prints: tables with rich on a terminal, plain and aligned in a pipe; JSON where it was asked for."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from engine.reports.register import Grid

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any] | click.Command)

SCREEN_WIDTH = 150  # as wide as a register is at most

json_option = click.option("--json", "is_json", is_flag=True, help="Print JSON with stable keys.")
force_option = click.option("--force", is_flag=True, help="Write over a file that is there.")


def new_file(*names: str, help: str) -> Callable[[_Decorated], _Decorated]:
    """An option that names a file to be written."""
    return click.option(*names, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help=help)


class _Number(click.types.IntParamType):
    """The number of a run, an event or a payment: from 1 to what JSON and the store both can hold."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that was written."""
        found = int(super().convert(value, param, ctx))
        if not 0 < found < 2**53:
            self.fail(f"{value} is no number that is ever given: they count from 1.", param, ctx)
        return found


NUMBER = _Number()


class InOrder(click.Group):
    """A group that lists its commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names as they were added."""
        return list(self.commands)


def store_path(ctx: click.Context) -> Path | str:
    """Where the runs are kept: a file, or the address of a database, which may hold a password: see `store_shown`."""
    asked = str(ctx.find_root().obj)
    return asked if "://" in asked else Path(asked)


def store_shown(ctx: click.Context) -> str:
    """Where the runs are kept, as it may be printed."""
    from engine.store.address import shown

    return shown(store_path(ctx))


def actor() -> str:
    """Who runs the command, as the system says and no variable; the user's number where it has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def print_json(value: object) -> None:
    """One JSON value, readable, in a stable order of keys."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_grid(grid: Grid) -> None:
    """A table of texts."""
    if sys.stdout.isatty():
        _print_rich(grid)
    else:
        _print_plain(grid)


def screen_width() -> int:
    """How many characters a line may have: of a terminal as many as it shows, and of a file or a pipe SCREEN_WIDTH."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else SCREEN_WIDTH


def print_blocks(blocks: Sequence[Grid]) -> None:
    """Tables one below the other, a blank line between two."""
    for at, block in enumerate(blocks):
        if at:
            click.echo("")
        print_grid(block)


def _print_plain(grid: Grid) -> None:
    rows = [grid.titles, *grid.rows, *([grid.footer] if grid.footer else [])]
    widths = [max(len(row[index]) for row in rows) for index in range(len(grid.titles))]
    for row in rows:
        cells = [
            cell.rjust(width) if is_amount else cell.ljust(width)
            for cell, width, is_amount in zip(row, widths, grid.is_amount, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def _print_rich(grid: Grid) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_footer=bool(grid.footer))
    footer = grid.footer or ("",) * len(grid.titles)
    for title, below, is_amount in zip(grid.titles, footer, grid.is_amount, strict=True):
        table.add_column(title, footer=below, justify="right" if is_amount else "left", no_wrap=is_amount)
    for row in grid.rows:
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)


def tell_rejected(rows: int) -> None:
    """Say how many rows were left out of what is shown, where any were."""
    if rows:
        told = "1 row was" if rows == 1 else f"{rows:,} rows were"
        click.echo(f"rejected  {told} left out; partage run keeps the list (partage show --rejected)")
