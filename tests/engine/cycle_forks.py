"""Commands in processes of their own, forked from one that has loaded everything; killed at a step, if asked.

A step is whatever changes what is kept: a statement that writes, a commit (before it, and after it), a file that is
synced or gets its name. Nothing in the product knows of it: the libraries below it are watched, in the child alone.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Job:
    """A command of the desk (or words for the command line), the step at which its process is killed (0: never), and
    the size beyond which no file grows (0: none)."""

    address: Path | str
    folder: Path
    name: str = ""
    args: dict[str, Any] | None = None
    actor: str = ""
    at: Any = None
    key: str = ""
    words: tuple[str, ...] = ()
    kill: int = 0
    file_bytes: int = 0


@dataclass(frozen=True)
class Told:
    """How a process ended: killed, or with an exit code; the number of its steps; what came of the command."""

    is_killed: bool
    exit_code: int = 0
    steps: int = 0
    is_replayed: bool = False
    event: int = 0
    said: str = ""


class Forks:
    """The process that forks; use it in a `with`."""

    def __init__(self, scratch: Path) -> None:
        paths = os.pathsep.join([str(HERE.parents[1]), str(HERE)])
        environment = {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(scratch)}
        command = [sys.executable, str(HERE / "cycle_forks.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)

    def run(self, jobs: Sequence[Job]) -> list[Told]:
        """Do jobs at once, and tell how each ended."""
        assert self._process.stdin and self._process.stdout
        pickle.dump([vars(job) for job in jobs], self._process.stdin)
        self._process.stdin.flush()
        return [Told(**each) for each in pickle.load(self._process.stdout)]

    def one(self, job: Job) -> Told:
        (told,) = self.run([job])
        return told


# In the process that forks


class _Steps:
    """What was done so far, of what changes what is kept."""

    done = 0
    kill = 0


def _step() -> None:
    _Steps.done += 1
    if _Steps.done == _Steps.kill:
        os.kill(os.getpid(), signal.SIGKILL)


def _watched(act: Callable[..., Any], is_after: bool = False) -> Callable[..., Any]:
    def watched(*args: Any, **named: Any) -> Any:
        _step()
        found = act(*args, **named)
        if is_after:
            _step()
        return found

    return watched


def _is_writing(sql: Any) -> bool:
    text = sql.decode() if isinstance(sql, bytes) else sql if isinstance(sql, str) else "INSERT"
    return text.lstrip().upper().startswith(("BEGIN", "INSERT", "CREATE", "COPY", "COMMIT", "UPDATE"))


def _statement(real: Callable[..., Any]) -> Callable[..., Any]:
    def execute(self: Any, sql: Any, *args: Any, **named: Any) -> Any:
        if not _is_writing(sql):
            return real(self, sql, *args, **named)
        is_commit = isinstance(sql, str) and sql.strip().upper().startswith("COMMIT")
        return _watched(real, is_commit)(self, sql, *args, **named)

    return execute


def _watch() -> None:
    import sqlite3

    import psycopg

    class Cursor(sqlite3.Cursor):
        execute = _statement(sqlite3.Cursor.execute)
        executemany = _statement(sqlite3.Cursor.executemany)

    class Connection(sqlite3.Connection):
        execute = _statement(sqlite3.Connection.execute)
        executemany = _statement(sqlite3.Connection.executemany)
        commit = _watched(sqlite3.Connection.commit, is_after=True)

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    real = sqlite3.dbapi2.connect

    def connect(*args: Any, **named: Any) -> Any:
        return real(*args, **{"factory": Connection, **named})

    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]
    psycopg.Cursor.execute = _statement(psycopg.Cursor.execute)  # type: ignore[method-assign]
    psycopg.Cursor.executemany = _statement(psycopg.Cursor.executemany)  # type: ignore[method-assign]
    psycopg.Cursor.copy = _statement(psycopg.Cursor.copy)  # type: ignore[method-assign]
    psycopg.Connection.commit = _watched(psycopg.Connection.commit, True)  # type: ignore[method-assign]
    for name in ("fsync", "rename", "replace", "link"):
        setattr(os, name, _watched(getattr(os, name), is_after=True))


def _work(job: Job) -> dict[str, Any]:
    from cycle_desk import Desk, asking
    from spine_stories import partage

    from rules.problem import PartageError

    if job.file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.file_bytes, resource.RLIM_INFINITY))
    if job.words:
        ended = partage(*job.words)
        return {"exit_code": ended.exit_code, "steps": _Steps.done, "said": ended.out + ended.err}
    try:
        event, is_replayed, _ = Desk(job.address, job.folder).send(
            job.name, job.args or {}, asking(job.actor, job.at, job.key)
        )
    except PartageError as error:
        return {"exit_code": error.exit_code, "steps": _Steps.done, "said": str(error)}
    return {"steps": _Steps.done, "is_replayed": is_replayed, "event": event.number if event else 0}


def _forked(job: Job, start: int, go: int) -> tuple[int, int]:
    """A child that does a job once all have closed `go`: its id, and where it tells what came of it."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child:
        os.close(theirs)
        return child, ours
    try:
        _Steps.done, _Steps.kill = 0, job.kill
        os.close(go)
        os.read(start, 1)
        told = _work(job)
    except BaseException as error:  # a crash is told as one, and fails the story
        told = {"exit_code": 70, "said": repr(error)}
    _Steps.kill = 0
    os.write(theirs, pickle.dumps(told))
    os._exit(0)


def _ended(child: int, ours: int) -> dict[str, Any]:
    with os.fdopen(ours, "rb") as told:
        content = told.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return {"is_killed": True}
    return {"is_killed": False, **pickle.loads(content)}


def _serve() -> None:
    _watch()
    import alembic.command  # noqa: F401
    import cycle_desk  # noqa: F401
    import pandas as pd  # noqa: F401 (Arrow does, which a child would have to wait for)

    import engine.store.postgres
    import engine.store.writing  # noqa: F401

    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while True:
        try:
            jobs = [Job(**each) for each in pickle.load(sys.stdin.buffer)]
        except EOFError:
            return
        start, go = os.pipe()
        children = [_forked(job, start, go) for job in jobs]
        os.close(start)
        os.close(go)
        pickle.dump([_ended(*each) for each in children], out)
        out.flush()


if __name__ == "__main__":
    _serve()
