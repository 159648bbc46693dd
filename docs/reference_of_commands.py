"""The reference of what people and scripts type and get: the pages of commands and of the keys of `--json`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from markup import anchor, fenced, table
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

# Keys that stand for many names: below them the names are data.
NAMED: Mapping[str, str] = {"pools": "POOL", "partners[].components": "COMPONENT", "manifest.pools": "POOL"} | {
    "kpis": "KPI",
    "groups[].kpis": "KPI",
    "kpis[].kpis": "KPI",
    "units": "KPI",
    "scorecards": "SCORECARD",
    "scorecards.SCORECARD[].points": "PATH",
}

MEANINGS: Mapping[str, str] = {
    "[]": "one for each KPI of the catalogue",
    "[].id": "the KPI's id in the catalogue",
    "[].title": "its name for people",
    "[].unit": "its unit",
    "by": "the level: `partner`, or what `--by` names",
    "kpis": "each KPI that was measured",
    "kpis.KPI": "what it is",
    "kpis.KPI.unit": "`money` (in minor units), `percent` (as a part of one), `count`, `days`, `minutes`, `score`, "
    "`ratio` or `number`",
    "kpis.KPI.better": "`higher` or `lower`",
    "kpis.KPI.title": "its name for people",
    "rejected": "how many rows were left out; `partage run` keeps the list of them",
    "groups[]": "one for each partner, or other group of the level",
    "groups[].group": "the partner's id, or the group's name",
    "groups[].kpis": "the values",
    "groups[].kpis.KPI": "the exact value as a fraction's text, or null where it is unknown",
    "kpis[]": "with `--kpis`: one for each partner",
    "kpis[].group": "the partner's id",
    "kpis[].kpis": "the values",
    "kpis[].kpis.KPI": "the exact value as a fraction's text, in its unit; null where it is unknown",
    "units": "with `--kpis`: what each KPI is measured in",
    "units.KPI": "what it is",
    "units.KPI.unit": "as in `partage metrics`",
    "units.KPI.better": "`higher` or `lower`",
    "units.KPI.title": "its name for people",
    "scorecards": "each scorecard",
    "scorecards.SCORECARD[]": "one for each partner that it is for, the best first, ties by id",
    "scorecards.SCORECARD[].partner_id": "the partner",
    "scorecards.SCORECARD[].score": "the score as a fraction's text, or null where the partner is not scored",
    "scorecards.SCORECARD[].tier": "the tier's name, or null where there is none",
    "scorecards.SCORECARD[].rank": "the place as a fraction's text (two may share 2nd and 3rd as `5/2`), or null",
    "scorecards.SCORECARD[].not_scored": "why the partner is not scored, in one word, or null",
    "scorecards.SCORECARD[].points": "the points of each KPI, by its path such as `growth.sourced`",
    "scorecards.SCORECARD[].points.PATH": "the exact points as a fraction's text, or null where they are unknown",
    "table": "the table of the row",
    "key": "the key of the row, its parts joined by `/` (`\\/` inside of a part)",
    "verdicts[]": "what each rule made of the row, and of the rows that refer to it",
    "verdicts[].table": "the table of the row that the rule reads",
    "verdicts[].key": "the key of that row",
    "verdicts[].rule": "the rule: a payout, a pool, a scorecard, or a KPI with `.numerator` or `.denominator`; or null",
    "verdicts[].fate": "`paid`, `measured`, `not_payable`, `outside`, `rejected` or `unread`",
    "verdicts[].words": "why, for people; its words may change",
    "verdicts[].partner_id": "whose row it is, or null",
    "verdicts[].amount_minor": "what the row was paid in minor units, or null",
    "folder": "the folder that was written to",
    "template": "the template's name",
    "files[]": "the names of the files that were written",
    "problems[]": "what is wrong, in the order of places; empty where nothing is",
    "problems[].code": "see [errors](errors.md)",
    "problems[].severity": "`error` or `warning`; an error stops a run",
    "problems[].message": "what is wrong, for people; its words may change",
    "problems[].place": "where; absent parts are left out, and null where there is no place",
    "problems[].place.file": "the file's name",
    "problems[].place.line": "from 1",
    "problems[].place.column": "from 1",
    "problems[].place.field": "the column of a table",
    "problems[].hint": "how to mend it, for people",
    "program": "the program's title; in `check` and `test` the path as given, in `plan` the file",
    "passed": "how many cases came out as expected",
    "failed": "how many did not",
    "cases[]": "the cases, in the program's order",
    "cases[].case": "the case's name",
    "cases[].period": "the period that it was worked out for",
    "cases[].passed": "whether it came out as expected",
    "cases[].place": "where it is written",
    "cases[].place.file": "the program's file",
    "cases[].place.line": "from 1",
    "cases[].place.column": "from 1",
    "cases[].differences[]": "what came out differently",
    "cases[].differences[].name": "the payout, pool, sum, KPI or score",
    "cases[].differences[].partner_id": "the partner",
    "cases[].differences[].row": "the key of a line's row, or null",
    "cases[].differences[].unit": "`minor` (minor units of money) or `number`",
    "cases[].differences[].expected": "what was expected, as a fraction's text; null for a line that nothing expects",
    "cases[].differences[].actual": "what came out, as a fraction's text; null where it is unknown, or no such line",
    "cases[].differences[].place": "where the expectation is written",
    "cases[].differences[].place.file": "the program's file",
    "cases[].differences[].place.line": "from 1",
    "cases[].differences[].place.column": "from 1",
    "cases[].differences[].explanation": "why it came out so, as in `partage explain`, or null",
    "cases[].codes[]": "the codes of the problems that stopped the case, expected or not",
    "program_sha256": "the digest of the program's bytes",
    "document_sha256": "the digest of the plan's Markdown",
    "rule": "the payout rule",
    "measure": "what runs, as the rule writes it",
    "unit": "of the measure: `minor` (minor units of money) or `number`",
    "fixed[]": "the other inputs of the rule",
    "fixed[].name": "the input, as the rule writes it",
    "fixed[].shown": "its value for people",
    "left_out[]": "what is not applied: `multipliers`, `limits`",
    "points[]": "what is paid, from the lowest value of the measure to the highest",
    "points[].measure": "the value of the measure, as a fraction's text",
    "points[].due_minor": "what is due, exactly, as a fraction's text",
    "points[].line_minor": "the line that is paid: rounded",
    "cliffs[]": "where what is due jumps",
    "cliffs[].measure": "at which value, as a fraction's text",
    "cliffs[].left_minor": "what is due just below it, as a fraction's text",
    "cliffs[].at_minor": "what is due exactly there",
    "cliffs[].right_minor": "what is due just above it",
    "acceptance": "its number in this store",
    "accepted_by": "the person who accepted",
    "accepted_on": "the day on which they did",
    "note": "what is worth knowing of it, or empty",
    "recorded_at": "when it was recorded, UTC",
    "is_new": "whether it was recorded just now; false where this version was accepted before",
    "acceptances[]": "with `--list`: each acceptance, in the order in which they were recorded",
    "acceptances[].acceptance": "its number in this store",
    "acceptances[].program": "the program's title",
    "acceptances[].program_sha256": "the digest of the program's bytes",
    "acceptances[].document_sha256": "the digest of the plan's Markdown, under which the store keeps it",
    "acceptances[].partner_id": "the partner",
    "acceptances[].accepted_by": "the person who accepted",
    "acceptances[].accepted_on": "the day on which they did",
    "acceptances[].note": "what is worth knowing of it, or empty",
    "acceptances[].recorded_at": "when it was recorded, UTC",
    "acceptances[].actor": "who recorded it",
    "acceptances[].engine": "the version of the engine that wrote the plan",
    "acceptances[].is_current": "whether it is of the version of the program that is named; null where none is",
    "sha256": "the digest of the program's bytes",
    "run": "the run's number in this store",
    "run_id": "the digest of the run's manifest",
    "period": "the period's name",
    "engine": "the version of the engine",
    "kind": "`preview` or `official`",
    "created_at": "when it was kept, UTC",
    "actor": "who kept it",
    "inputs[]": "the tables that were read",
    "inputs[].table": "the table",
    "inputs[].file": "the file it was read from",
    "inputs[].raw_sha256": "the digest of the file's bytes",
    "inputs[].rows": "how many rows were accepted",
    "inputs[].rejected": "how many rows were not",
    "inputs[].rows_sha256": "the digest over the rows in the order of their keys",
    "fates[]": "what became of the rows that were read, counted",
    "fates[].table": "the table",
    "fates[].fate": "what became of them, in one word",
    "fates[].rule": "the rule that decided, or why",
    "fates[].rows": "how many rows",
    "pools": "each pool",
    "pools.POOL": "the pool",
    "pools.POOL.size_minor": "its size in minor units",
    "pools.POOL.left_minor": "what was not shared",
    "currency": "the ISO 4217 code",
    "decimals": "how many decimals a minor unit is",
    "components[]": "the payouts and pools, in the program's order",
    "partners[]": "one for each partner with a line, by id",
    "partners[].partner_id": "the partner",
    "partners[].name": "its name, or empty",
    "partners[].components": "the payouts and pools",
    "partners[].components.COMPONENT": "what it gets from each, in minor units",
    "partners[].payout_minor": "what it gets in all, in minor units",
    "total_minor": "what all get, in minor units",
    "lines[]": "with `--lines`: every paid row and every pool share",
    "lines[].partner_id": "the partner",
    "lines[].component": "the payout or pool",
    "lines[].table": "the table of the paid row, or `pool`",
    "lines[].key": "the key of the paid row, or the partner",
    "lines[].amount_minor": "in minor units",
    "rejected[]": "with `--rejected`: each row that was left out",
    "rejected[].table": "the table",
    "rejected[].row": "what names the row in a list of excuses: its key, or its line",
    "rejected[].record": "its number in the source, from 1",
    "rejected[].faults[]": "why, as in `problems[]`",
    "rejected[].text": "the row as it was written",
    "rejected[].excused": "who excused it and why, or null",
    "manifest": "what determines the run, and what it is; its canonical bytes are what `run_id` digests",
    "partner_id": "the partner",
    "explanation": "the value that is explained",
    "explanation.title": "what it is",
    "explanation.value": "the exact value as a fraction's text, in `unit`",
    "explanation.unit": "`minor` (minor units of money) or `number`",
    "explanation.shown": "the value for people",
    "explanation.words": "how it comes about, for people",
    "explanation.rule": "the file and line of the rule, or null",
    "explanation.rule.file": "the program's file",
    "explanation.rule.line": "from 1",
    "explanation.source": "the files and records that it rests on, or null",
    "explanation.parts[]": "what it is made of: explanations with the same keys",
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
    elif isinstance(value, list) and path not in ("explanation.parts", "rejected[].faults"):
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
