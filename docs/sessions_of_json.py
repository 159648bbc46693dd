"""The sessions from which the keys of `--json` are read: small programs, and the commands on them in their order."""

from __future__ import annotations

from collections.abc import Iterator
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


_EFFECT = "partage mdf effect mine/measured.yaml --period 2025-"
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
    Session(
        "contribution",
        "partage contribution pay/program.yaml --period 2026-Q2",
        before=("partage init pay --template contribution",),
    ),
    Session("attribute", "partage attribute mine/touched.yaml --period 2026-Q2 --compare"),
    Session(
        "attribute",
        "partage attribute mine/touched.yaml --period 2026-Q1 --compare --method shapley_rate --sample 20 "
        "--pay-sampled --negative zero_and_tell --out mine/attributions.csv",
    ),
    Session("curves fit", "partage curves fit --from mine/seen.csv --bootstrap 20"),
    Session("mdf status", "partage mdf status mine/funds.yaml --as-of 2026-05-31"),
    Session("mdf status", "partage mdf status mine/funds.yaml --as-of 2026-06-30 --by activity"),
    Session("mdf ledger", "partage mdf ledger mine/funds.yaml --as-of 2026-06-30"),
    Session("mdf effect", f"{_EFFECT}01..2025-12 --outcome sold --margin 30% --also other --split activity"),
    Session("mdf effect", f"{_EFFECT}01..2025-12 --outcome customers --lasts 2"),
    Session("mdf effect", f"{_EFFECT}06..2025-12 --outcome sold"),
    Session(
        "simulate",
        "partage simulate mine/program.yaml mine/steeper.yaml --period 2026-Q1 --by tier --per sourced --causes "
        "--budget 10_000 --gate 'cost <= 9_000'",
    ),
    Session(
        "simulate --break-even",
        "partage simulate mine/program.yaml mine/steeper.yaml --period 2026-Q1 "
        "--break-even payouts.co_selling_bonus.rate --cost 10_000",
    ),
    Session("apply", "partage apply mine/steeper.yaml --program mine/program.yaml --out mine/steeper-program.yaml"),
    Session("optimise parameters", "partage optimise mine/cheaper.yaml"),
    Session("optimise parameters", "partage optimise mine/cheapest.yaml"),
    Session("optimise", "partage optimise mine/split.yaml --frontier 500..1_000 --steps 3 --out mine/split.csv"),
    Session("optimise tiers", "partage optimise mine/choice.yaml"),
    Session("a failure of any command", "partage show 99"),
)

_OPENING = "partage opening submit owed.csv --program plan.yaml --period 2026-01 --reason old --as ana"
_RUN = "partage run plan.yaml --period"
_WHY = "--reason agreed --evidence letter"

_STATUS_OF = "partage mdf status plan.yaml --of"

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
    Session("mdf status --of", f"{_STATUS_OF} commission --as-of 2026-12-31"),
    Session("log", "partage log", before=("partage adjust approve 99 --as bob",)),
)

_BAD = "program: Bad\ncurency: EUR\n"
_CHEAPER = """optimise: a cheaper plan
program: program.yaml
period: 2026-Q1
parameters:
  payouts.co_selling_bonus.rate: {from: 1%, to: 3%, step: 1%}
  payouts.referral_fee.amount: {of: [EUR 250, five]}
goal: {minimise: losers}
hold: cost <= 10_500
"""

_STEEPER = """scenario: steeper
set: {payouts.commission.tiers.steps.2.rate: 12%}
remove: [payouts.referral_fee]
"""

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
_TOUCHED = """program: Touched
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: decided.csv, touches: touches.csv}
"""
_FUNDS = """program: Funds
currency: EUR
calendar: quarter
effective: 2026-01-01 to 2026-12-31
sources:
  {partners: partners.csv, mdf_budgets: budgets.csv, mdf: requests.csv, mdf_claims: claims.csv, leads: brought.csv,
   deals: opened.csv}
mdf: {stages: {proposal: 40%}}
"""
_FUND_TABLES = {
    "budgets.csv": "budget_id,valid_from,expires_on,amount\nB-1,2026-01-01,2026-12-31,1000\n",
    "requests.csv": "request_id,partner_id,budget_id,campaign_id,activity,decided_on,approved\n"
    "Q-1,P-01,B-1,M-1,fair,2026-01-10,400\n",
    "claims.csv": "claim_id,request_id,submitted_on,claimed,decided_on,approved,paid_on,paid\n"
    "F-1,Q-1,2026-02-01,300,2026-02-02,300,2026-02-03,300\nF-2,Q-1,2026-06-01,200,,,,\nF-3,Q-1,,50,,,,\n",
    "brought.csv": "lead_id,partner_id,campaign_id,created_on,qualified_on,opportunity_on,converted_on\n"
    "L-1,P-01,M-1,2026-02-01,2026-02-05,2026-02-10,2026-03-01\n",
    "opened.csv": "deal_id,partner_id,campaign_id,stage,status,opened_on,closed_on,amount,margin\n"
    "D-1,P-01,M-1,won,won,2026-02-10,2026-03-01,900,500\nD-2,P-01,M-1,proposal,open,2026-02-10,,100,50\n"
    "D-3,P-01,M-1,demo,open,2026-06-10,,100,50\n",
}
_MEASURED = """program: Measured
currency: EUR
calendar: month
effective: 2025-01-01 to 2025-12-31
tables:
  sales:
    row: a partner in a month
    key: [partner_id, month]
    columns: {partner_id: id, month: month, amount: money, other: money, customers: count}
sources: {partners: resellers.csv, sales: sales.csv, mdf: granted.csv, mdf_claims: reimbursed.csv}
kpis:
  sold: {sum: sales.amount, dated: sales.month}
  other: {sum: sales.other, dated: sales.month}
  customers: {sum: sales.customers, dated: sales.month}
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

_SPLIT = """optimise: funds
program: program.yaml
budget: 1_000
units:
  P-01: {curve: {power: {a: 30, b: 0.5}}, now: 200, at_most: 700}
  P-02: {curve: {power: {a: 20, b: 0.5}}, now: 400}
groups: {both: {units: [P-01, P-02], at_least: 1_000}}
pay: {payout: market_funds, period: 2026-Q1}
"""
_CHOICE = "optimise: tiers\ncurrency: EUR\nbudget: {at_most: 500}\ntiers: {from: choice.csv}\n"


def lay_out_run() -> None:
    """What the sessions of one run read, beside what `partage init mine` wrote: in the folder where we are."""
    tables = {
        "decided.csv": "deal_id,status,closed_on,amount\nD-1,won,2026-02-10,100\nD-2,lost,2026-02-11,\n"
        "D-3,won,2026-04-01,100\n",
        "choice.csv": "partner,tier,cost,value,now\nP-01,none,0,0,true\nP-01,gold,400,5,\n",
        "seen.csv": "unit,period,spend,outcome\n" + "".join(_seen()),
        "touches.csv": "touch_id,deal_id,partner_id,touched_on\nT-1,D-2,P-01,2026-02-01\nT-2,D-3,P-02,2026-02-01\n",
    }
    programs = {"bad.yaml": _BAD, "tests.yaml": _TESTS, "balances.yaml": _BALANCES, "touched.yaml": _TOUCHED}
    programs |= {"funds.yaml": _FUNDS, "measured.yaml": _MEASURED, "steeper.yaml": _STEEPER}
    programs |= {"split.yaml": _SPLIT, "choice.yaml": _CHOICE}
    programs |= {"cheaper.yaml": _CHEAPER, "cheapest.yaml": _CHEAPER.replace("10_500", "1")}
    for name, text in {**programs, **tables, **_FUND_TABLES, **_measured()}.items():
        Path("mine", name).write_text(text, "utf-8")
    _move("mine")
    with Path("mine/leads.csv").open("a", encoding="utf-8") as rows:
        rows.write("L 5,P-01,web,2026-01-05,\n")


def _seen() -> Iterator[str]:
    """Spends and outcomes of three units, of which one has a curve, one a straight line and one nothing."""
    for month in range(1, 13):
        spend = month * 700 % 5_000
        yield f"A,2026-{month:02},{spend},{9_000 * spend // (1_500 + spend)}\n"
        yield f"B,2026-{month:02},{spend},{3 * spend + month * 7_919 % 101}\n"
        yield f"C,2026-{month:02},{spend},\n" if month == 1 else f"C,2026-{month:02},{spend},{month * 7_919 % 101}\n"


def _measured() -> dict[str, str]:
    """Ten partners over a year: four were funded, and sell more from September on."""
    tables = {
        "resellers.csv": ["partner_id,recruited_on"],
        "sales.csv": ["partner_id,month,amount,other,customers"],
        "granted.csv": ["request_id,partner_id,activity,decided_on,approved"],
        "reimbursed.csv": ["claim_id,request_id,paid_on,paid"],
    }
    for number in range(1, 11):
        late = number == 10
        tables["resellers.csv"].append(f"R-{number},{2025 if late else 2024}-06-01")
        for month in range(1, 13):
            more = 800 >> (month - 9) if number < 5 and month > 8 else 0
            by_chance = number * month * 7_919 % 101
            amounts = (1_000 + by_chance + more, 300 + by_chance // 3, 20 + by_chance // 10 + more // 40)
            tables["sales.csv"].append(",".join(map(str, (f"R-{number}", f"2025-{month:02}", *amounts))))
        if number < 5:
            tables["granted.csv"].append(f"G-{number},R-{number},{'event' if number < 4 else 'advert'},2025-09-01,200")
            tables["reimbursed.csv"].append(f"C-{number},G-{number},2025-10-01,200")
    return {name: "\n".join(lines) + "\n" for name, lines in tables.items()}


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
