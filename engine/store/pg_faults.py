"""What a failure of PostgreSQL means to the user: by its SQLSTATE, since messages come in the server's language.

A message of the driver or the server is never shown as a whole: those about addresses may hold parts of a password.
"""

from __future__ import annotations

import psycopg

from engine.store.database import TryAgain
from engine.store.faults import busy, lost, no_access
from rules.problem import PartageError, Place, Problem, Unavailable

_AGAIN = ("40001", "40P01")  # serialization failure, deadlock
_ENDED = ("57P01", "57P02", "57P03", "57P05", "25P03", "25P04")  # the server ended it
_NO_RIGHTS = ("25006", "42501")  # a transaction or server that only reads, a right that is missing


def fault_of(error: psycopg.Error, shown: str) -> PartageError | TryAgain | None:
    """What an error means to the user; None where it is a fault of the code."""
    state = error.sqlstate or ""
    if is_lost(error):
        return lost(shown)
    if state in _AGAIN:
        return TryAgain()
    if state == "55P03":
        return busy(shown)
    if state in _NO_RIGHTS:
        return no_access(shown, "the database may only be read" if state == "25006" else "a right is missing in it")
    if state.startswith(("53", "58")):
        hint = "nothing was kept: make room on the server or mend it, and run the command again"
        reason = "its disk is full" if state == "53100" else f"the server reports {state}"
        return Unavailable(Problem("S204", f"cannot write to the store: {reason}", Place(shown), hint))
    if state.startswith("XX"):
        hint = "restore the database from a backup"
        return Unavailable(Problem("S208", f"the database is damaged: the server reports {state}", Place(shown), hint))
    if state == "57014":
        hint = "nothing was kept: run the command again, and ask who cancelled it if that comes back"
        return Unavailable(Problem("S216", "the database cancelled the command", Place(shown), hint))
    return None


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection broke: the server ended it, or it does not answer any more."""
    state = error.sqlstate or ""
    if state:
        return state.startswith("08") or state in _ENDED
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


def unreachable(error: psycopg.Error, shown: str) -> Unavailable:
    """Why there is no connection. Before one stands, libpq gives words alone, of which only the kind is told."""
    words = str(error).lower()
    reason, hint = next(
        ((reason, hint) for needle, reason, hint in _REASONS if needle in words),
        ("no connection can be made", "check the address, and that the server lets this machine in"),
    )
    return Unavailable(Problem("S215", f"cannot reach the database: {reason}", Place(shown), hint))


_PASSWORD = "check the user and the password: a file ~/.pgpass or PGPASSWORD keeps it out of the command line"
_REASONS = (
    ("password", "the server refuses the user or the password", _PASSWORD),
    ("role", "the server knows no such user", _PASSWORD),
    ("pg_hba", "the server does not let this user in from this machine", "ask who runs the server"),
    ("database", "the server has no such database", "make the database first (createdb), or check its name"),
    ("too many", "the server has no connection left", "run the command again later"),
    ("starting up", "the server is starting", "run the command again in a moment"),
    ("shutting down", "the server is shutting down", "run the command again when it is back"),
    ("resolve", "there is no host of this name", "check the host of the address"),
    ("translate", "there is no host of this name", "check the host of the address"),
    ("refused", "no server answers at this host and port", "check the address, and that the server runs"),
    ("no such file", "no server answers at this host and port", "check the address, and that the server runs"),
    ("timeout", "the server does not answer in time", "check the address, and that no firewall is in between"),
    ("ssl", "the two do not agree on encryption", "check sslmode in the address, and the server's certificate"),
)
