"""The reference of scales: what each does, its keys, and an example whose points are worked out by the scale itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from markup import fenced, table
from reference_of_models import keys, keys_below, words

from rules.document.reader import plain, read_document
from rules.expressions.tree import Type
from rules.kinds.base import Terms, number
from rules.kinds.scales import SCALES
from rules.kinds.scales.base import PointsRounding, ScaleKind
from rules.kinds.scales.reference import Reference
from rules.quantities.currency import currency
from rules.quantities.exact import Exact

# A scale as a scorecard writes it, and values of the KPI: those of several partners, where a scale looks at its peers.
EXAMPLES: Mapping[str, tuple[str, Sequence[int]]] = {
    "attainment": ("attainment: {of: 200, threshold: 50%, cap: 120%}", (80, 100, 150, 200, 300)),
    "linear": ("linear: {from: 10, to: 50}", (5, 10, 20, 50, 60)),
    "bands": ("bands: [{below: 0, points: 0}, {below: 40, points: 60}, {points: 100}]", (-5, 0, 39, 40, 90)),
    "points_table": (
        "points_table: {between: interpolate, steps: [{at: 80, points: 50}, {at: 100, points: 100}]}",
        (70, 80, 85, 100, 120),
    ),
    "percentile": ("percentile: {}", (10, 20, 20, 40, 90)),
    "rank": ("rank: {ties: best, places: [25, 18, 15]}", (10, 20, 20, 40, 90)),
    "z_score": ("z_score: {deviation: population}", (10, 20, 20, 40, 90)),
    "min_max": ("min_max: {}", (10, 20, 20, 40, 90)),
    "gate": ("gate: {at_least: 3}", (0, 2, 3, 8)),
    "improvement": (
        "improvement: {over: 100, measured: growth, scale: {linear: {from: 0%, to: 20%}}}",
        (90, 100, 110, 120, 150),
    ),
    "better_of": ("better_of: [{linear: {from: 0, to: 100}}, {percentile: {}}]", (10, 20, 20, 40, 90)),
    "worst_of": ("worst_of: [{linear: {from: 0, to: 100}}, {percentile: {}}]", (10, 20, 20, 40, 90)),
}


_INSIDE = """won: {weight: 50%, linear: {from: 0, to: 100, round: half_even, floor_points: 10, cap_points: 90}}
tickets: {weight: 25%, bands: {steps: [{below: 5, points: 100}, {points: 0}], better: lower}}
growth: {weight: 25%, better_of: {of: [{linear: {from: 0, to: 9}}, {percentile: {}}], round: {mode: half_up, to: 0.5}}}
"""


def scales_page() -> str:
    """Every scale: what it does, its keys, and what an example gives."""
    shared = frozenset(ScaleKind.model_fields)
    parts = [
        "# Scales\n\n"
        "A scale turns the value of a KPI into points. A KPI of a [scorecard](program.md#scorecards) names exactly "
        "one, as a key: `nps: {weight: 40%, gate: {at_least: 40}}`; bonuses and multipliers may name one. Points are "
        "exact until the score is rounded, and unknown where the value is. [Score "
        "partners](../how-to/score-partners.md) shows scales at work.\n\n"
        "Every scale takes these keys:\n\n" + keys(ScaleKind) + "\n`round` has these keys: "
        f"{words(PointsRounding)}\n\n{keys(PointsRounding)}"
        "\nThey stand inside the scale, not beside it; a scale that is written as a list or as one value then "
        "takes its "
        "keys by name:\n\n" + fenced(_INSIDE, "yaml") + f"\n## References\n\n{words(Reference)}\n\n{keys(Reference)}"
    ]
    for name, kind in SCALES.items():
        assert name in EXAMPLES, f"add an example of {name} to EXAMPLES in docs/reference_of_scales.py"
        written, values = EXAMPLES[name]
        parts.append(f"\n## {name}\n\n{words(kind)}\n\n{keys(kind, without=shared)}{keys_below(kind, without=shared)}")
        who = "of partners with the values" if _read(written).among_peers() else "for a value of"
        parts.append(f"\n{fenced(written, 'yaml')}\nPoints {who}:\n\n{_points(written, values)}")
    return "".join(parts)


def _points(written: str, values: Sequence[int]) -> str:
    """What a scale gives for values, worked out by the scale."""
    scale, terms, rows = _read(written), Terms(currency("EUR")), len(values)
    against = {
        key: Exact.constant(reference.literal(terms, Type.NUMBER) or Fraction(0), rows)
        for key, reference in scale.references().items()
    }
    points = scale.compute({"value": Exact.of([Fraction(value) for value in values]), **against}, rows).fractions()
    told = ["unknown" if each is None else number(each) for each in points]
    return table([f"{value:,}" for value in values], [told])


def _read(written: str) -> ScaleKind:
    root, problems = read_document(written.encode(), "example")
    assert root is not None and not problems, f"the example is sound: {problems}"
    ((name, config),) = plain(root).items()
    return SCALES[name].model_validate(config)
