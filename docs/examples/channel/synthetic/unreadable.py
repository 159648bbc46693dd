"""Files that no one can read as a table: the faults of a whole file, one small file for each."""

from __future__ import annotations

_HEADER = "deal_id,partner_id,closed_on,amount\n"
_ROWS = "D000001,P001,2026-01-31,100.00\nD000002,P002,2026-02-28,250.50\n"

# Name of the file: its bytes, the line of the fault (0: the whole file), and what is wrong.
UNREADABLE: dict[str, tuple[bytes, int, str]] = {
    "not-utf-8.csv": (
        (_HEADER + _ROWS + "D000003,Pé03,2026-03-31,5.00\n").encode("latin-1"),
        4,
        "a byte that is not UTF-8",
    ),
    "utf-16.csv": (b"\xff\xfe" + (_HEADER + _ROWS).encode("utf-16-le"), 1, "UTF-16"),
    "no-header.csv": (b"", 1, "an empty file"),
    "column-twice.csv": ((_HEADER.replace("closed_on", "amount") + _ROWS).encode(), 1, "a column twice"),
    "no-key.csv": ((_HEADER + _ROWS).replace("deal_id", "deal").encode(), 1, "the key's column is missing"),
    "short-row.csv": ((_HEADER + _ROWS + "D000003,P003\n").encode(), 4, "a row with too few cells"),
    "long-row.csv": ((_HEADER + _ROWS + "D000003,P003,2026-03-31,1,250.00\n").encode(), 4, "a row with too many cells"),
    "open-quote.csv": ((_HEADER + _ROWS + 'D000003,"P003,2026-03-31,5.00\n').encode(), 4, "a quote that never ends"),
}
