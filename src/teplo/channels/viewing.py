"""A letter as it looks: what will go out, or what went out then."""

from __future__ import annotations

from dataclasses import dataclass

from teplo.accounts.workspace import get_workspace
from teplo.channels import links, renderers
from teplo.channels.models import Delivery, DeliveryState, Sender


@dataclass(frozen=True, slots=True)
class Inert:
    """Links of a letter that colleagues look at: they lead where they lead, and nothing is recorded."""

    base: str
    pixel_url: str = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
    unsubscribe_url: str = "#"
    preferences_url: str = "#"
    view_url: str = "#"
    confirm_url: str = "#"

    def tracked(self, url: str) -> str:
        """The address itself."""
        return url


@dataclass(frozen=True, slots=True)
class Look:
    """One copy as it looks. `error`: why it cannot be shown."""

    subject: str = ""
    text: str = ""
    html: str = ""
    sender_name: str = ""
    sender_address: str = ""
    error: str = ""


def look_at(delivery: Delivery, *, records: bool) -> Look:
    """The copy of this delivery. `records`: for the person himself, whose clicks count; else nothing is recorded.

    One that has gone out is shown in the version of its template that went out; the person's data are today's.
    """
    sender = delivery.sender or default_sender(delivery.channel)
    base = links.public_base(get_workspace().public_url)
    was_sent = delivery.state not in (DeliveryState.QUEUED, DeliveryState.SKIPPED)
    version = delivery.template_version if was_sent and delivery.template_version else None
    own = links.Links(base, delivery.person_id, delivery.id) if records else Inert(base)
    try:
        if letter := renderers.written_in(delivery.context):
            prepared = renderers.prepare_written(letter, is_service=delivery.is_service)
        else:
            prepared = renderers.prepare(template_id=delivery.template_id or 0, version=version)
        (copy,) = prepared.render_many(
            [renderers.Addressee(delivery.person_id, delivery.id, delivery.context)],
            linking=lambda _addressee: own,
            sender=sender_holes(sender),
        )
    except (renderers.TemplateGone, renderers.TemplateFlawed) as error:
        return Look(error=str(error) or str(type(error).__doc__))
    name, address = (sender.name, sender.address) if sender else ("", "")
    return Look(copy.subject, copy.text, copy.html, name, address, copy.error)


def default_sender(channel: str) -> Sender | None:
    """The sender a message of this channel would go through."""
    return Sender.objects.filter(channel=channel, is_active=True).order_by("-is_default", "pk").first()


def sender_holes(sender: Sender | None) -> dict[str, str]:
    """What templates may say of the sender."""
    return {"name": sender.name, "address": sender.address} if sender else {"name": "", "address": ""}
