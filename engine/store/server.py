"""The address of a database of PostgreSQL, and how it is shown.

An address may hold a password, which no message ever does: what is shown is put together anew from the parts that are
no secret. An address is refused where one of its parts could be taken for another, since a part of a password might
then be shown as a host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from rules.problem import Place, Problem, Refused

_URL = re.compile(
    r"postgres(?:ql)?://(?:(?P<user>[^:@/?#]*)(?::(?P<password>[^@/?#]*))?@)?(?P<host>[^@/?#]*)"
    r"(?:/(?P<database>[^@/?#]*))?(?:\?(?P<options>[^#]*))?"
)
_FORM = "postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True)
class Server:
    """A database of PostgreSQL: its address as it was given, and as it is shown."""

    url: str = field(repr=False)
    shown: str


def server_of(url: str) -> Server:
    """The server that an address names; raises Refused where it is none of PostgreSQL, or names no database."""
    scheme = f"{url.partition('://')[0]}://..."
    if not url.startswith(("postgresql://", "postgres://")):
        hint = f"name a file, or write {_FORM}"
        raise Refused(Problem("S217", "a store is a file or a database of PostgreSQL", Place(_short(scheme)), hint))
    parts = _URL.fullmatch(url)
    if parts is None or not url.isprintable() or " " in url:
        message = "the address does not tell its parts apart"
        hint = f"write {_FORM}, and the characters @ : / ? # % of names and passwords as %40 %3A %2F %3F %23 %25"
        raise Refused(Problem("S217", message, Place(scheme), hint))
    options = dict(parse_qsl(parts["options"] or "", keep_blank_values=True))
    database = unquote(parts["database"] or "") or options.get("dbname", "")
    user = unquote(parts["user"] or "") or options.get("user", "")
    host = parts["host"] or options.get("host", "")
    if not database:
        hint = f"write {_FORM}; no database is guessed"
        raise Refused(Problem("S217", "the address names no database", Place(scheme), hint))
    return Server(url, f"postgresql://{user}{'@' if user else ''}{host}/{database}")


def _short(text: str) -> str:
    return text if len(text) <= 40 and text.isprintable() else "..."
