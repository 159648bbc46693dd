"""What the stories about reading share: a small program, its folder, and what was read of it."""

import zipfile
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from engine.facts.gather import gather_facts
from engine.facts.rejected import Rejected
from engine.values import Input
from rules.calendar import Period
from rules.load import Loaded, understand
from rules.problem import Refused

JANUARY = Period("2026-01", date(2026, 1, 1), date(2026, 2, 1))
PARTNERS = "partner_id,name\nP1,Ada\nP2,Bob\n"
PARTNERS_LINE = "partners: partners.csv"


@dataclass(frozen=True)
class Read:
    """What was read: inputs and rejected rows by table, and every accepted row of a table by SQL of the tests."""

    inputs: Mapping[str, Input]
    rejected: tuple[Rejected, ...]
    tables: Mapping[str, list[dict[str, object]]]

    def faults(self, table: str = "deals") -> list[tuple[int, list[str]]]:
        """Line and codes of each rejected row."""
        return [(each.line, [fault.code for fault in each.faults]) for each in self.rejected if each.table == table]


def program(sources: str, currency: str = "EUR", tables: str = "") -> str:
    """A program that pays partners one unit, with these sources (YAML, a line for each)."""
    indented = "\n".join("  " + line for line in sources.strip().splitlines())
    return f"""program: Reading
currency: {currency}
calendar: month
effective: 2026-01-01 to 2026-12-31
{tables}
sources:
{indented}
payouts: {{fee: {{for_each: partners, amount: {currency} 1}}}}
"""


def understood(folder: Path, sources: str, currency: str = "EUR", tables: str = "") -> Loaded:
    return understand(program(sources, currency, tables).encode(), "program.yaml", folder)


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def read(
    folder: Path, sources: str = "", files: Mapping[str, str | bytes] | None = None, *,
    currency: str = "EUR", tables: str = "", rows_max: int = 1_000_000, threads: int | None = None,
) -> Read:  # fmt: skip
    """Write files, and read them as a program with these sources does; partners are there unless given."""
    write(folder, {"partners.csv": PARTNERS} | dict(files or {}))
    named = sources if "partners:" in sources else f"{PARTNERS_LINE}\n{sources}"
    loaded = understood(folder, named, currency, tables)
    meaning = loaded.understood()
    with gather_facts(meaning, folder, JANUARY, rows_max=rows_max, threads=threads) as facts:
        for each in facts.inputs:
            assert each.rows + each.rejected == facts.snapshot.digest(each.table)[1] + each.rejected
        return Read({each.table: each for each in facts.inputs}, facts.rejected, _rows(facts.snapshot, meaning.tables))


def _rows(snapshot: object, tables: Iterable[str]) -> dict[str, list[dict[str, object]]]:
    import pyarrow.parquet as pq

    kept = snapshot._kept  # type: ignore[attr-defined]
    return {table: pq.read_table(kept[table]).to_pylist() for table in tables if table in kept}


@contextmanager
def refused(*codes: str):  # type: ignore[no-untyped-def]
    """What is inside is refused with these codes, in this order; gives the list of problems."""
    problems: list[object] = []
    try:
        yield problems
    except Refused as refusal:
        problems += refusal.problems
        assert [each.code for each in refusal.problems] == list(codes), refusal
        assert all(each.hint for each in refusal.problems), "each says how to mend it"
    else:
        raise AssertionError(f"not refused: {codes}")


# A workbook by hand: the parts that Excel writes, with inline texts.

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Error(str):
    """A cell whose formula gives this error."""


def workbook(sheets: Mapping[str, Iterable[Iterable[object]]]) -> dict[str, str]:
    """The parts of a workbook; a text, a number, a date, a flag, an Error or None for each cell."""
    names = list(sheets)
    numbered = list(enumerate(names, start=1))
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
            for n, _ in numbered
        )
        + "</Types>",
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in numbered)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in numbered
        )
        + f'<Relationship Id="rs" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'{_HEAD}<styleSheet xmlns="{_SHEETS}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for n, name in numbered:
        rows = "".join(
            f'<row r="{at}">' + "".join(_cell(at, column, value) for column, value in enumerate(row)) + "</row>"
            for at, row in enumerate(sheets[name], start=1)
        )
        sheet = f'{_HEAD}<worksheet xmlns="{_SHEETS}"><sheetData>{rows}</sheetData></worksheet>'
        parts[f"xl/worksheets/sheet{n}.xml"] = sheet
    return parts


def zipped(path: Path, parts: Mapping[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def _cell(row: int, column: int, value: object) -> str:
    at = f'r="{chr(65 + column)}{row}"'
    match value:
        case None:
            return ""
        case Error():
            return f'<c {at} t="e"><f>1/0</f><v>{value}</v></c>'
        case bool():
            return f'<c {at} t="b"><v>{int(value)}</v></c>'
        case date():
            return f'<c {at} s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
        case int() | float():
            return f"<c {at}><v>{value!r}</v></c>"
        case _:
            return f'<c {at} t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'
