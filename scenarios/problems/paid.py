"""A proposal as a scenario of a program: a table of whole amounts with method and version, and the overlay that names
it and pays it.

In: a proposal and the program. Out: the bytes of the table and of the scenario. Where the program has the table already
(a scenario of an earlier proposal was applied), the scenario names the new file alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence, Set as AbstractSet
from dataclasses import dataclass

from engine.digest import digest
from engine.values.weights import version_of
from rules.calendar import Period
from rules.load import Loaded
from rules.meaning import Meaning
from rules.problem import Problem, Refused
from scenarios.problems.asked import Pay
from scenarios.problems.proposal import Proposal

METHOD = "optimise"
HEADER = ("partner_id", "dated", "amount_minor", "method", "version")
TYPES = ("id", "date", "count", "text", "text")


@dataclass(frozen=True, slots=True)
class Payable:
    """The table of a proposal and the scenario that pays it."""

    table: str
    csv_text: str
    scenario_text: str
    version: str


def payable(found: Proposal, pay: Pay, loaded: Loaded, periods: Sequence[Period], file: str, name: str) -> Payable:
    """The table, in a file of that name below the program's folder, and the scenario; raises Refused (W309) where the
    payout is another rule of the program."""
    table = f"proposed_{pay.payout}"
    rows = [
        (unit.name, period.start.isoformat(), str(minor))
        for unit, spends in zip(found.asked.units, found.schedule_minor, strict=True)
        for period, minor in zip(periods, spends, strict=True)
        if minor
    ]
    rows.sort(key=lambda row: (row[0].encode(), row[1]))
    told = {"t": "partage/proposal/1", "method": METHOD, "problem": found.asked.sha256, "period": pay.period}
    version = version_of(digest(told), digest({"t": "partage/proposal/1", "rows": [list(row) for row in rows]}))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows((*row, METHOD, version) for row in rows)
    assert loaded.document is not None, "it was understood"
    keys = None if _is_there(pay, loaded.understood(), table) else {key.text for key, _ in loaded.document.root.entries}
    return Payable(table, out.getvalue(), _scenario(found, pay, table, file, name, keys), version)


def _is_there(pay: Pay, meaning: Meaning, table: str) -> bool:
    """Whether the program pays from the table already; raises where the payout pays from something else."""
    payout = next((each for each in meaning.payouts if each.name == pay.payout), None)
    if payout is None:
        return False
    if payout.rows.table == table:
        return True
    message = f"the program has a payout {pay.payout} already, which pays from something else than a proposal"
    raise Refused(Problem("W309", message, pay.place, "name a payout that the program does not have yet"))


def _scenario(found: Proposal, pay: Pay, table: str, file: str, name: str, keys: AbstractSet[str] | None) -> str:
    """The overlay: a new file for a table that is there (no `keys`), else table, source and payout, below the `keys`
    that the program has."""
    head = f"scenario: {_quoted(name)}\n"
    if keys is None:
        return f"{head}set:\n  sources.{table}.file: {_quoted(file)}\n"
    currency = found.asked.currency
    one = "1" if not currency.decimals else f"0.{'0' * (currency.decimals - 1)}1"
    columns = ", ".join(f"{column}: {kind}" for column, kind in zip(HEADER, TYPES, strict=True))
    added: dict[tuple[str, str], tuple[str, ...]] = {
        ("tables", table): (
            "row: what a partner is to get of a budget", "key: [partner_id, dated]", f"columns: {{{columns}}}",
        ),
        ("sources", table): (f"file: {_quoted(file)}",),
        ("payouts", pay.payout): (
            f"title: {_quoted(found.asked.name)}", f"base: {table}.amount_minor", f"dated: {table}.dated",
            f"per_unit: {currency.code} {one}",
        ),
    }  # fmt: skip
    lines = []
    for (section, key), values in added.items():
        lines += [f"  {section}.{key}:"] if section in keys else [f"  {section}:", f"    {key}:"]
        indent = "    " if section in keys else "      "
        lines += [indent + value for value in values]
    return f"{head}add:\n" + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text as YAML, in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
