"""P3: the program holds together, and says something that is seldom meant. These are warnings: they stop nothing."""

from __future__ import annotations

from rules.codes.code import Code

WARNINGS: dict[str, Code] = {
    "P301": Code(
        "KPI that pays nobody",
        "A KPI that the program measures itself and that no scorecard, payout, pool or formula reads was often meant "
        "for one of them. KPIs from the catalogue, formulas and KPIs of the whole program may be there for the report; "
        "so is every KPI of a program that pays nothing.",
        "Use it, or take it out; it does no harm as a figure of the report.",
    ),
    "P302": Code(
        "Scorecard that pays nobody",
        "In a program that pays, partners take a score for the ground of their payout; nothing reads this one.",
        "Use its score, tier or rank in a payout or a pool, or tell its partners that it pays nothing.",
    ),
    "P303": Code(
        "Points out of reach",
        "The KPI cannot have such a value: a share of counts lies between 0 % and 100 %, a number of rows is not below "
        "zero. Often a percentage was written as a number. Only what holds for every possible row is told.",
        "Write the edge in the unit of the KPI (`60%`, which is 0.6), or take the band, step or gate out.",
    ),
    "P304": Code(
        "Tiers that overlap",
        "Who holds a tier keeps it further down than the line of the tier below it, so that of two equal scores one "
        "has the upper tier and the other is below both.",
        "Keep within no more points than the two tiers are apart.",
    ),
    "P305": Code(
        "Tier out of reach",
        "From what its KPIs, scales, bonuses and caps can give, no score comes to this tier, or all go past it.",
        "Move its line into the range of the scores, or change what the scales give.",
    ),
    "P306": Code(
        "Scores without a tier",
        "A score below the lowest tier has none, and rules that name tiers pass its partner over in silence.",
        "Add a tier from the lowest score, unless having none is meant.",
    ),
    "P310": Code(
        "Cliff",
        "One step over an edge moves the score by a quarter of the highest score, or a payout by a quarter, or more: "
        "one deal, or one answer of a survey, decides. People dispute such edges, and time their deals by them.",
        "Use `linear`, more steps or less weight; let the higher rate pay only what lies above the edge.",
    ),
    "P311": Code(
        "Payout without a limit",
        "It grows with a score that has no upper end, or with a ratio that grows without end where little is divided "
        "by. What grows with a sum or a number of rows is an ordinary commission or fee, and what a pool shares is "
        "limited by its size: neither is told.",
        "Add a cap to the scale or the scorecard, or write `least(..., LIMIT)`.",
    ),
    "P312": Code(
        "Weight or claim of a pool that can be below zero",
        "A difference, a growth or a Net Promoter Score can be below zero though every figure of the tables is not; "
        "a pool refuses a negative weight or claim when it runs.",
        "Share by `greatest(0, ...)`, or let `among:` take those above zero.",
    ),
    "P313": Code(
        "Source that nothing reads",
        "No KPI, scorecard or rule reads it, and no row in use refers to it; often a rule was forgotten.",
        "Use it, or take it out.",
    ),
    "P314": Code(
        "Rows of all time in every period",
        "The rows have dates and the payout names none, so each row is paid again in every period. A payout whose "
        "condition speaks of the period (`period.end`, `deals.open`) is not told.",
        "Add `dated:` with the date that puts a row into its period.",
    ),
    "P316": Code(
        "No period to run",
        "The days for which the program is in force hold no whole period of its calendar.",
        "Change `effective:` or the calendar.",
    ),
    "P317": Code(
        "Days between the periods of a calendar",
        "What happens on a day that no period holds is never measured and never paid, and nobody hears of it.",
        "Let each period begin on the day after the one before it ends.",
    ),
    "P318": Code(
        "Rate below zero or above the whole",
        "A rate below zero takes money from partners for what they bring; one above 100 % pays more than the amount "
        "that it is paid on. Often a sign or a decimal point slipped. A rate below zero of what other rules pay is a "
        "fee or a withholding, and is not told.",
        "Write the rate that the contract names; what is taken back is told by `returns:`, or is a row with an amount "
        "below zero.",
    ),
    "P319": Code(
        "Rows that are taken back elsewhere",
        "The program knows how rows are returned, by another rule or from `deal_events`, and this rule goes on paying "
        "for them: a bonus, a SPIFF or a referral fee is easily forgotten.",
        "Give the rule `returns:`, unless what it pays is final.",
    ),
    "P320": Code(
        "Campaigns that overlap",
        "Two rules pay the same rows by the same measure, and their days overlap: each row of those days is paid by "
        "both. Often the second was meant to follow the first.",
        "Let one end on the day before the other begins, or give each a `where:` of its own.",
    ),
    "P321": Code(
        "Days on which the program is not in force",
        "No row of these days is ever paid, and nothing is given back or released on them; often the year is wrong.",
        "Write days within `effective:`, or take the rule out.",
    ),
    "P324": Code(
        "Money that is carried and shared",
        "One pool carries to the next period what it does not pay, and a later pool takes from the same amount only "
        "what the first one pays: what is carried is shared now by the one, and in the next period by the other.",
        "Give the later pool a rate of its own of the amount, or let the earlier one leave to the house what it does "
        "not pay.",
    ),
    "P323": Code(
        "Crediting rule that pays nobody",
        "No payout names it, so that nobody is credited by it, and nothing of it is worked out.",
        "Write `credit:` with its name in the payout that it was meant for, or take it out.",
    ),
}
