"""A document that is read again in pieces is what the reader says of the whole: nodes, places and problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rules.document.again import _in_pieces, read_again
from rules.document.reader import read_document

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*/program.yaml"))
LINES = [
    "rates:",
    "cap: 5",
    "  gold: 7%",
    "  silver: 5%   # as agreed",
    "  gold: 8%",
    "    deep: {a: 1, b: [2, 3]}",
    "  list:",
    "  - one",
    "    - two: 2",
    "  note: |",
    "    a text: with a colon",
    '  open: "begun',
    '  closed"',
    "  flow: {",
    "  inner: 1",
    "  }",
    "{a: 1}",
    "# a comment",
    "  # another",
    "",
    "- item",
    "---",
    "text",
    "  text",
    "'rates': 1",
    " odd: 1",
    "  alias: *x",
    "  anchor: &x 1",
    "note: >-",
]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_is_read_in_pieces(path: Path) -> None:
    data = path.read_bytes()
    assert _in_pieces(data.decode(), "p.yaml") is not None
    for text in (data, b"# a line more\n" + data, data + b"more: 1\n", data.replace(b"rate: ", b"rate:  ")):
        assert read_again(text, "p.yaml") == read_document(text, "p.yaml")


@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_any_lines_are_read_as_a_whole_reads_them(lines: list[str]) -> None:
    data = "\n".join(lines).encode()
    assert read_again(data, "p.yaml") == read_document(data, "p.yaml")


@given(st.text(alphabet="ab: \n-{}[],'\"#|>\t\r&*!%\x85", max_size=40))
def test_any_text_is_read_as_a_whole_reads_it(text: str) -> None:
    assert read_again(text.encode(), "p.yaml") == read_document(text.encode(), "p.yaml")
