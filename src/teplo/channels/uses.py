"""Letters that wait for a template."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import ngettext

from teplo.channels.models import Delivery, DeliveryState
from teplo.kit.uses import Thing, Use

_MOST = 1000


def find(thing: Thing) -> Iterator[Use]:
    if thing.kind != "template":
        return
    waiting = Delivery.objects.filter(state=DeliveryState.QUEUED, template_id=thing.id)
    number = waiting.order_by().values("id")[:_MOST].count()
    if number:
        said = ngettext("%(n)s letter waits", "%(n)s letters wait", number) % {"n": number}
        yield Use("outbox", said, "outbox")
