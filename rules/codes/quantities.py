"""K: quantities that have no exact answer."""

from __future__ import annotations

from rules.codes.code import Code

QUANTITIES: dict[str, Code] = {
    "K101": Code(
        "Unknown currency",
        "How many decimals money has is a fact of its currency; a code that ISO 4217 does not list has none.",
        "Use the three capitals of ISO 4217, such as EUR.",
    ),
    "K102": Code(
        "Currency can't be paid",
        "Metals, funds units and codes for testing have no minor unit, so no amount in them can be paid.",
        "Name the currency that is paid out.",
    ),
    "K103": Code(
        "Amount finer than the minor unit",
        "Half a yen does not exist, and rounding what a person wrote would change it in silence.",
        "Write the amount with no more decimals than the currency has.",
    ),
    "K104": Code(
        "Amount too large",
        "The result of a product or share does not fit 64 bits of minor units; it would wrap, so nothing is computed.",
        "Check the rate, the unit and the currency of the row that is named.",
    ),
    "K105": Code(
        "Denominator not positive",
        "A ratio over zero is unknown, and a sign belongs in the numerator, where rounding can see it.",
        "Say what the program gives for a zero denominator, or carry the sign in the numerator.",
    ),
    "K106": Code(
        "Rounding step below one",
        "A step of zero or less has no multiples to round to.",
        "Use a positive step, such as 0.05 or 250.",
    ),
    "K107": Code(
        "Nobody to share among",
        "A pool without participants can't be shared, and dropping its money in silence would be a fault.",
        "Check the condition that selects the participants, or leave the pool out.",
    ),
    "K108": Code(
        "Negative weight",
        "A share of a whole can't be less than nothing; others would get more than there is.",
        "Leave that participant out, or floor the weight at zero.",
    ),
    "K109": Code(
        "No weight to share by",
        "When every weight is zero, no proportion follows from them.",
        "Name another basis for such a period, for example equal shares.",
    ),
    "K110": Code(
        "Participant named twice",
        "Ties are settled by a key; if two rows have the same, the order of rows would decide who gets a cent.",
        "Add the weights of the rows up first, or use a key that is unique.",
    ),
    "K111": Code(
        "Total not in whole steps",
        "A total that is no multiple of the step can't be shared in whole steps without a rest.",
        "Change the total or the step, or let the residue be house, carry or round_each.",
    ),
}
