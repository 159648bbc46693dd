"""What each key of the JSON of plan parameters means, by its path."""

from __future__ import annotations

from collections.abc import Mapping

from meanings_of_what_if import MEANINGS_OF_WHAT_IF

_OF_PLAN: Mapping[str, str] = {
    "changes[]": "what it changes of the program as it is",
    "changes[].path": "the path",
    "changes[].value": "its value, as it is written",
    "goal": "what the goal comes to: minor units, partners, or a part, as a fraction's text; of several quantities "
    "the sum by their weights; null where it is unknown",
    "missed": "by how much it misses what has to hold, in all: amounts as a part of the cost as it is, numbers as a "
    "part of all partners; null where that is unknown",
    "gate[]": "one for each clause of what has to hold",
    "gate[].clause": "the clause",
    "gate[].value": "what it comes to, as a fraction's text",
    "gate[].holds": "whether it holds",
}

MEANINGS_OF_TUNING: Mapping[str, str] = {
    "problem": "the name of the problem",
    "currency": "the currency of all amounts",
    "goal": "the goal, in words",
    "goal_of": "the goal",
    "goal_of.aim": "minimise, maximise or nearest",
    "goal_of.quantity": "the quantity of a gate; `weighted` where it is of several",
    "goal_of.weights[]": "one for each quantity",
    "goal_of.weights[].quantity": "the quantity",
    "goal_of.weights[].weight": "what one partner, one unit of money or all of a part counts, as a fraction's text",
    "goal_of.number": "what it is to be near to, as a fraction's text; or null",
    "hold": "what has to hold, as a gate; or null",
    "points": "how many plans the grid has, as a text of any length",
    "proof": "`all` where each plan of the grid was worked out, `limit` where no plan at all can be better for the "
    "goal, `none` where no bound is known",
    "is_local": "whether no plan is better that is one step away, in one parameter or in two",
    "is_met": "whether any plan that was worked out keeps to what has to hold",
    "parameters[]": "one for each parameter, in the order of the problem",
    "parameters[].path": "its path in the program",
    "parameters[].in_force": "its text in the program; several with commas where the path comes to several",
    "parameters[].proposed": "what is proposed; null where no plan holds",
    "parameters[].is_changed": "whether that is another value",
    "parameters[].values": "how many values it may take",
    "quantities[]": "one for each quantity of a gate that is known",
    "quantities[].quantity": "the quantity",
    "quantities[].as_it_is": "what it comes to as the program is, as a fraction's text; or null",
    "quantities[].proposed": "what it comes to as is proposed; or null",
    "in_force": "the plan in force",
    **{f"in_force.{path}": words for path, words in _OF_PLAN.items()},
    "proposal": "the best plan; null where none holds",
    **{f"proposal.{path}": words for path, words in _OF_PLAN.items()},
    "nearest[]": "where no plan holds, those that miss by least",
    **{f"nearest[].{path}": words for path, words in _OF_PLAN.items()},
    "trail[]": "the best so far, from step to step",
    "trail[].evaluations": "how many plans had been worked out",
    **{f"trail[].{path}": words for path, words in _OF_PLAN.items()},
    "left_out[]": "one for each reason for which plans can't be proposed",
    "left_out[].code": "the code of what is wrong",
    "left_out[].message": "what is wrong with the first",
    "left_out[].plans": "how many plans",
    "left_out[].changes[]": "what the first of them changes",
    "left_out[].changes[].path": "the path",
    "left_out[].changes[].value": "its value",
    "simulated": "the proposal beside the program as it is, as `simulate` tells it",
    "simulated.program": "the title of the program",
    "simulated.currency": "the currency of all amounts",
    "simulated.by": "what amounts are told by",
    "simulated.rejected": "how many rows were left out of what was read",
    **{f"simulated.{path}": words for path, words in MEANINGS_OF_WHAT_IF.items()},
    "simulated.as_it_is.cliffs": "null: cliffs are not looked for",
    "simulated.scenarios[].cliffs": "null: cliffs are not looked for",
    "simulated.as_it_is.not_followed": "null: cliffs are not looked for",
    "simulated.scenarios[].not_followed": "null: cliffs are not looked for",
    "files[]": "the files that were written",
}
