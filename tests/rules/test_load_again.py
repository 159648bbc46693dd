"""A program that is understood again, of which most was understood before: nothing is said otherwise than anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from rules.check import held as held_module
from rules.check.scope import Scope
from rules.document.again import read_again
from rules.document.reader import plain
from rules.load import Loaded, understand
from rules.program import Program
from rules.typed_again import typed_again

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*/program.yaml"))
SMALL = """program: Small
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, credits: credits.csv}
eligible: partners.tier = 'gold'
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
  won: {count: deals, where: "deals.status = 'won'", dated: deals.closed_on}
  size: {formula: sold / won}
  rate_won: {use: average_deal_size}
scorecards:
  card:
    kpis:
      sold: {weight: 60%, linear: {from: 0, to: 4000}}
      won: {weight: 40%, linear: {from: 0, to: 10}}
    tiers: {levels: {low: 0, high: 40}}
credit:
  team:
    of: deals
    from:
      - roles: {sourced: 70%, influenced: 30%}
    remainder: house
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    where: deals.status = 'won'
    rate: 5%
  bonus:
    base: commission * 0.5
    rate: 10%
    at_most: EUR 900
  team_bonus:
    credit: team
    base: deals.amount
    dated: deals.closed_on
    rate: 2%
  by_card:
    base: card
    tiers: {method: whole, at_edge: higher_tier, steps: [{to: 50, amount: EUR 0}, {amount: EUR 100}]}
pools:
  pot:
    size: {rate: 5%, of: sold}
    among: card.tier = 'high'
    shared: {by: card}
totals:
  all: {sum: [commission, pot]}
"""
WORDS = sorted(set(re.findall(r"[A-Za-z_.]+|[0-9]+%?", SMALL)))
LINES = SMALL.splitlines()


def _replaced(at: int, word: str) -> str:
    """The small program with another word in one place: another value, an unknown name, or another type."""
    places = list(re.finditer(r"[A-Za-z_.]+|[0-9]+%?", SMALL))
    place = places[at % len(places)]
    return SMALL[: place.start()] + word + SMALL[place.end() :]


def _without(at: int) -> str:
    return "\n".join(LINES[: at % len(LINES)] + LINES[at % len(LINES) + 1 :])


def _lower(at: int) -> str:
    return "\n".join([*LINES[: at % len(LINES)], "# a note moves what is below", *LINES[at % len(LINES) :]])


places = st.integers(0, 400)
programs = st.one_of(
    st.builds(_replaced, places, st.sampled_from(WORDS)),
    st.builds(_replaced, places, st.sampled_from(["7%", "-3%", "nobody", "deals.nothing", "0", "2026-02-30"])),
    st.builds(_without, places),
    st.builds(_lower, places),
    st.just(SMALL),
)


def _told(loaded: Loaded) -> tuple[object, ...]:
    """All that is said of a program, with the offsets in expressions that equality leaves out."""
    return loaded.problems, loaded.meaning, re.sub(r"frozenset\(.*?\)", "", repr(loaded.meaning))


def _differing(texts: Sequence[str]) -> list[int]:
    """Which of these programs, one after the other, are understood otherwise again than anew."""
    again = [understand(text.encode(), "p.yaml", Path(), is_again=True) for text in texts]
    anew = [understand(text.encode(), "p.yaml", Path()) for text in texts]
    return [at for at, both in enumerate(zip(again, anew, strict=True)) if _told(both[0]) != _told(both[1])]


def _come_out_alike(texts: list[str]) -> None:
    assert _differing([SMALL, *texts, SMALL, texts[0]]) == []


def test_the_small_program_is_right() -> None:
    assert understand(SMALL.encode(), "p.yaml", Path()).problems == ()


@settings(max_examples=25)
@given(st.lists(programs, min_size=1, max_size=3))
def test_a_program_says_again_what_it_says_anew(texts: list[str]) -> None:
    _come_out_alike(texts)


@pytest.mark.soak
@given(st.lists(programs, min_size=1, max_size=4))
def test_any_program_says_again_what_it_says_anew(texts: list[str]) -> None:
    _come_out_alike(texts)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_is_typed_again_as_a_whole_is(path: Path) -> None:
    root, _ = read_again(path.read_bytes(), "p.yaml")
    assert root is not None
    whole = Program.model_validate(plain(root))
    for _ in range(2):
        again = typed_again(root)
        assert again == whole
        assert again is not None
        assert again.model_fields_set == whole.model_fields_set
        assert list(again.payouts) == list(whole.payouts)


# --- planted faults: each forgets something that a check rests on, and has to be seen ---

NAMES = SMALL.replace("  team:\n", "  crew:\n")
MOVED = SMALL.replace("kpis:\n", "# a note\nkpis:\n", 1).replace("deals.amount\n    dated", "deals.nothing\n    dated")
FAULTY = SMALL.replace("base: commission * 0.5", "base: commission * nothing")
LATER = SMALL.replace("base: commission * 0.5", "base: commission + team_bonus")


def test_what_is_planted_below_is_alike_without_it() -> None:
    assert _differing([SMALL, NAMES, SMALL, MOVED, FAULTY, FAULTY, LATER, SMALL]) == []


def _begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.load._HELD", held_module.Held())


def test_a_check_that_forgets_what_is_in_scope_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    _begin_anew(monkeypatch)
    monkeypatch.setattr(held_module, "_state", lambda scope: tuple(() for _ in held_module._STATE))
    assert _differing([SMALL, NAMES]) != []


def test_a_check_that_forgets_where_it_is_written_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    _begin_anew(monkeypatch)
    monkeypatch.setattr(held_module, "_is", lambda one, other: type(one) is type(other))
    assert _differing([SMALL, MOVED]) != []


def test_a_check_that_forgets_its_problems_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def put(scope: Scope, found: Any) -> None:
        real(scope, replace(found, problems=()))

    real = held_module._put
    _begin_anew(monkeypatch)
    monkeypatch.setattr(held_module, "_put", put)
    assert _differing([FAULTY, FAULTY]) != []
