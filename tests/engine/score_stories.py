"""What the stories of scorecards share: four partners with their deals and answers, and every column explained back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from spine_stories import Told, told, write

from engine.explain.score import cells
from engine.reports.scorecards import tier_of
from engine.values import Kpi, Score

HEAD = "program: Story\ncurrency: EUR\ncalendar: month\neffective: 2024-01-01 to 2027-12-31\nsources:\n"
TABLES = {
    "partners.csv": """
        partner_id,kind,tier,region,segment,manager,capacity
        acme,reseller,gold,DE,smb,kim,
        bolt,reseller,silver,FR,smb,kim,
        crux,reseller,,DE,large,lee,
        dune,referral,bronze,DE,,lee,
        """,
    # won in April: acme 400.00, bolt 100.00, crux nothing, dune 250.00
    "deals.csv": """
        deal_id,partner_id,status,closed_on,amount
        d1,acme,won,2026-04-01,100.00
        d2,acme,won,2026-04-30,300.00
        d3,bolt,won,2026-04-15,100.00
        d4,bolt,lost,2026-04-16,900.00
        d5,dune,won,2026-04-17,250.00
        d6,acme,won,2026-03-31,800.00
        """,
    # answers in April, of 10: acme 9, bolt 5, nobody asked about crux and dune
    "surveys.csv": """
        answer_id,respondent_id,partner_id,answered_on,question,score
        s1,r1,acme,2026-04-01,support,9
        s2,r2,bolt,2026-04-09,support,5
        """,
}
KPIS = """
  won: {sum: deals.amount, where: deals.status = 'won', dated: deals.closed_on}
  wins: {count: deals, where: deals.status = 'won', dated: deals.closed_on}
  lost: {count: deals, where: deals.status = 'lost', dated: deals.closed_on, better: lower}
  support: support_satisfaction
"""
PAY = "payouts:\n  fee: {amount: 1}\n"


def story(folder: Path, card: str, more: str = PAY, kpis: str = KPIS, **tables: str) -> Path:
    """A program with the scorecard `performance` (the lines below its name), and its tables."""
    files = TABLES | {f"{name}.csv": text for name, text in tables.items()}
    sources = "".join(f"  {name.removesuffix('.csv')}: {name}\n" for name in files)
    lines = "".join(f"    {line}\n" for line in card.strip("\n").splitlines())
    text = f"{HEAD}{sources}kpis:{kpis}scorecards:\n  performance:\n{lines}{more}"
    return write(folder, text, files)


def entries(*kpis: str) -> str:
    return "kpis:\n" + "".join(f"  {kpi}\n" for kpi in kpis)


def value(told_story: Told, name: str, partner: str) -> Fraction | None:
    row = told_story.run.partners.index(partner)
    return told_story.sheet.columns[name].fraction(row)


def scores(path: Path, name: str = "performance", period: str = "2026-04") -> dict[str, Fraction | None]:
    """Each partner's column of that name, after every KPI, score, tier, rank and payout was explained back."""
    with told(path, period) as of:
        explain_all(of)
        return {partner: value(of, name, partner) for partner in of.run.partners}


def tiers(path: Path, name: str = "performance") -> dict[str, str | None]:
    with told(path) as of:
        step = next(step for step in of.plan.steps if isinstance(step, Score) and step.name == name)
        return {partner: tier_of(step, of.sheet, row) for row, partner in enumerate(of.run.partners)}


def explain_all(of: Told) -> int:
    """Explain every column that partners have, for each of them; one that does not re-add raises."""
    names: list[str] = []
    for step in of.plan.steps:
        if isinstance(step, Kpi):
            names.append(step.name)
        if isinstance(step, Score):
            card = step.scorecard.card
            names += [step.name, *([f"{step.name}.tier"] if card.tiers else [])]
            names += [f"{step.name}.rank"] if card.rank else []
            for name in cells(step.scorecard):
                for partner in of.run.partners:
                    of.why(partner, name, False)
    for name in [*names, "payout"]:
        for row, partner in enumerate(of.run.partners):
            assert of.why(partner, name, False).value == of.sheet.columns[name].fraction(row), f"{name} of {partner}"
    return len(names) * len(of.run.partners)


def points(path: Path, kpi: str) -> list[Fraction | None]:
    """The points of a KPI, for acme, bolt, crux and dune."""
    return list(scores(path, f"performance.points.{kpi}").values())
