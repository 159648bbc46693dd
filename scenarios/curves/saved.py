"""Fitted curves in a file: canonical JSON with digests, written once and read back with checks.

The same data, method and seed give the same bytes: the file holds no clock, no host and no path. `load` is what the
optimiser takes: curves by family, the spends between which each one holds, and the draws of the bootstrap as scenarios
(draw j of every unit together).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.digest import canonical, digest
from rules.problem import Place, Problem, Refused
from scenarios.curves.floats import Floats, floats
from scenarios.curves.mixed import Family, Mixed
from scenarios.curves.smooth import Exponential, Hill, LinearCap, Log, MichaelisMenten, Power

FORM = "partage/curves/1"
BYTES_MAX = 256 * 2**20
_NUMBER = re.compile(r"-?[0-9]{1,330}(\.[0-9]{1,340})?")

# The class of each family, and the names of its parameters.
FAMILIES: Mapping[str, Callable[..., Family]] = {
    "michaelis_menten": MichaelisMenten,
    "hill": Hill,
    "s_shaped": Hill,
    "exponential": Exponential,
    "log": Log,
    "power": Power,
    "linear_cap": LinearCap,
}
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "michaelis_menten": ("a", "k"),
    "hill": ("a", "k", "alpha"),
    "s_shaped": ("a", "k", "alpha"),
    "exponential": ("a", "k"),
    "log": ("a", "k"),
    "power": ("a", "b"),
    "linear_cap": ("a", "cap"),
}


@dataclass(frozen=True, slots=True, eq=False)
class SavedCurves:
    """Curves as they were kept: `units` in order, their curves, and the spends between which each holds, (units,).

    A spend counts what is carried over from earlier periods: a steady x is x / (1 - carry_over). `document` is the
    whole file as a JSON value, and `sha256` the digest by which it is known.
    """

    units: tuple[str, ...]
    curves: Mixed
    spend_least: Floats
    spend_most: Floats
    carry_over: Floats
    draws: int
    document: Mapping[str, Any]
    sha256: str

    def scenario(self, draw: int) -> Mixed:
        """The curves of one draw of the bootstrap, 0 to draws - 1."""
        return _mixed(self.document["curves"], lambda curve, name: curve["draws"][name][draw])


def written(found: Mapping[str, Any]) -> bytes:
    """The bytes of a file of curves: `found` (without its digest) in canonical form, with its digest and a line's
    end."""
    return canonical({**found, "t": FORM, "result_sha256": digest({**found, "t": FORM})}) + b"\n"


def load(path: Path) -> SavedCurves:
    """The curves of a file; raises Refused (M315) where it is no such file, or was changed since it was written."""
    try:
        with path.open("rb") as stream:
            data = stream.read(BYTES_MAX + 1)
    except OSError as error:
        raise _refused(path, f"cannot be read: {(error.strerror or 'not readable').lower()}") from None
    if len(data) > BYTES_MAX:
        raise _refused(path, "is larger than a file of curves can be")
    return parse(data, path)


def parse(data: bytes, path: Path) -> SavedCurves:
    """The curves of the bytes of a file; `path` names it in a refusal."""
    try:
        found = json.loads(data.decode("utf-8"), parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError):
        raise _refused(path, "is no file of curves") from None
    if not isinstance(found, dict) or found.get("t") != FORM:
        raise _refused(path, "is no file of curves")
    sha256 = found.pop("result_sha256", None)
    try:
        agrees = digest(found) == sha256
    except (AssertionError, UnicodeEncodeError, RecursionError):  # what has no canonical form was never written
        agrees = False
    if not agrees or not isinstance(sha256, str):
        raise _refused(path, "was changed since it was written: its digest does not fit")
    try:
        return _read(found, sha256)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise _refused(path, "lacks what a file of curves has") from None


def _read(found: Mapping[str, Any], sha256: str) -> SavedCurves:
    curves: Sequence[Mapping[str, Any]] = found["curves"]
    draws = int(found["fitted"]["bootstrap"])
    for curve in curves:
        named = (*PARAMETERS[curve["family"]], "carry_over")
        if any(len(curve["draws"][name]) != draws for name in named):
            raise ValueError("each unit has every draw")
        for name in named:
            for each in curve["draws"][name]:
                _number(each)
    carry = [_number(curve["carry_over"]) for curve in curves]
    ends = [(_number(curve["spend_least"]), _number(curve["spend_most"])) for curve in curves]
    if any(not 0 <= each < 1 for each in carry) or any(not 0 <= low <= high for low, high in ends):
        raise ValueError("spends and what is carried over are in their order")
    units = tuple(str(curve["unit"]) for curve in curves)
    lows, highs = ([pair[side] for pair in ends] for side in (0, 1))
    mixed = _mixed(curves, lambda curve, name: curve["parameters"][name])
    return SavedCurves(units, mixed, floats(lows), floats(highs), floats(carry), draws, found, sha256)


def _mixed(curves: Sequence[Mapping[str, Any]], value: Callable[[Mapping[str, Any], str], str]) -> Mixed:
    """The curves by family; `value` gives the text of a parameter."""
    places: dict[str, list[int]] = {}
    for place, curve in enumerate(curves):
        places.setdefault(curve["family"], []).append(place)
    parts = []
    for family, rows in places.items():
        found = {name: [_parameter(value(curves[row], name), name) for row in rows] for name in PARAMETERS[family]}
        made = FAMILIES[family](**{name: floats(values) for name, values in found.items()})
        parts.append((np.array(rows, dtype=np.int64), made))
    return Mixed(parts)


def _parameter(text: str, name: str) -> float:
    number = _number(text)
    if number < 0 or (number == 0 and name != "a") or (name == "b" and number > 1):
        raise ValueError(f"{name} is out of its bounds")
    return number


def _number(text: object) -> float:
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError("a number is written as a decimal text")
    if not np.isfinite(number := float(text)):
        raise ValueError("a number is finite")
    return number


def _no_float(text: str) -> float:
    raise ValueError(f"{text} is no number of a canonical form")


def _refused(path: Path, why: str) -> Refused:
    hint = "name a file that partage curves fit wrote, or fit the curves again"
    return Refused(Problem("M315", f"the file {why}", Place(str(path)), hint))
