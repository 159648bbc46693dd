"""Who is credited for a deal, and with how much of it: SQL that gives whole-number shares `num / den` by deal and
partner, of all deals or joined to rows that are read.

Sourced: credits of role 'sourced' decide where a deal has any, else the deal's own partner has all of it. Influenced:
credits of that role on deals that no partner sourced. Co-sold: credits of that role. A blank share is an equal part of
what the filled shares of its role leave of 100 %.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.facts.grammar import NUMBER_DECIMALS
from engine.facts.read import table_name

_ONE = 10**NUMBER_DECIMALS


@dataclass(frozen=True, slots=True)
class Credit:
    """Rows `t` joined to those who are credited for them: the SQL of the join, of whom, and of the share."""

    join: str
    owner: str
    num: str
    den: str


def credit(role: str, table: str, among: str | None = None) -> Credit:
    """The credits of a role on the rows `t` of a table with deals, as `s`; a row comes once for each partner.

    A deal that nobody sourced is its own partner's: rows of deals know that, and all deals need not be gone through.
    `among`: the query of the deal_ids that are asked for, where these are few.
    """
    if (role, table) == ("sourced", "deals"):
        owner = "CASE WHEN s.deal_id IS NULL THEN t.partner_id ELSE s.partner_id END"
        join = f" LEFT JOIN ({_by_role(role, among)}) AS s ON s.deal_id = t.deal_id"
        return Credit(join, owner, f"coalesce(s.num, {_ONE})", f"coalesce(s.den, {_ONE})")
    join = f" JOIN ({credited_shares(role, among)}) AS s ON s.deal_id = t.deal_id"
    return Credit(join, "s.partner_id", "s.num", "s.den")


def deals_of(role: str) -> str:
    """The query of every deal_id that a partner can have a credit of a role on; its id is the parameter `partner`."""
    credited = f"""SELECT deal_id FROM {table_name("credits")} WHERE role = '{role}' AND partner_id = $partner"""
    if role != "sourced":
        return credited
    return f"{credited} UNION SELECT deal_id FROM {table_name('deals')} WHERE partner_id = $partner"


def sourced_sql() -> str:
    """The condition on a deal that the partner of the parameter `partner` can have sourced: its own, or credited."""
    credited = f"""SELECT deal_id FROM {table_name("credits")} WHERE role = 'sourced' AND partner_id = $partner"""
    return f"partner_id = $partner OR deal_id IN ({credited})"


def credited_shares(role: str, among: str | None = None) -> str:
    """The query of the shares of a role: deal_id, partner_id, num BIGINT, den BIGINT; of all deals, or `among` some."""
    assert role in ("sourced", "influenced", "co_sold")
    credits, deals = table_name("credits"), table_name("deals")
    by_role, only = _by_role(role, among), _only(among)
    if role == "sourced":
        return f"""{by_role} UNION ALL
            SELECT deal_id, partner_id, {_ONE}, {_ONE} FROM {deals} AS d WHERE partner_id IS NOT NULL
                AND NOT EXISTS
                    (SELECT 1 FROM {credits} AS c WHERE c.deal_id = d.deal_id AND c.role = 'sourced'){only}"""
    if role == "influenced":
        return f"""SELECT r.* FROM ({by_role}) AS r JOIN {deals} AS d ON d.deal_id = r.deal_id
            WHERE d.partner_id IS NULL AND NOT EXISTS
                (SELECT 1 FROM {credits} AS c WHERE c.deal_id = r.deal_id AND c.role = 'sourced')"""
    return by_role


def _by_role(role: str, among: str | None) -> str:
    """The shares of the credits of one role, by deal and partner."""
    return f"""SELECT deal_id, partner_id,
            CASE WHEN share IS NULL THEN greatest({_ONE} - filled, 0)
                ELSE filled_share * greatest(blanks, 1) END AS num,
            {_ONE} * greatest(blanks, 1) AS den
        FROM (SELECT deal_id, partner_id, share, CAST(share * {_ONE} AS BIGINT) AS filled_share,
                coalesce(sum(CAST(share * {_ONE} AS BIGINT)) OVER deal, 0)::BIGINT AS filled,
                count(*) FILTER (WHERE share IS NULL) OVER deal AS blanks
            FROM {table_name("credits")} WHERE role = '{role}' AND deal_id IS NOT NULL{_only(among)}
            WINDOW deal AS (PARTITION BY deal_id))"""


def _only(among: str | None) -> str:
    return "" if among is None else f" AND deal_id IN ({among})"
