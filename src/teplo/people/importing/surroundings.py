"""What reading a row needs to know of this installation, fetched once per run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from teplo.accounts.models import User
from teplo.accounts.workspace import get_workspace
from teplo.people.importing import lending
from teplo.people.models import AttributeDefinition


@dataclass(slots=True)
class Surroundings:
    """What reading a row needs to know of this installation."""

    zone: tzinfo
    region: str
    owners: Mapping[str, int]
    stages: Mapping[str, str]
    definitions: Mapping[tuple[bool, str], AttributeDefinition]

    @classmethod
    def here(cls) -> Surroundings:
        """As it is now: five small queries."""
        workspace = get_workspace()
        owners: dict[str, int] = {}
        for user_id, email, name in User.objects.filter(is_active=True).values_list("id", "email", "name"):
            owners |= {email.lower(): user_id, name.strip().lower(): user_id}
        return cls(
            zone=ZoneInfo(workspace.timezone),
            region=workspace.phone_region,
            owners=owners,
            stages=lending.known_stages(),
            definitions={(found.of_company, found.key): found for found in AttributeDefinition.objects.all()},
        )
