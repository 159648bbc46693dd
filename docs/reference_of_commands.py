"""The reference of the commands: what people and scripts type, and the exit codes that they get."""

from __future__ import annotations

from collections.abc import Iterator

import click
from markup import anchor, fenced, table

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
        yield context.command_path, command, context
        if isinstance(command, click.Group):
            yield from _commands(command, context)


def _section(path: str, command: click.Command, context: click.Context) -> str:
    """A command; a group of commands has its words and the list of them, and no options."""
    usage = command.get_usage(context).removeprefix("Usage: ")
    has_json = any("--json" in each.opts for each in command.params)
    codes = "Exit codes: [see above](#exit-codes)." + (" Keys of `--json`: [JSON](json.md)." if has_json else "")
    words = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    if isinstance(command, click.Group):
        listed = " · ".join(f"[{name}](#{anchor(f'{path} {name}')})" for name in command.list_commands(context))
        return f"\n## {path}\n\n{words}\n\n{listed}\n"
    level = "#" * len(path.split())  # a command of a group stands below it
    return f"\n{level} {path}\n\n{fenced(usage, 'text')}\n{words}\n\n{_options(command, context)}\n{codes}\n"


def _options(command: click.Command, context: click.Context) -> str:
    """The options, each with its words; arguments are named in the usage, and told in the command's words."""
    options = [each for each in command.params if isinstance(each, click.Option)]
    rows = [found for each in options if (found := each.get_help_record(context)) is not None]
    return table(("option", ""), [(f"`{names}`", words) for names, words in rows])
