"""Curves: observations become fitted curves, each with its intervals or with the reason why there is none, and a
file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.digest import digest
from rules.problem import Place, Problem, Refused
from scenarios.acts.observe_file import observe_file
from scenarios.acts.observe_program import observe_program
from scenarios.curves.drawn import curves_picture
from scenarios.curves.judge import Asked, Judged, judged
from scenarios.curves.kept import kept, text
from scenarios.curves.observed import Table, observed
from scenarios.curves.report import grid, head, notes
from scenarios.curves.saved import SavedCurves, load, parse, written
from scenarios.curves.shapes import AUTO, SHAPES

if TYPE_CHECKING:
    from engine.reports.charts.picture import Picture

DRAWS = (20, 2_000)
SEED_MAX = 2**31 - 1
ESTIMATOR = "partage.curves/1"  # changes whenever the same data would give other curves


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Curves that were fitted: what was observed, each curve as it was judged, and the file as bytes and as read
    back."""

    table: Table
    judged: tuple[Judged, ...]
    refused: tuple[Problem, ...]
    data: bytes
    saved: SavedCurves

    def picture(self) -> Picture:
        """The curves with their data and intervals."""
        title = f"{self.table.title}: what {self.table.spend[0]} brings"
        return curves_picture(title, _named(self.table.spend), _named(self.table.outcome), self.judged)

    def page(self) -> str:
        """The picture, the table and the notes as one HTML file."""
        from engine.reports.charts.page import page

        drawn = self.picture()
        return page(drawn.title, head(self.saved), [drawn, grid(self.saved), *notes(self.saved)])


def fit_program(program: Path, outcome: str, spend: str, by: str, periods: str, asked: Asked) -> Fitted:
    """Fit the outcome of a program's partners on what was spent on them, by partner or together by a level."""
    return fit_table(observe_program(program, outcome, spend, by, periods), asked)


def fit_file(path: Path, by: str, asked: Asked) -> Fitted:
    """Fit the observations of a CSV table."""
    return fit_table(observe_file(path, by), asked)


def fit_table(table: Table, asked: Asked) -> Fitted:
    """Fit every unit or group of what was observed; raises Refused with all reasons where none has a curve."""
    found, refused = [], []
    for name, rows in table.groups.items():
        one = judged(name, observed(rows, table.periods), asked)
        if isinstance(one, Problem):
            refused.append((name, one))
        else:
            found.append(one)
    problems = tuple(problem for _, problem in refused)
    if not found:
        raise Refused(*problems)
    value = {
        "by": table.by,
        "curves": [kept(each) for each in found],
        "data_sha256": digest([[name, observed(rows, table.periods).sha256] for name, rows in table.groups.items()]),
        "left_out": table.left_out,
        "first_period": table.periods[0],
        "fitted": _fitted(asked),
        "last_period": table.periods[-1],
        "observed": table.title,
        "rejected": table.rejected,
        "response": {"name": table.outcome[0], "unit": table.outcome[1]},
        "refused": [_refusal(name, problem) for name, problem in refused],
        "spending": {"name": table.spend[0], "unit": table.spend[1]},
    }
    data = written(value)
    return Fitted(table, tuple(found), problems, data, parse(data, Path()))


def asked_of(family: str, adstock: str | None, periods_in_common: bool, draws: int, seed: int) -> Asked:
    """What a user asks of a fit; raises Refused (M316) where it can't be."""
    if adstock == "fit":
        carry: float | None = None
    else:
        carry = _part("0" if adstock is None else adstock)
    if not DRAWS[0] <= draws <= DRAWS[1]:
        message = f"a bootstrap of {draws} draws is too {'small' if draws < DRAWS[0] else 'large'}"
        raise Refused(Problem("M316", message, Place("--bootstrap"), f"ask for {DRAWS[0]} to {DRAWS[1]:,}"))
    if not 0 <= seed <= SEED_MAX:
        raise Refused(Problem("M316", f"{seed} is no seed", Place("--seed"), "name a number from 0 on, such as 1"))
    families = {"auto": AUTO, "linear_cap": ()}.get(family, (family,))
    assert all(each in SHAPES for each in families), "the command offers the families that there are"
    return Asked(families, carry, periods_in_common, draws, seed)


def show_curves(path: Path) -> SavedCurves:
    """The curves of a file."""
    return load(path)


def _part(written_part: str) -> float:
    """What is carried over, from 0 to 0.95."""
    from rules.quantities.numerals import Unwritable
    from rules.quantities.written import parse_number

    try:
        found = parse_number(written_part)
    except Unwritable as error:
        raise Refused(Problem("M316", error.message, Place("--adstock"), "write a part such as 0.5, or fit")) from None
    if not 0 <= found * 20 <= 19:
        hint = "write a part from 0 to 0.95 of what was spent, or fit"
        raise Refused(Problem("M316", f"{written_part} can't be carried over", Place("--adstock"), hint))
    return float(found)


def _fitted(asked: Asked) -> Mapping[str, Any]:
    return {
        "estimator": ESTIMATOR,
        "families": list(asked.families),
        "adstock": "fit" if asked.carry_over is None else text(asked.carry_over),
        "period_levels": asked.by_period,
        "bootstrap": asked.draws,
        "seed": asked.seed,
        "interval": "95%",
    }


def _named(said: tuple[str, str]) -> str:
    """A name with its unit, where it has one."""
    return f"{said[0]}, {said[1]}" if said[1] else said[0]


def _refusal(name: str, problem: Problem) -> Mapping[str, str]:
    return {"unit": name, "code": problem.code, "message": problem.message, "hint": problem.hint}
