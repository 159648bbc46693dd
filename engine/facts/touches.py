"""Which rows touches come before: themselves, or by the lead that they name.

In: the table of the rows, and which tables there are. Out: SQL. Each way to a row is a query of its own, for a join on
one column or another compares every touch with every row.
"""

from __future__ import annotations

from collections.abc import Collection

from rules.crediting.meaning import SUBJECT

BEFORE = '"@before"'


def touches(of: str, there: Collection[str]) -> str:
    """The query of touches with the key of the row of `of` that each comes before, in the column `BEFORE`; a touch of
    two rows comes once for each."""
    key = SUBJECT[of]
    own = f"SELECT c.*, c.{key if of == 'deals' else 'touch_id'} AS {BEFORE} FROM t_touches AS c"
    own += "" if of == "deals" else " WHERE FALSE"
    if "leads" not in there:
        return own
    by_lead = f"SELECT c.*, l.{key} AS {BEFORE} FROM t_touches AS c JOIN t_leads AS l ON l.lead_id = c.lead_id"
    return f"{own} UNION ALL {by_lead} WHERE c.{key} IS DISTINCT FROM l.{key}" if of == "deals" else by_lead
