"""How a command fails: words on the error stream, or JSON where it was asked for, and an exit code; never a traceback.

Exit codes: 0 ok, 1 a check that ran failed, 2 bad input or usage, 3 conflict with the state of the books, 4 the
environment (disk, database), 5 an internal error.
"""

from __future__ import annotations

import json
import os
import traceback

import click

from rules.problem import PartageError, Place, Problem

INTERNAL = 5
INTERRUPTED = 130


def report(error: Exception, is_json: bool) -> int:
    """Tell a failure, and give its exit code."""
    if isinstance(error, PartageError):
        tell(error.problems, is_json)
        return error.exit_code
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        click.echo("interrupted; nothing half-done is kept", err=True)
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        tell((_misused(error),), is_json)
        return 2
    message = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    if os.environ.get("PARTAGE_DEBUG"):
        click.echo("".join(traceback.format_exception(error)), err=True)
    hint = "this is a fault of partage, not yours; run again with PARTAGE_DEBUG=1 and report what it prints"
    if is_json:
        problem = {"code": "S500", "severity": "error", "message": message, "place": None, "hint": hint}
        click.echo(json.dumps({"problems": [problem]}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"error S500 {message}\n      {hint}", err=True)
    return INTERNAL


def _misused(error: click.ClickException) -> Problem:
    """A command that was not written as it is asked for, and where it is said how."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = "" if context is None else f"{context.command_path} --help tells what it takes"
    return Problem("S100", error.format_message(), Place(), hint)


def tell(problems: tuple[Problem, ...], is_json: bool) -> None:
    """Print problems: two lines each on the error stream, or JSON on the output."""
    if is_json:
        click.echo(json.dumps({"problems": [as_json(problem) for problem in problems]}, ensure_ascii=False, indent=2))
        return
    for problem in problems:
        click.echo(told(problem), err=True)


def told(problem: Problem) -> str:
    """One problem in words: severity, code, what is wrong, where; and below it how to mend it."""
    place = f"   {problem.place}" if str(problem.place) else ""
    hint = f"\n      {problem.hint}" if problem.hint else ""
    return f"{problem.severity} {problem.code} {problem.message}{place}{hint}"


def as_json(problem: Problem) -> dict[str, object]:
    """One problem with the keys that scripts rely on."""
    place = problem.place
    where = {"file": place.file, "line": place.line, "column": place.column, "field": place.field}
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "place": {key: value for key, value in where.items() if value} or None,
        "hint": problem.hint,
    }
