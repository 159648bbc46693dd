"""PostgreSQL when things go wrong: connections that break, servers that refuse, addresses that say too much.

After each of these it is known whether anything was kept, and the same command sent again has its effect once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from event_stories import closed, command, lines, paying, posting
from proxy_stories import AFTER, BEFORE, MEANWHILE, proxied
from spine_stories import partage, write
from store_stories import LINES, accepted, fault, july

from engine.store import Store
from engine.store.address import shown
from engine.store.database import RETRIES_MAX
from engine.store.faults import undecided
from engine.values import Draft, Event
from rules.problem import Conflict, PartageError, Refused, Unavailable


def on(address: str, *statements: str) -> list[tuple[object, ...]]:
    """What the server answers to the last of these statements of its owner."""
    with psycopg.connect(address, autocommit=True) as connection:
        for each in statements:
            cursor = connection.execute(each.encode())
        return cursor.fetchall() if cursor.description else []


def with_options(address: str, **options: str) -> str:
    """The address with some options more."""
    more = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{address}{'&' if '?' in address else '?'}{more}"


ENDED = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


# Connections that break


def test_a_connection_that_is_ended_before_the_commit_leaves_nothing(postgres: str) -> None:
    def ended(_: Sequence[Event]) -> Draft:
        on(postgres, ENDED)
        return closed(postings=[posting()])(())

    with Store.open(postgres) as store:
        with fault(Unavailable, "S216", "nothing was kept"):
            store.record(command("a"), ended)
        assert (store.events(), list(store.postings())) == ((), [])
        assert not store.record(command("a"), closed()).is_replayed


def test_a_store_that_was_idle_when_the_server_ended_its_connections_goes_on(postgres: str) -> None:
    with Store.open(postgres) as store:
        store.record(command("a"), closed())
        on(postgres, ENDED)
        assert len(store.events()) == 1
        on(postgres, ENDED)
        assert store.record(command("b"), closed()).event.number == 2


def test_a_commit_whose_answer_is_lost_is_told_as_what_it_was(postgres: str) -> None:
    with proxied(postgres) as proxy, Store.open(proxy.address) as store:
        for number, how in enumerate((AFTER, MEANWHILE), 1):
            proxy.armed = how
            done = store.record(command(how), closed(postings=[posting(how)]))
            assert (done.event.number, done.is_replayed, proxy.broken) == (number, False, number)
            assert store.record(command(how), closed()).is_replayed
        assert [each.posting.payee for each in store.postings()] == [AFTER, MEANWHILE]


def test_a_commit_that_the_server_is_still_at_is_waited_for(postgres: str) -> None:
    with proxied(postgres) as proxy, Store.open(proxy.address) as store:
        on(
            postgres,
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END'",
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON event INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION slow()",
        )
        proxy.armed = MEANWHILE
        assert not store.record(command("a"), closed()).is_replayed
        assert (len(store.events()), proxy.broken) == (1, 1)


def test_a_commit_that_the_server_never_heard_of_leaves_nothing(postgres: str) -> None:
    with proxied(postgres) as proxy, Store.open(proxy.address) as store:
        proxy.armed = BEFORE
        with fault(Unavailable, "S216", "nothing was kept"):
            store.record(command("a"), closed(postings=[posting()]))
        assert (store.events(), list(store.postings()), proxy.broken) == ((), [], 1)
        assert not store.record(command("a"), closed()).is_replayed


def test_a_command_without_a_key_is_found_again_by_its_own_bytes(postgres: str) -> None:
    with proxied(postgres) as proxy, Store.open(proxy.address) as store:
        proxy.armed = AFTER
        assert store.record(command(), closed()).event.number == 1
        assert len(store.events()) == 1


def test_a_server_that_is_gone_at_the_commit_leaves_it_open_and_says_so(postgres: str) -> None:
    with proxied(postgres) as proxy:
        proxy.is_last = True
        with Store.open(proxy.address) as store:
            proxy.armed = AFTER
            with fault(Unavailable, "S216", "run the command again with --key a: under that key it has"):
                store.record(command("a"), closed())
    with Store.open(postgres) as store:
        assert store.record(command("a"), closed()).is_replayed


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("a b", "run the command again with --key 'a b': under that key it has its effect once"),
        ("", "look into `partage log` before you run the command again"),
        (None, "run the command again: what was kept is kept once"),
    ],
)
def test_what_has_its_effect_once_is_said_as_it_is(key: str | None, hint: str) -> None:
    (problem,) = undecided("books", key).problems
    assert problem.hint.endswith(hint)


def test_a_run_and_an_acceptance_whose_commit_is_not_answered_are_kept_once(postgres: str) -> None:
    with proxied(postgres) as proxy, Store.open(proxy.address) as store:
        digest = store.put(LINES)
        proxy.armed = AFTER
        run = store.keep(july(blobs={"lines": digest}), {})
        store.put(b"the plan")
        proxy.armed = AFTER
        with pytest.MonkeyPatch.context() as patch:  # the plan is kept already, and its blob needs no COMMIT to be lost
            patch.setattr(store._database, "put", lambda _: accepted(b"the plan").document_sha256)
            word = store.accept(accepted(b"the plan"), b"the plan")
        assert (store.runs(), store.acceptances(), proxy.broken) == ((run,), (word,), 2)


# What the server does not do


def raising(address: str, state: str, times: int = 1_000) -> None:
    """Let the server fail so many insertions of events in this way; `tries` counts them, whatever is rolled back."""
    on(
        address,
        "CREATE SEQUENCE tries",
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF nextval('tries') <= {times} THEN RAISE 'SECRET' USING ERRCODE = '{state}'; END IF; RETURN new; END $$",
        "CREATE TRIGGER fails BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION fails()",
    )


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_transaction_that_another_stood_in_the_way_of_is_tried_again(postgres: str, state: str) -> None:
    decided = []

    def decide(events: Sequence[Event]) -> Draft:
        decided.append(len(events))
        return closed(postings=iter([posting()]))(events)

    with Store.open(postgres) as store:
        raising(postgres, state, RETRIES_MAX)
        assert store.record(command("a"), decide).event.number == 1
        assert (decided, len(list(store.postings()))) == ([0] * (RETRIES_MAX + 1), 1)


def test_a_transaction_that_never_gets_through_ends_as_busy(postgres: str) -> None:
    with Store.open(postgres) as store:
        raising(postgres, "40001")
        with fault(Conflict, "S205", "other commands kept writing"):
            store.record(command("a"), closed())
        assert on(postgres, "SELECT last_value FROM tries") == [(RETRIES_MAX + 1,)]
        assert store.events() == ()


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("53100", "S204", "its disk is full"),
        ("53200", "S204", "reports 53200"),
        ("58030", "S204", "reports 58030"),
        ("25006", "S203", "may only be read"),
        ("42501", "S203", "a right is missing"),
        ("57014", "S216", "cancelled"),
        ("57P01", "S216", "nothing was kept"),
        ("XX001", "S208", "damaged"),
    ],
)
def test_what_the_server_does_not_do_is_told_and_leaves_nothing(
    postgres: str, state: str, code: str, words: str
) -> None:
    with Store.open(postgres) as store:
        raising(postgres, state)
        with fault(Unavailable, code, words):
            store.record(command("a"), closed(postings=[posting()]))
        assert (store.events(), list(store.postings())) == ((), [])


def test_a_fault_of_the_code_is_not_taken_for_one_of_the_server(postgres: str) -> None:
    with Store.open(postgres) as store:
        raising(postgres, "22012")
        with pytest.raises(Exception, match="SECRET") as caught:
            store.record(command("a"), closed())
        assert not isinstance(caught.value, PartageError)


def test_a_database_that_may_only_be_read_shows_what_it_has(postgres: str) -> None:
    with Store.open(postgres) as store:
        kept = store.keep(july(), {"lines": LINES})
    on(postgres, f"ALTER DATABASE {urlsplit(postgres).path[1:]} SET default_transaction_read_only = on")
    with Store.open(postgres) as store:
        assert store.blob_bytes(store.runs()[0].blobs["lines"]) == LINES
        for write_one in (lambda: store.put(b"new"), lambda: store.record(command("a"), closed())):
            with fault(Unavailable, "S203", "may only be read"):
                write_one()
        assert store.runs() == (kept,)


def test_a_user_without_rights_is_told_so(postgres: str) -> None:
    role = f"reader_of_{urlsplit(postgres).path[1:]}"
    on(postgres, f"CREATE ROLE {role}")
    as_reader = with_options(postgres, options=f"-crole={role}")
    try:
        with fault(Unavailable, "S203", "a right is missing"):
            Store.open(as_reader)
        with Store.open(postgres) as store:
            store.keep(july(), {"lines": LINES})
        on(postgres, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        with Store.open(as_reader, create=False) as store:
            assert len(store.runs()) == 1
            with fault(Unavailable, "S203", "a right is missing"):
                store.record(command("a"), closed())
    finally:
        on(postgres, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_user_who_may_look_and_add_rows_has_all_that_work_needs(postgres: str) -> None:
    role = f"worker_of_{urlsplit(postgres).path[1:]}"
    Store.open(postgres).close()
    on(postgres, f"CREATE ROLE {role}", f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        with Store.open(with_options(postgres, options=f"-crole={role}")) as store:
            found = lines([500, -20])
            run = replace(paying(found), blobs={"lines": store.put(LINES)})
            decide = closed(runs=(run,), lines=((run.run_id, found),), postings=[posting()])
            assert store.record(command("a"), decide).event.number == 1
            assert store.accept(accepted(b"the plan"), b"the plan").number == 1
            assert store.blob_bytes(run.blobs["lines"]) == LINES
    finally:
        on(postgres, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_settings_that_would_lose_what_was_told_are_not_used(postgres: str, server: str) -> None:
    name = urlsplit(postgres).path[1:]
    on(postgres, f"ALTER DATABASE {name} SET synchronous_commit = off")
    with Store.open(postgres) as store, store._database.writing() as connection:
        for setting, value in (
            ("synchronous_commit", "on"),
            ("lock_timeout", "10s"),
            ("transaction_isolation", "read committed"),
            ("TimeZone", "UTC"),
        ):
            assert connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == value
    on(
        server,
        f"DROP DATABASE {name} WITH (FORCE)",
        f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    )
    with fault(Unavailable, "S207", "server_encoding = UTF8"):
        Store.open(postgres)


# Whose tables they are


def test_a_store_lives_in_the_schema_that_its_address_leads_to(postgres: str) -> None:
    on(postgres, "CREATE TABLE invoices (id int)", "CREATE SCHEMA books", "CREATE SCHEMA other")
    books, other = (with_options(postgres, options=f"-csearch_path={each}") for each in ("books", "other"))
    with Store.open(books) as first, Store.open(other) as second:
        assert first.keep(july(), {"lines": LINES}).number == second.keep(july("b"), {"lines": LINES}).number == 1
        first.record(command("a"), closed(postings=[posting()]))
        assert (len(first.events()), len(second.events())) == (1, 0)
    found = on(postgres, "SELECT schemaname, count(*) FROM pg_tables WHERE tablename = 'event' GROUP BY 1 ORDER BY 1")
    assert found == [("books", 1), ("other", 1)]


def test_tables_of_other_software_are_left_alone(postgres: str) -> None:
    on(postgres, "CREATE TABLE invoices (id int)")
    for create in (True, False):
        with fault(Refused, "S202", "belongs to other software"):
            Store.open(postgres, create)
    on(postgres, "DROP TABLE invoices", "CREATE TABLE alembic_version (version_num text)")
    with fault(Refused, "S202", "belongs to other software"):
        Store.open(postgres)
    assert on(postgres, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("alembic_version",)]


def test_reading_makes_no_store_in_a_database(postgres: str) -> None:
    with fault(Refused, "S201", "there is no store here"):
        Store.open(postgres, create=False)
    with fault(Refused, "S201", "no schema"):
        Store.open(with_options(postgres, options="-csearch_path=nowhere"))
    assert on(postgres, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_store_of_a_newer_engine_is_left_as_it_is(postgres: str) -> None:
    Store.open(postgres).close()
    on(postgres, "UPDATE alembic_version SET version_num = '9001'")
    with fault(Unavailable, "S206", "schema 9001"):
        Store.open(postgres)


def test_the_guards_of_a_table_do_not_look_at_another_of_the_same_name(postgres: str) -> None:
    """A user's own temporary tables come first on every path; the triggers name the schema of the store."""
    with Store.open(postgres) as store:
        store.record(command("a"), closed())
    with psycopg.connect(postgres) as connection:
        connection.execute("CREATE TEMP TABLE event (LIKE public.event)")
        with pytest.raises(psycopg.errors.IntegrityError, match="without gaps"):
            connection.execute("INSERT INTO public.event VALUES (1, repeat('0', 64), 'x', 'x', 'x', NULL, '')")


# By the command line

PROGRAM = """
program: Rewards
currency: EUR
calendar: month
effective: 2026-01-01 to 2026-12-31
sources: {partners: partners.csv, deals: deals.csv}
payouts:
  commission: {base: deals.amount, dated: deals.closed_on, rate: 5%}
"""
TABLES = {
    "partners.csv": "partner_id,name\nP-1,Nordlicht\n",
    "deals.csv": "deal_id,partner_id,closed_on,amount\nD-1,P-1,2026-04-02,1000.00\n",
}


def test_a_program_runs_and_is_explained_on_a_server(postgres: str, tmp_path: Path) -> None:
    program = write(tmp_path, PROGRAM, TABLES)
    parts = urlsplit(postgres)
    secret = parts._replace(netloc=f"{parts.username}:SECRET@{parts.hostname or ''}").geturl()
    ran = partage("--store", secret, "run", program, "--period", "2026-04")
    assert ran.exit_code == 0 and f"run 1 kept in {shown(postgres)}" in ran.out, ran.out + ran.err
    assert "SECRET" not in ran.out + ran.err
    why = partage("--store", secret, "explain", "1", "P-1", "commission")
    assert why.exit_code == 0 and "50.00" in why.out and "adds up" in why.out
    assert partage("--store", secret, "trace", "deals", "D-1").exit_code == 0
    assert [path.name for path in tmp_path.iterdir() if re.search("partage.db|postgresql", path.name)] == []
