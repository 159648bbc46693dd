"""`partage apply`: a change is written into the lines that it must change; comments and layout stay."""

from __future__ import annotations

import json
from difflib import unified_diff
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from rules.document.edit import Change, NotInThisLayout, edited
from rules.document.reader import Mapping, Node, plain, read_document
from rules.load import load
from rules.problem import Refused
from scenarios.acts.apply import apply
from scenarios.overlays.overlay import changes_of, laid_over
from scenarios.overlays.scenario import read_scenario

PROGRAM = """# The plan of 2026, as agreed.
program: Plan   # shown on paper
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31

sources: {partners: partners.csv,  # as they are
          deals: deals.csv}

payouts:
  # what everybody gets
  commission:
    base: deals.amount       # without tax
    dated: deals.closed_on
    tiers:
      method: marginal
      accumulate: transaction
      steps: [{to: 100_000, rate: 5%}, {rate: 8%}]   # of each deal
  # for the launch
  spiff:   # until summer
    for_each: deals
    dated: deals.closed_on
    amount: EUR 1_250.00
  bonus: {amount: 'EUR 100', title: "at the end"}
# the end
"""

GOLDEN = {
    "a value within braces": ("set: {payouts.commission.tiers.steps.2.rate: 9%}", [
        "-      steps: [{to: 100_000, rate: 5%}, {rate: 8%}]   # of each deal",
        "+      steps: [{to: 100_000, rate: 5%}, {rate: 9%}]   # of each deal",
    ]),
    "every rate of a list": ("scale: {payouts.commission.tiers.steps.*.rate: 110%}", [
        "-      steps: [{to: 100_000, rate: 5%}, {rate: 8%}]   # of each deal",
        "+      steps: [{to: 100_000, rate: 5.5%}, {rate: 8.8%}]   # of each deal",
    ]),
    "an amount as it is written": ("scale: {payouts.spiff.amount: 2}", [
        "-    amount: EUR 1_250.00",
        "+    amount: EUR 2_500.00",
    ]),
    "a value with a comment behind": ("set: {payouts.commission.base: deals.amount * 2}", [
        "-    base: deals.amount       # without tax",
        "+    base: deals.amount * 2       # without tax",
    ]),
    "a new item": ("add: {payouts.commission.tiers.steps.+: {rate: 9%}}", [
        "-      steps: [{to: 100_000, rate: 5%}, {rate: 8%}]   # of each deal",
        "+      steps: [{to: 100_000, rate: 5%}, {rate: 8%}, {rate: 9%}]   # of each deal",
    ]),
    "a rule less": ("remove: [payouts.spiff]", [
        "-  # for the launch",
        "-  spiff:   # until summer",
        "-    for_each: deals",
        "-    dated: deals.closed_on",
        "-    amount: EUR 1_250.00",
    ]),
    "keys within braces": ("remove: payouts.bonus.title\nadd: {payouts.bonus.where: partners.active}", [
        '-  bonus: {amount: \'EUR 100\', title: "at the end"}',
        "+  bonus: {amount: 'EUR 100', where: partners.active}",
    ]),
    "a new rule, the last of its kind": ("add: {payouts.more: {for_each: deals, amount: 5}}", [
        "+  more: {for_each: deals, amount: 5}",
    ]),
    "lines for what is long": (
        "add: {payouts.commission.cap: {amount: 5, title: a title that is far too long for one line of a program, "
        "where: deals.amount > 100_000}}",
        [
            "+    cap:",
            "+      amount: 5",
            "+      title: a title that is far too long for one line of a program",
            "+      where: deals.amount > 100_000",
        ],
    ),
    "a whole rule, of which one value differs": (
        "set: {payouts.spiff: {for_each: deals, dated: deals.closed_on, amount: 5}}",
        ["-    amount: EUR 1_250.00", "+    amount: 5"],
    ),
    "other keys than there were": ("set: {payouts.spiff: {amount: EUR 5, where: partners.active}}", [
        "-    for_each: deals",
        "-    dated: deals.closed_on",
        "-    amount: EUR 1_250.00",
        "+    amount: EUR 5",
        "+    where: partners.active",
    ]),
    "one line instead of many": ("set: {payouts.commission.tiers: {none: 5}}", [
        "-    tiers:",
        "-      method: marginal",
        "-      accumulate: transaction",
        "-      steps: [{to: 100_000, rate: 5%}, {rate: 8%}]   # of each deal",
        "+    tiers: {none: 5}",
    ]),
    "a source over two lines": ("set: {sources.deals: won.csv}", [
        "-          deals: deals.csv}",
        "+          deals: won.csv}",
    ]),
    "a source less, over two lines, with a comment between": ("remove: [sources.deals]", [
        "-          deals: deals.csv}",
        "+          }",
    ]),
    "all within braces": ("remove: [payouts.bonus.title, payouts.bonus.amount]", [
        '-  bonus: {amount: \'EUR 100\', title: "at the end"}',
        "+  bonus: {}",
    ]),
}  # fmt: skip


def rewritten(program: str, scenario: str, folder: Path) -> str:
    """The text of a program with a scenario, whatever it means."""
    path = folder / "scenario.yaml"
    path.write_text(scenario, "utf-8")
    root, problems = read_document(program.encode(), "program.yaml")
    assert root is not None and not problems
    changes, _, faults = changes_of(root, read_scenario(path).edits)
    assert not faults
    return edited(program, root, changes)[0]


@pytest.mark.parametrize("name", GOLDEN)
def test_only_the_lines_that_must_change_do(name: str, tmp_path: Path) -> None:
    scenario, expected = GOLDEN[name]
    found = rewritten(PROGRAM, scenario, tmp_path)
    lines = list(unified_diff(PROGRAM.splitlines(), found.splitlines(), lineterm="", n=0))[2:]
    assert [line for line in lines if not line.startswith("@@")] == expected


def scenario(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, "utf-8")
    return path


def program(folder: Path, text: str = PROGRAM) -> Path:
    (folder / "program.yaml").write_bytes(text.encode())
    return folder / "program.yaml"


def test_a_change_is_written_and_written_once(tmp_path: Path) -> None:
    here, change = program(tmp_path), scenario(tmp_path, "set: {payouts.spiff.amount: EUR 1_300}")
    found = apply(change, here)
    assert found.is_written and found.lines[1:] == ("-    amount: EUR 1_250.00", "+    amount: EUR 1_300")
    assert here.read_text("utf-8") == PROGRAM.replace("EUR 1_250.00", "EUR 1_300")
    again = apply(change, here)
    assert not again.is_written and again.lines == ()


def test_what_is_simulated_is_what_is_written(tmp_path: Path) -> None:
    here, change = program(tmp_path), scenario(tmp_path, "scale: {payouts.commission.tiers.steps.*.rate: 50%}")
    laid = laid_over(load(here), read_scenario(change).edits)
    assert apply(change, here).sha256 == laid.loaded.sha256 == load(here).sha256


def test_ends_of_lines_and_the_mark_stay(tmp_path: Path) -> None:
    text = "\ufeff" + PROGRAM.replace("\n", "\r\n")
    here = program(tmp_path, text)
    apply(scenario(tmp_path, "add: {payouts.more: {for_each: deals, dated: deals.closed_on, amount: 5}}"), here)
    more = "  more: {for_each: deals, dated: deals.closed_on, amount: 5}\r\n"
    assert here.read_bytes().decode() == text.replace("# the end", f"{more}# the end")


def test_a_new_file_leaves_the_program_as_it_is(tmp_path: Path) -> None:
    here, other = program(tmp_path), tmp_path / "next.yaml"
    apply(scenario(tmp_path, "set: {payouts.spiff.amount: 5}"), here, other)
    assert here.read_text("utf-8") == PROGRAM
    assert other.read_text("utf-8") == PROGRAM.replace("EUR 1_250.00", "5")
    with pytest.raises(Refused, match="S102"):
        apply(scenario(tmp_path, "set: {payouts.spiff.amount: 6}"), here, other)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    here = program(tmp_path)
    found = apply(scenario(tmp_path, "remove: [payouts.bonus]"), here, dry=True)
    assert not found.is_written and found.lines and here.read_text("utf-8") == PROGRAM


def test_a_change_that_makes_no_program_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    here = program(tmp_path)
    with pytest.raises(Refused) as caught:
        apply(scenario(tmp_path, "set:\n  payouts.spiff.amount: five\n"), here)
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.place)) == ("W115", "scenario.yaml:2:3")
    assert here.read_text("utf-8") == PROGRAM


# Documents of any shape, in lines and in braces, and any changes.

WORDS = st.sampled_from(
    ["a", "b", "c", "dd", "5%", "EUR 5", "x, y", "it's", 'say "so"', "", "# no", "a: b", "- x", "[1]", "é"]
)
KEYS = st.sampled_from(["one", "two", "three", "4", "five six", "a.b"])
VALUES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3), st.dictionaries(KEYS, inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def laid_out(value: object, draw: st.DataObject, indent: int = 0) -> str:
    """A value as YAML, in lines with comments or in braces as drawn."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if not draw.draw(st.booleans()):
        return json.dumps(value, ensure_ascii=False)
    space = " " * indent
    heads = [f"{json.dumps(key)}:" for key in value] if isinstance(value, dict) else ["-"] * len(value)  # type: ignore[arg-type]
    items = list(value.values()) if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
    lines = []
    for head, item in zip(heads, items, strict=True):
        comment = draw.draw(st.sampled_from(["", "  # why", "\n# below"]))
        lines.append(f"\n{space}{head} {laid_out(item, draw, indent + 2)}{comment}")
    return "".join(lines)


def node_of(value: object) -> Node:
    root, _ = read_document(f'{{"it": {json.dumps(value)}}}'.encode(), "s")
    assert root is not None
    return root.entries[0][1]


def every_path(node: Node, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    entries: list[tuple[str | int, Node]] = []
    if isinstance(node, Mapping):
        entries = [(key.text, value) for key, value in node.entries]
    elif hasattr(node, "items"):
        entries = list(enumerate(node.items))
    return [found for step, value in entries for found in ((*path, step), *every_path(value, (*path, step)))]


@given(st.dictionaries(KEYS, VALUES, min_size=2, max_size=4), st.data())
def test_whatever_is_changed_reads_as_the_change_and_no_other_comment_goes(
    value: dict[str, object], draw: st.DataObject
) -> None:
    """A change either reads as it should (it is read again, and compared) or is told not to fit; never a wrong text."""
    text = laid_out({**value, "last": "x"}, draw) + "\n"
    root, problems = read_document(text.encode(), "p")
    if root is None or problems:
        text = "".join(f"{key}: {node}\n" for key, node in (("one", "[1, {a: 2}] # why"), ("two", "2"), ("last", "x")))
        root, problems = read_document(text.encode(), "p")
    assert root is not None and not problems, text
    path = draw.draw(st.sampled_from(every_path(root)))
    new = draw.draw(st.one_of(st.none(), VALUES))
    try:
        found, _ = edited(text, root, [Change(path, None if new is None else node_of(new))])
    except NotInThisLayout:
        return
    again, _ = read_document(found.encode(), "p")
    assert again is not None
    expected = plain(root)
    at = expected
    for step in path[:-1]:
        at = at[step]
    if new is None:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    assert plain(again) == expected


COMMENTED = """# --- the plan ---------------------------------
program: Plan
steps: [
  # about one
  {to: 1, rate: 5%},   # one

  # about two
  {to: 2, rate: 7%},   # two
  {rate: 9%}           # the rest
]
flow: {a: 1,   # about a

  # about b
  b: 2, c: 3,  # b and c
  d: 4}
# --- rules ------------------------------------
rules:
  # about first
  first: 1

  # apart

  # about second,
  # in two lines
  second: 2   # its own
  # about third
  third: 3
items:
  - x: 1   # about x
    # about y
    y: 2
"""
GONE = {
    "the first item": (["steps.1"], ["  # about one", "  {to: 1, rate: 5%},   # one"], []),
    "an item between": (["steps.2"], ["  # about two", "  {to: 2, rate: 7%},   # two"], []),
    "the last item": (["steps.3"], ["  {rate: 9%}           # the rest"], []),
    "two items": (["steps.1", "steps.3"], ["  # about one", "  {to: 1, rate: 5%},   # one",
                                           "  {rate: 9%}           # the rest"], []),
    "a key behind the brace": (["flow.a"], ["flow: {a: 1,   # about a"], ["flow: {"]),
    "a key that shares its line": (["flow.c"], ["  b: 2, c: 3,  # b and c"], ["  b: 2,  # b and c"]),
    "the first key of a line": (["flow.b"], ["  b: 2, c: 3,  # b and c"], ["  c: 3,  # b and c"]),
    "the first rule": (["rules.first"], ["  # about first", "  first: 1"], []),
    "a rule with two lines of comment": (["rules.second"], ["  # about second,", "  # in two lines",
                                                            "  second: 2   # its own"], []),
    "a rule before a comment": (["rules.third"], ["  # about third", "  third: 3"], []),
    "all rules": (["rules"], ["rules:", "  # about first", "  first: 1", "", "  # apart", "", "  # about second,",
                              "  # in two lines", "  second: 2   # its own", "  # about third", "  third: 3"], []),
    "the first key behind a dash": (["items.1.x"], ["  - x: 1   # about x", "    y: 2"], ["  - y: 2"]),
}  # fmt: skip


@pytest.mark.parametrize("name", GONE)
def test_a_comment_goes_only_with_what_it_is_about(name: str, tmp_path: Path) -> None:
    paths, gone, new = GONE[name]
    found = rewritten(COMMENTED, f"remove: {json.dumps(paths)}", tmp_path)
    lines = list(unified_diff(COMMENTED.splitlines(), found.splitlines(), lineterm="", n=0))[2:]
    lines = [line for line in lines if not line.startswith("@@")]
    assert sorted(line[1:] for line in lines if line[0] == "-") == sorted(gone)
    assert [line[1:] for line in lines if line[0] == "+"] == new
