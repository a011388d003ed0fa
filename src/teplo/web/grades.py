"""How profiles are called on the screens."""

from __future__ import annotations

from django.utils.translation import gettext as _

from teplo.scoring.models import ProfileKind


def grade_name(grade: str) -> str:
    """The portrait of a client in words; empty for none."""
    return {
        ProfileKind.IDEAL: _("ideal client"),
        ProfileKind.NEAR_IDEAL: _("near-ideal client"),
        ProfileKind.UNACCEPTABLE: _("unacceptable client"),
    }.get(grade, "")  # type: ignore[call-overload, no-any-return]
