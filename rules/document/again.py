"""Read a text again of which most was read before: only the pieces that are new are read.

In: the bytes of a document. Out: what the reader says of them, word for word. A piece is an entry of the document, or
of a section of it, that starts on a line of its own; where pieces can't be told apart beyond doubt, or one has a
problem, the whole text is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from rules.document.reader import DEFAULT_LIMITS, Limits, Mapping, Node, Sequence, read_document
from rules.document.text import document_text
from rules.problem import Problem

PIECES_MAX = 4096
DOCUMENTS_MAX = 4  # read as a whole: the one that all changes are laid over is one of them
_ENTRY = re.compile(r"^[A-Za-z_]\w*:(?=[ \n]|\Z)", re.MULTILINE | re.ASCII)
_INNER = re.compile(r"^  [A-Za-z_]\w*:(?=[ \n]|\Z)", re.MULTILINE | re.ASCII)
_SECTION = re.compile(r"[A-Za-z_]\w*: *(#[^\n]*)?\n", re.ASCII)
_DOUBTFUL = re.compile(r"^(---|\.\.\.|%)|[\r\t\x85\u2028\u2029\ufeff]", re.MULTILINE)


@lru_cache(maxsize=DOCUMENTS_MAX)
def read_again(data: bytes, file: str) -> tuple[Mapping | None, tuple[Problem, ...]]:
    """What `read_document` says of a document.

    >>> text = b"rates:\\n  gold: 7%\\n  silver: 5%\\ncap: 5"
    >>> read_again(text, "p.yaml") == read_document(text, "p.yaml")
    True
    """
    text, problems = document_text(data, file, DEFAULT_LIMITS.size_bytes)
    root = None if problems or _DOUBTFUL.search(text) else _in_pieces(text, file)
    return read_document(data, file) if root is None else (root, ())


def _in_pieces(text: str, file: str) -> Mapping | None:
    """The document put together from its pieces; None where it has to be read as a whole."""
    limits = replace(DEFAULT_LIMITS, depth=DEFAULT_LIMITS.depth - 1)
    found: list[tuple[Mapping | None, int]] = []
    for piece, line in _pieces(_ENTRY, text, 0):
        head = _SECTION.match(piece)
        inner = list(_pieces(_INNER, piece[head.end() :], line + 1)) if head and _INNER.search(piece) else []
        if not inner:
            found.append(_read(piece, line, file, limits))
            continue
        assert head is not None, "a section has a head"
        (section, _), parts = _read(head.group(), line, file, limits), [_read(*each, file, limits) for each in inner]
        inside = _joined(parts)
        if section is None or inside is None or inside.place.column != 3:
            return None
        found.append((replace(section, entries=((section.entries[0][0], inside),)), sum(count for _, count in parts)))
    return None if sum(count for _, count in found) > limits.nodes else _joined(found)


def _pieces(start: re.Pattern[str], text: str, line: int) -> Iterator[tuple[str, int]]:
    """The pieces of a text, each with the lines before it; what comes before the first entry is of that."""
    starts = [match.start() for match in start.finditer(text)]
    for at, end in zip([0, *starts[1:]], [*starts[1:], len(text)], strict=True) if starts else ():
        yield text[at:end], line + text.count("\n", 0, at)


@lru_cache(maxsize=PIECES_MAX)
def _read(piece: str, line: int, file: str, limits: Limits) -> tuple[Mapping | None, int]:
    """The entries of a piece that comes after so many lines, and how many nodes it has at the most."""
    root, problems = read_document(b"\n" * line + piece.encode(), file, limits)
    return (None, 0) if root is None or problems else (root, _nodes(root))


def _nodes(node: Node) -> int:
    if isinstance(node, Mapping):
        return 1 + sum(1 + _nodes(value) for _, value in node.entries)
    return 1 + sum(map(_nodes, node.items)) if isinstance(node, Sequence) else 1


def _joined(parts: list[tuple[Mapping | None, int]]) -> Mapping | None:
    """One mapping of the entries of several; None where one of them is none, or a key comes twice."""
    mappings = [part for part, _ in parts if part is not None]
    entries = [entry for part in mappings for entry in part.entries]
    if not entries or len(mappings) < len(parts) or len({key.text for key, _ in entries}) < len(entries):
        return None
    return Mapping(tuple(entries), mappings[0].place) if len({key.place.column for key, _ in entries}) == 1 else None
