"""Rows that clash, refer to nothing, or are written in a way that the program declares."""

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from reading_stories import PARTNERS, read, refused, understood

DEALS = "deal_id,partner_id,amount\n"
SOURCES = "deals: deals.csv"


def test_the_same_row_twice_is_accepted_once(tmp_path: Path) -> None:
    found = read(tmp_path, SOURCES, {"deals.csv": DEALS + "D1,P1,1.00\nD2,P1,2.00\nD1,P1,1.0\nD1,P1,1.00\n"})
    assert found.faults() == [(4, ["F121"]), (5, ["F121"])]
    assert "line 2" in found.rejected[0].faults[0].message
    assert found.inputs["deals"].rows == 2


def test_a_key_with_other_content_rejects_every_row_that_has_it(tmp_path: Path) -> None:
    found = read(tmp_path, SOURCES, {"deals.csv": DEALS + "D1,P1,1.00\nD2,P1,2.00\nD1,P1,1.01\nD1,P1,1.00\n"})
    assert found.faults() == [(2, ["F122"]), (4, ["F122"]), (5, ["F122"])]
    assert "line 4, line 5" in found.rejected[0].faults[0].message


def test_a_key_that_a_bad_row_has_as_well_is_nobodys(tmp_path: Path) -> None:
    """Which of the two is the deal can't be told, bad as one of them is."""
    found = read(tmp_path, SOURCES, {"deals.csv": DEALS + "D1,P1,1.00\nD1,P1,much\n"})
    assert found.faults() == [(2, ["F122"]), (3, ["F203", "F122"])]


def test_a_reference_to_nothing_rejects_its_row_and_all_that_rests_on_it(tmp_path: Path) -> None:
    """Invoice and receipt fall with their deal, the deal with its partner; rows before or after, in any table."""
    sources = "receipts: r.csv\ninvoices: i.csv\ndeals: deals.csv"
    files = {
        "deals.csv": DEALS + "D1,P1,1.00\nD2,P9,1.00\nD3,,1.00\n",
        "i.csv": "invoice_id,deal_id\nI1,D1\nI2,D2\nI3,D8\nI4,\n",
        "r.csv": "receipt_id,invoice_id\nR1,I1\nR2,I2\nR3,I3\n",
    }
    found = read(tmp_path, sources, files)
    assert found.faults("deals") == [(3, ["F123"])]
    assert found.faults("invoices") == [(3, ["F123"]), (4, ["F123"])]
    assert found.faults("receipts") == [(3, ["F123"]), (4, ["F123"])]
    told = [each.faults[0].message for each in found.rejected]
    assert "invoice_id 'I2' names a row of invoices that was rejected" in told
    assert "partner_id 'P9' is in no row of partners" in told


def test_a_large_source_is_read_as_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small is staged in memory, and what is not in a file."""
    rows = "".join(f'D{at},P{at % 3},2026-02-{at % 30 + 1:02},{at}.5,"a ""b""\n{at}",{at * 7}\n' for at in range(100))
    files = {"deals.csv": "deal_id,partner_id,closed_on,amount,note,term_months\n" + rows + rows[:200]}
    small = read(tmp_path, SOURCES, files)
    monkeypatch.setattr("engine.facts.read.IN_MEMORY_ROWS_MAX", 0)
    assert read(tmp_path, SOURCES, files) == small
    assert {code for _, codes in small.faults() for code in codes} >= {"F121", "F123"}


@pytest.mark.parametrize(
    ("table", "header", "good", "bad"),
    [
        ("partners", "partner_id,parent_id", "P1,P2\nP2,P1\nP3,P3\n", "P4,P9\nP5,P4\nP6,P5\n"),
        ("customers", "customer_id,referred_by", "C1,C2\nC2,\n", "C4,C9\nC5,C4\n"),
        ("activities", "activity_id,in_reply_to", "A1,A2\nA2,\n", "A4,A9\nA5,A4\n"),
    ],
)
def test_references_within_a_table_fall_in_turn_and_circles_stand(
    tmp_path: Path, table: str, header: str, good: str, bad: str
) -> None:
    files = {"t.csv": f"{header}\n{bad}{good}"}
    found = read(tmp_path, f"{table}: t.csv", files)
    assert [codes for _, codes in found.faults(table)] == [["F123"]] * bad.count("\n")
    assert found.inputs[table].rows == good.count("\n")


def test_ids_of_tables_that_are_not_supplied_are_not_held_against_anything(tmp_path: Path) -> None:
    found = read(tmp_path, SOURCES, {"deals.csv": "deal_id,partner_id,campaign_id,customer_id\nD1,P1,M1,C1\n"})
    assert found.rejected == ()


def test_a_declared_table_refers_and_is_referred_to(tmp_path: Path) -> None:
    tables = (
        "tables: {seasons: {key: [season_id], columns: {season_id: id, partner_id: id}}, games: "
        "{key: [game_id], columns: {game_id: id, season_id: id}}}"
    )
    files = {"s.csv": "season_id,partner_id\nS1,P1\nS2,P7\n", "g.csv": "game_id,season_id\nG1,S1\nG2,S2\nG3,S3\n"}
    found = read(tmp_path, "seasons: s.csv\ngames: g.csv", files, tables=tables)
    assert found.faults("seasons") == [(3, ["F123"])]
    assert found.faults("games") == [(3, ["F123"]), (4, ["F123"])]


VERSIONS = [
    ("one after the other", "P1,tier,2025-01-01,2025-12-31,gold\nP1,tier,2026-01-01,,silver\n", []),
    ("a day in common", "P1,tier,2025-01-01,2026-01-01,gold\nP1,tier,2026-01-01,,silver\n", [2, 3]),
    ("without end, then another", "P1,tier,2025-01-01,,gold\nP1,tier,2026-01-01,,silver\n", [2, 3]),
    (
        "one around two",
        "P1,tier,2025-01-01,,a\nP1,tier,2025-02-01,2025-03-01,b\nP1,tier,2025-04-01,2025-05-01,c\n",
        [2, 3, 4],
    ),
    ("of two attributes", "P1,tier,2025-01-01,,gold\nP1,region,2026-01-01,,north\n", []),
    ("of two partners", "P1,tier,2025-01-01,,gold\nP2,tier,2026-01-01,,silver\n", []),
]


@pytest.mark.parametrize(("rows", "lines"), [each[1:] for each in VERSIONS], ids=[each[0] for each in VERSIONS])
def test_versions_of_one_thing_do_not_share_a_day(tmp_path: Path, rows: str, lines: list[int]) -> None:
    head = "partner_id,attribute,valid_from,valid_to,value\n"
    found = read(tmp_path, "partner_history: h.csv", {"h.csv": head + rows})
    assert found.faults("partner_history") == [(line, ["F124"] * clashes) for line, clashes in _clashes(lines)]


def _clashes(lines: list[int]) -> list[tuple[int, int]]:
    """Of one version around two others, the one clashes twice."""
    return [(line, 2 if len(lines) == 3 and line == 2 else 1) for line in lines]


def test_a_version_that_ends_before_it_begins_and_a_blank_part_of_a_key(tmp_path: Path) -> None:
    head = "partner_id,term,product,deal_id,valid_from,valid_to,value\n"
    rows = "P1,rate,,,2026-01-01,2025-12-31,0.1\nP1,rate,,,2025-01-01,,0.1\n"
    rows += "P1,rate,,,2025-06-01,,0.2\nP1,rate,Atlas,,2025-06-01,,0.2\n"
    found = read(tmp_path, "terms: t.csv", {"t.csv": head + rows})
    assert found.faults("terms") == [(2, ["F126"]), (3, ["F124"]), (4, ["F124"])]


@pytest.mark.parametrize(
    ("cells", "column"), [("D1,C1,", "customer_id"), (",,", "deal_id"), ("D1,C1,J1", "customer_id"), ("D1,,", "")]
)
def test_a_credit_is_of_exactly_one_thing(tmp_path: Path, cells: str, column: str) -> None:
    found = read(tmp_path, "credits: c.csv", {"c.csv": f"credit_id,deal_id,customer_id,project_id\nK1,{cells}\n"})
    assert [(each.faults[0].code, each.faults[0].place.field) for each in found.rejected] == (
        [("F125", column)] if column else []
    )


@pytest.mark.parametrize(
    ("share", "codes"), [("0", []), ("1", []), ("0.5", []), ("", []), ("1.1", ["F127"]), ("-0.1", ["F127"])]
)
def test_a_share_is_a_part_of_one(tmp_path: Path, share: str, codes: list[str]) -> None:
    found = read(tmp_path, "credits: c.csv", {"c.csv": f"credit_id,deal_id,share\nK1,D1,{share}\n"})
    assert [fault.code for each in found.rejected for fault in each.faults] == codes


def test_a_row_in_another_currency_is_rejected_and_a_row_without_amounts_is_not(tmp_path: Path) -> None:
    rows = "D1,P1,1.00,EUR\nD2,P1,1.00,USD\nD3,P1,1.00,\nD4,P1,,USD\n"
    found = read(tmp_path, SOURCES, {"deals.csv": "deal_id,partner_id,amount,currency\n" + rows})
    assert found.faults() == [(3, ["F209"])] and found.inputs["deals"].rows == 3


@pytest.mark.parametrize(("currency", "good", "bad"), [("JPY", "1000", "1.5"), ("KWD", "1.234", "1.2345")])
def test_amounts_have_the_decimals_of_the_currency(tmp_path: Path, currency: str, good: str, bad: str) -> None:
    text = DEALS + f"D1,P1,{good}\nD2,P1,{bad}\n"
    assert read(tmp_path, SOURCES, {"deals.csv": text}, currency=currency).faults() == [(3, ["F203"])]


@pytest.mark.parametrize(("currency", "decimals"), [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4)])
def test_amounts_of_any_size_are_told(tmp_path: Path, currency: str, decimals: int) -> None:
    """Up to 10^15 minor units; a larger one is a bad cell of any number of digits, never an error of the reader."""
    sizes = [("1" + "0" * digits, digits + decimals <= 15) for digits in range(30)]
    sizes += [
        ("9" * digits + ("." + "9" * decimals if decimals else ""), digits + decimals <= 15) for digits in range(1, 25)
    ]
    rows = "".join(f"D{at},P1,{text}\n" for at, (text, _) in enumerate(sizes))
    found = read(tmp_path, SOURCES, {"deals.csv": DEALS + rows}, currency=currency)
    assert [line for line, _ in found.faults()] == [at + 2 for at, (_, is_good) in enumerate(sizes) if not is_good]


def test_a_crm_export_under_its_own_names(tmp_path: Path) -> None:
    """Columns, values, constants, dates and decimals as a German CRM writes them."""
    sources = """deals:
  file: crm.csv
  columns: {deal_id: Id, partner_id: Partner__c, amount: Betrag, closed_on: Geschlossen, status: Phase, margin: Marge}
  values: {status: {Gewonnen: won, Verloren: lost}}
  constants: {kind: new, term_months: '12'}
  dates: '%d.%m.%Y'
  decimal: ','
  encoding: cp1252"""
    head = "Id,Partner__c,Betrag,Geschlossen,Phase,Marge,Größe\n"
    rows = 'D1,P1,"1250,50",31.01.2026,Gewonnen,"0,5",ä\nD2,P1,1.250,31.01.2026,Verloren,,ö\nD3,P1,7,2026-01-31,x,,ü\n'
    found = read(tmp_path, sources, {"crm.csv": (head + rows).encode("cp1252")})
    assert found.faults() == [(3, ["F203"]), (4, ["F204"])]
    (row,) = found.tables["deals"]
    held = {key: value for key, value in row.items() if value is not None and key != "record"}
    assert held.pop("closed_on").isoformat() == "2026-01-31"
    assert held == {
        "deal_id": "D1",
        "partner_id": "P1",
        "amount": 125050,
        "margin": 50,
        "status": "won",
        "kind": "new",
        "term_months": 12,
    }


def test_dates_by_column_and_months_in_a_format(tmp_path: Path) -> None:
    sources = (
        "deals: {file: deals.csv, dates: {closed_on: '%m/%d/%Y'}}\nrevenue: {file: r.csv, dates: {month: '%m/%Y'}}"
    )
    files = {
        "deals.csv": "deal_id,opened_on,closed_on\nD1,2026-01-31,01/31/2026\nD2,2026-01-31,31/01/2026\n",
        "r.csv": "partner_id,month\nP1,01/2026\nP1,2026-01\n",
    }
    found = read(tmp_path, sources, files)
    assert found.faults() == [(3, ["F204"])] and found.faults("revenue") == [(3, ["F205"])]


@pytest.mark.parametrize("encoding", ["latin-1", "iso-8859-15", "cp1250", "cp1252", "utf-16"])
def test_an_encoding_that_was_named_gives_the_same_facts(tmp_path: Path, encoding: str) -> None:
    text = "partner_id,name\nP1,Müller\n"
    plain = read(tmp_path, "partners: p.csv", {"p.csv": text}).inputs["partners"]
    named = f"partners: {{file: q.csv, encoding: {encoding}}}"
    other = read(tmp_path, named, {"q.csv": text.encode(encoding)}).inputs["partners"]
    assert plain.rows_sha256 == other.rows_sha256 and plain.raw_sha256 != other.raw_sha256


def test_a_byte_that_the_named_encoding_does_not_have_refuses_the_file(tmp_path: Path) -> None:
    with refused("F102") as problems:
        read(tmp_path, "partners: {file: p.csv, encoding: cp1252}", {"p.csv": b"partner_id,name\nP1,a\nP2,\x81\n"})
    assert problems[0].place.line == 3


def test_extra_columns_are_read_and_row_id_makes_a_key(tmp_path: Path) -> None:
    sources = "revenue: {file: r.csv, extra: {row_id: id, band: text}, columns: {row_id: Nr}}"
    found = read(tmp_path, sources, {"r.csv": "Nr,partner_id,band\n1,P1,a\n2,P1,a\n2,P1,a\n"})
    assert found.faults("revenue") == [(4, ["F121"])] and found.tables["revenue"][0]["band"] == "a"


EXPECTED = [
    ("{rows: 2, totals: {amount: EUR 1_000.50}}", ()),
    ("{rows: 3}", ("F130",)),
    ("{totals: {amount: 1_000.51, term_months: 3}}", ("F131",)),
    ("{rows: 1, totals: {amount: 1, term_months: 4}}", ("F130", "F131", "F131")),
]


@pytest.mark.parametrize(("expect", "codes"), EXPECTED)
def test_declared_counts_and_totals_are_held_against_what_was_read(
    tmp_path: Path, expect: str, codes: tuple[str, ...]
) -> None:
    sources = f"deals: {{file: deals.csv, expect: {expect}}}"
    files = {"deals.csv": "deal_id,amount,term_months\nD1,999.99,1\nD2,0.51,2\n"}
    if not codes:
        assert read(tmp_path, sources, files).inputs["deals"].rows == 2
        return
    with refused(*codes):
        read(tmp_path, sources, files)


@given(st.lists(st.integers(-(10**15), 10**15), max_size=30))
@settings(max_examples=25)
def test_control_totals_are_exact_at_any_size(tmp_path_factory: pytest.TempPathFactory, amounts: list[int]) -> None:
    """Sums beyond 2^53 come back as whole numbers, never by way of a float."""
    folder = tmp_path_factory.mktemp("totals")
    total = sum(amounts)
    if abs(total) > 10**15:
        amounts = [*amounts, -total] if abs(total) <= 10**15 else amounts[:1]
        total = sum(amounts)
    rows = "".join(f"D{at},{_written(each)}\n" for at, each in enumerate(amounts))
    sources = f"deals: {{file: d.csv, expect: {{totals: {{amount: '{_written(total)}'}}}}}}"
    assert read(folder, sources, {"d.csv": "deal_id,amount\n" + rows}).inputs["deals"].rows == len(amounts)


def _written(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"


CONFIG = [
    ("deals: {file: a.csv, query: 'select 1'}", ["P153"]),
    ("deals: {columns: {deal_id: x}}", ["P153"]),
    ("deals: a.tsv", ["P154"]),
    ("deals: ../a.csv", ["P150"]),
    ("deals: {file: a.csv, sheet: S}", ["P153"]),
    ("deals: {file: a.csv, encoding: utf-7}", ["P156"]),
    ("deals: {file: a.parquet, encoding: latin-1}", ["P153"]),
    ("deals: {query: 'delete from x', database: {sqlite: a.db}}", ["P155"]),
    ("deals: {query: 'select 1; drop table x', database: {sqlite: a.db}}", ["P155"]),
    ("deals: {query: 'select 1) union (select 2', database: {sqlite: a.db}}", ["P155"]),
    ("deals: {query: 'select 1 -- x', database: {sqlite: a.db}}", ["P155"]),
    ("deals: {query: select 1, database: {sqlite: /etc/a.db}}", ["P150"]),
    ("deals: {query: select 1, database: {postgres: 'postgresql://u:p@h/d'}}", ["P157"]),
    ("deals: {query: select 1}", ["P153"]),
    ("deals: {file: a.csv, constants: {kind: new}, columns: {kind: Kind}}", ["P158"]),
    ("deals: {file: a.csv, constants: {colour: red}}", ["X131"]),
    ("deals: {file: a.csv, dates: '%d.%b.%Y'}", ["P159"] * 2),
    ("deals: {file: a.csv, dates: {amount: '%d.%m.%Y'}}", ["P159"]),
    ("deals: {file: a.csv, extra: {amount: money}}", ["P152"]),
    ("deals: {file: a.csv, expect: {totals: {status: 1}}}", ["X131"]),
    ("deals: {file: a.csv, expect: {totals: {amount: USD 1}}}", ["P130"]),
    ("deals: {file: a.csv, expect: {totals: {amount: 0.001}}}", ["P132"]),
    ("deals: {file: a.csv, excused: ../x.csv}", ["P150"]),
    ("revenue: a.csv", ["P166"]),
]


@pytest.mark.parametrize(("source", "codes"), CONFIG, ids=[each[0] for each in CONFIG])
def test_what_does_not_fit_together_is_told_at_its_key(tmp_path: Path, source: str, codes: list[str]) -> None:
    problems = understood(tmp_path, "partners: partners.csv\n" + source).problems
    assert [each.code for each in problems] == codes
    assert all(each.place.line and each.hint for each in problems)


def test_a_constant_that_no_cell_could_hold_is_a_fault_of_the_program(tmp_path: Path) -> None:
    with refused("F207") as problems:
        read(tmp_path, "deals: {file: d.csv, constants: {term_months: a year}}", {"d.csv": "deal_id\nD1\n"})
    assert problems[0].place.file == "program.yaml"


def test_values_of_the_program_never_become_sql(tmp_path: Path) -> None:
    attack = "'); DROP TABLE t_partners; --"
    sources = f'''deals:
  file: d.csv
  columns: {{deal_id: "{attack}"}}
  values: {{product: {{"{attack}": safe}}}}'''
    found = read(tmp_path, sources, {"d.csv": f'"{attack}",product\nD1,"{attack}"\n', "partners.csv": PARTNERS})
    assert found.tables["deals"][0]["product"] == "safe" and found.inputs["partners"].rows == 2
