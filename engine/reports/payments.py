"""Who gets what by a payment, as a table that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from engine.ledger.look import KeptPayment
from engine.ledger.payments import Paid
from engine.reports.exported import as_text
from engine.reports.register import Grid
from rules.quantities.currency import currency, format_minor


def payment_csv(paid: Iterable[Paid]) -> str:
    """A row for each payee: the payment's own id, the payee, the amount and its currency."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["payment_id", "payee_id", "amount", "currency"])
    for each in paid:
        amount = format_minor(each.amount_minor, currency(each.currency), grouping=False)
        writer.writerow([as_text(each.id), as_text(each.payee), amount, each.currency])
    return out.getvalue()


def payment_grid(paid: Iterable[Paid]) -> Grid:
    """The same rows, to be read."""
    rows = tuple(
        (each.id, each.payee, format_minor(each.amount_minor, currency(each.currency)), each.currency) for each in paid
    )
    return Grid(("payment id", "payee", "amount", "currency"), rows, (False, False, True, False))


def payment_json(found: KeptPayment) -> dict[str, Any]:
    """A payment with the keys that scripts rely on; amounts in minor units, as whole numbers."""
    payment = found.payment
    return {
        "cycle": found.cycle,
        "payment": payment.number,
        "paid_on": str(payment.paid_on),
        "payees": payment.payees,
        "totals_minor": dict(payment.totals_minor),
        "list_sha256": payment.list_sha256,
        "paid": [
            {
                "payment_id": each.id,
                "payee_id": each.payee,
                "currency": each.currency,
                "amount_minor": each.amount_minor,
            }
            for each in found.paid
        ],
    }
