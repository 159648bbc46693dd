"""The reference of crediting: each way to say who earns on a row, its keys, and examples that it works out itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from markup import fenced, table
from reference_of_models import keys, keys_below, words

from rules.crediting import WAYS
from rules.crediting.base import CreditWay, portion
from rules.crediting.candidates import SOURCED, TOUCH, Candidates, CreditedRows
from rules.crediting.meaning import CREDIT_COLUMNS
from rules.crediting.roles import Roles, RoleShare
from rules.document.reader import plain, read_document
from rules.quantities.exact import Exact

_CLOSED_ON = date(2026, 3, 31)
_LEAD_ON = date(2026, 3, 10)
_OPPORTUNITY_ON = date(2026, 3, 20)


@dataclass(frozen=True, slots=True)
class By:
    """Who may earn on the example's row: a credit with its role and share, a touch on a day, or the row's owner."""

    partner: str
    role: str = SOURCED
    share: str = ""
    touched_on: str = ""


_TOUCHES = tuple(
    By(partner, TOUCH, touched_on=day)
    for partner, day in (
        ("acme", "2026-03-03"),
        ("bolt", "2026-03-10"),
        ("crux", "2026-03-17"),
        ("dune", "2026-03-31"),
    )
)

# What stands under `from:`, and who may earn on the one row of the example.
EXAMPLES: Mapping[str, Sequence[tuple[str, tuple[By, ...]]]] = {
    "table": (
        ("table: {roles: [sourced]}", (By("acme", share="0.5"), By("bolt"), By("crux"))),
        (
            "table: {roles: {sourced: {}, engineer: {overlay: true}}}",
            (By("acme"), By("bolt"), By("crux", "engineer", "0.2")),
        ),
    ),
    "roles": (
        (
            "roles: {sourced: 70%, influenced: {share: 30%, among: equally}}",
            (By("acme"), By("bolt", "influenced"), By("crux", "influenced")),
        ),
    ),
    "touches": tuple((f"touches: {shape}", _TOUCHES) for shape in ("first", "last", "linear", "u", "w", "time_decay")),
    "attributions": (("attributions: markov", (By("acme", "markov", "5"), By("bolt", "markov", "3"))),),
    "owner": (("owner: 100%", (By("acme"),)),),
}

_REGISTRATIONS = """
## registrations

`protected_by: registrations` lets the registrations of a deal say who sourced it, whatever its credits say:

- A registration counts if its `status` is the word `approved` and it is in force on the day of the deal: on both
  `registered_on` and `expires_on` and between them, without end where `expires_on` is blank. The day of the deal is
  `closed_on`, or `opened_on` where that is blank.
- Of several that count, the first registered does. Those of one day are equally first, and take equal parts; a partner
  is one of them, however often it registered the deal.
- It takes what all sourced credits of the deal have together: of 60 % that another partner sourced, 60 %. Where nobody
  sourced the deal it takes what the other roles of a `table` leave of 100 %, or all that `roles` or `owner` give to who
  sourced. What partners have in other roles stays theirs.
"""


def credit_page() -> str:
    """Every way to credit: what it does, its keys, and who earns what by it."""
    parts = [
        "# Credit\n\n"
        "A rule of the section [`credit`](program.md#credit) says who earns which share of a row: of a deal, a "
        "customer or a project. A payout names it as `credit: NAME`; it then pays a line for each share, and the lines "
        "of one row add up to what the whole row pays, to the cent. [Share credit](../how-to/share-credit.md) shows "
        "all of it at work.\n\n"
        "The steps, in their order:\n\n"
        "1. **Who counts.** Those of the roles that the way credits; with `protected_by`, of those who sourced the row "
        "[the one whose registration protects it](#registrations), also where no credit says that it sourced it; with "
        "`prefer`, of the roles the first that anybody holds.\n"
        "2. **The way** gives each of them a share. Of several ways in a list, each with `for:`, the most specific one "
        "that fits the row is its way: the one that names the most attributes. Two that are equally specific are "
        "refused (C127).\n"
        "3. **The remainder** of 100 % stays with the house, or goes in equal parts to those who earn.\n"
        "4. **The cap** (`amount`, `at_most`) shrinks the shares alike until they credit no more than that.\n"
        "5. **The roll-up** gives those above a partner a rate of its share, "
        "[level by level](program.md#creditroll_up).\n\n"
        "Shares are exact fractions and never more than 100 % of the row in all (C120); only overlay roles and "
        "overrides `on_top` are beside it. Expressions of a payout with `credit:` see the paid share as "
        + ", ".join(f"`credit.{name}`" for name in CREDIT_COLUMNS)
        + " (level 0 is whom the way credits, 1 the one above).\n"
    ]
    for name, way in WAYS.items():
        assert EXAMPLES.get(name), f"add an example of {name} to EXAMPLES in docs/reference_of_credit.py"
        parts.append(f"\n## {name}\n\n{words(way)}\n\n{_keys(way)}")
        if name == "touches":
            parts.append(
                f"\nFour touches of a deal closed on {_CLOSED_ON}, with a lead made on {_LEAD_ON} and an opportunity "
                f"on {_OPPORTUNITY_ON}:\n"
            )
        for written, who in EXAMPLES[name]:
            parts.append(f"\n{fenced(written, 'yaml')}\n{_shares(name, written, who)}")
    return "".join([*parts, _REGISTRATIONS])


def _keys(way: type[CreditWay]) -> str:
    if issubclass(way, Roles):
        return f"Each key is the name of a role, and takes a share or keys:\n\n{keys(RoleShare)}"
    return keys(way) + keys_below(way)


def _shares(name: str, written: str, who: Sequence[By]) -> str:
    """Who earns which share of the row, and why."""
    root, problems = read_document(written.encode(), "example")
    assert root is not None and not problems, f"the example is sound: {problems}"
    found = plain(root)
    assert isinstance(found, Mapping)
    way = WAYS[name].model_validate(found[name])
    candidates = _candidates(who)
    shares = way.compute(candidates).fractions()
    has = [field for field in ("role", "share", "touched_on") if _any(who, field)]
    rows = [
        (
            by.partner,
            *(getattr(by, field) for field in has),
            portion(share or Fraction(0)),
            way.explain(candidates, at).words,
        )
        for at, (by, share) in enumerate(zip(who, shares, strict=True))
    ]
    called = {"share": "weight" if name == "attributions" else "share"}
    return table(("partner", *(called.get(field, field.replace("_", " ")) for field in has), "earns", "because"), rows)


def _any(who: Sequence[By], name: str) -> bool:
    return any(getattr(by, name) for by in who) and not (name == "role" and all(by.role == TOUCH for by in who))


def _candidates(who: Sequence[By]) -> Candidates:
    """The candidates of one row, in the order of their partners."""
    count, partners = len(who), tuple(sorted({by.partner for by in who}))
    roles = tuple(sorted({by.role for by in who}))
    day, lead_day, opportunity_day = (np.array([each.toordinal()]) for each in (_CLOSED_ON, _LEAD_ON, _OPPORTUNITY_ON))
    return Candidates(
        rows=CreditedRows(("D-1",), day, lead_day, opportunity_day),
        partners=partners,
        roles=roles,
        row=np.zeros(count, np.int64),
        partner=np.array([partners.index(by.partner) for by in who]),
        role=np.array([roles.index(by.role) for by in who]),
        key=np.arange(count),
        share=Exact.of([Fraction(by.share) if by.share else None for by in who]),
        day=np.array([date.fromisoformat(by.touched_on).toordinal() if by.touched_on else -1 for by in who]),
        way=np.zeros(count, np.int64),
        is_protected=np.zeros(count, bool),
    )
