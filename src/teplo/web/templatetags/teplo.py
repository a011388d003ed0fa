"""Template tags and filters of the screens."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BoundField, CheckboxSelectMultiple
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from teplo.kit.wording import in_language
from teplo.web import formatting

register = template.Library()
BLANK = "—"


def _version(path: str) -> str:
    found = finders.find(path)
    if not isinstance(found, str):
        return ""
    with open(found, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:10]


_remembered_version = lru_cache(maxsize=200)(_version)


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file with its content's digest, so that browsers may keep it for good."""
    version = _version(path) if settings.DEBUG else _remembered_version(path)
    return f"{static(path)}?v={version}" if version else static(path)


def _sprite() -> frozenset[str]:
    found = finders.find("vendor/icons.svg")
    if not isinstance(found, str):
        return frozenset()
    with open(found, encoding="utf-8") as file:
        return frozenset(re.findall(r'<symbol id="([^"]+)"', file.read()))


_remembered_sprite = lru_cache(maxsize=1)(_sprite)


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An icon by its name; one that the sprite does not have is a dot rather than a gap."""
    known = _sprite() if settings.DEBUG else _remembered_sprite()
    if known and name not in known:
        name = "point"
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        extra,
        asset("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def temperature(kind: str, total: int | None = None) -> SafeString:
    """How warm someone is, with his score."""
    if not kind:
        return mark_safe("")
    number = "" if total is None else format_html("<b>{}</b>", formatting.as_number(total))
    name = formatting.temperature_name(kind)
    return format_html('<span class="warmth warmth-{}"><i></i>{}<span>{}</span></span>', kind, number, name)


@register.inclusion_tag("components/thermometer.html")
def thermometer(total: int | None, warm_from: int, hot_from: int) -> dict[str, Any]:
    """A score on the one scale from cold to hot, with the thresholds drawn in."""
    value = total or 0
    warm_from, hot_from = max(1, warm_from), max(2, hot_from)
    full = max(hot_from * 1.4, value, 1)

    def place(points: float) -> float:
        return round(min(max(points / full, 0), 1) * 300, 1)

    return {
        "total": value,
        "warm_from": warm_from,
        "hot_from": hot_from,
        "at": max(place(value), 4),
        "warm_at": place(warm_from),
        "hot_at": place(hot_from),
        "gradient": f"warmth-{secrets.token_hex(4)}",
    }


@register.simple_tag
def avatar(name: str, key: int | str = 0, size: str = "") -> SafeString:
    """Initials on a calm ground that stays the same for the same person."""
    shade = int(hashlib.sha256(str(key).encode()).hexdigest()[:4], 16) % 6
    return format_html(
        '<span class="avatar avatar-{} shade-{}" aria-hidden="true">{}</span>',
        size or "md",
        shade,
        formatting.initials(name or ""),
    )


@register.simple_tag
def person_link(key: int, name: str, kind: str = "") -> SafeString:
    """A person's name leading to his card, with a dot as warm as he is."""
    said = name or _("A stranger")
    try:
        url = reverse("person", args=[key])
    except NoReverseMatch:
        url = f"/people/{key}/"
    dot = format_html('<i class="dot dot-{}" title="{}"></i>', kind, formatting.temperature_name(kind)) if kind else ""
    return format_html('<a class="person" href="{}">{}{}</a>', url, dot, said)


@register.simple_tag
def url_if_any(name: str, *args: Any) -> str:
    """The address of a named page, or nothing while that page is not there."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _time(value: datetime, said: str) -> SafeString:
    exact = formats.date_format(timezone.localtime(value), "j E Y, H:i:s")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, said)


@register.filter
def ago(value: datetime | None) -> str:
    return _time(value, formatting.as_ago(value)) if value else BLANK


@register.filter
def moment(value: datetime | None) -> str:
    return _time(value, formatting.as_moment(value)) if value else BLANK


@register.filter
def day(value: date | datetime | None) -> str:
    return formatting.as_day(value) if value else BLANK


@register.filter
def number(value: formatting.Number | None, digits: int = 0) -> str:
    return BLANK if value is None or value == "" else formatting.as_number(value, digits)


@register.filter
def percent(value: formatting.Number | None, digits: int = 0) -> str:
    return BLANK if value is None else formatting.as_percent(value, digits)


@register.filter
def money(value: formatting.Number | None, currency: str = "") -> str:
    return BLANK if value is None else formatting.as_money(value, currency)


@register.filter
def lasting(value: Any) -> str:
    return BLANK if value is None else formatting.as_lasting(value)


@register.filter
def spoken(names: Mapping[str, str] | None) -> str:
    return in_language(names or {})


@register.filter
def signed(value: int | None) -> str:
    """+5, −3, 0: points of a criterion, with a real minus."""
    if value is None:
        return BLANK
    return f"+{value}" if value > 0 else f"−{-value}" if value < 0 else "0"


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """mapping[key], None when it is not there."""
    return mapping.get(key) if mapping else None


@register.filter
def widget_kind(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple):  # whose input_type is that of one checkbox
        return "checkboxselectmultiple"
    return str(getattr(widget, "input_type", "") or type(widget).__name__.lower())


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, icon: str = "") -> dict[str, Any]:
    """Label, control, help and what is wrong, in one place."""
    kind = widget_kind(bound)
    classes = {"select": "form-select", "selectmultiple": "form-select", "checkbox": "form-check-input"}
    own = bound.field.widget.attrs.get("class", "")
    attributes: dict[str, Any] = {"class": f"{classes.get(kind, 'form-control')} {own}".strip()}
    if bound.errors:
        attributes |= {"aria-invalid": "true", "class": f"{attributes['class']} is-invalid"}
    is_group = kind in {"radio", "checkboxselectmultiple", "lengthwidget"}
    return {"field": bound, "kind": kind, "control": bound if is_group else bound.as_widget(attrs=attributes)}


@register.inclusion_tag("components/fields.html")
def fields(form: Any) -> dict[str, Any]:
    return {"form": form}


@register.simple_tag
def bar(value: formatting.Number | None, maximum: formatting.Number | None, kind: str = "") -> SafeString:
    """A thin bar for a table cell."""
    share = min(max(float(value or 0) / float(maximum), 0.0), 1.0) if maximum else 0.0
    return format_html(
        '<svg class="bar bar-{}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar-track" width="100" height="6"/>'
        '<rect class="bar-fill" width="{}" height="6"/></svg>',
        kind or "plain",
        round(share * 100, 2),
    )


@register.simple_tag
def sparkline(values: Sequence[formatting.Number], label: str = "") -> SafeString:
    """A small trend without axes; without a label it only goes with what stands beside it."""
    if len(values) < 2:
        return mark_safe("")
    highest = max(*values, 1)
    step = 100 / (len(values) - 1)
    points = " ".join(f"{i * step:.1f},{22 - float(value) / float(highest) * 20:.1f}" for i, value in enumerate(values))
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" {}>'
        '<polygon points="0,24 {} 100,24"/><polyline points="{}"/></svg>',
        said,
        points,
        points,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float) else str(value)


@register.inclusion_tag("components/chart.html")
def chart(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A picture of `data`, and the same as a table. What the kinds take stands in docs/screens.md."""
    rows = [[_plain(value) for value in row] for row in data["rows"]]
    links = list(data.get("links") or [None] * len(rows))
    picture = {key: value for key, value in data.items() if key not in {"rows", "links"}}
    drawn = picture | {
        "rows": rows,
        "links": links,
        "columns": [str(name) for name in data["columns"]],
        "label": str(data.get("label", "")),
    }
    return {
        "kind": kind,
        "id": f"chart-{secrets.token_hex(4)}",
        # Text in a hidden element, not a script: htmx takes every script out of fragments.
        "data_json": json.dumps(drawn, cls=DjangoJSONEncoder, ensure_ascii=False),
        "columns": data["columns"],
        "table": _table(data, links),
        "label": data.get("label", ""),
    }


def _table(data: Mapping[str, Any], links: list[Any]) -> list[tuple[list[str], Any]]:
    """The rows in words; the last one of a time that is not over says so."""
    table = [([_shown(value) for value in row], link) for row, link in zip(data["rows"], links, strict=True)]
    if table and data.get("unfinished"):
        table[-1][0][0] = f"{table[-1][0][0]} ({data['unfinished']})"
    return table


def _shown(value: Any) -> str:
    return formatting.as_day(value) if isinstance(value, date) else formatting.cell(value)


@register.simple_tag
def classes(*names: str) -> str:
    return " ".join(name for name in names if name)


@register.simple_tag
def attributes(**given: Any) -> SafeString:
    """Attributes that have a value; underscores become dashes."""
    pairs = [(name.replace("_", "-"), value) for name, value in given.items() if value not in (None, "", False)]
    return format_html_join(" ", '{}="{}"', pairs)
