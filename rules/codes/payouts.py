"""P19x: what a payout rule or a quota says does not hold together."""

from __future__ import annotations

from rules.codes.code import Code

PAYOUT_RULES: dict[str, Code] = {
    "P190": Code(
        "Multiplier that is neither a factor nor bands",
        "What is due is multiplied by one factor; where it comes from has to be said once.",
        "Write `times:` with an expression, or `by:` and `bands:`.",
    ),
    "P191": Code(
        "Bands that do not rise",
        "Each value falls into one band; the last one has no upper end, so that none is left without.",
        "Write the bands from the lowest to the highest, each but the last with `below:`.",
    ),
    "P192": Code("Bounds that exclude each other", "Nothing is at least more than it is at most.", "Swap the two."),
    "P193": Code(
        "Limit without one amount",
        "A limit is the most that lines may come to, or the least: an amount, or a rate of what each partner has.",
        "Write `at_most:` or `at_least:`; list two limits for both.",
    ),
    "P194": Code(
        "Cut without a way",
        "Which lines are cut decides who is paid, and is never left to the order of the source.",
        "Write `cut: pro_rata`, or `cut: in_order` with `order:`.",
    ),
    "P195": Code(
        "Day of a row unknown",
        "What holds during some days, after a lock or over more than one period needs the day of each row.",
        "Add `dated:` with the row's date; where partners are paid, let a KPI measure the days (`where:`).",
    ),
    "P196": Code(
        "Input of another type",
        "A factor, a tier or a grid is chosen by a number, and a condition by what is true.",
        "Name a column or a KPI of a type that fits.",
    ),
    "P197": Code(
        "Order by what has none",
        "Texts sort differently from one language to the next; dates and numbers do not.",
        "Order by dates and numbers; the key of a row decides last.",
    ),
    "P198": Code(
        "This period's value for earlier rows",
        "Rows of earlier periods are added up too, and a KPI, a score or a payout of this period says nothing of them.",
        "Take columns of the row, or accumulate over the period.",
    ),
    "P199": Code(
        "Quota whose parts do not fit the calendar",
        "A year is parted among all its periods, and the parts are all of it; a target of one period has none.",
        "Name each period of the year once, with parts that add up to 100 %.",
    ),
    "P240": Code(
        "No highest tier to take back from",
        "A return empties the highest tier first by lowering the running total; without one, or with lines that do not "
        "follow it, more or less than was paid would be taken back.",
        "Take back `as_paid`, or pay by tiers that accumulate, without bounds of a line.",
    ),
    "P241": Code(
        "Share of a return below nothing or above all",
        "No more is taken back than was paid, and a return pays nobody.",
        "Write a share of 0 to 100 %; an expression is held to it.",
    ),
    "P242": Code(
        "Every so many of what is never full",
        "What is paid for every full 10,000 needs a size above zero; and a guarantee that covers units leaves open "
        "where the first full one begins.",
        "Write `every:` above zero, and no `guaranteed:` beside it.",
    ),
    "P243": Code(
        "Limit over several rules that are not known together",
        "What several rules pay is cut once all of them are known: they are payouts, each under one such limit, bank "
        "nothing, and no rule before the last of them can rest on what one of them pays.",
        "Name payouts alone, write rules that rest on them after the last, or leave the rule out of the sum.",
    ),
    "P246": Code(
        "Lapsing of a term that is not there",
        "`lapsed:` says what is paid once an agreement has ended; a rule that reads no agreed term has none that ends.",
        "Add `term:`, or leave `lapsed:` out.",
    ),
    "P247": Code(
        "Version of a rule that it cannot follow",
        "A version follows one other rule in time: both have days, and both pay rows of one table by one date. "
        "Otherwise it is not known which rows fall between them.",
        "Name the rule that ends before it, give both `during:`, and let a third version replace the second.",
    ),
    "P248": Code(
        "Versions of a rule that overlap",
        "On a day that two versions share a row would be paid by both.",
        "Let the earlier one end on the day before the later one begins.",
    ),
    "P244": Code(
        "Term with no one value to outrank",
        "A value agreed with a partner stands in the place of a rate or an amount for one row. Beside both sorts, an "
        "amount for a tier, or a schedule that lifts earlier rows, it is not known what it stands for.",
        "Leave `term:` out, split the rule, or pay slices (`method: marginal`).",
    ),
    "P245": Code(
        "Contest that would be decided more than once",
        "A rule pays in each period for the rows of that period, and so does a contest: over days of several periods "
        "there would be one for each, with all of the prizes.",
        "Write days within one period; or let a KPI with `window: until_end` measure all the days (`where:`), and pay "
        "partners by it in the last of the periods, `where: period.start = date '2026-03-01'`. A contest in each "
        "period has no `during`.",
    ),
}
