"""What proves a consent that came with an event: which words, where, how and from where."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from teplo.people.consent_texts import texts_of
from teplo.pipeline.batch import Taken


class Proof(NamedTuple):
    """The words that were shown and the facts beside them."""

    words: str
    facts: dict[str, Any]


def consent_proofs(events: Sequence[Taken]) -> list[Proof]:
    """The proof of each event, in order; one statement for their texts."""
    texts = texts_of({event.stored.consent_text for event in events} - {""})
    return [_proof(event, texts) for event in events]


def _proof(event: Taken, texts: dict[str, Any]) -> Proof:
    stored = event.stored
    facts: dict[str, Any] = {
        "how": "signed" if stored.signed else "form" if event.is_public else "server",
        "event": str(stored.id),
        "said_at": event.at.isoformat(),
        "url": stored.url,
        "network": stored.network,
        "agent": sha256(stored.user_agent.encode()).hexdigest()[:16] if stored.user_agent else "",
    }
    text = texts.get(stored.consent_text)
    if text is not None:
        facts |= {"text": f"{text.key}@{text.version}", "language": text.language}
    elif stored.consent_text:
        facts["unknown_text"] = stored.consent_text
    return Proof(text.text if text else "", {key: value for key, value in facts.items() if value})
