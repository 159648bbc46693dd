"""The triggers that guard tables, in the words of either database: rows are only ever added, and only where they fit.

SQLite looks at each row. PostgreSQL refuses a statement that would change, remove or empty before it touches a row,
which also covers INSERT ... ON CONFLICT DO UPDATE and MERGE. Its functions name their schema, so that no table of
the same name elsewhere on a user's path can stand in.
"""

from alembic import op

_ACTS = ("update", "delete")


def append_only(table: str) -> None:
    """Refuse every change and removal of a row."""
    message = f"{table} is append-only"
    if is_postgres():
        _function(f"{table}_append_only", _raise(message))
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table}"
            f" for each statement execute function {table}_append_only()"
        )
        return
    for act in _ACTS:
        _refuse(f"{table}_no_{act}", f"{act} on {table}", message, "true")


def let_change(table: str) -> None:
    """Take the guards off a table, for a migration that makes it anew."""
    if not is_postgres():
        for act in _ACTS:
            op.execute(f"drop trigger {table}_no_{act}")
        op.execute(f"drop trigger {table}_in_order")
        return
    op.execute(f"drop trigger {table}_in_order on {table}")
    op.execute(f"drop function {table}_in_order()")


def in_order(table: str, message: str, refused_when: str) -> None:
    """Refuse a new row where a condition on `new` holds.

    Without this, INSERT OR REPLACE of SQLite would remove an earlier row and, on connections that are not the store's
    own, fire no trigger of removal.
    """
    if not is_postgres():
        _refuse(f"{table}_in_order", f"insert on {table}", message, refused_when)
        return
    _function(
        f"{table}_in_order",
        f"if {refused_when} then {_raise(message)} end if; return new;",
    )
    op.execute(
        f"create trigger {table}_in_order before insert on {table} for each row execute function {table}_in_order()"
    )


def in_order_together(table: str, message: str, refused_when: str, refused_after: str, added: str = "") -> None:
    """As `in_order`, for rows that come by the million: PostgreSQL looks once, after a statement, at a condition on
    the tables, and on the table `added` of its rows where that is given a name."""
    if not is_postgres():
        in_order(table, message, refused_when)
        return
    _function(f"{table}_in_order", f"if {refused_after} then {_raise(message)} end if; return null;")
    seen = f" referencing new table as {added}" if added else ""
    op.execute(
        f"create trigger {table}_in_order after insert on {table}{seen}"
        f" for each statement execute function {table}_in_order()"
    )


def is_postgres() -> bool:
    """Whether the migration runs on PostgreSQL."""
    return op.get_context().dialect.name == "postgresql"


def _refuse(name: str, act: str, message: str, when: str) -> None:
    op.execute(f"create trigger {name} before {act} when {when} begin select raise(abort, '{message}'); end")


def _raise(message: str) -> str:
    return f"raise exception '{message}' using errcode = 'integrity_constraint_violation';"


def _function(name: str, body: str) -> None:
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    op.execute(
        f"create function {name}() returns trigger language plpgsql set search_path = {schema}, pg_temp as"
        f" $body$ begin {body} end $body$"
    )
