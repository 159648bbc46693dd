"""P: the document reads well, and what it says does not hold together."""

from __future__ import annotations

from rules.codes.balances import BALANCES
from rules.codes.code import Code

PROGRAMS: dict[str, Code] = {
    "P101": Code(
        "Not a name",
        "Names appear in expressions, so they are words of one shape: `won_amount`, not `Won amount`.",
        "Use lower-case letters, digits and `_`, beginning with a letter, at most 63 of them.",
    ),
    "P102": Code(
        "Unknown key",
        "A key that means nothing here would be passed over, and with it what was meant.",
        "Take the suggested key, or delete it.",
    ),
    "P103": Code("Key missing", "Nothing is assumed where a choice decides who gets what.", "Add the key."),
    "P104": Code("Not one of the words", "This key takes one of a few words.", "Write one of those that are listed."),
    "P105": Code(
        "Another shape than the key takes",
        "A value, a list or keys with values stand where one of the others is due.",
        "See the key in the reference of the program document, or let your editor check it with `partage schema`.",
    ),
    "P110": Code(
        "One kind, not several and not none",
        "A payout and a pool's share are each worked out in one way.",
        "Name one kind; make a second rule for a second kind.",
    ),
    "P111": Code(
        "Name taken",
        "KPIs, payouts, pools, sums and tables share one set of names, so that each name has one meaning.",
        "Give each thing a name of its own.",
    ),
    "P119": Code(
        "Unit that is not the measure's",
        "Money is counted in minor units, a percentage as a part of one; shown in another unit, a figure would be "
        "wrong by a factor of 100.",
        "Leave `unit` out, or name the one that fits.",
    ),
    "P120": Code("KPI measures one thing", "A KPI is a sum or a count of rows.", "Write `sum:` or `count:`."),
    "P121": Code("Not something to add up", "Dates, texts and flags have no sum.", "Sum money, a number or a count."),
    "P122": Code("Base missing", "This kind pays in proportion to something.", "Add a `base:`."),
    "P123": Code(
        "Base not used", "This kind pays without a base; one that stands there would be passed over.", "Leave it out."
    ),
    "P124": Code(
        "Base of another type",
        "A rate is of money; an amount for each unit is of a count or a number.",
        "Change the base, or name another kind.",
    ),
    "P125": Code(
        "Not something to weigh by",
        "Shares are in proportion to a quantity.",
        "Share by money, a number or a count.",
    ),
    "P126": Code("Nothing of that name to add", "A sum adds payouts, pools and other sums.", "Name one of these."),
    "P127": Code("Circle of sums", "A sum that contains itself has no value.", "Take one of them out."),
    "P128": Code(
        "KPI not in the catalogue",
        "`use:` takes a definition from the catalogue, and it has none of this name.",
        "Take the suggested name, or one that `partage kpis` lists; or define the KPI yourself.",
    ),
    "P129": Code(
        "Option that a KPI does not have",
        "An option that means nothing would be passed over, and with it what was meant.",
        "Take one of the options that are listed.",
    ),
    "P130": Code(
        "Amount in another currency",
        "A program pays in one currency, and no exchange rate is assumed.",
        "Write the amount in the program's currency.",
    ),
    "P131": Code("Guarantee below zero units", "Nobody does less than nothing.", "Write 0 or more units."),
    "P132": Code(
        "Amount finer than the minor unit",
        "Half a cent can't be paid, and rounding what a person wrote would change it in silence.",
        "Write the amount with no more decimals than the currency has.",
    ),
    "P133": Code(
        "Rounding step not above zero", "There are no multiples of zero to round to.", "Write a step such as 0.05."
    ),
    "P134": Code(
        "Pool below zero",
        "Sharing a loss takes money from partners, which is never done by default.",
        "Write a size of 0 or more.",
    ),
    "P270": Code(
        "Exchange without rates",
        "Rows are converted by the rates of the table `fx_rates`, so that every amount can be traced to one.",
        "Add a source for `fx_rates`, or leave `exchange:` out.",
    ),
    "P271": Code(
        "Key of an exchange that says nothing",
        "An average holds for its month and never grows stale; and at the period's end no row has a day of its own.",
        "Leave the key out.",
    ),
    "P272": Code(
        "Day of an exchange that is none",
        "`dates:` names, for a table with amounts, the column with the day on which its rows are converted.",
        "Name a column with a date, or write `period_end`.",
    ),
    "P280": Code(
        "Amount of an approval that is none",
        "Above which amount more people approve is said in the program's currency, and is never below zero.",
        "Write an amount such as `EUR 100_000`.",
    ),
    "P281": Code(
        "Approval that does not rise",
        "At least one person approves, and above a larger amount more people do: else a step says nothing.",
        "Order the amounts, with more people at each.",
    ),
    "P282": Code(
        "Too few people to approve",
        "Each person approves once, so a cycle that needs more people than are named could never be locked.",
        "Name more people under `by:`, or leave it out: anybody who had no hand in it approves then.",
    ),
    **BALANCES,
    "P137": Code(
        "Size of a pool that is not of the program",
        "A pool is one amount of the whole program; what one partner or one row has is not, and a number is no amount.",
        "Name a KPI (it is measured for the whole program), or a payout or pool that comes before it.",
    ),
    "P138": Code(
        "Size of a pool that is not one amount",
        "A pool's size is an amount, or a part of an amount of the program, and the two say different things.",
        "Write `size: EUR 100_000`, or `size: {of: profit, exceeding: EUR 1_000_000, rate: 8%}`.",
    ),
    "P139": Code(
        "Keys of a pool that do not go together",
        "What a rule of awards gives is not bounded, weighed by days or turned into a loss a second time.",
        "Leave the key out, or share by a weight.",
    ),
    "P140": Code(
        "Program without rules",
        "Without payouts, pools, KPIs or scorecards there is nothing to work out. A program that only measures or "
        "scores is complete.",
        "Add a rule, or a KPI.",
    ),
    "P141": Code(
        "Not the start of a year",
        "A fiscal year starts on the same day each year, so it can't start on the 29th, 30th or 31st.",
        "Write month and day, such as 04-01.",
    ),
    "P142": Code(
        "Fiscal year with two possible names",
        "A year from April 2025 to March 2026 is called 2025 by some and 2026 by others.",
        "Add `fiscal_year_named_after: its_start`, or `its_end`.",
    ),
    "P143": Code(
        "Periods and their length disagree",
        "A custom calendar is its list of periods; any other calendar has periods already.",
        "Write `period: custom` together with `periods:`, or neither.",
    ),
    "P144": Code("Periods overlap", "A day in two periods would be paid twice.", "Let each day belong to one period."),
    "P145": Code(
        "Canonical table declared again",
        "The canonical tables mean the same in every program.",
        "Choose another name, or leave the declaration out and only name a source.",
    ),
    "P146": Code("Key column not declared", "A key is made of columns of its table.", "Add it to the columns."),
    "P147": Code("No partners", "Who can be paid is a table: partners.", "Add `partners: FILE` under sources."),
    "P148": Code(
        "No such table",
        "A rule reads tables that the program has sources for.",
        "Take the suggested name, add a source, or declare the table under `tables:`.",
    ),
    "P149": Code(
        "Table that the engine fills",
        "What was paid is known from the locked runs and can't be claimed by a file.",
        "Leave the source out.",
    ),
    "P150": Code(
        "File outside of the program's folder",
        "A program is its folder: it can be copied, reviewed and kept whole, and it reads nothing else.",
        "Put the file below the folder and name it by a relative path.",
    ),
    "P151": Code("Table without a source", "A declared table needs rows.", "Add it under `sources:`."),
    "P152": Code(
        "Extra column that the table has",
        "A column of a canonical table keeps its type and its meaning in every program.",
        "Leave it out of `extra:`, or give it another name.",
    ),
    "P153": Code(
        "Keys of a source that do not go together",
        "A source is a file or a query; sheets belong to workbooks, encodings to CSV files, databases to queries.",
        "Keep the keys of the one way in which the rows come.",
    ),
    "P154": Code(
        "Format not told",
        "How a file is written is never guessed from what is in it.",
        "Name it `.csv`, `.parquet` or `.xlsx`, or add `format:`.",
    ),
    "P155": Code(
        "Not a single SELECT",
        "A source only reads: one query, without comments and semicolons, in a read-only transaction.",
        "Write one `SELECT`; put preparing steps into a view of the database.",
    ),
    "P156": Code(
        "Encoding not read",
        "A wrong encoding turns names into others without a word, so few are read and none is guessed.",
        "Save the file as UTF-8, or name one of the encodings that the message lists.",
    ),
    "P157": Code(
        "Connection written out",
        "A URL holds a password, and a program is read by many people and kept for ever.",
        "Put the URL into an environment variable, and name the variable.",
    ),
    "P158": Code(
        "Column read and constant",
        "Of two values for one cell nobody can tell which is meant.",
        "Keep `constants:` or `columns:` for it.",
    ),
    "P159": Code(
        "Not a way to write dates",
        "A date is a day, a month and a year of four digits, each once, with one sign between them.",
        "Write `%d.%m.%Y`, `%m/%d/%Y` or the like.",
    ),
    "P160": Code(
        "Row that sees no row of a table",
        "A row sees the rows that it refers to by their whole key: a credit sees its deal and its partner. Other rows "
        "would be many or none, and the amount would be counted twice or lost.",
        "Measure the table from whose rows the others can be seen.",
    ),
    "P161": Code(
        "Not one date column",
        "Each row belongs to the period of one of its dates; without it, a window would be passed over in silence.",
        "Write it as `deals.closed_on`.",
    ),
    "P162": Code(
        "Row without a partner", "A row that names no partner pays nobody.", "Take a table with a `partner_id`."
    ),
    "P163": Code(
        "KPI without its table",
        "What is measured, or who is credited for it, is in a table that the program has no source for.",
        "Add the table under `sources:`.",
    ),
    "P164": Code(
        "Not one column",
        "Here a single column is named, not a formula; `latest_of` takes one of the measured table, and `dated` says "
        "which row is the latest.",
        "Write it as `surveys.respondent_id`.",
    ),
    "P165": Code(
        "Row that has no deal",
        "Credits are given for deals, so a row is credited through the deal that it names.",
        "Measure deals or rows that name one, or leave `credited` out.",
    ),
    "P166": Code(
        "Table without a key",
        "Rows without a key can't be told from each other, so a row that an export holds twice counts twice.",
        "Declare the source's own row number: `extra: {row_id: id}`; or make sure that exports hold each row once.",
    ),
    "P167": Code(
        "Formula that reads something else than KPIs",
        "A formula is worked out from KPIs at each level, for a partner as for the program; a cell of a table has a "
        "value for one row only.",
        "Measure it as a KPI of its own, by `sum:` or `mean:`, and name that.",
    ),
    "P168": Code(
        "Measure that reads a KPI",
        "A measure is taken from rows; what a partner has in all is not known while its rows are read.",
        "Measure the rows alone, and put both together in a `formula:`.",
    ),
    "P169": Code(
        "Something that parts of a deal do not have",
        "Credits share a deal out in parts; sums and counts of parts add up, and a mean, a median, a count of "
        "values or a latest row of parts has no one meaning.",
        "Write a `sum:` with `over: {count: ...}`, both credited; or leave `credited` out.",
    ),
    "P170": Code(
        "Steps that do not ascend",
        "Tiers lie one above the other, from zero on; of two that overlap nobody could say which pays.",
        "Write the steps from the lowest to the highest, each edge once.",
    ),
    "P171": Code(
        "Step that does not say where it stands",
        "A tier ends at `to`, a point of an interpolated schedule is `at`. Only the last tier may have no end; where a "
        "tier pays for the whole base, it must have none, for nobody means that one more cent loses everything.",
        "Add the edge to each step, and a last step without `to`.",
    ),
    "P172": Code(
        "Steps that do not pay in one way",
        "A rate, an amount for each unit and an amount for the tier have different units, and do not mix.",
        "Give each step the same one of `rate`, `per_unit` and `amount`; a matrix has `rates` or `amounts`.",
    ),
    "P173": Code(
        "Edge in nobody's tier",
        "What equals an edge exactly would be paid by the lower tier in one contract and by the higher in another.",
        "Say `at_edge: lower_tier` (up to and including) or `at_edge: higher_tier` (from, including).",
    ),
    "P174": Code(
        "Key of a schedule that changes nothing",
        "A key that means nothing here would be passed over, and with it what was meant.",
        "Leave it out, or write what it belongs to.",
    ),
    "P175": Code(
        "Running total without an order",
        "The row that comes first is paid in the lower tier, so the order decides who gets what; files have no order.",
        "Add `order:` with dates or numbers of the row.",
    ),
    "P176": Code(
        "Another measure that does not say what it pays",
        "What adds up of `by` moves slices through the tiers. A tier that lifts all earlier rows would pay on their "
        "base, which nobody adds up; and an amount is no rate, of which a slice could pay a part.",
        "With `by` and `accumulate`, write `method: marginal` and rates; or leave one of the two out.",
    ),
    "P177": Code(
        "Too few steps",
        "Without an edge there is only one tier, and a line needs two points.",
        "Add steps, or name a kind without tiers.",
    ),
    "P178": Code(
        "Edge in another unit than what it measures",
        "Money is compared with money, a number with a number, and parts of a quota are percentages.",
        "Write the edge in the unit of the base, or of `by`; with a `quota`, as a percentage.",
    ),
    "P179": Code(
        "Grid of another size than its edges ask for",
        "Each pair of tiers has one value; with one too few or too many, all others may stand in the wrong place.",
        "Write one row more than `rows` has edges, and in each one value more than `columns` has.",
    ),
    "P180": Code(
        "Attribute that is not one column",
        "An entry is for rows whose columns hold certain values, and each column is named with its table.",
        "Write it as `deals.product`.",
    ),
    "P181": Code(
        "Value that no row can have, or that says nothing",
        "An empty list, a range that ends before it begins or a blank would fit no row, and nobody would be told.",
        "Write a text, a list of texts, or a range such as `{from: 12, below: 24}`.",
    ),
    "P182": Code(
        "Entry that does not pay in one way",
        "An entry of a card is a rate, a flat amount or an amount for each unit.",
        "Write one of `rate`, `amount` and `per_unit`.",
    ),
    "P183": Code(
        "Two entries for the same rows",
        "Both would fit every row that one fits, and none of them is more specific.",
        "Keep one of them, or name another attribute in one.",
    ),
    "P184": Code(
        "Rates and amounts for each unit in one card",
        "A rate measures money and an amount for each unit measures units, and a rule has one base.",
        "Make two rules, each with its own base.",
    ),
    "P185": Code(
        "Bounds the wrong way round",
        "Nothing is both at least the higher and at most the lower of two bounds.",
        "Write the lower one as `at_least`, the higher one as `at_most`.",
    ),
    "P186": Code(
        "Key that does nothing",
        "What can't have any effect was meant in another way: bounds of a rate that nothing changes, or `otherwise` "
        "beside an entry that fits every row.",
        "Leave it out, or write what it was meant for.",
    ),
    "P187": Code(
        "No prize, or one below zero",
        "A contest pays its best places.",
        "List the prizes, first place first, each 0 or more.",
    ),
    "P188": Code(
        "Amount of money beside a number",
        "An amount in a currency has no order among counts or numbers.",
        "Write the number alone, or measure money.",
    ),
}
