"""One look at every byte of a CSV file: its digest, and a count of records that does not rest on any parser.

In RFC 4180 a comma (or the separator that is named) or a line end counts where the number of quotes before it is even.
A file whose counts add up is cut in one way only; and a record can be found again by its number alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK_BYTES = 1 << 22
_LF, _QUOTE = 0x0A, 0x22
RAW_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file's bytes say: digest, records (the header is one) and separators outside of quotes, carriage returns,
    line ends of any kind, whether every quote is closed, and the line of the first zero byte (0: none)."""

    sha256: str
    records: int
    separators: int
    returns: int
    lines_ended: int
    is_closed: bool
    nul_line: int


def scan(path: Path, separator: str = ",") -> Scan:
    """Read a file once, in pieces."""
    between = ord(separator)
    state = hashlib.sha256()
    records = separators = returns = ended = nul_line = 0
    is_inside, last = False, b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            state.update(chunk)
            if not nul_line and b"\x00" in chunk:
                nul_line = ended + chunk[: chunk.index(b"\x00")].count(b"\n") + 1
            if b'"' in chunk or is_inside:
                found, inside = _outside(chunk, is_inside)
                records += int(np.count_nonzero(found == _LF))
                separators += int(np.count_nonzero(found == between))
                is_inside = inside
            else:
                records += _count(chunk, _LF)
                separators += _count(chunk, between)
            returns += chunk.count(b"\r")
            ended += _count(chunk, _LF)
            last = chunk[-1:]
    return Scan(
        state.hexdigest(), records + (last not in (b"", b"\n")), separators, returns, ended, not is_inside, nul_line
    )


def locate(path: Path, records: Collection[int]) -> Mapping[int, tuple[int, bytes]]:
    """The line and the bytes of some records (1-based, header not counted) of a file that adds up."""
    wanted = sorted(set(records))
    found: dict[int, tuple[int, bytes]] = {}
    if not wanted:
        return found
    with path.open("rb") as stream:
        for record, line, start, end in _spans(path, wanted):
            stream.seek(start)
            found[record] = (line, stream.read(min(end - start, RAW_BYTES_MAX)))
    return found


def _count(chunk: bytes, byte: int) -> int:
    """How often a byte occurs: faster than `bytes.count` for one that occurs often."""
    return int(np.count_nonzero(np.frombuffer(chunk, dtype=np.uint8) == byte))


def _outside(chunk: bytes, is_inside: bool) -> tuple[NDArray[Any], bool]:
    """The bytes of a piece, those within quotes as zero; and whether a quote is open at its end."""
    bytes_ = np.frombuffer(chunk, dtype=np.uint8)
    quotes = np.cumsum(bytes_ == _QUOTE, dtype=np.int32) + is_inside
    return np.where(quotes & 1, 0, bytes_), bool(quotes[-1] & 1)


def _spans(path: Path, wanted: list[int]) -> Iterator[tuple[int, int, int, int]]:
    """Record, line, first byte and end of each wanted record; record 0 is the header."""
    at = ended = lines = start = 0
    start_line, is_inside = 1, False
    queue = iter(wanted)
    record = next(queue, None)
    with path.open("rb") as stream:
        while record is not None and (chunk := stream.read(_CHUNK_BYTES)):
            raw = np.frombuffer(chunk, dtype=np.uint8)
            outside = raw
            if b'"' in chunk or is_inside:
                outside, is_inside = _outside(chunk, is_inside)
            ends = np.flatnonzero(outside == _LF)
            breaks = ends if outside is raw else np.flatnonzero(raw == _LF)
            # Record r stands between the r-th and the next end; `ended` ends lie before this piece.
            while record is not None and record < ended + len(ends):
                first = record - 1 - ended
                if first >= 0:
                    start = at + int(ends[first]) + 1
                    start_line = lines + int(np.searchsorted(breaks, ends[first], side="right")) + 1
                yield record, start_line, start, at + int(ends[record - ended]) + 1
                record = next(queue, None)
            if len(ends) and record is not None and record - 1 - ended < len(ends):
                first = record - 1 - ended
                if first >= 0:
                    start = at + int(ends[first]) + 1
                    start_line = lines + int(np.searchsorted(breaks, ends[first], side="right")) + 1
            ended += len(ends)
            lines += len(breaks)
            at += len(chunk)
    if record is not None:
        yield record, start_line, start, at
