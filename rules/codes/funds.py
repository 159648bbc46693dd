"""M1xx-M5xx: funds and what they brought: the commitment ledger, measured effects, curves, attribution, pictures."""

from __future__ import annotations

from rules.codes.code import Code

# M1xx: what a program says of market development funds, and what the commitment ledger refuses.
MARKET_FUNDS: dict[str, Code] = {
    "M100": Code(
        "Program without funds",
        "The commitment ledger follows the rules under `mdf:`, and this program has none.",
        "Add `mdf:` to the program, with at least one key of it.",
    ),
    "M101": Code(
        "No number of months",
        "What accrues lasts whole months.",
        "Write `expires: 6 months`.",
    ),
    "M102": Code(
        "Funds out of nothing",
        "The commitment ledger starts from what there is to spend.",
        "Add `mdf_budgets: FILE` to the sources, or write `accrued:` under `mdf:`.",
    ),
    "M103": Code(
        "Part of more than the whole",
        "A fund reimburses a part of a cost, and a stage is won with some probability: both lie from 0 to 100 %.",
        "Correct the percentage; a cap is zero or more.",
    ),
    "M104": Code(
        "Accrual of what is no amount of a month",
        "A fund accrues from one column of money, by the month of one date, for the partner that the row names; what "
        "has accrued stays, so nothing that each period has anew can decide on it.",
        "Write `of: revenue.amount`, `dated: revenue.month`, and `where:` of columns of the row and what it refers to.",
    ),
    "M105": Code(
        "No such budget, request or partner",
        "The ledger knows the budgets and requests of its sources, and the partners that they name.",
        "`partage mdf ledger` without a name lists all.",
    ),
    "M106": Code(
        "Incentive that no locked cycle paid",
        "What an incentive came to is read from the cycles that were locked; nothing of it was allocated or claimed.",
        "Name a payout or pool of the program whose cycles are locked, and a level that partners have.",
    ),
    "M110": Code(
        "Activity that is not funded",
        "The program lists the activities that it reimburses, and this one is not among them.",
        "Add the activity under `mdf: activities:`, or correct it in the request.",
    ),
    "M111": Code(
        "Request above what was free",
        "A budget promises no more than it has: the request holds what was free on the day of its approval.",
        "Raise the budget, or release what other requests hold.",
    ),
    "M112": Code(
        "Request above what its activity may hold",
        "`at_most` of an activity is the most that one request for it is granted.",
        "Nothing, where the cap is right; else raise it.",
    ),
    "M113": Code(
        "Request that has no budget to draw on",
        "A request draws on the budget that it names, or on what accrued to its partner; the budget is open on the day "
        "of the approval, and is the partner's own, or that of its region or tier.",
        "Correct `budget_id` of the request, or the days of the budget.",
    ),
    "M120": Code(
        "Claim that was made before",
        "An earlier claim that stands has the same proof, or the same request, amount and day.",
        "Nothing, where it was sent twice; else give it the proof of its own.",
    ),
    "M121": Code(
        "Late claim",
        "The last day to claim had passed: the request's own, else so many days after its approval.",
        "Nothing, where the day is right; else correct `claim_by` of the request.",
    ),
    "M122": Code(
        "Claim without proof",
        "The program reimburses nothing that was not proved.",
        "Add `proof_sha256`, the digest of the proof, to the claim.",
    ),
    "M123": Code(
        "Claim above what was left of its request",
        "A request is reimbursed no more than was approved for it, all of its claims together.",
        "Nothing, where the approval is right; else approve another request.",
    ),
    "M124": Code(
        "Claim on nothing",
        "What is claimed was approved before: the request had nothing reserved for it on the day of the claim.",
        "Approve the request first, or claim on another.",
    ),
    "M125": Code(
        "Validated above what was claimed",
        "Nobody is reimbursed a cost that they did not claim.",
        "Correct `approved` of the claim.",
    ),
    "M126": Code(
        "Paid above what was validated",
        "The ledger counts as paid what was validated; the rest left the house on no decision that it knows.",
        "Correct `paid` of the claim, or decide on it.",
    ),
    "M130": Code(
        "Row that has no place in the ledger",
        "An amount or a day that moves money is blank or negative, and unknown is never zero. A month that took back "
        "more than it sold accrues nothing, and takes nothing from other months.",
        "Fill it in at its source, where it is blank.",
    ),
}

# M2xx: measured effects of funds and incentives.
EFFECTS: dict[str, Code] = {
    "M201": Code(
        "Too short a time before the start",
        "What would have happened is told from at least 8 periods before the start; with fewer, chance looks like a "
        "trend.",
        "Ask for a period that begins earlier, or for shorter periods.",
    ),
    "M202": Code(
        "Nobody to compare with",
        "An effect is what the treated have more than controls, and there are none that fit the method.",
        "Keep some partners untreated, at least for some time; group-time effects do with those that start later.",
    ),
    "M203": Code(
        "Nobody treated",
        "In the time that was asked for no partner was funded, or paid the incentive; or each that was is left out.",
        "Ask for another time, activity or incentive; look why partners are left out.",
    ),
    "M204": Code(
        "Outcome that does not vary",
        "An outcome that is the same for everyone at every time shows no effect of anything.",
        "Choose another outcome; look whether its source is filled for this time.",
    ),
    "M205": Code(
        "Nothing after the start",
        "No period after a start is left to count.",
        "Ask for a period that ends later, or for fewer periods to be skipped.",
    ),
    "M206": Code(
        "Unknown outcome",
        "An unknown outcome is not zero, so a partner with one is left out, and nobody who counts is left.",
        "Fill the blanks of the source, or ask for a time in which they are known.",
    ),
    "M207": Code(
        "Method that does not fit the starts",
        "Where starts differ, a plain difference-in-differences takes early starters as controls of late ones, and so "
        "counts their effect against these.",
        "Use group-time effects, or name no method.",
    ),
    "M208": Code(
        "Carry-over that can't be told",
        "How long spend works is seen only where its effect is seen.",
        "Measure over more periods, or over partners whose spend differs more.",
    ),
    "M211": Code(
        "No span of periods",
        "An effect is measured over a span of periods, since what was there before is held against what came after.",
        "Write the first and the last period, such as `--period 2024-01..2026-06`.",
    ),
    "M212": Code(
        "Nobody knows who was funded",
        "Partners that were funded are told by the requests for funds and by the claims on them.",
        "Add the sources `mdf` and `mdf_claims`, or ask for `--incentive`.",
    ),
    "M213": Code(
        "Incentive that no locked cycle paid",
        "Who earned an incentive is told by what locked cycles paid for it, in the currency of the program.",
        "Name a payout or a pool of the program, and lock the cycles that paid it.",
    ),
    "M214": Code(
        "Options of an effect that do not go together",
        "One of the options says nothing to the other, or is no margin, and would look as if it had been obeyed.",
        "Leave one out; a margin is a rate up to 100 %, or a KPI of money.",
    ),
    "M215": Code(
        "Activity without funds",
        "Nothing was approved for an activity of that name, so nobody is treated.",
        "Name one of the activities that are listed.",
    ),
}

# M3xx: response curves.
CURVES: dict[str, Code] = {
    "M301": Code(
        "Too few observations for a curve",
        "A curve has up to three numbers of its own, beside a level for each unit; each needs observations.",
        "Ask for more periods, or fit units together (`--by region`, `--by program`).",
    ),
    "M302": Code(
        "Too few different spends",
        "Two amounts tell a line and three a bend; what is seen at one amount only tells nothing.",
        "Ask for more periods, or fit units together.",
    ),
    "M303": Code(
        "Spend that hardly changes",
        "A response is told by what follows when the spend changes, and that of each unit stays the same.",
        "Ask for periods in which it changed.",
    ),
    "M304": Code(
        "No response seen",
        "The outcome is explained as well by the usual level of each unit, without any spend (AICc).",
        "Nothing: the data do not tell a response. More periods may.",
    ),
    "M305": Code(
        "Only a straight line is supported",
        "Up to the largest spend seen the response did not bend, so nobody can say where it saturates. The line ends "
        "at that spend.",
        "Nothing, within what was seen. To go beyond it, spend more on some and see.",
    ),
    "M306": Code(
        "S-shape whose end was not seen",
        "The response still rose ever faster at the largest spend, so any ceiling of it would be invented.",
        "See larger spends first.",
    ),
    "M307": Code(
        "Interval that reaches zero",
        "With other partners, or other periods, the same fit would have shown no response at all.",
        "Nothing: the data do not tell a response. More periods may.",
    ),
    "M308": Code(
        "Gap in what is carried over",
        "What is left of a spend in later periods can't be told across a period that is missing.",
        "Add the missing rows, with a spend of 0 where nothing was spent, or leave `--adstock` out.",
    ),
    "M310": Code(
        "Table of observations that can't be read",
        "Observations come as CSV in UTF-8 with the columns unit, period, spend and outcome.",
        "Name the file, and give it these columns; `group` and `weight` may be added.",
    ),
    "M311": Code(
        "Observation that is no number",
        "A spend is a number from zero on, an outcome a number, a weight above zero; unit and period are short texts.",
        "Correct the cell, or leave it blank where the number is unknown.",
    ),
    "M312": Code(
        "Observed twice",
        "A unit has one spend and one outcome in a period; which of two rows holds, nobody can tell.",
        "Keep one of them, or add them up.",
    ),
    "M313": Code(
        "Nothing observed",
        "No unit has both a spend and an outcome in these periods.",
        "Ask for periods in which there are both.",
    ),
    "M314": Code(
        "Too many observations",
        "A table of observations has a row for each unit and period.",
        "Add up units or periods first.",
    ),
    "M315": Code(
        "No file of curves",
        "Curves are taken from a file only as they were written: its digest is checked, and it names no other file.",
        "Name a file that `partage curves fit` wrote, or fit the curves again.",
    ),
    "M316": Code(
        "Fit that can't be asked so",
        "Options of a fit have to agree with each other and with what the program or the table says.",
        "Correct the option that is named.",
    ),
}

# M4xx: attribution.
ATTRIBUTION: dict[str, Code] = {
    "M401": Code(
        "Nothing to attribute",
        "Deals are attributed that were won or lost in the periods asked for, by touches on them; the result is one "
        "table.",
        "Add the sources `deals` and `touches`, ask for periods in which deals were closed, and write a CSV file.",
    ),
    "M402": Code(
        "No won deal with a touch",
        "Who brought a deal can only be learned from deals that were won.",
        "Ask for more periods, or for a longer window.",
    ),
    "M403": Code(
        "Too many states",
        "A chain has a state for each partner, or for each sequence of so many of them, and is solved as a whole.",
        "Ask for `--order 1`, for fewer periods or a shorter window.",
    ),
    "M404": Code(
        "Too many partners for all coalitions",
        "Each partner more doubles the coalitions that have to be worked out; 20 partners have a million.",
        "Let partners come union by union with `--unions`, or sample orders of them with `--sample`.",
    ),
    "M405": Code(
        "Union too large",
        "Of a union every coalition is worked out, with every set of other unions beside it.",
        "Form unions of at most 12 partners, 20 together with the other unions; or use `--sample`.",
    ),
    "M406": Code(
        "Sampled shares are not paid unasked",
        "Another seed would pay other amounts, and nobody could say that either is right.",
        "Use a method that is exact, or say with `--pay-sampled` that it is meant.",
    ),
    "M407": Code(
        "More than 100 % of a deal",
        "Whoever influenced a deal has all of it, and so have the others: paid as it is, a deal would be paid several "
        "times over.",
        "Bring the parts of each deal to 100 % with `--normalise`.",
    ),
    "M408": Code(
        "Share below zero",
        "A partner whose deals are won less often than those of others can come out below zero. To cut that off in "
        "silence would take from the others what is theirs.",
        "Keep such shares (`--negative keep`), or set them to zero and have it told (`--negative zero_and_tell`).",
    ),
    "M409": Code(
        "Option that says nothing to the method",
        "It would look as if it had changed something.",
        "Leave it out, or ask for a method that it is for.",
    ),
    "M410": Code(
        "Weights that were changed",
        "The version of a saved table holds the digest of its rows; a row that was changed, added or taken out would "
        "pay what no method found.",
        "Take the file as `partage attribute` wrote it, or attribute anew.",
    ),
}

# M5xx: contribution and pictures.
CONTRIBUTION: dict[str, Code] = {
    "M501": Code(
        "Suffix that is no picture's",
        "A picture or a report is written as what the suffix of its file says, and this suffix is none that it can be.",
        "Name a file that ends in one of the suffixes that are listed, such as .svg, .png or .html.",
    ),
    "M502": Code(
        "Scorecard to report on",
        "A contribution report rests on one scorecard: the one that is asked for, the one called `contribution`, or "
        "the only one.",
        "Name one that the program has with `--scorecard`.",
    ),
    "M503": Code(
        "What was brought is no amount",
        "What partners brought is told in money, partner by partner, and added up.",
        "Name a KPI of the program whose unit is money, measured by partner.",
    ),
    "M504": Code(
        "Peers by a column that is not there",
        "Peers are the partners that have the same value in a column of the table `partners`.",
        "Name a column of that table with `--among`, such as `region`.",
    ),
    "M505": Code(
        "Cycle that did not pay this",
        "What partners were paid is read from a locked cycle that paid this program for this period, in its currency.",
        "Name that cycle; or leave `--cycle` out, so that what they would be paid is worked out now.",
    ),
    "M506": Code(
        "Number that sets nobody apart",
        "Well above is so many times the median of the peers, and well below is that part of it: a number above 1.",
        "Write a number above 1, such as `--times 1.5`.",
    ),
    "M507": Code(
        "Pay of other terms",
        "The program that scores and the one that pays are set against each other: in one currency, for the same days.",
        "Name the program that pays with `--pays`; give both the same currency and calendar.",
    ),
}
