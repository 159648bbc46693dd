"""Every KPI of the catalogue on a partner program's whole data, against a reference that goes row by row.

The reference (`tests/oracle/kpi_oracle.py`) was written from the data model and the catalogue's formulas alone.
"""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from engine.acts.metrics import Metrics, metrics
from rules.calendar import Calendar
from rules.catalogue import catalogue

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))

from kpi_oracle import PARTS, PROGRAM_ONLY, oracle, read_csv_tables  # noqa: E402

PERIODS = ["2025-Q3", "2026-Q2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A channel program's tables at a twentieth of their size, without faults, and a program with every KPI."""
    out = tmp_path_factory.mktemp("channel")
    generate = ROOT / "docs" / "examples" / "channel" / "generate.py"
    subprocess.run([sys.executable, str(generate), str(out), "--rows-scale", "0.05", "--clean"], check=True)
    tables = sorted(path.stem for path in out.glob("*.csv") if path.stem not in ("payouts",))
    sources = "".join(f"\n  {table}: {table}.csv" for table in tables)
    kpis = "".join(f"\n  {name}: {name}" for name in catalogue())
    (out / "program.yaml").write_text(
        "program: Every KPI\ncurrency: EUR\ncalendar: quarter\neffective: 2025-01-01 to 2026-12-31\n"
        f"sources:{sources}\nkpis:{kpis}\n",
        encoding="utf-8",
    )
    return out


@cache
def worked_out(folder: Path, period: str, level: str = "partner") -> Metrics:
    """Every KPI of a period at a level, once for all tests."""
    return metrics(folder / "program.yaml", period, level)


@pytest.mark.parametrize("name", PERIODS)
def test_every_kpi_is_the_references(folder: Path, name: str) -> None:
    calendar = Calendar("quarter")
    period = calendar.period(name)
    before = calendar.before(period)
    assert before is not None
    tables = read_csv_tables(folder)
    by_partner = worked_out(folder, name)
    by_program = worked_out(folder, name, "program")
    for kpi in catalogue():
        expected = oracle(kpi, tables, period.start, period.end, (before.start, before.end))
        wanted = {kpi: expected, **{f"{kpi}.{part}": expected.parts[part] for part in PARTS.get(kpi, {})}}
        for column, values in wanted.items():
            if kpi not in PROGRAM_ONLY:
                got = dict(zip(by_partner.labels, by_partner.values[column].fractions(), strict=True))
                assert got == {key: _value(pair) for key, pair in values.by_partner.items()}, column
            assert by_program.values[column].fractions() == [_value(values.program)], column


def test_most_kpis_are_neither_blank_nor_the_same_for_all(folder: Path) -> None:
    found = worked_out(folder, "2026-Q2")
    flat = [
        kpi.name
        for kpi in found.kpis
        if len({value for value in found.values[kpi.name].fractions() if value is not None}) < 2
    ]
    assert len(flat) <= len(found.kpis) // 10, flat


def test_values_do_not_depend_on_the_order_of_rows(folder: Path, tmp_path: Path) -> None:
    for path in (each for each in folder.iterdir() if each.is_file()):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        turned = [lines[0], *reversed(lines[1:])] if path.suffix == ".csv" else lines
        (tmp_path / path.name).write_text("".join(turned), encoding="utf-8")
    there, here = (worked_out(each, "2026-Q2") for each in (folder, tmp_path))
    for name, values in there.values.items():
        assert values.fractions() == here.values[name].fractions(), name


def _value(pair: tuple[Fraction, Fraction] | None) -> Fraction | None:
    if pair is None:
        return None
    numerator, denominator = pair
    return Fraction(numerator) / Fraction(denominator) if denominator else None
