"""The words people agree to: versioned, never changed, named by `key` or `key@version` (R32)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from teplo.people.consent import CHANNELS
from teplo.people.models import ConsentText


class TextRefused(Exception):
    """A text of consent needs a key of letters and digits, a channel that exists and words."""

    code = "consent-text-refused"

    def __str__(self) -> str:
        return _("A consent text needs a key of Latin letters and digits, a channel and words.")


@transaction.atomic
def save_text(
    *, key: str, text: str, channel: str = "email", language: str = "", purpose: str = "", by: int | None = None
) -> ConsentText:
    """A new version when anything of it is new; the same again is the version there is. Raises TextRefused."""
    said = {"text": text.strip(), "channel": channel, "language": language, "purpose": purpose.strip()[:200]}
    if not key or slugify(key) != key or len(key) > 60 or channel not in CHANNELS or not said["text"]:
        raise TextRefused
    newest = ConsentText.objects.select_for_update().filter(key=key).order_by("-version").first()
    if newest is not None and all(getattr(newest, name) == value for name, value in said.items()):
        return newest
    return ConsentText.objects.create(key=key, version=newest.version + 1 if newest else 1, created_by=by, **said)


def texts_of(names: Iterable[str]) -> dict[str, ConsentText]:
    """The text behind each name, `key@version` or `key` for the newest; unknown ones are missing from the answer."""
    wanted = sorted(set(names))
    keys = {name.partition("@")[0] for name in wanted}
    found = ConsentText.objects.filter(key__in=keys).order_by("version") if keys else ()
    by_name: dict[str, ConsentText] = {}
    for text in found:
        by_name[f"{text.key}@{text.version}"] = by_name[text.key] = text
    return {name: by_name[name] for name in wanted if name in by_name}


def newest_texts() -> list[ConsentText]:
    """Each text as it is now, by key."""
    newest = dict(ConsentText.objects.values_list("key").annotate(newest=Max("version")))
    return [text for text in ConsentText.objects.order_by("key", "version") if text.version == newest[text.key]]
