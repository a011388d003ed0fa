"""Icons a user may choose from. Their names stand here quoted, so that the sprite has them (scripts/assets.py)."""

from __future__ import annotations

from typing import Any

from django import forms

# fmt: off
PICKABLE = (
    "activity", "eye", "star", "heart", "bell", "flag", "bookmark", "book", "book-2", "download", "upload",
    "file-text", "file-download", "clipboard-check", "checkbox", "calendar-event", "calendar-user", "clock",
    "alarm", "map-pin", "building", "building-store", "home", "car", "truck", "plane", "package", "gift",
    "shopping-cart", "shopping-bag", "basket", "cash", "coins", "credit-card", "receipt", "discount", "percentage",
    "tag", "tags", "ticket", "phone", "phone-call", "phone-off", "message-2", "message-circle", "messages",
    "brand-telegram", "brand-whatsapp", "mail", "mail-opened", "send", "inbox", "user", "user-plus", "users",
    "users-group", "user-check", "thumb-up", "thumb-down", "mood-smile", "mood-sad", "trophy", "medal", "award",
    "certificate", "school", "presentation", "video", "microphone", "camera", "photo", "music", "player-play",
    "device-mobile", "device-desktop", "device-tv", "world", "link", "search", "click", "hand-click", "forms",
    "pencil", "signature", "key", "lock", "login", "logout", "refresh", "repeat", "arrow-back-up", "share",
    "help-circle", "info-circle", "bulb", "rocket", "flame", "bolt", "sun", "snowflake", "leaf", "plant", "coffee",
    "tools", "settings", "shield", "stethoscope", "ruler", "calculator", "chart-bar", "chart-pie", "target",
    "compass", "route", "file-description", "message", "phone-check",
)
# fmt: on


class IconPicker(forms.RadioSelect):
    """The icons themselves to click on, instead of their names."""

    template_name = "components/icon_picker.html"


class IconField(forms.ChoiceField):
    """One of the icons; an older choice that is not among them stays possible."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(name, name) for name in PICKABLE], widget=IconPicker, **kwargs)

    def valid_value(self, value: Any) -> bool:
        """Any short plain name: one that the sprite does not have is shown as a dot."""
        return isinstance(value, str) and len(value) <= 40 and value.replace("-", "").isalnum()
