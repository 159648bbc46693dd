"""Acceptance of a plan by a partner is recorded once for each version, and never changed."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import alembic.command
import pytest
from alembic.config import Config
from spine_stories import partage, write

from engine.acts.acceptance import Word, accept, accepted
from engine.acts.backup import upgrade
from engine.acts.plan_document import PlanDocument, Plans, plan_document
from engine.store import Store
from rules.load import load
from rules.problem import PartageError, Refused

PROGRAM = """
program: Accepted
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, terms: terms.csv, deals: deals.csv}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: {rate: 5%, term: commission_rate}}
"""
DATA = {
    "partners.csv": "partner_id,name\nP-1,Nordlicht\nP-2,Rivage\n",
    "terms.csv": "partner_id,term,product,deal_id,valid_from,value\nP-2,commission_rate,,,2026-01-01,0.06\n",
}
_UPGRADE = alembic.command.upgrade
NOW, TODAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC), date(2026, 3, 2)


def of(folder: Path, program: str = PROGRAM) -> Path:
    return write(folder, program, DATA)


def word(partner: str = "P-1", by: str = "Ada Jung", on: date = date(2026, 3, 1), note: str = "") -> Word:
    return Word(partner, by, on, note)


def test_a_version_is_accepted_once_by_each_person_of_a_partner(tmp_path: Path) -> None:
    program, store = of(tmp_path), tmp_path / "partage.db"
    first = accept(program, store, word(), TODAY, "ops", NOW)
    again = accept(program, store, word(by=" Ada Jung", on=TODAY, note="once more"), TODAY, "ops", NOW)
    second = accept(program, store, word(by="Ben Roth", on=TODAY), TODAY, "ops", NOW)
    other = accept(program, store, word("P-2"), TODAY, "ops", NOW)
    assert (first.is_new, again.is_new, second.is_new, other.is_new) == (True, False, True, True)
    assert again.acceptance == first.acceptance
    kept = [(each.number, each.partner, each.accepted_by) for each in accepted(store, None, None).acceptances]
    assert kept == [(1, "P-1", "Ada Jung"), (2, "P-1", "Ben Roth"), (3, "P-2", "Ada Jung")]
    assert first.acceptance.recorded_at == NOW and first.acceptance.accepted_on == date(2026, 3, 1)


def test_what_an_older_store_holds_is_kept(tmp_path: Path) -> None:
    """A store of the schema before, in which each partner accepted once: it is refused until it was upgraded."""
    from engine.store import migrate

    program, store = of(tmp_path), tmp_path / "partage.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "REVISIONS", migrate.REVISIONS[:2])
        patch.setattr(migrate, "HEAD", "0002")
        patch.setattr("alembic.command.upgrade", partial(_upgrade_to, "0002"))
        first = accept(program, store, word(), TODAY, "ops", NOW)
    with pytest.raises(PartageError) as caught:
        accept(program, store, word(by="Ben Roth"), TODAY, "ops", NOW)
    assert caught.value.problems[0].code == "S219"
    upgrade(store)
    second = accept(program, store, word(by="Ben Roth"), TODAY, "ops", NOW)
    assert accepted(store, None, None).acceptances == (first.acceptance, second.acceptance)
    connection = sqlite3.connect(store)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("delete from acceptance")
    connection.close()


def _upgrade_to(revision: str, config: Config, _: str) -> None:
    _UPGRADE(config, revision)


def test_a_changed_program_and_changed_terms_need_a_new_acceptance(tmp_path: Path) -> None:
    store = tmp_path / "partage.db"
    accept(of(tmp_path), store, word("P-2"), TODAY, "ops", NOW)
    changed = of(tmp_path, PROGRAM.replace("5%", "4%"))
    assert accept(changed, store, word("P-2"), TODAY, "ops", NOW).is_new
    (tmp_path / "terms.csv").write_text(DATA["terms.csv"].replace("0.06", "0.07"))
    assert accept(changed, store, word("P-2"), TODAY, "ops", NOW).is_new
    found = accepted(store, changed, None)
    assert found.current == {3}  # the second is of other terms
    (tmp_path / "terms.csv").write_text(DATA["terms.csv"])
    assert accepted(store, changed, None).current == {2}
    (tmp_path / "partners.csv").write_text("partner_id,name\nP-1,Nordlicht\n")
    (tmp_path / "terms.csv").write_text("partner_id,term,product,deal_id,valid_from,value\n")
    assert accepted(store, changed, None).current == set()  # who has left has no plan now
    assert accepted(store, None, None).current is None


def test_a_later_engine_that_writes_the_same_plan_makes_no_other_version(tmp_path: Path) -> None:
    program, store = of(tmp_path), tmp_path / "partage.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.acts.acceptance.VERSION", "0.0.9")
        kept = plan_document(program, "P-1")
        patch.setattr("engine.acts.acceptance.plan_document", lambda *_: written_by("0.0.9", program, "P-1"))
        first = accept(program, store, word(), TODAY, "ops", NOW).acceptance
    assert first.document_sha256 != kept.sha256
    assert accepted(store, program, None).current == {1}


def written_by(engine: str, program: Path, partner: str) -> PlanDocument:
    return Plans(load(program), program.name).of(partner, engine)


def test_what_was_read_is_kept_with_its_digest(tmp_path: Path) -> None:
    program, store = of(tmp_path), tmp_path / "partage.db"
    kept = accept(program, store, word("P-2"), TODAY, "ops", NOW).acceptance
    plan = plan_document(program, "P-2")
    assert (kept.program_sha256, kept.document_sha256) == (plan.program_sha256, plan.sha256)
    with Store.open(store, create=False) as books:
        assert books.blob_bytes(kept.document_sha256).decode() == plan.markdown


@pytest.mark.parametrize(
    "statement",
    [
        "update acceptance set accepted_by = 'x'",
        "delete from acceptance",
        "insert or replace into acceptance select * from acceptance",
    ],
)
def test_what_was_recorded_cannot_be_changed(tmp_path: Path, statement: str) -> None:
    store = tmp_path / "partage.db"
    accept(of(tmp_path), store, word(), TODAY, "ops", NOW)
    connection = sqlite3.connect(store)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (word(partner="P-9"), "S140"),
        (word(by="  "), "S143"),
        (word(by="A\u202eda"), "S143"),
        (word(note="x" * 1_001), "S143"),
        (word(on=date(2026, 3, 3)), "S143"),
    ],
)
def test_an_acceptance_says_who_and_when(tmp_path: Path, said: Word, code: str) -> None:
    with pytest.raises(Refused) as caught:
        accept(of(tmp_path), tmp_path / "partage.db", said, TODAY, "ops", NOW)
    assert caught.value.problems[0].code == code
    assert not (tmp_path / "partage.db").exists()


def test_the_command_records_and_lists(tmp_path: Path) -> None:
    program, store = of(tmp_path), ("--store", tmp_path / "partage.db")
    said = ("--partner", "P-1", "--by", "Ada Jung", "--on", "2025-12-01", "--note", "signed copy 17")
    assert partage(*store, "accept", program, *said).out.startswith("recorded  P-1: Ada Jung on 2025-12-01, number 1")
    assert partage(*store, "accept", program, *said).out.startswith("accepted before")
    told = partage(*store, "accept", "--list", program).out
    assert "this version" in told and "signed copy 17" in told and "1 acceptance" in told
    of(tmp_path, PROGRAM.replace("5%", "4%"))
    (listed,) = partage(*store, "accept", "--list", program, "--json").json()["acceptances"]
    assert (listed["accepted_by"], listed["is_current"]) == ("Ada Jung", False)
    assert "error S143" in partage(*store, "accept", program).err
