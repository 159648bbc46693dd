"""partage plan: the program as a document."""

from __future__ import annotations

from pathlib import Path

import click

from engine.commands.console import force_option, json_option, new_file, print_json
from engine.version import VERSION


@click.command(name="plan")
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--partner", help="The plan of one partner, with the terms that were agreed with it.")
@new_file("--output", "-o", help="Write Markdown to a new file.")
@new_file("--html", "page", help="Write HTML for print to a file.")
@force_option
@json_option
def command(
    program: Path, partner: str | None, output: Path | None, page: Path | None, force: bool, is_json: bool
) -> None:
    """Write PROGRAM as the plan that partners read and sign: every rule in words, with an example.

    The words are made from the rules, and the examples are worked out by the engine (from the program's cases where one
    pays by a rule, else on made-up values), so that what is signed can't differ from what runs. Prints Markdown unless
    a file is named.
    """
    from engine.acts.plan_document import plan_document
    from engine.reports.new_file import write_new

    found = plan_document(program, partner)
    files = [(path, text) for path, text in ((output, found.markdown), (page, found.html)) if path is not None]
    for path, text in files:
        write_new(path, text, force, "the plan")
    if is_json:
        print_json(
            {
                "program": found.file,
                "program_sha256": found.program_sha256,
                "document_sha256": found.sha256,
                "partner_id": found.partner or None,
                "engine": VERSION,
                "files": [str(path) for path, _ in files],
            }
        )
    elif files:
        for path, _ in files:
            click.echo(f"wrote {path}")
        click.echo(f"plan {found.sha256[:12]} of program {found.program_sha256[:12]}")
    else:
        click.echo(found.markdown, nl=False)
