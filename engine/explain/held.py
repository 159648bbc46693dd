"""Which tier a partner held at the start of a period, and who says so: the table of scores, that of partners, or the
period before as it is worked out now."""

from __future__ import annotations

from engine.explain.agree import agree
from engine.scoring import by_scores, told_tiers
from engine.values import PARTNERS, Facts, Reasoned, Score, Sheet
from rules.balances.meaning import OPENING
from rules.expressions.tree import Column


def held_reason(step: Score, sheet: Sheet, facts: Facts, row: int) -> Reasoned:
    """The tier that a partner (its row) begins with under a scorecard that keeps tiers, down to the row that says so.

    Raises where the run began with another one than a table says.
    """
    card = step.scorecard
    assert card.card.tiers is not None, "a scorecard that keeps tiers has some"
    held = sheet.columns[f"{step.name}.{OPENING}"].fraction(row)
    told = told_tiers(card, facts).fraction(row)
    names, who = card.card.tiers.names, int(facts.partners().records[row])
    shown = "none" if held is None or held < 0 else names[int(held)]
    where, title = card.place, "held before"
    if told is None:
        words = "no table says a tier, and the period before gave none"
        if shown != "none":
            words = "as the period before is worked out now"
        return Reasoned(title, held, shown, words, where)
    agree(f"{step.name}: tier at the start, row {row}", held, told)
    record = int(by_scores(card, facts)[1][row])
    if record:
        period = Column("scores", "period")
        cells, (source,) = facts.cells("scores", record, [period])
        return Reasoned(title, held, shown, f"the tier of {cells[period]}", where, source)
    start = sheet.period.start
    _, sources = facts.cells(PARTNERS, who, [Column(PARTNERS, "tier", on=start)])
    return Reasoned(title, held, shown, f"the tier of the partner on {start}", where, ", ".join(sources))
