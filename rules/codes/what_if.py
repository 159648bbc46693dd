"""W2xx: a scenario can't be laid over a program, or is asked what it can't tell."""

from __future__ import annotations

from rules.codes.code import Code

WHAT_IF: dict[str, Code] = {
    "W201": Code(
        "Not what a scenario holds",
        "A key with a slip of the pen would change nothing, and nobody would know.",
        "Write `scenario`, `program`, `set`, `scale`, `add`, `remove` and `facts`, each with what it takes.",
    ),
    "W202": Code(
        "No such path",
        "What is set, scaled or removed has to be in the program; what is added needs something to be added to.",
        "Write the names on the way as they stand in the program, or add what is new under `add:`.",
    ),
    "W203": Code(
        "There already",
        "To add says that nothing is there yet; to write over something else unseen would be a guess.",
        "Write it under `set:`.",
    ),
    "W204": Code(
        "Cannot be scaled",
        "A factor is of a number, an amount or a rate.",
        "Name the number itself, or write the new value under `set:`.",
    ),
    "W205": Code(
        "Two changes at one place",
        "All changes are of the program as it is, so two at one place would have no order.",
        "Keep one of the two, or write both as one change.",
    ),
    "W206": Code(
        "No end of decimals",
        "An amount is written with decimals, and this product has no end of them.",
        "Write the amount that is meant under `set:`.",
    ),
    "W207": Code(
        "Does not fit into the lines",
        "A change is written into the lines of the program as they stand, and here it would read as something else.",
        "Write what is changed on lines of its own in the program, or set the whole that it is part of.",
    ),
    "W208": Code(
        "No budget",
        "A budget is an amount in the program's currency, with no more decimals than it has.",
        "Write it as `1_200_000`, or with the currency before it.",
    ),
    "W209": Code(
        "Not a gate",
        "A check that compares nothing would always pass.",
        "Write comparisons with `and` between them: `cost <= 1_200_000 and losers <= 5%`.",
    ),
    "W210": Code(
        "Starts from another version",
        "The changes of the scenario are of another file than the one that they would be written into.",
        "Copy that version, or leave `program:` out to apply the changes alone.",
    ),
    "W211": Code(
        "No rate or amount to look for",
        "What is looked for is a rate, a factor, a number, an amount or the edge of a step, by its path.",
        "Name one that is written there, such as `payouts.commission.rate`.",
    ),
    "W212": Code(
        "Never costs that",
        "No rate from 0 % to 100 %, and no amount with which the program is sound, comes to the cost; or the cost "
        "turns on the way.",
        "Ask for a cost between the two that are told, or simulate what you think of side by side.",
    ),
    "W213": Code(
        "Not how facts are changed",
        "A key with a slip of the pen would change nothing; and facts are of all periods, so that no condition on them "
        "asks for one.",
        "Write `scale`, `leave`, `join` and `drop` under `facts:`, each with what it takes.",
    ),
    "W214": Code(
        "No such table, column or partner",
        "What is changed has to be among the facts; else nothing would be, and nobody would know.",
        "Write the name as the program's sources have it.",
    ),
    "W215": Code(
        "Facts that cannot be",
        "Nobody leaves before having come, an id names one row, and an amount has an end.",
        "Correct the day, the id or the factor of the change.",
    ),
    "W216": Code(
        "Facts are no part of a program",
        "A scenario that changes facts asks what would be if something else happened; nothing of that can be written "
        "into the program.",
        "Take `facts:` out to apply the other changes.",
    ),
}
