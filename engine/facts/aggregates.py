"""The aggregates of one scan: every distinct condition, value and aggregate once, however many measures rest on it.

In: measures, and the SQL of their conditions. Out: the columns of an inner query, worked out for each row that counts,
and of the outer one, which aggregates them.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.facts.whole import Piece
from rules.meaning import MeasureMeaning


class Named:
    """Distinct pieces of SQL, each under a name of its own, and their parameters in the order of the pieces."""

    def __init__(self, letter: str) -> None:
        self._letter = letter
        self._names: dict[tuple[str, tuple[object, ...]], str] = {}

    def of(self, piece: Piece) -> str:
        """The name of a piece; one that is asked for again keeps its name."""
        return self._names.setdefault((piece.text, piece.parameters), f"{self._letter}{len(self._names)}")

    def texts(self) -> list[str]:
        """The pieces as they are."""
        return [text for text, _ in self._names]

    def selected(self) -> list[str]:
        """Every piece with its name."""
        return [f"{text} AS {name}" for (text, _), name in self._names.items()]

    def parameters(self) -> list[object]:
        """The parameters of all pieces."""
        return [each for _, parameters in self._names for each in parameters]


class Aggregates:
    """The aggregates by group of a scan, over the columns `by_row` of its inner query."""

    def __init__(self, by_row: Named, is_credited: bool) -> None:
        self._by_row, self._is_credited = by_row, is_credited
        self.by_group = Named("a")

    def of(self, each: MeasureMeaning, counts: Piece, value: Piece | None) -> Mapping[str, str]:
        """The aggregates of a measure by what they are, over the rows for which `counts` holds.

        `top`: what is summed or counted; `other`: the median from above; `known`: a mean's rows with a known value;
        `blank`: the rows whose blank value makes it unknown.
        """
        row = self._by_row.of(counts)
        named = "" if value is None else self._by_row.of(value)

        def aggregate(text: str, rows: str = row) -> str:
            return self.by_group.of(Piece(f"{text} FILTER (WHERE {rows})"))

        found = {}
        if value is not None and not each.leaves_blanks_out:
            found["blank"] = aggregate("count(*)", f"{named} IS NULL AND {row}")
        match each.aggregate:
            case "count":
                found["top"] = aggregate("sum(num)" if self._is_credited else "count(*)")
            case "count_distinct":
                found["top"] = aggregate(f"count(DISTINCT {named})")
            case "median":
                found["top"] = aggregate(f"quantile_disc({named}, 0.5)")
                found["other"] = aggregate(f"-quantile_disc(-{named}, 0.5)")
            case _:  # a sum of 64 bits has 128
                found["top"] = aggregate(
                    f"sum(CAST({named} AS HUGEINT) * num)" if self._is_credited else f"sum({named})"
                )
        if each.aggregate == "mean":
            found["known"] = aggregate(f"count({named})")
        return found
