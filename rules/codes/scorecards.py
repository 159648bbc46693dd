"""P2xx: a scorecard that reads well, and does not hold together."""

from __future__ import annotations

from rules.codes.code import Code

SCORECARDS: dict[str, Code] = {
    "P201": Code(
        "Weights do not add to 100 %",
        "The weights of KPIs and groups side by side are parts of a whole; otherwise scores would shrink or grow.",
        "Mend the weights, or write `normalise: true` to divide each by their sum.",
    ),
    "P202": Code(
        "Weight below zero",
        "A negative weight would turn good into bad.",
        "Write 0% or more; `better: lower` says that less is better.",
    ),
    "P203": Code(
        "Groups too deep", "Groups in groups are read by people; five levels are the most.", "Join some of the groups."
    ),
    "P204": Code(
        "KPI and group of one name",
        "What is weighed is found by its path, and the two would have the same.",
        "Give one of them another name.",
    ),
    "P205": Code(
        "Nothing to weigh", "A group or a scorecard without KPIs has no points.", "Add `kpis:` or `groups:` to it."
    ),
    "P206": Code(
        "Minimum out of reach",
        "More KPIs or groups are needed than there are, so nobody could be scored.",
        "Write a smaller `at_least`.",
    ),
    "P207": Code(
        "One scale, not several and not none",
        "Of two scales nobody can tell which one counts, and without one a value has no points.",
        "Write one scale; `better_of:` and `worst_of:` compare several.",
    ),
    "P208": Code(
        "Reference of no or several sources",
        "What a KPI is measured against is one thing: a quantity, a table, a percentile of 0 to 100 % or an "
        "expression; `among` and `method` belong to a percentile.",
        "Name one source.",
    ),
    "P209": Code(
        "Reference in another unit than the KPI",
        "Money is not compared with a share, nor a share with money.",
        "Write the value in the KPI's unit.",
    ),
    "P210": Code(
        "Steps that do not ascend",
        "An edge or a step that is not above the one before it would never count.",
        "Sort them from the lowest to the highest, each once.",
    ),
    "P211": Code(
        "Floor or threshold above the cap",
        "No value lies between them.",
        "Exchange them, or leave one of them out.",
    ),
    "P212": Code(
        "Rounding of points to no step", "There are no multiples of zero or less to round to.", "Write `to: 1`."
    ),
    "P213": Code(
        "No way from one value to itself",
        "Points in proportion to the way from one value to another need two values.",
        "Write two values, or a `gate`.",
    ),
    "P214": Code(
        "Target not above zero", "Nothing can be reached of zero or less: attainment is a quotient.", "Use a `gate`."
    ),
    "P215": Code(
        "Bands with a gap",
        "Every band but the last ends at one edge and the last is open, so that each value is in one band.",
        "Write `below:` or `up_to:` in each band, and only `points:` in the last.",
    ),
    "P216": Code(
        "Never used: `otherwise`",
        "An interpolated table covers every value, so nothing is left over for `otherwise`.",
        "Leave it out, or add a step.",
    ),
    "P217": Code(
        "Rank with two ways to give points",
        "A list of places and points of the first and last place are two answers.",
        "Keep `places:` or `points:`.",
    ),
    "P218": Code(
        "Gate without one test",
        "A gate is met or missed by one comparison.",
        "Write one of `at_least:`, `at_most:` and `equals:`.",
    ),
    "P219": Code(
        "Minimum not readable",
        "A minimum is a number of KPIs or of groups.",
        "Write `3 KPIs`, `2 groups` or `{kpis: 3, groups: 2}`.",
    ),
    "P220": Code(
        "Bonus or multiplier in no or several ways",
        "It is a number where a condition holds, or what a scale gives for a KPI.",
        "Write `when:` with `points:` (or `by:`), or `kpi:` with a scale.",
    ),
    "P221": Code(
        "Qualifying gate in no or several ways",
        "It is a condition, or a KPI and its gate; it decides whether a score stands, and gives no points of its own.",
        "Write `when:`, or `kpi:` and `gate:` without points.",
    ),
    "P222": Code(
        "Tiers that do not ascend",
        "A tier whose line is not above the one before it would never be reached, or hide that one; and nothing is "
        "kept within less than 0 points.",
        "Sort the tiers from the lowest to the highest.",
    ),
    "P223": Code(
        "Decimals of a score", "A score is rounded to 0 to 9 decimals.", "Choose a number of decimals between them."
    ),
    "P224": Code(
        "No such KPI in the program",
        "A scorecard weighs KPIs that the program measures, and this name is of none.",
        "Take the suggested name, define it under `kpis:`, or name one by `kpi:`.",
    ),
    "P225": Code(
        "Not something to score",
        "Points are given for money, numbers and counts; a date, a text or a flag has no scale.",
        "Score a number; `case when ... then 1 else 0 end` makes one of a condition.",
    ),
    "P226": Code(
        "Reference without its table",
        "Targets and benchmarks are in tables that the program has no source for.",
        "Add the table under `sources:`.",
    ),
    "P227": Code(
        "Peers not told apart by a column",
        "Peers are those for whom one column of a table is equal, so that who they are does not change with a score.",
        "Write it as `partners.kind`.",
    ),
    "P228": Code(
        "No such tier",
        "The tier of a scorecard is one of those that it names, so the comparison would never hold.",
        "Take the suggested name, or one of those that are listed.",
    ),
    "P230": Code(
        "KPI of the program",
        "A KPI of level `program` is measured for all partners together, and one partner has none of its own.",
        "Score a KPI that partners have.",
    ),
    "P231": Code(
        "Tier compared with something else than a name",
        "The tier of a scorecard is one of the names that it lists; a column or another scorecard's tier may use the "
        "same names for other things.",
        "Compare it with a name: `performance.tier = 'gold'`, or `in ('silver', 'gold')`.",
    ),
    "P232": Code(
        "One name for two cells of a scorecard",
        "Each number of a scorecard is explained by its path, and two of them would have the same.",
        "Give the KPI or the group another name.",
    ),
}
