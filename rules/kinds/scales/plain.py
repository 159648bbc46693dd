"""The scales that rest on one value alone, and the part of a document that names one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import create_model

from rules.kinds.scales.attainment import Attainment
from rules.kinds.scales.bands import Bands
from rules.kinds.scales.base import ScaleKind
from rules.kinds.scales.choice import Choice, Register, scale_fields
from rules.kinds.scales.gate import Gate
from rules.kinds.scales.linear import Linear
from rules.kinds.scales.min_max import MinMax
from rules.kinds.scales.percentile import Percentile
from rules.kinds.scales.points_table import PointsTable
from rules.kinds.scales.rank import Rank
from rules.kinds.scales.z_score import ZScore

PLAIN: dict[str, type[ScaleKind]] = {
    "attainment": Attainment,
    "linear": Linear,
    "bands": Bands,
    "points_table": PointsTable,
    "percentile": Percentile,
    "rank": Rank,
    "z_score": ZScore,
    "min_max": MinMax,
    "gate": Gate,
}


class _PlainScale(Choice):
    register: ClassVar[Register] = PLAIN


if TYPE_CHECKING:

    class PlainScale(_PlainScale):
        """One of the scales that rest on one value alone."""

else:  # a key for each kind
    PlainScale = create_model(
        "PlainScale", __base__=_PlainScale, __doc__="One scale that rests on one value alone.", **scale_fields(PLAIN)
    )
