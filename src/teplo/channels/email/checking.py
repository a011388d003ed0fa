"""Trying a mail server and a domain, and saying plainly what is wrong and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import dns.exception
import dns.resolver
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teplo.channels.email.answers import without_addresses
from teplo.channels.email.connection import Connection, Server, ServerAway

_LOOK_UP_SECONDS = 3.0
_SAID: Mapping[str, str | Promise] = {
    "no-host": _("No server is entered yet."),
    "timeout": _("The server does not answer. Check the host and the port; perhaps a firewall closes it."),
    "unknown-host": _("There is no server of this name. Check the host for a slip of the pen."),
    "refused": _("Nothing listens on this port. Usual ports: 587 with STARTTLS, 465 with TLS, 25 without."),
    "certificate": _("The server's certificate is not valid for this host. Check the host name."),
    "no-tls": _("The server does not speak TLS on this port. Try STARTTLS (587), or TLS on port 465."),
    "no-starttls": _("The server does not offer STARTTLS. Try TLS on port 465."),
    "injected": _("Somebody spoke before encryption began. The connection is not safe."),
    "broken": _("The server ended the connection. Perhaps the port expects another kind of security."),
    "greeting": _("The server does not take letters from here."),
    "no-sign-in": _("The server offers no sign-in on this connection. Try another kind of security, or no user name."),
    "sign-in": _("The server refused the user name or the password. Many services want an app password here."),
    "from": _("The server lets you in, but not with this sender address."),
    "lost-password": _("The stored password cannot be read any more. Enter it again."),
}
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
        return str(_SAID.get(self.code, _SAID["broken"]))


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
