"""Quotas of partners: their targets, for the part of a year and for the days that they were active."""

from __future__ import annotations

from engine.kpis import quota_column
from engine.sheet.book import Book
from engine.values import PARTNERS, Facts, Quota


def quotas(step: Quota, book: Book, facts: Facts) -> None:
    """The quota of each partner; unknown where it has no target."""
    found = quota_column(step.quota, step.minor_per_major, facts, book.period, book.calendar)
    book.write(step.name, PARTNERS, found)
