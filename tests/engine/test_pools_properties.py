"""What holds for every pool, whatever it is shared by and within: nothing gets lost, order does not matter, floors and
caps hold to the cent, and every share is worked out again by its explanation."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from pool_stories import ENTERED, FIRM, YEAR, re_added
from spine_stories import write

from engine.explain import _Explaining
from engine.plan import compile_plan
from engine.sheet.book import Book
from engine.sheet.pools import award, share, weigh
from engine.values import PARTNERS, PROGRAM, Award, Frame, Plan, Reasoned, Share, Sheet, Weigh
from rules.calendar import Period
from rules.load import load
from rules.problem import Refused
from rules.quantities.apportion import CONSERVING, Residue
from rules.quantities.exact import Exact

WEIGHTS = {
    "equally": "equally",
    "by": "{by: members.units}",
    "by_rank": "{by_rank: {of: members.units, best: highest}}",
    "points": "{points: {classes: {a: {units: members.units, points: 1.5}, b: members.hours}}}",
    "lockstep": "{lockstep: {of: members.years, points: [1, 2.5, 4]}}",
    "salary": "{salary: {of: members.pay, at_most: members.limit}}",
}
AWARDS = {
    "proportional": "{proportional: members.claim}",
    "equal_awards": "{equal_awards: members.claim}",
    "equal_losses": "{equal_losses: members.claim}",
    "talmud": "{talmud: members.claim}",
    "integrated": "{integrated: {of: members.pay, level: 20, disparity: 10%}}",
    "discretion": "{discretion: entered}",
}
BOUNDS = (
    "{at_least: {of: members.least}, at_most: {of: members.most}, if_short: scale}",
    "{at_least: {share: 7%}, at_most: {share: 40%}, if_short: house, excess: house}",
    "{at_least: {of: members.least}, floors_from: house}",
    "{at_most: {of: members.most}}",
)
STEPS = {"JPY": "1", "EUR": "0.05", "KWD": "0.001"}


@dataclass(frozen=True)
class Shared:
    """What a pool came to: its books and shares (None: no line), and what explains them."""

    steps: Mapping[type, Any]
    book: Book
    plan: Plan

    @property
    def shares(self) -> list[int | None]:
        return [None if each is None else int(each) for each in self.book.columns["p.lines"].fractions()]

    def of_program(self, name: str) -> int:
        return int(self.book.columns[f"p.{name}"].numerator[0])

    def why(self, row: int) -> Reasoned:
        sheet = Sheet(self.book.period, self.book.frames, self.book.columns, self.book.frame_of, {}, {})
        return _Told(self.plan, sheet)._line("p.lines", row)


class _Told(_Explaining):
    """An explanation whose sources are the columns that the pool was given."""

    def __init__(self, plan: Plan, sheet: Sheet) -> None:
        facts: Any = SimpleNamespace(tables=lambda: (), is_money=lambda column: False)
        super().__init__(plan, sheet, facts, None)
        self._whole: Any = SimpleNamespace(pool=self._pool)

    def _measure(self, name: str, row: int) -> Reasoned:
        return Reasoned(name, self._sheet.columns[name].fraction(row), "", "")

    def _pool(self, name: str) -> Reasoned:
        return Reasoned(name, self._sheet.columns[name].fraction(0), "", "")


@cache
def compiled(how: str, currency: str) -> Plan:
    """The plan of a program with one pool."""
    head = YEAR.format(currency=currency, rounding=f"{{mode: half_up, to: {STEPS[currency]}}}")
    with TemporaryDirectory() as folder:
        program = f"{head}{ENTERED}pools:\n  p: {{size: 0, {how}}}\n"
        return compile_plan(load(write(Path(folder), program, FIRM)).understood())


def shared(how: str, currency: str, size: int, members: Mapping[str, list[Any]], keys: list[str]) -> Shared:
    """A pool of `size` minor units among members, whose values are given by the column of their table."""
    plan = compiled(how, currency)
    year = Period("2026", plan.effective.first, plan.effective.end)
    rows = np.arange(len(keys), dtype=np.int64)
    frame = Frame(PARTNERS, np.array(keys, dtype=object), rows, rows)
    one = Frame(PROGRAM, np.array([""], dtype=object), rows[:1], rows[:1])
    earlier: Any = SimpleNamespace(first=year, since=lambda *_: [])
    book = Book(year, plan.calendar, earlier, {PARTNERS: frame, "p.members": frame, "p.size": one, PROGRAM: one}, {})
    book.write("p.size", "p.size", Exact.of([size]))
    book.write("p.size.released", "p.size", Exact.of([0]))
    book.write(f"{PROGRAM}.p.carried.opening", PROGRAM, Exact.of([0]))
    reads = next(step for step in plan.steps if step.name == "p.members")
    for name, (tree, _) in reads.measures.items():  # type: ignore[attr-defined]
        book.write(name, "p.members", Exact.of(members[tree.name]))
    facts: Any = None
    steps: dict[type, Any] = {type(step): step for step in plan.steps}
    works: list[tuple[type, Any]] = [(Weigh, weigh), (Award, award), (Share, share)]
    for kind, work in works:
        if kind in steps:
            work(steps[kind], book, facts)
    return Shared(steps, book, plan)


amounts = st.integers(0, 6_000) | st.integers(0, 10**20) | st.fractions(0, 500, max_denominator=6)


@st.composite
def pools(draw: st.DrawFn, awards: bool) -> tuple[str, str, int, dict[str, list[Any]], list[str]]:
    """How a pool is shared, its currency, its size and its members."""
    kinds = AWARDS if awards else WEIGHTS
    how = f"shared: {kinds[draw(st.sampled_from(sorted(kinds)))]}"
    how += f", residue: {draw(st.sampled_from([each for each in Residue if each is not Residue.CARRY]))}"
    bounds = draw(st.sampled_from([None, *BOUNDS]))
    if not awards and bounds is not None:
        how += f", bounds: {bounds}"
    how += f", unknown: {draw(st.sampled_from(['leave_out'] if awards else ['leave_out', 'house']))}"
    currency = draw(st.sampled_from(sorted(STEPS)))
    step = 5 if currency == "EUR" else 1
    count = draw(st.integers(1, 7))

    def column(values: st.SearchStrategy[Any], blank: bool = True) -> list[Any]:
        one = values | values | values | st.none() if blank else values
        return draw(st.lists(one, min_size=count, max_size=count))

    members = {name: column(amounts) for name in ("units", "hours", "claim", "pay", "limit", "years", "entered")}
    members["least"] = column(st.integers(0, 60))
    members["most"] = column(st.integers(80, 3_000))
    keys = draw(st.permutations([f"p{at}" for at in range(count)]))
    size = draw(st.integers(0, 20) | st.integers(0, 10**6) | st.integers(0, 10**21)) * step
    return how, currency, size, members, sorted(keys)


def tried(pool: tuple[str, str, int, dict[str, list[Any]], list[str]]) -> Shared:
    try:
        return shared(*pool)
    except Refused as refusal:  # nobody weighs anything, floors above caps, more entered than there is
        assume({each.code for each in refusal.problems} - {"F304", "K205", "K206", "K207"} != set())
        raise


@pytest.mark.parametrize("awards", [False, True], ids=["by weight", "by award"])
def test_nothing_gets_lost_and_every_share_is_explained(awards: bool) -> None:
    @given(pools(awards))
    def holds(pool: tuple[str, str, int, dict[str, list[Any]], list[str]]) -> None:
        how, _, size, _, _ = pool
        found = tried(pool)
        paid = [each for each in found.shares if each is not None]
        left, adds = found.of_program("left"), found.of_program("house_adds")
        assert sum(paid) + left == size + adds
        assert all(each >= 0 for each in paid) and adds >= 0
        residue = found.steps[Share].residue
        if residue is not Residue.ROUND_EACH:
            assert left >= 0
        if residue in CONSERVING and "bounds" not in how and "house" not in how and not awards:
            assert left == 0
        for row, each in enumerate(found.shares):
            if each is not None:
                reason = found.why(row)
                assert reason.value == each
                re_added(reason)

    holds()


@given(pools(False))
def test_floors_and_caps_hold_to_the_cent(pool: tuple[str, str, int, dict[str, list[Any]], list[str]]) -> None:
    how, _, size, members, _ = pool
    found = tried(pool)
    step = found.steps[Share].terms.step_minor
    for row, each in enumerate(found.shares):
        least, most = members["least"][row], members["most"][row]
        if each is None:
            continue
        if "at_most: {of: members.most}" in how and most is not None:
            assert each <= most
        if "at_least: {of: members.least}, floors_from: house" in how and least is not None:
            assert each >= least
        if "at_least: {share: 7%}" in how:
            assert each >= Fraction(7, 100) * size
            is_short = -(-Fraction(7, 100) * size // step) * step * len(found.shares) > size
            assert is_short or each <= Fraction(40, 100) * size


@given(pools(False), st.sampled_from(["house", "carry"]))
def test_what_a_cap_keeps_back_costs_nobody_else_a_cent(
    pool: tuple[str, str, int, dict[str, list[Any]], list[str]], excess: str
) -> None:
    """Where it is not shared again, the others get what they get without caps, wherever it goes; it adds up."""
    how, currency, size, members, keys = pool
    plain = how.partition(", bounds")[0].partition(", unknown")[0] + ", unknown: " + how.rpartition("unknown: ")[2]
    capped = f"{plain}, bounds: {{at_most: {{of: members.most}}, excess: {excess}}}"
    without, within = tried((plain, currency, size, members, keys)), tried((capped, currency, size, members, keys))
    step = without.steps[Share].terms.step_minor
    held_back = 0
    for before, after, most in zip(without.shares, within.shares, members["most"], strict=True):
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            cap = before if most is None else most // step * step
            assert after == min(before, cap)
            held_back += before - after
    assert within.of_program("left") - without.of_program("left") == held_back
    if excess == "carry" and all(each is not None for each in within.shares):
        assert int(within.book.columns[f"{PROGRAM}.p.carried.closing"].numerator[0]) == held_back


@given(pools(False) | pools(True), st.integers())
def test_the_order_of_members_does_not_matter(
    pool: tuple[str, str, int, dict[str, list[Any]], list[str]], seed: int
) -> None:
    how, currency, size, members, keys = pool
    order = list(range(len(keys)))
    random.Random(seed).shuffle(order)
    before = tried(pool)
    mixed = {name: [column[at] for at in order] for name, column in members.items()}
    after = shared(how, currency, size, mixed, [keys[at] for at in order])
    assert dict(zip([keys[at] for at in order], after.shares, strict=True)) == dict(
        zip(keys, before.shares, strict=True)
    )


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=6), st.integers(0, 10**5))
def test_a_newcomer_raises_nobody_s_equal_award(size: int, claims: list[int], more: int) -> None:
    """Population monotonicity holds to the cent: whoever gets what is left over, no share grows by another claim."""
    how = f"shared: {AWARDS['equal_awards']}, residue: house"
    keys = [f"p{at}" for at in range(len(claims) + 1)]
    before = shared(how, "KWD", size, {"claim": [*claims]}, keys[:-1]).shares
    after = shared(how, "KWD", size, {"claim": [*claims, more]}, keys).shares
    assert all((a or 0) >= (b or 0) for a, b in zip(before, after, strict=False))
