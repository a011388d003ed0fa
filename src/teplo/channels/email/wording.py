"""What the words of a refusal mean where its code is vague: "no such user" comes with 5.0.0, 5.7.1 or no code at all.

Words in English, Russian and Ukrainian, as Exim, qmail, Postfix, Exchange, Gmail, Yandex and Mail.ru use them.
"""

from __future__ import annotations

import re
from enum import Enum

_CODE = re.compile(r"(?<![\d.])([245])[. ](\d{1,3})[. ](\d{1,3})(?![\d.])")
_BARE = re.compile(r"(?<![\d.])([45])\d\d[ \-#]")
BAD_ADDRESS_DETAILS = (0, 1, 2, 3, 4, 6, 10)
"""X.1.n that speak of the recipient's address; 5.1.7 and 5.1.8 speak of the sender's, 5.1.9 of a server between."""


class Meaning(Enum):
    """What is the matter, with the code of RFC 3463 that says so."""

    NO_SUCH_ADDRESS = "5.1.1"
    NO_SUCH_DOMAIN = "5.1.2"
    DISABLED = "5.2.1"
    FULL = "5.2.2"
    ABOUT_US = "5.7.1"
    TEMPORARY = "4.4.7"
    UNKNOWN = ""


def _any(lines: str) -> re.Pattern[str]:
    """One pattern of a list, a line each; {WHO} is what the person at the other end is called, {OURS} the sender's
    address.

    Endings of words are short, so that a stranger's text of one endless word is read in linear time.
    """
    patterns = [line.strip().replace("{WHO}", _WHO).replace("{OURS}", _OURS) for line in lines.strip().splitlines()]
    bounded = "|".join(patterns).replace(r"\w*", r"\w{0,15}").replace(r"\w+", r"\w{1,15}")
    return re.compile(bounded, re.IGNORECASE)


_WHO = r"(?:user|recipient|mailbox|account|addressee?|e-?mail address|person|alias)"
_OURS = r"(?:sender|sending|envelope|mail ?from)\W(?:(?!recipient|user|mailbox)[^.\n]){0,30}(?:domain|address|e-?mail)"
_GONE = _any(r"""
    no such (?:{WHO}|person|local|mail ?drop|address|domain|host)
    unknown (?:\w+ )?{WHO}
    {WHO} (?:is )?unknown
    {WHO}\b[^.\n]{0,80}\b(?:does not|doesn.?t|did not|do not|don.?t) exist
    {WHO}\b[^.\n]{0,60}\bnot (?:found|exist|listed|known)
    (?:couldn.?t|could not|cannot|can.?t) be found
    no mailbox here
    no (?:valid )?recipients?\b(?! specified)
    {WHO}\b[^.\n]{0,40}\b(?:unavailable|rejected)[^.\n]{0,20}(?:user|mailbox) not found
    invalid {WHO}
    {WHO} invalid
    (?:not a|isn.?t a) valid (?:{WHO}|user|mailbox)
    not our customer
    unrouteable address
    undeliverable address
    no longer (?:with us|valid|exists|accepts? mail|works?|on server|in use|available|active)
    address not found
    mailbox (?:is )?(?:unavailable|not available)\b(?! temporar)
    recipientnotfound
    bad destination
    not a known user
    is not known
    recipient address rejected: (?:user|unknown|no )
    (?:пользовател|получател|адресат|абонент)\w*\b[^.\n]{0,60}не (?:найден|существует|зарегистрирован|обнаружен)
    (?:пользовател|получател|адресат|абонент)\w*\b[^.\n]{0,60}отсутствует
    не существу(?:ет|ющ)
    несуществующ
    нет (?:такого|такой|данного)[^.\n]{0,30}(?:пользовател|адрес|ящик|получател)
    (?:ящик|адрес)\w*\b[^.\n]{0,60}не (?:найден|существует|зарегистрирован|обнаружен)
    (?:ящик|адрес)\w*[^.\n]{0,30}(?:удал[её]н|больше не)
    неизвестн\w+ (?:пользовател|получател|адрес)
    неверный адрес
    (?:користувач|одержувач|отримувач|адресат)\w*\b[^.\n]{0,60}(?:не (?:знайден|існує|зареєстрован)|відсутній)
    не існує
    неіснуюч
    нема(?:є)? так\w+[^.\n]{0,30}(?:користувач|адрес|скриньк)
    (?:скриньк|адрес)\w*\b[^.\n]{0,60}не (?:знайден|існує)
    невідом\w+ (?:користувач|одержувач|отримувач)
""")
_NO_DOMAIN = _any(r"""
    host (?:or domain name )?not found
    domain (?:name )?(?:not found|does not exist|doesn.?t exist|is invalid)
    no such domain
    null mx
    nullmx
    unknown (?:host|domain)
    (?:no|not have any) (?:mail (?:hosts?|servers?)|mx record)
    accepts no mail
    does not accept mail
    домен\w*[^.\n]{0,20}не (?:найден|существует|принимает)
    домен\w*[^.\n]{0,20}не (?:знайден|існує|приймає)
""")
_DISABLED = _any(r"""
    {WHO}\b[^.\n]{0,60}\b(?:disabled|inactive|deactivated|suspended|discontinued|terminated)
    {WHO}\b[^.\n]{0,60}\b(?:closed|expired|blocked for inactivity|frozen)
    (?:disabled|inactive|deactivated|suspended|terminated) {WHO}
    {WHO} (?:is )?not active
    is disabled
    (?:ящик|пользовател|аккаунт|уч[её]тн)\w*\b[^.\n]{0,50}(?:отключ[её]н|заблокирован|деактивирован|неактив)
    (?:скриньк|користувач|обліков)\w*\b[^.\n]{0,50}(?:вимкнен|заблокован|деактивован|неактивн)
""")
_FULL = _any(r"""
    (?:mailbox|inbox|maildrop|mail ?folder|account|user)[^.\n]{0,40}\b(?:is )?full\b
    (?:over|exceed\w*|out of|above)[^.\n]{0,40}\b(?:quota|storage|space|size limit)
    quota[^.\n]{0,30}(?:exceed|full|violation|reached)
    over ?quota
    not enough (?:storage|disk)? ?space
    insufficient (?:system )?storage
    storage limit
    ящик[^.\n]{0,20}переполнен
    переполнен[^.\n]{0,20}ящик
    превышен\w* (?:квота|квоты|размер|лимит)
    недостаточно места
    нет места
    скриньк\w*[^.\n]{0,20}(?:переповнен|заповнен)
    переповнен
    перевищен\w* (?:квот|ліміт|розмір)
    недостатньо місця
""")
_AGAINST_US = _any(r"""
    \bspam\b
    black ?list
    block ?list
    block(?:ed)? using
    \bdnsbl\b
    \brbl\b
    spamhaus
    reputation
    \bpolicy\b
    \bdmarc\b
    \bspf\b
    \bdkim\b
    relay(?:ing)? (?:access )?(?:denied|not|prohibited)
    unable to relay
    not (?:allowed|permitted|authoriz\w+) to (?:send|relay)
    unauthenticated
    unsolicited
    \bспам
    ч[её]рн\w+ спис
    политик
    чорн\w+ спис
""")  # stronger than words of the address: "mailbox unavailable; reject due to SPF policy"
_ABOUT_US = _any(r"""
    authentication required
    message (?:content )?(?:was )?(?:rejected|refused|blocked)
    too large
    size exceeds
    exceeds (?:the )?(?:maximum )?(?:message )?size
    virus
    rate limit
    too many (?:connections|messages|recipients)
    заблокирован\w* (?:отправител|сервер|по)
    відправник\w*[^.\n]{0,30}(?:відхилен|заблок|заборонен)
    отправител\w*[^.\n]{0,30}(?:отклон|заблокир|запрещ)
""")
_TEMPORARY = _any(r"""
    time(?:d)? ?out
    try again
    tempor(?:ary|arily)
    gr[ea]y ?list
    connection (?:refused|reset|timed)
    will (?:be )?retr(?:y|ied)
    still being retried
    delayed
    not yet been delivered
    retry timeout
    too long
    could not be delivered for
    unreachable
    no route to host
    lookup fail
    временн
    повтор(?:ите|ная|им)
    задерж
    тимчасов
    повторіть
    затрим
""")


def read_words(text: str) -> Meaning:
    """The meaning of a refusal in words; what speaks of us is no fault of the address."""
    for pattern, meaning in (
        (_SENDER, Meaning.ABOUT_US),
        (_AGAINST_US, Meaning.ABOUT_US),
        (_NO_DOMAIN, Meaning.NO_SUCH_DOMAIN),
        (_GONE, Meaning.NO_SUCH_ADDRESS),
        (_FULL, Meaning.FULL),
        (_DISABLED, Meaning.DISABLED),
        (_ABOUT_US, Meaning.ABOUT_US),
        (_TEMPORARY, Meaning.TEMPORARY),
    ):
        if pattern.search(text):
            return meaning
    return Meaning.UNKNOWN


def codes_in(text: str) -> list[str]:
    """All enhanced codes of a text, in order; a part of an IP address or a version is none."""
    return [".".join(found.groups()) for found in _CODE.finditer(text)]


def most_precise(codes: list[str]) -> str:
    """The code that says most: X.y.z over X.y.0 over X.0.0; of equals the first."""
    return max(codes, key=_precision, default="")


def _precision(code: str) -> int:
    _class, subject, detail = code.split(".")
    return 0 if subject == "0" else 1 if detail == "0" else 2


def status_of(*, status: str, diagnostic: str, text: str = "") -> str:
    """The code of RFC 3463 that a refusal comes to: codes first, the most precise, and the words where they are vague.

    `text` is the human part of a report, asked only if neither code nor diagnostic says what is the matter.
    """
    code = most_precise([*codes_in(status), *codes_in(diagnostic)])
    words = read_words(diagnostic)
    if words is Meaning.UNKNOWN and _is_vague(code):
        code = most_precise([code, *codes_in(text)]) if code else most_precise(codes_in(text))
        words = read_words(text)
    if _NO_RECIPIENT.search(diagnostic) and code.startswith("5.4.1"):
        return Meaning.NO_SUCH_ADDRESS.value
    if words is Meaning.UNKNOWN:
        return code
    if _is_vague(code) or (words in _OF_THE_ADDRESS and _yields_to_words(code)):
        return _of_class(words, code or _bare_class(diagnostic or text))
    if words is Meaning.ABOUT_US and is_bad_address(code) and _SENDER.search(diagnostic):
        return "5.1.8"
    if words is Meaning.ABOUT_US and code.endswith(".1.0"):
        return _of_class(words, code)
    return code


_SENDER = _any(r"""
    sender (?:address |e-?mail )?(?:rejected|denied|blocked|verify|verification|is not|not)
    {OURS}[^\n]{0,40}\b(?:not|null|unknown|invalid)
    {OURS}[^\n]{0,40}\bdoesn.?t
    \b(?:helo|ehlo)\b[^\n]{0,40}(?:reject|invalid|not|denied|fail|must|need|require)
    client host\b
    (?:callout|callback|sender) verif
    mail from:?[^\n]{0,40}(?:rejected|denied)
    (?:адрес\w* )?отправител\w*[^.\n]{0,30}(?:отклон|запрещ|не )
    (?:адрес\w* )?відправник\w*[^.\n]{0,30}(?:відхилен|заборонен|не )
""")
_NO_RECIPIENT = _any(r"""
    recipient address rejected: access denied
""")  # so Exchange Online says that it knows nobody of this name
_OF_THE_ADDRESS = (Meaning.NO_SUCH_ADDRESS, Meaning.NO_SUCH_DOMAIN, Meaning.DISABLED, Meaning.FULL)


def _is_vague(code: str) -> bool:
    return not code or _precision(code) == 0


def _yields_to_words(code: str) -> bool:
    """Whether words of the address say more: not than mailbox (2) or address (1) with a detail, nor of content (6)."""
    subject = code.split(".")[1]
    return subject != "6" and not (subject in ("1", "2") and _precision(code) == 2)


def _bare_class(text: str) -> str:
    found = _BARE.search(f"{text} ")
    return f"{found[1]}.0.0" if found else ""


def _of_class(words: Meaning, code: str) -> str:
    """The words' own code, in the class that was told: who is unknown for now (4) may be known later."""
    if words is Meaning.TEMPORARY and code.startswith("5"):
        return code
    return f"{code[0]}{words.value[1:]}" if code and words is not Meaning.TEMPORARY else words.value


def is_bad_address(status: str) -> bool:
    """Whether a code says that the address itself is dead."""
    parts = status.split(".")
    return len(parts) == 3 and parts[0] == "5" and parts[1] == "1" and int(parts[2]) in BAD_ADDRESS_DETAILS


def speaks_of_us(status: str) -> bool:
    """Whether a code speaks of the letter or the sender: it must never count against the address."""
    parts = status.split(".")
    return len(parts) == 3 and (parts[1] in ("3", "5", "6", "7") or status[1:] in (".1.7", ".1.8", ".1.9"))
