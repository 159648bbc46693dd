"""The channel example, whose generator lists every fault that it puts in: each is found at its line, and no other."""

import json
import subprocess
import sys
from pathlib import Path

from reading_stories import JANUARY, understood

from engine.facts.gather import gather_facts
from engine.facts.rejected import Rejected

GENERATOR = Path(__file__).parents[2] / "docs/examples/channel/generate.py"


def rejected_of(folder: Path, *options: str) -> tuple[Rejected, ...]:
    """The rows that are rejected of all the tables that the generator writes."""
    subprocess.run([sys.executable, str(GENERATOR), str(folder), *options], check=True, capture_output=True)
    names = sorted(path.stem for path in folder.glob("*.csv"))
    meaning = understood(folder, "\n".join(f"{name}: {name}.csv" for name in names)).understood()
    with gather_facts(meaning, folder, JANUARY) as facts:
        return facts.rejected


def test_every_listed_fault_is_rejected_at_its_line_and_what_else_is_falls_with_one(tmp_path: Path) -> None:
    """What else is rejected shares a key or a day with a listed row, or refers to a row that is gone."""
    found = rejected_of(tmp_path)
    listed = {
        (fault["table"], fault["line"])
        for fault in json.loads((tmp_path / "faults.json").read_text())
        if fault["fault"] != "month_missing"  # a gap in a series is the KPI's matter: no row of it is bad
    }
    rejected = {(each.table, each.line): each for each in found}
    assert listed <= rejected.keys() and len(listed) > 200
    assert {fault.code for each in rejected.values() for fault in each.faults} >= {"F213", "F214"}
    keys = {(each.table, each.key) for place, each in rejected.items() if place in listed}
    for place in rejected.keys() - listed:
        each = rejected[place]
        for fault in each.faults:
            assert fault.code in ("F122", "F123", "F124"), fault
            assert fault.code != "F122" or (each.table, each.key) in keys
            assert fault.code != "F123" or "that was rejected" in fault.message
            assert fault.code != "F124" or any(f"line {line}" in fault.message for _, line in listed)


def test_without_the_faults_nothing_is_rejected(tmp_path: Path) -> None:
    """Of every table; `tests/examples/test_channel_program.py` reads those of the example's plan in their full size."""
    assert rejected_of(tmp_path, "--clean", "--rows-scale", "0.1") == ()
