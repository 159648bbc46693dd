"""Every problem code, once: the public catalogue from which `docs/reference/errors.md` is generated.

A code never changes its meaning and is never used again. Each that a document or its data can trigger has a smallest
failing example in `tests/errors/`. One file for each letter: D document, W written quantities (W2xx what if, W3xx the
optimiser), X expressions, P programs (P2xx scorecards), B the books, C crediting, F facts, K quantities, M market funds
and what they brought, S store and usage.
"""

from __future__ import annotations

from collections.abc import Mapping

from rules.codes.books import BOOKS
from rules.codes.cases import CASES
from rules.codes.code import Code
from rules.codes.credit import CREDIT
from rules.codes.document import DOCUMENT
from rules.codes.expressions import EXPRESSIONS
from rules.codes.facts import FACTS
from rules.codes.funds import ATTRIBUTION, CONTRIBUTION, CURVES, EFFECTS, MARKET_FUNDS
from rules.codes.optimise import OPTIMISE
from rules.codes.payouts import PAYOUT_RULES
from rules.codes.programs import PROGRAMS
from rules.codes.quantities import QUANTITIES
from rules.codes.scorecards import SCORECARDS
from rules.codes.sharing import SHARING
from rules.codes.store import STORE
from rules.codes.tuning import TUNING
from rules.codes.warnings import WARNINGS
from rules.codes.what_if import WHAT_IF
from rules.codes.written import WRITTEN

__all__ = [
    "ATTRIBUTION",
    "BOOKS",
    "CASES",
    "CODES",
    "CONTRIBUTION",
    "CREDIT",
    "CURVES",
    "DOCUMENT",
    "EFFECTS",
    "EXPRESSIONS",
    "FACTS",
    "MARKET_FUNDS",
    "OPTIMISE",
    "PAYOUT_RULES",
    "PROGRAMS",
    "QUANTITIES",
    "SCORECARDS",
    "SECTIONS",
    "SHARING",
    "STORE",
    "TUNING",
    "WARNINGS",
    "WHAT_IF",
    "WRITTEN",
    "Code",
]

SECTIONS: Mapping[str, Mapping[str, Code]] = {
    "The document": DOCUMENT,
    "Written quantities": WRITTEN,
    "Expressions": EXPRESSIONS,
    "The program": PROGRAMS,
    "Payout rules": PAYOUT_RULES,
    "Scorecards": SCORECARDS,
    "Cases": CASES,
    "Crediting": CREDIT,
    "Warnings": WARNINGS,
    "Facts": FACTS,
    "Quantities": QUANTITIES,
    "Sharing": SHARING,
    "The payout cycle": BOOKS,
    "Market development funds": MARKET_FUNDS,
    "Measured effects": EFFECTS,
    "Response curves": CURVES,
    "Attribution": ATTRIBUTION,
    "Contribution and pictures": CONTRIBUTION,
    "What if": WHAT_IF,
    "The optimiser": OPTIMISE,
    "Plan parameters": TUNING,
    "Usage, store and machine": STORE,
}

CODES: dict[str, Code] = {code: entry for section in SECTIONS.values() for code, entry in section.items()}
