"""B: the books: who may do what to a payout cycle, and in which order."""

from __future__ import annotations

from rules.codes.code import Code

_ORDER = "See `partage cycle status`: what may come next stands there."

BOOKS: dict[str, Code] = {
    "B100": Code("No reason", "What is done by hand is done for a reason, which is kept for ever.", "Say why."),
    "B101": Code(
        "Four eyes",
        "Nobody approves what they had a hand in: what was submitted, calculated, adjusted or written by one person is "
        "approved by another.",
        "Ask somebody who had no hand in it. The refusal itself stands in the log.",
    ),
    "B102": Code("Not among those who approve", "The program names who approves.", "Ask one of those who are named."),
    "B103": Code(
        "Another digest was looked at",
        "An approval is bound to exactly what was looked at; the cycle changed since.",
        "Look at it again, and approve the digest that it has now.",
    ),
    "B104": Code("Approved already", "Each person approves a cycle once.", "Ask another person, or lock it."),
    "B105": Code(
        "Nobody in common",
        "A cycle of several programs is approved by people whom each of the programs names.",
        "Name a person in common, or open a cycle for each program.",
    ),
    "B106": Code(
        "Programs that do not go together",
        "The programs of a cycle are paid together, so each is named once and their periods have the same days.",
        "Open a cycle for each calendar.",
    ),
    "B107": Code(
        "No name for a cycle",
        "The name stands in the log, in payments and in commands.",
        "Take one such as the period's.",
    ),
    "B110": Code("No such request", "Nobody asked for this under that number.", "`partage log` lists all requests."),
    "B111": Code("Decided already", "A decision on a request stands.", "Submit a new request."),
    "B112": Code(
        "Asked for before", "The same version was submitted or activated before.", "Go on with the one that is named."
    ),
    "B113": Code(
        "Not approved", "Only a version that another person approved comes into force.", "Have it approved first."
    ),
    "B114": Code(
        "Locked under another version",
        "A period that is locked keeps the version that it was locked with.",
        "Let the version be effective in a later period.",
    ),
    "B115": Code(
        "Pool silent on late records",
        "Once a period is locked its pools are shared, and it is too late to say what becomes of a record that comes "
        "after: whether all shares change, or the next period or the house has the difference.",
        "Write `late: reshare`, `late: next_period` or `late: house` in the pool.",
    ),
    "B116": Code(
        "Version from within a period",
        "A period is paid by one version of a program, from its first day on.",
        "Name the first day of a period.",
    ),
    "B120": Code("No such cycle", "No cycle of this name was opened.", "Open it, or name one that is listed."),
    "B121": Code("Name of a cycle taken", "Nothing reopens a cycle, so a name is used once.", "Choose another name."),
    "B122": Code(
        "Program in another open cycle",
        "A cycle opens with what the one before closes with, so a program is in one open cycle at a time.",
        "Lock that one first.",
    ),
    "B123": Code(
        "No version in force",
        "A cycle pays by a version of the program that was submitted, approved by another person and activated.",
        "Put a version into force that is effective by the period's first day.",
    ),
    "B124": Code(
        "Period left out",
        "Periods are locked one after another: balances and late data are carried from each to the next.",
        "Open the period that comes next.",
    ),
    "B125": Code(
        "Locked for some of the programs only",
        "A cycle has runs of its period, or trues up alone.",
        "Open one for each.",
    ),
    "B126": Code("Program not of the cycle", "A cycle pays the programs that it was opened with.", _ORDER),
    "B127": Code("Submitted already", "Nothing changed since the cycle was submitted.", _ORDER),
    "B128": Code("Nothing calculated yet", "What is approved is a calculation.", "Calculate each program first."),
    "B129": Code(
        "Calculated with another version",
        "Only the version in force pays.",
        "Calculate with that one, or have the other one approved and activated.",
    ),
    "B130": Code("Not approved yet", "Only what was approved, and did not change since, is locked.", _ORDER),
    "B131": Code("Not to be closed now", "A cycle is closed once, after it was locked and paid.", _ORDER),
    "B132": Code(
        "Payees not paid yet", "A closed cycle owes nobody anything, but those on hold.", "Pay them, or hold them."
    ),
    "B133": Code(
        "Not submitted",
        "What is approved or rejected was submitted, and did not change since: any change voids it.",
        "Submit it.",
    ),
    "B134": Code(
        "Locked already",
        "What was locked never changes, and nothing reopens it.",
        "Correct in the open cycle: late data is trued up there, and adjustments are made there.",
    ),
    "B135": Code("Not to be paid now", "Only a locked cycle is paid.", _ORDER),
    "B136": Code("Nobody to pay", "All were paid, are on hold, or are owed nothing.", _ORDER),
    "B137": Code(
        "Nothing that could come back",
        "A bank sends back what was paid, each part of a payment once.",
        "Name payees of that payment.",
    ),
    "B138": Code("No such payment", "The cycle has no payment of this number.", "Name one that is listed."),
    "B139": Code(
        "No such payee",
        "Nobody of this id was ever paid or calculated.",
        "Name a payee as `partage cycle status` does.",
    ),
    "B140": Code("Amount that adjusts nothing", "An adjustment is of an amount that the books can hold.", "Name one."),
    "B141": Code(
        "No evidence", "A second person looks at what an adjustment rests on.", "Say where it can be looked up."
    ),
    "B142": Code("On hold", "A payee on hold is not paid, and is not held twice.", "Release it first."),
    "B143": Code("Not on hold", "Only a payee on hold is released.", "Name one that is listed."),
    "B144": Code(
        "Two payees of a partner",
        "What a partner earned is paid to one payee on the last day of the period.",
        "End one of them in the source of payees.",
    ),
    "B145": Code(
        "Currency not said",
        "A payee who was paid in several currencies gets each of them back by itself.",
        "Name the currency with the payee.",
    ),
    "B146": Code(
        "No such component",
        "An adjustment belongs to a payout, a pool or a balance of its program.",
        "Name one of them.",
    ),
    "B147": Code(
        "Day of a payment that cannot be",
        "What a cycle pays is owed from the last day of its period on, and paid within a year from today; nothing "
        "comes back before it was paid, and what is noted to have come back has.",
        "Name the day on which it was paid, or came back.",
    ),
    "B148": Code(
        "Not to be dropped now",
        "A cycle is dropped while nothing of it is submitted or locked.",
        "Send it back first, where it is submitted.",
    ),
    "B149": Code(
        "Cycle dropped",
        "A cycle that was dropped pays nothing, and nothing takes it up again.",
        "Open a cycle of another name.",
    ),
    "B150": Code(
        "Same dispute",
        "A claim is answered once, and paid once.",
        "Answer, or close, the dispute that is named, where it is not paid.",
    ),
    "B151": Code("Dispute answered or closed", "An answer stands.", "Open a new dispute to say more."),
    "B152": Code("Dispute without an answer", "A claim is answered before it is closed.", "Answer it."),
    "B153": Code(
        "Row that the run did not read",
        "A claim is about a row of the tables that a run rests on, named by its key.",
        "Name the table and the key as `partage trace` does; claim a missing row with --add.",
    ),
    "B154": Code(
        "Nothing that can be claimed",
        "A claim says what cells of one row should hold; the key itself names the row.",
        "Write --set column=value for columns of the table, each once.",
    ),
    "B155": Code("Claim that changes nothing", "The row holds all that is claimed.", "Claim what it does not hold."),
    "B156": Code(
        "Granted without a cycle",
        "What is granted is paid by an adjustment of an open cycle.",
        "Name the cycle: --cycle NAME.",
    ),
    "B157": Code(
        "Adjustment of the dispute waits",
        "A dispute whose adjustment was submitted is being granted: it can't be declined, closed or paid by another.",
        "Let the dispute be granted by the adjustment and have that decided, or reject the adjustment first.",
    ),
    "B158": Code(
        "Days the wrong way round", "A roll-forward goes from one day to a later one.", "Let --from be before --as-of."
    ),
    "B159": Code(
        "Program that the books do not know", "No cycle pays a program of this title.", "Name one of those listed."
    ),
    "B160": Code(
        "Too late for an opening",
        "A program with a locked cycle opens with what that one closed with.",
        "Correct a balance by an adjustment.",
    ),
    "B162": Code(
        "Not what a program opens with",
        "A program goes live with what its balances, its year so far and its payees stood at, in the form of the table "
        "`balances`.",
        "Write the columns of the table, and names that `partage opening submit` lists.",
    ),
    "B163": Code(
        "Nothing to open with",
        "A file for go-live says what stood where on the day before the first period.",
        "Write a row for each balance that is not empty, or go live without an opening.",
    ),
    "B164": Code(
        "Cycle submitted without the opening",
        "What waits for approval was calculated before the opening was there.",
        "Send the cycle back, approve the opening, and calculate again.",
    ),
    "B165": Code(
        "Dispute not granted by the adjustment",
        "An adjustment that pays a dispute is approved once the dispute is granted and names it.",
        "Answer the dispute first, or reject the adjustment.",
    ),
    "B166": Code(
        "Run that was never locked",
        "What a run of no locked cycle pays is owed to nobody, so there is nothing to dispute.",
        "Correct the source and calculate again, or dispute the run of a locked cycle.",
    ),
    "B167": Code(
        "Row that may be paid twice",
        "A granted dispute is paid by its adjustment; once the source is corrected too, the same row is trued up.",
        "Where both pay the same, reject the adjustment while it waits, or take it back by another one.",
    ),
    "B161": Code("Opening there already", "A program goes live once.", "Reject the first request, or go on with it."),
}
