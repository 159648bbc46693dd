"""Every cent explained back: what an explanation says is worked out again and is the sheet's, or it raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from spine_stories import MONTH, Told, leaves, told, write

from engine.explain import explain
from engine.values import Sheet
from rules.problem import Refused
from rules.quantities.exact import Exact

# A program with one of everything: every kind, every residue policy's main ways, conditions, unknowns, sums of sums.
PROGRAM = f"""{MONTH}
tables:
  standings: {{key: [partner_id], columns: {{partner_id: id, position: count, points: number}}}}
sources: {{partners: partners.csv, deals: deals.csv, credits: credits.csv, standings: standings.csv}}
payouts:
  commission:
    base: deals.annual_value * credits.share
    rate: 7.5%
    where: deals.status = 'won'
    dated: deals.closed_on
    unknown: leave_out
  bounty: {{for_each: deals, amount: EUR 250, where: deals.annual_value > 500 or standings.points > 5}}
  calls:
    base: standings.points
    per_unit: {{amount: 0.0035, guaranteed: {{amount: 5, covers: 1.5}}}}
    unknown: leave_out
  clawback:
    base: deals.annual_value
    rate: -1/3
    where: deals.status = 'lost'
    rounding: {{mode: half_even, to: 0.05}}
pools:
  equal: {{size: 100, shared: equally}}
  merit: {{size: 70.01, shared: {{by_rank: {{of: standings.position, best: lowest}}}}, unknown: leave_out}}
  points: {{size: 33.34, shared: {{by: standings.points}}, residue: house, unknown: leave_out}}
  each: {{size: 10, shared: {{by: standings.points / 3}}, residue: round_each, unknown: leave_out}}
totals:
  pooled: {{title: from the pools, sum: [equal, merit, points, each]}}
  all: {{sum: [pooled, commission, bounty]}}
"""
TABLES = {
    "partners.csv": "partner_id,name\nacme,Acme\nbolt,Bolt\ncrux,Crux\ndune,\n",
    "deals.csv": """
        deal_id,partner_id,status,closed_on,annual_value
        d1,acme,won,2026-04-01,1200.00
        d2,acme,won,2026-04-30,333.33
        d3,bolt,lost,2026-04-15,9000.01
        d4,crux,won,2026-04-20,
        d5,dune,won,2026-04-20,77.77
        """,
    "credits.csv": """
        credit_id,deal_id,partner_id,share
        c1,d1,acme,0.5
        c2,d1,bolt,0.333333333
        c3,d2,crux,1
        c4,d4,crux,1
        c5,d5,dune,
        """,
    "standings.csv": "partner_id,position,points\nacme,1,7.25\nbolt,2,\ncrux,2,1\n",
}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with told(write(tmp_path_factory.mktemp("story"), PROGRAM, TABLES)) as found:
        yield found


def names(story: Told) -> list[str]:
    """What can be explained of a partner: payouts, pools, KPIs, sums and the whole payout."""
    return [name for name, frame in story.sheet.frame_of.items() if frame == "partners" and "." not in name]


def test_every_value_of_every_partner_is_explained(story: Told) -> None:
    assert {"commission", "bounty", "calls", "clawback", "equal", "merit", "points", "each", "all", "payout"} <= set(
        names(story)
    )
    for row, partner in enumerate(story.run.partners):
        for name in names(story):
            reason = story.why(partner, name)
            assert reason.value == story.sheet.columns[name].fraction(row)


def test_every_line_stands_in_the_explanation_of_its_payout(story: Told) -> None:
    """Each component of a payout rests on its lines, and they add up to it, to the unit."""
    lines = [story.run.lines.line(row) for row in range(len(story.run.lines))]
    for partner in story.run.partners:
        whole = story.why(partner)
        for component, part in zip(story.run.components, whole.parts, strict=True):
            mine = [line.amount_minor for line in lines if (line.partner, line.component) == (partner, component)]
            assert part.value == sum(mine)
            if len(mine) > 1:
                assert sorted(each.value or 0 for each in part.parts) == sorted(mine)
        assert whole.value == sum(line.amount_minor for line in lines if line.partner == partner)


def test_money_rests_on_source_rows_and_rules(story: Told) -> None:
    why = story.why("acme", "commission")
    assert why.place.file == "program.yaml" and why.place.line == 10
    assert why.shown == "45.00" and why.words.startswith("7.5 % of 600.00")
    (leaf,) = leaves(why)
    assert leaf.title == "deals.annual_value * credits.share"
    assert "deals.csv record 1" in leaf.source and "credits.csv record 1" in leaf.source
    assert leaf.words == "with deals.annual_value 1,200.00, credits.share 0.5"


def test_a_share_says_what_was_left_over_and_who_got_it(story: Told) -> None:
    why = story.why("acme", "merit")
    assert why.words == ("70.01 x 3 / 6 = 35.005, and the step of 0.01 left over (by the largest remainder, place 1)")
    assert story.why("crux", "points").words.endswith("rounded down (what is left stays with the house)")
    assert story.why("bolt", "points").value == 0  # its weight is unknown, and it was left out


def test_a_rounded_clawback_says_so(story: Told) -> None:
    why = story.why("bolt", "clawback")
    assert (why.value, why.shown) == (-300_000, "-3,000.00")
    assert why.words == "-33.333333333.. % of 9,000.01 = -3,000.003333333.., rounded half even to 0.05"


def test_many_rows_are_told_by_the_largest_and_still_add_up(tmp_path: Path) -> None:
    rows = "".join(f"d{number:02},acme,{number}.{number:02}\n" for number in range(1, 31))
    tables = {"partners.csv": "partner_id\nacme\n", "deals.csv": "deal_id,partner_id,amount\n" + rows}
    sources = "sources: {partners: partners.csv, deals: deals.csv}\n"
    program = f"{MONTH}{sources}payouts: {{c: {{base: deals.amount, rate: 5%}}}}\n"
    with told(write(tmp_path, program, tables)) as story:
        short, whole = story.why("acme", "c", is_whole=False), story.why("acme", "c")
    assert [part.title for part in short.parts][:1] == ["deals d30"] and len(short.parts) == 11
    assert short.parts[-1].title == "and 20 rows more"
    assert len(whole.parts) == 30
    assert short.value == whole.value == sum(part.value or 0 for part in short.parts)


def test_a_kpi_in_a_measure_is_told_as_the_money_that_it_is(tmp_path: Path) -> None:
    program = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
kpis:
  revenue: {{sum: deals.annual_value, where: deals.status = 'won', dated: deals.closed_on}}
pools:
  growth: {{size: 300, shared: {{by: revenue * 2}}, among: revenue > 0}}
"""
    with told(write(tmp_path, program, TABLES)) as story:
        weight = story.why("acme", "growth").parts[1]
    assert weight.parts[0].words == "with revenue 1,533.33"


def test_who_or_what_there_is_not_is_refused_with_what_there_is(story: Told) -> None:
    with pytest.raises(Refused, match="S110 no partner nobody"):
        story.why("nobody")
    with pytest.raises(Refused, match=r"S111 .*called bonus.*commission"):
        story.why("acme", "bonus")


# --- a sheet that was tampered with -----------------------------------------------------------------------------------


def tampered(sheet: Sheet, name: str, row: int, by: int = 1) -> Sheet:
    """The same sheet with one cell of one column changed by one unit."""
    values = sheet.columns[name].fractions()
    values[row] = (values[row] or Fraction(0)) + by
    column = Exact.of(values)
    return replace(sheet, columns=MappingProxyType({**sheet.columns, name: column}))


def partner_of(sheet: Sheet, name: str, row: int) -> str:
    frame = sheet.frames[sheet.frame_of[name]]
    return str(sheet.partners.keys[frame.partners[row]])


def cells(sheet: Sheet) -> Iterator[tuple[str, int]]:
    """Every known cell of every column that belongs to a partner."""
    for name, column in sheet.columns.items():
        if len(sheet.frames[sheet.frame_of[name]]) == len(column) and not name.endswith((".left", ".size")):
            yield from ((name, int(row)) for row in np.flatnonzero(column.is_known()))


def test_one_unit_more_in_any_cell_does_not_re_add(story: Told) -> None:
    checked = 0
    for name, row in cells(story.sheet):
        sheet, partner = tampered(story.sheet, name, row), partner_of(story.sheet, name, row)
        if name == "each.remainder":  # nobody is ahead of anybody where each share is rounded for itself
            continue
        with pytest.raises(AssertionError):
            for each in names(story):
                explain(story.plan, sheet, story.facts, partner, each, True)
        checked += 1
    assert checked > 80


def test_a_unit_moved_from_one_partner_to_another_does_not_re_add(story: Told) -> None:
    """The pool is conserved and every sum agrees; only the two shares are wrong."""
    sheet = story.sheet
    for name in ("equal.lines", "equal", "pooled", "all", "payout"):
        sheet = tampered(tampered(sheet, name, 0, 1), name, 1, -1)
    for partner in ("acme", "bolt"):
        with pytest.raises(AssertionError, match=r"equal\.lines"):
            explain(story.plan, sheet, story.facts, partner, None, True)
    assert explain(story.plan, sheet, story.facts, "crux", None, True).value == story.payouts()["crux"]
