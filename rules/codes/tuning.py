"""W37x: a problem of plan parameters that can't be worked on, or a plan that can't be proposed."""

from __future__ import annotations

from rules.codes.code import Code

TUNING: dict[str, Code] = {
    "W370": Code(
        "Not what a problem of parameters holds",
        "A key with a slip of the pen would ask for something else, and nobody would know.",
        "Write `optimise`, `program`, `period`, `parameters`, `goal`, and as need be `hold`, `evaluations`, `by`, "
        "`per` and `budget`.",
    ),
    "W371": Code(
        "No values to choose from",
        "A parameter is chosen among values that are written: from one to another in whole steps, or a list.",
        "Write `{from: 4%, to: 8%, step: 0.5%}` or `{of: [whole, marginal]}`.",
    ),
    "W372": Code(
        "No goal",
        "What is best has to be said: which quantity of a gate is to be small, large, or near a number.",
        "Write `goal: {minimise: losers}`, `{maximise: winners}` or `{nearest: {cost: 1_200_000}}`.",
    ),
    "W373": Code(
        "Unknown for this plan",
        "A plan whose goal or hold can't be told, such as an effective rate of nothing sold, is no proposal.",
        "Ask for a quantity that every plan has, or for values that leave it known.",
    ),
    "W374": Code(
        "Nothing is paid by it",
        "Whatever its value, every plan would pay the same, and the best of them would be a matter of chance.",
        "Choose among values of a rule, or of a KPI that a rule reads.",
    ),
}
