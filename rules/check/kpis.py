"""The KPIs of a program: from the catalogue or its own, each with its measures typed, in an order that formulas can
follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from rules.catalogue import catalogue
from rules.check.scope import NUMBERS, Path, Scope, suggest
from rules.expressions.expression import Written
from rules.expressions.tree import Column, Expression, Literal, Type, columns, rebuild
from rules.joins import sees
from rules.kpi import KpiSpec, MeasureSpec, Window
from rules.meaning import KpiMeaning, MeasureMeaning, RowsMeaning

_RATIO = {(Type.MONEY, Type.MONEY): Type.NUMBER}


def kpis(scope: Scope, specs: Mapping[str, KpiSpec]) -> tuple[KpiMeaning, ...]:
    """What the KPIs mean, each after those that its formula names; the faults of the others are noted."""
    flat = {name: entry for alias, spec in specs.items() for name, entry in _flat(scope, alias, spec)}
    found: list[KpiMeaning] = []
    for name in _in_order(scope, flat):
        spec, path = flat[name]
        read = () if spec.formula is None else columns(spec.formula.tree)
        if any(str(column) in {*flat, *specs} and str(column) not in scope.named for column in read):
            continue  # it rests on a KPI whose fault was noted
        meaning = _kpi(scope, name, spec, path)
        if meaning is not None:
            scope.named[name] = meaning.type
            scope.better[name] = meaning.better
            if meaning.level == "program":
                scope.of_program.add(name)
            found.append(meaning)
    return tuple(found)


def _flat(scope: Scope, alias: str, spec: KpiSpec) -> Iterator[tuple[str, tuple[KpiSpec, Path]]]:
    """A KPI and its parts by name: `alias` and `alias.part`, with the catalogue's definition filled in."""
    path: Path = ("kpis", alias)
    whole = _from_catalogue(scope, alias, spec, path) if spec.use is not None else spec
    if whole is None:
        return
    for part, below in whole.parts.items():
        if part in ("numerator", "denominator"):
            message = f"{part} is the engine's own name for what a KPI is made of"
            scope.problem("P111", (*path, "parts", part), message, "give the part another name")
            continue
        yield f"{alias}.{part}", (_filled(below, alias, spec.use, whole), path)
    yield alias, (_filled(whole, alias, spec.use, whole), path)


def _from_catalogue(scope: Scope, alias: str, spec: KpiSpec, path: Path) -> KpiSpec | None:
    """The catalogue's definition, with what the program says of its own on top."""
    assert spec.use is not None
    known = catalogue()
    base = known.get(spec.use)
    if base is None:
        hint = (
            suggest(spec.use, list(known))
            or "partage kpis lists the catalogue; your own has sum, count, ... or formula"
        )
        scope.problem("P128", path, f"the catalogue has no KPI {spec.use}", hint)
        return None
    for option in spec.options:
        if option not in base.options:
            hint = "its options are " + ", ".join(base.options) if base.options else "it has none"
            scope.problem("P129", (*path, "options", option), f"{spec.use} has no option {option}", hint)
    own = {name: getattr(spec, name) for name in spec.model_fields_set - {"use", "options"}}
    return base.model_copy(update={"title": base.title, **own, "options": {**base.options, **spec.options}})


def _filled(spec: KpiSpec, alias: str, use: str | None, whole: KpiSpec) -> KpiSpec:
    """A definition whose expressions name the alias instead of the catalogue's id, and options by their values."""

    def named(column: Column) -> Expression:
        if column.table == "option" and column.name in whole.options:
            return Literal(whole.options[column.name], column.at)
        return replace(column, table=alias) if use is not None and column.table == use else column

    def filled(written: Written | None) -> Written | None:
        return None if written is None else Written(written.text, rebuild(written.tree, named))

    fields = ("sum", "count_distinct", "mean", "median", "where", "dated", "partner", "latest_of")
    update: dict[str, object] = {name: filled(getattr(spec, name)) for name in (*fields, "formula")}
    if spec.over is not None:
        over = {name: filled(getattr(spec.over, name)) for name in fields}
        update["over"] = spec.over.model_copy(update=over)
    return spec.model_copy(update=update)


def _in_order(scope: Scope, flat: Mapping[str, tuple[KpiSpec, Path]]) -> Iterator[str]:
    """The names, each after those that its formula reads; a circle is shown and left out."""
    needs = {
        name: {str(column) for column in columns(spec.formula.tree)} & flat.keys() if spec.formula else set()
        for name, (spec, _) in flat.items()
    }
    done: set[str] = set()
    while len(done) < len(needs):
        ready = [name for name in needs if name not in done and needs[name] <= done]
        if not ready:
            circle = _circle({name: needs[name] - done for name in needs if name not in done})
            message = f"a circle of KPIs: {' -> '.join(circle)}"
            scope.key_problem("P127", flat[circle[0]][1], message, "break the circle: let one of them be a measure")
            return
        yield from ready
        done.update(ready)


def _circle(needs: Mapping[str, set[str]]) -> list[str]:
    at = next(iter(needs))
    way: list[str] = []
    while at not in way:
        way.append(at)
        at = sorted(needs[at])[0]
    return [*way[way.index(at) :], at]


def _kpi(scope: Scope, name: str, spec: KpiSpec, path: Path) -> KpiMeaning | None:
    numerator = denominator = formula = None
    if spec.formula is not None:
        found = scope.typed(spec.formula, (*path, "formula"), "partners", is_program=spec.level == "program")
        if found is None or not _reads_kpis(scope, found[0], (*path, "formula")):
            return None
        formula, type_ = found
    else:
        is_program = spec.level == "program"
        numerator = _measure(scope, f"{name}.numerator", spec.measure, path, is_program)
        over = None if spec.over is None else spec.over.model_copy(update={"direct": spec.direct or spec.over.direct})
        denominator = (
            None if over is None else _measure(scope, f"{name}.denominator", over, (*path, "over"), is_program)
        )
        if numerator is None or (spec.over is not None and denominator is None):
            return None
        type_ = numerator.type
        if denominator is not None:
            type_ = _RATIO.get((numerator.type, denominator.type), Type.NUMBER if type_ != Type.MONEY else Type.MONEY)
        elif spec.times is not None and type_ == Type.COUNT:
            type_ = Type.NUMBER
    if type_ not in NUMBERS:
        scope.problem("P121", path, f"a KPI is a number, and this is a {type_}", "measure money, a number or a count")
        return None
    return KpiMeaning(
        name=name,
        title=spec.title or name.replace("_", " ").replace(".", ", "),
        type=type_,
        unit=_unit(scope, spec, type_, path),
        better=spec.better or "higher",
        level=spec.level or "partner",
        numerator=numerator,
        denominator=denominator,
        formula=formula,
        is_averaged=spec.each is not None,
        times=spec.times if spec.times is not None else Fraction(1),
        when_zero=spec.when_zero,
        at_least=int(spec.at_least or 0),
        place=scope.key_place(path),
    )


def _unit(scope: Scope, spec: KpiSpec, type_: Type, path: Path) -> str:
    """The unit in which people read a KPI: as written, else that of what is measured."""
    if spec.unit is None:
        return type_.value
    if (spec.unit == "money") != (type_ == Type.MONEY):
        message = f"the unit is {spec.unit}, and what is measured is of type {type_.value}"
        scope.key_problem("P119", path, message, "leave unit: out, or name the one that fits")
    elif spec.unit == "percent" and spec.times == 100:
        message = "the unit percent shows 0.8 as 80 %, so with times: 100 it would be 8,000 %"
        scope.key_problem("P119", path, message, "leave times: 100 out")
    return spec.unit


def _measure(scope: Scope, name: str, spec: MeasureSpec, path: Path, is_program: bool) -> MeasureMeaning | None:
    aggregate = spec.aggregate
    written: Written | None = None if aggregate == "count" else getattr(spec, aggregate)
    known = {*scope.tables, "period"}
    if spec.count is not None:
        table = scope.table(spec.count, (*path, "count"))
    else:
        assert written is not None
        missing = [column for column in columns(written.tree) if column.table is not None and column.table not in known]
        if missing:
            hint = "add its source under sources:"
            scope.problem("P163", path, f"{name.split('.')[0]} needs the table {missing[0].table}", hint)
            return None
        table = scope.driving([written], (*path, aggregate))
    is_whole = is_program and table is not None and spec.partner is None and not scope.is_owned(table)
    if table is None or not (is_whole or _is_owned(scope, table, spec, path)):
        return None
    dated = scope.on_day(spec.dated, (*path, "dated"), table)
    try:
        return _measured(scope, name, spec, path, table, written, dated, is_whole)
    finally:
        scope.day = None


def _measured(
    scope: Scope,
    name: str,
    spec: MeasureSpec,
    path: Path,
    table: str,
    written: Written | None,
    dated: Column | None,
    is_whole: bool,
) -> MeasureMeaning | None:
    """The measure of the rows of a table, each of which sees its partner as of its day."""
    aggregate = spec.aggregate
    if spec.credited is not None and spec.latest_of is not None:
        hint = "leave latest_of or credited out"
        scope.problem("P169", (*path, "latest_of"), "a deal that is shared in parts has no latest row", hint)
        return None
    if spec.credited is not None and aggregate not in ("sum", "count"):
        hint = "write a sum with over: {count: ...}, both credited; or leave credited out"
        scope.problem("P169", (*path, "credited"), f"parts of a deal have no {aggregate.replace('_', ' ')}", hint)
        return None
    value, type_ = None, Type.COUNT
    if written is not None:
        found = scope.typed(written, (*path, aggregate), table)
        if found is None or not _reads_rows(scope, found[0], (*path, aggregate)):
            return None
        value, type_ = found[0], Type.COUNT if aggregate == "count_distinct" else found[1]
        if type_ not in NUMBERS:
            scope.problem(
                "P121", (*path, aggregate), f"a {type_} has no {aggregate}", "take money, a number or a count"
            )
            return None
        if type_ == Type.COUNT and aggregate in ("mean", "median"):
            type_ = Type.NUMBER
    latest = _column(scope, spec.latest_of, (*path, "latest_of"), table)
    if latest is not None and (latest.table != table or spec.dated is None):
        message = "latest_of names a column of the measured table, and needs dated"
        scope.problem("P164", (*path, "latest_of"), message, "write it as surveys.respondent_id, with dated:")
        return None
    if dated is None and spec.dated is None and spec.window is not Window.PERIOD:
        message = f"window: {spec.window.value} says which days count, and no dated says which day a row has"
        scope.problem("P161", (*path, "window"), message, f"add dated: {table}.DAY, or leave window out")
        return None
    where = scope.condition(spec.where, (*path, "where"), table)
    if where is not None and not _reads_rows(scope, where, (*path, "where")):
        return None
    rows = RowsMeaning(table, where, dated)
    return MeasureMeaning(
        name=name,
        aggregate=aggregate,
        rows=rows,
        value=value,
        type=type_,
        window=spec.window,
        credited=spec.credited,
        owner=None if is_whole else _column(scope, spec.partner, (*path, "partner"), table) or scope.owner(table),
        latest_of=latest,
        leaves_blanks_out=spec.blank == "leave_out" or aggregate == "count_distinct",
        counts_direct=spec.direct or is_whole,
    )


def _column(scope: Scope, written: Written | None, path: Path, table: str) -> Column | None:
    """The one column that an expression is."""
    found = None if written is None else scope.typed(written, path, table)
    if found is None:
        return None
    if isinstance(found[0], Column):
        return found[0]
    scope.problem("P164", path, "this names one column", "write it as surveys.respondent_id")
    return None


def _reads_kpis(scope: Scope, formula: Expression, path: Path) -> bool:
    """Whether a formula reads KPIs alone, which have a value at each level; the days of the period are a number."""
    for column in columns(formula):
        if column.table is not None and column != Column("period", "days"):
            hint = "measure it as a KPI of its own, by sum: or mean:, and name that"
            scope.problem("P167", path, f"a formula reads KPIs, and {column} is none", hint, offset=column.at)
            return False
    return True


def _reads_rows(scope: Scope, tree: Expression, path: Path) -> bool:
    """Whether a measure reads rows alone: what a partner has in all is not known while they are read."""
    for column in columns(tree):
        if column.table is None:
            hint = "measure the rows alone, and put both together in a formula:"
            scope.problem("P168", path, f"a measure reads rows, and {column.name} is a KPI", hint, offset=column.at)
            return False
    return True


def _is_owned(scope: Scope, table: str, spec: MeasureSpec, path: Path) -> bool:
    if spec.credited is None:
        return spec.partner is not None or scope.owned(table, path, "partner")
    if "credits" not in scope.tables:
        scope.problem("P163", path, "crediting needs the table credits", "add its source under sources:")
        return False
    if sees(scope.tables, table, "deals"):
        return True
    scope.problem(
        "P165", path, f"a row of {table} has no deal to be credited for", "measure deals, or leave credited out"
    )
    return False
