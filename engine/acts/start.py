"""Start: a folder with a program that runs, its small tables, and a page that names the period to run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from engine.reports.new_file import write_new
from rules.problem import Place, Problem, Refused, Unavailable

TEMPLATES: Mapping[str, str] = {
    "pool": "a profit pool shared among partners, a part equally and the rest by won deals",
    "channel": "commissions on deals split among partners, referral fees, a scorecard and a bonus pool",
    "referral": "a fee for each referral that qualified or became a customer, and a bonus by rank of conversion",
    "affiliate": "fees for clicks, sign-ups and customers, and a bonus by a score of traffic that converts",
    "mdf": "market development funds: claims paid back at a rate, and a budget shared by score",
    "contribution": "an overall score of sourced, influenced, marketing, enablement, retention and strategic value",
    "firm": "a firm's profit by points, by a scorecard with a committee's ratings, and by new clients",
}


@dataclass(frozen=True, slots=True)
class Started:
    """What was written: the folder, the template that it came from, and the names of its files."""

    folder: Path
    template: str
    files: tuple[str, ...]


def start(folder: Path, template: str) -> Started:
    """Write a template's files into a folder that is new or empty; raises Refused and writes nothing where it is not.

    Each file is created anew, never opened for writing over: what another process put there meanwhile stays as it is.
    """
    found = {each.name: each.read_bytes() for each in files("rules").joinpath("templates", template).iterdir()}
    names = tuple(sorted(found))
    try:
        _refuse_to_overwrite(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            with (folder / name).open("xb") as stream:
                stream.write(found[name])
    except OSError as error:
        reason = (error.strerror or "not writable").lower()
        hint = "check the folder's rights and the disk, or name another folder"
        raise Unavailable(Problem("S103", f"cannot write the program: {reason}", Place(str(folder)), hint)) from None
    return Started(folder, template, names)


def write_schema(path: Path, force: bool) -> None:
    """Write the JSON Schema of a program to a new file; over one that is there only with `force`."""
    from rules.schema import program_schema  # every model of a program, which `init` has no use for

    write_new(path, json.dumps(program_schema(), ensure_ascii=False, indent=2) + "\n", force, "the schema")


def _refuse_to_overwrite(folder: Path) -> None:
    hint = "name a new folder; nothing was written"
    if folder.is_symlink() or folder.exists():
        if not folder.is_dir():
            raise Refused(Problem("S102", "there is a file of this name already", Place(str(folder)), hint))
        if there := sorted(each.name for each in folder.iterdir()):
            more = f" and {len(there) - 1} more" if len(there) > 1 else ""
            message = f"the folder is not empty: it holds {there[0]}{more}"
            raise Refused(Problem("S102", message, Place(str(folder)), hint))
