"""Reactivation: one letter a week for two months; three in a row unopened, and the person is left in peace (R30)."""

# ruff: noqa: E501 - prose of letters
from __future__ import annotations

from typing import Any

from teplo.journeys.presets.ready import ReadyJourney, ReadyLetter, words
from teplo.journeys.presets.welcome import after_hello

WEEKS = 8
UNOPENED = 3

_NAME = words("Письмо", "Лист", "Letter")
_LETTERS = (
    (
        words("Давно не виделись", "Давно не бачилися", "It has been a while"),
        words(
            "Мы давно о вас не слышали. За это время у нас появилось новое, и кое-что, возможно, пригодится вам.\n"
            "Посмотрите, что изменилось.",
            "Ми давно про вас не чули. За цей час у нас з’явилося нове, і дещо, можливо, стане вам у пригоді.\n"
            "Подивіться, що змінилося.",
            "We have not heard from you for a while. Since then there are new things here, and some may be useful to you.\n"
            "Have a look at what has changed.",
        ),
    ),
    (
        words("Одна идея на десять минут", "Одна ідея на десять хвилин", "One idea for ten minutes"),
        words(
            "Короткий разбор: как такие же компании решают задачу, с которой вы к нам приходили.\n"
            "Читать десять минут, попробовать можно сегодня.",
            "Короткий розбір: як такі самі компанії розв’язують завдання, з яким ви до нас приходили.\n"
            "Читати десять хвилин, спробувати можна сьогодні.",
            "A short piece: how companies like yours solve the task you came to us with.\n"
            "Ten minutes to read, and you can try it today.",
        ),
    ),
    (
        words("Что вам помешало?", "Що вам завадило?", "What got in the way?"),
        words(
            "Бывает, что не время, дорого или непонятно, с чего начать. Нам важно знать, как было у вас.\n"
            "Ответьте одной фразой: этого достаточно.",
            "Буває, що не час, дорого чи незрозуміло, з чого почати. Нам важливо знати, як було у вас.\n"
            "Напишіть одне речення: цього досить.",
            "Sometimes it is not the time, too dear, or unclear where to begin. We would like to know how it was for you.\n"
            "One sentence in reply is enough.",
        ),
    ),
    (
        words("Промокод для вас", "Промокод для вас", "A promo code for you"),
        words(
            "Если дело было в цене, мы готовы сделать шаг навстречу.\n"
            "Ответьте на это письмо, и мы пришлём промокод на первую покупку. Он действует месяц.",
            "Якщо річ була в ціні, ми готові зробити крок назустріч.\n"
            "Дайте відповідь на цей лист, і ми надішлемо промокод на першу покупку. Він діє місяць.",
            "If it was the price, we are ready to meet you halfway.\n"
            "Reply to this letter and we will send a promo code for the first purchase. It is good for a month.",
        ),
    ),
    (
        words(
            "Платная часть открыта на неделю", "Платна частина відкрита на тиждень", "The paid part, open for a week"
        ),
        words(
            "Чтобы решать не вслепую, попробуйте то, за что обычно платят. Мы откроем это на неделю без условий.\n"
            "Ответьте «да», и всё заработает сегодня.",
            "Щоб вирішувати не наосліп, спробуйте те, за що зазвичай платять. Ми відкриємо це на тиждень без умов.\n"
            "Дайте відповідь «так», і все запрацює сьогодні.",
            "So that you need not decide blindly, try what others pay for. We will open it for a week, no strings attached.\n"
            "Reply “yes” and it will work today.",
        ),
    ),
    (
        words("История одной компании", "Історія однієї компанії", "The story of one company"),
        words(
            "Они тоже долго откладывали. Потом начали с малого, и через два месяца стало понятно, что вернулось и сколько.\n"
            "Рассказываем по шагам, с числами.",
            "Вони теж довго відкладали. Потім почали з малого, і за два місяці стало зрозуміло, що повернулося і скільки.\n"
            "Розповідаємо крок за кроком, з числами.",
            "They put it off for a long time as well. Then they began small, and after two months it was clear what came back.\n"
            "Told step by step, with numbers.",
        ),
    ),
    (
        words("Пробный период ещё раз", "Пробний період ще раз", "The trial once more"),
        words(
            "Если в прошлый раз не хватило времени, начните заново: мы продлим пробный период.\n"
            "Ваши данные на месте, настраивать ничего не придётся.",
            "Якщо минулого разу забракло часу, почніть знову: ми продовжимо пробний період.\n"
            "Ваші дані на місці, налаштовувати нічого не доведеться.",
            "If there was not enough time last time, begin again: we will prolong the trial.\n"
            "Your data is where it was, nothing needs to be set up.",
        ),
    ),
    (
        words("Больше не будем отвлекать", "Більше не відволікатимемо", "We will not disturb you any more"),
        words(
            "Это последнее письмо из этой цепочки. Если мы понадобимся, вот ссылка, она не устареет.\n"
            "Спасибо, что были с нами.",
            "Це останній лист із цього ланцюжка. Якщо ми знадобимося, ось посилання, воно не застаріє.\n"
            "Дякуємо, що були з нами.",
            "This is the last letter of this series. If you need us, here is the link; it will keep.\n"
            "Thank you for having been with us.",
        ),
    ),
)


def _steps() -> list[dict[str, Any]]:
    """letter-1 → a week → (from the third on) three unopened in a row? → letter-2 → …"""
    steps: list[dict[str, Any]] = []
    for week in range(1, WEEKS + 1):
        is_last = week == WEEKS
        following = None if is_last else f"letter-{week + 1}"
        asks = week >= UNOPENED
        steps.append({"key": f"letter-{week}", "kind": "send-email", "template": str(week), "next": f"week-{week}"})
        steps.append(
            {
                "key": f"week-{week}",
                "kind": "wait",
                "for": {"days": 7},
                "at": "10:00",
                "next": f"silent-{week}" if asks else following,
            }
        )
        if asks:
            steps.append(
                {
                    "key": f"silent-{week}",
                    "kind": "branch",
                    "unopened": UNOPENED,
                    "yes": "non-target",
                    "no": following,
                }
            )
    steps.append({"key": "non-target", "kind": "set-stage", "stage": "non-target", "next": "silent"})
    steps.append({"key": "silent", "kind": "end", "reason": words("молчит", "мовчить", "silent")})
    return steps


REACTIVATION = ReadyJourney(
    key="reactivation",
    names=words("Возвращение остывших", "Повернення охололих", "Winning back the cold"),
    says=words(
        "Письмо в неделю два месяца. Три подряд не открыты: цепочка кончается, человек уходит к «не нашим».",
        "Лист на тиждень два місяці. Три поспіль не відкриті: ланцюжок закінчується, людина йде до «не наших».",
        "A letter a week for two months. Three in a row unopened: the chain ends, the person goes to non-target.",
    ),
    trigger={"kind": "stage", "stage": "cold"},
    goal={
        "any": [
            {"did": key, "at_least": 1, "within": "7d"}
            for key in ("letter-replied", "question-asked", "offer-requested", "demo-requested", "order-form-filled")
        ]
    },
    reentry="after-days",
    reentry_days=365,
    steps=_steps(),
    letters=[
        ReadyLetter(
            key=str(week),
            name={language: f"{text} {week}" for language, text in _NAME.items()},
            subject=subject,
            paragraphs=after_hello(paragraphs["ru"], paragraphs["uk"], paragraphs["en"]),
            button=words("Посмотреть", "Подивитися", "Have a look"),
        )
        for week, (subject, paragraphs) in enumerate(_LETTERS, start=1)
    ],
)
