"""P233-P237: the cases of a program (`tests:`) do not hold together."""

from __future__ import annotations

from rules.codes.code import Code

CASES: dict[str, Code] = {
    "P233": Code(
        "Case that expects nothing",
        "A case that nothing can contradict proves nothing.",
        "Add `expect:` with payouts by name, or with the code of a problem; or `lines:`.",
    ),
    "P234": Code(
        "Case with a name that the program does not have",
        "What is given are rows of the program's own tables, and values of its KPIs, quotas and scores.",
        "Take the suggested name, or add a source for the table.",
    ),
    "P235": Code(
        "Expectation that nothing can meet",
        "What is expected is a payout, a pool, a sum, a KPI or a score of one of the case's partners.",
        "Take the suggested name; with more than one partner, write the value by partner.",
    ),
    "P236": Code(
        "Case without a period",
        "A case is worked out for one period, on all of whose days the program is in force.",
        "Take a period of the calendar that lies within `effective`.",
    ),
    "P237": Code(
        "Given in another shape",
        "Rows are columns with values, one value each; a KPI or a score has one value for each partner.",
        "Write `deals: {amount: 100}` or a list of such rows, and `attainment: 105%`.",
    ),
}
