"""W3xx: a problem for the optimiser can't be read, can't be met, or can't be paid."""

from __future__ import annotations

from rules.codes.code import Code

OPTIMISE: dict[str, Code] = {
    "W301": Code(
        "Not what a problem holds",
        "A key with a slip of the pen would ask something else, and nobody would know.",
        "Write the keys of a problem, each with what it takes.",
    ),
    "W302": Code(
        "Out of its bounds",
        "An amount is of the problem's currency, a part from 0 % to 100 %, and no spend is below zero.",
        "Write it as the message says.",
    ),
    "W303": Code(
        "Not a curve",
        "A curve is one family with all its numbers, or points whose spends rise.",
        "Write it as the message says, or name a fitted one.",
    ),
    "W304": Code(
        "Nothing of that name",
        "A unit, a level or a fitted curve is named that is not there.",
        "Write the name as it stands in the problem, or in the file of curves.",
    ),
    "W305": Code(
        "Not such a table",
        "A table of units, tiers or points is a CSV file in UTF-8 below the problem's folder, with the columns that it "
        "needs.",
        "Correct the file.",
    ),
    "W306": Code(
        "Can't be asked together",
        "No method here finds the best split for these together, and a worse one would look like it.",
        "Leave one of them out.",
    ),
    "W307": Code(
        "No split meets all",
        "These constraints can't be met together, whatever is spent.",
        "Loosen one of them by as much as the message says.",
    ),
    "W308": Code(
        "No end to the spend",
        "Without a budget, and without a cap of each unit, there is no most that could be spent.",
        "Write `budget:`, or `at_most:` for each unit.",
    ),
    "W309": Code(
        "Can't be paid so",
        "A proposal is paid by a payout of its own, in a period of its program.",
        "Write `program:` and `pay: {payout: ..., period: ...}`, with a payout that the program does not have yet.",
    ),
}
