"""Alarms to colleagues go out at once through a real server, or say that they did not."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from teplo.channels.colleagues import Note, can_post, post
from teplo.channels.testing import MailServer, make_sender

pytestmark = pytest.mark.django_db
NOTE = Note("oksana@example.com", "Ольга созрела", "Ответьте за 15 мин.\n\nhttps://warm.example.com/hand-offs/1/2/")


def test_a_note_goes_out_as_plain_text(mail: MailServer) -> None:
    make_sender(port=mail.port)
    assert can_post()

    assert post([NOTE]) == [True]

    [letter] = mail.letters
    message = message_from_bytes(letter.letter, policy=default)
    assert letter.recipients == ["oksana@example.com"]
    assert message["Subject"] == "Ольга созрела"
    body = message.get_body(("plain",))
    assert body is not None and "hand-offs/1/2/" in body.get_content()


def test_without_a_server_nothing_is_claimed_to_have_gone_out() -> None:
    assert not can_post()
    assert post([NOTE]) == [False]
    make_sender()
    assert not can_post()


def test_a_server_that_is_away_is_told() -> None:
    with MailServer() as gone:
        port = gone.port
    make_sender(port=port)
    assert post([NOTE, NOTE]) == [False, False]
