"""What an expression can see while a program is checked: tables, named values, the currency; and the problems so
far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fractions import Fraction
from typing import Literal as OneOf

from rules.crediting.meaning import CREDIT, CREDIT_COLUMNS
from rules.document.reader import Document, locate, locate_key
from rules.expressions.evaluate import Value, evaluate
from rules.expressions.expression import Written
from rules.expressions.tree import (
    Arithmetic,
    Column,
    Comparison,
    Expression,
    Fault,
    InList,
    IsNull,
    Literal,
    Type,
    children,
    columns,
    rebuild,
    with_children,
    words,
)
from rules.expressions.tree_types import typed
from rules.expressions.vector import has_product
from rules.joins import route, sees
from rules.kinds.base import Terms
from rules.payouts.spec import RoundingSpec
from rules.problem import Place, Problem, Severity
from rules.quantities.rounding import Rounding
from rules.tables import ATTRIBUTES, FLAGS, HISTORY, OF_HISTORY_ALONE, OWNED_BY, REIMBURSABLE, Table, canonical

DAYS = frozenset({Type.DATE, Type.MONTH})
_PERIOD = {"start": Type.DATE, "end": Type.DATE, "days": Type.COUNT, "name": Type.TEXT}
_TEXTS = frozenset({Type.TEXT, Type.ID})
NUMBERS = frozenset({Type.MONEY, Type.NUMBER, Type.COUNT})
Path = tuple[str | int, ...]


@dataclass(slots=True)
class Scope:
    """One check of one document: what its expressions see, and a list of problems that grows."""

    document: Document
    terms: Terms
    problems: list[Problem] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    named: dict[str, Type] = field(default_factory=dict)
    better: dict[str, str] = field(default_factory=dict)
    of_program: set[str] = field(default_factory=set)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    credits: dict[str, str] = field(default_factory=dict)
    has_funds: bool = False  # the program says how its market development funds reimburse claims
    is_credited: bool = False
    below: tuple[str, ...] = ()  # the payout or pool that is checked, and those that stand below it
    is_size: bool = False  # what is checked is the size of a pool
    day: Column | None = None

    def key_place(self, path: Path) -> Place:
        """Where the key at `path` was written."""
        return locate_key(self.document.root, path)

    def problem(self, code: str, path: Path, message: str, hint: str, offset: int = 0) -> None:
        """Note a fault of the value at `path`, `offset` characters into it."""
        place = locate(self.document.root, path)
        self.problems.append(Problem(code, message, replace(place, column=place.column + offset), hint))

    def key_problem(self, code: str, path: Path, message: str, hint: str, severity: Severity = "error") -> None:
        """Note a fault of the key at `path`."""
        self.problems.append(Problem(code, message, self.key_place(path), hint, severity))

    def rounded(self, spec: RoundingSpec | None, path: Path) -> Terms:
        """The terms with the rounding that a rule or the program names."""
        if spec is None:
            return self.terms
        step = 1
        if spec.to is not None:
            for code, message, hint in self.terms.whole_faults(spec.to):
                self.problem(code, (*path, "to"), message, hint)
                return self.terms
            step = int(self.terms.minor(spec.to))
            if step < 1:
                self.problem("P133", (*path, "to"), "a rounding step is more than zero", "write a step such as 0.05")
                return self.terms
        return Terms(self.terms.currency, Rounding(spec.mode), step)

    def typed(
        self, written: Written, path: Path, table: str, wanted: Type | None = None, is_program: bool = False
    ) -> tuple[Expression, Type] | None:
        """An expression as a row of `table` sees it, with its type; None after noting its faults.

        Only what is worked out for the program (`is_program`) can name a KPI that partners do not have.
        """
        hidden = self._hidden(written, path, table)
        for column in columns(written.tree):
            if str(column) in self.of_program and not is_program:
                message = f"{column} is measured for the program, and no partner has one of its own"
                self.problem("P230", path, message, "name a KPI that partners have", offset=column.at)
                hidden = True
        decimals = self.terms.currency.decimals
        tree, type_, faults = typed(written.tree, self._lookup, self._names, decimals, wanted)
        for fault in faults:
            message, hint = self._later(written, fault) or (fault.message, fault.hint)
            self.problem(fault.code, path, message, hint, offset=fault.at)
        if faults or hidden or type_ is None or self._divides_by_zero(tree, path):
            return None
        if type_ in _TEXTS and has_product(tree):
            message = "a text that is chosen by a product or a quotient is compared, and has no other use"
            self.problem("X138", path, message, "move the condition to where:, and name the column here alone")
            return None
        return self._coded(rebuild(tree, self._meant), path), type_

    def _later(self, written: Written, fault: Fault) -> tuple[str, str] | None:
        """The fault of what rests on a payout or pool that comes after it or is this one, or on what such a pool
        leaves; None for others."""
        at = [each for each in columns(written.tree) if each.at == fault.at and (each.table or each.name) in self.below]
        if fault.code != "X131" or not at or (at[0].table is not None and not self.is_size):
            return None
        own, name = self.below[0], at[0].table or at[0].name
        if at[0].table is None:
            what = "pool" if self.is_size else "rule"
            return f"{name} is {'this' if name == own else 'a later'} {what}", self._moved(name)
        if name == own:
            return f"{at[0]} comes of this pool", f"it is known once {own} is shared, and its size comes before that"
        return f"{at[0]} comes of a later pool", f"{name} stands below: move it above {own}"

    def _moved(self, name: str) -> str:
        """How a rule may name a payout or pool that comes after it, or is this one."""
        if self.is_size:
            return self._circular(name)
        if name == self.below[0]:
            return f"{name} is this rule, which can't rest on what it pays"
        return f"{name} stands below: a rule sees what those above it pay, so move it above {self.below[0]}"

    def _circular(self, name: str) -> str:
        """How the size of a pool may rest on what it shares itself, or on a pool below it."""
        own = self.below[0]
        if name != own:
            return f"{name} stands below: move it above {own}, or define what rests on each other under amounts:"
        amount = f"{own}_amount"
        told = f"{own} is this pool, and what rests on itself is defined under amounts:, where it is solved - "
        return f"{told}amounts: {{{amount}: {{profit: 10%, {amount}: -10%}}}}, and here size: {{of: {amount}}}"

    def _divides_by_zero(self, tree: Expression, path: Path) -> bool:
        """Note the divisors that are zero on every row."""
        found = list(_zero_divisors(tree))
        for divisor in found:
            hint = "divide by what can be other than zero; what was divided by nothing is unknown, and never a number"
            told = "zero" if isinstance(divisor, Literal) else f"{words(divisor)}, which is zero"
            self.problem("X139", path, f"this divides by {told}", hint, offset=divisor.at)
        return bool(found)

    def _coded(self, tree: Expression, path: Path) -> Expression:
        """The tree with the words of a named text (`performance.tier = 'gold'`) as their codes, as its column has
        them; such a text is compared with its words and with nothing else."""

        def below(node: Expression) -> Expression:
            return self._coded(node, path)

        match tree:
            case Comparison(_, Column() as left, Literal() as right) if left.name in self.words:
                return replace(tree, right=self._code(left, right, path))
            case Comparison(_, Literal() as left, Column() as right) if right.name in self.words:
                return replace(tree, left=self._code(right, left, path))
            case InList(Column() as item, options) if item.name in self.words and _all_literals(options):
                return replace(tree, options=tuple(self._code(item, option, path) for option in options))
            case IsNull(Column()):
                return tree
            case Column(None, name) if name in self.words:
                hint = f"write {name} = '{self.words[name][-1]}'"
                self.problem("P231", path, f"{name} is compared with the name of a tier only", hint, offset=tree.at)
                return tree
        return with_children(tree, below)

    def _code(self, column: Column, written: Expression, path: Path) -> Expression:
        """A word of a named text as its code, which remembers the word."""
        assert isinstance(written, Literal), "a word is written"
        known, word = self.words[column.name], str(written.value)
        if word not in known:
            hint = suggest(word, known) or "it is one of " + ", ".join(known)
            self.problem("P228", path, f"{column.name} is never '{word}'", hint, offset=written.at)
            return written
        return Literal(Fraction(known.index(word)), written.at, word)

    def condition(self, written: Written | None, path: Path, table: str) -> Expression | None:
        """A condition as a row of `table` sees it."""
        found = None if written is None else self.typed(written, path, table, Type.FLAG)
        return None if found is None else found[0]

    def dated(self, written: Written | None, path: Path, table: str) -> Column | None:
        """The one date column that puts a row of `table` into a period."""
        found = None if written is None else self.typed(written, path, table)
        if found is None:
            return None
        tree, type_ = found
        if not isinstance(tree, Column) or type_ not in DAYS:
            self.problem("P161", path, "dated names one date column", "write it as deals.closed_on")
            return None
        return tree

    def table(self, name: str, path: Path) -> str | None:
        """The name of a table that the program has a source for."""
        if name in self.tables:
            return name
        hint = suggest(name, list(self.tables)) or "the program's tables are " + ", ".join(self.tables)
        self.problem("P148", path, f"there is no table {name} among the sources", hint)
        return None

    def driving(self, written: Sequence[Written], path: Path) -> str | None:
        """The one table from whose rows the expressions' other tables are seen: its rows drive the rule."""
        used = [column.table for each in written for column in columns(each.tree)]
        named = [table for table in dict.fromkeys(used) if table is not None and table in self.tables]
        if not named:
            return "partners" if "partners" in self.tables else None
        for table in named:
            if all(sees(self.tables, table, other) for other in named):
                return table
        message = f"no row sees all of {', '.join(named)}"
        self.problem("P160", path, message, "measure one table and those that its rows refer to")
        return None

    def owned(self, table: str, path: Path, cure: OneOf["credit", "partner", "of"] = "credit") -> bool:
        """Whether the rows of a table name their partner, or are of a row that does."""
        if self.is_owned(table):
            return True
        if table in OWNED_BY:
            hint = f"add {OWNED_BY[table]}: FILE to the sources, whose partner a row of {table} is of"
        else:
            hint = self._owning(table, cure)
        self.key_problem("P162", path, f"a row of {table} names no partner", hint)
        return False

    def is_owned(self, table: str) -> bool:
        """Whether the rows of a table name their partner, or are of a row that does."""
        return self._names_partner(str(self.owner(table).table))

    def owner(self, table: str) -> Column:
        """The column that says whose a row of a table is."""
        is_own = table not in OWNED_BY or self._names_partner(table)
        return Column(table if is_own else OWNED_BY[table], "partner_id")

    def _names_partner(self, table: str) -> bool:
        return table in self.tables and self.tables[table].column("partner_id") is not None

    def _owning(self, table: str, cure: OneOf["credit", "partner", "of"]) -> str:
        """Where a row that names no partner may get one from: the rows that it sees and that name one."""
        known = {**canonical(), **self.tables}
        named = [each for each in known.values() if each.name not in (table, "partners") and each.column("partner_id")]
        ways = {each.name: route(known, table, each.name) for each in named}
        seen = sorted((name not in self.tables, len(way), name != "deals", name) for name, way in ways.items() if way)
        if not seen:
            return "take a table with a partner_id"
        is_missing, _, _, of = seen[0]
        also = f"add {of}: FILE to the sources, " if is_missing else ""
        if cure == "partner":
            return f"{also}write partner: {of}.partner_id"
        if cure == "of":
            return f"{also}write of: {of}, whose rows name one"
        return f"{also}write credit: owner, and beside payouts: credit: {{owner: {{of: {of}, from: {{owner: 100%}}}}}}"

    def _meant(self, column: Column) -> Column:
        """A part of a KPI or scorecard by its whole name, as what is no column of a table; and an attribute of a
        partner as it was on the day of the row."""
        if column.table == "partners" and column.name in ATTRIBUTES and HISTORY in self.tables:
            return replace(column, on=self.day)
        if column.table is None or column.table in self.tables or column.table in ("period", CREDIT):
            return column
        return Column(None, str(column), column.at)

    def on_day(self, written: Written | None, path: Path, table: str) -> Column | None:
        """The one date column that puts a row of `table` into a period, and says which of several versions its
        expressions mean from here on; `day` is theirs until it is set anew."""
        self.day = None
        self.day = self.dated(written, path, table)
        return self.day

    def _lookup(self, column: Column) -> Type | None:
        if column.table == "period":
            return _PERIOD.get(column.name)
        if column.table == CREDIT and self.is_credited:
            return CREDIT_COLUMNS.get(column.name)
        if column.table is None or column.table not in self.tables:
            return self.named.get(str(column))
        if (column.table, column.name) in FLAGS and column.table in self.tables:
            return Type.FLAG
        if self.has_funds and (column.table, column.name) == REIMBURSABLE:
            return Type.MONEY
        if column.table == "partners" and column.name in OF_HISTORY_ALONE and HISTORY in self.tables:
            return Type.TEXT
        found = self.tables[column.table].column(column.name) if column.table in self.tables else None
        return None if found is None else found.type

    def _hidden(self, written: Written, path: Path, table: str) -> bool:
        """Note the tables that a row of `table` does not see."""
        hidden = False
        for column in columns(written.tree):
            if column.table in self.tables and table in self.tables and not self._sees(table, column.table):
                message = f"a row of {table} sees no row of {column.table}"
                hint = "name a table whose whole key the row holds"
                self.problem("P160", path, message, hint, offset=column.at)
                hidden = True
        return hidden

    def _sees(self, table: str, other: str) -> bool:
        """Whether a row sees another; one that is credited also sees the partner whose credit it is."""
        return sees(self.tables, table, other) or (self.is_credited and other == "partners")

    def _names(self) -> Iterator[str]:
        yield from self.named
        yield from (f"{CREDIT}.{name}" for name in CREDIT_COLUMNS if self.is_credited)
        for table in self.tables.values():
            yield from (f"{table.name}.{column.name}" for column in table.columns)
        yield from (f"{table}.{name}" for table, name in sorted(FLAGS) if table in self.tables)
        yield from (".".join(REIMBURSABLE) for _ in [0] if self.has_funds)


def _zero_divisors(tree: Expression) -> Iterator[Expression]:
    """The divisors in which no column stands and that come to zero."""
    is_constant = isinstance(tree, Arithmetic) and tree.op == "/" and not columns(tree.right)
    if isinstance(tree, Arithmetic) and is_constant and evaluate(tree.right, _no_column) == 0:
        yield tree.right
    for child in children(tree):
        yield from _zero_divisors(child)


def _no_column(column: Column) -> Value:
    raise AssertionError(f"{column} stands in what has no column")


def _all_literals(trees: Sequence[Expression]) -> bool:
    return all(isinstance(tree, Literal) for tree in trees)


def suggest(name: str, known: Sequence[str]) -> str:
    """The nearest known name as a question, or nothing."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""
