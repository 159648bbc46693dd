"""The reference of what people and scripts type and get: the pages of commands and of the keys of `--json`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from markup import anchor, fenced, table
from meanings_of_json import MEANINGS
from transcripts import answer, inside

import cli

EXIT_CODES = """
| exit code | means |
|---|---|
| 0 | done; where a command only reports, nothing is wrong |
| 1 | a check that ran failed: what was kept does not come out again, or was changed |
| 2 | bad input or usage; nothing was written |
| 3 | the state of the books does not allow it; nothing was written |
| 4 | the environment: a disk, a database, a permission |
| 5 | a fault of Partage itself |
| 130 | interrupted; nothing half-done is kept |
"""

# The sessions from which the keys are read: a heading, the command before it where one is needed, and the command.
SESSIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("init", (), "partage init mine --template channel --json"),
    ("check", (), "partage check mine/bad.yaml --json"),
    ("kpis", (), "partage kpis --json"),
    ("metrics", (), "partage metrics mine/program.yaml --period 2026-Q1 --json"),
    ("score", (), "partage score mine/program.yaml --period 2026-Q1 --json"),
    ("run", (), "partage run mine/program.yaml --period 2026-Q1 --json"),
    ("show", (), "partage show --lines --json"),
    ("show --rejected", (), "partage show --rejected --json"),
    ("show --fates", (), "partage show --fates --json"),
    ("show --scorecards", (), "partage show --scorecards --json"),
    ("show --kpis", (), "partage show --kpis --json"),
    ("trace", (), "partage trace deals D-1002 --json"),
    ("explain", (), "partage explain 1 P-01 commission --json"),
    ("explain --why-not", (), "partage explain 1 P-02 --why-not C-5 --json"),
    ("test", (), "partage test mine/tests.yaml --json"),
    ("plan", (), "partage plan mine/tests.yaml --json"),
    ("curve", (), "partage curve mine/tests.yaml volume --with before=0 --json"),
    ("accept", (), "partage accept mine/tests.yaml --partner P-01 --by Ada --on 2025-12-05 --json"),
    ("accept --list", (), "partage accept --list mine/tests.yaml --json"),
    ("show --balances", ("partage run mine/balances.yaml --period 2026-01",), "partage show --balances --json"),
    ("diff", ("partage run mine/moved.yaml --period 2026-Q1",), "partage diff 1 3 --partner P-01 --json"),
    ("replay", (), "partage replay 1 --json"),
    ("parallel", (), "partage parallel 1 mine/old.csv --json"),
    ("backup", (), "partage backup kept --json"),
    ("restore", (), "partage --store again.db restore kept --json"),
    ("upgrade", (), "partage upgrade --json"),
    ("a failure of any command", (), "partage show 99 --json"),
)

TESTS = """program: Volume
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  volume:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      {method: whole, at_edge: lower_tier, accumulate: period, order: [deals.closed_on],
       steps: [{to: 100, rate: 1%}, {rate: 2%}]}
tests:
  over the edge:
    given: {deals: {amount: 200}}
    expect: {volume: 3}
  blank:
    given: {deals: {deal_id: D-1}}
    expect: F301
"""

BALANCES = """program: Holdback
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 1%}
balances:
  reserve: {holdback: {share: 10%, released: {after: 3}}}
"""

# Keys that stand for many names: below them the names are data.
NAMED: Mapping[str, str] = {"pools": "POOL", "partners[].components": "COMPONENT", "manifest.pools": "POOL"} | {
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
}


def commands_page() -> str:
    """Every command: usage, arguments, options, exit codes."""
    root = click.Context(cli.group, info_name="partage")
    commands = list(_commands(cli.group, root))
    listed = [(f"[`{path}`](#{anchor(path)})", command.get_short_help_str(120)) for path, command, _ in commands]
    parts = [
        "# Commands\n\n",
        f"{(cli.group.help or '').strip()}\n\n",
        table(("command", ""), listed),
        f"\nOptions before a command's name:\n\n{_options(cli.group, root)}",
        "\n## Exit codes\n" + EXIT_CODES,
        "\nWords go to the output, errors to the error stream. With `--json` both go to the output as "
        "[JSON with stable keys](json.md).\n",
    ]
    parts += [_section(path, command, context) for path, command, context in commands]
    return "".join(parts)


def _commands(group: click.Group, parent: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        context = click.Context(command, parent=parent, info_name=name)
        if isinstance(command, click.Group):
            yield from _commands(command, context)
        else:
            yield context.command_path, command, context


def _section(path: str, command: click.Command, context: click.Context) -> str:
    usage = command.get_usage(context).removeprefix("Usage: ")
    has_json = any("--json" in each.opts for each in command.params)
    codes = "Exit codes: [see above](#exit-codes)." + (" Keys of `--json`: [JSON](json.md)." if has_json else "")
    words = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    return f"\n## {path}\n\n{fenced(usage, 'text')}\n{words}\n\n{_options(command, context)}\n{codes}\n"


def _options(command: click.Command, context: click.Context) -> str:
    rows = [found for each in command.params if (found := each.get_help_record(context)) is not None]
    return table(("option", ""), [(f"`{names}`", words) for names, words in rows])


def json_page() -> str:
    """The keys of each command's JSON, read from what the commands print."""
    parts = [
        "# JSON\n\n"
        "`--json` prints one JSON value with the keys below. Keys are added over time, and none changes its meaning or "
        "goes away within a major version. Money is a whole number of minor units; an exact fraction is a text such as "
        '`"2/3"`.\n'
    ]
    shown: set[str] = set()
    with tempfile.TemporaryDirectory() as scratch, inside(Path(scratch)):
        for title, before, command in SESSIONS:
            for each in before:
                answer(each)
            printed, _ = answer(command)
            if title == "init":
                Path("mine/bad.yaml").write_text("program: Bad\ncurency: EUR\n", "utf-8")
                Path("mine/tests.yaml").write_text(TESTS, "utf-8")
                Path("mine/balances.yaml").write_text(BALANCES, "utf-8")
                _move("mine")
                with Path("mine/leads.csv").open("a", encoding="utf-8") as rows:
                    rows.write("L 5,P-01,web,2026-01-05,\n")
            value = json.loads(printed)
            if title == "show":
                shown = set(value)
            is_view = title.startswith("show --")
            rows = [
                (f"`{path}`", " or ".join(sorted(types)), _meaning(path))
                for path, types in _paths({key: value[key] for key in value if key not in shown} if is_view else value)
            ]
            head = f"`partage {title}`" if title.split()[0] in cli.COMMANDS else title[:1].upper() + title[1:]
            also = "The keys of [`partage show`](#partage-show), and:\n\n" if is_view else ""
            parts.append(f"\n## {head}\n\n{also}{table(('key', 'type', ''), rows)}")
    return "".join(parts)


def _move(folder: str) -> None:
    """The same program over deals that were changed, and an old system's payouts."""
    program, deals = (Path(folder, name).read_text("utf-8") for name in ("program.yaml", "deals.csv"))
    head, first, second, *others = deals.splitlines(keepends=True)
    rows = [head, first.replace("D-1001", "D-1009"), second.replace("50", "51"), *others]
    Path(folder, "moved.csv").write_text("".join(rows), "utf-8")
    Path(folder, "moved.yaml").write_text(program.replace("deals.csv", "moved.csv"), "utf-8")
    Path(folder, "old.csv").write_text("partner,amount\nP-01,7000.00\n", "utf-8")


def _meaning(path: str) -> str:
    """What a key means; the manifest's are told as a whole, and a key that nobody explained is blank (a test tells)."""
    return MEANINGS.get(path, "")


def _paths(value: Any) -> list[tuple[str, set[str]]]:
    """Every key of a value by its path, with the types that stand there."""
    found: dict[str, set[str]] = {}
    _walk(value, "", found)
    return list(found.items())


def _walk(value: Any, path: str, found: dict[str, set[str]]) -> None:
    if path:
        found.setdefault(path, set()).add(_type(value))
    if path in NAMED and isinstance(value, dict):
        for each in value.values():
            _walk(each, f"{path}.{NAMED[path]}", found)
    elif isinstance(value, dict) and path != "cases[].differences[].explanation":  # it is told under `explain`
        for key, each in value.items():
            _walk(each, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list) and path not in ("explanation.parts", "rejected[].faults", "warnings"):
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
