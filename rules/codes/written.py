"""W: a quantity is not written the way quantities are written."""

from __future__ import annotations

from rules.codes.code import Code

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
