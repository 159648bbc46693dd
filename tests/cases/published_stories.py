"""What the tests of published plans share: the facts by id, amounts as published, and a program run on a few rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "engine"))

from spine_stories import told, write  # noqa: E402


def _listed(name: str) -> Iterable[dict[str, Any]]:
    read: Any = json.loads((HERE / name).read_text(encoding="utf-8"))
    cases: Iterable[dict[str, Any]] = read if isinstance(read, list) else read["cases"]
    return cases


CASES: Mapping[str, dict[str, Any]] = {
    case["id"]: case for name in ("peer-cases.json", "worked-examples.json", "payouts.json") for case in _listed(name)
}


def source(name: str) -> str:
    """Where a case was published, for the message of a failing test."""
    case = CASES[name]
    return f"{name}: {case['source']}" if "source" in case else f"{name}: {case['repo']} {case['path']}"


def minor(amount: object, decimals: int = 2) -> int:
    """A published amount in minor units: half up to the cent, where the publisher left more decimals."""
    exact = Fraction(str(amount)) * 10**decimals
    return int(exact + Fraction(1, 2)) if exact >= 0 else -int(-exact + Fraction(1, 2))


def csv(columns: str, rows: Iterable[Sequence[object]]) -> str:
    """A table as text: the names of its columns, and its rows."""
    return "".join(f"{line}\n" for line in (columns, *(",".join(map(str, row)) for row in rows)))


def lines(folder: Path, program: str, tables: Mapping[str, str], period: str = "2026-04") -> dict[str, int]:
    """What each line of a run pays, in minor units, by `partner component key`; and every line of it re-adds."""
    with told(write(folder, program, tables), period) as story:
        for partner in story.run.partners:
            story.why(partner)
        found = [line.rsplit(" ", 1) for line in story.lines()]
    return {name: int(amount) for name, amount in found}
