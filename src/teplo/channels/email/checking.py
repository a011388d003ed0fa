"""Trying a mail server and a domain, and saying plainly what is wrong and what to do about it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import dns.exception
import dns.resolver
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teplo.channels.email.answers import without_addresses
from teplo.channels.email.connection import Connection, Server, ServerAway
from teplo.channels.email.troubles import TROUBLES
from teplo.kit.idn import ascii_address

_LOOK_UP_SECONDS = 3.0
_SERVERS = _("Says which servers may send for your domain. Your mail service tells the value.")
_KEY = _("The key that signs letters. Your mail service tells the name and the value.")
_SELECTOR = _("Enter the selector that your mail service gave you to check it.")
_PRETENDERS = _("Says what to do with letters that pretend to be yours. Begin with v=DMARC1; p=none.")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How the trial went. `detail` is the server's own answer, without addresses."""

    code: str
    detail: str = ""
    is_encrypted: bool = False

    @property
    def is_well(self) -> bool:
        """Whether letters can be handed over."""
        return self.code == "well"

    def __str__(self) -> str:
        if self.is_well:
            return str(_("The server takes letters from this sender."))
        return str(TROUBLES.get(self.code, TROUBLES["broken"]))


def try_server(server: Server, *, sender: str) -> Diagnosis:
    """Connect, sign in, name the sender, and go; no letter is sent."""
    return asyncio.run(_try(server, sender)) if server.host else Diagnosis("no-host")


async def _try(server: Server, sender: str) -> Diagnosis:
    connection = Connection(server)
    try:
        await connection.open()
        refusal = await connection.try_sender(sender)
    except ServerAway as error:
        return Diagnosis(error.code, without_addresses(error.detail))
    finally:
        await connection.quit()
    if refusal:
        return Diagnosis("from", without_addresses(refusal))
    return Diagnosis("well", is_encrypted=server.security != "none")


@dataclass(frozen=True, slots=True)
class Record:
    """One of the three records by which receivers trust a domain. `state`: good, missing, or unknown (no answer)."""

    name: str
    place: str
    state: str
    advice: str | Promise
    value: str = ""


def look_up_domain(domain: str, *, selector: str = "") -> list[Record]:
    """SPF, DKIM and DMARC of the sender's domain as the world sees them."""
    domain = ascii_address(f"@{domain}")[1:]
    key_place = f"{selector or '…'}._domainkey.{domain}"
    key = _record("DKIM", key_place, "p=", _KEY) if selector else Record("DKIM", key_place, "unknown", _SELECTOR)
    return [
        _record("SPF", domain, "v=spf1", _SERVERS),
        key,
        _record("DMARC", f"_dmarc.{domain}", "v=DMARC1", _PRETENDERS),
    ]


def _record(name: str, place: str, sign: str, advice: str | Promise) -> Record:
    texts = _texts(place)
    if texts is None:
        return Record(name, place, "unknown", advice)
    found = next((text for text in texts if sign.lower() in text.lower()), "")
    return Record(name, place, "good" if found else "missing", advice, found[:200])


def _texts(place: str) -> list[str] | None:
    """The TXT records at `place`; None when no name server could be asked."""
    resolver = dns.resolver.Resolver()
    try:
        answer = resolver.resolve(place, "TXT", lifetime=_LOOK_UP_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]
