"""partage trace: what became of a source row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.commands.console import json_option, print_json, store_path
from rules.quantities.currency import currency, format_minor

if TYPE_CHECKING:
    from engine.acts.trace import Traced
    from engine.trace import Verdict


@click.command(name="trace")
@click.argument("table")
@click.argument("key")
@click.option("--run", type=int, help="The run to look in; the latest unless said.")
@json_option
@click.pass_context
def command(ctx: click.Context, table: str, key: str, run: int | None, is_json: bool) -> None:
    """Tell what every rule made of the row of TABLE with that KEY, and of the rows that refer to it.

    Such as: partage trace deals D-1009
    """
    from engine.acts.trace import trace_row

    traced = trace_row(store_path(ctx), run, table, key)
    if is_json:
        print_json(traced_json(traced))
        return
    click.echo(f"{traced.table} {traced.key} in run {traced.record.number}, {traced.record.period}")
    for line in traced_lines(traced):
        click.echo(line)


def traced_lines(traced: Traced) -> list[str]:
    """A line for each verdict, and why below it."""
    from engine.reports.fates import rule_words

    money = currency(traced.record.currency)

    def told(verdict: Verdict) -> str:
        amount = "" if verdict.amount_minor is None else f" {format_minor(verdict.amount_minor, money)}"
        whose = f" to {verdict.partner}" if verdict.amount_minor is not None else ""
        rule, place = rule_words(verdict.rule), f"   {verdict.place}" if verdict.rule else ""
        row = f"   {verdict.table} {verdict.key}" if (verdict.table, verdict.key) != (traced.table, traced.key) else ""
        return f"{verdict.fate.replace('_', ' ')}{amount}{whose}  {rule}{row}{place}\n  {verdict.words}"

    return [told(verdict) for verdict in traced.verdicts]


def traced_json(traced: Traced) -> dict[str, object]:
    """The verdicts with the keys that scripts rely on."""
    return {
        "run": traced.record.number,
        "table": traced.table,
        "key": traced.key,
        "verdicts": [
            {
                "table": verdict.table,
                "key": verdict.key,
                "rule": verdict.rule or None,
                "fate": verdict.fate,
                "words": verdict.words,
                "partner_id": verdict.partner or None,
                "amount_minor": verdict.amount_minor,
            }
            for verdict in traced.verdicts
        ],
    }
