"""The weighing of scorecards: worked by hand, agreeing with its explanation, and conserving what it re-weights."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given, settings, strategies as st

from rules.kinds.base import Reason, Terms
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.scorecards.score import Extras, NotScored, Scored, score
from rules.scorecards.score_reason import ScoreReason, Told, explain_score
from rules.scorecards.scorecard import ScorecardSpec

EUR = Terms(currency("EUR"))
GATE = {"at_least": "1"}  # any scale: these tests begin with the points


def kpi(weight: str, **more: str) -> dict[str, Any]:
    return {"weight": weight, "gate": GATE, **more}


def card(**written: Any) -> ScorecardSpec:
    return ScorecardSpec.model_validate(written)


def performance(**more: Any) -> ScorecardSpec:
    """Growth weighs 60 % (sourced 70, new_share 30), quality 40 % (nps 50, certified 50)."""
    growth = {"weight": "60%", "kpis": {"sourced": kpi("70%"), "new_share": kpi("30%")}}
    quality = {"weight": "40%", "kpis": {"nps": kpi("50%"), "certified": kpi("50%")}}
    return card(**{"groups": {"growth": growth, "quality": quality}, "missing": "reweight", **more})


def scored(of: ScorecardSpec, *rows: dict[str, Any], **extras: dict[str, list[Any]]) -> Scored:
    """The scores of partners given as {path: points}; a path that is left out is missing."""
    points = {path: Exact.of([row.get(path) for row in rows]) for path, _ in of.entries()}
    named = {kind: {name: Exact.of(column) for name, column in each.items()} for kind, each in extras.items()}
    result = score(of, points, len(rows), Extras(**named))
    assert_explained(of, points, result, Extras(**named))
    return result


def mismatches(of: ScorecardSpec, points: dict[str, Exact], result: Scored, extras: Extras) -> list[int]:
    """The rows whose explanation does not come to the same score, reason for none, groups and weights."""
    found = []
    for row in range(len(result.score)):
        root = explain_score(of, points, row, EUR, extras)
        value = None if root.reason is None else root.reason.value
        same = value == result.score.fraction(row) and root.code == result.not_scored[row]
        if value is not None:
            weights = {path: weight for path, weight in effective(root).items() if path in result.weights}
            nodes = {node.path: node for node in root.walk()}
            groups = {path: None if (reason := nodes[path].reason) is None else reason.value for path in result.groups}
            same &= groups == {path: column.fraction(row) for path, column in result.groups.items()}
            same &= weights == {path: column.fraction(row) for path, column in result.weights.items()}
        if not same:
            found.append(row)
    return found


def effective(root: ScoreReason) -> dict[str, Fraction]:
    """The weight of each KPI in the score: the weights on the way to it, multiplied."""
    found: dict[str, Fraction] = {}

    def walk(node: ScoreReason, above: Fraction) -> None:
        for part in node.parts:
            if part.weight is not None:  # a bonus has no weight
                walk(part, above * part.weight)
        if not node.parts:
            found[node.path] = above

    walk(root, Fraction(1))
    return found


def assert_explained(of: ScorecardSpec, points: dict[str, Exact], result: Scored, extras: Extras) -> None:
    assert mismatches(of, points, result, extras) == []


ALL = {"growth.sourced": 80, "growth.new_share": 50, "quality.nps": 60, "quality.certified": 90}


# By hand


def test_a_score_is_the_weighted_mean_of_groups_and_of_kpis_in_them() -> None:
    """60 % x (70 % x 80 + 30 % x 50) + 40 % x (50 % x 60 + 50 % x 90) = 60 % x 71 + 40 % x 75 = 72.6"""
    result = scored(performance(), ALL)
    assert result.score.fraction(0) == Fraction("72.6")
    assert [each.fraction(0) for each in result.groups.values()] == [71, 75]
    assert result.parts["growth.sourced"].fraction(0) == Fraction("33.6")


def test_a_missing_kpi_leaves_its_weight_to_the_others_of_its_group() -> None:
    """Without new_share, sourced alone is growth: 60 % x 80 + 40 % x 75 = 78. Without all of growth: 75."""
    gone = {"growth.new_share": None}
    result = scored(performance(), ALL | gone, ALL | gone | {"growth.sourced": None})
    assert result.score.fractions() == [78, 75]
    assert [weight.fraction(1) for weight in result.weights.values()] == [0, 0, Fraction(1, 2), Fraction(1, 2)]


def test_policies_for_a_missing_kpi() -> None:
    missing, known = {"sales": 90}, {"sales": 90, "nps": 30}
    for policy, expected, code in [
        ("zero", 60, NotScored.SCORED),
        ("reweight", 90, NotScored.SCORED),
        ("error", None, NotScored.MISSING),
        ("carry_last", None, NotScored.NOTHING_TO_CARRY),
    ]:
        of = card(kpis={"sales": kpi("2/3"), "nps": kpi("1/3")}, missing=policy)
        result = scored(of, missing, known)
        assert (result.score.fractions(), result.not_scored[0]) == ([expected, 70], code)
    of = card(kpis={"sales": kpi("2/3"), "nps": kpi("1/3", missing="carry_last")})
    assert scored(of, missing, known, carried={"nps": [60, 0]}).score.fractions() == [80, 70]


def test_too_few_kpis_or_groups_are_no_score() -> None:
    two = {"growth.sourced": 80, "growth.new_share": 50}
    assert scored(performance(at_least="3 KPIs"), ALL, two).not_scored.tolist() == [0, NotScored.FEW_KPIS]
    result = scored(performance(at_least={"kpis": "2", "groups": "2"}), ALL, two)
    assert result.not_scored.tolist() == [0, NotScored.FEW_GROUPS]
    assert result.score.fraction(1) is None and result.parts["growth.sourced"].fraction(1) is None


def test_a_kpi_set_to_zero_is_not_a_measured_one() -> None:
    result = scored(performance(missing="zero", at_least="1 KPI"), {}, {"quality.nps": 100})
    assert result.not_scored.tolist() == [NotScored.FEW_KPIS, 0]
    assert result.score.fraction(1) == 20


def test_a_group_with_too_few_measured_kpis_leaves_its_weight_to_the_other_groups() -> None:
    growth = {"weight": "60%", "at_least": "2", "kpis": {"a": kpi("50%"), "b": kpi("50%")}}
    of = card(groups={"growth": growth, "quality": {"weight": "40%", "kpis": {"c": kpi("100%")}}}, missing="reweight")
    assert scored(of, {"growth.a": 10, "quality.c": 90}).score.fractions() == [90]


def test_nothing_with_a_weight_is_no_score() -> None:
    of = card(kpis={"sales": kpi("100%"), "watched": kpi("0%")}, missing="reweight")
    assert scored(of, {"watched": 50}, {"sales": 50}).not_scored.tolist() == [NotScored.NO_WEIGHT, 0]


def test_groups_nest_and_stand_beside_kpis() -> None:
    """50 % x 80 + 50 % x (25 % x 40 + 75 % x (100 % x 60)) = 40 + 27.5"""
    inner = {"weight": "75%", "kpis": {"deep": kpi("100%")}}
    group = {"weight": "50%", "kpis": {"near": kpi("25%")}, "groups": {"inner": inner}}
    of = card(kpis={"top": kpi("50%")}, groups={"outer": group})
    result = scored(of, {"top": 80, "outer.near": 40, "outer.inner.deep": 60})
    assert result.score.fractions() == [Fraction("67.5")]
    assert result.weights["outer.inner.deep"].fraction(0) == Fraction(3, 8)


def test_bonus_and_multipliers_apply_in_the_order_that_is_written() -> None:
    extras: dict[str, Any] = {"bonus": {"spif": {"when": "partners.active", "points": "5"}}}
    extras["multipliers"] = {"strategic": {"when": "partners.region = 'DE'", "by": "1.2"}}
    given_: dict[str, Any] = {"bonus": {"spif": [5, None, 5]}, "multipliers": {"strategic": [Fraction(6, 5), 1, None]}}
    rows = [{"a": 50}] * 3
    first = scored(card(kpis={"a": kpi("100%")}, **extras), *rows, **given_)
    assert first.score.fractions() == [65, 50, None]
    assert first.not_scored[2] == NotScored.MULTIPLIER_UNKNOWN
    both = scored(card(kpis={"a": kpi("100%")}, multiply="with_bonus", bonus_cap="3", **extras), *rows, **given_)
    assert both.score.fractions() == [Fraction("63.6"), 50, None]


def test_a_missed_gate_is_zero_or_no_score_and_an_unknown_one_no_score() -> None:
    def gated(otherwise: str) -> ScorecardSpec:
        gate = {"kpi": "certified", "gate": {"at_least": "3"}, "otherwise": otherwise}
        return card(kpis={"a": kpi("100%")}, floor="10", gates={"certified": gate})

    rows, gates = [{"a": 50}] * 3, {"certified": [1, 0, None]}
    zero, none = scored(gated("zero"), *rows, gates=gates), scored(gated("not_scored"), *rows, gates=gates)
    assert (zero.score.fractions(), zero.not_scored.tolist()) == ([50, 0, None], [0, 0, NotScored.GATE_UNKNOWN])
    assert none.not_scored.tolist() == [0, NotScored.GATE_MISSED, NotScored.GATE_UNKNOWN]


def test_a_qualifying_gate_on_a_kpi_gives_one_or_zero() -> None:
    gate = {"kpi": "certified", "gate": {"at_least": "3"}, "otherwise": "zero"}
    scale = card(kpis={"a": kpi("100%")}, gates={"certified": gate}).gates["certified"].scale
    columns = {"value": Exact.of([2, 3, None]), "line": Exact.constant(3, 3)}
    assert scale.compute(columns, 3).fractions() == [0, 1, None]


def test_a_score_is_rounded_once_and_by_the_named_mode() -> None:
    """Thirds of 0.5 and 0 and 0.01: the exact mean is 0.17, and 1/3 x 1/2 alone would be 0.16666..; a half of 0.01
    goes as the mode says."""
    thirds = {"a": kpi("1/3"), "b": kpi("1/3"), "c": kpi("1/3")}
    row = {"a": Fraction(1, 2), "b": 0, "c": Fraction(1, 100)}
    result = scored(card(kpis=thirds), row)
    assert (result.exact.fraction(0), result.score.fraction(0)) == (Fraction("0.17"), Fraction("0.17"))
    half = {"a": Fraction("0.125")}
    assert scored(card(kpis={"a": kpi("100%")}), half).score.fraction(0) == Fraction("0.13")
    assert scored(card(kpis={"a": kpi("100%")}, rounding="half_even"), half).score.fraction(0) == Fraction("0.12")
    assert scored(card(kpis={"a": kpi("100%")}, decimals="0", cap="100"), {"a": 101}).score.fraction(0) == 100


def test_the_explanation_names_everything_that_made_the_score() -> None:
    points = {path: Exact.of([value]) for path, value in (ALL | {"growth.new_share": None}).items()}
    values = {path: column.fraction(0) for path, column in points.items()}
    reasons = {path: None if value is None else Reason(value, "") for path, value in values.items()}
    reasons["quality.nps"] = Reason(Fraction(60), "32 is below 40")
    told = Told(reasons, notes={"quality.nps": "survey of May"})
    root = explain_score(performance(), points, 0, EUR, told=told)
    assert root.reason is not None and root.reason.words == "60 % x 80 + 40 % x 75 = 78"
    said = {node.path: node.reason.words if node.reason else node.why_not for node in root.walk()}
    assert said["growth"] == "100 % x 80 = 80 (1 left out, and the weights of the others raised)"
    assert said["growth.new_share"] == "missing, its weight goes to the others"
    assert said["quality.nps"] == "32 is below 40 (survey of May)"
    none = explain_score(performance(at_least="4 KPIs"), points, 0, EUR)
    assert (none.reason, none.why_not) == (None, "3 KPIs measured, and 4 are needed")


# Properties

WEIGHTS = st.sampled_from(["0%", "10%", "25%", "1/3", "60%", "100%"])
POLICIES = st.sampled_from(["error", "zero", "carry_last", "reweight", "reweight", "reweight"])
POINTS = st.none() | st.builds(Fraction, st.integers(-50, 400), st.sampled_from([1, 3, 8]))


@st.composite
def parts(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    kpis = {name: kpi(draw(WEIGHTS), missing=draw(POLICIES)) for name in draw(st.sets(st.sampled_from("abc")))}
    groups = {}
    if depth < 2:
        for name in draw(st.sets(st.sampled_from("xy"))):
            groups[name] = {
                "weight": draw(WEIGHTS),
                "at_least": draw(st.sampled_from("0012")),
                **draw(parts(depth + 1)),
            }
    return {"kpis": kpis, "groups": groups}


@st.composite
def cards(draw: st.DrawFn) -> ScorecardSpec:
    written: dict[str, Any] = {**draw(parts(0)), "normalise": "true", "missing": draw(POLICIES)}
    written["at_least"] = {"kpis": draw(st.sampled_from("012")), "groups": draw(st.sampled_from("001"))}
    written["multiply"] = draw(st.sampled_from(["weighted", "with_bonus"]))
    written["bonus"] = {"b": {"when": "partners.active", "points": "1"}} if draw(st.booleans()) else {}
    written["multipliers"] = {"m": {"when": "partners.active", "by": "1"}} if draw(st.booleans()) else {}
    otherwise = draw(st.sampled_from(["zero", "not_scored"]))
    written["gates"] = {"g": {"when": "partners.active", "otherwise": otherwise}} if draw(st.booleans()) else {}
    written |= draw(st.sampled_from([{}, {"cap": "100"}, {"floor": "0", "cap": "90"}, {"bonus_cap": "2"}]))
    return card(**written, rounding=draw(st.sampled_from(["half_up", "half_even", "down"])))


@st.composite
def inputs(draw: st.DrawFn, of: ScorecardSpec) -> tuple[dict[str, Exact], Extras, int]:
    rows = draw(st.integers(1, 4))

    def column(values: st.SearchStrategy[Any]) -> Exact:
        return Exact.of([draw(values) for _ in range(rows)])

    points = {path: column(POINTS) for path, _ in of.entries()}
    carried = {path: column(POINTS) for path, _ in of.entries() if draw(st.booleans())}
    bonus = {name: column(POINTS) for name in of.bonus}
    multipliers = {name: column(st.sampled_from([None, 1, Fraction(4, 3)])) for name in of.multipliers}
    gates = {name: column(st.sampled_from([None, 0, 1, 1])) for name in of.gates}
    return points, Extras(carried, bonus, multipliers, gates), rows


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_explanation_comes_to_the_same_score(data: st.DataObject) -> None:
    of = data.draw(cards())
    points, extras, rows = data.draw(inputs(of))
    result = score(of, points, rows, extras)
    assert mismatches(of, points, result, extras) == []
    for row in range(rows):
        if result.score.fraction(row) is not None:
            weights = [weight.fraction(row) for weight in result.weights.values()]
            assert sum(filter(None, weights)) == 1 and min(filter(None, weights)) > 0, "re-weighting conserves"
            parts_sum = sum(part.fraction(row) or 0 for part in result.parts.values())
            assert parts_sum == result.weighted.fraction(row), "the parts add up to the weighted score"


def test_a_mutant_off_by_one_unit_is_caught() -> None:
    points = {path: Exact.of([value]) for path, value in ALL.items()}
    right = score(performance(), points, 1)
    values: dict[str, Any] = {field: getattr(right, field) for field in Scored.__slots__}
    off = Scored(**values | {"score": right.score + Exact.of([Fraction(1, 100)])})
    assert mismatches(performance(), points, off, Extras()) == [0]


@settings(max_examples=40, deadline=None)
@given(points=st.lists(st.integers(0, 100), min_size=4, max_size=4), gone=st.integers(0, 3))
def test_reweighting_stays_within_the_group(points: list[int], gone: int) -> None:
    """One KPI missing: its group keeps its weight, the other group is untouched."""
    known = dict(zip(ALL, points, strict=True))
    path = list(ALL)[gone]
    result = scored(performance(), known | {path: None})
    weight = {name: each.fraction(0) for name, each in result.weights.items()}
    assert weight["growth.sourced"] + weight["growth.new_share"] == Fraction(3, 5)  # type: ignore[operator]
    assert weight["quality.nps"] + weight["quality.certified"] == Fraction(2, 5)  # type: ignore[operator]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), more=st.integers(1, 50))
def test_more_points_never_lower_the_score(data: st.DataObject, more: int) -> None:
    of = data.draw(cards())
    points, extras, rows = data.draw(inputs(of))
    raised = {path: column + Exact.constant(more, rows) for path, column in points.items()}
    before, after = score(of, points, rows, extras).score, score(of, raised, rows, extras).score
    for row in range(rows):
        low, high = before.fraction(row), after.fraction(row)
        assert (low is None) == (high is None) and (low is None or high is None or low <= high)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_order_of_partners_changes_nothing(data: st.DataObject) -> None:
    of = data.draw(cards())
    points, _, rows = data.draw(inputs(of))
    nothing = Extras(
        {}, *({name: Exact.constant(1, rows) for name in each} for each in (of.bonus, of.multipliers, of.gates))
    )
    backwards = {path: column.take(np.arange(rows)[::-1]) for path, column in points.items()}
    forward, turned = score(of, points, rows, nothing), score(of, backwards, rows, nothing)
    assert turned.score.fractions() == forward.score.fractions()[::-1]
