"""Who gets what by a payment, as a table that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from engine.ledger.payments import Paid
from engine.reports.exported import as_text
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
