"""The little Markdown that generated pages are made of, and what links and anchors mean in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence


def cell(text: str) -> str:
    """A text within a table's cell."""
    return " ".join(text.split()).replace("|", r"\|")


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [titles, ["---"] * len(titles), *[[cell(each) for each in row] for row in rows]]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def fenced(text: str, language: str) -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```\n"


def anchor(heading: str) -> str:
    """The anchor of a heading: its letters in lower case, digits, hyphens; spaces become hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Every anchor of a page; a heading that stands twice gets a number the second time."""
    found: dict[str, int] = {}
    every = set()
    for heading in re.findall(r"^#{1,6} +(.+)$", without_code(text), re.MULTILINE):
        name = anchor(heading)
        every.add(f"{name}-{found[name]}" if name in found else name)
        found[name] = found.get(name, 0) + 1
    return every


def links(text: str) -> Iterator[str]:
    """The targets of a page's links."""
    plain = re.sub(r"`[^`\n]*`", "", without_code(text))
    yield from re.findall(r"\]\(([^)\s]+)\)", plain)


def without_code(text: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
