"""The grammar of a written number, shared by money, rates, numbers and counts: a text in, an exact Fraction out.

ASCII and anchored; a text is measured before any pattern sees it and matched before it is converted, so that
`1e1000000` or a million digits cost nothing. No float is ever made.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

_CHARACTERS_MAX = 64
_DECIMALS_MAX = 12
_ONE: int = 10**_DECIMALS_MAX
MAGNITUDE_MAX = 10**15

WHOLE_PATTERN = r"(?:0|[1-9][0-9]{0,2}(?:_[0-9]{3})+|[1-9][0-9]*)"
COUNT_PATTERN = rf"-?{WHOLE_PATTERN}"
DECIMAL_PATTERN = rf"-?{WHOLE_PATTERN}(?:\.[0-9]{{1,{_DECIMALS_MAX}}})?"
FRACTION_PATTERN = rf"-?{WHOLE_PATTERN}/{WHOLE_PATTERN}"
NUMBER_PATTERN = rf"{DECIMAL_PATTERN}|{FRACTION_PATTERN}"


class Unwritable(ValueError):
    """A text that is no such quantity: a stable code, what is wrong, how to write it; the caller knows the place."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(f"{code} {message} - {hint}")
        self.code, self.message, self.hint = code, message, hint


def has_decimals(number: Fraction) -> bool:
    """Whether 12 decimals hold the number exactly."""
    return _ONE % number.denominator == 0


def decimal_text(number: Fraction, decimals_min: int) -> str:
    """The exact decimal text of a number that 12 decimals hold, with at least `decimals_min` of them."""
    assert has_decimals(number), "an amount has at most 12 decimals"
    whole, part = divmod(abs(number.numerator) * (_ONE // number.denominator), _ONE)
    decimals = f"{part:0{_DECIMALS_MAX}}".rstrip("0").ljust(decimals_min, "0")
    return ("-" if number < 0 else "") + f"{whole}" + (f".{decimals}" if decimals else "")


PLAIN_NUMBER = re.compile(rf"{COUNT_PATTERN}(?:\.([0-9]+))?")
OTHER_NUMBER = re.compile(r"[-+]?(?:0[xXoObB][0-9a-fA-F_]+|[0-9_.]+[eE][-+]?[0-9_]+|\.?nan|\.?inf(?:inity)?)", re.I)


def parse_decimal(number: str, whole_text: str) -> Fraction:
    """An exact decimal up to 10^15 in size; `whole_text` is what a refusal shows."""
    match = PLAIN_NUMBER.fullmatch(number)
    if match is None:
        raise _why_no_number(number, whole_text)
    if len(match[1] or "") > _DECIMALS_MAX:
        hint = "round it as the contract says, or write a fraction such as 1/3 where one is allowed"
        raise Unwritable("W111", f"{shown_text(whole_text)} has more than {_DECIMALS_MAX} decimals", hint)
    return _bounded(Fraction(number.replace("_", "")), whole_text)


def parse_fraction(text: str) -> Fraction:
    """An exact fraction of whole numbers, such as `1/3`."""
    numerator, _, denominator = text.partition("/")
    if not re.fullmatch(FRACTION_PATTERN, text):
        for side in (numerator, denominator):
            parse_decimal(side, text)
        raise Unwritable("W110", f"{shown_text(text)} is not a fraction of whole numbers", "write it as 1/3 or -1/3")
    below = _bounded(Fraction(denominator.replace("_", "")), text)
    if below == 0:
        raise Unwritable("W114", f"{shown_text(text)} divides by zero", "write a denominator of at least 1")
    return _bounded(Fraction(numerator.replace("_", "")), text) / below


def _bounded(number: Fraction, text: str) -> Fraction:
    if abs(number) > MAGNITUDE_MAX:
        raise Unwritable("W112", f"{shown_text(text)} is beyond 10^15", "check the number of digits")
    return number


def _why_no_number(number: str, text: str) -> Unwritable:
    """The first reason for which `number`, a part of `text`, is not in the grammar of decimals."""
    check_digits(text)
    shown = shown_text(text)
    if not number:
        return Unwritable("W110", f"{shown} holds no number", "write a number such as 1_250.00")
    if any(character.isspace() for character in number):
        return Unwritable("W109", f"{shown} has a space in or around the number", "leave the space out; group with '_'")
    if "," in number:
        return Unwritable("W104", f"{shown} has a comma", "write '_' between thousands, '.' before decimals: 1_250.00")
    if OTHER_NUMBER.fullmatch(number):
        return Unwritable("W107", f"{shown} is not a plain finite number", "write all its digits, such as 100_000")
    if number.startswith("+"):
        return Unwritable("W108", f"{shown} starts with '+'", f"write {shown_text(number[1:])}")
    if "%" in number:
        return Unwritable("W124", f"{shown} is a percentage where a plain number belongs", "write the plain number")
    if re.fullmatch(r"-?[0-9_]+(?:\.[0-9_]*)?", number):
        if re.match(r"-?0[0-9]", number):
            hint = "write it without leading zeros; if it is an identifier, it is not a number"
            return Unwritable("W106", f"{shown} has a leading zero", hint)
        if "_" in number:
            return Unwritable("W105", f"{shown} has a misplaced '_'", "write '_' between groups of three: 1_250_000")
    return Unwritable("W110", f"{shown} is not a number", "write a number such as 1_250.00 or 0.5")


def measure(text: str) -> None:
    """Refuse what is blank or too long, before any pattern sees it."""
    if len(text) > _CHARACTERS_MAX:
        raise Unwritable("W102", f"a text of {len(text):,} characters is no quantity", "write at most 64 characters")
    if not text.strip():
        raise Unwritable("W101", "the value is blank", "write the value, or delete the key")


def check_digits(text: str) -> None:
    """Refuse characters beyond ASCII: digits of other scripts, other minus signs, hidden spaces."""
    character = next((character for character in text if ord(character) > 126), None)
    if character is not None:
        name = unicodedata.name(character, "a hidden character")
        message = f"{shown_text(text)} holds U+{ord(character):04X} ({name.lower()})"
        raise Unwritable("W103", message, "write it with the digits 0-9, '-', '.' and '_' of a plain keyboard")


def shown_text(text: str) -> str:
    """The text as a message quotes it, with hidden characters escaped."""
    return f"'{text}'" if text.isprintable() else ascii(text)
