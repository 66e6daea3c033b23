"""Secrets are filled in when a database is opened, and neither stored nor shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.errors import DataError
from syncline.sources.database_url import parse_database_url
from syncline.sources.locator import absolute_locator, shown_locator, split_sheet
from syncline.sources.secret_places import MAX_SECRET_BYTES, fill_secrets

SECRET = "p@ss/w:rd ${X}?"
ENCODED = "p%40ss%2Fw%3Ard%20%24%7BX%7D%3F"


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_of_the_environment_is_filled_in() -> None:
    assert fill_secrets("pg://u:${PW}@h/d", "it", {"PW": SECRET}) == f"pg://u:{ENCODED}@h/d"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_of_a_file_is_filled_in(tmp_path: Path, end: str) -> None:
    path = secret_file(tmp_path, f"{SECRET}{end}".encode())
    assert fill_secrets(f"pg://u:${{file:{path}}}@h/d", "it", {}) == f"pg://u:{ENCODED}@h/d"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path, b"x", mode)
    with pytest.raises(DataError, match="chmod 600"):
        fill_secrets(f"pg://u:${{file:{path}}}@h/d", "it", {})


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"a\0b", b"x" * (MAX_SECRET_BYTES + 1)])
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    path = secret_file(tmp_path, content)
    with pytest.raises(DataError, match="holds no secret"):
        fill_secrets(f"pg://u:${{file:{path}}}@h/d", "it", {})


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("${PW}", "environment variable PW is not set"),
        ("${}", "mend the URL"),
        ("${a b}", "mend the URL"),
        ("${file:/nowhere/at/all}", "no such file"),
        ("${file:/tmp}", "cannot be read"),
    ],
)
def test_a_place_that_cannot_be_filled_is_named(place: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        fill_secrets(f"pg://u:{place}@h/d", "it", {"OTHER": SECRET})


@pytest.mark.parametrize(
    ("locator", "shown"),
    [
        ("/data/heart.csv", "/data/heart.csv"),
        ("postgresql://u@h/d?table=t", "postgresql://u@h/d?table=t"),
        ("postgresql://u:geheim@h/d?table=t", "postgresql://u:***@h/d?table=t"),
        ("postgresql://u:ge@h:ei/m@h/d?table=t", "postgresql://u:***@h/d?table=t"),
        ("postgresql://u:${file:/run/geheim}@h/d?table=t", "postgresql://u:***@h/d?table=t"),
        ("postgresql://${GEHEIM}@h/d?table=t", "postgresql://***@h/d?table=t"),
        (
            "postgresql:///d?user=u&password=geheim&x=1&table=t",
            "postgresql:///d?user=u&password=***&x=1&table=t",
        ),
        ("mssql+pyodbc://?odbc_connect=PWD%3Dgeheim&table=t", "mssql+pyodbc://?odbc_connect=***&table=t"),
        ("postgresql://u@h/d?query=SELECT 'a:b@c'", "postgresql://u@h/d?query=SELECT 'a:b@c'"),
    ],
)
def test_what_is_shown_holds_no_secret(locator: str, shown: str) -> None:
    assert shown_locator(locator) == shown


def test_the_parts_of_a_url() -> None:
    url = parse_database_url("postgresql://u:${PW}@h/d?sslmode=require&query=SELECT a%2Bb, '100%25' FROM t;")
    assert (url.scheme, url.table, url.query) == ("postgresql", None, "SELECT a+b, '100%' FROM t")
    assert url.name == "postgresql://u:***@h/d?sslmode=require&query=..."
    assert "PW" not in repr(url)
    url = parse_database_url("postgresql://u@h/d?table=s.t&sslmode=require")
    assert (url.table, url.address) == ("s.t", "postgresql://u@h/d?sslmode=require")


@pytest.mark.parametrize("end", ["", "?table=", "?query=;", "?tables=t"])
def test_a_url_without_table_or_query_is_refused(end: str) -> None:
    with pytest.raises(DataError, match="names no table") as caught:
        parse_database_url(f"postgresql://u:geheim@h/d{end}")
    assert "geheim" not in str(caught.value)


def test_a_percent_sign_that_is_none_is_refused() -> None:
    with pytest.raises(DataError, match="percent sign as %25"):
        parse_database_url("postgresql://u@h/d?query=SELECT * FROM t WHERE a LIKE '%abc'")


@pytest.mark.parametrize(
    ("locator", "absolute"),
    [
        ("a.csv", "HERE/a.csv"),
        ("sub/a.xlsx#Sheet 1", "HERE/sub/a.xlsx#Sheet 1"),
        ("/data/a.csv", "/data/a.csv"),
        ("sqlite:///a.db?table=t", "sqlite:///HERE/a.db?table=t"),
        ("sqlite:////data/a.db?query=SELECT 1", "sqlite:////data/a.db?query=SELECT 1"),
        ("sqlite+pysqlite:///a.db?table=t", "sqlite+pysqlite:///HERE/a.db?table=t"),
        ("postgresql://h/d?table=t", "postgresql://h/d?table=t"),
    ],
)
def test_paths_are_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locator: str, absolute: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute_locator(locator) == absolute.replace("HERE", str(tmp_path))
    assert absolute_locator(absolute_locator(locator)) == absolute_locator(locator)


def test_a_sheet_is_told_from_a_name_with_a_hash(tmp_path: Path) -> None:
    assert split_sheet("a.xlsx#Sheet") == ("a.xlsx", "Sheet")
    assert split_sheet("a#b.csv") == ("a#b.csv", None)
    assert split_sheet("a.xlsx") == ("a.xlsx", None)
    (tmp_path / "a.xlsx#b.xlsx").touch()
    assert split_sheet(f"{tmp_path}/a.xlsx#b.xlsx") == (f"{tmp_path}/a.xlsx#b.xlsx", None)
