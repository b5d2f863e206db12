"""Named persons and the links with which they sign in."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from stemfleet.errors import Refused
from stemfleet.store.columns import UtcTime, now, word
from stemfleet.words import Role

CONSOLE = " (console)"  # the end of the names under which a command line acts


class Person(SQLModel, table=True):
    """Who did it. Every recorded action carries one; persons are never deleted, only deactivated."""

    id: int = Field(default=None, primary_key=True)  # given by the database
    name: str = Field(unique=True, max_length=200)
    role: Role = Field(sa_type=word(Role))
    school_code: str | None = Field(default=None, foreign_key="school.code", index=True)
    active: bool = True
    created: datetime = Field(default_factory=now, sa_type=UtcTime)

    @property
    def is_console(self) -> bool:
        """Whoever has the command line, and not one person by name."""
        return self.name.endswith(CONSOLE)

    def must_be(self, *roles: Role) -> None:
        """Raises Refused unless the person has one of the roles."""
        if not self.active or self.role not in roles:
            raise Refused("{person} may not do this.", person=self.name)


class SignInLink(SQLModel, table=True):
    """A one-time link. Only the SHA-256 of its token is kept."""

    __tablename__ = "sign_in_link"

    token_sha256: str = Field(primary_key=True, max_length=64)
    person_id: int = Field(foreign_key="person.id", index=True)
    created: datetime = Field(default_factory=now, sa_type=UtcTime)
    expires: datetime = Field(sa_type=UtcTime)
    used: datetime | None = Field(default=None, sa_type=UtcTime)
