"""A fault of what a person wrote, as a value: what is wrong, where, and how to mend it.

Faults of data and config are collected and reported all at once; only programmer faults are assertions. Every
exception that may reach a user is a `PartageError`, and its class decides the exit code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a value was written: `file:line:column` of a document, or `file:line:field` of a table. 1-based; 0 is
    unknown."""

    file: str = ""
    line: int = 0
    column: int = 0
    field: str = ""

    def __str__(self) -> str:
        parts = [self.file] if self.file else []
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        if self.field:
            parts.append(self.field)
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a stable code (see `rules.codes`), what is wrong, where, and how to mend it."""

    code: str
    message: str
    place: Place
    hint: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f" @ {self.place}" if str(self.place) else ""
        return f"{self.severity} {self.code} {self.message}{place}" + (f" - {self.hint}" if self.hint else "")


class PartageError(Exception):
    """The base of every error that a user may see; carries its problems and its exit code.

    PartageError
    ├── CheckFailed     1  a check that ran failed: test, verify, replay, gate
    ├── Refused         2  bad input or usage
    ├── Conflict        3  the state of the books does not allow it
    └── Unavailable     4  the environment: disk, database, permissions
    """

    exit_code: ClassVar[int] = 5

    def __init__(self, *problems: Problem) -> None:
        assert problems, "an error says at least one thing"
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class CheckFailed(PartageError):
    """A check that ran failed."""

    exit_code = 1


class Refused(PartageError):
    """Bad input or usage: nothing was written."""

    exit_code = 2


class Conflict(PartageError):
    """The state of the books does not allow it: nothing was written."""

    exit_code = 3


class Unavailable(PartageError):
    """The environment failed: a disk, a database, a permission."""

    exit_code = 4


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those of `problems` that stop a run, in the order of their places."""
    return tuple(sorted((p for p in problems if p.severity == "error"), key=lambda p: (p.place, p.code)))
