"""The battery over every registered kind: what `compute` pays is what `explain` says, row by row, to the unit.

The kinds are found in the registers, and a new one without generated data fails here loudly. The comparison itself is
tested: every example also plants a fault of one unit, which has to be found on exactly its row.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from kinds_data import PAYOUT_DATA, SHARE_DATA, Data, Inputs, column, terms_any

import rules.kinds.share
import rules.quantities.apportion
from rules.kinds import PAYOUTS
from rules.kinds.base import Kind, PayoutKind, Reason, ShareKind, Terms
from rules.kinds.per_unit import PerUnit
from rules.kinds.share import Members, explain_share
from rules.pools import SHARES
from rules.quantities.apportion import CONSERVING, Residue, apportion
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.sharing.base import ClaimsKind

EUR = Terms(currency("EUR"))
WEIGHTS = {name: kind for name, kind in SHARES.items() if issubclass(kind, ShareKind)}  # awards: test_sharing_*.py


# --- the data ---------------------------------------------------------------------------------------------------------


def test_every_registered_kind_has_generated_data() -> None:
    assert set(PAYOUT_DATA) == set(PAYOUTS), "give a new payout kind its data in PAYOUT_DATA"
    assert set(SHARE_DATA) == set(WEIGHTS), "give a new kind of share its data in SHARE_DATA"


# --- the comparison ---------------------------------------------------------------------------------------------------


def wrong_rows(
    explain: Callable[[int], Reason], computed: Callable[[int], Fraction | int | None], rows: list[int]
) -> list[int]:
    """The rows on which the twins differ."""
    return [row for row in rows if explain(row).value != computed(row)]


@st.composite
def cases(draw: st.DrawFn, name: str, data: Data, register: Mapping[str, type[Kind]]) -> tuple[Any, Inputs, int, Terms]:
    terms = draw(terms_any)
    kind = register[name].model_validate(draw(data[0](terms)))
    if isinstance(kind, PerUnit) and kind.every is not None:  # a size in the units of the base
        terms = replace(terms, types={"base": draw(st.sampled_from(sorted(kind.takes)))})
    rows = draw(st.integers(0, 12))
    columns = Inputs()
    for key, values in data[1].items():
        if key in read_by(kind):
            columns[key] = draw(column(values, rows, rows))
    return kind, columns, rows, terms


def read_by(kind: Kind) -> set[str]:
    """The inputs that a kind may read, by its config."""
    read = set(kind.inputs()) if isinstance(kind, PayoutKind | ShareKind) else set()
    if isinstance(kind, PayoutKind):
        read |= kind.optional_inputs
        read |= {"base"} if kind.takes else set()
        read |= {"before"} if kind.running is not None else set()
    return read


def known_rows(columns: Mapping[str, Exact], rows: int, optional: frozenset[str] = frozenset()) -> list[int]:
    needed = [each for key, each in columns.items() if key not in optional]
    return [row for row in range(rows) if all(each.is_known()[row] for each in needed)]


@pytest.mark.parametrize("name", sorted(PAYOUTS))
def test_a_payout_pays_what_it_explains(name: str) -> None:
    @given(cases(name, PAYOUT_DATA[name], PAYOUTS), st.data())
    def agree(case: tuple[PayoutKind, Inputs, int, Terms], data: st.DataObject) -> None:
        kind, columns, rows, terms = case
        due = kind.compute(columns, rows, terms)
        assert len(due) == rows
        known = known_rows(columns, rows, kind.optional_inputs)

        def explained(row: int) -> Reason:
            return kind.explain(columns, row, terms)

        assert wrong_rows(explained, due.fraction, known) == []
        for row in known:
            reason = explained(row)
            assert set(reason.uses) <= set(columns) and reason.words
        if known:
            planted = data.draw(st.sampled_from(known))
            mutant = due.fractions()
            off = data.draw(st.sampled_from([Fraction(1), Fraction(-1), Fraction(1, 10**9)]))
            mutant[planted] = Fraction(mutant[planted] or 0) + off
            assert wrong_rows(explained, mutant.__getitem__, known) == [planted]

    agree()


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_a_share_weighs_what_it_explains(name: str) -> None:
    @given(cases(name, SHARE_DATA[name], WEIGHTS), st.data())
    def agree(case: tuple[ShareKind, Inputs, int, Terms], data: st.DataObject) -> None:
        kind, columns, rows, terms = case
        assert set(kind.inputs()) == set(columns)
        weights = kind.compute(columns, rows)
        known = known_rows(columns, rows, kind.optional_inputs)
        assert np.flatnonzero(weights.is_known()).tolist() == known, "unknown where an input is, and only there"

        def explained(row: int) -> Reason:
            return kind.explain(columns, row, terms)

        assert wrong_rows(explained, weights.fraction, known) == []
        assert all(set(explained(row).uses) <= set(columns) for row in known)
        if known:
            planted = data.draw(st.sampled_from(known))
            mutant = weights.fractions()
            mutant[planted] = Fraction(mutant[planted] or 0) + 1
            assert wrong_rows(explained, mutant.__getitem__, known) == [planted]

    agree()


# --- a pool's shares --------------------------------------------------------------------------------------------------


@st.composite
def pools(draw: st.DrawFn, residue: Residue) -> tuple[int, Exact, np.ndarray[Any, Any], Terms]:
    terms = draw(terms_any)
    sizes = st.sampled_from([0, 1, 10**15, -(10**15)]) | st.integers(-1000, 1000) | st.integers(-(10**12), 10**12)
    size = draw(sizes) * (terms.step_minor if residue in CONSERVING else 1)
    value = st.integers(0, 4) | st.integers(0, 10**15) | st.fractions(0, 50, max_denominator=12)
    weights = draw(column(value, at_least=1))
    assume(any(weight for weight in weights.fractions()))
    keys = draw(st.permutations([f"p{number:02}" for number in range(len(weights))]))
    return size, weights, np.array(keys, dtype=object), terms


@pytest.mark.parametrize("residue", list(Residue))
def test_a_pool_pays_the_shares_that_it_explains(residue: Residue) -> None:
    @given(pools(residue), st.data())
    def agree(pool: tuple[int, Exact, np.ndarray[Any, Any], Terms], data: st.DataObject) -> None:
        size, weights, keys, terms = pool
        rows = np.flatnonzero(weights.is_known())
        scaled, _ = weights.take(rows).scaled()
        result = apportion(size, scaled, keys[rows], residue, terms.step_minor, terms.rounding)
        remainders = np.zeros(len(weights), dtype=object)
        remainders[rows] = result.remainders
        shares = dict(zip(rows.tolist(), result.shares.tolist(), strict=True))
        assert sum(shares.values()) + result.residue_minor == size

        def explained(row: int) -> Reason:
            return explain_share(size, Members(keys, weights, remainders), row, residue, terms)

        assert wrong_rows(explained, shares.__getitem__, list(shares)) == []
        # A mutant that conserves the pool: one unit more here, one less there.
        first = data.draw(st.sampled_from(sorted(shares)))
        others = sorted(set(shares) - {first})
        planted = {first: 1} | ({data.draw(st.sampled_from(others)): -1} if others else {})
        mutant = {row: share + planted.get(row, 0) for row, share in shares.items()}
        assert wrong_rows(explained, mutant.__getitem__, list(shares)) == sorted(planted)

    agree()


def test_a_remainder_that_was_tampered_with_is_no_explanation() -> None:
    members = Members(np.array(["a", "b", "c"], dtype=object), Exact.of([1, 1, 1]), np.array([1, 2, 1]))
    with pytest.raises(AssertionError, match="remainder"):
        explain_share(100, members, 1, Residue.LARGEST_REMAINDER, EUR)


# --- a twin has its own way -------------------------------------------------------------------------------------------

# What both twins may call: the types of the values that go in and come out, and how to read them.
VALUE_TYPES = {"Fraction", "Exact", "Reason", "Told", "fraction", "fractions", "is_known", "scaled", "take", "tolist"}
VALUE_TYPES |= {"sum", "items", "accounts_of", "coalitions_of", "unions_of"}
ALLOWED = VALUE_TYPES | set(dir(builtins))


def functions(tree: ast.AST) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def called(name: str, known: Mapping[str, ast.FunctionDef]) -> Iterator[str]:
    """The names that a function calls, itself or through functions of the same file."""
    waiting, seen = [name], set()
    while waiting:
        at = waiting.pop()
        for node in ast.walk(known[at]):
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if ast.unparse(function).startswith("np."):
                continue
            found = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            yield found
            if found in known and found not in seen:
                seen.add(found)
                waiting.append(found)


def shared_helpers(compute: tuple[ModuleType | str, str], explain: tuple[ModuleType | str, str]) -> set[str]:
    """The names that both twins call and may not share."""
    names = []
    for module, function in (compute, explain):
        source = module if isinstance(module, str) else inspect.getsource(module)
        names.append(set(called(function, functions(ast.parse(source)))))
    return (names[0] & names[1]) - ALLOWED


@pytest.mark.parametrize("kind", [*PAYOUTS.values(), *SHARES.values()], ids=lambda kind: kind.__name__)
def test_explain_calls_no_helper_of_compute(kind: type[Kind]) -> None:
    source = inspect.getsource(kind)
    if issubclass(kind, ClaimsKind):  # what claims have in common is computed in their base, the rest in `share`
        source = inspect.getsource(ClaimsKind) + source
    twins = ("award", "tell") if "award" in vars(kind) else ("compute", "explain")
    assert shared_helpers((source, twins[0]), (source, twins[1])) == set()


def test_the_explanation_of_a_share_calls_no_helper_of_apportion() -> None:
    assert shared_helpers((rules.quantities.apportion, "apportion"), (rules.kinds.share, "explain_share")) == set()


def test_a_planted_shared_helper_is_found() -> None:
    source = textwrap.dedent(
        """
        class Planted:
            def compute(self, columns): return self._inner(columns)
            def _inner(self, columns): return helper(columns)
            def explain(self, columns, row): return Reason(helper(columns), columns["x"].fraction(row))
        """
    )
    assert shared_helpers((source, "compute"), (source, "explain")) == {"helper"}
