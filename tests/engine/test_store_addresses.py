"""The address of a store leads to what it names and nowhere else, and no message ever shows a password."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from spine_stories import partage
from store_stories import fault

from engine.store import Store
from engine.store.address import shown
from engine.store.pg_faults import unreachable
from engine.store.server import server_of
from rules.problem import PartageError, Refused, Unavailable

ADA = "ada"  # put in where it is read: no committed text has a password in an address
SECRETS = [
    "postgresql://ada:SECRET@/nowhere?host={folder}",
    "postgresql://ada:SEC%52ET@/nowhere?host={folder}",
    "postgresql://ada:a@SECRET@/nowhere",
    "postgresql://ada:a@SECRET@127.0.0.1:1/nowhere",
    "postgresql://ada:a/SECRET@127.0.0.1:1/nowhere",
    "postgresql://ada:SECRET",
    "postgresql://ada:%SECRET@/nowhere",
    "postgresql://ada:a SECRET@/nowhere",
    "postgresql://{ada}:a?SECRET@127.0.0.1:1/nowhere",
    "postgresql://{ada}:a#SECRET@127.0.0.1:1/nowhere",
    "postgresql://127.0.0.1:1/nowhere?password=SECRET",
    "postgresql://127.0.0.1:1/nowhere?pasword=SECRET",
    "postgresql://127.0.0.1:1/nowhere?sslpassword=SECRET&user=ada",
    "mysql://{ada}:SECRET@127.0.0.1/nowhere",
    "SECRET://",
]


@pytest.mark.parametrize("address", SECRETS)
def test_no_message_holds_a_password(address: str, tmp_path: Path) -> None:
    address = address.format(folder=tmp_path, ada=ADA)
    with pytest.raises(PartageError) as caught:
        Store.open(address)
    told = f"{caught.value} {caught.value!r} {caught.value.problems!r}"
    assert caught.value.problems[0].code in ("S215", "S217")
    for asked in (["--store", address, "show"], ["--store", address, "show", "--json"]):
        ended = partage(*asked)
        assert ended.exit_code in (2, 4)
        told += ended.out + ended.err
    if not address.startswith("SECRET"):
        assert "SECRET" not in told and "SEC%52ET" not in told


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://db.example", "names no database"),
        ("postgresql://ada@db.example/", "names no database"),
        ("postgres://", "names no database"),
        ("sqlite:///partage.db", "a store is a file or a database of PostgreSQL"),
        ("postgresql+psycopg://db.example/books", "a store is a file or a database of PostgreSQL"),
        ("postgresql://ada:a@b@db.example/books", "%40"),
        ("postgresql://db.example/books?sslmod=require", "an option that PostgreSQL does not know"),
        ("postgresql://db.example/books\n", "%40"),
    ],
)
def test_an_address_that_leaves_a_doubt_is_refused(address: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATABASE", "guessed")
    with fault(Refused, "S217", words):
        Store.open(address)


def test_an_address_is_shown_without_its_secrets() -> None:
    assert shown(f"postgresql://{ADA}:p%40ss@db.example:5433/books?sslmode=require&password=x") == (
        "postgresql://ada@db.example:5433/books"
    )
    assert shown("postgres:///books?host=/run/pg&user=ada") == "postgresql://ada@/run/pg/books"
    assert shown(Path("postgresql:/x")) == "postgresql:/x"
    assert "p%40ss" not in repr(server_of(f"postgresql://{ADA}:p%40ss@db.example/books"))


def test_the_surroundings_do_not_lead_elsewhere(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(postgres) as connection:
        named = f"postgresql:///{connection.info.dbname}?user={connection.info.user}&port={connection.info.port}"
        named, user = f"{named}&host={quote(connection.info.host, safe='')}", connection.info.user
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGUSER", "grace")
    with Store.open(named) as store:
        assert store.login == user


REASONS = [
    ('connection failed: FATAL:  password authentication failed for user "ada"', "refuses the user or the password"),
    ('FATAL:  role "ada" does not exist', "knows no such user"),
    ('FATAL:  database "books" does not exist', "has no such database"),
    ("connection failed: connection to server at SECRET failed: Connection refused", "no server answers"),
    ("connection timeout expired", "does not answer in time"),
    ("failed to resolve host 'SECRET': [Errno -2] Name or service not known", "no host of this name"),
    ("FATAL:  sorry, too many clients already", "no connection left"),
    ("FATAL:  no pg_hba.conf entry for host", "does not let this user in"),
    ("SECRET", "no connection can be made"),
]


@pytest.mark.parametrize(("words", "reason"), REASONS)
def test_why_there_is_no_connection_is_told_without_its_words(words: str, reason: str) -> None:
    (problem,) = unreachable(psycopg.OperationalError(words), "postgresql://db/books").problems
    assert reason in problem.message and "SECRET" not in str(problem) and problem.hint


def test_a_database_that_is_not_there(postgres: str) -> None:
    with fault(Unavailable, "S215", "no such database"):
        Store.open(urlsplit(postgres)._replace(path="/nowhere").geturl())
