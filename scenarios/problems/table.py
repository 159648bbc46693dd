"""A CSV table beside a problem file: its rows as texts by column, with the places of its cells.

Rows with too many or too few cells, a column twice or lacking, and what is no CSV in UTF-8 are faults.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.document.reader import Node, Scalar
from rules.problem import Place
from scenarios.problems.reading import Reading

ROWS_MAX = 1_000_000
BYTES_MAX = 256 * 2**20
FAULTS_MAX = 20
LINE = ""  # the key of a row's line; no column has a blank name


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table: the name of its file, its columns, and its rows by column; each row's line stands under `LINE`."""

    file: str
    header: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def place(self, row: Mapping[str, str], column: str = "") -> Place:
        """Where a cell, or a row, stands."""
        return Place(self.file, int(row[LINE]), field=column)


def within(reading: Reading, node: Node, what: str) -> Path | None:
    """A file that a problem names, which stands below the folder of the problem."""
    if not isinstance(node, Scalar) or not node.text.strip():
        reading.fault("W301", f"{what} takes the name of a file", node.place, "write the name of a file beside it")
        return None
    folder = reading.folder.resolve()
    path = (folder / node.text).resolve()
    if not path.is_relative_to(folder):
        message = f"'{node.text[:100]}' leads out of the problem's folder"
        reading.fault("W305", message, node.place, "copy the file there")
        return None
    return path


def read_table(reading: Reading, path: Path, needed: Sequence[str], others: Sequence[str] | None) -> CsvTable | None:
    """The rows of a CSV file with the needed columns, and with `others` where it has them (None: any)."""
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, "it is no regular file")
        with path.open("rb") as stream:
            data = stream.read(BYTES_MAX + 1)
        if len(data) > BYTES_MAX:
            reading.fault("W305", "the table is too large", Place(path.name), "split less at once")
            return None
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(lines.line_num, cells) for cells in lines if cells]
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        reading.fault("W305", f"the table cannot be read: {reason}", Place(path.name), "check its name")
        return None
    except (UnicodeDecodeError, csv.Error):
        reading.fault("W305", "the table is no CSV in UTF-8", Place(path.name), "save it as CSV")
        return None
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    if not _has_header(reading, path.name, header, needed, others):
        return None
    if len(rows) > ROWS_MAX + 1:
        message = f"the table has more than {ROWS_MAX:,} rows"
        reading.fault("W305", message, Place(path.name), "split less at once")
        return None
    found = []
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            message = f"the row has {len(cells)} cells, and the header {len(header)}"
            reading.fault("W305", message, Place(path.name, line), "correct the row")
            if len(reading.problems) > FAULTS_MAX:
                return None
            continue
        found.append({LINE: str(line), **{name: cell.strip() for name, cell in zip(header, cells, strict=True)}})
    if not found:
        reading.fault("W305", "the table has no rows", Place(path.name), "give a row for each unit")
        return None
    return CsvTable(path.name, tuple(header), tuple(found))


def _has_header(
    reading: Reading, file: str, header: Sequence[str], needed: Sequence[str], others: Sequence[str] | None
) -> bool:
    before = len(reading.problems)
    place = Place(file, 1)
    for name in needed:
        if name not in header:
            reading.fault("W305", f"the table has no column {name}", place, f"its columns are {', '.join(needed)}")
    for name, times in Counter(header).items():
        if not name or times > 1:
            message = f"the table has several columns {name[:64]}" if name else "a column has no name"
            reading.fault("W305", message, place, "give each column a name of its own")
        elif others is not None and name not in needed and name not in others:
            reading.unknown(name, place, (*needed, *others), "the table")
    return len(reading.problems) == before
