"""What was found of a part of a program, held for programs in which that part is the very same.

In: documents that were put together from the same pieces (`rules.document.again`), where what a change does not touch
is the same node at the same place. Out: the meaning of a part, its problems and what it puts into scope, as if it were
checked anew. While a part is checked it sees of the document what it is held by, and nothing else; and all that is in
scope is compared. So nothing rests on a list of what a check might look at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import Any, TypeVar

from rules.check.scope import Scope
from rules.document.reader import Document, Mapping, Node, Scalar
from rules.problem import Problem

OUTCOMES_MAX = 16  # of one part; those that were used last are held
PARTS_MAX = 4096
VALUES_MAX = 4096
_T = TypeVar("_T")
_Path = tuple[str, ...]
_STATE = tuple(each.name for each in fields(Scope) if each.name not in ("document", "problems"))


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """What a check of a part rests on (the nodes of the part, and what was in scope), and what came of it."""

    nodes: tuple[object, ...]
    before: tuple[object, ...]
    after: tuple[object, ...]
    result: Any
    problems: tuple[Problem, ...]

    def is_of(self, nodes: tuple[object, ...], state: tuple[object, ...]) -> bool:
        same = len(self.nodes) == len(nodes) and all(map(_is, self.nodes, nodes))
        return same and self.before == state


class Held:
    """The parts of programs that were checked."""

    def __init__(self) -> None:
        self._parts: dict[tuple[_Path, ...], list[_Outcome]] = {}

    def part(self, scope: Scope, paths: tuple[_Path, ...], check: Callable[[], _T]) -> _T:
        """What a check finds, which looks at these parts of the document: a section, or an entry of one."""
        whole = scope.document
        nodes, alone = _alone(whole.root, paths)
        if nodes is None:
            return check()
        before = _state(scope)
        if len(self._parts) > PARTS_MAX:
            self._parts.clear()
        outcomes = self._parts.setdefault(paths, [])
        for at in range(len(outcomes) - 1, -1, -1):
            if outcomes[at].is_of(nodes, before):
                outcomes.append(outcomes.pop(at))
                found = outcomes[-1]
                _put(scope, found)
                result: _T = found.result
                return result
        count = len(scope.problems)
        scope.document = Document(whole.file, whole.sha256, alone)
        try:
            result = check()
        finally:
            scope.document = whole
        outcomes.append(_Outcome(nodes, before, _state(scope), result, tuple(scope.problems[count:])))
        del outcomes[:-OUTCOMES_MAX]
        return result


def by_identity(work: Callable[..., _T], most: int = VALUES_MAX) -> Callable[..., _T]:
    """A function of values that do not change, worked out once for the very same objects: they are held, so that
    nothing else gets their ids. What it gives may not be changed either.

    >>> word = "gold"
    >>> lengths = by_identity(len)
    >>> lengths(word), lengths(word)
    (4, 4)
    """
    held: dict[tuple[int, ...], tuple[tuple[Any, ...], _T]] = {}

    @wraps(work)
    def found(*values: Any) -> _T:
        key = tuple(map(id, values))
        known = held.get(key)
        if known is None:
            if len(held) >= most:
                held.clear()
            known = held[key] = values, work(*values)
        return known[1]

    return found


def _is(one: object, other: object) -> bool:
    return one is other or (type(one) is tuple and one == other)


def _alone(root: Mapping, paths: tuple[_Path, ...]) -> tuple[tuple[object, ...] | None, Mapping]:
    """The nodes of some parts with the places around them, None where an entry has none; and a document that holds
    these parts alone."""
    nodes: list[object] = [_placed(root)]
    entries: list[tuple[Scalar, Node]] = []
    for section, *names in paths:
        for key, value in root.entries:
            if key.text != section:
                continue
            if isinstance(value, Mapping):
                inside = tuple(each for each in value.entries if not names or each[0].text == names[0])
                if names and not inside:
                    return None, root
                nodes += [key, _placed(value), *(node for entry in inside for node in entry)]
                value = replace(value, entries=inside)
            else:
                nodes += [key, value]
            entries.append((key, value))
    if any(len(path) > 1 for path in paths) and not entries:
        return None, root
    return tuple(nodes), replace(root, entries=tuple(entries))


def _placed(node: Mapping) -> tuple[object, ...]:
    """Where a collection stands, which is compared by its value: it is put together anew each time."""
    place = node.place
    return place.file, place.line, place.column, place.field


def _state(scope: Scope) -> tuple[object, ...]:
    return tuple(_frozen(getattr(scope, name)) for name in _STATE)


def _frozen(value: Any) -> object:
    if isinstance(value, dict):
        return tuple(value.items())
    return frozenset(value) if isinstance(value, set) else value


def _put(scope: Scope, found: _Outcome) -> None:
    """Put into scope what a check put there."""
    scope.problems += found.problems
    before_and_after: Any = zip(_STATE, found.before, found.after, strict=True)
    for name, before, after in before_and_after:
        if before is after or before == after:
            continue
        own = getattr(scope, name)
        if isinstance(own, dict | set):
            own.clear()
            own.update(after)
        else:
            setattr(scope, name, after)
