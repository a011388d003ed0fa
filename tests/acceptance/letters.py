"""Letters waiting in an installation's outbox, and a mail server in a process of its own that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.acceptance.installation import Installation

_FILL = """
import sys
import django; django.setup()
from teplo.accounts.models import Workspace
from teplo.channels.outbox import NewDelivery, enqueue
from teplo.channels.testing import make_sender
from teplo.content.testing import make_template
from teplo.kit.ids import new_ids
from teplo.people.models import Identity, Person
port, letters = map(int, sys.argv[1:])
Workspace.objects.update_or_create(
    pk=1, defaults=dict(requires_consent=False, quiet_from="00:00", quiet_until="00:00", public_url="https://t.example")
)
make_sender(port=port, per_minute=1_000_000)
template = make_template()
ids = new_ids(letters)
Person.objects.bulk_create([Person(id=i, first_name="Ольга") for i in ids])
Identity.objects.bulk_create(
    [Identity(kind="email", value=f"p{n}@example.com", person_id=i, is_main=True) for n, i in enumerate(ids)]
)
enqueue([NewDelivery(person_id=i, template_id=template.pk, enrolment_id=1, step="letter") for i in ids])
"""
_SERVE = """
import sys
import django; django.setup()
from teplo.channels.testing import MailServer

book = open(sys.argv[2], "a", buffering=1)

class Book(list):
    def append(self, received):
        book.write(received.recipients[0] + "\\n")

def note(stage, line):
    if stage == "quit":
        book.write("QUIT\\n")

with MailServer(port=int(sys.argv[1]), delay=0.02, letters=Book(), script=note):
    print("ready", flush=True)
    sys.stdin.read()
"""


def fill_outbox(installation: Installation, *, letters: int, port: int) -> None:
    """A sender on that port, and as many letters to as many people as wanted."""
    installation.python("-c", _FILL, str(port), str(letters))


class MailProcess:
    """Writes down each letter it takes before it says so; ends by kill -9 and may begin again on the same port."""

    def __init__(self, installation: Installation, *, port: int) -> None:
        self.port = port
        self._book: Path = installation.home / "letters.txt"
        self._environment = installation.environment
        self._process: subprocess.Popen[str] | None = None
        self._book.touch()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(self.port), str(self._book)],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None and self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None

    @property
    def received(self) -> Counter[str]:
        """How often each address got its letter; half a line at the end was never acknowledged."""
        lines = self._book.read_text().split("\n")[:-1]
        return Counter(line for line in lines if line != "QUIT")

    @property
    def farewells(self) -> int:
        """Sessions that ended politely."""
        return self._book.read_text().split("\n").count("QUIT")
