"""What comes back in full leaves nothing, to the last minor unit: credited rows in tiers that are emptied from the top,
returned in parts over several months, in currencies of no, two and three decimals.

The mutants at the end round what a return takes back like a row, or take one unit more: with each, the property fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st
from spine_stories import told, write

from engine.sheet import deducting as kernel
from rules.quantities.taken import Fallen, fallen

few = settings(max_examples=max(settings().max_examples // 40, 5), suppress_health_check=list(HealthCheck))
DECIMALS = {"JPY": 0, "EUR": 2, "KWD": 3}
MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04"]
CAPS = [
    "",
    "{at_most: 90, over: OVER, cut: pro_rata}",
    "{at_most: 90, over: OVER, cut: in_order, order: [deals.closed_on]}",
]
MARGINAL, WHOLE = "method: marginal", "method: whole, at_edge: lower_tier"


@dataclass(frozen=True)
class Deal:
    """A deal: its day since 1 January, its minor units, who is credited; and its returns, which come to all of
    it: days, and minor units of each."""

    day: int
    minor: int
    who: str
    returns: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Case:
    """A rule and its deals; `rates` in hundredths of a percent, none lower than the one before."""

    currency: str
    kind: str
    rates: tuple[int, int, int]
    over: str
    cap: str
    credit: str
    deals: tuple[Deal, ...]

    def money(self, minor: int) -> str:
        return str(Decimal(minor).scaleb(-DECIMALS[self.currency]))

    def program(self, folder: Path) -> Path:
        steps = ", ".join(
            f"{{{edge}rate: {Decimal(rate).scaleb(-2)}%}}"
            for edge, rate in zip(("to: 100, ", "to: 300, ", ""), self.rates, strict=True)
        )
        tiers = f"{{{self.kind}, accumulate: {self.over}, order: [deals.closed_on], steps: [{steps}]}}"
        text = f"""
program: Story
currency: {self.currency}
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {{partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv, credits: credits.csv}}
credit: {{sales: {{of: deals, from: {self.credit}}}}}
payouts:
  commission:
    credit: sales
    base: deals.amount
    dated: deals.closed_on
    tiers: {tiers}
    limits: [{self.cap.replace("OVER", self.over)}]
    returns:
      back: {{for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on, tiers: highest_first}}
"""
        tables = {
            "partners.csv": "partner_id\np\nq\nr\n",
            "deals.csv": "deal_id,partner_id,closed_on,amount\n"
            + "".join(f"d{at},p,{_day(deal.day)},{self.money(deal.minor)}\n" for at, deal in enumerate(self.deals)),
            "deal_events.csv": "event_id,deal_id,occurred_on,amount\n"
            + "".join(
                f"e{at}{place},d{at},{_day(day)},{self.money(minor)}\n"
                for at, deal in enumerate(self.deals)
                for place, (day, minor) in enumerate(deal.returns)
            ),
            "credits.csv": "credit_id,deal_id,partner_id,role\n"
            + "".join(
                f"c{at}{who},d{at},{who},{'helped' if place else 'sold'}\n"
                for at, deal in enumerate(self.deals)
                for place, who in enumerate(deal.who)
            ),
        }
        return write(folder, text, tables)


def _day(since: int) -> str:
    return f"2026-{since // 28 + 1:02}-{since % 28 + 1:02}"


def sums(folder: Path, case: Case, is_explained: bool = True) -> dict[str, int]:
    """What each partner has in the end, in minor units; every payout re-adds."""
    path, found = case.program(folder), Counter[str]()
    for month in MONTHS:
        with told(path, month) as story:
            for partner, minor in story.payouts().items():
                found[partner] += minor
                assert not is_explained or story.why(partner).value == minor
    return {partner: minor for partner, minor in found.items() if minor}


@st.composite
def some_deals(draw: st.DrawFn) -> Deal:
    day, minor = draw(st.integers(0, 60)), draw(st.integers(1, 40_000))
    cuts = sorted(draw(st.lists(st.integers(0, minor), max_size=2)))
    parts = [end - start for start, end in zip([0, *cuts], [*cuts, minor], strict=True)]
    days = [draw(st.integers(day, 100)) for _ in parts]
    who = draw(st.sampled_from(["p", "pq", "qr", "rpq", "qpr"]))
    return Deal(day, minor, who, tuple(zip(days, parts, strict=True)))


cases = st.builds(
    Case,
    currency=st.sampled_from(sorted(DECIMALS)),
    kind=st.sampled_from([MARGINAL, WHOLE]),
    rates=st.lists(st.integers(1, 2_000), min_size=3, max_size=3).map(lambda rates: tuple(sorted(rates))),
    over=st.sampled_from(["period", "fiscal_year"]),
    cap=st.sampled_from(CAPS),
    credit=st.sampled_from(["{roles: {sold: 70%, helped: 30%}}", "{roles: {sold: 33.3%, helped: 66.7%}}"]),
    deals=st.lists(some_deals(), min_size=1, max_size=4).map(tuple),
)

# Thirds of 10 minor units at 10 %: 0.67 and 0.33 come back as two halves, each of which is rounded by itself.
THIRDS = Case("KWD", MARGINAL, (1_000, 1_000, 1_000), "fiscal_year", "", "{roles: {sold: 66.7%, helped: 33.3%}}",
              (Deal(0, 10, "pq", ((3, 5), (40, 5))),))  # fmt: skip
OTHERS = replace(THIRDS, deals=(Deal(0, 10, "pq", ((3, 5), (40, 5))), Deal(1, 15, "qp", ((30, 7), (50, 8)))))


@few
@given(cases)
@example(THIRDS)
@example(OTHERS)
def test_what_comes_back_in_full_leaves_no_minor_unit(tmp_path: Path, case: Case) -> None:
    assert sums(tmp_path, case) == {}


def test_a_return_takes_nothing_off_a_line_that_was_rounded_to_nothing(tmp_path: Path) -> None:
    """Of 1 minor unit p has 0.7, which is 1, and q nothing; the halves take back that 1, and nothing from q."""
    with told(THIRDS.program(tmp_path), "2026-01") as story:
        assert sorted(story.lines()) == [
            "p commission d0 1",
            "p commission e00 -1",
            "q commission d0 0",
            "q commission e00 0",
        ]
    with told(THIRDS.program(tmp_path), "2026-02") as story:
        assert sorted(story.lines()) == ["p commission e01 0", "q commission e01 0"]


def test_what_is_taken_off_is_told(tmp_path: Path) -> None:
    with told(THIRDS.program(tmp_path), "2026-01") as story:
        (words,) = [part.words for part in story.why("p", "commission").parts if "e00" in part.title]
        assert words.endswith("taken off lines as they were paid: 0.001 of 0.001 of deals d0")


def _rounded_like_a_row(dues: Sequence[Fraction], *args: object) -> dict[int, Fallen]:
    return {at: Fallen((), dues[at]) for at in fallen(dues, *args)}  # type: ignore[arg-type]


def _takes_one_unit_more(dues: Sequence[Fraction], *args: object) -> dict[int, Fallen]:
    found = fallen(dues, *args)  # type: ignore[arg-type]
    return {at: replace(each, rest=each.rest - 1) for at, each in found.items()}


@pytest.mark.parametrize("mutant", [_rounded_like_a_row, _takes_one_unit_more])
def test_a_fault_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mutant: Callable[..., dict[int, Fallen]]
) -> None:
    assert sums(tmp_path, OTHERS) == {}
    monkeypatch.setattr(kernel, "fallen", mutant)
    assert sums(tmp_path, OTHERS, is_explained=False) != {}
