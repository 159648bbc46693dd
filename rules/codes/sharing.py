"""K2xx: what can't be shared, solved or run through layers."""

from __future__ import annotations

from rules.codes.code import Code

SHARING: dict[str, Code] = {
    "K201": Code(
        "Negative claim",
        "A claim on a pool can't be less than nothing; the others would share more than there is.",
        "Leave the member out, or floor the claim at zero.",
    ),
    "K202": Code(
        "Pool below nothing",
        "Who bears a loss has to be said; a rule that shares gains is not turned around in silence.",
        "Share a loss by a rule that says who bears it, or floor the pool at zero.",
    ),
    "K203": Code(
        "Limit of a share without one amount",
        "A floor or cap of a share is an amount, a share of the pool, or a multiple of a measure, and only one.",
        "Write `EUR 5_000`, `{share: 10%}` or `{of: partners.salary, times: 1/2}`.",
    ),
    "K204": Code(
        "Limit below nothing",
        "No share is less than nothing, so such a floor or cap means nothing.",
        "Use zero or more.",
    ),
    "K205": Code(
        "Floor above the cap",
        "Neither a share nor a pool can be at least more than it is at most.",
        "Raise the cap, or lower the floor, of the member or the pool that is named.",
    ),
    "K206": Code(
        "Floors above the pool",
        "The pool does not reach for all floors, and who goes short has to be said.",
        "Lower the floors, or write `if_short: scale` (the same part of each) or `if_short: house`.",
    ),
    "K207": Code(
        "Discretionary awards above the pool",
        "What a committee enters is paid as it is, and never cut in silence; the pool is the most that it can give.",
        "Enter less, or let the pool be larger.",
    ),
    "K208": Code(
        "Discretion that nobody entered",
        "What a committee gives is paid as it is, so it is a row of table `awards`, which says who proposed it, who "
        "approved it and why; an amount from anywhere else says none of that.",
        "Enter the amounts in `awards`, and name a KPI that sums `awards.amount`.",
    ),
    "K210": Code(
        "Too many players",
        "Every coalition needs its worth, and twenty players have a million of them.",
        "Name at most 20 players, or let groups be the players.",
    ),
    "K211": Code(
        "Worth of a coalition missing",
        "The value of a player counts every coalition; one without a worth is not worth nothing.",
        "Give every coalition a row, with 0 where it is worth nothing.",
    ),
    "K212": Code(
        "Coalition named twice",
        "Two worths of one coalition contradict each other, and a player is in it or is not.",
        "Keep one row for each coalition, and name a player once in it.",
    ),
    "K213": Code(
        "Empty coalition worth something",
        "What nobody brings about belongs to nobody, so it can't be shared among players.",
        "Take that worth off every coalition, or leave the row out.",
    ),
    "K214": Code(
        "Player without a union",
        "Where players come in unions, each is in one; a player alone is a union too.",
        "Name the union of every player.",
    ),
    "K215": Code(
        "Value below nothing",
        "A member that takes more than it brings has a value below zero, and a pool pays nobody less than nothing; to "
        "cut it off would take from the others in silence.",
        "Leave the member out of the pool and of the table, or share by another measure.",
    ),
    "K216": Code(
        "Coalition with two worths",
        "The rows of a coalition name its members, and its worth is one; two of them contradict each other.",
        "Write the same worth on all rows of the coalition.",
    ),
    "K217": Code(
        "Coalition with someone who takes no part",
        "What a member adds to others who have no share of the pool would count as its own.",
        "List coalitions of the members alone, or let the partner take part.",
    ),
    "K220": Code(
        "Number of units out of range",
        "Units are given one after the other, so there can't be fewer than none or endlessly many.",
        "Share between 0 and 10,000,000 units; money is shared by a residue policy instead.",
    ),
    "K221": Code(
        "Tie for the last unit",
        "Two members are due the last unit alike; the order of rows must not decide.",
        "Write `ties: first`, `last` or `biggest`, or share another number of units.",
    ),
    "K230": Code(
        "Interest over more than a century",
        "A day that is wrong by a digit would compound into an amount that nobody owes.",
        "Check the dates of the movements.",
    ),
    "K232": Code(
        "Period that ends before it begins",
        "An average over no day has no answer.",
        "Write the first day first.",
    ),
    "K240": Code(
        "Amounts that follow from themselves",
        "Definitions that go round without one answer leave every number possible, or none.",
        "Define one of the amounts by something that is known.",
    ),
    "K241": Code(
        "Definitions that are unstable",
        "An amount that comes back to itself as more than itself grows without end; the answer has the wrong sign.",
        "Check the signs and the sizes of the rates.",
    ),
    "K250": Code(
        "Layer that never ends",
        "A catch-up ends when the carry has its part of all profit, and a hurdle when accounts have earned their rate; "
        "neither is reached with such parts. A split without `until` takes all, so that no layer after it is reached.",
        "Let the carry have more of what comes than it is to have of all, and leave accounts a part up to a hurdle; "
        "write a split without `until` last.",
    ),
    "K251": Code(
        "Layer that is not one thing",
        "The order of layers decides who is paid, so each says one thing.",
        "Write one of capital, preferred, mark, catch_up and split; one after the other are two layers.",
    ),
    "K252": Code(
        "Part below nothing, or above all",
        "A part of a pool, a weight or a rate of return below nothing would take from those whom it is to "
        "serve, and a part above all of it from everybody else; a clawback of what is above all profit never takes "
        "anything.",
        "Use zero or more and at most 100%, and in a clawback less than 100%.",
    ),
    "K253": Code(
        "Layer and marks that do not belong together",
        "A layer up to the mark needs each member's high-water mark; marks that no layer reads were meant for one. "
        "With such a layer nothing that was paid earlier counts, so there is nothing for a clawback to take back.",
        "Add `marks: NAME.opening`, of a balance of kind mark, or the layer `mark`; leave out the clawback.",
    ),
    "K260": Code(
        "Late record in a locked pool",
        "Whether members give back, or the house or the next period has the difference, is agreed before.",
        "Say it in the pool: `late: reshare`, `late: next_period` or `late: house`.",
    ),
}
