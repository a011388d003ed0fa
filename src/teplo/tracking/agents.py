"""What a user agent alone tells: a human being in a browser or an app, or a machine (R9).

Rules come from one source, the list of crawlers of `crawler-user-agents`, and from ours: words that only machines use,
libraries that programs fetch pages with, previews of links in messengers; and browsers inside of apps, which that list
takes for the apps' previews. How well they do is measured on lists not read here (benchmarks/agents.py).
"""

# ruff: noqa: E501 (lists of words)
from __future__ import annotations

import re
from functools import lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

# Gmail and Yahoo fetch pictures when a human opens the letter, so their proxies count as human.
_HUMAN_PROXIES = re.compile(r"GoogleImageProxy|ggpht\.com|YahooMailProxy")

_MACHINE_PATTERNS = re.compile(
    r"(?<!cu)bots?(?![a-z])|(?<!cu)bot[-_/ ]|[\w.+-]+@[\w-]+\.[a-z]{2,}|monitor(?!\w*;)|\bscan(?:ner)?\b|"
    r"python(?:[-/ ]|$)|\bjava(?:/|\d)|\bgot[ /(]|\bnode(?:\.js)?(?:/|$)|^(?:dart|php|ruby|perl|bun|deno|hyper|swift|lua|"
    r"rust|nim|julia|elixir|erlang|scala|kotlin|ktor|hackney|mint|req|tesla|finch|httpoison)(?:\b|[-/_])|"
    r"compatible; (?!msie|konqueror|iphone|ipad|googletoolbar|wv|android|opera|netscape)[^;)]*[;)]?[^;)]*\)\s*$"
)
_MACHINE_WORDS = tuple(
    """
    robot|crawl|spider|slurp|scraper|scrapy|scraping|://|+http|headless|phantomjs|selenium|puppeteer|playwright|webdriver
    lighthouse|pagespeed|page speed|pingdom|uptime|validator|checker|prerender|preview|externalhit|facebookcatalog
    skypeuri|vkshare|snippet|archive.|archiver|indexer|feedfetcher|feedly|feedparser|feedburner|rss/|favicon|sitemap
    linkcheck|link check|screenshot|thumbnail|barracuda|proofpoint|mimecast|messagelabs|symantec|fireeye|trendmicro
    trend micro|sophos|forcepoint|safelinks|zscaler|urldefense|ironport|cloudfilt|libwww-perl|okhttp|aiohttp|httpx|urllib
    httpclient|http-client|http client|httprequest|http_request|http.rb|httpunit|httplib|guzzle|node-fetch|superagent
    axios/|undici|wget|curl/|libcurl|pycurl|jakarta|dart:io|faraday|httparty|rest-client|restsharp|mechanize|typhoeus|lwp::
    lwp-|winhttp|winhttprequest|postman|insomnia|httpie|reqwest|electron-fetch|nutch|heritrix|larbin|zgrab|masscan|nmap
    nikto|sqlmap|nessus|qualys|wpscan|censys|expanse|claude-|anthropic|perplexity|chatgpt|openai|cohere|fetcher|fetch/
    downloader|harvest|extractor|analyzer|auditor|inspector|optimizer|verifier|tester|webcheck|sitecheck|healthcheck
    health check|watchdog|statuscake|newrelic|datadog|zabbix|nagios|synthetic|seo|backlink|plagiar|copyright|aggregator
    collector|googleother|google-|mediapartners|apis-google|feedvalidator|webzip|teleport|httrack|siteexplorer|site24x7
    wordpress/|joomla|drupal|magento|iframely|embedly|oembed|opengraph|metainspector|pagepeeker|webthumb
    simplepie|liferea|newsblur|tt-rss|miniflux|freshrss|webhook|callback|gateway|proxy/|varnish|cloudflare|cdn/|akamai
    """.replace("\n", "|")
    .replace("    ", "")
    .strip("|")
    .split("|")
)
_IN_APPS = re.compile(
    r"Instagram|FBAN|FBAV|FB_IAB|FBIOS|MetaIAB|Viber|VKAndroidApp|VKClient|vk_app|VK[ /]|Telegram-(?:Android|iOS)|"
    r"\bTelegram/|\bMAX/|MaxMessenger|OKApp|Line/|MicroMessenger|Snapchat|Pinterest|musical_ly|BytedanceWebview|"
    r"TikTok|LinkedInApp|Twitter for|YaApp|GSA/|KAKAOTALK|Weibo"
)
"""Browsers inside of apps: people who tapped a link."""
_BROWSER = re.compile(
    r"Mozilla/5\.0 \((?!compatible)[^()]*(?:\([^()]*\)[^()]*)?\)[^()]*"
    r"(?:AppleWebKit/[\d.]+ \(KHTML, like Gecko\)|Gecko/[\w.]+)"
)
_OWN_START = re.compile(r"(?:Mozilla|Opera)/", re.IGNORECASE)
_PREVIEWS = re.compile(
    r"^(?:WhatsApp|Viber|Telegram|Signal|Slack|Skype|Discord|Snapchat|Instagram|VK|MAX)\b(?!.*Mozilla/)"
)
_SOMEBODYS = re.compile(
    r"Browser|J2ME|CLDC|\bWAP|Windows NT|Macintosh|\bX11\b|SmartTV|Smart-TV|HbbTV|Maple|Kindle|\bBada|Tizen|webOS|"
    r"[Mm]obile|[Pp]hone|\bScale/|\bBuild/|AppleCoreMedia|"
    r"UCWEB|UP\.Browser|MIDP|Profile/|Configuration/|Dalvik/|CFNetwork/|Darwin/|\bAndroid\b|\biPhone\b|\biPad\b|\biOS\b|"
    r"\bwatchOS\b|Windows Phone|\bBREW\b|\bMAUI\b|Symbian|Series ?\d0|Obigo|NetFront|Teleca|\bBrowser/|\bOpera\b|Release/|"
    r"^(?:Nokia|SAMSUNG|SEC-|LG[-/E]|MOT-|SonyEricsson|Ericsson|SIE-|BlackBerry|HTC|PHILIPS|Alcatel|ZTE|HUAWEI|PANTECH|KDDI|"
    r"DoCoMo|J-PHONE|SoftBank|Vodafone|portalmmm|Palm|TIANYU|Lenovo|GIONEE|Micromax|KARBONN|Spice|Lynx/|ELinks|Links \(|"
    r"w3m/|Dillo/|NetSurf|NCSA|Emacs|AppleTV|Roku|Xbox|PlayStation|PSP|Nintendo|QuickTime|VLC|iTunes|Windows-Media)"
)
"""Of phones of before, apps and programs with a human being before them, where no browser names itself."""
_TOO_WIDE = (
    "Viber",
    "WhatsApp",
    "MetaIAB Facebook",
    "Instagram",
    "okhttp",
    "Snapchat",
    "Pinterest",
    "AP3A.240617.008",
    "Sogou",
    "Sonic",
    "Butterfly",
    "Fever",
    "Code\\/1.",
    "Code/1.",
    "Fluid",
    "008\\/",
    "008/",
)
"""Patterns of the list that catch people: previews of apps and their browsers alike, builds of phones, browsers."""


_ENGINES = re.compile(
    r"AppleWebKit|Gecko|Trident|MSIE|Presto|KHTML|Opera|NetFront|Goanna|Servo|Blink|NetFront|UP\.Browser|\[\w\w[\]-]|WebTV|"
    r"Konqueror|iCab|OmniWeb|Links|Lynx|Dillo|AvantGo|Palm|PSP|PlayStation|Nintendo|BeOS|Netscape|MIDP|Profile/|Series ?\d0|"
    r"Symbian|MobilePhone|Windows CE|Android|Mobile Safari|iPhone|iPad"
)
"""What a browser of any year says; without one of these "Mozilla" is only said."""


_SYSTEMS = re.compile(r"Windows|Linux|Mac|X11|SunOS|FreeBSD|OS/2|Amiga|RISC OS|BeOS")
_MODEL = re.compile(r"; [^;()]* build/[^;()]*")
"""A phone's model and build: any word may be the name of a phone."""


@lru_cache(maxsize=50_000)
def is_machine(user_agent: str) -> bool:
    """Whether no human being sits behind this agent; an empty one tells nothing and is none."""
    agent = user_agent.strip()
    if not agent or _HUMAN_PROXIES.search(agent):
        return False
    low = _MODEL.sub("", agent.lower())
    if _says_machine(low):
        return not _is_inside_an_app(agent, low)
    if _PREVIEWS.match(agent):
        return True
    if not _OWN_START.match(agent):
        return _SOMEBODYS.search(agent) is None
    if _ENGINES.search(agent) is None and _SYSTEMS.search(agent) is None:
        return True
    return _is_listed(agent) and not _is_inside_an_app(agent, low)


def _says_machine(low: str) -> bool:
    return any(word in low for word in _MACHINE_WORDS) or _MACHINE_PATTERNS.search(low) is not None


def _is_inside_an_app(agent: str, low: str) -> bool:
    """A whole browser that names its app, and neither a robot nor a page about itself."""
    if not (_BROWSER.match(agent) and _IN_APPS.search(agent)):
        return False
    return not any(word in low for word in _SURE_WORDS) and _SURE.search(low) is None


_SURE_WORDS = ("crawl", "spider", "://", "externalhit", "headless")
_SURE = re.compile(r"(?<!cu)bots?(?![a-z])")


def _is_listed(agent: str) -> bool:
    literals, others = _crawlers()
    return any(word in agent for word in literals) or others.search(agent) is not None


@lru_cache(maxsize=1)
def _crawlers() -> tuple[tuple[str, ...], re.Pattern[str]]:
    """The list without what our words find anyway: plain words, looked for one by one, and one pattern of the rest."""
    patterns = [str(entry["pattern"]) for entry in CRAWLER_USER_AGENTS_DATA]
    plain = {pattern: re.sub(r"\\([^a-zA-Z])", r"\1", pattern) for pattern in patterns}
    left = [one for one in patterns if plain[one] not in _TOO_WIDE and not _says_machine(plain[one].lower())]
    special = [pattern for pattern in left if re.search(r"[\[\](){}|^$*+?\\]", plain[pattern])]
    literals = tuple(sorted({plain[pattern] for pattern in left} - {plain[pattern] for pattern in special}))
    return literals, re.compile("|".join(f"(?:{pattern})" for pattern in special) or r"(?!)")
