"""Whose request it is: the address of the connection, or what proxies that are trusted say of it.

A header can be written by anybody, so it is read from its end, where the nearest proxy has put what it saw itself, and
only as far as the proxies in front are known (TEPLO_TRUSTED_PROXIES).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from teplo.kit.environment import Network

Trusted = int | tuple[Network, ...]
Address = IPv4Address | IPv6Address

FORWARDING = frozenset(
    {b"x-forwarded-for", b"forwarded", b"x-real-ip", b"x-forwarded-host", b"x-forwarded-proto", b"via",
     b"x-client-ip", b"cf-connecting-ip", b"true-client-ip"}
)  # fmt: skip
"""Headers that only a proxy sets: a request that carries one comes from elsewhere, whoever connects."""
_MOST_READ = 4_000  # characters of such a header that are looked at, from its end


def client_address(peer: str, forwarded: Iterable[bytes], trusted: Trusted) -> str:
    """The address a request comes from: `peer`, unless it is a trusted proxy that names another.

    `forwarded`: the values of X-Forwarded-For in their order. Whatever does not read as an address ends the way back.
    """
    here = read_address(peer)
    if here is None:
        return peer
    way = [part.strip() for value in forwarded for part in value.decode("latin-1")[-_MOST_READ:].split(",")]
    hops = trusted if isinstance(trusted, int) else len(way)
    while hops > 0 and way and (isinstance(trusted, int) or _is_in(here, trusted)):
        before = read_address(way.pop())
        if before is None:
            break
        here = before
        hops -= 1
    return str(here)


def read_address(text: str) -> Address | None:
    """An address with or without port, brackets and zone; an IPv4 inside IPv6 is the IPv4 it is."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def is_loopback(text: str) -> bool:
    """Whether an address is this machine itself."""
    address = read_address(text)
    return address is not None and address.is_loopback


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
