"""What the stories of the cycle share: a program with its deals, people, and the way to a locked cycle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spine_stories import MONTH, Ended, partage, write

PROGRAM = f"""{MONTH}
sources: {{partners: partners.csv, deals: deals.csv}}
payouts: {{commission: {{title: sales commission, base: deals.amount, dated: deals.closed_on, rate: 10%}}}}
"""
DEALS = """\
deal_id,partner_id,amount,closed_on
d1,acme,1000.00,2026-04-01
d2,bolt,200.00,2026-04-30
d3,acme,500.00,2026-05-02
"""
TABLES = {"partners.csv": "partner_id,name\nacme,Acme Ltd\nbolt,Bolt\n", "deals.csv": DEALS}


@dataclass(frozen=True)
class Office:
    """A finance team: a folder with the program, a store, and people who ask for things by name."""

    folder: Path
    store: str

    @property
    def program(self) -> Path:
        return self.folder / "program.yaml"

    def ask(self, by: str, *words: object) -> Ended:
        """What a command says, as somebody gives it."""
        return partage("--store", self.store, *map(str, words), "--as", by)

    def look(self, *words: object) -> Ended:
        """What a command says that changes nothing."""
        return partage("--store", self.store, *map(str, words))

    def done(self, by: str, *words: object) -> dict[str, Any]:
        """The event that a command makes; it has to succeed."""
        ended = self.ask(by, *words, "--json")
        assert ended.exit_code == 0, ended.out + ended.err
        found = json.loads(ended.out)
        assert isinstance(found, dict)
        return found

    def refused(self, by: str, *words: object) -> str:
        """The code with which a command is refused for what the books say."""
        ended = self.ask(by, *words, "--json")
        assert ended.exit_code == 3, ended.out + ended.err
        return str(json.loads(ended.out)["problems"][0]["code"])

    def status(self, cycle: str) -> dict[str, Any]:
        """A cycle as scripts see it."""
        found = json.loads(self.look("cycle", "status", cycle, "--json").out)
        assert isinstance(found, dict)
        return found

    def unpaid(self, cycle: str) -> dict[str, int]:
        """What the payees of a cycle are still owed, in cents."""
        return {each["payee_id"]: each["amount_minor"] for each in self.status(cycle)["unpaid"]}

    def in_force(self, effective: str = "2026-01-01") -> int:
        """Put the program as it is written into force: ana asks, bob approves; gives the request's number."""
        asked = self.done("ana", "program", "submit", self.program, "--effective", effective, "--reason", "the plan")
        number = int(asked["event"])
        self.done("bob", "program", "approve", number)
        self.done("ana", "program", "activate", number)
        return number

    def locked(self, period: str = "2026-04", name: str = "") -> str:
        """A locked cycle of a period: eve calculates and submits, bob approves."""
        cycle = name or period
        self.done("eve", "cycle", "open", cycle, "--program", self.program, "--period", period)
        self.done("eve", "run", self.program, "--period", period)
        self.done("eve", "cycle", "submit", cycle)
        self.done("bob", "cycle", "approve", cycle)
        self.done("eve", "cycle", "lock", cycle)
        return cycle


def office(folder: Path, store: str = "", program: str = PROGRAM, tables: dict[str, str] | None = None) -> Office:
    """An office with a program in its folder; the store is a file beside it unless named."""
    write(folder, program, tables or TABLES)
    return Office(folder, store or str(folder / "books.db"))
