"""Where visitors come from, by the addresses and marks that are really seen: hosts, click ids, words, broken marks."""

from __future__ import annotations

import pytest

from teplo.tracking.places import site_of
from teplo.tracking.sources import read_arrival

PAGE = "https://shop.example.com.ua/landing"

HOSTS = {
    "organic": """
        www.google.com google.com www.google.com.ua google.com.ua www.google.ru www.google.kz
        www.google.by www.google.de
        www.google.co.uk www.google.pl m.google.com images.google.com images.google.com.ua yandex.ru
        www.yandex.ru yandex.ua
        yandex.by yandex.kz yandex.com yandex.com.tr m.yandex.ru search.yandex.ru ya.ru www.bing.com
        bing.com cn.bing.com
        duckduckgo.com html.duckduckgo.com go.mail.ru m.go.mail.ru search.yahoo.com
        r.search.yahoo.com de.search.yahoo.com
        nova.rambler.ru search.brave.com www.ecosia.org www.baidu.com m.baidu.com www.startpage.com
        www.qwant.com search.seznam.cz
        meta.ua search.naver.com m.search.naver.com kagi.com petalsearch.com
    """,
    "email": """
        e.mail.ru touch.mail.ru light.mail.ru mail.yandex.ru mail.yandex.ua mail.yandex.kz
        mail.google.com outlook.live.com
        outlook.office.com outlook.office365.com mail.yahoo.com mail.ukr.net mail.proton.me
        webmail.company.example
        mail.rambler.ru mail.i.ua mail.meta.ua mail.zoho.eu www.icloud.com poczta.onet.pl
        mail.company.example
    """,
    "social": """
        l.facebook.com lm.facebook.com m.facebook.com www.facebook.com l.instagram.com
        www.instagram.com vk.com m.vk.com away.vk.com
        vk.ru ok.ru m.ok.ru t.me web.telegram.org t.co x.com www.linkedin.com lnkd.in
        www.youtube.com m.youtube.com youtu.be
        www.tiktok.com www.pinterest.com ru.pinterest.com out.reddit.com www.threads.com
        web.whatsapp.com wa.me viber.com
        dzen.ru zen.yandex.ru my.mail.ru habr.com dou.ua web.max.ru teams.microsoft.com discord.com
        www.messenger.com
    """,
    "paid": """
        an.yandex.ru yabs.yandex.ru yabs.yandex.kz ad.doubleclick.net googleads.g.doubleclick.net
        www.googleadservices.com
        tpc.googlesyndication.com ads.google.com adservice.google.com ad.mail.ru target.my.com
        trg.mail.ru cas.criteo.com
        trc.taboola.com www.mgid.com ads.vk.com syndicatedsearch.goog
    """,
    "assistant": """
        chatgpt.com chat.openai.com www.perplexity.ai perplexity.ai claude.ai gemini.google.com
        bard.google.com
        copilot.microsoft.com chat.deepseek.com grok.com chat.mistral.ai meta.ai you.com poe.com
        alice.yandex.ru giga.chat
        notebooklm.google.com chat.qwen.ai duck.ai
    """,
    "referral": """
        docs.google.com maps.google.com drive.google.com sites.google.com translate.google.com
        calendar.google.com news.google.com
        classroom.google.com meet.google.com market.yandex.ru maps.yandex.ru disk.yandex.ru
        translate.yandex.ru docs.yandex.ru
        uslugi.yandex.ru news.mail.ru cloud.mail.ru mail.ru partner.example 2gis.ru prom.ua
        rozetka.com.ua hh.ru
        notgoogle.com google.evil.example myandex.ru fakevk.com googlesyndication.com.evil.example
        mailchimp.com
        stripe.company.example
    """,
}
_PASSED = """
    yookassa.ru checkout.yookassa.ru yoomoney.ru auth.robokassa.ru securepay.tinkoff.ru
    securepayments.tinkoff.ru pay.tbank.ru
    widget.cloudpayments.ru 3dsec.sberbank.ru securepayments.sberbank.ru payment.alfabank.ru
    pay.alfabank.ru www.payanyway.ru
    unitpay.ru pay.freekassa.com demo.paykeeper.ru qr.nspk.ru payform.ru www.liqpay.ua
    secure.wayforpay.com pay.fondy.eu
    www.portmone.com.ua easypay.ua www.ipay.ua www.privat24.ua send.monobank.ua pay.monobank.ua
    platon.ua kaspi.kz bepaid.by
    checkout.bepaid.by www.paypal.com checkout.stripe.com hooks.stripe.com buy.stripe.com
    pay.google.com www.klarna.com
    secure.payu.com secure.przelewy24.pl checkoutshopper-live.adyen.com www.mollie.com
    www.2checkout.com secure.skrill.com
    acs.bank.example acs2.privatbank.ua 3ds.bank.example acs1.3ds.modirum.example centinelapi.cardinalcommerce.com
    secure5.arcot.com accounts.google.com id.vk.com oauth.telegram.org appleid.apple.com login.microsoftonline.com
    passport.yandex.ru esia.gosuslugi.ru challenges.cloudflare.com
"""
PASSED = _PASSED.split()
APPS = {
    "org.telegram.messenger": "social",
    "com.viber.voip": "social",
    "com.whatsapp": "social",
    "com.vkontakte.android": "social",
    "com.instagram.android": "social",
    "com.facebook.katana": "social",
    "com.google.android.gm": "email",
    "ru.mail.mailapp": "email",
    "com.google.android.googlequicksearchbox": "organic",
    "ru.yandex.searchplugin": "organic",
    "com.openai.chatgpt": "assistant",
    "com.example.shop": "referral",
    "com.slack": "social",
}


def kind(url, referrer="", utm=()):
    arrival = read_arrival(url, referrer, utm)
    return arrival and arrival.source


@pytest.mark.parametrize(
    ("host", "expected"), [(host, kind_) for kind_, hosts in HOSTS.items() for host in hosts.split()]
)
def test_a_host_is_of_its_kind(host, expected):
    assert kind(PAGE, f"https://{host}/") == expected


@pytest.mark.parametrize("host", PASSED)
def test_places_that_one_passes_through_are_no_source(host):
    assert read_arrival(PAGE, f"https://{host}/pay?x=1") is None
    assert kind(PAGE + "?utm_source=vk", f"https://{host}/") == "social"


@pytest.mark.parametrize(("app", "expected"), APPS.items())
def test_an_app_is_of_its_kind(app, expected):
    assert kind(PAGE, f"android-app://{app}/") == expected


@pytest.mark.parametrize(
    ("page", "referrer"),
    [
        (PAGE, "https://example.com.ua/"),
        (PAGE, "https://pay.example.com.ua/x"),
        (PAGE, "https://blog.shop.example.com.ua/"),
        ("https://www.shop.ru/", "https://lk.shop.ru/"),
        ("https://shop.ru/", "https://m.shop.ru/"),
        ("https://пример.рф/", "https://xn--e1afmkfd.xn--p1ai/"),
        ("https://xn--e1afmkfd.xn--p1ai/x", "https://www.пример.рф/"),
        ("https://пример.рф/", "https://магазин.пример.рф/"),
        ("https://SHOP.ru/", "https://shop.RU/"),
        ("https://shop.co.uk/", "https://help.shop.co.uk/"),
        ("https://me.github.io/", "https://me.github.io/a"),
    ],
)
def test_the_own_site_is_no_source_whatever_its_sub_domain_and_spelling(page, referrer):
    assert read_arrival(page, referrer) is None


@pytest.mark.parametrize(
    ("page", "referrer"),
    [
        ("https://shop.com.ua/", "https://other.com.ua/"),
        ("https://shop.co.uk/", "https://other.co.uk/"),
        ("https://me.github.io/", "https://you.github.io/"),
        ("https://one.tilda.ws/", "https://two.tilda.ws/"),
        ("https://shop.ru/", "https://myshop.ru/"),
        ("https://shop.ru/", "https://shop.ru.evil.example/"),
        ("https://shop.kiev.ua/", "https://other.kiev.ua/"),
    ],
)
def test_a_neighbour_is_another_site(page, referrer):
    assert kind(page, referrer) == "referral"


def test_the_site_of_a_host():
    hosts = ("a.b.example.co.uk", "shop.ru", "x.me.github.io", "127.0.0.1", "localhost", "a.kiev.ua", "b.a.kiev.ua")
    assert [site_of(host) for host in hosts] == [
        "example.co.uk", "shop.ru", "me.github.io", "127.0.0.1", "localhost", "a.kiev.ua", "a.kiev.ua",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "referrer", "expected"),
    [
        ("?ysclid=abc", "", "organic"),
        ("?ysclid=abc", "https://yandex.ru/", "organic"),
        ("?ysclid=abc", "https://ya.ru/", "organic"),
        ("?yclid=1&ysclid=2", "https://yandex.ru/", "paid"),
        ("?yclid=1", "https://yandex.ru/", "paid"),
        ("?GCLID=1", "", "paid"),
        ("?gclid=", "https://www.google.com/", "organic"),
        ("?notgclid=1", "", "direct"),
        ("?fbclid=x", "", "social"),
        ("?fbclid=x", "https://l.facebook.com/", "social"),
        ("?srsltid=x", "https://www.google.com/", "organic"),
        ("?yclid={yclid}", "https://yandex.ru/", "organic"),
        ("?msclkid=1", "https://www.bing.com/", "paid"),
        ("?ysclid=a", "https://shop.example.com.ua/", None),
        ("?gclid=a", "https://shop.example.com.ua/", "paid"),
        ("?mc_eid=1", "", "email"),
        ("", "https://www.google.com/aclk?x", "paid"),
        ("", "https://www.google.com/maps/place/x", "referral"),
        ("", "https://yandex.ru/maps/org/1", "referral"),
        ("", "https://yandex.ru/alice/", "assistant"),
    ],
)
def test_what_services_add_to_an_address_says_what_it_says(query, referrer, expected):
    assert kind(PAGE + query, referrer) == expected


MEDIUMS = {
    "paid": "cpc CPC ppc cpm cpa paid paid-social paid_search cpc_brand banner Display ads fb_ads remarketing реклама Реклама "  # noqa: E501
    "контекст контекстная-реклама таргет таргетинг баннер банер медийная retargeting2 cpc1",
    "email": "email e-mail E-Mail newsletter mail рассылка рассылки розсилка розсилки письмо лист email_weekly",
    "social": "social smm social-network messenger соцсети соцмережі смм телеграм мессенджер telegram",
    "offline": "qr qr-code print offline off-line flyer fair expo листовка листівка выставка виставка визитка event билборд",  # noqa: E501
    "organic": "organic seo органика поиск пошук",
    "assistant": "ai llm",
    "referral": "referral partner партнёр партнёры партнер affair unfair reprint broadcast paidless adamant mailbox-free seoul "  # noqa: E501
    "preventer tvset socialite",
}


@pytest.mark.parametrize(
    ("medium", "expected"), [(medium, kind_) for kind_, words in MEDIUMS.items() for medium in words.split()]
)
def test_a_medium_is_read_by_whole_words_in_three_languages(medium, expected):
    assert kind(PAGE, utm=(("source", "somebody"), ("medium", medium))) == expected


@pytest.mark.parametrize(
    ("query", "expected", "utm"),
    [
        ("?UTM_SOURCE=vk&UTM_MEDIUM=cpc", "paid", ("vk", "cpc", "")),
        ("?utm_source=vk&amp;utm_medium=cpc&amp;utm_campaign=may", "paid", ("vk", "cpc", "may")),
        ("#utm_source=vk&utm_medium=cpc", "paid", ("vk", "cpc", "")),
        ("#!/page?utm_source=vk&utm_medium=cpc", "paid", ("vk", "cpc", "")),
        ("?a=1#utm_source=news&utm_medium=email", "email", ("news", "email", "")),
        ("?utm_source=googleutm_medium=cpcutm_campaign=may", "paid", ("google", "cpc", "may")),
        ("?utm_source=google?utm_medium=cpc", "paid", ("google", "cpc", "")),
        ("?utm_source=google;utm_medium=cpc", "paid", ("google", "cpc", "")),
        ("?utm_source=google%26utm_medium%3Dcpc%26utm_campaign%3Dmay", "paid", ("google", "cpc", "may")),
        ("?utm_source={source}&utm_medium=cpc&utm_campaign={campaign_id}", "paid", ("", "cpc", "")),
        ("?utm_source={{site_source_name}}&utm_medium=cpc&utm_campaign={{campaign.name}}", "paid", ("", "cpc", "")),
        ("?utm_source=tiktok&utm_medium=cpc&utm_campaign=__CAMPAIGN_NAME__", "paid", ("tiktok", "cpc", "")),
        ("?utm_source=yandex&utm_medium=cpc&utm_campaign=spring_{campaign_id}", "paid", ("yandex", "cpc", "spring")),
        ("?utm_source={source}", "direct", ("", "", "")),
        ("?utm_source=google_cpc", "paid", ("google_cpc", "", "")),
        ("?utm_source=vk_ads", "paid", ("vk_ads", "", "")),
        ("?utm_source=vk_post", "social", ("vk_post", "", "")),
        ("?utm_source=chatgpt.com", "assistant", ("chatgpt.com", "", "")),
        ("?utm_source=perplexity", "assistant", ("perplexity", "", "")),
        ("?utm_source=телеграм", "social", ("телеграм", "", "")),
        ("?utm_source=email", "email", ("email", "", "")),
        ("?utm_source=%D1%80%D0%B0%D1%81%D1%81%D1%8B%D0%BB%D0%BA%D0%B0", "email", ("рассылка", "", "")),
    ],
)
def test_marks_are_read_as_they_are_found(query, expected, utm):
    arrival = read_arrival(PAGE + query, "")
    assert arrival is not None
    assert (arrival.source, arrival.utm[:3]) == (expected, utm)
