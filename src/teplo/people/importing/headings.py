"""Words that stand over columns in Russian, Ukrainian and English, and what they mean.

Sources: exports of Bitrix24, amoCRM, HubSpot, Pipedrive, Salesforce, Zoho, Meta Lead Ads, LinkedIn Lead Gen Forms, and
the lists people keep by hand.
"""

from __future__ import annotations

import re
import unicodedata

_PHRASES: dict[str, str] = {
    "first_name": "имя | імя | ім'я | firstname | first name | given name | имя контакта | ім'я контакта | person first name | contact first name",  # noqa: E501
    "last_name": "фамилия | прізвище | lastname | last name | surname | family name | фамилия контакта | person last name | contact last name",  # noqa: E501
    "middle_name": "отчество | по батькові | побатькові | middle name | patronymic",
    "full_name": "фио | піб | пиб | ф.и.о. | ф и о | полное имя | повне ім'я | полное имя контакта | имя и фамилия | ім'я та прізвище"  # noqa: E501
    " | фамилия имя отчество | фамилия и имя | прізвище та ім'я | контакт | контактное лицо | контактна особа | клиент | клієнт"  # noqa: E501
    " | full name | fullname | name | contact name | contact person | person name | person | lead name | имя клиента | кто",  # noqa: E501
    "email": "email | email адрес | почта | пошта | электронная почта | електронна пошта | эл почта | эл адрес | ел пошта"  # noqa: E501
    " | рабочий email | личный email | частный email | другой email | email для рассылок | мейл | мыло | имейл | адрес электронной почты"  # noqa: E501
    " | електронна адреса | work email | home email | business email | user email | person email work | person email home | email address"  # noqa: E501
    " | робочий email | особистий email | mail",
    "phone": "телефон | телефоны | тел | моб тел | мобильный | мобільний | мобильный телефон | мобільний телефон | рабочий телефон"  # noqa: E501
    " | робочий телефон | домашний телефон | домашній телефон | рабочий прямой телефон | другой телефон | телефон для рассылок"  # noqa: E501
    " | номер телефона | номер телефону | контактный телефон | сотовый | phone | phone number | mobile | mobile phone | cell"  # noqa: E501
    " | work phone | home phone | user phone | person phone | telephone | tel | телефон контакта",
    "telegram": "telegram | телеграм | телеграмм | контакт telegram | tg | тг | telegram username",
    "whatsapp": "whatsapp | ватсап | вотсап | вацап | контакт whatsapp",
    "viber": "viber | вайбер | контакт viber",
    "vk": "vk | вк | вконтакте | контакт вконтакте | страница вконтакте | vkontakte",
    "external": "id | record id | lead id | leadid | contact id | customer id | client id | user id | person id | ид | код клиента"  # noqa: E501
    " | номер клиента | код клієнта | id клиента | id контакта | lead pipedrive system id | идентификатор",
    "position": "должность | посада | job title | jobtitle | position | роль | role",
    "city": "город | місто | город проживания | населенный пункт | населений пункт | city | town",
    "country": "страна | країна | country | country region | client country | country code",
    "language": "язык | мова | language | preferred language",
    "timezone": "часовой пояс | часовий пояс | time zone | timezone",
    "company": "компания | компанія | название компании | назва компанії | організація | организация | фирма | фірма | company"  # noqa: E501
    " | company name | organization | organisation | organization name | account name | компания контакта | предприятие | підприємство",  # noqa: E501
    "company_domain": "сайт | сайт компании | сайт компанії | корпоративный сайт | website | website url | company domain"  # noqa: E501
    " | company domain name | домен | web | url сайта | веб сайт",
    "company_industry": "отрасль | галузь | сфера деятельности | сфера діяльності | industry | вид деятельности | сфера",  # noqa: E501
    "company_size": "размер компании | розмір компанії | число сотрудников | количество сотрудников | кількість співробітників"  # noqa: E501
    " | кількість працівників | сотрудников | employees | number of employees | company size | employee count | численность",  # noqa: E501
    "created_at": "дата создания | дата создания сделки | дата створення | создан | создано | create date | created | created at"  # noqa: E501
    " | created time | created date | date created | дата добавления | дата додавання | дата регистрации | дата реєстрації"  # noqa: E501
    " | дата заявки | lead date | deal creation date | aql date | submitted at | date create | lead created at",
    "owner": "ответственный | відповідальний | ответственный за контакт | менеджер | contact owner | lead owner | owner | owner email"  # noqa: E501
    " | deal owner",
    "tags": "теги | тэги | tags | метки | мітки | labels | lead labels",
    "stage": "стадия | стадія | этап | етап | lifecycle stage | стадия отношений",
    "note": "комментарий | коментар | комментарии | примечание | примітка | примечание 2 | примечание 3 | примечание 4"
    " | примечание 5 | заметка | нотатка | note | notes | comment | comments | note content | описание | опис",
    "source": "источник | джерело | источник заявки | канал | lead source | leadsource | source | original source | откуда"  # noqa: E501
    " | marketing channel | lead source channel | источник лида | звідки | platform | acquisition channel",
    "utm_source": "utm source",
    "utm_medium": "utm medium",
    "utm_campaign": "utm campaign | campaign name | кампания",
    "utm_content": "utm content",
    "utm_term": "utm term",
    "consent": "согласие | згода | согласие на рассылку | згода на розсилку | пользовательское соглашение | согласие на обработку персональных данных"  # noqa: E501
    " | opt in | optin | consent | marketing consent | подписка | підписка | подписан | subscribed",
    "event_name": "событие | подія | event | event name | действие | дія | deed | activity type | touch type | тип события | тип події",  # noqa: E501
    "event_time": "время | час | время события | час події | timestamp | event time | time | дата | date | дата события | дата події | дата и время"  # noqa: E501
    " | начало разговора | date time | datetime | когда | коли | activity timestamp | touch timestamp | session timestamp",  # noqa: E501
    "event_id": "event id | id события | id події | touch id | activity id | session id | уникальный идентификатор",
    "url": "url | страница | сторінка | page url | page",
    "referrer": "referrer | referer | utm referrer | реферер",
}  # fmt: skip

_PARTS: tuple[tuple[str, str], ...] = (
    (r"(^| )(e ?mail|email|емейл|имейл|почта|пошта)( |$)", "email"),
    (r"телефон|phone|(^| )тел( |$)|mobile|мобильн|мобільн", "phone"),
    (r"telegram|телеграм", "telegram"),
    (r"whats ?app|ватсап|вотсап", "whatsapp"),
    (r"viber|вайбер", "viber"),
    (r"(^| )(vk|вк|вконтакте)( |$)", "vk"),
    (r"должност|посада|job title", "position"),
    (r"согласие|згода на|consent|opt ?in", "consent"),
)
_NEVER: tuple[str, ...] = (
    r"факс|fax|пейджер|skype|icq|msn|jabber|(^| )id( |$).*(объявл|кампани)|adset|(^| )ad (id|name)|campaign id|form id",
    r"кем (создан|изменен|редактир)|направлен|длительност|кто звонил|кому звонил|куда звонил|телефон \(ко?му",
)
_TECHNICAL = re.compile(
    r"^(ad|adset|campaign|form|owner|stage) id$|^кем (создан|измен|редактир)|^ким (створен|змінен)|^дата (изменения|редактирования"  # noqa: E501
    r"|модификации|зміни|оновлення)|(modified|updated)( by| date| at)?$|^last modified|^url$|^uf crm|^ym |^переименование лида$"  # noqa: E501
)
_NOISE = re.compile(r"[*:?\"«»“”„(){}\[\]#№_/\\|.,;–—-]+")
_SPACE = re.compile(r"\s+")


def plain_heading(text: str) -> str:
    """A heading without case, marks and doubled spaces: `Phone_Number*` → `phone number`."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("ё", "е").replace("’", "'").replace("ʼ", "'")
    plain = plain.replace("e-mail", "email").replace("`", "'")
    return _SPACE.sub(" ", _NOISE.sub(" ", plain)).strip()


_MEANINGS = {plain_heading(phrase): target for target, phrases in _PHRASES.items() for phrase in phrases.split(" | ")}


def meaning_of(heading: str) -> str | None:
    """The target that a heading most likely names; None where its words are unknown."""
    plain = plain_heading(heading)
    if target := _MEANINGS.get(plain):
        return target
    if any(re.search(pattern, plain) for pattern in _NEVER) or len(plain) > 60:
        return None
    return next((target for pattern, target in _PARTS if re.search(pattern, plain)), None)


def is_technical(heading: str) -> bool:
    """Whether a column serves the other system only (ids of its tables, who changed a row last)."""
    return bool(_TECHNICAL.search(plain_heading(heading)))


def is_known_heading(text: str) -> bool:
    """Whether a cell reads like a heading: for finding the header row."""
    return len(text) <= 80 and "@" not in text and meaning_of(text) is not None
