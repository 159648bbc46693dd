"""Who gets what in a cycle, and the statement of one payee: as people read them, as scripts do, and for a spreadsheet.

In: what the acts found. Out: sentences, grids, CSV, and plain values; amounts in minor units where scripts read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from engine.reports.exported import csv_text
from engine.reports.register import Grid
from engine.values.payees import Adjusted, CycleSaid, Figures, PayeeRow, Payees, Statement
from rules.quantities.currency import currency, format_minor

COLUMNS = (
    "owed before",
    "earned",
    "trued up",
    "adjusted",
    "paid",
    "returned",
    "owed after",
    "to pay",
    "on hold",
    "last period",
    "difference",
)
KEYS = (
    "opening",
    "earned",
    "trued_up",
    "adjusted",
    "paid",
    "returned",
    "owed_after",
    "to_pay",
    "held",
    "before",
    "difference",
)
_ACCOUNT = COLUMNS[:-2]  # what stands one below the other in a statement
_DETAILS = ("what", "program", "period", "partner", "component", "row", "amount", "currency", "because")
_SUM = "owed before + earned + trued up + adjusted - paid + returned = owed after"
_Cells = tuple[str, str, str, str, str, str, int, str, str]


def payees_lines(found: Payees) -> Iterator[str]:
    """What is told, and how it adds up."""
    yield _headed(found.cycle)
    yield _SUM
    if found.cycle.compared:
        cycles = " and ".join(found.cycle.compared)
        yield f"last period: earned + trued up + adjusted of the same programs in cycle {cycles}"
    if found.waiting:
        are = "1 adjustment waits" if found.waiting == 1 else f"{found.waiting} adjustments wait"
        yield f"{are} for a second person and is no part of it: partage cycle status {found.cycle.name}"


def payees_grid(found: Payees, limit: int | None = None) -> Grid:
    """A row for each payee and currency, at most `limit`, then the total of each currency."""
    rows = [_texts(row) for row in found.rows[:limit]]
    if limit is not None and len(found.rows) > limit:
        rows.append((f"and {len(found.rows) - limit:,} more", *[""] * (len(COLUMNS) + 1)))
    rows += [("total", *_texts(row)[1:]) for row in found.totals]
    return Grid(("payee", "currency", *COLUMNS), tuple(rows), (False, False, *[True] * len(COLUMNS)))


def held_lines(rows: Iterable[PayeeRow]) -> Iterator[str]:
    """Whose payments wait, and why."""
    reasons = {row.payee: row.on_hold for row in rows if row.on_hold}
    return (f"on hold   {payee}: {reason}" for payee, reason in reasons.items())


def payees_csv(found: Payees) -> str:
    """All rows as CSV, without totals: each amount with the decimals of its currency."""
    parts = (f"last period: {title}" for title in _parts(Figures()))
    titles = ("payee", "currency", *COLUMNS, *parts, "reason of the hold")
    return _csv(titles, [(row.currency, _cells(row)) for row in found.rows])


def _cells(row: PayeeRow) -> tuple[str | int | None, ...]:
    return (row.payee, row.currency, *row.amounts, *_parts(row.before).values(), row.on_hold)


def payees_json(found: Payees) -> dict[str, Any]:
    """The accounts with the keys that scripts rely on."""
    return {
        **_said(found.cycle),
        "waiting_adjustments": found.waiting,
        "accounts": [_account(row) for row in found.rows],
        "sums": [_amounts(row) for row in found.totals],
    }


def statement_lines(found: Statement) -> Iterator[str]:
    """Whose statement it is, of which cycle, and how it adds up."""
    yield f"statement of {found.payee}, {_headed(found.cycle)}"
    yield _SUM


def account_grid(found: Statement) -> Grid:
    """The account: a row for each figure and currency; beside what the cycle makes owed, what the last period did."""
    rows: list[tuple[str, ...]] = []
    for row in found.rows:
        money, beside = currency(row.currency), _parts(row.before)
        for title, minor in zip(_ACCOUNT, row.amounts, strict=False):
            amounts = (minor, beside[title], minor - beside[title]) if title in beside else (minor,)
            texts = [format_minor(each, money) for each in amounts]
            rows.append((title, row.currency, *texts, *[""] * (3 - len(texts))))
    heads = ("", "currency", "this cycle", *COLUMNS[len(_ACCOUNT) :])
    return Grid(heads, tuple(rows), (False, False, True, True, True))


def details_grid(found: Statement) -> Grid:
    """Every line of the statement; those of one currency add up to what is owed after."""
    rows = tuple(
        (*each[:6], format_minor(each[6], currency(each[7])), each[7], _shown(each[8])) for each in _details(found)
    )
    return Grid(_DETAILS, rows, tuple(title == "amount" for title in _DETAILS))


def explained_lines(found: Statement) -> Iterator[str]:
    """What the runs pay by program and component, each with the command that explains it; then what does not count."""
    for each in found.earned:
        yield f"{each.program}, {each.component}: {_money(each.amount_minor, each.currency)}   {each.command}"
    for adjusted in found.adjusted:
        if not adjusted.is_counted:
            why = _not_counted(adjusted)
            amount = _money(adjusted.amount_minor, adjusted.currency)
            yield f"not counted: adjustment {adjusted.request} of {amount} ({adjusted.reason}), {why}"


def statement_csv(found: Statement) -> str:
    """Every line of the statement as CSV; those of one currency add up to what is owed after."""
    return _csv(_DETAILS, [(each[7], each) for each in _details(found)])


def statement_json(found: Statement) -> dict[str, Any]:
    """The statement with the keys that scripts rely on."""
    return {
        **_said(found.cycle),
        "payee": found.payee,
        "accounts": [_account(row) for row in found.rows],
        "owed_before": [
            {
                "cycle": each.cycle or None,
                "program": each.program or None,
                "currency": each.currency,
                "amount_minor": each.amount_minor,
            }
            for each in found.before
        ],
        "earned": [
            {
                "program": each.program,
                "run": each.run,
                "partner_id": each.partner,
                "component": each.component,
                "currency": each.currency,
                "amount_minor": each.amount_minor,
                "explain": each.command,
                "lines": [
                    {"table": line.table, "key": line.key, "amount_minor": line.amount_minor} for line in each.lines
                ],
            }
            for each in found.earned
        ],
        "trued_up": [
            {
                "program": each.program,
                "period": each.period,
                "currency": each.currency,
                "amount_minor": each.amount_minor,
                "lines": [
                    {
                        "partner_id": line.partner,
                        "component": line.component,
                        "table": line.table,
                        "key": line.key,
                        "before_minor": line.before_minor,
                        "after_minor": line.after_minor,
                        "amount_minor": line.amount_minor,
                        "reason": line.reason,
                    }
                    for line in each.lines
                ],
            }
            for each in found.trued_up
        ],
        "adjusted": [
            {
                "request": each.request,
                "program": each.program,
                "partner_id": each.partner,
                "component": each.component or None,
                "currency": each.currency,
                "amount_minor": each.amount_minor,
                "status": each.status,
                "is_counted": each.is_counted,
                "reason": each.reason,
                "evidence": each.evidence,
            }
            for each in found.adjusted
        ],
        "settled": [
            {
                "payment": each.payment,
                "kind": each.kind,
                "on": each.day,
                "currency": each.currency,
                "amount_minor": each.amount_minor,
                "reason": each.reason or None,
            }
            for each in found.settled
        ],
    }


# --- the lines of a statement -----------------------------------------------------------------------------------------


def _details(found: Statement) -> Iterator[_Cells]:
    """Each line that counts: what it is, its program, period, partner, component and row, the amount, and why."""
    for before in found.before:
        why = f"left of cycle {before.cycle}" if before.cycle else "owed before the first cycle"
        yield "owed before", before.program, "", "", "", "", before.amount_minor, before.currency, why
    for each in found.earned:
        of = "earned", each.program, found.cycle.period, each.partner, each.component
        for line in each.lines:
            yield *of, f"{line.table} {line.key}".strip(), line.amount_minor, each.currency, each.command
    for part in found.trued_up:
        for delta in part.lines:
            which = "trued up", part.program, part.period, delta.partner, delta.component
            yield *which, f"{delta.table} {delta.key}".strip(), delta.amount_minor, part.currency, delta.reason
    for one in found.adjusted:
        if one.is_counted:
            why = f"{one.reason}; evidence: {one.evidence}"
            of = "adjusted", one.program, found.cycle.period, one.partner, one.component
            yield *of, f"adjustment {one.request}", one.amount_minor, one.currency, why
    for done in found.settled:
        why = f"on {done.day}" + (f": {done.reason}" if done.reason else "")
        yield done.kind, "", "", "", "", f"payment {done.payment}", done.amount_minor, done.currency, why


def _not_counted(adjusted: Adjusted) -> str:
    if adjusted.status == "approved":
        return "replaced by a later one"
    return "it waits for a second person"


# --- what both have ---------------------------------------------------------------------------------------------------


def _headed(cycle: CycleSaid) -> str:
    told = {
        "locked": "locked: this is owed",
        "closed": "closed: this was owed",
        "dropped": "dropped: it pays nothing",
    }.get(cycle.status, f"{cycle.status}: this would be owed once it is locked")
    return f"cycle {cycle.name}   {cycle.first} to {cycle.last}   {told}"


def _texts(row: PayeeRow) -> tuple[str, ...]:
    money = currency(row.currency)
    return (row.payee, row.currency, *(format_minor(minor, money) for minor in row.amounts))


def _shown(text: str) -> str:
    """What somebody wrote, as one line of a screen."""
    return "".join(each if each.isprintable() else " " for each in text)


def _money(amount_minor: int, code: str) -> str:
    return f"{code} {format_minor(amount_minor, currency(code))}"


def _csv(titles: Sequence[str], rows: Iterable[tuple[str, tuple[str | int | None, ...]]]) -> str:
    """Rows, each with its currency, in their order, under one line of titles."""
    text = csv_text(titles, (), currency("EUR"))
    for code, cells in rows:
        text += csv_text((), (cells,), currency(code)).removeprefix("\n")
    return text


def _said(cycle: CycleSaid) -> dict[str, Any]:
    return {
        "cycle": cycle.name,
        "period": cycle.period,
        "first_day": cycle.first,
        "last_day": cycle.last,
        "status": cycle.status,
        "compared_with": list(cycle.compared),
    }


def _account(row: PayeeRow) -> dict[str, Any]:
    return {"payee": row.payee, **_amounts(row), "on_hold": row.on_hold or None}


def _amounts(row: PayeeRow) -> dict[str, Any]:
    named = {f"{key}_minor": minor for key, minor in zip(KEYS, row.amounts, strict=True)}
    return {"currency": row.currency, **named, "before": _figures(row.before)}


def _figures(found: Figures) -> dict[str, int]:
    return {f"{title.replace(' ', '_')}_minor": minor for title, minor in _parts(found).items()}


def _parts(found: Figures) -> dict[str, int]:
    return {"earned": found.earned_minor, "trued up": found.trued_up_minor, "adjusted": found.adjusted_minor}
