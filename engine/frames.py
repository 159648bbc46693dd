"""Results as pandas frames, for notebooks: the only place where pandas is imported, and only once a frame is asked for.

In: rows of values. Out: a frame. Money stays whole: a column whose name ends in `_minor` is of whole minor units
(`Int64`), blank where an amount is unknown, and never a float.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pandas import DataFrame

PandasFrame: TypeAlias = "DataFrame"  # for signatures elsewhere, without importing pandas


def frame(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> PandasFrame:
    """Rows as a frame, in their order.

    >>> frame(("unit", "paid_minor"), [("acme", 12_50), ("bolt", None)]).dtypes.to_dict()["paid_minor"]
    Int64Dtype()
    """
    import pandas

    columns = [*zip(*rows, strict=True)] or [()] * len(titles)
    typed = {
        title: pandas.array(list(cells), dtype="Int64") if title.endswith("_minor") else list(cells)
        for title, cells in zip(titles, columns, strict=True)
    }
    return pandas.DataFrame(typed, columns=list(titles))


def frame_of(kind: type[Any], values: Iterable[Any]) -> PandasFrame:
    """Values of a dataclass as a frame: its fields as columns."""
    names = [each.name for each in fields(kind)]
    return frame(names, ([getattr(value, name) for name in names] for value in values))
