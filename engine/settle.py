"""Settle: a sheet becomes a run; lines, what each partner gets, and the manifest that determines them.

In: a plan, its sheet, the digests of program and inputs. Out: a run whose id is the digest of its manifest. The books
are asserted here: lines add up to partners, partners to the total, shares and what is left to their pool.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.digest import canonical, sha256
from engine.values import (
    ACCOUNTS,
    PARTNERS,
    PAYOUT,
    Frame,
    Input,
    LateLines,
    LineColumn,
    Lines,
    Plan,
    PoolBooks,
    Roll,
    Run,
    Share,
    Sheet,
    Unscored,
    rolls,
)
from engine.values.texts import Texts
from engine.values.versions import LockedBy
from engine.version import VERSION
from rules.catalogue import catalogue_digest
from rules.problem import Problem, Refused
from rules.quantities.currency import table_digest
from rules.quantities.exact import LIMIT, Exact, Integers, total

UNSCORED_NAMED = 10  # of a pool, in its run
_TEXT_LINES = 65_536  # whose text is put together at once
CHUNK_LINES = 1 << 20  # of a run: of more, some partners' lines are put together after others'
_ESCAPED = re.compile(r'["\\\x00-\x1f]')  # what canonical JSON writes in another way


def settle(
    plan: Plan,
    sheet: Sheet,
    program_sha256: str,
    inputs: Sequence[Input],
    engine_version: str = VERSION,
    versions: Sequence[LockedBy] = (),
    texts: Texts | None = None,
) -> Run:
    """The run of a sheet; raises Refused where a sum leaves the range of the books.

    `engine_version` is the one that first worked the run out: a later one that comes to the same says so by the same
    id. `versions` are those that the sheet worked earlier periods out by; `texts` what sheets that share columns with
    this one wrote out.
    """
    lines = lines_of(plan, sheet)
    texts = texts or Texts()
    parts = [sheet.of_payees(step.name).numerator for step in plan.components]
    paid = sheet.of_payees(PAYOUT).numerator
    if any(_is_beyond(column) for column in (*parts, paid)) or abs(total(paid)) >= LIMIT:
        hint = "the books hold amounts below 2^63 minor units; check the rates, and the unit of the amounts"
        raise Refused(Problem("F305", "a payout is larger than the books can hold", plan.steps[-1].place, hint))
    payouts = np.column_stack([*parts, paid]).astype(np.int64)
    pools = {
        step.component: PoolBooks(
            int(sheet.columns[step.size].numerator[0]),
            int(sheet.columns[f"{step.component}.left"].numerator[0]),
            int(sheet.columns[f"{step.component}.house_adds"].numerator[0]),
        )
        for step in plan.steps
        if isinstance(step, Share)
    }
    _assert_books(plan, lines, payouts, pools)
    unscored = dict(_unscored(plan, sheet))
    partners = tuple(str(key) for key in sheet.payees.keys)
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
        "lines_sha256": _digest_of_lines(lines, plan, sheet, texts),
        "partners": len(partners),
        "pools": {name: _pool(books, unscored.get(name)) for name, books in pools.items()},
        "sheet_sha256": sheet_digest(sheet, texts=texts),
        **_balances(plan, sheet, texts),
        **({"versions": {each.period: each.sha256 for each in versions}} if versions else {}),
        "total": {"currency": plan.terms.currency.code, "minor": str(lines.total_minor)},
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
        unscored=unscored,
    )


def _is_beyond(column: Integers) -> bool:
    return len(column) > 0 and max(abs(int(column.max())), abs(int(column.min()))) >= LIMIT


def lines_digest(lines: Lines | LateLines, currency: str) -> str:
    """The digest of lines in their order, each as a canonical JSON line."""
    state = hashlib.sha256()
    for chunk in lines.chunks():
        for start in range(0, len(chunk), _TEXT_LINES):
            texts = _by_group(chunk, slice(start, start + _TEXT_LINES), currency)
            state.update("".join([text for _, text in texts]).encode("utf-8"))
    return state.hexdigest()


def _by_group(lines: Lines, rows: slice, currency: str) -> Iterator[tuple[int, str]]:
    """Canonical JSON of lines, written out: what those of a partner's component share is put together once for all of
    them, and they come with the place of the first of them. Names and ids need no escape."""
    named = [column[rows] for column in (lines.partner, lines.component, lines.table)]
    keys, amounts = lines.key[rows].tolist(), lines.amount_minor[rows].tolist()
    if _ESCAPED.search("".join(keys)):
        keys = [json.dumps(each, ensure_ascii=False)[1:-1] for each in keys]
    is_first = np.ones(len(keys), dtype=bool)
    is_first[1:] = np.any([column[1:] != column[:-1] for column in named], axis=0)
    starts = np.flatnonzero(is_first).tolist()
    head = f'{{"amount":{{"c":"{currency}","m":"'
    for start, end in zip(starts, [*starts[1:], len(keys)] if keys else [], strict=True):
        partner, component, table = (column[start] for column in named)
        middle = f'"}},"component":"{component}","key":"'
        tail = f'","partner":"{partner}","t":"partage/line/1","table":"{table}"}}\n'
        rest = zip(amounts[start:end], keys[start:end], strict=True)
        yield start, "".join([f"{head}{amount}{middle}{key}{tail}" for amount, key in rest])


def _digest_of_lines(lines: Lines | LateLines, plan: Plan, sheet: Sheet, texts: Texts) -> str:
    """The same digest, by the texts of each column's lines: those of a column that other sheets have too are there."""
    if isinstance(lines, LateLines):
        return lines_digest(lines, plan.terms.currency.code)
    payees, currency = sheet.payees, plan.terms.currency.code
    columns = sorted(_line_columns(plan, sheet), key=lambda each: (each[0].component, each[0].table))
    written = [
        texts.of(
            *(each.paid, frame, payees),
            named=(each.component, each.table, currency),
            written=partial(_texts_of_lines, each, payees.keys, currency),
        )
        for each, frame in columns
    ]
    state = hashlib.sha256()
    for of_payee in zip(*written, strict=True):
        state.update("".join(of_payee).encode("utf-8"))
    return state.hexdigest()


def _texts_of_lines(column: LineColumn, payees: NDArray[Any], currency: str) -> list[str]:
    """The lines of one column by payee, each as a canonical JSON line."""
    rows = column.paid.is_known()
    order = np.argsort(column.frame.partners[rows], kind="stable")
    at, amounts = column.frame.partners[rows][order], column.paid.numerator[rows][order].astype(np.int64)
    component, table = (np.full(len(at), each, dtype=object) for each in (column.component, column.table))
    lines = Lines(payees[at], component, table, column.frame.keys[rows][order], amounts)
    found = [""] * len(payees)
    for start, text in _by_group(lines, slice(0, len(lines)), currency):
        found[at[start]] = text
    return found


def lines_of(plan: Plan, sheet: Sheet) -> Lines | LateLines:
    """Every paid row and every share by partner, component and table, each in the order of its frame, which is that of
    its keys; rows that pay nothing stay visible."""
    late = LateLines([column for column, _ in _line_columns(plan, sheet)], sheet.payees.keys, CHUNK_LINES)
    return late if len(late) > CHUNK_LINES else late.whole()


def _line_columns(plan: Plan, sheet: Sheet) -> list[tuple[LineColumn, Frame]]:
    """Each column that holds lines, and the frame of its rows as the sheet has it."""
    shared = {step.component for step in plan.steps if isinstance(step, Share)}
    columns = []
    for step in plan.components:
        for name, of in step.lines:
            frame = sheet.of_lines(of)
            table = "pool" if step.name in shared else frame.table
            columns.append((LineColumn(step.name, table, frame, sheet.columns[name]), sheet.frames[of]))
    return columns


def sheet_digest(sheet: Sheet, whose: str = PARTNERS, texts: Texts | None = None) -> str:
    """The digest of all that partners were found to have: every KPI, score, tier, rank, weight and payout, by name; or
    of all that accounts hold, where balances are kept.

    A column goes in as its name and, by partner, the exact value in lowest terms, or null where it is unknown.
    """
    state = hashlib.sha256()
    keys = json.dumps([str(key) for key in sheet.frames[whose].keys], ensure_ascii=False, separators=(",", ":"))
    state.update(f'{{"{whose}":{keys},"t":"partage/sheet/1"}}\n'.encode())
    for name in sorted(name for name, frame in sheet.frame_of.items() if frame == whose):
        column = sheet.columns[name]
        [text] = _written(column) if texts is None else texts.of(column, written=partial(_written, column))
        state.update(canonical([name])[:-1] + (f",{text}" if text else "").encode() + b"]\n")
    return state.hexdigest()


def _written(column: Exact) -> list[str]:
    return [_texts(column)]


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


def _unscored(plan: Plan, sheet: Sheet) -> Iterator[tuple[str, Unscored]]:
    """Of each pool, who of its members has no share."""
    for step in (each for each in plan.steps if isinstance(each, Share)):
        known = sheet.columns[step.name].is_known()
        if not known.all():
            keys = sheet.frames[step.frame].keys[~known]
            house = sheet.columns.get(f"{step.component}.unscored")
            kept = None if house is None else int(house.numerator[0])
            first = tuple(str(key) for key in np.sort(keys)[:UNSCORED_NAMED])
            yield step.component, Unscored(len(keys), first, kept)


def _pool(books: PoolBooks, unscored: Unscored | None) -> dict[str, object]:
    """A pool's books in the manifest; what the house adds, and who is not scored, is told where there is any."""
    found: dict[str, object] = {"size_minor": str(books.size_minor), "left_minor": str(books.left_minor)}
    if books.house_adds_minor:
        found["house_adds_minor"] = str(books.house_adds_minor)
    if unscored is not None:
        kept = {} if unscored.house_minor is None else {"house_minor": str(unscored.house_minor)}
        found["unscored"] = {"members": str(unscored.members), "first": list(unscored.first), **kept}
    return found


def _balances(plan: Plan, sheet: Sheet, texts: Texts) -> dict[str, object]:
    """What all partners, or the program, have on each balance, and the digest of all accounts; only where there are
    balances."""
    found = {roll.name: _rolled(roll, sheet) for roll in rolls(plan.steps)}
    accounts = {"accounts_sha256": sheet_digest(sheet, ACCOUNTS, texts)} if ACCOUNTS in sheet.frames else {}
    return {**accounts, "balances": found} if found else {}


def _rolled(roll: Roll, sheet: Sheet) -> dict[str, object]:
    """A balance of all who have one, which rolls forward; of an allowance or an advance, what is below
    zero, and of how many."""
    opening, *moves, closing = (total(sheet.columns[name].numerator) for name in roll.columns)
    assert opening + sum(moves) == closing, f"{roll.name} rolls forward"
    movements = {name: str(amount) for name, amount in zip(roll.moves, moves, strict=True)}
    found = {"opening_minor": str(opening), "movements": movements, "closing_minor": str(closing)}
    of_each = sheet.columns[roll.columns[-1]].numerator
    below = of_each[of_each < 0]
    if roll.tells_overdrawn and len(below):
        return {**found, "overdrawn": {"partners": len(below), "minor": str(-total(below))}}
    return dict(found)


def _assert_books(plan: Plan, lines: Lines | LateLines, payouts: Integers, pools: dict[str, PoolBooks]) -> None:
    grand = lines.total_minor
    assert grand == total(payouts[:, -1]), "lines add up to what partners get"
    assert bool((payouts[:, :-1].sum(axis=1) == payouts[:, -1]).all()), "components add up to a payout"
    assert grand == sum(total(payouts[:, index]) for index in range(payouts.shape[1] - 1)), "columns add up"
    for index, step in enumerate(plan.components):
        if step.name in pools:
            size, left, adds = pools[step.name]
            assert total(payouts[:, index]) + left == size + adds, f"{step.name} is conserved"
