"""Every KPI of the catalogue against an example of at most ten rows that was worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from kpi_stories import Case, read_case, write_program

from engine.acts.metrics import metrics
from rules.catalogue import catalogue

CASES = sorted((Path(__file__).parents[1] / "cases" / "kpis").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_kpi_comes_out_as_by_hand(path: Path, tmp_path: Path) -> None:
    case = read_case(path)
    program = write_program(case, tmp_path)
    if case.expect is not None:
        assert _by(program, case, "partner", case.kpi) == case.expect
        for part, values in case.parts.items():
            if values.expect is not None:
                assert _by(program, case, "partner", f"{case.kpi}.{part}") == values.expect
    if case.has_program:
        assert _by(program, case, "program", case.kpi) == {"program": case.program}
        for part, values in case.parts.items():
            if values.has_program:
                assert _by(program, case, "program", f"{case.kpi}.{part}") == {"program": values.program}


def test_every_kpi_of_the_catalogue_has_an_example() -> None:
    assert {path.stem for path in CASES} == set(catalogue())


def _by(program: Path, case: Case, level: str, name: str) -> dict[str, Fraction | None]:
    found = metrics(program, "case", level)
    return dict(zip(found.labels, found.values[name].fractions(), strict=True))
