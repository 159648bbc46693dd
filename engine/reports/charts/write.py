"""A picture or a page into the file that a user named: what it becomes, its suffix says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.reports.new_file import write_new
from rules.problem import Place, Problem, Refused

if TYPE_CHECKING:
    from engine.reports.charts.picture import Picture

DRAWN = (".svg", ".png", ".html")


def suffix_of(path: Path, among: Sequence[str] = DRAWN) -> str:
    """The suffix of a file to write, in small letters; raises Refused (M501) where it is none of `among`.

    Ask before the work is done: it loads nothing.

    >>> suffix_of(Path("effect.SVG"))
    '.svg'
    """
    suffix = path.suffix.lower()
    if suffix not in among:
        found = f"'{suffix}'" if suffix else "none"
        hint = f"name a file that ends in {', '.join(among[:-1])} or {among[-1]}"
        raise Refused(
            Problem("M501", f"what to write is told by the suffix, and this is {found}", Place(str(path)), hint)
        )
    return suffix


def write_picture(picture_or_page: Picture | str, path: Path, force: bool = False) -> None:
    """Write a picture (.svg, .png, or .html: a page of it alone) or a page (.html), all of it or nothing; over a file
    that is there only with `force`."""
    suffix = suffix_of(path, (".html",) if isinstance(picture_or_page, str) else DRAWN)
    write_new(path, _content(picture_or_page, suffix), force, "the page" if suffix == ".html" else "the picture")


def _content(picture_or_page: Picture | str, suffix: str) -> str | bytes:
    if isinstance(picture_or_page, str):
        return picture_or_page
    if suffix == ".html":
        from engine.reports.charts.page import page

        return page(picture_or_page.title, "", [picture_or_page])
    return picture_or_page.svg() if suffix == ".svg" else picture_or_page.png()
