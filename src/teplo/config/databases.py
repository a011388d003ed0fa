"""From DATABASE_URL to Django's settings of a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from teplo.kit.environment import WrongSetting

SQLITE_START = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000; PRAGMA cache_size=-65536; "
    "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864"
)

CONNECT_SECONDS = 10
"""A server that does not answer is away; without it one waits for minutes."""


def database_from(url: str, home: Path) -> dict[str, Any]:
    """Settings for `url` (postgres:// or sqlite://, empty: SQLite in `home`); WrongSetting says what is wrong."""
    if not url.strip():
        return _sqlite(home / "teplo.sqlite3")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise WrongSetting(f"DATABASE_URL: {error}") from None
    if parts.scheme == "sqlite":
        return _sqlite(_file(unquote(parts.path.removeprefix("/") if parts.netloc else parts.path)))
    if parts.scheme not in ("postgres", "postgresql"):
        said = f"{parts.scheme}://…" if parts.scheme else "an address without a scheme"
        raise WrongSetting(f"DATABASE_URL: postgres://user:password@host/name expected, not {said}")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise WrongSetting("DATABASE_URL: the name of the database is missing: postgres://user:password@host/name")
    options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS} | dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Compiling a statement to machine code takes 0.2 s, ten times what our short statements take themselves.
        "OPTIONS": {**options, "options": f"-c jit=off {options.get('options', '')}".strip()},
    }


def _file(path: str) -> Path:
    if not path.strip("/"):
        raise WrongSetting("DATABASE_URL: the file is missing: sqlite:///folder/teplo.sqlite3")
    return Path(path)


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "teplo.kit.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_START},
        "TEST": {"NAME": None},
    }
