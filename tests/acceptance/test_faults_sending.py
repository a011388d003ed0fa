"""Workers killed with -9 in the middle of sending: no letter twice, none lost, every doubt shown (ARCHITECTURE §8)."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from teplo.channels.sending import GROUP
from teplo.channels.testing import MailServer
from tests.acceptance.installation import Installation, kill, make_installation, wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.faults]

LETTERS = 6_000
KILLS = 30
_FILL = f"""
import sys
import django; django.setup()
from teplo.accounts.models import Workspace
from teplo.channels.outbox import NewDelivery, enqueue
from teplo.channels.testing import make_sender
from teplo.content.testing import make_template
from teplo.kit.ids import new_ids
from teplo.people.models import Identity, Person
Workspace.objects.update_or_create(
    pk=1, defaults=dict(requires_consent=False, quiet_from="00:00", quiet_until="00:00", public_url="https://t.example")
)
make_sender(port=int(sys.argv[1]), per_minute=1_000_000)
template = make_template()
ids = new_ids({LETTERS})
Person.objects.bulk_create([Person(id=i, first_name="Ольга") for i in ids])
Identity.objects.bulk_create(
    [Identity(kind="email", value=f"p{{n}}@example.com", person_id=i, is_main=True) for n, i in enumerate(ids)]
)
enqueue([NewDelivery(person_id=i, template_id=template.pk, enrolment_id=1, step="letter") for i in ids])
"""


@pytest.mark.parametrize("seed", [11])
def test_killed_senders_send_no_letter_twice_and_lose_none(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    with make_installation(tmp_path) as installation, MailServer(delay=0.004) as mail:
        installation.python("-c", _FILL, str(mail.port))
        kills = _send_with_kills(installation, chance)
        wait_for(lambda: _standing(installation) == 0, 60, "letters stay in the outbox", installation)
        installation.wait_until_empty()
        assert kills >= KILLS // 2, "sending was over before it could be killed"
        _check(installation, mail, kills)


def _send_with_kills(installation: Installation, chance: random.Random) -> int:
    """Two workers, one of which is killed at a random moment, again and again; the last two are left alone."""
    workers = [installation.start("work"), installation.start("work")]
    kills = 0
    while kills < KILLS and _standing(installation):
        time.sleep(chance.uniform(0.15, 0.9))
        victim = chance.randrange(2)
        kill(workers[victim])
        time.sleep(0.05)
        _let_leases_end(installation, workers[victim])
        workers[victim] = installation.start("work")
        kills += 1
    return kills


def _standing(installation: Installation) -> int:
    count: int = installation.one("SELECT COUNT(*) FROM channels_delivery WHERE state IN ('queued', 'sending')")
    return count


def _let_leases_end(installation: Installation, process: int) -> None:
    """Nobody waits five minutes for the dead one's leases in a test."""
    for table in ("channels_delivery", "tracking_inboxrow"):
        installation.execute(
            f"UPDATE {table} SET lease_until = '2020-01-01 00:00:00' "
            f"WHERE lease_owner LIKE '%:{process}:%' AND lease_until IS NOT NULL"
        )


def _check(installation: Installation, mail: MailServer, kills: int) -> None:
    states: dict[str, str] = {}
    for address, state in installation.execute(
        "SELECT i.value, d.state FROM channels_delivery d JOIN people_identity i ON i.person_id = d.person_id"
    ):
        states[address] = state
    received = Counter(letter.recipients[0] for letter in mail.letters)
    told = installation.one("SELECT COUNT(*) FROM tracking_event WHERE name = 'letter-sent'")
    summary = Counter(states.values())
    print(f"kills {kills}, {dict(summary)}, received {sum(received.values())}")
    assert len(states) == LETTERS and set(summary) <= {"sent", "uncertain"}
    assert [address for address, times in received.items() if times > 1] == []
    assert [address for address, state in states.items() if state == "sent" and received[address] != 1] == []
    assert summary["uncertain"] <= kills * GROUP
    assert told == summary["sent"]
