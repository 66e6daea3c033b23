"""Types of columns that mean the same on SQLite and on PostgreSQL.

Text is sorted by its code points, never by a language's rules, since names of suppliers are merged in that
order; whole numbers have 64 bits; yes and no are 1 and 0. PostgreSQL has no text with a NUL, so neither
database takes it.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text, TypeDecorator, literal
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeEngine

from syncline.errors import ProtocolError


class NulInText(ProtocolError, DontWrapMixin):
    """A text that neither database is to hold; SQLAlchemy passes it on as it is."""


class PlainText(TypeDecorator[str]):
    """Text of any length, without NUL; a word of an enumeration is kept as its text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Return the type of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Text(collation="C"))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Refuse what one of the databases could not hold."""
        if value is None:
            return None
        if "\0" in value:
            raise NulInText("a text holds the character NUL, which no text may: leave it out")
        return str(value)


class Flag(TypeDecorator[bool]):
    """Yes or no, kept as 1 or 0."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:  # Any: SQLAlchemy's own signature
        """Return the type of the database at hand."""
        return dialect.type_descriptor(WHOLE)

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        """Write 1 or 0."""
        return None if value is None else int(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> bool | None:  # Any: as above
        """Read yes or no."""
        return None if value is None else bool(value)


WHOLE: Final = BigInteger().with_variant(Integer(), "sqlite")
TEXT: Final = PlainText()
FLAG: Final = Flag()
BYTES: Final = LargeBinary()

YES: Final = literal(True, FLAG)
NO: Final = literal(False, FLAG)
