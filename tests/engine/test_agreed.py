"""What was agreed with a partner outranks what the program says, whichever way it pays."""

from __future__ import annotations

from pathlib import Path

import pytest
from spine_stories import MONTH, leaves, partage, refused, told, write

from rules.problem import Refused

SOURCES = "sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv, terms: terms.csv}\n"
RULE = """
payouts:
  pay:
    for_each: deals
    base: BASE
    dated: deals.closed_on
    KIND
"""
TABLES = {
    "partners.csv": "partner_id\np\nq\n",
    "deals.csv": """
        deal_id,partner_id,product,closed_on,amount,term_months
        d1,p,Atlas,2026-04-01,1000.00,10
        d2,p,Borea,2026-04-02,1000.00,25
        d3,q,Atlas,2026-04-03,1000.00,10
        """,
    "deal_events.csv": "event_id,deal_id,occurred_on,amount\n",
    "terms.csv": """
        partner_id,term,product,deal_id,valid_from,valid_to,value
        p,special,,,2026-01-01,,0.2
        p,special,Borea,,2026-01-01,,0.3
        """,
}
MARGINAL = (
    "tiers: {method: marginal, accumulate: period, per: program, order: [deals.closed_on], term: special, "
    "steps: [{to: 2_500, rate: 1%}, {rate: 2%}]}"
)
MATRIX = (
    "matrix: {rows: {by: deals.term_months, edges: [12]}, columns: {by: deals.term_months, edges: [6]}, "
    "at_edge: lower_tier, term: special, GRID}"
)
CARD = "card: {term: special, entries: [{for: {deals.product: Atlas}, rate: 1%}]}"
CASES = [
    ("deals.amount", "rate: {rate: 5%, term: special}", [20_000, 30_000, 5_000]),
    (None, "amount: {amount: 5, term: special}", [20, 30, 500]),
    ("deals.term_months", "per_unit: {amount: 2, term: special}", [200, 750, 2_000]),
    ("deals.term_months", "per_unit: {amount: 2, every: 10, term: special}", [20, 60, 200]),
    ("deals.amount", MARGINAL, [20_000, 30_000, 1_500]),  # the rows with a term fill 2,000 of the first tier
    (
        "deals.term_months",
        "tiers: {method: whole, at_edge: lower_tier, term: special, steps: [{to: 5, per_unit: 1}, {per_unit: 2}]}",
        [200, 750, 2_000],
    ),
    ("deals.amount", MATRIX.replace("GRID", "rates: [[1%, 2%], [3%, 4%]]"), [20_000, 30_000, 2_000]),
    (None, MATRIX.replace("GRID", "amounts: [[1, 2], [3, 4]]"), [20, 30, 200]),
    ("deals.amount", CARD, [20_000, 30_000, 1_000]),
]


def of(folder: Path, base: str | None, kind: str) -> Path:
    rule = RULE.replace("KIND", kind)
    rule = rule.replace("    base: BASE\n", "") if base is None else rule.replace("BASE", base)
    return write(folder, MONTH + SOURCES + rule, TABLES)


@pytest.mark.parametrize(("base", "kind", "lines"), CASES, ids=[kind.split(",")[0] for _, kind, _ in CASES])
def test_the_most_specific_agreed_value_is_paid(tmp_path: Path, base: str | None, kind: str, lines: list[int]) -> None:
    with told(of(tmp_path, base, kind)) as story:
        assert [int(line.split()[-1]) for line in story.lines()] == lines
        said = [part.words for part in story.why("p", "pay").parts]
        assert all("term special" in words for words in said)
        assert "no term special agreed" in story.why("q", "pay").words


def test_what_was_agreed_is_read_in_its_unit_on_paper(tmp_path: Path) -> None:
    program = of(tmp_path, None, "amount: {amount: 5, term: special}")
    paper = partage("plan", program, "--partner", "p").out
    assert "EUR 0.30" in paper and "30 %" not in paper
    assert "the amount agreed with the partner (term special), else EUR 5.00 for each row" in paper


WRONG = [
    ("deals.amount", MARGINAL.replace("marginal,", "whole, at_edge: lower_tier,"), "P244"),
    (
        "deals.amount",
        "tiers: {method: whole, at_edge: lower_tier, term: special, steps: [{to: 5, amount: 1}, {amount: 2}]}",
        "P244",
    ),
    (
        "deals.amount",
        "card: {term: special, entries: [{for: {deals.product: Atlas}, rate: 1%}], otherwise: {amount: 5}}",
        "P244",
    ),
    (
        "deals.amount",
        MARGINAL + "\n    returns: {back: {for_each: deal_events, base: deal_events.amount, "
        "dated: deal_events.occurred_on, tiers: highest_first}}",
        "P240",
    ),
]


@pytest.mark.parametrize(("base", "kind", "code"), WRONG)
def test_a_term_stands_for_one_value(tmp_path: Path, base: str, kind: str, code: str) -> None:
    assert [each.split()[0] for each in refused(of(tmp_path, base, kind))] == [code]


HEAD = "partner_id,term,product,deal_id,valid_from,valid_to,value\n"
RATE = "rate: {rate: 5%, term: special}"
ENDED = "p,special,,,2026-01-01,2026-03-31,0.2\n"
LATER = "p,special,,,2026-04-03,,0.3\n"
GAPS = [
    ("between two versions", ENDED + LATER, "deals d1 d2"),
    ("after the last one", ENDED, "deals d1 d2"),
    ("after the last one of its product", ENDED.replace("special,", "special,Atlas"), "deals d1"),
    ("after that of its deal", ENDED.replace("special,,", "special,,d2"), "deals d2"),
    ("before the first one", LATER, [5_000, 5_000, 5_000]),
    ("a version that says that there is none", ENDED + "p,special,,,2026-04-01,,\n", [5_000, 5_000, 5_000]),
    ("after one that said that there was none", ENDED.replace("0.2", ""), "deals d1 d2"),
    (
        "a closer one ended, a wider one holds",
        ENDED.replace("special,", "special,Atlas") + "p,special,,,2026-01-01,,0.1\n",
        [10_000, 10_000, 5_000],
    ),
    ("of another term", ENDED.replace("special", "other"), [5_000, 5_000, 5_000]),
]


@pytest.mark.parametrize(("terms", "said"), [each[1:] for each in GAPS], ids=[each[0] for each in GAPS])
def test_a_deal_after_its_agreement_ended_is_refused_and_not_paid_the_programs_rate(
    tmp_path: Path, terms: str, said: str | list[int]
) -> None:
    path = of(tmp_path, "deals.amount", RATE)
    (tmp_path / "terms.csv").write_text(HEAD + terms)
    if isinstance(said, list):
        with told(path) as story:
            assert [int(line.split()[-1]) for line in story.lines()] == said
        return
    with pytest.raises(Refused) as refusal, told(path):
        pass
    keys = said.split()[1:]
    assert [each.code for each in refusal.value.problems] == ["F332"] * len(keys)
    assert [each.message.split()[1] for each in refusal.value.problems] == keys
    (tmp_path / "program.yaml").write_text(path.read_text().replace("term: special", "term: special, lapsed: default"))
    with told(path) as story:
        assert [int(line.split()[-1]) for line in story.lines()] == [5_000, 5_000, 5_000]


def test_the_error_of_a_gap_names_the_deal_and_the_versions_on_both_sides(tmp_path: Path) -> None:
    path = of(tmp_path, "deals.amount", RATE)
    (tmp_path / "terms.csv").write_text(HEAD + ENDED + LATER)
    with pytest.raises(Refused) as refusal, told(path):
        pass
    assert refusal.value.problems[0].message == (
        "deals d1 counts on 2026-04-01, and no version of the term special of p holds then: the last ended on "
        "2026-03-31 (terms record 1), the next begins on 2026-04-03 (terms record 2)"
    )


def test_an_explanation_names_the_record_of_an_agreed_term_and_its_days(tmp_path: Path) -> None:
    with told(of(tmp_path, "deals.amount", RATE)) as story:
        found = [leaf for leaf in leaves(story.why("p", "pay")) if "agreed" in leaf.title]
    assert [f"{each.title}: {each.source}" for each in found] == [
        "special agreed with p from 2026-01-01 on: terms.csv record 2",
        "special agreed with p from 2026-01-01 on: terms.csv record 1",
    ]


LAPSING = [
    ("deals.amount", "rate: {rate: 5%, term: special, KEY}"),
    (None, "amount: {amount: 5, term: special, KEY}"),
    ("deals.term_months", "per_unit: {amount: 2, term: special, KEY}"),
    ("deals.amount", CARD.replace("term: special", "term: special, KEY")),
]


@pytest.mark.parametrize(("base", "kind"), LAPSING)
def test_a_plan_on_paper_says_what_lapses_and_a_key_without_a_term_says_nothing(
    tmp_path: Path, base: str | None, kind: str
) -> None:
    said = {}
    for key in ("lapsed: refuse", "lapsed: default"):
        said[key] = partage("plan", of(tmp_path, base, kind.replace("KEY", key))).out
    assert "after the agreement has ended" in said["lapsed: default"] and len(set(said.values())) == 2
    alone = kind.replace("term: special, KEY", "lapsed: default")
    assert [each.split()[0] for each in refused(of(tmp_path, base, alone))] == ["P246"]
