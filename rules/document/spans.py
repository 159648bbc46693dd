"""Where each value of a document stands in its text: from which character to which, keys and layout with it.

In: a text that the reader read without a problem. Out: a tree of spans of the same shape as the reader's tree, by which
a value can be written anew while everything else stays as it was written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, MappingStartEvent, ScalarEvent


@dataclass(slots=True)
class Span:
    """A value's characters, `start` to `end`; `column` counts from 0, `is_flow` is written in brackets or braces.

    `kind` is scalar, list or mapping; `keys` (of a mapping) are the spans of keys, `values` those of values or items. A
    list in lines starts at its first dash.
    """

    kind: str
    start: int
    end: int
    column: int
    is_flow: bool = False
    keys: dict[str, Span] = field(default_factory=dict)
    values: list[Span] = field(default_factory=list)

    def at(self, step: str | int) -> Span:
        """The value of a key, or the item at a place counted from 0."""
        return self.values[step] if isinstance(step, int) else self.values[list(self.keys).index(step)]


def spans(text: str) -> Span:
    """The spans of a document that is a mapping.

    >>> found = spans("rates: {gold: 7%}  # agreed")
    >>> gold = found.at("rates").at("gold")
    >>> gold.start, gold.end
    (14, 16)
    """
    _, parser = YAML(typ="base", pure=True).get_constructor_parser(text)
    stack: list[Span] = []
    waiting: list[Span | None] = []
    root: Span | None = None
    while parser.check_event():
        event = parser.get_event()
        if isinstance(event, CollectionStartEvent):
            stack.append(_opened(event))
            waiting.append(None)
            continue
        if isinstance(event, CollectionEndEvent):
            span = stack.pop()
            waiting.pop()
            span.end = event.end_mark.index if span.is_flow else _last(span, text)
        elif isinstance(event, ScalarEvent):
            span = Span("scalar", event.start_mark.index, _trimmed(event, text), event.start_mark.column)
        else:
            continue
        if not stack:
            root = span
        elif stack[-1].kind == "list":
            stack[-1].values.append(span)
        elif waiting[-1] is None:
            waiting[-1] = span
            stack[-1].keys[str(event.value)] = span
        else:
            stack[-1].values.append(_behind(waiting[-1], span, text))
            waiting[-1] = None
    assert root is not None, "the document was read"
    return root


def _opened(event: Any) -> Span:
    mark = event.start_mark
    kind = "mapping" if isinstance(event, MappingStartEvent) else "list"
    return Span(kind, mark.index, mark.index, mark.column, bool(event.flow_style))


def _last(span: Span, text: str) -> int:
    """The end of a collection in lines: that of its last value, or of its last key or dash where that is blank."""
    end = max([span.start + 1, *(each.end for each in span.values)])
    return end if span.values and span.values[-1].end > span.start else len(text[:end].rstrip())


def _trimmed(event: Any, text: str) -> int:
    """The end of a scalar without the lines that follow a block of text."""
    start: int = event.start_mark.index
    end: int = event.end_mark.index
    return start + len(text[start:end].rstrip())


def _behind(key: Span, value: Span, text: str) -> Span:
    """The value of a key; a blank one stands right behind the colon."""
    if value.kind == "scalar" and value.end == value.start:
        value.start = value.end = text.index(":", key.end) + 1
    return value
