"""Forms that several nouns share: ids, moments, pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.utils import timezone
from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from teplo.conditions import registry
from teplo.kit.clock import in_utc


def _held(text: str) -> str:
    """An id is a number that every database holds."""
    if int(text) >= 2**63:
        raise ValueError("is no id")
    return text


Id = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,19}$"),
    AfterValidator(_held),
    Field(description="Ids exceed what JavaScript counts."),
]
"""An id as text: whoever reads JSON in a browser would lose its last digits as a number."""


def _clean(text: Any) -> Any:
    """A NUL is nobody's wish, and PostgreSQL refuses it."""
    if isinstance(text, str) and "\0" in text:
        raise ValueError("has a NUL character")
    return text


Text = Annotated[str, BeforeValidator(_clean)]


def _aware(moment: datetime) -> datetime:
    """In UTC. Without a zone it is meant in the company's."""
    return in_utc(timezone.make_aware(moment, registry.zone()) if timezone.is_naive(moment) else moment)


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A moment; without a time zone the company's is meant."""


class Asked(Schema):
    """What is sent: unknown names are refused, so that a slip of the pen is noticed."""

    model_config = {"extra": "forbid"}


class JobRef(Schema):
    """Long work that has begun; read it at /api/v1/jobs/{id}."""

    job: Id
