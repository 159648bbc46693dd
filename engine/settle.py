"""Settle: a sheet becomes a run; lines, what each partner gets, and the manifest that determines them.

In: a plan, its sheet, the digests of program and inputs. Out: a run whose id is the digest of its manifest. The books
are asserted here: lines add up to partners, partners to the total, shares and what is left to their pool.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.digest import canonical, sha256
from engine.values import PARTNERS, PAYOUT, Input, Lines, Plan, Run, Share, Sheet
from engine.version import VERSION
from rules.catalogue import catalogue_digest
from rules.problem import Problem, Refused
from rules.quantities.currency import table_digest
from rules.quantities.exact import LIMIT, Exact, Integers, total

_CHUNK_LINES = 65_536
_ESCAPED = re.compile(r'["\\\x00-\x1f]')  # what canonical JSON writes in another way


def settle(
    plan: Plan, sheet: Sheet, program_sha256: str, inputs: Sequence[Input], engine_version: str = VERSION
) -> Run:
    """The run of a sheet; raises Refused where a sum leaves the range of the books.

    `engine_version` is the one that first worked the run out: a later one that comes to the same says so by the same
    id.
    """
    lines = _lines(plan, sheet)
    parts = [sheet.columns[step.name].numerator for step in plan.components]
    paid = sheet.columns[PAYOUT].numerator
    if any(_is_beyond(column) for column in (*parts, paid)) or abs(total(paid)) >= LIMIT:
        hint = "the books hold amounts below 2^63 minor units; check the rates, and the unit of the amounts"
        raise Refused(Problem("F305", "a payout is larger than the books can hold", plan.steps[-1].place, hint))
    payouts = np.column_stack([*parts, paid]).astype(np.int64)
    pools = {
        step.component: (
            int(sheet.columns[step.size].numerator[0]),
            int(sheet.columns[f"{step.component}.left"].numerator[0]),
        )
        for step in plan.steps
        if isinstance(step, Share)
    }
    _assert_books(plan, lines, payouts, pools)
    partners = tuple(str(key) for key in sheet.partners.keys)
    manifest = {
        "t": "partage/manifest/1",
        "program": plan.title,
        "program_sha256": program_sha256,
        "period": {"name": sheet.period.name, "start": str(sheet.period.start), "end": str(sheet.period.end)},
        "engine": {"name": "partage", "version": engine_version},
        "definitions": {"catalogue_sha256": catalogue_digest(), "currencies_sha256": table_digest()},
        "inputs": [
            {
                "table": each.table,
                "rows": each.rows,
                "rows_sha256": each.rows_sha256,
                "rejected": each.rejected,
                "rejected_sha256": each.rejected_sha256,
            }
            for each in sorted(inputs, key=lambda each: each.table)
        ],
        "components": [step.name for step in plan.components],
        "lines": len(lines),
        "lines_sha256": lines_digest(lines, plan.terms.currency.code),
        "partners": len(partners),
        "pools": {name: {"size_minor": str(size), "left_minor": str(left)} for name, (size, left) in pools.items()},
        "sheet_sha256": sheet_digest(sheet),
        "total": {"currency": plan.terms.currency.code, "minor": str(total(lines.amount_minor))},
    }
    return Run(
        run_id=sha256(canonical(manifest)),
        title=plan.title,
        period=sheet.period,
        currency=plan.terms.currency.code,
        components=tuple(step.name for step in plan.components),
        partners=partners,
        payouts_minor=payouts,
        lines=lines,
        pools=pools,
        manifest=manifest,
    )


def _is_beyond(column: Integers) -> bool:
    return len(column) > 0 and max(abs(int(column.max())), abs(int(column.min()))) >= LIMIT


def lines_digest(lines: Lines, currency: str) -> str:
    """The digest of lines in their order, each as a canonical JSON line."""
    state = hashlib.sha256()
    columns = (lines.partner, lines.component, lines.table, lines.key, lines.amount_minor)
    for start in range(0, len(lines), _CHUNK_LINES):
        partner, component, table, key, amount = (column[start : start + _CHUNK_LINES].tolist() for column in columns)
        if _ESCAPED.search("".join(key)):
            key = [json.dumps(each, ensure_ascii=False)[1:-1] for each in key]
        rows = zip(partner, component, table, key, amount, strict=True)
        state.update("".join([_line_text(currency, *row) for row in rows]).encode("utf-8"))
    return state.hexdigest()


def _line_text(currency: str, partner: str, component: str, table: str, key: str, amount_minor: int) -> str:
    """The canonical JSON of a line, written out: a million lines in a second. Names and ids need no escape, and `key`
    comes with its own."""
    return (
        f'{{"amount":{{"c":"{currency}","m":"{amount_minor}"}},"component":"{component}",'
        f'"key":"{key}","partner":"{partner}","t":"partage/line/1","table":"{table}"}}\n'
    )


def _lines(plan: Plan, sheet: Sheet) -> Lines:
    """Every paid row and every share by partner, component and table, each in the order of its frame, which is that of
    its keys; rows that pay nothing stay visible."""
    shared = {step.component for step in plan.steps if isinstance(step, Share)}
    parts = [
        (step.name, "pool" if step.name in shared else sheet.frames[of].table, sheet.frames[of], sheet.columns[name])
        for step in plan.components
        for name, of in step.lines
    ]
    if not parts:  # a program that only scores
        none = np.array([], dtype=object)
        return Lines(none, none, none, none, np.array([], dtype=np.int64))
    names = sorted({(component, table) for component, table, _, _ in parts})
    known = [paid.is_known() for _, _, _, paid in parts]
    kinds = [names.index((component, table)) for component, table, _, _ in parts]
    kind = np.concatenate([np.full(int(each.sum()), at, dtype=np.int64) for at, each in zip(kinds, known, strict=True)])
    partner = np.concatenate([frame.partners[each] for (_, _, frame, _), each in zip(parts, known, strict=True)])
    key = np.concatenate([frame.keys[each] for (_, _, frame, _), each in zip(parts, known, strict=True)])
    amount = np.concatenate([paid.numerator[each] for (_, _, _, paid), each in zip(parts, known, strict=True)])
    order = np.argsort(partner * len(names) + kind, kind="stable")
    component, table = (_texts_of([name[at] for name in names])[kind[order]] for at in (0, 1))
    return Lines(sheet.partners.keys[partner[order]], component, table, key[order], amount[order].astype(np.int64))


def _texts_of(names: Sequence[str]) -> NDArray[Any]:
    column = np.empty(len(names), dtype=object)
    column[:] = names
    return column


def sheet_digest(sheet: Sheet) -> str:
    """The digest of all that partners were found to have: every KPI, score, tier, rank, weight and payout, by name.

    A column goes in as its name and, by partner, the exact value in lowest terms, or null where it is unknown.
    """
    state = hashlib.sha256()
    partners = json.dumps([str(key) for key in sheet.partners.keys], ensure_ascii=False, separators=(",", ":"))
    state.update(f'{{"partners":{partners},"t":"partage/sheet/1"}}\n'.encode())
    for name in sorted(name for name, frame in sheet.frame_of.items() if frame == PARTNERS):
        texts = _texts(sheet.columns[name])
        state.update(canonical([name])[:-1] + (f",{texts}" if texts else "").encode() + b"]\n")
    return state.hexdigest()


def _texts(column: Exact) -> str:
    """Each row's exact value in lowest terms, however the column holds it, as canonical JSON end to end: `"3","3/4"`,
    null where unknown. Written out, as an explanation digests a whole sheet: digits and signs need no escape."""
    above, below, known = column.numerator, column.denominator, column.is_known()
    if not isinstance(below, int) or below != 1:
        under = np.full(len(column), below) if isinstance(below, int) else below
        divisor = np.gcd(above, under)
        pairs = zip((above // divisor).tolist(), (under // divisor).tolist(), known.tolist(), strict=True)
        return ",".join([(f'"{a}"' if b == 1 else f'"{a}/{b}"') if is_known else "null" for a, b, is_known in pairs])
    if not known.all():
        rows = zip(above.tolist(), known.tolist(), strict=True)
        return ",".join([f'"{a}"' if is_known else "null" for a, is_known in rows])
    return '"' + repr(above.tolist())[1:-1].replace(", ", '","') + '"' if len(column) else ""


def _assert_books(plan: Plan, lines: Lines, payouts: Integers, pools: dict[str, tuple[int, int]]) -> None:
    grand = total(lines.amount_minor)
    assert grand == total(payouts[:, -1]), "lines add up to what partners get"
    assert bool((payouts[:, :-1].sum(axis=1) == payouts[:, -1]).all()), "components add up to a payout"
    assert grand == sum(total(payouts[:, index]) for index in range(payouts.shape[1] - 1)), "columns add up"
    for index, step in enumerate(plan.components):
        if step.name in pools:
            size, left = pools[step.name]
            assert total(payouts[:, index]) + left == size, f"{step.name} is conserved"
