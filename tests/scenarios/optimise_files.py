"""Problem files and the program beside them, as tests of `partage optimise` write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner

from cli import group
from rules.problem import PartageError

PROGRAM = """program: Partner plan
currency: EUR
calendar: month
effective: 2027-01-01 to 2027-12-31
sources: {partners: partners.csv}
payouts:
  base: {for_each: partners, amount: EUR 100}
"""
PARTNERS = """partner_id,name,region
acme,Acme Advisory,EMEA
bolt,Bolt Systems,EMEA
crux,Crux Partners,AMER
dune,Dune Digital,AMER
echo,Echo Labs,EMEA
fern,Fern & Co,APAC
"""
UNITS = """units:
  acme: {curve: {hill: {a: 400_000, k: 40_000, alpha: 2}}, now: 40_000, at_least: 10_000, at_most: 80_000, region: EMEA}
  bolt: {curve: {michaelis_menten: {a: 220_000, k: 60_000}}, now: 30_000, region: EMEA}
  crux: {curve: {exponential: {a: 90_000, k: 25_000}}, now: 30_000, minimum: 15_000, region: AMER}
  dune: {curve: {points: [[0, 0], [20_000, 50_000], [60_000, 70_000]]}, now: 40_000, region: AMER}
  echo: {curve: {log: {a: 30_000, k: 8_000}}, now: 30_000, region: EMEA}
  fern: {curve: {steps: [[10_000, 20_000], [50_000, 60_000]]}, now: 30_000, region: APAC}
"""
HEAD = "optimise: Market funds 2027\ncurrency: EUR\n"
SMALL = HEAD + "budget: 200_000\n" + UNITS + "groups: {EMEA: {where: {region: EMEA}, at_most: 110_000}}\n"
PAID = SMALL + "program: program.yaml\npay: {payout: market_funds, period: 2027-01}\n"


def partage(*words: Any, code: int = 0) -> str:
    """What a command prints, or with an exit code beyond 1 what it refuses."""
    done = CliRunner().invoke(group, [str(word) for word in words])
    if isinstance(done.exception, PartageError):
        assert done.exception.exit_code == code, done.exception
        return str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done.output


def written(folder: Path, text: str = PAID, **more: str) -> Path:
    """A problem file beside the program and its partners; `more` are tables by their names."""
    files = {"problem.yaml": text, "program.yaml": PROGRAM, "partners.csv": PARTNERS}
    for name, content in (files | {f"{name}.csv": content for name, content in more.items()}).items():
        (folder / name).write_text(content, "utf-8")
    return folder / "problem.yaml"
