"""Why a row paid, and why it did not, where rows are shared, locked, limited, taken back, agreed or ranked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from spine_stories import MONTH, Told, told, write

from engine.readings import readings
from engine.trace import Verdict, fate_of, trace

SOURCES = "sources: {{partners: partners.csv, deals: deals.csv{}}}\neligible: partners.kind = 'reseller'\n"
DATA = {
    "partners.csv": """
        partner_id,kind,parent_id,recruited_on,terminated_on
        acme,reseller,,2020-01-01,
        bolt,reseller,acme,2020-01-01,
        crux,reseller,,2020-01-01,
        dorn,former,,2020-01-01,
        """,
    "deals.csv": """
        deal_id,partner_id,status,product,closed_on,amount
        d1,acme,won,Atlas,2026-04-10,100.00
        d2,bolt,won,Borea,2026-04-11,50.00
        d3,acme,lost,Borea,2026-04-12,70.00
        d4,acme,won,Borea,2026-03-20,40.00
        """,
    "credits.csv": """
        credit_id,deal_id,partner_id,role,share
        k1,d1,acme,sourced,
        k2,d1,bolt,sourced,
        k3,d1,crux,sourced,
        k4,d2,dorn,sourced,
        k5,d2,crux,influenced,1
        k6,d3,bolt,sourced,
        k7,d4,bolt,sourced,
        """,
}
COMMISSION = """
payouts:
  commission: {credit: sales, base: deals.amount, where: deals.status = 'won', rate: 10%, dated: deals.closed_on}
"""
SALES = """
credit:
  sales: {of: deals, from: {table: {roles: [sourced]}}}
"""


class Asked:
    """A run of April, asked for what became of its rows."""

    def __init__(self, story: Told) -> None:
        self._story = story
        self._read = readings(story.plan, story.sheet.period, story.facts.window)
        self._fates = story.facts.fates(self._read, story.sheet)

    def verdicts(self, table: str, key: str, partner: str = "") -> tuple[Verdict, ...]:
        story = self._story
        return trace(story.plan, story.sheet, story.facts, self._fates, self._read, table, key, partner)

    def said(self, table: str, key: str, partner: str = "") -> list[str]:
        """Each verdict as `fate partner: words`."""
        found = self.verdicts(table, key, partner)
        return [f"{each.fate} {each.partner}: {each.words}".replace(" :", ":") for each in found]

    def fate(self, table: str, *keys: str) -> list[str]:
        """The fate of each row, and the rule that does not count it."""
        return [" by ".join(filter(None, fate_of(self.verdicts(table, key)))) for key in keys]

    def register(self, table: str) -> dict[str, int]:
        return {
            f"{each.fate} by {each.rule}" if each.rule else each.fate: each.rows
            for each in self._fates.register()
            if each.table == table
        }


@contextmanager
def of(folder: Path, rules: str, more: Mapping[str, str] | None = None) -> Iterator[Asked]:
    tables = DATA | dict(more or {})
    named = [name[:-4] for name in tables if name not in ("partners.csv", "deals.csv")]
    sources = SOURCES.format("".join(f", {name}: {name}.csv" for name in named))
    with told(write(folder, MONTH + sources + rules, tables), "2026-04") as story:
        yield Asked(story)


THIRDS = "deals d1 is shared by the rule sales: acme 1/3, bolt 1/3, crux 1/3"
PAID = "a row of commission: 10 % of 33.33 1/3"


def test_a_shared_deal_says_who_has_which_share_and_what_each_is_paid(tmp_path: Path) -> None:
    with of(tmp_path, SALES + COMMISSION) as asked:
        said = asked.said("deals", "d1")
        whose = ("acme", "bolt", "crux")
        assert [each.partition("; ")[0] for each in said] == [f"paid {who}: {THIRDS}" for who in whose]
        assert "; commission pays acme 3.34: a row of commission" in said[0]
        assert asked.fate("deals", "d1", "d2", "d3", "d4") == [
            "paid",
            "not_payable by commission",
            "not_payable by commission",
            "outside",
        ]
        assert asked.register("deals") == {"paid": 1, "not_payable by commission": 2, "outside": 1}


def test_a_credited_partner_that_cannot_be_paid_and_one_whose_role_does_not_count(tmp_path: Path) -> None:
    with of(tmp_path, SALES + COMMISSION) as asked:
        (lone,) = asked.said("deals", "d2")
        assert lone.endswith("; partner dorn cannot be paid: the program's condition `eligible` does not hold")
        why = asked.said("deals", "d2", "crux")[1]
        assert why == (
            "not_payable crux: crux has no share of deals d2 by the rule sales: "
            "the role influenced is none that the rule counts (sourced)"
        )
        assert asked.said("deals", "d2", "acme")[1].endswith("by the rule sales: there is no credit of acme")


def test_a_credit_counts_with_the_line_that_its_share_pays(tmp_path: Path) -> None:
    with of(tmp_path, SALES + COMMISSION) as asked:
        assert asked.fate("credits", "k1", "k3", "k4", "k5", "k6", "k7") == [
            "paid",
            "paid",
            "not_payable by commission",  # dorn cannot be paid
            "not_payable by sales",  # a role that does not count
            "not_payable by commission",  # the deal is lost
            "outside",
        ]
        assert asked.said("credits", "k6") == [
            "not_payable bolt: deals.status = 'won' does not hold: deals.status is 'lost'"
        ]
        assert asked.register("credits") == {
            "paid": 3,
            "not_payable by commission": 2,
            "not_payable by sales": 1,
            "outside": 1,
        }


def test_a_registration_and_a_preference_shut_a_credit_out(tmp_path: Path) -> None:
    rules = """
credit:
  sales:
    of: deals
    from: {table: {roles: [sourced, influenced]}}
    prefer: sourced over influenced
    protected_by: registrations
"""
    more = {
        "registrations.csv": """
            registration_id,deal_id,partner_id,registered_on,expires_on,status
            g1,d1,crux,2026-03-01,2026-05-01,approved
            g2,d1,bolt,2026-03-01,2026-04-01,approved
            """
    }
    with of(tmp_path, rules + COMMISSION, more) as asked:
        assert asked.fate("registrations", "g1", "g2") == ["paid", "not_payable by sales"]
        assert asked.fate("credits", "k1", "k3", "k5") == ["not_payable by sales", "paid", "not_payable by sales"]
        assert asked.said("credits", "k1") == [
            "not_payable: earns nothing by the rule sales: a registration of crux protects it"
        ]
        assert asked.said("credits", "k5")[0].endswith(
            "somebody has the role sourced, which the rule prefers over influenced"
        )


def test_a_touch_that_is_not_the_first_earns_nothing(tmp_path: Path) -> None:
    rules = "\ncredit:\n  sales: {of: deals, from: {touches: {shape: first}}}\n"
    more = {
        "touches.csv": """
            touch_id,deal_id,lead_id,partner_id,touched_on
            t1,,l1,acme,2026-04-01
            t2,d1,,acme,2026-04-02
            t3,d3,,bolt,2026-04-02
            """,
        "leads.csv": "lead_id,deal_id,created_on\nl1,d1,2026-03-01\nl2,d2,2026-03-01\n",
    }
    with of(tmp_path, rules + COMMISSION, more) as asked:
        assert asked.fate("touches", "t1", "t2", "t3") == ["paid", "not_payable by sales", "not_payable by commission"]
        assert asked.fate("leads", "l1", "l2") == ["paid", "not_payable by sales"]
        assert asked.register("touches") == {"paid": 1, "not_payable by sales": 1, "not_payable by commission": 1}


def test_history_and_terms_count_with_the_lines_that_rest_on_them(tmp_path: Path) -> None:
    rules = """
credit:
  sales: {of: deals, from: {owner: 100%}, roll_up: {to: parent, rates: [10%], on_top: true}}
payouts:
  commission: {credit: sales, base: deals.amount, rate: {RATE}, dated: deals.closed_on}
""".replace("RATE", "rate: 10%, term: commission_rate, lapsed: default")
    more = {
        "partner_history.csv": """
            partner_id,attribute,value,valid_from,valid_to
            bolt,parent,crux,2026-01-01,2026-04-30
            bolt,parent,acme,2026-05-01,
            bolt,tier,gold,2026-01-01,
            """,
        "terms.csv": """
            partner_id,term,product,deal_id,valid_from,valid_to,value
            acme,commission_rate,,,2026-01-01,2026-04-10,0.2
            acme,commission_rate,,,2026-04-13,2026-04-14,0.3
            crux,commission_rate,,,2026-05-01,,0.4
            bolt,bonus_rate,,,2026-01-01,,0.5
            """,
    }
    with of(tmp_path, rules, more) as asked:
        assert asked.register("partner_history") == {
            "paid": 1,
            "outside": 1,
            "not_payable by no row that counts refers to it": 1,
        }
        relation, term = "bolt/parent/2026-01-01", "acme/commission_rate///2026-01-01"
        assert asked.said("partner_history", relation) == ["paid: rolled up by it deals d2: 0.50 in all"]
        assert asked.said("terms", term) == ["paid: agreed for deals d1: 20.00 in all"]
        assert asked.register("terms") == {
            "paid": 1,
            "not_payable by commission": 1,
            "outside": 1,
            "not_payable by no row that counts refers to it": 1,
        }


def test_a_locked_row_and_the_days_of_a_rule(tmp_path: Path) -> None:
    rules = """
payouts:
  spiff: {for_each: deals, amount: EUR 5, dated: deals.closed_on, lock: 20 days, during: 2026-03-22 to 2026-04-10}
"""
    with of(tmp_path, rules) as asked:
        assert asked.said("deals", "d1") == ["paid acme: a row of spiff: 5.00 flat"]
        assert asked.said("deals", "d4") == [
            "outside: deals.closed_on is 2026-03-20, outside 2026-03-22 to 2026-04-10, the days of the rule"
        ]
    with of(tmp_path / "longer", rules.replace("lock: 20 days", "lock: 30 days")) as asked:
        assert asked.said("deals", "d1") == [
            "outside: deals.closed_on is 2026-04-10 and locked for 30 days, to 2026-05-10, "
            "outside 2026-04-01 to before 2026-05-01"
        ]


def test_a_row_cut_to_zero_is_counted_and_says_what_the_limit_left(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    rate: 10%
    dated: deals.closed_on
    limits: [{at_most: EUR 12, per: program, cut: in_order, order: [deals.closed_on]}]
"""
    with of(tmp_path, rules) as asked:
        assert asked.said("deals", "d2") == [
            "paid bolt: a row of commission: 10 % of 50.00; the limit of 12.00 for the program leaves 2.00 of 5.00"
        ]
        assert asked.said("deals", "d3")[0].endswith("leaves 0.00 of 7.00")
        assert asked.fate("deals", "d3") == ["paid"]
        assert asked.said("partners", "acme")[0] == "paid acme: 2 lines of commission, 10.00 in all"


def test_a_row_of_before_is_outside_and_added_up(tmp_path: Path) -> None:
    rules = """
payouts:
  commission:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{to: 60, rate: 5%}, {rate: 10%}]
"""
    with of(tmp_path, rules) as asked:
        assert asked.said("deals", "d4") == [
            "outside: deals.closed_on is 2026-03-20, outside 2026-04-01 to before 2026-05-01; "
            "it is added up before the rows of the period"
        ]


def test_a_return_counts_when_it_takes_back_and_not_when_its_row_was_never_paid(tmp_path: Path) -> None:
    refund = "returns: {refund: {for_each: deal_events, dated: deal_events.occurred_on}}"
    rules = COMMISSION.replace("}", f",\n    {refund}}}")
    more = {"deal_events.csv": "event_id,deal_id,occurred_on\ne1,d1,2026-04-20\ne2,d3,2026-04-21\ne3,d1,2026-05-02\n"}
    with of(tmp_path, rules.replace("credit: sales, ", ""), more) as asked:
        assert asked.said("deal_events", "e1") == ["paid acme: takes back what its row was paid"]
        assert asked.fate("deal_events", "e1", "e2", "e3") == [
            "paid",
            "not_payable by commission.returns.refund",
            "outside",
        ]
        assert asked.verdicts("deal_events", "e1")[0].amount_minor == -1000
    with of(tmp_path / "shared", SALES + rules, more) as asked:
        assert asked.fate("deal_events", "e1", "e2", "e3") == [
            "paid",
            "not_payable by commission.returns.refund",
            "outside",
        ]
        assert asked.fate("credits", "k1") == ["paid"]


def test_a_row_without_a_prize_took_part_and_a_row_on_no_card_is_told_its_rate(tmp_path: Path) -> None:
    rules = """
payouts:
  contest: {base: deals.amount, prizes: {best: highest, ties: share, prizes: [EUR 50]}, dated: deals.closed_on}
  fee:
    base: deals.amount
    card: {entries: [{for: {deals.product: Atlas}, rate: 10%}], otherwise: {rate: 1%}}
    dated: deals.closed_on
"""
    with of(tmp_path, rules) as asked:
        contest, fee = asked.said("deals", "d3")
        assert contest == "paid acme: a row of contest: place 2 of 3, 1 ahead: no prize"
        assert fee.startswith("paid acme: a row of fee: ") and "1 %" in fee


def test_a_rule_that_rests_on_another_says_which_value_it_met(tmp_path: Path) -> None:
    rules = """
payouts:
  commission: {base: deals.amount, rate: 10%, dated: deals.closed_on}
  accelerator: {for_each: partners, base: commission, rate: 20%, where: commission > 10}
"""
    with of(tmp_path, rules) as asked:
        by_rule = {each.rule: each for each in asked.verdicts("partners", "bolt")}
        assert by_rule["accelerator"].fate == "not_payable"
        assert by_rule["accelerator"].words.startswith("commission > 10.00 does not hold: commission is 5.00")
        assert by_rule["commission"].words == "1 line of commission, 5.00 in all"
        assert asked.fate("partners", "bolt", "crux", "dorn") == [
            "paid",
            "not_payable by accelerator",
            "not_payable by accelerator",
        ]
