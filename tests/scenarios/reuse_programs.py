"""Programs that differ from each other in some of their rules, over the same small facts of five months."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

HEAD = """program: Reuse
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv, deal_events: deal_events.csv, credits: credits.csv}
kpis:
  sold: {sum: deals.amount, dated: deals.closed_on}
  won: {count: deals, where: "deals.status = 'won'", dated: deals.closed_on}
  size: {title: size of a deal, formula: sold / won}
  all_sold: {title: sold by all, sum: deals.amount, dated: deals.closed_on, level: program, direct: true}
"""
_RETURNS = """    returns:
      back:
        for_each: deal_events
        where: deal_events.kind = 'return'
        base: deals.amount * (-deal_events.amount / deals.amount)
        dated: deal_events.occurred_on
        tiers: {tiers}
"""
CARD = """scorecards:
  card:
    kpis:
      sold: {{weight: {weight}%, linear: {{from: 0, to: {top}}}}}
      won: {{weight: {rest}%, percentile: {{}}}}
    missing: reweight
    tiers: {{levels: {{low: 0, high: {high}}}, hysteresis: {{keep_within: 20 points}}}}
"""
CREDIT = """credit:
  team:
    of: deals
    where: deals.status = 'won'
    from:
      - roles: {{sourced: {sourced}%, influenced: 30%}}
    remainder: house
"""
PAYOUTS: Mapping[str, str] = {
    "commission": """  commission:
    base: deals.amount
    where: deals.status = 'won'
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: fiscal_year
      order: [deals.closed_on]
      steps: [{{to: {edge}, rate: 5%}}, {{rate: {rate}%}}]
"""
    + _RETURNS.replace("{", "{{").replace("}", "}}").replace("{{tiers}}", "highest_first"),
    "bonus": """  bonus:
    base: deals.amount
    where: deals.status = 'won'
    dated: deals.closed_on
    rate: {rate}%
    limits:
      - {{at_most: EUR {edge}, cut: pro_rata, excess: banked}}
"""
    + _RETURNS.replace("{", "{{").replace("}", "}}").replace("{{tiers}}", "as_paid"),
    "spif": """  spif:
    for_each: deals
    where: deals.amount >= {edge}
    dated: deals.closed_on
    amount: EUR {rate}
    limits:
      - {{at_most: EUR 90, over: fiscal_year, cut: in_order, order: [deals.closed_on]}}
""",
    "team_bonus": """  team_bonus:
    credit: team
    base: deals.amount
    dated: deals.closed_on
    rate: {rate}%
""",
    "accelerator": """  accelerator:
    for_each: partners
    base: commission + sold
    where: card.tier = 'high'
    rate: {rate}%
""",
    "contest": """  contest:
    for_each: partners
    base: won
    where: won >= 1
    prizes: {{best: highest, ties: share, prizes: [EUR {edge}, EUR {rate}]}}
""",
}
POOL = """pools:
  pot:
    size: {{of: all_sold, rate: {rate}%, at_most: EUR {edge}}}
    among: card >= {least}
    shared: {{by: card * sold}}
    bounds: {{at_least: EUR 5, if_short: scale}}
    unknown: leave_out
"""
BALANCES: Mapping[str, str] = {
    "shortfall": "  shortfall: {{negative: carry}}\n",
    "holdback": "  holdback: {{holdback: {{share: {rate}%, of: [commission], released: {{after: 2}}}}}}\n",
    "minimum": "  minimum: {{minimum: {{amount: EUR {edge}}}}}\n",
}


def parts() -> st.SearchStrategy[dict[str, dict[str, int]]]:
    """The rules of a program by name, each with its figures; all need the commission, the scorecard and the credit."""
    figures = st.fixed_dictionaries(
        {
            "rate": st.integers(1, 12),
            "edge": st.sampled_from([40, 300, 1000]),
            "weight": st.sampled_from([40, 60]),
            "top": st.sampled_from([900, 4000]),
            "high": st.sampled_from([40, 60]),
            "least": st.sampled_from([0, 30]),
            "sourced": st.sampled_from([50, 70]),
        }
    )
    always = dict.fromkeys(("commission", "card", "team"), figures)
    others = [name for name in (*PAYOUTS, "pot", *BALANCES) if name not in always]
    return st.fixed_dictionaries(always, optional=dict.fromkeys(others, figures))


def text_of(rules: Mapping[str, Mapping[str, int]]) -> str:
    """A program of such rules."""
    filled = {name: {**figures, "rest": 100 - figures["weight"]} for name, figures in rules.items()}
    text = HEAD + CARD.format(**filled["card"]) + CREDIT.format(**filled["team"]) + "payouts:\n"
    text += "".join(each.format(**filled[name]) for name, each in PAYOUTS.items() if name in rules)
    text += POOL.format(**filled["pot"]) if "pot" in rules else ""
    found = "".join(each.format(**filled[name]) for name, each in BALANCES.items() if name in rules)
    return text + (f"balances:\n{found}" if found else "")


def write_facts(folder: Path) -> None:
    """Six partners, and deals, returns and credits from January to May."""
    partners = ["acme", "bolt", "crux", "dune", "echo", "flux"]
    deals, events, credits = [], [], []
    for at in range(60):
        who, month, day = partners[at * 7 % 6], 1 + at % 5, 1 + at * 11 % 28
        status = "lost" if at % 9 == 4 else "won"
        amount = f"{150 + at * 97 % 1300}.{at % 100:02}"
        deals.append(f"D-{at:02},{who},{status},2026-{month:02}-{day:02},{amount}")
        if at % 6 == 1 and status == "won":
            part = amount if at % 4 else "40.00"
            events.append(f"E-{at:02},D-{at:02},return,2026-{min(5, month + 1):02}-20,-{part}")
        if at % 2:
            credits.append(f"C-{at:02},D-{at:02},{partners[at % 6]},sourced")
            credits.append(f"C-{at:02}b,D-{at:02},{partners[(at + 1) % 6]},influenced")
    tables = {
        "partners": ["partner_id,name,tier", *(f"{each},{each.title()}," for each in partners)],
        "deals": ["deal_id,partner_id,status,closed_on,amount", *deals],
        "deal_events": ["event_id,deal_id,kind,occurred_on,amount", *events],
        "credits": ["credit_id,deal_id,partner_id,role", *credits],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
