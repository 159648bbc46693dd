"""The files in which a command draws what it found: one picture, and one report that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.console import new_file

if TYPE_CHECKING:
    from engine.reports.charts.picture import Picture

picture_option = new_file("--picture", help="Draw it: .svg or .png.")
report_option = new_file("--report", help="Write pictures, tables and reasons as a page that stands alone: .html.")


def refuse_drawing(picture: Path | None, report: Path | None, others: Sequence[Path | None], force: bool) -> None:
    """Raise before any work where a file can't be drawn, is there already, or is named for two things."""
    from engine.reports.charts.write import suffix_of
    from engine.reports.new_file import refuse_existing

    named = [path.absolute() for path in (picture, report, *others) if path is not None]
    if len(set(named)) < len(named):
        raise click.UsageError("each file that is written needs a name of its own")
    for path, among in ((picture, (".svg", ".png")), (report, (".html", ".htm"))):
        if path is not None:
            suffix_of(path, among)
            refuse_existing(path, force)


def write_drawing(
    picture: Path | None, report: Path | None, drawn: Callable[[], Picture], page: Callable[[], str], force: bool
) -> list[str]:
    """Draw what was asked for, and say which files were written."""
    from engine.reports.charts.write import write_picture
    from engine.reports.new_file import write_new

    if picture is not None:
        write_picture(drawn(), picture, force)
    if report is not None:
        write_new(report, page(), force, "the report")
    return [str(path) for path in (picture, report) if path is not None]
