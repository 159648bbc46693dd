"""The reference of the keys of `--json`, read from what the commands print."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from markup import anchor, table
from meanings_of_books import MEANINGS_OF_BOOKS
from meanings_of_effect import MEANINGS_OF_EFFECT
from meanings_of_json import MEANINGS
from meanings_of_optimise import MEANINGS_OF_OPTIMISE
from meanings_of_tuning import MEANINGS_OF_TUNING
from meanings_of_what_if import MEANINGS_OF_WHAT_IF
from sessions_of_json import BOOKS, ONE_RUN, Session, lay_out_books, lay_out_run
from transcripts import answer, inside

import cli

Keys = dict[str, set[str]]  # the types that stand at a path

# Keys that stand for many names: below them the names are data.
NAMED: Mapping[str, str] = {
    "pools": "POOL",
    "partners[].components": "COMPONENT",
    "manifest.pools": "POOL",
    "kpis": "KPI",
    "groups[].kpis": "KPI",
    "kpis[].kpis": "KPI",
    "units": "KPI",
    "scorecards": "SCORECARD",
    "scorecards.SCORECARD[].points": "PATH",
    "scorecards.SCORECARD[].carried": "PATH",
    "balances": "BALANCE",
    "balances.BALANCE[].movements_minor": "MOVEMENT",
    "total.by_cause": "CAUSE",
    "partners[].by_cause": "CAUSE",
    "rows[].by_cause": "CAUSE",
    "causes": "CAUSE",
    "tables": "TABLE",
    "payload.totals_minor": "CURRENCY",
    "payload.balances_minor": "BALANCE",
    "payload.claim": "COLUMN",
    "payload.was": "COLUMN",
    "requests[].totals_minor": "CURRENCY",
    "requests[].balances_minor": "BALANCE",
    "disputes[].claim": "COLUMN",
    "disputes[].was": "COLUMN",
    "payload.request": "ARGUMENT",
    "payload.tables": "TABLE",
    "manifest.balances": "BALANCE",
    "totals_minor": "CURRENCY",
    "payments[].totals_minor": "CURRENCY",
    "cycles[].payments[].totals_minor": "CURRENCY",
    "payload.paid_out_minor": "CURRENCY",
    "parts": "PART",
    "brought": "KPI",
    "scored[].parts": "PART",
    "scored[].brought_minor": "KPI",
    "not_scored[].brought_minor": "KPI",
    "makers": "PERSON",
    "methods[].figures": "FIGURE",
    "curves[].parameters": "PARAMETER",
    "curves[].intervals": "PARAMETER",
    "on_hold": "PAYEE",
}
LIKE = {each.title: each.like for each in (*ONE_RUN, *BOOKS)}
# What is told under another heading, or as a whole.
ELSEWHERE = "true_ups[]."  # where a command prints them beside the keys of another
WHOLE = ("cases[].differences[].explanation", "disputes[].outcome")
WHOLE_LISTS = ("events", "explanation.parts", "rejected[].faults", "requests[].impact", "warnings")


def json_page() -> str:
    """The keys of each command's JSON, read from what the commands print."""
    one_run = _told(ONE_RUN)
    books = _told(BOOKS)
    events = {title: keys for title, keys in books.items() if "payload" in keys}
    parts = [
        "# JSON\n\n"
        "`--json` prints one JSON value with the keys below. Keys are added over time, and none changes its meaning or "
        "goes away within a major version. Money is a whole number of minor units (in what an event says, a text of "
        'one); an exact fraction is a text such as `"2/3"`.\n'
    ]
    parts += [_section(title, keys, one_run, is_of_books=False) for title, keys in one_run.items()]
    others = sorted((title for title in books if title not in events), key=_place)
    parts += [_section(title, books[title], one_run, is_of_books=True) for title in others]
    return "".join([*parts, *_event_sections(events)])


def _told(sessions: Sequence[Session]) -> Mapping[str, Keys]:
    """The keys under each title, in the order in which they are printed."""
    told: dict[str, Keys] = {}
    with tempfile.TemporaryDirectory() as scratch, inside(Path(scratch)):
        if sessions is BOOKS:
            lay_out_books()
        for each in sessions:
            for command in each.before:
                answer(command)
            printed, code = answer(f"{each.command} --json")
            assert not code or sessions is ONE_RUN, f"$ {each.command}\n{printed}"
            if each.title == "init":
                lay_out_run()
            value = json.loads(printed)
            _walk(value, "", told.setdefault(each.title, {}))
            if each.title == "log":
                told |= _other_events(value["events"])
    return told


def _other_events(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Keys]:
    """The events that no command of the sessions prints, by their type."""
    told: dict[str, Keys] = {}
    for each in events:
        if each["type"] in ("cycle.calculated", "refused"):
            _walk(each, "", told.setdefault(f"an event `{each['type']}`", {}))
    return told


def _place(title: str) -> int:
    """Where a title stands: in the order of the commands."""
    first = title.split()[0]
    return list(cli.COMMANDS).index(first) if first in cli.COMMANDS else len(cli.COMMANDS)


def _section(title: str, keys: Keys, told: Mapping[str, Keys], is_of_books: bool) -> str:
    """The keys of a command; of one that prints those of another as well, only the keys that it adds."""
    like = LIKE[title]
    also = f"The keys of [`partage {like}`](#{anchor(f'partage {like}')}), and:\n\n" if like else ""
    known = told[like] if like else {}
    own = {path: types for path, types in keys.items() if known.get(_root(path), {"null"}) == {"null"}}
    own = {path: types for path, types in own.items() if not like or not path.startswith(ELSEWHERE)}
    return f"\n## {_heading(title)}\n\n{also}{_table(own, is_of_books)}"


def _root(path: str) -> str:
    """The key of the value itself below which a path lies."""
    return path.partition(".")[0]


def _heading(title: str) -> str:
    return f"`partage {title}`" if title.split()[0] in cli.COMMANDS else title[:1].upper() + title[1:]


def _event_sections(told: Mapping[str, Keys]) -> Iterator[str]:
    """The keys that every event has, once; then what each kind of event says, commands that say the same together."""
    every: Keys = {}
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for title, keys in sorted(told.items(), key=lambda pair: _place(pair[0])):
        for path, types in keys.items():
            if not path.startswith("payload."):
                every.setdefault(path, set()).update(types)
        said = {path: types for path, types in keys.items() if path.startswith("payload.")}
        alike.setdefault(tuple((path, _types(types)) for path, types in said.items()), []).append(title)
    yield (
        "\n## An event\n\n"
        "A command that changes the books prints the event that it recorded, and `partage log` those that were. What "
        "kind of event it is, its `type` says; what it says beyond that is in `payload`, by the commands below.\n\n"
    )
    yield _table(every, is_of_books=True)
    for rows, titles in alike.items():
        yield f"\n### {', '.join(_heading(each) for each in titles)}\n\n"
        yield _table({path: {types} for path, types in rows}, is_of_books=True) if rows else "`payload` is empty.\n"


def _table(keys: Mapping[str, set[str]], is_of_books: bool) -> str:
    rows = [(f"`{path}`", _types(types), _meaning(path, is_of_books)) for path, types in keys.items()]
    return table(("key", "type", ""), rows)


def _types(types: set[str]) -> str:
    return " or ".join(sorted(types))


def _meaning(path: str, is_of_books: bool) -> str:
    """What a key means; a list of requests or disputes says what their events said. A key that nobody explained is
    blank (a test tells)."""
    root, _, key = path.partition("[].")
    said = f"payload.{key}" if root in ("requests", "disputes") else ""
    of_books = MEANINGS_OF_BOOKS.get(path) or MEANINGS_OF_BOOKS.get(said) if is_of_books else None
    parts = MEANINGS_OF_EFFECT, MEANINGS_OF_WHAT_IF, MEANINGS_OF_OPTIMISE, MEANINGS_OF_TUNING
    others = next((each[path] for each in parts if path in each), "")
    return of_books or others or MEANINGS.get(path, "")


def _walk(value: Any, path: str, found: Keys) -> None:
    """Add every key of a value by its path, with the types that stand there."""
    if path:
        found.setdefault(path, set()).add(_type(value))
    if path in NAMED and isinstance(value, dict):
        for each in value.values():
            _walk(each, f"{path}.{NAMED[path]}", found)
    elif isinstance(value, dict) and path not in WHOLE:
        for key, each in value.items():
            _walk(each, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list) and path not in WHOLE_LISTS:
        found.pop(path, None)
        for each in value or [None]:
            _walk(each, f"{path}[]", found)
    elif isinstance(value, list):
        found[f"{path}[]"] = {"object"}
        found.pop(path)


def _type(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "true or false", int: "integer", str: "text", dict: "object", list: "list"}[type(value)]
