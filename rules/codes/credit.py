"""C1xx: a rule of the section `credit:` that does not hold together, and rows that nobody can share."""

from __future__ import annotations

from rules.codes.code import Code

CREDIT: dict[str, Code] = {
    "C101": Code(
        "One way to credit, not several and not none",
        "Of two ways for the same rows nobody can tell which one counts, and without one nobody earns anything.",
        "Write one way, or a list of ways with `for:`, of which the most specific that fits a row is its way.",
    ),
    "C102": Code(
        "Days not readable",
        "A half-life and a window are whole days; hours and months are not counted.",
        "Write `7 days`, with 1 to 1,000 of them.",
    ),
    "C103": Code(
        "Preference not readable",
        "A preference is an order of roles, each named once.",
        "Write `sourced over influenced`.",
    ),
    "C104": Code(
        "Share of a role out of range",
        "A role earns a part of a row: not less than nothing, and not more than all of it.",
        "Write a share of 0% to 100%.",
    ),
    "C105": Code(
        "Roles that earn more than 100 %",
        "All roles of a rule can meet on one row, and would then earn more than there is; of those that `prefer` puts "
        "in an order only one counts.",
        "Lower the shares, `prefer` one role over another, or declare a role as `overlay: true` with `over_100: "
        "overlay`.",
    ),
    "C106": Code(
        "Overlay that is not allowed, or not there",
        "Credit beyond 100 % pays twice for one row, so both the rule and the role have to say that it is meant.",
        "Write `over_100: overlay` and declare a role as `{overlay: true}`; or neither of the two.",
    ),
    "C107": Code(
        "Role that no way credits",
        "A preference or a protection of a role that nobody can hold would do nothing, in silence.",
        "Name a role that one of the ways credits, or leave it out.",
    ),
    "C108": Code(
        "Override rates out of range",
        "Overrides are rates of a share for 1 to 32 levels; those taken out of it can't be more than all of it.",
        "Write rates of 0% or more, 100% or less together unless they are paid `on_top`.",
    ),
    "C109": Code("Cap not above zero", "Nothing could ever be credited.", "Write an amount above 0, or leave it out."),
    "C110": Code(
        "Half-life of a shape without one",
        "Only time decay weighs touches by their age.",
        "Leave `half_life` out, or write `shape: time_decay`.",
    ),
    "C111": Code("Role listed twice", "It could look as if it earned twice.", "List each role once."),
    "C112": Code(
        "Table that says nothing of the rows",
        "Credits name deals, customers and projects, touches lead to deals and customers, and deals are registered and "
        "attributed.",
        "Credit rows of such a table, or credit the owner of a row.",
    ),
    "C113": Code(
        "No such crediting rule",
        "A payout names the rule that says who earns on its rows.",
        "Name a rule of the section `credit:`, or add one.",
    ),
    "C120": Code(
        "More than 100 % credited",
        "Shares that add up to more than the row pay for more than was sold; to scale them down would change what "
        "somebody was promised.",
        "Mend the shares of the row's credits, or declare the role that is meant to be beside them as an overlay.",
    ),
    "C121": Code(
        "Share below zero",
        "A negative share would take from one partner what another earns.",
        "Write 0 or more; returns take credit back by themselves.",
    ),
    "C122": Code(
        "Touch or row without a day",
        "Nobody can tell which touch came first, whether it came before the row, or who stood above a partner then.",
        "Fill in the date, or leave the row out with `where:`.",
    ),
    "C123": Code(
        "Hierarchy that goes in a circle",
        "Whoever stands above itself would earn overrides of itself without end.",
        "End one of the relations that the message shows before that day.",
    ),
    "C124": Code(
        "Hierarchy too deep",
        "32 partners above one another are the most; more are a mistake in the table.",
        "Check `parent_id` or `manager` of those above the partner.",
    ),
    "C125": Code(
        "Two above one on the same day",
        "An override goes to one of them, and nobody can tell to which.",
        "Let one relation end (`valid_to`) on the day before the next begins.",
    ),
    "C126": Code(
        "Cap on an unknown amount",
        "A blank amount is not zero: the shares that keep within the cap can't be worked out.",
        "Fill in the amount, or leave the row out with `where:`.",
    ),
    "C127": Code(
        "Two ways that fit equally well",
        "Both name equally many attributes of the row, so that neither is more specific, and which one is written "
        "first decides nothing.",
        "Name one more attribute in the way that should win.",
    ),
    "C129": Code(
        "Weights of another method",
        "A rule says by which method partners are paid; a table that was found by another one, or in another version, "
        "would pay by what nobody agreed to.",
        "Attribute anew by that method (`partage attribute`), or name the method and version of the table.",
    ),
    "C130": Code(
        "Weights that can't be shared by",
        "A blank weight is not zero, weights below zero take from others what they earned, and weights that add up to "
        "nothing have no proportion.",
        "Attribute anew; where weights below zero are meant, write `negative: keep`.",
    ),
    "C128": Code(
        "Day that no version holds on",
        "The history of a partner says who stood above it on some days, and not on the one of this row; to take the "
        "version before or after would be a guess.",
        "Add a version that holds on that day, with a blank `value` where there was nobody.",
    ),
}
