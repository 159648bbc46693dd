"""F: a source file or one of its rows (F1xx, F2xx), and what a period's rows come to (F3xx)."""

from __future__ import annotations

from rules.codes.balances import OPENINGS
from rules.codes.code import Code

FACTS: dict[str, Code] = {
    "F101": Code("Source not readable", "The file is not there, or may not be read.", "Check the path and its rights."),
    "F102": Code(
        "Not UTF-8",
        "A byte has no meaning in UTF-8, so a name could be misread.",
        "Save the file as CSV UTF-8.",
    ),
    "F103": Code(
        "No header line", "Columns are found by their names.", "Give the file a header, and end lines with LF or CRLF."
    ),
    "F104": Code("Column named twice", "Nobody can tell which of the two is meant.", "Give each column its own name."),
    "F105": Code(
        "Column missing",
        "The program needs this column: it is part of the key, or it was mapped by name.",
        "Add the column, or say under `columns:` what it is called in the file.",
    ),
    "F106": Code(
        "Packed file",
        "A small archive can unpack to more than a machine holds, and which of its files is meant is a guess.",
        "Unpack it, and name the file that was in it.",
    ),
    "F107": Code(
        "Not the format that it says",
        "The file cannot be read as the workbook or the Parquet file that its name or `format:` promises.",
        "Write it anew, or correct `format:`.",
    ),
    "F108": Code(
        "Sheet not found", "Which sheet of a workbook is meant is never guessed.", "Name one of its sheets in `sheet:`."
    ),
    "F109": Code(
        "Too many rows",
        "A source beyond the bound is an export without a filter more often than a program of that size.",
        "Split the period or the source.",
    ),
    "F110": Code(
        "Quote never closed", "Everything after it would be one cell.", 'Double each quote inside of a cell: `""`.'
    ),
    "F111": Code(
        "Row with too few or too many cells",
        "A missing or extra comma moves every cell after it into another column.",
        "Give each row as many cells as the header has, and quote cells that hold a comma.",
    ),
    "F112": Code(
        "Not well-formed CSV",
        "The file can't be cut into rows and cells without a guess.",
        "Write comma-separated UTF-8 with one header line.",
    ),
    "F113": Code(
        "Row that is not UTF-8",
        "A byte has no meaning in UTF-8, so a name in the row could be misread.",
        "Save the file as CSV UTF-8, or name its `encoding:`.",
    ),
    "F114": Code(
        "Cell too long",
        "A cell of more than 64 KiB is a quote that does not close, or no cell of a table.",
        "Check where its quotes close.",
    ),
    "F115": Code(
        "Too many rows rejected",
        "More than 100,000 bad rows are no list that anyone reads: the source is written in another way than declared.",
        "Say in the program how dates, decimals or columns are written there, or mend the export.",
    ),
    "F116": Code(
        "Workbook that unpacks to too much",
        "A workbook is packed; one that grows more than 100 times, or beyond 200 MB, can fill a machine.",
        "Save the sheet as CSV UTF-8.",
    ),
    "F117": Code(
        "Database out of reach",
        "The file or the server that the query asks is not there, or does not let us in.",
        "Check the file, or the environment variable that the program names.",
    ),
    "F118": Code(
        "Query failed",
        "The database refused the query, or did not answer within ten minutes; it may only read.",
        "Try the query in the database's own client.",
    ),
    "F120": Code("Key blank", "A row without its key can't be told from another.", "Fill the cell in."),
    "F121": Code("Row twice", "The same row on two lines would be paid twice.", "Keep one of them."),
    "F122": Code(
        "Key twice, with different content",
        "Two rows claim to be the same thing, and nobody can tell which is right.",
        "Keep the right one, or give each its own key.",
    ),
    "F123": Code(
        "Reference to no row",
        "An id names a row that is not there or was rejected, so what it says about it would be lost in silence.",
        "Add or mend the row that is named, or correct the id.",
    ),
    "F124": Code(
        "Versions overlap",
        "Two versions of one thing hold on the same day, and nobody can tell which counts.",
        "End the earlier one on the day before the later one begins; `valid_to` is the last day.",
    ),
    "F125": Code(
        "Credit not of exactly one thing",
        "A credit is a part in a deal, a customer or a project; of two it would count twice, of none nowhere.",
        "Fill in one of `deal_id`, `customer_id` and `project_id`.",
    ),
    "F126": Code(
        "Version that ends before it begins",
        "A version holds from `valid_from` to `valid_to`, both days included; one of a single day has it twice.",
        "Correct `valid_to`, or leave it blank for a version without end.",
    ),
    "F127": Code(
        "Share beyond the whole",
        "A credit is a part of one: less than nothing or more than all of a deal cannot be shared out.",
        "Write the share as a part of one, such as 0.5 for a half.",
    ),
    "F128": Code(
        "Source without rows",
        "A table with nothing in it pays nobody in silence; an official run wants to hear that this is meant.",
        "Get the whole source, or write `expect: {rows: 0}`.",
    ),
    "F129": Code(
        "Word that is not known",
        "A column takes some words and no others; what nothing reads would be passed over in silence.",
        "Write one of the words that the table's page lists, or map the source's own with `values:`.",
    ),
    "F130": Code(
        "Row count not as expected",
        "The sender declared another number of rows, so part of the source is missing or there twice.",
        "Get the whole source anew, or correct `expect:`.",
    ),
    "F131": Code(
        "Control total not as expected",
        "The sender declared another sum, so amounts are missing, changed or read in another way.",
        "Get the whole source anew, or correct `expect:`.",
    ),
    "F140": Code(
        "Official run with bad rows",
        "A row that is left out without a reason is a payout that nobody decided on.",
        "Mend each row, or put it on the list that `excused:` names, with a reason and a name.",
    ),
    "F141": Code(
        "Excuse for a row that is fine",
        "An excuse that fits no bad row today would excuse a row of tomorrow that nobody looked at. An official run is "
        "refused for it; a preview, `metrics` and `score` warn.",
        "Take it off the list.",
    ),
    "F142": Code(
        "List of excuses not readable",
        "Who left out what and why is part of the evidence for a run.",
        "Write CSV UTF-8 with the columns table, row, reason and by, none of them blank.",
    ),
    "F143": Code(
        "More rejected rows than are told",
        "Where a preview is refused, the first rejected rows are told beside the fault, since one of them may be its "
        "cause; no run is kept whose list could be shown.",
        "Call the command that the warning names: it is refused before anything is worked out, and lists all of them.",
    ),
    "F201": Code(
        "Not an id",
        "Ids join tables, so a stray space or an accent would silently part a row from its partner.",
        "Use 1 to 64 letters, digits, dots, hyphens and underscores.",
    ),
    "F202": Code(
        "Not plain text",
        "Invisible characters and decomposed letters make two texts that look the same differ.",
        "Write plain text in Unicode NFC, without control or invisible characters.",
    ),
    "F203": Code(
        "Not an amount",
        "Money is digits with a decimal point, no finer than the currency's minor unit: no thousands sign, no currency "
        "sign, no exponent; and at most 10^15 minor units, such as EUR 10,000,000,000,000.00.",
        "Write an amount such as `1250.50`.",
    ),
    "F204": Code(
        "Not a date", "Dates are year-month-day and exist in the calendar.", "Write a day such as `2026-01-31`."
    ),
    "F205": Code("Not a month", "Months are year-month, or their first day.", "Write a month such as `2026-01`."),
    "F206": Code(
        "Not a number",
        "Numbers are plain decimals with at most 9 decimals, so that nothing is rounded on the way in.",
        "Write a decimal such as `0.7`.",
    ),
    "F207": Code("Not a whole number", "A count has no decimals.", "Write a whole number such as `12`."),
    "F208": Code(
        "Not true or false", "`yes`, `1` and `x` mean different things to different people.", "Write `true` or `false`."
    ),
    "F209": Code(
        "Another currency",
        "The row's amounts are in another currency than the program pays, and no rate was applied to them.",
        "Convert the amounts before they are read, with the rate that the contract names; or say by which rates "
        "they are "
        "converted: `exchange:`.",
    ),
    "F210": Code(
        "Formula that gives an error",
        "The cell shows #N/A or the like; as a blank it would be unknown in silence.",
        "Mend the formula, or put its value in.",
    ),
    "F211": Code(
        "Number of which digits are lost",
        "Excel, and a database's floating-point number, keep 15 digits, so longer numbers were changed already; "
        "and rates "
        "have at most 9 decimals.",
        "Keep the column as text (in Excel) or as a decimal (in a database), or round as the contract says.",
    ),
    "F212": Code(
        "Value that is no cell",
        "A list, bytes or a document of a database is no text, number, date or flag.",
        "Cast it in the query.",
    ),
    "F213": Code(
        "Event without its day",
        "A deal that is won or lost was closed on a day, and money that was paid was paid on one. Without the day the "
        "row is of no period, and would count as zero in silence.",
        "Fill the day in, or correct the column that says that it happened.",
    ),
    "F214": Code(
        "End before its beginning",
        "Nothing ends, or is decided, before it began; one of the two days is wrong, and nobody can tell which.",
        "Correct the wrong one of the two days.",
    ),
    "F215": Code(
        "Scope that contradicts its row",
        "A goal is of one partner, of one region or of the program, and its row names just that one; what it names "
        "beside its scope would be passed over in silence.",
        "Fill in the partner or the region that `scope` asks for, correct `scope`, or leave the other column blank.",
    ),
    "F216": Code(
        "Points of a KPI that the scorecard does not have",
        "Points that are carried over belong to a KPI by its path, such as `growth.sourced`, or by its own name where "
        "no other KPI of the scorecard has it. Points of any other name would be missing in silence.",
        "Correct the name; or excuse the row, where the scorecard no longer has the KPI.",
    ),
    "F217": Code(
        "Entry without its reason or a second person",
        "What people enter by hand is paid as it is; so it says who proposed it, who approved it, and why, and nobody "
        "approves what they proposed or what they get themselves.",
        "Fill in what is blank, or let a second person approve it.",
    ),
    "F230": Code(
        "Currency that is not known",
        "A row is converted by the code of its currency, and nothing is guessed from a sign, a name or a metal; a rate "
        "of a code that there never was would convert nothing, and be missed later.",
        "Write a code of ISO 4217 that is paid in, such as `USD`, or map the source's own with `values:`.",
    ),
    "F231": Code(
        "Not an exchange rate",
        "A rate says what one unit of a currency costs; a blank or a rate of nothing would convert amounts to nothing; "
        "one of a currency is always one of it.",
        "Write the rate as it is quoted, above 0 and at most 1,000,000,000, with at most 9 decimals.",
    ),
    "F232": Code(
        "No exchange rate for a row",
        "The rate that counts on the row's day is missing or too old, or the row has no day; another rate would be "
        "a guess "
        "that changes what is paid.",
        "Add the rate to `fx_rates`, allow older ones by `stale_after:`, or name the row's day under `dates:`.",
    ),
    "F234": Code(
        "Two exchange rates for one day or month",
        "Rates of one pair, kind and day that differ are all rejected, and the rate of an earlier day or of the other "
        "direction would be a guess; so would be one of several averages of a month. A row of the period that needs "
        "one refuses the run; one of another is rejected.",
        "Keep the right one of them.",
    ),
    "F233": Code(
        "Amount too large once it is converted",
        "Amounts hold up to 10^15 minor units; one beyond is almost certainly a wrong rate, currency or unit.",
        "Check the amount, its currency, and the direction in which the rate is quoted.",
    ),
    "F301": Code(
        "Unknown base",
        "A blank cell is unknown, not zero, and the rule would have to guess what to pay.",
        "Fill the cell in, narrow the rule by `where:`, or say `unknown: leave_out`.",
    ),
    "F302": Code(
        "Unknown weight",
        "A blank cell is unknown, not zero, and every other share depends on it.",
        "Fill the cell in, narrow the pool by `among:`, or say `unknown: leave_out`.",
    ),
    "F303": Code(
        "Weight below zero",
        "A share of a whole can't be less than nothing; others would get more than there is.",
        "Narrow the pool by `among:`, or floor the weight: `greatest(x, 0)`.",
    ),
    "F304": Code(
        "Nobody to share a pool among",
        "No participant has a weight above zero, and dropping the pool in silence would be a fault.",
        "Check the condition and the facts of the period, or leave the pool out.",
    ),
    "F305": Code(
        "Payout too large for the books",
        "The books hold amounts up to 10^15 minor units; one beyond is almost certainly a wrong unit or rate.",
        "Check the sizes, the rates and the unit of the amounts.",
    ),
    "F306": Code(
        "Partner without points",
        "A KPI of the scorecard has no points for this partner, and the score would have to be guessed.",
        "Fill the facts in, or say what a missing KPI does: `missing: reweight`, `zero` or `carry_last`.",
    ),
    "F310": Code(
        "Row that no entry of the card fits",
        "What the card does not name, nobody has agreed to pay; and to pay nothing in silence would be a guess.",
        "Add an entry, narrow the rule by `where:`, or say what is paid `otherwise:`.",
    ),
    "F311": Code(
        "Two entries of the card fit equally well",
        "Both name equally many attributes, so that neither is more specific, and which one is written first decides "
        "nothing.",
        "Name one more attribute in the entry that should win, or add an entry for both together.",
    ),
    "F312": Code(
        "Tie for a prize",
        "The contest refuses ties, and two rows are level for a place that has a prize.",
        "Let the base tell them apart, or say `ties: each` or `ties: share`.",
    ),
    "F313": Code(
        "Quota not above zero",
        "The tiers stand at parts of the quota; of a quota of zero, any sale would be in the highest of them.",
        "Correct the quota, or leave the row out by `where:`.",
    ),
    "F314": Code(
        "Limit of a partner unknown",
        "A cap that is a rate of a KPI, a quota or an earlier payout says nothing where that is unknown, and no cap at "
        "all would pay what nobody agreed to.",
        "Fill in what is missing, or say what it is then: `of: coalesce(quota, 0)`.",
    ),
    "F331": Code(
        "Clashing versions that are asked for",
        "Rows that hold on the same day and say different things are all rejected. Where a deal, a partner or a KPI "
        "needs what they say, the next best value (today's attribute, the program's rate, zero) would be a guess that "
        "pays.",
        "Correct the days of the rows that are named, so that one holds on each day, or take out those that are wrong.",
    ),
    "F332": Code(
        "Agreed term that has ended",
        "With the partner a term was agreed, and on the day of the row no version of it holds: whether it was to be "
        "renewed or the program's own rate counts again is not said. Before the first version nothing was agreed yet.",
        "Add a version for that day (a blank value says that nothing is agreed), or write `lapsed: default` beside "
        "`term:`.",
    ),
    "F333": Code(
        "Earlier period of another version",
        "What a locked period paid rests on the version that it was locked with. A rule looks back at it, and that "
        "version has no counterpart of what the rule counts; the new rates would be a guess at what was paid.",
        "Keep the rule as it was until the stretch that it counts over is over, or give the new rule a name of its "
        "own.",
    ),
    "F334": Code(
        "Row between two versions of a rule",
        "The rule that it would be paid by had ended, and the one that replaces it had not begun; it would be paid "
        "nothing in silence.",
        "Let the versions meet; or leave `replaces:` out, where rows in between are not to be paid.",
    ),
    "F330": Code(
        "Day on which no version holds",
        "A partner with a dated attribute has it on the days of its versions. A row of a day between two of them, or "
        "before or after them all, asks what nobody said, and the next best version would be a guess.",
        "Add a version that holds on that day (a blank value says that there is none), or correct the days of those "
        "around it.",
    ),
    "F316": Code(
        "Two targets at once",
        "Both are of one partner, one KPI and one period, and neither is a later version; which counts would be "
        "decided by an id.",
        "Leave one of them, or tell them apart by `version` or `set_on`: the latest counts.",
    ),
    "F317": Code(
        "Return below zero",
        "A return takes back a part of what its row was paid; a part below zero would pay the row once more.",
        "Where the events are written below zero, turn the sign (`base: -deal_events.amount`); else narrow the returns "
        "by `where:`.",
    ),
    "F318": Code(
        "Tier that the scorecard does not have",
        "A partner keeps its tier for some points below the line, and the tier that a table says it holds is none of "
        "the scorecard's: it would fall as if it had held none. A warning.",
        "Write the tier as the scorecard names it, or map it with `values:`; leave it blank for a partner without one.",
    ),
    "F319": Code(
        "Pool of unknown size",
        "The size rests on something that is unknown, and a pool of a guessed size would pay what nobody agreed to.",
        "Fill in what is missing, or say what the size is then: `size: coalesce(profit, 0)`.",
    ),
    **OPENINGS,
    "F323": Code(
        "Return of a partner who cannot be paid any more",
        "A row comes back whose partner could be paid when the row was, and cannot be paid in the period: the program "
        "pays nobody for whom `eligible` does not hold, and takes nothing back from them either, so that they keep "
        "what they were paid.",
        "Take it back by hand, or let `eligible` hold for who has left, for as long as returns may come: "
        "`partners.active or partners.terminated_on >= period.start - interval '12' month`.",
    ),
}
