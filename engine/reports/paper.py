"""A document as blocks, and the same blocks as Markdown and as HTML for print.

In: headings, paragraphs, clauses, tables and figures of text. Out: bytes that are the same for the same blocks. What a
program says is text here, whatever signs it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1, 2 or 3."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of prose."""

    text: str


@dataclass(frozen=True, slots=True)
class Clauses:
    """Short statements, each with its name."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """Lines of text that stand as they are, such as a calculation, with what they show."""

    title: str
    lines: tuple[str, ...]


Block = Heading | Paragraph | Clauses | Table | Figure


def markdown(blocks: Sequence[Block]) -> str:
    """The document as Markdown."""
    return "\n\n".join("\n".join(_markdown(block)) for block in blocks) + "\n"


def _markdown(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, text):
            yield f"{'#' * level} {_plain(text)}"
        case Paragraph(text):
            yield re.sub(r"^([#+=>-]|[0-9]+[.)])(?=\s|$)", r"\\\1", _plain(text))
        case Clauses(rows):
            yield from (f"- **{_plain(name)}:** {_plain(text)}" for name, text in rows)
        case Table(head, rows):
            yield _row(head)
            yield _row(["---"] * len(head), is_plain=False)
            yield from (_row(row) for row in rows)
        case Figure(title, lines):
            yield _plain(title)
            yield ""
            yield from (f"    {_one_line(line, False)}".rstrip() for line in lines)


def _cell(text: str) -> str:
    """A cell of a page: an amount or a percentage is not torn from its unit."""
    found = _one_line(text)
    return found.replace(" ", "\N{NO-BREAK SPACE}") if re.fullmatch(r"([A-Z]{3} )?-?[0-9.,]+( %)?", found) else found


def _row(cells: Sequence[str], is_plain: bool = True) -> str:
    return "| " + " | ".join(_plain(cell) if is_plain else cell for cell in cells) + " |"


def _plain(text: str) -> str:
    """A text in which no sign means anything to Markdown."""
    found = re.sub(r"([\\`\[\]<|&~])", r"\\\1", _one_line(text))
    found = re.sub(r"(?<=\S)\*|\*(?=\S)", r"\\*", found)
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", found)


def _one_line(text: str, is_tight: bool = True) -> str:
    found = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(found.split()) if is_tight else found


_STYLE = """
@page { size: A4; margin: 20mm 18mm; }
body { font: 10.5pt/1.45 Georgia, 'Times New Roman', serif; color: #1a1a1a; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2, h3 { font-family: Helvetica, Arial, sans-serif; line-height: 1.2; break-after: avoid; }
h1 { font-size: 20pt; margin: 0 0 .6em; }
h2 { font-size: 13.5pt; margin: 1.8em 0 .5em; border-bottom: 1px solid #999; padding-bottom: .15em; }
h3 { font-size: 11.5pt; margin: 1.4em 0 .4em; }
table { border-collapse: collapse; margin: .6em 0; break-inside: avoid; font-size: 9.5pt; }
th, td { border: 1px solid #bbb; padding: .25em .6em; text-align: left; vertical-align: top; }
th { background: #f0f0f0; }
dl { margin: .4em 0; display: grid; grid-template-columns: 9em 1fr; gap: .15em 1em; }
dt { font-weight: bold; }
dd { margin: 0; }
figure { margin: .8em 0; padding: .5em .8em; background: #f6f6f6; border-left: 3px solid #888; break-inside: avoid; }
figcaption { font-style: italic; margin-bottom: .3em; }
pre { font: 8.5pt/1.4 'DejaVu Sans Mono', Consolas, monospace; white-space: pre-wrap; margin: 0; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
""".strip()


def html(blocks: Sequence[Block], title: str) -> str:
    """The document as one HTML file that loads nothing."""
    body = "\n".join(_html(block) for block in blocks)
    head = f'<meta charset="utf-8">\n<title>{escape(_one_line(title))}</title>\n<style>\n{_STYLE}\n</style>'
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def _html(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{escape(_one_line(text))}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(_one_line(text))}</p>"
        case Clauses(rows):
            told = "".join(f"<dt>{escape(_one_line(n))}</dt><dd>{escape(_one_line(t))}</dd>\n" for n, t in rows)
            return f"<dl>\n{told}</dl>"
        case Table(head, rows):
            top = "".join(f"<th>{escape(_one_line(cell))}</th>" for cell in head)
            below = "".join("<tr>" + "".join(f"<td>{escape(_cell(c))}</td>" for c in row) + "</tr>\n" for row in rows)
            return f"<table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{below}</tbody>\n</table>"
        case Figure(title, lines):
            text = "\n".join(escape(_one_line(line, False)) for line in lines)
            return f"<figure>\n<figcaption>{escape(_one_line(title))}</figcaption>\n<pre>{text}</pre>\n</figure>"
