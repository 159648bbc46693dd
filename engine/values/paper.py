"""What a plan on paper shows of each rule beside its words: an example that the engine worked out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from engine.values.reasoned import Reasoned


@dataclass(frozen=True, slots=True)
class Example:
    """A rule at work: by a case of the program (`reason` explains it), or on made-up rows (a table of texts)."""

    title: str
    reason: Reasoned | None = None
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed with the partner that a plan is for: its id and name, and the rows of table `terms` as texts;
    `values` are their terms and what they are."""

    partner: str
    name: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    values: tuple[tuple[str, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class Foot:
    """What a plan ends with: the digest of the program, its file, and the engine's version."""

    file: str
    program_sha256: str
    engine: str
