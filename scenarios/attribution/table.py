"""The table of weights that a payout is shared by: written once, digested, and read as a fact ever after.

In: the shares of won deals. Out: whole weights by deal and partner, a CSV file of table `attributions`, and a manifest
that says by what they were found. The version of the table holds the digests of both: other inputs, parameters or
weights are another version.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.digest import digest, sha256
from engine.values.weights import version_of, weights_digest
from rules.quantities.together import share_steps
from scenarios.attribution.credit import Shares

BILLION = 10**9
HEADER = ("deal_id", "partner_id", "weight", "method", "version")


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a method: (deal, partner, weight), sorted; the version of the table, and its manifest."""

    method: str
    version: str
    rows: tuple[tuple[str, str, int], ...]
    manifest: Mapping[str, object]

    def csv_text(self) -> str:
        """The table as a CSV file."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows((*row, self.method, self.version) for row in self.rows)
        return stream.getvalue()

    def manifest_text(self) -> str:
        """The manifest as a JSON file, with the digest of the table's own bytes."""
        told = {**self.manifest, "version": self.version, "table_sha256": sha256(self.csv_text().encode())}
        return json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def weighed(
    shares: Shares, deals: Sequence[str], partners: Sequence[str], method: str, manifest: Mapping[str, object]
) -> Weights:
    """The shares of won deals as whole weights, those of zero left out; `manifest` says how they were found."""
    rows = tuple(
        (deals[deal], partners[partner], weight)
        for deal, mine in sorted(shares.items())
        for partner, weight in whole_weights(mine).items()
        if weight
    )
    rows = tuple(sorted(rows, key=lambda row: (row[0].encode(), row[1].encode())))
    told = {"format": "partage/attributions/1", "method": method, **manifest, "deals": len({row[0] for row in rows})}
    weights_sha256 = weights_digest(method, rows)
    return Weights(method, version_of(digest(told), weights_sha256), rows, {**told, "weights_sha256": weights_sha256})


def whole_weights(shares: Mapping[int, Fraction]) -> dict[int, int]:
    """The smallest whole numbers in the proportion of shares that add up to 1; where these are beyond a billion
    together, billionths that add up to one, those left over by largest remainder.

    >>> whole_weights({1: Fraction(1, 2), 2: Fraction(1, 3), 3: Fraction(1, 6)})
    {1: 3, 2: 2, 3: 1}
    """
    assert sum(shares.values(), Fraction(0)) == 1, "what is weighed is all of a deal"
    partners = sorted(shares)
    below = math.lcm(*(shares[partner].denominator for partner in partners))
    if below <= BILLION:
        return {partner: int(shares[partner] * below) for partner in partners}
    billionths = share_steps([shares[partner] * BILLION for partner in partners], list(range(len(partners)))).amounts
    return dict(zip(partners, billionths, strict=True))
