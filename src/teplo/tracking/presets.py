"""The ready set of activities: what most companies mean by the usual deeds (R8). Users may change their conditions."""

from __future__ import annotations

from typing import Any

from teplo.tracking.models import Activity

Names = dict[str, str]
Ready = tuple[str, str, Names, dict[str, Any]]


def _event(name: str) -> dict[str, Any]:
    return {"event": name}


_KEY_PAGES = ("price", "pricing", "tarif", "cen", "tsen", "cina", "tsin", "order", "zakaz", "zamov", "contact", "kontakt", "demo", "buy", "checkout")

READY: tuple[Ready, ...] = (
    ("page-viewed", "eye", {"ru": "Смотрел страницу", "uk": "Дивився сторінку", "en": "Viewed a page"}, _event("page-viewed")),
    (
        "key-page-viewed",
        "key",
        {"ru": "Смотрел важную страницу", "uk": "Дивився важливу сторінку", "en": "Viewed a key page"},
        {"all": [_event("page-viewed"), {"any": [{"field": "path", "contains": part} for part in _KEY_PAGES]}]},
    ),
    ("link-clicked", "click", {"ru": "Нажал ссылку на сайте", "uk": "Натиснув посилання на сайті", "en": "Clicked a link on the site"}, _event("link-clicked")),
    ("form-submitted", "forms", {"ru": "Отправил форму", "uk": "Надіслав форму", "en": "Submitted a form"}, _event("form-submitted")),
    ("letter-opened", "mail-opened", {"ru": "Прочитал письмо", "uk": "Прочитав лист", "en": "Opened a letter"}, _event("letter-opened")),
    ("letter-clicked", "hand-click", {"ru": "Нажал ссылку в письме", "uk": "Натиснув посилання в листі", "en": "Clicked a link in a letter"}, _event("letter-clicked")),
    ("letter-replied", "arrow-back-up", {"ru": "Ответил на письмо", "uk": "Відповів на лист", "en": "Replied to a letter"}, _event("letter-replied")),
    ("webinar-signed-up", "device-tv", {"ru": "Записался на вебинар", "uk": "Записався на вебінар", "en": "Signed up for a webinar"}, _event("webinar-signed-up")),
    ("demo-requested", "presentation", {"ru": "Попросил показать продукт", "uk": "Попросив показати продукт", "en": "Asked for a demo"}, _event("demo-requested")),
    ("trial-started", "player-play", {"ru": "Начал пробный период", "uk": "Почав пробний період", "en": "Started a trial"}, _event("trial-started")),
    ("question-asked", "help-circle", {"ru": "Задал вопрос", "uk": "Поставив запитання", "en": "Asked a question"}, _event("question-asked")),
    ("offer-requested", "file-description", {"ru": "Попросил предложение", "uk": "Попросив пропозицію", "en": "Asked for an offer"}, _event("offer-requested")),
    ("order-form-filled", "shopping-cart", {"ru": "Заполнил форму заказа", "uk": "Заповнив форму замовлення", "en": "Filled in the order form"}, _event("order-form-filled")),
    ("call-answered", "phone-check", {"ru": "Поговорил по телефону", "uk": "Поговорив телефоном", "en": "Answered a call"}, _event("call-answered")),
    ("video-watched", "video", {"ru": "Посмотрел видео", "uk": "Подивився відео", "en": "Watched a video"}, _event("video-watched")),
    ("comment-left", "message", {"ru": "Оставил комментарий", "uk": "Залишив коментар", "en": "Left a comment"}, _event("comment-left")),
    ("shared", "share", {"ru": "Поделился", "uk": "Поділився", "en": "Shared"}, _event("shared")),
    ("payment-received", "cash", {"ru": "Заплатил", "uk": "Заплатив", "en": "Paid"}, _event("payment-received")),
    ("deal-won", "trophy", {"ru": "Купил", "uk": "Купив", "en": "Bought"}, _event("deal-won")),
)  # fmt: skip


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
