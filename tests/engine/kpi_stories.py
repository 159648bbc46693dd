"""Cases of KPIs as files: read, and written out as a program with its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from rules.tables import canonical

Expected = dict[str, Fraction | None]


@dataclass(frozen=True)
class Case:
    """A KPI or a part of one: its tables, and what it is by partner and for the program."""

    kpi: str
    tables: Mapping[str, list[dict[str, Any]]]
    periods: Mapping[str, tuple[date, date]]
    expect: Expected | None
    program: Fraction | None
    has_program: bool
    currency: str
    parts: Mapping[str, Case] = field(default_factory=dict)


def read_case(path: Path) -> Case:
    """The case in a file."""
    return _case(YAML(typ="safe", pure=True).load(path))


def _case(written: Mapping[str, Any]) -> Case:
    periods = {"case": (written["period"]["start"], written["period"]["last"])}
    if "before" in written:
        periods["before"] = (written["before"]["start"], written["before"]["last"])
    shared = {key: written[key] for key in ("kpi", "period", "tables", "money_decimals")}
    parts = {name: _case({**shared, **part}) for name, part in written.get("parts", {}).items()}
    expect = {key: _value(text) for key, text in written["expect"].items()} if "expect" in written else None
    return Case(
        written["kpi"],
        written["tables"],
        periods,
        expect,
        _value(written.get("program", "unknown")),
        "program" in written,
        {0: "JPY", 2: "EUR", 3: "KWD"}[written["money_decimals"]],
        parts,
    )


def _value(text: object) -> Fraction | None:
    return None if text == "unknown" else Fraction(str(text))


def write_program(case: Case, folder: Path) -> Path:
    """A program in `folder` whose one KPI is the case's, with a CSV file for each table."""
    for table, rows in case.tables.items():
        known = [column.name for column in canonical()[table].columns]
        names = known  # every column, so that a blank one is the case's choice
        lines = [",".join(names), *(",".join(_cell(row.get(name)) for name in names) for row in rows)]
        (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    periods = "".join(f"\n    {name}: {first} to {last}" for name, (first, last) in case.periods.items())
    first = min(start for start, _ in case.periods.values())
    sources = "".join(f"\n  {table}: {table}.csv" for table in case.tables)
    program = folder / "program.yaml"
    program.write_text(
        f"""program: One KPI
currency: {case.currency}
calendar:
  period: custom
  periods:{periods}
effective: {first} to 2099-12-31
sources:{sources}
kpis:
  {case.kpi}: {case.kpi}
""",
        encoding="utf-8",
    )
    return program


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
