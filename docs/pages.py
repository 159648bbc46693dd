"""The pages that show commands: each page is one session in a new folder, run from top to bottom and compared.

Blocks marked `console` are transcripts. A block marked `yaml file=NAME` or `csv file=NAME` is a file that the reader is
asked to write, so it is written before the commands after it run.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transcripts import ANY, Exchange, answer, exchanges, inside, matches

from engine.commands.failures import INTERNAL

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^```(console|\w+ file=\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Played:
    """A command of a page, and what it printed."""

    exchange: Exchange
    printed: tuple[str, ...]

    @property
    def is_as_shown(self) -> bool:
        """Whether the page shows what was printed."""
        return matches(self.exchange.expected, self.printed)


def shown() -> list[Path]:
    """Every page with transcripts."""
    every = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in every if "```console\n" in page.read_text("utf-8")]


def played(page: Path) -> Iterator[Played]:
    """A page's commands, run in their order in one new folder."""
    text = page.read_text("utf-8")
    with tempfile.TemporaryDirectory() as scratch, inside(Path(scratch)):
        for block in _BLOCK.finditer(text):
            language, content = block[1], block[2]
            if language != "console":
                Path(language.partition("file=")[2]).write_text(content, "utf-8")
                continue
            first_line = text.count("\n", 0, block.start(2)) + 1
            for exchange in exchanges(content, first_line):
                yield Played(exchange, tuple(_printed(exchange.command).splitlines()))


def renewed(page: Path) -> str:
    """The page with what its commands print today; where `...` stands for lines, only a person can renew it."""
    lines = page.read_text("utf-8").splitlines()
    for one in reversed(list(played(page))):
        if one.is_as_shown:
            continue
        if ANY in one.exchange.expected:
            print(f"{page.relative_to(ROOT)}:{one.exchange.line}: renew by hand: $ {one.exchange.command}")
            continue
        start = one.exchange.line
        lines[start : start + len(one.exchange.expected)] = one.printed
    return "\n".join(lines) + "\n"


def _printed(command: str) -> str:
    """What a command prints; `make demo` runs what its target runs, without setting anything up."""
    if command == "make demo":
        done = subprocess.run(["sh", "docs/examples/demo.sh"], cwd=ROOT, capture_output=True, text=True, timeout=120)
        return done.stdout + done.stderr
    printed, code = answer(command)
    if code == INTERNAL:
        raise AssertionError(f"$ {command}\n{printed}")
    return printed
