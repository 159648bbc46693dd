"""Claims that exceed what there is: the published answers, what theory says of each rule, and twins that agree."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from rules.kinds.base import Terms
from rules.problem import Refused
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.sharing import CLAIMS
from rules.sharing.base import Awards, ClaimsKind

CASES = json.loads((Path(__file__).parent.parent / "cases/sharing.json").read_text("utf-8"))["claims"]
EUR = Terms(currency("EUR"))

amounts = st.integers(0, 60) | st.fractions(0, 60, max_denominator=12) | st.integers(0, 10**22)
claims_any = st.lists(amounts, min_size=1, max_size=8)


def rule(name: str) -> ClaimsKind:
    return CLAIMS[name].model_validate({"of": "partners.claim"})


def share(name: str, claims: list[Any], size: Fraction | int) -> Awards:
    """The awards of a pool, each told by the twin as well, whose steps add up."""
    kind, columns = rule(name), {"of": Exact.of(claims)}
    found = kind.compute(columns, len(claims), Fraction(size), EUR)
    for row, claim in enumerate(claims):
        if claim is not None:
            told = kind.explain(columns, row, Fraction(size), EUR)
            assert told.value == found.exact.fraction(row), (name, row, told)
    return found


def known(found: Awards) -> list[Fraction]:
    return [each for each in found.exact.fractions() if each is not None]


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Fraction], Fraction]:
    claims = [Fraction(each) for each in draw(claims_any)]
    part = draw(st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1)]) | st.fractions(0, 1, max_denominator=30))
    return claims, sum(claims, Fraction(0)) * part


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_published_problem_has_its_published_answer(case: dict[str, Any]) -> None:
    found = share(case["rule"], [Fraction(each) for each in case["claims"]], Fraction(case["size"]))
    assert known(found) == [Fraction(each) for each in case["awards"]], case["source"]


def test_maimonides_and_the_talmud_differ_on_the_widows_estate() -> None:
    """100, 200 and 300 from an estate of 200: what one would get under each rule, worked by hand."""
    claims = [100, 200, 300]
    assert known(share("equal_awards", claims, 200)) == [Fraction(200, 3)] * 3
    assert known(share("equal_losses", claims, 200)) == [0, 50, 150]
    assert known(share("proportional", claims, 200)) == [Fraction(100, 3), Fraction(200, 3), 100]


@given(st.sampled_from(sorted(CLAIMS)), problems())
def test_all_is_shared_and_nobody_gets_more_than_the_claim(name: str, problem: tuple[list[Fraction], Fraction]) -> None:
    claims, size = problem
    found = share(name, claims, size)
    assert sum(known(found), Fraction(0)) == size
    assert found.left == 0
    assert all(0 <= award <= claim for award, claim in zip(known(found), claims, strict=True))


@given(st.sampled_from(sorted(CLAIMS)), problems(), st.randoms())
def test_the_order_of_members_does_not_matter(name: str, problem: tuple[list[Fraction], Fraction], random: Any) -> None:
    claims, size = problem
    order = list(range(len(claims)))
    random.shuffle(order)
    before, after = known(share(name, claims, size)), known(share(name, [claims[i] for i in order], size))
    assert after == [before[i] for i in order]


@given(st.sampled_from(sorted(CLAIMS)), problems(), st.fractions(0, 1, max_denominator=9))
def test_nobody_loses_when_there_is_more_to_share(
    name: str, problem: tuple[list[Fraction], Fraction], part: Fraction
) -> None:
    claims, size = problem
    less, more = known(share(name, claims, size * part)), known(share(name, claims, size))
    assert all(a <= b for a, b in zip(less, more, strict=True))


@given(st.sampled_from(sorted(CLAIMS)), problems(), amounts)
def test_nobody_gains_when_one_more_comes(name: str, problem: tuple[list[Fraction], Fraction], more: Fraction) -> None:
    """Population monotonicity, which all four rules have (Thomson 2003)."""
    claims, size = problem
    before, after = known(share(name, claims, size)), known(share(name, [*claims, more], size))
    assert all(a >= b for a, b in zip(before, after, strict=False))


@given(problems())
def test_the_talmud_s_rule_is_its_own_dual_and_equal_awards_that_of_equal_losses(
    problem: tuple[list[Fraction], Fraction],
) -> None:
    """What is missing is shared as what is there (Aumann and Maschler 1985, section 4)."""
    claims, size = problem
    missing = sum(claims, Fraction(0)) - size
    for name, dual in (("talmud", "talmud"), ("proportional", "proportional"), ("equal_awards", "equal_losses")):
        lost = known(share(dual, claims, missing))
        assert known(share(name, claims, size)) == [c - each for c, each in zip(claims, lost, strict=True)]


@given(problems())
def test_any_two_members_share_by_the_contested_garment(problem: tuple[list[Fraction], Fraction]) -> None:
    """The theorem that makes the Talmud's rule the only one (Aumann and Maschler 1985, theorem A)."""
    claims, size = problem
    awards = known(share("talmud", claims, size))
    for i in range(len(claims)):
        for j in range(i):
            both = awards[i] + awards[j]
            conceded_to_i, conceded_to_j = max(Fraction(0), both - claims[j]), max(Fraction(0), both - claims[i])
            assert awards[i] == conceded_to_i + (both - conceded_to_i - conceded_to_j) / 2


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_what_nobody_claims_is_left_and_named(name: str) -> None:
    found = share(name, [Fraction(10), None, Fraction(5, 2)], 20)
    assert found.exact.fractions() == [10, None, Fraction(5, 2)]
    assert (found.left, found.left_name) == (Fraction(15, 2), "unclaimed")


def test_half_of_all_claims_is_told_as_half() -> None:
    claims = {"of": Exact.of([100, 200, 300])}
    for size, told in (
        (Fraction(450), "over half of all claims (3.00)"),
        (Fraction(150), "at most half of all claims (3.00)"),
    ):
        assert told in rule("talmud").explain(claims, 2, size, EUR).words


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_a_member_without_a_claim_takes_no_part(name: str) -> None:
    found = share(name, [None, 30, None, 60], 45)
    assert known(found) == known(share(name, [30, 60], 45))


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_rounds_say_what_was_due_paid_and_left(name: str) -> None:
    told = rule(name).explain({"of": Exact.of([100, 200, 300])}, 2, Fraction(450), EUR)
    for step in told.steps:
        assert step.entitled == step.paid + step.remaining
        assert step.words
        assert step.is_loss == (name in {"equal_losses", "talmud"})
    paid = sum(step.paid for step in told.steps)
    assert told.value == (300 - paid if told.steps[0].is_loss else paid)


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_a_pool_or_claim_below_nothing_is_refused(name: str) -> None:
    columns = {"of": Exact.of([5, -1, None, Fraction(-1, 2)])}
    assert [(fault.row, fault.code) for fault in rule(name).faulty(columns, 4, EUR)] == [(1, "K201"), (3, "K201")]
    with pytest.raises(Refused, match="K202"):
        rule(name).compute({"of": Exact.of([5])}, 1, Fraction(-1), EUR)


@pytest.mark.parametrize("is_wide", [False, True])
@pytest.mark.parametrize("seed", [1, 77, 2**31])
def test_a_large_pool_is_shared_as_a_small_one(seed: int, is_wide: bool) -> None:
    """Beyond 4,096 members the level is halved, not sorted: the awards are still the same amount, or the claim."""
    count = 5_000
    claims = [(seed * (i * i + 7) >> 3) % 1_000 * (10**20 if is_wide else 1) for i in range(count)]
    size = Fraction(sum(claims) * 5, 11)
    awards = known(rule("equal_awards").compute({"of": Exact.of(claims)}, count, size, EUR))
    top = max(awards)
    assert sum(awards) == size
    assert all(award == min(claim, top) for award, claim in zip(awards, claims, strict=True))


def test_a_large_pool_that_ends_at_a_claim_is_exact_around_it() -> None:
    """Claims of 0 to 4,999: a pool that pays the first k in full and k to all others, one less, and one more."""
    count = 5_000
    columns = {"of": Exact.of(range(count))}
    for k in range(2_480, 2_520, 3):
        for more in (-1, 0, 1):
            size = k * (k - 1) // 2 + k * (count - k) + more
            found = rule("equal_awards").compute(columns, count, Fraction(size), EUR).exact
            assert found.sum() == size
            sharing = count - k if more < 0 else count - k - 1  # they claim at least the level, or more than it
            assert found.fraction(count - 1) == k + Fraction(more, sharing)
