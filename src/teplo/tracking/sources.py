"""How somebody came: from a referrer and UTM marks to one of our source kinds (R7)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from teplo.tracking.models import SourceKind
from teplo.tracking.places import OWN, kind_of_host, site_of

_UTM = ("source", "medium", "campaign", "content", "term")
_CLICKS: dict[str, str] = {
    **dict.fromkeys(
        ("gclid", "gbraid", "wbraid", "dclid", "yclid", "msclkid", "ttclid", "twclid", "li_fat_id", "rb_clickid",
         "rbclickid", "fbclid_ad", "gad_source", "gad_campaignid", "vkclid", "rdt_cid", "sccid"),
        SourceKind.PAID.value,
    ),
    **dict.fromkeys(("ysclid", "srsltid"), SourceKind.ORGANIC.value),
    **dict.fromkeys(("fbclid", "igshid", "igsh"), SourceKind.SOCIAL.value),
    **dict.fromkeys(("mc_eid", "_hsenc", "mkt_tok", "vero_id"), SourceKind.EMAIL.value),
}  # fmt: skip
"""What services add to an address when it is clicked, and what that says; paid before all others."""

_WORDS: dict[SourceKind, str] = {
    SourceKind.PAID: """
        cpc ppc cpm cpa cpv cpl cpo cpi cps paid ad ads adv advert advertising advertisement adwords googleads gads
        fbads vkads banner banners display retargeting remarketing sponsored target targeting targeted paidsearch
        paidsocial paidmedia sem programmatic context contextual kontekst teaser rtb ydirect yadirect yandexdirect
        директ ppcads trgt таргет
    """,
    SourceKind.EMAIL: """
        email emails mail mailing mailings newsletter newsletters letter letters digest mailout edm лист листи імейл
        имейл емейл
    """,
    SourceKind.OFFLINE: """
        qr qrcode print printed offline leaflet leaflets flyer flyers flier fair fairs expo exhibition event events
        billboard billboards outdoor ooh tv radio poster posters brochure booklet catalog тв радио радіо
    """,
    SourceKind.SOCIAL: """
        social socials smm messenger messengers socialmedia socialnetwork socialnetworks telegram viber whatsapp
        instagram facebook tiktok vk vkontakte smo смм
    """,
    SourceKind.ASSISTANT: "ai llm chatgpt assistant assistants chatbot",
    SourceKind.ORGANIC: "organic seo",
    SourceKind.REFERRAL: "referral referrals referal partner partners affiliate affiliates",
}
"""Words of a medium, each as a whole."""

_STEMS: tuple[tuple[str, str], ...] = (
    *((stem, SourceKind.PAID.value) for stem in
      ("реклам", "контекст", "таргет", "ретаргет", "баннер", "банер", "медийн", "медійн", "тизер", "платн", "оплачен")),
    *((stem, SourceKind.OFFLINE.value) for stem in
      ("листовк", "листівк", "выставк", "виставк", "визитк", "візитк", "буклет", "билборд", "білборд", "бігборд",
       "плакат",
       "оффлайн", "офлайн", "наружк", "зовнішн", "ярмар", "каталог", "мероприят", "куар")),
    *((stem, SourceKind.EMAIL.value) for stem in ("рассыл", "розсил", "письм", "емайл", "дайджест", "почт", "пошт")),
    *((stem, SourceKind.SOCIAL.value) for stem in ("соц", "мессендж", "месендж", "телеграм", "вайбер", "вконтакт",
       "инстаграм")),
    *((stem, SourceKind.ORGANIC.value) for stem in ("органи", "органі", "поиск", "пошук")),
    *((stem, SourceKind.REFERRAL.value) for stem in ("партн", "рефера")),
)  # fmt: skip
"""Beginnings of Russian and Ukrainian words, whose ends change."""

_KINDS = {word: kind.value for kind, words in _WORDS.items() for word in words.split()}

_ORDER = (
    SourceKind.PAID, SourceKind.EMAIL, SourceKind.OFFLINE, SourceKind.SOCIAL, SourceKind.ASSISTANT, SourceKind.ORGANIC,
    SourceKind.REFERRAL,
)  # fmt: skip
"""Of several words the first of these decides: paid-social is paid."""

_WORD = re.compile(r"[^\W\d_]+")
_BLOG = re.compile(r"^blog\.|/blog(?:/|$)")
_MACRO = re.compile(r"\{\{.*?\}\}|\$?\{.*?\}|\[[A-Za-z_]+\]|%%?[A-Za-z_]+%%?|__[A-Z_]+__|^\(not set\)$|^\(none\)$")
"""Places for values that an advertising service has not filled: {keyword}, {{ad.name}}, __CAMPAIGN_NAME__, %source%."""
_LONGEST = 400
"""More of a mark than this is not looked at: a browser may send anything."""
_GLUED = re.compile(r"(?:(?<!^)[?&;/|,]{0,20}|amp;)(?=utm_(?:source|medium|campaign|content|term)=)", re.IGNORECASE)


class Arrival(NamedTuple):
    """One coming, ready to be a Touch."""

    source: str
    referrer_host: str
    utm: tuple[str, str, str, str, str]
    landing: str

    @property
    def detail(self) -> str:
        """What stands beside the source in lists: campaign, else source mark, else host."""
        source, _medium, campaign, _content, _term = self.utm
        return (campaign or source or self.referrer_host)[:200]


@lru_cache(maxsize=20_000)
def read_arrival(url: str, referrer: str, utm: tuple[tuple[str, str], ...] = ()) -> Arrival | None:
    """How this page view came about; None when the person merely went on within the same site.

    The same site is every sub-domain of it, and the places one passes through: payment, bank, sign-in. Direct (no
    referrer, no marks) is an answer too: it counts where nothing better is known.
    """
    host, path, query = _parts(url)
    asked = _asked(query)
    marks = _marks(asked)
    marks |= {key.lower(): _filled(value) for key, value in utm if key.lower() in _UTM and _filled(value)}
    click = _click(asked)
    from_host = _host(referrer)
    place = _place_of(from_host, _parts(referrer)[1]) if from_host else None
    is_own = bool(from_host) and (place == OWN or _is_same_site(from_host, host))
    if is_own and not marks and click != SourceKind.PAID.value:
        return None
    if is_own:
        from_host, place = "", None
    values = tuple(marks.get(name, "")[:200] for name in _UTM)
    is_blog = bool(_BLOG.search(f"{from_host}{_parts(referrer)[1]}"))
    source = _source(values[0], values[1], from_host, place, click=click, is_blog=is_blog)
    return Arrival(source, from_host[:253], values, path[:500])  # type: ignore[arg-type]


def _source(utm_source: str, medium: str, host: str, place: str | None, *, click: str, is_blog: bool) -> str:
    if SourceKind.PAID.value in (click, place):
        return SourceKind.PAID.value
    if said := _kind_of_words(medium):
        return _source_of_mark(utm_source) if said == SourceKind.REFERRAL.value and utm_source else said
    if not medium and (said := _kind_of_words(utm_source)) in _SAID_BY_SOURCE:
        return said
    if click and not host:
        return click
    if host:
        return place or (SourceKind.BLOG.value if is_blog else SourceKind.REFERRAL.value)
    if utm_source:
        return _source_of_mark(utm_source)
    return SourceKind.REFERRAL.value if medium else SourceKind.DIRECT.value


_SAID_BY_SOURCE = (SourceKind.PAID.value, SourceKind.EMAIL.value, SourceKind.OFFLINE.value)
"""Kinds that a source mark alone can tell (google_cpc, newsletter); names of networks are looked up as hosts."""


@lru_cache(maxsize=10_000)
def _kind_of_words(text: str) -> str:
    """What the words of a mark say, each read as a whole (an affair is no fair); empty if none says anything."""
    plain = text.lower().replace("e-mail", "email").replace("off-line", "offline").replace("е-мейл", "имейл")
    words = _WORD.findall(plain)
    said = {kind for word in words if (kind := _KINDS.get(word) or _by_stem(word))}
    return next((kind.value for kind in _ORDER if kind.value in said), "")


def _by_stem(word: str) -> str:
    return next((kind for stem, kind in _STEMS if word.startswith(stem)), "")


@lru_cache(maxsize=10_000)
def source_of_host(host: str, *, is_blog: bool = False) -> str:
    """What kind of place a referring host is."""
    place = kind_of_host(_ascii(host))
    return place if place and place != OWN else SourceKind.BLOG.value if is_blog else SourceKind.REFERRAL.value


@lru_cache(maxsize=10_000)
def _place_of(host: str, path: str) -> str | None:
    return kind_of_host(_ascii(host), path)


_MARKS = {
    "fb": "facebook.com", "ig": "instagram.com", "insta": "instagram.com", "tg": "t.me", "telegram": "t.me",
    "yt": "youtube.com", "perplexity": "perplexity.ai", "claude": "claude.ai", "gemini": "gemini.google.com",
    "copilot": "copilot.microsoft.com", "gpt": "chatgpt.com", "openai": "chatgpt.com", "gigachat": "giga.chat",
    "alice": "alice.yandex.ru",
    "вк": "vk.com", "телеграм": "t.me", "телеграмм": "t.me", "инстаграм": "instagram.com", "ютуб": "youtube.com",
    "вайбер": "viber.com", "яндекс": "yandex.ru", "гугл": "google.com", "ok": "ok.ru",
    "max": "max.ru", "dzen": "dzen.ru",
    "wa": "wa.me",
}  # fmt: skip


@lru_cache(maxsize=10_000)
def _source_of_mark(utm_source: str) -> str:
    """utm_source alone: vk, facebook, telegram … are social; anything else sent the person on purpose."""
    mark = utm_source.lower()
    first = (_WORD.findall(mark) or [mark])[0]
    for name in (mark, first):
        host = _MARKS.get(name, name if "." in name else f"{name}.com")
        if (kind := source_of_host(host)) != SourceKind.REFERRAL.value:
            return kind
    return SourceKind.REFERRAL.value


@lru_cache(maxsize=10_000)
def _parts(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
        # marks behind the # are read by no server, but people put them there
        query = f"{parts.query}&{parts.fragment.partition('?')[2] or parts.fragment}" if parts.fragment else parts.query
        return host, parts.path or ("/" if parts.netloc else ""), query
    except ValueError:
        return "", "", ""


def path_of(url: str) -> str:
    """The path of a page's address, for conditions and lists."""
    return _parts(url)[1][:500]


@lru_cache(maxsize=10_000)
def _host(url: str) -> str:
    return _parts(url)[0] if "//" in url else ""


def _is_same_site(one: str, other: str) -> bool:
    return bool(other) and site_of(_ascii(one)) == site_of(_ascii(other))


@lru_cache(maxsize=10_000)
def _ascii(host: str) -> str:
    """A host as it goes over the wire: «пример.рф» and xn--e1afmkfd.xn--p1ai are one."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _asked(query: str) -> dict[str, str]:
    """The parameters by their names in lower case; glued ones taken apart, of two of a name the last that says much."""
    if not query:
        return {}
    found: dict[str, str] = {}
    for key, value in parse_qsl(_GLUED.sub("&", query.replace("&amp;", "&"))):
        if "utm_" in value.lower() and "=" in value:  # an ampersand that came as %26
            glued, *more = _GLUED.split(value)
            found[key.lower()] = glued
            found |= {name.lower(): said for part in more for name, said in parse_qsl(part)}
        else:
            found[key.lower()] = value
    return found


def _marks(asked: dict[str, str]) -> dict[str, str]:
    named = {name: _filled(asked[f"utm_{name}"]) for name in _UTM if f"utm_{name}" in asked}
    return {name: value for name, value in named.items() if value}


def _filled(value: str) -> str:
    """A mark without the places that nobody has filled."""
    value = value[:_LONGEST]
    return _MACRO.sub("", value).strip(" _-|:,.") if _MACRO.search(value) else value.strip()


def _click(asked: dict[str, str]) -> str:
    said = {_CLICKS[name] for name, value in asked.items() if name in _CLICKS and _filled(value)}
    return next((kind.value for kind in _ORDER if kind.value in said), "")
