"""The document reader: texts stay texts, every problem is told at once, and a hostile file costs no time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings, strategies as st

from rules.codes import DOCUMENT
from rules.document.reader import (
    DEFAULT_LIMITS,
    Document,
    Limits,
    Mapping,
    Scalar,
    Sequence,
    locate,
    locate_key,
    plain,
    read_document,
)
from rules.problem import Place, Problem

PROGRAM = """\
name: Nordic partners   # the comment is not part of the text
country: NO
account: 010
threshold: 1_250.00
from: 2026-01-01
cutoff: 12:30
manager: ~
exponent: 1e5
active: yes
empty:
blank: ""
tiers:
  - up_to: EUR 500
    rate: 7.5%
  - [a, "b", 'c d']
note: |
  two
  lines
"""


def codes(data: bytes, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    return [problem.code for problem in read_document(data, "p.yaml", limits)[1]]


def read(text: str) -> Mapping:
    root, problems = read_document(text.encode(), "p.yaml")
    assert problems == ()
    assert root is not None
    return root


def test_a_value_keeps_its_text_whatever_it_looks_like() -> None:
    assert plain(read(PROGRAM)) == {
        "name": "Nordic partners",
        "country": "NO",
        "account": "010",
        "threshold": "1_250.00",
        "from": "2026-01-01",
        "cutoff": "12:30",
        "manager": "~",
        "exponent": "1e5",
        "active": "yes",
        "empty": None,
        "blank": "",
        "tiers": [{"up_to": "EUR 500", "rate": "7.5%"}, ["a", "b", "c d"]],
        "note": "two\nlines\n",
    }


def test_quotes_are_remembered_and_texts_are_plain_str() -> None:
    root = read("a: 5\nb: '5'\nc: [\"5\"]\nd: |\n  5\n")
    values = {key.text: value for key, value in root.entries}
    assert values["a"] == Scalar("5", False, Place("p.yaml", 1, 4))
    assert values["b"] == Scalar("5", True, Place("p.yaml", 2, 4))
    assert values["c"] == Sequence((Scalar("5", True, Place("p.yaml", 3, 5)),), Place("p.yaml", 3, 4))
    assert isinstance(values["d"], Scalar) and values["d"].quoted
    assert all(type(key.text) is str for key, _ in root.entries)


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), "1:1", "1:1"),
        (("country",), "2:10", "2:1"),
        (("tiers",), "13:3", "12:1"),
        (("tiers", 0, "rate"), "14:11", "14:5"),
        (("tiers", 1, 2), "15:14", "15:14"),
        (("tiers", 0, "cap"), "13:5", "13:5"),  # not written: the tier that lacks it
        (("tiers", 7, "cap"), "13:3", "12:1"),
        (("tiers", -1), "13:3", "12:1"),
        (("country", "x", 0), "2:10", "2:1"),
        (("nowhere",), "1:1", "1:1"),
    ],
)
def test_each_value_knows_its_place(path: tuple[str | int, ...], value: str, key: str) -> None:
    root = read(PROGRAM)
    assert str(locate(root, path)) == f"p.yaml:{value}"
    assert str(locate_key(root, path)) == f"p.yaml:{key}"


def test_a_byte_order_mark_and_windows_lines_move_no_place() -> None:
    root, problems = read_document(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "p.yaml")
    assert problems == () and root is not None
    assert str(locate(root, ["b"])) == "p.yaml:2:4"


def test_a_document_is_bundled_with_its_digest() -> None:
    root = read("a: 1")
    assert Document("p.yaml", "00" * 32, root).root is root


def test_json_is_yaml() -> None:
    assert plain(read('{"a":{"b":[1,2.50,null]}}')) == {"a": {"b": ["1", "2.50", "null"]}}


def test_every_duplicate_is_told_with_both_places_and_the_first_is_kept() -> None:
    root, problems = read_document(b"cap: 1\ntier: {rate: 1, rate: 2}\ncap: 3\ncap: 4\n", "p.yaml")
    assert [str(problem) for problem in problems] == [
        "error D109 the key 'rate' was already written on line 2, column 8 @ p.yaml:2:17 - keep one of the two",
        "error D109 the key 'cap' was already written on line 1, column 1 @ p.yaml:3:1 - keep one of the two",
        "error D109 the key 'cap' was already written on line 1, column 1 @ p.yaml:4:1 - keep one of the two",
    ]
    assert root is not None and plain(root) == {"cap": "1", "tier": {"rate": "1"}}


def test_all_problems_come_at_once_up_to_the_line_that_can_not_be_read() -> None:
    text = b"a: &x 1\nb: *x\n<<: {c: 1}\nd: !!int 5\n'': 1\n[e]: 1\na: 2\nf: [1\n"
    assert codes(text) == ["D113", "D114", "D115", "D116", "D111", "D110", "D109", "D107"]


def test_after_an_alias_no_tree_is_given_because_a_value_is_unknown() -> None:
    assert read_document(b"a: *x\n", "p.yaml")[0] is None
    assert read_document(b"a: !x 1\n", "p.yaml")[0] is not None


# text, code, line:column, a part of the message
REFUSED = [
    (b"", "D105", "1:1", "empty"),
    (b"# only a comment\n", "D105", "1:1", "empty"),
    (b"---\n", "D105", "1:1", "empty"),
    (b"- a\n- b\n", "D106", "1:1", "a list"),
    (b"rate:5%", "D106", "1:1", "one single value"),
    (b"a: Z\xfcrich", "D102", "1:5", "byte 4 (0xfc)"),
    (b"\xef\xbb\xbfa: \xff", "D102", "1:4", "byte 6 (0xff)"),
    ("a: 1".encode("utf-16"), "D103", "", "UTF-16"),
    ("a: 1".encode("utf-16-be"), "D103", "", "UTF-16"),
    (b"a: 1\nb: \x00", "D103", "", "binary"),
    (b"a: 1\nb: x\x07y\x07", "D104", "2:5", "U+0007 (2 times)"),
    ("a: x\u202ey".encode(), "D104", "1:5", "U+202E"),
    ("a: x\x85y".encode(), "D104", "1:5", "U+0085"),
    (b'a: "\\0"', "D104", "1:4", "an escape makes"),
    (b'a: "\\ud800"', "D104", "1:4", "U+D800"),
    (b'a: "\\U00110000"', "D107", "1:7", "backslash"),
    (b'a: "\\UFFFFFFFF"', "D107", "1:7", "backslash"),
    (b'a: "c:\\q"', "D107", "1:8", "backslash"),
    (b'a: "\\xzz"', "D107", "1:7", "backslash"),
    (b"a: x: y", "D107", "1:5", "does not end a key"),
    (b"a\nb: 1", "D107", "2:2", "does not end a key"),
    (b"a: 1\nb\nc: 2", "D107", "3:1", "no `key: value`"),
    (b"a: 'x\nb: 1", "D107", "1:4", "never closed"),
    (b"a: [1, 2\nb: 3", "D107", "2:2", "opened at line 1, column 4"),
    (b"a: {x: 1", "D107", "1:9", "opened at line 1, column 4"),
    (b"a: [1,,2]", "D107", "1:7", "value is missing"),
    (b"a: @x", "D107", "1:4", "can't start"),
    (b"a: - b", "D107", "1:4", "list can't start"),
    (b"a: ? b", "D107", "1:4", "can't start a key"),
    (b"a: |x\n b", "D107", "1:5", "text block"),
    (b"a: 'x' y", "D107", "1:8", "does not fit"),
    (b"[a]\nb: 1", "D107", "2:1", "after the end"),
    (b"a:\n\t- x", "D108", "2:1", "tab"),
    (b"a: 1\na: 2", "D109", "2:1", "line 1, column 1"),
    (b"? [a]\n: 1", "D110", "1:3", "list or mapping"),
    (b"{{x}}: 1", "D110", "1:1", "list or mapping"),
    (b": 1", "D111", "1:1", "empty"),
    (b"' ': 1", "D111", "1:1", "empty"),
    ("a\u200bb: 1".encode(), "D112", "1:1", "'a\\u200bb'"),
    ("a\xa0b: 1".encode(), "D112", "1:1", "invisible"),
    (b'"a\\nb": 1', "D112", "1:1", "invisible"),
    ("e\u0301: 1".encode(), "D112", "1:1", "decomposed"),
    (b"a: &x 1", "D113", "1:4", "'&x'"),
    (b"a: &", "D113", "1:5", "anchor"),
    (b"a: *x", "D114", "1:4", "'*x'"),
    (b"a: *", "D114", "1:5", "alias"),
    (b"<<: {a: 1}", "D115", "1:1", "'<<'"),
    (b"a: !!python/object/apply:os.system [ls]", "D116", "1:4", "tag"),
    (b"a: !x!y z", "D116", "1:4", "tag"),
    (b"a: !<", "D116", "1:6", "tag"),
    (b"a: 1\n---\nb: 2", "D117", "2:1", "second document"),
    (b"a: 1\n...\nb: 2", "D117", "3:1", "second document"),
    (b"%YAML 1.1\n---\na: 1", "D118", "1:1", "directive"),
    (b"%YAML 1." + b"9" * 5000 + b"\n---\na: 1", "D118", "1:1", "directive"),
    (b"%TAG ! tag:x,2026:\n---\na: 1", "D118", "1:1", "directive"),
]


@pytest.mark.parametrize(("data", "code", "place", "words"), REFUSED)
def test_what_is_refused_is_told_with_code_place_and_cure(data: bytes, code: str, place: str, words: str) -> None:
    problem = next(problem for problem in read_document(data, "p.yaml")[1] if problem.code == code)
    assert str(problem.place) == ("p.yaml" + (f":{place}" if place else ""))
    assert words in problem.message
    assert problem.hint


HOSTILE = {
    "a million brackets": (b"[" * 10**6, "D101"),
    "a scalar of 10 MB": (b"a: " + b"x" * 10**7, "D101"),
    "brackets below the size limit": (b"[" * 500_000, "D119"),
    "nested braces": (b"{a: " * 100_000, "D119"),
    "nested dashes": (b"- " * 100_000, "D119"),
    "nested question marks": (b"? " * 100_000, "D119"),
    "nested colons": (b": " * 100_000, "D119"),
    "nested lines": (b"".join(b" " * depth + b"a:\n" for depth in range(900)), "D119"),
    "alias bomb": (b"a: &a [x]\n" + b"".join(b"b%d: [%s]\n" % (n, b"*a," * 9) for n in range(900)), "D114"),
    "merge bomb": (b"a: &a {x: 1}\n" + b"<<: *a\n" * 900, "D115"),
    "object tag": (b"!!python/object/apply:os.system [ls]", "D116"),
    "many items": (b"a:\n" + b" - x\n" * 100_000, "D120"),
    "a long value": (b"a: " + b"x" * 70_000, "D121"),
    "many directives": (b"%A\n" * 50_000, "D118"),
    "many documents": (b"---\n" * 100_000, "D117"),
    "many control characters": (b"\x01" * 500_000, "D104"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_in_under_a_second(name: str) -> None:
    data, code = HOSTILE[name]
    # Processor time, so that a busy machine fails nobody.
    start = time.process_time()
    found = codes(data)
    assert time.process_time() - start < 1
    assert code in found


def test_limits_are_exact_and_can_be_set() -> None:
    deep = b"a: " + b"[" * 63 + b"]" * 63
    assert codes(deep) == []
    assert codes(b"a: " + b"[" * 64 + b"]" * 64) == ["D119"]
    assert codes(b"a: [1, 2]", Limits(nodes=5)) == []
    assert codes(b"a: [1, 2]", Limits(nodes=4)) == ["D120"]
    assert codes(b"a: 12345", Limits(scalar_characters=5)) == []
    assert codes(b"a: 123456", Limits(scalar_characters=5)) == ["D121"]
    assert codes(b"a: 1", Limits(size_bytes=4)) == []
    assert codes(b"a: 1", Limits(size_bytes=3)) == ["D101"]


def test_every_document_code_is_met_here_and_no_other() -> None:
    met = {code for _, code, _, _ in REFUSED} | {code for _, code in HOSTILE.values()}
    assert met == set(DOCUMENT)


def assert_tells(data: bytes) -> None:
    root, problems = read_document(data, "p.yaml")
    assert root is not None or problems
    for problem in problems:
        assert isinstance(problem, Problem) and problem.code in DOCUMENT and problem.hint
        assert not any(word in problem.message for word in ("while ", "expected", "token", "scalar"))
    if root is not None:
        plain(root)


SYNTAX = st.text(alphabet="ab10 \n\t:-?,[]{}#&*!|>'\"%@`.\\~<=xuU\r\x85\ufeffé", max_size=60)


@settings(max_examples=150, deadline=None)
@given(SYNTAX)
def test_any_text_gives_a_tree_or_problems_and_never_raises(text: str) -> None:
    assert_tells(text.encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_give_a_tree_or_problems_and_never_raise(data: bytes) -> None:
    assert_tells(data)


LETTERS = st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=("Cc", "Cf", "Zs"))
VISIBLE = st.text(LETTERS, min_size=1)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(VISIBLE, st.lists(VISIBLE, max_size=3), min_size=1, max_size=4))
def test_what_is_quoted_is_read_back_exactly(tree: dict[str, list[str]]) -> None:
    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    lines = [f"{quoted(key)}: [{', '.join(map(quoted, items))}]" for key, items in tree.items()]
    assert plain(read("\n".join(lines))) == tree
