"""The plan that partners sign is the program in words, with examples by the engine."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from spine_stories import partage, write

from engine.acts.plan_document import plan_document
from rules.kinds import PAYOUTS
from rules.load import load
from rules.payouts.spec import LimitSpec, ReturnSpec, RuleSpec
from rules.payouts.words import OWNERS
from rules.pools import SHARES
from rules.problem import Refused
from rules.tables import OWNED_BY

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
        "- **Who can be paid:** partners for whom partners.kind is 'reseller'",
        "- **Sourced revenue (sourced):** sum of deals.amount where deals.status is 'won', with deals.closed_on",
        "### 1. Commission on new business (commission)",
        "- **Where:** deals.kind is 'new'",
        "| EUR 100,000.00 | no end | 7.5 % |",
        "- **Multiplied:** gold: by 1.2; only where performance.tier is 'gold'",
        "- **A line pays:** at most EUR 50,000.00, before it is rounded; one below zero stays as it is",
        "at most EUR 80,000.00 in each fiscal year; beyond that all are cut in proportion; what is cut is banked",
        "100 % of what the row was paid, in the part that deal_events.amount is of the base",
        "the rate agreed with the partner (term commission_rate), else 5 %, of the base",
        "30 days after deals.closed_on, if deals.closed_on is from 2026-02-01 to 2026-03-31, both days included",
        "rows that are level share the prizes of their places equally",
        "- **Among:** partners for whom sourced is above 0",
        "the cents left over stay with the house",
        "- **Deal based:** commission + renewal",
    ):
        assert words in text, words


def test_the_plan_says_who_gets_the_cent_of_a_row_that_several_share(tmp_path: Path) -> None:
    text = """
program: Shared
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, credits: credits.csv}
rounding: {mode: half_even, to: 0.05}
credit:
  sales: {of: deals, from: {table: {roles: [sourced]}}}
payouts:
  shared: {credit: sales, base: deals.amount, dated: deals.closed_on, rate: 10%}
  own: {base: deals.amount, dated: deals.closed_on, rate: 1%}
  steady:
    {credit: sales, base: deals.amount, dated: deals.closed_on, rate: 1%, rounding: {mode: half_up, cumulative: true}}
"""
    said = rules_of(plan_document(of(tmp_path, text)).markdown)
    assert (
        "- **Rounding:** the lines of one row once and together: their sum is rounded half even to 0.05, and they add "
        "up to it; each line is rounded down to EUR 0.05, and what is missing goes, EUR 0.05 each, to those that lost "
        "most, of equals to the first by id\n"
    ) in said["shared"]
    assert "- **Rounding:** each line once, half even to 0.05\n" in said["own"]
    assert "as the difference of the partner's rounded running totals\n" in said["steady"]


SMALL = """
program: Small
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, mdf: mdf.csv, mdf_claims: claims.csv}
kpis:
  won: {sum: deals.amount, dated: deals.closed_on}
  share: {unit: percent, count: deals, where: deals.status = 'won', over: {count: deals}}
"""


def test_a_claim_is_paid_to_whose_request_it_is_of(tmp_path: Path) -> None:
    claims = "payouts:\n  claims: {base: mdf_claims.approved, dated: mdf_claims.paid_on, rate: 50%}\n"
    said = rules_of(plan_document(of(tmp_path, SMALL + claims)).markdown)["claims"]
    assert "- **Paid to:** the partner whose request the claim is of\n" in said
    assert set(OWNERS) == set(OWNED_BY), "each table whose rows are owned by another's is said"


def test_a_contest_says_of_an_unknown_base_what_it_does(tmp_path: Path) -> None:
    prizes = "prizes: {best: highest, ties: share, prizes: [EUR 500]}"
    contests = f"payouts:\n  strict: {{for_each: partners, base: won, {prizes}}}\n"
    contests += f"  open: {{for_each: partners, base: won, {prizes}, unknown: leave_out}}\n"
    deals = "deal_id,partner_id,amount,status,closed_on\nD-1,P-1,100,won,2026-01-02\nD-2,P-2,,won,2026-01-02\n"
    data = {**DATA, "deals.csv": deals, "mdf.csv": "request_id\n", "claims.csv": "claim_id\n"}
    program = write(tmp_path, SMALL + contests, data)
    said = rules_of(plan_document(program).markdown)
    assert "- **Unknown:** a row whose value is unknown stops the calculation until it is mended\n" in said["strict"]
    assert "- **Unknown:** a row whose value is unknown takes no part\n" in said["open"]
    assert "error F301" in partage("run", program, "--period", "2026-01").err
    program.write_text(program.read_text("utf-8").replace(f"won, {prizes}}}", f"won, {prizes}, unknown: leave_out}}"))
    assert "500.00" in partage("run", program, "--period", "2026-01").out


def test_a_crediting_rule_that_pays_nothing_is_not_in_the_plan(tmp_path: Path) -> None:
    rules = """credit:
  used: {of: deals, from: {owner: 100%}}
  unused: {of: deals, from: {owner: 50%}}
payouts:
"""
    fee = "  fee: {base: deals.amount, dated: deals.closed_on, rate: 1%}\n"
    text = plan_document(of(tmp_path / "one", SMALL + rules + fee.replace("{base", "{credit: used, base"))).markdown
    assert "### Used" in text and "### Unused" not in text
    assert "Who is credited" not in plan_document(of(tmp_path / "none", SMALL + rules + fee)).markdown


@pytest.mark.parametrize("edges", [("80%", "1"), ("0.8", "1")])
def test_the_bands_of_a_measure_in_percent_are_in_percent(tmp_path: Path, edges: tuple[str, str]) -> None:
    bands = f"[{{below: {edges[0]}, times: 0}}, {{below: {edges[1]}, times: 1}}, {{times: 1.5}}]"
    rule = "payouts:\n  fee: {for_each: partners, base: won, rate: 1%, multipliers: {m: {by: BY, bands: BANDS}}}\n"
    rule = SMALL + rule.replace("BANDS", bands)
    text = plan_document(of(tmp_path / "unit", rule.replace("BY", "share"))).markdown
    assert "| - | 80 % | 0 |\n| 80 % | 100 % | 1 |\n| 100 % | no end | 1.5 |" in text
    text = plan_document(of(tmp_path / "written", rule.replace("BY", "won / 100"))).markdown
    assert ("| - | 80 % | 0 |" if "80%" in edges else "| - | 0.8 | 0 |") in text


def test_examples_are_of_cases_that_hold_or_made_up_from_the_rule(tmp_path: Path) -> None:
    text = plan_document(of(tmp_path)).markdown
    parts = rules_of(text)
    assert "Example: a deal over the edge" in parts["commission"] and "12,500.00" in parts["commission"]
    assert "a case that fails" not in text
    assert "| EUR 1,000.00 | none | 5 % of 1,000.00: 5 % (no term commission_rate agreed) | EUR 50.00 |" in text
    assert "| EUR 1,234.57 | none |" in parts["renewal"] and "| EUR 61.73 |" in parts["renewal"]  # rounded once
    parts = rules_of(plan_document(of(tmp_path / "bare", PROGRAM.split("tests:")[0])).markdown)
    assert "of all above 100,000.00 x 7.5 % | EUR 8,750.00 |" in parts["commission"]
    assert "The example is before limits." in parts["commission"]
    assert "| 250.00 flat | EUR 250.00 |" in parts["spiff"]
    assert "place 2 of 4, 1 ahead: 100.00 | EUR 100.00 |" in parts["contest"]
    shared = [each for each in parts["bonus"].splitlines() if each.startswith(("| A", "| B", "| C"))]
    assert [each.split(" | ")[-1] for each in shared] == ["EUR 50.00 |", "EUR 33.33 |", "EUR 16.66 |"]


def test_the_same_program_gives_the_same_bytes_and_ends_with_its_digest(tmp_path: Path) -> None:
    one, other = plan_document(of(tmp_path / "one")), plan_document(of(tmp_path / "other"))
    assert (one.markdown, one.html, one.sha256) == (other.markdown, other.html, other.sha256)
    assert f"- **Digest (SHA-256):** {one.program_sha256}" in one.markdown.splitlines()[-5:]
    assert plan_document(of(tmp_path / "third", PROGRAM.replace("7.5%", "7.6%"))).sha256 != one.sha256


def test_the_plan_of_a_partner_holds_what_was_agreed_with_it(tmp_path: Path) -> None:
    program = of(tmp_path)
    text = plan_document(program, "P-1").markdown
    assert "- **For:** P-1, Nordlicht" in text
    assert "| commission_rate | any | any | 2026-01-01 | no end | 6.5 % |" in text
    assert "| EUR 1,000.00 | 6.5 % | 6.5 % of 1,000.00: agreed 6.5 % (term commission_rate) | EUR 65.00 |" in text
    assert "no term commission_rate agreed" not in text, "the example has the partner's own rate"
    other = plan_document(program, "P-2").markdown
    assert "| commission_rate |" not in other and "no term commission_rate agreed" in other
    with pytest.raises(Refused) as caught:
        plan_document(program, "P-9")
    assert caught.value.problems[0].code == "S140"


def test_a_fault_in_the_row_of_another_partner_holds_up_no_plan(tmp_path: Path) -> None:
    program = of(tmp_path)
    rows = DATA["terms.csv"] + "P-2,commission_rate,,,2026-01-01,,much\n"
    (program.parent / "terms.csv").write_text(rows, "utf-8")
    assert "6.5 %" in plan_document(program, "P-1").markdown
    with pytest.raises(Refused):
        plan_document(program, "P-2")
    (program.parent / "terms.csv").write_text(rows + ",commission_rate,,,2026-01-01,,0.5\n", "utf-8")
    with pytest.raises(Refused) as caught:
        plan_document(program, "P-1")
    assert [each.code for each in caught.value.problems] == ["F120"], "it may be the term of P-1"


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
    "rounding", "limits", "returns", "unknown", "replaces",
}  # fmt: skip


def test_no_key_of_a_rule_is_forgotten() -> None:
    assert set(RuleSpec.model_fields) == SAID, "say the new key in rules/payouts/words.py"
    assert set(LimitSpec.model_fields) == {"at_most", "at_least", "per", "over", "cut", "order", "last", "excess"}
    assert set(ReturnSpec.model_fields) == {"for_each", "where", "dated", "base", "share", "tiers"}
    for kind in (*PAYOUTS.values(), *SHARES.values()):
        assert "in_words" in vars(kind), f"{kind.__name__} says itself in words"
