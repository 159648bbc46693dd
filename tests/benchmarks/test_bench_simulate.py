"""The benchmark of what-if evaluations: its scenarios, not the time."""

from __future__ import annotations

from pathlib import Path

import bench_simulate as bench

from rules.load import load
from scenarios.overlays.overlay import laid_over
from scenarios.overlays.scenario import read_scenario


def test_no_two_of_the_thousand_scenarios_are_alike() -> None:
    assert len(set(bench.scenarios(bench.SCENARIOS))) == bench.SCENARIOS


def test_each_change_makes_a_program(tmp_path: Path) -> None:
    base, file = load(bench.EXAMPLE / "program.yaml"), tmp_path / "scenario.yaml"
    texts = [*bench.scenarios(bench.SCENARIOS)]
    for text in (*texts[: len(bench.CHANGED)], *texts[-len(bench.CHANGED) :]):
        file.write_text(text, "utf-8")
        assert laid_over(base, read_scenario(file).edits).loaded.meaning is not None
