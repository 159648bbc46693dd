"""Files of curves: the same bytes for the same data, read back as they were, and refused where anything was changed."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.digest import canonical, digest
from rules.problem import Refused
from scenarios.acts.curves import Fitted, fit_table
from scenarios.curves.floats import floats
from scenarios.curves.judge import Asked
from scenarios.curves.kept import text
from scenarios.curves.observed import Observation, Table
from scenarios.curves.saved import load, parse
from scenarios.curves.smooth import Exponential, Hill

CURVES = {"east": Exponential(floats([40_000]), floats([3_000])), "west": Hill(*[floats([x]) for x in (9e4, 5e3, 3)])}


def observations(names: tuple[str, ...] = ("east", "west")) -> dict[str, list[Observation]]:
    """Nine partners in each region, over ten months, with a known response and some noise."""
    random = np.random.default_rng(7)
    found: dict[str, list[Observation]] = {name: [] for name in names}
    for name in names:
        for unit in range(9):
            for month in range(10):
                spend = round(float(random.uniform(0, 12_000)), 2)
                brought = float(CURVES[name].value(floats([spend]))[0])
                outcome = round(10_000 + brought + 1_500 * float(random.normal()), 2)
                found[name].append(
                    Observation(f"{name}-{unit}", f"2025-{month + 1:02}", Fraction(spend), Fraction(outcome))
                )
    return found


def fitted(groups: dict[str, list[Observation]], seed: int = 1) -> Fitted:
    table = Table(
        "Funds",
        ("sold", "EUR"),
        ("mdf", "EUR"),
        "region",
        tuple(f"2025-{month:02}" for month in range(1, 11)),
        groups,
        0,
    )
    return fit_table(table, Asked(draws=25, seed=seed))


@pytest.fixture(scope="module")
def told() -> Fitted:
    return fitted(observations())


def test_the_same_data_and_seed_give_the_same_bytes(told: Fitted) -> None:
    shuffled = {name: rows[::-1] for name, rows in observations().items()}
    assert fitted(shuffled).data == told.data
    assert fitted(observations(), seed=2).data != told.data


def test_another_group_changes_nothing_of_a_curve(told: Fitted) -> None:
    alone = fitted(observations(("east",)))
    assert alone.saved.document["curves"][0] == told.saved.document["curves"][0]


def test_what_is_read_is_what_was_written(told: Fitted, tmp_path: Path) -> None:
    path = tmp_path / "curves.json"
    path.write_bytes(told.data)
    saved = load(path)
    assert saved.units == ("east", "west")
    assert saved.sha256 == json.loads(told.data)["result_sha256"]
    spend = floats([4_000, 4_000])
    fits = [float(each.fit.curve.value(spend[:1])[0]) for each in told.judged]
    assert saved.curves.value(spend).tolist() == pytest.approx(fits, rel=1e-7)
    assert saved.spend_most.tolist() == pytest.approx([each.most for each in told.judged])
    draw = [float(each.draws.value(np.full(25, 4_000.0))[3]) for each in told.judged]
    assert saved.scenario(3).value(spend).tolist() == pytest.approx(draw, rel=1e-4)


def test_the_truth_lies_in_the_intervals(told: Fitted) -> None:
    """The response that is told at the largest spend, with its interval, against the curve that made the data."""
    for curve in told.saved.document["curves"]:
        last = curve["responses"][-1]
        true = float(CURVES[curve["unit"]].value(floats([float(last["spend"])]))[0])
        assert float(last["low"]) - 1_000 <= true <= float(last["high"]) + 1_000
        assert float(last["low"]) <= float(last["response"]) <= float(last["high"])


def test_nothing_is_told_beyond_what_was_seen(told: Fitted) -> None:
    for curve in told.saved.document["curves"]:
        told_at = [float(each["spend"]) for each in curve["responses"]]
        assert float(curve["spend_least"]) <= min(told_at) and max(told_at) <= float(curve["spend_most"])


def changed(data: bytes, *path: Any, to: Any, signs: bool = True) -> bytes:
    """A file with one value changed, and with a digest that fits where `signs`."""
    value = json.loads(data)
    sha256 = value.pop("result_sha256")
    at = value
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return canonical({**value, "result_sha256": digest(value) if signs else sha256})


def test_a_changed_number_is_refused(told: Fitted) -> None:
    with pytest.raises(Refused, match="M315 the file was changed since it was written"):
        parse(changed(told.data, "curves", 0, "parameters", "a", to="99999", signs=False), Path("curves.json"))


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("curves", 0, "parameters", "a"), "-1"),
        (("curves", 0, "parameters", "k"), "0"),
        (("curves", 0, "parameters", "k"), "1e9"),
        (("curves", 0, "parameters", "k"), "9" * 5000),
        (("curves", 0, "parameters", "k"), "9" * 320),
        (("curves", 0, "parameters"), {}),
        (("curves", 0, "family"), "spline"),
        (("curves", 0, "family"), ["hill"]),
        (("curves", 0, "draws", "k"), ["1"]),
        (("curves", 0, "draws", "k"), 7),
        (("curves", 0, "carry_over"), "1"),
        (("curves", 0, "spend_most"), "0"),
        (("curves",), {"a": 1}),
        (("curves",), [None]),
        (("fitted",), []),
        (("t",), "partage/curves/9"),
    ],
)
def test_a_file_that_somebody_made_up_is_refused(told: Fitted, path: tuple[Any, ...], to: Any) -> None:
    with pytest.raises(Refused, match="M315"):
        parse(changed(told.data, *path, to=to), Path("curves.json"))


HOSTILE = (
    b"",
    b"\xff\xfe",
    b"null",
    b"[" * 100_000,
    b'{"t":"partage/curves/1"}',
    b'{"t":"partage/curves/1","result_sha256":"x","n":NaN}',
    b'{"t":"partage/curves/1","result_sha256":"x","n":1.5}',
    b'{"t":"partage/curves/1","result_sha256":"x","n":' + b"9" * 10_000 + b"}",
    b'{"t":"partage/curves/1","result_sha256":"x","n":"\\ud800"}',
)


@pytest.mark.parametrize("data", HOSTILE)
def test_hostile_bytes_are_no_file_of_curves(data: bytes) -> None:
    with pytest.raises(Refused, match="M315"):
        parse(data, Path("curves.json"))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.5e-12, "0.0000000000015"),
        (123456789.123, "123456789"),
        (1e21, "1000000000000000000000"),
        (-2.5, "-2.5"),
        (1 / 3, "0.333333333"),
    ],
)
def test_a_number_is_a_decimal_text(number: float, written: str) -> None:
    assert text(number) == written
