"""Faults that a strict review found, each held by the smallest story that shows it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from spine_stories import MONTH, partage, refused, told, write

from engine.acts.metrics import metrics
from engine.settle import settle, sheet_digest
from rules.kinds.base import Terms
from rules.kinds.rate import Rate
from rules.quantities.exact import Exact

SOURCES = "sources: {partners: partners.csv, deals: deals.csv}\n"
PARTNERS = "partner_id\nacme\nbolt\n"


def test_a_rate_of_a_quotient_is_exact_whatever_its_denominator() -> None:
    from rules.quantities.currency import currency

    rate, base = Rate.model_validate("7.123%"), Exact.of([Fraction(10**11 * 10**9, 756546904885598), Fraction(1, 3)])
    paid = rate.compute({"base": base}, 2, Terms(currency("EUR")))
    assert paid.fractions() == [value * rate.rate for value in base.fractions() if value is not None]


def test_a_median_of_large_numbers_does_not_wrap(tmp_path: Path) -> None:
    program = f"""{MONTH}tables: {{sizes: {{key: [size_id], columns: {{size_id: id, partner_id: id, size: number}}}}}}
sources: {{partners: partners.csv, sizes: sizes.csv}}
kpis: {{middle: {{median: sizes.size}}}}
"""
    tables = {"partners.csv": PARTNERS, "sizes.csv": "size_id,partner_id,size\ns1,acme,5000000000\n"}
    found = metrics(write(tmp_path, program, tables), "2026-04")
    assert found.values["middle"].fractions() == [5_000_000_000, None]


def test_a_source_is_read_under_its_own_name_and_not_as_a_pattern(tmp_path: Path) -> None:
    program = f"""{MONTH}sources: {{partners: partners.csv, deals: 'd[1].csv'}}
payouts: {{fee: {{base: deals.amount, rate: 100%, dated: deals.closed_on}}}}
"""
    head = "deal_id,partner_id,amount,closed_on\n"
    tables = {
        "partners.csv": PARTNERS,
        "d[1].csv": head + "d1,acme,1.00,2026-04-01\n",
        "d1.csv": head + "d1,bolt,9.00,2026-04-01\n",
    }
    with told(write(tmp_path, program, tables)) as story:
        assert story.lines() == ["acme fee d1 100"]


def test_a_file_that_ends_within_a_character_is_refused(tmp_path: Path) -> None:
    program = f"{MONTH}sources: {{partners: partners.csv, deals: {{file: deals.csv, encoding: utf-16-le}}}}\n"
    whole = "deal_id,partner_id,amount\nd1,acme,125000\n".encode("utf-16-le")
    found = refused(write(tmp_path, program, {"partners.csv": PARTNERS, "deals.csv": whole[:-1]}))
    assert any(each.startswith(("F102", "P1", "W")) for each in found), found


def test_a_kpi_of_the_program_is_no_partners(tmp_path: Path) -> None:
    program = f"""{MONTH}{SOURCES}kpis: {{staff: {{count: partners, level: program}}}}
payouts: {{fee: {{base: staff, per_unit: EUR 1}}}}
"""
    tables = {"partners.csv": PARTNERS, "deals.csv": "deal_id,partner_id\n"}
    assert "P230 program.yaml:7:23" in refused(write(tmp_path, program, tables))


@pytest.mark.parametrize("name", ["period", "option", "pool", "program"])
def test_a_word_of_the_language_is_no_tables_name(tmp_path: Path, name: str) -> None:
    program = f"""{MONTH}tables: {{{name}: {{key: [partner_id], columns: {{partner_id: id, days: count}}}}}}
sources: {{partners: partners.csv, {name}: partners.csv}}
"""
    assert refused(write(tmp_path, program, {"partners.csv": PARTNERS}))[0].startswith("P111")


def test_a_pool_that_its_step_cannot_share_is_told_by_check(tmp_path: Path) -> None:
    program = f"""{MONTH}rounding: {{mode: half_up, to: 0.05}}
sources: {{partners: partners.csv}}
pools: {{bonus: {{size: 10.01, shared: equally}}}}
"""
    path = write(tmp_path, program, {"partners.csv": PARTNERS})
    ended = partage("check", path)
    assert ended.exit_code == 2 and "error K111" in ended.out and "program.yaml:7" in ended.out


def test_the_run_id_rests_on_every_value_that_partners_have(tmp_path: Path) -> None:
    program = f"""{MONTH}{SOURCES}kpis: {{won: {{count: deals, dated: deals.closed_on}}}}
payouts: {{fee: {{amount: EUR 5}}}}
"""
    tables = {"partners.csv": PARTNERS, "deals.csv": "deal_id,partner_id,closed_on\nd1,acme,2026-04-01\n"}
    with told(write(tmp_path, program, tables)) as story:
        before = sheet_digest(story.sheet)
        columns = dict(story.sheet.columns)
        columns["won"] = Exact.of([7, 0])
        changed = type(story.sheet)(story.sheet.period, story.sheet.frames, columns, story.sheet.frame_of)
        assert sheet_digest(changed) != before
        assert settle(story.plan, changed, "p", []).run_id != settle(story.plan, story.sheet, "p", []).run_id


def test_a_later_engine_that_comes_to_the_same_gives_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"{MONTH}sources: {{partners: partners.csv}}\npayouts: {{fee: {{amount: EUR 5}}}}\n"
    path = write(tmp_path, program, {"partners.csv": PARTNERS})
    store = tmp_path / "books.db"
    assert partage("--store", store, "run", path, "--period", "2026-04").exit_code == 0
    monkeypatch.setattr("engine.settle.VERSION", "9.9.9")
    monkeypatch.setattr("engine.acts.reopen.VERSION", "9.9.9")
    ended = partage("--store", store, "explain", "1", "acme")
    assert ended.exit_code == 0, ended.err


def test_a_target_of_nobody_in_particular_is_the_programs(tmp_path: Path) -> None:
    program = f"""{MONTH}sources: {{partners: partners.csv, deals: deals.csv, targets: targets.csv}}
kpis: {{won: {{count: deals, dated: deals.closed_on}}}}
scorecards: {{card: {{kpis: {{won: {{weight: 100%, attainment: {{of: target}}}}}}}}}}
"""
    tables = {
        "partners.csv": PARTNERS,
        "deals.csv": "deal_id,partner_id,closed_on\nd1,acme,2026-04-01\nd2,bolt,2026-04-01\n",
        "targets.csv": "target_id,partner_id,scope,kpi,period,target,version\n"
        "t1,,program,won,2026-04,2,1\nt3,bolt,partner,won,2026-04,4,1\n",
    }
    with told(write(tmp_path, program, tables)) as story:
        assert story.sheet.columns["card"].fractions() == [50, 25]


def test_braces_in_what_is_written_are_no_template(tmp_path: Path) -> None:
    program = (
        f"{MONTH}sources: {{partners: partners.csv}}\npayouts: {{fee: {{base: partners.capacity, rate: '{{hint}}'}}}}\n"
    )
    ended = partage("check", write(tmp_path, program, {"partners.csv": PARTNERS}))
    assert ended.exit_code == 2 and "{hint}" in ended.out


@pytest.mark.parametrize(
    "header", ["stat,closed_on,partner_id", "status,close_date,partner_id", "status,closed_on,partner"]
)
def test_a_column_that_the_program_reads_and_the_file_lacks_is_refused(tmp_path: Path, header: str) -> None:
    """Blank for every row, it would be a silent zero."""
    program = f"""{MONTH}{SOURCES}
payouts: {{fee: {{base: deals.amount, where: deals.status = 'won', dated: deals.closed_on, rate: 5%}}}}
"""
    deals = f"deal_id,amount,{header}\nd1,1.00,won,2026-04-01,acme\n"
    found = refused(write(tmp_path, program, {"partners.csv": PARTNERS, "deals.csv": deals}))
    assert [each.split()[0] for each in found] == ["F105"]


def test_an_empty_source_refuses_an_official_run_unless_it_is_meant(tmp_path: Path) -> None:
    program = f"{MONTH}{SOURCES}payouts: {{fee: {{base: deals.amount, dated: deals.closed_on, rate: 5%}}}}\n"
    tables = {"partners.csv": PARTNERS, "deals.csv": "deal_id,partner_id,amount,closed_on\n"}
    run = ("run", write(tmp_path, program, tables), "--period", "2026-04", "--official")
    assert "F128" in partage("--store", tmp_path / "a.db", *run).err
    write(tmp_path, program.replace("deals: deals.csv", "deals: {file: deals.csv, expect: {rows: 0}}"), tables)
    assert partage("--store", tmp_path / "a.db", *run).exit_code == 0


def test_the_schema_is_not_written_over_a_program(tmp_path: Path) -> None:
    there = tmp_path / "program.yaml"
    there.write_text("precious", "utf-8")
    assert partage("schema", "-o", there).exit_code == 2 and there.read_text("utf-8") == "precious"
    assert partage("schema", "-o", tmp_path / "nowhere" / "s.json").exit_code == 4
    assert partage("schema", "-o", there, "--force").exit_code == 0


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    assert "S101" in partage("check", "/dev/zero").err
    program = f"{MONTH}sources: {{partners: partners.csv}}\npayouts: {{fee: {{amount: EUR 5}}}}\n"
    path = write(tmp_path, program, {})
    (tmp_path / "partners.csv").mkdir()
    assert refused(path) == ["F101 partners.csv"]


def test_a_failing_preview_tells_the_rows_that_it_left_out(tmp_path: Path) -> None:
    program = f"""{MONTH.replace("EUR", "JPY")}{SOURCES}
kpis: {{won: {{sum: deals.amount, dated: deals.closed_on}}}}
pools: {{share: {{size: 100, shared: {{by: won}}}}}}
"""
    deals = "deal_id,partner_id,closed_on,amount\nd1,acme,2026-04-02,1.50\n"
    path = write(tmp_path, program, {"partners.csv": PARTNERS, "deals.csv": deals})
    ended = partage("--store", tmp_path / "a.db", "run", path, "--period", "2026-04")
    assert ended.exit_code == 2 and "F304" in ended.err and "F203" in ended.err


def test_a_sum_of_quotients_is_exact_whatever_their_denominators(tmp_path: Path) -> None:
    """400 rows of unlike denominators: their common one would have thousands of digits, and each row counts exactly."""
    program = f"""{MONTH}
tables: {{parts: {{key: [part_id], columns: {{part_id: id, partner_id: id, a: count, b: count}}}}}}
sources: {{partners: partners.csv, parts: parts.csv}}
kpis:
  whole: {{sum: parts.a / parts.b}}
  middle: {{median: parts.a / parts.b}}
  kinds: {{count_distinct: parts.a / parts.b}}
payouts: {{fee: {{amount: EUR 1}}}}
"""
    rows = [(number, 1_000_003 + 7 * number) for number in range(1, 401)]
    lines = "".join(f"p{at},acme,{above},{below}\n" for at, (above, below) in enumerate(rows))
    tables = {"partners.csv": PARTNERS, "parts.csv": "part_id,partner_id,a,b\n" + lines}
    values = sorted(Fraction(above, below) for above, below in rows)
    with told(write(tmp_path, program, tables)) as story:
        assert story.why("acme", "whole").value == sum(values)
        assert story.why("acme", "middle").value == (values[199] + values[200]) / 2
        assert story.why("acme", "kinds").value == len(set(values))


def test_what_is_counted_once_is_told_once(tmp_path: Path) -> None:
    program = f"""{MONTH}{SOURCES}kpis: {{customers: {{count_distinct: deals.customer_id}}}}
payouts: {{fee: {{amount: EUR 1}}}}
"""
    deals = "deal_id,partner_id,customer_id\nd1,acme,C1\nd2,acme,C1\nd3,acme,C2\n"
    with told(write(tmp_path, program, {"partners.csv": PARTNERS, "deals.csv": deals})) as story:
        (measure,) = story.why("acme", "customers").parts
        assert measure.value == sum(part.value or 0 for part in measure.parts) == 2
        assert [part.words for part in measure.parts] == ["deals.customer_id C1", "deals.customer_id C2"]
