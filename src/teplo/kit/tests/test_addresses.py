"""Whose request it is: never what a stranger writes into a header."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from teplo.kit.addresses import client_address, is_loopback

PROXY, CDN, VISITOR, LIE = "10.0.0.2", "10.1.0.9", "203.0.113.5", "198.51.100.66"
NETWORKS = (ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "found"),
    [
        (VISITOR, [], (), VISITOR),
        (VISITOR, [LIE], (), VISITOR),  # nobody is trusted
        (VISITOR, [LIE], NETWORKS, VISITOR),  # a stranger who writes the header themselves
        ("127.0.0.1", [LIE], (), "127.0.0.1"),  # a proxy nobody spoke of
        (PROXY, [VISITOR], NETWORKS, VISITOR),
        (PROXY, [f"{LIE}, {VISITOR}"], NETWORKS, VISITOR),  # the proxy puts what it saw at the end
        (PROXY, [LIE, VISITOR], NETWORKS, VISITOR),  # the same as two headers
        (PROXY, [f"{LIE}, {VISITOR}, {CDN}"], NETWORKS, VISITOR),  # two proxies
        (PROXY, [f"{LIE}, nonsense"], NETWORKS, PROXY),
        (PROXY, [""], NETWORKS, PROXY),
        (PROXY, [f"{VISITOR}:4711"], NETWORKS, VISITOR),
        (PROXY, ["[2001:db8::7]:4711"], NETWORKS, "2001:db8::7"),
        ("::ffff:10.0.0.2", [VISITOR], NETWORKS, VISITOR),
        ("fd00::1", ["2001:db8::7"], NETWORKS, "2001:db8::7"),
        (PROXY, [CDN], NETWORKS, CDN),  # a colleague inside
        (PROXY, [VISITOR], 1, VISITOR),
        (PROXY, [f"{LIE}, {VISITOR}"], 1, VISITOR),
        (PROXY, [f"{LIE}, {VISITOR}, {CDN}"], 2, VISITOR),
        (PROXY, [VISITOR], 3, VISITOR),
        (PROXY, [], 1, PROXY),
        ("", [LIE], 1, ""),
    ],
)
def test_the_address_is_what_trusted_proxies_saw(peer, forwarded, trusted, found):
    assert client_address(peer, [text.encode() for text in forwarded], trusted) == found


def test_a_header_without_end_is_read_from_its_end_only():
    assert client_address(PROXY, [b"1.1.1.1," * 500_000 + VISITOR.encode()], 1) == VISITOR


@pytest.mark.parametrize(
    ("text", "answer"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False),
     ("", False), ("localhost", False)],
)  # fmt: skip
def test_what_is_this_machine(text, answer):
    assert is_loopback(text) == answer
