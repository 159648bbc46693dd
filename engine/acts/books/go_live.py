"""What a program goes live with: files of balances and scores, held against the program, all faults at once.

In: a program's meaning and plan, its first period, and the files. Out: their rows in the form in which a period opens,
amounts with the decimals of the currency.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path

from engine.facts.golive import LoadedRow, read_rows, source_ids
from engine.values import Plan, Roll, Score, rolls
from engine.values.closing import BALANCES, SCORES, Closing, Row, closing
from engine.values.positions import Position, positions
from engine.values.rolls import contradictions
from rules.calendar import Period
from rules.meaning import Meaning
from rules.problem import Place, Problem, Refused
from rules.quantities.currency import Currency, format_minor

OWED = "owed"  # the balance of what a payee was owed: it is posted, and no program opens with it
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    BALANCES: ("partner_id", "balance", "as_of", "released_on", "amount"),
    SCORES: ("partner_id", "scorecard", "kpi", "period", "points", "tier"),
}


@dataclass(frozen=True, slots=True)
class _Program:
    """What the rows are held against: the balances and positions by name, the scorecards that look back, the partners
    (None where they are not known) and the payees, the currency, and the period with its year."""

    rolls: Mapping[str, Roll]
    positions: Mapping[str, Position]
    cards: Mapping[str, Score]
    partners: Collection[str] | None
    payees: Collection[str]
    money: Currency
    period: Period
    before: str
    is_first_of_year: bool

    @property
    def last_day(self) -> str:
        """The day at whose end everything is told."""
        return str(self.period.start - timedelta(days=1))


def read_opening(
    meaning: Meaning, plan: Plan, period: Period, folder: Path, balances: Path, scores: Path | None
) -> Closing:
    """The rows of the files; raises Refused with every fault of them."""
    year, before = meaning.calendar.fiscal_year(period.start), meaning.calendar.before(period)
    program = _Program(
        rolls={each.name: each for each in rolls(plan.steps)},
        positions={each.name: each for each in positions(plan.steps)},
        cards={each.name: each for each in plan.steps if isinstance(each, Score) and each.looks_back},
        partners=source_ids(meaning, folder, "partners", "partner_id"),
        payees=source_ids(meaning, folder, "payees", "payee_id") or (),
        money=meaning.terms.currency,
        period=period,
        before=before.name if before is not None else "",
        is_first_of_year=year.start == period.start,
    )
    rows, problems = _checked(balances, BALANCES, program, _balance_faults)
    scored: list[Row] = []
    if scores is not None:
        scored, found = _checked(scores, SCORES, program, _score_faults)
        problems += found
    if problems:
        raise Refused(*problems)
    if not rows and not scored:
        hint = "write a row for each balance that is not empty; without any, no opening is needed"
        raise Refused(Problem("B163", "the file has no rows", Place(balances.name, 1), hint))
    return closing([_with_decimals(row, program.money) for row in rows], scored)


_Faults = Callable[[LoadedRow, _Program], Iterator[Problem]]


def _checked(path: Path, table: str, program: _Program, faults: _Faults) -> tuple[list[Row], list[Problem]]:
    """The rows of a file, and all faults of it in the order of their lines."""
    rows, problems = read_rows(path, table, program.money)
    for row in rows:
        problems += [*_partner_faults(row, program), *faults(row, program)]
    problems.sort(key=lambda each: (each.place.line, each.place.field))
    return [tuple(row.cells[name] for name in _COLUMNS[table]) for row in rows], problems


def _partner_faults(row: LoadedRow, program: _Program) -> Iterator[Problem]:
    who = row.cells["partner_id"]
    is_payee = row.cells.get("balance") == OWED and OWED not in program.rolls
    others = program.payees if is_payee else ()
    if who and program.partners is not None and who not in program.partners and who not in others:
        known = sorted({*program.partners, *others})
        near = get_close_matches(who, known, n=1, cutoff=0.6)
        tables = "partners or payees" if is_payee else "partners"
        hint = f"did you mean '{near[0]}'?" if near else f"add {who} to the program's source of {tables}"
        yield Problem("F123", f"{who} is in no row of {tables}", row.place("partner_id"), hint)


def _balance_faults(row: LoadedRow, program: _Program) -> Iterator[Problem]:
    name, who, due = (row.cells[each] for each in ("balance", "partner_id", "released_on"))
    roll, position = program.rolls.get(name), program.positions.get(name)
    if roll is None and position is None and name != OWED:
        names = [*program.rolls, *program.positions, OWED]
        near = get_close_matches(name, names, n=1, cutoff=0.6)
        hint = f"did you mean '{near[0]}'?" if near else "it opens with " + ", ".join(names)
        yield Problem("F320", f"the program has no balance {name}", row.place("balance"), hint)
    elif any(each is not None and each.is_whole for each in (roll, position)) and who:
        message, hint = f"{who} has no balance {name} of its own", "leave partner_id blank: it is kept once, for all"
        yield Problem("F320", message, row.place("partner_id"), hint)
    elif not any(each is not None and each.is_whole for each in (roll, position)) and not who:
        message = f"{name} is a balance of partners, and the row names none"
        yield Problem("F320", message, row.place("partner_id"), "name one")
    if row.cells["as_of"] != program.last_day:
        message = f"{program.period.name} opens with what was there at the end of {program.last_day}"
        yield Problem("F321", message, row.place("as_of"), f"write what was on it then, as of {program.last_day}")
    yield from _day_faults(row, program, roll, position, due)
    if roll is not None:
        days = date.fromisoformat(row.cells["as_of"]), date.fromisoformat(due) if due else None
        amount = Fraction(row.cells["amount"]) if row.cells["amount"] else None
        for column, message, hint in contradictions(roll, *days, amount):
            yield Problem("F325", message, row.place(column), hint)
    if not row.cells["amount"]:
        who = who or "the program"
        yield Problem("F301", f"the amount of {who} on {name} is unknown", row.place("amount"), "fill in the cell")


def _day_faults(
    row: LoadedRow, program: _Program, roll: Roll | None, position: Position | None, due: str
) -> Iterator[Problem]:
    """The faults of the day on which something falls due, and of a position of a year that begins."""
    name = row.cells["balance"]
    if roll is not None and roll.is_dated and due > row.cells["as_of"]:
        message = f"{name} tells on {row.cells['as_of']} what was paid on {due}, which is later"
        hint = "write the last day of the period that paid it as released_on"
        yield Problem("F321", message, row.place("released_on"), hint)
    if roll is None and due:
        yield Problem("F321", f"nothing of {name} falls due on a day", row.place("released_on"), "leave it blank")
    if position is not None and program.is_first_of_year:
        message = f"{program.period.name} begins the fiscal year, so nothing was added up in it before"
        yield Problem("F321", message, row.place("balance"), "leave the row out")


def _score_faults(row: LoadedRow, program: _Program) -> Iterator[Problem]:
    name, kpi = row.cells["scorecard"], row.cells["kpi"]
    card = program.cards.get(name)
    if card is None:
        hint = "those that do: " + (", ".join(program.cards) or "none")
        yield Problem("B162", f"no scorecard {name} looks back at a period before", row.place("scorecard"), hint)
        return
    known = {each for names in card.scorecard.score_names().values() for each in names}
    if kpi and kpi not in known:
        hint = "its KPIs: " + ", ".join(sorted(known))
        yield Problem("F216", f"{name} has no KPI {kpi}", row.place("kpi"), hint)
    if row.cells["period"] != program.before:
        message = f"{program.period.name} looks back at {program.before or 'no period'}"
        yield Problem(
            "B162", message, row.place("period"), f"write {program.before}" if program.before else "leave it out"
        )
    tiers, tier = card.scorecard.card.tiers, row.cells["tier"]
    if tier and (tiers is None or tier not in tiers.names):
        hint = "its tiers: " + (", ".join(tiers.names) if tiers is not None else "none")
        yield Problem("B162", f"{name} has no tier {tier}", row.place("tier"), hint)


def minor_of(amount: str, money: Currency) -> int:
    """A written amount in minor units."""
    minor = Fraction(amount) * money.minor_per_major
    assert minor.denominator == 1, "the grammar of amounts was held against it"
    return minor.numerator


def _with_decimals(row: Row, money: Currency) -> Row:
    """The same row with its amount as a period that closes writes it."""
    return (*row[:-1], format_minor(minor_of(row[-1], money), money, grouping=False))
