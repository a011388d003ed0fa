"""Words that stand over columns in Russian, Ukrainian and English, and what they mean.

Sources: exports of Bitrix24, amoCRM, RetailCRM, Creatio, HubSpot, Pipedrive, Salesforce, Zoho, Mailchimp, UniSender,
SendPulse, GetResponse, Meta Lead Ads, LinkedIn Lead Gen Forms, contacts of Google and Outlook, and the lists people keep
by hand.
"""  # noqa: E501

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PHRASES: dict[str, str] = {
    "first_name":
        "имя | імя | ім'я | firstname | first name | given name | имя контакта | ім'я контакта | "
        "person first name | contact first name | имя клиента имя | ім'я контакту | fname",
    "last_name":
        "фамилия | прізвище | lastname | last name | surname | family name | фамилия контакта | "
        "person last name | contact last name | lname | прізвище контакту",
    "middle_name":
        "отчество | по батькові | побатькові | middle name | patronymic | additional name | "
        "отчество контакта",
    "full_name":
        "фио | піб | пиб | ф.и.о. | ф и о | полное имя | повне ім'я | полное имя контакта | "
        "имя и фамилия | ім'я та прізвище | фамилия имя отчество | фамилия и имя | прізвище та ім'я | "
        "контакт | контактное лицо | контактна особа | клиент | клієнт | full name | fullname | name "
        "| contact name | contact person | person name | person | lead name | имя клиента | кто | "
        "display name | file as | contact full name | покупатель | контрагент фио | "
        "наименование контакта | имя клиента полностью",
    "email":
        "email | email адрес | почта | пошта | электронная почта | електронна пошта | эл почта | "
        "эл адрес | ел пошта | рабочий email | личный email | частный email | другой email | "
        "email для рассылок | мейл | мыло | имейл | адрес электронной почты | електронна адреса | "
        "work email | home email | business email | user email | person email work | "
        "person email home | email address | робочий email | особистий email | mail | email 2 address "
        "| email 3 address | email контакта | эл почта контакта | person email other | primary email "
        "| email 1 | email 2 | secondary email | personal email | личный email контакта | "
        "рабочий email контакта",
    "phone":
        "телефон | телефоны | тел | моб тел | мобильный | мобільний | мобильный телефон | "
        "мобільний телефон | рабочий телефон | робочий телефон | домашний телефон | домашній телефон "
        "| рабочий прямой телефон | другой телефон | телефон для рассылок | номер телефона | "
        "номер телефону | контактный телефон | сотовый | phone | phone number | mobile | mobile phone "
        "| cell | work phone | home phone | user phone | person phone | telephone | tel | "
        "телефон контакта | mobile number | primary phone | business phone | business phone 2 | "
        "home phone 2 | other phone | car phone | моб | "
        "мобильный тел | рабочий | тел моб | личный телефон | контактний телефон | phone number 1 | "
        "cell phone | рабочий телефон контакта | мобильный телефон контакта | person phone work | "
        "person phone home | person phone mobile | person phone other",
    "telegram":
        "telegram | телеграм | телеграмм | контакт telegram | tg | тг | telegram username",
    "whatsapp": "whatsapp | ватсап | вотсап | вацап | контакт whatsapp",
    "viber": "viber | вайбер | контакт viber",
    "vk": "vk | вк | вконтакте | контакт вконтакте | страница вконтакте | vkontakte",
    "external":
        "id | record id | lead id | leadid | contact id | customer id | client id | user id | "
        "klaviyo id | external customer id | ext id | "
        "person id | ид | код клиента | номер клиента | код клієнта | id клиента | id контакта | "
        "lead pipedrive system id | идентификатор | euid | contactid | идентификатор клиента | "
        "внешний идентификатор | person system id | pipedrive id | contact record id | "
        "номер контакта | id контакту | unique id",
    "position":
        "должность | посада | job title | jobtitle | position | роль | role | title | "
        "organization title | job position | organization 1 title | должность контакта | person job title | functie",
    "city":
        "город | місто | город проживания | населенный пункт | населений пункт | city | town | "
        "mailing city | business city | home city | other city | address 1 city | home address city | "
        "city home | city work | default address city | работа город | адрес город | primary city | "
        "billing city | ort | местоположение",
    "country":
        "страна | країна | country | country region | client country | country code | mailing country "
        "| country home | country work | default address country code | business country region | "
        "business country | home country region | home country | "
        "address 1 country | cc | адрес страна | other country region",
    "language": "язык | мова | language | preferred language",
    "timezone": "часовой пояс | часовий пояс | time zone | timezone | time zone id",
    "company":
        "компания | компанія | название компании | назва компанії | організація | организация | фирма "
        "| фірма | company | company name | organization | organisation | organization name | "
        "account name | компания контакта | предприятие | підприємство | account | контрагент | "
        "accounts | default address company | наименование организации | наименование контрагента | "
        "полное наименование | organization 1 name | company contact | person organization | "
        "associated company | юрлицо | "
        "юридическое лицо | название организации | работодатель | место работы | "
        "associated company primary",
    "company_domain":
        "сайт | сайт компании | сайт компанії | корпоративный сайт | website | website url | "
        "company domain | company domain name | домен | web | url сайта | веб сайт | web page | "
        "website 1 value | сайт организации",
    "company_industry":
        "отрасль | галузь | сфера деятельности | сфера діяльності | industry | вид деятельности | "
        "сфера",
    "company_size":
        "размер компании | розмір компанії | число сотрудников | количество сотрудников | "
        "кількість співробітників | кількість працівників | сотрудников | employees | "
        "number of employees | company size | employee count | численность | no of employees | "
        "количество сотрудников компании",
    "created_at":
        "дата создания | дата создания сделки | дата створення | создан | создано | create date | "
        "created | created at | created time | created date | date created | дата добавления | "
        "дата додавання | дата регистрации | дата реєстрації | дата заявки | lead date | "
        "deal creation date | aql date | submitted at | date create | lead created at | created on | "
        "added on | added at | add date | date added | add time | person created | optin time | "
        "opt in time | opt in date | optin date | signup date | sign up date | signed up | "
        "signed up at | signup time | subscribe date | subscribed on | subscribed at | "
        "subscription date | date subscribed | subscribe time | email subscribe times | "
        "registration date | registered | registered at | registered on | date registered | joined | "
        "joined at | date joined | member since | customer since | first seen | дата подписки | "
        "время подписки | дата вступления | дата первого визита | зарегистрирован | зарегистрирована "
        "| дата реєстрації клієнта | дата підписки | добавлен | создана | дата занесения | "
        "дата первого контакта | клиент с | дата создания контакта | person add time | person person created | "
        "added time | added | time added | profile created on | opt in timestamp | optin timestamp | "
        "signup timestamp | "
        "sign up time | registration time | date of registration | sent | sent at | submitted | submission date | "
        "date submitted | submit date | когда пришел | когда пришла | дата прихода | "
        "дата знакомства | дата першого контакту | "
        "first contact date | date of first contact | lead created | дата отправки | "
        "дата и время заявки | время создания | час створення | додано",
    "owner":
        "ответственный | відповідальний | ответственный за контакт | менеджер | contact owner | "
        "lead owner | owner | owner email | deal owner | person owner | contact owner name | "
        "sales owner | ответственный менеджер | відповідальний менеджер | lead owner name | менеджер клиента",
    "tags":
        "теги | тэги | tags | метки | мітки | labels | lead labels | категории | categories | "
        "lists | groups | группы | групи | сегменти | group membership | label | person labels | "
        "person label | сегменты | теги контакта | списки "
        "| contact tags | email lists | группы контактов",
    "stage": "стадия | стадія | этап | етап | lifecycle stage | стадия отношений",
    "note":
        "комментарий | коментар | комментарии | примечание | примітка | примечание 1 | примечание 2 | примечание 3 | "
        "примечание 4 | примечание 5 | заметка | нотатка | note | notes | comment | comments | "
        "note content | описание | опис | person notes | примечания | нотатки | комментарий менеджера",
    "source":
        "источник | джерело | источник заявки | канал | lead source | leadsource | source | "
        "original source | откуда | откуда пришел | звідки прийшов | marketing channel | "
        "lead source channel | источник лида | звідки "
        "| platform | acquisition channel | источник контакта | источник клиента | lead source name | "
        "original traffic source | источник подписки | signup source | optin source | opt in source",
    "utm_source": "utm source",
    "utm_medium": "utm medium",
    "utm_campaign": "utm campaign | campaign name | кампания",
    "utm_content": "utm content",
    "utm_term": "utm term",
    "consent":
        "согласие | згода | пользовательское соглашение | opt in | optin | consent | подписка | "
        "підписка | подписан | підписаний | subscribed | рассылка | розсилка | newsletter",
    "event_name":
        "событие | подія | event | event name | действие | дія | deed | activity type | touch type | "
        "тип события | тип події",
    "event_time":
        "время | час | время события | час події | timestamp | event time | time | дата | date | "
        "дата события | дата події | дата и время | начало разговора | date time | datetime | когда | "
        "коли | activity timestamp | touch timestamp | session timestamp",
    "event_id":
        "event id | id события | id події | touch id | activity id | session id | "
        "уникальный идентификатор",
    "url": "url | страница | сторінка | page url | page",
    "referrer": "referrer | referer | utm referrer | реферер",
}  # fmt: skip

_ALLOWING: tuple[tuple[str, str], ...] = (
    (r"hard ?bounc|(^| )bounced( |$)|bounced? (date|reason|at)|clean time|^cleaned( at)?$|invalid email|недействительн.* (email|адрес)"  # noqa: E501
     r"|недійсн.* (email|адрес)|(email|почта|пошта|адрес|адреса) (не ?валид\w*|невалідн\w*|недействит\w*|недійсн\w*|invalid)( |$)"  # noqa: E501
     r"|^(недоступен|недоступна|недоступний)$|email availability|доступность (email|адреса)", "bounced"),
    (r"(^| )un ?sub(scribed?|scription)?s?( |$)|(^| )opt(ed)? ?out|(^| )optout|отпис|відпис|отказ(ался|алась|а|)? от (рассыл|писем|email|смс|sms|звонк|сообщ)"  # noqa: E501
     r"|(^| )suppress(ed|ions?)( |$)|^(is )?blocked$|^заблокирован\w?$|^заблокован\w*$|^stop time$"
     r"|відмов\w* від (розсил|листів|email|смс|sms|дзвін)|(^| )не (писать|звонить|рассылать|присылать|использовать|отправлять|беспокоить)( |$)"  # noqa: E501
     r"|(^| )не (писати|телефонувати|надсилати|турбувати)( |$)|(^| )do ?not( |$).*(email|mail|call|contact|sms|text|phone|use|disturb)"  # noqa: E501
     r"|(^| )do ?not ?(email|mail|call|contact|sms)( |$)|(^| )(blacklist(ed)?|blocklist(ed)?|черный список|чорний список|стоп лист)( |$)", "unsubscribed"),  # noqa: E501
    (r"(email|subscri\w+|подписк\w|підписк\w|marketing|рассылк\w|розсилк\w|phone|sms|newsletter|mailing) (contact )?(status|state|статус|стан|состояние)( |$)"  # noqa: E501
     r"|(^| )(статус|стан|состояние) (email|подпис|підпис|рассыл|розсил)", "consent"),
    (r"(^| )(подписк|підписк|подписан|підписан)\w*( |$)|согласи[ея] (на|получ)|згода на|(^| )consent( |$)|(^| )opt(ed)? ?in( |$)|(^| )optin( |$)"  # noqa: E501
     r"|(^| )subscribed to|(newsletter|email|sms) subscri(ption|bed)|accepts (email |sms )?marketing|рассылк\w* разреш", "consent"),  # noqa: E501
)  # fmt: skip
"""What allows or forbids to write, before the address itself: «Подписка на email» is no address."""
_ABOUT_IT = re.compile(
    r"(^| )(campaign|reason|причина|list|lists|список|списки|listid|source|источник|джерело|ip|url|text|текст|count|количество"  # noqa: E501
    r"|title|by|кем|ким|form|форма|version|notes?|timestamp|method|способ|спосіб|track|tracking|cookies?|privacy|policy|terms"  # noqa: E501
    r"|обработк\w*|обробк\w*|персональн\w*|политик\w*|політик\w*|услови\w*|умов\w*)( |$)"
)
_SAYS_BOUNCED = re.compile(r"bounc")
_PARTS: tuple[tuple[str, str], ...] = (
    (r"(^| )(emails?|емейл|имейл|почта|пошта)( |$)", "email"),
    (
        r"(^| )телефон(ы|и)?( |$)|(^| )(tele)?phones?( |$)|(^| )тел( |$)|(^| )mobile( |$)|(^| )мобильный|(^| )мобільний",  # noqa: E501
        "phone",
    ),
    (r"telegram|телеграм", "telegram"),
    (r"^(subscriber|подписчик|підписник)$", "email"),
    (r"^(sms|смс|msisdn)( number| номер)?$", "phone"),
    (r"whats ?app|ватсап|вотсап", "whatsapp"),
    (r"viber|вайбер", "viber"),
    (r"(^| )(vk|вк|вконтакте)( |$)", "vk"),
    (r"(^| )должност|(^| )посада( |$)|^job title", "position"),
)
_NEVER: tuple[str, ...] = (
    r"(company|organi[sz]ation) (main )?phone|main phone|switchboard|общий телефон|телефон (компании|организации|офиса|компанії|організації|офісу)"  # noqa: E501
    r"|факс|fax|пейджер|pager|skype|icq|msn|jabber|(^| )id( |$).*(объявл|кампани)|adset|(^| )ad (id|name)|campaign id|form id",  # noqa: E501
    r"кем (создан|изменен|редактир)|направлен|длительност|кто звонил|кому звонил|куда звонил|телефон \(ко?му",
    r"phonetic|assistant|(^| )(label|type|тип|domain|домен|provider|count|количество|status|статус|availability|lists?|списки?|opens?|clicks?"  # noqa: E501
    r"|score|verified|confirmed|подтвержд\w*|source|date|дата|time|время|час|ip|md5|sha\d*|hash|code|код|display|имя|name|extension|добавочный"
    r"|модель|марка|бренд|os|app|приложение|language|язык|sent|delivered|template|шаблон|тема|subject|id)( |$)",
)
_TECHNICAL = re.compile(
    r"^(ad|adset|campaign|form|owner|stage) id$|^кем (создан|измен|редактир)|^ким (створен|змінен)|^дата (изменения|редактирования"  # noqa: E501
    r"|модификации|зміни|оновлення)|(modified|updated|changed)( by| date| at| on| time)?$|^last (modified|changed|activity)|^url$|^uf crm|^ym "  # noqa: E501
    r"|^переименование лида$|(^| )(gmtoff|dstoff|latitude|longitude|leid|optin ip|opt in ip|confirm ip)( |$)|phonetic|(^| )photo$|(email|phone|address|website|event|relation|custom field) \d+ (type|label)$"  # noqa: E501
)
_NOISE = re.compile(r"[*:?\"«»“”„(){}\[\]#№_/\\|.,;–—-]+")
_SPACE = re.compile(r"\s+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_E_MAIL = re.compile(r"\be mail\b")
_CHANNELS = (
    (r"(^| )(sms|смс)", "sms"), (r"whatsapp|ватсап", "whatsapp"), (r"viber|вайбер", "viber"),
    (r"telegram|телеграм", "telegram"), (r"(^| )(vk|вк)( |$)", "vk"),
    (r"(^| )(call|calls|звон|дзвін|телефонувати|phone|телефон)", "phone"), (r"email|рассыл|писем|писать", "email"),
)  # fmt: skip
_DATE_WORDS = re.compile(r"(^| )(дата|date|день|birthday|рожд|народж|когда|time|created|added|срок)")
_NUMBER_WORDS = re.compile(
    r"(^| )(инн|іпн|огрн|огрнип|едрпоу|єдрпоу|кпп|снилс|бик|iban|счет|рахунок|паспорт|артикул|sku|заказ|замовлення|order"  # noqa: E501
    r"|id|код|code|номер|number|no|договор|договір|invoice|vat|tax|индекс|індекс|zip|postal|barcode|штрих)( |$)"
)
_REGION_WORDS = re.compile(r"(^| )(province|state|region|регион|регіон|область|край|county|штат|провинция)( |$)")


@lru_cache(maxsize=4096)
def plain_heading(text: str) -> str:
    """A heading without case, marks and doubled spaces: `Phone_Number*` → `phone number`, `MobilePhone` → `mobile phone`."""  # noqa: E501
    plain = unicodedata.normalize("NFKC", text[:200])
    plain = _CAMEL.sub(" ", plain).lower().replace("ё", "е").replace("’", "'").replace("ʼ", "'").replace("`", "'")
    plain = _SPACE.sub(" ", _NOISE.sub(" ", plain.replace("e-mail", "email"))).strip()
    return _E_MAIL.sub("email", plain).replace("whats app", "whatsapp")


_MEANINGS = {plain_heading(phrase): target for target, phrases in _PHRASES.items() for phrase in phrases.split(" | ")}


@lru_cache(maxsize=4096)
def meaning_of(heading: str) -> str | None:
    """The target that a heading most likely names; None where its words are unknown."""
    plain = plain_heading(heading)
    if target := _MEANINGS.get(plain) or _numbered(plain):
        return target
    if len(plain) > 80:
        return None
    allowing = next((target for pattern, target in _ALLOWING if re.search(pattern, plain)), None)
    if allowing and (not _ABOUT_IT.search(plain) or (allowing == "bounced" and _SAYS_BOUNCED.search(plain))):
        return allowing
    if allowing or len(plain) > 60 or any(re.search(pattern, plain) for pattern in _NEVER):
        return None
    return next((target for pattern, target in _PARTS if re.search(pattern, plain)), None)


def channel_of(heading: str) -> str:
    """On which channel a heading about allowing speaks: `SMS Opt Out`, «Не звонить»; e-mail where it does not say."""
    plain = plain_heading(heading)
    return next((channel for pattern, channel in _CHANNELS if re.search(pattern, plain)), "")


def is_standard(heading: str) -> bool:
    """Whether a heading stands in the list word for word, so that no own field may take its place."""
    return plain_heading(heading) in _MEANINGS


def says_date(heading: str) -> bool:
    """Whether a heading says that dates stand below it."""
    return bool(_DATE_WORDS.search(plain_heading(heading)))


def says_number(heading: str) -> bool:
    """Whether a heading says that numbers of documents stand below it, which look like phones and are none."""
    return bool(_NUMBER_WORDS.search(plain_heading(heading)))


def says_region(heading: str) -> bool:
    """Whether a heading says that names of provinces or states stand below it: ON is Ontario there."""
    return bool(_REGION_WORDS.search(plain_heading(heading)))


def _numbered(plain: str) -> str | None:
    """`email 1 value` and its kin of Google's contacts."""
    found = re.fullmatch(r"(email|phone) \d+ value", plain)
    return found[1] if found else None


def is_technical(heading: str) -> bool:
    """Whether a column serves the other system only (ids of its tables, who changed a row last)."""
    return bool(_TECHNICAL.search(plain_heading(heading)))


def is_known_heading(text: str) -> bool:
    """Whether a cell reads like a heading: for finding the header row."""
    return len(text) <= 80 and "@" not in text and meaning_of(text) is not None
