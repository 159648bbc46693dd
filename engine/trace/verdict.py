"""A verdict: what one rule made of one row; and the fate of a row, which follows from all of its verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rules.problem import Place


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule made of one row: `fate` is paid, measured, not_payable, outside or rejected.

    `rule` is the rule's name, `words` why, `partner` whose row it is; `amount_minor` what the row was paid. `is_own`
    tells that the rule reads the row itself, and not one that rests on it; `is_dated` that it looks at dates.
    """

    table: str
    key: str
    rule: str
    fate: str
    words: str
    place: Place
    partner: str = ""
    amount_minor: int | None = None
    is_own: bool = True
    is_dated: bool = True


def fate_of(verdicts: Sequence[Verdict]) -> tuple[str, str]:
    """The one fate of a row, and the rule that does not count it where it is not payable.

    Counted by any rule is counted. Else the rule says why that knows best: one that puts rows of this table into a
    period, then one that reads them at all times, then those whose rows rest on it.
    """
    for fate in ("paid", "measured"):
        if any(each.fate == fate for each in verdicts):
            return fate, ""
    own = [each for each in verdicts if each.is_own and each.rule]
    own = [each for each in own if each.is_dated] or own
    further = [each for each in verdicts if not each.is_own]
    dated = [each for each in further if each.is_dated]
    refused = next((each for each in (*own, *dated) if each.fate == "not_payable"), None)
    if refused is not None:
        return "not_payable", refused.rule
    if dated or any(each.is_dated for each in own):
        return "outside", ""
    refused = next((each for each in further if each.fate == "not_payable"), None)
    if refused is not None:
        return "not_payable", refused.rule
    is_outside = bool(own or further) or any(each.fate == "outside" for each in verdicts)
    return ("outside", "") if is_outside else ("not_payable", "")
