"""The document reader: bytes of a YAML 1.2 file in, a tree of texts with their places and every problem out.

It reads the parser's events and builds no value: `NO`, `010`, `1_250.00`, `2026-01-01`, `12:30` and `~` keep their
text, and the grammars of `rules.quantities.written` decide what they mean. Anchors, aliases, merge keys, tags,
directives and a second document are refused, so that the text on a line is all that the line says. The only door of
ruamel.yaml.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.scanner import Scanner, ScannerError

from rules.document.syntax import NO_TAG, syntax_problem
from rules.document.text import REFUSED_CHARACTERS, document_text
from rules.problem import Place, Problem


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as it was written, and whether quotes (or a `|` or `>` block) make it text beyond doubt."""

    text: str
    quoted: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, in the order written."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and their values in the order written; no key comes twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place


Node: TypeAlias = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Document:
    """One source file that was read: its name, the SHA-256 (hex) of its raw bytes, and its root."""

    file: str
    sha256: str
    root: Mapping


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest document that is read: `depth` counts nested lists and mappings, `nodes` counts keys too."""

    size_bytes: int = 524_288
    depth: int = 64
    nodes: int = 20_000
    scalar_characters: int = 65_536


DEFAULT_LIMITS = Limits()


def read_document(
    data: bytes, file: str, limits: Limits = DEFAULT_LIMITS
) -> tuple[Mapping | None, tuple[Problem, ...]]:
    """Read one YAML document so that each value keeps its text and its place; any problem means: refuse the document.

    The root is None when the text could not be followed to its end, when an alias hides a value, or when the root is no
    mapping. With other problems (a key written twice, a tag) it is given all the same, so that the caller can check on
    and report everything at once; an entry whose key was refused is left out. Never raises for what `data` holds.

    >>> root, problems = read_document(b"country: NO\\nrate: 010\\n", "program.yaml")
    >>> plain(root), problems
    ({'country': 'NO', 'rate': '010'}, ())
    >>> print(read_document(b"cap: 5\\ncap: 6", "program.yaml")[1][0])
    error D109 the key 'cap' was already written on line 1, column 1 @ program.yaml:2:1 - keep one of the two
    """
    text, problems = document_text(data, file, limits.size_bytes)
    if problems:
        return None, problems
    reading = _Reading(file, limits)
    root = reading.read(text)
    return root, tuple(sorted(reading.problems, key=lambda problem: (problem.place, problem.code)))


def plain(node: Node) -> Any:
    """The tree as dict, list and str for validation; an unquoted empty value is None. The reader bounds the depth."""
    if isinstance(node, Scalar):
        return node.text if node.text or node.quoted else None
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def locate(node: Node, path: Iterable[str | int]) -> Place:
    """The place of the value at `path`, or of its deepest ancestor that was written."""
    return _walk(node, path)[1].place


def locate_key(node: Node, path: Iterable[str | int]) -> Place:
    """The place of the key at the end of `path` (of the item, in a list), or of the deepest ancestor's key."""
    key, value = _walk(node, path)
    return (key or value).place


def _walk(node: Node, path: Iterable[str | int]) -> tuple[Scalar | None, Node]:
    key: Scalar | None = None
    for step in path:
        if isinstance(node, Mapping):
            found = next((entry for entry in node.entries if entry[0].text == str(step)), None)
            if found is None and isinstance(step, int):
                continue  # keys that stand for a list of one
            if found is None:
                break
            key, node = found
        elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
            key, node = None, node.items[step]
        else:
            break
    return key, node


def _place(mark: Any, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


class _TooDeep(Exception):
    """Brackets nested deeper than the limit, found before the parser looks ahead through them."""

    def __init__(self, mark: Any) -> None:
        super().__init__()
        self.mark = mark


class _Scanner(Scanner):
    """The library's scanner, with three places closed where a hostile text costs time or leaks a Python error."""

    scanner_processing_version = (1, 2)

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self.depth_max = DEFAULT_LIMITS.depth
        self.directive: Any = None

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:
        if self.flow_level >= self.depth_max:
            raise _TooDeep(self.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)

    def fetch_directive(self) -> None:
        # The first is noted, all are skipped: the library would turn a version of any length into a number.
        self.directive = self.directive or self.reader.get_mark()
        self.unwind_indent(-1)
        while self.reader.peek() not in "\0\r\n":
            self.reader.forward()

    def scan_flow_scalar_non_spaces(self, double: Any, start_mark: Any) -> Any:
        try:
            return super().scan_flow_scalar_non_spaces(double, start_mark)
        except (ValueError, OverflowError):  # \U00110000 and beyond
            raise ScannerError(None, start_mark, "found unknown escape character", self.reader.get_mark()) from None


@dataclass(slots=True)
class _Open:
    """A list or mapping that is still being read."""

    is_mapping: bool
    place: Place
    items: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    waiting_key: Node | None = None

    def closed(self) -> Node:
        if self.is_mapping:
            return Mapping(tuple(self.entries.values()), self.place)
        return Sequence(tuple(self.items), self.place)


class _Reading:
    """One pass over the events of one text, with an explicit stack: depth never meets Python's recursion limit."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.file, self.limits = file, limits
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.nodes = 0
        self.has_alias = False

    def read(self, text: str) -> Mapping | None:
        whole = self.follow(text)
        if not whole:
            return None
        if self.root is None or (isinstance(self.root, Scalar) and not self.root.text and not self.root.quoted):
            if not self.problems:
                self.refuse("D105", "the document is empty", Place(self.file, 1, 1), "write at least one `key: value`")
            return None
        if not isinstance(self.root, Mapping):
            kind = "a list" if isinstance(self.root, Sequence) else "one single value"
            hint = "write `key: value` lines, with a space after the colon"
            self.refuse("D106", f"the document is {kind}, not keys with values", self.root.place, hint)
            return None
        return None if self.has_alias else self.root

    def follow(self, text: str) -> bool:
        """Read all events; False when the reading stopped early."""
        yaml = YAML(typ="base", pure=True)
        yaml.Scanner = _Scanner
        _, parser = yaml.get_constructor_parser(text)
        scanner = yaml.scanner
        scanner.depth_max = self.limits.depth
        going = True
        try:
            while going and parser.check_event():
                going = self.take(parser.get_event())
        except _TooDeep as error:
            going = self.stop("D119", _place(error.mark, self.file))
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = f"{error.context or ''} {error.problem or ''}"
            opened = _place(error.context_mark or mark, self.file)
            self.problems.append(syntax_problem(said, _place(mark, self.file), opened))
            going = False
        if scanner.directive is not None:
            message = "a line that starts with '%' is a YAML directive"
            place = _place(scanner.directive, self.file)
            self.refuse("D118", message, place, "delete it, or quote the value it belongs to")
        return going

    def take(self, event: Any) -> bool:
        """Add one event to the tree; False when a limit or a second document ends the reading."""
        if isinstance(event, DocumentStartEvent) and self.nodes:
            hint = "keep one document in a file; delete this `---`"
            self.refuse("D117", "a second document starts here", _place(event.start_mark, self.file), hint)
            return False
        if isinstance(event, CollectionEndEvent):
            self.attach(self.stack.pop().closed())
        elif isinstance(event, NodeEvent):
            return self.take_node(event, _place(event.start_mark, self.file))
        return True

    def take_node(self, event: Any, place: Place) -> bool:
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            return self.stop("D120", place)
        self.refuse_marks(event, place)
        if isinstance(event, CollectionStartEvent):
            if len(self.stack) >= self.limits.depth:
                return self.stop("D119", place)
            self.stack.append(_Open(isinstance(event, MappingStartEvent), place))
        elif isinstance(event, AliasEvent):
            self.attach(Scalar("", False, place))
        else:
            return self.take_scalar(event, place)
        return True

    def take_scalar(self, event: ScalarEvent, place: Place) -> bool:
        text: str = event.value
        if len(text) > self.limits.scalar_characters:
            return self.stop("D121", place)
        character = REFUSED_CHARACTERS.search(text)
        if character:  # only an escape can bring one here
            message = f"an escape makes the control character U+{ord(character.group()):04X}"
            self.refuse("D104", message, place, "delete the escape, or use single quotes")
            text = REFUSED_CHARACTERS.sub("\ufffd", text)
        self.attach(Scalar(text, event.style is not None, place))
        return True

    def attach(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.waiting_key is None:
            parent.waiting_key = node
        else:
            key, parent.waiting_key = parent.waiting_key, None
            problem = _key_problem(key, parent.entries)
            if problem is None and isinstance(key, Scalar):
                parent.entries[key.text] = (key, node)
            elif problem is not None:
                self.problems.append(problem)

    def refuse_marks(self, event: Any, place: Place) -> None:
        if isinstance(event, AliasEvent):
            self.has_alias = True
            message = f"the alias '*{_short(event.anchor)}' stands for a value written elsewhere"
            self.refuse("D114", message, place, _NO_MARK)
            return
        if event.anchor is not None:
            self.refuse("D113", f"the anchor '&{_short(event.anchor)}' names a value for reuse", place, _NO_MARK)
        if event.ctag is not None:
            self.refuse("D116", "a tag (a word that starts with '!') asks for a type", place, NO_TAG)

    def refuse(self, code: str, message: str, place: Place, hint: str) -> None:
        self.problems.append(Problem(code, message, place, hint))

    def stop(self, code: str, place: Place) -> bool:
        message, hint = {
            "D119": (f"lists and mappings are nested more than {self.limits.depth} deep", "flatten them"),
            "D120": (f"the document has more than {self.limits.nodes:,} keys and values", "keep data in tables"),
            "D121": (f"a value has more than {self.limits.scalar_characters:,} characters", "shorten it"),
        }[code]
        self.refuse(code, message, place, hint)
        return False


_NO_MARK = "write the value out where it is used"


def _key_problem(key: Node, entries: dict[str, tuple[Scalar, Node]]) -> Problem | None:
    if not isinstance(key, Scalar):
        hint = "quote a text that starts with [ or {"
        return Problem("D110", "a key must be a text, not a list or mapping", key.place, hint)
    if not key.text.strip():
        return Problem("D111", "a key is empty", key.place, "write a name before the colon")
    if key.text == "<<" and not key.quoted:
        return Problem("D115", "the merge key '<<' copies entries from elsewhere", key.place, "write the entries out")
    if any(_is_invisible(character) for character in key.text):
        hint = "type the key again, in one line, without special spaces"
        return Problem("D112", f"the key {_short(key.text)!a} holds an invisible character", key.place, hint)
    if not unicodedata.is_normalized("NFC", key.text):
        hint = "type the key again with composed letters (Unicode NFC)"
        return Problem("D112", f"the key {_short(key.text)!a} has letters in decomposed form", key.place, hint)
    if key.text in entries:
        first = entries[key.text][0].place
        message = f"the key '{_short(key.text)}' was already written on line {first.line}, column {first.column}"
        return Problem("D109", message, key.place, "keep one of the two")
    return None


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp") and character != " "


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
