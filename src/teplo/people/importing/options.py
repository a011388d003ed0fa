"""What a human chose for a whole run, beside the meaning of the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Options:
    """What a human chose for a whole run; stored as JSON."""

    phone_region: str = ""
    """The country (ISO 3166) of phones without one, where it is not the company's own."""
    known: str = "fill"
    """What happens to people who are known: fill (only what is empty), overwrite or skip."""
    id_space: str = ""
    """To which system the column of numbers belongs: one number in two systems is not one person."""
    number_rows: bool = False
    """Rows without any contact or number are taken too, numbered by their place in the file."""
    consent_channels: list[str] = field(default_factory=list)
    consent_source: str = ""
    consent_text: str = ""
    source: str = ""
    tags: list[str] = field(default_factory=list)
    owner_id: int | None = None
    event_name: str = ""
    """Of all rows of a table of deeds that has no column for it."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Options:
        """The stored options; unknown ones are left out."""
        return cls(**{name: data[name] for name in cls.__slots__ if name in data})

    def as_json(self) -> dict[str, Any]:
        """As stored with the run."""
        return {name: getattr(self, name) for name in self.__slots__}
