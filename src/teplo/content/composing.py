"""From what a marketer wrote to the two Liquid sources of a letter, HTML and plain text, done once per version."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from teplo.content.flaws import TemplateWarning
from teplo.content.plain_text import to_text
from teplo.content.sandbox import LINK_TAG
from teplo.content.shielding import Cleaned, Shielded, clean, only_mark, rewrite_links, shield
from teplo.content.text_links import traceable

_HEAVY = 100_000
_OWN_PAGE = re.compile(r"\{\{-?\s*(unsubscribe_url|preferences_url|view_url|confirm_url)\b[^}]*\}\}")
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SPACES_IN_URL = re.compile(r"[ \t]*[\r\n]+[ \t]*|\t")
_PADDING = "&#847;&zwnj;&nbsp;" * 60
_FOOTER: Mapping[str, tuple[str, str]] = {
    "ru": ("Вы получили это письмо, потому что разрешили нам писать.", "Отписаться"),
    "uk": ("Ви отримали цей лист, бо дозволили нам писати.", "Відписатися"),
    "en": ("You got this letter because you allowed us to write.", "Unsubscribe"),
}
_FOOTER_LOOK = (
    "max-width:600px;margin:24px auto 0;padding:16px;font:13px/1.5 sans-serif;color:#6b7280;text-align:center"
)
_PLAIN_LOOK = (
    "max-width:600px;margin:0 auto;padding:24px 16px;color:#2b2724;"
    "font:16px/1.6 -apple-system,'Segoe UI',Roboto,Arial,sans-serif"
)
"""Of a letter that brings no layout of its own: mail programs would set it in Times, from edge to edge."""
_OWN_LAYOUT = re.compile(r"<(?:div|table|section|center|style)\b", re.IGNORECASE)
_PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><title>{title}</title>{styles}</head>'
    '<body{look}>{preheader}{inside}{footer}<img src="{{{{ pixel_url }}}}" width="1" height="1" alt="" '
    'style="display:block;border:0"></body></html>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the marketer wrote."""

    channel: str = "email"
    language: str = "en"
    subject: str = ""
    preheader: str = ""
    body: str = ""
    text: str = ""
    is_service: bool = False

    @property
    def parts(self) -> dict[str, str]:
        """The written parts by name."""
        return {"subject": self.subject, "preheader": self.preheader, "body": self.body, "text": self.text}


@dataclass(frozen=True, slots=True)
class Composed:
    """Liquid sources ready to be parsed; `html` is empty for channels of plain text."""

    text: str
    html: str = ""
    warnings: list[TemplateWarning] = field(default_factory=list)


def compose(source: Source) -> Composed:
    """Raises TemplateFlaw."""
    if source.channel != "email":
        return Composed(text=traceable(source.body))
    shielded = shield(source.body)
    cleaned = clean(shielded.html)
    warnings: list[TemplateWarning] = []
    needs_footer = not source.is_service and "unsubscribe_url" not in source.body
    inside = shielded.restored(rewrite_links(cleaned.html, lambda url: _link(url, shielded, warnings)))
    made = _page(source, cleaned, shielded, inside, needs_footer)
    warnings += _looked_over(source, cleaned, made, needs_footer)
    return Composed(text=_text(source, shielded, cleaned, needs_footer), html=made, warnings=warnings)


def _link(url: str, shielded: Shielded, warnings: list[TemplateWarning]) -> str:
    """How an address stands in the HTML: own pages and anchors as they are, the rest traceable."""
    url = _SPACES_IN_URL.sub("", url).strip()
    mark = only_mark(url)
    if (mark is not None and _OWN_PAGE.fullmatch(shielded.pieces[mark])) or url.startswith("#") or not url:
        return html.escape(url)
    if mark is None and not re.match(r"[a-z][a-z0-9+.-]*:|teplo0hole", url, re.IGNORECASE):
        warnings.append(TemplateWarning("link-without-address", params={"url": shielded.restored(url)[:100]}))
        return html.escape(url)
    return f"{{% {LINK_TAG} %}}{html.escape(url)}{{% end{LINK_TAG} %}}"


def _page(source: Source, cleaned: Cleaned, shielded: Shielded, inside: str, needs_footer: bool) -> str:
    look = f' style="{cleaned.body_style or "margin:0"}"'
    look += f' bgcolor="{cleaned.body_colour}"' if cleaned.body_colour else ""
    preheader = (
        '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">'
        f"{_escaped_outside_liquid(source.preheader)}{_PADDING}</div>"
        if source.preheader
        else ""
    )
    return _PAGE.format(
        language=source.language,
        title=_escaped_outside_liquid(source.subject),
        styles=f"<style>{shielded.restored(cleaned.at_rules)}</style>" if cleaned.at_rules else "",
        look=shielded.restored(look),
        preheader=preheader,
        inside=inside if _OWN_LAYOUT.search(source.body) else f'<div style="{_PLAIN_LOOK}">{inside}</div>',
        footer=_footer(source.language) if needs_footer else "",
    )


def _footer(language: str) -> str:
    why, leave = _FOOTER.get(language, _FOOTER["en"])
    return (
        f'<div style="{_FOOTER_LOOK}">{why}<br>{{{{ workspace.address }}}}<br>'
        f'<a href="{{{{ unsubscribe_url }}}}" style="color:#6b7280">{leave}</a></div>'
    )


def _text(source: Source, shielded: Shielded, cleaned: Cleaned, needs_footer: bool) -> str:
    if source.text:
        text = traceable(source.text)
    else:
        text = shielded.restored(to_text(cleaned.html, link=lambda url: _link_in_text(url, shielded)))
    if not source.is_service and "unsubscribe_url" not in text:
        why, leave = _FOOTER.get(source.language, _FOOTER["en"])
        text = f"{text.rstrip()}\n\n--\n{why}\n{{{{ workspace.address }}}}\n{leave}: {{{{ unsubscribe_url }}}}\n"
    return text


def _link_in_text(url: str, shielded: Shielded) -> str:
    url = _SPACES_IN_URL.sub("", url).strip()
    mark = only_mark(url)
    if mark is not None and _OWN_PAGE.fullmatch(shielded.pieces[mark]):
        return url
    return f"{{% {LINK_TAG} %}}{url}{{% end{LINK_TAG} %}}"


def _escaped_outside_liquid(text: str) -> str:
    pieces = re.split(r"(\{\{.*?\}\}|\{%.*?%\})", text, flags=re.DOTALL)
    return "".join(piece if index % 2 else html.escape(piece) for index, piece in enumerate(pieces))


def _looked_over(source: Source, cleaned: Cleaned, made: str, needs_footer: bool) -> list[TemplateWarning]:
    warnings = []
    if not source.subject.strip():
        warnings.append(TemplateWarning("no-subject", "subject"))
    if needs_footer:
        warnings.append(TemplateWarning("no-unsubscribe"))
    if cleaned.removed:
        warnings.append(TemplateWarning("removed", params={"what": ", ".join(cleaned.removed[:10])}))
    size = len(made.encode())
    if size > _HEAVY:
        warnings.append(TemplateWarning("too-heavy", params={"size": size // 1024}))
    if any("alt=" not in image for image in _IMAGE.findall(cleaned.html)):
        warnings.append(TemplateWarning("image-without-text"))
    return warnings
