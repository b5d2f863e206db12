"""Full-text search over the recipients' names: FTS5 on SQLite, a tsvector on PostgreSQL

Written by hand: Alembic knows neither. The rows of the FTS5 table are numbered by the code (departments, `U-7`, from
10,000,000 on), so that a trigger finds its row without a scan, whatever VACUUM does to the numbers of the table itself.

The view says which row of the index belongs to which recipient.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = (
    "CASE WHEN {row}.code GLOB 'U-*' THEN 10000000 + CAST(substr({row}.code, 3) AS INTEGER) "
    "ELSE CAST({row}.code AS INTEGER) END"
)
_COLUMNS = "INTO school_search (rowid, code, words)"
_INSERT = f"INSERT {_COLUMNS} VALUES ({_NUMBER.format(row='new')}, new.code, new.search_name)"
_DELETE = "DELETE FROM school_search WHERE rowid = " + _NUMBER.format(row="old")
_SQLITE = (
    "CREATE VIRTUAL TABLE school_search USING fts5 (code UNINDEXED, words, tokenize = 'ascii')",
    f"CREATE VIEW school_search_rows AS SELECT {_NUMBER.format(row='school')} AS number, code, search_name FROM school",
    f"INSERT {_COLUMNS} SELECT number, code, search_name FROM school_search_rows ORDER BY number",
    f"CREATE TRIGGER school_search_added AFTER INSERT ON school BEGIN {_INSERT}; END",
    "CREATE TRIGGER school_search_changed AFTER UPDATE OF code, search_name ON school "
    f"WHEN old.search_name <> new.search_name OR old.code <> new.code BEGIN {_DELETE}; {_INSERT}; END",
    f"CREATE TRIGGER school_search_removed AFTER DELETE ON school BEGIN {_DELETE}; END",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)
    else:
        op.execute(
            "ALTER TABLE school ADD COLUMN search_vector tsvector "
            "GENERATED ALWAYS AS (to_tsvector('simple', search_name)) STORED"
        )
        op.execute("CREATE INDEX ix_school_search_vector ON school USING gin (search_vector)")
