from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teplo.channels.email.letters import Content, Letterhead, build, stuffed

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def built(*, name: str = "Тепло", **changes: object) -> EmailMessage:
    values = {"to": "olga@example.com", "subject": "s", "text": "t\n", "html": "<p>h</p>\n", "message_id": "abc@x.ua"}
    letterhead = Letterhead(address="hello@teplo.example", name=name, reply_to="answers@teplo.example")
    raw = build(letterhead, Content(**{**values, **changes}), at=AT)  # type: ignore[arg-type]
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
    message = cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.default))
    assert not message.defects
    return message


@pytest.mark.parametrize("in_base64", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "Привет, мир\n",
        "plain\n",
        "x" * 5000 + "\n",
        ".\n..dots\n.\n",
        "=3D & ümläut 😀\n",
        "a \nb\t\n",
        "From here\n\n\n",
    ],
)
def test_both_parts_are_read_back_as_written(text: str, in_base64: bool) -> None:
    message = built(text=text, html=f"<p>{text}</p>\n", base64=in_base64)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    said = [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()]
    assert said == [text, f"<p>{text}</p>\n"]


@settings(deadline=None)
@given(subject=st.text(max_size=400), name=st.text(max_size=120))
def test_any_subject_and_name_come_back_and_none_adds_a_header(subject: str, name: str) -> None:
    try:
        subject.encode(), name.encode()
    except UnicodeEncodeError:
        return  # lone surrogates cannot be stored either
    message = built(subject=subject, to_name=name, name=name)
    assert set(message.keys()) == {
        "From", "Reply-To", "MIME-Version", "To", "Subject", "Date", "Message-ID", "Content-Type",
    }  # fmt: skip
    assert "".join(str(message["Subject"]).split()) == "".join(
        character for character in subject if not character.isspace() and character not in _GONE
    )


_GONE = {chr(code) for code in (*range(0x20), 0x7F, 0x2028, 0x2029)}


@pytest.mark.parametrize(
    "subject",
    [
        "Короткая тема",
        "Очень длинная тема письма о том, как согреть незнакомца и сделать его другом на всю жизнь, и ещё 🔥🔥",
        "A long but plain English subject that goes on and on until it has to be folded over several lines of header",
        "=?utf-8?q?looks_encoded?=",
        "5 % & <b>",
    ],
)
def test_subjects_are_read_back_as_written(subject: str) -> None:
    assert str(built(subject=subject)["Subject"]) == subject


@pytest.mark.parametrize(
    "name",
    ["Ольга Іваненко", 'Olga "Olya" Ivanova', "Smith, John", "O'Neil <x>", "Очень " * 20, "Иван\r\nBcc: all@x.ua"],
)
def test_names_are_read_back_and_cannot_break_out_of_their_line(name: str) -> None:
    message = built(to_name=name)
    assert message["Bcc"] is None
    assert [address.addr_spec for address in message["To"].addresses] == ["olga@example.com"]
    shown = message["To"].addresses[0].display_name
    assert " ".join(shown.split()) == " ".join(name.split())  # the reader doubles spaces between encoded words


def test_an_address_cannot_break_out_of_its_line() -> None:
    message = built(to="a@x.ua>\r\nBcc: <all@x.ua")
    assert message["Bcc"] is None


def test_one_click_unsubscribing_is_offered_in_the_head() -> None:
    message = built(unsubscribe_url="https://t.example/l/u/abc", feedback_id="1:2:3:teplo")
    assert message["List-Unsubscribe"] == "<https://t.example/l/u/abc>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Feedback-ID"] == "1:2:3:teplo"


def test_dots_at_line_starts_are_doubled() -> None:
    assert stuffed(b".a\r\n.\r\nb.\r\n") == b"..a\r\n..\r\nb.\r\n"
