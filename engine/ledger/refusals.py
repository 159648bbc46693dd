"""Refusals of the ledger: a code of section B, what the books say, and how to go on."""

from __future__ import annotations

from rules.problem import Conflict, Place, Problem, Refused


def conflict(code: str, message: str, hint: str, where: str = "") -> Conflict:
    """The state of the books does not allow it (exit 3); the refusal itself is put in the log."""
    return Conflict(Problem(code, message, Place(where), hint))


def refused(code: str, message: str, hint: str, where: str = "") -> Refused:
    """What is asked for makes no sense whatever the books say (exit 2)."""
    return Refused(Problem(code, message, Place(where), hint))


def reasoned(reason: str) -> str:
    """A reason that can be read, without its outer spaces; raises Refused where there is none."""
    text = reason.strip()
    if not text or len(text) > 1_000 or not text.isprintable():
        raise refused("B100", "a reason is missing, too long or holds invisible signs", "say why: --reason TEXT")
    return text
