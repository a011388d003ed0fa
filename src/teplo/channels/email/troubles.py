"""Why a mail server cannot be used, in words a marketer can act on."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TROUBLES: Mapping[str, str | Promise] = {
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
    "silent": _(
        "The server takes letters whole and does not say whether it sends them. "
        "They stand in the outbox as “not confirmed”."
    ),
    "lost-password": _("The stored password cannot be read any more. Enter it again."),
}


def say_trouble(health: str) -> str:
    """`Sender.health` in words; what the server itself said stays as it said it."""
    code, _colon, detail = health.partition(": ")
    if code not in TROUBLES:
        return health
    return f"{TROUBLES[code]} ({detail})" if detail else str(TROUBLES[code])
