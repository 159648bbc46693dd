"""Scorecards as people read them and as scripts do: score, tier, rank, and the points of each KPI."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np

from engine.reports.register import Grid
from engine.values import Plan, Score, Sheet
from rules.kinds.base import number
from rules.quantities.rounding import round_fraction
from rules.scorecards.score import NotScored

HEADER = ("partner_id", "scorecard", "kpi", "period", "points", "tier")


def score_steps(plan: Plan) -> tuple[Score, ...]:
    """The scorecards of a plan."""
    return tuple(step for step in plan.steps if isinstance(step, Score))


def scored_counts(step: Score, sheet: Sheet) -> str:
    """How many were scored, and why the others were not: `scored 214 of 231 (17 few kpis)`."""
    codes = sheet.columns[f"{step.name}.not_scored"].numerator
    whom = codes >= 0
    told = [
        f"{int((codes == code).sum())} {NotScored(code).name.lower().replace('_', ' ')}"
        for code in sorted(set(codes[whom].tolist()) - {NotScored.SCORED})
    ]
    rest = f" (not: {', '.join(told)})" if told else ""
    return f"{step.title}: {int((codes == NotScored.SCORED).sum())} of {int(whom.sum())} scored{rest}"


def score_grid(step: Score, sheet: Sheet, names: Mapping[str, str]) -> Grid:
    """One scorecard, the best first; partners that it does not score are left out."""
    paths = list(step.scorecard.entries)
    rows = []
    for row in _ranked(step, sheet):
        key = str(sheet.partners.keys[row])
        name = names.get(key, "")
        who = key if name in ("", key) else f"{key} {name}"
        score = sheet.columns[step.name].fraction(row)
        points = [_cell(step, sheet, path, row) for path in paths]
        rows.append((who, "not scored" if score is None else number(score), *_placed(step, sheet, row), *points))
    placed = [
        title for title, there in (("tier", step.scorecard.card.tiers), ("rank", step.scorecard.card.rank)) if there
    ]
    titles = ("partner", "score", *placed, *(path.rsplit(".", 1)[-1] for path in paths))
    return Grid(titles, tuple(rows), (False, *[True] * (len(titles) - 1)))


def scores_json(step: Score, sheet: Sheet) -> list[dict[str, object]]:
    """One scorecard with the keys that scripts rely on; scores and points are exact, as a fraction's text."""
    found: list[dict[str, object]] = []
    for row in _ranked(step, sheet):
        columns = {path: sheet.columns[f"{step.name}.points.{path}"].fraction(row) for path in step.scorecard.entries}
        code = NotScored(int(sheet.columns[f"{step.name}.not_scored"].numerator[row]))
        found.append(
            {
                "partner_id": str(sheet.partners.keys[row]),
                "score": _text(sheet.columns[step.name].fraction(row)),
                "tier": tier_of(step, sheet, row),
                "rank": _text(sheet.columns[f"{step.name}.rank"].fraction(row)) if step.scorecard.card.rank else None,
                "not_scored": None if code is NotScored.SCORED else code.name.lower(),
                "points": {path: _text(value) for path, value in columns.items()},
                "carried": {
                    path: _text(value) for path in columns if (value := _carried(step, sheet, path, row)) is not None
                },
            }
        )
    return found


def scores_csv(plan: Plan, sheet: Sheet) -> str:
    """What scorecards end a period with as the table `scores`, from which the next period opens: of each partner that
    they are for the score and the tier, and the points of KPIs that may be carried over, to nine decimals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for step in score_steps(plan):
        carried = [path for path in step.scorecard.entries if step.scorecard.carries(path)]
        codes = sheet.columns[f"{step.name}.not_scored"].numerator
        for row in np.flatnonzero(codes >= 0).tolist():
            key, of = str(sheet.partners.keys[row]), (step.name, sheet.period.name)
            score = sheet.columns[step.name].fraction(row)
            if score is not None:
                writer.writerow((key, of[0], "", of[1], _billionths(score), tier_of(step, sheet, row) or ""))
            for path in carried:
                points = sheet.columns[f"{step.name}.points.{path}"].fraction(row)
                points = _carried(step, sheet, path, row) if points is None else points
                if points is not None:
                    writer.writerow((key, of[0], path, of[1], _billionths(points), ""))
    return text.getvalue()


def _billionths(value: Fraction) -> str:
    """A number as a cell of a table holds it."""
    return number(Fraction(round_fraction(value * 10**9), 10**9)).replace(",", "")


def tier_of(step: Score, sheet: Sheet, row: int) -> str | None:
    """The name of a partner's tier; None where it has none."""
    tiers = step.scorecard.card.tiers
    code = None if tiers is None else sheet.columns[f"{step.name}.tier"].fraction(row)
    return None if tiers is None or code is None or code < 0 else tiers.names[int(code)]


def _ranked(step: Score, sheet: Sheet) -> Iterator[int]:
    """The rows of those whom a scorecard is for, the best first, ties by id."""
    codes = sheet.columns[f"{step.name}.not_scored"].numerator
    scores = sheet.columns[step.name].fractions()
    mine = [row for row in range(len(codes)) if codes[row] >= 0]
    return iter(sorted(mine, key=lambda row: (scores[row] is None, -(scores[row] or 0), str(sheet.partners.keys[row]))))


def _placed(step: Score, sheet: Sheet, row: int) -> Iterator[str]:
    if step.scorecard.card.tiers is not None:
        yield tier_of(step, sheet, row) or "-"
    if step.scorecard.card.rank is not None:
        yield _points(sheet.columns[f"{step.name}.rank"].fraction(row))


def _cell(step: Score, sheet: Sheet, path: str, row: int) -> str:
    """The points of a KPI; those that were carried over say so."""
    kept = _carried(step, sheet, path, row)
    own = sheet.columns[f"{step.name}.points.{path}"].fraction(row)
    return _points(own) if kept is None else f"{_points(kept)} carried"


def _carried(step: Score, sheet: Sheet, path: str, row: int) -> Fraction | None:
    """The points of the period before that stand in for those that a partner lacks."""
    column = sheet.columns.get(f"{step.name}.carried.{path}")
    return None if column is None else column.fraction(row)


def _points(value: Fraction | None) -> str:
    return "-" if value is None else number(Fraction(round_fraction(value * 100), 100))


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
