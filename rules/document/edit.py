"""Edit a document: values are set, added and removed by path, and all else keeps its lines, its layout, its comments.

In: the text of a document without problems, and changes whose paths are of the document as it is and lie beside each
other. Out: the new text, and which characters of it are of which change. A change within braces stays within them. A
comment goes only with what it is about: with what is removed or put in another's place on its line, and with what is
removed right below it, where both begin in the same column; a line that divides (`# ---`) stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence as Items
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rules.document.again import read_again
from rules.document.reader import Mapping, Node, Scalar, Sequence, plain
from rules.document.spans import Span, spans

_WIDTH = 100  # of what is written on one line, in characters
_DIVIDING = 6  # of the signs that lines are drawn with: more of them in a comment make it one that divides
_FLOW_SIGNS = frozenset(",[]{}")
Path = tuple[str | int, ...]


class NotInThisLayout(ValueError):
    """A change that can't be written into the lines as they stand: nothing was changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one path: another value, a new entry (`is_new`: of a list, at its end), or nothing (None)."""

    path: Path
    value: Node | None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """The characters `start` to `end` of the new text, which are of the change at the place `of`."""

    start: int
    end: int
    of: int


@dataclass(frozen=True, slots=True)
class _Patch:
    start: int
    end: int
    text: str
    of: int
    depth: int = 0  # of two that are put at one place, the deeper comes first


def edited(text: str, root: Mapping, changes: Items[Change]) -> tuple[str, tuple[Written, ...]]:
    """The text with all changes; raises NotInThisLayout where it would not read as that.

    >>> text = "rate: 5%   # as agreed\\n"
    >>> root, _ = read_again(text.encode(), "p.yaml")
    >>> edited(text, root, [Change(("rate",), Scalar("6%", False, root.place))])[0]
    'rate: 6%   # as agreed\\n'
    """
    whole = _spans(text)
    small = [(each, of) for of, change in enumerate(changes) for each in _smaller(root, change)]
    patches = sorted(_patches(text, whole, small), key=lambda patch: (patch.start, patch.end, -patch.depth, patch.of))
    parts: list[str] = []
    written: list[Written] = []
    at = length = 0
    for patch in patches:
        if patch.start < at:
            raise NotInThisLayout("two changes meet in one place")
        parts += [text[at : patch.start], patch.text]
        start = length + patch.start - at
        length = start + len(patch.text)
        written.append(Written(start, length, patch.of))
        at = patch.end
    found = "".join([*parts, text[at:]])
    again, problems = read_again(found.encode(), root.place.file)
    if again is None or problems or plain(again) != _expected(root, changes):
        raise NotInThisLayout("the text would not read as the change says")
    return found, tuple(written)


@lru_cache(maxsize=2)  # what is changed is often the same text, over and over
def _spans(text: str) -> Span:
    return spans(text)


def _smaller(root: Node, change: Change) -> Iterator[Change]:
    """A change as those of its parts that differ, where the value is put in place of one of the same shape."""
    if change.is_new or change.value is None:
        yield change
        return
    old, new = _node(root, change.path), change.value
    if isinstance(old, Scalar) and isinstance(new, Scalar) and (old.text, old.quoted) == (new.text, new.quoted):
        return
    if isinstance(old, Sequence) and isinstance(new, Sequence) and len(old.items) == len(new.items):
        for at, item in enumerate(new.items):
            yield from _smaller(root, Change((*change.path, at), item))
    elif isinstance(old, Mapping) and isinstance(new, Mapping) and _in_order(old, new):
        before, after = ({key.text: value for key, value in each.entries} for each in (old, new))
        yield from (Change((*change.path, key), None) for key in before if key not in after)
        for key, value in after.items():
            yield from _smaller(root, Change((*change.path, key), value, key not in before))
    else:
        yield change


def _in_order(old: Mapping, new: Mapping) -> bool:
    """Whether a mapping can become another by new values, removed keys, and new keys at its end."""
    keys = [key.text for key, _ in new.entries]
    kept = [key.text for key, _ in old.entries if key.text in keys]
    return bool(kept) and keys[: len(kept)] == kept


def _node(root: Node, path: Iterable[str | int]) -> Node:
    for step in path:
        if isinstance(root, Mapping):
            root = next(value for key, value in root.entries if key.text == step)
        else:
            assert isinstance(root, Sequence) and isinstance(step, int), "the path is of the document"
            root = root.items[step]
    return root


def _expected(root: Mapping, changes: Iterable[Change]) -> Any:
    """The document as it should read after the changes: worked out on its values alone."""
    found = plain(root)
    gone: list[tuple[Any, Any]] = []
    for change in changes:
        at = found
        for step in change.path[:-1]:
            at = at[step]
        last = change.path[-1]
        if change.value is None:
            gone.append((at, last))
        elif change.is_new and isinstance(at, list):
            at.append(plain(change.value))
        else:
            at[last] = plain(change.value)
    for at, last in sorted(gone, key=lambda each: str(each[1]).zfill(9), reverse=True):
        del at[last]
    return found


# --- patches ----------------------------------------------------------------------------------------------------------


def _patches(text: str, whole: Span, changes: Items[tuple[Change, int]]) -> Iterator[_Patch]:
    """What is put where, of each change; entries that come to and go from one collection are looked at together."""
    shaped: dict[Path, list[tuple[Change, int]]] = {}
    for change, of in changes:
        if change.is_new or change.value is None:
            shaped.setdefault(change.path[:-1], []).append((change, of))
            continue
        above = _span(whole, change.path[:-1])
        yield from _put(text, above, change.path[-1], change.value, of)
    for path, here in shaped.items():
        above = _span(whole, path)
        news = [(change, of) for change, of in here if change.is_new]
        gone = {_place_in(above, change.path[-1]): of for change, of in here if not change.is_new}
        if above.is_flow:
            yield from _in_braces(text, above, news, gone)
        else:
            yield from _in_lines(text, above, news, gone)


def _span(whole: Span, path: Iterable[str | int]) -> Span:
    for step in path:
        whole = whole.at(step)
    return whole


def _place_in(above: Span, step: str | int) -> int:
    return step if isinstance(step, int) else list(above.keys).index(step)


def _put(text: str, above: Span, step: str | int, value: Node, of: int) -> Iterator[_Patch]:
    """Another value in the place of one; the comment behind its key stays."""
    old = above.at(step)
    behind = text.index(":", above.keys[step].end) + 1 if isinstance(step, str) else old.start
    if above.is_flow:
        space = "" if text[old.start - 1] in " \n[{" or isinstance(step, int) else " "
        yield _Patch(old.start, old.end, space + _flow(value), of)
        return
    column = above.column
    is_below = "\n" in text[behind : old.start]
    lines = _written(value, column)
    if lines.startswith("\n"):  # the lines below take the place of what stood behind or below the key
        if not is_below:
            yield _Patch(len(text[: old.start].rstrip(" ")), old.end, "", of)
        start = _line_end(text, behind if is_below else old.end)
        yield _Patch(start, _line_end(text, old.end), lines, of)
    elif is_below:
        yield _Patch(behind, behind, f" {lines}", of)
        yield _Patch(_line_end(text, behind), _line_end(text, old.end), "", of)
    else:
        yield _Patch(old.start, old.end, (" " if old.start == behind and isinstance(step, str) else "") + lines, of)


def _in_lines(text: str, above: Span, news: Items[tuple[Change, int]], gone: dict[int, int]) -> Iterator[_Patch]:
    """Entries of a collection in lines: gone with their lines, new at its end."""
    heads = [*above.keys.values()] if above.kind == "mapping" else above.values
    is_empty = len(gone) == len(heads) and not news
    for at, of in gone.items():
        start = _line_start(text, heads[at].start)
        end = _line_end(text, max(above.values[at].end, heads[at].end))
        if text[start : heads[at].start].strip(" -"):
            raise NotInThisLayout("an entry begins on the line of another")
        if is_empty and at == 0:
            sign = "{}" if above.kind == "mapping" else "[]"
            yield _Patch(start, end, " " * (above.column + 1) + sign, of)
        elif above.kind == "mapping" and "-" in text[start : heads[at].start]:  # the first key behind a dash
            if at + 1 >= len(heads) or at + 1 in gone:
                raise NotInThisLayout("the first keys of an item")
            between = text[min(end + 1, heads[at + 1].start) : _line_start(text, heads[at + 1].start)]
            kept = "".join(f"{line}\n" for line in between.splitlines() if line.strip())
            yield _Patch(start, start, kept, of)
            yield _Patch(heads[at].start, heads[at + 1].start, "", of)
        elif start:
            yield _Patch(_above(text, start) - 1 if _above(text, start) else 0, end, "", of)
        else:
            yield _Patch(0, min(end + 1, len(text)), "", of)
    end = _line_end(text, max(above.end, heads[-1].end))
    for change, of in news:
        assert change.value is not None, "what is added has a value"
        head = f"{_key(change.path[-1])}:" if above.kind == "mapping" else "-"
        lines = _written(change.value, above.column)
        if above.kind == "list" and lines.startswith("\n"):
            lines = lines.lstrip("\n ")
        space = "" if lines.startswith("\n") or not lines else " "
        yield _Patch(end, end, f"\n{' ' * above.column}{head}{space}{lines}", of, len(change.path))


def _in_braces(text: str, above: Span, news: Items[tuple[Change, int]], gone: dict[int, int]) -> Iterator[_Patch]:
    """Entries of a collection in braces or brackets: gone with their comma, new before the closing one."""
    heads = [*above.keys.values()] if above.kind == "mapping" else above.values
    left = [at for at in range(len(heads)) if at not in gone]
    last = max(left, default=-1)
    ends = [max(value.end, head.end) for value, head in zip(above.values, heads, strict=True)]
    for at, of in gone.items():
        if at < last:
            yield _Patch(*_with_comma(text, heads[at].start, ends[at], heads[at + 1].start), "", of)
    has_comma = not left
    lines = _own_lines(text, heads[last + 1].start, ends[-1]) if left and last + 1 < len(heads) and not news else None
    if lines is not None:
        yield _Patch(*lines, "", gone[last + 1])
    elif last + 1 < len(heads):  # those at the end go together, and a comment behind the comma before them stays
        start = heads[last + 1].start
        has_comma = has_comma or "\n" in text[ends[last] : start]
        yield _Patch(start if has_comma else ends[last], ends[-1], "", gone[last + 1])
    for number, (change, of) in enumerate(news):
        assert change.value is not None, "what is added has a value"
        head = f"{_key(change.path[-1])}: " if above.kind == "mapping" else ""
        comma = ", " if number or not has_comma else ""
        end = ends[-1] if ends else above.start + 1
        yield _Patch(end, end, f"{comma}{head}{_flow(change.value)}", of)


def _with_comma(text: str, start: int, end: int, following: int) -> tuple[int, int]:
    """An entry in braces that others follow, with its comma: on lines of its own with all of them, else up to the next
    one, or where that begins a line, with nothing that is about it."""
    comma = text.find(",", end, following)
    if "\n" not in text[end:following] or comma < 0 or text[end:comma].strip():
        return start, following
    lines = _own_lines(text, start, comma + 1)
    if lines is not None:
        return lines
    first = text[_line_start(text, start) : start]
    if not set(first.strip()) - set("[{-") or first.rstrip().endswith(("[", "{")):
        return start, _line_end(text, comma)  # alone behind the brace: the comment on the line is about it
    return len(text[:start].rstrip(" ")), comma + 1


def _own_lines(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The lines of an entry that stands on lines of its own, with the comments that are about it; None where another
    thing stands on them."""
    line, last = _line_start(text, start), _line_end(text, end)
    behind = text[end:last].strip(" ,")
    if text[line:start].strip() or (behind and not behind.startswith("#")) or not line:
        return None
    return _above(text, line) - 1, last


def _above(text: str, start: int) -> int:
    """Where the comments right above a line begin that are about it: in its column, and no line that divides."""
    column = len(text[start:]) - len(text[start:].lstrip(" "))
    while start:
        above = _line_start(text, start - 1)
        line = text[above : start - 1]
        if not line.startswith(" " * column + "#") or line.count("-") + line.count("=") + line.count("#") > _DIVIDING:
            break
        start = above
    return start


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    """Where the line of a character ends: before its line feed."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found


# --- values -----------------------------------------------------------------------------------------------------------


def _written(node: Node, column: int) -> str:
    """A value behind a key or dash in a column: on its line where it has room, else in lines below, from a line feed
    on."""
    if isinstance(node, Scalar):
        return _scalar(node, in_flow=False)
    line = _flow(node)
    if len(line) + column <= _WIDTH:
        return line
    return "\n" + "\n".join(_block(node, column + 2))


def _block(node: Mapping | Sequence, column: int) -> Iterator[str]:
    """A collection in lines."""
    entries = [(f"{_key(key.text)}:", value) for key, value in node.entries] if isinstance(node, Mapping) else []
    entries = entries or [("-", item) for item in node.items] if isinstance(node, Sequence) else entries
    for head, value in entries:
        written = _written(value, column)
        if head == "-" and written.startswith("\n"):
            written = written.lstrip("\n ")
        yield f"{' ' * column}{head}{'' if written.startswith(chr(10)) or not written else ' '}{written}"


def _flow(node: Node) -> str:
    """A value on one line."""
    if isinstance(node, Scalar):
        return _scalar(node, in_flow=True)
    if isinstance(node, Sequence):
        return "[" + ", ".join(map(_flow, node.items)) + "]"
    return "{" + ", ".join(f"{_key(key.text)}: {_flow(value)}" for key, value in node.entries) + "}"


def _scalar(node: Scalar, in_flow: bool) -> str:
    is_plain = not node.quoted and "\n" not in node.text and not (in_flow and _FLOW_SIGNS & set(node.text))
    return node.text if is_plain else json.dumps(node.text, ensure_ascii=False)


def _key(text: str | int) -> str:
    """A key as it is written: in quotes unless it is a plain word or number."""
    word = str(text)
    is_plain = bool(word) and all(sign.isalnum() or sign in "_-." for sign in word) and word[0] not in "-."
    return word if is_plain else json.dumps(word, ensure_ascii=False)
