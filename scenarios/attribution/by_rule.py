"""Attribution by rules: the shapes of touches, who sourced a deal, and who influenced it.

The shapes are those of the crediting rule `touches`, worked out by it; nothing of them is written a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from engine.reports.counted import counted
from engine.values.journeys import NOBODY, UNKNOWN_DAY, Journeys
from rules.crediting.candidates import TOUCH, Candidates, CreditedRows
from rules.crediting.touches import HALF_LIFE_DAYS, Shape, Touches
from rules.quantities.exact import Exact
from scenarios.attribution.credit import Attribution

ALL = Fraction(1)


def by_shape(journeys: Journeys, shape: Shape, half_life_days: int | None = None) -> Attribution:
    """The won deals by the place of their touches (`counted`); `half_life_days` is of time decay, 7 unless said."""
    won = journeys.is_won[journeys.touch_deal]
    deals, partners = journeys.touch_deal[won], journeys.touch_partner[won]
    count = len(deals)
    rows = CreditedRows(journeys.deals, journeys.closed_day, journeys.lead_day, journeys.opportunity_day)
    zeros = np.zeros(count, dtype=np.int64)
    candidates = Candidates(
        rows=rows,
        partners=journeys.partners,
        roles=(TOUCH,),
        row=deals,
        partner=partners,
        role=zeros,
        key=journeys.touch_key[won],
        share=Exact.constant(0, count),
        day=journeys.touch_day[won],
        way=zeros,
        is_protected=np.zeros(count, dtype=bool),
    )
    way = Touches(shape=shape, half_life=half_life_days if shape == "time_decay" else None)
    found: dict[int, dict[int, Fraction]] = {}
    for deal, partner, share in zip(
        deals.tolist(), partners.tolist(), way.compute(candidates).fractions(), strict=True
    ):
        mine = found.setdefault(deal, {})
        mine[partner] = mine.get(partner, Fraction(0)) + (share or 0)
    shares = {deal: {who: share for who, share in sorted(mine.items()) if share} for deal, mine in found.items()}
    figures: dict[str, int | str | bool] = {"shape": shape}
    if shape == "time_decay":
        figures["half_life_days"] = half_life_days or HALF_LIFE_DAYS
    return Attribution(shape, shares, figures=figures)


def sourced(journeys: Journeys, within_days: int | None = None) -> Attribution:
    """Each won deal for the one partner that sourced it: whose registration protects it, else whose touch is the first
    on or before the day of its opportunity and `within_days` of it.

    One partner for a deal: of registrations and touches of one day, the one whose own id is the first. Where the day of
    the opportunity is unknown, nobody can tell what came before it, and touches source nothing.
    """
    first: dict[int, int] = {}
    opportunity = journeys.opportunity_day[journeys.touch_deal]
    before = opportunity - journeys.touch_day
    counts = (opportunity != UNKNOWN_DAY) & (journeys.touch_day != UNKNOWN_DAY) & (before >= 0)
    if within_days is not None:
        counts &= before <= within_days
    rows = np.flatnonzero(counts & journeys.is_won[journeys.touch_deal])
    rows = rows[np.lexsort((journeys.touch_key[rows], journeys.touch_day[rows], journeys.touch_deal[rows]))]
    for deal, partner in zip(journeys.touch_deal[rows].tolist(), journeys.touch_partner[rows].tolist(), strict=True):
        first.setdefault(deal, partner)
    won = np.flatnonzero(journeys.is_won).tolist()
    registered = {deal: int(journeys.registrant[deal]) for deal in won if journeys.registrant[deal] != NOBODY}
    shares = {deal: {who: ALL} for deal, who in sorted({**first, **registered}.items())}
    figures = {"registered": len(registered), "by_first_touch": len(shares) - len(registered)}
    notes = [f"sourced: {len(registered):,} by registration, {figures['by_first_touch']:,} by the first touch"]
    unknown = sum(1 for deal in won if journeys.opportunity_day[deal] == UNKNOWN_DAY and deal not in shares)
    if unknown:
        notes.append(f"sourced: of {counted(unknown, 'deal')} nobody knows the day of the opportunity")
    return Attribution("sourced", shares, figures=dict(figures), notes=tuple(notes))


def influenced(journeys: Journeys) -> Attribution:
    """Each won deal for every partner with a touch (`counted`) from the day of its opportunity to that of its close;
    each of them has all of it, so that the sums may exceed what was won."""
    opportunity = journeys.opportunity_day[journeys.touch_deal]
    counts = (opportunity != UNKNOWN_DAY) & (journeys.touch_day >= opportunity) & journeys.is_won[journeys.touch_deal]
    rows = np.flatnonzero(counts)
    pairs = sorted(set(zip(journeys.touch_deal[rows].tolist(), journeys.touch_partner[rows].tolist(), strict=True)))
    shares: dict[int, dict[int, Fraction]] = {}
    for deal, partner in pairs:
        shares.setdefault(deal, {})[partner] = ALL
    several = sum(1 for mine in shares.values() if len(mine) > 1)
    notes = [f"influenced: {counted(several, 'deal')} counted more than once, for each partner anew"] if several else []
    figures: Mapping[str, int] = {"deals": len(shares), "deals_of_several": several}
    return Attribution("influenced", shares, figures=dict(figures), notes=tuple(notes))
