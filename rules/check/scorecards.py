"""The scorecards of a program: every scale with the value it measures, its references typed, and its faults."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from rules.check.scope import NUMBERS, Path, Scope, suggest
from rules.expressions.expression import Written
from rules.expressions.tree import Column, Expression, Type, columns
from rules.kinds.scales.base import Better, ScaleKind
from rules.kinds.scales.reference import Reference
from rules.kpi import KpiSpec
from rules.problem import Place
from rules.scorecards.score_faults import scale_faults, weight_faults
from rules.scorecards.scorecard import Assessment, Bonus, Multiplier, QualifyingGate, ScorecardSpec
from rules.scorecards.scored import Against, Conditional, Extra, Measuring, ScorecardMeaning

_NEEDED = {"target": "targets", "benchmark": "benchmarks"}


def scorecards(
    scope: Scope, specs: Mapping[str, ScorecardSpec], kpis: Mapping[str, KpiSpec]
) -> tuple[ScorecardMeaning, ...]:
    """What the scorecards mean, in the order of the document; a later one may name an earlier one's score and tier."""
    found = []
    for name, card in specs.items():
        found.append(_Card(scope, name, card, kpis).meaning())
        scope.named[name] = Type.NUMBER
        if card.tiers is not None:
            scope.named[f"{name}.tier"] = Type.TEXT
            scope.words[f"{name}.tier"] = card.tiers.names
        if card.rank is not None:
            scope.named[f"{name}.rank"] = Type.NUMBER
    return tuple(found)


class _Card:
    """One scorecard being checked."""

    def __init__(self, scope: Scope, name: str, card: ScorecardSpec, kpis: Mapping[str, KpiSpec]) -> None:
        self._scope, self._name, self._card, self._kpis = scope, name, card, kpis
        self._path: Path = ("scorecards", name)

    def meaning(self) -> ScorecardMeaning:
        scope, card, path = self._scope, self._card, self._path
        for code, below, message, hint in (
            *weight_faults(card),
            *scale_faults(card, scope.terms, self._scope.named),
        ):
            scope.problem(code, (*path, *below), message, hint)
        entries = {}
        for entry_path, entry in card.entries():
            at = (*path, *_keys(entry_path))
            kpi = entry.kpi or entry_path.rsplit(".", 1)[-1]
            assert entry.scale_name is not None, "an entry names a scale"
            measuring = self._measuring(kpi, entry.assessed, entry.scale, (*at, entry.scale_name), at)
            if measuring is not None:
                entries[entry_path] = measuring
        among = None if card.rank is None or card.rank.among is None else card.rank.among
        return ScorecardMeaning(
            name=self._name,
            title=card.title or self._name.replace("_", " "),
            card=card,
            whom=scope.condition(card.for_, (*path, "for"), "partners"),
            entries=entries,
            bonus=self._extras("bonus", card.bonus),
            multipliers=self._extras("multipliers", card.multipliers),
            gates=self._gates(card.gates),
            rank_among=None if among is None else self._peers(among, (*path, "rank", "among")),
            place=scope.key_place(path),
            places=self._places(),
        )

    def _places(self) -> dict[str, Place]:
        """Where each KPI, group, bonus, multiplier and gate is written."""
        keys = {each: _keys(each) for each, _ in self._card.entries()}
        for path in list(keys):
            groups = path.split(".")[:-1]
            for depth in range(1, len(groups) + 1):
                keys[".".join(groups[:depth])] = tuple(key for group in groups[:depth] for key in ("groups", group))
        for side, extras in (
            ("bonus", self._card.bonus),
            ("multipliers", self._card.multipliers),
            ("gates", self._card.gates),
        ):
            keys |= {f"{side}.{name}": (side, name) for name in extras}
        return {path: self._scope.key_place((*self._path, *each)) for path, each in keys.items()}

    def _measuring(
        self, kpi: str, assessed: Assessment | None, scale: ScaleKind, at_scale: Path, at: Path
    ) -> Measuring | None:
        scope = self._scope
        expression: tuple[Expression, Type] | None = None
        note: tuple[Expression, ...] = ()
        if assessed is not None:
            expression = scope.typed(assessed.value, (*at, "assessed", "value"), "partners")
            if expression is None:
                return None
            type_: Type = expression[1]
            told = [assessed.author] + ([] if assessed.grounds is None else [assessed.grounds])
            notes = [scope.typed(each, (*at, "assessed"), "partners") for each in told]
            note = tuple(each[0] for each in notes if each is not None)
            if not all(isinstance(each, Column) and each.table is not None for each in note):
                scope.problem(
                    "P164", (*at, "assessed"), "author and grounds are columns", "write them as reviews.author"
                )
        elif kpi in scope.of_program:
            message = f"{kpi} is measured for the program, and no partner has one of its own"
            scope.problem("P230", at, message, "score a KPI that partners have")
            return None
        elif kpi in scope.named:
            type_ = scope.named[kpi]
        elif kpi in self._kpis:
            return None  # its own fault was noted
        else:
            hint = suggest(kpi, list(scope.named)) or "define it under kpis:, or name one with kpi:"
            scope.problem("P224", at, f"the program has no KPI {kpi}", hint)
            return None
        if type_ not in NUMBERS:
            scope.problem("P225", at, f"a {type_.value} has no points", "score money, a number or a count")
            return None
        better: Better = scale.better or ("lower" if scope.better.get(kpi) == "lower" else "higher")
        spec = self._kpis.get(kpi.split(".")[0])
        ids = tuple(dict.fromkeys(each for each in (kpi, spec.use if spec else None) if each))
        against = {
            key: found
            for key, reference in scale.references().items()
            if (found := self._against(reference, scale.unit_of(key, type_), (*at_scale, key))) is not None
        }
        peers = {key: tree for key, each in scale.inputs().items() if (tree := self._peers(each, at_scale)) is not None}
        named = kpi if assessed is None else None
        scale_minor = 10**scope.terms.currency.decimals if type_ == Type.MONEY else 1
        return Measuring(named, expression, type_, better, ids, scale, against, peers, scale_minor, note)

    def _against(self, reference: Reference, unit: Type, path: Path) -> Against | None:
        """What a reference means, in the unit of the value that it is held against."""
        scope = self._scope
        place = scope.key_place((*path[:-1], *str(path[-1]).split(".")))
        if reference.value is not None:
            return Against(literal=reference.literal(scope.terms, unit), place=place)
        if reference.table is not None:
            needed = _NEEDED[reference.table.split(".")[0]]
            if needed in scope.tables:
                return Against(table=reference.table, place=place)
            scope.problem("P226", path, f"{reference.table} needs the table {needed}", "add its source under sources:")
            return None
        if reference.percentile is not None:
            among = None if reference.among is None else self._peers(reference.among, path)
            method = reference.method or "interpolated"
            return Against(percentile=reference.percentile, method=method, among=among, place=place)
        assert reference.expression is not None, "a reference names one source"
        found = scope.typed(reference.expression, path, "partners", unit if unit == Type.MONEY else Type.NUMBER)
        return None if found is None else Against(expression=found, place=place)

    def _peers(self, written: Written, path: Path) -> Expression | None:
        """An expression whose equal values make peers: of columns of tables only."""
        found = self._scope.typed(written, path, "partners")
        if found is None:
            return None
        if any(column.table is None for column in columns(found[0])) or not isinstance(found[0], Column):
            message = "peers are told apart by one column of a table"
            self._scope.problem("P227", path, message, "write it as partners.kind")
            return None
        return found[0]

    def _extras(self, key: str, extras: Mapping[str, Bonus] | Mapping[str, Multiplier]) -> dict[str, Extra]:
        found: dict[str, Extra] = {}
        for name, extra in extras.items():
            path = (*self._path, key, name)
            extra_value = getattr(extra, extra.amount)
            neutral = Fraction(0) if key == "bonus" else Fraction(1)
            if extra.when is not None:
                when = self._scope.condition(extra.when, (*path, "when"), "partners")
                if when is not None:
                    found[name] = Conditional(when, extra_value, neutral)
                continue
            assert extra.kpi is not None and extra.scale_name is not None, "an extra is a condition or a scale"
            measuring = self._measuring(extra.kpi, None, extra.scale, (*path, extra.scale_name), path)
            if measuring is not None:
                found[name] = measuring
        return found

    def _gates(self, gates: Mapping[str, QualifyingGate]) -> dict[str, Extra]:
        found: dict[str, Extra] = {}
        for name, gate in gates.items():
            path = (*self._path, "gates", name)
            if gate.when is not None:
                when = self._scope.condition(gate.when, (*path, "when"), "partners")
                if when is not None:
                    found[name] = Conditional(when, Fraction(1), Fraction(0))
                continue
            assert gate.kpi is not None, "a gate is a condition or on a KPI"
            measuring = self._measuring(gate.kpi, None, gate.scale, (*path, "gate"), path)
            if measuring is not None:
                found[name] = measuring
        return found


def _keys(path: str) -> tuple[str, ...]:
    """The keys of the document below which a KPI is written: `growth.sourced` is groups, growth, kpis, sourced."""
    *groups, name = path.split(".")
    return (*(key for group in groups for key in ("groups", group)), "kpis", name)
