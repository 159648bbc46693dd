"""How far a long command is, on a terminal; in a pipe and with --json nothing is told."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_EVERY_SECONDS = 0.2
_CLEAR = "\r\x1b[K"


@contextmanager
def progress(is_json: bool) -> Iterator[Callable[[str, int, int], None]]:
    """What is told how far the work is: what is done, how much of it so far, and of how much."""
    if is_json or not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    last = 0.0

    def tell(what: str, done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_SECONDS:
            last = time.monotonic()
            click.echo(f"{_CLEAR}{what} {done:,} of {of:,}", nl=False, err=True)

    try:
        yield tell
    finally:
        click.echo(_CLEAR, nl=False, err=True)
