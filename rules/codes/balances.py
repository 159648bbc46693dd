"""Codes of balances: what a program says of them (P26x), what a table says that they open with, and what was used of
them (F32x)."""

from __future__ import annotations

from collections.abc import Mapping

from rules.codes.code import Code

BALANCES: Mapping[str, Code] = {
    "P260": Code(
        "Balance that says two things or none",
        "When a holdback is released, or how much a draw is, has to be said once.",
        "Write one of the keys that the message names.",
    ),
    "P261": Code(
        "Balance of nothing",
        "A share of nothing, or of more than all, keeps nothing that could be released.",
        "Write a share above 0 % and at most 100 %, or an amount above zero.",
    ),
    "P262": Code(
        "Balance that the calendar does not carry",
        "A balance opens with what the period before closed with; where days of no period lie between two, or a "
        "year has "
        "no end, it would be lost or paid out in silence.",
        "Let each period of the custom calendar begin where the one before ends, and leave `at_year_end` out.",
    ),
    "P263": Code(
        "Component taken twice",
        "What is credited to an account is not paid, and what is below zero is netted and carried once: two balances "
        "that take it, or one that names it twice, take it off the payout twice.",
        "Name the component once, in one of the balances.",
    ),
    "P264": Code(
        "Balance that rests on itself",
        "A mark is the highest value that something ever had; one of its own opening has nothing to rise to.",
        "Name the value that is to be kept: a KPI, a payout or a column of partners.",
    ),
    "P265": Code(
        "Second balance of what is below zero",
        "The first of them takes all that is due below zero, so that nothing is left to the second, unless a balance "
        "between the two takes more than is due; which of them was meant is not said.",
        "Keep one; or let one net components of its own: `{what: net, of: [commission, bonus]}`.",
    ),
}

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
