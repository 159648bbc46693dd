"""What the check says of scorecards: faults that only the whole program shows, each with its place and a cure."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rules.load import understand
from rules.meaning import Meaning
from rules.problem import Problem, errors
from rules.quantities.exact import Exact
from rules.scorecards.score import NotScored, score
from rules.scorecards.scorecard import ScorecardSpec

HEAD = """program: Story
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: p.csv, deals: d.csv}
kpis:
  won: {sum: deals.amount}
  wins: {count: deals}
  lost: {count: deals, where: deals.status = 'lost', better: lower}
  volume: sales_volume
scorecards:
  performance:
"""


def checked(card: str, below: str = "payouts: {fee: {amount: 1}}\n") -> tuple[Meaning | None, tuple[Problem, ...]]:
    lines = "".join(f"    {line.strip()}\n" for line in card.strip().splitlines())
    found = understand((HEAD + lines + below).encode(), "program.yaml", Path())
    return found.meaning, errors(found.problems)


GATE = "gate: {at_least: 1}"


@pytest.mark.parametrize(
    ("entry", "code", "message", "hint"),
    [
        (f"wns: {{weight: 100%, {GATE}}}", "P224", "no KPI wns", "did you mean 'wins'?"),
        (f"x: {{weight: 100%, kpi: volum, {GATE}}}", "P224", "no KPI volum", "did you mean 'volume'?"),
        ("wins: {weight: 100%, gate: {at_least: EUR 5}}", "P209", "is money, and the KPI is a count", "write a number"),
        ("won: {weight: 100%, gate: {at_least: 75%}}", "P209", "is a share, and the KPI is money", "write an amount"),
        ("won: {weight: 100%, gate: {at_least: USD 5}}", "P130", "USD", "EUR"),
        ("won: {weight: 100%, linear: {from: 0, to: target}}", "P226", "target needs the table targets", "sources"),
        ("won: {weight: 100%, gate: {at_least: benchmark.p50}}", "P226", "needs the table benchmarks", "sources"),
        ("wins: {weight: 100%, gate: {at_least: {expression: won}}}", "X135", "this is money, and a number is due", ""),
        ("won: {weight: 100%, gate: {at_least: {expression: partners.tier}}}", "X135", "money is due here", ""),
        ("won: {weight: 100%, percentile: {among: won}}", "P227", "one column of a table", "partners.kind"),
        ("won: {weight: 100%, rank: {ties: mean, among: deals.kind}}", "P160", "sees no row of deals", ""),
        ("won: {weight: 100%, z_score: {deviation: sample, among: partners.knd}}", "X131", "'knd'", "'kind'"),
        (
            "a: {weight: 100%, assessed: {value: partners.tier, author: partners.manager}, " + GATE + "}",
            "P225",
            "a text has no points",
            "score money",
        ),
        (
            "a: {weight: 100%, assessed: {value: won, author: wins}, gate: {at_least: 5}}",
            "P164",
            "author and grounds are columns",
            "reviews.author",
        ),
    ],
)
def test_a_fault_of_an_entry(entry: str, code: str, message: str, hint: str) -> None:
    meaning, problems = checked(f"kpis: {{{entry}}}")
    assert meaning is None
    (problem,) = problems
    assert (problem.code, problem.place.line) == (code, 13)
    assert message in problem.message and hint in problem.hint


CARD = f"kpis: {{wins: {{weight: 100%, {GATE}}}}}\ntiers: {{silver: 0, gold: 60}}\nrank: competition\n"


@pytest.mark.parametrize(
    ("condition", "code", "hint"),
    [
        ("performance.tier = 'glod'", "P228", "did you mean 'gold'?"),
        ("performance.tier in ('silver', 'platinum')", "P228", "it is one of silver, gold"),
        ("case when performance.tier = 'Gold' then true else false end", "P228", "did you mean 'gold'?"),
        ("performance.tier = partners.tier", "P231", "write performance.tier = 'gold'"),
        ("coalesce(performance.tier, 'gold') = 'gold'", "P231", "write performance.tier = 'gold'"),
        ("performance.tier in ('gold', partners.tier)", "P231", "write performance.tier = 'gold'"),
        ("performance.teir = 'gold'", "X131", "did you mean 'tier'?"),
        ("performance.tier > 'silver'", "X133", "use =, != or in (...)"),
        ("performance.rank = 'gold'", "X132", "quote a text"),
    ],
)
def test_a_tier_is_compared_with_its_names(condition: str, code: str, hint: str) -> None:
    meaning, problems = checked(CARD, f'pools: {{top: {{size: 100, shared: equally, among: "{condition}"}}}}\n')
    assert meaning is None
    assert [(each.code, each.place.line) for each in problems] == [(code, 16)]
    assert hint in problems[0].hint


@pytest.mark.parametrize("place", ["for", "bonus", "gates", "multipliers"])
def test_a_typo_is_found_wherever_a_condition_stands(place: str) -> None:
    condition = "performance.tier = 'silber'"
    second = {
        "for": f"for: {condition}",
        "bonus": f"bonus: {{b: {{when: {condition}, points: 1}}}}",
        "gates": f"gates: {{g: {{when: {condition}, otherwise: zero}}}}",
        "multipliers": f"multipliers: {{m: {{when: {condition}, by: 2}}}}",
    }[place]
    below = f"  second:\n    kpis: {{wins: {{weight: 100%, {GATE}}}}}\n    {second}\npayouts: {{fee: {{amount: 1}}}}\n"
    _, problems = checked(CARD, below)
    assert [(each.code, each.hint) for each in problems] == [("P228", "did you mean 'silver'?")]


def test_a_scorecard_is_not_named_before_it_is_there() -> None:
    _, problems = checked(CARD + "for: second > 5\n", f"  second:\n    kpis: {{wins: {{weight: 100%, {GATE}}}}}\n")
    assert [each.code for each in problems] == ["X131"]


def test_a_kpi_that_is_at_fault_is_told_once() -> None:
    text = HEAD.replace("deals.amount}", "deals.amont}") + f"    kpis: {{won: {{weight: 100%, {GATE}}}}}\n"
    found = understand(text.encode(), "program.yaml", Path())
    assert [each.code for each in errors(found.problems)] == ["X131"]


def test_the_direction_is_the_kpis_own_unless_the_scale_says_otherwise() -> None:
    meaning, problems = checked(
        "kpis: {lost: {weight: 60%, percentile: {}}, wins: {weight: 40%, rank: {ties: best, better: lower}}}"
    )
    assert not problems and meaning is not None
    (card,) = meaning.scorecards
    assert {path: entry.better for path, entry in card.entries.items()} == {"lost": "lower", "wins": "lower"}


def test_a_target_is_found_by_the_programs_name_or_the_catalogues() -> None:
    text = HEAD.replace("deals: d.csv", "deals: d.csv, targets: t.csv")
    text += "    kpis: {volume: {weight: 100%, attainment: {of: target}}}\n"
    meaning = understand(text.encode(), "program.yaml", Path()).meaning
    assert meaning is not None
    assert meaning.scorecards[0].entries["volume"].ids == ("volume", "sales_volume")


# --- what holds for any scorecard -------------------------------------------------------------------------------------

weights = st.lists(st.integers(0, 20), min_size=1, max_size=5).filter(any)
points = st.none() | st.integers(0, 100).map(lambda each: Fraction(each, 3))


def card_of(written: list[int], inner: list[int]) -> ScorecardSpec:
    """A card of KPIs, and of a group of KPIs that weighs as much as 10 of them."""
    entry = {"gate": {"at_least": "1"}}
    kpis = {f"k{at}": {"weight": f"{each}%", **entry} for at, each in enumerate(written)}
    group = {"weight": "10%", "kpis": {f"g{at}": {"weight": f"{each}%", **entry} for at, each in enumerate(inner)}}
    whole = {"kpis": kpis, "groups": {"g": group}, "normalise": "true", "missing": "reweight", "decimals": "9"}
    return ScorecardSpec.model_validate(whole)


@given(st.data(), weights, weights)
def test_reweighting_conserves_weight(data: st.DataObject, written: list[int], inner: list[int]) -> None:
    card = card_of(written, inner)
    columns = {path: Exact.of([data.draw(points)]) for path, _ in card.entries()}
    found = score(card, columns, 1)
    value, parts = found.weighted.fraction(0), [column.fraction(0) for column in found.parts.values()]
    if value is None:
        assert found.not_scored[0] == NotScored.NO_WEIGHT
        return
    shares = {path: column.fraction(0) or Fraction(0) for path, column in found.weights.items()}
    assert sum(shares.values()) == 1 and min(shares.values()) >= 0
    assert all(share == 0 for path, share in shares.items() if columns[path].fraction(0) is None)
    assert sum((part or Fraction(0) for part in parts), Fraction(0)) == value


@given(st.data(), weights, weights, st.integers(0, 100))
def test_more_points_of_a_kpi_never_lower_the_score(
    data: st.DataObject, written: list[int], inner: list[int], more: int
) -> None:
    card = card_of(written, inner)
    paths = [path for path, _ in card.entries()]
    before = {path: data.draw(points) for path in paths}
    known = [path for path in paths if before[path] is not None]
    if not known:
        return
    changed = data.draw(st.sampled_from(known))
    after = {**before, changed: (before[changed] or Fraction(0)) + more}
    columns = {path: Exact.of([before[path], after[path]]) for path in paths}
    first, second = score(card, columns, 2).score.fractions()
    assert (first is None) == (second is None)
    assert first is None or second is None or first <= second


SCALES = [
    {"linear": {"from": "10", "to": "60"}},
    {"attainment": {"of": "40", "threshold": "50%", "cap": "150%"}},
    {"gate": {"at_least": "30"}},
    {"percentile": {}},
    {"rank": {"ties": "best"}},
    {"min_max": {"when_equal": "50"}},
    {"z_score": {"deviation": "population", "when_equal": "50"}},
    {"bands": [{"below": "20", "points": "0"}, {"up_to": "50", "points": "60"}, {"points": "100"}]},
    {"points_table": {"between": "interpolate", "steps": [{"at": "5", "points": "0"}, {"at": "80", "points": "100"}]}},
]
LOWER = [
    {"linear": {"from": "60", "to": "10"}},
    {"attainment": {"of": "40", "cap": "150%"}},
    {"gate": {"at_most": "30"}},
    {"percentile": {}},
    {"rank": {"ties": "worst"}},
    {"min_max": {"when_equal": "50"}},
    {"z_score": {"deviation": "sample", "when_equal": "50"}},
]


@pytest.mark.parametrize(
    ("scale", "better"), [(each, "higher") for each in SCALES] + [(each, "lower") for each in LOWER]
)
@given(st.lists(st.integers(0, 100), min_size=2, max_size=8))
def test_points_follow_the_direction_of_the_kpi(scale: dict[str, object], better: str, values: list[int]) -> None:
    entry = {"weight": "100%", **scale}
    kind = next(entry for _, entry in ScorecardSpec.model_validate({"kpis": {"k": entry}}).entries()).scale
    terms = Exact.of(values)
    columns = {"value": terms}
    for key, reference in kind.references().items():
        assert reference.value is not None
        columns[key] = Exact.constant(reference.value.amount, len(values))
    got = kind.compute(columns, len(values), "lower" if better == "lower" else "higher").fractions()
    ordered = sorted(zip(values, got, strict=True), key=lambda pair: pair[0], reverse=better == "lower")
    for (_, worse), (_, good) in pairwise(ordered):
        assert worse is None or good is None or worse <= good
