"""Welcome: three letters to somebody who has just left a contact (R27)."""

# ruff: noqa: E501 - prose of letters
from __future__ import annotations

from teplo.journeys.presets.ready import ReadyJourney, ReadyLetter, words

HELLO = words(
    "Здравствуйте{% if person.first_name %}, {{ person.first_name }}{% endif %}.",
    "Вітаємо{% if person.first_name %}, {{ person.first_name }}{% endif %}.",
    "Hello{% if person.first_name %}, {{ person.first_name }}{% endif %}.",
)


def after_hello(ru: str, uk: str, en: str) -> dict[str, str]:
    """A letter's paragraphs with the greeting in front."""
    return {"ru": f"{HELLO['ru']}\n{ru}", "uk": f"{HELLO['uk']}\n{uk}", "en": f"{HELLO['en']}\n{en}"}


WELCOME = ReadyJourney(
    key="welcome",
    names=words("Знакомство", "Знайомство", "Getting acquainted"),
    says=words(
        "Три письма тому, кто только что оставил контакт: спасибо, самое полезное, предложение поговорить.",
        "Три листи тому, хто щойно залишив контакт: подяка, найкорисніше, пропозиція поговорити.",
        "Three letters to whoever has just left a contact: thanks, the most useful things, an offer to talk.",
    ),
    trigger={"kind": "activity", "activity": "form-submitted"},
    goal={"any": [{"did": "demo-requested"}, {"did": "offer-requested"}, {"did": "order-form-filled"}]},
    steps=(
        {"key": "thanks", "kind": "send-email", "template": "thanks", "next": "two-days"},
        {"key": "two-days", "kind": "wait", "for": {"days": 2}, "at": "10:00", "next": "useful"},
        {"key": "useful", "kind": "send-email", "template": "useful", "next": "until-read"},
        {
            "key": "until-read",
            "kind": "wait",
            "activity": "letter-clicked",
            "at_most": {"days": 4},
            "next": "talk-later",
            "timeout": "was-read",
        },
        {
            "key": "was-read",
            "kind": "branch",
            "letter": "useful",
            "was": "opened",
            "yes": "talk-later",
            "no": "quiet",
        },
        {"key": "talk-later", "kind": "wait", "for": {"days": 1}, "at": "10:00", "next": "talk"},
        {"key": "talk", "kind": "send-email", "template": "talk", "next": None},
        {"key": "quiet", "kind": "end", "reason": words("не читает", "не читає", "does not read")},
    ),
    letters=(
        ReadyLetter(
            "thanks",
            words("Спасибо за знакомство", "Дякуємо за знайомство", "Thanks for getting in touch"),
            words("Рады знакомству", "Раді знайомству", "Glad to meet you"),
            after_hello(
                "Спасибо, что оставили нам свой адрес.\n"
                "В ближайшие дни мы пришлём два коротких письма: с чего чаще всего начинают и что спрашивают первым делом.\n"
                "Если у вас уже есть вопрос, просто ответьте на это письмо: его прочтёт человек.",
                "Дякуємо, що залишили нам свою адресу.\n"
                "Найближчими днями ми надішлемо два короткі листи: з чого найчастіше починають і про що питають найперше.\n"
                "Якщо у вас уже є запитання, просто дайте відповідь на цей лист: його прочитає людина.",
                "Thank you for leaving us your address.\n"
                "In the next days we will send two short letters: where most people begin, and what they ask first.\n"
                "If you have a question already, just reply to this letter: a human will read it.",
            ),
        ),
        ReadyLetter(
            "useful",
            words("Самое полезное", "Найкорисніше", "The most useful things"),
            words("С чего начинают чаще всего", "З чого починають найчастіше", "Where most people begin"),
            after_hello(
                "Мы собрали на одной странице то, что помогает разобраться за десять минут: цены, примеры и ответы.\n"
                "Посмотрите, что из этого ближе к вашей задаче.",
                "Ми зібрали на одній сторінці те, що допомагає розібратися за десять хвилин: ціни, приклади й відповіді.\n"
                "Подивіться, що з цього ближче до вашого завдання.",
                "We have put on one page what helps to understand it all in ten minutes: prices, examples and answers.\n"
                "Have a look at what is closest to your task.",
            ),
            words("Посмотреть", "Подивитися", "Have a look"),
        ),
        ReadyLetter(
            "talk",
            words("Поговорим?", "Поговоримо?", "Shall we talk?"),
            words(
                "Пятнадцать минут о вашей задаче",
                "П’ятнадцять хвилин про ваше завдання",
                "Fifteen minutes about your task",
            ),
            after_hello(
                "Если хочется понять, подходит ли вам то, что мы делаем, давайте созвонимся на пятнадцать минут.\n"
                "Ответьте, когда вам удобно, и мы позвоним. Если не сейчас, тоже ничего: мы никуда не денемся.",
                "Якщо хочеться зрозуміти, чи підходить вам те, що ми робимо, зідзвонімося на п’ятнадцять хвилин.\n"
                "Напишіть, коли вам зручно, і ми зателефонуємо. Якщо не зараз, теж нічого: ми нікуди не подінемося.",
                "If you would like to know whether what we do fits you, let us talk for fifteen minutes.\n"
                "Reply with a time that suits you and we will call. If not now, that is fine: we will be here.",
            ),
        ),
    ),
)
