"""The journeys of decided deals, from deals, touches, leads and registrations.

In: the tables of a snapshot, and the days on which deals were closed. Out: columns of codes and days; what a touch is
worth is worked out elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from engine.facts.registered import protecting
from engine.facts.sql import identifier
from engine.facts.touches import BEFORE, touches
from engine.values.journeys import NOBODY, UNKNOWN_DAY, Journeys
from rules.problem import Place, Problem, Refused
from rules.quantities.exact import Exact
from rules.tables import Table

_EPOCH = date(1970, 1, 1).toordinal()


def read_journeys(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    there: Collection[str],
    days: tuple[date, date],
    amount: str,
    kinds: Sequence[str],
) -> Journeys:
    """The deals won or lost in the half-open `days`, with the money in their column `amount`, and the touches of
    partners before them; of `kinds` alone where any are named. Raises Refused where no touch is of such a kind (M401).

    A touch leads to a deal by the deal or by the lead that it names. The lead and the opportunity of a deal are those
    of its earliest lead, and where no lead says of the opportunity, the day on which the deal was opened.
    """
    partners = [str(key) for (key,) in connection.execute("SELECT partner_id FROM t_partners ORDER BY 1").fetchall()]
    deals = _deals(connection, tables, there, days, amount)
    names = [str(name) for name in deals[0]]
    code = {partner: at for at, partner in enumerate(partners)}
    holder = _holders(connection, there)
    _refuse_unseen(connection, kinds)
    touched = _touches(connection, there, days, kinds)
    at = {name: place for place, name in enumerate(names)}
    mine = [row for row in touched if row[1] in code]
    return Journeys(
        partners=partners,
        deals=names,
        is_won=np.array([status == "won" for status in deals[1]], dtype=bool),
        closed_day=_codes(deals[3]),
        lead_day=_codes(deals[4]),
        opportunity_day=_codes(deals[5]),
        amount_minor=Exact.of(deals[2]),
        registrant=_codes([code.get(holder.get(name, ""), NOBODY) for name in names]),
        touch_deal=_codes([at[row[0]] for row in mine]),
        touch_partner=_codes([code[row[1]] for row in mine]),
        touch_day=_codes([row[2] for row in mine]),
        touch_key=_codes([row[3] for row in mine]),
    )


def _deals(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    there: Collection[str],
    days: tuple[date, date],
    amount: str,
) -> list[list[Any]]:
    """The columns of decided deals: id, status, amount, and the days of their close, lead and opportunity."""
    assert tables["deals"].column(amount) is not None, "the column was checked"
    lead, opportunity = "NULL", "t.opened_on"
    if "leads" in there:
        lead = "(SELECT min(l.created_on) FROM t_leads AS l WHERE l.deal_id = t.deal_id)"
        of_lead = "(SELECT min(l.opportunity_on) FROM t_leads AS l WHERE l.deal_id = t.deal_id)"
        opportunity = f"coalesce({of_lead}, t.opened_on)"
    query = f"""SELECT t.deal_id, t.status, t.{identifier(amount)}, {_day("t.closed_on")}, {_day(lead)},
            {_day(opportunity)}
        FROM t_deals AS t WHERE t.status IN ('won', 'lost') AND t.closed_on >= ? AND t.closed_on < ? ORDER BY 1"""
    rows = connection.execute(query, list(days)).fetchall()
    return [[row[column] for row in rows] for column in range(6)]


def _holders(connection: duckdb.DuckDBPyConnection, there: Collection[str]) -> dict[str, str]:
    """Who registered each deal: of those that are equally first, the one whose registration has the first id."""
    if "registrations" not in there:
        return {}
    query = f"""SELECT deal_id, partner_id FROM {protecting()}
        QUALIFY row_number() OVER (PARTITION BY deal_id ORDER BY CAST(registration_id AS VARCHAR)) = 1"""
    return {str(deal): str(partner) for deal, partner in connection.execute(query).fetchall()}


def _refuse_unseen(connection: duckdb.DuckDBPyConnection, kinds: Sequence[str]) -> None:
    """Raise Refused (M401) where a kind is asked for that no touch has: a name that is misspelt would leave touches out
    in silence."""
    query = "SELECT DISTINCT kind FROM t_touches WHERE kind IS NOT NULL ORDER BY 1"
    seen = [str(kind) for (kind,) in connection.execute(query).fetchall()] if kinds else []
    unseen = [kind for kind in kinds if kind not in seen]
    if unseen:
        message = f"no touch is of the kind {unseen[0][:64]}"
        hint = f"the kinds of touches are {', '.join(seen)[:300]}" if seen else "fill in the kind of touches"
        raise Refused(Problem("M401", message, Place("--kinds"), hint))


def _touches(
    connection: duckdb.DuckDBPyConnection, there: Collection[str], days: tuple[date, date], kinds: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Deal, partner, day and rank by its id of every touch on a decided deal."""
    asked = f" AND c.kind IN ({', '.join('?' for _ in kinds)})" if kinds else ""
    query = f"""SELECT t.deal_id, c.partner_id, {_day("c.touched_on")},
            row_number() OVER (ORDER BY CAST(c.touch_id AS VARCHAR)) - 1
        FROM ({touches("deals", there)}) AS c JOIN t_deals AS t ON c.{BEFORE} = t.deal_id
        WHERE t.status IN ('won', 'lost') AND t.closed_on >= ? AND t.closed_on < ? AND c.partner_id IS NOT NULL{asked}
        ORDER BY 4"""
    return connection.execute(query, [*days, *kinds]).fetchall()


def _day(sql: str) -> str:
    """A date as its ordinal, -1 where it is blank."""
    return f"coalesce(datediff('day', DATE '1970-01-01', CAST({sql} AS DATE)) + {_EPOCH}, {UNKNOWN_DAY})"


def _codes(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
