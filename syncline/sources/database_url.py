"""The URL of a database with the table or query that is read: ``postgresql://...?table=visits``."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

from syncline.errors import DataError
from syncline.sources.locator import shown_locator, split_request
from syncline.sources.secret_places import fill_secrets


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Say where a database is and what of it is read: a table or the rows of a query.

    Attributes
    ----------
    name
        The URL for messages, without secrets and without the text of a query.
    address
        The URL as it was written, without what is read.
    table, query
        One of the two; a table's name may begin with its schema and a full stop.
    """

    name: str
    address: str = field(repr=False)
    table: str | None = None
    query: str | None = None

    def connection_url(self) -> str:
        """Return the address with its secrets filled in, to be used at once and kept nowhere."""
        return fill_secrets(self.address, self.name)

    @property
    def scheme(self) -> str:
        """The kind of database, and its driver where one is named."""
        return self.address.partition("://")[0].lower()


def parse_database_url(url: str) -> DatabaseUrl:
    """Read a URL; a query is all that follows ``query=``, a table's name ends at the next ``&``."""
    address, request = split_request(url)
    shown = shown_locator(address)
    word, _, value = request[1:].partition("=")
    if word == "table":
        value, more, rest = value.partition("&")
        if more:
            address += ("&" if "?" in address else "?") + rest
    try:
        text = unquote(value, errors="strict").strip().rstrip(";").strip()
    except UnicodeDecodeError:
        raise DataError(f"{shown}: its {word} is not UTF-8; write a percent sign as %25") from None
    if not text:
        raise DataError(
            f"{shown}: is taken for a database and names no table; end the URL with '?table=NAME',"
            " or '?query=SELECT ...' for a query"
        )
    mark = "&" if "?" in address else "?"
    if word == "table":
        return DatabaseUrl(f"{shown}{mark}table={text}", address, table=text)
    return DatabaseUrl(f"{shown}{mark}query=...", address, query=text)
