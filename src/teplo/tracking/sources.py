"""How somebody came: from a referrer and UTM marks to one of our source kinds (R7)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from teplo.tracking.models import SourceKind

_UTM = ("source", "medium", "campaign", "content", "term")
_PAID_CLICKS = frozenset(
    {"gclid", "gbraid", "wbraid", "yclid", "ysclid", "fbclid_ad", "msclkid", "ttclid", "rb_clickid"}
)
_PAID_MEDIUMS = re.compile(
    r"cpc|ppc|cpm|cpa|cpv|cpl|paid|ads?|banner|display|retargeting|remarketing|sponsored|direct[-_ ]?ads|target",
    re.IGNORECASE,
)
_PAID_WHOLE = re.compile(rf"(?:^|[^a-z])(?:{_PAID_MEDIUMS.pattern})(?:[^a-z]|$)", re.IGNORECASE)
_EMAIL_MEDIUM = re.compile(r"e-?mail|newsletter|letter|рассыл|розсил", re.IGNORECASE)
_SOCIAL_MEDIUM = re.compile(r"social|smm|messenger|соц", re.IGNORECASE)
_OFFLINE_MEDIUM = re.compile(
    r"qr|print|offline|off-line|leaflet|flyer|fair|event|листовк|выставк|виставк", re.IGNORECASE
)

# Second-level names and hosts as people meet them in Eastern Europe and elsewhere.
_SEARCH = re.compile(
    r"(?:^|\.)(?:google|bing|yandex|ya|duckduckgo|ecosia|baidu|yahoo|rambler|mail|meta|qwant|startpage|seznam|naver|sogou|"
    r"petalsearch|kagi|brave|nigma|sputnik|search)\.[a-z.]{2,10}$"
)
_SEARCH_ONLY = {
    "mail": ("go.mail.ru",),
    "yahoo": ("search.yahoo.com",),
    "brave": ("search.brave.com",),
    "meta": ("meta.ua",),
}
_SOCIAL = re.compile(
    r"(?:^|\.)(?:facebook\.com|fb\.com|fb\.me|instagram\.com|vk\.com|vk\.ru|vkontakte\.ru|ok\.ru|odnoklassniki\.ru|t\.me|telegram\.(?:org|me)|"
    r"twitter\.com|x\.com|t\.co|linkedin\.com|lnkd\.in|youtube\.com|youtu\.be|tiktok\.com|pinterest\.[a-z.]+|reddit\.com|"
    r"threads\.net|whatsapp\.com|wa\.me|viber\.com|discord\.com|dzen\.ru|rutube\.ru|habr\.com|dou\.ua|livejournal\.com|"
    r"medium\.com|quora\.com|tumblr\.com|mastodon\.social|bsky\.app)$"
)
_MAIL = re.compile(
    r"^(?:mail\.google\.com|mail\.yandex\.[a-z.]+|e\.mail\.ru|outlook\.(?:live|office|office365)\.com|mail\.yahoo\.com|"
    r"mail\.ukr\.net|mail\.proton\.me|webmail\..+|(?:m|w+)?mail\d*\.(?:rambler\.ru|i\.ua|meta\.ua))$"
)
_BLOG = re.compile(r"^blog\.|/blog(?:/|$)")


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

    Direct (no referrer, no marks) is an answer too: it counts where nothing better is known.
    """
    host, path, query = _parts(url)
    marks = {**_marks(query), **{key: value for key, value in utm if key in _UTM}}
    from_host = _host(referrer)
    is_own = bool(from_host) and _bare(from_host) == _bare(host)
    is_paid = any(f"{name}=" in query for name in _PAID_CLICKS)
    if is_own and not marks and not is_paid:
        return None
    if is_own:
        from_host = ""
    values = tuple(marks.get(name, "")[:200] for name in _UTM)
    source = _source(values[0], values[1], from_host, referrer, is_paid=is_paid)
    return Arrival(source, from_host[:253], values, path[:500])  # type: ignore[arg-type]


def _source(utm_source: str, medium: str, host: str, referrer: str, *, is_paid: bool) -> str:
    if is_paid or _PAID_WHOLE.search(medium):
        return SourceKind.PAID.value
    if _EMAIL_MEDIUM.search(medium) or (not medium and _EMAIL_MEDIUM.search(utm_source)):
        return SourceKind.EMAIL.value
    if _OFFLINE_MEDIUM.search(medium):
        return SourceKind.OFFLINE.value
    if _SOCIAL_MEDIUM.search(medium):
        return SourceKind.SOCIAL.value
    if host:
        return source_of_host(host, is_blog=bool(_BLOG.search(f"{host}{urlsplit(referrer).path}")))
    if medium.lower() == "organic":
        return SourceKind.ORGANIC.value
    if medium.lower() in ("referral", "partner") or utm_source:
        return _source_of_mark(utm_source) if utm_source else SourceKind.REFERRAL.value
    return SourceKind.DIRECT.value


@lru_cache(maxsize=10_000)
def source_of_host(host: str, *, is_blog: bool = False) -> str:
    """What kind of place a referring host is."""
    if _MAIL.match(host):
        return SourceKind.EMAIL.value
    if _SOCIAL.search(host):
        return SourceKind.SOCIAL.value
    if match := _SEARCH.search(host):
        name = match.group(0).lstrip(".").split(".")[0]
        if name not in _SEARCH_ONLY or host in _SEARCH_ONLY[name]:
            return SourceKind.ORGANIC.value
    return SourceKind.BLOG.value if is_blog else SourceKind.REFERRAL.value


@lru_cache(maxsize=10_000)
def _source_of_mark(utm_source: str) -> str:
    """utm_source alone: vk, facebook, telegram … are social; anything else sent the person on purpose."""
    mark = utm_source.lower()
    known = {"fb": "facebook.com", "ig": "instagram.com", "tg": "t.me", "telegram": "t.me", "yt": "youtube.com"}
    host = known.get(mark, mark if "." in mark else f"{mark}.com")
    return source_of_host(host)


@lru_cache(maxsize=10_000)
def _parts(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.path or ("/" if parts.netloc else ""), parts.query
    except ValueError:
        return "", "", ""


def path_of(url: str) -> str:
    """The path of a page's address, for conditions and lists."""
    return _parts(url)[1][:500]


@lru_cache(maxsize=10_000)
def _host(url: str) -> str:
    return _parts(url)[0] if "//" in url else ""


def _bare(host: str) -> str:
    return host.removeprefix("www.").removeprefix("m.")


def _marks(query: str) -> dict[str, str]:
    if "utm_" not in query:
        return {}
    return {
        key.removeprefix("utm_"): value
        for key, value in parse_qsl(query, max_num_fields=100)
        if key.startswith("utm_") and key.removeprefix("utm_") in _UTM
    }
