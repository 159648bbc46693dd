"""What a document's syntax error means to the person who wrote it: the parser's own words in, a Problem out."""

from __future__ import annotations

import re

from rules.problem import Place, Problem

NO_TAG = "delete the tag; quote the value if it is a text that starts with '!'"

# (what the library says, code, message, hint); the first that fits counts. `{opened}` is where the construct began.
_SYNTAX = (
    (r"'\\t' that cannot start", "D108", "a tab stands where only spaces may", "indent and separate with spaces"),
    ("tag|URI", "D116", "a tag (a word that starts with '!') asks for a type", NO_TAG),
    ("anchor", "D113", "a word that starts with '&' is a YAML anchor", "quote the value, or delete the anchor"),
    ("alias", "D114", "a word that starts with '*' is a YAML alias", "quote the value, or write it out"),
    ("cannot start any token", "D107", "a value can't start with this character", "put the value in quotes"),
    (
        "mapping values are not allowed",
        "D107",
        "this ': ' does not end a key",
        "quote a value that holds ': '; see that the line before has its colon and keys are indented equally",
    ),
    (
        "could not find expected ':'",
        "D107",
        "this line is no `key: value`",
        "write a colon and a space after the key; indent a text that goes on",
    ),
    ("quoted scalar found unexpected", "D107", "the quote opened at {opened} is never closed", "close it"),
    (
        "escape|hexdecimal",
        "D107",
        "a backslash in double quotes starts no known escape",
        "use single quotes, or write the backslash twice",
    ),
    (
        "expected ',' or",
        "D107",
        "the bracket opened at {opened} is not closed, or a comma is missing",
        "close the bracket; separate its items with commas; put a value that holds a comma in double quotes, "
        "such as a condition: \"status in ('won', 'lost')\"",
    ),
    (
        "expected the node content",
        "D107",
        "a value is missing here",
        "write the value, or quote it if it starts with ] } or ,",
    ),
    ("sequence entries", "D107", "a list can't start here", "start it on its own line, with '- ' before each item"),
    ("mapping keys", "D107", "a '? ' can't start a key here", "write `key: value`, or quote the text"),
    ("block scalar", "D107", "a text block is badly started or indented", "write `|`, then indent its lines equally"),
    ("unexpected ':'", "D107", "a ':' inside brackets belongs to no key", "quote the value that holds it"),
    (
        "expected <block end>",
        "D107",
        "this line does not fit the list or mapping opened at {opened}",
        "indent the entries of one list or mapping equally; don't mix '- ' items and keys",
    ),
    (
        "document",
        "D107",
        "text stands after the end of the document",
        "start every key in the first column, and quote a text that starts with a quote or bracket",
    ),
)


def syntax_problem(said: str, place: Place, opened: Place) -> Problem:
    """The problem behind what the parser `said`; `opened` is where the quote, bracket or mapping in question began.

    >>> print(syntax_problem("found character '\\\\t' that cannot start any token", Place("p.yaml", 2, 1), Place()))
    error D108 a tab stands where only spaces may @ p.yaml:2:1 - indent and separate with spaces
    """
    for pattern, code, message, hint in _SYNTAX:
        if re.search(pattern, said):
            where = f"line {opened.line}, column {opened.column}"
            return Problem(code, message.format(opened=where), opened if "never closed" in message else place, hint)
    return Problem("D107", "this can't be read as YAML", place, "compare it with a line that works, or quote the value")
