"""Transcripts: commands and what they print, as pages and tests show them, run again and compared.

A transcript is a text in which a line `$ command` is followed by what the command prints. A line that is only `...`
stands for any lines. `partage` runs in this process; any other command runs in a shell.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cli
from engine.commands.failures import INTERNAL, report

ANY = "..."
COLUMNS = "100"
_SHELL_SIGNS = re.compile(r"[|&;<>()`$*?]")


@dataclass(frozen=True)
class Exchange:
    """One command of a transcript, the lines that it should print, and the line of the page on which it stands."""

    command: str
    expected: tuple[str, ...]
    line: int


def exchanges(text: str, first_line: int = 1) -> list[Exchange]:
    """The commands of a transcript, each with what follows it."""
    found: list[tuple[str, list[str], int]] = []
    for number, line in enumerate(text.splitlines(), first_line):
        if line.startswith("$ "):
            found.append((line[2:], [], number))
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError(f"line {number}: a transcript begins with a command")
    return [Exchange(command, tuple(expected), line) for command, expected, line in found]


def answer(command: str) -> tuple[str, int]:
    """What a command prints, on both streams, in the folder where we are; and its exit code."""
    if command.startswith("cd "):
        os.chdir(command[3:])
        return "", 0
    if command.startswith("partage ") and not _SHELL_SIGNS.search(command):
        return _partage(shlex.split(command)[1:])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "COLUMNS": COLUMNS}
    done = subprocess.run(
        command, shell=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120
    )
    return done.stdout, done.returncode


def matches(expected: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether lines are the expected ones, where `...` stands for any number of lines."""
    if not expected:
        return not printed
    if expected[0] == ANY:
        return any(matches(expected[1:], printed[start:]) for start in range(len(printed) + 1))
    return bool(printed) and printed[0] == expected[0] and matches(expected[1:], printed[1:])


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Be in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _partage(words: Sequence[str]) -> tuple[str, int]:
    printed = io.StringIO()
    before = {name: os.environ.pop(name, None) for name in ("PARTAGE_STORE", "PARTAGE_DEBUG", "COLUMNS")}
    os.environ["COLUMNS"] = COLUMNS
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = _exit_code(words)
    finally:
        del os.environ["COLUMNS"]
        os.environ.update({name: value for name, value in before.items() if value is not None})
    return printed.getvalue(), code


def _exit_code(words: Sequence[str]) -> int:
    try:
        cli.group(list(words), prog_name="partage", standalone_mode=False)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    except Exception as error:
        return report(error, "--json" in words)
    return 0


def replay(text: str) -> str:
    """A transcript run again, where we are: each command, what it prints now, and its exit code where that is not 0.

    What `...` stands for stays so while the rest is right. A fault of Partage itself raises: it is never what a
    transcript should show.
    """
    told = []
    for exchange in exchanges(text):
        printed, code = answer(exchange.command)
        if code == INTERNAL:
            raise AssertionError(f"$ {exchange.command}\n{printed}")
        lines = [*printed.splitlines(), *([f"exit code {code}"] if code else [])]
        shown = exchange.expected if matches(exchange.expected, lines) else lines
        told += [f"$ {exchange.command}", *shown]
    return "\n".join(told) + "\n"
