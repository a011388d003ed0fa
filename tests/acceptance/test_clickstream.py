"""31,106 events of 600 people of a shop through /collect of a running Teplo, compared with sums taken from the file."""

from __future__ import annotations

import collections
import csv
import http.client
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from teplo.kit.testing import PATIENCE
from tests.acceptance.installation import BROWSER, KEY, Installation, kill
from tests.acceptance.test_faults_collecting import place  # noqa: F401 - a fixture

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "ecom_clickstream" / "ecom_synthetic.csv"
DEEDS = {"purchase": "payment-received", "support_chat": "question-asked"}
SIX_DAYS = 6 * 86_400

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.data,
    pytest.mark.skipif(not FILE.exists(), reason="the measurement data are not beside the project"),
]


def read_events() -> list[dict[str, object]]:
    """The file's events in order; half a year is pressed into the last six days, which a site may still send."""
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    times = [datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC).timestamp() for row in rows]
    first, last = min(times), max(times)
    began = time.time() - SIX_DAYS - 3600
    return [
        {
            "id": f"ecom-{number}",
            "name": DEEDS.get(row["event"], "page-viewed"),
            "time": int((began + (at - first) / (last - first) * SIX_DAYS) * 1000),
            "visitor": row["user_id"],
            "url": f"https://shop.example/{row['event']}",
            "properties": {"platform": row["platform"], "session": row["session_id"]},
        }
        for number, (row, at) in enumerate(zip(rows, times, strict=True))
    ]


def post(line: http.client.HTTPConnection, events: list[dict[str, object]], token: str) -> int:
    """What pages saw goes with the site's key, what was paid comes from the shop's server; answers how many."""
    paid = [event for event in events if event["name"] == "payment-received"]
    seen = [event for event in events if event["name"] != "payment-received"]
    known = {"Authorization": f"Bearer {token}"}
    return _post(line, f"/collect?key={KEY}", seen, {}) + _post(line, "/api/v1/events", paid, known)


def _post(line: http.client.HTTPConnection, path: str, events: list[dict[str, object]], headers: dict[str, str]) -> int:
    if not events:
        return 0
    line.request(
        "POST", path, json.dumps({"events": events}), {"Content-Type": "application/json", **BROWSER, **headers}
    )
    answer = line.getresponse()
    body = json.loads(answer.read())
    assert answer.status == 202, body
    return int(body["accepted"])


_TOKEN = """
import django; django.setup()
from teplo.accounts.tokens import create_token
print(create_token(name="shop", role="administrator", by=None)[1])
"""


def test_a_shops_clickstream_is_counted_as_the_file_says(place: Installation) -> None:  # noqa: F811
    events = read_events()
    assert len(events) == 31_106
    token = place.python("-c", _TOKEN).strip()
    process = place.start("up")
    try:
        place.wait_until_listening()
        line = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
        for start in range(0, len(events), 250):
            part = events[start : start + 250]
            assert post(line, part, token) == len(part)
        post(line, events[:250], token)  # the same again counts once
        place.wait_until_empty()
    finally:
        kill(process)
    assert place.one("SELECT COUNT(*) FROM tracking_event") == len(events)
    assert place.one("SELECT COUNT(*) FROM tracking_deadletter") == 0
    people = {event["visitor"] for event in events}
    assert place.one("SELECT COUNT(*) FROM people_person") == len(people) == 600
    expected = collections.Counter(str(event["name"]) for event in events)
    tallied = place.execute(
        "SELECT a.key, SUM(t.count) FROM tracking_tally t JOIN tracking_activity a ON a.id = t.activity_id "
        "WHERE a.key IN ('page-viewed', 'payment-received', 'question-asked') GROUP BY a.key"
    )
    assert {key: int(count) for key, count in tallied} == dict(expected)
    per_person = collections.Counter(str(event["visitor"]) for event in events)
    counted = place.execute(
        "SELECT i.value, p.events FROM tracking_presence p JOIN people_identity i ON i.person_id = p.person_id"
    )
    assert {visitor: int(count) for visitor, count in counted} == dict(per_person)
    buyers = {str(event["visitor"]) for event in events if event["name"] == "payment-received"}
    customers = place.execute(
        "SELECT i.value FROM stages_standing s JOIN stages_stage g ON g.id = s.stage_id "
        "JOIN people_identity i ON i.person_id = s.person_id WHERE g.key IN ('close-friend', 'family')"
    )
    assert {visitor for (visitor,) in customers} == buyers
