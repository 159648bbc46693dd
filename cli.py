"""The `partage` command: a table of names, each loaded when it is called."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("engine.commands.init", "Start a program in a folder of its own."),
    "check": ("engine.commands.check", "Report everything that is wrong with a program, and how to mend it."),
    "test": ("engine.commands.test", "Work out the cases that a program brings along, and compare."),
    "plan": ("engine.commands.plan", "Write the plan that partners read and sign, from the program itself."),
    "curve": ("engine.commands.curve", "Show what a payout rule pays as its measure runs, cliffs marked."),
    "accept": ("engine.commands.accept", "Record that a partner accepted the plan, or list who did."),
    "schema": ("engine.commands.schema", "Write the JSON Schema, for editors that complete and check programs."),
    "kpis": ("engine.commands.kpis", "List the catalogue of KPIs, or show a definition."),
    "metrics": ("engine.commands.metrics", "Measure the KPIs of a program, by partner or at any level."),
    "mdf": ("cli:mdf", "Follow market development funds: what they hold, what they pay, what they brought."),
    "attribute": ("scenarios.commands.attribute", "Share won deals among the partners whose touches brought them."),
    "score": ("engine.commands.score", "Score the partners of a program; nothing is paid."),
    "contribution": (
        "scenarios.commands.contribution",
        "Set what partners contribute against what they are paid.",
    ),
    "curves": ("scenarios.commands.curves", "Fit what a spend brings, as far as the data tell."),
    "simulate": ("scenarios.commands.simulate", "Work out what a change would come to: cost, winners, losers."),
    "optimise": (
        "scenarios.commands.optimise",
        "Split a budget, or choose tiers or rates, with a proof of how good it is.",
    ),
    "apply": ("scenarios.commands.apply", "Write the changes of a scenario into a program, comments kept."),
    "run": ("engine.commands.run", "Calculate a period: who gets what, to the last unit."),
    "show": ("engine.commands.show", "Show a kept run: its register, its lines, its inputs."),
    "trace": ("engine.commands.trace", "Tell what became of a source row, rule by rule."),
    "diff": ("engine.commands.diff", "Tell what moved between two runs: who gained and lost, and by which cause."),
    "replay": ("engine.commands.replay", "Work out a kept run again, and prove that nothing of it was changed."),
    "parallel": ("engine.commands.parallel", "Hold an old system's payouts against a run, and explain what differs."),
    "program": ("engine.commands.program", "Put a version of a program into force: submit, approve, activate."),
    "cycle": ("engine.commands.cycle", "Run a payout cycle: open, submit, approve, lock, pay, close."),
    "adjust": ("engine.commands.adjust", "Adjust an amount by hand, with a second person."),
    "dispute": ("engine.commands.dispute", "Claim that a row of a run is wrong, and answer what was claimed."),
    "accrue": ("engine.commands.accrue", "Show what was earned and not paid by a day, payee by payee."),
    "opening": ("engine.commands.opening", "Go live with balances and positions that a second person approves."),
    "hold": ("engine.commands.hold:hold", "Let a payee's payments wait."),
    "release": ("engine.commands.hold:release", "Let a payee be paid again."),
    "log": ("engine.commands.log", "Show everything that was done to the books, refusals included."),
    "backup": ("engine.commands.backup", "Back the books up into a folder, verified."),
    "restore": ("engine.commands.restore", "Make a store of a backup: the books again, or at another place."),
    "upgrade": ("engine.commands.upgrade", "Bring a store of an older version up to date, after a backup."),
    "explain": ("engine.commands.explain", "Explain a partner's payout, from the cent to the source rows."),
}

# A group whose commands come from several rooms, none of which may import another's.
MDF: dict[str, tuple[str, str]] = {
    "status": (
        "engine.commands.mdf:status",
        "Tell what funds came to: rates, breakage by cause, and what came of them.",
    ),
    "ledger": ("engine.commands.mdf:ledger", "List every entry of the commitment ledger, and what was refused."),
    "effect": ("scenarios.commands.effect", "Measure what funds or an incentive really brought."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and loads one only when it is called."""

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._table:
            return None
        module, _, name = self._table[cmd_name][0].partition(":")
        command = getattr(import_module(module), name or "command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in self._table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self._table and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], self._table, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--store",
    type=click.Path(dir_okay=False),
    metavar="FILE|URL",
    default="partage.db",
    show_default=True,
    envvar="PARTAGE_STORE",
    help="Where runs are kept: a file, or postgresql://USER@HOST/DATABASE.",
)
@click.version_option(package_name="partage", prog_name="partage")
@click.pass_context
def group(ctx: click.Context, store: str) -> None:
    """Computes who gets what from a partner program, to the cent, and can prove it."""
    ctx.obj = store


@click.group(name="mdf", cls=LazyGroup, table=MDF)
def mdf() -> None:
    """Follow market development funds: what they hold, what they promised and paid, and what they brought."""


def main() -> None:
    """Run the command line; every error ends as words and an exit code."""
    gc.set_threshold(100_000)  # a short command is mostly imports, and looking for garbage in them finds none
    try:
        _refuse_unreadable(sys.argv[1:])
        group(standalone_mode=False)
    except Exception as error:
        from engine.commands.failures import report

        sys.exit(report(error, "--json" in sys.argv))


def _refuse_unreadable(arguments: list[str]) -> None:
    """Raise where an argument is no text: the bytes of another encoding could be neither kept nor printed."""
    for at, each in enumerate(arguments, start=1):
        if any("\ud800" <= sign <= "\udfff" for sign in each):
            shown = each.encode("ascii", "backslashreplace").decode()
            raise click.UsageError(f"argument {at} is no UTF-8 text: {shown}")


if __name__ == "__main__":
    main()
