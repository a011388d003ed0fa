"""Machine opens and clicks told apart from human ones (R9)."""

# ruff: noqa: E501 (agents as they are)
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from teplo.tracking.labels import LetterDeed, label_letter_deeds, label_of_agent, label_of_visit

SENT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def deed(name: str = "letter-clicked", *, after: float = 600, **changes: Any) -> LetterDeed:
    values: dict[str, Any] = {
        "person_id": 1, "delivery": "7", "name": name, "at": SENT + timedelta(seconds=after), "url": "https://x.example/a",
        "user_agent": CHROME, "method": "GET", "sent_at": SENT, **changes,
    }  # fmt: skip
    return LetterDeed(**values)


@pytest.mark.parametrize(
    ("what", "label"),
    [
        (deed(), "human"),
        (deed("letter-opened", user_agent=GMAIL), "human"),
        (deed("letter-opened", user_agent="Mozilla/5.0"), "machine"),
        (deed(user_agent="Mozilla/5.0 (compatible; Barracuda Sentinel)"), "machine"),
        (deed(user_agent="python-requests/2.31"), "machine"),
        (deed(method="HEAD"), "machine"),
        (deed(after=3), "suspect"),
        (deed("letter-opened", after=1), "suspect"),
        (deed("letter-opened", after=8), "human"),
        (deed(after=3, sent_at=None), "human"),
    ],
)
def test_a_deed_alone_is_labelled(what: LetterDeed, label: str) -> None:
    assert label_letter_deeds([what]) == [label]


def test_a_sweep_over_all_links_is_a_machine() -> None:
    sweep = [deed(after=100 + n, url=f"https://x.example/{n}") for n in range(3)]
    later = deed(after=900, url="https://x.example/1")
    assert label_letter_deeds([*sweep, later]) == ["machine"] * 3 + ["human"]


def test_three_clicks_on_one_link_are_an_impatient_human() -> None:
    assert label_letter_deeds([deed(after=100 + n) for n in range(3)]) == ["human"] * 3


@pytest.mark.parametrize("agent", ["Googlebot/2.1", "Mozilla/5.0 (compatible; YandexBot/3.0)", "curl/8.0"])
def test_crawlers_are_known(agent: str) -> None:
    assert label_of_agent(agent) == "machine"


def test_browsers_are_human() -> None:
    assert label_of_agent(CHROME) == label_of_agent("") == "human"


PHONE = "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 Mobile Safari/537.36"
APPLE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


@pytest.mark.parametrize(
    "agent",
    [
        f"{PHONE} Viber/21.5.0", f"{APPLE} Viber/21.5", f"{PHONE} Instagram 312.0.0.32", f"{APPLE} Instagram 312.0 (iPhone14,5)",
        f"{PHONE} VKAndroidApp/8.50", f"{APPLE} VKClient/8.50", f"{PHONE} Telegram-Android/10.3 (Samsung)", f"{APPLE} Telegram-iOS/10",
        f"{PHONE} MAX/1.2", f"{PHONE} [FB_IAB/FB4A;FBAV/440.0;]", f"{APPLE} [FBAN/FBIOS;FBAV/440.0]", f"{APPLE} MetaIAB Facebook",
        "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36",
        "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", "Opera/9.80 (Windows NT 6.1) Presto/2.12 Version/12.16",
    ],
)  # fmt: skip
def test_browsers_inside_of_apps_are_people(agent: str) -> None:
    assert label_of_agent(agent) == "human"


@pytest.mark.parametrize(
    "agent",
    [
        "WhatsApp/2", "WhatsApp/2.23.20.0 A", "TelegramBot (like TwitterBot)", "Viber", "Viber/21.0", "vkShare; +http://vk.com/dev/Share",
        "PHP/8.2", "GuzzleHttp/7", "Dart/3.2 (dart:io)", "Ruby", "rest-client/2.1.0 (linux x86_64) ruby/3.2", "Java/17.0.1", "undici",
        "Bun/1.0.25", "node", "axios/1.6.2", "Apache-HttpClient/4.5 (Java/11)", "okhttp/4.12.0", "Mozilla/5.0 (compatible; Foo/1.0; +https://foo.example)",
        f"{PHONE} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla/5.0 (compatible; AcmeChecker)", "Mozilla/5.0",
        "Shop/5.9.0 (com.shop.android; Android API 30)", "agentd (unknown version) CFNetwork/1128.0.1 Darwin/19.6.0",
        f"Somebody, {PHONE}", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/602.1 (KHTML, like Gecko) splash Version/9.0 Safari/602.1",
        f"facebookexternalhit/1.1 Instagram {PHONE}", "python-requests/2.31.0", "Go-http-client/2.0", "curl/8.4.0",
    ],
)  # fmt: skip
def test_previews_and_libraries_are_machines(agent: str) -> None:
    assert label_of_agent(agent) == "machine"


CHROME_OF = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko{}) Chrome/120.0.0.0 Safari/537.36{}"


@pytest.mark.parametrize(
    "agent",
    [
        CHROME_OF.format("; compatible; acme", ""), CHROME_OF.format("; Acme Console", ""), CHROME_OF.format("", " AcmeAgent"),
        CHROME_OF.format("", " AcmeAgent/2.0"), CHROME_OF.format("", " acme_scanner"), CHROME_OF.format("", " AcmeClassifier/1.0"),
        CHROME_OF.format("", " (www.acme.example)"), CHROME_OF.format("", "'+(select load_file('x'))"), "POST /parse Host: acme.example",
        "Mozilla/5.0 (compatible; Acme/1.0; +contact us) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:66.0) Acme/1.0", "Mozilla/5.0 (Linux; Android 0; X Build/1) AppleWebKit/537.36 Chrome/105.0",
        "Mozilla/5.0 (Linux; Android 10; X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/105.0.0.0MQQBrowser/6.2 Mobile Safari/537.36",
        "acme_is_mobile", "AcmeFetch/1.0", "Acme 2", "okhttp/4.9.0",
    ],
)  # fmt: skip
def test_machines_that_borrow_a_browser_s_name_are_machines(agent: str) -> None:
    assert label_of_agent(agent) == "machine"


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Linux; Android 7.0; C Bot Tab 70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/78.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 8.1.0; XBot Junior) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 13; Scan Probe 5) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36",
        CHROME_OF.format("", "").lower(), f"smarttv_X_Build_1_{CHROME_OF.format('', '')}", "AmigaVoyager/3.4 (AmigaOS/MC680x0)",
        "Mozilla/5.0 (compatible; IBrowse 3.0; AmigaOS4.0)", "Viber/12.8.0.1 CFNetwork/1121.2.2 Darwin/19.3.0",
        "Acme Radio/2.0 (acme.example; build:5; Android 12; Model: SM-G975F) OkHttp/4.9.3", "nook browser/1.0",
        CHROME_OF.format("", " Edg/120.0"), CHROME_OF.format("", " OPR/106.0"), CHROME_OF.format("", " YaBrowser/24.1 Yowser/2.5"),
    ],
)  # fmt: skip
def test_phones_and_browsers_of_strange_names_are_people(agent: str) -> None:
    assert label_of_agent(agent) == "human"


@pytest.mark.parametrize(("name", "label"), [("page-viewed", "machine"), ("form-submitted", "human")])
@pytest.mark.parametrize("agent", ["", " ", "-"])
def test_a_page_view_without_an_agent_is_a_machines(name: str, label: str, agent: str) -> None:
    assert label_of_visit(name, agent) == label
    assert label_of_visit(name, CHROME) == "human"
