"""Makers for tests of content and of what uses it."""

from __future__ import annotations

from typing import Any

from teplo.content.models import Template


def make_template(**changes: Any) -> Template:
    """A letter with a hole, a link and no footer of its own."""
    values = {
        "name": "Welcome",
        "language": "ru",
        "subject": "{{ person.first_name | default: 'Друзья' }}, здравствуйте",
        "body": '<p>Здравствуйте, {{ person.first_name }}.</p><p><a href="https://example.com/prices">Цены</a></p>',
    }
    return Template.objects.create(**{**values, **changes})
