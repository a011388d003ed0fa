"""Ready ladders: doctrines differ on the order and number of stages, so several stand by (R11, R15).

Facts of the stages follow the sources S0 (seven), S2 (five steps, on-line and off-line) and S3 (lead → prospect →
opportunity → customer); the words are ours.
"""

# ruff: noqa: E501 - texts are read best in one piece

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from teplo.stages.models import Stage

Texts = Mapping[str, str]
Sign = Mapping[str, Any]


class UnknownPreset(LookupError):
    """There is no such ready ladder."""


@dataclass(frozen=True)
class Ready:
    """One stage of a ready ladder."""

    key: str
    trade_name: str
    names: Texts
    level: str = ""
    goals: Texts = field(default_factory=dict)
    actions: Texts = field(default_factory=dict)
    sign: Sign = field(default_factory=dict)
    is_customer: bool = False
    is_beside: bool = False
    may_go_back: bool = False
    stuck_after_days: int = 30


@dataclass(frozen=True)
class Preset:
    """A ready ladder with its name and one sentence about when it fits."""

    key: str
    names: Texts
    about: Texts
    steps: Sequence[Ready]


def words(ru: str, uk: str, en: str) -> Texts:
    """A text in the three languages."""
    return {"ru": ru, "uk": uk, "en": en}


def did(activity: str, at_least: int = 1) -> Sign:
    return {"did": activity, "at_least": at_least} if at_least > 1 else {"did": activity}


def some(*parts: Sign) -> Sign:
    return {"any": list(parts)}


def every(*parts: Sign) -> Sign:
    return {"all": list(parts)}


KNOWN: Sign = {"field": "anonymous", "is": False}
SHOWS_INTEREST = some(
    did("letter-opened"), did("letter-clicked"), did("key-page-viewed", 2), did("video-watched"), did("comment-left"),
    did("shared"),
)  # fmt: skip
TAKES_PART = some(
    did("webinar-signed-up"), did("demo-requested"), did("trial-started"), did("question-asked"),
    did("offer-requested"), did("order-form-filled"),
)  # fmt: skip
TALKS_TO_SALES = some(did("call-answered"), did("letter-replied"))
PAID = some(did("payment-received"), did("deal-won"))
PAID_AGAIN = some(did("payment-received", 2), did("deal-won", 2))

BESIDE = (
    Ready(
        "cold", "Cold", words("Остывшие", "Охололі", "Gone cold"), is_beside=True, may_go_back=True,
        goals=words(
            "Не терять человека из виду и не надоедать ему.",
            "Не губити людину з поля зору й не набридати їй.",
            "Keep the person in sight without pestering.",
        ),
        actions=words(
            "Напоминать о себе изредка и только полезным.\nКак только он что-то сделает — он вернётся на лестницу сам.",
            "Нагадувати про себе зрідка й лише корисним.\nЩойно людина щось зробить — вона повернеться на сходинки сама.",
            "Remind of yourself rarely and only with something useful.\nAs soon as he acts, he comes back by himself.",
        ),
    ),
    Ready(
        "non-target", "Non-target", words("Не наши", "Не наші", "Not ours"), is_beside=True,
        goals=words(
            "Не тратить силы на тех, кому продукт не нужен.",
            "Не витрачати сили на тих, кому продукт не потрібен.",
            "Spend no effort on those who do not need the product.",
        ),
        actions=words(
            "Записать причину.\nВернуть вручную, если обстоятельства изменились.",
            "Записати причину.\nПовернути вручну, якщо обставини змінилися.",
            "Note the reason.\nBring back by hand when circumstances change.",
        ),
    ),
    Ready(
        "lost", "Lost", words("Ушли", "Пішли", "Gone"), is_beside=True, may_go_back=True,
        goals=words(
            "Понять, почему человек выбрал другое.",
            "Зрозуміти, чому людина обрала інше.",
            "Understand why he chose something else.",
        ),
        actions=words(
            "Записать причину его словами.\nЧерез полгода спросить, как у него дела с тем, что он выбрал.",
            "Записати причину його словами.\nЗа пів року запитати, як справи з тим, що він обрав.",
            "Note the reason in his own words.\nAsk in half a year how his choice serves him.",
        ),
    ),
)  # fmt: skip

SEVEN = (
    Ready(
        "stranger", "Awareness", words("Таинственный незнакомец", "Таємничий незнайомець", "Mysterious stranger"), "top",
        goals=words(
            "Чтобы нужные люди пришли и захотели назваться.",
            "Щоб потрібні люди прийшли й захотіли назватися.",
            "Let the right people come and want to say who they are.",
        ),
        actions=words(
            "Приводить на сайт тех, кому продукт полезен.\nДавать повод зарегистрироваться или подписаться.\n"
            "Заботиться о первом впечатлении о компании.",
            "Приводити на сайт тих, кому продукт корисний.\nДавати привід зареєструватися чи підписатися.\n"
            "Дбати про перше враження про компанію.",
            "Bring those to the site whom the product helps.\nGive a reason to sign up or subscribe.\n"
            "Care for the first impression of the company.",
        ),
    ),
    Ready(
        "new-acquaintance", "Inquiry", words("Новый знакомый", "Новий знайомий", "New acquaintance"), "top",
        sign=some(KNOWN, did("form-submitted")),
        goals=words(
            "Узнать, наш ли это человек, и пойти с ним дальше.",
            "Дізнатися, чи це наша людина, і піти з нею далі.",
            "Find out whether he is one of ours, and go on with him.",
        ),
        actions=words(
            "Сделать узкое предложение: оно интересно только тем, кого мы ищем.\n"
            "Вести серией писем, которая меняется от того, что его заинтересовало.\n"
            "Связать касания в письмах, СМС и звонках между собой.",
            "Зробити вузьку пропозицію: вона цікава лише тим, кого ми шукаємо.\n"
            "Вести серією листів, що змінюється залежно від того, що зацікавило.\n"
            "Пов’язати дотики в листах, СМС і дзвінках між собою.",
            "Make a narrow offer that interests only those you look for.\n"
            "Lead with a series of letters that follows what caught his interest.\n"
            "Let letters, texts and calls know of each other.",
        ),
    ),
    Ready(
        "acquaintance", "Prospect", words("Знакомый", "Знайомий", "Acquaintance"), "middle",
        sign=every(KNOWN, SHOWS_INTEREST),
        goals=words(
            "Понять, что ему важно, и показать, что мы это умеем.",
            "Зрозуміти, що для нього важливо, і показати, що ми це вміємо.",
            "Learn what matters to him and show that we can do it.",
        ),
        actions=words(
            "Разделить людей по региону, отрасли, размеру компании и поведению.\n"
            "Оценить, кто вероятнее купит, и писать ему по тому, на что он откликается.\n"
            "Кто пока не готов — изредка напоминать о себе.",
            "Розділити людей за регіоном, галуззю, розміром компанії та поведінкою.\n"
            "Оцінити, хто ймовірніше купить, і писати йому про те, на що він відгукується.\n"
            "Хто поки не готовий — зрідка нагадувати про себе.",
            "Tell people apart by region, industry, company size and behaviour.\n"
            "Judge who is likelier to buy and write about what he reacts to.\n"
            "Remind those of yourself who are not ready yet.",
        ),
    ),
    Ready(
        "pal", "Lead", words("Приятель", "Приятель", "Pal"), "middle", stuck_after_days=21,
        sign=every(KNOWN, TAKES_PART),
        goals=words(
            "Дать ему попробовать и честно ответить на все вопросы.",
            "Дати йому спробувати й чесно відповісти на всі запитання.",
            "Let him try, and answer every question honestly.",
        ),
        actions=words(
            "Рассказать о продукте и о компании полно.\nДать пробную версию.\nПредложить личную консультацию по его задаче.",
            "Розповісти про продукт і компанію повно.\nДати пробну версію.\n"
            "Запропонувати особисту консультацію щодо його завдання.",
            "Tell all about the product and the company.\nGive a trial.\nOffer a consultation about his own task.",
        ),
    ),
    Ready(
        "friend", "Opportunity", words("Друг", "Друг", "Friend"), "bottom", stuck_after_days=14,
        sign=every(TAKES_PART, TALKS_TO_SALES),
        goals=words(
            "Помочь выбрать и быстро уладить формальности.",
            "Допомогти обрати й швидко владнати формальності.",
            "Help him choose and settle the formalities quickly.",
        ),
        actions=words(
            "Передать продавцу всё, что известно о человеке.\nПодобрать решение под задачу его дела.\n"
            "Подготовить документы к тому дню, когда они понадобятся.",
            "Передати продавцеві все, що відомо про людину.\nДібрати рішення під завдання його справи.\n"
            "Підготувати документи до того дня, коли вони знадобляться.",
            "Hand sales everything known about the person.\nFind the solution that fits his business.\n"
            "Have the papers ready on the day they are needed.",
        ),
    ),
    Ready(
        "close-friend", "Customer", words("Близкий друг", "Близький друг", "Close friend"), "bottom", sign=PAID,
        is_customer=True, stuck_after_days=90,
        goals=words(
            "Чтобы первая покупка принесла то, что мы обещали.",
            "Щоб перша купівля принесла те, що ми обіцяли.",
            "Let the first purchase bring what we promised.",
        ),
        actions=words(
            "Быстро согласовать договор и выставить счёт.\nПомочь начать.\nСпросить, что получилось и что мешает.",
            "Швидко погодити договір і виставити рахунок.\nДопомогти почати.\nЗапитати, що вийшло і що заважає.",
            "Agree on the contract and invoice quickly.\nHelp him start.\nAsk what works and what is in the way.",
        ),
    ),
    Ready(
        "family", "Loyal customer", words("Член семьи", "Член родини", "Family"), "bottom", sign=PAID_AGAIN,
        is_customer=True, stuck_after_days=180,
        goals=words(
            "Остаться лучшим выбором и заслужить рекомендацию.",
            "Лишатися найкращим вибором і заслужити рекомендацію.",
            "Stay the best choice and earn a recommendation.",
        ),
        actions=words(
            "Спрашивать мнение, исправлять, рассказывать, что исправили.\nУчить получать больше.\n"
            "Благодарить за тех, кого он привёл.",
            "Питати думку, виправляти, розповідати, що виправили.\nВчити отримувати більше.\n"
            "Дякувати за тих, кого він привів.",
            "Ask for his opinion, mend, tell what was mended.\nTeach how to get more out of it.\n"
            "Thank him for those he brought.",
        ),
    ),
)  # fmt: skip

LEAD_PROSPECT = (
    Ready(
        "lead", "Lead", words("Может купить", "Може купити", "Might buy"), "top",
        goals=words("Собрать тех, кому это может быть нужно.", "Зібрати тих, кому це може бути потрібно.",
                    "Gather those who may need it."),
        actions=words(
            "Писать, звонить, показывать рекламу, собирать отзывы клиентов.\nУзнать главное о человеке разговором или опросом.",
            "Писати, дзвонити, показувати рекламу, збирати відгуки клієнтів.\n"
            "Дізнатися головне про людину розмовою чи опитуванням.",
            "Write, call, advertise, collect customers' reviews.\nLearn the main things by talking or a survey.",
        ),
    ),
    Ready(
        "prospect", "Prospect", words("Похож на нашего", "Схожий на нашого", "Looks like ours"), "middle",
        sign={"field": "temperature", "in": ["warm", "hot"]}, may_go_back=True,
        goals=words("Сверить человека с портретом идеального клиента.", "Звірити людину з портретом ідеального клієнта.",
                    "Compare the person with the portrait of the ideal client."),
        actions=words(
            "Убедиться, что у него есть задача, бюджет и право решать.\nВыращивать интерес полезным, а не настойчивым.",
            "Переконатися, що в нього є завдання, бюджет і право вирішувати.\n"
            "Вирощувати інтерес корисним, а не наполегливим.",
            "Make sure he has the task, the budget and the say.\nGrow his interest by being useful rather than insistent.",
        ),
    ),
    Ready(
        "opportunity", "Opportunity", words("Выбирает нас", "Обирає нас", "Is choosing us"), "bottom", stuck_after_days=14,
        sign=some(did("offer-requested"), did("order-form-filled"), did("demo-requested"), {"temperature": "hot"}),
        goals=words("Снять возражения и договориться.", "Зняти заперечення й домовитися.",
                    "Answer objections and come to terms."),
        actions=words("Показать, как продукт решает именно его задачу.\nОтветить на возражения.",
                      "Показати, як продукт вирішує саме його завдання.\nВідповісти на заперечення.",
                      "Show how the product solves his very task.\nAnswer objections."),
    ),
    Ready(
        "customer", "Customer", words("Клиент", "Клієнт", "Customer"), "bottom", sign=PAID, is_customer=True,
        stuck_after_days=180,
        goals=words("Сдержать обещания.", "Дотримати обіцянок.", "Keep the promises."),
        actions=words("Помочь начать и спросить, всё ли получилось.", "Допомогти почати й запитати, чи все вийшло.",
                      "Help him start and ask whether all went well."),
    ),
)  # fmt: skip


def _five(prefix: str, *, interest: Sign, nurture: Sign, actions: Sequence[Texts]) -> tuple[Ready, ...]:
    names: tuple[tuple[str, str, Texts, str, Sign], ...] = (
        ("attention", "Awareness", words("Обратил внимание", "Звернув увагу", "Noticed us"), "top", {}),
        ("interest", "Interest", words("Заинтересовался", "Зацікавився", "Got interested"), "top", interest),
        ("contact", "Capture", words("Оставил контакт", "Залишив контакт", "Left a contact"), "middle", KNOWN),
        ("nurture", "Nurture", words("Присматривается", "Придивляється", "Is looking closer"), "middle", nurture),
        ("purchase", "Conversion", words("Купил", "Купив", "Bought"), "bottom", PAID),
    )
    return tuple(
        Ready(
            f"{prefix}-{key}", trade, title, level, sign=sign, actions=texts, is_customer=key == "purchase",
            stuck_after_days=180 if key == "purchase" else 30,
        )
        for (key, trade, title, level, sign), texts in zip(names, actions, strict=True)
    )  # fmt: skip


FIVE_ONLINE = _five(
    "online",
    interest=some(did("page-viewed", 3), did("key-page-viewed"), did("video-watched")),
    nurture=every(KNOWN, some(did("letter-clicked"), did("letter-replied"), TAKES_PART)),
    actions=(
        words("Статьи, соцсети, реклама, поисковая оптимизация.", "Статті, соцмережі, реклама, пошукова оптимізація.",
              "Articles, social networks, advertising, search optimisation."),
        words("Бесплатные материалы, акции, вебинары.", "Безкоштовні матеріали, акції, вебінари.",
              "Free materials, special offers, webinars."),
        words("Книга, рассылка или регистрация в обмен на контакт.", "Книга, розсилка чи реєстрація в обмін на контакт.",
              "A book, a newsletter or a registration in exchange for a contact."),
        words("Цепочки писем и материалы по его интересам.", "Ланцюжки листів і матеріали за його інтересами.",
              "Chains of letters and materials that follow his interests."),
        words("Конкретное предложение и простая покупка.", "Конкретна пропозиція й проста купівля.",
              "A concrete offer and an easy purchase."),
    ),
)  # fmt: skip

FIVE_OFFLINE = _five(
    "offline",
    interest={"source": "offline"},
    nurture=every(KNOWN, some(did("call-answered"), did("question-asked"))),
    actions=(
        words("Наружная реклама, пресса, радио, участие в событиях.", "Зовнішня реклама, преса, радіо, участь у подіях.",
              "Outdoor advertising, press, radio, events."),
        words("Листовки, выставки, свои мероприятия.", "Листівки, виставки, власні заходи.",
              "Leaflets, fairs, events of your own."),
        words("Розыгрыш, конкурс, анкета на событии.", "Розіграш, конкурс, анкета на події.",
              "A draw, a contest, a form at the event."),
        words("Встречи, звонки, письма по почте.", "Зустрічі, дзвінки, листи поштою.", "Meetings, calls, letters by post."),
        words("Договор и продажа лично или по телефону.", "Договір і продаж особисто чи телефоном.",
              "The contract and the sale in person or by phone."),
    ),
)  # fmt: skip

PRESETS = (
    Preset(
        "seven-stage",
        words("Семь стадий отношений", "Сім стадій стосунків", "Seven stages of a relation"),
        words(
            "От незнакомца до члена семьи. Для долгих продаж компаниям, где решение зреет месяцами.",
            "Від незнайомця до члена родини. Для довгих продажів компаніям, де рішення зріє місяцями.",
            "From a stranger to family. For long sales to companies, where a decision ripens for months.",
        ),
        SEVEN,
    ),
    Preset(
        "lead-prospect",
        words("Четыре ступени продавца", "Чотири сходинки продавця", "The seller's four steps"),
        words(
            "Может купить → похож на нашего → выбирает нас → клиент. Когда главное — отобрать и договориться.",
            "Може купити → схожий на нашого → обирає нас → клієнт. Коли головне — відібрати й домовитися.",
            "Might buy → looks like ours → is choosing us → customer. When qualifying and closing is the main work.",
        ),
        LEAD_PROSPECT,
    ),
    Preset(
        "five-online",
        words("Пять шагов в сети", "П’ять кроків у мережі", "Five steps on-line"),
        words(
            "Внимание, интерес, контакт, присмотр, покупка — для сайтов и интернет-магазинов.",
            "Увага, інтерес, контакт, придивляння, купівля — для сайтів та інтернет-магазинів.",
            "Attention, interest, contact, nurture, purchase: for sites and on-line shops.",
        ),
        FIVE_ONLINE,
    ),
    Preset(
        "five-offline",
        words("Пять шагов вне сети", "П’ять кроків поза мережею", "Five steps off-line"),
        words(
            "Те же пять шагов там, где знакомятся на выставке, по телефону и у прилавка.",
            "Ті самі п’ять кроків там, де знайомляться на виставці, телефоном і біля прилавка.",
            "The same five steps where people meet at fairs, by phone and over the counter.",
        ),
        FIVE_OFFLINE,
    ),
)


def preset(name: str) -> Preset:
    """The ready ladder of this name; raises UnknownPreset."""
    for one in PRESETS:
        if one.key == name:
            return one
    raise UnknownPreset(name)


def install(name: str = "seven-stage", *, model: type[Stage] = Stage) -> list[Stage]:
    """Make this ladder the active one; stages of the former one are put out of use, never deleted.

    A stage that was here before comes back as it was edited. Who stands at a stage out of use is moved when his signs
    are next asked, so start the job that asks everybody (`jobs.MOVE_ALL`) afterwards.
    `model` is for migrations, which know the table as it was then.
    """
    steps = preset(name).steps
    with transaction.atomic():
        model.objects.filter(is_beside=False).update(is_active=False)
        ladder = [_put(model, ready, position) for position, ready in enumerate(steps, 1)]
        return ladder + [_put(model, ready, position) for position, ready in enumerate(BESIDE, 1)]


def _put(model: type[Stage], ready: Ready, position: int) -> Stage:
    texts = {name: dict(getattr(ready, name)) for name in ("names", "goals", "actions", "sign")}
    plain = ("trade_name", "level", "is_customer", "is_beside", "may_go_back", "stuck_after_days")
    values = texts | {name: getattr(ready, name) for name in plain}
    stage, _is_new = model.objects.get_or_create(key=ready.key, defaults={**values, "position": position})
    model.objects.filter(id=stage.id).update(is_active=True, position=position)
    stage.is_active, stage.position = True, position
    return stage
