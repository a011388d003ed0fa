from __future__ import annotations

import email
import email.policy
from datetime import datetime, timedelta
from typing import Any

import pytest

from teplo.accounts.models import Workspace
from teplo.channels import links, reasons, senders
from teplo.channels.email import answers
from teplo.channels.models import Delivery, DeliveryState, Sender
from teplo.channels.outbox import NewDelivery, enqueue
from teplo.channels.outcomes import record_outcomes
from teplo.channels.preflight import Cleared
from teplo.channels.resolving import send_again
from teplo.channels.sending import send_due
from teplo.channels.testing import MailServer, make_delivery, make_sender
from teplo.content.models import Template
from teplo.content.testing import make_template
from teplo.kit.clock import at_moment
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.models import Person, Suppression
from teplo.people.suppression import suppress
from teplo.people.testing import make_identity, make_person
from teplo.tracking.models import InboxRow

pytestmark = pytest.mark.django_db


def queued(template: Template, person: Person | None = None, **changes: Any) -> Delivery:
    person = person or make_person(email=f"p{Person.objects.count()}@example.com")
    return make_delivery(person_id=person.pk, template_id=template.pk, **changes)


def fresh(delivery: Delivery) -> Delivery:
    return Delivery.objects.get(person_id=delivery.person_id, id=delivery.id)


def stood(delivery: Delivery) -> tuple[str, str]:
    now_stands = fresh(delivery)
    return now_stands.state, now_stands.reason


def inbox_text() -> str:
    return "".join(bytes(row.payload).decode("utf-8", "replace") for row in InboxRow.objects.all())


def test_a_letter_goes_out_once_and_is_read_as_it_was_written(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    person = make_person(first_name="Оля", last_name="Іваненко", email="olga@example.com")
    delivery = queued(template, person)
    assert send_due(owner="a") == 1
    assert send_due(owner="a") == 0
    (received,) = mail.letters
    letter: Any = email.message_from_bytes(received.letter, policy=email.policy.default)
    assert not letter.defects
    assert (received.sender, received.recipients) == ("hello@teplo.example", ["olga@example.com"])
    assert letter["Subject"] == "Оля, здравствуйте"
    assert str(letter["To"]) == "Оля Іваненко <olga@example.com>"
    assert "Здравствуйте, Оля." in letter.get_body(("html",)).get_content()
    assert "Цены (https://t.example/l/c/" in letter.get_body(("plain",)).get_content()
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    sent = fresh(delivery)
    assert (sent.state, sent.address, sent.sent_at, sent.attempts) == ("sent", "olga@example.com", noon, 1)
    assert sent.template_version == 1 and sent.provider_answer.startswith("250")
    token = sent.message_id.partition("@")[0]
    assert links.read(links.LETTER, token) == (person.pk, delivery.id)
    assert "letter-sent" in inbox_text() and str(delivery.id) in inbox_text()


def test_the_same_step_of_an_enrolment_is_put_in_once(workspace: Workspace, template: Template) -> None:
    person = make_person(email="a@example.com")
    new = NewDelivery(person_id=person.pk, template_id=template.pk, enrolment_id=5, step="s", pass_number=2)
    assert enqueue([new]) == 1
    assert enqueue([new]) == 0
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("withdrawn", reasons.UNSUBSCRIBED),
        ("missing", reasons.NO_CONSENT),
        ("suppressed", reasons.SUPPRESSED),
        ("no address", reasons.NO_ADDRESS),
        ("expired", reasons.EXPIRED),
        ("erased", reasons.ERASED),
    ],
)
def test_a_no_is_recorded_with_its_reason(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer, kind: str, reason: str
) -> None:
    make_sender(port=mail.port)
    person = make_person(email="a@example.com") if kind != "no address" else make_person()
    changes: dict[str, Any] = {}
    if kind == "withdrawn":
        record_consents([ConsentWord(person.pk, "email", state="withdrawn")])
    elif kind == "missing":
        Workspace.objects.update(requires_consent=True)
    elif kind == "suppressed":
        suppress([("email", "a@example.com")], reason="bounced")
    elif kind == "expired":
        changes = {"expires_at": noon - timedelta(minutes=1)}
    elif kind == "erased":
        Person.objects.update(erased_at=noon)
    delivery = queued(template, person, **changes)
    send_due(owner="a")
    assert stood(delivery) == (DeliveryState.SKIPPED, reason)
    assert mail.letters == []


def test_a_given_consent_lets_a_letter_go(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    Workspace.objects.update(requires_consent=True)
    make_sender(port=mail.port)
    person = make_person(email="a@example.com")
    record_consents([ConsentWord(person.pk, "email")])
    delivery = queued(template, person)
    send_due(owner="a")
    assert stood(delivery) == (DeliveryState.SENT, "")


def test_service_letters_need_no_consent_and_wait_for_no_morning(
    workspace: Workspace, mail: MailServer, noon: datetime
) -> None:
    Workspace.objects.update(requires_consent=True)
    make_sender(port=mail.port)
    person = make_person(email="a@example.com")
    record_consents([ConsentWord(person.pk, "email", state="withdrawn")])
    suppress([("email", "a@example.com")], reason="unsubscribed")
    delivery = queued(make_template(is_service=True), person, is_service=True)
    with at_moment(noon + timedelta(hours=12)):
        send_due(owner="a")
    assert stood(delivery) == (DeliveryState.SENT, "")
    assert b"List-Unsubscribe" not in mail.letters[0].letter


def test_a_service_letter_does_not_go_to_an_address_that_bounced(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    suppress([("email", "a@example.com")], reason="bounced")
    delivery = queued(template, make_person(email="a@example.com"), is_service=True)
    send_due(owner="a")
    assert stood(delivery) == (DeliveryState.SKIPPED, reasons.SUPPRESSED)


def test_the_other_address_is_taken_when_the_main_one_is_blocked(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    person = make_person(email="a@example.com")
    make_identity(person=person, value="b@example.com", is_main=False)
    suppress([("email", "a@example.com")], reason="bounced")
    queued(template, person)
    send_due(owner="a")
    assert mail.letters[0].recipients == ["b@example.com"]


def test_nobody_is_written_to_at_night_where_he_lives(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    far = make_person(first_name="Ольга", email="far@example.com", city="Владивосток", country="RU")
    near = make_person(email="near@example.com", city="", country="UA")
    late, now_ = queued(template, far), queued(template, near)
    send_due(owner="a")
    put_off = fresh(late)
    assert (put_off.state, put_off.reason) == (DeliveryState.QUEUED, reasons.QUIET_HOURS)
    assert put_off.due_at == noon + timedelta(hours=11)  # 22:00 in Vladivostok; 09:00 there is 23:00 UTC
    said = reasons.say(put_off.reason, put_off.reason_params, name="Olga", language="en")
    assert said == "Not sent yet: it was 22:00 where Olga lives; will go at 21 November, 09:00."
    assert stood(now_) == (DeliveryState.SENT, "")
    with at_moment(put_off.due_at):
        send_due(owner="a")
    assert stood(late) == (DeliveryState.SENT, "")


def test_no_more_than_three_touches_in_a_week_over_all_channels(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    person = make_person(email="a@example.com", country="UA", city="")
    for days, channel in ((6, "sms"), (1, "telegram")):
        at = noon - timedelta(days=days)
        make_delivery(person_id=person.pk, channel=channel, state="sent", sent_at=at, due_at=at)
    make_delivery(person_id=person.pk, state="sent", sent_at=noon - timedelta(days=1), is_service=True)
    third, fourth = queued(template, person, due_at=noon - timedelta(hours=1)), queued(template, person)
    send_due(owner="a")
    assert stood(third) == (DeliveryState.SENT, "")
    held = fresh(fourth)
    assert (held.state, held.reason) == (DeliveryState.QUEUED, reasons.FREQUENCY_CAP)
    assert held.reason_params["count"] == 3 and held.reason_params["days"] == 7
    assert held.due_at == noon + timedelta(days=1, seconds=1)  # when the oldest leaves the week


def test_two_messages_of_one_person_held_by_two_workers_do_not_both_go(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    person = make_person(email="a@example.com")
    queued(template, person, lease_owner="other", lease_until=noon + timedelta(minutes=5))
    mine = queued(template, person)
    send_due(owner="a")
    assert stood(mine) == (DeliveryState.QUEUED, reasons.BUSY)


def test_without_a_sender_letters_stay_in_the_outbox_and_go_when_there_is_one(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    sender = make_sender()
    delivery = queued(template)
    send_due(owner="a")
    assert stood(delivery) == (DeliveryState.QUEUED, reasons.NOT_CONFIGURED)
    from_now = Sender.objects.get(pk=sender.pk)
    save(from_now, port=mail.port)
    send_due(owner="a")
    assert stood(delivery) == (DeliveryState.SENT, "")


def save(sender: Sender, **settings: Any) -> None:
    from_settings = {"host": "127.0.0.1", "security": "none", **settings}
    senders.save_sender(sender=sender, values={"settings": from_settings})


def test_a_sender_keeps_to_its_speed_over_all_processes(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port, per_minute=60)  # ten at once, then one a second
    deliveries = [queued(template) for _ in range(14)]
    send_due(owner="a", limit=7)
    send_due(owner="b")
    assert len(mail.letters) == 10
    waiting = [fresh(d) for d in deliveries if fresh(d).state == DeliveryState.QUEUED]
    assert {d.reason for d in waiting} == {reasons.THROTTLED}
    assert sorted(d.due_at - noon for d in waiting) == [timedelta(seconds=n) for n in (1, 2, 3, 4)]
    with at_moment(noon + timedelta(seconds=2)):
        send_due(owner="a")
    assert len(mail.letters) == 12


def test_a_paused_sender_sends_nothing_until_it_is_resumed(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    sender = make_sender(port=mail.port)
    senders.pause(sender_id=sender.pk)
    delivery = queued(template)
    send_due(owner="a")
    assert stood(delivery) == (DeliveryState.QUEUED, reasons.SENDER_PAUSED)
    senders.resume(sender_id=sender.pk)
    send_due(owner="a")
    assert stood(delivery) == (DeliveryState.SENT, "")


def test_a_flawed_copy_fails_alone(noon: datetime, workspace: Workspace, mail: MailServer) -> None:
    make_sender(port=mail.port)
    template = make_template(body="<p>{{ 10 | divided_by: context.n }}</p>")
    flawed, whole = queued(template, context={"n": 0}), queued(template, context={"n": 2})
    gone = queued(template)
    Delivery.objects.filter(pk=gone.pk).update(template_id=1)
    send_due(owner="a")
    assert stood(flawed) == (DeliveryState.FAILED, reasons.TEMPLATE_ERROR)
    assert stood(gone) == (DeliveryState.FAILED, reasons.NO_TEMPLATE)
    assert stood(whole) == (DeliveryState.SENT, "")


def test_a_letter_of_a_dead_process_is_uncertain_and_never_sent_again_by_itself(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    handed = queued(template, state="sending", lease_owner="dead", lease_until=noon - timedelta(seconds=1))
    claimed = queued(template, lease_owner="dead", lease_until=noon - timedelta(seconds=1))
    alive = queued(template, state="sending", lease_owner="alive", lease_until=noon + timedelta(minutes=1))
    send_due(owner="a")
    assert stood(handed) == (DeliveryState.UNCERTAIN, reasons.UNCONFIRMED)
    assert stood(claimed) == (DeliveryState.SENT, "")
    assert stood(alive)[0] == DeliveryState.SENDING
    with at_moment(noon + timedelta(days=1)):
        send_due(owner="a")
    assert stood(handed) == (DeliveryState.UNCERTAIN, reasons.UNCONFIRMED)
    assert len(mail.letters) == 1


def test_preflight_takes_a_constant_number_of_statements(
    noon: datetime, workspace: Workspace, mail: MailServer, django_assert_max_num_queries: Any
) -> None:
    make_sender(port=mail.port)
    template = make_template(body="<p>{{ person.first_name }}</p>")
    for _ in range(40):
        queued(template)
    with django_assert_max_num_queries(28):
        send_due(owner="a")
    assert len(mail.letters) == 40


def test_a_bounced_address_is_blocked_once_and_told(noon: datetime, workspace: Workspace, template: Template) -> None:
    def refuse(stage: str, line: str) -> str | None:
        return "550 5.1.1 no such user" if stage == "rcpt" and "gone@" in line else None

    with MailServer(script=refuse) as mail:
        make_sender(port=mail.port)
        gone = queued(template, make_person(email="gone@example.com"))
        there = queued(template, make_person(email="there@example.com"))
        send_due(owner="a")
    assert stood(gone) == (DeliveryState.FAILED, reasons.REFUSED_ADDRESS)
    assert stood(there) == (DeliveryState.SENT, "")
    assert Suppression.objects.get().reason == "bounced"
    assert "letter-bounced" in inbox_text()


def test_a_sender_told_to_stop_begins_no_letter_and_gives_the_rest_back(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    deliveries = [queued(template) for _ in range(5)]
    send_due(owner="a", stop=lambda: True)
    assert mail.letters == []
    assert {(fresh(d).state, fresh(d).lease_until, fresh(d).attempts) for d in deliveries} == {("queued", None, 0)}
    send_due(owner="b")
    assert len(mail.letters) == 5


def test_a_late_answer_settles_the_doubt_it_had_raised(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    """A process that slept longer than its lease still knows what the server said."""
    sender = make_sender()
    delivery = queued(template, state="sending", lease_owner="slept", lease_until=noon - timedelta(seconds=1))
    send_due(owner="other")
    assert stood(delivery)[0] == DeliveryState.UNCERTAIN
    cleared = Cleared(fresh(delivery), "p@example.com", "", sender)
    record_outcomes(sender, [(cleared, answers.sent("250 2.0.0 taken"))], owner="slept")
    assert stood(delivery) == (DeliveryState.SENT, "")


def test_a_late_answer_changes_nothing_that_a_human_being_has_decided(
    noon: datetime, workspace: Workspace, template: Template
) -> None:
    sender = make_sender()
    delivery = queued(template, state="uncertain", lease_owner="slept", reason="unconfirmed")
    send_again([(delivery.person_id, delivery.id)], by=1)
    cleared = Cleared(fresh(delivery), "p@example.com", "", sender)
    record_outcomes(sender, [(cleared, answers.sent("250 2.0.0 taken"))], owner="slept")
    assert stood(delivery) == (DeliveryState.QUEUED, "")


def test_people_without_names_and_templates_of_other_languages_are_written_to_as_well(
    noon: datetime, workspace: Workspace, mail: MailServer
) -> None:
    make_sender(port=mail.port)
    person = make_person(first_name="", last_name="", email="a@example.com")
    queued(make_template(language="en", subject="Hi", body="<p>Plain words &amp; more.</p>"), person)
    send_due(owner="a")
    (received,) = mail.letters
    assert b"To: a@example.com\r\n" in received.letter and b"quoted-printable" in received.letter
    assert b"Plain words &amp; more." in received.letter and b"Unsubscribe" in received.letter
