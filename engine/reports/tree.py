"""An explanation as lines of text, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from engine.values import NOT_SCORED, Reasoned


def tree_lines(reason: Reasoned) -> Iterator[str]:
    """The explanation as a tree of lines: the value, what it is, how it comes about, and where that is written."""
    yield _head(reason)
    if reason.words:
        yield f"= {reason.words}"
    yield from _branches(reason.parts, "")


def closing(reason: Reasoned) -> str:
    """What an explanation ends with: it adds up, where there is anything to add up."""
    if reason.value is None or reason.shown == NOT_SCORED:
        return "there is no value to add up; what it rests on was worked out again"
    return "adds up to the posted cent"


def as_json(reason: Reasoned) -> dict[str, object]:
    """The explanation with the keys that scripts rely on; `value` is exact, as a fraction's text."""
    place = {"file": reason.place.file, "line": reason.place.line} if reason.place.file else None
    return {
        "title": reason.title,
        "value": None if reason.value is None else str(reason.value),
        "unit": "minor" if reason.is_money else "number",
        "shown": reason.shown,
        "words": reason.words,
        "rule": place,
        "source": reason.source or None,
        "parts": [as_json(part) for part in reason.parts],
    }


def _head(reason: Reasoned) -> str:
    rule = f"   {reason.place.file}:{reason.place.line}" if reason.place.file else ""
    source = f"   {reason.source}" if reason.source else ""
    return f"{reason.shown}  {reason.title}{rule}{source}"


def _branches(parts: tuple[Reasoned, ...], indent: str) -> Iterator[str]:
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1
        yield f"{indent}{'└─ ' if is_last else '├─ '}{_head(part)}"
        below = indent + ("   " if is_last else "│  ")
        if part.words:
            yield f"{below}= {part.words}"
        yield from _branches(part.parts, below)
