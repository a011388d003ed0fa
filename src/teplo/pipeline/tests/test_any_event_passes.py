"""Whatever anybody sends: what the collector takes, the pipeline takes too. An event that is answered "taken" and then
stands aside as a dead letter would be lost until somebody looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teplo.kit.clock import now
from teplo.kit.testing import examples
from teplo.people.testing import make_attribute
from teplo.pipeline import working
from teplo.tracking.inbox import sort_by_lane, write_parcels
from teplo.tracking.incoming import EventRefused, Stored, read_event
from teplo.tracking.models import DeadLetter, Event, InboxRow

pytestmark = pytest.mark.django_db

TEXTS = st.text(max_size=12) | st.sampled_from(
    ("", " ", "\0", "\x7f\x85", "\u2028", "а" * 400, "ß", "İ", "😀", "null", "-0", "9" * 400, "1e999", "٣", "\ufeff",
     "anna@example.com", "ANNA@EXAMPLE.COM ", "+380501234567", "8 (916) 123-45-67", "Украина", "2026-02-30", "да")
)  # fmt: skip
NUMBERS = (
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from((2**63, -(2**63), 2**64, 1e300))
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXTS, inside, max_size=3),
    max_leaves=5,
)
KINDS = st.sampled_from(("email", "phone", "telegram", "whatsapp", "viber", "vk", "visitor", "external"))
KEYS = TEXTS | st.sampled_from(
    ("first_name", "last_name", "city", "country", "language", "timezone", "company", "company_id", "owner", "budget",
     "fits", "born", "tags", "size")
)  # fmt: skip
ADDRESSES = TEXTS | st.sampled_from(
    ("http://[", "//x", "https://ex.com/\udc80", "https://ex.com/?utm_source=" + "я" * 300, "https://ex.com:99999/a?b#c",
     "javascript:alert(1)", "http://xn--.com/", "https://example.com/prices?gclid=1&utm_medium=%00%ff")
)  # fmt: skip
EVENTS = st.fixed_dictionaries(
    {"name": st.sampled_from(("page-viewed", "form-submitted", "payment-received", "letter-opened", "call-answered",
                              "note-added", "tg-started", "x"))},
    optional={
        "id": TEXTS | st.integers(0, 5),
        "visitor": st.sampled_from(("v1", "v2", "v:3")),
        "identities": st.dictionaries(KINDS, TEXTS | st.none(), max_size=3),
        "person": st.sampled_from((-1, 0, 2**64, "x", "²", "\0", "9" * 5000)),
        "time": st.floats(0, 2e9) | st.sampled_from(("2026-01-01T00:00:00+23:59", "2020-02-29T00:00:00Z")),
        "url": ADDRESSES,
        "referrer": ADDRESSES,
        "utm": st.dictionaries(st.sampled_from(("utm_source", "utm_campaign", "x")), TEXTS | st.none(), max_size=3),
        "user_agent": TEXTS,
        "properties": st.dictionaries(TEXTS, VALUES, max_size=4),
        "attributes": st.dictionaries(KEYS, VALUES, max_size=4),
        "consent": st.dictionaries(st.sampled_from(("email", "sms", "phone", "owl")), st.booleans(), max_size=3),
    },
)  # fmt: skip


def encoded(event: dict[str, Any]) -> list[bytes]:
    """As text with escapes and without, and with a number that no float holds."""
    escaped = json.dumps(event)
    plain = json.dumps(event, ensure_ascii=False).encode(errors="replace")
    return [
        escaped.encode(),
        plain,
        escaped.replace("1e+300", "1e400").encode(),
        escaped.replace("1e+300", "1e200000").encode(),
    ]


def taken(raw: bytes, *, is_trusted: bool) -> Stored | None:
    received = int(now().timestamp() * 1000)
    try:
        return read_event(raw, origin="site:1", received_ms=received, is_trusted=is_trusted)
    except EventRefused as refusal:
        assert refusal.message
        return None


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(events=st.lists(EVENTS, min_size=1, max_size=6), is_trusted=st.booleans())
def test_what_was_taken_is_worked_off(events: list[dict[str, Any]], is_trusted: bool) -> None:
    with transaction.atomic():
        for key, kind in (("budget", "number"), ("fits", "boolean"), ("born", "date"), ("tags", "list")):
            make_attribute(key=key, type=kind)
        stored = [one for event in events for raw in encoded(event) if (one := taken(raw, is_trusted=is_trusted))]
        write_parcels(sort_by_lane("site:1", now(), stored))
        while working.run_once("test"):
            pass
        assert not InboxRow.objects.exists()
        refused = DeadLetter.objects.filter(error__startswith="ContactUnreadable")
        assert [(letter.step, letter.error[-300:]) for letter in DeadLetter.objects.exclude(pk__in=refused)] == []
        assert Event.objects.count() + refused.count() >= len({one.id for one in stored})
        transaction.set_rollback(True)
