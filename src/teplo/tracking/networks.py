"""The network somebody sends from: enough to count by and to prove with, too little to name a household."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

_BITS = {4: 24, 6: 48}


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """203.0.113.0/24 or 2001:db8:7::/48; empty when the address cannot be read."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, _BITS[found.version]), strict=False))
