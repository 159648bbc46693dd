"""The sessions from which the keys of `--json` are read: small programs, and the commands on them in their order."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Session(NamedTuple):
    """A command under its title, and the commands before it, which are not told.

    What stands under one title is told as one. `like` is the title of the session whose keys it has as well.
    """

    title: str
    command: str  # asked for JSON
    before: tuple[str, ...] = ()
    like: str = ""


ONE_RUN: tuple[Session, ...] = (
    Session("init", "partage init mine --template channel"),
    Session("check", "partage check mine/bad.yaml"),
    Session("kpis", "partage kpis"),
    Session("metrics", "partage metrics mine/program.yaml --period 2026-Q1"),
    Session("score", "partage score mine/program.yaml --period 2026-Q1"),
    Session("run", "partage run mine/program.yaml --period 2026-Q1"),
    Session("show", "partage show --lines"),
    Session("show --rejected", "partage show --rejected", like="show"),
    Session("show --fates", "partage show --fates", like="show"),
    Session("show --scorecards", "partage show --scorecards", like="show"),
    Session("show --kpis", "partage show --kpis", like="show"),
    Session("trace", "partage trace deals D-1002"),
    Session("explain", "partage explain 1 P-01 commission"),
    Session("explain --why-not", "partage explain 1 P-02 --why-not C-5"),
    Session("test", "partage test mine/tests.yaml"),
    Session("plan", "partage plan mine/tests.yaml"),
    Session("curve", "partage curve mine/tests.yaml volume --with before=0"),
    Session("accept", "partage accept mine/tests.yaml --partner P-01 --by Ada --on 2025-12-05"),
    Session("accept --list", "partage accept --list mine/tests.yaml"),
    Session(
        "show --balances",
        "partage show --balances",
        before=("partage run mine/balances.yaml --period 2026-01",),
        like="show",
    ),
    Session("diff", "partage diff 1 3 --partner P-01", before=("partage run mine/moved.yaml --period 2026-Q1",)),
    Session("replay", "partage replay 1"),
    Session("parallel", "partage parallel 1 mine/old.csv"),
    Session("backup", "partage backup kept"),
    Session("restore", "partage --store again.db restore kept"),
    Session("upgrade", "partage upgrade"),
    Session("a failure of any command", "partage show 99"),
)

_OPENING = "partage opening submit owed.csv --program plan.yaml --period 2026-01 --reason old --as ana"
_RUN = "partage run plan.yaml --period"
_WHY = "--reason agreed --evidence letter"

# On the books of a folder of its own. The numbers in the commands are those of events.
BOOKS: tuple[Session, ...] = (
    Session("program submit", "partage program submit plan.yaml --effective 2026-01-01 --reason new --as ana"),
    Session("program approve", "partage program approve 1 --as bob"),
    Session("program activate", "partage program activate 1 --as ana"),
    Session("opening submit", _OPENING),
    Session("opening reject", "partage opening reject 4 --reason wrong --as bob"),
    Session("opening approve", "partage opening approve 6 --as bob", before=(_OPENING,)),
    Session("opening list", "partage opening list"),
    Session("cycle open", "partage cycle open 2026-01 --program plan.yaml --as eve"),
    Session("cycle submit", "partage cycle submit 2026-01 --as eve", before=(f"{_RUN} 2026-01 --as eve",)),
    Session("cycle reject", "partage cycle reject 2026-01 --reason wrong --as bob"),
    Session(
        "cycle approve",
        "partage cycle approve 2026-01 --as bob",
        before=("partage cycle submit 2026-01 --as eve",),
    ),
    Session("cycle lock", "partage cycle lock 2026-01 --as eve"),
    Session("hold", "partage hold P-2 --reason bank --as eve"),
    Session("cycle pay", "partage cycle pay 2026-01 --on 2026-02-05 --as eve"),
    Session("cycle payment", "partage cycle payment 2026-01 1"),
    Session("cycle return", "partage cycle return 2026-01 1 --payee P-1 --reason closed --as eve"),
    Session("cycle status", "partage cycle status"),
    Session("cycle status NAME", "partage cycle status 2026-01"),
    Session("release", "partage release P-2 --reason confirmed --as eve"),
    Session(
        "cycle close",
        "partage cycle close 2026-01 --as eve",
        before=("partage cycle pay 2026-01 --on 2026-02-06 --as eve",),
    ),
    Session("dispute open", "partage dispute open 1 P-1 deals D-1 --set amount=2500 --reason more --as pat"),
    Session(
        "run in a cycle",
        f"{_RUN} 2026-02 --as eve",
        before=(
            "echo D-3,P-2,2026-01-30,124 >> deals.csv",
            "echo D-4,P-1,2026-02-10,500 >> deals.csv",
            "partage cycle open 2026-02 --program plan.yaml --as eve",
        ),
        like="run",
    ),
    Session("cycle trueups", "partage cycle trueups 2026-02"),
    Session(
        "dispute answer",
        "partage dispute answer 21 --grant --answer yes --cycle 2026-02 --evidence letter --as kim",
        before=("partage dispute open 1 P-2 deals D-2 --set amount=5500 --reason more --as pat",),
    ),
    Session("dispute answer", "partage dispute answer 24 --decline --answer no --as kim"),
    Session("dispute close", "partage dispute close 21 --as kim", before=("partage adjust approve 25 --as bob",)),
    Session("dispute list", "partage dispute list"),
    Session("adjust submit", f"partage adjust submit 2026-02 P-1 --amount 12 {_WHY} --as dan"),
    Session("adjust submit", f"partage adjust submit 2026-02 P-2 --to 7 --component commission {_WHY} --as dan"),
    Session("adjust approve", "partage adjust approve 30 --as bob"),
    Session("adjust reject", "partage adjust reject 31 --reason wrong --as bob"),
    Session("cycle status NAME", "partage cycle status 2026-02"),
    Session("cycle payees", "partage cycle payees 2026-02"),
    Session("cycle payees --payee", "partage cycle payees 2026-01 --payee P-1"),
    Session("cycle payees --payee", "partage cycle payees 2026-02 --payee P-1"),
    Session("cycle payees --payee", "partage cycle payees 2026-02 --payee P-2"),
    Session("accrue", "partage accrue --as-of 2026-12-31"),
    Session("program submit", "partage program submit next.yaml --effective 2026-03-01 --reason new --as ana"),
    Session("program submit", "partage program submit other.yaml --effective 2026-03-01 --reason new --as ana"),
    Session("program reject", "partage program reject 35 --reason wrong --as bob"),
    Session("program list", "partage program list"),
    Session("cycle drop", "partage cycle drop 2026-02 --reason mistake --as eve"),
    Session("log", "partage log", before=("partage adjust approve 99 --as bob",)),
)

_BAD = "program: Bad\ncurency: EUR\n"
_TESTS = """program: Volume
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  volume:
    base: deals.amount
    dated: deals.closed_on
    tiers:
      {method: whole, at_edge: lower_tier, accumulate: period, order: [deals.closed_on],
       steps: [{to: 100, rate: 1%}, {rate: 2%}]}
tests:
  over the edge:
    given: {deals: {amount: 200}}
    expect: {volume: 3}
  blank:
    given: {deals: {deal_id: D-1}}
    expect: F301
"""
_BALANCES = """program: Holdback
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 1%}
balances:
  reserve: {holdback: {share: 10%, released: {after: 3}}}
"""
_PLAN = """program: Reseller plan
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
pools:
  bonus: {size: {rate: 1%, of: sold}, shared: {by: sold}, late: next_period}
approval: {needs: 1, by: [bob], may_also: [write]}
"""
_BOOKS = {
    "plan.yaml": _PLAN,
    "next.yaml": _PLAN.replace("10%", "11%"),
    "other.yaml": _PLAN.replace("base: deals.amount", "base: deals.margin"),
    "partners.csv": "partner_id,name\nP-1,Acme\nP-2,Bolt\n",
    "deals.csv": "deal_id,partner_id,closed_on,amount\nD-1,P-1,2026-01-10,2000\nD-2,P-2,2026-01-11,5000\n",
    "owed.csv": "partner_id,balance,as_of,released_on,amount\nP-1,owed,2025-12-31,,10\n",
}


def lay_out_run() -> None:
    """What the sessions of one run read, beside what `partage init mine` wrote: in the folder where we are."""
    for name, text in {"bad.yaml": _BAD, "tests.yaml": _TESTS, "balances.yaml": _BALANCES}.items():
        Path("mine", name).write_text(text, "utf-8")
    _move("mine")
    with Path("mine/leads.csv").open("a", encoding="utf-8") as rows:
        rows.write("L 5,P-01,web,2026-01-05,\n")


def lay_out_books() -> None:
    """What the sessions on the books read: in the folder where we are."""
    for name, text in _BOOKS.items():
        Path(name).write_text(text, "utf-8")


def _move(folder: str) -> None:
    """The same program over deals that were changed, and an old system's payouts."""
    program, deals = (Path(folder, name).read_text("utf-8") for name in ("program.yaml", "deals.csv"))
    head, first, second, *others = deals.splitlines(keepends=True)
    rows = [head, first.replace("D-1001", "D-1009"), second.replace("50", "51"), *others]
    Path(folder, "moved.csv").write_text("".join(rows), "utf-8")
    Path(folder, "moved.yaml").write_text(program.replace("deals.csv", "moved.csv"), "utf-8")
    Path(folder, "old.csv").write_text("partner,amount\nP-01,7000.00\n", "utf-8")
