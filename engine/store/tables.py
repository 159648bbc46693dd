"""What is read from a kept table without a database: who is called what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq


def partner_names(path: Path) -> Mapping[str, str]:
    """The names of partners by id, from a kept partners table; a partner without a name has none."""
    table = pq.ParquetFile(path).read(columns=["partner_id", "name"])
    pairs = zip(table["partner_id"].to_pylist(), table["name"].to_pylist(), strict=True)
    return {partner: name for partner, name in pairs if name is not None}
