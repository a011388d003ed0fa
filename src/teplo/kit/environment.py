"""Settings read from the environment: what is wrong is said in one sentence that names the variable."""

from __future__ import annotations

import math
import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})
_LONGEST_SHOWN = 60
MOST_HOPS = 20


class WrongSetting(ValueError):
    """A variable of the environment, or the home folder, cannot be used; the message says which and why."""


def number(name: str, default: float, *, least: float, most: float) -> float:
    """A finite number of the environment; raises WrongSetting."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise WrongSetting(f"{name}: a number from {least:g} to {most:g} expected, not {shown(text)}")
    return value


def whole_number(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number of the environment; raises WrongSetting."""
    value = number(name, default, least=least, most=most)
    if value != int(value):
        raise WrongSetting(f"{name}: a whole number expected, not {shown(os.environ[name])}")
    return int(value)


def flag(name: str) -> bool:
    """1, true, yes or on; 0, false, no, off or nothing; raises WrongSetting."""
    text = os.environ.get(name, "").strip().lower()
    if text not in _YES | _NO:
        raise WrongSetting(f"{name}: 1 or 0 expected, not {shown(text)}")
    return text in _YES


def web_address(name: str) -> str:
    """An address such as https://teplo.example.com without its last slash, or nothing; raises WrongSetting."""
    text = os.environ.get(name, "").strip().rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address or any(character.isspace() for character in text):
        raise WrongSetting(f"{name}: an address such as https://teplo.example.com expected, not {shown(text)}")
    return text


def trusted_proxies(name: str) -> int | tuple[Network, ...]:
    """How many proxies stand in front, or the networks they are in; nothing: none. Raises WrongSetting."""
    text = os.environ.get(name, "").strip()
    if text.isascii() and text.isdigit() and int(text) <= MOST_HOPS:
        return int(text)
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError:
        raise WrongSetting(
            f"{name}: a number of proxies (1), or networks (127.0.0.1, 10.0.0.0/8) expected, not {shown(text)}"
        ) from None


def home_folder(name: str, default: str) -> Path:
    """The folder of everything an installation keeps, made when it is not there; raises WrongSetting."""
    text = os.environ.get(name) or default
    try:
        home = Path(text).resolve()
        home.mkdir(parents=True, exist_ok=True)
        os.listdir(home)
    except (FileExistsError, NotADirectoryError):
        raise WrongSetting(f"{name}: {shown(text)} is a file; a folder is needed") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise WrongSetting(f"{name}: the folder {shown(text)} cannot be used: {reason(error)}") from None
    return home


def installation_key(home: Path) -> str:
    """The key of an installation, made whole on the first start, readable by its owner only; raises WrongSetting."""
    path = home / "secret.key"
    try:
        if kept := _kept(path):
            return kept
        fresh = home / f"secret.key.{secrets.token_hex(4)}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            _put(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        return _kept(path)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(f"TEPLO_HOME: {path} can neither be read nor written: {reason(error)}") from None


def _kept(path: Path) -> str:
    """The key that is there; nothing when there is none, or when a full disk left an empty file."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _put(fresh: Path, path: Path) -> None:
    """Of several processes that start at once one puts its key there; an empty file gives way."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        if not path.stat().st_size:
            os.replace(fresh, path)


def reason(error: BaseException) -> str:
    """What an error says, without number and path."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def shown(text: str) -> str:
    """A value in a sentence: quoted, cut."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")
