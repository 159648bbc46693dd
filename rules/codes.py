"""Every problem code, once: the public catalogue from which `docs/reference/errors.md` is generated.

A code never changes its meaning and is never used again. Each has a smallest failing example in `tests/errors/`.
Letters: D document, W written quantities, X expressions, P programs, F facts, K kinds and quantities, S store and
usage.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """A code's title, why it is refused, and the usual cure."""

    title: str
    why: str
    cure: str


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

WRITTEN: dict[str, Code] = {
    "W101": Code("Blank", "A value is expected and nothing is written.", "Write the value, or delete the key."),
    "W102": Code("Too long", "No quantity needs more than 64 characters.", "Shorten it."),
    "W103": Code(
        "Character not allowed",
        "Digits and signs of other scripts look alike but are not the same.",
        "Write it with the digits 0-9 and plain signs.",
    ),
    "W104": Code(
        "Comma in a number",
        "A comma means thousands to some readers and decimals to others.",
        "Write `1_250.00`: `_` for thousands, `.` for decimals.",
    ),
    "W105": Code(
        "Misplaced underscore",
        "`_` separates thousands: groups of exactly three digits, none in the decimals.",
        "Write `1_250_000`, or leave `_` out.",
    ),
    "W106": Code(
        "Leading zero",
        "`010` is ten to some readers and eight to others, or an identifier.",
        "Write the number without leading zeros.",
    ),
    "W107": Code(
        "Exponent, other base or no finite number",
        "`1e5`, `0x10`, `NaN` and `inf` are not amounts that people write.",
        "Write all digits.",
    ),
    "W108": Code("Leading plus", "A number is positive without a sign.", "Leave the `+` out."),
    "W109": Code("Space inside or around", "A space may hide a missing digit or sign.", "Leave the space out."),
    "W110": Code(
        "Not a number",
        "The text does not follow the way numbers are written.",
        "Write a number such as `1_250.00`.",
    ),
    "W111": Code(
        "Too many decimals",
        "At most 12 decimals are read.",
        "Round it as the contract says, or write a fraction such as `1/3`.",
    ),
    "W112": Code("Too large", "Numbers up to 10^15 are read.", "Check the number of digits."),
    "W113": Code("Ambiguous rate", "A rate above 1 without `%` may be a percentage or a factor.", "Write it with `%`."),
    "W114": Code("Zero denominator", "A fraction over zero has no value.", "Write a denominator of at least 1."),
    "W115": Code(
        "Currency not understood",
        "An amount is a number, with a three-letter currency code before it if need be.",
        "Write `EUR 500`.",
    ),
    "W116": Code(
        "Not a date",
        "Dates are written year-month-day, so that day and month can't be taken for each other.",
        "Write `2026-01-31`.",
    ),
    "W117": Code("Impossible date", "The calendar has no such day.", "Check month and day."),
    "W118": Code("Year out of range", "Years from 1900 to 2999 are read.", "Check the year."),
    "W119": Code(
        "Not a range of dates",
        "A range is a first and a last day, both included.",
        "Write `2026-01-01 to 2026-12-31`.",
    ),
    "W120": Code("Range runs backwards", "The last day is before the first.", "Exchange the two dates."),
    "W121": Code(
        "Not true or false",
        "Only `true` and `false` are read; `no` is also a country and a word.",
        "Write `true` or `false`.",
    ),
    "W122": Code("Not a whole number", "A count has no decimals and no fraction.", "Write a whole number."),
    "W123": Code(
        "Not a single value",
        "A list, a mapping or a typed value stands where a written text is expected.",
        "Write one value, such as `EUR 500`.",
    ),
    "W124": Code("Percent not allowed", "Only a rate is written in percent.", "Write the plain number."),
}

EXPRESSIONS: dict[str, Code] = {
    "X101": Code(
        "empty expression",
        "A condition or formula with nothing in it says neither yes nor no.",
        "Write one, such as `deals.status = 'won'`, or leave the key out.",
    ),
    "X102": Code(
        "expression too long",
        "Beyond 2,000 characters, canonical brackets included, nobody can check an expression by reading it.",
        "Split it into steps, each with a name.",
    ),
    "X103": Code(
        "expression with too many words",
        "Beyond 500 words and signs nobody can check an expression by reading it.",
        "Split it into steps, or put a long list into a table.",
    ),
    "X104": Code(
        "nested too deep",
        "Brackets, nots and operations stand more than 50 deep in each other; a chain of + counts one for each.",
        "Split it into steps, each with a name.",
    ),
    "X105": Code(
        "character that can't be seen or typed plainly",
        "Letters that look alike, control and direction marks make a text say something else than it shows.",
        "Write names and signs in plain ASCII; take invisible characters out of texts.",
    ),
    "X106": Code(
        "sign that is not allowed",
        "Only = != < <= > >= + - * / ( ) and the comma have a meaning in an expression.",
        "Write the sign that the hint names.",
    ),
    "X107": Code(
        "comment or semicolon",
        "An expression is one condition or formula; what follows a comment sign or a semicolon would be lost.",
        "Put comments in the file around it. Minus a negative is written `a - (-b)`.",
    ),
    "X108": Code(
        "double quotes",
        "In SQL double quotes and backticks name a column; most people mean a text.",
        "Write texts in single quotes: `'won'`.",
    ),
    "X109": Code(
        "text that is never closed",
        "A text begins with a single quote and never ends.",
        "Close it. A quote inside of a text is written twice: `'it''s'`.",
    ),
    "X110": Code(
        "not a plain number",
        "Numbers are exact decimals: no exponent, no percent sign, no other base, at most 18 digits on each side.",
        "Write `0.075` for 7.5 %, and `1250.00` or `1_250.00`.",
    ),
    "X111": Code(
        "not a date, or not a length of time",
        "The written date does not exist, or the interval is not a whole count of days, months or years.",
        "Write `date '2026-01-31'` and `interval '90' day`.",
    ),
    "X112": Code(
        "word of SQL that is not allowed",
        "Queries, patterns, casts and windows have no place in a condition over one row.",
        "Write it as the hint says; ranks and totals are kinds of rule.",
    ),
    "X113": Code(
        "function that is not allowed",
        "Only least, greatest, abs, coalesce and nullif may be called, each with its number of values.",
        "Use one of them, or a step of the program.",
    ),
    "X114": Code(
        "not a column's name",
        "A name is `table.column` or the name of a step, at most 64 characters each, and never every column.",
        "Name one column.",
    ),
    "X115": Code(
        "brackets that don't match",
        "A bracket or a case is opened and never closed, or closed and never opened.",
        "Add the missing one or take the other out.",
    ),
    "X116": Code(
        "not a whole expression",
        "A value or an operator is missing, or a word stands where it has no meaning.",
        "Complete it at the place that the message names.",
    ),
    "X117": Code(
        "null as a value",
        "Nothing equals null, so a comparison with it is never true.",
        "Write `x is null`; leave out `else` to give an unknown.",
    ),
    "X118": Code(
        "comparisons in a chain",
        "`a < b < c` compares the truth of the first test with c.",
        "Write `a < b and b < c`.",
    ),
    "X119": Code(
        "expression that is not a text",
        "A list, a table or a bare value stands where an expression is due.",
        "Write it as text.",
    ),
    "X131": Code(
        "unknown name",
        "No table, column or step has this name.",
        "Take the suggested name, or declare the column.",
    ),
    "X132": Code(
        "values of different types",
        "A text with a number, money with a plain column, a date with a text: such values can't be compared or mixed.",
        "Compare values of one type. Divide money by money for a number.",
    ),
    "X133": Code(
        "operation that a type does not have",
        "Money times money, the sum of two dates, the order of two texts have no meaning.",
        "Money times or by a number is money; money by money is a number; dates differ in days.",
    ),
    "X134": Code(
        "flag and condition confused",
        "Conditions are joined by and, or, not; a flag is a condition already and is not compared.",
        "Write `partners.active`, not `partners.active = true`; compare other values with something.",
    ),
    "X135": Code(
        "result of the wrong type",
        "The place asks for a condition, an amount or a date, and the expression gives something else.",
        "Write an expression of the type that is due.",
    ),
    "X136": Code(
        "interval in the wrong place",
        "A length of time means something only after a date and a sign.",
        "Write `deals.closed_on + interval '90' day`.",
    ),
    "X137": Code(
        "text that is not a date",
        "A text meets a date or a month, and there is no such day.",
        "Write days as `'2026-01-31'` and months as `'2026-01'`.",
    ),
}

PROGRAMS: dict[str, Code] = {}

FACTS: dict[str, Code] = {}

QUANTITIES: dict[str, Code] = {
    "K101": Code(
        "Unknown currency",
        "How many decimals money has is a fact of its currency; a code that ISO 4217 does not list has none.",
        "Use the three capitals of ISO 4217, such as EUR.",
    ),
    "K102": Code(
        "Currency can't be paid",
        "Metals, funds units and codes for testing have no minor unit, so no amount in them can be paid.",
        "Name the currency that is paid out.",
    ),
    "K103": Code(
        "Amount finer than the minor unit",
        "Half a yen does not exist, and rounding what a person wrote would change it in silence.",
        "Write the amount with no more decimals than the currency has.",
    ),
    "K104": Code(
        "Amount too large",
        "The result of a product or share does not fit 64 bits of minor units; it would wrap, so nothing is computed.",
        "Check the rate, the unit and the currency of the row that is named.",
    ),
    "K105": Code(
        "Denominator not positive",
        "A ratio over zero is unknown, and a sign belongs in the numerator, where rounding can see it.",
        "Say what the program gives for a zero denominator, or carry the sign in the numerator.",
    ),
    "K106": Code(
        "Rounding step below one",
        "A step of zero or less has no multiples to round to.",
        "Use a positive step, such as 0.05 or 250.",
    ),
    "K107": Code(
        "Nobody to share among",
        "A pool without participants can't be shared, and dropping its money in silence would be a fault.",
        "Check the condition that selects the participants, or leave the pool out.",
    ),
    "K108": Code(
        "Negative weight",
        "A share of a whole can't be less than nothing; others would get more than there is.",
        "Leave that participant out, or floor the weight at zero.",
    ),
    "K109": Code(
        "No weight to share by",
        "When every weight is zero, no proportion follows from them.",
        "Name another basis for such a period, for example equal shares.",
    ),
    "K110": Code(
        "Participant named twice",
        "Ties are settled by a key; if two rows have the same, the order of rows would decide who gets a cent.",
        "Add the weights of the rows up first, or use a key that is unique.",
    ),
    "K111": Code(
        "Total not in whole steps",
        "A total that is no multiple of the step can't be shared in whole steps without a rest.",
        "Change the total or the step, or let the residue be house, carry or round_each.",
    ),
}

STORE: dict[str, Code] = {
    "S201": Code(
        "No store",
        "What is read must have been kept first, and there is no store under this name.",
        "Check the path; `partage run` makes a store with its first run.",
    ),
    "S202": Code(
        "Not a store",
        "A folder, a file that is no database, or the database of other software must not be written over.",
        "Name the file of a Partage store, or a file that does not exist yet.",
    ),
    "S203": Code(
        "Store out of reach",
        "A store needs a folder that may be written, even to read, for the log and the blobs beside the file.",
        "Check the rights of the file and its folder; copy a store from a read-only disk, with its blobs.",
    ),
    "S204": Code(
        "Store can't be written",
        "The disk is full or failing, or a limit on file size is reached; nothing of the command was kept.",
        "Make room or mend the disk, then run the command again.",
    ),
    "S205": Code(
        "Store busy",
        "One command writes at a time, and another one did not end within ten seconds.",
        "Run the command again when the other one has ended.",
    ),
    "S206": Code(
        "Schema too new",
        "A newer Partage wrote the store, and this one might misread it.",
        "Install that version or a later one.",
    ),
    "S207": Code(
        "Setting not taken",
        "Without its log, its checks and its waits the database can't promise that a run is kept whole.",
        "Put the store on a local disk: network folders often lack what SQLite's log needs.",
    ),
    "S208": Code(
        "Database damaged",
        "Pages of the file are not what SQLite wrote.",
        "Restore the store and its blobs from a backup.",
    ),
    "S209": Code(
        "Blob missing or changed",
        "A blob is named by the SHA-256 of its bytes, and these bytes have another one.",
        "Restore the folder of the blobs from a backup.",
    ),
    "S210": Code("No such run", "Runs are numbered 1, 2, 3 as they are kept.", "Name a run that was kept."),
    "S211": Code(
        "Manifest changed",
        "A run's id is the SHA-256 of its manifest, and this manifest has another one.",
        "Restore the store from a backup.",
    ),
}

CODES: dict[str, Code] = DOCUMENT | WRITTEN | EXPRESSIONS | PROGRAMS | FACTS | QUANTITIES | STORE
