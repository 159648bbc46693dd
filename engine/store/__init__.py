"""The store: runs in a database, their bytes in blobs beside it. The only door of SQLModel, SQLAlchemy and Alembic.

Values in, values out: a `RunRecord` and its blobs go in; a `RunRecord` with its number comes out. No table model and no
session leaves this room.
"""

from engine.store.acceptance import Acceptance
from engine.store.address import Address, is_there
from engine.store.store import Store
from engine.values.record import RunRecord

__all__ = ["Acceptance", "Address", "RunRecord", "Store", "is_there"]
