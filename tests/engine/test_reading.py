"""A CSV file becomes accepted rows and rejected ones: none is lost, none is guessed, and each fault has its line."""

import hashlib
import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from reading_stories import read, refused, write

from rules.codes import FACTS

HEAD = "deal_id,partner_id,product,closed_on,amount,term_months\n"
GOOD = "D1,P1,Atlas,2026-01-31,1250.50,12\n"
SOURCES = "deals: deals.csv"


def deals(folder: Path, text: str | bytes, **more: object):  # type: ignore[no-untyped-def]
    return read(folder, SOURCES, {"deals.csv": text}, **more)  # type: ignore[arg-type]


def test_good_rows_are_typed_exactly(tmp_path: Path) -> None:
    found = deals(tmp_path, HEAD + GOOD + "D2,P2,,,-0.05,\n")
    assert found.rejected == ()
    assert [
        (row["deal_id"], row["amount"], row["term_months"], str(row["closed_on"])) for row in found.tables["deals"]
    ] == [
        ("D1", 125050, 12, "2026-01-31"),
        ("D2", -5, None, "None"),
    ]
    assert (found.inputs["deals"].rows, found.inputs["deals"].rejected) == (2, 0)


CELLS = [
    ("deal_id", "D 2", "F201"),
    ("deal_id", "D2 ", "F201"),
    ("deal_id", "Ⅾ2", "F201"),
    ("deal_id", "", "F120"),
    ("product", "At\u202elas", "F202"),
    ("product", "Mu\u0308ller", "F202"),
    ("product", "x" * 4097, "F202"),
    ("closed_on", "31.01.2026", "F204"),
    ("closed_on", "2026-02-30", "F204"),
    ("closed_on", "45321", "F204"),
    ("closed_on", "2026-01-31 ", "F204"),
    ("closed_on", "infinity", "F204"),
    ("closed_on", "1899-12-31", "F204"),
    ("amount", "1e5", "F203"),
    ("amount", "NaN", "F203"),
    ("amount", "1_000", "F203"),
    ("amount", "0100.00", "F203"),
    ("amount", "12.", "F203"),
    ("amount", ".5", "F203"),
    ("amount", "+1", "F203"),
    ("amount", "12.345", "F203"),
    ("amount", "10000000000000.01", "F203"),
    ("amount", "١٢", "F203"),
    ("amount", "1e1000000", "F203"),
    ("amount", "9" * 50_000, "F203"),
    ("amount", "0x10", "F203"),
    ("amount", "(100)", "F203"),
    ("term_months", "3.0", "F207"),
    ("term_months", "0x10", "F207"),
    ("term_months", "1e2", "F207"),
    ("term_months", " 12", "F207"),
    ("term_months", "012", "F207"),
]


@pytest.mark.parametrize(("column", "text", "code"), CELLS, ids=[f"{c}-{t[:12]!a}" for c, t, _ in CELLS])
def test_a_bad_cell_rejects_its_row_at_once(tmp_path: Path, column: str, text: str, code: str) -> None:
    """`1e1000000` took 69 s as a Python Decimal; here a cell is told before it is converted."""
    cells = dict(zip(HEAD.strip().split(","), GOOD.strip().split(","), strict=True)) | {"deal_id": "D2"}
    began = time.perf_counter()
    found = deals(tmp_path, HEAD + GOOD + ",".join((cells | {column: text}).values()) + "\n")
    assert found.faults() == [(3, [code])] and time.perf_counter() - began < 5
    (row,) = found.rejected
    assert row.faults[0].place.field == column and row.faults[0].hint
    assert found.inputs["deals"].rows == 1


@pytest.mark.parametrize(("flag", "number"), [("yes", "70%"), ("1", ".5"), ("TRUE", "1/3"), ("t", "0.1234567891")])
def test_flags_and_numbers_are_written_in_one_way(tmp_path: Path, flag: str, number: str) -> None:
    rows = f"E1,true,0.7\nE2,{flag},-0.5\nE3,false,{number}\n"
    found = read(tmp_path, "hours: h.csv", {"h.csv": "entry_id,billable,hours\n" + rows})
    assert found.faults("hours") == [(3, ["F208"]), (4, ["F206"])]


def test_a_row_lists_all_its_faults_and_its_text(tmp_path: Path) -> None:
    found = deals(tmp_path, HEAD + "D1,P1,Atlas,never,much,many\n")
    (row,) = found.rejected
    assert [fault.code for fault in row.faults] == ["F204", "F203", "F207"]
    assert (row.key, row.text, row.file) == ("D1", "D1,P1,Atlas,never,much,many", "deals.csv")


ODD = [
    ("too few cells", b"D2,P1\n", "F111"),
    ("too many cells", b"D2,P1,Atlas,2026-01-31,1,250.50,12\n", "F111"),
    ("a comma too many at the end", b"D2,P1,Atlas,2026-01-31,1.00,12,\n", "F111"),
    ("bytes of another encoding", "D2,P1,Müller,2026-01-31,1.00,12\n".encode("latin-1"), "F113"),
    ("a quote that never closes", b'D2,"P1,Atlas,2026-01-31,1.00,12\n', "F110"),
    ("text after a quoted cell", b'D2,P1,"At"las,2026-01-31,1.00,12\n', "F110"),
    ("a carriage return in a row", b"D2,P1,At\rlas,2026-01-31,1.00,12\n", "F112"),
    ("a cell of 70,000 characters", b"D2,P1," + b"x" * 70_000 + b",2026-01-31,1.00,12\n", "F202"),
    ("the same, in a file that does not add up", b"D2,P1," + b"x" * 70_000 + b",,2026-01-31,1.00,12\n", "F114"),
    ("a cell over two lines", b'D2,P1,"At\nlas",2026-01-31,1.00,12\n', "F202"),
]


@pytest.mark.parametrize(("line", "code"), [each[1:] for each in ODD], ids=[each[0] for each in ODD])
def test_a_row_that_is_not_well_formed_is_pinned_to_its_line(tmp_path: Path, line: bytes, code: str) -> None:
    after = b'D3,P2,"Atlas, big",2026-01-31,3.00,12\nD4,P2,,,4.00,\n'
    found = deals(tmp_path, HEAD.encode() + GOOD.encode() + line + after)
    assert found.faults() == [(3, [code])]
    assert [row["amount"] for row in found.tables["deals"]] == [125050, 300, 400]


def test_an_open_quote_that_swallows_what_is_no_row_refuses_the_file(tmp_path: Path) -> None:
    with refused("F110") as problems:
        deals(tmp_path, HEAD + GOOD + 'D2,"P1,Atlas,2026-01-31,1.00,12\nhalf a row\n' + "D4,P2,,,4.00,\n")
    assert problems[0].place.line == 3


def test_lines_are_those_of_the_file_where_cells_span_lines_and_lines_are_blank(tmp_path: Path) -> None:
    text = HEAD + '\nD1,P1,"Atl,as",,1.00,\n\n\nD2,P1,"two\nlines",,1.00,\nD3,P1,,,bad,\n'
    assert deals(tmp_path, text).faults() == [(6, ["F202"]), (8, ["F203"])]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark(tmp_path: Path, end: str, last: str, mark: bytes) -> None:
    text = (HEAD + GOOD + 'D2,P2,"a, b",,2.00,\n').replace("\n", end)
    found = deals(tmp_path, mark + (text.removesuffix(end) if last else text).encode())
    assert found.rejected == () and found.inputs["deals"].rows == 2


def test_mixed_line_ends_lose_no_row(tmp_path: Path) -> None:
    """DuckDB alone gives no row and no error for this file."""
    found = deals(tmp_path, HEAD.replace("\n", "\r\n") + GOOD + "D2,P2,,,2.00,\r\n")
    assert found.rejected == () and found.inputs["deals"].rows == 2


FILES = [
    ("not there", None, "F101"),
    ("UTF-16", (HEAD + GOOD).encode("utf-16"), "F102"),
    ("a zero byte", (HEAD + GOOD).encode() + b"D2,\x00,,,,\n", "F102"),
    ("empty", b"", "F103"),
    ("no line end", b"deal_id", "F103"),
    ("a column twice", b"deal_id,partner_id,amount,amount\n", "F104"),
    ("no key", b"deal,partner_id\n", "F105"),
    ("gzip", b"\x1f\x8b\x08\x00", "F106"),
    ("zip", b"PK\x03\x04....", "F106"),
    ("a header of 10^7 columns", b"x," * 10_000_000, "F103"),
]


@pytest.mark.parametrize(("data", "code"), [each[1:] for each in FILES], ids=[each[0] for each in FILES])
def test_a_file_that_nobody_can_read_is_refused(tmp_path: Path, data: bytes | None, code: str) -> None:
    with refused(code):
        read(tmp_path, SOURCES, {} if data is None else {"deals.csv": data})


def test_faults_of_all_sources_come_together(tmp_path: Path) -> None:
    with refused("F105", "F103", "F101"):
        read(tmp_path, "partners: p.csv\ndeals: d.csv\nleads: l.csv", {"p.csv": "name\nAda\n", "d.csv": ""})


def test_a_source_beyond_the_bound_on_rows_is_refused(tmp_path: Path) -> None:
    with refused("F109"):
        deals(tmp_path, HEAD + "".join(f"D{n},P1,,,1.00,\n" for n in range(11)), rows_max=10)


def test_a_source_in_which_all_is_bad_is_refused(tmp_path: Path) -> None:
    """A date format that nobody declared is one fault of the program, not 100,001 faults of rows."""
    with refused("F115"):
        deals(tmp_path, HEAD + "".join(f"D{n},P1,,31.01.2026,1.00,\n" for n in range(100_001)))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(HEAD + GOOD)
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "deals.csv").symlink_to(outside)
    with refused("P150"):
        read(folder, SOURCES)


ROWS = [f"D{n},P{1 + n % 2},Atlas é {n},2026-01-{1 + n % 28:02},{n}.{n % 10}0,{n % 5}\n" for n in range(40)]


@settings(max_examples=30)
@given(st.permutations(range(40)), st.permutations(range(6)), st.integers(1, 2))
def test_neither_order_of_rows_nor_of_columns_nor_threads_change_the_digest(
    tmp_path_factory: pytest.TempPathFactory, rows: list[int], columns: list[int], threads: int
) -> None:
    folder = tmp_path_factory.mktemp("order")
    written = [HEAD, *(ROWS[row] for row in rows)]
    shuffled = [",".join(line.strip().split(",")[at] for at in columns) + "\n" for line in written]
    found = deals(folder, "".join(shuffled), threads=threads)
    assert found.inputs["deals"].rows_sha256 == _expected(tmp_path_factory)


_DIGESTS: list[str] = []


def _expected(factory: pytest.TempPathFactory) -> str:
    if not _DIGESTS:
        _DIGESTS.append(deals(factory.mktemp("first"), HEAD + "".join(ROWS)).inputs["deals"].rows_sha256)
    return _DIGESTS[0]


def test_another_cell_is_another_digest(tmp_path: Path) -> None:
    one = deals(tmp_path, HEAD + GOOD).inputs["deals"]
    other = deals(tmp_path, HEAD + GOOD.replace("1250.50", "1250.51")).inputs["deals"]
    same = deals(tmp_path, HEAD + GOOD.replace("1250.50", "1250.5")).inputs["deals"]
    assert one.rows_sha256 == same.rows_sha256 != other.rows_sha256 and one.raw_sha256 != same.raw_sha256


def test_rows_of_a_table_without_a_key_are_in_the_digest_by_their_cells(tmp_path: Path) -> None:
    rows = ["P1,2026-01,services,10.00\n", "P1,2026-01,services,10.00\n", "P2,2026-01,,5.00\n", ",2026-02,x,7.00\n"]
    digests = set()
    for seed in range(6):
        random.Random(seed).shuffle(rows)
        found = read(tmp_path, "revenue: r.csv", {"r.csv": "partner_id,month,stream,amount\n" + "".join(rows)})
        assert found.rejected == ()
        digests.add(found.inputs["revenue"].rows_sha256)
    assert len(digests) == 1


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=40), max_size=12))
def test_whatever_bytes_follow_the_header_every_row_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    """Rows are accepted or rejected, or the file is refused by a code; nothing else can come out."""
    from rules.problem import Refused

    folder = tmp_path_factory.mktemp("bytes")
    try:
        found = deals(folder, HEAD.encode() + GOOD.encode() + b"\n".join(lines))
    except Refused as refusal:
        assert all(each.code.startswith("F1") for each in refusal.problems)
        return
    assert found.inputs["deals"].rejected == len(found.rejected)


def test_nothing_is_read_below_another_folder(tmp_path: Path) -> None:
    """The connection may read the program's folder and its scratch; installing and loading are off."""
    import duckdb

    from engine.facts.connection import connect

    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        write(folder, {"x.csv": "a\n1\n"})
    connection = connect([inside])
    assert connection.execute("SELECT count(*) FROM read_csv(?)", [str(inside / "x.csv")]).fetchall() == [(1,)]
    for query in (
        f"SELECT * FROM read_csv('{outside}/x.csv')",
        "INSTALL httpfs",
        f"COPY (SELECT 1) TO '{outside}/y.csv'",
        "SET enable_external_access=true",
        f"ATTACH '{outside}/z.db'",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(query)


def test_the_digest_is_what_a_few_lines_of_python_make_of_the_key_sorted_rows(tmp_path: Path) -> None:
    """Anyone can work it out with a standard library: a head, then each row as canonical JSON."""
    found = deals(tmp_path, HEAD + "D2,P1,é,2026-01-31,-0.50,\nD1,,,,,12\n")
    columns = [["amount", "money"], ["closed_on", "date"], ["deal_id", "id"], ["partner_id", "id"]]
    head = {
        "columns": [*columns, ["product", "text"], ["term_months", "count"]],
        "t": "partage/rows/1",
        "table": "deals",
    }
    rows = [[None, None, "D1", None, None, "12"], ["-50", "2026-01-31", "D2", "P1", "é", None]]
    lines = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in (head, *rows)]
    assert found.inputs["deals"].rows_sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_every_code_of_a_source_or_a_row_occurs_in_these_stories() -> None:
    here = Path(__file__).parent
    files = (*here.glob("test_reading*.py"), *here.glob("test_exchange*.py"), here / "test_clashing_versions.py")
    stories = "".join(path.read_text("utf-8") for path in files)
    missing = [code for code in FACTS if code < "F300" and code not in ("F128", "F216") and f'"{code}"' not in stories]
    assert missing == []
