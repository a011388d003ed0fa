"""Sixty reports as servers, services and people away write them, and what each must be taken for.

A row: its name; the report; what it is (None: nothing to act upon); its code; whether the address is dead.
"""

# ruff: noqa: E501 (a report a line)
from __future__ import annotations

from email.header import Header
from email.message import EmailMessage

import pytest

from teplo.channels.email.reports import Report, read_report
from teplo.channels.links import LETTER, Links

TOKEN = Links("", 5, 6).token(LETTER)
OLGA = "olga@example.com"
ORIGINAL = f"From: Teplo <hello@teplo.example>\nTo: Olga <{OLGA}>\nSubject: =?utf-8?b?0J/RgNC4?=\nMessage-ID: <{TOKEN}@teplo.example>\n"


def heads(**more: str) -> str:
    """Heads of a letter to the return path; a name with an underscore has a hyphen."""
    usual = {
        "From": "Mail Delivery System <MAILER-DAEMON@mx.example>",
        "To": "hello@teplo.example",
        "Return_Path": "<>",
    }
    return "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in {**usual, **more}.items() if value)


def dsn(
    status: str, diagnostic: str = "", *, action: str = "failed", text: str = "Not delivered.", to: str = OLGA,
    more: str = "", subject: str = "Undelivered Mail Returned to Sender",
) -> str:  # fmt: skip
    """A report in parts (RFC 3464) with the letter brought back."""
    code = f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    return (
        heads(Subject=subject)
        + 'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        + f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n\n"
        + "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        + f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\n{code}{more}\n"
        + f"--b\nContent-Type: message/rfc822\n\n{ORIGINAL}\ntext\n--b--\n"
    )


def another(to: str, status: str, action: str = "failed", *, original: str = "") -> str:
    """One more row of a report."""
    was = f"Original-Recipient: rfc822; {original}\n" if original else ""
    return f"\nFinal-Recipient: rfc822; {to}\n{was}Action: {action}\nStatus: {status}\n"


def exim(reason: str) -> str:
    return (
        heads(
            Subject="Mail delivery failed: returning message to sender",
            X_Failed_Recipients=OLGA,
            Auto_Submitted="auto-replied",
        )
        + "\nThis message was created automatically by mail delivery software.\n\n"
        + "A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. "
        + f"The following address(es) failed:\n\n  {OLGA}\n    {reason}\n\n"
        + f"------ This is a copy of the message, including all the headers. ------\n\n{ORIGINAL}"
    )


def qmail(reason: str) -> str:
    return (
        heads(Subject="failure notice", From="MAILER-DAEMON@mx.example")
        + "\nHi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the "
        + "following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        + f"<{OLGA}>:\n{reason}\n\n--- Below this line is a copy of the message.\n\n{ORIGINAL}"
    )


def plain(text: str, subject: str = "Undelivered mail", **more: str) -> str:
    """A report for people only."""
    encoded = Header(subject, "utf-8").encode()
    head = heads(Subject=encoded, Content_Type="text/plain; charset=utf-8", **more)
    return f"{head}\n{text}\n\n------ This is a copy of the message ------\n\n{ORIGINAL}"


def person(text: str, subject: str = "Re: Привет", **more: str) -> str:
    """What comes from somebody's own address in answer to our letter."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = OLGA, "hello@teplo.example", subject
    letter["In-Reply-To"] = f"<{TOKEN}@teplo.example>"
    for name, value in more.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(text)
    return letter.as_string()


def feedback(kind: str, more: str = "") -> str:
    """A report of somebody's button (RFC 5965)."""
    told = f"Feedback-Type: {kind}\n" if kind else ""
    return (
        heads(From="feedback@post.example", Return_Path="", Subject="Feedback")
        + 'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        + "--b\nContent-Type: text/plain\n\nThis is an abuse report. 550 5.1.1\n\n"
        + f"--b\nContent-Type: message/feedback-report\n\n{told}User-Agent: Post/1.0\nVersion: 1\n{more}\n"
        + f"--b\nContent-Type: message/rfc822\n\n{ORIGINAL}\ntext\n--b--\n"
    )


DEAD, SOFT = True, False
AWAY = "Я в отпуске до 5 мая. Ошибка 550 5.1.1 у меня бывает.\n"
REPORTS: list[tuple[str, str, str | None, str, bool]] = [
    # in parts
    ("Postfix, nobody of this name", dsn("5.1.1", "550 5.1.1 <olga@example.com>: Recipient address rejected: User unknown"), "bounced", "5.1.1", DEAD),
    ("Exim, vague code and precise answer", dsn("5.0.0", "550 5.1.1 no such mailbox"), "bounced", "5.1.1", DEAD),
    ("Exim, vague code and words alone", dsn("5.0.0", "550 No such user here"), "bounced", "5.1.1", DEAD),
    ("Exim, unrouteable", dsn("5.0.0", "Unrouteable address"), "bounced", "5.1.1", DEAD),
    ("vague code, words in the part for people", dsn("5.0.0", text="The e-mail address you entered couldn't be found."), "bounced", "5.1.1", DEAD),
    ("vague code and nothing else", dsn("5.0.0", "550 Administrative prohibition"), "bounced", "5.0.0", SOFT),
    ("Yandex, policy code and words", dsn("5.7.1", "550 5.7.1 No such user!"), "bounced", "5.1.1", DEAD),
    ("Mail.ru, not found", dsn("5.0.0", "550 Message was not accepted -- invalid mailbox. Local mailbox olga@example.com is unavailable: user not found"), "bounced", "5.1.1", DEAD),
    ("Mail.ru, switched off", dsn("5.0.0", "550 Message was not accepted. Account olga@example.com is disabled"), "bounced", "5.2.1", SOFT),
    ("Gmail, does not exist", dsn("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist."), "bounced", "5.1.1", DEAD),
    ("Gmail, over quota", dsn("5.2.2", "552-5.2.2 The email account that you tried to reach is over quota."), "bounced", "5.2.2", SOFT),
    ("Exchange, nobody found", dsn("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"), "bounced", "5.1.10", DEAD),
    ("Exchange Online, nobody of this name", dsn("5.4.1", "550 5.4.1 Recipient address rejected: Access denied."), "bounced", "5.1.1", DEAD),
    ("Postfix, no such domain", dsn("5.4.4", "Host or domain name not found. Name service error for name=example.com type=AAAA: Host not found"), "bounced", "5.1.2", DEAD),
    ("null MX", dsn("5.1.10", "556 5.1.10 Domain does not accept mail (nullMX)"), "bounced", "5.1.10", DEAD),
    ("mailbox full in words", dsn("5.0.0", "550 mailbox is full"), "bounced", "5.2.2", SOFT),
    ("ours is blocked", dsn("5.7.1", "554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org"), "bounced", "5.7.1", SOFT),
    ("taken for spam", dsn("5.0.0", "554 Message rejected as spam"), "bounced", "5.7.1", SOFT),
    ("sender's address refused", dsn("5.1.8", "550 5.1.8 Sender address rejected: Domain not found"), "bounced", "5.1.8", SOFT),
    ("sender unknown in words of recipients", dsn("5.1.1", "550 5.1.1 Sender address rejected: User unknown"), "bounced", "5.1.8", SOFT),
    ("DMARC", dsn("5.7.26", "550-5.7.26 This message fails to pass authentication checks (SPF and DKIM both do not pass)"), "bounced", "5.7.26", SOFT),
    ("too large", dsn("5.3.4", "552 5.3.4 Message size exceeds fixed maximum message size"), "bounced", "5.3.4", SOFT),
    ("given up after days", dsn("4.4.1", "connect to mx.example.com: Connection timed out"), "bounced", "4.4.1", SOFT),
    ("unknown for now, given up", dsn("4.1.1", "450 4.1.1 User unknown, try later"), "bounced", "4.1.1", SOFT),
    ("delayed", dsn("4.4.7", "451 4.7.1 Greylisted", action="delayed"), "delayed", "4.4.7", SOFT),
    ("delivered", dsn("2.0.0", "250 2.0.0 Ok", action="delivered"), None, "", SOFT),
    ("relayed", dsn("2.0.0", action="relayed"), None, "", SOFT),
    ("OpenSMTPD's own word", dsn("5.0.0", action="error", text=f"{OLGA}: Domain does not exist"), "bounced", "5.1.2", DEAD),
    ("code in the middle of an IP address", dsn("5.0.0", "550 rejected, your address 5.1.1.7 is fine"), "bounced", "5.0.0", SOFT),
    # several recipients
    ("ours is delayed, another is dead", dsn("5.1.1", to="ivan@example.com", more=another(OLGA, "4.2.2", "delayed")), "delayed", "4.2.2", SOFT),
    ("ours is dead, another is delayed", dsn("4.2.2", to="ivan@example.com", action="delayed", more=another(OLGA, "5.1.1")), "bounced", "5.1.1", DEAD),
    ("forwarded, the last one is dead", dsn("5.1.1", to="olga@elsewhere.example"), "bounced", "5.1.1", SOFT),
    ("rewritten, with what it was", dsn("5.1.1", to="ivan@x.example", more=another("o@inner.example", "5.1.1", original=OLGA)), "bounced", "5.1.1", DEAD),
    ("about others only", dsn("5.1.1", to="ivan@example.com", more=another("anna@example.com", "5.1.1")), None, "", SOFT),
    # for people only
    ("Exim for people", exim("Unrouteable address"), "bounced", "5.1.1", DEAD),
    ("Exim for people, full", exim("mailbox is full: retry timeout exceeded"), "bounced", "5.2.2", SOFT),
    ("Exim for people, remote answer", exim("host mx.example.com [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<olga@example.com>:\n    550 5.1.1 unknown user"), "bounced", "5.1.1", DEAD),
    ("Exim for people, policy", exim("SMTP error from remote mail server after end of data:\n    554 5.7.1 spam message rejected"), "bounced", "5.7.1", SOFT),
    ("qmail", qmail("Sorry, no mailbox here by that name. (#5.1.1)"), "bounced", "5.1.1", DEAD),
    ("qmail, no host", qmail("Sorry, I couldn't find any host named example.com. (#5.1.2)"), "bounced", "5.1.2", DEAD),
    ("qmail, full", qmail("User disk quota exceeded. (#4.2.2)"), "bounced", "4.2.2", SOFT),
    ("Gmail in Russian", plain("Адрес не найден. Ваше письмо не доставлено получателю olga@example.com, так как адрес не найден или не принимает почту.", "Сообщение не доставлено", X_Failed_Recipients=OLGA), "bounced", "5.1.1", DEAD),
    ("Mail.ru in Russian", plain("К сожалению, Ваше письмо не может быть доставлено:\n olga@example.com\n Такого пользователя не существует", "Ваше сообщение не доставлено. Mail failure.", Auto_Submitted="auto-replied"), "bounced", "5.1.1", DEAD),
    ("Russian, full", plain("Письмо для olga@example.com не доставлено: почтовый ящик переполнен", "Недоставленное сообщение"), "bounced", "5.2.2", SOFT),
    ("Ukrainian, unknown", plain("Лист для olga@example.com не доставлено: користувача не знайдено", "Помилка доставки"), "bounced", "5.1.1", DEAD),
    # nobody wrote these
    ("holiday with a code in it", person(AWAY, Auto_Submitted="auto-replied"), None, "", SOFT),
    ("holiday from nobody", person(AWAY, Auto_Submitted="auto-replied (vacation)", Return_Path="<>"), None, "", SOFT),
    ("holiday by its subject, Russian", person(AWAY, "Автоответ: Привет"), None, "", SOFT),
    ("holiday by its subject, Ukrainian", person("Повернуся у травні.", "Автоматична відповідь: Привіт"), None, "", SOFT),
    ("holiday by its subject, English", person("Back in May. 550 5.1.1", "Automatic reply: Hello"), None, "", SOFT),
    ("out of office", person("Back soon.", "Out of Office: Hello"), None, "", SOFT),
    ("X-Autoreply", person("Мы получили ваше письмо.", X_Autoreply="yes"), None, "", SOFT),
    ("Precedence", person("Ваша заявка №5.1.1 принята", Precedence="auto_reply"), None, "", SOFT),
    ("a ticket system", person("[#123] принято", Auto_Submitted="auto-generated"), None, "", SOFT),
    # somebody wrote these
    ("an answer", person("Спасибо! А что с кодом 5.1.1 user unknown?"), "replied", "", SOFT),
    ("an answer that says it is no robot's", person("Да", Auto_Submitted="no"), "replied", "", SOFT),
    ("an answer about a holiday", person("Да, поехали", "Re: Скидки в отпуск"), "replied", "", SOFT),
    # buttons
    ("abuse", feedback("abuse"), "complained", "", SOFT),
    ("fraud", feedback("fraud"), "complained", "", SOFT),
    ("not spam", feedback("not-spam"), None, "", SOFT),
    ("opt-out", feedback("opt-out"), "opted-out", "", SOFT),
    ("opt-out of a list", feedback("opt-out-list"), "opted-out", "", SOFT),
    ("a failed signature", feedback("auth-failure", "Auth-Failure: dkim\n"), None, "", SOFT),
    ("a virus", feedback("virus"), None, "", SOFT),
    ("a type of a later year", feedback("sunspots"), None, "", SOFT),
]  # fmt: skip


def test_there_are_sixty() -> None:
    assert len(REPORTS) >= 60 and len({name for name, *_ in REPORTS}) == len(REPORTS)


@pytest.mark.parametrize(
    ("raw", "kind", "status", "is_dead"), [row[1:] for row in REPORTS], ids=[row[0] for row in REPORTS]
)
def test_a_report_is_taken_for_what_it_is(raw: str, kind: str | None, status: str, is_dead: bool) -> None:
    report = read_report(raw.encode())
    if kind is None:
        assert report is None
    else:
        assert report == Report(kind, 5, 6, status)
        assert report.is_bad_address == is_dead


def test_the_recipient_of_the_letter_decides_where_the_letter_is_not_brought_back() -> None:
    raw = dsn("5.1.1", to="ivan@example.com", more=another("anna@example.com", "4.2.2", "delayed"))
    raw = raw[: raw.index("--b\nContent-Type: message/rfc822")] + "--b--\n"
    report = read_report(raw.replace("To: hello@", f"To: bounces+{TOKEN}@").encode())
    assert report is not None
    assert report.about("Anna@Example.com") == Report("delayed", 5, 6, "4.2.2")
    ivan = report.about("ivan@example.com")
    assert ivan is not None and ivan.is_bad_address
    assert report.about("olga@example.com") is None


@pytest.mark.parametrize(
    "raw", [b"", b"\x00" * 50, b"Content-Type: multipart/report; report-type=delivery-status\n\n--"]
)
def test_rubbish_is_nothing(raw: bytes) -> None:
    assert read_report(raw) is None
