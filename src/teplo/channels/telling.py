"""What happened to a letter, told on as events: the pipeline counts them like any other deed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from teplo.channels.models import Delivery


def letter_event(name: str, delivery: Delivery, *, at: datetime, **more: Any) -> dict[str, Any]:
    """An event of the letters' family (letter-sent, letter-opened, …). Happening twice at one time is one event."""
    properties = {
        "delivery": str(delivery.id),
        "channel": delivery.channel,
        "journey": str(delivery.journey_id or ""),
        "template": str(delivery.template_id or ""),
        "step": delivery.step,
    }
    return {
        "id": f"{name}:{delivery.id}:{int(at.timestamp() * 1000)}",
        "name": name,
        "time": int(at.timestamp() * 1000),
        "person": str(delivery.person_id),
        "properties": {**properties, **{key: value for key, value in more.items() if value not in ("", None)}},
    }
