"""What a user agent alone tells: a human being in a browser or an app, or a machine (R9).

Rules come from one source, the list of crawlers of `crawler-user-agents`, and from ours: words that only machines use,
libraries that programs fetch pages with, previews of links in messengers; and browsers inside of apps, which that list
takes for the apps' previews. How well they do is measured on lists of others, half of which nobody looked at
(benchmarks/agents.py).

A person is whoever has a browser before them, also one inside of an app, and an app that names its phone.
"""

# ruff: noqa: E501 (lists of words)
from __future__ import annotations

import re
from functools import lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

# Gmail and Yahoo fetch pictures when a human opens the letter, so their proxies count as human.
_HUMAN_PROXIES = re.compile(r"GoogleImageProxy|ggpht\.com|YahooMailProxy")

_MACHINE_PATTERNS = re.compile(
    r"(?<!cu)bots?(?![a-z])|(?<!cu)bot[-_/ ]|[\w.+-]+@[\w-]+\.[a-z]{2,}|monitor(?!\w*;)|(?<![a-z])scan(?:ner)?(?![a-z])|"
    r"python(?:[-/ ]|$)|\bjava(?:/|\d)|\bgot[ /(]|\bnode(?:\.js)?(?:/|$)|^(?:dart|php|ruby|perl|bun|deno|hyper|swift|lua|"
    r"rust|nim|julia|elixir|erlang|scala|kotlin|ktor|hackney|mint|req|tesla|finch|httpoison)(?:\b|[-/_])|"
    r"compatible; (?!msie|konqueror|iphone|ipad|googletoolbar|wv|android|opera|netscape|linux|risc os|ibrowse|ms-office)"
    r"(?![^)]*(?:amiga|morphos))[^;)]*[;)]?[^;)]*\)\s*$"
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
    agent/|agent 1|agent 2|agent 3|like gecko; |googlemessages|; +|linux; android 0;|linux; android 0)|-snapshot|(select | union |sleep(|load_file
    /etc/|.env |${|<script|classifier|prospecting|prospector|weblight|duplexweb|search console|adsense|firephp
    simplepie|liferea|newsblur|tt-rss|miniflux|freshrss|webhook|callback|gateway|varnish|cloudflare|cdn/|akamai
    """.replace("\n", "|")
    .replace("    ", "")
    .strip("|")
    .split("|")
)
_WORDS_IN_BROWSERS = tuple(
    """
    research|academic|survey|probe|audit|lookup|parser|domain|dataprovider|whois|dns/|certificate|pentest|exploit|phish
    malware|threat|intelligence|metadata|enrich|webpage|json|api/|copier|grabber|snatch|leech|stripper|prefetch|pre-fetch
    loadtest|loadimpact|benchmark|pinger|ping/|heartbeat|status/|alert|transcod|reputation|compliance|pricing|catalog
    directory|index/|archive|vacuum|siphon|sniff|walker|automat|testing|performance|gtmetrix|thumb|scrap|extract|mining
    miner|collect|server/|service/|worker/|task/|job/|queue|daemon|http/|fetch|url/|link/|unfurl|render|metrics|analytics
    www.|validat|verify|valid/|accessib|wave/|axe/|wappalyzer|builtwith|whatweb|netcraft|shodan|prospect
    """.replace("\n", "|")
    .replace("    ", "")
    .strip("|")
    .split("|")
)
"""What machines do; of agents that say they are a browser, which say nothing of the kind. Apps may be called so."""
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
_APP_OF_A_PHONE = re.compile(r"^(?!okhttp|mozilla)[^()]+\([^()]*\bandroid \d[^()]*\) okhttp/")
"""An app that names itself, its phone and what it fetches with."""
_GLUED = re.compile(r"\bChrome/[\d.]+[A-Z][A-Za-z]+/\d")
"""Put together by a program out of two browsers, in one of which it left the blank out."""
_FETCHED_BY_AN_APP = re.compile(
    r"\((?:com|org|net|io|ru)\.[\w.]+; android api \d+\)|\(unknown version\) CFNetwork/|^\w+, Mozilla/|\bsplash Version/",
    re.IGNORECASE,
)
"""What a program fetches for itself: an app that gives its package and no phone, a service of the system, a name set
before a borrowed browser, a browser without a screen."""
_OWN_START = re.compile(r"(?:Mozilla|Opera)/", re.IGNORECASE)
_PREVIEWS = re.compile(
    r"^(?:WhatsApp|Viber|Telegram|Signal|Slack|Skype|Discord|Snapchat|Instagram|VK|MAX)\b(?!.*(?:Mozilla/|CFNetwork/))"
)
_SOMEBODYS = re.compile(
    r"AppleWebKit|\bKHTML\b|Chrom(?:e|ium)[/_]|\bOPR/|Mosaic/|\blibwww/|Amiga|MorphOS|\bMac OS\b|\biPadOS\b|\bWindows/\d|"
    r"\bwin\d+ x\d\d\b|\bandroid\b|smarttv|_tv\b|\bTV\b|AFT[A-Z]{1,4}|\bbrowser/|\[FBAN/|Nintendo|NETTV|UPnP/|LibVLC/|ViziOS|\bWatch ?OS|\bmacOS\b|\bGarmin\b|\bhw/iP|"
    r"Browser|J2ME|CLDC|\bWAP|Windows NT|Macintosh|\bX11\b|SmartTV|Smart-TV|HbbTV|Maple|Kindle|\bBada|Tizen|webOS|"
    r"(?<![a-z_])[Mm]obile|[Pp]hone|\bScale/|\bBuild/|AppleCoreMedia|"
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
    r"Symbian|MobilePhone|Windows CE|Android|Mobile Safari|iPhone|iPad|UCWEB|IBrowse|Oregano|MSOffice",
    re.IGNORECASE,
)
"""What a browser of any year says; without one of these "Mozilla" is only said."""


_SYSTEMS = re.compile(r"Windows|Linux|Mac|X11|SunOS|FreeBSD|OS/2|Amiga|RISC OS|BeOS", re.IGNORECASE)
_MODEL = re.compile(
    r"; [^;()]* build/[^;()]*|(?<=; android \d)[\d.]*; [^;()/:@+]*(?=\))|embedded web browser from: http://[\w./]*"
)
"""A phone's model and build: any word may be the name of a phone. And a part of Internet Explorer with its address."""


@lru_cache(maxsize=50_000)
def is_machine(user_agent: str) -> bool:
    """Whether no human being sits behind this agent; an empty one tells nothing and is none."""
    agent = user_agent.strip()
    if not agent or _HUMAN_PROXIES.search(agent):
        return False
    if _GLUED.search(agent) or _FETCHED_BY_AN_APP.search(agent):
        return True
    low = _MODEL.sub("", agent.lower())
    if _says_machine(low) or (_OWN_START.match(agent) and any(word in low for word in _WORDS_IN_BROWSERS)):
        return not (_is_inside_an_app(agent, low) or _APP_OF_A_PHONE.match(low))
    if _PREVIEWS.match(agent):
        return True
    if not _OWN_START.match(agent):
        return _SOMEBODYS.search(agent) is None
    if "rv:" in low and not any(engine in low for engine in ("gecko", "trident", "goanna", "servo", "webkit")):
        return True
    if _ENGINES.search(agent) is None and _SYSTEMS.search(agent) is None:
        return True
    return _is_listed(agent) and not _is_inside_an_app(agent, low)


def _says_machine(low: str) -> bool:
    if low.endswith("agent") or low.startswith(("get /", "post /", "put /", "head /")):
        return True
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
    left = _USUAL.sub("", agent)
    return any(word in left for word in literals) or others.search(left) is not None


_USUAL = re.compile(
    r" (?:AppleWebKit|Chrome|Safari|Version|Gecko|Firefox)/[\d.]+(?= |$)| \(KHTML, like Gecko\)|(?<=\()Windows NT 10\.0; Win64; x64"
)
"""What most browsers say tells nothing, and takes time to look through."""


@lru_cache(maxsize=1)
def _crawlers() -> tuple[tuple[str, ...], re.Pattern[str]]:
    """The list without what our words find anyway: plain words, looked for one by one, and one pattern of the rest."""
    patterns = [str(entry["pattern"]) for entry in CRAWLER_USER_AGENTS_DATA]
    plain = {pattern: re.sub(r"\\([^a-zA-Z])", r"\1", pattern) for pattern in patterns}
    left = [one for one in patterns if plain[one] not in _TOO_WIDE and not _says_machine(plain[one].lower())]
    special = [pattern for pattern in left if re.search(r"[\[\](){}|^$*+?\\]", plain[pattern])]
    literals = tuple(sorted({plain[pattern] for pattern in left} - {plain[pattern] for pattern in special}))
    return literals, re.compile("|".join(f"(?:{pattern})" for pattern in special) or r"(?!)")
