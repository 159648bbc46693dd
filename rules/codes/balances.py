"""Codes of facts about balances: what a table says that they open with, and what was used of them."""

from __future__ import annotations

from collections.abc import Mapping

from rules.codes.code import Code

OPENINGS: Mapping[str, Code] = {
    "F320": Code(
        "Balance that the program does not have",
        "A row of the table of balances names one that the program does not keep, so that nobody would get it back.",
        "Correct the name, or add the balance under `balances:`.",
    ),
    "F321": Code(
        "Opening on a day that ends no period",
        "A balance opens with what was on it at the end of the period before; an amount of any other day leaves "
        "out, or "
        "counts twice, what happened between.",
        "Write what was on the balance at the end of a period, with its last day as `as_of`.",
    ),
    "F322": Code(
        "Release after the last period of the calendar",
        "A table of balances says on which day each part of a balance falls due, and the calendar has no period then.",
        "Add the next periods to the calendar.",
    ),
    "F325": Code(
        "Opening that contradicts its balance",
        "A row of the table of balances says what can't be on its balance: less than nothing of what is only ever kept "
        "back, drawn or paid; a day on which it falls due where nothing of it does, or one that had come before it "
        "was told.",
        "Correct the amount or the day, or the name of the balance.",
    ),
    "F324": Code(
        "More used than there is",
        "A partner used more of an allowance than it has, and the program says `over: refuse`: the rest was never "
        "granted.",
        "Correct what was used, accrue more first, or write `over: carry`, so that later accruals make up for it.",
    ),
}
