"""What the stories of balances share: a program that keeps every kind of them, and runs that open with a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spine_stories import told, write

from engine.reports.balances import balance_json, balance_steps, closing_csv

PROGRAM = """
program: Every balance
currency: {currency}
calendar: month
effective: 2026-01-01 to 2027-12-31
sources:
  partners: partners.csv
  deals: deals.csv
  mdf: mdf.csv
  balances: balances.csv
eligible: partners.active
kpis:
  advanced: {{sum: mdf.requested, dated: mdf.requested_on}}
  approved: {{sum: mdf.approved, dated: mdf.requested_on}}
payouts:
  commission: {{base: deals.amount, dated: deals.closed_on, rate: 10%}}
  above: {{for_each: partners, base: "greatest(approved - mark.opening, 0)", rate: 20%}}
balances:
  advance: {{advance: {{of: advanced, recouped_from: [commission], recoup: 50%, is_paid: true}}}}
  shortfall: {{negative: carry}}
  draw: {{draw: {{amount: {draw}, recoup: 75%}}}}
  reserve: {{holdback: {{share: 10%, of: [commission], released: {{after: 3}}}}}}
  cash: {{holdback: {{share: 20%, of: [above], released: {{of: advanced}}}}}}
  mark: {{mark: approved}}
  fund: {{allowance: {{accrued: advanced, used: approved, expires_after: 2}}}}
  capital: {{account: {{movements: {{paid_in: approved, drawn: -advanced}}}}}}
  small: {{minimum: {{amount: {small}, at_year_end: true}}}}
"""
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
HEADS = {
    "partners": "partner_id,recruited_on,terminated_on",
    "deals": "deal_id,partner_id,closed_on,amount",
    "mdf": "request_id,partner_id,requested_on,requested,approved",
    "balances": "partner_id,balance,as_of,released_on,amount",
}


def program(currency: str = "EUR") -> str:
    """The program of all kinds in a currency."""
    return PROGRAM.format(currency=currency, draw=f"{currency} 20", small=f"{currency} 30")


def tables(**rows: Sequence[str]) -> Mapping[str, str]:
    """The files of the program, header first."""
    return {f"{name}.csv": "\n".join([head, *rows.get(name, ())]) + "\n" for name, head in HEADS.items()}


@dataclass(frozen=True)
class Rolled:
    """What a run came to: its lines, its balances, and the table that the next one opens with."""

    lines: tuple[str, ...]
    balances: Mapping[str, object]
    table: str


def rolled(path: Path, period: str, is_explained: bool = False) -> Rolled:
    """A run of a period; where it `is_explained`, every payout is worked out again on the way."""
    with told(path, period) as of:
        for key in of.sheet.payees.keys if is_explained else ():
            of.why(str(key))
        balances = {step.name: balance_json(step, of.sheet) for step in balance_steps(of.plan)}
        return Rolled(tuple(of.lines()), balances, closing_csv(of.plan, of.sheet, of.facts.openings()))


def moved(path: Path, period: str, name: str) -> dict[str, list[int]]:
    """Opening, movements and closing of a balance by partner."""
    with told(path, period) as of:
        step = next(each for each in balance_steps(of.plan) if each.name == name)
        return {
            str(row["partner_id"]): [row["opening_minor"], *row["movements_minor"].values(), row["closing_minor"]]  # type: ignore[attr-defined,list-item]
            for row in balance_json(step, of.sheet)
        }


__all__ = ["HEADS", "MONTHS", "PROGRAM", "Rolled", "moved", "program", "rolled", "tables", "write"]
