"""The ready set of activities: what most companies mean by the usual deeds (R8). Users may change their conditions."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from teplo.tracking.models import Activity

_KEY_PAGES = ("pric", "tarif", "order", "zakaz", "contact", "demo")
"""Parts of the addresses of pages that mean something; a marketer puts his own in their place."""

# Key (which is also the name of the event), icon, and the name in Russian, Ukrainian and English.
_TABLE = """
page-viewed        eye               Смотрел страницу | Дивився сторінку | Viewed a page
key-page-viewed    key               Смотрел важную страницу | Дивився важливу сторінку | Viewed a key page
link-clicked       click             Нажал ссылку на сайте | Натиснув посилання на сайті | Clicked a link on the site
form-submitted     forms             Отправил форму | Надіслав форму | Submitted a form
letter-opened      mail-opened       Прочитал письмо | Прочитав лист | Opened a letter
letter-clicked     hand-click        Нажал ссылку в письме | Натиснув посилання в листі | Clicked a link in a letter
letter-replied     arrow-back-up     Ответил на письмо | Відповів на лист | Replied to a letter
webinar-signed-up  device-tv         Записался на вебинар | Записався на вебінар | Signed up for a webinar
demo-requested     presentation      Попросил показать продукт | Попросив показати продукт | Asked for a demo
trial-started      player-play       Начал пробный период | Почав пробний період | Started a trial
question-asked     help-circle       Задал вопрос | Поставив запитання | Asked a question
offer-requested    file-description  Попросил предложение | Попросив пропозицію | Asked for an offer
order-form-filled  shopping-cart     Заполнил форму заказа | Заповнив форму замовлення | Filled in the order form
call-answered      phone-check       Поговорил по телефону | Поговорив телефоном | Answered a call
video-watched      video             Посмотрел видео | Подивився відео | Watched a video
comment-left       message           Оставил комментарий | Залишив коментар | Left a comment
shared             share             Поделился | Поділився | Shared
payment-received   cash              Заплатил | Заплатив | Paid
deal-won           trophy            Купил | Купив | Bought
"""


class Ready(NamedTuple):
    """One activity of the set."""

    key: str
    icon: str
    names: dict[str, str]
    condition: dict[str, Any]


def _condition(key: str) -> dict[str, Any]:
    if key != "key-page-viewed":
        return {"event": key}
    pages = [{"field": "path", "contains": part} for part in _KEY_PAGES]
    return {"all": [{"event": "page-viewed"}, {"any": pages}]}


def _read(line: str) -> Ready:
    key, icon, names = line.split(maxsplit=2)
    russian, ukrainian, english = re.split(r" *\| ", names)
    return Ready(key, icon, {"ru": russian, "uk": ukrainian, "en": english}, _condition(key))


READY = tuple(_read(line) for line in _TABLE.strip().splitlines())


def install(activities: type[Activity] = Activity) -> int:
    """Add what is not there yet; what users changed stays. Answers how many were added."""
    known = set(activities.objects.values_list("key", flat=True))
    new = [
        activities(key=key, icon=icon, names=names, condition=condition, is_builtin=True)
        for key, icon, names, condition in READY
        if key not in known
    ]
    activities.objects.bulk_create(new)
    return len(new)
