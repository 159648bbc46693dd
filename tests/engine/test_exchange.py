"""A program converts rows in other currencies: by which rate, to which amount, and how it says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from exchange_stories import DEALS, KPI, PARTNERS, RATES, program, ran, story
from spine_stories import write

from engine.facts import exchange as facts_exchange, snapshot
from engine.values import Kpi, Reasoned
from rules.expressions.tree import Expression
from rules.problem import Refused


def nodes(reason: Reasoned) -> Iterator[Reasoned]:
    """Every node of an explanation."""
    yield reason
    for part in reason.parts:
        yield from nodes(part)


SPOT = "USD,EUR,spot,2026-03-02,0.92\n"

# The program's currency, the row's amount and currency, the rate as it is quoted, the line at 10 %, and the row as KPIs
# add it up, both in minor units; each worked out by hand.
WORKED = [
    # 1000.00 x 0.92 = 920.00; a tenth 92.00
    ("EUR", "1000.00", "USD", "USD,EUR,spot,2026-03-02,0.92", 9_200, 92_000),
    # 1000.00 / 1.087 = 919.963201..; a tenth 91.996320..
    ("EUR", "1000.00", "USD", "EUR,USD,spot,2026-03-02,1.087", 9_200, 91_996),
    # 12345 x 0.006217 = 76.748865; a tenth 7.6748865
    ("EUR", "12345", "JPY", "JPY,EUR,spot,2026-03-02,0.006217", 767, 7_675),
    # 12345 / 160.85 = 76.748523..; a tenth 7.674852..
    ("EUR", "12345", "JPY", "EUR,JPY,spot,2026-03-02,160.85", 767, 7_675),
    # 10.005 x 2.9655 = 29.6698275; a tenth 2.96698275
    ("EUR", "10.005", "KWD", "KWD,EUR,spot,2026-03-02,2.9655", 297, 2_967),
    # 10.005 / 0.3372 = 29.670818..; a tenth 2.967081..
    ("EUR", "10.005", "KWD", "EUR,KWD,spot,2026-03-02,0.3372", 297, 2_967),
    # 99.99 x 161.27 = 16125.3873 yen; a tenth 1612.53873
    ("JPY", "99.99", "EUR", "EUR,JPY,spot,2026-03-02,161.27", 1_613, 16_125),
    # 99.99 / 0.0062 = 16127.419354.. yen
    ("JPY", "99.99", "EUR", "JPY,EUR,spot,2026-03-02,0.0062", 1_613, 16_127),
    # 99.99 x 0.3372 = 33.716628 dinars; a tenth 3.3716628
    ("KWD", "99.99", "EUR", "EUR,KWD,spot,2026-03-02,0.3372", 3_372, 33_717),
    # -1000.00 x 0.920005 = -920.005, half away from zero
    ("EUR", "-1000.00", "USD", "USD,EUR,spot,2026-03-02,0.920005", -9_200, -92_001),
]


@pytest.mark.parametrize("own, amount, code, quoted, line, whole", WORKED)
def test_an_amount_is_converted_in_the_direction_in_which_its_rate_is_quoted(
    tmp_path: Path, own: str, amount: str, code: str, quoted: str, line: int, whole: int
) -> None:
    path = story(tmp_path, "spot", f"D-1,P-1,,2026-03-04,{amount},{code}\n", quoted + "\n", KPI, own)
    with ran(path) as found:
        assert found.rejected == ()
        assert f"P-1 commission D-1 {line}" in found.told.lines()
        assert found.kpi("sourced")["P-1"] == whole
        found.told.why("P-1")
        found.told.why("P-1", "sourced")


# Which rate counts: how the program converts, the day on which a deal is closed, all rates, and the one that counts.
RATES_OF = """\
USD,EUR,spot,2026-03-02,0.91
USD,EUR,spot,2026-03-05,0.92
EUR,USD,spot,2026-03-20,1.25
USD,EUR,average,2026-02-28,0.5
USD,EUR,average,2026-03-31,0.75
USD,EUR,closing,2026-03-31,0.9375
GBP,EUR,spot,2026-03-04,1.5
EUR,JPY,spot,2026-03-04,150
"""
CHOSEN = [
    ("spot", "2026-03-02", "0.91"),  # on the day itself
    ("spot", "2026-03-04", "0.91"),
    ("spot", "2026-03-05", "0.92"),  # the latest one
    ("spot", "2026-03-12", "0.92"),  # seven days old
    ("spot", "2026-03-13", ""),  # eight
    ("{rates: spot, stale_after: 8 days}", "2026-03-13", "0.92"),
    ("spot", "2026-03-01", ""),  # a later rate is none
    ("spot", "2026-03-20", "0.8"),  # only the other direction is quoted within seven days: 1 / 1.25
    ("{rates: spot, stale_after: 20 days}", "2026-03-21", "0.92"),  # the row's own direction comes first
    ("average", "2026-03-01", "0.75"),  # that of the month, whenever it was published
    ("average", "2026-03-31", "0.75"),
    ("average", "2026-02-15", "0.5"),
    ("average", "2026-01-15", ""),
    ("{rates: closing, on: period_end}", "2026-01-15", "0.9375"),
    ("{rates: average, on: period_end}", "2026-01-15", "0.75"),
    ("{rates: spot, on: period_end, stale_after: 11 days}", "2026-01-15", "0.8"),
    ("{rates: spot, on: period_end}", "2026-03-05", ""),
    ("{rates: spot, dates: {deals: opened_on}}", "2026-03-31", "0.91"),  # opened on 2026-03-04
    ("{rates: closing, dates: {deals: period_end}}", "2026-02-01", "0.9375"),
]


@pytest.mark.parametrize("exchange, closed, rate", CHOSEN)
def test_the_rate_that_counts(tmp_path: Path, exchange: str, closed: str, rate: str) -> None:
    opened = "2026-03-04" if closed == "2026-03-31" else "2026-01-02"
    path = story(tmp_path, exchange, f"D-1,P-1,{opened},{closed},1000.00,USD\n", RATES_OF, KPI)
    with ran(path) as found:
        assert found.codes() == ([] if rate else ["D-1 F232"])
        assert found.kpi("sourced")["P-1"] == (Fraction(rate) * 100_000 if rate else 0)


def test_a_deal_that_is_not_closed_counts_on_the_day_it_was_opened(tmp_path: Path) -> None:
    deals = "D-1,P-1,2026-03-04,,1000.00,USD\nD-2,P-1,,,1000.00,USD\nD-3,P-1,,,,USD\nD-4,P-1,,,7.00,\n"
    path = story(tmp_path, "spot", deals, SPOT, "payouts: {all: {base: deals.amount, rate: 10%, unknown: leave_out}}")
    with ran(path) as found:
        assert found.codes() == ["D-2 F232"]  # D-3 has no amount to convert, D-4 none in another currency
        assert "has no day on which it is converted to EUR" in found.rejected[0].faults[0].message
        assert found.told.lines() == ["P-1 all D-1 9200", "P-1 all D-4 70"]


OWN = """
tables:
  claims: {key: [row], columns: {row: id, partner_id: id, made: date, c: money, currency: text}}
kpis:
  claimed: {sum: claims.c, dated: claims.made}
payouts: {all: {for_each: partners, base: claimed, rate: 1}}
"""


def test_a_table_of_ones_own_says_which_column_has_its_day(tmp_path: Path) -> None:
    path = story(tmp_path, "spot", "", SPOT, OWN)
    (tmp_path / "claims.csv").write_text("row,partner_id,made,c,currency\n1,P-1,2026-03-04,5.00,USD\n", "utf-8")
    sourced = path.read_text("utf-8").replace("  fx_rates: fx.csv", "  fx_rates: fx.csv\n  claims: claims.csv")
    path.write_text(sourced, "utf-8")
    with ran(path) as found:
        (fault,) = found.rejected[0].faults
        days = "exchange: {dates: {claims: made}}, or exchange: {dates: {claims: period_end}}"
        assert (fault.code, fault.hint) == ("F232", f"say on which day the rows of claims are converted: {days}")
    path.write_text(sourced.replace("exchange: spot", "exchange: {rates: spot, dates: {claims: made}}"), "utf-8")
    with ran(path) as found:
        assert not found.rejected


def test_what_cannot_be_converted_is_left_out_and_says_why(tmp_path: Path) -> None:
    deals = """\
D-1,P-1,,2026-03-13,1000.00,USD
D-2,P-1,,2026-03-04,10.5,JPY
D-3,P-1,,2026-03-04,1.00,EURO
D-4,P-1,,2026-03-04,1.00,XAU
D-5,P-1,,2026-03-04,9999999999999.99,JPX
D-6,P-1,,2026-03-04,1.00,CHF
D-7,P-1,,2026-03-04,9999999999.99,GBP
D-8,P-1,,2026-03-04,1.0005,KWD
"""
    rates = SPOT + "JPY,EUR,spot,2026-03-02,0.0062\nGBP,EUR,spot,2026-03-02,1001\nKWD,EUR,spot,2026-03-02,0\n"
    with ran(story(tmp_path, "spot", deals, rates)) as found:
        by_key = {each.key: each.faults[0] for each in found.rejected}
        assert {key: fault.code for key, fault in by_key.items()} == {
            "D-1": "F232", "D-2": "F203", "D-3": "F230", "D-4": "F230", "D-5": "F230", "D-6": "F232", "D-7": "F233",
            "D-8": "F203", "KWD/EUR/spot/2026-03-02": "F231",
        }  # fmt: skip
        assert by_key["D-1"].message == (
            "the row is in USD and counts on 2026-03-13: no spot rate of USD and EUR in 7 days to 2026-03-13; "
            "the nearest is USD to EUR 0.92 of 2026-03-02 (record 1 of fx_rates)"
        )
        assert by_key["D-2"].message == "'10.5' is no amount in JPY"
        assert by_key["D-6"].message.endswith("there is none of CHF")


def test_a_rate_of_no_currency_or_of_a_currency_to_itself_is_rejected(tmp_path: Path) -> None:
    """A mistyped code is told where it is written; rates of a metal, of a currency that was withdrawn, and 1 euro for
    1 euro say nothing wrong."""
    rates = SPOT + "abc,EUR,spot,2026-03-02,2\nUSD,EURO,spot,2026-03-03,2\nEUR,EUR,spot,2026-03-02,2\n"
    rates += "EUR,EUR,spot,2026-03-03,1\nXAU,EUR,spot,2026-03-02,2500\nEUR,DEM,spot,2026-03-02,1.95583\n"
    with ran(story(tmp_path, "spot", "D-1,P-1,,2026-03-04,1.00,USD\n", rates)) as found:
        faults = {each.key: [(fault.code, fault.place.field) for fault in each.faults] for each in found.rejected}
        assert faults == {
            "abc/EUR/spot/2026-03-02": [("F230", "from_currency")],
            "USD/EURO/spot/2026-03-03": [("F230", "to_currency")],
            "EUR/EUR/spot/2026-03-02": [("F231", "rate")],
        }
        assert (
            next(each for each in found.rejected if each.key[:3] == "EUR").faults[0].message
            == "'2' is no exchange rate: one EUR is one EUR"
        )


def test_a_rate_that_was_rejected_converts_nothing(tmp_path: Path) -> None:
    twice = SPOT + "USD,EUR,spot,2026-03-02,0.93\n"
    path = story(tmp_path, "spot", "D-1,P-1,,2026-03-04,1.00,USD\n", twice)
    with pytest.raises(Refused, match="F234 a row of deals is in USD"), ran(path):
        pass


def test_a_row_that_names_a_row_without_a_rate_is_left_out_too(tmp_path: Path) -> None:
    rest = "  deal_events: events.csv\npayouts: {all: {base: deals.amount, rate: 10%}}"
    tables = {
        "partners.csv": PARTNERS,
        "deals.csv": DEALS + "D-1,P-1,,2026-01-04,1.00,USD\n",
        "fx.csv": RATES + SPOT,
        "events.csv": "event_id,deal_id,occurred_on,amount,currency\nE-1,D-1,2026-03-03,1.00,USD\n",
    }
    with ran(write(tmp_path, program("spot", rest), tables)) as found:
        assert found.codes() == ["D-1 F232", "E-1 F123"]


# --- exact where it is paid, rounded once where it is measured --------------------------------------------------------

HALVES = "D-1,P-1,,2026-03-04,1.00,USD\nD-2,P-1,,2026-03-04,1.00,USD\nD-3,P-1,,2026-03-04,1.00,USD\n"
HALF = "USD,EUR,spot,2026-03-02,0.925\n"  # 92.5 cents each
THRICE = """
kpis: {sourced: {sum: deals.amount, dated: deals.closed_on}, large: {count: deals, where: deals.amount >= 0.93}}
payouts:
  fifth: {base: deals.amount, dated: deals.closed_on, rate: 20%}
  large_ones: {base: deals.amount, where: deals.amount >= 0.93, rate: 100%}
  by_case: {base: case when deals.amount >= 0.93 then deals.amount else 0 end, rate: 20%}
  on_kpi: {for_each: partners, base: sourced, rate: 10%}
"""


def test_a_line_is_rounded_once_and_what_is_measured_once_for_each_row(tmp_path: Path) -> None:
    with ran(story(tmp_path, "spot", HALVES, HALF, THRICE)) as found:
        lines = found.told.lines()
        assert [line for line in lines if "fifth" in line] == [f"P-1 fifth D-{n} 19" for n in (1, 2, 3)]  # 18.5 cents
        assert [line for line in lines if "large_ones" in line] == [f"P-1 large_ones D-{n} 93" for n in (1, 2, 3)]
        assert [line for line in lines if "by_case" in line] == [f"P-1 by_case D-{n} 19" for n in (1, 2, 3)]
        assert found.kpi("sourced")["P-1"] == 279  # three of 93 cents
        assert found.kpi("large")["P-1"] == 3  # 92.5 cents count as 93
        assert "P-1 on_kpi P-1 28" in lines
        found.told.why("P-1")


def test_rounding_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant: lines out of amounts that were rounded already. 92.5 cents at 45.5 % are 42.0875, and 93 are 42.315;
    at 46 % they are 42.55, and 42.78; at 45.9 % 42.4575, and 42.687: 42 or 43."""
    rest = "payouts: {part: {base: deals.amount, dated: deals.closed_on, rate: 45.9%}}"
    path = story(tmp_path, "spot", HALVES, HALF, rest)
    with ran(path) as found:
        right = found.told.lines()

    def rounded(tree: Expression, _: object) -> Expression:
        return tree

    monkeypatch.setattr(snapshot, "exact", rounded)
    with ran(path) as found:
        wrong = found.told.lines()
    assert (right[0], wrong[0]) == ("P-1 part D-1 42", "P-1 part D-1 43")


def test_amounts_are_exact_through_a_row_that_is_referred_to(tmp_path: Path) -> None:
    rest = """  invoices: invoices.csv
credit: {owner: {of: deals, from: {owner: 100%}}}
payouts:
  fee: {for_each: invoices, credit: owner, base: deals.amount - invoices.amount, rate: 100%, dated: invoices.issued_on}
"""
    tables = {
        "partners.csv": PARTNERS,
        "deals.csv": DEALS + "D-1,P-1,,2026-03-04,1000.00,USD\n",
        "fx.csv": RATES + "USD,EUR,spot,2026-03-02,0.92\nEUR,USD,spot,2026-03-10,3\n",
        "invoices.csv": "invoice_id,deal_id,issued_on,amount,currency\nI-1,D-1,2026-03-10,10.00,USD\n",
    }
    with ran(write(tmp_path, program("spot", rest), tables)) as found:
        # 920 - 10 / 3 = 916.666..; the deal of 2026-03-04 by the spot of 2026-03-02
        assert found.told.lines() == ["P-1 fee I-1 91667"]
        told = " | ".join(each.words for each in nodes(found.told.why("P-1")))
        assert "deals.amount USD 1,000.00 x 0.92 (spot of 2026-03-02, fx.csv record 1) = 920.00" in told
        assert "invoices.amount USD 10.00 / 3 (spot of 2026-03-10, fx.csv record 2) = 3.333333333.." in told


# --- what stays as it was ---------------------------------------------------------------------------------------------


def test_without_exchange_a_row_in_another_currency_is_rejected(tmp_path: Path) -> None:
    path = story(tmp_path, "spot", "D-1,P-1,,2026-03-04,1.00,USD\n", SPOT)
    path.write_text(path.read_text().replace("exchange: spot\n", ""))
    with ran(path) as found:
        assert found.codes() == ["D-1 F209"]
        assert "exchange:" in found.rejected[0].faults[0].hint


def test_what_is_read_is_digested_as_it_was_read(tmp_path: Path) -> None:
    deals = "D-1,P-1,,2026-03-04,1000.00,USD\nD-2,P-1,,2026-03-05,1.00,\n"
    with ran(story(tmp_path / "a", "spot", deals, SPOT)) as found:
        one = found.told.run.manifest["inputs"]
    with ran(story(tmp_path / "b", "spot", deals, "USD,EUR,spot,2026-03-02,0.93\n")) as found:
        other = found.told.run.manifest["inputs"]
    digests = [{each["table"]: each["rows_sha256"] for each in inputs} for inputs in (one, other)]  # type: ignore[attr-defined]
    assert digests[0]["deals"] == digests[1]["deals"]
    assert digests[0]["fx_rates"] != digests[1]["fx_rates"]


def test_a_table_without_rows_in_other_currencies_is_as_it_would_be_without_exchange(tmp_path: Path) -> None:
    deals = "D-1,P-1,,2026-03-04,1000.00,\nD-2,P-1,,2026-03-05,1.00,\n"
    path = story(tmp_path, "spot", deals, SPOT)
    with ran(path) as found:
        manifest = found.told.run.manifest
        assert found.told.facts._exchanged is None
    path.write_text(path.read_text().replace("exchange: spot\n", ""))
    with ran(path) as found:
        assert found.told.run.manifest["inputs"] == manifest["inputs"]
        assert found.told.run.manifest["lines_sha256"] == manifest["lines_sha256"]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_order_of_rows_and_rates_decides_nothing(tmp_path: Path, threads: int) -> None:
    deals = [
        f"D-{n:03},P-{1 + n % 2},,2026-03-{2 + n % 5:02},{n}.00,{('USD', 'JPY0', '')[n % 3][:3]}\n" for n in range(90)
    ]
    deals = [each.replace(".00,JPY", ",JPY") for each in deals]
    rates = ["USD,EUR,spot,2026-03-02,0.9\n", "USD,EUR,spot,2026-03-04,0.91\n", "EUR,JPY,spot,2026-03-01,161.7\n"]
    found_ids = set()
    for at, turned in enumerate((deals, deals[::-1], deals[40:] + deals[:40])):
        path = story(tmp_path / str(at), "spot", "".join(turned), "".join(rates[:: 1 if at else -1]), KPI)
        with ran(path, threads=threads) as found:
            assert found.rejected == ()
            found_ids.add(found.told.run.run_id)
    assert len(found_ids) == 1


# --- money of other tables, months and earlier periods ----------------------------------------------------------------


def test_a_month_counts_on_its_last_day_and_a_table_without_a_day_at_the_end_of_the_period(tmp_path: Path) -> None:
    rest = """  revenue: revenue.csv
  adjustments: adjustments.csv
payouts:
  recurring: {base: revenue.amount, dated: revenue.month, rate: 10%}
  manual: {base: adjustments.amount, rate: 100%}
"""
    tables = {
        "partners.csv": PARTNERS,
        "deals.csv": DEALS + "D-1,P-1,,2026-01-04,1.00,\n",
        "fx.csv": RATES + "USD,EUR,spot,2026-02-26,0.5\nUSD,EUR,spot,2026-01-30,0.4\nUSD,EUR,spot,2026-03-31,0.8\n",
        "revenue.csv": "customer_id,partner_id,month,amount,currency\nC-1,P-1,2026-02,100.00,USD\n",
        "adjustments.csv": "adjustment_id,partner_id,period,amount,currency,reason\nA-1,P-2,2026-Q1,5.00,USD,gift\n",
    }
    with ran(write(tmp_path / "a", program("spot", rest), tables)) as found:
        assert found.codes() == ["A-1 F232"]
        assert found.told.payouts()["P-1"] == 500
    path = write(tmp_path / "b", program("{rates: spot, dates: {adjustments: period_end}}", rest), tables)
    with ran(path) as found:
        assert found.codes() == []
        assert found.told.payouts() == {"P-1": 500, "P-2": 400}


def test_a_period_before_is_converted_at_its_own_end(tmp_path: Path) -> None:
    path = story(
        tmp_path,
        "{rates: closing, on: period_end}",
        "D-1,P-1,,2026-02-04,100.00,USD\n",
        "USD,EUR,closing,2026-03-31,0.5\nUSD,EUR,closing,2026-06-30,0.75\n",
        KPI,
    )
    with ran(path, "2026-Q2") as found:
        before = found.told.plan.calendar.period("2026-Q1")
        facts = found.told.facts
        (measure,) = next(step.kpi.measures for step in found.told.plan.steps if isinstance(step, Kpi))
        assert facts.at(before).measure([measure])[measure.name].numerator.fraction(0) == 5_000
        assert facts.measure([measure])[measure.name].numerator.fraction(0) == 0
        assert found.kpi("sourced")["P-1"] == 0  # in Q2 nothing was closed
        assert facts_exchange.last_day(before) == date(2026, 3, 31)


def test_a_control_total_adds_up_what_is_written(tmp_path: Path) -> None:
    deals = "D-1,P-1,,2026-03-04,1000.00,USD\nD-2,P-1,,2026-03-04,12345,JPY\nD-3,P-1,,2026-03-04,0.505,KWD\n"
    rates = SPOT + "JPY,EUR,spot,2026-03-02,0.0062\nKWD,EUR,spot,2026-03-02,3\n"
    path = story(tmp_path, "spot", deals + "D-4,P-1,,2026-03-04,0.005,KWD\n", rates)
    text = path.read_text()
    path.write_text(text.replace("deals: deals.csv", "deals: {file: deals.csv, expect: {totals: {amount: 13345.51}}}"))
    with ran(path) as found:
        assert found.rejected == ()
    path.write_text(text.replace("deals: deals.csv", "deals: {file: deals.csv, expect: {totals: {amount: 13345.50}}}"))
    with pytest.raises(Refused, match="F131"), ran(path):
        pass
