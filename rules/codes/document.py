"""D: the document cannot be read, or says something in a way that could be misread."""

from __future__ import annotations

from rules.codes.code import Code

DOCUMENT: dict[str, Code] = {
    "D101": Code(
        "File too large",
        "A program is written by hand; a file of more than 512 KiB is data or an attack.",
        "Split it, or move its data to a table.",
    ),
    "D102": Code(
        "Not UTF-8",
        "A byte has no meaning in UTF-8, so a name or an amount could be misread.",
        "Save the file as UTF-8.",
    ),
    "D103": Code(
        "UTF-16 or binary",
        "The file starts with a UTF-16 mark or holds zero bytes.",
        "Save the file as UTF-8.",
    ),
    "D104": Code(
        "Control character",
        "A character that an editor does not show can hide or reorder what a line says.",
        "Delete the character or the escape that makes it.",
    ),
    "D105": Code("Empty document", "There is nothing to read.", "Write at least one `key: value`."),
    "D106": Code(
        "Root is no mapping",
        "A program is keys with values; this is a list or one single value.",
        "Write `key: value` lines, with a space after the colon.",
    ),
    "D107": Code(
        "Not readable as YAML",
        "Quotes, brackets, colons or indentation do not fit together from here on.",
        "Mend the line that is named, or quote its value.",
    ),
    "D108": Code("Tab", "YAML counts indentation in spaces; a tab has no width.", "Replace tabs by spaces."),
    "D109": Code("Key written twice", "One of the two values would be lost without a word.", "Keep one of them."),
    "D110": Code(
        "Key is no text",
        "A list or mapping can't be a key; often a text that starts with `{` or `[` lacks its quotes.",
        "Quote the text.",
    ),
    "D111": Code("Empty key", "A value without a name can't be used.", "Write a name before the colon."),
    "D112": Code(
        "Key with hidden characters",
        "Two keys that look the same must be the same: invisible characters and decomposed letters are refused.",
        "Type the key again.",
    ),
    "D113": Code(
        "Anchor",
        "Values are not reused by reference, so that each line says all that it means.",
        "Write the value out; quote a text that starts with `&`.",
    ),
    "D114": Code(
        "Alias",
        "Values are not reused by reference, so that each line says all that it means.",
        "Write the value out; quote a text that starts with `*`.",
    ),
    "D115": Code("Merge key", "`<<` copies entries that are not visible where they act.", "Write the entries out."),
    "D116": Code(
        "Tag",
        "A tag asks for a type or an object; every value is read as text.",
        "Delete the tag; quote a text that starts with `!`.",
    ),
    "D117": Code(
        "Second document",
        "Only one document is read from a file.",
        "Delete the `---` in the middle, or make two files.",
    ),
    "D118": Code("Directive", "`%YAML` and `%TAG` would change how the file is read.", "Delete the line."),
    "D119": Code("Nested too deep", "No program needs more than 64 levels.", "Flatten the structure."),
    "D120": Code(
        "Too many keys and values",
        "A program of more than 20,000 keys and values is data.",
        "Move its data to a table.",
    ),
    "D121": Code("Value too long", "A value of more than 65,536 characters is no setting.", "Shorten it."),
}
