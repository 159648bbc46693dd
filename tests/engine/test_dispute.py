"""A payee says that a row is wrong: what it would come to is known before anybody decides, and what was decided is
linked to what is paid for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cycle_stories import Office, office
from kept_stories import kept_by_another_engine
from spine_stories import MONTH

from engine.ledger import disputes
from engine.store import Store

PROGRAM = f"""{MONTH}
sources: {{partners: partners.csv, customers: customers.csv, deals: deals.csv}}
kpis:
  new_business: {{sum: deals.amount, where: deals.kind = 'new', dated: deals.closed_on}}
payouts:
  commission: {{title: commission, where: deals.kind = 'new', base: deals.amount, dated: deals.closed_on, rate: 10%}}
pools:
  bonus: {{title: bonus, size: 100, shared: {{by: new_business}}, late: reshare}}
"""
TABLES = {
    "partners.csv": "partner_id,name\nacme,Acme Ltd\nbolt,Bolt\ncole,Cole\n",
    "customers.csv": "customer_id,partner_id\nc1,acme\nc2,bolt\n",
    "deals.csv": """\
deal_id,partner_id,customer_id,kind,amount,opened_on,closed_on
d1,acme,c1,new,1000.00,2026-03-01,2026-04-01
d2,bolt,c2,new,1000.00,2026-03-01,2026-04-30
d3,acme,c1,renewal,2000.00,,2026-04-02
d4,acme,c1,new,500.00,,2026-05-02
""",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a team whose April is locked, and whose May is open and calculated."""
    folder = tmp_path_factory.mktemp("kept") / "office"
    found = office(folder, program=PROGRAM, tables=TABLES)
    found.in_force()
    found.locked()
    found.done("eve", "cycle", "open", "2026-05", "--program", found.program)
    found.done("eve", "run", found.program, "--period", "2026-05")
    return folder


@pytest.fixture
def team(kept: Path, tmp_path: Path) -> Office:
    """The same team, to do with as a story needs."""
    folder = tmp_path / "office"
    shutil.copytree(kept, folder)
    return Office(folder, str(folder / "books.db"))


def opened(team: Office, *words: str, by: str = "pat") -> dict[str, Any]:
    return team.done(by, "dispute", "open", 1, "acme", "deals", *words, "--reason", "the customer was new")


def problems(team: Office, *words: object, code: int = 2) -> list[str]:
    """Why a claim is refused: each problem's code, place and words."""
    ended = team.ask("pat", "dispute", "open", *words, "--reason", "it is so", "--json")
    assert ended.exit_code == code, ended.out + ended.err
    found = json.loads(ended.out)["problems"]
    return [f"{each['code']} {each['message']}" for each in found]


def listed(team: Office) -> list[dict[str, Any]]:
    found = json.loads(team.look("dispute", "list", "--json").out)["disputes"]
    assert isinstance(found, list)
    return found


def test_what_a_claim_would_come_to_is_told_before_the_decision(team: Office) -> None:
    ended = team.ask(
        "pat", "dispute", "open", 1, "acme", "deals", "d3", "--set", "kind=new", "--reason", "a new client"
    )
    assert ended.exit_code == 0, ended.err
    assert ended.out.splitlines()[0].endswith(
        "if deals d3 were kind = new: +225.00 (commission 100.00 -> 300.00, bonus 50.00 -> 75.00), "
        "1 other partner -25.00"
    )
    assert "  commission deals d3: no line -> 200.00" in ended.out


def test_a_claim_keeps_its_outcome(team: Office) -> None:
    found = opened(team, "d3", "--set", "kind=new")["payload"]
    assert (found["was"], found["claim"]) == ({"kind": "renewal"}, {"kind": "new"})
    assert found["outcome"] == {
        "before_minor": "15000",
        "after_minor": "37500",
        "difference_minor": "22500",
        "components": [["commission", "10000", "30000"], ["bonus", "5000", "7500"]],
        "others": 1,
        "others_minor": "-2500",
        "lines": [
            {"component": "commission", "table": "deals", "key": "d3", "before_minor": None, "after_minor": "20000"},
            {"component": "bonus", "table": "pool", "key": "acme", "before_minor": "5000", "after_minor": "7500"},
        ],
        "lines_more": 0,
    }


def test_several_cells_and_a_blank_one(team: Office) -> None:
    found = opened(team, "d1", "--set", "amount=2500.50", "--set", "opened_on=")["payload"]
    assert found["was"] == {"amount": "1000.00", "opened_on": "2026-03-01"}
    assert found["outcome"]["components"][0] == ["commission", "10000", "25005"]


def test_a_row_that_is_missing(team: Office) -> None:
    cells = {"partner_id": "acme", "kind": "new", "amount": "300.00", "closed_on": "2026-04-15"}
    words = [word for name, text in cells.items() for word in ("--set", f"{name}={text}")]
    found = opened(team, "d9", "--add", *words)["payload"]
    assert (found["is_added"], found["outcome"]["components"][0]) == (True, ["commission", "10000", "13000"])
    assert problems(team, 1, "acme", "deals", "d1", "--add", *words) == ["B154 run 1 has a row d1 of deals"]


def test_a_claim_on_another_partner_of_the_row(team: Office) -> None:
    """Cole has nothing in the run, and would have a line if the deal were his."""
    ended = team.done(
        "pat", "dispute", "open", 1, "cole", "deals", "d1", "--set", "partner_id=cole", "--reason", "mine"
    )
    found = ended["payload"]["outcome"]
    assert (found["before_minor"], found["difference_minor"], found["others_minor"]) == ("0", "15000", "-15000")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((1, "acme", "deals", "d3", "--set", "kid=new"), "B154 deals has no column kid"),
        ((1, "acme", "deals", "d3", "--set", "kind"), "B154 'kind' is no column=value"),
        ((1, "acme", "deals", "d3", "--set", "kind=a", "--set", "kind=b"), "B154 kind is claimed twice"),
        (
            (1, "acme", "deals", "d3", "--set", "deal_id=d8"),
            "B154 deal_id names the row, so no other row has another one",
        ),
        ((1, "acme", "deals", "d3"), "B154 no cell is claimed"),
        ((1, "acme", "deals", "d3", "--set", "kind=renewal"), "B155 deals d3 holds all that is claimed"),
        ((1, "acme", "deals", "d7", "--set", "kind=new"), "B153 run 1 read no row d7 of deals"),
        ((1, "acme", "leads", "l1", "--set", "cost=1"), "B153 run 1 read no table leads"),
        ((1, "acme", "deals", "d3", "--set", "amount=1,5"), "F203 '1,5' is no amount"),
        ((1, "acme", "deals", "d3", "--set", "closed_on=2026-02-30"), "F204 '2026-02-30' is no date"),
        ((1, "acme", "deals", "d3", "--set", "partner_id=zed"), "F123 partner_id 'zed' is in no row of partners"),
        (
            (1, "acme", "deals", "d3", "--set", "opened_on=2026-05-01"),
            "F214 closed_on is '2026-04-02', before opened_on",
        ),
        ((1, "zed", "deals", "d3", "--set", "kind=new"), "S110 run 1 pays no partner zed"),
        ((7, "acme", "deals", "d3", "--set", "kind=new"), "S210 there is no run 7: runs 1 to 2 are kept"),
    ],
)
def test_a_claim_that_no_source_could_hold(words: tuple[object, ...], told: str, team: Office) -> None:
    (found,) = problems(team, *words)
    assert found.startswith(told), found
    assert listed(team) == []


@pytest.mark.parametrize(
    "text", ["a\nb", 'a"b,c', "=1+1", "x'); drop table t_deals; --", "\u202ex", "ne\u0301w", " new "]
)
def test_a_hostile_value_is_text_or_is_refused(text: str, team: Office) -> None:
    ended = team.ask(
        "pat", "dispute", "open", 1, "acme", "deals", "d3", "--set", f"kind={text}", "--reason", "r", "--json"
    )
    assert ended.exit_code in (0, 2), ended.out + ended.err
    if ended.exit_code == 0:
        assert json.loads(ended.out)["payload"]["claim"] == {"kind": text}
    else:
        assert {each["code"] for each in json.loads(ended.out)["problems"]} == {"F202"}


def test_all_faults_of_a_claim_at_once_at_its_option(team: Office) -> None:
    words = (1, "acme", "deals", "d3", "--set", "amount=x", "--set", "closed_on=y", "--reason", "r", "--json")
    found = json.loads(team.ask("pat", "dispute", "open", *words).out)["problems"]
    assert [(each["code"], each["place"]["file"], each["place"]["field"]) for each in found] == [
        ("F204", "--set", "closed_on"),
        ("F203", "--set", "amount"),
    ]


def test_a_granted_dispute_is_paid_by_an_adjustment_of_a_second_person(team: Office) -> None:
    number = opened(team, "d3", "--set", "kind=new")["event"]
    words = (
        "dispute",
        "answer",
        number,
        "--grant",
        "--answer",
        "it was new",
        "--cycle",
        "2026-05",
        "--evidence",
        "T-1",
    )
    assert team.refused("pat", *words) == "B101"  # who opened it
    found = team.done("kim", *words)["payload"]
    assert found["decision"] == "granted"
    adjustment = found["adjustment"]
    events = {each["event"]: each for each in json.loads(team.look("log", "--json").out)["events"]}
    submitted = events[adjustment]["payload"]
    assert (submitted["dispute"], submitted["amount_minor"], submitted["payee"]) == (number, "22500", "acme")
    assert [each["adjustment_status"] for each in listed(team)] == ["submitted"]
    assert team.refused("kim", "adjust", "approve", adjustment) == "B101"  # who granted it
    assert team.refused("pat", "adjust", "approve", adjustment) == "B101"  # who opened it
    team.done("bob", "adjust", "approve", adjustment)
    assert team.status("2026-05")["totals_minor"] == {"EUR": 5000 + 10000 + 22500}
    team.done("pat", "dispute", "close", number)
    (last,) = listed(team)
    assert (last["status"], last["adjustment"], last["adjustment_status"]) == ("closed", adjustment, "approved")


def test_an_answer_sent_again_has_one_effect(team: Office) -> None:
    number = opened(team, "d3", "--set", "kind=new")["event"]
    words = (
        "dispute",
        "answer",
        number,
        "--grant",
        "--answer",
        "it was new",
        "--cycle",
        "2026-05",
        "--evidence",
        "T-1",
    )
    first = team.done("kim", *words, "--key", "k1")
    again = team.done("kim", *words, "--key", "k1")
    assert (again["event"], again["replayed"]) == (first["event"], True)
    types = [each["type"] for each in json.loads(team.look("log", "--json").out)["events"]]
    assert types.count("adjustment.submitted") == types.count("dispute.answered") == 1


def test_an_adjustment_that_was_submitted_before_the_answer_was_lost_is_taken(
    team: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = opened(team, "d3", "--set", "kind=new")["event"]
    words = (
        "dispute",
        "answer",
        number,
        "--grant",
        "--answer",
        "it was new",
        "--cycle",
        "2026-05",
        "--evidence",
        "T-1",
    )
    with monkeypatch.context() as broken:
        broken.setattr(disputes, "answer_dispute", lambda *_: 1 / 0)
        assert team.ask("kim", *words).exit_code == 5
    assert team.refused("lee", "dispute", "answer", number, "--decline", "--answer", "no") == "B157"
    found = team.done("kim", *words)["payload"]
    types = [each["type"] for each in json.loads(team.look("log", "--json").out)["events"]]
    assert types.count("adjustment.submitted") == 1 and found["adjustment"]


def test_a_granted_dispute_names_an_open_cycle(team: Office) -> None:
    number = opened(team, "d3", "--set", "kind=new")["event"]
    ended = team.ask("kim", "dispute", "answer", number, "--grant", "--answer", "yes", "--evidence", "T-1", "--json")
    (found,) = json.loads(ended.out)["problems"]
    assert (ended.exit_code, found["code"], found["hint"]) == (2, "B156", "name it: --cycle NAME; open: 2026-05")
    locked = ("dispute", "answer", number, "--grant", "--answer", "yes", "--evidence", "T-1", "--cycle", "2026-04")
    assert team.refused("kim", *locked) == "B134"
    assert [each["status"] for each in listed(team)] == ["open"]


def test_a_declined_dispute_and_a_withdrawn_one(team: Office) -> None:
    one = opened(team, "d3", "--set", "kind=new")["event"]
    assert (
        team.refused("pat", "dispute", "open", 1, "acme", "deals", "d3", "--set", "kind=new", "--reason", "x") == "B150"
    )
    other = opened(team, "d1", "--set", "kind=renewal")["event"]
    assert team.refused("kim", "dispute", "close", one) == "B152"
    team.done("kim", "dispute", "answer", one, "--decline", "--answer", "the contract says renewal")
    assert team.refused("kim", "dispute", "answer", one, "--decline", "--answer", "again") == "B151"
    team.done("pat", "dispute", "close", other)
    assert team.refused("pat", "dispute", "close", other) == "B151"
    assert team.refused("kim", "dispute", "close", 999) == "B110"
    assert [(each["status"], each["adjustment"]) for each in listed(team)] == [("declined", None), ("closed", None)]
    assert "declined" in team.look("dispute", "list").out


def test_a_claim_that_moves_nothing_needs_no_adjustment(team: Office) -> None:
    number = opened(team, "d1", "--set", "opened_on=2026-03-02")["event"]
    found = team.done("kim", "dispute", "answer", number, "--grant", "--answer", "noted")["payload"]
    assert (found["decision"], "adjustment" in found) == ("granted", False)


EXCHANGED = f"""{MONTH}
exchange: {{rates: spot, stale_after: 7 days}}
sources: {{partners: partners.csv, deals: deals.csv, fx_rates: fx.csv}}
payouts:
  commission: {{base: deals.amount, dated: deals.closed_on, rate: 10%}}
"""
ABROAD = {
    "partners.csv": "partner_id,name\nacme,Acme\n",
    "deals.csv": """\
deal_id,partner_id,closed_on,amount,currency
d1,acme,2026-04-02,1000.00,
d2,acme,2026-04-02,50000,JPY
""",
    "fx.csv": """\
from_currency,to_currency,kind,valid_on,rate
USD,EUR,spot,2026-04-01,0.5
JPY,EUR,spot,2026-04-01,0.01
""",
}


def test_a_claim_in_another_currency(tmp_path: Path) -> None:
    """Amounts have the decimals of their row's currency, and need a rate as every row does."""
    team = office(tmp_path / "office", program=EXCHANGED, tables=ABROAD)
    team.in_force()
    team.locked()
    found = opened(team, "d1", "--set", "currency=USD")["payload"]
    assert (found["was"], found["outcome"]["difference_minor"]) == ({"currency": ""}, "-5000")
    found = opened(team, "d2", "--set", "amount=60000")["payload"]
    assert (found["was"], found["outcome"]["difference_minor"]) == ({"amount": "50000"}, "1000")
    (told,) = problems(team, 1, "acme", "deals", "d2", "--set", "amount=60000.50")
    assert told.startswith("F203")
    (told,) = problems(team, 1, "acme", "deals", "d1", "--set", "currency=GBP")
    assert told.startswith("F232 the row is in GBP")


def test_a_claim_on_a_run_that_does_not_come_out_is_not_told(team: Office) -> None:
    """Where another engine made the run, nobody could tell what is the claim's and what the engine's."""
    books = Path(team.store)
    with Store.open(books) as store:
        latest = store.latest()
    assert latest is not None
    number = kept_by_another_engine(books, 1, latest.number)
    (told,) = problems(team, number, "acme", "deals", "d4", "--set", "kind=renewal", code=1)
    assert told.startswith(f"S130 run {number} does not come out as it was kept")
