"""Whose a registered deal is: the registrations that protect a partner, by the one rule that all who ask go by.

A registration counts on the day of its deal (closed, or opened where it is not closed): if its status is `approved` and
it holds on that day, both of its days included. Of several that count the first registered does; those of one day are
equally first, each partner once.
"""

from __future__ import annotations


def protecting() -> str:
    """The query of the registrations that protect: deal_id, partner_id, registration_id and record."""
    day = "coalesce(d.closed_on, d.opened_on)"
    return f"""(SELECT v.deal_id, v.partner_id, v.registration_id, v.record
        FROM t_registrations AS v JOIN t_deals AS d ON d.deal_id = v.deal_id
        WHERE v.status = 'approved' AND v.registered_on <= {day} AND (v.expires_on IS NULL OR {day} <= v.expires_on)
        QUALIFY rank() OVER (PARTITION BY v.deal_id ORDER BY v.registered_on) = 1
            AND row_number() OVER (PARTITION BY v.deal_id, v.partner_id
                ORDER BY v.registered_on, CAST(v.registration_id AS VARCHAR)) = 1)"""
