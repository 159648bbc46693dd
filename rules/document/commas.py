"""Expressions that a comma within braces or brackets cut apart: `{sum: greatest(a, b)}` is two entries to YAML.

In: a document and the path of a value or key that a fault was found in. Out: the whole text that was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence as Items

from rules.document.reader import Mapping, Node, Scalar, Sequence

_SHOWN_MAX = 100
_PIECES_MAX = 20


def comma_hint(root: Node, path: Items[str | int]) -> str:
    """How to mend the value or key at `path` if it is a piece of an expression that a comma cut; else empty.

    >>> from rules.document.reader import read_document
    >>> root, _ = read_document(b"{sum: greatest(a, b) / 2}", "program.yaml")
    >>> comma_hint(root, ("sum",))
    'a comma within braces or brackets ends a value; put the whole in double quotes: "greatest(a, b) / 2"'
    """
    *above, last = path
    at: Node | None = root
    for step in above:
        at = None if at is None else _below(at, step)
    if at is None:
        return ""
    text = next((text for names, text in _cut(at) if str(last) in names), None)
    if text is None:
        return ""
    shown = text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."
    return f'a comma within braces or brackets ends a value; put the whole in double quotes: "{shown}"'


def _below(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Mapping):
        found = (value for key, value in node.entries if key.text == str(step))
        return next(found, node if isinstance(step, int) else None)  # keys that stand for a list of one
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def _cut(node: Node) -> Iterator[tuple[list[str], str]]:
    """Each value of a mapping or list that opens a bracket which a later piece closes: the names of its pieces (keys,
    or places in the list) and the text that they were."""
    names: list[str] = []
    texts: list[str] = []
    depth = 0
    for name, text, is_piece in _pieces(node):
        if not names or not is_piece or len(names) == _PIECES_MAX:
            names, texts, depth = [], [], 0
        names.append(name)
        texts.append(text)
        depth += text.count("(") - text.count(")")
        if depth > 0:
            continue
        if depth == 0 and len(texts) > 1:
            yield names, ", ".join(texts)
        names, texts, depth = [], [], 0


def _pieces(node: Node) -> Iterator[tuple[str, str, bool]]:
    """The entries of a mapping or list, by name, with their texts, and whether each can be what follows a comma; what
    is quoted or no text has none."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            is_alone = isinstance(value, Scalar) and not value.text and not value.quoted
            whole = value.text if isinstance(value, Scalar) and not value.quoted else ""
            yield key.text, key.text if is_alone else whole, is_alone and not key.quoted
    elif isinstance(node, Sequence):
        for at, item in enumerate(node.items):
            is_text = isinstance(item, Scalar) and not item.quoted
            yield str(at), item.text if is_text and isinstance(item, Scalar) else "", is_text
