"""Where a hub's database is, when it is not in its home: the URL of a PostgreSQL database.

A password need not stand in it: ``${file:PATH}`` and ``${NAME}`` are filled in from a file or the environment
when the database is opened, and libpq reads ``~/.pgpass``, ``PGPASSFILE`` and ``?passfile=PATH`` by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from syncline.errors import DataError, UsageError
from syncline.sources.locator import shown_locator
from syncline.sources.secret_places import fill_secrets

_SCHEMES = ("postgresql", "postgres")
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A URL as it was written; ``name`` is what messages show of it, without a secret."""

    written: str = field(repr=False)

    def __post_init__(self) -> None:
        scheme, mark, rest = self.written.partition("://")
        if scheme not in _SCHEMES or not mark or not rest or len(self.written) > _LONGEST:
            raise UsageError(f"--database {self.name}: must be a URL such as postgresql://USER@HOST/DATABASE")
        if not self.written.isprintable():
            raise UsageError(f"--database {self.name}: holds characters that cannot be printed")

    @property
    def name(self) -> str:
        """The URL for messages."""
        return shown_locator(self.written)

    def connection_url(self) -> str:
        """Return the URL with its secrets filled in, to be used at once and kept nowhere."""
        try:
            return fill_secrets(self.written, self.name)
        except DataError as error:
            raise UsageError(f"database {error}") from None
