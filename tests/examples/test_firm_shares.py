"""How the example firm shares its profit of 2026, worked out once more from the rows and the words of its page.

In: the CSV files of the firm, and what README.md, program.yaml and the how-to guides say of them. Out: every partner's
share of every pool, both balances and the payouts, in plain Python with whole cents and fractions, held against a run.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
from test_firm_program import scores_by_hand

from engine.acts.calculate import calculate
from engine.acts.reopen import reopen
from engine.acts.why import why
from engine.reports.balances import balance_json, balance_steps
from engine.store import Store
from engine.values import Reasoned

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/firm"
FIRST, LAST, DAYS = date(2026, 1, 1), date(2026, 12, 31), 365
NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)
HELD_BACK = ("merit", "origination", "by_units")
POOLS = ("fixed_pay", "capital_interest", "discretionary", *HELD_BACK)
TITLES = {
    "fixed pay": "fixed_pay",
    "interest on capital": "capital_interest",
    "at the committee's discretion": "discretionary",
    "by score": "merit",
    "by origination": "origination",
    "by units": "by_units",
}

Row = Mapping[str, str]
Cents = dict[str, int]  # by partner
Books = dict[str, Cents]  # by the name of a pool, a balance's movement, or "payout"


@dataclass(frozen=True)
class Weights:
    """What shares are measured by, exact and by partner: claims in cents, and weights of any size."""

    fixed: dict[str, Fraction]
    interest: dict[str, Fraction]
    entered: Cents
    score: dict[str, Fraction]
    originated: dict[str, Fraction]
    units: dict[str, Fraction]


def table(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cents(text: str) -> int:
    """An amount as it is written, in whole cents."""
    found = Fraction(text.replace(",", "")) * 100
    assert found.denominator == 1
    return int(found)


def days_within(first: str, last: str = "") -> int:
    """How many days of the year lie between two days, both included; a blank last day is an open end."""
    until = min(date.fromisoformat(last), LAST) if last else LAST
    return max((until - max(date.fromisoformat(first), FIRST)).days + 1, 0)


def in_year(day: str) -> bool:
    return FIRST.isoformat() <= day <= LAST.isoformat()


def half_up(exact: Fraction) -> int:
    """To whole cents, a half away from zero."""
    size = floor(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size


# --- the rows ---------------------------------------------------------------------------------------------------------


def weights_of(folder: Path) -> Weights:
    """Row by row, what each partner has of everything that a pool is shared by."""
    partners = {row["partner_id"]: row for row in table(folder, "partners")}
    fixed, units, capital, originated = ({each: Fraction(0) for each in partners} for _ in range(4))
    entered = dict.fromkeys(partners, 0)
    for row in table(folder, "salaries"):
        part = Fraction(days_within(row["valid_from"], row["valid_to"]), DAYS)
        fixed[row["partner_id"]] += cents(row["annual"]) * part
    for row in table(folder, "units"):
        part = Fraction(days_within(row["valid_from"], row["valid_to"]), DAYS)
        units[row["partner_id"]] += Fraction(row["units"]) * part
    for row in table(folder, "capital"):
        capital[row["partner_id"]] += cents(row["amount"]) * Fraction(days_within(row["occurred_on"]), DAYS)
    for row in table(folder, "awards"):
        assert in_year(row["decided_on"]) and row["reason"] and row["proposed_by"] != row["approved_by"]
        entered[row["partner_id"]] += cents(row["amount"])
    client = {row["project_id"]: row["customer_id"] for row in table(folder, "projects")}
    brought = {row["customer_id"]: row["partner_id"] for row in table(folder, "customers")}
    for row in table(folder, "hours"):
        if row["project_id"] and in_year(row["worked_on"]):
            originated[brought[client[row["project_id"]]]] += cents(row["billed"])
    score = {
        who: value * Fraction(days_within(partners[who]["recruited_on"], partners[who]["terminated_on"]), DAYS)
        for who, value in scores_by_hand().items()
    }
    interest = {who: each * Fraction(5, 100) for who, each in capital.items()}
    return Weights(fixed, interest, entered, score, originated, units)


def profit_of(folder: Path) -> int:
    return sum(cents(row["amount"]) for row in table(folder, "results") if in_year(row["month"]))


# --- the shares -------------------------------------------------------------------------------------------------------


def to_cents(exact: Mapping[str, Fraction]) -> Cents:
    """Exact parts rounded down; whole cents left over go one each to the largest remainders, ties by partner id."""
    total = sum(exact.values(), Fraction(0))
    if total < 0:  # a loss is borne as a profit of that size is shared
        return {who: -part for who, part in to_cents({who: -part for who, part in exact.items()}).items()}
    found = {who: floor(part) for who, part in exact.items()}
    over = floor(total) - sum(found.values())
    for who in sorted(exact, key=lambda each: (found[each] - exact[each], each))[:over]:
        found[who] += 1
    return found


def in_full(pool: int, claims: Mapping[str, Fraction]) -> Cents:
    """Claims as far as the pool reaches: in full, or the same part of each."""
    reach = min(Fraction(pool) / sum(claims.values(), Fraction(0)), Fraction(1))
    return to_cents({who: claim * reach for who, claim in claims.items()})


def in_proportion(pool: int, weights: Mapping[str, Fraction]) -> dict[str, Fraction]:
    whole = sum(weights.values(), Fraction(0))
    return {who: pool * weight / whole for who, weight in weights.items()}


def below_the_cap(pool: int, weights: Mapping[str, Fraction], cap: int) -> dict[str, Fraction]:
    """In proportion, but to nobody more than the cap; what it keeps back is shared again among those below theirs."""
    capped: set[str] = set()
    while True:
        rest = {who: weight for who, weight in weights.items() if who not in capped}
        parts = in_proportion(pool - cap * len(capped), rest) if rest else {}
        above = {who for who, part in parts.items() if part > cap}
        if not above:
            return parts | dict.fromkeys(capped, Fraction(cap))
        capped |= above


def shared_by_hand(folder: Path, cap: Fraction = Fraction(30, 100)) -> Books:
    """Six pools in their order, then the two balances and what is paid in the end."""
    of, profit = weights_of(folder), profit_of(folder)
    books: Books = {"fixed_pay": in_full(max(profit, 0), of.fixed)}
    left = max(profit, 0) - sum(books["fixed_pay"].values())
    books["capital_interest"] = in_full(left, of.interest)
    left -= sum(books["capital_interest"].values())
    assert sum(of.entered.values()) <= half_up(left * Fraction(5, 100))  # more than the pool would be refused
    books["discretionary"] = of.entered
    books["merit"] = to_cents(in_proportion(half_up(left * Fraction(25, 100)), of.score))
    size = half_up(left * Fraction(15, 100))
    books["origination"] = to_cents(below_the_cap(size, of.originated, floor(size * cap)))
    rest = profit - sum(sum(each.values()) for each in books.values())
    books["by_units"] = to_cents(in_proportion(rest, of.units))
    return books | balances_by_hand(folder, books)


def balances_by_hand(folder: Path, books: Books) -> Books:
    """Capital and what is retained, of each partner with anything on it, and what all pools come to without both."""
    interest = books["capital_interest"]
    booked = dict.fromkeys(interest, 0)
    for row in table(folder, "capital"):
        if in_year(row["occurred_on"]):
            booked[row["partner_id"]] += cents(row["amount"])
    kept = {who: half_up(max(sum(books[pool][who] for pool in HELD_BACK), 0) * Fraction(20, 100)) for who in interest}
    found: Books = {
        "payout": {who: sum(books[pool][who] for pool in POOLS) - interest[who] - kept[who] for who in interest}
    }
    for balance, moves in (
        ("capital_account", {"booked": booked, "credited": interest}),
        ("retained", {"withheld": kept, "released": dict.fromkeys(kept, 0)}),
    ):
        anything = {who for move in moves.values() for who, amount in move.items() if amount}
        closing = {who: sum(move[who] for move in moves.values()) for who in interest}
        for name, amounts in {"opening": dict.fromkeys(interest, 0), **moves, "closing": closing}.items():
            found[f"{balance}.{name}"] = {who: amounts[who] for who in anything}
    return found


# --- the run ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    """A kept run: its books, and exact values of the partners by name."""

    path: Path
    books: Books
    exact: Mapping[str, Mapping[str, Fraction | None]]


def run(folder: Path, path: Path) -> Ran:
    done = calculate(folder / "program.yaml", "2026", path, "someone", NOON)
    assert not done.rejected
    with Store.open(path, create=False) as store, reopen(store, 1) as kept:
        who = kept.run.partners
        every = {name: column.fractions() for name, column in kept.sheet.columns.items()}
        columns = {name: dict(zip(who, each, strict=True)) for name, each in every.items() if len(each) == len(who)}
        books = {name: {each: whole(amount) for each, amount in columns[name].items()} for name in (*POOLS, "payout")}
        for step in balance_steps(kept.plan):
            rows: Any = balance_json(step, kept.sheet)
            for row in rows:
                moves = {"opening": row["opening_minor"], **row["movements_minor"], "closing": row["closing_minor"]}
                for name, amount in moves.items():
                    books.setdefault(f"{step.name}.{name}", {})[row["partner_id"]] = int(amount)
    return Ran(path, books, columns)


def whole(amount: Fraction | None) -> int:
    """What is paid is known, and whole cents."""
    assert amount is not None and amount.denominator == 1
    return int(amount)


def differences(expected: Books, found: Books) -> list[str]:
    """Every amount in which two books differ, or that one of them does not have."""
    told = []
    for name in sorted(expected.keys() | found.keys()):
        here, there = expected.get(name, {}), found.get(name, {})
        for who in sorted(here.keys() | there.keys()):
            if here.get(who) != there.get(who):
                told.append(f"{name} of {who}: {here.get(who)} by hand, {there.get(who)} in the run")
    return told


@pytest.fixture(scope="module")
def by_hand() -> Books:
    return shared_by_hand(EXAMPLE)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run(EXAMPLE, tmp_path_factory.mktemp("firm") / "books.db")


# --- the year as it was -----------------------------------------------------------------------------------------------


def test_every_share_balance_and_payout_is_the_one_by_hand(by_hand: Books, ran: Ran) -> None:
    assert differences(by_hand, ran.books) == []


def test_the_pools_are_those_of_the_page_and_share_the_whole_profit(by_hand: Books) -> None:
    page = (EXAMPLE / "README.md").read_text("utf-8").split("## How the profit is shared")[1].split("## ")[0]
    stated = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \| ([\d,.]+) \|$", page, re.MULTILINE)
    assert [TITLES[title] for title, _ in stated] == list(POOLS)
    for title, amount in stated:
        assert sum(by_hand[TITLES[title]].values()) == cents(amount), title
    assert sum(sum(by_hand[pool].values()) for pool in POOLS) == profit_of(EXAMPLE) == cents("1,987,190.00")


def test_the_joiner_and_the_leaver_share_by_their_days(ran: Ran) -> None:
    of = weights_of(EXAMPLE)
    # From 1 April to the end of the year, and from its beginning to 30 September, both days included.
    for who, days, annual, units in (("E-8", 275, "72,000.00", 50), ("E-3", 273, "96,000.00", 100)):
        part = Fraction(days, 365)
        assert of.fixed[who] == ran.exact["fixed"][who] == cents(annual) * part
        assert of.units[who] == ran.exact["held_units"][who] == units * part
        assert of.score[who] == ran.exact["merit.weight"][who] == scores_by_hand()[who] * part
    # The leaver's capital stands until the day on which it is drawn, and that day's drawings count from then on.
    capital = 310_000_00 * 365 - 30_000_00 * (276 + 185 + 93) - 15_000_00 * 200 - 200_000_00 * 93
    assert of.interest["E-3"] == Fraction(capital * 5, 365 * 100)
    assert of.interest["E-8"] == Fraction((100_000_00 * 275 - 15_000_00 * (185 + 93 + 1)) * 5, 365 * 100)


def test_what_every_share_is_measured_by_is_exactly_the_one_by_hand(ran: Ran) -> None:
    of = weights_of(EXAMPLE)
    assert of.fixed == ran.exact["fixed"]
    assert of.interest == ran.exact["interest_due"]
    assert of.entered == ran.exact["entered"]
    assert of.originated == ran.exact["originated"]
    assert of.units == ran.exact["held_units"]
    assert of.score == ran.exact["merit.weight"]
    # All that is billed is billed to a client whom a partner brought in, the leaver's after she has left too.
    assert sum(of.originated.values()) == sum(cents(row["billed"]) for row in table(EXAMPLE, "hours"))


def test_a_cent_moved_from_one_partner_to_another_is_noticed(by_hand: Books, ran: Ran) -> None:
    for name in by_hand:
        moved = {**by_hand[name], "E-1": by_hand[name]["E-1"] + 1, "E-8": by_hand[name]["E-8"] - 1}
        told = differences({**by_hand, name: moved}, ran.books)
        assert [each.split(":")[0] for each in told] == [f"{name} of E-1", f"{name} of E-8"]
    without = {who: amount for who, amount in by_hand["merit"].items() if who != "E-3"}
    assert len(differences({**by_hand, "merit": without}, ran.books)) == 1


# --- why --------------------------------------------------------------------------------------------------------------


def sums_of_rows(reason: Reasoned) -> list[Reasoned]:
    """Every sum over rows within an explanation, however deep."""
    own = [reason] if reason.title.startswith("sum of ") else []
    return own + [each for part in reason.parts for each in sums_of_rows(part)]


def test_the_explanation_of_the_joiners_payout_adds_up(by_hand: Books, ran: Ran) -> None:
    reason = why(ran.path, 1, "E-8", "payout").reason
    told = {part.title: part for part in reason.parts}
    expected = {title: by_hand[pool]["E-8"] for title, pool in TITLES.items()}
    expected |= {"capital": -by_hand["capital_interest"]["E-8"], "retained": -by_hand["retained.withheld"]["E-8"]}
    assert {title: part.value for title, part in told.items()} == expected
    assert reason.value == sum(expected.values()) == by_hand["payout"]["E-8"]
    for name, title in (("capital_account", "capital"), ("retained", "retained")):
        moves = {part.title: part.value for part in told[title].parts}
        for move, value in moves.items():
            assert value == by_hand[f"{name}.{move}"]["E-8"], f"{move} of {title}"
        assert whole(moves.pop("closing")) == sum(whole(value) for value in moves.values())
    # Profit twice, fixed pay, capital twice, awards, hours twice and units: each comes to its rows.
    found = sums_of_rows(reason)
    assert len(found) == 9
    for each in found:
        values = [part.value for part in each.parts]
        assert each.value == sum((value for value in values if value is not None), Fraction(0)), each.title


# --- other years ------------------------------------------------------------------------------------------------------


def another(folder: Path, correction: str = "0.00", cap: str = "30%", awards: bool = True) -> Path:
    """The firm with a year of another profit, another cap on origination, or without awards."""
    shutil.copytree(EXAMPLE, folder)
    program = (folder / "program.yaml").read_text("utf-8")
    assert program.count("{share: 30%}") == 1
    (folder / "program.yaml").write_text(program.replace("{share: 30%}", f"{{share: {cap}}}"), "utf-8")
    with (folder / "results.csv").open("a", encoding="utf-8") as file:
        file.write(f"firm,2026-12-01,correction,{correction}\n")
    if not awards:
        heads = (folder / "awards.csv").read_text("utf-8").splitlines()[0]
        (folder / "awards.csv").write_text(heads + "\n", "utf-8")
    return folder


def test_what_the_cap_keeps_back_is_shared_again_until_nobody_is_above_it(tmp_path: Path) -> None:
    folder = another(tmp_path / "firm", cap="14.2%")
    expected = shared_by_hand(folder, Fraction(142, 1000))
    most = max(expected["origination"].values())
    assert most == cents("27,635.75")  # of 27,635.757: no share is rounded past a cap
    assert {who for who, amount in expected["origination"].items() if amount == most} == {"E-1", "E-2", "E-3", "E-7"}
    weights = weights_of(folder).originated  # two are above it at first, and two more by what these leave
    assert [who for who, part in in_proportion(cents("194,618.01"), weights).items() if part > most] == ["E-2", "E-3"]
    assert differences(expected, run(folder, tmp_path / "books.db").books) == []


def test_a_thin_year_pays_the_same_part_of_each_claim(tmp_path: Path) -> None:
    folder = another(tmp_path / "firm", "-1346543.21", awards=False)
    expected = shared_by_hand(folder)
    assert sum(expected["fixed_pay"].values()) == cents("618,147.94")
    assert sum(expected["capital_interest"].values()) == cents("640,646.79") - cents("618,147.94")
    assert all(not any(expected[pool].values()) for pool in HELD_BACK)
    assert differences(expected, run(folder, tmp_path / "books.db").books) == []


def test_a_loss_is_borne_by_units(tmp_path: Path) -> None:
    # Such that E-1 and E-2 tie for one cent: the first bears it, as it would get it of a profit.
    folder = another(tmp_path / "firm", "-2500000.04", awards=False)
    expected = shared_by_hand(folder)
    assert sum(expected["by_units"].values()) == cents("-512,810.04") == sum(expected["payout"].values())
    assert not any(expected["fixed_pay"].values()) and not expected["retained.withheld"]
    assert differences(expected, run(folder, tmp_path / "books.db").books) == []
