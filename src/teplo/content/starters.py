# ruff: noqa: E501 - texts of letters
"""Letters to begin with, our own: one opens one, changes the words and has a letter (R26)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from teplo.content.composing import Source

_FRAME = """<style>
  .page {{ background: #f6f4f1; padding: 24px 12px; }}
  .letter {{ max-width: 600px; margin: 0 auto; background: #ffffff; border-radius: 12px; padding: 32px; }}
  .letter p, .letter li {{ font: 16px/1.6 -apple-system, "Segoe UI", Roboto, Arial, sans-serif; color: #2b2724; }}
  .letter h1 {{ font: 600 24px/1.3 -apple-system, "Segoe UI", Roboto, Arial, sans-serif; color: #1d1a18; margin: 0 0 16px; }}
  .button {{ display: inline-block; background: #c2512f; color: #ffffff; padding: 12px 22px; border-radius: 8px;
    text-decoration: none; font: 600 16px/1 -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }}
  .foot {{ font: 13px/1.5 -apple-system, "Segoe UI", Roboto, Arial, sans-serif; color: #6b6560; text-align: center; margin: 20px auto 0;
    max-width: 600px; }}
  .foot a {{ color: #6b6560; }}
  @media (max-width: 480px) {{ .letter {{ padding: 20px; }} }}
</style>
<div class="page">
  <div class="letter">
{inside}
  </div>
  <p class="foot">{{{{ workspace.name }}}}<br>{{{{ workspace.address }}}}<br><a href="{{{{ unsubscribe_url }}}}">{leave}</a> ·
    <a href="{{{{ preferences_url }}}}">{choose}</a></p>
</div>
"""
_FOOT = {
    "ru": ("Отписаться", "Выбрать, что получать"),
    "uk": ("Відписатися", "Обрати, що отримувати"),
    "en": ("Unsubscribe", "Choose what to get"),
}
_HELLO = {
    "ru": "Здравствуйте{% if person.first_name != '' %}, {{ person.first_name }}{% endif %}.",
    "uk": "Вітаємо{% if person.first_name != '' %}, {{ person.first_name }}{% endif %}.",
    "en": "Hello{% if person.first_name != '' %} {{ person.first_name }}{% endif %},",
}


@dataclass(frozen=True, slots=True)
class Starter:
    """A letter to begin with; texts by language."""

    key: str
    icon: str
    names: Mapping[str, str]
    purposes: Mapping[str, str]
    subjects: Mapping[str, str]
    preheaders: Mapping[str, str]
    bodies: Mapping[str, str]
    is_service: bool = False
    greets: bool = True
    """False: it says nothing that somebody else could have written, not even a name."""

    def source(self, language: str) -> Source:
        """What stands in the editor at the beginning."""
        language = language if language in self.subjects else "en"
        leave, choose = _FOOT[language]
        hello = f"    <p>{_HELLO[language]}</p>\n" if self.greets else ""
        inside = f"{hello}{self.bodies[language]}"
        return Source(
            language=language,
            subject=self.subjects[language],
            preheader=self.preheaders[language],
            body=_FRAME.format(inside=inside, leave=leave, choose=choose),
            is_service=self.is_service,
        )


STARTERS: tuple[Starter, ...] = (
    Starter(
        key="welcome",
        icon="door-enter",
        names={"ru": "Знакомство", "uk": "Знайомство", "en": "Welcome"},
        purposes={
            "ru": "Первое письмо: кто мы и чего ждать.",
            "uk": "Перший лист: хто ми і чого чекати.",
            "en": "The first letter: who we are and what to expect.",
        },
        subjects={
            "ru": "{{ person.first_name | default: 'Здравствуйте' }}, рады знакомству",
            "uk": "{{ person.first_name | default: 'Вітаємо' }}, раді знайомству",
            "en": "Good to meet you, {{ person.first_name | default: 'friend' }}",
        },
        preheaders={
            "ru": "О чём мы пишем и как часто",
            "uk": "Про що ми пишемо і як часто",
            "en": "What we write about, and how often",
        },
        bodies={
            "ru": """    <h1>Спасибо, что вы с нами</h1>
    <p>Раз в неделю мы присылаем одно письмо: случай из практики и что из него взять себе. Без спешки и без давления.</p>
    <p>Начните с того, что читают чаще всего:</p>
    <p><a class="button" href="https://example.com/start">Открыть первый материал</a></p>
    <p>А если есть вопрос — просто ответьте на это письмо.</p>
    <p>{{ sender.name }}</p>""",
            "uk": """    <h1>Дякуємо, що ви з нами</h1>
    <p>Раз на тиждень ми надсилаємо один лист: випадок із практики і що з нього взяти собі. Без поспіху й без тиску.</p>
    <p>Почніть із того, що читають найчастіше:</p>
    <p><a class="button" href="https://example.com/start">Відкрити перший матеріал</a></p>
    <p>А якщо є запитання — просто дайте відповідь на цей лист.</p>
    <p>{{ sender.name }}</p>""",
            "en": """    <h1>Thank you for joining us</h1>
    <p>Once a week we send one letter: a case from practice and what to take from it. No hurry, no pressure.</p>
    <p>Begin with what most people read first:</p>
    <p><a class="button" href="https://example.com/start">Open the first piece</a></p>
    <p>And if you have a question, just answer this letter.</p>
    <p>{{ sender.name }}</p>""",
        },
    ),
    Starter(
        key="material",
        icon="book",
        names={"ru": "Обещанный материал", "uk": "Обіцяний матеріал", "en": "The promised material"},
        purposes={
            "ru": "Отправляет то, за чем человек пришёл: книгу, чек-лист, запись.",
            "uk": "Надсилає те, по що людина прийшла: книгу, чек-лист, запис.",
            "en": "Delivers what the person came for: a book, a check-list, a recording.",
        },
        subjects={
            "ru": "Ваш чек-лист здесь",
            "uk": "Ваш чек-лист тут",
            "en": "Your check-list is here",
        },
        preheaders={
            "ru": "И одна подсказка, с чего начать",
            "uk": "І одна підказка, з чого почати",
            "en": "And one hint where to begin",
        },
        bodies={
            "ru": """    <h1>Как и обещали</h1>
    <p>Чек-лист готов. На него уходит минут десять, а возвращаются к нему не раз.</p>
    <p><a class="button" href="https://example.com/checklist.pdf">Скачать чек-лист</a></p>
    <p>Подсказка: начните с третьего пункта — на нём спотыкаются чаще всего.</p>
    <p>{{ sender.name }}</p>""",
            "uk": """    <h1>Як і обіцяли</h1>
    <p>Чек-лист готовий. На нього піде хвилин десять, а повертаються до нього не раз.</p>
    <p><a class="button" href="https://example.com/checklist.pdf">Завантажити чек-лист</a></p>
    <p>Підказка: почніть із третього пункту — на ньому спотикаються найчастіше.</p>
    <p>{{ sender.name }}</p>""",
            "en": """    <h1>As promised</h1>
    <p>Your check-list is ready. It takes about ten minutes, and people come back to it.</p>
    <p><a class="button" href="https://example.com/checklist.pdf">Get the check-list</a></p>
    <p>A hint: begin with the third point, where most people stumble.</p>
    <p>{{ sender.name }}</p>""",
        },
    ),
    Starter(
        key="invitation",
        icon="calendar-event",
        names={"ru": "Приглашение на вебинар", "uk": "Запрошення на вебінар", "en": "Invitation to a webinar"},
        purposes={
            "ru": "Зовёт на встречу и говорит, что человек унесёт с собой.",
            "uk": "Кличе на зустріч і каже, що людина винесе із собою.",
            "en": "Invites to an event and says what one takes home.",
        },
        subjects={
            "ru": "В четверг покажем, как это сделать",
            "uk": "У четвер покажемо, як це зробити",
            "en": "On Thursday we show how it is done",
        },
        preheaders={
            "ru": "Сорок минут, живые примеры, ответы на вопросы",
            "uk": "Сорок хвилин, живі приклади, відповіді на запитання",
            "en": "Forty minutes, live examples, your questions answered",
        },
        bodies={
            "ru": """    <h1>Сорок минут в четверг</h1>
    <p>Разберём на живых примерах:</p>
    <ul><li>что делать, когда люди смотрят цены и уходят;</li><li>как понять, кто готов к разговору;</li>
    <li>что написать тем, кто молчит.</li></ul>
    <p><a class="button" href="https://example.com/webinar">Занять место</a></p>
    <p>Не получится прийти — запишитесь всё равно, пришлём запись.</p>
    <p>{{ sender.name }}</p>""",
            "uk": """    <h1>Сорок хвилин у четвер</h1>
    <p>Розберемо на живих прикладах:</p>
    <ul><li>що робити, коли люди дивляться ціни і йдуть;</li><li>як зрозуміти, хто готовий до розмови;</li>
    <li>що написати тим, хто мовчить.</li></ul>
    <p><a class="button" href="https://example.com/webinar">Зайняти місце</a></p>
    <p>Не вийде прийти — запишіться все одно, надішлемо запис.</p>
    <p>{{ sender.name }}</p>""",
            "en": """    <h1>Forty minutes on Thursday</h1>
    <p>With live examples we go through</p>
    <ul><li>what to do when people look at prices and leave,</li><li>how to see who is ready to talk,</li>
    <li>what to write to those who are silent.</li></ul>
    <p><a class="button" href="https://example.com/webinar">Take a seat</a></p>
    <p>Cannot come? Sign up anyway and get the recording.</p>
    <p>{{ sender.name }}</p>""",
        },
    ),
    Starter(
        key="after-prices",
        icon="message-question",
        names={"ru": "После цен", "uk": "Після цін", "en": "After the prices"},
        purposes={
            "ru": "Человек смотрел цены: предложить помощь, не давить.",
            "uk": "Людина дивилася ціни: запропонувати допомогу, не тиснути.",
            "en": "Somebody looked at prices: offer help without pushing.",
        },
        subjects={
            "ru": "Помочь выбрать?",
            "uk": "Допомогти обрати?",
            "en": "Can we help you choose?",
        },
        preheaders={
            "ru": "Подскажем, какой вариант подойдёт именно вам",
            "uk": "Підкажемо, який варіант підійде саме вам",
            "en": "We tell which option suits you",
        },
        bodies={
            "ru": """    <h1>Какой вариант ваш</h1>
    <p>Вы смотрели наши цены. Вариантов несколько, и сразу не всегда видно, какой нужен
    {% if company.name != '' %}компании «{{ company.name }}»{% else %}именно вам{% endif %}.</p>
    <p>Ответьте на это письмо тремя словами — чем занимаетесь и сколько вас, — и мы посоветуем. Даже если это будет
    самый дешёвый вариант.</p>
    <p><a class="button" href="https://example.com/compare">Сравнить варианты</a></p>
    <p>{{ sender.name }}</p>""",
            "uk": """    <h1>Який варіант ваш</h1>
    <p>Ви дивилися наші ціни. Варіантів кілька, і не завжди одразу видно, який потрібен
    {% if company.name != '' %}компанії «{{ company.name }}»{% else %}саме вам{% endif %}.</p>
    <p>Дайте відповідь на цей лист трьома словами — чим займаєтеся і скільки вас, — і ми порадимо. Навіть якщо це буде
    найдешевший варіант.</p>
    <p><a class="button" href="https://example.com/compare">Порівняти варіанти</a></p>
    <p>{{ sender.name }}</p>""",
            "en": """    <h1>Which one is yours</h1>
    <p>You looked at our prices. There are several options, and it is not always plain which one fits
    {% if company.name != '' %}{{ company.name }}{% else %}you{% endif %}.</p>
    <p>Answer this letter in a few words (what you do, how many you are) and we will advise, even if it is the cheapest.</p>
    <p><a class="button" href="https://example.com/compare">Compare the options</a></p>
    <p>{{ sender.name }}</p>""",
        },
    ),
    Starter(
        key="reactivation",
        icon="campfire",
        names={"ru": "Давно не виделись", "uk": "Давно не бачилися", "en": "Long time no see"},
        purposes={
            "ru": "Человек молчит: спросить, писать ли дальше.",
            "uk": "Людина мовчить: спитати, чи писати далі.",
            "en": "Somebody is silent: ask whether to go on writing.",
        },
        subjects={
            "ru": "Писать вам дальше?",
            "uk": "Писати вам далі?",
            "en": "Shall we go on writing to you?",
        },
        preheaders={
            "ru": "Если не до нас — отпустим без обид",
            "uk": "Якщо не до нас — відпустимо без образ",
            "en": "If not, we part as friends",
        },
        bodies={
            "ru": """    <h1>Давно не виделись</h1>
    <p>Вы давно не открывали наши письма. Так бывает: дела, отпуск, стало неинтересно.</p>
    <p>Если письма ещё нужны, нажмите кнопку. Если нет — ничего делать не надо, мы сами перестанем.</p>
    <p><a class="button" href="https://example.com/stay">Да, пишите</a></p>
    <p>{{ sender.name }}</p>""",
            "uk": """    <h1>Давно не бачилися</h1>
    <p>Ви давно не відкривали наші листи. Так буває: справи, відпустка, стало нецікаво.</p>
    <p>Якщо листи ще потрібні, натисніть кнопку. Якщо ні — нічого робити не треба, ми самі перестанемо.</p>
    <p><a class="button" href="https://example.com/stay">Так, пишіть</a></p>
    <p>{{ sender.name }}</p>""",
            "en": """    <h1>Long time no see</h1>
    <p>You have not opened our letters for a while. It happens: work, holidays, other interests.</p>
    <p>If you still want them, press the button. If not, do nothing: we will stop by ourselves.</p>
    <p><a class="button" href="https://example.com/stay">Yes, keep writing</a></p>
    <p>{{ sender.name }}</p>""",
        },
    ),
    Starter(
        key="confirmation",
        icon="mail-check",
        names={"ru": "Подтверждение", "uk": "Підтвердження", "en": "Confirmation"},
        purposes={
            "ru": "Служебное: заявка получена, что будет дальше. Уходит и тем, кто не подписан.",
            "uk": "Службове: заявку отримано, що буде далі. Іде й тим, хто не підписаний.",
            "en": "A service letter: we have your request, and what comes next. Goes without consent to marketing.",
        },
        subjects={
            "ru": "Ваша заявка у нас",
            "uk": "Ваша заявка в нас",
            "en": "We have your request",
        },
        preheaders={
            "ru": "Ответим в рабочее время",
            "uk": "Відповімо в робочий час",
            "en": "We answer within working hours",
        },
        bodies={
            "ru": """    <h1>Заявка получена</h1>
    <p>Спасибо. Мы прочитаем её и ответим в рабочее время, обычно за час.</p>
    <p>Хотите что-то добавить — ответьте на это письмо.</p>
    <p>{{ sender.name }}</p>""",
            "uk": """    <h1>Заявку отримано</h1>
    <p>Дякуємо. Ми прочитаємо її та відповімо в робочий час, зазвичай за годину.</p>
    <p>Хочете щось додати — дайте відповідь на цей лист.</p>
    <p>{{ sender.name }}</p>""",
            "en": """    <h1>We have your request</h1>
    <p>Thank you. We will read it and answer within working hours, usually in an hour.</p>
    <p>Anything to add? Just answer this letter.</p>
    <p>{{ sender.name }}</p>""",
        },
        is_service=True,
    ),
    Starter(
        key="double-opt-in",
        icon="user-check",
        names={"ru": "Подтверждение согласия", "uk": "Підтвердження згоди", "en": "Consent confirmation"},
        purposes={
            "ru": "Служебное: со ссылкой, которой человек подтверждает, что это он и что письма ему нужны.",
            "uk": "Службове: з посиланням, яким людина підтверджує, що це вона і що листи їй потрібні.",
            "en": "A service letter with the link by which people confirm that it is them and that they want our letters.",
        },
        subjects={
            "ru": "Подтвердите, что это вы",
            "uk": "Підтвердьте, що це ви",
            "en": "Please confirm that it is you",
        },
        preheaders={
            "ru": "Одна кнопка — и всё",
            "uk": "Одна кнопка — і все",
            "en": "One button and it is done",
        },
        bodies={
            "ru": """    <h1>Это вы?</h1>
    <p>На нашем сайте указали этот адрес. Если это вы, нажмите кнопку: мы ответим на вашу заявку и будем знать, что письма вам нужны.</p>
    <p><a class="button" href="{{ confirm_url }}">Да, это я</a></p>
    <p>Ссылка действует неделю. Если это не вы, ничего делать не нужно: без подтверждения ничего не изменится.</p>""",
            "uk": """    <h1>Це ви?</h1>
    <p>На нашому сайті вказали цю адресу. Якщо це ви, натисніть кнопку: ми відповімо на вашу заявку й знатимемо, що листи вам потрібні.</p>
    <p><a class="button" href="{{ confirm_url }}">Так, це я</a></p>
    <p>Посилання діє тиждень. Якщо це не ви, нічого робити не треба: без підтвердження нічого не зміниться.</p>""",
            "en": """    <h1>Is it you?</h1>
    <p>This address was given on our site. If it was you, press the button: we will answer your request and know that you want our letters.</p>
    <p><a class="button" href="{{ confirm_url }}">Yes, it is me</a></p>
    <p>The link works for a week. If it was not you, do nothing: without a confirmation nothing will change.</p>""",
        },
        is_service=True,
        greets=False,
    ),
)


def starter(key: str) -> Starter | None:
    """The starter of this key."""
    return next((one for one in STARTERS if one.key == key), None)
