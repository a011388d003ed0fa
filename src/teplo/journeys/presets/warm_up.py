"""Warm-up during a trial of seven days: letters, calls and messages that know of each other (R29, S4).

Messages in messengers and calls are tasks for sales: read letters lead to a call, the end of the trial to an offer.
"""

# ruff: noqa: E501 - prose of letters
from __future__ import annotations

from teplo.journeys.presets.ready import ReadyJourney, ReadyLetter, words
from teplo.journeys.presets.welcome import after_hello

WARM_UP = ReadyJourney(
    key="trial-warm-up",
    names=words("Прогрев на пробном периоде", "Прогрів на пробному періоді", "Warm-up during the trial"),
    says=words(
        "Семь дней пробного периода: три письма, сообщение, звонок прочитавшим, звонок и предложение в конце.",
        "Сім днів пробного періоду: три листи, повідомлення, дзвінок тим, хто прочитав, дзвінок і пропозиція наприкінці.",
        "Seven days of trial: three letters, a message, a call to those who read, a call and an offer at its end.",
    ),
    trigger={"kind": "activity", "activity": "trial-started"},
    goal={"any": [{"did": "payment-received"}, {"did": "deal-won"}]},
    reentry="after-days",
    reentry_days=180,
    steps=(
        {"key": "welcome", "kind": "send-email", "template": "welcome", "next": "message"},
        {
            "key": "message",
            "kind": "add-task",
            "task": "write",
            "title": words(
                "Написать в мессенджер: добро пожаловать",
                "Написати в месенджер: ласкаво просимо",
                "Write in a messenger: welcome",
            ),
            "note": words(
                "Представиться, спросить, для какой задачи человек пробует, предложить помощь с настройкой.",
                "Представитися, запитати, для якого завдання людина пробує, запропонувати допомогу з налаштуванням.",
                "Introduce yourself, ask for which task the trial is, offer help with the set-up.",
            ),
            "due": {"hours": 4},
            "next": "day-two",
        },
        {"key": "day-two", "kind": "wait", "for": {"days": 1}, "at": "10:00", "next": "first-steps"},
        {"key": "first-steps", "kind": "send-email", "template": "first-steps", "next": "day-four"},
        {"key": "day-four", "kind": "wait", "for": {"days": 2}, "at": "10:00", "next": "examples"},
        {"key": "examples", "kind": "send-email", "template": "examples", "next": "until-read"},
        {
            "key": "until-read",
            "kind": "wait",
            "activity": "letter-opened",
            "at_most": {"days": 2},
            "next": "call-reader",
            "timeout": "all-clear",
        },
        {
            "key": "call-reader",
            "kind": "add-task",
            "task": "call",
            "title": words(
                "Позвонить: прочитал последнее письмо",
                "Зателефонувати: прочитано останній лист",
                "Call: the last letter was read",
            ),
            "due": {"hours": 8},
            "next": "trial-end",
        },
        {
            "key": "all-clear",
            "kind": "add-task",
            "task": "write",
            "title": words(
                "Написать в мессенджер: всё ли понятно?",
                "Написати в месенджер: чи все зрозуміло?",
                "Write in a messenger: is everything clear?",
            ),
            "due": {"hours": 8},
            "next": "trial-end",
        },
        {"key": "trial-end", "kind": "wait", "for": {"days": 2}, "at": "10:00", "next": "call-at-end"},
        {
            "key": "call-at-end",
            "kind": "add-task",
            "task": "call",
            "title": words(
                "Позвонить: пробный период кончается, предложить консультацию",
                "Зателефонувати: пробний період закінчується, запропонувати консультацію",
                "Call: the trial ends, offer a consultation",
            ),
            "due": {"hours": 8},
            "next": "after-trial",
        },
        {"key": "after-trial", "kind": "wait", "for": {"days": 1}, "at": "11:00", "next": "choice"},
        {"key": "choice", "kind": "send-email", "template": "choice", "next": "week-to-think"},
        {
            "key": "week-to-think",
            "kind": "wait",
            "activity": "letter-clicked",
            "at_most": {"days": 7},
            "next": "hand-over",
            "timeout": "last-word",
        },
        {"key": "hand-over", "kind": "hand-off", "next": None},
        {
            "key": "last-word",
            "kind": "add-task",
            "task": "write",
            "title": words(
                "Написать: продлить пробный период или оплатить со скидкой",
                "Написати: продовжити пробний період чи оплатити зі знижкою",
                "Write: prolong the trial or pay with a discount",
            ),
            "due": {"days": 1},
            "next": None,
        },
    ),
    letters=(
        ReadyLetter(
            "welcome",
            words("Добро пожаловать", "Ласкаво просимо", "Welcome"),
            words("Ваши семь дней начались", "Ваші сім днів почалися", "Your seven days have begun"),
            after_hello(
                "Пробный доступ открыт на семь дней. Карта не нужна, в конце ничего не спишется само.\n"
                "Начните с одной настоящей задачи: так за неделю станет ясно, нужно вам это или нет.\n"
                "Если что-то не получается, ответьте на это письмо.",
                "Пробний доступ відкрито на сім днів. Картка не потрібна, наприкінці нічого не спишеться саме.\n"
                "Почніть з одного справжнього завдання: так за тиждень стане зрозуміло, потрібно вам це чи ні.\n"
                "Якщо щось не виходить, дайте відповідь на цей лист.",
                "Your trial is open for seven days. No card is needed and nothing will be charged by itself.\n"
                "Begin with one real task: after a week you will know whether you need this.\n"
                "If anything does not work, reply to this letter.",
            ),
            words("Открыть", "Відкрити", "Open"),
        ),
        ReadyLetter(
            "first-steps",
            words("Первые шаги", "Перші кроки", "First steps"),
            words("Три шага на сегодня", "Три кроки на сьогодні", "Three steps for today"),
            after_hello(
                "Вот три шага, после которых обычно становится понятно, как всё устроено.\n"
                "Первый: перенесите свои данные. Второй: позовите одного коллегу. Третий: проведите одну задачу до конца.\n"
                "На всё вместе уходит около получаса.",
                "Ось три кроки, після яких зазвичай стає зрозуміло, як усе влаштовано.\n"
                "Перший: перенесіть свої дані. Другий: покличте одного колегу. Третій: доведіть одне завдання до кінця.\n"
                "На все разом іде близько пів години.",
                "Here are three steps after which most people see how it all works.\n"
                "First: bring your data in. Second: invite one colleague. Third: take one task to its end.\n"
                "All together it takes about half an hour.",
            ),
            words("Сделать первый шаг", "Зробити перший крок", "Take the first step"),
        ),
        ReadyLetter(
            "examples",
            words("Как это делают другие", "Як це роблять інші", "How others do it"),
            words("Как это делают такие же компании", "Як це роблять такі самі компанії", "How companies like yours do it"),
            after_hello(
                "Мы собрали короткие истории компаний, похожих на вашу: с чем пришли, что настроили, что изменилось.\n"
                "Прочтите одну: в ней почти наверняка есть ваш вопрос.",
                "Ми зібрали короткі історії компаній, схожих на вашу: з чим прийшли, що налаштували, що змінилося.\n"
                "Прочитайте одну: у ній майже напевно є ваше запитання.",
                "We have collected short stories of companies like yours: what they came with, what they set up, what changed.\n"
                "Read one: your own question is very likely in it.",
            ),
            words("Прочитать", "Прочитати", "Read"),
        ),
        ReadyLetter(
            "choice",
            words("Что дальше", "Що далі", "What next"),
            words("Ещё неделя или первая оплата со скидкой", "Ще тиждень чи перша оплата зі знижкою",
                  "Another week, or a discount on the first payment"),
            after_hello(
                "Пробный период закончился. Можно выбрать одно из двух.\n"
                "Если времени не хватило, мы продлим доступ ещё на семь дней. Если всё понятно, первая оплата будет со скидкой.\n"
                "Ответьте, что вам подходит, или выберите на сайте.",
                "Пробний період закінчився. Можна обрати одне з двох.\n"
                "Якщо часу не вистачило, ми продовжимо доступ ще на сім днів. Якщо все зрозуміло, перша оплата буде зі знижкою.\n"
                "Напишіть, що вам підходить, або оберіть на сайті.",
                "The trial is over. You can choose one of two things.\n"
                "If there was not enough time, we will prolong it by seven days. If all is clear, the first payment comes with a discount.\n"
                "Reply with what suits you, or choose on the site.",
            ),
            words("Выбрать", "Обрати", "Choose"),
        ),
    ),
)  # fmt: skip
