"""Paths: the names on the way to a value of a program, with dots between, and the values that a path comes to.

A list counts from 1, `+` is the place behind its last item, `*` is every key or item, and a name that holds a dot
stands in double quotes: `payouts.commission.tiers.steps.1.rate`, `scorecards."all.in".tiers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from rules.document.reader import Mapping, Node, Sequence

Steps = tuple[str, ...]
Found = tuple[str | int, ...]  # keys, and places in lists from 0
ALL, END = "*", "+"
_STEPS_MAX = 64
_STEP = re.compile(r'"([^"]+)"|([^."\s]+(?: [^."\s]+)*)')


class NoSuchPath(Exception):
    """A path that the program does not have: what it is, and what is there instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def steps_of(text: str) -> Steps:
    """The steps of a path; raises ValueError.

    >>> steps_of('payouts."a.b".rate')
    ('payouts', 'a.b', 'rate')
    """
    found, at = [], 0
    while at <= len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError("a name is blank" if at == len(text) or text[at] == "." else "a sign is out of place")
        found.append(match[1] or match[2])
        at = match.end()
        if at < len(text) and text[at] != ".":
            raise ValueError("a sign is out of place")
        at += 1
    if len(found) > _STEPS_MAX:
        raise ValueError("it is too long")
    return tuple(found)


def values_at(root: Mapping, steps: Steps) -> tuple[tuple[Found, Node], ...]:
    """Every value that a path comes to, in the order of the document; raises NoSuchPath where there is none."""
    found = tuple(_walk(root, (), steps, 0))
    if not found:
        raise NoSuchPath(f"nothing is at {'.'.join(steps)[:100]}", "look at the names in the program")
    return found


def places_for(root: Mapping, steps: Steps) -> tuple[tuple[Found, bool], ...]:
    """Every place that a path to something new comes to, and whether something stands there already; raises
    NoSuchPath where there is nothing to add it to."""
    above = values_at(root, steps[:-1]) if steps[:-1] else (((), root),)
    return tuple(_place(path, node, steps) for path, node in above)


def _place(path: Found, node: Node, steps: Steps) -> tuple[Found, bool]:
    last = steps[-1]
    if isinstance(node, Mapping) and last not in (ALL, END):
        return (*path, last), any(key.text == last for key, _ in node.entries)
    if isinstance(node, Sequence) and last == END:
        return (*path, END), False
    above = ".".join(steps[:-1])
    if isinstance(node, Sequence):
        raise NoSuchPath(f"{above} is a list, and what is new comes at its end", f"write {above}.{END}")
    if isinstance(node, Mapping):
        raise NoSuchPath(f"what is added to {above or 'the program'} needs a name", f"write {above}.NAME")
    raise NoSuchPath(f"{above} is a single value, and nothing can be added below it", "set it to keys with values")


def _walk(node: Node, path: Found, steps: Steps, at: int) -> Iterator[tuple[Found, Node]]:
    if at == len(steps):
        yield path, node
        return
    step, before = steps[at], ".".join(steps[:at])
    if isinstance(node, Mapping):
        there = {key.text: value for key, value in node.entries}
        named = there if step == ALL else {step: there[step]} if step in there else None
        if named is None:
            raise NoSuchPath(*_unknown(step, before, list(there)))
        for name, value in named.items():
            with_rest = _walk(value, (*path, name), steps, at + 1)
            yield from _whatever(with_rest) if step == ALL else with_rest
    elif isinstance(node, Sequence):
        places = range(len(node.items)) if step == ALL else [int(step) - 1] if step.isascii() and step.isdigit() else []
        if not places or not 0 <= places[0] < len(node.items):
            number = len(node.items)
            hint = f"write {before}.1 to {before}.{number}" if number else f"add one: {before}.{END}"
            raise NoSuchPath(f"{before} is a list of {number}, and has no '{step[:64]}'", hint)
        for place in places:
            with_rest = _walk(node.items[place], (*path, place), steps, at + 1)
            yield from _whatever(with_rest) if step == ALL else with_rest
    else:
        raise NoSuchPath(f"{before} is a single value, and has no '{step[:64]}'", f"end the path there: {before}")


def _whatever(found: Iterator[tuple[Found, Node]]) -> Iterator[tuple[Found, Node]]:
    """Those that are there, of every key or item: one that lacks the rest of the path is passed over."""
    try:
        yield from found
    except NoSuchPath:
        return


def _unknown(step: str, before: str, there: list[str]) -> tuple[str, str]:
    near = get_close_matches(step, there, n=1)
    listed = ", ".join(there[:12]) + (", ..." if len(there) > 12 else "")
    hint = f"did you mean '{near[0]}'?" if near else f"there is {listed}" if there else "nothing is there"
    return f"{before or 'the program'} has no '{step[:64]}'", hint
