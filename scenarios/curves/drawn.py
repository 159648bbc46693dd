"""What is drawn of a judged curve: its observations without the usual level of their unit, and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scenarios.curves.judge import Judged
from scenarios.curves.resample import interval

if TYPE_CHECKING:
    from engine.reports.charts.picture import Picture

_PLACES = 81  # at which a curve is drawn


def curves_picture(title: str, spend: str, outcome: str, found: Sequence[Judged]) -> Picture:
    """Each curve with its observations and its 95 % interval, between the least and the largest spend seen."""
    from engine.reports.charts.fitted import Drawn, fitted_picture

    drawn = [
        Drawn(
            each.name,
            _points(each),
            _line(each),
            each.current,
        )
        for each in found
    ]
    subtitle = "What a spend brings in a period beyond the usual level; band: 95 % interval."
    return fitted_picture(title, subtitle, spend, outcome, drawn)


def _points(found: Judged) -> list[tuple[float, float]]:
    """Each observation: its spend, and its outcome less the level of its unit beside the curve."""
    seen, spends = found.seen, found.spends()
    left = seen.outcome - found.fit.curve.value(spends)
    total = np.add.reduceat(seen.weight, seen.starts())
    level = np.add.reduceat(seen.weight * left, seen.starts()) / total
    return list(zip(spends.tolist(), (seen.outcome - level[seen.unit]).tolist(), strict=True))


def _line(found: Judged) -> list[tuple[float, float, float, float]]:
    """The curve and its interval between the least and the largest spend."""
    at = np.linspace(found.least, found.most, _PLACES)
    low, high = interval(found.draws.value(at[:, None]).T)
    value = found.fit.curve.value(at[:, None])[:, 0]
    return list(zip(at.tolist(), value.tolist(), low.tolist(), high.tolist(), strict=True))
