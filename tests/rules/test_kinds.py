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
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import rules.kinds.share
import rules.quantities.apportion
from rules.kinds import PAYOUTS, SHARES
from rules.kinds.base import Kind, PayoutKind, Reason, ShareKind, Terms
from rules.kinds.share import Members, explain_share
from rules.quantities.apportion import CONSERVING, Residue, apportion
from rules.quantities.currency import currency
from rules.quantities.exact import Exact
from rules.quantities.rounding import QuantityOverflow, Rounding
from rules.quantities.written import decimal_text

EUR = Terms(currency("EUR"))


# --- what people write, and what their rows hold ----------------------------------------------------------------------

terms_any = st.builds(
    Terms,
    st.sampled_from(["JPY", "EUR", "KWD", "CLF"]).map(currency),
    st.sampled_from(list(Rounding)),
    st.sampled_from([1, 1, 5, 7, 250, 25_000]),
)
extremes = st.sampled_from([0, 1, -1, 2**31, 10**15, -(10**15), 10**15 - 1])
whole = extremes | st.integers(-(10**15), 10**15) | st.integers(-400, 400)
ratios = st.fractions(-(10**6), 10**6, max_denominator=10**4)
numbers = whole | ratios


def column(values: st.SearchStrategy[Any], at_least: int = 0) -> st.SearchStrategy[Exact]:
    """A column of some rows, one in four unknown; whole numbers, or fractions with a denominator for each row."""
    return st.lists(values | values | values | st.none(), min_size=at_least, max_size=12).map(Exact.of)


def written(amount: Fraction | int) -> str:
    return decimal_text(Fraction(amount), 0)


def money(terms: Terms) -> st.SearchStrategy[str]:
    """Whole minor units, as people write them."""
    one = 10**terms.currency.decimals
    minor = st.sampled_from([0, 1, -1, 10**15]) | st.integers(-(10**9), 10**9)
    return minor.map(lambda amount: written(Fraction(amount, one)))


fine_money = st.integers(-(10**10), 10**10).map(lambda amount: written(Fraction(amount, 10**8)))  # EUR 0.0035 a call
rates = st.sampled_from(["0", "5%", "7.5%", "1/3", "-12.5%", "0.000000001", "250%"]) | st.fractions(
    -1, 1, max_denominator=999
).map(lambda rate: f"{rate.numerator}/{rate.denominator}")
covered = st.sampled_from(["0", "10", "2.5", "1/3"])


def per_unit(terms: Terms) -> st.SearchStrategy[dict[str, Any]]:
    guaranteed = st.fixed_dictionaries({"amount": money(terms), "covers": covered})
    return st.fixed_dictionaries({"amount": fine_money | money(terms).filter(lambda text: len(text) < 12)}) | (
        st.fixed_dictionaries({"amount": fine_money, "guaranteed": guaranteed})
    )


ranks = st.fixed_dictionaries(
    {"of": st.just("seasons.position"), "best": st.sampled_from(["lowest", "highest"])},
    optional={
        "ties": st.sampled_from(["share", "best"]),
        "weights": st.lists(st.sampled_from(["0", "1", "2.5", "1/3", "40"]), min_size=1, max_size=6),
    },
)

# For each kind: its config by terms, and the values of its inputs by name.
Data = tuple[Callable[[Terms], st.SearchStrategy[Any]], Mapping[str, st.SearchStrategy[Any]]]
PAYOUT_DATA: Mapping[str, Data] = {
    "amount": (money, {}),
    "rate": (lambda terms: rates, {"base": numbers}),
    "per_unit": (per_unit, {"base": st.integers(-(10**7), 10**7) | st.integers(-20, 20) | ratios}),
}
SHARE_DATA: Mapping[str, Data] = {
    "equally": (lambda terms: st.just({}), {}),
    "by": (lambda terms: st.just("seasons.points"), {"of": numbers}),
    "by_rank": (lambda terms: ranks, {"of": st.integers(-3, 3) | numbers}),
}


def test_every_registered_kind_has_generated_data() -> None:
    assert set(PAYOUT_DATA) == set(PAYOUTS), "give a new payout kind its data in PAYOUT_DATA"
    assert set(SHARE_DATA) == set(SHARES), "give a new kind of share its data in SHARE_DATA"


# --- the comparison ---------------------------------------------------------------------------------------------------


class Inputs(dict[str, Exact]):
    """The columns of a kind: it may read the inputs that it declares, and nothing else, above all not its own."""

    def __missing__(self, name: str) -> Exact:
        raise AssertionError(f"the kind reads {name}, which is none of its inputs")


def wrong_rows(
    explain: Callable[[int], Reason], computed: Callable[[int], Fraction | int | None], rows: list[int]
) -> list[int]:
    """The rows on which the twins differ."""
    return [row for row in rows if explain(row).value != computed(row)]


@st.composite
def cases(draw: st.DrawFn, name: str, data: Data, register: Mapping[str, type[Kind]]) -> tuple[Any, Inputs, int, Terms]:
    terms = draw(terms_any)
    kind = register[name].model_validate(draw(data[0](terms)))
    rows = draw(st.integers(0, 12))
    columns = Inputs()
    for key, values in data[1].items():
        columns[key] = draw(column(values))
        rows = len(columns[key])
    return kind, columns, rows, terms


def known_rows(columns: Mapping[str, Exact], rows: int) -> list[int]:
    return [row for row in range(rows) if all(each.is_known()[row] for each in columns.values())]


@pytest.mark.parametrize("name", sorted(PAYOUTS))
def test_a_payout_pays_what_it_explains(name: str) -> None:
    @given(cases(name, PAYOUT_DATA[name], PAYOUTS), st.data())
    def agree(case: tuple[PayoutKind, Inputs, int, Terms], data: st.DataObject) -> None:
        kind, columns, rows, terms = case
        amounts = kind.compute(Inputs({key: each.or_else(0) for key, each in columns.items()}), rows, terms)
        assert amounts.dtype == np.int64 and amounts.shape == (rows,)
        known = known_rows(columns, rows)

        def explained(row: int) -> Reason:
            return kind.explain(columns, row, terms)

        assert wrong_rows(explained, lambda row: int(amounts[row]), known) == []
        for row in known:
            reason = explained(row)
            assert set(reason.uses) <= set(columns) and reason.words
            assert not kind.measures or reason.value % terms.step_minor == 0 or reason.exact == reason.value
        if known:
            planted = data.draw(st.sampled_from(known))
            amounts[planted] += data.draw(st.sampled_from([1, -1]))
            assert wrong_rows(explained, lambda row: int(amounts[row]), known) == [planted]

    agree()


@pytest.mark.parametrize("name", sorted(SHARES))
def test_a_share_weighs_what_it_explains(name: str) -> None:
    @given(cases(name, SHARE_DATA[name], SHARES), st.data())
    def agree(case: tuple[ShareKind, Inputs, int, Terms], data: st.DataObject) -> None:
        kind, columns, rows, terms = case
        assert set(kind.inputs()) == set(columns)
        weights = kind.compute(columns, rows)
        known = known_rows(columns, rows)
        assert np.flatnonzero(weights.is_known()).tolist() == known, "unknown where an input is, and only there"

        def explained(row: int) -> Reason:
            return kind.explain(columns, row, terms)

        assert wrong_rows(explained, weights.fraction, known) == []
        assert all(set(explained(row).uses) <= set(columns) for row in known)
        if known:
            planted = data.draw(st.sampled_from(known))
            mutant = weights.fractions()
            mutant[planted] = (mutant[planted] or 0) + 1
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
VALUE_TYPES = {"Fraction", "Exact", "Reason", "fraction", "fractions", "is_known", "scaled", "take", "tolist", "sum"}
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
    assert shared_helpers((source, "compute"), (source, "explain")) == set()


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


# --- golden cases: worked by hand, in words ---------------------------------------------------------------------------

GOLDEN: list[tuple[str, Any, Terms, int | Fraction, int, str]] = [
    ("amount", "EUR 250", EUR, 0, 25_000, "250.00 flat"),
    ("rate", "7.5%", EUR, 16_674, 1_251, "7.5 % of 166.74 = 12.5055, rounded half up"),
    ("rate", "7.5%", EUR, -16_674, -1_251, "7.5 % of -166.74 = -12.5055, rounded half up"),
    ("rate", "5%", EUR, 120_000, 6_000, "5 % of 1,200.00"),
    ("rate", "1/3", EUR, 100, 33, "33.333333333.. % of 1.00 = 0.333333333.., rounded half up"),
    ("rate", "10%", Terms(currency("JPY"), Rounding.DOWN), 1_999, 199, "10 % of 1,999 = 199.9, rounded down"),
    (
        "rate",
        "10%",
        Terms(currency("CHF"), Rounding.HALF_UP, 5),
        12_520,
        1_250,
        "10 % of 125.20 = 12.52, rounded half up to 0.05",
    ),
    ("per_unit", "EUR 0.0035", EUR, 1_000_001, 350_000, "1,000,001 x 0.0035 = 3,500.0035, rounded half up"),
    ("per_unit", "EUR 12", EUR, 3, 3_600, "3 x 12.00"),
    (
        "per_unit",
        {"amount": "GBP 747_922", "guaranteed": {"amount": "GBP 8_782_088", "covers": "10"}},
        Terms(currency("GBP")),
        15,
        1_252_169_800,
        "8,782,088.00 guaranteed for the first 10 of 15 + 5 more x 747,922.00",
    ),
    (
        "per_unit",
        {"amount": "2", "guaranteed": {"amount": "50", "covers": "10"}},
        EUR,
        4,
        5_000,
        "50.00 guaranteed for the first 10 of 4 + 0 more x 2.00",
    ),
]


@pytest.mark.parametrize(("name", "config", "terms", "base", "amount_minor", "words"), GOLDEN)
def test_a_payout_worked_by_hand(
    name: str, config: Any, terms: Terms, base: int | Fraction, amount_minor: int, words: str
) -> None:
    kind = PAYOUTS[name].model_validate(config)
    assert kind.faults(terms) == []
    columns = Inputs(base=Exact.of([base]))
    assert kind.compute(columns, 1, terms).tolist() == [amount_minor]
    assert kind.explain(columns, 0, terms).words == words


@pytest.mark.parametrize(
    ("config", "values", "weights"),
    [
        ({"best": "lowest"}, [1, 2, 3], [3, 2, 1]),
        ({"best": "highest"}, [1, 2, 3], [1, 2, 3]),
        ({"best": "lowest"}, [7, 7, 9], [Fraction(5, 2), Fraction(5, 2), 1]),
        ({"best": "lowest", "ties": "best"}, [7, 7, 9], [3, 3, 1]),
        ({"best": "highest", "weights": ["50", "30"]}, [10, 30, 20, None], [0, 50, 30, None]),
        ({"best": "highest", "weights": ["50", "30"]}, [5, 5, 5], [Fraction(80, 3)] * 3),
    ],
)
def test_weights_by_rank_worked_by_hand(config: Any, values: list[Any], weights: list[Any]) -> None:
    kind = SHARES["by_rank"].model_validate({"of": "seasons.position", **config})
    assert kind.compute(Inputs(of=Exact.of(values)), len(values)).fractions() == weights


def test_an_amount_beyond_the_books_is_refused_and_never_wraps() -> None:
    base = Inputs(base=Exact.of([100, 10**15]))
    for name, config in (("rate", "1_000_000%"), ("per_unit", "EUR 1_000_000")):
        with pytest.raises(QuantityOverflow) as refusal:
            PAYOUTS[name].model_validate(config).compute(base, 2, EUR)
        assert refusal.value.row == 1


@pytest.mark.parametrize(
    ("name", "config", "codes"),
    [
        ("amount", "USD 5", ["P130"]),
        ("amount", "EUR 0.005", ["P132"]),
        ("amount", "10_000_000_000_001", ["W112"]),
        ("per_unit", "EUR 0.0035", []),
        ("per_unit", {"amount": "USD 1", "guaranteed": {"amount": "0.001", "covers": "-1"}}, ["P130", "P132", "P131"]),
    ],
)
def test_a_config_that_does_not_fit_the_currency_is_told(name: str, config: Any, codes: list[str]) -> None:
    kind = PAYOUTS[name].model_validate(config)
    assert [code for code, _, _ in kind.faults(EUR)] == codes
