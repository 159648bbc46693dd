"""A page that stands alone: pictures and tables in one HTML file, without scripts, that loads nothing.

A picture is embedded as an image, so that nothing of it can reach the page around it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from engine.reports.charts.picture import Picture
from engine.reports.register import Grid

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 Helvetica, Arial, sans-serif; color: #1a1a1a; background: #ffffff; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .4rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
p { max-width: 46rem; }
img { max-width: 100%; height: auto; }
figure { margin: 1.2rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87rem; margin: .8rem 0; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid #d9d9d9; text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid #5f5f5f; }
tfoot td { border-top: 2px solid #5f5f5f; font-weight: bold; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.numbers { display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; margin: 1.2rem 0; }
.numbers div { min-width: 7rem; }
.numbers dt, .numbers .note { color: #5f5f5f; font-size: .87rem; }
.numbers dd { margin: 0; }
.numbers .value { font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.lines { padding-left: 1.2rem; max-width: 52rem; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; } figure, tr { break-inside: avoid; } }
""".strip()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading between the parts of a page."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number that the reader should see first: what it is, its value in words, and a note below it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a page, beside each other."""

    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """Sentences of one kind, each a point of a list: reasons, warnings, notes."""

    texts: tuple[str, ...]


Part = Picture | Grid | Heading | Numbers | Points | str  # a text is a paragraph


def page(title: str, intro: str, pictures_and_tables: Sequence[Part]) -> str:
    """One HTML file with a title, an introduction, and the parts in their order; the same parts are the same bytes."""
    body = [f"<h1>{_text(title)}</h1>", *([f"<p>{_text(intro)}</p>"] if intro else [])]
    body += [_part(each) for each in pictures_and_tables]
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title>",
        f"<style>\n{_STYLE}\n</style>",
    ]
    inside = "\n".join(["<head>", *head, "</head>", "<body>", *body, "</body>"])
    return f'<!doctype html>\n<html lang="en">\n{inside}\n</html>\n'


def _part(part: Part) -> str:
    match part:
        case Picture():
            image = b64encode(part.svg()).decode("ascii")
            words = f"{part.title}. {part.description}"
            return f'<figure><img src="data:image/svg+xml;base64,{image}" alt="{_text(words)}"></figure>'
        case Grid():
            return _table(part)
        case Heading(text):
            return f"<h2>{_text(text)}</h2>"
        case Numbers(numbers):
            return f'<dl class="numbers">{"".join(map(_number, numbers))}</dl>'
        case Points(texts):
            return f'<ul class="lines">{"".join(f"<li>{_text(each)}</li>" for each in texts)}</ul>'
        case str():
            return f"<p>{_text(part)}</p>"


def _number(told: Number) -> str:
    note = f'<dd class="note">{_text(told.note)}</dd>' if told.note else ""
    return f'<div><dt>{_text(told.label)}</dt><dd class="value">{_text(told.value)}</dd>{note}</div>'


def _table(grid: Grid) -> str:
    head = _row(grid, grid.titles, "th")
    body = "\n".join(_row(grid, row, "td") for row in grid.rows)
    foot = f"\n<tfoot>{_row(grid, grid.footer, 'td')}</tfoot>" if grid.footer else ""
    return f'<div class="wide"><table>\n<thead>{head}</thead>\n<tbody>\n{body}\n</tbody>{foot}\n</table></div>'


def _row(grid: Grid, cells: Sequence[str], tag: str) -> str:
    marks = [' class="amount"' if is_amount else "" for is_amount in grid.is_amount]
    return f"<tr>{''.join(f'<{tag}{mark}>{_text(c)}</{tag}>' for c, mark in zip(cells, marks, strict=True))}</tr>"


def _text(text: str) -> str:
    """A text that is no markup, on one line."""
    return escape("".join(each if each.isprintable() else " " for each in text))
