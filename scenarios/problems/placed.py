"""A refusal told at its place in a problem file: what was asked of a program there stands in no file of the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from rules.problem import Place, Refused


@contextmanager
def placed(place: Place) -> Iterator[None]:
    """Tell what is refused within at a place."""
    try:
        yield
    except Refused as refusal:
        raise Refused(*(replace(each, place=place) for each in refusal.problems)) from None
