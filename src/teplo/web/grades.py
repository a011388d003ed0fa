"""How profiles are called on the screens."""

from __future__ import annotations

from django.utils.translation import gettext as _

from teplo.scoring.models import ProfileKind


def grade_name(grade: str) -> str:
    """The portrait of a client in words; empty for none."""
    names = {
        ProfileKind.IDEAL.value: _("ideal client"),
        ProfileKind.NEAR_IDEAL.value: _("near-ideal client"),
        ProfileKind.UNACCEPTABLE.value: _("unacceptable client"),
    }
    return names.get(grade, "")
