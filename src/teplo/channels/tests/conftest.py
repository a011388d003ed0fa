from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from teplo.accounts.models import Workspace
from teplo.channels.email.transport import close_transports
from teplo.channels.testing import MailServer
from teplo.content.models import Template
from teplo.content.testing import make_template
from teplo.kit.clock import at_moment

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def noon() -> Iterator[datetime]:
    with at_moment(NOON):
        yield NOON


@pytest.fixture
def workspace(db: None) -> Workspace:
    """Europe/Kyiv, quiet from 21 to 9, three touches in seven days, consent not demanded."""
    workspace, _ = Workspace.objects.update_or_create(
        pk=1, defaults={"requires_consent": False, "public_url": "https://t.example", "timezone": "Europe/Kyiv"}
    )
    workspace.refresh_from_db()
    return workspace


@pytest.fixture
def template(db: None) -> Template:
    return make_template()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server
    close_transports()
