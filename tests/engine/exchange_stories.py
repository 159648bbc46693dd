"""What the stories of exchange share: a program that converts, its run with rejected rows, and the law in fractions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

from spine_stories import Told, write

from engine.facts.gather import gather_facts
from engine.facts.rejected import Rejected
from engine.plan import compile_plan
from engine.settle import settle
from engine.sheet import evaluate
from rules.load import load

PARTNERS = "partner_id,name\nP-1,Nordlicht\nP-2,Alpenwerk\n"
DEALS = "deal_id,partner_id,opened_on,closed_on,amount,currency\n"
RATES = "from_currency,to_currency,kind,valid_on,rate\n"
PAYS = """
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
"""
KPI = """
kpis:
  sourced: {sum: deals.amount, dated: deals.closed_on}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 10%}
  bonus: {for_each: partners, amount: 1, where: sourced > 0}
"""


def program(exchange: str, rest: str = PAYS, currency: str = "EUR", rounding: str = "half_up") -> str:
    """A quarterly program over deals that converts as `exchange` says."""
    return f"""program: Exchange
currency: {currency}
rounding: {rounding}
calendar: quarter
effective: 2026-01-01 to 2026-12-31
exchange: {exchange}
sources:
  partners: partners.csv
  deals: deals.csv
  fx_rates: fx.csv
{rest.strip(chr(10))}
"""


@dataclass(frozen=True)
class Ran:
    """A run, and the rows that it left out."""

    told: Told
    rejected: tuple[Rejected, ...]

    def codes(self) -> list[str]:
        """The key and the first code of each rejected row."""
        return [f"{each.key} {each.faults[0].code}" for each in self.rejected]

    def kpi(self, name: str) -> dict[str, Fraction | None]:
        """A KPI by partner, in minor units."""
        keys = [str(key) for key in self.told.sheet.partners.keys]
        return dict(zip(keys, self.told.sheet.columns[name].fractions(), strict=True))


@contextmanager
def ran(path: Path, period: str = "2026-Q1", threads: int | None = None) -> Iterator[Ran]:
    """The run of a program, with nothing kept."""
    loaded = load(path)
    meaning = loaded.understood()
    days = meaning.calendar.period(period)
    plan = compile_plan(meaning)
    with gather_facts(meaning, loaded.folder, days, threads=threads) as facts:
        sheet = evaluate(plan, facts.snapshot, days)
        run = settle(plan, sheet, loaded.sha256, facts.inputs)
        yield Ran(Told(plan, sheet, facts.snapshot, run), facts.rejected)


def story(
    folder: Path,
    exchange: str,
    deals: str,
    rates: str,
    rest: str = PAYS,
    currency: str = "EUR",
    rounding: str = "half_up",
) -> Path:
    """A program with these deals and rates, as files of a folder."""
    tables = {"partners.csv": PARTNERS, "deals.csv": DEALS + deals, "fx.csv": RATES + rates}
    return write(folder, program(exchange, rest, currency, rounding), tables)


# --- the law, worked out in another way: by search over all rates, in fractions of major units ----------------------

DECIMALS: Mapping[str, int] = {"EUR": 2, "USD": 2, "GBP": 2, "JPY": 0, "KWD": 3, "CLF": 4}


@dataclass(frozen=True)
class Rate:
    """A row of fx_rates."""

    origin: str
    to: str
    kind: str
    day: date
    rate: Fraction


@dataclass(frozen=True)
class Deal:
    """A row of deals; the amount in major units of its currency."""

    key: str
    partner: str
    opened: date | None
    closed: date | None
    amount: Fraction
    currency: str


@dataclass(frozen=True)
class Law:
    """How a program converts."""

    own: str
    kind: str
    mode: str
    stale_days: int
    last_day: date | None  # of the period, where rows are converted at it

    def value(self, deal: Deal, rates: Sequence[Rate]) -> Fraction | None:
        """An amount in minor units of the program's currency, exact; None where there is no rate."""
        minor = 10 ** DECIMALS[self.own]
        if deal.currency == self.own:
            return deal.amount * minor
        day = self.last_day or deal.closed or deal.opened
        if day is None:
            return None
        for pair, is_inverse in (((deal.currency, self.own), False), ((self.own, deal.currency), True)):
            quoted = [each for each in rates if (each.origin, each.to) == pair and each.kind == self.kind]
            if self.kind == "average":
                quoted = [each for each in quoted if f"{each.day:%Y-%m}" == f"{day:%Y-%m}"]
            else:
                oldest = day - timedelta(days=self.stale_days)
                quoted = [each for each in quoted if oldest <= each.day <= day]
            if quoted:
                rate = max(quoted, key=lambda each: each.day).rate
                return deal.amount * minor * (1 / rate if is_inverse else rate)
        return None

    def rounded(self, value: Fraction) -> int:
        """To a whole number by the program's mode."""
        near = floor(abs(value) + Fraction(1, 2))
        is_half = abs(value) % 1 == Fraction(1, 2)
        sign = -1 if value < 0 else 1
        if self.mode == "half_up":
            return sign * near
        if self.mode == "half_even":
            return sign * (near - 1 if is_half and near % 2 else near)
        if self.mode == "half_down":
            return sign * (near - 1 if is_half else near)
        return {"up": sign * ceil(abs(value)), "down": sign * floor(abs(value)),
                "floor": floor(value), "ceiling": ceil(value)}[self.mode]  # fmt: skip


def written(amount: Fraction, decimals: int) -> str:
    """A decimal as a source writes it."""
    size, sign = abs(amount) * 10**decimals, "-" if amount < 0 else ""
    assert size.denominator == 1
    digits = str(size.numerator).rjust(decimals + 1, "0")
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


def files(deals: Sequence[Deal], rates: Sequence[Rate]) -> tuple[str, str]:
    """The rows of both tables as CSV, without their headers."""
    rows = (
        f"{each.key},{each.partner},{each.opened or ''},{each.closed or ''},"
        f"{written(each.amount, DECIMALS[each.currency])},{each.currency}\n"
        for each in deals
    )
    quoted = (f"{each.origin},{each.to},{each.kind},{each.day},{written(each.rate, 9)}\n" for each in rates)
    return "".join(rows), "".join(quoted)
