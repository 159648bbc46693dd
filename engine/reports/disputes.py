"""Disputes as people read them and as scripts do: the claim in words, and what it would come to.

In: disputes, whose content is what their event keeps. Out: sentences, a grid, plain values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.ledger.dispute import Dispute
from engine.reports.compared import signed
from engine.reports.register import Grid
from rules.quantities.currency import currency, format_minor


def claim_words(content: Mapping[str, Any]) -> str:
    """What is claimed: `deals D-1009 were kind = new`."""
    cells = " and ".join(f"{name} = {text or 'blank'}" for name, text in content["claim"].items())
    row = f"{content['table']} {content['key']}"
    if content["is_added"]:
        return f"there were {row}" + (f" with {cells}" if cells else "")
    return f"{row} were {cells}"


def outcome_words(content: Mapping[str, Any]) -> str:
    """What the claim would come to: `if ...: +312.40 (commission 1,200.00 -> 1,512.40), 2 other partners -40.00`."""
    money, found = currency(content["currency"]), content["outcome"]
    moved = [
        f"{title} {format_minor(int(before), money)} -> {format_minor(int(after), money)}"
        for title, before, after in found["components"]
    ]
    words = f"if {claim_words(content)}: {signed(int(found['difference_minor']), money)}"
    words += f" ({', '.join(moved)})" if moved else ""
    if found["others"]:
        told = "1 other partner" if found["others"] == 1 else f"{found['others']:,} other partners"
        words += f", {told} {signed(int(found['others_minor']), money)}"
    return words


def line_words(content: Mapping[str, Any]) -> Iterator[str]:
    """The partner's lines that the claim would move."""
    money, found = currency(content["currency"]), content["outcome"]
    for each in found["lines"]:
        sides = (
            "no line" if each[side] is None else format_minor(int(each[side]), money)
            for side in ("before_minor", "after_minor")
        )
        yield f"  {each['component']} {each['table']} {each['key']}: {' -> '.join(sides)}"
    if found["lines_more"]:
        yield f"  and {found['lines_more']:,} lines more"


def dispute_grid(found: Sequence[tuple[Dispute, str]]) -> Grid:
    """All disputes, a row each."""
    rows = tuple(
        (
            str(each.number),
            each.content["payee"],
            f"{each.content['run']} ({each.content['period']})",
            outcome_words(each.content),
            each.status,
            each.opened_by,
            each.answered_by,
            each.answer,
            f"{each.adjustment} ({adjusted})" if each.adjustment else "",
        )
        for each, adjusted in found
    )
    heads = ("dispute", "payee", "run", "outcome", "status", "opened by", "answered by", "answer", "adjustment")
    return Grid(heads, rows, (True, *[False] * (len(heads) - 1)))


def as_json(found: Sequence[tuple[Dispute, str]]) -> dict[str, Any]:
    """All disputes with the keys that scripts rely on; amounts are texts of minor units, as in the event."""
    return {
        "disputes": [
            {
                "dispute": each.number,
                "status": each.status,
                **each.content,
                "opened_by": each.opened_by,
                "answered_by": each.answered_by or None,
                "answer": each.answer or None,
                "adjustment": each.adjustment or None,
                "adjustment_status": adjusted or None,
            }
            for each, adjusted in found
        ]
    }
