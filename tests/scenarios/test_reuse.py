"""Programs on the same facts: what a change does not touch is not worked out again, and nothing comes out otherwise."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from reuse_programs import BALANCES, PAYOUTS, parts, text_of, write_facts

from engine.facts.gather import Gathered
from engine.sheet import remembered as remembered_module, reuse as reuse_module
from engine.sheet.alike import alike
from engine.sheet.reuse import TRACES_MAX, Reuse
from engine.values import Run
from rules.calendar import Period
from rules.load import load, understand
from rules.problem import Place, Refused
from rules.quantities.exact import Exact
from scenarios.acts.evaluate import Kept, facts_by, periods_of, run_of
from scenarios.overlays.overlay import Overlaid

FIGURES = {"rate": 3, "edge": 300, "weight": 60, "top": 4000, "high": 40, "least": 0, "sourced": 50}
EVERY = dict.fromkeys((*PAYOUTS, "card", "team", "pot", *BALANCES), FIGURES)
Rules = Mapping[str, Mapping[str, int]]


class Bench:
    """The facts of April, which looks back at three months, and programs evaluated on them."""

    def __init__(self, folder: Path, facts: Gathered, period: Period) -> None:
        self._folder, self._period, self._full = folder, period, dict[str, object]()
        self._plain = Gathered(*(getattr(facts, each.name) for each in fields(Gathered)))
        self.forget()

    def forget(self) -> None:
        """Begin without anything that was worked out."""
        self.reuse = Reuse(self._plain.snapshot, self._period)
        of = (getattr(self._plain, each.name) for each in fields(Gathered))
        self._kept = Kept(*of, reuse=self.reuse)

    def counted(self, text: str) -> tuple[int, int]:
        """How many steps of a program are worked out, and how many are reused."""
        before = self.reuse.worked_out, self.reuse.reused
        self.run(text)
        return self.reuse.worked_out - before[0], self.reuse.reused - before[1]

    def run(self, text: str, is_full: bool = False) -> Run:
        loaded = understand(text.encode(), "program.yaml", self._folder)
        return run_of(loaded, self._plain if is_full else self._kept, self._period, self._folder / "program.yaml")

    def full(self, text: str) -> object:
        """What a program comes to when all is worked out."""
        if text not in self._full:
            self._full[text] = self.told(text, is_full=True)
        return self._full[text]

    def told(self, text: str, is_full: bool = False) -> object:
        """All that determines a run (the digests of lines and sheet among it), or what is refused."""
        try:
            run = self.run(text, is_full)
        except Refused as refusal:
            return [str(each) for each in refusal.problems]
        except AssertionError as fault:  # the books find some planted faults before the comparison does
            if is_full:
                raise
            return str(fault)
        return run.run_id, run.manifest, run.payouts_minor.tolist()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("reuse")
    write_facts(folder)
    (folder / "program.yaml").write_text(text_of(EVERY), "utf-8")
    base = load(folder / "program.yaml")
    [period] = periods_of(base.understood(), "2026-04")
    with facts_by(base, period) as facts_of:
        yield Bench(folder, facts_of(Overlaid(base.data, base, (), ()))[0], period)


def changed(**rules: Mapping[str, int] | None) -> str:
    """The whole program with other figures in some rules, or without them."""
    found = {name: {**each, **(rules.get(name) or {})} for name, each in EVERY.items()}
    return text_of({name: each for name, each in found.items() if rules.get(name, each) is not None})


CHANGES = [
    changed(),
    changed(commission={"rate": 9}),
    changed(spif={"edge": 1000}),
    changed(bonus={"edge": 40}),
    changed(card={"high": 60}),
    changed(card={"weight": 40}),
    changed(team={"sourced": 70}),
    changed(pot={"least": 30}),
    changed(holdback={"rate": 12}),
    changed(holdback=None, spif=None, contest=None),
    changed(),
]


def differences(bench: Bench, texts: Sequence[str]) -> list[int]:
    """Which of these programs, one after the other, come out otherwise than when all is worked out."""
    bench.forget()
    return [at for at, text in enumerate(texts) if bench.told(text) != bench.full(text)]


programs = st.lists(parts(), min_size=1, max_size=2)
before_or_after = st.lists(st.sampled_from(CHANGES), max_size=2)


def _come_out_as_in_full(bench: Bench, rules: list[Rules], others: list[str]) -> None:
    texts = [*map(text_of, rules), *others]
    assert differences(bench, [*texts, texts[0]]) == []


@settings(max_examples=3)
@given(rules=programs, others=before_or_after)
def test_what_is_reused_is_what_a_full_evaluation_says(bench: Bench, rules: list[Rules], others: list[str]) -> None:
    _come_out_as_in_full(bench, rules, others)


@pytest.mark.soak
@given(rules=programs, others=before_or_after)
def test_whatever_is_reused_is_what_a_full_evaluation_says(bench: Bench, rules: list[Rules], others: list[str]) -> None:
    _come_out_as_in_full(bench, rules, others)


def test_every_kind_of_change_comes_out_as_in_full(bench: Bench) -> None:
    assert differences(bench, CHANGES) == []


def test_the_same_program_is_not_worked_out_twice(bench: Bench) -> None:
    bench.forget()
    first, none = bench.counted(changed())
    assert none == 0
    assert bench.counted(changed()) == (0, first)
    assert bench.counted("# a note moves every line\n\n" + changed()) == (0, first)


def test_only_what_a_change_touches_is_worked_out_again(bench: Bench) -> None:
    bench.forget()
    first, _ = bench.counted(changed())
    worked_out, reused = bench.counted(changed(holdback={"rate": 12}))
    assert worked_out + reused == first
    assert worked_out < first / 6, "what comes after the balance, in each of the four months"
    assert bench.counted(changed(holdback={"rate": 12})) == (0, first)


def test_a_step_is_held_no_more_often_than_is_said(bench: Bench) -> None:
    bench.forget()
    for rate in range(1, TRACES_MAX + 3):
        bench.run(changed(spif={"rate": rate}))
    worked_out, _ = bench.counted(changed(spif={"rate": TRACES_MAX + 2}))
    assert worked_out == 0
    worked_out, _ = bench.counted(changed(spif={"rate": 1}))
    assert worked_out > 0


def test_another_period_or_other_facts_need_their_own(bench: Bench) -> None:
    bench.forget()
    other = Reuse(bench._plain.snapshot.at(bench._period), bench._period)
    kept = Kept(*(getattr(bench._plain, each.name) for each in fields(Gathered)), reuse=other)
    loaded = understand(changed().encode(), "program.yaml", bench._folder)
    with pytest.raises(AssertionError, match="of these facts alone"):
        run_of(loaded, kept, bench._period, bench._folder / "program.yaml")


# --- planted faults: each forgets something that a step rests on, and has to be seen ---


def _forgetting(kind: str, ending: str = "") -> Callable[[Any, tuple[Any, ...], Any], None]:
    real = reuse_module._Log.read

    def read(self: Any, at: tuple[Any, ...], found: Any) -> None:
        if not (at[0] == kind and str(at[-1]).endswith(ending)):
            real(self, at, found)

    return read


@pytest.mark.parametrize(
    ("kind", "ending"),
    [("columns", "commission"), ("columns", ""), ("sheet", ""), ("credits", ""), ("columns", "card.tier")],
)
def test_a_key_that_forgets_what_a_step_reads_is_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, kind: str, ending: str
) -> None:
    monkeypatch.setattr(reuse_module._Log, "read", _forgetting(kind, ending))
    assert differences(bench, CHANGES[:8]) != []


def test_a_key_that_forgets_what_a_step_says_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_names(one: Any, other: Any) -> bool:
        return one.name == other.name if hasattr(one, "name") else alike(one, other)

    monkeypatch.setattr(reuse_module, "alike", only_names)
    assert differences(bench, CHANGES[:3]) != []


def test_what_only_looks_like_what_was_there_before_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def as_long(one: Any, other: Any) -> bool:
        return len(one) == len(other) if isinstance(one, Exact) else alike(one, other)

    monkeypatch.setattr(reuse_module, "alike", as_long)
    assert differences(bench, CHANGES[:3]) != []


def test_facts_that_remember_too_much_are_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered_module, "alike", lambda one, other: True)
    assert differences(bench, [changed(), changed().replace("'won'", "'lost'", 1)]) != []


# --- what is alike ---


def test_where_it_is_written_is_no_part_of_what_a_step_says() -> None:
    assert alike(Place("one.yaml", 3, 4), Place("other.yaml"))


def test_what_has_no_parts_to_look_at_is_like_itself_alone() -> None:
    def rate() -> int:
        return 1

    assert alike({"rate": rate}, {"rate": rate})
    assert not alike(rate, lambda: 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, Fraction(1)),
        ((1, 2), [1, 2]),
        ((1, 2), (1, 2, 3)),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (frozenset({1}), frozenset({True})),
        (Exact.of([1, 2]), Exact.of([1, 3])),
        (Exact.of([1, 2]), Exact.of([1, None])),
        (Exact.of([1, 2]), Exact(np.array([1, 2], dtype=object))),
        (Exact(np.array([2, 4]), 2), Exact.of([1, 2])),
        (np.array([1, True], dtype=object), np.array([1, 1], dtype=object)),
    ],
)
def test_what_something_could_tell_apart_is_not_alike(one: Any, other: Any) -> None:
    assert alike(one, copy.deepcopy(one))
    assert not alike(one, other)
    assert not alike(other, one)


@settings(max_examples=40)
@given(st.recursive(st.one_of(st.text(), st.integers(), st.fractions(), st.none()), lambda each: st.lists(each)))
def test_equal_values_are_alike_and_others_are_not(value: object) -> None:
    assert alike(copy.deepcopy(value), value)
    assert not alike([value], value)
