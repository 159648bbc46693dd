"""From a document's bytes to its text: size, encoding and hidden characters are checked before anything is parsed."""

from __future__ import annotations

import re

from rules.problem import Place, Problem

# Beyond YAML's own set: NEL, LS and PS, which editors and parsers count differently as line ends, and the bidirectional
# controls, with which a line can show other numbers than it holds.
REFUSED_CHARACTERS = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def document_text(data: bytes, file: str, size_bytes_max: int) -> tuple[str, tuple[Problem, ...]]:
    """Decode UTF-8, with or without a byte order mark; with any problem the text must not be used.

    >>> print(document_text(b"name: Z\\xfcrich", "p.yaml", 100)[1][0])
    error D102 byte 7 (0xfc) is not UTF-8 @ p.yaml:1:8 - save as UTF-8
    """
    if len(data) > size_bytes_max:
        message = f"the file has {len(data):,} bytes; at most {size_bytes_max:,} are read"
        return "", (Problem("D101", message, Place(file), "split it, or keep data in tables"),)
    if data.startswith(_WIDE_MARKS) or b"\0" in data:
        message = "the file is not UTF-8: it is UTF-16 or binary"
        return "", (Problem("D103", message, Place(file), "save as UTF-8"),)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from behind a byte order mark.
        start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        place = _place_after(data[:start].decode("utf-8-sig", "replace"), file)
        message = f"byte {start} (0x{data[start]:02x}) is not UTF-8"
        return "", (Problem("D102", message, place, "save as UTF-8"),)
    first: dict[str, int] = {}
    for match in REFUSED_CHARACTERS.finditer(text):
        first.setdefault(match.group(), match.start())
    return text, tuple(_control_problem(character, text, at, file) for character, at in first.items())


def _control_problem(character: str, text: str, at: int, file: str) -> Problem:
    times = text.count(character)
    also = f" ({times} times)" if times > 1 else ""
    message = f"the file holds the control character U+{ord(character):04X}{also}"
    return Problem("D104", message, _place_after(text[:at], file), "delete it; it can't be seen in most editors")


def _place_after(before: str, file: str) -> Place:
    lines = re.split("\r\n|\r|\n", before)
    return Place(file, len(lines), len(lines[-1]) + 1)
