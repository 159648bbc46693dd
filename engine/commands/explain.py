"""partage explain: from a cent to its source rows and its rule."""

from __future__ import annotations

import click

from engine.commands.console import json_option, print_json, store_path


@click.command(name="explain")
@click.argument("run", type=int)
@click.argument("partner")
@click.argument("line", required=False)
@click.option("--all", "is_whole", is_flag=True, help="Tell every source row and every peer, not only ten.")
@click.option("--why-not", "row", help="Tell why the source row with this key paid the partner nothing.")
@json_option
@click.pass_context
def command(
    ctx: click.Context, run: int, partner: str, line: str | None, is_whole: bool, row: str | None, is_json: bool
) -> None:
    """Explain what PARTNER gets in RUN: its whole payout, or one LINE of it (a payout, a pool, a sum, a KPI, or a
    number of a scorecard by its path, such as performance.growth.sourced). A shorter path that fits only one name will
    do: performance.sourced.

    Every value is computed once more on its way down, one row at a time; for a payout, the run is worked out again
    from its kept program and facts first: of the partner alone where the program
    allows it. What does not re-add to the posted cent is an error.
    """
    if row is not None:
        from engine.acts.trace import why_not
        from engine.commands.trace import traced_json, traced_lines

        traced = why_not(store_path(ctx), run, partner, row)
        if is_json:
            of_others = [{"table": table, "partner_id": owner or None} for table, owner in traced.others]
            print_json({"partner_id": partner, **traced_json(traced), "others": of_others})
        else:
            click.echo(f"{row} and {partner} in run {run}")
            for table, owner in traced.others:
                click.echo(f"{table} {row} is a row of {owner}" if owner else f"{table} {row} is a row of no partner")
            click.echo("\n".join(traced_lines(traced)))
        return
    from engine.acts.why import why
    from engine.reports.tree import as_json, closing, tree_lines

    found = why(store_path(ctx), run, partner, line, is_whole)
    if is_json:
        print_json(
            {"run": run, "run_id": found.record.run_id, "partner_id": partner, "explanation": as_json(found.reason)}
        )
        return
    who = f"{partner} {found.partner_name}" if found.partner_name not in ("", partner) else partner
    click.echo(f"{found.record.program}, {found.record.period}: {who}")
    for text in tree_lines(found.reason):
        click.echo(text)
    click.echo(closing(found.reason))
