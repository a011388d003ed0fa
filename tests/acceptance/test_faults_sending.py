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
from tests.acceptance.letters import fill_outbox

pytestmark = [pytest.mark.acceptance, pytest.mark.faults]

LETTERS = 4_000
KILLS = 20


@pytest.mark.parametrize("seed", [11])
def test_killed_senders_send_no_letter_twice_and_lose_none(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    with make_installation(tmp_path) as installation, MailServer(delay=0.004) as mail:
        fill_outbox(installation, letters=LETTERS, port=mail.port)
        dead = _send_with_kills(installation, chance)
        wait_for(lambda: _is_over(installation, dead), 120, "letters stay in the outbox", installation)
        installation.wait_until_empty()
        assert len(dead) >= KILLS // 2, "sending was over before it could be killed"
        _check(installation, mail, len(dead))


def _send_with_kills(installation: Installation, chance: random.Random) -> list[int]:
    """Two workers, one of which is killed at a random moment, again and again; the last two are left alone."""
    workers = [installation.start("work"), installation.start("work")]
    dead: list[int] = []
    while len(dead) < KILLS and not _is_over(installation, dead):
        time.sleep(chance.uniform(0.15, 0.9))
        victim = chance.randrange(2)
        kill(workers[victim])
        dead.append(workers[victim])
        workers[victim] = installation.start("work")
    return dead


def _is_over(installation: Installation, dead: list[int]) -> bool:
    """Nothing stands in the outbox; nobody waits five minutes for a dead one's leases in a test.

    Asked again and again, because a server ends the last statement of a dead process after its death.
    """
    for table in ("channels_delivery", "tracking_inboxrow"):
        for process in dead:
            installation.execute(
                f"UPDATE {table} SET lease_until = '2020-01-01 00:00:00' "
                f"WHERE lease_owner LIKE '%:{process}:%' AND lease_until > '2021-01-01 00:00:00'"
            )
    return bool(installation.one("SELECT COUNT(*) = 0 FROM channels_delivery WHERE state IN ('queued', 'sending')"))


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
    # what was in the hands of several workers when they died is set aside, visibly, rather than tried for ever
    set_aside = installation.one("SELECT COUNT(*) FROM tracking_deadletter WHERE error LIKE '%WorkerKilled%'")
    assert told + set_aside == summary["sent"]
