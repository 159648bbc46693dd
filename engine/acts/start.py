"""Start: a folder with a program that runs, its small tables, and a page that names the period to run."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rules.problem import Place, Problem, Refused, Unavailable

TEMPLATES: Mapping[str, str] = {
    "pool": "a profit pool shared among partners, a part equally and the rest by won deals",
    "channel": "commissions on deals split among partners, referral fees, a scorecard and a bonus pool",
    "referral": "a fee for each referral that qualified or became a customer, and a bonus by rank of conversion",
    "affiliate": "fees for clicks, sign-ups and customers, and a bonus by a score of traffic that converts",
    "mdf": "market development funds: claims paid back at a rate, and a budget shared by score",
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


def write_new(path: Path, text: str, force: bool, what: str) -> None:
    """Write a text (`what` it is, for a refusal) to a new file, all of it or nothing; over one that is there only with
    `force`."""
    refuse_existing(path, force)
    try:
        _write(Path(os.path.realpath(path)), text.encode(), force)
    except FileExistsError:  # another process made it meanwhile
        raise _there_already(path) from None
    except OSError as error:
        reason = (error.strerror or "not writable").lower()
        hint = "check the folder's rights and the disk, or name another file"
        raise Unavailable(Problem("S103", f"cannot write {what}: {reason}", Place(str(path)), hint)) from None


def refuse_existing(path: Path, force: bool) -> None:
    """Raise Refused where a file is there that is not to be written over."""
    if path.exists() and not force:
        raise _there_already(path)


def _there_already(path: Path) -> Refused:
    hint = "name a new file, or add --force; nothing was written"
    return Refused(Problem("S102", "there is a file of this name already", Place(str(path)), hint))


def _write(path: Path, data: bytes, force: bool) -> None:
    """Write bytes beside the path and then under its name, so that nobody ever sees or keeps a part of them."""
    if path.exists() and not path.is_file():  # a device or a pipe takes bytes, and is never replaced by a file
        path.write_bytes(data)
        return
    beside = path.with_name(f".partage-{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if force and path.exists():
            beside.chmod(path.stat().st_mode & 0o7777)
        elif not force:
            path.open("xb").close()  # takes the name, or finds it taken
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _refuse_to_overwrite(folder: Path) -> None:
    hint = "name a new folder; nothing was written"
    if folder.is_symlink() or folder.exists():
        if not folder.is_dir():
            raise Refused(Problem("S102", "there is a file of this name already", Place(str(folder)), hint))
        if there := sorted(each.name for each in folder.iterdir()):
            more = f" and {len(there) - 1} more" if len(there) > 1 else ""
            message = f"the folder is not empty: it holds {there[0]}{more}"
            raise Refused(Problem("S102", message, Place(str(folder)), hint))
