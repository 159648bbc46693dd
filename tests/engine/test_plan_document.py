"""The plan that partners sign is the program in words, with examples by the engine."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from spine_stories import partage, write

from engine.acts.plan_document import plan_document
from rules.kinds import PAYOUTS, SHARES
from rules.load import load
from rules.payouts.spec import LimitSpec, ReturnSpec, RuleSpec
from rules.problem import Refused

PROGRAM = """
program: Channel <partners> & "friends"
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, terms: terms.csv, deal_events: deal_events.csv}
eligible: partners.kind = 'reseller'
kpis:
  sourced: {title: Sourced revenue, sum: deals.amount, where: deals.status = 'won', dated: deals.closed_on}
scorecards:
  performance:
    kpis: {sourced: {weight: 100%, linear: {from: 0, to: 100_000}}}
    tiers: {bronze: 0, gold: 80}
payouts:
  commission:
    title: Commission on new business
    base: deals.amount
    where: deals.kind = 'new'
    dated: deals.closed_on
    tiers: {method: marginal, steps: [{to: 100_000, rate: 5%}, {rate: 7.5%}]}
    multipliers: {gold: {times: 1.2, where: performance.tier = 'gold'}}
    at_most: EUR 50_000
    limits: [{at_most: EUR 80_000, over: fiscal_year, cut: pro_rata, excess: banked}]
    returns: {refund: {for_each: deal_events, base: deal_events.amount, dated: deal_events.occurred_on}}
  renewal:
    base: deals.amount
    where: deals.kind = 'renewal'
    dated: deals.closed_on
    rate: {rate: 5%, term: commission_rate}
  spiff: {for_each: deals, amount: EUR 250, dated: deals.closed_on, during: 2026-02-01 to 2026-03-31, lock: 30 days}
  contest: {for_each: partners, base: sourced, prizes: {best: highest, ties: share, prizes: [EUR 500, EUR 100]}}
pools:
  bonus: {size: EUR 100, among: sourced > 0, shared: {by: sourced}, residue: house}
totals:
  deal_based: {sum: [commission, renewal]}
tests:
  a deal over the edge:
    given:
      partners: {kind: reseller}
      deals: {kind: new, status: won, amount: 200_000}
      performance: 10
      performance.tier: bronze
    expect: {commission: 12_500}
  a case that fails is no example:
    given:
      partners: {kind: reseller}
      deals: {kind: renewal, status: won, amount: 100}
      performance: 1
      performance.tier: bronze
    expect: {renewal: 99}
"""
DATA = {
    "partners.csv": "partner_id,name,kind\nP-1,Nordlicht,reseller\nP-2,Rivage,reseller\n",
    "terms.csv": "partner_id,term,product,deal_id,valid_from,valid_to,value\nP-1,commission_rate,,,2026-01-01,,0.065\n",
}


def of(folder: Path, program: str = PROGRAM) -> Path:
    return write(folder, program, DATA)


def rules_of(text: str) -> dict[str, str]:
    """What a plan says below the heading of each rule."""
    return dict(re.findall(r"^### (?:\d+\. )?\S+.*? ?\((\w+)\)\n(.*?)(?=^##)", text, re.M | re.S))


def test_every_rule_is_said_with_each_of_its_keys(tmp_path: Path) -> None:
    text = plan_document(of(tmp_path)).markdown
    for words in (
        "- **In force:** from 2026-01-01 to 2026-12-31, both days included",
        "- **Who can be paid:** where partners.kind = 'reseller'",
        "- **Sourced revenue (sourced):** sum of deals.amount where deals.status = 'won', with deals.closed_on",
        "### 1. Commission on new business (commission)",
        "- **Where:** deals.kind = 'new'",
        "| EUR 100,000.00 | no end | 7.5 % |",
        "- **Multiplied:** gold: by 1.2; only where performance.tier = 'gold'",
        "- **A line pays:** at most EUR 50,000.00, before it is rounded",
        "at most EUR 80,000.00 in each fiscal year; beyond that all are cut in proportion; what is cut is banked",
        "100 % of what the row was paid, in the part that deal_events.amount is of the base",
        "the rate agreed with the partner (term commission_rate), else 5 %, of the base",
        "30 days after deals.closed_on, if deals.closed_on is from 2026-02-01 to 2026-03-31, both days included",
        "rows that are level share the prizes of their places equally",
        "- **Among:** partners where sourced > 0",
        "the cents left over stay with the house",
        "- **Deal based:** commission + renewal",
    ):
        assert words in text, words


def test_examples_are_of_cases_that_hold_or_made_up_from_the_rule(tmp_path: Path) -> None:
    text = plan_document(of(tmp_path)).markdown
    parts = rules_of(text)
    assert "Example: a deal over the edge" in parts["commission"] and "12,500.00" in parts["commission"]
    assert "a case that fails" not in text
    assert "| EUR 1,000.00 | none | 5 % of 1,000.00: 5 % (no term commission_rate agreed) | EUR 50.00 |" in text
    assert "| EUR 1,234.57 | none |" in parts["renewal"] and "| EUR 61.73 |" in parts["renewal"]  # rounded once
    parts = rules_of(plan_document(of(tmp_path / "bare", PROGRAM.split("tests:")[0])).markdown)
    assert "of all above 100,000.00 x 7.5 % | EUR 8,750.00 |" in parts["commission"]
    assert "The example is before multipliers and limits." in parts["commission"]
    assert "| 250.00 flat | EUR 250.00 |" in parts["spiff"]
    assert "place 2 of 4, 1 ahead: 100.00 | EUR 100.00 |" in parts["contest"]
    assert [each for each in parts["bonus"].splitlines() if each.startswith(("| A", "| B", "| C"))] == [
        "| A | 3 | 3 | EUR 50.00 |",
        "| B | 2 | 2 | EUR 33.33 |",
        "| C | 1 | 1 | EUR 16.66 |",
    ]


def test_the_same_program_gives_the_same_bytes_and_ends_with_its_digest(tmp_path: Path) -> None:
    one, other = plan_document(of(tmp_path / "one")), plan_document(of(tmp_path / "other"))
    assert (one.markdown, one.html, one.sha256) == (other.markdown, other.html, other.sha256)
    assert f"- **Digest (SHA-256):** {one.program_sha256}" in one.markdown.splitlines()[-5:]
    assert plan_document(of(tmp_path / "third", PROGRAM.replace("7.5%", "7.6%"))).sha256 != one.sha256


def test_the_plan_of_a_partner_holds_what_was_agreed_with_it(tmp_path: Path) -> None:
    program = of(tmp_path)
    text = plan_document(program, "P-1").markdown
    assert "- **For:** P-1, Nordlicht" in text
    assert "| commission_rate |  |  | 2026-01-01 |  | 0.065 |" in text
    assert "commission_rate |" not in plan_document(program, "P-2").markdown
    with pytest.raises(Refused) as caught:
        plan_document(program, "P-9")
    assert caught.value.problems[0].code == "S140"


class Seen(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert all(name in ("lang", "charset") for name, _ in attrs), "nothing is loaded, nothing runs"

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_for_print_stands_alone_and_shows_signs_as_text(tmp_path: Path) -> None:
    seen = Seen()
    seen.feed(plan_document(of(tmp_path)).html)
    assert 'Channel <partners> & "friends"' in seen.text
    assert not seen.tags & {"script", "link", "img", "iframe", "partners"}


def test_what_a_program_says_is_no_markup(tmp_path: Path) -> None:
    hostile = 'program: "a | b\\n# c [d](e) `f` *g* <h>"\n' + PROGRAM.split("\n", 2)[2]
    first = plan_document(of(tmp_path, hostile)).markdown.splitlines()[0]
    assert first == "# a \\| b # c \\[d\\](e) \\`f\\` \\*g\\* \\<h>"


def test_the_command_writes_files_and_never_over_one(tmp_path: Path) -> None:
    program, page = of(tmp_path), tmp_path / "plan.html"
    assert partage("plan", program, "--html", page).exit_code == 0
    assert page.read_text("utf-8") == plan_document(program).html
    assert "error S102" in partage("plan", program, "--html", page).err
    assert partage("plan", program).out == plan_document(program).markdown


ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "program", sorted((ROOT / "rules/templates").glob("*/program.yaml")), ids=lambda path: path.parent.name
)
def test_each_template_has_a_plan_with_an_example_of_every_rule(program: Path) -> None:
    meaning = load(program).understood()
    text = plan_document(program).markdown
    for rule in (*meaning.payouts, *meaning.pools):
        assert re.search(r"^### .*\(" + rule.name + r"\)$", text, re.M)
    assert text.count("\nExample") == len(meaning.payouts) + len(meaning.pools)


# Where each key of a rule is said; a new key has to be said too.
SAID = {
    "title", "for_each", "credit", "base", "where", "dated", "during", "lock", "multipliers", "at_least", "at_most",
    "rounding", "limits", "returns", "unknown",
}  # fmt: skip


def test_no_key_of_a_rule_is_forgotten() -> None:
    assert set(RuleSpec.model_fields) == SAID, "say the new key in rules/payouts/words.py"
    assert set(LimitSpec.model_fields) == {"at_most", "at_least", "per", "over", "cut", "order", "last", "excess"}
    assert set(ReturnSpec.model_fields) == {"for_each", "where", "dated", "base", "share", "tiers"}
    for kind in (*PAYOUTS.values(), *SHARES.values()):
        assert "in_words" in vars(kind), f"{kind.__name__} says itself in words"
