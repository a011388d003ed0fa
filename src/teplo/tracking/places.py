"""What kind of place a host is: search, social network, mail, assistant, advertising, payment; facts about the web.

Hosts are lower case and in ASCII (xn--…). Nothing here knows marks or visits; `sources.py` does.
"""

from __future__ import annotations

import re

from teplo.tracking.models import SourceKind

OWN = "own"
"""A place that visitors only pass through on their way within one's own site: payment, sign-in, bank."""

_TLD = r"[a-z]{2,6}(?:\.[a-z]{2})?"

_SEARCH = re.compile(
    r"^(?:(?:www|m|images|cse|encrypted|ipv4|ipv6)\.)?google\." + _TLD + r"$"
    r"|^(?:(?:www|m|search|images|touch|go)\.)?yandex\." + _TLD + r"$"
    r"|^(?:(?:www|m)\.)?ya\.ru$"
    r"|^(?:(?:www|m|cn|global)\.)?bing\.com$"
    r"|^(?:[a-z]{2}\.)?(?:r\.)?search\.yahoo\.(?:com|co\.jp)$|^search\.yahoo\.co\.jp$"
    r"|^(?:m\.)?go\.mail\.ru$|^search\.mail\.ru$"
    r"|^(?:(?:www|html|lite|safe|start|noai)\.)?duckduckgo\.com$|^ddg\.gg$"
    r"|^(?:(?:www|m|wap)\.)?baidu\.com$|^(?:(?:www|m|wap|wenwen)\.)?sogou\.com$|^(?:(?:www|"
    r"m)\.)?so\.com$"
    r"|^(?:m\.)?(?:search\.)?naver\.com$|^(?:m\.)?search\.(?:naver|daum|seznam|aol|rambler|"
    r"brave|ukr)\.(?:com|net|cz|ru)$"
    r"|^(?:(?:www|m|search)\.)?(?:seznam\.cz|ecosia\.org|qwant\.com|startpage\.com|"
    r"swisscows\.com|mojeek\.com|kagi\.com|"
    r"petalsearch\.com|metager\.(?:org|de)|dogpile\.com|ask\.com|lycos\.com|gibiru\.com|"
    r"presearch\.com|presearch\.org|"
    r"sputnik\.ru|nigma\.ru|nova\.rambler\.ru|r0\.ru|coccoc\.com|yep\.com|excite\.com|webcrawler\.com|"
    r"searchencrypt\.com|lilo\.org|oceanhero\.today|you\.search|exalead\.com|virgilio\.it|"
    r"libero\.it|gigablast\.com|"
    r"haosou\.com|sm\.cn|quark\.sm\.cn|onet\.pl|szukaj\.onet\.pl|ecosia\.com)$"
    r"|^(?:suche|recherche|ricerca|szukaj|busca|search)\.(?:t-online\.de|web\.de|gmx\.(?:net|"
    r"de|ch)|lycos\.[a-z]+|"
    r"virgilio\.it|orange\.fr|wp\.pl|onet\.pl|sapo\.pt|uol\.com\.br|avg\.com|avira\.com|"
    r"norton\.com|privacywall\.org)$"
    r"|^(?:search|www)\.meta\.ua$|^meta\.ua$|^(?:search|poisk)\.(?:ukr\.net|i\.ua|bigmir\.net|"
    r"tut\.by|ngs\.ru)$"
    r"|^com\.google\.android\.googlequicksearchbox$|^ru\.yandex\.searchplugin$|"
    r"^com\.yandex\.(?:browser|search)$"
    r"|^com\.duckduckgo\.mobile\.android$|^com\.microsoft\.bing$"
)

_ASSISTANTS = re.compile(
    r"(?:^|\.)(?:chatgpt\.com|chat\.openai\.com|labs\.openai\.com|perplexity\.ai|claude\.ai|"
    r"(?:gemini|bard|notebooklm)\.google\.com|"
    r"copilot\.microsoft\.com|copilot\.com|copilot\.cloud\.microsoft|m365\.cloud\.microsoft|"
    r"edgeservices\.bing\.com|"
    r"(?:chat\.)?deepseek\.com|chatglm\.cn|grok\.com|"
    r"x\.ai|meta\.ai|mistral\.ai|chat\.mistral\.ai|qwen\.ai|chat\.qwen\.ai|"
    r"tongyi\.aliyun\.com|kimi\.com|"
    r"kimi\.moonshot\.cn|doubao\.com|yiyan\.baidu\.com|ai\.baidu\.com|chat\.baidu\.com|"
    r"duck\.ai|you\.com|poe\.com|phind\.com|iask\.ai|"
    r"felo\.ai|komo\.ai|character\.ai|pi\.ai|app\.jasper\.ai|app\.writesonic\.com|"
    r"chatplus\.com|chat-gpt\.org|"
    r"andisearch\.com|lmarena\.ai|genspark\.ai|manus\.im|alice\.yandex\.ru|a\.ya\.ru|"
    r"gigachat\.ru|giga\.chat|"
    r"gptunnel\.ru|chad\.ai|com\.openai\.chatgpt|ai\.perplexity\.app\.android|"
    r"com\.anthropic\.claude|com\.deepseek\.chat|"
    r"com\.google\.android\.apps\.bard|com\.microsoft\.copilot)$"
)

_MAIL = re.compile(
    r"^(?:mail\.google\.com|inbox\.google\.com|gmail\.com|com\.google\.android\.gm|"
    r"mail\.yandex\." + _TLD + r"|(?:e|touch|light|m|win|octavius|account|biz|tel)\.mail\.ru|"
    r"ru\.mail\.mailapp|ru\.yandex\.mail|outlook\.(?:live|office|office365)\.com|"
    r"com\.microsoft\.office\.outlook|"
    r"(?:[a-z0-9-]+\.)?mail\.live\.com|hotmail\.com|[a-z0-9-]*\.?mail\.yahoo\.com|"
    r"mail\.aol\.com|mail\.ukr\.net|"
    r"(?:mail\.|account\.)?proton\.me|mail\.protonmail\.com|app\.fastmail\.com|(?:www\.)?fastmail\.com|"
    r"mail\.zoho\.(?:com|eu|in)|(?:app\.)?(?:tuta|tutanota)\.com|(?:www\.)?icloud\.com|"
    r"(?:navigator[a-z0-9-]*\.)?gmx\.net|"
    r"(?:3c|bap\.navigator|navigator)\.(?:web\.de|gmx\.net)|email\.(?:seznam\.cz|"
    r"t-online\.de)|poczta\.(?:onet|wp|interia|o2)\.pl|"
    r"(?:webmail|roundcube|rc|owa|zimbra|mail(?!\.ru$)|imap|email|poczta|pochta)\.[a-z0-9.-]+|"
    r"(?:m|w+)?mail\d*\.(?:rambler\.ru|i\.ua|meta\.ua|bigmir\.net|tut\.by|nic\.ru|qip\.ru))$"
)

_SOCIAL = re.compile(
    r"(?:^|\.)(?:mastodon\.[a-z]+|mstdn\.[a-z]+|fosstodon\.org|hachyderm\.io|bilibili\.com|douyin\.com|flickr\.com|"
    r"behance\.net|dribbble\.com|livejournal\.ru|myspace\.com|nk\.pl|mixi\.jp|"
    r"facebook\.com|fb\.com|fb\.me|messenger\.com|m\.me|instagram\.com|"
    r"threads\.(?:net|com)|vk\.(?:com|ru|me|cc|link)|"
    r"vkontakte\.ru|vkvideo\.ru|ok\.ru|odnoklassniki\.ru|my\.mail\.ru|t\.me|telegram\.(?:org|"
    r"me|dog)|twitter\.com|x\.com|t\.co|"
    r"linkedin\.com|lnkd\.in|youtube\.com|youtu\.be|tiktok\.com|pinterest\.[a-z.]+|pin\.it|"
    r"reddit\.com|redd\.it|"
    r"whatsapp\.com|wa\.me|viber\.com|vb\.me|discord\.(?:com|gg)|discordapp\.com|slack\.com|"
    r"teams\.microsoft\.com|skype\.com|"
    r"signal\.org|line\.me|snapchat\.com|dzen\.ru|zen\.yandex\.ru|rutube\.ru|habr\.com|"
    r"dou\.ua|vc\.ru|pikabu\.ru|"
    r"livejournal\.com|tenchat\.ru|max\.ru|medium\.com|quora\.com|tumblr\.com|"
    r"mastodon\.social|bsky\.app|weibo\.com|"
    r"wechat\.com|twitch\.tv|vimeo\.com|xing\.com|flipboard\.com|clubhouse\.com|likee\.video|"
    r"yappy\.media|"
    r"kakao\.com|zalo\.me|imo\.im|spaces\.im|ask\.fm|badoo\.com)$"
    r"|^(?:org\.telegram\.(?:messenger|plus|web)[a-z.]*|org\.thunderdog\.challegram|"
    r"com\.viber\.voip|com\.whatsapp(?:\.w4b)?|"
    r"com\.facebook\.[a-z.]+|com\.instagram\.[a-z.]+|com\.vkontakte\.android|com\.vk\.[a-z.]+|"
    r"ru\.ok\.android|ru\.oneme\.app|"
    r"com\.twitter\.android|com\.linkedin\.android|com\.pinterest|com\.reddit\.frontpage|"
    r"com\.slack|com\.discord|"
    r"org\.thoughtcrime\.securesms|com\.zhiliaoapp\.musically|com\.google\.android\.youtube|"
    r"com\.snapchat\.android|"
    r"com\.skype\.raider|com\.microsoft\.teams|com\.google\.android\.apps\.messaging)$"
)

_PAID = re.compile(
    r"(?:^|\.)(?:an\.yandex\.ru|yabs\.yandex\.[a-z]+|direct\.yandex\.[a-z]+|bs\.yandex\.ru|"
    r"yandexadexchange\.net|"
    r"doubleclick\.net|2mdn\.net|googleadservices\.com|googlesyndication\.com|"
    r"adservice\.google\.[a-z.]+|adclick\.g\.doubleclick\.net|"
    r"ads\.google\.com|syndicatedsearch\.goog|ad\.mail\.ru|target\.my\.com|target\.mail\.ru|"
    r"trg\.mail\.ru|ads\.vk\.com|"
    r"criteo\.(?:com|net)|taboola\.com|outbrain\.com|mgid\.com|adnxs\.com|adriver\.ru|"
    r"adfox\.(?:ru|yandex\.ru)|"
    r"adfox\.yandex\.ru|ads\.adfox\.ru|begun\.ru|rtbhouse\.com|getintent\.com|"
    r"between-digital\.com|buzzoola\.com|"
    r"relap\.io|directadvert\.ru|marketgid\.com|teasernet\.com|adlabs\.ru|recreativ\.ru|"
    r"popads\.net|propellerads\.com|adform\.net|"
    r"amazon-adsystem\.com|bat\.bing\.com|ads\.yahoo\.com|adsrvr\.org|smartadserver\.com|"
    r"zemanta\.com|revcontent\.com|"
    r"admitad\.com|ad\.admitad\.com|actionpay\.net|cityads\.com|ads\.linkedin\.com|"
    r"ads\.tiktok\.com|ads\.twitter\.com|"
    r"adroll\.com|a-ads\.com|exoclick\.com|adnow\.com|clickadu\.com|soloway\.ru|hybrid\.ai|"
    r"segmento\.ru|uma\.media)$"
)

_PASSED = re.compile(
    r"(?:^|\.)(?:"
    # Russia and neighbours
    r"yookassa\.ru|yoomoney\.ru|kassa\.yandex\.ru|money\.yandex\.ru|pay\.yandex\.ru|"
    r"robokassa\.(?:ru|com|kz)|"
    r"tinkoff\.ru|tbank\.ru|tbank-online\.com|securepay\.tinkoff\.ru|cloudpayments\.(?:ru|kz|"
    r"eu)|paykeeper\.ru|payanyway\.ru|moneta\.ru|"
    r"unitpay\.(?:ru|money)|free-kassa\.ru|freekassa\.(?:ru|com|net)|interkassa\.com|"
    r"payeer\.com|qiwi\.com|webmoney\.ru|wmtransfer\.com|"
    r"sberbank\.ru|sbrf\.ru|sber\.ru|sberbank\.com|sberpay\.ru|alfabank\.(?:ru|by|kz)|"
    r"rbsuat\.com|rbsgate\.com|"
    r"vtb\.ru|vtb24\.ru|mtsbank\.ru|raiffeisen\.ru|psbank\.ru|gazprombank\.ru|rshb\.ru|"
    r"open\.ru|bspb\.ru|uralsib\.ru|"
    r"best2pay\.net|payture\.com|assist\.ru|paysecure\.ru|chronopay\.com|uniteller\.ru|"
    r"platron\.ru|walletone\.com|"
    r"dolyame\.ru|podeli\.ru|splitpay\.ru|paymaster\.ru|prodamus\.(?:ru|link)|payform\.ru|"
    r"selfwork\.ru|modulbank\.ru|tochka\.com|"
    r"qr\.nspk\.ru|nspk\.ru|mironline\.ru|kaspi\.kz|epay\.kkb\.kz|halykbank\.kz|homebank\.kz|"
    r"bepaid\.by|webpay\.by|erip\.by|"
    r"expresspay\.by|click\.uz|payme\.uz|payler\.com|lifepay\.ru|ckassa\.ru|"
    r"intellectmoney\.ru|paygine\.com|"
    # Ukraine
    r"liqpay\.(?:ua|com)|wayforpay\.com|fondy\.(?:ua|eu|io)|pay\.fondy\.eu|"
    r"portmone\.com(?:\.ua)?|easypay\.ua|ipay\.ua|platon\.ua|"
    r"privatbank\.ua|privat24\.ua|monobank\.ua|mono\.ua|send\.monobank\.ua|pay\.mbnk\.biz|"
    r"oschadbank\.ua|pumb\.ua|ukrsibbank\.com|"
    r"raiffeisen\.ua|novapay\.ua|concord\.ua|hutko\.org|leogaming\.net|city24\.ua|plata\.ua|"
    r"rozetkapay\.com|"
    r"kvitum\.com|pay\.google\.com|"
    # the world
    r"paypal\.com|paypalobjects\.com|stripe\.com|stripe\.network|link\.com|checkout\.com|"
    r"adyen\.com|adyenpayments\.com|mollie\.com|"
    r"klarna\.(?:com|net)|afterpay\.com|affirm\.com|squareup\.com|square\.link|"
    r"braintreegateway\.com|braintree-api\.com|worldpay\.com|"
    r"authorize\.net|2checkout\.com|2co\.com|avangate\.com|verifone\.cloud|payu\.(?:com|pl|in|"
    r"ru)|przelewy24\.pl|tpay\.com|"
    r"dotpay\.pl|skrill\.com|neteller\.com|wise\.com|revolut\.com|payoneer\.com|"
    r"amazonpayments\.com|payments\.amazon\.com|"
    r"pay\.amazon\.com|apple-pay-gateway\.apple\.com|razorpay\.com|paytm\.in|paddle\.com|"
    r"lemonsqueezy\.com|gumroad\.com|fastspring\.com|"
    r"gocardless\.com|sofort\.com|ideal\.nl|trustly\.com|sumup\.com|nets\.eu|"
    r"cardinalcommerce\.com|arcot\.com|"
    r"securecode\.com|verifiedbyvisa\.com|rsa3dsauth\.com|wlp-acs\.com|3dsecure\.io|"
    r"3ds2\.[a-z0-9.-]+|securesuite\.net|"
    r"seglan\.com|wibmo\.com|shop\.app|checkout\.shopify\.com|coinbase\.com|"
    r"commerce\.coinbase\.com|cryptocloud\.plus|nowpayments\.io|"
    # signing in and proving that one is human
    r"accounts\.google\.com|accounts\.youtube\.com|login\.microsoftonline\.com|"
    r"login\.live\.com|appleid\.apple\.com|"
    r"passport\.yandex\.[a-z]+|oauth\.yandex\.[a-z]+|id\.vk\.(?:com|ru)|oauth\.vk\.com|"
    r"login\.vk\.com|oauth\.telegram\.org|"
    r"esia\.gosuslugi\.ru|id\.gov\.ua|id\.tinkoff\.ru|id\.sber\.ru|"
    r"challenges\.cloudflare\.com|recaptcha\.net|"
    r"hcaptcha\.com|auth0\.com|okta\.com"
    r")$"
    r"|^(?:acs\d*|3ds\d*|3d-?secure|3dsec|secure-?acs|ecom(?:m)?acs|tds\d*|acs-?3ds)\.[a-z0-9.-]+$"
    r"|^[a-z0-9.-]*\b(?:3dsecure|3ds2?|acs\d?)\b[a-z0-9-]*\.[a-z0-9.-]*(?:bank|visa|"
    r"mastercard|pay|card|acs)[a-z0-9.-]*$"
)

_SECOND = """
    com co net org gov edu ac mil in or ne go biz info msk spb nov nnov kiev kyiv lviv lvov kharkov
    kharkiv dp dnipro od odessa odesa zp vn te if pl ck cn mk km rv sumy poltava zt ks vinnica perm
    ural me ltd plc sch nhs firm ind gen nom
"""
_SECOND_LEVELS = frozenset(_SECOND.split())
"""Under a country's domain these are no names of owners: co.uk, com.ua, msk.ru."""
_HOSTING = """
    github.io gitlab.io tilda.ws wixsite.com blogspot.com wordpress.com myshopify.com webflow.io
    vercel.app netlify.app pages.dev workers.dev ucoz.ru ucoz.net ucoz.com ucoz.ua narod.ru at.ua
    livejournal.com nethouse.ru tb.ru turbo.site my-store.ru weebly.com herokuapp.com web.app
    firebaseapp.com square.site carrd.co notion.site prom.ua tiu.ru satom.ru deal.by myinsales.ru
    insales.ru horoshop.ua tumblr.com taplink.ws taplink.cc getcourse.ru blogspot.ru jimdo.com
    jimdosite.com creatium.site lpmotor.ru bitrix24.site bitrix24.shop b24site.ru salebot.site
    onrender.com fly.dev azurewebsites.net
"""
_SHARED = frozenset(_HOSTING.split())
"""Where each sub-domain is a site of somebody else."""


def kind_of_host(host: str, path: str = "") -> str | None:
    """The kind of a referring place, OWN for one that is only passed through, None for any other site.

    `host` in lower case and ASCII; `path` where it is known.
    """
    if _PAID.search(host) or (path.startswith(("/aclk", "/an/count")) and _SEARCH.match(host)):
        return SourceKind.PAID.value
    if _ASSISTANTS.search(host) or (host, path.split("/")[1] if path.count("/") else "") in _ASSISTING_PAGES:
        return SourceKind.ASSISTANT.value
    if _PASSED.search(host):
        return OWN
    if _SOCIAL.search(host):
        return SourceKind.SOCIAL.value
    if _MAIL.match(host) and not _SEARCH.match(host):
        return SourceKind.EMAIL.value
    if _SEARCH.match(host):
        return None if path.startswith(_NO_SEARCH_PAGES) else SourceKind.ORGANIC.value
    return None


_ASSISTING_PAGES = frozenset({
    ("www.bing.com", "chat"), ("bing.com", "chat"), ("x.com", "i"), ("yandex.ru", "alice"), ("ya.ru", "alice"),
    ("huggingface.co", "chat"), ("github.com", "copilot"),
})  # fmt: skip
_NO_SEARCH_PAGES = ("/maps", "/travel", "/shopping", "/forms", "/docs", "/spreadsheets", "/market", "/news", "/weather")


def site_of(host: str) -> str:
    """The site a host belongs to: what its owner registered (shop.example.co.uk → example.co.uk)."""
    labels = host.split(".")
    if len(labels) <= 2 or host.replace(".", "").isdigit():
        return host
    if ".".join(labels[-2:]) in _SHARED:
        return ".".join(labels[-3:])
    is_second_level = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3:] if is_second_level else labels[-2:])
