"""Recipients (schools and university departments), the evidence about them, the imports of both."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import false
from sqlmodel import Field, SQLModel, UniqueConstraint

from stemfleet.store.columns import Json, UtcTime, now, word
from stemfleet.words import Level, MoveKind, RecipientKind, SchoolStatus


class School(SQLModel, table=True):
    """A recipient: a school (7-digit code) or a university department (`U-<number>`, kind DEPARTMENT)."""

    code: str = Field(primary_key=True, max_length=16)
    kind: RecipientKind = Field(sa_type=word(RecipientKind))
    name: str
    level: Level = Field(sa_type=word(Level))
    region: str | None = None
    directorate: str | None = None
    municipality: str | None = None
    address: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    email: str | None = None
    university: str | None = None  # of a department
    status: SchoolStatus = Field(sa_type=word(SchoolStatus))
    search_name: str = ""  # by registers.search_key; migration 0004 keeps the full-text index in step with it


class SearchSpelling(SQLModel, table=True):
    """The one row says in which spelling the recipients' `search_name` is: `registers.SPELLING`."""

    __tablename__ = "search_spelling"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class SchoolCategory(SQLModel, table=True):
    """A category that the register gives a school, and the import and its row that said so first."""

    __tablename__ = "school_category"

    school_code: str = Field(foreign_key="school.code", primary_key=True)
    category: str = Field(primary_key=True, max_length=64)
    import_id: int = Field(foreign_key="import_run.id")
    row: int | None = None


class CategoryOverride(SQLModel, table=True):
    """What the support organisation says of a school against its register; kept through later imports."""

    __tablename__ = "category_override"

    school_code: str = Field(foreign_key="school.code", primary_key=True)
    category: str = Field(primary_key=True, max_length=64)
    holds: bool
    reason: str
    person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(default_factory=now, sa_type=UtcTime)


class SchoolChange(SQLModel, table=True):
    """What an import changed of a school that was there: field → [before, after]. `row` None: listed as closed."""

    __tablename__ = "school_change"

    id: int = Field(default=None, primary_key=True)  # given by the database
    school_code: str = Field(foreign_key="school.code", index=True)
    import_id: int = Field(foreign_key="import_run.id")
    row: int | None = None
    changes: dict[str, Any] = Field(sa_type=Json)


class SchoolMove(SQLModel, table=True):
    """A school became part of another one, or got another code, from a day on. Both stay."""

    __tablename__ = "school_move"

    school_code: str = Field(foreign_key="school.code", primary_key=True)
    successor: str = Field(foreign_key="school.code", index=True)
    kind: MoveKind = Field(sa_type=word(MoveKind))
    since: date
    reason: str
    person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(default_factory=now, sa_type=UtcTime)
    evidence_counts: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # for the successor
    evidence_reason: str | None = None


class Evidence(SQLModel, table=True):
    """One eTwinning record: `number` items of a kind in a year, and the file and row that said so."""

    __table_args__ = (UniqueConstraint("fingerprint", name="uq_evidence_fingerprint"),)

    id: int = Field(default=None, primary_key=True)  # given by the database
    school_code: str = Field(foreign_key="school.code", index=True)
    kind: str = Field(max_length=64)
    year: int
    edition: str | None = None
    rank: str | None = None
    number: int = 1
    person: str | None = None  # a pseudonymous id, only where a rule must count persons
    title: str | None = None
    fingerprint: str = Field(max_length=64)  # of the row's content: the same file again adds nothing
    import_id: int = Field(foreign_key="import_run.id")
    row: int


class ImportRun(SQLModel, table=True):
    """One applied import: which file (by hash), who, when, what it changed."""

    __tablename__ = "import_run"

    id: int = Field(default=None, primary_key=True)  # given by the database
    what: str = Field(max_length=32)
    file_name: str
    file_sha256: str = Field(max_length=64)
    format: str = Field(max_length=64)
    counts: dict[str, Any] = Field(sa_type=Json)
    person_id: int = Field(foreign_key="person.id")
    at: datetime = Field(default_factory=now, sa_type=UtcTime)
