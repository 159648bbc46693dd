"""All that is wrong with a rule is told at once, each at its key: what can't be meant, and names that nothing has."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.load import understand
from rules.problem import errors

HEAD = """
program: Fund
currency: EUR
calendar: year
effective: 2025-01-01 to 2029-12-31
sources: {partners: p.csv, results: r.csv, capital: c.csv}
kpis: {proceeds: {sum: results.amount, dated: results.month, level: program}}
"""
FUND = """
pools:
  fund:
    size: {of: proceeds}
    shared:
      waterfall:
        layers:
          - split: {carry: 120%}
          - {capital: true, mark: {hurdle: -1%}}
          - catch_up: {share: 20%, to: 20%}
          - mark: {}
        clawback: {to: 20%, on: 2040-02-28}
        shares: partners.nope
        where: capital.knd = 1
"""
MARKS = """
pools:
  fund:
    size: {of: proceeds}
    shared:
      waterfall:
        layers: [{capital: true}, {split: {carry: 20%}}]
        marks: nope.opening
"""
HELD = """
pools: {base: {size: EUR 1000, shared: {lockstep: {of: partners.capacity, points: [3, -1]}}}}
balances:
  held: {holdback: {share: 120%, of: [base, nope], released: {after: 0}}}
  other: {holdback: {share: 10%, released: {}}}
"""
RANKED = """
pools: {base: {size: EUR 10, shared: {by_rank: {of: proceeds_of, best: highest, weights: [2, 0, -1, -2]}}}}
"""


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (
            FUND,
            [
                "K250 14:13 layer 1 splits all that reaches it, so that nothing reaches layer 2",
                "K252 14:28 a part of 120 %",
                "K251 15:13 a layer is one of capital, preferred, mark, catch_up and split",
                "K253 15:13 a layer up to the mark, and no marks",
                "K252 15:44 a part of -1 %",
                "K250 16:23 with 20 % of what comes, the carry never reaches 20 % of all",
                "K253 18:19 a clawback of what earlier periods paid, and a layer up to the mark: none of that counts",
                "X131 19:17 unknown column 'nope' in partners",
                "X131 20:16 unknown column 'knd' in capital",
            ],
        ),
        (MARKS, ["K253 14:16 marks that no layer reads", "X131 14:16 unknown table 'nope'"]),
        (
            HELD,
            [
                "P125 8:40 lockstep goes by a number, not by an amount",
                "K252 8:87 a weight of -1",
                "P126 10:20 there is nothing called nope to add",
                "P261 10:28 a holdback of 120 %",
                "P260 10:70 a release after less than one period",
                "P260 11:44 a release is one of after, on and of",
            ],
        ),
        (
            RANKED,
            ["X131 8:53 unknown name 'proceeds_of'", "K252 8:97 a weight of -1", "K252 8:101 a weight of -2"],
        ),
    ],
)
def test_all_that_is_wrong_is_told_at_once_where_it_is(rules: str, told: list[str]) -> None:
    found = errors(understand((HEAD + rules).strip().encode(), "p.yaml", Path()).problems)
    assert [f"{each.code} {each.place.line}:{each.place.column} {each.message}" for each in found] == told


def test_what_is_no_key_is_told_with_what_its_model_can_t_mean() -> None:
    """Where more than that is wrong, a program can't be read; then the rest is told when that is mended."""
    text = HEAD + MARKS + "        mraks: x\n"
    found = errors(understand(text.strip().encode(), "p.yaml", Path()).problems)
    assert [each.code for each in found] == ["P102"]
