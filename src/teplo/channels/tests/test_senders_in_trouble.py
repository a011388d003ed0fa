"""One refused recipient is his own affair; several in a row are the sender's trouble, and hold up no other sender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from teplo.accounts.models import Workspace
from teplo.channels import reasons, senders, sending
from teplo.channels.email import connection
from teplo.channels.email.transport import close_transports
from teplo.channels.email.troubles import say_trouble
from teplo.channels.models import Delivery, DeliveryState
from teplo.channels.queries import mark_sending
from teplo.channels.sending import GROUP, send_due
from teplo.channels.testing import MailServer, Script, make_delivery, make_sender
from teplo.content.models import Template
from teplo.content.testing import make_template
from teplo.kit.clock import at_moment
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_transports()


def queued(template: Template, *names: str, **changes: object) -> list[Delivery]:
    """A letter to each of these people, first come first served."""
    return [
        make_delivery(
            person_id=make_person(email=f"{name}@example.com").pk, template_id=template.pk, is_service=True, **changes
        )
        for name in names
    ]


def fresh(delivery: Delivery) -> Delivery:
    return Delivery.objects.get(pk=delivery.pk)


def states(deliveries: list[Delivery]) -> Counter[str]:
    return Counter(fresh(delivery).state for delivery in deliveries)


def refusing(reply: str, *names: str, stage: str = "rcpt") -> Script:
    """The server answers `reply` when one of these is named, to all if nobody is named here."""

    def script(at: str, line: str) -> str | None:
        is_meant = not names or any(f"{name}@" in line for name in names)
        return reply if at == stage and is_meant else None

    return script


REFUSALS = [
    ("rcpt", "550 5.7.1 Relaying denied"),
    ("rcpt", "554 5.7.1 blocked using spamhaus"),
    ("rcpt", "530 5.7.0 authentication required"),
    ("rcpt", "421 4.7.0 closing"),
    ("rcpt", "drop"),
    ("dot", "554 5.7.1 spam"),
    ("data", "554 5.5.1 no"),
]


@pytest.mark.parametrize(("stage", "reply"), REFUSALS[:6])
@pytest.mark.parametrize("connections", [1, 4])
def test_one_refused_recipient_stops_nobody_and_his_attempt_is_counted(
    noon: datetime, workspace: Workspace, template: Template, stage: str, reply: str, connections: int
) -> None:
    with MailServer(script=refusing(reply, "bad", stage=stage), offers=()) as server:
        sender = make_sender(port=server.port, settings={"connections": connections})
        bad, *others = queued(template, "bad", *(f"p{n}" for n in range(10)))
        send_due(owner="a")
        sender.refresh_from_db()
        assert (sender.health, sender.paused_until, sender.failures) == ("", None, 0)
        assert states(others) == {"sent": 10}
        assert fresh(bad).attempts == 1
        assert fresh(bad).state in ("failed", "queued") and fresh(bad).reason != reasons.SENDER_TROUBLE


@pytest.mark.parametrize(("stage", "reply"), REFUSALS[:5])
def test_who_is_refused_for_ever_is_given_up_in_the_end(
    noon: datetime, workspace: Workspace, template: Template, stage: str, reply: str
) -> None:
    with MailServer(script=refusing(reply, "bad", stage=stage), offers=()) as server:
        sender = make_sender(port=server.port)
        (bad,) = queued(template, "bad")
        for _attempt in range(20):
            if fresh(bad).state != DeliveryState.QUEUED:
                break
            with at_moment(max(noon, fresh(bad).due_at)):
                send_due(owner="a")
    sender.refresh_from_db()
    assert fresh(bad).state == DeliveryState.FAILED and 1 <= fresh(bad).attempts <= 8
    assert (sender.health, sender.paused_until) == ("", None)


@pytest.mark.parametrize(
    ("stage", "reply"), [*REFUSALS, ("mail", "550 5.7.1 sender blocked"), ("mail", "451 4.7.1 slow down")]
)
def test_several_different_recipients_in_a_row_are_the_senders_trouble(
    noon: datetime, workspace: Workspace, template: Template, stage: str, reply: str
) -> None:
    with MailServer(script=refusing(reply, stage=stage), offers=()) as server:
        sender = make_sender(port=server.port, settings={"connections": 1})
        letters = queued(template, *(f"p{n}" for n in range(20)))
        send_due(owner="a")
        sender.refresh_from_db()
    assert sender.health and sender.paused_until == noon + timedelta(seconds=30)
    assert Counter(fresh(letter).attempts for letter in letters) == {1: 3, 0: 17}


def test_several_letters_to_the_same_address_are_one_recipient(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=refusing("550 5.7.1 relaying denied"), offers=()) as server:
        sender = make_sender(port=server.port, settings={"connections": 1})
        person = make_person(email="bad@example.com").pk
        for _ in range(6):
            make_delivery(person_id=person, template_id=template.pk, is_service=True)
        send_due(owner="a")
    sender.refresh_from_db()
    assert (sender.health, sender.paused_until, len(sender.streak["row"])) == ("", None, 1)


def test_a_row_goes_on_from_batch_to_batch_and_a_letter_that_goes_out_ends_it(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=refusing("550 5.7.1 relaying denied", "bad"), offers=()) as server:
        sender = make_sender(port=server.port)

        def one_more(name: str) -> tuple[int, bool]:
            queued(template, name)
            send_due(owner="a")
            sender.refresh_from_db()
            return len(sender.streak["row"]), bool(sender.health)

        assert one_more("1.bad") == (1, False)
        assert one_more("2.bad") == (2, False)
        assert one_more("well") == (0, False)
        assert [one_more(f"{n}.bad") for n in (3, 4, 5)] == [(1, False), (2, False), (0, True)]


def test_after_the_pause_others_are_tried_first_so_three_bad_ones_in_front_stop_nobody(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=refusing("550 5.7.1 relaying denied", "bad"), offers=()) as server:
        sender = make_sender(port=server.port, settings={"connections": 1})
        bad = queued(template, "1.bad", "2.bad", "3.bad", due_at=noon - timedelta(hours=1))
        others = queued(template, *(f"p{n}" for n in range(5)))
        send_due(owner="a")
        assert states(others) == {"queued": 5}
        with at_moment(noon + timedelta(seconds=31)):
            send_due(owner="a")
            send_due(owner="a")
    sender.refresh_from_db()
    assert states(others) == {"sent": 5} and sender.health == ""
    assert {(fresh(one).attempts, fresh(one).state) for one in bad} <= {(2, "failed"), (2, "queued")}


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
def test_letters_refused_because_the_quota_ended_wait_and_are_not_lost(
    noon: datetime, workspace: Workspace, template: Template, stage: str
) -> None:
    asked = []

    def script(at: str, line: str) -> str | None:
        if at != stage:
            return None
        asked.append(line)
        return "550 5.4.5 Daily user sending limit exceeded" if len(asked) > 8 else None

    with MailServer(script=script, offers=()) as server:
        make_sender(port=server.port, settings={"connections": 1})
        letters = queued(template, *(f"p{n}" for n in range(10)))
        send_due(owner="a")
    assert states(letters) == {"sent": 8, "queued": 2}
    assert all(fresh(letter).due_at > noon for letter in letters if fresh(letter).state == "queued")


def test_a_paused_sender_with_a_long_queue_holds_up_no_other(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    paused = make_sender(port=mail.port, name="paused", is_default=False)
    well = make_sender(port=mail.port, name="well", is_default=False)
    senders.pause(sender_id=paused.pk)
    person = make_person(email="p@example.com").pk
    for n in range(400):
        make_delivery(
            person_id=person, template_id=template.pk, sender=paused, due_at=noon - timedelta(hours=1), pass_number=n
        )
    (letter,) = queued(template, "q", sender=well)
    send_due(owner="a", limit=50)
    assert fresh(letter).state == DeliveryState.SENT and len(mail.letters) == 1
    assert Delivery.objects.filter(sender=paused, reason=reasons.SENDER_PAUSED).count() == 50


def test_a_slow_sender_with_a_long_queue_holds_up_no_other(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    slow = make_sender(port=mail.port, name="slow", is_default=False, per_minute=1)
    well = make_sender(port=mail.port, name="well", is_default=False)
    queued(template, *(f"s{n}" for n in range(120)), sender=slow, due_at=noon - timedelta(hours=1))
    (letter,) = queued(template, "q", sender=well)
    send_due(owner="a")
    assert fresh(letter).state == DeliveryState.SENT


def test_a_journey_whose_letters_are_refused_does_not_stop_the_letters_of_another(
    noon: datetime, workspace: Workspace
) -> None:
    spam, fine = make_template(subject="Заработай"), make_template(subject="Здравствуйте")

    def script(stage: str, line: str) -> str | None:
        return "554 5.7.1 spam" if stage == "dot" and "spam" in line else None

    with MailServer(script=script) as server:
        sender = make_sender(port=server.port)
        queued(spam, *(f"spam{n}" for n in range(200)), due_at=noon - timedelta(hours=1))
        others = queued(fine, *(f"p{n}" for n in range(20)))
        at = noon
        for _turn in range(6):
            with at_moment(at):
                send_due(owner="a", limit=100)
            at += timedelta(seconds=31)
        sender.refresh_from_db()
    assert states(others) == {"sent": 20}


def test_letters_without_a_sender_and_of_one_that_is_gone_go_through_the_usual_one(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    gone = make_sender(port=mail.port, is_default=False, is_active=False)
    letters = [*queued(template, "a"), *queued(template, "b", sender=gone)]
    send_due(owner="a")
    assert states(letters) == {"sent": 2}


def test_an_address_refused_three_times_in_words_alone_is_blocked(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=refusing("550 no such user here")) as server:
        make_sender(port=server.port)
        person = make_person(email="gone@example.com").pk
        for number in range(4):
            make_delivery(person_id=person, template_id=template.pk, is_service=True, enrolment_id=number)
            with at_moment(noon + timedelta(days=number)):
                send_due(owner="a")
    reasons_given = list(Delivery.objects.order_by("enrolment_id").values_list("state", "reason"))
    assert reasons_given == [("failed", reasons.REFUSED_ADDRESS)] * 3 + [("skipped", reasons.SUPPRESSED)]


# the final dot


def test_a_server_that_swallows_the_final_dot_leaves_few_in_doubt_and_pauses_the_sender(
    noon: datetime, workspace: Workspace, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "DOT_SECONDS", 0.05)
    with MailServer(delay=3600) as server:
        sender = make_sender(port=server.port)
        letters = queued(template, *(f"p{n}" for n in range(80)))
        send_due(owner="a")
        sender.refresh_from_db()
        assert sender.health == "silent" and sender.paused_until == noon + timedelta(seconds=30)
        assert say_trouble(sender.health) != "silent"
        assert 2 <= states(letters)["uncertain"] <= 5
        at = noon
        for _day in range(24):  # it tries again by itself, less and less
            at += timedelta(hours=3)
            with at_moment(at):
                send_due(owner="a")
        assert states(letters)["uncertain"] <= 10 < GROUP
        sender.refresh_from_db()
        assert sender.waits_for_colleague and sender.health == "silent"
        server.delay = 0
        with at_moment(at + timedelta(days=1)):
            assert send_due(owner="a") and server.letters == []
            senders.resume(sender_id=sender.pk)
            for _turn in range(4):
                send_due(owner="a")
    assert states(letters)["queued"] == 0 and states(letters)["sent"] >= 70


def test_two_lost_answers_with_a_good_one_between_pause_nobody(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=refusing("drop", "lost", stage="dot")) as server:
        sender = make_sender(port=server.port, settings={"connections": 1})
        letters = queued(template, "1.lost", "p1", "2.lost", "p2")
        send_due(owner="a")
    sender.refresh_from_db()
    assert states(letters) == {"sent": 2, "uncertain": 2} and sender.health == ""


def test_a_silent_end_is_remembered_from_batch_to_batch(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    with MailServer(script=refusing("drop", "lost", stage="dot")) as server:
        sender = make_sender(port=server.port)
        for name in ("1.lost", "2.lost"):
            queued(template, name)
            send_due(owner="a")
            sender.refresh_from_db()
    assert (sender.health, sender.streak["silent"]) == ("silent", 2)


def test_a_sender_paused_by_hand_meanwhile_begins_no_further_group(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mark_and_pause(*args: Any, **kwargs: Any) -> set[int]:
        held = mark_sending(*args, **kwargs)
        senders.pause(sender_id=sender.pk)
        return held

    monkeypatch.setattr(sending, "mark_sending", mark_and_pause)
    sender = make_sender(port=mail.port)
    letters = queued(template, *(f"p{n}" for n in range(GROUP + 20)))
    send_due(owner="a")
    assert states(letters) == {"sent": GROUP, "queued": 20}
    assert {fresh(one).reason for one in letters if fresh(one).state == "queued"} == {reasons.SENDER_PAUSED}
    sender.refresh_from_db()
    assert sender.waits_for_colleague
