"""Names of hosts and addresses of pages as they travel: in ASCII, with xn-- for names in other alphabets (RFC 5891).

What is made here is what a redirect answers and what a mail server is told; it comes out of itself unchanged.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote

import idna

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_WEB = re.compile(r"(https?)://([^/?#\\]*)(.*)", re.IGNORECASE | re.DOTALL)
_SAFE = "/#%[]=:;$&()+,!?*@'~"  # what RFC 3986 leaves as it is, and escapes already made
_IN_USER = "%:!$&'()*+,;=~"
_PLAIN_HOST = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)
_IPV6 = re.compile(r"\[[0-9a-f:.]+\]", re.IGNORECASE)


@lru_cache(maxsize=4096)
def ascii_host(host: str) -> str:
    """`пример.укр` → `xn--e1afmkfd.xn--j1amh`, also when it came percent-encoded. Raises ValueError."""
    if not host:
        return ""
    name = unquote(host, errors="strict") if "%" in host else host
    if _PLAIN_HOST.fullmatch(name) or _IPV6.fullmatch(name):
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValueError(str(error)) from error


def shown_host(host: str) -> str:
    """The host in its own alphabet; as it is when it has none."""
    try:
        return idna.decode(host) if "xn--" in host.lower() else host
    except idna.IDNAError:
        return host


def ascii_address(address: str) -> str:
    """`hello@пример.укр` → `hello@xn--…`; what is no address stays as it is."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}@{ascii_host(domain)}" if at else address
    except ValueError:
        return address


def ascii_url(url: str) -> str:
    """An http(s) address without spaces around it, line breaks in it and letters of other alphabets.

    Raises ValueError when it leads nowhere.
    """
    found = _WEB.fullmatch(_CONTROL.sub("", url).strip())
    if found is None:
        raise ValueError("no address of a page")
    scheme, place, rest = found.groups()
    if rest.startswith("\\"):  # browsers take it for a slash
        rest = f"/{rest[1:]}"
    return f"{scheme.lower()}://{_ascii_place(place)}{quote(rest, safe=_SAFE)}"


def web_base(url: str) -> str:
    """The address of a site without a slash at its end, to be put before a path; empty when there is none."""
    try:
        return ascii_url(url).rstrip("/")
    except ValueError:
        return url.strip().rstrip("/")


def _ascii_place(place: str) -> str:
    user, at, host = place.rpartition("@")
    name, colon, port = host, "", ""
    if not _IPV6.fullmatch(host):
        name, colon, port = host.partition(":") if not host.startswith("[") else (*host.partition("]:"),)
        if colon == "]:":
            name, colon = f"{name}]", ":"
    if (port and not (port.isascii() and port.isdigit())) or not name.strip():
        raise ValueError("no host")
    return f"{quote(user, safe=_IN_USER)}{at}{ascii_host(name.strip())}{colon}{port}"
